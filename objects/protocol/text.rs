//! `repr`, `str`, `ascii`, `format`.

use crate::cx::Cx;
use crate::error::PyResult;
use crate::names;
use crate::types::str::{Str, as_str};
use crate::types::type_::type_of;
use gc::{Gc, Ref, Value};

fn checked(cx: &mut Cx, v: Value, method: &str) -> PyResult<Gc<Str>> {
    if as_str(v.as_ref()).is_some() {
        // SAFETY: it is a str.
        return Ok(unsafe { Gc::from_value(v) });
    }
    let n = type_of(v.as_ref()).shown_name();
    Err(cx.type_error(format!("{method} returned non-string (type {n})")))
}

/// `repr(v)`.
pub fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Gc<Str>> {
    cx.check_native_stack()?;
    cx.poll()?;
    match type_of(v).slots.repr() {
        Some(f) => {
            let r = f(cx, v)?.into_value();
            checked(cx, r, "__repr__")
        }
        None => {
            let t = type_of(v).full_name();
            Ok(Str::from_text(&format!("<{t} object at {:#x}>", v.word().unmarked().0)))
        }
    }
}

/// `str(v)`.
pub fn str(cx: &mut Cx, v: Ref<'_>) -> PyResult<Gc<Str>> {
    if v.exact::<Str>().is_some() {
        // SAFETY: it is a str.
        return Ok(unsafe { Gc::from_value(v.to_value()) });
    }
    cx.check_native_stack()?;
    match type_of(v).slots.str() {
        Some(f) => {
            let r = f(cx, v)?.into_value();
            checked(cx, r, "__str__")
        }
        None => repr(cx, v),
    }
}

/// `ascii(v)`.
pub fn ascii(cx: &mut Cx, v: Ref<'_>) -> PyResult<Gc<Str>> {
    use std::fmt::Write;
    let s = repr(cx, v)?;
    if s.is_ascii() {
        return Ok(s);
    }
    let mut out = String::new();
    for c in s.units().iter() {
        let _ = match c {
            0..=0x7f => write!(out, "{}", c as u8 as char),
            0x80..=0xff => write!(out, "\\x{c:02x}"),
            0x100..=0xffff => write!(out, "\\u{c:04x}"),
            _ => write!(out, "\\U{c:08x}"),
        };
    }
    Ok(Str::from_text(&out))
}

/// `format(v, spec)`.
pub fn format(cx: &mut Cx, v: Ref<'_>, spec: Ref<'_>) -> PyResult<Gc<Str>> {
    let empty = as_str(spec).is_some_and(Str::is_empty);
    if empty && v.exact::<Str>().is_some() {
        // SAFETY: it is a str.
        return Ok(unsafe { Gc::from_value(v.to_value()) });
    }
    if empty && v.word().is_int() {
        return str(cx, v);
    }
    match super::call::special(cx, v, names::__format__(), &[spec])? {
        Some(r) => {
            if as_str(r.as_ref()).is_none() {
                let n = type_of(r.as_ref()).shown_name();
                return Err(cx.type_error(format!("__format__ must return a str, not {n}")));
            }
            // SAFETY: it is a str.
            Ok(unsafe { Gc::from_value(r) })
        }
        None => {
            let n = type_of(v).shown_name();
            Err(cx.type_error(format!("Type {n} doesn't define __format__")))
        }
    }
}

/// Whether `v` is being shown already further out (a cycle); otherwise runs `f` with it marked.
pub fn guarded<R>(cx: &mut Cx, v: Ref<'_>, f: impl FnOnce(&mut Cx) -> PyResult<R>) -> PyResult<Option<R>> {
    let at = v.word().unmarked().0 as usize;
    if cx.repr_active.contains(&at) {
        return Ok(None);
    }
    cx.repr_active.push(at);
    let r = f(cx);
    cx.repr_active.retain(|x| *x != at);
    r.map(Some)
}

/// The text of an exact or derived str, or the TypeError "X must be str, not Y".
pub fn expect_str<'a>(cx: &mut Cx, v: Ref<'a>, what: &str) -> PyResult<&'a Str> {
    match as_str(v) {
        Some(s) => Ok(s),
        None => {
            let n = type_of(v).shown_name();
            Err(cx.type_error(format!("{what} must be str, not {n}")))
        }
    }
}
