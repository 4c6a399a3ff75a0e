//! `int`: representation. Ints of up to 49 bits are words; larger ones are cells, as are instances of subclasses whatever their size.

pub mod arith;
pub mod convert;
pub mod methods;

#[cfg(test)]
mod tests;

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
    number: Number,
}

/// A number in its narrowest form: up to 128 bits inline.
enum Number {
    Wide(i128),
    Big(BigInt),
}

impl Int {
    /// The payload of a cell for any int: for instances of subclasses.
    pub fn payload(i: IntRef<'_>) -> Int {
        Int {
            number: match i {
                IntRef::Small(i) => Number::Wide(i.into()),
                IntRef::Wide(i) => Number::Wide(i),
                IntRef::Big(b) => Number::Big(b.clone()),
            },
        }
    }
    /// The number.
    #[inline]
    pub fn get(&self) -> IntRef<'_> {
        match &self.number {
            Number::Wide(i) => match i64::try_from(*i) {
                Ok(s) => IntRef::Small(s),
                Err(_) => IntRef::Wide(*i),
            },
            Number::Big(b) => IntRef::Big(b),
        }
    }
}

// SAFETY: holds no words.
unsafe impl Payload for Int {
    const TYPE_ID: u32 = ids::INT;
    const WALK: gc::Walk = gc::Walk::Leaf;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

/// An int as natives see it, in the narrowest form that holds it.
#[derive(Clone, Copy, Debug)]
pub enum IntRef<'a> {
    /// It fits 64 bits.
    Small(i64),
    /// It fits 128 bits.
    Wide(i128),
    /// Anything larger.
    Big(&'a BigInt),
}

impl<'a> IntRef<'a> {
    /// As 64 bits if it fits.
    #[inline]
    pub fn to_i64(self) -> Option<i64> {
        match self {
            IntRef::Small(i) => Some(i),
            _ => None,
        }
    }
    /// As 128 bits if it fits.
    #[inline]
    pub fn to_i128(self) -> Option<i128> {
        match self {
            IntRef::Small(i) => Some(i.into()),
            IntRef::Wide(i) => Some(i),
            IntRef::Big(_) => None,
        }
    }
    /// As a big int.
    pub fn to_big(self) -> Cow<'a, BigInt> {
        match self {
            IntRef::Small(i) => Cow::Owned(BigInt::from(i)),
            IntRef::Wide(i) => Cow::Owned(BigInt::from(i)),
            IntRef::Big(b) => Cow::Borrowed(b),
        }
    }
    /// As a float, rounded half-even; `None` when too large.
    pub fn to_f64(self) -> Option<f64> {
        match self {
            IntRef::Small(i) => Some(i as f64),
            IntRef::Wide(i) => Some(i as f64),
            IntRef::Big(b) => text::int_float::big_to_f64(b),
        }
    }
    /// Number of bits of the magnitude.
    pub fn bits(self) -> u64 {
        match self {
            IntRef::Small(i) => u64::from(64 - i.unsigned_abs().leading_zeros()),
            IntRef::Wide(i) => u64::from(128 - i.unsigned_abs().leading_zeros()),
            IntRef::Big(b) => b.bits(),
        }
    }
    /// Whether it is negative.
    pub fn is_negative(self) -> bool {
        match self {
            IntRef::Small(i) => i < 0,
            IntRef::Wide(i) => i < 0,
            IntRef::Big(b) => b.sign() == num_bigint::Sign::Minus,
        }
    }
    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        matches!(self, IntRef::Small(0))
    }
    /// An owned int value of exactly type int.
    pub fn to_value(self) -> Value {
        match self {
            IntRef::Small(i) => from_i64(i),
            IntRef::Wide(i) => from_i128(i),
            IntRef::Big(b) => from_big(b.clone()),
        }
    }
}

impl Ord for IntRef<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (self.to_i128(), other.to_i128()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => self.to_big().as_ref().cmp(other.to_big().as_ref()),
        }
    }
}
impl PartialOrd for IntRef<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for IntRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for IntRef<'_> {}

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
        _ if w.is_pointer() => v.downcast::<Int>().map(Int::get),
        _ => None,
    }
}

/// A value from 64 bits.
#[inline]
pub fn from_i64(i: i64) -> Value {
    match Word::from_int(i) {
        // SAFETY: not a pointer.
        Some(w) => unsafe { Value::from_word(w) },
        None => wide(i.into()),
    }
}

#[cold]
fn wide(i: i128) -> Value {
    gc::alloc(Int { number: Number::Wide(i) }).into_value()
}

/// A value from 128 bits.
#[inline]
pub fn from_i128(i: i128) -> Value {
    match i64::try_from(i) {
        Ok(i) => from_i64(i),
        Err(_) => wide(i),
    }
}

/// A value from an unsigned number.
pub fn from_u64(i: u64) -> Value {
    from_i128(i.into())
}

/// A value from a size.
#[inline]
pub fn from_usize(i: usize) -> Value {
    from_u64(i as u64)
}

/// A value from a big int.
pub fn from_big(b: BigInt) -> Value {
    match b.to_i128() {
        Some(i) => from_i128(i),
        None => gc::alloc(Int { number: Number::Big(b) }).into_value(),
    }
}

/// A value from what the number parser gives.
pub fn from_parsed(i: text::int_text::Int) -> Value {
    match i {
        text::int_text::Int::Small(i) => from_i64(i),
        text::int_text::Int::Big(b) => from_big(b),
    }
}

/// The same number as a value of exactly type int.
pub fn exact(v: Ref<'_>) -> Value {
    if v.word().is_int() || v.exact::<Int>().is_some() {
        return v.to_value();
    }
    as_int(v).map_or_else(|| v.to_value(), IntRef::to_value)
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

/// `__index__` as 32 bits; OverflowError "Python int too large to convert to C int".
pub fn c_int(cx: &mut Cx, v: Ref<'_>) -> PyResult<i32> {
    let i = index(cx, v)?;
    match as_int(i.as_ref()).and_then(IntRef::to_i64).and_then(|i| i32::try_from(i).ok()) {
        Some(i) => Ok(i),
        None => Err(cx.overflow_error("Python int too large to convert to C int")),
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

/// `__index__` as a count or size: OverflowError "cannot fit 'X' into an index-sized integer".
pub fn index_size(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    if v.word().is_int() {
        return Ok(v.word().int());
    }
    let i = index(cx, v)?;
    match as_int(i.as_ref()).and_then(IntRef::to_i64) {
        Some(i) => Ok(i),
        None => {
            let n = crate::types::type_of(v).name_text();
            Err(cx.overflow_error(format!("cannot fit '{n}' into an index-sized integer")))
        }
    }
}
