//! Calls: the window of callable and arguments that the callee's registers will overlay.

use crate::codegen::{Compiler, Res};
use crate::expr::attr_pos;
use crate::flow::{Dst, R};
use crate::names::Var;
use crate::scope::{ScopeKind, Where, def};
use crate::tree::*;
use bytecode::{LocalKind, Op};

/// More arguments than this go through a tuple.
const MAX_ARGS: usize = 255;
/// Longer argument lists are collected piece by piece.
const WINDOW: usize = 60;

impl<'t> Compiler<'t> {
    pub fn call(&mut self, e: &'t Expr, func: &'t Expr, args: &'t [Expr], keywords: &'t [Keyword], dst: Dst) -> Res<R> {
        self.check_keywords(keywords)?;
        self.check_caller(func);
        let base = self.height();
        let plain = !args.iter().any(|a| matches!(a.kind, ExprKind::Starred { .. }))
            && keywords.iter().all(|k| k.arg.is_some())
            && args.len() + keywords.len() <= WINDOW.min(MAX_ARGS);
        if plain && let ExprKind::Attribute { value, attr, .. } = &func.kind {
            self.at(func.pos);
            let pair = match self.super_attr(value, attr, Dst::Temp, true)? {
                Some(pair) => pair,
                None => {
                    let v = self.value(value)?;
                    let name = self.mangled(attr);
                    let k = self.name(&name);
                    self.at(attr_pos(func.pos, attr));
                    self.method_pair(v, k)
                }
            };
            debug_assert_eq!(pair, R::T(base));
            self.arguments(args, keywords)?;
            self.at(call_pos(e.pos, func.pos, attr));
            return self.finish_call(Op::CallMethod, Op::CallMethodKw, args.len(), keywords, base, dst);
        }
        self.push_arg(func)?;
        if plain {
            self.arguments(args, keywords)?;
            self.at(e.pos);
            return self.finish_call(Op::Call, Op::CallKw, args.len(), keywords, base, dst);
        }
        self.call_ex(0, args, keywords, base, dst, e.pos)
    }

    /// Looks up a method: the pair of callable and self becomes the two topmost temporaries.
    pub fn method_pair(&mut self, object: R, name: i32) -> R {
        let base = self.height() - u16::from(object.is_temp());
        let flags = if object.is_temp() { bytecode::encode::KILL_B } else { 0 };
        self.unit.emit(Op::LoadMethod, R::T(base), object, R::No, name, flags);
        self.unit.height = base;
        self.unit.grow(2);
        R::T(base)
    }

    fn arguments(&mut self, args: &'t [Expr], keywords: &'t [Keyword]) -> Res {
        for a in args {
            self.push_arg(a)?;
        }
        for k in keywords {
            self.push_arg(&k.value)?;
        }
        Ok(())
    }

    fn finish_call(&mut self, op: Op, op_kw: Op, positional: usize, keywords: &'t [Keyword], base: u16, dst: Dst) -> Res<R> {
        let count = R::I((positional + keywords.len()) as i16);
        if keywords.is_empty() {
            return Ok(self.gather(op, dst, count, base, 0));
        }
        let names: Vec<Constant> = keywords.iter().flat_map(|k| &k.arg).map(|n| Constant::Str(PyStr::from(&**n))).collect();
        let k = self.constant(&Constant::Tuple(names.into()));
        Ok(self.gather(op_kw, dst, count, base, k))
    }

    /// A call through a tuple and a dict. The callable is at `base`; `extra` positional temporaries follow it already.
    pub fn call_ex(&mut self, extra: u16, args: &'t [Expr], keywords: &'t [Keyword], base: u16, dst: Dst, pos: Pos) -> Res<R> {
        self.argument_tuple(extra, args, None)?;
        self.finish_call_ex(keywords, base, dst, pos)
    }

    fn finish_call_ex(&mut self, keywords: &'t [Keyword], base: u16, dst: Dst, pos: Pos) -> Res<R> {
        if !keywords.is_empty() {
            self.keyword_dict(keywords, R::T(base))?;
        }
        self.at(pos);
        let b = R::I(i16::from(!keywords.is_empty()));
        Ok(self.gather(Op::CallEx, dst, b, base, 0))
    }

