//! CPython's SyntaxError texts. ruff finds that a text is not Python; what CPython would say about it comes from our own
//! tokenizer and from the walk in `diagnose.rs`, with ruff's place as the fallback.

use crate::convert::Lines;
use crate::diagnose::{self, Found};
use crate::error::{CompileError, ErrorKind};
use crate::parse::lex_error;
use crate::tokens::{Kind, LexError, Scan};
use crate::tree::*;
use crate::{Mode, Options};
use ruff_python_parser::{ParseError, UnsupportedSyntaxError};

/// The error CPython would report.
pub fn word(
    text: &str,
    lines: &Lines<'_>,
    scan: &Scan,
    errors: &[ParseError],
    unsupported: &[UnsupportedSyntaxError],
    mode: Mode,
    options: &Options,
) -> CompileError {
    let found = diagnose::find(text, &scan.tokens, mode == Mode::Eval);
    // Most errors of the tokenizer win wherever they are: CPython reads on to the end before it reports another.
    if let Some(e) = &scan.error
        && !found.as_ref().is_some_and(|f| f.token < scan.tokens.len() && stands(f, e))
    {
        let mut error = lex_error(e, lines);
        let may_go_on = ["unterminated triple-quoted", "unexpected EOF while parsing"];
        if options.allow_incomplete && may_go_on.iter().any(|m| e.message.starts_with(m)) {
            error.kind = ErrorKind::IncompleteInput;
        }
        return error;
    }
    if let Some(&(open, bracket)) = scan.open.last() {
        // An open bracket at the end explains any error on a later line.
        let at_end = found.as_ref().is_none_or(|f| f.token >= scan.tokens.len());
        let later = found.as_ref().is_some_and(|f| {
            let token = f.token.min(scan.tokens.len().saturating_sub(1));
            let error_line = scan.tokens.get(token).map_or(0, |t| lines.locate(t.start).0);
            error_line > lines.locate(open).0
        });
        let at_bracket = found.as_ref().is_some_and(|f| f.message == "invalid syntax" && scan.open.iter().any(|(at, _)| *at == f.start));
        if at_end || later || at_bracket {
            let message = format!("'{}' was never closed", bracket as char);
            let mut error = CompileError::syntax(message, lines.pos(open, open));
            if options.allow_incomplete {
                error.kind = ErrorKind::IncompleteInput;
            }
            return error;
        }
    }
    if let Some(found) = found {
        let mut pos = lines.pos(found.start, found.end);
        if pos.end_col == 0 && found.end > found.start {
            // The newline itself.
            let (line, col) = lines.locate(found.end - 1);
            (pos.end_line, pos.end_col) = (line, col + 1);
        }
        let mut error = CompileError::new(found.kind, found.message, pos);
        let at_end =
            scan.tokens.get(found.token).is_none_or(|t| matches!(t.kind, Kind::End | Kind::Dedent) || t.start as usize >= text.len());
        if options.allow_incomplete && at_end {
            error.kind = ErrorKind::IncompleteInput;
        }
        return error;
    }
    let (range, message) = match (errors.first(), unsupported.first()) {
        (Some(e), _) => (e.location, "invalid syntax"),
        (None, Some(u)) => (u.range, "invalid syntax"),
        (None, None) => (Default::default(), "invalid syntax"),
    };
    CompileError::syntax(message, lines.pos(range.start().to_u32(), range.end().to_u32()))
}

/// Whether the parser's error is reported although the tokenizer has one later on.
fn stands(found: &Found, lexical: &LexError) -> bool {
    if found.kind == ErrorKind::IndentationError {
        return true;
    }
    let late = ["unexpected character after line continuation", "unexpected EOF while parsing"];
    if lexical.kind != ErrorKind::SyntaxError || late.iter().any(|l| lexical.message.starts_with(l)) {
        return true;
    }
    let in_string = |m: &str| m.starts_with("f-string: ") || m.starts_with("t-string: ");
    in_string(&found.message) && in_string(&lexical.message)
}

/// `single` mode takes one statement.
pub fn check_single(body: &[Stmt], lines: &Lines<'_>, options: &Options) -> Result<(), CompileError> {
    let Some(first) = body.first() else {
        return Err(CompileError::syntax("invalid syntax", Pos::new(1, 0, 1, 0)));
    };
    // Simple statements on one line count as one.
    let compound = matches!(
        first.kind,
        StmtKind::If { .. }
            | StmtKind::While { .. }
            | StmtKind::For { .. }
            | StmtKind::With { .. }
            | StmtKind::Try(_)
            | StmtKind::FunctionDef(_)
            | StmtKind::ClassDef(_)
            | StmtKind::Match { .. }
    );
    let last = body.last().map_or(first.pos, |s| s.pos);
    if body.len() > 1 && (compound || last.line > first.pos.end_line) {
        let pos = first.pos;
        return Err(CompileError::syntax("multiple statements found while compiling a single statement", pos));
    }
    if compound && options.allow_incomplete && !lines.source.ends_with('\n') {
        // The suite may go on: an empty line ends it.
        let mut error = CompileError::syntax("incomplete input", last);
        error.kind = ErrorKind::IncompleteInput;
        return Err(error);
    }
    Ok(())
}
