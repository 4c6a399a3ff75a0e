//! Static types that need the interpreter: functions, code objects, frames, tracebacks, generators.

pub mod code;
pub mod frame;
pub mod function;

use crate::modules::generators;
use objects::types::type_::TypeSpec;

/// All of them.
pub static SPECS: &[&TypeSpec] = &[
    &crate::modules::typing::TYPE_VAR_TYPE,
    &crate::modules::typing::PARAM_SPEC_TYPE,
    &crate::modules::typing::TYPE_VAR_TUPLE_TYPE,
    &crate::modules::typing::PARAM_SPEC_ARGS_TYPE,
    &crate::modules::typing::PARAM_SPEC_KWARGS_TYPE,
    &crate::modules::typing::NO_DEFAULT_TYPE,
    &crate::modules::typing::CONST_EVALUATOR_TYPE,
    &crate::modules::typing::GENERIC_TYPE,
    &crate::modules::typing::TYPE_ALIAS_TYPE,
    &crate::modules::ast::base::AST_TYPE,
    &crate::modules::symtable::ENTRY_TYPE,
    &crate::modules::tokenize::ITERATOR_TYPE,
    &crate::modules::lsprof::PROFILER_TYPE,
    &function::FUNCTION_TYPE,
    &code::CODE_TYPE,
    &frame::FRAME_TYPE,
    &frame::PROXY_TYPE,
    &frame::TRACEBACK_TYPE,
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
    &crate::modules::thread_local::LOCAL_TYPE,
];
