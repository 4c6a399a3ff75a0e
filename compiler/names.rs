//! Variables: which instruction reads, writes or deletes a name where it stands.

use crate::codegen::{Compiler, Res};
use crate::flow::{Dst, R};
use crate::scope::{ScopeKind, Where};
use crate::tree::*;
use bytecode::{LocalKind, Op};

/// Where a (mangled) name is, seen from the current position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Var {
    Fast(u16),
    Cell(u16),
    Free(u32),
    Global,
    /// Locals mapping, then globals and builtins.
    Name,
    /// A class body's mapping, else a free variable.
    ClassFree(u32),
    /// An annotation scope in a class: the class's namespace, else a free variable.
    MapFree(u32),
    /// The same, else globals.
    MapGlobal,
}

impl<'t> Compiler<'t> {
    pub fn resolve(&self, name: &str) -> Var {
        let unit = &self.unit;
        for comp in unit.comps.iter().rev() {
            if let Some(&(reg, cell)) = comp.regs.get(name) {
                return if cell { Var::Cell(reg) } else { Var::Fast(reg) };
            }
            let place = self.table.scopes[comp.scope].symbols.get(name).map(|s| s.place);
            match place {
                Some(Where::GlobalImplicit | Where::GlobalExplicit) => return Var::Global,
                Some(Where::Free) => {
                    // In a class body a comprehension sees past the class's own names.
                    if unit.kind == ScopeKind::Class
                        && let Some(&i) = unit.free_index.get(name)
                    {
                        return Var::Free(i);
                    }
                }
                _ => {}
            }
        }
        let scope = &self.table.scopes[unit.scope];
        let symbol = scope.symbols.get(name);
        let place = symbol.map_or(Where::Unknown, |s| s.place);
        let sees_class = scope.can_see_class_scope && unit.free_index.contains_key("__classdict__");
        match place {
            Where::Local if unit.kind.is_function_like() => match unit.local_index.get(name) {
                Some(&i) => Var::Fast(i),
                None => Var::Name,
            },
            Where::Cell => match unit.local_index.get(name) {
                Some(&i) => Var::Cell(i),
                None => Var::Name,
            },
            Where::Free => {
                let i = unit.free_index.get(name).copied().unwrap_or(0);
                if unit.kind == ScopeKind::Class {
                    Var::ClassFree(i)
                } else if sees_class && name != "__classdict__" {
                    Var::MapFree(i)
                } else {
                    Var::Free(i)
                }
            }
            Where::GlobalExplicit => Var::Global,
            Where::GlobalImplicit if sees_class => Var::MapGlobal,
            Where::GlobalImplicit if unit.kind.is_function_like() => Var::Global,
            _ if unit.kind.is_function_like() => Var::Global,
            _ => Var::Name,
        }
    }

    /// Loads a variable (mangled name) to `dst`.
    pub fn load_var(&mut self, name: &Ident, dst: Dst) -> R {
        let base = self.height();
        match self.resolve(name) {
            Var::Fast(i) => {
                self.check_bound(i);
                self.move_to(R::L(i), dst)
            }
            Var::Cell(i) => self.compute_keep(Op::LoadCell, dst, R::L(i), R::No, 0),
            Var::Free(i) => self.result(Op::LoadFree, dst, R::No, R::No, i as i32, 0, base),
            Var::Global => {
                let k = self.name(name);
                self.result(Op::LoadGlobal, dst, R::No, R::No, k, 0, base)
            }
            Var::Name => {
                let k = self.name(name);
                self.result(Op::LoadName, dst, R::No, R::No, k, 0, base)
            }
            Var::ClassFree(i) => {
                let map = self.result(Op::LoadLocals, Dst::Temp, R::No, R::No, 0, 0, base);
                self.compute(Op::LoadMapOrFree, dst, map, R::No, i as i32, 0)
            }
            Var::MapFree(i) => {
                let map = self.load_classdict();
                self.compute(Op::LoadMapOrFree, dst, map, R::No, i as i32, 0)
            }
            Var::MapGlobal => {
                let map = self.load_classdict();
                let k = self.name(name);
                self.compute(Op::LoadMapOrGlobal, dst, map, R::No, k, 0)
            }
        }
    }

