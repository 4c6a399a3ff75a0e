//! `range`: representation, and arithmetic on it. All four numbers are ints of any size.

pub mod iterator;
pub mod methods;

use crate::ids;
use crate::types::int::{self, IntRef, as_int};
use gc::{Payload, Ref, Value, Word};
use num_bigint::BigInt;
use num_integer::Integer;

/// A range payload: exact ints, fixed at birth.
#[repr(C)]
pub struct Range {
    /// First number.
    pub start: Value,
    /// Bound.
    pub stop: Value,
    /// Step, not 0.
    pub step: Value,
    /// How many numbers there are.
    pub length: Value,
}

// SAFETY: visits all words.
unsafe impl Payload for Range {
    const TYPE_ID: u32 = ids::RANGE;
    const WALK: gc::Walk = gc::Walk::Leaf;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for v in [&self.start, &self.stop, &self.step, &self.length] {
            visit(v.word());
        }
    }
}

/// The int in a value known to hold one.
pub fn number(v: &Value) -> IntRef<'_> {
    as_int(v.as_ref()).unwrap_or(IntRef::Small(0))
}

/// How many numbers `range(start, stop, step)` has.
pub fn length(start: IntRef<'_>, stop: IntRef<'_>, step: IntRef<'_>) -> Value {
    if let (IntRef::Small(a), IntRef::Small(b), IntRef::Small(s)) = (start, stop, step) {
        let (a, b, s) = (i128::from(a), i128::from(b), i128::from(s));
        let n = if s > 0 && a < b {
            (b - a - 1) / s + 1
        } else if s < 0 && a > b {
            (a - b - 1) / -s + 1
        } else {
            0
        };
        return int::from_i128(n);
    }
    let distance = if step.is_negative() { &*start.to_big() - &*stop.to_big() } else { &*stop.to_big() - &*start.to_big() };
    if distance <= BigInt::from(0) {
        return int::from_i64(0);
    }
    let size = BigInt::from(step.to_big().magnitude().clone());
    int::from_big((distance - 1u32).div_floor(&size) + 1u32)
}

/// `range(start, stop, step)` of exact ints; the step is not 0.
pub fn new(start: Value, stop: Value, step: Value) -> Value {
    let length = length(number(&start), number(&stop), number(&step));
    gc::alloc(Range { start, stop, step, length }).into_value()
}

impl Range {
    /// The number at an index, which need not be inside.
    pub fn at(&self, i: IntRef<'_>) -> Value {
        linear(number(&self.start), number(&self.step), i)
    }
    /// Start, step and length as words, when also the last number fits.
    pub fn small(&self) -> Option<(i64, i64, i64)> {
        let (start, step, n) = (number(&self.start).to_i64()?, number(&self.step).to_i64()?, number(&self.length).to_i64()?);
        i64::try_from(i128::from(start) + i128::from(step) * i128::from(n)).ok()?;
        Some((start, step, n))
    }
    /// Index of a number, if it is in the range.
    pub fn find(&self, x: IntRef<'_>) -> Option<Value> {
        let (start, stop, step) = (number(&self.start), number(&self.stop), number(&self.step));
        let inside = if step.is_negative() { x <= start && x > stop } else { x >= start && x < stop };
        if !inside {
            return None;
        }
        if let (Some(x), Some(a), Some(s)) = (x.to_i64(), start.to_i64(), step.to_i64()) {
            let d = i128::from(x) - i128::from(a);
            return if d % i128::from(s) == 0 { Some(int::from_i128(d / i128::from(s))) } else { None };
        }
        let (q, r) = (&*x.to_big() - &*start.to_big()).div_rem(&step.to_big());
        if r == BigInt::from(0) { Some(int::from_big(q)) } else { None }
    }
}

/// `start + step * i`.
pub fn linear(start: IntRef<'_>, step: IntRef<'_>, i: IntRef<'_>) -> Value {
    if let (Some(a), Some(s), Some(i)) = (start.to_i64(), step.to_i64(), i.to_i64()) {
        return int::from_i128(i128::from(a) + i128::from(s) * i128::from(i));
    }
    int::from_big(&*start.to_big() + &*step.to_big() * &*i.to_big())
}

/// The range behind a value known to be one.
pub fn range(v: Ref<'_>) -> &Range {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Range>() }
}
