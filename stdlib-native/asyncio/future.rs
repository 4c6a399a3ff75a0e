//! `Future`. The state stands under the future's own lock; callbacks and everything else that may run Python code are called without it.

use super::{call_soon, cancelled_class, ids, invalid_state, library, names, registry};
use crate::parameters;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, class_method, getset, getter, method};
use objects::protocol::{call, compare, truth};
use objects::types::dict::Dict;
use objects::types::exception::{self, ids as exc};
use objects::types::iterators::myself;
use objects::types::list::List;
use objects::types::set::Set;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Sent, Slots};
use objects::types::type_::{TypeSpec, as_type, flags, type_of, type_value};
use objects::types::{int, object};
use objects::{Args, Cx, PyResult, Raised};
use std::cell::UnsafeCell;

/// How far a future is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Not done.
    Pending,
    /// Cancelled.
    Cancelled,
    /// Has a result or an exception.
    Finished,
}

/// State of a future.
pub struct State {
    /// The loop; none before `__init__`.
    pub event_loop: Option<Value>,
    /// `(function, context)`
    pub callbacks: Vec<(Value, Value)>,
    /// The result, when finished without exception.
    pub result: Option<Value>,
    /// The exception, and its traceback when it was set.
    pub exception: Option<(Value, Value)>,
    /// How far it is.
    pub stage: Stage,
    /// An exception that nobody has asked for is reported.
    pub log_traceback: bool,
    /// `yield from` has been used on it.
    pub blocking: bool,
    source_traceback: Option<Value>,
    /// Argument of the CancelledError.
    pub cancel_message: Option<Value>,
    /// The CancelledError that ended a task.
    pub cancelled_exc: Option<Value>,
    awaited_by: Vec<Value>,
}

impl State {
    fn new() -> State {
        State {
            event_loop: None,
            callbacks: Vec::new(),
            result: None,
            exception: None,
            stage: Stage::Pending,
            log_traceback: false,
            blocking: false,
            source_traceback: None,
            cancel_message: None,
            cancelled_exc: None,
            awaited_by: Vec::new(),
        }
    }
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.callbacks.iter().for_each(|(f, c)| {
            visit(f.word());
            visit(c.word());
        });
        self.awaited_by.iter().for_each(|v| visit(v.word()));
        if let Some((e, tb)) = &self.exception {
            visit(e.word());
            visit(tb.word());
        }
        for v in [&self.event_loop, &self.result, &self.source_traceback, &self.cancel_message, &self.cancelled_exc] {
            crate::guarded::visit_optional(v, visit);
        }
    }
}

/// A future's payload; a task's begins with it.
#[repr(C)]
pub struct Future(UnsafeCell<State>);
// SAFETY: nobody changes the state while the world is stopped.
unsafe impl Payload for Future {
    const TYPE_ID: u32 = ids::FUTURE;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        // SAFETY: see above.
        unsafe { (*self.0.get()).traverse(visit) }
    }
}

impl Future {
    /// A payload.
    pub fn new() -> Future {
        Future(UnsafeCell::new(State::new()))
    }
    /// Visits the words, for tasks.
    pub fn traverse_state(&self, visit: &mut dyn FnMut(Word)) {
        Payload::traverse(self, visit);
    }
    /// Runs `f` on the state, under the lock.
    #[inline]
    pub fn with<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut State) -> R) -> R {
        let _l = cx.lock(self.header());
        // SAFETY: the lock is held, and `f` cannot come back here since it has no context.
        f(unsafe { &mut *self.0.get() })
    }
}

/// The future behind a value known to be one.
pub fn me(v: Ref<'_>) -> &Future {
    // SAFETY: slots and methods check their receiver; a task's payload begins with a future's.
    unsafe { v.cast::<Future>() }
}

/// The future if the value is one of ours (exactly, so that methods need not be looked up).
pub fn exact(v: Ref<'_>) -> Option<&Future> {
    match v.header()?.type_id() {
        ids::FUTURE | ids::TASK => Some(me(v)),
        _ => None,
    }
}

/// Whether the value is a future or an instance of a subclass.
pub fn is_future(v: Ref<'_>) -> bool {
    type_of(v).has_layout(ids::FUTURE)
}

/// The loop; RuntimeError before `__init__`.
pub fn loop_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    match me(v).with(cx, |s| s.event_loop.clone()) {
        Some(l) => Ok(l),
        None => Err(cx.runtime_error("Future object is not initialized.")),
    }
}

