//! `faulthandler`: tracebacks when the process crashes, on a signal, or after some time.
//!
//! What runs in a signal handler here allocates nothing and takes no lock: it reads frame chains as they are. Frames of other threads may
//! change meanwhile; their memory stays mapped while the thread lives, and code objects are type-stable, so the worst is a wrong line.

use crate::vm::frame::{Frame, current};
use gc::{Ref, Reg, Value};
use objects::native::{Method, function};
use objects::protocol::{call, truth};
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str};
use objects::{Cx, PyResult};
use std::sync::{Condvar, Mutex};
use std::time::Duration;
use stdlib_native::clock::{Round, nanoseconds};
use sync::prim::{AtomicBool, AtomicI32, AtomicU64, Ordering};

/// Deepest frame that is shown.
const DEPTH: usize = 100;
/// Most threads that are shown.
const THREADS: usize = 100;
/// Slots whose threads' identifiers are known.
const KNOWN: usize = 4096;

static IDENTS: [AtomicU64; KNOWN] = [const { AtomicU64::new(0) }; KNOWN];

/// A thread has taken a slot.
pub fn attached(slot: u32) {
    if let Some(i) = IDENTS.get(slot as usize) {
        i.store(super::thread::ident(), Ordering::Relaxed);
    }
}

fn put(fd: i32, bytes: &[u8]) {
    let mut at = 0;
    while at < bytes.len() {
        // SAFETY: bytes that are there.
        let n = unsafe { libc::write(fd, bytes[at..].as_ptr().cast(), bytes.len() - at) };
        if n <= 0 {
            return;
        }
        at += n as usize;
    }
}

fn put_decimal(fd: i32, mut n: u32) {
    let mut digits = [0u8; 10];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    put(fd, &digits[at..]);
}

fn put_hex(fd: i32, n: u64) {
    let mut digits = *b"0x0000000000000000";
    for i in 0..16 {
        digits[17 - i] = b"0123456789abcdef"[(n >> (4 * i) & 15) as usize];
    }
    put(fd, &digits);
}

/// Writes a str, characters beyond ASCII escaped.
fn put_text(fd: i32, v: Ref<'_>) {
    let Some(s) = as_str(v) else {
        put(fd, b"???");
        return;
    };
    let u = s.units();
    let n = s.len();
    for i in 0..n.min(500) {
        let c = u.get(i).unwrap_or(0);
        let hex = |width: usize| {
            for k in (0..width).rev() {
                put(fd, &[b"0123456789abcdef"[(c >> (4 * k) & 15) as usize]]);
            }
        };
        match c {
            0x20..0x7f => put(fd, &[c as u8]),
            0..0x100 => {
                put(fd, b"\\x");
                hex(2);
            }
            0x100..0x10000 => {
                put(fd, b"\\u");
                hex(4);
            }
            _ => {
                put(fd, b"\\U");
                hex(8);
            }
        }
    }
    if n > 500 {
        put(fd, b"...");
    }
}

/// Writes the frames of a context.
///
/// # Safety
/// The context lives.
unsafe fn put_frames(fd: i32, cx: *const Cx) {
    // SAFETY: see the file's header.
    unsafe {
        let mut f: *mut Frame = current(&*cx);
        let mut shown = 0;
        let mut seen = 0;
        while !f.is_null() && seen < 100_000 {
            seen += 1;
            if let Some(code) = (*f).code() {
                if shown == DEPTH {
                    put(fd, b"  ...\n");
                    return;
                }
                shown += 1;
                put(fd, b"  File \"");
                put_text(fd, Ref::from_word(code.filename.peek()));
                put(fd, b"\", line ");
                put_decimal(fd, code.line((*f).pc_index()));
                put(fd, b" in ");
                put_text(fd, code.name.as_ref());
                put(fd, b"\n");
            }
            f = (*f).prev;
        }
        if shown == 0 {
            put(fd, b"  <no Python frame>\n");
        }
    }
}

