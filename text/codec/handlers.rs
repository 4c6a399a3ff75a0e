//! The builtin error handlers: what they put in place of what cannot be encoded or decoded.

use super::{ByteOrder, CodecError, escapes, is_surrogate, utf8, utf16, utf32};
use crate::unicode::names;
use crate::units::Units;

/// A builtin error handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handler {
    /// Raise.
    Strict,
    /// Leave out.
    Ignore,
    /// `?` or U+FFFD.
    Replace,
    /// `\xhh`, `\uhhhh`, `\Uhhhhhhhh`
    BackslashReplace,
    /// `&#1234;`, encoding only.
    XmlCharRefReplace,
    /// `\N{...}`, encoding only.
    NameReplace,
    /// Undecodable bytes as U+DC80 to U+DCFF, and back.
    SurrogateEscape,
    /// Lone surrogates in UTF-8, UTF-16 and UTF-32.
    SurrogatePass,
}

impl Handler {
    /// The handler registered under `name` (before anyone registers another one).
    pub fn named(name: &str) -> Option<Handler> {
        Some(match name {
            "strict" => Handler::Strict,
            "ignore" => Handler::Ignore,
            "replace" => Handler::Replace,
            "backslashreplace" => Handler::BackslashReplace,
            "xmlcharrefreplace" => Handler::XmlCharRefReplace,
            "namereplace" => Handler::NameReplace,
            "surrogateescape" => Handler::SurrogateEscape,
            "surrogatepass" => Handler::SurrogatePass,
            _ => return None,
        })
    }
}

/// The encodings that "surrogatepass" knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurrogateCodec {
    /// UTF-8
    Utf8,
    /// UTF-16
    Utf16(ByteOrder),
    /// UTF-32
    Utf32(ByteOrder),
}

impl SurrogateCodec {
    /// The codec of an encoding's name, spelled as in the exception's `encoding` attribute.
    pub fn named(name: &str) -> Option<SurrogateCodec> {
        let name: String = name.chars().map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect();
        let rest = name.strip_prefix("utf")?;
        Some(match rest.strip_prefix('-').unwrap_or(rest) {
            "8" => SurrogateCodec::Utf8,
            "16" => SurrogateCodec::Utf16(ByteOrder::NATIVE),
            "16-le" | "16le" => SurrogateCodec::Utf16(ByteOrder::Little),
            "16-be" | "16be" => SurrogateCodec::Utf16(ByteOrder::Big),
            "32" => SurrogateCodec::Utf32(ByteOrder::NATIVE),
            "32-le" | "32le" => SurrogateCodec::Utf32(ByteOrder::Little),
            "32-be" | "32be" => SurrogateCodec::Utf32(ByteOrder::Big),
            _ => return None,
        })
    }
}

/// What a handler puts in place of undecodable bytes, and where decoding goes on. `None`: raise.
pub fn on_decode_error(handler: Handler, input: &[u8], error: &CodecError, codec: Option<SurrogateCodec>) -> Option<(Vec<u32>, usize)> {
    let bad = &input[error.start..error.end];
    match handler {
        Handler::Strict | Handler::XmlCharRefReplace | Handler::NameReplace => None,
        Handler::Ignore => Some((Vec::new(), error.end)),
        Handler::Replace => Some((vec![0xfffd], error.end)),
        Handler::BackslashReplace => {
            let mut text = Vec::new();
            bad.iter().for_each(|&b| escapes::push_hex_escape(b.into(), &mut text));
            Some((text.into_iter().map(u32::from).collect(), error.end))
        }
        Handler::SurrogateEscape => {
            let escaped: Vec<u32> = bad.iter().take(4).take_while(|b| !b.is_ascii()).map(|&b| 0xdc00 + u32::from(b)).collect();
            let used = escaped.len();
            (used > 0).then_some((escaped, error.start + used))
        }
        Handler::SurrogatePass => {
            let (c, used) = surrogate_at(&input[error.start..], codec?)?;
            Some((vec![c], error.start + used))
        }
    }
}

fn surrogate_at(input: &[u8], codec: SurrogateCodec) -> Option<(u32, usize)> {
    let (c, used) = match (codec, input) {
        (SurrogateCodec::Utf8, [a @ 0xe0..=0xef, b @ 0x80..=0xbf, c @ 0x80..=0xbf, ..]) => {
            (u32::from(*a & 0xf) << 12 | u32::from(*b & 0x3f) << 6 | u32::from(*c & 0x3f), 3)
        }
        (SurrogateCodec::Utf16(ByteOrder::Little), [a, b, ..]) => (u16::from_le_bytes([*a, *b]).into(), 2),
        (SurrogateCodec::Utf16(ByteOrder::Big), [a, b, ..]) => (u16::from_be_bytes([*a, *b]).into(), 2),
        (SurrogateCodec::Utf32(ByteOrder::Little), [a, b, c, d, ..]) => (u32::from_le_bytes([*a, *b, *c, *d]), 4),
        (SurrogateCodec::Utf32(ByteOrder::Big), [a, b, c, d, ..]) => (u32::from_be_bytes([*a, *b, *c, *d]), 4),
        _ => return None,
    };
    is_surrogate(c).then_some((c, used))
}

/// What a handler puts in place of unencodable characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Text, which must be encodable itself.
    Text(Vec<u32>),
    /// Bytes, which go to the output as they are; whole units only in UTF-16 and UTF-32, otherwise raise.
    Bytes(Vec<u8>),
}

/// What a handler puts in place of unencodable characters `error.start..error.end`. `None`: raise.
pub fn on_encode_error(handler: Handler, input: Units<'_>, error: &CodecError, codec: Option<SurrogateCodec>) -> Option<Replacement> {
    let bad = input.slice(error.start, error.end);
    let ascii = |text: Vec<u8>| Replacement::Text(text.into_iter().map(u32::from).collect());
    match handler {
        Handler::Strict => None,
        Handler::Ignore => Some(Replacement::Text(Vec::new())),
        Handler::Replace => Some(Replacement::Text(vec![u32::from(b'?'); bad.len()])),
        Handler::BackslashReplace => {
            let mut text = Vec::new();
            bad.iter().for_each(|c| escapes::push_hex_escape(c, &mut text));
            Some(ascii(text))
        }
        Handler::XmlCharRefReplace => Some(ascii(bad.iter().flat_map(|c| format!("&#{c};").into_bytes()).collect())),
        Handler::NameReplace => {
            let mut text = Vec::new();
            for c in bad.iter() {
                match names::name(c) {
                    Some(name) => text.extend(format!("\\N{{{name}}}").into_bytes()),
                    None => escapes::push_hex_escape(c, &mut text),
                }
            }
            Some(ascii(text))
        }
        Handler::SurrogateEscape => {
            let byte = |c: u32| (0xdc80..=0xdcff).contains(&c).then(|| (c - 0xdc00) as u8);
            bad.iter().map(byte).collect::<Option<Vec<u8>>>().map(Replacement::Bytes)
        }
        Handler::SurrogatePass => {
            let codec = codec?;
            let mut out = Vec::new();
            for c in bad.iter() {
                if !is_surrogate(c) {
                    return None;
                }
                match codec {
                    SurrogateCodec::Utf8 => utf8::push(c, &mut out),
                    SurrogateCodec::Utf16(order) => utf16::push_unit(c, order, &mut out),
                    SurrogateCodec::Utf32(order) => utf32::push(c, order, &mut out),
                }
            }
            Some(Replacement::Bytes(out))
        }
    }
}
