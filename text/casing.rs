//! Case conversion and case tests of whole strings, for str (Unicode) and for bytes (ASCII).

#[cfg(test)]
mod tests;

use crate::builder::StrBuilder;
use crate::unicode::{self, Case, map_case};
use crate::units::Units;

const CAPITAL_SIGMA: u32 = 0x3a3;

/// The lower-case form of the capital sigma at `index`: final after a cased letter and not before one, with
/// case-ignorable characters looked through (the Unicode Standard, section 3.13).
fn lower_sigma(text: Units<'_>, index: usize) -> u32 {
    let before = (0..index).rev().map(|i| text.at(i)).find(|&c| !unicode::is_case_ignorable(c));
    if !before.is_some_and(unicode::is_cased) {
        return 0x3c3;
    }
    let after = (index + 1..text.len()).map(|i| text.at(i)).find(|&c| !unicode::is_case_ignorable(c));
    if after.is_some_and(unicode::is_cased) { 0x3c3 } else { 0x3c2 }
}

fn push_lower(out: &mut StrBuilder, text: Units<'_>, index: usize) {
    match text.at(index) {
        CAPITAL_SIGMA => out.push(lower_sigma(text, index)),
        c => out.extend(map_case(c, Case::Lower).as_slice().iter().copied()),
    }
}

fn ascii(text: Units<'_>) -> Option<&[u8]> {
    match text {
        Units::One(s) if s.is_ascii() => Some(s),
        _ => None,
    }
}

fn push_ascii(out: &mut StrBuilder, text: &[u8], convert: impl Fn(&u8) -> u8) {
    let converted: Vec<u8> = text.iter().map(convert).collect();
    out.push_latin1(&converted);
}

/// `str.lower`
pub fn lower(text: Units<'_>) -> StrBuilder {
    let mut out = StrBuilder::with_capacity(text.len());
    match ascii(text) {
        Some(s) => push_ascii(&mut out, s, u8::to_ascii_lowercase),
        None => (0..text.len()).for_each(|i| push_lower(&mut out, text, i)),
    }
    out
}

/// `str.upper`
pub fn upper(text: Units<'_>) -> StrBuilder {
    let mut out = StrBuilder::with_capacity(text.len());
    match ascii(text) {
        Some(s) => push_ascii(&mut out, s, u8::to_ascii_uppercase),
        None => text.iter().for_each(|c| out.extend(map_case(c, Case::Upper).as_slice().iter().copied())),
    }
    out
}

/// `str.casefold`
pub fn fold(text: Units<'_>) -> StrBuilder {
    let mut out = StrBuilder::with_capacity(text.len());
    match ascii(text) {
        Some(s) => push_ascii(&mut out, s, u8::to_ascii_lowercase),
        None => text.iter().for_each(|c| out.extend(map_case(c, Case::Fold).as_slice().iter().copied())),
    }
    out
}

/// `str.title`
pub fn title(text: Units<'_>) -> StrBuilder {
    let mut out = StrBuilder::with_capacity(text.len());
    let mut within = false;
    for (i, c) in text.iter().enumerate() {
        if within {
            push_lower(&mut out, text, i);
        } else {
            out.extend(map_case(c, Case::Title).as_slice().iter().copied());
        }
        within = unicode::is_cased(c);
    }
    out
}

/// `str.capitalize`
pub fn capitalize(text: Units<'_>) -> StrBuilder {
    let mut out = StrBuilder::with_capacity(text.len());
    if let Some(first) = text.get(0) {
        out.extend(map_case(first, Case::Title).as_slice().iter().copied());
    }
    (1..text.len()).for_each(|i| push_lower(&mut out, text, i));
    out
}

/// `str.swapcase`
pub fn swap_case(text: Units<'_>) -> StrBuilder {
    let mut out = StrBuilder::with_capacity(text.len());
    for (i, c) in text.iter().enumerate() {
        if unicode::is_upper(c) {
            push_lower(&mut out, text, i);
        } else if unicode::is_lower(c) {
            out.extend(map_case(c, Case::Upper).as_slice().iter().copied());
        } else {
            out.push(c);
        }
    }
    out
}

/// `str.islower`
pub fn is_lower(text: Units<'_>) -> bool {
    !text.iter().any(|c| unicode::is_upper(c) || unicode::is_title(c)) && text.iter().any(unicode::is_lower)
}

/// `str.isupper`
pub fn is_upper(text: Units<'_>) -> bool {
    !text.iter().any(|c| unicode::is_lower(c) || unicode::is_title(c)) && text.iter().any(unicode::is_upper)
}

/// `str.istitle`
pub fn is_title(text: Units<'_>) -> bool {
    title_rule(text.iter(), |c| unicode::is_upper(c) || unicode::is_title(c), unicode::is_lower)
}

/// Upper case only after uncased characters, lower case only after cased ones, and something cased.
fn title_rule(text: impl Iterator<Item = u32>, upper: impl Fn(u32) -> bool, lower: impl Fn(u32) -> bool) -> bool {
    let (mut within, mut cased) = (false, false);
    for c in text {
        if upper(c) {
            if within {
                return false;
            }
            within = true;
            cased = true;
        } else if lower(c) {
            if !within {
                return false;
            }
        } else {
            within = false;
        }
    }
    cased
}

/// Whether a non-empty text consists of characters with a property: `isalpha`, `isdigit`, `isspace` and the like.
pub fn all(text: Units<'_>, property: impl Fn(u32) -> bool) -> bool {
    !text.is_empty() && text.iter().all(property)
}

/// `str.isidentifier`
pub fn is_identifier(text: Units<'_>) -> bool {
    let mut rest = text.iter();
    rest.next().is_some_and(unicode::is_identifier_start) && rest.all(unicode::is_identifier_continue)
}

/// `bytes.title`
pub fn title_bytes(text: &[u8]) -> Vec<u8> {
    let mut within = false;
    let convert = |b: &u8| {
        let converted = if within { b.to_ascii_lowercase() } else { b.to_ascii_uppercase() };
        within = b.is_ascii_alphabetic();
        converted
    };
    text.iter().map(convert).collect()
}

/// `bytes.capitalize`
pub fn capitalize_bytes(text: &[u8]) -> Vec<u8> {
    let mut out = text.to_ascii_lowercase();
    if let Some(first) = out.first_mut() {
        first.make_ascii_uppercase();
    }
    out
}

/// `bytes.swapcase`
pub fn swap_case_bytes(text: &[u8]) -> Vec<u8> {
    text.iter().map(|b| if b.is_ascii_alphabetic() { b ^ 0x20 } else { *b }).collect()
}

/// `bytes.islower`
pub fn is_lower_bytes(text: &[u8]) -> bool {
    !text.iter().any(u8::is_ascii_uppercase) && text.iter().any(u8::is_ascii_lowercase)
}

/// `bytes.isupper`
pub fn is_upper_bytes(text: &[u8]) -> bool {
    !text.iter().any(u8::is_ascii_lowercase) && text.iter().any(u8::is_ascii_uppercase)
}

/// `bytes.istitle`
pub fn is_title_bytes(text: &[u8]) -> bool {
    let letter = |test: fn(&u8) -> bool| move |c: u32| test(&(c as u8));
    title_rule(text.iter().map(|&b| b.into()), letter(u8::is_ascii_uppercase), letter(u8::is_ascii_lowercase))
}
