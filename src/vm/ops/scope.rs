//! Variables: cells, globals, names, free variables.

use super::super::dispatch::Next;
use super::super::frame::{Pc, Regs};
use super::{a, b, code, constant, drop_now, finish, frame, get, next, next_cached, own, put, save};
use crate::vm::cache::{self, kind};
use crate::vm::unwind;
use bytecode::Instr;
use bytecode::encode::KILL_B;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::protocol::item;
use objects::types::cell::Cell;
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::{self, ids};
use objects::types::str::as_str;
use objects::{Cx, PyResult, Raised};
use sync::prim::Ordering;

#[inline(always)]
unsafe fn cell<'a>(w: Word) -> &'a Cell {
    // SAFETY: verified code: the register or closure holds a cell.
    unsafe { Ref::from_word(w).cast::<Cell>() }
}

#[inline(always)]
pub unsafe fn make_cell<const W: bool>(_cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code: a is a local.
    unsafe {
        let n = a::<W>(pc, i);
        let w = *r.add(n);
        let v = if w == Word::UNBOUND { Value::UNBOUND } else { Reg::from_word(w).into_value() };
        *r.add(n) = Cell::new(v).into_value().into_word();
        next(pc, r)
    }
}

#[cold]
#[inline(never)]
unsafe fn empty_cell(cx: &mut Cx, pc: Pc, name: Value, free: bool) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let text = as_str(name.as_ref()).map_or_else(String::new, |s| s.to_string_lossy());
        let exc = if free {
            exception::new_text(
                ids::NAME_ERROR,
                &format!("cannot access free variable '{text}' where it is not associated with a value in enclosing scope"),
            )
        } else {
            exception::new_text(
                ids::UNBOUND_LOCAL_ERROR,
                &format!("cannot access local variable '{text}' where it is not associated with a value"),
            )
        };
        exception::set_extra(&exc, 0, name);
        let e = cx.raise_new(exc);
        unwind::raise(cx, e)
    }
}

#[inline(always)]
pub unsafe fn load_cell<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let n = b::<W>(pc, i);
        match cell(*r.add(n)).get() {
            Some(v) => {
                put::<W>(cx, pc, r, i, v.into_word());
                next(pc, r)
            }
            None => empty_cell(cx, pc, code(cx).local_name(n).to_value(), false),
        }
    }
}

#[inline(always)]
pub unsafe fn store_cell<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let v = own(r, b::<W>(pc, i), i.flags() & KILL_B != 0);
        let old = cell(*r.add(a::<W>(pc, i))).set(v);
        drop_now(cx, pc, old.into_word());
        next(pc, r)
    }
}

#[inline(always)]
pub unsafe fn del_cell<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let n = a::<W>(pc, i);
        let old = cell(*r.add(n)).set(Value::UNBOUND);
        if old.word() == Word::UNBOUND {
            return empty_cell(cx, pc, code(cx).local_name(n).to_value(), false);
        }
        drop_now(cx, pc, old.into_word());
        next(pc, r)
    }
}

#[inline(always)]
unsafe fn free_word(cx: &Cx, i: Instr) -> Word {
    // SAFETY: verified code: the function has a closure with that many cells.
    unsafe { *frame(cx).closure.add(i.index() as usize) }
}

#[inline(always)]
pub unsafe fn load_free<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        match cell(free_word(cx, i)).get() {
            Some(v) => {
                put::<W>(cx, pc, r, i, v.into_word());
                next(pc, r)
            }
            None => empty_cell(cx, pc, code(cx).free_names[i.index() as usize].clone(), true),
        }
    }
}

#[inline(always)]
pub unsafe fn store_free<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let v = own(r, b::<W>(pc, i), i.flags() & KILL_B != 0);
        let old = cell(free_word(cx, i)).set(v);
        drop_now(cx, pc, old.into_word());
        next(pc, r)
    }
}

