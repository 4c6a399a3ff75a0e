//! The confirmation of garbage (gc/snapshot.rs) against a mutator that holds the cell all the while, counted or not, moves references to it about without
//! counting, or gets at it through a weak reference.
//!
//! One cell with two slots that may refer to the cell itself, and a slot of something outside. The collector records its count and slots while the mutator
//! runs, takes it for garbage if its slots hold all that is counted, compares once more in a stop, and frees it. A stop is a mutex that the
//! mutator holds from one safepoint to the next.

use loom::cell::UnsafeCell;
use loom::sync::Mutex;
use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use loom::thread;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mistake {
    /// The stop does not compare counts.
    CountNotCompared,
    /// The stop does not compare references.
    ReferencesNotCompared,
    /// Nobody is stopped for the comparison.
    NotStopped,
    /// Registers that do not count are not looked through.
    RegistersIgnored,
    /// Weak references refuse only after the stop.
    HiddenLate,
}
use Mistake::*;

/// What the mutator does.
#[derive(Clone, Copy, PartialEq)]
enum Deed {
    /// Takes a counted reference, then moves the one from outside into the cell.
    MoveInside,
    /// Holds a counted reference, and moves another one from slot to slot.
    MoveAbout,
    /// Holds the cell uncounted (it is deferred) while the reference from outside is dropped.
    Uncounted,
    /// Upgrades a weak reference to garbage.
    Upgrade,
}

struct Model {
    count: AtomicU32,
    slots: [AtomicBool; 2],
    outside: AtomicBool,
    register: AtomicBool,
    hidden: AtomicBool,
    world: Mutex<()>,
    payload: UnsafeCell<bool>,
    mistake: Option<Mistake>,
}
// SAFETY: loom checks the accesses.
unsafe impl Sync for Model {}

impl Model {
    fn is(&self, m: Mistake) -> bool {
        self.mistake == Some(m)
    }

    /// Uses the cell, which the caller holds.
    fn touch(&self) {
        // SAFETY: read only; loom looks for writers.
        self.payload.with(|p| assert!(unsafe { *p }, "used after it was freed"));
    }

    fn read(&self) -> (u32, [bool; 2]) {
        let count = self.count.load(Ordering::Relaxed);
        (count, [self.slots[0].load(Ordering::Relaxed), self.slots[1].load(Ordering::Relaxed)])
    }

    fn collector(&self) {
        let (count, slots) = self.read();
        if count != slots.iter().map(|s| u32::from(*s)).sum::<u32>() {
            return;
        }
        let same = |m: &Model| {
            let now = m.read();
            (now.0 == count || m.is(CountNotCompared))
                && (now.1 == slots || m.is(ReferencesNotCompared))
                && (!m.register.load(Ordering::Relaxed) || m.is(RegistersIgnored))
        };
        if self.is(NotStopped) {
            if !same(self) {
                return;
            }
            self.hidden.store(true, Ordering::Release);
        } else {
            let _stopped = self.world.lock().unwrap();
            if !same(self) {
                return;
            }
            if !self.is(HiddenLate) {
                self.hidden.store(true, Ordering::Release);
            }
        }
        self.hidden.store(true, Ordering::Release);
        // SAFETY: nobody else has the cell; loom checks that.
        self.payload.with_mut(|p| unsafe { *p = false });
    }

    /// Safepoint: what the mutator does before and after is in two stretches.
    fn stretch<R>(&self, f: impl FnOnce() -> R) -> R {
        let _running = self.world.lock().unwrap();
        f()
    }

    fn shift(&self, from: usize, to: usize) {
        self.slots[from].store(false, Ordering::Release);
        self.slots[to].store(true, Ordering::Release);
    }

    fn mutator(&self, deed: Deed) {
        match deed {
            Deed::MoveInside => {
                self.stretch(|| {
                    self.count.fetch_add(1, Ordering::Relaxed);
                    self.outside.store(false, Ordering::Release);
                    self.slots[0].store(true, Ordering::Release);
                });
                self.stretch(|| self.touch());
            }
            Deed::MoveAbout => {
                self.stretch(|| self.shift(0, 1));
                self.stretch(|| {
                    self.shift(1, 0);
                    self.shift(0, 1);
                    self.touch();
                });
            }
            Deed::Uncounted => {
                self.stretch(|| {
                    self.register.store(true, Ordering::Relaxed);
                    self.outside.store(false, Ordering::Release);
                    self.count.fetch_sub(1, Ordering::AcqRel);
                });
                self.stretch(|| {
                    self.touch();
                    self.register.store(false, Ordering::Relaxed);
                });
            }
            Deed::Upgrade => {
                let got = self.stretch(|| {
                    let got = !self.hidden.load(Ordering::Acquire);
                    if got {
                        self.count.fetch_add(1, Ordering::AcqRel);
                    }
                    got
                });
                if got {
                    self.stretch(|| self.touch());
                }
            }
        }
    }
}

fn run(mistake: Option<Mistake>) {
    for deed in [Deed::MoveInside, Deed::MoveAbout, Deed::Uncounted, Deed::Upgrade] {
        crate::explore(Some(4), move || {
            // Slots, outside, registers: what is counted.
            let (count, slots) = match deed {
                Deed::MoveInside => (1, [false, false]),
                Deed::MoveAbout => (2, [true, false]),
                Deed::Uncounted => (2, [true, false]),
                Deed::Upgrade => (1, [true, false]),
            };
            let m = Arc::new(Model {
                count: AtomicU32::new(count),
                slots: slots.map(AtomicBool::new),
                outside: AtomicBool::new(matches!(deed, Deed::MoveInside | Deed::Uncounted)),
                register: AtomicBool::new(false),
                hidden: AtomicBool::new(false),
                world: Mutex::new(()),
                payload: UnsafeCell::new(true),
                mistake,
            });
            let collector = {
                let m = m.clone();
                thread::spawn(move || m.collector())
            };
            m.mutator(deed);
            collector.join().unwrap();
        });
    }
}

crate::prove!(run, [CountNotCompared, ReferencesNotCompared, NotStopped, RegistersIgnored, HiddenLate]);
