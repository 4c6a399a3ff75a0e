//! The instrumented loop: the same handlers, one instruction at a time, with statistics and events between them.
//!
//! A thread runs the plain loop while `cx.trace.mode` is 0. A loop is chosen when native code enters the interpreter ([`run`]); a plain loop that
//! runs already is left at its next poll: whoever changes what is wanted raises [`sync::safepoint::TRACE`], the handler that polls either does its
//! instruction over again in the other loop ([`asked`], [`redo`]) or, after a native call, has the next instruction run there
//! ([`switch`]). The instrumented loop looks before each instruction whether it is still wanted. So neither costs the plain loop anything.

pub mod events;
pub mod jump;
pub mod lines;
pub mod outcome;
pub mod stats;
pub mod tracing;

use super::dispatch::{self, HALT, Next};
use super::frame::{Frame, Pc, Regs, current};
use bytecode::{Instr, Op};
use objects::cx::mode;
use objects::{Cx, PyResult, Raised};
use sync::prim::Ordering;
use sync::safepoint;

/// Whether the instrumented loop is to run.
#[inline]
pub fn wanted(cx: &Cx) -> bool {
    cx.trace.mode & mode::STATS != 0 || events_on(cx)
}

/// Whether events are delivered: somebody wants some, and no callback is running.
#[inline]
pub fn events_on(cx: &Cx) -> bool {
    cx.trace.mode & mode::EVENTS != 0 && cx.trace.inside == 0
}

/// Runs from `start` until a frame returns to native code, in whichever loop is wanted.
///
/// # Safety
/// `pc` and `r` belong to the current frame, which native code has just entered.
#[cold]
#[inline(never)]
pub unsafe fn run(cx: &mut Cx, pc: Pc, r: Regs) {
    // SAFETY: passed on.
    unsafe { alternate(cx, (pc, r), true) }
}

/// Goes on where a plain loop has been left for this one.
///
/// # Safety
/// `cx.trace.resume` is set, for the current frame.
#[cold]
#[inline(never)]
pub unsafe fn go_on(cx: &mut Cx) {
    // SAFETY: passed on.
    unsafe {
        let next = take_resume(cx);
        if let Some(next) = next {
            alternate(cx, next, false);
        }
    }
}

unsafe fn alternate(cx: &mut Cx, start: Next, entered: bool) {
    let outer = cx.trace.mode & mode::RUNNING;
    // What the loop below knows about the instruction that it is in the middle of.
    let native = cx.trace.native.take();
    let (mut next, mut entered) = (start, entered);
    // SAFETY: by the callers.
    unsafe {
        loop {
            let left = if wanted(cx) {
                cx.trace.mode |= mode::RUNNING;
                steps(cx, next, entered)
            } else {
                cx.trace.mode &= !mode::RUNNING;
                dispatch::run_plain(cx, next.0, next.1);
                take_resume(cx)
            };
            match left {
                Some(n) => next = n,
                None => break,
            }
            entered = false;
        }
    }
    cx.trace.mode = cx.trace.mode & !mode::RUNNING | outer;
    cx.trace.native = native;
    cx.trace.unwound = false;
    if outer == 0 && wanted(cx) {
        // The loop below is a plain one.
        safepoint::request(cx.slot, safepoint::TRACE);
    }
}

unsafe fn take_resume(cx: &mut Cx) -> Option<Next> {
    match std::mem::take(&mut cx.trace.resume) {
        0 => None,
        // SAFETY: set for the current frame.
        at => Some((at as Pc, unsafe { (*current(cx)).regs })),
    }
}

/// The loop. `Some`: it is not wanted any more, go on there in the plain one; `None`: back to native code.
unsafe fn steps(cx: &mut Cx, start: Next, entered: bool) -> Option<Next> {
    let (mut pc, mut r) = start;
    // SAFETY: verified code; handlers keep the frame discipline.
    unsafe {
        if entered && cx.trace.mode & mode::STATS != 0 && !std::ptr::eq(pc, &raw const HALT) {
            stats::entered(&*current(cx), pc);
        }
        if !std::ptr::eq(pc, &raw const HALT) && events_on(cx) {
            if entered && !std::mem::take(&mut cx.trace.unwound) {
                (pc, r) = events::entered(cx, (pc, r));
            } else if !entered {
                // Events begin in the middle of the frame: at the instruction that has asked for them.
                cx.trace.prev = (*current(cx)).pc as usize;
            }
        }
        loop {
            if std::ptr::eq(pc, &raw const HALT) {
                match take_resume(cx) {
                    Some(n) => {
                        (pc, r) = n;
                        continue;
                    }
                    None => return None,
                }
            }
            if !wanted(cx) {
                return Some((pc, r));
            }
            let (at, i) = inner(pc);
            if events_on(cx)
                && let Some(next) = events::before(cx, at, i, r)
            {
                (pc, r) = next;
                continue;
            }
            let known = if events_on(cx) { Some(events::note(cx, at, i, r)) } else { None };
            let below: *mut Frame = current(cx);
            let noted = if cx.trace.mode & mode::STATS != 0 { Some(stats::before(cx, at, i, r)) } else { None };
            let next = dispatch::step(cx, pc, r);
            if let Some(noted) = noted {
                stats::after(cx, &noted, at, i, below, next.0);
            }
            (pc, r) = match known {
                Some(known) if events_on(cx) => events::after(cx, known, at, i, next),
                _ => {
                    cx.trace.native = None;
                    next
                }
            };
        }
    }
}