#[inline(always)]
pub unsafe fn del_free<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let old = cell(free_word(cx, i)).set(Value::UNBOUND);
        if old.word() == Word::UNBOUND {
            return empty_cell(cx, pc, code(cx).free_names[i.index() as usize].clone(), true);
        }
        drop_now(cx, pc, old.into_word());
        next(pc, r)
    }
}

#[inline(always)]
pub unsafe fn load_closure<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code; the function keeps the cell alive, and the temporary is used at once.
    unsafe {
        let w = free_word(cx, i).borrowed();
        put::<W>(cx, pc, r, i, w);
        next(pc, r)
    }
}

/// NameError for a global name.
#[cold]
pub fn name_error(cx: &mut Cx, name: Ref<'_>) -> Raised {
    let text = as_str(name).map_or_else(String::new, |s| s.to_string_lossy());
    let exc = exception::new_text(ids::NAME_ERROR, &format!("name '{text}' is not defined"));
    exception::set_extra(&exc, 0, name.to_value());
    cx.raise_new(exc)
}

#[inline(always)]
pub unsafe fn load_global<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code; a frame's namespaces live as long as it.
    unsafe {
        let w = cache::at(pc).load(Ordering::Relaxed);
        let f = frame(cx);
        if let Some(v) = cached_global(pc, w, &*f.globals, &*f.builtins) {
            put::<W>(cx, pc, r, i, v.into_word());
            return next_cached(pc, r);
        }
        load_global_slow::<W>(cx, pc, r, i)
    }
}

#[inline(always)]
unsafe fn cached_global(pc: Pc, w: u64, globals: &Dict, builtins: &Dict) -> Option<Reg> {
    if cache::version(w) == 0 || globals.keys_version_now() != cache::version(w) {
        return None;
    }
    match cache::kind_of(w) {
        kind::GLOBAL => globals.value_at(cache::payload(w)),
        kind::BUILTIN => {
            // SAFETY: verified code.
            let p = unsafe { cache::pool_read(pc, w) }?;
            if builtins.keys_version_now() != (p >> 32) as u32 { None } else { builtins.value_at(p as u32) }
        }
        _ => None,
    }
}

/// Looks a name up in globals and builtins and fills the cache.
unsafe fn lookup_global(cx: &mut Cx, pc: Pc, name: Ref<'_>) -> PyResult<Reg> {
    // SAFETY: verified code.
    unsafe {
        let f = frame(cx);
        let (globals, builtins) = (&*f.globals, &*f.builtins);
        if is_subclass(globals) || is_subclass(builtins) {
            return global_or_builtin(cx, name);
        }
        let version = globals.keys_version();
        if let Some(index) = globals.index_of(name) {
            if version != 0 && globals.keys_version_now() == version {
                cache::at(pc).store(cache::word(version, kind::GLOBAL, index), Ordering::Release);
            }
        } else {
            let bv = builtins.keys_version();
            if let Some(index) = builtins.index_of(name)
                && version != 0
                && bv != 0
            {
                cache::fill_pool(pc, version, kind::BUILTIN, u64::from(bv) << 32 | u64::from(index), || {
                    globals.keys_version_now() == version && builtins.keys_version_now() == bv
                });
            }
        }
        if let Some(v) = globals.get_interned(name) {
            return Ok(v);
        }
        match builtins.get_interned(name) {
            Some(v) => Ok(v),
            None => Err(name_error(cx, name)),
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn load_global_slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result = lookup_global(cx, pc, constant(cx, i.index()));
        finish::<W>(cx, pc, r, i, 1, result)
    }
}

#[inline(always)]
pub unsafe fn store_global<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let v = own(r, b::<W>(pc, i), i.flags() & KILL_B != 0);
        let globals = &*frame(cx).globals;
        store_namespace(cx, pc, globals, constant(cx, i.index()), v);
        next_cached(pc, r)
    }
}

