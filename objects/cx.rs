//! The per-thread context, handed to every native as `&mut Cx`. Data with a closed field list; services are free functions where they belong.
//!
//! Holding `&mut Cx` means "Python code may run here". A lock guard lends out `&Cx` only, so user code cannot be called under a lock.

use crate::error::{PyResult, Raised};
use crate::host::Host;
use gc::{Header, Ref, Value, Word};
use sync::prim::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use sync::threads::Slot;

/// Whether a second thread has ever run: until then object locks may be skipped. Set before the second thread starts.
pub static MULTI: AtomicBool = AtomicBool::new(false);
/// `sys.getrecursionlimit()`.
pub static RECURSION_LIMIT: AtomicU32 = AtomicU32::new(1000);

/// One thread's context.
pub struct Cx {
    /// The thread's slot.
    pub slot: &'static Slot,
    /// The exception on its way; taken by [`Cx::catch`].
    pub raised: Option<Value>,
    /// The exception being handled (`sys.exception()`), or None.
    pub handled: Value,
    /// The register stack: first register, end, and the first free one above everything live.
    pub stack: [*mut Word; 2],
    /// First free register: natives' calls put their arguments here.
    pub top: *mut Word,
    /// The interpreter's current frame.
    pub frame: *mut (),
    /// Python calls that have not returned.
    pub depth: u32,
    /// Lowest native stack address that may be used.
    pub native_limit: usize,
    /// The interpreter's table of what this thread has looked up, for machine code.
    pub lookaside: *mut (),
    /// Lowest native stack address that native functions of Python code may use to call each other.
    pub machine_limit: usize,
    /// Natives currently recursing (repr, compare, ...), for cycle checks: addresses of the objects being shown.
    pub repr_active: Vec<usize>,
    /// The current `contextvars.Context`, or None.
    pub context: Value,
    /// The interpreter, for what only it can answer.
    pub host: &'static dyn Host,
    /// Spare per-thread state of native modules, by static id of the owner (running loop, current task, ...).
    pub module_state: Vec<(u32, Value)>,
    /// Deferred cells that natives of this thread use without counting them; see [`Cx::with_held`].
    pub held: Vec<gc::Word>,
    /// Pending asynchronous exception (`PyThreadState_SetAsyncExc`).
    pub async_exc: Option<Value>,
    /// Trace and profile functions and their state.
    pub trace: TraceState,
}

/// What `sys.settrace` and `sys.setprofile` have set for this thread.
pub struct TraceState {
    /// Trace function or None.
    pub trace: Value,
    /// Profile function or None.
    pub profile: Value,
    /// Nesting of running trace functions: tracing is off inside.
    pub inside: u32,
    /// Which loop is to run; see [`mode`].
    pub mode: u32,
    /// Where the loop that is wanted now goes on, when another one has been left; 0 otherwise.
    pub resume: usize,
    /// The exception on its way is none: the current instruction is to be done over again in the other loop.
    pub redo: bool,
    /// The instruction that the current frame has executed last, by its address; 0 when it has just started.
    pub prev: usize,
    /// That instruction has jumped back to its own line.
    pub back: bool,
    /// The unwinder has gone to a handler.
    pub unwound: bool,
    /// What kind of event a trace function is told about now.
    pub during: u8,
    /// The frame that it is told about, by its address.
    pub traced: usize,
    /// A frame that starts, by its address, and the line at which it is shown while that is told; address 0 for none.
    pub placed: (usize, u32),
    /// Where a trace function wants the current frame to go on.
    pub jump: Option<u32>,
    /// The native call of the current instruction.
    pub native: Option<Box<dyn std::any::Any>>,
    /// Calls of classes whose `__init__` runs in a frame of its own, by that frame's address.
    pub classes: Vec<(usize, Box<dyn std::any::Any>)>,
    /// Which of the functions set for all threads this one has taken over.
    pub seen_all: u64,
}

/// Bits of [`TraceState::mode`]; 0 is the plain loop.
pub mod mode {
    /// Statistics are counted.
    pub const STATS: u32 = 1;
    /// Events are wanted: tracing, profiling or monitoring.
    pub const EVENTS: u32 = 2;
    /// The innermost loop is the instrumented one.
    pub const RUNNING: u32 = 4;
}

/// A held object lock. Lends out `&Cx`: nothing can run Python code while it lives.
pub struct Locked<'a> {
    cx: &'a Cx,
    guard: Option<sync::critical::Guard<'a>>,
}

impl std::ops::Deref for Locked<'_> {
    type Target = Cx;
    fn deref(&self) -> &Cx {
        self.cx
    }
}

