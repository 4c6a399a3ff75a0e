//! PEP 695: type parameters of functions, classes and aliases, each in a scope of its own that is a function called once.

use crate::codegen::{Compiler, Res};
use crate::flow::{Dst, R};
use crate::scope::Tag;
use crate::tree::*;
use bytecode::Op;
use bytecode::ops::{Intrinsic1, Intrinsic2};

impl<'t> Compiler<'t> {
    /// Pushes the tuple of type parameters, binding each.
    fn type_params(&mut self, params: &'t [TypeParam]) -> Res {
        let base = self.height();
        for p in params {
            self.at(p.pos);
            let name = self.load_str(&p.name, Dst::Temp);
            let mut param = match &p.kind {
                TypeParamKind::TypeVar { bound: Some(bound) } => {
                    let function_base = self.height();
                    self.evaluator(p, Tag::Bound, &p.name, bound)?;
                    let _ = function_base;
                    let f = self.top();
                    let d = if matches!(bound.kind, ExprKind::Tuple { .. }) {
                        Intrinsic2::TypeVarWithConstraints
                    } else {
                        Intrinsic2::TypeVarWithBound
                    };
                    self.at(p.pos);
                    self.compute(Op::Intrinsic2, Dst::Temp, name, f, d as i32, 0)
                }
                kind => {
                    let d = match kind {
                        TypeParamKind::TypeVar { .. } => Intrinsic1::TypeVar,
                        TypeParamKind::ParamSpec => Intrinsic1::ParamSpec,
                        TypeParamKind::TypeVarTuple => Intrinsic1::TypeVarTuple,
                    };
                    self.compute(Op::Intrinsic1, Dst::Temp, name, R::No, d as i32, 0)
                }
            };
            if let Some(default) = &p.default_value {
                self.evaluator(p, Tag::Default, &p.name, default)?;
                let f = self.top();
                self.at(p.pos);
                let d = Intrinsic2::SetTypeParamDefault as i32;
                param = self.compute(Op::Intrinsic2, Dst::Temp, param, f, d, 0);
            }
            let copy = self.compute_keep(Op::Copy, Dst::Temp, param, R::No, 0);
            let mangled = self.mangled(&p.name);
            self.store_var(&mangled, copy);
        }
        self.gather(Op::BuildTuple, Dst::Temp, R::No, base, params.len() as i32);
        Ok(())
    }

    /// Pushes a function that evaluates an expression lazily.
    fn evaluator<T>(&mut self, node: &T, tag: Tag, name: &str, e: &'t Expr) -> Res {
        let id = self.scope_of(node, tag);
        let base = self.height();
        self.load_constant(&Constant::Tuple([Constant::Int(1)].into()), Dst::Temp);
        self.enter_unit(id, name, e.pos.line, 0);
        self.format_check(e.pos);
        if let ExprKind::Starred { value, .. } = &e.kind {
            let v = self.value(value)?;
            let at = self.height() - u16::from(v.is_temp());
            let flags = if v.is_temp() { bytecode::encode::KILL_B } else { 0 };
            self.at(e.pos);
            self.unit.emit(Op::UnpackSeq, R::No, v, R::T(at), 1, flags);
            self.unit.height = at;
            self.unit.grow(1);
        } else {
            self.push_arg(e)?;
        }
        let top = self.top();
        self.at(e.pos);
        self.effect(Op::Return, R::No, top, R::No, 0);
        self.unit.reachable = false;
        let code = self.leave_unit(false)?;
        self.at(e.pos);
        self.make_function(code, base, 1)
    }

    /// Ends a type-parameter scope whose result is on top and calls it; `base` is where its function goes.
    fn call_scope(&mut self, base: u16, args: u16, pos: Pos) -> Res {
        let top = self.top();
        self.at(pos);
        self.effect(Op::Return, R::No, top, R::No, 0);
        self.unit.reachable = false;
        let code = self.leave_unit(false)?;
        self.at(pos);
        let function = self.height();
        self.make_function(code, function, 0)?;
        if args == 0 {
            self.gather(Op::Call, Dst::Temp, R::I(0), base, 0);
            return Ok(());
        }
        // The arguments were pushed first: copy them above the function.
        for i in 0..args {
            self.compute_keep(Op::Borrow, Dst::Temp, R::T(base + i), R::No, 0);
        }
        self.gather(Op::Call, Dst::Temp, R::I(args as i16), function, 0);
        self.slide_to(base);
        Ok(())
    }

