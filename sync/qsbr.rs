//! Deferred frees by quiescent states: memory that lock-free readers may still look at is freed once every thread has
//! let go.
//!
//! Actors: *retirers*, which unlink memory and then `retire` it; *readers*, which follow pointers only while attached
//! and keep none across a quiescent state (a safepoint, or being detached); whoever *reclaims*, at first the retirer
//! itself.
//!
//! Steps: a slot collects retired items in its open batch. When the batch is full it is closed: the global sequence
//! `WRITTEN` is advanced by one, and the new value is the batch's goal. At a quiescent state an owner copies
//! `WRITTEN` into its slot's `qsbr_seq`. A batch is freed when each slot either has `qsbr_seq >= goal` or is seen not
//! ATTACHED. Slots that lag are asked to come by (bit QSBR).
//!
//! Why it is safe:
//! * A reader with `qsbr_seq >= goal` loaded (Acquire) a value of `WRITTEN` at or after the retirer's increment
//!   (Release, and later increments continue its release sequence), so it sees everything in the batch as unlinked,
//!   and what it read before is done (Release store of `qsbr_seq`, Acquire load by the reclaimer).
//! * A slot not ATTACHED is looked at with a read-modify-write of `state`. Either the owner's later attach (a
//!   read-modify-write too) comes after it and acquires the unlinking from it, or it came before and we see ATTACHED.
//!   No fence is needed.
//! * An open batch has no goal yet, because a goal that somebody else's increment reaches would not be ordered after
//!   our unlinking.
//!
//! Bounds: a batch closes at `BATCH_ITEMS` items or `BATCH_BYTES` bytes; above `BACKLOG_BYTES` every further item
//! asks the laggards again. A slot whose thread ends hands its batches to the orphans, which anybody frees. What a
//! detached thread left in its lists waits for its return, its end, or the next stop of the world
//! (`reclaim_stopped`).
//!
//! A `free` function may itself retire; it must not reach a safepoint.

use crate::mutex::Mutex;
use crate::prim::{AtomicU64, AtomicUsize, Ordering};
use crate::safepoint;
use crate::threads::{self, ATTACHED, Slot};
use std::cell::{Cell, UnsafeCell};
use std::collections::VecDeque;

const BATCH_ITEMS: usize = 64;
const BATCH_BYTES: usize = 256 << 10;
const BACKLOG_BYTES: usize = 8 << 20;

/// The global sequence. Starts at 1, so that a new slot's 0 lags behind everything.
static WRITTEN: AtomicU64 = AtomicU64::new(1);
/// A lower bound of what every attached slot has seen, kept to spare scans; only grows.
static SEEN_BY_ALL: AtomicU64 = AtomicU64::new(0);
/// Bytes waiting, in all lists. Relaxed: a statistic.
static WAITING_BYTES: AtomicUsize = AtomicUsize::new(0);
static ORPHANS: Mutex<VecDeque<Batch>> = Mutex::new(VecDeque::new());
/// How many batches are orphaned; a hint that spares the lock.
static ORPHANED: AtomicUsize = AtomicUsize::new(0);

struct Item {
    ptr: *mut u8,
    size: usize,
    free: unsafe fn(*mut u8, usize),
}

struct Batch {
    goal: u64,
    items: Vec<Item>,
}

// SAFETY: the items are unlinked memory that belongs to the list; `retire` demands that `free` may run on any thread.
unsafe impl Send for Batch {}

impl Batch {
    fn free(self) {
        for item in self.items {
            WAITING_BYTES.fetch_sub(item.size, Ordering::Relaxed);
            // SAFETY: by the contract of `retire`, once, after the grace period.
            unsafe { (item.free)(item.ptr, item.size) };
        }
    }
}

/// A slot's lists. Borrowed only between two calls of foreign code, never across one.
pub(crate) struct Private {
    open: UnsafeCell<Vec<Item>>,
    open_bytes: Cell<usize>,
    closed: UnsafeCell<VecDeque<Batch>>,
    closed_bytes: Cell<usize>,
}

