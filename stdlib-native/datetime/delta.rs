//! `timedelta`.

use super::calendar::{DAY, SECOND};
use super::ids;
use crate::guarded::make;
use gc::{Payload, Ref, Reg, Value, Word};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Signed;
use objects::native::{Member, Method, getter, method};
use objects::protocol::hash;
use objects::types::float::as_float;
use objects::types::int::{self, as_int};
use objects::types::str::text;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::{Args, Cx, PyResult};

/// Most days.
pub const MAX_DAYS: i128 = 999_999_999;

/// A span; `0 <= seconds < 86400`, `0 <= micros < 10**6`.
#[repr(C)]
pub struct Delta {
    days: i32,
    seconds: i32,
    micros: i32,
}
// SAFETY: holds no words.
unsafe impl Payload for Delta {
    const TYPE_ID: u32 = ids::DELTA;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

impl Delta {
    fn split(us: i128) -> Delta {
        let rest = us.rem_euclid(DAY);
        Delta { days: us.div_euclid(DAY) as i32, seconds: (rest / SECOND) as i32, micros: (rest % SECOND) as i32 }
    }
    /// All of it in microseconds.
    pub fn total(&self) -> i128 {
        i128::from(self.days) * DAY + i128::from(self.seconds) * SECOND + i128::from(self.micros)
    }
}

/// The span, if the value is one.
pub fn as_delta(v: Ref<'_>) -> Option<&Delta> {
    // SAFETY: the type says so.
    if super::is_a(v, ids::DELTA) { Some(unsafe { v.cast::<Delta>() }) } else { None }
}

fn me(v: Ref<'_>) -> &Delta {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Delta>() }
}

/// A span that is in range.
pub fn plain(us: i128) -> Value {
    gc::alloc(Delta::split(us)).into_value()
}

/// A span of a class; OverflowError when out of range.
pub fn of_class(cx: &mut Cx, class: Ref<'_>, us: i128) -> PyResult<Reg> {
    let days = us.div_euclid(DAY);
    if i32::try_from(days).is_err() {
        return Err(cx.overflow_error("Python int too large to convert to C int"));
    }
    if days.abs() > MAX_DAYS {
        return Err(cx.overflow_error(format!("days={days}; must have magnitude <= 999999999")));
    }
    Ok(make(class, Delta::split(us)))
}

/// A span; OverflowError when out of range.
pub fn new(cx: &mut Cx, us: i128) -> PyResult<Reg> {
    of_class(cx, type_value(ids::DELTA).as_ref(), us)
}

fn from_big(cx: &mut Cx, b: &BigInt) -> PyResult<Reg> {
    match i128::try_from(b) {
        Ok(us) => new(cx, us),
        Err(_) => Err(cx.overflow_error("Python int too large to convert to C int")),
    }
}

crate::parameters!(NEW, "timedelta", "($self, days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)");

fn construct(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    const UNITS: [(&str, i128); 7] = [
        ("days", DAY),
        ("seconds", SECOND),
        ("microseconds", 1),
        ("milliseconds", 1000),
        ("minutes", 60 * SECOND),
        ("hours", 3600 * SECOND),
        ("weeks", 7 * DAY),
    ];
    NEW.bind(cx, args, |cx, a| {
        let too_large = |cx: &mut Cx| cx.overflow_error("Python int too large to convert to C int");
        let mut whole = 0i128;
        let mut left = 0.0f64;
        for ((name, unit), v) in UNITS.iter().zip(a) {
            let Some(v) = v.given() else { continue };
            if let Some(i) = as_int(v) {
                let product = i.to_i128().and_then(|i| i.checked_mul(*unit)).and_then(|p| p.checked_add(whole));
                whole = product.ok_or_else(|| too_large(cx))?;
            } else if let Some(f) = as_float(v) {
                if f.is_nan() {
                    return Err(cx.value_error("cannot convert float NaN to integer"));
                }
                if f.is_infinite() {
                    return Err(cx.overflow_error("cannot convert float infinity to integer"));
                }
                let int_part = f.trunc();
                let rest = (f - int_part) * *unit as f64;
                let exact = if int_part.abs() < 1e30 { (int_part as i128).checked_mul(*unit) } else { None };
                let added = exact.and_then(|p| p.checked_add(whole)).and_then(|w| w.checked_add(rest.trunc() as i128));
                whole = added.ok_or_else(|| too_large(cx))?;
                left += rest - rest.trunc();
            } else {
                let n = type_of(v).shown_name();
                return Err(cx.type_error(format!("unsupported type for timedelta {name} component: {n}")));
            }
        }
        if left != 0.0 {
            let mut rounded = left.round();
            if (rounded - left).abs() == 0.5 {
                let odd = (whole & 1) as f64;
                rounded = 2.0 * ((left + odd) * 0.5).round() - odd;
            }
            whole += rounded as i128;
        }
        of_class(cx, class, whole)
    })
}

fn not_implemented() -> PyResult<Reg> {
    Ok(Value::NOT_IMPLEMENTED.into())
}

/// Rounds a quotient to the nearest number, halves to even.
fn divide_nearest(a: &BigInt, b: &BigInt) -> BigInt {
    let (q, r) = a.div_mod_floor(b);
    let twice: BigInt = r * 2;
    let greater = if b.is_negative() { twice < *b } else { twice > *b };
    if greater || (twice == *b && q.is_odd()) { q + 1 } else { q }
}

fn scaled(cx: &mut Cx, us: i128, f: f64, divide: bool) -> PyResult<Reg> {
    let ratio = objects::types::float::convert::ratio(cx, &[Value::float(f).as_ref()])?.into_value();
    let parts: Vec<BigInt> = objects::protocol::iter::collect(cx, ratio.as_ref())?
        .iter()
        .filter_map(|v| as_int(v.as_ref()).map(|i| i.to_big().into_owned()))
        .collect();
    let [n, d] = &parts[..] else { return not_implemented() };
    let (n, d) = if divide { (d, n) } else { (n, d) };
    if d.bits() == 0 {
        return Err(cx.zero_division("division by zero"));
    }
    from_big(cx, &divide_nearest(&(BigInt::from(us) * n), d))
}

fn add(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    match (as_delta(a), as_delta(b)) {
        (Some(x), Some(y)) => new(cx, x.total() + y.total()),
        _ => not_implemented(),
    }
}
fn sub(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    match (as_delta(a), as_delta(b)) {
        (Some(x), Some(y)) => new(cx, x.total() - y.total()),
        _ => not_implemented(),
    }
}
fn mul(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let (d, n) = match (as_delta(a), as_delta(b)) {
        (Some(d), None) => (d, b),
        (None, Some(d)) => (d, a),
        _ => return not_implemented(),
    };
    if let Some(i) = as_int(n) {
        return from_big(cx, &(BigInt::from(d.total()) * &*i.to_big()));
    }
    match as_float(n) {
        Some(f) => scaled(cx, d.total(), f, false),
        None => not_implemented(),
    }
}
fn truediv(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let Some(x) = as_delta(a) else { return not_implemented() };
    if let Some(y) = as_delta(b) {
        let (p, q) = (int::from_i128(x.total()), int::from_i128(y.total()));
        return objects::protocol::arith::binary(cx, objects::protocol::arith::Op::TrueDiv, p.as_ref(), q.as_ref());
    }
    if let Some(i) = as_int(b) {
        if i.is_zero() {
            return Err(cx.zero_division("division by zero"));
        }
        return from_big(cx, &divide_nearest(&BigInt::from(x.total()), &i.to_big()));
    }
    match as_float(b) {
        Some(f) => scaled(cx, x.total(), f, true),
        None => not_implemented(),
    }
}
fn floordiv(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let Some(x) = as_delta(a) else { return not_implemented() };
    let (divisor, is_span) = match (as_delta(b), as_int(b)) {
        (Some(y), _) => (BigInt::from(y.total()), true),
        (_, Some(i)) => (i.to_big().into_owned(), false),
        _ => return not_implemented(),
    };
    if divisor.bits() == 0 {
        return Err(cx.zero_division("division by zero"));
    }
    let q = BigInt::from(x.total()).div_floor(&divisor);
    if is_span { Ok(int::from_big(q).into()) } else { from_big(cx, &q) }
}
fn modulo(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (as_delta(a), as_delta(b)) else { return not_implemented() };
    if y.total() == 0 {
        return Err(cx.zero_division("division by zero"));
    }
    new(cx, x.total().mod_floor(&y.total()))
}
fn divmod(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (as_delta(a), as_delta(b)) else { return not_implemented() };
    if y.total() == 0 {
        return Err(cx.zero_division("division by zero"));
    }
    let (q, r) = x.total().div_mod_floor(&y.total());
    let r = new(cx, r)?.into_value();
    Ok(Tuple::from_values(vec![int::from_i128(q), r]).into())
}

fn richcompare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    match (as_delta(a), as_delta(b)) {
        (Some(x), Some(y)) => Ok(Value::bool(op.holds(x.total().cmp(&y.total()))).into()),
        _ => not_implemented(),
    }
}

