//! Statements other than compound control flow: assignment in all forms, imports, `del`, `assert`, annotations.

use crate::codegen::{Compiler, Res};
use crate::expr::attr_pos;
use crate::flow::{Dst, R};
use crate::optimise::fold;
use crate::scope::ScopeKind;
use crate::tree::*;
use bytecode::Op;
use bytecode::encode::{DROP_A, KILL_B};
use bytecode::ops::{Common, Intrinsic1};

/// CPython's limit on nested loops, `try` and `with`.
const MAX_BLOCKS: usize = 20;

impl<'t> Compiler<'t> {
    pub fn body(&mut self, body: &'t [Stmt]) -> Res {
        body.iter().try_for_each(|s| self.stmt(s))
    }

    pub fn stmt(&mut self, s: &'t Stmt) -> Res {
        self.at(s.pos);
        self.unit.starts = true;
        let height = self.height();
        let nests = matches!(s.kind, StmtKind::For { .. } | StmtKind::While { .. } | StmtKind::Try(_) | StmtKind::With { .. });
        if nests && self.unit.blocks.len() >= MAX_BLOCKS {
            return self.error("too many statically nested blocks", s.pos);
        }
        self.stmt_kind(s)?;
        debug_assert!(self.height() == height, "a statement leaves temporaries: {:?}", s.pos);
        self.unit.height = height;
        Ok(())
    }

