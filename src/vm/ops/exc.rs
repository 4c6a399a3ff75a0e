//! Raising and handling exceptions; `with`.

use super::super::dispatch::Next;
use super::super::frame::{Pc, Regs};
use super::{a, b, c, drop_now, finish, get, next, put, save, take};
use crate::vm::unwind;
use bytecode::Instr;
use bytecode::encode::{KILL_B, KILL_C};
use gc::{Ref, Reg, Value, Word};
use objects::protocol::call;
use objects::types::exception::{self, as_exception, ids};
use objects::types::tuple::Tuple;
use objects::types::type_::{as_type, type_of};
use objects::{Cx, PyResult, names};

#[cold]
#[inline(never)]
pub unsafe fn raise<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        if i.index() == 0 {
            if cx.handled.as_ref().is_none() {
                let e = cx.runtime_error("No active exception to reraise");
                return unwind::raise(cx, e);
            }
            let exc = cx.handled.clone();
            let e = cx.raise(exc);
            return unwind::reraise(cx, e);
        }
        let value = get(r, b::<W>(pc, i));
        let cause = if i.index() == 2 { Some(get(r, c::<W>(pc, i))) } else { None };
        let e = match prepare(cx, value, cause) {
            Ok(exc) => {
                exception::chain_context(cx, &exc);
                cx.raise(exc)
            }
            Err(e) => e,
        };
        // The operands are live temporaries still: the unwinder drops them.
        let _ = (KILL_B, KILL_C);
        unwind::raise(cx, e)
    }
}

fn prepare(cx: &mut Cx, value: Ref<'_>, cause: Option<Ref<'_>>) -> PyResult<Value> {
    let exc = exception::normalise(cx, value)?;
    if let Some(cause) = cause {
        let cause = if cause.is_none() {
            Value::NONE
        } else if as_exception(cause).is_some() || as_type(cause).is_some_and(|t| t.is_subtype_of_id(ids::BASE_EXCEPTION)) {
            exception::normalise(cx, cause)?
        } else {
            return Err(cx.type_error("exception causes must derive from BaseException"));
        };
        if let Some(e) = as_exception(exc.as_ref()) {
            exception::store(e, &e.cause, cause);
            e.suppress.store(true, sync::prim::Ordering::Relaxed);
        }
    }
    Ok(exc)
}

#[cold]
#[inline(never)]
pub unsafe fn reraise<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let exc = get(r, b::<W>(pc, i)).to_value();
        let e = cx.raise(exc);
        unwind::reraise(cx, e)
    }
}

#[inline(never)]
pub unsafe fn push_exc<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let exc = get(r, b::<W>(pc, i)).to_value();
        let old = std::mem::replace(&mut cx.handled, exc);
        *r.add(a::<W>(pc, i)) = old.into_word();
        next(pc, r)
    }
}

#[inline(never)]
pub unsafe fn pop_exc<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let kept = take(r, b::<W>(pc, i));
        let old = std::mem::replace(&mut cx.handled, kept);
        drop_now(cx, pc, old.into_word());
        next(pc, r)
    }
}

#[inline(never)]
pub unsafe fn leave_exc<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let n = b::<W>(pc, i);
        let kept = take(r, n + 1);
        let old = std::mem::replace(&mut cx.handled, kept);
        let exc = *r.add(n);
        *r.add(n) = *r.add(n + 2);
        drop_now(cx, pc, exc);
        drop_now(cx, pc, old.into_word());
        next(pc, r)
    }
}

#[cold]
#[inline(never)]
pub unsafe fn reraise_pop<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let n = b::<W>(pc, i);
        let kept = take(r, n + 1);
        *r.add(n + 1) = Word::NONE;
        let old = std::mem::replace(&mut cx.handled, kept);
        let exc = get(r, n + 2).to_value();
        drop(old);
        let e = cx.raise(exc);
        unwind::reraise(cx, e)
    }
}

