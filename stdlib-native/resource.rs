//! `resource`: what processes use, and how much they may.

use crate::posix::arguments::call;
use objects::native::{Method, function};
use objects::protocol::iter;
use objects::protocol::path::os_error_class;
use objects::types::int::{self, IntRef, as_int, from_i64};
use objects::types::module::{Module, ModuleDef};
use objects::types::structseq::Class;
use objects::types::tuple::Tuple;
use objects::{Cx, PyResult, Ref, Reg, Value};

/// `resource.struct_rusage`
pub static STRUCT_RUSAGE: Class = Class::new(
    "resource.struct_rusage",
    &[
        "ru_utime",
        "ru_stime",
        "ru_maxrss",
        "ru_ixrss",
        "ru_idrss",
        "ru_isrss",
        "ru_minflt",
        "ru_majflt",
        "ru_nswap",
        "ru_inblock",
        "ru_oublock",
        "ru_msgsnd",
        "ru_msgrcv",
        "ru_nsignals",
        "ru_nvcsw",
        "ru_nivcsw",
    ],
    16,
);

/// A `struct_rusage`.
pub fn usage_value(cx: &mut Cx, u: &libc::rusage) -> PyResult<Value> {
    let time = |t: libc::timeval| Value::float(t.tv_sec as f64 + t.tv_usec as f64 * 1e-6);
    let mut items = vec![time(u.ru_utime), time(u.ru_stime)];
    items.extend(
        [
            u.ru_maxrss,
            u.ru_ixrss,
            u.ru_idrss,
            u.ru_isrss,
            u.ru_minflt,
            u.ru_majflt,
            u.ru_nswap,
            u.ru_inblock,
            u.ru_oublock,
            u.ru_msgsnd,
            u.ru_msgrcv,
            u.ru_nsignals,
            u.ru_nvcsw,
            u.ru_nivcsw,
        ]
        .map(from_i64),
    );
    STRUCT_RUSAGE.make(cx, items)
}

fn getrusage(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let who = int::c_int(cx, a[0])?;
    // SAFETY: zeros are a valid record.
    let mut u: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: room for the result.
    match cx.system_call(|| unsafe { libc::getrusage(who, &mut u) })? {
        Ok(_) => usage_value(cx, &u).map(Reg::from),
        Err(libc::EINVAL) => Err(cx.value_error("invalid who parameter")),
        Err(e) => Err(cx.os_error(e, &[])),
    }
}

/// Number of limits of the system.
const LIMITS: i32 = 16;

fn kind(cx: &mut Cx, v: Ref<'_>) -> PyResult<libc::__rlimit_resource_t> {
    let n = int::c_int(cx, v)?;
    if !(0..LIMITS).contains(&n) {
        return Err(cx.value_error("invalid resource specified"));
    }
    Ok(n as libc::__rlimit_resource_t)
}

fn limit_value(n: libc::rlim_t) -> Value {
    // Infinity is -1 in Python.
    from_i64(n as i64)
}

fn limits_value(l: &libc::rlimit) -> PyResult<Reg> {
    Ok(Tuple::from_values(vec![limit_value(l.rlim_cur), limit_value(l.rlim_max)]).into())
}

fn limit_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<libc::rlim_t> {
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()).and_then(IntRef::to_i128) {
        Some(-1) => Ok(libc::RLIM_INFINITY),
        Some(n) if n < 0 => Err(cx.value_error("Cannot convert negative int")),
        Some(n) => u64::try_from(n).map_err(|_| cx.overflow_error("Python int too large to convert to C rlim_t")),
        None => Err(cx.overflow_error("Python int too large to convert to C rlim_t")),
    }
}

fn limits_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<libc::rlimit> {
    let items = iter::collect(cx, v)?;
    let [soft, hard] = &items[..] else { return Err(cx.value_error("expected a tuple of 2 integers")) };
    Ok(libc::rlimit { rlim_cur: limit_of(cx, soft.as_ref())?, rlim_max: limit_of(cx, hard.as_ref())? })
}

fn refused(cx: &mut Cx, e: i32) -> objects::Raised {
    match e {
        libc::EINVAL => cx.value_error("current limit exceeds maximum limit"),
        libc::EPERM => cx.value_error("not allowed to raise maximum limit"),
        e => cx.os_error(e, &[]),
    }
}

