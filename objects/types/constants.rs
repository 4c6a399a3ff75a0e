//! `NoneType`, `ellipsis`, `NotImplementedType`, and hooks through which code constants of types that live elsewhere are made.

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::{Method, method};
use crate::types::exception;
use crate::types::str::text;
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, type_of};
use gc::{Ref, Reg, Value};

fn new_none(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    no_arguments(cx, "NoneType", args)?;
    Ok(Value::NONE.into())
}
fn new_ellipsis(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    no_arguments(cx, "EllipsisType", args)?;
    Ok(Value::ELLIPSIS.into())
}
fn new_not_implemented(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    no_arguments(cx, "NotImplementedType", args)?;
    Ok(Value::NOT_IMPLEMENTED.into())
}
fn no_arguments(cx: &mut Cx, what: &str, args: Args<'_>) -> PyResult<()> {
    if args.items.is_empty() { Ok(()) } else { Err(cx.type_error(format!("{what} takes no arguments"))) }
}

/// `NoneType`.
pub static NONE_TYPE: TypeSpec = TypeSpec::empty(ids::NONE_TYPE, "NoneType")
    .slots(Slots {
        repr: Some(|_, _| Ok(text("None"))),
        bool: Some(|_, _| Ok(false)),
        hash: Some(|_, _| Ok(0xfca_86420)),
        new: Some(new_none),
        ..Slots::NONE
    })
    .doc("The type of the None singleton.");

static ELLIPSIS_METHODS: &[Method] = &[method("__reduce__", "($self, /)", |_, _| Ok(text("Ellipsis")), "Helper for pickle.")];
static NOT_IMPLEMENTED_METHODS: &[Method] = &[method("__reduce__", "($self, /)", |_, _| Ok(text("NotImplemented")), "Helper for pickle.")];

/// `ellipsis`.
pub static ELLIPSIS_TYPE: TypeSpec = TypeSpec::empty(ids::ELLIPSIS_TYPE, "ellipsis")
    .slots(Slots { repr: Some(|_, _| Ok(text("Ellipsis"))), new: Some(new_ellipsis), ..Slots::NONE })
    .methods(ELLIPSIS_METHODS)
    .doc("The type of the Ellipsis singleton.");

fn not_implemented_truth(cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
    let _ = type_of(v);
    Err(cx.error(exception::ids::TYPE_ERROR, "NotImplemented should not be used in a boolean context"))
}

/// `NotImplementedType`.
pub static NOT_IMPLEMENTED_TYPE: TypeSpec = TypeSpec::empty(ids::NOT_IMPLEMENTED_TYPE, "NotImplementedType")
    .slots(Slots {
        repr: Some(|_, _| Ok(text("NotImplemented"))),
        bool: Some(not_implemented_truth),
        new: Some(new_not_implemented),
        ..Slots::NONE
    })
    .methods(NOT_IMPLEMENTED_METHODS)
    .doc("The type of the NotImplemented singleton.");
