//! `itertools`. Every iterator may be shared by threads: state stands under the iterator's own lock, sources are advanced without it.

pub mod combinatoric;
pub mod endless;
pub mod grouping;
pub mod merging;
pub mod selecting;
pub mod tee;

use objects::native::{Method, function};
use objects::types::module::{Module, ModuleDef};
use objects::types::type_::{Type, TypeSpec, by_id, type_value};
use objects::{Cx, PyResult, Ref, Value};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const COUNT: u32 = 300;
    pub const CYCLE: u32 = 301;
    pub const REPEAT: u32 = 302;
    pub const CHAIN: u32 = 303;
    pub const COMPRESS: u32 = 304;
    pub const DROPWHILE: u32 = 305;
    pub const TAKEWHILE: u32 = 306;
    pub const FILTERFALSE: u32 = 307;
    pub const GROUPBY: u32 = 308;
    pub const GROUPER: u32 = 309;
    pub const ISLICE: u32 = 310;
    pub const STARMAP: u32 = 311;
    pub const TEE: u32 = 312;
    pub const TEE_CHUNK: u32 = 313;
    pub const ZIP_LONGEST: u32 = 314;
    pub const ACCUMULATE: u32 = 315;
    pub const PRODUCT: u32 = 316;
    pub const PERMUTATIONS: u32 = 317;
    pub const COMBINATIONS: u32 = 318;
    pub const COMBINATIONS_WITH_REPLACEMENT: u32 = 319;
    pub const PAIRWISE: u32 = 320;
    pub const BATCHED: u32 = 321;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[
    &endless::COUNT_TYPE,
    &endless::CYCLE_TYPE,
    &endless::REPEAT_TYPE,
    &merging::CHAIN_TYPE,
    &selecting::COMPRESS_TYPE,
    &selecting::DROPWHILE_TYPE,
    &selecting::TAKEWHILE_TYPE,
    &selecting::FILTERFALSE_TYPE,
    &grouping::GROUPBY_TYPE,
    &grouping::GROUPER_TYPE,
    &selecting::ISLICE_TYPE,
    &selecting::STARMAP_TYPE,
    &tee::TEE_TYPE,
    &tee::CHUNK_TYPE,
    &merging::ZIP_LONGEST_TYPE,
    &grouping::ACCUMULATE_TYPE,
    &combinatoric::PRODUCT_TYPE,
    &combinatoric::PERMUTATIONS_TYPE,
    &combinatoric::COMBINATIONS_TYPE,
    &combinatoric::REPLACEMENT_TYPE,
    &grouping::PAIRWISE_TYPE,
    &grouping::BATCHED_TYPE,
];

/// A `new` slot that takes no keywords: exact classes and subclasses without an `__init__` of their own refuse them.
pub(crate) fn refuse_keywords(cx: &mut Cx, class: Ref<'_>, args: objects::Args<'_>, name: &str) -> PyResult<()> {
    // SAFETY: `new` slots get types.
    let t = unsafe { class.cast::<Type>() };
    let slot = objects::types::type_::slots::Slot::init;
    if t.slots.raw(slot) == by_id(objects::ids::OBJECT).slots.raw(slot) { args.no_keywords(cx, name) } else { Ok(()) }
}

fn init(_cx: &mut Cx, m: &Module) -> PyResult<()> {
    for (name, id) in [
        ("count", ids::COUNT),
        ("cycle", ids::CYCLE),
        ("repeat", ids::REPEAT),
        ("chain", ids::CHAIN),
        ("compress", ids::COMPRESS),
        ("dropwhile", ids::DROPWHILE),
        ("takewhile", ids::TAKEWHILE),
        ("filterfalse", ids::FILTERFALSE),
        ("groupby", ids::GROUPBY),
        ("_grouper", ids::GROUPER),
        ("islice", ids::ISLICE),
        ("starmap", ids::STARMAP),
        ("_tee", ids::TEE),
        ("_tee_dataobject", ids::TEE_CHUNK),
        ("zip_longest", ids::ZIP_LONGEST),
        ("accumulate", ids::ACCUMULATE),
        ("product", ids::PRODUCT),
        ("permutations", ids::PERMUTATIONS),
        ("combinations", ids::COMBINATIONS),
        ("combinations_with_replacement", ids::COMBINATIONS_WITH_REPLACEMENT),
        ("pairwise", ids::PAIRWISE),
        ("batched", ids::BATCHED),
    ] {
        m.add(name, type_value(id));
    }
    Ok(())
}

static FUNCTIONS: &[Method] =
    &[function("tee", "($module, iterable, n=2, /)", tee::tee, "A tuple of n independent iterators over one iterable.")];

/// `itertools`.
pub static MODULE: ModuleDef = ModuleDef { name: "itertools", doc: "Iterators that build on iterators.", functions: FUNCTIONS, init };

/// Makes a value of an optional one.
pub(crate) fn or_none(v: Option<Ref<'_>>) -> Value {
    v.map_or(Value::NONE, Ref::to_value)
}
