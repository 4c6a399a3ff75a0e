//! Expressions: values into registers. Calls are in `call.rs`, comprehensions and functions in `function.rs`,
//! conditions in `condition.rs`.

use crate::codegen::{Compiler, Res};
use crate::flow::{Dst, R};
use crate::names::Var;
use crate::optimise::{self, fold};
use crate::tree::*;
use bytecode::Op;
use bytecode::encode::INPLACE;

/// Displays longer than this are built piece by piece instead of in one window of temporaries.
const WINDOW: usize = 30;

impl<'t> Compiler<'t> {
    /// The value as an operand: a local in place where that is safe, else a new temporary.
    pub fn value(&mut self, e: &'t Expr) -> Res<R> {
        if let ExprKind::Name { id, .. } = &e.kind
            && let Some(r) = self.local_operand(id, e.pos)
        {
            return Ok(r);
        }
        self.expr(e, Dst::Temp)
    }

    /// A local that can be read in place.
    pub fn local_operand(&mut self, id: &Ident, pos: Pos) -> Option<R> {
        let name = self.mangled(id);
        let Var::Fast(i) = self.resolve(&name) else { return None };
        if self.may_be_rebound(&name) || &*name == "__debug__" {
            return None;
        }
        let before = std::mem::replace(&mut self.unit.pos, pos);
        self.check_bound(i);
        self.unit.pos = before;
        Some(R::L(i))
    }

    /// The value in a new temporary that holds its own reference.
    pub fn push(&mut self, e: &'t Expr) -> Res<R> {
        self.expr(e, Dst::Temp)
    }

    /// The value in a new temporary that may borrow from a local: for arguments and the elements of displays.
    pub fn push_arg(&mut self, e: &'t Expr) -> Res<R> {
        if let ExprKind::Name { id, .. } = &e.kind
            && let Some(local) = self.local_operand(id, e.pos)
        {
            self.at(e.pos);
            return Ok(self.compute_keep(Op::Borrow, Dst::Temp, local, R::No, 0));
        }
        self.expr(e, Dst::Temp)
    }

    /// Two operands of one instruction.
    pub fn operands(&mut self, left: &'t Expr, right: &'t Expr) -> Res<(R, R)> {
        let l = self.value(left)?;
        let r = self.value(right)?;
        Ok((l, r))
    }

    /// Evaluates for the side effects.
    pub fn discard(&mut self, e: &'t Expr) -> Res {
        let height = self.height();
        let r = self.value(e)?;
        if r.is_temp() {
            self.drop_top();
        }
        debug_assert_eq!(self.height(), height);
        Ok(())
    }

    /// Evaluates to `dst`. A local `dst` is written by the last instruction only.
    pub fn expr(&mut self, e: &'t Expr, dst: Dst) -> Res<R> {
        if let Some(c) = fold(e, self.options.optimize) {
            self.at(e.pos);
            return Ok(self.load_constant(&c, dst));
        }
        let outer = self.unit.pos;
        self.at(e.pos);
        let r = self.expr_kind(e, dst)?;
        self.unit.pos = outer;
        Ok(r)
    }

