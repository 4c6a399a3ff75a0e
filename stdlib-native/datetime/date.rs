//! `date`.

use super::calendar::{self, Clock, DAY, NoSuchDay};
use super::delta::{self, as_delta};
use super::moment::{Fields, Moment, me, state_bytes};
use super::{format, helper, ids, iso, week_date_class};
use crate::guarded::make;
use gc::{Ref, Reg, Value};
use objects::native::{GetSet, Method, class_method, getter, method};
use objects::protocol::{call, hash};
use objects::types::int;
use objects::types::str::text;
use objects::types::structseq;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::types::{by_id, bytes, instance};
use objects::{Args, Cx, PyResult};

/// A date that exists.
pub fn plain(year: i64, month: i64, day: i64) -> Value {
    let fields = Fields::new(year, month, day, [0; 4], 0);
    instance::alloc_with(by_id(ids::DATE), Moment { fields, zone: Value::NONE })
}

/// A date of a class, through its constructor when that is a program's.
pub fn of_class(cx: &mut Cx, class: Ref<'_>, year: i64, month: i64, day: i64) -> PyResult<Reg> {
    if let Err(m) = iso::check_date(year, month, day) {
        return Err(cx.value_error(m));
    }
    if class.is(type_value(ids::DATE).as_ref()) {
        return Ok(plain(year, month, day).into());
    }
    let args = [int::from_i64(year), int::from_i64(month), int::from_i64(day)];
    let refs: Vec<Ref<'_>> = args.iter().map(Value::as_ref).collect();
    call::positional(cx, class, &refs).map(Reg::from)
}

fn of_ordinal(cx: &mut Cx, class: Ref<'_>, ordinal: i64) -> PyResult<Reg> {
    let (y, m, d) = calendar::from_ordinal(ordinal);
    of_class(cx, class, y, m, d)
}

/// An int argument as CPython's `int` converter takes it.
pub fn number(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    int::c_int(cx, v).map(i64::from)
}

crate::parameters!(NEW, "date", "($self, year, month, day)");

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    if args.positional().len() == 1
        && args.keyword_count() == 0
        && let Some(b) = state_bytes(args.items[0], 4)
        && (1..=12).contains(&b[2])
    {
        let fields = Fields::new(i64::from(b[0]) << 8 | i64::from(b[1]), b[2].into(), b[3].into(), [0; 4], 0);
        return Ok(make(class, Moment { fields, zone: Value::NONE }));
    }
    NEW.bind(cx, args, |cx, a| {
        let (y, m, d) = (number(cx, a[0])?, number(cx, a[1])?, number(cx, a[2])?);
        if let Err(e) = iso::check_date(y, m, d) {
            return Err(cx.value_error(e));
        }
        Ok(make(class, Moment { fields: Fields::new(y, m, d, [0; 4], 0), zone: Value::NONE }))
    })
}

/// A timestamp argument in whole seconds (rounded down) and microseconds (halves to even).
pub fn timestamp(cx: &mut Cx, v: Ref<'_>) -> PyResult<(i64, i64)> {
    let out_of_range = |cx: &mut Cx| cx.overflow_error("timestamp out of range for platform time_t");
    if let Some(f) = objects::types::float::as_float(v) {
        if f.is_nan() {
            return Err(cx.value_error("Invalid value NaN (not a number)"));
        }
        let mut whole = f.trunc();
        let mut us = ((f - whole) * 1e6).round_ties_even();
        if us >= 1e6 {
            whole += 1.0;
            us -= 1e6;
        } else if us < 0.0 {
            whole -= 1.0;
            us += 1e6;
        }
        if whole.abs() >= 9.2e18 {
            return Err(out_of_range(cx));
        }
        return Ok((whole as i64, us as i64));
    }
    if int::as_int(v).is_none() && type_of(v).slots.index().is_none() {
        let n = type_of(v).shown_name();
        return Err(cx.type_error(format!("argument must be int or float, not {n}")));
    }
    let i = int::index(cx, v)?;
    match int::as_int(i.as_ref()).and_then(int::IntRef::to_i64) {
        Some(i) => Ok((i, 0)),
        None => Err(out_of_range(cx)),
    }
}

