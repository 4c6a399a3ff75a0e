//! `groupby`, `accumulate`, `pairwise` and `batched`.

use super::{ids, or_none};
use crate::guarded::{Guarded, State, make, visit_optional};
use crate::parameters;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::protocol::arith::{self, Op};
use objects::protocol::{call, compare, iter, truth};
use objects::types::int;
use objects::types::iterators::myself;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::{Args, Cx, PyResult};

/// State of `groupby`.
pub struct Groups {
    source: Value,
    key: Value,
    /// Key of the group that was given out last.
    target: Option<Value>,
    /// Key of the item read last.
    current: Option<Value>,
    /// The item read last, unless its group has it.
    item: Option<Value>,
    /// Number of the group that may still give items.
    group: u64,
}
impl State for Groups {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.source.word());
        visit(self.key.word());
        visit_optional(&self.target, visit);
        visit_optional(&self.current, visit);
        visit_optional(&self.item, visit);
    }
}
/// `groupby` object.
pub type GroupBy = Guarded<Groups, { ids::GROUPBY }>;

parameters!(GROUPBY_PARAMETERS, "groupby", "(iterable, key=None)");

fn new_groupby(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    GROUPBY_PARAMETERS.bind(cx, args, |cx, a| {
        let source = iter::iter(cx, a[0])?.into_value();
        let key = or_none(a[1].given());
        Ok(make(class, GroupBy::new(Groups { source, key, target: None, current: None, item: None, group: 0 })))
    })
}

/// Reads the next item; false at the end.
fn step(cx: &mut Cx, g: &GroupBy) -> PyResult<bool> {
    let (source, key) = g.with(cx, |s| (s.source.clone(), s.key.clone()));
    let Some(x) = iter::next(cx, source.as_ref())? else { return Ok(false) };
    let x = x.into_value();
    let k = if key.as_ref().is_none() { x.clone() } else { call::positional(cx, key.as_ref(), &[x.as_ref()])? };
    let old = g.with(cx, |s| (s.item.replace(x), s.current.replace(k)));
    drop(old);
    Ok(true)
}

fn next_groupby(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let g = unsafe { v.cast::<GroupBy>() };
    g.with(cx, |s| s.group += 1);
    loop {
        let (current, target) = g.with(cx, |s| (s.current.clone(), s.target.clone()));
        match (&current, &target) {
            (Some(_), None) => break,
            (Some(c), Some(t)) if !compare::equal(cx, t.as_ref(), c.as_ref())? => break,
            _ => {}
        }
        if !step(cx, g)? {
            return Ok(None);
        }
        cx.poll()?;
    }
    let (key, group, old) = g.with(cx, |s| {
        let key = s.current.clone().unwrap_or(Value::NONE);
        s.group += 1;
        (key.clone(), s.group, s.target.replace(key))
    });
    drop(old);
    let grouper = gc::alloc(Grouper { parent: v.to_value(), key: key.clone(), group }).into_value();
    Ok(Some(Tuple::from_values(vec![key, grouper]).into()))
}

/// `groupby`.
pub static GROUPBY_TYPE: TypeSpec = TypeSpec::of::<GroupBy>("itertools.groupby")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_groupby), iter: Some(myself), next: Some(next_groupby), ..Slots::NONE })
    .doc("Pairs of a key and an iterator over the neighbouring items that have it: groupby(iterable, key=None).");

/// `_grouper` object.
#[repr(C)]
pub struct Grouper {
    parent: Value,
    key: Value,
    group: u64,
}
// SAFETY: visits both words.
unsafe impl Payload for Grouper {
    const TYPE_ID: u32 = ids::GROUPER;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.parent.word());
        visit(self.key.word());
    }
}

fn next_grouper(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type, and the parent is a groupby object.
    let (me, g) = unsafe {
        let me = v.cast::<Grouper>();
        (me, me.parent.as_ref().cast::<GroupBy>())
    };
    loop {
        let (ours, pending, current) = g.with(cx, |s| (s.group == me.group, s.item.is_some(), s.current.clone()));
        if !ours {
            return Ok(None);
        }
        if !pending {
            if !step(cx, g)? {
                return Ok(None);
            }
            continue;
        }
        let Some(current) = current else { return Ok(None) };
        if !compare::equal(cx, me.key.as_ref(), current.as_ref())? {
            return Ok(None);
        }
        let item = g.with(cx, |s| if s.current.as_ref().is_some_and(|c| c.is(&current)) { s.item.take() } else { None });
        if let Some(x) = item {
            return Ok(Some(x.into()));
        }
    }
}

/// `_grouper`.
pub static GROUPER_TYPE: TypeSpec = TypeSpec::of::<Grouper>("itertools._grouper").flags(flags::NO_NEW).slots(Slots {
    iter: Some(myself),
    next: Some(next_grouper),
    ..Slots::NONE
});

/// State of `accumulate`.
pub struct Running {
    source: Value,
    function: Value,
    total: Option<Value>,
    initial: Option<Value>,
}
impl State for Running {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.source.word());
        visit(self.function.word());
        visit_optional(&self.total, visit);
        visit_optional(&self.initial, visit);
    }
}
/// `accumulate` object.
pub type Accumulate = Guarded<Running, { ids::ACCUMULATE }>;

parameters!(ACCUMULATE_PARAMETERS, "accumulate", "(iterable, func=None, *, initial=None)");

