//! Hash objects and the modules that make them.
//!
//! The state stands under the object's lock. Much input is taken without the lock and detached: the state is taken out meanwhile, and others
//! who want it wait for its return.

use super::{Algorithm, blake2, hmac, ids};
use crate::guarded::{Guarded, State as Stored};
use gc::{Gc, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, function, getter, method};
use objects::protocol::buffer::{self, wanted};
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::{Operand, new_bytes};
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_value};
use objects::{Args, Cx, PyResult};

/// What an object holds.
pub struct Progress {
    algorithm: Algorithm,
    /// Bytes of the digest.
    size: usize,
    /// Taken out while somebody adds much input.
    state: Option<super::State>,
}
impl Stored for Progress {
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}
/// A hash object.
pub type HashObject<const ID: u32> = Guarded<Progress, ID>;

/// From this length on input is taken detached.
const MUCH: usize = 1 << 14;

/// A new object.
pub fn new_object<const ID: u32>(algorithm: Algorithm, state: super::State) -> Reg {
    let size = state.digest_size();
    let o: Gc<HashObject<ID>> = gc::alloc(HashObject::new(Progress { algorithm, size, state: Some(state) }));
    o.into()
}

fn me<const ID: u32>(v: Ref<'_>) -> &HashObject<ID> {
    // SAFETY: methods check their receiver.
    unsafe { v.cast::<HashObject<ID>>() }
}

/// Runs `f` on the state when it is there, waiting for it.
fn with_state<const ID: u32, R>(cx: &mut Cx, o: &HashObject<ID>, mut f: impl FnMut(&mut Option<super::State>) -> R) -> PyResult<R> {
    loop {
        let r = o.with(cx, |p| if p.state.is_some() { Some(f(&mut p.state)) } else { None });
        match r {
            Some(r) => return Ok(r),
            None => {
                cx.detached(|| std::thread::sleep(std::time::Duration::from_micros(50)));
                cx.poll()?;
            }
        }
    }
}

/// Input: bytes-like, of one dimension.
pub fn input<'a>(cx: &mut Cx, v: Ref<'a>) -> PyResult<Operand<'a>> {
    if let Some(b) = v.exact::<Bytes>() {
        return Ok(Operand::Borrowed(b.data()));
    }
    if as_str(v).is_some() {
        return Err(cx.type_error("Strings must be encoded before hashing"));
    }
    if !buffer::is_exporter(v) {
        return Err(cx.type_error("object supporting the buffer API required"));
    }
    let view = buffer::get(cx, v, wanted::SIMPLE)?;
    if view.len == 0 {
        return Ok(Operand::Borrowed(&[]));
    }
    Ok(if view.is_c_contiguous() { Operand::View(view) } else { Operand::Owned(view.to_vec()) })
}

/// Adds input to a state nobody else sees.
pub fn feed(cx: &mut Cx, state: &mut super::State, data: &[u8]) {
    if data.len() < MUCH {
        state.update(data);
    } else {
        cx.detached(|| state.update(data));
    }
}

fn update<const ID: u32>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = input(cx, a[1])?;
    let o = me::<ID>(a[0]);
    if data.len() < MUCH {
        with_state(cx, o, |s| {
            if let Some(s) = s {
                s.update(&data);
            }
        })?;
        return Ok(Value::NONE.into());
    }
    if let Some(mut state) = with_state(cx, o, Option::take)? {
        feed(cx, &mut state, &data);
        o.with(cx, |p| p.state = Some(state));
    }
    Ok(Value::NONE.into())
}

fn copy_of<const ID: u32>(cx: &mut Cx, v: Ref<'_>) -> PyResult<(Algorithm, super::State)> {
    let o = me::<ID>(v);
    let algorithm = o.with(cx, |p| p.algorithm);
    let state = with_state(cx, o, |s| s.clone())?;
    Ok((algorithm, state.unwrap_or_else(|| algorithm.start())))
}

/// Hexadecimal digits.
pub fn hex(d: &[u8]) -> Reg {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let out: Vec<u8> = d.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]).collect();
    Str::from_latin1(&out).into()
}