    fn load_classdict(&mut self) -> R {
        let base = self.height();
        let i = self.unit.free_index.get("__classdict__").copied().unwrap_or(0);
        self.result(Op::LoadFree, Dst::Temp, R::No, R::No, i as i32, 0, base)
    }

    /// Emits the check for an unbound local unless it is certainly bound.
    pub fn check_bound(&mut self, local: u16) {
        if !self.unit.bound.contains(local) {
            self.unit.emit(Op::CheckBound, R::No, R::L(local), R::No, 0, 0);
            self.unit.now_bound(local);
        }
    }

    /// Stores an operand (which dies when it is a temporary) in a variable.
    pub fn store_var(&mut self, name: &Ident, value: R) {
        match self.resolve(name) {
            Var::Fast(i) => {
                self.move_to(value, Dst::Local(i));
            }
            Var::Cell(i) => self.effect(Op::StoreCell, R::L(i), value, R::No, 0),
            Var::Free(i) | Var::ClassFree(i) | Var::MapFree(i) => {
                self.effect(Op::StoreFree, R::No, value, R::No, i as i32);
            }
            Var::Global | Var::MapGlobal => {
                let k = self.name(name);
                self.effect(Op::StoreGlobal, R::No, value, R::No, k);
            }
            Var::Name => {
                let k = self.name(name);
                self.effect(Op::StoreName, R::No, value, R::No, k);
            }
        }
    }

    pub fn delete_var(&mut self, name: &Ident) {
        match self.resolve(name) {
            Var::Fast(i) => {
                self.unit.emit(Op::DelLocal, R::L(i), R::No, R::No, 0, 0);
                self.unit.bound.remove(i);
            }
            Var::Cell(i) => self.unit.emit(Op::DelCell, R::L(i), R::No, R::No, 0, 0),
            Var::Free(i) | Var::ClassFree(i) | Var::MapFree(i) => {
                self.unit.emit(Op::DelFree, R::No, R::No, R::No, i as i32, 0);
            }
            Var::Global | Var::MapGlobal => {
                let k = self.name(name);
                self.unit.emit(Op::DelGlobal, R::No, R::No, R::No, k, 0);
            }
            Var::Name => {
                let k = self.name(name);
                self.unit.emit(Op::DelName, R::No, R::No, R::No, k, 0);
            }
        }
    }

    /// Unbinds the name of an `except` clause: it may already be gone.
    pub fn forget_var(&mut self, name: &Ident) {
        match self.resolve(name) {
            Var::Fast(i) => {
                self.unit.emit(Op::Clear, R::L(i), R::No, R::No, 0, 0);
                self.unit.bound.remove(i);
            }
            _ => {
                let none = self.load_constant(&Constant::None, Dst::Temp);
                self.store_var(name, none);
                self.delete_var(name);
            }
        }
    }

    /// The cell of a captured variable, to build a closure: pushed as a temporary.
    pub fn push_cell(&mut self, name: &Ident) -> Res {
        let base = self.height();
        for comp in self.unit.comps.iter().rev() {
            if let Some(&(reg, true)) = comp.regs.get(name) {
                self.compute_keep(Op::Borrow, Dst::Temp, R::L(reg), R::No, 0);
                return Ok(());
            }
        }
        if let Some(&i) = self.unit.local_index.get(name)
            && self.unit.locals[usize::from(i)].1 == LocalKind::Cell
        {
            self.compute_keep(Op::Borrow, Dst::Temp, R::L(i), R::No, 0);
            return Ok(());
        }
        if let Some(&i) = self.unit.free_index.get(name) {
            self.result(Op::LoadClosure, Dst::Temp, R::No, R::No, i as i32, 0, base);
            return Ok(());
        }
        let text = format!("compiler: no cell for '{name}' in {}", self.unit.qualname);
        Err(crate::CompileError::bare(crate::ErrorKind::SystemError, text))
    }

    /// The local a name stands for, when assignment can write it directly.
    pub fn fast_local(&self, name: &Ident) -> Option<u16> {
        match self.resolve(&self.mangled(name)) {
            Var::Fast(i) => Some(i),
            _ => None,
        }
    }

    /// Whether `:=` may rebind the name while an operand that holds it is waiting.
    pub fn may_be_rebound(&self, name: &str) -> bool {
        self.table.scopes[self.unit.scope].walrus.contains(name)
    }
}
