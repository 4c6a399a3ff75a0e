//! Deferred frees (sync/qsbr.rs): a reader that follows a pointer, a writer that replaces it and frees the old thing
//! after the grace period, and somebody else who advances the sequence for reasons of his own.

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use loom::thread;
use std::sync::Arc;

const ATTACHED: u32 = 2;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mistake {
    /// The goal is the present sequence, not the next.
    GoalAlreadyReached,
    /// The goal is the next number, but it is left to others to advance to it.
    GoalReachedByOthers,
    /// The writer looks at `state` by a plain load.
    DetachedByLoad,
    /// Slots that are attached and lag are not waited for.
    LaggardsIgnored,
    SeqStoredRelaxed,
    SeqLoadedRelaxed,
    WrittenLoadedRelaxed,
    DetachRelaxed,
    AttachRelaxed,
    /// The reader keeps its pointer across a quiescent state.
    KeptAcross,
    /// The item is retired before it is unlinked.
    RetiredEarly,
}
use Mistake::*;

struct Model {
    written: AtomicUsize,
    state: AtomicU32,
    seq: AtomicUsize,
    /// Which of the two things is the current one.
    current: AtomicUsize,
    things: [UnsafeCell<u32>; 2],
    mistake: Option<Mistake>,
}

impl Model {
    fn unless(&self, m: Mistake, o: Ordering) -> Ordering {
        if self.mistake == Some(m) { Ordering::Relaxed } else { o }
    }

    fn quiescent(&self) {
        let seen = self.written.load(self.unless(WrittenLoadedRelaxed, Ordering::Acquire));
        self.seq.store(seen, self.unless(SeqStoredRelaxed, Ordering::Release));
    }

    fn attach(&self) {
        self.state.compare_exchange(0, ATTACHED, self.unless(AttachRelaxed, Ordering::Acquire), Ordering::Relaxed).unwrap();
        self.quiescent();
    }

    fn detach(&self) {
        self.state.compare_exchange(ATTACHED, 0, self.unless(DetachRelaxed, Ordering::Release), Ordering::Relaxed).unwrap();
    }

    fn read(&self) -> usize {
        let i = self.current.load(Ordering::Acquire);
        self.look(i);
        i
    }

    fn look(&self, i: usize) {
        // SAFETY: loom checks.
        assert_eq!(self.things[i].with(|p| unsafe { *p }), 7);
    }

    fn reader(&self) {
        self.attach();
        let i = self.read();
        self.quiescent();
        if self.mistake == Some(KeptAcross) {
            self.look(i);
        } else {
            self.read();
        }
        self.detach();
    }

    fn advance(&self) -> usize {
        self.written.fetch_add(1, Ordering::AcqRel) + 1
    }

    fn retire(&self) -> usize {
        match self.mistake {
            Some(GoalAlreadyReached) => self.written.load(Ordering::Acquire),
            Some(GoalReachedByOthers) => self.written.load(Ordering::Acquire) + 1,
            _ => self.advance(),
        }
    }

    fn writer(&self) {
        let goal = if self.mistake == Some(RetiredEarly) {
            let goal = self.retire();
            self.current.store(1, Ordering::Release);
            goal
        } else {
            self.current.store(1, Ordering::Release);
            self.retire()
        };
        let seen = self.seq.load(self.unless(SeqLoadedRelaxed, Ordering::Acquire)) >= goal;
        let absent = || {
            let state = match self.mistake {
                Some(DetachedByLoad) => self.state.load(Ordering::Acquire),
                _ => self.state.fetch_or(0, Ordering::AcqRel),
            };
            state & ATTACHED == 0
        };
        if seen || absent() || self.mistake == Some(LaggardsIgnored) {
            // SAFETY: loom checks. This is the free.
            self.things[0].with_mut(|p| unsafe { *p = 0xdead });
        }
    }
}

fn run(mistake: Option<Mistake>) {
    let m = Arc::new(Model {
        written: AtomicUsize::new(1),
        state: AtomicU32::new(0),
        seq: AtomicUsize::new(0),
        current: AtomicUsize::new(0),
        things: [UnsafeCell::new(7), UnsafeCell::new(7)],
        mistake,
    });
    let (m2, m3) = (m.clone(), m.clone());
    let reader = thread::spawn(move || m2.reader());
    let other = thread::spawn(move || {
        m3.advance();
    });
    m.writer();
    reader.join().unwrap();
    other.join().unwrap();
}

fn explore(m: Option<Mistake>) {
    crate::explore(Some(3), move || run(m));
}

crate::prove!(
    explore,
    [
        GoalAlreadyReached,
        GoalReachedByOthers,
        DetachedByLoad,
        LaggardsIgnored,
        SeqStoredRelaxed,
        SeqLoadedRelaxed,
        WrittenLoadedRelaxed,
        DetachRelaxed,
        AttachRelaxed,
        KeptAcross,
        RetiredEarly,
    ]
);
