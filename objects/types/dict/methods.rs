//! `dict`: its table.

use super::Dict;
use crate::types::type_::{TypeSpec, flags};

/// `dict`.
pub static DICT_TYPE: TypeSpec = TypeSpec::of::<Dict>("dict").flags(flags::BASE | flags::MATCH_SELF);
