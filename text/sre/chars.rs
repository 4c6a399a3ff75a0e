//! Tests of single characters and of positions: sets, categories, word boundaries, case.

use super::opcodes::{At, Category, Op};
use crate::unicode;
use crate::units::Unit;

/// Case and word characters of the C locale in effect, for bytes patterns with the LOCALE flag.
#[derive(Clone, Debug)]
pub struct Locale {
    /// `tolower`
    pub lower: [u8; 256],
    /// `toupper`
    pub upper: [u8; 256],
    /// `isalnum`
    pub alphanumeric: [bool; 256],
}

impl Locale {
    /// The "C" locale.
    pub const C: Locale = {
        let mut locale = Locale { lower: [0; 256], upper: [0; 256], alphanumeric: [false; 256] };
        let mut i = 0;
        while i < 256 {
            let b = i as u8;
            locale.lower[i] = b.to_ascii_lowercase();
            locale.upper[i] = b.to_ascii_uppercase();
            locale.alphanumeric[i] = b.is_ascii_alphanumeric();
            i += 1;
        }
        locale
    };

    fn lower(&self, c: u32) -> u32 {
        if c < 256 { self.lower[c as usize].into() } else { c }
    }

    fn upper(&self, c: u32) -> u32 {
        if c < 256 { self.upper[c as usize].into() } else { c }
    }
}

/// `_sre.ascii_tolower`
#[inline]
pub fn ascii_lower(c: u32) -> u32 {
    if (0x41..=0x5a).contains(&c) { c + 32 } else { c }
}

/// `_sre.ascii_iscased`
pub fn ascii_is_cased(c: u32) -> bool {
    c < 128 && (c as u8).is_ascii_alphabetic()
}

/// `_sre.unicode_tolower`
#[inline]
pub fn unicode_lower(c: u32) -> u32 {
    unicode::simple_lower(c)
}

/// `_sre.unicode_iscased`
pub fn unicode_is_cased(c: u32) -> bool {
    unicode::simple_lower(c) != c || unicode::map_case(c, unicode::Case::Upper).as_slice().first() != Some(&c)
}

fn is_ascii_word(c: u32) -> bool {
    c < 128 && ((c as u8).is_ascii_alphanumeric() || c == 0x5f)
}

fn is_unicode_word(c: u32) -> bool {
    c == 0x5f || unicode::is_alnum(c)
}

fn is_locale_word(c: u32, locale: &Locale) -> bool {
    c == 0x5f || (c < 256 && locale.alphanumeric[c as usize])
}

fn in_category(c: u32, category: u32, locale: &Locale) -> bool {
    match Category::new(category).expect("validated") {
        Category::Digit => (0x30..0x3a).contains(&c),
        Category::NotDigit => !(0x30..0x3a).contains(&c),
        Category::Space => matches!(c, 9..=13 | 32),
        Category::NotSpace => !matches!(c, 9..=13 | 32),
        Category::Word => is_ascii_word(c),
        Category::NotWord => !is_ascii_word(c),
        Category::Linebreak => c == 10,
        Category::NotLinebreak => c != 10,
        Category::LocWord => is_locale_word(c, locale),
        Category::LocNotWord => !is_locale_word(c, locale),
        Category::UniDigit => unicode::is_decimal(c),
        Category::UniNotDigit => !unicode::is_decimal(c),
        Category::UniSpace => unicode::is_space(c),
        Category::UniNotSpace => !unicode::is_space(c),
        Category::UniWord => is_unicode_word(c),
        Category::UniNotWord => !is_unicode_word(c),
        Category::UniLinebreak => unicode::is_line_break(c),
        Category::UniNotLinebreak => !unicode::is_line_break(c),
    }
}

/// Whether a category depends on the locale.
pub fn is_locale_category(category: u32) -> bool {
    matches!(Category::new(category), Some(Category::LocWord | Category::LocNotWord))
}

/// Whether what the set contains depends on the locale.
pub fn depends_on_locale(mut set: &[u32]) -> bool {
    loop {
        let len = match Op::new(set[0]).expect("validated") {
            Op::Failure => return false,
            Op::Negate => 1,
            Op::Category if is_locale_category(set[1]) => return true,
            Op::Category | Op::Literal => 2,
            Op::Charset => 9,
            Op::BigCharset => 66 + 8 * set[1] as usize,
            _ => 3,
        };
        set = &set[len..];
    }
}

