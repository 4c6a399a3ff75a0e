//! Code objects as plain data: what the compiler produces, what `.pyc` files hold, what the runtime turns into code cells.

use crate::encode::Instr;
use crate::exceptions::{Handler, LiveRun};
use crate::positions::PositionTable;

/// `co_flags` bits, with CPython's values (Include/cpython/code.h).
pub mod flags {
    /// Locals live in registers.
    pub const OPTIMIZED: u32 = 0x1;
    /// A new locals mapping is made for each call.
    pub const NEWLOCALS: u32 = 0x2;
    /// Has `*args`.
    pub const VARARGS: u32 = 0x4;
    /// Has `**kwargs`.
    pub const VARKEYWORDS: u32 = 0x8;
    /// Defined inside a function.
    pub const NESTED: u32 = 0x10;
    /// Generator function.
    pub const GENERATOR: u32 = 0x20;
    /// `async def` without `yield`.
    pub const COROUTINE: u32 = 0x80;
    /// Generator usable in `await` (types.coroutine).
    pub const ITERABLE_COROUTINE: u32 = 0x100;
    /// `async def` with `yield`.
    pub const ASYNC_GENERATOR: u32 = 0x200;
    /// `from __future__ import barry_as_FLUFL`.
    pub const FUTURE_BARRY_AS_BDFL: u32 = 0x40_0000;
    /// `from __future__ import generator_stop`.
    pub const FUTURE_GENERATOR_STOP: u32 = 0x80_0000;
    /// `from __future__ import annotations`.
    pub const FUTURE_ANNOTATIONS: u32 = 0x100_0000;
    /// The first constant is a docstring.
    pub const HAS_DOCSTRING: u32 = 0x400_0000;
    /// Defined in a class body.
    pub const METHOD: u32 = 0x800_0000;
}

/// A constant. Strings are WTF-8, so that lone surrogates survive.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// An int that fits 64 bits.
    Int(i64),
    /// A larger int: sign and little-endian magnitude bytes.
    BigInt { negative: bool, magnitude: Box<[u8]> },
    /// A float (compared by bits).
    Float(u64),
    /// A complex: bits of the real and imaginary parts.
    Complex(u64, u64),
    /// A str, WTF-8; `interned` for names and identifier-like texts.
    Str { text: Box<[u8]>, interned: bool },
    /// A bytes.
    Bytes(Box<[u8]>),
    /// A tuple of constants.
    Tuple(Box<[Const]>),
    /// A frozenset of constants.
    FrozenSet(Box<[Const]>),
    /// A slice of constants.
    Slice(Box<[Const; 3]>),
    /// A nested code object.
    Code(Box<Code>),
}

/// What a local register is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum LocalKind {
    /// An ordinary local.
    Fast = 0,
    /// Holds a cell object: captured by inner functions (MakeCell has run).
    Cell = 1,
    /// A variable of an inlined comprehension: not in `co_varnames`, shown by `locals()` only inside.
    Hidden = 2,
    /// A cell of an inlined comprehension.
    HiddenCell = 3,
}

/// A code object.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// `co_name`, WTF-8.
    pub name: Box<[u8]>,
    /// `co_qualname`, WTF-8.
    pub qualname: Box<[u8]>,
    /// `co_filename`, WTF-8.
    pub filename: Box<[u8]>,
    /// `co_firstlineno`.
    pub first_line: u32,
    /// `co_argcount`: positional parameters, positional-only included.
    pub arg_count: u32,
    /// `co_posonlyargcount`.
    pub posonly_count: u32,
    /// `co_kwonlyargcount`.
    pub kwonly_count: u32,
    /// `co_flags`.
    pub flags: u32,
    /// Names of the local registers, in order: parameters (positional, keyword-only, *args, **kwargs) first.
    pub locals: Box<[(Box<[u8]>, LocalKind)]>,
    /// Names of the free variables, in the order of the closure tuple.
    pub freevars: Box<[Box<[u8]>]>,
    /// Registers needed: locals and the deepest temporaries.
    pub registers: u32,
    /// Constants and names.
    pub consts: Box<[Const]>,
    /// Instructions and their cache words.
    pub instrs: Box<[Instr]>,
    /// Exception handlers, innermost first for each pc (see [`Handler`]).
    pub handlers: Box<[Handler]>,
    /// Live depth of the temporaries.
    pub live: Box<[LiveRun]>,
    /// Lines and columns.
    pub positions: PositionTable,
}

impl Code {
    /// Number of local registers.
    pub fn local_count(&self) -> usize {
        self.locals.len()
    }
    /// Number of parameters' registers, `*args` and `**kwargs` included.
    pub fn param_count(&self) -> usize {
        (self.arg_count + self.kwonly_count) as usize
            + usize::from(self.flags & flags::VARARGS != 0)
            + usize::from(self.flags & flags::VARKEYWORDS != 0)
    }
}
