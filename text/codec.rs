//! Encodings: text to bytes and back.
//!
//! Every decoder has the shape `decode(input, start, out, ...) -> Decoded`: it appends characters from `start` on until
//! the input ends or something cannot be decoded, and then says where and why. The caller runs the error handler
//! ([`handlers`] has the builtin ones) and calls again with the position the handler answered. Encoders are the same with
//! the roles exchanged. All positions are indices of the whole input; reasons are CPython's.
//!
//! With `last` false, an incomplete sequence at the end is left unconsumed rather than being an error.

pub mod charmap;
pub mod escapes;
pub mod handlers;
#[cfg(test)]
mod tests;
pub mod utf16;
pub mod utf32;
pub mod utf7;
pub mod utf8;

use crate::builder::StrBuilder;
use crate::units::Units;

/// What could not be converted, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecError {
    /// First offending unit of the input.
    pub start: usize,
    /// End of the offending range.
    pub end: usize,
    /// The `reason` attribute of the exception.
    pub reason: &'static str,
}

/// How far a conversion came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How much of the input is done. With an error, everything before it.
    pub consumed: usize,
    /// Why it stopped before the end, if it did.
    pub error: Option<CodecError>,
}

impl Progress {
    fn done(consumed: usize) -> Progress {
        Progress { consumed, error: None }
    }

    fn failed(start: usize, end: usize, reason: &'static str) -> Progress {
        Progress { consumed: start, error: Some(CodecError { start, end, reason }) }
    }
}

/// Byte order of UTF-16 and UTF-32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl ByteOrder {
    /// This machine's.
    pub const NATIVE: ByteOrder = if cfg!(target_endian = "big") { ByteOrder::Big } else { ByteOrder::Little };
}

/// Decodes Latin-1, which cannot fail.
pub fn decode_latin1(input: &[u8], out: &mut StrBuilder) {
    out.push_latin1(input);
}

/// Decodes ASCII.
pub fn decode_ascii(input: &[u8], start: usize, out: &mut StrBuilder) -> Progress {
    let len = input[start..].iter().take_while(|b| b.is_ascii()).count();
    out.push_latin1(&input[start..start + len]);
    let at = start + len;
    if at == input.len() { Progress::done(at) } else { Progress::failed(at, at + 1, "ordinal not in range(128)") }
}

/// Encodes to one byte per character below `limit` (128 for ASCII, 256 for Latin-1).
fn encode_single(input: Units<'_>, start: usize, limit: u32, reason: &'static str, out: &mut Vec<u8>) -> Progress {
    for i in start..input.len() {
        match input.at(i) {
            c if c < limit => out.push(c as u8),
            _ => {
                let run = (i..input.len()).take_while(|&i| input.at(i) >= limit).count();
                return Progress::failed(i, i + run, reason);
            }
        }
    }
    Progress::done(input.len())
}

/// Encodes ASCII.
pub fn encode_ascii(input: Units<'_>, start: usize, out: &mut Vec<u8>) -> Progress {
    if let Units::One(s) = input
        && s.is_ascii()
    {
        out.extend_from_slice(&s[start..]);
        return Progress::done(s.len());
    }
    encode_single(input, start, 128, "ordinal not in range(128)", out)
}

/// Encodes Latin-1.
pub fn encode_latin1(input: Units<'_>, start: usize, out: &mut Vec<u8>) -> Progress {
    if let Units::One(s) = input {
        out.extend_from_slice(&s[start..]);
        return Progress::done(s.len());
    }
    encode_single(input, start, 256, "ordinal not in range(256)", out)
}

fn is_surrogate(c: u32) -> bool {
    c & !0x7ff == 0xd800
}

fn is_high_surrogate(c: u32) -> bool {
    c & !0x3ff == 0xd800
}

fn is_low_surrogate(c: u32) -> bool {
    c & !0x3ff == 0xdc00
}

fn join_surrogates(high: u32, low: u32) -> u32 {
    0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff)
}

/// The surrogate pair of a character above U+FFFF.
fn split_surrogates(c: u32) -> (u32, u32) {
    let c = c - 0x10000;
    (0xd800 | c >> 10, 0xdc00 | (c & 0x3ff))
}
