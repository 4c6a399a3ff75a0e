//! `zip` and `map`: iterators that go through several others in step, with `strict` checking that all end together.

use super::myself;
use crate::args::Args;
use crate::cx::Cx;
use crate::error::{PyResult, Raised};
use crate::ids;
use crate::native::{Method, method};
use crate::protocol::{call, iter, truth};
use crate::types::instance;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::tuple::methods::build;
use crate::types::type_::slots::Slots;
use crate::types::type_::{Type, TypeSpec, flags, type_of};
use gc::{Payload, Ref, Reg, Value, Word};
use sync::prim::{AtomicBool, Ordering};

/// What both have.
#[repr(C)]
pub struct Parallel<const ID: u32> {
    /// What `map` calls; None for `zip`.
    function: Value,
    sources: Box<[Value]>,
    strict: AtomicBool,
}

// SAFETY: visits all words.
unsafe impl<const ID: u32> Payload for Parallel<ID> {
    const TYPE_ID: u32 = ID;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.function.word());
        self.sources.iter().for_each(|s| visit(s.word()));
    }
}

/// `zip` object.
pub type Zip = Parallel<{ ids::ZIP }>;
/// `map` object.
pub type Map = Parallel<{ ids::MAP }>;

/// The only keyword argument, `strict`.
fn strict(cx: &mut Cx, args: Args<'_>, function: &str) -> PyResult<bool> {
    let mut strict = false;
    for (name, value) in args.keywords() {
        let text = name.exact::<Str>();
        if !text.is_some_and(|t| t.eq_str("strict")) {
            let shown = text.map_or_else(String::new, |t| t.to_string_lossy());
            return Err(cx.type_error(format!("{function}() got an unexpected keyword argument '{shown}'")));
        }
        strict = truth::of(cx, value)?;
    }
    Ok(strict)
}

/// An object of `class` over these iterables.
fn make<const ID: u32>(cx: &mut Cx, class: Ref<'_>, function: Value, iterables: &[Ref<'_>], strict: bool) -> PyResult<Reg> {
    let mut sources = Vec::with_capacity(iterables.len());
    for i in iterables {
        sources.push(iter::iter(cx, *i)?.into_value());
    }
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    Ok(instance::alloc_with(t, Parallel::<ID> { function, sources: sources.into_boxed_slice(), strict: AtomicBool::new(strict) }).into())
}

fn new_zip(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let strict = strict(cx, args, "zip")?;
    make::<{ ids::ZIP }>(cx, class, Value::NONE, args.positional(), strict)
}

fn new_map(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let strict = strict(cx, args, "map")?;
    match args.positional() {
        [function, iterables @ ..] if !iterables.is_empty() => make::<{ ids::MAP }>(cx, class, function.to_value(), iterables, strict),
        _ => Err(cx.type_error("map() must have at least two arguments.")),
    }
}

fn me<const ID: u32>(v: Ref<'_>) -> &Parallel<ID> {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Parallel<ID>>() }
}

/// The next item of every source; `None` when one has ended.
fn step<const ID: u32>(cx: &mut Cx, p: &Parallel<ID>) -> PyResult<Option<Vec<Value>>> {
    let mut items = Vec::with_capacity(p.sources.len());
    for (i, s) in p.sources.iter().enumerate() {
        match iter::next(cx, s.as_ref())? {
            Some(r) => items.push(r.into_value()),
            None if p.strict.load(Ordering::Relaxed) => {
                drop(items);
                return ended_early(cx, p, i).map(|()| None);
            }
            None => return Ok(None),
        }
    }
    Ok(Some(items))
}

/// In strict mode source `i` has ended: all others must have ended too.
#[cold]
fn ended_early<const ID: u32>(cx: &mut Cx, p: &Parallel<ID>, i: usize) -> PyResult<()> {
    if i > 0 {
        return Err(uneven::<ID>(cx, i, "shorter"));
    }
    for (i, s) in p.sources.iter().enumerate().skip(1) {
        if iter::next(cx, s.as_ref())?.is_some() {
            return Err(uneven::<ID>(cx, i, "longer"));
        }
    }
    Ok(())
}

fn uneven<const ID: u32>(cx: &mut Cx, i: usize, how: &str) -> Raised {
    let name = if ID == ids::ZIP { "zip" } else { "map" };
    let others = if i == 1 { " 1".to_string() } else { format!("s 1-{i}") };
    cx.value_error(format!("{name}() argument {} is {how} than argument{others}", i + 1))
}

fn next_zip(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let p = me::<{ ids::ZIP }>(v);
    match &p.sources[..] {
        [] => Ok(None),
        [a, b] if !p.strict.load(Ordering::Relaxed) => {
            let Some(x) = iter::next(cx, a.as_ref())? else { return Ok(None) };
            let x = x.into_value();
            let Some(y) = iter::next(cx, b.as_ref())? else { return Ok(None) };
            let mut pair = [x, y.into_value()].map(Some);
            Ok(Some(build(cx, 2, |i| pair[i].take().unwrap_or(Value::NONE))?.into()))
        }
        _ => Ok(step(cx, p)?.map(|items| Tuple::from_values(items).into())),
    }
}

fn next_map(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let p = me::<{ ids::MAP }>(v);
    if let [source] = &p.sources[..] {
        let Some(x) = iter::next(cx, source.as_ref())? else { return Ok(None) };
        let x = x.into_value();
        return call::call(cx, p.function.as_ref(), Args::positional_only(&[x.as_ref()])).map(Some);
    }
    let Some(items) = step(cx, p)? else { return Ok(None) };
    let refs: Vec<Ref<'_>> = items.iter().map(Value::as_ref).collect();
    call::call(cx, p.function.as_ref(), Args::positional_only(&refs)).map(Some)
}

fn reduce<const ID: u32>(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let p = me::<ID>(a[0]);
    let mut inner = Vec::with_capacity(p.sources.len() + 1);
    if ID == ids::MAP {
        inner.push(p.function.clone());
    }
    inner.extend(p.sources.iter().cloned());
    let mut parts = vec![type_of(a[0]).to_value(), Tuple::from_values(inner).into_value()];
    if p.strict.load(Ordering::Relaxed) {
        parts.push(Value::TRUE);
    }
    Ok(Tuple::from_values(parts).into())
}

fn set_state<const ID: u32>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let on = truth::of(cx, a[1])?;
    me::<ID>(a[0]).strict.store(on, Ordering::Relaxed);
    Ok(Value::NONE.into())
}

const fn methods<const ID: u32>() -> [Method; 2] {
    [
        method("__reduce__", "($self, /)", reduce::<ID>, "What pickle needs."),
        method("__setstate__", "($self, object, /)", set_state::<ID>, "Sets whether the iterator is strict."),
    ]
}
static ZIP_METHODS: &[Method] = &methods::<{ ids::ZIP }>();
static MAP_METHODS: &[Method] = &methods::<{ ids::MAP }>();

/// `zip`.
pub static ZIP_TYPE: TypeSpec = TypeSpec::of::<Zip>("zip")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_zip), iter: Some(myself), next: Some(next_zip), ..Slots::NONE })
    .methods(ZIP_METHODS)
    .doc("Tuples of the next items of several iterables, up to the end of the shortest: zip(*iterables, strict=False).");
/// `map`.
pub static MAP_TYPE: TypeSpec = TypeSpec::of::<Map>("map")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_map), iter: Some(myself), next: Some(next_map), ..Slots::NONE })
    .methods(MAP_METHODS)
    .doc("What a function gives for the next items of one or more iterables: map(function, iterable, /, *iterables, strict=False).");
