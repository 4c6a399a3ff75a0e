//! `_struct`: packing values into bytes by a format and back. Parsed formats are kept per thread for the module's functions; a `Struct` has its
//! own.

use crate::guarded::{Guarded, State, error_type, make};
use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, function, getter, method, raw_function, raw_method};
use objects::protocol::{buffer, call, text as show, truth};
use objects::types::bytearray::ByteArray;
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::{Operand, new_bytes, operand, room_or_error};
use objects::types::complex::{self, Complex};
use objects::types::exception;
use objects::types::float;
use objects::types::int::{self, IntRef, as_int};
use objects::types::iterators::myself;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of, type_value};
use objects::{Args, Cx, PyResult, Raised};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use text::struct_format::{self, Code, Kind, Struct};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const LAYOUT: u32 = 524;
    pub const STRUCT: u32 = 525;
    pub const UNPACK_ITERATOR: u32 = 526;
    pub const ERROR: u32 = 527;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[&LAYOUT_TYPE, &STRUCT_TYPE, &UNPACK_ITERATOR_TYPE, &ERROR_TYPE];

/// `struct.error`.
pub static ERROR_TYPE: TypeSpec = error_type(ids::ERROR, "struct.error", exception::ids::EXCEPTION);

fn error(cx: &mut Cx, message: impl AsRef<str>) -> Raised {
    cx.error(ids::ERROR, message)
}

/// A parsed format as a cell.
#[repr(C)]
pub struct Layout {
    format: Value,
    parsed: Struct,
}
// SAFETY: visits the format.
unsafe impl Payload for Layout {
    const TYPE_ID: u32 = ids::LAYOUT;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.format.word());
    }
}
/// Never seen by programs.
pub static LAYOUT_TYPE: TypeSpec = TypeSpec::of::<Layout>("_struct._Layout").flags(flags::NO_NEW);

/// `Struct` object; its layout is unbound until `__init__` has run.
#[repr(C)]
pub struct StructObject {
    layout: Field,
}
// SAFETY: visits the layout.
unsafe impl Payload for StructObject {
    const TYPE_ID: u32 = ids::STRUCT;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.layout.peek());
    }
}

/// The bytes of a format argument.
fn format_bytes<'a>(cx: &mut Cx, v: Ref<'a>) -> PyResult<std::borrow::Cow<'a, [u8]>> {
    if let Some(s) = as_str(v) {
        return match s.as_ascii() {
            Some(t) => Ok(t.as_bytes().into()),
            None => {
                let name = Str::from_text("ascii");
                let encode = Str::intern_text("encode");
                let r = call::method(cx, v, encode.as_ref(), &[name.as_ref()])?.into_value();
                buffer::bytes_of(cx, r.as_ref()).map(Into::into)
            }
        };
    }
    if let Some(b) = v.downcast::<Bytes>() {
        return Ok(b.data().into());
    }
    let n = type_of(v).shown_name();
    Err(cx.type_error(format!("Struct() argument 1 must be a str or bytes object, not {n}")))
}

const CACHED: usize = 100;

thread_local! {
    static CACHE: RefCell<HashMap<Box<[u8]>, Rc<Struct>>> = RefCell::new(HashMap::new());
}

fn cached(cx: &mut Cx, v: Ref<'_>) -> PyResult<Rc<Struct>> {
    let format = format_bytes(cx, v)?;
    if let Some(s) = CACHE.with_borrow(|c| c.get(&*format).cloned()) {
        return Ok(s);
    }
    let s = Rc::new(Struct::parse(&format).map_err(|m| error(cx, m))?);
    CACHE.with_borrow_mut(|c| {
        if c.len() >= CACHED {
            c.clear();
        }
        c.insert(format.into(), s.clone());
    });
    Ok(s)
}

fn me(v: Ref<'_>) -> &StructObject {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<StructObject>() }
}

fn layout(cx: &mut Cx, v: Ref<'_>) -> PyResult<Gc<Layout>> {
    let s = me(v);
    let l = s.layout.load(s.header());
    if l.word() == Word::UNBOUND {
        return Err(cx.runtime_error("Struct object is not initialized"));
    }
    // SAFETY: only layouts are stored there.
    Ok(unsafe { Gc::from_value(l) })
}

fn pack_float(cx: &mut Cx, code: Code, f: f64, v: Ref<'_>, out: &mut [u8]) -> PyResult<()> {
    if code.kind == Kind::Complex && code.size == 8 && !code.big {
        // As CPython does: little-endian halves are converted by the machine, which makes infinities of large ones.
        out[..4].copy_from_slice(&(f as f32).to_le_bytes());
        return Ok(());
    }
    code.pack_float(f, out).map_err(|m| if as_int(v).is_some() { error(cx, "int too large to convert") } else { cx.overflow_error(m) })
}

