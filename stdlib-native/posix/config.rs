//! `posix`: what the system can and how much: `sysconf`, `confstr`, `pathconf`, the number of CPUs, scheduling.

use super::arguments::{Also, Target, call, done, none, number};
use super::names::{CONFSTR_NAMES, PATHCONF_NAMES, SYSCONF_NAMES};
use gc::Payload;
use objects::native::{Method, function};
use objects::protocol::iter;
use objects::protocol::path::{decode_name, last_errno};
use objects::types::exception::ids as exc;
use objects::types::int::{self, IntRef, as_int, from_i64};
use objects::types::str::as_str;
use objects::types::structseq::{self, Class};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, type_of};
use objects::{Args, Cx, PyResult, Ref, Reg, Value};

/// `posix.sched_param`
pub static SCHED_PARAM: Class = Class::new("posix.sched_param", &["sched_priority"], 1);

/// `sched_param(sched_priority)`
fn new_param(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    PARAM.bind(cx, args, |cx, a| {
        let one = Tuple::from_refs(&a[..1]);
        structseq::construct(cx, class, Args::positional_only(&[one.value().as_ref()]))
    })
}
crate::parameters!(PARAM, "sched_param", "(sched_priority)");

fn reduce_param(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let inner = Tuple::from_refs(a[0].downcast::<Tuple>().map_or(&[], Tuple::items));
    Ok(Tuple::from_values(vec![type_of(a[0]).to_value(), inner.into_value()]).into())
}
static REDUCE: Method = objects::native::method("__reduce__", "($self, /)", reduce_param, "What pickle needs.");

/// Gives `sched_param` its own constructor. At the module's birth.
pub fn finish(cx: &mut Cx) -> PyResult<()> {
    let class = SCHED_PARAM.get(cx)?;
    if let Some(t) = objects::types::type_::as_type(class.as_ref()) {
        t.slots.set(&Slots { new: Some(new_param), ..Slots::NONE });
        let d = gc::alloc(objects::native::MethodDescriptor {
            def: &REDUCE,
            signature: objects::args::Signature::leaked(REDUCE.signature),
            owner: t.id,
        });
        d.header().make_deferred();
        t.dict.set_text("__reduce__", d);
    }
    Ok(())
}

/// A name of a table, or its number.
fn named(cx: &mut Cx, v: Ref<'_>, table: &[(&str, i32)]) -> PyResult<i32> {
    if let Some(s) = as_str(v) {
        return match table.iter().find(|(n, _)| s.eq_str(n)) {
            Some((_, n)) => Ok(*n),
            None => Err(cx.value_error("unrecognized configuration name")),
        };
    }
    if as_int(v).is_none() && type_of(v).slots.index().is_none() {
        return Err(cx.type_error("configuration names must be strings or integers"));
    }
    int::c_int(cx, v)
}

fn clear_errno() {
    // SAFETY: the calling thread's own.
    unsafe { *libc::__errno_location() = 0 };
}

fn sysconf(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = named(cx, a[0], SYSCONF_NAMES)?;
    clear_errno();
    // SAFETY: a plain number.
    let r = unsafe { libc::sysconf(n) };
    let e = last_errno();
    if r == -1 && e != 0 { Err(cx.os_error(e, &[])) } else { Ok(int::reg(r)) }
}

fn confstr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = named(cx, a[0], CONFSTR_NAMES)?;
    let mut buffer = vec![0u8; 256];
    loop {
        clear_errno();
        // SAFETY: a buffer of that length.
        let len = unsafe { libc::confstr(n, buffer.as_mut_ptr().cast(), buffer.len()) };
        if len == 0 {
            let e = last_errno();
            return if e != 0 { Err(cx.os_error(e, &[])) } else { none() };
        }
        if len <= buffer.len() {
            return decode_name(cx, &buffer[..len - 1]).map(Reg::from);
        }
        buffer.resize(len, 0);
    }
}

