//! The object lock: two bits of one byte, embedded in a cell's header.
//!
//! Actors: threads that lock, unlock, wait. States of the byte:
//!
//! | byte | meaning |
//! |------|---------|
//! | 0 | free |
//! | HELD | held, nobody waits |
//! | HELD+WAITERS | held, somebody may be parked at the byte's address: the holder's `unlock` takes the slow path |
//! | WAITERS | free, and somebody is parked still: whoever takes it keeps the bit |
//!
//! The other six bits are not ours and are preserved. Steps: `lock` is one compare-exchange 0 -> HELD, `unlock` one
//! back. A loser spins for about a microsecond, if nobody is parked yet; then it sets WAITERS, *detaches* and parks,
//! if the byte is still HELD+WAITERS. An unlocker that finds WAITERS wakes the first in the queue and either frees
//! the byte (the woken one competes with newcomers) or, when fairness is due, leaves HELD set and hands it over by
//! token.
//!
//! Why it is safe: WAITERS is cleared only under the bucket lock, by an unlocker that sees that no one else is
//! queued; a parker checks it under the same lock. A detached waiter holds up neither stops nor handshakes. The byte
//! is not touched after the write that frees it, so the cell may die at once.
//!
//! No statics here: loom-tests compiles this very file over loom's atomics.
//!
//! A thread must not reach a safepoint, or detach, while it waits *attached* for anything; here it never does. It may
//! be stopped while it holds an object lock only through `attach` after a hand-over; whoever stops the world takes no
//! object locks.

use crate::event::Waited;
use crate::park::{self, ParkResult};
use crate::prim::{AtomicU8, Ordering, SPIN_ROUNDS, spin_loop};
use crate::threads;

pub const HELD: u8 = 1;
pub const WAITERS: u8 = 2;

/// The token that says: the lock is yours already.
const HANDED_OVER: usize = 1;

/// Takes the lock if it is free.
#[inline]
pub fn try_lock(byte: &AtomicU8) -> bool {
    let mut state = byte.load(Ordering::Relaxed);
    while state & HELD == 0 {
        // Acquire pairs with the Release in `unlock`.
        match byte.compare_exchange_weak(state, state | HELD, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => return true,
            Err(now) => state = now,
        }
    }
    false
}

/// Takes the lock. May detach and attach the calling thread while it waits.
#[inline]
pub fn lock(byte: &AtomicU8) {
    if byte.compare_exchange(0, HELD, Ordering::Acquire, Ordering::Relaxed).is_err() {
        lock_slow(byte);
    }
}

/// Gives the lock back. The caller holds it.
#[inline]
pub fn unlock(byte: &AtomicU8) {
    if byte.compare_exchange(HELD, 0, Ordering::Release, Ordering::Relaxed).is_err() {
        unlock_slow(byte);
    }
}

/// Is the lock held, by anybody?
#[inline]
pub fn is_locked(byte: &AtomicU8) -> bool {
    byte.load(Ordering::Relaxed) & HELD != 0
}

fn address(byte: &AtomicU8) -> usize {
    std::ptr::from_ref(byte).addr()
}

#[cold]
fn lock_slow(byte: &AtomicU8) {
    // An object lock is taken in the middle of things: whoever waits for it still uses what it has read before.
    let slot = threads::current();
    if let Some(s) = slot {
        s.reading.store(threads::READING, Ordering::Release);
        s.waits_for.store(std::ptr::from_ref(byte).expose_provenance(), Ordering::Relaxed);
    }
    lock_until(byte, None, false);
    if let Some(s) = slot {
        s.waits_for.store(0, Ordering::Relaxed);
        s.reading.store(0, Ordering::Release);
    }
}

/// In a forked child: whoever held the lock, or was handed it, is gone.
///
/// # Safety
/// `address` is that of a lock byte, or 0.
pub(crate) unsafe fn reset_after_fork(address: usize) {
    if address != 0 {
        // SAFETY: by contract.
        unsafe { (*std::ptr::with_exposed_provenance::<AtomicU8>(address)).fetch_and(!(HELD | WAITERS), Ordering::Relaxed) };
    }
}

/// The slow path, with the ways out that Python's locks have: a deadline in the units of `futex::now`, and
/// interruption by signals.
pub(crate) fn lock_until(byte: &AtomicU8, deadline: Option<u64>, interruptible: bool) -> Waited {
    let mut rounds = 0;
    loop {
        let state = byte.load(Ordering::Relaxed);
        if state & HELD == 0 {
            if byte.compare_exchange_weak(state, state | HELD, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return Waited::Done;
            }
            continue;
        }
        // Who finds others parked goes to sleep as well: spinning past them would only make them wait longer.
        if state & WAITERS == 0 && rounds < SPIN_ROUNDS {
            for _ in 0..1 << rounds {
                spin_loop();
            }
            rounds += 1;
            continue;
        }
        if state & WAITERS == 0 && byte.compare_exchange_weak(state, state | WAITERS, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            continue;
        }
        let still = || byte.load(Ordering::Relaxed) & (HELD | WAITERS) == HELD | WAITERS;
        match threads::while_detached(|| park::park_until(address(byte), still, deadline, interruptible)) {
            // Parking synchronised with the unlocker through the bucket lock.
            ParkResult::Unparked(HANDED_OVER) => return Waited::Done,
            ParkResult::TimedOut => return Waited::TimedOut,
            ParkResult::Interrupted => return Waited::Interrupted,
            _ => rounds = 0,
        }
    }
}

#[cold]
fn unlock_slow(byte: &AtomicU8) {
    let held = unlock_checked(byte);
    debug_assert!(held, "unlock of a free object lock");
}

/// Frees the lock whoever holds it; false if it is free. For Python's locks, which any thread may release, even two
/// at once.
pub(crate) fn unlock_checked(byte: &AtomicU8) -> bool {
    let mut state = byte.load(Ordering::Relaxed);
    while state & WAITERS == 0 {
        if state & HELD == 0 {
            return false;
        }
        match byte.compare_exchange_weak(state, state & !HELD, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return true,
            Err(now) => state = now,
        }
    }
    if state & HELD == 0 {
        return false;
    }
    let mut held = true;
    park::unpark_one(address(byte), |woken| {
        // While WAITERS is set HELD is cleared only here, under the bucket lock, so that of two racing releasers one
        // wins.
        held = byte.load(Ordering::Relaxed) & HELD != 0;
        let hand_over = held && woken.unparked && woken.be_fair;
        // A newcomer may take a free byte at any moment: then HELD is not ours to clear.
        let clear = if held && !hand_over { HELD } else { 0 } | if woken.more_waiters { 0 } else { WAITERS };
        // Release pairs with the next owner's Acquire. The last touch of the byte.
        if clear != 0 {
            byte.fetch_and(!clear, Ordering::Release);
        }
        if hand_over { HANDED_OVER } else { 0 }
    });
    held
}
