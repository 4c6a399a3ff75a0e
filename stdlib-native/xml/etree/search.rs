//! `find`, `findall`, `findtext`, `iterfind`: plain tags here, paths in `xml.etree.ElementPath`.

use super::element::{as_element, me};
use gc::{Ref, Reg, Value};
use objects::protocol::{attr, call, compare};
use objects::types::list::List;
use objects::types::str::{Str, as_str};
use objects::{Cx, PyResult};

/// Whether a path has to be understood (and is no plain tag).
fn is_path(path: Ref<'_>) -> bool {
    let Some(s) = as_str(path) else { return true };
    let s = s.to_string_lossy();
    if s.starts_with("{*}") || s.starts_with("{}") {
        return true;
    }
    let mut inside = false;
    for c in s.chars() {
        match c {
            '{' => inside = true,
            '}' => inside = false,
            '/' | '*' | '[' | '@' | '.' if !inside => return true,
            _ => {}
        }
    }
    false
}

fn through_path(cx: &mut Cx, name: &str, args: &[Ref<'_>]) -> PyResult<Value> {
    let module = cx.host.import(cx, "xml.etree.ElementPath")?;
    let f = attr::get_text(cx, module.as_ref(), name)?.into_value();
    call::positional(cx, f.as_ref(), args)
}

/// The first child with a tag.
fn first(cx: &mut Cx, e: Ref<'_>, tag: Ref<'_>) -> PyResult<Option<Value>> {
    let mut i = 0;
    while let Some(c) = me(e).with(cx, |s| s.children.get(i).cloned()) {
        if has_tag(cx, &c, tag)? {
            return Ok(Some(c));
        }
        i += 1;
    }
    Ok(None)
}

fn has_tag(cx: &mut Cx, child: &Value, tag: Ref<'_>) -> PyResult<bool> {
    let Some(e) = as_element(child.as_ref()) else { return Ok(false) };
    let t = e.with(cx, |s| s.tag.clone());
    compare::equal(cx, t.as_ref(), tag)
}

fn namespaces<'a>(v: Ref<'a>) -> (Ref<'a>, bool) {
    match v.given() {
        Some(v) => (v, v.is_none()),
        None => (Ref::NONE, true),
    }
}

pub fn find(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (ns, none) = namespaces(a[2]);
    if is_path(a[1]) || !none {
        return through_path(cx, "find", &[a[0], a[1], ns]).map(Reg::from);
    }
    Ok(first(cx, a[0], a[1])?.unwrap_or(Value::NONE).into())
}

pub fn find_text(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let default = a[2].given().unwrap_or(Ref::NONE);
    let (ns, none) = namespaces(a[3]);
    if is_path(a[1]) || !none {
        return through_path(cx, "findtext", &[a[0], a[1], default, ns]).map(Reg::from);
    }
    let Some(c) = first(cx, a[0], a[1])? else { return Ok(default.to_value().into()) };
    let text = me(c.as_ref()).with(cx, |s| s.text.clone());
    Ok(if text.as_ref().is_none() { Str::empty().into() } else { text.into() })
}

pub fn find_all(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (ns, none) = namespaces(a[2]);
    if is_path(a[1]) || !none {
        return through_path(cx, "findall", &[a[0], a[1], ns]).map(Reg::from);
    }
    let (mut found, mut i) = (Vec::new(), 0);
    while let Some(c) = me(a[0]).with(cx, |s| s.children.get(i).cloned()) {
        if has_tag(cx, &c, a[1])? {
            found.push(c);
        }
        i += 1;
    }
    Ok(List::from_values(found).into())
}

pub fn iter_find(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (ns, _) = namespaces(a[2]);
    through_path(cx, "iterfind", &[a[0], a[1], ns]).map(Reg::from)
}
