//! Functions, lambdas, classes and their annotations. Comprehensions are in `comprehension.rs`, type parameters in
//! `generic.rs`.

use crate::codegen::{Compiler, Res, clean_docstring, docstring};
use crate::flow::{DeferredAnnotation, Dst, R};
use crate::scope::{ScopeKind, Tag, mangle};
use crate::tree::*;
use bytecode::ops::Common;
use bytecode::{Code, Const, LocalKind, Op, flags};

impl<'t> Compiler<'t> {
    /// Where a definition's function starts: at its first decorator.
    pub fn first_line(pos: Pos, decorators: &[Expr]) -> u32 {
        decorators.first().map_or(pos.line, |d| d.pos.line)
    }

    fn decorators(&mut self, list: &'t [Expr]) -> Res {
        list.iter().try_for_each(|d| self.push_arg(d).map(drop))
    }

    /// Applies the decorators below the topmost temporary.
    fn apply_decorators(&mut self, list: &'t [Expr]) {
        for d in list.iter().rev() {
            self.at(d.pos);
            let base = self.height() - 2;
            self.gather(Op::Call, Dst::Temp, R::I(1), base, 0);
        }
    }

    pub fn function_def(&mut self, f: &'t FunctionDef, pos: Pos) -> Res {
        self.decorators(&f.decorator_list)?;
        self.at(pos);
        let first_line = Self::first_line(pos, &f.decorator_list);
        if f.type_params.is_empty() {
            let base = self.height();
            let bits = self.defaults(&f.args)?;
            self.function(f, pos, first_line, base, bits)?;
        } else {
            self.generic_function(f, pos, first_line)?;
        }
        self.apply_decorators(&f.decorator_list);
        self.at(pos);
        let name = self.mangled(&f.name);
        self.check_store_name(&f.name, pos)?;
        let top = self.top();
        self.store_var(&name, top);
        Ok(())
    }

    /// Pushes the tuple of defaults and the dict of keyword defaults that there are; gives their bits.
    pub fn defaults(&mut self, args: &'t Arguments) -> Res<i16> {
        let mut bits = 0;
        let pos = self.unit.pos;
        if !args.defaults.is_empty() {
            let constants: Option<Vec<Constant>> = args.defaults.iter().map(|d| crate::optimise::fold(d, self.options.optimize)).collect();
            match constants {
                Some(items) => {
                    self.load_constant(&Constant::Tuple(items.into()), Dst::Temp);
                }
                None => {
                    let base = self.height();
                    for d in &args.defaults {
                        self.push_arg(d)?;
                    }
                    self.at(pos);
                    self.gather(Op::BuildTuple, Dst::Temp, R::No, base, args.defaults.len() as i32);
                }
            }
            bits |= 1;
        }
        if args.kw_defaults.iter().any(Option::is_some) {
            let base = self.height();
            let mut n = 0;
            for (a, d) in args.kwonlyargs.iter().zip(&args.kw_defaults) {
                let Some(d) = d else { continue };
                let name = self.mangled(&a.arg);
                self.load_str(&name, Dst::Temp);
                self.push_arg(d)?;
                n += 1;
            }
            self.at(pos);
            self.gather(Op::BuildMap, Dst::Temp, R::No, base, n);
            bits |= 2;
        }
        Ok(bits)
    }

    /// Pushes the function of `f`; what `bits` names lies from `base` on.
    pub fn function(&mut self, f: &'t FunctionDef, pos: Pos, first_line: u32, base: u16, mut bits: i16) -> Res {
        for a in f.args.all() {
            if &*a.arg == "__debug__" {
                return self.error("cannot assign to __debug__", a.pos);
            }
        }
        if self.function_annotations(f, pos)? {
            bits |= 4;
        }
        let id = self.scope_of(f, Tag::Body);
        self.enter_unit(id, &f.name, first_line, 0);
        self.set_arguments(&f.args);
        let mut body = &f.body[..];
        if let Some((text, _)) = docstring(body) {
            body = &body[1..];
            if self.options.optimize < 2 {
                let text = clean_docstring(text);
                // The first constant, by convention.
                debug_assert!(self.unit.consts.is_empty());
                self.constant(&Constant::Str(text));
                self.unit.flags |= flags::HAS_DOCSTRING;
            }
        }
        self.body(body)?;
        let code = self.leave_unit(true)?;
        self.at(pos);
        self.make_function(code, base, bits)
    }

