//! Reading text.

use super::text::{State, TextIo, me};
use super::{ask, buffered, buffered_read, names, tell, unsupported};
use gc::{Ref, Reg, Value};
use objects::protocol::buffer;
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::str::methods::{built, sub};
use objects::types::str::{Str, as_str};
use objects::types::type_::type_of;
use objects::{Cx, PyResult};
use text::builder::StrBuilder;

impl TextIo {
    /// Takes what is decoded, up to `n` characters, if there is any.
    fn take(&self, cx: &mut Cx, n: usize) -> PyResult<Option<Value>> {
        let (decoded, used) = self.with(cx, |s| (s.decoded.clone(), s.used));
        let Some(s) = as_str(decoded.as_ref()) else { return Ok(None) };
        let left = s.len() - used.min(s.len());
        if left == 0 || n == 0 {
            return Ok(None);
        }
        let n = n.min(left);
        let part = if used == 0 && n == s.len() { decoded.clone() } else { sub(cx, s, used, used + n)?.into_value() };
        // Somebody else may have taken it (streams on foreign buffers only).
        let ours = self.with(cx, |st| {
            let ours = st.used == used && st.decoded.is(&decoded);
            if ours {
                st.used += n;
            }
            ours
        });
        if ours { Ok(Some(part)) } else { self.take(cx, n) }
    }
    /// Reads and decodes a chunk; false at the end.
    pub(super) fn read_chunk(&self, cx: &mut Cx, buffer_value: &Value, hint: usize) -> PyResult<bool> {
        let (telling, chunk, ratio, has_read1) = self.with(cx, |s| (s.telling, s.chunk, s.ratio, s.has_read1));
        let before = if telling { Some(self.with_decoder(cx, |cx, d| d.state(cx))?) } else { None };
        let want = if hint > 0 { chunk.max((ratio.max(1.0) * hint as f64) as usize) } else { chunk };
        let input = if has_read1 && buffered::exact(buffer_value.as_ref()).is_some() {
            buffered_read::read_once(cx, buffer_value.as_ref(), want as i64)?
        } else {
            let (name, shown) = if has_read1 { (names::read1(), "read1") } else { (names::read(), "read") };
            let n = int::from_usize(want);
            let got = tell(cx, buffer_value.as_ref(), name, &[n.as_ref()])?;
            if !buffer::is_exporter(got.as_ref()) {
                let n = type_of(got.as_ref()).name_text();
                return Err(cx.type_error(format!("underlying {shown}() should have returned a bytes-like object, not '{n}'")));
            }
            buffer::bytes_of(cx, got.as_ref())?
        };
        let end = input.is_empty();
        let text = self.with_decoder(cx, |cx, d| d.decode(cx, &input, end))?;
        let n = as_str(text.as_ref()).map_or(0, Str::len);
        let old = self.with(cx, |s| {
            s.used = 0;
            s.ratio = if n > 0 { input.len() as f64 / n as f64 } else { 0.0 };
            if let Some((mut waiting, flags)) = before {
                waiting.extend_from_slice(&input);
                s.snapshot = Some((flags, waiting));
            }
            std::mem::replace(&mut s.decoded, text)
        });
        drop(old);
        Ok(!end || n > 0)
    }
    fn read_text(&self, cx: &mut Cx, buffer: &Value, n: i64) -> PyResult<Value> {
        if self.with(cx, |s| s.decoder.is_none()) {
            return Err(unsupported(cx, "not readable"));
        }
        self.write_pending(cx, buffer)?;
        if n < 0 {
            let data = ask(cx, buffer.as_ref(), names::read())?;
            if data.as_ref().is_none() {
                return Err(cx.error(exc::BLOCKING_IO_ERROR, "Read returned None."));
            }
            if !objects::protocol::buffer::is_exporter(data.as_ref()) {
                let n = type_of(data.as_ref()).name_text();
                return Err(cx.type_error(format!("underlying read() should have returned a bytes-like object, not '{n}'")));
            }
            let input = buffer::bytes_of(cx, data.as_ref())?;
            let rest = self.with_decoder(cx, |cx, d| d.decode(cx, &input, true))?;
            let first = self.take(cx, usize::MAX)?;
            self.forget_decoded(cx);
            return match first {
                None => Ok(rest),
                Some(first) => join(cx, &first, &rest),
            };
        }
        let mut left = n as usize;
        let mut out = self.take(cx, left)?.unwrap_or_else(|| Str::empty().into_value());
        left -= as_str(out.as_ref()).map_or(0, Str::len);
        if left == 0 {
            return Ok(out);
        }
        let mut b = StrBuilder::new();
        if let Some(s) = as_str(out.as_ref()) {
            b.push_units(s.units());
        }
        while left > 0 {
            if !self.read_chunk(cx, buffer, left)? {
                break;
            }
            if let Some(part) = self.take(cx, left)?
                && let Some(s) = as_str(part.as_ref())
            {
                left -= s.len();
                if b.is_empty() {
                    out = part.clone();
                }
                b.push_units(s.units());
                if b.len() == s.len() && left == 0 {
                    return Ok(out);
                }
            }
            cx.poll()?;
        }
        built(cx, b).map(Reg::into_value)
    }
    /// Reads a line of at most `limit` characters.
    pub(super) fn read_line(&self, cx: &mut Cx, buffer: &Value, limit: i64) -> PyResult<Value> {
        if limit < 0
            && let Some(line) = self.with(cx, whole_line)
        {
            return Ok(line);
        }
        self.write_pending(cx, buffer)?;
        let ending = self.with(cx, |s| s.newline.ending);
        let mut left = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut parts: Option<StrBuilder> = None;
        let mut cr = false;
        while left > 0 {
            let (decoded, used) = self.with(cx, |s| (s.decoded.clone(), s.used));
            let Some(s) = as_str(decoded.as_ref()).filter(|s| used < s.len()) else {
                if !self.read_chunk(cx, buffer, 0)? {
                    self.forget_decoded(cx);
                    break;
                }
                cx.poll()?;
                continue;
            };
            let most = s.len().min(used.saturating_add(left));
            let u = s.units().slice(used, most);
            let split = cr && u.get(0) == Some(10);
            let (n, complete) = if split {
                (1, true)
            } else {
                match ending.find(u) {
                    Ok(n) => (n, true),
                    Err(_) => (u.len(), u.len() == left),
                }
            };
            cr = ending == super::newlines::Ending::CrLf && u.get(n.wrapping_sub(1)) == Some(13);
            let ours = self.with(cx, |st| {
                let ours = st.used == used && st.decoded.is(&decoded);
                if ours {
                    st.used += n;
                }
                ours
            });
            if !ours {
                continue;
            }
            left -= n;
            if complete && parts.is_none() {
                // The usual case: one copy.
                return if used == 0 && n == s.len() { Ok(decoded.clone()) } else { sub(cx, s, used, used + n).map(Reg::into_value) };
            }
            parts.get_or_insert_with(StrBuilder::new).push_units(u.slice(0, n));
            if complete {
                break;
            }
        }
        match parts {
            Some(b) => built(cx, b).map(Reg::into_value),
            None => Ok(Str::empty().into_value()),
        }
    }
}

