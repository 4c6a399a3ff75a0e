//! Methods that bytes and bytearray have alike, written once over [`Flavour`].

use super::shared::{Flavour, byte, copy, is_bytes, needle, operand, room_or_error};
use crate::codecs;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::protocol::truth;
use crate::types::int;
use crate::types::list::List;
use crate::types::str::methods::{expect, text_of_latin1};
use crate::types::str::search::bounds;
use crate::types::str::{Str, as_str, pad};
use crate::types::tuple::Tuple;
use crate::types::type_::{Downcast, Type, type_of};
use gc::{Ref, Reg, Value};
use std::ops::Range;
use text::search as algorithm;
use text::{casing, split as cut};

/// `v` with its data mapped.
pub fn mapped<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>], f: fn(&[u8]) -> Vec<u8>) -> PyResult<Reg> {
    let out = F::read(a[0], f);
    F::make(cx, out).map(Into::into)
}

/// Whether the data has a property.
pub fn test<F: Flavour>(a: &[Ref<'_>], f: fn(&[u8]) -> bool) -> PyResult<Reg> {
    Ok(Value::bool(F::read(a[0], f)).into())
}

fn every(data: &[u8], f: impl Fn(&u8) -> bool) -> bool {
    !data.is_empty() && data.iter().all(f)
}
/// `isalnum`
pub fn is_alnum(data: &[u8]) -> bool {
    every(data, u8::is_ascii_alphanumeric)
}
/// `isalpha`
pub fn is_alpha(data: &[u8]) -> bool {
    every(data, u8::is_ascii_alphabetic)
}
/// `isdigit`
pub fn is_digit(data: &[u8]) -> bool {
    every(data, u8::is_ascii_digit)
}
/// `isspace`
pub fn is_space(data: &[u8]) -> bool {
    every(data, |b| cut::is_ascii_space((*b).into()))
}
/// `lower`
pub fn lower(data: &[u8]) -> Vec<u8> {
    data.to_ascii_lowercase()
}
/// `upper`
pub fn upper(data: &[u8]) -> Vec<u8> {
    data.to_ascii_uppercase()
}
pub use casing::{capitalize_bytes, is_lower_bytes, is_title_bytes, is_upper_bytes, swap_case_bytes, title_bytes};

type Search = fn(&[u8], &[u8]) -> Option<usize>;

fn search<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>], f: Search) -> PyResult<Option<i64>> {
    let sub = needle(cx, a[1])?;
    let (start, end) = bounds(cx, a[2], a[3])?;
    Ok(F::read(a[0], |d| {
        let (i, j) = algorithm::clip_range(start, end, d.len())?;
        f(&d[i..j], &sub).map(|at| (at + i) as i64)
    }))
}

/// `find`
pub fn find<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(int::reg(search::<F>(cx, a, algorithm::find)?.unwrap_or(-1)))
}
/// `rfind`
pub fn rfind<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(int::reg(search::<F>(cx, a, algorithm::rfind)?.unwrap_or(-1)))
}
/// `index`
pub fn index<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match search::<F>(cx, a, algorithm::find)? {
        Some(i) => Ok(int::reg(i)),
        None => Err(cx.value_error("subsection not found")),
    }
}
/// `rindex`
pub fn rindex<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match search::<F>(cx, a, algorithm::rfind)? {
        Some(i) => Ok(int::reg(i)),
        None => Err(cx.value_error("subsection not found")),
    }
}
/// `count`
pub fn count<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let sub = needle(cx, a[1])?;
    let (start, end) = bounds(cx, a[2], a[3])?;
    let n = F::read(a[0], |d| algorithm::clip_range(start, end, d.len()).map_or(0, |(i, j)| algorithm::count(&d[i..j], &sub)));
    Ok(int::from_usize(n).into())
}
/// `x in v`
pub fn contains<F: Flavour>(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    if x.word().is_int() || type_of(x).slots.index().is_some() {
        let b = byte(cx, x)?;
        return Ok(F::read(v, |d| memchr::memchr(b, d).is_some()));
    }
    let sub = operand(cx, x)?;
    Ok(F::read(v, |d| algorithm::find(d, &sub).is_some()))
}

