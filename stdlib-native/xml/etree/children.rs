//! Children of an element as a sequence.

use super::element::{Element, as_element, expect, me, not_element};
use gc::{Ref, Reg, Value};
use objects::protocol::{compare, iter};
use objects::types::int;
use objects::types::list::List;
use objects::types::slice::Slice;
use objects::types::type_::{Downcast, type_of};
use objects::{Cx, PyResult};

fn is_index(v: Ref<'_>) -> bool {
    int::as_int(v).is_some() || type_of(v).slots.index().is_some()
}

/// Which children a slice means: start, step and how many.
fn indices(cx: &mut Cx, s: &Slice, e: &Element) -> PyResult<(i64, i64, usize)> {
    let (start, stop, step) = s.unpack(cx)?;
    let len = e.with(cx, |s| s.children.len());
    let i = objects::types::slice::adjust(start, stop, step, len);
    Ok((i.start, i.step, i.count))
}

/// `element[key]`
pub fn get_item(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let e = me(v);
    if is_index(key) {
        let i = int::subscript_index(cx, key)?;
        let found = e.with(cx, |s| {
            let i = if i < 0 { i + s.children.len() as i64 } else { i };
            usize::try_from(i).ok().and_then(|i| s.children.get(i).cloned())
        });
        return found.map(Reg::from).ok_or_else(|| cx.index_error("child index out of range"));
    }
    let Some(slice) = key.downcast::<Slice>() else { return Err(cx.type_error("element indices must be integers")) };
    let (start, step, count) = indices(cx, slice, e)?;
    let found = e.with(cx, |s| {
        (0..count as i64).filter_map(|i| usize::try_from(start + i * step).ok().and_then(|i| s.children.get(i).cloned())).collect()
    });
    Ok(List::from_values(found).into())
}

/// `element[key] = value`
pub fn set_item(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let e = me(v);
    if is_index(key) {
        let i = int::subscript_index(cx, key)?;
        if let Some(new) = value
            && as_element(new).is_none()
        {
            return Err(not_element(cx, new));
        }
        let new = value.map(Ref::to_value);
        let old = e.with(cx, |s| {
            let i = if i < 0 { i + s.children.len() as i64 } else { i };
            let i = usize::try_from(i).ok().filter(|i| *i < s.children.len())?;
            Some(match new {
                Some(n) => std::mem::replace(&mut s.children[i], n),
                None => s.children.remove(i),
            })
        });
        return old.map(drop).ok_or_else(|| cx.index_error("child assignment index out of range"));
    }
    let Some(slice) = key.downcast::<Slice>() else { return Err(cx.type_error("element indices must be integers")) };
    let mut new = Vec::new();
    if let Some(v) = value {
        if type_of(v).slots.iter().is_none() && type_of(v).slots.getitem().is_none() {
            return Err(cx.type_error("assignment expects an iterable"));
        }
        new = iter::collect(cx, v)?;
        for n in &new {
            if as_element(n.as_ref()).is_none() {
                return Err(not_element(cx, n.as_ref()));
            }
        }
    }
    let (start, step, count) = indices(cx, slice, e)?;
    if value.is_some() && step != 1 && new.len() != count {
        return Err(cx.value_error(format!("attempt to assign sequence of size {} to extended slice of size {count}", new.len())));
    }
    let old: Vec<Value> = e.with(cx, |s| {
        let at: Vec<usize> =
            (0..count as i64).filter_map(|i| usize::try_from(start + i * step).ok()).filter(|i| *i < s.children.len()).collect();
        if value.is_some() && step != 1 {
            return at.iter().zip(new).map(|(i, n)| std::mem::replace(&mut s.children[*i], n)).collect();
        }
        if step == 1 {
            let from = (start.max(0) as usize).min(s.children.len());
            let to = (from + count).min(s.children.len());
            return s.children.splice(from..to, new).collect();
        }
        let mut gone = vec![false; s.children.len()];
        at.iter().for_each(|i| gone[*i] = true);
        let (mut kept, mut old) = (Vec::new(), Vec::new());
        for (c, gone) in std::mem::take(&mut s.children).into_iter().zip(gone) {
            if gone { old.push(c) } else { kept.push(c) }
        }
        s.children = kept;
        old
    });
    drop(old);
    Ok(())
}

pub fn append(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    expect(cx, a[1], "append() argument 1")?;
    add(cx, me(a[0]), a[1].to_value());
    Ok(Value::NONE.into())
}

/// Adds a child.
pub fn add(cx: &mut Cx, e: &Element, child: Value) {
    e.with(cx, |s| s.children.push(child));
}

pub fn extend(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if type_of(a[1]).slots.iter().is_none() && type_of(a[1]).slots.getitem().is_none() {
        return Err(cx.type_error("'elements' must be an iterable"));
    }
    for child in iter::collect(cx, a[1])? {
        if as_element(child.as_ref()).is_none() {
            return Err(not_element(cx, child.as_ref()));
        }
        add(cx, me(a[0]), child);
    }
    Ok(Value::NONE.into())
}

pub fn insert(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let i = int::index_size(cx, a[1])?;
    expect(cx, a[2], "insert() argument 2")?;
    let child = a[2].to_value();
    me(a[0]).with(cx, |s| {
        let len = s.children.len() as i64;
        let i = if i < 0 { (i + len).max(0) } else { i.min(len) };
        s.children.insert(i as usize, child);
    });
    Ok(Value::NONE.into())
}

pub fn remove(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    expect(cx, a[1], "remove() argument")?;
    let e = me(a[0]);
    let mut i = 0;
    loop {
        let Some(c) = e.with(cx, |s| s.children.get(i).cloned()) else {
            return Err(cx.value_error("Element.remove(x): element not found"));
        };
        if c.as_ref().is(a[1]) || compare::equal(cx, c.as_ref(), a[1])? {
            break;
        }
        i += 1;
    }
    // Comparing may have changed the element: what stands there now is removed.
    let old = e.with(cx, |s| (i < s.children.len()).then(|| s.children.remove(i)));
    drop(old);
    Ok(Value::NONE.into())
}
