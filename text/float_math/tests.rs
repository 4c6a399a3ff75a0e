//! Expectations of float arithmetic, from the reference interpreter.

use super::*;
use crate::goldens::string_cases;

fn bits(text: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(text, 16).unwrap())
}

fn show(x: f64) -> String {
    if x.is_nan() { "nan".into() } else { format!("{:016x}", x.to_bits()) }
}

#[test]
fn like_reference() {
    for case in string_cases(include_str!("../goldens/float_arithmetic.tsv")) {
        let (x, y) = (bits(&case[0]), bits(&case[1]));
        let power = match pow(x, y) {
            Ok(value) => show(value),
            Err(PowError::ZeroToNegative) => "ZeroDivisionError".into(),
            Err(PowError::Overflow) => "OverflowError".into(),
            Err(PowError::Complex) => "complex".into(),
        };
        assert_eq!(power, case[2], "{x} ** {y}");
        if y != 0.0 {
            let (quotient, rest) = div_rem(x, y);
            assert_eq!((show(quotient), show(rest)), (case[3].clone(), case[4].clone()), "divmod({x}, {y})");
            assert_eq!(show(remainder(x, y)), case[4]);
        }
    }
}
