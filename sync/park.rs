//! Address-keyed waiting: threads sleep in queues that hang from a fixed table of buckets, over futexes.
//!
//! Our own rather than parking_lot's, because a forked child must be able to forget every waiter (`reset_after_fork`).
//!
//! Actors: *parkers*, each with a node on its own stack and one word it sleeps on (its slot's `park_word`, or one in
//! the node if it has no slot); *unparkers*; *nudgers* (signal handlers and whoever stands in for them), which know
//! the word but not the queue.
//!
//! States of the word a parker sleeps on:
//!
//! | word | meaning |
//! |------|---------|
//! | 0 | asleep, or about to be |
//! | UNPARKED (set under the bucket lock) | off the queue, the token is in the node |
//! | NUDGED (set by anybody, any time) | look at your poll word; not otherwise significant |
//!
//! Steps: a parker locks the bucket, calls `validate`, resets its word by a swap, queues its node, unlocks, sleeps
//! while the word is 0. An unparker locks the bucket, takes the first node with its address, lets its callback change
//! the protected word, writes token and UNPARKED, unlocks, wakes the futex. A parker that gives up (deadline,
//! interruption) locks the bucket: if its node is still queued it removes it, otherwise it has been unparked.
//!
//! Why it is safe: `validate` and the unparker's callback run under the same bucket lock, so no wake-up falls between
//! looking and queueing. A node is touched by others only under the bucket lock and while queued; afterwards only the
//! futex *address* is used. A nudge is not lost: a nudger raises the poll bit and then NUDGED; a parker resets the
//! word by a read-modify-write and then reads the poll bit; so either the sleep fails because of NUDGED or the poll
//! bit is seen.
//!
//! Order is first come, first served per address, except that a woken thread may find that somebody else has been
//! faster; `be_fair` tells an unparker (about every half millisecond per bucket) to hand over directly instead.
//!
//! Callers that may have cells detach around `park`; nothing here does. Bucket locks are leaves: callbacks take no
//! other lock.

use crate::futex::{self, Woken};
use crate::mutex::RawMutex;
use crate::prim::{AtomicU32, AtomicU64, Ordering};
use crate::safepoint;
use crate::threads::{self, Slot};
use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::time::Duration;

const UNPARKED: u32 = 1;
const NUDGED: u32 = 2;

/// How often a thread has been queued. Relaxed: a statistic.
static PARKED: AtomicU64 = AtomicU64::new(0);

/// How often threads had to wait, for whatever, since the process started.
pub fn times_parked() -> u64 {
    PARKED.load(Ordering::Relaxed)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParkResult {
    /// By `unpark_one` or `unpark_all`, with this token.
    Unparked(usize),
    /// `validate` said no.
    Invalid,
    TimedOut,
    /// The thread's SIGNAL bit is up (`park_interruptible` only).
    Interrupted,
}

/// What an unparker's callback learns.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UnparkResult {
    /// Somebody was waiting and is being woken.
    pub unparked: bool,
    /// Others wait at the same address.
    pub more_waiters: bool,
    /// It is time to hand over directly.
    pub be_fair: bool,
}

struct Node {
    addr: usize,
    word: *const AtomicU32,
    next: Cell<*const Node>,
    queued: Cell<bool>,
    token: Cell<usize>,
}

struct Queue {
    head: *const Node,
    tail: *const Node,
    /// When the next `be_fair` is due, and the state of the generator that spreads these times.
    fair_at: u64,
    seed: u32,
}

#[repr(align(64))]
struct Bucket {
    lock: RawMutex,
    queue: UnsafeCell<Queue>,
}

// SAFETY: `queue` is touched only with `lock` held.
unsafe impl Sync for Bucket {}

const BUCKETS: usize = 1024;
static TABLE: [Bucket; BUCKETS] = [const {
    Bucket { lock: RawMutex::new(), queue: UnsafeCell::new(Queue { head: ptr::null(), tail: ptr::null(), fair_at: 0, seed: 0x9e37_79b9 }) }
}; BUCKETS];

