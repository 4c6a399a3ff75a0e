//! What compiler and runtime share: the opcode table, code objects as plain data, position, exception and
//! liveness tables, their serialised form and the disassembler. A leaf: it depends on no other crate here.
//!
//! Map: [`ops`] the one table of opcodes · [`encode`] the 8-byte instruction · [`code`] code objects and constants ·
//! [`positions`] lines and columns · [`exceptions`] handlers and live temporaries · [`serialise`] the `.pyc` body ·
//! [`disasm`] text for people and golden tests.
#![forbid(unsafe_code)]

pub mod code;
pub mod disasm;
pub mod encode;
pub mod exceptions;
pub mod ops;
pub mod positions;
pub mod serialise;

pub use code::{Code, Const, LocalKind, flags};
pub use encode::Instr;
pub use exceptions::{Handler, LiveRun};
pub use ops::Op;
pub use positions::{Position, PositionTable};