fn affix<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>], name: &str, f: fn(&[u8], &[u8]) -> bool) -> PyResult<Reg> {
    let (start, end) = bounds(cx, a[2], a[3])?;
    let test = |sub: &[u8]| F::read(a[0], |d| algorithm::clip_range(start, end, d.len()).is_some_and(|(i, j)| f(&d[i..j], sub)));
    if let Some(t) = a[1].downcast::<Tuple>() {
        for x in t.items() {
            let sub = operand(cx, *x)?;
            if test(&sub) {
                return Ok(Value::TRUE.into());
            }
        }
        return Ok(Value::FALSE.into());
    }
    if !crate::protocol::buffer::is_exporter(a[1]) {
        let n = type_of(a[1]).name_text();
        return Err(cx.type_error(format!("{name} first arg must be bytes or a tuple of bytes, not {n}")));
    }
    let sub = operand(cx, a[1])?;
    Ok(Value::bool(test(&sub)).into())
}

/// `startswith`
pub fn startswith<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    affix::<F>(cx, a, "startswith", |d, x| d.starts_with(x))
}
/// `endswith`
pub fn endswith<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    affix::<F>(cx, a, "endswith", |d, x| d.ends_with(x))
}

/// The part of the data that `f` chooses; the object itself where that may be.
fn chosen<F: Flavour>(cx: &mut Cx, v: Ref<'_>, f: impl FnOnce(&[u8]) -> Range<usize>) -> PyResult<Reg> {
    let part = F::read(v, |d| {
        let r = f(d);
        if r == (0..d.len()) { None } else { Some(copy(&d[r])) }
    });
    match part {
        None => F::same(cx, v).map(Into::into),
        Some(Some(data)) => F::make(cx, data).map(Into::into),
        Some(None) => Err(cx.memory_error()),
    }
}

/// `removeprefix`
pub fn removeprefix<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let x = operand(cx, a[1])?;
    chosen::<F>(cx, a[0], |d| if d.starts_with(&x) { x.len()..d.len() } else { 0..d.len() })
}
/// `removesuffix`
pub fn removesuffix<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let x = operand(cx, a[1])?;
    chosen::<F>(cx, a[0], |d| if d.ends_with(&x) { 0..d.len() - x.len() } else { 0..d.len() })
}

fn strip_sides<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>], left: bool, right: bool) -> PyResult<Reg> {
    match a[1].given().filter(|v| !v.is_none()) {
        None => chosen::<F>(cx, a[0], |d| cut::strip(d, left, right, cut::is_ascii_space)),
        Some(chars) => {
            let chars = operand(cx, chars)?;
            chosen::<F>(cx, a[0], |d| cut::strip(d, left, right, |c| memchr::memchr(c as u8, &chars).is_some()))
        }
    }
}
/// `strip`
pub fn strip<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    strip_sides::<F>(cx, a, true, true)
}
/// `lstrip`
pub fn lstrip<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    strip_sides::<F>(cx, a, true, false)
}
/// `rstrip`
pub fn rstrip<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    strip_sides::<F>(cx, a, false, true)
}

/// A list of the parts that `f` chooses.
fn parts<F: Flavour>(cx: &mut Cx, v: Ref<'_>, f: impl FnOnce(&[u8]) -> Vec<Range<usize>>) -> PyResult<Reg> {
    let parts = F::read(v, |d| {
        let ranges = f(d);
        if ranges.len() == 1 && ranges[0] == (0..d.len()) {
            None
        } else {
            Some(ranges.into_iter().map(|r| d[r].to_vec()).collect::<Vec<_>>())
        }
    });
    let mut out = Vec::new();
    match parts {
        None => out.push(F::same(cx, v)?),
        Some(parts) => {
            for p in parts {
                out.push(F::make(cx, p)?);
            }
        }
    }
    Ok(List::from_values(out).into())
}

