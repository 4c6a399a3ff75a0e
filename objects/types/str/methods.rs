//! `str`: construction, operators and its table.

use super::iterator::{Ascii, Wide};
use super::{NoMemory, Str, as_str, case, convert, format, pad, percent, search, split};
use crate::args::Args;
use crate::codecs;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::{Method, function, method, raw_method};
use crate::protocol::text as show;
use crate::types::iterators::index;
use crate::types::slice::{self, Slice};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{Type, TypeSpec, flags, type_of};
use crate::types::{instance, int};
use ::text::Units;
use ::text::builder::{StrBuilder, Text};
use gc::{Gc, Ref, Reg, Value};
use sync::prim::Ordering;

/// The receiver.
pub(super) fn me(v: Ref<'_>) -> &Str {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Str>() }
}

/// How a type is called in messages about arguments: `None` for None.
pub fn shown_type(v: Ref<'_>) -> String {
    if v.is_none() { "None".to_string() } else { type_of(v).name_text() }
}

/// A str argument, or the TypeError "X must be str, not Y".
pub fn expect<'a>(cx: &mut Cx, v: Ref<'a>, what: &str) -> PyResult<&'a Str> {
    match as_str(v) {
        Some(s) => Ok(s),
        None => Err(cx.type_error(format!("{what} must be str, not {}", shown_type(v)))),
    }
}

/// The result of making a str.
pub fn made(cx: &mut Cx, r: Result<Gc<Str>, NoMemory>) -> PyResult<Reg> {
    match r {
        Ok(s) => Ok(s.into()),
        Err(NoMemory) => Err(cx.memory_error()),
    }
}

/// A builder's text as a result.
pub fn built(cx: &mut Cx, b: StrBuilder) -> PyResult<Reg> {
    let r = Str::try_from_built(b.finish());
    made(cx, r)
}

/// A finished text as a result.
pub fn finished(cx: &mut Cx, t: Text) -> PyResult<Reg> {
    let r = Str::try_from_built(t);
    made(cx, r)
}

/// Latin-1 bytes as a result.
pub fn text_of_latin1(cx: &mut Cx, data: &[u8]) -> PyResult<Reg> {
    let r = Str::try_from_latin1(data);
    made(cx, r)
}

/// A part of a str as a result.
pub fn units(cx: &mut Cx, u: Units<'_>) -> PyResult<Reg> {
    let r = Str::try_from_units(u);
    made(cx, r)
}

/// The value itself when it is exactly a str, else a copy that is.
pub fn exact(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    if v.exact::<Str>().is_some() {
        return Ok(v.to_value().into());
    }
    units(cx, me(v).units())
}

/// The characters `from..to` of a str; the value itself when that is all of it.
pub fn part(cx: &mut Cx, v: Ref<'_>, from: usize, to: usize) -> PyResult<Reg> {
    let s = me(v);
    if from == 0 && to == s.len() {
        return exact(cx, v);
    }
    sub(cx, s, from, to)
}

/// The characters `from..to` of a str as a new one.
pub fn sub(cx: &mut Cx, s: &Str, from: usize, to: usize) -> PyResult<Reg> {
    if s.is_ascii() && to - from > 1 {
        let data = &s.raw()[from..to];
        // SAFETY: all bytes are written, and they are ASCII.
        let r =
            unsafe { Str::try_build(ids::STR, data.len(), 1, true, 0, |p| std::ptr::copy_nonoverlapping(data.as_ptr(), p, data.len())) };
        return made(cx, r);
    }
    units(cx, s.units().slice(from, to))
}

/// MemoryError unless a str can be that long.
pub fn check_len(cx: &mut Cx, n: Option<usize>) -> PyResult<usize> {
    match n {
        Some(n) if u32::try_from(n).is_ok() => Ok(n),
        _ => Err(cx.memory_error()),
    }
}

/// A str of a subclass with the characters of `s`.
fn subtype(cx: &mut Cx, t: &Type, s: &Str) -> PyResult<Reg> {
    let capacity = t.inline_capacity.load(Ordering::Relaxed) as usize;
    let extra = t.slot_count as usize * 8 + if t.has_dict { 8 + capacity * 8 } else { 0 };
    let raw = s.raw();
    // SAFETY: all units are written, and they have this width already.
    let made = unsafe {
        Str::try_build(t.id, s.len(), s.width() as u8, s.is_ascii(), extra, |p| std::ptr::copy_nonoverlapping(raw.as_ptr(), p, raw.len()))
    };
    match made {
        Ok(v) => {
            instance::finish_sized(t, v.value(), capacity);
            Ok(v.into())
        }
        Err(NoMemory) => Err(cx.memory_error()),
    }
}

