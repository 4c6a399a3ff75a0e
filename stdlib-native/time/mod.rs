//! `time`: clocks and sleeping; [`calendar`] has dates.

pub mod calendar;

use crate::clock::{Round, nanoseconds};
use gc::Payload;
use objects::native::{Method, function, new_function};
use objects::protocol::path::last_errno;
use objects::types::int::{self, from_i64};
use objects::types::module::{Module, ModuleDef};
use objects::types::namespace;
use objects::types::str::{Str, as_str};
use objects::types::type_::type_of;
use objects::{Cx, PyResult, Ref, Reg, Value};

fn clock(id: libc::clockid_t) -> i128 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a plain query into a local.
    unsafe { libc::clock_gettime(id, &mut t) };
    i128::from(t.tv_sec) * 1_000_000_000 + i128::from(t.tv_nsec)
}

fn seconds(id: libc::clockid_t) -> PyResult<Reg> {
    Ok(Value::float(clock(id) as f64 / 1e9).into())
}
fn whole(id: libc::clockid_t) -> PyResult<Reg> {
    Ok(from_i64(clock(id) as i64).into())
}

fn sleep(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = nanoseconds(cx, a[0], Round::Up)?;
    if n < 0 {
        return Err(cx.value_error("sleep length must be non-negative"));
    }
    let end = clock(libc::CLOCK_MONOTONIC).saturating_add(i128::from(n)).min(i128::from(i64::MAX));
    let until = libc::timespec { tv_sec: (end / 1_000_000_000) as i64, tv_nsec: (end % 1_000_000_000) as i64 };
    loop {
        // SAFETY: a time that is there.
        let e = cx.detached(|| unsafe { libc::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, &until, std::ptr::null_mut()) });
        // Signals that have come are handled in any case.
        cx.poll()?;
        match e {
            0 => return Ok(Value::NONE.into()),
            libc::EINTR => {}
            e => return Err(cx.os_error(e, &[])),
        }
    }
}

fn asked(cx: &mut Cx, id: i32) -> PyResult<i128> {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: room for the result.
    if unsafe { libc::clock_gettime(id, &mut t) } != 0 {
        let e = last_errno();
        return Err(cx.os_error(e, &[]));
    }
    Ok(i128::from(t.tv_sec) * 1_000_000_000 + i128::from(t.tv_nsec))
}

fn clock_gettime(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let id = int::c_int(cx, a[0])?;
    Ok(Value::float(asked(cx, id)? as f64 / 1e9).into())
}
fn clock_gettime_ns(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let id = int::c_int(cx, a[0])?;
    Ok(int::from_i128(asked(cx, id)?).into())
}

fn set_clock(cx: &mut Cx, id: i32, ns: i64) -> PyResult<Reg> {
    let t = libc::timespec { tv_sec: ns.div_euclid(1_000_000_000), tv_nsec: ns.rem_euclid(1_000_000_000) };
    // SAFETY: a time that is there.
    if unsafe { libc::clock_settime(id, &t) } != 0 {
        let e = last_errno();
        return Err(cx.os_error(e, &[]));
    }
    Ok(Value::NONE.into())
}
fn clock_settime(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let id = int::c_int(cx, a[0])?;
    let ns = nanoseconds(cx, a[1], Round::Floor)?;
    set_clock(cx, id, ns)
}
fn clock_settime_ns(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let id = int::c_int(cx, a[0])?;
    let ns = int::index_i64(cx, a[1])?;
    set_clock(cx, id, ns)
}

fn resolution(cx: &mut Cx, id: i32) -> PyResult<f64> {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: room for the result.
    if unsafe { libc::clock_getres(id, &mut t) } != 0 {
        let e = last_errno();
        return Err(cx.os_error(e, &[]));
    }
    Ok(t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9)
}
fn clock_getres(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let id = int::c_int(cx, a[0])?;
    Ok(Value::float(resolution(cx, id)?).into())
}

fn pthread_getcpuclockid(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let thread = crate::posix::arguments::unsigned(cx, a[0])?;
    let mut id = 0;
    // SAFETY: the identifier of a thread: the caller's business.
    let e = unsafe { libc::pthread_getcpuclockid(thread as libc::pthread_t, &mut id) };
    if e != 0 { Err(cx.os_error(e, &[])) } else { Ok(int::reg(i64::from(id))) }
}

