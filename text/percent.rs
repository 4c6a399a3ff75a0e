//! printf-style formatting: the parser of `%` formats for str and bytes, and the layout of converted values.
//!
//! The caller walks the [`Parser`], fetches the argument each [`Directive`] asks for, converts it, and hands the
//! text back to [`write_integer`], [`write_float`] or [`write_text`]. Messages are those of `Objects/unicode_format.c`.

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::builder::StrBuilder;
use crate::float_text::{self, FloatFormat, FloatKind};
use crate::units::Units;

/// A width or a precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Not given.
    Missing,
    /// Given in the format.
    Fixed(usize),
    /// `*`: the next argument, which must be an int (TypeError, "* wants int").
    Star,
}

/// The flags of a conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-`
    pub left: bool,
    /// `+`
    pub plus: bool,
    /// A space.
    pub blank: bool,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
}

/// One conversion of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Where the mapping key stands.
    pub key: Option<Range<usize>>,
    /// Flags.
    pub flags: Flags,
    /// Minimum width.
    pub width: Count,
    /// Precision.
    pub precision: Count,
    /// The conversion character. Not checked: see [`unsupported`](Directive::unsupported).
    pub conversion: u32,
    /// Index of the conversion character.
    pub index: usize,
}

impl Directive {
    /// The message of the ValueError for a conversion character that does not exist. CPython fetches the argument first.
    pub fn unsupported(&self) -> String {
        let shown = match self.conversion {
            c @ 32..=126 => char::from_u32(c).expect("ASCII"),
            _ => '?',
        };
        format!("unsupported format character '{shown}' ({:#x}) at index {}", self.conversion, self.index)
    }
}

/// What a format consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text to copy (for `%%`, the second of them).
    Literal(Range<usize>),
    /// A conversion.
    Directive(Directive),
}

/// Why a format cannot be parsed further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PercentError {
    /// TypeError "format requires a mapping".
    NeedsMapping,
    /// ValueError "incomplete format key".
    IncompleteKey,
    /// ValueError "incomplete format".
    Incomplete,
    /// ValueError "width too big".
    WidthTooBig,
    /// ValueError "precision too big" ("prec too big" in bytes).
    PrecisionTooBig,
}

impl PercentError {
    /// The message of the exception; `bytes` for a bytes format.
    pub fn message(self, bytes: bool) -> &'static str {
        match self {
            PercentError::NeedsMapping => "format requires a mapping",
            PercentError::IncompleteKey => "incomplete format key",
            PercentError::Incomplete => "incomplete format",
            PercentError::WidthTooBig => "width too big",
            PercentError::PrecisionTooBig if bytes => "prec too big",
            PercentError::PrecisionTooBig => "precision too big",
        }
    }

    /// Whether the exception is a TypeError rather than a ValueError.
    pub fn is_type_error(self) -> bool {
        self == PercentError::NeedsMapping
    }
}

/// Walks the pieces of a `%` format.
#[derive(Clone, Debug)]
pub struct Parser<'a> {
    format: Units<'a>,
    at: usize,
    has_mapping: bool,
}

impl<'a> Parser<'a> {
    /// A parser of `format`; `has_mapping` says whether the right operand is a mapping.
    pub fn new(format: Units<'a>, has_mapping: bool) -> Parser<'a> {
        Parser { format, at: 0, has_mapping }
    }

    fn peek(&self) -> Option<u32> {
        self.format.get(self.at)
    }

    fn eat(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted.into());
        self.at += usize::from(found);
        found
    }

    fn key(&mut self) -> Result<Option<Range<usize>>, PercentError> {
        if !self.eat(b'(') {
            return Ok(None);
        }
        if !self.has_mapping {
            return Err(PercentError::NeedsMapping);
        }
        let start = self.at;
        let mut depth = 1;
        while let Some(c) = self.peek() {
            self.at += 1;
            match char::from_u32(c) {
                Some('(') => depth += 1,
                Some(')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(Some(start..self.at - 1));
            }
        }
        Err(PercentError::IncompleteKey)
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        loop {
            match self.peek().and_then(char::from_u32) {
                Some('-') => flags.left = true,
                Some('+') => flags.plus = true,
                Some(' ') => flags.blank = true,
                Some('#') => flags.alternate = true,
                Some('0') => flags.zero = true,
                _ => return flags,
            }
            self.at += 1;
        }
    }

    fn count(&mut self, limit: usize, too_big: PercentError) -> Result<Count, PercentError> {
        if self.eat(b'*') {
            return Ok(Count::Star);
        }
        let start = self.at;
        let mut value = 0usize;
        while let Some(c @ 0x30..=0x39) = self.peek() {
            value = value.checked_mul(10).and_then(|v| v.checked_add(c as usize - 0x30)).filter(|&v| v <= limit).ok_or(too_big)?;
            self.at += 1;
        }
        Ok(if self.at > start { Count::Fixed(value) } else { Count::Missing })
    }

    fn directive(&mut self) -> Result<Directive, PercentError> {
        let key = self.key()?;
        let flags = self.flags();
        let width = self.count(isize::MAX as usize, PercentError::WidthTooBig)?;
        let precision = if self.eat(b'.') {
            match self.count(i32::MAX as usize, PercentError::PrecisionTooBig)? {
                Count::Missing => Count::Fixed(0),
                given => given,
            }
        } else {
            Count::Missing
        };
        // A C length modifier means nothing here.
        let _ = self.eat(b'h') || self.eat(b'l') || self.eat(b'L');
        let conversion = self.peek().ok_or(PercentError::Incomplete)?;
        let index = self.at;
        self.at += 1;
        Ok(Directive { key, flags, width, precision, conversion, index })
    }
}

impl Iterator for Parser<'_> {
    type Item = Result<Piece, PercentError>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        if self.peek()? == u32::from(b'%') {
            self.at += 1;
            if self.eat(b'%') {
                return Some(Ok(Piece::Literal(self.at - 1..self.at)));
            }
            return Some(self.directive().map(Piece::Directive));
        }
        let rest = self.format.slice(start, self.format.len());
        let len = rest.iter().position(|c| c == u32::from(b'%')).unwrap_or(rest.len());
        self.at += len;
        Some(Ok(Piece::Literal(start..self.at)))
    }
}

