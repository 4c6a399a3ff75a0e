//! The registry of thread slots, and the states of a slot: who may touch a thread's cells, registers and queues right
//! now.
//!
//! Actors: the *owner* (the thread that got the slot from `attach_new_thread`), a *stopper* (holder of the
//! coordinator, see `safepoint.rs`), a *handshaker* (likewise), and *claimers* (any thread that works on an absent
//! owner's behalf).
//!
//! A slot is allocated at the first need and never freed; after its thread ended it is reused, lowest id first. Id 0
//! is nobody. The whole protocol is the one word `state`:
//!
//! | bit | set by | cleared by | meaning |
//! |-----|--------|------------|---------|
//! | ALIVE | birth, under the registry lock | end, under the registry lock | a thread owns this slot |
//! | ATTACHED | owner | owner | the owner may touch cells |
//! | SUSPENDED | stopper | stopper | the owner must stop (if ATTACHED) or must not attach (if not) |
//! | CLAIMED | claimer, only if neither ATTACHED nor CLAIMED | the same claimer | the claimer stands in for the owner, who must not attach |
//! | HANDSHAKE | handshaker, only if ATTACHED | owner | the owner must run the posted function before it leaves ATTACHED |
//! | WAITING | owner in slow `attach` | owner, when it attaches | the owner sleeps on this word: whoever clears SUSPENDED or CLAIMED wakes it |
//!
//! Legal combinations (the others never occur):
//!
//! | word | |
//! |------|-|
//! | 0 | dead |
//! | ALIVE | detached |
//! | ALIVE+ATTACHED | running |
//! | ALIVE+ATTACHED+SUSPENDED | running, asked to stop |
//! | ALIVE+ATTACHED+HANDSHAKE | running, asked to run the posted function |
//! | \[ALIVE\]+SUSPENDED | stopped, or not allowed to start |
//! | \[ALIVE\]+CLAIMED\[+SUSPENDED\] | somebody stands in for the owner |
//! | ALIVE+WAITING+{SUSPENDED, CLAIMED}, shortly ALIVE+WAITING | the owner sleeps in `attach` |
//!
//! SUSPENDED and HANDSHAKE never stand together on a slot, because stops and handshakes are serialised by the
//! coordinator.
//!
//! Why it is safe: every transition is a read-modify-write of that one word, so there is no window between "looking"
//! and "acting". `attach` succeeds only from exactly ALIVE (apart from WAITING), hence never into a stop or past a
//! claim; `detach` succeeds without looking further only from exactly ALIVE+ATTACHED, hence never past a stopper or a
//! handshaker that counts on this thread's answer. `detach` releases and `attach`/`claim` acquire, so what the owner
//! did while attached is seen by whoever stands in for it, and back.

use crate::futex;
use crate::mutex::Mutex;
use crate::prim::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crate::{qsbr, safepoint};
use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::marker::PhantomData;
use std::ptr;

/// Slot ids are 1..=MAX_THREADS.
pub const MAX_THREADS: usize = 65535;

pub(crate) const ALIVE: u32 = 1;
pub(crate) const ATTACHED: u32 = 2;
pub(crate) const SUSPENDED: u32 = 4;
pub(crate) const CLAIMED: u32 = 8;
pub(crate) const HANDSHAKE: u32 = 16;
pub(crate) const WAITING: u32 = 32;

const RUNNING: u32 = ALIVE | ATTACHED;

/// What only the owner touches, or whoever stands in for it.
pub(crate) struct Own {
    /// The rest of this slot's block of version tags: (next, end).
    pub(crate) versions: Cell<(u64, u64)>,
    pub(crate) retired: qsbr::Private,
}

#[repr(C, align(128))]
pub struct Slot {
    /// The poll word: why the owner should call `safepoint` soon. Bits in `safepoint.rs`.
    pub poll: AtomicU32,
    pub(crate) state: AtomicU32,
    /// The last global sequence the owner saw at a quiescent state; meaningful only while ATTACHED.
    pub(crate) qsbr_seq: AtomicU64,
    /// The runtime's per-thread data.
    pub ext: AtomicPtr<()>,
    /// The collector's per-thread data (merge queue, allocator).
    pub gc_ext: AtomicPtr<()>,
    pub id: u16,
    /// Kernel id of the owner, 0 while dead.
    pub os_tid: AtomicU32,
    /// `pthread_t` of the owner, 0 while dead.
    pub native_handle: AtomicU64,
    /// How often this slot has been given to a thread; tells two owners of one id apart.
    pub generation: AtomicU32,
    /// The owner waits for an object lock in the middle of a read section: it is detached, but what it has read (buffers, uncounted cells) must
    /// not be freed. Written by the owner, while attached; the detaching and attaching of `state` publish it.
    pub(crate) reading: AtomicU32,
    /// The object lock that the owner waits for, and the one that it holds meanwhile; 0 for none. They may have been handed over to it, or be held by
    /// it, when a fork leaves its thread behind. Written by the owner.
    pub(crate) waits_for: AtomicUsize,
    pub(crate) holds: AtomicUsize,
    /// The owner is not one of the program's threads.
    helper: AtomicBool,
    /// The word the owner sleeps on in `park`.
    pub(crate) park_word: AtomicU32,
    own: Own,
}

