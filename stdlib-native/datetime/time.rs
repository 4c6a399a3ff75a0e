//! `time`.

use super::calendar::SECOND;
use super::moment::{Fields, Moment, checked, me, state_bytes, timespec};
use super::{date, format, helper, ids, iso, zone};
use crate::guarded::make;
use gc::{Ref, Reg, Value};
use objects::native::{GetSet, Method, class_method, getter, method};
use objects::protocol::{call, hash};
use objects::types::bytes::shared::new_bytes;
use objects::types::int;
use objects::types::str::{Str, text};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::types::{by_id, instance};
use objects::{Args, Cx, PyResult};

/// A time.
pub fn plain(fields: Fields, zone: Value) -> Value {
    instance::alloc_with(by_id(ids::TIME), Moment { fields: Fields { year: 1, month: 1, day: 1, ..fields }, zone })
}

fn of_class(cx: &mut Cx, class: Ref<'_>, f: Fields, zone: Value) -> PyResult<Reg> {
    if class.is(type_value(ids::TIME).as_ref()) {
        return Ok(plain(f, zone).into());
    }
    let n = |x: i64| int::from_i64(x);
    let args = [n(f.hour.into()), n(f.minute.into()), n(f.second.into()), n(f.micro.into()), zone, n(f.fold.into())];
    let refs: Vec<Ref<'_>> = args.iter().map(Value::as_ref).collect();
    if f.fold == 0 {
        return call::positional(cx, class, &refs[..5]).map(Reg::from);
    }
    let names = Tuple::from_values(vec![Str::intern_text("fold")]);
    call::call(cx, class, Args { items: &refs, names: Some(&names) })
}

crate::parameters!(NEW, "time", "($self, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0)");

fn optional(cx: &mut Cx, v: Ref<'_>, default: i64) -> PyResult<i64> {
    v.given().map_or(Ok(default), |v| date::number(cx, v))
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let p = args.positional();
    if (1..=2).contains(&p.len())
        && args.keyword_count() == 0
        && let Some(b) = state_bytes(p[0], 6)
        && (b[0] & 0x7f) < 24
    {
        let zone = p.get(1).copied().unwrap_or(Ref::NONE);
        if !zone.is_none() && !super::is_a(zone, ids::TZINFO) {
            return Err(cx.type_error("bad tzinfo state arg"));
        }
        let us = i64::from(b[3]) << 16 | i64::from(b[4]) << 8 | i64::from(b[5]);
        let fields = Fields::new(1, 1, 1, [(b[0] & 0x7f).into(), b[1].into(), b[2].into(), us], (b[0] >> 7).into());
        return Ok(make(class, Moment { fields, zone: zone.to_value() }));
    }
    NEW.bind(cx, args, |cx, a| {
        let mut time = [0; 4];
        for (t, v) in time.iter_mut().zip(a) {
            *t = optional(cx, *v, 0)?;
        }
        let zone = a[4].given().unwrap_or(Ref::NONE);
        let fold = optional(cx, a[5], 0)?;
        zone::check(cx, zone)?;
        let fields = checked(cx, (1, 1, 1), time, fold)?;
        Ok(make(class, Moment { fields, zone: zone.to_value() }))
    })
}

