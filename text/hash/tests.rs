//! Expectations of hashes, from the reference interpreter.

use super::*;
use crate::goldens::{cases, string_cases};

#[test]
fn numbers() {
    for case in string_cases(include_str!("../goldens/hash_numbers.tsv")) {
        let expected: i64 = case[2].parse().unwrap();
        let hash = match case[0].as_str() {
            "int" => {
                let value: BigInt = case[1].parse().unwrap();
                if let Ok(small) = i64::try_from(&value) {
                    assert_eq!(hash_i64(small), expected, "{}", case[1]);
                }
                hash_big(&value)
            }
            "float" => hash_f64(f64::from_bits(u64::from_str_radix(&case[1], 16).unwrap())).unwrap(),
            "tuple" => hash_tuple(case[1].split_whitespace().map(|h| h.parse().unwrap())),
            "frozenset" => hash_frozenset(case[1].split_whitespace().map(|h| h.parse().unwrap())),
            "slice" => {
                let mut hasher = TupleHasher::default();
                case[1].split_whitespace().for_each(|h| hasher.add(h.parse().unwrap()));
                hasher.finish_slice()
            }
            "complex" => {
                let parts: Vec<i64> = case[1].split_whitespace().map(|h| h.parse().unwrap()).collect();
                hash_complex(parts[0], parts[1])
            }
            _ => unreachable!(),
        };
        assert_eq!(hash, expected, "{case:?}");
    }
}

#[test]
fn strings() {
    for case in cases(include_str!("../goldens/hash_strings.tsv")) {
        let text = |i: usize| crate::units::Units::Four(&case[i]).to_string_lossy();
        let key = HashKey::from_seed(text(0).parse().unwrap());
        let units = &case[1];
        let largest = units.iter().copied().max().unwrap_or(0);
        let hash = if largest < 0x100 {
            key.hash_bytes(&units.iter().map(|&c| c as u8).collect::<Vec<_>>())
        } else if largest < 0x10000 {
            key.hash_ucs2(&units.iter().map(|&c| c as u16).collect::<Vec<_>>())
        } else {
            key.hash_ucs4(units)
        };
        assert_eq!(hash.to_string(), text(2), "{units:x?}");
    }
}
