//! `memoryview`: its table.

use super::{Held, MemoryView, access, item, iterator, not_implemented};
use crate::args::{Args, Signature};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::native::{GetSet, Method, class_method, getter, method};
use crate::protocol::buffer;
use crate::protocol::{compare, hash};
use crate::types::bytes::flavour::hex_of;
use crate::types::bytes::shared::new_bytes;
use crate::types::int;
use crate::types::list::methods::search_bounds;
use crate::types::object;
use crate::types::str::methods::shown_type;
use crate::types::str::{as_str, text};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{TypeSpec, flags, type_of};
use gc::{Ref, Reg, Value};
use std::sync::OnceLock;
use sync::prim::Ordering;

fn me(v: Ref<'_>) -> &MemoryView {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<MemoryView>() }
}

fn new(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    static SIGNATURE: OnceLock<Signature> = OnceLock::new();
    let signature = SIGNATURE.get_or_init(|| Signature::parse("(object)"));
    signature.bind(cx, "memoryview", None, args, |cx, a| super::of_object(cx, a[0]).map(Into::into))
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let at = v.word().unmarked().0;
    Ok(match me(v).try_hold() {
        Some(_) => text(&format!("<memory at {at:#x}>")),
        None => text(&format!("<released memory at {at:#x}>")),
    })
}

fn copied(cx: &mut Cx, held: &Held<'_>, columns: bool) -> PyResult<Vec<u8>> {
    match item::bytes(held, columns) {
        Some(v) => Ok(v),
        None => Err(cx.memory_error()),
    }
}

fn hash_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let m = me(v);
    match m.hash.load(Ordering::Relaxed) {
        0 => {}
        h => return Ok((h - 1) as i64),
    }
    let held = m.hold(cx)?;
    if !held.shape.readonly {
        return Err(cx.value_error("cannot hash writable memoryview object"));
    }
    if !held.shape.code.is_some_and(|c| matches!(c.letter, b'B' | b'b' | b'c')) {
        return Err(cx.value_error("memoryview: hashing is restricted to formats 'B', 'b' or 'c'"));
    }
    let owner = held.owner();
    if !owner.as_ref().is_none() {
        hash::hash(cx, owner.as_ref())?;
    }
    let h = hash::bytes(&copied(cx, &held, false)?);
    m.hash.store(h.wrapping_add(1), Ordering::Relaxed);
    Ok(h as i64)
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    if !matches!(op, Compare::Eq | Compare::Ne) || a.exact::<MemoryView>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let same = match me(a).try_hold() {
        None => a.is(b),
        Some(x) => {
            if a.is(b) && x.shape.code.is_some_and(|c| c.letter != b'f' && c.letter != b'd' && c.letter != b'e') {
                true
            } else {
                let Some(y) = item::other(cx, b)? else {
                    let released = b.exact::<MemoryView>().is_some();
                    return Ok(if released { Value::bool(op == Compare::Ne) } else { Value::NOT_IMPLEMENTED }.into());
                };
                match y.try_hold() {
                    Some(y) => item::equal(cx, &x, &y)?,
                    None => false,
                }
            }
        }
    };
    Ok(Value::bool(same == (op == Compare::Eq)).into())
}

fn len(cx: &mut Cx, v: Ref<'_>) -> PyResult<usize> {
    let held = me(v).hold(cx)?;
    match held.shape.shape.first() {
        Some(n) => Ok(*n as usize),
        None => Err(cx.type_error("0-dim memory has no length")),
    }
}

fn release(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    me(a[0]).release(cx)?;
    Ok(Value::NONE.into())
}

/// `__release_buffer__(view)`: releases a view of `owner`.
pub fn release_view_of(cx: &mut Cx, owner: Ref<'_>, view: Ref<'_>) -> PyResult<Reg> {
    let Some(m) = view.exact::<MemoryView>() else {
        return Err(cx.type_error("expected a memoryview object"));
    };
    let held = m.hold(cx)?;
    if !held.owner().as_ref().is(owner) {
        return Err(cx.value_error("memoryview's buffer is not this object"));
    }
    drop(held);
    m.release(cx)?;
    Ok(Value::NONE.into())
}

fn enter(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    drop(me(a[0]).hold(cx)?);
    Ok(a[0].to_value().into())
}

fn tobytes(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let held = me(a[0]).hold(cx)?;
    let columns = match a[1].given().filter(|v| !v.is_none()) {
        None => false,
        Some(o) => match as_str(o) {
            None => return Err(cx.type_error(format!("tobytes() argument 'order' must be str or None, not {}", shown_type(o)))),
            Some(s) if s.eq_str("F") => true,
            Some(s) if s.eq_str("C") => false,
            Some(s) if s.eq_str("A") => !held.shape.is_c_contiguous() && held.shape.is_f_contiguous(),
            Some(_) => return Err(cx.value_error("order must be 'C', 'F' or 'A'")),
        },
    };
    let data = copied(cx, &held, columns)?;
    new_bytes(cx, &data).map(Into::into)
}

fn tolist(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let held = me(a[0]).hold(cx)?;
    item::list(cx, held.shape, 0, held.shape.data).map(Into::into)
}

fn hex(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let held = me(a[0]).hold(cx)?;
    let data = copied(cx, &held, false)?;
    hex_of(cx, a[1], a[2], || data)
}

fn toreadonly(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let held = me(a[0]).hold(cx)?;
    let mut shape = held.shape.clone();
    shape.readonly = true;
    Ok(MemoryView::derive(&held, shape).into())
}

