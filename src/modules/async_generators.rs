//! Async generators: the awaitables that `asend`, `athrow`, `aclose` and `anext(it, default)` give, and the hooks of event loops.
//!
//! What an async generator yields by `yield` comes out of its frame wrapped ([`Wrapped`]), so that it is told apart from what passes through
//! from an `await`: a wrapped value ends the awaitable with that value, any other one goes on to the event loop.

use super::generators::{awaitable, thrown};
use crate::vm::generator::{self, Generator, as_generator};
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{Method, class_method, function, method};
use objects::protocol::{call, iter};
use objects::types::exception::{self, ids as exc};
use objects::types::instance;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Sent, Slots};
use objects::types::type_::{TypeSpec, by_id, flags, type_of, type_value};
use objects::{Cx, PyResult, Raised, ids};
use sync::prim::{AtomicU8, AtomicU64, Ordering};

/// A value that an async generator has yielded.
#[repr(C)]
pub struct Wrapped {
    value: Value,
}
// SAFETY: visits the value.
unsafe impl Payload for Wrapped {
    const TYPE_ID: u32 = ids::ASYNC_GEN_WRAPPED;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.value.word());
    }
}
/// Its type.
pub static WRAPPED_TYPE: TypeSpec = TypeSpec::of::<Wrapped>("async_generator_wrapped_value").flags(flags::NO_NEW);

/// Wraps a value that an async generator yields.
pub fn wrap(value: Value) -> Value {
    gc::alloc(Wrapped { value }).into_value()
}

// Bits of `Generator::hooks`.
const HOOKED: u8 = 1;
const CLOSED_GENERATOR: u8 = 2;

// States of an awaitable.
const INIT: u8 = 0;
const ITERATING: u8 = 1;
const CLOSED: u8 = 2;

/// What `asend`, `athrow` and `aclose` give. `mode` tells which.
#[repr(C)]
pub struct Awaitable {
    generator: Value,
    /// `asend`: the value to send. `athrow`: the exception's three arguments in a tuple. `aclose`: None.
    argument: Value,
    mode: Mode,
    state: AtomicU8,
}
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Send,
    Throw,
    Close,
}
// SAFETY: visits both words.
unsafe impl Payload for Awaitable {
    const TYPE_ID: u32 = ids::ASYNC_GEN_ASEND;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.generator.word());
        visit(self.argument.word());
    }
}

fn me(v: Ref<'_>) -> &Awaitable {
    // SAFETY: slots and methods check their receiver; both types have this payload.
    unsafe { v.cast::<Awaitable>() }
}

impl Awaitable {
    fn generator(&self) -> &Generator {
        // SAFETY: made with an async generator.
        unsafe { self.generator.as_ref().cast::<Generator>() }
    }
    fn close(&self) {
        self.state.store(CLOSED, Ordering::Relaxed);
    }
    fn stop(&self) {
        self.generator().running_async.store(0, Ordering::Relaxed);
    }
    fn what(&self) -> &'static str {
        match self.mode {
            Mode::Send => "__anext__()/asend()",
            _ => "aclose()/athrow()",
        }
    }
    fn function(&self) -> &'static str {
        match self.mode {
            Mode::Send => "anext()",
            Mode::Throw => "athrow()",
            Mode::Close => "aclose()",
        }
    }
    fn check_open(&self, cx: &mut Cx) -> PyResult<()> {
        if self.state.load(Ordering::Relaxed) == CLOSED {
            return Err(cx.runtime_error(format!("cannot reuse already awaited {}", self.what())));
        }
        Ok(())
    }
    /// The first step: the generator must not be in another awaitable.
    fn begin(&self, cx: &mut Cx) -> PyResult<()> {
        if self.generator().running_async.swap(1, Ordering::Relaxed) != 0 {
            self.close();
            return Err(cx.runtime_error(format!("{}: asynchronous generator is already running", self.function())));
        }
        self.state.store(ITERATING, Ordering::Relaxed);
        Ok(())
    }
}

/// What came out of the generator's frame.
enum Came {
    /// It awaits: goes on to the event loop.
    Awaits(Reg),
    /// It has yielded.
    Yielded(Value),
    /// It has ended or raised.
    Raised(Raised),
}

fn sort(cx: &mut Cx, r: PyResult<Sent>) -> Came {
    match r {
        Ok(Sent::Yield(v)) => match v.as_ref().exact::<Wrapped>() {
            Some(w) => Came::Yielded(w.value.clone()),
            None => Came::Awaits(v),
        },
        Ok(Sent::Return(_)) => {
            let e = exception::new_args(exc::STOP_ASYNC_ITERATION, Vec::new());
            Came::Raised(cx.raise_new(e))
        }
        Err(e) => Came::Raised(e),
    }
}

