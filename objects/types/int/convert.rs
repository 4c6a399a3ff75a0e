//! Between ints and everything else: `int()`, text, bytes, decimal rounding.

use super::{Int, IntRef, as_int, exact, from_big, from_i64, from_parsed, index, index_i64};
use crate::args::{Args, Signature};
use crate::cx::{Cx, INT_MAX_STR_DIGITS};
use crate::error::{PyResult, Raised};
use crate::ids;
use crate::names;
use crate::protocol;
use crate::types::bytes::Bytes;
use crate::types::exception;
use crate::types::number_text;
use crate::types::str::{Str, as_str};
use crate::types::type_::{Downcast, Type, type_of};
use gc::{Payload, Ref, Reg, Value};
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use sync::prim::Ordering;
use text::int_text;

/// The limit on the length of decimal conversions; 0 for none.
pub fn max_digits() -> usize {
    INT_MAX_STR_DIGITS.load(Ordering::Relaxed)
}

/// The decimal text of an int.
pub fn decimal(cx: &mut Cx, i: IntRef<'_>) -> PyResult<String> {
    match i {
        IntRef::Small(i) => Ok(int_text::i64_to_decimal(i)),
        IntRef::Wide(i) => Ok(i.to_string()),
        IntRef::Big(b) => match int_text::big_to_decimal(b, max_digits()) {
            Some(s) => Ok(s),
            None => Err(cx.value_error(int_text::too_long_message(max_digits()))),
        },
    }
}

/// `bin`, `oct` and `hex`: base 2, 8 or 16 with its prefix.
pub fn prefixed(cx: &mut Cx, v: Ref<'_>, base: u32) -> PyResult<Reg> {
    let i = index(cx, v)?;
    Ok(match as_int(i.as_ref()) {
        Some(IntRef::Small(i)) => crate::types::str::text(&int_text::i64_to_prefixed(i, base)),
        Some(i) => crate::types::str::text(&int_text::big_to_prefixed(&i.to_big(), base)),
        None => Value::NONE.into(),
    })
}

/// The int that a float truncates to.
pub fn from_float(cx: &mut Cx, f: f64) -> PyResult<Value> {
    match text::int_float::float_to_int(f) {
        Some(i) => Ok(from_parsed(i)),
        None if f.is_nan() => Err(cx.value_error("cannot convert float NaN to integer")),
        None => Err(cx.overflow_error("cannot convert float infinity to integer")),
    }
}

/// Reads the text of an int; `shown` is the argument for the message.
fn parse(cx: &mut Cx, text: &[u8], base: u32, shown: Ref<'_>) -> PyResult<Value> {
    match int_text::parse(number_text::trim(text), base, max_digits()) {
        Ok(i) => Ok(from_parsed(i)),
        Err(int_text::ParseError::TooManyDigits { digits }) => Err(cx.value_error(int_text::too_many_digits_message(max_digits(), digits))),
        Err(int_text::ParseError::Invalid) => {
            let s = protocol::text::repr(cx, shown)?;
            let s = s.units();
            let s = s.slice(0, s.len().min(200)).to_string_lossy();
            Err(cx.value_error(format!("invalid literal for int() with base {base}: {s}")))
        }
    }
}

/// What `__int__`, `__index__` gave: an int, made exact with a warning when it is of a subclass.
fn checked(cx: &mut Cx, r: Value, method: &str) -> PyResult<Value> {
    if r.word().is_int() || r.as_ref().exact::<Int>().is_some() {
        return Ok(r);
    }
    let n = type_of(r.as_ref()).name_text();
    if as_int(r.as_ref()).is_none() {
        return Err(cx.type_error(format!("{method} returned non-int (type {n})")));
    }
    let category = crate::types::type_::type_value(exception::ids::DEPRECATION_WARNING);
    let message = format!(
        "{method} returned non-int (type {n}).  The ability to return an instance of a strict subclass of int is deprecated, and may not be supported in a future version of Python."
    );
    cx.host.warn(cx, category.as_ref(), &message, 1)?;
    Ok(exact(r.as_ref()))
}

/// `int(v)` with one argument: an exact int.
pub fn from_object(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    if v.word().is_int() || v.exact::<Int>().is_some() {
        return Ok(v.to_value());
    }
    if v.word().is_float() {
        return from_float(cx, v.word().float());
    }
    let t = type_of(v);
    if let Some(f) = t.slots.int() {
        let r = f(cx, v)?.into_value();
        return checked(cx, r, "__int__");
    }
    if t.slots.index().is_some() {
        let r = index(cx, v)?;
        return Ok(exact(r.as_ref()));
    }
    match number_text::argument(cx, v)? {
        Some(text) => parse(cx, &text, 10, v),
        None => {
            let n = t.name_text();
            Err(cx.type_error(format!("int() argument must be a string, a bytes-like object or a real number, not '{n}'")))
        }
    }
}

