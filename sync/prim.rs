//! The facade through which all of weft takes its atomics: std's in the product, loom's under `--cfg loom`.
//!
//! Nothing else lives here. Futexes, which loom cannot model, are in `futex.rs`; locks in `mutex.rs` and `lock.rs`.

#[cfg(not(loom))]
pub use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};

#[cfg(loom)]
pub use loom::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};

#[cfg(loom)]
pub use loom::hint::spin_loop;
#[cfg(not(loom))]
pub use std::hint::spin_loop;

#[cfg(loom)]
pub use loom::thread;
#[cfg(not(loom))]
pub use std::thread;

/// How many rounds of 1, 2, 4, ... pauses a thread spins for an object lock before it parks. Models do not spin.
#[cfg(not(loom))]
pub const SPIN_ROUNDS: u32 = 6;
#[cfg(loom)]
pub const SPIN_ROUNDS: u32 = 0;
