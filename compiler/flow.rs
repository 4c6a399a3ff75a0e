//! Code under construction: instructions with symbolic registers and labels. Unreachable instructions are never emitted,
//! and at each point it is known which locals are certainly bound.

use crate::scope::{ScopeId, ScopeKind};
use crate::tree::{Expr, Ident, Pos, Stmt};
use bytecode::{Const, LocalKind, Op};
use std::collections::{BTreeSet, HashMap};

/// A register or an immediate in one of the operands a, b, c.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum R {
    No,
    /// Local.
    L(u16),
    /// Temporary, counted from the bottom of the temporaries.
    T(u16),
    /// Immediate.
    I(i16),
}

impl R {
    pub fn is_temp(self) -> bool {
        matches!(self, R::T(_))
    }
}

/// Where a result goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dst {
    /// The next temporary.
    Temp,
    Local(u16),
}

pub type Label = u32;
pub const NO_LABEL: Label = u32::MAX;

/// One instruction before assembly.
#[derive(Clone, Copy, Debug)]
pub struct Ins {
    pub op: Op,
    pub a: R,
    pub b: R,
    pub c: R,
    pub d: i32,
    pub target: Label,
    pub flags: u8,
    pub pos: Pos,
    /// Live temporaries before it.
    pub depth: u16,
    pub handler: Option<u32>,
    /// Begins a statement, so that a `line` event belongs here even when the line has not changed.
    pub starts: bool,
}

/// A set of locals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bits(Vec<u64>);

impl Bits {
    pub fn insert(&mut self, i: u16) {
        let word = usize::from(i / 64);
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (i % 64);
    }

    pub fn remove(&mut self, i: u16) {
        if let Some(word) = self.0.get_mut(usize::from(i / 64)) {
            *word &= !(1 << (i % 64));
        }
    }

    pub fn contains(&self, i: u16) -> bool {
        self.0.get(usize::from(i / 64)).is_some_and(|w| w >> (i % 64) & 1 != 0)
    }

    fn intersect(&mut self, other: &Bits) {
        self.0.truncate(other.0.len());
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a &= b;
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct LabelInfo {
    pub used: bool,
    pub at: Option<u32>,
    height: Option<u16>,
    bound: Option<Bits>,
}

/// An exception handler: where it is and how many temporaries stay live.
#[derive(Clone, Copy, Debug)]
pub struct HandlerInfo {
    pub label: Label,
    pub depth: u16,
}

/// What a `break`, `continue` or `return` has to leave on its way out.
#[derive(Clone, Debug)]
pub struct Block<'t> {
    pub kind: BlockKind<'t>,
    /// Temporaries below the block's own.
    pub height: u16,
    /// The handler in force outside.
    pub handler: Option<u32>,
    pub pos: Pos,
}

#[derive(Clone, Debug)]
pub enum BlockKind<'t> {
    /// `has_iter`: the iterator is a temporary.
    Loop {
        top: Label,
        exit: Label,
        has_iter: bool,
    },
    Try,
    Finally(&'t [Stmt]),
    /// The exceptional copy of a `finally` body: exception and the one handled before are temporaries.
    FinallyEnd,
    With {
        is_async: bool,
    },
    Handler {
        name: Option<Ident>,
        star: bool,
    },
    /// A temporary to drop: a value being returned past a `finally`.
    Value,
}

/// Hidden registers of an inlined comprehension.
#[derive(Debug)]
pub struct CompFrame {
    pub scope: ScopeId,
    pub regs: HashMap<Ident, (u16, bool)>,
}

/// A variable annotation to put into the `__annotate__` function.
#[derive(Clone, Copy, Debug)]
pub struct DeferredAnnotation<'t> {
    pub name: &'t Ident,
    pub annotation: &'t Expr,
    pub index: Option<u32>,
    pub pos: Pos,
}

