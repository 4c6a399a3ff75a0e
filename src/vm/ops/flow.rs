//! Iteration, functions, classes, imports, patterns, intrinsics.

use super::super::dispatch::Next;
use super::super::frame::{Pc, Regs, Then};
use super::{a, b, c, constant, done, drop_now, finish, frame, get, put, save, take};
use crate::modules;
use crate::vm::{call, generator, unwind};
use bytecode::Instr;
use bytecode::encode::{DROP_A, KILL_C};
use gc::{Payload, Ref, Reg, Value, Word};
use objects::protocol::{attr, item, iter};
use objects::types::dict::Dict;
use objects::types::exception::ids;
use objects::types::function::Function;
use objects::types::iterators::index::IndexIterator;
use objects::types::list::item::Forward;
use objects::types::range::iterator::RangeIterator;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{as_type, flags, type_of};
use objects::{Cx, PyResult};
use sync::prim::Ordering;

#[inline(never)]
pub unsafe fn get_iter<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result = iter::iter(cx, get(r, b::<W>(pc, i)));
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(always)]
pub unsafe fn for_iter<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let w = *r.add(b::<W>(pc, i));
        if w.is_counted() {
            let h = &*w.header();
            let id = h.type_id();
            // What only this register has a reference to, no other thread can be advancing.
            let next = if !(id == objects::ids::RANGE_ITERATOR || id == objects::ids::LIST_ITERATOR) || !h.is_unique() {
                None
            } else if id == objects::ids::RANGE_ITERATOR {
                get(r, b::<W>(pc, i)).cast::<RangeIterator>().next_small()
            } else {
                get(r, b::<W>(pc, i)).cast::<IndexIterator<Forward>>().next_in_list()
            };
            if let Some(w) = next {
                let at = r.add(a::<W>(pc, i));
                let old = *at;
                *at = w;
                if i.flags() & DROP_A != 0 {
                    drop_now(cx, pc, old);
                }
                return (pc.add(2), r);
            }
        }
        for_iter_other::<W>(cx, pc, r, i)
    }
}

