//! `_sre`: the objects around the matching engine of [`text::sre`]. Patterns and matches never change after birth, so that any number of
//! threads may use one; only a scanner has a position, under its own lock.

pub mod found;
pub mod pattern;
pub mod scanner;
pub mod subject;
pub mod substitute;

use gc::{Ref, Reg, Value};
use objects::native::{Method, function};
use objects::types::dict::as_dict;
use objects::types::exception;
use objects::types::int::{self, IntRef, as_int};
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, TypeSpec, type_of};
use objects::{Cx, PyResult};
use text::sre::{Program, chars, opcodes};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const PATTERN: u32 = 520;
    pub const MATCH: u32 = 521;
    pub const SCANNER: u32 = 522;
    pub const TEMPLATE: u32 = 523;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[&pattern::PATTERN_TYPE, &found::MATCH_TYPE, &scanner::SCANNER_TYPE, &substitute::TEMPLATE_TYPE];

fn argument_error(cx: &mut Cx, function: &str, name: &str, wanted: &str, v: Ref<'_>) -> objects::Raised {
    let n_text = type_of(v).shown_name();
    let n_text = if v.is_none() { "None".to_string() } else { n_text };
    cx.type_error(format!("{function}() argument {name} must be {wanted}, not {n_text}"))
}

fn compile(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let flags = int::c_int(cx, a[1])?;
    let Some(code) = a[2].downcast::<List>() else { return Err(argument_error(cx, "compile", "'code'", "list", a[2])) };
    let groups = int::index_i64(cx, a[3])?;
    if as_dict(a[4]).is_none() {
        return Err(argument_error(cx, "compile", "'groupindex'", "dict", a[4]));
    }
    if a[5].downcast::<Tuple>().is_none() {
        return Err(argument_error(cx, "compile", "'indexgroup'", "tuple", a[5]));
    }
    let mut words = Vec::with_capacity(code.len());
    for v in code.snapshot(cx) {
        let word = as_int(v.as_ref()).and_then(IntRef::to_i64).and_then(|w| u32::try_from(w).ok());
        match word {
            Some(w) => words.push(w),
            None => return Err(cx.overflow_error("regular expression code size limit exceeded")),
        }
    }
    let is_bytes = if a[0].is_none() {
        None
    } else if as_str(a[0]).is_some() {
        Some(false)
    } else {
        drop(subject::Subject::of(cx, a[0])?);
        Some(true)
    };
    let program = match usize::try_from(groups).ok().map(|g| Program::new(words, g)) {
        Some(Ok(p)) => p,
        _ => return Err(cx.runtime_error("invalid SRE code")),
    };
    Ok(pattern::new(program, a[0], flags, is_bytes, a[4], a[5]))
}

fn character(cx: &mut Cx, v: Ref<'_>) -> PyResult<u32> {
    int::c_int(cx, v).map(|c| c as u32)
}

fn small(c: u32) -> PyResult<Reg> {
    Ok(Value::small_int(i64::from(c as i32)).into())
}

fn truth(b: bool) -> PyResult<Reg> {
    Ok(Value::bool(b).into())
}

static FUNCTIONS: &[Method] = &[
    function("compile", "($module, /, pattern, flags, code, groups, groupindex, indexgroup)", compile, "A pattern from its code."),
    function("template", "($module, pattern, template, /)", substitute::template, "A replacement template from its parts."),
    function("getcodesize", "($module, /)", |_, _| small(4), "Bytes of a code word."),
    function(
        "ascii_iscased",
        "($module, character, /)",
        |cx, a| truth(chars::ascii_is_cased(character(cx, a[0])?)),
        "Whether an ASCII letter.",
    ),
    function(
        "unicode_iscased",
        "($module, character, /)",
        |cx, a| truth(chars::unicode_is_cased(character(cx, a[0])?)),
        "Whether the character has another case.",
    ),
    function(
        "ascii_tolower",
        "($module, character, /)",
        |cx, a| small(chars::ascii_lower(character(cx, a[0])?)),
        "Lowers an ASCII letter.",
    ),
    function(
        "unicode_tolower",
        "($module, character, /)",
        |cx, a| small(chars::unicode_lower(character(cx, a[0])?)),
        "Lowers a character.",
    ),
];

/// `_sre`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_sre",
    doc: "",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("MAGIC", Value::small_int(opcodes::MAGIC.into()));
        m.add("CODESIZE", Value::small_int(4));
        m.add("MAXREPEAT", Value::small_int(opcodes::MAX_REPEAT.into()));
        m.add("MAXGROUPS", Value::small_int(opcodes::MAX_GROUPS.into()));
        m.add("copyright", Str::from_text(" SRE 2.2.2 Copyright (c) 1997-2002 by Secret Labs AB "));
        Ok(())
    },
};

/// IndexError "no such group".
fn no_group(cx: &mut Cx) -> objects::Raised {
    cx.error(exception::ids::INDEX_ERROR, "no such group")
}
