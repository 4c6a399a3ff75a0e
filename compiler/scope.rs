//! Symbol tables: which scope every name of every block belongs to. The passes follow CPython's `symtable.c`: collect
//! definitions and uses block by block, then resolve free and cell variables bottom-up (`analyse.rs`). Blocks are found
//! again by the address of the tree node that opens them.

use crate::analyse;
use crate::error::CompileError;
use crate::tree::*;
use std::collections::{HashMap, HashSet};

pub type ScopeId = usize;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    Module,
    Class,
    Function,
    /// Annotations (PEP 649).
    Annotation,
    /// Value of a `type` statement.
    TypeAlias,
    /// Type parameters of a generic function, class or alias.
    TypeParameters,
    /// Bound or default of a type parameter.
    TypeVariable,
}

impl ScopeKind {
    /// Names are fast locals here.
    pub fn is_function_like(self) -> bool {
        !matches!(self, ScopeKind::Module | ScopeKind::Class)
    }
}

/// Which block of a node, when it opens several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    Body,
    TypeParams,
    Annotations,
    Bound,
    Default,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompKind {
    List,
    Set,
    Dict,
    Generator,
}

/// Flag bits of a symbol, with CPython's values.
pub mod def {
    pub const GLOBAL: u32 = 1;
    pub const LOCAL: u32 = 2;
    pub const PARAM: u32 = 4;
    pub const NONLOCAL: u32 = 8;
    pub const USE: u32 = 16;
    pub const FREE_CLASS: u32 = 64;
    pub const IMPORT: u32 = 128;
    pub const ANNOT: u32 = 256;
    pub const COMP_ITER: u32 = 512;
    pub const TYPE_PARAM: u32 = 1024;
    pub const COMP_CELL: u32 = 2048;
    pub const BOUND: u32 = LOCAL | PARAM | IMPORT | TYPE_PARAM;
}

/// Where a name lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Where {
    #[default]
    Unknown,
    Local,
    GlobalExplicit,
    GlobalImplicit,
    Free,
    Cell,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Symbol {
    pub flags: u32,
    pub place: Where,
}

/// Symbols in the order they were first seen.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    order: Vec<Ident>,
    map: HashMap<Ident, Symbol>,
}

impl Symbols {
    pub fn get(&self, name: &str) -> Option<Symbol> {
        self.map.get(name).copied()
    }

    pub fn entry(&mut self, name: &Ident) -> &mut Symbol {
        if !self.map.contains_key(name) {
            self.order.push(name.clone());
        }
        self.map.entry(name.clone()).or_default()
    }

    pub fn names(&self) -> &[Ident] {
        &self.order
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Ident, Symbol)> {
        self.order.iter().map(|n| (n, self.map[n]))
    }
}

/// One block.
#[derive(Clone, Debug)]
pub struct Scope {
    pub kind: ScopeKind,
    pub name: Ident,
    pub pos: Pos,
    pub parent: Option<ScopeId>,
    pub children: Vec<ScopeId>,
    pub symbols: Symbols,
    /// Parameters in the order of their registers.
    pub params: Vec<Ident>,
    /// Inside a function.
    pub nested: bool,
    pub is_generator: bool,
    pub is_coroutine: bool,
    pub is_async_def: bool,
    pub is_lambda: bool,
    pub is_method: bool,
    pub varargs: bool,
    pub varkeywords: bool,
    pub comprehension: Option<CompKind>,
    /// The comprehension's code is part of its parent's (PEP 709).
    pub inlined: bool,
    /// A class whose methods use `__class__` or zero-argument `super`.
    pub needs_class_closure: bool,
    /// A class whose annotation scopes look names up in its namespace.
    pub needs_classdict: bool,
    /// An annotation scope directly inside a class.
    pub can_see_class_scope: bool,
    pub has_conditional_annotations: bool,
    /// Uses annotations at all.
    pub annotations_used: bool,
    /// Names that assignment expressions bind here (also from comprehensions).
    pub walrus: HashSet<Ident>,
    /// Names that `del` or the end of an `except` clause can unbind.
    pub deleted: HashSet<Ident>,
    /// Positions of `global` and `nonlocal` statements, for errors found later.
    pub directives: Vec<(Ident, Pos)>,
    /// Only these names are mangled (type parameters of a generic class).
    pub mangled_names: Option<HashSet<Ident>>,
    pub(crate) comp_iter_target: bool,
    pub(crate) comp_iter_expr: u32,
    pub(crate) in_conditional: bool,
    pub(crate) annotation_block: Option<ScopeId>,
    pub(crate) in_unevaluated_annotation: bool,
    pub(crate) scope_info: &'static str,
}

