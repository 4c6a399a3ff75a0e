//! ruff's tree to ours: positions as CPython gives them, literals decoded again where ruff loses something.

use crate::error::{CompileError, ErrorKind, Warning, WarningKind};
use crate::strings::{self, Braces, Decoded, EscapeError};
use crate::tree::*;
use num_bigint::BigInt;
use ruff_python_ast as ruff;
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::sync::Arc;

/// Offsets to lines and columns.
pub struct Lines<'s> {
    pub source: &'s str,
    starts: Vec<u32>,
}

impl<'s> Lines<'s> {
    pub fn new(source: &'s str) -> Lines<'s> {
        let mut starts = vec![0];
        starts.extend(source.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1));
        Lines { source, starts }
    }

    /// One-based line and zero-based byte column.
    pub fn locate(&self, offset: u32) -> (u32, u32) {
        let line = self.starts.partition_point(|&s| s <= offset);
        (line as u32, offset - self.starts[line - 1])
    }

    pub fn pos(&self, start: u32, end: u32) -> Pos {
        let (line, col) = self.locate(start);
        let (end_line, end_col) = self.locate(end);
        Pos { line, col, end_line, end_col }
    }
}

type Res<T> = Result<T, CompileError>;

pub struct Converter<'s> {
    pub lines: &'s Lines<'s>,
    pub warnings: Vec<Warning>,
    /// Deepest nesting seen so far, and now.
    depth: u32,
    pub max_depth: u32,
}

/// Python's limit on the digits of a decimal int literal (`sys.int_info.default_max_str_digits`).
const MAX_DIGITS: usize = 4300;

fn ident(id: &ruff::Identifier) -> Ident {
    Arc::from(id.id.as_str())
}

fn opt_ident(id: &Option<ruff::Identifier>) -> Option<Ident> {
    id.as_ref().map(ident)
}

