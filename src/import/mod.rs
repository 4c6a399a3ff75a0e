//! Import: the packed library and the paths. importlib's own code does the rest, with what `_imp` gives it.

pub mod library;
pub mod paths;
