//! Biased counts with a merge queue, and `try_incref` against freeing (gc/refcount.rs, gc/merge.rs).
//!
//! `shared` is count << 2 | state: 00 private, 01 seen by others, 10 queued for merge, 11 merged. Thread ids: 1 is
//! the owner. The payload is read by everybody who holds a reference and written by who frees the cell, so that loom
//! sees a use after the free, and a free that does not see a use. Cell memory is type-stable: a freed header can be
//! read, and reborn.

use loom::cell::UnsafeCell;
use loom::sync::Mutex;
use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use loom::thread;
use std::sync::Arc;

pub const PRIVATE: u32 = 0;
pub const SEEN: u32 = 1;
pub const QUEUED: u32 = 2;
pub const MERGED: u32 = 3;
pub const ONE: u32 = 4;

const OWNER: u32 = 1;
const ATTACHED: u32 = 1;
const CLAIMED: u32 = 2;

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Mistake {
    /// Dropping a shared reference does not release.
    DropRelaxed,
    /// The dropper of the last reference does not acquire the others' releases.
    DeathUnacquired,
    /// The reference that goes to the queue is also taken off the count.
    QueuedAndDropped,
    /// Merging does not take off the reference that the queue held.
    DebtForgotten,
    /// The owner merges by a load and a store.
    MergeTorn,
    /// The owner frees at local 0 and shared count 0 without moving SEEN to MERGED first.
    FreedWhileSeen,
    /// A merging owner gives up ownership before the word says MERGED, and who finds no owner merges.
    OwnerClearedFirst,
    /// Giving up ownership does not release the cleared local count, and who finds no owner merges.
    OwnerClearedRelaxed,
    /// An owner whose local count is zero gives up ownership before the word says MERGED, and who finds no owner merges.
    ZeroClearedFirst,
    /// Who finds no owner merges once more, with its stores to `local` and `owner`, instead of dropping a merged reference.
    FinishedByMerge,
    /// A dropper without a claim merges a detached owner's cells.
    MergedUnclaimed,
    /// The owner is asked to merge only if it looks attached.
    AskedOnlyIfAttached,
    /// `try_incref` takes a cell that is private, whose owner frees without looking again.
    PrivateTaken,
    /// `try_incref` takes a cell that is merged with count 0.
    DeadTaken,
    /// `try_incref` is a fetch-add.
    TakenBlindly,
    /// The slot is not read again after `try_incref`.
    NotReread,
    /// The slot is read again before `try_incref`.
    RereadEarly,
    /// The first reference by another thread is taken without the container's lock.
    FirstUnlocked,
    /// `try_incref` does not acquire.
    TakenRelaxed,
}
use Mistake::*;

pub struct Header {
    pub owner: AtomicU32,
    pub local: AtomicU32,
    pub shared: AtomicU32,
    /// Who this is in its present life; 0 when it is free.
    pub payload: UnsafeCell<u32>,
    pub frees: AtomicU32,
}

impl Header {
    pub fn new(local: u32, shared: u32, identity: u32) -> Self {
        Header {
            owner: AtomicU32::new(if shared & 3 == MERGED { 0 } else { OWNER }),
            local: AtomicU32::new(local),
            shared: AtomicU32::new(shared),
            payload: UnsafeCell::new(identity),
            frees: AtomicU32::new(0),
        }
    }

    pub fn identity(&self) -> u32 {
        // SAFETY: loom checks.
        self.payload.with(|p| unsafe { *p })
    }

    pub fn free(&self) {
        // SAFETY: loom checks.
        self.payload.with_mut(|p| unsafe { *p = 0 });
        self.frees.fetch_add(1, Ordering::Relaxed);
    }

    pub fn freed(&self) -> u32 {
        self.frees.load(Ordering::Relaxed)
    }

    /// The owner drops a reference; true if the cell is dead now.
    pub fn drop_owned(&self, m: Option<Mistake>) -> bool {
        let n = self.local.load(Ordering::Relaxed).wrapping_sub(1);
        self.local.store(n, Ordering::Relaxed);
        n == 0 && self.local_zero(m)
    }

