//! `reversed`, for sequences that have no iterator of their own for it.

use super::myself;
use crate::args::Args;
use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{Method, method};
use crate::protocol::{call, item};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Slot, Slots};
use crate::types::type_::{Type, TypeSpec, by_id, flags, type_of};
use crate::types::{dict, exception, instance, int};
use gc::{Field, Payload, Ref, Reg, Value, Word};
use sync::prim::{AtomicIsize, Ordering};

/// A reversed object's payload.
#[repr(C)]
pub struct Reversed {
    /// The sequence; unbound when exhausted.
    sequence: Field,
    /// Index of the next item, handed out once.
    index: AtomicIsize,
}

// SAFETY: visits the sequence.
unsafe impl Payload for Reversed {
    const TYPE_ID: u32 = ids::REVERSED;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.sequence.peek());
    }
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    if t.slots.raw(Slot::init) == by_id(ids::OBJECT).slots.raw(Slot::init) {
        args.no_keywords(cx, "reversed")?;
    }
    args.check_count(cx, "reversed", 1, 1)?;
    let Some(v) = args.positional().first().copied() else { return Ok(Value::NONE.into()) };
    let st = type_of(v);
    let own = st.lookup(names::__reversed__()).map(Reg::into_value);
    let usable = match &own {
        Some(f) => !f.as_ref().is_none(),
        None => st.slots.getitem().is_some() && dict::as_dict(v).is_none(),
    };
    if !usable {
        let n = st.name_text();
        return Err(cx.type_error(format!("'{n}' object is not reversible")));
    }
    if let Some(f) = own {
        return call::bound(cx, f.as_ref(), v, Args::positional_only(&[]));
    }
    let n = item::len(cx, v)?;
    let r = Reversed { sequence: Field::new(v.to_value()), index: AtomicIsize::new(n as isize - 1) };
    Ok(instance::alloc_with(t, r).into())
}

fn me(v: Ref<'_>) -> &Reversed {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Reversed>() }
}

fn finish(r: &Reversed) {
    r.index.store(-1, Ordering::Relaxed);
    let old = {
        let _l = lock_header(r.header());
        r.sequence.take()
    };
    drop(old);
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let r = me(v);
    let seq = r.sequence.load(r.header());
    if seq.word() == Word::UNBOUND {
        return Ok(None);
    }
    let i = r.index.fetch_sub(1, Ordering::Relaxed);
    if i < 0 {
        finish(r);
        return Ok(None);
    }
    let key = int::from_i64(i as i64);
    match item::get(cx, seq.as_ref(), key.as_ref()) {
        Ok(x) => Ok(Some(x)),
        Err(e) => {
            let e = match cx.catch_if(e, exception::ids::INDEX_ERROR) {
                Ok(exc) => Ok(exc),
                Err(e) => cx.catch_if(e, exception::ids::STOP_ITERATION),
            };
            drop(e?);
            finish(r);
            Ok(None)
        }
    }
}

fn hint(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = me(a[0]);
    let seq = r.sequence.load(r.header());
    if seq.word() == Word::UNBOUND {
        return Ok(int::reg(0));
    }
    let left = r.index.load(Ordering::Relaxed) + 1;
    let n = item::len(cx, seq.as_ref())? as isize;
    Ok(int::reg(if left > n { 0 } else { left.max(0) as i64 }))
}

fn reduce(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = me(a[0]);
    let class = type_of(a[0]).to_value();
    let seq = r.sequence.load(r.header());
    if seq.word() == Word::UNBOUND {
        let inner = Tuple::from_values(vec![Tuple::empty().into_value()]).into_value();
        return Ok(Tuple::from_values(vec![class, inner]).into());
    }
    let i = int::from_i64(r.index.load(Ordering::Relaxed).max(-1) as i64);
    Ok(Tuple::from_values(vec![class, Tuple::from_values(vec![seq]).into_value(), i]).into())
}

fn set_state(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let i = int::index_i64(cx, a[1])?;
    let r = me(a[0]);
    let seq = r.sequence.load(r.header());
    if seq.word() != Word::UNBOUND {
        let n = item::len(cx, seq.as_ref())? as i64;
        r.index.store(i.clamp(-1, n - 1) as isize, Ordering::Relaxed);
    }
    Ok(Value::NONE.into())
}

static METHODS: &[Method] = &[
    method("__length_hint__", "($self, /)", hint, "How many items are left, as far as is known."),
    method("__reduce__", "($self, /)", reduce, "What pickle needs."),
    method("__setstate__", "($self, object, /)", set_state, "Sets the index of the next item."),
];

/// `reversed`.
pub static REVERSED_TYPE: TypeSpec = TypeSpec::of::<Reversed>("reversed")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), iter: Some(myself), next: Some(next), ..Slots::NONE })
    .methods(METHODS)
    .doc("The items of a sequence from the last to the first.");
