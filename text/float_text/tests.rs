//! Expectations of float text, from the reference interpreter.

use super::*;
use crate::goldens::string_cases;

fn bits(text: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(text, 16).unwrap())
}

#[test]
fn repr_and_back() {
    for case in string_cases(include_str!("../goldens/float_repr.tsv")) {
        let x = bits(&case[0]);
        assert_eq!(repr(x), case[1]);
        assert_eq!(hex(x), case[2]);
        if x.is_finite() {
            assert_eq!(parse(case[1].as_bytes()), Some(x));
            assert_eq!(from_hex(case[2].as_bytes()), Ok(x));
        }
    }
}

#[test]
fn rounding() {
    for case in string_cases(include_str!("../goldens/float_round.tsv")) {
        let x = bits(&case[0]);
        let expected = if case[2] == "overflow" { None } else { Some(bits(&case[2]).to_bits()) };
        assert_eq!(round_to(x, case[1].parse().unwrap()).map(f64::to_bits), expected, "{x} {}", case[1]);
    }
}

#[test]
fn parsing() {
    for case in string_cases(include_str!("../goldens/float_parse.tsv")) {
        let expected = if case[1] == "error" { None } else { Some(bits(&case[1]).to_bits()) };
        assert_eq!(parse(case[0].as_bytes()).map(f64::to_bits), expected, "{}", case[0]);
    }
}

#[test]
fn hexadecimal() {
    for case in string_cases(include_str!("../goldens/float_fromhex.tsv")) {
        let expected = match case[1].as_str() {
            "ValueError" => Err(HexError::Invalid),
            "OverflowError" => Err(HexError::TooLarge),
            value => Ok(bits(value).to_bits()),
        };
        assert_eq!(from_hex(case[0].as_bytes()).map(f64::to_bits), expected, "{}", case[0]);
    }
}

#[test]
fn complex_parsing() {
    for case in string_cases(include_str!("../goldens/complex_parse.tsv")) {
        let shown = match parse_complex(case[0].as_bytes()) {
            None => "error".into(),
            Some((re, im)) => format!("{:016x} {:016x}", re.to_bits(), im.to_bits()),
        };
        assert_eq!(shown, case[1], "{}", case[0]);
    }
}
