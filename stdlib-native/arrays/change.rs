//! Methods that change arrays.

use super::{Array, Format, Item, array, as_array, bytes_of, bytes_of_text, format_of, refused};
use gc::{Ref, Reg, Value};
use objects::protocol::{buffer, call, compare, iter};
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::new_bytes;
use objects::types::int;
use objects::types::list::List;
use objects::types::slice::{self, Slice};
use objects::types::str::{Str, as_str};
use objects::types::type_::slots::Compare;
use objects::types::type_::{Downcast, type_of};
use objects::{Cx, PyResult, names};

fn nothing() -> PyResult<Reg> {
    Ok(Value::NONE.into())
}

/// Replaces items by bytes.
pub fn splice(cx: &mut Cx, a: &Array, from: usize, to: usize, new: &[u8]) -> PyResult<()> {
    a.with(cx, |s| s.splice(from, to, new)).map_err(|r| refused(cx, r))
}

/// Adds bytes at the end.
pub fn add(cx: &mut Cx, a: &Array, new: &[u8]) -> PyResult<()> {
    splice(cx, a, usize::MAX, usize::MAX, new)
}

/// `append`
pub fn append(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let me = array(a[0]);
    let f = format_of(cx, me);
    let x = f.put(cx, a[1])?;
    add(cx, me, &x)?;
    nothing()
}

/// `insert`
pub fn insert(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let me = array(a[0]);
    let i = int::index_i64(cx, a[1])?;
    let f = format_of(cx, me);
    let x = f.put(cx, a[2])?;
    let r = me.with(cx, |s| {
        let n = s.len() as i64;
        let at = if i < 0 { (i.saturating_add(n)).max(0) } else { i.min(n) } as usize;
        s.splice(at, at, &x)
    });
    r.map_err(|r| refused(cx, r))?;
    nothing()
}

/// What is added by `extend` and `+=`.
pub fn extend_by(cx: &mut Cx, me: &Array, other: Ref<'_>) -> PyResult<()> {
    let f = format_of(cx, me);
    if let Some(o) = as_array(other) {
        let (g, data) = bytes_of(cx, o);
        if f != g {
            return Err(cx.type_error("can only extend with array of same kind"));
        }
        return add(cx, me, &data);
    }
    extend_items(cx, me, f, other)
}

/// Adds the items of an iterable, one by one.
pub fn extend_items(cx: &mut Cx, me: &Array, f: Format, other: Ref<'_>) -> PyResult<()> {
    let it = iter::iter(cx, other)?.into_value();
    while let Some(v) = iter::next(cx, it.as_ref())? {
        let v = v.into_value();
        let x = f.put(cx, v.as_ref())?;
        add(cx, me, &x)?;
        cx.poll()?;
    }
    Ok(())
}

/// `pop`
pub fn pop(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let me = array(a[0]);
    let i = a[1].given().map_or(Ok(-1), |v| int::index_i64(cx, v))?;
    let f = format_of(cx, me);
    let r: Result<Item, Option<super::Refused>> = me.with(cx, |s| {
        let n = s.len() as i64;
        let at = if i < 0 { i.saturating_add(n) } else { i };
        if at < 0 || at >= n {
            return Err(None);
        }
        let at = at as usize;
        match s.item(at) {
            Some(x) => s.splice(at, at + 1, &[]).map(|()| x).map_err(Some),
            None => Err(None),
        }
    });
    match r {
        Ok(x) => f.get(cx, &x).map(Reg::from),
        Err(Some(r)) => Err(refused(cx, r)),
        Err(None) if me.with(cx, |s| s.is_empty()) => Err(cx.index_error("pop from empty array")),
        Err(None) => Err(cx.index_error("pop index out of range")),
    }
}

/// Where the first item equal to `x` stands, from `start` to `stop`.
pub fn find(cx: &mut Cx, me: &Array, x: Ref<'_>, start: usize, stop: usize) -> PyResult<Option<usize>> {
    let f = format_of(cx, me);
    let mut i = start;
    while i < stop {
        let Some(b) = me.with(cx, |s| s.item(i)) else { return Ok(None) };
        let v = f.get(cx, &b)?;
        if compare::holds(cx, v.as_ref(), x, Compare::Eq)? {
            return Ok(Some(i));
        }
        i += 1;
    }
    Ok(None)
}

