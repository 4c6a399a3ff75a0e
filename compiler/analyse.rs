//! Resolution of names: decides for each symbol of each block whether it is local, global, free or a cell, following
//! CPython's `analyze_block`. Comprehensions that can be inlined are merged into their parents here.

use crate::error::CompileError;
use crate::scope::{CompKind, ScopeId, ScopeKind, Symtable, Where, def};
use crate::tree::Ident;
use std::collections::HashSet;
use std::rc::Rc;

type Names = HashSet<Ident>;

/// Resolves every block.
pub fn resolve(table: &mut Symtable) -> Result<(), CompileError> {
    let mut free = Names::new();
    block(table, 0, None, &mut free, Rc::new(Names::new()), Rc::new(Names::new()), None)
}

/// `bound`: names bound in enclosing functions (`None` for the module); `global`: names declared global around.
fn block(
    table: &mut Symtable,
    id: ScopeId,
    bound: Option<Rc<Names>>,
    free: &mut Names,
    global: Rc<Names>,
    type_params: Rc<Names>,
    class_entry: Option<ScopeId>,
) -> Result<(), CompileError> {
    let kind = table.scopes[id].kind;
    let mut local = Names::new();
    let mut new_bound = Names::new();
    let mut new_global = Names::new();
    let mut global_here: Names = (*global).clone();
    let mut bound_here: Option<Names> = bound.as_deref().cloned();
    let mut type_params_here: Names = (*type_params).clone();

    if kind == ScopeKind::Class {
        // Names bound around a class are seen by its functions; the class's own are not.
        new_global.extend(global_here.iter().cloned());
        if let Some(b) = &bound_here {
            new_bound.extend(b.iter().cloned());
        }
    }
    let names: Vec<Ident> = table.scopes[id].symbols.names().to_vec();
    for name in &names {
        let flags = table.scopes[id].symbols.get(name).map_or(0, |s| s.flags);
        let place =
            name_place(table, id, name, flags, &mut bound_here, &mut local, free, &mut global_here, &mut type_params_here, class_entry)?;
        table.scopes[id].symbols.entry(name).place = place;
    }
    if kind != ScopeKind::Class {
        if kind.is_function_like() {
            new_bound.extend(local.iter().cloned());
        }
        if let Some(b) = &bound_here {
            new_bound.extend(b.iter().cloned());
        }
        new_global.extend(global_here.iter().cloned());
    } else {
        for special in ["__class__", "__classdict__", "__conditional_annotations__"] {
            new_bound.insert(special.into());
        }
    }
    let child_bound = Rc::new(new_bound);
    let child_global = Rc::new(new_global);
    let child_params = Rc::new(type_params_here);
    let mut new_free = Names::new();
    let children = table.scopes[id].children.clone();
    // Blocks that are not shown (empty function annotations) are resolved by nobody and used by nobody.
    for child in children {
        let entry =
            if table.scopes[child].can_see_class_scope { if kind == ScopeKind::Class { Some(id) } else { class_entry } } else { None };
        let comp = table.scopes[child].comprehension;
        let inlined = comp.is_some_and(|c| c != CompKind::Generator) && !table.scopes[id].can_see_class_scope;
        let mut child_free = Names::new();
        block(table, child, Some(child_bound.clone()), &mut child_free, child_global.clone(), child_params.clone(), entry)?;
        if inlined {
            inline(table, id, child, &mut child_free);
            table.scopes[child].inlined = true;
        }
        new_free.extend(child_free);
    }
    if kind.is_function_like() {
        cells(table, id, &local, &mut new_free);
    } else if kind == ScopeKind::Class {
        drop_class_free(table, id, &mut new_free);
    }
    update_symbols(table, id, &new_free, bound.as_deref(), kind == ScopeKind::Class);
    free.extend(new_free);
    Ok(())
}

fn name_place(
    table: &Symtable,
    id: ScopeId,
    name: &Ident,
    flags: u32,
    bound: &mut Option<Names>,
    local: &mut Names,
    free: &mut Names,
    global: &mut Names,
    type_params: &mut Names,
    class_entry: Option<ScopeId>,
) -> Result<Where, CompileError> {
    let scope = &table.scopes[id];
    let fail = |text: String| {
        let pos = scope.directives.iter().find(|(n, _)| n == name).map(|(_, p)| *p).unwrap_or(scope.pos);
        Err(CompileError::syntax(text, pos))
    };
    if flags & def::GLOBAL != 0 {
        if flags & def::NONLOCAL != 0 {
            return fail(format!("name '{name}' is nonlocal and global"));
        }
        global.insert(name.clone());
        if let Some(b) = bound {
            b.remove(name);
        }
        return Ok(Where::GlobalExplicit);
    }
    if flags & def::NONLOCAL != 0 {
        let Some(b) = bound else {
            return fail("nonlocal declaration not allowed at module level".into());
        };
        if !b.contains(name) {
            return fail(format!("no binding for nonlocal '{name}' found"));
        }
        if type_params.contains(name) {
            return fail(format!("nonlocal binding not allowed for type parameter '{name}'"));
        }
        free.insert(name.clone());
        return Ok(Where::Free);
    }
    if flags & def::BOUND != 0 {
        local.insert(name.clone());
        global.remove(name);
        if flags & def::TYPE_PARAM != 0 {
            type_params.insert(name.clone());
        } else {
            type_params.remove(name);
        }
        return Ok(Where::Local);
    }
    // A name used in an annotation scope inside a class may be the class's own.
    if let Some(class) = class_entry {
        let in_class = table.scopes[class].symbols.get(name);
        if let Some(symbol) = in_class {
            if symbol.flags & def::GLOBAL != 0 {
                return Ok(Where::GlobalExplicit);
            }
            if symbol.flags & def::BOUND != 0 && symbol.flags & def::NONLOCAL == 0 {
                return Ok(Where::GlobalImplicit);
            }
        }
    }
    if bound.as_ref().is_some_and(|b| b.contains(name)) {
        free.insert(name.clone());
        return Ok(Where::Free);
    }
    if global.contains(name) {
        return Ok(Where::GlobalImplicit);
    }
    Ok(Where::GlobalImplicit)
}