fn pack_one(cx: &mut Cx, code: Code, v: Ref<'_>, out: &mut [u8]) -> PyResult<()> {
    match code.kind {
        Kind::Pad => {}
        Kind::Int | Kind::UInt | Kind::Pointer => {
            let small = v.word();
            if small.is_int() {
                if code.pack_int(small.int().into(), out).is_none() {
                    return Err(error(cx, code.range_message()));
                }
                return Ok(());
            }
            if as_int(v).is_none() && type_of(v).slots.index().is_none() {
                return Err(error(cx, "required argument is not an integer"));
            }
            let i = match int::index(cx, v) {
                Ok(i) => i,
                Err(e) => {
                    if as_int(v).is_some() {
                        return Err(e);
                    }
                    drop(cx.catch_if(e, exception::ids::TYPE_ERROR)?);
                    return Err(error(cx, "required argument is not an integer"));
                }
            };
            let fits = as_int(i.as_ref()).and_then(IntRef::to_i128).and_then(|i| code.pack_int(i, out));
            if fits.is_none() {
                let m = if code.kind == Kind::Pointer { "int too large to convert".to_string() } else { code.range_message() };
                return Err(error(cx, m));
            }
        }
        Kind::Bool => out[0] = u8::from(truth::of(cx, v)?),
        Kind::Char => match v.downcast::<Bytes>().map(Bytes::data) {
            Some([one]) => out[0] = *one,
            _ => return Err(error(cx, "char format requires a bytes object of length 1")),
        },
        Kind::Float => {
            let f = match float::as_float(v) {
                Some(f) => f,
                None => match float::convert::real(cx, v) {
                    Ok(f) => f,
                    Err(e) => {
                        if as_int(v).is_some() {
                            drop(cx.catch_if(e, exception::ids::OVERFLOW_ERROR)?);
                            return Err(error(cx, "int too large to convert"));
                        }
                        drop(cx.catch(e));
                        return Err(error(cx, "required argument is not a float"));
                    }
                },
            };
            pack_float(cx, code, f, v, out)?;
        }
        Kind::Complex => {
            let (re, im) = match v.downcast::<Complex>() {
                Some(c) => (c.real, c.imag),
                None => match complex_of(cx, v) {
                    Ok(c) => c,
                    Err(e) => {
                        drop(cx.catch(e));
                        return Err(error(cx, "required argument is not a complex"));
                    }
                },
            };
            let half = code.size / 2;
            pack_float(cx, code, re, v, &mut out[..half])?;
            pack_float(cx, code, im, v, &mut out[half..])?;
        }
        Kind::Bytes | Kind::PascalBytes => {
            let d = match (v.downcast::<Bytes>(), v.downcast::<ByteArray>()) {
                (Some(b), _) => Operand::Borrowed(b.data()),
                (_, Some(b)) => Operand::Owned(b.read(<[u8]>::to_vec)),
                _ => {
                    let c = code.letter as char;
                    return Err(error(cx, format!("argument for '{c}' must be a bytes object")));
                }
            };
            if code.kind == Kind::Bytes { struct_format::pack_bytes(&d, out) } else { struct_format::pack_pascal(&d, out) }
        }
    }
    Ok(())
}

/// A number as the parts of a complex.
pub fn complex_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<(f64, f64)> {
    if let Some(c) = v.downcast::<Complex>() {
        return Ok((c.real, c.imag));
    }
    if v.word().is_float() || as_int(v).is_some() {
        return float::convert::real(cx, v).map(|f| (f, 0.0));
    }
    if let Some(c) = objects::protocol::call::special(cx, v, objects::names::__complex__(), &[])? {
        return match c.as_ref().downcast::<Complex>() {
            Some(c) => Ok((c.real, c.imag)),
            None => {
                let n = type_of(c.as_ref()).shown_name();
                Err(cx.type_error(format!("__complex__ returned non-complex (type {n})")))
            }
        };
    }
    float::convert::real(cx, v).map(|f| (f, 0.0))
}

