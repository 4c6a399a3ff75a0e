//! Error handlers: the builtin ones as functions, and calling those that Python code has registered.

use super::registry::constant;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::native::{Method, function, new_function};
use crate::protocol::call;
use crate::types::bytes::Bytes;
use crate::types::exception::{self, as_exception};
use crate::types::int;
use crate::types::str::{Str, as_str};
use crate::types::tuple::Tuple;
use crate::types::type_::{Downcast, type_of};
use gc::{Gc, Ref, Reg, Value};
use std::sync::OnceLock;
use text::Units;
use text::codec::CodecError;
use text::codec::handlers::{Handler, Replacement, SurrogateCodec, on_decode_error, on_encode_error};

static TABLE: [(&str, Method); 8] = [
    ("strict", function("strict_errors", "($module, exc, /)", strict, "Raises the exception.")),
    (
        "ignore",
        function("ignore_errors", "($module, exc, /)", |cx, a| handle(cx, a[0], Handler::Ignore), "Leaves out what cannot be converted."),
    ),
    (
        "replace",
        function("replace_errors", "($module, exc, /)", |cx, a| handle(cx, a[0], Handler::Replace), "Puts a replacement character."),
    ),
    (
        "xmlcharrefreplace",
        function(
            "xmlcharrefreplace_errors",
            "($module, exc, /)",
            |cx, a| handle(cx, a[0], Handler::XmlCharRefReplace),
            "Puts XML character references.",
        ),
    ),
    (
        "backslashreplace",
        function(
            "backslashreplace_errors",
            "($module, exc, /)",
            |cx, a| handle(cx, a[0], Handler::BackslashReplace),
            "Puts backslash escapes.",
        ),
    ),
    (
        "namereplace",
        function("namereplace_errors", "($module, exc, /)", |cx, a| handle(cx, a[0], Handler::NameReplace), "Puts \\N{...} escapes."),
    ),
    (
        "surrogatepass",
        function("surrogatepass", "($module, exc, /)", |cx, a| handle(cx, a[0], Handler::SurrogatePass), "Converts lone surrogates."),
    ),
    (
        "surrogateescape",
        function(
            "surrogateescape",
            "($module, exc, /)",
            |cx, a| handle(cx, a[0], Handler::SurrogateEscape),
            "Hides bytes in lone surrogates.",
        ),
    ),
];
static FUNCTIONS: [OnceLock<u64>; 8] = [const { OnceLock::new() }; 8];

/// The function object of a builtin handler.
pub fn function_at(i: usize) -> Value {
    constant(&FUNCTIONS[i], || new_function(&TABLE[i].1, Str::intern_text("_codecs")).into_value())
}

/// The function object of the builtin handler of that name (strict for unknown names).
pub fn named_function(name: &str) -> Value {
    function_at(TABLE.iter().position(|t| t.0 == name).unwrap_or(0))
}

fn strict(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if as_exception(a[0]).is_some() {
        return Err(cx.raise(a[0].to_value()));
    }
    Err(cx.type_error("codec must pass exception instance"))
}

/// Position attributes of a Unicode error, fitted to the object's length.
fn range(exc: Ref<'_>, len: usize) -> (usize, usize) {
    let at = |i: usize| int::as_int(exception::extra(exc, i).as_ref()).and_then(int::IntRef::to_i64).unwrap_or(0).max(0) as usize;
    let start = at(2).min(len.saturating_sub(1));
    let end = at(3).max(1).min(len);
    (start, end.max(start))
}

fn pair(cx: &mut Cx, v: Result<Gc<Str>, crate::types::str::NoMemory>, at: usize) -> PyResult<Reg> {
    match v {
        Ok(s) => Ok(Tuple::from_values(vec![s.into_value(), int::from_usize(at)]).into()),
        Err(_) => Err(cx.memory_error()),
    }
}

/// What a builtin handler answers to an exception.
fn handle(cx: &mut Cx, exc: Ref<'_>, handler: Handler) -> PyResult<Reg> {
    use exception::ids::{UNICODE_DECODE_ERROR, UNICODE_ENCODE_ERROR, UNICODE_TRANSLATE_ERROR};
    let t = type_of(exc);
    let object = exception::extra(exc, 1);
    let encoding = as_str(exception::extra(exc, 0).as_ref()).map(Str::to_string_lossy).unwrap_or_default();
    let codec = SurrogateCodec::named(&encoding);
    let only_encode = matches!(handler, Handler::XmlCharRefReplace | Handler::NameReplace);
    let only_codec = matches!(handler, Handler::SurrogateEscape | Handler::SurrogatePass);
    if t.is_subtype_of_id(UNICODE_ENCODE_ERROR)
        && let Some(s) = as_str(object.as_ref())
    {
        let (start, end) = range(exc, s.len());
        let e = CodecError { start, end, reason: "" };
        return match on_encode_error(handler, s.units(), &e, codec) {
            Some(Replacement::Text(t)) => pair(cx, Str::try_from_units(Units::Four(&t)), end),
            Some(Replacement::Bytes(b)) => {
                let b = crate::types::bytes::shared::new_bytes(cx, &b)?;
                Ok(Tuple::from_values(vec![b, int::from_usize(end)]).into())
            }
            None => Err(cx.raise(exc.to_value())),
        };
    }
    if t.is_subtype_of_id(UNICODE_DECODE_ERROR)
        && !only_encode
        && let Some(b) = object.as_ref().downcast::<Bytes>()
    {
        let (start, end) = range(exc, b.data().len());
        let e = CodecError { start, end, reason: "" };
        return match on_decode_error(handler, b.data(), &e, codec) {
            Some((t, next)) => pair(cx, Str::try_from_units(Units::Four(&t)), next),
            None => Err(cx.raise(exc.to_value())),
        };
    }
    if t.is_subtype_of_id(UNICODE_TRANSLATE_ERROR)
        && !only_encode
        && !only_codec
        && let Some(s) = as_str(object.as_ref())
    {
        let (start, end) = range(exc, s.len());
        let e = CodecError { start, end, reason: "" };
        if handler == Handler::Replace {
            return pair(cx, Str::try_from_units(Units::Four(&vec![0xfffd; end - start])), end);
        }
        if let Some(Replacement::Text(t)) = on_encode_error(handler, s.units(), &e, None) {
            return pair(cx, Str::try_from_units(Units::Four(&t)), end);
        }
    }
    let n = t.name_text();
    Err(cx.type_error(format!("don't know how to handle {n} in error callback")))
}

/// What a registered handler answered: the replacement (a str, or bytes when encoding) and the position to go on from.
pub fn ask(cx: &mut Cx, handler: Ref<'_>, exc: &Value, encoding: bool, len: impl FnOnce(&Value) -> usize) -> PyResult<(Value, usize)> {
    let r = call::positional(cx, handler, &[exc.as_ref()])?;
    let what = if encoding {
        "encoding error handler must return (str/bytes, int) tuple"
    } else {
        "decoding error handler must return (str, int) tuple"
    };
    let Some(t) = r.as_ref().downcast::<Tuple>().filter(|t| t.len() == 2) else { return Err(cx.type_error(what)) };
    let fits = as_str(t.get(0)).is_some() || (encoding && t.get(0).downcast::<Bytes>().is_some());
    if !fits {
        return Err(cx.type_error(what));
    }
    let given = int::index_i64(cx, t.get(1))?;
    let n = len(exc) as i64;
    let at = if given < 0 { given.saturating_add(n) } else { given };
    if at < 0 || at > n {
        return Err(cx.index_error(format!("position {at} from error handler out of bounds")));
    }
    Ok((t.get(0).to_value(), at as usize))
}
