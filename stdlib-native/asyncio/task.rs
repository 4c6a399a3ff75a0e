//! `Task`: representation and steps. A step resumes the coroutine and looks at what it yields.

use super::future::{self, Future, Outcome, Stage};
use super::registry::{self, Lane};
use super::{call_soon, call_with_keyword, cancelled_class, ids, invalid_state, names};
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{Method, bind, method};
use objects::protocol::{attr, call, text, truth};
use objects::types::exception::{self, ids as exc};
use objects::types::type_::slots::{Sent, Slots};
use objects::types::type_::{TypeSpec, as_type, flags, type_of};
use objects::types::type_id_of;
use objects::{Args, Cx, PyResult, Raised};
use std::cell::UnsafeCell;
use std::sync::{Arc, OnceLock};
use sync::prim::AtomicUsize;

/// What a task has more than a future.
pub struct State {
    /// The coroutine.
    pub coro: Option<Value>,
    /// A str, or the number of a name that has not been asked for.
    pub name: Option<Value>,
    /// The context.
    pub context: Option<Value>,
    /// What it waits for.
    pub waiter: Option<Value>,
    /// A CancelledError is to be thrown in.
    pub must_cancel: bool,
    /// Dying while pending is reported.
    pub log_destroy_pending: bool,
    /// Requests to cancel it.
    pub cancels: i64,
    /// The list it is on.
    pub lane: Option<Arc<Lane>>,
}

/// A task's payload.
#[repr(C)]
pub struct Task {
    future: Future,
    state: UnsafeCell<State>,
    /// Its place on the list, guarded by the list's lock.
    pub place: AtomicUsize,
}
// SAFETY: nobody changes the state while the world is stopped.
unsafe impl Payload for Task {
    const TYPE_ID: u32 = ids::TASK;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.future.traverse_state(visit);
        // SAFETY: see above.
        let s = unsafe { &*self.state.get() };
        for v in [&s.coro, &s.name, &s.context, &s.waiter] {
            crate::guarded::visit_optional(v, visit);
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(lane) = self.state.get_mut().lane.take() {
            registry::unlink(&lane, self);
        }
    }
}

impl Task {
    /// A payload.
    pub fn new() -> Task {
        Task {
            future: Future::new(),
            state: UnsafeCell::new(State {
                coro: None,
                name: None,
                context: None,
                waiter: None,
                must_cancel: false,
                log_destroy_pending: true,
                cancels: 0,
                lane: None,
            }),
            place: AtomicUsize::new(0),
        }
    }
    /// Runs `f` on the state, under the lock.
    #[inline]
    pub fn with<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut State) -> R) -> R {
        let _l = cx.lock(self.header());
        // SAFETY: the lock is held, and `f` cannot come back here since it has no context.
        f(unsafe { &mut *self.state.get() })
    }
}

/// The task behind a value known to be one.
pub fn me(v: Ref<'_>) -> &Task {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Task>() }
}

/// The loop of any future.
pub fn loop_of_other(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    if future::is_future(v) {
        return future::loop_of(cx, v);
    }
    match attr::get_optional(cx, v, names::get_loop())? {
        Some(f) => call::positional(cx, f.as_ref(), &[]),
        None => attr::get(cx, v, names::_loop()).map(Reg::into_value),
    }
}

// ---- steps ----

/// What the loop calls for a step.
#[repr(C)]
pub struct TaskStep {
    task: Value,
    /// The exception to throw in, or None.
    argument: Value,
}
// SAFETY: visits both words.
unsafe impl Payload for TaskStep {
    const TYPE_ID: u32 = ids::TASK_STEP;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.task.word());
        visit(self.argument.word());
    }
}

fn call_step(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    if args.keyword_count() > 0 {
        return Err(cx.type_error("function takes no keyword arguments"));
    }
    if !args.items.is_empty() {
        return Err(cx.type_error("function takes no positional arguments"));
    }
    // SAFETY: this slot belongs to the type.
    let s = unsafe { v.cast::<TaskStep>() };
    let argument = if s.argument.as_ref().is_none() { None } else { Some(s.argument.clone()) };
    step(cx, s.task.as_ref(), argument)?;
    Ok(Value::NONE.into())
}

fn step_self(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    // SAFETY: this slot belongs to the type.
    Ok(unsafe { v.cast::<TaskStep>() }.task.clone().into())
}

