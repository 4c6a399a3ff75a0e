//! Native modules of the standard library: data that importlib's builtin importer finds. One file or folder each.

pub mod codecs;
pub mod string;
pub mod time;

use objects::types::module::ModuleDef;

/// All modules of this crate.
pub static MODULES: &[&ModuleDef] = &[&codecs::MODULE, &string::MODULE, &time::MODULE];