/// Writes the calling thread's traceback, or all threads', the calling one last.
fn dump(fd: i32, all: bool) {
    let me = sync::threads::current();
    if all {
        let mut n = 0;
        sync::threads::for_each_slot(|s| {
            let p: *mut Cx = s.ext.load(Ordering::Acquire).cast();
            if p.is_null() || me.is_some_and(|m| m.id == s.id) {
                return;
            }
            n += 1;
            if n == THREADS {
                put(fd, b"...\n");
            }
            if n >= THREADS {
                return;
            }
            put(fd, b"Thread ");
            put_hex(fd, IDENTS.get(s.id as usize).map_or(0, |i| i.load(Ordering::Relaxed)));
            put(fd, b" (most recent call first):\n");
            // SAFETY: a context stays in its slot while it lives.
            unsafe { put_frames(fd, p) };
            put(fd, b"\n");
        });
    }
    let Some(m) = me else { return };
    let p: *mut Cx = m.ext.load(Ordering::Acquire).cast();
    if all {
        put(fd, b"Current thread ");
        put_hex(fd, super::thread::ident());
        put(fd, b" (most recent call first):\n");
    } else {
        put(fd, b"Stack (most recent call first):\n");
    }
    if p.is_null() {
        put(fd, b"  <no Python frame>\n");
    } else {
        // SAFETY: the calling thread's own context.
        unsafe { put_frames(fd, p) };
    }
}

// ---- crashes ----

const FATAL: [(i32, &[u8]); 5] = [
    (libc::SIGBUS, b"Bus error"),
    (libc::SIGILL, b"Illegal instruction"),
    (libc::SIGFPE, b"Floating-point exception"),
    (libc::SIGABRT, b"Aborted"),
    (libc::SIGSEGV, b"Segmentation fault"),
];

static ENABLED: AtomicBool = AtomicBool::new(false);
static FATAL_FD: AtomicI32 = AtomicI32::new(2);
static FATAL_ALL: AtomicBool = AtomicBool::new(true);
/// The file object, kept alive while its descriptor is used; and what the handlers were.
static KEPT: Mutex<Kept> = Mutex::new(Kept { file: None, old: Vec::new(), users: Vec::new(), later: None });

struct Kept {
    file: Option<SharedFile>,
    old: Vec<(i32, libc::sigaction)>,
    users: Vec<(i32, libc::sigaction, SharedFile)>,
    later: Option<SharedFile>,
}
/// A file object that only attached threads drop.
struct SharedFile(Value);
// SAFETY: reached under the mutex by attached threads only.
unsafe impl Send for SharedFile {}

fn kept() -> std::sync::MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(|e| e.into_inner())
}

fn show(v: &Value) {
    if let Some(h) = v.as_ref().header() {
        h.show();
    }
}

fn blank() -> libc::sigaction {
    // SAFETY: zeros are a valid record.
    unsafe { std::mem::zeroed() }
}

extern "C" fn on_fatal(signal: libc::c_int) {
    // SAFETY: errno of this thread; async-signal-safe calls only.
    unsafe {
        let errno = libc::__errno_location();
        let saved = *errno;
        // The next one of the kind ends the process.
        libc::signal(signal, libc::SIG_DFL);
        let fd = FATAL_FD.load(Ordering::Relaxed);
        put(fd, b"Fatal Python error: ");
        put(fd, FATAL.iter().find(|(n, _)| *n == signal).map_or(b"Signal", |(_, t)| t));
        put(fd, b"\n\n");
        dump(fd, FATAL_ALL.load(Ordering::Relaxed));
        *errno = saved;
        libc::raise(signal);
    }
}

/// The descriptor of a file argument, and the object to keep.
fn file_of(cx: &mut Cx, v: Option<Ref<'_>>) -> PyResult<(i32, Value)> {
    let file = match v.filter(|v| !v.is_none()) {
        Some(v) => v.to_value(),
        None => match crate::runtime::sys_attribute(objects::names::stderr()) {
            Some(f) if !f.as_ref().is_none() => f,
            Some(_) => return Err(cx.runtime_error("sys.stderr is None")),
            None => return Err(cx.runtime_error("unable to get sys.stderr")),
        },
    };
    if int::as_int(file.as_ref()).is_some() {
        let fd = int::c_int(cx, file.as_ref())?;
        if fd < 0 {
            return Err(cx.value_error("file is not a valid file descripter"));
        }
        return Ok((fd, Value::NONE));
    }
    let name = Str::intern_text("fileno");
    let n = call::method(cx, file.as_ref(), name.as_ref(), &[])?.into_value();
    let fd = match int::as_int(n.as_ref()).and_then(|n| n.to_i64()) {
        Some(n) if n >= 0 => n as i32,
        _ => return Err(cx.runtime_error("file.fileno() is not a valid file descriptor")),
    };
    if let Err(e) = call::method(cx, file.as_ref(), objects::names::flush(), &[]) {
        drop(cx.catch(e));
    }
    show(&file);
    Ok((fd, file))
}

