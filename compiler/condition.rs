//! Comparisons and conditions: values of comparisons, and jumps on truth without making a bool.

use crate::codegen::{Compiler, Res};
use crate::flow::{Dst, Label, R};
use crate::optimise::fold;
use crate::tree::*;
use bytecode::Op;

impl<'t> Compiler<'t> {
    /// Jumps to `target` when the truth of `e` is `sense`, else goes on.
    pub fn jump_if(&mut self, e: &'t Expr, sense: bool, target: Label) -> Res {
        if let Some(c) = fold(e, self.options.optimize) {
            self.at(e.pos);
            if c.truth() == sense {
                self.jump(target);
            } else {
                // A constant condition still has its line.
                self.unit.emit(Op::Nop, R::No, R::No, R::No, 0, 0);
            }
            return Ok(());
        }
        match &e.kind {
            ExprKind::UnaryOp { op: UnaryOp::Not, operand } => return self.jump_if(operand, !sense, target),
            ExprKind::BoolOp { op, values } => {
                let (last, first) = values.split_last().expect("two values at least");
                // `or` is decided by a true value, `and` by a false one.
                let decisive = *op == BoolOp::Or;
                if decisive == sense {
                    for v in first {
                        self.jump_if(v, sense, target)?;
                    }
                    return self.jump_if(last, sense, target);
                }
                let skip = self.unit.new_label();
                for v in first {
                    self.jump_if(v, decisive, skip)?;
                }
                self.jump_if(last, sense, target)?;
                self.unit.place(skip);
                return Ok(());
            }
            ExprKind::IfExp { test, body, orelse } => {
                let otherwise = self.unit.new_label();
                let end = self.unit.new_label();
                self.jump_if(test, false, otherwise)?;
                self.jump_if(body, sense, target)?;
                self.jump(end);
                self.unit.place(otherwise);
                self.jump_if(orelse, sense, target)?;
                self.unit.place(end);
                return Ok(());
            }
            ExprKind::Compare { left, ops, comparators } => {
                self.check_compare(left, ops, comparators, e.pos);
                if let ([op], [right]) = (&ops[..], &comparators[..]) {
                    let l = self.value(left)?;
                    return self.compare_jump(l, *op, right, sense, target, e.pos);
                }
                return self.chain_jump(left, ops, comparators, sense, target, e.pos);
            }
            _ => {}
        }
        let v = self.value(e)?;
        self.at(e.pos);
        self.branch(Op::JumpIf, sense, v, R::No, target);
        Ok(())
    }

    /// `l op right` as a jump; operands die.
    fn compare_jump(&mut self, l: R, op: CmpOp, right: &'t Expr, sense: bool, target: Label, pos: Pos) -> Res {
        let folded = fold(right, self.options.optimize);
        match (op, &folded) {
            (CmpOp::Is | CmpOp::IsNot, Some(Constant::None)) => {
                self.at(pos);
                self.branch(Op::JumpNone, sense == (op == CmpOp::Is), l, R::No, target);
                return Ok(());
            }
            (_, Some(Constant::Int(n))) => {
                if let (Ok(n), Some(code)) = (i8::try_from(*n), immediate_jump(op)) {
                    self.at(pos);
                    self.branch(code, sense, l, R::I(i16::from(n)), target);
                    return Ok(());
                }
            }
            _ => {}
        }
        let r = self.right_of(op, right)?;
        self.at(pos);
        let (code, flip) = jump_op(op);
        self.branch(code, sense != flip, l, r, target);
        Ok(())
    }

    /// The right operand; the container of a membership test becomes a constant when it can.
    fn right_of(&mut self, op: CmpOp, right: &'t Expr) -> Res<R> {
        if matches!(op, CmpOp::In | CmpOp::NotIn)
            && let Some(c) = self.constant_container(right)
        {
            self.at(right.pos);
            return Ok(self.load_constant(&c, Dst::Temp));
        }
        self.value(right)
    }

    /// A list or set display of constants as a constant, where only its elements matter.
    pub fn constant_container(&self, e: &Expr) -> Option<Constant> {
        let items = |elts: &[Expr]| -> Option<std::sync::Arc<[Constant]>> { elts.iter().map(|e| fold(e, self.options.optimize)).collect() };
        match &e.kind {
            ExprKind::List { elts, .. } if elts.len() <= 30 => items(elts).map(Constant::Tuple),
            ExprKind::Set { elts } if elts.len() <= 30 => items(elts).map(Constant::Frozenset),
            _ => None,
        }
    }

