//! `builtins`: the functions that need frames or the compiler, and the namespace itself.

use crate::vm::frame::current;
use gc::{Ref, Reg, Value};
use objects::args::Args;
use objects::native::{Method, function, raw_function};
use objects::protocol::{attr, call, item, iter, text};
use objects::types::dict::{Dict, as_dict};
use objects::types::exception;
use objects::types::function::Function;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{Type, as_type, type_of, type_value};
use objects::{Cx, PyResult, ids, names};

/// `__build_class__(func, name, *bases, metaclass=None, **kwds)`.
fn build_class(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let p = args.positional();
    if p.len() < 2 {
        return Err(cx.type_error("__build_class__: not enough arguments"));
    }
    let (func, name) = (p[0], p[1]);
    let Some(function) = func.exact::<Function>() else {
        return Err(cx.type_error("__build_class__: func must be a function"));
    };
    if as_str(name).is_none() {
        return Err(cx.type_error("__build_class__: name is not a string"));
    }
    let given = Tuple::from_refs(&p[2..]);
    let bases = resolve_bases(cx, &given)?;
    let mut meta: Option<Value> = None;
    let mut keywords: Vec<(Value, Value)> = Vec::new();
    for (k, v) in args.keywords() {
        if as_str(k).is_some_and(|s| s.eq_str("metaclass")) {
            meta = Some(v.to_value());
        } else {
            keywords.push((k.to_value(), v.to_value()));
        }
    }
    let mut meta = match meta {
        Some(m) => m,
        None => match bases.items().first() {
            Some(b) => type_of(*b).as_value(),
            None => type_value(ids::TYPE),
        },
    };
    if let Some(t) = as_type(meta.as_ref()) {
        meta = objects::types::type_::build::calculate_metaclass(cx, t, bases.items())?.as_value();
    }
    let kw_names: Vec<Ref<'_>> = keywords.iter().map(|(k, _)| k.as_ref()).collect();
    let kw_tuple = if kw_names.is_empty() { None } else { Some(Tuple::from_refs(&kw_names)) };
    let with_keywords = |first: &[Ref<'_>]| -> Vec<u64> {
        first.iter().copied().chain(keywords.iter().map(|(_, v)| v.as_ref())).map(|r| r.word().0).collect()
    };
    let ns = match attr::get_optional(cx, meta.as_ref(), names::__prepare__())? {
        Some(f) => {
            let words = with_keywords(&[name, bases.value().as_ref()]);
            // SAFETY: the values are kept alive by this function's locals.
            let items: Vec<Ref<'_>> = words.iter().map(|w| unsafe { Ref::from_word(gc::Word(*w)) }).collect();
            call::call(cx, f.as_ref(), Args { items: &items, names: kw_tuple.as_deref() })?.into_value()
        }
        None => Dict::new().into_value(),
    };
    if as_dict(ns.as_ref()).is_none() && type_of(ns.as_ref()).slots.setitem().is_none() {
        let m = as_type(meta.as_ref()).map_or_else(|| "<metaclass>".to_string(), Type::name_text);
        let n = type_of(ns.as_ref()).name_text();
        return Err(cx.type_error(format!("{m}.__prepare__() must return a mapping, not {n}")));
    }
    let code = gc::Payload::to_value(function.code());
    let cell = crate::vm::call::run_code(
        cx,
        code.as_ref(),
        &function.globals.handle(),
        &function.builtins.handle(),
        ns.clone(),
        function.closure.clone(),
    )?;
    if !given.value().is(bases.value()) {
        let d = names::__orig_bases__();
        match as_dict(ns.as_ref()) {
            Some(n) => n.set_str(d, given.clone().into_value()),
            None => item::set(cx, ns.as_ref(), d, Some(given.value().as_ref()))?,
        }
    }
    let words = with_keywords(&[name, bases.value().as_ref(), ns.as_ref()]);
    // SAFETY: the values are kept alive by this function's locals.
    let items: Vec<Ref<'_>> = words.iter().map(|w| unsafe { Ref::from_word(gc::Word(*w)) }).collect();
    let class = call::call(cx, meta.as_ref(), Args { items: &items, names: kw_tuple.as_deref() })?.into_value();
    if let Some(c) = cell.as_ref().exact::<objects::types::cell::Cell>()
        && as_type(class.as_ref()).is_some()
    {
        match c.get() {
            Some(v) if v.as_ref().is(class.as_ref()) => {}
            Some(_) => return Err(cx.type_error("__class__ set to a class other than the one being defined")),
            None => {
                let n = as_str(name).map_or_else(String::new, Str::to_string_lossy);
                let shown = text::repr(cx, class.as_ref())?.to_string_lossy();
                return Err(
                    cx.runtime_error(format!("__class__ not set defining '{n}' as {shown}. Was __classcell__ propagated to type.__new__?"))
                );
            }
        }
    }
    Ok(class.into())
}

