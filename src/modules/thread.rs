//! `_thread`: threads on OS threads, locks on the runtime's parking table.

use crate::runtime::Thread;
use gc::{Payload, Ref, Reg, SendValue, Value, Word};
use objects::args::Args;
use objects::native::{GetSet, Method, function, getter, method};
use objects::protocol::{call, truth};
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::{self, ids as exc};
use objects::types::instance;
use objects::types::module::{Module, ModuleDef};
use objects::types::str::{as_str, text};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Type, TypeSpec, flags, type_of, type_value};
use objects::{Cx, PyResult};
use std::time::Duration;
use stdlib_native::clock::Round;
use sync::event::{Event, RawLock, Waited};
use sync::prim::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Ids of this module's types.
pub mod type_ids {
    /// `lock`
    pub const LOCK: u32 = 256;
    /// `RLock`
    pub const RLOCK: u32 = 257;
    /// `_ThreadHandle`
    pub const HANDLE: u32 = 258;
    /// `_local`
    pub const LOCAL: u32 = 259;
}

/// Longest timeout in seconds.
const TIMEOUT_MAX: f64 = 9_223_372_036.0;
/// Nanoseconds of a second.
const NS: i64 = 1_000_000_000;

// ---- lock ----

/// A lock's payload.
#[repr(C)]
pub struct Lock {
    raw: RawLock,
}
// SAFETY: holds no words.
unsafe impl Payload for Lock {
    const TYPE_ID: u32 = type_ids::LOCK;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

fn lock_of(v: Ref<'_>) -> &Lock {
    // SAFETY: methods check their receiver.
    unsafe { v.cast::<Lock>() }
}

/// `acquire(blocking=True, timeout=-1)`: how long to wait. `None` = for ever; zero = not at all.
fn wait_time(cx: &mut Cx, blocking: Option<Ref<'_>>, timeout: Option<Ref<'_>>) -> PyResult<Option<Duration>> {
    let blocking = match blocking {
        Some(b) => truth::of(cx, b)?,
        None => true,
    };
    let ns = match timeout {
        Some(t) => stdlib_native::clock::nanoseconds(cx, t, Round::Up)?,
        None => -NS,
    };
    if !blocking {
        if ns != -NS {
            return Err(cx.value_error("can't specify a timeout for a non-blocking call"));
        }
        return Ok(Some(Duration::ZERO));
    }
    match u64::try_from(ns) {
        Ok(ns) if ns <= TIMEOUT_MAX as u64 * NS as u64 => Ok(Some(Duration::from_nanos(ns))),
        Ok(_) => Err(cx.overflow_error("timeout value is too large")),
        Err(_) if ns == -NS => Ok(None),
        Err(_) => Err(cx.value_error("timeout value must be a non-negative number")),
    }
}

/// Waits for a lock, running signal handlers in between.
fn acquire_raw(cx: &mut Cx, raw: &RawLock, timeout: Option<Duration>) -> PyResult<bool> {
    if raw.try_acquire() {
        return Ok(true);
    }
    if timeout == Some(Duration::ZERO) {
        return Ok(false);
    }
    let end = timeout.map(|t| std::time::Instant::now() + t);
    loop {
        if sync::safepoint::pending(cx.slot) {
            gc::merge::drain_current();
        }
        let left = end.map(|e| e.saturating_duration_since(std::time::Instant::now()));
        match raw.acquire(left, true) {
            Waited::Done => return Ok(true),
            Waited::TimedOut => return Ok(false),
            Waited::Interrupted => cx.host.poll(cx)?,
        }
    }
}

fn lock_acquire(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let timeout = wait_time(cx, a[1].given(), a[2].given())?;
    acquire_raw(cx, &lock_of(a[0]).raw, timeout).map(|b| Value::bool(b).into())
}
fn lock_enter(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    acquire_raw(cx, &lock_of(a[0]).raw, None).map(|b| Value::bool(b).into())
}
fn lock_release(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if lock_of(a[0]).raw.release() { Ok(Value::NONE.into()) } else { Err(cx.runtime_error("release unlocked lock")) }
}
fn lock_reset(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    lock_of(a[0]).raw.reset_after_fork();
    Ok(Value::NONE.into())
}
fn lock_repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let state = if lock_of(v).raw.is_locked() { "locked" } else { "unlocked" };
    Ok(text(&format!("<{state} {} object at {:#x}>", type_of(v).full_name(), v.word().unmarked().0)))
}
fn lock_new(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    if !args.items.is_empty() {
        return Err(cx.type_error(format!("lock() takes no arguments ({} given)", args.items.len())));
    }
    Ok(gc::alloc(Lock { raw: RawLock::new() }).into())
}

