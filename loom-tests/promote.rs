//! Deferred cells (gc/deferred.rs): registers that hold a cell uncounted against the list of pending cells, and an
//! ordinary cell that becomes deferred while others take and drop references.
//!
//! A stop of the world is a mutex per mutator, held from one safepoint to the next; the reclaimer takes it. What the
//! reader's register holds is in `register`.

use crate::refcount::{self, Dropped, Header, MERGED, ONE};
use loom::sync::Mutex;
use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use loom::thread;
use std::sync::Arc;

const DEFERRED: u32 = 1;
const PENDING: u32 = 2;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mistake {
    /// A deferred cell is freed when its count becomes zero.
    FreedAtZero,
    /// The stop does not look at registers.
    RegistersIgnored,
    /// The stop does not look at the count again.
    CountIgnored,
    /// A cell that is pending already is listed again.
    ListedTwice,
    /// A cell that left the list keeps its mark.
    MarkKept,
    /// The promoter holds no reference of its own.
    PromotedUnheld,
    /// The promoter drops its reference before it sets the flag.
    FlaggedLate,
    /// The promoter's drop does not release the flag.
    DropRelaxed,
    /// The slot is not read again after the flag has been seen.
    NotReread,
    /// The flag is read without acquiring.
    FlagRelaxed,
}
use Mistake::*;

struct Model {
    cell: Header,
    flags: AtomicU32,
    /// Heap slots: 1 holds the cell.
    slot: AtomicUsize,
    other: AtomicUsize,
    register: AtomicUsize,
    pending: Mutex<Vec<()>>,
    stretch: Mutex<()>,
    mistake: Option<Mistake>,
}

impl Model {
    fn new(count: u32, flags: u32, mistake: Option<Mistake>) -> Arc<Model> {
        Arc::new(Model {
            cell: Header::new(0, (count * ONE) | MERGED, 1),
            flags: AtomicU32::new(flags),
            slot: AtomicUsize::new(1),
            other: AtomicUsize::new(0),
            register: AtomicUsize::new(0),
            pending: Mutex::new(Vec::new()),
            stretch: Mutex::new(()),
            mistake,
        })
    }

    fn is(&self, m: Mistake) -> bool {
        self.mistake == Some(m)
    }

    /// True if that has freed the cell here and now.
    fn drop_heap(&self, m: Option<refcount::Mistake>) -> bool {
        if self.cell.drop_shared(m) == Dropped::Dead {
            if self.flags.load(Ordering::Relaxed) & DEFERRED == 0 || self.is(FreedAtZero) {
                self.cell.free();
                return true;
            }
            if self.flags.fetch_or(PENDING, Ordering::AcqRel) & PENDING == 0 || self.is(ListedTwice) {
                self.pending.lock().unwrap().push(());
            }
        }
        false
    }

    /// With the reader stopped.
    fn reclaim(&self) {
        let _stopped = self.stretch.lock().unwrap();
        let mut pending = self.pending.lock().unwrap();
        pending.retain(|()| {
            if self.cell.shared.load(Ordering::Relaxed) != MERGED && !self.is(CountIgnored) {
                if !self.is(MarkKept) {
                    self.flags.fetch_and(!PENDING, Ordering::Relaxed);
                }
                return false;
            }
            if self.register.load(Ordering::Relaxed) == 1 && !self.is(RegistersIgnored) {
                return true;
            }
            self.cell.free();
            false
        });
    }

    /// Loads the slot into the register: counted, or not if the cell is deferred. True if the register holds a count.
    fn load(&self) -> bool {
        loop {
            if self.slot.load(Ordering::Acquire) == 0 {
                return false;
            }
            let flags = self.flags.load(if self.is(FlagRelaxed) { Ordering::Relaxed } else { Ordering::Acquire });
            let counted = flags & DEFERRED == 0;
            if counted && !self.cell.try_incref(None) {
                thread::yield_now();
                continue;
            }
            if !self.is(NotReread) && self.slot.load(Ordering::Acquire) == 0 {
                if counted {
                    self.drop_heap(None);
                }
                return false;
            }
            self.register.store(1, Ordering::Relaxed);
            assert_eq!(self.cell.identity(), 1);
            return counted;
        }
    }
}

