//! `range`: construction, operators, methods and its table.

use super::iterator;
use super::{Range, new as make, number, range};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::{Member, Method, getter, method};
use crate::protocol::{compare, hash, iter, text as show};
use crate::types::int::{self, IntRef, as_int};
use crate::types::slice::Slice;
use crate::types::str::text;
use crate::types::tuple::Tuple;
use crate::types::tuple::methods::HashMix;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{TypeSpec, flags, type_of};
use gc::{Payload, Ref, Reg, Value};

fn new(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "range")?;
    args.check_count(cx, "range", 1, 3)?;
    let mut part = |v: Ref<'_>| -> PyResult<Value> {
        let i = int::index(cx, v)?;
        Ok(int::exact(i.as_ref()))
    };
    let (start, stop, step) = match args.items {
        [stop] => (int::from_i64(0), part(*stop)?, int::from_i64(1)),
        [start, stop] => (part(*start)?, part(*stop)?, int::from_i64(1)),
        [start, stop, step, ..] => (part(*start)?, part(*stop)?, part(*step)?),
        [] => return Ok(Value::NONE.into()),
    };
    if number(&step).is_zero() {
        return Err(cx.value_error("range() arg 3 must not be zero"));
    }
    Ok(make(start, stop, step).into())
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let r = range(v);
    let mut shown = Vec::new();
    for part in [&r.start, &r.stop, &r.step] {
        shown.push(show::repr(cx, part.as_ref())?.to_string_lossy());
    }
    if number(&r.step) == IntRef::Small(1) {
        shown.pop();
    }
    Ok(text(&format!("range({})", shown.join(", "))))
}

fn len(cx: &mut Cx, v: Ref<'_>) -> PyResult<usize> {
    match number(&range(v).length).to_i64() {
        Some(n) => Ok(n as usize),
        None => Err(cx.overflow_error("Python int too large to convert to C ssize_t")),
    }
}

fn get(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let r = range(v);
    if let Some(s) = key.exact::<Slice>() {
        return slice(cx, r, s);
    }
    if type_of(key).slots.index().is_none() {
        let n = type_of(key).name_text();
        return Err(cx.type_error(format!("range indices must be integers or slices, not {n}")));
    }
    let i = int::index(cx, key)?;
    let n = number(&r.length);
    let from_end;
    let mut i = as_int(i.as_ref()).unwrap_or(IntRef::Small(0));
    if i.is_negative() {
        from_end = int::from_big(&*i.to_big() + &*n.to_big());
        i = number(&from_end);
    }
    if i.is_negative() || i >= n {
        return Err(cx.index_error("range object index out of range"));
    }
    Ok(r.at(i).into())
}

fn slice(cx: &mut Cx, r: &Range, s: &Slice) -> PyResult<Reg> {
    let indices = crate::types::slice::methods::indices(cx, &[s.as_ref(), r.length.as_ref()])?.into_value();
    let Some([start, stop, step]) = indices.as_ref().exact::<Tuple>().and_then(|t| <[Ref<'_>; 3]>::try_from(t.items()).ok()) else {
        return Ok(Value::NONE.into());
    };
    let int = |v: Ref<'_>| as_int(v).map_or_else(|| int::from_i64(0), IntRef::to_value);
    let (start, stop, step) = (int(start), int(stop), int(step));
    let new_step = crate::types::int::from_big(&*number(&r.step).to_big() * &*number(&step).to_big());
    Ok(make(r.at(number(&start)), r.at(number(&stop)), new_step).into())
}

fn contains(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    match exact_int(x) {
        Some(i) => Ok(range(v).find(i).is_some()),
        None => iter::contains(cx, v, x),
    }
}

/// Ints and bools, whose equality is arithmetic; instances of subclasses may compare otherwise.
fn exact_int(x: Ref<'_>) -> Option<IntRef<'_>> {
    let t = type_of(x).id;
    if t == ids::INT || t == ids::BOOL { as_int(x) } else { None }
}

fn richcompare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.exact::<Range>(), b.exact::<Range>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    if !matches!(op, Compare::Eq | Compare::Ne) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let n = number(&x.length);
    let same = n == number(&y.length)
        && (n.is_zero() || (number(&x.start) == number(&y.start) && (n == IntRef::Small(1) || number(&x.step) == number(&y.step))));
    Ok(Value::bool(same == (op == Compare::Eq)).into())
}

fn hash_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let r = range(v);
    let n = number(&r.length);
    let mut mix = HashMix::new();
    mix.add(hash::hash(cx, r.length.as_ref())?);
    mix.add(hash::hash(cx, if n.is_zero() { Ref::NONE } else { r.start.as_ref() })?);
    mix.add(hash::hash(cx, if n.is_zero() || n == IntRef::Small(1) { Ref::NONE } else { r.step.as_ref() })?);
    Ok(mix.finish(true))
}

fn count(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if let Some(i) = exact_int(a[1]) {
        return Ok(int::reg(i64::from(range(a[0]).find(i).is_some())));
    }
    let mut n = 0;
    iter::for_each(cx, a[0], |cx, x| {
        n += i64::from(compare::equal(cx, x.as_ref(), a[1])?);
        Ok(())
    })?;
    Ok(int::reg(n))
}

fn index_of(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if let Some(i) = exact_int(a[1]) {
        if let Some(at) = range(a[0]).find(i) {
            return Ok(at.into());
        }
    } else {
        let it = iterator::iter(cx, a[0])?.into_value();
        let mut at = 0;
        while let Some(x) = iter::next(cx, it.as_ref())? {
            let x = x.into_value();
            if compare::equal(cx, x.as_ref(), a[1])? {
                return Ok(int::reg(at));
            }
            at += 1;
        }
    }
    if exact_int(a[1]).is_none() {
        return Err(cx.value_error("sequence.index(x): x not in sequence"));
    }
    Err(cx.value_error("range.index(x): x not in range"))
}

fn reduce(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = range(a[0]);
    let class = crate::types::type_::type_value(ids::RANGE);
    let inner = Tuple::from_values(vec![r.start.clone(), r.stop.clone(), r.step.clone()]).into_value();
    Ok(Tuple::from_values(vec![class, inner]).into())
}

static METHODS: &[Method] = &[
    method("count", "($self, object, /)", count, "How often the value occurs."),
    method("index", "($self, object, /)", index_of, "Index of the value; ValueError when it does not occur."),
    method("__reversed__", "($self, /)", iterator::reversed, "An iterator from the last number to the first."),
    method("__reduce__", "($self, /)", reduce, "What pickle needs."),
];
static MEMBERS: &[Member] = &[
    Member(getter("start", |_, v| Ok(range(v).start.clone().into()), "")),
    Member(getter("stop", |_, v| Ok(range(v).stop.clone().into()), "")),
    Member(getter("step", |_, v| Ok(range(v).step.clone().into()), "")),
];

/// `range`.
pub static RANGE_TYPE: TypeSpec = TypeSpec::of::<Range>("range")
    .flags(flags::SEQUENCE)
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        hash: Some(hash_of),
        richcompare: Some(richcompare),
        iter: Some(iterator::iter),
        len: Some(len),
        bool: Some(|_, v| Ok(!number(&range(v).length).is_zero())),
        getitem: Some(get),
        contains: Some(contains),
        ..Slots::NONE
    })
    .methods(METHODS)
    .members(MEMBERS)
    .doc("The ints from start up to, not including, stop: range(stop) or range(start, stop, step=1).");
