//! Functions of ints against their definitions.

use super::*;

fn big(value: Int) -> BigInt {
    value.into()
}

#[test]
fn factorials() {
    let mut expected = BigInt::one();
    for n in 0..300u64 {
        if n > 0 {
            expected *= n;
        }
        assert_eq!(big(factorial(n)), expected, "{n}!");
        assert_eq!(big(perm(&BigUint::from(n), n)), expected);
    }
    assert!(matches!(factorial(20), Int::Small(2432902008176640000)));
}

#[test]
fn binomials() {
    // Pascal's triangle.
    let mut row = vec![BigInt::one()];
    for n in 0..60u64 {
        for k in 0..=n {
            assert_eq!(big(comb(&BigUint::from(n), k)), row[k as usize], "{n} over {k}");
        }
        let mut next = vec![BigInt::one()];
        next.extend(row.windows(2).map(|w| &w[0] + &w[1]));
        next.push(BigInt::one());
        row = next;
    }
    assert_eq!(comb(&BigUint::from(3u8), 5), Int::Small(0));
    assert_eq!(perm(&BigUint::from(10u8), 3), Int::Small(720));
}

#[test]
fn roots_and_divisors() {
    for n in [0u64, 1, 2, 3, 4, 15, 16, 17, 1 << 52, (1 << 52) - 1, u64::MAX, (1 << 32) * (1 << 31), 4294967295 * 4294967295] {
        let root = isqrt_u64(n);
        assert!(u128::from(root) * u128::from(root) <= u128::from(n));
        assert!(u128::from(root + 1) * u128::from(root + 1) > u128::from(n));
        assert_eq!(isqrt(&BigUint::from(n)), BigUint::from(root));
    }
    assert_eq!(gcd_u64(12, 18), 6);
    assert_eq!(gcd_u64(0, 5), 5);
    assert_eq!(gcd_u64(1 << 63, 1 << 62), 1 << 62);
    assert_eq!(lcm(&BigInt::from(-4), &BigInt::from(6)), BigInt::from(12));
}

#[test]
fn division_and_powers() {
    assert_eq!(div_mod_i64(-7, 2), Some((-4, 1)));
    assert_eq!(div_mod_i64(7, -2), Some((-4, -1)));
    assert_eq!(div_mod_i64(i64::MIN, -1), None);
    let pow = |a: i64, b: i64, c: i64| pow_mod(&BigInt::from(a), &BigInt::from(b), &BigInt::from(c)).map(|r| r.to_string());
    assert_eq!(pow(3, 5, 7).as_deref(), Some("5"));
    assert_eq!(pow(3, 5, -7).as_deref(), Some("-2"));
    assert_eq!(pow(-3, -1, 7).as_deref(), Some("2"));
    assert_eq!(pow(2, -1, 4), None);
    assert_eq!(pow(5, 0, 1).as_deref(), Some("0"));
}