    fn local_zero(&self, m: Option<Mistake>) -> bool {
        let acquire = if m == Some(DeathUnacquired) { Ordering::Relaxed } else { Ordering::AcqRel };
        let mut old = self.shared.load(if m == Some(DeathUnacquired) { Ordering::Relaxed } else { Ordering::Acquire });
        if old == PRIVATE || m == Some(FreedWhileSeen) && old == SEEN {
            return true;
        }
        if m == Some(ZeroClearedFirst) {
            self.owner.store(0, Ordering::Release);
        }
        loop {
            let new = old & !3 | MERGED;
            if m == Some(MergeTorn) {
                self.shared.store(new, Ordering::Release);
                return new == MERGED;
            }
            match self.shared.compare_exchange(old, new, acquire, Ordering::Relaxed) {
                Ok(_) => {
                    // Only the owner could use the cell's memory again, and it is here.
                    self.owner.store(0, Ordering::Release);
                    return new == MERGED;
                }
                Err(now) => old = now,
            }
        }
    }

    /// Another thread drops a reference.
    pub fn drop_shared(&self, m: Option<Mistake>) -> Dropped {
        let order = match m {
            Some(DropRelaxed) => Ordering::Relaxed,
            Some(DeathUnacquired) => Ordering::Release,
            _ => Ordering::AcqRel,
        };
        let mut old = self.shared.load(Ordering::Relaxed);
        loop {
            let queue = old == PRIVATE || old == SEEN;
            let new = match queue {
                true if m == Some(QueuedAndDropped) => QUEUED.wrapping_sub(ONE),
                true => QUEUED,
                false => old.wrapping_sub(ONE),
            };
            match self.shared.compare_exchange(old, new, order, Ordering::Relaxed) {
                Ok(_) if queue => return Dropped::Queue,
                Ok(_) if new == MERGED => return Dropped::Dead,
                Ok(_) => return Dropped::Alive,
                Err(now) => old = now,
            }
        }
    }

    /// Merges the counts and adds `extra`; the whole count. By the owner or who stands in for it, or when nobody owns
    /// it.
    fn merge(&self, extra: i32, m: Option<Mistake>) -> i32 {
        let mut old = self.shared.load(Ordering::Relaxed);
        let local = self.local.load(Ordering::Relaxed);
        if m == Some(OwnerClearedFirst) {
            self.local.store(0, Ordering::Relaxed);
            self.owner.store(0, Ordering::Release);
        }
        loop {
            let count = ((old as i32) >> 2) + local as i32 + extra;
            match self.shared.compare_exchange(old, (count << 2) as u32 | MERGED, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => {
                    self.local.store(0, Ordering::Relaxed);
                    // Who finds no owner merges itself, and must not count our references once more.
                    self.owner.store(0, if m == Some(OwnerClearedRelaxed) { Ordering::Relaxed } else { Ordering::Release });
                    return count;
                }
                Err(now) => old = now,
            }
        }
    }

    /// Drops a reference to a cell that is merged; true if it is dead now.
    fn drop_merged(&self) -> bool {
        self.shared.fetch_sub(ONE, Ordering::AcqRel) == ONE | MERGED
    }

    /// A reference to a cell that may be dead, free or reborn.
    pub fn try_incref(&self, m: Option<Mistake>) -> bool {
        let order = if m == Some(TakenRelaxed) { Ordering::Relaxed } else { Ordering::AcqRel };
        if m == Some(TakenBlindly) {
            self.shared.fetch_add(ONE, order);
            return true;
        }
        let mut old = self.shared.load(Ordering::Relaxed);
        loop {
            if old == PRIVATE && m != Some(PrivateTaken) || old == MERGED && m != Some(DeadTaken) {
                return false;
            }
            match self.shared.compare_exchange(old, old.wrapping_add(ONE), order, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => old = now,
            }
        }
    }

    /// A reference that is known to be there for the taking; leaves state 00.
    fn incref_and_show(&self) {
        let mut old = self.shared.load(Ordering::Relaxed);
        while let Err(now) =
            self.shared.compare_exchange(old, old.wrapping_add(ONE) | (old & 3 == PRIVATE) as u32, Ordering::AcqRel, Ordering::Relaxed)
        {
            old = now;
        }
    }
}