static LOCK_METHODS: &[Method] = &[
    method("acquire", "($self, /, blocking=True, timeout=-1)", lock_acquire, "Locks the lock, waiting if asked to."),
    method("acquire_lock", "($self, /, blocking=True, timeout=-1)", lock_acquire, "An obsolete name of acquire."),
    method("release", "($self, /)", lock_release, "Unlocks the lock."),
    method("release_lock", "($self, /)", lock_release, "An obsolete name of release."),
    method("locked", "($self, /)", |_, a| Ok(Value::bool(lock_of(a[0]).raw.is_locked()).into()), "Whether the lock is locked."),
    method("locked_lock", "($self, /)", |_, a| Ok(Value::bool(lock_of(a[0]).raw.is_locked()).into()), "An obsolete name of locked."),
    method("__enter__", "($self, /)", lock_enter, "Locks the lock."),
    method("__exit__", "($self, /, *exc_info)", lock_release, "Unlocks the lock."),
    method("_at_fork_reinit", "($self, /)", lock_reset, "Makes the lock unlocked in a forked child."),
];

/// `_thread.lock`.
pub static LOCK_TYPE: TypeSpec = TypeSpec::of::<Lock>("_thread.lock")
    .flags(flags::WEAKREFS)
    .slots(Slots { new: Some(lock_new), repr: Some(lock_repr), ..Slots::NONE })
    .methods(LOCK_METHODS)
    .doc("A lock that any thread may release.");

// ---- RLock ----

/// A reentrant lock's payload. `owner` and `count` belong to the thread that holds `raw`.
#[repr(C)]
pub struct RLock {
    raw: RawLock,
    owner: AtomicU64,
    count: AtomicUsize,
}
// SAFETY: holds no words.
unsafe impl Payload for RLock {
    const TYPE_ID: u32 = type_ids::RLOCK;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}
fn rlock_of(v: Ref<'_>) -> &RLock {
    // SAFETY: methods check their receiver.
    unsafe { v.cast::<RLock>() }
}

/// The identifier of the calling thread (`get_ident`).
pub fn ident() -> u64 {
    // SAFETY: a plain query.
    unsafe { libc::pthread_self() as u64 }
}

fn rlock_take(cx: &mut Cx, l: &RLock, timeout: Option<Duration>) -> PyResult<bool> {
    let me = ident();
    if l.owner.load(Ordering::Relaxed) == me {
        l.count.fetch_add(1, Ordering::Relaxed);
        return Ok(true);
    }
    let got = acquire_raw(cx, &l.raw, timeout)?;
    if got {
        l.owner.store(me, Ordering::Relaxed);
        l.count.store(1, Ordering::Relaxed);
    }
    Ok(got)
}
fn rlock_acquire(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let timeout = wait_time(cx, a[1].given(), a[2].given())?;
    rlock_take(cx, rlock_of(a[0]), timeout).map(|b| Value::bool(b).into())
}
fn rlock_enter(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    rlock_take(cx, rlock_of(a[0]), None).map(|b| Value::bool(b).into())
}
fn rlock_release(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let l = rlock_of(a[0]);
    if l.owner.load(Ordering::Relaxed) != ident() {
        return Err(cx.runtime_error("cannot release un-acquired lock"));
    }
    if l.count.fetch_sub(1, Ordering::Relaxed) == 1 {
        l.owner.store(0, Ordering::Relaxed);
        l.raw.release();
    }
    Ok(Value::NONE.into())
}
fn rlock_save(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let l = rlock_of(a[0]);
    if l.owner.load(Ordering::Relaxed) != ident() {
        return Err(cx.runtime_error("cannot release un-acquired lock"));
    }
    let n = l.count.swap(0, Ordering::Relaxed);
    let owner = l.owner.swap(0, Ordering::Relaxed);
    l.raw.release();
    Ok(Tuple::from_values(vec![objects::types::int::from_usize(n), objects::types::int::from_u64(owner)]).into())
}
fn rlock_restore(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(state) = a[1].exact::<Tuple>().filter(|t| t.len() == 2) else {
        return Err(cx.type_error("_acquire_restore() argument 1 must be a tuple of two ints"));
    };
    let n = objects::types::int::index_i64(cx, state.get(0))?;
    let l = rlock_of(a[0]);
    acquire_raw(cx, &l.raw, None)?;
    l.owner.store(ident(), Ordering::Relaxed);
    l.count.store(n.max(0) as usize, Ordering::Relaxed);
    Ok(Value::NONE.into())
}
fn rlock_owned(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(Value::bool(rlock_of(a[0]).owner.load(Ordering::Relaxed) == ident()).into())
}
fn rlock_repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let l = rlock_of(v);
    let state = if l.raw.is_locked() { "locked" } else { "unlocked" };
    let (o, n) = (l.owner.load(Ordering::Relaxed), l.count.load(Ordering::Relaxed));
    Ok(text(&format!("<{state} {} object owner={o} count={n} at {:#x}>", type_of(v).full_name(), v.word().unmarked().0)))
}
fn rlock_reset(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let l = rlock_of(a[0]);
    l.raw.reset_after_fork();
    l.owner.store(0, Ordering::Relaxed);
    l.count.store(0, Ordering::Relaxed);
    Ok(Value::NONE.into())
}
fn rlock_new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    Ok(instance::alloc_with(t, RLock { raw: RawLock::new(), owner: AtomicU64::new(0), count: AtomicUsize::new(0) }).into())
}

