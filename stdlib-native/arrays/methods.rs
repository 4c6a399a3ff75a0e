//! `array.array`: construction, operators, tables and the iterator.

use super::change::{self, find};
use super::pickling;
use super::{Array, Format, TYPECODES, array, as_array, bytes_of, export, format_of, ids, new_array, plain, refused, text_of};
use crate::guarded::{Guarded, State};
use gc::{Gc, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, class_method, getter, method};
use objects::protocol::{compare, text as show};
use objects::types::bytes::shared::new_bytes;
use objects::types::int;
use objects::types::iterators::{builtin, myself};
use objects::types::list::List;
use objects::types::object;
use objects::types::slice::{self, Slice};
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{Downcast, TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult};

/// A type code argument.
pub fn letter(cx: &mut Cx, v: Ref<'_>, function: &str, position: &str) -> PyResult<u32> {
    let Some(s) = as_str(v) else {
        let n = if v.is_none() { "None".into() } else { type_of(v).shown_name() };
        return Err(cx.type_error(format!("{function}() argument {position} must be a unicode character, not {n}")));
    };
    if s.len() != 1 {
        let n = s.len();
        return Err(cx.type_error(format!("{function}() argument {position} must be a unicode character, not a string of length {n}")));
    }
    Ok(s.units().at(0))
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<objects::types::Type>() };
    if t.id == ids::ARRAY && args.keyword_count() > 0 {
        return Err(cx.type_error("array.array() takes no keyword arguments"));
    }
    let p = args.positional();
    if p.is_empty() || p.len() > 2 {
        let (most, n, s) = if p.is_empty() { ("least", 1, "") } else { ("most", 2, "s") };
        return Err(cx.type_error(format!("array() takes at {most} {n} argument{s} ({} given)", p.len())));
    }
    let c = letter(cx, p[0], "array", "1")?;
    let Some(f) = u8::try_from(c).ok().and_then(Format::new) else {
        return Err(cx.value_error("bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)"));
    };
    if f.letter == b'u' {
        let category = objects::types::type_::type_value(objects::types::exception::ids::DEPRECATION_WARNING);
        cx.host.warn(cx, category.as_ref(), "The 'u' type code is deprecated and will be removed in Python 3.16", 1)?;
    }
    let data = match p.get(1) {
        Some(v) => change::initial(cx, f, *v)?,
        None => Vec::new(),
    };
    Ok(new_array(class, f, data))
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let (f, data) = bytes_of(cx, array(v));
    let name = type_of(v).name_text();
    let c = f.letter as char;
    if data.is_empty() {
        return Ok(objects::types::str::text(&format!("{name}('{c}')")));
    }
    let items = if f.is_text() { text_of(cx, &data)? } else { list_of(cx, f, &data)? };
    let shown = show::repr(cx, items.as_ref())?;
    let mut b = text::StrBuilder::new();
    b.push_str(&format!("{name}('{c}', "));
    b.push_units(shown.units());
    b.push_str(")");
    objects::types::str::methods::built(cx, b)
}

fn list_of(cx: &mut Cx, f: Format, data: &[u8]) -> PyResult<Value> {
    let mut out = Vec::with_capacity(data.len() / f.size());
    for d in data.chunks(f.size()) {
        out.push(f.get(cx, d)?);
    }
    Ok(List::from_values(out).into_value())
}

