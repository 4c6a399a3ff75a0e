//! `complex`: construction, text and its table.

use super::Complex;
use super::arith::{self, Pair, as_complex};
use crate::args::{Args, Signature};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{GetSet, Method, class_method, getter, method};
use crate::protocol;
use crate::types::float::convert;
use crate::types::str::{as_str, text};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::Slots;
use crate::types::type_::{Downcast, Type, TypeSpec, flags, type_of};
use crate::types::{exception, instance, number_text};
use ::text::float_text::{self, FloatFormat, FloatKind};
use gc::{Ref, Reg, Value};

fn me(v: Ref<'_>) -> Pair {
    as_complex(v).unwrap_or((0.0, 0.0))
}

/// `repr(v)`.
pub fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let (re, im) = me(v);
    let style = FloatFormat::new(FloatKind::Repr, 0);
    if re == 0.0 && re.is_sign_positive() {
        return Ok(text(&format!("{}j", float_text::format_float(im, style))));
    }
    let signed = FloatFormat { plus: true, ..style };
    Ok(text(&format!("({}{}j)", float_text::format_float(re, style), float_text::format_float(im, signed))))
}

/// Without the underscores; `None` when one of them does not stand between digits.
fn without_underscores(s: &[u8]) -> Option<Vec<u8>> {
    let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_digit);
    let fine = |i: usize| s[i] != b'_' || (i > 0 && digit(s.get(i - 1)) && digit(s.get(i + 1)));
    if (0..s.len()).all(fine) { Some(s.iter().copied().filter(|b| *b != b'_').collect()) } else { None }
}

/// Reads `1+2j`, `(1-2j)`, `3`, `j`, ..., without underscores.
fn parse(text: &[u8]) -> Option<Pair> {
    let mut s = number_text::trim(text);
    if let [b'(', inner @ .., b')'] = s {
        s = number_text::trim(inner);
    }
    let unit = |s: &[u8]| matches!(s, [b'j' | b'J']);
    let sign = |s: &[u8]| match s {
        [b'-', rest @ ..] if unit(rest) => Some(-1.0),
        [b'+', rest @ ..] if unit(rest) => Some(1.0),
        rest if unit(rest) => Some(1.0),
        _ => None,
    };
    if let Some(f) = sign(s) {
        return Some((0.0, f));
    }
    let (first, used) = float_text::prefix(s)?;
    let rest = &s[used..];
    match rest {
        [] => Some((first, 0.0)),
        _ if unit(rest) => Some((0.0, first)),
        [b'+' | b'-', ..] => {
            if let Some(f) = sign(rest) {
                return Some((first, f));
            }
            let (second, used) = float_text::prefix(rest)?;
            if unit(&rest[used..]) { Some((first, second)) } else { None }
        }
        _ => None,
    }
}

/// `__complex__` of an object, if it has one.
fn special(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Pair>> {
    if v.exact::<Complex>().is_some() {
        return Ok(Some(me(v)));
    }
    if v.word().is_float() || v.word().is_int() {
        return Ok(None);
    }
    let Some(r) = protocol::call::special(cx, v, names::__complex__(), &[])? else { return Ok(None) };
    let t = type_of(v).name_text();
    let n = type_of(r.as_ref()).name_text();
    let Some(p) = as_complex(r.as_ref()) else {
        return Err(cx.type_error(format!("{t}.__complex__() must return a complex, not {n}")));
    };
    if r.as_ref().exact::<Complex>().is_none() {
        let category = crate::types::type_::type_value(exception::ids::DEPRECATION_WARNING);
        let message = format!(
            "{t}.__complex__() must return a complex, not {n}.  The ability to return an instance of a strict subclass of complex is deprecated, and may not be supported in a future version of Python."
        );
        cx.host.warn(cx, category.as_ref(), &message, 1)?;
    }
    Ok(Some(p))
}

/// Any number as a complex; TypeError "must be real number, not X".
pub fn from_object(cx: &mut Cx, v: Ref<'_>) -> PyResult<Pair> {
    match special(cx, v)? {
        Some(p) => Ok(p),
        None => convert::real(cx, v).map(|f| (f, 0.0)),
    }
}

fn make(class: Ref<'_>, p: Pair) -> Reg {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    if t.id == ids::COMPLEX {
        return super::new(p.0, p.1).into();
    }
    instance::alloc_with(t, Complex { real: p.0, imag: p.1 }).into()
}

fn one_argument(cx: &mut Cx, class: Ref<'_>, v: Ref<'_>) -> PyResult<Reg> {
    if v.exact::<Complex>().is_some()
        // SAFETY: `new` gets types.
        && unsafe { class.cast::<Type>() }.id == ids::COMPLEX
    {
        return Ok(v.to_value().into());
    }
    if as_str(v).is_some() {
        let text = number_text::argument(cx, v)?.unwrap_or_default();
        let Some(text) = without_underscores(&text) else {
            let shown = protocol::text::repr(cx, v)?.to_string_lossy();
            return Err(cx.value_error(format!("could not convert string to complex: {shown}")));
        };
        return match parse(&text) {
            Some(p) => Ok(make(class, p)),
            None => Err(cx.value_error("complex() arg is a malformed string")),
        };
    }
    if let Some(p) = special(cx, v)? {
        return Ok(make(class, p));
    }
    match convert::number(cx, v)? {
        Some(f) => Ok(make(class, (f, 0.0))),
        None => {
            let n = type_of(v).name_text();
            Err(cx.type_error(format!("complex() argument must be a string or a number, not {n}")))
        }
    }
}

