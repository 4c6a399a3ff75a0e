//! Base64 and uuencoding.

use super::{ascii, bytes, error, flag};
use gc::{Ref, Reg};
use objects::types::bytes::shared::{operand, room_or_error};
use objects::{Cx, PyResult, Raised};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static VALUES: [u8; 256] = {
    let mut t = [255u8; 256];
    let mut i = 0;
    while i < 64 {
        t[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    t
};

/// `a2b_base64`
pub fn decode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let strict = flag(cx, a[1], false)?;
    let d = ascii(cx, a[0])?;
    let mut out = Vec::with_capacity(d.len().div_ceil(4) * 3);
    let mut rest: &[u8] = &d;
    // Whole groups without anything special.
    while let [p, q, r, s, tail @ ..] = rest {
        let (p, q, r, s) = (VALUES[usize::from(*p)], VALUES[usize::from(*q)], VALUES[usize::from(*r)], VALUES[usize::from(*s)]);
        if (p | q | r | s) & 0xc0 != 0 {
            break;
        }
        out.extend_from_slice(&[p << 2 | q >> 4, q << 4 | r >> 2, r << 6 | s]);
        rest = tail;
    }
    if strict && d.first() == Some(&b'=') {
        return Err(error(cx, "Leading padding not allowed"));
    }
    let (mut place, mut pads, mut left, mut padding) = (0, 0, 0u8, false);
    for (i, c) in rest.iter().enumerate() {
        if *c == b'=' {
            padding = true;
            pads += 1;
            if !strict {
                continue;
            }
            match place {
                0 => return Err(error(cx, "Excess padding not allowed")),
                1 => return Err(one_more(cx, out.len())),
                _ if place + pads < 4 => {}
                _ if i + 1 < rest.len() => {
                    let m = if rest[i + 1] == b'=' { "Excess padding not allowed" } else { "Excess data after padding" };
                    return Err(error(cx, m));
                }
                _ => return bytes(cx, &out),
            }
            continue;
        }
        let v = VALUES[usize::from(*c)];
        if v >= 64 {
            if strict {
                return Err(error(cx, "Only base64 data is allowed"));
            }
            continue;
        }
        if strict && padding {
            return Err(error(cx, "Discontinuous padding not allowed"));
        }
        pads = 0;
        match place {
            0 => left = v,
            1 => {
                out.push(left << 2 | v >> 4);
                left = v & 15;
            }
            2 => {
                out.push(left << 4 | v >> 2);
                left = v & 3;
            }
            _ => out.push(left << 6 | v),
        }
        place = (place + 1) % 4;
    }
    match place {
        1 => Err(one_more(cx, out.len())),
        2 | 3 if place + pads < 4 => Err(error(cx, "Incorrect padding")),
        _ => bytes(cx, &out),
    }
}

fn one_more(cx: &mut Cx, decoded: usize) -> Raised {
    let n = decoded / 3 * 4 + 1;
    error(cx, format!("Invalid base64-encoded string: number of data characters ({n}) cannot be 1 more than a multiple of 4"))
}

/// `b2a_base64`
pub fn encode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let newline = flag(cx, a[1], true)?;
    let d = operand(cx, a[0])?;
    let mut out = room_or_error(cx, d.len().div_ceil(3).checked_mul(4).and_then(|n| n.checked_add(1)))?;
    let letter = |i: u8| ALPHABET[usize::from(i & 63)];
    let mut parts = d.chunks_exact(3);
    for p in &mut parts {
        out.extend_from_slice(&[letter(p[0] >> 2), letter(p[0] << 4 | p[1] >> 4), letter(p[1] << 2 | p[2] >> 6), letter(p[2])]);
    }
    match parts.remainder() {
        [p] => out.extend_from_slice(&[letter(p >> 2), letter(p << 4), b'=', b'=']),
        [p, q] => out.extend_from_slice(&[letter(p >> 2), letter(p << 4 | q >> 4), letter(q << 2), b'=']),
        _ => {}
    }
    if newline {
        out.push(b'\n');
    }
    bytes(cx, &out)
}

/// `a2b_uu`
pub fn decode_uu(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = ascii(cx, a[0])?;
    let mut chars = d.iter().copied();
    let Some(first) = chars.next() else { return Err(error(cx, "Missing length byte")) };
    let wanted = usize::from(first.wrapping_sub(b' ') & 63);
    let mut out = Vec::with_capacity(wanted);
    let (mut left, mut bits) = (0u32, 0);
    while out.len() < wanted {
        let v = match chars.next() {
            // Spaces may have been lost at the end of the line.
            None | Some(b'\n' | b'\r') => 0,
            Some(c @ b' '..=b'`') => (c - b' ') & 63,
            Some(_) => return Err(error(cx, "Illegal char")),
        };
        left = left << 6 | u32::from(v);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((left >> bits) as u8);
            left &= (1 << bits) - 1;
        }
    }
    if chars.any(|c| !matches!(c, b' ' | b'`' | b'\n' | b'\r')) {
        return Err(error(cx, "Trailing garbage"));
    }
    bytes(cx, &out)
}

/// `b2a_uu`
pub fn encode_uu(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let backtick = flag(cx, a[1], false)?;
    let d = operand(cx, a[0])?;
    if d.len() > 45 {
        return Err(error(cx, "At most 45 bytes at once"));
    }
    let letter = |v: u8| if backtick && v & 63 == 0 { b'`' } else { b' ' + (v & 63) };
    let mut out = vec![if backtick && d.is_empty() { b'`' } else { b' ' + d.len() as u8 }];
    for p in d.chunks(3) {
        let (x, y, z) = (p[0], p.get(1).copied().unwrap_or(0), p.get(2).copied().unwrap_or(0));
        out.extend_from_slice(&[letter(x >> 2), letter(x << 4 | y >> 4), letter(y << 2 | z >> 6), letter(z)]);
    }
    out.push(b'\n');
    bytes(cx, &out)
}
