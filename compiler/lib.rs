//! Source text to register bytecode. Knows nothing of the runtime.
//!
//! The pipeline: `parse` (text to [`tree`]) -> `scope` (which variable lives where) -> code generation -> assembly.
#![forbid(unsafe_code)]

mod analyse;
mod assemble;
mod call;
mod checks;
mod codegen;
mod comprehension;
mod condition;
mod control;
mod convert;
mod diagnose;
mod diagnose_args;
mod diagnose_expr;
mod diagnose_match;
mod diagnose_string;
pub mod error;
mod expr;
mod flow;
mod function;
mod future;
mod generic;
mod messages;
mod names;
mod optimise;
mod parse;
mod pattern;
mod registers;
pub mod scope;
mod stack;
mod stmt;
mod strings;
pub mod tokenize;
mod tokens;
pub mod tree;
mod unparse;
mod validate;
pub mod verify;

pub use error::{CompileError, ErrorKind, Warning, WarningKind};
pub use parse::{Parsed, parse};
pub use stack::with_room;
pub use unparse::expression as unparse_expression;
pub use validate::validate;

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

/// A compiled unit and what compilation warned about.
#[derive(Debug)]
pub struct Compiled {
    pub code: bytecode::Code,
    pub warnings: Vec<Warning>,
}

/// Compiles source text.
pub fn compile(source: &str, filename: &str, mode: Mode, options: &Options) -> Result<Compiled, CompileError> {
    let parsed = parse(source, mode, options)?;
    let mut compiled = compile_tree(&parsed.tree, filename, options).map_err(|e| e.with_text(source))?;
    let mut warnings = parsed.warnings;
    warnings.append(&mut compiled.warnings);
    compiled.warnings = warnings;
    Ok(compiled)
}

/// Compiles a tree.
pub fn compile_tree(tree: &tree::Tree, filename: &str, options: &Options) -> Result<Compiled, CompileError> {
    if tree.depth() > stack::MAX_DEPTH {
        return Err(CompileError::bare(ErrorKind::RecursionError, "maximum recursion depth exceeded during compilation"));
    }
    with_room(tree.depth(), || {
        let future = future::scan(tree.root(), options)?;
        let table = scope::Symtable::build(tree.root(), future.annotations)?;
        let (code, warnings) = codegen::compile(tree.root(), &table, filename, options, future.flags)?;
        Ok(Compiled { code, warnings })
    })
}

/// Builds the symbol tables alone, for `_symtable`.
pub fn symtable(tree: &tree::Tree, options: &Options) -> Result<scope::Symtable, CompileError> {
    with_room(tree.depth(), || {
        let future = future::scan(tree.root(), options)?;
        scope::Symtable::build(tree.root(), future.annotations)
    })
}