/// `TaskStepMethWrapper`
pub static TASK_STEP_TYPE: TypeSpec = TypeSpec::of::<TaskStep>("_asyncio.TaskStepMethWrapper")
    .flags(flags::NO_NEW)
    .slots(Slots { call: Some(call_step), ..Slots::NONE })
    .getsets(&[objects::native::getter("__self__", step_self, ""), objects::native::getter("__qualname__", step_name, "")]);

fn step_name(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    // SAFETY: this slot belongs to the type.
    let t = unsafe { v.cast::<TaskStep>() }.task.clone();
    let coro = me(t.as_ref()).with(cx, |s| s.coro.clone());
    match coro {
        Some(c) => attr::get(cx, c.as_ref(), objects::names::__qualname__()),
        None => Ok(Value::NONE.into()),
    }
}

/// Has the loop do a step soon.
pub fn step_soon(cx: &mut Cx, task: Ref<'_>, argument: Option<Value>) -> PyResult<()> {
    let event_loop = future::loop_of(cx, task)?;
    let context = me(task).with(cx, |s| s.context.clone()).unwrap_or(Value::NONE);
    let step = gc::alloc(TaskStep { task: task.to_value(), argument: argument.unwrap_or(Value::NONE) });
    call_soon(cx, event_loop.as_ref(), &[step.value().as_ref()], context.as_ref())
}

/// A step as the current task.
pub fn step(cx: &mut Cx, task: Ref<'_>, argument: Option<Value>) -> PyResult<()> {
    let event_loop = future::loop_of(cx, task)?;
    registry::enter_task(cx, event_loop.as_ref(), task)?;
    let done = run(cx, task, argument);
    match done {
        Ok(()) => registry::leave_task(cx, event_loop.as_ref(), task),
        Err(e) => {
            let kept = cx.catch(e);
            if let Err(second) = registry::leave_task(cx, event_loop.as_ref(), task) {
                drop(cx.catch(second));
            }
            Err(cx.raise(kept))
        }
    }
}

/// Whether an exception is a CancelledError.
fn is_cancelled(cx: &mut Cx, e: &Value) -> PyResult<bool> {
    let class = cancelled_class(cx)?;
    Ok(as_type(class.as_ref()).is_some_and(|c| type_of(e.as_ref()).is_subtype_of(c)))
}

/// Resumes the coroutine and does what it asks for.
pub fn run(cx: &mut Cx, task: Ref<'_>, argument: Option<Value>) -> PyResult<()> {
    let t = me(task);
    let f = future::me(task);
    if f.with(cx, |s| s.stage) != Stage::Pending {
        let a = text::repr(cx, task)?.to_string_lossy();
        let b = match &argument {
            Some(e) => text::repr(cx, e.as_ref())?.to_string_lossy(),
            None => String::new(),
        };
        return Err(invalid_state(cx, &format!("__step(): already done: {a} {b}")));
    }
    let mut argument = argument;
    if t.with(cx, |s| s.must_cancel) {
        let fits = match &argument {
            Some(e) => is_cancelled(cx, e)?,
            None => false,
        };
        if !fits {
            argument = Some(future::cancelled_error(cx, task)?);
        }
        t.with(cx, |s| s.must_cancel = false);
    }
    let (coro, old) = t.with(cx, |s| (s.coro.clone(), s.waiter.take()));
    drop(old);
    let Some(coro) = coro else { return Err(cx.runtime_error("uninitialized Task object")) };
    match resume(cx, coro.as_ref(), argument) {
        Ok(Sent::Yield(r)) => {
            let r = r.into_value();
            wait_for(cx, task, &r)
        }
        Ok(Sent::Return(r)) => {
            let r = r.into_value();
            let cancelled = t.with(cx, |s| std::mem::take(&mut s.must_cancel));
            let done = if cancelled {
                let message = f.with(cx, |s| s.cancel_message.clone());
                future::cancel(cx, task, message).map(drop)
            } else {
                future::set_result(cx, task, r)
            };
            finished(cx, task);
            done
        }
        Err(e) => {
            let r = failed(cx, task, e);
            finished(cx, task);
            r
        }
    }
}

/// The coroutine has ended.
fn finished(cx: &mut Cx, task: Ref<'_>) {
    registry::unregister(cx, me(task));
    future::quiet(cx, task);
}

