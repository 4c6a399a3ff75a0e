//! THE call path from natives.

use super::attr::{self, Method};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::tuple::Tuple;
use crate::types::type_::{flags, type_of};
use gc::{Ref, Reg, Value};

/// Whether it can be called.
pub fn is_callable(v: Ref<'_>) -> bool {
    type_of(v).slots.call().is_some()
}

/// `callee(*args)`.
#[inline]
pub fn call(cx: &mut Cx, callee: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let t = type_of(callee);
    match t.slots.call() {
        Some(f) => f(cx, callee, args),
        None => {
            let n = t.shown_name();
            Err(cx.type_error(format!("'{n}' object is not callable")))
        }
    }
}

/// `callee(*args)` with positional arguments, as a value.
#[inline]
pub fn positional(cx: &mut Cx, callee: Ref<'_>, args: &[Ref<'_>]) -> PyResult<Value> {
    call(cx, callee, Args::positional_only(args)).map(Reg::into_value)
}

/// `callee(receiver, *args)`.
pub fn with_receiver(cx: &mut Cx, callee: Ref<'_>, receiver: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let n = args.items.len() + 1;
    let mut small = [Ref::MISSING; 10];
    if n <= small.len() {
        small[0] = receiver;
        small[1..n].copy_from_slice(args.items);
        return call(cx, callee, Args { items: &small[..n], names: args.names });
    }
    let mut all = Vec::with_capacity(n);
    all.push(receiver);
    all.extend_from_slice(args.items);
    call(cx, callee, Args { items: &all, names: args.names })
}

/// Calls what was found on the type of `receiver` as a method of it: binds by `__get__` unless it is a plain function.
pub fn bound(cx: &mut Cx, f: Ref<'_>, receiver: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let ft = type_of(f);
    if ft.has(flags::METHOD_LIKE) {
        return with_receiver(cx, f, receiver, args);
    }
    match ft.slots.descr_get() {
        Some(get) => {
            let owner = type_of(receiver).as_value();
            let b = get(cx, f, Some(receiver), owner.as_ref())?.into_value();
            call(cx, b.as_ref(), args)
        }
        None => call(cx, f, args),
    }
}

/// Calls a special method, looked up on the type; `None` when the type does not have it.
pub fn special(cx: &mut Cx, receiver: Ref<'_>, name: Ref<'_>, args: &[Ref<'_>]) -> PyResult<Option<Value>> {
    let Some(f) = type_of(receiver).lookup(name) else { return Ok(None) };
    cx.with_held(f, |cx, f| bound(cx, f, receiver, Args::positional_only(args))).map(|r| Some(r.into_value()))
}

/// `receiver.name(*args)`, by ordinary attribute lookup.
pub fn method(cx: &mut Cx, receiver: Ref<'_>, name: Ref<'_>, args: &[Ref<'_>]) -> PyResult<Reg> {
    match attr::method(cx, receiver, name)? {
        Method::Unbound(f) => cx.with_held(f, |cx, f| with_receiver(cx, f, receiver, Args::positional_only(args))),
        Method::Bound(f) => {
            let f = f.into_value();
            call(cx, f.as_ref(), Args::positional_only(args))
        }
    }
}

/// `type.__call__`: `__new__`, then `__init__` when the result is an instance.
pub fn type_call(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: this is the call slot of types.
    let t = unsafe { class.cast::<crate::types::Type>() };
    if t.id == crate::ids::TYPE && args.keyword_count() == 0 && args.items.len() == 1 {
        return Ok(type_of(args.items[0]).as_value().into());
    }
    construct(cx, class, t, args.items, args.names)
}

/// An instance of the class `t`, by `__new__` and `__init__`. The arguments come in parts: passing [`Args`] on would copy it through memory.
#[inline(always)]
pub fn construct(cx: &mut Cx, class: Ref<'_>, t: &crate::types::Type, items: &[Ref<'_>], names: Option<&Tuple>) -> PyResult<Reg> {
    let Some(new) = t.slots.new() else {
        let n = t.full_name();
        return Err(cx.type_error(format!("cannot create '{n}' instances")));
    };
    let obj = new(cx, class, Args { items, names })?;
    let ot = type_of(obj.as_ref());
    if !ot.is_subtype_of(t) {
        return Ok(obj);
    }
    if let Some(init) = ot.slots.init() {
        let obj = obj.into_value();
        init(cx, obj.as_ref(), Args { items, names })?;
        return Ok(obj.into());
    }
    Ok(obj)
}