/// The tables of one compilation.
#[derive(Debug)]
pub struct Symtable {
    pub scopes: Vec<Scope>,
    by_node: HashMap<(usize, Tag), ScopeId>,
    pub future_annotations: bool,
}

/// Address of a node: the key of its blocks.
pub fn address<T>(node: &T) -> usize {
    std::ptr::from_ref(node) as usize
}

impl Symtable {
    /// The block that `node` opens.
    pub fn find<T>(&self, node: &T, tag: Tag) -> Option<ScopeId> {
        self.by_node.get(&(address(node), tag)).copied()
    }

    /// Builds and resolves all tables.
    pub fn build(root: &Mod, future_annotations: bool) -> Result<Symtable, CompileError> {
        let table = Symtable { scopes: Vec::new(), by_node: HashMap::new(), future_annotations };
        let mut builder = Builder { table, current: 0, class: None };
        builder.module(root)?;
        let mut table = builder.table;
        analyse::resolve(&mut table)?;
        Ok(table)
    }
}

/// Private-name mangling (`__x` in class `C` is `_C__x`).
pub fn mangle(class: Option<&str>, name: &Ident) -> Ident {
    let Some(class) = class else { return name.clone() };
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return name.clone();
    }
    let stripped = class.trim_start_matches('_');
    if stripped.is_empty() {
        return name.clone();
    }
    format!("_{stripped}{name}").into()
}

pub(crate) struct Builder {
    table: Symtable,
    current: ScopeId,
    /// Name of the class around, for mangling.
    class: Option<Ident>,
}

type Res = Result<(), CompileError>;

fn fail<T>(message: impl Into<String>, pos: Pos) -> Result<T, CompileError> {
    Err(CompileError::syntax(message, pos))
}

impl Builder {
    fn scope(&mut self) -> &mut Scope {
        &mut self.table.scopes[self.current]
    }

    fn mangled(&self, name: &Ident) -> Ident {
        if let Some(only) = &self.table.scopes[self.current].mangled_names
            && !only.contains(name)
        {
            return name.clone();
        }
        mangle(self.class.as_deref(), name)
    }

    fn enter<T>(&mut self, kind: ScopeKind, name: &str, node: &T, tag: Tag, pos: Pos) -> ScopeId {
        let id = self.table.scopes.len();
        let parent = (id > 0).then_some(self.current);
        let (nested, conditional_class) = match parent {
            Some(p) => {
                let p = &self.table.scopes[p];
                (p.nested || p.kind.is_function_like(), p.kind == ScopeKind::Class)
            }
            None => (false, false),
        };
        let annotation_like =
            matches!(kind, ScopeKind::Annotation | ScopeKind::TypeAlias | ScopeKind::TypeParameters | ScopeKind::TypeVariable);
        let can_see = annotation_like
            && (conditional_class
                || parent.is_some_and(|p| {
                    let p = &self.table.scopes[p];
                    p.can_see_class_scope && p.kind != ScopeKind::Function
                }));
        self.table.scopes.push(Scope {
            kind,
            name: name.into(),
            pos,
            parent,
            children: Vec::new(),
            symbols: Symbols::default(),
            params: Vec::new(),
            nested,
            is_generator: false,
            is_coroutine: false,
            is_async_def: false,
            is_lambda: false,
            is_method: conditional_class && kind == ScopeKind::Function,
            varargs: false,
            varkeywords: false,
            comprehension: None,
            inlined: false,
            needs_class_closure: false,
            needs_classdict: false,
            can_see_class_scope: can_see,
            has_conditional_annotations: false,
            annotations_used: false,
            walrus: HashSet::new(),
            deleted: HashSet::new(),
            directives: Vec::new(),
            mangled_names: None,
            comp_iter_target: false,
            comp_iter_expr: parent.map_or(0, |p| self.table.scopes[p].comp_iter_expr),
            in_conditional: false,
            annotation_block: None,
            in_unevaluated_annotation: false,
            scope_info: "",
        });
        if let Some(p) = parent {
            self.table.scopes[p].children.push(id);
        }
        self.table.by_node.insert((address(node), tag), id);
        self.current = id;
        id
    }

    fn leave(&mut self) {
        self.current = self.table.scopes[self.current].parent.unwrap_or(0);
    }

    fn define(&mut self, name: &Ident, flag: u32, pos: Pos) -> Res {
        let mangled = self.mangled(name);
        self.define_in(self.current, &mangled, flag, pos)
    }

