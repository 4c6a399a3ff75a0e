//! Expectations of int text, from the reference interpreter.

use super::*;
use crate::goldens::string_cases;

#[test]
fn parsing() {
    for case in string_cases(include_str!("../goldens/int_parse.tsv")) {
        let result = parse(case[0].as_bytes(), case[1].parse().unwrap(), 4300);
        let text = match result {
            Ok(Int::Small(value)) => value.to_string(),
            Ok(Int::Big(value)) => {
                assert!(value.to_i64().is_none());
                value.to_string()
            }
            Err(ParseError::Invalid) => "invalid".into(),
            Err(ParseError::TooManyDigits { digits }) => too_many_digits_message(4300, digits),
        };
        assert_eq!(text, case[2], "int({:?}, {})", case[0], case[1]);
    }
}

#[test]
fn writing() {
    for value in [0, 1, -1, 9, 10, 99, 100, 12345, -98765, i64::MAX, i64::MIN] {
        assert_eq!(i64_to_decimal(value), value.to_string());
    }
    assert_eq!(i64_to_prefixed(-255, 16), "-0xff");
    assert_eq!(i64_to_prefixed(0, 2), "0b0");
    assert_eq!(big_to_prefixed(&(BigInt::from(-1) << 64), 16), "-0x10000000000000000");
}

#[test]
fn digit_limit() {
    let power = |n: u32| -> BigInt { BigInt::from(10).pow(n) };
    assert_eq!(big_to_decimal(&power(4300), 4300), None);
    assert_eq!(big_to_decimal(&(power(4300) - 1), 4300).unwrap().len(), 4300);
    assert_eq!(big_to_decimal(&(1 - power(4300)), 4300).unwrap().len(), 4301);
    assert!(big_to_decimal(&power(4300), 0).is_some());
    for bits in [1u64, 2, 3, 4, 10, 64, 100, 1000] {
        let (low, high) = decimal_digits_of_bits(bits);
        let smallest = (BigInt::from(1) << (bits - 1)).to_string().len() as u64;
        let one = BigInt::from(1);
        let all: BigInt = (one << bits) - 1;
        let largest = all.to_string().len() as u64;
        assert!(low <= smallest && largest <= high, "{bits}");
    }
}
