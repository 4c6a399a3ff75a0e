//! `datetime`, and the fields that dates, times and datetimes have in common.

use super::calendar::{self, Clock, DAY, EPOCH_ORDINAL, SECOND};
use super::delta::{self, as_delta};
use super::{date, format, helper, ids, iso, zone};
use crate::guarded::make;
use crate::name::Name;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, class_method, getter, method};
use objects::protocol::{call, hash, text as show};
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::new_bytes;
use objects::types::int;
use objects::types::str::{Str, Units, as_str, text};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{Downcast, TypeSpec, flags, type_of, type_value};
use objects::types::{by_id, instance};
use objects::{Args, Cx, PyResult};

/// Date and time.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Fields {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub fold: u8,
    pub micro: u32,
}

impl Fields {
    /// The first moment.
    pub const FIRST: Fields = Fields { year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0, fold: 0, micro: 0 };
    /// The last one.
    pub const LAST: Fields = Fields { year: 9999, month: 12, day: 31, hour: 23, minute: 59, second: 59, fold: 0, micro: 999_999 };

    /// Fields that have been checked.
    pub fn new(year: i64, month: i64, day: i64, [h, m, s, us]: [i64; 4], fold: i64) -> Fields {
        Fields {
            year: year as u16,
            month: month as u8,
            day: day as u8,
            hour: h as u8,
            minute: m as u8,
            second: s as u8,
            fold: fold as u8,
            micro: us as u32,
        }
    }
    /// Microseconds since the beginning of the day before 1 January of year 1.
    pub fn total(&self) -> i128 {
        let day = calendar::ordinal(self.year.into(), self.month.into(), self.day.into());
        i128::from(day) * DAY + self.of_day()
    }
    /// Microseconds since midnight.
    pub fn of_day(&self) -> i128 {
        let s = (i128::from(self.hour) * 60 + i128::from(self.minute)) * 60 + i128::from(self.second);
        s * SECOND + i128::from(self.micro)
    }
    /// The inverse of `total`; `None` when out of range.
    pub fn from_total(us: i128) -> Option<Fields> {
        let day = us.div_euclid(DAY);
        if day < 1 || day > i128::from(calendar::MAX_ORDINAL) {
            return None;
        }
        let (y, m, d) = calendar::from_ordinal(day as i64);
        let rest = us.rem_euclid(DAY);
        let s = (rest / SECOND) as i64;
        Some(Fields::new(y, m, d, [s / 3600, s / 60 % 60, s % 60, (rest % SECOND) as i64], 0))
    }
    fn clock(&self) -> Clock {
        Clock {
            year: self.year.into(),
            month: self.month.into(),
            day: self.day.into(),
            hour: self.hour.into(),
            minute: self.minute.into(),
            second: self.second.into(),
        }
    }
    fn of_clock(c: Clock, us: i64, fold: i64) -> Fields {
        Fields::new(c.year, c.month, c.day, [c.hour, c.minute, c.second, us], fold)
    }
    /// What counts for order.
    pub fn key(&self) -> (u16, u8, u8, u8, u8, u8, u32) {
        (self.year, self.month, self.day, self.hour, self.minute, self.second, self.micro)
    }
}

/// The payload of dates, times and datetimes; never changes.
#[repr(C)]
pub struct Moment {
    /// Date and time; what a type does not have is that of [`Fields::FIRST`].
    pub fields: Fields,
    /// A tzinfo or None.
    pub zone: Value,
}
// SAFETY: visits the zone.
unsafe impl Payload for Moment {
    const TYPE_ID: u32 = ids::DATE;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.zone.word());
    }
}

/// The payload of a value known to be one of these.
pub fn me(v: Ref<'_>) -> &Moment {
    // SAFETY: slots and methods check their receiver; others have looked at the type.
    unsafe { v.cast::<Moment>() }
}

