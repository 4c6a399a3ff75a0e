//! `set` and `frozenset`: representation. Elements are the keys of a dict table whose values are None.

pub mod algebra;
pub mod iterator;
pub mod methods;

use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::protocol::iter;
use crate::types::dict::{Dict, Key};
use crate::types::instance;
use crate::types::type_::{Downcast, Type, by_id};
use gc::{Gc, Payload, Ref, Value, Word};
use sync::prim::{AtomicU64, Ordering};

/// A set's payload.
#[repr(C)]
pub struct Set {
    /// The elements; first, so that its header is the set's.
    pub items: Dict,
    /// Cached hash of a frozenset; 0 = not computed.
    pub hash: AtomicU64,
}

// SAFETY: visits the elements.
unsafe impl Payload for Set {
    const TYPE_ID: u32 = ids::SET;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.items.traverse(visit);
    }
}

/// The payload behind a frozenset's own type id, for checked casts. The same layout as [`Set`].
#[repr(transparent)]
pub struct Frozen(Set);
// SAFETY: visits the elements.
unsafe impl Payload for Frozen {
    const TYPE_ID: u32 = ids::FROZENSET;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.0.traverse(visit);
    }
}

/// The payload if the value is a set or frozenset, or of a subtype of either.
pub fn as_set<'a>(v: Ref<'a>) -> Option<&'a Set> {
    match v.downcast::<Set>() {
        Some(s) => Some(s),
        None => v.downcast::<Frozen>().map(|f| &f.0),
    }
}

/// Whether the value is a frozenset (of a subtype or not).
pub fn is_frozen(v: Ref<'_>) -> bool {
    v.downcast::<Frozen>().is_some()
}

impl Set {
    fn empty_payload() -> Set {
        Set { items: Dict::empty_payload(), hash: AtomicU64::new(0) }
    }
    /// An empty set.
    pub fn new() -> Gc<Set> {
        gc::alloc(Set::empty_payload())
    }
    /// An empty set or frozenset of a type, which is one of these or a subtype.
    pub fn of_type(t: &Type) -> Gc<Set> {
        // SAFETY: the type has this layout.
        unsafe { Gc::from_value(instance::alloc_with(t, Set::empty_payload())) }
    }
    /// An empty set of `ids::SET` or `ids::FROZENSET`.
    pub fn of_id(id: u32) -> Gc<Set> {
        if id == ids::SET { Set::new() } else { Set::of_type(by_id(id)) }
    }
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.items.len()
    }
    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    /// Adds an element; whether it was new.
    pub fn add(&self, cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
        let key = Key::element(cx, v)?;
        self.add_key(cx, key)
    }
    /// As `add`, with the hash known.
    pub fn add_key(&self, cx: &mut Cx, key: Key<'_>) -> PyResult<bool> {
        let old = self.items.update_key(cx, key, |now| if now.is_some() { None } else { Some(Value::NONE) })?;
        Ok(old.is_none())
    }
    /// Whether it has an element.
    pub fn has(&self, cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
        let key = Key::element(cx, v)?;
        self.has_key(cx, key)
    }
    /// As `has`, with the hash known.
    pub fn has_key(&self, cx: &mut Cx, key: Key<'_>) -> PyResult<bool> {
        Ok(self.items.get_key(cx, key)?.is_some())
    }
    /// Removes an element; whether it was there.
    pub fn discard_key(&self, cx: &mut Cx, key: Key<'_>) -> PyResult<bool> {
        Ok(self.items.remove_key(cx, key)?.is_some())
    }
    /// Adds everything that an iterable gives.
    pub fn add_all(&self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        if let Some(keys) = hashed_elements(v) {
            if self.is_empty()
                && let Some(other) = as_set(v)
                && self.items.adopt(&other.items.copy())
            {
                return Ok(());
            }
            for (k, hash) in keys {
                self.add_key(cx, Key::known(k.as_ref(), hash))?;
            }
            return Ok(());
        }
        iter::for_each(cx, v, |cx, x| self.add(cx, x.as_ref()).map(drop))
    }
    /// The elements at one moment, with their hashes.
    pub fn elements(&self) -> Vec<(Value, u64)> {
        self.items.keys_hashed()
    }
}

/// The elements of a set, frozenset or exact dict with their hashes, at one moment.
pub fn hashed_elements(v: Ref<'_>) -> Option<Vec<(Value, u64)>> {
    match as_set(v) {
        Some(s) => Some(s.elements()),
        None => v.exact::<Dict>().map(Dict::keys_hashed),
    }
}

/// A frozenset of constants (numbers, strs, bytes, tuples of these): comparing them runs no Python code.
pub fn frozen_constant(items: Vec<Value>) -> Value {
    let s = Set::of_id(ids::FROZENSET);
    crate::protocol::hash::with_constant_context(|cx| {
        for i in &items {
            let _ = s.add(cx, i.as_ref());
        }
    });
    s.into_value()
}

/// Hash of a frozenset: depends on the elements' hashes but not on their order (the mixing is CPython's).
pub fn frozen_hash(s: &Set) -> i64 {
    let known = s.hash.load(Ordering::Relaxed);
    if known != 0 {
        return known as i64;
    }
    let mix = |h: u64| ((h ^ 89_869_747) ^ h.wrapping_shl(16)).wrapping_mul(3_644_798_167);
    let elements = s.elements();
    let mut hash = elements.iter().fold(0, |all, (_, h)| all ^ mix(*h));
    hash ^= (elements.len() as u64 + 1).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
    if hash == u64::MAX {
        hash = 590_923_713;
    }
    s.hash.store(hash, Ordering::Relaxed);
    hash as i64
}