    fn define_in(&mut self, scope: ScopeId, mangled: &Ident, mut flag: u32, pos: Pos) -> Res {
        let table = &mut self.table.scopes[scope];
        let is_comp_target = table.comp_iter_target;
        let symbol = table.symbols.entry(mangled);
        if flag & def::PARAM != 0 && symbol.flags & def::PARAM != 0 {
            return fail(format!("duplicate argument '{mangled}' in function definition"), pos);
        }
        if flag & def::TYPE_PARAM != 0 && symbol.flags & def::TYPE_PARAM != 0 {
            return fail(format!("duplicate type parameter '{mangled}'"), pos);
        }
        if is_comp_target {
            if symbol.flags & (def::GLOBAL | def::NONLOCAL) != 0 {
                return fail(format!("comprehension inner loop cannot rebind assignment expression target '{mangled}'"), pos);
            }
            flag |= def::COMP_ITER;
        }
        symbol.flags |= flag;
        if flag & def::PARAM != 0 {
            table.params.push(mangled.clone());
        }
        Ok(())
    }

    fn module(&mut self, root: &Mod) -> Res {
        self.enter(ScopeKind::Module, "top", root, Tag::Body, Pos::default());
        match root {
            Mod::Module { body } | Mod::Interactive { body } => self.block(body),
            Mod::Expression { body } => self.expr(body),
            Mod::FunctionType { .. } => fail("this compiler does not handle FunctionTypes", Pos::default()),
        }
    }

    fn block(&mut self, body: &[Stmt]) -> Res {
        body.iter().try_for_each(|s| self.stmt(s))
    }

    fn exprs(&mut self, list: &[Expr]) -> Res {
        list.iter().try_for_each(|e| self.expr(e))
    }

    fn opt(&mut self, e: &Option<Box<Expr>>) -> Res {
        e.as_ref().map_or(Ok(()), |e| self.expr(e))
    }

    /// Visits blocks that may or may not run.
    fn conditional(&mut self, bodies: &[&[Stmt]]) -> Res {
        let before = std::mem::replace(&mut self.scope().in_conditional, true);
        for body in bodies {
            self.block(body)?;
        }
        self.scope().in_conditional = before;
        Ok(())
    }

