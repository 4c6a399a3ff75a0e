//! What `BufferedReader`, `BufferedWriter` and `BufferedRandom` share: representation, position, opening and closing.
//!
//! One buffer serves reading and writing. Positions, all relative to the buffer's start:
//!
//! | cell | meaning |
//! |---|---|
//! | `pos` | where the next byte is read or written |
//! | `raw_pos` | where the raw stream stands, -1 unknown |
//! | `read_end` | end of what was read, -1 when the buffer holds nothing read |
//! | `write_pos..write_end` | what is still to be written; `write_end` is -1 when nothing is |
//!
//! `absolute` is the raw stream's own position, -1 unknown. All of it is guarded by the monitor, which is held while the raw stream is called:
//! whoever comes back from there gets RuntimeError.

use super::monitor::{Held, Monitor};
use super::{ask, base, file, ids, live, names, tell, unsupported};
use crate::parameters;
use gc::{Field, Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Member, Method, getset, getter, method};
use objects::protocol::{attr, text, truth};
use objects::types::exception::ids as exc;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::types::{instance, int};
use objects::{Args, Cx, PyResult, Raised};
use std::cell::{Cell, UnsafeCell};
use sync::prim::{AtomicBool, AtomicU8, Ordering};

/// A buffered stream's payload.
#[repr(C)]
pub struct Buffered {
    pub(super) monitor: Monitor,
    raw: Field,
    /// 0 not initialised, 1 in use, 2 detached.
    state: AtomicU8,
    finalizing: AtomicBool,
    pub(super) readable: Cell<bool>,
    pub(super) writable: Cell<bool>,
    data: UnsafeCell<Vec<u8>>,
    /// Room of the buffer.
    pub(super) size: Cell<usize>,
    pub(super) absolute: Cell<i64>,
    pub(super) pos: Cell<i64>,
    pub(super) raw_pos: Cell<i64>,
    pub(super) read_end: Cell<i64>,
    pub(super) write_pos: Cell<i64>,
    pub(super) write_end: Cell<i64>,
    place: live::Place,
}
// SAFETY: visits the raw stream.
unsafe impl Payload for Buffered {
    const TYPE_ID: u32 = ids::BUFFERED_READER;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.raw.peek());
    }
}

impl Drop for Buffered {
    fn drop(&mut self) {
        live::remove(std::ptr::from_ref(self).addr() - gc::HEADER_SIZE, &self.place);
    }
}

pub(super) fn me(v: Ref<'_>) -> &Buffered {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Buffered>() }
}

/// The payload when the value is exactly of one of the three classes, so that methods need not be looked up.
pub fn exact(v: Ref<'_>) -> Option<&Buffered> {
    match v.header()?.type_id() {
        // SAFETY: they share the payload.
        ids::BUFFERED_READER | ids::BUFFERED_WRITER | ids::BUFFERED_RANDOM => Some(unsafe { v.cast::<Buffered>() }),
        _ => None,
    }
}

fn payload() -> Buffered {
    Buffered {
        monitor: Monitor::new(),
        raw: Field::empty(),
        state: AtomicU8::new(0),
        finalizing: AtomicBool::new(false),
        readable: Cell::new(false),
        writable: Cell::new(false),
        data: UnsafeCell::new(Vec::new()),
        size: Cell::new(0),
        absolute: Cell::new(-1),
        pos: Cell::new(0),
        raw_pos: Cell::new(0),
        read_end: Cell::new(-1),
        write_pos: Cell::new(0),
        write_end: Cell::new(-1),
        place: live::Place::default(),
    }
}