/// Whether the set that starts at `set[0]` contains `c`.
pub fn in_set(mut set: &[u32], c: u32, locale: &Locale) -> bool {
    let mut found = true;
    loop {
        let hit;
        let len;
        match Op::new(set[0]).expect("validated") {
            Op::Failure => return !found,
            Op::Negate => {
                found = !found;
                set = &set[1..];
                continue;
            }
            Op::Literal => (hit, len) = (c == set[1], 2),
            Op::Category => (hit, len) = (in_category(c, set[1], locale), 2),
            Op::Range => (hit, len) = (set[1] <= c && c <= set[2], 3),
            Op::RangeUniIgnore => {
                let within = |c: u32| set[1] <= c && c <= set[2];
                (hit, len) = (within(c) || within(unicode::simple_upper(c)), 3);
            }
            Op::Charset => (hit, len) = (c < 256 && set[1 + (c >> 5) as usize] >> (c & 31) & 1 == 1, 9),
            Op::BigCharset => {
                let blocks = set[1] as usize;
                let hit_here = c < 0x10000 && {
                    let index = (c >> 8) as usize;
                    let block = set[2 + index / 4].to_ne_bytes()[index % 4] as usize;
                    set[2 + 64 + 8 * block + (c >> 5 & 7) as usize] >> (c & 31) & 1 == 1
                };
                (hit, len) = (hit_here, 2 + 64 + 8 * blocks);
            }
            other => unreachable!("{other:?} in a validated set"),
        }
        if hit {
            return found;
        }
        set = &set[len..];
    }
}

/// Whether the one-character instruction at `code[0]` accepts `c`.
#[inline]
pub fn unit_matches(code: &[u32], c: u32, locale: &Locale) -> bool {
    match Op::new(code[0]).expect("validated") {
        Op::Any => c != 10,
        Op::AnyAll => true,
        Op::Literal => c == code[1],
        Op::NotLiteral => c != code[1],
        Op::LiteralIgnore => ascii_lower(c) == code[1],
        Op::NotLiteralIgnore => ascii_lower(c) != code[1],
        Op::LiteralUniIgnore => unicode_lower(c) == code[1],
        Op::NotLiteralUniIgnore => unicode_lower(c) != code[1],
        Op::LiteralLocIgnore => equal_in_locale(code[1], c, locale),
        Op::NotLiteralLocIgnore => !equal_in_locale(code[1], c, locale),
        Op::Category => in_category(c, code[1], locale),
        Op::In => in_set(&code[2..], c, locale),
        Op::InIgnore => in_set(&code[2..], ascii_lower(c), locale),
        Op::InUniIgnore => in_set(&code[2..], unicode_lower(c), locale),
        Op::InLocIgnore => {
            let (lower, upper) = (locale.lower(c), locale.upper(c));
            let set = &code[2..];
            // A negated set refuses what it has in either case.
            if set[0] == Op::Negate as u32 {
                return in_set(set, lower, locale) && (upper == lower || in_set(set, upper, locale));
            }
            in_set(set, lower, locale) || (upper != lower && in_set(set, upper, locale))
        }
        other => unreachable!("{other:?} matches no single character"),
    }
}

fn equal_in_locale(pattern: u32, c: u32, locale: &Locale) -> bool {
    c == pattern || locale.lower(c) == pattern || locale.upper(c) == pattern
}

/// How a back-reference compares characters.
pub fn fold_for(op: Op, locale: &Locale) -> impl Fn(u32) -> u32 + '_ {
    move |c| match op {
        Op::GroupRefIgnore => ascii_lower(c),
        Op::GroupRefUniIgnore => unicode_lower(c),
        Op::GroupRefLocIgnore => locale.lower(c),
        _ => c,
    }
}

/// Whether a position of `text` (which ends where matching ends) is of the given kind.
pub fn at_position<U: Unit>(text: &[U], ptr: usize, at: u32, locale: &Locale) -> bool {
    let after = text.get(ptr).map(|&c| c.into());
    let before = ptr.checked_sub(1).map(|i| text[i].into());
    let boundary = |word: &dyn Fn(u32) -> bool| before.is_some_and(word) != after.is_some_and(word);
    match At::new(at).expect("validated") {
        At::Beginning | At::BeginningString => ptr == 0,
        At::BeginningLine => before.is_none_or(|c| c == 10),
        At::End => after.is_none() || (after == Some(10) && ptr + 1 == text.len()),
        At::EndLine => after.is_none_or(|c| c == 10),
        At::EndString => after.is_none(),
        At::Boundary => boundary(&is_ascii_word),
        At::NonBoundary => !boundary(&is_ascii_word),
        At::LocBoundary => boundary(&|c| is_locale_word(c, locale)),
        At::LocNonBoundary => !boundary(&|c| is_locale_word(c, locale)),
        At::UniBoundary => boundary(&is_unicode_word),
        At::UniNonBoundary => !boundary(&is_unicode_word),
    }
}
