//! `_imp`: what importlib asks of the interpreter. Native modules are its "builtin" modules, the packed library its "frozen" ones.

use crate::import::library;
use crate::import::paths::paths;
use crate::runtime;
use gc::{Payload, Ref, Reg, Value};
use objects::native::{Method, function};
use objects::protocol::attr;
use objects::types::exception::{self, ids as exc};
use objects::types::list::List;
use objects::types::module::{Module, ModuleDef};
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::type_of;
use objects::{Cx, PyResult, names};
use sync::event::{RawLock, Waited};
use sync::prim::{AtomicU32, AtomicU64, Ordering};

/// The definition of a native module.
pub fn definition(name: &str) -> Option<&'static ModuleDef> {
    super::MODULES.iter().chain(stdlib_native::MODULES).copied().find(|d| d.name == name)
}

/// Names of all native modules.
pub fn builtin_names() -> Vec<&'static str> {
    let mut all: Vec<&'static str> = super::MODULES.iter().chain(stdlib_native::MODULES).map(|d| d.name).collect();
    all.push("builtins");
    all.sort_unstable();
    all.dedup();
    all
}

fn name_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<String> {
    match as_str(v) {
        Some(s) => Ok(s.to_string_lossy()),
        None => {
            let n = type_of(v).name_text();
            Err(cx.type_error(format!("argument must be str, not {n}")))
        }
    }
}

fn create_builtin(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = attr::get(cx, a[0], names::name())?.into_value();
    let name = name_of(cx, name.as_ref())?;
    if let Some(m) = runtime::loaded(&name) {
        return Ok(m.into());
    }
    match definition(&name) {
        Some(d) => {
            let m = Module::from_def(cx, d)?;
            runtime::modules().set_text(&name, m.value().clone());
            Ok(m.into())
        }
        None => Ok(Value::NONE.into()),
    }
}

fn is_builtin(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = name_of(cx, a[0])?;
    Ok(Value::small_int(i64::from(n == "builtins" || definition(&n).is_some())).into())
}

fn is_frozen(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = name_of(cx, a[0])?;
    Ok(Value::bool(library::frozen(&n).is_some()).into())
}

fn is_frozen_package(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = name_of(cx, a[0])?;
    match library::frozen(&n) {
        Some(e) => Ok(Value::bool(e.package).into()),
        None => Err(no_such(cx, &n)),
    }
}

fn no_such(cx: &mut Cx, n: &str) -> objects::Raised {
    let e = exception::new_text(exc::IMPORT_ERROR, &format!("No such frozen object named {n}"));
    exception::set_extra(&e, 1, Str::from_text(n).into_value());
    cx.raise_new(e)
}

/// `find_frozen(name)`: `(data, is package, original name)` or None.
fn find_frozen(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = name_of(cx, a[0])?;
    match library::frozen(&n) {
        Some(e) => {
            let original = Str::from_text(library::real_name(&n)).into_value();
            Ok(Tuple::from_values(vec![Value::NONE, Value::bool(e.package), original]).into())
        }
        None => Ok(Value::NONE.into()),
    }
}

fn get_frozen_object(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = name_of(cx, a[0])?;
    match library::frozen(&n).and_then(|e| library::code_of(e, None)) {
        Some(c) => Ok(c.into()),
        None => Err(no_such(cx, &n)),
    }
}

/// The import lock is importlib's own, per module; this one has nothing to guard.
/// The lock of importlib's tables. (Modules have locks of their own, which are in those tables.)
static IMPORT_LOCK: RawLock = RawLock::new();
/// Identifier of the thread that holds it, and how often. Written by the holder.
static IMPORT_OWNER: AtomicU64 = AtomicU64::new(0);
static IMPORT_DEPTH: AtomicU32 = AtomicU32::new(0);

/// Takes the import lock, which the calling thread may hold already. Waits detached.
pub fn lock_imports() {
    let me = super::thread::ident();
    if IMPORT_OWNER.load(Ordering::Relaxed) != me {
        while IMPORT_LOCK.acquire(None, false) != Waited::Done {}
        IMPORT_OWNER.store(me, Ordering::Relaxed);
    }
    IMPORT_DEPTH.fetch_add(1, Ordering::Relaxed);
}

