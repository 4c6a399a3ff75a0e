//! `range_iterator` (words) and `longrange_iterator` (ints of any size). The index of the next number is handed out once.

use super::{Range, linear, number, range};
use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::ids;
use crate::native::{Method, method};
use crate::types::int::{self, IntRef};
use crate::types::iterators::{alone, myself, reduced};
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};
use gc::{Field, Payload, Ref, Reg, Value, Word};
use num_bigint::BigInt;
use sync::prim::{AtomicI64, Ordering};

/// A range iterator over words.
#[repr(C)]
pub struct RangeIterator {
    /// First number.
    pub start: i64,
    /// Step.
    pub step: i64,
    /// How many numbers there are.
    pub len: i64,
    /// How many have been handed out (may pass `len` when threads share it).
    pub index: AtomicI64,
}

// SAFETY: holds no words.
unsafe impl Payload for RangeIterator {
    const TYPE_ID: u32 = ids::RANGE_ITERATOR;
    const WALK: gc::Walk = gc::Walk::Leaf;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

impl RangeIterator {
    /// The next number, by the holder of the only reference; `None` at the end.
    #[inline(always)]
    pub fn next_owned(&self) -> Option<i64> {
        self.advance(true)
    }
    /// The same as a word, without a call: `None` at the end, or when the number does not fit a word; then nothing has changed.
    #[inline(always)]
    pub fn next_small(&self) -> Option<Word> {
        let i = self.index.load(Ordering::Relaxed);
        if i >= self.len {
            return None;
        }
        let w = Word::from_int(self.start.wrapping_add(self.step.wrapping_mul(i)))?;
        self.index.store(i + 1, Ordering::Relaxed);
        Some(w)
    }
    #[inline(always)]
    fn advance(&self, alone: bool) -> Option<i64> {
        let i = self.index.load(Ordering::Relaxed);
        if i >= self.len {
            return None;
        }
        let i = if alone {
            self.index.store(i + 1, Ordering::Relaxed);
            i
        } else {
            self.index.fetch_add(1, Ordering::Relaxed)
        };
        // The numbers of the range fit 64 bits.
        if i < self.len { Some(self.start.wrapping_add(self.step.wrapping_mul(i))) } else { None }
    }
    fn left(&self) -> i64 {
        (self.len - self.index.load(Ordering::Relaxed)).max(0)
    }
}

/// An iterator over ints of any size.
#[repr(C)]
pub struct LongRangeIterator {
    start: Value,
    step: Value,
    len: Value,
    /// How many have been handed out, an int; changed under the iterator's lock.
    index: Field,
}

// SAFETY: visits all words.
unsafe impl Payload for LongRangeIterator {
    const TYPE_ID: u32 = ids::LONGRANGE_ITERATOR;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for v in [&self.start, &self.step, &self.len] {
            visit(v.word());
        }
        visit(self.index.peek());
    }
}

/// `iter(range)`.
pub fn iter(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(over(range(v)))
}

fn over(r: &Range) -> Reg {
    match r.small() {
        Some((start, step, len)) => gc::alloc(RangeIterator { start, step, len, index: AtomicI64::new(0) }).into(),
        None => long(r.start.clone(), r.step.clone(), r.length.clone()),
    }
}

fn long(start: Value, step: Value, len: Value) -> Reg {
    gc::alloc(LongRangeIterator { start, step, len, index: Field::new(int::from_i64(0)) }).into()
}

/// `reversed(range)`.
pub fn reversed(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = range(a[0]);
    let last = int::from_big(&*number(&r.length).to_big() - 1);
    let start = r.at(number(&last));
    let step = int::from_big(-number(&r.step).to_big().into_owned());
    let stop = linear(number(&start), number(&step), number(&r.length));
    let back = super::new(start, stop, step);
    Ok(over(range(back.as_ref())))
}

fn me(v: Ref<'_>) -> &RangeIterator {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<RangeIterator>() }
}
fn long_me(v: Ref<'_>) -> &LongRangeIterator {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<LongRangeIterator>() }
}

fn next(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    Ok(me(v).advance(alone()).map(int::reg))
}

fn long_next(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let it = long_me(v);
    let i = {
        let _l = lock_header(it.header());
        let i = it.index.load_locked();
        if number(&i) >= number(&it.len) {
            return Ok(None);
        }
        let following = linear(number(&i), IntRef::Small(1), IntRef::Small(1));
        it.index.swap(following)
    };
    Ok(Some(linear(number(&it.start), number(&it.step), number(&i)).into()))
}

fn hint(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(int::reg(me(a[0]).left()))
}
fn long_hint(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = long_me(a[0]);
    let i = it.index.load(it.header());
    Ok(int::from_big(&*number(&it.len).to_big() - &*number(&i).to_big()).into())
}

/// `(iter, (range(rest),), None)`.
fn rest(cx: &Cx, start: Value, step: Value, left: IntRef<'_>) -> PyResult<Reg> {
    let stop = linear(number(&start), number(&step), left);
    Ok(reduced(cx, "iter", super::new(start, stop, step), Some(Value::NONE)))
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = me(a[0]);
    let left = it.left();
    let start = int::from_i64(it.start.wrapping_add(it.step.wrapping_mul(it.len - left)));
    rest(cx, start, int::from_i64(it.step), IntRef::Small(left))
}
fn long_reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = long_me(a[0]);
    let i = it.index.load(it.header());
    let left = int::from_big(&*number(&it.len).to_big() - &*number(&i).to_big());
    rest(cx, linear(number(&it.start), number(&it.step), number(&i)), it.step.clone(), number(&left))
}

fn set_state(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::index_i64(cx, a[1])?;
    let it = me(a[0]);
    let at = it.len - it.left();
    it.index.store(at + n.clamp(0, it.left()), Ordering::Relaxed);
    Ok(Value::NONE.into())
}
fn long_set_state(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::index(cx, a[1])?;
    let it = long_me(a[0]);
    let new = number(&n).to_big().into_owned().clamp(BigInt::from(0), number(&it.len).to_big().into_owned());
    let old = {
        let _l = cx.lock(it.header());
        it.index.swap(int::from_big(new))
    };
    drop(old);
    Ok(Value::NONE.into())
}

static METHODS: &[Method] = &[
    method("__length_hint__", "($self, /)", hint, "How many numbers are left."),
    method("__reduce__", "($self, /)", reduce, "What pickle needs."),
    method("__setstate__", "($self, object, /)", set_state, "Skips that many numbers."),
];
static LONG_METHODS: &[Method] = &[
    method("__length_hint__", "($self, /)", long_hint, "How many numbers are left."),
    method("__reduce__", "($self, /)", long_reduce, "What pickle needs."),
    method("__setstate__", "($self, object, /)", long_set_state, "Sets the index of the next number."),
];

/// `range_iterator`.
pub static RANGE_ITERATOR_TYPE: TypeSpec = TypeSpec::of::<RangeIterator>("range_iterator")
    .flags(flags::NO_NEW)
    .slots(Slots { iter: Some(myself), next: Some(next), ..Slots::NONE })
    .methods(METHODS);
/// `longrange_iterator`.
pub static LONGRANGE_ITERATOR_TYPE: TypeSpec = TypeSpec::of::<LongRangeIterator>("longrange_iterator")
    .flags(flags::NO_NEW)
    .slots(Slots { iter: Some(myself), next: Some(long_next), ..Slots::NONE })
    .methods(LONG_METHODS);