fn state(d: &Delta) -> Value {
    let parts = [d.days, d.seconds, d.micros].map(|n| Value::small_int(n.into()));
    Tuple::from_values(parts.to_vec()).into_value()
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let d = me(v);
    let parts: Vec<String> = [("days", d.days), ("seconds", d.seconds), ("microseconds", d.micros)]
        .iter()
        .filter(|(_, n)| *n != 0)
        .map(|(name, n)| format!("{name}={n}"))
        .collect();
    let shown = if parts.is_empty() { "0".to_string() } else { parts.join(", ") };
    Ok(text(&format!("{}({shown})", type_of(v).shown_name())))
}

fn str_of(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let d = me(v);
    let mut out = String::new();
    if d.days != 0 {
        out = format!("{} day{}, ", d.days, if d.days.abs() == 1 { "" } else { "s" });
    }
    let (m, s) = (d.seconds / 60, d.seconds % 60);
    out += &format!("{}:{:02}:{s:02}", m / 60, m % 60);
    if d.micros != 0 {
        out += &format!(".{:06}", d.micros);
    }
    Ok(text(&out))
}

fn total_seconds(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (p, q) = (int::from_i128(me(a[0]).total()), Value::small_int(1_000_000));
    objects::protocol::arith::binary(cx, objects::protocol::arith::Op::TrueDiv, p.as_ref(), q.as_ref())
}

