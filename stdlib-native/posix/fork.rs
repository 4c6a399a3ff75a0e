//! `posix`: new processes by copying this one. What stands around fork(2) for threads is in `sync::fork`; here are the hooks around that.

use super::arguments::number;
use gc::{Payload, Word};
use objects::native::{Method, function, raw_function};
use objects::protocol::call;
use objects::protocol::path::last_errno;
use objects::types::exception::ids as exc;
use objects::types::list::List;
use objects::types::tuple::Tuple;
use objects::types::type_::type_value;
use objects::{Args, Cx, PyResult, Ref, Reg, Value};
use std::sync::OnceLock;
use sync::prim::{AtomicBool, Ordering};

/// The hooks: before, after in the child, after in the parent.
static HOOKS: [OnceLock<u64>; 3] = [const { OnceLock::new() }; 3];
const BEFORE: usize = 0;
const CHILD: usize = 1;
const PARENT: usize = 2;

fn hooks(which: usize) -> gc::Gc<List> {
    let w = *HOOKS[which].get_or_init(|| {
        let l = List::new();
        l.header().make_immortal();
        l.into_value().into_word().0
    });
    // SAFETY: an immortal list.
    unsafe { gc::Gc::from_value(Ref::from_word(Word(w)).to_value()) }
}

/// What the interpreter does around a fork. `enter` and `leave` run in the running program, the others with the world stopped.
pub struct Natives {
    /// First: takes what other threads hold for longer (the import lock), so that the child does not find it taken.
    pub enter: fn(),
    /// Last, in parent and child: gives it back.
    pub leave: fn(),
    /// Before: takes locks that threads without a slot may hold.
    pub before: fn(),
    /// After, in the parent: gives them back.
    pub parent: fn(),
    /// After, in the child: gives them back; the other threads are gone.
    pub child: fn(),
}

static NATIVES: OnceLock<Natives> = OnceLock::new();

/// Sets what the interpreter does around a fork. At start-up.
pub fn set_natives(n: Natives) {
    let _ = NATIVES.set(n);
}

fn run(cx: &mut Cx, which: usize) {
    let mut list = hooks(which).snapshot(cx);
    if which == BEFORE {
        list.reverse();
    }
    for f in list {
        if let Err(e) = call::positional(cx, f.as_ref(), &[]) {
            let message = match which {
                BEFORE => "Exception ignored in 'before' fork hook",
                CHILD => "Exception ignored in 'after_in_child' fork hook",
                _ => "Exception ignored in 'after_in_parent' fork hook",
            };
            cx.unraisable(e, message, f.as_ref());
        }
    }
}

/// Runs the hooks that come before a fork.
pub fn before(cx: &mut Cx) {
    run(cx, BEFORE);
}
/// Runs the hooks of the parent.
pub fn in_parent(cx: &mut Cx) {
    run(cx, PARENT);
}
/// Runs the hooks of the child.
pub fn in_child(cx: &mut Cx) {
    run(cx, CHILD);
}

/// Calls `f`, which forks and gives what fork(2) gave, with the world stopped around it. Gives that number and `errno`.
///
/// # Safety
/// `f` forks at most once and touches no cells.
pub unsafe fn around(f: impl FnOnce() -> i32) -> (i32, i32) {
    let natives = NATIVES.get();
    let call = |f: fn(&Natives) -> fn()| natives.into_iter().for_each(|n| f(n)());
    call(|n| n.enter);
    // No search for garbage is under way in the child.
    let _turn = gc::search::hold_off();
    let forking = sync::fork::before_fork();
    call(|n| n.before);
    let pid = f();
    let e = last_errno();
    if pid == 0 {
        call(|n| n.child);
        sync::fork::after_fork_child(forking)
    } else {
        call(|n| n.parent);
        sync::fork::after_fork_parent(forking)
    }
    call(|n| n.leave);
    (pid, e)
}

/// Whether the interpreter is ending: no Python code could run in a child.
static ENDING: AtomicBool = AtomicBool::new(false);

/// The interpreter is ending.
pub fn shut_down() {
    ENDING.store(true, Ordering::Relaxed);
}

/// PythonFinalizationError with this text if the interpreter is ending.
pub fn check_running(cx: &mut Cx, message: &str) -> PyResult<()> {
    if ENDING.load(Ordering::Relaxed) { Err(cx.error(exc::PYTHON_FINALIZATION_ERROR, message)) } else { Ok(()) }
}

/// DeprecationWarning when there are other threads.
pub fn warn_of_threads(cx: &mut Cx, function: &str) -> PyResult<()> {
    if sync::threads::live_threads() < 2 {
        return Ok(());
    }
    let pid = std::process::id();
    let text = format!("This process (pid={pid}) is multi-threaded, use of {function}() may lead to deadlocks in the child.");
    let category = type_value(exc::DEPRECATION_WARNING);
    cx.host.warn(cx, category.as_ref(), &text, 1)
}

fn fork_by(cx: &mut Cx, function: &str, f: impl FnOnce() -> i32) -> PyResult<i32> {
    check_running(cx, &format!("can't {function} at interpreter shutdown"))?;
    before(cx);
    // SAFETY: `f` is a system call that forks.
    let (pid, e) = unsafe { around(f) };
    if pid == 0 {
        in_child(cx);
        return Ok(0);
    }
    in_parent(cx);
    if pid < 0 {
        return Err(cx.os_error(e, &[]));
    }
    warn_of_threads(cx, function)?;
    Ok(pid)
}

fn fork(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    // SAFETY: the world is stopped around it.
    number(fork_by(cx, "fork", || unsafe { libc::fork() })?)
}

fn forkpty(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut master = -1;
    let null = std::ptr::null_mut();
    // SAFETY: room for the number; nothing else is asked for.
    let pid = fork_by(cx, "forkpty", || unsafe { libc::forkpty(&mut master, null, std::ptr::null(), std::ptr::null()) })?;
    let n = |n: i32| Value::small_int(i64::from(n));
    Ok(Tuple::from_values(vec![n(pid), n(master)]).into())
}

fn register_at_fork(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    if !args.positional().is_empty() {
        return Err(cx.type_error("register_at_fork() takes no positional arguments"));
    }
    let mut given = Vec::new();
    for (name, f) in args.keywords() {
        let name = objects::types::str::as_str(name).map_or_else(String::new, |s| s.to_string_lossy());
        let which = match name.as_str() {
            "before" => BEFORE,
            "after_in_child" => CHILD,
            "after_in_parent" => PARENT,
            _ => return Err(cx.type_error(format!("register_at_fork() got an unexpected keyword argument '{name}'"))),
        };
        if !call::is_callable(f) {
            let n = objects::types::type_::type_of(f).name_text();
            return Err(cx.type_error(format!("'{name}' must be callable, not {n}")));
        }
        given.push((which, f.to_value()));
    }
    if given.is_empty() {
        return Err(cx.type_error("At least one argument is required."));
    }
    for (which, f) in given {
        hooks(which).append(cx, f)?;
    }
    Ok(Value::NONE.into())
}

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function("fork", "($module, /)", fork, "Copies the process: 0 in the child, the child's number in the parent."),
    function("forkpty", "($module, /)", forkpty, "The same with a pseudo-terminal as the child's terminal."),
    raw_function(
        "register_at_fork",
        "($module, /, *, before=<unrepresentable>, after_in_child=<unrepresentable>, after_in_parent=<unrepresentable>)",
        register_at_fork,
        "Has functions called around forks.",
    ),
];