/// The raw stream as it is called.
pub(super) enum Raw<'a> {
    /// A FileIO: called directly.
    File(&'a file::FileIo),
    /// Anything else: by its methods.
    Other(Ref<'a>),
}

impl Buffered {
    /// A fork has left this thread alone.
    pub fn reset_after_fork(&self) {
        self.monitor.reset_after_fork();
    }
    /// Runs `f` on the buffer. By the owner of the monitor.
    pub(super) fn data<R>(&self, f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        // SAFETY: one thread at a time, and `f` cannot come back here since it has no context.
        f(unsafe { &mut *self.data.get() })
    }
    /// The raw stream; ValueError when there is none.
    pub fn raw(&self, cx: &mut Cx) -> PyResult<Value> {
        // Acquire: pairs with the release in `set_up`.
        if self.state.load(Ordering::Acquire) == 1 {
            let v = self.raw.load(self.header());
            if v.word() != Word::UNBOUND {
                return Ok(v);
            }
        }
        Err(self.no_raw(cx))
    }
    #[cold]
    fn no_raw(&self, cx: &mut Cx) -> Raised {
        match self.state.load(Ordering::Relaxed) {
            2 => cx.value_error("raw stream has been detached"),
            _ => cx.value_error("I/O operation on uninitialized object"),
        }
    }
    /// How a raw stream is called.
    pub(super) fn kind<'a>(raw: &'a Value) -> Raw<'a> {
        match raw.as_ref().exact::<file::FileIo>() {
            Some(f) => Raw::File(f),
            None => Raw::Other(raw.as_ref()),
        }
    }
    /// Whether there is something read in the buffer.
    pub(super) fn has_read(&self) -> bool {
        self.readable.get() && self.read_end.get() != -1
    }
    /// Whether there is something to be written in the buffer.
    pub(super) fn has_write(&self) -> bool {
        self.writable.get() && self.write_end.get() != -1
    }
    /// How far the raw stream is ahead of the buffered one.
    pub(super) fn raw_offset(&self) -> i64 {
        if (self.has_read() || self.has_write()) && self.raw_pos.get() >= 0 { self.raw_pos.get() - self.pos.get() } else { 0 }
    }
    /// How many bytes are there to be read without asking the raw stream.
    pub(super) fn ahead(&self) -> usize {
        if self.has_read() { (self.read_end.get() - self.pos.get()).max(0) as usize } else { 0 }
    }
    /// Forgets what was read.
    pub(super) fn reset_read(&self) {
        self.read_end.set(-1);
    }
    /// Forgets what is to be written.
    pub(super) fn reset_write(&self) {
        self.write_pos.set(0);
        self.write_end.set(-1);
    }
    /// Moves on; the read part reaches at least to there.
    pub(super) fn adjust(&self, to: i64) {
        self.pos.set(to);
        if self.has_read() && self.read_end.get() < to {
            self.read_end.set(to);
        }
    }
    /// Whether the raw stream is closed.
    pub fn is_closed(&self, cx: &mut Cx, raw: &Value) -> PyResult<bool> {
        match Self::kind(raw) {
            Raw::File(f) => Ok(f.is_closed()),
            Raw::Other(r) => {
                let c = attr::get(cx, r, names::closed())?.into_value();
                truth::of(cx, c.as_ref())
            }
        }
    }
    /// ValueError with this text when the stream is closed.
    pub(super) fn check_open(&self, cx: &mut Cx, raw: &Value, message: &str) -> PyResult<()> {
        let gone = self.data(|d| d.is_empty());
        if gone || self.is_closed(cx, raw)? { Err(cx.value_error(message)) } else { Ok(()) }
    }
    /// The raw stream's position.
    pub(super) fn raw_tell(&self, cx: &mut Cx, raw: &Value) -> PyResult<i64> {
        let n = match Self::kind(raw) {
            Raw::File(f) => f.seek_to(cx, 0, libc::SEEK_CUR)?,
            Raw::Other(r) => {
                let n = ask(cx, r, names::tell())?;
                offset(cx, n.as_ref())?
            }
        };
        self.position(cx, n)
    }
    fn position(&self, cx: &mut Cx, n: i64) -> PyResult<i64> {
        if n < 0 {
            return Err(cx.error(exc::OS_ERROR, format!("Raw stream returned invalid position {n}")));
        }
        self.absolute.set(n);
        Ok(n)
    }
    /// Moves the raw stream's position.
    pub(super) fn raw_seek(&self, cx: &mut Cx, raw: &Value, target: i64, whence: i32) -> PyResult<i64> {
        let n = match Self::kind(raw) {
            Raw::File(f) => f.seek_to(cx, target, whence)?,
            Raw::Other(r) => {
                let (t, w) = (int::from_i64(target), Value::small_int(whence.into()));
                let n = tell(cx, r, names::seek(), &[t.as_ref(), w.as_ref()])?;
                offset(cx, n.as_ref())?
            }
        };
        self.position(cx, n)
    }
    /// Writes what is to be written and moves the raw stream to where the buffered one is.
    pub(super) fn flush_and_rewind(&self, cx: &mut Cx, raw: &Value) -> PyResult<()> {
        self.flush_unlocked(cx, raw)?;
        if self.readable.get() {
            let r = self.raw_seek(cx, raw, -self.raw_offset(), 1);
            self.reset_read();
            r?;
        }
        Ok(())
    }
}

