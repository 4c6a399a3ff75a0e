//! `sys`.

use super::host::innermost;
use super::imp;
use crate::runtime;
use crate::vm::frame_object;
use crate::vm::instrument::tracing;
use gc::{Payload, Ref, Reg, Value};
use objects::cx::{INT_MAX_STR_DIGITS, RECURSION_LIMIT};
use objects::native::{Method, function};
use objects::protocol::{attr, call, text};
use objects::types::dict::Dict;
use objects::types::exception::{as_exception, ids as exc};
use objects::types::list::List;
use objects::types::module::{Module, ModuleDef};
use objects::types::str::{Str, as_str, intern};
use objects::types::structseq::{self, Field as SeqField};
use objects::types::tuple::Tuple;
use objects::types::type_::type_of;
use objects::{Cx, PyResult, names};
use sync::prim::Ordering;

/// What the command line and the environment have set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `-d`
    pub debug: i64,
    /// `-i` or `PYTHONINSPECT`
    pub inspect: i64,
    /// `-i`
    pub interactive: bool,
    /// `-X pycache_prefix`
    pub pycache_prefix: Option<String>,
    /// `-X int_max_str_digits`
    pub int_max_str_digits: Option<i64>,
    /// `-O`, `-OO`
    pub optimize: i64,
    /// `-B`
    pub dont_write_bytecode: i64,
    /// `-s`
    pub no_user_site: i64,
    /// `-S`
    pub no_site: i64,
    /// `-E`
    pub ignore_environment: i64,
    /// `-v`
    pub verbose: i64,
    /// `-b`
    pub bytes_warning: i64,
    /// `-q`
    pub quiet: i64,
    /// Hashes are keyed at random.
    pub hash_randomization: i64,
    /// `-I`
    pub isolated: i64,
    /// `-X dev`
    pub dev_mode: bool,
    /// `-X utf8`
    pub utf8_mode: i64,
    /// `-X warn_default_encoding`
    pub warn_default_encoding: i64,
    /// `-P`
    pub safe_path: bool,
    /// `-u`
    pub unbuffered: bool,
    /// `-W` options.
    pub warn_options: Vec<String>,
    /// `-X` options.
    pub x_options: Vec<(String, Option<String>)>,
    /// `sys.argv`
    pub argv: Vec<String>,
    /// `sys.orig_argv`
    pub orig_argv: Vec<String>,
}

static SETTINGS: std::sync::OnceLock<Settings> = std::sync::OnceLock::new();

/// Fixes the settings, before start-up.
pub fn configure(s: Settings) {
    let _ = SETTINGS.set(s);
}
/// The settings.
pub fn settings() -> &'static Settings {
    SETTINGS.get_or_init(Settings::default)
}

/// `(major, minor, micro)` of the language that is implemented.
pub const VERSION: (i64, i64, i64) = (3, 14, 0);

fn texts(v: &[String]) -> Value {
    List::from_values(v.iter().map(|s| Str::from_text(s).into_value()).collect()).into_value()
}

fn exc_info(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let v = cx.handled.clone();
    if v.as_ref().is_none() {
        return Ok(Tuple::from_values(vec![Value::NONE, Value::NONE, Value::NONE]).into());
    }
    let tb = as_exception(v.as_ref()).map_or(Value::NONE, |e| e.traceback.load(e.header()));
    Ok(Tuple::from_values(vec![type_of(v.as_ref()).to_value(), v.clone(), tb]).into())
}

fn get_frame(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let depth = match a[0].given() {
        Some(d) => objects::types::int::index_i64(cx, d)?.max(0) as usize,
        None => 0,
    };
    match cx.host.frame(cx, depth) {
        Some(f) => Ok(f.into()),
        None => Err(cx.value_error("call stack is not deep enough")),
    }
}

/// A dict of values by thread identifier.
fn by_thread(cx: &mut Cx, of: Vec<(u64, Value)>) -> PyResult<Reg> {
    let d = Dict::new();
    for (ident, v) in of {
        let k = objects::types::int::from_u64(ident);
        d.set(cx, k.as_ref(), v.as_ref())?;
    }
    Ok(d.into())
}