    fn stmt(&mut self, s: &Stmt) -> Res {
        match &s.kind {
            StmtKind::FunctionDef(f) => self.function_def(f, s.pos),
            StmtKind::ClassDef(c) => self.class_def(c, s.pos),
            StmtKind::TypeAlias { name, type_params, value } => {
                self.expr(name)?;
                let ExprKind::Name { id, .. } = &name.kind else { return Ok(()) };
                let in_class = self.scope().kind == ScopeKind::Class;
                if !type_params.is_empty() {
                    self.enter_type_params(s, id, false, false, in_class, s.pos)?;
                    self.type_params(type_params)?;
                }
                self.enter(ScopeKind::TypeAlias, id, s, Tag::Body, s.pos);
                self.scope().scope_info = "a type alias";
                self.annotation_params(s.pos)?;
                if in_class {
                    self.define(&Ident::from("__classdict__"), def::USE, value.pos)?;
                }
                self.expr(value)?;
                self.leave();
                if !type_params.is_empty() {
                    self.leave();
                }
                Ok(())
            }
            StmtKind::Return { value } => self.opt(value),
            StmtKind::Delete { targets } => {
                for t in targets {
                    self.note_deleted(t);
                    self.expr(t)?;
                }
                Ok(())
            }
            StmtKind::Assign { targets, value } => {
                self.exprs(targets)?;
                self.expr(value)
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expr(target)?;
                self.expr(value)
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.scope().annotations_used = true;
                if let ExprKind::Name { id, .. } = &target.kind {
                    let mangled = self.mangled(id);
                    let flags = self.scope().symbols.get(&mangled).map_or(0, |s| s.flags);
                    if flags & (def::GLOBAL | def::NONLOCAL) != 0 && *simple && self.scope().kind != ScopeKind::Module {
                        let what = if flags & def::GLOBAL != 0 { "global" } else { "nonlocal" };
                        return fail(format!("annotated name '{id}' can't be {what}"), s.pos);
                    }
                    if *simple {
                        self.define(id, def::ANNOT | def::LOCAL, target.pos)?;
                    } else if value.is_some() {
                        self.define(id, def::LOCAL, target.pos)?;
                    }
                } else {
                    self.expr(target)?;
                }
                self.annotation(annotation)?;
                self.opt(value)
            }
            StmtKind::For { target, iter, body, orelse, .. } => {
                self.expr(target)?;
                self.expr(iter)?;
                self.conditional(&[body, orelse])
            }
            StmtKind::While { test, body, orelse } | StmtKind::If { test, body, orelse } => {
                self.expr(test)?;
                self.conditional(&[body, orelse])
            }
            StmtKind::With { items, body, .. } => {
                for item in items {
                    self.expr(&item.context_expr)?;
                    self.opt(&item.optional_vars)?;
                }
                self.conditional(&[body])
            }
            StmtKind::Match { subject, cases } => {
                self.expr(subject)?;
                let before = std::mem::replace(&mut self.scope().in_conditional, true);
                for case in cases {
                    self.pattern(&case.pattern)?;
                    self.opt(&case.guard)?;
                    self.block(&case.body)?;
                }
                self.scope().in_conditional = before;
                Ok(())
            }
            StmtKind::Raise { exc, cause } => {
                self.opt(exc)?;
                self.opt(cause)
            }
            StmtKind::Try(t) => {
                self.conditional(&[&t.body])?;
                for h in &t.handlers {
                    self.opt(&h.type_)?;
                    if let Some(name) = &h.name {
                        self.define(name, def::LOCAL, h.pos)?;
                        let mangled = self.mangled(name);
                        self.scope().deleted.insert(mangled);
                    }
                    self.conditional(&[&h.body])?;
                }
                self.conditional(&[&t.orelse, &t.finalbody])
            }
            StmtKind::Assert { test, msg } => {
                self.expr(test)?;
                self.opt(msg)
            }
            StmtKind::Import { names } | StmtKind::ImportFrom { names, .. } => {
                for alias in names {
                    if &*alias.name == "*" {
                        if self.scope().kind != ScopeKind::Module {
                            return fail("import * only allowed at module level", alias.pos);
                        }
                        continue;
                    }
                    let name = match &alias.asname {
                        Some(name) => name.clone(),
                        None => Ident::from(alias.name.split('.').next().unwrap_or(&alias.name)),
                    };
                    self.define(&name, def::IMPORT, alias.pos)?;
                }
                Ok(())
            }
            StmtKind::Global { names } => names.iter().try_for_each(|n| self.directive(n, s.pos, true)),
            StmtKind::Nonlocal { names } => names.iter().try_for_each(|n| self.directive(n, s.pos, false)),
            StmtKind::Expr { value } => self.expr(value),
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => Ok(()),
        }
    }

    fn note_deleted(&mut self, target: &Expr) {
        match &target.kind {
            ExprKind::Name { id, .. } => {
                let mangled = self.mangled(id);
                self.scope().deleted.insert(mangled);
            }
            ExprKind::Tuple { elts, .. } | ExprKind::List { elts, .. } => {
                elts.iter().for_each(|e| self.note_deleted(e));
            }
            _ => {}
        }
    }

    /// `global` (or `nonlocal`) of one name.
    fn directive(&mut self, name: &Ident, pos: Pos, global: bool) -> Res {
        let mangled = self.mangled(name);
        let what = if global { "global" } else { "nonlocal" };
        if let Some(symbol) = self.scope().symbols.get(&mangled) {
            let f = symbol.flags;
            let problem = if f & def::PARAM != 0 {
                Some(format!("name '{name}' is parameter and {what}"))
            } else if f & def::USE != 0 {
                Some(format!("name '{name}' is used prior to {what} declaration"))
            } else if f & def::ANNOT != 0 {
                Some(format!("annotated name '{name}' can't be {what}"))
            } else if f & (def::LOCAL | def::IMPORT) != 0 {
                Some(format!("name '{name}' is assigned to before {what} declaration"))
            } else {
                None
            };
            if let Some(text) = problem {
                return fail(text, pos);
            }
        }
        self.scope().directives.push((mangled, pos));
        self.define(name, if global { def::GLOBAL } else { def::NONLOCAL }, pos)
    }

