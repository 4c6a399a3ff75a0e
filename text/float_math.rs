//! Arithmetic of floats as Python defines it: power, floor division, remainder. What plain operators do is not here.

#[cfg(test)]
mod tests;

/// Why a power has no float result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowError {
    /// ZeroDivisionError "zero to a negative power".
    ZeroToNegative,
    /// OverflowError (34, "Numerical result out of range").
    Overflow,
    /// A negative number to a fraction: the complex power is the result.
    Complex,
}

/// The message of [`PowError::ZeroToNegative`].
pub const ZERO_TO_NEGATIVE: &str = "zero to a negative power";
/// The message of division by zero, whatever the operator.
pub const DIVISION_BY_ZERO: &str = "division by zero";

/// `x ** y`
pub fn pow(x: f64, y: f64) -> Result<f64, PowError> {
    if y == 0.0 || x == 1.0 {
        return Ok(1.0);
    }
    if x.is_nan() || y.is_nan() {
        return Ok(if x.is_nan() { x } else { y });
    }
    let odd = y.abs() % 2.0 == 1.0;
    if y.is_infinite() {
        let x = x.abs();
        return Ok(if x == 1.0 {
            1.0
        } else if (y > 0.0) == (x > 1.0) {
            f64::INFINITY
        } else {
            0.0
        });
    }
    if x.is_infinite() {
        let magnitude = if y > 0.0 { f64::INFINITY } else { 0.0 };
        return Ok(if odd { f64::copysign(magnitude, x) } else { magnitude });
    }
    if x == 0.0 {
        if y < 0.0 {
            return Err(PowError::ZeroToNegative);
        }
        return Ok(if odd { x } else { 0.0 });
    }
    if x < 0.0 && y != y.floor() {
        return Err(PowError::Complex);
    }
    let magnitude = x.abs().powf(y);
    if magnitude.is_infinite() {
        return Err(PowError::Overflow);
    }
    Ok(if x < 0.0 && odd { -magnitude } else { magnitude })
}

/// `x % y` with `y != 0`: the sign of `y`.
pub fn remainder(x: f64, y: f64) -> f64 {
    let rest = x % y;
    if rest == 0.0 {
        f64::copysign(0.0, y)
    } else if (y < 0.0) != (rest < 0.0) {
        rest + y
    } else {
        rest
    }
}

/// `divmod(x, y)` with `y != 0`.
pub fn div_rem(x: f64, y: f64) -> (f64, f64) {
    let mut rest = x % y;
    let mut quotient = (x - rest) / y;
    if rest == 0.0 {
        rest = f64::copysign(0.0, y);
    } else if (y < 0.0) != (rest < 0.0) {
        rest += y;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (f64::copysign(0.0, x / y), rest);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, rest)
}

/// `x // y` with `y != 0`.
pub fn floor_div(x: f64, y: f64) -> f64 {
    div_rem(x, y).0
}
