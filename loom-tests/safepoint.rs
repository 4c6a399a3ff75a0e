//! Attach, detach, claim, stop, handshake (sync/threads.rs, sync/safepoint.rs): the state word of a slot against its
//! four actors.
//!
//! A slot's `cells` stand for everything that its owner touches while attached, and whoever stops or claims it
//! meanwhile. Loom complains if two do so at once, or if one does not see the other's writes.

use crate::futex::Futex;
use loom::cell::UnsafeCell;
use loom::sync::Mutex;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;
use std::sync::Arc;

const ALIVE: u32 = 1;
const ATTACHED: u32 = 2;
const SUSPENDED: u32 = 4;
const CLAIMED: u32 = 8;
const HANDSHAKE: u32 = 16;
const WAITING: u32 = 32;
const RUNNING: u32 = ALIVE | ATTACHED;

const STOP: u32 = 1;
const ASKED: u32 = 2;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mistake {
    AttachRelaxed,
    DetachRelaxed,
    ResumeRelaxed,
    /// `attach` sets ATTACHED whatever else is set.
    AttachBlindly,
    /// `detach` clears ATTACHED without answering the stopper.
    DetachSilently,
    /// The stopper decides by a load whether it must wait, and sets SUSPENDED afterwards.
    LookThenSuspend,
    /// The owner looks at `state` before it clears the poll bit.
    LookThenClear,
    /// Resuming wakes nobody.
    ResumeSilently,
    /// A slot born during a stop is not SUSPENDED.
    BornFree,
    /// Who waits for the coordinator stays attached.
    WaitAttached,
    /// A claim does not look at ATTACHED.
    ClaimAttached,
    /// A claim does not look at CLAIMED.
    ClaimTwice,
    ClaimRelaxed,
    /// `detach` does not run the posted function.
    DetachUnasked,
    /// The requester runs the function for a detached slot without claiming it.
    AnswerForOthersUnclaimed,
}
use Mistake::*;

struct Slot {
    state: AtomicU32,
    poll: AtomicU32,
    sleep: Futex,
    cells: UnsafeCell<u32>,
    answers: AtomicU32,
}

impl Slot {
    fn new(state: u32) -> Self {
        Slot {
            state: AtomicU32::new(state),
            poll: AtomicU32::new(0),
            sleep: Futex::new(),
            cells: UnsafeCell::new(0),
            answers: AtomicU32::new(0),
        }
    }

    fn touch(&self) {
        // SAFETY: loom checks.
        self.cells.with_mut(|p| unsafe { *p += 1 });
    }
}

/// A count that a requester sleeps on.
struct Counter(AtomicU32, Futex);

impl Counter {
    fn down(&self) {
        if self.0.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.1.wake();
        }
    }

    fn sleep_until_zero(&self) {
        loop {
            match self.0.load(Ordering::Acquire) {
                0 => return,
                n => self.1.wait(&self.0, n),
            }
        }
    }
}

/// As sync/mutex.rs: 0 free, 1 held, 2 held and somebody sleeps. (Loom's own mutex blocks a thread in `try_lock`.)
struct Coordinator(AtomicU32, Futex);

impl Coordinator {
    fn try_lock(&self) -> bool {
        self.0.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    fn lock(&self) {
        while self.0.swap(2, Ordering::Acquire) != 0 {
            self.1.wait(&self.0, 2);
        }
    }

    fn unlock(&self) {
        if self.0.swap(0, Ordering::Release) == 2 {
            self.1.wake();
        }
    }
}

struct World {
    /// The last one is only born in the course of events, if `late`.
    slots: [Slot; 2],
    late: bool,
    /// The registry lock: is a stop under way, and is the last slot there yet?
    registry: Mutex<(bool, bool)>,
    coordinator: Coordinator,
    to_stop: Counter,
    to_answer: Counter,
    mistake: Option<Mistake>,
}

impl World {
    fn new(late: bool, mistake: Option<Mistake>) -> Arc<World> {
        Arc::new(World {
            slots: [Slot::new(ALIVE), Slot::new(if late { 0 } else { ALIVE })],
            late,
            registry: Mutex::new((false, !late)),
            coordinator: Coordinator(AtomicU32::new(0), Futex::new()),
            to_stop: Counter(AtomicU32::new(0), Futex::new()),
            to_answer: Counter(AtomicU32::new(0), Futex::new()),
            mistake,
        })
    }

    fn is(&self, m: Mistake) -> bool {
        self.mistake == Some(m)
    }

    fn unless(&self, m: Mistake, o: Ordering) -> Ordering {
        if self.is(m) { Ordering::Relaxed } else { o }
    }

