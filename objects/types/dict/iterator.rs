//! Iterators over a dict's keys, values and items, in both directions.
//!
//! The position of the next entry is handed out once: by compare-exchange, or by a plain store when nobody else can have the iterator. The dict's reference is dropped once, by whoever swaps it out under the iterator's lock. A dict whose size changes, or
//! that has more keys than it had, ends the iteration with a RuntimeError.

use super::{Dict, as_dict};
use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::ids;
use crate::native::{Method, method};
use crate::types::int;
use crate::types::iterators::{alone, myself, reduced};
use crate::types::list::List;
use crate::types::tuple::Tuple;
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};
use gc::{Field, Payload, Ref, Reg, Word};
use sync::prim::{AtomicIsize, AtomicUsize, Ordering};

/// What an iterator yields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Keys,
    Values,
    Items,
}

const fn what(id: u32) -> What {
    match id {
        ids::DICT_KEY_ITERATOR | ids::DICT_REVERSE_KEY_ITERATOR => What::Keys,
        ids::DICT_VALUE_ITERATOR | ids::DICT_REVERSE_VALUE_ITERATOR => What::Values,
        _ => What::Items,
    }
}
const fn is_reversed(id: u32) -> bool {
    matches!(id, ids::DICT_REVERSE_KEY_ITERATOR | ids::DICT_REVERSE_VALUE_ITERATOR | ids::DICT_REVERSE_ITEM_ITERATOR)
}

/// An iterator's payload; `ID` is its type's.
#[repr(C)]
pub struct DictIterator<const ID: u32> {
    /// The dict; unbound when exhausted.
    dict: Field,
    /// Entry position: the next one forwards, or one behind the next one backwards.
    position: AtomicUsize,
    /// Size that the dict had; `usize::MAX` after it was found changed.
    used: AtomicUsize,
    /// How many items are still to come.
    left: AtomicIsize,
}

// SAFETY: visits the dict.
unsafe impl<const ID: u32> Payload for DictIterator<ID> {
    const TYPE_ID: u32 = ID;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.dict.peek());
    }
}

/// A fresh iterator over a dict.
pub fn new<const ID: u32>(v: Ref<'_>) -> Reg {
    let (n, end) = as_dict(v).map_or((0, 0), |d| (d.len(), d.end_position()));
    gc::alloc(DictIterator::<ID> {
        dict: Field::new(v.to_value()),
        position: AtomicUsize::new(if is_reversed(ID) { end } else { 0 }),
        used: AtomicUsize::new(n),
        left: AtomicIsize::new(n as isize),
    })
    .into()
}

fn me<const ID: u32>(v: Ref<'_>) -> &DictIterator<ID> {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<DictIterator<ID>>() }
}

/// The item found at a position, and the position that follows.
#[inline(always)]
fn look<const ID: u32>(d: &Dict, at: usize) -> Option<(usize, Reg)> {
    let (next, k, v) = if is_reversed(ID) {
        d.previous_item(at)?
    } else if what(ID) == What::Keys {
        return d.next_key(at);
    } else {
        d.next_item(at)?
    };
    Some((
        next,
        match what(ID) {
            What::Keys => k.into(),
            What::Values => v.into(),
            What::Items => Tuple::from_values(vec![k, v]).into(),
        },
    ))
}

fn next<const ID: u32>(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    advance(cx, me::<ID>(v), alone())
}

/// As `next`, by the holder of the only reference.
#[inline]
pub fn next_owned<const ID: u32>(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    advance(cx, me::<ID>(v), true)
}

