//! The interpreter: frames and dispatch, import, the modules that need frames, and embedding.
//!
//! Map: [`vm`] frames, THE dispatch loop, calls, exceptions, generators, caches · [`jit`] hot code as machine code · [`modules`] sys, builtins, ...
//! and the answers to `Host` · [`source`] text to code · [`program`] what is run first · [`interactive`] the plain prompt · [`runtime`] start-up and
//! threads' contexts · [`collect`] the collector · [`shutdown`] the end of the modules · [`types`] types that need frames.

pub mod collect;
pub mod command_line;
pub mod import;
pub mod interactive;
pub mod jit;
pub mod modules;
pub mod program;
pub mod runtime;
pub mod shutdown;
pub mod source;
pub mod standard_fds;
pub mod types;
pub mod vm;