fn get_frame_module(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let depth = match a[0].given() {
        Some(d) => objects::types::int::index_i64(cx, d)?.max(0) as usize,
        None => 0,
    };
    let Some(mut f) = innermost(cx) else { return Ok(Value::NONE.into()) };
    for _ in 0..depth {
        // SAFETY: a chain of live frames of this thread.
        match unsafe { frame_object::python_frame((*f).prev) } {
            Some(p) => f = p,
            None => return Ok(Value::NONE.into()),
        }
    }
    // SAFETY: a live frame.
    let name = unsafe { (*(*f).globals).get_interned(names::__name__()) };
    Ok(name.unwrap_or(Value::NONE.into()))
}

fn set_recursion_limit(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = objects::types::int::index_i64(cx, a[0])?;
    if n < 1 {
        return Err(cx.value_error("recursion limit must be greater or equal than 1"));
    }
    let Ok(n) = u32::try_from(n.min(i64::from(i32::MAX))) else {
        return Err(cx.overflow_error("Python int too large to convert to C int"));
    };
    if cx.depth >= n {
        let d = cx.depth;
        return Err(cx.error(
            exc::RECURSION_ERROR,
            format!("cannot set the recursion limit to {n} at the recursion depth {d}: the limit is too low"),
        ));
    }
    RECURSION_LIMIT.store(n, Ordering::Relaxed);
    Ok(Value::NONE.into())
}

fn set_int_max_str_digits(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = objects::types::int::index_i64(cx, a[0])?;
    if n != 0 && n < 640 {
        return Err(cx.value_error("maxdigits must be 0 or larger than 640"));
    }
    INT_MAX_STR_DIGITS.store(n as usize, Ordering::Relaxed);
    Ok(Value::NONE.into())
}

fn exit(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let args = match a[0].given() {
        Some(v) => match v.exact::<Tuple>() {
            Some(t) => t.items().iter().map(|x| x.to_value()).collect(),
            None if v.is_none() => Vec::new(),
            None => vec![v.to_value()],
        },
        None => Vec::new(),
    };
    let class = objects::types::type_::type_value(exc::SYSTEM_EXIT);
    let refs: Vec<Ref<'_>> = args.iter().map(Value::as_ref).collect();
    let e = call::positional(cx, class.as_ref(), &refs)?;
    Err(cx.raise_new(e))
}

fn displayhook(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if a[0].is_none() {
        return Ok(Value::NONE.into());
    }
    let b = runtime::builtins();
    let underscore = Str::intern_text("_");
    b.set_str(underscore.as_ref(), Value::NONE);
    let shown = text::repr(cx, a[0])?;
    let print = b.get_str("print").map_or(Value::NONE, Reg::into_value);
    if let Err(e) = call::positional(cx, print.as_ref(), &[shown.value().as_ref()]) {
        // What the stream cannot encode is shown by escapes.
        drop(cx.catch_if(e, exc::UNICODE_ENCODE_ERROR)?);
        let encoding = match runtime::sys_attribute(Str::intern_text("stdout").as_ref()) {
            Some(out) => attr::get_text(cx, out.as_ref(), "encoding")?.into_value(),
            None => Value::NONE,
        };
        let (encode, decode, how) = (Str::intern_text("encode"), Str::intern_text("decode"), Str::intern_text("backslashreplace"));
        let bytes = call::method(cx, shown.value().as_ref(), encode.as_ref(), &[encoding.as_ref(), how.as_ref()])?.into_value();
        let plain = call::method(cx, bytes.as_ref(), decode.as_ref(), &[encoding.as_ref()])?.into_value();
        call::positional(cx, print.as_ref(), &[plain.as_ref()])?;
    }
    b.set_str(underscore.as_ref(), a[0].to_value());
    Ok(Value::NONE.into())
}

