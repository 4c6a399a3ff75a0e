//! Numerals of other scripts.

use super::*;

#[test]
fn digits_and_spaces() {
    let ascii = |text: &str| String::from_utf8(ascii_numeral(Units::Four(&text.chars().map(u32::from).collect::<Vec<_>>()))).unwrap();
    assert_eq!(ascii(" \u{661}\u{662}.\u{663}\u{a0}"), "12.3");
    assert_eq!(ascii("\u{2003}-1\u{2009}2\u{1f}"), "-1 2\u{1f}");
    assert_eq!(ascii("1\u{e9}"), "1?");
    assert_eq!(trim(b"\t 1 \x0b"), b"1");
}