fn split_any<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>], from_right: bool) -> PyResult<Reg> {
    let limit = match a[2].given() {
        Some(n) => int::index_i64(cx, n)?,
        None => -1,
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let Some(sep) = a[1].given().filter(|v| !v.is_none()) else {
        let f = |d: &[u8]| {
            if from_right {
                cut::rsplit_whitespace(d, limit, cut::is_ascii_space)
            } else {
                cut::split_whitespace(d, limit, cut::is_ascii_space)
            }
        };
        return parts::<F>(cx, a[0], f);
    };
    let sep = operand(cx, sep)?;
    if sep.is_empty() {
        return Err(cx.value_error("empty separator"));
    }
    parts::<F>(cx, a[0], |d| if from_right { cut::rsplit(d, &sep, limit) } else { cut::split(d, &sep, limit) })
}
/// `split`
pub fn split<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    split_any::<F>(cx, a, false)
}
/// `rsplit`
pub fn rsplit<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    split_any::<F>(cx, a, true)
}
/// `splitlines`
pub fn split_lines<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let keep = match a[1].given() {
        Some(v) => truth::of(cx, v)?,
        None => false,
    };
    parts::<F>(cx, a[0], |d| cut::split_lines(d, keep, cut::is_ascii_break))
}

fn partition_at<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>], from_right: bool) -> PyResult<Reg> {
    let sep = operand(cx, a[1])?;
    if sep.is_empty() {
        return Err(cx.value_error("empty separator"));
    }
    let found = F::read(a[0], |d| {
        let at = if from_right { algorithm::rfind(d, &sep) } else { algorithm::find(d, &sep) };
        at.map(|at| (d[..at].to_vec(), d[at + sep.len()..].to_vec()))
    });
    let three = match found {
        Some((before, after)) => vec![F::make(cx, before)?, F::make(cx, sep.to_vec())?, F::make(cx, after)?],
        None if from_right => vec![F::make(cx, Vec::new())?, F::make(cx, Vec::new())?, F::same(cx, a[0])?],
        None => vec![F::same(cx, a[0])?, F::make(cx, Vec::new())?, F::make(cx, Vec::new())?],
    };
    Ok(Tuple::from_values(three).into())
}
/// `partition`
pub fn partition<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    partition_at::<F>(cx, a, false)
}
/// `rpartition`
pub fn rpartition<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    partition_at::<F>(cx, a, true)
}

/// `join`
pub fn join<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let items = crate::types::str::split::join_items(cx, a[1])?;
    if let [one] = &items[..]
        && F::ID == crate::ids::BYTES
        && one.as_ref().exact::<super::Bytes>().is_some()
    {
        return Ok(one.clone().into());
    }
    let mut all = Vec::with_capacity(items.len());
    for (i, x) in items.iter().enumerate() {
        if !crate::protocol::buffer::is_exporter(x.as_ref()) {
            let n = type_of(x.as_ref()).name_text();
            return Err(cx.type_error(format!("sequence item {i}: expected a bytes-like object, {n} found")));
        }
        match operand(cx, x.as_ref()) {
            Ok(d) => all.push(d),
            Err(e) => {
                drop(cx.catch_if(e, crate::types::exception::ids::BUFFER_ERROR)?);
                let n = type_of(x.as_ref()).name_text();
                return Err(cx.type_error(format!("sequence item {i}: expected a bytes-like object, {n} found")));
            }
        }
    }
    let sep = F::read(a[0], |d| d.to_vec());
    let total = all.iter().try_fold(sep.len().checked_mul(all.len().saturating_sub(1)), |n, d| n.map(|n| n.checked_add(d.len())));
    let Some(Some(total)) = total else { return Err(cx.overflow_error("join() result is too long")) };
    let mut out = room_or_error(cx, Some(total))?;
    for (i, d) in all.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(&sep);
        }
        out.extend_from_slice(d);
    }
    F::make(cx, out).map(Into::into)
}

/// `replace`
pub fn replace<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (old, new) = (operand(cx, a[1])?, operand(cx, a[2])?);
    let limit = match a[3].given() {
        Some(n) => int::index_i64(cx, n)?,
        None => -1,
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let done = F::read(a[0], |d| {
        if new.len() > old.len() && d.len().saturating_mul(new.len()) > 1 << 30 {
            // The size is checked before anything is built.
            let n = algorithm::count(d, &old).min(limit);
            let total = n.checked_mul(new.len() - old.len()).and_then(|n| n.checked_add(d.len()));
            if total.and_then(super::shared::room).is_none() {
                return Err(());
            }
        }
        Ok(algorithm::replace(d, &old, &new, limit))
    });
    match done {
        Ok(Some(v)) => F::make(cx, v).map(Into::into),
        Ok(None) => F::same(cx, a[0]).map(Into::into),
        Err(()) => Err(cx.memory_error()),
    }
}

