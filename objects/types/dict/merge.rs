//! Adding many items to a dict: from another dict, a mapping, pairs, keyword arguments.

use super::{Dict, Key, as_dict};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::{PyResult, Raised};
use crate::ids;
use crate::names;
use crate::protocol::{attr, call, item, iter};
use crate::types::exception;
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_::slots::Slot;
use crate::types::type_::{by_id, type_of};
use gc::{Payload, Ref, Value};

/// Whether the value is a dict whose items may be read directly: its class has not overridden iteration.
fn plain(v: Ref<'_>) -> Option<&Dict> {
    let d = as_dict(v)?;
    if type_of(v).slots.raw(Slot::iter) == by_id(ids::DICT).slots.raw(Slot::iter) { Some(d) } else { None }
}

/// Adds the items of a dict, as it is at one moment.
pub fn dict(cx: &mut Cx, into: &Dict, from: &Dict) -> PyResult<()> {
    if std::ptr::eq(into, from) || from.is_empty() {
        return Ok(());
    }
    if into.is_empty() && into.adopt(&from.copy()) {
        return Ok(());
    }
    for (k, v, hash) in from.items_hashed() {
        into.set_key(cx, Key::known(k.as_ref(), hash), v)?;
    }
    Ok(())
}

/// Adds the items of a mapping (anything with `keys`).
pub fn mapping(cx: &mut Cx, into: &Dict, from: Ref<'_>) -> PyResult<()> {
    if let Some(d) = plain(from) {
        return dict(cx, into, d);
    }
    let keys = call::method(cx, from, names::keys(), &[])?.into_value();
    iter::for_each(cx, keys.as_ref(), |cx, k| {
        let v = item::get(cx, from, k.as_ref())?.into_value();
        into.set(cx, k.as_ref(), v.as_ref())
    })
}

/// Adds pairs.
pub fn pairs(cx: &mut Cx, into: &Dict, from: Ref<'_>) -> PyResult<()> {
    let mut n = 0usize;
    iter::for_each(cx, from, |cx, pair| {
        let parts = match fast_pair(pair.as_ref()) {
            Some(p) => p,
            None => collect_pair(cx, pair.as_ref(), n)?,
        };
        let [k, v] = &parts[..] else {
            return Err(cx.value_error(format!("dictionary update sequence element #{n} has length {}; 2 is required", parts.len())));
        };
        into.set(cx, k.as_ref(), v.as_ref())?;
        n += 1;
        Ok(())
    })
}

fn fast_pair(v: Ref<'_>) -> Option<Vec<Value>> {
    if let Some(t) = v.exact::<Tuple>() {
        return Some(t.items().iter().map(|r| r.to_value()).collect());
    }
    v.exact::<List>().map(|l| {
        let _l = crate::cx::lock_header(l.header());
        l.items_locked()
    })
}

fn collect_pair(cx: &mut Cx, v: Ref<'_>, n: usize) -> PyResult<Vec<Value>> {
    let r = match iter::iter(cx, v) {
        Ok(it) => {
            let it = it.into_value();
            return iter::collect(cx, it.as_ref());
        }
        Err(e) => cx.catch_if(e, exception::ids::TYPE_ERROR),
    };
    drop(r?);
    let e = exception::new_text(exception::ids::TYPE_ERROR, "object is not iterable");
    let note = Str::from_text(&format!("Cannot convert dictionary update sequence element #{n} to a sequence"));
    let add_note = Str::intern_text("add_note");
    if let Err(e) = call::method(cx, e.as_ref(), add_note.as_ref(), &[note.as_ref()]) {
        // An exception without notes is still the right one.
        drop(cx.catch(e));
    }
    Err::<Vec<Value>, Raised>(cx.raise_new(e))
}

/// What `dict(x)` and `update(x)` do with their argument: a mapping, or pairs.
pub fn any(cx: &mut Cx, into: &Dict, from: Ref<'_>) -> PyResult<()> {
    if let Some(d) = from.exact::<Dict>() {
        return dict(cx, into, d);
    }
    if attr::get_optional(cx, from, names::keys())?.is_some() { mapping(cx, into, from) } else { pairs(cx, into, from) }
}

/// The arguments of `dict(...)` and `update(...)`.
pub fn arguments(cx: &mut Cx, into: &Dict, args: Args<'_>, function: &str) -> PyResult<()> {
    args.check_count(cx, function, 0, 1)?;
    if let Some(from) = args.positional().first() {
        any(cx, into, *from)?;
    }
    for (name, value) in args.keywords() {
        into.set(cx, name, value)?;
    }
    Ok(())
}
