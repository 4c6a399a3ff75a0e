//! The command line: options, what to run, exit codes.

use crate::interactive;
use crate::modules::streams;
use crate::modules::sys::{Settings, configure};
use crate::modules::thread;
use crate::program::{self, Failure, Program};
use crate::runtime::{self, Thread};
use crate::vm::instrument::stats;
use gc::{Ref, Value};
use objects::Cx;
use objects::types::exception;
use objects::types::int::as_int;
use objects::types::type_::type_of;
use sync::prim::{AtomicBool, Ordering};

const USAGE: &str = "usage: weft [option] ... [-c cmd | -m mod | file | -] [arg] ...
Options:
-b     : issue warnings about converting bytes/bytearray to str
-B     : don't write .pyc files on import
-c cmd : program passed in as string
-E     : ignore PYTHON* environment variables
-h     : print this help message and exit
-i     : inspect interactively after running script
-I     : isolate from the user's environment
-m mod : run library module as a script
-O     : remove assert statements
-OO    : do -O changes and also discard docstrings
-P     : don't prepend a potentially unsafe path to sys.path
-q     : don't print version and copyright messages on interactive startup
-s     : don't add user site directory to sys.path
-S     : don't imply 'import site' on initialization
-u     : force the stdout and stderr streams to be unbuffered
-v     : verbose
-V     : print the version number and exit
-W arg : warning control
-x     : skip first line of source
-X opt : set implementation-specific option; stats[=file] counts what the VM does
";

/// Runs the process; its exit code.
pub fn main() -> i32 {
    crate::standard_fds::restore();
    let args: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    match parse(&args) {
        Ok((s, run, skip)) => {
            configure(s);
            execute(run, skip)
        }
        Err(code) => code,
    }
}