    pub fn set_arguments(&mut self, args: &Arguments) {
        self.unit.posonly_count = args.posonlyargs.len() as u32;
        self.unit.arg_count = (args.posonlyargs.len() + args.args.len()) as u32;
        self.unit.kwonly_count = args.kwonlyargs.len() as u32;
    }

    /// Pushes a function of `code`, adding the closure its free variables need.
    pub fn make_function(&mut self, code: Code, base: u16, mut bits: i16) -> Res {
        if !code.freevars.is_empty() {
            let tuple = self.height();
            for name in &code.freevars {
                let name: Ident = String::from_utf8_lossy(name).as_ref().into();
                self.push_cell(&name)?;
            }
            self.gather(Op::BuildTuple, Dst::Temp, R::No, tuple, code.freevars.len() as i32);
            bits |= 8;
        }
        let named = code.flags & flags::OPTIMIZED != 0 && !code.name.starts_with(b"<");
        if named && matches!(self.unit.kind, ScopeKind::Module | ScopeKind::Class) && self.unit.loops == 0 {
            bits |= 16;
        }
        let c = if bits & 15 == 0 { R::No } else { R::T(base) };
        if !self.unit.reachable {
            self.unit.height = base;
            self.unit.grow(1);
            return Ok(());
        }
        let k = self.add_const(Const::Code(Box::new(code)));
        self.result(Op::MakeFunction, Dst::Temp, R::I(bits), c, k, 0, base);
        Ok(())
    }

    pub fn lambda(&mut self, e: &'t Expr, args: &'t Arguments, body: &'t Expr, dst: Dst) -> Res<R> {
        let pos = e.pos;
        for a in args.all() {
            if &*a.arg == "__debug__" {
                return self.error("cannot assign to __debug__", a.pos);
            }
        }
        let base = self.height();
        let bits = self.defaults(args)?;
        let id = self.scope_of(e, Tag::Body);
        self.enter_unit(id, "<lambda>", pos.line, 0);
        self.set_arguments(args);
        self.at(body.pos);
        self.unit.starts = true;
        let v = self.value(body)?;
        self.at(body.pos);
        if self.table.scopes[id].is_generator {
            if v.is_temp() {
                self.drop_top();
            }
            self.return_none();
        } else {
            self.effect(Op::Return, R::No, v, R::No, 0);
        }
        self.unit.reachable = false;
        let code = self.leave_unit(false)?;
        self.at(pos);
        self.make_function(code, base, bits)?;
        let top = self.top();
        Ok(self.move_to(top, dst))
    }

    // ---- annotations ----