fn pack_all(cx: &mut Cx, s: &Struct, args: &[Ref<'_>]) -> PyResult<Vec<u8>> {
    let mut out = room_or_error(cx, Some(s.size))?;
    out.resize(s.size, 0);
    let mut args = args.iter();
    for (code, offset, size) in s.values() {
        if let Some(v) = args.next() {
            pack_one(cx, code, *v, &mut out[offset..offset + size])?;
        }
    }
    Ok(out)
}

fn unpack_one(cx: &mut Cx, code: Code, d: &[u8]) -> PyResult<Value> {
    Ok(match code.kind {
        Kind::Int | Kind::UInt | Kind::Pointer => {
            if code.size == 8 {
                int::from_i128(code.unpack_int(d))
            } else {
                let mut w = [0u8; 8];
                for (i, b) in d[..code.size].iter().enumerate() {
                    w[if code.big { code.size - 1 - i } else { i }] = *b;
                }
                let x = u64::from_le_bytes(w);
                let unused = 64 - 8 * code.size as u32;
                Value::small_int(if code.kind == Kind::Int { (x << unused) as i64 >> unused } else { x as i64 })
            }
        }
        Kind::Bool => Value::bool(d[0] != 0),
        Kind::Float => Value::float(code.unpack_float(d)),
        Kind::Complex => complex::new(code.unpack_float(d), code.unpack_float(&d[code.size / 2..])),
        Kind::Char => new_bytes(cx, &d[..1])?,
        Kind::Bytes => new_bytes(cx, d)?,
        Kind::PascalBytes => new_bytes(cx, struct_format::unpack_pascal(d))?,
        Kind::Pad => Value::NONE,
    })
}

fn unpack_all(cx: &mut Cx, s: &Struct, d: &[u8]) -> PyResult<Value> {
    let mut out = Vec::with_capacity(s.len.min(1 << 16));
    for (code, offset, size) in s.values() {
        out.push(unpack_one(cx, code, &d[offset..offset + size])?);
    }
    Ok(Tuple::from_values(out).into_value())
}

fn pack(cx: &mut Cx, s: &Struct, args: &[Ref<'_>]) -> PyResult<Reg> {
    if args.len() != s.len {
        return Err(error(cx, format!("pack expected {} items for packing (got {})", s.len, args.len())));
    }
    let out = pack_all(cx, s, args)?;
    new_bytes(cx, &out).map(Reg::from)
}

fn pack_into(cx: &mut Cx, s: &Struct, args: &[Ref<'_>]) -> PyResult<Reg> {
    let [target, offset, args @ ..] = args else {
        let what = if args.is_empty() { "buffer" } else { "offset" };
        return Err(error(cx, format!("pack_into expected {what} argument")));
    };
    if args.len() != s.len {
        return Err(error(cx, format!("pack_into expected {} items for packing (got {})", s.len, args.len())));
    }
    if !buffer::is_exporter(*target) {
        let n = type_of(*target).shown_name();
        return Err(cx.type_error(format!("argument must be read-write bytes-like object, not {n}")));
    }
    let view = match buffer::get(cx, *target, buffer::wanted::WRITABLE) {
        Ok(v) if !v.readonly => v,
        r => {
            if let Err(e) = r {
                drop(cx.catch(e));
            }
            let n = type_of(*target).shown_name();
            return Err(cx.type_error(format!("argument must be read-write bytes-like object, not {n}")));
        }
    };
    let given = int::index_i64(cx, *offset)?;
    let (len, size) = (view.len as i64, s.size as i64);
    let mut at = given;
    if given < 0 {
        if given.saturating_add(size) > 0 {
            return Err(error(cx, format!("no space to pack {size} bytes at offset {given}")));
        }
        if given.saturating_add(len) < 0 {
            return Err(error(cx, format!("offset {given} out of range for {len}-byte buffer")));
        }
        at += len;
    }
    if len - at < size {
        return Err(error(
            cx,
            format!(
                "pack_into requires a buffer of at least {} bytes for packing {size} bytes at offset {at} (actual buffer size is {len})",
                at as u64 + size as u64
            ),
        ));
    }
    let out = pack_all(cx, s, args)?;
    // SAFETY: the view has room for `size` bytes at `at`, and stays until it is dropped.
    unsafe { std::ptr::copy_nonoverlapping(out.as_ptr(), view.data.add(at as usize), out.len()) };
    Ok(Value::NONE.into())
}

fn unpack(cx: &mut Cx, s: &Struct, v: Ref<'_>) -> PyResult<Reg> {
    let d = operand(cx, v)?;
    if d.len() != s.size {
        return Err(error(cx, format!("unpack requires a buffer of {} bytes", s.size)));
    }
    unpack_all(cx, s, &d).map(Reg::from)
}

fn unpack_from(cx: &mut Cx, s: &Struct, v: Ref<'_>, offset: Ref<'_>) -> PyResult<Reg> {
    let given = offset.given().map_or(Ok(0), |v| int::index_i64(cx, v))?;
    let d = operand(cx, v)?;
    let (len, size) = (d.len() as i64, s.size as i64);
    let mut at = given;
    if given < 0 {
        if given.saturating_add(size) > 0 {
            return Err(error(cx, format!("not enough data to unpack {size} bytes at offset {given}")));
        }
        if given.saturating_add(len) < 0 {
            return Err(error(cx, format!("offset {given} out of range for {len}-byte buffer")));
        }
        at += len;
    }
    if len - at < size {
        return Err(error(
            cx,
            format!(
                "unpack_from requires a buffer of at least {} bytes for unpacking {size} bytes at offset {at} (actual buffer size is {len})",
                at as u64 + size as u64
            ),
        ));
    }
    unpack_all(cx, s, &d[at as usize..(at + size) as usize]).map(Reg::from)
}

/// State of an unpacking iterator.
pub struct Unpacking {
    layout: Value,
    /// The exported memory, as a memoryview-like bytes copy or the bytes themselves; None at the end.
    source: Value,
    view: Option<buffer::BufferView>,
    at: usize,
    len: usize,
}
impl State for Unpacking {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.layout.word());
        visit(self.source.word());
        if let Some(v) = &self.view {
            visit(v.owner.word());
        }
    }
}
/// `unpack_iterator` object.
pub type UnpackIterator = Guarded<Unpacking, { ids::UNPACK_ITERATOR }>;

fn iterator(v: Ref<'_>) -> &UnpackIterator {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<UnpackIterator>() }
}

fn iter_unpack(cx: &mut Cx, l: Gc<Layout>, v: Ref<'_>) -> PyResult<Reg> {
    let size = l.parsed.size;
    if size == 0 {
        return Err(error(cx, "cannot iteratively unpack with a struct of length 0"));
    }
    let view = buffer::get(cx, v, buffer::wanted::SIMPLE)?;
    if view.len % size != 0 {
        return Err(error(cx, format!("iterative unpacking requires a buffer of a multiple of {size} bytes")));
    }
    let len = view.len;
    let state = Unpacking { layout: l.into_value(), source: v.to_value(), view: Some(view), at: 0, len };
    let it: Gc<UnpackIterator> = gc::alloc(UnpackIterator::new(state));
    Ok(it.into())
}

fn iter_next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let (layout, bytes, old) = iterator(v).with(cx, |s| {
        let layout = s.layout.clone();
        let size = layout.as_ref().exact::<Layout>().map_or(1, |l| l.parsed.size);
        match &s.view {
            Some(view) if s.at + size <= s.len => {
                let mut out = vec![0u8; size];
                // SAFETY: the view has `len` bytes, which stay while it lives.
                unsafe { std::ptr::copy_nonoverlapping(view.data.add(s.at), out.as_mut_ptr(), size) };
                s.at += size;
                (layout, Some(out), None)
            }
            _ => (layout, None, Some((s.view.take(), std::mem::replace(&mut s.source, Value::NONE)))),
        }
    });
    drop(old);
    match (bytes, layout.as_ref().exact::<Layout>()) {
        (Some(b), Some(l)) => unpack_all(cx, &l.parsed, &b).map(|v| Some(v.into())),
        _ => Ok(None),
    }
}