/// A pickled state of this length: bytes, or a str with their values.
pub fn state_bytes(v: Ref<'_>, n: usize) -> Option<Vec<u8>> {
    let d = match (v.downcast::<Bytes>(), as_str(v).map(Str::units)) {
        (Some(b), _) => b.data().to_vec(),
        (_, Some(Units::One(d))) => d.to_vec(),
        _ => return None,
    };
    (d.len() == n).then_some(d)
}

/// A datetime.
pub fn plain(fields: Fields, zone: Value) -> Value {
    instance::alloc_with(by_id(ids::DATETIME), Moment { fields, zone })
}

/// A datetime of a class, through its constructor when that is a program's.
pub fn of_class(cx: &mut Cx, class: Ref<'_>, f: Fields, zone: Value) -> PyResult<Reg> {
    if class.is(type_value(ids::DATETIME).as_ref()) {
        return Ok(plain(f, zone).into());
    }
    let n = |x: i64| int::from_i64(x);
    let args = [
        n(f.year.into()),
        n(f.month.into()),
        n(f.day.into()),
        n(f.hour.into()),
        n(f.minute.into()),
        n(f.second.into()),
        n(f.micro.into()),
        zone,
        n(f.fold.into()),
    ];
    let refs: Vec<Ref<'_>> = args.iter().map(Value::as_ref).collect();
    if f.fold == 0 {
        return call::positional(cx, class, &refs[..8]).map(Reg::from);
    }
    let names = Tuple::from_values(vec![Str::intern_text("fold")]);
    call::call(cx, class, Args { items: &refs, names: Some(&names) })
}

fn class_of(v: Ref<'_>) -> Value {
    type_of(v).as_value()
}

/// A datetime moved by microseconds, of the same class and zone.
pub fn shifted(cx: &mut Cx, v: Ref<'_>, us: i128) -> PyResult<Reg> {
    let m = me(v);
    match Fields::from_total(m.fields.total() + us) {
        Some(f) => of_class(cx, class_of(v).as_ref(), f, m.zone.clone()),
        None => Err(cx.overflow_error("date value out of range")),
    }
}

crate::parameters!(NEW, "datetime", "($self, year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0)");

fn optional(cx: &mut Cx, v: Ref<'_>, default: i64) -> PyResult<i64> {
    v.given().map_or(Ok(default), |v| date::number(cx, v))
}

/// Fields that have been given; ValueError when there is no such moment.
pub fn checked(cx: &mut Cx, (y, m, d): (i64, i64, i64), time: [i64; 4], fold: i64) -> PyResult<Fields> {
    match iso::check_date(y, m, d).and_then(|()| iso::check_time(time, fold)) {
        Ok(()) => Ok(Fields::new(y, m, d, time, fold)),
        Err(e) => Err(cx.value_error(e)),
    }
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let p = args.positional();
    if (1..=2).contains(&p.len())
        && args.keyword_count() == 0
        && let Some(b) = state_bytes(p[0], 10)
        && (1..=12).contains(&(b[2] & 0x7f))
    {
        let zone = p.get(1).copied().unwrap_or(Ref::NONE);
        if !zone.is_none() && !super::is_a(zone, ids::TZINFO) {
            return Err(cx.type_error("bad tzinfo state arg"));
        }
        let us = i64::from(b[7]) << 16 | i64::from(b[8]) << 8 | i64::from(b[9]);
        let time = [b[4].into(), b[5].into(), b[6].into(), us];
        let year = i64::from(b[0]) << 8 | i64::from(b[1]);
        let fields = Fields::new(year, (b[2] & 0x7f).into(), b[3].into(), time, (b[2] >> 7).into());
        return Ok(make(class, Moment { fields, zone: zone.to_value() }));
    }
    NEW.bind(cx, args, |cx, a| {
        let day = (date::number(cx, a[0])?, date::number(cx, a[1])?, date::number(cx, a[2])?);
        let mut time = [0; 4];
        for (t, v) in time.iter_mut().zip(&a[3..7]) {
            *t = optional(cx, *v, 0)?;
        }
        let zone = a[7].given().unwrap_or(Ref::NONE);
        let fold = optional(cx, a[8], 0)?;
        zone::check(cx, zone)?;
        let fields = checked(cx, day, time, fold)?;
        Ok(make(class, Moment { fields, zone: zone.to_value() }))
    })
}

