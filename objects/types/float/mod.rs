//! `float`: representation. Floats are words; instances of subclasses are cells.

pub mod arith;
pub mod convert;
pub mod methods;

use crate::ids;
use crate::types::type_::Downcast;
use gc::{Payload, Ref, Word};

/// Payload of an instance of a subclass of float.
#[repr(C)]
pub struct Float {
    /// The number.
    pub value: f64,
}

// SAFETY: holds no words.
unsafe impl Payload for Float {
    const TYPE_ID: u32 = ids::FLOAT;
    const WALK: gc::Walk = gc::Walk::Leaf;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

/// The float if the value is one (subclasses included; not ints).
#[inline]
pub fn as_float(v: Ref<'_>) -> Option<f64> {
    let w = v.word();
    if w.is_float() {
        return Some(w.float());
    }
    if w.is_pointer() { v.downcast::<Float>().map(|f| f.value) } else { None }
}
