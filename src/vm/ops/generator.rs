//! Yielding, delegating, awaiting.

use super::super::dispatch::Next;
use super::super::frame::{Pc, Regs, Then};
use super::{b, drop_now, finish, get, own, put, save};
use crate::vm::{generator, unwind};
use bytecode::Instr;
use bytecode::encode::KILL_B;
use gc::{Reg, Word};
use objects::protocol::iter;
use objects::types::exception::{self, ids};
use objects::types::type_::slots::Sent;
use objects::types::type_::{dunder, type_of};
use objects::{Cx, PyResult};
use sync::prim::Ordering;

#[inline(never)]
pub unsafe fn yield_<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let n = b::<W>(pc, i);
        let killed = i.flags() & KILL_B != 0;
        let mut v = own(r, n, killed);
        if killed {
            // Still below the live depth of this instruction, where the suspended frame is looked at.
            *r.add(n) = Word::NONE;
        }
        if i.index() == 1 {
            v = crate::modules::generators::wrap_async_value(v);
        }
        generator::yielded(cx, v)
    }
}

#[inline(never)]
pub unsafe fn yield_from<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code: b and b+1 are the delegate and the value to send.
    unsafe {
        save(cx, pc);
        if sync::safepoint::pending(cx.slot)
            && let Err(e) = crate::vm::poll::poll(cx)
        {
            return unwind::raise(cx, e);
        }
        let n = b::<W>(pc, i);
        let delegate = get(r, n);
        let value = get(r, n + 1).to_value();
        if let Some(g) = generator::as_generator(delegate)
            && g.header_is_plain()
            && g.state.load(Ordering::Relaxed) == generator::SUSPENDED
            && (value.as_ref().is_none() || g.started.load(Ordering::Relaxed) != 0)
        {
            return match generator::resume(cx, g, value, Then::Delegate) {
                Ok(next) => next,
                Err(e) => unwind::raise(cx, e),
            };
        }
        match dunder::send(cx, delegate, value.as_ref()) {
            Ok(Sent::Yield(v)) => {
                let v = v.into_value();
                match crate::vm::instrument::events::passes_on(cx, &v) {
                    Ok(()) => generator::yielded(cx, v),
                    Err(e) => unwind::raise(cx, e),
                }
            }
            Ok(Sent::Return(v)) => {
                super::frame(cx).passing = false;
                let w = v.into_word();
                let old = (*r.add(n), *r.add(n + 1));
                put::<W>(cx, pc, r, i, w);
                drop_now(cx, pc, old.0);
                drop_now(cx, pc, old.1);
                (pc.add(1), r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

impl generator::Generator {
    /// A generator or coroutine (async generators are sent to through their own awaitables).
    pub fn header_is_plain(&self) -> bool {
        use gc::Payload;
        self.header().type_id() != objects::ids::ASYNC_GENERATOR
    }
}

#[inline(never)]
pub unsafe fn get_yield_from_iter<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let v = get(r, b::<W>(pc, i));
        let id = objects::types::type_id_of(v);
        let own_flags = super::code(cx).flags;
        let result: PyResult<Reg> = if id == objects::ids::COROUTINE {
            if own_flags & (bytecode::flags::COROUTINE | bytecode::flags::ITERABLE_COROUTINE) == 0 {
                Err(cx.type_error("cannot 'yield from' a coroutine object in a non-coroutine generator"))
            } else {
                Ok(v.to_value().into())
            }
        } else if id == objects::ids::GENERATOR {
            Ok(v.to_value().into())
        } else {
            iter::iter(cx, v)
        };
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn get_awaitable<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result = crate::modules::generators::awaitable(cx, get(r, b::<W>(pc, i)), i.index());
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn get_aiter<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let v = get(r, b::<W>(pc, i));
        let t = type_of(v);
        let result = match t.slots.aiter() {
            None => {
                let n = t.full_name();
                Err(cx.type_error(format!("'async for' requires an object with __aiter__ method, got {n}")))
            }
            Some(f) => match f(cx, v) {
                Ok(it) if type_of(it.as_ref()).slots.anext().is_none() => {
                    let n = type_of(it.as_ref()).full_name();
                    Err(cx.type_error(format!("'async for' received an object from __aiter__ that does not implement __anext__: {n}")))
                }
                other => other,
            },
        };
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn get_anext<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let v = get(r, b::<W>(pc, i));
        let t = type_of(v);
        let result = (|| match t.slots.anext() {
            None => {
                let n = t.full_name();
                Err(cx.type_error(format!("'async for' requires an iterator with __anext__ method, got {n}")))
            }
            Some(f) => {
                let next = f(cx, v)?.into_value();
                if objects::types::type_id_of(next.as_ref()) == objects::ids::ASYNC_GEN_ASEND {
                    return Ok(next.into());
                }
                match crate::modules::generators::awaitable(cx, next.as_ref(), 0) {
                    Ok(r) => Ok(r),
                    Err(e) => {
                        let cause = cx.catch(e);
                        let n = type_of(next.as_ref()).full_name();
                        let e = cx.type_error(format!("'async for' received an invalid object from __anext__: {n}"));
                        let exc = cx.catch(e);
                        if let Some(x) = exception::as_exception(exc.as_ref()) {
                            exception::store(x, &x.cause, cause.clone());
                            exception::store(x, &x.context, cause);
                            x.suppress.store(true, Ordering::Relaxed);
                        }
                        Err(cx.raise(exc))
                    }
                }
            }
        })();
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn end_async_for<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code: b is the iterator, b+1 the exception.
    unsafe {
        save(cx, pc);
        let n = b::<W>(pc, i);
        if type_of(get(r, n + 1)).is_subtype_of_id(ids::STOP_ASYNC_ITERATION) {
            let old = (*r.add(n), *r.add(n + 1));
            drop_now(cx, pc, old.0);
            drop_now(cx, pc, old.1);
            return (pc.add(1), r);
        }
        let exc = get(r, n + 1).to_value();
        let e = cx.raise(exc);
        unwind::reraise(cx, e)
    }
}

#[cold]
#[inline(never)]
pub unsafe fn stop_iteration_error<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let exc = get(r, b::<W>(pc, i)).to_value();
        let flags = super::code(cx).flags;
        let t = type_of(exc.as_ref());
        let is_async = flags & bytecode::flags::ASYNC_GENERATOR != 0;
        let text = if t.is_subtype_of_id(ids::STOP_ITERATION) {
            if flags & bytecode::flags::COROUTINE != 0 {
                Some("coroutine raised StopIteration")
            } else if is_async {
                Some("async generator raised StopIteration")
            } else {
                Some("generator raised StopIteration")
            }
        } else if is_async && t.is_subtype_of_id(ids::STOP_ASYNC_ITERATION) {
            Some("async generator raised StopAsyncIteration")
        } else {
            None
        };
        let Some(text) = text else {
            let e = cx.raise(exc);
            return unwind::reraise(cx, e);
        };
        let new = exception::new_text(ids::RUNTIME_ERROR, text);
        if let Some(x) = exception::as_exception(new.as_ref()) {
            exception::store(x, &x.cause, exc.clone());
            exception::store(x, &x.context, exc);
            x.suppress.store(true, Ordering::Relaxed);
        }
        let e = cx.raise(new);
        unwind::raise(cx, e)
    }
}
