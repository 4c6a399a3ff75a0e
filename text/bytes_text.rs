//! Bytes as hexadecimal text and as ints, both ways.

#[cfg(test)]
mod tests;

use num_bigint::{BigInt, Sign};

use crate::int_text::Int;
use crate::units::Units;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// `bytes.hex(separator, group)`: a positive `group` counts from the right, a negative one from the left; zero means no
/// separators.
pub fn to_hex(bytes: &[u8], separator: Option<u8>, group: isize) -> Vec<u8> {
    let size = group.unsigned_abs();
    let mut out = Vec::with_capacity(2 * bytes.len());
    for (i, &byte) in bytes.iter().enumerate() {
        let boundary = if group > 0 { bytes.len() - i } else { i };
        if let Some(separator) = separator
            && size > 0
            && i > 0
            && boundary % size == 0
        {
            out.push(separator);
        }
        out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
    out
}

/// Why `fromhex` refused a text; both are ValueErrors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexError {
    /// A character that is no digit.
    NotHex {
        /// Its index.
        at: usize,
    },
    /// The last digit has no partner.
    Odd,
}

impl HexError {
    /// The message of the exception.
    pub fn message(self) -> String {
        match self {
            HexError::NotHex { at } => format!("non-hexadecimal number found in fromhex() arg at position {at}"),
            HexError::Odd => "fromhex() arg must contain an even number of hexadecimal digits".into(),
        }
    }
}

/// `bytes.fromhex`: pairs of digits, with ASCII whitespace between them.
pub fn from_hex(text: Units<'_>) -> Result<Vec<u8>, HexError> {
    let digit = |at: usize| text.get(at).and_then(char::from_u32).and_then(|c| c.to_digit(16));
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut at = 0;
    while let Some(c) = text.get(at) {
        if matches!(c, 9..=13 | 32) {
            at += 1;
            continue;
        }
        let high = digit(at).ok_or(HexError::NotHex { at })?;
        if at + 1 == text.len() {
            return Err(HexError::Odd);
        }
        let low = digit(at + 1).ok_or(HexError::NotHex { at: at + 1 })?;
        out.push((high << 4 | low) as u8);
        at += 2;
    }
    Ok(out)
}

/// Why an int does not fit into bytes; both are OverflowErrors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToBytesError {
    /// "can't convert negative int to unsigned"
    Negative,
    /// "int too big to convert"
    TooBig,
}

impl ToBytesError {
    /// The message of the exception.
    pub fn message(self) -> &'static str {
        match self {
            ToBytesError::Negative => "can't convert negative int to unsigned",
            ToBytesError::TooBig => "int too big to convert",
        }
    }
}

/// `int.to_bytes(len, order, signed=...)`
pub fn int_to_bytes(value: &BigInt, len: usize, big: bool, signed: bool) -> Result<Vec<u8>, ToBytesError> {
    let negative = value.sign() == Sign::Minus;
    if negative && !signed {
        return Err(ToBytesError::Negative);
    }
    let mut bytes = if signed { value.to_signed_bytes_le() } else { value.magnitude().to_bytes_le() };
    if *value == BigInt::ZERO {
        bytes.clear();
    }
    if bytes.len() > len {
        return Err(ToBytesError::TooBig);
    }
    bytes.resize(len, if negative { 0xff } else { 0 });
    if big {
        bytes.reverse();
    }
    Ok(bytes)
}

/// `int.from_bytes(bytes, order, signed=...)`
pub fn int_from_bytes(bytes: &[u8], big: bool, signed: bool) -> Int {
    if bytes.is_empty() {
        return Int::Small(0);
    }
    if bytes.len() <= 8 {
        let top = if big { bytes[0] } else { bytes[bytes.len() - 1] };
        let fill = if signed && top >= 0x80 { 0xff } else { 0 };
        let mut wide = [fill; 16];
        for (i, slot) in wide[..bytes.len()].iter_mut().enumerate() {
            *slot = bytes[if big { bytes.len() - 1 - i } else { i }];
        }
        return Int::from(i128::from_le_bytes(wide));
    }
    Int::from(match (big, signed) {
        (true, true) => BigInt::from_signed_bytes_be(bytes),
        (false, true) => BigInt::from_signed_bytes_le(bytes),
        (true, false) => BigInt::from_bytes_be(Sign::Plus, bytes),
        (false, false) => BigInt::from_bytes_le(Sign::Plus, bytes),
    })
}