fn pathconf(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "pathconf", "path", Also::Fd)?;
    let n = named(cx, a[1], PATHCONF_NAMES)?;
    let (p, fd) = (t.path.as_c_str(), t.fd);
    let (r, e) = cx.detached(|| {
        clear_errno();
        // SAFETY: a terminated path.
        let r = unsafe {
            match fd {
                Some(fd) => libc::fpathconf(fd, n),
                None => libc::pathconf(p.as_ptr(), n),
            }
        };
        (r, last_errno())
    });
    if r == -1 && e != 0 { Err(t.error(cx, e)) } else { Ok(int::reg(r)) }
}

fn fpathconf(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = objects::protocol::path::file_descriptor(cx, a[0])?;
    let n = named(cx, a[1], PATHCONF_NAMES)?;
    clear_errno();
    // SAFETY: plain numbers.
    let r = unsafe { libc::fpathconf(fd, n) };
    let e = last_errno();
    if r == -1 && e != 0 { Err(cx.os_error(e, &[])) } else { Ok(int::reg(r)) }
}

fn cpu_count(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    // `-X cpu_count` and the environment come first.
    let host = cx.host;
    let sys = host.import(cx, "sys")?;
    let name = objects::types::str::Str::intern_text("_get_cpu_count_config");
    let told = objects::protocol::call::method(cx, sys.as_ref(), name.as_ref(), &[])?.into_value();
    if objects::types::int::as_int(told.as_ref()).and_then(objects::types::int::IntRef::to_i64).is_some_and(|n| n > 0) {
        return Ok(told.into());
    }
    // SAFETY: a plain query.
    let n = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
    if n > 0 { Ok(int::reg(n)) } else { none() }
}

fn getloadavg(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut loads = [0.0; 3];
    // SAFETY: room for three numbers.
    if unsafe { libc::getloadavg(loads.as_mut_ptr(), 3) } != 3 {
        return Err(cx.error(exc::OS_ERROR, "Load averages are unobtainable"));
    }
    Ok(Tuple::from_values(loads.iter().map(|l| Value::float(*l)).collect()).into())
}

// ---- scheduling ----

fn pid_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<i32> {
    int::c_int(cx, v)
}

/// A `sched_param`.
pub fn priority(cx: &mut Cx, v: Ref<'_>) -> PyResult<libc::sched_param> {
    let class = SCHED_PARAM.get(cx)?;
    let same = objects::types::type_::as_type(class.as_ref()).is_some_and(|t| std::ptr::eq(t, type_of(v)));
    let item = if same { v.downcast::<Tuple>().and_then(|t| t.items().first().copied()) } else { None };
    let Some(item) = item else { return Err(cx.type_error("must have a sched_param object")) };
    let n = objects::types::int::index(cx, item)?;
    match as_int(n.as_ref()).and_then(IntRef::to_i64).and_then(|n| i32::try_from(n).ok()) {
        Some(p) => Ok(libc::sched_param { sched_priority: p }),
        None => Err(cx.overflow_error("sched_priority out of range")),
    }
}

fn getscheduler(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let pid = pid_of(cx, a[0])?;
    // SAFETY: a plain number.
    number(call(cx, || unsafe { libc::sched_getscheduler(pid) })?)
}

fn setscheduler(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (pid, policy) = (pid_of(cx, a[0])?, int::c_int(cx, a[1])?);
    let p = priority(cx, a[2])?;
    // SAFETY: a record that is there.
    done(cx, || unsafe { libc::sched_setscheduler(pid, policy, &p) })
}

fn getparam(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let pid = pid_of(cx, a[0])?;
    let mut p = libc::sched_param { sched_priority: 0 };
    // SAFETY: room for the result.
    call(cx, || unsafe { libc::sched_getparam(pid, &mut p) })?;
    SCHED_PARAM.make(cx, vec![Value::small_int(i64::from(p.sched_priority))]).map(Reg::from)
}

fn setparam(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let pid = pid_of(cx, a[0])?;
    let p = priority(cx, a[1])?;
    // SAFETY: a record that is there.
    done(cx, || unsafe { libc::sched_setparam(pid, &p) })
}

fn rr_interval(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let pid = pid_of(cx, a[0])?;
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: room for the result.
    call(cx, || unsafe { libc::sched_rr_get_interval(pid, &mut t) })?;
    Ok(Value::float(t.tv_sec as f64 + 1e-9 * t.tv_nsec as f64).into())
}

