//! Temporaries: results go to the next free one, operands die at their last use, and at every instruction the live ones
//! are a stack without holes.

use crate::codegen::Compiler;
use crate::flow::{Dst, Label, R};
use bytecode::Op;
use bytecode::encode::{DROP_A, KILL_A, KILL_B, KILL_C};

impl Compiler<'_> {
    /// Number of live temporaries.
    pub fn height(&self) -> u16 {
        self.unit.height
    }

    /// The topmost temporary.
    pub fn top(&self) -> R {
        R::T(self.unit.height - 1)
    }

    /// Emits an instruction without result that reads `a`, `b`, `c`; temporaries among them die. They are the topmost.
    pub fn effect(&mut self, op: Op, a: R, b: R, c: R, d: i32) {
        let mut flags = 0;
        for (r, kill) in [(a, KILL_A), (b, KILL_B), (c, KILL_C)] {
            if r.is_temp() {
                flags |= kill;
            }
        }
        self.unit.emit(op, a, b, c, d, flags);
        self.pop_operands(&[a, b, c]);
    }

    fn pop_operands(&mut self, operands: &[R]) {
        let temps = operands.iter().filter(|r| r.is_temp()).count() as u16;
        debug_assert!(
            operands.iter().all(|r| !matches!(r, R::T(t) if *t < self.unit.height - temps)),
            "an operand below other live temporaries"
        );
        self.unit.height -= temps;
    }

    /// Emits `dst = op b, c`; temporaries among b and c die.
    pub fn compute(&mut self, op: Op, dst: Dst, b: R, c: R, d: i32, flags: u8) -> R {
        let mut flags = flags;
        if b.is_temp() {
            flags |= KILL_B;
        }
        if c.is_temp() {
            flags |= KILL_C;
        }
        let temps = u16::from(b.is_temp()) + u16::from(c.is_temp());
        debug_assert!(
            [b, c].iter().all(|r| !matches!(r, R::T(t) if *t < self.unit.height - temps)),
            "an operand below other live temporaries"
        );
        let base = self.unit.height - temps;
        self.result(op, dst, b, c, d, flags, base)
    }

    /// Emits `dst = op b, c` where operands stay live.
    pub fn compute_keep(&mut self, op: Op, dst: Dst, b: R, c: R, d: i32) -> R {
        let base = self.unit.height;
        self.result(op, dst, b, c, d, 0, base)
    }

    /// Emits `dst = op` over the temporaries from `base` up, all of which die.
    pub fn gather(&mut self, op: Op, dst: Dst, b: R, base: u16, d: i32) -> R {
        self.result(op, dst, b, R::T(base), d, 0, base)
    }

    /// Emits an instruction whose result goes to `dst`; afterwards the temporaries from `base` up are dead, except a
    /// result there.
    pub fn result(&mut self, op: Op, dst: Dst, b: R, c: R, d: i32, flags: u8, base: u16) -> R {
        match dst {
            Dst::Temp => {
                self.unit.max_height = self.unit.max_height.max(base + 1);
                self.unit.emit(op, R::T(base), b, c, d, flags);
                self.unit.height = base + 1;
                R::T(base)
            }
            Dst::Local(l) => {
                self.unit.emit(op, R::L(l), b, c, d, flags | DROP_A);
                self.unit.height = base;
                R::L(l)
            }
        }
    }

    /// A jump that reads b and c, which die when they are temporaries.
    pub fn branch(&mut self, op: Op, sense: bool, b: R, c: R, target: Label) {
        let mut flags = 0;
        if b.is_temp() {
            flags |= KILL_B;
        }
        if c.is_temp() {
            flags |= KILL_C;
        }
        self.unit.emit_jump(op, R::I(i16::from(sense)), b, c, 0, flags, target);
        self.pop_operands(&[b, c]);
        self.unit.jump_state(target);
    }

    /// A jump that leaves its operands alive.
    pub fn branch_keep(&mut self, op: Op, sense: bool, b: R, c: R, target: Label) {
        self.unit.emit_jump(op, R::I(i16::from(sense)), b, c, 0, 0, target);
        self.unit.jump_state(target);
    }

    /// An unconditional jump; what follows is reachable only through labels.
    pub fn jump(&mut self, target: Label) {
        let back = self.unit.labels[target as usize].at.is_some();
        let op = if back { Op::JumpBack } else { Op::Jump };
        self.unit.emit_jump(op, R::No, R::No, R::No, 0, 0, target);
        self.unit.jump_state(target);
        self.unit.reachable = false;
    }

    /// Drops the topmost temporary.
    pub fn drop_top(&mut self) {
        let top = self.top();
        self.unit.emit(Op::Drop, R::No, top, R::No, 0, KILL_B);
        self.unit.height -= 1;
    }

    /// Drops temporaries until `height` are left.
    pub fn drop_to(&mut self, height: u16) {
        while self.unit.height > height {
            self.drop_top();
        }
    }

    /// Moves the topmost temporary down to `to`, dropping what lies between.
    pub fn slide_to(&mut self, to: u16) {
        let top = self.unit.height - 1;
        if top > to {
            self.unit.emit(Op::Slide, R::T(to), R::T(top), R::No, 0, KILL_B);
            self.unit.height = to + 1;
        }
    }

    /// Makes sure that a value is a temporary of its own: locals are copied.
    pub fn own_temp(&mut self, r: R) -> R {
        match r {
            R::L(_) => self.compute(Op::Copy, Dst::Temp, r, R::No, 0, 0),
            _ => r,
        }
    }

    /// Puts an operand where `dst` says.
    pub fn move_to(&mut self, r: R, dst: Dst) -> R {
        match (r, dst) {
            (R::L(from), Dst::Local(to)) if from == to => r,
            (R::T(_), Dst::Temp) => r,
            (R::T(_), Dst::Local(_)) => self.compute(Op::Move, dst, r, R::No, 0, 0),
            _ => self.compute(Op::Copy, dst, r, R::No, 0, 0),
        }
    }
}
