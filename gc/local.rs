//! What each thread slot has of its own: its heap, merge queue, counting deltas and the cells whose death is not finished.
//!
//! A [`Local`] belongs to a slot, not to an OS thread: the next thread that gets the slot takes over its pages. It is touched by the
//! attached thread of the slot, by who has claimed the slot while that thread is detached or dead, or with the world stopped; only
//! `queue` and the heap's remote stack are touched by others.

use crate::header::{Header, flag};
use crate::heap::Heap;
use crate::kind::{hooks, kind_of};
use crate::refcount::{MERGED, ONE};
use std::cell::Cell;
use sync::prim::{AtomicPtr, Ordering};

/// Nested deaths beyond this are queued and destroyed one after the other, so that dropping a deep structure uses no stack.
const MAX_NESTED_DEATHS: u32 = 48;

/// A slot's own data.
pub struct Local {
    /// The slot.
    pub id: u16,
    /// Its pages.
    pub heap: Heap,
    /// Cells whose merge other threads have asked for.
    pub(crate) queue: sync::mutex::Mutex<Vec<*const Header>>,
    deltas: Vec<i32>,
    depth: u32,
    dead: Vec<*const Header>,
    /// Cells resurrected to run their finaliser; each holds one reference.
    finalise: Vec<*const Header>,
    /// Whether `finalise` or the runtime's callback queue has something.
    work: Cell<bool>,
    /// What has been counted, by [`crate::stats::Event`].
    pub(crate) events: [u64; crate::stats::EVENT_COUNT],
}

thread_local! {
    static LOCAL: Cell<*mut Local> = const { Cell::new(std::ptr::null_mut()) };
}

const SLOTS: usize = 1 << 16;
static LOCALS: [AtomicPtr<Local>; SLOTS] = [const { AtomicPtr::new(std::ptr::null_mut()) }; SLOTS];

/// The local data of a slot that has had a thread.
pub fn of_slot(id: u16) -> Option<*mut Local> {
    let p = LOCALS[id as usize].load(Ordering::Acquire);
    if p.is_null() { None } else { Some(p) }
}

/// Prepares the calling thread, which has just been attached to slot `id`.
pub fn enter(id: u16) {
    let at = &LOCALS[id as usize];
    let mut p = at.load(Ordering::Acquire);
    if p.is_null() {
        p = Box::into_raw(Box::new(Local {
            id,
            heap: Heap::new(id),
            queue: sync::mutex::Mutex::new(Vec::new()),
            deltas: Vec::new(),
            depth: 0,
            dead: Vec::new(),
            finalise: Vec::new(),
            work: Cell::new(false),
            events: [0; crate::stats::EVENT_COUNT],
        }));
        at.store(p, Ordering::Release);
        if crate::stats::is_on() || crate::stress::watches_allocation() {
            // SAFETY: just made, and this thread's.
            unsafe { (*p).heap.start_counting() };
        }
    }
    // SAFETY: this thread's.
    unsafe { (*p).heap.follow_search() };
    LOCAL.set(p);
}

/// Ends the calling thread's use of its local data; before it gives its slot back.
pub fn leave() {
    crate::merge::drain_current();
    LOCAL.set(std::ptr::null_mut());
}

/// The calling thread's local data.
///
/// # Safety
/// The thread is attached and [`enter`] has run; the reference is not kept across anything that could make another one.
#[inline(always)]
pub unsafe fn current() -> &'static mut Local {
    let p = LOCAL.get();
    debug_assert!(!p.is_null());
    // SAFETY: set by `enter`, and only this thread uses it while attached.
    unsafe { &mut *p }
}

/// Calls `f` with the attached thread's data, if there is an attached thread.
pub(crate) fn with_current(f: impl FnOnce(&mut Local)) {
    let p = LOCAL.get();
    if !p.is_null() {
        // SAFETY: as `current`; `f` touches plain counters only.
        f(unsafe { &mut *p });
    }
}

impl Local {
    /// Adds `n` to this thread's part of the count with delta id `id`.
    #[inline(always)]
    pub fn delta(&mut self, id: u32, n: i32) {
        match self.deltas.get_mut(id as usize) {
            Some(d) => *d = d.wrapping_add(n),
            None => self.delta_grow(id, n),
        }
    }

