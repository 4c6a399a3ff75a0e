//! `set` and `frozenset`: construction, operators, methods and their tables.

use super::{Set, algebra, as_set, frozen_hash, is_frozen, iterator};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{Method, class_method, method};
use crate::protocol::{attr, text as show};
use crate::types::dict::Key;
use crate::types::exception;
use crate::types::list::List;
use crate::types::str::{Str, text};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{Type, TypeSpec, flags, type_of};
use crate::types::{instance, int, object};
use ::text::builder::StrBuilder;
use gc::{Payload, Ref, Reg, Value};

fn set(v: Ref<'_>) -> &Set {
    // SAFETY: slots and methods check their receiver; frozensets have the same payload.
    unsafe { v.cast::<Set>() }
}

fn none() -> PyResult<Reg> {
    Ok(Value::NONE.into())
}

/// `ids::FROZENSET` or `ids::SET`: the type of results.
fn kind(v: Ref<'_>) -> u32 {
    if is_frozen(v) { ids::FROZENSET } else { ids::SET }
}

fn new_set(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    Ok(if t.id == ids::SET { Set::new() } else { Set::of_type(t) }.into())
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    args.no_keywords(cx, "set")?;
    args.check_count(cx, "set", 0, 1)?;
    let s = set(v);
    if !s.is_empty() {
        s.items.clear();
    }
    match args.items.first() {
        Some(x) => s.add_all(cx, *x),
        None => Ok(()),
    }
}

fn new_frozen(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    let plain = t.id == ids::FROZENSET;
    if plain || t.slots.init().map(|f| f as usize) == crate::types::by_id(ids::FROZENSET).slots.init().map(|f| f as usize) {
        args.no_keywords(cx, "frozenset")?;
    }
    args.check_count(cx, "frozenset", 0, 1)?;
    let from = args.positional().first();
    if let Some(x) = from
        && plain
        && type_of(*x).id == ids::FROZENSET
    {
        return Ok(x.to_value().into());
    }
    let s = Set::of_type(t);
    if let Some(x) = from {
        s.add_all(cx, *x)?;
    }
    Ok(s.into())
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let s = set(v);
    let name = type_of(v).name_text();
    if s.is_empty() {
        return Ok(text(&format!("{name}()")));
    }
    let shown = show::guarded(cx, v, |cx| {
        let bare = type_of(v).id == ids::SET;
        let mut out = StrBuilder::new();
        if !bare {
            out.push_str(&name);
            out.push_str("(");
        }
        out.push_str("{");
        for (i, (k, _)) in s.elements().iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            let r = show::repr(cx, k.as_ref())?;
            out.push_units(r.units());
        }
        out.push_str(if bare { "}" } else { "})" });
        Ok(out)
    })?;
    match shown {
        Some(out) => Str::try_from_built(out.finish()).map(Into::into).map_err(|_| cx.memory_error()),
        None => Ok(text(&format!("{name}(...)"))),
    }
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (as_set(a), as_set(b)) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    let r = match op {
        Compare::Eq | Compare::Ne => {
            let hashed = |s: &Set, v: Ref<'_>| if is_frozen(v) { s.hash.load(sync::prim::Ordering::Relaxed) } else { 0 };
            let (p, q) = (hashed(x, a), hashed(y, b));
            let same = x.len() == y.len() && (p == 0 || q == 0 || p == q) && algebra::is_subset(cx, x, b)?;
            same == (op == Compare::Eq)
        }
        Compare::Le => algebra::is_subset(cx, x, b)?,
        Compare::Ge => algebra::is_subset(cx, y, a)?,
        Compare::Lt => x.len() < y.len() && algebra::is_subset(cx, x, b)?,
        Compare::Gt => x.len() > y.len() && algebra::is_subset(cx, y, a)?,
    };
    Ok(Value::bool(r).into())
}

/// Runs `f` with a key, or, when the value is a set that cannot be hashed, with a frozenset of its elements in its place.
fn with_key<R>(cx: &mut Cx, v: Ref<'_>, f: impl FnOnce(&mut Cx, Key<'_>) -> PyResult<R>) -> PyResult<R> {
    match Key::element(cx, v) {
        Ok(key) => f(cx, key),
        Err(e) => {
            let Some(s) = as_set(v) else { return Err(e) };
            drop(cx.catch_if(e, exception::ids::TYPE_ERROR)?);
            let stand_in = algebra::copy(s, ids::FROZENSET);
            let hash = frozen_hash(&stand_in) as u64;
            f(cx, Key::known(stand_in.as_ref(), hash))
        }
    }
}

fn contains(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    with_key(cx, x, |cx, key| set(v).has_key(cx, key))
}

