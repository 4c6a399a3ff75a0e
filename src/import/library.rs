//! The packed library inside the executable: an index of module names, and their code in serialised form.

use objects::types::code;
use std::collections::HashMap;
use std::sync::LazyLock;

static PACK: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));

/// A module of the library.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Whether it is a package.
    pub package: bool,
    start: u32,
    len: u32,
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
        map.insert(name, Entry { package: *PACK.get(at)? != 0, start: word(at + 1)?, len: word(at + 5)? });
        at += 9;
    }
    Some(map)
}

/// Where the library has importlib's two core modules.
pub fn real_name(name: &str) -> &str {
    match name {
        "_frozen_importlib" => "importlib._bootstrap",
        "_frozen_importlib_external" => "importlib._bootstrap_external",
        n => n,
    }
}

/// Finds a module.
pub fn find(name: &str) -> Option<Entry> {
    INDEX.get(real_name(name)).copied()
}

/// Names of all modules.
pub fn names() -> impl Iterator<Item = &'static str> {
    INDEX.keys().copied()
}

/// The code object of a module.
pub fn code_of(e: Entry) -> Option<objects::Gc<code::Code>> {
    let bytes = PACK.get(e.start as usize..(e.start + e.len) as usize)?;
    bytecode::serialise::read_code(bytes).ok().map(code::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packed_module_can_be_read() {
        assert!(INDEX.len() > 500, "{} modules", INDEX.len());
        let bad: Vec<String> = INDEX
            .iter()
            .filter_map(|(name, e)| {
                let bytes = &PACK[e.start as usize..(e.start + e.len) as usize];
                bytecode::serialise::read_code(bytes).err().map(|c| format!("{name}: {c:?}"))
            })
            .collect();
        assert!(bad.is_empty(), "{} bad: {bad:?}", bad.len());
    }
}