/// `str(object, encoding, errors)` as an exact str or what `__str__` gave.
fn construct(cx: &mut Cx, args: Args<'_>) -> PyResult<Value> {
    args.check_count(cx, "str", 0, 3)?;
    let mut given = [None; 3];
    for (slot, v) in given.iter_mut().zip(args.positional()) {
        *slot = Some(*v);
    }
    for (name, v) in args.keywords() {
        let name = name.exact::<Str>().map(Str::to_string_lossy).unwrap_or_default();
        let Some(i) = ["object", "encoding", "errors"].iter().position(|n| *n == name) else {
            return Err(cx.type_error(format!("str() got an unexpected keyword argument '{name}'")));
        };
        if given[i].is_some() {
            return Err(cx.type_error(format!("argument for str() given by name ('{name}') and position ({})", i + 1)));
        }
        given[i] = Some(v);
    }
    let [object, encoding, errors] = given;
    let encoding = encoding.map(|e| expect(cx, e, "str() argument 'encoding'")).transpose()?;
    let errors = errors.map(|e| expect(cx, e, "str() argument 'errors'")).transpose()?;
    let Some(object) = object else { return Ok(Str::empty().into_value()) };
    if encoding.is_none() && errors.is_none() {
        return show::str(cx, object).map(Gc::into_value);
    }
    codecs::decode_object(cx, object, encoding, errors)
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    if t.id == ids::STR && args.keyword_count() == 0 && args.items.len() == 1 {
        return show::str(cx, args.items[0]).map(Into::into);
    }
    let v = construct(cx, args)?;
    match as_str(v.as_ref()) {
        Some(s) if t.id != ids::STR => subtype(cx, t, s),
        _ => Ok(v.into()),
    }
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    built(cx, ::text::escape::repr_str(me(v).units()))
}

fn richcompare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (as_str(a), as_str(b)) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    let r = match op {
        Compare::Eq => x.eq(y),
        Compare::Ne => !x.eq(y),
        _ => op.holds(x.cmp(y)),
    };
    Ok(Value::bool(r).into())
}

fn iter(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(if me(v).is_ascii() { index::new::<Ascii>(v) } else { index::new::<Wide>(v) })
}

/// The characters at the indices of a slice fitted to the str's length.
pub fn at_indices(cx: &mut Cx, v: Ref<'_>, ix: slice::Indices) -> PyResult<Reg> {
    let s = me(v);
    if ix.count == 0 {
        return Ok(Str::empty().into());
    }
    if ix.step == 1 {
        return part(cx, v, ix.start as usize, ix.start as usize + ix.count);
    }
    let u = s.units();
    let at = |k: usize| u.at((ix.start + k as i64 * ix.step) as usize);
    let max = if s.is_ascii() { 0x7f } else { (0..ix.count).map(at).max().unwrap_or(0) };
    let r = Str::try_from_chars((0..ix.count).map(at), ix.count, max);
    made(cx, r)
}

fn get(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let s = me(v);
    if let Some(k) = key.exact::<Slice>() {
        let (start, stop, step) = k.unpack(cx)?;
        return at_indices(cx, v, slice::adjust(start, stop, step, s.len()));
    }
    if !key.word().is_int() && type_of(key).slots.index().is_none() {
        let n = type_of(key).name_text();
        return Err(cx.type_error(format!("string indices must be integers, not '{n}'")));
    }
    let mut i = int::subscript_index(cx, key)?;
    if i < 0 {
        i = i.saturating_add(s.len() as i64);
    }
    match usize::try_from(i).ok().and_then(|i| s.units().get(i)) {
        Some(c) => Ok(Str::from_char(c).into()),
        None => Err(cx.index_error("string index out of range")),
    }
}

fn contains(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    match as_str(x) {
        Some(x) => Ok(::text::search::find_units(me(v).units(), x.units()).is_some()),
        None => {
            let n = type_of(x).name_text();
            Err(cx.type_error(format!("'in <string>' requires string as left operand, not {n}")))
        }
    }
}

fn concat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let x = me(a);
    let Some(y) = as_str(b) else {
        let n = type_of(b).name_text();
        return Err(cx.type_error(format!("can only concatenate str (not \"{n}\") to str")));
    };
    if y.is_empty() {
        return exact(cx, a);
    }
    if x.is_empty() {
        return exact(cx, b);
    }
    made(cx, x.concat(y))
}

