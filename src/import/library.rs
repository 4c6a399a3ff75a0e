//! The packed library inside the executable: an index of module names, their code in serialised form and their sources.

use objects::types::code;
use std::collections::HashMap;
use std::sync::LazyLock;

static PACK: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));

/// A module of the library, or a file that modules read.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Whether it is a package.
    pub package: bool,
    /// Whether it is not a module.
    pub data: bool,
    code: (u32, u32),
    source: (u32, u32),
    source_len: u32,
}

static INDEX: LazyLock<HashMap<&'static str, Entry>> = LazyLock::new(|| read_index().unwrap_or_default());

fn read_index() -> Option<HashMap<&'static str, Entry>> {
    let word = |at: usize| PACK.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let n = word(0)? as usize;
    let mut map = HashMap::with_capacity(n);
    let mut at = 4;
    for _ in 0..n {
        let len = u16::from_le_bytes(PACK.get(at..at + 2)?.try_into().ok()?) as usize;
        let name = std::str::from_utf8(PACK.get(at + 2..at + 2 + len)?).ok()?;
        at += 2 + len;
        let flags = *PACK.get(at)?;
        let number = |i: usize| word(at + 1 + 4 * i);
        let entry = Entry {
            package: flags & 1 != 0,
            data: flags & 2 != 0,
            code: (number(0)?, number(1)?),
            source: (number(2)?, number(3)?),
            source_len: number(4)?,
        };
        map.insert(name, entry);
        at += 21;
    }
    Some(map)
}

/// Modules that start-up needs before there are paths, or that CPython freezes too: they are found by `FrozenImporter`, and their file name is
/// `<frozen name>`.
const FROZEN: &[&str] = &[
    "_collections_abc",
    "_packed_library",
    "_sitebuiltins",
    "abc",
    "codecs",
    "encodings",
    "encodings.aliases",
    "encodings.utf_8",
    "genericpath",
    "importlib",
    "importlib._bootstrap",
    "importlib._bootstrap_external",
    "importlib.machinery",
    "importlib.util",
    "io",
    "linecache",
    "ntpath",
    "os",
    "posixpath",
    "runpy",
    "site",
    "stat",
    "zipimport",
];

/// Where the library has importlib's two core modules.
pub fn real_name(name: &str) -> &str {
    match name {
        "_frozen_importlib" => "importlib._bootstrap",
        "_frozen_importlib_external" => "importlib._bootstrap_external",
        n => n,
    }
}

/// Finds a module that is frozen in Python's sense.
pub fn frozen(name: &str) -> Option<Entry> {
    let name = real_name(name);
    if FROZEN.binary_search(&name).is_err() { None } else { find(name) }
}

/// Names of the frozen modules.
pub fn frozen_names() -> &'static [&'static str] {
    FROZEN
}

/// Finds any module.
pub fn find(name: &str) -> Option<Entry> {
    INDEX.get(name).copied().filter(|e| !e.data)
}

/// Names of all modules.
pub fn names() -> impl Iterator<Item = &'static str> {
    INDEX.iter().filter(|(_, e)| !e.data).map(|(n, _)| *n)
}

/// Path of a module's file below the library's folder.
pub fn relative_path(name: &str, e: Entry) -> String {
    let path = name.replace('.', "/");
    if e.package { path + "/__init__.py" } else { path + ".py" }
}

/// A file of the library by its path below the library's folder.
pub fn file(path: &str) -> Option<Vec<u8>> {
    if let Some(e) = INDEX.get(path).filter(|e| e.data) {
        return source_of(*e);
    }
    let stem = path.strip_suffix(".py")?;
    let name = stem.strip_suffix("/__init__").unwrap_or(stem).replace('/', ".");
    let e = find(&name)?;
    if relative_path(&name, e) == path { source_of(e) } else { None }
}

/// The code object of a module; `filename` replaces the name it was compiled under.
pub fn code_of(e: Entry, filename: Option<&str>) -> Option<objects::Gc<code::Code>> {
    let bytes = PACK.get(e.code.0 as usize..(e.code.0 + e.code.1) as usize)?;
    let mut data = bytecode::serialise::read_code(bytes).ok()?;
    if let Some(f) = filename {
        rename(&mut data, f.as_bytes());
    }
    Some(code::new(data))
}

fn rename(c: &mut bytecode::Code, filename: &[u8]) {
    c.filename = filename.into();
    for k in &mut c.consts {
        if let bytecode::Const::Code(inner) = k {
            rename(inner, filename);
        }
    }
}

/// The source of a module, or the contents of a file.
pub fn source_of(e: Entry) -> Option<Vec<u8>> {
    use std::io::Read;
    let bytes = PACK.get(e.source.0 as usize..(e.source.0 + e.source.1) as usize)?;
    let mut out = Vec::with_capacity(e.source_len as usize);
    flate2::read::DeflateDecoder::new(bytes).read_to_end(&mut out).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packed_module_can_be_read() {
        assert!(INDEX.len() > 500, "{} modules", INDEX.len());
        let bad: Vec<String> = INDEX
            .iter()
            .filter(|(_, e)| !e.data)
            .filter_map(|(name, e)| {
                let bytes = &PACK[e.code.0 as usize..(e.code.0 + e.code.1) as usize];
                bytecode::serialise::read_code(bytes).err().map(|c| format!("{name}: {c:?}"))
            })
            .collect();
        assert!(bad.is_empty(), "{} bad: {bad:?}", bad.len());
    }

    #[test]
    fn frozen_names_are_sorted_and_there() {
        assert!(FROZEN.is_sorted());
        let missing: Vec<_> = FROZEN.iter().filter(|n| find(n).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn sources_can_be_read() {
        let text = find("os").and_then(source_of).and_then(|s| String::from_utf8(s).ok()).unwrap_or_default();
        assert!(text.contains("def makedirs("));
        assert!(file("pydoc_data/_pydoc.css").is_some_and(|c| !c.is_empty()));
        assert!(file("email/__init__.py").is_some() && file("email.py").is_none());
    }
}
