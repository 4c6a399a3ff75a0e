//! `_signal`: handlers of signals.
//!
//! Actors: the C handler, on whatever thread the system chooses; the main thread. Steps: 1. the C handler sets the signal's bit in `TRIPPED`, raises
//! SIGNAL in the main thread's poll word and nudges it out of a wait, then writes the signal's number to the wake-up descriptor; 2. the main
//! thread takes SIGNAL at a poll and comes to [`run_handlers`], which takes one bit after the other and calls its Python handler. The poll bit
//! is taken before `TRIPPED` is read, so a signal that comes meanwhile raises it again. Only the main thread sets handlers.

use gc::{Gc, Payload, Ref, Reg, Value, Word};
use objects::native::{Method, function};
use objects::protocol::call;
use objects::protocol::path::{last_errno, os_error_value};
use objects::types::exception::{self, ids as exc};
use objects::types::int::{self, IntRef, as_int, from_i64};
use objects::types::list::List;
use objects::types::module::{Module, ModuleDef};
use objects::types::str::{Str, text};
use objects::types::structseq::Class;
use objects::types::tuple::Tuple;
use objects::types::type_::type_value;
use objects::{Cx, PyResult, Raised, ids};
use std::sync::OnceLock;
use stdlib_native::clock::{Deadline, Round, nanoseconds};
use stdlib_native::posix::arguments::{call as system, done, int_or, none, number};
use stdlib_native::posix::execute::signal_set;
use sync::prim::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64, Ordering};
use sync::threads::Slot;

/// One more than the last signal.
const NSIG: i32 = 65;

/// Signals whose Python handlers are to run, a bit each. Release by the C handler, Acquire by the main thread.
static TRIPPED: AtomicU64 = AtomicU64::new(0);
/// Where the C handler writes signals' numbers; -1 for nowhere.
static WAKEUP_FD: AtomicI32 = AtomicI32::new(-1);
/// Whether a full wake-up pipe is worth a warning.
static WARN_WHEN_FULL: AtomicBool = AtomicBool::new(true);
/// `errno` of a write to the wake-up descriptor that failed; 0 for none.
static WAKEUP_ERROR: AtomicI32 = AtomicI32::new(0);
/// The main thread's slot.
static MAIN: AtomicPtr<Slot> = AtomicPtr::new(std::ptr::null_mut());

static HANDLERS: OnceLock<u64> = OnceLock::new();
static DEFAULT_INT: OnceLock<u64> = OnceLock::new();
static ITIMER_ERROR: OnceLock<u64> = OnceLock::new();

/// `signal.struct_siginfo`
static STRUCT_SIGINFO: Class =
    Class::new("signal.struct_siginfo", &["si_signo", "si_code", "si_errno", "si_pid", "si_uid", "si_status", "si_band"], 7);

fn immortal(cell: &OnceLock<u64>, make: impl FnOnce() -> Value) -> Value {
    let w = *cell.get_or_init(|| {
        let v = make();
        if let Some(h) = v.as_ref().header() {
            h.make_immortal();
        }
        v.into_word().0
    });
    // SAFETY: an immortal cell.
    unsafe { Ref::from_word(Word(w)) }.to_value()
}

/// The list of Python handlers, by number: a callable, 0 for SIG_DFL, 1 for SIG_IGN, None for what is not ours.
fn handlers() -> Gc<List> {
    let v = immortal(&HANDLERS, || List::from_values((0..NSIG).map(initial).collect()).into_value());
    // SAFETY: a list.
    unsafe { Gc::from_value(v) }
}

fn initial(signal: i32) -> Value {
    if signal == 0 {
        return Value::NONE;
    }
    // SAFETY: zeros are a valid record, filled by the call.
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(signal, std::ptr::null(), &mut now) != 0 {
            return Value::NONE;
        }
        match now.sa_sigaction {
            libc::SIG_DFL => Value::small_int(0),
            libc::SIG_IGN => Value::small_int(1),
            _ => Value::NONE,
        }
    }
}