static RLOCK_METHODS: &[Method] = &[
    method("acquire", "($self, /, blocking=True, timeout=-1)", rlock_acquire, "Locks the lock; its owner may lock it again."),
    method("release", "($self, /)", rlock_release, "Undoes one acquire."),
    method("locked", "($self, /)", |_, a| Ok(Value::bool(rlock_of(a[0]).raw.is_locked()).into()), "Whether the lock is locked."),
    method("__enter__", "($self, /)", rlock_enter, "Locks the lock."),
    method("__exit__", "($self, /, *exc_info)", rlock_release, "Undoes one acquire."),
    method("_is_owned", "($self, /)", rlock_owned, "Whether this thread holds the lock."),
    method(
        "_recursion_count",
        "($self, /)",
        |_, a| {
            let l = rlock_of(a[0]);
            let n = if l.owner.load(Ordering::Relaxed) == ident() { l.count.load(Ordering::Relaxed) } else { 0 };
            Ok(objects::types::int::from_usize(n).into())
        },
        "How often this thread has locked it.",
    ),
    method("_release_save", "($self, /)", rlock_save, "Releases the lock wholly and gives its state."),
    method("_acquire_restore", "($self, state, /)", rlock_restore, "Locks it again with a saved state."),
    method("_at_fork_reinit", "($self, /)", rlock_reset, "Makes the lock unlocked in a forked child."),
];

/// `_thread.RLock`.
pub static RLOCK_TYPE: TypeSpec = TypeSpec::of::<RLock>("_thread.RLock")
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(rlock_new), repr: Some(rlock_repr), ..Slots::NONE })
    .methods(RLOCK_METHODS)
    .doc("A lock that its owner may lock again.");

// ---- threads ----

/// What a handle and its thread share. States: 0 not started, 1 starting, 2 running, 3 done.
struct Shared {
    state: AtomicU32,
    ident: AtomicU64,
    done: Event,
    daemon: AtomicBool,
}

/// A thread handle's payload.
#[repr(C)]
pub struct Handle {
    shared: std::sync::Arc<Shared>,
}
// SAFETY: holds no words.
unsafe impl Payload for Handle {
    const TYPE_ID: u32 = type_ids::HANDLE;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}
fn handle_of(v: Ref<'_>) -> &Handle {
    // SAFETY: methods check their receiver.
    unsafe { v.cast::<Handle>() }
}

/// Threads started and not yet done.
static RUNNING: sync::mutex::Mutex<Vec<std::sync::Arc<Shared>>> = sync::mutex::Mutex::new(Vec::new());
/// Handles made for threads that were not started here: the main one, and those that natives made. A forked child marks them as ended too.
static ADOPTED: sync::mutex::Mutex<Vec<std::sync::Weak<Shared>>> = sync::mutex::Mutex::new(Vec::new());
static MAIN_IDENT: AtomicU64 = AtomicU64::new(0);
static STACK_SIZE: AtomicUsize = AtomicUsize::new(0);
static SHUTTING_DOWN: AtomicBool = AtomicBool::new(false);

