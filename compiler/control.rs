//! Compound statements: conditionals, loops, `try`, `with`, and how `break`, `continue` and `return` leave them.

use crate::codegen::{Compiler, Res};
use crate::flow::{Block, BlockKind, Dst, Label, R};
use crate::optimise::fold;
use crate::tree::*;
use bytecode::Op;
use bytecode::encode::KILL_B;

impl<'t> Compiler<'t> {
    pub fn push_block(&mut self, kind: BlockKind<'t>) {
        let block = Block { kind, height: self.unit.height, handler: self.unit.handler, pos: self.unit.pos };
        self.unit.blocks.push(block);
    }

    pub fn pop_block(&mut self) -> Block<'t> {
        self.unit.blocks.pop().expect("blocks nest")
    }

    // ---- if, while, for ----

    pub fn if_stmt(&mut self, test: &'t Expr, body: &'t [Stmt], orelse: &'t [Stmt]) -> Res {
        let otherwise = self.unit.new_label();
        if self.constant_truth(test).is_some() {
            // Nothing is tested, but the line is traced.
            self.at(test.pos);
            self.unit.emit(Op::Line, R::No, R::No, R::No, 0, 0);
        }
        self.jump_if(test, false, otherwise)?;
        self.unit.conditional += 1;
        self.body(body)?;
        if orelse.is_empty() {
            self.unit.place(otherwise);
        } else {
            let end = self.unit.new_label();
            self.at_no_line();
            self.jump(end);
            self.unit.place(otherwise);
            self.body(orelse)?;
            self.unit.place(end);
        }
        self.unit.conditional -= 1;
        Ok(())
    }

    /// Code that belongs to no line of its own keeps the one before.
    fn at_no_line(&mut self) {
        if let Some(last) = self.unit.code.last() {
            self.unit.pos = last.pos;
        }
        self.unit.starts = false;
    }

    pub fn while_loop(&mut self, test: &'t Expr, body: &'t [Stmt], orelse: &'t [Stmt]) -> Res {
        let exit = self.unit.new_label();
        let done = self.unit.new_label();
        let endless = self.constant_truth(test) == Some(true);
        if self.constant_truth(test).is_some() {
            // Nothing is tested, but the line is traced: here, and at the jump back.
            self.at(test.pos);
            self.unit.emit(Op::Line, R::No, R::No, R::No, 0, 0);
        }
        let top = self.unit.place_loop_top();
        self.push_block(BlockKind::Loop { top, exit, has_iter: false });
        self.unit.loops += 1;
        self.unit.conditional += 1;
        if !endless {
            self.jump_if(test, false, done)?;
        }
        self.body(body)?;
        if endless {
            self.at(test.pos);
        }
        self.unit.starts = false;
        self.jump(top);
        self.unit.loops -= 1;
        self.pop_block();
        self.unit.place(done);
        self.body(orelse)?;
        self.unit.conditional -= 1;
        self.unit.place(exit);
        Ok(())
    }

    pub fn for_loop(&mut self, target: &'t Expr, iter: &'t Expr, body: &'t [Stmt], orelse: &'t [Stmt]) -> Res {
        let exit = self.unit.new_label();
        let done = self.unit.new_label();
        self.get_iter(iter)?;
        let base = self.height() - 1;
        self.unit.height = base;
        // The block's height is the one without the iterator.
        let top = self.unit.new_label();
        self.push_block(BlockKind::Loop { top, exit, has_iter: true });
        self.unit.height = base + 1;
        self.unit.labels[top as usize].at = Some(self.unit.code.len() as u32);
        self.unit.set_label_height(top, base + 1);
        self.unit.loops += 1;
        self.unit.conditional += 1;
        self.at(iter.pos);
        self.for_iter(target, done)?;
        self.body(body)?;
        self.unit.starts = false;
        self.jump(top);
        self.unit.loops -= 1;
        self.pop_block();
        self.unit.height = base;
        self.unit.place(done);
        self.body(orelse)?;
        self.unit.conditional -= 1;
        self.unit.place(exit);
        Ok(())
    }

    /// Pushes the iterator over `iter`.
    pub fn get_iter(&mut self, iter: &'t Expr) -> Res {
        if let ExprKind::List { .. } = &iter.kind
            && let Some(c) = self.constant_container(iter)
        {
            self.at(iter.pos);
            let k = self.load_constant(&c, Dst::Temp);
            self.compute(Op::GetIter, Dst::Temp, k, R::No, 0, 0);
            return Ok(());
        }
        let v = self.value(iter)?;
        self.at(iter.pos);
        self.compute(Op::GetIter, Dst::Temp, v, R::No, 0, 0);
        Ok(())
    }

    /// The next item of the topmost iterator goes to `target`; at the end the iterator is dropped and `done` is next.
    pub fn for_iter(&mut self, target: &'t Expr, done: Label) -> Res {
        let it = self.top();
        let height = self.height();
        let local = match &target.kind {
            ExprKind::Name { id, .. } => {
                self.check_store_name(id, target.pos)?;
                self.fast_local(id)
            }
            _ => None,
        };
        // The state at `done` does not include the target.
        self.unit.height = height - 1;
        self.unit.jump_state(done);
        self.unit.height = height;
        match local {
            Some(l) => {
                self.unit.emit_jump(Op::ForIter, R::L(l), it, R::No, 0, bytecode::encode::DROP_A, done);
            }
            None => {
                self.unit.emit_jump(Op::ForIter, R::T(height), it, R::No, 0, 0, done);
                self.unit.grow(1);
                let item = self.top();
                self.store(target, item)?;
            }
        }
        Ok(())
    }

    pub fn async_for(&mut self, target: &'t Expr, iter: &'t Expr, body: &'t [Stmt], orelse: &'t [Stmt], pos: Pos) -> Res {
        if !self.is_async_unit() {
            return self.error("'async for' outside async function", pos);
        }
        let exit = self.unit.new_label();
        let v = self.value(iter)?;
        self.at(iter.pos);
        self.compute(Op::GetAIter, Dst::Temp, v, R::No, 0, 0);
        let base = self.height() - 1;
        self.unit.height = base;
        let top = self.unit.new_label();
        self.push_block(BlockKind::Loop { top, exit, has_iter: true });
        self.unit.height = base + 1;
        self.unit.labels[top as usize].at = Some(self.unit.code.len() as u32);
        self.unit.set_label_height(top, base + 1);
        self.unit.loops += 1;
        self.unit.conditional += 1;
        let ended = self.async_next(pos)?;
        let item = self.top();
        self.store(target, item)?;
        self.body(body)?;
        self.at(iter.pos);
        self.unit.starts = false;
        self.jump(top);
        self.unit.loops -= 1;
        self.pop_block();
        self.end_async_for(ended, base, iter.pos);
        self.body(orelse)?;
        self.unit.conditional -= 1;
        self.unit.place(exit);
        Ok(())
    }

    /// Awaits the next item of the topmost asynchronous iterator, pushing it. Gives the label of the handler that ends
    /// the loop.
    pub fn async_next(&mut self, pos: Pos) -> Res<Label> {
        let it = self.top();
        let depth = self.height();
        let (handler, label) = self.unit.new_handler(depth);
        let outer = self.unit.handler.replace(handler);
        self.at(pos);
        let anext = self.compute_keep(Op::GetANext, Dst::Temp, it, R::No, 0);
        self.send_top(anext);
        self.unit.handler = outer;
        Ok(label)
    }

    /// The end of an asynchronous loop whose iterator is at `base`.
    pub fn end_async_for(&mut self, ended: Label, base: u16, pos: Pos) {
        self.unit.reachable = false;
        self.unit.place(ended);
        self.at(pos);
        self.unit.emit(Op::EndAsyncFor, R::No, R::T(base), R::No, 0, 0);
        self.unit.height = base;
    }

    // ---- leaving blocks ----

    /// Leaves the innermost block, which has been popped, on the way out. `value`: the topmost temporary is kept.
    fn leave_block(&mut self, block: &Block<'t>, value: bool) -> Res {
        let base = block.height;
        self.unit.handler = block.handler;
        match &block.kind {
            BlockKind::Loop { has_iter, .. } => {
                if *has_iter {
                    if value { self.slide_to(base) } else { self.drop_to(base) }
                }
            }
            BlockKind::Try => {}
            BlockKind::Value => {
                if value {
                    self.slide_to(base)
                } else {
                    self.drop_to(base)
                }
            }
            BlockKind::Finally(body) => {
                if value {
                    let height = self.unit.height;
                    self.unit.height = height - 1;
                    self.push_block(BlockKind::Value);
                    self.unit.height = height;
                }
                self.quiet += 1;
                // What comes next belongs to the line that the clause ends on, as in CPython.
                self.body(body)?;
                self.quiet -= 1;
                if value {
                    self.pop_block();
                }
            }
            BlockKind::FinallyEnd | BlockKind::Handler { .. } => {
                if value {
                    self.unit.emit(Op::LeaveExc, R::No, R::T(base), R::No, 0, 0);
                    self.unit.height = base + 1;
                } else {
                    self.pop_exc();
                }
                if let BlockKind::Handler { name: Some(name), .. } = &block.kind {
                    let name = self.mangled(name);
                    self.forget_var(&name);
                }
            }
            BlockKind::With { is_async } => {
                self.at(block.pos);
                if value {
                    let top = self.height();
                    self.compute_keep(Op::Copy, Dst::Temp, R::T(base), R::No, 0);
                    self.compute_keep(Op::Copy, Dst::Temp, R::T(base + 1), R::No, 0);
                    self.call_exit(top, *is_async);
                    self.slide_to(base);
                } else {
                    self.call_exit(base, *is_async);
                }
            }
        }
        Ok(())
    }

    /// Calls the method pair at `base` with three Nones and forgets the result.
    fn call_exit(&mut self, base: u16, is_async: bool) {
        for _ in 0..3 {
            self.load_constant(&Constant::None, Dst::Temp);
        }
        self.gather(Op::CallMethod, Dst::Temp, R::I(3), base, 0);
        if is_async {
            self.await_top(2);
        }
        self.drop_top();
    }

    /// Ends a handler normally: exception and kept exception are the topmost temporaries.
    fn pop_exc(&mut self) {
        let kept = self.top();
        self.unit.emit(Op::PopExc, R::No, kept, R::No, 0, KILL_B);
        self.unit.height -= 1;
        self.drop_top();
    }

    /// Leaves blocks from the innermost up to (and with `inclusive`, including) index `to`.
    fn unwind(&mut self, to: usize, value: bool) -> Res {
        let saved = self.unit.blocks.clone();
        while self.unit.blocks.len() > to {
            let block = self.pop_block();
            self.leave_block(&block, value)?;
        }
        self.unit.blocks = saved;
        Ok(())
    }

    fn loop_block(&self) -> Option<usize> {
        self.unit.blocks.iter().rposition(|b| matches!(b.kind, BlockKind::Loop { .. }))
    }

    fn check_star_exit(&self, to: usize, what: &str, pos: Pos) -> Res {
        if self.unit.blocks[to..].iter().any(|b| matches!(b.kind, BlockKind::Handler { star: true, .. })) {
            let _ = what;
            return self.error("'break', 'continue' and 'return' cannot appear in an except* block", pos);
        }
        Ok(())
    }

    fn warn_in_finally(&mut self, to: usize, what: &str, pos: Pos) {
        if self.unit.blocks[to..].iter().any(|b| matches!(b.kind, BlockKind::FinallyEnd)) {
            self.warn(format!("'{what}' in a 'finally' block"), pos);
        }
    }

    pub fn break_stmt(&mut self, pos: Pos) -> Res {
        self.check_star_exit(self.loop_block().map_or(0, |i| i + 1), "break", pos)?;
        let Some(index) = self.loop_block() else {
            return self.error("'break' outside loop", pos);
        };
        self.warn_in_finally(index + 1, "break", pos);
        let BlockKind::Loop { exit, .. } = self.unit.blocks[index].kind else { unreachable!("a loop") };
        self.leave_to(index, exit)
    }

    pub fn continue_stmt(&mut self, pos: Pos) -> Res {
        self.check_star_exit(self.loop_block().map_or(0, |i| i + 1), "continue", pos)?;
        let Some(index) = self.loop_block() else {
            return self.error("'continue' not properly in loop", pos);
        };
        self.warn_in_finally(index + 1, "continue", pos);
        let BlockKind::Loop { top, .. } = self.unit.blocks[index].kind else { unreachable!("a loop") };
        self.leave_to(index + 1, top)
    }

    fn leave_to(&mut self, index: usize, target: Label) -> Res {
        let (height, handler) = (self.unit.height, self.unit.handler);
        // The statement has its line, whatever the blocks do that are left.
        self.unit.emit(Op::Line, R::No, R::No, R::No, 0, 0);
        self.unwind(index, false)?;
        self.jump(target);
        self.unit.height = height;
        self.unit.handler = handler;
        Ok(())
    }

    pub fn return_stmt(&mut self, value: Option<&'t Expr>, pos: Pos) -> Res {
        if !self.in_function() {
            return self.error("'return' outside function", pos);
        }
        self.check_star_exit(0, "return", pos)?;
        self.warn_in_finally(0, "return", pos);
        if let Some(v) = value
            && self.unit.flags & bytecode::flags::ASYNC_GENERATOR != 0
        {
            let _ = v;
            return self.error("'return' with value in async generator", pos);
        }
        let (height, handler) = (self.unit.height, self.unit.handler);
        let constant = match value {
            None => Some(Constant::None),
            Some(e) => fold(e, self.options.optimize),
        };
        if let Some(c) = constant {
            let line = value.map_or(pos, |v| v.pos);
            if !self.unit.blocks.is_empty() {
                self.unit.emit(Op::Line, R::No, R::No, R::No, 0, 0);
            }
            let before = self.unit.pos;
            self.unwind(0, false)?;
            debug_assert!(!self.unit.reachable || self.unit.height == 0);
            if self.unit.pos == before {
                self.at(if value.is_some() { pos.to(line) } else { pos });
            }
            let k = self.constant(&c);
            self.unit.emit(Op::ReturnK, R::No, R::No, R::No, k, 0);
        } else if let Some(e) = value {
            let in_place = self
                .unit
                .blocks
                .iter()
                .all(|b| matches!(b.kind, BlockKind::Loop { .. } | BlockKind::Try | BlockKind::Handler { name: None, .. }));
            let r = if in_place { self.value(e)? } else { self.push(e)? };
            self.at(pos);
            self.unwind(0, r.is_temp())?;
            let r = if r.is_temp() { self.top() } else { r };
            debug_assert!(!self.unit.reachable || self.unit.height == u16::from(r.is_temp()));
            self.effect(Op::Return, R::No, r, R::No, 0);
        }
        self.unit.reachable = false;
        self.unit.height = height;
        self.unit.handler = handler;
        Ok(())
    }

    // ---- try ----

    pub fn try_stmt(&mut self, t: &'t Try, pos: Pos) -> Res {
        if t.finalbody.is_empty() {
            return self.try_except(t, pos);
        }
        self.try_finally(&t.finalbody, pos, |c| {
            if t.handlers.is_empty() {
                c.body(&t.body)?;
                c.body(&t.orelse)
            } else {
                c.try_except(t, pos)
            }
        })
    }

    pub fn try_star_finally(&mut self, t: &'t Try, pos: Pos) -> Res {
        if t.finalbody.is_empty() {
            return self.try_star(t, pos);
        }
        self.try_finally(&t.finalbody, pos, |c| c.try_star(t, pos))
    }

    fn try_finally(&mut self, finalbody: &'t [Stmt], pos: Pos, inner: impl FnOnce(&mut Self) -> Res) -> Res {
        let height = self.height();
        let end = self.unit.new_label();
        self.unit.emit(Op::Line, R::No, R::No, R::No, 0, 0);
        let (handler, label) = self.unit.new_handler(height);
        self.push_block(BlockKind::Finally(finalbody));
        let outer = self.unit.handler.replace(handler);
        self.unit.conditional += 1;
        inner(self)?;
        self.pop_block();
        self.unit.handler = outer;
        self.quiet += 1;
        self.body(finalbody)?;
        self.quiet -= 1;
        self.at_no_line();
        self.jump(end);
        self.unit.place(label);
        self.at(pos);
        self.unit.starts = false;
        let cleanup = self.begin_handler(height, BlockKind::FinallyEnd);
        self.body(finalbody)?;
        self.pop_block();
        self.unit.handler = outer;
        self.at_no_line();
        self.reraise_top();
        self.unit.conditional -= 1;
        self.end_cleanup(cleanup, height, None);
        self.unit.height = height;
        self.unit.place(end);
        Ok(())
    }

    /// Starts a handler placed here: marks the exception as handled and protects what follows by a cleanup, whose label
    /// it gives.
    pub fn begin_handler(&mut self, height: u16, kind: BlockKind<'t>) -> Label {
        self.unit.height = height + 1;
        self.unit.emit(Op::PushExc, R::T(height + 1), R::T(height), R::No, 0, 0);
        self.unit.grow(1);
        let (cleanup, label) = self.unit.new_handler(height + 2);
        self.unit.height = height;
        self.push_block(kind);
        self.unit.height = height + 2;
        self.unit.handler = Some(cleanup);
        label
    }

    /// Raises the exception being handled again; it and the kept one are the topmost temporaries.
    pub fn reraise_top(&mut self) {
        let kept = self.top();
        self.unit.emit(Op::PopExc, R::No, kept, R::No, 0, KILL_B);
        self.unit.height -= 1;
        let exc = self.top();
        self.effect(Op::Reraise, R::No, exc, R::No, 0);
        self.unit.reachable = false;
    }

    /// The cleanup of a handler whose exception is at `height`: another exception came out of it.
    pub fn end_cleanup(&mut self, label: Label, height: u16, name: Option<&Ident>) {
        self.unit.reachable = false;
        self.unit.place(label);
        self.unit.height = height + 3;
        self.unit.pos = Pos::default();
        self.unit.starts = false;
        if let Some(name) = name {
            self.forget_var(name);
        }
        self.unit.emit(Op::ReraisePop, R::No, R::T(height), R::No, 0, 0);
        self.unit.height = height;
        self.unit.reachable = false;
    }

    fn try_except(&mut self, t: &'t Try, pos: Pos) -> Res {
        let height = self.height();
        let end = self.unit.new_label();
        if t.finalbody.is_empty() {
            self.unit.emit(Op::Line, R::No, R::No, R::No, 0, 0);
        }
        let (handler, label) = self.unit.new_handler(height);
        self.push_block(BlockKind::Try);
        let outer = self.unit.handler.replace(handler);
        self.unit.conditional += 1;
        self.body(&t.body)?;
        self.pop_block();
        self.unit.handler = outer;
        self.body(&t.orelse)?;
        self.at_no_line();
        self.jump(end);
        self.unit.place(label);
        self.at(pos);
        self.unit.starts = false;
        // The block is pushed again for each clause.
        let cleanup = self.begin_handler(height, BlockKind::Try);
        self.pop_block();
        let protection = self.unit.handler;
        for (i, h) in t.handlers.iter().enumerate() {
            let next = self.unit.new_label();
            self.unit.handler = protection;
            self.unit.height = height + 2;
            if let Some(type_) = &h.type_ {
                self.at(h.pos);
                self.unit.starts = true;
                let c = self.value(type_)?;
                self.at(type_.pos);
                let flags = if c.is_temp() { bytecode::encode::KILL_C } else { 0 };
                self.result(Op::ExcMatch, Dst::Temp, R::T(height), c, 0, flags, height + 2);
                self.branch(Op::JumpIf, false, R::T(height + 2), R::No, next);
            } else if i + 1 != t.handlers.len() {
                return self.error("default 'except:' must be last", h.pos);
            } else {
                self.at(h.pos);
                self.unit.starts = true;
                self.unit.emit(Op::Line, R::No, R::No, R::No, 0, 0);
            }
            let name = h.name.as_ref().map(|n| self.mangled(n));
            let inner = match &name {
                None => None,
                Some(name) => {
                    self.check_store_name(name, h.pos)?;
                    self.at(h.pos);
                    let copy = self.compute_keep(Op::Copy, Dst::Temp, R::T(height), R::No, 0);
                    self.store_var(name, copy);
                    let (inner, label) = self.unit.new_handler(height + 2);
                    self.unit.handler = Some(inner);
                    Some(label)
                }
            };
            self.unit.height = height;
            let within = self.unit.handler;
            self.unit.handler = outer;
            self.push_block(BlockKind::Handler { name: h.name.clone(), star: false });
            self.unit.handler = within;
            self.unit.height = height + 2;
            self.body(&h.body)?;
            self.pop_block();
            self.unit.handler = outer;
            self.at_no_line();
            self.pop_exc();
            if let Some(name) = &name {
                self.forget_var(name);
            }
            self.jump(end);
            if let Some(label) = inner {
                self.end_cleanup(label, height, name.as_ref());
            }
            self.unit.height = height + 2;
            self.unit.place(next);
        }
        self.unit.handler = outer;
        self.unit.height = height + 2;
        self.at_no_line();
        self.reraise_top();
        self.end_cleanup(cleanup, height, None);
        self.unit.conditional -= 1;
        self.unit.height = height;
        self.unit.place(end);
        Ok(())
    }

    /// `try ... except*`: at the clauses the temporaries are the original exception, the kept one, the list of what the
    /// clauses raised, and what is left to match.
    fn try_star(&mut self, t: &'t Try, pos: Pos) -> Res {
        let height = self.height();
        let end = self.unit.new_label();
        if t.finalbody.is_empty() {
            self.unit.emit(Op::Line, R::No, R::No, R::No, 0, 0);
        }
        let (handler, label) = self.unit.new_handler(height);
        self.push_block(BlockKind::Try);
        let outer = self.unit.handler.replace(handler);
        self.unit.conditional += 1;
        self.body(&t.body)?;
        self.pop_block();
        self.unit.handler = outer;
        self.body(&t.orelse)?;
        self.at_no_line();
        self.jump(end);
        self.unit.place(label);
        self.at(pos);
        self.unit.starts = false;
        let cleanup = self.begin_handler(height, BlockKind::Try);
        self.pop_block();
        let protection = self.unit.handler;
        let (list, rest) = (R::T(height + 2), R::T(height + 3));
        self.gather(Op::BuildList, Dst::Temp, R::No, height + 2, 0);
        self.compute_keep(Op::Copy, Dst::Temp, R::T(height), R::No, 0);
        for h in &t.handlers {
            let Some(type_) = &h.type_ else {
                return self.error("expected one or more exception types", h.pos);
            };
            let next = self.unit.new_label();
            let unmatched = self.unit.new_label();
            self.unit.handler = protection;
            self.unit.height = height + 4;
            self.at(h.pos);
            self.unit.starts = true;
            let c = self.value(type_)?;
            self.at(type_.pos);
            let mut flags = KILL_B;
            if c.is_temp() {
                flags |= bytecode::encode::KILL_C;
            }
            self.unit.emit(Op::ExcGroupMatch, rest, rest, c, 0, flags);
            self.unit.height = height + 3;
            self.unit.grow(2);
            let matched = R::T(height + 4);
            self.branch_keep(Op::JumpNone, true, matched, R::No, unmatched);
            let name = h.name.as_ref().map(|n| self.mangled(n));
            self.at(h.pos);
            match &name {
                Some(name) => {
                    self.check_store_name(name, h.pos)?;
                    self.store_var(name, matched);
                }
                None => self.drop_top(),
            }
            // What the body raises is collected.
            let (inner, inner_label) = self.unit.new_handler(height + 4);
            self.unit.height = height;
            self.unit.handler = outer;
            self.push_block(BlockKind::Handler { name: h.name.clone(), star: true });
            self.unit.handler = Some(inner);
            self.unit.height = height + 4;
            self.body(&h.body)?;
            self.pop_block();
            self.unit.handler = protection;
            self.at_no_line();
            if let Some(name) = &name {
                self.forget_var(name);
            }
            self.jump(next);
            self.unit.place(inner_label);
            self.unit.height = height + 5;
            self.unit.pos = Pos::default();
            if let Some(name) = &name {
                self.forget_var(name);
            }
            self.collect(Op::ListAppend, list, R::T(height + 4));
            self.jump(next);
            self.unit.height = height + 5;
            self.unit.place(unmatched);
            self.drop_top();
            self.unit.place(next);
        }
        self.unit.handler = protection;
        self.unit.height = height + 4;
        self.at(pos);
        self.unit.starts = false;
        self.collect(Op::ListAppend, list, rest);
        let nothing = self.unit.new_label();
        let flags = bytecode::encode::KILL_C;
        let d = bytecode::ops::Intrinsic2::PrepReraiseStar as i32;
        self.result(Op::Intrinsic2, Dst::Temp, R::T(height), list, d, flags, height + 2);
        self.branch_keep(Op::JumpNone, true, R::T(height + 2), R::No, nothing);
        self.unit.handler = outer;
        self.unit.emit(Op::ReraisePop, R::No, R::T(height), R::No, 0, 0);
        self.unit.reachable = false;
        self.unit.height = height + 3;
        self.unit.place(nothing);
        self.drop_top();
        self.pop_exc();
        self.jump(end);
        self.end_cleanup(cleanup, height, None);
        self.unit.conditional -= 1;
        self.unit.height = height;
        self.unit.place(end);
        Ok(())
    }

    // ---- with ----

    pub fn with(&mut self, items: &'t [WithItem], body: &'t [Stmt], is_async: bool, pos: Pos) -> Res {
        if is_async && !self.is_async_unit() {
            return self.error("'async with' outside async function", pos);
        }
        let Some((item, rest)) = items.split_first() else {
            return self.body(body);
        };
        let height = self.height();
        // Its own reference: the exit method's `self` lives through the body, which may rebind the variable.
        let v = self.push(&item.context_expr)?;
        self.at(item.context_expr.pos);
        let op = if is_async { Op::BeforeAsyncWith } else { Op::BeforeWith };
        let flags = if v.is_temp() { KILL_B } else { 0 };
        self.unit.emit(op, R::T(height), v, R::No, 0, flags);
        self.unit.height = height;
        self.unit.grow(3);
        if is_async {
            self.await_top(1);
        }
        let end = self.unit.new_label();
        let suppressed = self.unit.new_label();
        let (handler, label) = self.unit.new_handler(height + 2);
        self.unit.height = height;
        self.push_block(BlockKind::With { is_async });
        if let Some(block) = self.unit.blocks.last_mut() {
            block.pos = item.context_expr.pos;
        }
        self.unit.height = height + 3;
        let outer = self.unit.handler.replace(handler);
        match &item.optional_vars {
            Some(target) => {
                let top = self.top();
                self.store(target, top)?;
            }
            None => self.drop_top(),
        }
        self.unit.conditional += 1;
        if rest.is_empty() {
            self.body(body)?;
        } else {
            self.with(rest, body, is_async, pos)?;
        }
        self.unit.conditional -= 1;
        self.pop_block();
        self.unit.handler = outer;
        self.at(item.context_expr.pos);
        self.call_exit(height, is_async);
        self.jump(end);
        self.unit.place(label);
        self.at(item.context_expr.pos);
        let cleanup = self.begin_handler(height + 2, BlockKind::Try);
        self.pop_block();
        let exc = height + 2;
        self.compute_keep(Op::WithExcept, Dst::Temp, R::T(height), R::T(exc), 0);
        if is_async {
            self.await_top(2);
        }
        let top = self.top();
        self.branch(Op::JumpIf, true, top, R::No, suppressed);
        self.unit.handler = outer;
        self.reraise_top();
        self.unit.height = height + 4;
        self.unit.place(suppressed);
        self.unit.handler = outer;
        self.pop_exc();
        self.drop_to(height);
        self.jump(end);
        self.end_cleanup(cleanup, exc, None);
        self.unit.handler = outer;
        self.unit.height = height;
        self.unit.place(end);
        Ok(())
    }
}
