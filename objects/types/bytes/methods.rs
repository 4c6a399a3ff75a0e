//! `bytes`: construction, operators, its iterator and table.

use super::Bytes;
use super::flavour::{self, Given};
use super::shared::{Fixed, operand};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{Method, class_method, function, method};
use crate::protocol::buffer::{self, BufferView};
use crate::protocol::call;
use crate::types::iterators::index::{self, Indexed};
use crate::types::slice::{self, Slice};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{Downcast, Type, TypeSpec, flags, type_of};
use crate::types::{instance, int};
use gc::{Gc, Ref, Reg, Value};
use sync::prim::Ordering;

fn me(v: Ref<'_>) -> &Bytes {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Bytes>() }
}

fn made(cx: &mut Cx, b: Option<Gc<Bytes>>) -> PyResult<Reg> {
    match b {
        Some(b) => Ok(b.into()),
        None => Err(cx.memory_error()),
    }
}

/// `bytes(source, encoding, errors)` as a bytes or an instance of a subclass.
fn construct(cx: &mut Cx, given: &Given<'_>) -> PyResult<Value> {
    // `__bytes__` comes before everything else, also for a str of a subclass.
    if let Some(source) = given.source.filter(|_| given.encoding.is_none() && given.errors.is_none()) {
        if source.exact::<Bytes>().is_some() {
            return Ok(source.to_value());
        }
        if source.header().is_some()
            && type_of(source).id != ids::BYTEARRAY
            && let Some(r) = call::special(cx, source, names::__bytes__(), &[])?
        {
            if r.as_ref().downcast::<Bytes>().is_none() {
                let n = type_of(r.as_ref()).name_text();
                return Err(cx.type_error(format!("__bytes__ returned non-bytes (type {n})")));
            }
            return Ok(r);
        }
    }
    if let Some(v) = given.encoded(cx)? {
        return Ok(v);
    }
    let data = match given.source {
        Some(source) => flavour::from_source(cx, source, "bytes", "bytes must be in range(0, 256)")?,
        None => Vec::new(),
    };
    super::shared::new_bytes(cx, &data)
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let given = flavour::bind(cx, "bytes", args)?;
    let v = construct(cx, &given)?;
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    if t.id == ids::BYTES {
        return Ok(v.into());
    }
    let data = match v.as_ref().downcast::<Bytes>() {
        Some(b) => b.data(),
        None => &[],
    };
    let capacity = t.inline_capacity.load(Ordering::Relaxed) as usize;
    let extra = t.slot_count as usize * 8 + if t.has_dict { 8 + capacity * 8 } else { 0 };
    // SAFETY: all bytes are written.
    let b = unsafe { Bytes::try_build(t.id, data.len(), extra, |p| std::ptr::copy_nonoverlapping(data.as_ptr(), p, data.len())) };
    if let Some(b) = &b {
        instance::finish_sized(t, b.value(), capacity);
    }
    made(cx, b)
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    crate::types::str::methods::text_of_latin1(cx, text::escape::repr_bytes(me(v).data()).as_bytes())
}

/// `str(b)`: the repr, with a BytesWarning if that is asked for.
fn str(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    repr(cx, v)
}

fn richcompare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.downcast::<Bytes>(), b.downcast::<Bytes>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    Ok(Value::bool(op.holds(x.data().cmp(y.data()))).into())
}

/// The bytes at the indices of a slice fitted to the length.
pub fn at_indices(cx: &mut Cx, v: Ref<'_>, ix: slice::Indices) -> PyResult<Reg> {
    let data = me(v).data();
    if ix.count == data.len() && ix.step == 1 && v.exact::<Bytes>().is_some() {
        return Ok(v.to_value().into());
    }
    if ix.step == 1 {
        let from = ix.start as usize;
        return made(cx, Bytes::try_new(&data[from..from + ix.count]));
    }
    let out: Vec<u8> = (0..ix.count).map(|k| data[(ix.start + k as i64 * ix.step) as usize]).collect();
    made(cx, Bytes::try_new(&out))
}

fn get(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let data = me(v).data();
    if let Some(k) = key.exact::<Slice>() {
        let (start, stop, step) = k.unpack(cx)?;
        return at_indices(cx, v, slice::adjust(start, stop, step, data.len()));
    }
    if !key.word().is_int() && type_of(key).slots.index().is_none() {
        let n = type_of(key).name_text();
        return Err(cx.type_error(format!("byte indices must be integers or slices, not {n}")));
    }
    let mut i = int::subscript_index(cx, key)?;
    if i < 0 {
        i = i.saturating_add(data.len() as i64);
    }
    match usize::try_from(i).ok().and_then(|i| data.get(i)) {
        Some(b) => Ok(int::reg((*b).into())),
        None => Err(cx.index_error("index out of range")),
    }
}