/// Through the library's `traceback`; plainly when that fails.
fn excepthook(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let printed = match runtime::import(cx, "traceback") {
        Ok(m) => call::method(cx, m.as_ref(), Str::intern_text("_print_exception_bltin").as_ref(), &[a[1]]),
        Err(e) => Err(e),
    };
    match printed {
        Ok(_) => return Ok(Value::NONE.into()),
        Err(e) => drop(cx.catch(e)),
    }
    let shown = super::host::print_plain(cx, a[1]);
    runtime::write_stderr(cx, &shown);
    Ok(Value::NONE.into())
}

fn unraisablehook(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = Str::intern_text("exc_value");
    let e = attr::get(cx, a[0], name.as_ref())?.into_value();
    let message = Str::intern_text("err_msg");
    let m = attr::get(cx, a[0], message.as_ref())?.into_value();
    let object = Str::intern_text("object");
    let o = attr::get(cx, a[0], object.as_ref())?.into_value();
    let mut m = as_str(m.as_ref()).map_or_else(|| "Exception ignored in".to_string(), Str::to_string_lossy);
    if !o.as_ref().is_none() {
        m = format!("{m}: {}", text::repr(cx, o.as_ref())?.to_string_lossy());
    }
    runtime::print_unraisable(cx, &e, &m);
    Ok(Value::NONE.into())
}

fn intern_text(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if a[0].exact::<Str>().is_none() {
        let n = type_of(a[0]).name_text();
        return Err(cx.type_error(format!("intern() argument must be str, not {n}")));
    }
    Ok(intern::intern(a[0].to_value()).into())
}

fn getsizeof(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = names::__sizeof__();
    match call::special(cx, a[0], name, &[])? {
        Some(v) => Ok(v.into()),
        None => match a[1].given() {
            Some(d) => Ok(d.to_value().into()),
            None => {
                let n = type_of(a[0]).name_text();
                Err(cx.type_error(format!("Type {n} doesn't define __sizeof__")))
            }
        },
    }
}

fn getrefcount(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = a[0].header().map_or(i64::from(u32::MAX), |h| h.count() + 1);
    Ok(objects::types::int::from_i64(n).into())
}

fn none(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(Value::NONE.into())
}

fn set_trace(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    tracing::set_trace(cx, a[0].to_value());
    Ok(Value::NONE.into())
}
fn set_profile(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    tracing::set_profile(cx, a[0].to_value());
    Ok(Value::NONE.into())
}

fn switch_interval(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(Value::float(0.005).into())
}

fn clear_type_descriptors(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    use objects::types::type_::{as_type, flags};
    let Some(t) = as_type(a[0]).filter(|t| t.has(flags::HEAP)) else {
        return Err(cx.type_error("argument is immutable"));
    };
    for name in ["__dict__", "__weakref__"] {
        drop(t.dict.remove_str(Str::intern_text(name).as_ref()));
    }
    t.invalidate();
    Ok(Value::NONE.into())
}

fn cpu_count_config(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = settings();
    let option = s.x_options.iter().rev().find(|(k, _)| k == "cpu_count").and_then(|(_, v)| v.clone());
    let variable = || if s.ignore_environment == 0 { std::env::var("PYTHON_CPU_COUNT").ok() } else { None };
    let n = option.or_else(variable).and_then(|v| v.parse::<i64>().ok()).filter(|n| *n > 0);
    Ok(objects::types::int::from_i64(n.unwrap_or(-1)).into())
}

/// How many frames coroutines should remember of where they were made.
static ORIGIN_DEPTH: sync::prim::AtomicU32 = sync::prim::AtomicU32::new(0);

fn set_origin_depth(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = objects::types::int::c_int(cx, a[0])?;
    match u32::try_from(n) {
        Ok(n) => {
            ORIGIN_DEPTH.store(n, Ordering::Relaxed);
            Ok(Value::NONE.into())
        }
        Err(_) => Err(cx.value_error("depth must be >= 0")),
    }
}

