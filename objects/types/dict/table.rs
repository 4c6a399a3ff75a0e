//! The hash table of a dict: insertion-ordered entries and an index of 1, 2 or 4 bytes per slot. Never resized in place.
//!
//! Actors: one writer at a time (the dict's lock), any number of readers. The writer fills an entry (value, then key with release),
//! then publishes it in the index (release), then in `filled`. Entries are not reused: a deleted one keeps its index slot as a tombstone and has an
//! unbound key. Readers hold no lock; a table that has been replaced is freed through QSBR, and a reader that has taken a reference checks that the
//! table is still the dict's.
//!
//! Tables whose keys are all exact strs keep no hashes (a str has its own): 16 bytes an entry instead of 24.

use super::Key;
use crate::types::str::Str;
use gc::{Field, Header, Ref, Value, Word};
use std::alloc::Layout;
use sync::prim::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// Header of the raw block: entries follow, then the index.
#[repr(C)]
pub struct Table {
    /// log2 of the number of index slots.
    bits: u8,
    /// Bytes per index slot.
    width: u8,
    /// Keys are exact strs.
    str_only: bool,
    /// Entries there is room for.
    capacity: u32,
    /// Entries handed out, deleted ones included.
    filled: AtomicU32,
    /// Entries at and behind this one are all deleted (or not handed out): where `popitem` begins to look. The writer's own.
    live_end: AtomicU32,
}

/// Where machine code finds the parts of a table.
pub mod layout {
    use super::Table;
    use std::mem::offset_of;
    /// Whether keys are exact strs (a byte).
    pub const STR_ONLY: usize = offset_of!(Table, str_only);
    /// Entries handed out (32 bits).
    pub const FILLED: usize = offset_of!(Table, filled);
    /// The first entry.
    pub const ENTRIES: usize = size_of::<Table>();
    /// Size of an entry of a table whose keys are exact strs.
    pub const STR_ENTRY: usize = 16;
    /// The value in an entry.
    pub const VALUE: usize = 8;
}

/// Result of a lookup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// At this entry.
    At(usize),
    /// Not there.
    Missing,
    /// The table changed meanwhile: start again.
    Changed,
    /// A key with the same hash at this entry needs a comparison that may run Python code.
    Compare(usize),
}

const EMPTY: u32 = 0;

impl Table {
    fn slots(&self) -> usize {
        1 << self.bits
    }
    fn entry_size(&self) -> usize {
        if self.str_only { 16 } else { 24 }
    }
    fn layout(bits: u8, capacity: u32, str_only: bool) -> Option<(Layout, u8)> {
        let width = if capacity < 255 {
            1
        } else if capacity < 65535 {
            2
        } else {
            4
        };
        let entries = (capacity as usize).checked_mul(if str_only { 16 } else { 24 })?;
        let size = size_of::<Table>().checked_add(entries)?.checked_add((1usize << bits).checked_mul(width as usize)?)?;
        Some((Layout::from_size_align(size, 16).ok()?, width))
    }
    fn new(bits: u8, capacity: u32, str_only: bool) -> *mut Table {
        let made = Self::layout(bits, capacity, str_only);
        let Some((layout, width)) = made else { std::alloc::handle_alloc_error(Layout::new::<Table>()) };
        // SAFETY: not empty. Zeroed: index slots are empty; entries are initialised as they are handed out.
        unsafe {
            let p = std::alloc::alloc_zeroed(layout).cast::<Table>();
            if p.is_null() {
                std::alloc::handle_alloc_error(layout);
            }
            p.write(Table { bits, width, str_only, capacity, filled: AtomicU32::new(0), live_end: AtomicU32::new(0) });
            p
        }
    }
    /// Bytes of the block.
    pub fn size(&self) -> usize {
        size_of::<Table>() + self.capacity as usize * self.entry_size() + self.slots() * self.width as usize
    }

