//! Static types that need the interpreter: functions, code objects, frames, tracebacks, generators.

use crate::modules::generators;
use crate::vm::frame_object::{FrameObject, Traceback};
use objects::native::{GetSet, getter};
use objects::types::code::Code;
use objects::types::function::Function;
use objects::types::str::{Str, as_str, text};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::{Cx, Gc, Payload, PyResult, Ref, Reg, Value};

fn function_of(v: Ref<'_>) -> &Function {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<Function>() }
}

fn function_get(_cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    match obj {
        None => Ok(d.to_value().into()),
        Some(o) => Ok(objects::types::method::BoundMethod::new(d.to_value(), o.to_value()).into()),
    }
}

fn function_repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = function_of(v);
    let q = f.qualname.load(f.header());
    let q = as_str(q.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    Ok(text(&format!("<function {q} at {:#x}>", v.word().unmarked().0)))
}

macro_rules! field {
    ($name:literal, $field:ident) => {
        objects::native::getset(
            $name,
            |_, v| {
                let f = function_of(v);
                Ok(f.$field.load_reg(f.header()))
            },
            |cx, v, x| {
                let f = function_of(v);
                let old = {
                    let _l = cx.lock(f.header());
                    f.$field.swap(x.map_or(Value::NONE, Ref::to_value))
                };
                drop(old);
                Ok(())
            },
            "",
        )
    };
}

static FUNCTION_GETSETS: &[GetSet] = &[
    field!("__name__", name),
    field!("__qualname__", qualname),
    field!("__doc__", doc),
    field!("__module__", module),
    field!("__defaults__", defaults),
    field!("__kwdefaults__", kwdefaults),
    getter("__code__", |_, v| Ok(function_of(v).code().to_value().into()), ""),
    getter("__globals__", |_, v| Ok(Gc::clone(&function_of(v).globals).into()), ""),
    getter("__closure__", |_, v| Ok(function_of(v).closure.clone().into()), ""),
    objects::native::getset("__dict__", objects::types::object::get_dict, objects::types::object::set_dict, ""),
];

/// `function`.
pub static FUNCTION_TYPE: TypeSpec = TypeSpec::of::<Function>("function")
    .with_dict()
    .flags(flags::WEAKREFS | flags::METHOD_LIKE)
    .slots(Slots { descr_get: Some(function_get), repr: Some(function_repr), ..Slots::NONE })
    .getsets(FUNCTION_GETSETS);

/// `code`.
pub static CODE_TYPE: TypeSpec = TypeSpec::of::<Code>("code").flags(flags::WEAKREFS);
/// `frame`.
pub static FRAME_TYPE: TypeSpec = TypeSpec::of::<FrameObject>("frame").flags(flags::NO_NEW);
/// `traceback`.
pub static TRACEBACK_TYPE: TypeSpec = TypeSpec::of::<Traceback>("traceback");

/// All of them.
pub static SPECS: &[&TypeSpec] = &[
    &FUNCTION_TYPE,
    &CODE_TYPE,
    &FRAME_TYPE,
    &TRACEBACK_TYPE,
    &crate::modules::templates::TEMPLATE_TYPE,
    &crate::modules::templates::INTERPOLATION_TYPE,
    &crate::modules::templates::TEMPLATE_ITERATOR_TYPE,
    &generators::GENERATOR_TYPE,
    &generators::COROUTINE_TYPE,
    &generators::COROUTINE_WRAPPER_TYPE,
    &generators::ASYNC_GENERATOR_TYPE,
    &crate::modules::async_generators::WRAPPED_TYPE,
    &crate::modules::async_generators::ASEND_TYPE,
    &crate::modules::async_generators::ATHROW_TYPE,
    &crate::modules::async_generators::ANEXT_TYPE,
    &crate::modules::thread::LOCK_TYPE,
    &crate::modules::thread::RLOCK_TYPE,
    &crate::modules::thread::HANDLE_TYPE,
    &crate::modules::thread::LOCAL_TYPE,
];
