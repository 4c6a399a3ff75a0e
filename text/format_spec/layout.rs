//! Writes strings and numbers by a [`FormatSpec`]: sign, prefix, grouping, zero fill, padding.

use super::{Align, FormatError, FormatSpec, Separator, SignMode};
use crate::builder::StrBuilder;
use crate::float_text::{self, FloatFormat, FloatKind};
use crate::units::Units;

/// How a locale writes numbers: what the `n` type needs.
#[derive(Clone, Copy, Debug)]
pub struct NumericLocale<'a> {
    /// Between whole and fraction.
    pub decimal_point: &'a str,
    /// Between groups.
    pub thousands_sep: &'a str,
    /// Group sizes from the right, as in C's `struct lconv`: 0 ends and repeats the last, 127 ends without repeating.
    pub grouping: &'a [u8],
}

impl NumericLocale<'_> {
    /// The C locale.
    pub const C: NumericLocale<'static> = NumericLocale { decimal_point: ".", thousands_sep: "", grouping: &[] };
}

/// Digit grouping: a separator and group sizes in the manner of `struct lconv`.
#[derive(Clone, Copy, Debug)]
pub struct Grouping<'a> {
    /// Written between groups.
    pub separator: &'a str,
    /// Group sizes from the right; empty for no grouping.
    pub sizes: &'a [u8],
}

impl Grouping<'_> {
    const NONE: Grouping<'static> = Grouping { separator: "", sizes: &[] };

    fn of(separator: Option<Separator>, size: &'static [u8]) -> Grouping<'static> {
        match separator {
            None => Grouping::NONE,
            Some(Separator::Comma) => Grouping { separator: ",", sizes: size },
            Some(Separator::Underscore) => Grouping { separator: "_", sizes: size },
        }
    }
}

/// The sizes of successive groups from the right, 0 when the rest is one group.
struct GroupSizes<'a> {
    sizes: &'a [u8],
    previous: u8,
}

impl GroupSizes<'_> {
    fn next(&mut self) -> usize {
        match self.sizes.split_first() {
            None | Some((0, _)) => self.previous.into(),
            Some((&127, _)) => 0,
            Some((&size, rest)) => {
                self.sizes = rest;
                self.previous = size;
                size.into()
            }
        }
    }
}

/// Groups `digits` from the right, with zeros in front until the result is at least `min_width` wide.
pub fn group_digits(digits: &str, grouping: Grouping<'_>, min_width: usize) -> String {
    let separator_width = grouping.separator.chars().count() as isize;
    let mut remaining = digits.len();
    let mut min_width = min_width as isize;
    let mut groups: Vec<String> = Vec::new();
    let mut sizes = GroupSizes { sizes: grouping.sizes, previous: 0 };
    loop {
        let wanted = (remaining as isize).max(min_width).max(1) as usize;
        let size = match sizes.next() {
            0 => wanted,
            size => size.min(wanted),
        };
        let chars = remaining.min(size);
        let mut group = "0".repeat(size - chars);
        group.push_str(&digits[remaining - chars..remaining]);
        groups.push(group);
        remaining -= chars;
        min_width -= size as isize;
        if remaining == 0 && min_width <= 0 {
            break;
        }
        min_width -= separator_width;
    }
    groups.reverse();
    groups.join(grouping.separator)
}

/// Groups the digits after a decimal point, from the left.
fn group_fraction(digits: &str, separator: Option<Separator>) -> String {
    let Some(separator) = separator else { return digits.into() };
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && i % 3 == 0 {
            out.push(separator.as_char());
        }
        out.push(digit);
    }
    out
}

/// A number taken apart, before it is padded.
struct Number<'a> {
    negative: bool,
    prefix: &'a str,
    /// Digits before the point; empty for `inf`, `nan` and characters.
    whole: &'a str,
    /// Decimal point and digits after it.
    fraction: Option<&'a str>,
    /// Exponent, percent sign, or the word for a special value.
    rest: &'a str,
}

