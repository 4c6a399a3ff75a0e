//! `_multiprocessing`: semaphores that processes share.

use crate::clock::{Deadline, Round, nanoseconds};
use crate::guarded::make;
use crate::posix::arguments::{call, done, flag, number};
use gc::{Payload, Word};
use objects::native::{Member, Method, class_method, function, getter, method};
use objects::protocol::path::{encode_name, last_errno};
use objects::types::dict::Dict;
use objects::types::exception::ids as exc;
use objects::types::int::{self, from_i64};
use objects::types::module::{Module, ModuleDef};
use objects::types::str::{Str, as_str};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, by_id, flags, type_of, type_value};
use objects::{Args, Cx, PyResult, Ref, Reg, Value};
use std::ffi::CString;
use std::time::Duration;
use sync::prim::{AtomicI32, AtomicU64, Ordering};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const SEM_LOCK: u32 = 405;
}

const RECURSIVE: i32 = 0;
/// Largest count of a semaphore.
const SEM_VALUE_MAX: i64 = i32::MAX as i64;

/// A semaphore's payload. `count` and `owner` say how often which thread of this process holds it.
#[repr(C)]
pub struct SemLock {
    handle: usize,
    owner: AtomicU64,
    count: AtomicI32,
    maximum: i32,
    kind: i32,
    name: Value,
}
// SAFETY: visits its word.
unsafe impl Payload for SemLock {
    const TYPE_ID: u32 = ids::SEM_LOCK;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.name.word());
    }
}
impl Drop for SemLock {
    fn drop(&mut self) {
        // SAFETY: opened at birth; nobody uses it any more.
        unsafe { libc::sem_close(self.at()) };
    }
}

fn me(v: Ref<'_>) -> &SemLock {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<SemLock>() }
}

fn thread() -> u64 {
    // SAFETY: a plain query.
    unsafe { libc::pthread_self() as u64 }
}

impl SemLock {
    fn at(&self) -> *mut libc::sem_t {
        self.handle as *mut libc::sem_t
    }
    fn is_mine(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0 && self.owner.load(Ordering::Relaxed) == thread()
    }
    fn taken(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.owner.store(thread(), Ordering::Relaxed);
    }
    fn value(&self, cx: &mut Cx) -> PyResult<i32> {
        let mut n = 0;
        let handle = self.handle;
        // SAFETY: an open semaphore, room for the result.
        call(cx, || unsafe { libc::sem_getvalue(handle as *mut libc::sem_t, &mut n) })?;
        Ok(n)
    }
}

fn name_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<CString> {
    if as_str(v).is_none() {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("SemLock() argument 'name' must be str, not {n}")));
    }
    let b = encode_name(cx, v)?;
    CString::new(b).map_err(|_| cx.value_error("embedded null character"))
}

crate::parameters!(PARAMETERS, "SemLock", "(kind, value, maxvalue, name, unlink)");

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    PARAMETERS.bind(cx, args, |cx, a| {
        let (kind, value, maximum) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?, int::c_int(cx, a[2])?);
        let name = name_of(cx, a[3])?;
        let unlink = flag(cx, a[4], false)?;
        if kind != RECURSIVE && kind != 1 {
            return Err(cx.value_error("unrecognized kind"));
        }
        // SAFETY: a terminated name.
        let (at, e) = unsafe {
            let at = libc::sem_open(name.as_ptr(), libc::O_CREAT | libc::O_EXCL, 0o600 as libc::c_uint, value as libc::c_uint);
            (at, last_errno())
        };
        if at == libc::SEM_FAILED {
            return Err(cx.os_error(e, &[]));
        }
        // SAFETY: a terminated name.
        if unlink && unsafe { libc::sem_unlink(name.as_ptr()) } < 0 {
            let e = last_errno();
            // SAFETY: just opened.
            unsafe { libc::sem_close(at) };
            return Err(cx.os_error(e, &[]));
        }
        let name = if unlink { Value::NONE } else { a[3].to_value() };
        Ok(make(class, lock(at as usize, kind, maximum, name)))
    })
}

fn lock(handle: usize, kind: i32, maximum: i32, name: Value) -> SemLock {
    SemLock { handle, owner: AtomicU64::new(0), count: AtomicI32::new(0), maximum, kind, name }
}

fn rebuild(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let handle = crate::posix::arguments::long(cx, a[1])? as usize;
    let (kind, maximum) = (int::c_int(cx, a[2])?, int::c_int(cx, a[3])?);
    let handle = if a[4].is_none() {
        handle
    } else {
        let name = name_of(cx, a[4])?;
        // SAFETY: a terminated name.
        let (at, e) = unsafe { (libc::sem_open(name.as_ptr(), 0), last_errno()) };
        if at == libc::SEM_FAILED {
            return Err(cx.os_error(e, &[]));
        }
        at as usize
    };
    Ok(make(a[0], lock(handle, kind, maximum, a[4].to_value())))
}

