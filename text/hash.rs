//! Python's hashes: numbers modulo 2^61 - 1 (equal numbers of different types hash alike), tuples, frozensets,
//! slices, and keyed SipHash-1-3 for text and bytes.
//!
//! A hash is an `i64` that is never -1 (which C code uses for "error"): -1 becomes -2, or another fixed value.

#[cfg(test)]
mod tests;

use num_bigint::{BigInt, Sign};
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// The modulus of numeric hashes (`sys.hash_info.modulus`), a Mersenne prime.
pub const MODULUS: u64 = (1 << BITS) - 1;
const BITS: u32 = 61;
/// The hash of infinity (`sys.hash_info.inf`).
pub const INFINITY: i64 = 314_159;
/// What the imaginary part is multiplied with (`sys.hash_info.imag`).
pub const IMAGINARY: u64 = 1_000_003;

/// Replaces the forbidden -1.
#[inline]
pub fn not_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

/// `hash` of a small int.
#[inline]
pub fn hash_i64(value: i64) -> i64 {
    let magnitude = value.unsigned_abs();
    let reduced = if magnitude < MODULUS { magnitude } else { magnitude % MODULUS } as i64;
    not_minus_one(if value < 0 { -reduced } else { reduced })
}

/// `hash` of a big int.
pub fn hash_big(value: &BigInt) -> i64 {
    // 2^64 is 8 modulo 2^61 - 1.
    let digits: Vec<u64> = value.iter_u64_digits().collect();
    let reduced = digits.iter().rev().fold(0u64, |acc, &digit| {
        let sum = u128::from(acc) * 8 + u128::from(digit);
        (sum % u128::from(MODULUS)) as u64
    });
    let reduced = reduced as i64;
    not_minus_one(if value.sign() == Sign::Minus { -reduced } else { reduced })
}

/// `2^exponent * value` modulo the modulus: a rotation of 61 bits.
fn scaled(value: u64, exponent: i32) -> u64 {
    let shift = exponent.rem_euclid(BITS as i32) as u32;
    ((value << shift) & MODULUS) | value >> (BITS - shift)
}

/// `hash` of a float; `None` for NaN, which hashes by identity.
pub fn hash_f64(value: f64) -> Option<i64> {
    if value.is_nan() {
        return None;
    }
    if value.is_infinite() {
        return Some(if value > 0.0 { INFINITY } else { -INFINITY });
    }
    let (mantissa, exponent) = crate::int_float::decompose(value);
    let reduced = scaled(mantissa.unsigned_abs() % MODULUS, exponent) as i64;
    Some(not_minus_one(if value < 0.0 { -reduced } else { reduced }))
}

/// `hash` of a complex number from the hashes of its parts.
pub fn hash_complex(real: i64, imag: i64) -> i64 {
    not_minus_one((real as u64).wrapping_add(IMAGINARY.wrapping_mul(imag as u64)) as i64)
}

/// `hash` of something by its address: the low bits, which are all alike, go to the top.
pub fn hash_address(address: usize) -> i64 {
    not_minus_one((address as u64).rotate_right(4) as i64)
}

// The constants of xxHash, whose mixing step tuples use.
const XX_PRIME_1: u64 = 11_400_714_785_074_694_791;
const XX_PRIME_2: u64 = 14_029_467_366_897_019_727;
const XX_PRIME_5: u64 = 2_870_177_450_012_600_261;
const XX_MINUS_ONE: i64 = 1_546_275_796;

/// Mixes the hashes of a tuple's items, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct TupleHasher {
    accumulator: u64,
    len: u64,
}

impl Default for TupleHasher {
    fn default() -> Self {
        TupleHasher { accumulator: XX_PRIME_5, len: 0 }
    }
}

impl TupleHasher {
    /// Adds the hash of the next item.
    #[inline]
    pub fn add(&mut self, hash: i64) {
        let mixed = self.accumulator.wrapping_add((hash as u64).wrapping_mul(XX_PRIME_2));
        self.accumulator = mixed.rotate_left(31).wrapping_mul(XX_PRIME_1);
        self.len += 1;
    }

