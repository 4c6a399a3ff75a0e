//! Exceptions: their tables.

use super::{Exception, as_exception, tree};
use crate::cx::Cx;
use crate::types::str::{Str, text};
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};
use gc::{Ref, Value};
use std::sync::OnceLock;

/// Sets what `__init__` of the builtin exception types sets from the arguments.
pub fn init_from_args(_exc: &Value) {}

/// `exc.add_note(text)`.
pub fn add_note(_cx: &mut Cx, exc: Ref<'_>, note: &str) {
    let list = crate::types::list::List::from_values(vec![Str::from_text(note).into_value()]);
    crate::types::instance::set_own(exc, crate::types::type_of(exc), crate::names::__notes__(), list.into_value());
}

/// The declarations of all exception types.
pub fn specs() -> Vec<&'static TypeSpec> {
    static ALL: OnceLock<Vec<TypeSpec>> = OnceLock::new();
    ALL.get_or_init(|| {
        tree::TREE
            .iter()
            .map(|r| {
                TypeSpec::of::<Exception>(r.name).id(r.id).base(r.base).with_dict().flags(flags::BASE).slots(Slots {
                    repr: Some(|cx, v| {
                        let Some(e) = as_exception(v) else { return Ok(text("")) };
                        let a = super::args_of(e);
                        let shown = crate::protocol::text::repr(cx, a.value().as_ref())?;
                        Ok(text(&format!("{}{}", crate::types::type_of(v).name_text(), shown.to_string_lossy())))
                    }),
                    str: Some(|cx, v| {
                        let Some(e) = as_exception(v) else { return Ok(text("")) };
                        let a = super::args_of(e);
                        match a.len() {
                            0 => Ok(text("")),
                            1 => Ok(crate::protocol::text::str(cx, a.get(0))?.into()),
                            _ => Ok(crate::protocol::text::repr(cx, a.value().as_ref())?.into()),
                        }
                    }),
                    ..Slots::NONE
                })
            })
            .collect()
    })
    .iter()
    .collect()
}

/// What remains once all types exist (`ExceptionGroup`).
pub fn finish() {}
