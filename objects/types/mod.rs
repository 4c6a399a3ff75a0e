//! The builtin types, one file or folder each: `mod.rs` representation, `methods.rs` the tables.

pub mod alias;
pub mod bool;
pub mod bytearray;
pub mod bytes;
pub mod cell;
pub mod code;
pub mod complex;
pub mod constants;
pub mod dict;
pub mod exception;
pub mod float;
pub mod function;
pub mod instance;
pub mod int;
pub mod iterators;
pub mod list;
pub mod method;
pub mod module;
pub mod more;
pub mod namespace;
pub mod number_text;
pub mod object;
pub mod property;
pub mod range;
pub mod set;
pub mod slice;
pub mod str;
pub mod structseq;
pub mod super_;
pub mod tuple;
pub mod type_;
pub mod weak;

pub use type_::{Downcast, Type, as_type, by_id, type_id_of, type_of};