fn is_end(cx: &Cx) -> bool {
    cx.raised.as_ref().is_some_and(|e| {
        let t = type_of(e.as_ref());
        t.is_subtype_of_id(exc::STOP_ASYNC_ITERATION) || t.is_subtype_of_id(exc::GENERATOR_EXIT)
    })
}

/// Ends a step of an awaitable.
fn settle(cx: &mut Cx, a: &Awaitable, came: Came) -> PyResult<Sent> {
    let g = a.generator();
    match came {
        Came::Awaits(v) => Ok(Sent::Yield(v)),
        Came::Yielded(v) => {
            a.stop();
            a.close();
            if a.mode == Mode::Close {
                return Err(cx.runtime_error("async generator ignored GeneratorExit"));
            }
            Ok(Sent::Return(v.into()))
        }
        Came::Raised(e) => {
            a.stop();
            a.close();
            if is_end(cx) {
                g.hooks.fetch_or(CLOSED_GENERATOR, Ordering::Relaxed);
                if a.mode == Mode::Close {
                    drop(cx.catch(e));
                    return Ok(Sent::Return(Value::NONE.into()));
                }
            }
            Err(e)
        }
    }
}

fn exception_of(cx: &mut Cx, a: &Awaitable) -> PyResult<Value> {
    match a.argument.as_ref().exact::<Tuple>() {
        Some(t) => {
            let at = |i: usize| t.items().get(i).copied().filter(|v| !v.is_none());
            thrown(cx, t.get(0), at(1), at(2))
        }
        None => Ok(exception::new_args(exc::GENERATOR_EXIT, Vec::new())),
    }
}

/// One step with a value.
fn send(cx: &mut Cx, v: Ref<'_>, value: Ref<'_>) -> PyResult<Sent> {
    let a = me(v);
    a.check_open(cx)?;
    let g = a.generator();
    let first = a.state.load(Ordering::Relaxed) == INIT;
    if a.mode != Mode::Send {
        if g.state.load(Ordering::Acquire) == generator::DONE {
            a.close();
            return Ok(Sent::Return(Value::NONE.into()));
        }
        if first {
            if g.running_async.load(Ordering::Relaxed) == 0 {
                if g.hooks.load(Ordering::Relaxed) & CLOSED_GENERATOR != 0 {
                    a.close();
                    let e = exception::new_args(exc::STOP_ASYNC_ITERATION, Vec::new());
                    return Err(cx.raise_new(e));
                }
                if !value.is_none() {
                    return Err(cx.runtime_error("can't send non-None value to a just-started coroutine"));
                }
            }
            a.begin(cx)?;
            if a.mode == Mode::Close {
                g.hooks.fetch_or(CLOSED_GENERATOR, Ordering::Relaxed);
            }
            let r = exception_of(cx, a).and_then(|e| generator::throw(cx, g, e));
            let came = sort(cx, r);
            return settle(cx, a, came);
        }
    } else if first {
        a.begin(cx)?;
    }
    let given = if first && value.is_none() { a.argument.clone() } else { value.to_value() };
    let r = generator::send(cx, g, given);
    let came = sort(cx, r);
    settle(cx, a, came)
}

fn throw(cx: &mut Cx, v: Ref<'_>, e: Value) -> PyResult<Sent> {
    let a = me(v);
    a.check_open(cx)?;
    if a.state.load(Ordering::Relaxed) == INIT {
        a.begin(cx)?;
    }
    let r = generator::throw(cx, a.generator(), e);
    let came = sort(cx, r);
    settle(cx, a, came)
}

fn close(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    if me(v).state.load(Ordering::Relaxed) == CLOSED {
        return Ok(Value::NONE.into());
    }
    let e = exception::new_args(exc::GENERATOR_EXIT, Vec::new());
    match throw(cx, v, e) {
        Ok(Sent::Yield(_)) => Err(cx.runtime_error("coroutine ignored GeneratorExit")),
        Ok(Sent::Return(_)) => Ok(Value::NONE.into()),
        Err(e) => ended(cx, e),
    }
}

fn ended(cx: &mut Cx, e: Raised) -> PyResult<Reg> {
    let stop = cx.raised.as_ref().is_some_and(|x| type_of(x.as_ref()).is_subtype_of_id(exc::STOP_ITERATION));
    if stop || is_end(cx) {
        drop(cx.catch(e));
        return Ok(Value::NONE.into());
    }
    Err(e)
}