impl<'s> Converter<'s> {
    pub fn new(lines: &'s Lines<'s>) -> Converter<'s> {
        Converter { lines, warnings: Vec::new(), depth: 0, max_depth: 0 }
    }

    fn pos(&self, range: TextRange) -> Pos {
        self.lines.pos(range.start().to_u32(), range.end().to_u32())
    }

    fn text(&self, range: TextRange) -> &'s str {
        &self.lines.source[range.start().to_usize()..range.end().to_usize()]
    }

    fn enter(&mut self) -> Res<()> {
        self.depth += 1;
        self.max_depth = self.max_depth.max(self.depth);
        if self.depth > crate::stack::MAX_DEPTH {
            return Err(CompileError::bare(ErrorKind::RecursionError, "maximum recursion depth exceeded during compilation"));
        }
        Ok(())
    }

    pub fn suite(&mut self, body: &[ruff::Stmt]) -> Res<Vec<Stmt>> {
        body.iter().map(|s| self.stmt(s)).collect()
    }

    fn boxed(&mut self, e: &ruff::Expr) -> Res<Box<Expr>> {
        Ok(Box::new(self.expr(e)?))
    }

    fn opt(&mut self, e: &Option<Box<ruff::Expr>>) -> Res<Option<Box<Expr>>> {
        e.as_ref().map(|e| self.boxed(e)).transpose()
    }

    fn exprs(&mut self, list: &[ruff::Expr]) -> Res<Vec<Expr>> {
        list.iter().map(|e| self.expr(e)).collect()
    }

    /// First token after a decorator's line: skips blanks, comments and newlines.
    fn after_trivia(&self, mut at: usize) -> u32 {
        let src = self.lines.source.as_bytes();
        while at < src.len() {
            match src[at] {
                b' ' | b'\t' | b'\n' | 0x0c => at += 1,
                b'\\' if src.get(at + 1) == Some(&b'\n') => at += 2,
                b'#' => {
                    while at < src.len() && src[at] != b'\n' {
                        at += 1;
                    }
                }
                _ => break,
            }
        }
        at as u32
    }

    /// Position of a definition, which starts after its decorators.
    fn definition_pos(&self, range: TextRange, end: u32, decorators: &[ruff::Decorator]) -> Pos {
        let start = match decorators.last() {
            Some(d) => self.after_trivia(self.close_parens(d.expression.range().end().to_usize())),
            None => range.start().to_u32(),
        };
        self.lines.pos(start, end)
    }

    /// Skips closing parentheses around a decorator's expression.
    fn close_parens(&self, mut at: usize) -> usize {
        loop {
            let next = self.after_trivia(at) as usize;
            if self.lines.source.as_bytes().get(next) != Some(&b')') {
                return at;
            }
            at = next + 1;
        }
    }

    /// End of a compound statement: a semicolon after its last statement belongs to it.
    fn compound_end(&self, end: TextSize) -> u32 {
        let rest = &self.lines.source[end.to_usize()..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        end.to_u32() + if rest[blanks..].starts_with(';') { blanks as u32 + 1 } else { 0 }
    }

    fn stmt(&mut self, s: &ruff::Stmt) -> Res<Stmt> {
        self.enter()?;
        use ruff::Stmt as R;
        let compound =
            matches!(s, R::FunctionDef(_) | R::ClassDef(_) | R::For(_) | R::While(_) | R::If(_) | R::With(_) | R::Match(_) | R::Try(_));
        let end = if compound { self.compound_end(s.range().end()) } else { s.range().end().to_u32() };
        let mut pos = self.lines.pos(s.range().start().to_u32(), end);
        let kind = match s {
            R::FunctionDef(f) => {
                pos = self.definition_pos(f.range, end, &f.decorator_list);
                StmtKind::FunctionDef(Box::new(FunctionDef {
                    decorator_list: self.decorators(&f.decorator_list)?,
                    name: ident(&f.name),
                    type_params: self.type_params(&f.type_params)?,
                    args: self.parameters(&f.parameters)?,
                    returns: self.opt(&f.returns)?,
                    body: self.suite(&f.body)?,
                    is_async: f.is_async,
                }))
            }
            R::ClassDef(c) => {
                pos = self.definition_pos(c.range, end, &c.decorator_list);
                let decorator_list = self.decorators(&c.decorator_list)?;
                let type_params = self.type_params(&c.type_params)?;
                let (bases, keywords) = match &c.arguments {
                    Some(a) => self.arguments(a)?,
                    None => (Vec::new(), Vec::new()),
                };
                let body = self.suite(&c.body)?;
                let name = ident(&c.name);
                StmtKind::ClassDef(Box::new(ClassDef { name, bases, keywords, body, decorator_list, type_params }))
            }
            R::Return(r) => StmtKind::Return { value: self.opt(&r.value)? },
            R::Delete(d) => StmtKind::Delete { targets: self.exprs(&d.targets)? },
            R::Assign(a) => StmtKind::Assign { targets: self.exprs(&a.targets)?, value: self.boxed(&a.value)? },
            R::TypeAlias(t) => StmtKind::TypeAlias {
                name: self.boxed(&t.name)?,
                type_params: self.type_params(&t.type_params)?,
                value: self.boxed(&t.value)?,
            },
            R::AugAssign(a) => StmtKind::AugAssign { target: self.boxed(&a.target)?, op: operator(a.op), value: self.boxed(&a.value)? },
            R::AnnAssign(a) => StmtKind::AnnAssign {
                target: self.boxed(&a.target)?,
                annotation: self.boxed(&a.annotation)?,
                value: self.opt(&a.value)?,
                simple: a.simple,
            },
            R::For(f) => StmtKind::For {
                target: self.boxed(&f.target)?,
                iter: self.boxed(&f.iter)?,
                body: self.suite(&f.body)?,
                orelse: self.suite(&f.orelse)?,
                is_async: f.is_async,
            },
            R::While(w) => StmtKind::While { test: self.boxed(&w.test)?, body: self.suite(&w.body)?, orelse: self.suite(&w.orelse)? },
            R::If(i) => {
                let test = self.boxed(&i.test)?;
                let body = self.suite(&i.body)?;
                StmtKind::If { test, body, orelse: self.elifs(&i.elif_else_clauses, TextSize::from(end))? }
            }
            R::With(w) => {
                let mut items = Vec::new();
                for item in &w.items {
                    items.push(WithItem { context_expr: self.expr(&item.context_expr)?, optional_vars: self.opt(&item.optional_vars)? });
                }
                StmtKind::With { items, body: self.suite(&w.body)?, is_async: w.is_async }
            }
            R::Match(m) => {
                let subject = self.boxed(&m.subject)?;
                let mut cases = Vec::new();
                for case in &m.cases {
                    cases.push(MatchCase {
                        pattern: self.pattern(&case.pattern)?,
                        guard: self.opt(&case.guard)?,
                        body: self.suite(&case.body)?,
                    });
                }
                StmtKind::Match { subject, cases }
            }
            R::Raise(r) => StmtKind::Raise { exc: self.opt(&r.exc)?, cause: self.opt(&r.cause)? },
            R::Try(t) => {
                let body = self.suite(&t.body)?;
                let mut handlers = Vec::new();
                for ruff::ExceptHandler::ExceptHandler(h) in &t.handlers {
                    handlers.push(ExceptHandler {
                        pos: self.lines.pos(h.range.start().to_u32(), self.compound_end(h.range.end())),
                        type_: self.opt(&h.type_)?,
                        name: opt_ident(&h.name),
                        body: self.suite(&h.body)?,
                    });
                }
                StmtKind::Try(Box::new(Try {
                    body,
                    handlers,
                    orelse: self.suite(&t.orelse)?,
                    finalbody: self.suite(&t.finalbody)?,
                    is_star: t.is_star,
                }))
            }
            R::Assert(a) => StmtKind::Assert { test: self.boxed(&a.test)?, msg: self.opt(&a.msg)? },
            R::Import(i) => StmtKind::Import { names: self.aliases(&i.names) },
            R::ImportFrom(i) => StmtKind::ImportFrom { module: opt_ident(&i.module), names: self.aliases(&i.names), level: i.level },
            R::Global(g) => StmtKind::Global { names: g.names.iter().map(ident).collect() },
            R::Nonlocal(g) => StmtKind::Nonlocal { names: g.names.iter().map(ident).collect() },
            R::Expr(e) => StmtKind::Expr { value: self.boxed(&e.value)? },
            R::Pass(_) => StmtKind::Pass,
            R::Break(_) => StmtKind::Break,
            R::Continue(_) => StmtKind::Continue,
            R::IpyEscapeCommand(_) => return Err(CompileError::syntax("invalid syntax", pos)),
        };
        self.depth -= 1;
        Ok(Stmt { pos, kind })
    }

    /// `elif` clauses nest in the `else` part, from the last one inwards.
    fn elifs(&mut self, clauses: &[ruff::ElifElseClause], end: TextSize) -> Res<Vec<Stmt>> {
        let mut orelse = Vec::new();
        self.max_depth = self.max_depth.max(self.depth + clauses.len() as u32);
        for clause in clauses.iter().rev() {
            let body = self.suite(&clause.body)?;
            match &clause.test {
                None => orelse = body,
                Some(test) => {
                    let test = Box::new(self.expr(test)?);
                    let pos = self.lines.pos(clause.range.start().to_u32(), end.to_u32());
                    orelse = vec![Stmt { pos, kind: StmtKind::If { test, body, orelse } }];
                }
            }
        }
        Ok(orelse)
    }

    fn decorators(&mut self, list: &[ruff::Decorator]) -> Res<Vec<Expr>> {
        list.iter().map(|d| self.expr(&d.expression)).collect()
    }

    fn aliases(&mut self, names: &[ruff::Alias]) -> Vec<Alias> {
        names.iter().map(|a| Alias { pos: self.pos(a.range), name: ident(&a.name), asname: opt_ident(&a.asname) }).collect()
    }

    fn type_params(&mut self, params: &Option<Box<ruff::TypeParams>>) -> Res<Vec<TypeParam>> {
        let Some(params) = params else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        for p in &params.type_params {
            let pos = self.pos(p.range());
            let name = ident(p.name());
            let (kind, default) = match p {
                ruff::TypeParam::TypeVar(t) => (TypeParamKind::TypeVar { bound: self.opt(&t.bound)? }, &t.default),
                ruff::TypeParam::ParamSpec(t) => (TypeParamKind::ParamSpec, &t.default),
                ruff::TypeParam::TypeVarTuple(t) => (TypeParamKind::TypeVarTuple, &t.default),
            };
            let default_value = self.opt(default)?;
            out.push(TypeParam { pos, name, kind, default_value });
        }
        Ok(out)
    }

    fn arg(&mut self, p: &ruff::Parameter) -> Res<Arg> {
        let annotation = self.opt(&p.annotation)?;
        let end = p.annotation.as_ref().map_or(p.name.range.end(), |a| {
            TextSize::try_from(self.close_parens_before(a.range().end().to_usize(), p.range.end().to_usize())).unwrap_or(p.range.end())
        });
        let pos = self.lines.pos(p.name.range.start().to_u32(), end.to_u32());
        Ok(Arg { pos, arg: ident(&p.name), annotation })
    }

    fn close_parens_before(&self, at: usize, limit: usize) -> usize {
        let end = self.close_parens(at);
        if end <= limit { end } else { at }
    }

    fn parameters(&mut self, p: &ruff::Parameters) -> Res<Arguments> {
        let mut out = Arguments::default();
        for a in &p.posonlyargs {
            let arg = self.arg(&a.parameter)?;
            out.posonlyargs.push(arg);
        }
        for a in &p.args {
            let arg = self.arg(&a.parameter)?;
            out.args.push(arg);
        }
        for a in p.posonlyargs.iter().chain(&p.args) {
            if let Some(d) = &a.default {
                let d = self.expr(d)?;
                out.defaults.push(d);
            }
        }
        for a in &p.kwonlyargs {
            let arg = self.arg(&a.parameter)?;
            out.kwonlyargs.push(arg);
            let default = a.default.as_ref().map(|d| self.expr(d)).transpose()?;
            out.kw_defaults.push(default);
        }
        out.vararg = p.vararg.as_ref().map(|a| self.arg(a).map(Box::new)).transpose()?;
        out.kwarg = p.kwarg.as_ref().map(|a| self.arg(a).map(Box::new)).transpose()?;
        Ok(out)
    }

    fn arguments(&mut self, a: &ruff::Arguments) -> Res<(Vec<Expr>, Vec<Keyword>)> {
        let mut args = self.exprs(&a.args)?;
        if let ([ruff::Expr::Generator(g)], [], [arg]) = (&*a.args, &*a.keywords, &mut *args)
            && !g.parenthesized
        {
            arg.pos = self.pos(a.range);
        }
        let mut keywords = Vec::new();
        for k in &a.keywords {
            keywords.push(Keyword { pos: self.pos(k.range), arg: opt_ident(&k.arg), value: self.expr(&k.value)? });
        }
        Ok((args, keywords))
    }

    fn comprehensions(&mut self, list: &[ruff::Comprehension]) -> Res<Vec<Comprehension>> {
        let mut out = Vec::new();
        for c in list {
            out.push(Comprehension {
                target: self.expr(&c.target)?,
                iter: self.expr(&c.iter)?,
                ifs: self.exprs(&c.ifs)?,
                is_async: c.is_async,
            });
        }
        Ok(out)
    }

    pub fn expr(&mut self, e: &ruff::Expr) -> Res<Expr> {
        self.enter()?;
        let pos = self.pos(e.range());
        use ruff::Expr as R;
        let constant = |value| ExprKind::Constant { value, kind: None };
        let kind = match e {
            R::BoolOp(b) => ExprKind::BoolOp {
                op: match b.op {
                    ruff::BoolOp::And => BoolOp::And,
                    ruff::BoolOp::Or => BoolOp::Or,
                },
                values: self.exprs(&b.values)?,
            },
            R::Named(n) => ExprKind::NamedExpr { target: self.boxed(&n.target)?, value: self.boxed(&n.value)? },
            R::BinOp(b) => ExprKind::BinOp { left: self.boxed(&b.left)?, op: operator(b.op), right: self.boxed(&b.right)? },
            R::UnaryOp(u) => ExprKind::UnaryOp {
                op: match u.op {
                    ruff::UnaryOp::Invert => UnaryOp::Invert,
                    ruff::UnaryOp::Not => UnaryOp::Not,
                    ruff::UnaryOp::UAdd => UnaryOp::UAdd,
                    ruff::UnaryOp::USub => UnaryOp::USub,
                },
                operand: self.boxed(&u.operand)?,
            },
            R::Lambda(l) => {
                let args = l.parameters.as_ref().map(|p| self.parameters(p)).transpose()?.unwrap_or_default();
                ExprKind::Lambda { args: Box::new(args), body: self.boxed(&l.body)? }
            }
            R::If(i) => ExprKind::IfExp { test: self.boxed(&i.test)?, body: self.boxed(&i.body)?, orelse: self.boxed(&i.orelse)? },
            R::Dict(d) => {
                let (mut keys, mut values) = (Vec::new(), Vec::new());
                for item in &d.items {
                    keys.push(item.key.as_ref().map(|k| self.expr(k)).transpose()?);
                    values.push(self.expr(&item.value)?);
                }
                ExprKind::Dict { keys, values }
            }
            R::Set(s) => ExprKind::Set { elts: self.exprs(&s.elts)? },
            R::ListComp(c) => ExprKind::ListComp { elt: self.boxed(&c.elt)?, generators: self.comprehensions(&c.generators)? },
            R::SetComp(c) => ExprKind::SetComp { elt: self.boxed(&c.elt)?, generators: self.comprehensions(&c.generators)? },
            R::DictComp(c) => {
                let Some(key) = &c.key else {
                    return Err(CompileError::syntax("dict unpacking cannot be used in dict comprehension", pos));
                };
                ExprKind::DictComp { key: self.boxed(key)?, value: self.boxed(&c.value)?, generators: self.comprehensions(&c.generators)? }
            }
            R::Generator(c) => ExprKind::GeneratorExp { elt: self.boxed(&c.elt)?, generators: self.comprehensions(&c.generators)? },
            R::Await(a) => ExprKind::Await { value: self.boxed(&a.value)? },
            R::Yield(y) => ExprKind::Yield { value: self.opt(&y.value)? },
            R::YieldFrom(y) => ExprKind::YieldFrom { value: self.boxed(&y.value)? },
            R::Compare(c) => ExprKind::Compare {
                left: self.boxed(&c.left)?,
                ops: c.ops.iter().map(|op| cmp_op(*op)).collect(),
                comparators: self.exprs(&c.comparators)?,
            },
            R::Call(c) => {
                let func = self.boxed(&c.func)?;
                let (args, keywords) = self.arguments(&c.arguments)?;
                ExprKind::Call { func, args, keywords }
            }
            R::FString(f) => return self.fstring(f, pos),
            R::TString(t) => {
                let mut values = Vec::new();
                for part in &t.value {
                    let raw = part.flags.prefix().is_raw();
                    for element in &part.elements {
                        self.interpolated(element, raw, false, Some('t'), &mut values)?;
                    }
                }
                ExprKind::TemplateStr { values: merge_strings(values) }
            }
            R::StringLiteral(s) => {
                let mut out = Vec::new();
                for part in s.value.iter() {
                    out.extend(self.string_part(part)?);
                }
                let kind = s.value.is_unicode().then(|| Ident::from("u"));
                ExprKind::Constant { value: Constant::Str(PyStr::from_wtf8(out)), kind }
            }
            R::BytesLiteral(b) => {
                let mut out = Vec::new();
                for part in b.value.iter() {
                    let content = self.text(part.content_range());
                    if !content.is_ascii() {
                        return Err(CompileError::syntax("bytes can only contain ASCII literal characters", pos));
                    }
                    let raw = part.flags.prefix().is_raw();
                    if raw || !content.contains('\\') {
                        out.extend(content.as_bytes());
                        continue;
                    }
                    let decoded = strings::decode_bytes(content, raw).map_err(|e| self.escape_error(&e, part.range))?;
                    let start = part.content_range().start().to_u32();
                    out.extend(self.note_escapes(decoded, start));
                }
                constant(Constant::Bytes(out.into()))
            }
            R::NumberLiteral(n) => constant(self.number(n, pos)?),
            R::BooleanLiteral(b) => constant(Constant::Bool(b.value)),
            R::NoneLiteral(_) => constant(Constant::None),
            R::EllipsisLiteral(_) => constant(Constant::Ellipsis),
            R::Attribute(a) => ExprKind::Attribute { value: self.boxed(&a.value)?, attr: ident(&a.attr), ctx: ctx(a.ctx) },
            R::Subscript(s) => ExprKind::Subscript { value: self.boxed(&s.value)?, slice: self.boxed(&s.slice)?, ctx: ctx(s.ctx) },
            R::Starred(s) => ExprKind::Starred { value: self.boxed(&s.value)?, ctx: ctx(s.ctx) },
            R::Name(n) => ExprKind::Name { id: Arc::from(n.id.as_str()), ctx: ctx(n.ctx) },
            R::List(l) => ExprKind::List { elts: self.exprs(&l.elts)?, ctx: ctx(l.ctx) },
            R::Tuple(t) => ExprKind::Tuple { elts: self.exprs(&t.elts)?, ctx: ctx(t.ctx) },
            R::Slice(s) => ExprKind::Slice { lower: self.opt(&s.lower)?, upper: self.opt(&s.upper)?, step: self.opt(&s.step)? },
            R::IpyEscapeCommand(_) => return Err(CompileError::syntax("invalid syntax", pos)),
        };
        self.depth -= 1;
        Ok(Expr { pos, kind })
    }

    fn number(&self, n: &ruff::ExprNumberLiteral, pos: Pos) -> Res<Constant> {
        Ok(match &n.value {
            ruff::Number::Float(x) => Constant::Float(*x),
            ruff::Number::Complex { real, imag } => Constant::Complex(*real, *imag),
            ruff::Number::Int(i) => match i.as_i64() {
                Some(i) => Constant::Int(i),
                None => {
                    let digits: Vec<u8> = self.text(n.range).bytes().filter(|b| *b != b'_').collect();
                    let (radix, digits) = match digits.get(1).map(|b| b | 0x20) {
                        Some(b'x') => (16, &digits[2..]),
                        Some(b'o') => (8, &digits[2..]),
                        Some(b'b') => (2, &digits[2..]),
                        _ => (10, &digits[..]),
                    };
                    if radix == 10 && digits.len() > MAX_DIGITS {
                        let text = format!(
                            "Exceeds the limit ({MAX_DIGITS} digits) for integer string conversion: value has {} \
                             digits; use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for \
                             huge integer literals to avoid decimal conversion limits.",
                            digits.len()
                        );
                        return Err(CompileError::syntax(text, pos));
                    }
                    match BigInt::parse_bytes(digits, radix) {
                        Some(n) => Constant::from_bigint(n),
                        None => return Err(CompileError::syntax("invalid decimal literal", pos)),
                    }
                }
            },
        })
    }

    fn escape_error(&self, error: &EscapeError, range: TextRange) -> CompileError {
        CompileError::syntax(error.message(), self.pos(range))
    }

    /// Records the warning of an invalid escape; gives the decoded bytes.
    fn note_escapes(&mut self, decoded: Decoded, content_start: u32) -> Vec<u8> {
        if let Some(bad) = &decoded.bad {
            let at = content_start + bad.at as u32;
            let pos = self.lines.pos(at, at + 1 + bad.text.len() as u32);
            let text = &bad.text;
            let message = if bad.octal {
                format!(
                    "\"\\{text}\" is an invalid octal escape sequence. Such sequences will not work in the future. Did \
                     you mean \"\\\\{text}\"? A raw string is also an option."
                )
            } else {
                format!(
                    "\"\\{text}\" is an invalid escape sequence. Such sequences will not work in the future. Did you \
                     mean \"\\\\{text}\"? A raw string is also an option."
                )
            };
            self.warnings.push(Warning { kind: WarningKind::SyntaxWarning, message, pos });
        }
        decoded.bytes
    }

    fn string_part(&mut self, part: &ruff::StringLiteral) -> Res<Vec<u8>> {
        let content = self.text(part.content_range());
        if part.flags.prefix().is_raw() || !content.contains('\\') {
            return Ok(content.as_bytes().to_vec());
        }
        let decoded = strings::decode_str(content, false, Braces::Plain).map_err(|e| self.escape_error(&e, part.range))?;
        Ok(self.note_escapes(decoded, part.content_range().start().to_u32()))
    }

    fn fstring(&mut self, f: &ruff::ExprFString, pos: Pos) -> Res<Expr> {
        let mut values = Vec::new();
        for part in &f.value {
            match part {
                ruff::FStringPart::Literal(l) => {
                    let value = Constant::Str(PyStr::from_wtf8(self.string_part(l)?));
                    values.push(Expr { pos: self.pos(l.range), kind: ExprKind::Constant { value, kind: None } });
                }
                ruff::FStringPart::FString(part) => {
                    let raw = part.flags.prefix().is_raw();
                    for element in &part.elements {
                        self.interpolated(element, raw, false, None, &mut values)?;
                    }
                }
            }
        }
        self.depth -= 1;
        Ok(Expr { pos, kind: ExprKind::JoinedStr { values: merge_strings(values) } })
    }

    /// One element of an f- or t-string (`template` is set), appended to `out`.
    fn interpolated(
        &mut self,
        element: &ruff::InterpolatedStringElement,
        raw: bool,
        in_spec: bool,
        template: Option<char>,
        out: &mut Vec<Expr>,
    ) -> Res<()> {
        match element {
            ruff::InterpolatedStringElement::Literal(l) => {
                let source = self.text(l.range);
                let bytes = if !raw && source.contains('\\') {
                    let braces = if in_spec { Braces::Plain } else { Braces::Doubled };
                    let decoded = strings::decode_str(source, raw, braces).map_err(|e| self.escape_error(&e, l.range))?;
                    self.note_escapes(decoded, l.range.start().to_u32())
                } else {
                    l.value.as_bytes().to_vec()
                };
                let value = Constant::Str(PyStr::from_wtf8(bytes));
                out.push(Expr { pos: self.pos(l.range), kind: ExprKind::Constant { value, kind: None } });
            }
            ruff::InterpolatedStringElement::Interpolation(i) => {
                let pos = self.pos(i.range);
                let inner = self.boxed(&i.expression)?;
                let mut conversion = i.conversion.to_byte().map_or(-1, i32::from);
                let format_spec = match &i.format_spec {
                    None => None,
                    Some(spec) => {
                        let mut values = Vec::new();
                        for e in &spec.elements {
                            self.interpolated(e, raw, true, None, &mut values)?;
                        }
                        let kind = ExprKind::JoinedStr { values: merge_strings(values) };
                        // The colon belongs to it.
                        let pos = self.lines.pos(spec.range.start().to_u32() - 1, spec.range.end().to_u32());
                        Some(Box::new(Expr { pos, kind }))
                    }
                };
                if let Some(debug) = &i.debug_text {
                    if conversion == -1 && format_spec.is_none() {
                        conversion = i32::from(b'r');
                    }
                    let value = Constant::Str(PyStr::from(without_comments(debug.as_str()).as_str()));
                    let start = i.range.start().to_u32() + 1;
                    let pos = self.lines.pos(start, start + debug.as_str().len() as u32);
                    out.push(Expr { pos, kind: ExprKind::Constant { value, kind: None } });
                }
                let kind = match template {
                    None => ExprKind::FormattedValue { value: inner, conversion, format_spec },
                    Some(_) => {
                        let text = self.field_text(i);
                        let str = Constant::Str(PyStr::from(text.as_str()));
                        ExprKind::Interpolation { value: inner, str, conversion, format_spec }
                    }
                };
                out.push(Expr { pos, kind });
            }
        }
        Ok(())
    }

    /// Source text of a replacement field up to `=`, `!`, `:` or `}`, blanks and parentheses included, comments not.
    fn field_text(&self, i: &ruff::InterpolatedElement) -> String {
        let start = i.range.start().to_usize() + 1;
        let end = self.close_parens(i.expression.range().end().to_usize());
        let stop = (self.after_trivia(end) as usize).min(i.range.end().to_usize());
        without_comments(&self.lines.source[start..stop])
    }

    fn pattern(&mut self, p: &ruff::Pattern) -> Res<Pattern> {
        self.enter()?;
        let pos = self.pos(p.range());
        use ruff::Pattern as R;
        let kind = match p {
            R::MatchValue(v) => PatternKind::MatchValue { value: self.boxed(&v.value)? },
            R::MatchSingleton(s) => PatternKind::MatchSingleton {
                value: match s.value {
                    ruff::Singleton::None => Constant::None,
                    ruff::Singleton::True => Constant::Bool(true),
                    ruff::Singleton::False => Constant::Bool(false),
                },
            },
            R::MatchSequence(s) => PatternKind::MatchSequence { patterns: self.patterns(&s.patterns)? },
            R::MatchMapping(m) => {
                PatternKind::MatchMapping { keys: self.exprs(&m.keys)?, patterns: self.patterns(&m.patterns)?, rest: opt_ident(&m.rest) }
            }
            R::MatchClass(c) => {
                let cls = self.boxed(&c.cls)?;
                let patterns = self.patterns(&c.arguments.patterns)?;
                let kwd_attrs = c.arguments.keywords.iter().map(|k| ident(&k.attr)).collect();
                let mut kwd_patterns = Vec::new();
                for k in &c.arguments.keywords {
                    kwd_patterns.push(self.pattern(&k.pattern)?);
                }
                PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns }
            }
            R::MatchStar(s) => PatternKind::MatchStar { name: opt_ident(&s.name) },
            R::MatchAs(a) => PatternKind::MatchAs {
                pattern: a.pattern.as_ref().map(|p| self.pattern(p).map(Box::new)).transpose()?,
                name: opt_ident(&a.name),
            },
            R::MatchOr(o) => PatternKind::MatchOr { patterns: self.patterns(&o.patterns)? },
        };
        self.depth -= 1;
        Ok(Pattern { pos, kind })
    }

    fn patterns(&mut self, list: &[ruff::Pattern]) -> Res<Vec<Pattern>> {
        list.iter().map(|p| self.pattern(p)).collect()
    }
}