fn digest<const ID: u32>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (_, s) = copy_of::<ID>(cx, a[0])?;
    new_bytes(cx, &s.digest(0)).map(Reg::from)
}
fn hexdigest<const ID: u32>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (_, s) = copy_of::<ID>(cx, a[0])?;
    Ok(hex(&s.digest(0)))
}
fn copy<const ID: u32>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (algorithm, s) = copy_of::<ID>(cx, a[0])?;
    Ok(new_object::<ID>(algorithm, s))
}

fn length(cx: &mut Cx, v: Ref<'_>) -> PyResult<usize> {
    let i = int::index(cx, v)?;
    let n = int::as_int(i.as_ref());
    if n.is_some_and(int::IntRef::is_negative) {
        return Err(cx.value_error("Cannot convert negative int"));
    }
    match n.and_then(int::IntRef::to_i128) {
        Some(n) if n > i128::from(u64::MAX) => Err(cx.overflow_error("Python int too large for C unsigned long")),
        Some(n) if n < 1 << 29 => Ok(n as usize),
        Some(_) => Err(cx.value_error("length is too large")),
        None => Err(cx.overflow_error("Python int too large for C unsigned long")),
    }
}

fn shake_digest<const ID: u32>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = length(cx, a[1])?;
    let (_, s) = copy_of::<ID>(cx, a[0])?;
    new_bytes(cx, &s.digest(n)).map(Reg::from)
}
fn shake_hexdigest<const ID: u32>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = length(cx, a[1])?;
    let (_, s) = copy_of::<ID>(cx, a[0])?;
    Ok(hex(&s.digest(n)))
}

struct Tables<const ID: u32>;

impl<const ID: u32> Tables<ID> {
    const UPDATE: &'static str = match ID {
        ids::SHA3_224..=ids::BLAKE2S => "($self, data, /)",
        _ => "($self, obj, /)",
    };
    const METHODS: &'static [Method] = &[
        method("copy", "($self, /)", copy::<ID>, "A copy of the hash object."),
        method("digest", "($self, /)", digest::<ID>, "The digest as bytes."),
        method("hexdigest", "($self, /)", hexdigest::<ID>, "The digest as hexadecimal digits."),
        method("update", Self::UPDATE, update::<ID>, "Takes more input."),
    ];
    const SHAKE_METHODS: &'static [Method] = &[
        method("copy", "($self, /)", copy::<ID>, "A copy of the hash object."),
        method("digest", "($self, /, length)", shake_digest::<ID>, "The digest as bytes."),
        method("hexdigest", "($self, /, length)", shake_hexdigest::<ID>, "The digest as hexadecimal digits."),
        method("update", "($self, data, /)", update::<ID>, "Takes more input."),
    ];
    const GETSETS: &'static [GetSet] = &[
        getter("block_size", |cx, v| Ok(int::from_usize(me::<ID>(v).with(cx, |p| p.algorithm.block_size())).into()), ""),
        getter("name", |cx, v| Ok(objects::types::str::text(me::<ID>(v).with(cx, |p| p.algorithm.name()))), ""),
        getter("digest_size", |cx, v| Ok(int::from_usize(me::<ID>(v).with(cx, |p| p.size)).into()), ""),
    ];
    const SPONGE_GETSETS: &'static [GetSet] = &[
        getter("block_size", |cx, v| Ok(int::from_usize(me::<ID>(v).with(cx, |p| p.algorithm.block_size())).into()), ""),
        getter("name", |cx, v| Ok(objects::types::str::text(me::<ID>(v).with(cx, |p| p.algorithm.name()))), ""),
        getter("digest_size", |cx, v| Ok(int::from_usize(me::<ID>(v).with(cx, |p| p.size)).into()), ""),
        getter("_capacity_bits", |cx, v| Ok(int::from_usize(1600 - 8 * me::<ID>(v).with(cx, |p| p.algorithm.block_size())).into()), ""),
        getter("_rate_bits", |cx, v| Ok(int::from_usize(8 * me::<ID>(v).with(cx, |p| p.algorithm.block_size())).into()), ""),
        getter(
            "_suffix",
            |cx, v| {
                let shake = me::<ID>(v).with(cx, |p| matches!(p.algorithm, Algorithm::Shake128 | Algorithm::Shake256));
                new_bytes(cx, if shake { b"\x1f" } else { b"\x06" }).map(Reg::from)
            },
            "",
        ),
    ];
}

