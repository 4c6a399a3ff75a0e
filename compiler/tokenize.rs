//! Tokens as the library's `tokenize` shows them, comments and blank lines included: what the lexer found, and what lies between.

use crate::tokens::{self, Kind, LexError};

/// Numbers of token kinds in the library's `token` module (`Grammar/Tokens` of Python 3.14).
pub mod kind {
    pub const ENDMARKER: u8 = 0;
    pub const NAME: u8 = 1;
    pub const NUMBER: u8 = 2;
    pub const STRING: u8 = 3;
    pub const NEWLINE: u8 = 4;
    pub const INDENT: u8 = 5;
    pub const DEDENT: u8 = 6;
    pub const OP: u8 = 55;
    pub const FSTRING_START: u8 = 59;
    pub const TSTRING_START: u8 = 62;
    pub const COMMENT: u8 = 65;
    pub const NL: u8 = 66;
}

/// Operators in the order of their numbers, which start at 7.
const OPERATORS: [&str; 48] = [
    "(", ")", "[", "]", ":", ",", ";", "+", "-", "*", "/", "|", "&", "<", ">", "=", ".", "%", "{", "}", "==", "!=", "<=", ">=", "~", "^",
    "<<", ">>", "**", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "**=", "//", "//=", "@", "@=", "->", "...", ":=", "!",
];

/// The number of an operator's own kind.
pub fn exact_kind(op: &str) -> u8 {
    OPERATORS.iter().position(|o| *o == op).map_or(kind::OP, |n| n as u8 + 7)
}

/// A token and where it stands: one-based lines, columns in characters.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// See [`kind`].
    pub kind: u8,
    /// Its text.
    pub string: String,
    /// Line and column of its start.
    pub start: (u32, u32),
    /// Line and column behind it.
    pub end: (u32, u32),
    /// The lines it stands on.
    pub line: String,
}

/// An error in the text, with its place.
pub struct Failure {
    /// What the lexer says.
    pub error: LexError,
    /// Line.
    pub line: u32,
    /// One-based column.
    pub column: u32,
    /// Text of the line, without its end.
    pub text: String,
}

struct Reader<'s> {
    text: &'s str,
    /// Start of each line.
    lines: Vec<usize>,
    /// Whether it ended with a carriage return too, which the text has no more.
    returns: Vec<bool>,
    extra: bool,
    rows: Vec<Row>,
}

/// All tokens of a text up to the first error. `extra`: comments and blank lines too, and operators are all of one kind.
pub fn rows(source: &str, extra: bool) -> (Vec<Row>, Option<Failure>) {
    let returns = source.split_inclusive('\n').map(|l| l.ends_with("\r\n")).collect();
    let text = source.replace("\r\n", "\n");
    let mut lines = vec![0];
    lines.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(n, _)| n + 1));
    let scan = tokens::scan_with(&text, true);
    let mut r = Reader { text: &text, lines, returns, extra, rows: Vec::new() };
    let mut before = 0;
    let mut templates: Vec<bool> = Vec::new();
    for t in &scan.tokens {
        let (start, end) = (t.start as usize, t.end as usize);
        r.between(before, start);
        before = before.max(end);
        match t.kind {
            Kind::Name => r.push(kind::NAME, start, end),
            Kind::Number => r.push(kind::NUMBER, start, end),
            Kind::Str => r.push(kind::STRING, start, end),
            Kind::Op => {
                let k = if extra { kind::OP } else { exact_kind(&text[start..end]) };
                r.push(k, start, end);
            }
            Kind::FStart => {
                let template = text[start..end].bytes().any(|b| b.eq_ignore_ascii_case(&b't'));
                templates.push(template);
                r.push(first_of(template), start, end);
            }
            Kind::FMiddle => r.middle(first_of(templates.last() == Some(&true)) + 1, start, end),
            Kind::FEnd => {
                let template = templates.pop() == Some(true);
                r.push(first_of(template) + 2, start, end);
            }
            Kind::Newline => r.line_end(kind::NEWLINE, start),
            Kind::Indent => r.push(kind::INDENT, start, end),
            Kind::Dedent => r.push(kind::DEDENT, start, start),
            Kind::End => r.push(kind::ENDMARKER, start, start),
        }
    }
    let failure = match scan.error {
        Some(error) => {
            r.between(before, (error.start as usize).max(before));
            let (line, column) = r.place(error.start as usize);
            // The line's own indentation is what is wrong.
            while error.kind == crate::ErrorKind::IndentationError
                && r.rows.last().is_some_and(|l| l.kind == kind::DEDENT && l.start.0 == line)
            {
                r.rows.pop();
            }
            let text = r.line_text(line as usize - 1, line as usize - 1).trim_end_matches(['\n', '\r']).to_string();
            Some(Failure { error, line, column: column + 1, text })
        }
        None if scan.tokens.last().is_none_or(|t| t.kind != Kind::End) => {
            r.between(before, text.len());
            let message = "unexpected EOF in multi-line statement".to_string();
            let at = text.len() as u32;
            let error = LexError { kind: crate::ErrorKind::SyntaxError, message, start: at, end: at };
            let line = r.returns.len().max(1) as u32;
            Some(Failure { error, line, column: 0, text: String::new() })
        }
        None => None,
    };
    (r.rows, failure)
}

