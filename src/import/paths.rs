//! Where things are: the executable, the prefixes and the first `sys.path`, by the rules of CPython's `Modules/getpath.py`.

use crate::modules::sys::settings;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Name of the folder of the library below `prefix/lib`.
pub const LIBRARY_FOLDER: &str = "weft3.14t";

/// The answer.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// `sys.executable`
    pub executable: String,
    /// `sys._base_executable`
    pub base_executable: String,
    /// `sys.prefix`: the virtual environment's, if there is one.
    pub prefix: String,
    /// `sys.base_prefix`
    pub base_prefix: String,
    /// The folder that stands for the packed library.
    pub library: String,
}

static PATHS: OnceLock<Paths> = OnceLock::new();

/// The process's paths.
pub fn paths() -> &'static Paths {
    PATHS.get_or_init(find)
}

fn text(p: &Path) -> String {
    p.to_string_lossy().into_owned()
}

/// The executable as it was called, links not followed: by `argv[0]` and `PATH`.
fn called() -> Option<PathBuf> {
    let name = std::env::args_os().next()?;
    let given = Path::new(&name);
    if given.components().count() > 1 || given.is_absolute() {
        let all = if given.is_absolute() { given.to_path_buf() } else { std::env::current_dir().ok()?.join(given) };
        return all.is_file().then_some(all);
    }
    std::env::split_paths(&std::env::var_os("PATH")?).map(|d| d.join(given)).find(|p| p.is_file())
}

/// The `home` of a `pyvenv.cfg` beside the executable or one folder up, and the folder that has the file.
fn environment(exe: &Path) -> Option<(PathBuf, PathBuf)> {
    let dir = exe.parent()?;
    for at in [Some(dir), dir.parent()].into_iter().flatten() {
        let Ok(config) = std::fs::read_to_string(at.join("pyvenv.cfg")) else { continue };
        for line in config.lines() {
            if let Some((k, v)) = line.split_once('=')
                && k.trim().eq_ignore_ascii_case("home")
            {
                return Some((at.to_path_buf(), PathBuf::from(v.trim())));
            }
        }
    }
    None
}

/// The prefix of an executable's folder: what holds `bin`, or the folder itself.
fn prefix_of(dir: &Path) -> PathBuf {
    match (dir.file_name(), dir.parent()) {
        (Some(n), Some(up)) if n == "bin" => up.to_path_buf(),
        _ => dir.to_path_buf(),
    }
}

fn find() -> Paths {
    let real = std::env::current_exe().unwrap_or_default();
    let exe = called().unwrap_or_else(|| real.clone());
    let real_dir = real.parent().unwrap_or(Path::new("/"));
    let (prefix, base_dir) = match environment(&exe) {
        Some((venv, home)) => (Some(venv), home),
        None => (None, real_dir.to_path_buf()),
    };
    let home = if settings().ignore_environment != 0 { None } else { std::env::var("PYTHONHOME").ok().filter(|h| !h.is_empty()) };
    let base = match &home {
        Some(h) => PathBuf::from(h.split(':').next().unwrap_or(h)),
        None => prefix_of(&base_dir),
    };
    let base_executable = if prefix.is_some() { base_dir.join(real.file_name().unwrap_or_default()) } else { exe.clone() };
    Paths {
        executable: text(&exe),
        base_executable: text(&base_executable),
        prefix: text(prefix.as_deref().unwrap_or(&base)),
        base_prefix: text(&base),
        library: text(&base.join("lib").join(LIBRARY_FOLDER)),
    }
}

/// The first `sys.path`, without the entry for the program.
pub fn search_path() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    if settings().ignore_environment == 0
        && let Ok(p) = std::env::var("PYTHONPATH")
        && !p.is_empty()
    {
        for part in p.split(':') {
            let made = if part.is_empty() { std::env::current_dir().map(|d| text(&d)).unwrap_or_default() } else { part.to_string() };
            all.push(made);
        }
    }
    all.push(paths().library.clone());
    all
}
