//! `BytesIO`: a binary stream in memory. The data lies under the object's lock; while views of it exist it does not move.

use super::{ids, writable_view};
use crate::guarded::{Guarded, State};
use crate::parameters;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, getter, method};
use objects::protocol::buffer::BufferView;
use objects::protocol::{attr, iter};
use objects::types::bytes::shared::operand;
use objects::types::dict::as_dict;
use objects::types::exception::ids as exc;
use objects::types::iterators::myself;
use objects::types::list::List;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of};
use objects::types::{instance, int, memoryview};
use objects::{Args, Cx, PyResult, Raised};

/// State of a stream.
#[derive(Default)]
pub struct Inner {
    data: Vec<u8>,
    pos: usize,
    exports: usize,
    closed: bool,
}
impl State for Inner {
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}
/// The stream.
pub type BytesIo = Guarded<Inner, { ids::BYTES_IO }>;

/// Why something was refused.
enum Refused {
    Closed,
    Exported,
    NoMemory,
}

impl Refused {
    #[cold]
    fn raise(self, cx: &mut Cx) -> Raised {
        match self {
            Refused::Closed => cx.value_error("I/O operation on closed file."),
            Refused::Exported => cx.error(exc::BUFFER_ERROR, "Existing exports of data: object cannot be re-sized"),
            Refused::NoMemory => cx.memory_error(),
        }
    }
}

impl Inner {
    fn open(&mut self) -> Result<&mut Inner, Refused> {
        if self.closed { Err(Refused::Closed) } else { Ok(self) }
    }
    fn changeable(&mut self) -> Result<&mut Inner, Refused> {
        if self.closed {
            Err(Refused::Closed)
        } else if self.exports > 0 {
            Err(Refused::Exported)
        } else {
            Ok(self)
        }
    }
    /// The next `n` bytes' place.
    fn next(&self, n: i64) -> (usize, usize) {
        let from = self.pos.min(self.data.len());
        let left = self.data.len() - from;
        let n = if n < 0 { left } else { left.min(n as usize) };
        (from, from + n)
    }
    fn line(&self, limit: i64) -> (usize, usize) {
        let (from, to) = self.next(limit);
        match memchr::memchr(b'\n', &self.data[from..to]) {
            Some(i) => (from, from + i + 1),
            None => (from, to),
        }
    }
    fn put(&mut self, new: &[u8]) -> Result<(), Refused> {
        if new.is_empty() {
            return Ok(());
        }
        let end = self.pos.checked_add(new.len()).ok_or(Refused::NoMemory)?;
        if end > self.data.len() {
            let more = end - self.data.len();
            self.data.try_reserve(more).map_err(|_| Refused::NoMemory)?;
            if self.pos >= self.data.len() {
                self.data.resize(self.pos, 0);
                self.data.extend_from_slice(new);
                self.pos = end;
                return Ok(());
            }
            self.data.resize(end, 0);
        }
        self.data[self.pos..end].copy_from_slice(new);
        self.pos = end;
        Ok(())
    }
}

fn me(v: Ref<'_>) -> &BytesIo {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<BytesIo>() }
}

fn with<R>(cx: &mut Cx, v: Ref<'_>, f: impl FnOnce(&mut Inner) -> Result<R, Refused>) -> PyResult<R> {
    me(v).with(cx, f).map_err(|e| e.raise(cx))
}

/// A part of the data as bytes; moves on.
fn take(cx: &mut Cx, v: Ref<'_>, place: impl Fn(&Inner) -> (usize, usize)) -> PyResult<Value> {
    let made = with(cx, v, |s| {
        let s = s.open()?;
        let (from, to) = place(s);
        let made = objects::types::bytes::Bytes::try_new(&s.data[from..to]).ok_or(Refused::NoMemory)?;
        s.pos = s.pos.max(to);
        if to > from {
            s.pos = to;
        }
        Ok(made)
    })?;
    Ok(made.into_value())
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(crate::guarded::make(class, BytesIo::new(Inner::default())))
}

