//! The code generator's state: the unit being compiled and those around it, constants, and entry points.

use crate::assemble;
use crate::error::{CompileError, ErrorKind, Warning, WarningKind};
use crate::flow::{Bits, CompFrame, Dst, R, Unit};
use crate::scope::{CompKind, ScopeId, ScopeKind, Symtable, Tag, Where, def, mangle};
use crate::tree::*;
use crate::{Options, optimise};
use bytecode::{Code, Const, LocalKind, Op, flags};
use std::collections::{BTreeSet, HashMap};

pub type Res<T = ()> = Result<T, CompileError>;

/// Compiles one tree.
pub struct Compiler<'t> {
    pub table: &'t Symtable,
    pub unit: Box<Unit<'t>>,
    pub outer: Vec<Box<Unit<'t>>>,
    pub options: Options,
    pub filename: &'t str,
    pub warnings: Vec<Warning>,
    pub interactive: bool,
    /// `from __future__ import annotations`.
    pub future_annotations: bool,
    pub future_flags: u32,
    /// Suppresses warnings in second copies of `finally` bodies.
    pub quiet: u32,
}

/// Compiles `root`, whose tables are `table`.
pub fn compile(root: &Mod, table: &Symtable, filename: &str, options: &Options, future_flags: u32) -> Res<(Code, Vec<Warning>)> {
    let mut compiler = Compiler {
        table,
        unit: Box::new(new_unit(table, 0, "<module>".into(), "<module>".into(), None, 1, 0)),
        outer: Vec::new(),
        options: *options,
        filename,
        warnings: Vec::new(),
        interactive: matches!(root, Mod::Interactive { .. }),
        future_annotations: table.future_annotations,
        future_flags,
        quiet: 0,
    };
    compiler.unit.flags |= future_flags;
    if options.top_level_await && table.scopes[0].is_coroutine {
        compiler.unit.flags |= if table.scopes[0].is_generator { flags::ASYNC_GENERATOR } else { flags::COROUTINE };
    }
    compiler.module(root)?;
    let code = compiler.assemble_unit()?;
    Ok((code, compiler.warnings))
}

fn new_unit<'t>(
    table: &Symtable,
    id: ScopeId,
    name: Ident,
    qualname: Ident,
    class: Option<Ident>,
    first_line: u32,
    flag_bits: u32,
) -> Unit<'t> {
    let scope = &table.scopes[id];
    let mut unit = Unit {
        scope: id,
        kind: scope.kind,
        name,
        qualname,
        class,
        first_line,
        flags: flag_bits,
        arg_count: 0,
        posonly_count: 0,
        kwonly_count: 0,
        locals: Vec::new(),
        local_index: HashMap::new(),
        freevars: Vec::new(),
        free_index: HashMap::new(),
        unsure: Bits::default(),
        comps: Vec::new(),
        consts: Vec::new(),
        const_index: HashMap::new(),
        code: Vec::new(),
        labels: Vec::new(),
        reachable: true,
        height: 0,
        max_height: 0,
        bound: Bits::default(),
        handlers: Vec::new(),
        handler: None,
        blocks: Vec::new(),
        pos: Pos { line: first_line, col: 0, end_line: first_line, end_col: 0 },
        starts: false,
        annotations: Vec::new(),
        annotation_count: 0,
        static_attributes: BTreeSet::new(),
        conditional: 0,
        loops: 0,
    };
    let fast = scope.kind.is_function_like();
    for name in &scope.params {
        let cell = scope.symbols.get(name).is_some_and(|s| s.place == Where::Cell);
        let shown = if &**name == ".format" { Ident::from("format") } else { name.clone() };
        let index = unit.locals.len() as u16;
        unit.locals.push((shown, if cell { LocalKind::Cell } else { LocalKind::Fast }));
        unit.local_index.insert(name.clone(), index);
        if scope.deleted.contains(name) {
            unit.unsure.insert(index);
        } else {
            unit.bound.insert(index);
        }
    }
    let mut free: Vec<Ident> = Vec::new();
    for (name, symbol) in scope.symbols.iter() {
        if symbol.flags & def::PARAM == 0 {
            match symbol.place {
                Where::Local if fast => add_local(&mut unit, name, LocalKind::Fast, scope.deleted.contains(name)),
                Where::Cell => add_local(&mut unit, name, LocalKind::Cell, false),
                _ => {}
            }
        }
        if symbol.place == Where::Free || symbol.flags & def::FREE_CLASS != 0 {
            free.push(name.clone());
        }
    }
    if scope.kind == ScopeKind::Class {
        if scope.needs_class_closure {
            add_local(&mut unit, &"__class__".into(), LocalKind::Cell, false);
        }
        if scope.needs_classdict {
            add_local(&mut unit, &"__classdict__".into(), LocalKind::Cell, false);
        }
    }
    free.sort();
    for name in free {
        unit.free_index.insert(name.clone(), unit.freevars.len() as u32);
        unit.freevars.push(name);
    }
    unit
}