fn get_item(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let me = array(v);
    if let Some(s) = key.downcast::<Slice>() {
        let (start, stop, step) = s.unpack(cx)?;
        let (f, data) = me.with(cx, |s| {
            let n = s.format.size();
            let x = slice::adjust(start, stop, step, s.len());
            if x.step == 1 {
                let from = x.start as usize * n;
                return (s.format, s.data[from..from + x.count * n].to_vec());
            }
            let mut out = Vec::with_capacity(x.count * n);
            for k in 0..x.count as i64 {
                let at = (x.start + k * x.step) as usize * n;
                out.extend_from_slice(&s.data[at..at + n]);
            }
            (s.format, out)
        });
        return Ok(plain(f, data));
    }
    if !key.word().is_int() && type_of(key).slots.index().is_none() {
        return Err(cx.type_error("array indices must be integers"));
    }
    let i = int::subscript_index(cx, key)?;
    let (f, item) = me.with(cx, |s| {
        let at = if i < 0 { i.saturating_add(s.len() as i64) } else { i };
        (s.format, usize::try_from(at).ok().and_then(|at| s.item(at)))
    });
    match item {
        Some(d) => f.get(cx, &d).map(Reg::from),
        None => Err(cx.index_error("array index out of range")),
    }
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (as_array(a), as_array(b)) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    let ((f, x), (g, y)) = (bytes_of(cx, x), bytes_of(cx, y));
    let (n, m) = (x.len() / f.size(), y.len() / g.size());
    if n != m && matches!(op, Compare::Eq | Compare::Ne) {
        return Ok(Value::bool(op == Compare::Ne).into());
    }
    if f == g && f.letter != b'f' && f.letter != b'd' && matches!(op, Compare::Eq | Compare::Ne) {
        return Ok(Value::bool((x == y) == (op == Compare::Eq)).into());
    }
    for (p, q) in x.chunks(f.size()).zip(y.chunks(g.size())) {
        let (p, q) = (f.get(cx, p)?, g.get(cx, q)?);
        if !compare::holds(cx, p.as_ref(), q.as_ref(), Compare::Eq)? {
            return match op {
                Compare::Eq => Ok(Value::FALSE.into()),
                Compare::Ne => Ok(Value::TRUE.into()),
                _ => compare::rich(cx, p.as_ref(), q.as_ref(), op),
            };
        }
    }
    Ok(Value::bool(op.holds(n.cmp(&m))).into())
}

fn concat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let Some(y) = as_array(b) else {
        let n = type_of(b).shown_name();
        return Err(cx.type_error(format!("can only append array (not \"{n}\") to array")));
    };
    let ((f, mut x), (g, y)) = (bytes_of(cx, array(a)), bytes_of(cx, y));
    if f != g {
        return Err(cx.type_error("bad argument type for built-in operation"));
    }
    x.extend_from_slice(&y);
    Ok(plain(f, x))
}

fn iconcat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    if as_array(b).is_none() {
        let n = type_of(b).shown_name();
        return Err(cx.type_error(format!("can only extend array with array (not \"{n}\")")));
    }
    change::extend_by(cx, array(a), b)?;
    Ok(a.to_value().into())
}

fn repeated(cx: &mut Cx, data: &[u8], n: i64) -> PyResult<Vec<u8>> {
    let n = usize::try_from(n).unwrap_or(0);
    let mut out = Vec::new();
    let total = data.len().checked_mul(n).filter(|t| *t < isize::MAX as usize);
    if total.is_none_or(|t| out.try_reserve_exact(t).is_err()) {
        return Err(cx.memory_error());
    }
    for _ in 0..if data.is_empty() { 0 } else { n } {
        out.extend_from_slice(data);
    }
    Ok(out)
}

fn repeat(cx: &mut Cx, a: Ref<'_>, n: Ref<'_>) -> PyResult<Reg> {
    let n = int::index_size(cx, n)?;
    let (f, data) = bytes_of(cx, array(a));
    Ok(plain(f, repeated(cx, &data, n)?))
}

fn irepeat(cx: &mut Cx, a: Ref<'_>, n: Ref<'_>) -> PyResult<Reg> {
    let n = int::index_size(cx, n)?;
    let me = array(a);
    let (_, data) = bytes_of(cx, me);
    let new = repeated(cx, &data, n)?;
    let r = me.with(cx, |s| s.splice(0, usize::MAX, &new));
    r.map_err(|r| refused(cx, r))?;
    Ok(a.to_value().into())
}