    fn expr_kind(&mut self, e: &'t Expr, dst: Dst) -> Res<R> {
        let pos = e.pos;
        match &e.kind {
            ExprKind::Constant { value, .. } => Ok(self.load_constant(value, dst)),
            ExprKind::Name { id, .. } => {
                let name = self.mangled(id);
                Ok(self.load_var(&name, dst))
            }
            ExprKind::BinOp { left, op, right } => {
                if *op == Operator::Mod
                    && let Some(values) = optimise::percent_format(left, right)
                {
                    return self.percent_format(values, dst);
                }
                self.binary(left, *op, right, dst, pos)
            }
            ExprKind::UnaryOp { op, operand } => {
                let v = self.value(operand)?;
                let op = match op {
                    UnaryOp::Invert => Op::Invert,
                    UnaryOp::Not => Op::Not,
                    UnaryOp::UAdd => Op::Pos,
                    UnaryOp::USub => Op::Neg,
                };
                self.at(pos);
                Ok(self.compute(op, dst, v, R::No, 0, 0))
            }
            ExprKind::BoolOp { op, values } => self.bool_op(*op, values, dst),
            ExprKind::NamedExpr { target, value } => {
                let ExprKind::Name { id, .. } = &target.kind else {
                    return self.error("cannot use assignment expressions with this target", target.pos);
                };
                self.check_store_name(id, target.pos)?;
                let r = self.push(value)?;
                let name = self.mangled(id);
                self.at(target.pos);
                let copy = self.compute_keep(Op::Copy, Dst::Temp, r, R::No, 0);
                self.store_var(&name, copy);
                Ok(self.move_to(r, dst))
            }
            ExprKind::IfExp { test, body, orelse } => {
                let otherwise = self.unit.new_label();
                let end = self.unit.new_label();
                let height = self.height();
                self.jump_if(test, false, otherwise)?;
                let r = self.expr(body, dst)?;
                self.jump(end);
                self.unit.height = height;
                self.unit.place(otherwise);
                self.expr(orelse, dst)?;
                self.unit.place(end);
                Ok(r)
            }
            ExprKind::Dict { keys, values } => self.dict(keys, values, dst),
            ExprKind::Set { elts } => self.display(elts, Display::Set, dst),
            ExprKind::List { elts, ctx: Ctx::Load } => self.display(elts, Display::List, dst),
            ExprKind::Tuple { elts, ctx: Ctx::Load } => self.display(elts, Display::Tuple, dst),
            ExprKind::List { .. } | ExprKind::Tuple { .. } => self.error("invalid context", pos),
            ExprKind::Lambda { args, body } => self.lambda(e, args, body, dst),
            ExprKind::ListComp { .. } | ExprKind::SetComp { .. } | ExprKind::DictComp { .. } | ExprKind::GeneratorExp { .. } => {
                self.comprehension(e, dst)
            }
            ExprKind::Await { value } => {
                if !self.is_async_unit() {
                    let text = if self.in_function() { "'await' outside async function" } else { "'await' outside function" };
                    return self.error(text, pos);
                }
                self.push(value)?;
                self.at(pos);
                self.await_top(0);
                let top = self.top();
                Ok(self.move_to(top, dst))
            }
            ExprKind::Yield { value } => {
                if !self.in_function() {
                    return self.error("'yield' outside function", pos);
                }
                let v = match value {
                    Some(v) => self.value(v)?,
                    None => self.load_constant(&Constant::None, Dst::Temp),
                };
                self.at(pos);
                let d = i32::from(self.unit.flags & bytecode::flags::ASYNC_GENERATOR != 0);
                Ok(self.compute(Op::Yield, dst, v, R::No, d, 0))
            }
            ExprKind::YieldFrom { value } => {
                if !self.in_function() {
                    return self.error("'yield from' outside function", pos);
                }
                if self.table.scopes[self.unit.scope].is_async_def {
                    return self.error("'yield from' inside async function", pos);
                }
                let v = self.value(value)?;
                self.at(pos);
                let it = self.compute(Op::GetYieldFromIter, Dst::Temp, v, R::No, 0, 0);
                self.load_constant(&Constant::None, Dst::Temp);
                let R::T(base) = it else { unreachable!("the iterator is a temporary") };
                let r = self.result(Op::YieldFrom, Dst::Temp, it, R::No, 0, 0, base);
                Ok(self.move_to(r, dst))
            }
            ExprKind::Compare { left, ops, comparators } => self.compare(left, ops, comparators, dst, pos),
            ExprKind::Call { func, args, keywords } => self.call(e, func, args, keywords, dst),
            ExprKind::JoinedStr { values } => self.joined_str(values, dst),
            ExprKind::FormattedValue { value, conversion, format_spec } => {
                self.formatted(value, *conversion, format_spec.as_deref(), dst, pos)
            }
            ExprKind::TemplateStr { values } => self.template(values, dst),
            ExprKind::Interpolation { .. } => {
                self.interpolation(e)?;
                let top = self.top();
                Ok(self.move_to(top, dst))
            }
            ExprKind::Attribute { value, attr, .. } => {
                if let Some(r) = self.super_attr(value, attr, dst, false)? {
                    return Ok(r);
                }
                let v = self.value(value)?;
                let name = self.mangled(attr);
                let k = self.name(&name);
                self.at(attr_pos(pos, attr));
                Ok(self.compute(Op::LoadAttr, dst, v, R::No, k, 0))
            }
            ExprKind::Subscript { value, slice, .. } => self.subscript(value, slice, dst, pos),
            ExprKind::Starred { .. } => self.error("can't use starred expression here", pos),
            ExprKind::Slice { lower, upper, step } => {
                let base = self.height();
                let constant = [lower, upper, step].map(|p| match p {
                    None => Some(Constant::None),
                    Some(e) => fold(e, self.options.optimize),
                });
                if let [Some(a), Some(b), Some(c)] = constant {
                    let parts = [a, b, c].map(|c| crate::assemble::to_const(&c));
                    let k = self.add_const(bytecode::Const::Slice(Box::new(parts)));
                    return Ok(self.result(Op::LoadK, dst, R::No, R::No, k, 0, base));
                }
                for part in [lower, upper] {
                    self.push_or_none(part.as_deref())?;
                }
                let mut n = 2;
                if let Some(step) = step {
                    self.push_arg(step)?;
                    n = 3;
                }
                self.at(pos);
                Ok(self.gather(Op::BuildSlice, dst, R::No, base, n))
            }
        }
    }

