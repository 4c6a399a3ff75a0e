//! `set` and `frozenset`: representation. Elements are the keys of a dict table whose values are None.

use crate::ids;
use crate::types::dict::Dict;
use gc::{Payload, Value, Word};
use sync::prim::AtomicU64;

/// A set's payload.
#[repr(C)]
pub struct Set {
    /// The elements; first, so that its header is the set's.
    pub items: Dict,
    /// Cached hash of a frozenset; 0 = not computed.
    pub hash: AtomicU64,
}

// SAFETY: visits the elements.
unsafe impl Payload for Set {
    const TYPE_ID: u32 = ids::SET;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.items.traverse(visit);
    }
}

/// A frozenset of constants (numbers, strs, bytes, tuples of these): comparing them runs no Python code.
pub fn frozen_constant(items: Vec<Value>) -> Value {
    let set = Set { items: Dict::empty_payload(), hash: AtomicU64::new(0) };
    let mut set = Some(set);
    // SAFETY: the payload is written.
    let v = unsafe {
        gc::alloc_sized(ids::FROZENSET, size_of::<Set>(), |p| {
            if let Some(s) = set.take() {
                p.cast::<Set>().write(s)
            }
        })
    };
    let v = v.unwrap_or_else(|| std::alloc::handle_alloc_error(std::alloc::Layout::new::<Set>()));
    crate::protocol::hash::with_constant_context(|cx| {
        for i in &items {
            // SAFETY: made as a set just above.
            let s = unsafe { v.as_ref().cast::<Set>() };
            let _ = s.items.set(cx, i.as_ref(), gc::Ref::NONE);
        }
    });
    v
}
