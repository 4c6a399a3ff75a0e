//! `_collections`: `deque`, `defaultdict` and counting of the pure `collections`.

pub mod counting;
pub mod default_dict;
pub mod deque;
pub mod deque_methods;

use objects::native::{Method, function};
use objects::types::module::ModuleDef;
use objects::types::type_::{TypeSpec, type_value};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const DEQUE: u32 = 330;
    pub const DEQUE_ITERATOR: u32 = 331;
    pub const DEQUE_REVERSE_ITERATOR: u32 = 332;
    pub const DEFAULT_DICT: u32 = 333;
    pub const TUPLE_GETTER: u32 = 334;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[
    &deque_methods::DEQUE_TYPE,
    &deque::ITERATOR_TYPE,
    &deque::REVERSE_ITERATOR_TYPE,
    &default_dict::DEFAULT_DICT_TYPE,
    &counting::TUPLE_GETTER_TYPE,
];

static FUNCTIONS: &[Method] =
    &[function("_count_elements", "($module, mapping, iterable, /)", counting::count_elements, "Counts items in a mapping.")];

/// `_collections`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_collections",
    doc: "Fast containers.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("deque", type_value(ids::DEQUE));
        m.add("_deque_iterator", type_value(ids::DEQUE_ITERATOR));
        m.add("_deque_reverse_iterator", type_value(ids::DEQUE_REVERSE_ITERATOR));
        m.add("defaultdict", type_value(ids::DEFAULT_DICT));
        m.add("_tuplegetter", type_value(ids::TUPLE_GETTER));
        Ok(())
    },
};