/// The usual case: a whole ASCII line is decoded already.
fn whole_line(st: &mut State) -> Option<Value> {
    let s = st.decoded.as_ref().exact::<Str>().filter(|s| s.is_ascii())?;
    if !st.pending.is_empty() || st.used >= s.len() || st.newline.ending == super::newlines::Ending::CrLf {
        return None;
    }
    let data = &s.raw()[st.used..];
    let n = st.newline.ending.find(text::Units::One(data)).ok()?;
    let line = Str::try_from_latin1(&data[..n]).ok()?;
    st.used += n;
    Some(line.into_value())
}

fn join(cx: &mut Cx, a: &Value, b: &Value) -> PyResult<Value> {
    let (Some(x), Some(y)) = (as_str(a.as_ref()), as_str(b.as_ref())) else { return Ok(a.clone()) };
    match x.concat(y) {
        Ok(s) => Ok(s.into_value()),
        Err(_) => Err(cx.memory_error()),
    }
}

/// `read(size=-1)`.
pub(super) fn read(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = me(a[0]);
    t.buffer(cx)?;
    let n = super::size(cx, a[1])?;
    let buffer = t.open_buffer(cx)?;
    let _held = t.enter(cx, &buffer)?;
    t.read_text(cx, &buffer, n).map(Reg::from)
}

/// A line, natively.
pub fn line(cx: &mut Cx, v: Ref<'_>, limit: i64) -> PyResult<Value> {
    let t = me(v);
    let buffer = t.open_buffer(cx)?;
    let _held = t.enter(cx, &buffer)?;
    t.read_line(cx, &buffer, limit)
}

/// `readline(size=-1)`.
pub(super) fn readline(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    me(a[0]).buffer(cx)?;
    let n = match a[1].given() {
        Some(n) => int::index_size(cx, n)?,
        None => -1,
    };
    line(cx, a[0], n).map(Reg::from)
}

/// `__next__`: a line. `tell` does not work until the end or a flush.
pub(super) fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let t = me(v);
    t.buffer(cx)?;
    t.with(cx, |s| s.telling = false);
    let text = if v.exact::<TextIo>().is_some() {
        line(cx, v, -1)?
    } else {
        let text = ask(cx, v, names::readline())?;
        if as_str(text.as_ref()).is_none() {
            let n = type_of(text.as_ref()).name_text();
            return Err(cx.error(exc::OS_ERROR, format!("readline() should have returned a str object, not '{n}'")));
        }
        text
    };
    if as_str(text.as_ref()).is_some_and(Str::is_empty) {
        t.with(cx, |s| {
            s.snapshot = None;
            s.telling = s.seekable;
        });
        return Ok(None);
    }
    Ok(Some(text.into()))
}
