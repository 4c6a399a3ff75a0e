//! `type`: its table.

use super::slots::Slots;
use super::{Downcast, Type, TypeSpec, as_type, build, by_id, flags, type_of};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{GetSet, Method, class_method, getset, getter, method};
use crate::protocol::{attr, call};
use crate::types::dict::{Dict, as_dict};
use crate::types::instance;
use crate::types::list::List;
use crate::types::object::SlotMember;
use crate::types::str::{Str, as_str, text};
use crate::types::tuple::Tuple;
use gc::{Payload, Ref, Reg, Value, Word};

fn me(v: Ref<'_>) -> &Type {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<Type>() }
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let p = args.positional();
    if p.len() != 3 {
        let n = me(class).name_text();
        return Err(cx.type_error(format!("{n}.__new__() takes exactly 3 arguments ({} given)", p.len())));
    }
    let Some(bases) = p[1].downcast::<Tuple>() else {
        let n = type_of(p[1]).name_text();
        return Err(cx.type_error(format!("type.__new__() argument 2 must be tuple, not {n}")));
    };
    if as_str(p[0]).is_none() {
        let n = type_of(p[0]).name_text();
        return Err(cx.type_error(format!("type.__new__() argument 1 must be str, not {n}")));
    }
    if as_dict(p[2]).is_none() {
        let n = type_of(p[2]).name_text();
        return Err(cx.type_error(format!("type.__new__() argument 3 must be dict, not {n}")));
    }
    for b in bases.items() {
        if as_type(*b).is_none() && attr::get_optional(cx, *b, names::__mro_entries__())?.is_some() {
            return Err(cx.type_error("type() doesn't support MRO entry resolution; use types.new_class()"));
        }
    }
    let winner = build::calculate_metaclass(cx, me(class), bases.items())?;
    if !std::ptr::eq(winner, me(class))
        && let Some(f) = winner.slots.new()
        && f as usize != new as *const () as usize
    {
        return f(cx, winner.as_ref(), args);
    }
    build::new_class(cx, winner, p[0], bases, p[2], args).map(Reg::from)
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    let n = args.positional().len();
    if type_of(v).id == ids::TYPE && args.keyword_count() > 0 && n == 1 {
        return Err(cx.type_error("type.__init__() takes no keyword arguments"));
    }
    if n != 1 && n != 3 {
        return Err(cx.type_error("type.__init__() takes 1 or 3 arguments"));
    }
    Ok(())
}