    /// The value of a comparison.
    pub fn compare(&mut self, left: &'t Expr, ops: &'t [CmpOp], comparators: &'t [Expr], dst: Dst, pos: Pos) -> Res<R> {
        self.check_compare(left, ops, comparators, pos);
        let base = self.height();
        let mut l = self.value(left)?;
        let ([op], [right]) = (ops, comparators) else {
            // A chain: the result of the first false comparison, or of the last.
            let end = self.unit.new_label();
            let mut fails = Vec::new();
            for (i, (op, right)) in ops.iter().zip(comparators).enumerate() {
                let last = i + 1 == ops.len();
                let r = self.right_of(*op, right)?;
                self.at(pos);
                if last {
                    self.compute(compare_op(*op), Dst::Temp, l, r, 0, 0);
                    break;
                }
                let result = self.compute_keep(compare_op(*op), Dst::Temp, l, r, 0);
                let fail = self.unit.new_label();
                self.branch_keep(Op::JumpIf, false, result, R::No, fail);
                fails.push((fail, self.height()));
                self.drop_top();
                l = self.shift_operands(l, r);
            }
            self.jump(end);
            for (fail, height) in fails {
                self.unit.height = height;
                self.unit.place(fail);
                self.slide_to(base);
                self.jump(end);
            }
            self.unit.height = base + 1;
            self.unit.place(end);
            let top = self.top();
            return Ok(self.move_to(top, dst));
        };
        let r = self.right_of(*op, right)?;
        self.at(pos);
        l = self.compute(compare_op(*op), dst, l, r, 0, 0);
        Ok(l)
    }

    /// After one link of a chain: the left operand is done with, the right one becomes the left.
    fn shift_operands(&mut self, l: R, r: R) -> R {
        match (l, r) {
            (R::T(to), R::T(_)) => {
                self.slide_to(to);
                R::T(to)
            }
            (R::T(_), _) => {
                self.drop_top();
                r
            }
            _ => r,
        }
    }

    fn chain_jump(&mut self, left: &'t Expr, ops: &'t [CmpOp], comparators: &'t [Expr], sense: bool, target: Label, pos: Pos) -> Res {
        let base = self.height();
        let no = self.unit.new_label();
        let mut fails = Vec::new();
        let mut l = self.value(left)?;
        let (last_op, first_ops) = ops.split_last().expect("a comparison has an operator");
        for (op, right) in first_ops.iter().zip(comparators) {
            let r = self.right_of(*op, right)?;
            self.at(pos);
            let (code, flip) = jump_op(*op);
            if self.height() == base {
                self.branch_keep(code, flip, l, r, if sense { no } else { target });
            } else {
                let fail = self.unit.new_label();
                self.branch_keep(code, flip, l, r, fail);
                fails.push((fail, self.height()));
            }
            l = self.shift_operands(l, r);
        }
        self.compare_jump(l, *last_op, &comparators[ops.len() - 1], sense, target, pos)?;
        if !fails.is_empty() {
            let height = self.height();
            let go_on = self.unit.new_label();
            self.jump(go_on);
            for (fail, fail_height) in fails {
                self.unit.height = fail_height;
                self.unit.place(fail);
                self.drop_to(base);
                self.jump(if sense { no } else { target });
            }
            self.unit.height = height;
            self.unit.place(go_on);
        }
        self.unit.place(no);
        Ok(())
    }
}

fn compare_op(op: CmpOp) -> Op {
    match op {
        CmpOp::Eq => Op::Eq,
        CmpOp::NotEq => Op::Ne,
        CmpOp::Lt => Op::Lt,
        CmpOp::LtE => Op::Le,
        CmpOp::Gt => Op::Gt,
        CmpOp::GtE => Op::Ge,
        CmpOp::Is => Op::Is,
        CmpOp::IsNot => Op::IsNot,
        CmpOp::In => Op::In,
        CmpOp::NotIn => Op::NotIn,
    }
}

/// The jump for a comparison, and whether its sense is the opposite.
fn jump_op(op: CmpOp) -> (Op, bool) {
    match op {
        CmpOp::Eq => (Op::JumpEq, false),
        CmpOp::NotEq => (Op::JumpNe, false),
        CmpOp::Lt => (Op::JumpLt, false),
        CmpOp::LtE => (Op::JumpLe, false),
        CmpOp::Gt => (Op::JumpGt, false),
        CmpOp::GtE => (Op::JumpGe, false),
        CmpOp::Is => (Op::JumpIs, false),
        CmpOp::IsNot => (Op::JumpIs, true),
        CmpOp::In => (Op::JumpIn, false),
        CmpOp::NotIn => (Op::JumpIn, true),
    }
}

fn immediate_jump(op: CmpOp) -> Option<Op> {
    Some(match op {
        CmpOp::Eq => Op::JumpEqI,
        CmpOp::NotEq => Op::JumpNeI,
        CmpOp::Lt => Op::JumpLtI,
        CmpOp::LtE => Op::JumpLeI,
        CmpOp::Gt => Op::JumpGtI,
        CmpOp::GtE => Op::JumpGeI,
        _ => return None,
    })
}
