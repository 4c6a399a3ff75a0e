//! Events: what the instrumented loop and the unwinder tell trace functions, profile functions and the tools of `sys.monitoring`.
//!
//! All of these are called with the frame that the event is about as the current one and its pc at the instruction. For one event the trace function
//! comes first, then the profile function, then the tools from the highest number down. While one of them runs the thread delivers no events.

use super::lines;
use super::tracing::{self, What, during};
use crate::modules::monitoring::{self, event};
use crate::vm::dispatch::Next;
use crate::vm::frame::{Frame, Pc, Regs, Then, current};
use crate::vm::unwind;
use bytecode::{Instr, Op};
use gc::{Payload, Ref, Value, Word};
use objects::protocol::call;
use objects::types::exception;
use objects::types::int;
use objects::types::method::BoundMethod;
use objects::types::tuple::Tuple;
use objects::{Cx, PyResult, ids};

/// A native call on its way: whom it calls, and with what first.
pub struct NativeCall {
    callee: Value,
    arg0: Option<Value>,
}

fn bit(e: usize) -> u32 {
    1 << e
}

unsafe fn frame<'a>(cx: &Cx) -> &'a mut Frame {
    // SAFETY: by the callers: there is a current frame.
    unsafe { &mut *current(cx) }
}

/// The events that tools want in the current code.
unsafe fn wanted(cx: &Cx) -> u32 {
    if !monitoring::any() {
        return 0;
    }
    // SAFETY: passed on.
    unsafe { frame(cx) }.code().map_or(0, |c| lines::of(c).wanted(c))
}

fn has_trace(cx: &Cx) -> bool {
    !cx.trace.trace.as_ref().is_none()
}
fn has_profile(cx: &Cx) -> bool {
    !cx.trace.profile.as_ref().is_none()
}

/// Offsets are half words, from 2 on: 0 is the start of a call, before the first instruction.
fn offset(index: u32) -> Value {
    int::from_i64(i64::from(index) * 2 + 2)
}