/// `remove`
pub fn remove(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let me = array(a[0]);
    match find(cx, me, a[1], 0, usize::MAX)? {
        Some(i) => splice(cx, me, i, i + 1, &[])?,
        None => return Err(cx.value_error("array.remove(x): x not in array")),
    }
    nothing()
}

/// `reverse`
pub fn reverse(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    array(a[0]).with(cx, |s| {
        // Whole items, so that who reads the memory through a view meets no halves of two.
        let n = s.format.size();
        let middle = s.len() / 2 * n;
        let (front, back) = s.data.split_at_mut(middle);
        for (a, b) in front.chunks_exact_mut(n).zip(back.rchunks_exact_mut(n)) {
            a.swap_with_slice(b);
        }
    });
    nothing()
}

/// `byteswap`
pub fn byteswap(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    array(a[0]).with(cx, |s| {
        let n = s.format.size();
        s.data.chunks_mut(n).for_each(<[u8]>::reverse);
    });
    nothing()
}

/// `clear`
pub fn clear(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    splice(cx, array(a[0]), 0, usize::MAX, &[])?;
    nothing()
}

/// `fromlist`: all or nothing.
pub fn from_list(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let me = array(a[0]);
    let Some(l) = a[1].downcast::<List>() else { return Err(cx.type_error("arg must be list")) };
    let f = format_of(cx, me);
    let n = l.len();
    let mut data = Vec::with_capacity(n * f.size());
    for v in l.snapshot(cx) {
        data.extend_from_slice(&f.put(cx, v.as_ref())?);
        if l.len() != n {
            return Err(cx.runtime_error("list changed size during iteration"));
        }
    }
    add(cx, me, &data)?;
    nothing()
}

/// `frombytes`
pub fn from_bytes(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let me = array(a[0]);
    let data = buffer::bytes_of(cx, a[1])?;
    if data.len() % format_of(cx, me).size() != 0 {
        return Err(cx.value_error("bytes length not a multiple of item size"));
    }
    add(cx, me, &data)?;
    nothing()
}

/// `fromunicode`
pub fn from_unicode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let me = array(a[0]);
    let Some(s) = as_str(a[1]) else {
        let n = if a[1].is_none() { "None".into() } else { type_of(a[1]).shown_name() };
        return Err(cx.type_error(format!("fromunicode() argument must be str, not {n}")));
    };
    if !format_of(cx, me).is_text() {
        return Err(cx.value_error("fromunicode() may only be called on unicode type arrays ('u' or 'w')"));
    }
    add(cx, me, &bytes_of_text(s))?;
    nothing()
}

/// `fromfile`
pub fn from_file(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let me = array(a[0]);
    let n = int::index_i64(cx, a[2])?;
    if n < 0 {
        return Err(cx.value_error("negative count"));
    }
    let size = format_of(cx, me).size() as i64;
    let Some(wanted) = n.checked_mul(size) else { return Err(cx.memory_error()) };
    let b = call::method(cx, a[1], names::read(), &[int::from_i64(wanted).as_ref()])?.into_value();
    let Some(d) = b.as_ref().downcast::<Bytes>() else { return Err(cx.type_error("read() didn't return bytes")) };
    let got = d.data().len() as i64;
    let whole = (got - got % size) as usize;
    if got == wanted || got % size == 0 {
        add(cx, me, &d.data()[..whole])?;
    } else {
        return Err(cx.value_error("bytes length not a multiple of item size"));
    }
    if got != wanted {
        return Err(cx.error(objects::types::exception::ids::EOF_ERROR, "read() didn't return enough bytes"));
    }
    nothing()
}

/// `tofile`
pub fn to_file(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (_, data) = bytes_of(cx, array(a[0]));
    for part in data.chunks(1 << 16) {
        let b = new_bytes(cx, part)?;
        drop(call::method(cx, a[1], names::write(), &[b.as_ref()])?);
    }
    nothing()
}

