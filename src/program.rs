//! Running the main program: a command, a module, a script, a folder or archive with `__main__`, or standard input (`Modules/main.c`).

use crate::modules::sys::settings;
use crate::runtime::{builtins, import, loaded, modules};
use crate::source;
use gc::{Gc, Value};
use objects::protocol::{attr, call, path};
use objects::types::list::List;
use objects::types::module::{Module, as_module};
use objects::types::str::Str;
use objects::types::type_::Downcast;
use objects::{Cx, PyResult, Raised};

/// What is to be run.
pub enum Program {
    /// `-c`
    Command(String),
    /// `-m`
    Module(String),
    /// A file, or a folder or archive with `__main__`.
    Script(String),
    /// Standard input.
    Stdin,
}

/// Why the program did not run to its end.
pub enum Failure {
    /// An exception.
    Raised(Raised),
    /// It could not be read: the message has been written.
    Unreadable,
}
impl From<Raised> for Failure {
    fn from(e: Raised) -> Self {
        Failure::Raised(e)
    }
}

fn text(s: &str) -> Value {
    Str::from_text(s).into_value()
}

/// The `__main__` module.
fn main_module() -> Gc<Module> {
    if let Some(m) = loaded("__main__")
        && as_module(m.as_ref()).is_some()
    {
        // SAFETY: it is a module.
        return unsafe { Gc::from_value(m) };
    }
    let main = Module::new("__main__", Value::NONE);
    modules().set_text("__main__", main.value().clone());
    main.dict.set_text("__builtins__", loaded("builtins").unwrap_or(Value::NONE));
    let loader = loaded("_frozen_importlib").and_then(|m| as_module(m.as_ref())?.dict.get_str("BuiltinImporter").map(gc::Reg::into_value));
    main.dict.set_text("__loader__", loader.unwrap_or(Value::NONE));
    main
}

/// Puts an entry in front of `sys.path`.
fn put_first(entry: &str) {
    if let Some(p) = crate::runtime::sys_attribute(Str::intern_text("path").as_ref())
        && let Some(l) = p.as_ref().downcast::<List>()
    {
        // The only failure is a lack of memory for one word.
        let _ = l.insert(0, text(entry));
    }
}

fn run_text(cx: &mut Cx, source_text: &str, filename: &str) -> PyResult<()> {
    let main = main_module();
    let code = source::compile(cx, source_text, filename, compiler::Mode::Exec, &source::options())?;
    if filename.starts_with('<') {
        // Tracebacks show its lines.
        let lines = import(cx, "linecache")?;
        let register = attr::get_text(cx, lines.as_ref(), "_register_code")?.into_value();
        let (t, f) = (text(source_text), text(filename));
        call::positional(cx, register.as_ref(), &[code.as_ref(), t.as_ref(), f.as_ref()])?;
    }
    crate::vm::call::run_code(cx, code.as_ref(), &main.dict, &builtins(), Value::UNBOUND, Value::NONE)?;
    Ok(())
}

fn run_bytes(cx: &mut Cx, bytes: &[u8], name: &str, skip_first_line: bool) -> PyResult<()> {
    let mut decoded = source::decode(cx, bytes, name)?;
    if skip_first_line {
        // The line stays, empty, so that line numbers are right.
        let at = decoded.find('\n').unwrap_or(decoded.len());
        decoded.replace_range(..at, "");
    }
    run_text(cx, &decoded, name)
}

/// A folder or an archive that a path hook accepts is run as a module search path.
fn is_search_path(cx: &mut Cx, name: &str) -> PyResult<bool> {
    let p = std::path::Path::new(name);
    if !p.is_dir() && !starts_like_archive(p) {
        return Ok(false);
    }
    let pkgutil = import(cx, "_frozen_importlib_external")?;
    let finder = attr::get_text(cx, pkgutil.as_ref(), "PathFinder")?.into_value();
    let hooks = Str::intern_text("_path_importer_cache");
    let v = text(name);
    Ok(!call::method(cx, finder.as_ref(), hooks.as_ref(), &[v.as_ref()])?.as_ref().is_none())
}

/// Whether a file ends like a zip archive (its end record is within the last 64 KiB).
fn starts_like_archive(p: &std::path::Path) -> bool {
    use std::io::{Read, Seek, SeekFrom};
    let Ok(mut f) = std::fs::File::open(p) else { return false };
    let Ok(len) = f.metadata().map(|m| m.len()) else { return false };
    if f.seek(SeekFrom::Start(len.saturating_sub(65_557))).is_err() {
        return false;
    }
    let mut tail = Vec::new();
    f.take(65_557).read_to_end(&mut tail).is_ok() && tail.windows(4).any(|w| w == b"PK\x05\x06")
}

