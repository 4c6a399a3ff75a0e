//! `from __future__ import ...` statements.

use crate::codegen::docstring;
use crate::tree::*;
use crate::{CompileError, Options};
use bytecode::flags;

/// Features in force.
pub struct Future {
    pub annotations: bool,
    /// Bits for `co_flags`.
    pub flags: u32,
}

/// Finds the future statements of a module and refuses misplaced and unknown ones.
pub fn scan(root: &Mod, options: &Options) -> Result<Future, CompileError> {
    let mut future = Future { annotations: options.future_annotations, flags: 0 };
    if options.future_annotations {
        future.flags |= flags::FUTURE_ANNOTATIONS;
    }
    if options.future_barry {
        future.flags |= flags::FUTURE_BARRY_AS_BDFL;
    }
    let (Mod::Module { body } | Mod::Interactive { body }) = root else { return Ok(future) };
    let skip = usize::from(docstring(body).is_some());
    let mut rest = body[skip..].iter();
    let is_future = |s: &Stmt| matches!(&s.kind, StmtKind::ImportFrom { module: Some(m), level: 0, .. } if &**m == "__future__");
    let mut late = false;
    for s in rest.by_ref() {
        let StmtKind::ImportFrom { names, .. } = &s.kind else {
            late = true;
            continue;
        };
        if !is_future(s) {
            late = true;
            continue;
        }
        if late {
            return Err(CompileError::syntax("from __future__ imports must occur at the beginning of the file", s.pos));
        }
        for alias in names {
            match &*alias.name {
                "annotations" => {
                    future.annotations = true;
                    future.flags |= flags::FUTURE_ANNOTATIONS;
                }
                "barry_as_FLUFL" => future.flags |= flags::FUTURE_BARRY_AS_BDFL,
                "nested_scopes" | "generators" | "division" | "absolute_import" | "with_statement" | "print_function"
                | "unicode_literals" | "generator_stop" => {}
                "braces" => return Err(CompileError::syntax("not a chance", alias.pos)),
                other => {
                    return Err(CompileError::syntax(format!("future feature {other} is not defined"), alias.pos));
                }
            }
        }
    }
    if let Some(s) = nested(body, 0) {
        return Err(CompileError::syntax("from __future__ imports must occur at the beginning of the file", s.pos));
    }
    Ok(future)
}

/// A future statement inside another statement.
fn nested(body: &[Stmt], level: u32) -> Option<&Stmt> {
    for s in body {
        if level > 0 && matches!(&s.kind, StmtKind::ImportFrom { module: Some(m), level: 0, .. } if &**m == "__future__") {
            return Some(s);
        }
        let found = match &s.kind {
            StmtKind::FunctionDef(f) => nested(&f.body, level + 1),
            StmtKind::ClassDef(c) => nested(&c.body, level + 1),
            StmtKind::If { body, orelse, .. } | StmtKind::While { body, orelse, .. } | StmtKind::For { body, orelse, .. } => {
                nested(body, level + 1).or_else(|| nested(orelse, level + 1))
            }
            StmtKind::With { body, .. } => nested(body, level + 1),
            StmtKind::Try(t) => nested(&t.body, level + 1)
                .or_else(|| t.handlers.iter().find_map(|h| nested(&h.body, level + 1)))
                .or_else(|| nested(&t.orelse, level + 1))
                .or_else(|| nested(&t.finalbody, level + 1)),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}
