//! Comprehensions: inlined ones run in their parent's frame with hidden locals (PEP 709), generator expressions and those
//! in annotation scopes are functions.

use crate::codegen::{Compiler, Res};
use crate::flow::{CompFrame, Dst, R};
use crate::scope::{CompKind, ScopeId, Tag, Where, def};
use crate::tree::*;
use bytecode::Op;
use std::collections::HashMap;

/// What one element adds.
#[derive(Clone, Copy)]
struct Element<'t> {
    kind: CompKind,
    elt: &'t Expr,
    value: Option<&'t Expr>,
}

impl<'t> Compiler<'t> {
    pub fn comprehension(&mut self, e: &'t Expr, dst: Dst) -> Res<R> {
        let (element, generators) = match &e.kind {
            ExprKind::ListComp { elt, generators } => (Element { kind: CompKind::List, elt, value: None }, generators),
            ExprKind::SetComp { elt, generators } => (Element { kind: CompKind::Set, elt, value: None }, generators),
            ExprKind::DictComp { key, value, generators } => (Element { kind: CompKind::Dict, elt: key, value: Some(value) }, generators),
            ExprKind::GeneratorExp { elt, generators } => (Element { kind: CompKind::Generator, elt, value: None }, generators),
            _ => return self.error("not a comprehension", e.pos),
        };
        let id = self.scope_of(e, Tag::Body);
        let scope = &self.table.scopes[id];
        if scope.is_coroutine && element.kind != CompKind::Generator && !self.is_async_unit() {
            return self.error("asynchronous comprehension outside of an asynchronous function", e.pos);
        }
        if scope.inlined {
            self.inline_comprehension(id, element, generators, dst, e.pos)
        } else {
            self.comprehension_function(id, element, generators, dst, e.pos)
        }
    }

    fn inline_comprehension(&mut self, id: ScopeId, element: Element<'t>, generators: &'t [Comprehension], dst: Dst, pos: Pos) -> Res<R> {
        let base = self.height();
        self.build_container(element.kind);
        // The first iterable is evaluated outside of the comprehension's own scope.
        self.first_iterator(&generators[0])?;
        let mut regs = HashMap::new();
        let mut order = Vec::new();
        for (name, symbol) in self.table.scopes[id].symbols.iter() {
            if symbol.flags & def::PARAM != 0 || !matches!(symbol.place, Where::Local | Where::Cell) {
                continue;
            }
            order.push((name.clone(), symbol.place == Where::Cell));
        }
        for (name, cell) in order {
            let reg = self.hidden_local(&name, cell);
            self.unit.unsure_off(reg);
            if cell {
                self.unit.emit(Op::MakeCell, R::L(reg), R::No, R::No, 0, 0);
            }
            // Registered one by one, so that two variables never share a register.
            regs.insert(name, (reg, cell));
            if regs.len() == 1 {
                self.unit.comps.push(CompFrame { scope: id, regs: HashMap::new() });
            }
            if let Some(frame) = self.unit.comps.last_mut() {
                frame.regs = regs.clone();
            }
        }
        if regs.is_empty() {
            self.unit.comps.push(CompFrame { scope: id, regs: HashMap::new() });
        }
        let (handler, label) = self.unit.new_handler(base);
        let outer = self.unit.handler.replace(handler);
        self.generators(generators, 0, element, R::T(base), pos)?;
        self.unit.handler = outer;
        let frame = self.unit.comps.pop().expect("comprehensions nest");
        let mut hidden: Vec<u16> = frame.regs.values().map(|r| r.0).collect();
        hidden.sort_unstable();
        self.at(pos);
        self.clear_hidden(&hidden);
        let end = self.unit.new_label();
        self.jump(end);
        self.unit.place(label);
        self.unit.height = base + 1;
        self.clear_hidden(&hidden);
        self.effect(Op::Reraise, R::No, R::T(base), R::No, 0);
        self.unit.reachable = false;
        self.unit.height = base + 1;
        self.unit.place(end);
        let top = self.top();
        Ok(self.move_to(top, dst))
    }

    fn clear_hidden(&mut self, hidden: &[u16]) {
        for &reg in hidden {
            self.unit.emit(Op::Clear, R::L(reg), R::No, R::No, 0, 0);
            self.unit.bound.remove(reg);
        }
    }

    fn build_container(&mut self, kind: CompKind) {
        let base = self.height();
        let op = match kind {
            CompKind::List => Op::BuildList,
            CompKind::Set => Op::BuildSet,
            CompKind::Dict => Op::BuildMap,
            CompKind::Generator => return,
        };
        self.gather(op, Dst::Temp, R::No, base, 0);
    }

    fn first_iterator(&mut self, first: &'t Comprehension) -> Res {
        if first.is_async {
            let v = self.value(&first.iter)?;
            self.at(first.iter.pos);
            self.compute(Op::GetAIter, Dst::Temp, v, R::No, 0, 0);
            return Ok(());
        }
        self.get_iter(&first.iter)
    }