/// The clock at a timestamp.
pub fn clock(cx: &mut Cx, timestamp: i64, local: bool) -> PyResult<Clock> {
    let c = if local { calendar::local(timestamp).map(|l| l.clock) } else { calendar::utc_clock(timestamp) };
    match c {
        Some(c) if (1..=9999).contains(&c.year) => Ok(c),
        Some(c) => Err(cx.value_error(format!("year must be in 1..9999, not {}", c.year))),
        None => Err(cx.overflow_error("timestamp out of range for platform time_t")),
    }
}

fn from_timestamp(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if objects::types::float::as_float(a[1]).is_none() {
        drop(int::index(cx, a[1])?);
    }
    let (t, _) = timestamp(cx, a[1])?;
    let c = clock(cx, t, true)?;
    of_class(cx, a[0], c.year, c.month, c.day)
}

fn today(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let now = helper(cx, "time", "time", &[])?;
    static FROMTIMESTAMP: crate::name::Name = crate::name::Name::new("fromtimestamp");
    super::ask(cx, a[0], &FROMTIMESTAMP, &[now.as_ref()]).map(Reg::from)
}

fn from_ordinal(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = number(cx, a[1])?;
    if n < 1 {
        return Err(cx.value_error("ordinal must be >= 1"));
    }
    of_ordinal(cx, a[0], n)
}

fn from_iso(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = format::iso_argument(cx, a[1])?;
    match iso::parse_date(&t) {
        Ok((y, m, d)) => of_class(cx, a[0], y, m, d),
        Err(f) => Err(format::iso_error(cx, f, a[1])),
    }
}

fn from_week_date(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (y, w, d) = (number(cx, a[1])?, number(cx, a[2])?, number(cx, a[3])?);
    match calendar::from_week_date(y, w, d) {
        Ok((y, m, d)) => of_class(cx, a[0], y, m, d),
        Err(e) => Err(cx.value_error(match e {
            NoSuchDay::Year => format!("year must be in 1..9999, not {y}"),
            NoSuchDay::Week => format!("Invalid week: {w}"),
            NoSuchDay::Day => format!("Invalid weekday: {d} (range is [1, 7])"),
        })),
    }
}

fn ymd(v: Ref<'_>) -> (i64, i64, i64) {
    let f = &me(v).fields;
    (f.year.into(), f.month.into(), f.day.into())
}

/// The number of the day.
pub fn ordinal_of(v: Ref<'_>) -> i64 {
    let (y, m, d) = ymd(v);
    calendar::ordinal(y, m, d)
}

fn moved(cx: &mut Cx, v: Ref<'_>, days: i128) -> PyResult<Reg> {
    let n = i128::from(ordinal_of(v)) + days;
    if n < 1 || n > i128::from(calendar::MAX_ORDINAL) {
        return Err(cx.overflow_error("date value out of range"));
    }
    of_ordinal(cx, type_of(v).as_value().as_ref(), n as i64)
}

fn is_plain_date(v: Ref<'_>) -> bool {
    super::is_a(v, ids::DATE) && !super::is_a(v, ids::DATETIME)
}