fn bucket(addr: usize) -> &'static Bucket {
    &TABLE[addr.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (usize::BITS - BUCKETS.trailing_zeros())]
}

impl Bucket {
    /// Runs `f` on the queue, locked.
    fn with<R>(&self, f: impl FnOnce(&mut Queue) -> R) -> R {
        struct Unlock<'a>(&'a RawMutex);
        impl Drop for Unlock<'_> {
            fn drop(&mut self) {
                self.0.unlock();
            }
        }
        self.lock.lock();
        let _unlock = Unlock(&self.lock);
        // SAFETY: the lock is held, and `f` cannot call back into this bucket (callbacks are leaves).
        f(unsafe { &mut *self.queue.get() })
    }
}

impl Queue {
    fn push(&mut self, node: &Node) {
        node.queued.set(true);
        node.next.set(ptr::null());
        if self.head.is_null() {
            self.head = node;
        } else {
            // SAFETY: queued nodes are alive (their parkers sleep).
            unsafe { (*self.tail).next.set(node) };
        }
        self.tail = node;
    }

    /// Unlinks the first node that `is` it.
    fn take(&mut self, is: impl Fn(&Node) -> bool) -> Option<&Node> {
        let mut before: *const Node = ptr::null();
        let mut at = self.head;
        while !at.is_null() {
            // SAFETY: queued nodes are alive.
            let node = unsafe { &*at };
            let next = node.next.get();
            if is(node) {
                if before.is_null() {
                    self.head = next;
                } else {
                    // SAFETY: as above.
                    unsafe { (*before).next.set(next) };
                }
                if self.tail == at {
                    self.tail = before;
                }
                node.queued.set(false);
                return Some(node);
            }
            before = at;
            at = next;
        }
        None
    }

    fn has(&self, addr: usize) -> bool {
        let mut at = self.head;
        while !at.is_null() {
            // SAFETY: queued nodes are alive.
            let node = unsafe { &*at };
            if node.addr == addr {
                return true;
            }
            at = node.next.get();
        }
        false
    }

    fn fair_now(&mut self) -> bool {
        let now = futex::now();
        if now < self.fair_at {
            return false;
        }
        // Xorshift; between 0 and 1 ms from now, so that the times do not fall in step with the program.
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 17;
        self.seed ^= self.seed << 5;
        self.fair_at = now + u64::from(self.seed) % 1_000_000;
        true
    }
}

impl Node {
    /// Under the bucket lock, after unlinking. The word is returned because the node may die as soon as UNPARKED is
    /// visible.
    fn release(&self, token: usize) -> *const AtomicU32 {
        let word = self.word;
        self.token.set(token);
        // SAFETY: the parker is still asleep or waiting for this bucket lock; its word is alive.
        // Release pairs with the parker's Acquire of the word.
        unsafe { (*word).fetch_or(UNPARKED, Ordering::Release) };
        word
    }
}

/// Sleeps until unparked or timed out, unless `validate`, called with the queue locked, returns false. Not
/// interruptible.
pub fn park(addr: usize, validate: impl FnOnce() -> bool, timeout: Option<Duration>) -> ParkResult {
    park_until(addr, validate, timeout.and_then(deadline), false)
}

/// As `park`, but returns `Interrupted` as soon as the calling thread's SIGNAL bit is up.
pub fn park_interruptible(addr: usize, validate: impl FnOnce() -> bool, timeout: Option<Duration>) -> ParkResult {
    park_until(addr, validate, timeout.and_then(deadline), true)
}

/// The deadline that lies `timeout` from now; None if it is too far to name.
pub fn deadline(timeout: Duration) -> Option<u64> {
    let ns = u64::try_from(timeout.as_nanos()).ok()?;
    futex::now().checked_add(ns).filter(|&d| d < i64::MAX as u64)
}