impl<'a> Number<'a> {
    /// Takes the text of a float apart.
    fn of_float(text: &'a str) -> Number<'a> {
        let (negative, body) = match text.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, text),
        };
        let whole_len = body.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, rest) = body.split_at(whole_len);
        let (fraction, rest) = match rest.strip_prefix('.') {
            Some(after) => {
                let (fraction, rest) = after.split_at(after.bytes().take_while(u8::is_ascii_digit).count());
                (Some(fraction), rest)
            }
            None => (None, rest),
        };
        Number { negative, prefix: "", whole, fraction, rest }
    }
}

fn sign_text(negative: bool, mode: Option<SignMode>) -> &'static str {
    match (negative, mode) {
        (true, _) => "-",
        (false, Some(SignMode::Plus)) => "+",
        (false, Some(SignMode::Space)) => " ",
        (false, _) => "",
    }
}

fn write_number(out: &mut StrBuilder, number: &Number<'_>, spec: &FormatSpec, grouping: Grouping<'_>, decimal_point: &str) {
    let sign = sign_text(number.negative, spec.sign);
    let fraction = number.fraction.map(|f| group_fraction(f, spec.fraction_grouping));
    let decimal_width = if fraction.is_some() { decimal_point.chars().count() } else { 0 };
    let fixed = sign.len() + number.prefix.len() + decimal_width + fraction.as_ref().map_or(0, String::len) + number.rest.len();
    let width = spec.width.unwrap_or(0);
    let zero_fill = spec.fill == u32::from(b'0') && spec.align == Align::AfterSign;
    let min_digits = if zero_fill { width.saturating_sub(fixed) } else { 0 };
    let whole = if number.whole.is_empty() { String::new() } else { group_digits(number.whole, grouping, min_digits) };
    let padding = width.saturating_sub(fixed + whole.chars().count());
    let (left, inner, right) = match spec.align {
        Align::Left => (0, 0, padding),
        Align::Right => (padding, 0, 0),
        Align::Center => (padding / 2, 0, padding - padding / 2),
        Align::AfterSign => (0, padding, 0),
    };
    out.push_repeated(spec.fill, left);
    out.push_str(sign);
    out.push_str(number.prefix);
    out.push_repeated(spec.fill, inner);
    out.push_str(&whole);
    if let Some(fraction) = fraction {
        out.push_str(decimal_point);
        out.push_str(&fraction);
    }
    out.push_str(number.rest);
    out.push_repeated(spec.fill, right);
}

/// Writes text with padding around it.
fn write_padded(out: &mut StrBuilder, text: Units<'_>, spec: &FormatSpec) {
    let padding = spec.width.unwrap_or(0).saturating_sub(text.len());
    let left = match spec.align {
        Align::Left => 0,
        Align::Center => padding / 2,
        Align::Right | Align::AfterSign => padding,
    };
    out.push_repeated(spec.fill, left);
    out.push_units(text);
    out.push_repeated(spec.fill, padding - left);
}

/// `format(value, spec)` of a str.
pub fn format_str(out: &mut StrBuilder, value: Units<'_>, spec: Units<'_>) -> Result<(), FormatError> {
    if spec.is_empty() {
        out.push_units(value);
        return Ok(());
    }
    let spec = FormatSpec::parse(spec, "str", 's', Align::Left)?;
    if spec.kind != u32::from(b's') {
        return spec.unknown_kind("str");
    }
    match spec.sign {
        Some(SignMode::Space) => return FormatError::value("Space not allowed in string format specifier"),
        Some(_) => return FormatError::value("Sign not allowed in string format specifier"),
        None => {}
    }
    if spec.no_negative_zero {
        return FormatError::value("Negative zero coercion (z) not allowed in string format specifier");
    }
    if spec.alternate {
        return FormatError::value("Alternate form (#) not allowed in string format specifier");
    }
    if spec.align == Align::AfterSign {
        return FormatError::value("'=' alignment not allowed in string format specifier");
    }
    let shown = spec.precision.map_or(value.len(), |p| p.min(value.len()));
    write_padded(out, value.slice(0, shown), &spec);
    Ok(())
}

/// The int that [`format_int`] writes, asked for in the form that the type needs.
pub trait IntSource {
    /// Whether it is below zero.
    fn is_negative(&self) -> bool;
    /// The digits of its magnitude in base 2, 8, 10 or 16 (lower case).
    fn digits(&self, base: u32) -> Result<String, FormatError>;
    /// Its value if it fits an `i64`.
    fn to_i64(&self) -> Option<i64>;
    /// Its value as a float, rounded half-even; an OverflowError "int too large to convert to float" otherwise.
    fn to_f64(&self) -> Result<f64, FormatError>;
}

