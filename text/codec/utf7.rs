//! UTF-7 (RFC 2152), decoding as leniently as CPython does.

use super::{CodecError, Progress, is_high_surrogate, is_low_surrogate, join_surrogates, split_surrogates};
use crate::builder::StrBuilder;
use crate::units::Units;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64_value(byte: u8) -> Option<u32> {
    ALPHABET.iter().position(|&b| b == byte).map(|at| at as u32)
}

/// The shift state, which lives across the errors of one decoding.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    /// Inside a base-64 section.
    shifted: bool,
    bits: u32,
    buffer: u32,
    surrogate: u32,
    /// Where the section's `+` stands.
    section: usize,
    /// How long the output was there.
    output: usize,
}

impl Decoder {
    /// Decodes from `start`.
    pub fn decode(&mut self, input: &[u8], start: usize, out: &mut StrBuilder, last: bool) -> Progress {
        let mut at = start;
        while let Some(&byte) = input.get(at) {
            let step = if self.shifted { self.base64(byte, &mut at, out) } else { self.direct(input, byte, &mut at, out) };
            if let Err(reason) = step {
                return Progress { consumed: self.section, error: Some(CodecError { start: self.section, end: at, reason }) };
            }
        }
        if !self.shifted {
            return Progress::done(at);
        }
        if !last {
            out.truncate(self.output);
            return Progress::done(self.section);
        }
        self.shifted = false;
        if self.surrogate != 0 || self.bits >= 6 || (self.bits > 0 && self.buffer != 0) {
            return Progress::failed(self.section, input.len(), "unterminated shift sequence");
        }
        Progress::done(at)
    }

    fn base64(&mut self, byte: u8, at: &mut usize, out: &mut StrBuilder) -> Result<(), &'static str> {
        if let Some(value) = base64_value(byte) {
            self.buffer = self.buffer << 6 | value;
            self.bits += 6;
            *at += 1;
            if self.bits >= 16 {
                self.bits -= 16;
                let unit = self.buffer >> self.bits;
                self.buffer &= (1 << self.bits) - 1;
                self.unit(unit, out);
            }
            return Ok(());
        }
        self.shifted = false;
        if self.bits >= 6 {
            *at += 1;
            return Err("partial character in shift sequence");
        }
        if self.bits > 0 && self.buffer != 0 {
            *at += 1;
            return Err("non-zero padding bits in shift sequence");
        }
        if self.surrogate != 0 && byte.is_ascii() && byte != b'+' {
            out.push(self.surrogate);
        }
        self.surrogate = 0;
        if byte == b'-' {
            *at += 1;
        }
        Ok(())
    }

    fn unit(&mut self, unit: u32, out: &mut StrBuilder) {
        let high = std::mem::take(&mut self.surrogate);
        if high != 0 {
            if is_low_surrogate(unit) {
                out.push(join_surrogates(high, unit));
                return;
            }
            out.push(high);
        }
        if is_high_surrogate(unit) {
            self.surrogate = unit;
        } else {
            out.push(unit);
        }
    }

    fn direct(&mut self, input: &[u8], byte: u8, at: &mut usize, out: &mut StrBuilder) -> Result<(), &'static str> {
        if byte != b'+' {
            if byte.is_ascii() {
                out.push(byte.into());
                *at += 1;
                return Ok(());
            }
            self.section = *at;
            *at += 1;
            return Err("unexpected special character");
        }
        self.section = *at;
        *at += 1;
        match input.get(*at) {
            Some(b'-') => {
                out.push(u32::from(b'+'));
                *at += 1;
            }
            Some(&next) if base64_value(next).is_none() => {
                *at += 1;
                return Err("ill-formed sequence");
            }
            _ => *self = Decoder { shifted: true, section: self.section, output: out.len(), ..Decoder::default() },
        }
        Ok(())
    }
}

/// Whether the encoder writes the character as itself.
fn is_direct(c: u32) -> bool {
    matches!(c, 9 | 10 | 13 | 0x20..=0x7d) && c != u32::from(b'+') && c != u32::from(b'\\')
}

/// Encodes UTF-7, which cannot fail.
pub fn encode(input: Units<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len());
    let (mut shifted, mut bits, mut buffer) = (false, 0u32, 0u32);
    let mut put = |out: &mut Vec<u8>, bits: &mut u32, unit: u32| {
        buffer = buffer << 16 | unit;
        *bits += 16;
        while *bits >= 6 {
            *bits -= 6;
            out.push(ALPHABET[(buffer >> *bits & 63) as usize]);
            buffer &= (1 << *bits) - 1;
        }
        buffer
    };
    let mut rest = 0;
    for c in input.iter() {
        if is_direct(c) {
            if shifted {
                if bits > 0 {
                    out.push(ALPHABET[(rest << (6 - bits) & 63) as usize]);
                    bits = 0;
                }
                shifted = false;
                if base64_value(c as u8).is_some() || c == u32::from(b'-') {
                    out.push(b'-');
                }
            }
            out.push(c as u8);
            continue;
        }
        if !shifted {
            out.push(b'+');
            if c == u32::from(b'+') {
                out.push(b'-');
                continue;
            }
            shifted = true;
        }
        if c > 0xffff {
            let (high, low) = split_surrogates(c);
            put(&mut out, &mut bits, high);
            rest = put(&mut out, &mut bits, low);
        } else {
            rest = put(&mut out, &mut bits, c);
        }
    }
    if bits > 0 {
        out.push(ALPHABET[(rest << (6 - bits) & 63) as usize]);
    }
    if shifted {
        out.push(b'-');
    }
    out
}
