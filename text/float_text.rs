//! Text of floats, both ways: `repr`, the e/f/g notations, `float()` parsing, hexadecimal text, decimal rounding.
//!
//! Everything decimal goes through [`Digits`], the significant digits and the place of the point, which come
//! from the shortest-representation algorithm (crate `zmij`) or from exact, half-even rounding (std). How digits
//! are laid out is decided once, in [`format_float`]. Integer ratios and conversions live in `int_float`.

#[cfg(test)]
mod tests;

use crate::units::Unit;

/// No double has more significant decimal digits than this; precisions beyond it only add zeros.
const MAX_DIGITS: usize = 1100;

/// The decimal digits of a finite double's magnitude: the value is `0.digits * 10^point`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits {
    /// ASCII digits without leading or trailing zeros; empty for zero.
    pub digits: Vec<u8>,
    /// Where the decimal point stands, counted from before the first digit. 1 for zero.
    pub point: i32,
}

impl Digits {
    /// The fewest digits that read back as `x`.
    pub fn shortest(x: f64) -> Digits {
        let mut buffer = zmij::Buffer::new();
        Digits::scan(buffer.format_finite(x.abs()).as_bytes())
    }

    /// `x` rounded to `count` (at least 1) significant digits.
    pub fn significant(x: f64, count: usize) -> Digits {
        Digits::scan(format!("{:.*e}", count.clamp(1, MAX_DIGITS) - 1, x.abs()).as_bytes())
    }

    /// `x` rounded to `places` digits after the decimal point.
    pub fn after_point(x: f64, places: usize) -> Digits {
        Digits::scan(format!("{:.*}", places.min(MAX_DIGITS), x.abs()).as_bytes())
    }

    /// Reads `123.45e6` as written by std or zmij.
    fn scan(text: &[u8]) -> Digits {
        let (mantissa, exponent) = match text.iter().position(|&b| b == b'e') {
            Some(at) => (&text[..at], parse_small(&text[at + 1..])),
            None => (text, 0),
        };
        let mut digits = Vec::with_capacity(mantissa.len());
        let mut point = None;
        for &b in mantissa {
            match b {
                b'.' => point = Some(digits.len()),
                _ => digits.push(b),
            }
        }
        let point = point.unwrap_or(digits.len());
        let zeros = digits.iter().take_while(|&&b| b == b'0').count();
        digits.drain(..zeros);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        if digits.is_empty() {
            return Digits { digits, point: 1 };
        }
        Digits { digits, point: point as i32 - zeros as i32 + exponent }
    }
}

fn parse_small(text: &[u8]) -> i32 {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let value = digits.iter().fold(0i32, |v, &b| v * 10 + i32::from(b - b'0'));
    if negative { -value } else { value }
}

/// The notations a float can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatKind {
    /// `r`: the shortest text that reads back; the precision is ignored.
    Repr,
    /// `e`: always with an exponent.
    Exponent,
    /// `f`: never with an exponent.
    Fixed,
    /// `g`: significant digits, with an exponent when large or small.
    General,
}

/// How [`format_float`] writes a float.
#[derive(Clone, Copy, Debug)]
pub struct FloatFormat {
    /// The notation.
    pub kind: FloatKind,
    /// Digits after the point, or significant digits for [`FloatKind::General`].
    pub precision: usize,
    /// Upper-case exponent letter, `INF` and `NAN`.
    pub upper: bool,
    /// The `#` flag: keep the point and trailing zeros.
    pub alternate: bool,
    /// Write `.0` after a number that would look like an int.
    pub add_dot_0: bool,
    /// Write `+` before non-negative numbers.
    pub plus: bool,
    /// The `z` flag: write a zero that rounding left negative without its sign.
    pub no_negative_zero: bool,
}

impl FloatFormat {
    /// The plain form of a notation.
    pub const fn new(kind: FloatKind, precision: usize) -> FloatFormat {
        FloatFormat { kind, precision, upper: false, alternate: false, add_dot_0: false, plus: false, no_negative_zero: false }
    }
}

/// `repr(x)`.
pub fn repr(x: f64) -> String {
    ascii_string(|out| write_repr(x, out))
}

/// Appends `repr(x)`.
pub fn write_repr(x: f64, out: &mut Vec<u8>) {
    // Whole numbers of moderate size are common and need no digit search.
    if x.fract() == 0.0 && x.abs() < 1e15 && (x != 0.0 || x.is_sign_positive()) {
        write_i64(x as i64, out);
        out.extend_from_slice(b".0");
        return;
    }
    let style = FloatFormat { add_dot_0: true, ..FloatFormat::new(FloatKind::Repr, 0) };
    write_float(x, style, out);
}

fn write_i64(value: i64, out: &mut Vec<u8>) {
    let mut buffer = [0u8; 20];
    let mut at = buffer.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&buffer[at..]);
}