    /// The tuple's hash.
    pub fn finish(self) -> i64 {
        let hash = self.accumulator.wrapping_add(self.len ^ (XX_PRIME_5 ^ 3_527_539)) as i64;
        if hash == -1 { XX_MINUS_ONE } else { hash }
    }

    /// The hash of a slice object, of whose start, stop and step the hashes were added.
    pub fn finish_slice(self) -> i64 {
        let hash = self.accumulator as i64;
        if hash == -1 { XX_MINUS_ONE } else { hash }
    }
}

/// `hash` of a tuple from the hashes of its items.
pub fn hash_tuple(hashes: impl IntoIterator<Item = i64>) -> i64 {
    let mut hasher = TupleHasher::default();
    hashes.into_iter().for_each(|hash| hasher.add(hash));
    hasher.finish()
}

/// `hash` of a frozenset from the hashes of its elements, in any order.
pub fn hash_frozenset(hashes: impl IntoIterator<Item = i64>) -> i64 {
    let (mut mixed, mut len) = (0u64, 0u64);
    for hash in hashes {
        let hash = hash as u64;
        mixed ^= ((hash ^ 89_869_747) ^ (hash << 16)).wrapping_mul(3_644_798_167);
        len += 1;
    }
    mixed ^= (len + 1).wrapping_mul(1_927_868_237);
    mixed ^= (mixed >> 11) ^ (mixed >> 25);
    mixed = mixed.wrapping_mul(69069).wrapping_add(907_133_923);
    if mixed == u64::MAX { 590_923_713 } else { mixed as i64 }
}

/// The key of string hashes, fixed when the process starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashKey {
    /// First half.
    pub k0: u64,
    /// Second half.
    pub k1: u64,
}

impl HashKey {
    /// The key that `PYTHONHASHSEED=seed` gives: all zero for 0, else from a linear congruential generator.
    pub fn from_seed(seed: u32) -> HashKey {
        if seed == 0 {
            return HashKey { k0: 0, k1: 0 };
        }
        let mut state = seed;
        let mut byte = || {
            state = state.wrapping_mul(214_013).wrapping_add(2_531_011);
            (state >> 16) as u8
        };
        let k0 = u64::from_le_bytes(std::array::from_fn(|_| byte()));
        let k1 = u64::from_le_bytes(std::array::from_fn(|_| byte()));
        HashKey { k0, k1 }
    }

    /// A key of 16 random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> HashKey {
        let (k0, k1) = bytes.split_at(8);
        let half = |b: &[u8]| u64::from_le_bytes(b.try_into().expect("eight bytes"));
        HashKey { k0: half(k0), k1: half(k1) }
    }

    /// `hash` of bytes and of one-byte strings.
    pub fn hash_bytes(self, bytes: &[u8]) -> i64 {
        if bytes.is_empty() {
            return 0;
        }
        not_minus_one(SipHasher13::new_with_keys(self.k0, self.k1).hash(bytes) as i64)
    }

    /// `hash` of two-byte strings.
    pub fn hash_ucs2(self, units: &[u16]) -> i64 {
        let mut hasher = SipHasher13::new_with_keys(self.k0, self.k1);
        for chunk in units.chunks(32) {
            let mut bytes = [0u8; 64];
            chunk.iter().zip(bytes.chunks_exact_mut(2)).for_each(|(u, b)| b.copy_from_slice(&u.to_ne_bytes()));
            hasher.write(&bytes[..2 * chunk.len()]);
        }
        if units.is_empty() { 0 } else { not_minus_one(hasher.finish() as i64) }
    }

    /// `hash` of four-byte strings.
    pub fn hash_ucs4(self, units: &[u32]) -> i64 {
        let mut hasher = SipHasher13::new_with_keys(self.k0, self.k1);
        for chunk in units.chunks(16) {
            let mut bytes = [0u8; 64];
            chunk.iter().zip(bytes.chunks_exact_mut(4)).for_each(|(u, b)| b.copy_from_slice(&u.to_ne_bytes()));
            hasher.write(&bytes[..4 * chunk.len()]);
        }
        if units.is_empty() { 0 } else { not_minus_one(hasher.finish() as i64) }
    }
}
