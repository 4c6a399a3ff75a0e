//! Expectations of the math module, from the reference interpreter.

use super::sums::{FloatSumProduct, Fsum, FsumError, norm};
use super::*;
use crate::goldens::string_cases;

fn bits(text: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(text, 16).unwrap())
}

/// Whether two values differ by at most `steps` units in the last place.
fn close(a: f64, b: f64, steps: u64) -> bool {
    (a.is_nan() && b.is_nan()) || (a.to_bits() == b.to_bits()) || rank(a).abs_diff(rank(b)) <= steps
}

#[test]
fn unary_functions() {
    for case in string_cases(include_str!("../goldens/math_unary.tsv")) {
        let (_, function) = Unary::ALL.iter().find(|f| f.0 == case[0]).unwrap();
        let x = bits(&case[1]);
        let result = function.call(x);
        match &result {
            Err(MathError::Domain(message)) => assert_eq!(&format!("ValueError: {message}"), &case[2], "{case:?}"),
            Err(MathError::Range) => assert_eq!(format!("OverflowError: {RANGE_ERROR}"), case[2], "{case:?}"),
            Ok(value) => {
                assert!(!case[2].contains("Error"), "{case:?} {value}");
                // The C library of the machine may round its last bit differently.
                assert!(close(*value, bits(&case[2]), 3), "{case:?} {x} {value} {}", bits(&case[2]));
            }
        }
    }
}

#[test]
fn binary_functions() {
    for case in string_cases(include_str!("../goldens/math_binary.tsv")) {
        let (x, y) = (bits(&case[1]), bits(&case[2]));
        let result = match case[0].as_str() {
            "fmod" => fmod(x, y),
            "remainder" => remainder(x, y),
            "pow" => pow(x, y),
            "nextafter" => Ok(next_after(x, y, 1)),
            "nextafter3" => Ok(next_after(x, y, 3)),
            "hypot" => Ok(norm(&mut [x, y])),
            "ldexp" => ldexp(x, y as i64),
            _ => unreachable!(),
        };
        let shown = match result {
            Err(MathError::Domain(message)) => format!("ValueError: {message}"),
            Err(MathError::Range) => format!("OverflowError: {RANGE_ERROR}"),
            Ok(value) if value.is_nan() => "nan".into(),
            Ok(value) => format!("{:016x}", value.to_bits()),
        };
        assert_eq!(shown, case[3], "{}({x:e}, {y:e})", case[0]);
    }
}

#[test]
fn sums() {
    for case in string_cases(include_str!("../goldens/math_sums.tsv")) {
        let mut values: Vec<f64> = case[1].split_whitespace().map(bits).collect();
        let shown = |x: f64| if x.is_nan() { "nan".into() } else { format!("{:016x}", x.to_bits()) };
        let result = match case[0].as_str() {
            "fsum" => {
                let mut sum = Fsum::default();
                match values.iter().try_for_each(|&x| sum.add(x)).and_then(|()| sum.finish()) {
                    Ok(x) => shown(x),
                    Err(FsumError::Overflow) => "OverflowError".into(),
                    Err(FsumError::OppositeInfinities) => "ValueError".into(),
                }
            }
            "hypot" => shown(norm(&mut values)),
            "sumprod" => {
                let mut sum = FloatSumProduct::default();
                values.chunks(2).for_each(|pair| sum.add(pair[0], pair[1]));
                shown(sum.finish())
            }
            _ => unreachable!(),
        };
        assert_eq!(result, case[2], "{case:?}");
    }
}

#[test]
fn small_things() {
    assert_eq!(ulp(1.0), f64::EPSILON);
    assert_eq!(ulp(f64::MAX), 1.99584030953472e+292);
    assert_eq!(ulp(0.0), 5e-324);
    assert_eq!(frexp(-2.5), (-0.625, 2));
    assert_eq!(modf(-2.5), (-0.5, -2.0));
    assert!(modf(-2.0).0.is_sign_negative());
    assert!(is_close(1.0, 1.0 + 1e-10, 1e-9, 0.0));
    assert!(!is_close(1.0, 1.1, 1e-9, 0.0));
    let big = BigInt::from(10).pow(400);
    assert_eq!(log_big(Unary::Log, &big), 921.0340371976182);
    assert_eq!(log_big(Unary::Log10, &big), 400.0);
    assert_eq!(fma(2.0, 3.0, 1.0), Ok(7.0));
}
