//! Expectations of regular expressions, from the reference interpreter: its compiled patterns, run here.

use std::convert::Infallible;

use super::*;
use crate::goldens::cases;
use crate::units::Units;

fn show(found: &Option<Match>) -> String {
    let Some(found) = found else { return "none".into() };
    let mut out = format!("{}-{}", found.start, found.end);
    for group in &found.groups {
        out.push_str(&group.map_or(" x".into(), |(a, b)| format!(" {a}-{b}")));
    }
    out.push_str(&format!(" last {}", found.last_group.map_or("None".into(), |g| g.to_string())));
    out
}

fn execute<U: Unit>(program: &Program, text: &[U], span: Span, mode: Mode) -> Option<Match> {
    let result: Result<_, Infallible> = program.execute(text, span, mode, &Locale::C, || Ok(()));
    result.unwrap_or_else(|e| match e {})
}

/// As `finditer`: all matches, without empty ones where the last one ended.
fn all<U: Unit>(program: &Program, text: &[U], mut span: Span) -> Vec<Option<Match>> {
    let mut out = Vec::new();
    while let Some(found) = execute(program, text, span, Mode::Search) {
        span = Span { start: found.end, must_advance: found.end == found.start, ..span };
        out.push(Some(found));
    }
    out
}

fn run<U: Unit>(program: &Program, text: &[U], span: Span, mode: &str) -> String {
    match mode {
        "match" => show(&execute(program, text, span, Mode::Match)),
        "fullmatch" => show(&execute(program, text, span, Mode::FullMatch)),
        "search" => show(&execute(program, text, span, Mode::Search)),
        _ => all(program, text, span).iter().map(show).collect::<Vec<_>>().join("; "),
    }
}

fn check(file: &str) {
    let mut program = None;
    for case in cases(file) {
        let field = |i: usize| Units::Four(&case[i]).to_string_lossy();
        if field(0) == "pattern" {
            let code = field(3).split_whitespace().map(|w| u32::from_str_radix(w, 16).unwrap()).collect();
            let compiled = Program::new(code, field(2).parse().unwrap());
            program = Some((field(1), compiled.unwrap_or_else(|_| panic!("{} is valid", field(1)))));
            continue;
        }
        let (pattern, program) = program.as_ref().unwrap();
        let text = &case[1];
        let span = Span { start: field(2).parse().unwrap(), end: field(3).parse().unwrap(), must_advance: false };
        let what = format!("{} {pattern:?} on {:?} {span:?}", field(0), field(1));
        assert_eq!(run(program, text, span, &field(0)), field(4), "{what}");
        let largest = text.iter().copied().max().unwrap_or(0);
        if largest < 0x100 {
            let narrow: Vec<u8> = text.iter().map(|&c| c as u8).collect();
            assert_eq!(run(program, &narrow, span, &field(0)), field(4), "narrow {what}");
        } else if largest < 0x10000 {
            let narrow: Vec<u16> = text.iter().map(|&c| c as u16).collect();
            assert_eq!(run(program, &narrow, span, &field(0)), field(4), "narrow {what}");
        }
    }
}

#[test]
fn like_reference() {
    check(include_str!("../goldens/sre.tsv"));
}

#[test]
fn like_reference_in_a_larger_set() {
    // Set by whoever wants to compare more than the repository holds.
    if let Ok(path) = std::env::var("WEFT_SRE_CASES") {
        check(&std::fs::read_to_string(path).unwrap());
    }
}

#[test]
fn corrupt_code_is_refused_or_harmless() {
    let mut state = 5u64;
    let mut random = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as u32
    };
    let mut accepted = 0;
    let file = include_str!("../goldens/sre.tsv");
    for case in cases(file).iter().filter(|c| Units::Four(&c[0]).to_string_lossy() == "pattern") {
        let field = |i: usize| Units::Four(&case[i]).to_string_lossy();
        let code: Vec<u32> = field(3).split_whitespace().map(|w| u32::from_str_radix(w, 16).unwrap()).collect();
        let groups = field(2).parse().unwrap();
        for _ in 0..20 {
            let mut code = code.clone();
            for _ in 0..1 + random() % 3 {
                let at = random() as usize % code.len();
                code[at] = match random() % 3 {
                    0 => random() % 50,
                    1 => code[at].wrapping_add(1).wrapping_sub(random() % 3),
                    _ => random(),
                };
            }
            if let Ok(program) = Program::new(code, groups) {
                accepted += 1;
                let mut polls = 0;
                let poll = || {
                    polls += 1;
                    if polls > 20 { Err(()) } else { Ok(()) }
                };
                let span = Span { start: 0, end: 100, must_advance: false };
                let _ = program.execute(b"abcabc aab\nAB0 xyz".as_slice(), span, Mode::Search, &Locale::C, poll);
            }
        }
    }
    assert!(accepted > 100);
}

#[test]
fn interruption() {
    // (?:a|a)*b
    let file = include_str!("../goldens/sre.tsv");
    let case = cases(file).into_iter().find(|c| Units::Four(&c[1]).to_string_lossy() == "(?:a|aa)*b").expect("in the golden");
    let field = |i: usize| Units::Four(&case[i]).to_string_lossy();
    let code = field(3).split_whitespace().map(|w| u32::from_str_radix(w, 16).unwrap()).collect();
    let program = Program::new(code, 0).unwrap();
    let mut polls = 0;
    let poll = || {
        polls += 1;
        if polls == 10 { Err("interrupted") } else { Ok(()) }
    };
    let text = [b'a'; 200];
    let span = Span { start: 0, end: 200, must_advance: false };
    assert_eq!(program.execute(&text, span, Mode::Match, &Locale::C, poll), Err("interrupted"));
}
