//! Forking with threads: the child gets a runtime in which it is the only thread and nothing is held by a ghost.
//!
//! Steps: `before_fork` stops the world and then takes this crate's mutexes in lock order, so that none is held by
//! another thread at the moment of the fork. The parent gives them back. The child does too, then makes every other
//! slot dead (their deferred frees become orphans), empties the parking table, and resumes. Threads without a slot
//! may be inside a mutex or a bucket: the mutexes are held by us, so they are not; buckets are reset.
//!
//! Object locks: no thread stands still with one, but for those that wait for one in `lock_slow`: it may have been handed over to the sleeper already,
//! and `Guard2` holds its first lock while it waits for the second. Each slot says which these are, and in the child they are freed. Nothing has been
//! changed under them yet.

use crate::prim::Ordering;
use crate::safepoint::{WorldStopped, stop_the_world};
use crate::threads;
use crate::{park, qsbr};

/// What stands between `before_fork` and one of the two `after_fork_*`.
#[must_use]
pub struct Forking(WorldStopped);

/// A thread that is not attached but holds locks now and then (the allocator's at least).
#[derive(Clone, Copy)]
pub struct Helper {
    /// Waits until the thread holds none, and keeps it there. The world is stopped.
    pub pause: fn(),
    /// Lets it go on; in the parent, and in the child, which does not have the thread.
    pub resume: fn(),
}

static HELPERS: crate::mutex::Mutex<Vec<Helper>> = crate::mutex::Mutex::new(Vec::new());

/// Has a helper thread paused by forks from now on.
pub fn add_helper(helper: Helper) {
    HELPERS.lock().push(helper);
}

/// On the thread that is going to call fork(2); attached, holding no object lock.
pub fn before_fork() -> Forking {
    let world = stop_the_world();
    // First: helpers may need the locks below to come to rest. Held until `unlock`.
    HELPERS.raw().lock();
    for_helpers(|h| (h.pause)());
    threads::REGISTRY.raw().lock();
    qsbr::orphans_lock().lock();
    Forking(world)
}

fn for_helpers(f: impl FnMut(&Helper)) {
    // SAFETY: the caller holds the lock.
    unsafe { HELPERS.get() }.iter().for_each(f);
}

fn unlock() {
    for_helpers(|h| (h.resume)());
    HELPERS.raw().unlock();
    qsbr::orphans_lock().unlock();
    threads::REGISTRY.raw().unlock();
}

/// In the parent, or if fork failed.
pub fn after_fork_parent(forking: Forking) {
    unlock();
    drop(forking.0);
}

/// In the child. Afterwards the caller's slot is the only one alive.
pub fn after_fork_child(forking: Forking) {
    unlock();
    park::reset_after_fork();
    let me = threads::current();
    threads::for_each_slot(|s| {
        if me.is_none_or(|m| m.id != s.id) {
            qsbr::abandon(s);
            for held in [&s.waits_for, &s.holds] {
                // SAFETY: the byte of a cell that a thread was using at the moment of the fork.
                unsafe { crate::lock::reset_after_fork(held.swap(0, Ordering::Relaxed)) };
            }
        }
    });
    threads::orphan_others(me);
    drop(forking.0);
}
