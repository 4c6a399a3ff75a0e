//! `PickleBuffer`: a buffer that pickles may refer to without containing it (PEP 574).

use super::ids;
use crate::guarded::{Guarded, State, make};
use gc::{Ref, Reg, Value, Word};
use objects::native::{Method, method};
use objects::protocol::buffer::{self, BufferView, wanted};
use objects::types::exception;
use objects::types::memoryview;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::{Args, Cx, PyResult};

/// The wrapped view; none once released.
pub struct Wrapped {
    view: Option<BufferView>,
    object: Value,
}
impl State for Wrapped {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.object.word());
        if let Some(v) = &self.view {
            visit(v.owner.word());
        }
    }
}
/// `PickleBuffer` object.
pub type PickleBuffer = Guarded<Wrapped, { ids::PICKLE_BUFFER }>;

fn me(v: Ref<'_>) -> &PickleBuffer {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<PickleBuffer>() }
}

crate::parameters!(NEW, "PickleBuffer", "($self, object, /)");

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    NEW.bind(cx, args, |cx, a| {
        let view = buffer::get(cx, a[0], wanted::FULL_RO)?;
        Ok(make(class, PickleBuffer::new(Wrapped { view: Some(view), object: a[0].to_value() })))
    })
}

fn object(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    match me(v).with(cx, |w| w.view.is_some().then(|| w.object.clone())) {
        Some(o) => Ok(o),
        None => Err(cx.value_error("operation forbidden on released PickleBuffer object")),
    }
}

fn is_column_major(v: &BufferView) -> bool {
    let mut expect = v.item_size as isize;
    v.shape.iter().zip(&v.strides).all(|(n, s)| {
        let fits = *n <= 1 || *s == expect;
        expect *= n;
        fits
    })
}

/// A view of the memory as bytes one behind the other.
pub fn contiguous(cx: &mut Cx, v: Ref<'_>) -> PyResult<BufferView> {
    let o = object(cx, v)?;
    let mut view = buffer::get(cx, o.as_ref(), wanted::FULL_RO)?;
    if !view.is_c_contiguous() && !is_column_major(&view) {
        return Err(super::cannot(cx, "PickleBuffer can not be pickled when pointing to a non-contiguous buffer"));
    }
    flatten(&mut view);
    Ok(view)
}

fn flatten(view: &mut BufferView) {
    view.format = "B".into();
    view.item_size = 1;
    view.shape = vec![view.len as isize];
    view.strides = vec![1];
}

fn raw(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let o = object(cx, a[0])?;
    let mut view = buffer::get(cx, o.as_ref(), wanted::FULL_RO)?;
    if !view.is_c_contiguous() && !is_column_major(&view) {
        return Err(cx.error(exception::ids::BUFFER_ERROR, "cannot extract raw buffer from non-contiguous buffer"));
    }
    flatten(&mut view);
    Ok(memoryview::of_view(view).into())
}

fn release(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let old = me(a[0]).with(cx, |w| (w.view.take(), std::mem::replace(&mut w.object, Value::NONE)));
    drop(old);
    Ok(Value::NONE.into())
}

static METHODS: &[Method] =
    &[method("raw", "($self, /)", raw, "A memoryview of the bytes."), method("release", "($self, /)", release, "Lets go of the buffer.")];

/// `pickle.PickleBuffer`.
pub static PICKLE_BUFFER_TYPE: TypeSpec = TypeSpec::of::<PickleBuffer>("pickle.PickleBuffer")
    .flags(flags::WEAKREFS)
    .slots(Slots {
        new: Some(new),
        buffer: Some(|cx, v, wanted| {
            let o = object(cx, v)?;
            buffer::get(cx, o.as_ref(), wanted)
        }),
        ..Slots::NONE
    })
    .methods(METHODS)
    .doc("Wrapper for potentially out-of-band buffers");
