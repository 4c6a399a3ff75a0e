//! One row per node: how the compiler's tree and the grammar's fields correspond.

use super::convert::{Making, Node, Place, Reader, Writer};
use super::schema::index_of;
use compiler::tree::{
    Alias, Arg, Arguments, ClassDef, Comprehension, Constant, Ctx, ExceptHandler, Expr, ExprKind, FunctionDef, Ident, Keyword, MatchCase,
    Mod, Pattern, PatternKind, Stmt, StmtKind, Try, TypeParam, TypeParamKind, WithItem,
};
use gc::{Ref, Value};
use objects::PyResult;
use objects::types::list::List;

fn unknown<T>(r: &mut Reader<'_>) -> PyResult<T> {
    Err(r.cx.system_error("a class of the syntax tree is not known"))
}

/// A product: a struct whose fields are the grammar's, in order.
macro_rules! product {
    ($t:ident, $class:literal, $($field:ident)*) => {
        impl Node for $t {
            fn write(&self, w: &mut Writer<'_>) -> PyResult<Value> {
                let mut n = w.node(const { index_of($class) })?;
                $(w.field(&mut n, &self.$field)?;)*
                Ok(n.value)
            }
            fn read(r: &mut Reader<'_>, v: Ref<'_>, _at: Place) -> PyResult<Self> {
                r.nested(|r| {
                    let mut f = r.open(v, $class)?;
                    $(let $field = r.take(&mut f)?;)*
                    Ok($t { $($field),* })
                })
            }
        }
    };
}

product!(Comprehension, "comprehension", target iter ifs is_async);
product!(Arguments, "arguments", posonlyargs args vararg kwonlyargs kw_defaults kwarg defaults);
product!(WithItem, "withitem", context_expr optional_vars);
product!(MatchCase, "match_case", pattern guard body);

/// The same with positions.
macro_rules! placed {
    ($t:ident, $class:literal, $sum:literal, $($field:ident)*) => {
        impl Node for $t {
            fn write(&self, w: &mut Writer<'_>) -> PyResult<Value> {
                let mut n = w.node(const { index_of($class) })?;
                $(w.field(&mut n, &self.$field)?;)*
                placed!(@rest w n $class);
                Ok(w.position(n, self.pos))
            }
            fn read(r: &mut Reader<'_>, v: Ref<'_>, _at: Place) -> PyResult<Self> {
                r.nested(|r| {
                    let mut f = r.open(v, $sum)?;
                    $(let $field = r.take(&mut f)?;)*
                    let pos = r.position(v, $sum)?;
                    Ok($t { $($field,)* pos })
                })
            }
        }
    };
    (@rest $w:ident $n:ident "arg") => { $w.put(&mut $n, Value::NONE); };
    (@rest $w:ident $n:ident $other:literal) => {};
}

placed!(ExceptHandler, "ExceptHandler", "excepthandler", type_ name body);
placed!(Arg, "arg", "arg", arg annotation);
placed!(Keyword, "keyword", "keyword", arg value);
placed!(Alias, "alias", "alias", name asname);

impl Node for Mod {
    fn write(&self, w: &mut Writer<'_>) -> PyResult<Value> {
        let mut n;
        match self {
            Mod::Module { body } => {
                n = w.node(const { index_of("Module") })?;
                w.field(&mut n, body)?;
                w.put(&mut n, List::new().into_value());
            }
            Mod::Interactive { body } => {
                n = w.node(const { index_of("Interactive") })?;
                w.field(&mut n, body)?;
            }
            Mod::Expression { body } => {
                n = w.node(const { index_of("Expression") })?;
                w.field(&mut n, body)?;
            }
            Mod::FunctionType { argtypes, returns } => {
                n = w.node(const { index_of("FunctionType") })?;
                w.field(&mut n, argtypes)?;
                w.field(&mut n, returns)?;
            }
        }
        Ok(n.value)
    }
    fn read(r: &mut Reader<'_>, v: Ref<'_>, _at: Place) -> PyResult<Self> {
        let mut f = r.open(v, "mod")?;
        match f.class {
            c if c == const { index_of("Module") } => Ok(Mod::Module { body: r.take(&mut f)? }),
            c if c == const { index_of("Interactive") } => Ok(Mod::Interactive { body: r.take(&mut f)? }),
            c if c == const { index_of("Expression") } => Ok(Mod::Expression { body: r.take(&mut f)? }),
            c if c == const { index_of("FunctionType") } => Ok(Mod::FunctionType { argtypes: r.take(&mut f)?, returns: r.take(&mut f)? }),
            _ => unknown(r),
        }
    }
}

