//! `time`: clocks and sleeping. (Calendar functions are not here yet.)

use objects::native::{Method, function};
use objects::types::exception::ids as exc;
use objects::types::module::ModuleDef;
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
fn nanoseconds(id: libc::clockid_t) -> PyResult<Reg> {
    Ok(objects::types::int::from_i64(clock(id) as i64).into())
}

fn sleep(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = match objects::types::float::as_float(a[0]) {
        Some(f) if f.is_nan() => return Err(cx.value_error("Invalid value NaN (not a number)")),
        Some(f) => f,
        None => match objects::types::int::as_int(a[0]).and_then(|i| i.to_i64()) {
            Some(i) => i as f64,
            None => {
                let n = type_of(a[0]).name_text();
                return Err(cx.type_error(format!("'{n}' object cannot be interpreted as an integer")));
            }
        },
    };
    if s < 0.0 {
        return Err(cx.value_error("sleep length must be non-negative"));
    }
    if s > 9e9 {
        return Err(cx.error(exc::OVERFLOW_ERROR, "timestamp too large to convert to C PyTime_t"));
    }
    let end = std::time::Instant::now() + std::time::Duration::from_secs_f64(s);
    loop {
        let left = end.saturating_duration_since(std::time::Instant::now());
        if left.is_zero() {
            cx.detached(std::thread::yield_now);
            return Ok(Value::NONE.into());
        }
        // In slices, so that signals are noticed.
        cx.detached(|| std::thread::sleep(left.min(std::time::Duration::from_millis(50))));
        cx.poll()?;
    }
}

static FUNCTIONS: &[Method] = &[
    function("time", "($module, /)", |_, _| seconds(libc::CLOCK_REALTIME), "Seconds since the epoch."),
    function("time_ns", "($module, /)", |_, _| nanoseconds(libc::CLOCK_REALTIME), "Nanoseconds since the epoch."),
    function("monotonic", "($module, /)", |_, _| seconds(libc::CLOCK_MONOTONIC), "A clock that cannot go backwards."),
    function("monotonic_ns", "($module, /)", |_, _| nanoseconds(libc::CLOCK_MONOTONIC), "The same in nanoseconds."),
    function("perf_counter", "($module, /)", |_, _| seconds(libc::CLOCK_MONOTONIC), "The finest clock, for measuring."),
    function("perf_counter_ns", "($module, /)", |_, _| nanoseconds(libc::CLOCK_MONOTONIC), "The same in nanoseconds."),
    function("process_time", "($module, /)", |_, _| seconds(libc::CLOCK_PROCESS_CPUTIME_ID), "CPU time of the process."),
    function("process_time_ns", "($module, /)", |_, _| nanoseconds(libc::CLOCK_PROCESS_CPUTIME_ID), "The same in nanoseconds."),
    function("thread_time", "($module, /)", |_, _| seconds(libc::CLOCK_THREAD_CPUTIME_ID), "CPU time of the thread."),
    function("thread_time_ns", "($module, /)", |_, _| nanoseconds(libc::CLOCK_THREAD_CPUTIME_ID), "The same in nanoseconds."),
    function("sleep", "($module, seconds, /)", sleep, "Suspends the thread."),
];

/// `time`.
pub static MODULE: ModuleDef = ModuleDef { name: "time", doc: "Clocks and sleeping.", functions: FUNCTIONS, init: |_, _| Ok(()) };
