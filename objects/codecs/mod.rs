//! Encoding and decoding: the builtin codecs, error handlers, and the registry that `_codecs` exposes.

pub mod handlers;
pub mod registry;

use self::registry::Handling;
use crate::cx::Cx;
use crate::error::{PyResult, Raised};
use crate::protocol::buffer;
use crate::types::bytes::Bytes;
use crate::types::exception;
use crate::types::int;
use crate::types::str::{Str, as_str};
use crate::types::type_::{Downcast, type_of};
use gc::{Gc, Ref, Value};
use std::borrow::Cow;
use text::Units;
use text::builder::StrBuilder;
use text::codec::handlers::{Handler, Replacement, SurrogateCodec, on_decode_error, on_encode_error};
use text::codec::{self, ByteOrder, CodecError, Progress};

/// A builtin codec that needs no registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fast {
    /// UTF-8
    Utf8,
    /// UTF-16; `None` with a byte order mark.
    Utf16(Option<ByteOrder>),
    /// UTF-32; `None` with a byte order mark.
    Utf32(Option<ByteOrder>),
    /// ASCII
    Ascii,
    /// Latin-1
    Latin1,
}

impl Fast {
    /// The codec of a name, if it is one of these under a usual spelling.
    pub fn named(name: &str) -> Option<Fast> {
        let mut buffer = [0u8; 12];
        let mut n = 0;
        for b in name.bytes() {
            let b = if b == b'_' || b == b' ' { b'-' } else { b.to_ascii_lowercase() };
            *buffer.get_mut(n)? = b;
            n += 1;
        }
        Some(match &buffer[..n] {
            b"utf-8" | b"utf8" => Fast::Utf8,
            b"utf-16" | b"utf16" => Fast::Utf16(None),
            b"utf-16-le" => Fast::Utf16(Some(ByteOrder::Little)),
            b"utf-16-be" => Fast::Utf16(Some(ByteOrder::Big)),
            b"utf-32" | b"utf32" => Fast::Utf32(None),
            b"utf-32-le" => Fast::Utf32(Some(ByteOrder::Little)),
            b"utf-32-be" => Fast::Utf32(Some(ByteOrder::Big)),
            b"ascii" | b"us-ascii" => Fast::Ascii,
            b"latin-1" | b"latin1" | b"iso-8859-1" | b"iso8859-1" => Fast::Latin1,
            _ => return None,
        })
    }
    /// Its name in exceptions.
    pub fn name(self) -> &'static str {
        match self {
            Fast::Utf8 => "utf-8",
            Fast::Utf16(None) => "utf-16",
            Fast::Utf16(Some(ByteOrder::Little)) => "utf-16-le",
            Fast::Utf16(Some(ByteOrder::Big)) => "utf-16-be",
            Fast::Utf32(None) => "utf-32",
            Fast::Utf32(Some(ByteOrder::Little)) => "utf-32-le",
            Fast::Utf32(Some(ByteOrder::Big)) => "utf-32-be",
            Fast::Ascii => "ascii",
            Fast::Latin1 => "latin-1",
        }
    }
}

fn text_value(s: &str) -> Value {
    Str::from_text(s).into_value()
}

/// A Unicode error of type `id` with its five attributes (`encoding` is missing in UnicodeTranslateError).
fn unicode_error(id: u32, encoding: Option<&str>, object: Ref<'_>, start: usize, end: usize, reason: &str) -> Value {
    let rest = [object.to_value(), int::from_usize(start), int::from_usize(end), text_value(reason)];
    let mut args: Vec<Value> = encoding.map(text_value).into_iter().collect();
    args.extend(rest.iter().cloned());
    let exc = exception::new_args(id, args);
    if let Some(e) = encoding {
        exception::set_extra(&exc, 0, text_value(e));
    }
    for (i, v) in rest.into_iter().enumerate() {
        exception::set_extra(&exc, i + 1, v);
    }
    exc
}