    pub fn generic_function(&mut self, f: &'t FunctionDef, pos: Pos, first_line: u32) -> Res {
        let base = self.height();
        let bits = self.defaults(&f.args)?;
        let args = self.height() - base;
        let id = self.scope_of(f, Tag::TypeParams);
        let name = format!("<generic parameters of {}>", f.name);
        self.enter_unit(id, &name, first_line, 0);
        self.unit.arg_count = u32::from(args);
        self.at(pos);
        self.type_params(&f.type_params)?;
        let function_base = self.height();
        for param in [".defaults", ".kwdefaults"] {
            if self.unit.local_index.contains_key(param) {
                self.load_var(&param.into(), Dst::Temp);
            }
        }
        self.function(f, pos, first_line, function_base, bits)?;
        // Order on the stack: type parameters, function; the intrinsic wants the function first.
        let function = self.top();
        let params = R::T(function_base - 1);
        self.compute_keep(Op::Intrinsic2, Dst::Temp, function, params, Intrinsic2::SetFunctionTypeParams as i32);
        self.slide_to(function_base - 1);
        self.call_scope(base, args, pos)
    }

    pub fn generic_class(&mut self, c: &'t ClassDef, pos: Pos, first_line: u32) -> Res {
        let base = self.height();
        let id = self.scope_of(c, Tag::TypeParams);
        let name = format!("<generic parameters of {}>", c.name);
        self.enter_unit(id, &name, first_line, 0);
        self.unit.class = Some(c.name.clone());
        self.at(pos);
        self.type_params(&c.type_params)?;
        let top = self.top();
        self.store_var(&".type_params".into(), top);
        let class_base = self.height();
        self.class_function(c, pos, first_line)?;
        let params = self.load_var(&".type_params".into(), Dst::Temp);
        let d = Intrinsic1::SubscriptGeneric as i32;
        let generic = self.compute(Op::Intrinsic1, Dst::Temp, params, R::No, d, 0);
        self.store_var(&".generic_base".into(), generic);
        self.class_call(&c.bases, &c.keywords, Some(&".generic_base".into()), class_base, Dst::Temp, pos)?;
        self.call_scope(base, 0, pos)
    }

    pub fn type_alias(&mut self, s: &'t Stmt, name: &'t Expr, type_params: &'t [TypeParam], value: &'t Expr) -> Res {
        let ExprKind::Name { id, .. } = &name.kind else {
            return self.error("a type alias must be a name", name.pos);
        };
        self.check_store_name(id, name.pos)?;
        let base = self.height();
        if !type_params.is_empty() {
            let scope = self.scope_of(s, Tag::TypeParams);
            let scope_name = format!("<generic parameters of {id}>");
            self.enter_unit(scope, &scope_name, s.pos.line, 0);
            self.at(s.pos);
        }
        let tuple = self.height();
        self.load_str(id, Dst::Temp);
        if type_params.is_empty() {
            self.load_constant(&Constant::None, Dst::Temp);
        } else {
            self.type_params(type_params)?;
        }
        self.evaluator(s, Tag::Body, id, value)?;
        self.at(s.pos);
        let parts = self.gather(Op::BuildTuple, Dst::Temp, R::No, tuple, 3);
        self.compute(Op::Intrinsic1, Dst::Temp, parts, R::No, Intrinsic1::TypeAlias as i32, 0);
        if !type_params.is_empty() {
            self.call_scope(base, 0, s.pos)?;
        }
        let mangled = self.mangled(id);
        let top = self.top();
        self.at(s.pos);
        self.store_var(&mangled, top);
        Ok(())
    }
}
