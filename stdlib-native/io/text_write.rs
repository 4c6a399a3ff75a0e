//! Writing text.

use super::coder::Encoder;
use super::text::{State, TextIo, me};
use super::{ask, buffered, buffered_write, bytes, bytes_io, names, newlines, tell, unsupported};
use gc::{Ref, Reg, Value};
use objects::codecs::Fast;
use objects::types::int;
use objects::types::str::{Str, as_str};
use objects::types::type_::type_of;
use objects::{Cx, PyResult};

impl TextIo {
    /// Gives the pending bytes to the buffer.
    pub(super) fn write_pending(&self, cx: &mut Cx, buffer: &Value) -> PyResult<()> {
        let mut data = self.with(cx, |s| std::mem::take(&mut s.pending));
        if data.is_empty() {
            return Ok(());
        }
        let r = if buffered::exact(buffer.as_ref()).is_some() {
            buffered_write::write_bytes(cx, buffer.as_ref(), &data).map(drop)
        } else if buffer.as_ref().exact::<bytes_io::BytesIo>().is_some() {
            bytes_io::write_bytes(cx, buffer.as_ref(), &data).map(drop)
        } else {
            match bytes(cx, &data) {
                Ok(b) => tell(cx, buffer.as_ref(), names::write(), &[b.as_ref()]).map(drop),
                Err(e) => Err(e),
            }
        };
        // The memory is used again.
        data.clear();
        self.with(cx, |s| {
            if s.pending.capacity() == 0 && data.capacity() <= 1 << 16 {
                s.pending = data;
            }
        });
        r
    }
}

/// The usual case: ASCII that is neither translated nor flushed joins what waits. False when it is not that.
fn append(st: &mut State, data: &[u8]) -> bool {
    let plain = matches!(st.encoder, Some(Encoder::Native { .. })) && st.newline.write.is_none() && st.decoder.is_none();
    if !plain || st.line_buffering || st.write_through || st.pending.len() + data.len() >= st.chunk {
        return false;
    }
    if st.pending.capacity() < st.chunk && st.pending.try_reserve(st.chunk).is_err() {
        return false;
    }
    st.pending.extend_from_slice(data);
    true
}

/// Writes a text to a stream; for those who know what they write to.
pub fn write_str(cx: &mut Cx, v: Ref<'_>, text: Ref<'_>) -> PyResult<()> {
    let t = me(v);
    let buffer = t.open_buffer(cx)?;
    let Some(s) = as_str(text) else { return Ok(()) };
    if s.is_ascii() && t.with(cx, |st| append(st, s.raw())) {
        return Ok(());
    }
    let held = t.enter(cx, &buffer)?;
    let (encoder, newline, line_buffering, write_through, chunk) =
        t.with(cx, |s| (s.encoder.clone(), s.newline.write, s.line_buffering, s.write_through, s.chunk));
    let Some(encoder) = encoder else { return Err(unsupported(cx, "not writable")) };
    let mut translated = None;
    let has_lf = (newline.is_some() || line_buffering) && newlines::has(s.units(), 10);
    if has_lf && newline.is_some() {
        translated = Some(match (text.exact::<Str>(), newline) {
            (None, Some(n)) => replaced(cx, text, n)?,
            _ => newlines::written(cx, text.to_value(), newline)?,
        });
        // A `replace` of its own may have changed everything.
        t.open_buffer(cx)?;
        if t.with(cx, |s| s.encoder.is_none()) {
            return Err(unsupported(cx, "not writable"));
        }
    }
    let flush_all = line_buffering && (has_lf || newlines::has(s.units(), 13));
    let text = translated.as_ref().map_or(text, Value::as_ref);
    let Some(s) = as_str(text) else { return Ok(()) };
    let plain = match &encoder {
        Encoder::Native { codec, .. } => s.is_ascii() || (*codec == Fast::Latin1 && s.width() == 1),
        Encoder::Object(_) => false,
    };
    let made;
    let data: &[u8] = if plain {
        s.raw()
    } else {
        made = encoder.encode(cx, text)?;
        &made
    };
    // Large texts are not joined to what waits.
    while data.len() >= chunk && t.with(cx, |st| !st.pending.is_empty()) {
        t.write_pending(cx, &buffer)?;
    }
    let (full, read) = t.with(cx, |st| {
        let fits = st.pending.try_reserve(data.len()).is_ok();
        if fits {
            st.pending.extend_from_slice(data);
        }
        (if fits { Ok(st.pending.len() >= chunk) } else { Err(()) }, st.snapshot.is_some())
    });
    let Ok(full) = full else { return Err(cx.memory_error()) };
    if full || flush_all || write_through {
        t.write_pending(cx, &buffer)?;
    }
    if flush_all {
        flush_buffer(cx, &buffer)?;
    }
    if read {
        t.forget_decoded(cx);
    }
    if t.with(cx, |s| s.decoder.is_some()) {
        t.with_decoder(cx, |cx, d| d.reset(cx))?;
    }
    drop(held);
    Ok(())
}

/// `text.replace("\n", newline)` of a class of its own.
fn replaced(cx: &mut Cx, text: Ref<'_>, newline: &str) -> PyResult<Value> {
    let (from, to) = (Str::from_char(10), Str::from_text(newline));
    let r = tell(cx, text, names::replace(), &[from.value().as_ref(), to.value().as_ref()])?;
    if as_str(r.as_ref()).is_none() {
        let n = type_of(r.as_ref()).name_text();
        return Err(cx.type_error(format!("replace() must return str, not {n}")));
    }
    Ok(r)
}

/// Flushes a buffer.
pub(super) fn flush_buffer(cx: &mut Cx, buffer: &Value) -> PyResult<()> {
    if buffered::exact(buffer.as_ref()).is_some() {
        buffered::flush_stream(cx, buffer.as_ref())
    } else {
        ask(cx, buffer.as_ref(), names::flush()).map(drop)
    }
}

/// `write(text)`.
pub(super) fn write(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(n) = as_str(a[1]).map(Str::len) else {
        let n = type_of(a[1]).name_text();
        return Err(cx.type_error(format!("write() argument must be str, not {n}")));
    };
    write_str(cx, a[0], a[1])?;
    Ok(int::from_usize(n).into())
}

/// `flush()`, natively.
pub fn flush_stream(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let t = me(v);
    let buffer = t.open_buffer(cx)?;
    let _held = t.enter(cx, &buffer)?;
    t.with(cx, |s| s.telling = s.seekable);
    t.write_pending(cx, &buffer)?;
    flush_buffer(cx, &buffer)
}

/// Flushes at the end of the process, if there is anything to be written.
pub(super) fn flush_rest(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    if me(v).with(cx, |s| s.pending.is_empty()) {
        return Ok(());
    }
    flush_stream(cx, v)
}

/// `flush()`.
pub(super) fn flush(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    flush_stream(cx, a[0])?;
    Ok(Value::NONE.into())
}
