//! What lookups along the MRO have found, per thread: by the type's version and the name. Absence is remembered too.
//!
//! An entry holds its value uncounted, so only deferred and immortal cells are kept. It is right as long as the type has the entry's version, which
//! is never used again after a change; a value that was in place when the version was read cannot be freed before this thread's next stop.

use gc::{Ref, Reg, Word, flag};
use std::cell::UnsafeCell;

const SIZE: usize = 1024;

#[derive(Clone, Copy)]
struct Entry {
    name: u64,
    version: u32,
    owner: u32,
    /// 0: there is no such attribute.
    value: u64,
}

thread_local! {
    static TABLE: UnsafeCell<[Entry; SIZE]> = const { UnsafeCell::new([Entry { name: 0, version: 0, owner: 0, value: 0 }; SIZE]) };
}

#[inline(always)]
fn place(version: u32, name: u64) -> usize {
    (version.wrapping_mul(31) as usize ^ (name >> 4) as usize) & (SIZE - 1)
}

/// What a lookup of an interned name found for a type of that version; `None`: not known. `Some(None)`: nothing.
#[inline(always)]
pub fn find(version: u32, name: Ref<'_>) -> Option<Option<(Reg, u32)>> {
    let key = name.word().unmarked().0;
    // SAFETY: this thread's table, not borrowed across anything.
    let e = TABLE.with(|t| unsafe { (*t.get())[place(version, key)] });
    if version == 0 || e.version != version || e.name != key {
        return None;
    }
    if e.value == 0 {
        return Some(None);
    }
    let w = Word(e.value);
    // SAFETY: see the file's header: alive until the next stop.
    let r = unsafe { Reg::from_word(if w.is_pointer() { w.borrowed() } else { w }) };
    Some(Some((r, e.owner)))
}

/// Remembers what was found for a version that is still the type's.
pub fn put(version: u32, name: Ref<'_>, found: Option<(Ref<'_>, u32)>) {
    let key = name.word().unmarked().0;
    let (value, owner) = match found {
        None => (0, 0),
        Some((v, owner)) => {
            if v.header().is_some_and(|h| h.flags() & (flag::DEFERRED | flag::IMMORTAL) == 0) {
                return;
            }
            (v.word().unmarked().0, owner)
        }
    };
    // SAFETY: as in `find`.
    TABLE.with(|t| unsafe { (*t.get())[place(version, key)] = Entry { name: key, version, owner, value } });
}
