//! Subscripts and lengths.

use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::types::type_::{as_type, type_of};
use gc::{Ref, Reg, Value};

/// `v[key]`.
pub fn get(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let t = type_of(v);
    if let Some(f) = t.slots.getitem() {
        return f(cx, v, key);
    }
    if let Some(class) = as_type(v) {
        if class.id == crate::ids::TYPE {
            return crate::types::object::generic_alias(cx, v, key);
        }
        if let Some(f) = super::attr::get_optional(cx, v, names::__class_getitem__())? {
            return super::call::positional(cx, f.as_ref(), &[key]).map(Reg::from);
        }
        let n = class.shown_name();
        return Err(cx.type_error(format!("type '{n}' is not subscriptable")));
    }
    let n = t.shown_name();
    Err(cx.type_error(format!("'{n}' object is not subscriptable")))
}

/// `v[key] = value`, or `del v[key]`.
pub fn set(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let t = type_of(v);
    if let Some(f) = t.slots.setitem() {
        return f(cx, v, key, value);
    }
    let n = t.shown_name();
    if value.is_some() {
        return Err(cx.type_error(format!("'{n}' object does not support item assignment")));
    }
    // CPython's sequences and other objects say this in different words.
    let sequence = t.slots.getitem().is_some() && type_of(key).slots.index().is_some();
    let not = if sequence { "doesn't" } else { "does not" };
    Err(cx.type_error(format!("'{n}' object {not} support item deletion")))
}

/// `len(v)`.
pub fn len(cx: &mut Cx, v: Ref<'_>) -> PyResult<usize> {
    let t = type_of(v);
    match t.slots.len() {
        Some(f) => f(cx, v),
        None => {
            let n = t.shown_name();
            Err(cx.type_error(format!("object of type '{n}' has no len()")))
        }
    }
}

/// `x in v`.
pub fn contains(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    match type_of(v).slots.contains() {
        Some(f) => f(cx, v, x),
        None => super::iter::contains(cx, v, x),
    }
}

/// `v[start:stop]`, without a slice object where the types and bounds are builtin ones.
pub fn get_slice(cx: &mut Cx, v: Ref<'_>, start: Ref<'_>, stop: Ref<'_>) -> PyResult<Reg> {
    use crate::types::{bytes, list, slice, str, tuple};
    if let (Some(h), Some(from), Some(to)) = (v.header(), slice::plain_bound(start), slice::plain_bound(stop)) {
        let fit = |n: usize| slice::adjust(from, to, 1, n);
        let part = match h.type_id() {
            ids::LIST => return list::item::slice_of(list::item::list(v), fit).map(Reg::from).map_err(|_| cx.memory_error()),
            ids::TUPLE => Some(tuple::methods::part as fn(&mut Cx, Ref<'_>, slice::Indices) -> PyResult<Reg>),
            ids::STR => Some(str::methods::at_indices as _),
            ids::BYTES => Some(bytes::methods::at_indices as _),
            _ => None,
        };
        if let Some(part) = part {
            let n = len(cx, v)?;
            return part(cx, v, fit(n));
        }
    }
    let s = slice::new(start.to_value(), stop.to_value(), Value::NONE);
    get(cx, v, s.as_ref())
}

/// `v[start:stop] = value`, likewise.
pub fn set_slice(cx: &mut Cx, v: Ref<'_>, start: Ref<'_>, stop: Ref<'_>, value: Ref<'_>) -> PyResult<()> {
    use crate::types::{list, slice};
    if let (Some(h), Some(from), Some(to)) = (v.header(), slice::plain_bound(start), slice::plain_bound(stop))
        && h.type_id() == ids::LIST
        && matches!(crate::types::type_id_of(value), ids::LIST | ids::TUPLE)
    {
        let mut removed = Vec::new();
        if let Some(source) = value.exact::<list::List>()
            && list::item::list(v).assign_equal((from, to, 1), source, &mut removed)
        {
            return Ok(());
        }
        let new = super::iter::collect(cx, value)?;
        return list::item::replace_slice(cx, list::item::list(v), (from, to, 1), Some(new));
    }
    let s = slice::new(start.to_value(), stop.to_value(), Value::NONE);
    set(cx, v, s.as_ref(), Some(value))
}

/// `operator.length_hint(v)`; `None` when nothing is known.
pub fn length_hint(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<usize>> {
    if let Some(f) = type_of(v).slots.len() {
        match f(cx, v) {
            Ok(n) => return Ok(Some(n)),
            Err(e) => drop(cx.catch_if(e, crate::types::exception::ids::TYPE_ERROR)?),
        }
    }
    let r = match super::call::special(cx, v, names::__length_hint__(), &[]) {
        Ok(Some(r)) => r,
        Ok(None) => return Ok(None),
        Err(e) => {
            cx.catch_if(e, crate::types::exception::ids::TYPE_ERROR)?;
            return Ok(None);
        }
    };
    if r.word() == gc::Word::NOT_IMPLEMENTED {
        return Ok(None);
    }
    match crate::types::int::as_int(r.as_ref()) {
        None => {
            let n = type_of(r.as_ref()).shown_name();
            Err(cx.type_error(format!("__length_hint__ must be an integer, not {n}")))
        }
        Some(n) if n.is_negative() => Err(cx.value_error("__length_hint__() should return >= 0")),
        Some(n) => Ok(n.to_i64().map(|n| n as usize)),
    }
}