fn fill_byte(cx: &mut Cx, v: Ref<'_>, name: &str) -> PyResult<u8> {
    let Some(v) = v.given() else { return Ok(b' ') };
    if !is_bytes(v) {
        let n = crate::types::str::methods::shown_type(v);
        return Err(cx.type_error(format!("{name}() argument 2 must be a byte string of length 1, not {n}")));
    }
    let d = operand(cx, v)?;
    match d[..] {
        [b] => Ok(b),
        _ => {
            let n = if v.downcast::<super::Bytes>().is_some() { "bytes" } else { "bytearray" };
            let m = d.len();
            Err(cx.type_error(format!("{name}(): argument 2 must be a byte string of length 1, not a {n} object of length {m}")))
        }
    }
}

fn padded<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>], name: &str, sides: fn(usize, usize) -> (usize, usize)) -> PyResult<Reg> {
    let width = int::index_i64(cx, a[1])?.max(0) as usize;
    let fill = fill_byte(cx, a[2], name)?;
    let done = F::read(a[0], |d| {
        if d.len() >= width {
            return Some(None);
        }
        let (left, right) = sides(d.len(), width);
        let mut out = super::shared::room(width)?;
        out.resize(left, fill);
        out.extend_from_slice(d);
        out.resize(left + d.len() + right, fill);
        Some(Some(out))
    });
    match done {
        Some(Some(v)) => F::make(cx, v).map(Into::into),
        Some(None) => F::same(cx, a[0]).map(Into::into),
        None => Err(cx.memory_error()),
    }
}
/// `center`
pub fn center<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    padded::<F>(cx, a, "center", cut::centre_padding)
}
/// `ljust`
pub fn ljust<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    padded::<F>(cx, a, "ljust", |n, width| (0, width - n))
}
/// `rjust`
pub fn rjust<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    padded::<F>(cx, a, "rjust", |n, width| (width - n, 0))
}
/// `zfill`
pub fn zfill<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let width = int::index_i64(cx, a[1])?.max(0) as usize;
    drop(room_or_error(cx, Some(width))?);
    match F::read(a[0], |d| cut::zero_fill(d, width)) {
        Some(v) => F::make(cx, v).map(Into::into),
        None => F::same(cx, a[0]).map(Into::into),
    }
}
/// `expandtabs`
pub fn expand_tabs<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let size = pad::tab_size(cx, a[1])?;
    let n = F::read(a[0], |d| pad::expanded_len(d.iter().map(|b| u32::from(*b)), size.max(0) as usize));
    let Some(n) = n else { return Err(cx.overflow_error("result too long")) };
    drop(room_or_error(cx, Some(n))?);
    match F::read(a[0], |d| cut::expand_tabs(d, size)) {
        Some(v) => F::make(cx, v).map(Into::into),
        None => F::same(cx, a[0]).map(Into::into),
    }
}

/// `translate`
pub fn translate<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let table = match a[1].is_none() {
        true => None,
        false => Some(operand(cx, a[1])?),
    };
    let table: Option<&[u8; 256]> = match &table {
        None => None,
        Some(t) => match <&[u8; 256]>::try_from(&t[..]) {
            Ok(t) => Some(t),
            Err(_) => return Err(cx.value_error("translation table must be 256 characters long")),
        },
    };
    let delete = a[2].given().map(|d| operand(cx, d)).transpose()?;
    let (out, changed) = F::read(a[0], |d| {
        let out = cut::translate_bytes(d, table, delete.as_deref().unwrap_or(&[]));
        let changed = out != d;
        (out, changed)
    });
    if changed { F::make(cx, out).map(Into::into) } else { F::same(cx, a[0]).map(Into::into) }
}

/// `maketrans`
pub fn maketrans(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (from, to) = (operand(cx, a[0])?, operand(cx, a[1])?);
    if from.len() != to.len() {
        return Err(cx.value_error("maketrans arguments must have same length"));
    }
    let mut table: Vec<u8> = (0..=255).collect();
    for (f, t) in from.iter().zip(to.iter()) {
        table[usize::from(*f)] = *t;
    }
    super::shared::new_bytes(cx, &table).map(Into::into)
}

