//! The proleptic Gregorian calendar, and the machine's local time.

/// Microseconds of a second.
pub const SECOND: i128 = 1_000_000;
/// Microseconds of a day.
pub const DAY: i128 = 86_400 * SECOND;
/// Ordinal of the first day of 1970.
pub const EPOCH_ORDINAL: i64 = 719_163;
/// Seconds from the beginning of year 1 (with day numbers from 1) to 1970.
const EPOCH: i64 = EPOCH_ORDINAL * 86_400;
/// Ordinal of the last day of year 9999.
pub const MAX_ORDINAL: i64 = 3_652_059;

/// Whether February has 29 days.
pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month.
pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the year before a month.
pub fn days_before_month(year: i64, month: i64) -> i64 {
    const BEFORE: [i64; 13] = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    BEFORE[month as usize] + i64::from(month > 2 && is_leap(year))
}

fn days_before_year(year: i64) -> i64 {
    let y = year - 1;
    y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400)
}

/// Number of a day: 1 January of year 1 is 1.
pub fn ordinal(year: i64, month: i64, day: i64) -> i64 {
    days_before_year(year) + days_before_month(year, month) + day
}

/// Year, month and day of a number.
pub fn from_ordinal(ordinal: i64) -> (i64, i64, i64) {
    let n = ordinal - 1;
    let (n400, n) = (n.div_euclid(146_097), n.rem_euclid(146_097));
    let (n100, n) = (n / 36_524, n % 36_524);
    let (n4, n) = (n / 1461, n % 1461);
    let (n1, n) = (n / 365, n % 365);
    let year = n400 * 400 + n100 * 100 + n4 * 4 + n1 + 1;
    if n1 == 4 || n100 == 4 {
        return (year - 1, 12, 31);
    }
    let mut month = (n + 50) >> 5;
    if days_before_month(year, month) > n {
        month -= 1;
    }
    (year, month, n - days_before_month(year, month) + 1)
}

/// Day of the week: Monday is 0.
pub fn weekday(year: i64, month: i64, day: i64) -> i64 {
    (ordinal(year, month, day) + 6) % 7
}

/// Number of the Monday that starts week 1 of a year.
pub fn first_monday(year: i64) -> i64 {
    let first = ordinal(year, 1, 1);
    let weekday = (first + 6) % 7;
    first - weekday + if weekday > 3 { 7 } else { 0 }
}

/// Year, week and day of the ISO calendar.
pub fn week_date(year: i64, month: i64, day: i64) -> (i64, i64, i64) {
    let today = ordinal(year, month, day);
    let mut y = year;
    let mut week = (today - first_monday(y)).div_euclid(7);
    let day = (today - first_monday(y)).rem_euclid(7);
    if week < 0 {
        y -= 1;
        week = (today - first_monday(y)).div_euclid(7);
    } else if week >= 52 && today >= first_monday(y + 1) {
        y += 1;
        week = 0;
    }
    (y, week + 1, day + 1)
}

/// Why there is no day with an ISO week date.
pub enum NoSuchDay {
    /// The year is out of range.
    Year,
    /// The week is.
    Week,
    /// The day is.
    Day,
}

/// The day of an ISO week date.
pub fn from_week_date(year: i64, week: i64, day: i64) -> Result<(i64, i64, i64), NoSuchDay> {
    if !(1..=9999).contains(&year) {
        return Err(NoSuchDay::Year);
    }
    if !(1..53).contains(&week) {
        let first = weekday(year, 1, 1);
        let long = week == 53 && (first == 3 || (first == 2 && is_leap(year)));
        if !long {
            return Err(NoSuchDay::Week);
        }
    }
    if !(1..=7).contains(&day) {
        return Err(NoSuchDay::Day);
    }
    Ok(from_ordinal(first_monday(year) + (week - 1) * 7 + day - 1))
}

/// What the clock shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Clock {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

/// What clocks show at UTC.
pub fn utc_clock(timestamp: i64) -> Option<Clock> {
    let (days, rest) = (timestamp.div_euclid(86_400), timestamp.rem_euclid(86_400));
    let ordinal = days.checked_add(EPOCH_ORDINAL)?;
    if !(-1_000_000_000..=1_000_000_000).contains(&ordinal) {
        return None;
    }
    let (year, month, day) = from_ordinal(ordinal);
    Some(Clock { year, month, day, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60 })
}

/// Local time as the C library knows it.
pub struct Local {
    /// What clocks show.
    pub clock: Clock,
    /// Seconds east of UTC.
    pub offset: i64,
    /// Abbreviation of the zone.
    pub zone: String,
}

/// Local time at a timestamp; `None` when the C library has none.
pub fn local(timestamp: i64) -> Option<Local> {
    // SAFETY: `tm` is plain data, filled by the call; its zone is a static string of the C library.
    unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        let t = timestamp as libc::time_t;
        if libc::localtime_r(&t, &mut tm).is_null() {
            return None;
        }
        let zone = if tm.tm_zone.is_null() { String::new() } else { std::ffi::CStr::from_ptr(tm.tm_zone).to_string_lossy().into_owned() };
        let clock = Clock {
            year: i64::from(tm.tm_year) + 1900,
            month: i64::from(tm.tm_mon) + 1,
            day: i64::from(tm.tm_mday),
            hour: i64::from(tm.tm_hour),
            minute: i64::from(tm.tm_min),
            second: i64::from(tm.tm_sec.min(59)),
        };
        Some(Local { clock, offset: tm.tm_gmtoff, zone })
    }
}

/// Seconds that a clock shows, as if it showed UTC.
pub fn seconds(c: Clock) -> i64 {
    (ordinal(c.year, c.month, c.day) * 24 + c.hour) * 3600 + c.minute * 60 + c.second - EPOCH
}

fn shown(timestamp: i64) -> Option<i64> {
    local(timestamp).map(|l| seconds(l.clock))
}

/// Longest time by which clocks are set back.
const MAX_FOLD: i64 = 86_400;

/// Whether a local time is the second of two that show the same.
pub fn is_second(timestamp: i64, clock: Clock) -> bool {
    let result = seconds(clock);
    let Some(before) = shown(timestamp - MAX_FOLD) else { return false };
    let transition = result - before - MAX_FOLD;
    transition < 0 && shown(timestamp + transition) == Some(result)
}

/// The timestamp at which local clocks show this; `fold` chooses the second of two.
pub fn from_local(clock: Clock, fold: bool) -> Option<i64> {
    let t = seconds(clock);
    let a = shown(t)? - t;
    let u1 = t - a;
    let t1 = shown(u1)?;
    let b = if t1 == t {
        // One solution; there may be another one.
        let other = if fold { u1 + MAX_FOLD } else { u1 - MAX_FOLD };
        let b = shown(other)? - other;
        if a == b {
            return Some(u1);
        }
        b
    } else {
        t1 - u1
    };
    let u2 = t - b;
    if shown(u2)? == t {
        return Some(u2);
    }
    if t1 == t {
        return Some(u1);
    }
    // Clocks never showed this.
    Some(if fold { u1.min(u2) } else { u1.max(u2) })
}
