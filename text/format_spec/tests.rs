//! Expectations of `format()`, from the reference interpreter.

use super::layout::LimitedBigInt;
use super::*;
use crate::builder::StrBuilder;
use crate::goldens::string_cases;

fn show(result: Result<(), FormatError>, out: &StrBuilder) -> String {
    match result {
        Ok(()) => out.to_string_lossy(),
        Err(FormatError::Value(m)) => format!("ValueError: {m}"),
        Err(FormatError::Overflow(m)) => format!("OverflowError: {m}"),
    }
}

fn units(text: &str) -> Vec<u32> {
    text.chars().map(|c| c as u32).collect()
}

#[test]
fn like_reference() {
    for case in string_cases(include_str!("../goldens/format.tsv")) {
        let [kind, value, spec, expected] = &case[..] else { panic!("{case:?}") };
        let spec_units = units(spec);
        let spec_units = Units::Four(&spec_units);
        let locale = NumericLocale::C;
        let mut out = StrBuilder::new();
        let number = |text: &str| text.parse::<f64>().unwrap();
        let result = match kind.as_str() {
            "str" => format_str(&mut out, Units::Four(&units(value)), spec_units),
            "int" => match value.parse::<i64>() {
                Ok(small) => format_int(&mut out, &small, spec_units, "int", locale),
                Err(_) => {
                    let big = value.parse().unwrap();
                    format_int(&mut out, &LimitedBigInt { value: &big, max_digits: 4300 }, spec_units, "int", locale)
                }
            },
            "float" => format_float(&mut out, number(value), spec_units, "float", locale),
            "complex" => {
                let (re, im) = value.split_once(' ').unwrap();
                format_complex(&mut out, (number(re), number(im)), spec_units, "complex", locale)
            }
            _ => unreachable!(),
        };
        assert_eq!(&show(result, &out), expected, "format({kind} {value}, {spec:?})");
    }
}

#[test]
fn locale() {
    let locale = NumericLocale { decimal_point: ",", thousands_sep: ".", grouping: &[3, 2, 0] };
    let show = |spec: &str, value: f64| {
        let mut out = StrBuilder::new();
        format_float(&mut out, value, Units::One(spec.as_bytes()), "float", locale).unwrap();
        out.to_string_lossy()
    };
    assert_eq!(show(".12n", 123456789.25), "12.34.56.789,25");
    assert_eq!(show("020.12n", 123456789.25), "0.00.12.34.56.789,25");
    let once = Grouping { separator: ",", sizes: &[3, 127] };
    assert_eq!(group_digits_of("1234567890", once), "1234567,890");
}

fn group_digits_of(digits: &str, grouping: Grouping<'_>) -> String {
    super::layout::group_digits(digits, grouping, 0)
}
