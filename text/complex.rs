//! Arithmetic of complex numbers: operators between complex and complex, and between real and complex (which do not
//! turn the real operand into a complex one, so that zeros and infinities keep their meaning).
//!
//! Recovery of infinities in products and quotients follows C11, annex G.5.1. The functions of `cmath` are in
//! [`crate::cmath`].

#[cfg(test)]
mod tests;

/// A complex number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    /// The real part.
    pub real: f64,
    /// The imaginary part.
    pub imag: f64,
}

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComplexError {
    /// ZeroDivisionError; for powers the message is "zero to a negative or complex power".
    DivisionByZero,
    /// OverflowError: "complex exponentiation", or "absolute value too large".
    Overflow,
}

/// The number `real + imag j`.
pub const fn complex(real: f64, imag: f64) -> Complex {
    Complex { real, imag }
}

/// Infinities become ones, everything else zeros; the sign stays.
fn boxed(x: f64) -> f64 {
    f64::copysign(if x.is_infinite() { 1.0 } else { 0.0 }, x)
}

fn nan_to_zero(x: f64) -> f64 {
    if x.is_nan() { f64::copysign(0.0, x) } else { x }
}

// Named like the operators, which would not tell real operands from complex ones.
#[allow(clippy::should_implement_trait)]
impl Complex {
    fn is_nan(self) -> bool {
        self.real.is_nan() && self.imag.is_nan()
    }

    fn is_finite(self) -> bool {
        self.real.is_finite() && self.imag.is_finite()
    }

    fn is_infinite(self) -> bool {
        self.real.is_infinite() || self.imag.is_infinite()
    }

    /// The sum.
    pub fn add(self, other: Complex) -> Complex {
        complex(self.real + other.real, self.imag + other.imag)
    }

    /// Complex plus real.
    pub fn add_real(self, other: f64) -> Complex {
        complex(self.real + other, self.imag)
    }

    /// The difference.
    pub fn sub(self, other: Complex) -> Complex {
        complex(self.real - other.real, self.imag - other.imag)
    }

    /// Complex minus real.
    pub fn sub_real(self, other: f64) -> Complex {
        complex(self.real - other, self.imag)
    }

    /// Real minus complex.
    pub fn real_sub(real: f64, other: Complex) -> Complex {
        complex(real - other.real, -other.imag)
    }

    /// The product.
    pub fn mul(self, other: Complex) -> Complex {
        let (mut a, mut b, mut c, mut d) = (self.real, self.imag, other.real, other.imag);
        let (ac, bd, ad, bc) = (a * c, b * d, a * d, b * c);
        let product = complex(ac - bd, ad + bc);
        if !product.is_nan() {
            return product;
        }
        let mut recover = false;
        if self.is_infinite() {
            (a, b, c, d) = (boxed(a), boxed(b), nan_to_zero(c), nan_to_zero(d));
            recover = true;
        }
        if other.is_infinite() {
            (a, b, c, d) = (nan_to_zero(a), nan_to_zero(b), boxed(c), boxed(d));
            recover = true;
        }
        if !recover && [ac, bd, ad, bc].iter().any(|x| x.is_infinite()) {
            (a, b, c, d) = (nan_to_zero(a), nan_to_zero(b), nan_to_zero(c), nan_to_zero(d));
            recover = true;
        }
        if !recover {
            return product;
        }
        complex(f64::INFINITY * (a * c - b * d), f64::INFINITY * (a * d + b * c))
    }

    /// Complex times real.
    pub fn mul_real(self, other: f64) -> Complex {
        complex(self.real * other, self.imag * other)
    }