/// Removes the comments of an expression's text.
fn without_comments(text: &str) -> String {
    if !text.contains('#') {
        return text.to_owned();
    }
    let src = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut kept) = (0, 0);
    while at < src.len() {
        match src[at] {
            quote @ (b'"' | b'\'') => {
                let triple = src[at..].starts_with(&[quote; 3]);
                at += if triple { 3 } else { 1 };
                while at < src.len() {
                    if src[at] == b'\\' {
                        at += 1;
                    } else if triple && src[at..].starts_with(&[quote; 3]) {
                        at += 2;
                        break;
                    } else if !triple && src[at] == quote {
                        break;
                    }
                    at += 1;
                }
                at += 1;
            }
            b'#' => {
                out.push_str(&text[kept..at]);
                while at < src.len() && src[at] != b'\n' {
                    at += 1;
                }
                kept = at;
            }
            _ => at += 1,
        }
    }
    out.push_str(&text[kept.min(text.len())..]);
    out
}

/// Joins adjacent string constants and drops empty ones.
fn merge_strings(values: Vec<Expr>) -> Vec<Expr> {
    let mut out: Vec<Expr> = Vec::with_capacity(values.len());
    for value in values {
        if let ExprKind::Constant { value: Constant::Str(new), .. } = &value.kind {
            if let Some(Expr { pos, kind: ExprKind::Constant { value: Constant::Str(old), .. } }) = out.last_mut() {
                let joined = [old.as_bytes(), new.as_bytes()].concat();
                *old = PyStr::from_wtf8(joined);
                *pos = pos.to(value.pos);
                continue;
            }
            if new.is_empty() {
                continue;
            }
        }
        out.push(value);
    }
    out
}

