//! A small futex mutex for the runtime's internal tables: it can be held across `fork` and forced open in the child.
//!
//! Rules for whoever holds one: no safepoint, no detach, nothing that can run Python code. A thread that waits for
//! one stays attached, so the holder must be certain to come out soon.
//!
//! | word | meaning |
//! |------|---------|
//! | 0 | free |
//! | 1 | held, nobody sleeps |
//! | 2 | held, somebody may sleep on the word |

use crate::futex;
use crate::prim::{AtomicU32, Ordering, spin_loop};
use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};

/// The lock word alone, for tables that are guarded by hand.
pub struct RawMutex(AtomicU32);

impl RawMutex {
    pub const fn new() -> Self {
        RawMutex(AtomicU32::new(0))
    }

    #[inline]
    pub fn lock(&self) {
        // Acquire pairs with the Release in `unlock`.
        if self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.lock_slow();
        }
    }

    #[inline]
    pub fn try_lock(&self) -> bool {
        self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[cold]
    fn lock_slow(&self) {
        for _ in 0..60 {
            if self.0.load(Ordering::Relaxed) == 0 && self.try_lock() {
                return;
            }
            spin_loop();
        }
        while self.0.swap(2, Ordering::Acquire) != 0 {
            futex::wait(&self.0, 2, None);
        }
    }

    /// The caller holds the lock.
    #[inline]
    pub fn unlock(&self) {
        if self.0.swap(0, Ordering::Release) == 2 {
            futex::wake(&self.0, 1);
        }
    }

    /// In a forked child: whoever held it is gone.
    pub fn force_unlock(&self) {
        self.0.store(0, Ordering::Release);
    }
}

impl Default for RawMutex {
    fn default() -> Self {
        Self::new()
    }
}

pub struct Mutex<T> {
    raw: RawMutex,
    data: UnsafeCell<T>,
}

// SAFETY: `data` is reached only through a guard, and the word admits one guard at a time.
unsafe impl<T: Send> Sync for Mutex<T> {}
// SAFETY: as for any owned T.
unsafe impl<T: Send> Send for Mutex<T> {}

impl<T> Mutex<T> {
    pub const fn new(data: T) -> Self {
        Mutex { raw: RawMutex::new(), data: UnsafeCell::new(data) }
    }

    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.raw.lock();
        MutexGuard(self)
    }

    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        // Not `then_some`: a guard that is made and dropped unlocks.
        self.raw.try_lock().then(|| MutexGuard(self))
    }

    /// What it guards, for who holds the lock by its word.
    ///
    /// # Safety
    /// The caller holds the lock, and no guard is alive.
    pub unsafe fn get(&self) -> &T {
        // SAFETY: by contract nobody else has access.
        unsafe { &*self.data.get() }
    }

    /// The lock word, for `fork`.
    pub fn raw(&self) -> &RawMutex {
        &self.raw
    }
}

pub struct MutexGuard<'a, T>(&'a Mutex<T>);

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard is the only one.
        unsafe { &*self.0.data.get() }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard is the only one.
        unsafe { &mut *self.0.data.get() }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.0.raw.unlock();
    }
}
