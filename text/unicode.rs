//! The Unicode character database as Python 3.14 has it (version 16.0): properties of characters, case mappings.
//!
//! Normalization is in [`normalize`], names in [`names`], numerals of other scripts in [`numeral`]. The tables are
//! written by `unicode/generate.py`; each property lookup costs two array reads. Whole-string case conversion lives
//! in [`crate::casing`].

pub mod names;
pub mod normalize;
pub mod numeral;
#[rustfmt::skip]
mod tables;
#[cfg(test)]
mod tests;

pub use tables::VERSION;

/// Type and simple case mappings of a character.
#[derive(Clone, Copy, Debug)]
pub struct CharRecord {
    /// Bits named in the tables.
    flags: u16,
    /// What to add for the simple upper-case mapping.
    upper: i32,
    /// What to add for the simple lower-case mapping.
    lower: i32,
    /// What to add for the simple title-case mapping.
    title: i32,
    /// Decimal value, or 255.
    decimal: u8,
    /// Digit value, or 255.
    digit: u8,
}

/// Properties that `unicodedata` reports.
#[derive(Clone, Copy, Debug)]
pub struct DataRecord {
    category: u8,
    bidirectional: u8,
    combining: u8,
    width: u8,
    /// Bits named in the tables.
    flags: u8,
}

#[inline]
fn char_record(c: u32) -> &'static CharRecord {
    let block = usize::from(tables::CHAR_BLOCKS[(c >> tables::CHAR_SHIFT) as usize]);
    let at = (block << tables::CHAR_SHIFT) | (c & ((1 << tables::CHAR_SHIFT) - 1)) as usize;
    &tables::CHAR_RECORDS[usize::from(tables::CHAR_VALUES[at])]
}

#[inline]
fn data_record(c: u32) -> DataRecord {
    let block = usize::from(tables::DATA_BLOCKS[(c >> tables::DATA_SHIFT) as usize]);
    let at = (block << tables::DATA_SHIFT) | (c & ((1 << tables::DATA_SHIFT) - 1)) as usize;
    tables::DATA_RECORDS[usize::from(tables::DATA_VALUES[at])]
}

#[inline]
fn has(c: u32, flag: u16) -> bool {
    char_record(c).flags & flag != 0
}

/// `str.isalpha` of one character.
#[inline]
pub fn is_alpha(c: u32) -> bool {
    has(c, tables::ALPHA)
}

/// `str.islower` of one character.
#[inline]
pub fn is_lower(c: u32) -> bool {
    has(c, tables::LOWER)
}

/// `str.isupper` of one character.
#[inline]
pub fn is_upper(c: u32) -> bool {
    has(c, tables::UPPER)
}

/// Whether the character is a title-case letter (category Lt).
#[inline]
pub fn is_title(c: u32) -> bool {
    has(c, tables::TITLE)
}

/// `str.isprintable` of one character.
#[inline]
pub fn is_printable(c: u32) -> bool {
    if c < 0x7f { c >= 0x20 } else { has(c, tables::PRINTABLE) }
}

/// `str.isspace` of one character.
#[inline]
pub fn is_space(c: u32) -> bool {
    if c < 0x80 { matches!(c, 9..=13 | 28..=32) } else { has(c, tables::SPACE) }
}

/// Whether `str.splitlines` breaks after the character.
#[inline]
pub fn is_line_break(c: u32) -> bool {
    if c < 0x80 { matches!(c, 10..=13 | 28..=30) } else { has(c, tables::LINE_BREAK) }
}

/// `str.isdecimal` of one character.
#[inline]
pub fn is_decimal(c: u32) -> bool {
    has(c, tables::DECIMAL)
}

/// `str.isdigit` of one character.
#[inline]
pub fn is_digit(c: u32) -> bool {
    has(c, tables::DIGIT)
}

/// `str.isnumeric` of one character.
#[inline]
pub fn is_numeric(c: u32) -> bool {
    has(c, tables::NUMERIC)
}

/// `str.isalnum` of one character.
#[inline]
pub fn is_alnum(c: u32) -> bool {
    has(c, tables::ALPHA | tables::DECIMAL | tables::DIGIT | tables::NUMERIC)
}

/// Whether an identifier may start with the character (XID_Start or an underscore).
#[inline]
pub fn is_identifier_start(c: u32) -> bool {
    has(c, tables::XID_START)
}

/// Whether an identifier may continue with the character (XID_Continue).
#[inline]
pub fn is_identifier_continue(c: u32) -> bool {
    has(c, tables::XID_CONTINUE)
}

/// Whether the character has case (the Cased property).
#[inline]
pub fn is_cased(c: u32) -> bool {
    has(c, tables::CASED)
}

/// Whether the final-sigma rule looks through the character.
#[inline]
pub fn is_case_ignorable(c: u32) -> bool {
    has(c, tables::CASE_IGNORABLE)
}

/// Value of a decimal digit of any script.
#[inline]
pub fn decimal(c: u32) -> Option<u32> {
    if c < 0x80 {
        return (0x30..0x3a).contains(&c).then(|| c - 0x30);
    }
    let value = char_record(c).decimal;
    (value != 255).then(|| value.into())
}

