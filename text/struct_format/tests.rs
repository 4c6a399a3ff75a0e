//! Expectations of struct formats, from the reference interpreter.

use super::*;
use crate::goldens::{bytes, string_cases};

#[test]
fn layouts() {
    for case in string_cases(include_str!("../goldens/struct_layout.tsv")) {
        let shown = match Struct::parse(case[0].as_bytes()) {
            Ok(s) => format!("{} {}", s.size, s.len),
            Err(message) => message.into(),
        };
        assert_eq!(shown, case[1], "{}", case[0]);
    }
}

#[test]
fn numbers() {
    for case in string_cases(include_str!("../goldens/struct_pack.tsv")) {
        let parsed = Struct::parse(case[0].as_bytes()).unwrap();
        let (code, _, size) = parsed.values().next().unwrap();
        let mut out = vec![0; size];
        let result = match code.kind {
            Kind::Float => {
                let value = f64::from_bits(u64::from_str_radix(&case[1], 16).unwrap());
                code.pack_float(value, &mut out)
            }
            _ => code.pack_int(case[1].parse().unwrap(), &mut out).ok_or_else(|| code.range_message()),
        };
        match result {
            Err(message) => assert_eq!(message, case[2]),
            Ok(()) => {
                assert_eq!(out, bytes(&case[2]), "{case:?}");
                let back = match code.kind {
                    Kind::Float => format!("{:016x}", code.unpack_float(&out).to_bits()),
                    _ => code.unpack_int(&out).to_string(),
                };
                assert_eq!(back, case[3], "{case:?}");
            }
        }
    }
}

#[test]
fn byte_strings() {
    let mut out = [9u8; 4];
    pack_bytes(b"ab", &mut out);
    assert_eq!(&out, b"ab\0\0");
    pack_pascal(b"abcdef", &mut out);
    assert_eq!(&out, b"\x03abc");
    assert_eq!(unpack_pascal(&out), b"abc");
    assert_eq!(unpack_pascal(b"\xffab"), b"ab");
    assert_eq!(unpack_pascal(b""), b"");
}