fn from_flags(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::c_int(cx, a[2])?;
    view_with_flags(cx, a[1], n as u32)
}

/// A memoryview of what an object exports for these flags.
pub fn view_with_flags(cx: &mut Cx, v: Ref<'_>, flags: u32) -> PyResult<Reg> {
    if !buffer::is_exporter(v) {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("memoryview: a bytes-like object is required, not '{n}'")));
    }
    buffer::get(cx, v, flags).map(|view| super::of_view(view).into())
}

/// Looks an item up by value in `from..to`.
fn search(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>, range: std::ops::Range<usize>, mut found: impl FnMut(usize) -> bool) -> PyResult<()> {
    for i in range {
        let held = me(v).hold(cx)?;
        let y = item::get(cx, held.shape, held.shape.at(i))?;
        drop(held);
        if compare::equal(cx, y.as_ref(), x)? && found(i) {
            break;
        }
    }
    Ok(())
}

fn count(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    drop(iterator::iter(cx, a[0])?);
    let mut n = 0;
    search(cx, a[0], a[1], 0..me(a[0]).shape().shape[0] as usize, |_| {
        n += 1;
        false
    })?;
    Ok(int::reg(n))
}

fn index(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let held = me(a[0]).hold(cx)?;
    match held.shape.dimensions() {
        0 => return Err(cx.type_error("invalid lookup on 0-dim memory")),
        1 => {}
        _ => return Err(not_implemented(cx, "multi-dimensional lookup is not implemented")),
    }
    let n = held.shape.shape[0] as usize;
    drop(held);
    let (start, stop) = search_bounds(cx, a[2], a[3], n)?;
    let (start, stop) = (start.clamp(0, n as i64) as usize, stop.clamp(0, n as i64) as usize);
    let mut at = None;
    search(cx, a[0], a[1], start..stop, |i| {
        at = Some(i);
        true
    })?;
    match at {
        Some(i) => Ok(int::from_usize(i).into()),
        None => Err(cx.value_error("memoryview.index(x): x not found")),
    }
}

fn sizes(v: &[isize]) -> Reg {
    Tuple::from_values(v.iter().map(|n| int::from_i64(*n as i64)).collect()).into()
}

macro_rules! attribute {
    ($name:literal, |$held:ident| $body:expr) => {
        getter(
            $name,
            |cx, v| {
                let $held = me(v).hold(cx)?;
                Ok($body)
            },
            "",
        )
    };
}

static GETSETS: &[GetSet] = &[
    attribute!("obj", |h| h.owner().into()),
    attribute!("nbytes", |h| int::from_usize(h.shape.len).into()),
    attribute!("readonly", |h| Value::bool(h.shape.readonly).into()),
    attribute!("itemsize", |h| int::from_usize(h.shape.item_size).into()),
    attribute!("format", |h| text(&h.shape.format)),
    attribute!("ndim", |h| int::from_usize(h.shape.dimensions()).into()),
    attribute!("shape", |h| sizes(&h.shape.shape)),
    attribute!("strides", |h| sizes(&h.shape.strides)),
    attribute!("suboffsets", |h| {
        let _ = h;
        Tuple::empty().into()
    }),
    attribute!("c_contiguous", |h| Value::bool(h.shape.is_c_contiguous()).into()),
    attribute!("f_contiguous", |h| Value::bool(h.shape.is_f_contiguous()).into()),
    attribute!("contiguous", |h| Value::bool(h.shape.is_c_contiguous() || h.shape.is_f_contiguous()).into()),
];

static METHODS: &[Method] = &[
    method("release", "($self, /)", release, "Gives the memory back; the view cannot be used afterwards."),
    method("tobytes", "($self, /, order='C')", tobytes, "The memory as bytes."),
    method("hex", "($self, /, sep=<unrepresentable>, bytes_per_sep=1)", hex, "The memory as hexadecimal digits."),
    method("tolist", "($self, /)", tolist, "The items as a list, nested as there are dimensions."),
    method("cast", "($self, /, format, shape=<unrepresentable>)", access::cast, "A view of the same memory with another format or shape."),
    method("toreadonly", "($self, /)", toreadonly, "A view of the same memory that cannot be written."),
    method("count", "($self, value, /)", count, "How many items equal the value."),
    method("index", "($self, value, start=0, stop=sys.maxsize, /)", index, "Index of the first item that equals the value."),
    class_method("_from_flags", "($type, /, object, flags)", from_flags, "A view as asked for by buffer flags."),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "memoryview[int] and the like."),
    method("__release_buffer__", "($self, buffer, /)", |cx, a| release_view_of(cx, a[0], a[1]), "Ends a view of this view."),
    method("__enter__", "($self, /)", enter, "Gives the view itself."),
    method("__exit__", "($self, /, *exc_info)", release, "Releases the view."),
];

/// `memoryview`.
pub static MEMORYVIEW_TYPE: TypeSpec = TypeSpec::of::<MemoryView>("memoryview")
    .flags(flags::WEAKREFS | flags::SEQUENCE)
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        hash: Some(hash_of),
        richcompare: Some(richcompare),
        len: Some(len),
        iter: Some(iterator::iter),
        getitem: Some(access::get),
        setitem: Some(access::set),
        buffer: Some(|cx, v, flags| me(v).export(cx, flags)),
        ..Slots::NONE
    })
    .getsets(GETSETS)
    .methods(METHODS)
    .doc("Memory of another object, without a copy of it.");