crate::parameters!(INPUT, "sha3", "($self, data=b'', *, usedforsecurity=True, string=None)");

/// The data given by `data` or `string`.
pub fn chosen<'a>(cx: &mut Cx, data: Ref<'a>, string: Ref<'a>) -> PyResult<Option<Operand<'a>>> {
    match (data.given(), string.given().filter(|s| !s.is_none())) {
        (Some(_), Some(_)) => Err(cx.type_error(
            "'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for removal in a future version.",
        )),
        (Some(v), None) | (None, Some(v)) => input(cx, v).map(Some),
        (None, None) => Ok(None),
    }
}

fn start<const ID: u32>(cx: &mut Cx, algorithm: Algorithm, data: Ref<'_>, string: Ref<'_>) -> PyResult<Reg> {
    let mut state = algorithm.start();
    if let Some(d) = chosen(cx, data, string)? {
        feed(cx, &mut state, &d);
    }
    Ok(new_object::<ID>(algorithm, state))
}

fn new_sponge<const ID: u32>(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let algorithm = match ID {
        ids::SHA3_224 => Algorithm::Sha3_224,
        ids::SHA3_256 => Algorithm::Sha3_256,
        ids::SHA3_384 => Algorithm::Sha3_384,
        ids::SHA3_512 => Algorithm::Sha3_512,
        ids::SHAKE_128 => Algorithm::Shake128,
        _ => Algorithm::Shake256,
    };
    INPUT.bind(cx, args, |cx, a| start::<ID>(cx, algorithm, a[0], a[2]))
}

macro_rules! plain {
    ($static:ident, $id:ident, $name:literal) => {
        /// One of the hash types.
        pub static $static: TypeSpec = TypeSpec::of::<HashObject<{ ids::$id }>>($name)
            .flags(flags::NO_NEW)
            .methods(Tables::<{ ids::$id }>::METHODS)
            .getsets(Tables::<{ ids::$id }>::GETSETS);
    };
}
macro_rules! sponge {
    ($static:ident, $id:ident, $name:literal, $methods:ident) => {
        /// One of the hash types.
        pub static $static: TypeSpec = TypeSpec::of::<HashObject<{ ids::$id }>>($name)
            .slots(Slots { new: Some(|cx, _, args| new_sponge::<{ ids::$id }>(cx, args)), ..Slots::NONE })
            .methods(Tables::<{ ids::$id }>::$methods)
            .getsets(Tables::<{ ids::$id }>::SPONGE_GETSETS)
            .doc("A hash object: data=b'', *, usedforsecurity=True.");
    };
}

plain!(MD5_TYPE, MD5, "_md5.md5");
plain!(SHA1_TYPE, SHA1, "_sha1.sha1");
plain!(SHA224_TYPE, SHA224, "_sha2.SHA224Type");
plain!(SHA256_TYPE, SHA256, "_sha2.SHA256Type");
plain!(SHA384_TYPE, SHA384, "_sha2.SHA384Type");
plain!(SHA512_TYPE, SHA512, "_sha2.SHA512Type");
sponge!(SHA3_224_TYPE, SHA3_224, "_sha3.sha3_224", METHODS);
sponge!(SHA3_256_TYPE, SHA3_256, "_sha3.sha3_256", METHODS);
sponge!(SHA3_384_TYPE, SHA3_384, "_sha3.sha3_384", METHODS);
sponge!(SHA3_512_TYPE, SHA3_512, "_sha3.sha3_512", METHODS);
sponge!(SHAKE_128_TYPE, SHAKE_128, "_sha3.shake_128", SHAKE_METHODS);
sponge!(SHAKE_256_TYPE, SHAKE_256, "_sha3.shake_256", SHAKE_METHODS);

/// `_blake2.blake2b`.
pub static BLAKE2B_TYPE: TypeSpec = TypeSpec::of::<HashObject<{ ids::BLAKE2B }>>("_blake2.blake2b")
    .slots(Slots { new: Some(|cx, _, args| blake2::new_b(cx, args)), ..Slots::NONE })
    .methods(Tables::<{ ids::BLAKE2B }>::METHODS)
    .getsets(Tables::<{ ids::BLAKE2B }>::GETSETS)
    .doc("A BLAKE2b hash object.");
