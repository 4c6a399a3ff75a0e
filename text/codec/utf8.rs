//! UTF-8.

use super::{Progress, is_surrogate};
use crate::builder::StrBuilder;
use crate::units::Units;

/// Decodes UTF-8. Surrogates are errors.
pub fn decode(input: &[u8], start: usize, out: &mut StrBuilder, last: bool) -> Progress {
    let rest = &input[start..];
    let error = match std::str::from_utf8(rest) {
        Ok(text) => {
            out.push_str(text);
            return Progress::done(input.len());
        }
        Err(error) => error,
    };
    let (valid, bad) = rest.split_at(error.valid_up_to());
    out.push_str(std::str::from_utf8(valid).expect("checked just now"));
    let at = start + valid.len();
    let Some(len) = error.error_len() else {
        return if last { Progress::failed(at, input.len(), "unexpected end of data") } else { Progress::done(at) };
    };
    if !matches!(bad[0], 0xc2..=0xf4) {
        return Progress::failed(at, at + 1, "invalid start byte");
    }
    // The first two bytes of an encoded surrogate may become a whole one, which "surrogatepass" accepts.
    if !last && matches!(bad, [0xed, 0xa0..=0xbf]) {
        return Progress::done(at);
    }
    Progress::failed(at, at + len, "invalid continuation byte")
}

/// Appends the UTF-8 form of a code point; surrogates as if they were characters.
pub fn push(c: u32, out: &mut Vec<u8>) {
    match c {
        0..0x80 => out.push(c as u8),
        0x80..0x800 => out.extend([0xc0 | (c >> 6) as u8, 0x80 | (c & 0x3f) as u8]),
        0x800..0x10000 => out.extend([0xe0 | (c >> 12) as u8, 0x80 | (c >> 6 & 0x3f) as u8, 0x80 | (c & 0x3f) as u8]),
        _ => out.extend([0xf0 | (c >> 18) as u8, 0x80 | (c >> 12 & 0x3f) as u8, 0x80 | (c >> 6 & 0x3f) as u8, 0x80 | (c & 0x3f) as u8]),
    }
}

/// Encodes UTF-8. A run of surrogates is one error.
pub fn encode(input: Units<'_>, start: usize, out: &mut Vec<u8>) -> Progress {
    if let Units::One(s) = input {
        if s.is_ascii() {
            out.extend_from_slice(&s[start..]);
        } else {
            out.reserve(s.len() - start);
            s[start..].iter().for_each(|&c| push(c.into(), out));
        }
        return Progress::done(s.len());
    }
    out.reserve(input.len() - start);
    for i in start..input.len() {
        let c = input.at(i);
        if is_surrogate(c) {
            let run = (i..input.len()).take_while(|&i| is_surrogate(input.at(i))).count();
            return Progress::failed(i, i + run, "surrogates not allowed");
        }
        push(c, out);
    }
    Progress::done(input.len())
}