/// A step's result as `send` and `throw` methods give it.
fn outcome(cx: &mut Cx, s: Sent) -> PyResult<Reg> {
    match s {
        Sent::Yield(r) => Ok(r),
        Sent::Return(r) => {
            let e = exception::stop_iteration(r.into_value());
            Err(cx.raise_new(e))
        }
    }
}
fn next_of(cx: &mut Cx, s: Sent) -> PyResult<Option<Reg>> {
    match s {
        Sent::Yield(r) => Ok(Some(r)),
        Sent::Return(r) if r.as_ref().is_none() => Ok(None),
        s => outcome(cx, s).map(Some),
    }
}

/// The finaliser: an awaitable that nobody awaited warns.
fn finalize(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let a = me(v);
    if a.state.load(Ordering::Relaxed) != INIT {
        return Ok(());
    }
    let q = a.generator().qualname.load(a.generator().header());
    let n = as_str(q.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    let f = match a.mode {
        Mode::Send => "asend",
        Mode::Throw => "athrow",
        Mode::Close => "aclose",
    };
    let category = type_value(exc::RUNTIME_WARNING);
    cx.host.warn(cx, category.as_ref(), &format!("coroutine method '{f}' of '{n}' was never awaited"), 1)
}

static METHODS: &[Method] = &[
    method(
        "send",
        "($self, value, /)",
        |cx, a| {
            let s = send(cx, a[0], a[1])?;
            outcome(cx, s)
        },
        "Resumes with a value.",
    ),
    method(
        "throw",
        "($self, typ, val=None, tb=None, /)",
        |cx, a| {
            let e = thrown(cx, a[1], a[2].given(), a[3].given())?;
            let s = throw(cx, a[0], e)?;
            outcome(cx, s)
        },
        "Raises an exception inside.",
    ),
    method("close", "($self, /)", |cx, a| close(cx, a[0]), "Raises GeneratorExit inside."),
];

const SLOTS: Slots = Slots {
    await_: Some(|_, v| Ok(v.to_value().into())),
    iter: Some(|_, v| Ok(v.to_value().into())),
    next: Some(|cx, v| {
        let s = send(cx, v, Ref::NONE)?;
        next_of(cx, s)
    }),
    send: Some(send),
    del: Some(finalize),
    ..Slots::NONE
};

/// `async_generator_asend`.
pub static ASEND_TYPE: TypeSpec = TypeSpec::of::<Awaitable>("async_generator_asend").flags(flags::NO_NEW).slots(SLOTS).methods(METHODS);
/// `async_generator_athrow`.
pub static ATHROW_TYPE: TypeSpec =
    TypeSpec::of::<Awaitable>("async_generator_athrow").id(ids::ASYNC_GEN_ATHROW).flags(flags::NO_NEW).slots(SLOTS).methods(METHODS);

// ---- the generator's own methods ----

/// The hooks set for this thread: `(firstiter, finalizer)`.
pub fn hooks(cx: &Cx) -> (Value, Value) {
    let v = cx.module_state(ids::ASYNC_GENERATOR);
    match v.as_ref().exact::<Tuple>() {
        Some(t) => (t.get(0).to_value(), t.get(1).to_value()),
        None => (Value::NONE, Value::NONE),
    }
}
/// Sets them.
pub fn set_hooks(cx: &mut Cx, firstiter: Value, finalizer: Value) {
    let t = Tuple::from_values(vec![firstiter, finalizer]).into_value();
    drop(cx.set_module_state(ids::ASYNC_GENERATOR, t));
}

/// Tells the event loop about a generator that is iterated for the first time.
fn start_hooks(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let Some(g) = as_generator(v) else { return Ok(()) };
    if g.hooks.fetch_or(HOOKED, Ordering::Relaxed) & HOOKED != 0 {
        return Ok(());
    }
    let (first, last) = hooks(cx);
    if !last.as_ref().is_none() {
        let old = {
            let _l = cx.lock(g.header());
            g.hook.swap(last)
        };
        drop(old);
    }
    if !first.as_ref().is_none() {
        call::positional(cx, first.as_ref(), &[v])?;
    }
    Ok(())
}

fn make(cx: &mut Cx, v: Ref<'_>, argument: Value, mode: Mode) -> PyResult<Reg> {
    start_hooks(cx, v)?;
    let id = if mode == Mode::Send { ids::ASYNC_GEN_ASEND } else { ids::ASYNC_GEN_ATHROW };
    let a = Awaitable { generator: v.to_value(), argument, mode, state: AtomicU8::new(INIT) };
    Ok(instance::alloc_with(by_id(id), a).into())
}

/// `async_generator.__anext__`.
pub fn anext(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    make(cx, v, Value::NONE, Mode::Send)
}

/// Methods of `async_generator`.
pub static GENERATOR_METHODS: &[Method] = &[
    method("asend", "($self, value, /)", |cx, a| make(cx, a[0], a[1].to_value(), Mode::Send), "Sends a value, when awaited."),
    method(
        "athrow",
        "($self, typ, val=None, tb=None, /)",
        |cx, a| {
            let all = (1..4).map(|i| a[i].given().map_or(Value::NONE, Ref::to_value)).collect();
            make(cx, a[0], Tuple::from_values(all).into_value(), Mode::Throw)
        },
        "Raises an exception inside, when awaited.",
    ),
    method("aclose", "($self, /)", |cx, a| make(cx, a[0], Value::NONE, Mode::Close), "Raises GeneratorExit inside, when awaited."),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| objects::types::object::generic_alias(cx, a[0], a[1]), "See PEP 585"),
];