macro_rules! operator {
    ($name:ident, $f:expr) => {
        fn $name(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
            let (Some(x), Some(_)) = (as_set(a), as_set(b)) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
            let f: fn(&mut Cx, &Set, Ref<'_>, u32) -> PyResult<gc::Gc<Set>> = $f;
            f(cx, x, b, kind(a)).map(Into::into)
        }
    };
}
operator!(and, algebra::intersection);
operator!(sub, algebra::difference);
operator!(or, |cx, x, b, id| {
    let new = algebra::copy(x, id);
    new.add_all(cx, b)?;
    Ok(new)
});
operator!(xor, |cx, x, b, id| {
    let new = algebra::copy(x, id);
    algebra::toggle_all(cx, &new, b)?;
    Ok(new)
});

macro_rules! inplace {
    ($name:ident, $f:expr) => {
        fn $name(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
            if as_set(b).is_none() {
                return Ok(Value::NOT_IMPLEMENTED.into());
            }
            let f: fn(&mut Cx, &Set, Ref<'_>) -> PyResult<()> = $f;
            f(cx, set(a), b)?;
            Ok(a.to_value().into())
        }
    };
}
inplace!(ior, |cx, s, b| s.add_all(cx, b));
inplace!(iand, intersect_with);
inplace!(isub, algebra::remove_all);
inplace!(ixor, algebra::toggle_all);

fn intersect_with(cx: &mut Cx, s: &Set, b: Ref<'_>) -> PyResult<()> {
    let kept = algebra::intersection(cx, s, b, ids::SET)?;
    replace(cx, s, &kept)
}

/// Makes `s` hold what `new` holds.
fn replace(cx: &mut Cx, s: &Set, new: &Set) -> PyResult<()> {
    for (k, hash) in s.elements() {
        let key = Key::known(k.as_ref(), hash);
        if !new.has_key(cx, key)? {
            s.discard_key(cx, key)?;
        }
    }
    Ok(())
}

fn add(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    set(a[0]).add(cx, a[1])?;
    none()
}
fn discard(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    with_key(cx, a[1], |cx, key| set(a[0]).discard_key(cx, key))?;
    none()
}
fn remove(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if with_key(cx, a[1], |cx, key| set(a[0]).discard_key(cx, key))? { none() } else { Err(cx.key_error(a[1])) }
}
fn pop(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match set(a[0]).items.pop_any() {
        Some((k, _)) => Ok(k.into()),
        None => {
            let message = Str::from_text("pop from an empty set");
            Err(cx.key_error(message.as_ref()))
        }
    }
}
fn clear(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    set(a[0]).items.clear();
    none()
}
fn copy(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if type_of(a[0]).id == ids::FROZENSET {
        return Ok(a[0].to_value().into());
    }
    Ok(algebra::copy(set(a[0]), kind(a[0])).into())
}

/// The positional arguments that a `*others` parameter has got.
fn others<'a>(v: Ref<'a>) -> &'a [Ref<'a>] {
    v.exact::<Tuple>().map_or(&[], |t| t.items())
}

