//! What a tree that a program has built must satisfy before it is compiled (`Python/ast.c` has the rules). The parser's own trees always do.

use crate::stack;
use crate::tree::{
    Arguments, Comprehension, Constant, Ctx, Expr, ExprKind, Ident, Mod, Operator, Pattern, PatternKind, Stmt, StmtKind, Tree, TypeParam,
    TypeParamKind, UnaryOp,
};

type Res = Result<(), String>;

fn fail(text: impl Into<String>) -> Res {
    Err(text.into())
}

/// Checks a tree; the text of the ValueError when it is not valid.
pub fn validate(tree: &Tree) -> Res {
    if tree.depth() > stack::MAX_DEPTH {
        // The compiler refuses it as too deep.
        return Ok(());
    }
    stack::with_room(tree.depth(), || match tree.root() {
        Mod::Module { body } | Mod::Interactive { body } => stmts(body),
        Mod::Expression { body } => expr(body, Ctx::Load),
        Mod::FunctionType { argtypes, returns } => {
            exprs(argtypes, Ctx::Load)?;
            expr(returns, Ctx::Load)
        }
    })
}

fn not_empty<T>(items: &[T], what: &str, owner: &str) -> Res {
    if items.is_empty() { fail(format!("empty {what} on {owner}")) } else { Ok(()) }
}

fn name(n: &Ident) -> Res {
    match &**n {
        "None" | "True" | "False" => fail(format!("identifier field can't represent '{n}' constant")),
        _ => Ok(()),
    }
}

fn stmts(all: &[Stmt]) -> Res {
    all.iter().try_for_each(stmt)
}
fn body(all: &[Stmt], owner: &str) -> Res {
    not_empty(all, "body", owner)?;
    stmts(all)
}
fn exprs(all: &[Expr], ctx: Ctx) -> Res {
    all.iter().try_for_each(|e| expr(e, ctx))
}
fn optional(e: Option<&Expr>) -> Res {
    e.map_or(Ok(()), |e| expr(e, Ctx::Load))
}
fn targets(all: &[Expr], ctx: Ctx, owner: &str) -> Res {
    not_empty(all, "targets", owner)?;
    exprs(all, ctx)
}

fn context_name(c: Ctx) -> &'static str {
    match c {
        Ctx::Load => "Load",
        Ctx::Store => "Store",
        Ctx::Del => "Del",
    }
}

fn comprehensions(all: &[Comprehension]) -> Res {
    if all.is_empty() {
        return fail("comprehension with no generators");
    }
    for c in all {
        expr(&c.target, Ctx::Store)?;
        expr(&c.iter, Ctx::Load)?;
        exprs(&c.ifs, Ctx::Load)?;
    }
    Ok(())
}

fn arguments(a: &Arguments) -> Res {
    for p in a.all() {
        optional(p.annotation.as_deref())?;
    }
    if a.defaults.len() > a.posonlyargs.len() + a.args.len() {
        return fail("more positional defaults than args on arguments");
    }
    if a.kw_defaults.len() != a.kwonlyargs.len() {
        return fail("length of kwonlyargs is not the same as kw_defaults on arguments");
    }
    exprs(&a.defaults, Ctx::Load)?;
    a.kw_defaults.iter().flatten().try_for_each(|e| expr(e, Ctx::Load))
}

fn type_params(all: &[TypeParam]) -> Res {
    for p in all {
        name(&p.name)?;
        if let TypeParamKind::TypeVar { bound } = &p.kind {
            optional(bound.as_deref())?;
        }
        optional(p.default_value.as_deref())?;
    }
    Ok(())
}

