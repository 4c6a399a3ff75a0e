//! The encodings that write characters as backslash escapes: unicode_escape, raw_unicode_escape, and bytes escapes.

use super::Progress;
use crate::builder::StrBuilder;
use crate::units::Units;

/// An escape that is kept as it stands and that CPython warns about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DubiousEscape {
    /// Index of the backslash.
    pub at: usize,
    /// The octal number when the escape is an octal one above 0o377 ("\400"); else the escape is unknown ("\d").
    pub octal: Option<u32>,
}

/// Why a hexadecimal escape could not be read.
enum HexFailure {
    /// The input ends within it.
    Incomplete,
    /// A character that is no digit.
    Malformed,
}

/// Reads `count` hexadecimal digits at `at`, which ends up after the last one read.
fn hex_digits(input: &[u8], at: &mut usize, count: usize) -> Result<u32, HexFailure> {
    let mut value = 0;
    for _ in 0..count {
        let byte = *input.get(*at).ok_or(HexFailure::Incomplete)?;
        value = value << 4 | (byte as char).to_digit(16).ok_or(HexFailure::Malformed)?;
        *at += 1;
    }
    Ok(value)
}

/// Decodes unicode_escape; bytes outside escapes are Latin-1. `name` looks up what `\N{...}` names. The first escape
/// that deserves a warning goes to `dubious`.
pub fn decode_unicode_escape(
    input: &[u8],
    start: usize,
    out: &mut StrBuilder,
    last: bool,
    name: impl Fn(&[u8]) -> Option<u32>,
    dubious: &mut Option<DubiousEscape>,
) -> Progress {
    let mut at = start;
    while at < input.len() {
        let plain = input[at..].iter().position(|&b| b == b'\\').unwrap_or(input.len() - at);
        out.push_latin1(&input[at..at + plain]);
        at += plain;
        if at == input.len() {
            break;
        }
        let escape = at;
        at += 1;
        let incomplete = |at: usize, reason| if last { Progress::failed(escape, at, reason) } else { Progress::done(escape) };
        let Some(&letter) = input.get(at) else { return incomplete(at, "\\ at end of string") };
        at += 1;
        let (digits, reason) = match letter {
            b'\n' => continue,
            b'\\' | b'\'' | b'"' => {
                out.push(letter.into());
                continue;
            }
            b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' => {
                out.push(control(letter).into());
                continue;
            }
            b'0'..=b'7' => {
                let value = octal(input, letter, &mut at);
                if value > 0o377 {
                    dubious.get_or_insert(DubiousEscape { at: escape, octal: Some(value) });
                }
                out.push(value);
                continue;
            }
            b'x' => (2, "truncated \\xXX escape"),
            b'u' => (4, "truncated \\uXXXX escape"),
            b'U' => (8, "truncated \\UXXXXXXXX escape"),
            b'N' => {
                const MALFORMED: &str = "malformed \\N character escape";
                match input.get(at) {
                    None => return incomplete(at, MALFORMED),
                    Some(b'{') => at += 1,
                    Some(_) => return Progress::failed(escape, at, MALFORMED),
                }
                let Some(len) = input[at..].iter().position(|&b| b == b'}') else {
                    return incomplete(input.len(), MALFORMED);
                };
                if len == 0 {
                    return Progress::failed(escape, at, MALFORMED);
                }
                let Some(c) = name(&input[at..at + len]) else {
                    return Progress::failed(escape, at + len + 1, "unknown Unicode character name");
                };
                out.push(c);
                at += len + 1;
                continue;
            }
            _ => {
                dubious.get_or_insert(DubiousEscape { at: escape, octal: None });
                out.push(u32::from(b'\\'));
                out.push(letter.into());
                continue;
            }
        };
        match hex_digits(input, &mut at, digits) {
            Ok(c) if c <= 0x10_ffff => out.push(c),
            Ok(_) => return Progress::failed(escape, at, "illegal Unicode character"),
            Err(HexFailure::Incomplete) => return incomplete(at, reason),
            Err(HexFailure::Malformed) => return Progress::failed(escape, at, reason),
        }
    }
    Progress::done(at)
}

fn control(letter: u8) -> u8 {
    match letter {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => 10,
        b'r' => 13,
        b't' => 9,
        _ => 11,
    }
}

