//! `int`: its table.

use super::{Int, IntRef, arith, as_int, convert, exact, from_i64};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::native::{GetSet, Method, class_method, getter, method};
use crate::types::str::text;
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};
use gc::{Ref, Reg, Value};

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    match as_int(v) {
        Some(i) => Ok(text(&convert::decimal(cx, i)?)),
        None => Ok(Value::NONE.into()),
    }
}

fn same(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(exact(v).into())
}
fn same_method(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(exact(a[0]).into())
}

fn to_float(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    match as_int(v).and_then(IntRef::to_f64) {
        Some(f) => Ok(Value::float(f).into()),
        None => Err(cx.overflow_error("int too large to convert to float")),
    }
}

fn bit_length(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(from_i64(as_int(a[0]).map_or(0, IntRef::bits) as i64).into())
}

fn new_args(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(crate::types::tuple::Tuple::from_values(vec![exact(a[0])]).into())
}

static METHODS: &[Method] = &[
    method("conjugate", "($self, /)", same_method, "The number itself, as it has no imaginary part."),
    method("bit_length", "($self, /)", bit_length, "How many bits the magnitude has: 37 has 6."),
    method("bit_count", "($self, /)", convert::bit_count, "How many of the magnitude's bits are ones."),
    method(
        "to_bytes",
        "($self, /, length=1, byteorder='big', *, signed=False)",
        convert::to_bytes,
        "The number as that many bytes, two's complement if signed; OverflowError when it does not fit.",
    ),
    class_method(
        "from_bytes",
        "($type, /, bytes, byteorder='big', *, signed=False)",
        convert::from_bytes,
        "The number that an iterable of bytes or a bytes-like object holds.",
    ),
    method("as_integer_ratio", "($self, /)", convert::ratio, "The pair (number, 1)."),
    method("is_integer", "($self, /)", |_, _| Ok(Value::TRUE.into()), "True: for use where a float may stand too."),
    method("__trunc__", "($self, /)", same_method, "The number itself."),
    method("__floor__", "($self, /)", same_method, "The number itself."),
    method("__ceil__", "($self, /)", same_method, "The number itself."),
    method("__round__", "($self, ndigits=None, /)", convert::round, "Rounded half-even to a multiple of 10**-ndigits."),
    method("__getnewargs__", "($self, /)", new_args, ""),
    method("__format__", "($self, format_spec, /)", convert::format, "The number written by a format specification."),
    method("__sizeof__", "($self, /)", convert::size, "Size in memory, in bytes."),
];

static GETSETS: &[GetSet] = &[
    getter("real", same, "the number itself"),
    getter("imag", |_, _| Ok(from_i64(0).into()), "0, the imaginary part"),
    getter("numerator", same, "the number itself"),
    getter("denominator", |_, _| Ok(from_i64(1).into()), "1, the denominator in lowest terms"),
];

/// `int`.
pub static INT_TYPE: TypeSpec = TypeSpec::of::<Int>("int")
    .flags(flags::BASE | flags::MATCH_SELF)
    .slots(Slots {
        new: Some(convert::new),
        repr: Some(repr),
        hash: Some(|_, v| Ok(as_int(v).map_or(0, arith::hash))),
        richcompare: Some(arith::compare),
        bool: Some(|_, v| Ok(!as_int(v).is_some_and(IntRef::is_zero))),
        add: Some(arith::add),
        sub: Some(arith::sub),
        mul: Some(arith::mul),
        truediv: Some(arith::truediv),
        floordiv: Some(arith::floordiv),
        mod_: Some(arith::modulo),
        divmod: Some(arith::divmod),
        pow: Some(arith::power),
        lshift: Some(arith::lshift),
        rshift: Some(arith::rshift),
        and: Some(arith::and),
        or: Some(arith::or),
        xor: Some(arith::xor),
        neg: Some(arith::neg),
        pos: Some(same),
        abs: Some(arith::abs),
        invert: Some(arith::invert),
        int: Some(same),
        float: Some(to_float),
        index: Some(same),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("Whole numbers of any size. int(x) truncates a number; int(text, base=10) reads one from a str or bytes.");