fn new(cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    let f = crate::guarded::make(class, Future::new());
    quiet(cx, f.as_ref());
    Ok(f)
}

parameters!(PARAMETERS, "Future", "(*, loop=None)");

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    PARAMETERS.bind(cx, args, |cx, a| set_up(cx, v, a[0]))
}

/// `Future.__init__`.
pub fn set_up(cx: &mut Cx, v: Ref<'_>, event_loop: Ref<'_>) -> PyResult<()> {
    let event_loop = match event_loop.given().filter(|l| !l.is_none()) {
        Some(l) => l.to_value(),
        None => registry::event_loop(cx)?,
    };
    let old = me(v).with(cx, |s| std::mem::replace(s, State { event_loop: Some(event_loop.clone()), ..State::new() }));
    drop(old);
    let debug = call::method(cx, event_loop.as_ref(), names::get_debug(), &[])?.into_value();
    if truth::of(cx, debug.as_ref())? {
        let tb = library(cx, "asyncio.format_helpers", names::extract_stack(), &[])?;
        me(v).with(cx, |s| s.source_traceback = Some(tb));
    }
    Ok(())
}

/// Asks the loop to call the callbacks.
pub fn schedule_callbacks(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let (callbacks, event_loop) = me(v).with(cx, |s| (std::mem::take(&mut s.callbacks), s.event_loop.clone()));
    let Some(event_loop) = event_loop else { return Ok(()) };
    for (f, context) in &callbacks {
        call_soon(cx, event_loop.as_ref(), &[f.as_ref(), v], context.as_ref())?;
    }
    Ok(())
}

/// A future that has nothing to report dies without being looked at once more.
pub fn quiet(cx: &mut Cx, v: Ref<'_>) {
    let Some(h) = v.header().filter(|_| exact(v).is_some()) else { return };
    if me(v).with(cx, |s| s.log_traceback) {
        h.set_flags(gc::flag::HAS_FINALIZER);
    } else {
        h.clear_flags(gc::flag::HAS_FINALIZER);
    }
}

/// Finishes with a result; InvalidStateError when done.
pub fn set_result(cx: &mut Cx, v: Ref<'_>, result: Value) -> PyResult<()> {
    loop_of(cx, v)?;
    let done = me(v).with(cx, |s| {
        if s.stage != Stage::Pending {
            return true;
        }
        s.result = Some(result);
        s.stage = Stage::Finished;
        false
    });
    if done {
        return Err(invalid_state(cx, "invalid state"));
    }
    schedule_callbacks(cx, v)
}

/// Finishes with an exception (or a class of them).
pub fn set_exception(cx: &mut Cx, v: Ref<'_>, given: Ref<'_>) -> PyResult<()> {
    loop_of(cx, v)?;
    if me(v).with(cx, |s| s.stage) != Stage::Pending {
        return Err(invalid_state(cx, "invalid state"));
    }
    let mut e = match as_type(given) {
        Some(t) if t.is_subtype_of_id(exc::BASE_EXCEPTION) => call::positional(cx, given, &[])?,
        _ => given.to_value(),
    };
    if exception::as_exception(e.as_ref()).is_none() {
        return Err(cx.type_error("invalid exception object"));
    }
    if type_of(e.as_ref()).is_subtype_of_id(exc::STOP_ITERATION) {
        let text = "StopIteration interacts badly with generators and cannot be raised into a Future";
        let new = exception::new_text(exc::RUNTIME_ERROR, text);
        if let Some(x) = exception::as_exception(new.as_ref()) {
            exception::store(x, &x.cause, e.clone());
            exception::store(x, &x.context, e);
        }
        e = new;
    }
    let tb = exception::as_exception(e.as_ref()).map_or(Value::NONE, |x| x.traceback.load(x.header()));
    let done = me(v).with(cx, |s| {
        if s.stage != Stage::Pending {
            return true;
        }
        s.exception = Some((e, tb));
        s.stage = Stage::Finished;
        false
    });
    if done {
        return Err(invalid_state(cx, "invalid state"));
    }
    schedule_callbacks(cx, v)?;
    me(v).with(cx, |s| s.log_traceback = true);
    quiet(cx, v);
    Ok(())
}

/// `Future.cancel`: whether it was not done.
pub fn cancel(cx: &mut Cx, v: Ref<'_>, message: Option<Value>) -> PyResult<bool> {
    let (was_pending, old) = me(v).with(cx, |s| {
        s.log_traceback = false;
        if s.stage != Stage::Pending {
            return (false, None);
        }
        s.stage = Stage::Cancelled;
        (true, std::mem::replace(&mut s.cancel_message, message))
    });
    drop(old);
    if was_pending {
        schedule_callbacks(cx, v)?;
    }
    Ok(was_pending)
}