/// Words of a set of CPUs: as many as the largest systems have.
const CPU_WORDS: usize = 1024;

fn getaffinity(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let pid = pid_of(cx, a[0])?;
    let mut words = vec![0u64; CPU_WORDS];
    // SAFETY: a buffer of that length.
    let n = call(cx, || unsafe { libc::syscall(libc::SYS_sched_getaffinity, pid, words.len() * 8, words.as_mut_ptr()) })?;
    let set = objects::types::type_::type_value(objects::ids::SET);
    let mut cpus = Vec::new();
    for (i, w) in words.iter().enumerate().take((n as usize).div_ceil(8)) {
        cpus.extend((0..64).filter(|b| w >> b & 1 == 1).map(|b| from_i64((i * 64 + b) as i64)));
    }
    let cpus = objects::types::list::List::from_values(cpus);
    objects::protocol::call::positional(cx, set.as_ref(), &[cpus.value().as_ref()]).map(Reg::from)
}

fn setaffinity(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let pid = pid_of(cx, a[0])?;
    let mut words = vec![0u64; CPU_WORDS];
    for v in iter::collect(cx, a[1])? {
        if as_int(v.as_ref()).is_none() {
            let n = type_of(v.as_ref()).name_text();
            return Err(cx.type_error(format!("expected an iterator of ints, but iterator yielded <class '{n}'>")));
        }
        let n = super::arguments::long(cx, v.as_ref())?;
        if n < 0 {
            return Err(cx.value_error("negative CPU number"));
        }
        match words.get_mut(n as usize / 64) {
            Some(w) => *w |= 1 << (n % 64),
            None => return Err(cx.overflow_error("CPU number too large")),
        }
    }
    // SAFETY: a buffer of that length.
    done(cx, || unsafe { libc::syscall(libc::SYS_sched_setaffinity, pid, words.len() * 8, words.as_ptr()) })
}

fn of_policy(cx: &mut Cx, v: Ref<'_>, f: unsafe extern "C" fn(i32) -> i32) -> PyResult<Reg> {
    let policy = int::c_int(cx, v)?;
    // SAFETY: a plain number.
    number(call(cx, || unsafe { f(policy) })?)
}

fn sched_yield(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    // SAFETY: takes nothing.
    cx.detached(|| unsafe { libc::sched_yield() });
    cx.poll()?;
    none()
}

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function("sysconf", "($module, name, /)", sysconf, "A number that the system is configured with."),
    function("confstr", "($module, name, /)", confstr, "A text that the system is configured with."),
    function("pathconf", "($module, /, path, name)", pathconf, "A number that a file's place is configured with."),
    function("fpathconf", "($module, fd, name, /)", fpathconf, "The same by descriptor."),
    function("cpu_count", "($module, /)", cpu_count, "How many logical CPUs are there."),
    function("getloadavg", "($module, /)", getloadavg, "How many processes wanted to run in the last 1, 5 and 15 minutes."),
    function(
        "sched_get_priority_max",
        "($module, /, policy)",
        |cx, a| of_policy(cx, a[0], libc::sched_get_priority_max),
        "The highest priority.",
    ),
    function(
        "sched_get_priority_min",
        "($module, /, policy)",
        |cx, a| of_policy(cx, a[0], libc::sched_get_priority_min),
        "The lowest priority.",
    ),
    function("sched_getscheduler", "($module, pid, /)", getscheduler, "A process's scheduling policy."),
    function("sched_setscheduler", "($module, pid, policy, param, /)", setscheduler, "Sets a process's scheduling policy."),
    function("sched_getparam", "($module, pid, /)", getparam, "A process's scheduling parameters."),
    function("sched_setparam", "($module, pid, param, /)", setparam, "Sets a process's scheduling parameters."),
    function("sched_rr_get_interval", "($module, pid, /)", rr_interval, "The round-robin quantum in seconds."),
    function("sched_getaffinity", "($module, pid, /)", getaffinity, "The CPUs that a process may run on."),
    function("sched_setaffinity", "($module, pid, mask, /)", setaffinity, "Sets the CPUs that a process may run on."),
    function("sched_yield", "($module, /)", sched_yield, "Lets others run."),
];