    fn function_def(&mut self, f: &FunctionDef, pos: Pos) -> Res {
        self.define(&f.name, def::LOCAL, pos)?;
        self.exprs(&f.args.defaults)?;
        for d in f.args.kw_defaults.iter().flatten() {
            self.expr(d)?;
        }
        self.exprs(&f.decorator_list)?;
        let in_class = self.scope().kind == ScopeKind::Class;
        if !f.type_params.is_empty() {
            let kw = f.args.kw_defaults.iter().any(Option::is_some);
            self.enter_type_params(f, &f.name, !f.args.defaults.is_empty(), kw, in_class, pos)?;
            self.type_params(&f.type_params)?;
        }
        self.function_annotations(f, pos)?;
        self.enter(ScopeKind::Function, &f.name, f, Tag::Body, pos);
        let scope = self.scope();
        scope.is_async_def = f.is_async;
        scope.is_coroutine = f.is_async;
        self.params(&f.args)?;
        self.block(&f.body)?;
        self.leave();
        if !f.type_params.is_empty() {
            self.leave();
        }
        Ok(())
    }

    fn params(&mut self, args: &Arguments) -> Res {
        for a in args.all() {
            self.define(&a.arg, def::PARAM, a.pos)?;
        }
        let scope = self.scope();
        scope.varargs = args.vararg.is_some();
        scope.varkeywords = args.kwarg.is_some();
        Ok(())
    }

    /// The one parameter of an annotation scope's function.
    fn annotation_params(&mut self, pos: Pos) -> Res {
        self.define(&Ident::from(".format"), def::PARAM, pos)?;
        self.define(&Ident::from(".format"), def::USE, pos)
    }

    fn function_annotations(&mut self, f: &FunctionDef, pos: Pos) -> Res {
        let in_class = self.scope().kind == ScopeKind::Class;
        let sees_class = in_class || self.scope().can_see_class_scope;
        let name = f.name.clone();
        let used = f.returns.is_some() || f.args.all().any(|a| a.annotation.is_some());
        self.enter(ScopeKind::Annotation, &name, &f.args, Tag::Annotations, pos);
        self.scope().scope_info = "an annotation";
        self.annotation_params(pos)?;
        if sees_class && used && !self.table.future_annotations {
            self.define(&Ident::from("__classdict__"), def::USE, pos)?;
        }
        self.scope().in_unevaluated_annotation = self.table.future_annotations;
        for a in f.args.all() {
            self.opt(&a.annotation)?;
        }
        self.opt(&f.returns)?;
        self.scope().annotations_used = used;
        self.leave();
        if !used {
            // Nothing to evaluate: the block is not shown either.
            let current = self.current;
            self.table.scopes[current].children.pop();
        }
        Ok(())
    }

    /// The annotation of a variable: one block for all of a module's or class's.
    fn annotation(&mut self, annotation: &Expr) -> Res {
        let outer = self.current;
        let kind = self.scope().kind;
        let in_class = kind == ScopeKind::Class;
        let unevaluated = kind.is_function_like() || self.table.future_annotations;
        if (self.scope().in_conditional || kind == ScopeKind::Module)
            && !unevaluated
            && !self.table.future_annotations
            && !self.scope().has_conditional_annotations
        {
            self.scope().has_conditional_annotations = true;
            self.define(&Ident::from("__conditional_annotations__"), def::USE | def::LOCAL, annotation.pos)?;
        }
        match self.table.scopes[outer].annotation_block {
            Some(block) if !unevaluated => self.current = block,
            _ => {
                let pos = annotation.pos;
                let id = if unevaluated {
                    self.enter(ScopeKind::Annotation, "__annotate__", annotation, Tag::Annotations, pos)
                } else {
                    // Found again through the node that opened the block around.
                    let id = self.enter(ScopeKind::Annotation, "__annotate__", annotation, Tag::Annotations, pos);
                    self.table.scopes[outer].annotation_block = Some(id);
                    id
                };
                self.current = id;
                self.scope().scope_info = "an annotation";
                self.annotation_params(pos)?;
                if in_class && !unevaluated {
                    self.define(&Ident::from("__classdict__"), def::USE, pos)?;
                }
            }
        }
        self.scope().in_unevaluated_annotation = unevaluated;
        if self.table.scopes[outer].has_conditional_annotations && !unevaluated {
            let name = Ident::from("__conditional_annotations__");
            let has = self.scope().symbols.get(&name).is_some();
            if !has {
                self.define(&name, def::USE, annotation.pos)?;
            }
        }
        let result = self.expr(annotation);
        self.current = outer;
        result
    }

