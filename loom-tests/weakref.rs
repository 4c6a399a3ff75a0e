//! Upgrading a weak reference while the target dies, and its memory is born again as something else.

use crate::refcount::{self, Dropped, Header, MERGED, ONE, PRIVATE, SEEN};
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mistake {
    /// The weak reference is cleared only when the memory has been freed.
    ClearedLate,
    /// The weak reference is not read again after `try_incref`.
    NotReread,
    /// The target is left in state 00 when the weak reference is made.
    NotShown,
    /// Who finds the target through a table takes it out of state 00, instead of who made it.
    ShownByFinder,
    /// The target is counted up without asking whether it lives.
    UpgradedBlindly,
    /// Taking the reference does not acquire.
    TakenRelaxed,
    /// The owner frees at local 0 without moving SEEN to MERGED first.
    FreedWhileSeen,
}
use Mistake::*;

struct Model {
    cell: Header,
    /// 1 while the weak reference names the cell.
    weak: AtomicUsize,
    mistake: Option<Mistake>,
}

impl Model {
    fn counting(&self) -> Option<refcount::Mistake> {
        match self.mistake? {
            UpgradedBlindly => Some(refcount::Mistake::TakenBlindly),
            TakenRelaxed => Some(refcount::Mistake::TakenRelaxed),
            FreedWhileSeen => Some(refcount::Mistake::FreedWhileSeen),
            _ => None,
        }
    }

    /// True if it gave a reference, which has been used and dropped.
    fn upgrade(&self) -> bool {
        if self.mistake == Some(ShownByFinder) {
            let _ = self.cell.shared.compare_exchange(PRIVATE, SEEN, Ordering::AcqRel, Ordering::Relaxed);
        }
        if self.weak.load(Ordering::Acquire) == 0 || !self.cell.try_incref(self.counting()) {
            return false;
        }
        let still = self.mistake == Some(NotReread) || self.weak.load(Ordering::Acquire) == 1;
        if still {
            assert_eq!(self.cell.identity(), 1);
        }
        if self.cell.drop_shared(None) == Dropped::Dead {
            self.dead();
        }
        still
    }

    fn dead(&self) {
        if self.mistake != Some(ClearedLate) {
            self.weak.store(0, Ordering::Release);
        }
        self.cell.free();
        // SAFETY: loom checks.
        self.cell.payload.with_mut(|p| unsafe { *p = 2 });
        self.cell.shared.store(ONE | MERGED, Ordering::Release);
        self.weak.store(0, Ordering::Release);
    }
}

fn run(dies: bool, upgraders: usize, mistake: Option<Mistake>) {
    let state = if matches!(mistake, Some(NotShown | ShownByFinder)) { PRIVATE } else { SEEN };
    let m = Arc::new(Model { cell: Header::new(1, state, 1), weak: AtomicUsize::new(1), mistake });
    let threads: Vec<_> = (0..upgraders)
        .map(|_| {
            let m = m.clone();
            thread::spawn(move || m.upgrade())
        })
        .collect();
    if dies && m.cell.drop_owned(m.counting()) {
        m.dead();
    }
    for t in threads {
        let got = t.join().unwrap();
        assert!(got || dies, "the target was alive all the time");
    }
    assert_eq!(m.cell.freed(), dies as u32);
}

fn explore(m: Option<Mistake>) {
    crate::explore(None, move || run(false, 1, m));
    crate::explore(None, move || run(true, 1, m));
    crate::explore(Some(3), move || run(true, 2, m));
}

crate::prove!(explore, [ClearedLate, NotReread, NotShown, ShownByFinder, UpgradedBlindly, TakenRelaxed, FreedWhileSeen]);