/// The text of `x` in the given notation (always ASCII).
pub fn format_float(x: f64, style: FloatFormat) -> String {
    ascii_string(|out| write_float(x, style, out))
}

fn ascii_string(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::with_capacity(24);
    write(&mut out);
    String::from_utf8(out).expect("number text is ASCII")
}

/// Appends the text of `x` in the given notation.
pub fn write_float(x: f64, style: FloatFormat, out: &mut Vec<u8>) {
    if !x.is_finite() {
        let (sign, word): (&[u8], &[u8]) = if x.is_nan() {
            (if style.plus { b"+" } else { b"" }, if style.upper { b"NAN" } else { b"nan" })
        } else {
            let sign: &[u8] = if x < 0.0 {
                b"-"
            } else if style.plus {
                b"+"
            } else {
                b""
            };
            (sign, if style.upper { b"INF" } else { b"inf" })
        };
        out.extend_from_slice(sign);
        out.extend_from_slice(word);
        return;
    }
    let precision = match style.kind {
        FloatKind::General => style.precision.max(1),
        FloatKind::Repr => 0,
        _ => style.precision,
    };
    let number = match style.kind {
        FloatKind::Repr => Digits::shortest(x),
        FloatKind::Exponent => Digits::significant(x, precision.saturating_add(1)),
        FloatKind::Fixed => Digits::after_point(x, precision),
        FloatKind::General => Digits::significant(x, precision),
    };
    lay_out(x.is_sign_negative(), &number, style, precision, out);
}

fn lay_out(negative: bool, number: &Digits, style: FloatFormat, precision: usize, out: &mut Vec<u8>) {
    let digits = &number.digits[..];
    let mut point = number.point as isize;
    // `end` is the index of the first digit that is not written; past the digits come zeros.
    let precision = precision as isize;
    let mut end = digits.len() as isize;
    let use_exponent = match style.kind {
        FloatKind::Exponent => {
            end = precision + 1;
            true
        }
        FloatKind::Fixed => {
            end = point + precision;
            false
        }
        FloatKind::General => {
            if style.alternate {
                end = precision;
            }
            point <= -4 || point > precision - isize::from(style.add_dot_0)
        }
        FloatKind::Repr => point <= -4 || point > 16,
    };
    let exponent = point - 1;
    if use_exponent {
        point = 1;
    }
    let start = if point <= 0 { point - 1 } else { 0 };
    end = end.max(if !use_exponent && style.add_dot_0 { point + 1 } else { point });

    if negative && !(style.no_negative_zero && digits.is_empty()) {
        out.push(b'-');
    } else if style.plus {
        out.push(b'+');
    }
    let digit_run = |out: &mut Vec<u8>, from: isize, to: isize| {
        if from >= to {
            return;
        }
        let len = digits.len() as isize;
        let before = (to.min(0) - from.min(0)).max(0);
        out.resize(out.len() + before as usize, b'0');
        let (a, b) = (from.clamp(0, len), to.clamp(0, len));
        out.extend_from_slice(&digits[a as usize..b as usize]);
        let after = to.max(len) - from.max(len);
        out.resize(out.len() + after.max(0) as usize, b'0');
    };
    digit_run(out, start, point);
    if end > point {
        out.push(b'.');
        digit_run(out, point, end);
    } else if style.alternate {
        out.push(b'.');
    }
    if use_exponent {
        out.push(if style.upper { b'E' } else { b'e' });
        out.push(if exponent < 0 { b'-' } else { b'+' });
        let magnitude = exponent.unsigned_abs() as i64;
        if magnitude < 10 {
            out.push(b'0');
        }
        write_i64(magnitude, out);
    }
}

/// Reads the text of a float literal or a `float()` argument: ASCII, whitespace already stripped, underscores
/// allowed between digits. `None` when it is not a float.
pub fn parse(text: &[u8]) -> Option<f64> {
    if text.contains(&b'_') {
        let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_digit);
        let fine = |i: usize| i > 0 && digit(text.get(i - 1)) && digit(text.get(i + 1));
        if !(0..text.len()).all(|i| text[i] != b'_' || fine(i)) {
            return None;
        }
        let plain: Vec<u8> = text.iter().copied().filter(|&b| b != b'_').collect();
        return parse_plain(&plain);
    }
    parse_plain(text)
}

/// Reads a float without underscores: `1`, `-1.5e3`, `.5`, `5.`, `inf`, `-Infinity`, `nan`.
pub fn parse_plain(text: &[u8]) -> Option<f64> {
    match prefix(text) {
        Some((value, used)) if used == text.len() => Some(value),
        _ => None,
    }
}

