//! Templates of `str.format`: literal text with `{field!conversion:spec}` between, and the paths inside field names.
//!
//! The caller looks objects up, converts and formats them; a specification that contains fields itself is expanded
//! by running a [`Template`] over it ([`MAX_DEPTH`] levels in all). Messages are those of
//! `Objects/stringlib/unicode_format.h`; all are ValueErrors.

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::format_spec::accumulate_digit;
use crate::units::Units;

/// How deep templates nest: the template itself and specifications inside it. Deeper is the ValueError
/// [`TOO_DEEP`].
pub const MAX_DEPTH: usize = 2;
/// The message for templates nested deeper than [`MAX_DEPTH`].
pub const TOO_DEEP: &str = "Max string recursion exceeded";
/// The message for a positional field in `str.format_map`.
pub const NO_POSITIONAL: &str = "Format string contains positional fields";

/// A replacement field: all parts are ranges of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The field name with its path.
    pub name: Range<usize>,
    /// The character after `!`.
    pub conversion: Option<u32>,
    /// The format specification, empty when there is none.
    pub spec: Range<usize>,
    /// Whether the specification contains `{`.
    pub nested: bool,
}

/// Literal text and the field after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Text to copy; a doubled brace ends a piece and shows once.
    pub literal: Range<usize>,
    /// The field that follows, if one does.
    pub field: Option<Field>,
}

/// Walks the pieces of a template.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    text: Units<'a>,
    at: usize,
    end: usize,
}

const OPEN: u32 = b'{' as u32;
const CLOSE: u32 = b'}' as u32;

impl<'a> Template<'a> {
    /// The pieces of `text[range]`; their ranges are relative to `text`.
    pub fn new(text: Units<'a>, range: Range<usize>) -> Template<'a> {
        Template { text, at: range.start, end: range.end }
    }

    fn bump(&mut self) -> Option<u32> {
        let c = (self.at < self.end).then(|| self.text.at(self.at))?;
        self.at += 1;
        Some(c)
    }

    fn piece(&mut self) -> Result<Piece, &'static str> {
        let start = self.at;
        while let Some(c) = self.bump() {
            if c != OPEN && c != CLOSE {
                continue;
            }
            let at_end = self.at >= self.end;
            if !at_end && self.text.at(self.at) == c {
                let literal = start..self.at;
                self.at += 1;
                return Ok(Piece { literal, field: None });
            }
            if c == CLOSE {
                return Err("Single '}' encountered in format string");
            }
            if at_end {
                return Err("Single '{' encountered in format string");
            }
            let literal = start..self.at - 1;
            return Ok(Piece { literal, field: Some(self.field()?) });
        }
        Ok(Piece { literal: start..self.at, field: None })
    }

    fn field(&mut self) -> Result<Field, &'static str> {
        let start = self.at;
        let terminator = loop {
            match self.bump().map(|c| char::from_u32(c).unwrap_or('\u{fffd}')) {
                None => return Err("expected '}' before end of string"),
                Some('{') => return Err("unexpected '{' in field name"),
                Some('[') => {
                    while self.at < self.end && self.text.at(self.at) != u32::from(b']') {
                        self.at += 1;
                    }
                }
                Some(c @ ('}' | ':' | '!')) => break c,
                Some(_) => {}
            }
        };
        let mut field = Field { name: start..self.at - 1, conversion: None, spec: 0..0, nested: false };
        if terminator == '}' {
            return Ok(field);
        }
        if terminator == '!' {
            field.conversion = Some(self.bump().ok_or("end of string while looking for conversion specifier")?);
            match self.bump() {
                Some(CLOSE) => return Ok(field),
                Some(c) if c != u32::from(b':') => return Err("expected ':' after conversion specifier"),
                _ => {}
            }
        }
        let spec_start = self.at;
        let mut depth = 1;
        while let Some(c) = self.bump() {
            if c == OPEN {
                field.nested = true;
                depth += 1;
            } else if c == CLOSE {
                depth -= 1;
                if depth == 0 {
                    field.spec = spec_start..self.at - 1;
                    return Ok(field);
                }
            }
        }
        Err("unmatched '{' in format spec")
    }
}

impl Iterator for Template<'_> {
    type Item = Result<Piece, &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let piece = self.piece();
        if piece.is_err() {
            self.at = self.end;
        }
        Some(piece)
    }
}