/// A deferred cell: the reader keeps it in a register across a safepoint, stores it into the heap and takes it out
/// again.
fn pending(stores: bool, m: Option<Mistake>) {
    let x = Model::new(1, DEFERRED, m);
    let x2 = x.clone();
    let reader = thread::spawn(move || {
        let stretch = x2.stretch.lock().unwrap();
        x2.load();
        drop(stretch);
        let stretch = x2.stretch.lock().unwrap();
        if x2.register.load(Ordering::Relaxed) == 1 {
            assert_eq!(x2.cell.identity(), 1);
            if stores {
                x2.cell.shared.fetch_add(ONE, Ordering::Relaxed);
                x2.other.store(1, Ordering::Relaxed);
            }
            x2.register.store(0, Ordering::Relaxed);
        }
        drop(stretch);
        let stretch = x2.stretch.lock().unwrap();
        if x2.other.swap(0, Ordering::Relaxed) == 1 {
            assert_eq!(x2.cell.identity(), 1);
            x2.drop_heap(None);
        }
        drop(stretch);
    });
    x.slot.store(0, Ordering::Release);
    x.drop_heap(None);
    x.reclaim();
    reader.join().unwrap();
    x.reclaim();
    assert_eq!(x.cell.freed(), 1);
}

/// An ordinary cell, which the promoter makes deferred while the slot is being emptied.
fn promotion(m: Option<Mistake>) {
    let held = m != Some(PromotedUnheld);
    let x = Model::new(1 + held as u32, 0, m);
    let (x2, x3) = (x.clone(), x.clone());
    let reader = thread::spawn(move || {
        let stretch = x2.stretch.lock().unwrap();
        let counted = x2.load();
        if x2.register.swap(0, Ordering::Relaxed) == 1 {
            assert_eq!(x2.cell.identity(), 1);
            if counted {
                x2.drop_heap(None);
            }
        }
        drop(stretch);
    });
    let promoter = thread::spawn(move || {
        let relaxed = x3.is(DropRelaxed).then_some(refcount::Mistake::DropRelaxed);
        if x3.is(FlaggedLate) {
            x3.drop_heap(None);
            x3.flags.fetch_or(DEFERRED, Ordering::Release);
        } else {
            x3.flags.fetch_or(DEFERRED, Ordering::Release);
            if held {
                x3.drop_heap(relaxed);
            }
        }
    });
    x.slot.store(0, Ordering::Release);
    x.drop_heap(None);
    reader.join().unwrap();
    promoter.join().unwrap();
    x.reclaim();
    assert_eq!(x.cell.freed(), 1);
}

/// An ordinary cell dies, and its memory is born again as something deferred.
fn reborn(m: Option<Mistake>) {
    let x = Model::new(1, 0, m);
    let x2 = x.clone();
    let reader = thread::spawn(move || {
        let stretch = x2.stretch.lock().unwrap();
        let counted = x2.load();
        if x2.register.swap(0, Ordering::Relaxed) == 1 && counted {
            x2.drop_heap(None);
        }
        drop(stretch);
    });
    x.slot.store(0, Ordering::Release);
    if x.drop_heap(None) {
        // SAFETY: loom checks.
        x.cell.payload.with_mut(|p| unsafe { *p = 2 });
        x.flags.store(DEFERRED, Ordering::Release);
        x.cell.shared.store(ONE | MERGED, Ordering::Release);
    }
    reader.join().unwrap();
    assert_eq!(x.cell.freed(), 1);
}

fn explore(m: Option<Mistake>) {
    crate::explore(None, move || pending(false, m));
    crate::explore(Some(3), move || pending(true, m));
    crate::explore(Some(3), move || promotion(m));
    crate::explore(None, move || reborn(m));
}

crate::prove!(
    explore,
    [FreedAtZero, RegistersIgnored, CountIgnored, ListedTwice, MarkKept, PromotedUnheld, FlaggedLate, DropRelaxed, NotReread, FlagRelaxed,]
);