fn default_int_handler() -> Value {
    static DEF: Method = function(
        "default_int_handler",
        "($module, signalnum, frame, /)",
        |cx, _| {
            let e = exception::new_args(exc::KEYBOARD_INTERRUPT, Vec::new());
            Err(cx.raise_new(e))
        },
        "The handler of SIGINT at the start: raises KeyboardInterrupt.",
    );
    immortal(&DEFAULT_INT, || objects::native::new_function(&DEF, Str::intern_text("_signal")).into_value())
}

/// The C handler.
extern "C" fn on_signal(signal: libc::c_int) {
    // SAFETY: errno of this thread, given back at the end; write(2) is async-signal-safe.
    unsafe {
        let errno = libc::__errno_location();
        let saved = *errno;
        TRIPPED.fetch_or(1 << (signal as u32 & 63), Ordering::Release);
        let main = MAIN.load(Ordering::Acquire);
        if !main.is_null() {
            sync::safepoint::wake_slot(&*main);
        }
        let fd = WAKEUP_FD.load(Ordering::Relaxed);
        if fd >= 0 {
            let byte = signal as u8;
            if libc::write(fd, (&raw const byte).cast(), 1) < 0 {
                let e = *errno;
                let full = e == libc::EAGAIN || e == libc::EWOULDBLOCK;
                if !full || WARN_WHEN_FULL.load(Ordering::Relaxed) {
                    WAKEUP_ERROR.store(e, Ordering::Relaxed);
                    if !main.is_null() {
                        sync::safepoint::wake_slot(&*main);
                    }
                }
            }
        }
        *errno = saved;
    }
}

/// Has the system call `handler` (a function, SIG_DFL or SIG_IGN) for a signal.
fn install(signal: i32, handler: usize) -> Result<(), i32> {
    // SAFETY: a handler that is async-signal-safe, or none.
    unsafe {
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = handler;
        new.sa_flags = libc::SA_ONSTACK;
        libc::sigemptyset(&mut new.sa_mask);
        if libc::sigaction(signal, &new, std::ptr::null_mut()) < 0 { Err(last_errno()) } else { Ok(()) }
    }
}

fn our_handler() -> usize {
    on_signal as extern "C" fn(libc::c_int) as usize
}

/// Takes over SIGINT unless somebody has already; ignores SIGPIPE and SIGXFSZ. On the main thread, at start-up.
pub fn start(cx: &mut Cx) {
    MAIN.store(std::ptr::from_ref(cx.slot).cast_mut(), Ordering::Release);
    for ignored in [libc::SIGPIPE, libc::SIGXFSZ] {
        let _ = install(ignored, libc::SIG_IGN);
    }
    let list = handlers();
    let untouched = list.get(libc::SIGINT as usize).is_some_and(|h| h.as_ref().word() == Value::small_int(0).word());
    if untouched && install(libc::SIGINT, our_handler()).is_ok() {
        drop(list.set(libc::SIGINT as usize, default_int_handler()));
    }
}

/// In a forked child: the calling thread is the main one, and the parent's signals are not the child's.
pub fn after_fork_child() {
    TRIPPED.store(0, Ordering::Relaxed);
    if let Some(s) = sync::threads::current() {
        MAIN.store(std::ptr::from_ref(s).cast_mut(), Ordering::Release);
    }
}

fn is_main(cx: &Cx) -> bool {
    std::ptr::eq(MAIN.load(Ordering::Acquire), cx.slot)
}

/// Has a signal's Python handler run as if the signal had come; nothing if it has none.
pub fn simulate(signal: i32) {
    let ours = handlers().get(signal as usize).is_some_and(|h| !h.as_ref().is_none() && as_int(h.as_ref()).is_none());
    if ours {
        on_signal(signal);
    }
}