/// `breakpoint()`: what `PYTHONBREAKPOINT` names, `pdb.set_trace` otherwise; nothing for "0".
fn breakpoint_hook(cx: &mut Cx, args: objects::Args<'_>) -> PyResult<Reg> {
    let name = if settings().ignore_environment != 0 { None } else { std::env::var("PYTHONBREAKPOINT").ok() };
    let name = match name.as_deref() {
        Some("0") => return Ok(Value::NONE.into()),
        None | Some("") => "pdb.set_trace".to_string(),
        Some(n) => n.to_string(),
    };
    let (module, attribute) = name.rsplit_once('.').unwrap_or(("builtins", &name));
    let found = match runtime::import(cx, module) {
        Ok(m) => attr::get_text(cx, m.as_ref(), attribute).map(Reg::into_value),
        Err(e) => Err(e),
    };
    match found {
        Ok(f) => call::call(cx, f.as_ref(), args),
        Err(e) => {
            drop(cx.catch(e));
            let text = format!("Ignoring unimportable $PYTHONBREAKPOINT: \"{name}\"");
            cx.host.warn(cx, objects::types::type_::type_value(exc::RUNTIME_WARNING).as_ref(), &text, 1)?;
            Ok(Value::NONE.into())
        }
    }
}

fn call_tracing(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let items = objects::protocol::iter::collect(cx, a[1])?;
    let items: Vec<Ref<'_>> = items.iter().map(Value::as_ref).collect();
    let inside = std::mem::take(&mut cx.trace.inside);
    let during = std::mem::take(&mut cx.trace.during);
    let result = call::positional(cx, a[0], &items);
    cx.trace.inside = inside;
    cx.trace.during = during;
    Ok(result?.into())
}

fn set_trace_all(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    tracing::set_for_all(cx, 0, a[0].to_value());
    Ok(Value::NONE.into())
}
fn set_profile_all(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    tracing::set_for_all(cx, 1, a[0].to_value());
    Ok(Value::NONE.into())
}

