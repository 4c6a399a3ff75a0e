//! A lookup in a dict that compares keys by Python code (`Dict::find_slow`): it finds an entry's index without a lock, and takes the value later under
//! the lock if the number of changes is still the same.
//!
//! Key 9 is there all the time: entry 1 of the old table, whose entry 0 is deleted, and entry 0 of the new one. The writer counts a change, then
//! replaces the table, under the lock. `byte` is the lock as others see it.

use loom::sync::Mutex;
use loom::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering};
use loom::thread;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mistake {
    /// The number of a writer who is still at work is taken for that of the table that is there.
    LockNotAsked,
    /// The table is looked at before the number.
    TableFirst,
    /// The number is not compared under the lock.
    NotCompared,
    /// The writer's number does not release its lock, nor does reading it acquire.
    CountRelaxed,
    /// That the lock is free is read without acquiring what was done under it.
    ByteRelaxed,
}
use Mistake::*;

struct Dict {
    lock: Mutex<()>,
    byte: AtomicU8,
    changes: AtomicU32,
    table: AtomicUsize,
    /// Keys and values; 0 is nothing.
    tables: [[(AtomicUsize, AtomicUsize); 2]; 2],
    mistake: Option<Mistake>,
}

impl Dict {
    fn is(&self, m: Mistake) -> bool {
        self.mistake == Some(m)
    }

    fn locked<R>(&self, f: impl FnOnce() -> R) -> R {
        let _guard = self.lock.lock().unwrap();
        // What a compare-exchange that takes the lock does.
        self.byte.swap(1, Ordering::Acquire);
        let r = f();
        self.byte.store(0, Ordering::Release);
        r
    }

    fn replace(&self) {
        self.locked(|| {
            let order = if self.is(CountRelaxed) { Ordering::Relaxed } else { Ordering::Release };
            self.changes.store(1, order);
            self.tables[1][0].0.store(9, Ordering::Relaxed);
            self.tables[1][0].1.store(90, Ordering::Relaxed);
            self.table.store(1, Ordering::Release);
        });
    }

    fn settled(&self) -> u32 {
        let acquire = |relaxed| if relaxed { Ordering::Relaxed } else { Ordering::Acquire };
        let changes = self.changes.load(acquire(self.is(CountRelaxed)));
        if self.is(LockNotAsked) || self.byte.load(acquire(self.is(ByteRelaxed))) == 0 {
            return changes;
        }
        self.locked(|| self.changes.load(Ordering::Relaxed))
    }

    /// The value of key 9; `None` when it is to be looked for again.
    fn lookup(&self) -> Option<usize> {
        let early = self.table.load(Ordering::Acquire);
        let changes = self.settled();
        let table = if self.is(TableFirst) { early } else { self.table.load(Ordering::Acquire) };
        if !self.is(TableFirst) && self.changes.load(Ordering::Acquire) != changes {
            return None;
        }
        let i = self.tables[table].iter().position(|(k, _)| k.load(Ordering::Relaxed) == 9)?;
        self.locked(|| {
            let same = self.changes.load(Ordering::Relaxed) == changes || self.is(NotCompared);
            same.then(|| self.tables[self.table.load(Ordering::Relaxed)][i].1.load(Ordering::Relaxed))
        })
    }
}

fn explore(mistake: Option<Mistake>) {
    crate::explore(None, move || {
        let entry = |k, v| (AtomicUsize::new(k), AtomicUsize::new(v));
        let d = Arc::new(Dict {
            lock: Mutex::new(()),
            byte: AtomicU8::new(0),
            changes: AtomicU32::new(0),
            table: AtomicUsize::new(0),
            tables: [[entry(0, 0), entry(9, 90)], [entry(0, 0), entry(0, 0)]],
            mistake,
        });
        let d2 = d.clone();
        let writer = thread::spawn(move || d2.replace());
        assert!(matches!(d.lookup(), None | Some(90)));
        writer.join().unwrap();
        assert_eq!(d.lookup(), Some(90));
    });
}

crate::prove!(explore, [LockNotAsked, TableFirst, NotCompared, CountRelaxed, ByteRelaxed]);
