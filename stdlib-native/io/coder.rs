//! How a text stream encodes and decodes: natively for UTF-8, ASCII and Latin-1, by the codec's incremental objects otherwise.

use super::newline_decoder::state_parts;
use super::newlines::Newlines;
use super::{ask, names, tell};
use gc::{Ref, Value};
use objects::codecs::{self, Fast, registry};
use objects::protocol::{attr, truth};
use objects::types::bytes::Bytes;
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, type_of};
use objects::{Cx, PyResult};

/// The codec of an encoding that is handled natively.
pub fn native(encoding: &str) -> Option<Fast> {
    Fast::named(encoding).filter(|f| matches!(f, Fast::Utf8 | Fast::Ascii | Fast::Latin1))
}

/// A decoder with its newline translation.
#[derive(Clone)]
pub struct Decoder {
    kind: DecoderKind,
    /// With universal newlines.
    pub newlines: Option<Newlines>,
}

#[derive(Clone)]
enum DecoderKind {
    /// Bytes of an incomplete character wait for more.
    Native {
        codec: Fast,
        errors: std::sync::Arc<str>,
        rest: Vec<u8>,
    },
    Object(Value),
}

/// An encoder.
#[derive(Clone)]
pub enum Encoder {
    /// Of no state.
    Native {
        /// The codec.
        codec: Fast,
        /// The error handler.
        errors: std::sync::Arc<str>,
    },
    /// The codec's own.
    Object(Value),
}

fn codec_info(cx: &mut Cx, encoding: Ref<'_>) -> PyResult<Value> {
    let Some(s) = as_str(encoding) else { return Err(cx.type_error("encoding must be a str")) };
    // Names with lone surrogates cannot be looked up.
    codecs::encode_fast(cx, encoding, Fast::Utf8, "strict")?;
    let info = registry::lookup(cx, s)?;
    if let Some(flag) = attr::get_optional(cx, info.as_ref(), names::_is_text_encoding())?
        && !truth::of(cx, flag.as_ref())?
    {
        let n = s.to_string_lossy();
        let text = format!("'{n}' is not a text encoding");
        return Err(cx.error(exc::LOOKUP_ERROR, text));
    }
    Ok(info)
}

/// LookupError unless there is such a text encoding.
pub fn check(cx: &mut Cx, encoding: Ref<'_>) -> PyResult<()> {
    match as_str(encoding).and_then(Str::as_ascii).and_then(native) {
        Some(_) => Ok(()),
        None => codec_info(cx, encoding).map(drop),
    }
}

fn text_of(v: Ref<'_>) -> std::sync::Arc<str> {
    as_str(v).map_or_else(|| "strict".into(), |s| s.to_string_lossy().into())
}

impl Encoder {
    /// For an encoding and error handler.
    pub fn new(cx: &mut Cx, encoding: Ref<'_>, errors: Ref<'_>) -> PyResult<Encoder> {
        if let Some(codec) = as_str(encoding).and_then(Str::as_ascii).and_then(native) {
            return Ok(Encoder::Native { codec, errors: text_of(errors) });
        }
        let info = codec_info(cx, encoding)?;
        tell(cx, info.as_ref(), names::incrementalencoder(), &[errors]).map(Encoder::Object)
    }
    /// Visits its words.
    pub fn traverse(&self, visit: &mut dyn FnMut(gc::Word)) {
        if let Encoder::Object(v) = self {
            visit(v.word());
        }
    }
    /// Encodes a text.
    pub fn encode(&self, cx: &mut Cx, text: Ref<'_>) -> PyResult<Vec<u8>> {
        match self {
            Encoder::Native { codec, errors } => codecs::encode_fast(cx, text, *codec, errors),
            Encoder::Object(e) => {
                let b = tell(cx, e.as_ref(), names::encode(), &[text])?;
                match b.as_ref().downcast::<Bytes>() {
                    Some(b) => Ok(b.data().to_vec()),
                    None => {
                        let n = type_of(b.as_ref()).name_text();
                        Err(cx.type_error(format!("encoder should return a bytes object, not '{n}'")))
                    }
                }
            }
        }
    }
    /// Says whether what comes is the beginning of the stream.
    pub fn reset(&self, cx: &mut Cx, start: bool) -> PyResult<()> {
        let Encoder::Object(e) = self else { return Ok(()) };
        if start {
            ask(cx, e.as_ref(), names::reset()).map(drop)
        } else {
            let zero = Value::small_int(0);
            tell(cx, e.as_ref(), names::setstate(), &[zero.as_ref()]).map(drop)
        }
    }
}

