//! What `int`, `float` and `complex` share about text: the ASCII form of a numeric str, text-like arguments, and format errors.

use crate::cx::Cx;
use crate::error::{PyResult, Raised};
use crate::protocol::buffer;
use crate::types::bytes::Bytes;
use crate::types::str::{Str, as_str};
use gc::{Ref, Reg};
use text::Units;
use text::builder::StrBuilder;
use text::format_spec::FormatError;

/// The text of a number as ASCII: digits of any script become ASCII digits, whitespace of any kind a space, anything else outside ASCII a
/// question mark, which no number contains.
pub fn ascii(u: Units<'_>) -> Vec<u8> {
    u.iter()
        .map(|c| match c {
            0..=0x7f => c as u8,
            _ if text::unicode::is_space(c) => b' ',
            _ => text::unicode::decimal(c).map_or(b'?', |d| b'0' + d as u8),
        })
        .collect()
}

/// The text of an argument that is a str or bytes-like; `None` when it is neither.
pub fn argument(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Vec<u8>>> {
    if let Some(s) = as_str(v) {
        return Ok(Some(match s.as_ascii() {
            Some(a) => a.as_bytes().to_vec(),
            None => ascii(s.units()),
        }));
    }
    use crate::types::type_::Downcast;
    if let Some(b) = v.downcast::<Bytes>() {
        return Ok(Some(b.data().to_vec()));
    }
    if buffer::is_exporter(v) { buffer::bytes_of(cx, v).map(Some) } else { Ok(None) }
}

/// Without the whitespace around it.
pub fn trim(text: &[u8]) -> &[u8] {
    let space = |b: &u8| matches!(b, b' ' | 9..=13);
    let start = text.iter().take_while(|b| space(b)).count();
    let end = text[start..].iter().rev().take_while(|b| space(b)).count();
    &text[start..text.len() - end]
}

/// Raises a format error.
pub fn raise(cx: &mut Cx, e: &FormatError) -> Raised {
    match e {
        FormatError::Value(m) => cx.value_error(m),
        FormatError::Overflow(m) => cx.overflow_error(m),
    }
}

/// The result of a `__format__`: what `write` has built.
pub fn formatted(cx: &mut Cx, write: impl FnOnce(&mut StrBuilder) -> Result<(), FormatError>) -> PyResult<Reg> {
    let mut out = StrBuilder::new();
    match write(&mut out) {
        Ok(()) => Str::try_from_built(out.finish()).map(Into::into).map_err(|_| cx.memory_error()),
        Err(e) => Err(raise(cx, &e)),
    }
}

/// MemoryError for a specification whose width no str could have. (A number too large even to be read is left to the parser.)
pub fn check_width(cx: &mut Cx, spec: &Str) -> PyResult<()> {
    let (mut run, mut largest) = (0u128, 0u128);
    for c in spec.units().iter() {
        run = text::unicode::decimal(c).map_or(0, |d| run.saturating_mul(10).saturating_add(d.into()));
        largest = largest.max(run);
    }
    let too_wide = largest > u128::from(u32::MAX) && largest <= i64::MAX as u128;
    if too_wide { Err(cx.memory_error()) } else { Ok(()) }
}

/// The specification argument of a `__format__`.
pub fn spec<'a>(cx: &mut Cx, v: Ref<'a>) -> PyResult<&'a Str> {
    match as_str(v) {
        Some(s) => {
            check_width(cx, s)?;
            Ok(s)
        }
        None => {
            let n = crate::types::type_of(v).name_text();
            Err(cx.type_error(format!("__format__() argument must be str, not {n}")))
        }
    }
}