    fn push_or_none(&mut self, e: Option<&'t Expr>) -> Res<R> {
        match e {
            Some(e) => self.push_arg(e),
            None => Ok(self.load_constant(&Constant::None, Dst::Temp)),
        }
    }

    /// Awaits the topmost temporary; `kind` as in `GetAwaitable`.
    pub fn await_top(&mut self, kind: i32) {
        let top = self.top();
        let it = self.compute(Op::GetAwaitable, Dst::Temp, top, R::No, kind, 0);
        self.send_top(it);
    }

    /// Runs the awaitable iterator in the topmost temporary to its end.
    pub fn send_top(&mut self, it: R) {
        let R::T(base) = it else { unreachable!("the iterator is a temporary") };
        self.load_constant(&Constant::None, Dst::Temp);
        self.result(Op::YieldFrom, Dst::Temp, it, R::No, 1, 0, base);
    }

    // ---- operators ----

    fn binary(&mut self, left: &'t Expr, op: Operator, right: &'t Expr, dst: Dst, pos: Pos) -> Res<R> {
        // Long chains lean to the left: go down without recursion.
        let mut spine = vec![(op, right, pos)];
        let mut leaf = left;
        while let ExprKind::BinOp { left, op, right } = &leaf.kind
            && fold(leaf, self.options.optimize).is_none()
            && !(*op == Operator::Mod && optimise::percent_format(left, right).is_some())
        {
            spine.push((*op, right, leaf.pos));
            leaf = left;
        }
        let mut acc = self.value(leaf)?;
        while let Some((op, right, pos)) = spine.pop() {
            let target = if spine.is_empty() { dst } else { Dst::Temp };
            let (code, r, flags) = self.right_operand(op, right)?;
            self.at(pos);
            acc = self.compute(code, target, acc, r, 0, flags);
        }
        Ok(acc)
    }

    /// The right operand of a binary operator, as an immediate when the opcode has such a form.
    fn right_operand(&mut self, op: Operator, right: &'t Expr) -> Res<(Op, R, u8)> {
        if let Some(Constant::Int(n)) = fold(right, self.options.optimize)
            && let Ok(n) = i8::try_from(n)
            && let Some(code) = immediate_op(op)
        {
            return Ok((code, R::I(i16::from(n)), 0));
        }
        let r = self.value(right)?;
        Ok((binary_op(op), r, 0))
    }

    /// `target op= value` once the old value is in `left`.
    pub fn inplace(&mut self, left: R, op: Operator, right: &'t Expr, dst: Dst, pos: Pos) -> Res<R> {
        let (code, r, _) = self.right_operand(op, right)?;
        self.at(pos);
        Ok(self.compute(code, dst, left, r, 0, INPLACE))
    }

