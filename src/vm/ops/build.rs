//! Building and taking apart containers, strings and templates.

use super::super::dispatch::Next;
use super::super::frame::{Pc, Regs};
use super::{a, b, c, done, drop_now, finish, get, next, own, put, save, slice, take};
use crate::vm::unwind;
use bytecode::Instr;
use bytecode::encode::{DROP_A, KILL_B};
use gc::{Gc, Ref, Reg, Value, Word};
use objects::protocol::{attr, call, iter, text};
use objects::types::dict::{Dict, as_dict};
use objects::types::list::List;
use objects::types::set::Set;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::type_of;
use objects::{Cx, PyResult};

/// Takes `n` consecutive temporaries out.
unsafe fn take_all(r: Regs, from: usize, n: usize) -> Vec<Value> {
    // SAFETY: they die here.
    (from..from + n).map(|k| unsafe { take(r, k) }).collect()
}

#[inline(never)]
pub unsafe fn build_tuple<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let v = Tuple::from_values(take_all(r, c::<W>(pc, i), i.index() as usize));
        put::<W>(cx, pc, r, i, v.into_value().into_word());
        next(pc, r)
    }
}

#[inline(never)]
pub unsafe fn build_list<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let v = List::from_values(take_all(r, c::<W>(pc, i), i.index() as usize));
        put::<W>(cx, pc, r, i, v.into_value().into_word());
        next(pc, r)
    }
}

/// Makes an empty set.
fn new_set() -> Value {
    Set::new().into_value()
}

#[inline(never)]
pub unsafe fn build_set<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let (base, n) = (c::<W>(pc, i), i.index() as usize);
        let v = new_set();
        let set = v.as_ref().cast::<Set>();
        for k in 0..n {
            if let Err(e) = set.add(cx, get(r, base + k)) {
                return unwind::raise(cx, e);
            }
        }
        super::drop_range(cx, pc, r, base, n);
        put::<W>(cx, pc, r, i, v.into_word());
        next(pc, r)
    }
}

#[inline(never)]
pub unsafe fn build_map<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let (base, n) = (c::<W>(pc, i), i.index() as usize);
        let d = Dict::new();
        for k in 0..n {
            if let Err(e) = d.set(cx, get(r, base + 2 * k), get(r, base + 2 * k + 1)) {
                return unwind::raise(cx, e);
            }
        }
        super::drop_range(cx, pc, r, base, 2 * n);
        put::<W>(cx, pc, r, i, d.into_value().into_word());
        next(pc, r)
    }
}

#[inline(never)]
pub unsafe fn build_string<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let (base, n) = (c::<W>(pc, i), i.index() as usize);
        let parts = slice(r, base, n);
        let strs: Vec<&Str> = parts.iter().filter_map(|p| as_str(*p)).collect();
        match join(&strs) {
            Ok(s) => {
                super::drop_range(cx, pc, r, base, n);
                put::<W>(cx, pc, r, i, s.into_value().into_word());
                next(pc, r)
            }
            Err(_) => {
                let e = cx.memory_error();
                unwind::raise(cx, e)
            }
        }
    }
}

/// The concatenation of several strs.
pub fn join(parts: &[&Str]) -> Result<Gc<Str>, objects::types::str::NoMemory> {
    let len: usize = parts.iter().map(|s| s.len()).sum();
    let width = parts.iter().map(|s| s.width()).max().unwrap_or(1);
    let ascii = parts.iter().all(|s| s.is_ascii());
    if width == 1 {
        if len == 0 {
            return Ok(Str::empty());
        }
        // SAFETY: all bytes are written; a one-byte str of one character is not shared here, which nothing relies on.
        return unsafe {
            Str::try_build(objects::ids::STR, len, 1, ascii, 0, |p| {
                let mut at = p;
                for s in parts {
                    std::ptr::copy_nonoverlapping(s.raw().as_ptr(), at, s.len());
                    at = at.add(s.len());
                }
            })
        };
    }
    let max = if width == 2 { 0xffff } else { 0x10_ffff };
    Str::try_from_chars(parts.iter().flat_map(|s| s.units().iter()), len, max)
}

