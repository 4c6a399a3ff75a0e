//! `_random`: the Mersenne Twister.

use crate::guarded::{Guarded, State, make};
use gc::{Ref, Reg, Value, Word};
use num_bigint::BigUint;
use objects::native::{Method, method};
use objects::protocol::hash;
use objects::types::int::{self, as_int};
use objects::types::module::ModuleDef;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, flags, type_value};
use objects::{Args, Cx, PyResult};
use text::mersenne::MersenneTwister;

/// Id of the type.
pub const RANDOM: u32 = 360;
/// The types.
pub static SPECS: &[&TypeSpec] = &[&RANDOM_TYPE];

/// State of a generator.
pub struct Twister(MersenneTwister);
impl State for Twister {
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}
/// `Random` object.
pub type Random = Guarded<Twister, RANDOM>;

fn me(v: Ref<'_>) -> &Random {
    // SAFETY: methods check their receiver.
    unsafe { v.cast::<Random>() }
}

/// A seed from the system.
fn fresh() -> MersenneTwister {
    let mut key = [0u32; 16];
    // SAFETY: fills a local buffer.
    unsafe { libc::getrandom(key.as_mut_ptr().cast(), size_of_val(&key), 0) };
    MersenneTwister::from_key(&key)
}

fn seeded(cx: &mut Cx, v: Option<Ref<'_>>) -> PyResult<MersenneTwister> {
    let Some(v) = v.filter(|v| !v.is_none()) else { return Ok(fresh()) };
    let magnitude = match as_int(v) {
        Some(i) => i.to_big().magnitude().clone(),
        None => BigUint::from(hash::hash(cx, v)? as u64),
    };
    Ok(MersenneTwister::from_magnitude(&magnitude))
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let t = seeded(cx, args.positional().first().copied())?;
    Ok(make(class, Random::new(Twister(t))))
}

fn seed(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = seeded(cx, a[1].given())?;
    me(a[0]).with(cx, |s| s.0 = t);
    Ok(Value::NONE.into())
}

fn bits(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let k = int::index_i64(cx, a[1])?;
    match k {
        k if k < 0 => Err(cx.value_error("Cannot convert negative int")),
        0 => Ok(Value::small_int(0).into()),
        k if k <= 64 => Ok(int::from_u64(me(a[0]).with(cx, |s| s.0.bits_u64(k as u32))).into()),
        k if k > 1 << 36 => Err(cx.memory_error()),
        k => Ok(int::from_big(me(a[0]).with(cx, |s| s.0.bits(k as u64)).into()).into()),
    }
}

fn get_state(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (words, index) = me(a[0]).with(cx, |s| {
        let (w, i) = s.0.state();
        (w.to_vec(), i)
    });
    let mut all: Vec<Value> = words.into_iter().map(|w| Value::small_int(i64::from(w))).collect();
    all.push(int::from_usize(index));
    Ok(Tuple::from_values(all).into())
}

fn set_state(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(t) = a[1].downcast::<Tuple>() else { return Err(cx.type_error("state vector must be a tuple")) };
    let mut words = [0u32; 624];
    if t.len() != words.len() + 1 {
        return Err(cx.value_error("state vector is the wrong size"));
    }
    for (i, w) in words.iter_mut().enumerate() {
        *w = int::index_i64(cx, t.get(i))? as u32;
    }
    let index = int::index_i64(cx, t.get(words.len()))?;
    let made = usize::try_from(index).ok().and_then(|i| MersenneTwister::from_state(words, i));
    let Some(made) = made else { return Err(cx.value_error("invalid state")) };
    me(a[0]).with(cx, |s| s.0 = made);
    Ok(Value::NONE.into())
}

static METHODS: &[Method] = &[
    method("random", "($self, /)", |cx, a| Ok(Value::float(me(a[0]).with(cx, |s| s.0.random())).into()), "A float from 0 up to 1."),
    method("seed", "($self, n=None, /)", seed, "Starts again from a seed."),
    method("getstate", "($self, /)", get_state, "The generator's state."),
    method("setstate", "($self, state, /)", set_state, "Restores a state."),
    method("getrandbits", "($self, k, /)", bits, "An int of k random bits."),
];

/// `Random`.
pub static RANDOM_TYPE: TypeSpec = TypeSpec::of::<Random>("_random.Random")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), ..Slots::NONE })
    .methods(METHODS)
    .doc("A generator of random numbers.");

/// `_random`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_random",
    doc: "The Mersenne Twister.",
    functions: &[],
    init: |_, m| {
        m.add("Random", type_value(RANDOM));
        Ok(())
    },
};
