//! `translate` and `maketrans`.

use super::methods::{built, exact, expect, me};
use super::{Str, as_str};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::protocol::{item, iter};
use crate::types::dict::Dict;
use crate::types::exception;
use crate::types::int::{self, as_int};
use crate::types::tuple::Tuple;
use crate::types::type_::Downcast;
use gc::{Ref, Reg, Value};
use std::collections::HashMap;
use text::builder::StrBuilder;

/// What a table has for a character: LookupError means "leave it".
pub fn mapped(cx: &mut Cx, table: Ref<'_>, c: u32) -> PyResult<Option<Value>> {
    let key = int::from_i64(i64::from(c));
    match item::get(cx, table, key.as_ref()) {
        Ok(v) => Ok(Some(v.into_value())),
        Err(e) => {
            drop(cx.catch_if(e, exception::ids::LOOKUP_ERROR)?);
            Ok(None)
        }
    }
}

/// Appends what replaces `c`.
fn push_mapped(cx: &mut Cx, out: &mut StrBuilder, table: Ref<'_>, c: u32) -> PyResult<()> {
    let Some(v) = mapped(cx, table, c)? else {
        out.push(c);
        return Ok(());
    };
    if v.as_ref().is_none() {
        return Ok(());
    }
    if let Some(i) = as_int(v.as_ref()) {
        return match i.to_i64().and_then(|i| u32::try_from(i).ok()).filter(|c| *c < 0x11_0000) {
            Some(c) => {
                out.push(c);
                Ok(())
            }
            None => Err(cx.value_error("character mapping must be in range(0x110000)")),
        };
    }
    match as_str(v.as_ref()) {
        Some(s) => {
            out.push_units(s.units());
            Ok(())
        }
        None => Err(cx.type_error("character mapping must return integer, None or str")),
    }
}

/// `str.translate`
pub(super) fn translate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = me(a[0]);
    if s.is_empty() {
        return exact(cx, a[0]);
    }
    let mut out = StrBuilder::with_capacity(s.len());
    // A plain dict answers the same for the same character, so ASCII is asked once each.
    let mut known: [Option<Option<u8>>; 128] = [None; 128];
    let plain = a[1].exact::<Dict>().is_some();
    for c in s.units().iter() {
        if plain && c < 128 {
            match known[c as usize] {
                Some(Some(b)) => {
                    out.push(u32::from(b));
                    continue;
                }
                Some(None) => {}
                None => {
                    let before = out.len();
                    push_mapped(cx, &mut out, a[1], c)?;
                    let one = if out.len() == before + 1 { out.units().get(before).and_then(|c| u8::try_from(c).ok()) } else { None };
                    known[c as usize] = Some(one);
                    continue;
                }
            }
        }
        push_mapped(cx, &mut out, a[1], c)?;
        if out.len() > u32::MAX as usize {
            return Err(cx.memory_error());
        }
    }
    built(cx, out)
}

/// `str.maketrans`
pub(super) fn maketrans(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let table = Dict::new();
    let Some(y) = a[1].given() else {
        let Some(d) = a[0].downcast::<Dict>() else {
            return Err(cx.type_error("if you give only one argument to maketrans it must be a dict"));
        };
        return from_dict(cx, d, &table).map(|()| table.into());
    };
    let Some(x) = as_str(a[0]) else {
        return Err(cx.type_error("first maketrans argument must be a string if there is a second argument"));
    };
    let y = expect(cx, y, "maketrans() argument 2")?;
    let z = a[2].given().map(|z| expect(cx, z, "maketrans() argument 3")).transpose()?;
    if x.len() != y.len() {
        return Err(cx.value_error("the first two maketrans arguments must have equal length"));
    }
    let mut all: HashMap<u32, ()> = HashMap::new();
    for (c, d) in x.units().iter().zip(y.units().iter()) {
        let (c, d) = (int::from_i64(i64::from(c)), int::from_i64(i64::from(d)));
        table.set(cx, c.as_ref(), d.as_ref())?;
    }
    for c in z.map(Str::units).into_iter().flat_map(text::Units::iter) {
        if all.insert(c, ()).is_none() {
            let c = int::from_i64(i64::from(c));
            table.set(cx, c.as_ref(), Ref::NONE)?;
        }
    }
    Ok(table.into())
}

fn from_dict(cx: &mut Cx, d: &Dict, table: &Dict) -> PyResult<()> {
    let items = crate::protocol::call::method(cx, gc::Payload::as_ref(d), crate::names::items(), &[])?.into_value();
    for pair in iter::collect(cx, items.as_ref())? {
        let Some(pair) = pair.as_ref().exact::<Tuple>().filter(|t| t.len() == 2) else { continue };
        let (key, value) = (pair.get(0), pair.get(1));
        if let Some(s) = as_str(key) {
            if s.len() != 1 {
                return Err(cx.value_error("string keys in translatetable must be of length 1"));
            }
            let c = int::from_i64(i64::from(s.units().at(0)));
            table.set(cx, c.as_ref(), value)?;
        } else if as_int(key).is_some() {
            table.set(cx, key, value)?;
        } else {
            return Err(cx.type_error("keys in translate table mustbe strings or integers"));
        }
    }
    Ok(())
}