#[derive(PartialEq)]
pub enum Dropped {
    Alive,
    Dead,
    Queue,
}

/// One cell that the owner has given to others, and the owner's slot.
struct Merging {
    cell: Header,
    state: AtomicU32,
    poll: AtomicU32,
    queue: Mutex<Vec<()>>,
    mistake: Option<Mistake>,
}

impl Merging {
    fn attach(&self) {
        while self.state.compare_exchange(0, ATTACHED, Ordering::Acquire, Ordering::Relaxed).is_err() {
            thread::yield_now();
        }
    }

    fn detach(&self) {
        self.state.fetch_and(!ATTACHED, Ordering::Release);
    }

    fn attached(&self) -> bool {
        self.state.load(Ordering::Relaxed) & ATTACHED != 0
    }

    fn drain(&self) {
        let queue = std::mem::take(&mut *self.queue.lock().unwrap());
        for () in queue {
            self.merge_queued();
        }
    }

    fn merge_queued(&self) {
        let debt = if self.mistake == Some(DebtForgotten) { 0 } else { -1 };
        if self.cell.merge(debt, self.mistake) == 0 {
            self.cell.free();
        }
    }

    fn safepoint(&self) {
        if self.poll.swap(0, Ordering::Acquire) != 0 {
            self.drain();
        }
    }

    fn enqueue(&self) {
        // Acquire pairs with the Release in `merge`.
        if self.cell.owner.load(Ordering::Acquire) == 0 {
            if matches!(self.mistake, Some(FinishedByMerge | OwnerClearedFirst | OwnerClearedRelaxed | ZeroClearedFirst)) {
                return self.merge_queued();
            }
            if self.cell.drop_merged() {
                self.cell.free();
            }
            return;
        }
        self.queue.lock().unwrap().push(());
        if self.mistake != Some(AskedOnlyIfAttached) || self.attached() {
            self.poll.fetch_or(1, Ordering::Release);
        }
        if self.attached() {
            return;
        }
        if self.mistake == Some(MergedUnclaimed) {
            self.drain();
        } else if self.state.compare_exchange(0, CLAIMED, Ordering::Acquire, Ordering::Relaxed).is_ok() {
            self.drain();
            self.state.fetch_and(!CLAIMED, Ordering::Release);
        }
    }

    /// Not the owner: uses the cell and drops a reference to it.
    fn other(&self) {
        assert_eq!(self.cell.identity(), 7);
        match self.cell.drop_shared(self.mistake) {
            Dropped::Queue => self.enqueue(),
            Dropped::Dead => self.cell.free(),
            Dropped::Alive => {}
        }
    }

    /// The owner drops its one reference, unless all its references have been given away.
    fn owner(&self, keeps_one: bool) {
        self.attach();
        if keeps_one {
            assert_eq!(self.cell.identity(), 7);
            // A merge makes it one of many.
            if self.cell.owner.load(Ordering::Relaxed) == OWNER {
                if self.cell.drop_owned(self.mistake) {
                    self.cell.free();
                }
            } else {
                self.other();
            }
        }
        self.safepoint();
        self.detach();
    }
}

/// `shared` holds references counted there; the other two threads drop one each; the owner too, if `local` says so.
fn merging(local: u32, shared: u32, others: u32, m: Option<Mistake>) {
    let x = Arc::new(Merging {
        cell: Header::new(local, shared, 7),
        state: AtomicU32::new(0),
        poll: AtomicU32::new(0),
        queue: Mutex::new(Vec::new()),
        mistake: m,
    });
    let threads: Vec<_> = (0..others)
        .map(|_| {
            let x = x.clone();
            thread::spawn(move || x.other())
        })
        .collect();
    x.owner(local + (shared >> 2) > others);
    for t in threads {
        t.join().unwrap();
    }
    // The owner comes back to its next safepoint.
    x.attach();
    x.safepoint();
    x.detach();
    assert_eq!(x.cell.freed(), 1);
}

