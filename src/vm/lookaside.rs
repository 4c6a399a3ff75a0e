//! The second level of the inline caches: what attribute sites have found for types other than the one their own word is about, per thread, by the
//! type's version, the name and what is done. A site that sees several classes finds each of them here.
//!
//! An entry is right as long as the type has the version in its word; values are held uncounted, as in the pool (see `cache`).

use super::cache;
use gc::Ref;
use std::cell::UnsafeCell;

/// What the site does with the attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Loads it.
    Load = 1,
    /// Looks a method up to call it.
    Method = 2,
    /// Stores it.
    Store = 3,
    /// Looks a method of a class up to call it.
    OfClass = 4,
}

const SIZE: usize = 1024;

/// What was found. Machine code reads it.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
pub struct Entry {
    /// Address of the name, with the use in its low bits.
    pub key: u64,
    /// The cache word.
    pub word: u64,
    /// The pool value.
    pub value: u64,
}

/// The calling thread's table.
pub fn table() -> *mut () {
    TABLE.with(|t| t.get().cast())
}

/// The key of a name and a use; the index of an entry is `(version * FACTOR ^ mixed(key)) & MASK`.
pub fn key_of(name: Ref<'_>, use_: Use) -> u64 {
    name.word().unmarked().0 | use_ as u64
}
/// See [`key_of`].
pub const FACTOR: u32 = 37;
/// See [`key_of`].
pub const MASK: u64 = SIZE as u64 - 1;
/// See [`key_of`].
#[inline(always)]
pub fn mixed(key: u64) -> u64 {
    (key >> 4 ^ key) & MASK
}

thread_local! {
    static TABLE: UnsafeCell<[Entry; SIZE]> = const { UnsafeCell::new([Entry { key: 0, word: 0, value: 0 }; SIZE]) };
}

#[inline(always)]
fn place(version: u32, key: u64) -> usize {
    (u64::from(version.wrapping_mul(FACTOR)) & MASK ^ mixed(key)) as usize
}

/// The cache word and pool value for a version and a name.
#[inline(always)]
pub fn find(version: u32, name: Ref<'_>, use_: Use) -> Option<(u64, u64)> {
    let key = key_of(name, use_);
    // SAFETY: this thread's table, not borrowed across anything.
    let e = TABLE.with(|t| unsafe { (*t.get())[place(version, key)] });
    if version != 0 && e.key == key && cache::version(e.word) == version { Some((e.word, e.value)) } else { None }
}

thread_local! {
    static MISSES: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// Whether a site that was answered from here should get the answer as its own word: now and then, so that a site follows a long run of one class,
/// and rarely when other threads run, which share the word.
#[inline(always)]
pub fn should_refill() -> bool {
    let n = MISSES.get().wrapping_add(1);
    MISSES.set(n);
    let every = if objects::cx::MULTI.load(sync::prim::Ordering::Relaxed) { 256 } else { 4 };
    n & (every - 1) == 0
}

/// Remembers a cache word, with its pool value if its kind has one, while the version is still the type's.
pub fn put(word: u64, value: u64, name: Ref<'_>, use_: Use) {
    let key = key_of(name, use_);
    // SAFETY: as in `find`.
    TABLE.with(|t| unsafe { (*t.get())[place(cache::version(word), key)] = Entry { key, word, value } });
}
