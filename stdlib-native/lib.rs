//! Native modules of the standard library: data that importlib's builtin importer finds. One file or folder each.

pub mod atexit;
pub mod codecs;
pub mod collections;
pub mod contextvars;
pub mod errno;
pub mod functools;
pub mod guarded;
pub mod io;
pub mod itertools;
pub mod math;
pub mod names;
pub mod random;
pub mod string;
pub mod time;

use objects::types::module::ModuleDef;
use objects::types::type_::TypeSpec;

/// All modules of this crate.
pub static MODULES: &[&ModuleDef] = &[
    &atexit::MODULE,
    &codecs::MODULE,
    &collections::MODULE,
    &contextvars::MODULE,
    &errno::MODULE,
    &functools::MODULE,
    &io::MODULE,
    &itertools::MODULE,
    &math::MODULE,
    &random::MODULE,
    &string::MODULE,
    &time::MODULE,
];

/// The static types of each module; they are made at start-up.
pub static SPECS: &[&[&TypeSpec]] = &[itertools::SPECS, collections::SPECS, functools::SPECS, contextvars::SPECS, random::SPECS, io::SPECS];