    fn class_def(&mut self, c: &ClassDef, pos: Pos) -> Res {
        self.define(&c.name, def::LOCAL, pos)?;
        self.exprs(&c.decorator_list)?;
        let in_class = self.scope().kind == ScopeKind::Class;
        let outer_class = self.class.clone();
        if !c.type_params.is_empty() {
            self.enter_type_params(c, &c.name, false, false, in_class, pos)?;
            let names = c.type_params.iter().map(|p| p.name.clone()).collect();
            self.scope().mangled_names = Some(names);
            self.class = Some(c.name.clone());
            self.define(&Ident::from(".type_params"), def::LOCAL | def::USE, pos)?;
            self.define(&Ident::from(".generic_base"), def::LOCAL | def::USE, pos)?;
            self.type_params(&c.type_params)?;
        }
        self.exprs(&c.bases)?;
        for k in &c.keywords {
            self.expr(&k.value)?;
        }
        self.enter(ScopeKind::Class, &c.name, c, Tag::Body, pos);
        self.class = Some(c.name.clone());
        if !c.type_params.is_empty() {
            self.define(&Ident::from("__type_params__"), def::LOCAL, pos)?;
            self.define(&Ident::from(".type_params"), def::USE, pos)?;
        }
        self.block(&c.body)?;
        self.leave();
        self.class = outer_class;
        if !c.type_params.is_empty() {
            self.leave();
        }
        Ok(())
    }

    fn enter_type_params<T>(&mut self, node: &T, name: &str, defaults: bool, kwdefaults: bool, in_class: bool, pos: Pos) -> Res {
        self.enter(ScopeKind::TypeParameters, name, node, Tag::TypeParams, pos);
        self.scope().scope_info = "the definition of a generic";
        if in_class {
            self.define(&Ident::from("__classdict__"), def::USE, pos)?;
        }
        if defaults {
            self.define(&Ident::from(".defaults"), def::PARAM, pos)?;
        }
        if kwdefaults {
            self.define(&Ident::from(".kwdefaults"), def::PARAM, pos)?;
        }
        Ok(())
    }

    fn type_params(&mut self, params: &[TypeParam]) -> Res {
        let mut seen_default = false;
        for p in params {
            if matches!(&*p.name, "__classdict__" | "__conditional_annotations__") {
                return fail(format!("reserved name '{}' cannot be used for type parameter", p.name), p.pos);
            }
            self.define(&p.name, def::TYPE_PARAM | def::LOCAL, p.pos)?;
            if let TypeParamKind::TypeVar { bound: Some(bound) } = &p.kind {
                let tuple = matches!(bound.kind, ExprKind::Tuple { .. });
                let info = if tuple { "a TypeVar constraint" } else { "a TypeVar bound" };
                self.type_variable(p, Tag::Bound, bound, info)?;
            }
            match &p.default_value {
                Some(default) => {
                    seen_default = true;
                    let info = match p.kind {
                        TypeParamKind::TypeVar { .. } => "a TypeVar default",
                        TypeParamKind::ParamSpec => "a ParamSpec default",
                        TypeParamKind::TypeVarTuple => "a TypeVarTuple default",
                    };
                    self.type_variable(p, Tag::Default, default, info)?;
                }
                None if seen_default => {
                    return fail(format!("non-default type parameter '{}' follows default type parameter", p.name), p.pos);
                }
                None => {}
            }
        }
        Ok(())
    }

    fn type_variable(&mut self, p: &TypeParam, tag: Tag, e: &Expr, info: &'static str) -> Res {
        let sees_class = self.scope().can_see_class_scope;
        self.enter(ScopeKind::TypeVariable, &p.name, p, tag, e.pos);
        self.scope().scope_info = info;
        self.annotation_params(e.pos)?;
        if sees_class {
            self.define(&Ident::from("__classdict__"), def::USE, e.pos)?;
        }
        self.expr(e)?;
        self.leave();
        Ok(())
    }

    fn pattern(&mut self, p: &Pattern) -> Res {
        match &p.kind {
            PatternKind::MatchValue { value } => self.expr(value),
            PatternKind::MatchSingleton { .. } => Ok(()),
            PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => {
                patterns.iter().try_for_each(|p| self.pattern(p))
            }
            PatternKind::MatchMapping { keys, patterns, rest } => {
                self.exprs(keys)?;
                patterns.iter().try_for_each(|p| self.pattern(p))?;
                rest.as_ref().map_or(Ok(()), |n| self.define(n, def::LOCAL, p.pos))
            }
            PatternKind::MatchClass { cls, patterns, kwd_patterns, .. } => {
                self.expr(cls)?;
                patterns.iter().chain(kwd_patterns).try_for_each(|p| self.pattern(p))
            }
            PatternKind::MatchStar { name } => name.as_ref().map_or(Ok(()), |n| self.define(n, def::LOCAL, p.pos)),
            PatternKind::MatchAs { pattern, name } => {
                if let Some(inner) = pattern {
                    self.pattern(inner)?;
                }
                name.as_ref().map_or(Ok(()), |n| self.define(n, def::LOCAL, p.pos))
            }
        }
    }

