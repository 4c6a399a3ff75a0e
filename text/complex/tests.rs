//! Expectations of complex arithmetic, from the reference interpreter.

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
    for case in string_cases(include_str!("../goldens/complex_arithmetic.tsv")) {
        let parts: Vec<f64> = case[1..5].iter().map(|t| bits(t)).collect();
        let (a, b) = (complex(parts[0], parts[1]), complex(parts[2], parts[3]));
        let result = match case[0].as_str() {
            "+" => Ok(a.add(b)),
            "-" => Ok(a.sub(b)),
            "*" => Ok(a.mul(b)),
            "/" => a.div(b),
            "**" => a.pow(b),
            "c+r" => Ok(a.add_real(b.real)),
            "c-r" => Ok(a.sub_real(b.real)),
            "r-c" => Ok(Complex::real_sub(a.real, b)),
            "c*r" => Ok(a.mul_real(b.real)),
            "c/r" => a.div_real(b.real),
            "r/c" => Complex::real_div(a.real, b),
            "abs" => a.abs().map(|x| complex(x, 0.0)),
            _ => unreachable!(),
        };
        let shown = match result {
            Ok(z) => format!("{} {}", show(z.real), show(z.imag)),
            Err(ComplexError::DivisionByZero) => "ZeroDivisionError".into(),
            Err(ComplexError::Overflow) => "OverflowError".into(),
        };
        assert_eq!(shown, case[5], "{} {a:?} {b:?}", case[0]);
    }
}