/// The message of the ValueError for a conversion other than `r`, `s` and `a`.
pub fn unknown_conversion(conversion: u32) -> String {
    if (33..127).contains(&conversion) {
        format!("Unknown conversion specifier {}", char::from_u32(conversion).expect("ASCII"))
    } else {
        format!("Unknown conversion specifier \\x{conversion:x}")
    }
}

/// The message of the IndexError for a positional field that has no argument.
pub fn index_out_of_range(index: usize) -> String {
    format!("Replacement index {index} out of range for positional args tuple")
}

/// What a field name starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum First {
    /// `{}`: the next positional argument.
    Auto,
    /// `{0}`.
    Index(usize),
    /// `{name}`.
    Name(Range<usize>),
}

/// A step of a field name's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `.name`
    Attribute(Range<usize>),
    /// `[12]`
    Index(usize),
    /// `[key]`
    Key(Range<usize>),
}

/// The steps of a field name after its first part.
#[derive(Clone, Debug)]
pub struct Path<'a> {
    text: Units<'a>,
    at: usize,
    end: usize,
}

/// A number, or `None` when the text is empty or no number.
fn integer(text: Units<'_>) -> Result<Option<usize>, String> {
    let mut value = None;
    for c in text.iter() {
        let Some(digit) = crate::unicode::decimal(c) else { return Ok(None) };
        value = Some(accumulate_digit(value.unwrap_or(0), digit).map_err(|e| e.message().to_owned())?);
    }
    Ok(value)
}

/// Splits the field name `text[name]` into its first part and its path.
pub fn split_field_name(text: Units<'_>, name: Range<usize>) -> Result<(First, Path<'_>), String> {
    let whole = text.slice(name.start, name.end);
    let len = whole.iter().position(|c| c == u32::from(b'.') || c == u32::from(b'[')).unwrap_or(whole.len());
    let first = match integer(whole.slice(0, len))? {
        Some(index) => First::Index(index),
        None if len == 0 => First::Auto,
        None => First::Name(name.start..name.start + len),
    };
    Ok((first, Path { text, at: name.start + len, end: name.end }))
}

impl Path<'_> {
    fn step(&mut self) -> Result<Step, String> {
        let opening = self.text.at(self.at);
        let start = self.at + 1;
        let rest = self.text.slice(start, self.end);
        let step = if opening == u32::from(b'.') {
            let len = rest.iter().position(|c| c == u32::from(b'.') || c == u32::from(b'[')).unwrap_or(rest.len());
            self.at = start + len;
            Step::Attribute(start..start + len)
        } else if opening == u32::from(b'[') {
            let len = rest.iter().position(|c| c == u32::from(b']')).ok_or("Missing ']' in format string")?;
            self.at = start + len + 1;
            match integer(rest.slice(0, len))? {
                Some(index) => Step::Index(index),
                None => Step::Key(start..start + len),
            }
        } else {
            return Err("Only '.' or '[' may follow ']' in format field specifier".into());
        };
        match &step {
            Step::Attribute(range) | Step::Key(range) if range.is_empty() => Err("Empty attribute in format string".into()),
            _ => Ok(step),
        }
    }
}

impl Iterator for Path<'_> {
    type Item = Result<Step, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let step = self.step();
        if step.is_err() {
            self.at = self.end;
        }
        Some(step)
    }
}

/// Numbers the `{}` fields of one `format` call and refuses to mix them with `{0}`.
#[derive(Clone, Debug, Default)]
pub struct AutoNumber {
    next: usize,
    automatic: Option<bool>,
}

impl AutoNumber {
    /// The positional index a field refers to; `None` for a name.
    pub fn resolve(&mut self, first: &First) -> Result<Option<usize>, &'static str> {
        let automatic = match first {
            First::Name(_) => return Ok(None),
            First::Auto => true,
            First::Index(_) => false,
        };
        match (*self.automatic.get_or_insert(automatic), automatic) {
            (true, false) => return Err("cannot switch from automatic field numbering to manual field specification"),
            (false, true) => return Err("cannot switch from manual field specification to automatic field numbering"),
            _ => {}
        }
        Ok(Some(match first {
            First::Index(index) => *index,
            _ => {
                self.next += 1;
                self.next - 1
            }
        }))
    }
}