parameters!(PARAMETERS, "BytesIO", "(initial_bytes=b'')");

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    PARAMETERS.bind(cx, args, |cx, a| {
        let data = match a[0].given().filter(|d| !d.is_none()) {
            Some(d) => operand(cx, d)?.to_vec(),
            None => Vec::new(),
        };
        let old = with(cx, v, |s| {
            if s.exports > 0 {
                return Err(Refused::Exported);
            }
            s.pos = 0;
            s.closed = false;
            Ok(std::mem::replace(&mut s.data, data))
        })?;
        drop(old);
        Ok(())
    })
}

fn read(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = super::size(cx, a[1])?;
    take(cx, a[0], |s| s.next(n)).map(Reg::from)
}
fn readline(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = super::size(cx, a[1])?;
    take(cx, a[0], |s| s.line(n)).map(Reg::from)
}
fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let line = take(cx, v, |s| s.line(-1))?;
    if super::data_of(&line).is_some_and(<[u8]>::is_empty) { Ok(None) } else { Ok(Some(line.into())) }
}
fn iterator(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    with(cx, v, |s| s.open().map(drop))?;
    myself(cx, v)
}
fn readlines(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let hint = super::size(cx, a[1])?;
    let list = List::new();
    let mut total = 0;
    loop {
        let line = take(cx, a[0], |s| s.line(-1))?;
        let n = super::data_of(&line).map_or(0, <[u8]>::len) as i64;
        if n == 0 {
            break;
        }
        list.append(cx, line)?;
        total += n;
        if hint > 0 && total >= hint {
            break;
        }
    }
    Ok(list.into())
}
fn readinto(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let view = writable_view(cx, a[1], "readinto")?;
    let data = with(cx, a[0], |s| {
        let s = s.open()?;
        let (from, to) = s.next(view.len.min(i64::MAX as usize) as i64);
        s.pos = s.pos.max(to);
        Ok(s.data[from..to].to_vec())
    })?;
    super::fill_view(&view, 0, &data);
    Ok(int::from_usize(data.len()).into())
}
fn write(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    put(cx, a[0], a[1]).map(|n| int::from_usize(n).into())
}
fn put(cx: &mut Cx, v: Ref<'_>, data: Ref<'_>) -> PyResult<usize> {
    with(cx, v, |s| s.changeable().map(drop))?;
    let data = operand(cx, data)?;
    with(cx, v, |s| s.changeable()?.put(&data))?;
    Ok(data.len())
}
/// Appends bytes, for those who know what they write to.
pub fn write_bytes(cx: &mut Cx, v: Ref<'_>, data: &[u8]) -> PyResult<usize> {
    with(cx, v, |s| s.changeable()?.put(data))?;
    Ok(data.len())
}
fn writelines(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    with(cx, a[0], |s| s.open().map(drop))?;
    let it = iter::iter(cx, a[1])?.into_value();
    while let Some(line) = iter::next(cx, it.as_ref())? {
        let line = line.into_value();
        put(cx, a[0], line.as_ref())?;
    }
    Ok(Value::NONE.into())
}
fn seek(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let at = int::index_i64(cx, a[1])?;
    let whence = match a[2].given() {
        Some(w) => int::c_int(cx, w)?,
        None => 0,
    };
    let len = with(cx, a[0], |s| s.open().map(|s| (s.pos, s.data.len())))?;
    if at < 0 && whence == 0 {
        return Err(cx.value_error(format!("negative seek value {at}")));
    }
    let base = match whence {
        0 => 0,
        1 => len.0,
        2 => len.1,
        _ => return Err(cx.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))),
    } as i64;
    let Some(to) = base.checked_add(at) else { return Err(cx.overflow_error("new position too large")) };
    let to = to.max(0);
    with(cx, a[0], |s| {
        s.open()?.pos = to as usize;
        Ok(())
    })?;
    Ok(int::from_i64(to).into())
}
fn truncate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    with(cx, a[0], |s| s.changeable().map(drop))?;
    let n = match a[1].given().filter(|n| !n.is_none()) {
        Some(n) => int::index_size(cx, n)?,
        None => with(cx, a[0], |s| Ok(s.pos as i64))?,
    };
    if n < 0 {
        return Err(cx.value_error(format!("negative size value {n}")));
    }
    with(cx, a[0], |s| {
        let s = s.changeable()?;
        if (n as usize) < s.data.len() {
            s.data.truncate(n as usize);
            if s.data.len() < s.data.capacity() / 2 {
                s.data.shrink_to_fit();
            }
        }
        Ok(())
    })?;
    Ok(int::from_i64(n).into())
}
fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let old = with(cx, a[0], |s| {
        if s.exports > 0 {
            return Err(Refused::Exported);
        }
        s.closed = true;
        Ok(std::mem::take(&mut s.data))
    })?;
    drop(old);
    Ok(Value::NONE.into())
}
fn getvalue(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let made = with(cx, a[0], |s| objects::types::bytes::Bytes::try_new(&s.open()?.data).ok_or(Refused::NoMemory))?;
    Ok(made.into())
}
fn getbuffer(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    with(cx, a[0], |s| s.open().map(drop))?;
    let b = gc::alloc(BytesIoBuffer { source: a[0].to_value() });
    Ok(memoryview::of_object(cx, b.value().as_ref())?.into())
}
fn answer(cx: &mut Cx, a: &[Ref<'_>], v: Value) -> PyResult<Reg> {
    with(cx, a[0], |s| s.open().map(drop))?;
    Ok(v.into())
}
fn getstate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = getvalue(cx, a)?.into_value();
    let pos = with(cx, a[0], |s| Ok(s.pos))?;
    let dict = match instance::dict(cx, a[0])? {
        Some(d) if as_dict(d.as_ref()).is_some_and(|d| !d.is_empty()) => as_dict(d.as_ref()).map_or(Value::NONE, |d| d.copy().into_value()),
        _ => Value::NONE,
    };
    Ok(Tuple::from_values(vec![data, int::from_usize(pos), dict]).into())
}
fn setstate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(t) = a[1].downcast::<Tuple>().filter(|t| t.len() >= 3) else {
        let (c, n) = (type_of(a[0]).shown_name(), type_of(a[1]).name_text());
        return Err(cx.type_error(format!("{c}.__setstate__ argument should be 3-tuple, got {n}")));
    };
    with(cx, a[0], |s| s.changeable().map(drop))?;
    let data = operand(cx, t.get(0))?.to_vec();
    if int::as_int(t.get(1)).is_none() {
        let n = type_of(t.get(1)).name_text();
        return Err(cx.type_error(format!("second item of state must be an integer, not {n}")));
    }
    let pos = int::index_i64(cx, t.get(1))?;
    if pos < 0 {
        return Err(cx.value_error("position value cannot be negative"));
    }
    let old = with(cx, a[0], |s| {
        s.pos = pos as usize;
        Ok(std::mem::replace(&mut s.data, data))
    })?;
    drop(old);
    restore_dict(cx, a[0], t.get(2))?;
    Ok(Value::NONE.into())
}

