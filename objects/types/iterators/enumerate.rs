//! `enumerate`. The count is an int of any size, taken and raised as one step.

use super::myself;
use crate::args::Args;
use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::ids;
use crate::native::{Method, class_method, method};
use crate::protocol::iter;
use crate::types::int::{self, IntRef, as_int};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_::slots::Slots;
use crate::types::type_::{Type, TypeSpec, flags, type_of};
use crate::types::{instance, object};
use gc::{Field, Payload, Ref, Reg, Value, Word};

/// An enumerate object's payload.
#[repr(C)]
pub struct Enumerate {
    source: Value,
    count: Field,
}

// SAFETY: visits both words.
unsafe impl Payload for Enumerate {
    const TYPE_ID: u32 = ids::ENUMERATE;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.source.word());
        visit(self.count.peek());
    }
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let n = args.items.len();
    if n > 2 {
        return Err(cx.type_error(format!("enumerate() takes at most 2 arguments ({n} given)")));
    }
    let positional = args.positional();
    let (mut iterable, mut start) = (positional.first().copied(), positional.get(1).copied());
    for (name, value) in args.keywords() {
        let text = name.exact::<Str>();
        if iterable.is_none() && text.is_some_and(|t| t.eq_str("iterable")) {
            iterable = Some(value);
        } else if start.is_none() && text.is_some_and(|t| t.eq_str("start")) {
            start = Some(value);
        } else {
            let shown = text.map_or_else(String::new, |t| t.to_string_lossy());
            return Err(cx.type_error(format!("'{shown}' is an invalid keyword argument for enumerate()")));
        }
    }
    let Some(iterable) = iterable else { return Err(cx.type_error("enumerate() missing required argument 'iterable'")) };
    let count = match start {
        Some(s) => {
            let i = int::index(cx, s)?;
            int::exact(i.as_ref())
        }
        None => int::from_i64(0),
    };
    let source = iter::iter(cx, iterable)?.into_value();
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    Ok(instance::alloc_with(t, Enumerate { source, count: Field::new(count) }).into())
}

fn me(v: Ref<'_>) -> &Enumerate {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Enumerate>() }
}

/// The count, which is raised by one.
fn take_count(e: &Enumerate) -> Value {
    let raised = |v: Ref<'_>| match as_int(v) {
        Some(IntRef::Small(i)) => int::from_i128(i128::from(i) + 1),
        Some(i) => int::from_big(&*i.to_big() + 1),
        None => int::from_i64(0),
    };
    let _l = lock_header(e.header());
    let now = e.count.load_locked();
    drop(e.count.swap(raised(now.as_ref())));
    now
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let e = me(v);
    let Some(item) = iter::next(cx, e.source.as_ref())? else { return Ok(None) };
    let item = item.into_value();
    Ok(Some(Tuple::from_values(vec![take_count(e), item]).into()))
}

fn reduce(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let e = me(a[0]);
    let inner = Tuple::from_values(vec![e.source.clone(), e.count.load(e.header())]).into_value();
    Ok(Tuple::from_values(vec![type_of(a[0]).to_value(), inner]).into())
}

static METHODS: &[Method] = &[
    method("__reduce__", "($self, /)", reduce, "What pickle needs."),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "For annotations."),
];

/// `enumerate`.
pub static ENUMERATE_TYPE: TypeSpec = TypeSpec::of::<Enumerate>("enumerate")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), iter: Some(myself), next: Some(next), ..Slots::NONE })
    .methods(METHODS)
    .doc("Pairs of a count and an item: enumerate(iterable, start=0).");
