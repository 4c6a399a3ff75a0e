//! Protocols: the one place where each operation on objects is resolved and applied.

pub mod arith;
pub mod attr;
pub mod buffer;
pub mod call;
pub mod compare;
pub mod hash;
pub mod item;
pub mod iter;
pub mod path;
pub mod text;
pub mod truth;