fn index(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let me = array(a[0]);
    let n = me.with(cx, |s| s.len()) as i64;
    let bound = |cx: &mut Cx, v: Ref<'_>, default: i64| -> PyResult<i64> {
        let Some(v) = v.given() else { return Ok(default) };
        if !v.word().is_int() && type_of(v).slots.index().is_none() {
            return Err(cx.type_error("slice indices must be integers or have an __index__ method"));
        }
        let i = int::index_clamped(cx, v)?;
        Ok(if i < 0 { i.saturating_add(n).max(0) } else { i })
    };
    let (start, stop) = (bound(cx, a[2], 0)?, bound(cx, a[3], i64::MAX)?);
    match find(cx, me, a[1], start as usize, stop as usize)? {
        Some(i) => Ok(int::from_usize(i).into()),
        None => Err(cx.value_error("array.index(x): x not in array")),
    }
}

fn count(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (mut n, mut at) = (0, 0);
    while let Some(i) = find(cx, array(a[0]), a[1], at, usize::MAX)? {
        n += 1;
        at = i + 1;
    }
    Ok(int::reg(n))
}

fn buffer_info(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (at, n) = array(a[0]).with(cx, |s| (if s.data.is_empty() { 0 } else { s.data.as_ptr() as u64 }, s.len()));
    Ok(Tuple::from_values(vec![int::from_u64(at), int::from_usize(n)]).into())
}

fn copy(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (f, data) = bytes_of(cx, array(a[0]));
    Ok(plain(f, data))
}

static METHODS: &[Method] = &[
    method("append", "($self, v, /)", change::append, "Adds an item."),
    method("buffer_info", "($self, /)", buffer_info, "Address of the memory and number of items."),
    method("byteswap", "($self, /)", change::byteswap, "Reverses the bytes of each item."),
    method("clear", "($self, /)", change::clear, "Removes all items."),
    method("__copy__", "($self, /)", copy, ""),
    method("count", "($self, v, /)", count, "How often a value occurs."),
    method("__deepcopy__", "($self, unused, /)", copy, ""),
    method(
        "extend",
        "($self, bb, /)",
        |cx, a| {
            change::extend_by(cx, array(a[0]), a[1])?;
            Ok(Value::NONE.into())
        },
        "Adds the items of an iterable.",
    ),
    method("fromfile", "($self, f, n, /)", change::from_file, "Adds n items read from a file."),
    method("fromlist", "($self, list, /)", change::from_list, "Adds the items of a list."),
    method("frombytes", "($self, buffer, /)", change::from_bytes, "Adds items from machine values."),
    method("fromunicode", "($self, ustr, /)", change::from_unicode, "Adds characters."),
    method("index", "($self, v, start=0, stop=sys.maxsize, /)", index, "Where a value occurs first."),
    method("insert", "($self, i, v, /)", change::insert, "Inserts an item."),
    method("pop", "($self, i=-1, /)", change::pop, "Removes an item and gives it back."),
    method("__reduce_ex__", "($self, value, /)", pickling::reduce, ""),
    method("remove", "($self, v, /)", change::remove, "Removes the first occurrence of a value."),
    method("reverse", "($self, /)", change::reverse, "Reverses the order of the items."),
    method("tofile", "($self, f, /)", change::to_file, "Writes all items as machine values."),
    method(
        "tolist",
        "($self, /)",
        |cx, a| {
            let (f, data) = bytes_of(cx, array(a[0]));
            list_of(cx, f, &data).map(Reg::from)
        },
        "A list of the items.",
    ),
    method(
        "tobytes",
        "($self, /)",
        |cx, a| {
            let (_, data) = bytes_of(cx, array(a[0]));
            new_bytes(cx, &data).map(Reg::from)
        },
        "The machine values.",
    ),
    method(
        "tounicode",
        "($self, /)",
        |cx, a| {
            let (f, data) = bytes_of(cx, array(a[0]));
            if !f.is_text() {
                return Err(cx.value_error("tounicode() may only be called on unicode type arrays ('u' or 'w')"));
            }
            text_of(cx, &data).map(Reg::from)
        },
        "The characters as a str.",
    ),
    method(
        "__sizeof__",
        "($self, /)",
        |cx, a| Ok(int::from_usize(64 + array(a[0]).with(cx, |s| s.data.capacity())).into()),
        "Bytes of memory.",
    ),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "See PEP 585"),
];

