//! The functions of the `math` module on floats: elementary functions with Python's errors, remainders, neighbours.
//!
//! The gamma function and its relatives are in [`gamma`], exact sums and norms in [`sums`], functions of ints in
//! [`crate::int_math`].

pub mod gamma;
pub mod sums;
#[cfg(test)]
mod tests;

use num_bigint::BigInt;

/// Why a function has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MathError {
    /// ValueError with this message.
    Domain(String),
    /// OverflowError "math range error".
    Range,
}

/// The message of [`MathError::Range`].
pub const RANGE_ERROR: &str = "math range error";

impl MathError {
    /// The ValueError of functions that do not say more.
    pub fn domain() -> MathError {
        MathError::Domain("math domain error".into())
    }
}

/// The functions of one float that have errors or need more than a call of the standard library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Unary {
    Acos,
    Acosh,
    Asin,
    Asinh,
    Atan,
    Atanh,
    Cbrt,
    Cos,
    Cosh,
    Erf,
    Erfc,
    Exp,
    Exp2,
    Expm1,
    Gamma,
    Lgamma,
    Log,
    Log10,
    Log1p,
    Log2,
    Sin,
    Sinh,
    Sqrt,
    Tan,
    Tanh,
}

impl Unary {
    /// Every function with its Python name.
    pub const ALL: &'static [(&'static str, Unary)] = &[
        ("acos", Unary::Acos),
        ("acosh", Unary::Acosh),
        ("asin", Unary::Asin),
        ("asinh", Unary::Asinh),
        ("atan", Unary::Atan),
        ("atanh", Unary::Atanh),
        ("cbrt", Unary::Cbrt),
        ("cos", Unary::Cos),
        ("cosh", Unary::Cosh),
        ("erf", Unary::Erf),
        ("erfc", Unary::Erfc),
        ("exp", Unary::Exp),
        ("exp2", Unary::Exp2),
        ("expm1", Unary::Expm1),
        ("gamma", Unary::Gamma),
        ("lgamma", Unary::Lgamma),
        ("log", Unary::Log),
        ("log10", Unary::Log10),
        ("log1p", Unary::Log1p),
        ("log2", Unary::Log2),
        ("sin", Unary::Sin),
        ("sinh", Unary::Sinh),
        ("sqrt", Unary::Sqrt),
        ("tan", Unary::Tan),
        ("tanh", Unary::Tanh),
    ];

    /// The value at `x`.
    pub fn call(self, x: f64) -> Result<f64, MathError> {
        let value = match self {
            Unary::Acos => x.acos(),
            Unary::Acosh => libm::acosh(x),
            Unary::Asin => x.asin(),
            Unary::Asinh => libm::asinh(x),
            Unary::Atan => x.atan(),
            Unary::Atanh => libm::atanh(x),
            Unary::Cbrt => x.cbrt(),
            Unary::Cos => x.cos(),
            Unary::Cosh => x.cosh(),
            Unary::Erf => libm::erf(x),
            Unary::Erfc => libm::erfc(x),
            Unary::Exp => x.exp(),
            Unary::Exp2 => x.exp2(),
            Unary::Expm1 => x.exp_m1(),
            Unary::Gamma => gamma::gamma(x),
            Unary::Lgamma => gamma::lgamma(x),
            Unary::Log => x.ln(),
            Unary::Log10 => x.log10(),
            Unary::Log1p if x == 0.0 => x,
            Unary::Log1p => x.ln_1p(),
            Unary::Log2 => x.log2(),
            Unary::Sin => x.sin(),
            Unary::Sinh => x.sinh(),
            Unary::Sqrt => x.sqrt(),
            Unary::Tan => x.tan(),
            Unary::Tanh => x.tanh(),
        };
        if value.is_finite() || x.is_nan() {
            return Ok(value);
        }
        if value.is_nan() || self.has_pole_at(x) {
            let shown = crate::float_text::repr(x);
            return Err(MathError::Domain(format!("expected {}, got {shown}", self.domain())));
        }
        if x.is_infinite() { Ok(value) } else { Err(MathError::Range) }
    }

    fn has_pole_at(self, x: f64) -> bool {
        match self {
            Unary::Atanh => x.abs() == 1.0,
            Unary::Gamma | Unary::Lgamma => x <= 0.0 && x == x.floor() && x.is_finite(),
            Unary::Log | Unary::Log2 | Unary::Log10 => x == 0.0,
            Unary::Log1p => x == -1.0,
            _ => false,
        }
    }

    /// What the function expects, as its error message says.
    fn domain(self) -> &'static str {
        match self {
            Unary::Acos | Unary::Asin => "a number in range from -1 up to 1",
            Unary::Acosh => "argument value not less than 1",
            Unary::Atanh => "a number between -1 and 1",
            Unary::Gamma | Unary::Lgamma => "a noninteger or positive integer",
            Unary::Log | Unary::Log2 | Unary::Log10 => "a positive input",
            Unary::Log1p => "argument value > -1",
            Unary::Sqrt => "a nonnegative input",
            _ => "a finite input",
        }
    }
}

