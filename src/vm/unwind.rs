//! Exceptions: finding handlers, dropping what is live, leaving frames.

use super::call;
use super::dispatch::{HALT, Next};
use super::frame::{Frame, Then, current};
use super::instrument::{self, events};
use super::{frame_object, generator};
use bytecode::exceptions::{find_handler, live_depth};
use gc::Word;
use objects::types::exception::as_exception;
use objects::{Cx, Raised};

/// The exception in `cx.raised` came out of the current instruction: adds a traceback entry and goes to the handler.
#[cold]
#[inline(never)]
pub unsafe fn raise(cx: &mut Cx, r: Raised) -> Next {
    // SAFETY: passed on.
    unsafe {
        if cx.trace.redo {
            return super::instrument::redo(cx, r);
        }
        unwind(cx, r, true)
    }
}

/// As `raise`, without a traceback entry for the current frame.
#[cold]
#[inline(never)]
pub unsafe fn reraise(cx: &mut Cx, r: Raised) -> Next {
    // SAFETY: passed on.
    unsafe { unwind(cx, r, false) }
}

unsafe fn unwind(cx: &mut Cx, r: Raised, mut trace: bool) -> Next {
    let mut exc = cx.catch(r);
    // A callback has raised in a handler's place: no event about that.
    let mut silent = false;
    // SAFETY: there is a current frame; its tables say what is live.
    unsafe {
        loop {
            let f = current(cx);
            let Some(code) = (*f).code() else {
                // The bottom frame: native code is next.
                let _ = cx.raise(exc);
                return (&raw const HALT, (*f).regs);
            };
            let pc = (*f).pc_index();
            if trace && let Some(e) = as_exception(exc.as_ref()) {
                frame_object::add_traceback(cx, e, &mut *f);
            }
            if instrument::events_on(cx) && !silent {
                exc = events::raised(cx, exc, trace);
            }
            (trace, silent) = (true, false);
            let live = live_depth(&code.data.live, pc) as usize;
            if let Some(h) = find_handler(&code.data.handlers, pc) {
                let depth = h.depth as usize;
                drop_registers(&mut *f, depth, live);
                let from = (*f).pc;
                *(*f).regs.add(depth) = exc.into_word();
                let at = code.instrs.as_ptr().add(h.target as usize);
                (*f).pc = at;
                (*f).passing = false;
                // What the drops have queued runs with the exception safe in its register.
                if gc::local::has_work() {
                    super::ops::drain(cx);
                }
                if instrument::events_on(cx)
                    && let Err(other) = events::handled(cx, gc::Ref::from_word(*(*f).regs.add(depth)), from)
                {
                    exc = other;
                    (trace, silent) = (false, true);
                    continue;
                }
                return (at, (*f).regs);
            }
            if instrument::events_on(cx) {
                exc = events::unwinds(cx, exc);
            }
            if !(*f).object.is_null() {
                // The traceback shows the frame's locals: they live as long as it does.
                frame_object::detach(cx, &mut *f);
            }
            drop_registers(&mut *f, 0, live.max(code.locals as usize));
            if !(*f).generator.is_null() {
                generator::ended(cx, &mut *f);
            }
            let then = (*f).then;
            let extra = std::mem::replace(&mut (*f).extra, Word::UNBOUND);
            call::leave(cx, &mut *f);
            super::frame::drop_word(extra);
            match then {
                Then::Native => {
                    let _ = cx.raise(exc);
                    return (&raw const HALT, (*current(cx)).regs);
                }
                Then::ForIter | Then::Delegate => match generator::raised_into(cx, then, exc) {
                    Ok(next) => return next,
                    Err(back) => exc = back,
                },
                Then::Store | Then::Init => {}
            }
        }
    }
}

/// Drops the registers `from..to`, leaving harmless words behind.
pub unsafe fn drop_registers(f: &mut Frame, from: usize, to: usize) {
    for n in from..to {
        // SAFETY: these registers are live and die here.
        unsafe {
            let at = f.regs.add(n);
            let w = *at;
            *at = Word::UNBOUND;
            super::frame::drop_word(w);
        }
    }
}
