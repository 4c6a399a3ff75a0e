//! Truth values.

use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::type_::type_of;
use gc::{Ref, Word};

/// `bool(v)`.
#[inline]
pub fn of(cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
    let w = v.word();
    match w {
        Word::TRUE => Ok(true),
        Word::FALSE | Word::NONE => Ok(false),
        _ if w.is_int() => Ok(w.int() != 0),
        _ if w.is_float() => Ok(w.float() != 0.0),
        _ => slow(cx, v),
    }
}

fn slow(cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
    let t = type_of(v);
    if let Some(f) = t.slots.bool() {
        return f(cx, v);
    }
    match t.slots.len() {
        Some(f) => Ok(f(cx, v)? != 0),
        None => Ok(true),
    }
}
