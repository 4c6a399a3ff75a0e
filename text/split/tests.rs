//! Expectations of splitting and padding, from the reference interpreter.

use super::*;
use crate::goldens::string_cases;
use crate::unicode;

fn pieces(text: &str, ranges: Vec<Range<usize>>) -> String {
    ranges.into_iter().map(|r| &text[r]).collect::<Vec<_>>().join("|")
}

#[test]
fn like_reference() {
    for case in string_cases(include_str!("../goldens/split.tsv")) {
        let (text, bytes) = (&case[0][..], case[0].as_bytes());
        let separator = case[1].as_bytes();
        let limit: isize = case[2].parse().unwrap();
        let splits = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut shown = Vec::new();
        if separator.is_empty() {
            shown.push(pieces(text, split_whitespace(bytes, splits, unicode::is_space)));
            shown.push(pieces(text, rsplit_whitespace(bytes, splits, unicode::is_space)));
        } else {
            shown.push(pieces(text, split(bytes, separator, splits)));
            shown.push(pieces(text, rsplit(bytes, separator, splits)));
        }
        shown.push(pieces(text, split_lines(bytes, false, unicode::is_line_break)));
        shown.push(pieces(text, split_lines(bytes, true, unicode::is_line_break)));
        shown.push(pieces(text, split_lines(bytes, true, is_ascii_break)));
        shown.push(pieces(text, vec![strip(bytes, true, true, unicode::is_space)]));
        shown.push(pieces(text, vec![strip(bytes, false, true, is_ascii_space)]));
        let width = limit.max(0) as usize + 4;
        let owned = |v: Option<Vec<u8>>| v.map_or(text.to_string(), |v| String::from_utf8(v).unwrap());
        shown.push(owned(expand_tabs(bytes, limit)));
        shown.push(owned(zero_fill(bytes, width)));
        let (left, right) = centre_padding(bytes.len(), width);
        shown.push(format!("{}{text}{}", "*".repeat(left), "*".repeat(right)));
        assert_eq!(shown, case[3..], "{case:?}");
    }
}

#[test]
fn translation() {
    let mut table: [u8; 256] = std::array::from_fn(|i| i as u8);
    table[usize::from(b'a')] = b'A';
    assert_eq!(translate_bytes(b"banana", Some(&table), b"n"), b"bAAA");
    assert_eq!(translate_bytes(b"banana", None, b"b"), b"anana");
}