/// Iterators of other kinds, shared ones, and the end of any.
#[inline(never)]
unsafe fn for_iter_other<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let n = b::<W>(pc, i);
        let it = get(r, n);
        let id = match it.header() {
            Some(h) => h.type_id(),
            None => return not_iterator(cx, pc, it),
        };
        save(cx, pc);
        if matches!(id, objects::ids::GENERATOR) {
            let g = it.cast::<generator::Generator>();
            if g.state.load(Ordering::Relaxed) == generator::SUSPENDED {
                return match generator::resume(cx, g, Value::NONE, Then::ForIter) {
                    Ok(next) => next,
                    Err(e) => unwind::raise(cx, e),
                };
            }
        }
        let found = if it.word().is_counted() {
            objects::types::iterators::next_in_register(cx, it)
        } else {
            match type_of(it).slots.next() {
                Some(f) => f(cx, it),
                None => return not_iterator(cx, pc, it),
            }
        };
        match found {
            Ok(Some(v)) => {
                let w = v.into_word();
                let at = r.add(a::<W>(pc, i));
                if i.flags() & DROP_A != 0 {
                    let old = *at;
                    *at = w;
                    drop_now(cx, pc, old);
                } else {
                    *at = w;
                }
                (pc.add(2), r)
            }
            Ok(None) => {
                let old = *r.add(n);
                *r.add(n) = Word::NONE;
                drop_now(cx, pc, old);
                (pc.add(2).offset(i.signed() as isize), r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

#[cold]
unsafe fn not_iterator(cx: &mut Cx, pc: Pc, it: Ref<'_>) -> Next {
    // SAFETY: the current instruction.
    unsafe { save(cx, pc) };
    let n = type_of(it).name_text();
    let e = cx.type_error(format!("'{n}' object is not an iterator"));
    // SAFETY: the pc is saved.
    unsafe { unwind::raise(cx, e) }
}

#[inline(never)]
pub unsafe fn make_function<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let bits = i.b();
        let mut at = c::<W>(pc, i);
        let mut part = |bit: u8| {
            if bits & bit != 0 {
                at += 1;
                Some(take(r, at - 1))
            } else {
                None
            }
        };
        let (defaults, kwdefaults, annotate, closure) = (part(1), part(2), part(4), part(8));
        let f = frame(cx);
        let made = call::new_function(
            cx,
            constant(cx, i.index()),
            (*f.globals).as_ref(),
            (*f.builtins).as_ref(),
            closure.unwrap_or(Value::NONE),
            bits & 16 != 0,
        );
        let p = made.as_ref().cast::<Function>();
        if let Some(v) = defaults {
            drop(p.defaults.swap(v));
        }
        if let Some(v) = kwdefaults {
            drop(p.kwdefaults.swap(v));
        }
        if let Some(v) = annotate {
            drop(p.annotate.swap(v));
        }
        let w = if bits & 16 != 0 {
            // Deferred: the register does not count it. Its count of one is given up; what stores it counts again.
            let w = made.word().borrowed();
            drop(made);
            w
        } else {
            made.into_word()
        };
        put::<W>(cx, pc, r, i, w);
        super::next(pc, r)
    }
}

#[inline(never)]
pub unsafe fn import_name<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let f = frame(cx);
        let globals = (*f.globals).to_value();
        let locals = if f.locals == Word::UNBOUND { Value::NONE } else { Ref::from_word(f.locals).to_value() };
        let result = modules::import::import_name(cx, constant(cx, i.index()), globals, locals, get(r, b::<W>(pc, i)), i64::from(i.c()));
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn import_from<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result = modules::import::import_from(cx, get(r, b::<W>(pc, i)), constant(cx, i.index()));
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn import_star<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let f = frame(cx);
        let locals = if f.locals == Word::UNBOUND { (*f.globals).to_value() } else { Ref::from_word(f.locals).to_value() };
        let result = modules::import::import_star(cx, get(r, b::<W>(pc, i)), locals.as_ref());
        done::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn setup_annotations<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let f = frame(cx);
        let locals = if f.locals == Word::UNBOUND { (*f.globals).to_value() } else { Ref::from_word(f.locals).to_value() };
        let name = objects::names::__annotations__();
        let result = (|| match locals.as_ref().exact::<Dict>() {
            Some(d) => {
                if d.get_interned(name).is_none() {
                    d.set_str(name, Dict::new().into_value());
                }
                Ok(())
            }
            None => match item::get(cx, locals.as_ref(), name) {
                Ok(_) => Ok(()),
                Err(e) => {
                    drop(cx.catch_if(e, ids::KEY_ERROR)?);
                    let d = Dict::new();
                    item::set(cx, locals.as_ref(), name, Some(d.as_ref()))
                }
            },
        })();
        done::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn intrinsic1<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result = modules::intrinsics::one(cx, i.index(), get(r, b::<W>(pc, i)));
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn intrinsic2<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result = modules::intrinsics::two(cx, i.index(), get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i)));
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn match_sequence<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let t = type_of(get(r, b::<W>(pc, i))).has(flags::SEQUENCE);
        put::<W>(cx, pc, r, i, Word::from_bool(t));
        super::next(pc, r)
    }
}

#[inline(never)]
pub unsafe fn match_mapping<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let t = type_of(get(r, b::<W>(pc, i))).has(flags::MAPPING);
        put::<W>(cx, pc, r, i, Word::from_bool(t));
        super::next(pc, r)
    }
}

