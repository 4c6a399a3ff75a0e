//! How the code must look: module docs, no grab-bag files, atomics only through the facade, `unsafe` only where it is allowed.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for p in entries.filter_map(Result::ok).map(|e| e.path()) {
        let name = p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if p.is_dir() {
            if name != "target" && !name.starts_with('.') {
                sources(&p, out);
            }
        } else if name.ends_with(".rs") {
            out.push(p);
        }
    }
}

fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(root, &mut files);
    files
        .into_iter()
        .filter_map(|p| {
            let text = std::fs::read_to_string(&p).ok()?;
            let name = p.strip_prefix(root).ok()?.to_string_lossy().into_owned();
            Some((name, text))
        })
        .collect()
}

fn check(what: &str, bad: impl Fn(&str, &str) -> bool) {
    let found: Vec<String> = all().into_iter().filter(|(n, t)| bad(n, t)).map(|(n, _)| n).collect();
    assert!(found.is_empty(), "{what}: {found:#?}");
}

#[test]
fn every_file_says_what_lives_here() {
    check("files without a `//!` header", |_, t| !t.trim_start().starts_with("//!"));
}

#[test]
fn no_grab_bags() {
    check("grab-bag files", |n, _| {
        let stem = n.rsplit('/').next().unwrap_or(n).trim_end_matches(".rs");
        ["utils", "util", "misc", "common", "helpers", "helper"].contains(&stem)
    });
}

#[test]
fn atomics_come_from_the_facade() {
    let runtime = |n: &str| ["gc/", "objects/", "src/", "stdlib-native/"].iter().any(|p| n.starts_with(p));
    check("atomics not taken from sync::prim", |n, t| runtime(n) && !n.contains("tests") && t.contains("std::sync::atomic"));
}

#[test]
fn the_compiler_and_the_text_algorithms_are_safe() {
    let lib = |n: &str| n == "compiler/lib.rs" || n == "text/lib.rs" || n == "bytecode/lib.rs";
    check("crates that must forbid unsafe code", |n, t| lib(n) && !t.contains("#![forbid(unsafe_code)]"));
}

#[test]
fn nothing_is_left_unimplemented() {
    check("todo!() or unimplemented!()", |n, t| n != "tests/tidy.rs" && (t.contains("todo!(") || t.contains("unimplemented!(")));
}