    /// Pushes the `__annotate__` function of a function (or, with the future, a tuple for its annotations) when it has
    /// annotations.
    fn function_annotations(&mut self, f: &'t FunctionDef, pos: Pos) -> Res<bool> {
        let mut list: Vec<(Ident, &'t Expr)> = Vec::new();
        for a in f.args.posonlyargs.iter().chain(&f.args.args).chain(f.args.vararg.as_deref()) {
            if let Some(e) = &a.annotation {
                list.push((self.mangled(&a.arg), e));
            }
        }
        for a in f.args.kwonlyargs.iter().chain(f.args.kwarg.as_deref()) {
            if let Some(e) = &a.annotation {
                list.push((self.mangled(&a.arg), e));
            }
        }
        if let Some(e) = &f.returns {
            list.push((Ident::from("return"), e));
        }
        if list.is_empty() {
            return Ok(false);
        }
        let base = self.height();
        let id = self.scope_of(&f.args, Tag::Annotations);
        self.enter_annotate(id, pos);
        let map_base = self.height();
        if list.len() <= 15 {
            for (name, e) in &list {
                self.load_str(name, Dst::Temp);
                self.annotation_value(e)?;
            }
            self.at(pos);
            self.gather(Op::BuildMap, Dst::Temp, R::No, map_base, list.len() as i32);
        } else {
            let map = self.gather(Op::BuildMap, Dst::Temp, R::No, map_base, 0);
            for (name, e) in &list {
                let key = self.load_str(name, Dst::Temp);
                self.annotation_value(e)?;
                let value = self.top();
                self.map_add(map, key, value);
            }
        }
        let top = self.top();
        self.effect(Op::Return, R::No, top, R::No, 0);
        self.unit.reachable = false;
        let code = self.leave_unit(false)?;
        self.at(pos);
        let before = self.unit.loops;
        self.make_function(code, base, 0)?;
        self.unit.loops = before;
        Ok(true)
    }

    /// Begins an annotation scope's function: `format` above 2 is not supported by compiled code.
    pub fn enter_annotate(&mut self, id: usize, pos: Pos) {
        self.enter_unit(id, "__annotate__", pos.line, 0);
        self.format_check(pos);
    }

    pub fn format_check(&mut self, pos: Pos) {
        self.unit.arg_count = 1;
        self.unit.posonly_count = 1;
        self.at(pos);
        let ok = self.unit.new_label();
        let format =
            if self.unit.locals[0].1 == LocalKind::Cell { self.compute_keep(Op::LoadCell, Dst::Temp, R::L(0), R::No, 0) } else { R::L(0) };
        self.branch(Op::JumpGtI, false, format, R::I(2), ok);
        let base = self.height();
        let d = Common::NotImplementedError as i32;
        let exc = self.result(Op::LoadCommon, Dst::Temp, R::No, R::No, d, 0, base);
        self.effect(Op::Raise, R::No, exc, R::No, 1);
        self.unit.reachable = false;
        self.unit.place(ok);
    }

    /// Pushes the value of an annotation; `*args: *Ts` unpacks its one element.
    fn annotation_value(&mut self, e: &'t Expr) -> Res {
        if self.future_annotations {
            let text = crate::unparse::expression(e);
            self.at(e.pos);
            self.load_constant(&Constant::Str(text), Dst::Temp);
            return Ok(());
        }
        if let ExprKind::Starred { value, .. } = &e.kind {
            let base = self.height();
            let v = self.value(value)?;
            self.at(e.pos);
            let flags = if v.is_temp() { bytecode::encode::KILL_B } else { 0 };
            self.unit.emit(Op::UnpackSeq, R::No, v, R::T(base), 1, flags);
            self.unit.height = base;
            self.unit.grow(1);
            return Ok(());
        }
        self.push_arg(e)?;
        Ok(())
    }

    /// At the start of a module or class body.
    pub fn setup_annotations(&mut self, body: &'t [Stmt]) -> Res {
        let scope = &self.table.scopes[self.unit.scope];
        if self.future_annotations {
            if scope.annotations_used && has_annotations(body) {
                self.unit.emit(Op::SetupAnnotations, R::No, R::No, R::No, 0, 0);
            }
            return Ok(());
        }
        if scope.has_conditional_annotations {
            let base = self.height();
            let set = self.gather(Op::BuildSet, Dst::Temp, R::No, base, 0);
            self.store_var(&"__conditional_annotations__".into(), set);
        }
        Ok(())
    }

    /// Notes the annotation of a module or class variable.
    pub fn annotate_name(&mut self, id: &'t Ident, annotation: &'t Expr, pos: Pos) -> Res {
        if self.future_annotations {
            self.annotation_value(annotation)?;
            let map = self.load_var(&"__annotations__".into(), Dst::Temp);
            let name = self.mangled(id);
            let key = self.load_str(&name, Dst::Temp);
            // Stack order: value, map, key.
            self.at(pos);
            let value = R::T(self.height() - 3);
            self.effect(Op::SetItem, map, key, value, 0);
            return Ok(());
        }
        let conditional = self.unit.conditional > 0 || self.unit.kind == ScopeKind::Module;
        let index = conditional.then_some(self.unit.annotation_count);
        if let Some(index) = index {
            let set = self.load_var(&"__conditional_annotations__".into(), Dst::Temp);
            let i = self.load_constant(&Constant::Int(i64::from(index)), Dst::Temp);
            self.collect(Op::SetAdd, set, i);
            self.drop_top();
        }
        self.unit.annotation_count += 1;
        self.unit.annotations.push(DeferredAnnotation { name: id, annotation, index, pos });
        Ok(())
    }

    /// At the end of a module or class body: the `__annotate__` function of its variables.
    pub fn deferred_annotations(&mut self) -> Res {
        let list = std::mem::take(&mut self.unit.annotations);
        if list.is_empty() {
            return Ok(());
        }
        let class = self.unit.kind == ScopeKind::Class;
        let outer_scope = self.unit.scope;
        let Some(id) = self.table.scopes[outer_scope].annotation_block else { return Ok(()) };
        let base = self.height();
        let pos = self.unit.pos;
        // The function is made even where control does not arrive.
        let line = Pos { line: self.unit.first_line, col: 0, end_line: self.unit.first_line, end_col: 0 };
        self.enter_annotate(id, line);
        self.gather(Op::BuildMap, Dst::Temp, R::No, 0, 0);
        let map = self.top();
        for a in &list {
            let skip = self.unit.new_label();
            self.at(a.pos);
            if let Some(index) = a.index {
                let i = self.load_constant(&Constant::Int(i64::from(index)), Dst::Temp);
                let set = self.load_var(&"__conditional_annotations__".into(), Dst::Temp);
                self.branch(Op::JumpIn, false, i, set, skip);
            }
            let name = mangle(self.unit.class.as_deref(), a.name);
            let key = self.load_str(&name, Dst::Temp);
            self.annotation_value(a.annotation)?;
            let value = self.top();
            self.map_add(map, key, value);
            self.unit.place(skip);
        }
        self.effect(Op::Return, R::No, map, R::No, 0);
        self.unit.reachable = false;
        let code = self.leave_unit(false)?;
        self.at(line);
        self.unit.starts = false;
        self.make_function(code, base, 0)?;
        let name = if class { "__annotate_func__" } else { "__annotate__" };
        let top = self.top();
        self.store_var(&name.into(), top);
        self.at(pos);
        Ok(())
    }

    // ---- classes ----

    pub fn class_def(&mut self, c: &'t ClassDef, pos: Pos) -> Res {
        self.decorators(&c.decorator_list)?;
        self.at(pos);
        let first_line = Self::first_line(pos, &c.decorator_list);
        if c.type_params.is_empty() {
            let base = self.height();
            self.class_function(c, pos, first_line)?;
            self.class_call(&c.bases, &c.keywords, None, base, Dst::Temp, pos)?;
        } else {
            self.generic_class(c, pos, first_line)?;
        }
        self.apply_decorators(&c.decorator_list);
        self.at(pos);
        let name = self.mangled(&c.name);
        self.check_store_name(&c.name, pos)?;
        let top = self.top();
        self.store_var(&name, top);
        Ok(())
    }

    /// Pushes `__build_class__`, the function of the class body and the class's name.
    pub fn class_function(&mut self, c: &'t ClassDef, pos: Pos, first_line: u32) -> Res {
        let base = self.height();
        self.result(Op::LoadCommon, Dst::Temp, R::No, R::No, Common::BuildClass as i32, 0, base);
        let id = self.scope_of(c, Tag::Body);
        let function_base = self.height();
        self.enter_unit(id, &c.name, first_line, 0);
        self.class_body(c, pos, first_line)?;
        let code = self.leave_unit(false)?;
        self.at(pos);
        self.make_function(code, function_base, 0)?;
        self.load_str(&c.name, Dst::Temp);
        Ok(())
    }

    fn class_body(&mut self, c: &'t ClassDef, pos: Pos, first_line: u32) -> Res {
        self.at(Pos { line: first_line, col: 0, end_line: first_line, end_col: 0 });
        let base = self.height();
        let name = self.result(Op::LoadName, Dst::Temp, R::No, R::No, 0, 0, base);
        // The class body is not entered through `load_var`: its `__name__` is the module's.
        if self.unit.reachable {
            let k = self.name("__name__");
            if let Some(last) = self.unit.code.last_mut() {
                last.d = k;
            }
        }
        let k = self.name("__module__");
        self.effect(Op::StoreName, R::No, name, R::No, k);
        let qualname = self.unit.qualname.clone();
        let q = self.load_constant(&Constant::Str(PyStr::from(&*qualname)), Dst::Temp);
        let k = self.name("__qualname__");
        self.effect(Op::StoreName, R::No, q, R::No, k);
        let line = self.load_constant(&Constant::Int(i64::from(first_line)), Dst::Temp);
        let k = self.name("__firstlineno__");
        self.effect(Op::StoreName, R::No, line, R::No, k);
        let scope = &self.table.scopes[self.unit.scope];
        let (needs_class, needs_dict) = (scope.needs_class_closure, scope.needs_classdict);
        if needs_dict {
            let base = self.height();
            let map = self.result(Op::LoadLocals, Dst::Temp, R::No, R::No, 0, 0, base);
            let cell = R::L(self.unit.local_index["__classdict__"]);
            self.effect(Op::StoreCell, cell, map, R::No, 0);
        }
        if !c.type_params.is_empty() {
            let params = self.load_var(&".type_params".into(), Dst::Temp);
            let k = self.name("__type_params__");
            self.effect(Op::StoreName, R::No, params, R::No, k);
        }
        self.setup_annotations(&c.body)?;
        let mut body = &c.body[..];
        if let Some((text, doc_pos)) = docstring(body) {
            body = &body[1..];
            if self.options.optimize < 2 {
                self.at(doc_pos);
                self.unit.starts = true;
                let text = clean_docstring(text);
                let r = self.load_constant(&Constant::Str(text), Dst::Temp);
                let k = self.name("__doc__");
                self.effect(Op::StoreName, R::No, r, R::No, k);
            }
        }
        self.body(body)?;
        self.deferred_annotations()?;
        // No line of its own: the one before.
        if let Some(last) = self.unit.code.last() {
            self.unit.pos = last.pos;
        }
        self.unit.starts = false;
        let attributes: Vec<Constant> = self.unit.static_attributes.iter().map(|n| Constant::Str(PyStr::from(&**n))).collect();
        let a = self.load_constant(&Constant::Tuple(attributes.into()), Dst::Temp);
        let k = self.name("__static_attributes__");
        self.effect(Op::StoreName, R::No, a, R::No, k);
        if needs_dict {
            let cell = R::L(self.unit.local_index["__classdict__"]);
            let cell = self.compute_keep(Op::Borrow, Dst::Temp, cell, R::No, 0);
            let k = self.name("__classdictcell__");
            self.effect(Op::StoreName, R::No, cell, R::No, k);
        }
        if needs_class {
            let local = R::L(self.unit.local_index["__class__"]);
            let k = self.name("__classcell__");
            self.effect(Op::StoreName, R::No, local, R::No, k);
            self.effect(Op::Return, R::No, local, R::No, 0);
            self.unit.reachable = false;
        } else {
            self.return_none();
        }
        let _ = pos;
        Ok(())
    }
}

/// Whether a body annotates variables (not looking into functions and classes).
fn has_annotations(body: &[Stmt]) -> bool {
    body.iter().any(|s| match &s.kind {
        StmtKind::AnnAssign { .. } => true,
        StmtKind::If { body, orelse, .. } | StmtKind::While { body, orelse, .. } => has_annotations(body) || has_annotations(orelse),
        StmtKind::For { body, orelse, .. } => has_annotations(body) || has_annotations(orelse),
        StmtKind::With { body, .. } => has_annotations(body),
        StmtKind::Try(t) => {
            has_annotations(&t.body)
                || has_annotations(&t.orelse)
                || has_annotations(&t.finalbody)
                || t.handlers.iter().any(|h| has_annotations(&h.body))
        }
        StmtKind::Match { cases, .. } => cases.iter().any(|c| has_annotations(&c.body)),
        _ => false,
    })
}