    #[cold]
    fn delta_grow(&mut self, id: u32, n: i32) {
        let len = (id as usize + 1).next_power_of_two().max(1024);
        self.deltas.resize(len, 0);
        self.deltas[id as usize] = n;
    }

    /// All of this thread's parts of counts, by delta id.
    pub(crate) fn deltas(&self) -> &[i32] {
        &self.deltas
    }

    /// This thread's part of the count with delta id `id`.
    pub fn delta_of(&self, id: u32) -> i32 {
        self.deltas.get(id as usize).copied().unwrap_or(0)
    }

    /// Forgets a delta id that is given back.
    pub(crate) fn delta_reset(&mut self, id: u32) {
        if let Some(d) = self.deltas.get_mut(id as usize) {
            *d = 0;
        }
    }
}

/// Whether finalisers or callbacks wait for the calling thread.
#[inline(always)]
pub fn has_work() -> bool {
    let p = LOCAL.get();
    // SAFETY: as `current`.
    !p.is_null() && unsafe { (*p).work.get() }
}

/// Notes that there is work for the runtime (a weakref callback).
pub fn note_work() {
    // SAFETY: a plain flag of the attached thread.
    unsafe { current() }.work.set(true);
}

/// Takes the cells whose finalisers are to be run now. Each comes with one reference, to be given back.
pub fn take_finalisers() -> Vec<crate::handle::Value> {
    // SAFETY: the borrow ends before anything else runs.
    let l = unsafe { current() };
    l.work.set(false);
    std::mem::take(&mut l.finalise)
        .into_iter()
        // SAFETY: `dead` left one reference for us.
        .map(|h| unsafe { crate::handle::Value::from_raw(h) })
        .collect()
}

/// A cell's count has reached zero.
///
/// # Safety
/// Both counts are zero and nobody can take a new reference except through `try_incref`, which refuses.
#[cold]
pub(crate) unsafe fn dead(h: &Header) {
    let flags = h.flags();
    if flags & flag::DEFERRED != 0 {
        return crate::deferred::make_pending(h);
    }
    // SAFETY: the current thread is attached; the borrow is not kept across `destroy`.
    let l = unsafe { current() };
    if flags & (flag::HAS_FINALIZER | flag::FINALIZED) == flag::HAS_FINALIZER {
        // Resurrected until its finaliser has run.
        if h.owner() != 0 {
            h.local.store(1, Ordering::Relaxed);
        } else {
            h.shared.store(ONE | MERGED, Ordering::Release);
        }
        l.finalise.push(h);
        l.work.set(true);
        return;
    }
    if l.depth >= MAX_NESTED_DEATHS {
        l.dead.push(h);
        return;
    }
    l.depth += 1;
    // SAFETY: the cell is dead.
    unsafe { destroy(h) };
    // SAFETY: fresh borrow after `destroy` may have used its own.
    let mut l = unsafe { current() };
    if l.depth == 1 {
        while let Some(h) = l.dead.pop() {
            // SAFETY: queued by `dead`.
            unsafe {
                destroy(&*h);
                l = current();
            }
        }
    }
    l.depth -= 1;
}

/// Drops what a dead cell holds and frees its memory.
pub(crate) unsafe fn destroy(h: &Header) {
    if h.flags() & flag::HAS_WEAKREF != 0
        && let Some(hooks) = hooks()
    {
        (hooks.clear_weakrefs)(h);
    }
    let kind = kind_of(h);
    // SAFETY: a dead cell's type is still there, and nobody else looks at the payload.
    unsafe {
        // Null only for strs that die before their type has been made, at start-up; those hold nothing.
        if !kind.is_null() {
            ((*kind).destroy)(h as *const Header as *mut Header);
        }
        current().heap.free(h as *const Header as *mut Header);
    }
}

pub(crate) fn free_remote(owner: u16, h: *mut Header) {
    if let Some(l) = of_slot(owner) {
        // SAFETY: only the atomic remote stack is touched.
        unsafe { crate::heap::push_remote((*l).remote_stack(), h) }
    }
}

impl Local {
    fn remote_stack(&self) -> &AtomicPtr<Header> {
        &self.heap.remote
    }
}
