//! The list of static types whose folders declare them in a `SPECS` or a single constant: one line per type.

use super::type_::TypeSpec;

/// Types after the fundamental ones, bases first.
pub static SPECS: &[&TypeSpec] = &[
    &super::property::PROPERTY_TYPE,
    &super::str::iterator::STR_ITERATOR_TYPE,
    &super::str::iterator::STR_ASCII_ITERATOR_TYPE,
    &super::complex::methods::COMPLEX_TYPE,
    &super::list::item::LIST_ITERATOR_TYPE,
    &super::list::item::LIST_REVERSE_ITERATOR_TYPE,
    &super::tuple::methods::TUPLE_ITERATOR_TYPE,
    &super::slice::methods::SLICE_TYPE,
    &super::range::methods::RANGE_TYPE,
    &super::range::iterator::RANGE_ITERATOR_TYPE,
    &super::range::iterator::LONGRANGE_ITERATOR_TYPE,
    &super::set::methods::SET_TYPE,
    &super::set::methods::FROZENSET_TYPE,
    &super::set::iterator::SET_ITERATOR_TYPE,
    &super::dict::view::KEYS_TYPE,
    &super::dict::view::ITEMS_TYPE,
    &super::dict::view::VALUES_TYPE,
    &super::dict::iterator::KEY_ITERATOR_TYPE,
    &super::dict::iterator::VALUE_ITERATOR_TYPE,
    &super::dict::iterator::ITEM_ITERATOR_TYPE,
    &super::dict::iterator::REVERSE_KEY_ITERATOR_TYPE,
    &super::dict::iterator::REVERSE_VALUE_ITERATOR_TYPE,
    &super::dict::iterator::REVERSE_ITEM_ITERATOR_TYPE,
    &super::dict::proxy::MAPPING_PROXY_TYPE,
    &super::iterators::enumerate::ENUMERATE_TYPE,
    &super::iterators::parallel::ZIP_TYPE,
    &super::iterators::parallel::MAP_TYPE,
    &super::iterators::filter::FILTER_TYPE,
    &super::iterators::reversed::REVERSED_TYPE,
    &super::iterators::callable::CALLABLE_ITERATOR_TYPE,
];
