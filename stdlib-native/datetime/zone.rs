//! `tzinfo` and `timezone`, and asking time zones for what they know.

use super::calendar::DAY;
use super::delta::{self, as_delta};
use super::{ids, moment};
use crate::guarded::make;
use crate::name::Name;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{Method, method};
use objects::protocol::{attr, call, hash, text as show};
use objects::types::exception::ids as exc;
use objects::types::instance;
use objects::types::str::{Str, as_str, text};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult};
use std::sync::OnceLock;

/// A time zone; what is None in those that programs define.
#[repr(C)]
pub struct Zone {
    /// A timedelta.
    offset: Value,
    /// A str or None.
    name: Value,
}
// SAFETY: visits both words.
unsafe impl Payload for Zone {
    const TYPE_ID: u32 = ids::TZINFO;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.offset.word());
        visit(self.name.word());
    }
}

/// `utcoffset`
pub static UTCOFFSET: Name = Name::new("utcoffset");
/// `dst`
pub static DST: Name = Name::new("dst");
/// `tzname`
pub static TZNAME: Name = Name::new("tzname");
/// `fromutc`
pub static FROMUTC: Name = Name::new("fromutc");

fn me(v: Ref<'_>) -> &Zone {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Zone>() }
}

static UTC: OnceLock<u64> = OnceLock::new();

/// `timezone.utc`.
pub fn utc() -> Value {
    let w = *UTC.get_or_init(|| {
        let v = instance::alloc_with(objects::types::by_id(ids::TIMEZONE), Zone { offset: delta::plain(0), name: Value::NONE });
        if let Some(h) = v.as_ref().header() {
            h.make_immortal();
        }
        if let Some(h) = me(v.as_ref()).offset.as_ref().header() {
            h.make_immortal();
        }
        v.into_word().0
    });
    // SAFETY: an immortal cell.
    unsafe { Ref::from_word(Word(w)) }.to_value()
}

/// A zone at a fixed offset in microseconds.
pub fn fixed(us: i128) -> Value {
    instance::alloc_with(objects::types::by_id(ids::TIMEZONE), Zone { offset: delta::plain(us), name: Value::NONE })
}

/// A zone at a fixed offset; UTC itself when there is none.
pub fn at_offset(us: i128) -> Value {
    if us == 0 { utc() } else { fixed(us) }
}

/// A zone with a name.
pub fn named(us: i128, name: &str) -> Value {
    let name = Str::from_text(name).into_value();
    instance::alloc_with(objects::types::by_id(ids::TIMEZONE), Zone { offset: delta::plain(us), name })
}

/// TypeError unless it is None or a tzinfo.
pub fn check(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    if v.is_none() || super::is_a(v, ids::TZINFO) {
        return Ok(());
    }
    let n = type_of(v).shown_name();
    Err(cx.type_error(format!("tzinfo argument must be None or of a tzinfo subclass, not type '{n}'")))
}

/// What `zone.name(argument)` gives, in microseconds; `None` for None.
pub fn offset(cx: &mut Cx, zone: Ref<'_>, name: &'static Name, argument: Ref<'_>) -> PyResult<Option<i128>> {
    if zone.is_none() {
        return Ok(None);
    }
    if type_of(zone).id == ids::TIMEZONE {
        return Ok(if std::ptr::eq(name, &DST) { None } else { as_delta(me(zone).offset.as_ref()).map(delta::Delta::total) });
    }
    let r = super::ask(cx, zone, name, &[argument])?;
    if r.as_ref().is_none() {
        return Ok(None);
    }
    match as_delta(r.as_ref()) {
        Some(d) if d.total().abs() < DAY => Ok(Some(d.total())),
        Some(_) => {
            let shown = show::repr(cx, r.as_ref())?.to_string_lossy();
            Err(cx.value_error(format!(
                "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not {shown}"
            )))
        }
        None => {
            let (n, t) = (as_str(name.get()).map_or_else(String::new, Str::to_string_lossy), type_of(r.as_ref()).shown_name());
            Err(cx.type_error(format!("tzinfo.{n}() must return None or timedelta, not '{t}'")))
        }
    }
}