/// The offset that a datetime's zone gives for it.
pub fn utc_offset(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<i128>> {
    zone::offset(cx, me(v).zone.as_ref(), &zone::UTCOFFSET, v)
}

fn at(cx: &mut Cx, class: Ref<'_>, (t, us): (i64, i64), tz: Ref<'_>, local: bool) -> PyResult<Reg> {
    let c = date::clock(cx, t, local)?;
    let fold = local && calendar::is_second(t, c);
    of_class(cx, class, Fields::of_clock(c, us, fold.into()), tz.to_value())
}

/// The datetime at a timestamp, in a zone or local time.
fn at_timestamp(cx: &mut Cx, class: Ref<'_>, t: (i64, i64), tz: Ref<'_>) -> PyResult<Reg> {
    zone::check(cx, tz)?;
    if tz.is_none() {
        return at(cx, class, t, tz, true);
    }
    let utc = at(cx, class, t, tz, false)?.into_value();
    super::ask(cx, tz, &zone::FROMUTC, &[utc.as_ref()]).map(Reg::from)
}

fn now_parts(cx: &mut Cx) -> PyResult<(i64, i64)> {
    match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
        Ok(d) => Ok((d.as_secs() as i64, d.subsec_micros().into())),
        Err(_) => Err(cx.overflow_error("timestamp out of range for platform time_t")),
    }
}

fn now(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = now_parts(cx)?;
    at_timestamp(cx, a[0], t, a[1].given().unwrap_or(Ref::NONE))
}

fn deprecated(cx: &mut Cx, message: &str) -> PyResult<()> {
    let category = type_value(objects::types::exception::ids::DEPRECATION_WARNING);
    cx.host.warn(cx, category.as_ref(), message, 1)
}

fn utc_now(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    deprecated(
        cx,
        "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version. Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.now(datetime.UTC).",
    )?;
    let t = now_parts(cx)?;
    at(cx, a[0], t, Ref::NONE, false)
}

fn from_timestamp(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = date::timestamp(cx, a[1])?;
    at_timestamp(cx, a[0], t, a[2].given().unwrap_or(Ref::NONE))
}

fn utc_from_timestamp(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    deprecated(
        cx,
        "datetime.datetime.utcfromtimestamp() is deprecated and scheduled for removal in a future version. Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.fromtimestamp(timestamp, datetime.UTC).",
    )?;
    let t = date::timestamp(cx, a[1])?;
    at(cx, a[0], t, Ref::NONE, false)
}

fn combine(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    for (i, id, name) in [(1, ids::DATE, "datetime.date"), (2, ids::TIME, "datetime.time")] {
        if !super::is_a(a[i], id) {
            let n = if a[i].is_none() { "None".into() } else { type_of(a[i]).shown_name() };
            return Err(cx.type_error(format!("combine() argument {i} must be {name}, not {n}")));
        }
    }
    let (d, t) = (me(a[1]), me(a[2]));
    let zone = a[3].given().unwrap_or(t.zone.as_ref());
    zone::check(cx, zone)?;
    let f = Fields { year: d.fields.year, month: d.fields.month, day: d.fields.day, ..t.fields };
    of_class(cx, a[0], f, zone.to_value())
}

