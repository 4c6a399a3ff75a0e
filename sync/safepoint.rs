//! The poll word, stopping the world, and handshakes.
//!
//! Actors: a *requester*, which holds the one coordinator lock, so that stops and handshakes are serialised; every
//! other slot's owner, which answers at its next `safepoint` or `detach`, or need not answer because it is detached.
//!
//! Stop: 1. the requester takes the coordinator (detached while it waits, so that it does not hold up the present
//! holder); 2. under the registry lock it marks the registry `stopping` and sets SUSPENDED on every other slot,
//! counting into `TO_STOP` those that were ATTACHED, whose poll word it then raises; 3. it sleeps until `TO_STOP` is
//! 0; 4. it works; 5. under the registry lock it clears `stopping` and every SUSPENDED, waking sleepers; 6. it gives
//! the coordinator back. An owner that finds STOP in its poll word clears that bit *first* and then leaves ATTACHED;
//! whoever leaves ATTACHED with SUSPENDED set counts `TO_STOP` down.
//!
//! Why it is safe: a slot counted in `TO_STOP` was ATTACHED at the very write that set SUSPENDED, and only its
//! owner's leaving ATTACHED counts it down, once. A slot that was not ATTACHED cannot become so. A slot born in
//! between is born SUSPENDED. The poll bit is only a hint to come soon: clearing it before reading `state` means that
//! it is never lost, since the requester sets `state` before the poll word.
//!
//! Handshake: the requester posts a function and sets HANDSHAKE on each attached slot (counted in `TO_ANSWER`); it
//! claims each other slot and runs the function for it. An owner with HANDSHAKE set runs the function at its
//! safepoint, or on its way out in `detach`, and counts down. Slots born after the requester's pass are not visited:
//! they began after the handshake did.
//!
//! Whoever runs inside a stop or as a posted function must not take object locks, detach, or ask for a stop or a
//! handshake.

use crate::futex;
use crate::mutex::RawMutex;
use crate::prim::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use crate::threads::{self, ATTACHED, SUSPENDED, Slot, with_registry};
use crate::{park, qsbr};
use std::marker::PhantomData;
use std::ptr;
use std::time::Duration;

/// A stop is being made: come to a safepoint.
pub const STOP: u32 = 1 << 0;
/// A signal arrived; the main thread runs handlers.
pub const SIGNAL: u32 = 1 << 1;
/// This slot's merge queue is not empty.
pub const MERGE: u32 = 1 << 2;
/// An exception was set from another thread.
pub const ASYNC_EXC: u32 = 1 << 3;
/// Tracing, profiling or monitoring changed.
pub const TRACE: u32 = 1 << 4;
/// A collection is wanted.
pub const GC: u32 = 1 << 5;
/// A handshake is under way.
pub const HANDSHAKE: u32 = 1 << 6;
/// Deferred frees wait for this slot's quiescent state.
pub const QSBR: u32 = 1 << 7;
/// The first of the bits left to the runtime.
pub const USER: u32 = 1 << 16;

/// Bits that mean the thread, not the slot: a slot's next owner does not inherit them.
pub(crate) const PERSONAL: u32 = STOP | SIGNAL | ASYNC_EXC | TRACE | HANDSHAKE | QSBR;

/// Must the slot's owner call `safepoint` (or look at its bits) now? For the owner; one relaxed load.
#[inline]
pub fn pending(s: &Slot) -> bool {
    s.poll.load(Ordering::Relaxed) != 0
}

/// Raises bits of a slot's poll word. Async-signal-safe.
#[inline]
pub fn request(s: &Slot, bits: u32) {
    // Release: who sees the bit sees why it was raised.
    s.poll.fetch_or(bits, Ordering::Release);
}

/// Raises bits on every slot that has an owner.
pub fn request_all(bits: u32) {
    threads::for_each_slot(|s| {
        if s.is_alive() {
            request(s, bits);
        }
    });
}

/// Clears `bits` and tells which of them were set. Call it *before* doing what the bit asks for, so that a request
/// made meanwhile is kept.
#[inline]
pub fn take(s: &Slot, bits: u32) -> u32 {
    s.poll.fetch_and(!bits, Ordering::Acquire) & bits
}

/// The owner's safepoint: answers stops and handshakes, reports a quiescent state, and returns the bits left for the
/// caller, who clears each with `take` before acting on it.
pub fn safepoint(s: &Slot) -> u32 {
    debug_assert!(s.is_attached());
    let bits = take(s, STOP | HANDSHAKE | QSBR);
    if bits & HANDSHAKE != 0 {
        answer_handshake(s);
    }
    if bits & STOP != 0 && s.state.load(Ordering::Acquire) & SUSPENDED != 0 {
        threads::detach(s);
        threads::attach(s);
    }
    qsbr::quiescent(s);
    s.poll.load(Ordering::Relaxed)
}

