//! UTF-32.

use super::{ByteOrder, Progress, is_surrogate};
use crate::builder::StrBuilder;
use crate::units::Units;

/// The byte order a mark at the start of the input asks for. The mark's four bytes are then to be skipped.
pub fn byte_order_mark(input: &[u8]) -> Option<ByteOrder> {
    match input {
        [0xff, 0xfe, 0, 0, ..] => Some(ByteOrder::Little),
        [0, 0, 0xfe, 0xff, ..] => Some(ByteOrder::Big),
        _ => None,
    }
}

/// Decodes UTF-32 in the given byte order (a byte order mark is a character like any other).
pub fn decode(input: &[u8], start: usize, out: &mut StrBuilder, order: ByteOrder, last: bool) -> Progress {
    let mut at = start;
    while let Some(bytes) = input.get(at..at + 4) {
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
        let c = match order {
            ByteOrder::Little => u32::from_le_bytes(bytes),
            ByteOrder::Big => u32::from_be_bytes(bytes),
        };
        if is_surrogate(c) {
            return Progress::failed(at, at + 4, "code point in surrogate code point range(0xd800, 0xe000)");
        }
        if c > 0x10_ffff {
            return Progress::failed(at, at + 4, "code point not in range(0x110000)");
        }
        out.push(c);
        at += 4;
    }
    if at < input.len() && last { Progress::failed(at, input.len(), "truncated data") } else { Progress::done(at) }
}

/// Appends one code point.
pub fn push(c: u32, order: ByteOrder, out: &mut Vec<u8>) {
    out.extend(match order {
        ByteOrder::Little => c.to_le_bytes(),
        ByteOrder::Big => c.to_be_bytes(),
    });
}

/// Encodes UTF-32 without a byte order mark.
pub fn encode(input: Units<'_>, start: usize, order: ByteOrder, out: &mut Vec<u8>) -> Progress {
    out.reserve(4 * (input.len() - start));
    for i in start..input.len() {
        let c = input.at(i);
        if is_surrogate(c) {
            return Progress::failed(i, i + 1, "surrogates not allowed");
        }
        push(c, order, out);
    }
    Progress::done(input.len())
}
