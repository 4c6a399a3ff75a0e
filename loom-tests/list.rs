//! Reading a list without a lock while its owner appends, stores and shrinks.
//!
//! Item 10 is a counted cell, the others are immediates. A buffer's `memory` is read by who looks into it and written
//! by who frees it. The grace period is a mutex that the reader holds from one safepoint to the next.

use crate::refcount::{Header, SEEN};
use loom::cell::UnsafeCell;
use loom::sync::Mutex;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mistake {
    /// The index is compared with the length only.
    CapacityUnchecked,
    /// A new buffer is published before it is filled.
    PublishedEarly,
    PublishedRelaxed,
    /// The old buffer is freed without a grace period.
    FreedAtOnce,
    /// After taking a reference only the slot is read again.
    BufferNotReread,
    /// After taking a reference only the buffer pointer is read again.
    SlotNotReread,
    /// What `try_incref` refuses is taken to be absent.
    RefusalIsAbsence,
}
use Mistake::*;

struct Buffer {
    slots: Vec<AtomicUsize>,
    memory: UnsafeCell<()>,
}

impl Buffer {
    fn new(capacity: usize) -> Self {
        Buffer { slots: (0..capacity).map(|_| AtomicUsize::new(0)).collect(), memory: UnsafeCell::new(()) }
    }
}

struct List {
    len: AtomicUsize,
    buffer: AtomicUsize,
    buffers: [Buffer; 3],
    cell: Header,
    /// Held by the reader while it may hold pointers into a buffer.
    stretch: Mutex<()>,
    lock: Mutex<()>,
    mistake: Option<Mistake>,
}

impl List {
    fn new(mistake: Option<Mistake>) -> Arc<List> {
        let list = List {
            len: AtomicUsize::new(1),
            buffer: AtomicUsize::new(0),
            buffers: [Buffer::new(1), Buffer::new(2), Buffer::new(1)],
            cell: Header::new(1, SEEN, 1),
            stretch: Mutex::new(()),
            lock: Mutex::new(()),
            mistake,
        };
        list.buffers[0].slots[0].store(10, Ordering::Relaxed);
        Arc::new(list)
    }

    fn get(&self, i: usize) -> Option<usize> {
        let _stretch = self.stretch.lock().unwrap();
        loop {
            if i >= self.len.load(Ordering::Acquire) {
                return None;
            }
            let at = self.buffer.load(Ordering::Acquire);
            let buffer = &self.buffers[at];
            buffer.memory.with(|_| ());
            if i >= buffer.slots.len() && self.mistake != Some(CapacityUnchecked) {
                continue;
            }
            let item = buffer.slots[i].load(Ordering::Acquire);
            if item != 10 {
                return Some(item);
            }
            if !self.cell.try_incref(None) {
                if self.mistake == Some(RefusalIsAbsence) {
                    return None;
                }
                // It has died, so it is no longer in the slot.
                thread::yield_now();
                continue;
            }
            let same_buffer = self.mistake == Some(BufferNotReread) || self.buffer.load(Ordering::Acquire) == at;
            let same_slot = self.mistake == Some(SlotNotReread) || buffer.slots[i].load(Ordering::Acquire) == item;
            if same_buffer && same_slot {
                assert_eq!(self.cell.identity(), 1);
            }
            self.cell.drop_shared(None);
            if same_buffer && same_slot {
                return Some(item);
            }
        }
    }

    /// Replaces the buffer; `len` items are kept.
    fn resize(&self, to: usize, len: usize) {
        let from = self.buffer.load(Ordering::Relaxed);
        let publish = if self.mistake == Some(PublishedRelaxed) { Ordering::Relaxed } else { Ordering::Release };
        if self.mistake == Some(PublishedEarly) {
            self.buffer.store(to, publish);
        }
        for i in 0..len {
            self.buffers[to].slots[i].store(self.buffers[from].slots[i].load(Ordering::Relaxed), Ordering::Relaxed);
        }
        self.buffer.store(to, publish);
        if self.mistake != Some(FreedAtOnce) {
            drop(self.stretch.lock().unwrap());
        }
        self.buffers[from].memory.with_mut(|_| ());
    }

    fn append(&self, item: usize) {
        let _guard = self.lock.lock().unwrap();
        self.resize(1, 1);
        self.buffers[1].slots[1].store(item, Ordering::Release);
        self.len.store(2, Ordering::Release);
    }

    fn pop(&self) {
        let _guard = self.lock.lock().unwrap();
        self.len.store(1, Ordering::Release);
        self.resize(2, 1);
    }

    fn set(&self, item: usize) {
        {
            let _guard = self.lock.lock().unwrap();
            let at = self.buffer.load(Ordering::Relaxed);
            self.buffers[at].slots[0].store(item, Ordering::Release);
        }
        if self.cell.drop_owned(None) {
            self.cell.free();
            // Born again, as something that is in no list.
            // SAFETY: loom checks.
            self.cell.payload.with_mut(|p| unsafe { *p = 2 });
            self.cell.local.store(1, Ordering::Relaxed);
            self.cell.shared.store(SEEN, Ordering::Release);
        }
    }
}

fn run(writer: impl Fn(&List) + Sync + Send + 'static, check: impl Fn(&List), m: Option<Mistake>) {
    let list = List::new(m);
    let list2 = list.clone();
    let t = thread::spawn(move || writer(&list2));
    check(&list);
    t.join().unwrap();
}

fn explore(m: Option<Mistake>) {
    // The first item is there all the time.
    crate::explore(Some(3), move || {
        run(
            |l| {
                l.append(20);
                l.pop();
            },
            |l| assert_eq!(l.get(0), Some(10)),
            m,
        )
    });
    // The second comes and goes.
    crate::explore(Some(3), move || {
        run(
            |l| {
                l.append(20);
                l.pop();
            },
            |l| assert!(matches!(l.get(1), None | Some(20))),
            m,
        )
    });
    // The first is replaced, and what was there dies.
    crate::explore(None, move || run(|l| l.set(30), |l| assert!(matches!(l.get(0), Some(10 | 30))), m));
    // The same, in a new buffer.
    crate::explore(Some(3), move || {
        run(
            |l| {
                // The grace period would wait for the reader.
                let _guard = l.lock.lock().unwrap();
                l.buffers[1].slots[0].store(10, Ordering::Relaxed);
                l.buffer.store(1, Ordering::Release);
                drop(_guard);
                l.set(30);
            },
            |l| assert!(matches!(l.get(0), Some(10 | 30))),
            m,
        )
    });
}

crate::prove!(
    explore,
    [CapacityUnchecked, PublishedEarly, PublishedRelaxed, FreedAtOnce, BufferNotReread, SlotNotReread, RefusalIsAbsence]
);
