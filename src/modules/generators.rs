//! The types of generators and coroutines, and awaiting.

use crate::vm::generator::{self, Generator, as_generator};
use gc::{Ref, Reg, Value};
use objects::native::{GetSet, Method, getter, method};
use objects::types::exception::{self, ids as exc};
use objects::types::str::{Str, as_str, text};
use objects::types::type_::slots::{Sent, Slots};
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Cx, PyResult, ids};
use sync::prim::Ordering;

fn me(v: Ref<'_>) -> &Generator {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Generator>() }
}

/// Wraps a value that an async generator yields.
pub fn wrap_async_value(v: Value) -> Value {
    super::async_generators::wrap(v)
}

/// The iterator behind `await v`. `context`: 0 plain, 1 `__aenter__`, 2 `__aexit__`.
pub fn awaitable(cx: &mut Cx, v: Ref<'_>, context: u32) -> PyResult<Reg> {
    let id = objects::types::type_id_of(v);
    if id == ids::COROUTINE {
        return Ok(v.to_value().into());
    }
    if id == ids::GENERATOR
        && let Some(g) = as_generator(v)
        && let Some(c) = generator_code(g)
        && c.flags & bytecode::flags::ITERABLE_COROUTINE != 0
    {
        return Ok(v.to_value().into());
    }
    let t = type_of(v);
    let Some(f) = t.slots.await_() else {
        let n = t.full_name();
        return Err(cx.type_error(match context {
            1 => format!("'async with' received an object from __aenter__ that does not implement __await__: {n}"),
            2 => format!("'async with' received an object from __aexit__ that does not implement __await__: {n}"),
            _ => format!("'{n}' object can't be awaited"),
        }));
    };
    let r = f(cx, v)?;
    let rid = objects::types::type_id_of(r.as_ref());
    if rid == ids::COROUTINE {
        return Err(cx.type_error("__await__() returned a coroutine"));
    }
    if type_of(r.as_ref()).slots.next().is_none() {
        let n = type_of(r.as_ref()).name_text();
        return Err(cx.type_error(format!("__await__() returned non-iterator of type '{n}'")));
    }
    Ok(r)
}

fn generator_code(g: &Generator) -> Option<&objects::types::code::Code> {
    // SAFETY: the function keeps its code.
    g.function.as_ref().exact::<objects::types::function::Function>().map(|f| f.code())
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    match generator::send(cx, me(v), Value::NONE)? {
        Sent::Yield(r) => Ok(Some(r)),
        // The value is for `next()` and `yield from`, which go through `send`.
        Sent::Return(_) => Ok(None),
    }
}

fn send_slot(cx: &mut Cx, v: Ref<'_>, value: Ref<'_>) -> PyResult<Sent> {
    generator::send(cx, me(v), value.to_value())
}

fn outcome(cx: &mut Cx, s: Sent) -> PyResult<Reg> {
    match s {
        Sent::Yield(r) => Ok(r),
        Sent::Return(r) => {
            let e = exception::stop_iteration(r.into_value());
            Err(cx.raise_new(e))
        }
    }
}

fn send_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = generator::send(cx, me(a[0]), a[1].to_value())?;
    outcome(cx, s)
}

/// The exception that `throw(type, value, traceback)` names.
pub fn thrown(cx: &mut Cx, typ: Ref<'_>, value: Option<Ref<'_>>, tb: Option<Ref<'_>>) -> PyResult<Value> {
    let value = value.filter(|v| !v.is_none());
    let exc = match objects::types::as_type(typ).filter(|t| t.is_subtype_of_id(exc::BASE_EXCEPTION)) {
        Some(t) => match value {
            Some(v) if type_of(v).is_subtype_of(t) => v.to_value(),
            Some(v) => match v.exact::<objects::types::tuple::Tuple>() {
                Some(args) => objects::protocol::call::positional(cx, typ, args.items())?,
                None => objects::protocol::call::positional(cx, typ, &[v])?,
            },
            None => exception::normalise(cx, typ)?,
        },
        None if exception::as_exception(typ).is_some() => {
            if value.is_some() {
                return Err(cx.type_error("instance exception may not have a separate value"));
            }
            typ.to_value()
        }
        None => {
            let n = type_of(typ).name_text();
            return Err(cx.type_error(format!("exceptions must be classes or instances deriving from BaseException, not {n}")));
        }
    };
    if let Some(tb) = tb.filter(|t| !t.is_none()) {
        if objects::types::type_id_of(tb) != ids::TRACEBACK {
            return Err(cx.type_error("throw() third argument must be a traceback object"));
        }
        if let Some(e) = exception::as_exception(exc.as_ref()) {
            exception::store(e, &e.traceback, tb.to_value());
        }
    }
    Ok(exc)
}

