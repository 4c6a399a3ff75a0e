//! Writing objects by their `__reduce__`, and globals by their names.

use super::save::Saver;
use super::{cannot, member, names, noted, op};
use crate::name::Name;
use gc::{Ref, Reg, Value};
use objects::protocol::{attr, call, item, text as show};
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, as_type, type_id_of, type_of, type_value};
use objects::{Args, Cx, PyResult, ids};

static REDUCE_EX: Name = Name::new("__reduce_ex__");
static REDUCE: Name = Name::new("__reduce__");

/// Writes an object that is not of an exact builtin container type.
pub fn save(s: &mut Saver, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let t = type_of(v);
    let mut reduced = None;
    if let Some(f) = s.reducer_override.clone() {
        let r = call::positional(cx, f.as_ref(), &[v])?;
        if r.word() != gc::Word::NOT_IMPLEMENTED {
            reduced = Some(r);
        }
    }
    let reduced = match reduced {
        Some(r) => r,
        None => {
            match type_id_of(v) {
                ids::TYPE => return save_type(s, cx, v),
                ids::FUNCTION => return save_global(s, cx, v, None),
                _ => {}
            }
            match registered(s, cx, t.as_value().as_ref())? {
                Some(f) => call::positional(cx, f.as_ref(), &[v])?,
                None if as_type(v).is_some() => return save_global(s, cx, v, None),
                None => {
                    let proto = Value::small_int(s.proto);
                    match attr::get_optional(cx, v, REDUCE_EX.get())? {
                        Some(f) => call::positional(cx, f.as_ref(), &[proto.as_ref()])?,
                        None => match attr::get_optional(cx, v, REDUCE.get())? {
                            Some(f) => call::positional(cx, f.as_ref(), &[])?,
                            None => {
                                let n = t.shown_name();
                                return Err(cannot(cx, format!("can't pickle '{n}' object: {n}")));
                            }
                        },
                    }
                }
            }
        }
    };
    if as_str(reduced.as_ref()).is_some() {
        return save_global(s, cx, v, Some(reduced.as_ref()));
    }
    let r = match reduced.as_ref().downcast::<Tuple>() {
        Some(parts) => save_reduced(s, cx, parts.items(), Some(v)),
        None => {
            let n = type_of(reduced.as_ref()).shown_name();
            Err(cannot(cx, format!("__reduce__ must return a string or tuple, not {n}")))
        }
    };
    noted(cx, r, || format!("when serializing {} object", t.shown_name()))
}

/// The reduction function for a type.
fn registered(s: &mut Saver, cx: &mut Cx, t: Ref<'_>) -> PyResult<Option<Value>> {
    let table = match (&s.dispatch_table, &s.default_table) {
        (Some(d), _) | (None, Some(d)) => d.clone(),
        (None, None) => {
            let d = member(cx, "copyreg", "dispatch_table")?;
            s.default_table = Some(d.clone());
            d
        }
    };
    if let Some(d) = as_dict(table.as_ref())
        && table.as_ref().exact::<Dict>().is_some()
    {
        return Ok(d.get(cx, t)?.map(Reg::into_value));
    }
    match item::get(cx, table.as_ref(), t) {
        Ok(v) => Ok(Some(v.into_value())),
        Err(e) => {
            drop(cx.catch_if(e, exc::KEY_ERROR)?);
            Ok(None)
        }
    }
}

fn save_type(s: &mut Saver, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let constant = match as_type(v).map(|t| t.id) {
        Some(ids::NONE_TYPE) => Value::NONE,
        Some(ids::ELLIPSIS_TYPE) => Value::ELLIPSIS,
        Some(ids::NOT_IMPLEMENTED_TYPE) => Value::NOT_IMPLEMENTED,
        _ => return save_global(s, cx, v, None),
    };
    let r = Tuple::from_values(vec![type_value(ids::TYPE), Tuple::from_values(vec![constant]).into_value()]);
    save_reduced(s, cx, r.items(), Some(v))
}

