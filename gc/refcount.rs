//! The counting protocol: PEP 703's biased counts.
//!
//! Actors: the *owner* thread of a cell (its slot is in `owner`) counts in `local` without atomics; all others in `shared`, atomically. Both
//! together are the count; either part may be negative alone.
//!
//! States of `shared & 3`:
//!
//! | state | meaning | leaves it |
//! |---|---|---|
//! | 00 `PRIVATE` | no thread but the owner took a reference through a container or weakref. With `shared == 0` the owner frees at `local == 0` without an atomic operation, so `try_incref` refuses that word | first locked reference or weakref: 01; decrement at count 0 by another thread: 10; owner's last: freed, or 11 |
//! | 01 `SEEN` | others may take references with `try_incref` | decrement at count 0 by another: 10; owner's local reaches 0: 11 |
//! | 10 `QUEUED` | on the owner's merge queue, which holds the reference that was to be dropped | merged by owner or claimer: 11 |
//! | 11 `MERGED` | no owner; `shared >> 2` is the whole count; at 0 the cell is dead and stays so: `try_incref` refuses `MERGED` with count 0 | reuse of the memory |
//!
//! Why try_incref is safe on freed memory: cell memory is type-stable (headers stay headers), a free cell's word is `MERGED` with
//! count 0, and whoever succeeds on a reborn cell re-reads the path it came from and undoes the reference when that changed.

use crate::header::{Header, flag};
use crate::stats::{self, Event};
use crate::{local, merge};
use sync::prim::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// State 00.
pub const PRIVATE: u32 = 0;
/// State 01.
pub const SEEN: u32 = 1;
/// State 10.
pub const QUEUED: u32 = 2;
/// State 11.
pub const MERGED: u32 = 3;
/// Mask of the state.
pub const STATE: u32 = 3;
/// One reference in `shared`.
pub const ONE: u32 = 4;

impl Header {
    /// Takes one more reference. The caller knows that the cell stays alive meanwhile (it holds or borrows a reference).
    #[inline(always)]
    pub fn incref(&self) {
        if self.owner.load(Relaxed) == sync::threads::current_id() {
            self.incref_owned();
        } else {
            self.incref_shared();
        }
    }

    /// As `incref`, by the owner.
    #[inline(always)]
    pub(crate) fn incref_owned(&self) {
        self.local.store(self.local.load(Relaxed).wrapping_add(1), Relaxed);
    }

    #[cold]
    fn incref_shared(&self) {
        if self.flags.load(Relaxed) & flag::IMMORTAL == 0 {
            self.shared.fetch_add(ONE, Relaxed);
        }
    }

    /// Gives one reference back; frees the cell with the last one.
    ///
    /// # Safety
    /// The caller owned the reference and uses the cell no more.
    #[inline(always)]
    pub unsafe fn decref(&self) {
        if self.owner.load(Relaxed) == sync::threads::current_id() {
            let n = self.local.load(Relaxed).wrapping_sub(1);
            self.local.store(n, Relaxed);
            if n == 0 {
                // SAFETY: the owner's count has just become zero.
                unsafe { self.local_zero() }
            }
        } else {
            // SAFETY: passed on.
            unsafe { self.decref_shared() }
        }
    }

    /// The owner's count has become zero: frees the cell, or gives up ownership when others hold references.
    #[cold]
    unsafe fn local_zero(&self) {
        let mut old = self.shared.load(Acquire);
        if old != 0 {
            stats::count(Event::OwnerGone);
            let new = loop {
                let new = old & !STATE | MERGED;
                // AcqRel: acquires the last writes of those who have dropped theirs, releases ours to whoever drops the last one.
                match self.shared.compare_exchange_weak(old, new, AcqRel, Acquire) {
                    Ok(_) => break new,
                    Err(now) => old = now,
                }
            };
            // After the word says MERGED: a dropper that finds no owner finishes by itself, and must not do so twice over with us. The cell may
            // have been freed by others meanwhile, but only this slot's thread could use its memory again.
            self.owner.store(0, Release);
            if new != MERGED {
                return;
            }
        }
        // SAFETY: both counts are zero and nobody can take a new reference.
        unsafe { local::dead(self) }
    }

    #[cold]
    unsafe fn decref_shared(&self) {
        if self.flags.load(Relaxed) & flag::IMMORTAL != 0 {
            return stats::count(Event::ImmortalDecref);
        }
        stats::count(Event::SharedDecref);
        let mut old = self.shared.load(Relaxed);
        loop {
            let queue = old == PRIVATE || old == SEEN;
            let new = if queue { QUEUED } else { old.wrapping_sub(ONE) };
            match self.shared.compare_exchange_weak(old, new, AcqRel, Relaxed) {
                Ok(_) if queue => return merge::enqueue(self),
                Ok(_) if new == MERGED => break,
                Ok(_) => return,
                Err(now) => old = now,
            }
        }
        // SAFETY: the merged count has become zero.
        unsafe { local::dead(self) }
    }

