//! The functions of the `cmath` module (Kahan 1987, "Branch Cuts for Complex Elementary Functions").
//!
//! Values at infinities and NaNs come from tables that follow C99, annex G. Functions that are others turned by a right
//! angle (asin, atan, cos, sin's relatives) are computed from those.

#[cfg(test)]
mod tests;

use std::f64::consts::{FRAC_PI_2 as P12, FRAC_PI_4 as P14, LN_2, LN_10, PI as P};

use crate::complex::{Complex, complex};

const P34: f64 = 3.0 * P14;
const I: f64 = f64::INFINITY;
const N: f64 = f64::NAN;
/// Entries for finite arguments, which no table answers.
const U: (f64, f64) = (N, N);
const NN: (f64, f64) = (N, N);

/// Beyond this, doubling may overflow.
const LARGE: f64 = f64::MAX / 4.0;
/// `log(LARGE)`
const LOG_LARGE: f64 = 708.396_418_532_264_1;
/// `sqrt(LARGE)`
const SQRT_LARGE: f64 = 6.703_903_964_971_298e153;
/// `sqrt(f64::MIN_POSITIVE)`
const SQRT_MIN: f64 = 1.491_668_146_240_041_3e-154;

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CmathError {
    /// ValueError "math domain error".
    Domain,
    /// OverflowError "math range error".
    Range,
}

type Outcome = Result<Complex, CmathError>;
type Table = [[(f64, f64); 7]; 7];

/// Row or column of a table: -inf, negative, -0, 0, positive, inf, nan.
fn class(x: f64) -> usize {
    if x.is_nan() {
        6
    } else if x.is_infinite() {
        if x < 0.0 { 0 } else { 5 }
    } else if x == 0.0 {
        if x.is_sign_negative() { 2 } else { 3 }
    } else if x < 0.0 {
        1
    } else {
        4
    }
}

fn special(table: &Table, z: Complex) -> Complex {
    let (real, imag) = table[class(z.real)][class(z.imag)];
    complex(real, imag)
}

fn is_finite(z: Complex) -> bool {
    z.real.is_finite() && z.imag.is_finite()
}

fn in_range(z: Complex) -> Outcome {
    if z.real.is_infinite() || z.imag.is_infinite() { Err(CmathError::Range) } else { Ok(z) }
}

fn domain_if(bad: bool, z: Complex) -> Outcome {
    if bad { Err(CmathError::Domain) } else { Ok(z) }
}

/// `z` turned by a right angle: `i * z`.
fn turned(z: Complex) -> Complex {
    complex(-z.imag, z.real)
}

/// `z` turned back: `-i * z`.
fn turned_back(z: Complex) -> Complex {
    complex(z.imag, -z.real)
}

#[rustfmt::skip]
static ACOS: Table = [
    [(P34, I), (P, I), (P, I), (P, -I), (P, -I), (P34, -I), (N, I)],
    [(P12, I), U, U, U, U, (P12, -I), NN],
    [(P12, I), U, (P12, 0.0), (P12, -0.0), U, (P12, -I), (P12, N)],
    [(P12, I), U, (P12, 0.0), (P12, -0.0), U, (P12, -I), (P12, N)],
    [(P12, I), U, U, U, U, (P12, -I), NN],
    [(P14, I), (0.0, I), (0.0, I), (0.0, -I), (0.0, -I), (P14, -I), (N, I)],
    [(N, I), NN, NN, NN, NN, (N, -I), NN],
];

#[rustfmt::skip]
static ACOSH: Table = [
    [(I, -P34), (I, -P), (I, -P), (I, P), (I, P), (I, P34), (I, N)],
    [(I, -P12), U, U, U, U, (I, P12), NN],
    [(I, -P12), U, (0.0, -P12), (0.0, P12), U, (I, P12), (N, P12)],
    [(I, -P12), U, (0.0, -P12), (0.0, P12), U, (I, P12), (N, P12)],
    [(I, -P12), U, U, U, U, (I, P12), NN],
    [(I, -P14), (I, -0.0), (I, -0.0), (I, 0.0), (I, 0.0), (I, P14), (I, N)],
    [(I, N), NN, NN, NN, NN, (I, N), NN],
];

