//! Machine code for profilers and readers: with `WEFT_JIT_DUMP=FOLDER`, each function's bytes go to a file there that is named by its address, and a
//! line with its name to `perf-PID.map` in the same folder (the format that perf reads in the folder for temporary files).

use super::memory::Memory;
use objects::types::code::Code;
use objects::types::str::as_str;
use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Writes all functions to a folder from now on.
pub fn to_folder(folder: PathBuf) {
    let _ = FOLDER.set(folder);
}

/// Writes one function. What cannot be written is left out.
pub fn write(code: &Code, memory: &Memory, bytes: &[u8]) {
    let Some(folder) = FOLDER.get() else { return };
    let name = as_str(code.qualname.as_ref()).map_or_else(String::new, |s| s.to_string_lossy());
    let start = memory.start() as usize;
    let _ = std::fs::write(folder.join(format!("{start:x}.bin")), bytes);
    let map = folder.join(format!("perf-{}.map", std::process::id()));
    if let Ok(mut f) = std::fs::OpenOptions::new().create(true).append(true).open(map) {
        let _ = writeln!(f, "{start:x} {:x} {name}", bytes.len());
    }
}
