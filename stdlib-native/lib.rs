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
pub mod name;
pub mod posix;
pub mod random;
pub mod resource;
pub mod sre;
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
    &posix::MODULE,
    &random::MODULE,
    &resource::MODULE,
    &sre::MODULE,
    &string::MODULE,
    &time::MODULE,
];

/// The static types of each module; they are made at start-up.
#[rustfmt::skip]
pub static SPECS: &[&[&TypeSpec]] = &[
    collections::SPECS,
    contextvars::SPECS,
    functools::SPECS,
    io::SPECS,
    itertools::SPECS,
    posix::SPECS,
    random::SPECS,
    sre::SPECS,
];