fn from_iso(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = format::iso_argument(cx, a[1])?;
    let parsed = (|| {
        let at = iso::separator(&t).filter(|_| t.len() >= 7).ok_or(iso::Fault::Format)?;
        let day = iso::parse_date(t.get(..at).ok_or(iso::Fault::Format)?)?;
        let time = match t.get(at + 1..) {
            Some([]) => return Err(iso::Fault::Format),
            Some(rest) => iso::parse_time(rest)?,
            None => iso::Time { parts: [0; 4], offset: None },
        };
        Ok((day, time))
    })();
    let (mut day, mut time) = match parsed {
        Ok(p) => p,
        Err(f) => return Err(format::iso_error(cx, f, a[1])),
    };
    if time.parts[0] == 24 {
        // Midnight at the end of a day.
        if time.parts[1..].iter().any(|n| *n != 0) {
            return Err(cx.value_error("minute, second, and microsecond must be 0 when hour is 24"));
        }
        if let Err(e) = iso::check_date(day.0, day.1, day.2) {
            return Err(cx.value_error(e));
        }
        time.parts[0] = 0;
        let next = calendar::ordinal(day.0, day.1, day.2) + 1;
        day = calendar::from_ordinal(next);
    }
    let f = checked(cx, day, time.parts, 0)?;
    let zone = time.offset.map_or(Value::NONE, zone::at_offset);
    of_class(cx, a[0], f, zone)
}

fn seconds_since_epoch(cx: &mut Cx, v: Ref<'_>) -> PyResult<i128> {
    let m = me(v);
    match utc_offset(cx, v)? {
        Some(o) => Ok(m.fields.total() - o - i128::from(EPOCH_ORDINAL) * DAY),
        None => match calendar::from_local(m.fields.clock(), m.fields.fold != 0) {
            Some(t) => Ok(i128::from(t) * SECOND + i128::from(m.fields.micro)),
            None => Err(cx.overflow_error("timestamp out of range for platform time_t")),
        },
    }
}

fn timestamp(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = me(a[0]);
    if m.zone.as_ref().is_none() {
        let us = seconds_since_epoch(cx, a[0])?;
        let s = us.div_euclid(SECOND) as f64;
        return Ok(Value::float(s + f64::from(m.fields.micro) / 1e6).into());
    }
    let us = seconds_since_epoch(cx, a[0])?;
    let (p, q) = (int::from_i128(us), Value::small_int(1_000_000));
    objects::protocol::arith::binary(cx, objects::protocol::arith::Op::TrueDiv, p.as_ref(), q.as_ref())
}

/// The machine's zone at a timestamp.
fn local_zone(cx: &mut Cx, timestamp: i64) -> PyResult<Value> {
    match calendar::local(timestamp) {
        Some(l) => Ok(zone::named(i128::from(l.offset) * SECOND, &l.zone)),
        None => Err(cx.overflow_error("timestamp out of range for platform time_t")),
    }
}

fn as_timezone(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = me(a[0]);
    let tz = a[1].given().unwrap_or(Ref::NONE);
    if !tz.is_none() && !super::is_a(tz, ids::TZINFO) {
        let n = type_of(tz).shown_name();
        return Err(cx.type_error(format!("tzinfo argument must be None or of a tzinfo subclass, not type '{n}'")));
    }
    if !tz.is_none() && m.zone.as_ref().is(tz) {
        return Ok(a[0].to_value().into());
    }
    let us = seconds_since_epoch(cx, a[0])?;
    let target = if tz.is_none() { local_zone(cx, us.div_euclid(SECOND) as i64)? } else { tz.to_value() };
    match Fields::from_total(us + i128::from(EPOCH_ORDINAL) * DAY) {
        Some(f) => {
            let utc = of_class(cx, class_of(a[0]).as_ref(), f, target.clone())?.into_value();
            super::ask(cx, target.as_ref(), &zone::FROMUTC, &[utc.as_ref()]).map(Reg::from)
        }
        None => Err(cx.overflow_error("date value out of range")),
    }
}

fn replace(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = me(a[0]);
    let f = &m.fields;
    let day = (optional(cx, a[1], f.year.into())?, optional(cx, a[2], f.month.into())?, optional(cx, a[3], f.day.into())?);
    let time = [
        optional(cx, a[4], f.hour.into())?,
        optional(cx, a[5], f.minute.into())?,
        optional(cx, a[6], f.second.into())?,
        optional(cx, a[7], f.micro.into())?,
    ];
    let zone = a[8].given().unwrap_or(m.zone.as_ref());
    let fold = optional(cx, a[9], f.fold.into())?;
    zone::check(cx, zone)?;
    let new = checked(cx, day, time, fold)?;
    of_class(cx, class_of(a[0]).as_ref(), new, zone.to_value())
}