/// Writes an object as module and name.
pub fn save_global(s: &mut Saver, cx: &mut Cx, v: Ref<'_>, name: Option<Ref<'_>>) -> PyResult<()> {
    let name = match name {
        Some(n) => n.to_value(),
        None => match attr::get_optional(cx, v, objects::names::__qualname__())? {
            Some(n) => n,
            None => attr::get(cx, v, objects::names::__name__())?.into_value(),
        },
    };
    let shown = |cx: &mut Cx, v: Ref<'_>| show::repr(cx, v).map(|s| s.to_string_lossy());
    let Some(name_text) = as_str(name.as_ref()) else {
        let n = shown(cx, name.as_ref())?;
        return Err(cannot(cx, format!("global name must be a string: {n}")));
    };
    let path = names::parts(name_text);
    let module_name = names::which_module(cx, v, &path)?;
    let module = names::import_for(cx, v, module_name.as_ref())?;
    let said = |v: &Value| as_str(v.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    let (m, n) = (said(&module_name), said(&name));
    let Some((found, _)) = names::follow(cx, module.as_ref(), &path)? else {
        let o = shown(cx, v)?;
        return Err(cannot(cx, format!("Can't pickle {o}: it's not found as {m}.{n}")));
    };
    if !found.as_ref().is(v) {
        let o = shown(cx, v)?;
        return Err(cannot(cx, format!("Can't pickle {o}: it's not the same object as {m}.{n}")));
    }
    if s.proto >= 2 && extension(s, cx, &module_name, &name)? {
        return Ok(());
    }
    if s.proto >= 4 {
        s.save(cx, module_name.as_ref(), false)?;
        s.save(cx, name.as_ref(), false)?;
        s.op(op::STACK_GLOBAL);
    } else {
        // Old protocols have no dotted names: each dot is a call of getattr.
        let dots = &path[1..];
        for _ in dots {
            let getattr = objects::types::iterators::builtin(cx, "getattr");
            s.save(cx, getattr.as_ref(), false)?;
            if s.proto < 2 {
                s.op(op::MARK);
            }
        }
        let (mut module_name, mut name) = (module_name, path[0].clone());
        if s.fix_imports {
            (module_name, name) = names::translate(cx, module_name, name, true)?;
        }
        let mut line = vec![op::GLOBAL];
        for (part, what) in [(module_name, "module"), (name, "global")] {
            let Some(t) = as_str(part.as_ref()) else { continue };
            if s.proto < 3 && !t.is_ascii() {
                let o = shown(cx, part.as_ref())?;
                let p = s.proto;
                return Err(cannot(cx, format!("can't pickle {what} identifier {o} using pickle protocol {p}")));
            }
            line.extend_from_slice(&t.to_wtf8());
            line.push(b'\n');
        }
        s.put(&line);
        for name in dots {
            s.save(cx, name.as_ref(), false)?;
            s.put(&[if s.proto < 2 { op::TUPLE } else { op::TUPLE2 }, op::REDUCE]);
        }
    }
    s.memoize(v);
    Ok(())
}

/// Writes a registered extension code; whether there is one.
fn extension(s: &mut Saver, cx: &mut Cx, module: &Value, name: &Value) -> PyResult<bool> {
    let registry = member(cx, "copyreg", "_extension_registry")?;
    let Some(d) = as_dict(registry.as_ref()).filter(|d| !d.is_empty()) else { return Ok(false) };
    let key = Tuple::from_values(vec![module.clone(), name.clone()]);
    let Some(code) = d.get(cx, gc::Payload::as_ref(&*key))?.map(Reg::into_value) else { return Ok(false) };
    let code = int::index_i64(cx, code.as_ref())?;
    match code {
        1..=0xff => s.put(&[op::EXT1, code as u8]),
        0x100..=0xffff => s.put(&[op::EXT2, code as u8, (code >> 8) as u8]),
        0x1_0000..=0x7fff_ffff => {
            s.op(op::EXT4);
            s.put(&(code as i32).to_le_bytes());
        }
        _ => return Err(cx.runtime_error(format!("extension code {code} is out of range"))),
    }
    Ok(true)
}

/// Writes what `__reduce__` gave for `obj`.
pub fn save_reduced(s: &mut Saver, cx: &mut Cx, parts: &[Ref<'_>], obj: Option<Ref<'_>>) -> PyResult<()> {
    if parts.len() < 2 || parts.len() > 6 {
        return Err(cannot(cx, "tuple returned by __reduce__ must contain 2 through 6 elements"));
    }
    let part = |i: usize| parts.get(i).copied().filter(|v| !v.is_none());
    let (f, args) = (parts[0], parts[1]);
    let wrong = |cx: &mut Cx, which: &str, must: &str, v: Ref<'_>| {
        let n = type_of(v).shown_name();
        cannot(cx, format!("{which} item of the tuple returned by __reduce__ must be {must}, not {n}"))
    };
    if !call::is_callable(f) {
        return Err(wrong(cx, "first", "callable", f));
    }
    let Some(arg_tuple) = args.downcast::<Tuple>() else { return Err(wrong(cx, "second", "a tuple", args)) };
    for (i, which) in [(3, "fourth"), (4, "fifth")] {
        if let Some(v) = part(i)
            && type_of(v).slots.next().is_none()
        {
            return Err(wrong(cx, which, "an iterator", v));
        }
    }
    if let Some(v) = part(5)
        && !call::is_callable(v)
    {
        return Err(wrong(cx, "sixth", "callable", v));
    }
    let owner = obj.map_or_else(String::new, |o| type_of(o).shown_name());
    let mut how = 0;
    if s.proto >= 2
        && let Some(name) = attr::get_optional(cx, f, objects::names::__name__())?
        && let Some(n) = as_str(name.as_ref())
    {
        how = if n.eq_str("__newobj_ex__") {
            2
        } else if n.eq_str("__newobj__") {
            1
        } else {
            0
        };
    }
    let a = arg_tuple.items();
    match how {
        2 => {
            let [class, positional, keywords] = a else {
                let n = a.len();
                return Err(cannot(cx, format!("__newobj_ex__ expected 3 arguments, got {n}")));
            };
            let Some(p) = positional.downcast::<Tuple>() else {
                let n = type_of(*positional).shown_name();
                return Err(cannot(cx, format!("second argument to __newobj_ex__() must be a tuple, not {n}")));
            };
            let Some(k) = as_dict(*keywords) else {
                let n = type_of(*keywords).shown_name();
                return Err(cannot(cx, format!("third argument to __newobj_ex__() must be a dict, not {n}")));
            };
            if s.proto >= 4 {
                let r = s.save(cx, *class, false);
                noted(cx, r, || format!("when serializing {owner} class"))?;
                let r = s.save(cx, *positional, false).and_then(|()| s.save(cx, *keywords, false));
                noted(cx, r, || format!("when serializing {owner} __new__ arguments"))?;
                s.op(op::NEWOBJ_EX);
            } else {
                let partial = member(cx, "functools", "partial")?;
                let new = attr::get(cx, *class, objects::names::__new__())?.into_value();
                let (names, values): (Vec<_>, Vec<_>) = k.items().into_iter().unzip();
                let names = Tuple::from_values(names);
                let mut items = vec![new.as_ref(), *class];
                items.extend_from_slice(p.items());
                items.extend(values.iter().map(Value::as_ref));
                let f = call::call(cx, partial.as_ref(), Args { items: &items, names: Some(&names) })?.into_value();
                s.save(cx, f.as_ref(), false)?;
                s.save(cx, Tuple::empty().value().as_ref(), false)?;
                s.op(op::REDUCE);
            }
        }
        1 => {
            let Some((class, rest)) = a.split_first() else {
                return Err(cannot(cx, "__newobj__ expected at least 1 argument, got 0"));
            };
            if as_type(*class).is_none() {
                let n = type_of(*class).shown_name();
                return Err(cannot(cx, format!("first argument to __newobj__() must be a class, not {n}")));
            }
            if let Some(o) = obj {
                let own = attr::get(cx, o, objects::names::__class__())?.into_value();
                if !own.as_ref().is(*class) {
                    let (x, y) = (show::repr(cx, own.as_ref())?.to_string_lossy(), show::repr(cx, *class)?.to_string_lossy());
                    return Err(cannot(cx, format!("first argument to __newobj__() must be {x}, not {y}")));
                }
            }
            let r = s.save(cx, *class, false);
            noted(cx, r, || format!("when serializing {owner} class"))?;
            let rest = Tuple::from_refs(rest);
            let r = s.save(cx, rest.value().as_ref(), false);
            noted(cx, r, || format!("when serializing {owner} __new__ arguments"))?;
            s.op(op::NEWOBJ);
        }
        _ => {
            let r = s.save(cx, f, false);
            noted(cx, r, || format!("when serializing {owner} reconstructor"))?;
            let r = s.save(cx, args, false);
            noted(cx, r, || format!("when serializing {owner} reconstructor arguments"))?;
            s.op(op::REDUCE);
        }
    }
    if let Some(o) = obj {
        // An object that its own arguments contain has been written meanwhile.
        match s.memo.get(o) {
            Some(n) => {
                s.op(op::POP);
                s.get(n);
            }
            None => s.memoize(o),
        }
    }
    if let Some(items) = part(3) {
        s.append_all(cx, items, &owner)?;
    }
    if let Some(items) = part(4) {
        s.set_all(cx, items)?;
    }
    if let Some(state) = part(2) {
        match (part(5), obj) {
            (Some(setter), Some(o)) => {
                let r = s.save(cx, setter, false);
                noted(cx, r, || format!("when serializing {owner} state setter"))?;
                s.save(cx, o, false)?;
                let r = s.save(cx, state, false);
                noted(cx, r, || format!("when serializing {owner} state"))?;
                s.put(&[op::TUPLE2, op::REDUCE, op::POP]);
            }
            _ => {
                let r = s.save(cx, state, false);
                noted(cx, r, || format!("when serializing {owner} state"))?;
                s.op(op::BUILD);
            }
        }
    }
    Ok(())
}
