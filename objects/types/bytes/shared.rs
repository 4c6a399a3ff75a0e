//! What bytes and bytearray share: how their methods read the receiver, make results and take bytes-like arguments.

use super::Bytes;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::protocol::buffer::{self, BufferView, wanted};
use crate::types::bytearray::ByteArray;
use crate::types::int::{self, IntRef, as_int};
use crate::types::type_::{Downcast, type_of};
use gc::{Gc, Ref, Value};

/// One of the two types.
pub trait Flavour: 'static {
    /// Its id.
    const ID: u32;
    /// Its name.
    const NAME: &'static str;
    /// Runs `f` on the data. For a bytearray its lock is held, so `f` must not lock anything.
    fn read<R>(v: Ref<'_>, f: impl FnOnce(&[u8]) -> R) -> R;
    /// A new object with this data.
    fn make(cx: &mut Cx, data: Vec<u8>) -> PyResult<Value>;
    /// A copy that may be the object itself if that never changes.
    fn same(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value>;
}

/// `bytes`
pub struct Fixed;
/// `bytearray`
pub struct Mutable;

impl Flavour for Fixed {
    const ID: u32 = ids::BYTES;
    const NAME: &'static str = "bytes";
    #[inline]
    fn read<R>(v: Ref<'_>, f: impl FnOnce(&[u8]) -> R) -> R {
        // SAFETY: methods of bytes check their receiver.
        f(unsafe { v.cast::<Bytes>() }.data())
    }
    fn make(cx: &mut Cx, data: Vec<u8>) -> PyResult<Value> {
        new_bytes(cx, &data)
    }
    fn same(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
        if v.exact::<Bytes>().is_some() {
            return Ok(v.to_value());
        }
        // SAFETY: as above.
        new_bytes(cx, unsafe { v.cast::<Bytes>() }.data())
    }
}

impl Flavour for Mutable {
    const ID: u32 = ids::BYTEARRAY;
    const NAME: &'static str = "bytearray";
    fn read<R>(v: Ref<'_>, f: impl FnOnce(&[u8]) -> R) -> R {
        // SAFETY: methods of bytearray check their receiver.
        unsafe { v.cast::<ByteArray>() }.read(f)
    }
    fn make(_cx: &mut Cx, data: Vec<u8>) -> PyResult<Value> {
        Ok(ByteArray::new(data).into_value())
    }
    fn same(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
        match Self::read(v, copy) {
            Some(data) => Self::make(cx, data),
            None => Err(cx.memory_error()),
        }
    }
}

/// A copy of data; `None` when out of memory.
pub fn copy(data: &[u8]) -> Option<Vec<u8>> {
    let mut v = room(data.len())?;
    v.extend_from_slice(data);
    Some(v)
}

/// A vector with room for `n` bytes; `None` when out of memory.
pub fn room(n: usize) -> Option<Vec<u8>> {
    let mut v = Vec::new();
    v.try_reserve_exact(n).ok()?;
    Some(v)
}

/// The same with MemoryError.
pub fn room_or_error(cx: &mut Cx, n: Option<usize>) -> PyResult<Vec<u8>> {
    match n.and_then(room) {
        Some(v) => Ok(v),
        None => Err(cx.memory_error()),
    }
}

/// A bytes object; MemoryError when there is no room.
pub fn new_bytes(cx: &mut Cx, data: &[u8]) -> PyResult<Value> {
    match Bytes::try_new(data) {
        Some(b) => Ok(b.into_value()),
        None => Err(cx.memory_error()),
    }
}

/// The data of a bytes-like argument for as long as it is needed.
pub enum Operand<'a> {
    /// Of bytes, which never change.
    Borrowed(&'a [u8]),
    /// A copy.
    Owned(Vec<u8>),
    /// A view that keeps the exporter from moving its memory.
    View(BufferView),
    /// One byte.
    One([u8; 1]),
}

impl std::ops::Deref for Operand<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Operand::Borrowed(d) => d,
            Operand::Owned(v) => v,
            Operand::One(b) => b,
            // SAFETY: a contiguous view; the exporter keeps `len` bytes there while it lives.
            Operand::View(v) => unsafe { std::slice::from_raw_parts(v.data, v.len) },
        }
    }
}

/// The data of a bytes-like argument; TypeError "a bytes-like object is required, not 'X'".
pub fn operand<'a>(cx: &mut Cx, v: Ref<'a>) -> PyResult<Operand<'a>> {
    if let Some(b) = v.downcast::<Bytes>()
        && (v.exact::<Bytes>().is_some() || !type_of(v).has(crate::types::type_::flags::HEAP))
    {
        return Ok(Operand::Borrowed(b.data()));
    }
    // A copy, so that the method may change its receiver when both are the same object.
    if let Some(b) = v.exact::<ByteArray>() {
        return match b.read(copy) {
            Some(d) => Ok(Operand::Owned(d)),
            None => Err(cx.memory_error()),
        };
    }
    let view = buffer::get(cx, v, wanted::SIMPLE)?;
    if view.len == 0 {
        return Ok(Operand::Borrowed(&[]));
    }
    if view.is_c_contiguous() { Ok(Operand::View(view)) } else { Ok(Operand::Owned(view.to_vec())) }
}

/// A byte as an argument: ValueError "byte must be in range(0, 256)".
pub fn byte(cx: &mut Cx, v: Ref<'_>) -> PyResult<u8> {
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()).and_then(IntRef::to_i64).and_then(|i| u8::try_from(i).ok()) {
        Some(b) => Ok(b),
        None => Err(cx.value_error("byte must be in range(0, 256)")),
    }
}

/// What is searched for: a byte or bytes.
pub fn needle<'a>(cx: &mut Cx, v: Ref<'a>) -> PyResult<Operand<'a>> {
    if v.exact::<Bytes>().is_some() || buffer::is_exporter(v) {
        return operand(cx, v);
    }
    if v.word().is_int() || type_of(v).slots.index().is_some() {
        return byte(cx, v).map(|b| Operand::One([b]));
    }
    let n = type_of(v).name_text();
    Err(cx.type_error(format!("argument should be integer or bytes-like object, not '{n}'")))
}

/// Whether it is a bytes or bytearray.
pub fn is_bytes(v: Ref<'_>) -> bool {
    v.downcast::<Bytes>().is_some() || v.downcast::<ByteArray>().is_some()
}

/// A new typed bytes from a vector.
pub fn bytes_of_vec(cx: &mut Cx, v: &[u8]) -> PyResult<Gc<Bytes>> {
    match Bytes::try_new(v) {
        Some(b) => Ok(b),
        None => Err(cx.memory_error()),
    }
}
