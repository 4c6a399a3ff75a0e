//! `property`.

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{GetSet, Method, getset, getter, method};
use crate::protocol::{attr, call};
use crate::types::instance;
use crate::types::str::{Str, as_str};
use crate::types::type_::slots::Slots;
use crate::types::type_::{Type, TypeSpec, flags, type_of};
use gc::{Field, Payload, Ref, Reg, Value, Word};

/// A property's payload.
#[repr(C)]
pub struct Property {
    get: Field,
    set: Field,
    del: Field,
    doc: Field,
    name: Field,
    /// The docstring came from the getter.
    getter_doc: sync::prim::AtomicBool,
}
// SAFETY: visits every field.
unsafe impl Payload for Property {
    const TYPE_ID: u32 = ids::PROPERTY;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for f in [&self.get, &self.set, &self.del, &self.doc, &self.name] {
            visit(f.peek());
        }
    }
}

fn me(v: Ref<'_>) -> &Property {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<Property>() }
}
fn load(v: Ref<'_>, f: impl Fn(&Property) -> &Field) -> Value {
    let p = me(v);
    f(p).load(p.header())
}
fn store(cx: &mut Cx, v: Ref<'_>, f: impl Fn(&Property) -> &Field, new: Value) {
    let p = me(v);
    let old = {
        let _l = cx.lock(p.header());
        f(p).swap(new)
    };
    drop(old);
}

/// The getter of an exact property, for caches.
pub fn plain_getter(v: Ref<'_>) -> Option<Value> {
    v.exact::<Property>().map(|p| p.get.load(p.header()))
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    let none = || Field::new(Value::NONE);
    let p = Property {
        get: none(),
        set: none(),
        del: none(),
        doc: none(),
        name: Field::empty(),
        getter_doc: sync::prim::AtomicBool::new(false),
    };
    Ok(instance::alloc_with(t, p).into())
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    use crate::args::Signature;
    static SIGNATURE: std::sync::LazyLock<Signature> =
        std::sync::LazyLock::new(|| Signature::parse("(fget=None, fset=None, fdel=None, doc=None)"));
    SIGNATURE.bind(cx, "property", None, args, |cx, a| {
        let or_none = |r: Ref<'_>| r.given().map_or(Value::NONE, Ref::to_value);
        store(cx, v, |p| &p.get, or_none(a[0]));
        store(cx, v, |p| &p.set, or_none(a[1]));
        store(cx, v, |p| &p.del, or_none(a[2]));
        let mut doc = or_none(a[3]);
        let mut from_getter = false;
        if a[3].given().is_none_or(Ref::is_none)
            && let Some(g) = a[0].given()
            && !g.is_none()
            && let Some(d) = attr::get_optional(cx, g, names::__doc__())?
            && !d.as_ref().is_none()
        {
            doc = d;
            from_getter = true;
        }
        me(v).getter_doc.store(from_getter, sync::prim::Ordering::Relaxed);
        if type_of(v).id == ids::PROPERTY {
            store(cx, v, |p| &p.doc, doc);
        } else if type_of(v).has_dict {
            instance::set_own(v, type_of(v), names::__doc__(), doc);
        } else {
            store(cx, v, |p| &p.doc, doc);
        }
        Ok(())
    })
}

