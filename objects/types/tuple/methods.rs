//! `tuple`: its table.

use super::Tuple;
use crate::types::type_::{TypeSpec, flags};

/// `tuple`.
pub static TUPLE_TYPE: TypeSpec = TypeSpec::of::<Tuple>("tuple").flags(flags::BASE | flags::MATCH_SELF);
