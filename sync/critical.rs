//! Guards for the locks of one object or two.
//!
//! Guards do not nest: two locks at once are taken by `Guard2`, in address order, which is the only order there is.

use crate::lock;
use crate::prim::{AtomicU8, Ordering};
use std::marker::PhantomData;

/// Holds one object's lock.
pub struct Guard<'a> {
    byte: &'a AtomicU8,
    _not_send: PhantomData<*const ()>,
}

impl<'a> Guard<'a> {
    /// May detach and attach the calling thread while it waits.
    #[inline]
    pub fn new(byte: &'a AtomicU8) -> Self {
        lock::lock(byte);
        Guard { byte, _not_send: PhantomData }
    }

    #[inline]
    pub fn try_new(byte: &'a AtomicU8) -> Option<Self> {
        // Not `then_some`: a guard that is made and dropped unlocks.
        lock::try_lock(byte).then(|| Guard { byte, _not_send: PhantomData })
    }
}

impl Drop for Guard<'_> {
    #[inline]
    fn drop(&mut self) {
        lock::unlock(self.byte);
    }
}

/// Holds the locks of two objects, or of one that was given twice.
pub struct Guard2<'a> {
    first: &'a AtomicU8,
    second: Option<&'a AtomicU8>,
    _not_send: PhantomData<*const ()>,
}

impl<'a> Guard2<'a> {
    pub fn new(a: &'a AtomicU8, b: &'a AtomicU8) -> Self {
        let (first, second) = match (a as *const AtomicU8).cmp(&(b as *const AtomicU8)) {
            std::cmp::Ordering::Less => (a, Some(b)),
            std::cmp::Ordering::Greater => (b, Some(a)),
            std::cmp::Ordering::Equal => (a, None),
        };
        lock::lock(first);
        if let Some(second) = second
            && !lock::try_lock(second)
        {
            // Said before it waits: see `fork`.
            let slot = crate::threads::current();
            if let Some(s) = slot {
                s.holds.store(std::ptr::from_ref(first).expose_provenance(), Ordering::Relaxed);
            }
            lock::lock(second);
            if let Some(s) = slot {
                s.holds.store(0, Ordering::Relaxed);
            }
        }
        Guard2 { first, second, _not_send: PhantomData }
    }
}

impl Drop for Guard2<'_> {
    fn drop(&mut self) {
        if let Some(second) = self.second {
            lock::unlock(second);
        }
        lock::unlock(self.first);
    }
}
