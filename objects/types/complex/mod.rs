//! `complex`: representation.

pub mod arith;
pub mod methods;

use crate::ids;
use gc::{Payload, Value, Word};

/// A complex payload.
#[repr(C)]
pub struct Complex {
    /// Real part.
    pub real: f64,
    /// Imaginary part.
    pub imag: f64,
}

// SAFETY: holds no words.
unsafe impl Payload for Complex {
    const TYPE_ID: u32 = ids::COMPLEX;
    const WALK: gc::Walk = gc::Walk::Leaf;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

/// A complex.
pub fn new(real: f64, imag: f64) -> Value {
    gc::alloc(Complex { real, imag }).into_value()
}
