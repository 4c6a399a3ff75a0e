//! A futex as loom can see it: sleeping while a word holds a value, and waking everybody.

use loom::sync::atomic::{AtomicU32, Ordering};
use loom::sync::{Condvar, Mutex};

#[derive(Default)]
pub struct Futex {
    queue: Mutex<()>,
    sleepers: Condvar,
}

impl Futex {
    pub fn new() -> Self {
        Futex { queue: Mutex::new(()), sleepers: Condvar::new() }
    }

    /// As futex(2): the comparison and going to sleep are one step. Wakes for no reason are allowed; this one has none.
    pub fn wait(&self, word: &AtomicU32, expected: u32) {
        let queue = self.queue.lock().unwrap();
        if word.load(Ordering::Relaxed) == expected {
            drop(self.sleepers.wait(queue).unwrap());
        }
    }

    pub fn wake(&self) {
        drop(self.queue.lock().unwrap());
        self.sleepers.notify_all();
    }
}
