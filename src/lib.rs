//! The interpreter: frames and dispatch, import, the modules that need frames, and embedding.
//!
//! Map: [`vm`] frames, THE dispatch loop, calls, exceptions, generators, caches · [`modules`] sys, builtins, ... and the answers to `Host` ·
//! [`source`] text to code · [`program`] what is run first · [`runtime`] start-up and threads' contexts · [`collect`] stops that free deferred cells · [`types`] types that need frames.

pub mod collect;
pub mod command_line;
pub mod import;
pub mod interactive;
pub mod modules;
pub mod program;
pub mod runtime;
pub mod source;
pub mod standard_fds;
pub mod types;
pub mod vm;