#[inline(always)]
unsafe fn store_namespace(cx: &mut Cx, pc: Pc, d: &Dict, name: Ref<'_>, v: Value) {
    // SAFETY: verified code.
    unsafe {
        let w = cache::at(pc).load(Ordering::Relaxed);
        let mut v = v;
        if cache::version(w) != 0 && cache::kind_of(w) == kind::GLOBAL {
            match d.set_at(cache::payload(w), cache::version(w), v) {
                Ok(old) => return drop_now(cx, pc, old.into_word()),
                Err(back) => v = back,
            }
        }
        save(cx, pc);
        d.set_str(name, v);
        super::drain(cx);
        let version = d.keys_version();
        if let Some(index) = d.index_of(name)
            && version != 0
            && d.keys_version_now() == version
        {
            cache::at(pc).store(cache::word(version, kind::GLOBAL, index), Ordering::Release);
        }
    }
}

#[cold]
#[inline(never)]
pub unsafe fn del_global<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let name = constant(cx, i.index());
        match (*frame(cx).globals).remove_str(name) {
            Some(old) => {
                drop_now(cx, pc, old.into_word());
                next(pc, r)
            }
            None => {
                let e = name_error(cx, name);
                unwind::raise(cx, e)
            }
        }
    }
}

/// The frame's locals mapping when it is not simply the globals.
unsafe fn own_mapping<'a>(cx: &Cx) -> Option<Ref<'a>> {
    // SAFETY: a frame's mapping lives as long as it.
    unsafe {
        let f = frame(cx);
        if f.locals == Word::UNBOUND || std::ptr::eq(f.locals.header(), (*f.globals).header()) {
            None
        } else {
            Some(Ref::from_word(f.locals))
        }
    }
}

/// `mapping[name]`; `None` when it is missing.
fn from_mapping(cx: &mut Cx, m: Ref<'_>, name: Ref<'_>) -> PyResult<Option<Reg>> {
    if let Some(d) = m.exact::<Dict>() {
        return Ok(d.get_interned(name));
    }
    match item::get(cx, m, name) {
        Ok(v) => Ok(Some(v)),
        Err(e) => {
            drop(cx.catch_if(e, ids::KEY_ERROR)?);
            Ok(None)
        }
    }
}

#[inline(always)]
pub unsafe fn load_name<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        if own_mapping(cx).is_none() {
            return load_global::<W>(cx, pc, r, i);
        }
        load_name_slow::<W>(cx, pc, r, i)
    }
}
#[cold]
#[inline(never)]
unsafe fn load_name_slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let name = constant(cx, i.index());
        let found = match own_mapping(cx) {
            Some(m) => from_mapping(cx, m, name),
            None => Ok(None),
        };
        let result = match found {
            Ok(Some(v)) => Ok(v),
            Ok(None) => global_or_builtin(cx, name),
            Err(e) => Err(e),
        };
        finish::<W>(cx, pc, r, i, 1, result)
    }
}

unsafe fn global_or_builtin(cx: &mut Cx, name: Ref<'_>) -> PyResult<Reg> {
    // SAFETY: a frame's namespaces live as long as it.
    unsafe {
        let f = frame(cx);
        for d in [&*f.globals, &*f.builtins] {
            let found = if is_subclass(d) { from_mapping(cx, d.as_ref(), name)? } else { d.get_interned(name) };
            if let Some(v) = found {
                return Ok(v);
            }
        }
        Err(name_error(cx, name))
    }
}

/// A namespace whose class may have its own `__getitem__` or `__missing__`.
fn is_subclass(d: &Dict) -> bool {
    d.header().type_id() != objects::ids::DICT
}

#[inline(always)]
pub unsafe fn store_name<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        match own_mapping(cx) {
            None => store_global::<W>(cx, pc, r, i),
            Some(m) => {
                save(cx, pc);
                let v = own(r, b::<W>(pc, i), i.flags() & KILL_B != 0);
                let name = constant(cx, i.index());
                let result = match m.exact::<Dict>() {
                    Some(d) => {
                        d.set_str(name, v);
                        super::drain(cx);
                        Ok(())
                    }
                    None => item::set(cx, m, name, Some(v.as_ref())),
                };
                match result {
                    Ok(()) => next_cached(pc, r),
                    Err(e) => {
                        if i.flags() & KILL_B != 0 {
                            // Moved out already: nothing for the unwinder to drop.
                            *r.add(b::<W>(pc, i)) = Word::NONE;
                        }
                        unwind::raise(cx, e)
                    }
                }
            }
        }
    }
}