/// The owner, which walks memory that others change, answers a stop or a handshake in the middle of a read section: what it has read stays where it is
/// (`qsbr.rs`), and the stop is a stop for everybody else. The section ends with the next `safepoint`.
pub fn pause_reading(s: &Slot) {
    if s.poll.load(Ordering::Relaxed) & (STOP | HANDSHAKE) == 0 {
        return;
    }
    let bits = take(s, STOP | HANDSHAKE);
    if bits & HANDSHAKE != 0 {
        answer_handshake(s);
    }
    if bits & STOP != 0 && s.state.load(Ordering::Acquire) & SUSPENDED != 0 {
        s.reading.store(threads::WALKING, Ordering::Release);
        threads::detach(s);
        threads::attach(s);
        s.reading.store(0, Ordering::Release);
    }
}

/// Serialises stops and handshakes.
static COORDINATOR: RawMutex = RawMutex::new();
/// Slots that were attached when asked to stop, and still are. Only read-modify-writes.
static TO_STOP: AtomicU32 = AtomicU32::new(0);
/// Slots that still have to run the posted function. Only read-modify-writes.
static TO_ANSWER: AtomicU32 = AtomicU32::new(0);
/// Whether the world is stopped right now.
static STOPPED: AtomicU32 = AtomicU32::new(0);

static STOPS: AtomicU64 = AtomicU64::new(0);
static STOPPING_NS: AtomicU64 = AtomicU64::new(0);
static STOPPING_MAX_NS: AtomicU64 = AtomicU64::new(0);
static STOPPED_NS: AtomicU64 = AtomicU64::new(0);
static STOPPED_MAX_NS: AtomicU64 = AtomicU64::new(0);

/// Totals since the process started.
#[derive(Clone, Copy, Debug, Default)]
pub struct StopStats {
    pub stops: u64,
    /// From holding the coordinator to everybody standing still.
    pub stopping_ns: u64,
    pub stopping_max_ns: u64,
    /// From everybody standing still to resuming.
    pub stopped_ns: u64,
    pub stopped_max_ns: u64,
}

pub fn stop_stats() -> StopStats {
    StopStats {
        stops: STOPS.load(Ordering::Relaxed),
        stopping_ns: STOPPING_NS.load(Ordering::Relaxed),
        stopping_max_ns: STOPPING_MAX_NS.load(Ordering::Relaxed),
        stopped_ns: STOPPED_NS.load(Ordering::Relaxed),
        stopped_max_ns: STOPPED_MAX_NS.load(Ordering::Relaxed),
    }
}

/// Is the world stopped? Exact for the thread that stopped it.
pub fn is_world_stopped() -> bool {
    STOPPED.load(Ordering::Relaxed) != 0
}

fn take_coordinator() {
    // If we waited, we waited detached; attaching with the coordinator in hand cannot run into a stop.
    if !COORDINATOR.try_lock() {
        threads::while_detached(|| COORDINATOR.lock());
    }
}

/// How often, and how long each time, a stop waits for threads that the last one let go.
const LET_IN: (u32, Duration) = (40, Duration::from_micros(50));

/// Threads that were kept out by the last stop attach before the next one begins, or at least get a chance to: who stops again and again (a loop around
/// `gc.collect()`) would otherwise keep them out for as long as the scheduler likes.
fn let_others_in() {
    for _ in 0..LET_IN.0 {
        let mut woken = false;
        threads::for_each_slot(|s| {
            woken |= s.state.load(Ordering::Relaxed) & (threads::WAITING | SUSPENDED | threads::CLAIMED) == threads::WAITING;
        });
        if !woken {
            return;
        }
        std::thread::sleep(LET_IN.1);
    }
}

fn sleep_until_zero(counter: &AtomicU32) {
    for _ in 0..200 {
        if counter.load(Ordering::Acquire) == 0 {
            return;
        }
        crate::prim::spin_loop();
    }
    loop {
        // Acquire pairs with the Release of every count-down: they form one release sequence.
        let n = counter.load(Ordering::Acquire);
        if n == 0 {
            return;
        }
        futex::wait(counter, n, None);
    }
}

fn count_down(counter: &AtomicU32) {
    if counter.fetch_sub(1, Ordering::AcqRel) == 1 {
        futex::wake(counter, 1);
    }
}

/// An owner left ATTACHED while it was being asked to stop.
pub(crate) fn one_stopped() {
    count_down(&TO_STOP);
}

/// Nobody but the holder touches cells while this lives.
pub struct WorldStopped {
    me: Option<&'static Slot>,
    since: u64,
    time_to_stop: u64,
    _not_send: PhantomData<*const ()>,
}

impl WorldStopped {
    /// How long it took until everybody stood still, in nanoseconds.
    pub fn time_to_stop(&self) -> u64 {
        self.time_to_stop
    }

    /// When everybody stood still, in the units of `futex::now`.
    pub fn since(&self) -> u64 {
        self.since
    }
}