/// Default native stack of a thread.
const DEFAULT_STACK: usize = 16 << 20;

/// Remembers the main thread.
pub fn set_main() {
    MAIN_IDENT.store(ident(), Ordering::Relaxed);
}

/// Starts an OS thread that calls `f(*args, **kwargs)`.
fn spawn(cx: &mut Cx, shared: std::sync::Arc<Shared>, f: Value, args: Value, kwargs: Option<Value>) -> PyResult<()> {
    if SHUTTING_DOWN.load(Ordering::Relaxed) {
        return Err(cx.error(exc::PYTHON_FINALIZATION_ERROR, "can't create new thread at interpreter shutdown"));
    }
    // From now on object locks are taken. Set before the thread exists.
    objects::cx::MULTI.store(true, Ordering::SeqCst);
    // Values that change threads must not look private to their owner any more.
    for v in [Some(&f), Some(&args), kwargs.as_ref()].into_iter().flatten() {
        if let Some(h) = v.as_ref().header() {
            h.show();
        }
    }
    let bundle = (SendValue::new(f), SendValue::new(args), kwargs.map(SendValue::new));
    let theirs = shared.clone();
    shared.state.store(1, Ordering::Release);
    RUNNING.lock().push(shared.clone());
    let size = match STACK_SIZE.load(Ordering::Relaxed) {
        0 => DEFAULT_STACK,
        n => n.max(1 << 20),
    };
    let started = std::thread::Builder::new().stack_size(size).spawn(move || body(&theirs, bundle));
    if started.is_err() {
        shared.state.store(3, Ordering::Release);
        shared.done.set();
        forget(&shared);
        return Err(cx.runtime_error("can't start new thread"));
    }
    Ok(())
}

fn forget(shared: &std::sync::Arc<Shared>) {
    RUNNING.lock().retain(|s| !std::sync::Arc::ptr_eq(s, shared));
}

/// A thread's life.
fn body(shared: &std::sync::Arc<Shared>, bundle: (SendValue, SendValue, Option<SendValue>)) {
    shared.ident.store(ident(), Ordering::Relaxed);
    shared.state.store(2, Ordering::Release);
    if let Some(mut thread) = Thread::attach() {
        let cx = &mut *thread.cx;
        let (f, args, kwargs) = (bundle.0.into_value(), bundle.1.into_value(), bundle.2.map(SendValue::into_value));
        run(cx, &f, &args, kwargs.as_ref());
        drop((f, args, kwargs));
        cx.drain();
        drop(thread);
    }
    shared.state.store(3, Ordering::Release);
    forget(shared);
    shared.done.set();
}

fn run(cx: &mut Cx, f: &Value, args: &Value, kwargs: Option<&Value>) {
    let result = {
        let mut items: Vec<Ref<'_>> = args.as_ref().exact::<Tuple>().map(|t| t.items().to_vec()).unwrap_or_default();
        let pairs = kwargs.and_then(|k| as_dict(k.as_ref())).map(Dict::items).unwrap_or_default();
        let mut names = Vec::new();
        for (k, v) in &pairs {
            names.push(k.as_ref());
            items.push(v.as_ref());
        }
        let names = if names.is_empty() { None } else { Some(Tuple::from_refs(&names)) };
        call::call(cx, f.as_ref(), Args { items: &items, names: names.as_deref() }).map(Reg::into_value)
    };
    if let Err(e) = result {
        let raised = cx.catch(e);
        if type_of(raised.as_ref()).is_subtype_of_id(exc::SYSTEM_EXIT) {
            return;
        }
        let e = cx.raise(raised);
        cx.unraisable(e, "Exception ignored in thread started by", f.as_ref());
    }
}

fn new_shared(daemon: bool) -> std::sync::Arc<Shared> {
    std::sync::Arc::new(Shared { state: AtomicU32::new(0), ident: AtomicU64::new(0), done: Event::new(), daemon: AtomicBool::new(daemon) })
}

