//! Expectations of repr, from the reference interpreter.

use super::*;
use crate::goldens::cases;

#[test]
fn like_reference() {
    for case in cases(include_str!("../goldens/escape.tsv")) {
        let text = Units::Four(&case[0]);
        let expected = |i: usize| Units::Four(&case[i]).to_string_lossy();
        assert_eq!(repr_str(text).units().to_vec(), case[1]);
        assert_eq!(ascii_str(text), expected(2));
        assert_eq!(escape_non_ascii(Units::Four(&case[1])), expected(2));
        if case[0].iter().all(|&c| c < 256) {
            let bytes: Vec<u8> = case[0].iter().map(|&c| c as u8).collect();
            assert_eq!(repr_str(Units::One(&bytes)).units().to_vec(), case[1]);
            assert_eq!(repr_bytes(&bytes), expected(3));
        }
    }
}
