//! Taking apart and joining.

use super::methods::{exact, made, me, part, sub};
use super::{Str, as_str};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::protocol::{iter, truth};
use crate::types::exception;
use crate::types::int;
use crate::types::list::List;
use crate::types::tuple::Tuple;
use crate::types::type_::type_of;
use gc::{Gc, Ref, Reg, Value};
use std::ops::Range;
use text::Units;
use text::unicode::{is_line_break, is_space};
use text::{search, split as algorithm};

/// Calls a generic function with the units of a view.
macro_rules! each_width {
    ($u:expr, |$s:ident| $body:expr) => {
        match $u {
            Units::One($s) => $body,
            Units::Two($s) => $body,
            Units::Four($s) => $body,
        }
    };
}
pub(super) use each_width;

fn parts(cx: &mut Cx, v: Ref<'_>, ranges: Vec<Range<usize>>) -> PyResult<Reg> {
    let s = me(v);
    if let [all] = &ranges[..]
        && *all == (0..s.len())
    {
        let one = exact(cx, v)?.into_value();
        return Ok(List::from_values(vec![one]).into());
    }
    let mut out = Vec::with_capacity(ranges.len());
    for r in ranges {
        out.push(sub(cx, s, r.start, r.end)?.into_value());
    }
    Ok(List::from_values(out).into())
}

