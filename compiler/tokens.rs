//! A tokenizer with CPython's rules and error texts. It runs before the parser: it bounds nesting, finds what ruff does
//! not report (tabs, unclosed brackets, bad numbers and characters), and its tokens are the evidence from which
//! `messages.rs` words syntax errors. It gives no values.

use crate::error::ErrorKind;

/// Kinds, as coarse as error wording needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Name,
    Number,
    Str,
    /// Opening quote of an f- or t-string.
    FStart,
    /// Literal text inside one.
    FMiddle,
    FEnd,
    Op,
    Newline,
    Indent,
    Dedent,
    End,
}

/// A token and its byte range.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Kind,
    pub start: u32,
    pub end: u32,
}

/// A lexical error, as byte offsets. `end == start` means a caret without extent.
#[derive(Clone, Debug)]
pub struct LexError {
    pub kind: ErrorKind,
    pub message: String,
    pub start: u32,
    pub end: u32,
}

/// Everything the scan learned.
pub struct Scan {
    pub tokens: Vec<Token>,
    pub error: Option<LexError>,
    /// Brackets open at the end or at the error: offset and character.
    pub open: Vec<(u32, u8)>,
    /// Bound on how deep the parser recurses.
    pub recursion: u32,
    /// Bound on how deep the tree nests.
    pub depth: u32,
}

const MAX_BRACKETS: usize = 200;
const MAX_INDENT: usize = 100;

/// How a string-like region of an f-string is being read.
struct Interp {
    quote: u8,
    triple: bool,
    raw: bool,
    start: u32,
    prefix: u8,
    /// Bracket depth at each open replacement field, and whether its format spec is being read.
    fields: Vec<Field>,
}

struct Field {
    level: usize,
    in_spec: bool,
}

/// Counters of one bracket level.
#[derive(Default, Clone, Copy)]
struct Level {
    recursion: u32,
    chain: u32,
}

struct Lexer<'s> {
    src: &'s [u8],
    text: &'s str,
    at: usize,
    tokens: Vec<Token>,
    open: Vec<(u32, u8)>,
    interps: Vec<Interp>,
    indents: Vec<(u32, u32)>,
    levels: Vec<Level>,
    base: Level,
    recursion: u32,
    depth: u32,
    empty_middles: bool,
}

type Lex<T> = Result<T, LexError>;

/// Tokenizes all of `text` (newlines already translated), or up to the first error.
pub fn scan(text: &str) -> Scan {
    scan_with(text, false)
}

/// The same; with `empty_middles`, a format spec that ends behind a nested field ends with an empty literal, as in the library's `tokenize`.
pub fn scan_with(text: &str, empty_middles: bool) -> Scan {
    let mut lexer = Lexer {
        src: text.as_bytes(),
        text,
        at: 0,
        tokens: Vec::with_capacity(text.len() / 4 + 8),
        open: Vec::new(),
        interps: Vec::new(),
        indents: vec![(0, 0)],
        levels: vec![Level::default()],
        base: Level::default(),
        recursion: 0,
        depth: 0,
        empty_middles,
    };
    let error = lexer.run().err();
    Scan { tokens: lexer.tokens, error, open: lexer.open, recursion: lexer.recursion, depth: lexer.depth }
}

fn is_name_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 0x80
}

fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.src.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn error<T>(&self, message: impl Into<String>, start: usize, end: usize) -> Lex<T> {
        Err(LexError { kind: ErrorKind::SyntaxError, message: message.into(), start: start as u32, end: end as u32 })
    }

    fn indent_error<T>(&self, kind: ErrorKind, message: &str, at: usize) -> Lex<T> {
        Err(LexError { kind, message: message.into(), start: at as u32, end: at as u32 })
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.note_depth(kind, start);
        self.tokens.push(Token { kind, start: start as u32, end: self.at as u32 });
    }

    /// Keeps the bounds on recursion and depth. Prefix operators, `else`, `**` and the like recurse in the parser;
    /// every operator, attribute, call or subscript may nest the tree once more. Commas start afresh.
    fn note_depth(&mut self, kind: Kind, start: usize) {
        let word = &self.src[start..self.at];
        let after_operand = self.tokens.last().is_some_and(|t| match t.kind {
            Kind::Number | Kind::Str | Kind::FEnd => true,
            Kind::Name => !is_keyword(&self.text[t.start as usize..t.end as usize]),
            Kind::Op => matches!(self.src[t.end as usize - 1], b')' | b']' | b'}'),
            _ => false,
        });
        let level = self.levels.last_mut().expect("one level at least");
        match kind {
            Kind::Newline => *level = Level::default(),
            Kind::Op => match word {
                b"," | b";" => *level = Level::default(),
                b"(" | b"[" | b"{" => {
                    level.chain += 1;
                    self.base.recursion += level.recursion + 1;
                    self.base.chain += level.chain + 1;
                    self.levels.push(Level::default());
                }
                b")" | b"]" | b"}" => {
                    if self.levels.len() > 1 {
                        self.levels.pop();
                        let outer = self.levels.last().expect("one level at least");
                        self.base.recursion = self.base.recursion.saturating_sub(outer.recursion + 1);
                        self.base.chain = self.base.chain.saturating_sub(outer.chain + 1);
                    }
                }
                b"**" | b":=" => {
                    level.recursion += 1;
                    level.chain += 1;
                }
                b"+" | b"-" | b"~" | b"*" if !after_operand => {
                    level.recursion += 1;
                    level.chain += 1;
                }
                _ => level.chain += 1,
            },
            Kind::Name => match word {
                b"not" | b"lambda" | b"else" | b"await" | b"yield" | b"async" | b"elif" => {
                    level.recursion += 1;
                    level.chain += 1;
                }
                b"if" | b"and" | b"or" | b"in" | b"is" | b"for" => level.chain += 1,
                _ => {}
            },
            Kind::FStart => level.recursion += 1,
            _ => {}
        }
        let level = *self.levels.last().expect("one level at least");
        let indent = self.indents.len() as u32 * 2;
        self.recursion = self.recursion.max(self.base.recursion + level.recursion + indent);
        self.depth = self.depth.max(self.base.chain + level.chain + indent);
    }

    fn run(&mut self) -> Lex<()> {
        let mut line_start = true;
        loop {
            if line_start && self.interps.is_empty() {
                line_start = false;
                if self.open.is_empty() && !self.indentation()? {
                    line_start = true;
                    if self.at >= self.src.len() {
                        break;
                    }
                    continue;
                }
            }
            if self.in_literal_part() {
                self.interp_text()?;
                continue;
            }
            while matches!(self.peek(0), b' ' | b'\t' | 0x0c) && self.at < self.src.len() {
                self.at += 1;
            }
            if self.at >= self.src.len() {
                break;
            }
            line_start = self.token()?;
        }
        self.finish()
    }

    fn finish(&mut self) -> Lex<()> {
        let end = self.src.len();
        if let Some(interp) = self.interps.last() {
            let start = interp.start as usize;
            if !interp.fields.is_empty() {
                // An open field: the bracket is what was never closed.
                return Ok(());
            }
            return self.unterminated_interp(start);
        }
        if self.open.is_empty() {
            if self.tokens.last().is_some_and(|t| !matches!(t.kind, Kind::Newline | Kind::Indent | Kind::Dedent)) {
                self.at = end;
                self.push(Kind::Newline, end);
            }
            while self.indents.len() > 1 {
                self.indents.pop();
                self.push(Kind::Dedent, end);
            }
            self.push(Kind::End, end);
        }
        Ok(())
    }

    fn in_literal_part(&self) -> bool {
        self.interps.last().is_some_and(|i| match i.fields.last() {
            None => true,
            Some(field) => field.in_spec && self.open.len() == field.level,
        })
    }

    /// Reads the indentation of a line; false when the line is blank.
    fn indentation(&mut self) -> Lex<bool> {
        let (mut col, mut alt) = (0u32, 0u32);
        let start = self.at;
        loop {
            match self.peek(0) {
                b' ' => {
                    col += 1;
                    alt += 1;
                }
                b'\t' => {
                    col = (col / 8 + 1) * 8;
                    alt += 1;
                }
                0x0c => {
                    col = 0;
                    alt = 0;
                }
                b'\\' if self.peek(1) == b'\n' => {
                    self.at += 2;
                    while matches!(self.peek(0), b' ' | b'\t' | 0x0c) {
                        self.at += 1;
                    }
                    break;
                }
                _ => break,
            }
            self.at += 1;
        }
        if self.at >= self.src.len() {
            return Ok(false);
        }
        if self.peek(0) == b'#' {
            while self.at < self.src.len() && self.peek(0) != b'\n' {
                self.at += 1;
            }
        }
        if self.at >= self.src.len() {
            return Ok(false);
        }
        if self.peek(0) == b'\n' {
            self.at += 1;
            return Ok(false);
        }
        let tab_error = "inconsistent use of tabs and spaces in indentation";
        let (top, alt_top) = *self.indents.last().expect("never empty");
        let line_end = self.line_end(start);
        if col == top {
            if alt != alt_top {
                return self.indent_error(ErrorKind::TabError, tab_error, start);
            }
        } else if col > top {
            if alt <= alt_top {
                return self.indent_error(ErrorKind::TabError, tab_error, start);
            }
            if self.indents.len() >= MAX_INDENT {
                return self.indent_error(ErrorKind::IndentationError, "too many levels of indentation", line_end);
            }
            self.indents.push((col, alt));
            self.push(Kind::Indent, start);
        } else {
            while self.indents.last().is_some_and(|i| i.0 > col) {
                self.indents.pop();
                self.push(Kind::Dedent, self.at);
            }
            let (top, alt_top) = *self.indents.last().expect("zero stays");
            if col != top {
                let text = "unindent does not match any outer indentation level";
                return self.indent_error(ErrorKind::IndentationError, text, line_end);
            }
            if alt != alt_top {
                return self.indent_error(ErrorKind::TabError, tab_error, start);
            }
        }
        Ok(true)
    }

    /// Offset of the newline that ends the line of `from`.
    fn line_end(&self, from: usize) -> usize {
        self.src[from..].iter().position(|&b| b == b'\n').map_or(self.src.len(), |n| from + n)
    }

    /// Reads one token; true when it ended a logical line (indentation follows).
    fn token(&mut self) -> Lex<bool> {
        let start = self.at;
        let b = self.peek(0);
        match b {
            b'#' => {
                while self.at < self.src.len() && self.peek(0) != b'\n' {
                    self.at += 1;
                }
            }
            b'\n' => {
                self.at += 1;
                if self.open.is_empty() && self.interps.is_empty() {
                    self.push(Kind::Newline, start);
                    return Ok(true);
                }
            }
            b'\\' => {
                if self.peek(1) == b'\n' {
                    self.at += 2;
                    if self.at >= self.src.len() {
                        return self.error("unexpected EOF while parsing", self.at - 1, self.at - 1);
                    }
                } else if self.at + 1 >= self.src.len() {
                    return self.error("unexpected EOF while parsing", start + 1, start + 1);
                } else {
                    self.at += 1;
                    return self.error("unexpected character after line continuation character", start + 1, start + 1);
                }
            }
            b'\'' | b'"' => self.string(start)?,
            b'0'..=b'9' => self.number()?,
            b'.' if self.peek(1).is_ascii_digit() => self.number()?,
            _ if is_name_start(b) => self.name()?,
            _ => self.operator()?,
        }
        Ok(false)
    }

    fn name(&mut self) -> Lex<()> {
        let start = self.at;
        while is_name_byte(self.peek(0)) && self.at < self.src.len() {
            self.at += 1;
        }
        let word = &self.src[start..self.at];
        if matches!(self.peek(0), b'\'' | b'"') && word.len() <= 4 {
            let mut seen = 0u8;
            let (mut bytes, mut interp, mut both, mut raw, mut unicode, mut valid) = (false, 0u8, 0u8, false, false, true);
            for &c in word {
                match c.to_ascii_lowercase() {
                    b'b' => bytes = true,
                    c @ (b'f' | b't') => {
                        both |= if c == b'f' { 1 } else { 2 };
                        interp = c;
                    }
                    b'r' => raw = true,
                    b'u' => unicode = true,
                    _ => valid = false,
                }
                seen += 1;
            }
            let kinds = u8::from(bytes) + both.count_ones() as u8 + u8::from(raw) + u8::from(unicode);
            if valid && kinds == seen && !(unicode && seen > 1) && !(bytes && interp != 0) && both != 3 {
                if interp != 0 {
                    self.interp_start(start, interp, raw);
                    return Ok(());
                }
                return self.string(start);
            }
            if valid && kinds == seen {
                let lower = word.to_ascii_lowercase();
                let has = |c: char| lower.contains(&(c as u8));
                let pairs = [('u', 'b'), ('u', 'r'), ('u', 'f'), ('u', 't'), ('b', 'f'), ('b', 't'), ('f', 't')];
                if let Some((a, b)) = pairs.iter().find(|(a, b)| has(*a) && has(*b)) {
                    let text = format!("'{a}' and '{b}' prefixes are incompatible");
                    return self.error(text, start, self.at);
                }
            }
        }
        if !word.is_ascii() {
            self.check_identifier(start)?;
        }
        self.push(Kind::Name, start);
        Ok(())
    }

    /// Refuses characters that cannot be part of an identifier.
    fn check_identifier(&mut self, start: usize) -> Lex<()> {
        let text = self.text;
        for (i, c) in text[start..self.at].char_indices() {
            let ok = if i == 0 { is_xid_start(c) } else { is_xid_continue(c) };
            if !ok {
                let at = start + i;
                self.at = at;
                let message = if is_printable(c) {
                    format!("invalid character '{c}' (U+{:04X})", c as u32)
                } else {
                    format!("invalid non-printable character U+{:04X}", c as u32)
                };
                return self.error(message, at, at);
            }
        }
        Ok(())
    }

    fn string(&mut self, start: usize) -> Lex<()> {
        let quote = self.peek(0);
        let triple = self.peek(1) == quote && self.peek(2) == quote;
        self.at += if triple { 3 } else { 1 };
        loop {
            let own_quote = self.interps.last().is_some_and(|i| i.quote == quote && i.triple == triple);
            if own_quote && (self.at >= self.src.len() || (self.peek(0) == b'\n' && !triple)) {
                // The quote was meant to end the f-string around.
                let letter = self.interps.last().map_or('f', |i| i.prefix as char);
                return self.error(format!("{letter}-string: expecting '}}'"), start, start);
            }
            if self.at >= self.src.len() {
                let line = self.text[..self.src.len()].matches('\n').count() + 1 - usize::from(self.src.last() == Some(&b'\n'));
                return if triple {
                    self.error(format!("unterminated triple-quoted string literal (detected at line {line})"), start, start)
                } else {
                    let hint = if self.src.ends_with(&[b'\\', quote]) { "; perhaps you escaped the end quote?" } else { "" };
                    self.error(format!("unterminated string literal (detected at line {line}){hint}"), start, start)
                };
            }
            let b = self.peek(0);
            match b {
                b'\\' => self.at = (self.at + 2).min(self.src.len()),
                b'\n' if !triple => {
                    let line = self.text[..self.at].matches('\n').count() + 1;
                    let escaped = self.src[start..self.at].iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 1;
                    let hint = if !escaped && self.src[..self.at].ends_with(&[b'\\', quote]) {
                        "; perhaps you escaped the end quote?"
                    } else {
                        ""
                    };
                    return self.error(format!("unterminated string literal (detected at line {line}){hint}"), start, start);
                }
                _ if b == quote => {
                    if !triple {
                        self.at += 1;
                        break;
                    }
                    if self.peek(1) == quote && self.peek(2) == quote {
                        self.at += 3;
                        break;
                    }
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
        self.push(Kind::Str, start);
        Ok(())
    }

    fn interp_start(&mut self, start: usize, prefix: u8, raw: bool) {
        let quote = self.peek(0);
        let triple = self.peek(1) == quote && self.peek(2) == quote;
        self.at += if triple { 3 } else { 1 };
        self.push(Kind::FStart, start);
        self.interps.push(Interp { quote, triple, raw, start: start as u32, prefix, fields: Vec::new() });
    }

    fn unterminated_interp<T>(&self, start: usize) -> Lex<T> {
        let interp = self.interps.last().expect("inside one");
        let triple = if interp.triple { "triple-quoted " } else { "" };
        let line =
            self.text[..self.at].matches('\n').count() + 1 - usize::from(self.at >= self.src.len() && self.src.last() == Some(&b'\n'));
        let letter = interp.prefix as char;
        self.error(format!("unterminated {triple}{letter}-string literal (detected at line {line})"), start, start)
    }

    /// Literal text of an f-string (or of a format spec) up to a brace or the closing quote.
    fn interp_text(&mut self) -> Lex<()> {
        let (quote, triple, raw, fstart, in_spec) = {
            let i = self.interps.last().expect("inside one");
            (i.quote, i.triple, i.raw, i.start as usize, !i.fields.is_empty())
        };
        let start = self.at;
        loop {
            if self.at >= self.src.len() {
                return self.unterminated_interp(fstart);
            }
            let b = self.peek(0);
            match b {
                b'\\' if !raw && self.peek(1) == b'N' && self.peek(2) == b'{' => {
                    self.at += 3;
                    while self.at < self.src.len() && !matches!(self.peek(0), b'}' | b'\n') && self.peek(0) != quote {
                        self.at += 1;
                    }
                    if self.peek(0) == b'}' {
                        self.at += 1;
                    }
                }
                b'\\' => {
                    let next = self.peek(1);
                    self.at = (self.at + if matches!(next, b'{' | b'}') { 1 } else { 2 }).min(self.src.len());
                }
                b'\n' if !triple => {
                    if in_spec {
                        let letter = self.interps.last().expect("inside one").prefix as char;
                        return self.error(
                            format!(
                                "{letter}-string: newlines are not allowed in format specifiers for single quoted \
                                 {letter}-strings"
                            ),
                            self.at,
                            self.at,
                        );
                    }
                    return self.unterminated_interp(fstart);
                }
                b'{' if !in_spec && self.peek(1) == b'{' => self.at += 2,
                b'}' if !in_spec && self.peek(1) == b'}' => self.at += 2,
                b'{' => {
                    if self.at > start {
                        self.push(Kind::FMiddle, start);
                    }
                    let at = self.at;
                    self.at += 1;
                    self.push(Kind::Op, at);
                    self.open.push((at as u32, b'{'));
                    if self.open.len() > MAX_BRACKETS {
                        return self.error("too many nested parentheses", at, at);
                    }
                    let level = self.open.len();
                    let interp = self.interps.last_mut().expect("inside one");
                    interp.fields.push(Field { level, in_spec: false });
                    return Ok(());
                }
                b'}' => {
                    if !in_spec {
                        let letter = self.interps.last().expect("inside one").prefix as char;
                        return self.error(format!("{letter}-string: single '}}' is not allowed"), self.at, self.at);
                    }
                    if self.at > start || self.empty_middles {
                        self.push(Kind::FMiddle, start);
                    }
                    let at = self.at;
                    self.at += 1;
                    self.push(Kind::Op, at);
                    self.open.pop();
                    self.interps.last_mut().expect("inside one").fields.pop();
                    return Ok(());
                }
                _ if b == quote && (!triple || (self.peek(1) == quote && self.peek(2) == quote)) => {
                    if in_spec {
                        let letter = self.interps.last().expect("inside one").prefix as char;
                        return self.error(format!("{letter}-string: expecting '}}'"), self.at, self.at);
                    }
                    if self.at > start {
                        self.push(Kind::FMiddle, start);
                    }
                    let at = self.at;
                    self.at += if triple { 3 } else { 1 };
                    self.interps.pop();
                    self.push(Kind::FEnd, at);
                    return Ok(());
                }
                _ => self.at += 1,
            }
        }
    }

    fn operator(&mut self) -> Lex<()> {
        const THREE: [&[u8]; 5] = [b"**=", b"//=", b">>=", b"<<=", b"..."];
        const TWO: [&[u8]; 21] = [
            b"!=", b"%=", b"&=", b"**", b"*=", b"+=", b"-=", b"->", b"//", b"/=", b":=", b"<<", b"<=", b"<>", b"==", b">=", b">>", b"@=",
            b"^=", b"|=", b"!!",
        ];
        let start = self.at;
        let rest = &self.src[start..];
        let level = self.open.len();
        if let Some(field) = self.interps.last_mut().and_then(|i| i.fields.last_mut())
            && field.level == level
        {
            match rest[0] {
                b':' => {
                    field.in_spec = true;
                    self.at += 1;
                    self.push(Kind::Op, start);
                    return Ok(());
                }
                b'!' if rest.get(1) != Some(&b'=') => {
                    self.at += 1;
                    self.push(Kind::Op, start);
                    return Ok(());
                }
                b'}' => {
                    self.at += 1;
                    self.open.pop();
                    self.interps.last_mut().expect("inside one").fields.pop();
                    self.push(Kind::Op, start);
                    return Ok(());
                }
                _ => {}
            }
        }
        let len = if THREE.iter().any(|op| rest.starts_with(op)) {
            3
        } else if TWO.iter().take(20).any(|op| rest.starts_with(op)) {
            2
        } else {
            1
        };
        match rest[0] {
            open @ (b'(' | b'[' | b'{') => {
                if self.open.len() >= MAX_BRACKETS {
                    return self.error("too many nested parentheses", start, start);
                }
                self.open.push((start as u32, open));
            }
            close @ (b')' | b']' | b'}') => {
                let letter = self.interps.last().map(|i| i.prefix as char);
                let prefix = letter.map_or(String::new(), |l| format!("{l}-string: "));
                let floor = self.interps.last().and_then(|i| i.fields.last()).map_or(0, |f| f.level);
                let Some(&(at, open)) = self.open.last().filter(|_| self.open.len() > floor.saturating_sub(1)) else {
                    self.at += 1;
                    return self.error(format!("{prefix}unmatched '{}'", close as char), start, start);
                };
                let fits = matches!((open, close), (b'(', b')') | (b'[', b']') | (b'{', b'}'));
                if !fits {
                    self.at += 1;
                    if letter.is_some() && self.open.len() == floor {
                        return self.error(format!("{prefix}unmatched '{}'", close as char), start, start);
                    }
                    let prefix = "";
                    let lines = self.text[at as usize..start].matches('\n').count();
                    let where_ = if lines > 0 {
                        let line = self.text[..at as usize].matches('\n').count() + 1;
                        format!(" on line {line}")
                    } else {
                        String::new()
                    };
                    let text = format!(
                        "{prefix}closing parenthesis '{}' does not match opening parenthesis '{}'{where_}",
                        close as char, open as char
                    );
                    return self.error(text, start, start);
                }
                self.open.pop();
            }
            b if b < 0x20 || b == 0x7f => {
                return self.error(format!("invalid non-printable character U+{b:04X}"), start, start);
            }
            _ => {}
        }
        self.at += len;
        self.push(Kind::Op, start);
        Ok(())
    }

    /// Digits with single underscores between them.
    fn digits(&mut self, accept: fn(u8) -> bool, what: &str) -> Lex<()> {
        loop {
            while accept(self.peek(0)) && self.at < self.src.len() {
                self.at += 1;
            }
            if self.peek(0) != b'_' {
                return Ok(());
            }
            self.at += 1;
            if !accept(self.peek(0)) {
                let at = self.at;
                return self.error(format!("invalid {what} literal"), at - 1, at - 1);
            }
        }
    }

    fn number(&mut self) -> Lex<()> {
        let start = self.at;
        let radix = match (self.peek(0), self.peek(1) | 0x20) {
            (b'0', b'x') => Some(("hexadecimal", 16u8)),
            (b'0', b'o') => Some(("octal", 8)),
            (b'0', b'b') => Some(("binary", 2)),
            _ => None,
        };
        if let Some((what, radix)) = radix {
            let accept: fn(u8) -> bool = match radix {
                16 => |b| b.is_ascii_hexdigit(),
                8 => |b| matches!(b, b'0'..=b'7'),
                _ => |b| matches!(b, b'0' | b'1'),
            };
            self.at += 2;
            loop {
                if self.peek(0) == b'_' {
                    self.at += 1;
                }
                if !accept(self.peek(0)) {
                    let b = self.peek(0);
                    if b.is_ascii_digit() && radix != 16 {
                        let at = self.at;
                        self.at += 1;
                        return self.error(format!("invalid digit '{}' in {what} literal", b as char), at, at);
                    }
                    let at = self.at;
                    return self.error(format!("invalid {what} literal"), at - 1, at - 1);
                }
                while accept(self.peek(0)) {
                    self.at += 1;
                }
                if self.peek(0) != b'_' {
                    break;
                }
            }
            let b = self.peek(0);
            if b.is_ascii_digit() {
                let at = self.at;
                self.at += 1;
                return self.error(format!("invalid digit '{}' in {what} literal", b as char), at, at);
            }
            self.after_number(what)?;
            self.push(Kind::Number, start);
            return Ok(());
        }
        let digit: fn(u8) -> bool = |b| b.is_ascii_digit();
        let mut what = "decimal";
        let mut is_int = true;
        self.digits(digit, "decimal")?;
        let int_end = self.at;
        if self.peek(0) == b'.' {
            self.at += 1;
            is_int = false;
            if self.peek(0).is_ascii_digit() {
                self.digits(digit, "decimal")?;
            }
        }
        if self.peek(0) | 0x20 == b'e' {
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if self.peek(1 + sign).is_ascii_digit() {
                self.at += 1 + sign;
                is_int = false;
                self.digits(digit, "decimal")?;
            } else if sign == 1 {
                self.at += 1;
                let at = self.at;
                return self.error("invalid decimal literal", at, at);
            }
        }
        if self.peek(0) | 0x20 == b'j' {
            self.at += 1;
            is_int = false;
            what = "imaginary";
        }
        let text = &self.src[start..int_end];
        if is_int && text.len() > 1 && text[0] == b'0' && text.iter().any(|b| matches!(b, b'1'..=b'9')) {
            let zeros = text.iter().take_while(|b| matches!(b, b'0' | b'_')).count();
            return self.error(
                "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
                start,
                start + zeros,
            );
        }
        self.after_number(what)?;
        self.push(Kind::Number, start);
        Ok(())
    }

    /// A letter right after a number is an error, unless it starts a keyword that may follow.
    fn after_number(&mut self, what: &str) -> Lex<()> {
        let b = self.peek(0);
        if !is_name_start(b) {
            return Ok(());
        }
        let rest = &self.src[self.at..];
        let follows: &[&[u8]] = &[b"and", b"else", b"for", b"if", b"in", b"is", b"or", b"not"];
        if follows.iter().any(|k| rest.starts_with(k)) {
            return Ok(());
        }
        let at = self.at;
        self.at += 1;
        if b >= 0x80 {
            self.at = at;
            return Ok(());
        }
        self.error(format!("invalid {what} literal"), at - 1, at - 1)
    }
}

fn is_xid_start(c: char) -> bool {
    c == '_' || unicode_ident::is_xid_start(c)
}

fn is_xid_continue(c: char) -> bool {
    unicode_ident::is_xid_continue(c)
}

/// Near enough to `str.isprintable` for one message.
fn is_printable(c: char) -> bool {
    !(c.is_control()
        || c.is_whitespace() && c != ' '
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e000}'..='\u{f8ff}'))
}

/// Hard keywords.
pub fn is_keyword(word: &str) -> bool {
    const KEYWORDS: [&str; 35] = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
        "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
        "return", "try", "while", "with", "yield",
    ];
    KEYWORDS.contains(&word)
}
