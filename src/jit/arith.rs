//! Arithmetic, comparisons and conditional jumps on ints and floats; everything else goes to the handlers.

use super::compile::{After, Compiler, WORD};
use bytecode::Op;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};

/// A comparison for ints and for floats.
fn condition(op: Op) -> Option<(IntCC, FloatCC)> {
    use Op as O;
    Some(match op {
        O::Lt | O::JumpLt | O::JumpLtI => (IntCC::SignedLessThan, FloatCC::LessThan),
        O::Le | O::JumpLe | O::JumpLeI => (IntCC::SignedLessThanOrEqual, FloatCC::LessThanOrEqual),
        O::Eq | O::JumpEq | O::JumpEqI => (IntCC::Equal, FloatCC::Equal),
        O::Ne | O::JumpNe | O::JumpNeI => (IntCC::NotEqual, FloatCC::NotEqual),
        O::Gt | O::JumpGt | O::JumpGtI => (IntCC::SignedGreaterThan, FloatCC::GreaterThan),
        O::Ge | O::JumpGe | O::JumpGeI => (IntCC::SignedGreaterThanOrEqual, FloatCC::GreaterThanOrEqual),
        _ => return None,
    })
}

impl Compiler<'_, '_> {
    /// A block that gets a result.
    pub fn result_block(&mut self) -> (Block, Value) {
        let block = self.b.create_block();
        let result = self.b.append_block_param(block, WORD);
        (block, result)
    }
    /// Fills that block: stores the result of instruction `n`, and goes on at `done`.
    fn store(&mut self, n: usize, block: Block, result: Value, done: Block) {
        self.b.switch_to_block(block);
        self.put(n, result);
        self.b.ins().jump(done, &[]);
    }

    /// The double of a word that is an int or a float; goes to `slow` for anything else.
    fn number(&mut self, w: Value, slow: Block) -> Value {
        let (int, other, float, done) = (self.b.create_block(), self.b.create_block(), self.b.create_block(), self.b.create_block());
        let result = self.b.append_block_param(done, types::F64);
        let tag = self.tag(w);
        let is_float = self.is_float_tag(tag);
        self.b.ins().brif(is_float, float, &[], other, &[]);
        self.b.switch_to_block(other);
        let is_int = self.is_int_tag(tag);
        self.b.ins().brif(is_int, int, &[], slow, &[]);
        self.b.switch_to_block(int);
        let i = self.int(w);
        let f = self.b.ins().fcvt_from_sint(types::F64, i);
        self.b.ins().jump(done, &[f.into()]);
        self.b.switch_to_block(float);
        let f = self.float(w);
        self.b.ins().jump(done, &[f.into()]);
        self.b.switch_to_block(done);
        result
    }

    /// `+ - *` with two registers, or with a small constant.
    pub fn add_like(&mut self, n: usize, op: Op) -> bool {
        let i = self.instr(n);
        let immediate = matches!(op, Op::AddI | Op::SubI | Op::MulI);
        let (slow, floats, done) = (self.cold(), self.b.create_block(), self.b.create_block());
        let (store, result) = self.result_block();
        let x = self.get(i.b() as usize);
        let k = i64::from(i.c() as i8);
        let y = if immediate { None } else { Some(self.get(i.c() as usize)) };
        let ints = match y {
            Some(y) => self.both_int(x, y),
            None => {
                let tag = self.tag(x);
                self.is_int_tag(tag)
            }
        };
        self.require(ints, floats);
        let (p, q) = match y {
            Some(y) => (self.high(x), self.high(y)),
            None => (self.high(x), self.b.ins().iconst(WORD, k << 15)),
        };
        let (s, over) = match op {
            Op::Add | Op::AddI => self.b.ins().sadd_overflow(p, q),
            Op::Sub | Op::SubI => self.b.ins().ssub_overflow(p, q),
            _ => {
                let p = self.b.ins().sshr_imm_u(p, 15);
                self.b.ins().smul_overflow(p, q)
            }
        };
        self.forbid(over, slow);
        let w = self.from_high(s);
        self.b.ins().jump(store, &[w.into()]);
        self.b.switch_to_block(floats);
        let f = self.number(x, slow);
        let g = match y {
            Some(y) => self.number(y, slow),
            None => self.b.ins().f64const(k as f64),
        };
        let v = match op {
            Op::Add | Op::AddI => self.b.ins().fadd(f, g),
            Op::Sub | Op::SubI => self.b.ins().fsub(f, g),
            _ => self.b.ins().fmul(f, g),
        };
        let w = self.from_float(v);
        self.b.ins().jump(store, &[w.into()]);
        self.store(n, store, result, done);
        self.otherwise(slow, n, op, After::Next, done);
        true
    }

