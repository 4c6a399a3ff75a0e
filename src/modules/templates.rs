//! Making template strings (PEP 750) for the interpreter.

use gc::{Ref, Reg, Value};
use objects::{Cx, PyResult};

/// `Template(strings, interpolations)`: the two tuples interleaved.
pub fn template(cx: &mut Cx, strings: Ref<'_>, interpolations: Ref<'_>) -> PyResult<Reg> {
    let _ = (strings, interpolations);
    Err(cx.error(objects::types::exception::ids::NOT_IMPLEMENTED_ERROR, "template strings are not supported yet"))
}

/// `Interpolation(value, expression, conversion, format_spec)`.
pub fn interpolation(cx: &mut Cx, value: Ref<'_>, expression: Ref<'_>, conversion: Value, spec: Value) -> PyResult<Reg> {
    let _ = (value, expression, conversion, spec);
    Err(cx.error(objects::types::exception::ids::NOT_IMPLEMENTED_ERROR, "template strings are not supported yet"))
}
