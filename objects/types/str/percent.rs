//! The `%` operator of str, bytes and bytearray.

use super::methods::{built, check_len};
use super::{Str, as_str};
use crate::cx::Cx;
use crate::error::{PyResult, Raised};
use crate::ids;
use crate::names;
use crate::protocol::{buffer, call, item, text as show};
use crate::types::bytes::Bytes;
use crate::types::exception;
use crate::types::float;
use crate::types::int::{self, IntRef, as_int};
use crate::types::tuple::Tuple;
use crate::types::type_::{Downcast, type_of};
use gc::{Gc, Ref, Reg, Value};
use num_bigint::BigInt;
use text::Units;
use text::builder::StrBuilder;
use text::percent::{Count, Directive, Field, Parser, Piece, write_float, write_integer, write_text};

/// The operands that are still to be formatted.
struct Operands<'a> {
    items: &'a [Ref<'a>],
    /// Index of the next item.
    next: usize,
    /// The value of a mapping key, which takes the items' place; `Some(None)` once it is used up.
    keyed: Option<Option<Value>>,
}

impl Operands<'_> {
    fn take(&mut self, cx: &mut Cx) -> PyResult<Value> {
        let found = match &mut self.keyed {
            Some(v) => v.take(),
            None => {
                self.next += 1;
                self.items.get(self.next - 1).map(|r| r.to_value())
            }
        };
        match found {
            Some(v) => Ok(v),
            None => Err(cx.type_error("not enough arguments for format string")),
        }
    }
}

/// `format % args` of a str.
pub(super) fn format(cx: &mut Cx, s: &Str, args: Ref<'_>) -> PyResult<Reg> {
    let out = run(cx, s.units(), args, false)?;
    built(cx, out)
}

/// `format % args` of bytes.
pub fn format_bytes(cx: &mut Cx, data: &[u8], args: Ref<'_>) -> PyResult<Vec<u8>> {
    let out = run(cx, Units::One(data), args, true)?;
    Ok(match out.finish() {
        text::Text::Ascii(v) | text::Text::Latin1(v) => v,
        // Only bytes are pushed.
        _ => Vec::new(),
    })
}

fn is_mapping(v: Ref<'_>, bytes: bool) -> bool {
    if v.downcast::<Tuple>().is_some() {
        return false;
    }
    let text = if bytes { v.downcast::<Bytes>().is_some() || type_of(v).has_layout(ids::BYTEARRAY) } else { as_str(v).is_some() };
    !text && type_of(v).slots.getitem().is_some()
}

fn run(cx: &mut Cx, format: Units<'_>, args: Ref<'_>, bytes: bool) -> PyResult<StrBuilder> {
    let one = [args];
    let mapping = is_mapping(args, bytes);
    let mut operands = Operands { items: args.downcast::<Tuple>().map_or(&one[..], Tuple::items), next: 0, keyed: None };
    let mut out = StrBuilder::with_capacity(format.len() + 32);
    for piece in Parser::new(format, mapping) {
        let d = match piece {
            Ok(Piece::Literal(r)) => {
                out.push_units(format.slice(r.start, r.end));
                continue;
            }
            Ok(Piece::Directive(d)) => d,
            Err(e) if e.is_type_error() => return Err(cx.type_error(e.message(bytes))),
            Err(e) => return Err(cx.value_error(e.message(bytes))),
        };
        if let Some(r) = d.key.clone() {
            let u = format.slice(r.start, r.end);
            let key = match u {
                Units::One(data) if bytes => Bytes::try_new(data).map(Gc::into_value),
                _ => Str::try_from_units(u).ok().map(Gc::into_value),
            };
            let Some(key) = key else { return Err(cx.memory_error()) };
            operands.keyed = Some(Some(item::get(cx, args, key.as_ref())?.into_value()));
        }
        let field = field_of(cx, &d, &mut operands)?;
        check_len(cx, out.len().checked_add(field.width))?;
        let v = operands.take(cx)?;
        convert(cx, &mut out, &d, field, &v, bytes)?;
    }
    let left = match operands.keyed {
        Some(_) => false,
        None => operands.next < operands.items.len() && !mapping,
    };
    if left {
        let kind = if bytes { "bytes" } else { "string" };
        return Err(cx.type_error(format!("not all arguments converted during {kind} formatting")));
    }
    Ok(out)
}

fn field_of(cx: &mut Cx, d: &Directive, operands: &mut Operands<'_>) -> PyResult<Field> {
    let mut field = Field::of(d);
    let mut star = |cx: &mut Cx, what: &str| -> PyResult<i64> {
        let v = operands.take(cx)?;
        match as_int(v.as_ref()) {
            None => Err(cx.type_error("* wants int")),
            Some(i) => match i.to_i64() {
                Some(i) => Ok(i),
                None => Err(cx.overflow_error(format!("Python int too large to convert to C {what}"))),
            },
        }
    };
    if d.width == Count::Star {
        field.star_width(star(cx, "ssize_t")? as isize);
    }
    if d.precision == Count::Star {
        let p = star(cx, "int")?;
        if i32::try_from(p).is_err() {
            return Err(cx.overflow_error("Python int too large to convert to C int"));
        }
        field.star_precision(p as isize);
    }
    Ok(field)
}