    /// `/` of numbers other than by zero.
    pub fn divide(&mut self, n: usize) -> bool {
        let i = self.instr(n);
        let (slow, done) = (self.cold(), self.b.create_block());
        let (x, y) = (self.get(i.b() as usize), self.get(i.c() as usize));
        let f = self.number(x, slow);
        let g = self.number(y, slow);
        let zero = self.b.ins().f64const(0.0);
        let is_zero = self.b.ins().fcmp(FloatCC::Equal, g, zero);
        self.forbid(is_zero, slow);
        let v = self.b.ins().fdiv(f, g);
        let w = self.from_float(v);
        self.put(n, w);
        self.b.ins().jump(done, &[]);
        self.otherwise(slow, n, Op::TrueDiv, After::Next, done);
        true
    }

    /// `& | ^ << >> // %` of ints.
    pub fn int_only(&mut self, n: usize, op: Op) -> bool {
        let i = self.instr(n);
        let (slow, done) = (self.cold(), self.b.create_block());
        let x = self.get(i.b() as usize);
        let k = i64::from(i.c() as i8);
        let immediate = matches!(op, Op::AndI | Op::ShlI | Op::ShrI | Op::FloorDivI | Op::ModI);
        if immediate && (matches!(op, Op::ShlI | Op::ShrI) && !(0..48).contains(&k) || matches!(op, Op::FloorDivI | Op::ModI) && k <= 0) {
            return self.by_handler(n, op, After::Next);
        }
        let y = if immediate { None } else { Some(self.get(i.c() as usize)) };
        let ints = match y {
            Some(y) => self.both_int(x, y),
            None => {
                let tag = self.tag(x);
                self.is_int_tag(tag)
            }
        };
        self.require(ints, slow);
        let w = match (op, y) {
            // The tag is the same in both.
            (Op::And, Some(y)) => self.b.ins().band(x, y),
            (Op::Or, Some(y)) => self.b.ins().bor(x, y),
            (Op::Xor, Some(y)) => {
                let w = self.b.ins().bxor(x, y);
                self.from_int(w)
            }
            (Op::AndI, _) => {
                let w = self.b.ins().band_imm_s(x, k);
                self.from_int(w)
            }
            (Op::ShrI, _) => {
                let v = self.int(x);
                let v = self.b.ins().sshr_imm_u(v, k);
                self.from_int(v)
            }
            (Op::Shr, Some(y)) => {
                let v = self.int(x);
                let d = self.int(y);
                let fits = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, d, 64);
                self.require(fits, slow);
                let v = self.b.ins().sshr(v, d);
                self.from_int(v)
            }
            (Op::ShlI, _) => {
                let p = self.high(x);
                let s = self.b.ins().ishl_imm_u(p, k);
                let back = self.b.ins().sshr_imm_u(s, k);
                let same = self.b.ins().icmp(IntCC::Equal, back, p);
                self.require(same, slow);
                self.from_high(s)
            }
            (Op::Shl, Some(y)) => {
                let p = self.high(x);
                let d = self.int(y);
                let fits = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, d, 48);
                self.require(fits, slow);
                let s = self.b.ins().ishl(p, d);
                let back = self.b.ins().sshr(s, d);
                let same = self.b.ins().icmp(IntCC::Equal, back, p);
                self.require(same, slow);
                self.from_high(s)
            }
            (Op::ModI, _) if k & (k - 1) == 0 => {
                let w = self.b.ins().band_imm_s(x, k - 1);
                self.from_int(w)
            }
            (Op::FloorDivI, _) if k & (k - 1) == 0 => {
                let v = self.int(x);
                let v = self.b.ins().sshr_imm_u(v, i64::from(k.trailing_zeros()));
                self.from_int(v)
            }
            (Op::FloorDivI | Op::ModI | Op::FloorDiv | Op::Mod, _) => {
                let p = self.int(x);
                let q = match y {
                    Some(y) => {
                        let q = self.int(y);
                        // Positive divisors only.
                        let positive = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, q, 0);
                        self.require(positive, slow);
                        q
                    }
                    None => self.b.ins().iconst(WORD, k),
                };
                let rest = self.b.ins().srem(p, q);
                // A negative remainder belongs to the next lower quotient.
                let sign = self.b.ins().sshr_imm_u(rest, 63);
                let v = if matches!(op, Op::ModI | Op::Mod) {
                    let add = self.b.ins().band(q, sign);
                    self.b.ins().iadd(rest, add)
                } else {
                    let quotient = self.b.ins().sdiv(p, q);
                    self.b.ins().iadd(quotient, sign)
                };
                self.from_int(v)
            }
            _ => return self.by_handler(n, op, After::Next),
        };
        self.put(n, w);
        self.b.ins().jump(done, &[]);
        self.otherwise(slow, n, op, After::Next, done);
        true
    }

    /// Comparisons with a bool for a result.
    pub fn compare(&mut self, n: usize, op: Op) -> bool {
        let Some((ints, floats)) = condition(op) else { return self.by_handler(n, op, After::Next) };
        let i = self.instr(n);
        let (slow, other, done) = (self.cold(), self.b.create_block(), self.b.create_block());
        let (store, result) = self.result_block();
        let (x, y) = (self.get(i.b() as usize), self.get(i.c() as usize));
        let both = self.both_int(x, y);
        self.require(both, other);
        let (p, q) = (self.high(x), self.high(y));
        let t = self.b.ins().icmp(ints, p, q);
        let w = self.from_bool(t);
        self.b.ins().jump(store, &[w.into()]);
        self.b.switch_to_block(other);
        let f = self.number(x, slow);
        let g = self.number(y, slow);
        let t = self.b.ins().fcmp(floats, f, g);
        let w = self.from_bool(t);
        self.b.ins().jump(store, &[w.into()]);
        self.store(n, store, result, done);
        self.otherwise(slow, n, op, After::Next, done);
        true
    }

    /// Comparisons that jump.
    pub fn compare_jump(&mut self, n: usize, op: Op) -> bool {
        let target = self.target(n);
        let Some((ints, floats)) = condition(op) else { return self.by_handler(n, op, After::Jump(target)) };
        let i = self.instr(n);
        let immediate = matches!(op, Op::JumpLtI | Op::JumpLeI | Op::JumpEqI | Op::JumpNeI | Op::JumpGtI | Op::JumpGeI);
        let sense = i.a() != 0;
        let next = self.after(n);
        let (slow, other) = (self.cold(), self.b.create_block());
        let (yes, no) = if sense { (self.block(target), self.block(next)) } else { (self.block(next), self.block(target)) };
        let x = self.get(i.b() as usize);
        let k = i64::from(i.c() as i8);
        let y = if immediate { None } else { Some(self.get(i.c() as usize)) };
        let both = match y {
            Some(y) => self.both_int(x, y),
            None => {
                let tag = self.tag(x);
                self.is_int_tag(tag)
            }
        };
        self.require(both, other);
        let p = self.high(x);
        let t = match y {
            Some(y) => {
                let q = self.high(y);
                self.b.ins().icmp(ints, p, q)
            }
            None => self.b.ins().icmp_imm_s(ints, p, k << 15),
        };
        self.b.ins().brif(t, yes, &[], no, &[]);
        self.b.switch_to_block(other);
        let f = self.number(x, slow);
        let g = match y {
            Some(y) => self.number(y, slow),
            None => self.b.ins().f64const(k as f64),
        };
        let t = self.b.ins().fcmp(floats, f, g);
        self.b.ins().brif(t, yes, &[], no, &[]);
        self.b.switch_to_block(slow);
        if self.by_handler(n, op, After::Jump(target)) {
            let next = self.block(next);
            self.b.ins().jump(next, &[]);
        }
        false
    }

    /// `-x` of numbers.
    pub fn negate(&mut self, n: usize) -> bool {
        let i = self.instr(n);
        let (slow, other, done) = (self.cold(), self.b.create_block(), self.b.create_block());
        let (store, result) = self.result_block();
        let x = self.get(i.b() as usize);
        let tag = self.tag(x);
        let is_int = self.is_int_tag(tag);
        self.require(is_int, other);
        let zero = self.b.ins().iconst(WORD, 0);
        let p = self.high(x);
        let (s, over) = self.b.ins().ssub_overflow(zero, p);
        self.forbid(over, slow);
        let w = self.from_high(s);
        self.b.ins().jump(store, &[w.into()]);
        self.b.switch_to_block(other);
        let is_float = self.is_float_tag(tag);
        self.require(is_float, slow);
        let f = self.float(x);
        // NaNs would get another sign: their words need the checked way.
        let ordered = self.b.ins().fcmp(FloatCC::Equal, f, f);
        self.require(ordered, slow);
        let f = self.b.ins().fneg(f);
        let w = self.from_float(f);
        self.b.ins().jump(store, &[w.into()]);
        self.store(n, store, result, done);
        self.otherwise(slow, n, Op::Neg, After::Next, done);
        true
    }
}