/// One code object under construction.
#[derive(Debug)]
pub struct Unit<'t> {
    pub scope: ScopeId,
    pub kind: ScopeKind,
    pub name: Ident,
    pub qualname: Ident,
    /// Name of the class around, for mangling.
    pub class: Option<Ident>,
    pub first_line: u32,
    pub flags: u32,
    pub arg_count: u32,
    pub posonly_count: u32,
    pub kwonly_count: u32,
    pub locals: Vec<(Ident, LocalKind)>,
    pub local_index: HashMap<Ident, u16>,
    pub freevars: Vec<Ident>,
    pub free_index: HashMap<Ident, u32>,
    /// Locals that may become unbound again: never taken as bound.
    pub unsure: Bits,
    pub comps: Vec<CompFrame>,
    pub consts: Vec<Const>,
    pub const_index: HashMap<Vec<u8>, u32>,
    pub code: Vec<Ins>,
    pub labels: Vec<LabelInfo>,
    pub reachable: bool,
    pub height: u16,
    pub max_height: u16,
    pub bound: Bits,
    pub handlers: Vec<HandlerInfo>,
    pub handler: Option<u32>,
    pub blocks: Vec<Block<'t>>,
    pub pos: Pos,
    /// The next instruction begins a statement.
    pub starts: bool,
    pub annotations: Vec<DeferredAnnotation<'t>>,
    pub annotation_count: u32,
    /// Attributes that methods assign through their first parameter (`__static_attributes__`).
    pub static_attributes: BTreeSet<Ident>,
    /// Nesting of conditional blocks, for annotations.
    pub conditional: u32,
    /// Loops, for deferred counting of functions.
    pub loops: u32,
}

impl Unit<'_> {
    pub fn new_label(&mut self) -> Label {
        self.labels.push(LabelInfo::default());
        self.labels.len() as u32 - 1
    }

    /// Puts the label here; what jumps to it continues here.
    pub fn place(&mut self, label: Label) {
        let at = self.code.len() as u32;
        let info = &mut self.labels[label as usize];
        info.at = Some(at);
        if let Some(height) = info.height {
            debug_assert!(!self.reachable || !info.used || self.height == height, "heights differ at a label");
            self.height = height;
        }
        if info.used {
            let state = info.bound.take().unwrap_or_default();
            if self.reachable {
                self.bound.intersect(&state);
            } else {
                self.bound = state;
            }
            self.reachable = true;
        }
    }

    /// A label for a loop's top: placed now, jumped to later.
    pub fn place_loop_top(&mut self) -> Label {
        let label = self.new_label();
        self.labels[label as usize].at = Some(self.code.len() as u32);
        self.labels[label as usize].height = Some(self.height);
        label
    }

    /// Notes a jump to `label` with the current state (after operands are popped).
    pub fn jump_state(&mut self, label: Label) {
        let info = &mut self.labels[label as usize];
        debug_assert!(!self.reachable || info.height.is_none_or(|h| h == self.height), "a jump with another height");
        if info.height.is_none() || (self.reachable && !info.used) {
            info.height = Some(self.height);
        }
        if !self.reachable {
            return;
        }
        info.used = true;
        if info.at.is_some() {
            return;
        }
        match &mut info.bound {
            Some(bound) => bound.intersect(&self.bound),
            None => info.bound = Some(self.bound.clone()),
        }
    }

    /// Sets the height a label will have, for handlers.
    pub fn set_label_height(&mut self, label: Label, height: u16) {
        self.labels[label as usize].height = Some(height);
    }

    /// A handler that starts at a new label with `depth` temporaries kept; the exception comes on top of them.
    pub fn new_handler(&mut self, depth: u16) -> (u32, Label) {
        let label = self.new_label();
        self.labels[label as usize].height = Some(depth + 1);
        self.labels[label as usize].bound = Some(self.bound.clone());
        self.handlers.push(HandlerInfo { label, depth });
        self.max_height = self.max_height.max(depth + 1);
        (self.handlers.len() as u32 - 1, label)
    }

    pub fn emit(&mut self, op: Op, a: R, b: R, c: R, d: i32, flags: u8) {
        self.emit_jump(op, a, b, c, d, flags, NO_LABEL);
    }

    pub fn emit_jump(&mut self, op: Op, a: R, b: R, c: R, d: i32, flags: u8, target: Label) {
        if !self.reachable {
            return;
        }
        if let Some(h) = self.handler {
            let label = self.handlers[h as usize].label;
            self.labels[label as usize].used = true;
        }
        self.code.push(Ins {
            op,
            a,
            b,
            c,
            d,
            target,
            flags,
            pos: self.pos,
            depth: self.height,
            handler: self.handler,
            starts: std::mem::take(&mut self.starts),
        });
        if let R::L(l) = a
            && flags & bytecode::encode::DROP_A != 0
        {
            self.now_bound(l);
        }
    }

    pub fn now_bound(&mut self, local: u16) {
        if !self.unsure.contains(local) {
            self.bound.insert(local);
        }
    }

    pub fn grow(&mut self, n: u16) {
        self.height += n;
        self.max_height = self.max_height.max(self.height);
    }
}

impl Unit<'_> {
    /// A hidden local starts out unbound, and nothing but its comprehension unbinds it.
    pub fn unsure_off(&mut self, local: u16) {
        self.unsure.remove(local);
        self.bound.remove(local);
    }
}
