//! `bool`: two constant words.

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::protocol::truth;
use crate::types::int::as_int;
use crate::types::str::text;
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};
use gc::{Ref, Reg, Value, Word};

fn new(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "bool")?;
    args.check_count(cx, "bool", 0, 1)?;
    let b = match args.items.first() {
        Some(v) => truth::of(cx, *v)?,
        None => false,
    };
    Ok(Value::bool(b).into())
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(text(if v.word() == Word::TRUE { "True" } else { "False" }))
}

fn both(a: Ref<'_>, b: Ref<'_>) -> Option<(bool, bool)> {
    let one = |v: Ref<'_>| match v.word() {
        Word::TRUE => Some(true),
        Word::FALSE => Some(false),
        _ => None,
    };
    Some((one(a)?, one(b)?))
}

macro_rules! logic {
    ($name:ident, $slot:ident, $op:tt) => {
        fn $name(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
            match both(a, b) {
                Some((x, y)) => Ok(Value::bool(x $op y).into()),
                None => match crate::types::by_id(ids::INT).slots.$slot() {
                    Some(f) => f(cx, a, b),
                    None => Ok(Value::NOT_IMPLEMENTED.into()),
                },
            }
        }
    };
}
logic!(and, and, &);
logic!(or, or, |);
logic!(xor, xor, ^);

fn invert(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let category = crate::types::type_::type_value(crate::types::exception::ids::DEPRECATION_WARNING);
    cx.host.warn(
        cx,
        category.as_ref(),
        "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns the bitwise inversion of the underlying int object and is usually not what you expect from negating a bool. Use the 'not' operator for boolean negation or ~int(x) if you really want the bitwise inversion of the underlying int.",
        1,
    )?;
    let i = as_int(v).and_then(|i| i.to_i64()).unwrap_or(0);
    Ok(crate::types::int::reg(!i))
}

/// `bool`.
pub static BOOL_TYPE: TypeSpec = TypeSpec::empty(ids::BOOL, "bool")
    .base(ids::INT)
    .flags(flags::MATCH_SELF)
    .slots(Slots { new: Some(new), repr: Some(repr), and: Some(and), or: Some(or), xor: Some(xor), invert: Some(invert), ..Slots::NONE })
    .doc("The truth values True and False, which are also the ints 1 and 0.");