#[rustfmt::skip]
static ASINH: Table = [
    [(-I, -P14), (-I, -0.0), (-I, -0.0), (-I, 0.0), (-I, 0.0), (-I, P14), (-I, N)],
    [(-I, -P12), U, U, U, U, (-I, P12), NN],
    [(-I, -P12), U, (-0.0, -0.0), (-0.0, 0.0), U, (-I, P12), NN],
    [(I, -P12), U, (0.0, -0.0), (0.0, 0.0), U, (I, P12), NN],
    [(I, -P12), U, U, U, U, (I, P12), NN],
    [(I, -P14), (I, -0.0), (I, -0.0), (I, 0.0), (I, 0.0), (I, P14), (I, N)],
    [(I, N), NN, (N, -0.0), (N, 0.0), NN, (I, N), NN],
];

#[rustfmt::skip]
static ATANH: Table = [
    [(-0.0, -P12), (-0.0, -P12), (-0.0, -P12), (-0.0, P12), (-0.0, P12), (-0.0, P12), (-0.0, N)],
    [(-0.0, -P12), U, U, U, U, (-0.0, P12), NN],
    [(-0.0, -P12), U, (-0.0, -0.0), (-0.0, 0.0), U, (-0.0, P12), (-0.0, N)],
    [(0.0, -P12), U, (0.0, -0.0), (0.0, 0.0), U, (0.0, P12), (0.0, N)],
    [(0.0, -P12), U, U, U, U, (0.0, P12), NN],
    [(0.0, -P12), (0.0, -P12), (0.0, -P12), (0.0, P12), (0.0, P12), (0.0, P12), (0.0, N)],
    [(0.0, -P12), NN, NN, NN, NN, (0.0, P12), NN],
];

#[rustfmt::skip]
static COSH: Table = [
    [(I, N), U, (I, 0.0), (I, -0.0), U, (I, N), (I, N)],
    [NN, U, U, U, U, NN, NN],
    [(N, 0.0), U, (1.0, 0.0), (1.0, -0.0), U, (N, 0.0), (N, 0.0)],
    [(N, 0.0), U, (1.0, -0.0), (1.0, 0.0), U, (N, 0.0), (N, 0.0)],
    [NN, U, U, U, U, NN, NN],
    [(I, N), U, (I, -0.0), (I, 0.0), U, (I, N), (I, N)],
    [NN, NN, (N, 0.0), (N, 0.0), NN, NN, NN],
];

#[rustfmt::skip]
static EXP: Table = [
    [(0.0, 0.0), U, (0.0, -0.0), (0.0, 0.0), U, (0.0, 0.0), (0.0, 0.0)],
    [NN, U, U, U, U, NN, NN],
    [NN, U, (1.0, -0.0), (1.0, 0.0), U, NN, NN],
    [NN, U, (1.0, -0.0), (1.0, 0.0), U, NN, NN],
    [NN, U, U, U, U, NN, NN],
    [(I, N), U, (I, -0.0), (I, 0.0), U, (I, N), (I, N)],
    [NN, NN, (N, -0.0), (N, 0.0), NN, NN, NN],
];

#[rustfmt::skip]
static LOG: Table = [
    [(I, -P34), (I, -P), (I, -P), (I, P), (I, P), (I, P34), (I, N)],
    [(I, -P12), U, U, U, U, (I, P12), NN],
    [(I, -P12), U, (-I, -P), (-I, P), U, (I, P12), NN],
    [(I, -P12), U, (-I, -0.0), (-I, 0.0), U, (I, P12), NN],
    [(I, -P12), U, U, U, U, (I, P12), NN],
    [(I, -P14), (I, -0.0), (I, -0.0), (I, 0.0), (I, 0.0), (I, P14), (I, N)],
    [(I, N), NN, NN, NN, NN, (I, N), NN],
];

#[rustfmt::skip]
static SINH: Table = [
    [(I, N), U, (-I, -0.0), (-I, 0.0), U, (I, N), (I, N)],
    [NN, U, U, U, U, NN, NN],
    [(0.0, N), U, (-0.0, -0.0), (-0.0, 0.0), U, (0.0, N), (0.0, N)],
    [(0.0, N), U, (0.0, -0.0), (0.0, 0.0), U, (0.0, N), (0.0, N)],
    [NN, U, U, U, U, NN, NN],
    [(I, N), U, (I, -0.0), (I, 0.0), U, (I, N), (I, N)],
    [NN, NN, (N, -0.0), (N, 0.0), NN, NN, NN],
];