/// Flags, width and precision with every `*` replaced by its argument.
#[derive(Clone, Copy, Debug, Default)]
pub struct Field {
    /// Flags.
    pub flags: Flags,
    /// Minimum width.
    pub width: usize,
    /// Precision.
    pub precision: Option<usize>,
}

impl Field {
    /// The field of a directive without `*`; set those through [`star_width`](Field::star_width) and
    /// [`star_precision`](Field::star_precision).
    pub fn of(directive: &Directive) -> Field {
        let given = |count| match count {
            Count::Fixed(value) => Some(value),
            Count::Missing | Count::Star => None,
        };
        Field { flags: directive.flags, width: given(directive.width).unwrap_or(0), precision: given(directive.precision) }
    }

    /// Takes the argument of `*` as width: a negative one means left alignment.
    pub fn star_width(&mut self, width: isize) {
        self.flags.left |= width < 0;
        self.width = width.unsigned_abs();
    }

    /// Takes the argument of `.*`.
    pub fn star_precision(&mut self, precision: isize) {
        self.precision = Some(precision.max(0) as usize);
    }
}

/// Writes the text of `%s`, `%r`, `%a` (`precision` cuts it) or of a character of `%c` (`cut` false).
pub fn write_text(out: &mut StrBuilder, text: Units<'_>, field: Field, cut: bool) {
    let shown = match field.precision {
        Some(precision) if cut => precision.min(text.len()),
        _ => text.len(),
    };
    let padding = field.width.saturating_sub(shown);
    if !field.flags.left {
        out.push_repeated(u32::from(b' '), padding);
    }
    out.push_units(text.slice(0, shown));
    if field.flags.left {
        out.push_repeated(u32::from(b' '), padding);
    }
}

/// Writes an int for `d i u o x X`: `digits` are those of its magnitude in the conversion's base, lower case.
pub fn write_integer(out: &mut StrBuilder, negative: bool, digits: &str, conversion: char, field: Field) {
    let prefix = match (field.flags.alternate, conversion) {
        (true, 'o') => "0o",
        (true, 'x') => "0x",
        (true, 'X') => "0X",
        _ => "",
    };
    let zeros = field.precision.unwrap_or(0).saturating_sub(digits.len());
    let mut body = "0".repeat(zeros);
    body.push_str(digits);
    if conversion == 'X' {
        body.make_ascii_uppercase();
    }
    write_signed(out, negative, prefix, &body, field);
}

/// Writes a float for `e E f F g G`.
pub fn write_float(out: &mut StrBuilder, value: f64, conversion: char, field: Field) {
    let kind = match conversion.to_ascii_lowercase() {
        'e' => FloatKind::Exponent,
        'f' => FloatKind::Fixed,
        _ => FloatKind::General,
    };
    let style = FloatFormat {
        upper: conversion.is_ascii_uppercase(),
        alternate: field.flags.alternate,
        ..FloatFormat::new(kind, field.precision.unwrap_or(6))
    };
    let text = float_text::format_float(value, style);
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, &text[..]),
    };
    write_signed(out, negative, "", body, field);
}

fn write_signed(out: &mut StrBuilder, negative: bool, prefix: &str, body: &str, field: Field) {
    let flags = field.flags;
    let sign = match (negative, flags.plus, flags.blank) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    };
    let padding = field.width.saturating_sub(sign.len() + prefix.len() + body.len());
    let (left, inner, right) = match (flags.left, flags.zero) {
        (true, _) => (0, 0, padding),
        (false, true) => (0, padding, 0),
        (false, false) => (padding, 0, 0),
    };
    out.push_repeated(u32::from(b' '), left);
    out.push_str(sign);
    out.push_str(prefix);
    out.push_repeated(u32::from(b'0'), inner);
    out.push_str(body);
    out.push_repeated(u32::from(b' '), right);
}