fn expr(e: &Expr, ctx: Ctx) -> Res {
    let own = match &e.kind {
        ExprKind::Attribute { ctx, .. }
        | ExprKind::Subscript { ctx, .. }
        | ExprKind::Starred { ctx, .. }
        | ExprKind::Name { ctx, .. }
        | ExprKind::List { ctx, .. }
        | ExprKind::Tuple { ctx, .. } => Some(*ctx),
        _ => None,
    };
    match own {
        Some(own) if own != ctx => {
            return fail(format!("expression must have {} context but has {} instead", context_name(ctx), context_name(own)));
        }
        None if ctx != Ctx::Load => {
            return fail(format!("expression which can't be assigned to in {} context", context_name(ctx)));
        }
        _ => {}
    }
    match &e.kind {
        ExprKind::BoolOp { values, .. } => {
            if values.len() < 2 {
                return fail("BoolOp with less than 2 values");
            }
            exprs(values, Ctx::Load)
        }
        ExprKind::BinOp { left, right, .. } => {
            expr(left, Ctx::Load)?;
            expr(right, Ctx::Load)
        }
        ExprKind::UnaryOp { operand: one, .. }
        | ExprKind::Await { value: one }
        | ExprKind::YieldFrom { value: one }
        | ExprKind::Attribute { value: one, .. } => expr(one, Ctx::Load),
        ExprKind::Lambda { args, body } => {
            arguments(args)?;
            expr(body, Ctx::Load)
        }
        ExprKind::IfExp { test, body, orelse } => {
            expr(test, Ctx::Load)?;
            expr(body, Ctx::Load)?;
            expr(orelse, Ctx::Load)
        }
        ExprKind::Dict { keys, values } => {
            if keys.len() != values.len() {
                return fail("Dict doesn't have the same number of keys as values");
            }
            keys.iter().flatten().try_for_each(|k| expr(k, Ctx::Load))?;
            exprs(values, Ctx::Load)
        }
        ExprKind::Set { elts } => exprs(elts, Ctx::Load),
        ExprKind::ListComp { elt, generators } | ExprKind::SetComp { elt, generators } | ExprKind::GeneratorExp { elt, generators } => {
            comprehensions(generators)?;
            expr(elt, Ctx::Load)
        }
        ExprKind::DictComp { key, value, generators } => {
            comprehensions(generators)?;
            expr(key, Ctx::Load)?;
            expr(value, Ctx::Load)
        }
        ExprKind::Yield { value } => optional(value.as_deref()),
        ExprKind::Compare { left, ops, comparators } => {
            if comparators.is_empty() {
                return fail("Compare has no comparators");
            }
            if comparators.len() != ops.len() {
                return fail("Compare has a different number of comparators and operands");
            }
            exprs(comparators, Ctx::Load)?;
            expr(left, Ctx::Load)
        }
        ExprKind::Call { func, args, keywords } => {
            expr(func, Ctx::Load)?;
            exprs(args, Ctx::Load)?;
            keywords.iter().try_for_each(|k| expr(&k.value, Ctx::Load))
        }
        ExprKind::FormattedValue { value, format_spec, .. } | ExprKind::Interpolation { value, format_spec, .. } => {
            expr(value, Ctx::Load)?;
            optional(format_spec.as_deref())
        }
        ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => exprs(values, Ctx::Load),
        ExprKind::Constant { .. } => Ok(()),
        ExprKind::Subscript { value, slice, .. } => {
            expr(slice, Ctx::Load)?;
            expr(value, Ctx::Load)
        }
        ExprKind::Starred { value, .. } => expr(value, ctx),
        ExprKind::Name { id, .. } => name(id),
        ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => exprs(elts, ctx),
        ExprKind::NamedExpr { target, value } => {
            if !matches!(target.kind, ExprKind::Name { .. }) {
                return fail("NamedExpr target must be a Name");
            }
            expr(target, Ctx::Store)?;
            expr(value, Ctx::Load)
        }
        ExprKind::Slice { lower, upper, step } => [lower, upper, step].into_iter().try_for_each(|p| optional(p.as_deref())),
    }
}

