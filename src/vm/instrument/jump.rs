//! Assignment to `frame.f_lineno`: which instruction a line means, and whether the frame can go on there.
//!
//! What must fit are the live temporaries. Their number is in the code's tables; what each of them is (an iterator of a loop, an exception being
//! handled, anything else) follows from the instructions on a way there, found by walking the code once ([`kinds`]). A jump may drop temporaries, so
//! it can leave blocks; it cannot make them.

use super::tracing::during;
use crate::vm::frame::{Frame, current};
use crate::vm::frame_object::{FrameObject, live};
use bytecode::exceptions::live_depth;
use bytecode::ops::Operand;
use bytecode::{LocalKind, Op};
use gc::{Ref, Value, Word};
use objects::types::cell::Cell;
use objects::types::code::Code;
use objects::types::exception;
use objects::types::int;
use objects::{Cx, PyResult};

/// What a temporary is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Part of an expression. It may be borrowed from a local, or no object at all, so that only the code which made it can use it.
    Object,
    /// `__exit__` of a `with`, as a method pair.
    Exit,
    Iterator,
    /// The exception that a handler handles.
    Exception,
    /// The exception that was handled before, which comes back when the handler is left.
    Kept,
}

/// The temporaries before each instruction that can be reached.
fn kinds(code: &Code) -> Vec<Option<Vec<Kind>>> {
    let data = &code.data;
    let locals = code.locals as usize;
    let mut found: Vec<Option<Vec<Kind>>> = vec![None; data.instrs.len()];
    let depth = |at: usize| usize::from(live_depth(&data.live, at as u32)).saturating_sub(locals);
    let mut todo: Vec<(usize, Vec<Kind>)> = vec![(0, Vec::new())];
    while let Some((start, mut state)) = todo.pop() {
        if start >= found.len() || found[start].is_some() {
            continue;
        }
        // A prefix is a place where one can go on; what is live is said of the instruction behind it.
        let (at, prefix) = match data.instrs[start].op() {
            Some(Op::Wide) => (start + 1, data.instrs[start]),
            _ => (start, bytecode::Instr(0)),
        };
        let Some(i) = data.instrs.get(at) else { continue };
        let Some(op) = i.op() else { continue };
        state.resize(depth(at), Kind::Object);
        found[start] = Some(state.clone());
        if at != start {
            found[at] = Some(state.clone());
        }
        for h in data.handlers.iter().filter(|h| (h.start..h.end).contains(&(at as u32))) {
            let mut there = state.clone();
            there.resize(usize::from(h.depth).saturating_sub(locals), Kind::Object);
            there.push(Kind::Exception);
            todo.push((h.target as usize, there));
        }
        let past = at + 1 + op.caches();
        if op.info().operands[3] == Operand::Target {
            let mut there = state.clone();
            let target = (past as i64 + i64::from(i.signed())) as usize;
            there.resize(depth(behind_prefix(code, target)), Kind::Object);
            todo.push((target, there));
        }
        let ends = matches!(
            op,
            Op::Jump | Op::JumpBack | Op::Return | Op::ReturnK | Op::Raise | Op::Reraise | Op::ReraisePop | Op::StopIterationError
        );
        if !ends {
            let a = usize::from(i.a()) | usize::from(prefix.a()) << 8;
            if let Some(t) = a.checked_sub(locals)
                && matches!(op.info().operands[0], Operand::Dst | Operand::DstBase)
            {
                if state.len() <= t {
                    state.resize(t + 1, Kind::Object);
                }
                state[t] = match op {
                    Op::GetIter | Op::GetAIter => Kind::Iterator,
                    Op::PushExc => Kind::Kept,
                    Op::BeforeWith | Op::BeforeAsyncWith => Kind::Exit,
                    _ => Kind::Object,
                };
                if matches!(op, Op::BeforeWith | Op::BeforeAsyncWith) {
                    state.resize(t + 3, Kind::Object);
                    (state[t + 1], state[t + 2]) = (Kind::Exit, Kind::Object);
                }
            }
            todo.push((past, state));
        }
    }
    found
}

fn behind_prefix(code: &Code, at: usize) -> usize {
    match code.data.instrs.get(at).and_then(|i| i.op()) {
        Some(Op::Wide) => at + 1,
        _ => at,
    }
}

fn fits(from: &[Kind], to: &[Kind]) -> bool {
    to.len() <= from.len() && from.iter().zip(to).all(|(a, b)| a == b && *b != Kind::Object)
}

fn explain(to: Option<&[Kind]>) -> &'static str {
    match to.map(<[Kind]>::last) {
        None => "can't jump into an exception handler, or code may be unreachable",
        Some(Some(Kind::Exception | Kind::Kept)) => "can't jump into an 'except' block as there's no exception",
        Some(Some(Kind::Iterator)) => "can't jump into the body of a for loop",
        Some(_) => "incompatible stacks",
    }
}

