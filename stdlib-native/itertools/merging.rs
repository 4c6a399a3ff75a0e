//! `chain` and `zip_longest`.

use super::{ids, refuse_keywords};
use crate::guarded::{Guarded, State, make, visit_optional};
use gc::{Ref, Reg, Value, Word};
use objects::native::{Method, class_method};
use objects::protocol::iter;
use objects::types::iterators::myself;
use objects::types::object;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::{Args, Cx, PyResult};
use std::collections::VecDeque;

/// State of `chain`. More than one iterator is active only when threads have fetched the next iterable at the same time.
pub struct Links {
    source: Option<Value>,
    active: VecDeque<Value>,
}
impl State for Links {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit_optional(&self.source, visit);
        self.active.iter().for_each(|v| visit(v.word()));
    }
}
/// `chain` object.
pub type Chain = Guarded<Links, { ids::CHAIN }>;

fn over(class: Ref<'_>, source: Value) -> Reg {
    make(class, Chain::new(Links { source: Some(source), active: VecDeque::new() }))
}

fn new_chain(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    refuse_keywords(cx, class, args, "chain")?;
    let all = Tuple::from_refs(args.positional());
    let source = iter::iter(cx, all.value().as_ref())?.into_value();
    Ok(over(class, source))
}

fn from_iterable(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let source = iter::iter(cx, a[1])?.into_value();
    Ok(over(a[0], source))
}

fn next_chain(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Chain>() };
    loop {
        let (active, source) = me.with(cx, |s| match s.active.front() {
            Some(a) => (Some(a.clone()), None),
            None => (None, s.source.clone()),
        });
        if let Some(active) = active {
            if let Some(x) = iter::next(cx, active.as_ref())? {
                return Ok(Some(x));
            }
            let old = me.with(cx, |s| match s.active.front() {
                Some(f) if f.is(&active) => s.active.pop_front(),
                _ => None,
            });
            drop(old);
            cx.poll()?;
            continue;
        }
        let Some(source) = source else { return Ok(None) };
        let made = match iter::next(cx, source.as_ref()) {
            Ok(Some(x)) => {
                let x = x.into_value();
                iter::iter(cx, x.as_ref()).map(|it| Some(it.into_value()))
            }
            Ok(None) => Ok(None),
            Err(e) => Err(e),
        };
        match made {
            Ok(Some(it)) => me.with(cx, |s| s.active.push_back(it)),
            Ok(None) => {
                let old = me.with(cx, |s| s.source.take());
                drop(old);
            }
            Err(e) => {
                let old = me.with(cx, |s| s.source.take());
                drop(old);
                return Err(e);
            }
        }
    }
}

static CHAIN_METHODS: &[Method] = &[
    class_method("from_iterable", "($type, iterable, /)", from_iterable, "Chains the iterables that one iterable gives."),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "chain[int] and the like."),
];

/// `chain`.
pub static CHAIN_TYPE: TypeSpec = TypeSpec::of::<Chain>("itertools.chain")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_chain), iter: Some(myself), next: Some(next_chain), ..Slots::NONE })
    .methods(CHAIN_METHODS)
    .doc("The items of several iterables, one after the other: chain(*iterables).");

/// State of `zip_longest`.
pub struct Longest {
    sources: Vec<Option<Value>>,
    fill: Value,
    active: usize,
}
impl State for Longest {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.sources.iter().for_each(|v| visit_optional(v, visit));
        visit(self.fill.word());
    }
}
/// `zip_longest` object.
pub type ZipLongest = Guarded<Longest, { ids::ZIP_LONGEST }>;

fn new_longest(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let mut fill = Value::NONE;
    for (name, value) in args.keywords() {
        if !name.exact::<Str>().is_some_and(|s| s.eq_str("fillvalue")) || args.keyword_count() > 1 {
            return Err(cx.type_error("zip_longest() got an unexpected keyword argument"));
        }
        fill = value.to_value();
    }
    let mut sources = Vec::with_capacity(args.positional().len());
    for i in args.positional() {
        sources.push(Some(iter::iter(cx, *i)?.into_value()));
    }
    let active = sources.len();
    Ok(make(class, ZipLongest::new(Longest { sources, fill, active })))
}

fn next_longest(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<ZipLongest>() };
    let (n, fill, active) = me.with(cx, |s| (s.sources.len(), s.fill.clone(), s.active));
    if n == 0 || active == 0 {
        return Ok(None);
    }
    let mut items = Vec::with_capacity(n);
    for i in 0..n {
        let Some(source) = me.with(cx, |s| s.sources.get(i).cloned().flatten()) else {
            items.push(fill.clone());
            continue;
        };
        match iter::next(cx, source.as_ref()) {
            Ok(Some(x)) => items.push(x.into_value()),
            Ok(None) => {
                let (old, left) = me.with(cx, |s| {
                    let old = s.sources[i].take();
                    s.active -= usize::from(old.is_some() && s.active > 0);
                    (old, s.active)
                });
                drop(old);
                if left == 0 {
                    return Ok(None);
                }
                items.push(fill.clone());
            }
            Err(e) => {
                me.with(cx, |s| s.active = 0);
                return Err(e);
            }
        }
    }
    Ok(Some(Tuple::from_values(items).into()))
}

/// `zip_longest`.
pub static ZIP_LONGEST_TYPE: TypeSpec = TypeSpec::of::<ZipLongest>("itertools.zip_longest")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_longest), iter: Some(myself), next: Some(next_longest), ..Slots::NONE })
    .doc("Tuples of the next items of several iterables, up to the end of the longest: zip_longest(*iterables, fillvalue=None).");
