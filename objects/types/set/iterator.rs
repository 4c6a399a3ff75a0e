//! `set_iterator`. The position is handed out once, as in the iterators over dicts.

use super::{Set, as_set};
use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::ids;
use crate::native::{Method, method};
use crate::types::int;
use crate::types::iterators::{alone, myself, reduced};
use crate::types::list::List;
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};
use gc::{Field, Payload, Ref, Reg, Word};
use sync::prim::{AtomicUsize, Ordering};

/// An iterator's payload.
#[repr(C)]
pub struct SetIterator {
    /// The set; unbound when exhausted.
    set: Field,
    /// Position of the next entry.
    position: AtomicUsize,
    /// Size that the set had; `usize::MAX` after it was found changed.
    used: AtomicUsize,
    /// How many elements have been given.
    given: AtomicUsize,
}

// SAFETY: visits the set.
unsafe impl Payload for SetIterator {
    const TYPE_ID: u32 = ids::SET_ITERATOR;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.set.peek());
    }
}

/// `iter(set)`.
pub fn new(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let n = as_set(v).map_or(0, Set::len);
    Ok(gc::alloc(SetIterator {
        set: Field::new(v.to_value()),
        position: AtomicUsize::new(0),
        used: AtomicUsize::new(n),
        given: AtomicUsize::new(0),
    })
    .into())
}

fn me(v: Ref<'_>) -> &SetIterator {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<SetIterator>() }
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let it = me(v);
    let alone = alone();
    let held;
    let w = if alone {
        it.set.peek()
    } else {
        held = it.set.load(it.header());
        held.word()
    };
    if w == Word::UNBOUND {
        return Ok(None);
    }
    // SAFETY: the iterator or `held` keeps the set alive; no Python code runs here. Only sets are stored there.
    let s = unsafe { Ref::from_word(w).cast::<Set>() };
    if s.len() != it.used.load(Ordering::Relaxed) {
        it.used.store(usize::MAX, Ordering::Relaxed);
        return Err(cx.runtime_error("Set changed size during iteration"));
    }
    loop {
        let at = it.position.load(Ordering::Relaxed);
        let Some((following, k)) = s.items.next_key(at) else { break };
        if alone {
            it.position.store(following, Ordering::Relaxed);
            it.given.store(it.given.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        } else {
            if it.position.compare_exchange(at, following, Ordering::Relaxed, Ordering::Relaxed).is_err() {
                continue;
            }
            it.given.fetch_add(1, Ordering::Relaxed);
        }
        return Ok(Some(k));
    }
    let old = {
        let _l = lock_header(it.header());
        it.set.take()
    };
    drop(old);
    Ok(None)
}

fn hint(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = me(a[0]);
    let s = it.set.load(it.header());
    let used = it.used.load(Ordering::Relaxed);
    let same = as_set(s.as_ref()).is_some_and(|s| s.len() == used);
    Ok(int::from_usize(if same { used.saturating_sub(it.given.load(Ordering::Relaxed)) } else { 0 }).into())
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = me(a[0]);
    let held = it.set.load(it.header());
    let mut rest = Vec::new();
    if let Some(s) = as_set(held.as_ref()) {
        if s.len() != it.used.load(Ordering::Relaxed) {
            return Err(cx.runtime_error("Set changed size during iteration"));
        }
        let mut at = it.position.load(Ordering::Relaxed);
        while let Some((following, k)) = s.items.next_key(at) {
            rest.push(k.into_value());
            at = following;
        }
    }
    Ok(reduced(cx, "iter", List::from_values(rest).into_value(), None))
}

static METHODS: &[Method] = &[
    method("__length_hint__", "($self, /)", hint, "How many elements are left, as far as is known."),
    method("__reduce__", "($self, /)", reduce, "What pickle needs."),
];

/// `set_iterator`.
pub static SET_ITERATOR_TYPE: TypeSpec = TypeSpec::of::<SetIterator>("set_iterator")
    .flags(flags::NO_NEW)
    .slots(Slots { iter: Some(myself), next: Some(next), ..Slots::NONE })
    .methods(METHODS);
