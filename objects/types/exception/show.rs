//! Exceptions as text, where it is more than their arguments.

use super::methods::{me, str as base_str};
use super::{args_of, extra, ids};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::protocol::text as protocol_text;
use crate::types::bytes::Bytes;
use crate::types::str::{Str, as_str, text};
use crate::types::type_::{Downcast, type_of};
use ::text::builder::StrBuilder;
use gc::{Gc, Ref, Reg, Value};

/// A piece of a text.
pub enum Part<'a> {
    /// Literal.
    Text(&'a str),
    /// A str's.
    Str(&'a Str),
}

/// The pieces in one str.
pub fn joined(cx: &mut Cx, parts: &[Part<'_>]) -> PyResult<Reg> {
    let mut out = StrBuilder::new();
    for p in parts {
        match p {
            Part::Text(t) => out.push_str(t),
            Part::Str(s) => out.push_units(s.units()),
        }
    }
    Str::try_from_built(out.finish()).map(Into::into).map_err(|_| cx.memory_error())
}

fn shown(cx: &mut Cx, v: &Value) -> PyResult<Gc<Str>> {
    protocol_text::str(cx, v.as_ref())
}

pub(super) fn key_error(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let a = args_of(me(v));
    if a.len() == 1 { Ok(protocol_text::repr(cx, a.get(0))?.into()) } else { base_str(cx, v) }
}

pub(super) fn import_error(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let msg = extra(v, 0);
    if msg.as_ref().exact::<Str>().is_some() { Ok(msg.into()) } else { base_str(cx, v) }
}

pub(super) fn os_error(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let e = me(v);
    let is_set = |i: usize| e.extra[i].peek() != gc::Word::UNBOUND;
    if is_set(2) {
        let (no, what) = (shown(cx, &extra(v, 0))?, shown(cx, &extra(v, 1))?);
        let name = protocol_text::repr(cx, extra(v, 2).as_ref())?;
        let mut parts = vec![Part::Text("[Errno "), Part::Str(&no), Part::Text("] "), Part::Str(&what), Part::Text(": "), Part::Str(&name)];
        let second;
        if is_set(3) {
            second = protocol_text::repr(cx, extra(v, 3).as_ref())?;
            parts.push(Part::Text(" -> "));
            parts.push(Part::Str(&second));
        }
        return joined(cx, &parts);
    }
    if is_set(0) && is_set(1) {
        let (no, what) = (shown(cx, &extra(v, 0))?, shown(cx, &extra(v, 1))?);
        return joined(cx, &[Part::Text("[Errno "), Part::Str(&no), Part::Text("] "), Part::Str(&what)]);
    }
    base_str(cx, v)
}

pub(super) fn syntax_error(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let msg = shown(cx, &extra(v, 0))?;
    let file = extra(v, 1);
    let line = extra(v, 2);
    let file = as_str(file.as_ref()).map(|s| {
        let all = s.to_string_lossy();
        all.rsplit('/').next().unwrap_or("").to_string()
    });
    let line = if type_of(line.as_ref()).id == crate::ids::INT { Some(shown(cx, &line)?.to_string_lossy()) } else { None };
    let tail = match (file, line) {
        (None, None) => return Ok(msg.into()),
        (Some(f), Some(l)) => format!(" ({f}, line {l})"),
        (Some(f), None) => format!(" ({f})"),
        (None, Some(l)) => format!(" (line {l})"),
    };
    joined(cx, &[Part::Str(&msg), Part::Text(&tail)])
}

/// First and last position of what could not be converted, and the one item when it is one of `n`.
fn span(v: Ref<'_>, n: usize) -> (i64, i64, Option<usize>) {
    let int = |i: usize| crate::types::int::as_int(extra(v, i).as_ref()).and_then(|x| x.to_i64()).unwrap_or(0);
    let (start, end) = (int(2), int(3));
    let one = start >= 0 && start < n as i64 && end == start + 1;
    (start, end.saturating_sub(1), one.then_some(start as usize))
}

fn character(c: u32) -> String {
    match c {
        0..=0xff => format!("'\\x{c:02x}'"),
        0x100..=0xffff => format!("'\\u{c:04x}'"),
        _ => format!("'\\U{c:08x}'"),
    }
}

pub(super) fn unicode_error(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let e = me(v);
    if e.extra[1].peek() == gc::Word::UNBOUND {
        return Ok(text(""));
    }
    let reason = shown(cx, &extra(v, 4))?;
    let encoding = shown(cx, &extra(v, 0))?;
    let object = extra(v, 1);
    let t = type_of(v);
    let what = if t.is_subtype_of_id(ids::UNICODE_DECODE_ERROR) {
        let data = object.as_ref().downcast::<Bytes>().map_or(&[][..], Bytes::data);
        let (start, last, one) = span(v, data.len());
        match one.and_then(|i| data.get(i)) {
            Some(b) => format!(" codec can't decode byte 0x{b:02x} in position {start}: "),
            None => format!(" codec can't decode bytes in position {start}-{last}: "),
        }
    } else {
        let verb = if t.is_subtype_of_id(ids::UNICODE_TRANSLATE_ERROR) { "can't translate" } else { "codec can't encode" };
        let s = as_str(object.as_ref());
        let (start, last, one) = span(v, s.map_or(0, Str::len));
        match one.and_then(|i| s.and_then(|s| s.units().iter().nth(i))) {
            Some(c) => format!(" {verb} character {} in position {start}: ", character(c)),
            None => format!(" {verb} characters in position {start}-{last}: "),
        }
    };
    if t.is_subtype_of_id(ids::UNICODE_TRANSLATE_ERROR) {
        return joined(cx, &[Part::Text(&what[1..]), Part::Str(&reason)]);
    }
    joined(cx, &[Part::Text("'"), Part::Str(&encoding), Part::Text("'"), Part::Text(&what), Part::Str(&reason)])
}
