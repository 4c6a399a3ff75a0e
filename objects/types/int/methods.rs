//! `int`: its table.

use super::{Int, arith, as_int};
use crate::types::str::text;
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};

/// `int`.
pub static INT_TYPE: TypeSpec = TypeSpec::of::<Int>("int")
    .flags(flags::BASE | flags::MATCH_SELF)
    .slots(Slots {
        add: Some(arith::add),
        repr: Some(|_, v| Ok(text(&as_int(v).map_or_else(String::new, |i| i.to_big().to_string())))),
        ..Slots::NONE
    })
    .doc("Whole numbers of any size.");