/// The finaliser of an async generator: the event loop's hook, else it is closed here.
pub fn finalize_generator(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let Some(g) = as_generator(v) else { return Ok(()) };
    if g.state.load(Ordering::Acquire) != generator::SUSPENDED || g.started.load(Ordering::Relaxed) == 0 {
        return Ok(());
    }
    let hook = g.hook.load(g.header());
    if !hook.as_ref().is_none() && g.hooks.load(Ordering::Relaxed) & CLOSED_GENERATOR == 0 {
        call::positional(cx, hook.as_ref(), &[v])?;
        return Ok(());
    }
    let e = exception::new_args(exc::GENERATOR_EXIT, Vec::new());
    match generator::throw(cx, g, e) {
        Ok(Sent::Yield(_)) => Err(cx.runtime_error("async generator ignored GeneratorExit")),
        Ok(Sent::Return(_)) => Ok(()),
        Err(e) => ended(cx, e).map(drop),
    }
}

// ---- anext(iterator, default) ----

/// `anext_awaitable`.
#[repr(C)]
pub struct AnextAwaitable {
    wrapped: Value,
    default: Value,
}
// SAFETY: visits both words.
unsafe impl Payload for AnextAwaitable {
    const TYPE_ID: u32 = ids::ANEXT_AWAITABLE;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.wrapped.word());
        visit(self.default.word());
    }
}

/// `anext(iterator, default)` for what `__anext__` has given.
pub fn anext_default(wrapped: Value, default: Value) -> Value {
    gc::alloc(AnextAwaitable { wrapped, default }).into_value()
}

fn outer(v: Ref<'_>) -> &AnextAwaitable {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<AnextAwaitable>() }
}

/// The value of a StopIteration that was raised, as a return.
fn as_return(cx: &mut Cx, e: Raised) -> PyResult<Sent> {
    let exc = cx.catch_if(e, exc::STOP_ITERATION)?;
    Ok(Sent::Return(exception::extra(exc.as_ref(), 0).into()))
}

/// Sends a value into any iterator.
pub fn send_any(cx: &mut Cx, it: Ref<'_>, value: Ref<'_>) -> PyResult<Sent> {
    if let Some(f) = type_of(it).slots.send() {
        return f(cx, it, value);
    }
    if value.is_none() {
        return match iter::next(cx, it) {
            Ok(Some(r)) => Ok(Sent::Yield(r)),
            Ok(None) => Ok(Sent::Return(Value::NONE.into())),
            Err(e) => as_return(cx, e),
        };
    }
    match call::method(cx, it, objects::names::send(), &[value]) {
        Ok(r) => Ok(Sent::Yield(r)),
        Err(e) => as_return(cx, e),
    }
}

/// StopAsyncIteration becomes the default.
fn with_default(cx: &mut Cx, v: Ref<'_>, r: PyResult<Sent>) -> PyResult<Sent> {
    match r {
        Err(e) => {
            drop(cx.catch_if(e, exc::STOP_ASYNC_ITERATION)?);
            Ok(Sent::Return(outer(v).default.clone().into()))
        }
        r => r,
    }
}

fn inner(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    awaitable(cx, outer(v).wrapped.as_ref(), 0).map(Reg::into_value)
}

fn anext_send(cx: &mut Cx, v: Ref<'_>, value: Ref<'_>) -> PyResult<Sent> {
    let it = inner(cx, v)?;
    let r = send_any(cx, it.as_ref(), value);
    with_default(cx, v, r)
}

