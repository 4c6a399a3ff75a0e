//! `method`: a function bound to its receiver.

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::{GetSet, Method, getter, method};
use crate::protocol::{attr, call, hash};
use crate::types::function::{Function, SharedRef};
use crate::types::str::{Str, as_str};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{TypeSpec, flags, type_of};
use gc::{Gc, Payload, Ref, Reg, Value, Word};

/// A bound method's payload.
#[repr(C)]
pub struct BoundMethod {
    /// `__func__`
    pub function: SharedRef<Function>,
    /// `__self__`
    pub receiver: Value,
}

// SAFETY: visits both words.
unsafe impl Payload for BoundMethod {
    const TYPE_ID: u32 = ids::METHOD;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.function.as_ref().word());
        visit(self.receiver.word());
    }
}

impl BoundMethod {
    /// Binds.
    pub fn new(function: Value, receiver: Value) -> Gc<BoundMethod> {
        gc::alloc(BoundMethod { function: SharedRef::counted(function), receiver })
    }
    /// Binds, where the function may be one that many bind: references to it are counted in deltas then.
    pub fn of(function: Ref<'_>, receiver: Value) -> Gc<BoundMethod> {
        gc::alloc(BoundMethod { function: SharedRef::to_callable(function), receiver })
    }
}

fn me(v: Ref<'_>) -> &BoundMethod {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<BoundMethod>() }
}

fn call_bound(cx: &mut Cx, callee: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let m = me(callee);
    call::with_receiver(cx, m.function.as_ref(), m.receiver.as_ref(), args)
}

fn getattr(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    // Attributes of the method type win, then those of the function.
    if type_of(v).lookup(name).is_some() {
        return attr::generic_get(cx, v, name);
    }
    attr::get(cx, me(v).function.as_ref(), name)
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let m = me(v);
    let name = match attr::get_optional(cx, m.function.as_ref(), crate::names::__qualname__())? {
        Some(n) => Some(n),
        None => attr::get_optional(cx, m.function.as_ref(), crate::names::__name__())?,
    };
    let name = name.and_then(|n| as_str(n.as_ref()).map(Str::to_string_lossy)).unwrap_or_else(|| "?".into());
    let shown = crate::protocol::text::repr(cx, m.receiver.as_ref())?;
    Ok(Str::from_text(&format!("<bound method {name} of {}>", shown.to_string_lossy())).into())
}

fn compare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.exact::<BoundMethod>(), b.exact::<BoundMethod>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    let same = x.receiver.is(&y.receiver) && crate::protocol::compare::equal(_cx, x.function.as_ref(), y.function.as_ref())?;
    match op {
        Compare::Eq => Ok(Value::bool(same).into()),
        Compare::Ne => Ok(Value::bool(!same).into()),
        _ => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}

fn hash_bound(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let m = me(v);
    let f = hash::hash(cx, m.function.as_ref())?;
    Ok(hash::identity(m.receiver.as_ref()) ^ f)
}

fn descr_get(_cx: &mut Cx, d: Ref<'_>, _obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    Ok(d.to_value().into())
}

fn new(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "method")?;
    args.check_count(cx, "method", 2, 2)?;
    if !call::is_callable(args.items[0]) {
        return Err(cx.type_error("first argument must be callable"));
    }
    if args.items[1].is_none() {
        return Err(cx.type_error("instance must not be None"));
    }
    Ok(BoundMethod::new(args.items[0].to_value(), args.items[1].to_value()).into())
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = me(a[0]);
    let name = attr::get(cx, m.function.as_ref(), crate::names::__name__())?.into_value();
    let getattr = cx.host.builtins().get_str("getattr").map_or(Value::NONE, Reg::into_value);
    Ok(Tuple::from_values(vec![getattr, Tuple::from_values(vec![m.receiver.clone(), name]).into_value()]).into())
}

static GETSETS: &[GetSet] = &[
    getter("__func__", |_, v| Ok(me(v).function.as_ref().to_value().into()), ""),
    getter("__self__", |_, v| Ok(me(v).receiver.clone().into()), ""),
    getter("__doc__", |cx, v| attr::get(cx, me(v).function.as_ref(), crate::names::__doc__()), ""),
];
static METHODS: &[Method] = &[method("__reduce__", "($self, /)", reduce, "Helper for pickle.")];

/// `method`.
pub static METHOD_TYPE: TypeSpec = TypeSpec::of::<BoundMethod>("method")
    .flags(flags::WEAKREFS)
    .slots(Slots {
        call: Some(call_bound),
        getattr: Some(getattr),
        repr: Some(repr),
        richcompare: Some(compare),
        hash: Some(hash_bound),
        descr_get: Some(descr_get),
        new: Some(new),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("A function bound to the object it was looked up on.");