/// The general form, with an absolute deadline in the units of `futex::now`.
pub fn park_until(addr: usize, validate: impl FnOnce() -> bool, deadline: Option<u64>, interruptible: bool) -> ParkResult {
    let local = AtomicU32::new(0);
    let slot = threads::current();
    let word: &AtomicU32 = slot.map_or(&local, |s| &s.park_word);
    let node = Node { addr, word, next: Cell::new(ptr::null()), queued: Cell::new(false), token: Cell::new(0) };
    let bucket = bucket(addr);
    let valid = bucket.with(|queue| {
        if !validate() {
            return false;
        }
        // Acquire: if a nudge came before, see the poll bit that came before it.
        word.swap(0, Ordering::Acquire);
        queue.push(&node);
        true
    });
    if !valid {
        return ParkResult::Invalid;
    }
    PARKED.fetch_add(1, Ordering::Relaxed);
    let mut late = false;
    let reason = loop {
        let state = word.load(Ordering::Acquire);
        if state & UNPARKED != 0 {
            return ParkResult::Unparked(node.token.get());
        }
        if state & NUDGED != 0 {
            word.fetch_and(!NUDGED, Ordering::Acquire);
        }
        if interruptible && slot.is_some_and(|s| s.poll.load(Ordering::Relaxed) & safepoint::SIGNAL != 0) {
            break ParkResult::Interrupted;
        }
        if late {
            break ParkResult::TimedOut;
        }
        late = futex::wait(word, 0, deadline) == Woken::Deadline;
    };
    // Still queued: nobody has woken us, and now nobody will.
    if bucket.with(|queue| queue.take(|n| ptr::eq(n, &node)).is_some()) { reason } else { ParkResult::Unparked(node.token.get()) }
}

/// Wakes the thread that has waited longest at `addr`, if any. `callback` runs in any case, with the queue locked; it
/// changes the protected word and returns the token.
pub fn unpark_one(addr: usize, callback: impl FnOnce(UnparkResult) -> usize) -> UnparkResult {
    let (result, word) = bucket(addr).with(|queue| {
        let Some(node) = queue.take(|n| n.addr == addr).map(ptr::from_ref) else {
            let result = UnparkResult::default();
            callback(result);
            return (result, ptr::null());
        };
        let result = UnparkResult { unparked: true, more_waiters: queue.has(addr), be_fair: queue.fair_now() };
        let token = callback(result);
        // SAFETY: the parker cannot leave before `release` or while we hold the bucket.
        (result, unsafe { (*node).release(token) })
    });
    if !word.is_null() {
        futex::wake(word, 1);
    }
    result
}

/// Wakes everybody who waits at `addr`, with token 0, and says how many they were.
pub fn unpark_all(addr: usize) -> usize {
    unpark_all_with(addr, || {})
}

/// As `unpark_all`; `callback` runs first, with the queue locked.
pub fn unpark_all_with(addr: usize, callback: impl FnOnce()) -> usize {
    let mut words = Vec::new();
    bucket(addr).with(|queue| {
        callback();
        while let Some(node) = queue.take(|n| n.addr == addr) {
            words.push(node.release(0));
        }
    });
    for &word in &words {
        futex::wake(word, 1);
    }
    words.len()
}

/// Makes the slot's owner look at its poll word if it sleeps in `park`. Async-signal-safe.
pub(crate) fn nudge(s: &Slot) {
    // Release: after the poll bit.
    s.park_word.fetch_or(NUDGED, Ordering::Release);
    // SAFETY: errno of this thread; a signal handler must leave it as it was.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let saved = unsafe { *errno };
    futex::wake(&s.park_word, 1);
    // SAFETY: as above.
    unsafe { *errno = saved };
}

/// In a forked child, where the caller is the only thread: nobody waits, nothing is locked.
pub fn reset_after_fork() {
    for b in &TABLE {
        b.lock.force_unlock();
        // SAFETY: the only thread.
        let queue = unsafe { &mut *b.queue.get() };
        queue.head = ptr::null();
        queue.tail = ptr::null();
    }
}