fn ctx(c: ruff::ExprContext) -> Ctx {
    match c {
        ruff::ExprContext::Load | ruff::ExprContext::Invalid => Ctx::Load,
        ruff::ExprContext::Store => Ctx::Store,
        ruff::ExprContext::Del => Ctx::Del,
    }
}

fn operator(op: ruff::Operator) -> Operator {
    match op {
        ruff::Operator::Add => Operator::Add,
        ruff::Operator::Sub => Operator::Sub,
        ruff::Operator::Mult => Operator::Mult,
        ruff::Operator::MatMult => Operator::MatMult,
        ruff::Operator::Div => Operator::Div,
        ruff::Operator::Mod => Operator::Mod,
        ruff::Operator::Pow => Operator::Pow,
        ruff::Operator::LShift => Operator::LShift,
        ruff::Operator::RShift => Operator::RShift,
        ruff::Operator::BitOr => Operator::BitOr,
        ruff::Operator::BitXor => Operator::BitXor,
        ruff::Operator::BitAnd => Operator::BitAnd,
        ruff::Operator::FloorDiv => Operator::FloorDiv,
    }
}

fn cmp_op(op: ruff::CmpOp) -> CmpOp {
    match op {
        ruff::CmpOp::Eq => CmpOp::Eq,
        ruff::CmpOp::NotEq => CmpOp::NotEq,
        ruff::CmpOp::Lt => CmpOp::Lt,
        ruff::CmpOp::LtE => CmpOp::LtE,
        ruff::CmpOp::Gt => CmpOp::Gt,
        ruff::CmpOp::GtE => CmpOp::GtE,
        ruff::CmpOp::Is => CmpOp::Is,
        ruff::CmpOp::IsNot => CmpOp::IsNot,
        ruff::CmpOp::In => CmpOp::In,
        ruff::CmpOp::NotIn => CmpOp::NotIn,
    }
}