/// The coroutine has raised.
fn failed(cx: &mut Cx, task: Ref<'_>, e: Raised) -> PyResult<()> {
    let e = cx.catch(e);
    if is_cancelled(cx, &e)? {
        let old = future::me(task).with(cx, |s| s.cancelled_exc.replace(e));
        drop(old);
        return future::cancel(cx, task, None).map(drop);
    }
    future::set_exception(cx, task, e.as_ref())?;
    let t = type_of(e.as_ref());
    if t.is_subtype_of_id(exc::KEYBOARD_INTERRUPT) || t.is_subtype_of_id(exc::SYSTEM_EXIT) {
        return Err(cx.raise(e));
    }
    Ok(())
}

/// Sends None into a coroutine, or throws an exception in.
fn resume(cx: &mut Cx, coro: Ref<'_>, argument: Option<Value>) -> PyResult<Sent> {
    let r = match argument {
        None => {
            let t = type_of(coro);
            if let Some(send) = t.slots.send() {
                return send(cx, coro, Ref::NONE);
            }
            if let Some(next) = t.slots.next() {
                match next(cx, coro) {
                    Ok(Some(r)) => return Ok(Sent::Yield(r)),
                    Ok(None) => return Ok(Sent::Return(Value::NONE.into())),
                    Err(e) => Err(e),
                }
            } else {
                call::method(cx, coro, names::send(), &[Ref::NONE])
            }
        }
        Some(e) => call::method(cx, coro, names::throw(), &[e.as_ref()]),
    };
    match r {
        Ok(r) => Ok(Sent::Yield(r)),
        Err(e) => {
            let stop = cx.catch_if(e, exc::STOP_ITERATION)?;
            Ok(Sent::Return(exception::extra(stop.as_ref(), 0).into()))
        }
    }
}

/// A RuntimeError for the coroutine, at its next step.
fn complain(cx: &mut Cx, task: Ref<'_>, message: &str) -> PyResult<()> {
    let e = exception::new_text(exc::RUNTIME_ERROR, message);
    step_soon(cx, task, Some(e))
}

fn shown(cx: &mut Cx, v: Ref<'_>) -> PyResult<String> {
    text::repr(cx, v).map(|s| s.to_string_lossy())
}

static WAKEUP: Method = method("TaskWakeup", "", wakeup_bound, "");

fn wakeup_bound(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    wakeup(cx, a[0], a[1])?;
    Ok(Value::NONE.into())
}

/// The callback that wakes a task up.
fn wakeup_callback(task: Ref<'_>) -> Value {
    static SIGNATURE: OnceLock<objects::args::Signature> = OnceLock::new();
    let s = SIGNATURE.get_or_init(|| objects::args::Signature::parse("($self, future, /)"));
    bind(&WAKEUP, s, task.to_value()).into_value()
}

/// What a coroutine has yielded.
fn wait_for(cx: &mut Cx, task: Ref<'_>, result: &Value) -> PyResult<()> {
    let r = result.as_ref();
    if r.is_none() {
        return step_soon(cx, task, None);
    }
    if r.is(task) {
        let s = shown(cx, task)?;
        return complain(cx, task, &format!("Task cannot await on itself: {s}"));
    }
    if let Some(f) = future::exact(r) {
        let mine = future::loop_of(cx, task)?;
        let (theirs, blocking) = f.with(cx, |s| (s.event_loop.clone(), std::mem::take(&mut s.blocking)));
        if !theirs.is_some_and(|l| l.is(&mine)) {
            return other_loop(cx, task, r);
        }
        if !blocking {
            return not_from(cx, task, r);
        }
        future::awaited_by(cx, r, task);
        let context = me(task).with(cx, |s| s.context.clone()).unwrap_or(Value::NONE);
        let callback = wakeup_callback(task);
        future::add_callback(cx, r, callback.as_ref(), context.as_ref())?;
        return waiting(cx, task, result);
    }
    let blocking = attr::get_optional(cx, r, names::_asyncio_future_blocking())?.filter(|b| !b.as_ref().is_none());
    if let Some(blocking) = blocking {
        let mine = future::loop_of(cx, task)?;
        let theirs = loop_of_other(cx, r)?;
        if !theirs.is(&mine) {
            return other_loop(cx, task, r);
        }
        if !truth::of(cx, blocking.as_ref())? {
            return not_from(cx, task, r);
        }
        if future::is_future(r) {
            future::awaited_by(cx, r, task);
        }
        attr::set(cx, r, names::_asyncio_future_blocking(), Some(Ref::from(&Value::FALSE)))?;
        let context = me(task).with(cx, |s| s.context.clone()).unwrap_or(Value::NONE);
        let callback = wakeup_callback(task);
        call_with_keyword(cx, r, names::add_done_callback(), &[callback.as_ref()], names::context(), context.as_ref())?;
        return waiting(cx, task, result);
    }
    let (t, v) = (shown(cx, task)?, shown(cx, r)?);
    if type_id_of(r) == objects::ids::GENERATOR {
        return complain(cx, task, &format!("yield was used instead of yield from for generator in task {t} with {v}"));
    }
    complain(cx, task, &format!("Task got bad yield: {v}"))
}

