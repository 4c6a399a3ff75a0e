//! `tuple`: construction, operators, methods, its iterator and table.

use super::Tuple;
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::{Method, class_method, method};
use crate::protocol::{compare, hash, iter, text as show};
use crate::types::iterators::index::{self, Indexed};
use crate::types::list::methods::search_bounds;
use crate::types::slice::{self, Slice};
use crate::types::str::{Str, text};
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{Downcast, Type, TypeSpec, flags, type_of};
use crate::types::{instance, int, object};
use ::text::builder::StrBuilder;
use gc::{Gc, Ref, Reg, Value};
use sync::prim::Ordering;

fn me(v: Ref<'_>) -> &Tuple {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Tuple>() }
}

/// A tuple from `n` values; MemoryError when there is no room.
pub fn build(cx: &mut Cx, n: usize, items: impl FnMut(usize) -> Value) -> PyResult<Gc<Tuple>> {
    if n == 0 {
        return Ok(Tuple::empty());
    }
    // SAFETY: a plain tuple without extra bytes.
    match unsafe { Tuple::try_new_sized(ids::TUPLE, n, 0, items) } {
        Some(t) => Ok(t),
        None => Err(cx.memory_error()),
    }
}

/// `tuple(v)`: the value itself if it is exactly a tuple.
pub fn from_iterable(cx: &mut Cx, v: Ref<'_>) -> PyResult<Gc<Tuple>> {
    if v.exact::<Tuple>().is_some() {
        // SAFETY: it is a tuple.
        return Ok(unsafe { Gc::from_value(v.to_value()) });
    }
    let mut items = iter::collect(cx, v)?.into_iter();
    build(cx, items.len(), |_| items.next().unwrap_or(Value::NONE))
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    if t.id == ids::TUPLE {
        args.no_keywords(cx, "tuple")?;
    }
    args.check_count(cx, "tuple", 0, 1)?;
    let made = match args.positional().first() {
        Some(v) => from_iterable(cx, *v)?,
        None => Tuple::empty(),
    };
    if t.id == ids::TUPLE {
        return Ok(made.into());
    }
    subtype(cx, t, made.items())
}

/// An instance of a subclass with these items.
pub fn subtype(cx: &mut Cx, t: &Type, items: &[Ref<'_>]) -> PyResult<Reg> {
    let capacity = t.inline_capacity.load(Ordering::Relaxed) as usize;
    let extra = t.slot_count as usize * 8 + if t.has_dict { 8 + capacity * 8 } else { 0 };
    // SAFETY: the extra bytes are initialised before anyone sees the tuple.
    let v = unsafe { Tuple::try_new_sized(t.id, items.len(), extra, |i| items[i].to_value()) };
    match v {
        Some(v) => {
            instance::finish_sized(t, v.value(), capacity);
            Ok(v.into())
        }
        None => Err(cx.memory_error()),
    }
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = me(v);
    if t.is_empty() {
        return Ok(text("()"));
    }
    let shown = show::guarded(cx, v, |cx| {
        let mut out = StrBuilder::new();
        out.push(u32::from(b'('));
        for (i, x) in t.items().iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            let s = show::repr(cx, *x)?;
            out.push_units(s.units());
        }
        out.push_str(if t.len() == 1 { ",)" } else { ")" });
        Ok(out)
    })?;
    match shown {
        Some(out) => Str::try_from_built(out.finish()).map(Into::into).map_err(|_| cx.memory_error()),
        None => Ok(text("(...)")),
    }
}

/// Mixes the hashes of items in order (xxHash's scheme, as in CPython's tuple).
pub struct HashMix(u64, u64);

const PRIME_1: u64 = 11_400_714_785_074_694_791;
const PRIME_2: u64 = 14_029_467_366_897_019_727;
const PRIME_5: u64 = 2_870_177_450_012_600_261;

impl HashMix {
    /// No items yet.
    pub fn new() -> HashMix {
        HashMix(PRIME_5, 0)
    }
    /// Adds an item's hash.
    pub fn add(&mut self, hash: i64) {
        self.0 = self.0.wrapping_add((hash as u64).wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1);
        self.1 += 1;
    }
    /// The hash of the whole; the number of items counts when `sized`.
    pub fn finish(self, sized: bool) -> i64 {
        let h = if sized { self.0.wrapping_add(self.1 ^ (PRIME_5 ^ 3_527_539)) } else { self.0 };
        if h == u64::MAX { 1_546_275_796 } else { h as i64 }
    }
}

impl Default for HashMix {
    fn default() -> Self {
        HashMix::new()
    }
}

fn hash_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    cx.check_native_stack()?;
    let mut mix = HashMix::new();
    for x in me(v).items() {
        mix.add(hash::hash(cx, *x)?);
    }
    Ok(mix.finish(true))
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.downcast::<Tuple>(), b.downcast::<Tuple>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    for (p, q) in x.items().iter().zip(y.items()) {
        if !compare::equal(cx, *p, *q)? {
            return match op {
                Compare::Eq => Ok(Value::FALSE.into()),
                Compare::Ne => Ok(Value::TRUE.into()),
                _ => compare::rich(cx, *p, *q, op),
            };
        }
    }
    Ok(Value::bool(op.holds(x.len().cmp(&y.len()))).into())
}

