//! `weakref.ReferenceType`. The references themselves are kept in [`crate::finalise`].

pub mod proxy;

use crate::args::Args;
use crate::cx::Cx;
use crate::error::{PyResult, Raised};
use crate::finalise::{WeakRef, drop_later, find_weakref, register, register_or_find};
use crate::ids;
use crate::names;
use crate::native::{GetSet, Method, class_method, getter};
use crate::protocol::{attr, compare, hash};
use crate::types::instance;
use crate::types::str::{Str, as_str, text};
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{Downcast, Type, TypeSpec, by_id, flags, type_of};
use gc::{Header, Payload, Ref, Reg, Value, Word};
use sync::prim::Ordering;

fn me(v: Ref<'_>) -> &WeakRef {
    // SAFETY: slots, methods and getters check their receiver.
    unsafe { v.cast::<WeakRef>() }
}

/// The header of an object that may have weak references; TypeError otherwise.
fn referent<'a>(cx: &mut Cx, v: Ref<'a>) -> PyResult<&'a Header> {
    match v.header().filter(|_| type_of(v).has(flags::WEAKREFS)) {
        Some(h) => Ok(h),
        None => {
            let n = type_of(v).full_name();
            Err(cx.type_error(format!("cannot create weak reference to '{n}' object")))
        }
    }
}

/// Makes (or finds) a reference of type `t` to `target`. Plain ones without a callback are shared.
pub fn make(cx: &mut Cx, t: &Type, target: Ref<'_>, callback: Option<Ref<'_>>) -> PyResult<Value> {
    let h = referent(cx, target)?;
    let callback = callback.filter(|c| !c.is_none());
    let shared = callback.is_none() && !t.has(flags::HEAP);
    let fits = |r: Ref<'_>| type_of(r).id == t.id && me(r).callback.peek() == Word::UNBOUND;
    if shared {
        let found = find_weakref(h, fits);
        drop_later();
        if let Some(v) = found {
            return Ok(v);
        }
    }
    let v = instance::alloc_with(t, WeakRef::payload(h, callback.map_or(Value::UNBOUND, Ref::to_value)));
    if shared {
        // Another thread may have made one meanwhile.
        return Ok(register_or_find(me(v.as_ref()), fits).unwrap_or(v));
    }
    register(me(v.as_ref()));
    Ok(v)
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    if t.id == ids::WEAKREF {
        args.no_keywords(cx, "ref")?;
    }
    let p = args.positional();
    args.check_count(cx, "__new__", 1, 2)?;
    make(cx, t, p[0], p.get(1).copied()).map(Into::into)
}

fn init(cx: &mut Cx, _v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    args.no_keywords(cx, "ref")?;
    args.check_count(cx, "__init__", 1, 2)
}

fn call(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "weakref")?;
    args.check_count(cx, "weakref", 0, 0)?;
    Ok(me(v).upgrade().unwrap_or(Value::NONE).into())
}

/// `<weakref at ...>`, for references and proxies.
pub(super) fn show(cx: &mut Cx, v: Ref<'_>, kind: &str) -> PyResult<Reg> {
    let at = v.word().unmarked().0;
    let Some(target) = me(v).upgrade() else { return Ok(text(&format!("<{kind} at {at:#x}; dead>"))) };
    let n = type_of(target.as_ref()).full_name();
    let to = target.as_ref().word().unmarked().0;
    let name = if kind == "weakref" { attr::get_optional(cx, target.as_ref(), names::__name__())? } else { None };
    Ok(match name.as_ref().and_then(|n| as_str(n.as_ref())) {
        Some(s) => text(&format!("<{kind} at {at:#x}; to '{n}' at {to:#x} ({})>", Str::to_string_lossy(s))),
        None => text(&format!("<{kind} at {at:#x}; to '{n}' at {to:#x}>")),
    })
}

fn hash_ref(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let w = me(v);
    match w.hash.load(Ordering::Relaxed) {
        0 => {}
        h => return Ok((h ^ SALT) as i64),
    }
    let Some(target) = w.upgrade() else { return Err(cx.type_error("weak object has gone away")) };
    let h = hash::hash(cx, target.as_ref())?;
    w.hash.store(h as u64 ^ SALT, Ordering::Relaxed);
    Ok(h)
}
/// Cached hashes are stored exchanged with this value, -1, which no hash is: so that 0 means that there is none.
const SALT: u64 = u64::MAX;

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.downcast::<WeakRef>(), b.downcast::<WeakRef>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    if !matches!(op, Compare::Eq | Compare::Ne) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    match (x.upgrade(), y.upgrade()) {
        (Some(p), Some(q)) => compare::rich(cx, p.as_ref(), q.as_ref(), op),
        _ => Ok(Value::bool(a.is(b) == (op == Compare::Eq)).into()),
    }
}

static METHODS: &[Method] =
    &[class_method("__class_getitem__", "($type, object, /)", |cx, a| crate::types::object::generic_alias(cx, a[0], a[1]), "See PEP 585")];

fn callback(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let w = me(v);
    let c = w.callback.load(w.header());
    Ok(if w.is_dead() || c.word() == Word::UNBOUND { Value::NONE.into() } else { c.into() })
}
static GETSETS: &[GetSet] = &[getter("__callback__", callback, "")];

/// `weakref.ReferenceType`.
pub static WEAKREF_TYPE: TypeSpec = TypeSpec::of::<WeakRef>("weakref.ReferenceType")
    .flags(flags::BASE)
    .slots(Slots {
        new: Some(new),
        init: Some(init),
        call: Some(call),
        repr: Some(|cx, v| show(cx, v, "weakref")),
        hash: Some(hash_ref),
        richcompare: Some(richcompare),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS);

/// `weakref.proxy(obj, callback)`.
pub fn proxy_of(cx: &mut Cx, target: Ref<'_>, callback: Option<Ref<'_>>) -> PyResult<Value> {
    let id = if crate::protocol::call::is_callable(target) { ids::WEAKCALLABLEPROXY } else { ids::WEAKPROXY };
    make(cx, by_id(id), target, callback)
}

/// ReferenceError of a dead proxy.
pub(super) fn gone(cx: &mut Cx) -> Raised {
    cx.error(crate::types::exception::ids::REFERENCE_ERROR, "weakly-referenced object no longer exists")
}