/// `_struct.unpack_iterator`.
pub static UNPACK_ITERATOR_TYPE: TypeSpec = TypeSpec::of::<UnpackIterator>("_struct.unpack_iterator")
    .flags(flags::NO_NEW)
    .slots(Slots { iter: Some(myself), next: Some(iter_next), ..Slots::NONE })
    .methods(&[method(
        "__length_hint__",
        "($self, /)",
        |cx, a| {
            let (l, left) = iterator(a[0]).with(cx, |s| (s.layout.clone(), if s.view.is_some() { s.len - s.at } else { 0 }));
            let size = l.as_ref().exact::<Layout>().map_or(1, |l| l.parsed.size);
            Ok(int::from_usize(left / size.max(1)).into())
        },
        "How many items are left.",
    )]);

crate::parameters!(INIT, "Struct", "($self, format)");

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    INIT.bind(cx, args, |cx, a| {
        let format = format_bytes(cx, a[0])?;
        let parsed = Struct::parse(&format).map_err(|m| error(cx, m))?;
        let format = Str::from_latin1(&format).into_value();
        let new: Gc<Layout> = gc::alloc(Layout { format, parsed });
        let s = me(v);
        let old = {
            let _l = cx.lock(s.header());
            s.layout.swap(new.into_value())
        };
        drop(old);
        Ok(())
    })
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(make(class, StructObject { layout: Field::empty() }))
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let l = layout(cx, v)?;
    let f = show::repr(cx, l.format.as_ref())?.to_string_lossy();
    Ok(objects::types::str::text(&format!("{}({f})", type_of(v).name_text())))
}

