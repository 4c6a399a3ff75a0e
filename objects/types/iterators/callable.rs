//! `callable_iterator`: `iter(function, sentinel)`.

use super::{builtin, myself, reduced};
use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::ids;
use crate::native::{Method, method};
use crate::protocol::{call, compare};
use crate::types::exception;
use crate::types::tuple::Tuple;
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};
use gc::{Field, Payload, Ref, Reg, Word};

/// The iterator's payload; both are unbound when it is exhausted.
#[repr(C)]
pub struct CallableIterator {
    function: Field,
    sentinel: Field,
}

// SAFETY: visits both words.
unsafe impl Payload for CallableIterator {
    const TYPE_ID: u32 = ids::CALLABLE_ITERATOR;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.function.peek());
        visit(self.sentinel.peek());
    }
}

/// `iter(function, sentinel)`; TypeError when the first cannot be called.
pub fn new(cx: &mut Cx, function: Ref<'_>, sentinel: Ref<'_>) -> PyResult<Reg> {
    if !call::is_callable(function) {
        return Err(cx.type_error("iter(v, w): v must be callable"));
    }
    let it = CallableIterator { function: Field::new(function.to_value()), sentinel: Field::new(sentinel.to_value()) };
    Ok(gc::alloc(it).into())
}

fn me(v: Ref<'_>) -> &CallableIterator {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<CallableIterator>() }
}

fn finish(it: &CallableIterator) {
    let old = {
        let _l = lock_header(it.header());
        (it.function.take(), it.sentinel.take())
    };
    drop(old);
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let it = me(v);
    let function = it.function.load(it.header());
    if function.word() == Word::UNBOUND {
        return Ok(None);
    }
    let r = match call::positional(cx, function.as_ref(), &[]) {
        Ok(r) => r,
        Err(e) => {
            drop(cx.catch_if(e, exception::ids::STOP_ITERATION)?);
            finish(it);
            return Ok(None);
        }
    };
    let sentinel = it.sentinel.load(it.header());
    // The function may have exhausted the iterator itself.
    if sentinel.word() == Word::UNBOUND {
        return Ok(None);
    }
    if compare::equal(cx, sentinel.as_ref(), r.as_ref())? {
        finish(it);
        return Ok(None);
    }
    Ok(Some(r.into()))
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = me(a[0]);
    let (function, sentinel) = (it.function.load(it.header()), it.sentinel.load(it.header()));
    if function.word() == Word::UNBOUND || sentinel.word() == Word::UNBOUND {
        return Ok(reduced(cx, "iter", Tuple::empty().into_value(), None));
    }
    let inner = Tuple::from_values(vec![function, sentinel]).into_value();
    Ok(Tuple::from_values(vec![builtin(cx, "iter"), inner]).into())
}

static METHODS: &[Method] = &[method("__reduce__", "($self, /)", reduce, "What pickle needs.")];

/// `callable_iterator`.
pub static CALLABLE_ITERATOR_TYPE: TypeSpec = TypeSpec::of::<CallableIterator>("callable_iterator")
    .flags(flags::NO_NEW)
    .slots(Slots { iter: Some(myself), next: Some(next), ..Slots::NONE })
    .methods(METHODS);