fn other_loop(cx: &mut Cx, task: Ref<'_>, r: Ref<'_>) -> PyResult<()> {
    let (t, v) = (shown(cx, task)?, shown(cx, r)?);
    complain(cx, task, &format!("Task {t} got Future {v} attached to a different loop"))
}

fn not_from(cx: &mut Cx, task: Ref<'_>, r: Ref<'_>) -> PyResult<()> {
    let (t, v) = (shown(cx, task)?, shown(cx, r)?);
    complain(cx, task, &format!("yield was used instead of yield from in task {t} with {v}"))
}

/// The task waits for a future now.
fn waiting(cx: &mut Cx, task: Ref<'_>, fut: &Value) -> PyResult<()> {
    let f = fut.clone();
    let (old, must_cancel) = me(task).with(cx, |s| (s.waiter.replace(f), s.must_cancel));
    drop(old);
    if must_cancel {
        let message = future::me(task).with(cx, |s| s.cancel_message.clone()).unwrap_or(Value::NONE);
        if cancel_any(cx, fut.as_ref(), &message)? {
            me(task).with(cx, |s| s.must_cancel = false);
        }
    }
    Ok(())
}

/// `fut.cancel(msg=message)` of any future.
pub fn cancel_any(cx: &mut Cx, fut: Ref<'_>, message: &Value) -> PyResult<bool> {
    if type_id_of(fut) == ids::FUTURE {
        return future::cancel(cx, fut, Some(message.clone()).filter(|m| !m.as_ref().is_none()));
    }
    let r = call_with_keyword(cx, fut, names::cancel(), &[], names::msg(), message.as_ref())?;
    truth::of(cx, r.as_ref())
}

/// The future that a task has waited for is done.
fn wakeup(cx: &mut Cx, task: Ref<'_>, fut: Ref<'_>) -> PyResult<()> {
    if future::is_future(fut) {
        future::not_awaited_by(cx, fut, task);
    }
    let seen = if future::exact(fut).is_some() {
        future::outcome(cx, fut)
    } else {
        call::method(cx, fut, names::result(), &[]).map(|r| Outcome::Result(r.into_value()))
    };
    match seen {
        Ok(Outcome::Result(_)) => step(cx, task, None),
        Ok(Outcome::Exception(e)) => step(cx, task, Some(e)),
        Err(e) => {
            let e = cx.catch(e);
            step(cx, task, Some(e))
        }
    }
}

/// The first step, at once: in the task's context, as the current task.
pub fn start_eagerly(cx: &mut Cx, task: Ref<'_>) -> PyResult<()> {
    let event_loop = future::loop_of(cx, task)?;
    let before = registry::swap_task(cx, event_loop.as_ref(), task)?;
    registry::register(cx, me(task));
    let context = me(task).with(cx, |s| s.context.clone()).unwrap_or(Value::NONE);
    let r = crate::contextvars::within(cx, context.as_ref(), |cx| run(cx, task, None));
    let kept = r.err().map(|e| cx.catch(e));
    let swapped = registry::swap_task(cx, event_loop.as_ref(), before.as_ref()).map(drop);
    if future::me(task).with(cx, |s| s.stage) != Stage::Pending {
        let old = me(task).with(cx, |s| s.coro.take());
        drop(old);
    }
    match kept {
        Some(e) => {
            if let Err(second) = swapped {
                drop(cx.catch(second));
            }
            Err(cx.raise(e))
        }
        None => swapped,
    }
}