impl Private {
    pub(crate) const fn new() -> Self {
        Private {
            open: UnsafeCell::new(Vec::new()),
            open_bytes: Cell::new(0),
            closed: UnsafeCell::new(VecDeque::new()),
            closed_bytes: Cell::new(0),
        }
    }

    /// Adds an item; true when the batch is full.
    fn push(&self, item: Item) -> bool {
        self.open_bytes.set(self.open_bytes.get() + item.size);
        // SAFETY: `own()` admits one thread, and nothing foreign runs while this borrow lives.
        let open = unsafe { &mut *self.open.get() };
        if open.capacity() == 0 {
            open.reserve_exact(BATCH_ITEMS);
        }
        open.push(item);
        open.len() >= BATCH_ITEMS || self.open_bytes.get() >= BATCH_BYTES
    }

    fn close(&self) {
        // SAFETY: as in `push`.
        let items = unsafe { std::mem::take(&mut *self.open.get()) };
        if items.is_empty() {
            return;
        }
        self.closed_bytes.set(self.closed_bytes.get() + self.open_bytes.replace(0));
        let batch = Batch { goal: advance(), items };
        // SAFETY: as in `push`.
        unsafe { (*self.closed.get()).push_back(batch) };
    }

    fn front_goal(&self) -> Option<u64> {
        // SAFETY: as in `push`.
        unsafe { (*self.closed.get()).front().map(|b| b.goal) }
    }

    fn pop(&self) -> Option<Batch> {
        // SAFETY: as in `push`.
        let batch = unsafe { (*self.closed.get()).pop_front() }?;
        let bytes: usize = batch.items.iter().map(|i| i.size).sum();
        self.closed_bytes.set(self.closed_bytes.get() - bytes);
        Some(batch)
    }
}

/// A new goal: AcqRel, so that whoever loads it or a later one sees what we unlinked.
fn advance() -> u64 {
    WRITTEN.fetch_add(1, Ordering::AcqRel) + 1
}

/// Frees `ptr` by `free(ptr, size)` when no reader can hold it any more. `size` only weighs the backlog.
///
/// # Safety
/// The memory is unlinked: no thread can come to it any more except one that has read the pointer since its last
/// quiescent state. `free` may run on any thread, once, and reaches no safepoint.
pub unsafe fn retire(ptr: *mut u8, size: usize, free: unsafe fn(*mut u8, usize)) {
    WAITING_BYTES.fetch_add(size, Ordering::Relaxed);
    let item = Item { ptr, size, free };
    match threads::current() {
        Some(s) if s.is_attached() => {
            // SAFETY: the owner, attached.
            let own = unsafe { &s.own().retired };
            let full = own.push(item);
            if full {
                own.close();
            }
            if full || own.closed_bytes.get() > BACKLOG_BYTES {
                process(s, true);
            }
        }
        // A thread that is not attached has no list of its own to touch.
        _ => orphan(VecDeque::from([Batch { goal: advance(), items: vec![item] }])),
    }
}

/// The owner has no pointer that it read before this call. Frees what has become free.
#[inline]
pub fn quiescent(s: &Slot) {
    online(s);
    // SAFETY: the owner, attached.
    let own = unsafe { &s.own().retired };
    if own.front_goal().is_some() || ORPHANED.load(Ordering::Relaxed) != 0 {
        process(s, false);
    }
}

/// The owner has just attached, or is quiescent.
#[inline]
pub(crate) fn online(s: &Slot) {
    if s.reading.load(Ordering::Relaxed) != 0 {
        // Attached again after waiting for an object lock: the read section goes on.
        return;
    }
    // Acquire pairs with `advance`; Release ends the reads of the section before.
    s.qsbr_seq.store(WRITTEN.load(Ordering::Acquire), Ordering::Release);
}