/// The variants whose fields are the grammar's.
macro_rules! variants {
    ($kind:ident, $write:ident, $read:ident, $($name:ident { $($field:ident)* })*) => {
        fn $write(w: &mut Writer<'_>, k: &$kind) -> PyResult<Option<Making>> {
            match k {
                $($kind::$name { $($field),* } => {
                    #[allow(unused_mut)]
                    let mut n = w.node(const { index_of(stringify!($name)) })?;
                    $(w.field(&mut n, $field)?;)*
                    Ok(Some(n))
                })*
                #[allow(unreachable_patterns)]
                _ => Ok(None),
            }
        }
        fn $read(r: &mut Reader<'_>, f: &mut super::convert::Fields<'_>) -> PyResult<Option<$kind>> {
            $(if f.class == const { index_of(stringify!($name)) } {
                return Ok(Some($kind::$name { $($field: r.take(f)?),* }));
            })*
            let _ = r;
            Ok(None)
        }
    };
}

variants!(ExprKind, write_expr, read_expr,
    BoolOp { op values }
    NamedExpr { target value }
    BinOp { left op right }
    UnaryOp { op operand }
    Lambda { args body }
    IfExp { test body orelse }
    Dict { keys values }
    Set { elts }
    ListComp { elt generators }
    SetComp { elt generators }
    DictComp { key value generators }
    GeneratorExp { elt generators }
    Await { value }
    Yield { value }
    YieldFrom { value }
    Compare { left ops comparators }
    Call { func args keywords }
    FormattedValue { value conversion format_spec }
    Interpolation { value str conversion format_spec }
    JoinedStr { values }
    TemplateStr { values }
    Constant { value kind }
    Attribute { value attr ctx }
    Subscript { value slice ctx }
    Starred { value ctx }
    Name { id ctx }
    List { elts ctx }
    Tuple { elts ctx }
    Slice { lower upper step }
);

impl Node for Expr {
    fn write(&self, w: &mut Writer<'_>) -> PyResult<Value> {
        if let (Some(debug), ExprKind::Name { id, ctx: Ctx::Load }) = (w.debug, &self.kind)
            && &**id == "__debug__"
        {
            let value = ExprKind::Constant { value: Constant::Bool(debug), kind: None };
            return Expr { pos: self.pos, kind: value }.write(w);
        }
        match write_expr(w, &self.kind)? {
            Some(n) => Ok(w.position(n, self.pos)),
            None => Err(w.cx.system_error("an expression of an unknown kind")),
        }
    }
    fn read(r: &mut Reader<'_>, v: Ref<'_>, _at: Place) -> PyResult<Self> {
        r.nested(|r| {
            if v.is_none() {
                return Err(r.cx.value_error("None disallowed in expression list"));
            }
            let pos = r.position(v, "expr")?;
            let mut f = r.open(v, "expr")?;
            match read_expr(r, &mut f)? {
                Some(kind) => Ok(Expr { pos, kind }),
                None => unknown(r),
            }
        })
    }
}

variants!(PatternKind, write_pattern, read_pattern,
    MatchValue { value }
    MatchSingleton { value }
    MatchSequence { patterns }
    MatchMapping { keys patterns rest }
    MatchClass { cls patterns kwd_attrs kwd_patterns }
    MatchStar { name }
    MatchAs { pattern name }
    MatchOr { patterns }
);

