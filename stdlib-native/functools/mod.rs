//! `_functools`: `partial`, `reduce`, `cmp_to_key` and the cache behind `lru_cache`.

pub mod cache;
pub mod keys;
pub mod partial;

use objects::native::{Method, function};
use objects::types::module::ModuleDef;
use objects::types::type_::{TypeSpec, type_value};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const PARTIAL: u32 = 340;
    pub const PLACEHOLDER: u32 = 341;
    pub const KEY: u32 = 342;
    pub const CACHE: u32 = 343;
    pub const CACHE_ENTRY: u32 = 344;
    pub const CACHE_LIST: u32 = 345;
}

/// The types.
pub static SPECS: &[&TypeSpec] =
    &[&partial::PARTIAL_TYPE, &partial::PLACEHOLDER_TYPE, &keys::KEY_TYPE, &cache::CACHE_TYPE, &cache::ENTRY_TYPE, &cache::LIST_TYPE];

static FUNCTIONS: &[Method] = &[
    function(
        "reduce",
        "($module, function, iterable, /, initial=<functools initial sentinel>)",
        keys::reduce,
        "Folds a function of two over items, from the left.",
    ),
    function("cmp_to_key", "($module, /, mycmp)", keys::cmp_to_key, "A key function from a comparison function."),
];

/// `_functools`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_functools",
    doc: "Functions on functions.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("partial", type_value(ids::PARTIAL));
        m.add("_PlaceholderType", type_value(ids::PLACEHOLDER));
        m.add("Placeholder", partial::placeholder());
        m.add("_lru_cache_wrapper", type_value(ids::CACHE));
        Ok(())
    },
};