/// Sets the attributes of a stream from the dict in its state.
pub fn restore_dict(cx: &mut Cx, v: Ref<'_>, d: Ref<'_>) -> PyResult<()> {
    if d.is_none() {
        return Ok(());
    }
    let Some(items) = as_dict(d).map(objects::types::dict::Dict::items) else {
        let n = type_of(d).name_text();
        return Err(cx.type_error(format!("third item of state should be a dict, got a {n}")));
    };
    for (k, x) in items {
        attr::generic_set(cx, v, k.as_ref(), Some(x.as_ref()))?;
    }
    Ok(())
}

fn finalise(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    if v.exact::<BytesIo>().is_some() { Ok(()) } else { super::base::finalise(cx, v) }
}

static METHODS: &[Method] = &[
    method("readable", "($self, /)", |cx, a| answer(cx, a, Value::TRUE), ""),
    method("seekable", "($self, /)", |cx, a| answer(cx, a, Value::TRUE), ""),
    method("writable", "($self, /)", |cx, a| answer(cx, a, Value::TRUE), ""),
    method("close", "($self, /)", close, "Gives the data up."),
    method("flush", "($self, /)", |cx, a| answer(cx, a, Value::NONE), "Does nothing."),
    method("isatty", "($self, /)", |cx, a| answer(cx, a, Value::FALSE), "False."),
    method("tell", "($self, /)", |cx, a| with(cx, a[0], |s| s.open().map(|s| s.pos)).map(|n| int::from_usize(n).into()), "The position."),
    method("write", "($self, b, /)", write, "Writes bytes."),
    method("writelines", "($self, lines, /)", writelines, "Writes lines."),
    method("read1", "($self, size=-1, /)", read, "Reads bytes."),
    method("readinto", "($self, buffer, /)", readinto, "Reads into a buffer."),
    method("readline", "($self, size=-1, /)", readline, "Reads a line."),
    method("readlines", "($self, size=None, /)", readlines, "Reads lines into a list."),
    method("read", "($self, size=-1, /)", read, "Reads bytes."),
    method("getbuffer", "($self, /)", getbuffer, "A view of the data."),
    method("getvalue", "($self, /)", getvalue, "All the data."),
    method("seek", "($self, pos, whence=0, /)", seek, "Moves the position."),
    method("truncate", "($self, size=None, /)", truncate, "Sets the size."),
    method("__getstate__", "($self, /)", getstate, ""),
    method("__setstate__", "($self, object, /)", setstate, ""),
    method(
        "__sizeof__",
        "($self, /)",
        |cx, a| with(cx, a[0], |s| Ok(size_of::<BytesIo>() + 16 + s.data.capacity())).map(|n| int::from_usize(n).into()),
        "",
    ),
];
static GETSETS: &[GetSet] =
    &[getter("closed", |cx, v| with(cx, v, |s| Ok(s.closed)).map(|b| Value::bool(b).into()), "Whether the stream is closed.")];

