//! `compile()`, and what `eval` and `exec` do with source text.

use super::ast;
use super::host::innermost;
use crate::source;
use bytecode::flags as code_flags;
use compiler::{Mode, Options};
use gc::{Ref, Reg, Value};
use objects::protocol::path;
use objects::types::int;
use objects::types::str::{Str, as_str};
use objects::{Cx, PyResult};

/// Flags of `compile()`: `__future__` features and `PyCF_*` (`Include/cpython/compile.h`).
mod flag {
    pub const DONT_IMPLY_DEDENT: i64 = 0x200;
    pub const TYPE_COMMENTS: i64 = 0x1000;
    pub const TOP_LEVEL_AWAIT: i64 = 0x2000;
    pub const ALLOW_INCOMPLETE_INPUT: i64 = 0x4000;
    pub const BARRY: i64 = 0x40_0000;
    pub const ANNOTATIONS: i64 = 0x100_0000;
    /// Features that have long been the default, and generator_stop.
    pub const OLD_FEATURES: i64 = 0x10 | 0x2_0000 | 0x4_0000 | 0x8_0000 | 0x10_0000 | 0x20_0000 | 0x80_0000;
    pub const ALL: i64 = DONT_IMPLY_DEDENT
        | TYPE_COMMENTS
        | TOP_LEVEL_AWAIT
        | ALLOW_INCOMPLETE_INPUT
        | BARRY
        | ANNOTATIONS
        | OLD_FEATURES
        | super::ast::OPTIMIZED_AST;
}

/// The `__future__` features of the code that is running.
fn inherited(cx: &Cx) -> u32 {
    // SAFETY: a live frame of this thread.
    innermost(cx).and_then(|f| unsafe { (*f).code() }.map(|c| c.flags)).unwrap_or(0)
}

fn options_with(cx: &Cx, flags: i64, inherit: bool, optimize: u8) -> Options {
    let from = if inherit { inherited(cx) } else { 0 };
    Options {
        optimize,
        future_annotations: flags & flag::ANNOTATIONS != 0 || from & code_flags::FUTURE_ANNOTATIONS != 0,
        future_barry: flags & flag::BARRY != 0,
        top_level_await: flags & flag::TOP_LEVEL_AWAIT != 0,
        allow_incomplete: flags & flag::ALLOW_INCOMPLETE_INPUT != 0,
    }
}

/// `compile(source, filename, mode, flags, dont_inherit, optimize)`.
pub fn compile(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = path::fspath(cx, a[1])?;
    let name = if as_str(name.as_ref()).is_some() {
        name
    } else {
        let b = objects::protocol::buffer::bytes_of(cx, name.as_ref())?;
        path::decode_name(cx, &b)?
    };
    let filename = as_str(name.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    let number = |cx: &mut Cx, v: Ref<'_>, default: i64| v.given().map_or(Ok(default), |v| int::c_int(cx, v).map(i64::from));
    let flags = number(cx, a[3], 0)?;
    let dont_inherit = match a[4].given() {
        Some(v) => objects::protocol::truth::of(cx, v)?,
        None => false,
    };
    let level = number(cx, a[5], -1)?;
    if flags & !flag::ALL != 0 {
        return Err(cx.value_error("compile(): unrecognised flags"));
    }
    if !(-1..=2).contains(&level) {
        return Err(cx.value_error("compile(): invalid optimize value"));
    }
    let only_tree = flags & ast::ONLY_AST != 0;
    let mode = match as_str(a[2]).map(Str::to_string_lossy).as_deref() {
        Some("exec") => Mode::Exec,
        Some("eval") => Mode::Eval,
        Some("single") => Mode::Single,
        Some("func_type") if only_tree => Mode::FuncType,
        Some("func_type") => return Err(cx.value_error("compile() mode 'func_type' requires flag PyCF_ONLY_AST")),
        Some(_) if only_tree => return Err(cx.value_error("compile() mode must be 'exec', 'eval', 'single' or 'func_type'")),
        Some(_) => return Err(cx.value_error("compile() mode must be 'exec', 'eval' or 'single'")),
        None => {
            let n = objects::types::type_::type_of(a[2]).name_text();
            return Err(cx.type_error(format!("compile() argument 'mode' must be str, not {n}")));
        }
    };
    let optimize = if level < 0 { super::sys::settings().optimize as u8 } else { level as u8 };
    let options = options_with(cx, flags, !dont_inherit, optimize);
    if ast::convert::is_node(a[0]) {
        if only_tree && flags & ast::OPTIMIZED_AST == ast::ONLY_AST {
            return Ok(a[0].to_value().into());
        }
        let tree = ast::convert::from_object(cx, a[0], mode)?;
        if only_tree {
            return ast::convert::to_object(cx, &tree, Some(options.optimize)).map(Reg::from);
        }
        return source::compile_tree(cx, &tree, &filename, &options).map(Reg::from);
    }
    let text = source::text_of(cx, a[0], "compile() arg 1", "a string, bytes or AST object", &filename)?;
    if only_tree {
        let optimise = flags & ast::OPTIMIZED_AST == ast::OPTIMIZED_AST;
        return ast::parse(cx, &text, &filename, mode, &options, optimise);
    }
    source::compile(cx, &text, &filename, mode, &options).map(Reg::from)
}

/// The code of source text given to `eval` or `exec`.
pub fn for_evaluation(cx: &mut Cx, v: Ref<'_>, what: &str) -> PyResult<Value> {
    let kinds = "a string, bytes or code object";
    let text = source::text_of(cx, v, &format!("{what}() arg 1"), kinds, "<string>")?;
    let (mode, text) = match what {
        "eval" => (Mode::Eval, text.trim_start_matches([' ', '\t'])),
        _ => (Mode::Exec, text.as_str()),
    };
    let options = options_with(cx, 0, true, source::options().optimize);
    source::compile(cx, text, "<string>", mode, &options)
}
