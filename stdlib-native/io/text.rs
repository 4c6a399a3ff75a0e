//! `TextIOWrapper`: representation, making and reconfiguring.
//!
//! Two locks. The state stands under the object's own lock, in sections that call nothing. Whole operations are made one after the other by the
//! monitor, but only when the buffer is one of ours: foreign buffers may wait for threads that want to use this very stream, so nothing is
//! held while they are called. The owner of the monitor may come back (signal handlers, codecs written in Python).

use super::coder::{Decoder, Encoder};
use super::monitor::{Held, Monitor};
use super::newlines::{Newline, Newlines};
use super::{ask, buffered, coder, ids, live, names, unsupported};
use crate::parameters;
use gc::{Field, Payload, Ref, Reg, Value, Word};
use objects::protocol::{attr, truth};
use objects::types::str::{Str, as_str};
use objects::types::type_::type_of;
use objects::types::{instance, int};
use objects::{Args, Cx, PyResult, Raised};
use std::cell::UnsafeCell;
use sync::prim::{AtomicBool, AtomicU8, Ordering};

/// State of a stream.
pub(super) struct State {
    pub decoder: Option<Decoder>,
    pub encoder: Option<Encoder>,
    /// The chunk that was decoded last, or None.
    pub decoded: Value,
    /// How many of its characters have been given out.
    pub used: usize,
    /// The decoder's flags before that chunk, and the bytes it was made from.
    pub snapshot: Option<(i64, Vec<u8>)>,
    /// Encoded text that is not in the buffer yet.
    pub pending: Vec<u8>,
    pub chunk: usize,
    pub newline: Newline,
    pub line_buffering: bool,
    pub write_through: bool,
    pub seekable: bool,
    /// Whether `tell` works now.
    pub telling: bool,
    pub has_read1: bool,
    /// Bytes per character of the last chunk.
    pub ratio: f64,
}

/// A text stream's payload.
#[repr(C)]
pub struct TextIo {
    monitor: Monitor,
    pub(super) buffer: Field,
    pub(super) encoding: Field,
    pub(super) errors: Field,
    /// 0 not initialised, 1 in use, 2 detached.
    pub(super) ready: AtomicU8,
    pub(super) finalizing: AtomicBool,
    state: UnsafeCell<State>,
    place: live::Place,
}
// SAFETY: visits every field; nobody changes the state while the world is stopped.
unsafe impl Payload for TextIo {
    const TYPE_ID: u32 = ids::TEXT_IO_WRAPPER;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for f in [&self.buffer, &self.encoding, &self.errors] {
            visit(f.peek());
        }
        // SAFETY: see above.
        let s = unsafe { &*self.state.get() };
        visit(s.decoded.word());
        if let Some(d) = &s.decoder {
            d.traverse(visit);
        }
        if let Some(e) = &s.encoder {
            e.traverse(visit);
        }
    }
}

impl Drop for TextIo {
    fn drop(&mut self) {
        live::remove(std::ptr::from_ref(self).addr() - gc::HEADER_SIZE, &self.place);
    }
}

pub(super) fn me(v: Ref<'_>) -> &TextIo {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<TextIo>() }
}

fn payload() -> TextIo {
    let newline = Newline { ending: super::newlines::Ending::Lf, universal: true, translate: true, write: None };
    TextIo {
        monitor: Monitor::new(),
        buffer: Field::empty(),
        encoding: Field::empty(),
        errors: Field::empty(),
        ready: AtomicU8::new(0),
        finalizing: AtomicBool::new(false),
        state: UnsafeCell::new(State {
            decoder: None,
            encoder: None,
            decoded: Value::NONE,
            used: 0,
            snapshot: None,
            pending: Vec::new(),
            chunk: 8192,
            newline,
            line_buffering: false,
            write_through: false,
            seekable: false,
            telling: false,
            has_read1: false,
            ratio: 0.0,
        }),
        place: live::Place::default(),
    }
}

