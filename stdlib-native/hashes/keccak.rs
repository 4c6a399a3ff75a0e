//! SHA-3 and SHAKE (FIPS 202) on the permutation Keccak-f[1600].

const ROUNDS: [u64; 24] = {
    // The constants come from a shift register of degree eight.
    let mut out = [0u64; 24];
    let mut lfsr = 1u16;
    let mut round = 0;
    while round < 24 {
        let mut j = 0;
        while j < 7 {
            if lfsr & 1 != 0 {
                out[round] |= 1 << ((1u32 << j) - 1);
            }
            lfsr <<= 1;
            if lfsr & 0x100 != 0 {
                lfsr ^= 0x171;
            }
            j += 1;
        }
        round += 1;
    }
    out
};

/// Where each lane of the cycle of pi goes, and how far it is rotated on the way.
const CYCLE: [(usize, u32); 24] = {
    let mut out = [(0, 0); 24];
    let (mut x, mut y, mut i) = (1, 0, 0);
    while i < 24 {
        let next = (2 * x + 3 * y) % 5;
        x = y;
        y = next;
        out[i] = (x + 5 * y, ((i as u32 + 1) * (i as u32 + 2) / 2) % 64);
        i += 1;
    }
    out
};

fn permute(a: &mut [u64; 25]) {
    for constant in ROUNDS {
        let mut c = [0u64; 5];
        for x in 0..5 {
            c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        }
        for x in 0..5 {
            let d = c[(x + 4) % 5] ^ c[(x + 1) % 5].rotate_left(1);
            for y in 0..5 {
                a[x + 5 * y] ^= d;
            }
        }
        let mut moved = a[1];
        for (to, by) in CYCLE {
            moved = std::mem::replace(&mut a[to], moved.rotate_left(by));
        }
        for y in 0..5 {
            let row = [a[5 * y], a[5 * y + 1], a[5 * y + 2], a[5 * y + 3], a[5 * y + 4]];
            for x in 0..5 {
                a[5 * y + x] = row[x] ^ (!row[(x + 1) % 5] & row[(x + 2) % 5]);
            }
        }
        a[0] ^= constant;
    }
}

/// A sponge that takes input.
#[derive(Clone)]
pub struct Sponge {
    state: [u64; 25],
    /// Bytes per block.
    rate: usize,
    /// Bytes of the current block so far.
    filled: usize,
    suffix: u8,
}

impl Sponge {
    /// An empty one.
    pub fn new(rate: usize, suffix: u8) -> Sponge {
        Sponge { state: [0; 25], rate, filled: 0, suffix }
    }
    /// Bytes per block.
    pub fn rate(&self) -> usize {
        self.rate
    }
    fn mix(&mut self, at: usize, b: u8) {
        self.state[at / 8] ^= u64::from(b) << (at % 8 * 8);
    }
    /// Takes input.
    pub fn update(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            if self.filled == 0 && data.len() >= self.rate {
                let (block, rest) = data.split_at(self.rate);
                for (lane, b) in self.state.iter_mut().zip(block.chunks_exact(8)) {
                    *lane ^= u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
                }
                permute(&mut self.state);
                data = rest;
                continue;
            }
            let n = data.len().min(self.rate - self.filled);
            for (i, b) in data[..n].iter().enumerate() {
                self.mix(self.filled + i, *b);
            }
            self.filled += n;
            data = &data[n..];
            if self.filled == self.rate {
                permute(&mut self.state);
                self.filled = 0;
            }
        }
    }
    /// `length` bytes of output.
    pub fn squeeze(mut self, length: usize) -> Vec<u8> {
        self.mix(self.filled, self.suffix);
        self.mix(self.rate - 1, 0x80);
        let mut out = Vec::with_capacity(length);
        while out.len() < length {
            permute(&mut self.state);
            for i in 0..self.rate.min(length - out.len()) {
                out.push((self.state[i / 8] >> (i % 8 * 8)) as u8);
            }
        }
        out
    }
}
