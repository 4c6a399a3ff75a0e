//! `list`: construction, operators, methods and its table.

use super::item::list;
use super::{List, NoMemory, item, sort};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::{Method, class_method, method};
use crate::protocol::{compare, iter, text as show};
use crate::types::int;
use crate::types::iterators::{index, snapshot};
use crate::types::str::{Str, text};
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{Downcast, Type, TypeSpec, flags, type_of};
use crate::types::{instance, object, slice};
use ::text::builder::StrBuilder;
use gc::{Gc, Ref, Reg, Value};

fn none() -> PyResult<Reg> {
    Ok(Value::NONE.into())
}

fn memory<T>(cx: &mut Cx, r: Result<T, NoMemory>) -> PyResult<T> {
    r.map_err(|NoMemory| cx.memory_error())
}

/// `list.__new__`.
pub fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    if t.id == ids::LIST {
        return Ok(List::new().into());
    }
    Ok(instance::alloc_with(t, List::empty_payload()).into())
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    args.no_keywords(cx, "list")?;
    args.check_count(cx, "list", 0, 1)?;
    let l = list(v);
    if !l.is_empty() {
        let old = l.take_all();
        drop(old);
    }
    match args.items.first() {
        Some(x) => extend_by(cx, l, *x),
        None => Ok(()),
    }
}

/// Appends everything in `x`: at once when it is a builtin container, otherwise item by item.
pub fn extend_by(cx: &mut Cx, l: &List, x: Ref<'_>) -> PyResult<()> {
    let items = if let Some(items) = snapshot(x) {
        items
    } else {
        let it = iter::iter(cx, x)?.into_value();
        if let Some(n) = crate::protocol::item::length_hint(cx, x)?
            && n > 1 << 40
        {
            return Err(cx.memory_error());
        }
        let Some(next) = type_of(it.as_ref()).slots.next() else { return Ok(()) };
        while let Some(r) = next(cx, it.as_ref())? {
            l.append(cx, r.into_value())?;
        }
        return Ok(());
    };
    memory(cx, l.splice(usize::MAX, usize::MAX, items)).map(drop)
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let l = list(v);
    if l.is_empty() {
        return Ok(text("[]"));
    }
    let shown = show::guarded(cx, v, |cx| {
        let mut out = StrBuilder::new();
        out.push(u32::from(b'['));
        let mut i = 0;
        while let Some(x) = l.get(i) {
            let x = x.into_value();
            if i > 0 {
                out.push_str(", ");
            }
            let s = show::repr(cx, x.as_ref())?;
            out.push_units(s.units());
            i += 1;
        }
        out.push(u32::from(b']'));
        Ok(out)
    })?;
    match shown {
        Some(out) => Str::try_from_built(out.finish()).map(Into::into).map_err(|_| cx.memory_error()),
        None => Ok(text("[...]")),
    }
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.downcast::<List>(), b.downcast::<List>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    if x.len() != y.len() && matches!(op, Compare::Eq | Compare::Ne) {
        return Ok(Value::bool(op == Compare::Ne).into());
    }
    let mut i = 0;
    while let (Some(p), Some(q)) = (x.get(i), y.get(i)) {
        let (p, q) = (p.into_value(), q.into_value());
        if !compare::equal(cx, p.as_ref(), q.as_ref())? {
            return match op {
                Compare::Eq => Ok(Value::FALSE.into()),
                Compare::Ne => Ok(Value::TRUE.into()),
                _ => compare::rich(cx, p.as_ref(), q.as_ref(), op),
            };
        }
        i += 1;
    }
    Ok(Value::bool(op.holds(x.len().cmp(&y.len()))).into())
}

fn contains(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    Ok(find(cx, list(v), x, 0, i64::MAX)?.is_some())
}

fn find(cx: &mut Cx, l: &List, x: Ref<'_>, start: i64, stop: i64) -> PyResult<Option<usize>> {
    let mut i = start;
    while i < stop {
        let Some(y) = l.get(i as usize) else { break };
        let y = y.into_value();
        if compare::equal(cx, y.as_ref(), x)? {
            return Ok(Some(i as usize));
        }
        i += 1;
    }
    Ok(None)
}

fn concat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let Some(y) = b.downcast::<List>() else {
        let n = type_of(b).name_text();
        return Err(cx.type_error(format!("can only concatenate list (not \"{n}\") to list")));
    };
    let x = list(a).snapshot(cx);
    let y = y.snapshot(cx);
    let n = x.len() + y.len();
    let mut all = x.into_iter().chain(y);
    let r = List::try_build(n, |_| all.next().unwrap_or(Value::NONE));
    memory(cx, r).map(Into::into)
}

fn repeat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let n = int::index_size(cx, b)?.max(0) as usize;
    let items = list(a).snapshot(cx);
    if items.is_empty() || n == 0 {
        return Ok(List::new().into());
    }
    let Some(total) = items.len().checked_mul(n) else { return Err(cx.memory_error()) };
    let r = if let [one] = &items[..] {
        List::try_build(total, |_| one.clone())
    } else {
        let mut at = 0;
        List::try_build(total, |_| {
            let v = items[at].clone();
            at = if at + 1 == items.len() { 0 } else { at + 1 };
            v
        })
    };
    memory(cx, r).map(Into::into)
}

fn iconcat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    extend_by(cx, list(a), b)?;
    Ok(a.to_value().into())
}

fn irepeat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let n = int::index_size(cx, b)?.max(0) as usize;
    let r = list(a).repeat_in_place(n);
    drop(memory(cx, r)?);
    Ok(a.to_value().into())
}

