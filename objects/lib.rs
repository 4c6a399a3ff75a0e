//! The object model: values with types, attribute lookup, the call protocol and all builtin types. Reaches Python code only through type slots that
//! the interpreter fills in, and asks it questions only through [`host::Host`].
//!
//! Map: [`cx`] the per-thread context · [`error`] raising · [`args`] arguments and signatures · [`native`] natives as data · [`protocol`] THE
//! operations · [`types`] the builtin types · [`ids`] static type ids · [`names`] interned names · [`finalise`] finalisers and weak references ·
//! [`init`] start-up · [`host`] what the interpreter answers.

pub mod args;
pub mod codecs;
pub mod cx;
pub mod error;
pub mod finalise;
pub mod host;
pub mod ids;
pub mod init;
pub mod names;
pub mod native;
pub mod protocol;
#[cfg(test)]
pub(crate) mod test_support;
pub mod types;

pub use args::Args;
pub use cx::Cx;
pub use error::{PyResult, Raised};
pub use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};
