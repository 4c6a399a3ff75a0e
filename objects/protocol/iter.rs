//! Iteration.

use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::types::dict::Dict;
use crate::types::exception;
use crate::types::list::List;
use crate::types::tuple::Tuple;
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, type_of};
use gc::{Field, Payload, Ref, Reg, Value, Word};
use sync::prim::{AtomicUsize, Ordering};

/// `iter(v)`.
pub fn iter(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = type_of(v);
    if let Some(f) = t.slots.iter() {
        let it = f(cx, v)?;
        if type_of(it.as_ref()).slots.next().is_none() {
            let n = type_of(it.as_ref()).shown_name();
            return Err(cx.type_error(format!("iter() returned non-iterator of type '{n}'")));
        }
        return Ok(it);
    }
    sequence_iter(cx, v)
}

/// An iterator by `__getitem__` with 0, 1, 2, ...
pub fn sequence_iter(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    if type_of(v).slots.getitem().is_none() || v.exact::<Dict>().is_some() {
        let n = type_of(v).shown_name();
        return Err(cx.type_error(format!("'{n}' object is not iterable")));
    }
    Ok(gc::alloc(SequenceIterator { sequence: Field::new(v.to_value()), index: AtomicUsize::new(0) }).into())
}

/// `next(it)`; `None` at the end.
#[inline]
pub fn next(cx: &mut Cx, it: Ref<'_>) -> PyResult<Option<Reg>> {
    match type_of(it).slots.next() {
        Some(f) => f(cx, it),
        None => {
            let n = type_of(it).shown_name();
            Err(cx.type_error(format!("'{n}' object is not an iterator")))
        }
    }
}

/// `next(it)` that raises StopIteration at the end, with the value that a generator returned.
pub fn next_or_stop(cx: &mut Cx, it: Ref<'_>) -> PyResult<Reg> {
    use crate::types::type_::slots::Sent;
    if let Some(send) = type_of(it).slots.send() {
        return match send(cx, it, Ref::NONE)? {
            Sent::Yield(r) => Ok(r),
            Sent::Return(v) => {
                let e = exception::stop_iteration(v.into_value());
                Err(cx.raise_new(e))
            }
        };
    }
    match next(cx, it)? {
        Some(r) => Ok(r),
        None => {
            let e = exception::new_args(exception::ids::STOP_ITERATION, Vec::new());
            Err(cx.raise_new(e))
        }
    }
}

/// Calls `f` with each item.
pub fn for_each(cx: &mut Cx, v: Ref<'_>, mut f: impl FnMut(&mut Cx, Value) -> PyResult<()>) -> PyResult<()> {
    if let Some(t) = v.exact::<Tuple>() {
        for r in t.items() {
            f(cx, r.to_value())?;
        }
        return Ok(());
    }
    if let Some(l) = v.exact::<List>() {
        let mut i = 0;
        while let Some(r) = l.get(i) {
            f(cx, r.into_value())?;
            i += 1;
        }
        return Ok(());
    }
    let it = iter(cx, v)?.into_value();
    let Some(next) = type_of(it.as_ref()).slots.next() else { return Ok(()) };
    while let Some(r) = next(cx, it.as_ref())? {
        f(cx, r.into_value())?;
    }
    Ok(())
}