static FUNCTIONS: &[Method] = &[
    function("is_remote_debug_enabled", "($module, /)", no, "False: no other process can run code here."),
    function("is_stack_trampoline_active", "($module, /)", no, "False: there are no trampolines for profilers."),
    function(
        "get_coroutine_origin_tracking_depth",
        "($module, /)",
        |_, _| Ok(Value::small_int(i64::from(ORIGIN_DEPTH.load(Ordering::Relaxed))).into()),
        "How many frames coroutines should remember of where they were made.",
    ),
    function("set_coroutine_origin_tracking_depth", "($module, /, depth)", set_origin_depth, "Sets it."),
    function("call_tracing", "($module, func, args, /)", call_tracing, "func(*args)"),
    function("getdlopenflags", "($module, /)", |_, _| Ok(Value::small_int(2).into()), "RTLD_NOW: no library is ever loaded."),
    objects::native::raw_function("breakpointhook", "($module, /, *args, **kwargs)", breakpoint_hook, "What breakpoint() calls."),
    objects::native::raw_function("__breakpointhook__", "($module, /, *args, **kwargs)", breakpoint_hook, "The original breakpointhook."),
    function("exc_info", "($module, /)", exc_info, "The exception being handled, as a triple."),
    function("exception", "($module, /)", |cx, _| Ok(cx.handled.clone().into()), "The exception being handled."),
    function("_getframe", "($module, depth=0, /)", get_frame, "A frame object of the call stack."),
    function(
        "_current_frames",
        "($module, /)",
        |cx, _| by_thread(cx, crate::vm::foreign::current_frames()),
        "Each thread's topmost frame.",
    ),
    function(
        "_current_exceptions",
        "($module, /)",
        |cx, _| by_thread(cx, crate::vm::foreign::current_exceptions()),
        "The exception that each thread is handling.",
    ),
    function("_getframemodulename", "($module, /, depth=0)", get_frame_module, "The module name of a frame of the call stack."),
    function(
        "getrecursionlimit",
        "($module, /)",
        |_, _| Ok(objects::types::int::from_i64(i64::from(RECURSION_LIMIT.load(Ordering::Relaxed))).into()),
        "The recursion limit.",
    ),
    function("setrecursionlimit", "($module, limit, /)", set_recursion_limit, "Sets the recursion limit."),
    function(
        "get_int_max_str_digits",
        "($module, /)",
        |_, _| Ok(objects::types::int::from_usize(INT_MAX_STR_DIGITS.load(Ordering::Relaxed)).into()),
        "Limit of int to str conversions.",
    ),
    function("set_int_max_str_digits", "($module, /, maxdigits)", set_int_max_str_digits, "Sets the limit of int to str conversions."),
    function("exit", "($module, status=None, /)", exit, "Raises SystemExit."),
    function("displayhook", "($module, object, /)", displayhook, "Shows the value of an expression."),
    function("__displayhook__", "($module, object, /)", displayhook, "The original displayhook."),
    function("excepthook", "($module, exctype, value, traceback, /)", excepthook, "Shows an exception that nobody caught."),
    function("__excepthook__", "($module, exctype, value, traceback, /)", excepthook, "The original excepthook."),
    function("unraisablehook", "($module, unraisable, /)", unraisablehook, "Shows an exception that nobody can receive."),
    function("__unraisablehook__", "($module, unraisable, /)", unraisablehook, "The original unraisablehook."),
    function("intern", "($module, string, /)", intern_text, "The interned form of a str."),
    function(
        "_is_interned",
        "($module, string, /)",
        |_, a| Ok(Value::bool(a[0].exact::<Str>().is_some_and(Str::is_interned)).into()),
        "Whether a str is interned.",
    ),
    function(
        "_is_immortal",
        "($module, op, /)",
        |_, a| Ok(Value::bool(a[0].header().is_none_or(|h| h.flags() & gc::flag::IMMORTAL != 0)).into()),
        "Whether an object is immortal.",
    ),
    function("getsizeof", "(object, default=None)", getsizeof, "Size of an object in bytes."),
    function("getrefcount", "($module, object, /)", getrefcount, "Reference count of an object."),
    function(
        "_clear_type_descriptors",
        "($module, type, /)",
        clear_type_descriptors,
        "Removes the descriptors of __dict__ and __weakref__ from a class.",
    ),
    function("_get_cpu_count_config", "($module, /)", cpu_count_config, "What -X cpu_count or PYTHON_CPU_COUNT asks for, or -1."),
    function("getdefaultencoding", "($module, /)", |_, _| Ok(Str::from_text("utf-8").into()), "The default encoding."),
    function("getfilesystemencoding", "($module, /)", |_, _| Ok(Str::from_text("utf-8").into()), "The encoding of file names."),
    function(
        "getfilesystemencodeerrors",
        "($module, /)",
        |_, _| Ok(Str::from_text("surrogateescape").into()),
        "The error handler of file names.",
    ),
    function("is_finalizing", "($module, /)", |_, _| Ok(Value::FALSE.into()), "Whether the interpreter is shutting down."),
    function("_is_gil_enabled", "($module, /)", |_, _| Ok(Value::FALSE.into()), "There is no global lock."),
    function("getswitchinterval", "($module, /)", switch_interval, "Threads run at the same time: of no effect."),
    function("setswitchinterval", "($module, interval, /)", none, "Threads run at the same time: of no effect."),
    function(
        "_baserepl",
        "($module, /)",
        |cx, _| {
            crate::interactive::basic(cx)?;
            Ok(Value::NONE.into())
        },
        "Private function for getting the base REPL",
    ),
    function("_settraceallthreads", "($module, function, /)", set_trace_all, "Sets the trace function of all threads."),
    function("_setprofileallthreads", "($module, function, /)", set_profile_all, "Sets the profile function of all threads."),
    function("settrace", "($module, function, /)", set_trace, "Sets the trace function of this thread."),
    function("gettrace", "($module, /)", |cx, _| Ok(cx.trace.trace.clone().into()), "The trace function of this thread."),
    function("setprofile", "($module, function, /)", set_profile, "Sets the profile function of this thread."),
    function("getprofile", "($module, /)", |cx, _| Ok(cx.trace.profile.clone().into()), "The profile function of this thread."),
    function("_clear_type_cache", "($module, /)", none, "Obsolete."),
    function("_clear_internal_caches", "($module, /)", none, "Obsolete."),
];