    /// Expressions that annotation scopes do not allow.
    fn forbid_in_annotation(&mut self, what: &str, pos: Pos) -> Res {
        let scope = self.scope();
        if scope.kind.is_function_like() && scope.kind != ScopeKind::Function {
            let info = scope.scope_info;
            return fail(format!("{what} cannot be used within {info}"), pos);
        }
        Ok(())
    }

    pub(crate) fn expr(&mut self, e: &Expr) -> Res {
        match &e.kind {
            ExprKind::BoolOp { values, .. } => self.exprs(values),
            ExprKind::NamedExpr { target, value } => {
                self.named(target, e.pos)?;
                self.expr(value)?;
                self.expr(target)
            }
            ExprKind::BinOp { left, right, .. } => {
                self.expr(left)?;
                self.expr(right)
            }
            ExprKind::UnaryOp { operand, .. } => self.expr(operand),
            ExprKind::Lambda { args, body } => {
                self.exprs(&args.defaults)?;
                for d in args.kw_defaults.iter().flatten() {
                    self.expr(d)?;
                }
                self.enter(ScopeKind::Function, "lambda", e, Tag::Body, e.pos);
                self.scope().is_lambda = true;
                self.params(args)?;
                self.expr(body)?;
                self.leave();
                Ok(())
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expr(test)?;
                self.expr(body)?;
                self.expr(orelse)
            }
            ExprKind::Dict { keys, values } => {
                for (k, v) in keys.iter().zip(values) {
                    if let Some(k) = k {
                        self.expr(k)?;
                    }
                    self.expr(v)?;
                }
                Ok(())
            }
            ExprKind::Set { elts } | ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => self.exprs(elts),
            ExprKind::ListComp { elt, generators } => self.comp(e, "listcomp", CompKind::List, generators, elt, None),
            ExprKind::SetComp { elt, generators } => self.comp(e, "setcomp", CompKind::Set, generators, elt, None),
            ExprKind::GeneratorExp { elt, generators } => self.comp(e, "genexpr", CompKind::Generator, generators, elt, None),
            ExprKind::DictComp { key, value, generators } => self.comp(e, "dictcomp", CompKind::Dict, generators, key, Some(value)),
            ExprKind::Yield { value } => {
                self.forbid_in_annotation("yield expression", e.pos)?;
                self.opt(value)?;
                self.note_yield(e.pos)
            }
            ExprKind::YieldFrom { value } => {
                self.forbid_in_annotation("yield expression", e.pos)?;
                self.expr(value)?;
                self.note_yield(e.pos)
            }
            ExprKind::Await { value } => {
                self.forbid_in_annotation("await expression", e.pos)?;
                self.expr(value)?;
                self.scope().is_coroutine = true;
                Ok(())
            }
            ExprKind::Compare { left, comparators, .. } => {
                self.expr(left)?;
                self.exprs(comparators)
            }
            ExprKind::Call { func, args, keywords } => {
                self.expr(func)?;
                self.exprs(args)?;
                for k in keywords {
                    self.expr(&k.value)?;
                }
                Ok(())
            }
            ExprKind::FormattedValue { value, format_spec, .. } | ExprKind::Interpolation { value, format_spec, .. } => {
                self.expr(value)?;
                self.opt(format_spec)
            }
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => self.exprs(values),
            ExprKind::Constant { .. } => Ok(()),
            ExprKind::Attribute { value, .. } => self.expr(value),
            ExprKind::Subscript { value, slice, .. } => {
                self.expr(value)?;
                self.expr(slice)
            }
            ExprKind::Starred { value, .. } => self.expr(value),
            ExprKind::Slice { lower, upper, step } => {
                self.opt(lower)?;
                self.opt(upper)?;
                self.opt(step)
            }
            ExprKind::Name { id, ctx } => {
                if self.scope().in_unevaluated_annotation {
                    // Nothing will look the name up: it captures nothing.
                    return Ok(());
                }
                let load = *ctx == Ctx::Load;
                self.define(id, if load { def::USE } else { def::LOCAL }, e.pos)?;
                // Zero-argument super needs the class cell.
                if load && &**id == "super" && self.scope().kind.is_function_like() {
                    self.define(&Ident::from("__class__"), def::USE, e.pos)?;
                }
                Ok(())
            }
        }
    }

