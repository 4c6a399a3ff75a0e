//! UTF-16.

use super::{ByteOrder, Progress, is_high_surrogate, is_low_surrogate, is_surrogate, join_surrogates, split_surrogates};
use crate::builder::StrBuilder;
use crate::units::Units;

/// The byte order a mark at the start of the input asks for. The mark's two bytes are then to be skipped.
pub fn byte_order_mark(input: &[u8]) -> Option<ByteOrder> {
    match input {
        [0xff, 0xfe, ..] => Some(ByteOrder::Little),
        [0xfe, 0xff, ..] => Some(ByteOrder::Big),
        _ => None,
    }
}

/// Decodes UTF-16 in the given byte order (a byte order mark is a character like any other).
pub fn decode(input: &[u8], start: usize, out: &mut StrBuilder, order: ByteOrder, last: bool) -> Progress {
    let unit = |at: usize| {
        let bytes = [*input.get(at)?, *input.get(at + 1)?];
        let unit = match order {
            ByteOrder::Little => u16::from_le_bytes(bytes),
            ByteOrder::Big => u16::from_be_bytes(bytes),
        };
        Some(u32::from(unit))
    };
    let mut at = start;
    while let Some(c) = unit(at) {
        if !is_surrogate(c) {
            out.push(c);
            at += 2;
            continue;
        }
        if is_low_surrogate(c) {
            return Progress::failed(at, at + 2, "illegal encoding");
        }
        match unit(at + 2) {
            Some(low) if is_low_surrogate(low) => {
                out.push(join_surrogates(c, low));
                at += 4;
            }
            Some(_) => return Progress::failed(at, at + 2, "illegal UTF-16 surrogate"),
            None if last => return Progress::failed(at, input.len(), "unexpected end of data"),
            None => return Progress::done(at),
        }
    }
    if at < input.len() && last { Progress::failed(at, input.len(), "truncated data") } else { Progress::done(at) }
}

/// Appends one unit.
pub fn push_unit(unit: u32, order: ByteOrder, out: &mut Vec<u8>) {
    out.extend(match order {
        ByteOrder::Little => (unit as u16).to_le_bytes(),
        ByteOrder::Big => (unit as u16).to_be_bytes(),
    });
}

/// Encodes UTF-16 without a byte order mark.
pub fn encode(input: Units<'_>, start: usize, order: ByteOrder, out: &mut Vec<u8>) -> Progress {
    out.reserve(2 * (input.len() - start));
    for i in start..input.len() {
        let c = input.at(i);
        if c > 0xffff {
            let (high, low) = split_surrogates(c);
            push_unit(high, order, out);
            push_unit(low, order, out);
        } else if is_surrogate(c) {
            return Progress::failed(i, i + 1, "surrogates not allowed");
        } else {
            push_unit(c, order, out);
        }
    }
    Progress::done(input.len())
}

/// Whether `unit` starts a surrogate pair.
pub fn starts_pair(unit: u32) -> bool {
    is_high_surrogate(unit)
}
