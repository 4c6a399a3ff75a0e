//! The collector's own threads: one that searches, which runs no Python code, and one that finalises, which does. Both are started when they are first
//! needed, wait detached, take no signals and do not count as threads of the program. A fork leaves them behind: the child starts its own.

use super::finish;
use super::{Set, search_beside};
use gc::pace::Scope;
use std::cell::RefCell;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

#[derive(Default)]
struct State {
    /// A collection is asked for.
    wanted: Option<usize>,
    /// One is running.
    running: bool,
    searcher: bool,
    finaliser: bool,
    /// The finaliser has something to do.
    ready: bool,
    /// No more work is taken on.
    closed: bool,
    /// Counts forks: threads of before are gone.
    life: u32,
}

static STATE: Mutex<State> =
    Mutex::new(State { wanted: None, running: false, searcher: false, finaliser: false, ready: false, closed: false, life: 0 });
static CHANGED: Condvar = Condvar::new();

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(|e| e.into_inner())
}

/// Has a collection made beside the program; false when there can be no helper.
pub(super) fn collect(scope: Scope) -> bool {
    let mut s = state();
    if s.closed {
        return false;
    }
    if !s.searcher {
        if !start("gc", 2 << 20, search_loop) {
            return false;
        }
        s.searcher = true;
    }
    if !s.running {
        s.wanted = Some(if scope == Scope::Young { 0 } else { 2 });
        CHANGED.notify_all();
    }
    true
}

/// Waits until no collection is running or asked for, or the time is over.
pub(super) fn wait(limit: Duration) {
    let s = state();
    let _ = CHANGED.wait_timeout_while(s, limit, |s| (s.running || s.wanted.is_some()) && !s.closed);
}

/// Whether the helpers take on no more work.
pub(super) fn is_closed() -> bool {
    state().closed
}

/// Tells the finalising thread that there is something to do; false when there can be none.
pub(super) fn wake_finaliser() -> bool {
    let mut s = state();
    if s.closed {
        return false;
    }
    if !s.finaliser {
        if !start("gc-final", 16 << 20, finalise_loop) {
            return false;
        }
        s.finaliser = true;
    }
    s.ready = true;
    CHANGED.notify_all();
    true
}

fn start(name: &str, stack: usize, f: fn()) -> bool {
    let body = move || {
        // Signals are for the program's threads.
        // SAFETY: a local set, and the calling thread's own mask.
        unsafe {
            let mut all: libc::sigset_t = std::mem::zeroed();
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &all, std::ptr::null_mut());
        }
        f();
    };
    std::thread::Builder::new().name(name.into()).stack_size(stack).spawn(body).is_ok()
}

fn search_loop() {
    let Some(slot) = sync::threads::try_attach_new_thread() else { return };
    sync::threads::set_helper(slot);
    gc::local::enter(slot.id);
    sync::threads::detach(slot);
    let life = state().life;
    loop {
        let generation = {
            let mut s = state();
            loop {
                if s.life != life || s.closed {
                    break None;
                }
                if let Some(g) = s.wanted.take() {
                    s.running = true;
                    break Some(g);
                }
                s = CHANGED.wait(s).unwrap_or_else(|e| e.into_inner());
            }
        };
        let Some(generation) = generation else { break };
        sync::threads::attach(slot);
        if let Some(turn) = gc::search::try_turn() {
            search_beside(&turn, slot, generation, |cells| finish::put(Set::new(cells, generation)));
        }
        gc::merge::drain_current();
        sync::safepoint::safepoint(slot);
        sync::safepoint::take(slot, !0);
        sync::threads::detach(slot);
        let mut s = state();
        s.running = false;
        CHANGED.notify_all();
    }
    sync::threads::attach(slot);
    gc::local::leave();
    sync::threads::detach_and_release(slot);
}

fn finalise_loop() {
    let Some(mut thread) = crate::runtime::Thread::attach() else { return };
    let cx = &mut *thread.cx;
    sync::threads::set_helper(cx.slot);
    let life = state().life;
    loop {
        let go = cx.detached(|| {
            let mut s = state();
            loop {
                if s.life != life || s.closed {
                    return false;
                }
                if std::mem::take(&mut s.ready) {
                    return true;
                }
                s = CHANGED.wait(s).unwrap_or_else(|e| e.into_inner());
            }
        });
        if !go {
            break;
        }
        finish::ready(cx);
        // Safepoints: merges, stops.
        if let Err(e) = cx.poll() {
            drop(cx.catch(e));
        }
    }
}

/// The process ends: collections run on their callers from here on.
pub fn close() {
    let mut s = state();
    s.closed = true;
    CHANGED.notify_all();
    drop(s);
    drop(gc::search::hold_off());
}

thread_local! {
    /// Held by the thread that forks.
    static HELD: RefCell<Option<MutexGuard<'static, State>>> = const { RefCell::new(None) };
}

/// Before a fork, with the world stopped: nobody else may hold the state then.
pub fn before_fork() {
    HELD.set(Some(state()));
}

/// In the parent.
pub fn after_fork_parent() {
    HELD.set(None);
}

/// In the child of a fork: there are no helpers.
pub fn after_fork_child() {
    if let Some(mut s) = HELD.take() {
        let life = s.life + 1;
        *s = State { life, closed: s.closed, ..State::default() };
    }
    gc::search::forget();
    finish::take_over();
}
