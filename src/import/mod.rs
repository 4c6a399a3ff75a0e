//! Import: the packed library, and what importlib asks of the interpreter (`_imp`).

pub mod library;
