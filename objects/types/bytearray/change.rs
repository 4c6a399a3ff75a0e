//! What changes a bytearray.

use super::{ByteArray, Refused, Storage};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::protocol::{buffer, iter};
use crate::types::bytes::flavour::{from_source, repeated};
use crate::types::bytes::shared::{Operand, byte, operand};
use crate::types::int;
use crate::types::slice::{self, Slice};
use crate::types::str::as_str;
use crate::types::type_::type_of;
use crate::types::{bytes, exception};
use gc::{Ref, Reg, Value};

fn me(v: Ref<'_>) -> &ByteArray {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<ByteArray>() }
}

/// Where an index points to in `n` bytes.
fn place(i: i64, n: usize) -> Option<usize> {
    let i = if i < 0 { i.saturating_add(n as i64) } else { i };
    usize::try_from(i).ok().filter(|i| *i < n)
}

/// An index argument of `v[i]`.
pub fn subscript(cx: &mut Cx, key: Ref<'_>) -> PyResult<i64> {
    if !key.word().is_int() && type_of(key).slots.index().is_none() {
        let n = type_of(key).name_text();
        return Err(cx.type_error(format!("bytearray indices must be integers or slices, not {n}")));
    }
    int::subscript_index(cx, key)
}

/// `v[key]`
pub fn get(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    if let Some(k) = key.exact::<Slice>() {
        let (start, stop, step) = k.unpack(cx)?;
        let out = me(v).read(|d| {
            let ix = slice::adjust(start, stop, step, d.len());
            let mut out = bytes::shared::room(ix.count)?;
            if ix.step == 1 && ix.count > 0 {
                let from = ix.start as usize;
                out.extend_from_slice(&d[from..from + ix.count]);
            } else {
                out.extend((0..ix.count).map(|k| d[(ix.start + k as i64 * ix.step) as usize]));
            }
            Some(out)
        });
        return match out {
            Some(v) => Ok(ByteArray::new(v).into()),
            None => Err(cx.memory_error()),
        };
    }
    let i = subscript(cx, key)?;
    match me(v).read(|d| place(i, d.len()).map(|i| d[i])) {
        Some(b) => Ok(int::reg(b.into())),
        None => Err(cx.index_error("bytearray index out of range")),
    }
}

/// The bytes assigned to a slice.
fn assigned<'a>(cx: &mut Cx, v: Ref<'a>) -> PyResult<Operand<'a>> {
    if buffer::is_exporter(v) {
        return operand(cx, v);
    }
    let t = type_of(v);
    if as_str(v).is_some() || t.slots.index().is_some() || t.slots.int().is_some() || t.slots.float().is_some() {
        return Err(cx.type_error("can assign only bytes, buffers, or iterables of ints in range(0, 256)"));
    }
    from_source(cx, v, "bytearray", "byte must be in range(0, 256)").map(Operand::Owned)
}

/// `v[key] = value` and `del v[key]`
pub fn set(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    if let Some(k) = key.exact::<Slice>() {
        let new = match value {
            Some(value) => assigned(cx, value)?,
            None => Operand::Borrowed(&[]),
        };
        let (start, stop, step) = k.unpack(cx)?;
        return me(v).change(cx, |s| set_slice(s, start, stop, step, &new, value.is_none()));
    }
    let i = subscript(cx, key)?;
    let b = value.map(|value| byte(cx, value)).transpose()?;
    me(v).change(cx, |s| {
        let Some(i) = place(i, s.data().len()) else { return Err(Refused::Index("bytearray index out of range")) };
        match b {
            Some(b) => {
                s.data_mut()[i] = b;
                Ok(())
            }
            None => s.splice(i, i + 1, &[]),
        }
    })
}

fn set_slice(s: &mut Storage, start: Option<i64>, stop: Option<i64>, step: i64, new: &[u8], delete: bool) -> Result<(), Refused> {
    let ix = slice::adjust(start, stop, step, s.data().len());
    if step == 1 {
        let from = ix.start as usize;
        return s.splice(from, from + ix.count, new);
    }
    if !delete && !new.is_empty() && new.len() != ix.count {
        return Err(Refused::Value(format!("attempt to assign bytes of size {} to extended slice of size {}", new.len(), ix.count)));
    }
    if ix.count == 0 {
        return Ok(());
    }
    let at = |k: usize| (ix.start + k as i64 * ix.step) as usize;
    if new.len() == ix.count {
        for (k, b) in new.iter().enumerate() {
            s.data_mut()[at(k)] = *b;
        }
        return Ok(());
    }
    if s.exports > 0 {
        return Err(Refused::Exported);
    }
    // Keeps what no index of the slice names.
    let (low, high) = if ix.step > 0 { (at(0), at(ix.count - 1)) } else { (at(ix.count - 1), at(0)) };
    let stride = ix.step.unsigned_abs() as usize;
    let first = s.start;
    let mut kept = first + low;
    for at in low..s.data().len() {
        let named = at <= high && (at - low).is_multiple_of(stride);
        if !named {
            s.buffer[kept] = s.buffer[first + at];
            kept += 1;
        }
    }
    s.buffer.truncate(kept);
    Ok(())
}