    fn attach(&self, s: &Slot) {
        let acquire = self.unless(AttachRelaxed, Ordering::Acquire);
        if self.is(AttachBlindly) {
            s.state.fetch_or(ATTACHED, acquire);
            return;
        }
        if s.state.compare_exchange(ALIVE, RUNNING, acquire, Ordering::Relaxed).is_ok() {
            return;
        }
        loop {
            let state = s.state.load(Ordering::Relaxed);
            if state & (SUSPENDED | CLAIMED) == 0 {
                if s.state.compare_exchange(state, RUNNING, acquire, Ordering::Relaxed).is_ok() {
                    return;
                }
            } else if state & WAITING != 0 || s.state.compare_exchange(state, state | WAITING, Ordering::Relaxed, Ordering::Relaxed).is_ok()
            {
                s.sleep.wait(&s.state, state | WAITING);
            }
        }
    }

    fn detach(&self, s: &Slot) {
        let release = self.unless(DetachRelaxed, Ordering::Release);
        if s.state.compare_exchange(RUNNING, ALIVE, release, Ordering::Relaxed).is_ok() {
            return;
        }
        loop {
            let state = s.state.load(Ordering::Relaxed);
            if state & HANDSHAKE != 0 && !self.is(DetachUnasked) {
                self.answer(s);
            } else if s.state.compare_exchange(state, state & !ATTACHED, release, Ordering::Relaxed).is_ok() {
                if state & SUSPENDED != 0 && !self.is(DetachSilently) {
                    self.to_stop.down();
                }
                return;
            }
        }
    }

    fn safepoint(&self, s: &Slot) {
        let early = s.state.load(Ordering::Acquire);
        let bits = s.poll.fetch_and(!(STOP | ASKED), Ordering::Acquire);
        if bits & ASKED != 0 {
            self.answer(s);
        }
        let state = if self.is(LookThenClear) { early } else { s.state.load(Ordering::Acquire) };
        if bits & STOP != 0 && state & SUSPENDED != 0 {
            self.detach(s);
            self.attach(s);
        }
    }

    fn take_coordinator(&self, me: &Slot) {
        if self.coordinator.try_lock() {
            return;
        }
        if self.is(WaitAttached) {
            return self.coordinator.lock();
        }
        self.detach(me);
        self.coordinator.lock();
        self.attach(me);
    }

    /// Stops the others, touches their cells, and resumes.
    fn stop(&self, me: &Slot) {
        self.take_coordinator(me);
        let others = || self.slots.iter().filter(|s| !std::ptr::eq(*s, me));
        {
            let mut registry = self.registry.lock().unwrap();
            registry.0 = true;
            for s in others().take(if registry.1 { 2 } else { 0 }) {
                self.to_stop.0.fetch_add(1, Ordering::Relaxed);
                let was = if self.is(LookThenSuspend) {
                    let was = s.state.load(Ordering::Acquire);
                    s.state.fetch_or(SUSPENDED, Ordering::AcqRel);
                    was
                } else {
                    s.state.fetch_or(SUSPENDED, Ordering::AcqRel)
                };
                if was & ATTACHED != 0 {
                    s.poll.fetch_or(STOP, Ordering::Release);
                } else {
                    self.to_stop.0.fetch_sub(1, Ordering::Relaxed);
                }
            }
        }
        self.to_stop.sleep_until_zero();
        others().for_each(Slot::touch);
        {
            let mut registry = self.registry.lock().unwrap();
            registry.0 = false;
            for s in others().take(if registry.1 { 2 } else { 0 }) {
                self.let_go(s, SUSPENDED, self.unless(ResumeRelaxed, Ordering::Release));
            }
        }
        self.coordinator.unlock();
    }

    fn let_go(&self, s: &Slot, bit: u32, release: Ordering) {
        let was = s.state.fetch_and(!bit, release);
        if was & WAITING != 0 && was & (SUSPENDED | CLAIMED) == bit && !self.is(ResumeSilently) {
            s.sleep.wake();
        }
    }

    fn birth(&self, s: &Slot) {
        let mut registry = self.registry.lock().unwrap();
        registry.1 = true;
        if registry.0 && !self.is(BornFree) {
            s.state.fetch_or(SUSPENDED, Ordering::AcqRel);
        }
        s.state.fetch_or(ALIVE, Ordering::AcqRel);
    }