fn contains(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    for y in me(v).items() {
        if compare::equal(cx, *y, x)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The items at the indices of a slice fitted to the tuple's length.
pub fn part(cx: &mut Cx, v: Ref<'_>, ix: slice::Indices) -> PyResult<Reg> {
    let t = me(v);
    if ix.count == t.len() && ix.step == 1 && v.exact::<Tuple>().is_some() {
        return Ok(v.to_value().into());
    }
    build(cx, ix.count, |k| t.get((ix.start + k as i64 * ix.step) as usize).to_value()).map(Into::into)
}

fn get(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let t = me(v);
    if let Some(s) = key.exact::<Slice>() {
        let (start, stop, step) = s.unpack(cx)?;
        return part(cx, v, slice::adjust(start, stop, step, t.len()));
    }
    if type_of(key).slots.index().is_none() {
        let n = type_of(key).name_text();
        return Err(cx.type_error(format!("tuple indices must be integers or slices, not {n}")));
    }
    let mut i = int::subscript_index(cx, key)?;
    if i < 0 {
        i = i.saturating_add(t.len() as i64);
    }
    match usize::try_from(i).ok().filter(|i| *i < t.len()) {
        Some(i) => Ok(t.get(i).to_value().into()),
        None => Err(cx.index_error("tuple index out of range")),
    }
}

fn concat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let x = me(a);
    let Some(y) = b.downcast::<Tuple>() else {
        let n = type_of(b).name_text();
        return Err(cx.type_error(format!("can only concatenate tuple (not \"{n}\") to tuple")));
    };
    if y.is_empty() && a.exact::<Tuple>().is_some() {
        return Ok(a.to_value().into());
    }
    if x.is_empty() && b.exact::<Tuple>().is_some() {
        return Ok(b.to_value().into());
    }
    let n = x.len();
    build(cx, n + y.len(), |i| if i < n { x.get(i).to_value() } else { y.get(i - n).to_value() }).map(Into::into)
}

fn repeat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let n = int::index_size(cx, b)?.max(0) as usize;
    let t = me(a);
    if (t.is_empty() || n == 1) && a.exact::<Tuple>().is_some() {
        return Ok(a.to_value().into());
    }
    let Some(total) = t.len().checked_mul(n) else { return Err(cx.memory_error()) };
    build(cx, total, |i| t.get(i % t.len()).to_value()).map(Into::into)
}

fn count(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut n = 0;
    for y in me(a[0]).items() {
        if compare::equal(cx, *y, a[1])? {
            n += 1;
        }
    }
    Ok(int::reg(n))
}

fn index_of(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = me(a[0]);
    let (start, stop) = search_bounds(cx, a[2], a[3], t.len())?;
    for i in start..stop.min(t.len() as i64) {
        if compare::equal(cx, t.get(i as usize), a[1])? {
            return Ok(int::reg(i));
        }
    }
    Err(cx.value_error("tuple.index(x): x not in tuple"))
}

fn new_args(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let plain = Tuple::from_refs(me(a[0]).items()).into_value();
    Ok(Tuple::from_values(vec![plain]).into())
}

/// Forwards over a tuple.
pub struct Forward;
impl Indexed for Forward {
    const ITERATOR: u32 = ids::TUPLE_ITERATOR;
    const REVERSED: bool = false;
    #[inline]
    fn item(container: Ref<'_>, i: usize) -> Option<Reg> {
        container.downcast::<Tuple>().and_then(|t| t.items().get(i)).map(|r| r.to_value().into())
    }
    fn len(container: Ref<'_>) -> usize {
        container.downcast::<Tuple>().map_or(0, Tuple::len)
    }
    fn empty() -> Value {
        Tuple::empty().into_value()
    }
}

static ITERATOR_METHODS: &[Method] = &index::methods::<Forward>();
/// `tuple_iterator`.
pub static TUPLE_ITERATOR_TYPE: TypeSpec = index::spec::<Forward>("tuple_iterator", ITERATOR_METHODS);

static METHODS: &[Method] = &[
    method("count", "($self, value, /)", count, "How many items equal the value."),
    method(
        "index",
        "($self, value, start=0, stop=sys.maxsize, /)",
        index_of,
        "Index of the first item that equals the value; ValueError when there is none.",
    ),
    method("__getnewargs__", "($self, /)", new_args, ""),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "tuple[int, ...] and the like."),
];

/// `tuple`.
pub static TUPLE_TYPE: TypeSpec = TypeSpec::of::<Tuple>("tuple")
    .item(8)
    .flags(flags::BASE | flags::MATCH_SELF | flags::SEQUENCE)
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        hash: Some(hash_of),
        richcompare: Some(richcompare),
        iter: Some(|_, v| Ok(index::new::<Forward>(v))),
        len: Some(|_, v| Ok(me(v).len())),
        getitem: Some(get),
        contains: Some(contains),
        concat: Some(concat),
        repeat: Some(repeat),
        ..Slots::NONE
    })
    .methods(METHODS)
    .doc("Sequences that never change. tuple(iterable) holds the iterable's items.");
