//! What goes wrong in compilation, as data the runtime turns into exceptions and warnings.

use crate::tree::Pos;
use std::fmt;

/// Exception class of a [`CompileError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    SyntaxError,
    IndentationError,
    TabError,
    /// `SyntaxError` that only says more input is needed (`PyCF_ALLOW_INCOMPLETE_INPUT`).
    IncompleteInput,
    RecursionError,
    MemoryError,
    ValueError,
    TypeError,
    OverflowError,
    SystemError,
}

/// A compile-time exception. Lines and columns are one-based and columns count characters (as `SyntaxError.offset`);
/// zero means "not known".
#[derive(Clone, Debug, PartialEq)]
pub struct CompileError {
    pub kind: ErrorKind,
    pub message: String,
    pub line: u32,
    pub col: u32,
    pub end_line: u32,
    pub end_col: u32,
    /// The source line, with its newline, when the source is at hand.
    pub text: Option<String>,
}

impl CompileError {
    pub fn new(kind: ErrorKind, message: impl Into<String>, pos: Pos) -> CompileError {
        CompileError {
            kind,
            message: message.into(),
            line: pos.line,
            col: pos.col + 1,
            end_line: pos.end_line,
            end_col: pos.end_col + 1,
            text: None,
        }
    }

    /// An error without a place in the source.
    pub fn bare(kind: ErrorKind, message: impl Into<String>) -> CompileError {
        CompileError { kind, message: message.into(), line: 0, col: 0, end_line: 0, end_col: 0, text: None }
    }

    pub fn syntax(message: impl Into<String>, pos: Pos) -> CompileError {
        CompileError::new(ErrorKind::SyntaxError, message, pos)
    }

    /// Attaches the source line. Columns stay as they are: those of errors found after parsing count bytes.
    pub fn with_text(mut self, source: &str) -> CompileError {
        if self.line > 0 && self.text.is_none() {
            self.text = source.split_inclusive('\n').nth(self.line as usize - 1).map(str::to_owned);
        }
        self
    }

    /// Turns byte columns into character columns and attaches the source line.
    pub fn with_source(mut self, source: &str) -> CompileError {
        if self.line == 0 || self.text.is_some() {
            return self;
        }
        let line_at = |n: u32| source.split_inclusive('\n').nth(n.saturating_sub(1) as usize);
        let chars = |line: Option<&str>, col: u32| {
            let Some(line) = line else { return col };
            let bytes = (col.saturating_sub(1) as usize).min(line.len());
            let mut at = bytes;
            while !line.is_char_boundary(at) {
                at -= 1;
            }
            let beyond = col.saturating_sub(1) as usize - bytes;
            (line[..at].chars().count() + beyond) as u32 + 1
        };
        let first = line_at(self.line);
        let last = if self.end_line == self.line { first } else { line_at(self.end_line) };
        if self.col > 0 {
            self.col = chars(first, self.col);
        }
        if self.end_col > 0 {
            self.end_col = chars(last, self.end_col);
        }
        self.text = first.map(str::to_owned);
        self
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {} ({}:{}-{}:{})", self.kind, self.message, self.line, self.col, self.end_line, self.end_col)
    }
}

impl std::error::Error for CompileError {}

/// Category of a [`Warning`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningKind {
    SyntaxWarning,
    DeprecationWarning,
}

/// A warning to issue after compilation. When the filter turns it into an error, the runtime raises `SyntaxError` here.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    pub kind: WarningKind,
    pub message: String,
    pub pos: Pos,
}