    /// Pushes the tuple of positional arguments; `extra` temporaries on top are its first elements. `last` is a local
    /// appended at the end.
    fn argument_tuple(&mut self, extra: u16, args: &'t [Expr], last: Option<&Ident>) -> Res {
        let base = self.height() - extra;
        let pos = self.unit.pos;
        if extra == 0
            && last.is_none()
            && let [Expr { kind: ExprKind::Starred { value, .. }, .. }] = args
        {
            // `f(*x)`: the tuple of x, or x itself.
            let list = self.gather(Op::BuildList, Dst::Temp, R::No, base, 0);
            let v = self.value(value)?;
            self.collect(Op::ListExtend, list, v);
            self.compute(Op::ListToTuple, Dst::Temp, list, R::No, 0, 0);
            return Ok(());
        }
        let starred = args.iter().any(|a| matches!(a.kind, ExprKind::Starred { .. }));
        if !starred && args.len() <= WINDOW {
            for a in args {
                self.push_arg(a)?;
            }
            let mut n = args.len() as i32 + i32::from(extra);
            if let Some(name) = last {
                self.load_var(name, Dst::Temp);
                n += 1;
            }
            self.at(pos);
            self.gather(Op::BuildTuple, Dst::Temp, R::No, base, n);
            return Ok(());
        }
        let list = self.gather(Op::BuildList, Dst::Temp, R::No, base, i32::from(extra));
        for a in args {
            if let ExprKind::Starred { value, .. } = &a.kind {
                let v = self.value(value)?;
                self.at(a.pos);
                self.collect(Op::ListExtend, list, v);
            } else {
                let v = self.value(a)?;
                self.collect(Op::ListAppend, list, v);
            }
        }
        if let Some(name) = last {
            let v = self.load_var(name, Dst::Temp);
            self.collect(Op::ListAppend, list, v);
        }
        self.at(pos);
        self.compute(Op::ListToTuple, Dst::Temp, list, R::No, 0, 0);
        Ok(())
    }

    /// Pushes the dict of keyword arguments; `callee` is named in errors about duplicates.
    fn keyword_dict(&mut self, keywords: &'t [Keyword], callee: R) -> Res {
        let base = self.height();
        let map = self.gather(Op::BuildMap, Dst::Temp, R::No, base, 0);
        let mut i = 0;
        while i < keywords.len() {
            let k = &keywords[i];
            match &k.arg {
                // Named arguments in front of any `**` cannot collide.
                Some(name) if keywords[..i].iter().all(|k| k.arg.is_some()) => {
                    let key = self.load_str(name, Dst::Temp);
                    let v = self.value(&k.value)?;
                    self.map_add(map, key, v);
                    i += 1;
                }
                Some(_) => {
                    // A run of named arguments after `**x` is merged like one.
                    let run_base = self.height();
                    let run = self.gather(Op::BuildMap, Dst::Temp, R::No, run_base, 0);
                    while let Some(Keyword { arg: Some(name), value, .. }) = keywords.get(i) {
                        let key = self.load_str(name, Dst::Temp);
                        let v = self.value(value)?;
                        self.map_add(run, key, v);
                        i += 1;
                    }
                    self.dict_merge(map, run, callee);
                }
                None => {
                    let v = self.value(&k.value)?;
                    self.dict_merge(map, v, callee);
                    i += 1;
                }
            }
        }
        Ok(())
    }

    fn dict_merge(&mut self, map: R, from: R, callee: R) {
        let flags = if from.is_temp() { bytecode::encode::KILL_B } else { 0 };
        self.unit.emit(Op::DictMerge, map, from, callee, 0, flags);
        if from.is_temp() {
            self.unit.height -= 1;
        }
    }