#[cold]
#[inline(never)]
pub unsafe fn del_name<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let Some(m) = own_mapping(cx) else { return del_global::<W>(cx, pc, r, i) };
        save(cx, pc);
        let name = constant(cx, i.index());
        let result = match m.exact::<Dict>() {
            Some(d) => match d.remove_str(name) {
                Some(_) => Ok(()),
                None => Err(name_error(cx, name)),
            },
            None => match item::set(cx, m, name, None) {
                Ok(()) => Ok(()),
                Err(e) => match cx.catch_if(e, ids::KEY_ERROR) {
                    Ok(_) => Err(name_error(cx, name)),
                    Err(e) => Err(e),
                },
            },
        };
        match result {
            Ok(()) => next(pc, r),
            Err(e) => unwind::raise(cx, e),
        }
    }
}

#[inline(always)]
pub unsafe fn load_locals<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let f = frame(cx);
        let v = if f.locals == Word::UNBOUND { (*f.globals).to_value() } else { Ref::from_word(f.locals).to_value() };
        put::<W>(cx, pc, r, i, v.into_word());
        next(pc, r)
    }
}

#[cold]
#[inline(never)]
pub unsafe fn load_map_or_free<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let name = code(cx).free_names[i.index() as usize].clone();
        match from_mapping(cx, get(r, b::<W>(pc, i)), name.as_ref()) {
            Ok(Some(v)) => finish::<W>(cx, pc, r, i, 0, Ok(v)),
            Ok(None) => match cell(free_word(cx, i)).get() {
                Some(v) => finish::<W>(cx, pc, r, i, 0, Ok(v)),
                None => empty_cell(cx, pc, name, true),
            },
            Err(e) => unwind::raise(cx, e),
        }
    }
}

#[cold]
#[inline(never)]
pub unsafe fn load_map_or_global<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let name = constant(cx, i.index());
        let result = match from_mapping(cx, get(r, b::<W>(pc, i)), name) {
            Ok(Some(v)) => Ok(v),
            Ok(None) => global_or_builtin(cx, name),
            Err(e) => Err(e),
        };
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[cold]
#[inline(never)]
pub unsafe fn load_common<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    use bytecode::ops::Common as C;
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let builtin = |cx: &mut Cx, name: &str| -> PyResult<Reg> {
            match (*frame(cx).builtins).get_str(name) {
                Some(v) => Ok(v),
                None if name == "__build_class__" => Err(cx.error(ids::NAME_ERROR, "__build_class__ not found")),
                None => Err(cx.error(ids::NAME_ERROR, format!("name '{name}' is not defined"))),
            }
        };
        let static_type = |id: u32| Ok(objects::types::type_::type_value(id).into());
        let which = i.index();
        let result = match which {
            x if x == C::BuildClass as u32 => builtin(cx, "__build_class__"),
            x if x == C::AssertionError as u32 => static_type(ids::ASSERTION_ERROR),
            x if x == C::NotImplementedError as u32 => static_type(ids::NOT_IMPLEMENTED_ERROR),
            x if x == C::Tuple as u32 => static_type(objects::ids::TUPLE),
            x if x == C::All as u32 => builtin(cx, "all"),
            x if x == C::Any as u32 => builtin(cx, "any"),
            _ => Ok(Reg::from_word(Word::NO_SELF)),
        };
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

/// The mapping that `locals()` shows in a class or module body; `None` in functions.
pub unsafe fn body_mapping(cx: &Cx) -> Option<Value> {
    // SAFETY: there is a current frame.
    unsafe {
        let f = frame(cx);
        if f.locals == Word::UNBOUND { None } else { Some(Ref::from_word(f.locals).to_value()) }
    }
}

/// A dict behind a namespace word.
pub fn namespace<'x>(v: Ref<'x>) -> Option<&'x Dict> {
    as_dict(v)
}
