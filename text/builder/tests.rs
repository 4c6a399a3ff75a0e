//! The builder's widths.

use super::*;

#[test]
fn widens_and_narrows() {
    let mut b = StrBuilder::new();
    b.push_str("ab");
    assert_eq!(b.clone().finish(), Text::Ascii(b"ab".to_vec()));
    b.push(0xe9);
    assert_eq!(b.clone().finish(), Text::Latin1(vec![0x61, 0x62, 0xe9]));
    b.push_str("\u{20ac}x");
    assert_eq!(b.clone().finish(), Text::Ucs2(vec![0x61, 0x62, 0xe9, 0x20ac, 0x78]));
    b.push_repeated(0x1f600, 2);
    b.push(0xd800);
    assert_eq!(b.len(), 8);
    assert!(matches!(b.clone().finish(), Text::Ucs4(_)));
    b.truncate(3);
    assert_eq!(b.clone().finish(), Text::Latin1(vec![0x61, 0x62, 0xe9]));
    b.truncate(2);
    assert!(b.is_ascii());
    b.push_units(Units::Four(&[0x41, 0x42]));
    b.push_slice(&[0x43u16]);
    assert_eq!(b.finish(), Text::Ascii(b"abABC".to_vec()));
}

#[test]
fn strings_of_every_width() {
    for text in ["", "abc", "\u{e9}\u{ff}", "\u{100}", "\u{e9}\u{20ac}", "a\u{1f600}", "\u{c4}\u{80}"] {
        let mut b = StrBuilder::new();
        b.push_str(text);
        assert_eq!(b.to_string_lossy(), text);
        let points: Vec<u32> = text.chars().map(u32::from).collect();
        assert_eq!(b.finish().units(), Units::Four(&points));
    }
}