/// The instruction at `pc` itself, behind its prefix if it has one.
#[inline]
unsafe fn inner(pc: Pc) -> (Pc, Instr) {
    // SAFETY: verified code: an instruction follows a prefix.
    unsafe {
        let i = Instr((*pc).load(Ordering::Relaxed));
        if i.op_byte() == Op::Wide as u8 {
            let at = pc.add(1);
            (at, Instr((*at).load(Ordering::Relaxed)))
        } else {
            (pc, i)
        }
    }
}

/// The address to go on at for the instruction at `at`: its prefix, if it has one.
fn with_prefix(f: &Frame, at: Pc) -> Pc {
    if is_wide(f, at) { at.wrapping_sub(1) } else { at }
}

/// Whether `f1` has been pushed on `f0` by the instruction that `f0` was at.
unsafe fn pushed(f0: *mut Frame, f1: *mut Frame) -> bool {
    // SAFETY: f1 is the current frame.
    unsafe { f1 != f0 && (*f1).prev == f0 }
}

/// Works out what this thread has to deliver.
pub fn refresh(cx: &mut Cx) {
    tracing::take_over(cx);
    let events = !cx.trace.trace.as_ref().is_none() || !cx.trace.profile.as_ref().is_none() || crate::modules::monitoring::any();
    if events {
        cx.trace.mode |= mode::EVENTS;
        safepoint::request(cx.slot, safepoint::TRACE);
    } else if cx.trace.mode & mode::EVENTS != 0 {
        cx.trace.mode &= !mode::EVENTS;
        cx.trace.classes.clear();
        lines::forget();
    }
}

/// Somebody has changed what this thread should deliver: an `Err` is for [`super::unwind::raise`], which does the current instruction over again.
pub fn asked(cx: &mut Cx) -> PyResult<()> {
    refresh(cx);
    safepoint::take(cx.slot, safepoint::TRACE);
    if !wanted(cx) || cx.trace.mode & mode::RUNNING != 0 {
        return Ok(());
    }
    cx.trace.redo = true;
    Err(cx.raise(gc::Value::NONE))
}

/// The plain loop is left at the current instruction, which has done nothing yet.
///
/// # Safety
/// The current frame's pc is at the instruction.
pub unsafe fn redo(cx: &mut Cx, r: Raised) -> Next {
    drop(cx.catch(r));
    cx.trace.redo = false;
    // SAFETY: by contract.
    unsafe {
        let f = &*current(cx);
        cx.trace.resume = f.pc as usize - if is_wide(f, f.pc) { 8 } else { 0 };
        (&raw const HALT, f.regs)
    }
}

/// Whether the frame's instruction at `at` has a prefix. (The word before is taken from the code as compiled, where cache words are zero.)
fn is_wide(f: &Frame, at: Pc) -> bool {
    f.code().is_some_and(|c| {
        let index = (at as usize - c.instrs.as_ptr() as usize) / 8;
        index > 0 && c.data.instrs.get(index - 1).is_some_and(|i| i.op_byte() == Op::Wide as u8)
    })
}

/// After a native call in either loop: the next instruction runs in the loop that is wanted.
///
/// # Safety
/// `next` is where the current frame goes on.
pub unsafe fn switch(cx: &mut Cx, next: Next) -> Next {
    if !wanted(cx) || cx.trace.mode & mode::RUNNING != 0 || std::ptr::eq(next.0, &raw const HALT) {
        return next;
    }
    safepoint::take(cx.slot, safepoint::TRACE);
    cx.trace.resume = next.0 as usize;
    (&raw const HALT, next.1)
}