static FLAGS: &[SeqField] = &[
    "debug",
    "inspect",
    "interactive",
    "optimize",
    "dont_write_bytecode",
    "no_user_site",
    "no_site",
    "ignore_environment",
    "verbose",
    "bytes_warning",
    "quiet",
    "hash_randomization",
    "isolated",
    "dev_mode",
    "utf8_mode",
    "warn_default_encoding",
    "safe_path",
    "int_max_str_digits",
    "gil",
    "thread_inherit_context",
    "context_aware_warnings",
];

fn init(cx: &mut Cx, m: &Module) -> PyResult<()> {
    let s = settings();
    let int = |n: i64| Value::small_int(n);
    m.add("modules", runtime::modules().into_value());
    for n in ["meta_path", "path_hooks"] {
        m.add(n, List::new());
    }
    m.add("path", texts(&crate::import::paths::search_path()));
    // Until they are made: what is imported first may want to say something.
    for n in ["stdin", "stdout", "stderr"] {
        m.add(n, Value::NONE);
    }
    m.add("path_importer_cache", Dict::new());
    m.add("argv", texts(&s.argv));
    m.add("orig_argv", texts(&s.orig_argv));
    m.add("warnoptions", texts(&s.warn_options));
    let x = Dict::new();
    for (k, v) in &s.x_options {
        x.set_text(k, v.as_ref().map_or(Value::TRUE, |v| Str::from_text(v).into_value()));
    }
    m.add("_xoptions", x);
    let values = vec![
        int(s.debug),
        int(s.inspect),
        int(i64::from(s.interactive)),
        int(s.optimize),
        int(s.dont_write_bytecode),
        int(s.no_user_site),
        int(s.no_site),
        int(s.ignore_environment),
        int(s.verbose),
        int(s.bytes_warning),
        int(s.quiet),
        int(s.hash_randomization),
        int(s.isolated),
        Value::bool(s.dev_mode),
        int(s.utf8_mode),
        int(s.warn_default_encoding),
        Value::bool(s.safe_path),
        int(s.int_max_str_digits.unwrap_or(4300)),
        int(0),
        int(1),
        int(1),
    ];
    for f in super::async_generators::SYS_FUNCTIONS.iter().chain(super::audit::FUNCTIONS) {
        m.add(f.name, objects::native::new_function(f, Str::intern_text("sys")));
    }
    let flags = structseq::new_type(cx, "sys.flags", FLAGS, FLAGS.len())?;
    m.add("flags", structseq::make(&flags, values));
    let info = structseq::new_type(cx, "sys.version_info", &["major", "minor", "micro", "releaselevel", "serial"], 5)?;
    let release = || Str::intern_text("final");
    let version = structseq::make(&info, vec![int(VERSION.0), int(VERSION.1), int(VERSION.2), release(), int(0)]);
    m.add("version_info", version.clone());
    m.add("hexversion", int(VERSION.0 << 24 | VERSION.1 << 16 | VERSION.2 << 8 | 0xf0));
    m.add("api_version", int(1013));
    let text = format!("{}.{}.{} free-threading build (weft {}) [rustc]", VERSION.0, VERSION.1, VERSION.2, env!("CARGO_PKG_VERSION"));
    m.add("version", Str::from_text(&text));
    m.add("copyright", Str::from_text("Copyright (c) the weft authors."));
    m.add("platform", Str::intern_text("linux"));
    m.add("byteorder", Str::intern_text(if cfg!(target_endian = "little") { "little" } else { "big" }));
    m.add("abiflags", Str::intern_text("t"));
    m.add("maxsize", objects::types::int::from_i64(i64::MAX));
    m.add("maxunicode", int(0x10_ffff));
    m.add("dont_write_bytecode", Value::bool(s.dont_write_bytecode != 0));
    m.add("pycache_prefix", s.pycache_prefix.as_deref().map_or(Value::NONE, |p| Str::from_text(p).into_value()));
    m.add("platlibdir", Str::intern_text("lib"));
    m.add("float_repr_style", Str::intern_text("short"));
    m.add("_git", Tuple::from_values(vec![Str::intern_text("weft"), Str::empty().into_value(), Str::empty().into_value()]));
    m.add("_framework", Str::empty());
    m.add("_home", Value::NONE);
    let paths = crate::import::paths::paths();
    for (n, v) in [
        ("executable", &paths.executable),
        ("_base_executable", &paths.base_executable),
        ("prefix", &paths.prefix),
        ("exec_prefix", &paths.prefix),
        ("base_prefix", &paths.base_prefix),
        ("base_exec_prefix", &paths.base_prefix),
        ("_stdlib_dir", &paths.library),
    ] {
        m.add(n, Str::from_text(v));
    }
    let names: Vec<Value> = imp::builtin_names().into_iter().map(Str::intern_text).collect();
    m.add("builtin_module_names", Tuple::from_values(names));
    let names: Vec<Value> = {
        let mut all: Vec<&str> = crate::import::library::names().filter(|n| !n.contains('.')).chain(imp::builtin_names()).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(Str::intern_text).collect()
    };
    m.add("stdlib_module_names", objects::types::set::frozen_constant(names));
    let thread = structseq::new_type(cx, "sys.thread_info", &["name", "lock", "version"], 3)?;
    m.add("thread_info", structseq::make(&thread, vec![Str::intern_text("pthread"), Str::intern_text("semaphore"), Value::NONE]));
    let float = structseq::new_type(
        cx,
        "sys.float_info",
        &["max", "max_exp", "max_10_exp", "min", "min_exp", "min_10_exp", "dig", "mant_dig", "epsilon", "radix", "rounds"],
        11,
    )?;
    let f = vec![
        Value::float(f64::MAX),
        int(1024),
        int(308),
        Value::float(f64::MIN_POSITIVE),
        int(-1021),
        int(-307),
        int(15),
        int(53),
        Value::float(f64::EPSILON),
        int(2),
        int(1),
    ];
    m.add("float_info", structseq::make(&float, f));
    let ints = structseq::new_type(
        cx,
        "sys.int_info",
        &["bits_per_digit", "sizeof_digit", "default_max_str_digits", "str_digits_check_threshold"],
        4,
    )?;
    m.add("int_info", structseq::make(&ints, vec![int(30), int(4), int(4300), int(640)]));
    let hash = structseq::new_type(
        cx,
        "sys.hash_info",
        &["width", "modulus", "inf", "nan", "imag", "algorithm", "hash_bits", "seed_bits", "cutoff"],
        9,
    )?;
    let modulus = objects::types::int::from_i64((1 << 61) - 1);
    m.add(
        "hash_info",
        structseq::make(
            &hash,
            vec![int(64), modulus, int(314_159), int(0), int(1_000_003), Str::intern_text("siphash13"), int(64), int(128), int(0)],
        ),
    );
    let implementation = Dict::new();
    implementation.set_text("name", Str::intern_text("weft"));
    implementation.set_text("cache_tag", Str::intern_text("weft-314t"));
    implementation.set_text("version", version);
    implementation.set_text("hexversion", int(VERSION.0 << 24 | VERSION.1 << 16 | VERSION.2 << 8 | 0xf0));
    implementation.set_text("_multiarch", Str::intern_text("x86_64-linux-gnu"));
    implementation.set_text("supports_isolated_interpreters", Value::FALSE);
    m.add("implementation", runtime::namespace_object(cx, &implementation)?);
    m.add("_jit", Module::from_def(cx, &JIT)?);
    super::monitoring::install(cx, m)?;
    Ok(())
}

fn no(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(Value::FALSE.into())
}

/// `sys._jit`
static JIT: ModuleDef = ModuleDef {
    name: "_jit",
    doc: "Utilities for observing just-in-time compilation.",
    functions: &[
        function("is_available", "($module, /)", no, "Whether there is a just-in-time compiler."),
        function("is_enabled", "($module, /)", no, "Whether it is enabled."),
        function("is_active", "($module, /)", no, "Whether the topmost frame runs compiled code."),
    ],
    init: |_, _| Ok(()),
};

/// `sys`.
pub static MODULE: ModuleDef = ModuleDef { name: "sys", doc: "Access to the interpreter.", functions: FUNCTIONS, init };