impl IntSource for i64 {
    fn is_negative(&self) -> bool {
        *self < 0
    }
    fn digits(&self, base: u32) -> Result<String, FormatError> {
        Ok(crate::int_text::digits_of(self.unsigned_abs(), base))
    }
    fn to_i64(&self) -> Option<i64> {
        Some(*self)
    }
    fn to_f64(&self) -> Result<f64, FormatError> {
        Ok(*self as f64)
    }
}

/// A big int with the limit on decimal conversions that applies (0: none).
pub struct LimitedBigInt<'a> {
    /// The value.
    pub value: &'a num_bigint::BigInt,
    /// `sys.get_int_max_str_digits()`.
    pub max_digits: usize,
}

impl IntSource for LimitedBigInt<'_> {
    fn is_negative(&self) -> bool {
        self.value.sign() == num_bigint::Sign::Minus
    }
    fn digits(&self, base: u32) -> Result<String, FormatError> {
        if base != 10 {
            return Ok(self.value.magnitude().to_str_radix(base));
        }
        let text = crate::int_text::big_to_decimal(self.value, self.max_digits);
        let text = text.ok_or_else(|| FormatError::Value(crate::int_text::too_long_message(self.max_digits)))?;
        Ok(text.trim_start_matches('-').into())
    }
    fn to_i64(&self) -> Option<i64> {
        num_traits::ToPrimitive::to_i64(self.value)
    }
    fn to_f64(&self) -> Result<f64, FormatError> {
        crate::int_float::big_to_f64(self.value).ok_or_else(|| FormatError::Overflow("int too large to convert to float".into()))
    }
}

/// `format(value, spec)` of an int whose type is called `type_name` ("int" or "bool").
pub fn format_int(
    out: &mut StrBuilder,
    value: &impl IntSource,
    spec: Units<'_>,
    type_name: &str,
    locale: NumericLocale<'_>,
) -> Result<(), FormatError> {
    let spec = FormatSpec::parse(spec, type_name, 'd', Align::Right)?;
    let kind = char::from_u32(spec.kind).unwrap_or('\u{fffd}');
    let (base, group_size): (u32, &'static [u8]) = match kind {
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => return write_float(out, value.to_f64()?, &spec, locale),
        'c' | 'd' | 'n' => (10, &[3]),
        'b' => (2, &[4]),
        'o' => (8, &[4]),
        'x' | 'X' => (16, &[4]),
        _ => return spec.unknown_kind(type_name),
    };
    if spec.precision.is_some() {
        return FormatError::value("Precision not allowed in integer format specifier");
    }
    if spec.no_negative_zero {
        return FormatError::value("Negative zero coercion (z) not allowed in integer format specifier");
    }
    if kind == 'c' {
        return write_character(out, value, &spec);
    }
    let prefix = match (spec.alternate, kind) {
        (false, _) => "",
        (true, 'X') => "0X",
        (true, _) => crate::int_text::prefix_of(base),
    };
    let mut digits = value.digits(base)?;
    if kind == 'X' {
        digits.make_ascii_uppercase();
    }
    let number = Number { negative: value.is_negative(), prefix, whole: &digits, fraction: None, rest: "" };
    let grouping = match kind {
        'n' => Grouping { separator: locale.thousands_sep, sizes: locale.grouping },
        _ => Grouping::of(spec.grouping, group_size),
    };
    write_number(out, &number, &spec, grouping, ".");
    Ok(())
}

fn write_character(out: &mut StrBuilder, value: &impl IntSource, spec: &FormatSpec) -> Result<(), FormatError> {
    if spec.sign.is_some() {
        return FormatError::value("Sign not allowed with integer format specifier 'c'");
    }
    if spec.alternate {
        return FormatError::value("Alternate form (#) not allowed with integer format specifier 'c'");
    }
    let value = match value.to_i64() {
        Some(value) => value,
        None => return Err(FormatError::Overflow("Python int too large to convert to C long".into())),
    };
    match u32::try_from(value) {
        Ok(c) if c <= 0x10_ffff => {
            write_padded(out, Units::Four(&[c]), spec);
            Ok(())
        }
        _ => Err(FormatError::Overflow("%c arg not in range(0x110000)".into())),
    }
}