fn stmt(s: &Stmt) -> Res {
    match &s.kind {
        StmtKind::FunctionDef(d) => {
            body(&d.body, if d.is_async { "AsyncFunctionDef" } else { "FunctionDef" })?;
            type_params(&d.type_params)?;
            arguments(&d.args)?;
            exprs(&d.decorator_list, Ctx::Load)?;
            optional(d.returns.as_deref())
        }
        StmtKind::ClassDef(d) => {
            body(&d.body, "ClassDef")?;
            type_params(&d.type_params)?;
            exprs(&d.bases, Ctx::Load)?;
            d.keywords.iter().try_for_each(|k| expr(&k.value, Ctx::Load))?;
            exprs(&d.decorator_list, Ctx::Load)
        }
        StmtKind::Return { value } => optional(value.as_deref()),
        StmtKind::Delete { targets: t } => targets(t, Ctx::Del, "Delete"),
        StmtKind::Assign { targets: t, value } => {
            targets(t, Ctx::Store, "Assign")?;
            expr(value, Ctx::Load)
        }
        StmtKind::AugAssign { target, value, .. } => {
            if !matches!(target.kind, ExprKind::Name { .. } | ExprKind::Attribute { .. } | ExprKind::Subscript { .. }) {
                return fail("AugAssign target must be a Name, an Attribute or a Subscript");
            }
            expr(target, Ctx::Store)?;
            expr(value, Ctx::Load)
        }
        StmtKind::AnnAssign { target, annotation, value, simple } => {
            let is_name = matches!(target.kind, ExprKind::Name { .. });
            if *simple && !is_name {
                return fail("AnnAssign with simple non-Name target");
            }
            if !is_name && !matches!(target.kind, ExprKind::Attribute { .. } | ExprKind::Subscript { .. }) {
                return fail("AnnAssign target must be a Name, an Attribute or a Subscript");
            }
            expr(target, Ctx::Store)?;
            optional(value.as_deref())?;
            expr(annotation, Ctx::Load)
        }
        StmtKind::TypeAlias { name: n, type_params: p, value } => {
            if !matches!(n.kind, ExprKind::Name { .. }) {
                return fail("TypeAlias with non-Name name");
            }
            expr(n, Ctx::Store)?;
            type_params(p)?;
            expr(value, Ctx::Load)
        }
        StmtKind::For { target, iter, body: b, orelse, is_async } => {
            expr(target, Ctx::Store)?;
            expr(iter, Ctx::Load)?;
            body(b, if *is_async { "AsyncFor" } else { "For" })?;
            stmts(orelse)
        }
        StmtKind::While { test, body: b, orelse } => {
            expr(test, Ctx::Load)?;
            body(b, "While")?;
            stmts(orelse)
        }
        StmtKind::If { test, body: b, orelse } => {
            expr(test, Ctx::Load)?;
            body(b, "If")?;
            stmts(orelse)
        }
        StmtKind::With { items, body: b, is_async } => {
            let owner = if *is_async { "AsyncWith" } else { "With" };
            not_empty(items, "items", owner)?;
            for i in items {
                expr(&i.context_expr, Ctx::Load)?;
                if let Some(v) = &i.optional_vars {
                    expr(v, Ctx::Store)?;
                }
            }
            body(b, owner)
        }
        StmtKind::Match { subject, cases } => {
            expr(subject, Ctx::Load)?;
            not_empty(cases, "cases", "Match")?;
            for c in cases {
                pattern(&c.pattern, false)?;
                optional(c.guard.as_deref())?;
                body(&c.body, "match_case")?;
            }
            Ok(())
        }
        StmtKind::Raise { exc, cause } => {
            if exc.is_none() && cause.is_some() {
                return fail("Raise with cause but no exception");
            }
            optional(exc.as_deref())?;
            optional(cause.as_deref())
        }
        StmtKind::Try(t) => {
            let owner = if t.is_star { "TryStar" } else { "Try" };
            body(&t.body, owner)?;
            if t.handlers.is_empty() && t.finalbody.is_empty() {
                return fail(format!("{owner} has neither handlers nor finalbody"));
            }
            if t.handlers.is_empty() && !t.orelse.is_empty() {
                return fail(format!("{owner} has orelse but no except handlers"));
            }
            for (i, h) in t.handlers.iter().enumerate() {
                if t.is_star && h.type_.is_none() || !t.is_star && h.type_.is_none() && i + 1 < t.handlers.len() {
                    return fail(format!("{owner} has a handler without type that is not the last one"));
                }
                optional(h.type_.as_deref())?;
                body(&h.body, "ExceptHandler")?;
            }
            stmts(&t.finalbody)?;
            stmts(&t.orelse)
        }
        StmtKind::Assert { test, msg } => {
            expr(test, Ctx::Load)?;
            optional(msg.as_deref())
        }
        StmtKind::Import { names } => not_empty(names, "names", "Import"),
        StmtKind::ImportFrom { names, .. } => not_empty(names, "names", "ImportFrom"),
        StmtKind::Global { names } => not_empty(names, "names", "Global"),
        StmtKind::Nonlocal { names } => not_empty(names, "names", "Nonlocal"),
        StmtKind::Expr { value } => expr(value, Ctx::Load),
        StmtKind::Pass | StmtKind::Break | StmtKind::Continue => Ok(()),
    }
}