fn union(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let new = algebra::copy(set(a[0]), kind(a[0]));
    for o in others(a[1]) {
        new.add_all(cx, *o)?;
    }
    Ok(new.into())
}
fn update(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    for o in others(a[1]) {
        set(a[0]).add_all(cx, *o)?;
    }
    none()
}
fn intersect(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<gc::Gc<Set>> {
    let id = kind(a[0]);
    let mut new: Option<gc::Gc<Set>> = None;
    for o in others(a[1]) {
        let from: &Set = new.as_deref().unwrap_or(set(a[0]));
        new = Some(algebra::intersection(cx, from, *o, id)?);
    }
    Ok(new.unwrap_or_else(|| algebra::copy(set(a[0]), id)))
}
fn intersection(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    intersect(cx, a).map(Into::into)
}
fn intersection_update(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let kept = intersect(cx, a)?;
    replace(cx, set(a[0]), &kept)?;
    none()
}
fn difference(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some((first, rest)) = others(a[1]).split_first() else { return Ok(algebra::copy(set(a[0]), kind(a[0])).into()) };
    let new = algebra::difference(cx, set(a[0]), *first, kind(a[0]))?;
    for o in rest {
        algebra::remove_all(cx, &new, *o)?;
    }
    Ok(new.into())
}
fn difference_update(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    for o in others(a[1]) {
        algebra::remove_all(cx, set(a[0]), *o)?;
    }
    none()
}
fn symmetric_difference(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let new = algebra::copy(set(a[0]), kind(a[0]));
    algebra::toggle_all(cx, &new, a[1])?;
    Ok(new.into())
}
fn symmetric_difference_update(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    algebra::toggle_all(cx, set(a[0]), a[1])?;
    none()
}
fn is_subset(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    algebra::is_subset(cx, set(a[0]), a[1]).map(|b| Value::bool(b).into())
}
fn is_superset(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    algebra::is_superset(cx, set(a[0]), a[1]).map(|b| Value::bool(b).into())
}
fn is_disjoint(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    algebra::is_disjoint(cx, set(a[0]), a[1]).map(|b| Value::bool(b).into())
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let elements = set(a[0]).elements().into_iter().map(|(k, _)| k).collect();
    let inner = Tuple::from_values(vec![List::from_values(elements).into_value()]).into_value();
    let state = attr::get_optional(cx, a[0], names::__getstate__())?;
    let state = match state {
        Some(f) => crate::protocol::call::positional(cx, f.as_ref(), &[])?,
        None => Value::NONE,
    };
    Ok(Tuple::from_values(vec![type_of(a[0]).to_value(), inner, state]).into())
}

fn size(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = gc::HEADER_SIZE + size_of::<Set>() + set(a[0]).items.table_memory() + instance::extra_size(type_of(a[0]));
    Ok(int::from_usize(n).into())
}

const fn contains_method() -> Method {
    method(
        "__contains__",
        "($self, object, /)",
        |cx, a| contains(cx, a[0], a[1]).map(|b| Value::bool(b).into()),
        "Whether it has the element.",
    )
}

macro_rules! common {
    ($($more:expr,)*) => { &[
        contains_method(),
        method("copy", "($self, /)", copy, "A set with the same elements."),
        method("union", "($self, /, *others)", union, "The elements of this set and of all others."),
        method("intersection", "($self, /, *others)", intersection, "The elements that are in this set and in all others."),
        method("difference", "($self, /, *others)", difference, "The elements of this set that are in none of the others."),
        method("symmetric_difference", "($self, other, /)", symmetric_difference, "The elements that are in one of both only."),
        method("isdisjoint", "($self, other, /)", is_disjoint, "Whether both have no element in common."),
        method("issubset", "($self, other, /)", is_subset, "Whether the other has all elements of this set."),
        method("issuperset", "($self, other, /)", is_superset, "Whether this set has all elements of the other."),
        method("__reduce__", "($self, /)", reduce, "What pickle needs."),
        method("__sizeof__", "($self, /)", size, "Size in memory, in bytes."),
        class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "set[int] and the like."),
        $($more,)*
    ] };
}

static FROZEN_METHODS: &[Method] = common!();
static METHODS: &[Method] = common!(
    method("add", "($self, object, /)", add, "Adds an element."),
    method("clear", "($self, /)", clear, "Removes all elements."),
    method("discard", "($self, object, /)", discard, "Removes an element if it is there."),
    method("remove", "($self, object, /)", remove, "Removes an element; KeyError when it is not there."),
    method("pop", "($self, /)", pop, "Removes and returns some element; KeyError when there is none."),
    method("update", "($self, /, *others)", update, "Adds the elements of all others."),
    method("intersection_update", "($self, /, *others)", intersection_update, "Keeps only the elements that are in all others."),
    method("difference_update", "($self, /, *others)", difference_update, "Removes the elements of all others."),
    method("symmetric_difference_update", "($self, other, /)", symmetric_difference_update, "Keeps what is in one of both only."),
);

/// `set`.
pub static SET_TYPE: TypeSpec = TypeSpec::of::<Set>("set")
    .flags(flags::BASE | flags::MATCH_SELF | flags::WEAKREFS)
    .slots(Slots {
        new: Some(new_set),
        init: Some(init),
        repr: Some(repr),
        richcompare: Some(richcompare),
        iter: Some(iterator::new),
        len: Some(|_, v| Ok(set(v).len())),
        contains: Some(contains),
        and: Some(and),
        or: Some(or),
        xor: Some(xor),
        sub: Some(sub),
        iand: Some(iand),
        ior: Some(ior),
        ixor: Some(ixor),
        isub: Some(isub),
        ..Slots::NONE
    })
    .methods(METHODS)
    .doc("Collections without order or repetition. set(iterable) holds what the iterable gives.");

/// `frozenset`.
pub static FROZENSET_TYPE: TypeSpec = TypeSpec::of::<Set>("frozenset")
    .id(ids::FROZENSET)
    .flags(flags::BASE | flags::MATCH_SELF | flags::WEAKREFS)
    .slots(Slots {
        new: Some(new_frozen),
        repr: Some(repr),
        hash: Some(|_, v| Ok(frozen_hash(set(v)))),
        richcompare: Some(richcompare),
        iter: Some(iterator::new),
        len: Some(|_, v| Ok(set(v).len())),
        contains: Some(contains),
        and: Some(and),
        or: Some(or),
        xor: Some(xor),
        sub: Some(sub),
        ..Slots::NONE
    })
    .methods(FROZEN_METHODS)
    .doc("Sets that never change and so can be elements and keys themselves.");
