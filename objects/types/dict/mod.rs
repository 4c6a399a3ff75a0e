//! `dict`: representation and operations. Reads take no lock; every store takes the dict's lock. The table itself is in [`table`].

pub mod iterator;
pub mod merge;
pub mod methods;
pub mod proxy;
pub mod table;
pub mod view;

#[cfg(test)]
mod tests;

use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::ids;
use crate::protocol::hash;
use crate::types::str::Str;
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use sync::prim::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use table::{Found, Table};

/// A dict's payload. Subtypes with payloads of their own begin with it.
#[repr(C)]
pub struct Dict {
    pub(crate) table: AtomicPtr<Table>,
    /// Number of items.
    pub(crate) used: AtomicUsize,
    /// Version of the set of keys; 0 until asked for. Changes (to 0) when a key is added or removed.
    keys_version: AtomicU32,
    /// Bumped, under the lock, before a key is added or removed or the table is replaced. As long as it stays the same, an entry's index that
    /// was found before Python code ran is still good, and the table is the same one (an address alone does not say that).
    pub(crate) changes: AtomicU32,
    /// Under which references from closures are counted, for namespaces; 0 until there is one.
    pub delta_id: AtomicU32,
}

/// Where machine code finds the parts of a dict's payload and of its table.
pub mod layout {
    use super::{Dict, table};
    use std::mem::offset_of;
    /// The table's address.
    pub const TABLE: usize = offset_of!(Dict, table);
    /// The version of the keys.
    pub const KEYS_VERSION: usize = offset_of!(Dict, keys_version);
    pub use table::layout::{ENTRIES, FILLED, STR_ENTRY, STR_ONLY, VALUE};
}

// SAFETY: visits keys and values.
unsafe impl Payload for Dict {
    const TYPE_ID: u32 = ids::DICT;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        let t = self.table.load(Ordering::Acquire);
        // SAFETY: a published table is valid until the next quiescent state.
        if let Some(t) = unsafe { t.as_ref() } {
            for i in 0..t.filled() {
                let (k, v) = t.entry(i);
                visit(k.peek());
                visit(v.peek());
            }
        }
    }
}

impl Drop for Dict {
    fn drop(&mut self) {
        gc::deferred::retire_id(self.delta_id.load(Ordering::Relaxed));
        let t = *self.table.get_mut();
        if !t.is_null() {
            // SAFETY: nobody else can reach the dict any more.
            unsafe { Table::clear_and_retire(t) };
        }
    }
}

/// A key ready for a lookup: its hash, and how to compare.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    /// The key.
    pub value: Ref<'a>,
    /// Its hash.
    pub hash: u64,
    /// It is exactly a str.
    kind: KeyKind,
}

/// What comparing a key takes. As wide as the rest of [`Key`], which is copied by words: a narrow store followed by a wide load would wait for the store.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
enum KeyKind {
    Other,
    Str,
}