#[rustfmt::skip]
static SQRT: Table = [
    [(I, -I), (0.0, -I), (0.0, -I), (0.0, I), (0.0, I), (I, I), (N, I)],
    [(I, -I), U, U, U, U, (I, I), NN],
    [(I, -I), U, (0.0, -0.0), (0.0, 0.0), U, (I, I), NN],
    [(I, -I), U, (0.0, -0.0), (0.0, 0.0), U, (I, I), NN],
    [(I, -I), U, U, U, U, (I, I), NN],
    [(I, -I), (I, -0.0), (I, -0.0), (I, 0.0), (I, 0.0), (I, I), (I, N)],
    [(I, -I), NN, NN, NN, NN, (I, I), NN],
];

#[rustfmt::skip]
static TANH: Table = [
    [(-1.0, 0.0), U, (-1.0, -0.0), (-1.0, 0.0), U, (-1.0, 0.0), (-1.0, 0.0)],
    [NN, U, U, U, U, NN, NN],
    [(-0.0, N), U, (-0.0, -0.0), (-0.0, 0.0), U, (-0.0, N), (-0.0, N)],
    [(0.0, N), U, (0.0, -0.0), (0.0, 0.0), U, (0.0, N), (0.0, N)],
    [NN, U, U, U, U, NN, NN],
    [(1.0, 0.0), U, (1.0, -0.0), (1.0, 0.0), U, (1.0, 0.0), (1.0, 0.0)],
    [NN, NN, (N, -0.0), (N, 0.0), NN, NN, NN],
];

#[rustfmt::skip]
static RECT: Table = [
    [(I, N), U, (-I, 0.0), (-I, -0.0), U, (I, N), (I, N)],
    [NN, U, U, U, U, NN, NN],
    [(0.0, 0.0), U, (-0.0, 0.0), (-0.0, -0.0), U, (0.0, 0.0), (0.0, 0.0)],
    [(0.0, 0.0), U, (0.0, -0.0), (0.0, 0.0), U, (0.0, 0.0), (0.0, 0.0)],
    [NN, U, U, U, U, NN, NN],
    [(I, N), U, (I, -0.0), (I, 0.0), U, (I, N), (I, N)],
    [NN, NN, (N, 0.0), (N, 0.0), NN, NN, NN],
];

/// `log(|z|)` for large `z`.
fn log_of_large(z: Complex) -> f64 {
    (z.real / 2.0).hypot(z.imag / 2.0).ln() + 2.0 * LN_2
}

fn is_large(z: Complex) -> bool {
    z.real.abs() > LARGE || z.imag.abs() > LARGE
}

/// `cmath.acos`
pub fn acos(z: Complex) -> Outcome {
    if !is_finite(z) {
        return Ok(special(&ACOS, z));
    }
    if is_large(z) {
        let real = z.imag.abs().atan2(z.real);
        let log = log_of_large(z);
        let imag = if z.real < 0.0 { -f64::copysign(log, z.imag) } else { f64::copysign(log, -z.imag) };
        return Ok(complex(real, imag));
    }
    let s1 = sqrt(complex(1.0 - z.real, -z.imag))?;
    let s2 = sqrt(complex(1.0 + z.real, z.imag))?;
    Ok(complex(2.0 * s1.real.atan2(s2.real), libm::asinh(s2.real * s1.imag - s2.imag * s1.real)))
}

/// `cmath.acosh`
pub fn acosh(z: Complex) -> Outcome {
    if !is_finite(z) {
        return Ok(special(&ACOSH, z));
    }
    if is_large(z) {
        return Ok(complex(log_of_large(z), z.imag.atan2(z.real)));
    }
    let s1 = sqrt(complex(z.real - 1.0, z.imag))?;
    let s2 = sqrt(complex(z.real + 1.0, z.imag))?;
    Ok(complex(libm::asinh(s1.real * s2.real + s1.imag * s2.imag), 2.0 * s1.imag.atan2(s2.real)))
}

/// `cmath.asin`
pub fn asin(z: Complex) -> Outcome {
    asinh(turned(z)).map(turned_back)
}

/// `cmath.asinh`
pub fn asinh(z: Complex) -> Outcome {
    if !is_finite(z) {
        return Ok(special(&ASINH, z));
    }
    if is_large(z) {
        let log = log_of_large(z);
        let real = if z.imag >= 0.0 { f64::copysign(log, z.real) } else { -f64::copysign(log, -z.real) };
        return Ok(complex(real, z.imag.atan2(z.real.abs())));
    }
    let s1 = sqrt(complex(1.0 + z.imag, -z.real))?;
    let s2 = sqrt(complex(1.0 - z.imag, z.real))?;
    let real = libm::asinh(s1.real * s2.imag - s2.real * s1.imag);
    Ok(complex(real, z.imag.atan2(s1.real * s2.real - s1.imag * s2.imag)))
}