impl Decoder {
    /// For an encoding and error handler.
    pub fn new(cx: &mut Cx, encoding: Ref<'_>, errors: Ref<'_>, newlines: Option<Newlines>) -> PyResult<Decoder> {
        if let Some(codec) = as_str(encoding).and_then(Str::as_ascii).and_then(native) {
            return Ok(Decoder { kind: DecoderKind::Native { codec, errors: text_of(errors), rest: Vec::new() }, newlines });
        }
        let info = codec_info(cx, encoding)?;
        let d = tell(cx, info.as_ref(), names::incrementaldecoder(), &[errors])?;
        Ok(Decoder { kind: DecoderKind::Object(d), newlines })
    }
    /// Visits its words.
    pub fn traverse(&self, visit: &mut dyn FnMut(gc::Word)) {
        if let DecoderKind::Object(v) = &self.kind {
            visit(v.word());
        }
    }
    /// Decodes some bytes; `last`: nothing comes behind them.
    pub fn decode(&mut self, cx: &mut Cx, input: &[u8], last: bool) -> PyResult<Value> {
        let text = match &mut self.kind {
            DecoderKind::Native { codec, errors, rest } => {
                let simple = rest.is_empty() && (*codec == Fast::Latin1 || input.is_ascii());
                if simple {
                    objects::types::str::methods::text_of_latin1(cx, input)?.into_value()
                } else {
                    let joined;
                    let data = if rest.is_empty() {
                        input
                    } else {
                        rest.extend_from_slice(input);
                        joined = std::mem::take(rest);
                        &joined
                    };
                    let d = codecs::decode_fast(cx, data, *codec, errors, last)?;
                    *rest = data.get(d.consumed..).unwrap_or_default().to_vec();
                    objects::types::str::methods::built(cx, d.text)?.into_value()
                }
            }
            DecoderKind::Object(d) => {
                let b = super::bytes(cx, input)?;
                let text = tell(cx, d.as_ref(), names::decode(), &[b.as_ref(), Value::bool(last).as_ref()])?;
                if as_str(text.as_ref()).is_none() {
                    let n = type_of(text.as_ref()).name_text();
                    return Err(cx.type_error(format!("decoder should return a string result, not '{n}'")));
                }
                text
            }
        };
        match &mut self.newlines {
            Some(n) => n.feed(cx, text, last),
            None => Ok(text),
        }
    }
    /// The state: bytes that wait, and flags.
    pub fn state(&self, cx: &mut Cx) -> PyResult<(Vec<u8>, i64)> {
        let (bytes, flags) = match &self.kind {
            DecoderKind::Native { rest, .. } => (rest.clone(), 0),
            DecoderKind::Object(d) => {
                let s = ask(cx, d.as_ref(), names::getstate())?;
                let (b, f) = state_parts(cx, &s)?;
                (objects::protocol::buffer::bytes_of(cx, b.as_ref())?, f)
            }
        };
        Ok(match self.newlines {
            Some(n) => (bytes, flags << 1 | i64::from(n.pending_cr)),
            None => (bytes, flags),
        })
    }
    /// Sets the state.
    pub fn set_state(&mut self, cx: &mut Cx, bytes: &[u8], mut flags: i64) -> PyResult<()> {
        if let Some(n) = &mut self.newlines {
            n.pending_cr = flags & 1 != 0;
            flags >>= 1;
        }
        match &mut self.kind {
            DecoderKind::Native { rest, .. } => {
                *rest = bytes.to_vec();
                Ok(())
            }
            DecoderKind::Object(d) => {
                let b = super::bytes(cx, bytes)?;
                let state = Tuple::from_values(vec![b, int::from_i64(flags)]);
                tell(cx, d.as_ref(), names::setstate(), &[state.value().as_ref()]).map(drop)
            }
        }
    }
    /// Forgets everything.
    pub fn reset(&mut self, cx: &mut Cx) -> PyResult<()> {
        if let Some(n) = &mut self.newlines {
            n.reset();
        }
        match &mut self.kind {
            DecoderKind::Native { rest, .. } => {
                rest.clear();
                Ok(())
            }
            DecoderKind::Object(d) => ask(cx, d.as_ref(), names::reset()).map(drop),
        }
    }
}