/// Releases the import lock; the calling thread holds it.
pub fn unlock_imports() {
    if IMPORT_DEPTH.fetch_sub(1, Ordering::Relaxed) == 1 {
        IMPORT_OWNER.store(0, Ordering::Relaxed);
        IMPORT_LOCK.release();
    }
}

fn acquire_lock(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    lock_imports();
    Ok(Value::NONE.into())
}

fn release_lock(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    if IMPORT_OWNER.load(Ordering::Relaxed) != super::thread::ident() {
        return Err(cx.runtime_error("not holding the import lock"));
    }
    unlock_imports();
    Ok(Value::NONE.into())
}

fn nothing(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(Value::NONE.into())
}

fn source_hash(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    use std::hash::Hasher;
    let key = objects::types::int::index_i64(cx, a[0])? as u64;
    let data = objects::protocol::buffer::bytes_of(cx, a[1])?;
    let mut h = siphasher::sip::SipHasher13::new_with_keys(key, 0);
    h.write(&data);
    Ok(objects::types::bytes::Bytes::new(&h.finish().to_le_bytes()).into())
}

/// The dotted prefix of a packed folder (`''` for the library's own), None for any other path.
fn packed_package(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(s) = as_str(a[0]) else { return Ok(Value::NONE.into()) };
    let path = s.to_string_lossy();
    let Some(rest) = path.strip_prefix(&paths().library) else { return Ok(Value::NONE.into()) };
    let _ = cx;
    let Some(rest) = rest.strip_prefix('/').or(if rest.is_empty() { Some("") } else { None }) else { return Ok(Value::NONE.into()) };
    if rest.is_empty() {
        return Ok(Str::empty().into());
    }
    let name = rest.trim_end_matches('/').replace('/', ".");
    match library::find(&name) {
        Some(e) if e.package => Ok(Str::from_text(&format!("{name}.")).into()),
        _ => Ok(Value::NONE.into()),
    }
}

fn packed_path(name: &str, e: library::Entry) -> String {
    format!("{}/{}", paths().library, library::relative_path(name, e))
}

fn packed_find(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = name_of(cx, a[0])?;
    match library::find(&n) {
        Some(e) => Ok(Tuple::from_values(vec![Value::bool(e.package), Str::from_text(&packed_path(&n, e)).into_value()]).into()),
        None => Ok(Value::NONE.into()),
    }
}

fn packed_code(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = name_of(cx, a[0])?;
    match library::find(&n).and_then(|e| library::code_of(e, Some(&packed_path(&n, e)))) {
        Some(c) => Ok(c.into()),
        None => Err(no_such(cx, &n)),
    }
}

fn packed_source(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = name_of(cx, a[0])?;
    match library::find(&n).and_then(library::source_of) {
        Some(b) => Ok(Str::from_wtf8(&b).into()),
        None => Ok(Value::NONE.into()),
    }
}

/// The contents of a packed file by its full path, None when there is no such file.
fn packed_data(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let path = name_of(cx, a[0])?;
    let data = path.strip_prefix(&paths().library).and_then(|p| p.strip_prefix('/')).and_then(library::file);
    Ok(data.map_or(Value::NONE, |d| objects::types::bytes::Bytes::new(&d).into_value()).into())
}

/// The contents of a packed file by its path below the library's folder.
fn packed_file(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let path = name_of(cx, a[0])?;
    match library::file(&path) {
        Some(d) => Ok(objects::types::bytes::Bytes::new(&d).into()),
        None => Err(no_such(cx, &path)),
    }
}

/// Paths of the packed files that are not modules.
fn packed_files(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let prefix = name_of(cx, a[0])?;
    Ok(List::from_values(library::files(&prefix).into_iter().map(|n| Str::from_text(n).into_value()).collect()).into())
}

/// `(name, is package)` of the modules of a packed folder.
fn packed_names(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let prefix = name_of(cx, a[0])?;
    let mut all: Vec<&str> =
        library::names().filter_map(|n| n.strip_prefix(prefix.as_str())).filter(|n| !n.is_empty() && !n.contains('.')).collect();
    all.sort_unstable();
    let row = |n: &str| {
        let package = library::find(&format!("{prefix}{n}")).is_some_and(|e| e.package);
        Tuple::from_values(vec![Str::from_text(n).into_value(), Value::bool(package)]).into_value()
    };
    Ok(List::from_values(all.into_iter().map(row).collect()).into())
}

