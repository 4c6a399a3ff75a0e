//! The object lock (sync/lock.rs): two or three threads, one byte, parking by address.

use loom::cell::UnsafeCell;
use loom::sync::Mutex;
use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use loom::thread;
use std::collections::VecDeque;
use std::sync::Arc;

const HELD: u8 = 1;
const WAITERS: u8 = 2;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mistake {
    /// Locking does not acquire.
    LockRelaxed,
    /// The fast unlock does not release.
    UnlockRelaxed,
    /// The byte is not looked at again under the bucket lock before sleeping.
    NoValidation,
    /// WAITERS is cleared though somebody else is still queued.
    ForgottenWaiter,
    /// The lock is handed over *and* freed.
    HandedOverAndFreed,
    /// Unlock stores 0 without looking for waiters.
    BlindUnlock,
}
use Mistake::*;

struct Node {
    thread: thread::Thread,
    unparked: AtomicBool,
    handed_over: AtomicBool,
}

struct Model {
    byte: AtomicU8,
    bucket: Mutex<VecDeque<Arc<Node>>>,
    data: UnsafeCell<u32>,
    fair: bool,
    mistake: Option<Mistake>,
}

impl Model {
    fn lock(&self) {
        let acquire = if self.mistake == Some(LockRelaxed) { Ordering::Relaxed } else { Ordering::Acquire };
        if self.byte.compare_exchange(0, HELD, acquire, Ordering::Relaxed).is_ok() {
            return;
        }
        loop {
            let state = self.byte.load(Ordering::Relaxed);
            if state & HELD == 0 {
                if self.byte.compare_exchange(state, state | HELD, acquire, Ordering::Relaxed).is_ok() {
                    return;
                }
                continue;
            }
            if state & WAITERS == 0 && self.byte.compare_exchange(state, state | WAITERS, Ordering::Relaxed, Ordering::Relaxed).is_err() {
                continue;
            }
            let node = Arc::new(Node { thread: thread::current(), unparked: AtomicBool::new(false), handed_over: AtomicBool::new(false) });
            {
                let mut bucket = self.bucket.lock().unwrap();
                if self.mistake != Some(NoValidation) && self.byte.load(Ordering::Relaxed) != HELD | WAITERS {
                    continue;
                }
                bucket.push_back(node.clone());
            }
            while !node.unparked.load(Ordering::Acquire) {
                thread::park();
            }
            if node.handed_over.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    fn unlock(&self) {
        let release = if self.mistake == Some(UnlockRelaxed) { Ordering::Relaxed } else { Ordering::Release };
        if self.mistake == Some(BlindUnlock) {
            self.byte.store(0, release);
            return;
        }
        if self.byte.compare_exchange(HELD, 0, release, Ordering::Relaxed).is_ok() {
            return;
        }
        let mut bucket = self.bucket.lock().unwrap();
        let node = bucket.pop_front();
        let more = !bucket.is_empty() && self.mistake != Some(ForgottenWaiter);
        let hand_over = node.is_some() && self.fair;
        let clear = if hand_over && self.mistake != Some(HandedOverAndFreed) { 0 } else { HELD } | if more { 0 } else { WAITERS };
        self.byte.fetch_and(!clear, release);
        if let Some(node) = node {
            node.handed_over.store(hand_over, Ordering::Relaxed);
            node.unparked.store(true, Ordering::Release);
            drop(bucket);
            node.thread.unpark();
        }
    }

    fn work(&self) {
        self.lock();
        // SAFETY: loom checks that accesses do not overlap.
        self.data.with_mut(|p| unsafe { *p += 1 });
        self.unlock();
    }
}

fn run(threads: usize, fair: bool, mistake: Option<Mistake>) {
    let m = Arc::new(Model { byte: AtomicU8::new(0), bucket: Mutex::new(VecDeque::new()), data: UnsafeCell::new(0), fair, mistake });
    let others: Vec<_> = (1..threads)
        .map(|_| {
            let m = m.clone();
            thread::spawn(move || m.work())
        })
        .collect();
    m.work();
    for t in others {
        t.join().unwrap();
    }
    // SAFETY: all are done.
    assert_eq!(m.data.with(|p| unsafe { *p }), threads as u32);
    assert_eq!(m.byte.load(Ordering::Relaxed), 0);
}

fn explore(mistake: Option<Mistake>) {
    for fair in [false, true] {
        crate::explore(None, move || run(2, fair, mistake));
        crate::explore(Some(2), move || run(3, fair, mistake));
    }
}

crate::prove!(explore, [LockRelaxed, UnlockRelaxed, NoValidation, ForgottenWaiter, HandedOverAndFreed, BlindUnlock]);