/// Runs the Python handlers of signals that have come. On the main thread; others have nothing to do.
pub fn run_handlers(cx: &mut Cx) -> PyResult<()> {
    if !is_main(cx) {
        return Ok(());
    }
    report_wakeup(cx);
    while let Some(signal) = take_one() {
        let handler = handlers().get(signal as usize).map_or(Value::NONE, Reg::into_value);
        if handler.as_ref().is_none() || as_int(handler.as_ref()).is_some() {
            // It was set back between the signal and now.
            let e = cx.error(exc::OS_ERROR, format!("Signal {signal} ignored due to race condition"));
            cx.unraisable(e, "Exception ignored in", Ref::NONE);
            continue;
        }
        let frame = cx.host.frame(cx, 0).unwrap_or(Value::NONE);
        let n = Value::small_int(i64::from(signal));
        if let Err(e) = call::positional(cx, handler.as_ref(), &[n.as_ref(), frame.as_ref()]) {
            if TRIPPED.load(Ordering::Relaxed) != 0 {
                sync::safepoint::request(cx.slot, sync::safepoint::SIGNAL);
            }
            return Err(e);
        }
    }
    Ok(())
}

/// Takes the lowest signal that has come.
fn take_one() -> Option<i32> {
    // Acquire pairs with the C handler.
    let now = TRIPPED.load(Ordering::Acquire);
    if now == 0 {
        return None;
    }
    // Signal 64 has bit 0.
    let all = if now & !1 != 0 { now & !1 } else { now };
    let bit = all.trailing_zeros();
    TRIPPED.fetch_and(!(1 << bit), Ordering::Acquire);
    Some(if bit == 0 { 64 } else { bit as i32 })
}

fn report_wakeup(cx: &mut Cx) {
    let e = WAKEUP_ERROR.swap(0, Ordering::Relaxed);
    if e != 0 {
        let error = os_error_value(e, &[]);
        let raised = cx.raise(error);
        cx.unraisable(raised, "Exception ignored while trying to write to the signal wakeup fd", Ref::NONE);
    }
}

// ---- the module ----

fn signal_number(cx: &mut Cx, v: Ref<'_>) -> PyResult<i32> {
    let n = int::c_int(cx, v)?;
    if !(1..NSIG).contains(&n) { Err(cx.value_error("signal number out of range")) } else { Ok(n) }
}

fn only_main(cx: &mut Cx, what: &str) -> PyResult<()> {
    if is_main(cx) { Ok(()) } else { Err(cx.value_error(format!("{what} only works in main thread of the main interpreter"))) }
}

fn signal(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::c_int(cx, a[0])?;
    only_main(cx, "signal")?;
    if !(1..NSIG).contains(&n) {
        return Err(cx.value_error("signal number out of range"));
    }
    let (kept, f) = match as_int(a[1]).and_then(IntRef::to_i64) {
        Some(0) => (Value::small_int(0), libc::SIG_DFL),
        Some(1) => (Value::small_int(1), libc::SIG_IGN),
        _ if call::is_callable(a[1]) => (a[1].to_value(), our_handler()),
        _ => return Err(cx.type_error("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")),
    };
    // Those that wait belong to the handler that was.
    cx.poll()?;
    if let Err(e) = install(n, f) {
        return Err(cx.os_error(e, &[]));
    }
    match handlers().set(n as usize, kept) {
        Ok(old) => Ok(old.into()),
        Err(_) => none(),
    }
}

fn getsignal(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = signal_number(cx, a[0])?;
    Ok(handlers().get(n as usize).unwrap_or(Value::NONE.into()))
}

fn siginterrupt(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = signal_number(cx, a[0])?;
    let interrupt = int::c_int(cx, a[1])? != 0;
    // SAFETY: records that are there.
    done(cx, || unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(n, std::ptr::null(), &mut now) < 0 {
            return -1;
        }
        now.sa_flags = if interrupt { now.sa_flags & !libc::SA_RESTART } else { now.sa_flags | libc::SA_RESTART };
        libc::sigaction(n, &now, std::ptr::null_mut())
    })
}

