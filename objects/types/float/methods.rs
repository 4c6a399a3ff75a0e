//! `float`: its table.

use super::{Float, arith, as_float, convert};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::native::{GetSet, Method, class_method, getter, method};
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};
use gc::{Ref, Reg, Value};

fn same(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(convert::exact(v).into())
}
fn me(v: Ref<'_>) -> f64 {
    as_float(v).unwrap_or(0.0)
}
fn new_args(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(crate::types::tuple::Tuple::from_values(vec![convert::exact(a[0])]).into())
}

static METHODS: &[Method] = &[
    class_method("from_number", "($type, number, /)", convert::from_number, "A float from a real number; texts are refused."),
    class_method("fromhex", "($type, string, /)", convert::from_hex, "The float that a hexadecimal text stands for."),
    class_method("__getformat__", "($type, typestr, /)", convert::get_format, "How doubles and floats lie in memory; for tests."),
    method(
        "hex",
        "($self, /)",
        |_, a| Ok(crate::types::str::text(&text::float_text::hex(me(a[0])))),
        "Exact hexadecimal text, as in '0x1.8000000000000p+1'.",
    ),
    method("conjugate", "($self, /)", |cx, a| same(cx, a[0]), "The number itself, as it has no imaginary part."),
    method(
        "is_integer",
        "($self, /)",
        |_, a| Ok(Value::bool(me(a[0]).is_finite() && me(a[0]).fract() == 0.0).into()),
        "Whether it is whole.",
    ),
    method("as_integer_ratio", "($self, /)", convert::ratio, "The exact pair of ints in lowest terms, the second positive."),
    method("__trunc__", "($self, /)", |cx, a| convert::truncate(cx, a[0]), "The int next to it towards 0."),
    method("__floor__", "($self, /)", convert::floor, "The largest int not above it."),
    method("__ceil__", "($self, /)", convert::ceil, "The smallest int not below it."),
    method("__round__", "($self, ndigits=None, /)", convert::round, "Rounded half-even: an int, or a float when digits are asked for."),
    method("__getnewargs__", "($self, /)", new_args, ""),
    method("__format__", "($self, format_spec, /)", convert::format, "The number written by a format specification."),
    method("__sizeof__", "($self, /)", convert::size, "Size in memory, in bytes."),
];

static GETSETS: &[GetSet] =
    &[getter("real", same, "the number itself"), getter("imag", |_, _| Ok(Value::float(0.0).into()), "0.0, the imaginary part")];

/// `float`.
pub static FLOAT_TYPE: TypeSpec = TypeSpec::of::<Float>("float")
    .flags(flags::BASE | flags::MATCH_SELF)
    .slots(Slots {
        new: Some(convert::new),
        repr: Some(convert::repr),
        hash: Some(arith::hash),
        richcompare: Some(arith::compare),
        bool: Some(|_, v| Ok(me(v) != 0.0)),
        add: Some(arith::add),
        sub: Some(arith::sub),
        mul: Some(arith::mul),
        truediv: Some(arith::truediv),
        floordiv: Some(arith::floordiv),
        mod_: Some(arith::modulo),
        divmod: Some(arith::divmod),
        pow: Some(arith::power),
        neg: Some(|_, v| Ok(Value::float(-me(v)).into())),
        pos: Some(same),
        abs: Some(|_, v| Ok(Value::float(me(v).abs()).into())),
        int: Some(convert::truncate),
        float: Some(same),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("Floating-point numbers of 64 bits. float(x) converts a number or reads a text.");
