//! Items of a memoryview as Python objects and back, and comparison of views.

use super::{Held, MemoryView, Shape, not_implemented};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::protocol::{compare, truth};
use crate::types::bytes::Bytes;
use crate::types::exception;
use crate::types::float;
use crate::types::int::{self, IntRef, as_int};
use crate::types::list::List;
use crate::types::tuple::Tuple;
use crate::types::type_::Downcast;
use gc::{Gc, Ref, Value};
use text::struct_format::{Code, Kind, Struct};

/// Copies an item out: other threads may write to it at any time.
///
/// # Safety
/// `size` bytes of held memory are at `at`.
unsafe fn copy_out(at: *const u8, size: usize) -> [u8; 16] {
    let mut out = [0; 16];
    // SAFETY: by contract; no code of a single value is larger than 16 bytes.
    unsafe { std::ptr::copy_nonoverlapping(at, out.as_mut_ptr(), size.min(16)) };
    out
}

/// The value of a code in these bytes.
fn value_of(code: Code, data: &[u8]) -> Value {
    match code.kind {
        Kind::Char => Bytes::new(&data[..1]).into_value(),
        Kind::Bool => Value::bool(code.unpack_int(data) != 0),
        Kind::Float => Value::float(code.unpack_float(data)),
        _ => int::from_i128(code.unpack_int(data)),
    }
}

/// The item at an address of the held view.
pub(super) fn get(cx: &mut Cx, s: &Shape, at: *const u8) -> PyResult<Value> {
    match s.code {
        // SAFETY: the caller holds the view and `at` is one of its items.
        Some(code) => Ok(value_of(code, &unsafe { copy_out(at, code.size) })),
        None => {
            let f = &s.format;
            Err(not_implemented(cx, &format!("memoryview: format {f} not supported")))
        }
    }
}

/// The bytes that a value becomes as an item.
pub fn pack(cx: &mut Cx, s: &Shape, v: Ref<'_>) -> PyResult<[u8; 16]> {
    let Some(code) = s.code else {
        let f = &s.format;
        return Err(not_implemented(cx, &format!("memoryview: format {f} not supported")));
    };
    let mut out = [0; 16];
    let c = code.letter as char;
    let wrong_type = |cx: &mut Cx| cx.type_error(format!("memoryview: invalid type for format '{c}'"));
    let wrong_value = |cx: &mut Cx| cx.value_error(format!("memoryview: invalid value for format '{c}'"));
    match code.kind {
        Kind::Char => match v.downcast::<Bytes>() {
            Some(b) => match b.data() {
                [one] => out[0] = *one,
                _ => return Err(wrong_value(cx)),
            },
            None => return Err(wrong_type(cx)),
        },
        Kind::Bool => out[0] = u8::from(truth::of(cx, v)?),
        Kind::Float => {
            let f = match float::convert::real(cx, v) {
                Ok(f) => f,
                Err(e) => {
                    drop(cx.catch_if(e, exception::ids::TYPE_ERROR)?);
                    return Err(wrong_type(cx));
                }
            };
            if code.pack_float(f, &mut out).is_err() {
                return Err(wrong_value(cx));
            }
        }
        _ => {
            let i = match int::index(cx, v) {
                Ok(i) => i,
                Err(e) => {
                    drop(cx.catch_if(e, exception::ids::TYPE_ERROR)?);
                    return Err(wrong_type(cx));
                }
            };
            let fits = as_int(i.as_ref()).and_then(IntRef::to_i128).and_then(|i| code.pack_int(i, &mut out));
            if fits.is_none() {
                return Err(wrong_value(cx));
            }
        }
    }
    Ok(out)
}

/// Stores an item at an address of the held view.
pub(super) fn put(s: &Shape, at: *mut u8, data: &[u8; 16]) {
    // SAFETY: the caller holds the view and `at` is one of its items.
    unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), at, s.item_size.min(16)) };
}

/// `tolist` from a dimension on.
pub(super) fn list(cx: &mut Cx, s: &Shape, dimension: usize, at: *const u8) -> PyResult<Value> {
    if dimension == s.dimensions() {
        return get(cx, s, at);
    }
    let mut out = Vec::new();
    for i in 0..s.shape[dimension] {
        out.push(list(cx, s, dimension + 1, at.wrapping_offset(i * s.strides[dimension]))?);
    }
    Ok(List::from_values(out).into_value())
}