/// An offset that a method gave.
pub(super) fn offset(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let n = int::index(cx, v)?;
    match int::as_int(n.as_ref()).and_then(|i| i.to_i64()) {
        Some(n) => Ok(n),
        None => {
            let t = type_of(v).name_text();
            Err(cx.value_error(format!("cannot fit '{t}' into an offset-sized integer")))
        }
    }
}

/// Takes the monitor; RuntimeError when this thread is in the middle of an operation on the stream.
#[inline]
pub(super) fn enter<'a>(cx: &mut Cx, v: Ref<'a>) -> PyResult<(&'a Buffered, Held<'a>)> {
    let b = me(v);
    let held = b.monitor.enter(cx)?;
    if held.again {
        drop(held);
        return Err(reentrant(cx, v));
    }
    Ok((b, held))
}

#[cold]
fn reentrant(cx: &mut Cx, v: Ref<'_>) -> Raised {
    match text::repr(cx, v) {
        Ok(s) => {
            let shown = s.to_string_lossy();
            cx.runtime_error(format!("reentrant call inside {shown}"))
        }
        Err(e) => e,
    }
}

/// Sets a stream up.
fn set_up(cx: &mut Cx, v: Ref<'_>, raw: Ref<'_>, size: i64, readable: bool, writable: bool) -> PyResult<()> {
    let b = me(v);
    b.state.store(0, Ordering::Relaxed);
    if raw.exact::<file::FileIo>().is_none() {
        if readable && writable {
            base::check_seekable(cx, raw)?;
        }
        if readable {
            base::check_readable(cx, raw)?;
        }
        if writable {
            base::check_writable(cx, raw)?;
        }
    } else {
        // SAFETY: it is one.
        let f = unsafe { raw.cast::<file::FileIo>() };
        f.fd(cx)?;
        if readable && writable && !f.is_seekable(cx)? {
            return Err(unsupported(cx, "File or stream is not seekable."));
        }
        if readable && !f.readable() {
            return Err(unsupported(cx, "File or stream is not readable."));
        }
        if writable && !f.writable() {
            return Err(unsupported(cx, "File or stream is not writable."));
        }
    }
    if size <= 0 {
        return Err(cx.value_error("buffer size must be strictly positive"));
    }
    let Some(mut data) = objects::types::bytes::shared::room(size as usize) else { return Err(cx.memory_error()) };
    data.resize(size as usize, 0);
    let raw = raw.to_value();
    let old = {
        let _l = cx.lock(b.header());
        b.raw.swap(raw.clone())
    };
    drop(old);
    let held = b.monitor.enter(cx)?;
    b.readable.set(readable);
    b.writable.set(writable);
    b.data(|d| *d = data);
    b.size.set(size as usize);
    b.absolute.set(-1);
    b.pos.set(0);
    b.raw_pos.set(0);
    b.reset_read();
    b.reset_write();
    // Pipes have no position: that does not matter. Where a file is not at its start is found out when it is needed.
    if let Err(e) = b.raw_tell(cx, &raw) {
        drop(cx.catch(e));
    }
    drop(held);
    b.finalizing.store(false, Ordering::Relaxed);
    // Release: pairs with the acquire in `raw`.
    b.state.store(1, Ordering::Release);
    live::add(b.header(), &b.place, false);
    Ok(())
}

