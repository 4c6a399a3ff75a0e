//! Start-up of the object model: static types, names, this thread's context.

use crate::cx::{Cx, TraceState};
use crate::host::Host;
use crate::names;
use crate::types::type_::{TypeSpec, build, by_id};
use gc::{Value, Word};
use std::cell::Cell;

thread_local! {
    static CURRENT: Cell<*mut Cx> = const { Cell::new(std::ptr::null_mut()) };
}

/// Every static type of this crate, bases first.
pub fn specs() -> Vec<&'static TypeSpec> {
    use crate::native as n;
    use crate::types::*;
    let mut all: Vec<&'static TypeSpec> = vec![
        &object::OBJECT_TYPE,
        &type_::methods::TYPE_TYPE,
        &int::methods::INT_TYPE,
        &bool::BOOL_TYPE,
        &float::methods::FLOAT_TYPE,
        &constants::NONE_TYPE,
        &constants::ELLIPSIS_TYPE,
        &constants::NOT_IMPLEMENTED_TYPE,
        &str::methods::STR_TYPE,
        &tuple::methods::TUPLE_TYPE,
        &list::methods::LIST_TYPE,
        &dict::methods::DICT_TYPE,
        &cell::CELL_TYPE,
        &method::METHOD_TYPE,
        &n::BUILTIN_FUNCTION_TYPE,
        &n::METHOD_DESCRIPTOR_TYPE,
        &n::CLASSMETHOD_DESCRIPTOR_TYPE,
        &n::GETSET_TYPE,
        &n::MEMBER_TYPE,
        &object::SLOT_MEMBER_TYPE,
        &object::STATICMETHOD_TYPE,
        &object::CLASSMETHOD_TYPE,
        &type_::dunder::SLOT_WRAPPER_TYPE,
        &type_::dunder::METHOD_WRAPPER_TYPE,
        &module::MODULE_TYPE,
        &crate::protocol::iter::SEQUENCE_ITERATOR_TYPE,
    ];
    all.extend(exception::methods::specs());
    all.extend(crate::types::more::SPECS.iter().copied());
    all
}

/// Makes all static types. Once, on an attached thread, before anything else; `extra` are the types of other crates, bases first.
pub fn types(extra: &[&'static TypeSpec]) {
    gc::deferred::reserve_ids(crate::ids::FIRST_DYNAMIC);
    gc::kind::set_hooks(gc::kind::Hooks { clear_weakrefs: crate::finalise::clear_weakrefs });
    names::init();
    let all = specs();
    for s in all.iter().chain(extra) {
        build::make_static(s);
    }
    for s in all.iter().chain(extra) {
        build::fill_static(by_id(s.id));
    }
}

/// A context for the calling thread, which is attached to `slot`. `stack` are its first register and the end of its register stack.
pub fn context(slot: &'static sync::threads::Slot, stack: [*mut Word; 2], native_limit: usize, host: &'static dyn Host) -> Box<Cx> {
    let here = 0u8;
    Box::new(Cx {
        slot,
        raised: None,
        handled: Value::NONE,
        stack,
        top: stack[0],
        frame: std::ptr::null_mut(),
        depth: 0,
        native_limit,
        lookaside: std::ptr::null_mut(),
        machine_limit: native_limit + (&raw const here as usize).saturating_sub(native_limit) / 2,
        repr_active: Vec::new(),
        context: Value::NONE,
        host,
        module_state: Vec::new(),
        held: Vec::new(),
        async_exc: None,
        trace: TraceState {
            trace: Value::NONE,
            profile: Value::NONE,
            inside: 0,
            mode: 0,
            resume: 0,
            redo: false,
            prev: 0,
            back: false,
            unwound: false,
            during: 0,
            traced: 0,
            placed: (0, 0),
            jump: None,
            native: None,
            classes: Vec::new(),
            seen_all: 0,
        },
    })
}

/// Makes `cx` the calling thread's context for code that has no other way to it (drop functions, constants).
pub fn set_current(cx: *mut Cx) {
    CURRENT.set(cx);
}

/// Runs `f` with the calling thread's context, if it has one.
pub fn with_cx(f: impl FnOnce(&mut Cx)) {
    let p = CURRENT.get();
    if !p.is_null() {
        // SAFETY: set by the thread itself to a context that outlives its attachment; used only where no Python code runs.
        f(unsafe { &mut *p });
    }
}
