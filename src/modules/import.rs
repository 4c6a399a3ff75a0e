//! `import` statements: what the interpreter does itself; the rest is importlib's own code.

use crate::runtime;
use crate::vm::frame_object::Traceback;
use gc::{Payload, Ref, Reg, Value};
use objects::native::{BuiltinFunction, Method, function};
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
    if f.as_ref().exact::<BuiltinFunction>().is_some_and(|b| std::ptr::eq(b.def, &IMPORT)) {
        return import_level(cx, name, globals.as_ref(), from, level);
    }
    let level = objects::types::int::from_i64(level);
    call::positional(cx, f.as_ref(), &[name, globals.as_ref(), locals.as_ref(), from, level.as_ref()]).map(Reg::from)
}

/// `builtins.__import__`.
pub static IMPORT: Method = function(
    "__import__",
    "($module, /, name, globals=None, locals=None, fromlist=(), level=0)",
    |cx, a| {
        if as_str(a[0]).is_none() {
            return Err(cx.type_error("module name must be a string"));
        }
        let level = a[4].given().map_or(Ok(0), |l| objects::types::int::index_i64(cx, l))?;
        let globals = a[1].given().unwrap_or(Ref::NONE);
        let from = a[3].given().unwrap_or(Ref::NONE);
        import_level(cx, a[0], globals, from, level)
    },
    "Import a module.",
);

