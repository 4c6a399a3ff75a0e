//! `slice`: construction, comparison and its table.

use super::{Slice, new as make};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::{Member, Method, getter, method};
use crate::protocol::{compare, hash, text as show};
use crate::types::int::{self, IntRef, as_int};
use crate::types::object;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::tuple::methods::HashMix;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{TypeSpec, type_of};
use ::text::builder::StrBuilder;
use gc::{Ref, Reg, Value};
use num_bigint::BigInt;

fn me(v: Ref<'_>) -> &Slice {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Slice>() }
}

fn new(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "slice")?;
    args.check_count(cx, "slice", 1, 3)?;
    let a = |i: usize| args.items.get(i).map_or(Value::NONE, |r| r.to_value());
    Ok(if args.items.len() == 1 { make(Value::NONE, a(0), Value::NONE) } else { make(a(0), a(1), a(2)) }.into())
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let s = me(v);
    let mut out = StrBuilder::new();
    out.push_str("slice(");
    for (i, part) in [&s.start, &s.stop, &s.step].into_iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        let shown = show::repr(cx, part.as_ref())?;
        out.push_units(shown.units());
    }
    out.push_str(")");
    Str::try_from_built(out.finish()).map(Into::into).map_err(|_| cx.memory_error())
}

fn parts(s: &Slice) -> [Ref<'_>; 3] {
    [s.start.as_ref(), s.stop.as_ref(), s.step.as_ref()]
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.exact::<Slice>(), b.exact::<Slice>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    for (p, q) in parts(x).into_iter().zip(parts(y)) {
        if !compare::equal(cx, p, q)? {
            return match op {
                Compare::Eq => Ok(Value::FALSE.into()),
                Compare::Ne => Ok(Value::TRUE.into()),
                _ => compare::rich(cx, p, q, op),
            };
        }
    }
    Ok(Value::bool(matches!(op, Compare::Eq | Compare::Le | Compare::Ge)).into())
}

fn hash_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let mut mix = HashMix::new();
    for p in parts(me(v)) {
        mix.add(hash::hash(cx, p)?);
    }
    Ok(mix.finish(false))
}

/// One bound as an int of any size.
fn bound(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    if type_of(v).slots.index().is_none() {
        return Err(cx.type_error("slice indices must be integers or None or have an __index__ method"));
    }
    let i = int::index(cx, v)?;
    Ok(int::exact(i.as_ref()))
}

/// `slice.indices(length)`, for lengths and bounds of any size.
pub fn indices(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = me(a[0]);
    let n = int::index(cx, a[1])?;
    let n = as_int(n.as_ref()).map_or_else(BigInt::default, |i| i.to_big().into_owned());
    if n < BigInt::from(0) {
        return Err(cx.value_error("length should not be negative"));
    }
    let step = if s.step.as_ref().is_none() { int::from_i64(1) } else { bound(cx, s.step.as_ref())? };
    let Some(st) = as_int(step.as_ref()) else { return Ok(Value::NONE.into()) };
    if st.is_zero() {
        return Err(cx.value_error("slice step cannot be zero"));
    }
    let down = st.is_negative();
    let (low, high) = if down { (BigInt::from(-1), &n - 1) } else { (BigInt::from(0), n.clone()) };
    let mut fit = |v: &Value, missing: &BigInt| -> PyResult<BigInt> {
        if v.as_ref().is_none() {
            return Ok(missing.clone());
        }
        let i = bound(cx, v.as_ref())?;
        let i = as_int(i.as_ref()).unwrap_or(IntRef::Small(0));
        Ok(if i.is_negative() { (&*i.to_big() + &n).max(low.clone()) } else { i.to_big().into_owned().min(high.clone()) })
    };
    let start = fit(&s.start, if down { &high } else { &low })?;
    let stop = fit(&s.stop, if down { &low } else { &high })?;
    Ok(Tuple::from_values(vec![int::from_big(start), int::from_big(stop), step.clone()]).into())
}

fn reduce(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let class = crate::types::type_::type_value(ids::SLICE);
    let inner = Tuple::from_refs(&parts(me(a[0]))).into_value();
    Ok(Tuple::from_values(vec![class, inner]).into())
}

static METHODS: &[Method] = &[
    method("indices", "($self, object, /)", indices, "The triple (start, stop, step) that the slice means for a sequence of that length."),
    method("__reduce__", "($self, /)", reduce, "What pickle needs."),
    crate::native::class_method(
        "__class_getitem__",
        "($type, object, /)",
        |cx, a| object::generic_alias(cx, a[0], a[1]),
        "slice[int, int, int] and the like.",
    ),
];
static MEMBERS: &[Member] = &[
    Member(getter("start", |_, v| Ok(me(v).start.clone().into()), "")),
    Member(getter("stop", |_, v| Ok(me(v).stop.clone().into()), "")),
    Member(getter("step", |_, v| Ok(me(v).step.clone().into()), "")),
];

/// `slice`.
pub static SLICE_TYPE: TypeSpec = TypeSpec::of::<Slice>("slice")
    .slots(Slots { new: Some(new), repr: Some(repr), hash: Some(hash_of), richcompare: Some(richcompare), ..Slots::NONE })
    .methods(METHODS)
    .members(MEMBERS)
    .doc("What stands in a subscript with colons: slice(stop) or slice(start, stop, step=None).");