/// `_blake2.blake2s`.
pub static BLAKE2S_TYPE: TypeSpec = TypeSpec::of::<HashObject<{ ids::BLAKE2S }>>("_blake2.blake2s")
    .slots(Slots { new: Some(|cx, _, args| blake2::new_s(cx, args)), ..Slots::NONE })
    .methods(Tables::<{ ids::BLAKE2S }>::METHODS)
    .getsets(Tables::<{ ids::BLAKE2S }>::GETSETS)
    .doc("A BLAKE2s hash object.");

/// The types.
pub static SPECS: &[&TypeSpec] = &[
    &MD5_TYPE,
    &SHA1_TYPE,
    &SHA224_TYPE,
    &SHA256_TYPE,
    &SHA384_TYPE,
    &SHA512_TYPE,
    &SHA3_224_TYPE,
    &SHA3_256_TYPE,
    &SHA3_384_TYPE,
    &SHA3_512_TYPE,
    &SHAKE_128_TYPE,
    &SHAKE_256_TYPE,
    &BLAKE2B_TYPE,
    &BLAKE2S_TYPE,
    &hmac::HMAC_TYPE,
    &hmac::UNKNOWN_HASH_TYPE,
];

macro_rules! constructor {
    ($name:literal, $id:ident, $algorithm:ident) => {
        function(
            $name,
            "($module, /, data=b'', *, usedforsecurity=True, string=None)",
            |cx, a| start::<{ ids::$id }>(cx, Algorithm::$algorithm, a[0], a[2]),
            "A new hash object.",
        )
    };
}

static MD5_FUNCTIONS: &[Method] = &[constructor!("md5", MD5, Md5)];
static SHA1_FUNCTIONS: &[Method] = &[constructor!("sha1", SHA1, Sha1)];
static SHA2_FUNCTIONS: &[Method] = &[
    constructor!("sha224", SHA224, Sha224),
    constructor!("sha256", SHA256, Sha256),
    constructor!("sha384", SHA384, Sha384),
    constructor!("sha512", SHA512, Sha512),
];

/// What hashlib's tests call it: from how many bytes on hashing runs beside other threads.
const GIL_MINSIZE: i64 = 2048;

/// `_md5`.
pub static MD5_MODULE: ModuleDef = ModuleDef {
    name: "_md5",
    doc: "",
    functions: MD5_FUNCTIONS,
    init: |_, m| {
        m.add("MD5Type", type_value(ids::MD5));
        m.add("_GIL_MINSIZE", Value::small_int(GIL_MINSIZE));
        Ok(())
    },
};
/// `_sha1`.
pub static SHA1_MODULE: ModuleDef = ModuleDef {
    name: "_sha1",
    doc: "",
    functions: SHA1_FUNCTIONS,
    init: |_, m| {
        m.add("SHA1Type", type_value(ids::SHA1));
        m.add("_GIL_MINSIZE", Value::small_int(GIL_MINSIZE));
        Ok(())
    },
};
/// `_sha2`.
pub static SHA2_MODULE: ModuleDef = ModuleDef {
    name: "_sha2",
    doc: "",
    functions: SHA2_FUNCTIONS,
    init: |_, m| {
        m.add("SHA224Type", type_value(ids::SHA224));
        m.add("SHA256Type", type_value(ids::SHA256));
        m.add("SHA384Type", type_value(ids::SHA384));
        m.add("SHA512Type", type_value(ids::SHA512));
        m.add("_GIL_MINSIZE", Value::small_int(GIL_MINSIZE));
        Ok(())
    },
};
/// `_sha3`.
pub static SHA3_MODULE: ModuleDef = ModuleDef {
    name: "_sha3",
    doc: "",
    functions: &[],
    init: |_, m| {
        m.add("sha3_224", type_value(ids::SHA3_224));
        m.add("sha3_256", type_value(ids::SHA3_256));
        m.add("sha3_384", type_value(ids::SHA3_384));
        m.add("sha3_512", type_value(ids::SHA3_512));
        m.add("shake_128", type_value(ids::SHAKE_128));
        m.add("shake_256", type_value(ids::SHAKE_256));
        m.add("implementation", Str::from_text("weft"));
        m.add("_GIL_MINSIZE", Value::small_int(GIL_MINSIZE));
        Ok(())
    },
};
