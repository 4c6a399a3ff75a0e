//! `int`: representation. Ints of up to 49 bits are words; larger ones are cells, as are instances of subclasses whatever their size.

pub mod arith;
pub mod methods;

use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::types::type_::Downcast;
use gc::{Payload, Ref, Reg, Value, Word};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use std::borrow::Cow;

/// Payload of an int cell. Never changes after birth.
#[repr(C)]
pub struct Int {
    /// The number.
    pub value: BigInt,
}

// SAFETY: holds no words.
unsafe impl Payload for Int {
    const TYPE_ID: u32 = ids::INT;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

/// An int as natives see it.
#[derive(Clone, Copy, Debug)]
pub enum IntRef<'a> {
    /// It fits a word.
    Small(i64),
    /// In a cell; may be small when it is an instance of a subclass.
    Big(&'a BigInt),
}

impl<'a> IntRef<'a> {
    /// As 64 bits if it fits.
    pub fn to_i64(self) -> Option<i64> {
        match self {
            IntRef::Small(i) => Some(i),
            IntRef::Big(b) => b.to_i64(),
        }
    }
    /// As a big int.
    pub fn to_big(self) -> Cow<'a, BigInt> {
        match self {
            IntRef::Small(i) => Cow::Owned(BigInt::from(i)),
            IntRef::Big(b) => Cow::Borrowed(b),
        }
    }
    /// Whether it is negative.
    pub fn is_negative(self) -> bool {
        match self {
            IntRef::Small(i) => i < 0,
            IntRef::Big(b) => b.sign() == num_bigint::Sign::Minus,
        }
    }
    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        match self {
            IntRef::Small(i) => i == 0,
            IntRef::Big(b) => b.sign() == num_bigint::Sign::NoSign,
        }
    }
}

/// The int if the value is one (bool and subclasses included).
#[inline]
pub fn as_int<'a>(v: Ref<'a>) -> Option<IntRef<'a>> {
    let w = v.word();
    if w.is_int() {
        return Some(IntRef::Small(w.int()));
    }
    match w {
        Word::TRUE => Some(IntRef::Small(1)),
        Word::FALSE => Some(IntRef::Small(0)),
        _ if w.is_pointer() => v.downcast::<Int>().map(|i| match i.value.to_i64() {
            Some(s) if Word::from_int(s).is_some() => IntRef::Small(s),
            _ => IntRef::Big(&i.value),
        }),
        _ => None,
    }
}

/// A value from 64 bits.
#[inline]
pub fn from_i64(i: i64) -> Value {
    match Word::from_int(i) {
        // SAFETY: not a pointer.
        Some(w) => unsafe { Value::from_word(w) },
        None => gc::alloc(Int { value: BigInt::from(i) }).into_value(),
    }
}

/// A value from an unsigned number.
pub fn from_u64(i: u64) -> Value {
    match i64::try_from(i) {
        Ok(i) => from_i64(i),
        Err(_) => gc::alloc(Int { value: BigInt::from(i) }).into_value(),
    }
}

/// A value from a size.
pub fn from_usize(i: usize) -> Value {
    from_u64(i as u64)
}

/// A value from a big int.
pub fn from_big(b: BigInt) -> Value {
    match b.to_i64().and_then(Word::from_int) {
        // SAFETY: not a pointer.
        Some(w) => unsafe { Value::from_word(w) },
        None => gc::alloc(Int { value: b }).into_value(),
    }
}

/// An int as a native's result.
pub fn reg(i: i64) -> Reg {
    from_i64(i).into()
}

/// Converts by `__index__`: TypeError "'X' object cannot be interpreted as an integer".
pub fn index(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    if v.word().is_int() || as_int(v).is_some() {
        return Ok(v.to_value());
    }
    let t = crate::types::type_of(v);
    let Some(f) = t.slots.index() else {
        return Err(cx.type_error(format!("'{}' object cannot be interpreted as an integer", t.name_text())));
    };
    let r = f(cx, v)?.into_value();
    if as_int(r.as_ref()).is_none() {
        let n = crate::types::type_of(r.as_ref()).name_text();
        return Err(cx.type_error(format!("__index__ returned non-int (type {n})")));
    }
    Ok(r)
}

/// `__index__` as 64 bits; OverflowError "Python int too large to convert to C ssize_t" (IndexError when `index_error`).
pub fn index_i64(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    if v.word().is_int() {
        return Ok(v.word().int());
    }
    let i = index(cx, v)?;
    match as_int(i.as_ref()).and_then(IntRef::to_i64) {
        Some(i) => Ok(i),
        None => Err(cx.overflow_error("Python int too large to convert to C ssize_t")),
    }
}

/// `__index__` for a subscript: IndexError "cannot fit 'int' into an index-sized integer".
pub fn subscript_index(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    if v.word().is_int() {
        return Ok(v.word().int());
    }
    let i = index(cx, v)?;
    match as_int(i.as_ref()).and_then(IntRef::to_i64) {
        Some(i) => Ok(i),
        None => {
            let n = crate::types::type_of(v).name_text();
            Err(cx.index_error(format!("cannot fit '{n}' into an index-sized integer")))
        }
    }
}

/// `__index__` clamped to 64 bits, for slices.
pub fn index_clamped(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    if v.word().is_int() {
        return Ok(v.word().int());
    }
    let i = index(cx, v)?;
    Ok(match as_int(i.as_ref()) {
        Some(n) => n.to_i64().unwrap_or(if n.is_negative() { i64::MIN } else { i64::MAX }),
        None => 0,
    })
}
