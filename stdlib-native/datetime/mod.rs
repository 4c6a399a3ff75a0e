//! `_datetime`: dates, times, spans of time and time zones. Values never change after birth.
//!
//! [`calendar`] has the arithmetic of the calendar and of the machine's local time, [`iso`] reads and writes ISO 8601, [`format`] the rest of
//! text; then one file per type.

pub mod calendar;
pub mod date;
pub mod delta;
pub mod format;
pub mod iso;
pub mod moment;
pub mod time;
pub mod zone;

use crate::name::Name;
use gc::{Ref, Value, Word};
use objects::protocol::{attr, call};
use objects::types::module::ModuleDef;
use objects::types::structseq;
use objects::types::type_::{TypeSpec, by_id, type_value};
use objects::{Cx, PyResult};
use std::sync::OnceLock;

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const DELTA: u32 = 568;
    pub const DATE: u32 = 569;
    pub const DATETIME: u32 = 570;
    pub const TIME: u32 = 571;
    pub const TZINFO: u32 = 572;
    pub const TIMEZONE: u32 = 573;
}

/// The types, bases first.
pub static SPECS: &[&TypeSpec] =
    &[&delta::DELTA_TYPE, &date::DATE_TYPE, &moment::DATETIME_TYPE, &time::TIME_TYPE, &zone::TZINFO_TYPE, &zone::TIMEZONE_TYPE];

static WEEK_DATE: OnceLock<u64> = OnceLock::new();

/// `datetime.IsoCalendarDate`.
fn week_date_class(cx: &mut Cx) -> PyResult<Value> {
    if let Some(w) = WEEK_DATE.get() {
        // SAFETY: an immortal type.
        return Ok(unsafe { Ref::from_word(Word(*w)) }.to_value());
    }
    let class = structseq::new_type(cx, "datetime.IsoCalendarDate", &["year", "week", "weekday"], 3)?;
    if let Some(h) = class.as_ref().header() {
        h.make_immortal();
    }
    let w = *WEEK_DATE.get_or_init(|| class.word().0);
    // SAFETY: as above.
    Ok(unsafe { Ref::from_word(Word(w)) }.to_value())
}

/// Calls a method by its name.
fn ask(cx: &mut Cx, v: Ref<'_>, name: &'static Name, args: &[Ref<'_>]) -> PyResult<Value> {
    call::method(cx, v, name.get(), args).map(gc::Reg::into_value)
}

/// A function of a Python module.
fn helper(cx: &mut Cx, module: &str, name: &str, args: &[Ref<'_>]) -> PyResult<Value> {
    let m = cx.host.import(cx, module)?;
    let f = attr::get_text(cx, m.as_ref(), name)?.into_value();
    call::positional(cx, f.as_ref(), args)
}

/// `_datetime`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_datetime",
    doc: "Fast implementation of the datetime module.",
    functions: &[],
    init: |_, m| {
        m.add("MINYEAR", Value::small_int(1));
        m.add("MAXYEAR", Value::small_int(9999));
        m.add("UTC", zone::utc());
        let types = [
            ("timedelta", ids::DELTA),
            ("date", ids::DATE),
            ("datetime", ids::DATETIME),
            ("time", ids::TIME),
            ("tzinfo", ids::TZINFO),
            ("timezone", ids::TIMEZONE),
        ];
        for (name, id) in types {
            m.add(name, type_value(id));
        }
        let set = |id: u32, name: &str, v: Value| by_id(id).dict.set_text(name, v);
        set(ids::DELTA, "min", delta::plain(-delta::MAX_DAYS * calendar::DAY));
        set(ids::DELTA, "max", delta::plain((delta::MAX_DAYS + 1) * calendar::DAY - 1));
        set(ids::DELTA, "resolution", delta::plain(1));
        set(ids::DATE, "min", date::plain(1, 1, 1));
        set(ids::DATE, "max", date::plain(9999, 12, 31));
        set(ids::DATE, "resolution", delta::plain(calendar::DAY));
        set(ids::DATETIME, "min", moment::plain(moment::Fields::FIRST, Value::NONE));
        set(ids::DATETIME, "max", moment::plain(moment::Fields::LAST, Value::NONE));
        set(ids::DATETIME, "resolution", delta::plain(1));
        set(ids::TIME, "min", time::plain(moment::Fields::FIRST, Value::NONE));
        set(ids::TIME, "max", time::plain(moment::Fields::LAST, Value::NONE));
        set(ids::TIME, "resolution", delta::plain(1));
        set(ids::TIMEZONE, "utc", zone::utc());
        set(ids::TIMEZONE, "min", zone::fixed(-(23 * 60 + 59) * 60 * 1_000_000));
        set(ids::TIMEZONE, "max", zone::fixed((23 * 60 + 59) * 60 * 1_000_000));
        Ok(())
    },
};

/// Whether a value's cell is of one of these types or a subtype.
fn is_a(v: Ref<'_>, id: u32) -> bool {
    objects::types::type_of(v).is_subtype_of_id(id)
}