fn new_accumulate(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    ACCUMULATE_PARAMETERS.bind(cx, args, |cx, a| {
        let source = iter::iter(cx, a[0])?.into_value();
        let initial = a[2].given().filter(|v| !v.is_none()).map(Ref::to_value);
        Ok(make(class, Accumulate::new(Running { source, function: or_none(a[1].given()), total: None, initial })))
    })
}

fn next_accumulate(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Accumulate>() };
    let (first, source, function) = me.with(cx, |s| {
        let first = s.initial.take();
        if let Some(f) = &first {
            s.total = Some(f.clone());
        }
        (first, s.source.clone(), s.function.clone())
    });
    if let Some(f) = first {
        return Ok(Some(f.into()));
    }
    let Some(x) = iter::next(cx, source.as_ref())? else { return Ok(None) };
    let x = x.into_value();
    let new = match me.with(cx, |s| s.total.clone()) {
        None => x,
        Some(t) if function.as_ref().is_none() => arith::binary(cx, Op::Add, t.as_ref(), x.as_ref())?.into_value(),
        Some(t) => call::positional(cx, function.as_ref(), &[t.as_ref(), x.as_ref()])?,
    };
    let copy = new.clone();
    let old = me.with(cx, |s| s.total.replace(copy));
    drop(old);
    Ok(Some(new.into()))
}

/// `accumulate`.
pub static ACCUMULATE_TYPE: TypeSpec = TypeSpec::of::<Accumulate>("itertools.accumulate")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_accumulate), iter: Some(myself), next: Some(next_accumulate), ..Slots::NONE })
    .doc("Running totals, or results of another function of two: accumulate(iterable, func=None, *, initial=None).");

/// State of `pairwise`.
pub struct Neighbours {
    source: Option<Value>,
    last: Option<Value>,
}
impl State for Neighbours {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit_optional(&self.source, visit);
        visit_optional(&self.last, visit);
    }
}
/// `pairwise` object.
pub type Pairwise = Guarded<Neighbours, { ids::PAIRWISE }>;

fn new_pairwise(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    super::refuse_keywords(cx, class, args, "pairwise")?;
    args.check_count(cx, "pairwise", 1, 1)?;
    let source = Some(iter::iter(cx, args.positional()[0])?.into_value());
    Ok(make(class, Pairwise::new(Neighbours { source, last: None })))
}

fn next_pairwise(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Pairwise>() };
    loop {
        let Some(source) = me.with(cx, |s| s.source.clone()) else { return Ok(None) };
        let Some(x) = iter::next(cx, source.as_ref())? else {
            let old = me.with(cx, |s| (s.source.take(), s.last.take()));
            drop(old);
            return Ok(None);
        };
        let x = x.into_value();
        let copy = x.clone();
        // The items before and after a pair are those of the order of arrival here.
        if let Some(last) = me.with(cx, |s| s.last.replace(copy)) {
            return Ok(Some(Tuple::from_values(vec![last, x]).into()));
        }
    }
}

/// `pairwise`.
pub static PAIRWISE_TYPE: TypeSpec = TypeSpec::of::<Pairwise>("itertools.pairwise")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_pairwise), iter: Some(myself), next: Some(next_pairwise), ..Slots::NONE })
    .doc("Pairs of neighbouring items: pairwise(iterable).");

/// State of `batched`.
pub struct Batches {
    source: Option<Value>,
    size: usize,
    strict: bool,
}
impl State for Batches {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit_optional(&self.source, visit);
    }
}
/// `batched` object.
pub type Batched = Guarded<Batches, { ids::BATCHED }>;

parameters!(BATCHED_PARAMETERS, "batched", "(iterable, n, *, strict=False)");

fn new_batched(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    BATCHED_PARAMETERS.bind(cx, args, |cx, a| {
        let n = int::index_size(cx, a[1])?;
        let strict = match a[2].given() {
            Some(s) => truth::of(cx, s)?,
            None => false,
        };
        if n < 1 {
            return Err(cx.value_error("n must be at least one"));
        }
        let source = Some(iter::iter(cx, a[0])?.into_value());
        Ok(make(class, Batched::new(Batches { source, size: n as usize, strict })))
    })
}

fn next_batched(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Batched>() };
    let (source, size, strict) = me.with(cx, |s| (s.source.clone(), s.size, s.strict));
    let Some(source) = source else { return Ok(None) };
    let mut items = Vec::with_capacity(size.min(64));
    while items.len() < size {
        match iter::next(cx, source.as_ref()) {
            Ok(Some(x)) => items.push(x.into_value()),
            Ok(None) => {
                let old = me.with(cx, |s| s.source.take());
                drop(old);
                if items.is_empty() {
                    return Ok(None);
                }
                if strict {
                    return Err(cx.value_error("batched(): incomplete batch"));
                }
                break;
            }
            Err(e) => {
                let old = me.with(cx, |s| s.source.take());
                drop(old);
                return Err(e);
            }
        }
    }
    Ok(Some(Tuple::from_values(items).into()))
}

/// `batched`.
pub static BATCHED_TYPE: TypeSpec = TypeSpec::of::<Batched>("itertools.batched")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_batched), iter: Some(myself), next: Some(next_batched), ..Slots::NONE })
    .doc("Tuples of n items each, the last may be shorter: batched(iterable, n, *, strict=False).");
