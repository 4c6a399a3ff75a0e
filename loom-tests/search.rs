//! The search for garbage beside those who free memory (gc/aside.rs): a walker traverses a cell that a mutator destroys, and whose memory it uses again.
//!
//! What the walker reads of a cell is `payload`, which loom checks for races: destroying does not write to it (buffers go through QSBR, words stay), the next
//! life of the memory does. The count says whether the cell is dead; the type says whether there is a cell.

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use loom::thread;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mistake {
    /// A dead cell is used again at once.
    NotPutAside,
    /// The walker begins before the mutator knows of the search.
    NoHandshake,
    /// The goal is made before the cell's count is zero.
    GoalTooEarly,
    /// The walker does not look at the count.
    DeadTraversed,
    /// The count becomes zero after the payload has been destroyed.
    CountedWhileDestroyed,
    /// The walker's quiescent state does not release its reads.
    SeenRelaxed,
    /// The walker's quiescent state does not acquire the deaths before the goal.
    GoalRelaxed,
    /// Whoever frees does not acquire the walker's quiescent state.
    PassedRelaxed,
    /// The cell's type is published before its payload.
    TypeTooEarly,
    /// The walker reads the type before the count.
    TypeFirst,
    /// The count of the next life is not released.
    BirthRelaxed,
}
use Mistake::*;

struct Model {
    searching: AtomicBool,
    /// The mutator has answered the handshake.
    knows: AtomicBool,
    written: AtomicU32,
    seen: AtomicU32,
    count: AtomicU32,
    type_id: AtomicU32,
    payload: UnsafeCell<u32>,
    mistake: Option<Mistake>,
}
// SAFETY: loom checks the accesses.
unsafe impl Sync for Model {}

impl Model {
    fn is(&self, m: Mistake) -> bool {
        self.mistake == Some(m)
    }

    fn walker(&self) {
        self.searching.store(true, Ordering::Release);
        if !self.is(NoHandshake) {
            while !self.knows.load(Ordering::Acquire) {
                thread::yield_now();
            }
        }
        for _ in 0..2 {
            // A quiescent state.
            let acquire = if self.is(GoalRelaxed) { Ordering::Relaxed } else { Ordering::Acquire };
            let release = if self.is(SeenRelaxed) { Ordering::Relaxed } else { Ordering::Release };
            self.seen.store(self.written.load(acquire), release);
            // A page.
            let early = self.type_id.load(Ordering::Acquire);
            let counted = self.count.load(Ordering::Acquire) != 0 || self.is(DeadTraversed);
            let type_id = if self.is(TypeFirst) { early } else { self.type_id.load(Ordering::Acquire) };
            if counted && type_id != 0 {
                // SAFETY: read only; loom looks for writers.
                self.payload.with(|p| assert_ne!(unsafe { *p }, 0, "a cell without payload"));
            }
        }
        self.seen.store(u32::MAX, Ordering::Release);
    }

    fn goal(&self) -> u32 {
        self.written.fetch_add(1, Ordering::AcqRel) + 1
    }

    fn reuse(&self) {
        self.type_id.store(0, Ordering::Relaxed);
        self.count.store(1, if self.is(BirthRelaxed) { Ordering::Relaxed } else { Ordering::Release });
        if self.is(TypeTooEarly) {
            self.type_id.store(2, Ordering::Release);
        }
        // SAFETY: nobody else is to look at the memory now; loom checks that.
        self.payload.with_mut(|p| unsafe { *p = 2 });
        self.type_id.store(2, Ordering::Release);
    }

    fn mutator(&self) {
        // A safepoint.
        let knows = self.searching.load(Ordering::Acquire);
        if knows {
            self.knows.store(true, Ordering::Release);
        }
        let early = if self.is(GoalTooEarly) { Some(self.goal()) } else { None };
        if !self.is(CountedWhileDestroyed) {
            self.count.store(0, Ordering::Relaxed);
        }
        // What the cell held goes the same way: its memory is there until the walker has passed.
        let child = early.unwrap_or_else(|| self.goal());
        if self.is(CountedWhileDestroyed) {
            // What the cell held may be gone before the walker finds the cell dead: the same as if it still counted then.
            self.wait_and_reuse(child, knows);
            self.count.store(0, Ordering::Relaxed);
        } else {
            self.wait_and_reuse(child, knows);
        }
        self.knows.store(true, Ordering::Release);
    }

    fn wait_and_reuse(&self, goal: u32, knows: bool) {
        if knows && !self.is(NotPutAside) {
            let acquire = if self.is(PassedRelaxed) { Ordering::Relaxed } else { Ordering::Acquire };
            for _ in 0..2 {
                if self.seen.load(acquire) >= goal {
                    return self.reuse();
                }
                thread::yield_now();
            }
        } else {
            self.reuse();
        }
    }
}

fn run(mistake: Option<Mistake>) {
    crate::explore(Some(3), move || {
        let m = Arc::new(Model {
            searching: AtomicBool::new(false),
            knows: AtomicBool::new(false),
            written: AtomicU32::new(1),
            seen: AtomicU32::new(0),
            count: AtomicU32::new(1),
            type_id: AtomicU32::new(1),
            payload: UnsafeCell::new(1),
            mistake,
        });
        let walker = {
            let m = m.clone();
            thread::spawn(move || m.walker())
        };
        m.mutator();
        walker.join().unwrap();
    });
}

crate::prove!(
    run,
    [
        NotPutAside,
        NoHandshake,
        GoalTooEarly,
        DeadTraversed,
        CountedWhileDestroyed,
        SeenRelaxed,
        GoalRelaxed,
        PassedRelaxed,
        TypeTooEarly,
        TypeFirst,
        BirthRelaxed,
    ]
);
