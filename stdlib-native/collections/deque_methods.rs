//! `deque`: slots and methods.

use super::deque::{Added, Deque, Look, Ring, deque, iterator, look};
use super::ids;
use crate::guarded::make;
use crate::parameters;
use gc::{Payload, Ref, Reg, Value};
use objects::native::{GetSet, Method, class_method, getter, method};
use objects::protocol::{call, compare, iter, text};
use objects::types::int;
use objects::types::list::List;
use objects::types::list::methods::search_bounds;
use objects::types::object;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{Downcast, TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult};

fn none() -> PyResult<Reg> {
    Ok(Value::NONE.into())
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(make(class, Deque::new(Ring::default())))
}

parameters!(INIT_PARAMETERS, "deque", "(iterable=(), maxlen=None)");

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    INIT_PARAMETERS.bind(cx, args, |cx, a| {
        let max = match a[1].given().filter(|m| !m.is_none()) {
            None => None,
            Some(m) if type_of(m).slots.index().is_none() => return Err(cx.type_error("an integer is required")),
            Some(m) => match int::index_i64(cx, m)? {
                n if n < 0 => return Err(cx.value_error("maxlen must be non-negative")),
                n => Some(n as usize),
            },
        };
        let d = deque(v);
        let old = d.with(cx, |s| {
            s.version += 1;
            s.max = max;
            std::mem::take(&mut s.items)
        });
        drop(old);
        match a[0].given() {
            Some(items) => extend_by(cx, d, items, false),
            None => Ok(()),
        }
    })
}

fn added(cx: &mut Cx, r: Added) -> PyResult<()> {
    match r {
        Ok(out) => {
            drop(out);
            Ok(())
        }
        Err(v) => {
            drop(v);
            Err(cx.memory_error())
        }
    }
}

fn extend_by(cx: &mut Cx, d: &Deque, items: Ref<'_>, left: bool) -> PyResult<()> {
    let snapshot = if items.is(d.as_ref()) { Some(List::from_values(snapshot(cx, d))) } else { None };
    let items = snapshot.as_ref().map_or(items, |l| l.value().as_ref());
    iter::for_each(cx, items, |cx, x| {
        let r = d.with(cx, |s| if left { s.push_front(x) } else { s.push_back(x) });
        added(cx, r)
    })
}

fn snapshot(cx: &mut Cx, d: &Deque) -> Vec<Value> {
    d.with(cx, |s| s.items.iter().cloned().collect())
}

fn append(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let v = a[1].to_value();
    let r = deque(a[0]).with(cx, |s| s.push_back(v));
    added(cx, r)?;
    none()
}
fn append_left(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let v = a[1].to_value();
    let r = deque(a[0]).with(cx, |s| s.push_front(v));
    added(cx, r)?;
    none()
}
fn extend(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    extend_by(cx, deque(a[0]), a[1], false)?;
    none()
}
fn extend_left(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    extend_by(cx, deque(a[0]), a[1], true)?;
    none()
}
fn pop(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = deque(a[0]).with(cx, |s| {
        s.version += 1;
        s.items.pop_back()
    });
    r.map(Reg::from).ok_or_else(|| cx.index_error("pop from an empty deque"))
}
fn pop_left(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = deque(a[0]).with(cx, |s| {
        s.version += 1;
        s.items.pop_front()
    });
    r.map(Reg::from).ok_or_else(|| cx.index_error("pop from an empty deque"))
}
fn clear(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let old = deque(a[0]).with(cx, |s| {
        s.version += 1;
        std::mem::take(&mut s.items)
    });
    drop(old);
    none()
}

fn from_items(items: Vec<Value>, max: Option<usize>) -> Reg {
    let mut ring = Ring { items: items.into(), max, version: 0 };
    if let Some(m) = max
        && ring.items.len() > m
    {
        let extra = ring.items.len() - m;
        ring.items.drain(..extra);
    }
    gc::alloc(Deque::new(ring)).into()
}

fn max_value(max: Option<usize>) -> Value {
    max.map_or(Value::NONE, int::from_usize)
}

