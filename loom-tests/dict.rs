//! Looking up in a dict without a lock while another thread inserts, deletes and resizes; and reading through a
//! cached index.
//!
//! Key 9 is there all the time. Key 1 is deleted, key 2 inserted; what a reader may see of them is the value or
//! nothing, never each other's.

use loom::cell::UnsafeCell;
use loom::sync::Mutex;
use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use loom::thread;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mistake {
    /// A deleted key's entry is used for the next key.
    EntryReused,
    /// A new table is published before it is filled.
    PublishedEarly,
    PublishedRelaxed,
    /// The old table is freed without a grace period.
    FreedAtOnce,
    /// The new table has the old one's keys version, though entries have moved.
    VersionKept,
    /// The keys version is in the dict, beside the table pointer.
    VersionBeside,
}
use Mistake::*;

struct Entry {
    key: AtomicUsize,
    /// 0: deleted, or not there yet.
    value: AtomicUsize,
}

struct Table {
    version: AtomicU32,
    entries: Vec<Entry>,
    memory: UnsafeCell<()>,
}

impl Table {
    fn new(version: u32, entries: &[(usize, usize)]) -> Self {
        let entries = entries.iter().map(|&(k, v)| Entry { key: AtomicUsize::new(k), value: AtomicUsize::new(v) }).collect();
        Table { version: AtomicU32::new(version), entries, memory: UnsafeCell::new(()) }
    }
}

struct Dict {
    table: AtomicUsize,
    /// Used by one of the mistakes only.
    version: AtomicU32,
    tables: [Table; 2],
    stretch: Mutex<()>,
    lock: Mutex<()>,
    mistake: Option<Mistake>,
}

impl Dict {
    fn lookup(&self, key: usize) -> Option<usize> {
        let _stretch = self.stretch.lock().unwrap();
        let table = &self.tables[self.table.load(Ordering::Acquire)];
        table.memory.with(|_| ());
        let entry = table.entries.iter().find(|e| e.key.load(Ordering::Acquire) == key)?;
        Some(entry.value.load(Ordering::Acquire)).filter(|&v| v != 0)
    }

    /// Key 1 by an inline cache that was filled when the keys version was 5: it is entry 1.
    fn cached(&self) -> Option<usize> {
        let _stretch = self.stretch.lock().unwrap();
        let beside = self.version.load(Ordering::Acquire);
        let table = &self.tables[self.table.load(Ordering::Acquire)];
        table.memory.with(|_| ());
        let version = if self.mistake == Some(VersionBeside) { beside } else { table.version.load(Ordering::Acquire) };
        if version != 5 {
            return None;
        }
        Some(table.entries[1].value.load(Ordering::Acquire)).filter(|&v| v != 0)
    }

    fn delete(&self) {
        let _guard = self.lock.lock().unwrap();
        self.tables[0].version.store(6, Ordering::Release);
        self.tables[0].entries[1].value.store(0, Ordering::Release);
    }

    fn insert(&self) {
        let _guard = self.lock.lock().unwrap();
        if self.mistake == Some(EntryReused) {
            self.tables[0].entries[1].key.store(2, Ordering::Release);
            self.tables[0].entries[1].value.store(20, Ordering::Release);
            return;
        }
        let new = &self.tables[1];
        let publish = if self.mistake == Some(PublishedRelaxed) { Ordering::Relaxed } else { Ordering::Release };
        if self.mistake == Some(PublishedEarly) {
            self.table.store(1, publish);
        }
        new.version.store(if self.mistake == Some(VersionKept) { 5 } else { 7 }, Ordering::Relaxed);
        for (entry, (k, v)) in new.entries.iter().zip([(9, 90), (2, 20)]) {
            entry.key.store(k, Ordering::Relaxed);
            entry.value.store(v, Ordering::Relaxed);
        }
        self.table.store(1, publish);
        self.version.store(7, Ordering::Release);
        if self.mistake != Some(FreedAtOnce) {
            drop(self.stretch.lock().unwrap());
        }
        self.tables[0].memory.with_mut(|_| ());
    }
}

fn run(deletes: bool, check: impl Fn(&Dict), mistake: Option<Mistake>) {
    let d = Arc::new(Dict {
        table: AtomicUsize::new(0),
        version: AtomicU32::new(5),
        tables: [Table::new(5, &[(9, 90), (1, 10)]), Table::new(0, &[(0, 0), (0, 0), (0, 0)])],
        stretch: Mutex::new(()),
        lock: Mutex::new(()),
        mistake,
    });
    let d2 = d.clone();
    let t = thread::spawn(move || {
        if deletes {
            d2.delete();
        }
        d2.insert();
    });
    check(&d);
    t.join().unwrap();
}

fn explore(m: Option<Mistake>) {
    crate::explore(None, move || run(true, |d| assert_eq!(d.lookup(9), Some(90)), m));
    crate::explore(None, move || run(true, |d| assert!(matches!(d.lookup(1), None | Some(10))), m));
    crate::explore(None, move || run(true, |d| assert!(matches!(d.lookup(2), None | Some(20))), m));
    crate::explore(None, move || run(true, |d| assert!(matches!(d.cached(), None | Some(10))), m));
}

crate::prove!(explore, [EntryReused, PublishedEarly, PublishedRelaxed, FreedAtOnce, VersionKept, VersionBeside]);
