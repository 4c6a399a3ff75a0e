//! Expectations of hexadecimal and int conversions of bytes, from the reference interpreter.

use super::*;
use crate::goldens::{bytes, string_cases};

#[test]
fn like_reference() {
    for case in string_cases(include_str!("../goldens/bytes_text.tsv")) {
        let result = match case[0].as_str() {
            "hex" => String::from_utf8(to_hex(&bytes(&case[1]), Some(b':'), case[2].parse().unwrap())).unwrap(),
            "fromhex" => match from_hex(Units::One(case[1].as_bytes())) {
                Ok(out) => String::from_utf8(to_hex(&out, None, 0)).unwrap(),
                Err(e) => e.message(),
            },
            "to_bytes" => {
                let options: Vec<usize> = case[2].split(' ').map(|o| o.parse().unwrap()).collect();
                match int_to_bytes(&case[1].parse().unwrap(), options[0], options[1] == 1, options[2] == 1) {
                    Ok(out) => String::from_utf8(to_hex(&out, None, 0)).unwrap(),
                    Err(e) => e.message().into(),
                }
            }
            "from_bytes" => {
                let options: Vec<usize> = case[2].split(' ').map(|o| o.parse().unwrap()).collect();
                BigInt::from(int_from_bytes(&bytes(&case[1]), options[0] == 1, options[1] == 1)).to_string()
            }
            _ => unreachable!(),
        };
        assert_eq!(result, case[3], "{case:?}");
    }
}