fn from_text(cx: &mut Cx, v: Ref<'_>, base: Ref<'_>) -> PyResult<Value> {
    let base = index_i64(cx, base)?;
    if base != 0 && !(2..=36).contains(&base) {
        return Err(cx.value_error("int() base must be >= 2 and <= 36, or 0"));
    }
    let is_bytes = v.downcast::<Bytes>().is_some() || v.header().is_some_and(|h| h.type_id() == ids::BYTEARRAY);
    if as_str(v).is_none() && !is_bytes {
        return Err(cx.type_error("int() can't convert non-string with explicit base"));
    }
    let text = number_text::argument(cx, v)?.unwrap_or_default();
    parse(cx, &text, base as u32, v)
}

/// `int.__new__`.
pub fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let positional = args.positional();
    let base = match args.keyword_count() {
        0 => positional.get(1).copied(),
        _ => {
            let signature = Signature::parse("(x=0, /, base=10)");
            signature.bind(cx, "int", None, args, |_, a| Ok(a[1].given().map(|b| b.to_value())))?;
            args.keyword("base")
        }
    };
    if positional.len() > 2 {
        return Err(cx.type_error(format!("int expected at most 2 arguments, got {}", positional.len())));
    }
    let v = match (positional.first(), base) {
        (None, None) => from_i64(0),
        (None, Some(_)) => return Err(cx.type_error("int() missing string argument")),
        (Some(v), None) => from_object(cx, *v)?,
        (Some(v), Some(b)) => from_text(cx, *v, b)?,
    };
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    if t.id == ids::INT {
        return Ok(v.into());
    }
    match as_int(v.as_ref()) {
        Some(i) => Ok(crate::types::instance::alloc_with(t, Int::payload(i)).into()),
        None => Ok(v.into()),
    }
}

fn big_endian(cx: &mut Cx, order: Option<Ref<'_>>) -> PyResult<bool> {
    let Some(order) = order else { return Ok(true) };
    match as_str(order) {
        Some(s) if s.eq_str("big") => Ok(true),
        Some(s) if s.eq_str("little") => Ok(false),
        Some(_) => Err(cx.value_error("byteorder must be either 'little' or 'big'")),
        None => {
            let n = type_of(order).name_text();
            Err(cx.type_error(format!("argument 'byteorder' must be str, not {n}")))
        }
    }
}

/// `int.to_bytes(length=1, byteorder='big', *, signed=False)`.
pub fn to_bytes(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let length = match a[1].given() {
        Some(n) => index_i64(cx, n)?,
        None => 1,
    };
    let big = match a[2].given() {
        Some(o) if as_str(o).is_none() => {
            let n = type_of(o).name_text();
            return Err(cx.type_error(format!("to_bytes() argument 'byteorder' must be str, not {n}")));
        }
        o => big_endian(cx, o)?,
    };
    let signed = match a[3].given() {
        Some(s) => protocol::truth::of(cx, s)?,
        None => false,
    };
    let Ok(length) = usize::try_from(length) else { return Err(cx.value_error("length argument must be non-negative")) };
    let Some(i) = as_int(a[0]) else { return Ok(Value::NONE.into()) };
    if i.is_negative() && !signed {
        return Err(cx.overflow_error("can't convert negative int to unsigned"));
    }
    let n = i.to_big();
    let mut bytes = if signed { n.to_signed_bytes_le() } else { n.magnitude().to_bytes_le() };
    if i.is_zero() {
        bytes.clear();
    }
    if bytes.len() > length {
        return Err(cx.overflow_error("int too big to convert"));
    }
    if bytes.try_reserve_exact(length - bytes.len()).is_err() {
        return Err(cx.memory_error());
    }
    bytes.resize(length, if i.is_negative() { 0xff } else { 0 });
    if big {
        bytes.reverse();
    }
    match Bytes::try_new(&bytes) {
        Some(b) => Ok(b.into()),
        None => Err(cx.memory_error()),
    }
}