fn concat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    if !buffer::is_exporter(b) {
        let n = type_of(b).name_text();
        let m = type_of(a).name_text();
        return Err(cx.type_error(format!("can't concat {n} to {m}")));
    }
    let x = me(a).data();
    if x.is_empty() && b.exact::<Bytes>().is_some() {
        return Ok(b.to_value().into());
    }
    let y = operand(cx, b)?;
    if y.is_empty() && a.exact::<Bytes>().is_some() {
        return Ok(a.to_value().into());
    }
    let Some(n) = x.len().checked_add(y.len()) else { return Err(cx.memory_error()) };
    // SAFETY: both parts are written.
    let b = unsafe {
        Bytes::try_build(ids::BYTES, n, 0, |p| {
            std::ptr::copy_nonoverlapping(x.as_ptr(), p, x.len());
            std::ptr::copy_nonoverlapping(y.as_ptr(), p.add(x.len()), y.len());
        })
    };
    made(cx, b)
}

fn export(cx: &mut Cx, v: Ref<'_>, flags: u32) -> PyResult<BufferView> {
    if flags & buffer::wanted::WRITABLE != 0 {
        return Err(cx.error(crate::types::exception::ids::BUFFER_ERROR, "Object is not writable."));
    }
    let b = me(v);
    Ok(BufferView::bytes(v.to_value(), b.data().as_ptr().cast_mut(), b.data().len(), true, None))
}

fn size(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(int::from_usize(gc::HEADER_SIZE + Bytes::FIXED + me(a[0]).data().len() + instance::extra_size(type_of(a[0]))).into())
}

fn new_args(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let plain = made(cx, Bytes::try_new(me(a[0]).data()))?.into_value();
    Ok(Tuple::from_values(vec![plain]).into())
}

fn to_bytes(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    use super::shared::Flavour;
    Fixed::same(cx, a[0]).map(Into::into)
}

/// Over bytes.
pub struct Forward;
impl Indexed for Forward {
    const ITERATOR: u32 = ids::BYTES_ITERATOR;
    const REVERSED: bool = false;
    #[inline]
    fn item(container: Ref<'_>, i: usize) -> Option<Reg> {
        container.downcast::<Bytes>().and_then(|b| b.data().get(i)).map(|b| int::reg((*b).into()))
    }
    fn len(container: Ref<'_>) -> usize {
        container.downcast::<Bytes>().map_or(0, |b| b.data().len())
    }
    fn empty() -> Value {
        // What CPython shows of an exhausted bytes iterator is an empty tuple.
        Tuple::empty().into_value()
    }
}

static ITERATOR_METHODS: &[Method] = &index::methods::<Forward>();
/// `bytes_iterator`.
pub static BYTES_ITERATOR_TYPE: TypeSpec = index::spec::<Forward>("bytes_iterator", ITERATOR_METHODS);

static METHODS: &[Method] = crate::byte_methods! { Fixed;
    method("__bytes__", "($self, /)", to_bytes, "The bytes themselves."),
    method("__sizeof__", "($self, /)", size, "Bytes of memory."),
    method("__getnewargs__", "($self, /)", new_args, ""),
};

/// `bytes`.
pub static BYTES_TYPE: TypeSpec = TypeSpec::of::<Bytes>("bytes")
    .item(1)
    .flags(flags::BASE | flags::MATCH_SELF)
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        str: Some(str),
        hash: Some(|_, v| Ok(me(v).hash() as i64)),
        richcompare: Some(richcompare),
        iter: Some(|_, v| Ok(index::new::<Forward>(v))),
        len: Some(|_, v| Ok(me(v).data().len())),
        getitem: Some(get),
        contains: Some(flavour::contains::<Fixed>),
        concat: Some(concat),
        repeat: Some(flavour::repeat::<Fixed>),
        mod_: Some(flavour::modulo::<Fixed>),
        buffer: Some(export),
        ..Slots::NONE
    })
    .methods(METHODS)
    .doc("Sequences of bytes that never change, made from ints, an iterable of them, bytes-like objects or encoded text.");
