//! Registers, tags and counting as machine code.

use super::compile::{After, Compiler, plain};
use crate::vm::frame::{Pc, Regs};
use crate::vm::{ops, unwind};
use bytecode::encode::{DROP_A, KILL_A, KILL_B, KILL_C};
use bytecode::{Instr, Op};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use gc::Word;
use objects::Cx;

use super::Pair;
use super::compile::WORD;

/// Bits that a counted pointer has not.
const NOT_COUNTED: i64 = (0xffff_u64 << 48 | 1) as i64;
/// Bits that a pointer has not.
const NOT_POINTER: i64 = (0xffff_u64 << 48 | 0xe) as i64;
/// The tag of ints, and bits below it.
pub const INT_SHIFT: i64 = 49;
const INT_TAG: i64 = 0xfffe_0000_0000_0000_u64 as i64;
const FLOAT_BIAS: i64 = 1 << 49;

/// Drops a dying word (given in the instruction's place), and runs what became due. For machine code.
unsafe extern "sysv64" fn drop_word(cx: &mut Cx, pc: Pc, r: Regs, w: Word) -> Pair {
    // SAFETY: the machine code owned the word.
    unsafe { ops::drop_now(cx, pc, w) };
    Pair { pc, r }
}

/// Polls at the instruction at `pc`: goes on there, or elsewhere.
unsafe extern "sysv64" fn poll(cx: &mut Cx, pc: Pc, r: Regs, _i: Instr) -> Pair {
    // SAFETY: the current instruction.
    unsafe {
        ops::save(cx, pc);
        match crate::vm::poll::poll(cx) {
            Ok(()) => Pair { pc, r },
            Err(e) => {
                let (pc, r) = unwind::raise(cx, e);
                Pair { pc, r }
            }
        }
    }
}

