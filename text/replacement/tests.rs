//! Expectations of `str.format` templates, from `_string` of the reference interpreter.

use super::*;
use crate::goldens::string_cases;

#[test]
fn pieces() {
    for case in string_cases(include_str!("../goldens/format_parser.tsv")) {
        let units: Vec<u32> = case[0].chars().map(|c| c as u32).collect();
        let text = |r: Range<usize>| Units::Four(&units[r]).to_string_lossy();
        let mut shown = Vec::new();
        for piece in Template::new(Units::Four(&units), 0..units.len()) {
            match piece {
                Err(message) => shown.push(format!("ValueError: {message}")),
                Ok(Piece { literal, field: None }) => shown.push(format!("{}|-", text(literal))),
                Ok(Piece { literal, field: Some(f) }) => {
                    let conversion = f.conversion.map_or("None".into(), |c| char::from_u32(c).unwrap().to_string());
                    shown.push(format!("{}|{}|{}|{}", text(literal), text(f.name), text(f.spec), conversion));
                }
            }
        }
        assert_eq!(shown, case[1..], "{}", case[0]);
    }
}

#[test]
fn names() {
    for case in string_cases(include_str!("../goldens/field_name_split.tsv")) {
        let units: Vec<u32> = case[0].chars().map(|c| c as u32).collect();
        let text = |r: Range<usize>| Units::Four(&units[r]).to_string_lossy();
        let mut shown = Vec::new();
        match split_field_name(Units::Four(&units), 0..units.len()) {
            Err(message) => shown.push(format!("ValueError: {message}")),
            Ok((first, path)) => {
                shown.push(match first {
                    First::Auto => "str:".into(),
                    First::Index(index) => format!("int:{index}"),
                    First::Name(range) => format!("str:{}", text(range)),
                });
                shown.extend(path.map(|step| match step {
                    Ok(Step::Attribute(range)) => format!("attr str:{}", text(range)),
                    Ok(Step::Index(index)) => format!("item int:{index}"),
                    Ok(Step::Key(range)) => format!("item str:{}", text(range)),
                    Err(message) => format!("ValueError: {message}"),
                }));
            }
        }
        assert_eq!(shown, case[1..], "{}", case[0]);
    }
}

#[test]
fn numbering() {
    let mut auto = AutoNumber::default();
    assert_eq!(auto.resolve(&First::Auto), Ok(Some(0)));
    assert_eq!(auto.resolve(&First::Name(0..1)), Ok(None));
    assert_eq!(auto.resolve(&First::Auto), Ok(Some(1)));
    assert!(auto.resolve(&First::Index(0)).unwrap_err().starts_with("cannot switch from automatic"));
}
