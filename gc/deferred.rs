//! Deferred cells: not counted by registers, so freed only in a stop that finds them in no register.
//!
//! A deferred cell whose heap count reaches zero becomes *pending*. [`reclaim`] runs with the world stopped: it is told what the registers
//! hold, sums the deltas, and takes from the list what is really dead; the caller frees that after the stop. Some kinds (types, code, module
//! dicts) are pointed to by every instance or function; those references are counted in per-thread delta arrays under the cell's delta id.

use crate::header::{Header, flag};
use crate::local;
use crate::snapshot::AddressSet;
use std::collections::VecDeque;
use sync::prim::{AtomicUsize, Ordering};

static PENDING: sync::mutex::Mutex<VecDeque<Pending>> = sync::mutex::Mutex::new(VecDeque::new());
static PENDING_COUNT: AtomicUsize = AtomicUsize::new(0);

struct Pending(*const Header);
// SAFETY: a pointer to a cell that nothing frees while it is on the list.
unsafe impl Send for Pending {}

/// A stop to look at pending cells is worth it from this many on.
pub const WORTH_A_STOP: usize = 512;

pub(crate) fn make_pending(h: &Header) {
    if h.set_flags(flag::PENDING) & flag::PENDING == 0 {
        crate::stats::count(crate::stats::Event::DeferredPending);
        PENDING.lock().push_back(Pending(h));
        let n = PENDING_COUNT.fetch_add(1, Ordering::Relaxed) + 1;
        if n.is_multiple_of(WORTH_A_STOP)
            && let Some(slot) = sync::threads::current()
        {
            sync::safepoint::request(slot, sync::safepoint::GC);
        }
    }
}

/// How many cells wait for a stop.
pub fn pending() -> usize {
    PENDING_COUNT.load(Ordering::Relaxed)
}

/// Sum of all threads' deltas of an id. The world is stopped.
pub fn delta_sum(_world: &sync::safepoint::WorldStopped, id: u32) -> i64 {
    (1..=sync::threads::highest_id())
        .filter_map(local::of_slot)
        // SAFETY: the world is stopped.
        .map(|l| i64::from(unsafe { (*l).delta_of(id) }))
        .sum()
}

/// How many pending cells one stop looks at.
const PER_STOP: usize = 4096;

/// Takes the pending cells that are dead: count zero, no delta, in no register. `held` are the addresses of cells that registers hold
/// uncounted; `delta_id` gives a cell's delta id, if it has one. Looks at so many cells that the stop stays short; the others come first the next time.
pub fn reclaim(world: &sync::safepoint::WorldStopped, held: &AddressSet, delta_id: impl Fn(&Header) -> Option<u32>) -> Vec<*const Header> {
    free_retired(world);
    let mut list = PENDING.lock();
    let mut dead = Vec::new();
    for _ in 0..list.len().min(PER_STOP) {
        let Some(p) = list.pop_front() else { break };
        // SAFETY: pending cells are not freed by anyone else.
        let h = unsafe { &*p.0 };
        if h.count() > 0 {
            h.clear_flags(flag::PENDING);
        } else if !held.contains(&(p.0 as usize)) && delta_id(h).is_none_or(|id| delta_sum(world, id) <= 0) {
            // From here on weak references refuse it: pending, and deferred no more.
            h.clear_flags(flag::DEFERRED);
            dead.push(p.0);
        } else {
            list.push_back(p);
        }
    }
    PENDING_COUNT.store(list.len(), Ordering::Relaxed);
    dead
}

/// Destroys a cell that [`reclaim`] gave back, after the stop.
///
/// # Safety
/// `h` came from `reclaim` and is destroyed once.
pub unsafe fn destroy(h: *const Header) {
    // SAFETY: nobody can reach it any more; as an ordinary dead cell it may still have a finaliser to run first.
    unsafe {
        (*h).clear_flags(flag::DEFERRED | flag::PENDING);
        local::dead(&*h);
    }
}

static IDS: sync::mutex::Mutex<Ids> = sync::mutex::Mutex::new(Ids { next: 1, free: Vec::new(), retired: Vec::new() });

struct Ids {
    next: u32,
    free: Vec<u32>,
    retired: Vec<u32>,
}

/// Reserves ids below `n` for static types.
pub fn reserve_ids(n: u32) {
    let mut ids = IDS.lock();
    ids.next = ids.next.max(n);
}

/// A new id for types and deltas; `None` when all are taken.
pub fn new_id() -> Option<u32> {
    let mut ids = IDS.lock();
    if let Some(id) = ids.free.pop() {
        return Some(id);
    }
    if ids.next as usize >= crate::kind::MAX_TYPES {
        return None;
    }
    ids.next += 1;
    Some(ids.next - 1)
}

/// Gives an id back (0: none): its cell is dead. It is used again after the next stop.
pub fn retire_id(id: u32) {
    if id != 0 {
        IDS.lock().retired.push(id);
    }
}

/// Makes retired ids free: threads' parts of their counts add up to zero, but are not zero each.
fn free_retired(_world: &sync::safepoint::WorldStopped) {
    let mut ids = IDS.lock();
    let from = ids.retired.len().saturating_sub(PER_STOP);
    let retired = ids.retired.split_off(from);
    for l in (1..=sync::threads::highest_id()).filter_map(local::of_slot) {
        for id in &retired {
            // SAFETY: the world is stopped.
            unsafe { (*l).delta_reset(*id) }
        }
    }
    ids.free.extend(retired);
}