/// The CancelledError to raise.
pub fn cancelled_error(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    let (saved, message) = me(v).with(cx, |s| (s.cancelled_exc.take(), s.cancel_message.clone()));
    if let Some(e) = saved {
        return Ok(e);
    }
    let class = cancelled_class(cx)?;
    match message.filter(|m| !m.as_ref().is_none()) {
        Some(m) => call::positional(cx, class.as_ref(), &[m.as_ref()]),
        None => call::positional(cx, class.as_ref(), &[]),
    }
}

/// What a future has come to.
pub enum Outcome {
    /// A result.
    Result(Value),
    /// An exception, its traceback reset.
    Exception(Value),
}

/// The outcome; raises when it is cancelled or not done.
pub fn outcome(cx: &mut Cx, v: Ref<'_>) -> PyResult<Outcome> {
    enum Seen {
        Cancelled,
        NotReady,
        Result(Value),
        Exception(Value, Value),
    }
    let seen = me(v).with(cx, |s| match s.stage {
        Stage::Cancelled => Seen::Cancelled,
        Stage::Pending => Seen::NotReady,
        Stage::Finished => {
            s.log_traceback = false;
            match &s.exception {
                Some((e, tb)) => Seen::Exception(e.clone(), tb.clone()),
                None => Seen::Result(s.result.clone().unwrap_or(Value::NONE)),
            }
        }
    });
    match seen {
        Seen::Cancelled => {
            let e = cancelled_error(cx, v)?;
            Err(cx.raise_new(e))
        }
        Seen::NotReady => Err(invalid_state(cx, "Result is not set.")),
        Seen::Result(r) => Ok(Outcome::Result(r)),
        Seen::Exception(e, tb) => {
            if let Some(x) = exception::as_exception(e.as_ref()) {
                exception::store(x, &x.traceback, tb);
            }
            Ok(Outcome::Exception(e))
        }
    }
}

/// The result; raises the exception.
pub fn result(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    match outcome(cx, v)? {
        Outcome::Result(r) => Ok(r),
        Outcome::Exception(e) => Err(cx.raise(e)),
    }
}

fn exception_of(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let stage = me(a[0]).with(cx, |s| s.stage);
    match stage {
        Stage::Cancelled => {
            let e = cancelled_error(cx, a[0])?;
            Err(cx.raise_new(e))
        }
        Stage::Pending => Err(invalid_state(cx, "Exception is not set.")),
        Stage::Finished => Ok(me(a[0])
            .with(cx, |s| {
                s.log_traceback = false;
                s.exception.as_ref().map_or(Value::NONE, |(e, _)| e.clone())
            })
            .into()),
    }
}

/// Adds a callback, or has it called soon when the future is done.
pub fn add_callback(cx: &mut Cx, v: Ref<'_>, f: Ref<'_>, context: Ref<'_>) -> PyResult<()> {
    let (f_value, c_value) = (f.to_value(), context.to_value());
    let later = me(v).with(cx, |s| {
        if s.stage != Stage::Pending {
            return s.event_loop.clone();
        }
        s.callbacks.push((f_value, c_value));
        None
    });
    match later {
        Some(l) => call_soon(cx, l.as_ref(), &[f, v], context),
        None => Ok(()),
    }
}

fn add_done_callback(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    loop_of(cx, a[0])?;
    let context = match a[2].given().filter(|c| !c.is_none()) {
        Some(c) => c.to_value(),
        None => crate::contextvars::copy(cx)?,
    };
    add_callback(cx, a[0], a[1], context.as_ref())?;
    Ok(Value::NONE.into())
}

fn remove_done_callback(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    loop_of(cx, a[0])?;
    let now: Vec<Value> = me(a[0]).with(cx, |s| s.callbacks.iter().map(|(f, _)| f.clone()).collect());
    let mut gone = Vec::new();
    for f in &now {
        if compare::equal(cx, f.as_ref(), a[1])? {
            gone.push(f.clone());
        }
    }
    let removed: Vec<(Value, Value)> = me(a[0]).with(cx, |s| {
        let (out, keep) = std::mem::take(&mut s.callbacks).into_iter().partition(|(f, _)| gone.iter().any(|g| g.is(f)));
        s.callbacks = keep;
        out
    });
    Ok(int::from_usize(removed.len()).into())
}