fn flag(cx: &mut Cx, v: Ref<'_>, default: bool) -> PyResult<bool> {
    match v.given() {
        Some(v) => truth::of(cx, v),
        None => Ok(default),
    }
}

fn enable(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, file) = file_of(cx, a[0].given())?;
    let all = flag(cx, a[1], true)?;
    FATAL_FD.store(fd, Ordering::Relaxed);
    FATAL_ALL.store(all, Ordering::Relaxed);
    let mut failed = None;
    let old_file = {
        let mut k = kept();
        if !ENABLED.swap(true, Ordering::Relaxed) {
            for (signal, _) in FATAL {
                let (mut new, mut old) = (blank(), blank());
                new.sa_sigaction = on_fatal as extern "C" fn(libc::c_int) as usize;
                new.sa_flags = libc::SA_NODEFER | libc::SA_ONSTACK;
                // SAFETY: a handler that is async-signal-safe.
                if unsafe { libc::sigaction(signal, &new, &mut old) } < 0 {
                    failed = Some(objects::protocol::path::last_errno());
                } else {
                    k.old.push((signal, old));
                }
            }
        }
        k.file.replace(SharedFile(file))
    };
    drop(old_file.map(|f| f.0));
    match failed {
        Some(e) => Err(cx.os_error(e, &[])),
        None => Ok(Value::NONE.into()),
    }
}

fn disable(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let was = ENABLED.swap(false, Ordering::Relaxed);
    let file = {
        let mut k = kept();
        for (signal, old) in k.old.drain(..) {
            // SAFETY: what it was before.
            unsafe { libc::sigaction(signal, &old, std::ptr::null_mut()) };
        }
        k.file.take()
    };
    drop(file.map(|f| f.0));
    Ok(Value::bool(was).into())
}

fn dump_traceback(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, file) = file_of(cx, a[0].given())?;
    let all = flag(cx, a[1], true)?;
    if all {
        // Nobody moves while this thread looks.
        let world = sync::safepoint::stop_the_world();
        dump(fd, true);
        drop(world);
    } else {
        dump(fd, false);
    }
    drop(file);
    Ok(Value::NONE.into())
}

fn dump_c_stack(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, file) = file_of(cx, a[0].given())?;
    put(fd, b"Current thread's C stack trace (most recent call first):\n  <cannot get C stack on this system>\n");
    drop(file);
    Ok(Value::NONE.into())
}

// ---- after some time ----

struct Watch {
    /// Which request is in force; 0 for none.
    serial: u64,
    next: u64,
}
static WATCH: Mutex<Watch> = Mutex::new(Watch { serial: 0, next: 1 });
static CHANGED: Condvar = Condvar::new();

fn watch() -> std::sync::MutexGuard<'static, Watch> {
    WATCH.lock().unwrap_or_else(|e| e.into_inner())
}

fn heading(d: Duration) -> String {
    let (s, us) = (d.as_secs(), d.subsec_micros());
    let text = format!("Timeout ({}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
    if us != 0 { format!("{text}.{us:06})!\n") } else { format!("{text})!\n") }
}

/// The watching thread: it has no slot, so it is never stopped itself.
fn watcher(serial: u64, wait: Duration, repeat: bool, fd: i32, exit: bool) {
    let text = heading(wait);
    loop {
        let end = std::time::Instant::now() + wait;
        let mut w = watch();
        loop {
            if w.serial != serial {
                return;
            }
            let left = end.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                break;
            }
            w = match CHANGED.wait_timeout(w, left) {
                Ok((w, _)) => w,
                Err(e) => e.into_inner().0,
            };
        }
        drop(w);
        put(fd, text.as_bytes());
        dump(fd, true);
        if exit {
            // SAFETY: the process ends.
            unsafe { libc::_exit(1) };
        }
        if !repeat {
            return;
        }
    }
}