fn convert(cx: &mut Cx, out: &mut StrBuilder, d: &Directive, field: Field, v: &Value, bytes: bool) -> PyResult<()> {
    let Some(c) = char::from_u32(d.conversion) else { return Err(cx.value_error(d.unsupported())) };
    match c {
        'a' => push_shown(cx, out, v, field, show::ascii),
        'r' if bytes => push_shown(cx, out, v, field, show::ascii),
        'r' => push_shown(cx, out, v, field, show::repr),
        's' if !bytes => push_shown(cx, out, v, field, show::str),
        's' | 'b' if bytes => {
            let data = bytes_value(cx, v.as_ref())?;
            write_text(out, Units::One(&data), field, true);
            Ok(())
        }
        'c' => {
            let c = character(cx, v.as_ref(), bytes)?;
            let unit = [c];
            write_text(out, Units::Four(&unit), field, false);
            Ok(())
        }
        'd' | 'i' | 'u' | 'o' | 'x' | 'X' => integer(cx, out, c, field, v.as_ref()),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let f = match float::convert::real(cx, v.as_ref()) {
                Ok(f) => f,
                Err(e) if bytes => {
                    drop(cx.catch_if(e, exception::ids::TYPE_ERROR)?);
                    let n = type_of(v.as_ref()).name_text();
                    return Err(cx.type_error(format!("float argument required, not {n}")));
                }
                Err(e) => return Err(e),
            };
            write_float(out, f, c, field);
            Ok(())
        }
        _ => Err(cx.value_error(d.unsupported())),
    }
}

fn push_shown(cx: &mut Cx, out: &mut StrBuilder, v: &Value, field: Field, f: fn(&mut Cx, Ref<'_>) -> PyResult<Gc<Str>>) -> PyResult<()> {
    let s = f(cx, v.as_ref())?;
    write_text(out, s.units(), field, true);
    Ok(())
}

/// The bytes for `%b`.
fn bytes_value(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<u8>> {
    if let Some(b) = v.exact::<Bytes>() {
        return Ok(b.data().to_vec());
    }
    if type_of(v).id != ids::BYTEARRAY
        && let Some(r) = call::special(cx, v, names::__bytes__(), &[])?
    {
        return match r.as_ref().downcast::<Bytes>() {
            Some(b) => Ok(b.data().to_vec()),
            None => {
                let n = type_of(r.as_ref()).name_text();
                Err(cx.type_error(format!("__bytes__ returned non-bytes (type {n})")))
            }
        };
    }
    if buffer::is_exporter(v) {
        return buffer::bytes_of(cx, v);
    }
    let n = type_of(v).name_text();
    Err(cx.type_error(format!("%b requires a bytes-like object, or an object that implements __bytes__, not '{n}'")))
}

/// The character for `%c`.
fn character(cx: &mut Cx, v: Ref<'_>, bytes: bool) -> PyResult<u32> {
    let (wanted, limit) = if bytes {
        ("%c requires an integer in range(256) or a single byte", 256)
    } else {
        ("%c requires an int or a unicode character", 0x11_0000)
    };
    if let Some(s) = as_str(v).filter(|_| !bytes) {
        return match s.units().get(0) {
            Some(c) if s.len() == 1 => Ok(c),
            _ => Err(cx.type_error(format!("{wanted}, not a string of length {}", s.len()))),
        };
    }
    if bytes && (v.downcast::<Bytes>().is_some() || type_of(v).has_layout(ids::BYTEARRAY)) {
        let data = buffer::bytes_of(cx, v)?;
        let n = if v.downcast::<Bytes>().is_some() { "bytes" } else { "bytearray" };
        return match data[..] {
            [b] => Ok(b.into()),
            _ => Err(cx.type_error(format!("{wanted}, not a {n} object of length {}", data.len()))),
        };
    }
    if !v.word().is_int() && type_of(v).slots.index().is_none() {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("{wanted}, not {n}")));
    }
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()).and_then(IntRef::to_i64).and_then(|i| u32::try_from(i).ok()).filter(|c| *c < limit) {
        Some(c) => Ok(c),
        None if bytes => Err(cx.overflow_error("%c arg not in range(256)")),
        None => Err(cx.overflow_error("%c arg not in range(0x110000)")),
    }
}

fn integer(cx: &mut Cx, out: &mut StrBuilder, c: char, field: Field, v: Ref<'_>) -> PyResult<()> {
    let based = matches!(c, 'o' | 'x' | 'X');
    let i = if v.word().is_int() {
        v.to_value()
    } else {
        match number(cx, v, based) {
            Ok(Some(i)) => i,
            Ok(None) => return Err(wrong_type(cx, c, v)),
            Err(e) => {
                drop(cx.catch_if(e, exception::ids::TYPE_ERROR)?);
                return Err(wrong_type(cx, c, v));
            }
        }
    };
    let Some(i) = as_int(i.as_ref()) else { return Err(wrong_type(cx, c, v)) };
    let negative = i.is_negative();
    let digits = match (c, i) {
        ('o', i) => based_digits(&i.to_big(), 8),
        ('x' | 'X', i) => based_digits(&i.to_big(), 16),
        (_, i) => int::convert::decimal(cx, i)?,
    };
    write_integer(out, negative, digits.trim_start_matches('-'), c, field);
    Ok(())
}

fn based_digits(i: &BigInt, base: u32) -> String {
    i.magnitude().to_str_radix(base)
}

/// The int of a number; `None` for what is no number.
fn number(cx: &mut Cx, v: Ref<'_>, based: bool) -> PyResult<Option<Value>> {
    if as_int(v).is_some() {
        return Ok(Some(v.to_value()));
    }
    let t = type_of(v);
    if t.slots.int().is_none() && t.slots.index().is_none() && t.slots.float().is_none() {
        return Ok(None);
    }
    if based { int::index(cx, v).map(Some) } else { int::convert::from_object(cx, v).map(Some) }
}

fn wrong_type(cx: &mut Cx, c: char, v: Ref<'_>) -> Raised {
    let what = if matches!(c, 'o' | 'x' | 'X') { "an integer" } else { "a real number" };
    let n = type_of(v).name_text();
    cx.type_error(format!("%{c} format: {what} is required, not {n}"))
}
