//! `str`: its table.

use super::Str;
use crate::types::type_::{TypeSpec, flags};

/// `str`.
pub static STR_TYPE: TypeSpec = TypeSpec::of::<Str>("str").flags(flags::BASE | flags::MATCH_SELF);
