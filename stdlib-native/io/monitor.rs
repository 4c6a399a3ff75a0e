//! The lock of a stream: it knows its owner, may be held while Python code runs, and waits detached.
//!
//! | actor | does |
//! |---|---|
//! | owner | holds `raw`, has its id in `owner`; may call anything, Python code included |
//! | the owner again (a signal handler, a raw object that calls back) | sees its own id: [`Held::again`]; buffered objects refuse, text goes on |
//! | others | wait for `raw`, detached |
//!
//! Why it is safe: `owner` holds a thread's id only while that thread holds `raw`, so whoever reads its own id is the owner. Fields guarded by
//! a monitor are touched by one thread at a time; they are cells, since the owner itself may come back in the middle of an operation.

use objects::{Cx, PyResult};
use std::cell::Cell;
use std::time::Duration;
use sync::event::{RawLock, Waited};
use sync::prim::{AtomicBool, AtomicU16, Ordering};

/// Set when the process ends: threads that were left behind may hold a monitor for ever.
pub static ENDING: AtomicBool = AtomicBool::new(false);

/// See above.
#[derive(Default)]
pub struct Monitor {
    raw: RawLock,
    owner: AtomicU16,
    depth: Cell<u32>,
}

/// A monitor that is held. It is let go when this is dropped.
pub struct Held<'a> {
    monitor: &'a Monitor,
    /// Whether the thread held it before.
    pub again: bool,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let m = self.monitor;
        if self.again {
            m.depth.set(m.depth.get() - 1);
        } else {
            m.owner.store(0, Ordering::Relaxed);
            m.raw.release();
        }
    }
}

impl Monitor {
    /// A free one.
    pub const fn new() -> Monitor {
        Monitor { raw: RawLock::new(), owner: AtomicU16::new(0), depth: Cell::new(0) }
    }
    /// Whether this thread holds it.
    pub fn mine(&self) -> bool {
        // Relaxed: a thread sees its own stores in order.
        self.owner.load(Ordering::Relaxed) == sync::threads::current_id()
    }
    /// Takes it. The caller keeps the object that has the monitor alive.
    #[inline]
    pub fn enter<'a>(&'a self, cx: &mut Cx) -> PyResult<Held<'a>> {
        let me = sync::threads::current_id();
        if self.owner.load(Ordering::Relaxed) == me {
            self.depth.set(self.depth.get() + 1);
            return Ok(Held { monitor: self, again: true });
        }
        if !self.raw.try_acquire() {
            self.wait(cx)?;
        }
        self.owner.store(me, Ordering::Relaxed);
        Ok(Held { monitor: self, again: false })
    }
    #[cold]
    fn wait(&self, cx: &mut Cx) -> PyResult<()> {
        if sync::safepoint::pending(cx.slot) {
            gc::merge::drain_current();
        }
        if ENDING.load(Ordering::Relaxed) {
            return match self.raw.acquire(Some(Duration::from_secs(1)), false) {
                Waited::Done => Ok(()),
                _ => Err(cx.runtime_error("could not acquire a stream's lock at interpreter shutdown, possibly due to daemon threads")),
            };
        }
        while self.raw.acquire(None, false) != Waited::Done {}
        Ok(())
    }
    /// In a forked child: whoever held it is gone.
    pub fn reset_after_fork(&self) {
        if !self.mine() {
            self.raw.reset_after_fork();
            self.owner.store(0, Ordering::Relaxed);
            self.depth.set(0);
        }
    }
}

// SAFETY: `depth` belongs to the owner.
unsafe impl Sync for Monitor {}
