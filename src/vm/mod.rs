//! The interpreter: frames, the dispatch loop, calls, exceptions, generators, inline caches.
//!
//! Map: [`frame`] frames and register windows · [`dispatch`] THE loop · [`ops`] handlers by family · [`call`] entering and leaving functions ·
//! [`unwind`] exceptions · [`cache`] inline caches · [`generator`] suspended frames · [`poll`] safepoints and signals · [`frame_object`] frames as
//! Python sees them · [`foreign`] those of other threads.

pub mod cache;
pub mod call;
pub mod dispatch;
pub mod foreign;
pub mod frame;
pub mod frame_object;
pub mod generator;
pub mod instrument;
pub mod lookaside;
pub mod ops;
pub mod poll;
pub mod unwind;
