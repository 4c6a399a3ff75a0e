//! Iterators over containers that are read by index: list, tuple and their reversed forms. (str, bytes and others may join.)
//!
//! The index is handed out once: by an atomic addition, or by plain loads and stores when nobody else can have the iterator (see
//! [`super::next_in_register`]). The container's reference is dropped once, by whoever swaps it out under the iterator's lock.

use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::native::{Method, method};
use crate::types::int;
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};
use gc::{Field, Payload, Ref, Reg, Value, Word};
use std::marker::PhantomData;
use sync::prim::{AtomicIsize, Ordering};

/// A kind of container and a direction.
pub trait Indexed: 'static {
    /// Id of the iterator's type.
    const ITERATOR: u32;
    /// From the end.
    const REVERSED: bool;
    /// The smallest index that `__setstate__` stores: -1 (the iterator is then at its end) or 0.
    const FLOOR: isize = 0;
    /// The item at an index; `None` when out of range. Runs no Python code.
    fn item(container: Ref<'_>, i: usize) -> Option<Reg>;
    /// Number of items now.
    fn len(container: Ref<'_>) -> usize;
    /// What `__reduce__` shows of an exhausted iterator: an empty container.
    fn empty() -> Value;
}

/// An iterator's payload.
#[repr(C)]
pub struct IndexIterator<S: Indexed> {
    /// The container; unbound when exhausted.
    container: Field,
    /// Index of the next item.
    index: AtomicIsize,
    kind: PhantomData<S>,
}

/// Where machine code finds the parts of an index iterator's payload.
pub mod layout {
    use super::IndexIterator;
    use std::mem::offset_of;
    /// The container.
    pub const CONTAINER: usize = offset_of!(IndexIterator<crate::types::list::item::Forward>, container);
    /// Index of the next item.
    pub const INDEX: usize = offset_of!(IndexIterator<crate::types::list::item::Forward>, index);
}

// SAFETY: visits the container.
unsafe impl<S: Indexed> Payload for IndexIterator<S> {
    const TYPE_ID: u32 = S::ITERATOR;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.container.peek());
    }
}

/// A fresh iterator.
pub fn new<S: Indexed>(container: Ref<'_>) -> Reg {
    let first = if S::REVERSED { S::len(container) as isize - 1 } else { 0 };
    gc::alloc(IndexIterator::<S> { container: Field::new(container.to_value()), index: AtomicIsize::new(first), kind: PhantomData }).into()
}

fn me<S: Indexed>(v: Ref<'_>) -> &IndexIterator<S> {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<IndexIterator<S>>() }
}

fn item<S: Indexed>(container: Ref<'_>, i: isize) -> Option<Reg> {
    usize::try_from(i).ok().and_then(|i| S::item(container, i))
}

fn next<S: Indexed>(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    Ok(advance(me::<S>(v), super::alone()))
}

impl<S: Indexed> IndexIterator<S> {
    /// The next item, by the holder of the only reference.
    #[inline]
    pub fn next_owned(&self) -> Option<Reg> {
        advance(self, true)
    }
}

impl IndexIterator<crate::types::list::item::Forward> {
    /// The next item of a list as a register word, by the holder of the only reference. `None` at the end, or when it is not to be had without more
    /// ado; then nothing has changed.
    #[inline(always)]
    pub fn next_in_list(&self) -> Option<Word> {
        let w = self.container.peek();
        if !w.is_pointer() {
            return None;
        }
        let i = self.index.load(Ordering::Relaxed);
        // SAFETY: the container is a list, and nobody else can take it out.
        let l = unsafe { Ref::from_word(w).cast::<crate::types::list::List>() };
        let item = l.quick(usize::try_from(i).ok()?)?;
        self.index.store(i + 1, Ordering::Relaxed);
        Some(item.into_word())
    }
}

/// The next item. `alone`: nobody else can be using the iterator.
#[inline(always)]
fn advance<S: Indexed>(it: &IndexIterator<S>, alone: bool) -> Option<Reg> {
    let step = if S::REVERSED { -1 } else { 1 };
    let found = if alone {
        let w = it.container.peek();
        if w == Word::UNBOUND {
            return None;
        }
        let i = it.index.load(Ordering::Relaxed);
        it.index.store(i + step, Ordering::Relaxed);
        // SAFETY: nobody else can take the container out, and no Python code runs here.
        item::<S>(unsafe { Ref::from_word(w) }, i)
    } else {
        // As a register word: a container that many threads iterate over is deferred, and then nothing is counted. No Python code runs here.
        let c = it.container.load_reg(it.header());
        if c.as_ref().word() == Word::UNBOUND {
            return None;
        }
        item::<S>(c.as_ref(), it.index.fetch_add(step, Ordering::Relaxed))
    };
    if found.is_none() {
        let old = {
            let _l = lock_header(it.header());
            it.container.take()
        };
        drop(old);
    }
    found
}

fn hint<S: Indexed>(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = me::<S>(a[0]);
    let c = it.container.load(it.header());
    if c.word() == Word::UNBOUND {
        return Ok(int::reg(0));
    }
    let (i, n) = (it.index.load(Ordering::Relaxed), S::len(c.as_ref()) as isize);
    let left = if S::REVERSED { if i < n { i + 1 } else { 0 } } else { n - i };
    Ok(int::reg(left.max(0) as i64))
}

fn reduce<S: Indexed>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = me::<S>(a[0]);
    let i = it.index.load(Ordering::Relaxed);
    let c = it.container.load(it.header());
    if c.word() == Word::UNBOUND {
        return Ok(super::reduced(cx, "iter", S::empty(), None));
    }
    Ok(super::reduced(cx, if S::REVERSED { "reversed" } else { "iter" }, c, Some(int::from_i64(i as i64))))
}

fn set_state<S: Indexed>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let i = int::index_i64(cx, a[1])? as isize;
    let it = me::<S>(a[0]);
    let c = it.container.load(it.header());
    if c.word() != Word::UNBOUND {
        let n = S::len(c.as_ref()) as isize;
        let i = if S::REVERSED { i.clamp(-1, n - 1) } else { i.clamp(S::FLOOR, n) };
        it.index.store(i, Ordering::Relaxed);
    }
    Ok(Value::NONE.into())
}

/// The methods of such an iterator.
pub const fn methods<S: Indexed>() -> [Method; 3] {
    [
        method("__length_hint__", "($self, /)", hint::<S>, "How many items are left, as far as is known."),
        method("__reduce__", "($self, /)", reduce::<S>, "What pickle needs."),
        method("__setstate__", "($self, object, /)", set_state::<S>, "Sets the index of the next item."),
    ]
}

/// The declaration of such an iterator.
pub const fn spec<S: Indexed>(name: &'static str, methods: &'static [Method]) -> TypeSpec {
    TypeSpec::of::<IndexIterator<S>>(name)
        .flags(flags::NO_NEW)
        .slots(Slots { iter: Some(super::myself), next: Some(next::<S>), ..Slots::NONE })
        .methods(methods)
}
