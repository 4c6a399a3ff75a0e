//! The list of static types whose folders declare them in a `SPECS` or a single constant: one line per type.

use super::type_::TypeSpec;

/// Types after the fundamental ones, bases first.
pub static SPECS: &[&TypeSpec] = &[];