/// `decode`
pub fn decode<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let encoding = a[1].given().map(|v| expect(cx, v, "decode() argument 'encoding'")).transpose()?;
    let errors = a[2].given().map(|v| expect(cx, v, "decode() argument 'errors'")).transpose()?;
    codecs::decode_object(cx, a[0], encoding, errors).map(Into::into)
}

/// The separator of `hex`.
fn separator(cx: &mut Cx, v: Ref<'_>) -> PyResult<u8> {
    let n = crate::protocol::item::len(cx, v)?;
    if n != 1 {
        return Err(cx.value_error("sep must be length 1."));
    }
    let c = match as_str(v) {
        Some(s) => s.units().at(0),
        None if is_bytes(v) => operand(cx, v)?.first().copied().unwrap_or(0).into(),
        None => return Err(cx.type_error("sep must be str or bytes.")),
    };
    match u8::try_from(c) {
        Ok(b) if b.is_ascii() => Ok(b),
        _ => Err(cx.value_error("sep must be ASCII.")),
    }
}

/// `hex(sep, bytes_per_sep)` of data that `read` gives.
pub fn hex_of(cx: &mut Cx, sep: Ref<'_>, group: Ref<'_>, data: impl FnOnce() -> Vec<u8>) -> PyResult<Reg> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let sep = sep.given().map(|s| separator(cx, s)).transpose()?;
    let group = match group.given() {
        Some(g) => i64::from(int::c_int(cx, g)?),
        None => 1,
    };
    let data = data();
    let n = group.unsigned_abs() as usize;
    let mut out = room_or_error(cx, data.len().checked_mul(3))?;
    for (i, b) in data.iter().enumerate() {
        if let Some(sep) = sep
            && n > 0
            && i > 0
            && (if group > 0 { (data.len() - i).is_multiple_of(n) } else { i.is_multiple_of(n) })
        {
            out.push(sep);
        }
        out.push(DIGITS[usize::from(b >> 4)]);
        out.push(DIGITS[usize::from(b & 15)]);
    }
    text_of_latin1(cx, &out)
}

/// `hex`
pub fn hex<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    hex_of(cx, a[1], a[2], || F::read(a[0], |d| d.to_vec()))
}

/// `fromhex`
pub fn fromhex<F: Flavour>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data: Vec<u32> = if let Some(s) = as_str(a[1]) {
        s.units().to_vec()
    } else if crate::protocol::buffer::is_exporter(a[1]) {
        operand(cx, a[1])?.iter().map(|b| u32::from(*b)).collect()
    } else {
        let n = crate::types::str::methods::shown_type(a[1]);
        return Err(cx.type_error(format!("fromhex() argument must be str or bytes-like, not {n}")));
    };
    let digit = |i: usize| data.get(i).and_then(|c| char::from_u32(*c)).and_then(|c| c.to_digit(16));
    let mut out = Vec::with_capacity(data.len() / 2);
    let mut i = 0;
    while i < data.len() {
        if cut::is_ascii_space(data[i]) {
            i += 1;
            continue;
        }
        let bad = match (digit(i), digit(i + 1)) {
            (Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                i += 2;
                continue;
            }
            (None, _) => i,
            (Some(_), None) if i + 1 >= data.len() => {
                return Err(cx.value_error("fromhex() arg must contain an even number of hexadecimal digits"));
            }
            _ => i + 1,
        };
        return Err(cx.value_error(format!("non-hexadecimal number found in fromhex() arg at position {bad}")));
    }
    let made = F::make(cx, out)?;
    // SAFETY: class methods get types.
    let t = unsafe { a[0].cast::<Type>() };
    if t.id == F::ID {
        return Ok(made.into());
    }
    crate::protocol::call::positional(cx, a[0], &[made.as_ref()]).map(Into::into)
}

/// `v % args`
pub fn modulo<F: Flavour>(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    if !type_of(a).has_layout(F::ID) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let format = F::read(a, |d| d.to_vec());
    let out = crate::types::str::percent::format_bytes(cx, &format, b)?;
    F::make(cx, out).map(Into::into)
}

