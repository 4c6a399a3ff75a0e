//! Comparison: rich comparison dispatch, equality, ordering errors.

use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::str::Str;
use crate::types::type_::slots::Compare;
use crate::types::type_::type_of;
use gc::{Ref, Reg, Value, Word};

/// `a op b`, any object.
pub fn rich(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (ta, tb) = (type_of(a), type_of(b));
    cx.check_native_stack()?;
    let mut reflected = false;
    if !std::ptr::eq(ta, tb)
        && tb.is_subtype_of(ta)
        && let Some(f) = tb.slots.richcompare()
    {
        reflected = true;
        let r = f(cx, b, a, op.swapped())?;
        if r.as_ref().word() != Word::NOT_IMPLEMENTED {
            return Ok(r);
        }
    }
    if let Some(f) = ta.slots.richcompare() {
        let r = f(cx, a, b, op)?;
        if r.as_ref().word() != Word::NOT_IMPLEMENTED {
            return Ok(r);
        }
    }
    if !reflected && let Some(f) = tb.slots.richcompare() {
        let r = f(cx, b, a, op.swapped())?;
        if r.as_ref().word() != Word::NOT_IMPLEMENTED {
            return Ok(r);
        }
    }
    match op {
        Compare::Eq => Ok(Value::bool(a.is(b)).into()),
        Compare::Ne => Ok(Value::bool(!a.is(b)).into()),
        _ => {
            let (x, y, s) = (ta.shown_name(), tb.shown_name(), op.symbol());
            Err(cx.type_error(format!("'{s}' not supported between instances of '{x}' and '{y}'")))
        }
    }
}

/// The truth of `a op b`; identity does not decide.
pub fn holds(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<bool> {
    let r = rich(cx, a, b, op)?.into_value();
    super::truth::of(cx, r.as_ref())
}

/// `a is b or a == b`: what containers use.
#[inline]
pub fn equal(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<bool> {
    if a.is(b) {
        return Ok(true);
    }
    if a.word().both_int(b.word()) {
        return Ok(false);
    }
    if let (Some(x), Some(y)) = (a.exact::<Str>(), b.exact::<Str>()) {
        return Ok(x.eq(y));
    }
    holds(cx, a, b, Compare::Eq)
}

/// `a < b`: what sorting uses.
#[inline]
pub fn less(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<bool> {
    let (x, y) = (a.word(), b.word());
    if x.both_int(y) {
        return Ok(x.int() < y.int());
    }
    if x.is_float() && y.is_float() {
        return Ok(x.float() < y.float());
    }
    if let (Some(x), Some(y)) = (a.exact::<Str>(), b.exact::<Str>()) {
        return Ok(x.cmp(y).is_lt());
    }
    holds(cx, a, b, Compare::Lt)
}