fn get_clock_info(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(name) = as_str(a[0]) else {
        let n = type_of(a[0]).name_text();
        return Err(cx.type_error(format!("get_clock_info() argument 1 must be str, not {n}")));
    };
    let (id, shown) = match name.to_string_lossy().as_str() {
        "time" => (libc::CLOCK_REALTIME, "CLOCK_REALTIME"),
        "monotonic" | "perf_counter" => (libc::CLOCK_MONOTONIC, "CLOCK_MONOTONIC"),
        "process_time" => (libc::CLOCK_PROCESS_CPUTIME_ID, "CLOCK_PROCESS_CPUTIME_ID"),
        "thread_time" => (libc::CLOCK_THREAD_CPUTIME_ID, "CLOCK_THREAD_CPUTIME_ID"),
        _ => return Err(cx.value_error("unknown clock")),
    };
    let real = id == libc::CLOCK_REALTIME;
    let step = resolution(cx, id)?;
    Ok(namespace::make(&[
        ("implementation", Str::from_text(&format!("clock_gettime({shown})")).into_value()),
        ("monotonic", Value::bool(!real)),
        ("adjustable", Value::bool(real)),
        ("resolution", Value::float(step)),
    ])
    .into())
}

static FUNCTIONS: &[Method] = &[
    function("time", "($module, /)", |_, _| seconds(libc::CLOCK_REALTIME), "Seconds since the epoch."),
    function("time_ns", "($module, /)", |_, _| whole(libc::CLOCK_REALTIME), "Nanoseconds since the epoch."),
    function("monotonic", "($module, /)", |_, _| seconds(libc::CLOCK_MONOTONIC), "A clock that cannot go backwards."),
    function("monotonic_ns", "($module, /)", |_, _| whole(libc::CLOCK_MONOTONIC), "The same in nanoseconds."),
    function("perf_counter", "($module, /)", |_, _| seconds(libc::CLOCK_MONOTONIC), "The finest clock, for measuring."),
    function("perf_counter_ns", "($module, /)", |_, _| whole(libc::CLOCK_MONOTONIC), "The same in nanoseconds."),
    function("process_time", "($module, /)", |_, _| seconds(libc::CLOCK_PROCESS_CPUTIME_ID), "CPU time of the process."),
    function("process_time_ns", "($module, /)", |_, _| whole(libc::CLOCK_PROCESS_CPUTIME_ID), "The same in nanoseconds."),
    function("thread_time", "($module, /)", |_, _| seconds(libc::CLOCK_THREAD_CPUTIME_ID), "CPU time of the thread."),
    function("thread_time_ns", "($module, /)", |_, _| whole(libc::CLOCK_THREAD_CPUTIME_ID), "The same in nanoseconds."),
    function("sleep", "($module, seconds, /)", sleep, "Suspends the thread."),
    function("clock_gettime", "($module, clk_id, /)", clock_gettime, "The time of a clock."),
    function("clock_gettime_ns", "($module, clk_id, /)", clock_gettime_ns, "The time of a clock in nanoseconds."),
    function("clock_settime", "($module, clk_id, time, /)", clock_settime, "Sets a clock."),
    function("clock_settime_ns", "($module, clk_id, time, /)", clock_settime_ns, "Sets a clock in nanoseconds."),
    function("clock_getres", "($module, clk_id, /)", clock_getres, "The resolution of a clock."),
    function("pthread_getcpuclockid", "($module, thread_id, /)", pthread_getcpuclockid, "The clock of a thread's CPU time."),
    function("get_clock_info", "($module, name, /)", get_clock_info, "What a clock is and how fine."),
];

fn init(cx: &mut Cx, m: &Module) -> PyResult<()> {
    let name = Str::intern_text("time");
    for f in calendar::FUNCTIONS {
        let object = new_function(f, name.clone());
        object.header().make_deferred();
        m.add(f.name, object);
    }
    for (name, id) in [
        ("CLOCK_BOOTTIME", libc::CLOCK_BOOTTIME),
        ("CLOCK_MONOTONIC", libc::CLOCK_MONOTONIC),
        ("CLOCK_MONOTONIC_RAW", libc::CLOCK_MONOTONIC_RAW),
        ("CLOCK_PROCESS_CPUTIME_ID", libc::CLOCK_PROCESS_CPUTIME_ID),
        ("CLOCK_REALTIME", libc::CLOCK_REALTIME),
        ("CLOCK_TAI", libc::CLOCK_TAI),
        ("CLOCK_THREAD_CPUTIME_ID", libc::CLOCK_THREAD_CPUTIME_ID),
        ("_STRUCT_TM_ITEMS", 11),
    ] {
        m.add(name, from_i64(i64::from(id)));
    }
    m.add("struct_time", calendar::STRUCT_TIME.get(cx)?);
    calendar::zone(&m.dict);
    Ok(())
}

/// `time`.
pub static MODULE: ModuleDef = ModuleDef { name: "time", doc: "Clocks, sleeping and dates.", functions: FUNCTIONS, init };