    fn note_yield(&mut self, pos: Pos) -> Res {
        let scope = self.scope();
        scope.is_generator = true;
        if let Some(kind) = scope.comprehension {
            let what = match kind {
                CompKind::List => "list comprehension",
                CompKind::Set => "set comprehension",
                CompKind::Dict => "dict comprehension",
                CompKind::Generator => "generator expression",
            };
            return fail(format!("'yield' inside {what}"), pos);
        }
        Ok(())
    }

    /// The target of `:=`, which inside comprehensions belongs to the function (or module) around them.
    fn named(&mut self, target: &Expr, pos: Pos) -> Res {
        if self.scope().comp_iter_expr > 0 {
            return fail("assignment expression cannot be used in a comprehension iterable expression", pos);
        }
        self.forbid_in_annotation("named expression", pos)?;
        let ExprKind::Name { id, .. } = &target.kind else { return Ok(()) };
        let mangled = self.mangled(id);
        if self.scope().comprehension.is_none() {
            self.scope().walrus.insert(mangled);
            return Ok(());
        }
        let mut at = self.current;
        loop {
            let scope = &self.table.scopes[at];
            if scope.comprehension.is_some() {
                let flags = scope.symbols.get(&mangled).map_or(0, |s| s.flags);
                if flags & def::COMP_ITER != 0 {
                    return fail(format!("assignment expression cannot rebind comprehension iteration variable '{id}'"), target.pos);
                }
                at = scope.parent.unwrap_or(0);
                continue;
            }
            match scope.kind {
                ScopeKind::Function => {
                    let flags = scope.symbols.get(&mangled).map_or(0, |s| s.flags);
                    let here = if flags & def::GLOBAL != 0 { def::GLOBAL } else { def::NONLOCAL };
                    self.define(id, here, target.pos)?;
                    self.scope().directives.push((mangled.clone(), target.pos));
                    if flags & def::GLOBAL == 0 {
                        self.define_in(at, &mangled, def::LOCAL, target.pos)?;
                    }
                    self.table.scopes[at].walrus.insert(mangled);
                    return Ok(());
                }
                ScopeKind::Module => {
                    self.define(id, def::GLOBAL, target.pos)?;
                    self.scope().directives.push((mangled.clone(), target.pos));
                    self.define_in(at, &mangled, def::GLOBAL, target.pos)?;
                    self.table.scopes[at].walrus.insert(mangled);
                    return Ok(());
                }
                ScopeKind::Class => {
                    return fail("assignment expression within a comprehension cannot be used in a class body", target.pos);
                }
                _ => {
                    let what = match scope.kind {
                        ScopeKind::TypeParameters => "the definition of a generic",
                        ScopeKind::TypeAlias => "a type alias",
                        ScopeKind::TypeVariable => "a TypeVar bound",
                        _ => "an annotation",
                    };
                    return fail(format!("assignment expression within a comprehension cannot be used within {what}"), target.pos);
                }
            }
        }
    }

    fn comp(&mut self, e: &Expr, name: &str, kind: CompKind, generators: &[Comprehension], elt: &Expr, value: Option<&Expr>) -> Res {
        let outermost = &generators[0];
        let is_async_outer = outermost.is_async;
        self.scope().comp_iter_expr += 1;
        self.expr(&outermost.iter)?;
        self.scope().comp_iter_expr -= 1;
        self.enter(ScopeKind::Function, name, e, Tag::Body, e.pos);
        let scope = self.scope();
        scope.comprehension = Some(kind);
        if is_async_outer {
            scope.is_coroutine = true;
        }
        self.define(&Ident::from(".0"), def::PARAM, e.pos)?;
        self.scope().comp_iter_target = true;
        self.expr(&outermost.target)?;
        self.scope().comp_iter_target = false;
        self.exprs(&outermost.ifs)?;
        for g in &generators[1..] {
            self.scope().comp_iter_target = true;
            self.expr(&g.target)?;
            self.scope().comp_iter_target = false;
            self.scope().comp_iter_expr += 1;
            self.expr(&g.iter)?;
            self.scope().comp_iter_expr -= 1;
            self.exprs(&g.ifs)?;
            if g.is_async {
                self.scope().is_coroutine = true;
            }
        }
        if let Some(value) = value {
            self.expr(elt)?;
            self.expr(value)?;
        } else {
            self.expr(elt)?;
        }
        let scope = self.scope();
        scope.is_generator = kind == CompKind::Generator;
        let is_async = scope.is_coroutine && kind != CompKind::Generator;
        self.leave();
        if is_async {
            self.scope().is_coroutine = true;
        }
        Ok(())
    }
}