fn utc_offset(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<i128>> {
    zone::offset(cx, me(v).zone.as_ref(), &zone::UTCOFFSET, Ref::NONE)
}

fn from_iso(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = format::iso_argument(cx, a[1])?;
    let t = t.strip_prefix(b"T").unwrap_or(&t);
    let mut time = match iso::parse_time(t) {
        Ok(t) => t,
        Err(f) => return Err(format::iso_error(cx, f, a[1])),
    };
    if time.parts[0] == 24 {
        if time.parts[1..].iter().any(|n| *n != 0) {
            return Err(cx.value_error("minute, second, and microsecond must be 0 when hour is 24"));
        }
        time.parts[0] = 0;
    }
    let f = checked(cx, (1, 1, 1), time.parts, 0)?;
    of_class(cx, a[0], f, time.offset.map_or(Value::NONE, zone::at_offset))
}

fn iso_format(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = me(a[0]).fields;
    let time = timespec(cx, a[1], &f)?;
    let off = utc_offset(cx, a[0])?.map_or_else(String::new, |us| iso::offset_text(us, ":"));
    Ok(text(&(time + &off)))
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = &me(v).fields;
    let mut out = format!("{}({}, {}", type_of(v).shown_name(), f.hour, f.minute);
    if f.micro != 0 {
        out += &format!(", {}, {}", f.second, f.micro);
    } else if f.second != 0 {
        out += &format!(", {}", f.second);
    }
    // Other than for datetimes, the zone comes first.
    let m = me(v);
    if !m.zone.as_ref().is_none() {
        out += &format!(", tzinfo={}", objects::protocol::text::repr(cx, m.zone.as_ref())?.to_string_lossy());
    }
    if f.fold != 0 {
        out += ", fold=1";
    }
    Ok(text(&(out + ")")))
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    if !super::is_a(a, ids::TIME) || !super::is_a(b, ids::TIME) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let (x, y) = (me(a), me(b));
    if x.zone.is(&y.zone) {
        return Ok(Value::bool(op.holds(x.fields.key().cmp(&y.fields.key()))).into());
    }
    match (utc_offset(cx, a)?, utc_offset(cx, b)?) {
        (None, None) => Ok(Value::bool(op.holds(x.fields.key().cmp(&y.fields.key()))).into()),
        (Some(i), Some(j)) => Ok(Value::bool(op.holds((x.fields.of_day() - i).cmp(&(y.fields.of_day() - j)))).into()),
        _ if matches!(op, Compare::Eq | Compare::Ne) => Ok(Value::bool(op == Compare::Ne).into()),
        _ => Err(cx.type_error("can't compare offset-naive and offset-aware times")),
    }
}

fn state(cx: &mut Cx, f: &Fields, with_fold: bool) -> PyResult<Value> {
    let hour = f.hour | if with_fold && f.fold != 0 { 0x80 } else { 0 };
    let us = f.micro;
    new_bytes(cx, &[hour, f.minute, f.second, (us >> 16) as u8, (us >> 8) as u8, us as u8])
}

fn hash_time(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let m = me(v);
    match utc_offset(cx, v)? {
        None | Some(0) => {
            let s = state(cx, &m.fields, false)?;
            hash::hash(cx, s.as_ref())
        }
        Some(o) => {
            let us = m.fields.of_day() - o;
            let (s, rest) = (us.div_euclid(SECOND), us.rem_euclid(SECOND));
            if (0..86_400).contains(&s) {
                let f = Fields::new(1, 1, 1, [(s / 3600) as i64, (s / 60 % 60) as i64, (s % 60) as i64, rest as i64], 0);
                let st = state(cx, &f, false)?;
                return hash::hash(cx, st.as_ref());
            }
            let t = Tuple::from_values(vec![int::from_i128(s), int::from_i128(rest)]).into_value();
            hash::hash(cx, t.as_ref())
        }
    }
}

fn replace(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = me(a[0]);
    let f = &m.fields;
    let time = [
        optional(cx, a[1], f.hour.into())?,
        optional(cx, a[2], f.minute.into())?,
        optional(cx, a[3], f.second.into())?,
        optional(cx, a[4], f.micro.into())?,
    ];
    let zone = a[5].given().unwrap_or(m.zone.as_ref());
    let fold = optional(cx, a[6], f.fold.into())?;
    zone::check(cx, zone)?;
    let new = checked(cx, (1, 1, 1), time, fold)?;
    of_class(cx, type_of(a[0]).as_value().as_ref(), new, zone.to_value())
}

fn strftime(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = me(a[0]);
    let f = Fields { year: 1900, ..m.fields };
    let t = format::time_tuple(cx, &f, -1)?;
    let shown = Moment { fields: f, zone: m.zone.clone() };
    format::strftime(cx, a[0], &shown, a[1], t.as_ref(), Ref::NONE)
}

fn reduce(cx: &mut Cx, v: Ref<'_>, protocol: i64) -> PyResult<Reg> {
    let m = me(v);
    let mut args = vec![state(cx, &m.fields, protocol > 3)?];
    if !m.zone.as_ref().is_none() {
        args.push(m.zone.clone());
    }
    Ok(Tuple::from_values(vec![type_of(v).as_value(), Tuple::from_values(args).into_value()]).into())
}

const REPLACE: &str =
    "($self, /, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)";

static METHODS: &[Method] = &[
    class_method("fromisoformat", "($type, string, /)", from_iso, "The time of an ISO 8601 text."),
    class_method(
        "strptime",
        "($type, string, format, /)",
        |cx, a| helper(cx, "_strptime", "_strptime_datetime_time", &[a[0], a[1], a[2]]).map(Reg::from),
        "The time of a text in a format.",
    ),
    method("isoformat", "($self, /, timespec='auto')", iso_format, "The time in ISO 8601."),
    method("strftime", "($self, /, format)", strftime, "The time in a format."),
    method("__format__", "($self, format, /)", format::format, ""),
    method(
        "utcoffset",
        "($self, /)",
        |cx, a| zone::offset_value(cx, me(a[0]).zone.as_ref(), &zone::UTCOFFSET, Ref::NONE),
        "What the zone says.",
    ),
    method("dst", "($self, /)", |cx, a| zone::offset_value(cx, me(a[0]).zone.as_ref(), &zone::DST, Ref::NONE), "What the zone says."),
    method("tzname", "($self, /)", |cx, a| zone::name_of(cx, me(a[0]).zone.as_ref(), Ref::NONE).map(Reg::from), "What the zone says."),
    method("replace", REPLACE, replace, "The time with some fields changed."),
    method("__replace__", REPLACE, replace, "The same as replace()."),
    method(
        "__reduce_ex__",
        "($self, protocol, /)",
        |cx, a| {
            let p = int::index_i64(cx, a[1])?;
            reduce(cx, a[0], p)
        },
        "",
    ),
    method("__reduce__", "($self, /)", |cx, a| reduce(cx, a[0], 2), ""),
];
static GETSETS: &[GetSet] = &[
    getter("hour", |_, v| Ok(int::reg(me(v).fields.hour.into())), ""),
    getter("minute", |_, v| Ok(int::reg(me(v).fields.minute.into())), ""),
    getter("second", |_, v| Ok(int::reg(me(v).fields.second.into())), ""),
    getter("microsecond", |_, v| Ok(int::reg(me(v).fields.micro.into())), ""),
    getter("tzinfo", |_, v| Ok(me(v).zone.clone().into()), ""),
    getter("fold", |_, v| Ok(int::reg(me(v).fields.fold.into())), ""),
];

/// `datetime.time`.
pub static TIME_TYPE: TypeSpec = TypeSpec::of::<Moment>("datetime.time")
    .id(ids::TIME)
    .flags(flags::BASE)
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        str: Some(|cx, v| {
            static ISOFORMAT: crate::name::Name = crate::name::Name::new("isoformat");
            super::ask(cx, v, &ISOFORMAT, &[]).map(Reg::from)
        }),
        richcompare: Some(richcompare),
        hash: Some(hash_time),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("time([hour[, minute[, second[, microsecond[, tzinfo]]]]]) --> a time object");
