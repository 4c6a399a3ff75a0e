//! Iterator types that belong to no container, and what all iterators share.

pub mod callable;
pub mod enumerate;
pub mod filter;
pub mod index;
pub mod parallel;
pub mod reversed;

use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::tuple::Tuple;
use gc::{Ref, Reg, Value};

/// The `iter` slot of iterators.
pub fn myself(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(v.to_value().into())
}

/// A function of `builtins`, as it is bound there now.
pub fn builtin(cx: &Cx, name: &str) -> Value {
    cx.host.builtins().get_str(name).map_or(Value::NONE, Reg::into_value)
}

/// What `__reduce__` of an iterator gives: `(function, (argument,))`, with a state if there is one.
pub fn reduced(cx: &Cx, function: &str, argument: Value, state: Option<Value>) -> Reg {
    let mut parts = vec![builtin(cx, function), Tuple::from_values(vec![argument]).into_value()];
    parts.extend(state);
    Tuple::from_values(parts).into()
}
