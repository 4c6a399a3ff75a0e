//! Native modules of the standard library: data that importlib's builtin importer finds. One file or folder each.

pub mod time;

use objects::types::module::ModuleDef;

/// All modules of this crate.
pub static MODULES: &[&ModuleDef] = &[&time::MODULE];
