//! Arithmetic on ints: words first, then 128 bits, big ints behind. Every operator on ints happens here and nowhere else.

use super::{IntRef, as_int, from_big, from_i64, from_i128};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::type_::slots::Compare;
use gc::{Ref, Reg, Value};
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::Zero;

/// Results of more bits than this ask for the memory first, so that they end in MemoryError rather than in an abort.
const CAREFUL_BITS: u64 = 1 << 30;

fn unknown() -> PyResult<Reg> {
    Ok(Value::NOT_IMPLEMENTED.into())
}

/// MemoryError unless a number of that many bits has a chance to fit.
fn room(cx: &mut Cx, bits: u64) -> PyResult<()> {
    if bits < CAREFUL_BITS {
        return Ok(());
    }
    let mut probe: Vec<u8> = Vec::new();
    let bytes = usize::try_from(bits / 8).ok().and_then(|b| b.checked_mul(3));
    match bytes.map(|b| probe.try_reserve_exact(b)) {
        Some(Ok(())) => Ok(()),
        _ => Err(cx.memory_error()),
    }
}

macro_rules! operator {
    ($(#[$doc:meta])* $name:ident, $word:expr, $wide:ident, $big:tt, $bits:expr) => {
        $(#[$doc])*
        pub fn $name(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
            let (v, w) = (a.word(), b.word());
            if v.both_int(w) {
                let f: fn(i64, i64) -> Option<i64> = $word;
                if let Some(r) = f(v.int(), w.int()) {
                    return Ok(from_i64(r).into());
                }
            }
            let (Some(x), Some(y)) = (as_int(a), as_int(b)) else { return unknown() };
            if let (Some(p), Some(q)) = (x.to_i128(), y.to_i128())
                && let Some(r) = p.$wide(q)
            {
                return Ok(from_i128(r).into());
            }
            let bits: fn(u64, u64) -> u64 = $bits;
            room(cx, bits(x.bits(), y.bits()))?;
            Ok(from_big(&*x.to_big() $big &*y.to_big()).into())
        }
    };
}
operator!(
    /// `a + b`.
    add, |x, y| Some(x + y), checked_add, +, u64::max
);
operator!(
    /// `a - b`.
    sub, |x, y| Some(x - y), checked_sub, -, u64::max
);
operator!(
    /// `a * b`.
    mul, i64::checked_mul, checked_mul, *, u64::saturating_add
);

macro_rules! bitwise {
    ($(#[$doc:meta])* $name:ident, $op:tt) => {
        $(#[$doc])*
        pub fn $name(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
            let (v, w) = (a.word(), b.word());
            if v.both_int(w) {
                return Ok(from_i64(v.int() $op w.int()).into());
            }
            let (Some(x), Some(y)) = (as_int(a), as_int(b)) else { return unknown() };
            Ok(match (x.to_i128(), y.to_i128()) {
                (Some(p), Some(q)) => from_i128(p $op q),
                _ => from_big(&*x.to_big() $op &*y.to_big()),
            }
            .into())
        }
    };
}
bitwise!(
    /// `a & b`.
    and, &
);
bitwise!(
    /// `a | b`.
    or, |
);
bitwise!(
    /// `a ^ b`.
    xor, ^
);

/// Quotient and remainder as Python has them: the remainder has the divisor's sign. `y` is not 0; `None` on overflow.
fn floor_i64(x: i64, y: i64) -> Option<(i64, i64)> {
    let (q, r) = (x.checked_div(y)?, x.checked_rem(y)?);
    Some(if r != 0 && (r < 0) != (y < 0) { (q - 1, r + y) } else { (q, r) })
}
fn floor_i128(x: i128, y: i128) -> Option<(i128, i128)> {
    let (q, r) = (x.checked_div(y)?, x.checked_rem(y)?);
    Some(if r != 0 && (r < 0) != (y < 0) { (q - 1, r + y) } else { (q, r) })
}

/// Which part of a division is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Quotient,
    Remainder,
    Both,
}

#[inline(always)]
fn divide(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, part: Part) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (as_int(a), as_int(b)) else { return unknown() };
    if y.is_zero() {
        return Err(cx.zero_division("division by zero"));
    }
    if let (IntRef::Small(p), IntRef::Small(q)) = (x, y)
        && let Some((quotient, remainder)) = floor_i64(p, q)
    {
        return Ok(match part {
            Part::Quotient => from_i64(quotient).into(),
            Part::Remainder => from_i64(remainder).into(),
            Part::Both => pair(from_i64(quotient), from_i64(remainder)),
        });
    }
    Ok(divide_large(x, y, part))
}

#[cold]
fn divide_large(x: IntRef<'_>, y: IntRef<'_>, part: Part) -> Reg {
    if let (Some(p), Some(q)) = (x.to_i128(), y.to_i128())
        && let Some((quotient, remainder)) = floor_i128(p, q)
    {
        return match part {
            Part::Quotient => from_i128(quotient).into(),
            Part::Remainder => from_i128(remainder).into(),
            Part::Both => pair(from_i128(quotient), from_i128(remainder)),
        };
    }
    let (x, y) = (x.to_big(), y.to_big());
    match part {
        Part::Quotient => from_big(x.div_floor(&y)).into(),
        Part::Remainder => from_big(x.mod_floor(&y)).into(),
        Part::Both => {
            let (q, r) = x.div_mod_floor(&y);
            pair(from_big(q), from_big(r))
        }
    }
}

fn pair(a: Value, b: Value) -> Reg {
    crate::types::tuple::Tuple::from_values(vec![a, b]).into()
}

/// `a // b`.
pub fn floordiv(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    divide(cx, a, b, Part::Quotient)
}
/// `a % b`.
pub fn modulo(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    divide(cx, a, b, Part::Remainder)
}
/// `divmod(a, b)`.
pub fn divmod(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    divide(cx, a, b, Part::Both)
}

/// `a / b`.
pub fn truediv(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (as_int(a), as_int(b)) else { return unknown() };
    if y.is_zero() {
        return Err(cx.zero_division("division by zero"));
    }
    let r = match (x, y) {
        (IntRef::Small(x), IntRef::Small(y)) => Some(text::int_float::true_divide_i64(x, y)),
        _ => text::int_float::true_divide(&x.to_big(), &y.to_big()),
    };
    match r {
        Some(f) => Ok(Value::float(f).into()),
        None => Err(cx.overflow_error("integer division result too large for a float")),
    }
}

/// `a << b`.
pub fn lshift(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (as_int(a), as_int(b)) else { return unknown() };
    if y.is_negative() {
        return Err(cx.value_error("negative shift count"));
    }
    if x.is_zero() {
        return Ok(from_i64(0).into());
    }
    let n = match y.to_i64() {
        Some(n) if n < 1 << 58 => n as u64,
        _ => return Err(cx.overflow_error("too many digits in integer")),
    };
    if let Some(p) = x.to_i128()
        && x.bits() + n < 127
    {
        return Ok(from_i128(p << n).into());
    }
    room(cx, x.bits() + n)?;
    Ok(from_big(&*x.to_big() << n).into())
}

/// `a >> b`.
pub fn rshift(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (as_int(a), as_int(b)) else { return unknown() };
    if y.is_negative() {
        return Err(cx.value_error("negative shift count"));
    }
    let n = y.to_i64().map_or(u64::MAX, |n| n as u64);
    Ok(match x {
        IntRef::Small(i) => from_i64(i >> n.min(63)),
        IntRef::Wide(i) => from_i128(i >> n.min(127)),
        IntRef::Big(b) if n >= b.bits() => from_i64(if x.is_negative() { -1 } else { 0 }),
        IntRef::Big(b) => from_big(b >> n),
    }
    .into())
}

/// `-a`.
pub fn neg(_cx: &mut Cx, a: Ref<'_>) -> PyResult<Reg> {
    Ok(match as_int(a) {
        Some(IntRef::Small(i)) => from_i128(-i128::from(i)),
        Some(i) => from_big(-i.to_big().into_owned()),
        None => Value::NOT_IMPLEMENTED,
    }
    .into())
}

/// `abs(a)`.
pub fn abs(cx: &mut Cx, a: Ref<'_>) -> PyResult<Reg> {
    if as_int(a).is_some_and(IntRef::is_negative) { neg(cx, a) } else { Ok(super::exact(a).into()) }
}

/// `~a`.
pub fn invert(_cx: &mut Cx, a: Ref<'_>) -> PyResult<Reg> {
    Ok(match as_int(a) {
        Some(IntRef::Small(i)) => from_i64(!i),
        Some(IntRef::Wide(i)) => from_i128(!i),
        Some(IntRef::Big(b)) => from_big(!b),
        None => Value::NOT_IMPLEMENTED,
    }
    .into())
}

/// `a op b`.
pub fn compare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (v, w) = (a.word(), b.word());
    if v.both_int(w) {
        return Ok(Value::bool(op.holds(v.int().cmp(&w.int()))).into());
    }
    let (Some(x), Some(y)) = (as_int(a), as_int(b)) else { return unknown() };
    Ok(Value::bool(op.holds(x.cmp(&y))).into())
}

/// The modulus of numeric hashes, a Mersenne prime.
pub const HASH_MODULUS: u64 = (1 << 61) - 1;

/// Hash of an int: the number modulo 2^61 - 1, with the number's sign; never -1.
pub fn hash(i: IntRef<'_>) -> i64 {
    let (negative, magnitude) = match i {
        IntRef::Small(i) => (i < 0, i.unsigned_abs() % HASH_MODULUS),
        IntRef::Wide(i) => (i < 0, (i.unsigned_abs() % u128::from(HASH_MODULUS)) as u64),
        IntRef::Big(b) => {
            let m = b
                .magnitude()
                .iter_u64_digits()
                .rev()
                .fold(0u64, |h, d| ((u128::from(h) << 64 | u128::from(d)) % u128::from(HASH_MODULUS)) as u64);
            (b.sign() == Sign::Minus, m)
        }
    };
    let h = if negative { -(magnitude as i64) } else { magnitude as i64 };
    if h == -1 { -2 } else { h }
}

/// `pow(a, b)` and `pow(a, b, m)`.
pub fn power(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, m: Ref<'_>) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (as_int(a), as_int(b)) else { return unknown() };
    if m.is_none() {
        if y.is_negative() {
            return crate::types::float::arith::power(cx, a, b, m);
        }
        return Ok(plain_power(cx, x, y)?.into());
    }
    match as_int(m) {
        Some(m) => Ok(modular_power(cx, x, y, m)?.into()),
        None => unknown(),
    }
}

fn plain_power(cx: &mut Cx, x: IntRef<'_>, y: IntRef<'_>) -> PyResult<Value> {
    match x {
        IntRef::Small(0 | 1) => return Ok(from_i64(if y.is_zero() { 1 } else { i64::from(!x.is_zero()) })),
        IntRef::Small(-1) => {
            let odd = match y {
                IntRef::Small(i) => i & 1 == 1,
                IntRef::Wide(i) => i & 1 == 1,
                IntRef::Big(b) => b.is_odd(),
            };
            return Ok(from_i64(if odd { -1 } else { 1 }));
        }
        _ => {}
    }
    let Some(n) = y.to_i64().map(|n| n as u64) else { return Err(cx.memory_error()) };
    if let (Some(base), Ok(small)) = (x.to_i128(), u32::try_from(n))
        && let Some(r) = base.checked_pow(small)
    {
        return Ok(from_i128(r));
    }
    let base = x.to_big();
    // A power of two in the base is a shift of the result.
    if base.magnitude().trailing_zeros() == Some(base.bits() - 1) {
        let shift = (base.bits() - 1).saturating_mul(n);
        room(cx, shift)?;
        let one = BigInt::from(if x.is_negative() && n & 1 == 1 { -1 } else { 1 });
        return Ok(from_big(one << shift));
    }
    room(cx, (base.bits() - 1).saturating_mul(n))?;
    let mut result = BigInt::from(1);
    for bit in (0..64 - n.leading_zeros()).rev() {
        result = &result * &result;
        if n >> bit & 1 == 1 {
            result *= &*base;
        }
        if result.bits() > 1 << 20 {
            cx.poll()?;
        }
    }
    Ok(from_big(result))
}

fn modular_power(cx: &mut Cx, x: IntRef<'_>, y: IntRef<'_>, m: IntRef<'_>) -> PyResult<Value> {
    if m.is_zero() {
        return Err(cx.value_error("pow() 3rd argument cannot be 0"));
    }
    if let (IntRef::Small(x), IntRef::Small(y @ 0..), IntRef::Small(m)) = (x, y, m) {
        let n = i128::from(m).unsigned_abs();
        let mut base = i128::from(x).rem_euclid(n as i128) as u128;
        let mut result = 1 % n;
        let mut e = y;
        while e > 0 {
            if e & 1 == 1 {
                result = result * base % n;
            }
            base = base * base % n;
            e >>= 1;
        }
        let r = result as i128;
        return Ok(from_i128(if m < 0 && r != 0 { r + i128::from(m) } else { r }));
    }
    let modulus = m.to_big();
    let n = BigInt::from_biguint(Sign::Plus, modulus.magnitude().clone());
    let mut base = x.to_big().mod_floor(&n);
    let mut exponent = y.to_big().into_owned();
    if exponent.sign() == Sign::Minus {
        base = match base.modinv(&n) {
            Some(i) => i,
            None if n == BigInt::from(1) => BigInt::zero(),
            None => return Err(cx.value_error("base is not invertible for the given modulus")),
        };
        exponent = -exponent;
    }
    let r = BigInt::from_biguint(Sign::Plus, base.magnitude().modpow(exponent.magnitude(), n.magnitude()));
    Ok(from_big(if m.is_negative() && !r.is_zero() { r + &*modulus } else { r }))
}