fn dump_later(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let ns = nanoseconds(cx, a[0], Round::Up)?;
    let (repeat, exit) = (flag(cx, a[1], false)?, flag(cx, a[3], false)?);
    if ns <= 0 {
        return Err(cx.value_error("timeout must be greater than 0"));
    }
    let (fd, file) = file_of(cx, a[2].given())?;
    let serial = {
        let mut w = watch();
        let s = w.next;
        w.next += 1;
        w.serial = s;
        s
    };
    CHANGED.notify_all();
    let old = kept().later.replace(SharedFile(file));
    drop(old.map(|f| f.0));
    let wait = Duration::from_nanos(ns as u64);
    // Signals are for the threads of Python.
    // SAFETY: sets that are there.
    let started = unsafe {
        let (mut all, mut old) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &all, &mut old);
        let r = std::thread::Builder::new().stack_size(256 << 10).spawn(move || watcher(serial, wait, repeat, fd, exit));
        libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut());
        r
    };
    if started.is_err() {
        return Err(cx.runtime_error("unable to start watchdog thread"));
    }
    Ok(Value::NONE.into())
}

fn cancel_later(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    watch().serial = 0;
    CHANGED.notify_all();
    let old = kept().later.take();
    drop(old.map(|f| f.0));
    Ok(Value::NONE.into())
}

// ---- on a signal ----

/// What a registered signal does: its descriptor (-1 for not registered), and flags.
static USER_FD: [AtomicI32; 65] = [const { AtomicI32::new(-1) }; 65];
static USER_FLAGS: [AtomicI32; 65] = [const { AtomicI32::new(0) }; 65];
const ALL: i32 = 1;
const CHAIN: i32 = 2;
/// The handlers before, for chaining; as numbers, so that the C handler can read them.
static USER_OLD: [AtomicU64; 65] = [const { AtomicU64::new(0) }; 65];

extern "C" fn on_user(signal: libc::c_int) {
    let i = signal as usize & 63;
    let fd = USER_FD[i].load(Ordering::Relaxed);
    if fd < 0 {
        return;
    }
    // SAFETY: errno of this thread; async-signal-safe calls only.
    unsafe {
        let errno = libc::__errno_location();
        let saved = *errno;
        let bits = USER_FLAGS[i].load(Ordering::Relaxed);
        dump(fd, bits & ALL != 0);
        *errno = saved;
        if bits & CHAIN != 0 {
            let old = USER_OLD[i].load(Ordering::Relaxed) as usize;
            if old == libc::SIG_DFL {
                libc::signal(signal, libc::SIG_DFL);
                libc::raise(signal);
            } else if old != libc::SIG_IGN {
                std::mem::transmute::<usize, extern "C" fn(libc::c_int)>(old)(signal);
            }
        }
    }
}

fn user_signal(cx: &mut Cx, v: Ref<'_>) -> PyResult<i32> {
    let n = int::c_int(cx, v)?;
    if FATAL.iter().any(|(f, _)| *f == n) {
        return Err(cx.runtime_error(format!("signal {n} cannot be registered, use enable() instead")));
    }
    if !(1..64).contains(&n) {
        return Err(cx.value_error("signal number out of range"));
    }
    Ok(n)
}

fn register(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = user_signal(cx, a[0])?;
    let (all, chain) = (flag(cx, a[2], true)?, flag(cx, a[3], false)?);
    let (fd, file) = file_of(cx, a[1].given())?;
    let i = n as usize;
    let mut dropped = None;
    let r = {
        let mut k = kept();
        let (mut new, mut old) = (blank(), blank());
        new.sa_sigaction = on_user as extern "C" fn(libc::c_int) as usize;
        new.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK | if chain { libc::SA_NODEFER } else { 0 };
        USER_FD[i].store(fd, Ordering::Relaxed);
        USER_FLAGS[i].store(if all { ALL } else { 0 } | if chain { CHAIN } else { 0 }, Ordering::Relaxed);
        // SAFETY: a handler that is async-signal-safe.
        if unsafe { libc::sigaction(n, &new, &mut old) } < 0 {
            USER_FD[i].store(-1, Ordering::Relaxed);
            Err(objects::protocol::path::last_errno())
        } else {
            match k.users.iter_mut().find(|(s, _, _)| *s == n) {
                Some(row) => dropped = Some(std::mem::replace(&mut row.2, SharedFile(file))),
                None => {
                    USER_OLD[i].store(old.sa_sigaction as u64, Ordering::Relaxed);
                    k.users.push((n, old, SharedFile(file)));
                }
            }
            Ok(())
        }
    };
    drop(dropped.map(|f| f.0));
    match r {
        Ok(()) => Ok(Value::NONE.into()),
        Err(e) => Err(cx.os_error(e, &[])),
    }
}