fn parse(args: &[String]) -> Result<(Settings, Program, bool), i32> {
    let mut s = Settings { orig_argv: args.to_vec(), hash_randomization: 1, utf8_mode: 1, ..Settings::default() };
    let mut versions = 0;
    let mut skip_first_line = false;
    let mut random_hashes = false;
    let mut at = 1;
    let mut run = None;
    'options: while at < args.len() {
        let a = &args[at];
        if a == "-" || !a.starts_with('-') {
            break;
        }
        at += 1;
        match a.as_str() {
            "--help" => {
                print!("{USAGE}");
                return Err(0);
            }
            "--version" => {
                versions += 1;
                continue;
            }
            _ if a.starts_with("--") => {
                eprintln!("unknown option {a}\nTry `weft -h' for more information.");
                return Err(2);
            }
            _ => {}
        }
        let mut rest = a[1..].chars();
        while let Some(c) = rest.next() {
            let mut value = |at: &mut usize| -> Result<String, i32> {
                let tail: String = rest.by_ref().collect();
                if !tail.is_empty() {
                    return Ok(tail);
                }
                match args.get(*at) {
                    Some(v) => {
                        *at += 1;
                        Ok(v.clone())
                    }
                    None => {
                        eprintln!("Argument expected for the -{c} option\nTry `weft -h' for more information.");
                        Err(2)
                    }
                }
            };
            match c {
                'c' => {
                    run = Some(Program::Command(value(&mut at)?));
                    break 'options;
                }
                'm' => {
                    run = Some(Program::Module(value(&mut at)?));
                    break 'options;
                }
                'W' => {
                    let v = value(&mut at)?;
                    s.warn_options.push(v);
                }
                'X' => {
                    let v = value(&mut at)?;
                    let (k, x) = match v.split_once('=') {
                        Some((k, x)) => (k.to_string(), Some(x.to_string())),
                        None => (v.clone(), None),
                    };
                    if k == "gil" && x.as_deref() == Some("1") {
                        eprintln!("weft: -X gil=1 is refused: there is no global interpreter lock to enable");
                        return Err(1);
                    }
                    if k == "dev" {
                        s.dev_mode = true;
                    }
                    s.x_options.push((k, x));
                }
                'b' => s.bytes_warning += 1,
                'B' => s.dont_write_bytecode += 1,
                'd' => s.debug += 1,
                'E' => s.ignore_environment = 1,
                'h' | '?' => {
                    print!("{USAGE}");
                    return Err(0);
                }
                'i' => {
                    s.inspect += 1;
                    s.interactive = true;
                }
                'I' => {
                    s.isolated = 1;
                    s.ignore_environment = 1;
                    s.no_user_site = 1;
                    s.safe_path = true;
                }
                'O' => s.optimize += 1,
                'P' => s.safe_path = true,
                'q' => s.quiet += 1,
                // Whatever PYTHONHASHSEED says.
                'R' => random_hashes = true,
                's' => s.no_user_site = 1,
                'S' => s.no_site = 1,
                'u' => s.unbuffered = true,
                'v' => s.verbose += 1,
                'V' => versions += 1,
                'x' => skip_first_line = true,
                other => {
                    eprintln!(
                        "Unknown option: -{other}\nusage: weft [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry `weft -h' for more information."
                    );
                    return Err(2);
                }
            }
        }
    }
    if versions > 0 {
        let (a, b, c) = crate::modules::sys::VERSION;
        if versions > 1 {
            println!("Python {a}.{b}.{c} free-threading build (weft {})", env!("CARGO_PKG_VERSION"));
        } else {
            println!("Python {a}.{b}.{c} (weft {})", env!("CARGO_PKG_VERSION"));
        }
        return Err(0);
    }
    if s.ignore_environment == 0 {
        let set = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        if set("PYTHON_GIL").as_deref() == Some("1") {
            eprintln!("weft: PYTHON_GIL=1 is refused: there is no global interpreter lock to enable");
            return Err(1);
        }
        if set("PYTHONDONTWRITEBYTECODE").is_some() {
            s.dont_write_bytecode = 1;
        }
        if set("PYTHONUNBUFFERED").is_some() {
            s.unbuffered = true;
        }
        if set("PYTHONNOUSERSITE").is_some() {
            s.no_user_site = 1;
        }
        if set("PYTHONSAFEPATH").is_some() {
            s.safe_path = true;
        }
        let count = |name: &str, now: i64| match set(name) {
            // Anything but a number counts as 1.
            Some(v) => now.max(v.parse().unwrap_or(1)),
            None => now,
        };
        s.debug = count("PYTHONDEBUG", s.debug).min(1);
        s.verbose = count("PYTHONVERBOSE", s.verbose);
        s.dev_mode |= set("PYTHONDEVMODE").is_some();
        if let Some(list) = set("PYTHONWARNINGS") {
            // The command line's come later and win.
            s.warn_options.splice(0..0, list.split(',').map(str::to_string));
        }
        s.pycache_prefix = set("PYTHONPYCACHEPREFIX");
        if let Some(n) = set("PYTHONINTMAXSTRDIGITS") {
            set_max_digits(&mut s, &n, "PYTHONINTMAXSTRDIGITS")?;
        }
        if set("PYTHONINSPECT").is_some() {
            s.inspect = s.inspect.max(1);
        }
        if let Some(o) = set("PYTHONOPTIMIZE") {
            s.optimize = s.optimize.max(o.parse().unwrap_or(1));
        }
        crate::jit::configure(set);
        if let Some(seed) = set("PYTHONHASHSEED").filter(|v| v != "random" && !random_hashes) {
            match seed.parse::<u32>() {
                Ok(n) => {
                    s.hash_randomization = i64::from(n != 0);
                    let key = if n == 0 { (0, 0) } else { seeded(n) };
                    objects::protocol::hash::set_key(key.0, key.1);
                }
                Err(_) => {
                    eprintln!("Fatal Python error: PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]");
                    return Err(1);
                }
            }
        }
    }
    for (key, value) in s.x_options.clone() {
        match key.as_str() {
            "pycache_prefix" => s.pycache_prefix = value.filter(|v| !v.is_empty()),
            "int_max_str_digits" => set_max_digits(&mut s, &value.unwrap_or_default(), "-X int_max_str_digits")?,
            _ => {}
        }
    }
    if s.dev_mode {
        s.warn_options.insert(0, "default".to_string());
    }
    match s.bytes_warning {
        0 => {}
        1 => s.warn_options.push("default::BytesWarning".to_string()),
        _ => s.warn_options.push("error::BytesWarning".to_string()),
    }
    let rest = args.get(at..).unwrap_or(&[]);
    let run = match run {
        Some(r) => r,
        None => match rest.first().map(String::as_str) {
            None | Some("-") => Program::Stdin,
            Some(p) => Program::Script(p.to_string()),
        },
    };
    s.argv = match &run {
        Program::Command(_) => std::iter::once("-c".to_string()).chain(rest.iter().cloned()).collect(),
        Program::Module(_) => std::iter::once("-m".to_string()).chain(rest.iter().cloned()).collect(),
        Program::Stdin if rest.is_empty() => vec![String::new()],
        _ => rest.to_vec(),
    };
    Ok((s, run, skip_first_line))
}