static METHODS: &[Method] = &[
    raw_method(
        "pack",
        "",
        |cx, args| {
            args.no_keywords(cx, "Struct.pack")?;
            let l = layout(cx, args.items[0])?;
            pack(cx, &l.parsed, &args.items[1..])
        },
        "The bytes of values.",
    ),
    raw_method(
        "pack_into",
        "",
        |cx, args| {
            args.no_keywords(cx, "Struct.pack_into")?;
            let l = layout(cx, args.items[0])?;
            pack_into(cx, &l.parsed, &args.items[1..])
        },
        "Writes values into a buffer.",
    ),
    method(
        "unpack",
        "($self, buffer, /)",
        |cx, a| {
            let l = layout(cx, a[0])?;
            unpack(cx, &l.parsed, a[1])
        },
        "The values in a buffer.",
    ),
    method(
        "unpack_from",
        "($self, /, buffer, offset=0)",
        |cx, a| {
            let l = layout(cx, a[0])?;
            unpack_from(cx, &l.parsed, a[1], a[2])
        },
        "The values from an offset on.",
    ),
    method(
        "iter_unpack",
        "($self, buffer, /)",
        |cx, a| {
            let l = layout(cx, a[0])?;
            iter_unpack(cx, l, a[1])
        },
        "An iterator over the structs in a buffer.",
    ),
    method(
        "__sizeof__",
        "($self, /)",
        |cx, a| {
            let l = layout(cx, a[0])?;
            Ok(int::from_usize(56 + 32 * (l.parsed.items.len() + 1)).into())
        },
        "",
    ),
];
static GETSETS: &[GetSet] = &[
    getter("format", |cx, v| Ok(layout(cx, v)?.format.clone().into()), "The format."),
    getter(
        "size",
        |_, v| {
            // -1 before `__init__` has run.
            let l = me(v).layout.load(me(v).header());
            Ok(l.as_ref().exact::<Layout>().map_or(Value::small_int(-1), |l| int::from_usize(l.parsed.size)).into())
        },
        "Bytes of a struct.",
    ),
];

/// `_struct.Struct`.
pub static STRUCT_TYPE: TypeSpec = TypeSpec::of::<StructObject>("_struct.Struct")
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), init: Some(init), repr: Some(repr), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("Struct(fmt) --> compiled struct object");

fn with_format(cx: &mut Cx, args: Args<'_>, name: &str, f: fn(&mut Cx, &Struct, &[Ref<'_>]) -> PyResult<Reg>) -> PyResult<Reg> {
    args.no_keywords(cx, name)?;
    let Some((format, rest)) = args.items.split_first() else { return Err(cx.type_error("missing format argument")) };
    let s = cached(cx, *format)?;
    f(cx, &s, rest)
}

static FUNCTIONS: &[Method] = &[
    function(
        "_clearcache",
        "($module, /)",
        |_, _| {
            CACHE.with_borrow_mut(HashMap::clear);
            Ok(Value::NONE.into())
        },
        "Forgets parsed formats.",
    ),
    function("calcsize", "($module, format, /)", |cx, a| Ok(int::from_usize(cached(cx, a[0])?.size).into()), "Bytes of a format."),
    raw_function("pack", "", |cx, args| with_format(cx, args, "pack", pack), "The bytes of values."),
    raw_function("pack_into", "", |cx, args| with_format(cx, args, "pack_into", pack_into), "Writes values into a buffer."),
    function(
        "unpack",
        "($module, format, buffer, /)",
        |cx, a| {
            let s = cached(cx, a[0])?;
            unpack(cx, &s, a[1])
        },
        "The values in a buffer.",
    ),
    function(
        "unpack_from",
        "($module, format, /, buffer, offset=0)",
        |cx, a| {
            let s = cached(cx, a[0])?;
            unpack_from(cx, &s, a[1], a[2])
        },
        "The values from an offset on.",
    ),
    function(
        "iter_unpack",
        "($module, format, buffer, /)",
        |cx, a| {
            let s = cached(cx, a[0])?;
            let l: Gc<Layout> = gc::alloc(Layout { format: a[0].to_value(), parsed: (*s).clone() });
            iter_unpack(cx, l, a[1])
        },
        "An iterator over the structs in a buffer.",
    ),
];

/// `_struct`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_struct",
    doc: "Values as bytes and back.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("Struct", type_value(ids::STRUCT));
        m.add("error", type_value(ids::ERROR));
        Ok(())
    },
};