fn copy_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let d = deque(v);
    let max = d.with(cx, |s| s.max);
    if v.exact::<Deque>().is_some() {
        return Ok(from_items(snapshot(cx, d), max));
    }
    let class = type_of(v).to_value();
    match max {
        None => call::positional(cx, class.as_ref(), &[v]).map(Reg::from),
        Some(m) => {
            let m = int::from_usize(m);
            call::positional(cx, class.as_ref(), &[v, m.as_ref()]).map(Reg::from)
        }
    }
}

/// Calls `f` with each item that equals `x` until it gives true; `Ok(false)`: the end was reached. `Err(None)`: the deque has changed.
fn each_equal(cx: &mut Cx, d: &Deque, x: Ref<'_>, start: usize, stop: usize, mut f: impl FnMut(usize) -> bool) -> PyResult<Option<bool>> {
    let version = d.with(cx, |s| s.version);
    for i in start..stop {
        match look(cx, d, i, version) {
            Look::Item(y) => {
                let same = compare::equal(cx, y.as_ref(), x)?;
                if d.with(cx, |s| s.version) != version {
                    return Ok(None);
                }
                if same && f(i) {
                    return Ok(Some(true));
                }
            }
            Look::End => break,
            Look::Changed => return Ok(None),
        }
        cx.poll()?;
    }
    Ok(Some(false))
}

fn changed(cx: &mut Cx) -> objects::Raised {
    cx.runtime_error("deque mutated during iteration")
}

fn count(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut n = 0;
    match each_equal(cx, deque(a[0]), a[1], 0, usize::MAX, |_| {
        n += 1;
        false
    })? {
        Some(_) => Ok(int::reg(n)),
        None => Err(changed(cx)),
    }
}
fn contains(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    match each_equal(cx, deque(v), x, 0, usize::MAX, |_| true)? {
        Some(b) => Ok(b),
        None => Err(changed(cx)),
    }
}
fn index(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = deque(a[0]);
    let n = d.with(cx, |s| s.items.len());
    let (start, stop) = search_bounds(cx, a[2], a[3], n)?;
    let mut at = 0;
    let found = each_equal(cx, d, a[1], start.max(0) as usize, stop.max(0) as usize, |i| {
        at = i;
        true
    })?;
    match found {
        Some(true) => Ok(int::from_usize(at).into()),
        Some(false) => Err(cx.value_error("deque.index(x): x not in deque")),
        None => Err(changed(cx)),
    }
}
fn remove(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = deque(a[0]);
    let version = d.with(cx, |s| s.version);
    let mut at = 0;
    let found = each_equal(cx, d, a[1], 0, usize::MAX, |i| {
        at = i;
        true
    })?;
    if found == Some(false) {
        return Err(cx.value_error("deque.remove(x): x not in deque"));
    }
    let gone = d.with(cx, |s| {
        if s.version != version || found.is_none() {
            return None;
        }
        s.version += 1;
        s.items.remove(at)
    });
    match gone {
        Some(x) => {
            drop(x);
            none()
        }
        None => Err(cx.index_error("deque mutated during remove().")),
    }
}
fn insert(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let i = int::index_size(cx, a[1])?;
    let v = a[2].to_value();
    let left = deque(a[0]).with(cx, |s| {
        let n = s.items.len();
        if s.max.is_some_and(|m| n >= m) || s.items.try_reserve(1).is_err() {
            return Some((v, s.max));
        }
        let at = if i < 0 { (i.saturating_add(n as i64)).max(0) as usize } else { (i as usize).min(n) };
        s.version += 1;
        s.items.insert(at, v);
        None
    });
    match left {
        None => none(),
        Some((_, None)) => Err(cx.memory_error()),
        Some(_) => Err(cx.index_error("deque already at its maximum size")),
    }
}
fn reverse(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    deque(a[0]).with(cx, |s| {
        s.version += 1;
        s.items.make_contiguous().reverse();
    });
    none()
}
fn rotate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = match a[1].given() {
        Some(n) => int::index_size(cx, n)?,
        None => 1,
    };
    deque(a[0]).with(cx, |s| {
        if s.items.len() > 1 {
            s.version += 1;
            let k = n.rem_euclid(s.items.len() as i64) as usize;
            s.items.rotate_right(k);
        }
    });
    none()
}