impl Node for Pattern {
    fn write(&self, w: &mut Writer<'_>) -> PyResult<Value> {
        match write_pattern(w, &self.kind)? {
            Some(n) => Ok(w.position(n, self.pos)),
            None => Err(w.cx.system_error("a pattern of an unknown kind")),
        }
    }
    fn read(r: &mut Reader<'_>, v: Ref<'_>, _at: Place) -> PyResult<Self> {
        r.nested(|r| {
            let pos = r.position(v, "pattern")?;
            let mut f = r.open(v, "pattern")?;
            match read_pattern(r, &mut f)? {
                Some(kind) => Ok(Pattern { pos, kind }),
                None => unknown(r),
            }
        })
    }
}

impl Node for TypeParam {
    fn write(&self, w: &mut Writer<'_>) -> PyResult<Value> {
        let class = match self.kind {
            TypeParamKind::TypeVar { .. } => const { index_of("TypeVar") },
            TypeParamKind::ParamSpec => const { index_of("ParamSpec") },
            TypeParamKind::TypeVarTuple => const { index_of("TypeVarTuple") },
        };
        let mut n = w.node(class)?;
        w.field(&mut n, &self.name)?;
        if let TypeParamKind::TypeVar { bound } = &self.kind {
            w.field(&mut n, bound)?;
        }
        w.field(&mut n, &self.default_value)?;
        Ok(w.position(n, self.pos))
    }
    fn read(r: &mut Reader<'_>, v: Ref<'_>, _at: Place) -> PyResult<Self> {
        r.nested(|r| {
            let mut f = r.open(v, "type_param")?;
            let name = r.take(&mut f)?;
            let kind = match f.class {
                c if c == const { index_of("TypeVar") } => TypeParamKind::TypeVar { bound: r.take(&mut f)? },
                c if c == const { index_of("ParamSpec") } => TypeParamKind::ParamSpec,
                _ => TypeParamKind::TypeVarTuple,
            };
            let default_value = r.take(&mut f)?;
            Ok(TypeParam { pos: r.position(v, "type_param")?, name, kind, default_value })
        })
    }
}

variants!(StmtKind, write_plain, read_plain,
    Return { value }
    Delete { targets }
    TypeAlias { name type_params value }
    AugAssign { target op value }
    AnnAssign { target annotation value simple }
    While { test body orelse }
    If { test body orelse }
    Match { subject cases }
    Raise { exc cause }
    Assert { test msg }
    Import { names }
    Global { names }
    Nonlocal { names }
    Expr { value }
    Pass {}
    Break {}
    Continue {}
);

/// Statements of which the tree has one form where the grammar has two, or which carry a type comment.
fn write_stmt(w: &mut Writer<'_>, k: &StmtKind) -> PyResult<Making> {
    if let Some(n) = write_plain(w, k)? {
        return Ok(n);
    }
    macro_rules! node {
        ($class:expr, $($field:expr),*) => {{
            let mut n = w.node($class)?;
            $(w.field(&mut n, $field)?;)*
            n
        }};
    }
    let no_comment: Option<Ident> = None;
    Ok(match k {
        StmtKind::FunctionDef(d) => {
            let class = if d.is_async { const { index_of("AsyncFunctionDef") } } else { const { index_of("FunctionDef") } };
            node!(class, &d.name, &d.args, &d.body, &d.decorator_list, &d.returns, &no_comment, &d.type_params)
        }
        StmtKind::ClassDef(d) => {
            node!(const { index_of("ClassDef") }, &d.name, &d.bases, &d.keywords, &d.body, &d.decorator_list, &d.type_params)
        }
        StmtKind::Assign { targets, value } => node!(const { index_of("Assign") }, targets, value, &no_comment),
        StmtKind::For { target, iter, body, orelse, is_async } => {
            let class = if *is_async { const { index_of("AsyncFor") } } else { const { index_of("For") } };
            node!(class, target, iter, body, orelse, &no_comment)
        }
        StmtKind::With { items, body, is_async } => {
            let class = if *is_async { const { index_of("AsyncWith") } } else { const { index_of("With") } };
            node!(class, items, body, &no_comment)
        }
        StmtKind::Try(t) => {
            let class = if t.is_star { const { index_of("TryStar") } } else { const { index_of("Try") } };
            node!(class, &t.body, &t.handlers, &t.orelse, &t.finalbody)
        }
        StmtKind::ImportFrom { module, names, level } => node!(const { index_of("ImportFrom") }, module, names, &(*level as i32)),
        _ => return Err(w.cx.system_error("a statement of an unknown kind")),
    })
}