impl<'a> Locked<'a> {
    /// Unlocks early.
    pub fn unlock(mut self) {
        self.guard = None;
    }
}

impl Cx {
    /// Locks an object. The lock is skipped while the process has had one thread only.
    #[inline(always)]
    pub fn lock<'a>(&'a mut self, h: &'a Header) -> Locked<'a> {
        Locked { guard: lock_header(h), cx: self }
    }

    /// Enters one level of native recursion; RecursionError when the native stack is nearly used up.
    #[inline]
    pub fn check_native_stack(&mut self) -> PyResult<()> {
        let here = 0u8;
        if (&raw const here as usize) < self.native_limit { Err(self.recursion_error()) } else { Ok(()) }
    }

    /// Runs `f` with the thread detached: it touches no cells, and others need not wait for it.
    pub fn detached<R: Send>(&mut self, f: impl FnOnce() -> R + Send) -> R {
        if sync::safepoint::pending(self.slot) {
            gc::merge::drain_current();
        }
        sync::threads::while_detached(f)
    }

    /// What must be done now and then in long natives: safepoints, signals, merges. May run Python code.
    #[inline]
    pub fn poll(&mut self) -> PyResult<()> {
        if sync::safepoint::pending(self.slot) || gc::local::has_work() { self.host.poll(self) } else { Ok(()) }
    }

    /// Runs finalisers and weakref callbacks that wait, if any.
    #[inline]
    pub fn drain(&mut self) {
        if gc::local::has_work() {
            crate::finalise::run_pending(self);
        }
    }

    /// The state that native module `owner` keeps for this thread, or None.
    /// Runs `f` with the value of a lookup, which stays alive meanwhile whatever Python code runs: a deferred cell is noted for the collector instead
    /// of being counted, so that threads that use one class or descriptor share no count.
    #[inline]
    pub fn with_held<R>(&mut self, v: gc::Reg, f: impl FnOnce(&mut Cx, gc::Ref<'_>) -> R) -> R {
        let w = v.as_ref().word();
        if w.is_counted() || !w.is_pointer() {
            let v = v.into_value();
            return f(self, v.as_ref());
        }
        let before = self.held.len();
        self.held.push(w);
        // SAFETY: deferred: freed only in a stop that finds it in no register and held by nobody.
        let r = f(self, unsafe { gc::Ref::from_word(w.unmarked()) });
        self.held.truncate(before);
        r
    }
    /// The same for a type.
    #[inline]
    pub fn with_type<R>(&mut self, t: &crate::types::Type, f: impl FnOnce(&mut Cx, gc::Ref<'_>) -> R) -> R {
        let before = self.held.len();
        self.held.push(gc::Payload::as_ref(t).word());
        let r = f(self, gc::Payload::as_ref(t));
        self.held.truncate(before);
        r
    }
    pub fn module_state(&self, owner: u32) -> Value {
        self.module_state.iter().find(|(o, _)| *o == owner).map_or(Value::NONE, |(_, v)| v.clone())
    }
    /// Sets it; gives back the one before.
    pub fn set_module_state(&mut self, owner: u32, v: Value) -> Value {
        match self.module_state.iter_mut().find(|(o, _)| *o == owner) {
            Some((_, old)) => std::mem::replace(old, v),
            None => {
                self.module_state.push((owner, v));
                Value::NONE
            }
        }
    }

    /// Reports an exception that nobody can receive (`sys.unraisablehook`).
    pub fn unraisable(&mut self, r: Raised, message: &str, obj: Ref<'_>) {
        let exc = self.catch(r);
        self.host.unraisable(self, exc, message, obj);
    }
}

/// Locks an object's lock byte unless only one thread has ever existed. For code that has no `&mut Cx` (drop functions).
#[inline(always)]
pub fn lock_header(h: &Header) -> Option<sync::critical::Guard<'_>> {
    // Relaxed: the flag is set by this very thread before the second one starts.
    if MULTI.load(Ordering::Relaxed) { Some(sync::critical::Guard::new(h.lock_byte())) } else { None }
}

/// Locks two objects in address order.
pub fn lock_two<'a>(a: &'a Header, b: &'a Header) -> Option<sync::critical::Guard2<'a>> {
    if MULTI.load(Ordering::Relaxed) { Some(sync::critical::Guard2::new(a.lock_byte(), b.lock_byte())) } else { None }
}

/// `sys.get_int_max_str_digits()`; 0 = unlimited.
pub static INT_MAX_STR_DIGITS: AtomicUsize = AtomicUsize::new(4300);