fn call_type(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    if me(class).id == ids::TYPE && args.positional().len() != 3 && !(args.items.len() == 1 && args.keyword_count() == 0) {
        return Err(cx.type_error("type() takes 1 or 3 arguments"));
    }
    call::type_call(cx, class, args)
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = me(v);
    let q = t.qualname.load(t.header());
    let q = as_str(q.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    let module = module_of(t);
    Ok(text(&match as_str(module.as_ref()) {
        Some(m) if !m.eq_str("builtins") => format!("<class '{}.{q}'>", m.to_string_lossy()),
        _ => format!("<class '{q}'>"),
    }))
}

fn module_of(t: &Type) -> Value {
    match t.dict.get_interned(names::__module__()) {
        // In the namespaces of static types it may be the descriptor that their instances have.
        Some(m) if t.has(flags::HEAP) || as_str(m.as_ref()).is_some() => m.into_value(),
        _ => Str::intern_text("builtins"),
    }
}

fn checked<'a>(cx: &mut Cx, v: Ref<'a>, what: &str, x: Option<Ref<'_>>) -> PyResult<&'a Type> {
    let t = me(v);
    let n = t.name_text();
    if t.has(flags::IMMUTABLE) {
        return Err(cx.type_error(format!("cannot set '{what}' attribute of immutable type '{n}'")));
    }
    if x.is_none() {
        return Err(cx.type_error(format!("cannot delete '{what}' attribute of type '{n}'")));
    }
    Ok(t)
}

fn set_field(cx: &mut Cx, t: &Type, f: &gc::Field, v: Value) {
    let old = {
        let _l = cx.lock(t.header());
        f.swap(v)
    };
    drop(old);
}

fn set_name(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let t = checked(cx, v, "__name__", x)?;
    let Some(x) = x else { return Ok(()) };
    let Some(s) = as_str(x) else {
        let (n, k) = (t.name_text(), type_of(x).name_text());
        return Err(cx.type_error(format!("can only assign string to {n}.__name__, not '{k}'")));
    };
    if s.units().iter().any(|c| c == 0) {
        return Err(cx.value_error("type name must not contain null characters"));
    }
    set_field(cx, t, &t.name, x.to_value());
    Ok(())
}

fn set_qualname(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let t = checked(cx, v, "__qualname__", x)?;
    let Some(x) = x else { return Ok(()) };
    if as_str(x).is_none() {
        let (n, k) = (t.name_text(), type_of(x).name_text());
        return Err(cx.type_error(format!("can only assign string to {n}.__qualname__, not '{k}'")));
    }
    set_field(cx, t, &t.qualname, x.to_value());
    Ok(())
}

fn set_entry(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>, name: Ref<'_>, what: &str) -> PyResult<()> {
    let t = checked(cx, v, what, x)?;
    t.invalidate();
    if let Some(x) = x {
        t.dict.set_str(name, x.to_value());
    }
    Ok(())
}

fn get_doc(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = me(v);
    let Some(d) = t.dict.get_interned(names::__doc__()) else { return Ok(Value::NONE.into()) };
    let d = d.into_value();
    match type_of(d.as_ref()).slots.descr_get() {
        Some(f) => f(cx, d.as_ref(), None, v),
        None => Ok(d.into()),
    }
}

fn get_abstract(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = me(v);
    match t.dict.get_interned(names::__abstractmethods__()) {
        Some(r) if t.id != ids::TYPE => Ok(r),
        _ => Err(attr::missing(cx, v, names::__abstractmethods__())),
    }
}

fn set_abstract(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let t = me(v);
    let abstract_now = match x {
        Some(x) => {
            let b = crate::protocol::truth::of(cx, x)?;
            t.invalidate();
            t.dict.set_str(names::__abstractmethods__(), x.to_value());
            b
        }
        None => {
            t.invalidate();
            if t.dict.remove_str(names::__abstractmethods__()).is_none() {
                return Err(attr::missing(cx, v, names::__abstractmethods__()));
            }
            false
        }
    };
    if abstract_now {
        t.flags.fetch_or(flags::ABSTRACT, sync::prim::Ordering::Relaxed);
    } else {
        t.flags.fetch_and(!flags::ABSTRACT, sync::prim::Ordering::Relaxed);
    }
    Ok(())
}

fn subclasses_of(t: &Type) -> Vec<Value> {
    let listed = t.subclasses.lock().clone();
    listed
        .into_iter()
        .filter_map(super::live_by_id)
        .filter(|s| {
            let b = s.bases.load(s.header());
            b.as_ref().exact::<Tuple>().is_some_and(|b| b.items().iter().any(|x| x.is(t.as_ref())))
        })
        .map(|s| s.to_value())
        .collect()
}

/// Recomputes the MRO of a class and of all its subclasses after a change of bases.
fn update_mros(cx: &mut Cx, t: &Type) -> PyResult<()> {
    cx.check_native_stack()?;
    let m = build::compute_mro(cx, t)?;
    t.invalidate();
    set_field(cx, t, &t.mro, m.into_value());
    for s in subclasses_of(t) {
        if let Some(s) = as_type(s.as_ref()) {
            update_mros(cx, s)?;
        }
    }
    super::dunder::update_slots(t, None);
    Ok(())
}

fn set_bases(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let t = checked(cx, v, "__bases__", x)?;
    gc::stats::count(gc::stats::Event::SetBases);
    let Some(x) = x else { return Ok(()) };
    let n = t.name_text();
    let Some(new) = x.exact::<Tuple>() else {
        let k = type_of(x).name_text();
        return Err(cx.type_error(format!("can only assign tuple to {n}.__bases__, not {k}")));
    };
    if new.is_empty() {
        return Err(cx.type_error(format!("can only assign non-empty tuple to {n}.__bases__, not ()")));
    }
    for b in new.items() {
        let Some(bt) = as_type(*b) else {
            let k = type_of(*b).name_text();
            return Err(cx.type_error(format!("{n}.__bases__ must be tuple of classes, not '{k}'")));
        };
        if bt.is_subtype_of(t) {
            return Err(cx.type_error("a __bases__ item causes an inheritance cycle"));
        }
    }
    let base = as_type(new.get(0)).unwrap_or(by_id(ids::OBJECT));
    if base.layout != t.layout || base.basic != t.basic || base.has_dict && !t.has_dict {
        let (a, b) = (base.name_text(), t.base_type().map_or_else(String::new, Type::name_text));
        return Err(cx.type_error(format!("__bases__ assignment: '{a}' object layout differs from '{b}'")));
    }
    let old = t.bases.load(t.header());
    let old_base = t.base.load(t.header());
    set_field(cx, t, &t.bases, x.to_value());
    set_field(cx, t, &t.base, base.to_value());
    if let Err(e) = update_mros(cx, t) {
        set_field(cx, t, &t.bases, old);
        set_field(cx, t, &t.base, old_base);
        return Err(e);
    }
    for b in new.items().iter().filter_map(|b| as_type(*b)) {
        let mut subs = b.subclasses.lock();
        if !subs.contains(&t.id) {
            subs.push(t.id);
        }
    }
    Ok(())
}

fn get_dict(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let proxy = super::type_value(ids::MAPPING_PROXY);
    call::positional(cx, proxy.as_ref(), &[me(v).dict.value().as_ref()]).map(Reg::from)
}

fn get_type_params(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(me(v).dict.get_interned(names::__type_params__()).unwrap_or_else(|| Tuple::empty().into()))
}

fn get_annotate(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = me(v);
    if !t.has(flags::HEAP) {
        let n = t.name_text();
        return Err(cx.attribute_error(format!("type object '{n}' has no attribute '__annotate__'"), names::__annotate__(), v));
    }
    for name in [names::__annotate_func__(), names::__annotate__()] {
        if let Some(f) = t.dict.get_interned(name) {
            let f = f.into_value();
            return match type_of(f.as_ref()).slots.descr_get() {
                Some(g) => g(cx, f.as_ref(), None, v),
                None => Ok(f.into()),
            };
        }
    }
    Ok(Value::NONE.into())
}

fn set_annotate(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let Some(x) = x else { return Err(cx.type_error("cannot delete __annotate__ attribute")) };
    let t = me(v);
    if t.has(flags::IMMUTABLE) {
        let n = t.name_text();
        return Err(cx.type_error(format!("cannot set '__annotate__' attribute of immutable type '{n}'")));
    }
    if !x.is_none() && !call::is_callable(x) {
        return Err(cx.type_error("__annotate__ must be callable or None"));
    }
    t.invalidate();
    t.dict.set_str(names::__annotate_func__(), x.to_value());
    if !x.is_none() {
        drop(t.dict.remove_str(names::__annotations_cache__()));
    }
    Ok(())
}

fn get_annotations(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = me(v);
    if !t.has(flags::HEAP) {
        let n = t.name_text();
        return Err(cx.attribute_error(format!("type object '{n}' has no attribute '__annotations__'"), names::__annotations__(), v));
    }
    for name in [names::__annotations__(), names::__annotations_cache__()] {
        if let Some(a) = t.dict.get_interned(name) {
            let a = a.into_value();
            return match type_of(a.as_ref()).slots.descr_get() {
                Some(g) => g(cx, a.as_ref(), None, v),
                None => Ok(a.into()),
            };
        }
    }
    let f = get_annotate(cx, v)?.into_value();
    let made = if call::is_callable(f.as_ref()) {
        let one = Value::small_int(1);
        let r = call::positional(cx, f.as_ref(), &[one.as_ref()])?;
        if as_dict(r.as_ref()).is_none() {
            let n = type_of(r.as_ref()).name_text();
            return Err(cx.type_error(format!("__annotate__ returned non-dict of type '{n}'")));
        }
        r
    } else {
        Dict::new().into_value()
    };
    t.invalidate();
    t.dict.set_str(names::__annotations_cache__(), made.clone());
    Ok(made.into())
}

fn set_annotations(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let t = me(v);
    if t.has(flags::IMMUTABLE) {
        let n = t.name_text();
        return Err(cx.type_error(format!("cannot set '__annotations__' attribute of immutable type '{n}'")));
    }
    t.invalidate();
    let own = t.dict.get_interned(names::__annotations__()).is_some();
    let name = if own { names::__annotations__() } else { names::__annotations_cache__() };
    match x {
        Some(x) => t.dict.set_str(name, x.to_value()),
        None => {
            if t.dict.remove_str(name).is_none() {
                return Err(cx.attribute_error("__annotations__", names::__annotations__(), v));
            }
        }
    }
    drop(t.dict.remove_str(names::__annotate_func__()));
    drop(t.dict.remove_str(names::__annotate__()));
    Ok(())
}

static GETSETS: &[GetSet] = &[
    getset("__name__", |_, v| Ok(me(v).name.load_reg(me(v).header())), set_name, ""),
    getset("__qualname__", |_, v| Ok(me(v).qualname.load_reg(me(v).header())), set_qualname, ""),
    getset("__module__", |_, v| Ok(module_of(me(v)).into()), |cx, v, x| set_entry(cx, v, x, names::__module__(), "__module__"), ""),
    getset("__bases__", |_, v| Ok(me(v).bases.load_reg(me(v).header())), set_bases, ""),
    getter("__base__", |_, v| Ok(me(v).base.load_reg(me(v).header())), ""),
    getter("__mro__", |_, v| Ok(me(v).mro.load_reg(me(v).header())), ""),
    getter("__dict__", get_dict, ""),
    getset("__doc__", get_doc, |cx, v, x| set_entry(cx, v, x, names::__doc__(), "__doc__"), ""),
    getset("__abstractmethods__", get_abstract, set_abstract, ""),
    getset("__annotations__", get_annotations, set_annotations, ""),
    getset("__annotate__", get_annotate, set_annotate, ""),
    getset("__type_params__", get_type_params, |cx, v, x| set_entry(cx, v, x, names::__type_params__(), "__type_params__"), ""),
    getter("__basicsize__", |_, v| Ok(crate::types::int::from_usize(16 + me(v).basic as usize).into()), ""),
    getter("__itemsize__", |_, v| Ok(crate::types::int::from_usize(me(v).item as usize).into()), ""),
    getter("__flags__", get_flags, ""),
    getter("__dictoffset__", |_, v| Ok(Value::small_int(if me(v).has_dict { -1 } else { 0 }).into()), ""),
    getter("__weakrefoffset__", |_, v| Ok(Value::small_int(i64::from(me(v).has(flags::WEAKREFS))).into()), ""),
    getter("__text_signature__", |_, _| Ok(Value::NONE.into()), ""),
];

/// `__flags__`, with CPython's bits for what people test (Include/object.h).
fn get_flags(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = me(v);
    let mut f: i64 = 1 << 12;
    for (bit, cp) in [
        (flags::HEAP, 9),
        (flags::BASE, 10),
        (flags::IMMUTABLE, 8),
        (flags::ABSTRACT, 20),
        (flags::SEQUENCE, 5),
        (flags::MAPPING, 6),
        (flags::NO_NEW, 7),
    ] {
        if t.has(bit) {
            f |= 1 << cp;
        }
    }
    for (id, cp) in [
        (ids::INT, 24),
        (ids::LIST, 25),
        (ids::TUPLE, 26),
        (ids::BYTES, 27),
        (ids::STR, 28),
        (ids::DICT, 29),
        (ids::BASE_EXCEPTION, 30),
        (ids::TYPE, 31),
    ] {
        if t.has_layout(id) {
            f |= 1 << cp;
        }
    }
    Ok(crate::types::int::from_i64(f).into())
}

fn dir(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = Dict::new();
    crate::types::object::merge_class_names(cx, a[0], &d)?;
    Ok(List::from_values(d.items().into_iter().map(|(k, _)| k).collect()).into())
}

fn mro_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = me(a[0]);
    let bases = t.bases.load(t.header());
    let items: Vec<Ref<'_>> = bases.as_ref().exact::<Tuple>().map(|b| b.items().to_vec()).unwrap_or_default();
    let m = super::mro::linearise(cx, a[0], &items)?;
    Ok(List::from_refs(m.items()).into())
}