/// A function of importlib's core.
fn importlib(cx: &mut Cx, name: &str, args: &[Ref<'_>]) -> PyResult<Value> {
    let Some(m) = runtime::loaded("_frozen_importlib") else { return Err(cx.error(ids::IMPORT_ERROR, "importlib is not loaded")) };
    let name = Str::intern_text(name);
    call::method(cx, m.as_ref(), name.as_ref(), args).map(Reg::into_value)
}

/// `__import__`: what is loaded is found here, everything else by importlib.
pub fn import_level(cx: &mut Cx, name: Ref<'_>, globals: Ref<'_>, from: Ref<'_>, level: i64) -> PyResult<Reg> {
    if level < 0 {
        return Err(cx.value_error("level must be >= 0"));
    }
    let full = if level == 0 {
        if as_str(name).is_some_and(Str::is_empty) {
            return Err(cx.value_error("Empty module name"));
        }
        name.to_value()
    } else {
        if as_dict(globals).is_none() {
            return Err(cx.error(ids::KEY_ERROR, "'__name__' not in globals"));
        }
        let package = importlib(cx, "_calc___package__", &[globals])?;
        let level = objects::types::int::from_i64(level);
        importlib(cx, "_sanity_check", &[name, package.as_ref(), level.as_ref()])?;
        importlib(cx, "_resolve_name", &[name, package.as_ref(), level.as_ref()])?
    };
    let module = load(cx, full.as_ref())?;
    let wants_names = if from.is_none() { false } else { objects::protocol::truth::of(cx, from)? };
    if wants_names {
        if attr::get_optional(cx, module.as_ref(), names::__path__())?.is_none() {
            return Ok(module.into());
        }
        let import = cx.host.builtins().get_interned(names::__import__()).map_or(Value::NONE, Reg::into_value);
        return importlib(cx, "_handle_fromlist", &[module.as_ref(), from, import.as_ref()]).map(Reg::from);
    }
    let Some(text) = as_str(name).map(Str::to_string_lossy) else { return Ok(module.into()) };
    if level > 0 && text.is_empty() {
        return Ok(module.into());
    }
    let Some(dot) = text.find('.') else { return Ok(module.into()) };
    if level == 0 {
        return load(cx, Str::from_text(&text[..dot]).as_ref()).map(Reg::from);
    }
    let whole = as_str(full.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    let top = &whole[..whole.len().saturating_sub(text.len() - dot)];
    match runtime::loaded(top) {
        Some(m) => Ok(m.into()),
        None => {
            let text = Str::from_text(&format!("'{top}' not in sys.modules as expected"));
            Err(cx.error_arg(ids::KEY_ERROR, text.value().as_ref()))
        }
    }
}

/// The module of that full name, loaded now if it is not yet; waits for a thread that is loading it.
fn load(cx: &mut Cx, full: Ref<'_>) -> PyResult<Value> {
    if let Some(m) = runtime::modules().get(cx, full)?.map(Reg::into_value)
        && !m.as_ref().is_none()
    {
        wait_for(cx, full, &m)?;
        return Ok(m);
    }
    if super::audit::is_watched() {
        let part = |n: &str| runtime::sys_attribute(Str::intern_text(n).as_ref()).unwrap_or(Value::NONE);
        let (path, meta, hooks) = (part("path"), part("meta_path"), part("path_hooks"));
        super::audit::raise(cx, "import", &[full, Ref::NONE, path.as_ref(), meta.as_ref(), hooks.as_ref()])?;
    }
    let import = cx.host.builtins().get_interned(names::__import__()).map_or(Value::NONE, Reg::into_value);
    match importlib(cx, "_find_and_load", &[full, import.as_ref()]) {
        Ok(m) => Ok(m),
        Err(e) => {
            if let Some(exc) = &cx.raised {
                remove_importlib_frames(exc.as_ref());
            }
            Err(e)
        }
    }
}

/// Waits until the module, found in `sys.modules`, is whole, unless this thread is the one that loads it.
fn wait_for(cx: &mut Cx, full: Ref<'_>, m: &Value) -> PyResult<()> {
    if let Some(module) = as_module(m.as_ref())
        && is_initialising(cx, module)?
    {
        importlib(cx, "_lock_unlock_module", &[full])?;
    }
    Ok(())
}

/// As `wait_for`, for natives that look modules up by themselves. With one thread there is nobody to wait for.
pub fn wait_until_loaded(cx: &mut Cx, name: &str, m: &Value) -> PyResult<()> {
    if !objects::cx::MULTI.load(sync::prim::Ordering::Relaxed) {
        return Ok(());
    }
    wait_for(cx, Str::intern_text(name).as_ref(), m)
}

/// Takes importlib's own frames out of a traceback: all of them from an ImportError, else those that led to a module's code.
fn remove_importlib_frames(exc: Ref<'_>) {
    let Some(e) = exception::as_exception(exc) else { return };
    let always = type_of(exc).is_subtype_of_id(ids::IMPORT_ERROR);
    let put = |at: Option<&Value>, next: Value| {
        let (header, field) = match at.and_then(|t| t.as_ref().exact::<Traceback>().map(|t| (t.header(), &t.next))) {
            Some(inner) => inner,
            None => (e.header(), &e.traceback),
        };
        let old = {
            let _l = objects::cx::lock_header(header);
            field.swap(next)
        };
        drop(old);
    };
    let mut at = e.traceback.load(e.header());
    // The entry whose link leads to `at`, and to the run of importlib's entries that `at` is in; `None` is the exception itself.
    let (mut before, mut outer): (Option<Value>, Option<Value>) = (None, None);
    let mut inside = false;
    while let Some(t) = at.as_ref().exact::<Traceback>() {
        let code = crate::vm::frame_object::code_of(&t.frame);
        let file = code.map(|c| c.filename.load(c.header()));
        let now_inside = file.as_ref().and_then(|f| as_str(f.as_ref())).is_some_and(|f| {
            ["<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>", "<frozen _packed_library>"]
                .iter()
                .any(|n| f.eq_str(n))
        });
        if now_inside && !inside {
            outer = before.clone();
        }
        inside = now_inside;
        let next = t.next.load(t.header());
        let last = code.and_then(|c| as_str(c.name.as_ref())).is_some_and(|n| n.eq_str("_call_with_frames_removed"));
        if inside && (always || last) {
            put(outer.as_ref(), next.clone());
            before = outer.clone();
        } else {
            before = Some(at.clone());
        }
        at = next;
    }
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