/// `a[i] = v`, `del a[i]`, and the same for slices.
pub fn set_item(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let me = array(v);
    if let Some(s) = key.downcast::<Slice>() {
        return set_slice(cx, me, s, value);
    }
    if !key.word().is_int() && type_of(key).slots.index().is_none() {
        return Err(cx.type_error("array indices must be integers"));
    }
    let i = int::subscript_index(cx, key)?;
    let new = match value {
        Some(x) => Some(format_of(cx, me).put(cx, x)?),
        None => None,
    };
    let r = me.with(cx, |s| {
        let n = s.len() as i64;
        let at = if i < 0 { i.saturating_add(n) } else { i };
        if at < 0 || at >= n {
            return Ok(false);
        }
        match &new {
            Some(x) => Ok(s.set(at as usize, x)),
            None => s.splice(at as usize, at as usize + 1, &[]).map(|()| true),
        }
    });
    match r {
        Ok(true) => Ok(()),
        Ok(false) => Err(cx.index_error("array assignment index out of range")),
        Err(r) => Err(refused(cx, r)),
    }
}

fn set_slice(cx: &mut Cx, me: &Array, s: &Slice, value: Option<Ref<'_>>) -> PyResult<()> {
    let f = format_of(cx, me);
    let new = match value {
        None => Vec::new(),
        Some(v) => match as_array(v) {
            Some(o) => {
                let (g, data) = bytes_of(cx, o);
                if f != g {
                    return Err(cx.type_error("bad argument type for built-in operation"));
                }
                data
            }
            None => {
                let n = type_of(v).shown_name();
                return Err(cx.type_error(format!("can only assign array (not \"{n}\") to array slice")));
            }
        },
    };
    let (start, stop, step) = s.unpack(cx)?;
    let size = f.size();
    let given = new.len() / size;
    let r = me.with(cx, |s| {
        let x = slice::adjust(start, stop, step, s.len());
        if x.step == 1 {
            let from = x.start as usize;
            return s.splice(from, from + x.count, &new).map_err(Err);
        }
        if value.is_none() {
            if x.count == 0 {
                return Ok(());
            }
            if s.is_exported() {
                return Err(Err(super::Refused::Exported));
            }
            let (first, step) = if x.step < 0 { (x.start + x.step * (x.count as i64 - 1), -x.step) } else { (x.start, x.step) };
            let (mut kept, mut i) = (Vec::with_capacity(s.data.len()), 0i64);
            for d in s.data.chunks(size) {
                let out = i >= first && (i - first) % step == 0 && (i - first) / step < x.count as i64;
                if !out {
                    kept.extend_from_slice(d);
                }
                i += 1;
            }
            s.data = kept;
            return Ok(());
        }
        if given != x.count {
            return Err(Ok(x.count));
        }
        for (k, d) in new.chunks(size).enumerate() {
            let at = (x.start + x.step * k as i64) as usize * size;
            s.data[at..at + size].copy_from_slice(d);
        }
        Ok(())
    });
    match r {
        Ok(()) => Ok(()),
        Err(Ok(count)) => Err(cx.value_error(format!("attempt to assign array of size {given} to extended slice of size {count}"))),
        Err(Err(r)) => Err(refused(cx, r)),
    }
}

/// Starts a new array from an object.
pub fn initial(cx: &mut Cx, f: Format, v: Ref<'_>) -> PyResult<Vec<u8>> {
    if let Some(s) = v.downcast::<Str>() {
        return if f.is_text() {
            Ok(bytes_of_text(s))
        } else {
            Err(cx.type_error(format!("cannot use a str to initialize an array with typecode '{}'", f.letter as char)))
        };
    }
    if let Some(a) = as_array(v) {
        let (g, data) = bytes_of(cx, a);
        if g.is_text() && !f.is_text() {
            return Err(cx.type_error(format!("cannot use a unicode array to initialize an array with typecode '{}'", f.letter as char)));
        }
        if g == f {
            return Ok(data);
        }
    }
    if v.downcast::<Bytes>().is_some() || v.downcast::<objects::types::bytearray::ByteArray>().is_some() {
        let data = buffer::bytes_of(cx, v)?;
        if data.len() % f.size() != 0 {
            return Err(cx.value_error("bytes length not a multiple of item size"));
        }
        return Ok(data);
    }
    let mut data = Vec::new();
    if let Some(n) = v.downcast::<List>().map(List::len) {
        data.reserve(n * f.size());
    }
    iter::for_each(cx, v, |cx, x| {
        data.extend_from_slice(&f.put(cx, x.as_ref())?);
        Ok(())
    })?;
    Ok(data)
}