/// A new stream of one of the three exact classes.
pub fn make(cx: &mut Cx, id: u32, raw: Ref<'_>, size: i64) -> PyResult<Value> {
    let v = instance::alloc_with(objects::types::by_id(id), payload());
    set_up(cx, v.as_ref(), raw, size, id != ids::BUFFERED_WRITER, id != ids::BUFFERED_READER)?;
    Ok(v)
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(crate::guarded::make(class, payload()))
}

parameters!(READER_PARAMETERS, "BufferedReader", "(raw, buffer_size=131072)");
parameters!(WRITER_PARAMETERS, "BufferedWriter", "(raw, buffer_size=131072)");
parameters!(RANDOM_PARAMETERS, "BufferedRandom", "(raw, buffer_size=131072)");

fn init_with(cx: &mut Cx, v: Ref<'_>, a: &[Ref<'_>], readable: bool, writable: bool) -> PyResult<()> {
    let size = match a[1].given() {
        Some(n) => int::index_size(cx, n)?,
        None => super::DEFAULT_BUFFER_SIZE as i64,
    };
    set_up(cx, v, a[0], size, readable, writable)
}
fn init_reader(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    READER_PARAMETERS.bind(cx, args, |cx, a| init_with(cx, v, a, true, false))
}
fn init_writer(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    WRITER_PARAMETERS.bind(cx, args, |cx, a| init_with(cx, v, a, false, true))
}
fn init_random(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    RANDOM_PARAMETERS.bind(cx, args, |cx, a| init_with(cx, v, a, true, true))
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let n = type_of(v).shown_name();
    let n = if n.contains('.') { n } else { type_of(v).full_name() };
    match attr::get_optional(cx, v, names::name()) {
        Ok(Some(name)) => match text::guarded(cx, v, |cx| text::repr(cx, name.as_ref()))? {
            Some(s) => file::joined(cx, &format!("<{n} name="), &s, ">"),
            None => Err(cx.runtime_error(format!("reentrant call inside {n}.__repr__"))),
        },
        Ok(None) => Ok(objects::types::str::text(&format!("<{n}>"))),
        Err(e) => {
            drop(cx.catch_if(e, exc::VALUE_ERROR)?);
            Ok(objects::types::str::text(&format!("<{n}>")))
        }
    }
}

fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let v = a[0];
    let raw = me(v).raw(cx)?;
    let (b, held) = enter(cx, v)?;
    if b.is_closed(cx, &raw)? {
        return Ok(Value::NONE.into());
    }
    if b.finalizing.load(Ordering::Relaxed) {
        warn(cx, &raw, v)?;
    }
    // Flushing takes the monitor itself.
    drop(held);
    let flushed = ask(cx, v, names::flush()).map(drop);
    let first = flushed.err().map(|e| cx.catch(e));
    let (b, _held) = enter(cx, v)?;
    if first.is_some() && b.is_closed(cx, &raw)? {
        // Another thread has closed it meanwhile, and flushed.
        return Ok(Value::NONE.into());
    }
    let second = ask(cx, raw.as_ref(), names::close()).map(drop);
    let old = b.data(std::mem::take);
    drop(old);
    b.read_end.set(0);
    b.pos.set(0);
    base::finish(cx, first, second)?;
    Ok(Value::NONE.into())
}

