//! The 8-byte instruction word.
//!
//! ```text
//!  bits  0..8   opcode
//!  bits  8..16  a      register, immediate or count, as the opcode's row in `ops` says
//!  bits 16..24  b
//!  bits 24..32  c
//!  bits 32..56  d      24-bit signed or unsigned: constant or name index, jump distance, count
//!  bits 56..64  flags  KILL_A KILL_B KILL_C DROP_A INPLACE, and two bits of the opcode's own
//! ```
//!
//! *Kill* flags: the register is a temporary whose last use this is. It is dropped (or moved out) by the instruction
//! after success; if the instruction raises, the unwinder drops it instead, since it is still below the live depth.
//! *DROP_A*: `a` is written and is a local, so its old word is dropped. Writing a temporary never drops.
//!
//! An instruction with registers above 255 is preceded by a [`crate::Op::Wide`] word whose a, b and c are the high
//! bytes of the next instruction's a, b and c (registers only: immediates and counts keep 8 bits).

use crate::ops::Op;

/// One instruction or one inline-cache word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Instr(pub u64);

/// `a` is a temporary read here for the last time.
pub const KILL_A: u8 = 1 << 7;
/// `b` is a temporary read here for the last time.
pub const KILL_B: u8 = 1 << 6;
/// `c` is a temporary read here for the last time.
pub const KILL_C: u8 = 1 << 5;
/// `a` is a local that is written: its old word must be dropped.
pub const DROP_A: u8 = 1 << 4;
/// The augmented-assignment form of a binary operator.
pub const INPLACE: u8 = 1 << 3;

impl Instr {
    /// Builds a word; `d` is truncated to its 24 low bits.
    pub const fn new(op: Op, a: u8, b: u8, c: u8, d: i32, flags: u8) -> Self {
        Instr(
            op as u64
                | (a as u64) << 8
                | (b as u64) << 16
                | (flags as u64) << 24
                | ((d as u32 & 0x00ff_ffff) as u64) << 32
                | (c as u64) << 56,
        )
    }
    /// The raw opcode byte.
    pub const fn op_byte(self) -> u8 {
        self.0 as u8
    }
    /// The opcode; `None` when the byte is not one.
    pub fn op(self) -> Option<Op> {
        Op::from_byte(self.op_byte())
    }
    /// Operand a.
    pub const fn a(self) -> u8 {
        (self.0 >> 8) as u8
    }
    /// Operand b.
    pub const fn b(self) -> u8 {
        (self.0 >> 16) as u8
    }
    /// Operand c.
    pub const fn c(self) -> u8 {
        (self.0 >> 56) as u8
    }
    /// Operand d as an index or a count.
    pub const fn index(self) -> u32 {
        (self.0 >> 32) as u32 & 0x00ff_ffff
    }
    /// Operand d as a signed number.
    pub const fn signed(self) -> i32 {
        ((self.0 >> 24) as i32) >> 8
    }
    /// The flag byte.
    pub const fn flags(self) -> u8 {
        (self.0 >> 24) as u8
    }
    /// The same word with another opcode.
    pub const fn with_op(self, op: Op) -> Self {
        Instr(self.0 & !0xff | op as u64)
    }
    /// The same word with another c.
    pub const fn with_c(self, c: u8) -> Self {
        Instr(self.0 & !(0xff << 56) | (c as u64) << 56)
    }
    /// The same word with another d.
    pub const fn with_d(self, d: i32) -> Self {
        Instr(self.0 & !(0x00ff_ffff << 32) | ((d as u32 & 0x00ff_ffff) as u64) << 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_round_trip() {
        let i = Instr::new(Op::Add, 1, 2, 255, -5, KILL_B | INPLACE);
        assert_eq!((i.op(), i.a(), i.b(), i.c(), i.signed(), i.flags()), (Some(Op::Add), 1, 2, 255, -5, KILL_B | INPLACE));
        assert_eq!(i.with_d(0xfffff).index(), 0xfffff);
        assert_eq!(i.with_d(-1).signed(), -1);
        assert_eq!(i.with_op(Op::Sub).op(), Some(Op::Sub));
    }
}
