//! Subscripts and casts of memoryviews.

use super::{Held, MemoryView, Shape, item, native_code, not_implemented, released};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::protocol::buffer::{self, wanted};
use crate::types::int;
use crate::types::list::List;
use crate::types::slice::Slice;
use crate::types::str::as_str;
use crate::types::str::methods::shown_type;
use crate::types::tuple::Tuple;
use crate::types::type_::{Downcast, type_of};
use gc::{Ref, Reg, Value, Word};

fn me(v: Ref<'_>) -> &MemoryView {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<MemoryView>() }
}

fn is_index(v: Ref<'_>) -> bool {
    v.word().is_int() || type_of(v).slots.index().is_some()
}

fn is_ellipsis(v: Ref<'_>) -> bool {
    v.word() == Word::ELLIPSIS
}

/// The key of a subscript, sorted out.
enum Key<'a> {
    Index(Ref<'a>),
    Slice(&'a Slice),
    Indices(&'a Tuple),
    Slices,
    Invalid,
}

fn sort_out(key: Ref<'_>) -> Key<'_> {
    if is_index(key) {
        return Key::Index(key);
    }
    if let Some(s) = key.exact::<Slice>() {
        return Key::Slice(s);
    }
    match key.downcast::<Tuple>() {
        Some(t) if t.items().iter().all(|x| is_index(*x)) => Key::Indices(t),
        Some(t) if t.items().iter().all(|x| x.exact::<Slice>().is_some()) => Key::Slices,
        _ => Key::Invalid,
    }
}

fn step(cx: &mut Cx, s: &Shape, dimension: usize, i: i64) -> PyResult<isize> {
    let n = s.shape[dimension] as i64;
    let at = if i < 0 { i.saturating_add(n) } else { i };
    if at < 0 || at >= n {
        return Err(cx.index_error(format!("index out of bounds on dimension {}", dimension + 1)));
    }
    Ok(at as isize * s.strides[dimension])
}

fn place(cx: &mut Cx, s: &Shape, indices: &Tuple) -> PyResult<*mut u8> {
    let (n, d) = (indices.len(), s.dimensions());
    if n < d {
        return Err(not_implemented(cx, "sub-views are not implemented"));
    }
    if n > d {
        return Err(cx.type_error(format!("cannot index {d}-dimension view with {n}-element tuple")));
    }
    let mut at = s.data;
    for (dimension, i) in indices.items().iter().enumerate() {
        let i = int::subscript_index(cx, *i)?;
        at = at.wrapping_offset(step(cx, s, dimension, i)?);
    }
    Ok(at)
}

fn sliced(cx: &mut Cx, s: &Shape, key: &Slice) -> PyResult<Shape> {
    let ix = key.indices(cx, || s.shape[0] as usize)?;
    let mut out = s.clone();
    if ix.count > 0 {
        out.data = s.data.wrapping_offset(ix.start as isize * s.strides[0]);
    }
    out.shape[0] = ix.count as isize;
    out.strides[0] = s.strides[0].wrapping_mul(ix.step as isize);
    out.recount();
    Ok(out)
}

/// `v[key]`
pub fn get(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let held = me(v).hold(cx)?;
    let s = held.shape;
    if s.dimensions() == 0 {
        if is_ellipsis(key) {
            return Ok(v.to_value().into());
        }
        if key.downcast::<Tuple>().is_some_and(Tuple::is_empty) {
            return item::get(cx, s, s.data).map(Into::into);
        }
        return Err(cx.type_error("invalid indexing of 0-dim memory"));
    }
    match sort_out(key) {
        Key::Index(i) => {
            if s.dimensions() != 1 {
                int::subscript_index(cx, i)?;
                return Err(not_implemented(cx, "multi-dimensional sub-views are not implemented"));
            }
            let i = int::subscript_index(cx, i)?;
            let at = s.data.wrapping_offset(step(cx, s, 0, i)?);
            item::get(cx, s, at).map(Into::into)
        }
        Key::Slice(k) => {
            let part = sliced(cx, s, k)?;
            Ok(MemoryView::derive(&held, part).into())
        }
        Key::Indices(t) => {
            let at = place(cx, s, t)?;
            item::get(cx, s, at).map(Into::into)
        }
        Key::Slices => Err(not_implemented(cx, "multi-dimensional slicing is not implemented")),
        Key::Invalid => Err(cx.type_error("memoryview: invalid slice key")),
    }
}

/// Stores an item; the value's conversion may have released the view.
fn store(cx: &mut Cx, v: Ref<'_>, s: &Shape, at: *mut u8, value: Ref<'_>) -> PyResult<()> {
    let data = item::pack(cx, s, value)?;
    if me(v).try_hold().is_none() {
        return Err(released(cx));
    }
    item::put(s, at, &data);
    Ok(())
}

/// `v[key] = value`; memory cannot be deleted.
pub fn set(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let held = me(v).hold(cx)?;
    let s = held.shape;
    if s.readonly {
        return Err(cx.type_error("cannot modify read-only memory"));
    }
    let Some(value) = value else { return Err(cx.type_error("cannot delete memory")) };
    if s.dimensions() == 0 {
        if is_ellipsis(key) || key.downcast::<Tuple>().is_some_and(Tuple::is_empty) {
            return store(cx, v, s, s.data, value);
        }
        return Err(cx.type_error("invalid indexing of 0-dim memory"));
    }
    match sort_out(key) {
        Key::Index(i) => {
            if s.dimensions() > 1 {
                return Err(not_implemented(cx, "sub-views are not implemented"));
            }
            let i = int::subscript_index(cx, i)?;
            let at = s.data.wrapping_offset(step(cx, s, 0, i)?);
            store(cx, v, s, at, value)
        }
        Key::Slice(k) if s.dimensions() == 1 => {
            let to = sliced(cx, s, k)?;
            assign(cx, &to, value)
        }
        Key::Indices(t) => {
            let at = place(cx, s, t)?;
            store(cx, v, s, at, value)
        }
        Key::Slice(_) | Key::Slices => Err(not_implemented(cx, "memoryview slice assignments are currently restricted to ndim = 1")),
        Key::Invalid => Err(cx.type_error("memoryview: invalid slice key")),
    }
}

/// Copies an exporter's items to a held view of one dimension.
fn assign(cx: &mut Cx, to: &Shape, value: Ref<'_>) -> PyResult<()> {
    let from = buffer::get(cx, value, wanted::FULL_RO)?;
    let plain = |f: &str| f.strip_prefix('@').unwrap_or(f).to_string();
    if from.item_size != to.item_size || plain(&from.format) != plain(&to.format) || from.shape != to.shape {
        return Err(cx.value_error("memoryview assignment: lvalue and rvalue have different structures"));
    }
    // A copy first: both may lie over each other.
    let data = from.to_vec();
    for (i, bytes) in data.chunks_exact(to.item_size.max(1)).enumerate() {
        // SAFETY: an item of the held view, which has as many as the exporter.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to.at(i), to.item_size) };
    }
    Ok(())
}

/// The sizes that `cast` was given.
fn sizes(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<isize>> {
    let items: Vec<Value> = if let Some(l) = v.downcast::<List>() {
        l.snapshot(cx)
    } else if let Some(t) = v.downcast::<Tuple>() {
        t.items().iter().map(|r| r.to_value()).collect()
    } else {
        return Err(cx.type_error("shape must be a list or a tuple"));
    };
    if items.len() > 64 {
        return Err(cx.value_error("memoryview: number of dimensions must not exceed 64"));
    }
    let mut out = Vec::with_capacity(items.len());
    let mut product = 1isize;
    for x in items {
        let Some(i) = int::as_int(x.as_ref()) else { return Err(cx.type_error("memoryview.cast(): elements of shape must be integers")) };
        let n = i.to_i64().unwrap_or(if i.is_negative() { -1 } else { i64::MAX }) as isize;
        if n <= 0 {
            return Err(cx.value_error("memoryview.cast(): elements of shape must be integers > 0"));
        }
        let Some(p) = product.checked_mul(n) else { return Err(cx.value_error("memoryview.cast(): product(shape) > SSIZE_MAX")) };
        product = p;
        out.push(n);
    }
    Ok(out)
}

/// `cast(format, shape)`
pub fn cast(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let held: Held<'_> = me(a[0]).hold(cx)?;
    let s = held.shape;
    let Some(format) = as_str(a[1]) else {
        return Err(cx.type_error(format!("cast() argument 'format' must be str, not {}", shown_type(a[1]))));
    };
    let shape = a[2].given().filter(|v| !v.is_none());
    if !s.is_c_contiguous() {
        return Err(cx.type_error("memoryview: casts are restricted to C-contiguous views"));
    }
    if (shape.is_some() || s.dimensions() != 1) && s.shape.contains(&0) {
        return Err(cx.type_error("memoryview: cannot cast view with zeros in shape or strides"));
    }
    if let Some(v) = shape {
        let n = match (v.downcast::<List>(), v.downcast::<Tuple>()) {
            (Some(l), _) => l.len(),
            (_, Some(t)) => t.len(),
            _ => return Err(cx.type_error("shape must be a list or a tuple")),
        };
        if n > 64 {
            return Err(cx.value_error("memoryview: number of dimensions must not exceed 64"));
        }
        if s.dimensions() != 1 && n != 1 {
            return Err(cx.type_error("memoryview: cast must be 1D -> ND or ND -> 1D"));
        }
    }
    let format = format.to_string_lossy();
    let Some(code) = native_code(&format) else {
        return Err(cx.value_error("memoryview: destination format must be a native single character format prefixed with an optional '@'"));
    };
    let Some(old) = s.code else {
        return Err(cx.value_error("memoryview: source format must be a native single character format prefixed with an optional '@'"));
    };
    let is_byte = |c: u8| matches!(c, b'b' | b'B' | b'c');
    if !is_byte(old.letter) && !is_byte(code.letter) {
        return Err(cx.type_error("memoryview: cannot cast between two non-byte formats"));
    }
    if !s.len.is_multiple_of(code.size) {
        return Err(cx.type_error("memoryview: length is not a multiple of itemsize"));
    }
    let mut out = s.clone();
    out.format = format;
    out.code = Some(code);
    out.item_size = code.size;
    out.shape = vec![(s.len / code.size) as isize];
    if let Some(v) = shape {
        let sizes = sizes(cx, v)?;
        let total = sizes.iter().try_fold(code.size as isize, |n, m| n.checked_mul(*m));
        if total != Some(s.len as isize) {
            return Err(cx.type_error("memoryview: product(shape) * itemsize != buffer size"));
        }
        out.shape = sizes;
    }
    let mut stride = code.size as isize;
    out.strides = vec![0; out.shape.len()];
    for (n, at) in out.shape.iter().zip(&mut out.strides).rev() {
        *at = stride;
        stride *= n;
    }
    Ok(MemoryView::derive(&held, out).into())
}
