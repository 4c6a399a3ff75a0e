//! Padding: center, ljust, rjust, zfill, expandtabs.

use super::as_str;
use super::methods::{built, check_len, exact, finished, me};
use super::split::each_width;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::int;
use crate::types::type_::type_of;
use gc::{Ref, Reg};
use text::builder::StrBuilder;
use text::{Units, split as algorithm};

fn width_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<usize> {
    Ok(int::index_i64(cx, v)?.max(0) as usize)
}

fn fill_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<u32> {
    let Some(v) = v.given() else { return Ok(32) };
    match as_str(v) {
        Some(s) if s.len() == 1 => Ok(s.units().at(0)),
        Some(_) => Err(cx.type_error("The fill character must be exactly one character long")),
        None => {
            let n = type_of(v).name_text();
            Err(cx.type_error(format!("The fill character must be a unicode character, not {n}")))
        }
    }
}

fn padded(cx: &mut Cx, a: &[Ref<'_>], sides: fn(usize, usize) -> (usize, usize)) -> PyResult<Reg> {
    let width = width_of(cx, a[1])?;
    let fill = fill_of(cx, a[2])?;
    let s = me(a[0]);
    if s.len() >= width {
        return exact(cx, a[0]);
    }
    check_len(cx, Some(width))?;
    let (left, right) = sides(s.len(), width);
    let mut out = StrBuilder::with_capacity(width);
    out.push_repeated(fill, left);
    out.push_units(s.units());
    out.push_repeated(fill, right);
    built(cx, out)
}

/// `str.center`
pub(super) fn center(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    padded(cx, a, algorithm::centre_padding)
}
/// `str.ljust`
pub(super) fn ljust(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    padded(cx, a, |n, width| (0, width - n))
}
/// `str.rjust`
pub(super) fn rjust(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    padded(cx, a, |n, width| (width - n, 0))
}

/// `str.zfill`
pub(super) fn zfill(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let width = width_of(cx, a[1])?;
    let s = me(a[0]);
    if s.len() >= width {
        return exact(cx, a[0]);
    }
    check_len(cx, Some(width))?;
    let sign = usize::from(s.units().get(0).is_some_and(|c| matches!(c, 0x2b | 0x2d)));
    let mut out = StrBuilder::with_capacity(width);
    out.push_units(s.units().slice(0, sign));
    out.push_repeated(u32::from(b'0'), width - s.len());
    out.push_units(s.units().slice(sign, s.len()));
    built(cx, out)
}

/// How long a text gets by expanding tabs; `None` when too long to count.
pub fn expanded_len(tabs: impl Iterator<Item = u32>, size: usize) -> Option<usize> {
    let (mut total, mut column) = (0usize, 0usize);
    for c in tabs {
        match c {
            9 if size > 0 => {
                let blanks = size - column % size;
                column = column.checked_add(blanks)?;
                total = total.checked_add(blanks)?;
            }
            9 => {}
            _ => {
                column = if matches!(c, 10 | 13) { 0 } else { column.checked_add(1)? };
                total = total.checked_add(1)?;
            }
        }
    }
    Some(total).filter(|n| *n < isize::MAX as usize)
}

/// The `tabsize` argument.
pub fn tab_size(cx: &mut Cx, v: Ref<'_>) -> PyResult<isize> {
    let Some(v) = v.given() else { return Ok(8) };
    let n = int::index_i64(cx, v)?;
    match i32::try_from(n) {
        Ok(n) => Ok(n as isize),
        Err(_) => {
            Err(cx.overflow_error(if n > 0 { "signed integer is greater than maximum" } else { "signed integer is less than minimum" }))
        }
    }
}

/// `str.expandtabs`
pub(super) fn expand_tabs(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let size = tab_size(cx, a[1])?;
    let s = me(a[0]);
    if text::search::find_units(s.units(), Units::One(b"\t")).is_none() {
        return exact(cx, a[0]);
    }
    match expanded_len(s.units().iter(), size.max(0) as usize) {
        Some(n) => check_len(cx, Some(n))?,
        None => return Err(cx.overflow_error("new string is too long")),
    };
    let mut out = StrBuilder::new();
    each_width!(s.units(), |u| match algorithm::expand_tabs(u, size) {
        Some(v) => out.push_slice(&v),
        None => out.push_slice(u),
    });
    finished(cx, out.finish())
}
