//! ISO 8601: `isoformat` and `fromisoformat`.

use super::calendar::{self, DAY, SECOND, days_in_month};
use super::moment::Fields;

/// `+HH:MM`, with seconds and microseconds where there are any.
pub fn offset_text(us: i128, separator: &str) -> String {
    let sign = if us < 0 { '-' } else { '+' };
    let us = us.abs();
    let (h, m, s, f) = (us / SECOND / 3600, us / SECOND / 60 % 60, us / SECOND % 60, us % SECOND);
    let mut out = format!("{sign}{h:02}{separator}{m:02}");
    if s != 0 || f != 0 {
        out += &format!("{separator}{s:02}");
    }
    if f != 0 {
        out += &format!(".{f:06}");
    }
    out
}

/// `YYYY-MM-DD`
pub fn date_text(f: &Fields) -> String {
    format!("{:04}-{:02}-{:02}", f.year, f.month, f.day)
}

/// The time in one of the formats of `timespec`; `None` for an unknown one.
pub fn time_text(f: &Fields, timespec: &str) -> Option<String> {
    let (h, m, s, us) = (f.hour, f.minute, f.second, f.micro);
    Some(match timespec {
        "auto" if us == 0 => format!("{h:02}:{m:02}:{s:02}"),
        "auto" | "microseconds" => format!("{h:02}:{m:02}:{s:02}.{us:06}"),
        "hours" => format!("{h:02}"),
        "minutes" => format!("{h:02}:{m:02}"),
        "seconds" => format!("{h:02}:{m:02}:{s:02}"),
        "milliseconds" => format!("{h:02}:{m:02}:{s:02}.{:03}", us / 1000),
        _ => return None,
    })
}

/// What is wrong with a text.
pub enum Fault {
    /// It has no ISO format.
    Format,
    /// It names something that does not exist: this ValueError.
    Value(String),
}

fn digits(t: &[u8], at: usize, n: usize) -> Result<i64, Fault> {
    let part = t.get(at..at + n).ok_or(Fault::Format)?;
    let mut v = 0;
    for b in part {
        if !b.is_ascii_digit() {
            return Err(Fault::Format);
        }
        v = v * 10 + i64::from(b - b'0');
    }
    Ok(v)
}

/// A date: calendar or week date, with or without dashes.
pub fn parse_date(t: &[u8]) -> Result<(i64, i64, i64), Fault> {
    if !matches!(t.len(), 7 | 8 | 10) {
        return Err(Fault::Format);
    }
    let year = digits(t, 0, 4)?;
    let dash = t[4] == b'-';
    let at = 4 + usize::from(dash);
    if t.get(at) == Some(&b'W') {
        let week = digits(t, at + 1, 2)?;
        let rest = &t[at + 3..];
        let day = match rest {
            [] => 1,
            [b'-', _] if dash => digits(t, at + 4, 1)?,
            [_] if !dash => digits(t, at + 3, 1)?,
            _ => return Err(Fault::Format),
        };
        return calendar::from_week_date(year, week, day).map_err(|_| Fault::Format);
    }
    let month = digits(t, at, 2)?;
    let at = at + 2;
    if (t.get(at) == Some(&b'-')) != dash {
        return Err(Fault::Format);
    }
    let at = at + usize::from(dash);
    let day = digits(t, at, 2)?;
    if at + 2 != t.len() {
        return Err(Fault::Format);
    }
    Ok((year, month, day))
}

/// Hours, minutes, seconds and microseconds; whether they all were zero but the hour may be 24.
fn parse_clock(t: &[u8]) -> Result<[i64; 4], Fault> {
    let mut out = [0i64; 4];
    let mut at = 0;
    let mut colon = None;
    for (i, part) in out.iter_mut().take(3).enumerate() {
        *part = digits(t, at, 2)?;
        at += 2;
        match t.get(at) {
            None => return Ok(out),
            Some(b':') if i < 2 => {
                if colon == Some(false) {
                    return Err(Fault::Format);
                }
                colon = Some(true);
                at += 1;
            }
            Some(b'.' | b',') if i == 2 => {}
            Some(c) if c.is_ascii_digit() && i < 2 && colon != Some(true) => colon = Some(false),
            _ => return Err(Fault::Format),
        }
    }
    let fraction = &t[at + 1..];
    if fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
        return Err(Fault::Format);
    }
    let kept = fraction.len().min(6);
    let mut us = digits(fraction, 0, kept)?;
    for _ in kept..6 {
        us *= 10;
    }
    out[3] = us;
    Ok(out)
}