/// The owner gives up ownership of its own accord (promotion does) while another thread is about to queue the cell; a
/// third holds a reference and takes and drops a second one.
fn given_up(third: bool, m: Option<Mistake>) {
    let x = Arc::new(Merging {
        cell: Header::new(2 + third as u32, SEEN, 7),
        state: AtomicU32::new(0),
        poll: AtomicU32::new(0),
        queue: Mutex::new(Vec::new()),
        mistake: m,
    });
    let (x2, x3) = (x.clone(), x.clone());
    let dropper = thread::spawn(move || x2.other());
    let holder = third.then(|| {
        thread::spawn(move || {
            x3.cell.shared.fetch_add(ONE, Ordering::Relaxed);
            x3.other();
            x3.other();
        })
    });
    x.attach();
    x.cell.merge(0, m);
    x.other();
    x.safepoint();
    x.detach();
    dropper.join().unwrap();
    if let Some(t) = holder {
        t.join().unwrap();
    }
    x.attach();
    x.safepoint();
    x.detach();
    assert_eq!(x.cell.freed(), 1);
}

/// The owner drops a reference that another thread has counted in `shared`, and with it its local count becomes zero, while a third is about to
/// queue the cell: what the queue was to drop is the last reference. If `held`, one more thread holds one, and the owner uses the memory again
/// as soon as it is free.
fn handed_on(held: bool, m: Option<Mistake>) {
    let x = Arc::new(Merging {
        cell: Header::new(2, SEEN, 7),
        state: AtomicU32::new(0),
        poll: AtomicU32::new(0),
        queue: Mutex::new(Vec::new()),
        mistake: m,
    });
    x.attach();
    let x2 = x.clone();
    let dropper = thread::spawn(move || x2.other());
    // Taken by others: the first is handed to the owner, the second stays with its holder.
    x.cell.shared.fetch_add(if held { 2 * ONE } else { ONE }, Ordering::Relaxed);
    let holder = held.then(|| {
        let x3 = x.clone();
        thread::spawn(move || x3.other())
    });
    let mut dead = false;
    for _ in 0..2 {
        assert!(!dead);
        dead = x.cell.drop_owned(m);
    }
    if dead {
        x.cell.free();
    }
    let reborn = held && x.cell.freed() == 1;
    if reborn {
        x.cell.owner.store(OWNER, Ordering::Relaxed);
        x.cell.local.store(1, Ordering::Relaxed);
        x.cell.shared.store(SEEN, Ordering::Release);
    } else {
        x.safepoint();
    }
    x.detach();
    dropper.join().unwrap();
    if let Some(t) = holder {
        t.join().unwrap();
    }
    if reborn {
        assert_eq!((x.cell.owner.load(Ordering::Relaxed), x.cell.local.load(Ordering::Relaxed)), (OWNER, 1), "another life");
    }
    x.attach();
    x.safepoint();
    x.detach();
    assert_eq!(x.cell.freed(), 1);
}

/// A slot that another thread reads without a lock while the owner takes the cell out, drops it, and uses the memory
/// again for something else, which it puts into another slot.
struct Taking {
    cell: Header,
    /// 1 if the slot holds the cell.
    slot: AtomicUsize,
    lock: Mutex<()>,
    mistake: Option<Mistake>,
}

impl Taking {
    fn reader(&self) {
        loop {
            if self.slot.load(Ordering::Acquire) == 0 {
                return;
            }
            let reread = self.mistake == Some(RereadEarly) && self.slot.load(Ordering::Acquire) == 1;
            if !self.cell.try_incref(self.mistake) {
                // Private, or dead: under the container's lock, what the slot holds is alive.
                let guard = (self.mistake != Some(FirstUnlocked)).then(|| self.lock.lock().unwrap());
                if self.slot.load(Ordering::Acquire) == 0 {
                    return;
                }
                self.cell.incref_and_show();
                drop(guard);
            } else if !reread && self.mistake != Some(NotReread) && self.slot.load(Ordering::Acquire) != 1 {
                self.drop_one();
                continue;
            }
            assert_eq!(self.cell.identity(), 1, "the slot never held anything else");
            self.drop_one();
            return;
        }
    }

    fn drop_one(&self) {
        match self.cell.drop_shared(self.mistake) {
            Dropped::Dead => self.cell.free(),
            Dropped::Queue => panic!("the owner has not given a reference away"),
            Dropped::Alive => {}
        }
    }