/// Locals that inner blocks capture become cells.
fn cells(table: &mut Symtable, id: ScopeId, local: &Names, free: &mut Names) {
    let names: Vec<Ident> = table.scopes[id].symbols.names().to_vec();
    for name in names {
        let symbol = table.scopes[id].symbols.get(&name).unwrap_or_default();
        if symbol.place != Where::Local {
            continue;
        }
        if (local.contains(&name) && free.contains(&name)) || symbol.flags & def::COMP_CELL != 0 {
            table.scopes[id].symbols.entry(&name).place = Where::Cell;
            free.remove(&name);
        }
    }
}

/// The implicit cells of a class body.
fn drop_class_free(table: &mut Symtable, id: ScopeId, free: &mut Names) {
    if free.remove("__class__") {
        table.scopes[id].needs_class_closure = true;
    }
    if free.remove("__classdict__") {
        table.scopes[id].needs_classdict = true;
    }
    if free.remove("__conditional_annotations__") {
        table.scopes[id].has_conditional_annotations = true;
        let name: Ident = "__conditional_annotations__".into();
        table.scopes[id].symbols.entry(&name).place = Where::Cell;
    }
}

/// Free variables of inner blocks pass through this one.
fn update_symbols(table: &mut Symtable, id: ScopeId, free: &Names, bound: Option<&Names>, class: bool) {
    let mut names: Vec<&Ident> = free.iter().collect();
    names.sort();
    for name in names {
        if let Some(symbol) = table.scopes[id].symbols.get(name) {
            if class && symbol.flags & (def::BOUND | def::GLOBAL) != 0 && symbol.flags & def::NONLOCAL == 0 {
                table.scopes[id].symbols.entry(name).flags |= def::FREE_CLASS;
            } else if symbol.place == Where::GlobalImplicit
                && bound.is_some_and(|b| b.contains(name))
                && table.scopes[id].kind.is_function_like()
            {
                // An annotation scope that sees the class's name first: it still passes the cell on.
                table.scopes[id].symbols.entry(name).flags |= def::FREE_CLASS;
            }
            continue;
        }
        if bound.is_some_and(|b| !b.contains(name)) {
            continue;
        }
        table.scopes[id].symbols.entry(name).place = Where::Free;
    }
}

/// Merges what an inlined comprehension needs from around it into its parent.
fn inline(table: &mut Symtable, id: ScopeId, comp: ScopeId, comp_free: &mut Names) {
    let class = table.scopes[id].kind == ScopeKind::Class;
    let symbols: Vec<(Ident, u32, Where)> = table.scopes[comp].symbols.iter().map(|(n, s)| (n.clone(), s.flags, s.place)).collect();
    for (name, flags, place) in symbols {
        if flags & def::PARAM != 0 {
            continue;
        }
        match place {
            Where::Local | Where::Cell => {
                // Bound in the comprehension: a hidden register of its own, never the parent's symbol.
                continue;
            }
            Where::Free
                if class
                    && matches!(&*name, "__class__" | "__classdict__" | "__conditional_annotations__")
                    && !captured_below(table, comp, &name) =>
            {
                // No implicit class cell in a comprehension of the class body itself.
                comp_free.remove(&name);
                table.scopes[comp].symbols.entry(&name).place = Where::GlobalImplicit;
            }
            Where::Free => {
                let outer = table.scopes[id].symbols.get(&name);
                if let Some(outer) = outer
                    && outer.flags & def::BOUND != 0
                    && !class
                    && !captured_below(table, comp, &name)
                {
                    comp_free.remove(&name);
                }
            }
            _ => {}
        }
    }
}

/// Whether a block inside a comprehension captures the name.
fn captured_below(table: &Symtable, comp: ScopeId, name: &str) -> bool {
    table.scopes[comp]
        .children
        .iter()
        .any(|&c| table.scopes[c].symbols.get(name).is_some_and(|s| s.place == Where::Free || s.flags & def::FREE_CLASS != 0))
}