    fn claim(&self, s: &Slot) -> bool {
        let acquire = self.unless(ClaimRelaxed, Ordering::Acquire);
        let mut hinder = ATTACHED | CLAIMED;
        if self.is(ClaimAttached) {
            hinder &= !ATTACHED;
        }
        if self.is(ClaimTwice) {
            hinder &= !CLAIMED;
        }
        let mut state = s.state.load(Ordering::Relaxed);
        while state & hinder == 0 {
            match s.state.compare_exchange(state, state | CLAIMED, acquire, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// The posted function.
    fn posted(&self, s: &Slot) {
        s.touch();
        s.answers.fetch_add(1, Ordering::Relaxed);
    }

    fn answer(&self, s: &Slot) {
        if s.state.fetch_and(!HANDSHAKE, Ordering::AcqRel) & HANDSHAKE != 0 {
            self.posted(s);
            self.to_answer.down();
        }
    }

    fn ask(&self, s: &Slot) -> bool {
        self.to_answer.0.fetch_add(1, Ordering::Relaxed);
        let mut state = s.state.load(Ordering::Relaxed);
        while state & ATTACHED != 0 {
            match s.state.compare_exchange(state, state | HANDSHAKE, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => {
                    s.poll.fetch_or(ASKED, Ordering::Release);
                    return true;
                }
                Err(now) => state = now,
            }
        }
        self.to_answer.0.fetch_sub(1, Ordering::Relaxed);
        false
    }

    fn handshake(&self, me: &Slot, other: &Slot) {
        self.take_coordinator(me);
        loop {
            if self.ask(other) {
                break;
            }
            if self.is(AnswerForOthersUnclaimed) {
                self.posted(other);
                break;
            }
            if self.claim(other) {
                self.posted(other);
                self.let_go(other, CLAIMED, Ordering::Release);
                break;
            }
            thread::yield_now();
        }
        self.posted(me);
        self.to_answer.sleep_until_zero();
        self.coordinator.unlock();
    }
}

/// A worker, which may be born late, against a stopper.
fn one_stop(late: bool, m: Option<Mistake>) {
    let w = World::new(late, m);
    let w2 = w.clone();
    let worker = thread::spawn(move || {
        let s = &w2.slots[1];
        if w2.late {
            w2.birth(s);
        }
        w2.attach(s);
        s.touch();
        w2.safepoint(s);
        s.touch();
        w2.detach(s);
    });
    w.attach(&w.slots[0]);
    w.stop(&w.slots[0]);
    w.detach(&w.slots[0]);
    worker.join().unwrap();
}

/// A worker that does nothing but come to safepoints until it has been stopped.
fn patient_worker(m: Option<Mistake>) {
    let w = World::new(false, m);
    let done = Arc::new(AtomicU32::new(0));
    let (w2, done2) = (w.clone(), done.clone());
    let worker = thread::spawn(move || {
        let s = &w2.slots[1];
        w2.attach(s);
        while done2.load(Ordering::Relaxed) == 0 {
            s.touch();
            w2.safepoint(s);
            thread::yield_now();
        }
        w2.detach(s);
    });
    w.attach(&w.slots[0]);
    for _ in 0..2 {
        w.stop(&w.slots[0]);
    }
    w.detach(&w.slots[0]);
    done.store(1, Ordering::Relaxed);
    worker.join().unwrap();
}

/// Each wants to stop the other.
fn two_stoppers(m: Option<Mistake>) {
    let w = World::new(false, m);
    let w2 = w.clone();
    let run = |w: &World, i: usize| {
        let s = &w.slots[i];
        w.attach(s);
        s.touch();
        w.stop(s);
        s.touch();
        w.detach(s);
    };
    let other = thread::spawn(move || run(&w2, 1));
    run(&w, 0);
    other.join().unwrap();
}

/// An owner that comes and goes, and two threads that stand in for it when they can.
fn claims(m: Option<Mistake>) {
    let w = World::new(false, m);
    let stand_in = |w: &World| {
        let s = &w.slots[1];
        if w.claim(s) {
            s.touch();
            w.let_go(s, CLAIMED, Ordering::Release);
        }
    };
    let (w2, w3) = (w.clone(), w.clone());
    let a = thread::spawn(move || {
        let s = &w2.slots[1];
        w2.attach(s);
        s.touch();
        w2.detach(s);
    });
    let b = thread::spawn(move || stand_in(&w3));
    stand_in(&w);
    a.join().unwrap();
    b.join().unwrap();
}

/// A handshake with an owner that comes and goes.
fn handshake(m: Option<Mistake>) {
    let w = World::new(false, m);
    let w2 = w.clone();
    let other = thread::spawn(move || {
        let s = &w2.slots[1];
        w2.attach(s);
        s.touch();
        w2.safepoint(s);
        s.touch();
        w2.detach(s);
    });
    w.attach(&w.slots[0]);
    w.handshake(&w.slots[0], &w.slots[1]);
    w.detach(&w.slots[0]);
    other.join().unwrap();
    for s in &w.slots {
        assert_eq!(s.answers.load(Ordering::Relaxed), 1);
    }
}

fn explore(m: Option<Mistake>) {
    crate::explore(None, move || one_stop(false, m));
    crate::explore(None, move || one_stop(true, m));
    crate::explore(None, move || handshake(m));
    crate::explore(Some(3), move || claims(m));
    crate::explore(Some(3), move || two_stoppers(m));
    crate::explore(Some(3), move || patient_worker(m));
}

crate::prove!(
    explore,
    [
        AttachRelaxed,
        DetachRelaxed,
        ResumeRelaxed,
        AttachBlindly,
        DetachSilently,
        LookThenSuspend,
        LookThenClear,
        ResumeSilently,
        BornFree,
        WaitAttached,
        ClaimAttached,
        ClaimTwice,
        ClaimRelaxed,
        DetachUnasked,
        AnswerForOthersUnclaimed,
    ]
);