#[inline(never)]
pub unsafe fn build_slice<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let base = c::<W>(pc, i);
        let step = if i.index() == 3 { take(r, base + 2) } else { Value::NONE };
        let v = objects::types::slice::new(take(r, base), take(r, base + 1), step);
        put::<W>(cx, pc, r, i, v.into_word());
        next(pc, r)
    }
}

#[inline(always)]
pub unsafe fn list_append<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code: a is a list.
    unsafe {
        let v = own(r, b::<W>(pc, i), i.flags() & KILL_B != 0);
        let l = get(r, a::<W>(pc, i)).cast::<List>();
        match l.try_append(v) {
            Ok(()) => next(pc, r),
            Err(_) => no_memory(cx, pc, r, i),
        }
    }
}
#[cold]
unsafe fn no_memory(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        if i.flags() & KILL_B != 0 {
            *r.add(i.b() as usize) = Word::NONE;
        }
        let e = cx.memory_error();
        unwind::raise(cx, e)
    }
}

#[inline(never)]
pub unsafe fn set_add<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        // The set of conditional annotations is a variable, which programs can rebind.
        let result = match objects::types::set::as_set(get(r, a::<W>(pc, i))) {
            Some(s) => s.add(cx, get(r, b::<W>(pc, i))).map(drop),
            None => {
                let n = type_of(get(r, a::<W>(pc, i))).name_text();
                Err(cx.type_error(format!("expected a set, got '{n}'")))
            }
        };
        done::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn map_add<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code: a is a dict.
    unsafe {
        save(cx, pc);
        let d = get(r, a::<W>(pc, i)).cast::<Dict>();
        let result = d.set(cx, get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i)));
        done::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn list_extend<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code: a is a list.
    unsafe {
        save(cx, pc);
        let source = get(r, b::<W>(pc, i));
        let l = get(r, a::<W>(pc, i)).cast::<List>();
        let result = (|| {
            if type_of(source).slots.iter().is_none() && type_of(source).slots.getitem().is_none() {
                let n = type_of(source).name_text();
                return Err(cx.type_error(format!("Value after * must be an iterable, not {n}")));
            }
            let items = iter::collect(cx, source)?;
            let n = l.len();
            match l.splice(n, n, items) {
                Ok(_) => Ok(()),
                Err(_) => Err(cx.memory_error()),
            }
        })();
        done::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn set_update<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code: a is a set.
    unsafe {
        save(cx, pc);
        let source = get(r, b::<W>(pc, i));
        let s = get(r, a::<W>(pc, i)).cast::<Set>();
        let result = s.add_all(cx, source);
        done::<W>(cx, pc, r, i, 0, result)
    }
}

/// Adds the items of a mapping to `d`; with a callable duplicates and keys that are no strs raise, as in a call.
pub fn merge_mapping(cx: &mut Cx, d: &Dict, source: Ref<'_>, callee: Option<Ref<'_>>) -> PyResult<()> {
    let items: Vec<(Value, Value)> = match as_dict(source) {
        Some(s)
            if type_of(source).slots.iter().map(|f| f as usize)
                == objects::types::by_id(objects::ids::DICT).slots.iter().map(|f| f as usize) =>
        {
            s.items()
        }
        _ => {
            let Some(keys) = attr::get_optional(cx, source, objects::names::keys())? else {
                let n = type_of(source).name_text();
                return Err(match callee {
                    Some(f) => {
                        let f = super::call::callable_text(cx, f);
                        cx.type_error(format!("{f} argument after ** must be a mapping, not {n}"))
                    }
                    None => cx.type_error(format!("'{n}' object is not a mapping")),
                });
            };
            let keys = call::positional(cx, keys.as_ref(), &[])?;
            let mut out = Vec::new();
            for k in iter::collect(cx, keys.as_ref())? {
                let v = objects::protocol::item::get(cx, source, k.as_ref())?.into_value();
                out.push((k, v));
            }
            out
        }
    };
    for (k, v) in items {
        if let Some(f) = callee {
            if as_str(k.as_ref()).is_none() {
                return Err(cx.type_error("keywords must be strings"));
            }
            if d.get(cx, k.as_ref())?.is_some() {
                let f = super::call::callable_text(cx, f);
                let n = as_str(k.as_ref()).map_or_else(String::new, Str::to_string_lossy);
                return Err(cx.type_error(format!("{f} got multiple values for keyword argument '{n}'")));
            }
        }
        d.set(cx, k.as_ref(), v.as_ref())?;
    }
    Ok(())
}