static FUNCTIONS: &[Method] = &[
    function("_packed_package", "($module, path, /)", packed_package, "The dotted prefix of a packed folder."),
    function("_packed_find", "($module, name, /)", packed_find, "Whether a packed module is a package, and its file name."),
    function("_packed_code", "($module, name, /)", packed_code, "The code of a packed module."),
    function("_packed_source", "($module, name, /)", packed_source, "The source of a packed module."),
    function("_packed_data", "($module, path, /)", packed_data, "The contents of a packed file."),
    function("_packed_file", "($module, name, /)", packed_file, "The contents of a packed file by its path below the library's folder."),
    function(
        "_packed_files",
        "($module, prefix, /)",
        packed_files,
        "Paths of packed files that are not modules, below the library's folder.",
    ),
    function("_packed_names", "($module, prefix, /)", packed_names, "The modules of a packed folder."),
    function("create_builtin", "($module, spec, /)", create_builtin, "Makes a native module."),
    function("exec_builtin", "($module, mod, /)", |_, _| Ok(Value::small_int(0).into()), "Native modules are complete when they are made."),
    function("is_builtin", "($module, name, /)", is_builtin, "Whether there is a native module of that name."),
    function("is_frozen", "($module, name, /)", is_frozen, "Whether the packed library has a module."),
    function("is_frozen_package", "($module, name, /)", is_frozen_package, "Whether a packed module is a package."),
    function("find_frozen", "($module, name, /, *, withdata=False)", find_frozen, "Finds a packed module."),
    function("get_frozen_object", "($module, name, data=None, /)", get_frozen_object, "The code of a packed module."),
    function("init_frozen", "($module, name, /)", nothing, "Obsolete."),
    function(
        "_frozen_module_names",
        "($module, /)",
        |_, _| {
            let all = library::frozen_names().iter();
            Ok(List::from_values(all.map(|n| Str::from_text(n).into_value()).collect()).into())
        },
        "Names of the packed modules.",
    ),
    function("acquire_lock", "($module, /)", acquire_lock, "Takes the lock of importlib's own tables; its owner may take it again."),
    function("release_lock", "($module, /)", release_lock, "Releases the lock of importlib's own tables."),
    function("lock_held", "($module, /)", |_, _| Ok(Value::bool(IMPORT_LOCK.is_locked()).into()), "Whether any thread holds that lock."),
    function(
        "extension_suffixes",
        "($module, /)",
        |_, _| Ok(List::from_values(Vec::new()).into()),
        "Suffixes of extension modules: none can be loaded.",
    ),
    function("_override_frozen_modules_for_tests", "($module, override, /)", nothing, "Has no effect."),
    function("_override_multi_interp_extensions_check", "($module, override, /)", |_, _| Ok(Value::small_int(0).into()), "Has no effect."),
    function("_fix_co_filename", "($module, code, path, /)", fix_filename, "Sets the file name of a code object and those inside it."),
    function("source_hash", "($module, key, source)", source_hash, "Hash of source text for hash-based cached files."),
];

fn fix_filename(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    fn fix(c: &objects::types::code::Code, path: Ref<'_>) {
        let old = {
            let _l = objects::cx::lock_header(c.header());
            c.filename.swap(path.to_value())
        };
        drop(old);
        for k in &c.consts {
            if let Some(inner) = k.as_ref().exact::<objects::types::code::Code>() {
                fix(inner, path);
            }
        }
    }
    match a[0].exact::<objects::types::code::Code>() {
        Some(c) => fix(c, a[1]),
        None => return Err(cx.type_error("argument 1 must be code")),
    }
    Ok(Value::NONE.into())
}

/// `_imp`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_imp",
    doc: "What importlib asks of the interpreter.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("check_hash_based_pycs", Str::intern_text("default"));
        m.add("pyc_magic_number_token", Value::small_int(i64::from(bytecode::serialise::version()) << 16 | 0x0d57));
        Ok(())
    },
};