fn or_union(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    crate::types::object::union_of(cx, a, b)
}

static METHODS: &[Method] = &[
    method("mro", "($self, /)", mro_method, "The type's method resolution order."),
    method("__subclasses__", "($self, /)", |_, a| Ok(List::from_values(subclasses_of(me(a[0]))).into()), "The immediate subclasses."),
    method(
        "__instancecheck__",
        "($self, instance, /)",
        |cx, a| attr::recursive_is_instance(cx, a[1], a[0]).map(|b| Value::bool(b).into()),
        "Whether an object is an instance.",
    ),
    method(
        "__subclasscheck__",
        "($self, subclass, /)",
        |cx, a| attr::recursive_is_subclass(cx, a[1], a[0]).map(|b| Value::bool(b).into()),
        "Whether a class is a subclass.",
    ),
    method("__dir__", "($self, /)", dir, "The names of the type's attributes."),
    method(
        "__sizeof__",
        "($self, /)",
        |_, _| Ok(crate::types::int::from_usize(size_of::<Type>() + 16).into()),
        "Memory of the type object.",
    ),
    class_method("__prepare__", "($cls, *args, **kwargs)", |_, _| Ok(Dict::new().into()), "Makes the namespace for the class statement."),
];

/// `type`.
pub static TYPE_TYPE: TypeSpec = TypeSpec::of::<Type>("type")
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots {
        new: Some(new),
        init: Some(init),
        call: Some(call_type),
        getattr: Some(attr::type_get),
        setattr: Some(attr::type_set),
        repr: Some(repr),
        or: Some(or_union),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("The type of an object, or a new type.");

// ---- object.__reduce_ex__ and __getstate__ ----

/// Names of all `__slots__` members of an object's class, with their values where set.
fn slot_values(v: Ref<'_>) -> Option<Value> {
    let t = type_of(v);
    let h = v.header()?;
    if t.slot_count == 0 {
        return None;
    }
    let d = Dict::new();
    t.with_mro(|m| {
        for c in m {
            // SAFETY: the MRO holds types.
            for (k, x) in unsafe { c.cast::<Type>() }.dict.items() {
                if let Some(s) = x.as_ref().exact::<SlotMember>() {
                    let val = instance::slot_field(h, t, s.index()).load(h);
                    if val.word() != Word::UNBOUND {
                        d.set_str(k.as_ref(), val);
                    }
                }
            }
        }
    });
    if d.is_empty() { None } else { Some(d.into_value()) }
}

/// `object.__getstate__`.
pub fn get_state(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let own = match attr::get_optional(cx, v, names::__dict__())? {
        Some(d) => match as_dict(d.as_ref()) {
            Some(x) if x.is_empty() => Value::NONE,
            Some(x) => x.copy().into_value(),
            None => d,
        },
        None => Value::NONE,
    };
    match slot_values(v) {
        Some(s) => Ok(Tuple::from_values(vec![own, s]).into()),
        None => Ok(own.into()),
    }
}

/// `copyreg.__reduce_ex__` for protocols from 2 on: `(copyreg.__newobj__, (cls, *args), state, list items, dict items)`.
pub fn reduce_newobj(cx: &mut Cx, v: Ref<'_>, copyreg: Ref<'_>) -> PyResult<Reg> {
    let t = type_of(v);
    if t.slots.new().is_none() {
        let n = t.full_name();
        return Err(cx.type_error(format!("cannot pickle '{n}' object")));
    }
    let has_getstate = t.lookup_with_owner(names::__getstate__()).is_some_and(|(_, o)| o != ids::OBJECT);
    let mut args: Vec<Value> = vec![t.to_value()];
    let mut keywords: Option<Value> = None;
    if let Some(r) = call::special(cx, v, names::__getnewargs_ex__(), &[])? {
        let Some(pair) = r.as_ref().exact::<Tuple>().filter(|p| p.len() == 2) else {
            return Err(cx.type_error("__getnewargs_ex__ should return a tuple of length 2"));
        };
        let Some(a) = pair.get(0).downcast::<Tuple>() else {
            return Err(cx.type_error("first item of the tuple returned by __getnewargs_ex__ must be a tuple"));
        };
        args.extend(a.items().iter().map(|x| x.to_value()));
        if as_dict(pair.get(1)).is_some_and(|d| !d.is_empty()) {
            keywords = Some(pair.get(1).to_value());
        }
    } else if let Some(r) = call::special(cx, v, names::__getnewargs__(), &[])? {
        let Some(a) = r.as_ref().downcast::<Tuple>() else {
            let n = type_of(r.as_ref()).name_text();
            return Err(cx.type_error(format!("__getnewargs__ should return a tuple, not '{n}'")));
        };
        args.extend(a.items().iter().map(|x| x.to_value()));
    } else if !has_getstate && t.layout != ids::OBJECT && !t.has_layout(ids::LIST) && !t.has_layout(ids::DICT) {
        let n = t.full_name();
        return Err(cx.type_error(format!("cannot pickle '{n}' object")));
    }
    let state = call::special(cx, v, names::__getstate__(), &[])?.unwrap_or(Value::NONE);
    let builder = Str::intern_text(if keywords.is_some() { "__newobj_ex__" } else { "__newobj__" });
    let f = attr::get(cx, copyreg, builder.as_ref())?.into_value();
    let packed = match keywords {
        None => Tuple::from_values(args).into_value(),
        Some(k) => {
            let rest = Tuple::from_values(args.split_off(1)).into_value();
            Tuple::from_values(vec![args.remove(0), rest, k]).into_value()
        }
    };
    let list_items = if t.has_layout(ids::LIST) { crate::protocol::iter::iter(cx, v)?.into_value() } else { Value::NONE };
    let dict_items = if t.has_layout(ids::DICT) {
        let items = call::method(cx, v, names::items(), &[])?.into_value();
        crate::protocol::iter::iter(cx, items.as_ref())?.into_value()
    } else {
        Value::NONE
    };
    Ok(Tuple::from_values(vec![f, packed, state, list_items, dict_items]).into())
}