fn anext_forward(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>, args: &[Ref<'_>]) -> PyResult<Reg> {
    let it = inner(cx, v)?;
    let r = match call::method(cx, it.as_ref(), name, args) {
        Ok(r) => Ok(Sent::Yield(r)),
        Err(e) => Err(e),
    };
    let s = with_default(cx, v, r)?;
    outcome(cx, s)
}

/// `anext_awaitable`.
pub static ANEXT_TYPE: TypeSpec = TypeSpec::of::<AnextAwaitable>("anext_awaitable")
    .flags(flags::NO_NEW)
    .slots(Slots {
        await_: Some(|_, v| Ok(v.to_value().into())),
        iter: Some(|_, v| Ok(v.to_value().into())),
        next: Some(|cx, v| {
            let s = anext_send(cx, v, Ref::NONE)?;
            next_of(cx, s)
        }),
        send: Some(anext_send),
        ..Slots::NONE
    })
    .methods(&[
        method("send", "($self, value, /)", |cx, a| anext_forward(cx, a[0], objects::names::send(), &a[1..2]), "Resumes with a value."),
        method(
            "throw",
            "($self, typ, val=None, tb=None, /)",
            |cx, a| {
                let n = a.iter().take_while(|x| x.given().is_some()).count();
                anext_forward(cx, a[0], objects::names::throw(), &a[1..n])
            },
            "Raises an exception inside.",
        ),
        method("close", "($self, /)", |cx, a| anext_forward(cx, a[0], objects::names::close(), &[]), "Raises GeneratorExit inside."),
    ]);

/// `aiter(iterable)` is with the other builtin functions; `anext(iterator[, default])`.
pub fn anext_function(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(f) = type_of(a[0]).slots.anext() else {
        let n = type_of(a[0]).name_text();
        return Err(cx.type_error(format!("'{n}' object is not an async iterator")));
    };
    let r = f(cx, a[0])?;
    match a[1].given() {
        Some(d) => Ok(anext_default(r.into_value(), d.to_value()).into()),
        None => Ok(r),
    }
}

// ---- sys.set_asyncgen_hooks and sys.get_asyncgen_hooks ----

static HOOKS_TYPE: AtomicU64 = AtomicU64::new(0);

/// The type of what `get_asyncgen_hooks` gives, made on first use and kept.
fn hooks_type(cx: &mut Cx) -> PyResult<Value> {
    let w = HOOKS_TYPE.load(Ordering::Acquire);
    if w != 0 {
        // SAFETY: an immortal type.
        return Ok(unsafe { Ref::from_word(Word(w)) }.to_value());
    }
    let t = objects::types::structseq::new_type(cx, "sys.asyncgen_hooks", &["firstiter", "finalizer"], 2)?;
    if let Some(h) = t.as_ref().header() {
        h.make_immortal();
    }
    Ok(match HOOKS_TYPE.compare_exchange(0, t.word().0, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => t,
        // SAFETY: an immortal type.
        Err(first) => unsafe { Ref::from_word(Word(first)) }.to_value(),
    })
}

fn get_hooks_function(cx: &mut Cx, _: &[Ref<'_>]) -> PyResult<Reg> {
    let t = hooks_type(cx)?;
    let (first, last) = hooks(cx);
    Ok(objects::types::structseq::make(&t, vec![first, last]).into())
}

fn set_hooks_function(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (mut first, mut last) = hooks(cx);
    for (v, at, name) in [(a[1], &mut last, "finalizer"), (a[0], &mut first, "firstiter")] {
        let Some(v) = v.given() else { continue };
        if !v.is_none() && !call::is_callable(v) {
            let n = type_of(v).name_text();
            return Err(cx.type_error(format!("callable {name} expected, got {n}")));
        }
        *at = v.to_value();
    }
    set_hooks(cx, first, last);
    Ok(Value::NONE.into())
}

/// What `sys` has for async generators.
pub static SYS_FUNCTIONS: &[Method] = &[
    function("get_asyncgen_hooks", "($module, /)", get_hooks_function, "The hooks for async generators of this thread."),
    function(
        "set_asyncgen_hooks",
        "($module, /, firstiter=None, finalizer=None)",
        set_hooks_function,
        "Sets the hooks for async generators of this thread.",
    ),
];
/// What `builtins` has.
pub static BUILTINS: &[Method] = &[function(
    "anext",
    "($module, async_iterator, default=None, /)",
    anext_function,
    "The next item of an asynchronous iterator, when awaited.",
)];
