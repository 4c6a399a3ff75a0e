//! Packs the pure-Python standard library: every module compiled to our code format and with its source, laid end to end for `include_bytes!`.
//!
//! Layout (numbers little-endian): `u32` count; per module `u16` name length, name, `u8` flags (1 = package), then three times `u32` offset, length
//! and length before deflating: of its code (not deflated, so that importing is quick), of the position tables of that code, and of its source,
//! which only tracebacks and tools ask for; then everything they point to. Files that are not modules (`data` flag 2) have no code, and their path
//! for a name. Files that name another implementation are changed on the way; each substitution must match,
//! so that an update cannot pass unnoticed.

use std::path::{Path, PathBuf};

/// Folders and modules that are not packed; `library/` has our own `dis` and `opcode`.
const LEFT_OUT: &[&str] = &[
    "idlelib",
    "tkinter",
    "turtledemo",
    "turtle.py",
    "lib2to3",
    "_dummy_os.py",
    "_dummy_thread.py",
    "dummy_threading.py",
    "_pycodecs.py",
    "_opcode_metadata.py",
    "opcode.py",
    "dis.py",
];

/// Files that are not modules but that modules read.
const DATA: &[&str] = &[
    "ensurepip/_bundled/pip-26.1.2-py3-none-any.whl",
    "pydoc_data/_pydoc.css",
    "venv/scripts/common/Activate.ps1",
    "venv/scripts/common/activate",
    "venv/scripts/common/activate.fish",
    "venv/scripts/posix/activate.csh",
];

/// File, text to replace, replacement.
const SUBSTITUTIONS: &[(&str, &str, &str)] = &[
    ("sysconfig/__init__.py", "return 'RustPython'  # XXX: RUSTPYTHON; For site-packages", "return 'weft'"),
    ("platform.py", "        # XXX: RUSTPYTHON support\n        if \"RustPython\" in sys_version:", "        if \"(weft\" in sys_version:"),
    ("platform.py", "name = \"RustPython\"", "name = \"weft\""),
    ("site.py", "return 'RustPython' # XXX: RUSTPYTHON; for site-packages", "return 'weft'"),
    ("site.py", "    # XXX: RUSTPYTHON\n    return f'{userbase}/lib/rustpython{", "    return f'{userbase}/lib/weft{"),
    (
        "json/decoder.py",
        "    # RUSTPYTHON SPECIFIC\n    @classmethod\n    def _from_serde(cls, msg, doc, line, col):\n        pos = 0\n        # 0-indexed\n        \
         line -= 1\n        col -= 1\n        while line > 0:\n            i = doc.index('\\n', pos)\n            line -= 1\n            pos = i\n        \
         pos += col\n        return cls(msg, doc, pos)\n\n",
        "",
    ),
    (
        "_compat_pickle.py",
        "# NOTE: RUSTPYTHON exceptions\ntry:\n    JitError\nexcept NameError:\n    pass\nelse:\n    PYTHON2_EXCEPTIONS += (\"JitError\",)\n\n",
        "",
    ),
    (
        "io.py",
        "# XXX: RUSTPYTHON; FileIO needs host_env, optional without it\ntry:\n    from _io import FileIO\nexcept ImportError:\n    FileIO = None\n",
        "from _io import FileIO\n",
    ),
    (
        "io.py",
        "if FileIO is not None:  # XXX: RUSTPYTHON; see the try/except above\n    RawIOBase.register(FileIO)\n",
        "RawIOBase.register(FileIO)\n",
    ),
    (
        "venv/__init__.py",
        "        path = os.path.abspath(os.path.dirname(__file__))\n        path = os.path.join(path, 'scripts')\n        \
         self.install_scripts(context, path)\n",
        "        from _packed_library import extracted\n        with extracted('venv/scripts') as path:\n            \
         self.install_scripts(context, path)\n",
    ),
    (
        "ensurepip/__init__.py",
        "    return resources.as_file(\n        resources.files('ensurepip')\n        / '_bundled'\n        / \
         f'pip-{_PIP_VERSION}-py3-none-any.whl'\n    )\n",
        "    from _packed_library import extracted_file\n    return \
         extracted_file(f'ensurepip/_bundled/pip-{_PIP_VERSION}-py3-none-any.whl')\n",
    ),
];

/// Files that are cut at a text.
const CUT: &[(&str, &str)] = &[("unittest/__init__.py", "\n\n\n# XXX: RUSTPYTHON\n")];

struct Item {
    name: String,
    flags: u8,
    /// Code, position tables, source; and their lengths before deflating.
    parts: [(Vec<u8>, usize); 3],
}

