//! Safepoints: what a thread does when its poll word is not zero.

use objects::{Cx, PyResult};
use sync::safepoint;

/// Stops, handshakes, merges, finalisers, signals, asynchronous exceptions and changes of what is traced, in this order. For handlers at the start
/// of their instruction.
#[cold]
pub fn poll(cx: &mut Cx) -> PyResult<()> {
    let bits = answer(cx)?;
    if bits & safepoint::TRACE != 0 { super::instrument::asked(cx) } else { Ok(()) }
}

/// The same for natives, which cannot leave the loop that called them: a change of what is traced waits until they are done.
#[cold]
pub fn in_native(cx: &mut Cx) -> PyResult<()> {
    answer(cx).map(drop)
}

fn answer(cx: &mut Cx) -> PyResult<u32> {
    let bits = safepoint::safepoint(cx.slot);
    if bits & safepoint::MERGE != 0 {
        safepoint::take(cx.slot, safepoint::MERGE);
        gc::merge::drain_current();
    }
    if gc::stress::keeps_polling() {
        super::cache::drop_some(cx);
        safepoint::request(cx.slot, safepoint::MERGE);
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
        crate::modules::run_signal_handlers(cx)?;
    }
    if bits & safepoint::TRACE != 0 {
        super::instrument::refresh(cx);
    }
    Ok(bits)
}