impl TextIo {
    /// Runs `f` on the state, under the object's lock. Values that leave it are given out, to die without the lock.
    #[inline]
    pub(super) fn with<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut State) -> R) -> R {
        let _l = cx.lock(self.header());
        // SAFETY: the lock is held, and `f` cannot come back here since it has no context.
        f(unsafe { &mut *self.state.get() })
    }
    /// The buffer; ValueError when there is none.
    pub fn buffer(&self, cx: &mut Cx) -> PyResult<Value> {
        // Acquire: pairs with the release in `set_up`.
        if self.ready.load(Ordering::Acquire) == 1 {
            let v = self.buffer.load(self.header());
            if v.word() != Word::UNBOUND {
                return Ok(v);
            }
        }
        Err(self.no_buffer(cx))
    }
    #[cold]
    fn no_buffer(&self, cx: &mut Cx) -> Raised {
        match self.ready.load(Ordering::Relaxed) {
            2 => cx.value_error("underlying buffer has been detached"),
            _ => cx.value_error("I/O operation on uninitialized object"),
        }
    }
    /// The buffer of an open stream.
    pub(super) fn open_buffer(&self, cx: &mut Cx) -> PyResult<Value> {
        let b = self.buffer(cx)?;
        let closed = match buffered::exact(b.as_ref()) {
            Some(x) => {
                let raw = x.raw(cx)?;
                x.is_closed(cx, &raw)?
            }
            None => {
                let c = attr::get(cx, b.as_ref(), names::closed())?.into_value();
                truth::of(cx, c.as_ref())?
            }
        };
        if closed { Err(super::base::closed_error(cx)) } else { Ok(b) }
    }
    /// Makes the operation one of a sequence, where the buffer is one of ours.
    #[inline]
    pub(super) fn enter<'a>(&'a self, cx: &mut Cx, buffer: &Value) -> PyResult<Option<Held<'a>>> {
        if buffered::exact(buffer.as_ref()).is_some() { self.monitor.enter(cx).map(Some) } else { Ok(None) }
    }
    /// Runs `f` on the decoder, which is taken out meanwhile. UnsupportedOperation when the stream cannot be read.
    pub(super) fn with_decoder<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut Cx, &mut Decoder) -> PyResult<R>) -> PyResult<R> {
        let Some(mut d) = self.with(cx, |s| s.decoder.clone()) else { return Err(unsupported(cx, "not readable")) };
        let r = f(cx, &mut d);
        let old = self.with(cx, |s| if s.decoder.is_some() { s.decoder.replace(d) } else { None });
        drop(old);
        r
    }
    /// Forgets the decoded chunk.
    pub(super) fn forget_decoded(&self, cx: &mut Cx) {
        let old = self.with(cx, |s| {
            s.used = 0;
            s.snapshot = None;
            std::mem::replace(&mut s.decoded, Value::NONE)
        });
        drop(old);
    }
    /// A fork has left this thread alone.
    pub fn reset_after_fork(&self) {
        self.monitor.reset_after_fork();
    }
}

/// What a text stream is made with.
pub struct Options<'a> {
    /// `encoding`; None: the default.
    pub encoding: Option<Ref<'a>>,
    /// `errors`; None: strict.
    pub errors: Option<Ref<'a>>,
    /// `newline`.
    pub newline: Newline,
    /// `line_buffering`.
    pub line_buffering: bool,
    /// `write_through`.
    pub write_through: bool,
}

fn default_encoding() -> Value {
    Str::intern_text("utf-8")
}

/// An encoding argument: None and "locale" mean the default.
fn encoding_of(v: Option<Ref<'_>>) -> Value {
    match v.filter(|v| !v.is_none()) {
        None => default_encoding(),
        Some(e) if as_str(e).is_some_and(|s| s.eq_str("locale")) => default_encoding(),
        Some(e) => e.to_value(),
    }
}

