//! A database handle that threads share: who may use it, and how calls leave and come back to Python.
//!
//! Actors: threads with a connection, and SQLite, which calls functions of the program while it runs a statement.
//! Steps: a thread takes the connection's [`Gate`] (waiting detached), calls SQLite, and lets it go. What may take long is called detached; a
//! callback attaches for as long as Python code runs.
//! Why it is safe: with the gate held nobody else is inside this handle, so that SQLite's own mutexes are never waited for by an attached
//! thread. The gate may be taken again by the thread that has it (a callback that uses the connection). Statements whose cells die are
//! noted and finalised by who next holds the gate.

use gc::{Ref, Value, Word};
use libsqlite3_sys as sq;
use objects::Cx;
use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use sync::prim::{AtomicUsize, Ordering};

unsafe extern "C" {
    // The bindings leave it out, since a handle lives on until its statements are gone: which is what is wanted here.
    fn sqlite3_close_v2(db: *mut sq::sqlite3) -> std::ffi::c_int;
}

/// The right to use a handle.
#[derive(Default)]
struct Gate {
    /// The thread that has it (0: none), and how often.
    state: Mutex<(u64, u32)>,
    free: Condvar,
}

/// What was used by cells that have died, in the order in which it is to be dealt with.
#[derive(Default)]
struct Left {
    /// Statements whose rows nobody wants any more.
    unread: Vec<usize>,
    blobs: Vec<usize>,
    statements: Vec<usize>,
}

/// A database.
pub struct Db {
    handle: AtomicUsize,
    gate: Gate,
    left: Mutex<Left>,
}

/// Number of the calling thread.
pub fn thread() -> u64 {
    // SAFETY: always succeeds.
    unsafe { libc::pthread_self() as u64 }
}

fn locked<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The gate, held.
pub struct Pass<'a>(&'a Db);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut s = locked(&self.0.gate.state);
        s.1 -= 1;
        if s.1 == 0 {
            s.0 = 0;
            self.0.gate.free.notify_one();
        }
    }
}

impl Db {
    /// Takes a handle over.
    pub fn new(handle: *mut sq::sqlite3) -> Db {
        Db { handle: AtomicUsize::new(handle as usize), gate: Gate::default(), left: Mutex::default() }
    }
    /// The handle; null once it is closed.
    pub fn handle(&self) -> *mut sq::sqlite3 {
        self.handle.load(Ordering::Acquire) as *mut sq::sqlite3
    }
    /// Waits for the right to use the handle.
    pub fn enter<'a>(&'a self, cx: &mut Cx) -> Pass<'a> {
        let me = thread();
        if !self.try_enter(me) {
            cx.detached(|| {
                let mut s = locked(&self.gate.state);
                while s.1 > 0 {
                    s = self.gate.free.wait(s).unwrap_or_else(PoisonError::into_inner);
                }
                *s = (me, 1);
            });
        }
        let pass = Pass(self);
        self.bury();
        pass
    }
    fn try_enter(&self, me: u64) -> bool {
        let mut s = locked(&self.gate.state);
        if s.1 > 0 && s.0 != me {
            return false;
        }
        *s = (me, s.1 + 1);
        true
    }
    /// Notes a statement that is not used any more.
    pub fn discard(&self, statement: *mut sq::sqlite3_stmt) {
        if !statement.is_null() {
            locked(&self.left).statements.push(statement as usize);
        }
    }
    /// The same for a blob; 0 is none.
    pub fn discard_blob(&self, blob: usize) {
        if blob != 0 {
            locked(&self.left).blobs.push(blob);
        }
    }
    /// Finalises what was noted. The gate is held, or nobody else has the handle.
    fn bury(&self) {
        let left = std::mem::take(&mut *locked(&self.left));
        for s in left.unread {
            // SAFETY: a statement is noted here before it is among those to be finalised.
            unsafe { sq::sqlite3_reset(s as *mut sq::sqlite3_stmt) };
        }
        for b in left.blobs {
            // SAFETY: blobs of this handle, noted once.
            unsafe { sq::sqlite3_blob_close(b as *mut sq::sqlite3_blob) };
        }
        for s in left.statements {
            // SAFETY: statements of this handle, noted once when their last user was gone.
            unsafe { sq::sqlite3_finalize(s as *mut sq::sqlite3_stmt) };
        }
    }
    /// Notes a statement whose rows nobody wants any more.
    pub fn leave(&self, statement: *mut sq::sqlite3_stmt) {
        if !statement.is_null() {
            locked(&self.left).unread.push(statement as usize);
        }
    }
    /// Closes the handle; with the gate held.
    pub fn close(&self) -> i32 {
        self.bury();
        let h = self.handle.swap(0, Ordering::AcqRel) as *mut sq::sqlite3;
        // SAFETY: nobody else closes it, since it was exchanged; a null handle is allowed.
        unsafe { sqlite3_close_v2(h) }
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        self.close();
    }
}

thread_local! {
    /// Context of the innermost call into SQLite, and the connection that made it.
    static CALLER: Cell<(*mut Cx, u64)> = const { Cell::new((std::ptr::null_mut(), 0)) };
}

/// Calls SQLite detached. Callbacks find the context and the connection by [`attached`].
pub fn outside<R>(cx: &mut Cx, connection: Ref<'_>, f: impl FnOnce() -> R) -> R {
    struct Restore((*mut Cx, u64));
    impl Drop for Restore {
        fn drop(&mut self) {
            CALLER.set(self.0);
        }
    }
    if sync::safepoint::pending(cx.slot) {
        gc::merge::drain_current();
    }
    let _restore = Restore(CALLER.replace((std::ptr::from_mut(cx), connection.word().0)));
    sync::threads::while_detached(f)
}

/// Runs Python code from within a callback: `f` gets the context and the connection. `None` outside of [`outside`].
pub fn attached<R>(f: impl FnOnce(&mut Cx, Ref<'_>) -> R) -> Option<R> {
    let (cx, connection) = CALLER.get();
    if cx.is_null() {
        return None;
    }
    let slot = sync::threads::current()?;
    let was = slot.is_attached();
    if !was {
        sync::threads::attach(slot);
    }
    // SAFETY: the context is that of this thread, lent to `outside`, which waits for this callback; it is not used otherwise meanwhile.
    let cx = unsafe { &mut *cx };
    // SAFETY: whoever called `outside` holds the connection.
    let connection: Value = unsafe { Ref::from_word(Word(connection)) }.to_value();
    let r = f(cx, connection.as_ref());
    drop(connection);
    if !was {
        if sync::safepoint::pending(slot) {
            gc::merge::drain_current();
        }
        sync::threads::detach(slot);
    }
    Some(r)
}
