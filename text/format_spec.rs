//! The format mini-language of `format()`: `[[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]`.
//!
//! [`FormatSpec::parse`] reads a specification for one of the four builtin kinds of object; [`layout`] writes
//! strings and numbers by it. Messages are those of CPython's `Python/formatter_unicode.c`.

pub mod layout;
#[cfg(test)]
mod tests;

use crate::units::Units;

pub use layout::{Grouping, NumericLocale, format_complex, format_float, format_int, format_str};

/// The exception that a format operation ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// ValueError with this message.
    Value(String),
    /// OverflowError with this message.
    Overflow(String),
}

impl FormatError {
    pub(crate) fn value<T>(message: impl Into<String>) -> Result<T, FormatError> {
        Err(FormatError::Value(message.into()))
    }

    /// The message, whichever exception it is.
    pub fn message(&self) -> &str {
        match self {
            FormatError::Value(m) | FormatError::Overflow(m) => m,
        }
    }
}

/// Where the text stands within its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// `<`
    Left,
    /// `>`
    Right,
    /// `^`
    Center,
    /// `=`: padding goes between sign and digits.
    AfterSign,
}

impl Align {
    fn from_char(c: u32) -> Option<Align> {
        match char::from_u32(c)? {
            '<' => Some(Align::Left),
            '>' => Some(Align::Right),
            '^' => Some(Align::Center),
            '=' => Some(Align::AfterSign),
            _ => None,
        }
    }
}

/// How a non-negative number shows its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignMode {
    /// `+`
    Plus,
    /// `-`: like no sign option, but an error for strings.
    Minus,
    /// A space.
    Space,
}

/// A grouping option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// `,`
    Comma,
    /// `_`
    Underscore,
}

impl Separator {
    /// The character that is written between groups.
    pub fn as_char(self) -> char {
        match self {
            Separator::Comma => ',',
            Separator::Underscore => '_',
        }
    }
}

/// A parsed format specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatSpec {
    /// The padding character.
    pub fill: u32,
    /// The alignment, given or default.
    pub align: Align,
    /// The sign option.
    pub sign: Option<SignMode>,
    /// The `z` option.
    pub no_negative_zero: bool,
    /// The `#` option.
    pub alternate: bool,
    /// The minimum width.
    pub width: Option<usize>,
    /// Grouping of the digits before the point.
    pub grouping: Option<Separator>,
    /// The precision.
    pub precision: Option<usize>,
    /// Grouping of the digits after the point.
    pub fraction_grouping: Option<Separator>,
    /// The presentation type, or the default of the object's kind ('\0' for none).
    pub kind: u32,
}

impl FormatSpec {
    /// Parses a specification for an object of type `type_name`, whose presentation type and alignment are
    /// the given ones unless the specification says otherwise.
    pub fn parse(spec: Units<'_>, type_name: &str, kind: char, align: Align) -> Result<FormatSpec, FormatError> {
        let default_right = align == Align::Right;
        let mut parsed = FormatSpec {
            fill: u32::from(b' '),
            align,
            sign: None,
            no_negative_zero: false,
            alternate: false,
            width: None,
            grouping: None,
            precision: None,
            fraction_grouping: None,
            kind: kind as u32,
        };
        let mut reader = Reader { spec, at: 0 };
        let (mut fill_given, mut align_given) = (false, false);
        if let Some(align) = spec.get(1).and_then(Align::from_char) {
            parsed.align = align;
            parsed.fill = spec.at(0);
            (fill_given, align_given) = (true, true);
            reader.at = 2;
        } else if let Some(align) = spec.get(0).and_then(Align::from_char) {
            parsed.align = align;
            align_given = true;
            reader.at = 1;
        }
        parsed.sign = match reader.peek() {
            Some('+') => Some(SignMode::Plus),
            Some('-') => Some(SignMode::Minus),
            Some(' ') => Some(SignMode::Space),
            _ => None,
        };
        reader.at += usize::from(parsed.sign.is_some());
        parsed.no_negative_zero = reader.eat('z');
        parsed.alternate = reader.eat('#');
        if !fill_given && reader.eat('0') {
            parsed.fill = u32::from(b'0');
            if !align_given && default_right {
                parsed.align = Align::AfterSign;
            }
        }
        parsed.width = reader.integer()?;
        parsed.grouping = reader.separator()?;
        if reader.eat('.') {
            parsed.precision = reader.integer()?;
            parsed.fraction_grouping = reader.separator()?;
            if parsed.precision.is_none() && parsed.fraction_grouping.is_none() {
                return FormatError::value("Format specifier missing precision");
            }
        }
        match spec.len() - reader.at {
            0 => {}
            1 => parsed.kind = spec.at(reader.at),
            _ => {
                let spec = spec.to_string_lossy();
                return FormatError::value(format!("Invalid format specifier '{spec}' for object of type '{type_name}'"));
            }
        }
        parsed.check_grouping()?;
        Ok(parsed)
    }

    fn check_grouping(&self) -> Result<(), FormatError> {
        let kind = char::from_u32(self.kind).unwrap_or('?');
        if let Some(separator) = self.grouping {
            let radix_kind = matches!(kind, 'b' | 'o' | 'x' | 'X') && separator == Separator::Underscore;
            if !radix_kind && !matches!(kind, 'd' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F' | '\0') {
                return bad_separator(separator, self.kind);
            }
        }
        match self.fraction_grouping {
            Some(separator) if kind == 'n' => bad_separator(separator, self.kind),
            _ => Ok(()),
        }
    }

    /// The "Unknown format code" error for this specification's type.
    pub fn unknown_kind<T>(&self, type_name: &str) -> Result<T, FormatError> {
        let kind = self.kind;
        let code = if (33..128).contains(&kind) { char::from_u32(kind).unwrap().to_string() } else { format!("\\x{kind:x}") };
        FormatError::value(format!("Unknown format code '{code}' for object of type '{type_name}'"))
    }
}

fn bad_separator<T>(separator: Separator, kind: u32) -> Result<T, FormatError> {
    let separator = separator.as_char();
    let kind = if (33..128).contains(&kind) { char::from_u32(kind).unwrap().to_string() } else { format!("\\x{kind:x}") };
    FormatError::value(format!("Cannot specify '{separator}' with '{kind}'."))
}

struct Reader<'a> {
    spec: Units<'a>,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.spec.get(self.at).and_then(char::from_u32)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// A run of decimal digits of any script; `None` when there is none.
    fn integer(&mut self) -> Result<Option<usize>, FormatError> {
        let start = self.at;
        let mut value = 0usize;
        while let Some(digit) = self.spec.get(self.at).and_then(crate::unicode::decimal) {
            value = accumulate_digit(value, digit)?;
            self.at += 1;
        }
        Ok((self.at > start).then_some(value))
    }

    fn separator(&mut self) -> Result<Option<Separator>, FormatError> {
        let comma = self.eat(',');
        let underscore = self.eat('_');
        if underscore && (comma || self.peek() == Some(',')) {
            return FormatError::value("Cannot specify both ',' and '_'.");
        }
        Ok(if comma {
            Some(Separator::Comma)
        } else if underscore {
            Some(Separator::Underscore)
        } else {
            None
        })
    }
}

/// Appends a decimal digit to a width, precision or index.
pub(crate) fn accumulate_digit(value: usize, digit: u32) -> Result<usize, FormatError> {
    match value.checked_mul(10).and_then(|v| v.checked_add(digit as usize)) {
        Some(value) if value <= isize::MAX as usize => Ok(value),
        _ => FormatError::value("Too many decimal digits in format string"),
    }
}
