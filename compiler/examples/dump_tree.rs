//! Prints trees in a plain form that `dump_tree.py` beside it prints too for CPython, to compare them.

use compiler::tree::*;
use compiler::{Mode, Options};
use std::fmt::Write;

struct Dump(String);

impl Dump {
    fn node(&mut self, name: &str, pos: Option<Pos>, f: impl FnOnce(&mut Self)) {
        self.0.push_str(name);
        if let Some(p) = pos {
            let _ = write!(self.0, "@{}:{}-{}:{}", p.line, p.col, p.end_line, p.end_col);
        }
        self.0.push('(');
        f(self);
        self.0.push(')');
    }
    fn list<T>(&mut self, items: &[T], mut f: impl FnMut(&mut Self, &T)) {
        self.0.push('[');
        for i in items {
            f(self, i);
            self.0.push(',');
        }
        self.0.push(']');
    }
    fn s(&mut self, s: &str) {
        let _ = write!(self.0, "{s};");
    }
    fn opt(&mut self, e: &Option<Box<Expr>>) {
        match e {
            Some(e) => self.expr(e),
            None => self.0.push_str("None;"),
        }
    }
    fn ident(&mut self, n: &Option<Ident>) {
        self.s(n.as_deref().unwrap_or("None"));
    }
    fn stmts(&mut self, b: &[Stmt]) {
        self.list(b, |d, s| d.stmt(s));
    }
    fn exprs(&mut self, b: &[Expr]) {
        self.list(b, |d, s| d.expr(s));
    }
    fn constant(&mut self, c: &Constant) {
        match c {
            Constant::None => self.s("None"),
            Constant::Bool(b) => self.s(if *b { "True" } else { "False" }),
            Constant::Ellipsis => self.s("Ellipsis"),
            Constant::Int(n) => self.s(&n.to_string()),
            Constant::BigInt(n) => self.s(&n.to_string()),
            Constant::Float(x) => self.s(&format!("f{:016x}", x.to_bits())),
            Constant::Complex(a, b) => self.s(&format!("c{:016x},{:016x}", a.to_bits(), b.to_bits())),
            Constant::Str(s) => {
                let hex: String = s.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
                self.s(&format!("s{hex}"));
            }
            Constant::Bytes(s) => {
                let hex: String = s.iter().map(|b| format!("{b:02x}")).collect();
                self.s(&format!("b{hex}"));
            }
            Constant::Tuple(_) | Constant::Frozenset(_) => self.s("?"),
        }
    }
    fn type_params(&mut self, list: &[TypeParam]) {
        self.list(list, |d, t| {
            let name = match t.kind {
                TypeParamKind::TypeVar { .. } => "TypeVar",
                TypeParamKind::ParamSpec => "ParamSpec",
                TypeParamKind::TypeVarTuple => "TypeVarTuple",
            };
            d.node(name, Some(t.pos), |d| {
                d.s(&t.name);
                if let TypeParamKind::TypeVar { bound } = &t.kind {
                    d.opt(bound);
                }
                d.opt(&t.default_value);
            });
        });
    }
    fn arg(&mut self, a: &Arg) {
        self.node("arg", Some(a.pos), |d| {
            d.s(&a.arg);
            d.opt(&a.annotation);
        });
    }
    fn args(&mut self, a: &Arguments) {
        self.node("arguments", None, |d| {
            d.list(&a.posonlyargs, |d, a| d.arg(a));
            d.list(&a.args, |d, a| d.arg(a));
            match &a.vararg {
                Some(a) => d.arg(a),
                None => d.s("None"),
            }
            d.list(&a.kwonlyargs, |d, a| d.arg(a));
            d.list(&a.kw_defaults, |d, e| match e {
                Some(e) => d.expr(e),
                None => d.s("None"),
            });
            match &a.kwarg {
                Some(a) => d.arg(a),
                None => d.s("None"),
            }
            d.exprs(&a.defaults);
        });
    }
    fn keywords(&mut self, list: &[Keyword]) {
        self.list(list, |d, k| {
            d.node("keyword", Some(k.pos), |d| {
                d.ident(&k.arg);
                d.expr(&k.value);
            })
        });
    }
    fn aliases(&mut self, list: &[Alias]) {
        self.list(list, |d, a| {
            d.node("alias", Some(a.pos), |d| {
                d.s(&a.name);
                d.ident(&a.asname);
            })
        });
    }
    fn stmt(&mut self, s: &Stmt) {
        let p = Some(s.pos);
        match &s.kind {
            StmtKind::FunctionDef(f) => {
                let name = if f.is_async { "AsyncFunctionDef" } else { "FunctionDef" };
                self.node(name, p, |d| {
                    d.s(&f.name);
                    d.args(&f.args);
                    d.stmts(&f.body);
                    d.exprs(&f.decorator_list);
                    d.opt(&f.returns);
                    d.type_params(&f.type_params);
                });
            }
            StmtKind::ClassDef(c) => self.node("ClassDef", p, |d| {
                d.s(&c.name);
                d.exprs(&c.bases);
                d.keywords(&c.keywords);
                d.stmts(&c.body);
                d.exprs(&c.decorator_list);
                d.type_params(&c.type_params);
            }),
            StmtKind::Return { value } => self.node("Return", p, |d| d.opt(value)),
            StmtKind::Delete { targets } => self.node("Delete", p, |d| d.exprs(targets)),
            StmtKind::Assign { targets, value } => self.node("Assign", p, |d| {
                d.exprs(targets);
                d.expr(value);
            }),
            StmtKind::TypeAlias { name, type_params, value } => self.node("TypeAlias", p, |d| {
                d.expr(name);
                d.type_params(type_params);
                d.expr(value);
            }),
            StmtKind::AugAssign { target, op, value } => self.node("AugAssign", p, |d| {
                d.expr(target);
                d.s(&format!("{op:?}"));
                d.expr(value);
            }),
            StmtKind::AnnAssign { target, annotation, value, simple } => self.node("AnnAssign", p, |d| {
                d.expr(target);
                d.expr(annotation);
                d.opt(value);
                d.s(if *simple { "1" } else { "0" });
            }),
            StmtKind::For { target, iter, body, orelse, is_async } => self.node(if *is_async { "AsyncFor" } else { "For" }, p, |d| {
                d.expr(target);
                d.expr(iter);
                d.stmts(body);
                d.stmts(orelse);
            }),
            StmtKind::While { test, body, orelse } => self.node("While", p, |d| {
                d.expr(test);
                d.stmts(body);
                d.stmts(orelse);
            }),
            StmtKind::If { test, body, orelse } => self.node("If", p, |d| {
                d.expr(test);
                d.stmts(body);
                d.stmts(orelse);
            }),
            StmtKind::With { items, body, is_async } => self.node(if *is_async { "AsyncWith" } else { "With" }, p, |d| {
                d.list(items, |d, i| {
                    d.node("withitem", None, |d| {
                        d.expr(&i.context_expr);
                        d.opt(&i.optional_vars);
                    })
                });
                d.stmts(body);
            }),
            StmtKind::Match { subject, cases } => self.node("Match", p, |d| {
                d.expr(subject);
                d.list(cases, |d, c| {
                    d.node("match_case", None, |d| {
                        d.pattern(&c.pattern);
                        d.opt(&c.guard);
                        d.stmts(&c.body);
                    })
                });
            }),
            StmtKind::Raise { exc, cause } => self.node("Raise", p, |d| {
                d.opt(exc);
                d.opt(cause);
            }),
            StmtKind::Try(t) => self.node(if t.is_star { "TryStar" } else { "Try" }, p, |d| {
                d.stmts(&t.body);
                d.list(&t.handlers, |d, h| {
                    d.node("ExceptHandler", Some(h.pos), |d| {
                        d.opt(&h.type_);
                        d.ident(&h.name);
                        d.stmts(&h.body);
                    })
                });
                d.stmts(&t.orelse);
                d.stmts(&t.finalbody);
            }),
            StmtKind::Assert { test, msg } => self.node("Assert", p, |d| {
                d.expr(test);
                d.opt(msg);
            }),
            StmtKind::Import { names } => self.node("Import", p, |d| d.aliases(names)),
            StmtKind::ImportFrom { module, names, level } => self.node("ImportFrom", p, |d| {
                d.ident(module);
                d.aliases(names);
                d.s(&level.to_string());
            }),
            StmtKind::Global { names } => self.node("Global", p, |d| d.list(names, |d, n| d.s(n))),
            StmtKind::Nonlocal { names } => self.node("Nonlocal", p, |d| d.list(names, |d, n| d.s(n))),
            StmtKind::Expr { value } => self.node("Expr", p, |d| d.expr(value)),
            StmtKind::Pass => self.node("Pass", p, |_| {}),
            StmtKind::Break => self.node("Break", p, |_| {}),
            StmtKind::Continue => self.node("Continue", p, |_| {}),
        }
    }
    fn comps(&mut self, list: &[Comprehension]) {
        self.list(list, |d, c| {
            d.node("comprehension", None, |d| {
                d.expr(&c.target);
                d.expr(&c.iter);
                d.exprs(&c.ifs);
                d.s(if c.is_async { "1" } else { "0" });
            })
        });
    }
    fn ctx(&mut self, c: &Ctx) {
        self.s(&format!("{c:?}"));
    }
    fn expr(&mut self, e: &Expr) {
        let p = Some(e.pos);
        match &e.kind {
            ExprKind::BoolOp { op, values } => self.node("BoolOp", p, |d| {
                d.s(&format!("{op:?}"));
                d.exprs(values);
            }),
            ExprKind::NamedExpr { target, value } => self.node("NamedExpr", p, |d| {
                d.expr(target);
                d.expr(value);
            }),
            ExprKind::BinOp { left, op, right } => self.node("BinOp", p, |d| {
                d.expr(left);
                d.s(&format!("{op:?}"));
                d.expr(right);
            }),
            ExprKind::UnaryOp { op, operand } => self.node("UnaryOp", p, |d| {
                d.s(&format!("{op:?}"));
                d.expr(operand);
            }),
            ExprKind::Lambda { args, body } => self.node("Lambda", p, |d| {
                d.args(args);
                d.expr(body);
            }),
            ExprKind::IfExp { test, body, orelse } => self.node("IfExp", p, |d| {
                d.expr(test);
                d.expr(body);
                d.expr(orelse);
            }),
            ExprKind::Dict { keys, values } => self.node("Dict", p, |d| {
                d.list(keys, |d, k| match k {
                    Some(k) => d.expr(k),
                    None => d.s("None"),
                });
                d.exprs(values);
            }),
            ExprKind::Set { elts } => self.node("Set", p, |d| d.exprs(elts)),
            ExprKind::ListComp { elt, generators } => self.node("ListComp", p, |d| {
                d.expr(elt);
                d.comps(generators);
            }),
            ExprKind::SetComp { elt, generators } => self.node("SetComp", p, |d| {
                d.expr(elt);
                d.comps(generators);
            }),
            ExprKind::DictComp { key, value, generators } => self.node("DictComp", p, |d| {
                d.expr(key);
                d.expr(value);
                d.comps(generators);
            }),
            ExprKind::GeneratorExp { elt, generators } => self.node("GeneratorExp", p, |d| {
                d.expr(elt);
                d.comps(generators);
            }),
            ExprKind::Await { value } => self.node("Await", p, |d| d.expr(value)),
            ExprKind::Yield { value } => self.node("Yield", p, |d| d.opt(value)),
            ExprKind::YieldFrom { value } => self.node("YieldFrom", p, |d| d.expr(value)),
            ExprKind::Compare { left, ops, comparators } => self.node("Compare", p, |d| {
                d.expr(left);
                d.list(ops, |d, o| d.s(&format!("{o:?}")));
                d.exprs(comparators);
            }),
            ExprKind::Call { func, args, keywords } => self.node("Call", p, |d| {
                d.expr(func);
                d.exprs(args);
                d.keywords(keywords);
            }),
            ExprKind::FormattedValue { value, conversion, format_spec } => self.node("FormattedValue", p, |d| {
                d.expr(value);
                d.s(&conversion.to_string());
                d.opt(format_spec);
            }),
            ExprKind::Interpolation { value, str, conversion, format_spec } => self.node("Interpolation", p, |d| {
                d.expr(value);
                d.constant(str);
                d.s(&conversion.to_string());
                d.opt(format_spec);
            }),
            ExprKind::JoinedStr { values } => self.node("JoinedStr", p, |d| d.exprs(values)),
            ExprKind::TemplateStr { values } => self.node("TemplateStr", p, |d| d.exprs(values)),
            ExprKind::Constant { value, kind } => self.node("Constant", p, |d| {
                d.constant(value);
                d.ident(kind);
            }),
            ExprKind::Attribute { value, attr, ctx } => self.node("Attribute", p, |d| {
                d.expr(value);
                d.s(attr);
                d.ctx(ctx);
            }),
            ExprKind::Subscript { value, slice, ctx } => self.node("Subscript", p, |d| {
                d.expr(value);
                d.expr(slice);
                d.ctx(ctx);
            }),
            ExprKind::Starred { value, ctx } => self.node("Starred", p, |d| {
                d.expr(value);
                d.ctx(ctx);
            }),
            ExprKind::Name { id, ctx } => self.node("Name", p, |d| {
                d.s(id);
                d.ctx(ctx);
            }),
            ExprKind::List { elts, ctx } => self.node("List", p, |d| {
                d.exprs(elts);
                d.ctx(ctx);
            }),
            ExprKind::Tuple { elts, ctx } => self.node("Tuple", p, |d| {
                d.exprs(elts);
                d.ctx(ctx);
            }),
            ExprKind::Slice { lower, upper, step } => self.node("Slice", p, |d| {
                d.opt(lower);
                d.opt(upper);
                d.opt(step);
            }),
        }
    }
    fn patterns(&mut self, list: &[Pattern]) {
        self.list(list, |d, p| d.pattern(p));
    }
    fn pattern(&mut self, p: &Pattern) {
        let pos = Some(p.pos);
        match &p.kind {
            PatternKind::MatchValue { value } => self.node("MatchValue", pos, |d| d.expr(value)),
            PatternKind::MatchSingleton { value } => self.node("MatchSingleton", pos, |d| d.constant(value)),
            PatternKind::MatchSequence { patterns } => self.node("MatchSequence", pos, |d| d.patterns(patterns)),
            PatternKind::MatchMapping { keys, patterns, rest } => self.node("MatchMapping", pos, |d| {
                d.exprs(keys);
                d.patterns(patterns);
                d.ident(rest);
            }),
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => self.node("MatchClass", pos, |d| {
                d.expr(cls);
                d.patterns(patterns);
                d.list(kwd_attrs, |d, a| d.s(a));
                d.patterns(kwd_patterns);
            }),
            PatternKind::MatchStar { name } => self.node("MatchStar", pos, |d| d.ident(name)),
            PatternKind::MatchAs { pattern, name } => self.node("MatchAs", pos, |d| {
                match pattern {
                    Some(p) => d.pattern(p),
                    None => d.s("None"),
                }
                d.ident(name);
            }),
            PatternKind::MatchOr { patterns } => self.node("MatchOr", pos, |d| d.patterns(patterns)),
        }
    }
}

fn main() {
    for path in std::env::args().skip(1) {
        let source = std::fs::read_to_string(&path).unwrap_or_default();
        let mut d = Dump(String::new());
        match compiler::parse(&source, Mode::Exec, &Options::default()) {
            Ok(parsed) => {
                if let Mod::Module { body } = parsed.tree.root() {
                    d.list(body, |d, s| {
                        d.stmt(s);
                        d.0.push('\n');
                    });
                }
            }
            Err(e) => d.0 = e.to_string(),
        }
        println!("#{path}\n{}", d.0);
    }
}