/// Has the raw stream warn of being unclosed.
fn warn(cx: &mut Cx, raw: &Value, source: Ref<'_>) -> PyResult<()> {
    match Buffered::kind(raw) {
        Raw::File(f) => f.warn_unclosed(cx, source),
        Raw::Other(r) => {
            if let Err(e) = tell(cx, r, names::_dealloc_warn(), &[source]) {
                drop(cx.catch(e));
            }
        }
    }
    Ok(())
}

/// `flush()` of a stream that may write.
pub(super) fn flush_stream(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let raw = me(v).raw(cx)?;
    if !me(v).writable.get() {
        // A reader: the raw stream's business.
        return match Buffered::kind(&raw) {
            Raw::File(f) if !f.is_closed() => Ok(()),
            _ => ask(cx, raw.as_ref(), names::flush()).map(drop),
        };
    }
    let (b, _held) = enter(cx, v)?;
    b.check_open(cx, &raw, "flush of closed file")?;
    b.flush_and_rewind(cx, &raw)
}

fn flush(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    flush_stream(cx, a[0])?;
    Ok(Value::NONE.into())
}

fn detach(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let b = me(a[0]);
    b.raw(cx)?;
    ask(cx, a[0], names::flush())?;
    let raw = {
        let _l = cx.lock(b.header());
        b.raw.take()
    };
    b.state.store(2, Ordering::Relaxed);
    if raw.word() == Word::UNBOUND {
        return Err(b.no_raw(cx));
    }
    Ok(raw.into())
}

fn of_raw(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    let raw = me(v).raw(cx)?;
    ask(cx, raw.as_ref(), name).map(Reg::from)
}
fn attribute_of_raw(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    let raw = me(v).raw(cx)?;
    attr::get(cx, raw.as_ref(), name)
}

fn tell_position(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let b = me(a[0]);
    let raw = b.raw(cx)?;
    let _held = b.monitor.enter(cx)?;
    let at = b.raw_tell(cx, &raw)? - b.raw_offset();
    // The raw stream may have been moved behind our back.
    Ok(int::from_i64(at.max(0)).into())
}

/// `seek(target, whence)`.
pub(super) fn seek_to(cx: &mut Cx, v: Ref<'_>, target: Ref<'_>, whence: i32) -> PyResult<i64> {
    let raw = me(v).raw(cx)?;
    if !matches!(whence, 0..=2 | libc::SEEK_HOLE | libc::SEEK_DATA) {
        return Err(cx.value_error(format!("whence value {whence} unsupported")));
    }
    {
        let b = me(v);
        let _held = b.monitor.enter(cx)?;
        b.check_open(cx, &raw, "seek of closed file")?;
    }
    match Buffered::kind(&raw) {
        Raw::File(f) => {
            if !f.is_seekable(cx)? {
                return Err(unsupported(cx, "File or stream is not seekable."));
            }
        }
        Raw::Other(r) => base::check_seekable(cx, r)?,
    }
    let mut target = offset(cx, target)?;
    let (b, _held) = enter(cx, v)?;
    if whence < 2 && b.readable.get() {
        let current = match b.absolute.get() {
            -1 => b.raw_tell(cx, &raw)?,
            n => n,
        };
        let ahead = b.ahead() as i64;
        if ahead > 0 {
            let by = if whence == 0 { target.saturating_sub(current - b.raw_offset()) } else { target };
            if by >= -b.pos.get() && by <= ahead {
                b.pos.set(b.pos.get() + by);
                return Ok((current - ahead + by).max(0));
            }
        }
    }
    if b.writable.get() {
        b.flush_unlocked(cx, &raw)?;
    }
    if whence == 1 {
        target = target.saturating_sub(b.raw_offset());
    }
    let n = b.raw_seek(cx, &raw, target, whence)?;
    b.raw_pos.set(-1);
    if b.readable.get() {
        b.reset_read();
    }
    Ok(n)
}