/// `format(value, spec)` of a float whose type is called `type_name`.
pub fn format_float(
    out: &mut StrBuilder,
    value: f64,
    spec: Units<'_>,
    type_name: &str,
    locale: NumericLocale<'_>,
) -> Result<(), FormatError> {
    let spec = FormatSpec::parse(spec, type_name, '\0', Align::Right)?;
    match char::from_u32(spec.kind) {
        Some('\0' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%') => write_float(out, value, &spec, locale),
        _ => spec.unknown_kind(type_name),
    }
}

/// The notation of a float type character: kind, upper case, and whether a missing precision means `repr`.
fn float_style(spec: &FormatSpec, dot_0: bool) -> Result<FloatFormat, FormatError> {
    if spec.precision.is_some_and(|p| p > i32::MAX as usize) {
        return FormatError::value("precision too big");
    }
    let letter = char::from_u32(spec.kind).unwrap_or('\0');
    let kind = match (letter, spec.precision) {
        ('e' | 'E', _) => FloatKind::Exponent,
        ('f' | 'F' | '%', _) => FloatKind::Fixed,
        ('\0', None) => FloatKind::Repr,
        _ => FloatKind::General,
    };
    Ok(FloatFormat {
        upper: letter.is_ascii_uppercase(),
        alternate: spec.alternate,
        add_dot_0: dot_0 && letter == '\0',
        no_negative_zero: spec.no_negative_zero,
        ..FloatFormat::new(kind, spec.precision.unwrap_or(6))
    })
}

fn write_float(out: &mut StrBuilder, value: f64, spec: &FormatSpec, locale: NumericLocale<'_>) -> Result<(), FormatError> {
    let style = float_style(spec, true)?;
    let percent = spec.kind == u32::from(b'%');
    let mut text = float_text::format_float(if percent { value * 100.0 } else { value }, style);
    if percent {
        text.push('%');
    }
    let number = Number::of_float(&text);
    let (grouping, point) = float_grouping(spec, locale);
    write_number(out, &number, spec, grouping, point);
    Ok(())
}

fn float_grouping<'a>(spec: &FormatSpec, locale: NumericLocale<'a>) -> (Grouping<'a>, &'a str) {
    if spec.kind == u32::from(b'n') {
        (Grouping { separator: locale.thousands_sep, sizes: locale.grouping }, locale.decimal_point)
    } else {
        (Grouping::of(spec.grouping, &[3]), ".")
    }
}

/// `format(value, spec)` of a complex number.
pub fn format_complex(
    out: &mut StrBuilder,
    (real, imag): (f64, f64),
    spec: Units<'_>,
    type_name: &str,
    locale: NumericLocale<'_>,
) -> Result<(), FormatError> {
    let spec = FormatSpec::parse(spec, type_name, '\0', Align::Right)?;
    if !matches!(char::from_u32(spec.kind), Some('\0' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n')) {
        return spec.unknown_kind(type_name);
    }
    if spec.fill == u32::from(b'0') {
        return FormatError::value("Zero padding is not allowed in complex format specifier");
    }
    if spec.align == Align::AfterSign {
        return FormatError::value("'=' alignment flag is not allowed in complex format specifier");
    }
    let style = float_style(&spec, false)?;
    let (grouping, point) = float_grouping(&spec, locale);
    let plain = spec.kind == 0;
    let skip_real = plain && real == 0.0 && real.is_sign_positive();
    let parens = plain && !skip_real;

    let part = FormatSpec { width: None, align: Align::Left, ..spec };
    let mut text = StrBuilder::new();
    if parens {
        text.push_str("(");
    }
    if !skip_real {
        write_number(&mut text, &Number::of_float(&float_text::format_float(real, style)), &part, grouping, point);
    }
    let imag_part = if skip_real { part } else { FormatSpec { sign: Some(SignMode::Plus), ..part } };
    write_number(&mut text, &Number::of_float(&float_text::format_float(imag, style)), &imag_part, grouping, point);
    text.push_str(if parens { "j)" } else { "j" });
    write_padded(out, text.units(), &spec);
    Ok(())
}