// SAFETY: all fields but `own` are atomics or constant; `own` is reached only through the unsafe `own()`.
unsafe impl Sync for Slot {}

impl Slot {
    fn new(id: u16, state: u32) -> Slot {
        Slot {
            poll: AtomicU32::new(0),
            state: AtomicU32::new(state),
            qsbr_seq: AtomicU64::new(0),
            ext: AtomicPtr::new(ptr::null_mut()),
            gc_ext: AtomicPtr::new(ptr::null_mut()),
            id,
            os_tid: AtomicU32::new(0),
            native_handle: AtomicU64::new(0),
            generation: AtomicU32::new(0),
            reading: AtomicU32::new(0),
            waits_for: AtomicUsize::new(0),
            holds: AtomicUsize::new(0),
            helper: AtomicBool::new(false),
            park_word: AtomicU32::new(0),
            own: Own { versions: Cell::new((0, 0)), retired: qsbr::Private::new() },
        }
    }

    /// # Safety
    /// The caller is the owner and attached, or holds a claim on the slot, or has stopped the world.
    #[inline]
    pub(crate) unsafe fn own(&self) -> &Own {
        &self.own
    }

    /// Exact when asked by the owner; otherwise a moment's view.
    #[inline]
    pub fn is_attached(&self) -> bool {
        self.state.load(Ordering::Relaxed) & ATTACHED != 0
    }

    /// A moment's view: does a thread own this slot?
    #[inline]
    pub fn is_alive(&self) -> bool {
        self.state.load(Ordering::Relaxed) & ALIVE != 0
    }
}

pub(crate) struct Registry {
    free: BinaryHeap<Reverse<u16>>,
    /// Set while the world is stopped or being stopped: slots made meanwhile are born SUSPENDED.
    pub(crate) stopping: bool,
}

pub(crate) static REGISTRY: Mutex<Registry> = Mutex::new(Registry { free: BinaryHeap::new(), stopping: false });

pub(crate) fn with_registry<R>(f: impl FnOnce(&mut Registry) -> R) -> R {
    f(&mut REGISTRY.lock())
}

/// The table; entries 1..=HIGH are set, once. Written under the registry lock.
static SLOTS: [AtomicPtr<Slot>; MAX_THREADS + 1] = [const { AtomicPtr::new(ptr::null_mut()) }; MAX_THREADS + 1];
/// The highest id that exists. Release by the birth that set the entry, Acquire by readers.
static HIGH: AtomicU32 = AtomicU32::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static CURRENT: Cell<*const Slot> = const { Cell::new(ptr::null()) };
    static CURRENT_ID: Cell<u16> = const { Cell::new(0) };
}

/// Whether a thread waits for an object lock in the middle of a read section: then nothing that registers hold uncounted, and no retired memory,
/// may be freed, although the world is stopped.
pub fn anyone_reading(_world: &crate::safepoint::WorldStopped) -> bool {
    let mut any = false;
    for_each_slot(|s| any |= s.reading.load(Ordering::Acquire) == READING);
    any
}

/// Whether a walker pauses in the middle of a read section: then no retired memory may be freed.
pub(crate) fn anyone_walking(_world: &crate::safepoint::WorldStopped) -> bool {
    let mut any = false;
    for_each_slot(|s| any |= s.reading.load(Ordering::Acquire) == WALKING);
    any
}

/// Value of `Slot::reading`: the owner waits for an object lock, and holds uncounted words.
pub(crate) const READING: u32 = 1;
/// Value of `Slot::reading`: the owner walks memory ([`crate::safepoint::pause_reading`]). It holds no reference to any cell.
pub(crate) const WALKING: u32 = 2;

/// The slot's owner, which has just been attached, works for the runtime: it is not one of the program's threads.
pub fn set_helper(s: &'static Slot) {
    if !s.helper.swap(true, Ordering::Relaxed) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The end of the owner's life, in the count of the program's threads.
fn uncount(s: &Slot) {
    if !s.helper.swap(false, Ordering::Relaxed) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether a thread of the runtime's own ([`set_helper`]) has the slot.
pub fn is_helper(s: &Slot) -> bool {
    s.helper.load(Ordering::Relaxed)
}

/// The calling thread's slot, attached or not.
#[inline]
pub fn current() -> Option<&'static Slot> {
    let p = CURRENT.get();
    // SAFETY: slots are never freed.
    unsafe { p.as_ref() }
}

/// The calling thread's id, 0 if it has no slot.
#[inline]
pub fn current_id() -> u16 {
    CURRENT_ID.get()
}

/// The slot with this id, if it ever existed.
#[inline]
pub fn slot(id: u16) -> Option<&'static Slot> {
    // Acquire pairs with the Release store in `birth`.
    let p = SLOTS[id as usize].load(Ordering::Acquire);
    // SAFETY: slots are never freed.
    unsafe { p.as_ref() }
}

