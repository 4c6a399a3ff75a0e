//! Text of ints, both ways: `int()` and literals in every base, decimal and power-of-two output, and the rule that
//! limits the length of decimal conversions (`sys.set_int_max_str_digits`).
//!
//! Results that fit an `i64` never touch big-number code.

#[cfg(test)]
mod tests;

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::ToPrimitive;

/// An int in its narrowest form: `Big` is only used for what an `i64` cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Int {
    /// Fits 64 bits.
    Small(i64),
    /// Does not.
    Big(BigInt),
}

impl From<BigInt> for Int {
    fn from(value: BigInt) -> Int {
        match value.to_i64() {
            Some(small) => Int::Small(small),
            None => Int::Big(value),
        }
    }
}

impl From<i64> for Int {
    fn from(value: i64) -> Int {
        Int::Small(value)
    }
}

impl From<i128> for Int {
    fn from(value: i128) -> Int {
        match i64::try_from(value) {
            Ok(small) => Int::Small(small),
            Err(_) => Int::Big(BigInt::from(value)),
        }
    }
}

impl From<Int> for BigInt {
    fn from(value: Int) -> BigInt {
        match value {
            Int::Small(small) => BigInt::from(small),
            Int::Big(big) => big,
        }
    }
}

/// Below this many digits the limit on decimal conversions never applies.
pub const DIGIT_LIMIT_THRESHOLD: usize = 640;

/// Why a text is no int.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// ValueError "invalid literal for int() with base B: ..." (the caller shows the argument).
    Invalid,
    /// ValueError, see [`too_many_digits_message`].
    TooManyDigits {
        /// How many digits the text has.
        digits: usize,
    },
}

/// The message of the ValueError for text with more digits than allowed.
pub fn too_many_digits_message(limit: usize, digits: usize) -> String {
    format!(
        "Exceeds the limit ({limit} digits) for integer string conversion: value has {digits} digits; \
         use sys.set_int_max_str_digits() to increase the limit"
    )
}

/// The message of the ValueError for an int whose decimal text would be longer than allowed.
pub fn too_long_message(limit: usize) -> String {
    format!(
        "Exceeds the limit ({limit} digits) for integer string conversion; \
         use sys.set_int_max_str_digits() to increase the limit"
    )
}

/// The value of an ASCII letter or digit as a digit of base 36; 255 for anything else.
#[inline]
pub fn digit_value(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'z' => byte - b'a' + 10,
        b'A'..=b'Z' => byte - b'A' + 10,
        _ => 255,
    }
}

