//! `slice`: representation, and turning one into indices.

pub mod methods;

use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use gc::{Payload, Ref, Value, Word};

/// A slice payload.
#[repr(C)]
pub struct Slice {
    /// `start`
    pub start: Value,
    /// `stop`
    pub stop: Value,
    /// `step`
    pub step: Value,
}

// SAFETY: visits all words.
unsafe impl Payload for Slice {
    const TYPE_ID: u32 = ids::SLICE;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.start.word());
        visit(self.stop.word());
        visit(self.step.word());
    }
}

/// A slice.
pub fn new(start: Value, stop: Value, step: Value) -> Value {
    gc::alloc(Slice { start, stop, step }).into_value()
}

/// Bounds of a slice for a sequence of some length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indices {
    /// First index.
    pub start: i64,
    /// Bound.
    pub stop: i64,
    /// Step, not 0.
    pub step: i64,
    /// How many indices there are.
    pub count: usize,
}

impl Slice {
    /// `start, stop, step` as numbers, not yet fitted to a length: runs `__index__`.
    pub fn unpack(&self, cx: &mut Cx) -> PyResult<(Option<i64>, Option<i64>, i64)> {
        let part = |cx: &mut Cx, v: &Value| -> PyResult<Option<i64>> {
            if v.as_ref().is_none() { Ok(None) } else { evaluate(cx, v.as_ref()).map(Some) }
        };
        let step = part(cx, &self.step)?.unwrap_or(1);
        if step == 0 {
            return Err(cx.value_error("slice step cannot be zero"));
        }
        let start = part(cx, &self.start)?;
        let stop = part(cx, &self.stop)?;
        Ok((start, stop, step.max(-i64::MAX)))
    }
    /// The indices for a sequence of length `len`. The length must be taken after `unpack` has run user code.
    pub fn indices(&self, cx: &mut Cx, len: impl FnOnce() -> usize) -> PyResult<Indices> {
        let (start, stop, step) = self.unpack(cx)?;
        Ok(adjust(start, stop, step, len()))
    }
}

/// A bound that needs no evaluation: an int in its word or None.
#[inline]
pub fn plain_bound(v: Ref<'_>) -> Option<Option<i64>> {
    let w = v.word();
    if w.is_int() {
        Some(Some(w.int()))
    } else if v.is_none() {
        Some(None)
    } else {
        None
    }
}

/// One bound of a slice.
pub fn evaluate(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    if crate::types::type_of(v).slots.index().is_none() && !v.word().is_int() {
        return Err(cx.type_error("slice indices must be integers or None or have an __index__ method"));
    }
    crate::types::int::index_clamped(cx, v)
}

/// Fits bounds to a length, as `slice.indices`.
pub fn adjust(start: Option<i64>, stop: Option<i64>, step: i64, len: usize) -> Indices {
    let n = len as i64;
    let (low, high) = if step < 0 { (-1, n - 1) } else { (0, n) };
    let fit = |v: i64| if v < 0 { (v.saturating_add(n)).max(low) } else { v.min(high) };
    let start = start.map_or(if step < 0 { high } else { low }, fit);
    let stop = stop.map_or(if step < 0 { low } else { high }, fit);
    let count = if step < 0 {
        if stop < start { ((start - stop - 1) / -step + 1) as usize } else { 0 }
    } else if start < stop {
        ((stop - start - 1) / step + 1) as usize
    } else {
        0
    };
    Indices { start, stop, step, count }
}
