//! `Task`: making it, its methods and attributes, and the type.

use super::future::{self, ADD, CANCELLED, DONE, EXCEPTION, ITEM, MAKE_CANCELLED, REMOVE, RESULT, Stage};
use super::task::{Task, cancel_any, me, start_eagerly, step_soon};
use super::{ids, library, names, registry};
use crate::parameters;
use gc::{Ref, Reg, Value};
use objects::native::{GetSet, Method, getset, getter, method};
use objects::protocol::{call, text, truth};
use objects::types::dict::Dict;
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::str::Str;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::types::type_id_of;
use objects::{Args, Cx, PyResult};
use sync::prim::{AtomicU64, Ordering};

static NAMES: AtomicU64 = AtomicU64::new(0);

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(crate::guarded::make(class, Task::new()))
}

parameters!(PARAMETERS, "Task", "(coro, *, loop=None, name=None, context=None, eager_start=False)");

fn is_coroutine(cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
    if type_id_of(v) == objects::ids::COROUTINE {
        return Ok(true);
    }
    let r = library(cx, "asyncio.coroutines", names::iscoroutine(), &[v])?;
    truth::of(cx, r.as_ref())
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    PARAMETERS.bind(cx, args, |cx, a| {
        future::set_up(cx, v, a[1])?;
        if !is_coroutine(cx, a[0])? {
            me(v).with(cx, |s| s.log_destroy_pending = false);
            let shown = text::repr(cx, a[0])?.to_string_lossy();
            return Err(cx.type_error(format!("a coroutine was expected, got {shown}")));
        }
        let context = match a[3].given().filter(|c| !c.is_none()) {
            Some(c) => c.to_value(),
            None => crate::contextvars::copy(cx)?,
        };
        let name = match a[2].given().filter(|n| !n.is_none()) {
            Some(n) => text::str(cx, n)?.into_value(),
            None => int::from_u64(NAMES.fetch_add(1, Ordering::Relaxed) + 1),
        };
        let eager = match a[4].given() {
            Some(e) => truth::of(cx, e)?,
            None => false,
        };
        let coro = a[0].to_value();
        let old = me(v).with(cx, |s| {
            s.must_cancel = false;
            s.log_destroy_pending = true;
            s.cancels = 0;
            (s.coro.replace(coro), s.name.replace(name), s.context.replace(context), s.waiter.take())
        });
        drop(old);
        if eager {
            let event_loop = future::loop_of(cx, v)?;
            let running = call::method(cx, event_loop.as_ref(), names::is_running(), &[])?.into_value();
            if truth::of(cx, running.as_ref())? {
                return start_eagerly(cx, v);
            }
        }
        step_soon(cx, v, None)?;
        registry::register(cx, me(v));
        Ok(())
    })
}

fn finalise(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let pending = future::me(v).with(cx, |s| s.stage == Stage::Pending && s.event_loop.is_some());
    if pending && me(v).with(cx, |s| s.log_destroy_pending) {
        let context = Dict::new();
        context.set_text("task", v.to_value());
        context.set_text("message", Str::from_text("Task was destroyed but it is pending!"));
        future::report(cx, v, &context)?;
    }
    future::finalise(cx, v)
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    library(cx, "asyncio.base_tasks", names::_task_repr(), &[v]).map(Reg::from)
}

fn cancel(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let v = a[0];
    future::loop_of(cx, v)?;
    let message = a[1].given().unwrap_or(Ref::NONE).to_value();
    let pending = future::me(v).with(cx, |s| {
        s.log_traceback = false;
        s.stage == Stage::Pending
    });
    if !pending {
        return Ok(Value::FALSE.into());
    }
    let waiter = me(v).with(cx, |s| {
        s.cancels += 1;
        s.waiter.clone()
    });
    if let Some(w) = waiter
        && cancel_any(cx, w.as_ref(), &message)?
    {
        // It stays: it may be a task that goes on all the same, to be cancelled again.
        return Ok(Value::TRUE.into());
    }
    me(v).with(cx, |s| s.must_cancel = true);
    let old = future::me(v).with(cx, |s| s.cancel_message.replace(message));
    drop(old);
    Ok(Value::TRUE.into())
}

fn uncancel(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = me(a[0]).with(cx, |s| {
        if s.cancels > 0 {
            s.cancels -= 1;
            if s.cancels == 0 {
                s.must_cancel = false;
            }
        }
        s.cancels
    });
    Ok(int::from_i64(n).into())
}