/// `v * n`
pub fn repeat<F: Flavour>(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let n = int::index_size(cx, b)?.max(0) as usize;
    if n == 1 {
        return F::same(cx, a).map(Into::into);
    }
    match F::read(a, |d| repeated(d, n)) {
        Some(v) => F::make(cx, v).map(Into::into),
        None => Err(cx.memory_error()),
    }
}

/// Data `n` times; `None` when out of memory.
pub fn repeated(d: &[u8], n: usize) -> Option<Vec<u8>> {
    let mut v = super::shared::room(d.len().checked_mul(n)?)?;
    if let [b] = d {
        v.resize(n, *b);
    } else {
        (0..n).for_each(|_| v.extend_from_slice(d));
    }
    Some(v)
}

/// `a + b`
pub fn concat<F: Flavour>(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    if !crate::protocol::buffer::is_exporter(b) {
        let n = type_of(b).name_text();
        return Err(cx.type_error(format!("can't concat {n} to {}", type_of(a).name_text())));
    }
    let y = operand(cx, b)?;
    let out = F::read(a, |x| {
        let mut v = super::shared::room(x.len().checked_add(y.len())?)?;
        v.extend_from_slice(x);
        v.extend_from_slice(&y);
        Some(v)
    });
    match out {
        Some(v) => F::make(cx, v).map(Into::into),
        None => Err(cx.memory_error()),
    }
}

/// Everything that makes bytes of `source`: an int, an iterable of ints, something bytes-like.
pub fn from_source(cx: &mut Cx, source: Ref<'_>, type_name: &str, range_message: &'static str) -> PyResult<Vec<u8>> {
    if source.word().is_int() || (type_of(source).slots.index().is_some() && !crate::protocol::buffer::is_exporter(source)) {
        let n = match int::index_size(cx, source) {
            Ok(n) => n,
            Err(e) => {
                // What is no int after all may still be iterable.
                drop(cx.catch_if(e, crate::types::exception::ids::TYPE_ERROR)?);
                return from_iterable(cx, source, type_name, range_message);
            }
        };
        let Ok(n) = usize::try_from(n) else { return Err(cx.value_error("negative count")) };
        let mut v = room_or_error(cx, Some(n))?;
        v.resize(n, 0);
        return Ok(v);
    }
    if let Some(b) = source.exact::<crate::types::bytearray::ByteArray>() {
        // Under its lock, not exported: others may change its length as they like.
        return Ok(b.read(<[u8]>::to_vec));
    }
    if crate::protocol::buffer::is_exporter(source) {
        return Ok(crate::protocol::buffer::get(cx, source, crate::protocol::buffer::wanted::FULL_RO)?.to_vec());
    }
    from_iterable(cx, source, type_name, range_message)
}

fn from_iterable(cx: &mut Cx, source: Ref<'_>, type_name: &str, range_message: &'static str) -> PyResult<Vec<u8>> {
    let t = type_of(source);
    if as_str(source).is_some() || (t.slots.iter().is_none() && t.slots.getitem().is_none()) {
        let n = t.name_text();
        return Err(cx.type_error(format!("cannot convert '{n}' object to {type_name}")));
    }
    let mut out = Vec::new();
    crate::protocol::iter::for_each(cx, source, |cx, x| {
        out.push(item(cx, x.as_ref(), range_message)?);
        Ok(())
    })?;
    Ok(out)
}

/// An item of an iterable of ints.
pub fn item(cx: &mut Cx, v: Ref<'_>, range_message: &'static str) -> PyResult<u8> {
    let i = int::index(cx, v)?;
    match int::as_int(i.as_ref()).and_then(int::IntRef::to_i64).and_then(|i| u8::try_from(i).ok()) {
        Some(b) => Ok(b),
        None => Err(cx.value_error(range_message)),
    }
}

/// The arguments of `bytes()` and `bytearray()`.
pub struct Given<'a> {
    /// `source`
    pub source: Option<Ref<'a>>,
    /// `encoding`
    pub encoding: Option<&'a Str>,
    /// `errors`
    pub errors: Option<&'a Str>,
}

