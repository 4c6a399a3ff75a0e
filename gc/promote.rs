//! Promotion: an ordinary cell that other threads keep taking references to becomes deferred, so that registers stop counting it.
//!
//! Actors: a *loader* that has just taken a shared reference and is the one in [`EVERY`] to ask; the cell's *owner*, whose local count must be merged
//! first, since a deferred cell belongs to nobody. A loader merges itself when it is the owner or nobody is; otherwise it puts the cell, with a
//! reference of its own, on the owner's queue, marked. The flag is set while that reference is held, so the count cannot be zero then, and
//! after the merge, so that no owner counts locally any more. Registers that counted the cell before still give their references back.

use crate::header::{Header, flag};
use crate::merge;
use std::cell::Cell;

/// One in so many shared references asks for promotion. Sampling costs a thread-local counter on a path that has just paid for an atomic operation.
pub static EVERY: sync::prim::AtomicU32 = sync::prim::AtomicU32::new(64);

thread_local! {
    static SEEN: Cell<u32> = const { Cell::new(0) };
}

/// Notes a shared reference to `h`, which the caller holds.
#[inline]
pub fn sample(h: &Header) {
    let n = SEEN.get().wrapping_add(1);
    SEEN.set(n);
    if n.is_multiple_of(EVERY.load(sync::prim::Ordering::Relaxed)) {
        ask(h);
    }
}

#[cold]
fn ask(h: &Header) {
    if h.flags() & (flag::IMMORTAL | flag::DEFERRED | flag::PROMOTING | flag::HAS_FINALIZER) != 0 {
        return;
    }
    if h.set_flags(flag::PROMOTING) & flag::PROMOTING != 0 {
        return;
    }
    let owner = h.owner();
    if owner == 0 || owner == sync::threads::current_id() {
        promote(h);
        return;
    }
    h.incref();
    merge::enqueue_promotion(h, owner);
}

/// Merges and defers. By the owner, by who has claimed its slot, or for a cell without owner; the caller holds a reference.
pub(crate) fn promote(h: &Header) {
    crate::stats::count(crate::stats::Event::Promoted);
    if h.owner() != 0 {
        h.merge(0);
    }
    // Release: who sees the flag sees the merged count.
    h.set_flags(flag::DEFERRED);
}