fn raise_signal(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::c_int(cx, a[0])?;
    // SAFETY: a plain number.
    if cx.detached(|| unsafe { libc::raise(n) }) != 0 {
        let e = last_errno();
        return Err(cx.os_error(e, &[]));
    }
    cx.poll()?;
    none()
}

fn strsignal(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = signal_number(cx, a[0])?;
    // SAFETY: gives a terminated text, or the calling thread's own buffer.
    let s = unsafe {
        let p = libc::strsignal(n);
        if p.is_null() {
            return none();
        }
        std::ffi::CStr::from_ptr(p).to_string_lossy().into_owned()
    };
    if s.starts_with("Unknown signal") { none() } else { Ok(text(&s)) }
}

fn set_wakeup_fd(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    let warn = stdlib_native::posix::arguments::flag(cx, a[1], true)?;
    only_main(cx, "set_wakeup_fd")?;
    if fd != -1 {
        // SAFETY: room for the result; plain numbers.
        let flags = system(cx, || unsafe {
            let mut s = std::mem::zeroed();
            if libc::fstat(fd, &mut s) < 0 { -1 } else { libc::fcntl(fd, libc::F_GETFL) }
        })?;
        if flags & libc::O_NONBLOCK == 0 {
            return Err(cx.value_error(format!("the fd {fd} must be in non-blocking mode")));
        }
    }
    WARN_WHEN_FULL.store(warn, Ordering::Relaxed);
    number(WAKEUP_FD.swap(fd, Ordering::Relaxed))
}

fn alarm(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::c_int(cx, a[0])?;
    // SAFETY: a plain number.
    number(unsafe { libc::alarm(n as libc::c_uint) })
}

fn pause(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    // A signal that has come already ends the pause.
    if TRIPPED.load(Ordering::Relaxed) == 0 {
        // SAFETY: takes nothing.
        cx.detached(|| unsafe { libc::pause() });
    }
    cx.poll()?;
    none()
}

// ---- interval timers ----

fn itimer_error_class(cx: &mut Cx) -> PyResult<Value> {
    if ITIMER_ERROR.get().is_none() {
        let ns = objects::types::dict::Dict::new();
        ns.set_str(objects::names::__module__(), Str::intern_text("signal"));
        let name = Str::from_text("ItimerError");
        let bases = Tuple::from_values(vec![type_value(exc::OS_ERROR)]);
        let meta = type_value(ids::TYPE);
        let class = call::positional(cx, meta.as_ref(), &[name.value().as_ref(), bases.value().as_ref(), ns.as_ref()])?;
        return Ok(immortal(&ITIMER_ERROR, || class));
    }
    Ok(immortal(&ITIMER_ERROR, || Value::NONE))
}

fn itimer_error(cx: &mut Cx, errno: i32) -> Raised {
    let class = match itimer_error_class(cx) {
        Ok(c) => c,
        Err(e) => return e,
    };
    let (n, t) = (Value::small_int(i64::from(errno)), Str::from_text(&objects::protocol::path::strerror(errno)));
    match call::positional(cx, class.as_ref(), &[n.as_ref(), t.value().as_ref()]) {
        Ok(e) => cx.raise_new(e),
        Err(e) => e,
    }
}

/// Seconds as the system's microseconds, rounded up.
fn time_value(cx: &mut Cx, v: Option<Ref<'_>>) -> PyResult<libc::timeval> {
    let Some(v) = v else { return Ok(libc::timeval { tv_sec: 0, tv_usec: 0 }) };
    let us = nanoseconds(cx, v, Round::Ceiling)?;
    let us = us.div_euclid(1000) + i64::from(us.rem_euclid(1000) > 0);
    Ok(libc::timeval { tv_sec: us.div_euclid(1_000_000), tv_usec: us.rem_euclid(1_000_000) })
}

