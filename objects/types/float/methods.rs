//! `float`: its table.

use super::{Float, as_float};
use crate::types::str::text;
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};

/// `float`.
pub static FLOAT_TYPE: TypeSpec = TypeSpec::of::<Float>("float")
    .flags(flags::BASE | flags::MATCH_SELF)
    .slots(Slots { repr: Some(|_, v| Ok(text(&::text::float_text::repr(as_float(v).unwrap_or(0.0))))), ..Slots::NONE })
    .doc("Floating-point numbers.");