    /// Entries handed out so far.
    #[inline(always)]
    pub fn filled(&self) -> usize {
        self.filled.load(Ordering::Acquire) as usize
    }
    fn entry_at(&self, i: usize) -> *mut u8 {
        debug_assert!(i < self.capacity as usize);
        (self as *const Table as *mut u8).wrapping_add(size_of::<Table>() + i * self.entry_size())
    }
    /// Key and value slot of an entry below `filled`.
    #[inline(always)]
    pub fn entry(&self, i: usize) -> (&Field, &Field) {
        let p = self.entry_at(i).cast::<Field>();
        // SAFETY: entries below `filled` are initialised.
        unsafe { (&*p, &*p.add(1)) }
    }
    fn entry_hash(&self, i: usize) -> &AtomicU64 {
        // SAFETY: general tables have a third word per entry.
        unsafe { &*self.entry_at(i).cast::<AtomicU64>().add(2) }
    }
    #[inline(always)]
    fn index_base(&self) -> *mut u8 {
        (self as *const Table as *mut u8).wrapping_add(size_of::<Table>() + self.capacity as usize * self.entry_size())
    }
    /// Entry number + 1, or 0 when the slot is empty. Acquire: the entry is visible.
    #[inline(always)]
    fn index(&self, slot: usize) -> u32 {
        let p = self.index_base();
        // SAFETY: `slot` is masked to the index.
        unsafe {
            match self.width {
                1 => u32::from((*p.cast::<AtomicU8>().add(slot)).load(Ordering::Acquire)),
                2 => u32::from((*p.cast::<AtomicU16>().add(slot)).load(Ordering::Acquire)),
                _ => (*p.cast::<AtomicU32>().add(slot)).load(Ordering::Acquire),
            }
        }
    }
    fn set_index(&self, slot: usize, v: u32) {
        let p = self.index_base();
        // SAFETY: `slot` is masked to the index; the width was chosen for the capacity.
        unsafe {
            match self.width {
                1 => (*p.cast::<AtomicU8>().add(slot)).store(v as u8, Ordering::Release),
                2 => (*p.cast::<AtomicU16>().add(slot)).store(v as u16, Ordering::Release),
                _ => (*p.cast::<AtomicU32>().add(slot)).store(v, Ordering::Release),
            }
        }
    }
    /// Slots to look at for a hash, in order (triangular probing over a power of two visits every slot).
    #[inline(always)]
    fn probe(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots() - 1;
        // Hashes of small ints and aligned ids differ in few bits: mix.
        let mut at = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) as usize >> 20;
        at &= mask;
        (1..=mask + 1).map(move |step| {
            let slot = at;
            at = (at + step) & mask;
            slot
        })
    }

    /// Entries that may hold a key with this hash (same hash).
    pub fn candidates(&self, hash: u64) -> impl Iterator<Item = usize> + '_ {
        self.probe(hash)
            .map(|s| self.index(s))
            .take_while(|i| *i != EMPTY)
            .map(|i| i as usize - 1)
            .filter(move |i| self.str_only || self.entry_hash(*i).load(Ordering::Relaxed) == hash)
    }

    /// Looks a key up as far as that runs no Python code.
    #[inline]
    pub fn find_fast(&self, holder: &Header, key: &Key<'_>) -> Found {
        if key.is_str() { self.find_str(holder, key) } else { self.find_other(key) }
    }

    fn find_other(&self, key: &Key<'_>) -> Found {
        let w = key.value.word().unmarked();
        for i in self.candidates(key.hash) {
            let k = self.entry(i).0.peek_acquire();
            if k == w {
                return Found::At(i);
            }
            // Unequal immediates of one kind need no comparison.
            if k == Word::UNBOUND || (k.is_int() && w.is_int()) {
                continue;
            }
            return Found::Compare(i);
        }
        Found::Missing
    }

    /// Looks up an exact str.
    #[inline]
    pub fn find_str(&self, holder: &Header, key: &Key<'_>) -> Found {
        let w = key.value.word().unmarked();
        // SAFETY: the key is a str.
        let text = unsafe { key.value.cast::<Str>() };
        for slot in self.probe(key.hash) {
            let i = self.index(slot);
            if i == EMPTY {
                return Found::Missing;
            }
            let i = i as usize - 1;
            let field = self.entry(i).0;
            let k = field.peek_acquire();
            if k == w {
                return Found::At(i);
            }
            if !k.is_pointer() || (!self.str_only && self.entry_hash(i).load(Ordering::Relaxed) != key.hash) {
                continue;
            }
            match self.same_str(holder, field, k, text, key.hash) {
                Some(true) => return Found::At(i),
                Some(false) => {}
                None if !self.str_only => return Found::Compare(i),
                None => return Found::Changed,
            }
        }
        Found::Missing
    }
    /// Whether the key in `field`, seen as `k`, is a str equal to `text`. `None`: it is no exact str, or changed.
    fn same_str(&self, holder: &Header, field: &Field, k: Word, text: &Str, hash: u64) -> Option<bool> {
        // SAFETY: cell memory is type-stable: the header and 16 bytes behind it may be looked at. What is seen is only a hint until
        // the reference below is taken.
        let other = unsafe { &*k.header() };
        if other.type_id() == crate::ids::STR {
            // SAFETY: as above; strs are at least 32 bytes.
            let s = unsafe { Ref::from_word(k).cast::<Str>() };
            let h = s.cached_hash();
            if s.len() != text.len() || (h != 0 && h != hash) {
                return Some(false);
            }
            if s.is_interned() && text.is_interned() && other.flags() & gc::flag::IMMORTAL != 0 {
                return Some(false);
            }
        }
        // Same hash and length: take a reference before reading the text.
        let r = field.load_if(holder, || true)?;
        let v = r.into_value();
        v.as_ref().exact::<Str>().map(|s| s.eq(text))
    }
    /// As `find_str`, by someone who holds the lock.
    pub fn find_str_locked(&self, key: &Key<'_>) -> Found {
        // SAFETY: the key is a str.
        let text = unsafe { key.value.cast::<Str>() };
        for i in self.candidates(key.hash) {
            let k = self.entry(i).0.peek();
            if !k.is_pointer() {
                continue;
            }
            // SAFETY: locked: the key is alive.
            let r = unsafe { Ref::from_word(k) };
            if r.is(key.value) || r.exact::<Str>().is_some_and(|s| s.hash() == key.hash && s.eq(text)) {
                return Found::At(i);
            }
        }
        Found::Missing
    }
    /// As `find_fast`, by someone who holds the lock.
    pub fn find_locked(&self, key: &Key<'_>) -> Found {
        if key.is_str() && self.str_only {
            return self.find_str_locked(key);
        }
        if !key.is_str() {
            return self.find_other(key);
        }
        // A str key in a table with other keys: one that is no str may still compare equal.
        for i in self.candidates(key.hash) {
            let k = self.entry(i).0.peek();
            if k == Word::UNBOUND {
                continue;
            }
            // SAFETY: locked: the key is alive; the sought key is a str.
            let (r, text) = unsafe { (Ref::from_word(k), key.value.cast::<Str>()) };
            match r.exact::<Str>() {
                Some(s) if s.eq(text) => return Found::At(i),
                Some(_) => {}
                None => return Found::Compare(i),
            }
        }
        Found::Missing
    }

    /// Whether another entry fits.
    pub fn has_room(&self, key: &Key<'_>) -> bool {
        self.filled() < self.capacity as usize && (key.is_str() || !self.str_only)
    }
    /// Appends an entry. The dict is locked and there is room.
    pub fn push(&self, key: &Key<'_>, value: Value) {
        let i = self.filled();
        let p = self.entry_at(i).cast::<Field>();
        // SAFETY: the entry is not handed out yet.
        unsafe {
            p.write(Field::new(key.value.to_value()));
            p.add(1).write(Field::new(value));
            if !self.str_only {
                self.entry_hash(i).store(key.hash, Ordering::Relaxed);
            }
        }
        self.filled.store(i as u32 + 1, Ordering::Release);
        self.live_end.store(i as u32 + 1, Ordering::Relaxed);
        self.link(key.hash, i);
    }
    /// The last entry that is not deleted. The dict is locked.
    pub fn last_live(&self) -> Option<usize> {
        let end = self.live_end.load(Ordering::Relaxed) as usize;
        let i = (0..end).rev().find(|i| self.entry(*i).0.peek() != Word::UNBOUND);
        self.live_end.store(i.map_or(0, |i| i as u32 + 1), Ordering::Relaxed);
        i
    }
    /// The key of an entry and its hash, unless it is deleted. The dict is locked.
    pub fn key_locked(&self, i: usize) -> Option<(Value, u64)> {
        let k = self.entry(i).0;
        let w = k.peek();
        if w == Word::UNBOUND { None } else { Some((k.load_locked(), self.hash_of(i, w))) }
    }
    fn link(&self, hash: u64, i: usize) {
        for slot in self.probe(hash) {
            if self.index(slot) == EMPTY {
                return self.set_index(slot, i as u32 + 1);
            }
        }
    }

    fn hash_of(&self, i: usize, key: Word) -> u64 {
        if self.str_only {
            // SAFETY: keys of such tables are strs, and the caller holds the lock.
            unsafe { Ref::from_word(key).cast::<Str>().hash() }
        } else {
            self.entry_hash(i).load(Ordering::Relaxed)
        }
    }

    fn sized(used: usize) -> (u8, u32) {
        let mut bits = 3u8;
        while ((1usize << bits) * 2) / 3 < used {
            bits += 1;
        }
        (bits, ((1usize << bits) * 2 / 3) as u32)
    }

    /// A table with room for more than `used` items, into which the entries of `old` have moved. The dict is locked.
    pub fn grown(old: Option<&Table>, used: usize, str_key: bool) -> *mut Table {
        let str_only = str_key && old.is_none_or(|t| t.str_only);
        let want = if used <= 5 { used } else { used * 3 / 2 + 1 };
        let (bits, capacity) = Self::sized(want);
        let new = Self::new(bits, capacity, str_only);
        if let Some(old) = old {
            // SAFETY: fresh.
            let t = unsafe { &*new };
            let mut n = 0;
            for i in 0..old.filled() {
                let (k, v) = old.entry(i);
                let key = k.peek();
                if key == Word::UNBOUND {
                    continue;
                }
                let hash = old.hash_of(i, key);
                let p = t.entry_at(n).cast::<Field>();
                // SAFETY: the words move; the old table's memory is not dropped as fields any more.
                unsafe {
                    std::ptr::copy_nonoverlapping(k, p, 1);
                    std::ptr::copy_nonoverlapping(v, p.add(1), 1);
                    if !str_only {
                        t.entry_hash(n).store(hash, Ordering::Relaxed);
                    }
                }
                t.link(hash, n);
                n += 1;
            }
            t.filled.store(n as u32, Ordering::Release);
            t.live_end.store(n as u32, Ordering::Relaxed);
        }
        new
    }

    /// A copy with `used` items, counted again. The dict is locked.
    pub fn duplicate(&self, used: usize) -> *mut Table {
        let (bits, capacity) = Self::sized(used.max(1));
        let new = Self::new(bits, capacity, self.str_only);
        // SAFETY: fresh.
        let t = unsafe { &*new };
        for i in 0..self.filled() {
            let (k, v) = self.entry(i);
            if k.peek() != Word::UNBOUND {
                let key = k.load_locked();
                let hash = self.hash_of(i, key.word());
                t.push(&Key::known(key.as_ref(), hash), v.load_locked());
            }
        }
        new
    }

    /// Frees a table whose words have moved elsewhere.
    ///
    /// # Safety
    /// It has been replaced and is freed once.
    pub unsafe fn retire(t: *mut Table) {
        if t.is_null() {
            return;
        }
        // SAFETY: readers are done at the next quiescent state.
        unsafe {
            let size = (*t).size();
            if crate::cx::MULTI.load(Ordering::Relaxed) || gc::aside::is_searching() {
                sync::qsbr::retire(t.cast(), size, free)
            } else {
                free(t.cast(), size)
            }
        }
    }
    /// Drops all items, then frees the table.
    ///
    /// # Safety
    /// It is no longer reachable.
    pub unsafe fn clear_and_retire(t: *mut Table) {
        // SAFETY: no longer reachable for new readers.
        unsafe {
            for i in 0..(*t).filled() {
                let (k, v) = (*t).entry(i);
                let key = k.take();
                drop((key, v.take()));
            }
            Self::retire(t);
        }
    }
}

unsafe fn free(p: *mut u8, size: usize) {
    // SAFETY: allocated with this size in `Table::new`.
    unsafe { std::alloc::dealloc(p, Layout::from_size_align_unchecked(size, 16)) }
}

const _: () = assert!(size_of::<Table>() == 16);