/// `runpy._run_module_as_main`.
fn run_as_main(cx: &mut Cx, name: &str, alter_argv: bool) -> PyResult<()> {
    drop(main_module());
    let runpy = import(cx, "runpy")?;
    let (f, n) = (Str::intern_text("_run_module_as_main"), text(name));
    call::method(cx, runpy.as_ref(), f.as_ref(), &[n.as_ref(), Value::bool(alter_argv).as_ref()])?;
    Ok(())
}

fn run_script(cx: &mut Cx, name: &str, skip_first_line: bool) -> Result<(), Failure> {
    if is_search_path(cx, name)? {
        put_first(name);
        run_as_main(cx, "__main__", false)?;
        return Ok(());
    }
    let bytes = match std::fs::read(name) {
        Ok(b) => b,
        Err(e) => {
            let number = e.raw_os_error().unwrap_or(0);
            let shown = std::path::absolute(name).map_or_else(|_| name.to_string(), |p| p.to_string_lossy().into_owned());
            crate::runtime::write_stderr(cx, &format!("weft: can't open file '{shown}': [Errno {number}] {}\n", path::strerror(number)));
            return Err(Failure::Unreadable);
        }
    };
    if !settings().safe_path {
        let real = std::fs::canonicalize(name).ok();
        let folder = real.as_deref().and_then(std::path::Path::parent).map(|p| p.to_string_lossy().into_owned());
        put_first(&folder.unwrap_or_default());
    }
    let main = main_module();
    let full = std::path::absolute(name).map_or_else(|_| name.to_string(), |p| p.to_string_lossy().into_owned());
    main.dict.set_text("__file__", text(&full));
    main.dict.set_text("__cached__", Value::NONE);
    let external = import(cx, "_frozen_importlib_external")?;
    let loader = attr::get_text(cx, external.as_ref(), "SourceFileLoader")?.into_value();
    let (m, f) = (text("__main__"), text(&full));
    let loader = call::positional(cx, loader.as_ref(), &[m.as_ref(), f.as_ref()])?;
    main.dict.set_text("__loader__", loader);
    Ok(run_bytes(cx, &bytes, &full, skip_first_line)?)
}

/// Runs the file that is to be run before the prompt, in the main module.
pub fn run_startup(cx: &mut Cx, file: &std::ffi::OsStr) -> PyResult<()> {
    let shown = file.to_string_lossy().into_owned();
    match std::fs::read(file) {
        Ok(bytes) => run_bytes(cx, &bytes, &shown, false),
        Err(e) => {
            crate::runtime::write_stderr(cx, "Could not open PYTHONSTARTUP\n");
            Err(cx.os_error(e.raw_os_error().unwrap_or(0), &[text(&shown).as_ref()]))
        }
    }
}

/// Runs the program.
pub fn run(cx: &mut Cx, program: Program, skip_first_line: bool) -> Result<(), Failure> {
    match program {
        Program::Command(command) => {
            if !settings().safe_path {
                put_first("");
            }
            // Lines may all be indented alike.
            let dedent = textwrap_dedent(&command);
            run_text(cx, &dedent, "<string>")?;
        }
        Program::Module(name) => {
            if !settings().safe_path
                && let Ok(d) = std::env::current_dir()
            {
                put_first(&d.to_string_lossy());
            }
            run_as_main(cx, &name, true)?;
        }
        Program::Script(name) => run_script(cx, &name, skip_first_line)?,
        Program::Stdin => {
            if !settings().safe_path {
                put_first("");
            }
            if crate::interactive::is_wanted() {
                drop(main_module());
                crate::interactive::prepare(cx)?;
                crate::interactive::run(cx)?;
                return Ok(());
            }
            let mut bytes = Vec::new();
            // What could be read is run.
            let _ = std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes);
            main_module().dict.set_text("__file__", text("<stdin>"));
            run_bytes(cx, &bytes, "<stdin>", skip_first_line)?;
        }
    }
    Ok(())
}

/// Removes the indentation that all lines of a `-c` command share, as CPython does since 3.14.
fn textwrap_dedent(command: &str) -> String {
    let indent = |l: &str| l.len() - l.trim_start_matches([' ', '\t']).len();
    let lines: Vec<&str> = command.split('\n').collect();
    let blank = |l: &&str| l.trim().is_empty();
    let Some(first) = lines.iter().find(|l| !blank(l)) else { return command.to_string() };
    let mut common = &first[..indent(first)];
    for l in lines.iter().filter(|l| !blank(l)) {
        let own = &l[..indent(l)];
        let n = common.bytes().zip(own.bytes()).take_while(|(a, b)| a == b).count();
        common = &common[..n];
    }
    if common.is_empty() {
        return command.to_string();
    }
    let n = common.len();
    lines.iter().map(|l| if blank(l) { "" } else { &l[n..] }).collect::<Vec<_>>().join("\n")
}
