//! Times as arguments: seconds as an int or float, made nanoseconds or the system's records; and waiting until a point in time.

use objects::types::float::as_float;
use objects::types::int::{IntRef, as_int, index};
use objects::types::type_::type_of;
use objects::{Cx, PyResult, Raised, Ref};
use std::time::Duration;

/// Which way a time between two steps of the clock goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Down.
    Floor,
    /// Up.
    Ceiling,
    /// Away from zero.
    Up,
    /// To the nearest, to the even one of two.
    HalfEven,
}

impl Round {
    fn apply(self, f: f64) -> f64 {
        match self {
            Round::Floor => f.floor(),
            Round::Ceiling => f.ceil(),
            Round::Up => {
                if f >= 0.0 {
                    f.ceil()
                } else {
                    f.floor()
                }
            }
            Round::HalfEven => f.round_ties_even(),
        }
    }
}

fn out_of_range(cx: &mut Cx) -> Raised {
    cx.overflow_error("timestamp out of range for C PyTime_t")
}

/// Seconds as nanoseconds.
pub fn nanoseconds(cx: &mut Cx, v: Ref<'_>, round: Round) -> PyResult<i64> {
    if let Some(f) = as_float(v) {
        if f.is_nan() {
            return Err(cx.value_error("Invalid value NaN (not a number)"));
        }
        let n = round.apply(f * 1e9);
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&n) {
            return Err(out_of_range(cx));
        }
        return Ok(n as i64);
    }
    if as_int(v).is_none() && type_of(v).slots.index().is_none() {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("'{n}' object cannot be interpreted as an integer or float")));
    }
    let i = index(cx, v)?;
    match as_int(i.as_ref()).and_then(IntRef::to_i64).and_then(|s| s.checked_mul(1_000_000_000)) {
        Some(n) => Ok(n),
        None => Err(out_of_range(cx)),
    }
}

/// How long to wait: `None` for ever (a negative time or None).
pub fn timeout(cx: &mut Cx, v: Ref<'_>, message: &str) -> PyResult<Option<Duration>> {
    if v.is_missing() || v.is_none() {
        return Ok(None);
    }
    if as_float(v).is_none() && as_int(v).is_none() && type_of(v).slots.index().is_none() {
        return Err(cx.type_error(message));
    }
    let n = nanoseconds(cx, v, Round::Up)?;
    Ok(u64::try_from(n).ok().map(Duration::from_nanos))
}

/// A duration as the system's record.
pub fn timespec(d: Duration) -> libc::timespec {
    libc::timespec { tv_sec: d.as_secs().min(i64::MAX as u64) as i64, tv_nsec: i64::from(d.subsec_nanos()) }
}

/// What is left of a wait, in milliseconds for poll(2), rounded up; -1 for ever.
pub fn milliseconds(left: Option<Duration>) -> i32 {
    match left {
        None => -1,
        Some(d) => i32::try_from(d.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX),
    }
}

/// A point in time to wait until.
#[derive(Clone, Copy)]
pub struct Deadline(Option<std::time::Instant>);

impl Deadline {
    /// After that long; `None`: never. Times beyond what the clock can count are never too.
    pub fn after(d: Option<Duration>) -> Deadline {
        Deadline(d.and_then(|d| std::time::Instant::now().checked_add(d)))
    }
    /// What is left.
    pub fn left(self) -> Option<Duration> {
        self.0.map(|e| e.saturating_duration_since(std::time::Instant::now()))
    }
    /// Whether it has come.
    pub fn passed(self) -> bool {
        self.left().is_some_and(|d| d.is_zero())
    }
}