/// Applies `__mro_entries__` (PEP 560); gives the same tuple when there is none.
fn resolve_bases(cx: &mut Cx, bases: &gc::Gc<Tuple>) -> PyResult<gc::Gc<Tuple>> {
    let mut out: Vec<Value> = Vec::new();
    let mut changed = false;
    for b in bases.items() {
        if as_type(*b).is_some() {
            out.push(b.to_value());
            continue;
        }
        match attr::get_optional(cx, *b, names::__mro_entries__())? {
            Some(f) => {
                let r = call::positional(cx, f.as_ref(), &[bases.value().as_ref()])?;
                let Some(t) = r.as_ref().exact::<Tuple>() else {
                    return Err(cx.type_error("__mro_entries__ must return a tuple"));
                };
                out.extend(t.items().iter().map(|x| x.to_value()));
                changed = true;
            }
            None => out.push(b.to_value()),
        }
    }
    Ok(if changed { Tuple::from_values(out) } else { bases.clone() })
}

fn isinstance(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    attr::is_instance(cx, a[0], a[1]).map(|b| Value::bool(b).into())
}
fn issubclass(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    attr::is_subclass(cx, a[0], a[1]).map(|b| Value::bool(b).into())
}
fn len(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    item::len(cx, a[0]).map(|n| objects::types::int::from_usize(n).into())
}
fn repr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    text::repr(cx, a[0]).map(Reg::from)
}
fn hash(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    objects::protocol::hash::hash(cx, a[0]).map(objects::types::int::reg)
}
fn id(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(objects::types::int::from_u64(a[0].word().unmarked().0).into())
}
fn getattr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match a[2].given() {
        None => attr::get(cx, a[0], a[1]),
        Some(d) => match attr::get_optional(cx, a[0], a[1])? {
            Some(v) => Ok(v.into()),
            None => Ok(d.to_value().into()),
        },
    }
}
fn next(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if type_of(a[0]).slots.next().is_none() {
        let n = type_of(a[0]).name_text();
        return Err(cx.type_error(format!("'{n}' object is not an iterator")));
    }
    match (iter::next_or_stop(cx, a[0]), a[1].given()) {
        (Err(e), Some(d)) => {
            drop(cx.catch_if(e, exception::ids::STOP_ITERATION)?);
            Ok(d.to_value().into())
        }
        (r, _) => r,
    }
}
fn globals(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(cx.host.globals(cx).unwrap_or(Value::NONE).into())
}
fn locals(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let _ = current(cx);
    cx.host.locals(cx).map(Reg::from)
}

/// Functions of `builtins` that are here.
pub static FUNCTIONS: &[Method] = &[
    raw_function("__build_class__", "(func, name, /, *bases, metaclass=None, **kwds)", build_class, "Used by the class statement."),
    function(
        "print",
        "(*args, sep=' ', end='\\n', file=None, flush=False)",
        super::streams::print,
        "Prints the values to a stream, or to sys.stdout.",
    ),
    function(
        "isinstance",
        "($module, obj, class_or_tuple, /)",
        isinstance,
        "Whether an object is an instance of a class or of a subclass.",
    ),
    function("issubclass", "($module, cls, class_or_tuple, /)", issubclass, "Whether a class is derived from another or identical to it."),
    function("len", "($module, obj, /)", len, "The number of items in a container."),
    function("repr", "($module, obj, /)", repr, "The canonical string representation of the object."),
    function("hash", "($module, obj, /)", hash, "The hash value of the object."),
    function("id", "($module, obj, /)", id, "The identity of the object."),
    function("getattr", "($module, object, name, default=None, /)", getattr, "Gets a named attribute from an object."),
    function("next", "($module, iterator, default=None, /)", next, "The next item from the iterator."),
    function("globals", "($module, /)", globals, "The current scope's globals."),
    function("locals", "($module, /)", locals, "The current scope's local variables."),
];
