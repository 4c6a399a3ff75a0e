//! Native modules of the standard library: data that importlib's builtin importer finds. One file or folder each.

pub mod codecs;
pub mod collections;
pub mod functools;
pub mod guarded;
pub mod itertools;
pub mod math;
pub mod string;
pub mod time;

use objects::types::module::ModuleDef;
use objects::types::type_::TypeSpec;

/// All modules of this crate.
pub static MODULES: &[&ModuleDef] =
    &[&codecs::MODULE, &string::MODULE, &time::MODULE, &itertools::MODULE, &collections::MODULE, &functools::MODULE, &math::MODULE];

/// The static types of each module; they are made at start-up.
pub static SPECS: &[&[&TypeSpec]] = &[itertools::SPECS, collections::SPECS, functools::SPECS];