/// The `timespec` argument.
pub fn timespec(cx: &mut Cx, v: Ref<'_>, f: &Fields) -> PyResult<String> {
    let spec = match v.given() {
        None => "auto".to_string(),
        Some(v) => match as_str(v) {
            Some(s) => s.to_string_lossy(),
            None => {
                let n = if v.is_none() { "None".into() } else { type_of(v).shown_name() };
                return Err(cx.type_error(format!("isoformat() argument 'timespec' must be str, not {n}")));
            }
        },
    };
    match iso::time_text(f, &spec) {
        Some(t) => Ok(t),
        None => Err(cx.value_error("Unknown timespec value")),
    }
}

fn iso_format(cx: &mut Cx, v: Ref<'_>, separator: u32, spec: Ref<'_>) -> PyResult<Reg> {
    let f = me(v).fields;
    let time = timespec(cx, spec, &f)?;
    let off = utc_offset(cx, v)?.map_or_else(String::new, |us| iso::offset_text(us, ":"));
    let mut b = text::StrBuilder::new();
    b.push_str(&iso::date_text(&f));
    b.push(separator);
    b.push_str(&time);
    b.push_str(&off);
    objects::types::str::methods::built(cx, b)
}

fn iso_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let separator = match a[1].given() {
        None => u32::from(b'T'),
        Some(v) => match as_str(v) {
            Some(s) if s.len() == 1 => s.units().at(0),
            Some(s) => {
                let n = s.len();
                return Err(cx.type_error(format!("isoformat() argument 1 must be a unicode character, not a string of length {n}")));
            }
            None => {
                let n = if v.is_none() { "None".into() } else { type_of(v).shown_name() };
                return Err(cx.type_error(format!("isoformat() argument 1 must be a unicode character, not {n}")));
            }
        },
    };
    iso_format(cx, a[0], separator, a[2])
}

/// `, fold=1, tzinfo=...)` at the end of a repr.
fn repr_end(cx: &mut Cx, m: &Moment, mut out: String) -> PyResult<Reg> {
    if m.fields.fold != 0 {
        out += ", fold=1";
    }
    if !m.zone.as_ref().is_none() {
        out += &format!(", tzinfo={}", show::repr(cx, m.zone.as_ref())?.to_string_lossy());
    }
    Ok(text(&(out + ")")))
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = &me(v).fields;
    let mut out = format!("{}({}, {}, {}, {}, {}", type_of(v).shown_name(), f.year, f.month, f.day, f.hour, f.minute);
    if f.micro != 0 {
        out += &format!(", {}, {}", f.second, f.micro);
    } else if f.second != 0 {
        out += &format!(", {}", f.second);
    }
    repr_end(cx, me(v), out)
}

/// Whether the offset of an aware time depends on its fold: such times are equal to none of another zone.
fn depends_on_fold(cx: &mut Cx, v: Ref<'_>, offset: Option<i128>) -> PyResult<bool> {
    let m = me(v);
    let flipped = plain(Fields { fold: 1 - m.fields.fold, ..m.fields }, m.zone.clone());
    Ok(utc_offset(cx, flipped.as_ref())? != offset)
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    if !super::is_a(a, ids::DATETIME) || !super::is_a(b, ids::DATETIME) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let (x, y) = (me(a), me(b));
    if x.zone.is(&y.zone) {
        return Ok(Value::bool(op.holds(x.fields.key().cmp(&y.fields.key()))).into());
    }
    let (p, q) = (utc_offset(cx, a)?, utc_offset(cx, b)?);
    let equality = matches!(op, Compare::Eq | Compare::Ne);
    match (p, q) {
        (None, None) => Ok(Value::bool(op.holds(x.fields.key().cmp(&y.fields.key()))).into()),
        (Some(i), Some(j)) => {
            if equality && (depends_on_fold(cx, a, p)? || depends_on_fold(cx, b, q)?) {
                return Ok(Value::bool(op == Compare::Ne).into());
            }
            Ok(Value::bool(op.holds((x.fields.total() - i).cmp(&(y.fields.total() - j)))).into())
        }
        _ if equality => Ok(Value::bool(op == Compare::Ne).into()),
        _ => Err(cx.type_error("can't compare offset-naive and offset-aware datetimes")),
    }
}

