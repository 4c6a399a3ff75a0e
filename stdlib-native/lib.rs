//! Native modules of the standard library: data that importlib's builtin importer finds. One file or folder each.

pub mod atexit;
pub mod clock;
pub mod codecs;
pub mod collections;
pub mod contextvars;
pub mod errno;
pub mod fcntl;
pub mod functools;
pub mod grp;
pub mod guarded;
pub mod itertools;
pub mod math;
pub mod name;
pub mod posix;
pub mod posixsubprocess;
pub mod pwd;
pub mod random;
pub mod resource;
pub mod select;
pub mod socket;
pub mod sre;
pub mod stat;
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
    &fcntl::MODULE,
    &functools::MODULE,
    &grp::MODULE,
    &itertools::MODULE,
    &math::MODULE,
    &posix::MODULE,
    &posixsubprocess::MODULE,
    &pwd::MODULE,
    &random::MODULE,
    &resource::MODULE,
    &select::MODULE,
    &socket::MODULE,
    &sre::MODULE,
    &stat::MODULE,
    &string::MODULE,
    &time::MODULE,
];

/// The static types of each module; they are made at start-up.
#[rustfmt::skip]
pub static SPECS: &[&[&TypeSpec]] = &[
    collections::SPECS,
    contextvars::SPECS,
    functools::SPECS,
    itertools::SPECS,
    posix::SPECS,
    random::SPECS,
    sre::SPECS, select::SPECS, socket::SPECS];