impl<'a> Key<'a> {
    /// Hashes a key.
    #[inline]
    pub fn new(cx: &mut Cx, value: Ref<'a>) -> PyResult<Key<'a>> {
        match value.exact::<Str>() {
            Some(s) => Ok(Key { value, hash: s.hash(), kind: KeyKind::Str }),
            None if value.word().is_int() => Ok(Key { value, hash: hash::of_word(value.word()), kind: KeyKind::Other }),
            None => Self::hashed(cx, value, "dict key"),
        }
    }
    /// Hashes an element of a set.
    #[inline]
    pub fn element(cx: &mut Cx, value: Ref<'a>) -> PyResult<Key<'a>> {
        match value.exact::<Str>() {
            Some(s) => Ok(Key { value, hash: s.hash(), kind: KeyKind::Str }),
            None if value.word().is_int() => Ok(Key { value, hash: hash::of_word(value.word()), kind: KeyKind::Other }),
            None => Self::hashed(cx, value, "set element"),
        }
    }
    fn hashed(cx: &mut Cx, value: Ref<'a>, role: &str) -> PyResult<Key<'a>> {
        match hash::hash(cx, value) {
            Ok(h) => Ok(Key { value, hash: h as u64, kind: KeyKind::Other }),
            Err(e) => Err(unusable(cx, value, role, e)),
        }
    }
    /// Whether it is exactly a str.
    #[inline(always)]
    pub fn is_str(&self) -> bool {
        self.kind == KeyKind::Str
    }
    /// A key whose hash is known already.
    pub fn known(value: Ref<'a>, hash: u64) -> Key<'a> {
        Key { value, hash, kind: if value.exact::<Str>().is_some() { KeyKind::Str } else { KeyKind::Other } }
    }
    /// A key that is exactly a str.
    #[inline]
    pub fn of_str(s: &'a Str) -> Key<'a> {
        Key { value: s.as_ref(), hash: s.hash(), kind: KeyKind::Str }
    }
}

/// What becomes of an error in hashing a key: a plain TypeError says what the key was wanted for.
#[cold]
fn unusable(cx: &mut Cx, key: Ref<'_>, role: &str, e: crate::error::Raised) -> crate::error::Raised {
    use crate::types::{exception, type_of};
    let plain = cx.raised.as_ref().is_some_and(|x| type_of(x.as_ref()).id == exception::ids::TYPE_ERROR);
    if !plain {
        return e;
    }
    let exc = cx.catch(e);
    let reason = match crate::protocol::text::str(cx, exc.as_ref()) {
        Ok(s) => s.to_string_lossy(),
        Err(e) => return e,
    };
    let n = type_of(key).full_name();
    cx.type_error(format!("cannot use '{n}' as a {role} ({reason})"))
}

impl Dict {
    /// An empty dict payload.
    pub const fn empty_payload() -> Dict {
        Dict {
            table: AtomicPtr::new(std::ptr::null_mut()),
            used: AtomicUsize::new(0),
            keys_version: AtomicU32::new(0),
            changes: AtomicU32::new(0),
            delta_id: AtomicU32::new(0),
        }
    }
    /// An empty dict.
    pub fn new() -> Gc<Dict> {
        gc::alloc(Dict::empty_payload())
    }
    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }
    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn current(&self) -> Option<&Table> {
        // SAFETY: a published table is valid until this thread's next quiescent state.
        unsafe { self.table.load(Ordering::Acquire).as_ref() }
    }
    fn is_current(&self, t: &Table) -> bool {
        std::ptr::eq(self.table.load(Ordering::Acquire), t)
    }

    /// Loads the value of an entry; `None` when the table has been replaced or the entry deleted meanwhile.
    fn load(&self, t: &Table, i: usize) -> Option<Reg> {
        let r = t.entry(i).1.load_if(self.header(), || self.is_current(t))?;
        if r.as_ref().word() == Word::UNBOUND { None } else { Some(r) }
    }

    /// Looks a key up. Runs `__eq__` of keys that are not strs.
    #[inline]
    pub fn get(&self, cx: &mut Cx, key: Ref<'_>) -> PyResult<Option<Reg>> {
        let key = Key::new(cx, key)?;
        self.get_key(cx, key)
    }
    /// As `get`, with the hash known.
    #[inline]
    pub fn get_key(&self, cx: &mut Cx, key: Key<'_>) -> PyResult<Option<Reg>> {
        loop {
            let Some(t) = self.current() else { return Ok(None) };
            match t.find_fast(self.header(), &key) {
                Found::At(i) => match self.load(t, i) {
                    Some(r) => return Ok(Some(r)),
                    None if self.is_current(t) && t.entry(i).0.peek() == Word::UNBOUND => return Ok(None),
                    None => {}
                },
                Found::Missing => return Ok(None),
                Found::Changed => {}
                Found::Compare(_) => return self.get_slow(cx, &key),
            }
        }
    }
    #[cold]
    fn get_slow(&self, cx: &mut Cx, key: &Key<'_>) -> PyResult<Option<Reg>> {
        loop {
            let (found, changes) = self.find_slow(cx, key)?;
            match found {
                Found::Missing => return Ok(None),
                Found::At(i) => {
                    let _l = lock_header(self.header());
                    if self.changes.load(Ordering::Relaxed) == changes
                        && let Some(t) = self.current()
                    {
                        return Ok(Some(t.entry(i).1.load_locked().into()));
                    }
                }
                Found::Changed | Found::Compare(_) => {}
            }
        }
    }
    /// A lookup that may call `__eq__`; the dict may change under it, then the result is `Changed`. What is found holds as long as `changes`
    /// has the number that is given back.
    #[cold]
    fn find_slow(&self, cx: &mut Cx, key: &Key<'_>) -> PyResult<(Found, u32)> {
        // Before the table: a table that is replaced later comes with another number.
        let changes = self.settled_changes();
        let mut skip = 0;
        loop {
            // Python code has run since the table was last looked at: only an unchanged number says that it is still the same.
            let Some(t) = self.current() else { return Ok((Found::Missing, changes)) };
            if self.changes.load(Ordering::Acquire) != changes {
                return Ok((Found::Changed, changes));
            }
            let Some((n, i)) = t.candidates(key.hash).enumerate().nth(skip) else { return Ok((Found::Missing, changes)) };
            skip = n + 1;
            let k = t.entry(i).0.load_if(self.header(), || self.is_current(t));
            let Some(k) = k else { return Ok((Found::Changed, changes)) };
            let k = k.into_value();
            if k.word() == Word::UNBOUND {
                continue;
            }
            if k.as_ref().is(key.value) {
                return Ok((Found::At(i), changes));
            }
            if let Some(s) = k.as_ref().exact::<Str>()
                && s.hash() != key.hash
            {
                continue;
            }
            if crate::protocol::compare::equal(cx, k.as_ref(), key.value)? {
                let same = self.changes.load(Ordering::Acquire) == changes;
                return Ok((if same { Found::At(i) } else { Found::Changed }, changes));
            }
        }
    }

    /// Looks up a str key given as a Rust text.
    pub fn get_str(&self, key: &str) -> Option<Reg> {
        let s = Str::from_text(key);
        self.get_exact_str(&s)
    }
    /// Looks up an exact str. No Python code runs: other keys of a table are compared only when they are strs too.
    pub fn get_exact_str(&self, key: &Str) -> Option<Reg> {
        loop {
            let t = self.current()?;
            match t.find_str(self.header(), &Key::of_str(key)) {
                Found::At(i) => match self.load(t, i) {
                    Some(r) => return Some(r),
                    None if self.is_current(t) && t.entry(i).0.peek() == Word::UNBOUND => return None,
                    None => {}
                },
                Found::Missing | Found::Compare(_) => return None,
                Found::Changed => {}
            }
        }
    }
    /// Looks up an interned name.
    #[inline]
    pub fn get_interned(&self, name: Ref<'_>) -> Option<Reg> {
        // SAFETY: interned names are strs.
        self.get_exact_str(unsafe { name.cast::<Str>() })
    }

    /// Stores an item.
    #[inline]
    pub fn set(&self, cx: &mut Cx, key: Ref<'_>, value: Ref<'_>) -> PyResult<()> {
        let key = Key::new(cx, key)?;
        self.set_key(cx, key, value.to_value())
    }
    /// As `set`, with the hash known.
    pub fn set_key(&self, cx: &mut Cx, key: Key<'_>, value: Value) -> PyResult<()> {
        let old = self.replace_key(cx, key, value)?;
        drop(old);
        Ok(())
    }
    /// Stores an item under an exact str. No Python code runs.
    pub fn set_str(&self, key: Ref<'_>, value: Value) {
        // SAFETY: the caller's key is a str.
        let key = Key::of_str(unsafe { key.cast::<Str>() });
        let old = {
            let _l = lock_header(self.header());
            let found = match self.current() {
                Some(t) => t.find_str_locked(&key),
                None => Found::Missing,
            };
            self.store_locked(&key, found, value)
        };
        drop(old);
    }
    /// Stores an item under a text, interned.
    pub fn set_text(&self, key: &str, value: impl Into<Value>) {
        let k = Str::intern_text(key);
        self.set_str(k.as_ref(), value.into());
    }

    /// Stores; gives back the value that was there.
    pub fn replace_key(&self, cx: &mut Cx, key: Key<'_>, value: Value) -> PyResult<Option<Value>> {
        let mut known = None;
        loop {
            let l = lock_header(self.header());
            match self.find_for_store(&key, known) {
                Found::Compare(_) | Found::Changed => {
                    drop(l);
                    known = Some(self.find_slow(cx, &key)?);
                }
                found => {
                    let old = self.store_locked(&key, found, value);
                    drop(l);
                    return Ok(old);
                }
            }
        }
    }

    /// Looks a key up under the lock, or takes what `find_slow` has found if nothing has changed since.
    fn find_for_store(&self, key: &Key<'_>, known: Option<(Found, u32)>) -> Found {
        match (self.current(), known) {
            (None, _) => Found::Missing,
            (Some(_), Some((found, changes))) if self.changes.load(Ordering::Relaxed) == changes => found,
            (Some(t), _) => t.find_locked(key),
        }
    }

    /// Finds the key and, holding the lock, calls `f` with the current value: what it gives is stored (`None`: nothing is changed). Gives
    /// the value back that was there. Linearisable: `setdefault` and counters build on it.
    pub fn update_key(&self, cx: &mut Cx, key: Key<'_>, mut f: impl FnMut(Option<&Value>) -> Option<Value>) -> PyResult<Option<Value>> {
        let mut known = None;
        loop {
            let l = lock_header(self.header());
            let found = self.find_for_store(&key, known);
            if let Found::Compare(_) | Found::Changed = found {
                // The comparison may run Python code: without the lock, then see whether anything has changed.
                drop(l);
                known = Some(self.find_slow(cx, &key)?);
                continue;
            }
            let current = match (found, self.current()) {
                (Found::At(i), Some(t)) => Some(t.entry(i).1.load_locked()),
                _ => None,
            };
            let Some(new) = f(current.as_ref()) else {
                drop(l);
                return Ok(current);
            };
            let old = self.store_locked(&key, found, new);
            drop(l);
            drop(current);
            return Ok(old);
        }
    }

    /// The number of changes, and no change is half done: a writer counts *before* it changes anything, so that a reader who meets the new number
    /// and the old table would take an index into the one for an index into the other (`loom-tests/dict_slow.rs`, `LockNotAsked`).
    fn settled_changes(&self) -> u32 {
        let changes = self.changes.load(Ordering::Acquire);
        // Acquire: who has seen a writer's number sees its lock too, or that it has unlocked and with it all that it did.
        if self.header().lock_byte().load(Ordering::Acquire) & sync::lock::HELD == 0 {
            return changes;
        }
        let _l = lock_header(self.header());
        self.changes.load(Ordering::Relaxed)
    }

    /// Before the set of keys changes, under the lock.
    fn note_change(&self) {
        // Release: pairs with the loads in `find_slow`. Only the lock's holder writes.
        self.changes.store(self.changes.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        self.keys_version.store(0, Ordering::Release);
    }

    /// Stores at a place found under the lock.
    fn store_locked(&self, key: &Key<'_>, found: Found, value: Value) -> Option<Value> {
        if let Found::At(i) = found
            && let Some(t) = self.current()
        {
            return Some(t.entry(i).1.swap(value));
        }
        self.note_change();
        let t = match self.current() {
            Some(t) if t.has_room(key) => t,
            _ => {
                let old = self.table.load(Ordering::Relaxed);
                let new = Table::grown(self.current(), self.len() + 1, key.is_str());
                self.table.store(new, Ordering::Release);
                // SAFETY: replaced; its words have moved.
                unsafe {
                    Table::retire(old);
                    &*new
                }
            }
        };
        t.push(key, value);
        self.used.store(self.len() + 1, Ordering::Release);
        None
    }

    /// Removes a key; gives its value back.
    pub fn remove(&self, cx: &mut Cx, key: Ref<'_>) -> PyResult<Option<Value>> {
        let key = Key::new(cx, key)?;
        self.remove_key(cx, key)
    }
    /// As `remove`, with the hash known.
    pub fn remove_key(&self, cx: &mut Cx, key: Key<'_>) -> PyResult<Option<Value>> {
        self.remove_key_if(cx, key, |_| true)
    }
    /// Removes a key if its value is still what `wanted` accepts.
    pub fn remove_key_if(&self, cx: &mut Cx, key: Key<'_>, wanted: impl Fn(Word) -> bool) -> PyResult<Option<Value>> {
        let mut known = None;
        loop {
            let l = lock_header(self.header());
            match (self.find_for_store(&key, known), self.current()) {
                (Found::Compare(_) | Found::Changed, _) => {
                    drop(l);
                    known = Some(self.find_slow(cx, &key)?);
                }
                (Found::At(i), Some(t)) => {
                    if !wanted(t.entry(i).1.peek()) {
                        return Ok(None);
                    }
                    let (k, v) = self.delete_locked(t, i);
                    drop(l);
                    drop(k);
                    return Ok(Some(v));
                }
                _ => return Ok(None),
            }
        }
    }
    /// Removes an exact str key. No Python code runs.
    pub fn remove_str(&self, key: Ref<'_>) -> Option<Value> {
        // SAFETY: the caller's key is a str.
        let key = Key::of_str(unsafe { key.cast::<Str>() });
        let l = lock_header(self.header());
        let t = self.current()?;
        let Found::At(i) = t.find_str_locked(&key) else { return None };
        let (k, v) = self.delete_locked(t, i);
        drop(l);
        drop(k);
        Some(v)
    }
    fn delete_locked(&self, t: &Table, i: usize) -> (Value, Value) {
        self.note_change();
        self.used.store(self.len() - 1, Ordering::Release);
        let (k, v) = t.entry(i);
        // The key first: a reader that finds the value gone finds the key gone too.
        let key = k.take();
        (key, v.take())
    }
    /// Removes and returns the last item.
    pub fn pop_last(&self) -> Option<(Value, Value)> {
        let _l = lock_header(self.header());
        let t = self.current()?;
        let i = t.last_live()?;
        Some(self.delete_locked(t, i))
    }
    /// Removes and returns some item, in time that does not grow with what has been removed before: `set.pop`.
    pub fn pop_any(&self) -> Option<(Value, Value)> {
        self.pop_last()
    }
    /// Removes all items.
    pub fn clear(&self) {
        let l = lock_header(self.header());
        self.note_change();
        let t = self.table.swap(std::ptr::null_mut(), Ordering::AcqRel);
        self.used.store(0, Ordering::Release);
        drop(l);
        if !t.is_null() {
            // SAFETY: no longer reachable; concurrent readers re-check the table pointer.
            unsafe { Table::clear_and_retire(t) };
        }
    }
    /// The key at entry position `i` or the next one after it, with the position to go on from. `None` at the end. Takes no lock.
    #[inline]
    pub fn next_key(&self, mut i: usize) -> Option<(usize, Reg)> {
        loop {
            let t = self.current()?;
            if i >= t.filled() {
                return None;
            }
            match t.entry(i).0.load_if(self.header(), || self.is_current(t)) {
                Some(k) if k.as_ref().word() == Word::UNBOUND => i += 1,
                Some(k) => return Some((i + 1, k)),
                None => {}
            }
        }
    }
    /// As `next_key`, with the value.
    #[inline]
    pub fn next_item(&self, mut i: usize) -> Option<(usize, Value, Value)> {
        loop {
            let t = self.current()?;
            if i >= t.filled() {
                return None;
            }
            let (k, v) = t.entry(i);
            let valid = || self.is_current(t);
            let (Some(k), Some(v)) = (k.load_if(self.header(), valid), v.load_if(self.header(), valid)) else { continue };
            if k.as_ref().word() == Word::UNBOUND || v.as_ref().word() == Word::UNBOUND {
                i += 1;
            } else {
                return Some((i + 1, k.into_value(), v.into_value()));
            }
        }
    }
    /// The item before entry position `i` (`usize::MAX` to begin), with the position to go on from.
    pub fn previous_item(&self, i: usize) -> Option<(usize, Value, Value)> {
        let _l = lock_header(self.header());
        let t = self.current()?;
        let mut i = i.min(t.filled());
        while i > 0 {
            i -= 1;
            let (k, v) = t.entry(i);
            if k.peek() != Word::UNBOUND {
                return Some((i, k.load_locked(), v.load_locked()));
            }
        }
        None
    }
    /// The position behind the last entry.
    pub fn end_position(&self) -> usize {
        self.current().map_or(0, Table::filled)
    }
    /// A copy of all keys with their hashes at one moment.
    pub fn keys_hashed(&self) -> Vec<(Value, u64)> {
        let _l = lock_header(self.header());
        let Some(t) = self.current() else { return Vec::new() };
        let mut out = Vec::with_capacity(self.len());
        out.extend((0..t.filled()).filter_map(|i| t.key_locked(i)));
        out
    }
    /// A copy of all items with the hashes of their keys at one moment.
    pub fn items_hashed(&self) -> Vec<(Value, Value, u64)> {
        let _l = lock_header(self.header());
        let Some(t) = self.current() else { return Vec::new() };
        let mut out = Vec::with_capacity(self.len());
        out.extend((0..t.filled()).filter_map(|i| t.key_locked(i).map(|(k, h)| (k, t.entry(i).1.load_locked(), h))));
        out
    }
    /// Bytes of the table.
    pub fn table_memory(&self) -> usize {
        self.current().map_or(0, Table::size)
    }
    /// Takes over the table of another dict that nobody else has seen, if this one is empty; false when it is not.
    pub fn adopt(&self, other: &Dict) -> bool {
        let _l = lock_header(self.header());
        if !self.is_empty() {
            return false;
        }
        self.note_change();
        let old = self.table.load(Ordering::Relaxed);
        self.table.store(other.table.swap(std::ptr::null_mut(), Ordering::AcqRel), Ordering::Release);
        self.used.store(other.used.swap(0, Ordering::AcqRel), Ordering::Release);
        // SAFETY: replaced; it holds no items.
        unsafe { Table::retire(old) };
        true
    }
    /// A copy of all items at one moment.
    pub fn items(&self) -> Vec<(Value, Value)> {
        let _l = lock_header(self.header());
        let Some(t) = self.current() else { return Vec::new() };
        (0..t.filled())
            .map(|i| t.entry(i))
            .filter(|(k, _)| k.peek() != Word::UNBOUND)
            .map(|(k, v)| (k.load_locked(), v.load_locked()))
            .collect()
    }
    /// A copy.
    pub fn copy(&self) -> Gc<Dict> {
        let new = Dict::new();
        let _l = lock_header(self.header());
        if let Some(t) = self.current() {
            new.table.store(t.duplicate(self.len()), Ordering::Release);
            new.used.store(self.len(), Ordering::Release);
        }
        new
    }

    /// The version of the set of keys, given now if there is none; 0 = not cacheable.
    pub fn keys_version(&self) -> u32 {
        match self.keys_version.load(Ordering::Acquire) {
            0 => {
                gc::stats::count(gc::stats::Event::KeysVersion);
                let v = sync::version::next_version();
                let _l = lock_header(self.header());
                self.keys_version.store(v, Ordering::Release);
                v
            }
            v => v,
        }
    }
    /// The version as it is: 0 when nobody has asked since the last change.
    #[inline(always)]
    pub fn keys_version_now(&self) -> u32 {
        self.keys_version.load(Ordering::Acquire)
    }
    /// Entry index of an interned name, for caches.
    pub fn index_of(&self, name: Ref<'_>) -> Option<u32> {
        let t = self.current()?;
        // SAFETY: interned names are strs.
        match t.find_str(self.header(), &Key::of_str(unsafe { name.cast::<Str>() })) {
            Found::At(i) => Some(i as u32),
            _ => None,
        }
    }
    /// The value at an entry index that a cache holds for the keys version it has just compared.
    #[inline(always)]
    pub fn value_at(&self, index: u32) -> Option<Reg> {
        let t = self.current()?;
        if index as usize >= t.filled() {
            return None;
        }
        self.load(t, index as usize)
    }
    /// Stores the value at an entry index that a cache holds for keys version `version`; gives `v` back when it is out of date.
    pub fn set_at(&self, index: u32, version: u32, v: Value) -> Result<Value, Value> {
        let _l = lock_header(self.header());
        match self.current() {
            Some(t) if self.keys_version_now() == version && (index as usize) < t.filled() => Ok(t.entry(index as usize).1.swap(v)),
            _ => Err(v),
        }
    }
}

/// The dict if the value is one or of a subtype.
pub fn as_dict<'a>(v: Ref<'a>) -> Option<&'a Dict> {
    use crate::types::type_::Downcast;
    v.downcast::<Dict>()
}