fn repeat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let n = int::index_size(cx, b)?.max(0) as usize;
    let s = me(a);
    if n == 0 || s.is_empty() {
        return Ok(Str::empty().into());
    }
    if n == 1 {
        return exact(cx, a);
    }
    let total = check_len(cx, s.len().checked_mul(n))?;
    let raw = s.raw();
    // SAFETY: the data is written `n` times.
    let r = unsafe {
        Str::try_build(ids::STR, total, s.width() as u8, s.is_ascii(), 0, |p| {
            if let [b] = raw {
                return std::ptr::write_bytes(p, *b, n);
            }
            // Doubles what is there already.
            std::ptr::copy_nonoverlapping(raw.as_ptr(), p, raw.len());
            let (mut done, all) = (raw.len(), raw.len() * n);
            while done < all {
                let more = done.min(all - done);
                std::ptr::copy_nonoverlapping(p, p.add(done), more);
                done += more;
            }
        })
    };
    made(cx, r)
}

fn modulo(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    match as_str(a) {
        Some(s) => percent::format(cx, s, b),
        None => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}

fn format_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let spec = expect(cx, a[1], "__format__() argument")?;
    if spec.is_empty() {
        return exact(cx, a[0]);
    }
    crate::types::number_text::check_width(cx, spec)?;
    let s = me(a[0]);
    crate::types::number_text::formatted(cx, |out| ::text::format_spec::format_str(out, s.units(), spec.units()))
}

fn encode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let encoding = a[1].given().map(|v| expect(cx, v, "encode() argument 'encoding'")).transpose()?;
    let errors = a[2].given().map(|v| expect(cx, v, "encode() argument 'errors'")).transpose()?;
    codecs::encode_object(cx, a[0], encoding, errors).map(Into::into)
}

fn size(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(int::from_usize(gc::HEADER_SIZE + Str::FIXED + me(a[0]).raw().len() + instance::extra_size(type_of(a[0]))).into())
}

fn new_args(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let plain = units(cx, me(a[0]).units())?.into_value();
    Ok(Tuple::from_values(vec![plain]).into())
}

