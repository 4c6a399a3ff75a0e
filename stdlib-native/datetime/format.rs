//! `strftime` and `strptime`: the parts that depend on this module's objects; the rest is done by `time` and `_strptime`.

use super::moment::{Fields, Moment};
use super::{calendar, helper, iso, zone};
use gc::{Ref, Reg, Value};
use objects::protocol::text as show;
use objects::types::str::{Str, Units, as_str};
use objects::types::type_::type_of;
use objects::{Cx, PyResult};
use text::StrBuilder;

/// `%z` of an object, with a separator between hours and minutes.
fn offset(cx: &mut Cx, v: Ref<'_>, m: &Moment, argument: Ref<'_>, separator: &str) -> PyResult<String> {
    let _ = v;
    Ok(zone::offset(cx, m.zone.as_ref(), &zone::UTCOFFSET, argument)?.map_or_else(String::new, |us| iso::offset_text(us, separator)))
}

/// Formats by `time.strftime`, after what only this object knows has been put in.
pub fn strftime(cx: &mut Cx, v: Ref<'_>, m: &Moment, format: Ref<'_>, time_tuple: Ref<'_>, argument: Ref<'_>) -> PyResult<Reg> {
    let Some(f) = as_str(format) else {
        let n = if format.is_none() { "None".into() } else { type_of(format).shown_name() };
        return Err(cx.type_error(format!("strftime() argument 1 must be str, not {n}")));
    };
    let units = f.units();
    let mut out = StrBuilder::new();
    let mut i = 0;
    while i < units.len() {
        let c = units.at(i);
        let next = units.get(i + 1);
        if c != u32::from(b'%') || next.is_none() {
            out.push(c);
            i += 1;
            continue;
        }
        let next = next.unwrap_or(0);
        i += 2;
        match char::from_u32(next).unwrap_or(' ') {
            'z' => out.push_str(&offset(cx, v, m, argument, "")?),
            ':' if units.get(i) == Some(u32::from(b'z')) => {
                i += 1;
                out.push_str(&offset(cx, v, m, argument, ":")?);
            }
            'Z' => {
                let name = zone::name_of(cx, m.zone.as_ref(), argument)?;
                if let Some(s) = as_str(name.as_ref()) {
                    for c in s.units().iter() {
                        // Percent signs must not be taken for directives.
                        out.push(c);
                        if c == u32::from(b'%') {
                            out.push(c);
                        }
                    }
                }
            }
            'f' => out.push_str(&format!("{:06}", m.fields.micro)),
            'Y' => out.push_str(&format!("{:04}", m.fields.year)),
            'C' => out.push_str(&format!("{:02}", m.fields.year / 100)),
            'F' => out.push_str(&iso::date_text(&m.fields)),
            'G' => {
                let f: &Fields = &m.fields;
                let (y, _, _) = calendar::week_date(f.year.into(), f.month.into(), f.day.into());
                out.push_str(&format!("{y:04}"));
            }
            _ => {
                out.push(c);
                out.push(next);
            }
        }
    }
    let new = match Str::try_from_built(out.finish()) {
        Ok(s) => s.into_value(),
        Err(_) => return Err(cx.memory_error()),
    };
    helper(cx, "time", "strftime", &[new.as_ref(), time_tuple]).map(Reg::from)
}

/// `__format__`: `str(v)` for an empty format, else `v.strftime(format)`.
pub fn format(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    static STRFTIME: crate::name::Name = crate::name::Name::new("strftime");
    let Some(f) = as_str(a[1]) else {
        let n = if a[1].is_none() { "None".into() } else { type_of(a[1]).shown_name() };
        return Err(cx.type_error(format!("__format__() argument must be str, not {n}")));
    };
    if f.is_empty() {
        return Ok(show::str(cx, a[0])?.into());
    }
    super::ask(cx, a[0], &STRFTIME, &[a[1]]).map(Reg::from)
}

/// A `time.struct_time`.
pub fn time_tuple(cx: &mut Cx, f: &Fields, dst: i64) -> PyResult<Value> {
    use objects::types::int::from_i64;
    use objects::types::tuple::Tuple;
    let (y, m, d) = (i64::from(f.year), i64::from(f.month), i64::from(f.day));
    let weekday = calendar::weekday(y, m, d);
    let yday = calendar::days_before_month(y, m) + d;
    let parts = [y, m, d, f.hour.into(), f.minute.into(), f.second.into(), weekday, yday, dst];
    let t = Tuple::from_values(parts.iter().map(|n| from_i64(*n)).collect()).into_value();
    helper(cx, "time", "struct_time", &[t.as_ref()])
}

/// `ctime`
pub fn ctime(f: &Fields) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let weekday = calendar::weekday(f.year.into(), f.month.into(), f.day.into());
    let (day, month) = (DAYS[weekday as usize], MONTHS[usize::from(f.month) - 1]);
    format!("{day} {month} {:2} {:02}:{:02}:{:02} {:04}", f.day, f.hour, f.minute, f.second, f.year)
}

/// The ASCII text of a str argument for `fromisoformat`, in which a separator may be any character.
pub fn iso_argument(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<u8>> {
    let Some(s) = as_str(v) else { return Err(cx.type_error("fromisoformat: argument must be str")) };
    Ok(match s.units() {
        Units::One(d) => d.iter().map(|b| if b.is_ascii() { *b } else { b'?' }).collect(),
        u => u.iter().map(|c| if c < 128 { c as u8 } else { b'?' }).collect(),
    })
}

/// Raises what is wrong with an ISO text.
pub fn iso_error(cx: &mut Cx, f: iso::Fault, v: Ref<'_>) -> objects::Raised {
    match f {
        iso::Fault::Value(m) => cx.value_error(m),
        iso::Fault::Format => match show::repr(cx, v) {
            Ok(s) => cx.value_error(format!("Invalid isoformat string: {}", s.to_string_lossy())),
            Err(e) => e,
        },
    }
}
