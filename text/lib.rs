//! Algorithms behind the builtin types, on plain slices and numbers: nothing here knows the runtime.
//!
//! * strings: [`units`] and [`builder`] (the three widths), [`search`], [`split`], [`casing`], [`escape`], [`codec`],
//!   [`unicode`]
//! * text of numbers: [`float_text`], [`int_text`], [`bytes_text`]
//! * formatting: [`format_spec`], [`percent`], [`replacement`]
//! * numbers: [`int_float`], [`int_math`], [`float_math`], [`math`], [`complex`], [`cmath`], [`hash`], [`mersenne`],
//!   [`struct_format`]
//! * [`sort`] (list.sort), [`sre`] (regular expressions)
//!
//! Errors are data. Where CPython's message is fixed, the data carries it word for word, and the caller chooses
//! how to raise it.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod builder;
pub mod bytes_text;
pub mod casing;
pub mod cmath;
pub mod codec;
pub mod complex;
pub mod escape;
pub mod float_math;
pub mod float_text;
pub mod format_spec;
pub mod hash;
pub mod int_float;
pub mod int_math;
pub mod int_text;
pub mod math;
pub mod mersenne;
pub mod percent;
pub mod replacement;
pub mod search;
pub mod sort;
pub mod split;
pub mod sre;
pub mod struct_format;
pub mod unicode;
pub mod units;

#[cfg(test)]
mod goldens;

pub use builder::{StrBuilder, Text};
pub use units::{Unit, Units};