/// One part given as an argument: a real number, or a complex (with a warning).
fn part(cx: &mut Cx, v: Ref<'_>, name: &str) -> PyResult<(Pair, bool)> {
    if name == "real"
        && let Some(p) = special(cx, v)?
    {
        warn_complex(cx, v, name)?;
        return Ok((p, true));
    }
    if let Some(p) = as_complex(v) {
        warn_complex(cx, v, name)?;
        return Ok((p, true));
    }
    match convert::number(cx, v)? {
        Some(f) => Ok(((f, 0.0), false)),
        None => {
            let n = type_of(v).name_text();
            Err(cx.type_error(format!("complex() argument '{name}' must be a real number, not {n}")))
        }
    }
}

fn warn_complex(cx: &mut Cx, v: Ref<'_>, name: &str) -> PyResult<()> {
    if v.downcast::<Complex>().is_none() {
        return Ok(());
    }
    let n = type_of(v).name_text();
    let category = crate::types::type_::type_value(exception::ids::DEPRECATION_WARNING);
    cx.host.warn(cx, category.as_ref(), &format!("complex() argument '{name}' must be a real number, not {n}"), 1)
}

/// `complex.__new__`.
pub fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    if args.keyword_count() == 0 && args.items.len() == 1 {
        return one_argument(cx, class, args.items[0]);
    }
    let signature = Signature::parse("(real=0, imag=0)");
    signature.bind(cx, "complex", None, args, |cx, a| {
        let (real, imag) = (a[0].given(), a[1].given());
        let (Some(r), None) = (real, imag) else {
            let (mut p, _) = match real {
                Some(r) => part(cx, r, "real")?,
                None => ((0.0, 0.0), false),
            };
            if let Some(i) = imag {
                let ((re, im), complex) = part(cx, i, "imag")?;
                let real_complex = real.is_some_and(|r| as_complex(r).is_some());
                p = (if complex { p.0 - im } else { p.0 }, if real_complex { p.1 + re } else { re });
            }
            return Ok(make(class, p));
        };
        if as_str(r).is_some() {
            return one_argument(cx, class, r);
        }
        let (p, _) = part(cx, r, "real")?;
        Ok(make(class, p))
    })
}

fn from_number(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    // SAFETY: class methods get types.
    let plain = unsafe { a[0].cast::<Type>() }.id == ids::COMPLEX;
    if plain && a[1].exact::<Complex>().is_some() {
        return Ok(a[1].to_value().into());
    }
    let p = from_object(cx, a[1])?;
    crate::types::int::convert::in_class(cx, a[0], super::new(p.0, p.1))
}

fn format(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let spec = number_text::spec(cx, a[1])?;
    if spec.is_empty() {
        return protocol::text::str(cx, a[0]).map(Into::into);
    }
    let name = type_of(a[0]).name_text();
    let p = me(a[0]);
    number_text::formatted(cx, |out| {
        ::text::format_spec::format_complex(out, p, spec.units(), &name, ::text::format_spec::NumericLocale::C)
    })
}

fn exact(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    if v.exact::<Complex>().is_some() {
        return Ok(v.to_value().into());
    }
    let (re, im) = me(v);
    Ok(super::new(re, im).into())
}

fn new_args(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (re, im) = me(a[0]);
    Ok(Tuple::from_values(vec![Value::float(re), Value::float(im)]).into())
}

fn conjugate(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (re, im) = me(a[0]);
    Ok(super::new(re, -im).into())
}

static METHODS: &[Method] = &[
    class_method("from_number", "($type, number, /)", from_number, "A complex from a number; texts are refused."),
    method("conjugate", "($self, /)", conjugate, "The number with its imaginary part negated."),
    method("__complex__", "($self, /)", |cx, a| exact(cx, a[0]), "The number as exactly a complex."),
    method("__getnewargs__", "($self, /)", new_args, ""),
    method("__format__", "($self, format_spec, /)", format, "The number written by a format specification."),
];

static GETSETS: &[GetSet] = &[
    getter("real", |_, v| Ok(Value::float(me(v).0).into()), "the real part"),
    getter("imag", |_, v| Ok(Value::float(me(v).1).into()), "the imaginary part"),
];

/// `complex`.
pub static COMPLEX_TYPE: TypeSpec = TypeSpec::of::<Complex>("complex")
    .flags(flags::BASE)
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        hash: Some(arith::hash),
        richcompare: Some(arith::compare),
        bool: Some(|_, v| Ok(me(v) != (0.0, 0.0))),
        add: Some(arith::add),
        sub: Some(arith::sub),
        mul: Some(arith::mul),
        truediv: Some(arith::truediv),
        pow: Some(arith::power),
        neg: Some(|_, v| Ok(super::new(-me(v).0, -me(v).1).into())),
        pos: Some(exact),
        abs: Some(arith::abs),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("Complex numbers: complex(real=0, imag=0), or complex(text).");