/// A time with the offset of its zone, if it has one.
pub struct Time {
    /// Hour (up to 24), minute, second, microsecond.
    pub parts: [i64; 4],
    /// Microseconds east of UTC.
    pub offset: Option<i128>,
}

/// A time.
pub fn parse_time(t: &[u8]) -> Result<Time, Fault> {
    let zone = t.iter().position(|c| matches!(c, b'+' | b'-' | b'Z'));
    let Some(z) = zone else { return Ok(Time { parts: parse_clock(t)?, offset: None }) };
    let parts = parse_clock(&t[..z])?;
    let rest = &t[z + 1..];
    if t[z] == b'Z' {
        return if rest.is_empty() { Ok(Time { parts, offset: Some(0) }) } else { Err(Fault::Format) };
    }
    if !matches!(rest.len(), 2 | 4 | 5 | 6..) {
        return Err(Fault::Format);
    }
    let [h, m, s, us] = parse_clock(rest)?;
    if m > 59 || s > 59 {
        return Err(Fault::Format);
    }
    let off = i128::from((h * 60 + m) * 60 + s) * SECOND + i128::from(us);
    if off >= DAY {
        return Err(Fault::Value(format!(
            "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not datetime.timedelta(days={})",
            off / DAY
        )));
    }
    Ok(Time { parts, offset: Some(if t[z] == b'-' { -off } else { off }) })
}

/// Where the date of a date and time ends.
pub fn separator(t: &[u8]) -> Option<usize> {
    if t.len() == 7 {
        return Some(7);
    }
    if *t.get(4)? == b'-' {
        if *t.get(5)? != b'W' {
            return Some(10);
        }
        return match t.get(8) {
            None if t.len() < 8 => None,
            Some(b'-') if t.len() == 9 => None,
            Some(b'-') if t.get(10).is_some_and(u8::is_ascii_digit) => Some(8),
            Some(b'-') => Some(10),
            _ => Some(8),
        };
    }
    if t[4] != b'W' {
        return Some(8);
    }
    let mut i = 7;
    while t.get(i).is_some_and(u8::is_ascii_digit) {
        i += 1;
    }
    Some(if i < 9 {
        i
    } else if i % 2 == 0 {
        7
    } else {
        8
    })
}

/// ValueError text for a date that does not exist.
pub fn check_date(year: i64, month: i64, day: i64) -> Result<(), String> {
    if !(1..=9999).contains(&year) {
        return Err(format!("year must be in 1..9999, not {year}"));
    }
    if !(1..=12).contains(&month) {
        return Err(format!("month must be in 1..12, not {month}"));
    }
    let most = days_in_month(year, month);
    if !(1..=most).contains(&day) {
        return Err(format!("day {day} must be in range 1..{most} for month {month} in year {year}"));
    }
    Ok(())
}

/// ValueError text for a time that does not exist.
pub fn check_time(parts: [i64; 4], fold: i64) -> Result<(), String> {
    let [h, m, s, us] = parts;
    let wrong = |what: &str, most: i64, v: i64| Err(format!("{what} must be in 0..{most}, not {v}"));
    if !(0..24).contains(&h) {
        return wrong("hour", 23, h);
    }
    if !(0..60).contains(&m) {
        return wrong("minute", 59, m);
    }
    if !(0..60).contains(&s) {
        return wrong("second", 59, s);
    }
    if !(0..1_000_000).contains(&us) {
        return wrong("microsecond", 999_999, us);
    }
    if !(0..2).contains(&fold) {
        return Err(format!("fold must be either 0 or 1, not {fold}"));
    }
    Ok(())
}
