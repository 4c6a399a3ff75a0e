//! `posix`: running programs: `execv`, `execve`, `posix_spawn`.

use super::arguments::{Also, Target, flag, number};
use super::environment::system_bytes;
use objects::native::{Method, function};
use objects::protocol::path::last_errno;
use objects::protocol::{call as calls, iter};
use objects::types::int::{self, IntRef, as_int};
use objects::types::list::List;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, type_of};
use objects::{Cx, PyResult, Ref, Reg, Value};
use std::ffi::CString;

/// A list of terminated texts, and the array of their addresses that C takes.
pub struct Texts {
    _owned: Vec<CString>,
    addresses: Vec<*const libc::c_char>,
}
// SAFETY: the addresses point into `_owned`, which does not change.
unsafe impl Send for Texts {}
// SAFETY: as above.
unsafe impl Sync for Texts {}

impl Texts {
    /// From the texts.
    pub fn new(owned: Vec<CString>) -> Texts {
        let addresses = owned.iter().map(|t| t.as_ptr()).chain([std::ptr::null()]).collect();
        Texts { _owned: owned, addresses }
    }
    /// As C takes it.
    pub fn as_ptr(&self) -> *const *const libc::c_char {
        self.addresses.as_ptr()
    }
    /// As functions without `const` take it.
    pub fn as_mut(&self) -> *const *mut libc::c_char {
        self.addresses.as_ptr().cast()
    }
}

/// A text without null characters.
pub fn c_text(cx: &mut Cx, v: Ref<'_>) -> PyResult<CString> {
    let b = system_bytes(cx, v)?;
    CString::new(b).map_err(|_| cx.value_error("embedded null byte"))
}

fn items_of(cx: &mut Cx, v: Ref<'_>) -> Option<Vec<Value>> {
    if let Some(l) = v.downcast::<List>() {
        return Some(l.snapshot(cx));
    }
    v.downcast::<Tuple>().map(|t| t.items().iter().map(|i| i.to_value()).collect())
}

/// The arguments of a program: a list or tuple that is not empty.
fn arguments(cx: &mut Cx, v: Ref<'_>, function: &str, what: &str) -> PyResult<Texts> {
    let Some(items) = items_of(cx, v) else { return Err(cx.type_error(format!("{function} {what} must be a tuple or list"))) };
    if items.is_empty() {
        return Err(cx.value_error(format!("{function} {what} must not be empty")));
    }
    let mut texts = Vec::new();
    for i in &items {
        texts.push(c_text(cx, i.as_ref())?);
    }
    if texts[0].is_empty() {
        return Err(cx.value_error(format!("{function} {what} first element cannot be empty")));
    }
    Ok(Texts::new(texts))
}

/// The environment of a program: a mapping.
fn environment(cx: &mut Cx, v: Ref<'_>, message: &str) -> PyResult<Texts> {
    let t = type_of(v);
    if t.slots.getitem().is_none() || t.slots.len().is_none() || as_str(v).is_some() || items_of(cx, v).is_some() {
        return Err(cx.type_error(message));
    }
    let (keys, values) = (Str::intern_text("keys"), Str::intern_text("values"));
    let keys = calls::method(cx, v, keys.as_ref(), &[])?.into_value();
    let keys = iter::collect(cx, keys.as_ref())?;
    let values = calls::method(cx, v, values.as_ref(), &[])?.into_value();
    let values = iter::collect(cx, values.as_ref())?;
    let mut texts = Vec::new();
    for (k, x) in keys.iter().zip(&values) {
        let (mut entry, x) = (system_bytes(cx, k.as_ref())?, system_bytes(cx, x.as_ref())?);
        if entry.is_empty() || entry[1..].contains(&b'=') || entry[0] == b'=' {
            return Err(cx.value_error("illegal environment variable name"));
        }
        entry.push(b'=');
        entry.extend_from_slice(&x);
        texts.push(CString::new(entry).unwrap_or_default());
    }
    Ok(Texts::new(texts))
}

fn execv(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "execv", "path", Also::No)?;
    let argv = arguments(cx, a[1], "execv()", "arg 2")?;
    // SAFETY: terminated texts and a terminated array. Comes back only when it failed.
    let e = unsafe {
        libc::execv(t.path.as_ptr(), argv.as_ptr());
        last_errno()
    };
    Err(cx.os_error(e, &[]))
}