/// Binds `(source=b'', encoding='utf-8', errors='strict')`.
pub fn bind<'a>(cx: &mut Cx, name: &str, args: crate::Args<'a>) -> PyResult<Given<'a>> {
    let total = args.items.len();
    if total > 3 {
        return Err(cx.type_error(format!("{name}() takes at most 3 arguments ({total} given)")));
    }
    let mut given = [None; 3];
    for (slot, v) in given.iter_mut().zip(args.positional()) {
        *slot = Some(*v);
    }
    for (n, v) in args.keywords() {
        let n = n.exact::<Str>().map(Str::to_string_lossy).unwrap_or_default();
        let Some(i) = ["source", "encoding", "errors"].iter().position(|x| *x == n) else {
            return Err(cx.type_error(format!("{name}() got an unexpected keyword argument '{n}'")));
        };
        if given[i].is_some() {
            return Err(cx.type_error(format!("argument for {name}() given by name ('{n}') and position ({})", i + 1)));
        }
        given[i] = Some(v);
    }
    let [source, encoding, errors] = given;
    let encoding = encoding.map(|e| expect(cx, e, &format!("{name}() argument 'encoding'"))).transpose()?;
    let errors = errors.map(|e| expect(cx, e, &format!("{name}() argument 'errors'"))).transpose()?;
    Ok(Given { source, encoding, errors })
}

impl Given<'_> {
    /// The bytes of a str source; `None` when the source is no str. Raises when encoding and source do not go together.
    pub fn encoded(&self, cx: &mut Cx) -> PyResult<Option<Value>> {
        match self.source.filter(|s| as_str(*s).is_some()) {
            Some(s) if self.encoding.is_some() => codecs::encode_object(cx, s, self.encoding, self.errors).map(Some),
            Some(_) => Err(cx.type_error("string argument without an encoding")),
            None if self.encoding.is_some() => Err(cx.type_error("encoding without a string argument")),
            None if self.errors.is_some() => Err(cx.type_error("errors without a string argument")),
            None => Ok(None),
        }
    }
}

