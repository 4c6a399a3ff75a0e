//! `time`: dates: `struct_time`, local time, and times as text.

use gc::Payload;
use objects::native::{Method, function};
use objects::types::dict::Dict;
use objects::types::float::as_float;
use objects::types::int::{self, IntRef, as_int, from_i64};
use objects::types::str::{Str, as_str, text};
use objects::types::structseq::Class;
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, type_of};
use objects::{Cx, PyResult, Ref, Reg, Value};
use std::ffi::{CStr, CString};

/// `time.struct_time`
pub static STRUCT_TIME: Class = Class::new(
    "time.struct_time",
    &["tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst", "tm_zone", "tm_gmtoff"],
    9,
);

unsafe extern "C" {
    fn tzset();
}

/// Seconds since the epoch: an argument, or now.
fn moment(cx: &mut Cx, v: Ref<'_>) -> PyResult<libc::time_t> {
    let Some(v) = v.given().filter(|v| !v.is_none()) else {
        // SAFETY: a plain query.
        return Ok(unsafe { libc::time(std::ptr::null_mut()) });
    };
    let too_large = |cx: &mut Cx| cx.overflow_error("timestamp out of range for platform time_t");
    if let Some(f) = as_float(v) {
        if f.is_nan() {
            return Err(cx.value_error("Invalid value NaN (not a number)"));
        }
        let f = f.floor();
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&f) {
            return Err(too_large(cx));
        }
        return Ok(f as i64);
    }
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()).and_then(IntRef::to_i64) {
        Some(n) => Ok(n),
        None => Err(too_large(cx)),
    }
}

fn blank() -> libc::tm {
    // SAFETY: zeros are a valid record.
    unsafe { std::mem::zeroed() }
}

fn broken_down(cx: &mut Cx, t: libc::time_t, local: bool) -> PyResult<libc::tm> {
    let mut tm = blank();
    // SAFETY: room for the result.
    let ok = unsafe {
        if local {
            tzset();
            !libc::localtime_r(&t, &mut tm).is_null()
        } else {
            !libc::gmtime_r(&t, &mut tm).is_null()
        }
    };
    if ok { Ok(tm) } else { Err(cx.os_error(libc::EOVERFLOW, &[])) }
}

fn zone_name(tm: &libc::tm) -> String {
    if tm.tm_zone.is_null() {
        return String::new();
    }
    // SAFETY: the C library's terminated text.
    unsafe { CStr::from_ptr(tm.tm_zone) }.to_string_lossy().into_owned()
}

fn value(cx: &mut Cx, tm: &libc::tm, utc: bool) -> PyResult<Reg> {
    let mut items: Vec<Value> = [
        i64::from(tm.tm_year) + 1900,
        i64::from(tm.tm_mon) + 1,
        i64::from(tm.tm_mday),
        i64::from(tm.tm_hour),
        i64::from(tm.tm_min),
        i64::from(tm.tm_sec),
        i64::from((tm.tm_wday + 6) % 7),
        i64::from(tm.tm_yday) + 1,
        i64::from(tm.tm_isdst),
    ]
    .map(from_i64)
    .into();
    let name = zone_name(tm);
    items.push(Str::from_text(&name).into_value());
    items.push(from_i64(if utc { 0 } else { tm.tm_gmtoff }));
    STRUCT_TIME.make(cx, items).map(Reg::from)
}

/// A time tuple as the system's record, not yet checked. `function` is for messages.
fn record(cx: &mut Cx, v: Ref<'_>, function: &str) -> PyResult<libc::tm> {
    let Some(t) = v.downcast::<Tuple>() else { return Err(cx.type_error("Tuple or struct_time argument required")) };
    if t.len() != 9 {
        return Err(cx.type_error(format!("{function}(): illegal time tuple argument")));
    }
    let mut n = [0; 9];
    for (i, x) in t.items().iter().enumerate() {
        let x = int::index(cx, *x)?;
        n[i] = match as_int(x.as_ref()).and_then(IntRef::to_i64).map(i32::try_from) {
            Some(Ok(n)) => n,
            Some(Err(_)) if as_int(x.as_ref()).is_some_and(IntRef::is_negative) => {
                return Err(cx.overflow_error("signed integer is less than minimum"));
            }
            Some(Err(_)) => return Err(cx.overflow_error("signed integer is greater than maximum")),
            None => return Err(cx.overflow_error("Python int too large to convert to C int")),
        };
    }
    if n[0] < i32::MIN + 1900 {
        return Err(cx.overflow_error("year out of range"));
    }
    let mut tm = blank();
    tm.tm_year = n[0] - 1900;
    tm.tm_mon = n[1].wrapping_sub(1);
    tm.tm_mday = n[2];
    tm.tm_hour = n[3];
    tm.tm_min = n[4];
    tm.tm_sec = n[5];
    tm.tm_wday = n[6].wrapping_add(1) % 7;
    tm.tm_yday = n[7].wrapping_sub(1);
    tm.tm_isdst = n[8];
    let class = STRUCT_TIME.get(cx)?;
    if class.as_ref().is(type_of(v).to_value().as_ref()) {
        let offset = objects::protocol::attr::get_text(cx, v, "tm_gmtoff")?;
        if !offset.as_ref().is_none() {
            tm.tm_gmtoff = int::index_i64(cx, offset.as_ref())?;
        }
        let zone = objects::protocol::attr::get_text(cx, v, "tm_zone")?;
        if let Some(s) = as_str(zone.as_ref()) {
            tm.tm_zone = kept_zone(&s.to_string_lossy());
        }
    }
    Ok(tm)
}