/// `append`
pub fn append(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let b = byte(cx, a[1])?;
    me(a[0]).change(cx, |s| s.push(b))?;
    Ok(Value::NONE.into())
}

fn push_all(cx: &mut Cx, v: Ref<'_>, data: &[u8]) -> PyResult<()> {
    me(v).change(cx, |s| {
        let n = s.data().len();
        s.splice(n, n, data)
    })
}

/// `extend`
pub fn extend(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let v = a[1];
    if buffer::is_exporter(v) {
        let data = operand(cx, v)?;
        push_all(cx, a[0], &data)?;
        return Ok(Value::NONE.into());
    }
    if as_str(v).is_some() {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("expected iterable of integers; got: '{n}'")));
    }
    let it = match iter::iter(cx, v) {
        Ok(it) => it.into_value(),
        Err(e) => {
            drop(cx.catch_if(e, exception::ids::TYPE_ERROR)?);
            let n = type_of(v).name_text();
            return Err(cx.type_error(format!("can't extend bytearray with {n}")));
        }
    };
    let mut data = Vec::new();
    while let Some(x) = iter::next(cx, it.as_ref())? {
        let x = x.into_value();
        data.push(byte(cx, x.as_ref())?);
    }
    push_all(cx, a[0], &data)?;
    Ok(Value::NONE.into())
}

/// `insert`
pub fn insert(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let i = int::index_i64(cx, a[1])?;
    let b = byte(cx, a[2])?;
    me(a[0]).change(cx, |s| {
        let n = s.data().len();
        let at = if i < 0 { i.saturating_add(n as i64).max(0) as usize } else { (i as usize).min(n) };
        s.splice(at, at, &[b])
    })?;
    Ok(Value::NONE.into())
}

/// `pop`
pub fn pop(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let i = match a[1].given() {
        Some(i) => int::index_i64(cx, i)?,
        None => -1,
    };
    let b = me(a[0]).change(cx, |s| {
        if s.data().is_empty() {
            return Err(Refused::Index("pop from empty bytearray"));
        }
        let Some(at) = place(i, s.data().len()) else { return Err(Refused::Index("pop index out of range")) };
        let b = s.data()[at];
        s.splice(at, at + 1, &[])?;
        Ok(b)
    })?;
    Ok(int::reg(b.into()))
}

/// `remove`
pub fn remove(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let b = byte(cx, a[1])?;
    me(a[0]).change(cx, |s| match memchr::memchr(b, s.data()) {
        Some(i) => s.splice(i, i + 1, &[]),
        None => Err(Refused::Value("value not found in bytearray".to_string())),
    })?;
    Ok(Value::NONE.into())
}

/// `clear`
pub fn clear(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    me(a[0]).change(cx, |s| s.resize(0))?;
    Ok(Value::NONE.into())
}

/// `reverse`
pub fn reverse(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    me(a[0]).change(cx, |s| {
        s.data_mut().reverse();
        Ok(())
    })?;
    Ok(Value::NONE.into())
}

/// `resize`
pub fn resize(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::index_i64(cx, a[1])?;
    let Ok(size) = usize::try_from(n) else {
        return Err(cx.value_error(format!("Can only resize to positive sizes, got {n}")));
    };
    me(a[0]).change(cx, |s| s.resize(size))?;
    Ok(Value::NONE.into())
}

/// `v += other`
pub fn iconcat(cx: &mut Cx, v: Ref<'_>, other: Ref<'_>) -> PyResult<Reg> {
    if !buffer::is_exporter(other) {
        let (n, m) = (type_of(other).name_text(), type_of(v).name_text());
        return Err(cx.type_error(format!("can't concat {n} to {m}")));
    }
    let data = operand(cx, other)?;
    push_all(cx, v, &data)?;
    Ok(v.to_value().into())
}

/// `v *= n`
pub fn irepeat(cx: &mut Cx, v: Ref<'_>, n: Ref<'_>) -> PyResult<Reg> {
    let n = int::index_size(cx, n)?.max(0) as usize;
    me(v).change(cx, |s| {
        if n == 1 {
            return Ok(());
        }
        let all = repeated(s.data(), n).ok_or(Refused::NoMemory)?;
        s.set(all)
    })?;
    Ok(v.to_value().into())
}
