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
}

const SIZE: usize = 1024;

#[derive(Clone, Copy)]
struct Entry {
    /// Address of the name, with the use in its low bits.
    key: u64,
    word: u64,
    value: u64,
}

thread_local! {
    static TABLE: UnsafeCell<[Entry; SIZE]> = const { UnsafeCell::new([Entry { key: 0, word: 0, value: 0 }; SIZE]) };
}

#[inline(always)]
fn place(version: u32, key: u64) -> usize {
    (version.wrapping_mul(37) as usize ^ (key >> 4) as usize ^ key as usize) & (SIZE - 1)
}

/// The cache word and pool value for a version and a name.
#[inline(always)]
pub fn find(version: u32, name: Ref<'_>, use_: Use) -> Option<(u64, u64)> {
    let key = name.word().unmarked().0 | use_ as u64;
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
    let key = name.word().unmarked().0 | use_ as u64;
    // SAFETY: as in `find`.
    TABLE.with(|t| unsafe { (*t.get())[place(cache::version(word), key)] = Entry { key, word, value } });
}
