//! The packed library inside the executable: an index of module names, their code in serialised form and their sources.

use objects::types::code;
use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

static PACK: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));

/// A module of the library, or a file that modules read.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Whether it is a package.
    pub package: bool,
    /// Whether it is not a module.
    pub data: bool,
    /// Which one it is, in the order of the index.
    number: u32,
    code: Part,
    positions: Part,
    source: Part,
}

/// Where something is in the pack.
#[derive(Clone, Copy)]
struct Part {
    start: u32,
    len: u32,
    /// How long it is when it is not deflated.
    full: u32,
}

impl Part {
    fn bytes(self) -> Option<&'static [u8]> {
        PACK.get(self.start as usize..(self.start + self.len) as usize)
    }
    fn inflated(self) -> Option<Vec<u8>> {
        use std::io::Read;
        let mut out = Vec::with_capacity(self.full as usize);
        flate2::read::DeflateDecoder::new(self.bytes()?).read_to_end(&mut out).ok()?;
        Some(out)
    }
}

/// The position tables of each module's code, inflated when the first of them is asked for, and where they are in the pack.
static POSITIONS: LazyLock<Vec<(Part, OnceLock<Vec<u8>>)>> = LazyLock::new(|| {
    let mut all: Vec<_> = INDEX.values().map(|e| (e.number, e.positions)).collect();
    all.sort_by_key(|(n, _)| *n);
    all.into_iter().map(|(_, p)| (p, OnceLock::new())).collect()
});

fn positions_of(number: u32) -> &'static [u8] {
    match POSITIONS.get(number as usize) {
        Some((part, read)) => read.get_or_init(|| part.inflated().unwrap_or_default()),
        None => &[],
    }
}

static INDEX: LazyLock<HashMap<&'static str, Entry>> = LazyLock::new(|| read_index().unwrap_or_default());

fn read_index() -> Option<HashMap<&'static str, Entry>> {
    let word = |at: usize| PACK.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let n = word(0)? as usize;
    let mut map = HashMap::with_capacity(n);
    let mut at = 4;
    for number in 0..n as u32 {
        let len = u16::from_le_bytes(PACK.get(at..at + 2)?.try_into().ok()?) as usize;
        let name = std::str::from_utf8(PACK.get(at + 2..at + 2 + len)?).ok()?;
        at += 2 + len;
        let flags = *PACK.get(at)?;
        let part = |i: usize| {
            let at = at + 1 + 12 * i;
            Some(Part { start: word(at)?, len: word(at + 4)?, full: word(at + 8)? })
        };
        let entry = Entry { package: flags & 1 != 0, data: flags & 2 != 0, number, code: part(0)?, positions: part(1)?, source: part(2)? };
        map.insert(name, entry);
        at += 37;
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

/// Names of the files that are not modules and whose path below the library's folder begins so.
pub fn files(prefix: &str) -> Vec<&'static str> {
    let mut all: Vec<_> = INDEX.iter().filter(|(n, e)| e.data && n.starts_with(prefix)).map(|(n, _)| *n).collect();
    all.sort_unstable();
    all
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
    let data = bytecode::serialise::read_apart(e.code.bytes()?, positions_of, e.number, filename.map(str::as_bytes)).ok()?;
    Some(code::new(data))
}

/// The source of a module, or the contents of a file.
pub fn source_of(e: Entry) -> Option<Vec<u8>> {
    e.source.inflated()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytecode::serialise::{Corrupt, verify};

    fn verified(c: &bytecode::Code) -> Result<(), Corrupt> {
        verify(c)?;
        c.consts.iter().try_for_each(|k| if let bytecode::Const::Code(inner) = k { verified(inner) } else { Ok(()) })
    }

    #[test]
    fn every_packed_module_can_be_read() {
        assert!(INDEX.len() > 500, "{} modules", INDEX.len());
        let bad: Vec<String> = INDEX
            .iter()
            .filter(|(_, e)| !e.data)
            .filter_map(|(name, e)| {
                let bytes = e.code.bytes().unwrap_or_default();
                let read = bytecode::serialise::read_apart(bytes, positions_of, e.number, None);
                read.and_then(|c| verified(&c)).err().map(|c| format!("{name}: {c:?}"))
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
    fn position_tables_lie_apart_and_are_found() {
        let e = find("os").map(|e| (e, e.code.bytes().unwrap_or_default()));
        let Some((e, bytes)) = e else { panic!("os is not packed") };
        let code = bytecode::serialise::read_apart(bytes, positions_of, e.number, Some(b"x")).unwrap_or_else(|c| panic!("{c:?}"));
        let lines = code.positions.iter().map(|(_, _, p)| p.line);
        assert!(lines.max() > Some(1000) && *code.filename == *b"x");
    }

    #[test]
    fn sources_can_be_read() {
        let text = find("os").and_then(source_of).and_then(|s| String::from_utf8(s).ok()).unwrap_or_default();
        assert!(text.contains("def makedirs("));
        assert!(file("pydoc_data/_pydoc.css").is_some_and(|c| !c.is_empty()));
        assert!(file("email/__init__.py").is_some() && file("email.py").is_none());
    }
}
