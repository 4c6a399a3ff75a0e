//! The end of the modules: objects that live in their namespaces get their finalisers called, in the order of CPython.
//!
//! Memory is not given back for its own sake: the process ends anyway. So nothing is done when no object has a finaliser to run. Nor is it when daemon threads
//! still run, which would find their globals gone.

use crate::collect::{self, inspect};
use crate::runtime;
use gc::{Value, flag};
use objects::Cx;
use objects::finalise::as_weakref;
use objects::protocol::call;
use objects::types::dict::Dict;
use objects::types::module::as_module;
use objects::types::str::as_str;
use objects::types::type_::flags;
use objects::types::type_::type_value;
use objects::{ids, types};

/// Whether an object of a class that Python code has made waits for its finaliser.
fn anyone_waits() -> bool {
    let waits = |h: &gc::Header| {
        h.flags() & (flag::HAS_FINALIZER | flag::FINALIZED) == flag::HAS_FINALIZER && types::by_id(h.type_id()).has(flags::HEAP)
    };
    inspect::count_objects(|h, _| waits(h)) > 0
}

/// Sets what a namespace holds to None: names with one underscore first, as CPython does.
fn clear(cx: &mut Cx, d: &Dict) {
    for private in [true, false] {
        for (k, _) in d.items() {
            let Some(name) = as_str(k.as_ref()).map(|s| s.to_string_lossy()) else { continue };
            let is_private = name.starts_with('_') && !name.starts_with("__");
            if is_private == private && name != "__builtins__" {
                d.set_str(k.as_ref(), Value::NONE);
                cx.drain();
            }
        }
    }
}

/// Lets go of all modules and collects what that leaves.
pub fn end_modules(cx: &mut Cx) {
    collect::finish_waiting(cx);
    if sync::threads::live_threads() > 1 || !anyone_waits() {
        return;
    }
    for name in ["last_exc", "last_type", "last_value", "last_traceback"] {
        if let Some(sys) = runtime::loaded("sys")
            && let Some(m) = as_module(sys.as_ref())
            && m.dict.get_str(name).is_some()
        {
            m.dict.set_text(name, Value::NONE);
        }
    }
    let modules = runtime::modules();
    let make = type_value(ids::WEAKREF);
    let mut left: Vec<Value> = Vec::new();
    for (k, m) in modules.items() {
        let name = as_str(k.as_ref()).map(|s| s.to_string_lossy()).unwrap_or_default();
        if as_module(m.as_ref()).is_none() || matches!(name.as_str(), "sys" | "builtins") {
            continue;
        }
        match call::positional(cx, make.as_ref(), &[m.as_ref()]) {
            Ok(weak) => left.push(weak),
            Err(e) => drop(cx.catch(e)),
        }
        modules.set_str(k.as_ref(), Value::NONE);
    }
    cx.drain();
    collect::collect(cx, 2);
    // Those that something still holds, the last imported first.
    for weak in left.iter().rev() {
        let Some(m) = as_weakref(weak.as_ref()).and_then(|w| w.upgrade()) else { continue };
        if let Some(m) = as_module(m.as_ref()) {
            let d = m.dict.clone();
            clear(cx, &d);
        }
    }
    cx.drain();
    collect::collect(cx, 2);
    cx.drain();
}
