//! The thread that compiles: hot code goes to it, and its native functions appear when they are ready.
//!
//! The thread is not attached: it reads code objects, which a counted reference keeps alive, and touches no other cell. References are given back by
//! attached threads, when they bring new work. A forked child has no such thread and makes its own; the parent waits with the fork until the thread
//! is between two functions, so that the child finds no lock of the allocator held.

use gc::{SendValue, Value};
use objects::types::code::Code;
use std::sync::mpsc::{Receiver, Sender, channel};
use sync::fork::{Helper, add_helper};
use sync::mutex::{Mutex, RawMutex};
use sync::prim::{AtomicPtr, Ordering};

struct Worker {
    process: u32,
    queue: Mutex<Sender<SendValue>>,
    /// Code objects that are done with.
    done: Mutex<Vec<SendValue>>,
    /// Held while a function is compiled.
    busy: RawMutex,
}

static WORKER: AtomicPtr<Worker> = AtomicPtr::new(std::ptr::null_mut());

/// This process's worker, if there is one.
fn current() -> Option<&'static Worker> {
    // SAFETY: workers are never freed.
    unsafe { WORKER.load(Ordering::Acquire).as_ref() }.filter(|w| w.process == std::process::id())
}

fn started() -> Option<&'static Worker> {
    if let Some(w) = current() {
        return Some(w);
    }
    let (sender, receiver) = channel();
    let worker =
        Box::new(Worker { process: std::process::id(), queue: Mutex::new(sender), done: Mutex::new(Vec::new()), busy: RawMutex::new() });
    let old = WORKER.load(Ordering::Acquire);
    let new = Box::into_raw(worker);
    if WORKER.compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire).is_err() {
        // Another thread was faster.
        // SAFETY: nobody else has seen it.
        drop(unsafe { Box::from_raw(new) });
        return current();
    }
    // SAFETY: never freed.
    let worker: &'static Worker = unsafe { &*new };
    if old.is_null() {
        add_helper(Helper { pause, resume });
    }
    let thread = std::thread::Builder::new().name("compiler".into()).stack_size(4 << 20);
    match thread.spawn(move || run(worker, &receiver)) {
        Ok(_) => Some(worker),
        Err(_) => None,
    }
}

fn run(worker: &'static Worker, jobs: &Receiver<SendValue>) {
    // Signals are for the threads of the program.
    // SAFETY: a mask of this thread's own.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &all, std::ptr::null_mut());
    }
    while let Ok(job) = jobs.recv() {
        worker.busy.lock();
        // SAFETY: a code object, which the job keeps alive.
        super::install(unsafe { job.as_ref().cast::<Code>() });
        worker.done.lock().push(job);
        worker.busy.unlock();
    }
}

/// Has a code object compiled. By attached threads.
pub fn submit(code: Value) {
    let Some(worker) = started() else { return };
    let done = std::mem::take(&mut *worker.done.lock());
    drop(done);
    let _ = worker.queue.lock().send(SendValue::new(code));
}

fn pause() {
    if let Some(w) = current() {
        w.busy.lock();
    }
}

fn resume() {
    // A child has none.
    if let Some(w) = current() {
        w.busy.unlock();
    }
}