    /// Takes a reference to a cell that may be dead, free or reborn; false when it refuses. After success the caller re-reads where the
    /// pointer came from and undoes the reference if that has changed.
    #[inline]
    pub fn try_incref(&self) -> bool {
        if self.flags.load(Relaxed) & flag::IMMORTAL != 0 {
            return true;
        }
        let mut old = self.shared.load(Relaxed);
        loop {
            if old == PRIVATE || old == MERGED {
                return false;
            }
            match self.shared.compare_exchange_weak(old, old.wrapping_add(ONE), AcqRel, Relaxed) {
                Ok(_) => return true,
                Err(now) => old = now,
            }
        }
    }

    /// Takes a reference that is known to be there for the taking (the caller holds the lock of a container whose slot holds one) and
    /// lets others use `try_incref` from now on.
    pub fn incref_and_show(&self) {
        if self.flags.load(Relaxed) & flag::IMMORTAL != 0 {
            return;
        }
        if self.owner.load(Relaxed) == sync::threads::current_id() {
            self.local.store(self.local.load(Relaxed).wrapping_add(1), Relaxed);
            return;
        }
        let mut old = self.shared.load(Relaxed);
        loop {
            let new = if old & STATE == PRIVATE { old.wrapping_add(ONE) | SEEN } else { old.wrapping_add(ONE) };
            match self.shared.compare_exchange_weak(old, new, AcqRel, Relaxed) {
                Ok(_) => return,
                Err(now) => old = now,
            }
        }
    }

    /// Leaves state 00, so that the owner's last drop is seen by `try_incref` (before a weak reference is made). The caller holds a reference.
    pub fn show(&self) {
        if self.flags.load(Relaxed) & flag::IMMORTAL != 0 {
            return;
        }
        let mut old = self.shared.load(Relaxed);
        while old & STATE == PRIVATE {
            match self.shared.compare_exchange_weak(old, old | SEEN, AcqRel, Relaxed) {
                Ok(_) => return,
                Err(now) => old = now,
            }
        }
    }

    /// Gives back a reference to a cell that nobody owns any more; true when it is dead now. Touches nothing but `shared`: others may free the cell, and
    /// its memory may become another cell, as soon as the reference is gone.
    pub(crate) fn drop_merged(&self) -> bool {
        self.shared.fetch_sub(ONE, AcqRel) == ONE | MERGED
    }

    /// Merges the owner's count into the shared one and adds `extra`; returns the whole count. By the owner, by who has claimed its
    /// slot, or with the world stopped.
    pub(crate) fn merge(&self, extra: i32) -> i32 {
        stats::count(Event::Merged);
        let mut old = self.shared.load(Relaxed);
        loop {
            let count = ((old as i32) >> 2).wrapping_add(self.local.load(Relaxed) as i32).wrapping_add(extra);
            match self.shared.compare_exchange_weak(old, (count << 2) as u32 | MERGED, AcqRel, Relaxed) {
                Ok(_) => {
                    self.local.store(0, Relaxed);
                    // Release, pairs with the acquiring load in `merge::enqueue`: who sees no owner sees no local count either.
                    self.owner.store(0, Release);
                    return count;
                }
                Err(now) => old = now,
            }
        }
    }

    /// The whole count as it looks now; exact when the caller is the owner and nobody else holds references, or the world is stopped.
    pub fn count(&self) -> i64 {
        if self.flags.load(Relaxed) & flag::IMMORTAL != 0 {
            return i64::from(u32::MAX);
        }
        i64::from((self.shared.load(Relaxed) as i32) >> 2) + i64::from(self.local.load(Relaxed) as i32)
    }

    /// Whether this thread holds the only reference: owner is me, one local, none shared, registers count it.
    #[inline(always)]
    pub fn is_unique(&self) -> bool {
        self.owner.load(Relaxed) == sync::threads::current_id()
            && self.local.load(Relaxed) == 1
            && self.shared.load(Relaxed) == 0
            && self.flags.load(Relaxed) & (flag::DEFERRED | flag::IMMORTAL) == 0
    }

    /// Makes the cell immortal: never counted or freed again.
    pub fn make_immortal(&self) {
        self.set_flags(flag::IMMORTAL);
        self.merge(0);
    }

    /// Makes the cell deferred: registers need not count it. By its owner (at birth or while holding a reference).
    pub fn make_deferred(&self) {
        if self.flags.load(Relaxed) & (flag::IMMORTAL | flag::DEFERRED) == 0 && self.owner.load(Relaxed) == sync::threads::current_id() {
            self.merge(0);
            self.set_flags(flag::DEFERRED);
        }
    }
}