/// Stops every other thread at its next safepoint and keeps detached ones from attaching. The caller is attached (or
/// has no slot), holds no object lock, and does not hold the world stopped already.
pub fn stop_the_world() -> WorldStopped {
    let me = threads::current();
    debug_assert!(me.is_none_or(|s| s.is_attached()), "stop_the_world from a detached thread");
    take_coordinator();
    let_others_in();
    let asked = futex::now();
    with_registry(|reg| {
        reg.stopping = true;
        threads::for_each_slot(|s| {
            if me.is_some_and(|m| ptr::eq(m, s)) {
                return;
            }
            // Counted before the bit is visible, so that the count-down cannot come first.
            TO_STOP.fetch_add(1, Ordering::Relaxed);
            // Acquire: see what a detached owner did.
            if s.state.fetch_or(SUSPENDED, Ordering::AcqRel) & ATTACHED != 0 {
                request(s, STOP);
            } else {
                TO_STOP.fetch_sub(1, Ordering::Relaxed);
            }
        });
    });
    sleep_until_zero(&TO_STOP);
    STOPPED.store(1, Ordering::Relaxed);
    let since = futex::now();
    let time_to_stop = since - asked;
    STOPS.fetch_add(1, Ordering::Relaxed);
    STOPPING_NS.fetch_add(time_to_stop, Ordering::Relaxed);
    STOPPING_MAX_NS.fetch_max(time_to_stop, Ordering::Relaxed);
    WorldStopped { me, since, time_to_stop, _not_send: PhantomData }
}

impl Drop for WorldStopped {
    fn drop(&mut self) {
        let stopped = futex::now() - self.since;
        STOPPED_NS.fetch_add(stopped, Ordering::Relaxed);
        STOPPED_MAX_NS.fetch_max(stopped, Ordering::Relaxed);
        STOPPED.store(0, Ordering::Relaxed);
        with_registry(|reg| {
            reg.stopping = false;
            threads::for_each_slot(|s| {
                if !self.me.is_some_and(|m| ptr::eq(m, s)) {
                    threads::let_go(s, SUSPENDED);
                }
            });
        });
        COORDINATOR.unlock();
    }
}

/// The posted function: a pointer to the requester's `&dyn Fn`, valid until `TO_ANSWER` is 0 again.
static POSTED: AtomicPtr<&(dyn Fn(&Slot) + Sync)> = AtomicPtr::new(ptr::null_mut());

/// Runs `f` once for each slot: by the owner at its next safepoint or detach, or by the caller if the owner is
/// detached or dead. Returns when all have run. Nobody is stopped for longer than its own `f`.
pub fn handshake(f: impl Fn(&Slot) + Sync) {
    let me = threads::current();
    debug_assert!(me.is_none_or(|s| s.is_attached()), "handshake from a detached thread");
    take_coordinator();
    struct Done;
    impl Drop for Done {
        fn drop(&mut self) {
            // Also on the way out of a panic in `f`: the others still use the function.
            sleep_until_zero(&TO_ANSWER);
            POSTED.store(ptr::null_mut(), Ordering::Relaxed);
            COORDINATOR.unlock();
        }
    }
    let f: &(dyn Fn(&Slot) + Sync) = &f;
    // SAFETY: only the lifetime changes; `Done` waits until nobody can use the pointer any more before `f` dies.
    let posted: &(dyn Fn(&Slot) + Sync) = unsafe { std::mem::transmute(f) };
    let done = Done;
    // Release, through HANDSHAKE in `state`: who sees that bit sees the pointer.
    POSTED.store(ptr::from_ref(&posted).cast_mut(), Ordering::Relaxed);
    let mut absent = Vec::new();
    threads::fence_births();
    threads::for_each_slot(|s| {
        if !me.is_some_and(|m| ptr::eq(m, s)) && !ask(s) {
            absent.push(s);
        }
    });
    if let Some(m) = me {
        f(m);
    }
    for s in absent {
        // It may have attached since, and may be claimed by somebody else for a moment.
        loop {
            if let Some(claim) = threads::claim(s) {
                f(claim.slot());
                break;
            }
            if ask(s) {
                break;
            }
            crate::prim::thread::yield_now();
        }
    }
    drop(done);
}

/// Asks an attached owner; false if it is not attached.
fn ask(s: &Slot) -> bool {
    TO_ANSWER.fetch_add(1, Ordering::Relaxed);
    let mut state = s.state.load(Ordering::Relaxed);
    while state & ATTACHED != 0 {
        match s.state.compare_exchange_weak(state, state | threads::HANDSHAKE, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => {
                request(s, HANDSHAKE);
                return true;
            }
            Err(now) => state = now,
        }
    }
    TO_ANSWER.fetch_sub(1, Ordering::Relaxed);
    false
}

/// The owner runs the posted function, if it has been asked to.
pub(crate) fn answer_handshake(s: &Slot) {
    struct Answered;
    impl Drop for Answered {
        fn drop(&mut self) {
            count_down(&TO_ANSWER);
        }
    }
    // Acquire pairs with `ask`.
    if s.state.fetch_and(!threads::HANDSHAKE, Ordering::AcqRel) & threads::HANDSHAKE != 0 {
        let _answered = Answered;
        // SAFETY: HANDSHAKE was set, so the requester waits for us and keeps the function alive.
        let f = unsafe { *POSTED.load(Ordering::Relaxed) };
        f(s);
    }
}

/// A signal arrived for this slot's thread: raises SIGNAL and interrupts an interruptible `park`. Async-signal-safe.
pub fn wake_slot(s: &Slot) {
    request(s, SIGNAL);
    park::nudge(s);
}