/// Every slot that exists, dead ones included. Slots made meanwhile may be missed.
pub fn for_each_slot(mut f: impl FnMut(&'static Slot)) {
    for id in 1..=HIGH.load(Ordering::Acquire) as u16 {
        if let Some(s) = slot(id) {
            f(s);
        }
    }
}

/// The highest id that exists; 0 before the first thread.
pub fn highest_id() -> u16 {
    HIGH.load(Ordering::Acquire) as u16
}

/// A birth either is seen by the caller's `for_each_slot` after this, or sees all that the caller did before: both are
/// read-modify-writes of one word. (Rebirth of a dead slot is ordered by its `state` in the same way.)
pub(crate) fn fence_births() {
    HIGH.fetch_or(0, Ordering::AcqRel);
}

/// How many slots are attached at the moment.
pub fn count_attached() -> usize {
    let mut n = 0;
    for_each_slot(|s| n += s.is_attached() as usize);
    n
}

/// How many threads of the program own a slot; helpers of the runtime do not count.
#[inline]
pub fn live_threads() -> usize {
    LIVE.load(Ordering::Relaxed)
}

fn birth() -> Option<&'static Slot> {
    with_registry(|reg| {
        let s = match reg.free.pop() {
            Some(Reverse(id)) => slot(id)?,
            None => {
                let id = HIGH.load(Ordering::Relaxed) + 1;
                if id as usize > MAX_THREADS {
                    return None;
                }
                let s: &'static Slot = Box::leak(Box::new(Slot::new(id as u16, if reg.stopping { SUSPENDED } else { 0 })));
                SLOTS[id as usize].store(ptr::from_ref(s).cast_mut(), Ordering::Release);
                // A read-modify-write: see `fence_births`.
                HIGH.fetch_add(1, Ordering::AcqRel);
                s
            }
        };
        // A claimer may be at work on the dead slot: `attach` below waits for it.
        s.state.fetch_or(ALIVE, Ordering::AcqRel);
        LIVE.fetch_add(1, Ordering::Relaxed);
        Some(s)
    })
}

/// Gives the calling thread a slot and attaches it. Waits while the world is stopped. None when all ids are taken.
pub fn try_attach_new_thread() -> Option<&'static Slot> {
    assert!(CURRENT.get().is_null(), "this thread has a slot already");
    let s = birth()?;
    attach(s);
    s.generation.fetch_add(1, Ordering::Relaxed);
    adopt(s);
    Some(s)
}

/// As `try_attach_new_thread`; panics when 65535 threads exist.
pub fn attach_new_thread() -> &'static Slot {
    try_attach_new_thread().expect("too many threads")
}

/// Ties the slot to the calling OS thread.
pub(crate) fn adopt(s: &'static Slot) {
    // SAFETY: plain queries of the calling thread.
    let (tid, handle) = unsafe { (libc::gettid(), libc::pthread_self()) };
    s.os_tid.store(tid as u32, Ordering::Relaxed);
    s.native_handle.store(handle, Ordering::Relaxed);
    CURRENT.set(s);
    CURRENT_ID.set(s.id);
}

/// The end of a thread: leaves its deferred frees to the others and gives the slot back. The slot must be the
/// caller's own; attached or not.
pub fn detach_and_release(s: &'static Slot) {
    assert!(ptr::eq(CURRENT.get(), s), "a thread releases its own slot only");
    if !s.is_attached() {
        attach(s);
    }
    qsbr::abandon(s);
    detach(s);
    CURRENT.set(ptr::null());
    CURRENT_ID.set(0);
    s.os_tid.store(0, Ordering::Relaxed);
    s.native_handle.store(0, Ordering::Relaxed);
    s.poll.fetch_and(!safepoint::PERSONAL, Ordering::Relaxed);
    bury(s);
}

fn bury(s: &'static Slot) {
    with_registry(|reg| {
        // Release: the next owner, who acquires through the registry lock and `attach`, sees everything.
        s.state.fetch_and(!ALIVE, Ordering::Release);
        reg.free.push(Reverse(s.id));
        uncount(s);
    });
}