fn walk(root: &Path, at: &Path, left_out: &[&str], out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(at).map(|d| d.filter_map(Result::ok).map(|e| e.path()).collect()).unwrap_or_default();
    entries.sort();
    for p in entries {
        let rel = relative(root, &p);
        if left_out.iter().any(|l| rel == *l || rel.starts_with(&format!("{l}/"))) {
            continue;
        }
        if p.is_dir() {
            walk(root, &p, left_out, out);
        } else if rel.ends_with(".py") || DATA.contains(&rel.as_str()) {
            out.push(p);
        }
    }
}

fn relative(root: &Path, p: &Path) -> String {
    p.strip_prefix(root).unwrap_or(p).to_string_lossy().into_owned()
}

fn deflated(data: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut e = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    e.write_all(data).and_then(|()| e.finish()).expect("writing to memory cannot fail")
}

fn packed_part(data: &[u8]) -> (Vec<u8>, usize) {
    (deflated(data), data.len())
}

/// The text of a library file with its substitutions; `matched` notes which ones applied.
fn adapted(rel: &str, mut source: String, matched: &mut [bool]) -> String {
    for (n, (name, from, to)) in SUBSTITUTIONS.iter().enumerate() {
        if rel == *name && source.contains(from) {
            source = source.replacen(from, to, 1);
            matched[n] = true;
        }
    }
    for (n, (name, at)) in CUT.iter().enumerate() {
        if rel == *name
            && let Some(i) = source.find(at)
        {
            source.truncate(i + 1);
            matched[SUBSTITUTIONS.len() + n] = true;
        }
    }
    source
}

fn packed(rel: &str, source: &str) -> Option<Item> {
    let stem = rel.trim_end_matches(".py").trim_end_matches("/__init__");
    let name = stem.replace('/', ".");
    let compiled = compiler::compile(source, &format!("<frozen {name}>"), compiler::Mode::Exec, &compiler::Options::default()).ok()?;
    let (mut code, mut tables) = (Vec::new(), Vec::new());
    bytecode::serialise::write_apart(&mut code, &mut tables, &compiled.code);
    let flags = u8::from(rel.ends_with("/__init__.py"));
    let len = code.len();
    Some(Item { name, flags, parts: [(code, len), packed_part(&tables), packed_part(source.as_bytes())] })
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=library");
    let mut items = Vec::new();
    let mut matched = vec![false; SUBSTITUTIONS.len() + CUT.len()];
    let roots = [(PathBuf::from(rustpython_pylib::LIB_PATH), LEFT_OUT), (PathBuf::from("library"), &[][..])];
    for (root, left_out) in roots {
        let mut files = Vec::new();
        walk(&root, &root, left_out, &mut files);
        for file in &files {
            let rel = relative(&root, file);
            let bytes = std::fs::read(file).unwrap_or_else(|e| panic!("{rel}: {e}"));
            if !rel.ends_with(".py") {
                items.push(Item { name: rel, flags: 2, parts: [(Vec::new(), 0), (Vec::new(), 0), packed_part(&bytes)] });
                continue;
            }
            let Ok(source) = String::from_utf8(bytes) else { panic!("{rel} is not UTF-8") };
            match packed(&rel, &adapted(&rel, source, &mut matched)) {
                Some(i) => items.push(i),
                // A file that does not compile is a test fixture of the library, not a module.
                None => println!("cargo::warning=not packed: {rel}"),
            }
        }
    }
    let texts = SUBSTITUTIONS.iter().map(|s| (s.0, s.1)).chain(CUT.iter().copied());
    for ((name, from), matched) in texts.zip(&matched) {
        assert!(matched, "the substitution of {from:?} in {name} matches nothing any more");
    }
    let head: usize = 4 + items.iter().map(|i| 2 + i.name.len() + 1 + 36).sum::<usize>();
    let mut out = (items.len() as u32).to_le_bytes().to_vec();
    let mut at = head;
    for i in &items {
        out.extend_from_slice(&(i.name.len() as u16).to_le_bytes());
        out.extend_from_slice(i.name.as_bytes());
        out.push(i.flags);
        for (bytes, len) in &i.parts {
            for n in [at, bytes.len(), *len] {
                out.extend_from_slice(&(n as u32).to_le_bytes());
            }
            at += bytes.len();
        }
    }
    for (bytes, _) in items.iter().flat_map(|i| &i.parts) {
        out.extend_from_slice(bytes);
    }
    let dir = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    std::fs::write(dir.join("library.bin"), out).expect("the output folder can be written");
}