fn shown_name(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<String>> {
    let n = load(v, |p| &p.name);
    if n.word() != Word::UNBOUND {
        return Ok(Some(crate::protocol::text::repr(cx, n.as_ref())?.to_string_lossy()));
    }
    let g = load(v, |p| &p.get);
    if g.as_ref().is_none() {
        return Ok(None);
    }
    match attr::get_optional(cx, g.as_ref(), names::__name__())? {
        Some(n) if as_str(n.as_ref()).is_some() => Ok(Some(crate::protocol::text::repr(cx, n.as_ref())?.to_string_lossy())),
        _ => Ok(None),
    }
}

fn refuse(cx: &mut Cx, v: Ref<'_>, obj: Ref<'_>, what: &str) -> crate::error::Raised {
    let t = type_of(obj).qualname.load(type_of(obj).header());
    let t = as_str(t.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    let text = match shown_name(cx, v) {
        Ok(Some(n)) => format!("property {n} of '{t}' object has no {what}"),
        Ok(None) => format!("property of '{t}' object has no {what}"),
        Err(e) => return e,
    };
    cx.error(crate::types::exception::ids::ATTRIBUTE_ERROR, text)
}

fn descr_get(cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    let Some(obj) = obj else { return Ok(d.to_value().into()) };
    let g = load(d, |p| &p.get);
    if g.as_ref().is_none() {
        return Err(refuse(cx, d, obj, "getter"));
    }
    call::positional(cx, g.as_ref(), &[obj]).map(Reg::from)
}

fn descr_set(cx: &mut Cx, d: Ref<'_>, obj: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    match value {
        Some(x) => {
            let f = load(d, |p| &p.set);
            if f.as_ref().is_none() {
                return Err(refuse(cx, d, obj, "setter"));
            }
            call::positional(cx, f.as_ref(), &[obj, x])?;
        }
        None => {
            let f = load(d, |p| &p.del);
            if f.as_ref().is_none() {
                return Err(refuse(cx, d, obj, "deleter"));
            }
            call::positional(cx, f.as_ref(), &[obj])?;
        }
    }
    Ok(())
}

/// A copy with one function replaced.
fn copy(cx: &mut Cx, v: Ref<'_>, get: Option<Ref<'_>>, set: Option<Ref<'_>>, del: Option<Ref<'_>>) -> PyResult<Reg> {
    let class = type_of(v).as_value();
    let pick = |new: Option<Ref<'_>>, old: Value| match new {
        Some(n) if !n.is_none() => n.to_value(),
        _ => old,
    };
    let g = pick(get, load(v, |p| &p.get));
    let s = pick(set, load(v, |p| &p.set));
    let d = pick(del, load(v, |p| &p.del));
    let doc = if me(v).getter_doc.load(sync::prim::Ordering::Relaxed) { Value::NONE } else { load(v, |p| &p.doc) };
    let made = call::positional(cx, class.as_ref(), &[g.as_ref(), s.as_ref(), d.as_ref(), doc.as_ref()])?;
    if made.as_ref().header().is_some_and(|h| crate::types::by_id(h.type_id()).is_subtype_of_id(ids::PROPERTY)) {
        let name = load(v, |p| &p.name);
        store(cx, made.as_ref(), |p| &p.name, name);
    }
    Ok(made.into())
}

fn is_abstract(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    for f in [load(v, |p| &p.get), load(v, |p| &p.set), load(v, |p| &p.del)] {
        if !f.as_ref().is_none()
            && let Some(x) = attr::get_optional(cx, f.as_ref(), names::__isabstractmethod__())?
            && crate::protocol::truth::of(cx, x.as_ref())?
        {
            return Ok(Value::TRUE.into());
        }
    }
    Ok(Value::FALSE.into())
}

fn get_name(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let n = load(v, |p| &p.name);
    if n.word() != Word::UNBOUND {
        return Ok(n.into());
    }
    let g = load(v, |p| &p.get);
    match attr::get_optional(cx, g.as_ref(), names::__name__())? {
        Some(n) => Ok(n.into()),
        None => Err(attr::missing(cx, v, names::__name__())),
    }
}

static METHODS: &[Method] = &[
    method("getter", "($self, object, /)", |cx, a| copy(cx, a[0], Some(a[1]), None, None), "A copy with another getter."),
    method("setter", "($self, object, /)", |cx, a| copy(cx, a[0], None, Some(a[1]), None), "A copy with another setter."),
    method("deleter", "($self, object, /)", |cx, a| copy(cx, a[0], None, None, Some(a[1])), "A copy with another deleter."),
    method(
        "__set_name__",
        "($self, owner, name, /)",
        |cx, a| {
            store(cx, a[0], |p| &p.name, a[2].to_value());
            Ok(Value::NONE.into())
        },
        "Remembers the name under which the class has it.",
    ),
];
static GETSETS: &[GetSet] = &[
    getter("fget", |_, v| Ok(load(v, |p| &p.get).into()), ""),
    getter("fset", |_, v| Ok(load(v, |p| &p.set).into()), ""),
    getter("fdel", |_, v| Ok(load(v, |p| &p.del).into()), ""),
    getset(
        "__doc__",
        |_, v| Ok(load(v, |p| &p.doc).into()),
        |cx, v, x| {
            store(cx, v, |p| &p.doc, x.map_or(Value::NONE, Ref::to_value));
            Ok(())
        },
        "",
    ),
    getset(
        "__name__",
        get_name,
        |cx, v, x| {
            store(cx, v, |p| &p.name, x.map_or(Value::UNBOUND, Ref::to_value));
            Ok(())
        },
        "",
    ),
    getter("__isabstractmethod__", is_abstract, ""),
];

/// `property`.
pub static PROPERTY_TYPE: TypeSpec = TypeSpec::of::<Property>("property")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), init: Some(init), descr_get: Some(descr_get), descr_set: Some(descr_set), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS);
