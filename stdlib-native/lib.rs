//! Native modules of the standard library: data that importlib's builtin importer finds. One file or folder each.

pub mod abc;
pub mod atexit;
pub mod bisect;
pub mod cmath;
pub mod codecs;
pub mod collections;
pub mod compression;
pub mod contextvars;
pub mod errno;
pub mod functools;
pub mod guarded;
pub mod heapq;
pub mod io;
pub mod itertools;
pub mod math;
pub mod name;
pub mod operator;
pub mod posix;
pub mod queue;
pub mod random;
pub mod resource;
pub mod sre;
pub mod stat;
pub mod statistics;
pub mod string;
pub mod structs;
pub mod time;
pub mod types;

use objects::types::module::ModuleDef;
use objects::types::type_::TypeSpec;

/// All modules of this crate.
pub static MODULES: &[&ModuleDef] = &[
    &abc::MODULE,
    &atexit::MODULE,
    &bisect::MODULE,
    &cmath::MODULE,
    &codecs::MODULE,
    &collections::MODULE,
    &compression::bz2::MODULE,
    &compression::lzma::MODULE,
    &compression::zlib::MODULE,
    &compression::zstd::MODULE,
    &contextvars::MODULE,
    &errno::MODULE,
    &functools::MODULE,
    &heapq::MODULE,
    &io::MODULE,
    &itertools::MODULE,
    &math::MODULE,
    &operator::MODULE,
    &posix::MODULE,
    &queue::MODULE,
    &random::MODULE,
    &resource::MODULE,
    &sre::MODULE,
    &stat::MODULE,
    &statistics::MODULE,
    &string::MODULE,
    &structs::MODULE,
    &time::MODULE,
    &types::MODULE,
];

/// The static types of each module; they are made at start-up.
#[rustfmt::skip]
pub static SPECS: &[&[&TypeSpec]] = &[
    abc::SPECS,
    collections::SPECS,
    compression::SPECS,
    contextvars::SPECS,
    functools::SPECS,
    io::SPECS,
    itertools::SPECS,
    operator::SPECS,
    posix::SPECS,
    queue::SPECS,
    random::SPECS,
    sre::SPECS,
    structs::SPECS,
    types::SPECS,
];
