//! Stress modes: rare events made frequent, so that tests meet them. Off, they cost nothing on paths that are taken often.
//!
//! `WEFT_STRESS` holds a list, separated by commas:
//!
//! | mode | what happens |
//! |---|---|
//! | `collect=N` | a collection is due after every N allocations of a thread |
//! | `merge` | each safepoint merges what others have queued, and asks for the next one |
//! | `promote` | the first shared reference to a cell asks for its promotion, not one in 64 |
//! | `poison` | the payload of a freed cell is filled with words that fault when followed, and checked when the cell is used again |
//! | `caches` | inline caches of the running code are dropped at random safepoints |
//!
//! `collect` and `poison` keep the heaps' fast lists empty, as counting allocations does, so that only slow paths look.

use crate::header::{HEADER_SIZE, Header};
use sync::prim::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

const MERGE: u32 = 1;
const POISON: u32 = 2;
const CACHES: u32 = 4;

static MODES: AtomicU32 = AtomicU32::new(0);
static EVERY: AtomicUsize = AtomicUsize::new(0);
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static DUE: AtomicBool = AtomicBool::new(false);

/// Sets the modes; before the first thread has a heap. Gives the name of a mode that there is none of.
pub fn set(modes: &str) -> Result<(), String> {
    for mode in modes.split(',').map(str::trim).filter(|m| !m.is_empty()) {
        let bit = match (mode, mode.split_once('=')) {
            ("merge", _) => MERGE,
            ("poison", _) => POISON,
            ("caches", _) => CACHES,
            ("promote", _) => {
                crate::promote::EVERY.store(1, Ordering::Relaxed);
                0
            }
            (_, Some(("collect", n))) => {
                EVERY.store(n.parse().ok().filter(|n| *n > 0).ok_or_else(|| mode.to_string())?, Ordering::Relaxed);
                0
            }
            _ => return Err(mode.to_string()),
        };
        MODES.fetch_or(bit, Ordering::Relaxed);
    }
    Ok(())
}

fn has(bit: u32) -> bool {
    MODES.load(Ordering::Relaxed) & bit != 0
}

/// Whether heaps must keep their fast lists empty.
pub fn watches_allocation() -> bool {
    has(POISON) || EVERY.load(Ordering::Relaxed) != 0
}

/// Whether each safepoint is to be followed by another.
pub fn keeps_polling() -> bool {
    has(MERGE | CACHES)
}

/// Whether inline caches are to be dropped now and then.
pub fn drops_caches() -> bool {
    has(CACHES)
}

/// A cell has been handed out, on a slow path; `size` bytes with its header.
///
/// # Safety
/// Nobody else knows the cell yet.
pub(crate) unsafe fn allocated(h: *mut Header, size: usize) {
    let every = EVERY.load(Ordering::Relaxed);
    if every != 0 && ALLOCATED.fetch_add(1, Ordering::Relaxed) % every == every - 1 {
        DUE.store(true, Ordering::Relaxed);
        if let Some(s) = sync::threads::current() {
            sync::safepoint::request(s, sync::safepoint::GC);
        }
    }
    if has(POISON) && !h.is_null() {
        // SAFETY: by contract.
        unsafe { verify(h, size) };
    }
}

/// Whether a collection is due on this account; asking takes it back.
pub fn collection_due() -> bool {
    DUE.load(Ordering::Relaxed) && DUE.swap(false, Ordering::Relaxed)
}

/// A word that faults when it is followed: it looks like a pointer, to where no program has memory.
const DEAD: u64 = 0x0000_dead_dead_dea0;

/// The words of a cell behind its header and the free list's link.
unsafe fn words<'a>(h: *mut Header, size: usize) -> &'a mut [u64] {
    let n = (size - HEADER_SIZE) / 8 - 1;
    // SAFETY: the caller's cell has `size` bytes, a multiple of 16.
    unsafe { std::slice::from_raw_parts_mut((*h).payload().cast::<u64>().add(1), n) }
}

/// A cell of `size` bytes, header included, is free.
///
/// # Safety
/// The cell is dead, its payload destroyed, and nobody else has been told.
pub(crate) unsafe fn freed(h: *mut Header, size: usize) {
    if has(POISON) {
        // SAFETY: by contract.
        unsafe { words(h, size).fill(DEAD) };
    }
}

unsafe fn verify(h: *mut Header, size: usize) {
    // SAFETY: the caller's own memory.
    let words = unsafe { words(h, size) };
    // Memory that has never been a cell is zeroed.
    let fresh = words.first() == Some(&0);
    if let Some(w) = words.iter().find(|w| **w != if fresh { 0 } else { DEAD }) {
        eprintln!("weft: stress: a freed cell of {size} bytes at {h:?} has been written to: {w:#x}");
        std::process::abort();
    }
    words.fill(0);
}

/// A random number, the same ones in each run of a thread that does the same.
pub fn random() -> u32 {
    thread_local! {
        static STATE: std::cell::Cell<u32> = const { std::cell::Cell::new(0x9e37_79b9) };
    }
    let mut x = STATE.get();
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    STATE.set(x);
    x
}

#[cfg(test)]
mod tests {
    #[test]
    fn unknown_modes_are_refused() {
        assert!(super::set("nonsense").is_err() && super::set("collect=0").is_err() && super::set("collect=x").is_err());
        assert!(super::set("").is_ok());
    }
}
