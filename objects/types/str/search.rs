//! Finding, replacing, prefixes and suffixes.

use super::methods::{check_len, exact, expect, finished, me, part};
use super::{Str, as_str};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::int;
use crate::types::slice;
use crate::types::tuple::Tuple;
use crate::types::type_::{Downcast, type_of};
use gc::{Ref, Reg, Value};
use text::Units;
use text::search as algorithm;

/// The optional bounds of a search, None meaning the same as missing: runs `__index__`.
pub fn bounds(cx: &mut Cx, start: Ref<'_>, end: Ref<'_>) -> PyResult<(Option<isize>, Option<isize>)> {
    let one = |cx: &mut Cx, v: Ref<'_>| match v.given().filter(|v| !v.is_none()) {
        Some(v) => slice::evaluate(cx, v).map(|i| Some(i as isize)),
        None => Ok(None),
    };
    let start = one(cx, start)?;
    Ok((start, one(cx, end)?))
}

/// The slice to search in and where it begins; `None` when nothing can be found.
fn slice_of<'a>(cx: &mut Cx, a: &[Ref<'a>]) -> PyResult<Option<(Units<'a>, usize)>> {
    // SAFETY: methods check their receiver.
    let s = unsafe { a[0].cast::<Str>() };
    let (start, end) = bounds(cx, a[2], a[3])?;
    Ok(algorithm::clip_range(start, end, s.len()).map(|(i, j)| (s.units().slice(i, j), i)))
}

type Search = fn(Units<'_>, Units<'_>) -> Option<usize>;

fn search(cx: &mut Cx, a: &[Ref<'_>], name: &str, f: Search) -> PyResult<Option<i64>> {
    let sub = expect(cx, a[1], &format!("{name}() argument 1"))?;
    Ok(slice_of(cx, a)?.and_then(|(u, from)| f(u, sub.units()).map(|i| (i + from) as i64)))
}

/// `str.find`
pub(super) fn find(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(int::reg(search(cx, a, "find", algorithm::find_units)?.unwrap_or(-1)))
}
/// `str.rfind`
pub(super) fn rfind(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(int::reg(search(cx, a, "rfind", algorithm::rfind_units)?.unwrap_or(-1)))
}
/// `str.index`
pub(super) fn index(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match search(cx, a, "index", algorithm::find_units)? {
        Some(i) => Ok(int::reg(i)),
        None => Err(cx.value_error("substring not found")),
    }
}
/// `str.rindex`
pub(super) fn rindex(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match search(cx, a, "rindex", algorithm::rfind_units)? {
        Some(i) => Ok(int::reg(i)),
        None => Err(cx.value_error("substring not found")),
    }
}
/// `str.count`
pub(super) fn count(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let sub = expect(cx, a[1], "count() argument 1")?;
    let n = slice_of(cx, a)?.map_or(0, |(u, _)| algorithm::count_units(u, sub.units()));
    Ok(int::from_usize(n).into())
}

fn affix(cx: &mut Cx, a: &[Ref<'_>], name: &str, f: fn(Units<'_>, Units<'_>) -> bool) -> PyResult<Reg> {
    let u = slice_of(cx, a)?.map(|(u, _)| u);
    if let Some(t) = a[1].downcast::<Tuple>() {
        for x in t.items() {
            let Some(x) = as_str(*x) else {
                let n = type_of(*x).name_text();
                return Err(cx.type_error(format!("tuple for {name} must only contain str, not {n}")));
            };
            if u.is_some_and(|u| f(u, x.units())) {
                return Ok(Value::TRUE.into());
            }
        }
        return Ok(Value::FALSE.into());
    }
    let Some(x) = as_str(a[1]) else {
        let n = type_of(a[1]).name_text();
        return Err(cx.type_error(format!("{name} first arg must be str or a tuple of str, not {n}")));
    };
    Ok(Value::bool(u.is_some_and(|u| f(u, x.units()))).into())
}

/// `str.startswith`
pub(super) fn startswith(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    affix(cx, a, "startswith", algorithm::starts_with)
}
/// `str.endswith`
pub(super) fn endswith(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    affix(cx, a, "endswith", algorithm::ends_with)
}
/// `str.removeprefix`
pub(super) fn removeprefix(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let x = expect(cx, a[1], "removeprefix() argument")?;
    let s = me(a[0]);
    let from = if algorithm::starts_with(s.units(), x.units()) { x.len() } else { 0 };
    part(cx, a[0], from, s.len())
}
/// `str.removesuffix`
pub(super) fn removesuffix(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let x = expect(cx, a[1], "removesuffix() argument")?;
    let s = me(a[0]);
    let cut = if algorithm::ends_with(s.units(), x.units()) { x.len() } else { 0 };
    part(cx, a[0], 0, s.len() - cut)
}

/// `str.replace`
pub(super) fn replace(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let old = expect(cx, a[1], "replace() argument 1")?;
    let new = expect(cx, a[2], "replace() argument 2")?;
    let count = match a[3].given() {
        Some(n) => int::index_i64(cx, n)?,
        None => -1,
    };
    let limit = usize::try_from(count).unwrap_or(usize::MAX);
    let s = me(a[0]);
    if new.len() > old.len() {
        // How long the result gets is known beforehand only by counting.
        let places =
            if s.len().saturating_mul(new.len()) < 1 << 30 { 0 } else { algorithm::count_units(s.units(), old.units()).min(limit) };
        check_len(cx, places.checked_mul(new.len() - old.len()).and_then(|n| n.checked_add(s.len())))?;
    }
    match algorithm::replace_units(s.units(), old.units(), new.units(), limit) {
        Some(t) => finished(cx, t),
        None => exact(cx, a[0]),
    }
}
