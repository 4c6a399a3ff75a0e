//! Iterators over str: one for ASCII, one for the others.

use super::Str;
use crate::ids;
use crate::native::Method;
use crate::types::iterators::index::{self, Indexed};
use crate::types::type_::{Downcast, TypeSpec};
use gc::{Ref, Reg, Value};

/// Over ASCII texts.
pub struct Ascii;
/// Over all others.
pub struct Wide;

fn item(container: Ref<'_>, i: usize) -> Option<Reg> {
    container.downcast::<Str>().and_then(|s| s.units().get(i)).map(|c| Str::from_char(c).into())
}

impl Indexed for Ascii {
    const ITERATOR: u32 = ids::STR_ASCII_ITERATOR;
    const REVERSED: bool = false;
    #[inline]
    fn item(container: Ref<'_>, i: usize) -> Option<Reg> {
        container.downcast::<Str>().and_then(|s| s.raw().get(i)).map(|c| Str::from_char(u32::from(*c)).into())
    }
    fn len(container: Ref<'_>) -> usize {
        container.downcast::<Str>().map_or(0, Str::len)
    }
    fn empty() -> Value {
        Str::empty().into_value()
    }
}

impl Indexed for Wide {
    const ITERATOR: u32 = ids::STR_ITERATOR;
    const REVERSED: bool = false;
    fn item(container: Ref<'_>, i: usize) -> Option<Reg> {
        item(container, i)
    }
    fn len(container: Ref<'_>) -> usize {
        container.downcast::<Str>().map_or(0, Str::len)
    }
    fn empty() -> Value {
        Str::empty().into_value()
    }
}

static ASCII_METHODS: &[Method] = &index::methods::<Ascii>();
static WIDE_METHODS: &[Method] = &index::methods::<Wide>();
/// `str_ascii_iterator`.
pub static STR_ASCII_ITERATOR_TYPE: TypeSpec = index::spec::<Ascii>("str_ascii_iterator", ASCII_METHODS);
/// `str_iterator`.
pub static STR_ITERATOR_TYPE: TypeSpec = index::spec::<Wide>("str_iterator", WIDE_METHODS);