fn add_local(unit: &mut Unit<'_>, name: &Ident, kind: LocalKind, unsure: bool) {
    if unit.local_index.contains_key(name) {
        return;
    }
    let index = unit.locals.len() as u16;
    unit.locals.push((name.clone(), kind));
    unit.local_index.insert(name.clone(), index);
    if unsure {
        unit.unsure.insert(index);
    }
}

impl<'t> Compiler<'t> {
    pub fn error<T>(&self, message: impl Into<String>, pos: Pos) -> Res<T> {
        Err(CompileError::syntax(message, pos))
    }

    pub fn warn(&mut self, message: impl Into<String>, pos: Pos) {
        if self.quiet == 0 {
            self.warnings.push(Warning { kind: WarningKind::SyntaxWarning, message: message.into(), pos });
        }
    }

    pub fn at(&mut self, pos: Pos) {
        self.unit.pos = pos;
    }

    // ---- units ----

    /// Begins the code object of block `id`.
    pub fn enter_unit(&mut self, id: ScopeId, name: &str, first_line: u32, extra_flags: u32) {
        let scope = &self.table.scopes[id];
        let mut bits = extra_flags | self.future_flags;
        if scope.kind.is_function_like() {
            bits |= flags::OPTIMIZED | flags::NEWLOCALS;
            if scope.nested {
                bits |= flags::NESTED;
            }
            if scope.is_generator && scope.is_coroutine {
                bits |= flags::ASYNC_GENERATOR;
            } else if scope.is_generator {
                bits |= flags::GENERATOR;
            } else if scope.is_coroutine {
                bits |= flags::COROUTINE;
            }
            if scope.varargs {
                bits |= flags::VARARGS;
            }
            if scope.varkeywords {
                bits |= flags::VARKEYWORDS;
            }
            if scope.is_method {
                bits |= flags::METHOD;
            }
        }
        let qualname = self.qualname(id, name);
        let class = match scope.kind {
            ScopeKind::Class => Some(scope.name.clone()),
            _ => self.unit.class.clone(),
        };
        let unit = Box::new(new_unit(self.table, id, name.into(), qualname, class, first_line, bits));
        let outer = std::mem::replace(&mut self.unit, unit);
        self.outer.push(outer);
        self.make_cells();
        if bits & (flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR) != 0 {
            let (handler, _) = self.unit.new_handler(0);
            self.unit.handler = Some(handler);
        }
    }

    /// Wraps the variables that inner functions capture.
    fn make_cells(&mut self) {
        for i in 0..self.unit.locals.len() as u16 {
            if self.unit.locals[usize::from(i)].1 == LocalKind::Cell {
                self.unit.emit(Op::MakeCell, R::L(i), R::No, R::No, 0, 0);
            }
        }
    }

    fn qualname(&self, id: ScopeId, name: &str) -> Ident {
        // `self.unit` is still the parent here.
        let scope = &self.table.scopes[id];
        let mut parent = &*self.unit;
        let mut depth = self.outer.len();
        if depth == 0 {
            return name.into();
        }
        // Annotation scopes and type parameters do not show, once.
        if parent.kind.is_function_like() && parent.kind != ScopeKind::Function {
            depth -= 1;
            parent = &self.outer[depth];
            if depth == 0 {
                return name.into();
            }
        }
        if matches!(scope.kind, ScopeKind::Function | ScopeKind::Class) {
            let mangled = mangle(parent.class.as_deref(), &scope.name);
            let place = self.table.scopes[parent.scope].symbols.get(&mangled).map(|s| s.place);
            if place == Some(Where::GlobalExplicit) && !scope.is_lambda && scope.comprehension.is_none() {
                return name.into();
            }
        }
        let function = parent.kind == ScopeKind::Function && self.table.scopes[parent.scope].comprehension.is_none();
        if function { format!("{}.<locals>.{name}", parent.qualname).into() } else { format!("{}.{name}", parent.qualname).into() }
    }