/// `frame.f_lineno = value`.
pub fn set_line(cx: &mut Cx, o: &FrameObject, value: Option<Ref<'_>>) -> PyResult<()> {
    let Some(value) = value else { return Err(cx.error(exception::ids::ATTRIBUTE_ERROR, "cannot delete attribute")) };
    let Some(wanted) = int::as_int(value).filter(|_| objects::types::type_id_of(value) == objects::ids::INT) else {
        return Err(cx.value_error("lineno must be an integer"));
    };
    match cx.trace.during {
        during::LINE => {}
        during::NEW_FRAME => return Err(cx.value_error("can't jump from the 'call' trace event of a new frame")),
        during::OTHER => return Err(cx.value_error("can only jump from a 'line' trace event")),
        _ => return Err(cx.value_error("f_lineno can only be set in a trace function")),
    }
    let Some((f, code)) = live(o).zip(o.code.as_ref().exact::<Code>()) else {
        return Err(cx.value_error("f_lineno can only be set in a trace function"));
    };
    if Some(f) != traced(cx) {
        return Err(cx.value_error("f_lineno can only be set in the frame that is being traced"));
    }
    let Some(wanted) = wanted.to_i64().filter(|n| i32::try_from(*n).is_ok()) else {
        return Err(cx.value_error("lineno out of range"));
    };
    if wanted < i64::from(code.data.first_line) {
        return Err(cx.value_error(format!("line {wanted} comes before the current code block")));
    }
    let info = super::lines::of(code);
    let Some(line) = info.lines.iter().copied().filter(|l| *l != 0 && i64::from(*l) >= wanted).min() else {
        return Err(cx.value_error(format!("line {wanted} comes after the current code block")));
    };
    let kinds = kinds(code);
    // SAFETY: a live frame of this thread, at a "line" event.
    let now = unsafe { (*f).pc_index() } as usize;
    let Some(from) = kinds.get(now).and_then(|k| k.clone()) else {
        return Err(cx.value_error("can't jump from unreachable code"));
    };
    let mut best: Option<(usize, usize)> = None;
    let mut refused: Option<&[Kind]> = None;
    for (at, to) in kinds.iter().enumerate() {
        let starts = info.lines[at] == line && (at == 0 || info.lines[at - 1] != line);
        let i = code.data.instrs[at];
        let unlined = i.op().is_none_or(|op| super::events::is_unlined(op, at as u32, &info));
        if !starts || unlined || code.data.instrs.get(at.wrapping_sub(1)).is_some_and(|i| i.op() == Some(Op::Wide)) {
            continue;
        }
        if let Some(to) = to {
            if fits(&from, to) {
                if best.is_none_or(|(_, depth)| to.len() > depth) {
                    best = Some((at, to.len()));
                }
            } else if refused.is_none() {
                refused = Some(to);
            }
        }
    }
    let Some((target, depth)) = best else { return Err(cx.value_error(explain(refused))) };
    // SAFETY: as above.
    unsafe { bind_all(cx, &mut *f, code)? };
    // SAFETY: the temporaries above `depth` are live and die here, from the top down.
    unsafe {
        for k in (depth..from.len()).rev() {
            let at = (*f).regs.add(code.locals as usize + k);
            let w = std::mem::replace(&mut *at, Word::UNBOUND);
            if from[k] == Kind::Kept {
                cx.handled = gc::Reg::from_word(w).into_value();
            } else {
                crate::vm::frame::drop_word(w);
            }
        }
        (*f).pc = code.instrs.as_ptr().add(behind_prefix(code, target));
    }
    cx.trace.jump = Some(behind_prefix(code, target) as u32);
    Ok(())
}

/// The frame that the running trace function has been called for.
fn traced(cx: &Cx) -> Option<*mut Frame> {
    // SAFETY: a chain of live frames.
    unsafe {
        let mut f = current(cx);
        while !f.is_null() && f as usize != cx.trace.traced {
            f = (*f).prev;
        }
        if f.is_null() { None } else { Some(f) }
    }
}

/// Code behind the target may rely on locals that the way around it would have bound: they become None.
unsafe fn bind_all(cx: &mut Cx, f: &mut Frame, code: &Code) -> PyResult<()> {
    let mut unbound = Vec::new();
    let mut shown = 0;
    for (n, (_, kind)) in code.data.locals.iter().enumerate() {
        // SAFETY: a local of the frame.
        let w = unsafe { *f.regs.add(n) };
        match kind {
            LocalKind::Fast | LocalKind::Hidden if w == Word::UNBOUND => {
                unbound.push(n);
                shown += usize::from(*kind == LocalKind::Fast);
            }
            // SAFETY: as above.
            LocalKind::Cell | LocalKind::HiddenCell if w == Word::UNBOUND || unsafe { Ref::from_word(w) }.exact::<Cell>().is_none() => {
                if *kind == LocalKind::Cell {
                    return Err(cx.value_error("incompatible stacks"));
                }
                unbound.push(n);
            }
            _ => {}
        }
    }
    if shown > 0 {
        let s = if shown == 1 { "" } else { "s" };
        let category = objects::types::type_::type_value(exception::ids::RUNTIME_WARNING);
        cx.host.warn(cx, category.as_ref(), &format!("assigning None to {shown} unbound local{s}"), 0)?;
    }
    for n in unbound {
        // SAFETY: a local that holds nothing. (Another trace function's assignment in between is dropped with the frame's other locals.)
        unsafe {
            let at = f.regs.add(n);
            if *at == Word::UNBOUND {
                *at = match code.data.locals[n].1 {
                    LocalKind::HiddenCell => Cell::new(Value::UNBOUND).into_value().into_word(),
                    _ => Value::NONE.into_word(),
                };
            }
        }
    }
    Ok(())
}
