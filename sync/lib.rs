//! Everything that makes weft's threads work together: registry, safepoints, deferred frees, locks, waiting. Knows no
//! cells and no Python.
//!
//! | file | what lives there |
//! |------|------------------|
//! | `prim.rs` | the atomics all of weft uses: std's, or loom's |
//! | `futex.rs`, `mutex.rs` | sleeping, and a mutex for internal tables that survives `fork` |
//! | `threads.rs` | slots, who may touch a thread's cells: attach, detach, claim |
//! | `safepoint.rs` | the poll word, stopping the world, handshakes |
//! | `qsbr.rs` | deferred frees by quiescent states |
//! | `park.rs` | waiting by address |
//! | `lock.rs`, `critical.rs` | the one-byte object lock and its guards |
//! | `event.rs` | what Python's locks and events are made of |
//! | `version.rs` | unique tags |
//! | `fork.rs` | the order of things around fork(2) |
//!
//! Lock order, outermost first; a thread takes only what stands further down than what it holds:
//!
//! 1. object locks (one, or two in address order)
//! 2. the coordinator (`safepoint.rs`); waiting for it and for object locks is done detached. Who holds an object
//!    lock does not stop the world
//! 3. the registry (`threads.rs`)
//! 4. the orphans (`qsbr.rs`)
//! 5. a parking bucket (`park.rs`)
//!
//! 3 to 5 are held for a few instructions, attached or not, never across a safepoint or foreign code.

pub mod prim;

#[cfg(not(loom))]
pub mod critical;
#[cfg(not(loom))]
pub mod event;
#[cfg(not(loom))]
pub mod fork;
#[cfg(not(loom))]
pub mod futex;
#[cfg(not(loom))]
pub mod lock;
#[cfg(not(loom))]
pub mod mutex;
#[cfg(not(loom))]
pub mod park;
#[cfg(not(loom))]
pub mod qsbr;
#[cfg(not(loom))]
pub mod safepoint;
#[cfg(not(loom))]
pub mod threads;
#[cfg(not(loom))]
pub mod version;

#[cfg(all(test, not(loom)))]
mod tests;
