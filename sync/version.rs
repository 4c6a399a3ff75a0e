//! Globally unique u32 tags for types, dict key sets and whatever else an inline cache compares.
//!
//! Actors: any thread. A slot takes blocks of `BLOCK` numbers from one global counter and hands them out alone; the
//! rest of a block stays with the slot when its thread ends and serves the next thread, so that short-lived threads
//! do not eat the range. Numbers are never reused. 0 means "not cacheable"; once the range is used up every request
//! is answered 0, for ever.

use crate::prim::{AtomicU64, Ordering};
use crate::threads;

const BLOCK: u64 = 64;
const END: u64 = 1 << 32;

/// The next number not yet in any block; at or beyond `END` when exhausted. Relaxed throughout: uniqueness is the
/// property of the read-modify-write, and tags are published by whoever stores them.
static NEXT: AtomicU64 = AtomicU64::new(1);

fn take(n: u64) -> Option<(u64, u64)> {
    // Looked at first, so that an exhausted counter does not run on towards 2^64.
    if NEXT.load(Ordering::Relaxed) >= END {
        return None;
    }
    let start = NEXT.fetch_add(n, Ordering::Relaxed);
    (start < END).then(|| (start, (start + n).min(END)))
}

/// A tag nobody ever had, or 0 when there are none left.
pub fn next_version() -> u32 {
    // Only attached: a block that a fork catches half written would hand out numbers twice in the child.
    let Some(slot) = threads::current().filter(|s| s.is_attached()) else {
        return take(1).map_or(0, |(start, _)| start as u32);
    };
    // SAFETY: the owner, attached.
    let block = &unsafe { slot.own() }.versions;
    let (next, end) = block.get();
    if next < end {
        block.set((next + 1, end));
        return next as u32;
    }
    match take(BLOCK) {
        Some((start, end)) => {
            block.set((start + 1, end));
            start as u32
        }
        None => 0,
    }
}

/// How many tags have been put into blocks so far.
pub fn versions_taken() -> u64 {
    NEXT.load(Ordering::Relaxed).min(END) - 1
}

/// Test hook: pretend that only `left` tags remain.
#[doc(hidden)]
pub fn exhaust_for_test(left: u64) {
    NEXT.fetch_max(END - left, Ordering::Relaxed);
}
