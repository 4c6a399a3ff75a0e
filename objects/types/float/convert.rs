//! Between floats and everything else: `float()`, text, integer ratios, rounding.

use super::{Float, as_float};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::protocol;
use crate::types::int::{self, IntRef, as_int};
use crate::types::number_text;
use crate::types::str::{Str, as_str};
use crate::types::tuple::Tuple;
use crate::types::type_::{Type, type_of};
use crate::types::{exception, instance};
use gc::{Payload, Ref, Reg, Value};
use text::{float_text, int_float};

/// The float of a number: `__float__`, else `__index__`; `None` when the type has neither.
pub fn number(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<f64>> {
    if v.word().is_float() {
        return Ok(Some(v.word().float()));
    }
    let t = type_of(v);
    if let Some(f) = t.slots.float() {
        let r = f(cx, v)?.into_value();
        return checked(cx, v, &r).map(Some);
    }
    if t.slots.index().is_none() {
        return Ok(None);
    }
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()).and_then(IntRef::to_f64) {
        Some(f) => Ok(Some(f)),
        None => Err(cx.overflow_error("int too large to convert to float")),
    }
}

/// What `__float__` gave.
fn checked(cx: &mut Cx, v: Ref<'_>, r: &Value) -> PyResult<f64> {
    let Some(f) = as_float(r.as_ref()) else {
        let (t, n) = (type_of(v).name_text(), type_of(r.as_ref()).name_text());
        return Err(cx.type_error(format!("{t}.__float__ returned non-float (type {n})")));
    };
    if !r.word().is_float() {
        let (t, n) = (type_of(v).name_text(), type_of(r.as_ref()).name_text());
        let category = crate::types::type_::type_value(exception::ids::DEPRECATION_WARNING);
        let message = format!(
            "{t}.__float__ returned non-float (type {n}).  The ability to return an instance of a strict subclass of float is deprecated, and may not be supported in a future version of Python."
        );
        cx.host.warn(cx, category.as_ref(), &message, 1)?;
    }
    Ok(f)
}

/// A real number as a float: TypeError "must be real number, not X".
pub fn real(cx: &mut Cx, v: Ref<'_>) -> PyResult<f64> {
    if let Some(f) = as_float(v) {
        return Ok(f);
    }
    match number(cx, v)? {
        Some(f) => Ok(f),
        None => {
            let n = type_of(v).name_text();
            Err(cx.type_error(format!("must be real number, not {n}")))
        }
    }
}

/// `float(v)`.
pub fn from_object(cx: &mut Cx, v: Ref<'_>) -> PyResult<f64> {
    if as_str(v).is_none()
        && let Some(f) = number(cx, v)?
    {
        return Ok(f);
    }
    let Some(text) = number_text::argument(cx, v)? else {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("float() argument must be a string or a real number, not '{n}'")));
    };
    match float_text::parse(number_text::trim(&text)) {
        Some(f) => Ok(f),
        None => {
            let shown = protocol::text::repr(cx, v)?.to_string_lossy();
            Err(cx.value_error(format!("could not convert string to float: {shown}")))
        }
    }
}

/// `float.__new__`.
pub fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    if t.id == ids::FLOAT {
        args.no_keywords(cx, "float")?;
    }
    args.check_count(cx, "float", 0, 1)?;
    let f = match args.positional().first() {
        Some(v) => from_object(cx, *v)?,
        None => 0.0,
    };
    if t.id == ids::FLOAT {
        return Ok(Value::float(f).into());
    }
    Ok(instance::alloc_with(t, Float { value: f }).into())
}

fn me(v: Ref<'_>) -> f64 {
    as_float(v).unwrap_or(0.0)
}

/// `float.from_number(number)`.
pub fn from_number(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = real(cx, a[1])?;
    int::convert::in_class(cx, a[0], Value::float(f))
}

/// `float.fromhex(string)`.
pub fn from_hex(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(s) = as_str(a[1]) else { return Err(cx.type_error("bad argument type for built-in operation")) };
    let r = match s.units() {
        text::Units::One(u) => float_text::from_hex(u),
        text::Units::Two(u) => float_text::from_hex(u),
        text::Units::Four(u) => float_text::from_hex(u),
    };
    match r {
        Ok(f) => int::convert::in_class(cx, a[0], Value::float(f)),
        Err(e @ float_text::HexError::Invalid) => Err(cx.value_error(e.message())),
        Err(e @ float_text::HexError::TooLarge) => Err(cx.overflow_error(e.message())),
    }
}

/// `float.as_integer_ratio()`.
pub fn ratio(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = me(a[0]);
    if f.is_infinite() {
        return Err(cx.overflow_error("cannot convert Infinity to integer ratio"));
    }
    if f.is_nan() {
        return Err(cx.value_error("cannot convert NaN to integer ratio"));
    }
    let (n, d) = int_float::integer_ratio(f);
    Ok(Tuple::from_values(vec![int::from_big(n), int::from_big(d)]).into())
}

/// `round(f, ndigits=None)`.
pub fn round(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = me(a[0]);
    let Some(nd) = a[1].given().filter(|n| !n.is_none()) else {
        return int::convert::from_float(cx, f.round_ties_even()).map(Into::into);
    };
    let nd = int::index_clamped(cx, nd)?;
    match float_text::round_to(f, nd) {
        Some(r) => Ok(Value::float(r).into()),
        None => Err(cx.overflow_error("rounded value too large to represent")),
    }
}

/// `int(f)`, and the method `__trunc__`.
pub fn truncate(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    int::convert::from_float(cx, me(v)).map(Into::into)
}
/// `math.floor(f)`.
pub fn floor(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    int::convert::from_float(cx, me(a[0]).floor()).map(Into::into)
}
/// `math.ceil(f)`.
pub fn ceil(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    int::convert::from_float(cx, me(a[0]).ceil()).map(Into::into)
}

/// `float.__format__`.
pub fn format(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let spec = number_text::spec(cx, a[1])?;
    if spec.is_empty() {
        return protocol::text::str(cx, a[0]).map(Into::into);
    }
    let name = type_of(a[0]).name_text();
    let f = me(a[0]);
    number_text::formatted(cx, |out| text::format_spec::format_float(out, f, spec.units(), &name, text::format_spec::NumericLocale::C))
}

/// `float.__getformat__(kind)`.
pub fn get_format(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(s) = as_str(a[1]) else {
        let n = type_of(a[1]).name_text();
        return Err(cx.type_error(format!("__getformat__() argument must be str, not {n}")));
    };
    if !s.eq_str("double") && !s.eq_str("float") {
        return Err(cx.value_error("__getformat__() argument 1 must be 'double' or 'float'"));
    }
    let order = if cfg!(target_endian = "big") { "big" } else { "little" };
    Ok(crate::types::str::text(&format!("IEEE, {order}-endian")))
}

/// `repr(f)`.
pub fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let mut out = Vec::with_capacity(24);
    float_text::write_repr(me(v), &mut out);
    Ok(Str::from_latin1(&out).into())
}

/// The value itself as exactly a float.
pub fn exact(v: Ref<'_>) -> Value {
    Value::float(me(v))
}

/// `__sizeof__`.
pub fn size(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    use crate::types::type_::Downcast;
    let n = match a[0].downcast::<Float>() {
        Some(p) => gc::HEADER_SIZE + size_of::<Float>() + instance::extra_size(type_of(p.as_ref())),
        None => 8,
    };
    Ok(int::from_usize(n).into())
}
