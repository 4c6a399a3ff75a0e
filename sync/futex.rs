//! The two futex calls and the monotonic clock. Everything in this crate that makes a thread sleep ends here.
//!
//! Both calls are safe on any address: `wait` reads through a reference, and `wake` only names an address to the
//! kernel. `wake` is async-signal-safe.

use crate::prim::AtomicU32;
use std::ptr;

/// Why `wait` came back. The caller re-reads its word in every case; only the deadline is news.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Woken {
    /// Woken, interrupted by a signal, or the word did not hold `expected`.
    Look,
    /// The deadline passed.
    Deadline,
}

/// Nanoseconds of `CLOCK_MONOTONIC`.
pub fn now() -> u64 {
    let mut ts = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `ts` is a valid place for the result.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut ts) };
    ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64
}

/// Sleeps while `word` holds `expected`, at most until `deadline` (absolute, in the units of `now`).
pub fn wait(word: &AtomicU32, expected: u32, deadline: Option<u64>) -> Woken {
    let ts;
    let ts_ptr = match deadline {
        None => ptr::null(),
        Some(d) => {
            ts = libc::timespec { tv_sec: (d / 1_000_000_000) as libc::time_t, tv_nsec: (d % 1_000_000_000) as libc::c_long };
            &ts as *const libc::timespec
        }
    };
    // SAFETY: `word` is a live, aligned u32 for the whole call; the other arguments are as futex(2) wants them.
    // WAIT_BITSET takes an absolute deadline, so that an interrupted wait does not start its timeout again.
    let r = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word as *const AtomicU32,
            libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG,
            expected,
            ts_ptr,
            ptr::null::<u32>(),
            libc::FUTEX_BITSET_MATCH_ANY,
        )
    };
    // SAFETY: errno of this thread.
    if r == -1 && unsafe { *libc::__errno_location() } == libc::ETIMEDOUT { Woken::Deadline } else { Woken::Look }
}

/// Wakes up to `n` threads that sleep on this address. The address may be dead: then nobody, or somebody who
/// tolerates it, is woken.
pub fn wake(word: *const AtomicU32, n: i32) {
    // SAFETY: FUTEX_WAKE uses the address as a name and never reads through it on our behalf.
    unsafe { libc::syscall(libc::SYS_futex, word.addr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, n) };
}