    /// Ends the current unit with an implicit `return None` if control can get there.
    pub fn leave_unit(&mut self, implicit_return: bool) -> Res<Code> {
        if implicit_return {
            self.unit.starts = false;
            let line = self.unit.first_line;
            self.unit.pos = match self.unit.code.last() {
                Some(last) => last.pos,
                None => Pos { line, col: 0, end_line: line, end_col: 0 },
            };
            self.return_none();
        }
        let code = self.assemble_unit()?;
        self.unit = self.outer.pop().expect("units nest");
        Ok(code)
    }

    pub fn return_none(&mut self) {
        let none = self.constant(&Constant::None);
        self.unit.emit(Op::ReturnK, R::No, R::No, R::No, none, 0);
        self.unit.reachable = false;
    }

    fn assemble_unit(&mut self) -> Res<Code> {
        let generator = self.unit.flags & (flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR) != 0;
        if generator && !self.unit.handlers.is_empty() {
            let label = self.unit.handlers[0].label;
            self.unit.handler = None;
            self.unit.height = 0;
            self.unit.reachable = false;
            self.unit.place(label);
            self.unit.pos = Pos::default();
            self.effect(Op::StopIterationError, R::No, R::T(0), R::No, 0);
            self.unit.reachable = false;
        }
        optimise::thread_jumps(&mut self.unit);
        assemble::assemble(&mut self.unit, self.filename).map_err(|text| CompileError::bare(ErrorKind::SystemError, text))
    }

    // ---- constants ----

    pub fn add_const(&mut self, c: Const) -> i32 {
        let mut key = Vec::new();
        assemble::const_key(&c, &mut key);
        if let Some(&i) = self.unit.const_index.get(&key) {
            return i as i32;
        }
        let i = self.unit.consts.len() as u32;
        self.unit.consts.push(c);
        self.unit.const_index.insert(key, i);
        i as i32
    }

    pub fn constant(&mut self, c: &Constant) -> i32 {
        self.add_const(assemble::to_const(c))
    }

    /// A name as a constant (already mangled).
    pub fn name(&mut self, name: &str) -> i32 {
        self.add_const(Const::Str { text: name.as_bytes().into(), interned: true })
    }

    pub fn load_constant(&mut self, c: &Constant, dst: Dst) -> R {
        let base = self.height();
        if let Constant::Int(n) = c
            && (-(1 << 23)..1 << 23).contains(n)
        {
            return self.result(Op::LoadI, dst, R::No, R::No, *n as i32, 0, base);
        }
        if !self.unit.reachable {
            return self.result(Op::Nop, dst, R::No, R::No, 0, 0, base);
        }
        let k = self.constant(c);
        self.result(Op::LoadK, dst, R::No, R::No, k, 0, base)
    }

    pub fn load_str(&mut self, s: &str, dst: Dst) -> R {
        let base = self.height();
        let k = self.name(s);
        self.result(Op::LoadK, dst, R::No, R::No, k, 0, base)
    }

    pub fn mangled(&self, name: &Ident) -> Ident {
        if let Some(only) = &self.table.scopes[self.unit.scope].mangled_names
            && !only.contains(name)
        {
            return name.clone();
        }
        mangle(self.unit.class.as_deref(), name)
    }

    // ---- scopes ----

    pub fn scope_of<T>(&self, node: &T, tag: Tag) -> ScopeId {
        self.table.find(node, tag).expect("the symbol table has seen every block")
    }

    /// In a function, so that `return` and fast locals work.
    pub fn in_function(&self) -> bool {
        self.unit.kind == ScopeKind::Function
    }

    /// Whether `await` is allowed in this unit.
    pub fn is_async_unit(&self) -> bool {
        let scope = &self.table.scopes[self.unit.scope];
        if scope.comprehension == Some(CompKind::Generator) {
            return true;
        }
        scope.is_async_def
            || scope.comprehension.is_some() && scope.is_coroutine
            || self.unit.kind == ScopeKind::Module && self.options.top_level_await
    }