    fn bool_op(&mut self, op: BoolOp, values: &'t [Expr], dst: Dst) -> Res<R> {
        let end = self.unit.new_label();
        let sense = op == BoolOp::Or;
        for (i, value) in values.iter().enumerate() {
            let last = i + 1 == values.len();
            let r = self.push(value)?;
            if !last {
                self.branch_keep(Op::JumpIf, sense, r, R::No, end);
                self.drop_top();
            }
        }
        self.unit.place(end);
        let top = self.top();
        Ok(self.move_to(top, dst))
    }

    // ---- displays ----

    fn display(&mut self, elts: &'t [Expr], kind: Display, dst: Dst) -> Res<R> {
        let pos = self.unit.pos;
        let base = self.height();
        let starred = elts.iter().any(|e| matches!(e.kind, ExprKind::Starred { .. }));
        let constants: Option<Vec<Constant>> = (elts.len() > 2 && !starred && kind != Display::Tuple)
            .then(|| elts.iter().map(|e| fold(e, self.options.optimize)).collect())
            .flatten();
        if let Some(items) = constants {
            let (op, extend, all) = match kind {
                Display::Set => (Op::BuildSet, Op::SetUpdate, Constant::Frozenset(items.into())),
                _ => (Op::BuildList, Op::ListExtend, Constant::Tuple(items.into())),
            };
            let list = self.gather(op, Dst::Temp, R::No, base, 0);
            let k = self.load_constant(&all, Dst::Temp);
            self.collect(extend, list, k);
            return Ok(self.move_to(list, dst));
        }
        if !starred && elts.len() <= WINDOW {
            for e in elts {
                self.push_arg(e)?;
            }
            let op = match kind {
                Display::List => Op::BuildList,
                Display::Tuple => Op::BuildTuple,
                Display::Set => Op::BuildSet,
            };
            self.at(pos);
            return Ok(self.gather(op, dst, R::No, base, elts.len() as i32));
        }
        let (build, add, extend) = match kind {
            Display::Set => (Op::BuildSet, Op::SetAdd, Op::SetUpdate),
            _ => (Op::BuildList, Op::ListAppend, Op::ListExtend),
        };
        let list = self.gather(build, Dst::Temp, R::No, base, 0);
        for e in elts {
            if let ExprKind::Starred { value, .. } = &e.kind {
                let v = self.value(value)?;
                self.at(pos);
                self.collect(extend, list, v);
            } else {
                let v = self.value(e)?;
                self.at(pos);
                self.collect(add, list, v);
            }
        }
        if kind == Display::Tuple {
            return Ok(self.compute(Op::ListToTuple, dst, list, R::No, 0, 0));
        }
        Ok(self.move_to(list, dst))
    }

    /// Adds `item` (which dies) to the container in a temporary that stays.
    pub fn collect(&mut self, op: Op, container: R, item: R) {
        let flags = if item.is_temp() { bytecode::encode::KILL_B } else { 0 };
        self.unit.emit(op, container, item, R::No, 0, flags);
        if item.is_temp() {
            self.unit.height -= 1;
        }
    }

    fn dict(&mut self, keys: &'t [Option<Expr>], values: &'t [Expr], dst: Dst) -> Res<R> {
        let pos = self.unit.pos;
        let base = self.height();
        if keys.iter().all(Option::is_some) && keys.len() <= WINDOW / 2 {
            for (k, v) in keys.iter().flatten().zip(values) {
                self.push_arg(k)?;
                self.push_arg(v)?;
            }
            self.at(pos);
            return Ok(self.gather(Op::BuildMap, dst, R::No, base, keys.len() as i32));
        }
        let map = self.gather(Op::BuildMap, Dst::Temp, R::No, base, 0);
        for (k, v) in keys.iter().zip(values) {
            match k {
                Some(k) => {
                    let (k, v) = self.operands(k, v)?;
                    self.at(pos);
                    self.map_add(map, k, v);
                }
                None => {
                    let v = self.value(v)?;
                    self.at(pos);
                    self.collect(Op::DictUpdate, map, v);
                }
            }
        }
        Ok(self.move_to(map, dst))
    }

