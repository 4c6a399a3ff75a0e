//! Functions of ints: greatest common divisors, roots, factorials, binomial coefficients, and floor division.

#[cfg(test)]
mod tests;

use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{One, Zero};

use crate::int_text::Int;

/// `math.gcd` of small ints, as a magnitude.
pub fn gcd_u64(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let shift = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    while b != 0 {
        b >>= b.trailing_zeros();
        if a > b {
            (a, b) = (b, a);
        }
        b -= a;
    }
    a << shift
}

/// `math.gcd`
pub fn gcd(a: &BigInt, b: &BigInt) -> BigInt {
    a.gcd(b)
}

/// `math.lcm`
pub fn lcm(a: &BigInt, b: &BigInt) -> BigInt {
    if a.is_zero() || b.is_zero() { BigInt::zero() } else { a.lcm(b) }
}

/// `math.isqrt` of a magnitude.
pub fn isqrt_u64(n: u64) -> u64 {
    let mut root = (n as f64).sqrt() as u64;
    while root.checked_mul(root).is_none_or(|square| square > n) {
        root -= 1;
    }
    while (root + 1).checked_mul(root + 1).is_some_and(|square| square <= n) {
        root += 1;
    }
    root
}

/// `math.isqrt` of a big magnitude.
pub fn isqrt(n: &BigUint) -> BigUint {
    n.sqrt()
}

/// The product `low * (low + 1) * ... * high`, 1 when empty; halves multiply halves, so that factors are of like size.
fn product_range(low: &BigUint, count: u64) -> BigUint {
    if count <= 8 {
        return (0..count).fold(BigUint::one(), |product, i| product * (low + i));
    }
    let half = count / 2;
    product_range(low, half) * product_range(&(low + half), count - half)
}

/// `math.factorial` of a non-negative int.
pub fn factorial(n: u64) -> Int {
    if n <= 20 {
        return Int::Small((1..=n as i64).product());
    }
    // The odd parts of the factors, level by level: n! = 2^(n - popcount n) * the product of odd(n >> i).
    let mut odd_product = BigUint::one();
    let mut inner = BigUint::one();
    for i in (0..64 - n.leading_zeros()).rev() {
        let (upper, lower) = (n >> i, n >> (i + 1));
        if upper < 3 {
            continue;
        }
        // The odd numbers in (lower, upper], of which those up to `lower` are in `inner` already.
        let first = (lower + 1) | 1;
        if first <= upper {
            inner *= odd_range(first, (upper - first) / 2 + 1);
        }
        odd_product *= &inner;
    }
    Int::from(BigInt::from(odd_product << (n - u64::from(n.count_ones()))))
}

/// The product of `count` odd numbers from `first` on.
fn odd_range(first: u64, count: u64) -> BigUint {
    if count <= 4 {
        return (0..count).fold(BigUint::one(), |product, i| product * (first + 2 * i));
    }
    let half = count / 2;
    odd_range(first, half) * odd_range(first + 2 * half, count - half)
}

/// `math.perm(n, k)` of non-negative ints.
pub fn perm(n: &BigUint, k: u64) -> Int {
    if *n < BigUint::from(k) {
        return Int::Small(0);
    }
    let low = n - k + 1u8;
    Int::from(BigInt::from(product_range(&low, k)))
}

/// `math.comb(n, k)` of non-negative ints; the caller passes the smaller of `k` and `n - k`.
pub fn comb(n: &BigUint, k: u64) -> Int {
    if *n < BigUint::from(k) {
        return Int::Small(0);
    }
    let numerator = product_range(&(n - k + 1u8), k);
    Int::from(BigInt::from(numerator / product_range(&BigUint::one(), k)))
}

/// `divmod(a, b)` of small ints with `b != 0`; `None` when the quotient does not fit.
#[inline]
pub fn div_mod_i64(a: i64, b: i64) -> Option<(i64, i64)> {
    let quotient = a.checked_div(b)?;
    let rest = a - quotient * b;
    if rest != 0 && (rest < 0) != (b < 0) { Some((quotient - 1, rest + b)) } else { Some((quotient, rest)) }
}

/// `pow(base, exponent, modulus)` with a non-zero modulus: the result has the modulus's sign. `None` when the exponent
/// is negative and the base has no inverse (ValueError "base is not invertible for the given modulus").
pub fn pow_mod(base: &BigInt, exponent: &BigInt, modulus: &BigInt) -> Option<BigInt> {
    let magnitude = modulus.magnitude();
    let positive = BigInt::from(magnitude.clone());
    let mut base = base.mod_floor(&positive);
    if exponent.sign() == num_bigint::Sign::Minus {
        let extended = base.extended_gcd(&positive);
        if !extended.gcd.is_one() {
            return None;
        }
        base = extended.x.mod_floor(&positive);
    }
    let power = BigInt::from(base.magnitude().modpow(exponent.magnitude(), magnitude));
    let shift = modulus.sign() == num_bigint::Sign::Minus && !power.is_zero();
    Some(if shift { power - positive } else { power })
}
