//! Operations on sets with sets and with any iterable.

use super::{Set, as_set, hashed_elements};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::protocol::iter;
use crate::types::dict::Key;
use gc::{Gc, Ref, Value};

/// Calls `f` with each element of an iterable, hashed.
fn each(cx: &mut Cx, v: Ref<'_>, mut f: impl FnMut(&mut Cx, Key<'_>) -> PyResult<bool>) -> PyResult<()> {
    if let Some(elements) = hashed_elements(v) {
        for (k, hash) in elements {
            if !f(cx, Key::known(k.as_ref(), hash))? {
                break;
            }
        }
        return Ok(());
    }
    let it = iter::iter(cx, v)?.into_value();
    while let Some(x) = iter::next(cx, it.as_ref())? {
        let x = x.into_value();
        let key = Key::element(cx, x.as_ref())?;
        if !f(cx, key)? {
            break;
        }
    }
    Ok(())
}

/// A copy of the elements in a fresh set of the given id.
pub fn copy(s: &Set, id: u32) -> Gc<Set> {
    let new = Set::of_id(id);
    if !s.is_empty() {
        new.items.adopt(&s.items.copy());
    }
    new
}

/// The elements of `s` that are also in `v`, as a set of the given id.
pub fn intersection(cx: &mut Cx, s: &Set, v: Ref<'_>, id: u32) -> PyResult<Gc<Set>> {
    let new = Set::of_id(id);
    // Of two sets the smaller one is gone through.
    if let Some(other) = as_set(v)
        && other.len() > s.len()
    {
        for (k, hash) in s.elements() {
            let key = Key::known(k.as_ref(), hash);
            if other.has_key(cx, key)? {
                new.add_key(cx, key)?;
            }
        }
        return Ok(new);
    }
    each(cx, v, |cx, key| {
        if s.has_key(cx, key)? {
            new.add_key(cx, key)?;
        }
        Ok(true)
    })?;
    Ok(new)
}

/// Removes everything that `v` gives from `s`.
pub fn remove_all(cx: &mut Cx, s: &Set, v: Ref<'_>) -> PyResult<()> {
    if as_set(v).is_some_and(|o| std::ptr::eq(o, s)) {
        s.items.clear();
        return Ok(());
    }
    each(cx, v, |cx, key| s.discard_key(cx, key).map(|_| true))
}

/// The elements of `s` that are not in `v`, as a set of the given id.
pub fn difference(cx: &mut Cx, s: &Set, v: Ref<'_>, id: u32) -> PyResult<Gc<Set>> {
    if let Some(other) = as_set(v)
        && other.len() / 4 >= s.len()
    {
        let new = Set::of_id(id);
        for (k, hash) in s.elements() {
            let key = Key::known(k.as_ref(), hash);
            if !other.has_key(cx, key)? {
                new.add_key(cx, key)?;
            }
        }
        return Ok(new);
    }
    let new = copy(s, id);
    remove_all(cx, &new, v)?;
    Ok(new)
}

/// Turns `s` into the elements that are in one of both only.
pub fn toggle_all(cx: &mut Cx, s: &Set, v: Ref<'_>) -> PyResult<()> {
    if as_set(v).is_some_and(|o| std::ptr::eq(o, s)) {
        s.items.clear();
        return Ok(());
    }
    let toggle = |cx: &mut Cx, k: Value, hash: u64| -> PyResult<()> {
        let key = Key::known(k.as_ref(), hash);
        if !s.discard_key(cx, key)? {
            s.add_key(cx, key)?;
        }
        Ok(())
    };
    // Something that gives an element twice counts once.
    let elements = match hashed_elements(v) {
        Some(e) => e,
        None => {
            let other = Set::new();
            other.add_all(cx, v)?;
            other.elements()
        }
    };
    for (k, hash) in elements {
        toggle(cx, k, hash)?;
    }
    Ok(())
}

/// Whether every element of `s` is in `v`.
pub fn is_subset(cx: &mut Cx, s: &Set, v: Ref<'_>) -> PyResult<bool> {
    let made;
    let other = match as_set(v) {
        Some(o) => o,
        None => {
            made = intersection(cx, s, v, crate::ids::SET)?;
            return Ok(made.len() == s.len());
        }
    };
    if s.len() > other.len() {
        return Ok(false);
    }
    for (k, hash) in s.elements() {
        if !other.has_key(cx, Key::known(k.as_ref(), hash))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether every element of `v` is in `s`.
pub fn is_superset(cx: &mut Cx, s: &Set, v: Ref<'_>) -> PyResult<bool> {
    if as_set(v).is_some_and(|o| o.len() > s.len()) {
        return Ok(false);
    }
    let mut all = true;
    each(cx, v, |cx, key| {
        all = s.has_key(cx, key)?;
        Ok(all)
    })?;
    Ok(all)
}

/// Whether they have no element in common.
pub fn is_disjoint(cx: &mut Cx, s: &Set, v: Ref<'_>) -> PyResult<bool> {
    let mut none = true;
    each(cx, v, |cx, key| {
        none = !s.has_key(cx, key)?;
        Ok(none)
    })?;
    Ok(none)
}