fn add(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    if super::is_a(a, ids::DATETIME) || super::is_a(b, ids::DATETIME) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    match (as_delta(a), as_delta(b)) {
        (None, Some(d)) => moved(cx, a, d.total().div_euclid(DAY)),
        (Some(d), None) => moved(cx, b, d.total().div_euclid(DAY)),
        _ => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}

fn sub(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    if super::is_a(a, ids::DATETIME) || super::is_a(b, ids::DATETIME) || !super::is_a(a, ids::DATE) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    if super::is_a(b, ids::DATE) {
        return delta::new(cx, i128::from(ordinal_of(a) - ordinal_of(b)) * DAY);
    }
    match as_delta(b) {
        Some(d) => moved(cx, a, -d.total().div_euclid(DAY)),
        None => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}

fn richcompare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    if !is_plain_date(a) || !is_plain_date(b) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    Ok(Value::bool(op.holds(ymd(a).cmp(&ymd(b)))).into())
}

fn state(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    let (y, m, d) = ymd(v);
    bytes::shared::new_bytes(cx, &[(y >> 8) as u8, y as u8, m as u8, d as u8])
}

fn hash_date(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let s = state(cx, v)?;
    hash::hash(cx, s.as_ref())
}

/// `isocalendar()`
pub fn week_date(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let (y, m, d) = ymd(v);
    let (y, w, d) = calendar::week_date(y, m, d);
    let class = week_date_class(cx)?;
    Ok(structseq::make(&class, vec![int::from_i64(y), int::from_i64(w), int::from_i64(d)]).into())
}

fn replace(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (y, m, d) = ymd(a[0]);
    let pick = |cx: &mut Cx, v: Ref<'_>, old: i64| v.given().map_or(Ok(old), |v| number(cx, v));
    let (y, m, d) = (pick(cx, a[1], y)?, pick(cx, a[2], m)?, pick(cx, a[3], d)?);
    of_class(cx, type_of(a[0]).as_value().as_ref(), y, m, d)
}

fn strftime(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    static TIMETUPLE: crate::name::Name = crate::name::Name::new("timetuple");
    let t = super::ask(cx, a[0], &TIMETUPLE, &[])?;
    format::strftime(cx, a[0], me(a[0]), a[1], t.as_ref(), a[0])
}

static METHODS: &[Method] = &[
    class_method("fromtimestamp", "($type, timestamp, /)", from_timestamp, "The local date at a timestamp."),
    class_method("fromordinal", "($type, ordinal, /)", from_ordinal, "The date with a number."),
    class_method("fromisoformat", "($type, string, /)", from_iso, "The date of an ISO 8601 text."),
    class_method("fromisocalendar", "($type, /, year, week, day)", from_week_date, "The date of an ISO week date."),
    class_method(
        "strptime",
        "($type, string, format, /)",
        |cx, a| helper(cx, "_strptime", "_strptime_datetime_date", &[a[0], a[1], a[2]]).map(Reg::from),
        "The date of a text in a format.",
    ),
    class_method("today", "($type, /)", today, "The local date now."),
    method("ctime", "($self, /)", |_, a| Ok(text(&format::ctime(&me(a[0]).fields))), "The date as C's ctime shows it."),
    method("strftime", "($self, /, format)", strftime, "The date in a format."),
    method("__format__", "($self, format, /)", format::format, ""),
    method("isoformat", "($self, /)", |_, a| Ok(text(&iso::date_text(&me(a[0]).fields))), "The date as YYYY-MM-DD."),
    method(
        "isoweekday",
        "($self, /)",
        |_, a| {
            let (y, m, d) = ymd(a[0]);
            Ok(int::reg(calendar::weekday(y, m, d) + 1))
        },
        "The day of the week; Monday is 1.",
    ),
    method("isocalendar", "($self, /)", |cx, a| week_date(cx, a[0]), "Year, week and day of the ISO calendar."),
    method("timetuple", "($self, /)", |cx, a| format::time_tuple(cx, &me(a[0]).fields, -1).map(Reg::from), "A struct_time."),
    method("toordinal", "($self, /)", |_, a| Ok(int::reg(ordinal_of(a[0]))), "The number of the day."),
    method(
        "weekday",
        "($self, /)",
        |_, a| {
            let (y, m, d) = ymd(a[0]);
            Ok(int::reg(calendar::weekday(y, m, d)))
        },
        "The day of the week; Monday is 0.",
    ),
    method("replace", "($self, /, year=unchanged, month=unchanged, day=unchanged)", replace, "The date with some fields changed."),
    method("__replace__", "($self, /, year=unchanged, month=unchanged, day=unchanged)", replace, "The same as replace()."),
    method(
        "__reduce__",
        "($self, /)",
        |cx, a| {
            let s = state(cx, a[0])?;
            Ok(Tuple::from_values(vec![type_of(a[0]).as_value(), Tuple::from_values(vec![s]).into_value()]).into())
        },
        "",
    ),
];
static GETSETS: &[GetSet] = &[
    getter("year", |_, v| Ok(int::reg(me(v).fields.year.into())), ""),
    getter("month", |_, v| Ok(int::reg(me(v).fields.month.into())), ""),
    getter("day", |_, v| Ok(int::reg(me(v).fields.day.into())), ""),
];

/// `datetime.date`.
pub static DATE_TYPE: TypeSpec = TypeSpec::of::<Moment>("datetime.date")
    .flags(flags::BASE)
    .slots(Slots {
        new: Some(new),
        repr: Some(|_, v| {
            let (y, m, d) = ymd(v);
            Ok(text(&format!("{}({y}, {m}, {d})", type_of(v).shown_name())))
        }),
        str: Some(|cx, v| {
            static ISOFORMAT: crate::name::Name = crate::name::Name::new("isoformat");
            super::ask(cx, v, &ISOFORMAT, &[]).map(Reg::from)
        }),
        richcompare: Some(richcompare),
        hash: Some(hash_date),
        add: Some(add),
        sub: Some(sub),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("date(year, month, day) --> date object");