/// Value of a digit, superscripts and the like included.
pub fn digit(c: u32) -> Option<u32> {
    let value = char_record(c).digit;
    (value != 255).then(|| value.into())
}

/// Numeric value, fractions included.
pub fn numeric(c: u32) -> Option<f64> {
    if !is_numeric(c) {
        return None;
    }
    let at = tables::NUMERIC_KEYS.binary_search(&c).ok()?;
    Some(tables::NUMERIC_VALUES[usize::from(tables::NUMERIC_INDEX[at])])
}

/// The simple (one character) lower-case mapping, which regular expressions use.
#[inline]
pub fn simple_lower(c: u32) -> u32 {
    c.wrapping_add_signed(char_record(c).lower)
}

/// The simple upper-case mapping.
#[inline]
pub fn simple_upper(c: u32) -> u32 {
    c.wrapping_add_signed(char_record(c).upper)
}

/// The simple title-case mapping.
#[inline]
pub fn simple_title(c: u32) -> u32 {
    c.wrapping_add_signed(char_record(c).title)
}

/// The characters one character maps to: up to three, padded with zeros (which never occur otherwise, except for
/// the mapping of U+0000 to itself).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping([u32; 3]);

impl Mapping {
    fn one(c: u32) -> Mapping {
        Mapping([c, 0, 0])
    }

    /// The characters.
    #[inline]
    pub fn as_slice(&self) -> &[u32] {
        let len = if self.0[2] != 0 {
            3
        } else if self.0[1] != 0 {
            2
        } else {
            1
        };
        &self.0[..len]
    }
}

/// The kinds of full case mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `str.lower`, less the final-sigma rule.
    Lower,
    /// `str.title` of a word's first letter.
    Title,
    /// `str.upper`
    Upper,
    /// `str.casefold`
    Fold,
}

/// The full case mapping of a character.
#[inline]
pub fn map_case(c: u32, case: Case) -> Mapping {
    let record = char_record(c);
    if record.flags & tables::SPECIAL_CASE != 0
        && let Ok(at) = tables::SPECIAL_CASE_KEYS.binary_search(&(c << 2 | case as u32))
    {
        return Mapping(tables::SPECIAL_CASE_VALUES[at]);
    }
    let delta = match case {
        Case::Lower | Case::Fold => record.lower,
        Case::Title => record.title,
        Case::Upper => record.upper,
    };
    Mapping::one(c.wrapping_add_signed(delta))
}

/// A version of the character database: what a `unicodedata` object reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// The current version, [`VERSION`].
    Current,
    /// Version 3.2, which IDNA and stringprep are defined by (`unicodedata.ucd_3_2_0`).
    Old,
}

impl Database {
    fn record(self, c: u32) -> DataRecord {
        if self == Database::Old {
            let at = tables::OLD_RECORDS.partition_point(|range| range.1 < c);
            if let Some(&(first, _, record)) = tables::OLD_RECORDS.get(at)
                && first <= c
            {
                return record;
            }
        }
        data_record(c)
    }

    /// `unidata_version`
    pub fn version(self) -> &'static str {
        match self {
            Database::Current => VERSION,
            Database::Old => "3.2.0",
        }
    }

    /// Whether the version knows the character.
    pub fn is_assigned(self, c: u32) -> bool {
        self.record(c).category != 0
    }

    /// `unicodedata.category`
    pub fn category(self, c: u32) -> &'static str {
        tables::CATEGORIES[usize::from(self.record(c).category)]
    }

    /// `unicodedata.bidirectional`
    pub fn bidirectional(self, c: u32) -> &'static str {
        tables::BIDI[usize::from(self.record(c).bidirectional)]
    }

    /// `unicodedata.combining`
    pub fn combining(self, c: u32) -> u8 {
        self.record(c).combining
    }

    /// `unicodedata.east_asian_width`
    pub fn east_asian_width(self, c: u32) -> &'static str {
        tables::WIDTHS[usize::from(self.record(c).width)]
    }

    /// `unicodedata.mirrored`
    pub fn mirrored(self, c: u32) -> bool {
        self.record(c).flags & tables::MIRRORED != 0
    }

    /// `unicodedata.decimal`
    pub fn decimal(self, c: u32) -> Option<u32> {
        decimal(c).filter(|_| self == Database::Current || self.is_assigned(c))
    }

    /// `unicodedata.digit`
    pub fn digit(self, c: u32) -> Option<u32> {
        digit(c).filter(|_| self == Database::Current || self.is_assigned(c))
    }

    /// `unicodedata.numeric`
    pub fn numeric(self, c: u32) -> Option<f64> {
        if self == Database::Old {
            if !self.is_assigned(c) {
                return None;
            }
            if let Ok(at) = tables::OLD_NUMERIC.binary_search_by_key(&c, |p| p.0) {
                let value = tables::OLD_NUMERIC[at].1;
                return (value >= 0.0).then_some(value);
            }
        }
        numeric(c)
    }
}