/// Reads an int as `int(text, base)` does: ASCII, surrounding whitespace allowed, `base` 0 or 2 to 36.
/// `max_digits` is the limit on decimal conversions, 0 for none.
pub fn parse(text: &[u8], base: u32, max_digits: usize) -> Result<Int, ParseError> {
    let rest = crate::unicode::numeral::trim(text);
    let (negative, mut rest) = match rest {
        [b'-', tail @ ..] => (true, tail),
        [b'+', tail @ ..] => (false, tail),
        _ => (false, rest),
    };

    let prefix_base = match rest {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    let mut zero_only = false;
    let base = match base {
        0 if prefix_base != 0 => prefix_base,
        0 => {
            // "0" and "00" are fine, "012" is an old octal literal.
            zero_only = rest.first() == Some(&b'0');
            10
        }
        _ => base,
    };
    if prefix_base == base {
        rest = &rest[2..];
        if let [b'_', tail @ ..] = rest {
            rest = tail;
        }
    }

    let (digits, used) = scan_digits(rest, base)?;
    if digits == 0 || used != rest.len() {
        return Err(ParseError::Invalid);
    }
    if !base.is_power_of_two() && max_digits > 0 && digits > DIGIT_LIMIT_THRESHOLD.max(max_digits) {
        return Err(ParseError::TooManyDigits { digits });
    }
    let value = accumulate(rest, base, digits, negative);
    if zero_only && value != Int::Small(0) {
        return Err(ParseError::Invalid);
    }
    Ok(value)
}

/// Counts the digits at the start of `text`; underscores only between digits.
fn scan_digits(text: &[u8], base: u32) -> Result<(usize, usize), ParseError> {
    let (mut digits, mut at) = (0, 0);
    let mut after_underscore = true;
    while let Some(&byte) = text.get(at) {
        if byte == b'_' {
            if after_underscore {
                return Err(ParseError::Invalid);
            }
            after_underscore = true;
        } else if u32::from(digit_value(byte)) < base {
            digits += 1;
            after_underscore = false;
        } else {
            break;
        }
        at += 1;
    }
    if after_underscore {
        return Err(ParseError::Invalid);
    }
    Ok((digits, at))
}

fn accumulate(text: &[u8], base: u32, digits: usize, negative: bool) -> Int {
    // Twelve base-36 digits, or eighteen decimal ones, cannot overflow.
    if digits <= 12 || (base <= 10 && digits <= 18) {
        let base = i64::from(base);
        let digits = text.iter().filter(|&&b| b != b'_');
        let value = digits.fold(0i64, |v, &b| v * base + i64::from(digit_value(b)));
        return Int::Small(if negative { -value } else { value });
    }
    let digits: Vec<u8> = text.iter().filter(|&&b| b != b'_').map(|&b| digit_value(b)).collect();
    let magnitude = BigUint::from_radix_be(&digits, base).expect("digits were checked");
    let sign = if negative { Sign::Minus } else { Sign::Plus };
    Int::from(BigInt::from_biguint(sign, magnitude))
}

/// Appends the decimal text of `value`.
pub fn write_i64(value: i64, out: &mut Vec<u8>) {
    let mut buffer = [0u8; 20];
    let mut at = buffer.len();
    let mut rest = value.unsigned_abs();
    while rest >= 100 {
        let pair = (rest % 100) as u8;
        rest /= 100;
        at -= 2;
        buffer[at] = b'0' + pair / 10;
        buffer[at + 1] = b'0' + pair % 10;
    }
    if rest >= 10 {
        at -= 2;
        buffer[at] = b'0' + (rest / 10) as u8;
        buffer[at + 1] = b'0' + (rest % 10) as u8;
    } else {
        at -= 1;
        buffer[at] = b'0' + rest as u8;
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&buffer[at..]);
}

/// The decimal text of `value`.
pub fn i64_to_decimal(value: i64) -> String {
    let mut out = Vec::with_capacity(20);
    write_i64(value, &mut out);
    String::from_utf8(out).expect("ASCII")
}

/// Bounds on the number of decimal digits of an int whose magnitude has `bits` bits.
pub fn decimal_digits_of_bits(bits: u64) -> (u64, u64) {
    if bits == 0 {
        return (1, 1);
    }
    // log10(2) lies between these two fractions.
    let low = (u128::from(bits - 1) * 30_102_999_566 / 100_000_000_000) as u64 + 1;
    let high = (u128::from(bits) * 30_102_999_567 / 100_000_000_000) as u64 + 1;
    (low, high)
}

/// The decimal text of a big int, or `None` when it has more than `max_digits` digits (0: no limit): then raise
/// ValueError with [`too_long_message`]. Far too large ints are refused without converting them.
pub fn big_to_decimal(value: &BigInt, max_digits: usize) -> Option<String> {
    let limit = if max_digits == 0 { u64::MAX } else { max_digits.max(DIGIT_LIMIT_THRESHOLD) as u64 };
    if decimal_digits_of_bits(value.bits()).0 > limit {
        return None;
    }
    let text = value.to_str_radix(10);
    let digits = text.len() - usize::from(value.sign() == Sign::Minus);
    (digits as u64 <= limit).then_some(text)
}

/// The digits of a magnitude in base 2, 8, 10 or 16, lower case, without prefix.
pub fn digits_of(magnitude: u64, base: u32) -> String {
    match base {
        2 => format!("{magnitude:b}"),
        8 => format!("{magnitude:o}"),
        16 => format!("{magnitude:x}"),
        _ => magnitude.to_string(),
    }
}

/// `bin`, `oct`, `hex` of a small int: sign, prefix, digits.
pub fn i64_to_prefixed(value: i64, base: u32) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}{}", prefix_of(base), digits_of(value.unsigned_abs(), base))
}

/// `bin`, `oct`, `hex` of a big int: sign, prefix, digits.
pub fn big_to_prefixed(value: &BigInt, base: u32) -> String {
    let sign = if value.sign() == Sign::Minus { "-" } else { "" };
    format!("{sign}{}{}", prefix_of(base), value.magnitude().to_str_radix(base))
}

/// `0b`, `0o`, `0x`, or nothing.
pub fn prefix_of(base: u32) -> &'static str {
    match base {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        _ => "",
    }
}