fn check_call(cx: &mut Cx, f: Ref<'_>, args: Ref<'_>, kwargs: Option<Ref<'_>>) -> PyResult<()> {
    if !call::is_callable(f) {
        return Err(cx.type_error("first arg must be callable"));
    }
    if args.exact::<Tuple>().is_none() {
        return Err(cx.type_error("2nd arg must be a tuple"));
    }
    if kwargs.is_some_and(|k| as_dict(k).is_none()) {
        return Err(cx.type_error("optional 3rd arg must be a dictionary"));
    }
    Ok(())
}

fn start_new_thread(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    check_call(cx, a[0], a[1], a[2].given())?;
    let shared = new_shared(true);
    spawn(cx, shared.clone(), a[0].to_value(), a[1].to_value(), a[2].given().map(Ref::to_value))?;
    while shared.state.load(Ordering::Acquire) == 1 {
        cx.detached(std::thread::yield_now);
    }
    Ok(objects::types::int::from_u64(shared.ident.load(Ordering::Relaxed)).into())
}

fn start_joinable_thread(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if !call::is_callable(a[0]) {
        return Err(cx.type_error("thread function must be callable"));
    }
    let daemon = match a[2].given() {
        Some(d) => truth::of(cx, d)?,
        None => true,
    };
    let shared = new_shared(daemon);
    let handle = match a[1].given().filter(|h| !h.is_none()) {
        Some(h) => {
            if h.exact::<Handle>().is_none() {
                return Err(cx.type_error("'handle' must be a _ThreadHandle"));
            }
            h.to_value()
        }
        None => gc::alloc(Handle { shared: shared.clone() }).into_value(),
    };
    let theirs = handle_of(handle.as_ref()).shared.clone();
    if theirs.state.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire).is_err() {
        return Err(cx.runtime_error("thread already started"));
    }
    theirs.daemon.store(daemon, Ordering::Relaxed);
    let empty = Tuple::empty().into_value();
    spawn(cx, theirs.clone(), a[0].to_value(), empty, None)?;
    while theirs.state.load(Ordering::Acquire) == 1 {
        cx.detached(std::thread::yield_now);
    }
    Ok(handle.into())
}

fn join(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let shared = handle_of(a[0]).shared.clone();
    let timeout = match a[1].given().filter(|t| !t.is_none()) {
        None => None,
        Some(t) => u64::try_from(stdlib_native::clock::nanoseconds(cx, t, Round::Up)?).ok().map(Duration::from_nanos),
    };
    match shared.state.load(Ordering::Acquire) {
        0 => return Err(cx.runtime_error("thread not started")),
        2 if shared.ident.load(Ordering::Relaxed) == ident() => return Err(cx.runtime_error("Cannot join current thread")),
        _ => {}
    }
    wait_done(cx, &shared, timeout)?;
    Ok(Value::NONE.into())
}

fn wait_done(cx: &mut Cx, shared: &Shared, timeout: Option<Duration>) -> PyResult<bool> {
    let end = timeout.map(|t| std::time::Instant::now() + t);
    loop {
        if shared.done.is_set() {
            return Ok(true);
        }
        if sync::safepoint::pending(cx.slot) {
            gc::merge::drain_current();
        }
        let left = end.map(|e| e.saturating_duration_since(std::time::Instant::now()));
        match shared.done.wait(left, true) {
            Waited::Done => return Ok(true),
            Waited::TimedOut => return Ok(false),
            Waited::Interrupted => cx.host.poll(cx)?,
        }
    }
}

/// Waits for all threads that are not daemons: what `threading._shutdown` and the interpreter's end do.
pub fn wait_for_threads(cx: &mut Cx) -> PyResult<()> {
    loop {
        let next = RUNNING.lock().iter().find(|s| !s.daemon.load(Ordering::Relaxed)).cloned();
        match next {
            Some(s) if s.ident.load(Ordering::Relaxed) != ident() => {
                wait_done(cx, &s, None)?;
                forget(&s);
            }
            Some(s) => forget(&s),
            None => return Ok(()),
        }
    }
}