/// Notes that `waiter` waits for `fut`.
pub fn awaited_by(cx: &mut Cx, fut: Ref<'_>, waiter: Ref<'_>) {
    let w = waiter.to_value();
    let unused = me(fut).with(cx, |s| {
        if s.awaited_by.iter().any(|x| x.is(&w)) {
            return Some(w);
        }
        s.awaited_by.push(w);
        None
    });
    drop(unused);
}
/// Forgets it again.
pub fn not_awaited_by(cx: &mut Cx, fut: Ref<'_>, waiter: Ref<'_>) {
    let old = me(fut).with(cx, |s| s.awaited_by.iter().position(|x| x.as_ref().is(waiter)).map(|i| s.awaited_by.swap_remove(i)));
    drop(old);
}

/// `future_add_to_awaited_by(fut, waiter)`
pub fn add_awaited_by(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if is_future(a[0]) && is_future(a[1]) {
        awaited_by(cx, a[0], a[1]);
    }
    Ok(Value::NONE.into())
}
/// `future_discard_from_awaited_by(fut, waiter)`
pub fn discard_awaited_by(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if is_future(a[0]) && is_future(a[1]) {
        not_awaited_by(cx, a[0], a[1]);
    }
    Ok(Value::NONE.into())
}

/// Reports to the loop's exception handler.
pub fn report(cx: &mut Cx, v: Ref<'_>, context: &Dict) -> PyResult<()> {
    let (event_loop, tb) = me(v).with(cx, |s| (s.event_loop.clone(), s.source_traceback.clone()));
    let Some(event_loop) = event_loop else { return Ok(()) };
    if let Some(tb) = tb {
        context.set_text("source_traceback", tb);
    }
    call::method(cx, event_loop.as_ref(), names::call_exception_handler(), &[context.as_ref()]).map(drop)
}

/// The finaliser: an exception that nobody has asked for is reported.
pub fn finalise(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let lost = me(v).with(cx, |s| if std::mem::take(&mut s.log_traceback) { s.exception.clone() } else { None });
    let Some((e, _)) = lost else { return Ok(()) };
    let context = Dict::new();
    let n = type_of(v).name_text();
    context.set_text("message", Str::from_text(&format!("{n} exception was never retrieved")));
    context.set_text("exception", e);
    context.set_text("future", v.to_value());
    report(cx, v, &context)
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    library(cx, "asyncio.base_futures", names::_future_repr(), &[v]).map(Reg::from)
}

/// `__iter__` and `__await__`.
pub fn iterator(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    loop_of(cx, v)?;
    Ok(gc::alloc(FutureIter::new(Waiting(Some(v.to_value())))).into())
}

/// A method that tasks have too.
pub const RESULT: Method = method("result", "($self, /)", |cx, a| result(cx, a[0]).map(Reg::from), "The result; raises the exception.");
/// A method that tasks have too.
pub const EXCEPTION: Method = method("exception", "($self, /)", exception_of, "The exception, or None.");
/// A method that tasks have too.
pub const ADD: Method =
    method("add_done_callback", "($self, fn, /, *, context=None)", add_done_callback, "Adds a function to be called at the end.");
/// A method that tasks have too.
pub const REMOVE: Method =
    method("remove_done_callback", "($self, fn, /)", remove_done_callback, "Removes a function; how many there were.");
/// A method that tasks have too.
pub const CANCELLED: Method = method(
    "cancelled",
    "($self, /)",
    |cx, a| Ok(Value::bool(me(a[0]).with(cx, |s| s.stage) == Stage::Cancelled).into()),
    "Whether it was cancelled.",
);
/// A method that tasks have too.
pub const DONE: Method =
    method("done", "($self, /)", |cx, a| Ok(Value::bool(me(a[0]).with(cx, |s| s.stage) != Stage::Pending).into()), "Whether it is done.");
/// A method that tasks have too.
pub const MAKE_CANCELLED: Method =
    method("_make_cancelled_error", "($self, /)", |cx, a| cancelled_error(cx, a[0]).map(Reg::from), "The CancelledError to raise.");
/// A method that tasks have too.
pub const ITEM: Method =
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "Future[int].");

