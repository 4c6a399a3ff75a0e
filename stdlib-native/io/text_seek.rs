//! `tell` and `seek` of text streams. A position is a number that holds where the buffer was and what the decoder has to do from there:
//! 64 bits of position, then 32 bits each of the decoder's flags, bytes to feed and characters to skip, and whether the end is to be told.

use super::coder::Decoder;
use super::text::{TextIo, me};
use super::{ask, names, tell, unsupported};
use gc::{Ref, Reg, Value};
use num_bigint::BigInt;
use objects::types::exception::ids as exc;
use objects::types::int::{self, as_int};
use objects::types::str::{Str, as_str};
use objects::types::type_::type_of;
use objects::{Cx, PyResult};

/// A position taken apart.
#[derive(Clone, Copy, Default)]
struct Cookie {
    start: u64,
    flags: i32,
    feed: i32,
    skip: i32,
    end: bool,
}

impl Cookie {
    fn pack(self) -> Value {
        let word = |n: i32| u128::from(n as u32);
        let low = u128::from(self.start) | word(self.flags) << 64 | word(self.feed) << 96;
        let high = word(self.skip) | u128::from(self.end) << 32;
        if high == 0 && low < 1 << 100 {
            return int::from_i128(low as i128);
        }
        int::from_big((BigInt::from(high) << 128) | BigInt::from(low))
    }
    fn unpack(cx: &mut Cx, v: Ref<'_>) -> PyResult<Cookie> {
        let bytes = match as_int(v) {
            Some(i) => i.to_big().to_bytes_le().1,
            None => Vec::new(),
        };
        if bytes.len() > 21 {
            return Err(cx.overflow_error("int too big to convert"));
        }
        let mut all = [0u8; 21];
        all[..bytes.len()].copy_from_slice(&bytes);
        let word = |at: usize| i32::from_le_bytes([all[at], all[at + 1], all[at + 2], all[at + 3]]);
        let mut start = [0; 8];
        start.copy_from_slice(&all[..8]);
        Ok(Cookie { start: u64::from_le_bytes(start), flags: word(8), feed: word(12), skip: word(16), end: all[20] != 0 })
    }
}

fn len(v: &Value) -> usize {
    as_str(v.as_ref()).map_or(0, Str::len)
}

/// Finds the position of character `used` of a chunk that was decoded from `input`, with the decoder in state `flags` before.
fn locate(cx: &mut Cx, d: &mut Decoder, mut c: Cookie, input: &[u8], used: usize, ratio: f64) -> PyResult<Cookie> {
    let flags = i64::from(c.flags);
    // Guesses where the character is, and goes back until the guess is not behind it.
    let mut skip_bytes = ((ratio * used as f64) as usize).min(input.len());
    let mut skip_back = 1;
    let mut to_skip = used;
    while skip_bytes > 0 {
        d.set_state(cx, b"", flags)?;
        let n = len(&d.decode(cx, &input[..skip_bytes], false)?);
        if n <= to_skip {
            let (waiting, f) = d.state(cx)?;
            if waiting.is_empty() {
                c.flags = f as i32;
                to_skip -= n;
                break;
            }
            skip_bytes = skip_bytes.saturating_sub(waiting.len());
            skip_back = 1;
        } else {
            skip_bytes = skip_bytes.saturating_sub(skip_back);
            skip_back *= 2;
        }
    }
    if skip_bytes == 0 {
        d.set_state(cx, b"", flags)?;
        c.flags = flags as i32;
    }
    c.start += skip_bytes as u64;
    if to_skip == 0 {
        return Ok(c);
    }
    let mut decoded = 0;
    let mut fed = 0;
    let mut found = false;
    for b in &input[skip_bytes..] {
        let n = len(&d.decode(cx, std::slice::from_ref(b), false)?);
        decoded += n;
        fed += 1;
        let (waiting, f) = d.state(cx)?;
        if waiting.is_empty() && decoded <= to_skip {
            // A place to start from.
            c.start += fed as u64;
            to_skip -= decoded;
            c.flags = f as i32;
            (fed, decoded) = (0, 0);
        }
        if decoded >= to_skip {
            found = true;
            break;
        }
    }
    if !found {
        decoded += len(&d.decode(cx, b"", true)?);
        c.end = true;
        if decoded < to_skip {
            return Err(cx.error(exc::OS_ERROR, "can't reconstruct logical file position"));
        }
    }
    c.skip = to_skip as i32;
    c.feed = fed;
    Ok(c)
}

