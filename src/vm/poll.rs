//! Safepoints: what a thread does when its poll word is not zero.

use objects::{Cx, PyResult};
use sync::safepoint;

/// Stops, handshakes, merges, finalisers, signals and asynchronous exceptions, in this order.
#[cold]
pub fn poll(cx: &mut Cx) -> PyResult<()> {
    let bits = safepoint::safepoint(cx.slot);
    if bits & safepoint::MERGE != 0 {
        safepoint::take(cx.slot, safepoint::MERGE);
        gc::merge::drain_current();
    }
    if bits & safepoint::GC != 0 {
        safepoint::take(cx.slot, safepoint::GC);
        crate::collect::at_safepoint(cx);
    }
    cx.drain();
    if bits & safepoint::ASYNC_EXC != 0 {
        safepoint::take(cx.slot, safepoint::ASYNC_EXC);
        if let Some(exc) = cx.async_exc.take() {
            let exc = objects::types::exception::normalise(cx, exc.as_ref())?;
            return Err(cx.raise_new(exc));
        }
    }
    if bits & safepoint::SIGNAL != 0 {
        safepoint::take(cx.slot, safepoint::SIGNAL);
        return crate::modules::run_signal_handlers(cx);
    }
    Ok(())
}
