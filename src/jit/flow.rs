//! Moves, constants, truth and jumps.

use super::compile::{After, Compiler, WORD, plain};
use bytecode::Op;
use bytecode::encode::KILL_B;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use gc::Word;

impl Compiler<'_, '_> {
    /// `ra = K[d]`
    pub fn load_k(&mut self, n: usize) -> bool {
        let i = self.instr(n);
        // The code keeps its constants alive, and they are deferred.
        let w = self.code.consts[i.index() as usize].word().borrowed();
        let w = self.b.ins().iconst(WORD, w.0 as i64);
        self.put(n, w);
        true
    }
    /// `ra = d`
    pub fn load_i(&mut self, n: usize) -> bool {
        let i = self.instr(n);
        let w = self.b.ins().iconst(WORD, Word::from_small_int(i64::from(i.signed())).0 as i64);
        self.put(n, w);
        true
    }
    /// `ra = rb`, moving.
    pub fn move_(&mut self, n: usize) -> bool {
        let w = self.get(self.instr(n).b() as usize);
        self.put(n, w);
        true
    }
    /// A register word with the uncounted mark, if it is a pointer or constant.
    pub fn borrowed(&mut self, w: Value) -> Value {
        let high = self.b.ins().ushr_imm_u(w, 48);
        let small = self.b.ins().icmp_imm_s(IntCC::Equal, high, 0);
        let mark = self.b.ins().uextend(WORD, small);
        self.b.ins().bor(w, mark)
    }
    /// `ra = rb`, uncounted.
    pub fn borrow(&mut self, n: usize) -> bool {
        let i = self.instr(n);
        let w = self.get(i.b() as usize);
        let w = self.borrowed(w);
        self.set(i.a() as usize, w);
        true
    }
    /// `ra = rb`, a counted copy.
    pub fn copy(&mut self, n: usize) -> bool {
        let i = self.instr(n);
        let (slow, done) = (self.cold(), self.b.create_block());
        let w = self.get(i.b() as usize);
        let is_pointer = self.is_pointer(w);
        let (pointer, store) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(is_pointer, pointer, &[], store, &[]);
        self.b.switch_to_block(pointer);
        // Counted words of this thread's cells; all others by the handler.
        let marked = self.b.ins().band_imm_s(w, 1);
        self.forbid(marked, slow);
        self.own(w, slow);
        self.b.ins().jump(store, &[]);
        self.b.switch_to_block(store);
        self.put(n, w);
        self.b.ins().jump(done, &[]);
        self.otherwise(slow, n, Op::Copy, After::Next, done);
        true
    }
    /// Counts one more reference to a cell of this thread's (a header address); goes to `slow` for others'.
    pub fn own(&mut self, h: Value, slow: cranelift_codegen::ir::Block) {
        let id = self.id;
        let owner = self.b.ins().uload16(types::I32, plain(), h, 4);
        let mine = self.b.ins().icmp(IntCC::Equal, owner, id);
        self.require(mine, slow);
        let local = self.b.ins().load(types::I32, plain(), h, 0);
        let more = self.b.ins().iadd_imm_s(local, 1);
        self.b.ins().store(plain(), more, h, 0);
    }
    /// Raises when register b has no value.
    pub fn check_bound(&mut self, n: usize) -> bool {
        let (slow, done) = (self.cold(), self.b.create_block());
        let w = self.get(self.instr(n).b() as usize);
        let unbound = self.b.ins().icmp_imm_s(IntCC::Equal, w, Word::UNBOUND.0 as i64);
        self.b.ins().brif(unbound, slow, &[], done, &[]);
        self.otherwise(slow, n, Op::CheckBound, After::Next, done);
        true
    }
    /// Empties local a.
    pub fn clear(&mut self, n: usize) -> bool {
        let a = self.instr(n).a() as usize;
        let old = self.get(a);
        let w = self.b.ins().iconst(WORD, Word::UNBOUND.0 as i64);
        self.set(a, w);
        self.drop_word(n, old);
        true
    }
    /// Drops temporary b.
    pub fn drop_temporary(&mut self, n: usize) -> bool {
        let w = self.get(self.instr(n).b() as usize);
        self.drop_word(n, w);
        true
    }
    /// `ra = rb is rc` or its opposite.
    pub fn is_op(&mut self, n: usize, op: Op) -> bool {
        let i = self.instr(n);
        let (x, y) = (self.get(i.b() as usize), self.get(i.c() as usize));
        let same = self.is(x, y);
        let same = if op == Op::IsNot { self.b.ins().bxor_imm_u(same, 1) } else { same };
        let w = self.from_bool(same);
        let (b, c) = (i.flags() & KILL_B != 0, i.flags() & bytecode::encode::KILL_C != 0);
        self.put(n, w);
        if b {
            self.drop_word(n, x);
        }
        if c {
            self.drop_word(n, y);
        }
        true
    }
    /// Jumps by a condition that has been computed.
    fn branch(&mut self, n: usize, t: Value) -> bool {
        let sense = self.instr(n).a() != 0;
        let (target, next) = (self.target(n), self.after(n));
        let (target, next) = (self.block(target), self.block(next));
        let (yes, no) = if sense { (target, next) } else { (next, target) };
        self.b.ins().brif(t, yes, &[], no, &[]);
        false
    }
    /// Jumps by identity, or by being None.
    pub fn jump_is(&mut self, n: usize, op: Op) -> bool {
        let i = self.instr(n);
        let x = self.get(i.b() as usize);
        let t = if op == Op::JumpNone {
            self.b.ins().icmp_imm_s(IntCC::Equal, x, Word::NONE.0 as i64)
        } else {
            let y = self.get(i.c() as usize);
            self.is(x, y)
        };
        self.kill_operands(n);
        self.branch(n, t)
    }
    fn kill_operands(&mut self, n: usize) {
        self.kill(n);
    }
    /// Jumps by truth: bools, None and ints here.
    pub fn jump_if(&mut self, n: usize) -> bool {
        let i = self.instr(n);
        let sense = i.a() != 0;
        let (target, next) = (self.target(n), self.after(n));
        let (t, e) = (self.block(target), self.block(next));
        let (yes, no) = if sense { (t, e) } else { (e, t) };
        let (slow, not_true, not_false, not_none) = (self.cold(), self.b.create_block(), self.b.create_block(), self.b.create_block());
        let w = self.get(i.b() as usize);
        let is_true = self.b.ins().icmp_imm_s(IntCC::Equal, w, Word::TRUE.0 as i64);
        self.b.ins().brif(is_true, yes, &[], not_true, &[]);
        self.b.switch_to_block(not_true);
        let is_false = self.b.ins().icmp_imm_s(IntCC::Equal, w, Word::FALSE.0 as i64);
        self.b.ins().brif(is_false, no, &[], not_false, &[]);
        self.b.switch_to_block(not_false);
        let is_none = self.b.ins().icmp_imm_s(IntCC::Equal, w, Word::NONE.0 as i64);
        self.b.ins().brif(is_none, no, &[], not_none, &[]);
        self.b.switch_to_block(not_none);
        let tag = self.tag(w);
        let is_int = self.is_int_tag(tag);
        self.require(is_int, slow);
        let high = self.high(w);
        self.b.ins().brif(high, yes, &[], no, &[]);
        self.b.switch_to_block(slow);
        if self.by_handler(n, Op::JumpIf, After::Jump(target)) {
            self.b.ins().jump(e, &[]);
        }
        false
    }
    /// `ra = not rb` and `ra = bool(rb)`: bools here.
    pub fn truth(&mut self, n: usize, op: Op) -> bool {
        let i = self.instr(n);
        let (slow, done) = (self.cold(), self.b.create_block());
        let w = self.get(i.b() as usize);
        // TRUE is FALSE + 2.
        let above = self.b.ins().iadd_imm_s(w, -(Word::FALSE.0 as i64));
        let other = self.b.ins().band_imm_s(above, !2);
        self.forbid(other, slow);
        let w = if op == Op::Not {
            let t = self.b.ins().bxor_imm_u(above, 2);
            self.b.ins().iadd_imm_s(t, Word::FALSE.0 as i64)
        } else {
            w
        };
        self.put(n, w);
        self.b.ins().jump(done, &[]);
        self.otherwise(slow, n, op, After::Next, done);
        true
    }
    /// Jumps always.
    pub fn jump(&mut self, n: usize) -> bool {
        let target = self.target(n);
        let target = self.block(target);
        self.b.ins().jump(target, &[]);
        false
    }
    /// Jumps back, polling.
    pub fn jump_back(&mut self, n: usize) -> bool {
        self.poll(n);
        self.jump(n)
    }
}