fn timer_result(t: &libc::itimerval) -> PyResult<Reg> {
    let f = |t: libc::timeval| Value::float(t.tv_sec as f64 + t.tv_usec as f64 / 1e6);
    Ok(Tuple::from_values(vec![f(t.it_value), f(t.it_interval)]).into())
}

const NO_TIMER: libc::itimerval =
    libc::itimerval { it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 }, it_value: libc::timeval { tv_sec: 0, tv_usec: 0 } };

fn setitimer(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let which = int::c_int(cx, a[0])?;
    let new = libc::itimerval { it_value: time_value(cx, Some(a[1]))?, it_interval: time_value(cx, a[2].given())? };
    let mut old = NO_TIMER;
    // SAFETY: records that are there.
    if unsafe { libc::setitimer(which as _, &new, &mut old) } != 0 {
        let e = last_errno();
        return Err(itimer_error(cx, e));
    }
    timer_result(&old)
}

fn getitimer(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let which = int::c_int(cx, a[0])?;
    let mut now = NO_TIMER;
    // SAFETY: room for the result.
    if unsafe { libc::getitimer(which as _, &mut now) } != 0 {
        let e = last_errno();
        return Err(itimer_error(cx, e));
    }
    timer_result(&now)
}

// ---- sets of signals ----

fn set_value(cx: &mut Cx, set: &libc::sigset_t) -> PyResult<Reg> {
    // SAFETY: a set.
    let all = (1..NSIG).filter(|n| unsafe { libc::sigismember(set, *n) } == 1).map(|n| Value::small_int(i64::from(n))).collect();
    let list = List::from_values(all);
    call::positional(cx, type_value(ids::SET).as_ref(), &[list.value().as_ref()]).map(Reg::from)
}

fn empty_set() -> libc::sigset_t {
    // SAFETY: zeros, then emptied properly.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        set
    }
}

fn pthread_sigmask(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let how = int::c_int(cx, a[0])?;
    let set = signal_set(cx, a[1])?;
    let mut old = empty_set();
    // SAFETY: sets.
    let e = unsafe { libc::pthread_sigmask(how, &set, &mut old) };
    if e != 0 {
        return Err(cx.os_error(e, &[]));
    }
    // What was blocked may have come.
    cx.poll()?;
    set_value(cx, &old)
}

fn sigpending(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut set = empty_set();
    // SAFETY: room for the result.
    system(cx, || unsafe { libc::sigpending(&mut set) })?;
    set_value(cx, &set)
}

fn sigwait(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let set = signal_set(cx, a[0])?;
    loop {
        let mut got = 0;
        // SAFETY: a set, and room for the result.
        match cx.detached(|| unsafe { libc::sigwait(&set, &mut got) }) {
            0 => return number(got),
            libc::EINTR => cx.poll()?,
            e => return Err(cx.os_error(e, &[])),
        }
    }
}

fn info_value(cx: &mut Cx, info: &libc::siginfo_t) -> PyResult<Reg> {
    // The layout of siginfo_t on this system: after three ints and padding pid, uid and status; the band where the pid is.
    // SAFETY: fields that every record has room for.
    let (pid, uid, status, band) = unsafe { (info.si_pid(), info.si_uid(), info.si_status(), *(&raw const *info).cast::<i64>().add(2)) };
    let items = [
        i64::from(info.si_signo),
        i64::from(info.si_code),
        i64::from(info.si_errno),
        i64::from(pid),
        i64::from(uid),
        i64::from(status),
        band,
    ];
    STRUCT_SIGINFO.make(cx, items.iter().map(|n| from_i64(*n)).collect()).map(Reg::from)
}

fn sigwaitinfo(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let set = signal_set(cx, a[0])?;
    let info = Info::new();
    // SAFETY: a set, and room for the result.
    system(cx, || unsafe { libc::sigwaitinfo(&set, info.at()) })?;
    info_value(cx, &info.0)
}