static METHODS: &[Method] = &[
    method("total_seconds", "($self, /)", total_seconds, "The span in seconds."),
    method("__reduce__", "($self, /)", |_, a| Ok(Tuple::from_values(vec![type_of(a[0]).as_value(), state(me(a[0]))]).into()), ""),
];
static MEMBERS: &[Member] = &[
    Member(getter("days", |_, v| Ok(int::reg(me(v).days.into())), "Number of days.")),
    Member(getter("seconds", |_, v| Ok(int::reg(me(v).seconds.into())), "Number of seconds (>= 0 and less than 1 day).")),
    Member(getter("microseconds", |_, v| Ok(int::reg(me(v).micros.into())), "Number of microseconds (>= 0 and less than 1 second).")),
];

/// `datetime.timedelta`.
pub static DELTA_TYPE: TypeSpec = TypeSpec::of::<Delta>("datetime.timedelta")
    .flags(flags::BASE)
    .slots(Slots {
        new: Some(construct),
        repr: Some(repr),
        str: Some(str_of),
        richcompare: Some(richcompare),
        hash: Some(|cx, v| hash::hash(cx, state(me(v)).as_ref())),
        bool: Some(|_, v| Ok(me(v).total() != 0)),
        add: Some(add),
        sub: Some(sub),
        mul: Some(mul),
        truediv: Some(truediv),
        floordiv: Some(floordiv),
        mod_: Some(modulo),
        divmod: Some(divmod),
        neg: Some(|cx, v| new(cx, -me(v).total())),
        pos: Some(|cx, v| new(cx, me(v).total())),
        abs: Some(|cx, v| new(cx, me(v).total().abs())),
        ..Slots::NONE
    })
    .methods(METHODS)
    .members(MEMBERS)
    .doc("Difference between two datetime values.");
