//! Source text to register bytecode. Knows nothing of the runtime.
//!
//! The pipeline: `parse` (text to [`tree`]) -> `scope` (which variable lives where) -> code generation -> assembly.
#![forbid(unsafe_code)]

mod convert;
pub mod error;
mod messages;
mod parse;
mod stack;
mod strings;
mod tokens;
pub mod tree;

pub use error::{CompileError, ErrorKind, Warning, WarningKind};
pub use parse::{Parsed, parse};

/// What a source text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A module (`exec`).
    Exec,
    /// One expression (`eval`).
    Eval,
    /// One interactive statement, whose value is shown (`single`).
    Single,
    /// A signature type comment (`func_type`), for `ast.parse` only.
    FuncType,
}

/// Settings of a compilation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// `-O` level: 0, 1 (no asserts) or 2 (no docstrings either).
    pub optimize: u8,
    /// `from __future__ import annotations` is inherited.
    pub future_annotations: bool,
    /// `from __future__ import barry_as_FLUFL` is inherited.
    pub future_barry: bool,
    /// `PyCF_ALLOW_TOP_LEVEL_AWAIT`.
    pub top_level_await: bool,
    /// `PyCF_DONT_IMPLY_DEDENT` and incomplete-input errors for the interactive prompt.
    pub allow_incomplete: bool,
}
