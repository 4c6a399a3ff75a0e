//! `function`: attributes and constructor.

use objects::args::{Args, Signature};
use objects::native::{GetSet, Member, getset, getter};
use objects::protocol::call;
use objects::types::cell::Cell;
use objects::types::code::Code;
use objects::types::dict::{Dict, as_dict};
use objects::types::function::{Function, SharedRef};
use objects::types::method::BoundMethod;
use objects::types::module::as_module;
use objects::types::str::{Str, as_str, text};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Cx, Field, Gc, Payload, PyResult, Ref, Reg, Value, Word};
use sync::prim::Ordering;

fn me(v: Ref<'_>) -> &Function {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<Function>() }
}

fn descr_get(_cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    match obj {
        None => Ok(d.to_value().into()),
        Some(o) => Ok(BoundMethod::of(d, o.to_value()).into()),
    }
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = me(v);
    let q = f.qualname.load(f.header());
    let q = as_str(q.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    Ok(text(&format!("<function {q} at {:#x}>", v.word().unmarked().0)))
}

fn store(cx: &mut Cx, f: &Function, field: &Field, v: Value) {
    let old = {
        let _l = cx.lock(f.header());
        field.swap(v)
    };
    drop(old);
}

fn set_text(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>, name: &str, field: fn(&Function) -> &Field) -> PyResult<()> {
    match x.filter(|x| as_str(*x).is_some()) {
        Some(x) => {
            let f = me(v);
            store(cx, f, field(f), x.to_value());
            Ok(())
        }
        None => Err(cx.type_error(format!("{name} must be set to a string object"))),
    }
}

fn set_code(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let Some(code) = x.and_then(|x| x.exact::<Code>()) else {
        return Err(cx.type_error("__code__ must be set to a code object"));
    };
    let f = me(v);
    let have = f.closure.as_ref().exact::<Tuple>().map_or(0, Tuple::len);
    let want = code.free_names.len();
    if have != want {
        let n = f.name.load(f.header());
        let n = as_str(n.as_ref()).map_or_else(String::new, Str::to_string_lossy);
        return Err(cx.value_error(format!("{n}() requires a code object with {have} free vars, not {want}")));
    }
    f.version.store(0, Ordering::Relaxed);
    gc::stats::count(gc::stats::Event::FunctionModified);
    let _ = cx;
    drop(f.code.swap(SharedRef::counted(code.to_value())));
    Ok(())
}

fn set_defaults(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let new = match x {
        None => Value::NONE,
        Some(x) if x.is_none() || x.exact::<Tuple>().is_some() => x.to_value(),
        Some(_) => return Err(cx.type_error("__defaults__ must be set to a tuple object")),
    };
    let f = me(v);
    f.version.store(0, Ordering::Relaxed);
    gc::stats::count(gc::stats::Event::FunctionModified);
    store(cx, f, &f.defaults, new);
    Ok(())
}

fn set_kwdefaults(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let new = match x {
        None => Value::NONE,
        Some(x) if x.is_none() || as_dict(x).is_some() => x.to_value(),
        Some(_) => return Err(cx.type_error("__kwdefaults__ must be set to a dict object")),
    };
    let f = me(v);
    f.version.store(0, Ordering::Relaxed);
    gc::stats::count(gc::stats::Event::FunctionModified);
    store(cx, f, &f.kwdefaults, new);
    Ok(())
}

fn get_annotations(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = me(v);
    let known = f.annotations.load(f.header());
    if known.word() != Word::UNBOUND {
        return Ok(known.into());
    }
    let annotate = f.annotate.load(f.header());
    let made = if annotate.as_ref().is_none() {
        Dict::new().into_value()
    } else {
        let format = Value::small_int(1);
        let d = call::positional(cx, annotate.as_ref(), &[format.as_ref()])?;
        if as_dict(d.as_ref()).is_none() {
            let n = type_of(d.as_ref()).name_text();
            return Err(cx.type_error(format!("__annotate__() must return a dict, not {n}")));
        }
        d
    };
    // Whoever was first wins, so that all see one dict.
    let _l = cx.lock(f.header());
    if f.annotations.peek() == Word::UNBOUND {
        drop(f.annotations.swap(made.clone()));
        return Ok(made.into());
    }
    Ok(f.annotations.load_locked().into())
}

fn set_annotations(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let f = me(v);
    let new = match x.filter(|x| !x.is_none()) {
        None => Value::UNBOUND,
        Some(x) if as_dict(x).is_some() => x.to_value(),
        Some(_) => return Err(cx.type_error("__annotations__ must be set to a dict object")),
    };
    store(cx, f, &f.annotations, new);
    store(cx, f, &f.annotate, Value::NONE);
    Ok(())
}

fn set_annotate(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let f = me(v);
    match x {
        None => return Err(cx.type_error("__annotate__ cannot be deleted")),
        Some(x) if x.is_none() => store(cx, f, &f.annotate, Value::NONE),
        Some(x) if call::is_callable(x) => {
            store(cx, f, &f.annotate, x.to_value());
            store(cx, f, &f.annotations, Value::UNBOUND);
        }
        Some(_) => return Err(cx.type_error("__annotate__ must be callable or None")),
    }
    Ok(())
}

fn get_type_params(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = me(v);
    let p = f.type_params.load(f.header());
    Ok(if p.word() == Word::UNBOUND { Tuple::empty().into() } else { p.into() })
}
fn set_type_params(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    match x.filter(|x| x.exact::<Tuple>().is_some()) {
        Some(x) => {
            let f = me(v);
            store(cx, f, &f.type_params, x.to_value());
            Ok(())
        }
        None => Err(cx.type_error("__type_params__ must be set to a tuple")),
    }
}

fn set_plain(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>, field: fn(&Function) -> &Field) -> PyResult<()> {
    let f = me(v);
    store(cx, f, field(f), x.map_or(Value::NONE, Ref::to_value));
    Ok(())
}

/// What a field that is filled on demand holds now.
fn filled(cx: &mut Cx, f: &Function, field: &Field, first: impl FnOnce() -> Value) -> Value {
    let now = field.load(f.header());
    if now.word() != Word::UNBOUND {
        return now;
    }
    let v = first();
    let lost = {
        let _l = cx.lock(f.header());
        if field.peek() == Word::UNBOUND { Some(field.swap(v.clone())) } else { None }
    };
    match lost {
        Some(_) => v,
        None => field.load(f.header()),
    }
}

fn get_doc(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = me(v);
    Ok(filled(cx, f, &f.doc, || {
        let code = f.code();
        let first = if code.data.flags & bytecode::flags::HAS_DOCSTRING != 0 { code.consts.first() } else { None };
        first.cloned().unwrap_or(Value::NONE)
    })
    .into())
}

fn get_module(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = me(v);
    Ok(filled(cx, f, &f.module, || f.globals.get_interned(objects::names::__name__()).map_or(Value::NONE, Reg::into_value)).into())
}

static MEMBERS: &[Member] = &[
    Member(getter("__closure__", |_, v| Ok(me(v).closure.clone().into()), "")),
    Member(getset("__doc__", get_doc, |cx, v, x| set_plain(cx, v, x, |f| &f.doc), "")),
    Member(getter("__globals__", |_, v| Ok(me(v).globals.handle().into()), "")),
    Member(getset("__module__", get_module, |cx, v, x| set_plain(cx, v, x, |f| &f.module), "")),
    Member(getter("__builtins__", |_, v| Ok(me(v).builtins.handle().into()), "")),
];
static GETSETS: &[GetSet] = &[
    getset("__code__", |_, v| Ok(me(v).code.as_ref().to_value().into()), set_code, ""),
    getset("__defaults__", |_, v| Ok(me(v).defaults.load_reg(me(v).header())), set_defaults, ""),
    getset("__kwdefaults__", |_, v| Ok(me(v).kwdefaults.load_reg(me(v).header())), set_kwdefaults, ""),
    getset("__annotations__", get_annotations, set_annotations, ""),
    getset("__annotate__", |_, v| Ok(me(v).annotate.load_reg(me(v).header())), set_annotate, ""),
    getset("__dict__", objects::types::object::get_dict, objects::types::object::set_dict, ""),
    getset("__name__", |_, v| Ok(me(v).name.load_reg(me(v).header())), |cx, v, x| set_text(cx, v, x, "__name__", |f| &f.name), ""),
    getset(
        "__qualname__",
        |_, v| Ok(me(v).qualname.load_reg(me(v).header())),
        |cx, v, x| set_text(cx, v, x, "__qualname__", |f| &f.qualname),
        "",
    ),
    getset("__type_params__", get_type_params, set_type_params, ""),
];

/// Builtins for code that runs with these globals.
pub fn builtins_of(globals: &Dict) -> Gc<Dict> {
    let found = globals.get_interned(objects::names::__builtins__()).map(Reg::into_value);
    match found {
        Some(v) => match (as_module(v.as_ref()), v.as_ref().exact::<Dict>()) {
            (Some(m), _) => Gc::clone(&m.dict),
            // SAFETY: it is a dict.
            (None, Some(_)) => unsafe { Gc::from_value(v) },
            _ => crate::runtime::builtins(),
        },
        None => crate::runtime::builtins(),
    }
}

fn new(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    static SIGNATURE: std::sync::LazyLock<Signature> =
        std::sync::LazyLock::new(|| Signature::parse("(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)"));
    SIGNATURE.bind(cx, "function", None, args, |cx, a| {
        let Some(code) = a[0].exact::<Code>() else {
            let n = type_of(a[0]).name_text();
            return Err(cx.type_error(format!("function() argument 'code' must be code, not {n}")));
        };
        if as_dict(a[1]).is_none() {
            let n = type_of(a[1]).name_text();
            return Err(cx.type_error(format!("function() argument 'globals' must be dict, not {n}")));
        }
        let given = |i: usize| a[i].given().filter(|v: &Ref<'_>| !v.is_none());
        if given(2).is_some_and(|n| as_str(n).is_none()) {
            return Err(cx.type_error("arg 3 (name) must be None or string"));
        }
        if given(3).is_some_and(|n| n.exact::<Tuple>().is_none()) {
            return Err(cx.type_error("arg 4 (defaults) must be None or tuple"));
        }
        let want = code.free_names.len();
        let cells = match given(4) {
            Some(c) => match c.exact::<Tuple>() {
                Some(t) => t.items(),
                None if want > 0 => return Err(cx.type_error("arg 5 (closure) must be tuple")),
                None => return Err(cx.type_error("arg 5 (closure) must be None or tuple")),
            },
            None if want > 0 => return Err(cx.type_error("arg 5 (closure) must be tuple")),
            None => &[],
        };
        if given(5).is_some_and(|n| as_dict(n).is_none()) {
            return Err(cx.type_error("arg 6 (kwdefaults) must be None or dict"));
        }
        if cells.len() != want {
            let n = as_str(code.name.as_ref()).map_or_else(String::new, Str::to_string_lossy);
            return Err(cx.value_error(format!("{n} requires closure of length {want}, not {}", cells.len())));
        }
        if let Some(bad) = cells.iter().find(|c| c.exact::<Cell>().is_none()) {
            let n = type_of(*bad).name_text();
            return Err(cx.type_error(format!("arg 5 (closure) expected cell, found {n}")));
        }
        // SAFETY: a dict.
        let globals: Gc<Dict> = unsafe { Gc::from_value(a[1].to_value()) };
        let builtins = builtins_of(&globals);
        let closure = if want > 0 { Tuple::from_refs(cells).into_value() } else { Value::NONE };
        let made = crate::vm::call::new_function(cx, a[0], globals.value().as_ref(), builtins.value().as_ref(), closure, false);
        let f = me(made.as_ref());
        if let Some(n) = given(2) {
            store(cx, f, &f.name, n.to_value());
        }
        if let Some(d) = given(3) {
            store(cx, f, &f.defaults, d.to_value());
        }
        if let Some(d) = given(5) {
            store(cx, f, &f.kwdefaults, d.to_value());
        }
        Ok(made.into())
    })
}

/// `function`.
pub static FUNCTION_TYPE: TypeSpec = TypeSpec::of::<Function>("function")
    .with_dict()
    .flags(flags::WEAKREFS | flags::METHOD_LIKE)
    .slots(Slots { new: Some(new), descr_get: Some(descr_get), repr: Some(repr), ..Slots::NONE })
    .members(MEMBERS)
    .getsets(GETSETS)
    .doc("Create a function object.");
