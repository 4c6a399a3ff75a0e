//! `super`: attribute lookup that starts behind a class in the MRO of an object's type.

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{Member, getter};
use crate::protocol::{attr, call};
use crate::types::instance;
use crate::types::str::{as_str, intern, text};
use crate::types::type_::slots::Slots;
use crate::types::type_::{Type, TypeSpec, as_type, flags, type_of};
use gc::{Field, Payload, Ref, Reg, Value, Word};

/// A super object's payload. The fields are set by `__init__`.
#[repr(C)]
pub struct Super {
    class: Field,
    object: Field,
    object_type: Field,
}
// SAFETY: visits every field.
unsafe impl Payload for Super {
    const TYPE_ID: u32 = ids::SUPER;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.class.peek());
        visit(self.object.peek());
        visit(self.object_type.peek());
    }
}

fn me(v: Ref<'_>) -> &Super {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<Super>() }
}
fn load(v: Ref<'_>, f: impl Fn(&Super) -> &Field) -> Value {
    let s = me(v);
    f(s).load(s.header())
}
fn or_none(v: Value) -> Value {
    if v.word() == Word::UNBOUND { Value::NONE } else { v }
}

/// The type whose MRO is searched for `super(class, obj)`; TypeError when `obj` does not fit.
fn type_for(cx: &mut Cx, class: &Type, obj: Ref<'_>) -> PyResult<Value> {
    if let Some(t) = as_type(obj)
        && t.is_subtype_of(class)
    {
        return Ok(obj.to_value());
    }
    let t = type_of(obj);
    if t.is_subtype_of(class) {
        return Ok(t.as_value());
    }
    if let Some(c) = attr::get_optional(cx, obj, names::__class__())?
        && let Some(ct) = as_type(c.as_ref())
        && !std::ptr::eq(ct, t)
        && ct.is_subtype_of(class)
    {
        return Ok(c);
    }
    let c = class.name_text();
    let (what, n) = match as_type(obj) {
        Some(t) => ("type", t.name_text()),
        None => ("instance of", t.name_text()),
    };
    Err(cx.type_error(format!("super(type, obj): obj ({what} {n}) is not an instance or subtype of type ({c}).")))
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    Ok(instance::alloc_with(t, Super { class: Field::empty(), object: Field::empty(), object_type: Field::empty() }).into())
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    args.no_keywords(cx, "super")?;
    args.check_count(cx, "super()", 0, 2)?;
    let (class, obj) = match args.items {
        [] => {
            let (c, o) = cx.host.super_arguments(cx)?;
            (c, Some(o))
        }
        [c] => (c.to_value(), None),
        [c, o, ..] => (c.to_value(), Some(o.to_value())),
    };
    let Some(t) = as_type(class.as_ref()) else {
        let n = type_of(class.as_ref()).name_text();
        return Err(cx.type_error(format!("super() argument 1 must be a type, not {n}")));
    };
    let obj = obj.filter(|o| !o.as_ref().is_none());
    let found = match &obj {
        Some(o) => Some(type_for(cx, t, o.as_ref())?),
        None => None,
    };
    let s = me(v);
    let olds = {
        let _l = cx.lock(s.header());
        (s.class.swap(class), s.object.swap(obj.unwrap_or(Value::UNBOUND)), s.object_type.swap(found.unwrap_or(Value::UNBOUND)))
    };
    drop(olds);
    Ok(())
}

/// Finds `name` behind `class` in the MRO of `start`; binds it to `obj`.
pub fn find(cx: &mut Cx, class: Ref<'_>, obj: Ref<'_>, start: Ref<'_>, name: Ref<'_>) -> PyResult<Option<Reg>> {
    let Some(t) = as_type(start) else { return Ok(None) };
    let name = intern::intern(name.to_value());
    let found = t.with_mro(|mro| {
        let at = mro.iter().position(|x| x.is(class))?;
        mro[at + 1..].iter().find_map(|b| as_type(*b).and_then(|b| b.dict.get_interned(name.as_ref())))
    });
    let Some(found) = found else { return Ok(None) };
    let found = found.into_value();
    match type_of(found.as_ref()).slots.descr_get() {
        Some(get) => get(cx, found.as_ref(), if obj.is(start) { None } else { Some(obj) }, start).map(Some),
        None => Ok(Some(found.into())),
    }
}

fn getattr(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    let start = load(v, |s| &s.object_type);
    let is_class = as_str(name).is_some_and(|s| s.eq_str("__class__"));
    if start.word() != Word::UNBOUND && !is_class && as_str(name).is_some() {
        let (class, obj) = (load(v, |s| &s.class), load(v, |s| &s.object));
        if let Some(r) = find(cx, class.as_ref(), obj.as_ref(), start.as_ref(), name)? {
            return Ok(r);
        }
    }
    attr::generic_get(cx, v, name)
}

fn descr_get(cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    let bound = load(d, |s| &s.object).word() != Word::UNBOUND;
    let Some(obj) = obj.filter(|o| !o.is_none() && !bound) else { return Ok(d.to_value().into()) };
    let class = or_none(load(d, |s| &s.class));
    if type_of(d).id != ids::SUPER {
        return call::positional(cx, type_of(d).as_value().as_ref(), &[class.as_ref(), obj]).map(Reg::from);
    }
    let Some(t) = as_type(class.as_ref()) else { return Ok(d.to_value().into()) };
    let start = type_for(cx, t, obj)?;
    Ok(gc::alloc(Super { class: Field::new(class), object: Field::new(obj.to_value()), object_type: Field::new(start) }).into())
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let class = load(v, |s| &s.class);
    let c = as_type(class.as_ref()).map_or_else(|| "NULL".to_string(), Type::name_text);
    let start = load(v, |s| &s.object_type);
    Ok(match as_type(or_none(start).as_ref()) {
        Some(t) => text(&format!("<super: <class '{c}'>, <{} object>>", t.name_text())),
        None => text(&format!("<super: <class '{c}'>, NULL>")),
    })
}

static MEMBERS: &[Member] = &[
    Member(getter("__thisclass__", |_, v| Ok(or_none(load(v, |s| &s.class)).into()), "")),
    Member(getter("__self__", |_, v| Ok(or_none(load(v, |s| &s.object)).into()), "")),
    Member(getter("__self_class__", |_, v| Ok(or_none(load(v, |s| &s.object_type)).into()), "")),
];

/// `super`.
pub static SUPER_TYPE: TypeSpec = TypeSpec::of::<Super>("super")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), init: Some(init), getattr: Some(getattr), descr_get: Some(descr_get), repr: Some(repr), ..Slots::NONE })
    .members(MEMBERS)
    .doc("Attributes of the classes behind a given one in the MRO.");
