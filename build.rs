//! Packs the pure-Python standard library: compiles every module to our code format and lays them end to end for `include_bytes!`.
//!
//! Layout: `u32` count, then per module `u16` name length, name, `u8` flags (1 = package), `u32` offset and `u32` length of its code, then all codes.
//! Files that name another implementation are changed on the way; each substitution must match, so that an update cannot pass unnoticed.

use std::path::{Path, PathBuf};

/// Folders and modules that are not packed.
const LEFT_OUT: &[&str] = &[
    "idlelib",
    "tkinter",
    "turtledemo",
    "turtle.py",
    "ensurepip/_bundled",
    "_dummy_os.py",
    "_dummy_thread.py",
    "dummy_threading.py",
    "_pycodecs.py",
];

/// File, text to replace, replacement.
const SUBSTITUTIONS: &[(&str, &str, &str)] =
    &[("sysconfig/__init__.py", "return 'RustPython'", "return 'weft'"), ("platform.py", "\"RustPython\"", "\"weft\"")];

fn walk(root: &Path, at: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(at).map(|d| d.filter_map(Result::ok).map(|e| e.path()).collect()).unwrap_or_default();
    entries.sort();
    for p in entries {
        let rel = p.strip_prefix(root).unwrap_or(&p).to_string_lossy().into_owned();
        if LEFT_OUT.iter().any(|l| rel == *l || rel.starts_with(&format!("{l}/"))) {
            continue;
        }
        if p.is_dir() {
            walk(root, &p, out);
        } else if rel.ends_with(".py") {
            out.push(p);
        }
    }
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let root = PathBuf::from(rustpython_pylib::LIB_PATH);
    let mut files = Vec::new();
    walk(&root, &root, &mut files);
    let mut index = Vec::new();
    let mut body = Vec::new();
    let mut matched = vec![false; SUBSTITUTIONS.len()];
    for file in &files {
        let rel = file.strip_prefix(&root).unwrap_or(file).to_string_lossy().into_owned();
        let mut source = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{rel}: {e}"));
        for (n, (name, from, to)) in SUBSTITUTIONS.iter().enumerate() {
            if rel == *name && source.contains(from) {
                source = source.replace(from, to);
                matched[n] = true;
            }
        }
        let package = rel.ends_with("/__init__.py");
        let stem = rel.trim_end_matches(".py").trim_end_matches("/__init__");
        let module = stem.replace('/', ".");
        let options = compiler::Options::default();
        // A file that does not compile is a test fixture of the library, not a module.
        let Ok(compiled) = compiler::compile(&source, &format!("<frozen {module}>"), compiler::Mode::Exec, &options) else {
            println!("cargo::warning=not packed: {rel}");
            continue;
        };
        let start = body.len();
        bytecode::serialise::write_code(&mut body, &compiled.code);
        index.push((module, package, start, body.len() - start));
    }
    for ((name, from, _), matched) in SUBSTITUTIONS.iter().zip(&matched) {
        assert!(matched, "the substitution of {from:?} in {name} matches nothing any more");
    }
    let head: usize = 4 + index.iter().map(|(n, ..)| 2 + n.len() + 1 + 8).sum::<usize>();
    let mut out = Vec::with_capacity(head + body.len());
    out.extend_from_slice(&(index.len() as u32).to_le_bytes());
    for (name, package, start, len) in &index {
        out.extend_from_slice(&(name.len() as u16).to_le_bytes());
        out.extend_from_slice(name.as_bytes());
        out.push(u8::from(*package));
        out.extend_from_slice(&((head + start) as u32).to_le_bytes());
        out.extend_from_slice(&(*len as u32).to_le_bytes());
    }
    out.extend_from_slice(&body);
    let dir = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    std::fs::write(dir.join("library.bin"), out).expect("the output folder can be written");
}
