//! `_hmac`: keyed hashing (RFC 2104).

use super::object::{feed, hex, input};
use super::{Algorithm, State, ids};
use crate::guarded::{Guarded, State as Stored, error_type};
use gc::{Gc, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, function, getter, method};
use objects::protocol::text as show;
use objects::types::bytes::shared::new_bytes;
use objects::types::exception;
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::str::{as_str, text};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_value};
use objects::{Cx, PyResult};

/// `_hmac.UnknownHashError`.
pub static UNKNOWN_HASH_TYPE: TypeSpec = error_type(ids::UNKNOWN_HASH, "_hmac.UnknownHashError", exception::ids::VALUE_ERROR);

/// What an object holds: the inner hash so far and the key's block for the outer one.
#[derive(Clone)]
pub struct Keyed {
    algorithm: Algorithm,
    inner: State,
    outer: State,
}
impl Stored for Keyed {
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}
/// `HMAC` object.
pub type Hmac = Guarded<Keyed, { ids::HMAC }>;

impl Keyed {
    /// The code of several parts.
    pub fn of(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut k = self.clone();
        parts.iter().for_each(|p| k.inner.update(p));
        k.digest()
    }
    /// With a key.
    pub fn new(algorithm: Algorithm, key: &[u8]) -> Keyed {
        let size = algorithm.block_size();
        let mut block = if key.len() > size {
            let mut s = algorithm.start();
            s.update(key);
            s.digest(0)
        } else {
            key.to_vec()
        };
        block.resize(size, 0);
        let padded = |pad: u8| {
            let mut s = algorithm.start();
            s.update(&block.iter().map(|b| b ^ pad).collect::<Vec<u8>>());
            s
        };
        Keyed { algorithm, inner: padded(0x36), outer: padded(0x5c) }
    }
    fn digest(self) -> Vec<u8> {
        let mut outer = self.outer;
        outer.update(&self.inner.digest(0));
        outer.digest(0)
    }
}

fn me(v: Ref<'_>) -> &Hmac {
    // SAFETY: methods check their receiver.
    unsafe { v.cast::<Hmac>() }
}

fn named(name: &str) -> Option<Algorithm> {
    use Algorithm::*;
    let lower = name.to_ascii_lowercase();
    if name != lower && name != name.to_ascii_uppercase() {
        return None;
    }
    Some(match lower.as_str() {
        "md5" => Md5,
        "sha1" => Sha1,
        "sha224" | "sha2_224" => Sha224,
        "sha256" | "sha2_256" => Sha256,
        "sha384" | "sha2_384" => Sha384,
        "sha512" | "sha2_512" => Sha512,
        "sha3_224" => Sha3_224,
        "sha3_256" => Sha3_256,
        "sha3_384" => Sha3_384,
        "sha3_512" => Sha3_512,
        "blake2b" | "blake2b_32" => Blake2b,
        "blake2s" | "blake2s_32" => Blake2s,
        _ => return None,
    })
}

fn algorithm(cx: &mut Cx, v: Ref<'_>) -> PyResult<Algorithm> {
    match as_str(v).and_then(|s| named(&s.to_string_lossy())) {
        Some(a) => Ok(a),
        None => {
            let shown = show::repr(cx, v)?.to_string_lossy();
            Err(cx.error(ids::UNKNOWN_HASH, format!("unsupported hash type: {shown}")))
        }
    }
}

fn new(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(wanted) = a[2].given() else { return Err(cx.type_error("new() missing 1 required argument 'digestmod'")) };
    let algorithm = algorithm(cx, wanted)?;
    let key = input(cx, a[0])?;
    let mut k = Keyed::new(algorithm, &key);
    if let Some(m) = a[1].given().filter(|m| !m.is_none()) {
        let m = input(cx, m)?;
        feed(cx, &mut k.inner, &m);
    }
    let o: Gc<Hmac> = gc::alloc(Hmac::new(k));
    Ok(o.into())
}