/// Around a fork: nobody else may hold the list of threads then.
pub fn before_fork() {
    RUNNING.raw().lock();
    ADOPTED.raw().lock();
}
/// In the parent.
pub fn after_fork_parent() {
    ADOPTED.raw().unlock();
    RUNNING.raw().unlock();
}
/// In the child: the calling thread is the main one, and all others have ended.
pub fn after_fork_child() {
    crate::vm::instrument::stats::after_fork();
    ADOPTED.raw().unlock();
    RUNNING.raw().unlock();
    set_main();
    super::signal::after_fork_child();
    let me = ident();
    let others = {
        let mut list = RUNNING.lock();
        let (mine, others): (Vec<_>, Vec<_>) = list.drain(..).partition(|s| s.ident.load(Ordering::Relaxed) == me);
        *list = mine;
        let adopted = ADOPTED
            .lock()
            .iter()
            .filter_map(std::sync::Weak::upgrade)
            .filter(|s| s.ident.load(Ordering::Relaxed) != me)
            .collect::<Vec<_>>();
        others.into_iter().chain(adopted)
    };
    for s in others {
        s.state.store(3, Ordering::Release);
        s.done.set_after_fork();
    }
    // What the others' contexts hold is never given back: nobody will run with them again.
    let slot = sync::threads::current();
    sync::threads::for_each_slot(|s| {
        if slot.is_none_or(|m| m.id != s.id) {
            s.ext.store(std::ptr::null_mut(), Ordering::Release);
        }
    });
}

/// No further threads may start.
pub fn shut_down() {
    SHUTTING_DOWN.store(true, Ordering::Relaxed);
    stdlib_native::posix::fork::shut_down();
}

fn handle_new(_cx: &mut Cx, _class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(gc::alloc(Handle { shared: new_shared(false) }).into())
}

static HANDLE_METHODS: &[Method] = &[
    method("join", "($self, timeout=None, /)", join, "Waits for the thread to end."),
    method("is_done", "($self, /)", |_, a| Ok(Value::bool(handle_of(a[0]).shared.done.is_set()).into()), "Whether the thread has ended."),
    method(
        "_set_done",
        "($self, /)",
        |cx, a| {
            let s = &handle_of(a[0]).shared;
            if s.state.load(Ordering::Acquire) == 0 {
                return Err(cx.runtime_error("thread not started"));
            }
            s.state.store(3, Ordering::Release);
            s.done.set();
            Ok(Value::NONE.into())
        },
        "Marks the thread as ended.",
    ),
];
static HANDLE_GETSETS: &[GetSet] =
    &[getter("ident", |_, v| Ok(objects::types::int::from_u64(handle_of(v).shared.ident.load(Ordering::Relaxed)).into()), "")];

/// `_thread._ThreadHandle`.
pub static HANDLE_TYPE: TypeSpec = TypeSpec::of::<Handle>("_thread._ThreadHandle")
    .flags(flags::WEAKREFS)
    .slots(Slots { new: Some(handle_new), ..Slots::NONE })
    .methods(HANDLE_METHODS)
    .getsets(HANDLE_GETSETS);

/// The module's static types.
pub static SPECS: &[&TypeSpec] = &[&LOCK_TYPE, &RLOCK_TYPE, &HANDLE_TYPE, &super::thread_local::LOCAL_TYPE];

fn stack_size(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let old = STACK_SIZE.load(Ordering::Relaxed);
    if let Some(n) = a[0].given() {
        let n = objects::types::int::index_i64(cx, n)?;
        if n < 0 {
            return Err(cx.value_error("size must be 0 or a positive value"));
        }
        if n != 0 && n < 32768 {
            return Err(cx.value_error(format!("size not valid: {n} bytes")));
        }
        STACK_SIZE.store(n as usize, Ordering::Relaxed);
    }
    Ok(objects::types::int::from_usize(old).into())
}

fn exit(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let e = exception::new_args(exc::SYSTEM_EXIT, Vec::new());
    Err(cx.raise_new(e))
}

fn interrupt_main(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = stdlib_native::posix::arguments::int_or(cx, a[0], libc::SIGINT)?;
    if !(1..65).contains(&n) {
        return Err(cx.value_error("signal number out of range"));
    }
    super::signal::simulate(n);
    Ok(Value::NONE.into())
}

fn make_handle(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let i = objects::types::int::index_i64(cx, a[0])?;
    let shared = new_shared(true);
    shared.ident.store(i as u64, Ordering::Relaxed);
    shared.state.store(2, Ordering::Relaxed);
    {
        let mut list = ADOPTED.lock();
        list.retain(|s| s.strong_count() > 0);
        list.push(std::sync::Arc::downgrade(&shared));
    }
    Ok(gc::alloc(Handle { shared }).into())
}