    fn stmt_kind(&mut self, s: &'t Stmt) -> Res {
        match &s.kind {
            StmtKind::FunctionDef(f) => self.function_def(f, s.pos),
            StmtKind::ClassDef(c) => self.class_def(c, s.pos),
            StmtKind::TypeAlias { name, type_params, value } => self.type_alias(s, name, type_params, value),
            StmtKind::Return { value } => self.return_stmt(value.as_deref(), s.pos),
            StmtKind::Delete { targets } => targets.iter().try_for_each(|t| self.delete(t)),
            StmtKind::Assign { targets, value } => self.assign(targets, value),
            StmtKind::AugAssign { target, op, value } => self.aug_assign(target, *op, value, s.pos),
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.ann_assign(target, annotation, value.as_deref(), *simple, s.pos)
            }
            StmtKind::For { target, iter, body, orelse, is_async } => {
                if *is_async {
                    self.async_for(target, iter, body, orelse, s.pos)
                } else {
                    self.for_loop(target, iter, body, orelse)
                }
            }
            StmtKind::While { test, body, orelse } => self.while_loop(test, body, orelse),
            StmtKind::If { test, body, orelse } => self.if_stmt(test, body, orelse),
            StmtKind::With { items, body, is_async } => self.with(items, body, *is_async, s.pos),
            StmtKind::Match { subject, cases } => self.match_stmt(subject, cases),
            StmtKind::Raise { exc, cause } => {
                let e = exc.as_ref().map(|e| self.value(e)).transpose()?;
                let c = cause.as_ref().map(|c| self.value(c)).transpose()?;
                self.at(s.pos);
                let d = i32::from(e.is_some()) + i32::from(c.is_some());
                self.effect(Op::Raise, R::No, e.unwrap_or(R::No), c.unwrap_or(R::No), d);
                self.unit.reachable = false;
                Ok(())
            }
            StmtKind::Try(t) if t.is_star => self.try_star_finally(t, s.pos),
            StmtKind::Try(t) => self.try_stmt(t, s.pos),
            StmtKind::Assert { test, msg } => self.assert(test, msg.as_deref(), s.pos),
            StmtKind::Import { names } => self.import(names),
            StmtKind::ImportFrom { module, names, level } => self.import_from(module.as_ref(), names, *level, s.pos),
            StmtKind::Global { .. } | StmtKind::Nonlocal { .. } => Ok(()),
            StmtKind::Expr { value } => {
                if self.interactive && self.outer.is_empty() {
                    let v = self.value(value)?;
                    self.at(s.pos);
                    self.compute(Op::Intrinsic1, Dst::Temp, v, R::No, Intrinsic1::Print as i32, 0);
                    self.drop_top();
                    return Ok(());
                }
                if matches!(value.kind, ExprKind::Constant { .. }) {
                    self.unit.emit(Op::Line, R::No, R::No, R::No, 0, 0);
                    return Ok(());
                }
                self.discard(value)
            }
            StmtKind::Pass => {
                self.unit.emit(Op::Line, R::No, R::No, R::No, 0, 0);
                Ok(())
            }
            StmtKind::Break => self.break_stmt(s.pos),
            StmtKind::Continue => self.continue_stmt(s.pos),
        }
    }

    // ---- assignment ----

    fn assign(&mut self, targets: &'t [Expr], value: &'t Expr) -> Res {
        if let [target] = targets {
            if let ExprKind::Name { id, .. } = &target.kind {
                self.check_store_name(id, target.pos)?;
                if let Some(local) = self.fast_local(id) {
                    self.expr(value, Dst::Local(local))?;
                    return Ok(());
                }
            }
            if let Some(()) = self.unpack_display(target, value)? {
                return Ok(());
            }
            let v = match target.kind {
                ExprKind::Tuple { .. } | ExprKind::List { .. } => self.push_arg(value)?,
                _ => self.value(value)?,
            };
            return self.store(target, v);
        }
        let mut v = self.value(value)?;
        // A local that one of the targets rebinds must not be read in place for the next one.
        if matches!(v, R::L(_)) {
            v = self.own_temp(v);
        }
        let (last, first) = targets.split_last().expect("an assignment has a target");
        for t in first {
            self.at(t.pos);
            self.compute_keep(Op::Copy, Dst::Temp, v, R::No, 0);
            let copy = self.top();
            self.store(t, copy)?;
        }
        self.store(last, v)
    }

    /// `a, b = x, y` without building the tuple.
    fn unpack_display(&mut self, target: &'t Expr, value: &'t Expr) -> Res<Option<()>> {
        let (ExprKind::Tuple { elts: targets, .. } | ExprKind::List { elts: targets, .. }) = &target.kind else {
            return Ok(None);
        };
        let ExprKind::Tuple { elts: values, .. } = &value.kind else { return Ok(None) };
        let starred = |e: &Expr| matches!(e.kind, ExprKind::Starred { .. });
        if targets.len() != values.len() || targets.len() > 8 || targets.iter().chain(values).any(starred) {
            return Ok(None);
        }
        if targets.is_empty() {
            return Ok(None);
        }
        let base = self.height();
        for v in values {
            self.push(v)?;
        }
        self.store_elements(targets, base)?;
        Ok(Some(()))
    }

    /// Stores an operand in a target; a temporary dies.
    pub fn store(&mut self, target: &'t Expr, value: R) -> Res {
        self.at(target.pos);
        match &target.kind {
            ExprKind::Name { id, .. } => {
                self.check_store_name(id, target.pos)?;
                let name = self.mangled(id);
                self.store_var(&name, value);
                Ok(())
            }
            ExprKind::Attribute { value: object, attr, .. } => {
                if &**attr == "__debug__" {
                    return self.error("cannot assign to __debug__", target.pos);
                }
                self.note_static_attribute(object, attr);
                let o = self.value(object)?;
                let name = self.mangled(attr);
                let k = self.name(&name);
                self.at(attr_pos(target.pos, attr));
                self.effect(Op::StoreAttr, o, value, R::No, k);
                Ok(())
            }
            ExprKind::Subscript { value: object, slice, .. } => {
                let o = self.value(object)?;
                if let ExprKind::Slice { lower, upper, step: None } = &slice.kind {
                    let base = self.height();
                    for part in [lower, upper] {
                        match part {
                            Some(e) => self.push_arg(e)?,
                            None => self.load_constant(&Constant::None, Dst::Temp),
                        };
                    }
                    self.at(target.pos);
                    let mut flags = 0;
                    let mut below = base;
                    if o.is_temp() {
                        flags |= bytecode::encode::KILL_A;
                        below -= 1;
                    }
                    if value.is_temp() {
                        flags |= KILL_B;
                        below -= 1;
                    }
                    self.unit.emit(Op::SetSlice, o, value, R::T(base), 0, flags);
                    self.unit.height = below;
                    return Ok(());
                }
                let i = self.value(slice)?;
                self.at(target.pos);
                self.effect(Op::SetItem, o, i, value, 0);
                Ok(())
            }
            ExprKind::Tuple { elts, .. } | ExprKind::List { elts, .. } => self.unpack(elts, value, target.pos),
            ExprKind::Starred { .. } => self.error("starred assignment target must be in a list or tuple", target.pos),
            _ => self.error("cannot assign to expression", target.pos),
        }
    }

    fn unpack(&mut self, elts: &'t [Expr], value: R, pos: Pos) -> Res {
        let star = elts.iter().position(|e| matches!(e.kind, ExprKind::Starred { .. }));
        if let Some(star) = star {
            let rest = &elts[star + 1..];
            if let Some(second) = rest.iter().find(|e| matches!(e.kind, ExprKind::Starred { .. })) {
                return self.error("multiple starred expressions in assignment", second.pos);
            }
            if star >= 1 << 12 || rest.len() >= 1 << 11 {
                return self.error("too many expressions in star-unpacking assignment", pos);
            }
        }
        let base = self.height() - u16::from(value.is_temp());
        let flags = if value.is_temp() { KILL_B } else { 0 };
        if let (None, Some(first)) = (star, self.consecutive_locals(elts)) {
            self.unit.emit(Op::UnpackSeq, R::No, value, R::L(first), elts.len() as i32, flags | DROP_A);
            self.unit.height = base;
            for n in 0..elts.len() as u16 {
                self.unit.now_bound(first + n);
            }
            return Ok(());
        }
        let (op, d) = match star {
            None => (Op::UnpackSeq, elts.len() as i32),
            Some(star) => (Op::UnpackEx, (star | (elts.len() - star - 1) << 12) as i32),
        };
        self.unit.emit(op, R::No, value, R::T(base), d, flags);
        self.unit.height = base;
        if elts.is_empty() {
            return Ok(());
        }
        self.unit.grow(elts.len() as u16);
        self.store_elements(elts, base)
    }

    /// Stores the temporaries from `base` up in `elts`; they die.
    fn store_elements(&mut self, elts: &'t [Expr], base: u16) -> Res {
        let unstarred = |e: &'t Expr| if let ExprKind::Starred { value, .. } = &e.kind { value } else { e };
        if let Some(locals) = self.distinct_locals(elts) {
            // Nothing can observe the order, and temporaries die from the top.
            for (i, local) in locals.iter().enumerate().rev() {
                self.at(unstarred(&elts[i]).pos);
                self.compute(Op::Move, Dst::Local(*local), R::T(base + i as u16), R::No, 0, 0);
            }
            return Ok(());
        }
        for (i, e) in elts.iter().enumerate() {
            let target = unstarred(e);
            self.at(target.pos);
            if i + 1 == elts.len() {
                self.slide_to(base);
                return self.store(target, R::T(base));
            }
            let copy = self.compute_keep(Op::Copy, Dst::Temp, R::T(base + i as u16), R::No, 0);
            self.store(target, copy)?;
        }
        Ok(())
    }

    /// The first of the locals that the targets are, when those lie one behind the other: they can be written at once.
    fn consecutive_locals(&self, elts: &[Expr]) -> Option<u16> {
        let locals = self.distinct_locals(elts)?;
        let first = *locals.first()?;
        locals.iter().enumerate().all(|(n, l)| usize::from(*l) == usize::from(first) + n).then_some(first)
    }

    /// The locals that the targets are, when all are different plain locals.
    fn distinct_locals(&self, elts: &[Expr]) -> Option<Vec<u16>> {
        let mut locals = Vec::with_capacity(elts.len());
        for e in elts {
            let e = if let ExprKind::Starred { value, .. } = &e.kind { value } else { e };
            let ExprKind::Name { id, .. } = &e.kind else { return None };
            let local = self.fast_local(id)?;
            if &**id == "__debug__" || locals.contains(&local) {
                return None;
            }
            locals.push(local);
        }
        Some(locals)
    }

    fn aug_assign(&mut self, target: &'t Expr, op: Operator, value: &'t Expr, pos: Pos) -> Res {
        match &target.kind {
            ExprKind::Name { id, .. } => {
                self.check_store_name(id, target.pos)?;
                let name = self.mangled(id);
                self.at(target.pos);
                if let Some(local) = self.fast_local(id) {
                    let left = match self.local_operand(id, target.pos) {
                        Some(r) => r,
                        None => self.load_var(&name, Dst::Temp),
                    };
                    self.inplace(left, op, value, Dst::Local(local), pos)?;
                    return Ok(());
                }
                let left = self.load_var(&name, Dst::Temp);
                let r = self.inplace(left, op, value, Dst::Temp, pos)?;
                self.at(target.pos);
                self.store_var(&name, r);
                Ok(())
            }
            ExprKind::Attribute { value: object, attr, .. } => {
                if &**attr == "__debug__" {
                    return self.error("cannot assign to __debug__", target.pos);
                }
                self.note_static_attribute(object, attr);
                let o = self.value(object)?;
                let name = self.mangled(attr);
                let k = self.name(&name);
                self.at(attr_pos(target.pos, attr));
                let left = self.compute_keep(Op::LoadAttr, Dst::Temp, o, R::No, k);
                let r = self.inplace(left, op, value, Dst::Temp, pos)?;
                self.at(attr_pos(target.pos, attr));
                self.effect(Op::StoreAttr, o, r, R::No, k);
                Ok(())
            }
            ExprKind::Subscript { value: object, slice, .. } => {
                let o = self.value(object)?;
                let i = self.value(slice)?;
                self.at(target.pos);
                let left = self.compute_keep(Op::GetItem, Dst::Temp, o, i, 0);
                let r = self.inplace(left, op, value, Dst::Temp, pos)?;
                self.at(target.pos);
                self.effect(Op::SetItem, o, i, r, 0);
                Ok(())
            }
            _ => self.error("'expression' is an illegal expression for augmented assignment", target.pos),
        }
    }

    pub fn check_store_name(&mut self, id: &str, pos: Pos) -> Res {
        if id == "__debug__" {
            return self.error("cannot assign to __debug__", pos);
        }
        Ok(())
    }

    /// Remembers attributes that methods set on their first parameter.
    fn note_static_attribute(&mut self, object: &Expr, attr: &Ident) {
        let ExprKind::Name { id, .. } = &object.kind else { return };
        if &**id != "self" || self.unit.kind != ScopeKind::Function {
            return;
        }
        if let Some(class) = self.outer.iter_mut().rev().find(|u| u.kind == ScopeKind::Class) {
            class.static_attributes.insert(attr.clone());
        }
    }

    fn delete(&mut self, target: &'t Expr) -> Res {
        self.at(target.pos);
        match &target.kind {
            ExprKind::Name { id, .. } => {
                if &**id == "__debug__" {
                    return self.error("cannot delete __debug__", target.pos);
                }
                let name = self.mangled(id);
                self.delete_var(&name);
                Ok(())
            }
            ExprKind::Attribute { value, attr, .. } => {
                if &**attr == "__debug__" {
                    return self.error("cannot delete __debug__", target.pos);
                }
                let o = self.value(value)?;
                let name = self.mangled(attr);
                let k = self.name(&name);
                self.at(attr_pos(target.pos, attr));
                self.effect(Op::DelAttr, R::No, o, R::No, k);
                Ok(())
            }
            ExprKind::Subscript { value, slice, .. } => {
                let o = self.value(value)?;
                let i = self.value(slice)?;
                self.at(target.pos);
                self.effect(Op::DelItem, R::No, o, i, 0);
                Ok(())
            }
            ExprKind::Tuple { elts, .. } | ExprKind::List { elts, .. } => elts.iter().try_for_each(|e| self.delete(e)),
            _ => self.error("cannot delete expression", target.pos),
        }
    }

    // ---- assert, import ----

    fn assert(&mut self, test: &'t Expr, msg: Option<&'t Expr>, pos: Pos) -> Res {
        if let ExprKind::Tuple { elts, .. } = &test.kind
            && !elts.is_empty()
        {
            self.warn("assertion is always true, perhaps remove parentheses?", pos);
        }
        if let ExprKind::Constant { value: Constant::Tuple(items), .. } = &test.kind
            && !items.is_empty()
        {
            self.warn("assertion is always true, perhaps remove parentheses?", pos);
        }
        if self.options.optimize > 0 {
            return Ok(());
        }
        let end = self.unit.new_label();
        self.jump_if(test, true, end)?;
        self.at(pos);
        let base = self.height();
        self.result(Op::LoadCommon, Dst::Temp, R::No, R::No, Common::AssertionError as i32, 0, base);
        let mut exc = R::T(base);
        if let Some(msg) = msg {
            self.push_arg(msg)?;
            self.at(pos);
            exc = self.gather(Op::Call, Dst::Temp, R::I(1), base, 0);
        }
        self.at(test.pos);
        self.effect(Op::Raise, R::No, exc, R::No, 1);
        self.unit.reachable = false;
        self.unit.place(end);
        Ok(())
    }

    fn import(&mut self, names: &'t [Alias]) -> Res {
        for alias in names {
            let pos = self.unit.pos;
            let from = self.load_constant(&Constant::None, Dst::Temp);
            let k = self.name(&alias.name);
            let module = self.compute(Op::ImportName, Dst::Temp, from, R::I(0), k, 0);
            let mut parts = alias.name.split('.');
            let first = Ident::from(parts.next().unwrap_or_default());
            match &alias.asname {
                None => {
                    self.check_store_name(&first, alias.pos)?;
                    let name = self.mangled(&first);
                    self.store_var(&name, module);
                }
                Some(asname) => {
                    for part in parts {
                        let R::T(at) = module else { unreachable!("a temporary") };
                        let k = self.name(part);
                        self.compute_keep(Op::ImportFrom, Dst::Temp, module, R::No, k);
                        self.slide_to(at);
                    }
                    let name = self.mangled(asname);
                    self.check_store_name(asname, alias.pos)?;
                    self.store_var(&name, module);
                }
            }
            self.at(pos);
        }
        Ok(())
    }

    fn import_from(&mut self, module: Option<&'t Ident>, names: &'t [Alias], level: u32, pos: Pos) -> Res {
        let list: Vec<Constant> = names.iter().map(|a| Constant::Str(PyStr::from(&*a.name))).collect();
        let from = self.load_constant(&Constant::Tuple(list.into()), Dst::Temp);
        let k = self.name(module.map_or("", |m| m));
        let level = i16::try_from(level).unwrap_or(i16::MAX).min(255);
        let m = self.compute(Op::ImportName, Dst::Temp, from, R::I(level), k, 0);
        if let [alias] = names
            && &*alias.name == "*"
        {
            self.effect(Op::ImportStar, R::No, m, R::No, 0);
            return Ok(());
        }
        for alias in names {
            self.at(pos);
            let k = self.name(&alias.name);
            let stored = alias.asname.as_ref().unwrap_or(&alias.name);
            self.check_store_name(stored, alias.pos)?;
            let v = self.compute_keep(Op::ImportFrom, Dst::Temp, m, R::No, k);
            let name = self.mangled(stored);
            self.store_var(&name, v);
        }
        self.at(pos);
        self.drop_top();
        Ok(())
    }

    // ---- annotated assignment ----

    fn ann_assign(&mut self, target: &'t Expr, annotation: &'t Expr, value: Option<&'t Expr>, simple: bool, pos: Pos) -> Res {
        if let ExprKind::Name { id, .. } = &target.kind {
            self.check_store_name(id, target.pos)?;
        }
        if let Some(value) = value {
            if let ExprKind::Name { id, .. } = &target.kind
                && let Some(local) = self.fast_local(id)
            {
                self.expr(value, Dst::Local(local))?;
            } else {
                let v = self.value(value)?;
                self.store(target, v)?;
            }
        }
        self.at(pos);
        match &target.kind {
            ExprKind::Name { id, .. } if simple && !self.unit.kind.is_function_like() => {
                self.annotate_name(id, annotation, pos)?;
            }
            ExprKind::Attribute { value: object, attr, .. } if value.is_none() => {
                if &**attr == "__debug__" {
                    return self.error("cannot assign to __debug__", target.pos);
                }
                self.discard(object)?;
            }
            ExprKind::Subscript { value: object, slice, .. } if value.is_none() => {
                self.discard(object)?;
                self.discard_slice(slice)?;
            }
            _ => {}
        }
        if !simple && !self.unit.kind.is_function_like() && !self.future_annotations {
            self.discard(annotation)?;
        }
        Ok(())
    }

    fn discard_slice(&mut self, slice: &'t Expr) -> Res {
        match &slice.kind {
            ExprKind::Slice { lower, upper, step } => [lower, upper, step].into_iter().flatten().try_for_each(|e| self.discard(e)),
            ExprKind::Tuple { elts, .. } => elts.iter().try_for_each(|e| self.discard_slice(e)),
            _ => self.discard(slice),
        }
    }

    /// A constant test of an `if` or `while`.
    pub fn constant_truth(&self, e: &Expr) -> Option<bool> {
        fold(e, self.options.optimize).map(|c| c.truth())
    }
}
