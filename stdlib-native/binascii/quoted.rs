//! Quoted-printable (RFC 2045, section 6.7).

use super::{ascii, bytes, flag, hex_digit};
use gc::{Ref, Reg};
use objects::types::bytes::shared::operand;
use objects::{Cx, PyResult};

/// Longest line.
const LINE: usize = 76;

/// `a2b_qp`
pub fn decode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let header = flag(cx, a[1], false)?;
    let d = ascii(cx, a[0])?;
    let mut out = Vec::with_capacity(d.len());
    let mut i = 0;
    while i < d.len() {
        match d[i] {
            b'=' => {
                i += 1;
                match d.get(i) {
                    None => break,
                    Some(b'\n') => i += 1,
                    Some(b'\r') => {
                        while i < d.len() && d[i] != b'\n' {
                            i += 1;
                        }
                        i += 1;
                    }
                    Some(b'=') => {
                        out.push(b'=');
                        i += 1;
                    }
                    Some(c) => match (hex_digit(*c), d.get(i + 1).and_then(|c| hex_digit(*c))) {
                        (Some(h), Some(l)) => {
                            out.push(h << 4 | l);
                            i += 2;
                        }
                        _ => out.push(b'='),
                    },
                }
            }
            b'_' if header => {
                out.push(b' ');
                i += 1;
            }
            c => {
                out.push(c);
                i += 1;
            }
        }
    }
    bytes(cx, &out)
}

fn push_hex(out: &mut Vec<u8>, c: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push(DIGITS[usize::from(c >> 4)]);
    out.push(DIGITS[usize::from(c & 15)]);
}

/// `b2a_qp`
pub fn encode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (tabs, text, header) = (flag(cx, a[1], false)?, flag(cx, a[2], true)?, flag(cx, a[3], false)?);
    let d = operand(cx, a[0])?;
    let d: &[u8] = &d;
    // All line ends become like the first one.
    let crlf = d.iter().position(|c| *c == b'\n').is_some_and(|i| i > 0 && d[i - 1] == b'\r');
    let end = |out: &mut Vec<u8>| {
        if crlf {
            out.push(b'\r');
        }
        out.push(b'\n');
    };
    let mut out = Vec::with_capacity(d.len() + d.len() / 4);
    let (mut i, mut line) = (0, 0);
    while i < d.len() {
        let c = d[i];
        let last = i + 1 == d.len();
        let next = d.get(i + 1).copied();
        let quote = c > 126
            || c == b'='
            || (header && c == b'_')
            || (c == b'.' && line == 0 && matches!(next, None | Some(b'\n' | b'\r' | 0)))
            || (!text && matches!(c, b'\r' | b'\n'))
            || (matches!(c, b'\t' | b' ') && last)
            || (c < 33 && !matches!(c, b'\r' | b'\n') && (tabs || !matches!(c, b'\t' | b' ')));
        if quote {
            if line + 3 >= LINE {
                out.push(b'=');
                end(&mut out);
                line = 0;
            }
            out.push(b'=');
            push_hex(&mut out, c);
            i += 1;
            line += 3;
        } else if text && (c == b'\n' || (c == b'\r' && next == Some(b'\n'))) {
            line = 0;
            // Space at the end of a line would get lost.
            if let Some(space @ (b' ' | b'\t')) = out.last().copied() {
                out.pop();
                out.push(b'=');
                push_hex(&mut out, space);
            }
            end(&mut out);
            i += if c == b'\r' { 2 } else { 1 };
        } else {
            if !last && next != Some(b'\n') && line + 1 >= LINE {
                out.push(b'=');
                end(&mut out);
                line = 0;
            }
            line += 1;
            out.push(if header && c == b' ' { b'_' } else { c });
            i += 1;
        }
    }
    bytes(cx, &out)
}
