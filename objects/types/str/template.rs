//! The iterators of module `_string`: pieces of a format template, and steps of a field name. Everything is parsed at birth; an error is
//! raised when its place is reached.

use super::Str;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::types::int;
use crate::types::iterators::myself;
use crate::types::tuple::Tuple;
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};
use gc::{Payload, Ref, Reg, Value, Word};
use std::ops::Range;
use sync::prim::{AtomicUsize, Ordering};
use text::replacement::{First, Piece, Step, Template, split_field_name};

/// Over the pieces of a template.
#[repr(C)]
pub struct Pieces {
    template: Value,
    pieces: Vec<Result<Piece, &'static str>>,
    next: AtomicUsize,
}
// SAFETY: visits the template.
unsafe impl Payload for Pieces {
    const TYPE_ID: u32 = ids::FORMATTER_ITERATOR;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.template.word());
    }
}

/// Over the steps of a field name.
#[repr(C)]
pub struct Steps {
    name: Value,
    steps: Vec<Result<Step, String>>,
    next: AtomicUsize,
}
// SAFETY: visits the name.
unsafe impl Payload for Steps {
    const TYPE_ID: u32 = ids::FIELD_NAME_ITERATOR;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.name.word());
    }
}

fn slice(cx: &mut Cx, s: &Str, r: Range<usize>) -> PyResult<Value> {
    super::methods::sub(cx, s, r.start, r.end).map(Reg::into_value)
}

/// `_string.formatter_parser`
pub fn pieces(template: &Str) -> Value {
    let pieces = Template::new(template.units(), 0..template.len()).collect();
    gc::alloc(Pieces { template: template.to_value(), pieces, next: AtomicUsize::new(0) }).into_value()
}

/// `_string.formatter_field_name_split`
pub fn split_name(cx: &mut Cx, name: &Str) -> PyResult<Value> {
    let (first, path) = split_field_name(name.units(), 0..name.len()).map_err(|m| cx.value_error(m))?;
    let first = match first {
        First::Auto => Str::empty().into_value(),
        First::Index(i) => int::from_usize(i),
        First::Name(r) => slice(cx, name, r)?,
    };
    let rest = gc::alloc(Steps { name: name.to_value(), steps: path.collect(), next: AtomicUsize::new(0) }).into_value();
    Ok(Tuple::from_values(vec![first, rest]).into_value())
}

fn next_piece(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Pieces>() };
    let Some(piece) = me.pieces.get(me.next.fetch_add(1, Ordering::Relaxed)) else { return Ok(None) };
    let piece = piece.as_ref().map_err(|m| cx.value_error(m))?;
    // SAFETY: made with a str.
    let t = unsafe { me.template.as_ref().cast::<Str>() };
    let mut parts = vec![slice(cx, t, piece.literal.clone())?];
    match &piece.field {
        None => parts.extend([Value::NONE, Value::NONE, Value::NONE]),
        Some(f) => {
            parts.push(slice(cx, t, f.name.clone())?);
            parts.push(slice(cx, t, f.spec.clone())?);
            parts.push(f.conversion.map_or(Value::NONE, |c| Str::from_char(c).into_value()));
        }
    }
    Ok(Some(Tuple::from_values(parts).into()))
}

fn next_step(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Steps>() };
    let Some(step) = me.steps.get(me.next.fetch_add(1, Ordering::Relaxed)) else { return Ok(None) };
    let step = step.as_ref().map_err(|m| cx.value_error(m))?;
    // SAFETY: made with a str.
    let t = unsafe { me.name.as_ref().cast::<Str>() };
    let (attribute, what) = match step {
        Step::Attribute(r) => (true, slice(cx, t, r.clone())?),
        Step::Index(i) => (false, int::from_usize(*i)),
        Step::Key(r) => (false, slice(cx, t, r.clone())?),
    };
    Ok(Some(Tuple::from_values(vec![Value::bool(attribute), what]).into()))
}

/// `formatteriterator`
pub static PIECES_TYPE: TypeSpec = TypeSpec::of::<Pieces>("formatteriterator").flags(flags::NO_NEW).slots(Slots {
    iter: Some(myself),
    next: Some(next_piece),
    ..Slots::NONE
});
/// `fieldnameiterator`
pub static STEPS_TYPE: TypeSpec = TypeSpec::of::<Steps>("fieldnameiterator").flags(flags::NO_NEW).slots(Slots {
    iter: Some(myself),
    next: Some(next_step),
    ..Slots::NONE
});
