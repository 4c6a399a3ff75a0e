//! Frames of other threads: a frame object may be read by any thread, its frame belongs to the one that runs it.
//!
//! Actors: the *runner*, which pushes, executes and leaves frames without a word to anybody; a *reader* that has a frame object. A reader whose own
//! frame it is (an address in its own range, or a generator's that it is running) just looks. Any other reader stops the world first: only then the
//! frame object's pointer stays good, and the registers are what an instruction has left behind. A stop is of no use while a thread waits for an
//! object lock in the middle of an instruction, and locks may be held then: the reader lets go and tries again.

use super::frame::{self, Frame, current};
use super::frame_object::{self, FrameObject};
use gc::Value;
use objects::Cx;
use sync::prim::Ordering;

/// How often a reader tries to find everybody between two instructions.
const TRIES: usize = 1000;

/// Runs `f` with the world stopped and every thread between two instructions; `None` when that could not be had. `f` takes no object lock that could
/// be held, drops nothing and runs no Python code.
pub fn stopped<R>(mut f: impl FnMut() -> R) -> Option<R> {
    for _ in 0..TRIES {
        {
            let world = sync::safepoint::stop_the_world();
            if !sync::threads::anyone_reading(&world) {
                return Some(f());
            }
        }
        std::thread::yield_now();
    }
    None
}

/// Whether the calling thread runs the frame, or is alone in the process.
fn is_own(f: *mut Frame) -> bool {
    if !objects::cx::MULTI.load(Ordering::Relaxed) || frame::in_own_range(f) {
        return true;
    }
    let mut own = false;
    objects::init::with_cx(|cx| {
        let mut at = current(cx);
        // SAFETY: the calling thread's own chain.
        unsafe {
            while !at.is_null() && !own {
                own = at == f;
                at = (*at).prev;
            }
        }
    });
    own
}

/// Calls `f` with the frame that the object stands for, or with `None` when it has ended. The frame keeps still meanwhile.
pub fn with_frame<R>(o: &FrameObject, mut f: impl FnMut(Option<*mut Frame>) -> R) -> R {
    let p = o.frame.load(Ordering::Acquire);
    if p.is_null() {
        return f(None);
    }
    if is_own(p) {
        return f(Some(p));
    }
    let look = || {
        let p = o.frame.load(Ordering::Acquire);
        if p.is_null() { None } else { Some(p) }
    };
    match stopped(|| look().map(|p| f(Some(p)))) {
        Some(Some(r)) => r,
        _ => f(None),
    }
}

/// Calls `f` with the frame of a generator that any thread may resume, while none does; `None` when that could not be had.
pub fn keep_still<R>(frame: *mut Frame, mut f: impl FnMut(*mut Frame) -> R) -> Option<R> {
    if is_own(frame) { Some(f(frame)) } else { stopped(|| f(frame)) }
}

/// Every thread's identifier and `of` its context.
fn of_threads(mut of: impl FnMut(&Cx) -> Option<Value>) -> Vec<(u64, Value)> {
    stopped(|| {
        let mut out = Vec::new();
        sync::threads::for_each_slot(|s| {
            let cx: *const Cx = s.ext.load(Ordering::Acquire).cast();
            // SAFETY: a context stays in its slot while it lives, and its thread stands still.
            if let Some(v) = unsafe { cx.as_ref() }.and_then(&mut of) {
                out.push((s.native_handle.load(Ordering::Relaxed), v));
            }
        });
        out
    })
    .unwrap_or_default()
}

/// `sys._current_frames()`: the innermost Python frame of each thread.
pub fn current_frames() -> Vec<(u64, Value)> {
    of_threads(|cx| {
        // SAFETY: a chain of live frames of a thread that stands still.
        unsafe { frame_object::python_frame(current(cx)).and_then(|f| frame_object::object_of(&mut *f)) }
    })
}

/// `sys._current_exceptions()`: what each thread is handling.
pub fn current_exceptions() -> Vec<(u64, Value)> {
    of_threads(|cx| Some(cx.handled.clone()))
}