/// Sets the limit of conversions between int and str.
fn set_max_digits(s: &mut Settings, text: &str, source: &str) -> Result<(), i32> {
    const LOWEST: i64 = 640;
    match text.parse::<i64>() {
        Ok(n) if n == 0 || (LOWEST..=i64::from(i32::MAX)).contains(&n) => {
            s.int_max_str_digits = Some(n);
            objects::cx::INT_MAX_STR_DIGITS.store(n as usize, Ordering::Relaxed);
            Ok(())
        }
        _ => {
            let what = "config_init_int_max_str_digits";
            eprintln!("Fatal Python error: {what}: {source}: invalid limit; must be >= {LOWEST} or 0 for unlimited.");
            Err(1)
        }
    }
}

/// The key of str hashes from a seed (the generator of CPython's `lcg_urandom`).
fn seeded(seed: u32) -> (u64, u64) {
    let mut x = seed;
    let mut bytes = [0u8; 16];
    for b in &mut bytes {
        x = x.wrapping_mul(214_013).wrapping_add(2_531_011);
        *b = (x >> 16) as u8;
    }
    let half = |r: std::ops::Range<usize>| bytes[r].iter().rev().fold(0u64, |a, b| a << 8 | u64::from(*b));
    (half(0..8), half(8..16))
}

/// A random key for str hashes.
fn random_key() -> (u64, u64) {
    let mut b = [0u8; 16];
    // SAFETY: a buffer of that size.
    let n = unsafe { libc::getrandom(b.as_mut_ptr().cast(), b.len(), 0) };
    if n != 16 {
        return (0x5eed, std::process::id().into());
    }
    let (mut x, mut y) = (0, 0);
    for i in 0..8 {
        x = x << 8 | u64::from(b[i]);
        y = y << 8 | u64::from(b[8 + i]);
    }
    (x, y)
}

/// Where statistics go: `-X stats[=file]`, or else `WEFT_STATS`.
fn wanted_stats() -> Option<stats::Destination> {
    match crate::modules::sys::settings().x_options.iter().rev().find(|(k, _)| k == "stats") {
        Some((_, value)) => stats::destination(value.as_deref()),
        None => std::env::var("WEFT_STATS").ok().and_then(|v| stats::destination(Some(&v))),
    }
}

fn execute(run: Program, skip_first_line: bool) -> i32 {
    if let Some(to) = wanted_stats() {
        stats::start(to);
    }
    if let Ok(modes) = std::env::var("WEFT_STRESS")
        && let Err(mode) = gc::stress::set(&modes)
    {
        eprintln!("weft: WEFT_STRESS: no mode '{mode}'");
        return 2;
    }
    let (a, b) = random_key();
    // Has no effect when PYTHONHASHSEED has set one.
    objects::protocol::hash::set_key(a, b);
    let Some(mut thread) = Thread::attach() else {
        eprintln!("weft: no address space for the interpreter's stacks");
        return 1;
    };
    let cx = &mut *thread.cx;
    if let Err(e) = runtime::start(cx) {
        let exc = cx.catch(e);
        eprint!("Fatal error: cannot start\n{}", crate::modules::host::print_plain(cx, exc.as_ref()));
        return 1;
    }
    let is_from_stdin = matches!(run, Program::Stdin) && interactive::is_wanted();
    if is_from_stdin {
        configure_inspect(false);
    }
    let started = runtime::import_site(cx).and_then(|()| {
        // Filters that are wrong are told at once.
        let wanted = !crate::modules::sys::settings().warn_options.is_empty();
        if wanted { runtime::import(cx, "warnings").map(drop) } else { Ok(()) }
    });
    let result = match started {
        Ok(()) => program::run(cx, run, skip_first_line),
        Err(e) => Err(Failure::Raised(e)),
    };
    let code = match result {
        Ok(()) => 0,
        Err(Failure::Unreadable) => 2,
        Err(Failure::Raised(e)) => {
            let exc = cx.catch(e);
            report(cx, exc)
        }
    };
    let code = if is_from_stdin { code } else { inspect(cx, code) };
    finish(cx, code)
}

/// Whether the end of the program is still to be inspected.
static INSPECTS: AtomicBool = AtomicBool::new(true);

fn configure_inspect(on: bool) {
    INSPECTS.store(on, Ordering::Relaxed);
}