/// Calls the tools' callbacks for an event at instruction `index` of the current code with `(code, first, rest...)`.
fn tools(cx: &mut Cx, e: usize, index: u32, first: Value, rest: &[Ref<'_>]) -> PyResult<()> {
    // SAFETY: there is a current frame.
    let Some(code) = unsafe { frame(cx) }.code() else { return Ok(()) };
    let key = lines::key(code);
    let code: Value = code.to_value();
    for (tool, f) in monitoring::callbacks(key, index, e) {
        let mut args = vec![code.as_ref(), first.as_ref()];
        args.extend_from_slice(rest);
        cx.trace.inside += 1;
        let before = std::mem::replace(&mut cx.trace.during, during::OTHER);
        let result = call::positional(cx, f.as_ref(), &args);
        cx.trace.during = before;
        cx.trace.inside -= 1;
        if monitoring::is_disable(result?.as_ref()) {
            if e <= event::STOP_ITERATION {
                monitoring::disable(tool, key, index, e);
            } else {
                monitoring::remove_callback(tool, e);
                let name = monitoring::EVENTS[e];
                return Err(cx.value_error(format!("Cannot disable {name} events. Callback removed.")));
            }
        }
    }
    Ok(())
}

/// The current frame starts, or is resumed with `resumed`.
///
/// # Safety
/// The current frame is about to go on at `next`.
pub unsafe fn entered(cx: &mut Cx, next: Next) -> Next {
    // SAFETY: by contract.
    unsafe {
        let f = frame(cx);
        let Some(code) = f.code() else { return next };
        let fresh = std::ptr::eq(next.0, code.instrs.as_ptr());
        let at = f.pc;
        let index = f.pc_index();
        cx.trace.prev = if fresh { 0 } else { at as usize };
        if fresh {
            cx.trace.placed = (std::ptr::from_ref(f) as usize, crate::types::code::start_line(code));
        }
        let result = (|| -> PyResult<()> {
            tracing::trace(cx, What::Call, if fresh { during::NEW_FRAME } else { during::OTHER }, Ref::NONE)?;
            tracing::profile(cx, What::Call, Ref::NONE)?;
            let e = if fresh { event::PY_START } else { event::PY_RESUME };
            if wanted(cx) & bit(e) != 0 {
                tools(cx, e, index, if fresh { Value::small_int(0) } else { offset(index) }, &[])?;
            }
            Ok(())
        })();
        cx.trace.placed = (0, 0);
        match result {
            Ok(()) => next,
            Err(e) => unwind::raise(cx, e),
        }
    }
}

/// Before an instruction: `Some` is where to go on instead.
///
/// # Safety
/// The instruction at `at` is the current frame's next one.
pub unsafe fn before(cx: &mut Cx, at: Pc, i: Instr, r: Regs) -> Option<Next> {
    // SAFETY: by contract.
    unsafe {
        let f = frame(cx);
        let code = f.code.as_ref()?;
        let info = lines::of(code);
        let events = if monitoring::any() { info.wanted(code) } else { 0 };
        let index = ((at as usize - code.instrs.as_ptr() as usize) / 8) as u32;
        let saved = f.pc;
        f.pc = at;
        let op = i.op()?;
        let line = if is_unlined(op, index, &info) { 0 } else { info.line(index) };
        let previous = match cx.trace.prev {
            0 => 0,
            p => info.line(((p - code.instrs.as_ptr() as usize) / 8) as u32),
        };
        let back = std::mem::take(&mut cx.trace.back);
        let new_line = line != 0 && (line != previous || cx.trace.prev == 0);
        let tracing = has_trace(cx);
        let leaves = matches!(op, Op::Return | Op::ReturnK | Op::Yield);
        let calls = matches!(op, Op::Call | Op::CallKw | Op::CallMethod | Op::CallMethodKw | Op::CallEx);
        let idle = !(tracing || events & (bit(event::LINE) | bit(event::INSTRUCTION)) != 0)
            && !(leaves && (has_profile(cx) || events & (bit(event::PY_RETURN) | bit(event::PY_YIELD)) != 0))
            && !(calls && (has_profile(cx) || events & bit(event::CALL) != 0));
        if idle {
            f.pc = saved;
            return None;
        }
        let result = (|| -> PyResult<bool> {
            if (new_line || back && line != 0) && tracing && tracing::own_function(f).is_some_and(|(_, flags)| flags & 1 != 0) {
                cx.trace.jump = None;
                tracing::trace(cx, What::Line, during::LINE, Ref::NONE)?;
                if cx.trace.jump.is_some() {
                    return Ok(true);
                }
            }
            if new_line && events & bit(event::LINE) != 0 {
                tools(cx, event::LINE, index, int::from_i64(i64::from(line)), &[])?;
            }
            if tracing && tracing::own_function(f).is_some_and(|(_, flags)| flags & 2 != 0) {
                tracing::trace(cx, What::Opcode, during::OTHER, Ref::NONE)?;
            }
            if events & bit(event::INSTRUCTION) != 0 {
                tools(cx, event::INSTRUCTION, index, offset(index), &[])?;
            }
            if leaves {
                let value = match op {
                    Op::ReturnK => code.consts[i.index() as usize].clone(),
                    _ => Ref::from_word(*r.add(operand_b(at, i, f))).to_value(),
                };
                if line == 0 && previous != 0 {
                    // It is shown where it has come from.
                    f.pc = cx.trace.prev as Pc;
                }
                left(cx, if op == Op::Yield { event::PY_YIELD } else { event::PY_RETURN }, index, events, &value)?;
            }
            if calls && (has_profile(cx) || events & bit(event::CALL) != 0) {
                about_to_call(cx, at, i, op, r, index, events)?;
            }
            Ok(false)
        })();
        if cx.trace.jump.is_none() {
            f.pc = at;
        }
        match result {
            Ok(false) => None,
            Ok(true) => {
                let target = cx.trace.jump.take().unwrap_or(index);
                let pc = code.instrs.as_ptr().add(target as usize);
                f.pc = pc;
                cx.trace.prev = pc as usize;
                Some((super::with_prefix(f, pc), r))
            }
            Err(e) => Some(unwind::raise(cx, e)),
        }
    }
}

fn operand_b(at: Pc, i: Instr, f: &Frame) -> usize {
    super::outcome::operands(at, i, super::is_wide(f, at))[1]
}

/// The current frame returns or yields a value.
unsafe fn left(cx: &mut Cx, e: usize, index: u32, events: u32, value: &Value) -> PyResult<()> {
    tracing::trace(cx, What::Return, during::OTHER, value.as_ref())?;
    tracing::profile(cx, What::Return, value.as_ref())?;
    if events & bit(e) != 0 {
        tools(cx, e, index, offset(index), &[value.as_ref()])?;
    }
    Ok(())
}

/// The current frame, at a `YieldFrom`, passes on a value that its delegate has yielded.
///
/// # Safety
/// There is a current frame.
pub unsafe fn passes_on(cx: &mut Cx, value: &Value) -> PyResult<()> {
    if !super::events_on(cx) {
        return Ok(());
    }
    // SAFETY: by contract.
    unsafe {
        let index = frame(cx).pc_index();
        let events = wanted(cx);
        left(cx, event::PY_YIELD, index, events, value)
    }
}

unsafe fn about_to_call(cx: &mut Cx, at: Pc, i: Instr, op: Op, r: Regs, index: u32, events: u32) -> PyResult<()> {
    // SAFETY: the call's words are live registers.
    unsafe {
        let base = super::outcome::operands(at, i, super::is_wide(frame(cx), at))[2];
        let word = |n: usize| *r.add(base + n);
        let mut callee = Ref::from_word(word(0)).to_value();
        let argument = |n: usize| Some(Ref::from_word(word(n)).to_value());
        let argc = i.b() as usize;
        let mut arg0 = match op {
            Op::CallEx => Ref::from_word(word(1)).exact::<Tuple>().and_then(|t| t.items().first().map(|v| v.to_value())),
            Op::CallMethod | Op::CallMethodKw if word(1) != Word::NO_SELF => argument(1),
            Op::CallMethod | Op::CallMethodKw if argc > 0 => argument(2),
            Op::Call | Op::CallKw if argc > 0 => argument(1),
            _ => None,
        };
        if op != Op::CallEx
            && let Some(m) = callee.as_ref().exact::<BoundMethod>()
        {
            let (function, receiver) = (m.function.as_ref().to_value(), m.receiver.clone());
            (callee, arg0) = (function, Some(receiver));
        }
        let native = callee.as_ref().header().is_none_or(|h| h.type_id() != ids::FUNCTION);
        if native
            && has_profile(cx)
            && let Some(shown) = tracing::shown_native(cx, callee.as_ref(), arg0.as_ref().map(Value::as_ref))?
        {
            tracing::profile(cx, What::CCall, shown.as_ref())?;
        }
        if events & bit(event::CALL) != 0 {
            let first = arg0.clone().unwrap_or_else(monitoring::missing);
            tools(cx, event::CALL, index, offset(index), &[callee.as_ref(), first.as_ref()])?;
        }
        if native {
            cx.trace.native = Some(Box::new(NativeCall { callee, arg0 }));
        }
        Ok(())
    }
}

fn native_done(cx: &mut Cx, e: usize, index: u32) -> PyResult<()> {
    let Some(call) = cx.trace.native.take().and_then(|n| n.downcast::<NativeCall>().ok()) else { return Ok(()) };
    if has_profile(cx)
        && let Some(shown) = tracing::shown_native(cx, call.callee.as_ref(), call.arg0.as_ref().map(Value::as_ref))?
    {
        tracing::profile(cx, if e == event::C_RETURN { What::CReturn } else { What::CException }, shown.as_ref())?;
    }
    // SAFETY: there is a current frame.
    if unsafe { wanted(cx) } & bit(event::CALL) != 0 {
        let first = call.arg0.unwrap_or_else(monitoring::missing);
        tools(cx, e, index, offset(index), &[call.callee.as_ref(), first.as_ref()])?;
    }
    Ok(())
}

/// What a frame was before the instruction that has left it.
pub struct Before {
    /// The frame.
    pub frame: *mut Frame,
    /// What was to happen with its result.
    pub then: Then,
    /// What it was about to return to a `ForIter` or `YieldFrom`, if somebody may want to know.
    pub value: Option<Value>,
}

/// Notes what [`after`] needs.
///
/// # Safety
/// The instruction at `at` is the current frame's next one.
pub unsafe fn note(cx: &Cx, at: Pc, i: Instr, r: Regs) -> Before {
    // SAFETY: by contract.
    unsafe {
        let f = frame(cx);
        let ends = matches!(f.then, Then::ForIter | Then::Delegate);
        let value = match i.op() {
            Some(Op::Return) if ends => Some(Ref::from_word(*r.add(operand_b(at, i, f))).to_value()),
            Some(Op::ReturnK) if ends => f.code().map(|c| c.consts[i.index() as usize].clone()),
            _ => None,
        };
        Before { frame: f, then: f.then, value }
    }
}

/// After an instruction that goes on at `next`.
///
/// # Safety
/// The instruction at `at` has just run.
pub unsafe fn after(cx: &mut Cx, before: Before, at: Pc, i: Instr, next: Next) -> Next {
    // SAFETY: by contract.
    unsafe {
        if std::ptr::eq(next.0, &raw const crate::vm::dispatch::HALT) {
            cx.trace.native = None;
            return next;
        }
        if std::mem::take(&mut cx.trace.unwound) {
            cx.trace.native = None;
            return next;
        }
        let now = current(cx);
        if super::pushed(before.frame, now) {
            let call = cx.trace.native.take();
            if let Some(call) = call.filter(|_| (*now).then == Then::Init) {
                cx.trace.classes.retain(|(f, _)| *f != now as usize);
                cx.trace.classes.push((now as usize, call));
            }
            return entered(cx, next);
        }
        let f = &mut *now;
        let Some(code) = f.code() else { return next };
        if now != before.frame {
            // Back in the frame below, whose pc is at what it called.
            cx.trace.native = None;
            cx.trace.prev = f.pc as usize;
            if before.then == Then::Init {
                cx.trace.native = class_call(cx, before.frame);
                let index = f.pc_index();
                return match native_done(cx, event::C_RETURN, index) {
                    Ok(()) => next,
                    Err(e) => unwind::raise(cx, e),
                };
            }
            if let Some(value) = before.value {
                return stopped(cx, value, next);
            }
            return next;
        }
        let info = lines::of(code);
        let index_of = |pc: Pc| ((pc as usize).wrapping_sub(code.instrs.as_ptr() as usize) / 8) as u32;
        let index = index_of(at);
        let Some(op) = i.op() else { return next };
        if !is_unlined(op, index, &info) && info.line(index) != 0 {
            cx.trace.prev = at as usize;
        }
        let line = match cx.trace.prev {
            0 => 0,
            p => info.line(index_of(p as Pc)),
        };
        let past = index + 1 + op.caches() as u32;
        let to = index_of(next.0);
        let result = (|| -> PyResult<()> {
            if cx.trace.native.is_some() {
                f.pc = at;
                native_done(cx, event::C_RETURN, index)?;
                // What the call alone has held dies with it.
                cx.drain();
            }
            if is_jump(op) {
                // A loop on one line: the line is traced again each time around.
                cx.trace.back = to <= index && line != 0 && info.line(to) == line;
                let events = wanted(cx);
                let e = match op {
                    Op::Jump | Op::JumpBack => event::JUMP,
                    _ if to == past => event::BRANCH_LEFT,
                    _ => event::BRANCH_RIGHT,
                };
                if events & bit(e) != 0 {
                    f.pc = at;
                    tools(cx, e, index, offset(index), &[offset(to).as_ref()])?;
                }
            }
            Ok(())
        })();
        match result {
            Ok(()) => next,
            Err(e) => {
                f.pc = at;
                unwind::raise(cx, e)
            }
        }
    }
}

/// Whether an instruction belongs to no line, whatever the table says: what handlers do at their ends, and the ways round and out of blocks.
pub fn is_unlined(op: Op, index: u32, info: &lines::CodeInfo) -> bool {
    match op {
        Op::PushExc | Op::PopExc | Op::LeaveExc | Op::Reraise | Op::ReraisePop | Op::StopIterationError | Op::MakeCell => true,
        // `break` and `continue` have a `Line` of their own.
        Op::Jump => true,
        // The way back of an endless loop stands for its test.
        Op::JumpBack => index > 0 && info.line(index) == info.line(index - 1),
        // At the end of the code without a `return`: the frame ends at the line that it has come from.
        Op::ReturnK => index > 0 && info.line(index) == info.line(index - 1),
        _ => false,
    }
}

fn is_jump(op: Op) -> bool {
    op == Op::ForIter || op.info().operands[3] == bytecode::ops::Operand::Target
}

/// A generator that the current frame was looping over, or delegating to, has returned a value.
unsafe fn stopped(cx: &mut Cx, value: Value, next: Next) -> Next {
    // SAFETY: by contract.
    unsafe {
        let events = wanted(cx);
        let traced = has_trace(cx) && tracing::own_function(frame(cx)).is_some();
        if !traced && events & bit(event::STOP_ITERATION) == 0 {
            return next;
        }
        let args = if value.as_ref().is_none() { Vec::new() } else { vec![value] };
        let exc = exception::new_args(exception::ids::STOP_ITERATION, args);
        let index = frame(cx).pc_index();
        let result = (|| -> PyResult<()> {
            let triple = tracing::exception_triple(exc.as_ref());
            tracing::trace(cx, What::Exception, during::OTHER, triple.as_ref())?;
            if events & bit(event::STOP_ITERATION) != 0 {
                tools(cx, event::STOP_ITERATION, index, offset(index), &[exc.as_ref()])?;
            }
            Ok(())
        })();
        match result {
            Ok(()) => next,
            Err(e) => unwind::raise(cx, e),
        }
    }
}

/// An event about an exception on its way through the current frame. A callback that raises replaces the exception.
fn about(cx: &mut Cx, e: usize, exc: Value, legacy: impl FnOnce(&mut Cx, Ref<'_>) -> PyResult<()>) -> Result<Value, Value> {
    // SAFETY: the current frame.
    let (index, events) = unsafe { (frame(cx).pc_index(), wanted(cx)) };
    let result = (|| -> PyResult<()> {
        legacy(cx, exc.as_ref())?;
        if events & bit(e) != 0 {
            tools(cx, e, index, offset(index), &[exc.as_ref()])?;
        }
        Ok(())
    })();
    match result {
        Ok(()) => Ok(exc),
        Err(r) => Err(cx.catch(r)),
    }
}

/// The unwinder has an exception in the current frame: out of an instruction (`fresh`) or raised again.
pub fn raised(cx: &mut Cx, exc: Value, fresh: bool) -> Value {
    let exc = if cx.trace.native.is_some() && fresh {
        // SAFETY: the current frame.
        let index = unsafe { frame(cx) }.pc_index();
        match native_done(cx, event::C_RAISE, index) {
            Ok(()) => exc,
            Err(r) => cx.catch(r),
        }
    } else {
        exc
    };
    cx.trace.native = None;
    let outcome = if fresh {
        about(cx, event::RAISE, exc, |cx, exc| {
            let triple = tracing::exception_triple(exc);
            tracing::trace(cx, What::Exception, during::OTHER, triple.as_ref())
        })
    } else {
        about(cx, event::RERAISE, exc, |_, _| Ok(()))
    };
    outcome.unwrap_or_else(|e| e)
}

/// The unwinder goes to a handler of the current frame, whose pc is there already. `Err`: a callback has raised this instead.
pub fn handled(cx: &mut Cx, exc: Ref<'_>, from: Pc) -> Result<(), Value> {
    cx.trace.prev = from as usize;
    cx.trace.unwound = true;
    about(cx, event::EXCEPTION_HANDLED, exc.to_value(), |_, _| Ok(())).map(drop)
}

/// The call of a class whose `__init__` had this frame.
fn class_call(cx: &mut Cx, frame: *mut Frame) -> Option<Box<dyn std::any::Any>> {
    let at = cx.trace.classes.iter().rposition(|(f, _)| *f == frame as usize)?;
    let call = cx.trace.classes.swap_remove(at).1;
    Some(call)
}

/// The exception leaves the current frame.
pub fn unwinds(cx: &mut Cx, exc: Value) -> Value {
    // SAFETY: the current frame.
    let f = unsafe { frame(cx) };
    let at = f.pc;
    if let Some(line) = shown_at(cx.trace.prev as Pc, f) {
        f.pc = line;
    }
    let exc = leaves(cx, exc);
    f.pc = at;
    // In the frame below it comes out of the call of the class.
    let frame = current(cx);
    cx.trace.native = class_call(cx, frame);
    exc
}

/// Where a frame at an instruction without a line is shown: at the one that it has executed before.
fn shown_at(prev: Pc, f: &Frame) -> Option<Pc> {
    let code = f.code()?;
    let info = lines::of(code);
    let start = code.instrs.as_ptr();
    let inside = (start..start.wrapping_add(code.instrs.len())).contains(&prev);
    (inside && info.line(f.pc_index()) == 0).then_some(prev)
}

fn leaves(cx: &mut Cx, exc: Value) -> Value {
    about(cx, event::PY_UNWIND, exc, |cx, _| {
        tracing::trace(cx, What::Return, during::OTHER, Ref::NONE)?;
        tracing::profile(cx, What::Return, Ref::NONE)
    })
    .unwrap_or_else(|e| e)
}

/// An exception is thrown into the generator whose frame has just become the current one.
pub fn thrown(cx: &mut Cx, exc: Value) -> Value {
    if !super::events_on(cx) {
        return exc;
    }
    about(cx, event::PY_THROW, exc, |cx, _| {
        tracing::trace(cx, What::Call, during::OTHER, Ref::NONE)?;
        tracing::profile(cx, What::Call, Ref::NONE)
    })
    .unwrap_or_else(|e| e)
}
