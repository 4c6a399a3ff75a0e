//! Decoding of string literals from their source text: escapes with CPython's warnings and errors, surrogates kept.
//! Used for every literal that has a backslash; the others are taken as they stand.

use crate::tree::PyStr;

/// An escape problem at a byte offset inside the literal's content.
#[derive(Debug, PartialEq)]
pub enum EscapeError {
    /// `(unicode error) 'unicodeescape' codec can't decode bytes in position a-b: reason`.
    Unicode { from: usize, to: usize, reason: &'static str },
    /// `(value error) invalid \x escape at position n`.
    BytesHex(usize),
}

impl EscapeError {
    pub fn message(&self) -> String {
        match self {
            EscapeError::Unicode { from, to, reason } if from == to => {
                format!("(unicode error) 'unicodeescape' codec can't decode byte 0x5c in position {from}: {reason}")
            }
            EscapeError::Unicode { from, to, reason } => {
                format!("(unicode error) 'unicodeescape' codec can't decode bytes in position {from}-{to}: {reason}")
            }
            EscapeError::BytesHex(at) => format!("(value error) invalid \\x escape at position {at}"),
        }
    }
}

/// An invalid escape that only warns: byte offset in the content and its text, without the backslash.
pub struct BadEscape {
    pub at: usize,
    pub text: String,
    pub octal: bool,
}

/// Result of decoding.
pub struct Decoded {
    pub bytes: Vec<u8>,
    pub bad: Option<BadEscape>,
}

/// How braces are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Braces {
    /// An ordinary literal.
    Plain,
    /// Literal text of an f-string: `{{` is `{`.
    Doubled,
}

/// Decodes the content of a str literal (without prefix and quotes).
pub fn decode_str(content: &str, raw: bool, braces: Braces) -> Result<Decoded, EscapeError> {
    let src = content.as_bytes();
    let mut out = Vec::with_capacity(src.len());
    let mut bad = None;
    let mut at = 0;
    // CPython reports positions in a buffer where non-ASCII text stands as ten-byte escapes.
    let mut shift = 0isize;
    while at < src.len() {
        let b = src[at];
        if braces == Braces::Doubled && matches!(b, b'{' | b'}') && src.get(at + 1) == Some(&b) {
            out.push(b);
            at += 2;
            continue;
        }
        if b >= 0x80 {
            let len = content[at..].chars().next().map_or(1, char::len_utf8);
            out.extend(&src[at..at + len]);
            at += len;
            shift += 10 - len as isize;
            continue;
        }
        if b != b'\\' || raw {
            out.push(b);
            at += 1;
            continue;
        }
        let Some(&escape) = src.get(at + 1) else {
            out.push(b'\\');
            at += 1;
            continue;
        };
        let start = (at as isize + shift) as usize;
        match simple_escape(escape) {
            Some(None) => {
                at += 2;
                continue;
            }
            Some(Some(c)) => {
                out.push(c);
                at += 2;
                continue;
            }
            None => {}
        }
        match escape {
            b'0'..=b'7' => {
                let (value, len) = octal(&src[at + 1..]);
                if value > 0xff && bad.is_none() {
                    bad = Some(BadEscape { at, text: content[at + 1..at + 1 + len].into(), octal: true });
                }
                PyStr::push_code_point(&mut out, value);
                at += 1 + len;
            }
            b'x' | b'u' | b'U' => {
                let want = match escape {
                    b'x' => 2,
                    b'u' => 4,
                    _ => 8,
                };
                let digits = src[at + 2..].iter().take(want).take_while(|b| b.is_ascii_hexdigit()).count();
                if digits < want {
                    let reason = match escape {
                        b'x' => "truncated \\xXX escape",
                        b'u' => "truncated \\uXXXX escape",
                        _ => "truncated \\UXXXXXXXX escape",
                    };
                    return Err(EscapeError::Unicode { from: start, to: start + 1 + digits, reason });
                }
                let value = u32::from_str_radix(&content[at + 2..at + 2 + want], 16).unwrap_or(u32::MAX);
                if value > 0x10_ffff {
                    let reason = "illegal Unicode character";
                    return Err(EscapeError::Unicode { from: start, to: start + 9, reason });
                }
                PyStr::push_code_point(&mut out, value);
                at += 2 + want;
            }
            b'N' => {
                let rest = &content[at + 2..];
                let close = rest.find('}').filter(|_| rest.starts_with('{'));
                let Some(close) = close.filter(|&c| c > 1) else {
                    let to = start + 1 + if rest.starts_with('{') { rest.len().min(1) } else { 0 };
                    let reason = "malformed \\N character escape";
                    return Err(EscapeError::Unicode { from: start, to, reason });
                };
                let Some(c) = unicode_names2::character(&rest[1..close]) else {
                    let reason = "unknown Unicode character name";
                    return Err(EscapeError::Unicode { from: start, to: start + 2 + close, reason });
                };
                PyStr::push_code_point(&mut out, c as u32);
                at += 2 + close + 1;
            }
            _ => {
                let c = content[at + 1..].chars().next().unwrap_or('\\');
                if bad.is_none() {
                    bad = Some(BadEscape { at, text: c.to_string(), octal: false });
                }
                out.push(b'\\');
                at += 1;
            }
        }
    }
    Ok(Decoded { bytes: out, bad })
}

/// Decodes the content of a bytes literal, which the caller has checked to be ASCII.
pub fn decode_bytes(content: &str, raw: bool) -> Result<Decoded, EscapeError> {
    let src = content.as_bytes();
    let mut out = Vec::with_capacity(src.len());
    let mut bad = None;
    let mut at = 0;
    while at < src.len() {
        let b = src[at];
        if b != b'\\' || raw || at + 1 >= src.len() {
            out.push(b);
            at += 1;
            continue;
        }
        let escape = src[at + 1];
        match simple_escape(escape) {
            Some(None) => at += 2,
            Some(Some(c)) => {
                out.push(c);
                at += 2;
            }
            None if matches!(escape, b'0'..=b'7') => {
                let (value, len) = octal(&src[at + 1..]);
                if value > 0xff && bad.is_none() {
                    bad = Some(BadEscape { at, text: content[at + 1..at + 1 + len].into(), octal: true });
                }
                out.push(value as u8);
                at += 1 + len;
            }
            None if escape == b'x' => {
                let digits = content.get(at + 2..at + 4).and_then(|d| u8::from_str_radix(d, 16).ok());
                let Some(value) = digits.filter(|_| src[at + 2].is_ascii_hexdigit()) else {
                    return Err(EscapeError::BytesHex(at));
                };
                out.push(value);
                at += 4;
            }
            None => {
                if bad.is_none() {
                    bad = Some(BadEscape { at, text: (escape as char).to_string(), octal: false });
                }
                out.push(b'\\');
                at += 1;
            }
        }
    }
    Ok(Decoded { bytes: out, bad })
}

/// One-letter escapes: `Some(None)` is a line continuation, `None` is not one of them.
fn simple_escape(c: u8) -> Option<Option<u8>> {
    Some(Some(match c {
        b'\n' => return Some(None),
        b'\\' | b'\'' | b'"' => c,
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        _ => return None,
    }))
}

fn octal(src: &[u8]) -> (u32, usize) {
    let mut value = 0;
    let mut len = 0;
    while len < 3 && src.get(len).is_some_and(|b| matches!(b, b'0'..=b'7')) {
        value = value * 8 + u32::from(src[len] - b'0');
        len += 1;
    }
    (value, len)
}