    /// `map[key] = value`; key and value die.
    pub fn map_add(&mut self, map: R, key: R, value: R) {
        let mut flags = 0;
        let mut dead = 0;
        for (r, flag) in [(key, bytecode::encode::KILL_B), (value, bytecode::encode::KILL_C)] {
            if r.is_temp() {
                flags |= flag;
                dead += 1;
            }
        }
        self.unit.emit(Op::MapAdd, map, key, value, 0, flags);
        self.unit.height -= dead;
    }

    // ---- subscripts ----

    fn subscript(&mut self, value: &'t Expr, slice: &'t Expr, dst: Dst, pos: Pos) -> Res<R> {
        self.check_subscript(value, slice);
        let container = self.value(value)?;
        if let ExprKind::Slice { lower, upper, step: None } = &slice.kind {
            let base = self.height();
            self.push_or_none(lower.as_deref())?;
            self.push_or_none(upper.as_deref())?;
            self.at(pos);
            let below = base - u16::from(container.is_temp());
            let flags = if container.is_temp() { bytecode::encode::KILL_B } else { 0 };
            return Ok(self.result(Op::GetSlice, dst, container, R::T(base), 0, flags, below));
        }
        if let Some(Constant::Int(n)) = fold(slice, self.options.optimize)
            && let Ok(n) = i8::try_from(n)
        {
            self.at(pos);
            return Ok(self.compute(Op::GetItemI, dst, container, R::I(i16::from(n)), 0, 0));
        }
        let index = self.value(slice)?;
        self.at(pos);
        Ok(self.compute(Op::GetItem, dst, container, index, 0, 0))
    }

    // ---- f-strings and t-strings ----

    fn joined_str(&mut self, values: &'t [Expr], dst: Dst) -> Res<R> {
        let pos = self.unit.pos;
        let base = self.height();
        match values {
            [] => return Ok(self.load_constant(&Constant::Str(PyStr::default()), dst)),
            [one] => {
                // A single field is already a str.
                return self.expr(one, dst);
            }
            _ => {}
        }
        if values.len() <= WINDOW {
            for v in values {
                self.expr(v, Dst::Temp)?;
            }
            self.at(pos);
            return Ok(self.gather(Op::BuildString, dst, R::No, base, values.len() as i32));
        }
        // "".join([...]) for very long ones.
        let empty = self.load_constant(&Constant::Str(PyStr::default()), Dst::Temp);
        let k = self.name("join");
        self.method_pair(empty, k);
        let list_base = self.height();
        let list = self.gather(Op::BuildList, Dst::Temp, R::No, list_base, 0);
        for v in values {
            let item = self.expr(v, Dst::Temp)?;
            self.collect(Op::ListAppend, list, item);
        }
        self.at(pos);
        Ok(self.gather(Op::CallMethod, dst, R::I(1), base, 0))
    }

    fn formatted(&mut self, value: &'t Expr, conversion: i32, spec: Option<&'t Expr>, dst: Dst, pos: Pos) -> Res<R> {
        let mut v = self.value(value)?;
        if conversion != -1 {
            let d = conversion_code(conversion);
            if d == 0 {
                let text = format!("Unrecognized conversion character {conversion}");
                return Err(crate::CompileError::bare(crate::ErrorKind::SystemError, text));
            }
            self.at(pos);
            v = self.compute(Op::Convert, Dst::Temp, v, R::No, d, 0);
        }
        match spec {
            None => {
                self.at(pos);
                Ok(self.compute(Op::FormatSimple, dst, v, R::No, 0, 0))
            }
            Some(spec) => {
                let s = self.value(spec)?;
                self.at(pos);
                Ok(self.compute(Op::FormatSpec, dst, v, s, 0, 0))
            }
        }
    }

    fn percent_format(&mut self, parts: Vec<optimise::Percent<'t>>, dst: Dst) -> Res<R> {
        let pos = self.unit.pos;
        let base = self.height();
        let count = parts.len() as i32;
        for part in parts {
            match part {
                optimise::Percent::Text(text) => {
                    self.load_constant(&Constant::Str(text), Dst::Temp);
                }
                optimise::Percent::Value(value, conversion) => {
                    let v = self.value(value)?;
                    self.at(pos);
                    let v = self.compute(Op::Convert, Dst::Temp, v, R::No, conversion, 0);
                    self.compute(Op::FormatSimple, Dst::Temp, v, R::No, 0, 0);
                }
            }
        }
        self.at(pos);
        if count == 1 {
            let top = self.top();
            return Ok(self.move_to(top, dst));
        }
        Ok(self.gather(Op::BuildString, dst, R::No, base, count))
    }

