//! Expectations of conversions and comparisons between ints and floats, from the reference interpreter.

use super::*;
use crate::goldens::string_cases;

fn bits(text: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(text, 16).unwrap())
}

#[test]
fn like_reference() {
    let shown = |x: Option<f64>| x.map_or("OverflowError".into(), |x| format!("{:016x}", x.to_bits()));
    for case in string_cases(include_str!("../goldens/int_float.tsv")) {
        let a: BigInt = case[1].parse().unwrap();
        match case[0].as_str() {
            "float" => assert_eq!(shown(big_to_f64(&a)), case[2], "{case:?}"),
            "divide" => {
                let b: BigInt = case[2].parse().unwrap();
                assert_eq!(shown(true_divide(&a, &b)), case[3], "{case:?}");
                if let (Some(a), Some(b)) = (a.to_i64(), b.to_i64()) {
                    assert_eq!(shown(Some(true_divide_i64(a, b))), case[3], "{case:?}");
                }
            }
            "compare" => {
                let x = bits(&case[2]);
                let order = compare_big(&a, x).map_or("nan".into(), |o| (o as i8).to_string());
                assert_eq!(order, case[3], "{case:?}");
                if let Some(small) = a.to_i64() {
                    assert_eq!(compare_i64(small, x), compare_big(&a, x), "{case:?}");
                }
            }
            "int" => {
                let x = bits(&case[2]);
                assert_eq!(float_to_int(x), Some(Int::from(a.clone())), "{case:?}");
                let (numerator, denominator) = integer_ratio(x);
                assert_eq!(format!("{numerator}/{denominator}"), case[3]);
            }
            _ => unreachable!(),
        }
    }
    assert_eq!(float_to_int(f64::INFINITY), None);
    assert_eq!(float_to_int(f64::NAN), None);
}
