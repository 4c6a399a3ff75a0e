//! Case conversion with short ways for ASCII.

use super::Str;
use super::methods::{built, made, me};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use gc::{Ref, Reg};

fn ascii(cx: &mut Cx, data: &[u8], f: fn(&u8) -> u8) -> PyResult<Reg> {
    if data.len() < 2 {
        let bytes: Vec<u8> = data.iter().map(f).collect();
        let r = Str::try_from_latin1(&bytes);
        return made(cx, r);
    }
    // SAFETY: all bytes are written; case conversion of ASCII stays in it.
    let r = unsafe {
        Str::try_build(ids::STR, data.len(), 1, true, 0, |p| {
            for (i, b) in data.iter().enumerate() {
                p.add(i).write(f(b));
            }
        })
    };
    made(cx, r)
}

/// `str.lower()`
pub(super) fn lower(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = me(a[0]);
    if s.is_ascii() { ascii(cx, s.raw(), u8::to_ascii_lowercase) } else { built(cx, text::casing::lower(s.units())) }
}

/// `str.upper()`
pub(super) fn upper(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = me(a[0]);
    if s.is_ascii() { ascii(cx, s.raw(), u8::to_ascii_uppercase) } else { built(cx, text::casing::upper(s.units())) }
}
