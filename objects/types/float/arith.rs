//! Arithmetic on floats; an int on one side is converted.

use super::as_float;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::exception;
use crate::types::int::{self, IntRef, as_int};
use crate::types::str::Str;
use crate::types::type_::slots::Compare;
use gc::{Ref, Reg, Value};
use text::int_float;

fn float(f: f64) -> PyResult<Reg> {
    Ok(Value::float(f).into())
}

/// An operand as a float; `None` when it is neither float nor int.
#[inline]
pub fn operand(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<f64>> {
    if let Some(f) = as_float(v) {
        return Ok(Some(f));
    }
    match as_int(v) {
        None => Ok(None),
        Some(i) => match i.to_f64() {
            Some(f) => Ok(Some(f)),
            None => Err(cx.overflow_error("int too large to convert to float")),
        },
    }
}

macro_rules! operator {
    ($(#[$doc:meta])* $name:ident, $f:expr) => {
        $(#[$doc])*
        pub fn $name(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
            let (Some(x), Some(y)) = (operand(cx, a)?, operand(cx, b)?) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
            let f: fn(&mut Cx, f64, f64) -> PyResult<Reg> = $f;
            f(cx, x, y)
        }
    };
}
operator!(
    /// `a + b`.
    add, |_, x, y| float(x + y)
);
operator!(
    /// `a - b`.
    sub, |_, x, y| float(x - y)
);
operator!(
    /// `a * b`.
    mul, |_, x, y| float(x * y)
);
operator!(
    /// `a / b`.
    truediv, |cx, x, y| if y == 0.0 { Err(cx.zero_division("division by zero")) } else { float(x / y) }
);
operator!(
    /// `a // b`.
    floordiv, |cx, x, y| if y == 0.0 { Err(cx.zero_division("division by zero")) } else { float(quotient_remainder(x, y).0) }
);
operator!(
    /// `a % b`.
    modulo, |cx, x, y| if y == 0.0 { Err(cx.zero_division("division by zero")) } else { float(remainder(x, y)) }
);
operator!(
    /// `divmod(a, b)`.
    divmod, |cx, x, y| {
        if y == 0.0 {
            return Err(cx.zero_division("division by zero"));
        }
        let (q, r) = quotient_remainder(x, y);
        Ok(crate::types::tuple::Tuple::from_values(vec![Value::float(q), Value::float(r)]).into())
    }
);

/// `x % y`: the result has the sign of `y`.
fn remainder(x: f64, y: f64) -> f64 {
    let r = x % y;
    if r == 0.0 {
        0f64.copysign(y)
    } else if (y < 0.0) != (r < 0.0) {
        r + y
    } else {
        r
    }
}

/// `divmod(x, y)`.
fn quotient_remainder(x: f64, y: f64) -> (f64, f64) {
    let mut r = x % y;
    let mut q = (x - r) / y;
    if r == 0.0 {
        r = 0f64.copysign(y);
    } else if (y < 0.0) != (r < 0.0) {
        r += y;
        q -= 1.0;
    }
    if q == 0.0 {
        return (0f64.copysign(x / y), r);
    }
    let floor = q.floor();
    (if q - floor > 0.5 { floor + 1.0 } else { floor }, r)
}

/// `pow(a, b)`.
pub fn power(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, m: Ref<'_>) -> PyResult<Reg> {
    if !m.is_none() {
        return Err(cx.type_error("pow() 3rd argument not allowed unless all arguments are integers"));
    }
    let (Some(x), Some(y)) = (operand(cx, a)?, operand(cx, b)?) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    if y == 0.0 || x == 1.0 {
        return float(1.0);
    }
    if x.is_nan() || y.is_nan() || x.is_infinite() || y.is_infinite() {
        // IEEE pow agrees with Python's rules for these.
        return float(x.powf(y));
    }
    if x == 0.0 {
        let odd = (y % 2.0).abs() == 1.0;
        if y < 0.0 {
            return Err(cx.zero_division("zero to a negative power"));
        }
        return float(if odd { x } else { 0.0 });
    }
    if x < 0.0 && y.floor() != y {
        return crate::types::complex::arith::power_of(cx, (x, 0.0), (y, 0.0));
    }
    let r = x.powf(y);
    if r.is_infinite() { Err(range_error(cx)) } else { float(r) }
}

/// OverflowError with the C library's number and text.
pub fn range_error(cx: &mut Cx) -> crate::error::Raised {
    let e = exception::new_args(
        exception::ids::OVERFLOW_ERROR,
        vec![int::from_i64(34), Str::from_text("Numerical result out of range").into_value()],
    );
    cx.raise_new(e)
}

/// `a op b`; an int is compared by its exact value.
pub fn compare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let Some(x) = as_float(a) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    let order = match as_float(b) {
        Some(y) => x.partial_cmp(&y),
        None => match as_int(b) {
            Some(i) => with_int(i, x).map(std::cmp::Ordering::reverse),
            None => return Ok(Value::NOT_IMPLEMENTED.into()),
        },
    };
    Ok(Value::bool(order.map_or(op == Compare::Ne, |o| op.holds(o))).into())
}

/// An int compared with a float; `None` for NaN.
pub fn with_int(i: IntRef<'_>, f: f64) -> Option<std::cmp::Ordering> {
    match i {
        IntRef::Small(i) => int_float::compare_i64(i, f),
        i => int_float::compare_big(&i.to_big(), f),
    }
}

/// Hash of a float that is no NaN: equal to that of an equal int; otherwise the fraction modulo 2^61 - 1.
pub fn hash_number(f: f64) -> i64 {
    if f.is_infinite() {
        return if f > 0.0 { 314_159 } else { -314_159 };
    }
    let (mantissa, exponent) = int_float::decompose(f);
    // The modulus is 2^61 - 1, so that multiplying by 2^e rotates 61 bits by e mod 61.
    let m = mantissa.unsigned_abs() % int::arith::HASH_MODULUS;
    let e = exponent.rem_euclid(61) as u32;
    let rotated = if e == 0 { m } else { (m << e | m >> (61 - e)) & int::arith::HASH_MODULUS };
    let h = rotated as i64 * if f < 0.0 { -1 } else { 1 };
    if h == -1 { -2 } else { h }
}

/// Hash of a float value; NaNs by identity.
pub fn hash(_cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    match as_float(v) {
        Some(f) if !f.is_nan() => Ok(hash_number(f)),
        _ => Ok(crate::protocol::hash::identity(v)),
    }
}