/// A zone's name for as long as the process lives: there are few of them.
fn kept_zone(name: &str) -> *const libc::c_char {
    use std::sync::Mutex;
    static KEPT: Mutex<Vec<&'static CStr>> = Mutex::new(Vec::new());
    let Ok(name) = CString::new(name) else { return std::ptr::null() };
    let mut kept = KEPT.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(k) = kept.iter().find(|k| ***k == *name) {
        return k.as_ptr();
    }
    let new: &'static CStr = Box::leak(name.into_boxed_c_str());
    kept.push(new);
    new.as_ptr()
}

/// Checks the parts of a record that functions of the C library use as indices.
fn check(cx: &mut Cx, tm: &mut libc::tm) -> PyResult<()> {
    if tm.tm_mon == -1 {
        tm.tm_mon = 0;
    }
    if tm.tm_mday == 0 {
        tm.tm_mday = 1;
    }
    if tm.tm_yday == -1 {
        tm.tm_yday = 0;
    }
    let wrong = if !(0..=11).contains(&tm.tm_mon) {
        "month out of range"
    } else if !(0..=31).contains(&tm.tm_mday) {
        "day of month out of range"
    } else if !(0..=23).contains(&tm.tm_hour) {
        "hour out of range"
    } else if !(0..=59).contains(&tm.tm_min) {
        "minute out of range"
    } else if !(0..=61).contains(&tm.tm_sec) {
        "seconds out of range"
    } else if tm.tm_wday < 0 {
        "day of week out of range"
    } else if !(0..=365).contains(&tm.tm_yday) {
        "day of year out of range"
    } else {
        tm.tm_isdst = tm.tm_isdst.signum();
        return Ok(());
    };
    Err(cx.value_error(wrong))
}

/// A given time tuple, checked, or the local time.
fn given_or_now(cx: &mut Cx, v: Ref<'_>, function: &str) -> PyResult<libc::tm> {
    match v.given() {
        Some(v) => {
            let mut tm = record(cx, v, function)?;
            check(cx, &mut tm)?;
            Ok(tm)
        }
        None => {
            let now = moment(cx, Ref::MISSING)?;
            broken_down(cx, now, true)
        }
    }
}

fn localtime(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = moment(cx, a[0])?;
    let tm = broken_down(cx, t, true)?;
    value(cx, &tm, false)
}
fn gmtime(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = moment(cx, a[0])?;
    let tm = broken_down(cx, t, false)?;
    value(cx, &tm, true)
}

fn mktime(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut tm = record(cx, a[0], "mktime")?;
    // Stays as it is when the time cannot be told.
    tm.tm_wday = -1;
    // SAFETY: a record that is there.
    let t = unsafe { libc::mktime(&mut tm) };
    if t == -1 && tm.tm_wday == -1 {
        return Err(cx.overflow_error("mktime argument out of range"));
    }
    Ok(Value::float(t as f64).into())
}

fn shown(tm: &libc::tm) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!(
        "{} {}{:3} {:02}:{:02}:{:02} {}",
        DAYS[tm.tm_wday.rem_euclid(7) as usize],
        MONTHS[tm.tm_mon.rem_euclid(12) as usize],
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
        i64::from(tm.tm_year) + 1900
    )
}

fn asctime(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let tm = given_or_now(cx, a[0], "asctime")?;
    Ok(text(&shown(&tm)))
}
fn ctime(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = moment(cx, a[0])?;
    let tm = broken_down(cx, t, true)?;
    Ok(text(&shown(&tm)))
}