fn state(cx: &mut Cx, f: &Fields, with_fold: bool) -> PyResult<Value> {
    let month = f.month | if with_fold && f.fold != 0 { 0x80 } else { 0 };
    let us = f.micro;
    let b = [(f.year >> 8) as u8, f.year as u8, month, f.day, f.hour, f.minute, f.second, (us >> 16) as u8, (us >> 8) as u8, us as u8];
    new_bytes(cx, &b)
}

fn hash_moment(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let m = me(v);
    let offset = if m.fields.fold != 0 {
        // Both times of a fold have the same hash, since they may be equal.
        let first = plain(Fields { fold: 0, ..m.fields }, m.zone.clone());
        utc_offset(cx, first.as_ref())?
    } else {
        utc_offset(cx, v)?
    };
    match offset {
        None => {
            let s = state(cx, &m.fields, false)?;
            hash::hash(cx, s.as_ref())
        }
        Some(o) => {
            let d = delta::new(cx, m.fields.total() - o)?.into_value();
            hash::hash(cx, d.as_ref())
        }
    }
}

fn add(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    match (as_delta(a), as_delta(b)) {
        (None, Some(d)) if super::is_a(a, ids::DATETIME) => shifted(cx, a, d.total()),
        (Some(d), None) if super::is_a(b, ids::DATETIME) => shifted(cx, b, d.total()),
        _ => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}

fn sub(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    if !super::is_a(a, ids::DATETIME) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    if let Some(d) = as_delta(b) {
        return shifted(cx, a, -d.total());
    }
    if !super::is_a(b, ids::DATETIME) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let (x, y) = (me(a), me(b));
    let mut difference = x.fields.total() - y.fields.total();
    if !x.zone.is(&y.zone) {
        match (utc_offset(cx, a)?, utc_offset(cx, b)?) {
            (None, None) => {}
            (Some(i), Some(j)) => difference += j - i,
            _ => return Err(cx.type_error("can't subtract offset-naive and offset-aware datetimes")),
        }
    }
    delta::new(cx, difference)
}

fn time_of(v: Ref<'_>, zone: Value) -> Reg {
    let f = me(v).fields;
    super::time::plain(Fields { year: 1, month: 1, day: 1, ..f }, zone).into()
}

fn time_tuple(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let dst = match zone::offset(cx, me(a[0]).zone.as_ref(), &zone::DST, a[0])? {
        None => -1,
        Some(us) => i64::from(us != 0),
    };
    format::time_tuple(cx, &me(a[0]).fields, dst).map(Reg::from)
}

fn utc_time_tuple(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = me(a[0]).fields;
    let o = utc_offset(cx, a[0])?.unwrap_or(0);
    match Fields::from_total(f.total() - o) {
        Some(f) => format::time_tuple(cx, &f, 0).map(Reg::from),
        None => Err(cx.overflow_error("date value out of range")),
    }
}

fn reduce(cx: &mut Cx, v: Ref<'_>, protocol: i64) -> PyResult<Reg> {
    let m = me(v);
    let mut args = vec![state(cx, &m.fields, protocol > 3)?];
    if !m.zone.as_ref().is_none() {
        args.push(m.zone.clone());
    }
    Ok(Tuple::from_values(vec![class_of(v), Tuple::from_values(args).into_value()]).into())
}

static STRFTIME_TUPLE: Name = Name::new("timetuple");

static METHODS: &[Method] = &[
    class_method("now", "($type, /, tz=None)", now, "The moment now, in a zone or local time."),
    class_method("utcnow", "($type, /)", utc_now, "The moment now in UTC, without a zone."),
    class_method("fromtimestamp", "($type, /, timestamp, tz=None)", from_timestamp, "The moment at a timestamp."),
    class_method("utcfromtimestamp", "($type, timestamp, /)", utc_from_timestamp, "The moment at a timestamp in UTC, without a zone."),
    class_method("combine", "($type, /, date, time, tzinfo=<unrepresentable>)", combine, "A date and a time together."),
    class_method("fromisoformat", "($type, string, /)", from_iso, "The moment of an ISO 8601 text."),
    class_method(
        "strptime",
        "($type, date_string, format, /)",
        |cx, a| helper(cx, "_strptime", "_strptime_datetime_datetime", &[a[0], a[1], a[2]]).map(Reg::from),
        "The moment of a text in a format.",
    ),
    method(
        "date",
        "($self, /)",
        |_, a| {
            let f = &me(a[0]).fields;
            Ok(date::plain(f.year.into(), f.month.into(), f.day.into()).into())
        },
        "The date.",
    ),
    method("time", "($self, /)", |_, a| Ok(time_of(a[0], Value::NONE)), "The time, without a zone."),
    method("timetz", "($self, /)", |_, a| Ok(time_of(a[0], me(a[0]).zone.clone())), "The time, with the zone."),
    method("timestamp", "($self, /)", timestamp, "Seconds since 1970."),
    method("timetuple", "($self, /)", time_tuple, "A struct_time."),
    method("utctimetuple", "($self, /)", utc_time_tuple, "A struct_time in UTC."),
    method("astimezone", "($self, /, tz=None)", as_timezone, "The same moment in another zone."),
    method("ctime", "($self, /)", |_, a| Ok(text(&format::ctime(&me(a[0]).fields))), "The moment as C's ctime shows it."),
    method("isoformat", "($self, /, sep='T', timespec='auto')", iso_method, "The moment in ISO 8601."),
    method(
        "strftime",
        "($self, /, format)",
        |cx, a| {
            let t = super::ask(cx, a[0], &STRFTIME_TUPLE, &[])?;
            format::strftime(cx, a[0], me(a[0]), a[1], t.as_ref(), a[0])
        },
        "The moment in a format.",
    ),
    method(
        "utcoffset",
        "($self, /)",
        |cx, a| zone::offset_value(cx, me(a[0]).zone.as_ref(), &zone::UTCOFFSET, a[0]),
        "What the zone says.",
    ),
    method("dst", "($self, /)", |cx, a| zone::offset_value(cx, me(a[0]).zone.as_ref(), &zone::DST, a[0]), "What the zone says."),
    method("tzname", "($self, /)", |cx, a| zone::name_of(cx, me(a[0]).zone.as_ref(), a[0]).map(Reg::from), "What the zone says."),
    method(
        "replace",
        "($self, /, year=unchanged, month=unchanged, day=unchanged, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)",
        replace,
        "The moment with some fields changed.",
    ),
    method(
        "__replace__",
        "($self, /, year=unchanged, month=unchanged, day=unchanged, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)",
        replace,
        "The same as replace().",
    ),
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

/// `datetime.datetime`.
pub static DATETIME_TYPE: TypeSpec = TypeSpec::of::<Moment>("datetime.datetime")
    .id(ids::DATETIME)
    .base(ids::DATE)
    .flags(flags::BASE)
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        str: Some(|cx, v| {
            static ISOFORMAT: Name = Name::new("isoformat");
            let space = Str::from_char(32);
            super::ask(cx, v, &ISOFORMAT, &[space.as_ref()]).map(Reg::from)
        }),
        richcompare: Some(richcompare),
        hash: Some(hash_moment),
        add: Some(add),
        sub: Some(sub),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("datetime(year, month, day[, hour[, minute[, second[, microsecond[,tzinfo]]]]])");
