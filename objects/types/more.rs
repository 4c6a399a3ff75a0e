//! The list of static types whose folders declare them in a `SPECS` or a single constant: one line per type.

use super::type_::TypeSpec;

/// Types after the fundamental ones, bases first.
pub static SPECS: &[&TypeSpec] = &[
    &super::property::PROPERTY_TYPE,
    &super::complex::methods::COMPLEX_TYPE,
    &super::list::item::LIST_ITERATOR_TYPE,
    &super::list::item::LIST_REVERSE_ITERATOR_TYPE,
    &super::tuple::methods::TUPLE_ITERATOR_TYPE,
    &super::slice::methods::SLICE_TYPE,
    &super::range::methods::RANGE_TYPE,
    &super::range::iterator::RANGE_ITERATOR_TYPE,
    &super::range::iterator::LONGRANGE_ITERATOR_TYPE,
];