/// Up to two more octal digits after `first`.
fn octal(input: &[u8], first: u8, at: &mut usize) -> u32 {
    let mut value = u32::from(first - b'0');
    for _ in 0..2 {
        match input.get(*at) {
            Some(&digit @ b'0'..=b'7') => {
                value = value << 3 | u32::from(digit - b'0');
                *at += 1;
            }
            _ => break,
        }
    }
    value
}

/// Decodes raw_unicode_escape: only `\u` and `\U` are escapes.
pub fn decode_raw_unicode_escape(input: &[u8], start: usize, out: &mut StrBuilder, last: bool) -> Progress {
    let mut at = start;
    while at < input.len() {
        let escape = at;
        let byte = input[at];
        at += 1;
        if byte != b'\\' || (at == input.len() && last) {
            out.push(byte.into());
            continue;
        }
        let (digits, reason) = match input.get(at) {
            None => return Progress::done(escape),
            Some(b'u') => (4, "truncated \\uXXXX escape"),
            Some(b'U') => (8, "truncated \\UXXXXXXXX escape"),
            Some(&other) => {
                out.push(u32::from(b'\\'));
                out.push(other.into());
                at += 1;
                continue;
            }
        };
        at += 1;
        match hex_digits(input, &mut at, digits) {
            Ok(c) if c <= 0x10_ffff => out.push(c),
            Ok(_) => return Progress::failed(escape, at, "\\Uxxxxxxxx out of range"),
            Err(HexFailure::Incomplete) if !last => return Progress::done(escape),
            Err(_) => return Progress::failed(escape, at, reason),
        }
    }
    Progress::done(at)
}

/// Appends `\xhh`, `\uhhhh` or `\Uhhhhhhhh`, the shortest that holds the character.
pub fn push_hex_escape(c: u32, out: &mut Vec<u8>) {
    let (letter, digits) = match c {
        0..0x100 => (b'x', 2),
        0x100..0x10000 => (b'u', 4),
        _ => (b'U', 8),
    };
    out.extend([b'\\', letter]);
    for i in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(c >> (4 * i) & 15) as usize]);
    }
}

/// Encodes unicode_escape, which cannot fail.
pub fn encode_unicode_escape(input: Units<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len());
    for c in input.iter() {
        match c {
            0x5c => out.extend(b"\\\\"),
            9 => out.extend(b"\\t"),
            10 => out.extend(b"\\n"),
            13 => out.extend(b"\\r"),
            0x20..0x7f => out.push(c as u8),
            _ => push_hex_escape(c, &mut out),
        }
    }
    out
}

/// Encodes raw_unicode_escape, which cannot fail.
pub fn encode_raw_unicode_escape(input: Units<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len());
    for c in input.iter() {
        match u8::try_from(c) {
            Ok(byte) => out.push(byte),
            Err(_) => push_hex_escape(c, &mut out),
        }
    }
    out
}

/// Why bytes escapes could not be decoded; both are ValueErrors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesEscapeError {
    /// "Trailing \ in string"
    Trailing,
    /// "invalid \x escape at position N"
    Hex {
        /// Index of the backslash, and where to continue when the error is ignored or replaced.
        at: usize,
        /// Where to go on after the malformed escape.
        resume: usize,
    },
}

/// Decodes the escapes of a bytes literal (`codecs.escape_decode`) from `start` on.
pub fn decode_bytes_escape(
    input: &[u8],
    start: usize,
    out: &mut Vec<u8>,
    dubious: &mut Option<DubiousEscape>,
) -> Result<(), BytesEscapeError> {
    let mut at = start;
    while let Some(&byte) = input.get(at) {
        let escape = at;
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let letter = *input.get(at).ok_or(BytesEscapeError::Trailing)?;
        at += 1;
        match letter {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => out.push(letter),
            b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' => out.push(control(letter)),
            b'0'..=b'7' => {
                let value = octal(input, letter, &mut at);
                if value > 0o377 {
                    dubious.get_or_insert(DubiousEscape { at: escape, octal: Some(value) });
                }
                out.push(value as u8);
            }
            b'x' => match hex_digits(input, &mut at, 2) {
                Ok(value) => out.push(value as u8),
                Err(_) => return Err(BytesEscapeError::Hex { at: escape, resume: at }),
            },
            _ => {
                dubious.get_or_insert(DubiousEscape { at: escape, octal: None });
                out.extend([b'\\', letter]);
            }
        }
    }
    Ok(())
}