#[inline(never)]
pub unsafe fn dict_update<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code: a is a dict.
    unsafe {
        save(cx, pc);
        let d = get(r, a::<W>(pc, i)).cast::<Dict>();
        let result = merge_mapping(cx, d, get(r, b::<W>(pc, i)), None);
        done::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn dict_merge<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code: a is a dict.
    unsafe {
        save(cx, pc);
        let d = get(r, a::<W>(pc, i)).cast::<Dict>();
        let result = merge_mapping(cx, d, get(r, b::<W>(pc, i)), Some(get(r, c::<W>(pc, i))));
        done::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn list_to_tuple<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code: b is a list.
    unsafe {
        let items = get(r, b::<W>(pc, i)).cast::<List>().snapshot(cx);
        finish::<W>(cx, pc, r, i, 0, Ok(Tuple::from_values(items).into()))
    }
}

#[inline(never)]
pub unsafe fn unpack_seq<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let source = get(r, b::<W>(pc, i));
        let (base, n) = (c::<W>(pc, i), i.index() as usize);
        let dying = if i.flags() & KILL_B != 0 { source.word() } else { Word::NONE };
        let locals = i.flags() & DROP_A != 0;
        if let Some(t) = source.exact::<Tuple>()
            && t.len() == n
        {
            if locals {
                // One of the locals may have the only reference to the tuple, from which a temporary may have borrowed it.
                let keep = (!dying.is_counted()).then(|| source.to_reg());
                for (k, x) in t.items().iter().enumerate() {
                    replace(r, base + k, x.to_reg().into_word());
                }
                drop(keep);
            } else {
                // The tuple's own register may be the first one that is written: it is not read again.
                for (k, x) in t.items().iter().enumerate() {
                    *r.add(base + k) = x.to_reg().into_word();
                }
            }
            return unpacked(cx, pc, r, dying);
        }
        if let Some(l) = source.exact::<List>()
            && n <= FEW
        {
            let mut words = [Word::NONE; FEW];
            let mut done = 0;
            let whole = l.exactly(n, |k, v| {
                words[k] = v.into_word();
                done = k + 1;
            });
            if whole {
                for (k, w) in words[..n].iter().enumerate() {
                    if locals {
                        replace(r, base + k, *w);
                    } else {
                        *r.add(base + k) = *w;
                    }
                }
                return unpacked(cx, pc, r, dying);
            }
            // Of another length, or changed meanwhile: by the long way.
            words[..done].iter().for_each(|w| super::super::frame::drop_word(*w));
        }
        unpack_slow::<W>(cx, pc, r, i)
    }
}