/// Reads the text of a `complex()` argument: ASCII, surrounding whitespace allowed, as are parentheses and underscores
/// between digits. `None` when it is no complex number (ValueError "complex() arg is a malformed string").
pub fn parse_complex(text: &[u8]) -> Option<(f64, f64)> {
    let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_digit);
    let misplaced = |i: usize| text[i] == b'_' && !(i > 0 && digit(text.get(i - 1)) && digit(text.get(i + 1)));
    if (0..text.len()).any(misplaced) {
        return None;
    }
    let plain: Vec<u8> = text.iter().copied().filter(|&b| b != b'_').collect();
    let mut rest = crate::unicode::numeral::trim(&plain);
    if let [b'(', inner @ .., b')'] = rest {
        rest = crate::unicode::numeral::trim(inner);
    }
    let unit = |sign: u8| if sign == b'-' { -1.0 } else { 1.0 };
    match prefix(rest) {
        Some((first, used)) => match &rest[used..] {
            [] => Some((first, 0.0)),
            [b'j' | b'J'] => Some((0.0, first)),
            [sign @ (b'+' | b'-'), b'j' | b'J'] => Some((first, unit(*sign))),
            signed @ [b'+' | b'-', ..] => {
                let (second, used) = prefix(signed)?;
                matches!(signed[used..], [b'j' | b'J']).then_some((first, second))
            }
            _ => None,
        },
        None => match rest {
            [b'j' | b'J'] => Some((0.0, 1.0)),
            [sign @ (b'+' | b'-'), b'j' | b'J'] => Some((0.0, unit(*sign))),
            _ => None,
        },
    }
}

/// The longest float at the start of `text` and its length: what C's `strtod` does, less whitespace and hexadecimal.
pub fn prefix(text: &[u8]) -> Option<(f64, usize)> {
    let mut at = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let negative = text.first() == Some(&b'-');
    let signed = |x: f64| if negative { -x } else { x };
    let word = |w: &[u8]| text[at..].len() >= w.len() && text[at..at + w.len()].eq_ignore_ascii_case(w);
    for (name, value) in [(&b"infinity"[..], f64::INFINITY), (b"inf", f64::INFINITY), (b"nan", f64::NAN)] {
        if word(name) {
            return Some((signed(value), at + name.len()));
        }
    }
    let run = |at: usize| text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = run(at);
    at += whole;
    let mut fraction = 0;
    if text.get(at) == Some(&b'.') {
        fraction = run(at + 1);
        if whole + fraction > 0 {
            at += 1 + fraction;
        }
    }
    if whole + fraction == 0 {
        return None;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let digits = run((at + 1 + sign).min(text.len()));
        if digits > 0 {
            at += 1 + sign + digits;
        }
    }
    let value = std::str::from_utf8(&text[..at]).ok()?.parse().ok()?;
    Some((value, at))
}

/// `round(x, ndigits)`. `None` when the rounded value is too large for a float
/// (OverflowError, "rounded value too large to represent").
pub fn round_to(x: f64, ndigits: i64) -> Option<f64> {
    if !x.is_finite() || ndigits > 323 {
        return Some(x);
    }
    if ndigits < -308 {
        return Some(0.0 * x);
    }
    let text =
        if ndigits >= 0 { format!("{:.*}", ndigits as usize, x.abs()) } else { round_whole(x.abs(), ndigits.unsigned_abs() as usize) };
    let rounded: f64 = text.parse().expect("decimal text");
    rounded.is_finite().then_some(rounded.copysign(x))
}

/// The decimal text of `x >= 0` rounded half-even to a multiple of 10^places.
fn round_whole(x: f64, places: usize) -> String {
    let mut digits = format!("{:.0}", x.trunc()).into_bytes();
    if digits.len() < places {
        return "0".into();
    }
    let keep = digits.len() - places;
    let (first, rest) = (digits[keep], &digits[keep + 1..]);
    let beyond_half = rest.iter().any(|&b| b != b'0') || x.fract() != 0.0;
    let odd = keep > 0 && (digits[keep - 1] - b'0') % 2 == 1;
    let up = first > b'5' || (first == b'5' && (beyond_half || odd));
    digits.truncate(keep);
    if up {
        let nines = digits.iter().rev().take_while(|&&b| b == b'9').count();
        digits[keep - nines..].fill(b'0');
        match keep - nines {
            0 => digits.insert(0, b'1'),
            at => digits[at - 1] += 1,
        }
    }
    format!("{}e{places}", if digits.is_empty() { "0".into() } else { String::from_utf8_lossy(&digits) })
}

/// `x.hex()`.
pub fn hex(x: f64) -> String {
    if !x.is_finite() {
        return repr(x);
    }
    let sign = if x.is_sign_negative() { "-" } else { "" };
    if x == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = x.to_bits();
    let biased = (bits >> 52 & 0x7ff) as i32;
    let (lead, exponent) = if biased == 0 { (0, -1022) } else { (1, biased - 1023) };
    format!("{sign}0x{lead}.{:013x}p{exponent:+}", bits & ((1 << 52) - 1))
}

