//! `type`: its table.

use super::slots::Slots;
use super::{Type, TypeSpec, flags};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::protocol::{attr, call};
use gc::{Ref, Reg, Value};

/// `copyreg.__reduce_ex__` for protocols from 2 on.
pub fn reduce_newobj(cx: &mut Cx, _v: Ref<'_>, _copyreg: Ref<'_>) -> PyResult<Reg> {
    Err(cx.type_error("cannot pickle this object yet"))
}

/// `object.__getstate__`.
pub fn get_state(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(crate::types::instance::dict(cx, v)?.unwrap_or(Value::NONE).into())
}

/// `type`.
pub static TYPE_TYPE: TypeSpec = TypeSpec::of::<Type>("type")
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { call: Some(call::type_call), getattr: Some(attr::type_get), setattr: Some(attr::type_set), ..Slots::NONE })
    .doc("The type of types.");