static METHODS: &[Method] = &[
    RESULT,
    EXCEPTION,
    method(
        "set_result",
        "($self, result, /)",
        |cx, a| {
            set_result(cx, a[0], a[1].to_value())?;
            Ok(Value::NONE.into())
        },
        "Sets the result.",
    ),
    method(
        "set_exception",
        "($self, exception, /)",
        |cx, a| {
            set_exception(cx, a[0], a[1])?;
            Ok(Value::NONE.into())
        },
        "Sets an exception.",
    ),
    ADD,
    REMOVE,
    method(
        "cancel",
        "($self, /, msg=None)",
        |cx, a| {
            loop_of(cx, a[0])?;
            cancel(cx, a[0], a[1].given().filter(|m| !m.is_none()).map(Ref::to_value)).map(|b| Value::bool(b).into())
        },
        "Cancels the future.",
    ),
    CANCELLED,
    DONE,
    method("get_loop", "($self, /)", |cx, a| loop_of(cx, a[0]).map(Reg::from), "The loop."),
    MAKE_CANCELLED,
    ITEM,
];

fn optional(v: Option<Value>) -> PyResult<Reg> {
    Ok(v.unwrap_or(Value::NONE).into())
}

fn callbacks(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let all: Vec<(Value, Value)> = me(v).with(cx, |s| s.callbacks.clone());
    if all.is_empty() {
        return Ok(Value::NONE.into());
    }
    Ok(List::from_values(all.into_iter().map(|(f, c)| Tuple::from_values(vec![f, c]).into_value()).collect()).into())
}

fn set_log_traceback(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let Some(x) = x else { return Err(cx.error(exc::ATTRIBUTE_ERROR, "cannot delete attribute")) };
    if truth::of(cx, x)? {
        return Err(cx.value_error("_log_traceback can only be set to False"));
    }
    me(v).with(cx, |s| s.log_traceback = false);
    Ok(())
}

fn set_blocking(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    loop_of(cx, v)?;
    let Some(x) = x else { return Err(cx.error(exc::ATTRIBUTE_ERROR, "cannot delete attribute")) };
    let yes = truth::of(cx, x)?;
    me(v).with(cx, |s| s.blocking = yes);
    Ok(())
}

fn set_cancel_message(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let Some(x) = x else { return Err(cx.error(exc::ATTRIBUTE_ERROR, "cannot delete attribute")) };
    let x = x.to_value();
    let old = me(v).with(cx, |s| s.cancel_message.replace(x));
    drop(old);
    Ok(())
}

fn waiters(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let all = me(v).with(cx, |s| s.awaited_by.clone());
    if all.is_empty() {
        return Ok(Value::NONE.into());
    }
    let set = Set::of_id(objects::ids::FROZENSET);
    for w in &all {
        set.add(cx, w.as_ref())?;
    }
    Ok(set.into())
}

static GETSETS: &[GetSet] = &[
    getter(
        "_state",
        |cx, v| {
            let text = match me(v).with(cx, |s| s.stage) {
                Stage::Pending => "PENDING",
                Stage::Cancelled => "CANCELLED",
                Stage::Finished => "FINISHED",
            };
            Ok(Str::intern_text(text).into())
        },
        "",
    ),
    getset(
        "_asyncio_future_blocking",
        |cx, v| Ok(Value::bool(me(v).with(cx, |s| s.event_loop.is_some() && s.blocking)).into()),
        set_blocking,
        "",
    ),
    getter("_loop", |cx, v| optional(me(v).with(cx, |s| s.event_loop.clone())), ""),
    getter("_callbacks", callbacks, ""),
    getter("_result", |cx, v| optional(me(v).with(cx, |s| s.result.clone())), ""),
    getter("_exception", |cx, v| optional(me(v).with(cx, |s| s.exception.as_ref().map(|(e, _)| e.clone()))), ""),
    getset("_log_traceback", |cx, v| Ok(Value::bool(me(v).with(cx, |s| s.log_traceback)).into()), set_log_traceback, ""),
    getter("_source_traceback", |cx, v| optional(me(v).with(cx, |s| s.source_traceback.clone())), ""),
    getset("_cancel_message", |cx, v| optional(me(v).with(cx, |s| s.cancel_message.clone())), set_cancel_message, ""),
    getter("_asyncio_awaited_by", waiters, ""),
];