/// The same as a timedelta or None.
pub fn offset_value(cx: &mut Cx, zone: Ref<'_>, name: &'static Name, argument: Ref<'_>) -> PyResult<Reg> {
    Ok(offset(cx, zone, name, argument)?.map_or(Value::NONE, delta::plain).into())
}

/// `zone.tzname(argument)`: a str or None.
pub fn name_of(cx: &mut Cx, zone: Ref<'_>, argument: Ref<'_>) -> PyResult<Value> {
    if zone.is_none() {
        return Ok(Value::NONE);
    }
    let r = super::ask(cx, zone, &TZNAME, &[argument])?;
    if r.as_ref().is_none() || as_str(r.as_ref()).is_some() {
        return Ok(r);
    }
    let n = type_of(r.as_ref()).shown_name();
    Err(cx.type_error(format!("tzinfo.tzname() must return None or a string, not '{n}'")))
}

fn abstract_method(cx: &mut Cx, name: &str) -> PyResult<Reg> {
    Err(cx.error(exc::NOT_IMPLEMENTED_ERROR, format!("a tzinfo subclass must implement {name}()")))
}

fn moment_argument(cx: &mut Cx, v: Ref<'_>, zone: Ref<'_>) -> PyResult<()> {
    if !super::is_a(v, ids::DATETIME) {
        return Err(cx.type_error("fromutc: argument must be a datetime"));
    }
    if !moment::me(v).zone.as_ref().is(zone) {
        return Err(cx.value_error("fromutc: dt.tzinfo is not self"));
    }
    Ok(())
}

fn from_utc(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    moment_argument(cx, a[1], a[0])?;
    let Some(off) = offset(cx, a[0], &UTCOFFSET, a[1])? else {
        return Err(cx.value_error("fromutc: non-None utcoffset() result required"));
    };
    let Some(dst) = offset(cx, a[0], &DST, a[1])? else {
        return Err(cx.value_error("fromutc: non-None dst() result required"));
    };
    // The standard offset is what both have in common.
    let standard = moment::shifted(cx, a[1], off - dst)?.into_value();
    let Some(dst) = offset(cx, a[0], &DST, standard.as_ref())? else {
        return Err(cx.value_error("fromutc: tz.dst() gave inconsistent results; cannot convert"));
    };
    if dst == 0 { Ok(standard.into()) } else { moment::shifted(cx, standard.as_ref(), dst) }
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    static GETINITARGS: Name = Name::new("__getinitargs__");
    static GETSTATE: Name = Name::new("__getstate__");
    let args = match attr::get_optional(cx, a[0], GETINITARGS.get())? {
        Some(f) => call::positional(cx, f.as_ref(), &[])?,
        None => Tuple::empty().into_value(),
    };
    let state = super::ask(cx, a[0], &GETSTATE, &[])?;
    Ok(Tuple::from_values(vec![type_of(a[0]).as_value(), args, state]).into())
}

static TZINFO_METHODS: &[Method] = &[
    method("tzname", "($self, dt, /)", |cx, _| abstract_method(cx, "tzname"), "datetime -> string name of time zone."),
    method("utcoffset", "($self, dt, /)", |cx, _| abstract_method(cx, "utcoffset"), "datetime -> timedelta, positive for east of UTC."),
    method("dst", "($self, dt, /)", |cx, _| abstract_method(cx, "dst"), "datetime -> DST offset as timedelta."),
    method("fromutc", "($self, dt, /)", from_utc, "datetime in UTC -> datetime in local time."),
    method("__reduce__", "($self, /)", reduce, ""),
];

/// `datetime.tzinfo`.
pub static TZINFO_TYPE: TypeSpec = TypeSpec::of::<Zone>("datetime.tzinfo")
    .flags(flags::BASE)
    .slots(Slots { new: Some(|_, class, _| Ok(make(class, Zone { offset: Value::NONE, name: Value::NONE }))), ..Slots::NONE })
    .methods(TZINFO_METHODS)
    .doc("Abstract base class for time zone info objects.");