fn split_any(cx: &mut Cx, a: &[Ref<'_>], from_right: bool) -> PyResult<Reg> {
    let limit = match a[2].given() {
        Some(n) => int::index_i64(cx, n)?,
        None => -1,
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let s = me(a[0]);
    let Some(sep) = a[1].given().filter(|v| !v.is_none()) else {
        let ranges = if s.is_ascii() {
            let space = |c: u32| matches!(c, 9..=13 | 28..=32);
            if from_right {
                algorithm::rsplit_whitespace(s.raw(), limit, space)
            } else {
                algorithm::split_whitespace(s.raw(), limit, space)
            }
        } else {
            each_width!(s.units(), |u| if from_right {
                algorithm::rsplit_whitespace(u, limit, is_space)
            } else {
                algorithm::split_whitespace(u, limit, is_space)
            })
        };
        return parts(cx, a[0], ranges);
    };
    let Some(sep) = as_str(sep) else {
        let n = type_of(sep).name_text();
        return Err(cx.type_error(format!("must be str or None, not {n}")));
    };
    if sep.is_empty() {
        return Err(cx.value_error("empty separator"));
    }
    let ranges = each_width!(s.units(), |u| match search::convert(sep.units()) {
        Some(sep) if from_right => algorithm::rsplit(u, &sep, limit),
        Some(sep) => algorithm::split(u, &sep, limit),
        None => std::iter::once(0..u.len()).collect(),
    });
    parts(cx, a[0], ranges)
}

/// `str.split`
pub(super) fn split(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    split_any(cx, a, false)
}
/// `str.rsplit`
pub(super) fn rsplit(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    split_any(cx, a, true)
}
/// `str.splitlines`
pub(super) fn split_lines(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let keep = match a[1].given() {
        Some(v) => truth::of(cx, v)?,
        None => false,
    };
    let ranges = each_width!(me(a[0]).units(), |u| algorithm::split_lines(u, keep, is_line_break));
    parts(cx, a[0], ranges)
}

fn partition_at(cx: &mut Cx, a: &[Ref<'_>], from_right: bool) -> PyResult<Reg> {
    let Some(sep) = as_str(a[1]) else {
        let n = type_of(a[1]).name_text();
        return Err(cx.type_error(format!("must be str, not {n}")));
    };
    if sep.is_empty() {
        return Err(cx.value_error("empty separator"));
    }
    let s = me(a[0]);
    let at = if from_right { search::rfind_units(s.units(), sep.units()) } else { search::find_units(s.units(), sep.units()) };
    let empty = || Str::empty().into_value();
    let three = match at {
        Some(at) => {
            let before = sub(cx, s, 0, at)?.into_value();
            let sep_value = exact(cx, a[1])?.into_value();
            vec![before, sep_value, sub(cx, s, at + sep.len(), s.len())?.into_value()]
        }
        None if from_right => vec![empty(), empty(), exact(cx, a[0])?.into_value()],
        None => vec![exact(cx, a[0])?.into_value(), empty(), empty()],
    };
    Ok(Tuple::from_values(three).into())
}

/// `str.partition`
pub(super) fn partition(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    partition_at(cx, a, false)
}
/// `str.rpartition`
pub(super) fn rpartition(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    partition_at(cx, a, true)
}

fn strip_sides(cx: &mut Cx, a: &[Ref<'_>], name: &str, left: bool, right: bool) -> PyResult<Reg> {
    let u = me(a[0]).units();
    let r = match a[1].given().filter(|v| !v.is_none()) {
        None if me(a[0]).is_ascii() => algorithm::strip(me(a[0]).raw(), left, right, |c| matches!(c, 9..=13 | 28..=32)),
        None => each_width!(u, |u| algorithm::strip(u, left, right, is_space)),
        Some(chars) => {
            let Some(chars) = as_str(chars) else { return Err(cx.type_error(format!("{name} arg must be None or str"))) };
            let chars = chars.units();
            match chars {
                Units::One([one]) => {
                    let one = u32::from(*one);
                    each_width!(u, |u| algorithm::strip(u, left, right, |c| c == one))
                }
                Units::One(set) => each_width!(u, |u| algorithm::strip(u, left, right, |c| c < 256 && set.contains(&(c as u8)))),
                _ => each_width!(u, |u| algorithm::strip(u, left, right, |c| chars.iter().any(|x| x == c))),
            }
        }
    };
    part(cx, a[0], r.start, r.end)
}

/// `str.strip`
pub(super) fn strip(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    strip_sides(cx, a, "strip", true, true)
}
/// `str.lstrip`
pub(super) fn lstrip(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    strip_sides(cx, a, "lstrip", true, false)
}
/// `str.rstrip`
pub(super) fn rstrip(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    strip_sides(cx, a, "rstrip", false, true)
}

/// The items of a joined iterable; TypeError "can only join an iterable" when it is none.
pub fn join_items(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<Value>> {
    let t = type_of(v);
    if t.slots.iter().is_none() && t.slots.getitem().is_none() {
        return Err(cx.type_error("can only join an iterable"));
    }
    if t.slots.iter().is_some() {
        return iter::collect(cx, v);
    }
    match iter::iter(cx, v) {
        Ok(it) => {
            let it = it.into_value();
            iter::collect(cx, it.as_ref())
        }
        Err(e) => {
            drop(cx.catch_if(e, exception::ids::TYPE_ERROR)?);
            Err(cx.type_error("can only join an iterable"))
        }
    }
}

/// `str.join`
pub(super) fn join(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if let Some(t) = a[1].exact::<Tuple>() {
        return join_refs(cx, me(a[0]), t.items());
    }
    let items = join_items(cx, a[1])?;
    let refs: Vec<Ref<'_>> = items.iter().map(Value::as_ref).collect();
    join_refs(cx, me(a[0]), &refs)
}

/// `sep.join(items)`.
pub fn join_refs(cx: &mut Cx, sep: &Str, items: &[Ref<'_>]) -> PyResult<Reg> {
    let mut total = Some(sep.len().saturating_mul(items.len().saturating_sub(1)));
    let separated = items.len() > 1 && !sep.is_empty();
    let (mut width, mut ascii) = if separated { (sep.width(), sep.is_ascii()) } else { (1, true) };
    for (i, x) in items.iter().enumerate() {
        let Some(s) = as_str(*x) else {
            let n = type_of(*x).name_text();
            return Err(cx.type_error(format!("sequence item {i}: expected str instance, {n} found")));
        };
        total = total.and_then(|n| n.checked_add(s.len()));
        width = width.max(s.width());
        ascii &= s.is_ascii();
    }
    match items {
        [] => return Ok(Str::empty().into()),
        [one] if one.exact::<Str>().is_some() => return Ok(one.to_value().into()),
        _ => {}
    }
    let total = match total {
        Some(n) if u32::try_from(n).is_ok() => n,
        Some(n) if n < isize::MAX as usize => return Err(cx.memory_error()),
        _ => return Err(cx.overflow_error("join() result is too long for a Python string")),
    };
    if total == 0 {
        return Ok(Str::empty().into());
    }
    // SAFETY: every unit is written, and some part needs the width.
    let r: Result<Gc<Str>, _> = unsafe {
        Str::try_build(ids::STR, total, width as u8, ascii, 0, |mut p| {
            for (i, x) in items.iter().enumerate() {
                if i > 0 && separated {
                    p = sep.write_units(p, width);
                }
                if let Some(s) = as_str(*x) {
                    p = s.write_units(p, width);
                }
            }
        })
    };
    made(cx, r)
}