fn getrlimit(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let k = kind(cx, a[0])?;
    let mut l = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: room for the result.
    call(cx, || unsafe { libc::getrlimit(k, &mut l) })?;
    limits_value(&l)
}

fn setrlimit(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let k = kind(cx, a[0])?;
    let l = limits_of(cx, a[1])?;
    // SAFETY: a record that is there.
    match cx.system_call(|| unsafe { libc::setrlimit(k, &l) })? {
        Ok(_) => Ok(Value::NONE.into()),
        Err(e) => Err(refused(cx, e)),
    }
}

fn prlimit(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let pid = int::c_int(cx, a[0])?;
    let k = kind(cx, a[1])?;
    let new = match a[2].given().filter(|v| !v.is_none()) {
        Some(v) => Some(limits_of(cx, v)?),
        None => None,
    };
    let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: records that are there, or none.
    match cx.system_call(|| unsafe { libc::prlimit(pid, k, new.as_ref().map_or(std::ptr::null(), |n| n), &mut old) })? {
        Ok(_) => limits_value(&old),
        Err(e @ libc::EINVAL) => Err(refused(cx, e)),
        Err(e) => Err(cx.os_error(e, &[])),
    }
}

fn getpagesize(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    // SAFETY: a plain query.
    Ok(int::reg(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }))
}

static NUMBERS: &[(&str, i64)] = &[
    ("RLIMIT_AS", libc::RLIMIT_AS as i64),
    ("RLIMIT_CORE", libc::RLIMIT_CORE as i64),
    ("RLIMIT_CPU", libc::RLIMIT_CPU as i64),
    ("RLIMIT_DATA", libc::RLIMIT_DATA as i64),
    ("RLIMIT_FSIZE", libc::RLIMIT_FSIZE as i64),
    ("RLIMIT_MEMLOCK", libc::RLIMIT_MEMLOCK as i64),
    ("RLIMIT_MSGQUEUE", libc::RLIMIT_MSGQUEUE as i64),
    ("RLIMIT_NICE", libc::RLIMIT_NICE as i64),
    ("RLIMIT_NOFILE", libc::RLIMIT_NOFILE as i64),
    ("RLIMIT_NPROC", libc::RLIMIT_NPROC as i64),
    ("RLIMIT_OFILE", libc::RLIMIT_NOFILE as i64),
    ("RLIMIT_RSS", libc::RLIMIT_RSS as i64),
    ("RLIMIT_RTPRIO", libc::RLIMIT_RTPRIO as i64),
    ("RLIMIT_RTTIME", libc::RLIMIT_RTTIME as i64),
    ("RLIMIT_SIGPENDING", libc::RLIMIT_SIGPENDING as i64),
    ("RLIMIT_STACK", libc::RLIMIT_STACK as i64),
    ("RLIM_INFINITY", -1),
    ("RUSAGE_CHILDREN", libc::RUSAGE_CHILDREN as i64),
    ("RUSAGE_SELF", libc::RUSAGE_SELF as i64),
    ("RUSAGE_THREAD", libc::RUSAGE_THREAD as i64),
];

static FUNCTIONS: &[Method] = &[
    function("getrusage", "($module, who, /)", getrusage, "What the process, its thread or its children have used."),
    function("getrlimit", "($module, resource, /)", getrlimit, "The soft and the hard limit of a resource."),
    function("setrlimit", "($module, resource, limits, /)", setrlimit, "Sets the limits of a resource."),
    function("prlimit", "($module, pid, resource, limits=None, /)", prlimit, "Gets or sets the limits of another process."),
    function("getpagesize", "($module, /)", getpagesize, "Bytes of a page of memory."),
];

fn init(cx: &mut Cx, m: &Module) -> PyResult<()> {
    for (name, n) in NUMBERS {
        m.add(name, from_i64(*n));
    }
    m.add("struct_rusage", STRUCT_RUSAGE.get(cx)?);
    m.add("error", os_error_class());
    Ok(())
}

/// `resource`.
pub static MODULE: ModuleDef = ModuleDef { name: "resource", doc: "Use and limits of resources.", functions: FUNCTIONS, init };
