//! The Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), with the derived numbers of Python's `random.Random`.

#[cfg(test)]
mod tests;

use num_bigint::BigUint;

const N: usize = 624;
const M: usize = 397;

/// The generator's state.
#[derive(Clone)]
pub struct MersenneTwister {
    state: [u32; N],
    index: usize,
}

impl MersenneTwister {
    /// A generator seeded by one word.
    fn from_word(seed: u32) -> MersenneTwister {
        let mut state = [0; N];
        state[0] = seed;
        for i in 1..N {
            let previous: u32 = state[i - 1];
            state[i] = 1_812_433_253u32.wrapping_mul(previous ^ previous >> 30).wrapping_add(i as u32);
        }
        MersenneTwister { state, index: N }
    }

    /// A generator seeded by words, least significant first: `Random(n)` passes the 32-bit digits of `abs(n)`, and one
    /// zero for 0.
    pub fn from_key(key: &[u32]) -> MersenneTwister {
        let zero = [0];
        let key = if key.is_empty() { &zero } else { key };
        let mut twister = MersenneTwister::from_word(19_650_218);
        let state = &mut twister.state;
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            let previous = state[i - 1];
            let mixed = state[i] ^ (previous ^ previous >> 30).wrapping_mul(1_664_525);
            state[i] = mixed.wrapping_add(key[j]).wrapping_add(j as u32);
            i += 1;
            j = (j + 1) % key.len();
            if i == N {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        for _ in 0..N - 1 {
            let previous = state[i - 1];
            let mixed = state[i] ^ (previous ^ previous >> 30).wrapping_mul(1_566_083_941);
            state[i] = mixed.wrapping_sub(i as u32);
            i += 1;
            if i == N {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        state[0] = 0x8000_0000;
        twister
    }

    /// A generator seeded by an int's magnitude.
    pub fn from_magnitude(seed: &BigUint) -> MersenneTwister {
        MersenneTwister::from_key(&seed.to_u32_digits())
    }

    /// The state as `getstate` shows it: 624 words and the index of the next.
    pub fn state(&self) -> (&[u32; N], usize) {
        (&self.state, self.index)
    }

    /// Restores a state. `None` when the index is beyond 624 (ValueError "invalid state").
    pub fn from_state(state: [u32; N], index: usize) -> Option<MersenneTwister> {
        (index <= N).then_some(MersenneTwister { state, index })
    }

    fn refill(&mut self) {
        let twist = |upper: u32, lower: u32| {
            let y = (upper & 0x8000_0000) | (lower & 0x7fff_ffff);
            y >> 1 ^ if y & 1 == 1 { 0x9908_b0df } else { 0 }
        };
        for i in 0..N {
            self.state[i] = self.state[(i + M) % N] ^ twist(self.state[i], self.state[(i + 1) % N]);
        }
        self.index = 0;
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.index >= N {
            self.refill();
        }
        let mut y = self.state[self.index];
        self.index += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ y >> 18
    }

    /// `random()`: 53 random bits as a float in [0, 1).
    pub fn random(&mut self) -> f64 {
        let (a, b) = (self.next_u32() >> 5, self.next_u32() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) * (1.0 / 9_007_199_254_740_992.0)
    }

    /// `getrandbits(bits)` for up to 64 bits.
    pub fn bits_u64(&mut self, bits: u32) -> u64 {
        match bits {
            0 => 0,
            1..=32 => (self.next_u32() >> (32 - bits)).into(),
            _ => {
                let low = u64::from(self.next_u32());
                low | u64::from(self.next_u32() >> (64 - bits)) << 32
            }
        }
    }

    /// `getrandbits(bits)`
    pub fn bits(&mut self, bits: u64) -> BigUint {
        let words = bits.div_ceil(32);
        let digits = (0..words).map(|i| {
            let word = self.next_u32();
            if i + 1 == words && !bits.is_multiple_of(32) { word >> (32 - bits % 32) } else { word }
        });
        BigUint::new(digits.collect())
    }
}