    /// The quotient.
    pub fn div(self, other: Complex) -> Result<Complex, ComplexError> {
        let (a, b) = (self, other);
        // Smith 1962: divide by the larger part first, so that nothing overflows on the way.
        let quotient = if b.real.abs() >= b.imag.abs() {
            if b.real == 0.0 {
                return Err(ComplexError::DivisionByZero);
            }
            let ratio = b.imag / b.real;
            let denominator = b.real + b.imag * ratio;
            complex((a.real + a.imag * ratio) / denominator, (a.imag - a.real * ratio) / denominator)
        } else if b.imag.abs() >= b.real.abs() {
            let ratio = b.real / b.imag;
            let denominator = b.real * ratio + b.imag;
            complex((a.real * ratio + a.imag) / denominator, (a.imag * ratio - a.real) / denominator)
        } else {
            complex(f64::NAN, f64::NAN)
        };
        if !quotient.is_nan() {
            return Ok(quotient);
        }
        if a.is_infinite() && b.is_finite() {
            let (x, y) = (boxed(a.real), boxed(a.imag));
            return Ok(complex(f64::INFINITY * (x * b.real + y * b.imag), f64::INFINITY * (y * b.real - x * b.imag)));
        }
        if b.is_infinite() && a.is_finite() {
            let (x, y) = (boxed(b.real), boxed(b.imag));
            return Ok(complex(0.0 * (a.real * x + a.imag * y), 0.0 * (a.imag * x - a.real * y)));
        }
        Ok(quotient)
    }

    /// Complex divided by real.
    pub fn div_real(self, other: f64) -> Result<Complex, ComplexError> {
        if other == 0.0 {
            return Err(ComplexError::DivisionByZero);
        }
        Ok(complex(self.real / other, self.imag / other))
    }

    /// Real divided by complex.
    pub fn real_div(a: f64, b: Complex) -> Result<Complex, ComplexError> {
        let quotient = if b.real.abs() >= b.imag.abs() {
            if b.real == 0.0 {
                return Err(ComplexError::DivisionByZero);
            }
            let ratio = b.imag / b.real;
            let denominator = b.real + b.imag * ratio;
            complex(a / denominator, (-a * ratio) / denominator)
        } else if b.imag.abs() >= b.real.abs() {
            let ratio = b.real / b.imag;
            let denominator = b.real * ratio + b.imag;
            complex((a * ratio) / denominator, -a / denominator)
        } else {
            complex(f64::NAN, f64::NAN)
        };
        if quotient.is_nan() && a.is_finite() && b.is_infinite() {
            let (x, y) = (boxed(b.real), boxed(b.imag));
            return Ok(complex(0.0 * (a * x), 0.0 * (-a * y)));
        }
        Ok(quotient)
    }

    /// The power.
    pub fn pow(self, exponent: Complex) -> Result<Complex, ComplexError> {
        let whole = exponent.imag == 0.0 && exponent.real == exponent.real.floor() && exponent.real.abs() <= 100.0;
        let result = if whole { self.pow_whole(exponent.real as i32)? } else { self.pow_polar(exponent)? };
        if result.is_infinite() { Err(ComplexError::Overflow) } else { Ok(result) }
    }

    fn pow_whole(self, exponent: i32) -> Result<Complex, ComplexError> {
        let one = complex(1.0, 0.0);
        let power = |mut n: u32| {
            let (mut result, mut base) = (one, self);
            while n > 0 {
                if n & 1 == 1 {
                    result = result.mul(base);
                }
                n >>= 1;
                base = base.mul(base);
            }
            result
        };
        if exponent > 0 { Ok(power(exponent as u32)) } else { one.div(power(exponent.unsigned_abs())) }
    }

    fn pow_polar(self, exponent: Complex) -> Result<Complex, ComplexError> {
        if exponent.real == 0.0 && exponent.imag == 0.0 {
            return Ok(complex(1.0, 0.0));
        }
        if self.real == 0.0 && self.imag == 0.0 {
            if exponent.imag != 0.0 || exponent.real < 0.0 {
                return Err(ComplexError::DivisionByZero);
            }
            return Ok(complex(0.0, 0.0));
        }
        let magnitude = self.real.hypot(self.imag);
        let angle = self.imag.atan2(self.real);
        let mut len = magnitude.powf(exponent.real);
        let mut phase = angle * exponent.real;
        if exponent.imag != 0.0 {
            len *= (-angle * exponent.imag).exp();
            phase += exponent.imag * magnitude.ln();
        }
        // CPython takes the domain error that C's cos(inf) reports for its own.
        if phase.is_infinite() {
            return Err(ComplexError::DivisionByZero);
        }
        Ok(complex(len * phase.cos(), len * phase.sin()))
    }

    /// `abs()`
    pub fn abs(self) -> Result<f64, ComplexError> {
        let magnitude = self.real.hypot(self.imag);
        if magnitude.is_infinite() && self.is_finite() { Err(ComplexError::Overflow) } else { Ok(magnitude) }
    }
}
