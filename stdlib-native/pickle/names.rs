//! Names of globals: finding an object by module and dotted name, and the names that Python 2 had for modules and objects.

use super::{cannot, member};
use gc::{Ref, Value};
use objects::protocol::{attr, text as show};
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::ids as exc;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::Downcast;
use objects::{Cx, PyResult};

/// The parts of a dotted name.
pub fn parts(name: &Str) -> Vec<Value> {
    let units = name.units();
    let mut out = Vec::new();
    let mut start = 0;
    for (i, c) in units.iter().enumerate() {
        if c == u32::from(b'.') {
            out.push(Str::from_units(units.slice(start, i)).into_value());
            start = i + 1;
        }
    }
    out.push(Str::from_units(units.slice(start, units.len())).into_value());
    out.into_iter().map(objects::types::str::intern::intern).collect()
}

/// Follows a dotted name; the object and the one before the last step. `None` when it is not there or passes a local scope.
pub fn follow(cx: &mut Cx, module: Ref<'_>, path: &[Value]) -> PyResult<Option<(Value, Value)>> {
    let (mut parent, mut v) = (module.to_value(), module.to_value());
    for name in path {
        if as_str(name.as_ref()).is_some_and(|s| s.eq_str("<locals>")) {
            return Ok(None);
        }
        match attr::get_optional(cx, v.as_ref(), name.as_ref())? {
            Some(next) => parent = std::mem::replace(&mut v, next),
            None => return Ok(None),
        }
    }
    Ok(Some((v, parent)))
}

fn modules(cx: &mut Cx) -> PyResult<Value> {
    member(cx, "sys", "modules")
}

/// The module that an object says it is from, or the first one that has it.
pub fn which_module(cx: &mut Cx, obj: Ref<'_>, path: &[Value]) -> PyResult<Value> {
    if let Some(m) = attr::get_optional(cx, obj, objects::names::__module__())?
        && !m.as_ref().is_none()
    {
        return Ok(m);
    }
    if path.iter().any(|p| as_str(p.as_ref()).is_some_and(|s| s.eq_str("<locals>"))) {
        return Ok(Str::from_text("__main__").into_value());
    }
    let all = modules(cx)?;
    for (name, module) in as_dict(all.as_ref()).map(Dict::items).unwrap_or_default() {
        if module.as_ref().is_none() || as_str(name.as_ref()).is_some_and(|s| s.eq_str("__main__") || s.eq_str("__mp_main__")) {
            continue;
        }
        match follow(cx, module.as_ref(), path) {
            Ok(Some((v, _))) if v.as_ref().is(obj) => return Ok(name),
            Ok(_) => {}
            Err(e) => drop(cx.catch(e)),
        }
    }
    Ok(Str::from_text("__main__").into_value())
}

/// A module by its name, imported if need be.
pub fn import(cx: &mut Cx, name: Ref<'_>) -> PyResult<Value> {
    let all = modules(cx)?;
    if let Some(d) = as_dict(all.as_ref())
        && let Some(m) = d.get(cx, name)?
    {
        let m = m.into_value();
        if !m.as_ref().is_none() {
            return Ok(m);
        }
    }
    let text = as_str(name).map_or_else(String::new, Str::to_string_lossy);
    drop(cx.host.import(cx, &text)?);
    let all = modules(cx)?;
    let found = match as_dict(all.as_ref()) {
        Some(d) => d.get(cx, name)?.map(gc::Reg::into_value),
        None => None,
    };
    match found {
        Some(m) => Ok(m),
        None => cx.host.import(cx, &text),
    }
}

/// The module of a global that is to be pickled: PicklingError when it cannot be imported.
pub fn import_for(cx: &mut Cx, obj: Ref<'_>, module: Ref<'_>) -> PyResult<Value> {
    match import(cx, module) {
        Ok(m) => Ok(m),
        Err(e) => {
            let exc_value = cx.catch_if(e, exc::IMPORT_ERROR)?;
            let why = show::str(cx, exc_value.as_ref())?.to_string_lossy();
            let shown = show::repr(cx, obj)?.to_string_lossy();
            Err(cannot(cx, format!("Can't pickle {shown}: {why}")))
        }
    }
}

fn mapped(cx: &mut Cx, table: &str, key: Ref<'_>) -> PyResult<Option<Value>> {
    let d = member(cx, "_compat_pickle", table)?;
    match as_dict(d.as_ref()) {
        Some(d) => Ok(d.get(cx, key)?.map(gc::Reg::into_value)),
        None => Ok(None),
    }
}

/// Module and name in the other major version: `reverse` for writing.
pub fn translate(cx: &mut Cx, module: Value, name: Value, reverse: bool) -> PyResult<(Value, Value)> {
    let (by_name, by_module) =
        if reverse { ("REVERSE_NAME_MAPPING", "REVERSE_IMPORT_MAPPING") } else { ("NAME_MAPPING", "IMPORT_MAPPING") };
    let key = Tuple::from_values(vec![module.clone(), name.clone()]).into_value();
    if let Some(v) = mapped(cx, by_name, key.as_ref())?
        && let Some([m, n]) = v.as_ref().downcast::<Tuple>().map(Tuple::items)
    {
        return Ok((m.to_value(), n.to_value()));
    }
    match mapped(cx, by_module, module.as_ref())? {
        Some(m) => Ok((m, name)),
        None => Ok((module, name)),
    }
}