fn count(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(objects::types::int::from_usize(sync::threads::live_threads().saturating_sub(1)).into())
}

fn set_name(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(s) = as_str(a[0]) else { return Err(cx.type_error("set_name() argument 'name' must be str")) };
    let mut bytes: Vec<u8> = s.to_string_lossy().into_bytes();
    bytes.retain(|b| *b != 0);
    bytes.truncate(15);
    bytes.push(0);
    // SAFETY: a terminated string of at most 16 bytes for the calling thread.
    unsafe { libc::pthread_setname_np(libc::pthread_self(), bytes.as_ptr().cast()) };
    Ok(Value::NONE.into())
}

fn native_id(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    // SAFETY: a plain query.
    Ok(objects::types::int::from_i64(unsafe { libc::syscall(libc::SYS_gettid) }).into())
}

static FUNCTIONS: &[Method] = &[
    function("start_new_thread", "($module, function, args, kwargs={}, /)", start_new_thread, "Starts a thread and gives its identifier."),
    function("start_new", "($module, function, args, kwargs={}, /)", start_new_thread, "An obsolete name of start_new_thread."),
    function(
        "start_joinable_thread",
        "($module, function, /, handle=None, daemon=True)",
        start_joinable_thread,
        "Starts a thread and gives a handle.",
    ),
    function("daemon_threads_allowed", "($module, /)", |_, _| Ok(Value::TRUE.into()), "Whether daemon threads may be started."),
    function("allocate_lock", "($module, /)", |_, _| Ok(gc::alloc(Lock { raw: RawLock::new() }).into()), "Makes a lock."),
    function("allocate", "($module, /)", |_, _| Ok(gc::alloc(Lock { raw: RawLock::new() }).into()), "An obsolete name of allocate_lock."),
    function(
        "get_ident",
        "($module, /)",
        |_, _| Ok(objects::types::int::from_u64(ident()).into()),
        "The identifier of the calling thread.",
    ),
    function("get_native_id", "($module, /)", native_id, "The kernel's identifier of the calling thread."),
    function("_count", "($module, /)", count, "How many threads run besides the main one."),
    function("stack_size", "($module, size=0, /)", stack_size, "The native stack size of new threads."),
    function("exit", "($module, /)", exit, "Ends the thread by SystemExit."),
    function(
        "interrupt_main",
        "($module, signum=signal.SIGINT, /)",
        interrupt_main,
        "Has the main thread handle a signal as if it had come.",
    ),
    function("exit_thread", "($module, /)", exit, "An obsolete name of exit."),
    function(
        "_get_main_thread_ident",
        "($module, /)",
        |_, _| Ok(objects::types::int::from_u64(MAIN_IDENT.load(Ordering::Relaxed)).into()),
        "The main thread's identifier.",
    ),
    function("_is_main_interpreter", "($module, /)", |_, _| Ok(Value::TRUE.into()), "Whether this is the main interpreter."),
    function("_make_thread_handle", "($module, ident, /)", make_handle, "A handle of a thread by its identifier."),
    function(
        "_shutdown",
        "($module, /)",
        |cx, _| {
            wait_for_threads(cx)?;
            Ok(Value::NONE.into())
        },
        "Waits for all threads that are not daemons.",
    ),
    function("set_name", "($module, /, name)", set_name, "Sets the calling thread's name."),
];

fn init(cx: &mut Cx, m: &Module) -> PyResult<()> {
    let _ = &cx;
    m.add("LockType", type_value(type_ids::LOCK));
    m.add("lock", type_value(type_ids::LOCK));
    m.add("RLock", type_value(type_ids::RLOCK));
    m.add("_ThreadHandle", type_value(type_ids::HANDLE));
    m.add("_local", type_value(type_ids::LOCAL));
    m.add("error", type_value(exc::RUNTIME_ERROR));
    m.add("TIMEOUT_MAX", Value::float(TIMEOUT_MAX));
    Ok(())
}

/// `_thread`.
pub static MODULE: ModuleDef = ModuleDef { name: "_thread", doc: "Threads and locks.", functions: FUNCTIONS, init };
