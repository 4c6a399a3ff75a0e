//! `_md5`, `_sha1`, `_sha2`, `_sha3`, `_blake2` and `_hmac`: the states of the algorithms behind one face. [`objects`](object) has the types.

pub mod blake2;
pub mod derive;
pub mod hmac;
pub mod keccak;
pub mod object;

use keccak::Sponge;
use sha1::Digest;

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const MD5: u32 = 538;
    pub const SHA1: u32 = 539;
    pub const SHA224: u32 = 540;
    pub const SHA256: u32 = 541;
    pub const SHA384: u32 = 542;
    pub const SHA512: u32 = 543;
    pub const SHA3_224: u32 = 544;
    pub const SHA3_256: u32 = 545;
    pub const SHA3_384: u32 = 546;
    pub const SHA3_512: u32 = 547;
    pub const SHAKE_128: u32 = 548;
    pub const SHAKE_256: u32 = 549;
    pub const BLAKE2B: u32 = 550;
    pub const BLAKE2S: u32 = 551;
    pub const HMAC: u32 = 552;
    pub const UNKNOWN_HASH: u32 = 553;
}

pub use object::SPECS;

/// An algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Algorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    Shake128,
    Shake256,
    Blake2b,
    Blake2s,
}

impl Algorithm {
    /// `name`
    pub fn name(self) -> &'static str {
        use Algorithm::*;
        match self {
            Md5 => "md5",
            Sha1 => "sha1",
            Sha224 => "sha224",
            Sha256 => "sha256",
            Sha384 => "sha384",
            Sha512 => "sha512",
            Sha3_224 => "sha3_224",
            Sha3_256 => "sha3_256",
            Sha3_384 => "sha3_384",
            Sha3_512 => "sha3_512",
            Shake128 => "shake_128",
            Shake256 => "shake_256",
            Blake2b => "blake2b",
            Blake2s => "blake2s",
        }
    }
    /// Bytes per block.
    pub fn block_size(self) -> usize {
        use Algorithm::*;
        match self {
            Md5 | Sha1 | Sha224 | Sha256 | Blake2s => 64,
            Sha384 | Sha512 | Blake2b => 128,
            Sha3_224 => 144,
            Sha3_256 | Shake256 => 136,
            Sha3_384 => 104,
            Sha3_512 => 72,
            Shake128 => 168,
        }
    }
    /// An empty state.
    pub fn start(self) -> State {
        use Algorithm::*;
        match self {
            Md5 => State::Md5(md5::Md5::new()),
            Sha1 => State::Sha1(sha1::Sha1::new()),
            Sha224 => State::Sha224(sha2::Sha224::new()),
            Sha256 => State::Sha256(sha2::Sha256::new()),
            Sha384 => State::Sha384(sha2::Sha384::new()),
            Sha512 => State::Sha512(sha2::Sha512::new()),
            Sha3_224 | Sha3_256 | Sha3_384 | Sha3_512 => State::Sha3(Sponge::new(self.block_size(), 6)),
            Shake128 | Shake256 => State::Shake(Sponge::new(self.block_size(), 0x1f)),
            Blake2b => State::Blake2b(Box::new(blake2b_simd::State::new())),
            Blake2s => State::Blake2s(Box::new(blake2s_simd::State::new())),
        }
    }
}

/// The state of a computation.
#[derive(Clone)]
#[allow(missing_docs)]
pub enum State {
    Md5(md5::Md5),
    Sha1(sha1::Sha1),
    Sha224(sha2::Sha224),
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
    Sha3(Sponge),
    Shake(Sponge),
    Blake2b(Box<blake2b_simd::State>),
    Blake2s(Box<blake2s_simd::State>),
}

impl State {
    /// Takes input.
    pub fn update(&mut self, data: &[u8]) {
        match self {
            State::Md5(s) => s.update(data),
            State::Sha1(s) => s.update(data),
            State::Sha224(s) => s.update(data),
            State::Sha256(s) => s.update(data),
            State::Sha384(s) => s.update(data),
            State::Sha512(s) => s.update(data),
            State::Sha3(s) | State::Shake(s) => s.update(data),
            State::Blake2b(s) => drop(s.update(data)),
            State::Blake2s(s) => drop(s.update(data)),
        }
    }
    /// The digest of the input so far; `length` counts for SHAKE only.
    pub fn digest(self, length: usize) -> Vec<u8> {
        match self {
            State::Md5(s) => s.finalize().to_vec(),
            State::Sha1(s) => s.finalize().to_vec(),
            State::Sha224(s) => s.finalize().to_vec(),
            State::Sha256(s) => s.finalize().to_vec(),
            State::Sha384(s) => s.finalize().to_vec(),
            State::Sha512(s) => s.finalize().to_vec(),
            State::Sha3(s) => {
                let n = (200 - s.rate()) / 2;
                s.squeeze(n)
            }
            State::Shake(s) => s.squeeze(length),
            State::Blake2b(s) => s.finalize().as_bytes().to_vec(),
            State::Blake2s(s) => s.finalize().as_bytes().to_vec(),
        }
    }
    /// Bytes of the digest; 0 for SHAKE.
    pub fn digest_size(&self) -> usize {
        match self {
            State::Md5(_) => 16,
            State::Sha1(_) => 20,
            State::Sha224(_) => 28,
            State::Sha256(_) => 32,
            State::Sha384(_) => 48,
            State::Sha512(_) => 64,
            State::Sha3(s) => (200 - s.rate()) / 2,
            State::Shake(_) => 0,
            State::Blake2b(s) => s.finalize().as_bytes().len(),
            State::Blake2s(s) => s.finalize().as_bytes().len(),
        }
    }
}
