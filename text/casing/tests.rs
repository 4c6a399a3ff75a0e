//! Expectations of case conversion, from the reference interpreter.

use super::*;
use crate::goldens::cases;

#[test]
fn like_reference() {
    for case in cases(include_str!("../goldens/casing.tsv")) {
        let text = Units::Four(&case[0]);
        let conversions = [lower, upper, fold, title, capitalize, swap_case];
        for (i, convert) in conversions.into_iter().enumerate() {
            assert_eq!(convert(text).units().to_vec(), case[i + 1], "conversion {i} of {:x?}", case[0]);
        }
        let tests = [is_lower, is_upper, is_title, is_identifier];
        for (i, test) in tests.into_iter().enumerate() {
            assert_eq!(u32::from(b'0') + u32::from(test(text)), case[i + 7][0], "test {i} of {:x?}", case[0]);
        }
        if case[0].iter().all(|&c| c < 128) {
            let bytes: Vec<u8> = case[0].iter().map(|&c| c as u8).collect();
            let wide = |v: Vec<u8>| v.iter().map(|&b| b.into()).collect::<Vec<u32>>();
            assert_eq!(lower(Units::One(&bytes)).units(), Units::Four(&case[1]));
            assert_eq!(wide(title_bytes(&bytes)), case[4]);
            assert_eq!(wide(capitalize_bytes(&bytes)), case[5]);
            assert_eq!(wide(swap_case_bytes(&bytes)), case[6]);
            assert_eq!(is_lower_bytes(&bytes), is_lower(text));
            assert_eq!(is_upper_bytes(&bytes), is_upper(text));
            assert_eq!(is_title_bytes(&bytes), is_title(text));
        }
    }
}
