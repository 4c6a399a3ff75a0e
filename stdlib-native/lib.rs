//! Native modules of the standard library: data that importlib's builtin importer finds. One file or folder each.

pub mod abc;
pub mod arrays;
pub mod asyncio;
pub mod atexit;
pub mod binascii;
pub mod bisect;
pub mod clock;
pub mod cmath;
pub mod codecs;
pub mod collections;
pub mod compression;
pub mod contextvars;
pub mod csv;
pub mod datetime;
pub mod errno;
pub mod fcntl;
pub mod functools;
pub mod grp;
pub mod guarded;
pub mod hashes;
pub mod heapq;
pub mod io;
pub mod itertools;
pub mod json;
pub mod locale;
pub mod math;
pub mod mmap;
pub mod multiprocessing;
pub mod name;
pub mod operator;
pub mod pickle;
pub mod posix;
pub mod posixshmem;
pub mod posixsubprocess;
pub mod pwd;
pub mod queue;
pub mod random;
pub mod resource;
pub mod select;
pub mod socket;
pub mod sqlite;
pub mod sre;
pub mod stat;
pub mod statistics;
pub mod string;
pub mod structs;
pub mod suggestions;
pub mod syslog;
pub mod termios;
pub mod time;
pub mod tls;
pub mod types;
pub mod unicodedata;
pub mod uuid;
pub mod xml;

use objects::types::module::ModuleDef;
use objects::types::type_::TypeSpec;

/// All modules of this crate.
pub static MODULES: &[&ModuleDef] = &[
    &abc::MODULE,
    &arrays::MODULE,
    &asyncio::MODULE,
    &atexit::MODULE,
    &binascii::MODULE,
    &bisect::MODULE,
    &cmath::MODULE,
    &codecs::MODULE,
    &collections::MODULE,
    &compression::bz2::MODULE,
    &compression::lzma::MODULE,
    &compression::zlib::MODULE,
    &compression::zstd::MODULE,
    &contextvars::MODULE,
    &csv::MODULE,
    &datetime::MODULE,
    &errno::MODULE,
    &fcntl::MODULE,
    &functools::MODULE,
    &grp::MODULE,
    &hashes::blake2::MODULE,
    &hashes::derive::MODULE,
    &hashes::hmac::MODULE,
    &hashes::object::MD5_MODULE,
    &hashes::object::SHA1_MODULE,
    &hashes::object::SHA2_MODULE,
    &hashes::object::SHA3_MODULE,
    &heapq::MODULE,
    &io::MODULE,
    &itertools::MODULE,
    &json::MODULE,
    &locale::MODULE,
    &math::MODULE,
    &mmap::MODULE,
    &multiprocessing::MODULE,
    &operator::MODULE,
    &pickle::MODULE,
    &posix::MODULE,
    &posixshmem::MODULE,
    &posixsubprocess::MODULE,
    &pwd::MODULE,
    &queue::MODULE,
    &random::MODULE,
    &resource::MODULE,
    &select::MODULE,
    &socket::MODULE,
    &sqlite::MODULE,
    &sre::MODULE,
    &stat::MODULE,
    &statistics::MODULE,
    &string::MODULE,
    &structs::MODULE,
    &suggestions::MODULE,
    &syslog::MODULE,
    &termios::MODULE,
    &time::MODULE,
    &tls::MODULE,
    &types::MODULE,
    &unicodedata::MODULE,
    &uuid::MODULE,
    &xml::etree::MODULE,
    &xml::expat::MODULE,
];

/// The static types of each module; they are made at start-up.
#[rustfmt::skip]
pub static SPECS: &[&[&TypeSpec]] = &[
    abc::SPECS,
    arrays::SPECS,
    asyncio::SPECS,
    binascii::SPECS,
    collections::SPECS,
    compression::SPECS,
    contextvars::SPECS,
    csv::SPECS,
    datetime::SPECS,
    functools::SPECS,
    hashes::SPECS,
    io::SPECS,
    itertools::SPECS,
    json::SPECS,
    mmap::SPECS,
    multiprocessing::SPECS,
    operator::SPECS,
    pickle::SPECS,
    posix::SPECS,
    queue::SPECS,
    random::SPECS,
    select::SPECS,
    socket::SPECS,
    sqlite::SPECS,
    sre::SPECS,
    structs::SPECS,
    tls::SPECS,
    types::SPECS,
    unicodedata::SPECS,
    xml::SPECS,
];