fn position(cx: &mut Cx, key: Ref<'_>) -> PyResult<i64> {
    if type_of(key).slots.index().is_none() {
        let n = type_of(key).name_text();
        return Err(cx.type_error(format!("sequence index must be integer, not '{n}'")));
    }
    int::subscript_index(cx, key)
}
fn resolve(i: i64, n: usize) -> Option<usize> {
    let i = if i < 0 { i.checked_add(n as i64)? } else { i };
    usize::try_from(i).ok().filter(|i| *i < n)
}
fn getitem(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let i = position(cx, key)?;
    let r = deque(v).with(cx, |s| resolve(i, s.items.len()).and_then(|i| s.items.get(i).cloned()));
    r.map(Reg::from).ok_or_else(|| cx.index_error("deque index out of range"))
}
fn setitem(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let i = position(cx, key)?;
    let new = value.map(Ref::to_value);
    let old = deque(v).with(cx, |s| {
        let i = resolve(i, s.items.len())?;
        match new {
            Some(x) => s.items.get_mut(i).map(|at| std::mem::replace(at, x)),
            None => {
                s.version += 1;
                s.items.remove(i)
            }
        }
    });
    match old {
        Some(_) => Ok(()),
        None => Err(cx.index_error("deque index out of range")),
    }
}

fn concat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let Some(other) = b.downcast::<Deque>() else {
        let n = type_of(b).full_name();
        return Err(cx.type_error(format!("can only concatenate deque (not \"{n}\") to deque")));
    };
    let new = copy_of(cx, a)?.into_value();
    let items = List::from_values(snapshot(cx, other));
    match new.as_ref().downcast::<Deque>() {
        Some(d) => extend_by(cx, d, items.value().as_ref(), false)?,
        None => return Err(cx.type_error("the copy is not a deque")),
    }
    Ok(new.into())
}
fn iconcat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    extend_by(cx, deque(a), b, false)?;
    Ok(a.to_value().into())
}
fn repeated(cx: &mut Cx, v: Ref<'_>, n: Ref<'_>) -> PyResult<(Vec<Value>, Option<usize>)> {
    let n = int::index_size(cx, n)?.max(0) as usize;
    let d = deque(v);
    let (items, max) = (snapshot(cx, d), d.with(cx, |s| s.max));
    // With a limit only the last items count.
    let times = match max {
        Some(m) if !items.is_empty() => n.min(m / items.len() + 1),
        _ => n,
    };
    let mut out: Vec<Value> = Vec::new();
    let Some(total) = items.len().checked_mul(times) else { return Err(cx.memory_error()) };
    if out.try_reserve_exact(total).is_err() {
        return Err(cx.memory_error());
    }
    for _ in 0..times {
        out.extend(items.iter().cloned());
    }
    if let Some(m) = max
        && out.len() > m
    {
        out.drain(..out.len() - m);
    }
    Ok((out, max))
}
fn repeat(cx: &mut Cx, v: Ref<'_>, n: Ref<'_>) -> PyResult<Reg> {
    let (v, n) = if v.downcast::<Deque>().is_some() { (v, n) } else { (n, v) };
    let (items, max) = repeated(cx, v, n)?;
    Ok(from_items(items, max))
}
fn irepeat(cx: &mut Cx, v: Ref<'_>, n: Ref<'_>) -> PyResult<Reg> {
    let (items, _) = repeated(cx, v, n)?;
    let old = deque(v).with(cx, |s| {
        s.version += 1;
        std::mem::replace(&mut s.items, items.into())
    });
    drop(old);
    Ok(v.to_value().into())
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.downcast::<Deque>(), b.downcast::<Deque>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    let x = List::from_values(snapshot(cx, x));
    let y = List::from_values(snapshot(cx, y));
    compare::rich(cx, x.value().as_ref(), y.value().as_ref(), op)
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let d = deque(v);
    let shown = text::guarded(cx, v, |cx| {
        let items = List::from_values(snapshot(cx, d));
        let shown = text::repr(cx, items.value().as_ref())?.to_string_lossy();
        let name = type_of(v).name_text();
        Ok(match d.with(cx, |s| s.max) {
            Some(m) => format!("{name}({shown}, maxlen={m})"),
            None => format!("{name}({shown})"),
        })
    })?;
    Ok(objects::types::str::text(shown.as_deref().unwrap_or("[...]")))
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let max = deque(a[0]).with(cx, |s| s.max);
    let get = objects::types::str::Str::intern_text("__getstate__");
    let state = call::method(cx, a[0], get.as_ref(), &[])?.into_value();
    let arguments = match max {
        None => Tuple::empty().into_value(),
        some => Tuple::from_values(vec![Tuple::empty().into_value(), max_value(some)]).into_value(),
    };
    let it = iter::iter(cx, a[0])?.into_value();
    Ok(Tuple::from_values(vec![type_of(a[0]).to_value(), arguments, state, it]).into())
}