#[inline(never)]
unsafe fn unpack_slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let source = get(r, b::<W>(pc, i));
        let (base, n) = (c::<W>(pc, i), i.index() as usize);
        match unpack(cx, source, n, None) {
            Ok(items) => {
                let dying = if i.flags() & KILL_B != 0 { source.word() } else { Word::NONE };
                for (k, v) in items.into_iter().enumerate() {
                    if i.flags() & DROP_A != 0 {
                        replace(r, base + k, v.into_word());
                    } else {
                        *r.add(base + k) = v.into_word();
                    }
                }
                unpacked(cx, pc, r, dying)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

/// Elements that are unpacked from a list without a copy of the list.
const FEW: usize = 16;

/// Writes a local; what it held is given back, finalisers wait.
#[inline(always)]
unsafe fn replace(r: Regs, n: usize, w: Word) {
    // SAFETY: by the caller: a local, whose word it owns.
    unsafe {
        let old = *r.add(n);
        *r.add(n) = w;
        super::super::frame::drop_word(old);
    }
}

/// Ends an unpacking: the source dies if it was a temporary, and finalisers run that have become due.
#[inline(always)]
unsafe fn unpacked(cx: &mut Cx, pc: Pc, r: Regs, dying: Word) -> Next {
    // SAFETY: verified code.
    unsafe {
        super::super::frame::drop_word(dying);
        if gc::local::has_work() {
            super::save(cx, pc);
            super::drain(cx);
        }
        (pc.add(2), r)
    }
}

/// The `before` first items; with `after` also a list of the middle and the `after` last ones.
fn unpack(cx: &mut Cx, source: Ref<'_>, before: usize, after: Option<usize>) -> PyResult<Vec<Value>> {
    if type_of(source).slots.iter().is_none() && type_of(source).slots.getitem().is_none() {
        let n = type_of(source).name_text();
        return Err(cx.type_error(format!("cannot unpack non-iterable {n} object")));
    }
    if after.is_none()
        && let Some(l) = source.exact::<List>()
    {
        let items = l.snapshot(cx);
        if items.len() == before {
            return Ok(items);
        }
        let got = items.len();
        return Err(if got < before {
            cx.value_error(format!("not enough values to unpack (expected {before}, got {got})"))
        } else {
            cx.value_error(format!("too many values to unpack (expected {before}, got {got})"))
        });
    }
    let it = iter::iter(cx, source)?.into_value();
    let mut out = Vec::with_capacity(before);
    while out.len() < before {
        match iter::next(cx, it.as_ref())? {
            Some(v) => out.push(v.into_value()),
            None => {
                let got = out.len();
                let least = if after.is_some() { "at least " } else { "" };
                let want = before + after.unwrap_or(0);
                return Err(cx.value_error(format!("not enough values to unpack (expected {least}{want}, got {got})")));
            }
        }
    }
    let Some(after) = after else {
        if iter::next(cx, it.as_ref())?.is_some() {
            let shown = match source.exact::<Tuple>().map(Tuple::len).or_else(|| as_dict(source).map(Dict::len)) {
                Some(got) => format!(", got {got}"),
                None => String::new(),
            };
            return Err(cx.value_error(format!("too many values to unpack (expected {before}{shown})")));
        }
        return Ok(out);
    };
    let mut rest = Vec::new();
    while let Some(v) = iter::next(cx, it.as_ref())? {
        rest.push(v.into_value());
    }
    if rest.len() < after {
        let (want, got) = (before + after, before + rest.len());
        return Err(cx.value_error(format!("not enough values to unpack (expected at least {want}, got {got})")));
    }
    let tail = rest.split_off(rest.len() - after);
    out.push(List::from_values(rest).into_value());
    out.extend(tail);
    Ok(out)
}

#[inline(never)]
pub unsafe fn unpack_ex<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let source = get(r, b::<W>(pc, i));
        let base = c::<W>(pc, i);
        match unpack(cx, source, (i.index() & 0xfff) as usize, Some((i.index() >> 12) as usize)) {
            Ok(items) => {
                let dying = if i.flags() & KILL_B != 0 { source.word() } else { Word::NONE };
                for (k, v) in items.into_iter().enumerate() {
                    *r.add(base + k) = v.into_word();
                }
                drop_now(cx, pc, dying);
                next(pc, r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

#[inline(never)]
pub unsafe fn format_simple<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let empty = Str::empty();
        let result: PyResult<Reg> = text::format(cx, get(r, b::<W>(pc, i)), empty.value().as_ref()).map(Reg::from);
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn format_spec<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result: PyResult<Reg> = text::format(cx, get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i))).map(Reg::from);
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn convert<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let v = get(r, b::<W>(pc, i));
        let result = match i.index() {
            1 => text::str(cx, v),
            2 => text::repr(cx, v),
            _ => text::ascii(cx, v),
        };
        finish::<W>(cx, pc, r, i, 0, result.map(Reg::from))
    }
}

#[inline(never)]
pub unsafe fn build_template<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result = crate::modules::templates::template(cx, get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i)));
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn build_interpolation<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let base = c::<W>(pc, i);
        let n = 2 + (i.index() & 1) as usize;
        let conversion = match i.index() >> 1 {
            1 => Str::from_text("s").into_value(),
            2 => Str::from_text("r").into_value(),
            3 => Str::from_text("a").into_value(),
            _ => Value::NONE,
        };
        let spec = if n == 3 { get(r, base + 2).to_value() } else { Str::empty().into_value() };
        match crate::modules::templates::interpolation(cx, get(r, base), get(r, base + 1), conversion, spec) {
            Ok(v) => {
                super::drop_range(cx, pc, r, base, n);
                finish::<W>(cx, pc, r, i, 0, Ok(v))
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}
