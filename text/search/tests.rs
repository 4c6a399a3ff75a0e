//! Searching against the obvious definition, and the two-way path on hostile inputs.

use super::*;

fn naive(haystack: &[u16], needle: &[u16]) -> Vec<usize> {
    (0..=haystack.len().saturating_sub(needle.len())).filter(|&i| haystack[i..].starts_with(needle)).collect()
}

/// A small deterministic generator.
fn random(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*state >> 33) as usize
}

#[test]
fn like_the_definition() {
    let mut state = 1;
    for _ in 0..20_000 {
        let letters = 1 + random(&mut state) % 3;
        let make = |state: &mut u64, len: usize| -> Vec<u16> { (0..len).map(|_| 300 + (random(state) % letters) as u16).collect() };
        let (n, m) = (random(&mut state) % 40, random(&mut state) % 6);
        let (haystack, needle) = (make(&mut state, n), make(&mut state, m));
        let places = naive(&haystack, &needle);
        assert_eq!(find(&haystack, &needle), places.first().copied());
        assert_eq!(rfind(&haystack, &needle), places.last().copied());
        if !needle.is_empty() {
            assert_eq!(TwoWay::new(&needle).find(&haystack, 0), places.first().copied());
            let mut end = 0;
            let disjoint = places
                .iter()
                .filter(|&&p| {
                    p >= end && {
                        end = p + needle.len();
                        true
                    }
                })
                .count();
            assert_eq!(count(&haystack, &needle), disjoint);
        }
        let narrow = |v: &[u16]| v.iter().map(|&c| (c - 300) as u8).collect::<Vec<u8>>();
        assert_eq!(find(&narrow(&haystack), &narrow(&needle)), places.first().copied());
        assert_eq!(rfind(&narrow(&haystack), &narrow(&needle)), places.last().copied());
    }
}

#[test]
fn hostile_inputs_are_linear() {
    let haystack = vec![0x100u16; 400_000];
    let mut needle = vec![0x100u16; 100_000];
    needle[50_000] = 0x101;
    assert_eq!(find(&haystack, &needle), None);
    assert_eq!(rfind(&haystack, &needle), None);
}

#[test]
fn widths() {
    assert_eq!(find_units(Units::Two(&[0x100, 0x61]), Units::One(b"a")), Some(1));
    assert_eq!(find_units(Units::One(b"abc"), Units::Two(&[0x100])), None);
    assert_eq!(count_units(Units::Four(&[1, 2, 1]), Units::One(&[1])), 2);
    let text = replace_units(Units::One(b"a-b-c"), Units::One(b"-"), Units::Two(&[0x20ac]), 1).unwrap();
    assert_eq!(text.units(), Units::Two(&[0x61, 0x20ac, 0x62, 0x2d, 0x63]));
    let text = replace_units(Units::Two(&[0x61, 0x20ac]), Units::Two(&[0x20ac]), Units::One(b"b"), 9).unwrap();
    assert_eq!(text, crate::builder::Text::Ascii(b"ab".to_vec()));
    assert_eq!(replace(b"ab".as_slice(), b"", b"-", 2), Some(b"-a-b".to_vec()));
    assert_eq!(replace(b"ab".as_slice(), b"", b"-", 9), Some(b"-a-b-".to_vec()));
    assert!(starts_with(Units::Two(&[0x61, 0x100]), Units::One(b"a")));
    assert!(!ends_with(Units::One(b"a"), Units::One(b"aa")));
}

#[test]
fn ranges() {
    assert_eq!(clip_range(None, None, 3), Some((0, 3)));
    assert_eq!(clip_range(Some(-2), Some(-1), 3), Some((1, 2)));
    assert_eq!(clip_range(Some(4), None, 3), None);
    assert_eq!(clip_range(Some(3), Some(99), 3), Some((3, 3)));
}