/// Calls `f` with the address of each item, the last dimension fastest (the first one when `columns`).
pub fn each(s: &Shape, columns: bool, f: &mut dyn FnMut(*mut u8)) {
    let order: Vec<usize> = if columns { (0..s.dimensions()).rev().collect() } else { (0..s.dimensions()).collect() };
    walk(s, &order, s.data, f);
}

fn walk(s: &Shape, order: &[usize], at: *mut u8, f: &mut dyn FnMut(*mut u8)) {
    match order.split_first() {
        None => f(at),
        Some((d, rest)) => (0..s.shape[*d]).for_each(|i| walk(s, rest, at.wrapping_offset(i * s.strides[*d]), f)),
    }
}

/// All bytes in row-major order (column-major when `columns`); `None` when out of memory.
pub fn bytes(held: &Held<'_>, columns: bool) -> Option<Vec<u8>> {
    let s = held.shape;
    let mut out = crate::types::bytes::shared::room(s.len)?;
    if s.len == 0 {
        return Some(out);
    }
    if (!columns && s.is_c_contiguous()) || (columns && s.is_f_contiguous()) {
        // SAFETY: `len` bytes of held memory; the copy has room for them.
        unsafe {
            std::ptr::copy_nonoverlapping(s.data, out.as_mut_ptr(), s.len);
            out.set_len(s.len);
        }
        return Some(out);
    }
    each(s, columns, &mut |at| {
        // SAFETY: an item of held memory.
        out.extend_from_slice(unsafe { std::slice::from_raw_parts(at, s.item_size) });
    });
    Some(out)
}

/// How items of a view are read for comparison.
enum Reader {
    Code(Code),
    Struct(Struct),
}

impl Reader {
    fn of(s: &Shape) -> Option<Reader> {
        match s.code {
            Some(c) => Some(Reader::Code(c)),
            None => Struct::parse(s.format.as_bytes()).ok().filter(|p| p.size == s.item_size).map(Reader::Struct),
        }
    }
    fn read(&self, data: &[u8]) -> Value {
        match self {
            Reader::Code(c) => value_of(*c, data),
            Reader::Struct(p) => {
                let mut values: Vec<Value> = p
                    .values()
                    .map(|(code, at, size)| match code.kind {
                        Kind::Bytes => Bytes::new(&data[at..at + size]).into_value(),
                        Kind::PascalBytes => Bytes::new(text::struct_format::unpack_pascal(&data[at..at + size])).into_value(),
                        _ => value_of(code, &data[at..at + size]),
                    })
                    .collect();
                match values.len() {
                    1 => values.pop().unwrap_or(Value::NONE),
                    _ => Tuple::from_values(values).into_value(),
                }
            }
        }
    }
}

/// Whether two held views have the same shape and equal items.
pub fn equal(cx: &mut Cx, a: &Held<'_>, b: &Held<'_>) -> PyResult<bool> {
    let (x, y) = (a.shape, b.shape);
    if x.shape != y.shape {
        return Ok(false);
    }
    let (Some(p), Some(q)) = (Reader::of(x), Reader::of(y)) else { return Ok(false) };
    let (Some(u), Some(v)) = (bytes(a, false), bytes(b, false)) else { return Err(cx.memory_error()) };
    if let (Reader::Code(c), Reader::Code(d)) = (&p, &q)
        && c == d
        && !matches!(c.kind, Kind::Float | Kind::Bool)
    {
        return Ok(u == v);
    }
    if x.item_size == 0 || y.item_size == 0 {
        return Ok(true);
    }
    for (i, j) in u.chunks_exact(x.item_size).zip(v.chunks_exact(y.item_size)) {
        let (i, j) = (p.read(i), q.read(j));
        if !compare::holds(cx, i.as_ref(), j.as_ref(), crate::types::type_::slots::Compare::Eq)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A memoryview of anything that exports a buffer, for comparing; `None` when it does not.
pub fn other(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Gc<MemoryView>>> {
    if !crate::protocol::buffer::is_exporter(v) {
        return Ok(None);
    }
    match super::of_object(cx, v) {
        Ok(m) => Ok(Some(m)),
        Err(e) => {
            drop(cx.catch(e));
            Ok(None)
        }
    }
}