/// A record to be filled by the system.
struct Info(Box<libc::siginfo_t>);
// SAFETY: plain data, filled while its owner waits.
unsafe impl Sync for Info {}
impl Info {
    fn new() -> Info {
        // SAFETY: zeros are a valid record.
        Info(Box::new(unsafe { std::mem::zeroed() }))
    }
    fn at(&self) -> *mut libc::siginfo_t {
        (&raw const *self.0).cast_mut()
    }
}

fn sigtimedwait(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let set = signal_set(cx, a[0])?;
    let ns = nanoseconds(cx, a[1], Round::Ceiling)?;
    let Ok(ns) = u64::try_from(ns) else { return Err(cx.value_error("timeout must be non-negative")) };
    let end = Deadline::after(Some(std::time::Duration::from_nanos(ns)));
    loop {
        let t = stdlib_native::clock::timespec(end.left().unwrap_or_default());
        let info = Info::new();
        // SAFETY: a set, a time, and room for the result.
        let (r, e) = cx.detached(|| unsafe { (libc::sigtimedwait(&set, info.at(), &t), last_errno()) });
        if r >= 0 {
            return info_value(cx, &info.0);
        }
        match e {
            libc::EAGAIN => return none(),
            libc::EINTR => cx.poll()?,
            e => return Err(cx.os_error(e, &[])),
        }
    }
}

fn pthread_kill(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let thread = stdlib_native::posix::arguments::unsigned(cx, a[0])?;
    let n = int::c_int(cx, a[1])?;
    // SAFETY: the identifier of a thread: the caller's business.
    let e = unsafe { libc::pthread_kill(thread as libc::pthread_t, n) };
    if e != 0 {
        return Err(cx.os_error(e, &[]));
    }
    cx.poll()?;
    none()
}

fn pidfd_send_signal(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, n) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?);
    let flags = int_or(cx, a[3], 0)?;
    if a[2].given().is_some_and(|v| !v.is_none()) {
        return Err(cx.type_error("siginfo must be None"));
    }
    // SAFETY: plain numbers.
    done(cx, || unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, n, std::ptr::null::<libc::siginfo_t>(), flags) })?;
    // It may have been for this process.
    cx.poll()?;
    none()
}

fn valid_signals(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut set = empty_set();
    // SAFETY: a set.
    unsafe { libc::sigfillset(&mut set) };
    set_value(cx, &set)
}

static FUNCTIONS: &[Method] = &[
    function("signal", "($module, signalnum, handler, /)", signal, "Sets a signal's handler; gives the one before."),
    function("getsignal", "($module, signalnum, /)", getsignal, "A signal's handler."),
    function("siginterrupt", "($module, signalnum, flag, /)", siginterrupt, "Sets whether a signal interrupts system calls."),
    function("raise_signal", "($module, signalnum, /)", raise_signal, "Sends a signal to the calling thread."),
    function("strsignal", "($module, signalnum, /)", strsignal, "What a signal means, in words."),
    function(
        "set_wakeup_fd",
        "($module, fd, /, *, warn_on_full_buffer=True)",
        set_wakeup_fd,
        "Has signals' numbers written to a descriptor.",
    ),
    function("alarm", "($module, seconds, /)", alarm, "Has SIGALRM sent after some seconds."),
    function("pause", "($module, /)", pause, "Waits for a signal."),
    function("setitimer", "($module, which, seconds, interval=0.0, /)", setitimer, "Sets an interval timer; gives the one before."),
    function("getitimer", "($module, which, /)", getitimer, "An interval timer."),
    function("pthread_sigmask", "($module, how, mask, /)", pthread_sigmask, "Changes which signals the thread blocks; gives those before."),
    function("sigpending", "($module, /)", sigpending, "The signals that have come and are blocked."),
    function("sigwait", "($module, sigset, /)", sigwait, "Waits for one of some signals."),
    function("sigwaitinfo", "($module, sigset, /)", sigwaitinfo, "The same; tells all about it."),
    function("sigtimedwait", "($module, sigset, timeout, /)", sigtimedwait, "The same for a limited time."),
    function("pthread_kill", "($module, thread_id, signalnum, /)", pthread_kill, "Sends a signal to a thread."),
    function(
        "pidfd_send_signal",
        "($module, pidfd, signalnum, siginfo=None, flags=0, /)",
        pidfd_send_signal,
        "Sends a signal to a process by descriptor.",
    ),
    function("valid_signals", "($module, /)", valid_signals, "The signals that there are."),
];