macro_rules! test {
    ($name:literal, $f:expr, $doc:literal) => {
        method(
            $name,
            "($self, /)",
            |_, a| {
                let f: fn(Units<'_>) -> bool = $f;
                Ok(Value::bool(f(me(a[0]).units())).into())
            },
            $doc,
        )
    };
}

static METHODS: &[Method] = &[
    method("encode", "($self, /, encoding='utf-8', errors='strict')", encode, "The text as bytes in an encoding."),
    method(
        "replace",
        "($self, old, new, /, count=-1)",
        search::replace,
        "A copy with occurrences of old replaced by new; only the first count ones unless count is negative.",
    ),
    method(
        "split",
        "($self, /, sep=None, maxsplit=-1)",
        split::split,
        "The parts between separators (whitespace when there is none), from the left.",
    ),
    method("rsplit", "($self, /, sep=None, maxsplit=-1)", split::rsplit, "As split, but limited splits are taken from the right."),
    method("join", "($self, iterable, /)", split::join, "The strs of an iterable one behind the other, with this one between them."),
    method(
        "capitalize",
        "($self, /)",
        |cx, a| built(cx, ::text::casing::capitalize(me(a[0]).units())),
        "A copy with an upper case first character and the others in lower case.",
    ),
    method(
        "casefold",
        "($self, /)",
        |cx, a| built(cx, ::text::casing::fold(me(a[0]).units())),
        "A copy for comparing without regard to case.",
    ),
    method(
        "title",
        "($self, /)",
        |cx, a| built(cx, ::text::casing::title(me(a[0]).units())),
        "A copy in which every word begins with an upper case character.",
    ),
    method("center", "($self, width, fillchar=' ', /)", pad::center, "A copy in the middle of a text of the given width."),
    method("count", "($self, sub, start=None, end=None, /)", search::count, "How often sub occurs in the slice, without overlaps."),
    method("expandtabs", "($self, /, tabsize=8)", pad::expand_tabs, "A copy with tabs replaced by spaces."),
    method("find", "($self, sub, start=None, end=None, /)", search::find, "Index of the first sub within the slice, or -1."),
    method("partition", "($self, sep, /)", split::partition, "What is before the first separator, the separator, and what is after it."),
    method(
        "index",
        "($self, sub, start=None, end=None, /)",
        search::index,
        "Index of the first sub within the slice; ValueError when there is none.",
    ),
    method("ljust", "($self, width, fillchar=' ', /)", pad::ljust, "A copy at the left of a text of the given width."),
    method("lower", "($self, /)", case::lower, "A copy in lower case."),
    method("lstrip", "($self, chars=None, /)", split::lstrip, "A copy without leading whitespace, or without leading characters of chars."),
    method("rfind", "($self, sub, start=None, end=None, /)", search::rfind, "Index of the last sub within the slice, or -1."),
    method(
        "rindex",
        "($self, sub, start=None, end=None, /)",
        search::rindex,
        "Index of the last sub within the slice; ValueError when there is none.",
    ),
    method("rjust", "($self, width, fillchar=' ', /)", pad::rjust, "A copy at the right of a text of the given width."),
    method(
        "rstrip",
        "($self, chars=None, /)",
        split::rstrip,
        "A copy without trailing whitespace, or without trailing characters of chars.",
    ),
    method("rpartition", "($self, sep, /)", split::rpartition, "What is before the last separator, the separator, and what is after it."),
    method("splitlines", "($self, /, keepends=False)", split::split_lines, "The lines, with their ends if keepends is true."),
    method("strip", "($self, chars=None, /)", split::strip, "A copy without whitespace around it, or without characters of chars."),
    method(
        "swapcase",
        "($self, /)",
        |cx, a| built(cx, ::text::casing::swap_case(me(a[0]).units())),
        "A copy with upper and lower case exchanged.",
    ),
    method("translate", "($self, table, /)", convert::translate, "A copy with every character replaced by what the table has for it."),
    method("upper", "($self, /)", case::upper, "A copy in upper case."),
    method(
        "startswith",
        "($self, prefix, start=None, end=None, /)",
        search::startswith,
        "Whether the slice begins with the prefix, or with one of a tuple of them.",
    ),
    method(
        "endswith",
        "($self, suffix, start=None, end=None, /)",
        search::endswith,
        "Whether the slice ends with the suffix, or with one of a tuple of them.",
    ),
    method("removeprefix", "($self, prefix, /)", search::removeprefix, "A copy without the prefix if it has it."),
    method("removesuffix", "($self, suffix, /)", search::removesuffix, "A copy without the suffix if it has it."),
    test!("isascii", |u| matches!(u, Units::One(s) if s.is_ascii()), "Whether all characters are below U+0080."),
    test!("islower", ::text::casing::is_lower, "Whether there are cased characters and all of them are lower case."),
    test!("isupper", ::text::casing::is_upper, "Whether there are cased characters and all of them are upper case."),
    test!("istitle", ::text::casing::is_title, "Whether every word begins with an upper case character and goes on in lower case."),
    test!("isspace", |u| ::text::casing::all(u, ::text::unicode::is_space), "Whether there are characters, all whitespace."),
    test!("isdecimal", |u| ::text::casing::all(u, ::text::unicode::is_decimal), "Whether there are characters, all decimal digits."),
    test!("isdigit", |u| ::text::casing::all(u, ::text::unicode::is_digit), "Whether there are characters, all digits."),
    test!("isnumeric", |u| ::text::casing::all(u, ::text::unicode::is_numeric), "Whether there are characters, all with a numeric value."),
    test!("isalpha", |u| ::text::casing::all(u, ::text::unicode::is_alpha), "Whether there are characters, all letters."),
    test!("isalnum", |u| ::text::casing::all(u, ::text::unicode::is_alnum), "Whether there are characters, all letters or numeric."),
    test!("isidentifier", ::text::casing::is_identifier, "Whether the text could be a name in Python (keywords included)."),
    test!("isprintable", |u| u.iter().all(::text::unicode::is_printable), "Whether repr shows all characters as they are."),
    method("zfill", "($self, width, /)", pad::zfill, "A copy filled up with zeros behind its sign."),
    raw_method("format", "($self, /, *args, **kwargs)", format::format, "A copy with the fields in braces replaced by the arguments."),
    method("format_map", "($self, mapping, /)", format::format_map, "As format, with the fields' values from a mapping."),
    method("__format__", "($self, format_spec, /)", format_method, "The text by a format specification."),
    function("maketrans", "(x, y=<unrepresentable>, z=<unrepresentable>, /)", convert::maketrans, "A table for translate."),
    method("__sizeof__", "($self, /)", size, "Bytes of memory."),
    method("__getnewargs__", "($self, /)", new_args, ""),
];

/// `str`.
pub static STR_TYPE: TypeSpec = TypeSpec::of::<Str>("str")
    .item(1)
    .flags(flags::BASE | flags::MATCH_SELF)
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        str: Some(exact),
        hash: Some(|_, v| Ok(me(v).hash() as i64)),
        richcompare: Some(richcompare),
        iter: Some(iter),
        len: Some(|_, v| Ok(me(v).len())),
        getitem: Some(get),
        contains: Some(contains),
        concat: Some(concat),
        repeat: Some(repeat),
        mod_: Some(modulo),
        ..Slots::NONE
    })
    .methods(METHODS)
    .doc("Text. str(object) is what the object's __str__ gives; str(bytes, encoding, errors) decodes.");
