//! Arithmetic on complex numbers. A real operand stays real where that matters for signs of zeros and infinities, as C's annex G has it.

use super::Complex;
use crate::cx::Cx;
use crate::error::{PyResult, Raised};
use crate::types::float::arith::operand;
use crate::types::float::as_float;
use crate::types::int::as_int;
use crate::types::type_::Downcast;
use crate::types::type_::slots::Compare;
use gc::{Ref, Reg, Value};

/// Real and imaginary part.
pub type Pair = (f64, f64);

/// An operand of a mixed operation.
enum Operand {
    Real(f64),
    Complex(Pair),
}

impl Operand {
    fn pair(self) -> Pair {
        match self {
            Operand::Real(f) => (f, 0.0),
            Operand::Complex(p) => p,
        }
    }
}

/// The parts of a complex.
pub fn as_complex(v: Ref<'_>) -> Option<Pair> {
    v.downcast::<Complex>().map(|c| (c.real, c.imag))
}

fn get(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Operand>> {
    match as_complex(v) {
        Some(p) => Ok(Some(Operand::Complex(p))),
        None => Ok(operand(cx, v)?.map(Operand::Real)),
    }
}

fn complex(p: Pair) -> PyResult<Reg> {
    Ok(super::new(p.0, p.1).into())
}

macro_rules! operator {
    ($(#[$doc:meta])* $name:ident, $f:expr) => {
        $(#[$doc])*
        pub fn $name(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
            let (Some(x), Some(y)) = (get(cx, a)?, get(cx, b)?) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
            let f: fn(&mut Cx, Operand, Operand) -> PyResult<Reg> = $f;
            f(cx, x, y)
        }
    };
}
use Operand::{Complex as C, Real as R};

operator!(
    /// `a + b`.
    add, |_, x, y| complex(match (x, y) {
        (C((a, b)), R(c)) | (R(c), C((a, b))) => (a + c, b),
        (x, y) => {
            let ((a, b), (c, d)) = (x.pair(), y.pair());
            (a + c, b + d)
        }
    })
);
operator!(
    /// `a - b`.
    sub, |_, x, y| complex(match (x, y) {
        (C((a, b)), R(c)) => (a - c, b),
        (R(a), C((c, d))) => (a - c, -d),
        (x, y) => {
            let ((a, b), (c, d)) = (x.pair(), y.pair());
            (a - c, b - d)
        }
    })
);
operator!(
    /// `a * b`.
    mul, |_, x, y| complex(match (x, y) {
        (C((a, b)), R(c)) | (R(c), C((a, b))) => (a * c, b * c),
        (x, y) => product(x.pair(), y.pair()),
    })
);
operator!(
    /// `a / b`.
    truediv, |cx, x, y| match (x, y) {
        (_, R(0.0)) => Err(cx.zero_division("division by zero")),
        (C((a, b)), R(c)) => complex((a / c, b / c)),
        (x, y) => {
            let real = matches!(x, R(_));
            match quotient(x.pair(), y.pair(), real) {
                Some(p) => complex(p),
                None => Err(cx.zero_division("division by zero")),
            }
        }
    }
);

/// The product, with infinities recovered where the plain formula gives NaNs (C11 annex G.5.1).
pub fn product((a, b): Pair, (c, d): Pair) -> Pair {
    let (ac, bd, ad, bc) = (a * c, b * d, a * d, b * c);
    let (re, im) = (ac - bd, ad + bc);
    if !(re.is_nan() && im.is_nan()) {
        return (re, im);
    }
    let (mut a, mut b, mut c, mut d) = (a, b, c, d);
    let boxed = |x: f64| (if x.is_infinite() { 1f64 } else { 0.0 }).copysign(x);
    let zero = |x: f64| if x.is_nan() { 0f64.copysign(x) } else { x };
    let mut recover = false;
    if a.is_infinite() || b.is_infinite() {
        (a, b, c, d) = (boxed(a), boxed(b), zero(c), zero(d));
        recover = true;
    }
    if c.is_infinite() || d.is_infinite() {
        (c, d, a, b) = (boxed(c), boxed(d), zero(a), zero(b));
        recover = true;
    }
    if !recover && (ac.is_infinite() || bd.is_infinite() || ad.is_infinite() || bc.is_infinite()) {
        (a, b, c, d) = (zero(a), zero(b), zero(c), zero(d));
        recover = true;
    }
    if !recover {
        return (re, im);
    }
    (f64::INFINITY * (a * c - b * d), f64::INFINITY * (a * d + b * c))
}

/// The quotient by Smith's method; `None` when the divisor is zero. `real`: the dividend has no imaginary part.
pub fn quotient((a, b): Pair, (c, d): Pair, real: bool) -> Option<Pair> {
    let (re, im);
    if c.abs() >= d.abs() {
        if c == 0.0 && d == 0.0 {
            return None;
        }
        let ratio = d / c;
        let denominator = c + d * ratio;
        if real {
            (re, im) = (a / denominator, -a * ratio / denominator);
        } else {
            (re, im) = ((a + b * ratio) / denominator, (b - a * ratio) / denominator);
        }
    } else if d.abs() >= c.abs() {
        let ratio = c / d;
        let denominator = c * ratio + d;
        if real {
            (re, im) = (a * ratio / denominator, -a / denominator);
        } else {
            (re, im) = ((a * ratio + b) / denominator, (b * ratio - a) / denominator);
        }
    } else {
        // One of the divisor's parts is NaN.
        (re, im) = (f64::NAN, f64::NAN);
    }
    if !(re.is_nan() && im.is_nan()) {
        return Some((re, im));
    }
    let boxed = |x: f64| (if x.is_infinite() { 1f64 } else { 0.0 }).copysign(x);
    if (a.is_infinite() || b.is_infinite()) && c.is_finite() && d.is_finite() {
        let (x, y) = (boxed(a), boxed(b));
        if real {
            return Some((f64::INFINITY * (x * c), f64::INFINITY * (-x * d)));
        }
        return Some((f64::INFINITY * (x * c + y * d), f64::INFINITY * (y * c - x * d)));
    }
    if (c.is_infinite() || d.is_infinite()) && a.is_finite() && b.is_finite() {
        let (x, y) = (boxed(c), boxed(d));
        if real {
            return Some((0.0 * (a * x), 0.0 * (-a * y)));
        }
        return Some((0.0 * (a * x + b * y), 0.0 * (b * x - a * y)));
    }
    Some((re, im))
}

fn zero_power(cx: &mut Cx) -> Raised {
    cx.zero_division("zero to a negative or complex power")
}

/// `x ** y`, general.
pub fn power_of(cx: &mut Cx, x: Pair, y: Pair) -> PyResult<Reg> {
    if y == (0.0, 0.0) {
        return complex((1.0, 0.0));
    }
    if x == (0.0, 0.0) {
        return if y.1 != 0.0 || y.0 < 0.0 { Err(zero_power(cx)) } else { complex((0.0, 0.0)) };
    }
    let size = x.0.hypot(x.1);
    let angle = x.1.atan2(x.0);
    let mut length = size.powf(y.0);
    let mut phase = angle * y.0;
    if y.1 != 0.0 {
        length *= (-angle * y.1).exp();
        phase += y.1 * size.ln();
    }
    if phase.is_infinite() {
        // C's cos reports a domain error, which CPython shows as this.
        return Err(zero_power(cx));
    }
    checked(cx, (length * phase.cos(), length * phase.sin()))
}

fn checked(cx: &mut Cx, p: Pair) -> PyResult<Reg> {
    if p.0.is_infinite() || p.1.is_infinite() { Err(cx.overflow_error("complex exponentiation")) } else { complex(p) }
}

/// `pow(a, b)`.
pub fn power(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, m: Ref<'_>) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (get(cx, a)?, get(cx, b)?) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    if !m.is_none() {
        return Err(cx.value_error("complex modulo"));
    }
    let (x, y) = (x.pair(), y.pair());
    // Small whole exponents by multiplication: exact where the general formula is not.
    if y.1 == 0.0 && y.0.floor() == y.0 && y.0.abs() <= 100.0 {
        let n = y.0.abs() as u32;
        let mut r = (1.0, 0.0);
        let mut p = x;
        let mut bit = 1;
        while bit <= n {
            if n & bit != 0 {
                r = product(r, p);
            }
            bit <<= 1;
            p = product(p, p);
        }
        if y.0 < 0.0 {
            return match quotient((1.0, 0.0), r, false) {
                Some(p) => checked(cx, p),
                None => Err(zero_power(cx)),
            };
        }
        return checked(cx, r);
    }
    power_of(cx, x, y)
}

/// `a == b`, `a != b`.
pub fn compare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let Some((re, im)) = as_complex(a).filter(|_| matches!(op, Compare::Eq | Compare::Ne)) else {
        return Ok(Value::NOT_IMPLEMENTED.into());
    };
    let same = if let Some(i) = as_int(b) {
        im == 0.0 && crate::types::float::arith::with_int(i, re).is_some_and(std::cmp::Ordering::is_eq)
    } else if let Some(f) = as_float(b) {
        im == 0.0 && re == f
    } else if let Some(p) = as_complex(b) {
        (re, im) == p
    } else {
        return Ok(Value::NOT_IMPLEMENTED.into());
    };
    Ok(Value::bool(same == (op == Compare::Eq)).into())
}

/// `abs(a)`.
pub fn abs(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let (a, b) = as_complex(v).unwrap_or((0.0, 0.0));
    let r = a.hypot(b);
    if r.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(cx.overflow_error("absolute value too large"));
    }
    Ok(Value::float(r).into())
}

/// Hash: that of the real part when the imaginary one is 0; the weight is CPython's `sys.hash_info.imag`.
pub fn hash(_cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let (a, b) = as_complex(v).unwrap_or((0.0, 0.0));
    let part = |f: f64| {
        if f.is_nan() { crate::protocol::hash::identity(v) } else { crate::types::float::arith::hash_number(f) }
    };
    let h = part(a).wrapping_add(part(b).wrapping_mul(1_000_003));
    Ok(if h == -1 { -2 } else { h })
}