fn throw_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let exc = thrown(cx, a[1], a[2].given(), a[3].given())?;
    let s = generator::throw(cx, me(a[0]), exc)?;
    outcome(cx, s)
}

fn close_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    generator::close_value(cx, me(a[0])).map(Reg::from)
}

/// The finaliser: a suspended generator is closed; a coroutine that never ran warns.
fn finalize(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let g = me(v);
    if g.state.load(Ordering::Acquire) != generator::SUSPENDED {
        return Ok(());
    }
    let started = g.started.load(Ordering::Relaxed) != 0;
    if !started {
        if objects::types::type_id_of(v) == ids::COROUTINE {
            let q = g.qualname.load(gc::Payload::header(g));
            let n = as_str(q.as_ref()).map_or_else(String::new, Str::to_string_lossy);
            let category = objects::types::type_::type_value(exc::RUNTIME_WARNING);
            cx.host.warn(cx, category.as_ref(), &format!("coroutine '{n}' was never awaited"), 1)?;
        }
        return Ok(());
    }
    generator::close(cx, g)
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let g = me(v);
    let q = g.qualname.load(gc::Payload::header(g));
    let n = as_str(q.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    Ok(text(&format!("<{} object {n} at {:#x}>", type_of(v).name_text(), v.word().unmarked().0)))
}

fn name_of(v: Ref<'_>, qual: bool) -> Value {
    let g = me(v);
    if qual { g.qualname.load(gc::Payload::header(g)) } else { g.name.load(gc::Payload::header(g)) }
}
fn set_name_of(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>, qual: bool) -> PyResult<()> {
    let what = if qual { "__qualname__" } else { "__name__" };
    let Some(x) = x.filter(|x| as_str(*x).is_some()) else {
        return Err(cx.type_error(format!("{what} must be set to a string object")));
    };
    let g = me(v);
    let old = {
        let _l = cx.lock(gc::Payload::header(g));
        if qual { g.qualname.swap(x.to_value()) } else { g.name.swap(x.to_value()) }
    };
    drop(old);
    Ok(())
}

fn get_code(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    use gc::Payload;
    Ok(generator_code(me(v)).map_or(Value::NONE, |c| c.to_value()).into())
}
fn get_running(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(Value::bool(me(v).state.load(Ordering::Relaxed) == generator::RUNNING).into())
}
fn get_suspended(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let g = me(v);
    Ok(Value::bool(g.state.load(Ordering::Relaxed) == generator::SUSPENDED && g.started.load(Ordering::Relaxed) != 0).into())
}
fn get_frame(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let g = me(v);
    if g.state.load(Ordering::Acquire) == generator::DONE {
        return Ok(Value::NONE.into());
    }
    let frame = crate::vm::foreign::keep_still(g.frame.get(), |f| {
        if g.state.load(Ordering::Acquire) == generator::DONE {
            return None;
        }
        // SAFETY: the frame lives in the generator, which is alive, and keeps still.
        unsafe { crate::vm::frame_object::object_of(&mut *f) }
    });
    Ok(frame.flatten().unwrap_or(Value::NONE).into())
}
/// What a suspended generator or coroutine delegates to, or None.
fn get_delegate(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let g = me(v);
    let delegate = crate::vm::foreign::keep_still(g.frame.get(), |f| {
        if g.state.load(Ordering::Acquire) != generator::SUSPENDED || g.started.load(Ordering::Relaxed) == 0 {
            return None;
        }
        // SAFETY: suspended at an instruction, and nobody resumes it now; the register is live there.
        unsafe {
            let i = bytecode::Instr((*(*f).pc).load(Ordering::Relaxed));
            (i.op_byte() == bytecode::Op::YieldFrom as u8).then(|| Ref::from_word(*(*f).regs.add(i.b() as usize)).to_value())
        }
    });
    Ok(delegate.flatten().unwrap_or(Value::NONE).into())
}

static METHODS: &[Method] = &[
    method("send", "($self, value, /)", send_method, "Resumes with a value."),
    method("throw", "($self, typ, val=None, tb=None, /)", throw_method, "Raises an exception at the point where it is suspended."),
    method("close", "($self, /)", close_method, "Raises GeneratorExit at the point where it is suspended."),
];

macro_rules! getsets {
    ($code:literal $get_running:ident $running:literal $frame:literal $suspended:literal $delegate:literal) => {
        &[
            objects::native::getset("__name__", |_, v| Ok(name_of(v, false).into()), |cx, v, x| set_name_of(cx, v, x, false), ""),
            objects::native::getset("__qualname__", |_, v| Ok(name_of(v, true).into()), |cx, v, x| set_name_of(cx, v, x, true), ""),
            getter($code, get_code, ""),
            getter($running, $get_running, ""),
            getter($frame, get_frame, ""),
            getter($suspended, get_suspended, ""),
            getter($delegate, get_delegate, ""),
        ]
    };
}
static GENERATOR_GETSETS: &[GetSet] = getsets!("gi_code" get_running "gi_running" "gi_frame" "gi_suspended" "gi_yieldfrom");
static COROUTINE_GETSETS: &[GetSet] = getsets!("cr_code" get_running "cr_running" "cr_frame" "cr_suspended" "cr_await");

/// `generator`.
pub static GENERATOR_TYPE: TypeSpec = TypeSpec::of::<Generator>("generator")
    .flags(flags::NO_NEW | flags::WEAKREFS)
    .slots(Slots {
        iter: Some(|_, v| Ok(v.to_value().into())),
        next: Some(next),
        send: Some(send_slot),
        del: Some(finalize),
        repr: Some(repr),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GENERATOR_GETSETS);

/// `coroutine`.
pub static COROUTINE_TYPE: TypeSpec = TypeSpec::of::<Generator>("coroutine")
    .id(ids::COROUTINE)
    .flags(flags::NO_NEW | flags::WEAKREFS)
    .slots(Slots { await_: Some(coroutine_await), send: Some(send_slot), del: Some(finalize), repr: Some(repr), ..Slots::NONE })
    .methods(METHODS)
    .getsets(COROUTINE_GETSETS);

/// `coroutine_wrapper`: the iterator that `coroutine.__await__()` gives.
#[repr(C)]
pub struct CoroutineWrapper {
    coroutine: Value,
}
// SAFETY: visits the coroutine.
unsafe impl gc::Payload for CoroutineWrapper {
    const TYPE_ID: u32 = ids::COROUTINE_WRAPPER;
    fn traverse(&self, visit: &mut dyn FnMut(gc::Word)) {
        visit(self.coroutine.word());
    }
}
fn wrapped(v: Ref<'_>) -> &Generator {
    // SAFETY: slots and methods check their receiver; it wraps a coroutine.
    unsafe { me(v.cast::<CoroutineWrapper>().coroutine.as_ref()) }
}
fn coroutine_await(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(gc::alloc(CoroutineWrapper { coroutine: v.to_value() }).into())
}
fn wrapper_next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    match generator::send(cx, wrapped(v), Value::NONE)? {
        Sent::Yield(r) => Ok(Some(r)),
        Sent::Return(_) => Ok(None),
    }
}
static WRAPPER_METHODS: &[Method] = &[
    method(
        "send",
        "($self, value, /)",
        |cx, a| {
            let s = generator::send(cx, wrapped(a[0]), a[1].to_value())?;
            outcome(cx, s)
        },
        "Resumes with a value.",
    ),
    method(
        "throw",
        "($self, typ, val=None, tb=None, /)",
        |cx, a| {
            let exc = thrown(cx, a[1], a[2].given(), a[3].given())?;
            let s = generator::throw(cx, wrapped(a[0]), exc)?;
            outcome(cx, s)
        },
        "Raises an exception inside.",
    ),
    method("close", "($self, /)", |cx, a| generator::close_value(cx, wrapped(a[0])).map(Reg::from), "Raises GeneratorExit inside."),
];

/// `coroutine_wrapper`.
pub static COROUTINE_WRAPPER_TYPE: TypeSpec = TypeSpec::of::<CoroutineWrapper>("coroutine_wrapper")
    .flags(flags::NO_NEW)
    .slots(Slots {
        iter: Some(|_, v| Ok(v.to_value().into())),
        next: Some(wrapper_next),
        send: Some(|cx, v, x| generator::send(cx, wrapped(v), x.to_value())),
        ..Slots::NONE
    })
    .methods(WRAPPER_METHODS);

fn async_running(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(Value::bool(me(v).running_async.load(Ordering::Relaxed) != 0).into())
}
static ASYNC_GETSETS: &[GetSet] = getsets!("ag_code" async_running "ag_running" "ag_frame" "ag_suspended" "ag_await");

/// `async_generator`.
pub static ASYNC_GENERATOR_TYPE: TypeSpec = TypeSpec::of::<Generator>("async_generator")
    .id(ids::ASYNC_GENERATOR)
    .flags(flags::NO_NEW | flags::WEAKREFS)
    .slots(Slots {
        aiter: Some(|_, v| Ok(v.to_value().into())),
        anext: Some(super::async_generators::anext),
        repr: Some(repr),
        del: Some(super::async_generators::finalize_generator),
        ..Slots::NONE
    })
    .methods(super::async_generators::GENERATOR_METHODS)
    .getsets(ASYNC_GETSETS);