/// Has everybody seen `goal`? If not, and if `hurry`, those who have not are asked to come by.
fn all_have_seen(goal: u64, hurry: bool) -> bool {
    if SEEN_BY_ALL.load(Ordering::Acquire) >= goal {
        return true;
    }
    let mut all = true;
    // What we may claim for everybody afterwards: at most what had been written when we began to look.
    let mut seen = WRITTEN.load(Ordering::Acquire);
    threads::fence_births();
    threads::for_each_slot(|s| {
        let seq = s.qsbr_seq.load(Ordering::Acquire);
        if seq >= seen {
            return;
        }
        // A read-modify-write, see the head of this file.
        if s.state.fetch_or(0, Ordering::AcqRel) & ATTACHED != 0 || s.reading.load(Ordering::Acquire) != 0 {
            if seq < goal {
                all = false;
                if hurry {
                    safepoint::request(s, safepoint::QSBR);
                }
            }
            seen = seq;
        }
    });
    SEEN_BY_ALL.fetch_max(seen, Ordering::AcqRel);
    all
}

/// Frees the caller's batches whose time has come, and the orphans'.
fn process(s: &Slot, hurry: bool) {
    // SAFETY: the owner, attached.
    let own = unsafe { &s.own().retired };
    while let Some(goal) = own.front_goal() {
        if !all_have_seen(goal, hurry) {
            break;
        }
        if let Some(batch) = own.pop() {
            batch.free();
        }
    }
    while ORPHANED.load(Ordering::Relaxed) != 0 {
        let Some(batch) = take_orphan(|b| all_have_seen(b.goal, hurry)) else { break };
        batch.free();
    }
}

/// A goal for what the caller has just unlinked and keeps itself: who [`has_seen`] it does not find that memory any more.
pub fn new_goal() -> u64 {
    advance()
}

/// Whether the owner of a slot, which is attached all the while (or pauses in a read section), has been quiescent since the goal was made. Acquire: its
/// reads before that are over.
pub fn has_seen(s: &Slot, goal: u64) -> bool {
    s.qsbr_seq.load(Ordering::Acquire) >= goal
}

fn orphan(mut batches: VecDeque<Batch>) {
    if batches.is_empty() {
        return;
    }
    let mut orphans = ORPHANS.lock();
    ORPHANED.fetch_add(batches.len(), Ordering::Relaxed);
    orphans.append(&mut batches);
}

fn take_orphan(ready: impl FnOnce(&Batch) -> bool) -> Option<Batch> {
    let mut orphans = ORPHANS.lock();
    if !ready(orphans.front()?) {
        return None;
    }
    ORPHANED.fetch_sub(1, Ordering::Relaxed);
    orphans.pop_front()
}

/// The owner ends: its lists become orphans. Also used, with the world stopped, for slots whose threads a fork left
/// behind.
pub(crate) fn abandon(s: &Slot) {
    // SAFETY: the owner, attached; or the world is stopped.
    let own = unsafe { &s.own().retired };
    own.close();
    let mut batches = VecDeque::new();
    while let Some(batch) = own.pop() {
        batches.push_back(batch);
    }
    orphan(batches);
}

/// Closes the caller's open batch and frees what it can; for idle moments and tests.
pub fn flush() {
    if let Some(s) = threads::current() {
        // SAFETY: the owner; it calls this attached.
        unsafe { s.own() }.retired.close();
        process(s, true);
    }
}

/// Frees everything that was retired before, in all lists. `_world` says that nobody is inside a read section; the
/// caller holds no pointer of its own either.
pub fn reclaim_stopped(_world: &safepoint::WorldStopped) {
    if threads::anyone_reading(_world) || threads::anyone_walking(_world) {
        return;
    }
    threads::for_each_slot(|s| {
        // SAFETY: the world is stopped.
        let own = unsafe { &s.own().retired };
        own.close();
        // Only what is there now: a free function may retire more.
        let goal = WRITTEN.load(Ordering::Relaxed);
        while own.front_goal().is_some_and(|g| g <= goal) {
            if let Some(batch) = own.pop() {
                batch.free();
            }
        }
    });
    while let Some(batch) = take_orphan(|_| true) {
        batch.free();
    }
}

/// Bytes that wait to be freed, in all lists.
pub fn waiting_bytes() -> usize {
    WAITING_BYTES.load(Ordering::Relaxed)
}

pub(crate) fn orphans_lock() -> &'static crate::mutex::RawMutex {
    ORPHANS.raw()
}