fn size(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = deque(a[0]).with(cx, |s| s.items.capacity());
    Ok(int::from_usize(gc::HEADER_SIZE + size_of::<Deque>() + n * 8).into())
}

static METHODS: &[Method] = &[
    method("append", "($self, item, /)", append, "Adds an item at the right end."),
    method("appendleft", "($self, item, /)", append_left, "Adds an item at the left end."),
    method("clear", "($self, /)", clear, "Removes all items."),
    method("copy", "($self, /)", |cx, a| copy_of(cx, a[0]), "A new deque with the same items."),
    method("__copy__", "($self, /)", |cx, a| copy_of(cx, a[0]), "A new deque with the same items."),
    method("count", "($self, value, /)", count, "How many items equal the value."),
    method("extend", "($self, iterable, /)", extend, "Adds items at the right end."),
    method("extendleft", "($self, iterable, /)", extend_left, "Adds items at the left end, one after the other."),
    method("index", "($self, value, start=0, stop=<unrepresentable>, /)", index, "Where the first item stands that equals the value."),
    method("insert", "($self, index, value, /)", insert, "Puts an item before an index."),
    method("pop", "($self, /)", pop, "Removes and returns the item at the right end."),
    method("popleft", "($self, /)", pop_left, "Removes and returns the item at the left end."),
    method("remove", "($self, value, /)", remove, "Removes the first item that equals the value."),
    method("reverse", "($self, /)", reverse, "Turns the items round."),
    method("rotate", "($self, n=1, /)", rotate, "Moves items from the right end to the left; a negative n the other way."),
    method("__reversed__", "($self, /)", |cx, a| iterator::<{ ids::DEQUE_REVERSE_ITERATOR }>(cx, a[0]), "An iterator from the right."),
    method("__reduce__", "($self, /)", reduce, "What pickle needs."),
    method("__sizeof__", "($self, /)", size, "Size in memory, in bytes."),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "deque[int] and the like."),
];

static GETSETS: &[GetSet] =
    &[getter("maxlen", |cx, v| Ok(max_value(deque(v).with(cx, |s| s.max)).into()), "Most items there may be, or None.")];

/// `deque`.
pub static DEQUE_TYPE: TypeSpec = TypeSpec::of::<Deque>("collections.deque")
    .flags(flags::BASE | flags::WEAKREFS | flags::SEQUENCE)
    .slots(Slots {
        new: Some(new),
        init: Some(init),
        repr: Some(repr),
        richcompare: Some(richcompare),
        iter: Some(iterator::<{ ids::DEQUE_ITERATOR }>),
        len: Some(|cx, v| Ok(deque(v).with(cx, |s| s.items.len()))),
        getitem: Some(getitem),
        setitem: Some(setitem),
        contains: Some(contains),
        concat: Some(concat),
        repeat: Some(repeat),
        iconcat: Some(iconcat),
        irepeat: Some(irepeat),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("A queue with two ends: deque(iterable=(), maxlen=None).");
