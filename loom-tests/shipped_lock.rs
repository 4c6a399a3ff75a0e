//! sync/lock.rs itself, over loom: the stand-ins for the modules that it uses, and what must hold.

use crate::lock;
use loom::cell::UnsafeCell;
use loom::thread;
use std::sync::Arc;

pub mod prim {
    pub use loom::hint::spin_loop;
    pub use loom::sync::atomic::{AtomicU8, AtomicU32, Ordering};
    pub const SPIN_ROUNDS: u32 = 0;
}

pub mod threads {
    use super::prim::AtomicU32;
    use loom::sync::atomic::AtomicUsize;

    pub const READING: u32 = 1;

    /// The part of a slot that the lock touches; the model's threads have none.
    pub struct Slot {
        pub reading: AtomicU32,
        pub waits_for: AtomicUsize,
    }

    pub fn current() -> Option<&'static Slot> {
        None
    }

    pub fn while_detached<R>(f: impl FnOnce() -> R) -> R {
        f()
    }
}

pub mod event {
    #[derive(PartialEq, Debug)]
    pub enum Waited {
        Done,
        TimedOut,
        Interrupted,
    }
}

/// Parking as sync/park.rs promises it, with one bucket. A deadline means that the parker gives up whenever loom likes.
pub mod park {
    use loom::sync::Mutex;
    use loom::sync::atomic::{AtomicUsize, Ordering};
    use loom::thread;
    use std::collections::VecDeque;
    use std::sync::Arc;

    pub enum ParkResult {
        Unparked(usize),
        Invalid,
        TimedOut,
        #[allow(dead_code)]
        Interrupted,
    }

    pub struct UnparkResult {
        pub unparked: bool,
        pub more_waiters: bool,
        pub be_fair: bool,
    }

    struct Node {
        thread: thread::Thread,
        /// 0 while asleep, token + 1 afterwards.
        token: AtomicUsize,
    }

    loom::lazy_static! {
        static ref QUEUE: Mutex<VecDeque<Arc<Node>>> = Mutex::new(VecDeque::new());
        static ref TURN: AtomicUsize = AtomicUsize::new(0);
    }

    pub fn park_until(_addr: usize, validate: impl FnOnce() -> bool, deadline: Option<u64>, _interruptible: bool) -> ParkResult {
        let node = Arc::new(Node { thread: thread::current(), token: AtomicUsize::new(0) });
        {
            let mut queue = QUEUE.lock().unwrap();
            if !validate() {
                return ParkResult::Invalid;
            }
            queue.push_back(node.clone());
        }
        loop {
            match node.token.load(Ordering::Acquire) {
                0 if deadline.is_some() => {
                    let mut queue = QUEUE.lock().unwrap();
                    if let Some(i) = queue.iter().position(|n| Arc::ptr_eq(n, &node)) {
                        queue.remove(i);
                        return ParkResult::TimedOut;
                    }
                }
                0 => thread::park(),
                n => return ParkResult::Unparked(n - 1),
            }
        }
    }

    pub fn unpark_one(_addr: usize, callback: impl FnOnce(UnparkResult) -> usize) {
        let mut queue = QUEUE.lock().unwrap();
        let node = queue.pop_front();
        // Fair every other time.
        let be_fair = node.is_some() && TURN.fetch_add(1, Ordering::Relaxed) & 1 == 0;
        let token = callback(UnparkResult { unparked: node.is_some(), more_waiters: !queue.is_empty(), be_fair });
        if let Some(node) = node {
            node.token.store(token + 1, Ordering::Release);
            drop(queue);
            node.thread.unpark();
        }
    }
}

struct Model {
    byte: prim::AtomicU8,
    data: UnsafeCell<u32>,
}

impl Model {
    fn locked(&self) {
        // SAFETY: loom checks that accesses do not overlap.
        self.data.with_mut(|p| unsafe { *p += 1 });
        lock::unlock(&self.byte);
    }

    fn work(&self) {
        lock::lock(&self.byte);
        self.locked();
    }
}

/// `patient` threads wait as long as it takes, `hasty` ones may give up.
fn run(patient: usize, hasty: usize) {
    const FOREIGN: u8 = 0x40;
    let m = Arc::new(Model { byte: prim::AtomicU8::new(FOREIGN), data: UnsafeCell::new(0) });
    let threads: Vec<_> = (1..patient + hasty)
        .map(|i| {
            let m = m.clone();
            thread::spawn(move || {
                if i < patient {
                    m.work();
                } else if lock::lock_until(&m.byte, Some(1), false) == event::Waited::Done {
                    m.locked();
                }
            })
        })
        .collect();
    m.work();
    for t in threads {
        t.join().unwrap();
    }
    assert!(!lock::is_locked(&m.byte));
    assert_eq!(m.byte.load(prim::Ordering::Relaxed), FOREIGN);
    // SAFETY: all are done.
    assert!(m.data.with(|p| unsafe { *p }) >= patient as u32);
}

#[test]
fn holds() {
    crate::explore(None, || run(2, 0));
    crate::explore(None, || run(1, 1));
    crate::explore(Some(2), || run(3, 0));
    crate::explore(Some(2), || run(2, 1));
}
