//! Expectations of the cmath module, from the reference interpreter.

use super::*;
use crate::goldens::string_cases;

fn bits(text: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(text, 16).unwrap())
}

/// Whether two parts are alike, signs of zeros included; the C library may round its last bits differently.
fn alike(a: f64, b: f64) -> bool {
    if a.is_nan() || b.is_nan() {
        return a.is_nan() && b.is_nan();
    }
    if a == 0.0 || b == 0.0 || a.is_infinite() || b.is_infinite() {
        return a.to_bits() == b.to_bits();
    }
    (a - b).abs() <= 1e-14 * b.abs()
}

#[test]
fn like_reference() {
    for case in string_cases(include_str!("../goldens/cmath.tsv")) {
        let z = complex(bits(&case[1]), bits(&case[2]));
        let result = match case[0].as_str() {
            "acos" => acos(z),
            "acosh" => acosh(z),
            "asin" => asin(z),
            "asinh" => asinh(z),
            "atan" => atan(z),
            "atanh" => atanh(z),
            "cos" => cos(z),
            "cosh" => cosh(z),
            "exp" => exp(z),
            "log" => log(z),
            "log10" => log10(z),
            "sin" => sin(z),
            "sinh" => sinh(z),
            "sqrt" => sqrt(z),
            "tan" => tan(z),
            "tanh" => tanh(z),
            "rect" => rect(z.real, z.imag),
            "polar" => polar(z).map(|(r, phi)| complex(r, phi)),
            _ => unreachable!(),
        };
        match result {
            Err(CmathError::Domain) => assert_eq!("ValueError", case[3], "{case:?} {z:?}"),
            Err(CmathError::Range) => assert_eq!("OverflowError", case[3], "{case:?} {z:?}"),
            Ok(value) => {
                assert!(case.len() > 4, "{case:?} {z:?} gave {value:?}");
                let (real, imag) = (bits(&case[3]), bits(&case[4]));
                let same = alike(value.real, real) && alike(value.imag, imag);
                assert!(same, "{}({z:?}) gave {value:?}, not {real} {imag}", case[0]);
            }
        }
    }
}
