//! The registry of codecs and error handlers, one per process.

use super::handlers;
use crate::cx::Cx;
use crate::error::{PyResult, Raised};
use crate::protocol::{attr, call, truth};
use crate::types::dict::Dict;
use crate::types::exception;
use crate::types::list::List;
use crate::types::str::{Str, as_str};
use crate::types::tuple::Tuple;
use crate::types::type_::{Downcast, type_of};
use gc::{Payload, Ref, Reg, Value, Word};
use std::sync::OnceLock;
use sync::prim::{AtomicBool, Ordering};
use text::codec::handlers::Handler;

/// Words of the immortal containers: search functions, codecs found so far, error handlers that were registered.
static STATE: OnceLock<[u64; 3]> = OnceLock::new();
/// Whether `encodings` has been asked to register its search function.
static ENCODINGS: AtomicBool = AtomicBool::new(false);

fn state(i: usize) -> Ref<'static> {
    let words = STATE.get_or_init(|| {
        let (path, cache, errors) = (List::new(), Dict::new(), Dict::new());
        path.header().make_immortal();
        cache.header().make_immortal();
        errors.header().make_immortal();
        [path.into_value().into_word().0, cache.into_value().into_word().0, errors.into_value().into_word().0]
    });
    // SAFETY: immortal cells.
    unsafe { Ref::from_word(Word(words[i])) }
}

fn path() -> &'static List {
    // SAFETY: made as a list.
    unsafe { state(0).cast() }
}
fn cache() -> &'static Dict {
    // SAFETY: made as a dict.
    unsafe { state(1).cast() }
}
fn errors() -> &'static Dict {
    // SAFETY: made as a dict.
    unsafe { state(2).cast() }
}

/// `codecs.register`
pub fn register(cx: &mut Cx, search: Ref<'_>) -> PyResult<()> {
    if !call::is_callable(search) {
        return Err(cx.type_error("argument must be callable"));
    }
    path().append(cx, search.to_value())
}

/// `codecs.unregister`
pub fn unregister(cx: &mut Cx, search: Ref<'_>) -> PyResult<()> {
    let items = path().snapshot(cx);
    if let Some(i) = items.iter().position(|f| f.as_ref().is(search)) {
        drop(path().remove_at(i as i64));
        cache().clear();
    }
    Ok(())
}

/// Forgets one codec.
pub fn forget(cx: &mut Cx, name: Ref<'_>) -> PyResult<()> {
    cache().remove(cx, name).map(drop)
}

fn unknown(cx: &mut Cx, name: &str) -> Raised {
    cx.error(exception::ids::LOOKUP_ERROR, format!("unknown encoding: {name}"))
}

/// The codec (a tuple of four) of an encoding.
pub fn lookup(cx: &mut Cx, encoding: &Str) -> PyResult<Value> {
    let shown = encoding.to_string_lossy();
    if shown.contains('\0') {
        return Err(cx.value_error("embedded null character"));
    }
    let normal: String = shown.chars().map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect();
    let key = crate::types::str::intern::intern(Str::from_text(&normal).into_value());
    if let Some(found) = cache().get(cx, key.as_ref())? {
        return Ok(found.into_value());
    }
    if path().is_empty() && (crate::cx::MULTI.load(Ordering::Relaxed) || !ENCODINGS.swap(true, Ordering::Relaxed)) {
        // Another thread may be at it: then this waits.
        drop(cx.host.import(cx, "encodings")?);
    }
    for search in path().snapshot(cx) {
        let r = call::positional(cx, search.as_ref(), &[key.as_ref()])?;
        if r.as_ref().is_none() {
            continue;
        }
        if r.as_ref().downcast::<Tuple>().is_none_or(|t| t.len() != 4) {
            return Err(cx.type_error("codec search functions must return 4-tuples"));
        }
        cache().set(cx, key.as_ref(), r.as_ref())?;
        return Ok(r);
    }
    Err(unknown(cx, &shown))
}

/// The codec for `str.encode` and `bytes.decode`: a text encoding.
fn text_codec(cx: &mut Cx, encoding: &Str, alternative: &str) -> PyResult<Value> {
    let codec = lookup(cx, encoding)?;
    if codec.as_ref().exact::<Tuple>().is_none() {
        let name = crate::types::str::intern::intern(Str::from_text("_is_text_encoding").into_value());
        if let Some(flag) = attr::get_optional(cx, codec.as_ref(), name.as_ref())?
            && !truth::of(cx, flag.as_ref())?
        {
            let n = encoding.to_string_lossy();
            return Err(cx.error(
                exception::ids::LOOKUP_ERROR,
                format!("'{n}' is not a text encoding; use {alternative} to handle arbitrary codecs"),
            ));
        }
    }
    Ok(codec)
}

fn run(cx: &mut Cx, codec: &Value, which: usize, object: Ref<'_>, errors: Option<&Str>) -> PyResult<Value> {
    let f = match codec.as_ref().downcast::<Tuple>() {
        Some(t) if t.len() == 4 => t.get(which).to_value(),
        _ => return Err(cx.type_error("codec search functions must return 4-tuples")),
    };
    let mut args = vec![object];
    args.extend(errors.map(Payload::as_ref));
    let r = call::positional(cx, f.as_ref(), &args)?;
    match r.as_ref().downcast::<Tuple>() {
        Some(t) if t.len() == 2 => Ok(t.get(0).to_value()),
        _ => Err(cx.type_error(if which == 0 {
            "encoder must return a tuple (object, integer)"
        } else {
            "decoder must return a tuple (object,integer)"
        })),
    }
}

