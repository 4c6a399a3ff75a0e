//! Keys from passwords: PBKDF2 (RFC 8018) and scrypt (RFC 7914), as `_key_derivation` for the library's `_hashlib`.

use super::Algorithm;
use super::hmac::Keyed;
use gc::{Ref, Reg, Value};
use objects::native::{Method, function};
use objects::types::bytes::shared::{new_bytes, operand};
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::str::as_str;
use objects::{Cx, PyResult};

const ALGORITHMS: [Algorithm; 12] = [
    Algorithm::Md5,
    Algorithm::Sha1,
    Algorithm::Sha224,
    Algorithm::Sha256,
    Algorithm::Sha384,
    Algorithm::Sha512,
    Algorithm::Sha3_224,
    Algorithm::Sha3_256,
    Algorithm::Sha3_384,
    Algorithm::Sha3_512,
    Algorithm::Blake2b,
    Algorithm::Blake2s,
];

/// PBKDF2 with HMAC.
pub(crate) fn pbkdf2(algorithm: Algorithm, password: &[u8], salt: &[u8], rounds: u64, out: &mut [u8]) {
    let keyed = Keyed::new(algorithm, password);
    let size = algorithm.start().digest_size();
    for (i, block) in out.chunks_mut(size).enumerate() {
        let mut u = keyed.of(&[salt, &(i as u32 + 1).to_be_bytes()]);
        let mut t = u.clone();
        for _ in 1..rounds {
            u = keyed.of(&[&u]);
            t.iter_mut().zip(&u).for_each(|(a, b)| *a ^= b);
        }
        block.copy_from_slice(&t[..block.len()]);
    }
}

fn number(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    int::index_i64(cx, v)
}

fn pbkdf2_function(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = as_str(a[0]).map_or_else(String::new, objects::types::str::Str::to_string_lossy);
    let Some(algorithm) = ALGORITHMS.into_iter().find(|x| x.name() == name) else {
        return Err(cx.value_error(format!("unsupported hash type {name}")));
    };
    let (password, salt) = (operand(cx, a[1])?.to_vec(), operand(cx, a[2])?.to_vec());
    let rounds = number(cx, a[3])?;
    if rounds < 1 {
        return Err(cx.value_error("iteration value must be greater than 0."));
    }
    let length = match a[4].given().filter(|l| !l.is_none()) {
        Some(l) => number(cx, l)?,
        None => algorithm.start().digest_size() as i64,
    };
    if length < 1 {
        return Err(cx.value_error("key length must be greater than 0."));
    }
    if length > i64::from(i32::MAX) {
        return Err(cx.overflow_error("key length is too great."));
    }
    let mut out = vec![0; length as usize];
    cx.detached(|| pbkdf2(algorithm, &password, &salt, rounds as u64, &mut out));
    new_bytes(cx, &out).map(Reg::from)
}

fn salsa(b: &mut [u32; 16]) {
    let mut x = *b;
    let quarter = |x: &mut [u32; 16], [a, b, c, d]: [usize; 4]| {
        x[b] ^= x[a].wrapping_add(x[d]).rotate_left(7);
        x[c] ^= x[b].wrapping_add(x[a]).rotate_left(9);
        x[d] ^= x[c].wrapping_add(x[b]).rotate_left(13);
        x[a] ^= x[d].wrapping_add(x[c]).rotate_left(18);
    };
    for _ in 0..4 {
        for q in
            [[0, 4, 8, 12], [5, 9, 13, 1], [10, 14, 2, 6], [15, 3, 7, 11], [0, 1, 2, 3], [5, 6, 7, 4], [10, 11, 8, 9], [15, 12, 13, 14]]
        {
            quarter(&mut x, q);
        }
    }
    b.iter_mut().zip(x).for_each(|(b, x)| *b = b.wrapping_add(x));
}

