//! The buffer protocol of Python classes: `__buffer__` gives a memoryview, and when the last view ends, `__release_buffer__` gets it back.
//!
//! The wrapper is the owner of the exported view. It runs `__release_buffer__` as its finaliser, that is before it dies.

use super::{MemoryView, unexport};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::protocol::buffer::{self, BufferView};
use crate::protocol::call;
use crate::types::type_::slots::Slots;
use crate::types::type_::{Downcast, TypeSpec, by_id, flags};
use crate::types::{instance, int};
use gc::{Payload, Ref, Value, Word};
use sync::prim::{AtomicBool, Ordering};

/// `_buffer_wrapper`
#[repr(C)]
pub struct BufferWrapper {
    view: Value,
    object: Value,
    done: AtomicBool,
}
// SAFETY: visits both words.
unsafe impl Payload for BufferWrapper {
    const TYPE_ID: u32 = ids::BUFFER_WRAPPER;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.view.word());
        visit(self.object.word());
    }
}

fn finalize(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<BufferWrapper>() };
    if me.done.swap(true, Ordering::AcqRel) {
        return Ok(());
    }
    unexport(&me.view);
    call::special(cx, me.object.as_ref(), names::__release_buffer__(), &[me.view.as_ref()]).map(drop)
}

/// `_buffer_wrapper`
pub static BUFFER_WRAPPER_TYPE: TypeSpec = TypeSpec::of::<BufferWrapper>("_buffer_wrapper")
    .flags(flags::NO_NEW | flags::FINALIZE)
    .slots(Slots { del: Some(finalize), ..Slots::NONE });

/// The buffer slot of classes that define `__buffer__` in Python.
pub fn export(cx: &mut Cx, v: Ref<'_>, flags: u32) -> PyResult<BufferView> {
    let f = int::from_i64(i64::from(flags));
    let view = crate::types::type_::dunder::special(cx, v, names::__buffer__(), &[f.as_ref()])?;
    if view.as_ref().downcast::<MemoryView>().is_none() {
        return Err(cx.type_error("__buffer__ returned non-memoryview object"));
    }
    let mut inner = buffer::get(cx, view.as_ref(), flags)?;
    // From here on the wrapper's finaliser ends the view of the view.
    inner.release = None;
    let payload = BufferWrapper { view, object: v.to_value(), done: AtomicBool::new(false) };
    inner.owner = instance::alloc_with(by_id(ids::BUFFER_WRAPPER), payload);
    Ok(inner)
}