/// Sets a stream up.
pub fn set_up(cx: &mut Cx, v: Ref<'_>, buffer: Ref<'_>, o: &Options<'_>) -> PyResult<()> {
    let t = me(v);
    t.ready.store(0, Ordering::Relaxed);
    let encoding = encoding_of(o.encoding);
    let errors = o.errors.filter(|e| !e.is_none()).map_or_else(|| Str::intern_text("strict"), Ref::to_value);
    coder::check(cx, encoding.as_ref())?;
    let (readable, writable, seekable);
    let native = buffered::exact(buffer);
    let has_read1;
    match native {
        Some(b) => {
            b.raw(cx)?;
            readable = truthy(cx, buffer, names::readable())?;
            writable = truthy(cx, buffer, names::writable())?;
            seekable = truthy(cx, buffer, names::seekable())?;
            has_read1 = readable;
        }
        None => {
            readable = truthy(cx, buffer, names::readable())?;
            writable = truthy(cx, buffer, names::writable())?;
            seekable = truthy(cx, buffer, names::seekable())?;
            has_read1 = attr::get_optional(cx, buffer, names::read1())?.is_some();
        }
    }
    let newlines = o.newline.universal.then(|| Newlines::new(o.newline.translate));
    let decoder = if readable { Some(Decoder::new(cx, encoding.as_ref(), errors.as_ref(), newlines)?) } else { None };
    let encoder = if writable { Some(Encoder::new(cx, encoding.as_ref(), errors.as_ref())?) } else { None };
    let old = t.with(cx, |s| {
        s.used = 0;
        s.snapshot = None;
        s.pending.clear();
        s.chunk = 8192;
        s.newline = o.newline;
        s.line_buffering = o.line_buffering;
        s.write_through = o.write_through;
        s.seekable = seekable;
        s.telling = seekable;
        s.has_read1 = has_read1;
        s.ratio = 0.0;
        (
            std::mem::replace(&mut s.decoded, Value::NONE),
            std::mem::replace(&mut s.decoder, decoder),
            std::mem::replace(&mut s.encoder, encoder.clone()),
        )
    });
    drop(old);
    let buffer_value = buffer.to_value();
    let old = {
        let _l = cx.lock(t.header());
        (t.buffer.swap(buffer_value), t.encoding.swap(encoding), t.errors.swap(errors))
    };
    drop(old);
    fix_encoder(cx, buffer, encoder.as_ref(), seekable)?;
    t.finalizing.store(false, Ordering::Relaxed);
    // Release: pairs with the acquire in `buffer`.
    t.ready.store(1, Ordering::Release);
    live::add(t.header(), &t.place, true);
    Ok(())
}

/// Where a stream does not begin at its start, the encoder writes no mark.
fn fix_encoder(cx: &mut Cx, buffer: Ref<'_>, encoder: Option<&Encoder>, seekable: bool) -> PyResult<()> {
    let Some(e @ Encoder::Object(_)) = encoder.filter(|_| seekable) else { return Ok(()) };
    let at = ask(cx, buffer, names::tell())?;
    if int::as_int(at.as_ref()).is_none_or(|i| !i.is_zero()) {
        e.reset(cx, false)?;
    }
    Ok(())
}

fn truthy(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<bool> {
    let r = ask(cx, v, name)?;
    truth::of(cx, r.as_ref())
}

/// A new stream of the exact class.
pub fn make(cx: &mut Cx, buffer: Ref<'_>, o: &Options<'_>) -> PyResult<Value> {
    let v = instance::alloc_with(objects::types::by_id(ids::TEXT_IO_WRAPPER), payload());
    set_up(cx, v.as_ref(), buffer, o)?;
    Ok(v)
}

pub(super) fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(crate::guarded::make(class, payload()))
}

parameters!(PARAMETERS, "TextIOWrapper", "(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)");

/// A str or None, or the TypeError that names the argument.
fn text_or_none<'a>(cx: &mut Cx, v: Ref<'a>, what: &str) -> PyResult<Option<Ref<'a>>> {
    match v.given().filter(|v| !v.is_none()) {
        None => Ok(None),
        Some(s) if as_str(s).is_some_and(|s| super::newlines::has(s.units(), 0)) => Err(cx.value_error("embedded null character")),
        Some(s) if as_str(s).is_some() => {
            // Lone surrogates are refused.
            if as_str(s).is_some_and(|s| !s.is_ascii()) {
                objects::codecs::encode_fast(cx, s, objects::codecs::Fast::Utf8, "strict")?;
            }
            Ok(Some(s))
        }
        Some(x) => {
            let n = type_of(x).name_text();
            Err(cx.type_error(format!("{what} must be str or None, not {n}")))
        }
    }
}