fn acquire(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = me(a[0]);
    let block = flag(cx, a[1], true)?;
    if s.kind == RECURSIVE && s.is_mine() {
        s.count.fetch_add(1, Ordering::Relaxed);
        return Ok(Value::TRUE.into());
    }
    let wait = match a[2].given().filter(|v| !v.is_none()) {
        Some(v) => {
            let f = objects::types::float::convert::real(cx, v)?;
            Some(Duration::from_nanos(nanoseconds(cx, Value::float(f).as_ref(), Round::Ceiling)?.max(0) as u64))
        }
        None => None,
    };
    let handle = s.handle;
    // SAFETY: an open semaphore.
    if unsafe { libc::sem_trywait(handle as *mut libc::sem_t) } == 0 {
        s.taken();
        return Ok(Value::TRUE.into());
    }
    let e = last_errno();
    if e != libc::EAGAIN && e != libc::EINTR {
        return Err(cx.os_error(e, &[]));
    }
    if !block || wait.is_some_and(|d| d.is_zero()) {
        return Ok(Value::FALSE.into());
    }
    let deadline = Deadline::after(wait);
    loop {
        let left = deadline.left();
        let (r, e) = cx.detached(|| {
            let at = handle as *mut libc::sem_t;
            // SAFETY: an open semaphore; a time that is there. Semaphores count by the wall clock.
            unsafe {
                let r = match left {
                    None => libc::sem_wait(at),
                    Some(d) => {
                        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
                        libc::clock_gettime(libc::CLOCK_REALTIME, &mut now);
                        let ns = now.tv_nsec + i64::from(d.subsec_nanos());
                        let end = libc::timespec {
                            tv_sec: now.tv_sec.saturating_add(d.as_secs().min(1 << 40) as i64) + ns / 1_000_000_000,
                            tv_nsec: ns % 1_000_000_000,
                        };
                        libc::sem_timedwait(at, &end)
                    }
                };
                (r, last_errno())
            }
        });
        if r == 0 {
            s.taken();
            return Ok(Value::TRUE.into());
        }
        match e {
            libc::ETIMEDOUT => return Ok(Value::FALSE.into()),
            libc::EINTR => cx.poll()?,
            e => return Err(cx.os_error(e, &[])),
        }
    }
}

fn release(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = me(a[0]);
    if s.kind == RECURSIVE {
        if !s.is_mine() {
            return Err(cx.error(exc::ASSERTION_ERROR, "attempt to release recursive lock not owned by thread"));
        }
        if s.count.load(Ordering::Relaxed) > 1 {
            s.count.fetch_sub(1, Ordering::Relaxed);
            return Ok(Value::NONE.into());
        }
    } else if s.value(cx)? >= s.maximum {
        return Err(cx.value_error("semaphore or lock released too many times"));
    }
    // Before others can take it.
    s.count.fetch_sub(1, Ordering::Relaxed);
    let handle = s.handle;
    // SAFETY: an open semaphore.
    done(cx, || unsafe { libc::sem_post(handle as *mut libc::sem_t) })
}

static METHODS: &[Method] = &[
    class_method("_rebuild", "($type, handle, kind, maxvalue, name, /)", rebuild, "A semaphore of another process."),
    method("acquire", "($self, /, block=True, timeout=None)", acquire, "Takes the semaphore."),
    method("release", "($self, /)", release, "Gives it back."),
    method("_count", "($self, /)", |_, a| number(me(a[0]).count.load(Ordering::Relaxed)), "How often this process holds it."),
    method("_is_mine", "($self, /)", |_, a| Ok(Value::bool(me(a[0]).is_mine()).into()), "Whether this thread holds it."),
    method(
        "_get_value",
        "($self, /)",
        |cx, a| {
            let n = me(a[0]).value(cx)?;
            number(n.max(0))
        },
        "Its count.",
    ),
    method(
        "_is_zero",
        "($self, /)",
        |cx, a| {
            let n = me(a[0]).value(cx)?;
            Ok(Value::bool(n == 0).into())
        },
        "Whether its count is zero.",
    ),
    method(
        "_after_fork",
        "($self, /)",
        |_, a| {
            me(a[0]).count.store(0, Ordering::Relaxed);
            Ok(Value::NONE.into())
        },
        "In a forked child: this process does not hold it.",
    ),
    method("__enter__", "($self, /)", |cx, a| acquire(cx, &[a[0], Ref::MISSING, Ref::MISSING]), "Takes the semaphore."),
    method("__exit__", "($self, exc_type=None, exc_value=None, exc_tb=None, /)", |cx, a| release(cx, &a[..1]), "Gives it back."),
];

static MEMBERS: &[Member] = &[
    Member(getter("handle", |_, v| Ok(int::from_usize(me(v).handle).into()), "Where it is.")),
    Member(getter("kind", |_, v| number(me(v).kind), "Lock or semaphore.")),
    Member(getter("maxvalue", |_, v| number(me(v).maximum), "Its largest count.")),
    Member(getter("name", |_, v| Ok(me(v).name.clone().into()), "Its name, or None.")),
];

/// `_multiprocessing.SemLock`
pub static SEM_LOCK_TYPE: TypeSpec = TypeSpec::of::<SemLock>("_multiprocessing.SemLock")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), ..Slots::NONE })
    .methods(METHODS)
    .members(MEMBERS)
    .doc("A semaphore or recursive lock that processes share.");

/// The types.
pub static SPECS: &[&TypeSpec] = &[&SEM_LOCK_TYPE];

fn sem_unlink(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = name_of(cx, a[0])?;
    // SAFETY: a terminated name.
    done(cx, || unsafe { libc::sem_unlink(name.as_ptr()) })
}

static FUNCTIONS: &[Method] = &[function("sem_unlink", "($module, name, /)", sem_unlink, "Removes a semaphore's name.")];

fn init(_cx: &mut Cx, m: &Module) -> PyResult<()> {
    by_id(ids::SEM_LOCK).dict.set_text("SEM_VALUE_MAX", from_i64(SEM_VALUE_MAX));
    m.add("SemLock", type_value(ids::SEM_LOCK));
    let d = Dict::new();
    for name in ["HAVE_SEM_OPEN", "HAVE_SEM_TIMEDWAIT"] {
        d.set_str(Str::intern_text(name).as_ref(), from_i64(1));
    }
    m.add("flags", d);
    Ok(())
}

/// `_multiprocessing`.
pub static MODULE: ModuleDef = ModuleDef { name: "_multiprocessing", doc: "Semaphores that processes share.", functions: FUNCTIONS, init };
