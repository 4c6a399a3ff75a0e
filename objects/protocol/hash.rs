//! Hashing.

use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::str::Str;
use crate::types::type_::type_of;
use gc::Ref;
use siphasher::sip::SipHasher13;
use std::hash::Hasher;
use std::sync::OnceLock;

static KEY: OnceLock<(u64, u64)> = OnceLock::new();

/// Sets the key of str and bytes hashes, before the first one is computed.
pub fn set_key(k0: u64, k1: u64) {
    let _ = KEY.set((k0, k1));
}

/// Hash of bytes (or of a str's units): SipHash-1-3 under the process's key. Never 0 for data, 0 for none.
pub fn bytes(data: &[u8]) -> u64 {
    if data.is_empty() {
        return 0;
    }
    let (a, b) = *KEY.get_or_init(|| (0, 0));
    let mut h = SipHasher13::new_with_keys(a, b);
    h.write(data);
    match h.finish() {
        0 => 1,
        u64::MAX => u64::MAX - 1,
        h => h,
    }
}

/// `hash(v)`.
#[inline]
pub fn hash(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    if let Some(s) = v.exact::<Str>() {
        return Ok(s.hash() as i64);
    }
    let w = v.word();
    if w.is_int() {
        return Ok(of_word(w) as i64);
    }
    match type_of(v).slots.hash() {
        Some(f) => f(cx, v),
        None => unhashable(cx, v),
    }
}

/// The hash of an int word.
#[inline(always)]
pub fn of_word(w: gc::Word) -> u64 {
    // Below 2^48, so smaller than the modulus 2^61 - 1.
    if w.int() == -1 { -2i64 as u64 } else { w.int() as u64 }
}

/// The hash slot of types that have none: TypeError.
pub fn unhashable(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let n = type_of(v).full_name();
    Err(cx.type_error(format!("unhashable type: '{n}'")))
}

/// Hash by identity.
pub fn identity(v: Ref<'_>) -> i64 {
    let w = v.word().unmarked().0;
    let h = w.rotate_right(4) as i64;
    if h == -1 { -2 } else { h }
}

/// Folds what `__hash__` has returned (any int) to a hash.
pub fn of_int_result(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    match crate::types::int::as_int(v).and_then(crate::types::int::IntRef::to_i64) {
        Some(-1) => Ok(-2),
        Some(i) => Ok(i),
        None => match crate::types::by_id(crate::ids::INT).slots.hash() {
            Some(f) => f(cx, v),
            None => Ok(0),
        },
    }
}

/// Runs `f` with a context that cannot run Python code: for building constants whose comparison never needs it.
pub fn with_constant_context(f: impl FnOnce(&mut Cx)) {
    crate::init::with_cx(f);
}
