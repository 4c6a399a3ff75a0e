//! Between ints and floats, exactly: conversion, comparison, integer ratios, division.

#[cfg(test)]
mod tests;

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{ToPrimitive, Zero};
use std::cmp::Ordering;

use crate::float_text::scale;
use crate::int_text::Int;

/// The top 64 bits of a magnitude, whether anything follows them, and the exponent of their last bit.
fn top_bits(magnitude: &BigUint) -> (u64, bool, i64) {
    let bits = magnitude.bits();
    if bits <= 64 {
        return (magnitude.to_u64().unwrap_or(0), false, 0);
    }
    let shift = bits - 64;
    let top = (magnitude >> shift).to_u64().expect("64 bits");
    let sticky = magnitude.trailing_zeros().is_some_and(|zeros| zeros < shift);
    (top, sticky, shift as i64)
}

/// `float(value)`, rounded half-even. `None` when too large (OverflowError, "int too large to convert to float").
pub fn big_to_f64(value: &BigInt) -> Option<f64> {
    let (top, sticky, exponent) = top_bits(value.magnitude());
    let magnitude = scale(top, sticky, exponent)?;
    Some(if value.sign() == Sign::Minus { -magnitude } else { magnitude })
}

/// A finite float as `mantissa * 2^exponent` with an odd mantissa (0 for zero).
pub fn decompose(x: f64) -> (i64, i32) {
    let bits = x.to_bits();
    let biased = (bits >> 52 & 0x7ff) as i32;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (mantissa, exponent) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    if mantissa == 0 {
        return (0, 0);
    }
    let zeros = mantissa.trailing_zeros();
    let mantissa = mantissa >> zeros;
    (if x < 0.0 { -mantissa } else { mantissa }, exponent + zeros as i32)
}

/// `int(x)` of a finite float: truncated. `None` for infinities and NaN.
pub fn float_to_int(x: f64) -> Option<Int> {
    if !x.is_finite() {
        return None;
    }
    let x = x.trunc();
    if x.abs() < 9.2e18 {
        return Some(Int::Small(x as i64));
    }
    let (mantissa, exponent) = decompose(x);
    Some(Int::from(BigInt::from(mantissa) << exponent.max(0)))
}

/// `x.as_integer_ratio()` of a finite float.
pub fn integer_ratio(x: f64) -> (BigInt, BigInt) {
    let (mantissa, exponent) = decompose(x);
    if exponent >= 0 {
        (BigInt::from(mantissa) << exponent, BigInt::from(1))
    } else {
        (BigInt::from(mantissa), BigInt::from(1) << -exponent)
    }
}

/// Compares an int with a float by exact value; `None` for NaN.
pub fn compare_i64(int: i64, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if int.unsigned_abs() <= 1 << 53 {
        return (int as f64).partial_cmp(&float);
    }
    if float >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if float < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let whole = float.trunc();
    Some(int.cmp(&(whole as i64)).then_with(|| whole.partial_cmp(&float).expect("no NaN")))
}

/// Compares a big int with a float by exact value; `None` for NaN.
pub fn compare_big(int: &BigInt, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.is_infinite() {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = match float_to_int(float)? {
        Int::Small(value) => BigInt::from(value),
        Int::Big(value) => value,
    };
    Some(int.cmp(&whole).then_with(|| float.trunc().partial_cmp(&float).expect("no NaN")))
}

/// `a / b` of ints with `b != 0`, correctly rounded. `None` when too large (OverflowError, "integer division result
/// too large for a float").
pub fn true_divide(a: &BigInt, b: &BigInt) -> Option<f64> {
    let negative = (a.sign() == Sign::Minus) != (b.sign() == Sign::Minus);
    if a.is_zero() {
        return Some(if negative { -0.0 } else { 0.0 });
    }
    let (a, b) = (a.magnitude(), b.magnitude());
    // Scale so that the quotient has 65 or 66 bits; its remainder only matters as "something follows".
    let shift = 66 - (a.bits() as i64 - b.bits() as i64);
    let (quotient, remainder) = if shift >= 0 { (a << shift).div_rem(b) } else { a.div_rem(&(b << -shift)) };
    let (top, sticky, exponent) = top_bits(&quotient);
    let magnitude = scale(top, sticky || !remainder.is_zero(), exponent - shift)?;
    Some(if negative { -magnitude } else { magnitude })
}

/// `a / b` of small ints with `b != 0`: exact operands divide as floats, others through [`true_divide`].
pub fn true_divide_i64(a: i64, b: i64) -> f64 {
    const EXACT: u64 = 1 << 53;
    if a.unsigned_abs() <= EXACT && b.unsigned_abs() <= EXACT {
        return a as f64 / b as f64;
    }
    true_divide(&BigInt::from(a), &BigInt::from(b)).expect("quotient of 64-bit ints is in range")
}