#[inline(never)]
pub unsafe fn get_len<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result: PyResult<Reg> = item::len(cx, get(r, b::<W>(pc, i))).map(|n| objects::types::int::from_usize(n).into());
        match result {
            Ok(v) => {
                put::<W>(cx, pc, r, i, v.into_word());
                super::next(pc, r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

/// Writes a pattern's result; the subject stays, c is killed when flagged.
unsafe fn matched<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, result: PyResult<Value>) -> Next {
    // SAFETY: verified code.
    unsafe {
        match result {
            Ok(v) => {
                let old = if i.flags() & KILL_C != 0 { *r.add(c::<W>(pc, i)) } else { Word::NONE };
                put::<W>(cx, pc, r, i, v.into_word());
                drop_now(cx, pc, old);
                super::next(pc, r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

#[inline(never)]
pub unsafe fn match_keys<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result = mapping_values(cx, get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i)));
        matched::<W>(cx, pc, r, i, result)
    }
}

fn mapping_values(cx: &mut Cx, subject: Ref<'_>, keys: Ref<'_>) -> PyResult<Value> {
    let Some(keys) = keys.exact::<Tuple>() else { return Ok(Value::NONE) };
    let seen = Dict::new();
    let mut out = Vec::new();
    let get = attr::get_text(cx, subject, "get")?.into_value();
    let marker = objects::types::instance::alloc_plain(objects::types::by_id(objects::ids::OBJECT));
    for k in keys.items() {
        if seen.get(cx, *k)?.is_some() {
            let shown = objects::protocol::text::repr(cx, *k)?.to_string_lossy();
            return Err(cx.value_error(format!("mapping pattern checks duplicate key ({shown})")));
        }
        seen.set(cx, *k, Ref::NONE)?;
        let v = objects::protocol::call::positional(cx, get.as_ref(), &[*k, marker.as_ref()])?;
        if v.is(&marker) {
            return Ok(Value::NONE);
        }
        out.push(v);
    }
    Ok(Tuple::from_values(out).into_value())
}

#[inline(never)]
pub unsafe fn match_class<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let base = c::<W>(pc, i);
        let result = class_attributes(cx, get(r, b::<W>(pc, i)), get(r, base), get(r, base + 1), i.index() as usize);
        match result {
            Ok(v) => {
                let old = (*r.add(base), *r.add(base + 1));
                put::<W>(cx, pc, r, i, v.into_word());
                drop_now(cx, pc, old.0);
                drop_now(cx, pc, old.1);
                super::next(pc, r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

fn class_attributes(cx: &mut Cx, subject: Ref<'_>, class: Ref<'_>, names: Ref<'_>, positional: usize) -> PyResult<Value> {
    let Some(t) = as_type(class) else { return Err(cx.type_error("called match pattern must be a class")) };
    if !attr::is_instance(cx, subject, class)? {
        return Ok(Value::NONE);
    }
    let class_name = t.name_text();
    let mut out: Vec<Value> = Vec::new();
    let mut seen: Vec<Value> = Vec::new();
    let once = |cx: &mut Cx, seen: &mut Vec<Value>, n: Ref<'_>| -> PyResult<()> {
        let text = as_str(n).map_or_else(String::new, Str::to_string_lossy);
        if seen.iter().any(|s| as_str(s.as_ref()).zip(as_str(n)).is_some_and(|(a, b)| a.eq(b))) {
            return Err(cx.type_error(format!("{class_name}() got multiple sub-patterns for attribute '{text}'")));
        }
        seen.push(n.to_value());
        Ok(())
    };
    if positional > 0 {
        let (args, whole) = match attr::get_optional(cx, class, objects::names::__match_args__())? {
            Some(m) => {
                if m.as_ref().exact::<Tuple>().is_none() {
                    let n = type_of(m.as_ref()).name_text();
                    return Err(cx.type_error(format!("{class_name}.__match_args__ must be a tuple (got {n})")));
                }
                (m, false)
            }
            None => (Tuple::empty().into_value(), t.has(flags::MATCH_SELF)),
        };
        let allowed = if whole { 1 } else { args.as_ref().exact::<Tuple>().map_or(0, Tuple::len) };
        if allowed < positional {
            let s = if allowed == 1 { "" } else { "s" };
            return Err(cx.type_error(format!("{class_name}() accepts {allowed} positional sub-pattern{s} ({positional} given)")));
        }
        if whole {
            out.push(subject.to_value());
        } else if let Some(m) = args.as_ref().exact::<Tuple>() {
            for n in &m.items()[..positional] {
                if as_str(*n).is_none() {
                    let k = type_of(*n).name_text();
                    return Err(cx.type_error(format!("__match_args__ elements must be strings (got {k})")));
                }
                once(cx, &mut seen, *n)?;
                match attr::get_optional(cx, subject, *n)? {
                    Some(v) => out.push(v),
                    None => return Ok(Value::NONE),
                }
            }
        }
    }
    if let Some(names) = names.exact::<Tuple>() {
        for n in names.items() {
            once(cx, &mut seen, *n)?;
            match attr::get_optional(cx, subject, *n)? {
                Some(v) => out.push(v),
                None => return Ok(Value::NONE),
            }
        }
    }
    Ok(Tuple::from_values(out).into_value())
}