    /// A register for a variable of an inlined comprehension, shared with earlier comprehensions by name.
    pub fn hidden_local(&mut self, name: &Ident, cell: bool) -> u16 {
        let kind = if cell { LocalKind::HiddenCell } else { LocalKind::Hidden };
        let taken = |i: u16, unit: &Unit<'_>| unit.comps.iter().any(|c: &CompFrame| c.regs.values().any(|r| r.0 == i));
        let found = (0..self.unit.locals.len() as u16).find(|&i| {
            let (n, k) = &self.unit.locals[usize::from(i)];
            n == name && *k == kind && !taken(i, &self.unit)
        });
        found.unwrap_or_else(|| {
            self.unit.locals.push((name.clone(), kind));
            self.unit.locals.len() as u16 - 1
        })
    }

    // ---- the module ----

    fn module(&mut self, root: &'t Mod) -> Res {
        self.unit.pos = Pos { line: 1, col: 0, end_line: 1, end_col: 0 };
        self.make_cells();
        if self.unit.flags & (flags::COROUTINE | flags::ASYNC_GENERATOR) != 0 {
            let (handler, _) = self.unit.new_handler(0);
            self.unit.handler = Some(handler);
        }
        match root {
            Mod::Expression { body } => {
                let value = self.value(body)?;
                self.effect(Op::Return, R::No, value, R::No, 0);
                self.unit.reachable = false;
            }
            Mod::Module { body } => {
                self.module_body(body)?;
            }
            Mod::Interactive { body } => {
                self.setup_annotations(body)?;
                self.body(body)?;
                self.deferred_annotations()?;
                self.return_none();
            }
            Mod::FunctionType { .. } => {
                return self.error("this compiler does not handle FunctionTypes", Pos::default());
            }
        }
        Ok(())
    }

    fn module_body(&mut self, body: &'t [Stmt]) -> Res {
        self.setup_annotations(body)?;
        let mut rest = body;
        if let Some((text, pos)) = docstring(body) {
            rest = &body[1..];
            if self.options.optimize < 2 {
                self.at(pos);
                self.unit.starts = true;
                let text = clean_docstring(text);
                let r = self.load_constant(&Constant::Str(text), Dst::Temp);
                let k = self.name("__doc__");
                self.effect(Op::StoreName, R::No, r, R::No, k);
            }
        }
        self.body(rest)?;
        self.deferred_annotations()?;
        if body.is_empty() {
            self.unit.starts = true;
        }
        self.return_none();
        Ok(())
    }
}

/// The docstring of a body.
pub fn docstring(body: &[Stmt]) -> Option<(&PyStr, Pos)> {
    match body.first() {
        Some(Stmt { kind: StmtKind::Expr { value }, .. }) => match &value.kind {
            ExprKind::Constant { value: Constant::Str(s), .. } => Some((s, value.pos)),
            _ => None,
        },
        _ => None,
    }
}

/// Removes the common indentation of a docstring's lines after the first, as the compiler does since 3.13.
pub fn clean_docstring(doc: &PyStr) -> PyStr {
    let bytes = doc.as_bytes();
    let expanded = expand_tabs(bytes);
    let lines: Vec<&[u8]> = expanded.split(|b| *b == b'\n').collect();
    let indent = |line: &[u8]| line.iter().take_while(|b| **b == b' ').count();
    let margin = lines[1..].iter().filter(|l| indent(l) < l.len()).map(|l| indent(l)).min().unwrap_or(0);
    let first_indent = indent(lines[0]);
    if margin == 0 && first_indent == 0 {
        return PyStr::from_wtf8(expanded);
    }
    let mut out = lines[0][first_indent..].to_vec();
    for line in &lines[1..] {
        out.push(b'\n');
        let cut = margin.min(indent(line));
        out.extend(&line[cut..]);
    }
    PyStr::from_wtf8(out)
}

fn expand_tabs(bytes: &[u8]) -> Vec<u8> {
    if !bytes.contains(&b'\t') {
        return bytes.to_vec();
    }
    let mut out = Vec::with_capacity(bytes.len() + 16);
    let mut col = 0;
    for &b in bytes {
        match b {
            b'\t' => {
                let n = 8 - col % 8;
                out.extend(std::iter::repeat_n(b' ', n));
                col += n;
            }
            b'\n' => {
                out.push(b);
                col = 0;
            }
            _ => {
                out.push(b);
                if b & 0xc0 != 0x80 {
                    col += 1;
                }
            }
        }
    }
    out
}
