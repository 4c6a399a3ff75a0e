//! Modules that need frames or the compiler, and the answers to [`objects::host::Host`].

pub mod ast;
pub mod async_generators;
pub mod audit;
pub mod builtin_functions;
pub mod builtins;
pub mod compile;
pub mod faulthandler;
pub mod gc;
pub mod generators;
pub mod host;
pub mod imp;
pub mod import;
pub mod intrinsics;
pub mod lsprof;
pub mod marshal;
pub mod monitoring;
pub mod opcode;
pub mod signal;
pub mod streams;
pub mod symtable;
pub mod sys;
pub mod sysconfig;
pub mod templates;
pub mod thread;
pub mod thread_local;
pub mod tokenize;
pub mod typing;
pub mod warnings;
pub mod weakrefs;

use objects::types::module::ModuleDef;
use objects::{Cx, PyResult};

/// Native modules that are here; the others are in `stdlib-native`.
pub static MODULES: &[&ModuleDef] = &[
    &ast::MODULE,
    &faulthandler::MODULE,
    &gc::MODULE,
    &imp::MODULE,
    &lsprof::MODULE,
    &marshal::MODULE,
    &opcode::MODULE,
    &signal::MODULE,
    &symtable::MODULE,
    &sys::MODULE,
    &sysconfig::MODULE,
    &thread::MODULE,
    &tokenize::MODULE,
    &typing::MODULE,
    &warnings::MODULE,
    &weakrefs::MODULE,
];

/// Runs the Python signal handlers that wait. On the main thread, at a poll.
pub fn run_signal_handlers(cx: &mut Cx) -> PyResult<()> {
    signal::run_handlers(cx)
}
