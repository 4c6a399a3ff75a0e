//! Expectations of the character database: digests over all of Unicode, and samples, from the reference interpreter.

use super::normalize::{Form, compose_pair, decomposition, is_normalized, normalize};
use super::*;
use crate::goldens::{cases, string_cases};
use crate::units::Units;

/// FNV-1a over the property's text for every code point, each followed by a newline.
fn digest(property: impl Fn(u32) -> String) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for c in 0..0x11_0000 {
        for b in property(c).bytes().chain([b'\n']) {
            hash = (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

fn hex(points: &[u32]) -> String {
    points.iter().map(|c| format!("{c:x}")).collect::<Vec<_>>().join(" ")
}

fn bit(b: bool) -> String {
    u8::from(b).to_string()
}

fn property(name: &str) -> Box<dyn Fn(u32) -> String> {
    let current = Database::Current;
    let old = Database::Old;
    let number = |v: Option<u32>| v.map_or("-".into(), |v| v.to_string());
    let form = |form: Form| move |c: u32| hex(&normalize(Database::Current, form, Units::Four(&[c])).unwrap_or_else(|| vec![c]));
    match name {
        "category" => Box::new(move |c| current.category(c).into()),
        "bidirectional" => Box::new(move |c| current.bidirectional(c).into()),
        "combining" => Box::new(move |c| current.combining(c).to_string()),
        "east_asian_width" => Box::new(move |c| current.east_asian_width(c).into()),
        "mirrored" => Box::new(move |c| bit(current.mirrored(c))),
        "decomposition" => Box::new(move |c| decomposition(current, c)),
        "decimal" => Box::new(move |c| number(decimal(c))),
        "digit" => Box::new(move |c| number(digit(c))),
        "numeric" => Box::new(|c| numeric(c).map_or("-".into(), crate::float_text::repr)),
        "name" => Box::new(|c| names::name(c).unwrap_or_default()),
        "old_category" => Box::new(move |c| old.category(c).into()),
        "old_bidirectional" => Box::new(move |c| old.bidirectional(c).into()),
        "old_combining" => Box::new(move |c| old.combining(c).to_string()),
        "old_decomposition" => Box::new(move |c| decomposition(old, c)),
        "old_numeric" => Box::new(move |c| old.numeric(c).map_or("-".into(), crate::float_text::repr)),
        "old_nfkc" => Box::new(move |c| hex(&normalize(old, Form::Nfkc, Units::Four(&[c])).unwrap())),
        "isalpha" => Box::new(|c| bit(is_alpha(c))),
        "isalnum" => Box::new(|c| bit(is_alnum(c))),
        "isdecimal" => Box::new(|c| bit(is_decimal(c))),
        "isdigit" => Box::new(|c| bit(is_digit(c))),
        "isnumeric" => Box::new(|c| bit(is_numeric(c))),
        "islower" => Box::new(|c| bit(is_lower(c))),
        "isupper" => Box::new(|c| bit(is_upper(c))),
        "istitle" => Box::new(|c| bit(is_title(c) || is_upper(c))),
        "isspace" => Box::new(|c| bit(is_space(c))),
        "isprintable" => Box::new(|c| bit(is_printable(c))),
        "isidentifier" => Box::new(|c| bit(is_identifier_start(c))),
        "continues" => Box::new(|c| bit(is_identifier_continue(c))),
        "breaks" => Box::new(|c| bit(is_line_break(c))),
        "lower" => Box::new(|c| hex(map_case(c, Case::Lower).as_slice())),
        "upper" => Box::new(|c| hex(map_case(c, Case::Upper).as_slice())),
        "title" => Box::new(|c| hex(map_case(c, Case::Title).as_slice())),
        "casefold" => Box::new(|c| hex(map_case(c, Case::Fold).as_slice())),
        "simple_lower" => Box::new(|c| simple_lower(c).to_string()),
        "NFC" => Box::new(form(Form::Nfc)),
        "NFD" => Box::new(form(Form::Nfd)),
        "NFKC" => Box::new(form(Form::Nfkc)),
        "NFKD" => Box::new(form(Form::Nfkd)),
        _ => panic!("{name}"),
    }
}

#[test]
fn whole_database() {
    for case in string_cases(include_str!("../goldens/unicode_digests.tsv")) {
        assert_eq!(digest(property(&case[0])), case[1], "{}", case[0]);
    }
}

#[test]
fn normal_forms() {
    for case in cases(include_str!("../goldens/unicode_normalize.tsv")) {
        let text = Units::Four(&case[0]);
        for (form, expected) in [Form::Nfc, Form::Nfd, Form::Nfkc, Form::Nfkd].into_iter().zip(&case[1..]) {
            let result = normalize(Database::Current, form, text).unwrap_or_else(|| text.to_vec());
            assert_eq!(&result, expected, "{form:?} {:x?}", case[0]);
            assert_eq!(is_normalized(Database::Current, form, text), expected == &case[0]);
        }
    }
    assert_eq!(compose_pair(0x41, 0x300), Some(0xc0));
}

#[test]
fn lookups() {
    for case in string_cases(include_str!("../goldens/unicode_lookup.tsv")) {
        let shown = match names::lookup(&case[0]) {
            None => "none".into(),
            Some(names::Named::Character(c)) => hex(&[c]),
            Some(names::Named::Sequence(points)) => hex(&points),
        };
        assert_eq!(shown, case[1], "{}", case[0]);
    }
    for c in (0..0x11_0000).step_by(37) {
        if let Some(name) = names::name(c) {
            assert_eq!(names::lookup(&name), Some(names::Named::Character(c)), "{name}");
        }
    }
}