/// All items.
pub fn collect(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<Value>> {
    let mut out = Vec::new();
    if let Some(l) = v.exact::<crate::types::list::List>() {
        // In place: a vector that is passed in memory costs more than its items.
        let _l = crate::cx::lock_header(l.header());
        l.copy_to(&mut out);
        return Ok(out);
    }
    if let Some(t) = v.exact::<crate::types::tuple::Tuple>() {
        out.extend(t.items().iter().map(|r| r.to_value()));
        return Ok(out);
    }
    if let Some(items) = crate::types::iterators::snapshot(v) {
        return Ok(items);
    }
    for_each(cx, v, |_, x| {
        out.push(x);
        Ok(())
    })?;
    Ok(out)
}

/// `x in v` by iteration.
pub fn contains(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    let it = match iter(cx, v) {
        Ok(it) => it.into_value(),
        Err(e) => {
            let exc = cx.catch_if(e, exception::ids::TYPE_ERROR)?;
            drop(exc);
            let n = type_of(v).shown_name();
            return Err(cx.type_error(format!("argument of type '{n}' is not a container or iterable")));
        }
    };
    while let Some(r) = next(cx, it.as_ref())? {
        let r = r.into_value();
        if super::compare::equal(cx, r.as_ref(), x)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `iterator` over `__getitem__`.
#[repr(C)]
pub struct SequenceIterator {
    sequence: Field,
    index: AtomicUsize,
}
// SAFETY: visits the sequence.
unsafe impl Payload for SequenceIterator {
    const TYPE_ID: u32 = ids::SEQUENCE_ITERATOR;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.sequence.peek());
    }
}

fn sequence_next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<SequenceIterator>() };
    let seq = me.sequence.load(me.header());
    if seq.word() == Word::UNBOUND {
        return Ok(None);
    }
    let i = me.index.fetch_add(1, Ordering::Relaxed);
    let key = crate::types::int::from_usize(i);
    match super::item::get(cx, seq.as_ref(), key.as_ref()) {
        Ok(r) => Ok(Some(r)),
        Err(e) => {
            let e = match cx.catch_if(e, exception::ids::INDEX_ERROR) {
                Ok(exc) => Ok(exc),
                Err(e) => cx.catch_if(e, exception::ids::STOP_ITERATION),
            };
            drop(e?);
            let old = {
                let _l = lock_header(me.header());
                me.sequence.take()
            };
            drop(old);
            Ok(None)
        }
    }
}

fn sequence_hint(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    // SAFETY: methods check their receiver.
    let me = unsafe { a[0].cast::<SequenceIterator>() };
    let seq = me.sequence.load(me.header());
    if seq.word() == Word::UNBOUND {
        return Ok(Value::small_int(0).into());
    }
    if type_of(seq.as_ref()).slots.len().is_none() {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let n = super::item::len(cx, seq.as_ref())?;
    Ok(crate::types::int::from_usize(n.saturating_sub(me.index.load(Ordering::Relaxed))).into())
}

fn sequence_reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    // SAFETY: methods check their receiver.
    let me = unsafe { a[0].cast::<SequenceIterator>() };
    let seq = me.sequence.load(me.header());
    let f = cx.host.builtins().get_interned(names::iter()).map_or(Value::NONE, Reg::into_value);
    if seq.word() == Word::UNBOUND {
        return Ok(Tuple::from_values(vec![f, Tuple::from_values(vec![Tuple::empty().into_value()]).into_value()]).into());
    }
    let i = crate::types::int::from_usize(me.index.load(Ordering::Relaxed));
    Ok(Tuple::from_values(vec![f, Tuple::from_values(vec![seq]).into_value(), i]).into())
}

fn sequence_set_state(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    // SAFETY: methods check their receiver.
    let me = unsafe { a[0].cast::<SequenceIterator>() };
    let i = crate::types::int::index_i64(cx, a[1])?;
    me.index.store(i.max(0) as usize, Ordering::Relaxed);
    Ok(Value::NONE.into())
}

/// `iterator`.
pub static SEQUENCE_ITERATOR_TYPE: TypeSpec = TypeSpec::of::<SequenceIterator>("iterator")
    .flags(crate::types::type_::flags::NO_NEW)
    .slots(Slots { iter: Some(|_, v| Ok(v.to_value().into())), next: Some(sequence_next), ..Slots::NONE })
    .methods(&[
        crate::native::method("__length_hint__", "($self, /)", sequence_hint, "Private method returning an estimate of len(list(it))."),
        crate::native::method("__reduce__", "($self, /)", sequence_reduce, "Return state information for pickling."),
        crate::native::method("__setstate__", "($self, state, /)", sequence_set_state, "Set state information for unpickling."),
    ]);