/// In a forked child, with the world stopped by the caller: every other slot is dead.
pub(crate) fn orphan_others(me: Option<&'static Slot>) {
    for_each_slot(|s| {
        if me.is_some_and(|m| ptr::eq(m, s)) {
            adopt(s);
        } else {
            let was = s.state.swap(SUSPENDED, Ordering::AcqRel);
            s.reading.store(0, Ordering::Relaxed);
            s.os_tid.store(0, Ordering::Relaxed);
            s.native_handle.store(0, Ordering::Relaxed);
            s.poll.fetch_and(!safepoint::PERSONAL, Ordering::Relaxed);
            s.reading.store(0, Ordering::Relaxed);
            if was & ALIVE != 0 {
                with_registry(|reg| reg.free.push(Reverse(s.id)));
                uncount(s);
            }
        }
    });
}

/// The owner lets go of its cells: from now on others may claim it, and nobody waits for it. Detaching is a quiescent
/// state, and answers a stop or handshake that is under way.
#[inline]
pub fn detach(s: &Slot) {
    // Release: whoever claims or scans this slot sees what was done while attached.
    if s.state.compare_exchange(RUNNING, ALIVE, Ordering::Release, Ordering::Relaxed).is_err() {
        detach_slow(s);
    }
}

#[cold]
fn detach_slow(s: &Slot) {
    loop {
        let state = s.state.load(Ordering::Relaxed);
        debug_assert!(state & ATTACHED != 0, "detach of a detached slot");
        if state & HANDSHAKE != 0 {
            safepoint::answer_handshake(s);
            continue;
        }
        if s.state.compare_exchange_weak(state, state & !ATTACHED, Ordering::Release, Ordering::Relaxed).is_ok() {
            if state & SUSPENDED != 0 {
                safepoint::one_stopped();
            }
            return;
        }
    }
}

/// The owner takes its cells back. Waits while the world is stopped or somebody stands in for the owner.
#[inline]
pub fn attach(s: &Slot) {
    // Acquire: see what a claimer or a stopper did meanwhile.
    if s.state.compare_exchange(ALIVE, RUNNING, Ordering::Acquire, Ordering::Relaxed).is_err() {
        attach_slow(s);
    }
    qsbr::online(s);
}

#[cold]
fn attach_slow(s: &Slot) {
    loop {
        let state = s.state.load(Ordering::Relaxed);
        debug_assert!(state & ATTACHED == 0 && state & ALIVE != 0, "attach of an attached or dead slot");
        if state & (SUSPENDED | CLAIMED) == 0 {
            if s.state.compare_exchange_weak(state, RUNNING, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return;
            }
        } else if state & WAITING != 0
            || s.state.compare_exchange_weak(state, state | WAITING, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            futex::wait(&s.state, state | WAITING, None);
        }
    }
}

/// Clears `bit` (SUSPENDED or CLAIMED) and wakes the owner if it sleeps and nothing else holds it.
pub(crate) fn let_go(s: &Slot, bit: u32) {
    // Release pairs with the owner's Acquire in `attach`.
    let was = s.state.fetch_and(!bit, Ordering::Release);
    if was & WAITING != 0 && was & (SUSPENDED | CLAIMED) == bit {
        futex::wake(&s.state, 1);
    }
}

/// Runs `f` detached, if the calling thread is attached; anything that may block for long belongs in here. `f`
/// touches no cells.
pub fn while_detached<R>(f: impl FnOnce() -> R) -> R {
    struct Reattach(&'static Slot);
    impl Drop for Reattach {
        fn drop(&mut self) {
            attach(self.0);
        }
    }
    match current() {
        Some(s) if s.is_attached() => {
            detach(s);
            let _reattach = Reattach(s);
            f()
        }
        _ => f(),
    }
}

/// The right to stand in for a slot whose owner is detached or dead. While the guard lives the holder must not reach
/// a safepoint, detach, or wait for anything.
pub struct ClaimGuard {
    slot: &'static Slot,
    _not_send: PhantomData<*const ()>,
}

impl ClaimGuard {
    #[inline]
    pub fn slot(&self) -> &'static Slot {
        self.slot
    }
}

impl Drop for ClaimGuard {
    fn drop(&mut self) {
        let_go(self.slot, CLAIMED);
    }
}

/// Takes a detached, stopped or dead slot; None if its owner is attached or somebody else stands in already.
pub fn claim(s: &'static Slot) -> Option<ClaimGuard> {
    let mut state = s.state.load(Ordering::Relaxed);
    while state & (ATTACHED | CLAIMED) == 0 {
        // Acquire pairs with the Release in `detach` and in the previous claimer's `let_go`.
        match s.state.compare_exchange_weak(state, state | CLAIMED, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => return Some(ClaimGuard { slot: s, _not_send: PhantomData }),
            Err(now) => state = now,
        }
    }
    None
}
