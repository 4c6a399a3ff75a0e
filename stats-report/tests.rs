//! Unit tests: the file form comes back, merging adds, the Markdown has what it says.

use crate::{Report, section};

fn sample() -> Report {
    let mut r = Report::new();
    r.meta.insert("version".into(), "1 \"x\"\n".into());
    r.add(section::EXECUTION, "Add", 1200);
    r.add(section::EXECUTION, "LoadAttr", 800);
    r.add(section::PAIRS, "Add LoadAttr", 799);
    r.add(section::SPECIALIZATION, "LoadAttr hit", 700);
    r.add(section::MISSES, "LoadAttr", 100);
    r.add(section::RARE, "nothing", 0);
    r
}

#[test]
fn json_comes_back() {
    let r = sample();
    assert_eq!(Report::from_json(&r.to_json()), Ok(r));
}

#[test]
fn other_json_is_read_or_refused() {
    let text = r#" {"other": [1, {"a": null}], "meta": {"pid": 12, "s": "\u00e9\ud83d\ude00"}, "counters": {"S": {}, "T": {"a": 3}}} "#;
    let r = Report::from_json(text).unwrap_or_default();
    assert_eq!(r.meta.get("pid").map(String::as_str), Some("12"));
    assert_eq!(r.meta.get("s").map(String::as_str), Some("é😀"));
    assert_eq!(r.get("T", "a"), 3);
    for bad in ["", "[]", "{", "{\"counters\": {\"S\": {\"a\": -1}}}", "{} x", "{\"counters\": {\"S\": {\"a\": \"1\"}}}", "{\"a\": }"] {
        assert!(Report::from_json(bad).is_err(), "{bad}");
    }
    let deep = format!("{{\"a\": {}", "[".repeat(100_000));
    assert!(Report::from_json(&deep).is_err());
}

#[test]
fn merging_adds() {
    let mut all = Report::new();
    all.merge(&sample());
    let mut other = sample();
    other.meta.insert("version".into(), "2".into());
    all.merge(&other);
    assert_eq!(all.get(section::EXECUTION, "Add"), 2400);
    assert!(all.meta.is_empty());
}

#[test]
fn markdown_has_the_tables() {
    let text = sample().to_markdown();
    assert!(text.contains("| Add | 1,200 | 60.0% | 60.0% |  |"), "{text}");
    assert!(text.contains("| LoadAttr | 800 | 40.0% | 100.0% | 12.5% |"), "{text}");
    assert!(text.contains("## Specialization effectiveness"));
}
