//! Numerals of any script as ASCII: what `int()`, `float()` and `complex()` do to a str before reading it.

#[cfg(test)]
mod tests;

use crate::units::Units;

/// The text with every decimal digit as `0`-`9` and every space as a blank; other non-ASCII characters become `?`,
/// which no number contains. Surrounding whitespace is removed.
pub fn ascii_numeral(text: Units<'_>) -> Vec<u8> {
    let ascii = |c: u32| match c {
        0..0x80 => c as u8,
        _ if super::is_space(c) => b' ',
        _ => super::decimal(c).map_or(b'?', |digit| b'0' + digit as u8),
    };
    let all: Vec<u8> = match text {
        Units::One(s) if s.is_ascii() => s.to_vec(),
        _ => text.iter().map(ascii).collect(),
    };
    trim(&all).to_vec()
}

/// The text without surrounding ASCII whitespace, as C's `isspace` sees it: the separators U+001C to U+001F stay.
pub fn trim(text: &[u8]) -> &[u8] {
    let space = |b: &u8| matches!(b, b' ' | 9..=13);
    let start = text.iter().take_while(|b| space(b)).count();
    let tail = text[start..].iter().rev().take_while(|b| space(b)).count();
    &text[start..text.len() - tail]
}