/// `_io.BytesIO`.
pub static BYTES_IO_TYPE: TypeSpec = TypeSpec::of::<BytesIo>("_io.BytesIO")
    .base(ids::BUFFERED_IO_BASE)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), init: Some(init), iter: Some(iterator), next: Some(next), del: Some(finalise), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("A binary stream in memory.");

/// What `getbuffer` makes a view of.
#[repr(C)]
pub struct BytesIoBuffer {
    source: Value,
}
// SAFETY: visits the stream.
unsafe impl Payload for BytesIoBuffer {
    const TYPE_ID: u32 = ids::BYTES_IO_BUFFER;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.source.word());
    }
}

fn export(cx: &mut Cx, v: Ref<'_>, _wanted: u32) -> PyResult<BufferView> {
    // SAFETY: this slot belongs to the type.
    let source = unsafe { v.cast::<BytesIoBuffer>() }.source.clone();
    let (data, len) = with(cx, source.as_ref(), |s| {
        s.exports += 1;
        Ok((s.data.as_mut_ptr(), s.data.len()))
    })?;
    Ok(BufferView::bytes(v.to_value(), data, len, false, Some(release)))
}

fn release(owner: &Value) {
    if let Some(b) = owner.as_ref().exact::<BytesIoBuffer>() {
        me(b.source.as_ref()).with_lock(|s| s.exports -= 1);
    }
}

/// `_io._BytesIOBuffer`.
pub static BUFFER_TYPE: TypeSpec =
    TypeSpec::of::<BytesIoBuffer>("_io._BytesIOBuffer").flags(flags::NO_NEW).slots(Slots { buffer: Some(export), ..Slots::NONE });