/// Why [`from_hex`] refused a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexError {
    /// ValueError.
    Invalid,
    /// OverflowError.
    TooLarge,
}

impl HexError {
    /// The message of the exception.
    pub fn message(self) -> &'static str {
        match self {
            HexError::Invalid => "invalid hexadecimal floating-point string",
            HexError::TooLarge => "hexadecimal value too large to represent as a float",
        }
    }
}

/// `float.fromhex(text)`.
pub fn from_hex<U: Unit>(text: &[U]) -> Result<f64, HexError> {
    let ascii: Vec<u8> = text.iter().map(|&c| u8::try_from(c.into()).unwrap_or(0xff)).collect();
    let space = |b: &u8| matches!(b, b' ' | 9..=13);
    let start = ascii.iter().take_while(|b| space(b)).count();
    let tail = ascii[start..].iter().rev().take_while(|b| space(b)).count();
    let text = &ascii[start..ascii.len() - tail];

    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let signed = |x: f64| if negative { -x } else { x };
    if body.eq_ignore_ascii_case(b"inf") || body.eq_ignore_ascii_case(b"infinity") {
        return Ok(signed(f64::INFINITY));
    }
    if body.eq_ignore_ascii_case(b"nan") {
        return Ok(signed(f64::NAN));
    }
    let body = match body {
        [b'0', b'x' | b'X', rest @ ..] => rest,
        _ => body,
    };
    let (mantissa, exponent) = match body.iter().position(|b| matches!(b, b'p' | b'P')) {
        Some(at) => (&body[..at], exponent_of(&body[at + 1..])?),
        None => (body, 0),
    };

    // Top 64 significant bits in `value`, the rest only matters as "something follows".
    let (mut value, mut sticky) = (0u64, false);
    let (mut digits, mut dropped, mut after_point) = (0usize, 0i64, 0i64);
    let mut seen_point = false;
    for &b in mantissa {
        if b == b'.' && !seen_point {
            seen_point = true;
            continue;
        }
        let digit = (b as char).to_digit(16).ok_or(HexError::Invalid)? as u64;
        digits += 1;
        after_point += i64::from(seen_point);
        if value >> 60 == 0 {
            value = value << 4 | digit;
        } else {
            sticky |= digit != 0;
            dropped += 1;
        }
    }
    if digits == 0 {
        return Err(HexError::Invalid);
    }
    if value == 0 {
        return Ok(signed(0.0));
    }
    let exponent = exponent.saturating_add(4 * (dropped - after_point));
    scale(value, sticky, exponent).map(signed).ok_or(HexError::TooLarge)
}

fn exponent_of(text: &[u8]) -> Result<i64, HexError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(HexError::Invalid);
    }
    // Far beyond any exponent that matters, and far from overflowing when shifted by the digits' own scale.
    let value = digits.iter().fold(0i64, |v, &b| (v * 10 + i64::from(b - b'0')).min(i64::MAX / 64));
    Ok(if negative { -value } else { value })
}

/// `value * 2^exponent` (a little more when `sticky`), rounded half-even. `None` on overflow.
pub fn scale(value: u64, sticky: bool, exponent: i64) -> Option<f64> {
    if value == 0 {
        return Some(0.0);
    }
    let shift = value.leading_zeros();
    let value = value << shift;
    // The magnitude lies in [2^top, 2^(top+1)).
    let top = exponent.saturating_sub(i64::from(shift)).saturating_add(63);
    if top > 1023 {
        return None;
    }
    if top < -1075 {
        return Some(0.0);
    }
    // Bits kept: 53, fewer for subnormals (none at all for top == -1075).
    let kept = if top < -1022 { (53 + top + 1022) as u32 } else { 53 };
    let discard = 64 - kept;
    let (mut mantissa, rest) = if discard == 64 { (0, value) } else { (value >> discard, value & ((1 << discard) - 1)) };
    let half = 1u64 << (discard - 1);
    if rest > half || (rest == half && (sticky || mantissa & 1 == 1)) {
        mantissa += 1;
    }
    // `mantissa` counts units of 2^(top - kept + 1); carrying into the next power of two is fine as it is.
    let unit = (top - i64::from(kept) + 1) as i32;
    let biased = unit + 1075;
    let result = if biased <= 1 && mantissa < 1 << 52 {
        f64::from_bits(mantissa)
    } else {
        let mut biased = biased.max(1) as u64;
        if mantissa == 1 << 53 {
            mantissa >>= 1;
            biased += 1;
        }
        if biased >= 0x7ff {
            return None;
        }
        f64::from_bits(biased << 52 | (mantissa & ((1 << 52) - 1)))
    };
    Some(result)
}