/// `cmath.atan`
pub fn atan(z: Complex) -> Outcome {
    atanh(turned(z)).map(turned_back)
}

/// `cmath.atanh`
pub fn atanh(z: Complex) -> Outcome {
    if !is_finite(z) {
        return Ok(special(&ATANH, z));
    }
    if z.real.is_sign_negative() {
        return atanh(complex(-z.real, -z.imag)).map(|r| complex(-r.real, -r.imag));
    }
    let height = z.imag.abs();
    if z.real > SQRT_LARGE || height > SQRT_LARGE {
        let h = (z.real / 2.0).hypot(z.imag / 2.0);
        return Ok(complex(z.real / 4.0 / h / h, -f64::copysign(P12, -z.imag)));
    }
    if z.real == 1.0 && height < SQRT_MIN {
        if height == 0.0 {
            return Err(CmathError::Domain);
        }
        let real = -(height.sqrt() / height.hypot(2.0).sqrt()).ln();
        return Ok(complex(real, f64::copysign(2f64.atan2(-height) / 2.0, z.imag)));
    }
    let away = 1.0 - z.real;
    let real = (4.0 * z.real / (away * away + height * height)).ln_1p() / 4.0;
    Ok(complex(real, -(-2.0 * z.imag).atan2(away * (1.0 + z.real) - height * height) / 2.0))
}

/// `cmath.cos`
pub fn cos(z: Complex) -> Outcome {
    cosh(turned(z))
}

/// Whether only the real part is infinite, and the imaginary one says something about the direction.
fn points_somewhere(z: Complex) -> bool {
    z.real.is_infinite() && z.imag.is_finite() && z.imag != 0.0
}

/// `cmath.cosh`
pub fn cosh(z: Complex) -> Outcome {
    let (sin, cos) = z.imag.sin_cos();
    if !is_finite(z) {
        let value = if points_somewhere(z) {
            let imag = f64::copysign(I, sin);
            complex(f64::copysign(I, cos), if z.real > 0.0 { imag } else { -imag })
        } else {
            special(&COSH, z)
        };
        return domain_if(z.imag.is_infinite() && !z.real.is_nan(), value);
    }
    if z.real.abs() > LOG_LARGE {
        let less = z.real - f64::copysign(1.0, z.real);
        let e = std::f64::consts::E;
        return in_range(complex(cos * less.cosh() * e, sin * less.sinh() * e));
    }
    in_range(complex(cos * z.real.cosh(), sin * z.real.sinh()))
}

/// `cmath.exp`
pub fn exp(z: Complex) -> Outcome {
    let (sin, cos) = z.imag.sin_cos();
    if !is_finite(z) {
        let value = if points_somewhere(z) {
            let size = if z.real > 0.0 { I } else { 0.0 };
            complex(f64::copysign(size, cos), f64::copysign(size, sin))
        } else {
            special(&EXP, z)
        };
        let bad = z.imag.is_infinite() && (z.real.is_finite() || z.real == I);
        return domain_if(bad, value);
    }
    if z.real > LOG_LARGE {
        let (l, e) = ((z.real - 1.0).exp(), std::f64::consts::E);
        return in_range(complex(l * cos * e, l * sin * e));
    }
    let l = z.real.exp();
    in_range(complex(l * cos, l * sin))
}

/// `cmath.log` to base e. (With a base: the quotient of two logarithms.)
pub fn log(z: Complex) -> Outcome {
    if !is_finite(z) {
        return Ok(special(&LOG, z));
    }
    let (x, y) = (z.real.abs(), z.imag.abs());
    let real = if is_large(z) {
        (x / 2.0).hypot(y / 2.0).ln() + LN_2
    } else if x < f64::MIN_POSITIVE && y < f64::MIN_POSITIVE {
        if x == 0.0 && y == 0.0 {
            return Err(CmathError::Domain);
        }
        libm::ldexp(x, 53).hypot(libm::ldexp(y, 53)).ln() - 53.0 * LN_2
    } else {
        let h = x.hypot(y);
        if (0.71..=1.73).contains(&h) {
            let (larger, smaller) = if x > y { (x, y) } else { (y, x) };
            ((larger - 1.0) * (larger + 1.0) + smaller * smaller).ln_1p() / 2.0
        } else {
            h.ln()
        }
    };
    Ok(complex(real, z.imag.atan2(z.real)))
}