static NUMBERS: &[(&str, i64)] = &[
    ("ITIMER_PROF", libc::ITIMER_PROF as i64),
    ("ITIMER_REAL", libc::ITIMER_REAL as i64),
    ("ITIMER_VIRTUAL", libc::ITIMER_VIRTUAL as i64),
    ("NSIG", 65),
    ("SIGABRT", libc::SIGABRT as i64),
    ("SIGALRM", libc::SIGALRM as i64),
    ("SIGBUS", libc::SIGBUS as i64),
    ("SIGCHLD", libc::SIGCHLD as i64),
    ("SIGCLD", 17),
    ("SIGCONT", libc::SIGCONT as i64),
    ("SIGFPE", libc::SIGFPE as i64),
    ("SIGHUP", libc::SIGHUP as i64),
    ("SIGILL", libc::SIGILL as i64),
    ("SIGINT", libc::SIGINT as i64),
    ("SIGIO", libc::SIGIO as i64),
    ("SIGIOT", libc::SIGIOT as i64),
    ("SIGKILL", libc::SIGKILL as i64),
    ("SIGPIPE", libc::SIGPIPE as i64),
    ("SIGPOLL", libc::SIGPOLL as i64),
    ("SIGPROF", libc::SIGPROF as i64),
    ("SIGPWR", libc::SIGPWR as i64),
    ("SIGQUIT", libc::SIGQUIT as i64),
    ("SIGRTMAX", 64),
    ("SIGRTMIN", 34),
    ("SIGSEGV", libc::SIGSEGV as i64),
    ("SIGSTKFLT", libc::SIGSTKFLT as i64),
    ("SIGSTOP", libc::SIGSTOP as i64),
    ("SIGSYS", libc::SIGSYS as i64),
    ("SIGTERM", libc::SIGTERM as i64),
    ("SIGTRAP", libc::SIGTRAP as i64),
    ("SIGTSTP", libc::SIGTSTP as i64),
    ("SIGTTIN", libc::SIGTTIN as i64),
    ("SIGTTOU", libc::SIGTTOU as i64),
    ("SIGURG", libc::SIGURG as i64),
    ("SIGUSR1", libc::SIGUSR1 as i64),
    ("SIGUSR2", libc::SIGUSR2 as i64),
    ("SIGVTALRM", libc::SIGVTALRM as i64),
    ("SIGWINCH", libc::SIGWINCH as i64),
    ("SIGXCPU", libc::SIGXCPU as i64),
    ("SIGXFSZ", libc::SIGXFSZ as i64),
    ("SIG_BLOCK", libc::SIG_BLOCK as i64),
    ("SIG_DFL", libc::SIG_DFL as i64),
    ("SIG_IGN", libc::SIG_IGN as i64),
    ("SIG_SETMASK", libc::SIG_SETMASK as i64),
    ("SIG_UNBLOCK", libc::SIG_UNBLOCK as i64),
];

fn init(cx: &mut Cx, m: &Module) -> PyResult<()> {
    for (name, n) in NUMBERS {
        m.add(name, from_i64(*n));
    }
    m.add("default_int_handler", default_int_handler());
    m.add("ItimerError", itimer_error_class(cx)?);
    m.add("struct_siginfo", STRUCT_SIGINFO.get(cx)?);
    Ok(())
}

/// `_signal`.
pub static MODULE: ModuleDef = ModuleDef { name: "_signal", doc: "Handlers of signals.", functions: FUNCTIONS, init };
