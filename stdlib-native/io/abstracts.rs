//! `_RawIOBase`, `_BufferedIOBase` and `_TextIOBase`.

use super::{ask, bytes, data_of, ids, names, tell, unsupported, writable_view};
use gc::{Ref, Reg, Value};
use objects::native::{GetSet, Method, getter, method};
use objects::types::bytearray::ByteArray;
use objects::types::type_::{TypeSpec, flags};
use objects::types::{int, type_of};
use objects::{Cx, PyResult};

// ---- raw ----

fn raw_read(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = match a[1].given() {
        Some(n) => int::index_size(cx, n)?,
        None => -1,
    };
    if n < 0 {
        return ask(cx, a[0], names::readall()).map(Reg::from);
    }
    let Some(mut room) = objects::types::bytes::shared::room(n as usize) else { return Err(cx.memory_error()) };
    room.resize(n as usize, 0);
    let b = ByteArray::new(room);
    let r = tell(cx, a[0], names::readinto(), &[b.value().as_ref()])?;
    if r.as_ref().is_none() {
        return Ok(r.into());
    }
    let got = int::index_size(cx, r.as_ref())?;
    let len = b.len() as i64;
    if got < 0 || got > len {
        return Err(cx.value_error(format!("readinto returned {got} outside buffer size {n}")));
    }
    let data = b.read(|d| d[..(got as usize).min(d.len())].to_vec());
    Ok(bytes(cx, &data)?.into())
}

fn raw_readall(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let size = Value::small_int(super::DEFAULT_BUFFER_SIZE as i64);
    let mut all: Vec<u8> = Vec::new();
    let mut any = false;
    loop {
        let r = tell(cx, a[0], names::read(), &[size.as_ref()])?;
        if r.as_ref().is_none() {
            if !any {
                return Ok(r.into());
            }
            break;
        }
        let Some(d) = data_of(&r) else { return Err(cx.type_error("read() should return bytes")) };
        if d.is_empty() {
            break;
        }
        any = true;
        if all.try_reserve(d.len()).is_err() {
            return Err(cx.memory_error());
        }
        all.extend_from_slice(d);
        cx.poll()?;
    }
    Ok(bytes(cx, &all)?.into())
}

fn not_implemented(cx: &mut Cx, _: &[Ref<'_>]) -> PyResult<Reg> {
    Err(cx.error(objects::types::exception::ids::NOT_IMPLEMENTED_ERROR, ""))
}

static RAW_METHODS: &[Method] = &[
    method("read", "($self, size=-1, /)", raw_read, "Reads up to that many bytes with one call of the system."),
    method("readall", "($self, /)", raw_readall, "Reads to the end."),
    method("readinto", "($self, buffer, /)", not_implemented, "Reads into a buffer."),
    method("write", "($self, b, /)", not_implemented, "Writes bytes."),
];

/// `_io._RawIOBase`.
pub static RAW_IO_BASE_TYPE: TypeSpec = TypeSpec::empty(ids::RAW_IO_BASE, "_io._RawIOBase")
    .base(ids::IO_BASE)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .methods(RAW_METHODS)
    .doc("Base class of raw binary streams.");

// ---- buffered ----

fn readinto_by(cx: &mut Cx, a: &[Ref<'_>], name: Ref<'_>, function: &str) -> PyResult<Reg> {
    let view = writable_view(cx, a[1], function)?;
    let n = int::from_usize(view.len);
    let r = tell(cx, a[0], name, &[n.as_ref()])?;
    let Some(d) = data_of(&r) else { return Err(cx.type_error("read() should return bytes")) };
    if d.len() > view.len {
        let (want, got) = (view.len, d.len());
        return Err(cx.value_error(format!("read() returned too much data: {want} bytes requested, {got} returned")));
    }
    super::fill_view(&view, 0, d);
    Ok(int::from_usize(d.len()).into())
}

static BUFFERED_METHODS: &[Method] = &[
    method("detach", "($self, /)", |cx, _| Err(unsupported(cx, "detach")), "Separates the raw stream."),
    method("read", "($self, size=-1, /)", |cx, _| Err(unsupported(cx, "read")), "Reads bytes."),
    method("read1", "($self, size=-1, /)", |cx, _| Err(unsupported(cx, "read1")), "Reads bytes with at most one raw read."),
    method("readinto", "($self, buffer, /)", |cx, a| readinto_by(cx, a, names::read(), "readinto"), "Reads into a buffer."),
    method("readinto1", "($self, buffer, /)", |cx, a| readinto_by(cx, a, names::read1(), "readinto1"), "Reads into a buffer once."),
    method("write", "($self, b, /)", |cx, _| Err(unsupported(cx, "write")), "Writes bytes."),
];

/// `_io._BufferedIOBase`.
pub static BUFFERED_IO_BASE_TYPE: TypeSpec = TypeSpec::empty(ids::BUFFERED_IO_BASE, "_io._BufferedIOBase")
    .base(ids::IO_BASE)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .methods(BUFFERED_METHODS)
    .doc("Base class of buffered binary streams.");

// ---- text ----

static TEXT_METHODS: &[Method] = &[
    method("detach", "($self, /)", |cx, _| Err(unsupported(cx, "detach")), "Separates the buffer."),
    method("read", "($self, size=-1, /)", |cx, _| Err(unsupported(cx, "read")), "Reads characters."),
    method("readline", "($self, size=-1, /)", |cx, _| Err(unsupported(cx, "readline")), "Reads a line."),
    method("write", "($self, s, /)", |cx, _| Err(unsupported(cx, "write")), "Writes a text."),
];
static TEXT_GETSETS: &[GetSet] = &[
    getter("encoding", |_, _| Ok(Value::NONE.into()), ""),
    getter("newlines", |_, _| Ok(Value::NONE.into()), ""),
    getter("errors", |_, _| Ok(Value::NONE.into()), ""),
];

/// `_io._TextIOBase`.
pub static TEXT_IO_BASE_TYPE: TypeSpec = TypeSpec::empty(ids::TEXT_IO_BASE, "_io._TextIOBase")
    .base(ids::IO_BASE)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .methods(TEXT_METHODS)
    .getsets(TEXT_GETSETS)
    .doc("Base class of text streams.");

/// `__getstate__` of streams that cannot be pickled.
pub fn no_state(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = type_of(a[0]).name_text();
    Err(cx.type_error(format!("cannot pickle '{n}' instances")))
}