/// `cmath.log10`
pub fn log10(z: Complex) -> Outcome {
    log(z).map(|r| complex(r.real / LN_10, r.imag / LN_10))
}

/// `cmath.sin`
pub fn sin(z: Complex) -> Outcome {
    sinh(turned(z)).map(turned_back)
}

/// `cmath.sinh`
pub fn sinh(z: Complex) -> Outcome {
    let (sin, cos) = z.imag.sin_cos();
    if !is_finite(z) {
        let value = if points_somewhere(z) {
            let real = f64::copysign(I, cos);
            complex(if z.real > 0.0 { real } else { -real }, f64::copysign(I, sin))
        } else {
            special(&SINH, z)
        };
        return domain_if(z.imag.is_infinite() && !z.real.is_nan(), value);
    }
    if z.real.abs() > LOG_LARGE {
        let less = z.real - f64::copysign(1.0, z.real);
        let e = std::f64::consts::E;
        return in_range(complex(cos * less.sinh() * e, sin * less.cosh() * e));
    }
    in_range(complex(cos * z.real.sinh(), sin * z.real.cosh()))
}

/// `cmath.sqrt`
pub fn sqrt(z: Complex) -> Outcome {
    if !is_finite(z) {
        return Ok(special(&SQRT, z));
    }
    if z.real == 0.0 && z.imag == 0.0 {
        return Ok(complex(0.0, z.imag));
    }
    let (x, y) = (z.real.abs(), z.imag.abs());
    let s = if x < f64::MIN_POSITIVE && y < f64::MIN_POSITIVE {
        // An odd power, so that scaling back also halves under the root.
        let x = libm::ldexp(x, 53);
        libm::ldexp((x + x.hypot(libm::ldexp(y, 53))).sqrt(), -27)
    } else {
        let x = x / 8.0;
        2.0 * (x + x.hypot(y / 8.0)).sqrt()
    };
    let d = y / (2.0 * s);
    Ok(if z.real >= 0.0 { complex(s, f64::copysign(d, z.imag)) } else { complex(d, f64::copysign(s, z.imag)) })
}

/// `cmath.tan`
pub fn tan(z: Complex) -> Outcome {
    tanh(turned(z)).map(turned_back)
}

/// `cmath.tanh`
pub fn tanh(z: Complex) -> Outcome {
    if !is_finite(z) {
        let value = if points_somewhere(z) {
            complex(f64::copysign(1.0, z.real), f64::copysign(0.0, 2.0 * z.imag.sin() * z.imag.cos()))
        } else {
            special(&TANH, z)
        };
        return domain_if(z.imag.is_infinite() && z.real.is_finite(), value);
    }
    if z.real.abs() > LOG_LARGE {
        let imag = 4.0 * z.imag.sin() * z.imag.cos() * (-2.0 * z.real.abs()).exp();
        return Ok(complex(f64::copysign(1.0, z.real), imag));
    }
    let (tx, ty) = (z.real.tanh(), z.imag.tan());
    let cx = 1.0 / z.real.cosh();
    let product = tx * ty;
    let denominator = 1.0 + product * product;
    Ok(complex(tx * (1.0 + ty * ty) / denominator, ty / denominator * cx * cx))
}

/// `cmath.phase`
pub fn phase(z: Complex) -> f64 {
    z.imag.atan2(z.real)
}

/// `cmath.polar`
pub fn polar(z: Complex) -> Result<(f64, f64), CmathError> {
    let size = z.abs().map_err(|_| CmathError::Range)?;
    Ok((size, phase(z)))
}

/// `cmath.rect`
pub fn rect(r: f64, phi: f64) -> Outcome {
    let z = complex(r, phi);
    let (sin, cos) = phi.sin_cos();
    if !is_finite(z) {
        let value = if points_somewhere(z) {
            let sign = if r > 0.0 { 1.0 } else { -1.0 };
            complex(sign * f64::copysign(I, cos), sign * f64::copysign(I, sin))
        } else {
            special(&RECT, z)
        };
        return domain_if(r != 0.0 && !r.is_nan() && phi.is_infinite(), value);
    }
    if phi == 0.0 {
        return Ok(complex(r, r * phi));
    }
    Ok(complex(r * cos, r * sin))
}