fn mix_block(b: &mut [u32], y: &mut [u32]) {
    let blocks = b.len() / 16;
    let mut x = [0; 16];
    x.copy_from_slice(&b[b.len() - 16..]);
    for i in 0..blocks {
        x.iter_mut().zip(&b[i * 16..]).for_each(|(x, b)| *x ^= b);
        salsa(&mut x);
        let to = (i / 2 + if i % 2 == 1 { blocks / 2 } else { 0 }) * 16;
        y[to..to + 16].copy_from_slice(&x);
    }
    b.copy_from_slice(y);
}

fn scrypt(password: &[u8], salt: &[u8], n: usize, r: usize, p: usize, out: &mut [u8]) {
    let words = 32 * r;
    let mut b = vec![0; p * words * 4];
    pbkdf2(Algorithm::Sha256, password, salt, 1, &mut b);
    let mut table = vec![0_u32; n * words];
    let (mut x, mut y) = (vec![0_u32; words], vec![0_u32; words]);
    for part in b.chunks_mut(words * 4) {
        for (w, c) in x.iter_mut().zip(part.chunks(4)) {
            *w = u32::from_le_bytes([c[0], c[1], c[2], c[3]]);
        }
        for i in 0..n {
            table[i * words..(i + 1) * words].copy_from_slice(&x);
            mix_block(&mut x, &mut y);
        }
        for _ in 0..n {
            let j = x[words - 16] as usize & (n - 1);
            x.iter_mut().zip(&table[j * words..]).for_each(|(x, v)| *x ^= v);
            mix_block(&mut x, &mut y);
        }
        for (w, c) in x.iter().zip(part.chunks_mut(4)) {
            c.copy_from_slice(&w.to_le_bytes());
        }
    }
    pbkdf2(Algorithm::Sha256, password, &b, 1, out);
}

fn scrypt_function(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (password, salt) = (operand(cx, a[0])?.to_vec(), operand(cx, a[1])?.to_vec());
    let (n, r, p) = (number(cx, a[2])?, number(cx, a[3])?, number(cx, a[4])?);
    if n < 2 || n & (n - 1) != 0 {
        return Err(cx.value_error("n must be a power of 2."));
    }
    let memory = number(cx, a[5])?;
    if !(0..=i64::from(i32::MAX)).contains(&memory) {
        return Err(cx.value_error(format!("maxmem must be positive and smaller than {}", i32::MAX)));
    }
    let length = number(cx, a[6])?;
    if !(1..=i64::from(i32::MAX)).contains(&length) {
        return Err(cx.value_error(format!("dklen must be greater than 0 and smaller than {}", i32::MAX)));
    }
    let limit = if memory == 0 { 32 << 20 } else { i128::from(memory) };
    let needed = 128 * i128::from(r) * (i128::from(n) + i128::from(p) + 2);
    if r < 1 || p < 1 || i128::from(r) * i128::from(p) >= 1 << 30 || needed > limit {
        return Err(cx.error(exc::VALUE_ERROR, "Invalid parameter combination for n, r, p, maxmem."));
    }
    let mut out = vec![0; length as usize];
    cx.detached(|| scrypt(&password, &salt, n as usize, r as usize, p as usize, &mut out));
    new_bytes(cx, &out).map(Reg::from)
}

static FUNCTIONS: &[Method] = &[
    function(
        "pbkdf2_hmac",
        "($module, /, hash_name, password, salt, iterations, dklen=None)",
        pbkdf2_function,
        "Password based key derivation function 2 (PKCS #5 v2.0) with HMAC as pseudorandom function.",
    ),
    function(
        "scrypt",
        "($module, password, salt, n, r, p, maxmem, dklen, /)",
        scrypt_function,
        "scrypt password-based key derivation function.",
    ),
];

/// `_key_derivation`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_key_derivation",
    doc: "",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add(
            "algorithms",
            Value::from(objects::types::tuple::Tuple::from_values(
                ALGORITHMS.iter().map(|a| objects::types::str::Str::from_text(a.name()).into_value()).collect(),
            )),
        );
        Ok(())
    },
};