    /// A comprehension as a function of its first iterator, called at once.
    fn comprehension_function(&mut self, id: ScopeId, element: Element<'t>, generators: &'t [Comprehension], dst: Dst, pos: Pos) -> Res<R> {
        let base = self.height();
        let name = match element.kind {
            CompKind::List => "<listcomp>",
            CompKind::Set => "<setcomp>",
            CompKind::Dict => "<dictcomp>",
            CompKind::Generator => "<genexpr>",
        };
        let is_coroutine = self.table.scopes[id].is_coroutine && element.kind != CompKind::Generator;
        self.enter_unit(id, name, pos.line, 0);
        self.unit.arg_count = 1;
        self.at(pos);
        let container = self.height();
        self.build_container(element.kind);
        let first = self.unit.locals[0].1;
        let op = if first == bytecode::LocalKind::Cell { Op::LoadCell } else { Op::Copy };
        self.compute_keep(op, Dst::Temp, R::L(0), R::No, 0);
        self.generators(generators, 0, element, R::T(container), pos)?;
        self.at(pos);
        if element.kind == CompKind::Generator {
            self.return_none();
        } else {
            let top = self.top();
            self.effect(Op::Return, R::No, top, R::No, 0);
            self.unit.reachable = false;
        }
        let code = self.leave_unit(false)?;
        self.at(pos);
        self.make_function(code, base, 0)?;
        self.first_iterator(&generators[0])?;
        self.at(pos);
        self.gather(Op::Call, Dst::Temp, R::I(1), base, 0);
        if is_coroutine {
            self.await_top(0);
        }
        let top = self.top();
        Ok(self.move_to(top, dst))
    }

    /// The loops from `index` on; the iterator of the first of them is the topmost temporary.
    fn generators(&mut self, generators: &'t [Comprehension], index: usize, element: Element<'t>, container: R, pos: Pos) -> Res {
        let g = &generators[index];
        let base = self.height() - 1;
        let top = self.unit.place_loop_top();
        let done = self.unit.new_label();
        self.at(g.target.pos);
        let ended = if g.is_async {
            if !self.is_async_unit() {
                return self.error("asynchronous comprehension outside of an asynchronous function", pos);
            }
            let label = self.async_next(g.iter.pos)?;
            let item = self.top();
            self.store(&g.target, item)?;
            Some(label)
        } else {
            self.at(g.iter.pos);
            self.for_iter(&g.target, done)?;
            None
        };
        for test in &g.ifs {
            // A false test goes on with the next item.
            let go_on = self.unit.new_label();
            self.jump_if(test, true, go_on)?;
            self.jump(top);
            self.unit.place(go_on);
        }
        match generators.get(index + 1) {
            Some(next) => self.inner_loop(next, generators, index + 1, element, container, pos)?,
            None => self.element(element, container)?,
        }
        self.at(pos);
        self.jump(top);
        if let Some(label) = ended {
            self.end_async_for(label, base, g.iter.pos);
        }
        self.unit.height = base;
        self.unit.place(done);
        Ok(())
    }

    fn inner_loop(
        &mut self,
        next: &'t Comprehension,
        generators: &'t [Comprehension],
        index: usize,
        element: Element<'t>,
        container: R,
        pos: Pos,
    ) -> Res {
        // `for x in [value]` is an assignment.
        if let ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } = &next.iter.kind
            && let [only] = &elts[..]
            && !matches!(only.kind, ExprKind::Starred { .. })
            && !next.is_async
        {
            let v = self.value(only)?;
            self.store(&next.target, v)?;
            let skip = self.unit.new_label();
            for test in &next.ifs {
                self.jump_if(test, false, skip)?;
            }
            match generators.get(index + 1) {
                Some(n) => self.inner_loop(n, generators, index + 1, element, container, pos)?,
                None => self.element(element, container)?,
            }
            self.unit.place(skip);
            return Ok(());
        }
        self.first_iterator(next)?;
        self.generators(generators, index, element, container, pos)
    }

    fn element(&mut self, element: Element<'t>, container: R) -> Res {
        match element.kind {
            CompKind::List | CompKind::Set => {
                let v = self.value(element.elt)?;
                self.at(element.elt.pos);
                let op = if element.kind == CompKind::List { Op::ListAppend } else { Op::SetAdd };
                self.collect(op, container, v);
            }
            CompKind::Dict => {
                let Some(value) = element.value else { return Ok(()) };
                let (k, v) = self.operands(element.elt, value)?;
                self.at(element.elt.pos.to(value.pos));
                self.map_add(container, k, v);
            }
            CompKind::Generator => {
                let v = self.value(element.elt)?;
                self.at(element.elt.pos);
                let d = i32::from(self.unit.flags & bytecode::flags::ASYNC_GENERATOR != 0);
                self.compute(Op::Yield, Dst::Temp, v, R::No, d, 0);
                self.drop_top();
            }
        }
        Ok(())
    }
}