/// Adds a note on which codec failed, as CPython does.
fn noted(cx: &mut Cx, r: PyResult<Value>, encoding: &Str, what: &str) -> PyResult<Value> {
    let Err(e) = r else { return r };
    let exc = cx.catch(e);
    let note = format!("{what} with '{}' codec failed", encoding.to_string_lossy());
    exception::methods::add_note(cx, exc.as_ref(), &note);
    Err(cx.raise(exc))
}

/// `codecs.encode`
pub fn encode(cx: &mut Cx, object: Ref<'_>, encoding: &Str, errors: Option<&Str>) -> PyResult<Value> {
    let codec = lookup(cx, encoding)?;
    let r = run(cx, &codec, 0, object, errors);
    noted(cx, r, encoding, "encoding")
}

/// `codecs.decode`
pub fn decode(cx: &mut Cx, object: Ref<'_>, encoding: &Str, errors: Option<&Str>) -> PyResult<Value> {
    let codec = lookup(cx, encoding)?;
    let r = run(cx, &codec, 1, object, errors);
    noted(cx, r, encoding, "decoding")
}

/// `str.encode` by the registry.
pub fn encode_text(cx: &mut Cx, object: Ref<'_>, encoding: &Str, errors: Option<&Str>) -> PyResult<Value> {
    let codec = text_codec(cx, encoding, "codecs.encode()")?;
    let r = run(cx, &codec, 0, object, errors);
    let v = noted(cx, r, encoding, "encoding")?;
    if v.as_ref().downcast::<crate::types::bytes::Bytes>().is_some() {
        return Ok(v);
    }
    if v.as_ref().downcast::<crate::types::bytearray::ByteArray>().is_some() {
        let data = crate::protocol::buffer::bytes_of(cx, v.as_ref())?;
        return crate::types::bytes::shared::new_bytes(cx, &data);
    }
    let (e, n) = (encoding.to_string_lossy(), type_of(v.as_ref()).name_text());
    Err(cx.type_error(format!("'{e}' encoder returned '{n}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types")))
}

/// `bytes.decode` by the registry.
pub fn decode_text(cx: &mut Cx, object: Ref<'_>, encoding: &Str, errors: Option<&Str>) -> PyResult<Value> {
    let codec = text_codec(cx, encoding, "codecs.decode()")?;
    let r = run(cx, &codec, 1, object, errors);
    let v = noted(cx, r, encoding, "decoding")?;
    if as_str(v.as_ref()).is_some() {
        return Ok(v);
    }
    let (e, n) = (encoding.to_string_lossy(), type_of(v.as_ref()).name_text());
    Err(cx.type_error(format!("'{e}' decoder returned '{n}' instead of 'str'; use codecs.decode() to decode to arbitrary types")))
}

/// `codecs.register_error`
pub fn register_error(cx: &mut Cx, name: &Str, handler: Ref<'_>) -> PyResult<()> {
    if !call::is_callable(handler) {
        return Err(cx.type_error("handler must be callable"));
    }
    errors().set(cx, Payload::as_ref(name), handler)
}

/// `_codecs._unregister_error`: whether there was such a handler.
pub fn unregister_error(cx: &mut Cx, name: &Str) -> PyResult<bool> {
    if Handler::named(&name.to_string_lossy()).is_some() {
        let n = name.to_string_lossy();
        return Err(cx.value_error(format!("cannot un-register built-in error handler '{n}'")));
    }
    Ok(errors().remove(cx, Payload::as_ref(name))?.is_some())
}

/// How an error is handled.
pub enum Handling {
    /// By a builtin handler.
    Builtin(Handler),
    /// By calling something.
    Call(Value),
}

/// The handler of a name; LookupError when there is none.
pub fn handling(cx: &mut Cx, name: &str) -> PyResult<Handling> {
    if let Some(f) = errors().get_str(name) {
        return Ok(Handling::Call(f.into_value()));
    }
    match Handler::named(name) {
        Some(h) => Ok(Handling::Builtin(h)),
        None => Err(cx.error(exception::ids::LOOKUP_ERROR, format!("unknown error handler name '{name}'"))),
    }
}

/// `codecs.lookup_error`
pub fn lookup_error(cx: &mut Cx, name: &str) -> PyResult<Reg> {
    match handling(cx, name)? {
        Handling::Call(f) => Ok(f.into()),
        Handling::Builtin(_) => Ok(handlers::named_function(name).into()),
    }
}

/// A value that stays for the whole process, made once.
pub(super) fn constant(slot: &OnceLock<u64>, make: impl FnOnce() -> Value) -> Value {
    let w = *slot.get_or_init(|| {
        let v = make();
        if let Some(h) = v.as_ref().header() {
            h.make_immortal();
        }
        v.into_word().0
    });
    // SAFETY: an immortal cell.
    unsafe { Value::from_word(Word(w)) }
}