static GETSETS: &[GetSet] = &[
    getter("typecode", |cx, v| Ok(Str::from_char(format_of(cx, array(v)).letter.into()).into()), "The type code."),
    getter("itemsize", |cx, v| Ok(int::from_usize(format_of(cx, array(v)).size()).into()), "Bytes of an item."),
];

fn iterator(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let it: Gc<ArrayIterator> = gc::alloc(ArrayIterator::new(Place { array: v.to_value(), index: 0 }));
    Ok(it.into())
}

/// `array.array`.
pub static ARRAY_TYPE: TypeSpec = TypeSpec::of::<Array>("array.array")
    .flags(flags::BASE | flags::WEAKREFS | flags::SEQUENCE)
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        richcompare: Some(richcompare),
        hash: Some(objects::protocol::hash::unhashable),
        len: Some(|cx, v| Ok(array(v).with(cx, |s| s.len()))),
        getitem: Some(get_item),
        setitem: Some(change::set_item),
        contains: Some(|cx, v, x| Ok(find(cx, array(v), x, 0, usize::MAX)?.is_some())),
        concat: Some(concat),
        repeat: Some(repeat),
        iconcat: Some(iconcat),
        irepeat: Some(irepeat),
        iter: Some(iterator),
        buffer: Some(export),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("array(typecode [, initializer]) -> array");

/// Where an iterator is.
pub struct Place {
    /// The array, or None at the end.
    array: Value,
    index: usize,
}
impl State for Place {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.array.word());
    }
}
/// `array.arrayiterator` object.
pub type ArrayIterator = Guarded<Place, { ids::ITERATOR }>;

fn place(v: Ref<'_>) -> &ArrayIterator {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<ArrayIterator>() }
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let it = place(v);
    let (a, i) = it.with(cx, |s| {
        s.index += 1;
        (s.array.clone(), s.index - 1)
    });
    let Some(me) = as_array(a.as_ref()) else { return Ok(None) };
    let (f, item) = me.with(cx, |s| (s.format, s.item(i)));
    match item {
        Some(d) => f.get(cx, &d).map(|v| Some(v.into())),
        None => {
            drop(it.with(cx, |s| std::mem::replace(&mut s.array, Value::NONE)));
            Ok(None)
        }
    }
}

fn reduce_iterator(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (v, i) = place(a[0]).with(cx, |s| (s.array.clone(), s.index));
    let f = builtin(cx, "iter");
    if as_array(v.as_ref()).is_none() {
        let empty = Tuple::from_values(vec![Tuple::empty().into_value()]).into_value();
        return Ok(Tuple::from_values(vec![f, empty]).into());
    }
    Ok(Tuple::from_values(vec![f, Tuple::from_values(vec![v]).into_value(), int::from_usize(i)]).into())
}

fn set_iterator(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let i = int::index_i64(cx, a[1])?;
    let len = {
        let v = place(a[0]).with(cx, |s| s.array.clone());
        as_array(v.as_ref()).map_or(0, |x| x.with(cx, |s| s.len()))
    };
    place(a[0]).with(cx, |s| s.index = (i.max(0) as usize).min(len));
    Ok(Value::NONE.into())
}

/// `array.arrayiterator`.
pub static ITERATOR_TYPE: TypeSpec = TypeSpec::of::<ArrayIterator>("array.arrayiterator")
    .flags(flags::NO_NEW)
    .slots(Slots { iter: Some(myself), next: Some(next), ..Slots::NONE })
    .methods(&[method("__reduce__", "($self, /)", reduce_iterator, ""), method("__setstate__", "($self, state, /)", set_iterator, "")]);

/// The names of type codes as a str.
pub fn typecodes() -> Value {
    Str::from_text(TYPECODES).into_value()
}
