//! `import` statements: what the interpreter does itself; the rest is importlib's own code.

use gc::{Ref, Reg, Value};
use objects::protocol::{attr, call};
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::{self, ids};
use objects::types::module::{as_module, is_initialising};
use objects::types::str::{Str, as_str};
use objects::types::type_::type_of;
use objects::{Cx, PyResult, names};

/// `import name`: through `builtins.__import__`.
pub fn import_name(cx: &mut Cx, name: Ref<'_>, globals: Value, locals: Value, from: Ref<'_>, level: i64) -> PyResult<Reg> {
    let builtins = cx.host.builtins();
    let Some(f) = builtins.get_interned(names::__import__()) else {
        return Err(cx.error(ids::IMPORT_ERROR, "__import__ not found"));
    };
    let f = f.into_value();
    let level = objects::types::int::from_i64(level);
    call::positional(cx, f.as_ref(), &[name, globals.as_ref(), locals.as_ref(), from, level.as_ref()]).map(Reg::from)
}

/// `from module import name`.
pub fn import_from(cx: &mut Cx, module: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    if let Some(v) = attr::get_optional(cx, module, name)? {
        return Ok(v.into());
    }
    let wanted = as_str(name).map_or_else(String::new, Str::to_string_lossy);
    let package = attr::get_optional(cx, module, names::__name__())?;
    let package_text = package.as_ref().and_then(|p| as_str(p.as_ref())).map(Str::to_string_lossy);
    if let Some(p) = &package_text {
        let full = Str::from_text(&format!("{p}.{wanted}"));
        let sys = cx.host.import(cx, "sys")?;
        let modules = attr::get(cx, sys.as_ref(), names::modules())?.into_value();
        if let Some(d) = as_dict(modules.as_ref())
            && let Some(m) = d.get_exact_str(&full)
        {
            return Ok(m);
        }
    }
    let file = attr::get_optional(cx, module, names::__file__())?;
    let file_text = file.as_ref().and_then(|f| as_str(f.as_ref())).map(Str::to_string_lossy);
    let shown = package_text.clone().unwrap_or_else(|| "<unknown module name>".into());
    let place = file_text.clone().unwrap_or_else(|| "unknown location".into());
    let partial = match as_module(module) {
        Some(m) => is_initialising(cx, m)?,
        None => false,
    };
    let text = if partial {
        format!(
            "cannot import name '{wanted}' from partially initialized module '{shown}' (most likely due to a circular import) ({place})"
        )
    } else {
        format!("cannot import name '{wanted}' from '{shown}' ({place})")
    };
    let exc = exception::new_text(ids::IMPORT_ERROR, &text);
    exception::set_extra(&exc, 1, package.unwrap_or(Value::NONE));
    exception::set_extra(&exc, 2, file.unwrap_or(Value::NONE));
    exception::set_extra(&exc, 3, name.to_value());
    Err(cx.raise_new(exc))
}

/// `from module import *` into a namespace.
pub fn import_star(cx: &mut Cx, module: Ref<'_>, namespace: Ref<'_>) -> PyResult<()> {
    let mut skip_private = false;
    let all = match attr::get_optional(cx, module, names::__all__())? {
        Some(a) => a,
        None => {
            skip_private = true;
            let Some(d) = attr::get_optional(cx, module, names::__dict__())? else {
                return Err(cx.error(ids::IMPORT_ERROR, "from-import-* object has no __dict__ and no __all__"));
            };
            call::method(cx, d.as_ref(), names::keys(), &[])?.into_value()
        }
    };
    for name in objects::protocol::iter::collect(cx, all.as_ref())? {
        let Some(text) = as_str(name.as_ref()) else {
            let n = type_of(name.as_ref()).name_text();
            let m = attr::get_optional(cx, module, names::__name__())?;
            let m = m.as_ref().and_then(|m| as_str(m.as_ref())).map_or_else(String::new, Str::to_string_lossy);
            let what = if skip_private { "Key in" } else { "Item in" };
            let place = if skip_private { "__dict__" } else { "__all__" };
            return Err(cx.type_error(format!("{what} {m}.{place} must be str, not {n}")));
        };
        if skip_private && text.eq_prefix("_") {
            continue;
        }
        let name = objects::types::str::intern::intern(name.clone());
        let v = attr::get(cx, module, name.as_ref())?.into_value();
        match namespace.exact::<Dict>() {
            Some(d) => d.set_str(name.as_ref(), v),
            None => objects::protocol::item::set(cx, namespace, name.as_ref(), Some(v.as_ref()))?,
        }
    }
    Ok(())
}