/// `_asyncio.Future`
pub static FUTURE_TYPE: TypeSpec = TypeSpec::of::<Future>("_asyncio.Future")
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots {
        new: Some(new),
        init: Some(init),
        repr: Some(repr),
        iter: Some(iterator),
        await_: Some(iterator),
        del: Some(finalise),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("A result that will be there later.");

// ---- the iterator ----

/// Of a future, until it is used up.
pub type FutureIter = crate::guarded::Guarded<Waiting, { ids::FUTURE_ITER }>;

/// State of an iterator.
pub struct Waiting(Option<Value>);
impl crate::guarded::State for Waiting {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        crate::guarded::visit_optional(&self.0, visit);
    }
}
impl FutureIter {
    fn future(&self, cx: &mut Cx) -> Option<Value> {
        self.with(cx, |s| s.0.clone())
    }
    fn take(&self, cx: &mut Cx) -> Option<Value> {
        self.with(cx, |s| s.0.take())
    }
}

fn iter_of(v: Ref<'_>) -> &FutureIter {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<FutureIter>() }
}

fn send(cx: &mut Cx, v: Ref<'_>, _value: Ref<'_>) -> PyResult<Sent> {
    let it = iter_of(v);
    let Some(f) = it.future(cx) else { return Ok(Sent::Return(Value::NONE.into())) };
    let state = me(f.as_ref()).with(cx, |s| {
        let was = (s.stage, s.blocking);
        if s.stage == Stage::Pending {
            s.blocking = true;
        }
        was
    });
    match state {
        (Stage::Pending, false) => Ok(Sent::Yield(f.into())),
        (Stage::Pending, true) => Err(cx.runtime_error("await wasn't used with future")),
        _ => {
            drop(it.take(cx));
            result(cx, f.as_ref()).map(|r| Sent::Return(r.into()))
        }
    }
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    match send(cx, v, Ref::NONE)? {
        Sent::Yield(r) => Ok(Some(r)),
        Sent::Return(r) if r.as_ref().is_none() => Ok(None),
        Sent::Return(r) => Err(stop(cx, r.into_value())),
    }
}

fn stop(cx: &mut Cx, value: Value) -> Raised {
    let e = exception::stop_iteration(value);
    cx.raise(e)
}

fn send_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match send(cx, a[0], a[1])? {
        Sent::Yield(r) => Ok(r),
        Sent::Return(r) => Err(stop(cx, r.into_value())),
    }
}

fn throw(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let given = |v: Ref<'_>| v.given().filter(|v| !v.is_none()).map(Ref::to_value);
    let (value, tb) = (given(a[2]), given(a[3]));
    if a[2].given().is_some() || a[3].given().is_some() {
        let category = type_value(exc::DEPRECATION_WARNING);
        let text = "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.";
        cx.host.warn(cx, category.as_ref(), text, 1)?;
    }
    if let Some(t) = &tb
        && type_of(t.as_ref()).id != objects::ids::TRACEBACK
    {
        return Err(cx.type_error("throw() third argument must be a traceback"));
    }
    let e = if as_type(a[1]).is_some_and(|t| t.is_subtype_of_id(exc::BASE_EXCEPTION)) {
        match value {
            Some(v) if exception::as_exception(v.as_ref()).is_some() => v,
            Some(v) => call::positional(cx, a[1], &[v.as_ref()])?,
            None => call::positional(cx, a[1], &[])?,
        }
    } else if exception::as_exception(a[1]).is_some() {
        if value.is_some() {
            return Err(cx.type_error("instance exception may not have a separate value"));
        }
        a[1].to_value()
    } else {
        let n = type_of(a[1]).name_text();
        return Err(cx.type_error(format!("exceptions must be classes deriving BaseException or instances of such a class, not {n}")));
    };
    if let (Some(t), Some(x)) = (tb, exception::as_exception(e.as_ref())) {
        exception::store(x, &x.traceback, t);
    }
    drop(iter_of(a[0]).take(cx));
    Err(cx.raise(e))
}

static ITER_METHODS: &[Method] = &[
    method("send", "($self, value, /)", send_method, ""),
    method("throw", "($self, type, val=None, tb=None, /)", throw, ""),
    method(
        "close",
        "($self, /)",
        |cx, a| {
            drop(iter_of(a[0]).take(cx));
            Ok(Value::NONE.into())
        },
        "",
    ),
];

/// `_asyncio.FutureIter`
pub static FUTURE_ITER_TYPE: TypeSpec = TypeSpec::of::<FutureIter>("_asyncio.FutureIter")
    .flags(flags::NO_NEW)
    .slots(Slots { iter: Some(myself), next: Some(next), send: Some(send), ..Slots::NONE })
    .methods(ITER_METHODS);

/// Whether a value is a task of ours.
pub fn is_task(v: Ref<'_>) -> bool {
    type_of(v).has_layout(ids::TASK)
}
