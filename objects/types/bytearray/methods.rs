//! `bytearray`: construction, its iterator and table.

use super::{ByteArray, change};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::{Method, class_method, function, method};
use crate::protocol::{attr, buffer, call, hash};
use crate::types::bytes::flavour;
use crate::types::bytes::shared::{Flavour, Mutable, copy, operand};
use crate::types::iterators::index::{self, Indexed};
use crate::types::str::Str;
use crate::types::str::methods::text_of_latin1;
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{Downcast, Type, TypeSpec, flags, type_of};
use crate::types::{instance, int};
use gc::{Ref, Reg, Value};

fn me(v: Ref<'_>) -> &ByteArray {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<ByteArray>() }
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    Ok(instance::alloc_with(t, ByteArray::payload(Vec::new())).into())
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    let given = flavour::bind(cx, "bytearray", args)?;
    let data = match given.encoded(cx)? {
        Some(b) => b.as_ref().downcast::<crate::types::bytes::Bytes>().map_or_else(Vec::new, |b| b.data().to_vec()),
        None => match given.source {
            Some(s) => flavour::from_source(cx, s, "bytearray", "byte must be in range(0, 256)")?,
            None => Vec::new(),
        },
    };
    // What is there goes first, which exports forbid even when the size stays the same.
    me(v).change(cx, |s| {
        s.resize(0)?;
        s.set(data)
    })
}

fn snapshot(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<u8>> {
    match me(v).read(copy) {
        Some(d) => Ok(d),
        None => Err(cx.memory_error()),
    }
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let data = snapshot(cx, v)?;
    let mut shown = text::escape::repr_bytes(&data);
    if shown.starts_with("b\"") {
        // Unlike bytes, a bytearray shows single quotes escaped whatever stands around them.
        shown = shown.replace('\'', "\\'");
    }
    let n = type_of(v).name_text();
    let s = format!("{n}({shown})");
    let r = Str::try_from_text(&s);
    crate::types::str::methods::made(cx, r)
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    if !buffer::is_exporter(a) || !buffer::is_exporter(b) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let (Ok(x), Ok(y)) = (operand(cx, a).map_err(|e| drop(cx.catch(e))), operand(cx, b).map_err(|e| drop(cx.catch(e)))) else {
        return Ok(Value::NOT_IMPLEMENTED.into());
    };
    Ok(Value::bool(op.holds(x[..].cmp(&y[..]))).into())
}

fn copy_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Mutable::same(cx, a[0]).map(Into::into)
}

fn reduce_with(cx: &mut Cx, v: Ref<'_>, protocol: i64) -> PyResult<Reg> {
    let data = snapshot(cx, v)?;
    let inner = if data.is_empty() {
        Vec::new()
    } else if protocol < 3 {
        vec![text_of_latin1(cx, &data)?.into_value(), Str::from_text("latin-1").into_value()]
    } else {
        vec![crate::types::bytes::shared::new_bytes(cx, &data)?]
    };
    let state = match attr::get_optional(cx, v, crate::names::__getstate__())? {
        Some(f) => call::positional(cx, f.as_ref(), &[])?,
        None => Value::NONE,
    };
    Ok(Tuple::from_values(vec![type_of(v).as_value(), Tuple::from_values(inner).into_value(), state]).into())
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    reduce_with(cx, a[0], 2)
}

fn reduce_ex(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let protocol = match a[1].given() {
        Some(p) => int::index_i64(cx, p)?,
        None => 0,
    };
    reduce_with(cx, a[0], protocol)
}

/// Ends a view taken with `__buffer__`.
fn release_buffer(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    crate::types::memoryview::methods::release_view_of(cx, a[0], a[1])
}

/// How many bytes the object has room for, counting the end mark CPython keeps.
fn alloc(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = me(a[0]).change(cx, |s| Ok(if s.capacity() == 0 { 0 } else { s.capacity() + 1 }))?;
    Ok(int::from_usize(n).into())
}

fn size(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = me(a[0]).change(cx, |s| Ok(s.capacity()))?;
    Ok(int::from_usize(gc::HEADER_SIZE + size_of::<ByteArray>() + n + instance::extra_size(type_of(a[0]))).into())
}

/// Over a bytearray.
pub struct Forward;
impl Indexed for Forward {
    const ITERATOR: u32 = ids::BYTEARRAY_ITERATOR;
    const REVERSED: bool = false;
    fn item(container: Ref<'_>, i: usize) -> Option<Reg> {
        container.downcast::<ByteArray>().and_then(|b| b.read(|d| d.get(i).copied())).map(|b| int::reg(b.into()))
    }
    fn len(container: Ref<'_>) -> usize {
        container.downcast::<ByteArray>().map_or(0, ByteArray::len)
    }
    fn empty() -> Value {
        Tuple::empty().into_value()
    }
}

static ITERATOR_METHODS: &[Method] = &index::methods::<Forward>();
/// `bytearray_iterator`.
pub static BYTEARRAY_ITERATOR_TYPE: TypeSpec = index::spec::<Forward>("bytearray_iterator", ITERATOR_METHODS);

static METHODS: &[Method] = crate::byte_methods! { Mutable;
    method("append", "($self, item, /)", change::append, "Adds a byte at the end."),
    method("clear", "($self, /)", change::clear, "Removes all bytes."),
    method("copy", "($self, /)", copy_method, "A new bytearray with the same bytes."),
    method("extend", "($self, iterable_of_ints, /)", change::extend, "Adds bytes at the end."),
    method("insert", "($self, index, item, /)", change::insert, "Adds a byte before an index."),
    method("pop", "($self, index=-1, /)", change::pop, "Removes and returns the byte at an index, by default the last one."),
    method("remove", "($self, value, /)", change::remove, "Removes the first byte of that value; ValueError when there is none."),
    method("resize", "($self, size, /)", change::resize, "Sets how many bytes there are; new ones are 0."),
    method("reverse", "($self, /)", change::reverse, "Reverses the bytes in place."),
    method("__release_buffer__", "($self, buffer, /)", release_buffer, "Ends a view of the bytes."),
    method("__alloc__", "($self, /)", alloc, "How many bytes there is room for."),
    method("__reduce__", "($self, /)", reduce, "What pickle needs."),
    method("__reduce_ex__", "($self, proto=0, /)", reduce_ex, "What pickle needs."),
    method("__sizeof__", "($self, /)", size, "Bytes of memory."),
};

/// `bytearray`.
pub static BYTEARRAY_TYPE: TypeSpec = TypeSpec::of::<ByteArray>("bytearray")
    .flags(flags::BASE | flags::MATCH_SELF)
    .slots(Slots {
        new: Some(new),
        init: Some(init),
        repr: Some(repr),
        str: Some(repr),
        hash: Some(hash::unhashable),
        richcompare: Some(richcompare),
        iter: Some(|_, v| Ok(index::new::<Forward>(v))),
        len: Some(|_, v| Ok(me(v).len())),
        getitem: Some(change::get),
        setitem: Some(change::set),
        contains: Some(flavour::contains::<Mutable>),
        concat: Some(flavour::concat::<Mutable>),
        repeat: Some(flavour::repeat::<Mutable>),
        iconcat: Some(change::iconcat),
        irepeat: Some(change::irepeat),
        mod_: Some(flavour::modulo::<Mutable>),
        buffer: Some(|_, v, _| Ok(me(v).export())),
        ..Slots::NONE
    })
    .methods(METHODS)
    .doc("Sequences of bytes that may be changed in place.");