fn first_of(template: bool) -> u8 {
    if template { kind::TSTRING_START } else { kind::FSTRING_START }
}

impl Reader<'_> {
    fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|l| *l <= at) - 1
    }
    fn line_text(&self, from: usize, to: usize) -> String {
        let mut out = String::new();
        for n in from..=to {
            let start = self.lines.get(n).copied().unwrap_or(self.text.len());
            let end = self.lines.get(n + 1).copied().unwrap_or(self.text.len());
            let l = &self.text[start..end];
            match l.strip_suffix('\n') {
                Some(body) if self.returns.get(n) == Some(&true) => {
                    out.push_str(body);
                    out.push_str("\r\n");
                }
                _ => out.push_str(l),
            }
        }
        out
    }
    /// Line and column. The end of a text without a last newline is on a line of its own.
    fn place(&self, at: usize) -> (u32, u32) {
        let n = self.line_of(at);
        let column = self.text[self.lines[n]..at].chars().count();
        (n as u32 + 1, column as u32)
    }
    fn push(&mut self, kind: u8, start: usize, end: usize) {
        if start == self.text.len() && end == start {
            // Behind the last line.
            let line = self.lines.len() as u32 + u32::from(!self.text.is_empty() && !self.text.ends_with('\n'));
            self.rows.push(Row { kind, string: String::new(), start: (line, 0), end: (line, 0), line: String::new() });
            return;
        }
        let line = self.line_text(self.line_of(start), self.line_of(end));
        self.rows.push(Row { kind, string: self.text[start..end].to_string(), start: self.place(start), end: self.place(end), line });
    }
    /// A newline, which may be missing at the end of the text.
    fn line_end(&mut self, kind: u8, at: usize) {
        let n = self.line_of(at);
        let (line, column) = self.place(at);
        let string = match self.text.as_bytes().get(at) {
            None => "",
            Some(_) if self.returns.get(n) == Some(&true) => "\r\n",
            Some(_) => "\n",
        };
        let end = (line, column + string.len().max(1) as u32);
        let text = self.line_text(n, n);
        self.rows.push(Row { kind, string: string.to_string(), start: (line, column), end, line: text });
    }
    /// Literal text of an f-string: each doubled brace ends a piece with one brace.
    fn middle(&mut self, kind: u8, start: usize, end: usize) {
        let b = self.text.as_bytes();
        let (mut from, mut at) = (start, start);
        while at < end {
            if b[at] == b'\\' && b.get(at + 1) == Some(&b'N') && b.get(at + 2) == Some(&b'{') {
                at = self.text[at..end].find('}').map_or(end, |n| at + n + 1);
            } else if matches!(b[at], b'{' | b'}') && b.get(at + 1) == Some(&b[at]) && at + 1 < end {
                self.push(kind, from, at + 1);
                at += 2;
                from = at;
            } else {
                at += 1;
            }
        }
        if from < end || start == end {
            self.push(kind, from, end);
        }
    }
    /// Comments and blank lines between two tokens.
    fn between(&mut self, from: usize, to: usize) {
        if !self.extra {
            return;
        }
        let b = self.text.as_bytes();
        let mut at = from;
        while at < to {
            match b[at] {
                b'#' => {
                    let end = self.text[at..].find('\n').map_or(self.text.len(), |n| at + n);
                    self.push(kind::COMMENT, at, end);
                    at = end;
                    if at == self.text.len() && self.stands_alone() {
                        self.line_end(kind::NL, at);
                    }
                }
                b'\n' => {
                    self.line_end(kind::NL, at);
                    at += 1;
                }
                b'\\' if b.get(at + 1) == Some(&b'\n') => at += 2,
                _ => at += 1,
            }
        }
    }
    /// Whether the comment that ends the text has no statement before it on its line.
    fn stands_alone(&self) -> bool {
        let last = self.rows.last().map_or(0, |r| r.start.0);
        !self.rows.iter().rev().skip(1).take_while(|r| r.end.0 == last).any(|r| !matches!(r.kind, kind::INDENT | kind::DEDENT | kind::NL))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Vec<(u8, String, (u32, u32), (u32, u32))> {
        rows(source, true).0.into_iter().map(|r| (r.kind, r.string, r.start, r.end)).collect()
    }

    #[test]
    fn comments_and_blank_lines_are_shown() {
        let all = shown("a # c\n\n# d\n");
        let kinds: Vec<u8> = all.iter().map(|r| r.0).collect();
        assert_eq!(kinds, [kind::NAME, kind::COMMENT, kind::NEWLINE, kind::NL, kind::COMMENT, kind::NL, kind::ENDMARKER]);
        assert_eq!(all[4], (kind::COMMENT, "# d".into(), (3, 0), (3, 3)));
    }

    #[test]
    fn doubled_braces_end_a_piece() {
        let all = shown("f'a{{b'\n");
        assert_eq!(all[1], (60, "a{".into(), (1, 2), (1, 4)));
        assert_eq!(all[2], (60, "b".into(), (1, 5), (1, 6)));
    }

    #[test]
    fn an_open_bracket_is_an_error() {
        let (_, failure) = rows("(\n", true);
        assert!(failure.is_some_and(|f| f.error.message.contains("unexpected EOF") && (f.line, f.column) == (1, 0)));
    }
}