#[inline(always)]
fn advance<const ID: u32>(cx: &mut Cx, it: &DictIterator<ID>, alone: bool) -> PyResult<Option<Reg>> {
    let held;
    let w = if alone {
        it.dict.peek()
    } else {
        held = it.dict.load(it.header());
        held.word()
    };
    if w == Word::UNBOUND {
        return Ok(None);
    }
    // SAFETY: the iterator or `held` keeps the dict alive; no Python code runs here. Only dicts (subtypes included) are stored there.
    let d = unsafe { Ref::from_word(w).cast::<Dict>() };
    if d.len() != it.used.load(Ordering::Relaxed) {
        it.used.store(usize::MAX, Ordering::Relaxed);
        return Err(cx.runtime_error("dictionary changed size during iteration"));
    }
    loop {
        let at = it.position.load(Ordering::Relaxed);
        let Some((following, r)) = look::<ID>(d, at) else { break };
        if alone {
            it.position.store(following, Ordering::Relaxed);
        } else if it.position.compare_exchange(at, following, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            continue;
        }
        let left = it.left.load(Ordering::Relaxed);
        if alone {
            it.left.store(left - 1, Ordering::Relaxed);
        } else {
            it.left.fetch_sub(1, Ordering::Relaxed);
        }
        if left <= 0 {
            if !alone {
                break;
            }
            finish(it);
            return Err(cx.runtime_error("dictionary keys changed during iteration"));
        }
        return Ok(Some(r));
    }
    finish(it);
    Ok(None)
}

fn finish<const ID: u32>(it: &DictIterator<ID>) {
    let old = {
        let _l = lock_header(it.header());
        it.dict.take()
    };
    drop(old);
}

fn hint<const ID: u32>(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = me::<ID>(a[0]);
    let d = it.dict.load(it.header());
    let same = as_dict(d.as_ref()).is_some_and(|d| d.len() == it.used.load(Ordering::Relaxed));
    Ok(int::reg(if same { it.left.load(Ordering::Relaxed).max(0) as i64 } else { 0 }))
}

/// What is still to come, as a list.
fn reduce<const ID: u32>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = me::<ID>(a[0]);
    let held = it.dict.load(it.header());
    let mut rest = Vec::new();
    if let Some(d) = as_dict(held.as_ref()) {
        if d.len() != it.used.load(Ordering::Relaxed) {
            return Err(cx.runtime_error("dictionary changed size during iteration"));
        }
        let mut at = it.position.load(Ordering::Relaxed);
        while let Some((following, r)) = look::<ID>(d, at) {
            rest.push(r.into_value());
            at = following;
        }
    }
    Ok(reduced(cx, "iter", List::from_values(rest).into_value(), None))
}

const fn methods<const ID: u32>() -> [Method; 2] {
    [
        method("__length_hint__", "($self, /)", hint::<ID>, "How many items are left, as far as is known."),
        method("__reduce__", "($self, /)", reduce::<ID>, "What pickle needs."),
    ]
}
const fn spec<const ID: u32>(name: &'static str, methods: &'static [Method]) -> TypeSpec {
    TypeSpec::of::<DictIterator<ID>>(name)
        .flags(flags::NO_NEW)
        .slots(Slots { iter: Some(myself), next: Some(next::<ID>), ..Slots::NONE })
        .methods(methods)
}

macro_rules! iterator_types {
    ($($spec:ident $id:ident $name:literal $methods:ident)*) => { $(
        static $methods: &[Method] = &methods::<{ ids::$id }>();
        /// The iterator's type.
        pub static $spec: TypeSpec = spec::<{ ids::$id }>($name, $methods);
    )* };
}
iterator_types! {
    KEY_ITERATOR_TYPE DICT_KEY_ITERATOR "dict_keyiterator" KEY_METHODS
    VALUE_ITERATOR_TYPE DICT_VALUE_ITERATOR "dict_valueiterator" VALUE_METHODS
    ITEM_ITERATOR_TYPE DICT_ITEM_ITERATOR "dict_itemiterator" ITEM_METHODS
    REVERSE_KEY_ITERATOR_TYPE DICT_REVERSE_KEY_ITERATOR "dict_reversekeyiterator" REVERSE_KEY_METHODS
    REVERSE_VALUE_ITERATOR_TYPE DICT_REVERSE_VALUE_ITERATOR "dict_reversevalueiterator" REVERSE_VALUE_METHODS
    REVERSE_ITEM_ITERATOR_TYPE DICT_REVERSE_ITEM_ITERATOR "dict_reverseitemiterator" REVERSE_ITEM_METHODS
}