fn newline_of(cx: &mut Cx, v: Ref<'_>, function: &str) -> PyResult<Newline> {
    let v = text_or_none(cx, v, &format!("{function}() argument 'newline'"))?;
    let text = v.and_then(as_str).map(Str::to_string_lossy);
    match Newline::of(text.as_deref()) {
        Some(n) => Ok(n),
        None => {
            let shown = text.unwrap_or_default();
            Err(cx.value_error(format!("illegal newline value: {shown}")))
        }
    }
}

pub(super) fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    me(v).ready.store(0, Ordering::Relaxed);
    PARAMETERS.bind(cx, args, |cx, a| {
        let flag = |cx: &mut Cx, v: Ref<'_>| v.given().map_or(Ok(false), |v| truth::of(cx, v));
        let o = Options {
            encoding: text_or_none(cx, a[1], "TextIOWrapper() argument 'encoding'")?,
            errors: text_or_none(cx, a[2], "TextIOWrapper() argument 'errors'")?,
            newline: newline_of(cx, a[3], "TextIOWrapper")?,
            line_buffering: flag(cx, a[4])?,
            write_through: flag(cx, a[5])?,
        };
        set_up(cx, v, a[0], &o)
    })
}

/// `reconfigure(...)`.
pub(super) fn reconfigure(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = me(a[0]);
    let encoding = text_or_none(cx, a[1], "reconfigure() argument 'encoding'")?;
    let errors = text_or_none(cx, a[2], "reconfigure() argument 'errors'")?;
    let newline_given = a[3].given().is_some();
    let changes = encoding.is_some() || errors.is_some() || newline_given;
    if changes && t.with(cx, |s| !matches!(s.decoded.word(), Word::NONE)) {
        return Err(unsupported(cx, "It is not possible to set the encoding or newline of stream after the first read"));
    }
    let newline = if newline_given { Some(newline_of(cx, a[3], "reconfigure")?) } else { None };
    let flag = |cx: &mut Cx, v: Ref<'_>| match v.given().filter(|v| !v.is_none()) {
        None => Ok(None),
        Some(v) if int::as_int(v).is_some() => truth::of(cx, v).map(Some),
        Some(v) => int::index_i64(cx, v).map(|n| Some(n != 0)),
    };
    let line_buffering = flag(cx, a[4])?;
    let write_through = flag(cx, a[5])?;
    let buffer = t.buffer(cx)?;
    ask(cx, a[0], names::flush())?;
    t.with(cx, |s| s.ratio = 0.0);
    if changes {
        let new_encoding = match encoding {
            Some(e) => encoding_of(Some(e)),
            None => t.encoding.load(t.header()),
        };
        let new_errors = match (errors, encoding) {
            (Some(e), _) => e.to_value(),
            (None, Some(_)) => Str::intern_text("strict"),
            (None, None) => t.errors.load(t.header()),
        };
        coder::check(cx, new_encoding.as_ref())?;
        let (had_decoder, had_encoder, seekable, old_newline) =
            t.with(cx, |s| (s.decoder.is_some(), s.encoder.is_some(), s.seekable, s.newline));
        let newline = newline.unwrap_or(old_newline);
        let newlines = newline.universal.then(|| Newlines::new(newline.translate));
        let decoder = if had_decoder { Some(Decoder::new(cx, new_encoding.as_ref(), new_errors.as_ref(), newlines)?) } else { None };
        let encoder = if had_encoder { Some(Encoder::new(cx, new_encoding.as_ref(), new_errors.as_ref())?) } else { None };
        fix_encoder(cx, buffer.as_ref(), encoder.as_ref(), seekable)?;
        let old = t.with(cx, |s| {
            s.newline = newline;
            (std::mem::replace(&mut s.decoder, decoder), std::mem::replace(&mut s.encoder, encoder))
        });
        drop(old);
        let old = {
            let _l = cx.lock(t.header());
            (t.encoding.swap(new_encoding), t.errors.swap(new_errors))
        };
        drop(old);
    }
    t.with(cx, |s| {
        s.line_buffering = line_buffering.unwrap_or(s.line_buffering);
        s.write_through = write_through.unwrap_or(s.write_through);
    });
    Ok(Value::NONE.into())
}
