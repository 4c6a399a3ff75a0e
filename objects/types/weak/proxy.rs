//! Weak proxies: everything is done to the referent.

use super::{gone, show};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::finalise::WeakRef;
use crate::ids;
use crate::names;
use crate::native::{Method, method};
use crate::protocol::arith::{Op, UnaryOp, binary, inplace, power, unary};
use crate::protocol::{attr, call, compare, item, iter, text as show_text, truth};
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{TypeSpec, flags, type_of};
use gc::{Ref, Reg, Value};

/// The referent of a proxy, or any other value itself.
fn target(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    if !matches!(type_of(v).id, ids::WEAKPROXY | ids::WEAKCALLABLEPROXY) {
        return Ok(v.to_value());
    }
    // SAFETY: the two proxy types have this payload.
    match unsafe { v.cast::<WeakRef>() }.upgrade() {
        Some(t) => Ok(t),
        None => Err(gone(cx)),
    }
}

macro_rules! two {
    ($op:ident) => {
        Some(|cx, a, b| {
            let (a, b) = (target(cx, a)?, target(cx, b)?);
            binary(cx, Op::$op, a.as_ref(), b.as_ref())
        })
    };
}
macro_rules! in_place {
    ($op:ident) => {
        Some(|cx, a, b| {
            let (a, b) = (target(cx, a)?, target(cx, b)?);
            inplace(cx, Op::$op, a.as_ref(), b.as_ref())
        })
    };
}
macro_rules! one {
    ($op:ident) => {
        Some(|cx, a| {
            let a = target(cx, a)?;
            unary(cx, UnaryOp::$op, a.as_ref())
        })
    };
}
macro_rules! special {
    ($name:ident) => {
        Some(|cx, a| forward(cx, a, names::$name()))
    };
}

fn forward(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    let t = target(cx, v)?;
    call::method(cx, t.as_ref(), name, &[])
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (a, b) = (target(cx, a)?, target(cx, b)?);
    compare::rich(cx, a.as_ref(), b.as_ref(), op)
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let t = target(cx, v)?;
    if type_of(t.as_ref()).slots.next().is_none() {
        let n = type_of(t.as_ref()).name_text();
        return Err(cx.type_error(format!("Weakref proxy referenced a non-iterator '{n}' object")));
    }
    iter::next(cx, t.as_ref())
}

fn call_target(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let t = target(cx, v)?;
    call::call(cx, t.as_ref(), args)
}

const SLOTS: Slots = Slots {
    repr: Some(|cx, v| show(cx, v, "weakproxy")),
    str: Some(|cx, v| {
        let t = target(cx, v)?;
        show_text::str(cx, t.as_ref()).map(Into::into)
    }),
    getattr: Some(|cx, v, name| {
        let t = target(cx, v)?;
        attr::get(cx, t.as_ref(), name)
    }),
    setattr: Some(|cx, v, name, x| {
        let t = target(cx, v)?;
        attr::set(cx, t.as_ref(), name, x)
    }),
    hash: Some(crate::protocol::hash::unhashable),
    richcompare: Some(richcompare),
    iter: Some(|cx, v| {
        let t = target(cx, v)?;
        iter::iter(cx, t.as_ref())
    }),
    bool: Some(|cx, v| {
        let t = target(cx, v)?;
        truth::of(cx, t.as_ref())
    }),
    len: Some(|cx, v| {
        let t = target(cx, v)?;
        item::len(cx, t.as_ref())
    }),
    getitem: Some(|cx, v, k| {
        let t = target(cx, v)?;
        item::get(cx, t.as_ref(), k)
    }),
    setitem: Some(|cx, v, k, x| {
        let t = target(cx, v)?;
        item::set(cx, t.as_ref(), k, x)
    }),
    contains: Some(|cx, v, x| {
        let t = target(cx, v)?;
        item::contains(cx, t.as_ref(), x)
    }),
    add: two!(Add),
    sub: two!(Sub),
    mul: two!(Mul),
    matmul: two!(MatMul),
    truediv: two!(TrueDiv),
    floordiv: two!(FloorDiv),
    mod_: two!(Mod),
    divmod: two!(DivMod),
    lshift: two!(Shl),
    rshift: two!(Shr),
    and: two!(And),
    or: two!(Or),
    xor: two!(Xor),
    pow: Some(|cx, a, b, m| {
        let (a, b, m) = (target(cx, a)?, target(cx, b)?, target(cx, m)?);
        power(cx, a.as_ref(), b.as_ref(), m.as_ref(), false)
    }),
    ipow: Some(|cx, a, b, m| {
        let (a, b, m) = (target(cx, a)?, target(cx, b)?, target(cx, m)?);
        power(cx, a.as_ref(), b.as_ref(), m.as_ref(), true)
    }),
    iadd: in_place!(Add),
    isub: in_place!(Sub),
    imul: in_place!(Mul),
    imatmul: in_place!(MatMul),
    itruediv: in_place!(TrueDiv),
    ifloordiv: in_place!(FloorDiv),
    imod: in_place!(Mod),
    ilshift: in_place!(Shl),
    irshift: in_place!(Shr),
    iand: in_place!(And),
    ior: in_place!(Or),
    ixor: in_place!(Xor),
    neg: one!(Neg),
    pos: one!(Pos),
    invert: one!(Invert),
    abs: special!(__abs__),
    int: special!(__int__),
    float: special!(__float__),
    index: special!(__index__),
    ..Slots::NONE
};

static METHODS: &[Method] = &[
    method("__bytes__", "($self, /)", |cx, a| forward(cx, a[0], names::__bytes__()), ""),
    method("__reversed__", "($self, /)", |cx, a| forward(cx, a[0], names::__reversed__()), ""),
];

/// `weakref.ProxyType`.
pub static PROXY_TYPE: TypeSpec = TypeSpec::of::<WeakRef>("weakref.ProxyType")
    .id(ids::WEAKPROXY)
    .flags(flags::NO_NEW)
    .slots(Slots { next: Some(next), ..SLOTS })
    .methods(METHODS);
/// `weakref.CallableProxyType`.
pub static CALLABLE_PROXY_TYPE: TypeSpec = TypeSpec::of::<WeakRef>("weakref.CallableProxyType")
    .id(ids::WEAKCALLABLEPROXY)
    .flags(flags::NO_NEW)
    .slots(Slots { next: Some(next), call: Some(call_target), ..SLOTS })
    .methods(METHODS);