    fn template(&mut self, values: &'t [Expr], dst: Dst) -> Res<R> {
        let pos = self.unit.pos;
        // Strings and interpolations alternate, with empty strings put in.
        let mut strings = Vec::new();
        let mut text = PyStr::default();
        for v in values {
            match &v.kind {
                ExprKind::Constant { value: Constant::Str(s), .. } => text = s.clone(),
                _ => strings.push(Constant::Str(std::mem::take(&mut text))),
            }
        }
        strings.push(Constant::Str(text));
        let s = self.load_constant(&Constant::Tuple(strings.into()), Dst::Temp);
        let base = self.height();
        let fields: Vec<&Expr> = values.iter().filter(|v| !matches!(v.kind, ExprKind::Constant { .. })).collect();
        let tuple = if fields.len() <= WINDOW {
            for v in &fields {
                self.interpolation(v)?;
            }
            self.at(pos);
            self.gather(Op::BuildTuple, Dst::Temp, R::No, base, fields.len() as i32)
        } else {
            let list = self.gather(Op::BuildList, Dst::Temp, R::No, base, 0);
            for v in &fields {
                self.interpolation(v)?;
                let top = self.top();
                self.collect(Op::ListAppend, list, top);
            }
            self.at(pos);
            self.compute(Op::ListToTuple, Dst::Temp, list, R::No, 0, 0)
        };
        Ok(self.compute(Op::BuildTemplate, dst, s, tuple, 0, 0))
    }

    /// Pushes one interpolation of a t-string.
    fn interpolation(&mut self, e: &'t Expr) -> Res {
        let ExprKind::Interpolation { value, str, conversion, format_spec } = &e.kind else {
            self.push(e)?;
            return Ok(());
        };
        let base = self.height();
        self.push_arg(value)?;
        self.load_constant(str, Dst::Temp);
        if let Some(spec) = format_spec {
            self.push_arg(spec)?;
        }
        let conversion = if *conversion == -1 { 0 } else { conversion_code(*conversion) };
        self.at(e.pos);
        let d = conversion << 1 | i32::from(format_spec.is_some());
        self.gather(Op::BuildInterpolation, Dst::Temp, R::No, base, d);
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Display {
    List,
    Tuple,
    Set,
}

/// Position of an attribute access: the name's line, as CPython gives multi-line chains.
pub fn attr_pos(pos: Pos, attr: &str) -> Pos {
    if pos.line == pos.end_line {
        return pos;
    }
    let width = attr.len() as u32;
    Pos { line: pos.end_line, col: pos.end_col.saturating_sub(width), ..pos }
}

fn conversion_code(conversion: i32) -> i32 {
    match u8::try_from(conversion) {
        Ok(b's') => 1,
        Ok(b'r') => 2,
        Ok(b'a') => 3,
        _ => 0,
    }
}

pub fn binary_op(op: Operator) -> Op {
    match op {
        Operator::Add => Op::Add,
        Operator::Sub => Op::Sub,
        Operator::Mult => Op::Mul,
        Operator::MatMult => Op::MatMul,
        Operator::Div => Op::TrueDiv,
        Operator::Mod => Op::Mod,
        Operator::Pow => Op::Pow,
        Operator::LShift => Op::Shl,
        Operator::RShift => Op::Shr,
        Operator::BitOr => Op::Or,
        Operator::BitXor => Op::Xor,
        Operator::BitAnd => Op::And,
        Operator::FloorDiv => Op::FloorDiv,
    }
}

fn immediate_op(op: Operator) -> Option<Op> {
    Some(match op {
        Operator::Add => Op::AddI,
        Operator::Sub => Op::SubI,
        Operator::Mult => Op::MulI,
        Operator::FloorDiv => Op::FloorDivI,
        Operator::Mod => Op::ModI,
        Operator::BitAnd => Op::AndI,
        Operator::LShift => Op::ShlI,
        Operator::RShift => Op::ShrI,
        _ => return None,
    })
}
