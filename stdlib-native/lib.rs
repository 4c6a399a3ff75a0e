//! Native modules of the standard library: data that importlib's builtin importer finds. One file or folder each.

pub mod codecs;
pub mod atexit;
pub mod collections;
pub mod contextvars;
pub mod errno;
pub mod functools;
pub mod guarded;
pub mod itertools;
pub mod math;
pub mod string;
pub mod random;
pub mod time;

use objects::types::module::ModuleDef;
use objects::types::type_::TypeSpec;

/// All modules of this crate.
pub static MODULES: &[&ModuleDef] =
    &[&codecs::MODULE, &string::MODULE, &time::MODULE, &itertools::MODULE, &collections::MODULE, &functools::MODULE, &math::MODULE];
pub static MODULES: &[&ModuleDef] = &[&time::MODULE, &itertools::MODULE, &collections::MODULE, &functools::MODULE, &math::MODULE, &errno::MODULE, &atexit::MODULE, &contextvars::MODULE, &random::MODULE];

/// The static types of each module; they are made at start-up.
pub static SPECS: &[&[&TypeSpec]] = &[itertools::SPECS, collections::SPECS, functools::SPECS, contextvars::SPECS, random::SPECS];