crate::parameters!(NEW, "timezone", "($self, offset, name=None)");

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    NEW.bind(cx, args, |cx, a| {
        let Some(d) = as_delta(a[0]) else {
            let n = if a[0].is_none() { "NoneType".to_string() } else { type_of(a[0]).shown_name() };
            return Err(cx.type_error(format!("timezone() argument 1 must be datetime.timedelta, not {n}")));
        };
        let name = a[1].given();
        if let Some(n) = name
            && as_str(n).is_none()
        {
            let n = if n.is_none() { "None".to_string() } else { type_of(n).shown_name() };
            return Err(cx.type_error(format!("timezone() argument 2 must be str, not {n}")));
        }
        if d.total() == 0 && name.is_none() {
            return Ok(utc().into());
        }
        if d.total().abs() >= DAY {
            let shown = show::repr(cx, a[0])?.to_string_lossy();
            return Err(cx.value_error(format!(
                "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not {shown}"
            )));
        }
        Ok(make(class, Zone { offset: delta::plain(d.total()), name: name.map_or(Value::NONE, Ref::to_value) }))
    })
}

fn total(v: Ref<'_>) -> i128 {
    as_delta(me(v).offset.as_ref()).map_or(0, delta::Delta::total)
}

fn zone_name(v: Ref<'_>) -> Value {
    let z = me(v);
    if !z.name.as_ref().is_none() {
        return z.name.clone();
    }
    if total(v) == 0 {
        return Str::from_text("UTC").into_value();
    }
    Str::from_text(&format!("UTC{}", super::iso::offset_text(total(v), ":"))).into_value()
}

fn check_argument(cx: &mut Cx, v: Ref<'_>, name: &str) -> PyResult<()> {
    if v.is_none() || super::is_a(v, ids::DATETIME) {
        return Ok(());
    }
    let n = type_of(v).shown_name();
    Err(cx.type_error(format!("{name}(dt) argument must be a datetime instance or None, not {n}")))
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = type_of(v).shown_name();
    if v.is(utc().as_ref()) {
        return Ok(text(&format!("{t}.utc")));
    }
    let z = me(v);
    let off = show::repr(cx, z.offset.as_ref())?.to_string_lossy();
    if z.name.as_ref().is_none() {
        return Ok(text(&format!("{t}({off})")));
    }
    let name = show::repr(cx, z.name.as_ref())?.to_string_lossy();
    Ok(text(&format!("{t}({off}, {name})")))
}

fn richcompare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let both = super::is_a(a, ids::TIMEZONE) && super::is_a(b, ids::TIMEZONE);
    if !both || !matches!(op, Compare::Eq | Compare::Ne) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    Ok(Value::bool((total(a) == total(b)) == (op == Compare::Eq)).into())
}

static TIMEZONE_METHODS: &[Method] = &[
    method(
        "tzname",
        "($self, dt, /)",
        |cx, a| {
            check_argument(cx, a[1], "tzname")?;
            Ok(zone_name(a[0]).into())
        },
        "The name of the zone.",
    ),
    method(
        "utcoffset",
        "($self, dt, /)",
        |cx, a| {
            check_argument(cx, a[1], "utcoffset")?;
            Ok(me(a[0]).offset.clone().into())
        },
        "The fixed offset.",
    ),
    method(
        "dst",
        "($self, dt, /)",
        |cx, a| {
            check_argument(cx, a[1], "dst")?;
            Ok(Value::NONE.into())
        },
        "None.",
    ),
    method(
        "fromutc",
        "($self, dt, /)",
        |cx, a| {
            moment_argument(cx, a[1], a[0])?;
            moment::shifted(cx, a[1], total(a[0]))
        },
        "datetime in UTC -> datetime in local time.",
    ),
    method(
        "__getinitargs__",
        "($self, /)",
        |_, a| {
            let z = me(a[0]);
            let mut parts = vec![z.offset.clone()];
            if !z.name.as_ref().is_none() {
                parts.push(z.name.clone());
            }
            Ok(Tuple::from_values(parts).into())
        },
        "What pickle needs.",
    ),
];

/// `datetime.timezone`.
pub static TIMEZONE_TYPE: TypeSpec = TypeSpec::of::<Zone>("datetime.timezone")
    .id(ids::TIMEZONE)
    .base(ids::TZINFO)
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        str: Some(|_, v| Ok(zone_name(v).into())),
        richcompare: Some(richcompare),
        hash: Some(|cx, v| hash::hash(cx, me(v).offset.as_ref())),
        ..Slots::NONE
    })
    .methods(TIMEZONE_METHODS)
    .doc("Fixed offset from UTC implementation of tzinfo.");
