//! `_weakref`.

use objects::finalise::weakrefs_of;
use objects::native::{Method, function};
use objects::types::dict::as_dict;
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::type_::{type_id_of, type_value};
use objects::{Cx, PyResult, Ref, Reg, Value, ids};

fn count(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(objects::types::int::from_usize(a[0].header().map_or(0, |h| weakrefs_of(h).len())).into())
}
fn all(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(List::from_values(a[0].header().map_or_else(Vec::new, weakrefs_of)).into())
}
fn proxy(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    objects::types::weak::proxy_of(cx, a[0], a[1].given()).map(Reg::from)
}
/// Removes a key whose value is a dead weak reference: as one step, so that a value stored meanwhile survives.
fn remove_dead(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(d) = as_dict(a[0]) else { return Err(cx.type_error("_remove_dead_weakref() argument 1 must be dict")) };
    if let Some(v) = d.get(cx, a[1])? {
        let v = v.into_value();
        if type_id_of(v.as_ref()) != ids::WEAKREF && objects::finalise::as_weakref(v.as_ref()).is_none() {
            return Err(cx.type_error("not a weakref"));
        }
        if objects::finalise::as_weakref(v.as_ref()).is_some_and(objects::finalise::WeakRef::is_dead) {
            let key = objects::types::dict::Key::new(cx, a[1])?;
            d.remove_key_if(cx, key, |w| w == v.word())?;
        }
    }
    Ok(Value::NONE.into())
}

static FUNCTIONS: &[Method] = &[
    function("getweakrefcount", "($module, object, /)", count, "How many weak references there are to an object."),
    function("getweakrefs", "($module, object, /)", all, "The weak references to an object."),
    function("proxy", "($module, object, callback=None, /)", proxy, "A proxy that holds an object weakly."),
    function("_remove_dead_weakref", "($module, dct, key, /)", remove_dead, "Removes a key whose value is a dead weak reference."),
];

/// `_weakref`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_weakref",
    doc: "Weak references.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("ref", type_value(ids::WEAKREF));
        m.add("ReferenceType", type_value(ids::WEAKREF));
        m.add("ProxyType", type_value(ids::WEAKPROXY));
        m.add("CallableProxyType", type_value(ids::WEAKCALLABLEPROXY));
        Ok(())
    },
};