/// The rows that both types have, and then more.
#[macro_export]
macro_rules! byte_methods {
    ($f:ty; $($more:expr,)*) => { &[
        method("capitalize", "($self, /)", |cx, a| flavour::mapped::<$f>(cx, a, flavour::capitalize_bytes), "A copy with an upper case first byte and the others in lower case."),
        method("center", "($self, width, fillchar=b' ', /)", flavour::center::<$f>, "A copy in the middle of the given width."),
        method("count", "($self, sub, start=None, end=None, /)", flavour::count::<$f>, "How often a byte or bytes occur in the slice, without overlaps."),
        method("decode", "($self, /, encoding='utf-8', errors='strict')", flavour::decode::<$f>, "The text that the bytes stand for in an encoding."),
        method("endswith", "($self, suffix, start=None, end=None, /)", flavour::endswith::<$f>, "Whether the slice ends with the suffix, or with one of a tuple of them."),
        method("expandtabs", "($self, /, tabsize=8)", flavour::expand_tabs::<$f>, "A copy with tabs replaced by spaces."),
        method("find", "($self, sub, start=None, end=None, /)", flavour::find::<$f>, "Index of the first occurrence within the slice, or -1."),
        class_method("fromhex", "($type, string, /)", flavour::fromhex::<$f>, "The bytes that pairs of hexadecimal digits stand for."),
        method("hex", "($self, /, sep=<unrepresentable>, bytes_per_sep=1)", flavour::hex::<$f>, "The bytes as hexadecimal digits, with separators between groups counted from the right, or from the left when negative."),
        method("index", "($self, sub, start=None, end=None, /)", flavour::index::<$f>, "Index of the first occurrence within the slice; ValueError when there is none."),
        method("isalnum", "($self, /)", |_, a| flavour::test::<$f>(a, flavour::is_alnum), "Whether there are bytes, all ASCII letters or digits."),
        method("isalpha", "($self, /)", |_, a| flavour::test::<$f>(a, flavour::is_alpha), "Whether there are bytes, all ASCII letters."),
        method("isascii", "($self, /)", |_, a| flavour::test::<$f>(a, <[u8]>::is_ascii), "Whether all bytes are ASCII."),
        method("isdigit", "($self, /)", |_, a| flavour::test::<$f>(a, flavour::is_digit), "Whether there are bytes, all ASCII digits."),
        method("islower", "($self, /)", |_, a| flavour::test::<$f>(a, flavour::is_lower_bytes), "Whether there are ASCII letters, all lower case."),
        method("isspace", "($self, /)", |_, a| flavour::test::<$f>(a, flavour::is_space), "Whether there are bytes, all ASCII whitespace."),
        method("istitle", "($self, /)", |_, a| flavour::test::<$f>(a, flavour::is_title_bytes), "Whether every word begins in upper and goes on in lower case."),
        method("isupper", "($self, /)", |_, a| flavour::test::<$f>(a, flavour::is_upper_bytes), "Whether there are ASCII letters, all upper case."),
        method("join", "($self, iterable_of_bytes, /)", flavour::join::<$f>, "The bytes of an iterable one behind the other, with these between them."),
        method("ljust", "($self, width, fillchar=b' ', /)", flavour::ljust::<$f>, "A copy at the left of the given width."),
        method("lower", "($self, /)", |cx, a| flavour::mapped::<$f>(cx, a, flavour::lower), "A copy with ASCII letters in lower case."),
        method("lstrip", "($self, bytes=None, /)", flavour::lstrip::<$f>, "A copy without leading whitespace, or without leading bytes of the argument."),
        function("maketrans", "(frm, to, /)", flavour::maketrans, "A table for translate."),
        method("partition", "($self, sep, /)", flavour::partition::<$f>, "What is before the first separator, the separator, and what is after it."),
        method("replace", "($self, old, new, count=-1, /)", flavour::replace::<$f>, "A copy with occurrences of old replaced by new; only the first count ones unless count is negative."),
        method("removeprefix", "($self, prefix, /)", flavour::removeprefix::<$f>, "A copy without the prefix if it has it."),
        method("removesuffix", "($self, suffix, /)", flavour::removesuffix::<$f>, "A copy without the suffix if it has it."),
        method("rfind", "($self, sub, start=None, end=None, /)", flavour::rfind::<$f>, "Index of the last occurrence within the slice, or -1."),
        method("rindex", "($self, sub, start=None, end=None, /)", flavour::rindex::<$f>, "Index of the last occurrence within the slice; ValueError when there is none."),
        method("rjust", "($self, width, fillchar=b' ', /)", flavour::rjust::<$f>, "A copy at the right of the given width."),
        method("rpartition", "($self, sep, /)", flavour::rpartition::<$f>, "What is before the last separator, the separator, and what is after it."),
        method("rsplit", "($self, /, sep=None, maxsplit=-1)", flavour::rsplit::<$f>, "As split, but limited splits are taken from the right."),
        method("rstrip", "($self, bytes=None, /)", flavour::rstrip::<$f>, "A copy without trailing whitespace, or without trailing bytes of the argument."),
        method("split", "($self, /, sep=None, maxsplit=-1)", flavour::split::<$f>, "The parts between separators (whitespace when there is none), from the left."),
        method("splitlines", "($self, /, keepends=False)", flavour::split_lines::<$f>, "The lines, with their ends if keepends is true."),
        method("startswith", "($self, prefix, start=None, end=None, /)", flavour::startswith::<$f>, "Whether the slice begins with the prefix, or with one of a tuple of them."),
        method("strip", "($self, bytes=None, /)", flavour::strip::<$f>, "A copy without whitespace around it, or without bytes of the argument."),
        method("swapcase", "($self, /)", |cx, a| flavour::mapped::<$f>(cx, a, flavour::swap_case_bytes), "A copy with upper and lower case of ASCII letters exchanged."),
        method("title", "($self, /)", |cx, a| flavour::mapped::<$f>(cx, a, flavour::title_bytes), "A copy in which every word begins in upper case."),
        method("translate", "($self, table, /, delete=b'')", flavour::translate::<$f>, "A copy mapped through a table of 256 bytes, without the bytes to delete."),
        method("upper", "($self, /)", |cx, a| flavour::mapped::<$f>(cx, a, flavour::upper), "A copy with ASCII letters in upper case."),
        method("zfill", "($self, width, /)", flavour::zfill::<$f>, "A copy filled up with zeros behind its sign."),
        $($more,)*
    ] };
}
