//! Static types that need the interpreter: functions, code objects, frames, tracebacks, generators.

pub mod code;
pub mod function;

use crate::modules::generators;
use crate::vm::frame_object::{FrameObject, Traceback};
use objects::types::type_::{TypeSpec, flags};

/// `frame`.
pub static FRAME_TYPE: TypeSpec = TypeSpec::of::<FrameObject>("frame").flags(flags::NO_NEW);
/// `traceback`.
pub static TRACEBACK_TYPE: TypeSpec = TypeSpec::of::<Traceback>("traceback");

/// All of them.
pub static SPECS: &[&TypeSpec] = &[
    &function::FUNCTION_TYPE,
    &code::CODE_TYPE,
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
