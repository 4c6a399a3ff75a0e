//! `filter`.

use super::myself;
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::{Method, method};
use crate::protocol::{call, iter, truth};
use crate::types::instance;
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Slot, Slots};
use crate::types::type_::{Type, TypeSpec, as_type, by_id, flags, type_of};
use gc::{Payload, Ref, Reg, Value, Word};

/// A filter object's payload.
#[repr(C)]
pub struct Filter {
    function: Value,
    source: Value,
}

// SAFETY: visits both words.
unsafe impl Payload for Filter {
    const TYPE_ID: u32 = ids::FILTER;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.function.word());
        visit(self.source.word());
    }
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    if t.slots.raw(Slot::init) == by_id(ids::OBJECT).slots.raw(Slot::init) {
        args.no_keywords(cx, "filter")?;
    }
    args.check_count(cx, "filter", 2, 2)?;
    let [function, iterable] = args.positional() else { return Ok(Value::NONE.into()) };
    let source = iter::iter(cx, *iterable)?.into_value();
    Ok(instance::alloc_with(t, Filter { function: function.to_value(), source }).into())
}

fn me(v: Ref<'_>) -> &Filter {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Filter>() }
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let f = me(v);
    let function = f.function.as_ref();
    let by_truth = function.is_none() || as_type(function).is_some_and(|t| t.id == ids::BOOL);
    while let Some(x) = iter::next(cx, f.source.as_ref())? {
        let x = x.into_value();
        let keep = if by_truth {
            truth::of(cx, x.as_ref())?
        } else {
            let r = call::positional(cx, function, &[x.as_ref()])?;
            truth::of(cx, r.as_ref())?
        };
        if keep {
            return Ok(Some(x.into()));
        }
        cx.poll()?;
    }
    Ok(None)
}

fn reduce(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = me(a[0]);
    let inner = Tuple::from_values(vec![f.function.clone(), f.source.clone()]).into_value();
    Ok(Tuple::from_values(vec![type_of(a[0]).to_value(), inner]).into())
}

static METHODS: &[Method] = &[method("__reduce__", "($self, /)", reduce, "What pickle needs.")];

/// `filter`.
pub static FILTER_TYPE: TypeSpec = TypeSpec::of::<Filter>("filter")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), iter: Some(myself), next: Some(next), ..Slots::NONE })
    .methods(METHODS)
    .doc("The items of an iterable for which the function is true, or which are true themselves when it is None: filter(function, iterable).");