fn seek(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    me(a[0]).raw(cx)?;
    let whence = match a[2].given() {
        Some(w) => int::c_int(cx, w)?,
        None => 0,
    };
    seek_to(cx, a[0], a[1], whence).map(|n| int::from_i64(n).into())
}

fn truncate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let raw = me(a[0]).raw(cx)?;
    let (b, _held) = enter(cx, a[0])?;
    b.check_open(cx, &raw, "truncate of closed file")?;
    if !b.writable.get() {
        return Err(unsupported(cx, "truncate"));
    }
    b.flush_and_rewind(cx, &raw)?;
    let r = tell(cx, raw.as_ref(), names::truncate(), &[a[1].given().unwrap_or(Ref::NONE)])?;
    // The position may be another now.
    if let Err(e) = b.raw_tell(cx, &raw) {
        drop(cx.catch(e));
    }
    Ok(r.into())
}

fn memory(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(int::from_usize(size_of::<Buffered>() + 16 + me(a[0]).size.get()).into())
}

fn dealloc_warn(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if let Ok(raw) = me(a[0]).raw(cx) {
        warn(cx, &raw, a[1])?;
    } else {
        cx.raised = None;
    }
    Ok(Value::NONE.into())
}

fn closed(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let b = me(v);
    let raw = b.raw(cx)?;
    Ok(Value::bool(b.is_closed(cx, &raw)?).into())
}

fn finalise(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let b = me(v);
    if exact(v).is_some() {
        if b.state.load(Ordering::Relaxed) != 1 {
            return Ok(());
        }
        if let Ok(raw) = b.raw(cx)
            && let Raw::File(f) = Buffered::kind(&raw)
            && f.is_closed()
        {
            return Ok(());
        }
    }
    base::finalise(cx, v)
}

static GETSETS: &[GetSet] = &[
    getter("closed", closed, ""),
    getter("name", |cx, v| attribute_of_raw(cx, v, names::name()), ""),
    getter("mode", |cx, v| attribute_of_raw(cx, v, names::mode()), ""),
];

fn raw_member(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let r = me(v).raw.load(me(v).header());
    Ok(if r.word() == Word::UNBOUND { Value::NONE } else { r }.into())
}
fn set_finalizing(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let yes = file::finalizing_value(cx, x)?;
    me(v).finalizing.store(yes, Ordering::Relaxed);
    Ok(())
}
static MEMBERS: &[Member] = &[
    Member(getter("raw", raw_member, "")),
    Member(getset("_finalizing", |_, v| Ok(Value::bool(me(v).finalizing.load(Ordering::Relaxed)).into()), set_finalizing, "")),
];

const DETACH: Method = method("detach", "($self, /)", detach, "Separates the raw stream from the buffer.");
const CLOSE: Method = method("close", "($self, /)", close, "Flushes and closes.");
const FLUSH: Method = method("flush", "($self, /)", flush, "Writes what is buffered.");
const SEEKABLE: Method = method("seekable", "($self, /)", |cx, a| of_raw(cx, a[0], names::seekable()), "");
const READABLE: Method = method("readable", "($self, /)", |cx, a| of_raw(cx, a[0], names::readable()), "");
const WRITABLE: Method = method("writable", "($self, /)", |cx, a| of_raw(cx, a[0], names::writable()), "");
const FILENO: Method = method("fileno", "($self, /)", |cx, a| of_raw(cx, a[0], names::fileno()), "The file descriptor.");
const ISATTY: Method = method("isatty", "($self, /)", |cx, a| of_raw(cx, a[0], names::isatty()), "Whether it is a terminal.");
const DEALLOC_WARN: Method = method("_dealloc_warn", "($self, source, /)", dealloc_warn, "");
const SEEK: Method = method("seek", "($self, target, whence=0, /)", seek, "Moves the position.");
const TELL: Method = method("tell", "($self, /)", tell_position, "The position.");
const TRUNCATE: Method = method("truncate", "($self, pos=None, /)", truncate, "Sets the size.");
const SIZEOF: Method = method("__sizeof__", "($self, /)", memory, "");
const STATE: Method = method("__getstate__", "($self, /)", super::abstracts::no_state, "");
const READ: Method = method("read", "($self, size=-1, /)", super::buffered_read::read, "Reads bytes.");
const READ1: Method = method("read1", "($self, size=-1, /)", super::buffered_read::read1, "Reads bytes with at most one raw read.");
const READINTO: Method = method("readinto", "($self, buffer, /)", super::buffered_read::readinto, "Reads into a buffer.");
const READINTO1: Method = method("readinto1", "($self, buffer, /)", super::buffered_read::readinto1, "Reads into a buffer once.");
const READLINE: Method = method("readline", "($self, size=-1, /)", super::buffered_read::readline, "Reads a line.");
const PEEK: Method = method("peek", "($self, size=0, /)", super::buffered_read::peek, "What is buffered, without moving on.");
const WRITE: Method = method("write", "($self, buffer, /)", super::buffered_write::write, "Writes bytes.");