fn strftime(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(format) = as_str(a[0]) else {
        let n = type_of(a[0]).name_text();
        return Err(cx.type_error(format!("strftime() argument 1 must be str, not {n}")));
    };
    let tm = given_or_now(cx, a[1], "strftime")?;
    // Only ASCII goes to the C library; everything between stands as it is.
    let bytes = format.to_wtf8();
    let mut out: Vec<u8> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let plain = bytes[at] >= 0x80 || bytes[at] == 0;
        let end = bytes[at..].iter().position(|b| (*b >= 0x80 || *b == 0) != plain).map_or(bytes.len(), |n| at + n);
        if plain {
            out.extend_from_slice(&bytes[at..end])
        } else {
            out.extend(piece(cx, &bytes[at..end], &tm)?)
        }
        at = end;
    }
    Ok(Str::from_wtf8(&out).into())
}

/// Formats a piece of ASCII.
fn piece(cx: &mut Cx, format: &[u8], tm: &libc::tm) -> PyResult<Vec<u8>> {
    // A mark in front tells an empty result from a buffer that is too small.
    let mut marked = vec![b'x'];
    marked.extend_from_slice(format);
    let Ok(marked) = CString::new(marked) else { return Ok(Vec::new()) };
    let mut size = 1024;
    loop {
        let mut buffer = vec![0u8; size];
        // SAFETY: a buffer of that length, a terminated format, a checked record.
        let n = unsafe { libc::strftime(buffer.as_mut_ptr().cast(), size, marked.as_ptr(), tm) };
        if n > 0 {
            return Ok(buffer[1..n].to_vec());
        }
        if size > 256 * format.len().max(1024) {
            return Err(cx.value_error("Invalid format string"));
        }
        size *= 2;
    }
}

fn strptime(cx: &mut Cx, args: objects::Args<'_>) -> PyResult<Reg> {
    let m = cx.host.import(cx, "_strptime")?;
    let f = objects::protocol::attr::get_text(cx, m.as_ref(), "_strptime_time")?.into_value();
    objects::protocol::call::call(cx, f.as_ref(), args)
}

fn offset_of(t: libc::time_t) -> (i64, String, i32) {
    let mut tm = blank();
    // SAFETY: room for the result.
    unsafe { libc::localtime_r(&t, &mut tm) };
    (-tm.tm_gmtoff, zone_name(&tm), tm.tm_isdst)
}

/// Sets `tzname`, `timezone`, `altzone` and `daylight`: the zone in January and in July of this year.
pub fn zone(d: &Dict) {
    // SAFETY: plain queries.
    let now = unsafe {
        tzset();
        libc::time(std::ptr::null_mut())
    };
    const YEAR: i64 = (365 * 24 + 6) * 3600;
    let january = now / YEAR * YEAR;
    let (winter, summer) = (offset_of(january), offset_of(january + YEAR / 2));
    let (standard, other) = if winter.0 < summer.0 { (&summer, &winter) } else { (&winter, &summer) };
    d.set_text("timezone", from_i64(standard.0));
    d.set_text("altzone", from_i64(other.0));
    d.set_text("daylight", from_i64(i64::from(standard.0 != other.0)));
    let names = vec![Str::from_text(&standard.1).into_value(), Str::from_text(&other.1).into_value()];
    d.set_text("tzname", Tuple::from_values(names));
}

fn set_zone(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = cx.host.import(cx, "time")?;
    if let Some(m) = objects::types::module::as_module(m.as_ref()) {
        zone(&m.dict);
    }
    Ok(Value::NONE.into())
}

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function("localtime", "($module, seconds=None, /)", localtime, "A moment in local time."),
    function("gmtime", "($module, seconds=None, /)", gmtime, "A moment in universal time."),
    function("mktime", "($module, time_tuple, /)", mktime, "The moment of a local time."),
    function("asctime", "($module, time_tuple=None, /)", asctime, "A time as text: 'Sat Jun 06 16:26:11 1998'."),
    function("ctime", "($module, seconds=None, /)", ctime, "A moment in local time as text."),
    function("strftime", "($module, format, time_tuple=None, /)", strftime, "A time as text in a given form."),
    objects::native::raw_function(
        "strptime",
        "($module, data_string, format='%a %b %d %H:%M:%S %Y', /)",
        strptime,
        "Reads a time from text.",
    ),
    function("tzset", "($module, /)", set_zone, "Takes the zone from the environment again."),
];