fn append(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    list(a[0]).append(cx, a[1].to_value())?;
    none()
}
fn insert(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let i = int::index_i64(cx, a[1])?;
    let r = list(a[0]).insert(i, a[2].to_value());
    memory(cx, r)?;
    none()
}
fn extend(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    extend_by(cx, list(a[0]), a[1])?;
    none()
}
fn clear(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let old = list(a[0]).take_all();
    drop(old);
    none()
}
fn copy(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = item::slice_of(list(a[0]), |n| slice::adjust(None, None, 1, n));
    memory(cx, r).map(Into::into)
}
fn pop(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let i = match a[1].given() {
        Some(i) => int::index_i64(cx, i)?,
        None => -1,
    };
    let l = list(a[0]);
    if i == -1 {
        return match l.pop_last() {
            Some(v) => Ok(v.into()),
            None => Err(cx.index_error("pop from empty list")),
        };
    }
    match l.remove_at(i) {
        Ok(v) => Ok(v.into()),
        Err(0) => Err(cx.index_error("pop from empty list")),
        Err(_) => Err(cx.index_error("pop index out of range")),
    }
}
fn remove(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let l = list(a[0]);
    let mut i = 0;
    while let Some(y) = l.get(i) {
        let y = y.into_value();
        if compare::equal(cx, y.as_ref(), a[1])? {
            let r = l.remove_if(i, &y);
            if memory(cx, r)? {
                return none();
            }
            // The list changed during the comparison: what stands there now has not been compared.
            continue;
        }
        i += 1;
    }
    Err(cx.value_error("list.remove(x): x not in list"))
}
fn reverse(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    list(a[0]).reverse();
    none()
}
fn count(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let l = list(a[0]);
    let (mut i, mut n) = (0, 0);
    while let Some(y) = l.get(i) {
        let y = y.into_value();
        if compare::equal(cx, y.as_ref(), a[1])? {
            n += 1;
        }
        i += 1;
    }
    Ok(int::reg(n))
}

/// The bounds of `index(x, start, stop)`, fitted to a length: negative ones count from the end.
pub fn search_bounds(cx: &mut Cx, start: Ref<'_>, stop: Ref<'_>, len: usize) -> PyResult<(i64, i64)> {
    let one = |cx: &mut Cx, v: Ref<'_>, default: i64| -> PyResult<i64> {
        let Some(v) = v.given() else { return Ok(default) };
        if type_of(v).slots.index().is_none() {
            return Err(cx.type_error("slice indices must be integers or have an __index__ method"));
        }
        let i = int::index_clamped(cx, v)?;
        Ok(if i < 0 { i.saturating_add(len as i64).max(0) } else { i })
    };
    Ok((one(cx, start, 0)?, one(cx, stop, i64::MAX)?))
}

fn index_of(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let l = list(a[0]);
    let (start, stop) = search_bounds(cx, a[2], a[3], l.len())?;
    match find(cx, l, a[1], start, stop)? {
        Some(i) => Ok(int::from_usize(i).into()),
        None => Err(cx.value_error("list.index(x): x not in list")),
    }
}

fn size(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(int::from_usize(list(a[0]).memory() + instance::extra_size(type_of(a[0]))).into())
}

static METHODS: &[Method] = &[
    method("append", "($self, object, /)", append, "Adds an item at the end."),
    method("clear", "($self, /)", clear, "Removes all items."),
    method("copy", "($self, /)", copy, "A new list with the same items."),
    method("count", "($self, value, /)", count, "How many items equal the value."),
    method("extend", "($self, iterable, /)", extend, "Adds all items of an iterable at the end."),
    method(
        "index",
        "($self, value, start=0, stop=sys.maxsize, /)",
        index_of,
        "Index of the first item that equals the value; ValueError when there is none.",
    ),
    method("insert", "($self, index, object, /)", insert, "Adds an item before an index."),
    method("pop", "($self, index=-1, /)", pop, "Removes and returns the item at an index, by default the last one."),
    method("remove", "($self, value, /)", remove, "Removes the first item that equals the value; ValueError when there is none."),
    method("reverse", "($self, /)", reverse, "Reverses the list itself."),
    method(
        "sort",
        "($self, /, *, key=None, reverse=False)",
        sort::sort,
        "Sorts the list itself, smallest first; equal items keep their order. Items are compared by what key gives for each.",
    ),
    method("__reversed__", "($self, /)", |_, a| Ok(index::new::<item::Backward>(a[0])), "An iterator from the last item to the first."),
    method("__sizeof__", "($self, /)", size, "Size in memory, in bytes."),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "list[int] and the like."),
];

/// `list`.
pub static LIST_TYPE: TypeSpec = TypeSpec::of::<List>("list")
    .flags(flags::BASE | flags::MATCH_SELF | flags::SEQUENCE)
    .slots(Slots {
        new: Some(new),
        init: Some(init),
        repr: Some(repr),
        richcompare: Some(richcompare),
        iter: Some(|_, v| Ok(index::new::<item::Forward>(v))),
        len: Some(|_, v| Ok(list(v).len())),
        getitem: Some(item::get),
        setitem: Some(item::set),
        contains: Some(contains),
        concat: Some(concat),
        repeat: Some(repeat),
        iconcat: Some(iconcat),
        irepeat: Some(irepeat),
        ..Slots::NONE
    })
    .methods(METHODS)
    .doc("Sequences that can change. list(iterable) holds the iterable's items.");

/// A list of what an iterable gives.
pub fn from_iterable(cx: &mut Cx, v: Ref<'_>) -> PyResult<Gc<List>> {
    let l = List::new();
    extend_by(cx, &l, v)?;
    Ok(l)
}