    fn owner(&self, reborn: bool) {
        {
            let _guard = self.lock.lock().unwrap();
            self.slot.store(0, Ordering::Release);
        }
        if self.cell.drop_owned(self.mistake) {
            self.cell.free();
            if reborn {
                // SAFETY: loom checks.
                self.cell.payload.with_mut(|p| unsafe { *p = 2 });
                self.cell.owner.store(OWNER, Ordering::Relaxed);
                self.cell.local.store(1, Ordering::Relaxed);
                self.cell.shared.store(SEEN, Ordering::Release);
            }
        }
    }
}

fn taking(state: u32, reborn: bool, m: Option<Mistake>) {
    let x = Arc::new(Taking { cell: Header::new(1, state, 1), slot: AtomicUsize::new(1), lock: Mutex::new(()), mistake: m });
    let x2 = x.clone();
    let reader = thread::spawn(move || x2.reader());
    x.owner(reborn);
    reader.join().unwrap();
    assert_eq!(x.cell.freed(), 1);
}

/// A merged cell in a slot: whoever drops the last reference frees it, the reader or the other.
fn taking_merged(m: Option<Mistake>) {
    let x = Arc::new(Taking { cell: Header::new(0, ONE | MERGED, 1), slot: AtomicUsize::new(1), lock: Mutex::new(()), mistake: m });
    let x2 = x.clone();
    let reader = thread::spawn(move || x2.reader());
    {
        let _guard = x.lock.lock().unwrap();
        x.slot.store(0, Ordering::Release);
    }
    x.drop_one();
    reader.join().unwrap();
    assert_eq!(x.cell.freed(), 1);
}

/// The reader comes to know the cell through the slot, and `try_incref` is what lets it see who the cell is by now.
fn publishing(m: Option<Mistake>) {
    let x = Arc::new(Taking { cell: Header::new(1, SEEN, 0), slot: AtomicUsize::new(0), lock: Mutex::new(()), mistake: m });
    let x2 = x.clone();
    let writer = thread::spawn(move || {
        // SAFETY: loom checks.
        x2.cell.payload.with_mut(|p| unsafe { *p = 1 });
        x2.cell.shared.fetch_add(0, Ordering::Release);
        x2.slot.store(1, Ordering::Relaxed);
    });
    if x.slot.load(Ordering::Relaxed) == 1 {
        // A relaxed slot is enough, because the count carries the order.
        if x.cell.shared.load(Ordering::Relaxed) == SEEN && x.cell.try_incref(m) {
            assert_eq!(x.cell.identity(), 1);
        }
    }
    writer.join().unwrap();
}

fn explore(m: Option<Mistake>) {
    for state in [PRIVATE, SEEN] {
        crate::explore(None, move || merging(2, state, 1, m));
        crate::explore(Some(2), move || merging(2, state, 2, m));
        crate::explore(Some(2), move || merging(3, state, 2, m));
        for reborn in [false, true] {
            crate::explore(None, move || taking(state, reborn, m));
        }
    }
    crate::explore(Some(2), move || merging(1, ONE | SEEN, 1, m));
    crate::explore(Some(2), move || merging(1, (2 * ONE) | SEEN, 2, m));
    crate::explore(Some(3), move || merging(0, (3 * ONE) | MERGED, 2, m));
    crate::explore(None, move || given_up(false, m));
    crate::explore(Some(3), move || given_up(true, m));
    crate::explore(None, move || handed_on(false, m));
    crate::explore(Some(4), move || handed_on(true, m));
    crate::explore(None, move || taking_merged(m));
    crate::explore(None, move || publishing(m));
}

crate::prove!(
    explore,
    [
        DropRelaxed,
        DeathUnacquired,
        QueuedAndDropped,
        DebtForgotten,
        MergeTorn,
        OwnerClearedFirst,
        OwnerClearedRelaxed,
        ZeroClearedFirst,
        FinishedByMerge,
        FreedWhileSeen,
        MergedUnclaimed,
        AskedOnlyIfAttached,
        PrivateTaken,
        DeadTaken,
        TakenBlindly,
        NotReread,
        RereadEarly,
        FirstUnlocked,
        TakenRelaxed,
    ]
);