/// Numbers, also negative and complex ones, strings, f-strings without values and dotted names.
fn pattern_value(e: &Expr) -> Res {
    let ok = match &e.kind {
        ExprKind::Constant { value, .. } => {
            !matches!(value, Constant::None | Constant::Bool(_) | Constant::Ellipsis | Constant::Tuple(_) | Constant::Frozenset(_))
        }
        ExprKind::Attribute { .. } | ExprKind::JoinedStr { .. } | ExprKind::TemplateStr { .. } => true,
        ExprKind::UnaryOp { op: UnaryOp::USub, operand } => is_number(operand),
        ExprKind::BinOp { left, op: Operator::Add | Operator::Sub, right } => {
            let left = match &left.kind {
                ExprKind::UnaryOp { op: UnaryOp::USub, operand } => operand,
                _ => left,
            };
            is_number(left) && matches!(&right.kind, ExprKind::Constant { value: Constant::Complex(..), .. })
        }
        _ => false,
    };
    if !ok {
        return fail("patterns may only match literals and attribute lookups");
    }
    expr(e, Ctx::Load)
}

fn is_number(e: &Expr) -> bool {
    matches!(&e.kind, ExprKind::Constant { value: Constant::Int(_) | Constant::BigInt(_) | Constant::Float(_) | Constant::Complex(..), .. })
}

fn capture(n: &Ident) -> Res {
    if &**n == "_" {
        return fail("can't capture name '_' in patterns");
    }
    name(n)
}

fn pattern(p: &Pattern, star_allowed: bool) -> Res {
    match &p.kind {
        PatternKind::MatchValue { value } => pattern_value(value),
        PatternKind::MatchSingleton { value } => match value {
            Constant::None | Constant::Bool(_) => Ok(()),
            _ => fail("MatchSingleton can only contain True, False and None"),
        },
        PatternKind::MatchSequence { patterns } => patterns.iter().try_for_each(|p| pattern(p, true)),
        PatternKind::MatchMapping { keys, patterns, rest } => {
            if keys.len() != patterns.len() {
                return fail("MatchMapping doesn't have the same number of keys as patterns");
            }
            if let Some(r) = rest {
                capture(r)?;
            }
            for k in keys {
                if !matches!(&k.kind, ExprKind::Constant { value: Constant::None | Constant::Bool(_), .. }) {
                    pattern_value(k)?;
                }
            }
            patterns.iter().try_for_each(|p| pattern(p, false))
        }
        PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
            if kwd_attrs.len() != kwd_patterns.len() {
                return fail("MatchClass doesn't have the same number of keyword attributes as patterns");
            }
            expr(cls, Ctx::Load)?;
            let mut at = &**cls;
            loop {
                match &at.kind {
                    ExprKind::Name { .. } => break,
                    ExprKind::Attribute { value, .. } => at = value,
                    _ => return fail("MatchClass cls field can only contain Name or Attribute nodes."),
                }
            }
            kwd_attrs.iter().try_for_each(name)?;
            patterns.iter().chain(kwd_patterns).try_for_each(|p| pattern(p, false))
        }
        PatternKind::MatchStar { name: n } => {
            if !star_allowed {
                return fail("can't use MatchStar here");
            }
            n.as_ref().map_or(Ok(()), capture)
        }
        PatternKind::MatchAs { pattern: inner, name: n } => {
            if let Some(n) = n {
                capture(n)?;
            }
            match (inner, n) {
                (None, _) => Ok(()),
                (Some(_), None) => fail("MatchAs must specify a target name if a pattern is given"),
                (Some(p), Some(_)) => pattern(p, false),
            }
        }
        PatternKind::MatchOr { patterns } => {
            if patterns.len() < 2 {
                return fail("MatchOr requires at least 2 patterns");
            }
            patterns.iter().try_for_each(|p| pattern(p, false))
        }
    }
}