fn get_name(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let now = me(a[0]).with(cx, |s| s.name.clone());
    match now {
        Some(n) => match int::as_int(n.as_ref()).and_then(|i| i.to_i64()) {
            Some(number) => {
                let made = Str::from_text(&format!("Task-{number}")).into_value();
                let same = made.clone();
                let old = me(a[0]).with(cx, |s| s.name.replace(same));
                drop(old);
                Ok(made.into())
            }
            None => Ok(n.into()),
        },
        None => Ok(Value::NONE.into()),
    }
}

fn set_name(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = text::str(cx, a[1])?.into_value();
    let old = me(a[0]).with(cx, |s| s.name.replace(n));
    drop(old);
    Ok(Value::NONE.into())
}

fn or_none(v: Option<Ref<'_>>) -> Ref<'_> {
    v.unwrap_or(Ref::NONE)
}

fn own(cx: &mut Cx, v: Ref<'_>, f: impl FnOnce(&super::task::State) -> Option<Value>) -> PyResult<Reg> {
    Ok(me(v).with(cx, |s| f(s)).unwrap_or(Value::NONE).into())
}

static METHODS: &[Method] = &[
    RESULT,
    EXCEPTION,
    ADD,
    REMOVE,
    CANCELLED,
    DONE,
    MAKE_CANCELLED,
    ITEM,
    method("set_result", "($self, result, /)", |cx, _| Err(cx.runtime_error("Task does not support set_result operation")), "Refuses."),
    method(
        "set_exception",
        "($self, exception, /)",
        |cx, _| Err(cx.runtime_error("Task does not support set_exception operation")),
        "Refuses.",
    ),
    method("cancel", "($self, /, msg=None)", cancel, "Has a CancelledError thrown into the coroutine."),
    method("cancelling", "($self, /)", |cx, a| Ok(int::from_i64(me(a[0]).with(cx, |s| s.cancels)).into()), "Requests to cancel it."),
    method("uncancel", "($self, /)", uncancel, "Takes a request back; how many are left."),
    method(
        "get_stack",
        "($self, /, *, limit=None)",
        |cx, a| library(cx, "asyncio.base_tasks", names::_task_get_stack(), &[a[0], or_none(a[1].given())]).map(Reg::from),
        "The frames of the coroutine.",
    ),
    method(
        "print_stack",
        "($self, /, *, limit=None, file=None)",
        |cx, a| {
            let args = [a[0], or_none(a[1].given()), or_none(a[2].given())];
            library(cx, "asyncio.base_tasks", names::_task_print_stack(), &args).map(Reg::from)
        },
        "Prints the frames of the coroutine.",
    ),
    method("get_name", "($self, /)", get_name, "The name."),
    method("set_name", "($self, value, /)", set_name, "Sets the name."),
    method("get_coro", "($self, /)", |cx, a| own(cx, a[0], |s| s.coro.clone()), "The coroutine."),
    method("get_context", "($self, /)", |cx, a| own(cx, a[0], |s| s.context.clone()), "The context."),
];

fn set_log(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let Some(x) = x else { return Err(cx.error(exc::ATTRIBUTE_ERROR, "cannot delete attribute")) };
    let yes = truth::of(cx, x)?;
    me(v).with(cx, |s| s.log_destroy_pending = yes);
    Ok(())
}

static GETSETS: &[GetSet] = &[
    getset("_log_destroy_pending", |cx, v| Ok(Value::bool(me(v).with(cx, |s| s.log_destroy_pending)).into()), set_log, ""),
    getter("_must_cancel", |cx, v| Ok(Value::bool(me(v).with(cx, |s| s.must_cancel)).into()), ""),
    getter("_coro", |cx, v| own(cx, v, |s| s.coro.clone()), ""),
    getter("_fut_waiter", |cx, v| own(cx, v, |s| s.waiter.clone()), ""),
];

/// `_asyncio.Task`
pub static TASK_TYPE: TypeSpec = TypeSpec::of::<Task>("_asyncio.Task")
    .base(ids::FUTURE)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots {
        new: Some(new),
        init: Some(init),
        repr: Some(repr),
        iter: Some(future::iterator),
        await_: Some(future::iterator),
        del: Some(finalise),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("A coroutine that an event loop runs.");