fn unregister(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = user_signal(cx, a[0])?;
    let gone = {
        let mut k = kept();
        let at = k.users.iter().position(|(s, _, _)| *s == n);
        at.map(|at| {
            let row = k.users.swap_remove(at);
            // SAFETY: what it was before.
            unsafe { libc::sigaction(n, &row.1, std::ptr::null_mut()) };
            USER_FD[n as usize].store(-1, Ordering::Relaxed);
            row
        })
    };
    let was = gone.is_some();
    drop(gone.map(|(_, _, f)| f.0));
    Ok(Value::bool(was).into())
}

// ---- crashes on purpose, for tests ----

fn crash(signal: i32) -> PyResult<Reg> {
    // No core file of a crash on purpose.
    // SAFETY: plain numbers; the process ends.
    unsafe {
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        libc::setrlimit(libc::RLIMIT_CORE, &none);
        libc::raise(signal);
        libc::raise(signal);
    }
    Ok(Value::NONE.into())
}

fn overflow(depth: usize) -> usize {
    let room = [depth as u8; 4096];
    let room = std::hint::black_box(room);
    if depth == usize::MAX { 0 } else { overflow(depth + 1) + usize::from(room[depth & 4095]) }
}

fn stack_overflow(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = overflow(0);
    Err(cx.runtime_error(format!("unable to raise a stack overflow ({n})")))
}

fn fatal_in_thread(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = std::thread::spawn(|| {
        put(2, b"Fatal Python error: faulthandler_fatal_error_thread: in new thread\n\n");
        dump(2, true);
        std::process::abort()
    });
    let _ = t.join();
    Ok(Value::NONE.into())
}

static FUNCTIONS: &[Method] = &[
    function("enable", "($module, /, file=sys.stderr, all_threads=True)", enable, "Has tracebacks written when the process crashes."),
    function("disable", "($module, /)", disable, "Undoes enable."),
    function(
        "is_enabled",
        "($module, /)",
        |_, _| Ok(Value::bool(ENABLED.load(Ordering::Relaxed)).into()),
        "Whether tracebacks are written when the process crashes.",
    ),
    function("dump_traceback", "($module, /, file=sys.stderr, all_threads=True)", dump_traceback, "Writes tracebacks now."),
    function("dump_c_stack", "($module, /, file=sys.stderr)", dump_c_stack, "Writes the native stack, as far as it is known."),
    function(
        "dump_traceback_later",
        "($module, /, timeout, repeat=False, file=sys.stderr, exit=False)",
        dump_later,
        "Writes tracebacks after some time.",
    ),
    function("cancel_dump_traceback_later", "($module, /)", cancel_later, "Undoes dump_traceback_later."),
    function(
        "register",
        "($module, /, signum, file=sys.stderr, all_threads=True, chain=False)",
        register,
        "Writes tracebacks when a signal comes.",
    ),
    function("unregister", "($module, signum, /)", unregister, "Undoes register."),
    function("_read_null", "($module, /)", |_, _| crash(libc::SIGSEGV), "Crashes."),
    function("_sigsegv", "($module, release_gil=False, /)", |_, _| crash(libc::SIGSEGV), "Crashes."),
    function("_sigabrt", "($module, /)", |_, _| crash(libc::SIGABRT), "Crashes."),
    function("_sigfpe", "($module, /)", |_, _| crash(libc::SIGFPE), "Crashes."),
    function("_stack_overflow", "($module, /)", stack_overflow, "Crashes by endless recursion."),
    function("_fatal_error_c_thread", "($module, /)", fatal_in_thread, "Crashes in another thread."),
];

/// `faulthandler`.
pub static MODULE: ModuleDef = ModuleDef { name: "faulthandler", doc: "Tracebacks of crashes.", functions: FUNCTIONS, init: |_, _| Ok(()) };
