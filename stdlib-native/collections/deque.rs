//! `deque`: representation and iterators. The items stand in a ring buffer under the deque's lock.

use super::ids;
use crate::guarded::{Guarded, State};
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{Method, method};
use objects::types::int;
use objects::types::iterators::myself;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, type_of};
use objects::{Args, Cx, PyResult};
use std::collections::VecDeque;

/// State of a deque.
#[derive(Default)]
pub struct Ring {
    /// The items.
    pub items: VecDeque<Value>,
    /// Most items there may be.
    pub max: Option<usize>,
    /// Changes when items are added, removed or moved.
    pub version: u64,
}
impl State for Ring {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.items.iter().for_each(|v| visit(v.word()));
    }
}
/// `deque` object.
pub type Deque = Guarded<Ring, { ids::DEQUE }>;

/// The deque behind a value known to be one.
pub fn deque(v: Ref<'_>) -> &Deque {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Deque>() }
}

/// What an addition has pushed out, to be dropped without the lock; `Err`: no memory.
pub type Added = Result<Option<Value>, Value>;

impl Ring {
    /// Adds at the right end.
    pub fn push_back(&mut self, v: Value) -> Added {
        self.version += 1;
        if self.max == Some(0) {
            return Ok(Some(v));
        }
        let out = if self.max.is_some_and(|m| self.items.len() >= m) { self.items.pop_front() } else { None };
        if self.items.try_reserve(1).is_err() {
            return Err(v);
        }
        self.items.push_back(v);
        Ok(out)
    }
    /// Adds at the left end.
    pub fn push_front(&mut self, v: Value) -> Added {
        self.version += 1;
        if self.max == Some(0) {
            return Ok(Some(v));
        }
        let out = if self.max.is_some_and(|m| self.items.len() >= m) { self.items.pop_back() } else { None };
        if self.items.try_reserve(1).is_err() {
            return Err(v);
        }
        self.items.push_front(v);
        Ok(out)
    }
}

/// An item of a deque that must not have changed since `version`.
pub enum Look {
    /// The item.
    Item(Value),
    /// There is none at this index.
    End,
    /// The deque has changed.
    Changed,
}

/// Looks at item `i`.
pub fn look(cx: &mut Cx, d: &Deque, i: usize, version: u64) -> Look {
    d.with(cx, |s| {
        if s.version != version {
            return Look::Changed;
        }
        s.items.get(i).map_or(Look::End, |v| Look::Item(v.clone()))
    })
}

/// State of an iterator.
pub struct Place {
    deque: Value,
    /// Items given so far.
    index: usize,
    version: u64,
    done: bool,
}
impl State for Place {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.deque.word());
    }
}
/// An iterator.
pub type DequeIterator<const ID: u32> = Guarded<Place, ID>;

/// A new iterator.
pub fn iterator<const ID: u32>(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let version = deque(v).with(cx, |s| s.version);
    Ok(gc::alloc(DequeIterator::<ID>::new(Place { deque: v.to_value(), index: 0, version, done: false })).into())
}

fn iterator_of<const ID: u32>(v: Ref<'_>) -> &DequeIterator<ID> {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<DequeIterator<ID>>() }
}

fn next<const ID: u32>(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let me = iterator_of::<ID>(v);
    loop {
        let (d, index, version, done) = me.with(cx, |s| (s.deque.clone(), s.index, s.version, s.done));
        if done {
            return Ok(None);
        }
        let seen = deque(d.as_ref()).with(cx, |s| {
            if s.version != version {
                return Look::Changed;
            }
            let at = if ID == ids::DEQUE_ITERATOR { Some(index) } else { s.items.len().checked_sub(index + 1) };
            at.and_then(|i| s.items.get(i)).map_or(Look::End, |x| Look::Item(x.clone()))
        });
        match seen {
            Look::Item(x) => {
                let ours = me.with(cx, |s| {
                    let same = s.index == index;
                    s.index += usize::from(same);
                    same
                });
                if ours {
                    return Ok(Some(x.into()));
                }
            }
            Look::End => {
                me.with(cx, |s| s.done = true);
                return Ok(None);
            }
            Look::Changed => {
                me.with(cx, |s| s.done = true);
                return Err(cx.runtime_error("deque mutated during iteration"));
            }
        }
    }
}

fn hint<const ID: u32>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (d, index, done) = iterator_of::<ID>(a[0]).with(cx, |s| (s.deque.clone(), s.index, s.done));
    let n = if done { 0 } else { deque(d.as_ref()).with(cx, |s| s.items.len()).saturating_sub(index) };
    Ok(int::from_usize(n).into())
}

fn reduce<const ID: u32>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (d, index) = iterator_of::<ID>(a[0]).with(cx, |s| (s.deque.clone(), s.index));
    let inner = Tuple::from_values(vec![d, int::from_usize(index)]).into_value();
    Ok(Tuple::from_values(vec![type_of(a[0]).to_value(), inner]).into())
}

fn new<const ID: u32>(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.check_count(cx, "_deque_iterator", 1, 2)?;
    let p = args.positional();
    if p[0].downcast::<Deque>().is_none() {
        let n = type_of(p[0]).full_name();
        return Err(cx.type_error(format!("_deque_iterator() argument 1 must be collections.deque, not {n}")));
    }
    let index = match p.get(1) {
        Some(i) => int::index_size(cx, *i)?.max(0) as usize,
        None => 0,
    };
    let it = iterator::<ID>(cx, p[0])?.into_value();
    iterator_of::<ID>(it.as_ref()).with(cx, |s| s.index = index);
    Ok(it.into())
}

const fn methods<const ID: u32>() -> [Method; 2] {
    [
        method("__length_hint__", "($self, /)", hint::<ID>, "How many items are left."),
        method("__reduce__", "($self, /)", reduce::<ID>, "What pickle needs."),
    ]
}
static FORWARD: &[Method] = &methods::<{ ids::DEQUE_ITERATOR }>();
static BACKWARD: &[Method] = &methods::<{ ids::DEQUE_REVERSE_ITERATOR }>();

/// `_deque_iterator`.
pub static ITERATOR_TYPE: TypeSpec = TypeSpec::of::<DequeIterator<{ ids::DEQUE_ITERATOR }>>("collections._deque_iterator")
    .slots(Slots {
        new: Some(new::<{ ids::DEQUE_ITERATOR }>),
        iter: Some(myself),
        next: Some(next::<{ ids::DEQUE_ITERATOR }>),
        ..Slots::NONE
    })
    .methods(FORWARD);
/// `_deque_reverse_iterator`.
pub static REVERSE_ITERATOR_TYPE: TypeSpec =
    TypeSpec::of::<DequeIterator<{ ids::DEQUE_REVERSE_ITERATOR }>>("collections._deque_reverse_iterator")
        .slots(Slots {
            new: Some(new::<{ ids::DEQUE_REVERSE_ITERATOR }>),
            iter: Some(myself),
            next: Some(next::<{ ids::DEQUE_REVERSE_ITERATOR }>),
            ..Slots::NONE
        })
        .methods(BACKWARD);