/// The prompt after the program, where it is wanted; the exit code.
fn inspect(cx: &mut Cx, code: i32) -> i32 {
    if !interactive::is_wanted_after(cx) {
        return code;
    }
    configure_inspect(false);
    interactive::hook(cx);
    match interactive::run(cx) {
        Ok(()) => 0,
        Err(e) => {
            let exc = cx.catch(e);
            report(cx, exc)
        }
    }
}

/// Stands for the exit code of a process that SIGINT ends: no program can ask for it.
const INTERRUPTED: i32 = i32::MIN;

/// Shows an exception that nobody caught; the exit code.
fn report(cx: &mut Cx, exc: Value) -> i32 {
    if crate::modules::host::is_system_exit(exc.as_ref()) && !(INSPECTS.load(Ordering::Relaxed) && interactive::is_wanted_after(cx)) {
        return exit_code(cx, exc.as_ref());
    }
    show(cx, &exc)
}

/// Shows an exception through `sys.excepthook`; the exit code.
pub fn show(cx: &mut Cx, exc: &Value) -> i32 {
    let hook = runtime::sys_attribute(objects::names::excepthook());
    let tb = exception::as_exception(exc.as_ref()).map_or(Value::NONE, |e| e.traceback.load(gc::Payload::header(e)));
    let class = type_of(exc.as_ref()).as_value();
    streams::flush(cx, false);
    let shown = match hook {
        Some(h) => objects::protocol::call::positional(cx, h.as_ref(), &[class.as_ref(), exc.as_ref(), tb.as_ref()]),
        None => Ok(Value::NONE),
    };
    if let Err(e) = shown {
        let second = cx.catch(e);
        if crate::modules::host::is_system_exit(second.as_ref()) {
            return exit_code(cx, second.as_ref());
        }
        let text = crate::modules::host::print_plain(cx, exc.as_ref());
        eprint!("Error in sys.excepthook:\n{}\nOriginal exception was:\n{text}", crate::modules::host::print_plain(cx, second.as_ref()));
    }
    if type_of(exc.as_ref()).is_subtype_of_id(exception::ids::KEYBOARD_INTERRUPT) { INTERRUPTED } else { 1 }
}

fn exit_code(cx: &mut Cx, exc: Ref<'_>) -> i32 {
    let code = exception::extra(exc, 0);
    if code.as_ref().is_none() {
        return 0;
    }
    match as_int(code.as_ref()) {
        Some(i) => i.to_i64().map_or(-1, |i| i as i32 & 0xff),
        None => {
            streams::flush(cx, false);
            if let Ok(s) = objects::protocol::text::str(cx, code.as_ref()) {
                let text = format!("{}\n", s.to_string_lossy());
                runtime::write_stderr(cx, &text);
            }
            1
        }
    }
}

/// Joins threads, runs exit functions, flushes.
fn finish(cx: &mut Cx, code: i32) -> i32 {
    let mut code = code;
    // `threading` knows of more than the native list.
    if let Some(m) = runtime::loaded("threading") {
        let name = objects::types::str::Str::intern_text("_shutdown");
        if let Err(e) = objects::protocol::call::method(cx, m.as_ref(), name.as_ref(), &[]) {
            cx.unraisable(e, "Exception ignored on threading shutdown", m.as_ref());
        }
    }
    if let Err(e) = thread::wait_for_threads(cx) {
        cx.unraisable(e, "Exception ignored while joining threads", Ref::NONE);
        code = 1;
    }
    if let Some(m) = runtime::loaded("atexit") {
        let name = objects::types::str::Str::intern_text("_run_exitfuncs");
        if let Err(e) = objects::protocol::call::method(cx, m.as_ref(), name.as_ref(), &[]) {
            cx.unraisable(e, "Exception ignored in atexit callback", m.as_ref());
        }
    }
    thread::shut_down();
    crate::collect::background::close();
    crate::shutdown::end_modules(cx);
    stdlib_native::io::standard::end();
    if !streams::flush(cx, true) {
        code = 120;
    }
    cx.drain();
    streams::flush_rest(cx);
    let _ = std::io::Write::flush(&mut std::io::stdout());
    stats::finish();
    if code == INTERRUPTED {
        // Whoever waits for the process is to see that the signal has ended it.
        // SAFETY: plain numbers.
        unsafe {
            libc::signal(libc::SIGINT, libc::SIG_DFL);
            libc::kill(libc::getpid(), libc::SIGINT);
        }
        return 128 + libc::SIGINT;
    }
    code
}