impl TextIo {
    fn position(&self, cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
        let buffer = self.open_buffer(cx)?;
        let (seekable, telling) = self.with(cx, |s| (s.seekable, s.telling));
        if !seekable {
            return Err(unsupported(cx, "underlying stream is not seekable"));
        }
        if !telling {
            return Err(cx.error(exc::OS_ERROR, "telling position disabled by next() call"));
        }
        let held = self.enter(cx, &buffer)?;
        self.write_pending(cx, &buffer)?;
        ask(cx, v, names::flush())?;
        let at = ask(cx, buffer.as_ref(), names::tell())?;
        let (snapshot, decoder, used, ratio) = self.with(cx, |s| (s.snapshot.clone(), s.decoder.clone(), s.used, s.ratio));
        let (Some((flags, input)), Some(mut d)) = (snapshot, decoder) else { return Ok(at) };
        let start = int::index_i64(cx, at.as_ref())?;
        let mut c = Cookie { start: (start - input.len() as i64).max(0) as u64, flags: flags as i32, ..Cookie::default() };
        if used == 0 {
            return Ok(c.pack());
        }
        let before = d.state(cx)?;
        let found = locate(cx, &mut d, c, &input, used, ratio);
        // Decoders written in Python have been changed.
        let kept = cx.raised.take();
        let restored = d.set_state(cx, &before.0, before.1);
        match (found, restored) {
            (Ok(found), Ok(())) => c = found,
            (Ok(_), Err(e)) => return Err(e),
            (Err(e), r) => {
                if let Err(second) = r {
                    drop(cx.catch(second));
                }
                cx.raised = kept;
                return Err(e);
            }
        }
        drop(held);
        Ok(c.pack())
    }
    fn reset_encoder(&self, cx: &mut Cx, start: bool) -> PyResult<()> {
        match self.with(cx, |s| s.encoder.clone()) {
            Some(e) => e.reset(cx, start),
            None => Ok(()),
        }
    }
    fn seek(&self, cx: &mut Cx, v: Ref<'_>, cookie: Ref<'_>, whence: i32) -> PyResult<Value> {
        let buffer = self.open_buffer(cx)?;
        if !self.with(cx, |s| s.seekable) {
            return Err(unsupported(cx, "underlying stream is not seekable"));
        }
        let zero = Value::small_int(0);
        let mut cookie = cookie.to_value();
        match whence {
            0 => {}
            1 => {
                if !objects::protocol::compare::equal(cx, cookie.as_ref(), zero.as_ref())? {
                    return Err(unsupported(cx, "can't do nonzero cur-relative seeks"));
                }
                cookie = ask(cx, v, names::tell())?;
            }
            2 => {
                if !objects::protocol::compare::equal(cx, cookie.as_ref(), zero.as_ref())? {
                    return Err(unsupported(cx, "can't do nonzero end-relative seeks"));
                }
                ask(cx, v, names::flush())?;
                self.forget_decoded(cx);
                if self.with(cx, |s| s.decoder.is_some()) {
                    self.with_decoder(cx, |cx, d| d.reset(cx))?;
                }
                let two = Value::small_int(2);
                let at = tell(cx, buffer.as_ref(), names::seek(), &[zero.as_ref(), two.as_ref()])?;
                let start = as_int(at.as_ref()).is_some_and(|i| i.is_zero());
                self.reset_encoder(cx, start)?;
                return Ok(at);
            }
            _ => return Err(cx.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))),
        }
        let cookie = int::index(cx, cookie.as_ref())?;
        if as_int(cookie.as_ref()).is_some_and(|i| i.is_negative()) {
            let shown = objects::protocol::text::repr(cx, cookie.as_ref())?.to_string_lossy();
            return Err(cx.value_error(format!("negative seek position {shown}")));
        }
        ask(cx, v, names::flush())?;
        let c = Cookie::unpack(cx, cookie.as_ref())?;
        let at = int::from_u64(c.start);
        tell(cx, buffer.as_ref(), names::seek(), &[at.as_ref()])?;
        self.forget_decoded(cx);
        let begin = c.start == 0 && c.flags == 0;
        let readable = self.with(cx, |s| s.decoder.is_some());
        if readable {
            self.with_decoder(cx, |cx, d| if begin { d.reset(cx) } else { d.set_state(cx, b"", c.flags.into()) })?;
        }
        if c.skip > 0 {
            let n = Value::small_int(c.feed.into());
            let got = tell(cx, buffer.as_ref(), names::read(), &[n.as_ref()])?;
            let Some(input) = super::data_of(&got).map(<[u8]>::to_vec) else {
                let n = type_of(got.as_ref()).name_text();
                return Err(cx.type_error(format!("underlying read() should have returned a bytes object, not '{n}'")));
            };
            let text = self.with_decoder(cx, |cx, d| d.decode(cx, &input, c.end))?;
            let n = len(&text);
            let old = self.with(cx, |s| {
                s.snapshot = Some((c.flags.into(), input));
                s.used = c.skip.max(0) as usize;
                std::mem::replace(&mut s.decoded, text)
            });
            drop(old);
            if n < c.skip as usize {
                return Err(cx.error(exc::OS_ERROR, "can't restore logical file position"));
            }
        } else if readable {
            self.with(cx, |s| s.snapshot = Some((c.flags.into(), Vec::new())));
        }
        self.reset_encoder(cx, begin)?;
        Ok(cookie)
    }
}

/// `tell()`.
pub(super) fn tell_position(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    me(a[0]).position(cx, a[0]).map(Reg::from)
}

/// `seek(cookie, whence=0)`.
pub(super) fn seek(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    me(a[0]).buffer(cx)?;
    let whence = match a[2].given() {
        Some(w) => int::c_int(cx, w)?,
        None => 0,
    };
    me(a[0]).seek(cx, a[0], a[1], whence).map(Reg::from)
}