/// `log`, `log2` or `log10` of a positive int of any size. For others the ValueError is "expected a positive input".
pub fn log_big(function: Unary, value: &BigInt) -> f64 {
    let log = |x: f64| function.call(x).expect("positive");
    match crate::int_float::big_to_f64(value) {
        Some(x) => log(x),
        None => {
            let bits = value.bits();
            let top = value >> (bits - 64);
            log(crate::int_float::big_to_f64(&top).expect("64 bits")) + log(2.0) * (bits - 64) as f64
        }
    }
}

/// `math.pow`
pub fn pow(x: f64, y: f64) -> Result<f64, MathError> {
    let value = x.powf(y);
    if value.is_finite() || !x.is_finite() || !y.is_finite() {
        return Ok(value);
    }
    if value.is_nan() || x == 0.0 { Err(MathError::domain()) } else { Err(MathError::Range) }
}

/// `math.fmod`
pub fn fmod(x: f64, y: f64) -> Result<f64, MathError> {
    let value = x % y;
    if value.is_nan() && !x.is_nan() && !y.is_nan() { Err(MathError::domain()) } else { Ok(value) }
}

/// `math.remainder`: the IEEE 754 remainder.
pub fn remainder(x: f64, y: f64) -> Result<f64, MathError> {
    if x.is_nan() || y.is_nan() {
        return Ok(if x.is_nan() { x } else { y });
    }
    if x.is_infinite() || y == 0.0 {
        return Err(MathError::domain());
    }
    if y.is_infinite() {
        return Ok(x);
    }
    let (magnitude, y) = (x.abs(), y.abs());
    // All of this is exact: `rest` and `y - rest` are the distances to the nearest multiples.
    let rest = magnitude % y;
    let other = y - rest;
    let value = if rest < other {
        rest
    } else if rest > other {
        -other
    } else {
        // Halfway: the even multiple.
        rest - 2.0 * (0.5 * (magnitude - rest) % y)
    };
    Ok(f64::copysign(1.0, x) * value)
}

/// `math.fma`; the errors are ValueError "invalid operation in fma" and OverflowError "overflow in fma".
pub fn fma(x: f64, y: f64, z: f64) -> Result<f64, MathError> {
    let value = x.mul_add(y, z);
    if value.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
        return Err(MathError::Domain("invalid operation in fma".into()));
    }
    if value.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
        return Err(MathError::Range);
    }
    Ok(value)
}

/// `math.ldexp`; ints beyond `i64` are clamped by the caller.
pub fn ldexp(x: f64, exponent: i64) -> Result<f64, MathError> {
    if x == 0.0 || !x.is_finite() {
        return Ok(x);
    }
    let value = libm::ldexp(x, exponent.clamp(-5000, 5000) as i32);
    if value.is_infinite() { Err(MathError::Range) } else { Ok(value) }
}

/// `math.frexp`
pub fn frexp(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() { (x, 0) } else { libm::frexp(x) }
}

/// `math.modf`: fraction and whole part, both with the sign of `x`.
pub fn modf(x: f64) -> (f64, f64) {
    if x.is_infinite() { (f64::copysign(0.0, x), x) } else { (f64::copysign(x - x.trunc(), x), x.trunc()) }
}

/// `math.ulp`
pub fn ulp(x: f64) -> f64 {
    let x = x.abs();
    if !x.is_finite() {
        return x;
    }
    let above = f64::from_bits(x.to_bits() + 1);
    if above.is_infinite() { x - f64::from_bits(x.to_bits() - 1) } else { above - x }
}

/// Where a float stands in the order of all floats; both zeros at 0.
fn rank(x: f64) -> i64 {
    let magnitude = (x.to_bits() & !(1 << 63)) as i64;
    if x.is_sign_negative() { -magnitude } else { magnitude }
}

/// `math.nextafter(x, y, steps=n)`; steps beyond `u64` are clamped by the caller.
pub fn next_after(x: f64, y: f64, steps: u64) -> f64 {
    if x.is_nan() || y.is_nan() {
        return if x.is_nan() { x } else { y };
    }
    if steps == 0 {
        return x;
    }
    let (from, to) = (rank(x), rank(y));
    let distance = to.abs_diff(from);
    if distance == 0 || (steps >= distance && (steps > 1 || y != 0.0)) {
        return y;
    }
    let target = if to > from { from + steps as i64 } else { from - steps as i64 };
    match target {
        // Which zero is arrived at depends on the side.
        0 if to < from => 0.0,
        0 => -0.0,
        _ => f64::copysign(f64::from_bits(target.unsigned_abs()), target as f64),
    }
}

/// `math.isclose` with valid (non-negative) tolerances.
pub fn is_close(a: f64, b: f64, relative: f64, absolute: f64) -> bool {
    if a == b {
        return true;
    }
    if a.is_infinite() || b.is_infinite() {
        return false;
    }
    let difference = (b - a).abs();
    difference <= (relative * b).abs() || difference <= (relative * a).abs() || difference <= absolute
}
