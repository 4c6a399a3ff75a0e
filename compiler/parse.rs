//! Source text to tree: prepares the text, bounds nesting, runs ruff and converts its tree. Wording of errors is in
//! `messages.rs`.

use crate::convert::{Converter, Lines};
use crate::error::{CompileError, ErrorKind, Warning};
use crate::tokens::{self, LexError};
use crate::tree::*;
use crate::{Mode, Options, messages, stack};
use ruff_python_ast as ruff;
use ruff_python_parser as parser;
use std::borrow::Cow;

/// The parser may recurse this deep (in units of the scan's estimate).
const MAX_RECURSION: u32 = 6_000;

/// A parsed unit and what parsing warned about.
pub struct Parsed {
    pub tree: Tree,
    pub warnings: Vec<Warning>,
}

/// Parses `source`.
pub fn parse(source: &str, mode: Mode, options: &Options) -> Result<Parsed, CompileError> {
    if source.contains('\0') {
        return Err(CompileError::bare(ErrorKind::SyntaxError, "source code cannot contain null bytes"));
    }
    let mut text = normalise(source);
    if mode == Mode::Eval || mode == Mode::FuncType {
        let lead = text.len() - text.trim_start_matches([' ', '\t']).len();
        if lead > 0 {
            text = Cow::Owned(text[lead..].to_owned());
        }
    }
    let text: &str = &text;
    if text.len() > (u32::MAX >> 1) as usize {
        return Err(CompileError::bare(ErrorKind::OverflowError, "source code string is too long"));
    }
    let scan = tokens::scan(text);
    let lines = Lines::new(text);
    if scan.recursion > MAX_RECURSION {
        return Err(CompileError::bare(ErrorKind::MemoryError, "Parser stack overflowed - Python source too complex to parse"));
    }
    if scan.depth > stack::MAX_DEPTH * 4 {
        return Err(CompileError::bare(ErrorKind::RecursionError, "maximum recursion depth exceeded during compilation"));
    }
    let room = scan.depth.max(scan.recursion * 2);
    let result = stack::with_room(room, || run(text, mode, &lines, &scan, options));
    result.map_err(|e| e.with_source(text))
}

/// Strips the byte order mark and translates newlines.
fn normalise(source: &str) -> Cow<'_, str> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    if !source.contains('\r') {
        return Cow::Borrowed(source);
    }
    Cow::Owned(source.replace("\r\n", "\n").replace('\r', "\n"))
}

fn run(text: &str, mode: Mode, lines: &Lines<'_>, scan: &tokens::Scan, options: &Options) -> Result<Parsed, CompileError> {
    if mode == Mode::FuncType {
        return func_type(text, lines, scan);
    }
    if scan.error.is_some() {
        // ruff has no limits of its own: it only sees texts that the scan has bounded.
        return Err(messages::word(text, lines, scan, &[], &[], mode, options));
    }
    let ruff_mode = if mode == Mode::Eval { parser::Mode::Expression } else { parser::Mode::Module };
    let parse_options = parser::ParseOptions::from(ruff_mode).with_target_version(ruff::PythonVersion::PY314);
    let parsed = parser::parse_unchecked(text, parse_options);
    if !parsed.errors().is_empty() || !parsed.unsupported_syntax_errors().is_empty() {
        return Err(messages::word(text, lines, scan, parsed.errors(), parsed.unsupported_syntax_errors(), mode, options));
    }
    let mut converter = Converter::new(lines);
    let root = match parsed.syntax() {
        ruff::Mod::Module(m) => {
            let body = converter.suite(&m.body)?;
            if mode == Mode::Single {
                messages::check_single(&body, lines, options)?;
                Mod::Interactive { body }
            } else {
                Mod::Module { body }
            }
        }
        ruff::Mod::Expression(e) => Mod::Expression { body: Box::new(converter.expr(&e.body)?) },
    };
    let depth = converter.max_depth;
    Ok(Parsed { tree: Tree::new(root, depth), warnings: converter.warnings })
}

/// `(int, str) -> bool`, the signature type comments of `ast.parse(mode="func_type")`.
fn func_type(text: &str, lines: &Lines<'_>, scan: &tokens::Scan) -> Result<Parsed, CompileError> {
    let bad = || {
        let end = text.trim_end().len() as u32;
        CompileError::syntax("invalid syntax", lines.pos(0, end))
    };
    let arrow = scan.tokens.iter().position(|t| &text[t.start as usize..t.end as usize] == "->").map(|i| scan.tokens[i]).ok_or_else(bad)?;
    let parse = |start: u32, end: u32| {
        // Blanks in front keep the offsets right.
        let mut padded = String::with_capacity(text.len() + 8);
        padded.extend(text[..start as usize].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
        padded.push_str(&text[start as usize..end as usize]);
        let options = parser::ParseOptions::from(parser::Mode::ParenthesizedExpression).with_target_version(ruff::PythonVersion::PY314);
        parser::parse(&padded, options).map_err(|_| bad())
    };
    let left = text[..arrow.start as usize].trim();
    let inner = left.strip_prefix('(').and_then(|t| t.strip_suffix(')')).ok_or_else(bad)?;
    let start = text.find('(').unwrap_or(0) as u32 + 1;
    let mut converter = Converter::new(lines);
    let mut argtypes = Vec::new();
    if !inner.trim().is_empty() {
        // As call arguments, so that `*args` and `**kwargs` parse.
        let call = format!("{}f({inner})", " ".repeat((start as usize).saturating_sub(2)));
        let options = parser::ParseOptions::from(parser::Mode::ParenthesizedExpression);
        let parsed = parser::parse(&call, options).map_err(|_| bad())?;
        let ruff::Mod::Expression(e) = parsed.syntax() else { return Err(bad()) };
        let ruff::Expr::Call(call) = &*e.body else { return Err(bad()) };
        for arg in &call.arguments.args {
            let arg = if let ruff::Expr::Starred(s) = arg { &s.value } else { arg };
            argtypes.push(converter.expr(arg)?);
        }
        for k in &call.arguments.keywords {
            argtypes.push(converter.expr(&k.value)?);
        }
    }
    let right = parse(arrow.end, text.len() as u32)?;
    let ruff::Mod::Expression(e) = right.syntax() else { return Err(bad()) };
    let returns = Box::new(converter.expr(&e.body)?);
    let depth = converter.max_depth;
    Ok(Parsed { tree: Tree::new(Mod::FunctionType { argtypes, returns }, depth), warnings: converter.warnings })
}

/// A lexical error with its place.
pub fn lex_error(error: &LexError, lines: &Lines<'_>) -> CompileError {
    CompileError::new(error.kind, error.message.clone(), lines.pos(error.start, error.end))
}