    /// `super().attr` and `super(a, b).attr` without making the super object. With `method`, the result is a method pair.
    pub fn super_attr(&mut self, value: &'t Expr, attr: &Ident, dst: Dst, method: bool) -> Res<Option<R>> {
        let ExprKind::Call { func, args, keywords } = &value.kind else { return Ok(None) };
        let ExprKind::Name { id, .. } = &func.kind else { return Ok(None) };
        if &**id != "super"
            || !keywords.is_empty()
            || self.unit.kind != ScopeKind::Function
            || args.iter().any(|a| matches!(a.kind, ExprKind::Starred { .. }))
        {
            return Ok(None);
        }
        let scope = &self.table.scopes[self.unit.scope];
        let global = scope.symbols.get("super").is_some_and(|s| s.place == Where::GlobalImplicit);
        let shadowed = self.table.scopes[0].symbols.get("super").is_some_and(|s| s.flags & def::BOUND != 0);
        if !global || shadowed || &**attr == "__class__" || !self.unit.comps.is_empty() {
            return Ok(None);
        }
        let base = self.height();
        match args.len() {
            0 => {
                let Some(first) = self.unit.locals.first().map(|l| l.0.clone()) else { return Ok(None) };
                let Var::Free(class) = self.resolve("__class__") else { return Ok(None) };
                if self.unit.arg_count == 0 && self.unit.flags & bytecode::flags::VARARGS == 0 {
                    return Ok(None);
                }
                if self.unit.arg_count == 0 || scope.params.first() != Some(&first) {
                    return Ok(None);
                }
                let name = Ident::from("super");
                self.load_var(&name, Dst::Temp);
                let at = self.height();
                self.result(Op::LoadFree, Dst::Temp, R::No, R::No, class as i32, 0, at);
                if self.unit.locals[0].1 == LocalKind::Cell {
                    self.compute_keep(Op::LoadCell, Dst::Temp, R::L(0), R::No, 0);
                } else {
                    self.check_bound(0);
                    let op = if self.may_be_rebound(&first) { Op::Copy } else { Op::Borrow };
                    self.compute_keep(op, Dst::Temp, R::L(0), R::No, 0);
                }
            }
            2 => {
                let name = Ident::from("super");
                self.load_var(&name, Dst::Temp);
                self.push_arg(&args[0])?;
                self.push_arg(&args[1])?;
            }
            _ => return Ok(None),
        }
        let name = self.mangled(attr);
        let k = self.name(&name);
        let two = R::I(i16::from(args.len() == 2));
        if method {
            self.unit.emit(Op::LoadSuperMethod, R::T(base), two, R::T(base), k, 0);
            self.unit.height = base;
            self.unit.grow(2);
            return Ok(Some(R::T(base)));
        }
        Ok(Some(self.gather(Op::LoadSuperAttr, dst, two, base, k)))
    }

    /// The call that makes a class: `__build_class__` (at `base`) with function and name pushed, then bases and keywords.
    /// `generic_base` is the extra base of a PEP 695 class.
    pub fn class_call(
        &mut self,
        bases: &'t [Expr],
        keywords: &'t [Keyword],
        generic_base: Option<&Ident>,
        base: u16,
        dst: Dst,
        pos: Pos,
    ) -> Res<R> {
        self.check_keywords(keywords)?;
        let plain = !bases.iter().any(|a| matches!(a.kind, ExprKind::Starred { .. }))
            && keywords.iter().all(|k| k.arg.is_some())
            && bases.len() + keywords.len() < WINDOW;
        if !plain {
            self.argument_tuple(2, bases, generic_base)?;
            return self.finish_call_ex(keywords, base, dst, pos);
        }
        for b in bases {
            self.push_arg(b)?;
        }
        if let Some(name) = generic_base {
            self.load_var(name, Dst::Temp);
        }
        for k in keywords {
            self.push_arg(&k.value)?;
        }
        self.at(pos);
        let positional = 2 + bases.len() + usize::from(generic_base.is_some());
        self.finish_call(Op::Call, Op::CallKw, positional, keywords, base, dst)
    }

    fn check_keywords(&mut self, keywords: &[Keyword]) -> Res {
        for (i, k) in keywords.iter().enumerate() {
            let Some(name) = &k.arg else { continue };
            if &**name == "__debug__" {
                return self.error("cannot assign to __debug__", k.pos);
            }
            if keywords[..i].iter().any(|other| other.arg.as_ref() == Some(name)) {
                return self.error(format!("keyword argument repeated: {name}"), k.pos);
            }
        }
        Ok(())
    }
}

/// Position of a method call: from the attribute's line on.
fn call_pos(call: Pos, func: Pos, attr: &str) -> Pos {
    let at = attr_pos(func, attr);
    Pos { line: at.line, col: at.col, ..call }
}
