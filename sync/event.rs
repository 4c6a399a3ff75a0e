//! What `_thread` builds on: a lock that any thread may release, and an event. Both detach while they wait.
//!
//! Neither knows owners or recursion; `RLock` and the conditions of `threading` are built on `RawLock` above this
//! crate.

use crate::park::{self, ParkResult};
use crate::prim::{AtomicU8, Ordering};
use crate::{lock, threads};
use std::time::Duration;

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waited {
    /// The lock is ours, or the event is set.
    Done,
    TimedOut,
    /// A signal wants its handler run (SIGNAL is up in the poll word). Run it and wait again for the rest of the time.
    Interrupted,
}

/// Python's `Lock`. States of the byte as in `lock.rs`.
#[derive(Default)]
pub struct RawLock(pub(crate) AtomicU8);

impl RawLock {
    pub const fn new() -> Self {
        RawLock(AtomicU8::new(0))
    }

    #[inline]
    pub fn try_acquire(&self) -> bool {
        lock::try_lock(&self.0)
    }

    /// Waits up to `timeout` (for ever if None). `interruptible` is for the main thread.
    pub fn acquire(&self, timeout: Option<Duration>, interruptible: bool) -> Waited {
        if self.try_acquire() {
            return Waited::Done;
        }
        lock::lock_until(&self.0, timeout.and_then(park::deadline), interruptible)
    }

    /// By any thread. False if the lock was free.
    pub fn release(&self) -> bool {
        lock::unlock_checked(&self.0)
    }

    pub fn is_locked(&self) -> bool {
        lock::is_locked(&self.0)
    }

    /// In a forked child: nobody holds it, nobody waits.
    pub fn reset_after_fork(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

const SET: u8 = 1;
const SOMEBODY: u8 = 2;

/// Set once or again and again; waiters sleep until it is set.
///
/// | byte | meaning |
/// |------|---------|
/// | 0 | not set, nobody waits |
/// | SOMEBODY | not set, somebody may be parked |
/// | SET | set |
#[derive(Default)]
pub struct Event(AtomicU8);

impl Event {
    pub const fn new() -> Self {
        Event(AtomicU8::new(0))
    }

    #[inline]
    pub fn is_set(&self) -> bool {
        // Acquire pairs with the Release in `set`.
        self.0.load(Ordering::Acquire) & SET != 0
    }

    /// In a forked child, where nobody waits.
    pub fn set_after_fork(&self) {
        self.0.store(SET, Ordering::Release);
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(&self.0).addr()
    }

    /// Wakes everybody.
    pub fn set(&self) {
        let address = self.address();
        // The event may die as soon as SET is visible; only its address is used afterwards.
        if self.0.swap(SET, Ordering::Release) & SOMEBODY != 0 {
            park::unpark_all(address);
        }
    }

    pub fn clear(&self) {
        // Leaves SOMEBODY alone.
        self.0.fetch_and(!SET, Ordering::Relaxed);
    }

    pub fn wait(&self, timeout: Option<Duration>, interruptible: bool) -> Waited {
        let deadline = timeout.and_then(park::deadline);
        loop {
            let state = self.0.load(Ordering::Acquire);
            if state & SET != 0 {
                return Waited::Done;
            }
            if state & SOMEBODY == 0 && self.0.compare_exchange_weak(state, state | SOMEBODY, Ordering::Relaxed, Ordering::Acquire).is_err()
            {
                continue;
            }
            let unset = || self.0.load(Ordering::Relaxed) == SOMEBODY;
            match threads::while_detached(|| park::park_until(self.address(), unset, deadline, interruptible)) {
                ParkResult::Unparked(_) => return Waited::Done,
                ParkResult::Invalid => {}
                ParkResult::TimedOut => return Waited::TimedOut,
                ParkResult::Interrupted => return Waited::Interrupted,
            }
        }
    }
}
