//! `_string`: the parser of format templates, for `string.Formatter`.

use objects::native::{Method, function};
use objects::types::module::ModuleDef;
use objects::types::str::template::{pieces, split_name};
use objects::types::str::{Str, as_str};
use objects::types::type_of;
use objects::{Cx, PyResult, Ref, Reg};

fn template<'a>(cx: &mut Cx, v: Ref<'a>) -> PyResult<&'a Str> {
    match as_str(v) {
        Some(s) => Ok(s),
        None => {
            let n = type_of(v).name_text();
            Err(cx.type_error(format!("expected str, got {n}")))
        }
    }
}

fn formatter_parser(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(pieces(template(cx, a[0])?).into())
}

fn formatter_field_name_split(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = template(cx, a[0])?;
    split_name(cx, name).map(Into::into)
}

static FUNCTIONS: &[Method] = &[
    function("formatter_parser", "($module, object, /)", formatter_parser, "The pieces of a format template."),
    function(
        "formatter_field_name_split",
        "($module, object, /)",
        formatter_field_name_split,
        "What a field name begins with, and the steps that follow.",
    ),
];

/// `_string`
pub static MODULE: ModuleDef = ModuleDef { name: "_string", doc: "", functions: FUNCTIONS, init: |_, _| Ok(()) };