fn execve(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "execve", "path", Also::Fd)?;
    let argv = arguments(cx, a[1], "execve:", "argv")?;
    let env = environment(cx, a[2], "execve: environment must be a mapping object")?;
    // SAFETY: terminated texts and terminated arrays. Comes back only when it failed.
    let e = unsafe {
        match t.fd {
            Some(fd) => libc::fexecve(fd, argv.as_ptr(), env.as_ptr()),
            None => libc::execve(t.path.as_ptr(), argv.as_ptr(), env.as_ptr()),
        };
        last_errno()
    };
    Err(t.error(cx, e))
}

/// The signals of an iterable. ValueError beyond the range.
pub fn signal_set(cx: &mut Cx, v: Ref<'_>) -> PyResult<libc::sigset_t> {
    // SAFETY: zeros are a valid set, emptied properly.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: a set.
    unsafe { libc::sigemptyset(&mut set) };
    for s in iter::collect(cx, v)? {
        let i = int::index(cx, s.as_ref())?;
        let n = as_int(i.as_ref()).and_then(IntRef::to_i64);
        let last = libc::SIGRTMAX();
        match n {
            Some(n) if (1..=i64::from(last)).contains(&n) => {
                // SAFETY: a set and a signal. Those that the C library keeps for itself are refused, which does not matter.
                unsafe { libc::sigaddset(&mut set, n as i32) };
            }
            Some(n) => return Err(cx.value_error(format!("signal number {n} out of range [1; {last}]"))),
            None => return Err(cx.value_error(format!("signal number out of range [1; {last}]"))),
        }
    }
    Ok(set)
}

/// What a child does with its descriptors before it runs the program.
struct Actions(libc::posix_spawn_file_actions_t);
impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: initialised at birth.
        unsafe { libc::posix_spawn_file_actions_destroy(&mut self.0) };
    }
}
struct Attributes(libc::posix_spawnattr_t);
impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised at birth.
        unsafe { libc::posix_spawnattr_destroy(&mut self.0) };
    }
}