impl Compiler<'_, '_> {
    /// The word of register `n`.
    pub fn get(&mut self, n: usize) -> Value {
        let r = self.r;
        self.b.ins().load(WORD, plain(), r, 8 * n as i32)
    }
    /// Stores a word into register `n`, which has none that must be dropped.
    pub fn set(&mut self, n: usize, w: Value) {
        let r = self.r;
        self.b.ins().store(plain(), w, r, 8 * n as i32);
    }
    /// A block off the straight way.
    pub fn cold(&mut self) -> Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        block
    }
    /// Goes on in a new block if `condition` holds, otherwise at `other`.
    pub fn require(&mut self, condition: Value, other: Block) {
        let next = self.b.create_block();
        self.b.ins().brif(condition, next, &[], other, &[]);
        self.b.switch_to_block(next);
    }
    /// Goes on in a new block unless `condition` holds, else at `other`.
    pub fn forbid(&mut self, condition: Value, other: Block) {
        let next = self.b.create_block();
        self.b.ins().brif(condition, other, &[], next, &[]);
        self.b.switch_to_block(next);
    }
    /// Writes the result of instruction `n` to register a.
    pub fn put(&mut self, n: usize, w: Value) {
        let i = self.instr(n);
        let a = i.a() as usize;
        if i.flags() & DROP_A != 0 {
            let old = self.get(a);
            self.set(a, w);
            self.drop_word(n, old);
        } else {
            self.set(a, w);
        }
    }
    /// Whether a word must be dropped.
    pub fn is_counted(&mut self, w: Value) -> Value {
        let bits = self.b.ins().band_imm_s(w, NOT_COUNTED);
        self.b.ins().icmp_imm_s(IntCC::Equal, bits, 0)
    }
    /// Drops a word that dies in instruction `n`.
    pub fn drop_word(&mut self, n: usize, w: Value) {
        let (counted, done) = (self.cold(), self.b.create_block());
        let is_counted = self.is_counted(w);
        self.b.ins().brif(is_counted, counted, &[], done, &[]);
        self.b.switch_to_block(counted);
        self.drop_counted(n, w, done);
        self.b.switch_to_block(done);
    }
    /// Drops a word that dies in the instruction at `pc` of the current frame, whose registers are `r`.
    pub fn drop_at(&mut self, pc: Value, r: Value, w: Value) {
        let (counted, done) = (self.cold(), self.b.create_block());
        let is_counted = self.is_counted(w);
        self.b.ins().brif(is_counted, counted, &[], done, &[]);
        self.b.switch_to_block(counted);
        let slow = self.uncount(w, done);
        self.b.switch_to_block(slow);
        let f = self.b.ins().iconst(WORD, drop_word as *const () as i64);
        let (cx, signature) = (self.cx, self.signature);
        self.b.ins().call_indirect(signature, f, &[cx, pc, r, w]);
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(done);
    }
    /// Drops a counted word, and goes on at `done`.
    pub fn drop_counted(&mut self, n: usize, w: Value, done: Block) {
        let slow = self.uncount(w, done);
        self.b.switch_to_block(slow);
        self.call(n, drop_word as *const () as usize, w);
        self.b.ins().jump(done, &[]);
    }
    /// Counts one reference less to a cell of this thread's that has more than one, and goes on at `done`; gives the block for all other cells.
    fn uncount(&mut self, w: Value, done: Block) -> Block {
        let (slow, own, several) = (self.cold(), self.b.create_block(), self.b.create_block());
        let id = self.id;
        let owner = self.b.ins().uload16(types::I32, plain(), w, 4);
        let mine = self.b.ins().icmp(IntCC::Equal, owner, id);
        self.b.ins().brif(mine, own, &[], slow, &[]);
        self.b.switch_to_block(own);
        let local = self.b.ins().load(types::I32, plain(), w, 0);
        let less = self.b.ins().iadd_imm_s(local, -1);
        self.b.ins().brif(less, several, &[], slow, &[]);
        self.b.switch_to_block(several);
        self.b.ins().store(plain(), less, w, 0);
        self.b.ins().jump(done, &[]);
        slow
    }
    /// Calls a function that has the signature of handlers, with a word in the instruction's place.
    pub fn call(&mut self, n: usize, f: usize, w: Value) -> (Value, Value) {
        let pc = self.address(n);
        let f = self.b.ins().iconst(WORD, f as i64);
        let (cx, r, signature) = (self.cx, self.r, self.signature);
        let call = self.b.ins().call_indirect(signature, f, &[cx, pc, r, w]);
        self.pair(call)
    }
    /// Polls before instruction `n`, which has had no effect yet.
    pub fn poll(&mut self, n: usize) {
        let (slow, done) = (self.cold(), self.b.create_block());
        let cx = self.cx;
        let slot = self.b.ins().load(WORD, plain(), cx, std::mem::offset_of!(Cx, slot) as i32);
        let bits = self.b.ins().load(types::I32, plain(), slot, std::mem::offset_of!(sync::threads::Slot, poll) as i32);
        self.b.ins().brif(bits, slow, &[], done, &[]);
        self.b.switch_to_block(slow);
        let none = self.b.ins().iconst(WORD, 0);
        let (p, q) = self.call(n, poll as *const () as usize, none);
        self.expect(p, q, n);
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(done);
    }
    /// Drops the operands of instruction `n` whose kill flags are set.
    pub fn kill(&mut self, n: usize) {
        let i = self.instr(n);
        for (flag, at) in [(KILL_A, i.a()), (KILL_B, i.b()), (KILL_C, i.c())] {
            if i.flags() & flag != 0 {
                let w = self.get(at as usize);
                self.drop_word(n, w);
            }
        }
    }
    /// Fills the cold block `slow` with a call of the handler of instruction `n`, after which it goes on at `done` or where the handler says.
    pub fn otherwise(&mut self, slow: Block, n: usize, op: Op, after: After, done: Block) {
        self.b.switch_to_block(slow);
        if self.by_handler(n, op, after) {
            self.b.ins().jump(done, &[]);
        }
        self.b.switch_to_block(done);
    }

    // ---- tags ----

    /// Whether a word is a pointer.
    pub fn is_pointer(&mut self, w: Value) -> Value {
        let bits = self.b.ins().band_imm_s(w, NOT_POINTER);
        self.b.ins().icmp_imm_s(IntCC::Equal, bits, 0)
    }
    /// The address that a pointer word has.
    pub fn header(&mut self, w: Value) -> Value {
        self.b.ins().band_imm_s(w, -2)
    }
    /// The 15 bits that tell numbers.
    pub fn tag(&mut self, w: Value) -> Value {
        self.b.ins().ushr_imm_u(w, INT_SHIFT)
    }
    /// Whether a tag is that of ints.
    pub fn is_int_tag(&mut self, tag: Value) -> Value {
        self.b.ins().icmp_imm_s(IntCC::Equal, tag, 0x7fff)
    }
    /// Whether a tag is that of floats.
    pub fn is_float_tag(&mut self, tag: Value) -> Value {
        let less = self.b.ins().iadd_imm_s(tag, -1);
        self.b.ins().icmp_imm_s(IntCC::UnsignedLessThan, less, 0x7ffe)
    }
    /// Whether both words are ints.
    pub fn both_int(&mut self, x: Value, y: Value) -> Value {
        let both = self.b.ins().band(x, y);
        let tag = self.tag(both);
        self.is_int_tag(tag)
    }
    /// The int of a word, shifted left by 15: compared and added like the int itself, with overflow where it leaves the word.
    pub fn high(&mut self, w: Value) -> Value {
        self.b.ins().ishl_imm_u(w, 15)
    }
    /// The int of a word.
    pub fn int(&mut self, w: Value) -> Value {
        let high = self.high(w);
        self.b.ins().sshr_imm_u(high, 15)
    }
    /// The word of an int that is shifted left by 15.
    pub fn from_high(&mut self, high: Value) -> Value {
        let low = self.b.ins().ushr_imm_u(high, 15);
        self.b.ins().bor_imm_s(low, INT_TAG)
    }
    /// The word of an int that fits.
    pub fn from_int(&mut self, int: Value) -> Value {
        self.b.ins().bor_imm_s(int, INT_TAG)
    }
    /// The double of a float word.
    pub fn float(&mut self, w: Value) -> Value {
        let bits = self.b.ins().iadd_imm_s(w, -FLOAT_BIAS);
        self.b.ins().bitcast(types::F64, plain_cast(), bits)
    }
    /// The word of the result of + - * / on floats out of words.
    pub fn from_float(&mut self, f: Value) -> Value {
        let bits = self.b.ins().bitcast(WORD, plain_cast(), f);
        self.b.ins().iadd_imm_s(bits, FLOAT_BIAS)
    }
    /// The word of a bool that is 0 or 1.
    pub fn from_bool(&mut self, t: Value) -> Value {
        let t = self.b.ins().uextend(WORD, t);
        let t = self.b.ins().ishl_imm_u(t, 1);
        self.b.ins().iadd_imm_s(t, Word::FALSE.0 as i64)
    }
    /// Whether two words are the same object.
    pub fn is(&mut self, x: Value, y: Value) -> Value {
        // Equal but for the mark. (Numbers that differ in bit 0 only are told apart by the tag.)
        let difference = self.b.ins().bxor(x, y);
        let marked = self.b.ins().icmp_imm_s(IntCC::Equal, difference, 1);
        let equal = self.b.ins().icmp_imm_s(IntCC::Equal, difference, 0);
        let pointer = self.is_pointer(x);
        let same = self.b.ins().band(marked, pointer);
        self.b.ins().bor(equal, same)
    }
}

fn plain_cast() -> cranelift_codegen::ir::MemFlagsData {
    cranelift_codegen::ir::MemFlagsData::new()
}