/// A UnicodeEncodeError.
pub fn encode_error(encoding: &str, object: Ref<'_>, e: &CodecError) -> Value {
    unicode_error(exception::ids::UNICODE_ENCODE_ERROR, Some(encoding), object, e.start, e.end, e.reason)
}
/// A UnicodeDecodeError.
pub fn decode_error(encoding: &str, object: Ref<'_>, e: &CodecError) -> Value {
    unicode_error(exception::ids::UNICODE_DECODE_ERROR, Some(encoding), object, e.start, e.end, e.reason)
}

/// The bytes of data as an object, for exceptions.
fn bytes_object(cx: &mut Cx, data: &[u8]) -> PyResult<Value> {
    match Bytes::try_new(data) {
        Some(b) => Ok(b.into_value()),
        None => Err(cx.memory_error()),
    }
}

/// Encodes with `f`, asking the error handler where it fails.
pub fn encode_with(
    cx: &mut Cx,
    s: Ref<'_>,
    name: &str,
    errors: &str,
    out: &mut Vec<u8>,
    f: &dyn Fn(Units<'_>, usize, &mut Vec<u8>) -> Progress,
) -> PyResult<()> {
    let Some(text) = as_str(s) else { return Ok(()) };
    let u = text.units();
    let mut at = 0;
    let mut handling = None;
    loop {
        let Some(e) = f(u, at, out).error else { return Ok(()) };
        if handling.is_none() {
            handling = Some(registry::handling(cx, errors)?);
        }
        match &handling {
            Some(Handling::Call(handler)) => {
                let exc = encode_error(name, s, &e);
                let (r, next) = handlers::ask(cx, handler.as_ref(), &exc, true, |_| u.len())?;
                if let Some(b) = r.as_ref().downcast::<Bytes>() {
                    push_replacement(cx, s, name, &e, Replacement::Bytes(b.data().to_vec()), out, f)?;
                } else if let Some(t) = as_str(r.as_ref()) {
                    push_replacement(cx, s, name, &e, Replacement::Text(t.units().to_vec()), out, f)?;
                }
                at = next;
            }
            Some(Handling::Builtin(handler)) => {
                let Some(r) = on_encode_error(*handler, u, &e, SurrogateCodec::named(name)) else {
                    return Err(raise_encode(cx, name, s, &e));
                };
                push_replacement(cx, s, name, &e, r, out, f)?;
                at = e.end;
            }
            None => return Ok(()),
        }
        cx.poll()?;
    }
}

fn raise_encode(cx: &mut Cx, name: &str, s: Ref<'_>, e: &CodecError) -> Raised {
    let exc = encode_error(name, s, e);
    cx.raise_new(exc)
}

fn push_replacement(
    cx: &mut Cx,
    s: Ref<'_>,
    name: &str,
    e: &CodecError,
    r: Replacement,
    out: &mut Vec<u8>,
    f: &dyn Fn(Units<'_>, usize, &mut Vec<u8>) -> Progress,
) -> PyResult<()> {
    let codec = SurrogateCodec::named(name);
    match r {
        Replacement::Bytes(b) => {
            let unit = match codec {
                Some(SurrogateCodec::Utf16(_)) => 2,
                Some(SurrogateCodec::Utf32(_)) => 4,
                _ => 1,
            };
            if !b.len().is_multiple_of(unit) {
                return Err(raise_encode(cx, name, s, e));
            }
            out.extend_from_slice(&b);
        }
        Replacement::Text(t) => {
            let plain = codec.is_none() || t.iter().all(|c| *c < 0x80);
            if !plain || f(Units::Four(&t), 0, out).error.is_some() {
                return Err(raise_encode(cx, name, s, e));
            }
        }
    }
    Ok(())
}

/// Decodes with `f`, asking the error handler where it fails. Gives back how much was consumed.
pub fn decode_with(
    cx: &mut Cx,
    data: &[u8],
    name: &str,
    errors: &str,
    out: &mut StrBuilder,
    f: &mut dyn FnMut(&[u8], usize, &mut StrBuilder) -> Progress,
) -> PyResult<usize> {
    let mut at = 0;
    let mut data = Cow::Borrowed(data);
    let mut handling = None;
    loop {
        let p = f(&data, at, out);
        let Some(e) = p.error else { return Ok(p.consumed) };
        if handling.is_none() {
            handling = Some(registry::handling(cx, errors)?);
        }
        match &handling {
            Some(Handling::Call(handler)) => {
                let object = bytes_object(cx, &data)?;
                let exc = decode_error(name, object.as_ref(), &e);
                let len = |exc: &Value| exception::extra(exc.as_ref(), 1).as_ref().downcast::<Bytes>().map_or(0, |b| b.data().len());
                let (r, next) = handlers::ask(cx, handler.as_ref(), &exc, false, len)?;
                // The handler may have put other bytes in the place of the input.
                let now = exception::extra(exc.as_ref(), 1);
                match now.as_ref().downcast::<Bytes>() {
                    Some(b) if !now.is(&object) => data = Cow::Owned(b.data().to_vec()),
                    Some(_) => {}
                    None => return Err(cx.type_error("object attribute must be bytes")),
                }
                if let Some(t) = as_str(r.as_ref()) {
                    out.push_units(t.units());
                }
                at = next;
            }
            Some(Handling::Builtin(handler)) => {
                if matches!(handler, Handler::XmlCharRefReplace | Handler::NameReplace) {
                    return Err(cx.type_error("don't know how to handle UnicodeDecodeError in error callback"));
                }
                match on_decode_error(*handler, &data, &e, SurrogateCodec::named(name)) {
                    Some((text, next)) => {
                        out.extend(text);
                        at = next;
                    }
                    None => {
                        let object = bytes_object(cx, &data)?;
                        let exc = decode_error(name, object.as_ref(), &e);
                        return Err(cx.raise_new(exc));
                    }
                }
            }
            None => return Ok(at),
        }
        cx.poll()?;
    }
}

/// Encodes by one of the fast codecs.
pub fn encode_fast(cx: &mut Cx, s: Ref<'_>, codec: Fast, errors: &str) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    let name = codec.name();
    match codec {
        Fast::Utf8 => encode_with(cx, s, name, errors, &mut out, &codec::utf8::encode)?,
        Fast::Ascii => encode_with(cx, s, name, errors, &mut out, &codec::encode_ascii)?,
        Fast::Latin1 => encode_with(cx, s, name, errors, &mut out, &codec::encode_latin1)?,
        Fast::Utf16(order) => {
            if order.is_none() {
                codec::utf16::push_unit(0xfeff, ByteOrder::NATIVE, &mut out);
            }
            let order = order.unwrap_or(ByteOrder::NATIVE);
            encode_with(cx, s, name, errors, &mut out, &move |u, i, o| codec::utf16::encode(u, i, order, o))?;
        }
        Fast::Utf32(order) => {
            if order.is_none() {
                codec::utf32::push(0xfeff, ByteOrder::NATIVE, &mut out);
            }
            let order = order.unwrap_or(ByteOrder::NATIVE);
            encode_with(cx, s, name, errors, &mut out, &move |u, i, o| codec::utf32::encode(u, i, order, o))?;
        }
    }
    Ok(out)
}

/// What decoding gave.
pub struct Decoded {
    /// The text.
    pub text: StrBuilder,
    /// How many bytes were used.
    pub consumed: usize,
    /// The byte order that a mark told or that was asked for.
    pub order: Option<ByteOrder>,
}

/// Decodes by one of the fast codecs; unless `last`, an incomplete end is left.
pub fn decode_fast(cx: &mut Cx, data: &[u8], codec: Fast, errors: &str, last: bool) -> PyResult<Decoded> {
    let mut text = StrBuilder::new();
    let out = &mut text;
    let mut found = None;
    let consumed = match codec {
        Fast::Utf8 => decode_with(cx, data, "utf-8", errors, out, &mut |d, i, o| codec::utf8::decode(d, i, o, last))?,
        Fast::Ascii => decode_with(cx, data, "ascii", errors, out, &mut codec::decode_ascii)?,
        Fast::Latin1 => {
            codec::decode_latin1(data, out);
            data.len()
        }
        Fast::Utf16(order) => {
            let mark = if order.is_none() { codec::utf16::byte_order_mark(data) } else { None };
            found = order.or(mark);
            let order = found.unwrap_or(ByteOrder::NATIVE);
            let name = if order == ByteOrder::Little { "utf-16-le" } else { "utf-16-be" };
            let skip = if mark.is_some() { 2 } else { 0 };
            decode_with(cx, data, name, errors, out, &mut |d, i, o| codec::utf16::decode(d, i.max(skip), o, order, last))?
        }
        Fast::Utf32(order) => {
            let mark = if order.is_none() { codec::utf32::byte_order_mark(data) } else { None };
            found = order.or(mark);
            let order = found.unwrap_or(ByteOrder::NATIVE);
            let name = if order == ByteOrder::Little { "utf-32-le" } else { "utf-32-be" };
            let skip = if mark.is_some() { 4 } else { 0 };
            decode_with(cx, data, name, errors, out, &mut |d, i, o| codec::utf32::decode(d, i.max(skip), o, order, last))?
        }
    };
    Ok(Decoded { text, consumed, order: found })
}

/// `str.encode(encoding, errors)`: bytes.
pub fn encode_object(cx: &mut Cx, s: Ref<'_>, encoding: Option<&Str>, errors: Option<&Str>) -> PyResult<Value> {
    let codec = match encoding {
        None => Fast::Utf8,
        Some(e) => match e.as_ascii().and_then(Fast::named) {
            Some(c) => c,
            None => return registry::encode_text(cx, s, e, errors),
        },
    };
    if let Some(t) = as_str(s).filter(|t| t.is_ascii() && matches!(codec, Fast::Utf8 | Fast::Ascii | Fast::Latin1)) {
        return bytes_object(cx, t.raw());
    }
    let handler = errors.map_or_else(|| "strict".to_string(), Str::to_string_lossy);
    let out = encode_fast(cx, s, codec, &handler)?;
    bytes_object(cx, &out)
}

/// Decodes data: a str. `object` is what has the data, if there is such an object already.
fn decode_data(cx: &mut Cx, data: &[u8], object: Ref<'_>, encoding: Option<&Str>, errors: Option<&Str>) -> PyResult<Value> {
    let codec = match encoding {
        None => Fast::Utf8,
        Some(e) => match e.as_ascii().and_then(Fast::named) {
            Some(c) => c,
            None => return registry::decode_text(cx, object, e, errors),
        },
    };
    if matches!(codec, Fast::Latin1) || (matches!(codec, Fast::Utf8 | Fast::Ascii) && data.is_ascii()) {
        return Str::try_from_latin1(data).map(Gc::into_value).map_err(|_| cx.memory_error());
    }
    let handler = errors.map_or_else(|| "strict".to_string(), Str::to_string_lossy);
    let out = decode_fast(cx, data, codec, &handler, true)?;
    Str::try_from_built(out.text.finish()).map(Gc::into_value).map_err(|_| cx.memory_error())
}

/// `str(object, encoding, errors)`.
pub fn decode_object(cx: &mut Cx, v: Ref<'_>, encoding: Option<&Str>, errors: Option<&Str>) -> PyResult<Value> {
    if let Some(b) = v.downcast::<Bytes>() {
        return decode_data(cx, b.data(), v, encoding, errors);
    }
    if as_str(v).is_some() {
        return Err(cx.type_error("decoding str is not supported"));
    }
    if !buffer::is_exporter(v) {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("decoding to str: need a bytes-like object, {n} found")));
    }
    let data = buffer::bytes_of(cx, v)?;
    decode_data(cx, &data, v, encoding, errors)
}