fn actions(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Actions>> {
    if v.is_none() {
        return Ok(None);
    }
    if type_of(v).slots.getitem().is_none() && type_of(v).slots.iter().is_none() {
        return Err(cx.type_error("file_actions must be a sequence or None"));
    }
    // SAFETY: zeroed, then initialised by its own function.
    let mut made = unsafe {
        let mut a = std::mem::zeroed();
        libc::posix_spawn_file_actions_init(&mut a);
        Actions(a)
    };
    for row in iter::collect(cx, v)? {
        let Some(row) = row.as_ref().downcast::<Tuple>().map(Tuple::items).filter(|r| !r.is_empty()) else {
            return Err(cx.type_error("Each file_actions element must be a non-empty tuple"));
        };
        let tag = int::c_int(cx, row[0])?;
        let wrong = |cx: &mut Cx, what: &str| cx.type_error(format!("A {what} file_action tuple must have {} elements", row_len(tag)));
        let e = match tag {
            0 => {
                if row.len() != 5 {
                    return Err(wrong(cx, "open"));
                }
                let fd = int::c_int(cx, row[1])?;
                let path = c_text(cx, row[2])?;
                let flags = int::c_int(cx, row[3])?;
                let mode = int::c_int(cx, row[4])? as libc::mode_t;
                // SAFETY: initialised; the path is copied.
                unsafe { libc::posix_spawn_file_actions_addopen(&mut made.0, fd, path.as_ptr(), flags, mode) }
            }
            1 => {
                if row.len() != 2 {
                    return Err(wrong(cx, "close"));
                }
                let fd = int::c_int(cx, row[1])?;
                // SAFETY: initialised.
                unsafe { libc::posix_spawn_file_actions_addclose(&mut made.0, fd) }
            }
            2 => {
                if row.len() != 3 {
                    return Err(wrong(cx, "dup2"));
                }
                let (from, to) = (int::c_int(cx, row[1])?, int::c_int(cx, row[2])?);
                // SAFETY: initialised.
                unsafe { libc::posix_spawn_file_actions_adddup2(&mut made.0, from, to) }
            }
            3 => {
                if row.len() != 2 {
                    return Err(wrong(cx, "closefrom"));
                }
                let fd = int::c_int(cx, row[1])?;
                // SAFETY: initialised.
                unsafe { posix_spawn_file_actions_addclosefrom_np(&mut made.0, fd) }
            }
            _ => return Err(cx.type_error("Unknown file_actions identifier")),
        };
        if e != 0 {
            return Err(cx.os_error(e, &[]));
        }
    }
    Ok(Some(made))
}

unsafe extern "C" {
    fn posix_spawn_file_actions_addclosefrom_np(actions: *mut libc::posix_spawn_file_actions_t, from: i32) -> i32;
}

fn row_len(tag: i32) -> usize {
    match tag {
        0 => 5,
        2 => 3,
        _ => 2,
    }
}

fn attributes(cx: &mut Cx, name: &str, a: &[Ref<'_>]) -> PyResult<Attributes> {
    // SAFETY: zeroed, then initialised by its own function.
    let mut made = unsafe {
        let mut x = std::mem::zeroed();
        libc::posix_spawnattr_init(&mut x);
        Attributes(x)
    };
    let mut flags = 0;
    let given = |v: Ref<'_>| v.given().filter(|v| !v.is_none()).is_some();
    if given(a[0]) {
        let group = int::c_int(cx, a[0])?;
        // SAFETY: initialised.
        unsafe { libc::posix_spawnattr_setpgroup(&mut made.0, group) };
        flags |= libc::POSIX_SPAWN_SETPGROUP;
    }
    if flag(cx, a[1], false)? {
        flags |= libc::POSIX_SPAWN_RESETIDS;
    }
    if flag(cx, a[2], false)? {
        flags |= libc::POSIX_SPAWN_SETSID as i32;
    }
    if let Some(v) = a[3].given() {
        let set = signal_set(cx, v)?;
        // SAFETY: initialised.
        unsafe { libc::posix_spawnattr_setsigmask(&mut made.0, &set) };
        flags |= libc::POSIX_SPAWN_SETSIGMASK;
    }
    if let Some(v) = a[4].given() {
        let set = signal_set(cx, v)?;
        // SAFETY: initialised.
        unsafe { libc::posix_spawnattr_setsigdefault(&mut made.0, &set) };
        flags |= libc::POSIX_SPAWN_SETSIGDEF;
    }
    if given(a[5]) {
        let Some(parts) = a[5].downcast::<Tuple>().map(Tuple::items).filter(|p| p.len() == 2) else {
            return Err(cx.type_error(format!("{name}: scheduler must be a tuple or None")));
        };
        if !parts[0].is_none() {
            let policy = int::c_int(cx, parts[0])?;
            // SAFETY: initialised.
            unsafe { libc::posix_spawnattr_setschedpolicy(&mut made.0, policy) };
            flags |= libc::POSIX_SPAWN_SETSCHEDULER;
        } else {
            flags |= libc::POSIX_SPAWN_SETSCHEDPARAM;
        }
        let p = super::config::priority(cx, parts[1])?;
        // SAFETY: initialised.
        unsafe { libc::posix_spawnattr_setschedparam(&mut made.0, &p) };
    }
    // SAFETY: initialised.
    unsafe { libc::posix_spawnattr_setflags(&mut made.0, flags as libc::c_short) };
    Ok(made)
}

fn spawn(cx: &mut Cx, a: &[Ref<'_>], name: &str, by_path: bool) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], name, "path", Also::No)?;
    let argv = arguments(cx, a[1], &format!("{name}:"), "argv")?;
    let env = match a[2].is_none() {
        true => {
            let own = super::environment::snapshot(cx)?;
            environment(cx, own.as_ref(), "")?
        }
        false => environment(cx, a[2], &format!("{name}: environment must be a mapping object or None"))?,
    };
    let todo = match a[3].given() {
        Some(v) => actions(cx, v)?,
        None => None,
    };
    let attributes = attributes(cx, name, &a[4..])?;
    let mut pid = 0;
    let todo = todo.as_ref().map_or(std::ptr::null(), |t| &raw const t.0);
    // SAFETY: terminated texts and arrays, initialised records.
    let e = unsafe {
        let run = if by_path { libc::posix_spawnp } else { libc::posix_spawn };
        run(&mut pid, t.path.as_ptr(), todo, &attributes.0, argv.as_mut(), env.as_mut())
    };
    if e != 0 { Err(t.error(cx, e)) } else { number(pid) }
}

const SPAWN: &str = "($module, path, argv, env, /, *, file_actions=(), setpgroup=None, resetids=False, setsid=False, setsigmask=(), \
                     setsigdef=(), scheduler=None)";

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function("execv", "($module, path, argv, /)", execv, "Runs a program in place of this one."),
    function("execve", "($module, /, path, argv, env)", execve, "The same with another environment."),
    function("posix_spawn", SPAWN, |cx, a| spawn(cx, a, "posix_spawn", false), "Runs a program in a new process."),
    function("posix_spawnp", SPAWN, |cx, a| spawn(cx, a, "posix_spawnp", true), "The same; the program is looked up in PATH."),
];