/// The bytes of an argument that `bytes()` would accept, except an int or a str.
fn bytes_argument(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<u8>> {
    if let Some(b) = v.exact::<Bytes>() {
        return Ok(b.data().to_vec());
    }
    if let Some(r) = protocol::call::special(cx, v, names::__bytes__(), &[])? {
        return match r.as_ref().downcast::<Bytes>() {
            Some(b) => Ok(b.data().to_vec()),
            None => {
                let n = type_of(r.as_ref()).name_text();
                Err(cx.type_error(format!("__bytes__ returned non-bytes (type {n})")))
            }
        };
    }
    if protocol::buffer::is_exporter(v) {
        return protocol::buffer::bytes_of(cx, v);
    }
    let t = type_of(v);
    if as_str(v).is_some() || (t.slots.iter().is_none() && t.slots.getitem().is_none()) {
        let n = t.name_text();
        return Err(cx.type_error(format!("cannot convert '{n}' object to bytes")));
    }
    let mut out = Vec::new();
    protocol::iter::for_each(cx, v, |cx, x| {
        let i = index_i64(cx, x.as_ref()).map_err(|e| byte_range(cx, e))?;
        match u8::try_from(i) {
            Ok(b) => {
                out.push(b);
                Ok(())
            }
            Err(_) => Err(cx.value_error("bytes must be in range(0, 256)")),
        }
    })?;
    Ok(out)
}

fn byte_range(cx: &mut Cx, e: Raised) -> Raised {
    match cx.catch_if(e, exception::ids::OVERFLOW_ERROR) {
        Ok(_) => cx.value_error("bytes must be in range(0, 256)"),
        Err(e) => e,
    }
}

/// `int.from_bytes(bytes, byteorder='big', *, signed=False)`.
pub fn from_bytes(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let big = match a[2].given() {
        Some(o) if as_str(o).is_none() => {
            let n = type_of(o).name_text();
            return Err(cx.type_error(format!("from_bytes() argument 'byteorder' must be str, not {n}")));
        }
        o => big_endian(cx, o)?,
    };
    let signed = match a[3].given() {
        Some(s) => protocol::truth::of(cx, s)?,
        None => false,
    };
    let mut bytes = bytes_argument(cx, a[1])?;
    if big {
        bytes.reverse();
    }
    let v = if bytes.len() <= 8 {
        let negative = signed && bytes.last().is_some_and(|b| b & 0x80 != 0);
        let mut all = [if negative { 0xff } else { 0 }; 16];
        all[..bytes.len()].copy_from_slice(&bytes);
        super::from_i128(i128::from_le_bytes(all))
    } else if signed {
        from_big(BigInt::from_signed_bytes_le(&bytes))
    } else {
        from_big(BigInt::from_bytes_le(Sign::Plus, &bytes))
    };
    in_class(cx, a[0], v)
}

/// The result of a class method that makes numbers: `class(v)` for subclasses.
pub fn in_class(cx: &mut Cx, class: Ref<'_>, v: Value) -> PyResult<Reg> {
    // SAFETY: class methods get types.
    let id = unsafe { class.cast::<Type>() }.id;
    if id == ids::INT || id == ids::FLOAT || id == ids::COMPLEX {
        return Ok(v.into());
    }
    protocol::call::call(cx, class, Args::positional_only(&[v.as_ref()]))
}

/// `round(i, ndigits)`.
pub fn round(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(nd) = a[1].given().filter(|n| !n.is_none()) else { return Ok(exact(a[0]).into()) };
    let nd = index(cx, nd)?;
    let Some((i, nd)) = as_int(a[0]).zip(as_int(nd.as_ref())) else { return Ok(Value::NONE.into()) };
    if !nd.is_negative() {
        return Ok(exact(a[0]).into());
    }
    // 10^n beyond twice the number rounds to 0.
    let places = nd.to_i64().map_or(u64::MAX, i64::unsigned_abs);
    if places > i.bits() / 3 + 2 {
        return Ok(from_i64(0).into());
    }
    let unit = BigInt::from(10).pow(places as u32);
    let (q, r) = i.to_big().div_mod_floor(&unit);
    let twice = &r + &r;
    let up = twice > unit || (twice == unit && q.is_odd());
    Ok(from_big(if up { q + 1 } else { q } * unit).into())
}

/// `int.__format__`.
pub fn format(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let spec = number_text::spec(cx, a[1])?;
    if spec.is_empty() {
        return protocol::text::str(cx, a[0]).map(Into::into);
    }
    let name = type_of(a[0]).name_text();
    let Some(i) = as_int(a[0]) else { return Ok(Str::empty().into()) };
    let locale = text::format_spec::NumericLocale::C;
    number_text::formatted(cx, |out| match i {
        IntRef::Small(i) => text::format_spec::format_int(out, &i, spec.units(), &name, locale),
        i => {
            let value = text::format_spec::layout::LimitedBigInt { value: &i.to_big(), max_digits: max_digits() };
            text::format_spec::format_int(out, &value, spec.units(), &name, locale)
        }
    })
}

/// `int.as_integer_ratio()`, also `(numerator, 1)`.
pub fn ratio(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(crate::types::tuple::Tuple::from_values(vec![exact(a[0]), from_i64(1)]).into())
}

/// Number of one bits of the magnitude.
pub fn bit_count(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = match as_int(a[0]) {
        Some(IntRef::Small(i)) => u64::from(i.unsigned_abs().count_ones()),
        Some(IntRef::Wide(i)) => u64::from(i.unsigned_abs().count_ones()),
        Some(IntRef::Big(b)) => b.magnitude().count_ones(),
        None => 0,
    };
    Ok(from_i64(n as i64).into())
}

/// `__sizeof__`: the cell with its digits; a word for an int without a cell.
pub fn size(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(i) = as_int(a[0]) else { return Ok(from_i64(0).into()) };
    let own = a[0].header().map_or(8, |_| gc::HEADER_SIZE + size_of::<Int>());
    let digits = match i {
        IntRef::Big(b) => b.bits().div_ceil(64) as usize * 8,
        _ => 0,
    };
    let tail = a[0].downcast::<Int>().map_or(0, |p| crate::types::instance::extra_size(type_of(p.as_ref())));
    Ok(super::from_usize(own + digits + tail).into())
}