fn once(cx: &mut Cx, algorithm: Algorithm, a: &[Ref<'_>]) -> PyResult<Reg> {
    let key = input(cx, a[0])?;
    let m = input(cx, a[1])?;
    let mut k = Keyed::new(algorithm, &key);
    feed(cx, &mut k.inner, &m);
    new_bytes(cx, &k.digest()).map(Reg::from)
}

fn update(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = input(cx, a[1])?;
    // Piece by piece, so that the lock is never held for long.
    for part in m.chunks(1 << 16) {
        me(a[0]).with(cx, |k| k.inner.update(part));
        cx.poll()?;
    }
    Ok(Value::NONE.into())
}

fn copied(cx: &mut Cx, v: Ref<'_>) -> Keyed {
    me(v).with(cx, |k| k.clone())
}

macro_rules! compute {
    ($name:literal, $algorithm:ident) => {
        function($name, "($module, key, msg, /)", |cx, a| once(cx, Algorithm::$algorithm, a), "The digest of a message.")
    };
}

static FUNCTIONS: &[Method] = &[
    function("new", "($module, /, key, msg=None, digestmod=None)", new, "A new HMAC object."),
    function(
        "compute_digest",
        "($module, /, key, msg, digest)",
        |cx, a| {
            let algorithm = algorithm(cx, a[2])?;
            once(cx, algorithm, a)
        },
        "The digest of a message.",
    ),
    compute!("compute_md5", Md5),
    compute!("compute_sha1", Sha1),
    compute!("compute_sha224", Sha224),
    compute!("compute_sha256", Sha256),
    compute!("compute_sha384", Sha384),
    compute!("compute_sha512", Sha512),
    compute!("compute_sha3_224", Sha3_224),
    compute!("compute_sha3_256", Sha3_256),
    compute!("compute_sha3_384", Sha3_384),
    compute!("compute_sha3_512", Sha3_512),
    compute!("compute_blake2b_32", Blake2b),
    compute!("compute_blake2s_32", Blake2s),
];

static METHODS: &[Method] = &[
    method(
        "copy",
        "($self, /)",
        |cx, a| {
            let o: Gc<Hmac> = gc::alloc(Hmac::new(copied(cx, a[0])));
            Ok(o.into())
        },
        "A copy of the object.",
    ),
    method("update", "($self, /, msg)", update, "Takes more input."),
    method(
        "digest",
        "($self, /)",
        |cx, a| {
            let d = copied(cx, a[0]).digest();
            new_bytes(cx, &d).map(Reg::from)
        },
        "The digest as bytes.",
    ),
    method("hexdigest", "($self, /)", |cx, a| Ok(hex(&copied(cx, a[0]).digest())), "The digest as hexadecimal digits."),
];
static GETSETS: &[GetSet] = &[
    getter("name", |cx, v| Ok(text(&format!("hmac-{}", me(v).with(cx, |k| k.algorithm.name())))), ""),
    getter("block_size", |cx, v| Ok(int::from_usize(me(v).with(cx, |k| k.algorithm.block_size())).into()), ""),
    getter("digest_size", |cx, v| Ok(int::from_usize(me(v).with(cx, |k| k.outer.digest_size())).into()), ""),
];

/// `_hmac.HMAC`.
pub static HMAC_TYPE: TypeSpec = TypeSpec::of::<Hmac>("_hmac.HMAC")
    .flags(flags::NO_NEW)
    .slots(Slots {
        repr: Some(|cx, v| {
            let name = me(v).with(cx, |k| k.algorithm.name());
            Ok(text(&format!("<{name} HMAC object @ {:#x}>", v.word().unmarked().0)))
        }),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS);

/// `_hmac`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_hmac",
    doc: "",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("HMAC", type_value(ids::HMAC));
        m.add("UnknownHashError", type_value(ids::UNKNOWN_HASH));
        m.add("_GIL_MINSIZE", Value::small_int(2048));
        Ok(())
    },
};
