//! `memory_iterator`.

use super::{MemoryView, item, not_implemented};
use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::ids;
use crate::types::iterators::myself;
use crate::types::type_::slots::Slots;
use crate::types::type_::{Downcast, TypeSpec, flags};
use gc::{Field, Payload, Ref, Reg, Word};
use sync::prim::{AtomicUsize, Ordering};

/// Over a view of one dimension.
#[repr(C)]
pub struct MemoryIterator {
    view: Field,
    next: AtomicUsize,
}
// SAFETY: visits the view.
unsafe impl Payload for MemoryIterator {
    const TYPE_ID: u32 = ids::MEMORY_ITERATOR;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.view.peek());
    }
}

/// `iter(view)`
pub fn iter(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    // SAFETY: this slot belongs to memoryviews.
    let m = unsafe { v.cast::<MemoryView>() };
    drop(m.hold(cx)?);
    match m.shape().dimensions() {
        0 => Err(cx.type_error("invalid indexing of 0-dim memory")),
        1 => Ok(gc::alloc(MemoryIterator { view: Field::new(v.to_value()), next: AtomicUsize::new(0) }).into()),
        _ => Err(not_implemented(cx, "multi-dimensional sub-views are not implemented")),
    }
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<MemoryIterator>() };
    let view = me.view.load(me.header());
    let Some(m) = view.as_ref().downcast::<MemoryView>() else { return Ok(None) };
    let i = me.next.fetch_add(1, Ordering::Relaxed);
    if (i as isize) < m.shape().shape[0] && i <= isize::MAX as usize {
        let held = m.hold(cx)?;
        return item::get(cx, held.shape, held.shape.at(i)).map(|v| Some(v.into()));
    }
    let old = {
        let _l = lock_header(me.header());
        me.view.take()
    };
    drop(old);
    Ok(None)
}

/// `memory_iterator`
pub static MEMORY_ITERATOR_TYPE: TypeSpec = TypeSpec::of::<MemoryIterator>("memory_iterator").flags(flags::NO_NEW).slots(Slots {
    iter: Some(myself),
    next: Some(next),
    ..Slots::NONE
});