static READER_METHODS: &[Method] = &[
    DETACH,
    CLOSE,
    FLUSH,
    SEEKABLE,
    READABLE,
    FILENO,
    ISATTY,
    DEALLOC_WARN,
    READ,
    PEEK,
    READ1,
    READINTO,
    READINTO1,
    READLINE,
    SEEK,
    TELL,
    TRUNCATE,
    SIZEOF,
    STATE,
];
static WRITER_METHODS: &[Method] =
    &[DETACH, CLOSE, FLUSH, SEEKABLE, WRITABLE, FILENO, ISATTY, DEALLOC_WARN, WRITE, SEEK, TELL, TRUNCATE, SIZEOF, STATE];
static RANDOM_METHODS: &[Method] = &[
    DETACH,
    CLOSE,
    FLUSH,
    SEEKABLE,
    READABLE,
    WRITABLE,
    FILENO,
    ISATTY,
    DEALLOC_WARN,
    READ,
    PEEK,
    READ1,
    READINTO,
    READINTO1,
    READLINE,
    WRITE,
    SEEK,
    TELL,
    TRUNCATE,
    SIZEOF,
    STATE,
];

const BASE_SLOTS: Slots = Slots { new: Some(new), repr: Some(repr), del: Some(finalise), ..Slots::NONE };

/// `_io.BufferedReader`.
pub static READER_TYPE: TypeSpec = TypeSpec::of::<Buffered>("_io.BufferedReader")
    .base(ids::BUFFERED_IO_BASE)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { init: Some(init_reader), next: Some(super::buffered_read::next), ..BASE_SLOTS })
    .methods(READER_METHODS)
    .getsets(GETSETS)
    .members(MEMBERS)
    .doc("A buffer in front of a raw stream that is read.");
/// `_io.BufferedWriter`.
pub static WRITER_TYPE: TypeSpec = TypeSpec::of::<Buffered>("_io.BufferedWriter")
    .id(ids::BUFFERED_WRITER)
    .base(ids::BUFFERED_IO_BASE)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { init: Some(init_writer), ..BASE_SLOTS })
    .methods(WRITER_METHODS)
    .getsets(GETSETS)
    .members(MEMBERS)
    .doc("A buffer in front of a raw stream that is written.");
/// `_io.BufferedRandom`.
pub static RANDOM_TYPE: TypeSpec = TypeSpec::of::<Buffered>("_io.BufferedRandom")
    .id(ids::BUFFERED_RANDOM)
    .base(ids::BUFFERED_IO_BASE)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { init: Some(init_random), next: Some(super::buffered_read::next), ..BASE_SLOTS })
    .methods(RANDOM_METHODS)
    .getsets(GETSETS)
    .members(MEMBERS)
    .doc("A buffer in front of a raw stream that is read and written.");