/// Whether an exception matches what an `except` clause names.
pub fn matches(cx: &mut Cx, exc: Ref<'_>, pattern: Ref<'_>) -> PyResult<bool> {
    let check = |cx: &mut Cx, p: Ref<'_>| -> PyResult<()> {
        if as_type(p).is_some_and(|t| t.is_subtype_of_id(ids::BASE_EXCEPTION)) {
            Ok(())
        } else {
            Err(cx.type_error("catching classes that do not inherit from BaseException is not allowed"))
        }
    };
    if let Some(t) = pattern.exact::<Tuple>() {
        for p in t.items() {
            check(cx, *p)?;
        }
        return Ok(t.items().iter().any(|p| as_type(*p).is_some_and(|t| type_of(exc).is_subtype_of(t))));
    }
    check(cx, pattern)?;
    Ok(as_type(pattern).is_some_and(|t| type_of(exc).is_subtype_of(t)))
}

#[inline(never)]
pub unsafe fn exc_match<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result: PyResult<Reg> = matches(cx, get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i))).map(|t| Value::bool(t).into());
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[cold]
#[inline(never)]
pub unsafe fn exc_group_match<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let (n, p) = (b::<W>(pc, i), c::<W>(pc, i));
        match split_group(cx, get(r, n), get(r, p)) {
            Ok((rest, matched)) => {
                let old = *r.add(n);
                let pattern = if i.flags() & KILL_C != 0 { *r.add(p) } else { Word::NONE };
                let base = a::<W>(pc, i);
                if !matched.as_ref().is_none() {
                    cx.handled = matched.clone();
                }
                *r.add(base) = rest.into_word();
                *r.add(base + 1) = matched.into_word();
                drop_now(cx, pc, old);
                drop_now(cx, pc, pattern);
                next(pc, r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

/// `except*`: what is left and what matches (both None or an exception).
fn split_group(cx: &mut Cx, exc: Ref<'_>, pattern: Ref<'_>) -> PyResult<(Value, Value)> {
    if exc.is_none() {
        return Ok((Value::NONE, Value::NONE));
    }
    let group = ids::BASE_EXCEPTION_GROUP;
    let is_group_type = |p: Ref<'_>| as_type(p).is_some_and(|t| t.is_subtype_of_id(group));
    let bad = match pattern.exact::<Tuple>() {
        Some(t) => t.items().iter().any(|p| is_group_type(*p)),
        None => is_group_type(pattern),
    };
    let matched = matches(cx, exc, pattern)?;
    if bad {
        return Err(cx.type_error("catching ExceptionGroup with except* is not allowed. Use except instead."));
    }
    if matched {
        if type_of(exc).is_subtype_of_id(group) {
            return Ok((Value::NONE, exc.to_value()));
        }
        // A naked exception is wrapped.
        let t = objects::types::type_::type_value(ids::BASE_EXCEPTION_GROUP);
        let empty = objects::types::str::Str::empty();
        let list = Tuple::from_refs(&[exc]);
        let g = call::positional(cx, t.as_ref(), &[empty.value().as_ref(), list.value().as_ref()])?;
        if let (Some(e), Some(g)) = (as_exception(exc), as_exception(g.as_ref())) {
            let tb = e.traceback.load(gc::Payload::header(e));
            exception::store(g, &g.traceback, tb);
        }
        return Ok((Value::NONE, g));
    }
    if type_of(exc).is_subtype_of_id(group) {
        let name = objects::types::str::Str::intern_text("split");
        let pair = call::method(cx, exc, name.as_ref(), &[pattern])?.into_value();
        if let Some(t) = pair.as_ref().exact::<Tuple>()
            && t.len() >= 2
        {
            return Ok((t.get(1).to_value(), t.get(0).to_value()));
        }
        let (n, p) = (type_of(exc).name_text(), type_of(pair.as_ref()).name_text());
        return Err(cx.type_error(format!("{n}.split must return a tuple, not {p}")));
    }
    Ok((exc.to_value(), Value::NONE))
}

/// A special method of a context manager as a pair for a later call.
fn method_pair(cx: &mut Cx, obj: Ref<'_>, name: Ref<'_>) -> PyResult<Option<(Word, Word)>> {
    let Some(f) = type_of(obj).lookup(name) else { return Ok(None) };
    let ft = objects::types::by_id(objects::types::type_id_of(f.as_ref()));
    if ft.has(objects::types::type_::flags::METHOD_LIKE) {
        return Ok(Some((f.into_word(), obj.to_value().into_word())));
    }
    let f = f.into_value();
    let bound = match ft.slots.descr_get() {
        Some(g) => {
            let owner = type_of(obj).as_value();
            g(cx, f.as_ref(), Some(obj), owner.as_ref())?
        }
        None => f.into(),
    };
    Ok(Some((bound.into_word(), Word::NO_SELF)))
}

unsafe fn before<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, enter: Ref<'_>, exit: Ref<'_>, kind: &str, other: &str) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let n = b::<W>(pc, i);
        let manager = get(r, n);
        let result = (|| -> PyResult<((Word, Word), Value)> {
            let t = type_of(manager);
            let complain = |cx: &mut Cx, what: &str| {
                let hint = if t.lookup(if kind == "context manager" { names::__aenter__() } else { names::__enter__() }).is_some()
                    && t.lookup(if kind == "context manager" { names::__aexit__() } else { names::__exit__() }).is_some()
                {
                    format!(
                        " but it supports the {other} protocol. Did you mean to use '{}'?",
                        if kind == "context manager" { "async with" } else { "with" }
                    )
                } else {
                    format!(" (missed {what} method)")
                };
                let n = t.full_name();
                cx.type_error(format!("'{n}' object does not support the {kind} protocol{hint}"))
            };
            let text = |v: Ref<'_>| objects::types::str::as_str(v).map_or_else(String::new, |s| s.to_string_lossy());
            if t.lookup(enter).is_none() {
                return Err(complain(cx, &text(enter)));
            }
            let Some(pair) = method_pair(cx, manager, exit)? else { return Err(complain(cx, &text(exit))) };
            match call::special(cx, manager, enter, &[]) {
                Ok(Some(v)) => Ok((pair, v)),
                Ok(None) => {
                    super::super::frame::drop_word(pair.0);
                    super::super::frame::drop_word(pair.1);
                    Err(complain(cx, &text(enter)))
                }
                Err(e) => {
                    super::super::frame::drop_word(pair.0);
                    super::super::frame::drop_word(pair.1);
                    Err(e)
                }
            }
        })();
        match result {
            Ok((pair, entered)) => {
                let old = if i.flags() & KILL_B != 0 { manager.word() } else { Word::NONE };
                let at = r.add(a::<W>(pc, i));
                *at = pair.0;
                *at.add(1) = pair.1;
                *at.add(2) = entered.into_word();
                drop_now(cx, pc, old);
                next(pc, r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

#[inline(never)]
pub unsafe fn before_with<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe { before::<W>(cx, pc, r, i, names::__enter__(), names::__exit__(), "context manager", "asynchronous context manager") }
}

#[inline(never)]
pub unsafe fn before_async_with<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe { before::<W>(cx, pc, r, i, names::__aenter__(), names::__aexit__(), "asynchronous context manager", "context manager") }
}

#[inline(never)]
pub unsafe fn with_except<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let n = b::<W>(pc, i);
        let (f, receiver, exc) = (get(r, n), get(r, n + 1), get(r, c::<W>(pc, i)));
        let class = type_of(exc).as_value();
        let tb = as_exception(exc).map_or(Value::NONE, |e| e.traceback.load(gc::Payload::header(e)));
        let result = if receiver.word() == Word::NO_SELF {
            call::positional(cx, f, &[class.as_ref(), exc, tb.as_ref()])
        } else {
            call::positional(cx, f, &[receiver, class.as_ref(), exc, tb.as_ref()])
        };
        match result {
            Ok(v) => {
                put::<W>(cx, pc, r, i, v.into_word());
                next(pc, r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}