fn read_stmt(r: &mut Reader<'_>, f: &mut super::convert::Fields<'_>) -> PyResult<StmtKind> {
    if let Some(k) = read_plain(r, f)? {
        return Ok(k);
    }
    let class = f.class;
    let is = |name: usize| class == name;
    if is(const { index_of("FunctionDef") }) || is(const { index_of("AsyncFunctionDef") }) {
        let (name, args, body, decorator_list, returns) = (r.take(f)?, r.take(f)?, r.take(f)?, r.take(f)?, r.take(f)?);
        r.skip(f);
        let is_async = is(const { index_of("AsyncFunctionDef") });
        let d = FunctionDef { name, args, body, decorator_list, returns, type_params: r.take(f)?, is_async };
        return Ok(StmtKind::FunctionDef(Box::new(d)));
    }
    if is(const { index_of("ClassDef") }) {
        let d = ClassDef {
            name: r.take(f)?,
            bases: r.take(f)?,
            keywords: r.take(f)?,
            body: r.take(f)?,
            decorator_list: r.take(f)?,
            type_params: r.take(f)?,
        };
        return Ok(StmtKind::ClassDef(Box::new(d)));
    }
    if is(const { index_of("Assign") }) {
        return Ok(StmtKind::Assign { targets: r.take(f)?, value: r.take(f)? });
    }
    if is(const { index_of("For") }) || is(const { index_of("AsyncFor") }) {
        let is_async = is(const { index_of("AsyncFor") });
        return Ok(StmtKind::For { target: r.take(f)?, iter: r.take(f)?, body: r.take(f)?, orelse: r.take(f)?, is_async });
    }
    if is(const { index_of("With") }) || is(const { index_of("AsyncWith") }) {
        let is_async = is(const { index_of("AsyncWith") });
        return Ok(StmtKind::With { items: r.take(f)?, body: r.take(f)?, is_async });
    }
    if is(const { index_of("Try") }) || is(const { index_of("TryStar") }) {
        let is_star = is(const { index_of("TryStar") });
        let t = Try { body: r.take(f)?, handlers: r.take(f)?, orelse: r.take(f)?, finalbody: r.take(f)?, is_star };
        return Ok(StmtKind::Try(Box::new(t)));
    }
    if is(const { index_of("ImportFrom") }) {
        let (module, names) = (r.take(f)?, r.take(f)?);
        let level: Option<i32> = r.take(f)?;
        let Ok(level) = u32::try_from(level.unwrap_or(0)) else { return Err(r.cx.value_error("Negative ImportFrom level")) };
        return Ok(StmtKind::ImportFrom { module, names, level });
    }
    unknown(r)
}

impl Node for Stmt {
    fn write(&self, w: &mut Writer<'_>) -> PyResult<Value> {
        let n = write_stmt(w, &self.kind)?;
        Ok(w.position(n, self.pos))
    }
    fn read(r: &mut Reader<'_>, v: Ref<'_>, _at: Place) -> PyResult<Self> {
        r.nested(|r| {
            if v.is_none() {
                return Err(r.cx.value_error("None disallowed in statement list"));
            }
            let pos = r.position(v, "stmt")?;
            let mut f = r.open(v, "stmt")?;
            Ok(Stmt { pos, kind: read_stmt(r, &mut f)? })
        })
    }
}
