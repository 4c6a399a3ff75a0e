//! `list`: its table.

use super::List;
use crate::types::type_::{TypeSpec, flags};

/// `list`.
pub static LIST_TYPE: TypeSpec = TypeSpec::of::<List>("list").flags(flags::BASE | flags::MATCH_SELF);
