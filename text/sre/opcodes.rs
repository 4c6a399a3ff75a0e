//! The instruction set of compiled patterns, as `re._constants` numbers it.

/// Version of the instruction set (`_sre.MAGIC`).
pub const MAGIC: u32 = 20_230_612;
/// `_sre.MAXREPEAT`: as an upper bound of a repeat, "no limit".
pub const MAX_REPEAT: u32 = u32::MAX;
/// `_sre.MAXGROUPS`
pub const MAX_GROUPS: u32 = 1_073_741_823;

macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident { $($item:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        #[allow(missing_docs)]
        pub enum $name { $($item),* }

        impl $name {
            const ALL: &'static [$name] = &[$($name::$item),*];

            /// The item with this number.
            #[inline]
            pub fn new(number: u32) -> Option<$name> {
                $name::ALL.get(number as usize).copied()
            }
        }
    };
}

numbered! {
    /// Instructions; operands follow in the code.
    Op {
        Failure, Success, Any, AnyAll, Assert, AssertNot, At, Branch, Category, Charset, BigCharset, GroupRef, GroupRefExists, In, Info,
        Jump, Literal, Mark, MaxUntil, MinUntil, NotLiteral, Negate, Range, Repeat, RepeatOne, Subpattern, MinRepeatOne, AtomicGroup,
        PossessiveRepeat, PossessiveRepeatOne, GroupRefIgnore, InIgnore, LiteralIgnore, NotLiteralIgnore, GroupRefLocIgnore, InLocIgnore,
        LiteralLocIgnore, NotLiteralLocIgnore, GroupRefUniIgnore, InUniIgnore, LiteralUniIgnore, NotLiteralUniIgnore, RangeUniIgnore,
    }
}

numbered! {
    /// Positions, the operand of [`Op::At`].
    At {
        Beginning, BeginningLine, BeginningString, Boundary, NonBoundary, End, EndLine, EndString, LocBoundary, LocNonBoundary,
        UniBoundary, UniNonBoundary,
    }
}

numbered! {
    /// Classes of characters, the operand of [`Op::Category`].
    Category {
        Digit, NotDigit, Space, NotSpace, Word, NotWord, Linebreak, NotLinebreak, LocWord, LocNotWord, UniDigit, UniNotDigit, UniSpace,
        UniNotSpace, UniWord, UniNotWord, UniLinebreak, UniNotLinebreak,
    }
}

/// A bit of the INFO block: it has a literal prefix.
pub const INFO_PREFIX: u32 = 1;
/// A bit of the INFO block: the prefix is the whole pattern.
pub const INFO_LITERAL: u32 = 2;
/// A bit of the INFO block: it has the set of first characters.
pub const INFO_CHARSET: u32 = 4;

impl Op {
    /// Number of words of an instruction that matches exactly one character; `None` for other instructions. `skip` is
    /// the word after the opcode.
    pub fn unit_len(self, skip: u32) -> Option<usize> {
        match self {
            Op::Any | Op::AnyAll => Some(1),
            Op::Literal
            | Op::NotLiteral
            | Op::LiteralIgnore
            | Op::NotLiteralIgnore
            | Op::LiteralLocIgnore
            | Op::NotLiteralLocIgnore
            | Op::LiteralUniIgnore
            | Op::NotLiteralUniIgnore
            | Op::Category => Some(2),
            Op::In | Op::InIgnore | Op::InLocIgnore | Op::InUniIgnore => Some(1 + skip as usize),
            _ => None,
        }
    }
}
