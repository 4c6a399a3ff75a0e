//! `IncrementalNewlineDecoder`.

use super::newlines::Newlines;
use super::{ask, bytes, ids, names, tell};
use crate::guarded::{Guarded, State};
use crate::parameters;
use gc::{Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, getter, method};
use objects::protocol::truth;
use objects::types::bytes::Bytes;
use objects::types::int;
use objects::types::str::as_str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult};

/// State of a decoder.
#[derive(Default)]
pub struct Inner {
    /// The decoder in front, or None; unset before `__init__`.
    decoder: Option<Value>,
    newlines: Newlines,
}
impl State for Inner {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        crate::guarded::visit_optional(&self.decoder, visit);
    }
}
/// The decoder object.
pub type NewlineDecoder = Guarded<Inner, { ids::NEWLINE_DECODER }>;

fn me(v: Ref<'_>) -> &NewlineDecoder {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<NewlineDecoder>() }
}

fn parts(cx: &mut Cx, v: Ref<'_>) -> PyResult<(Value, Newlines)> {
    match me(v).with(cx, |s| s.decoder.clone().map(|d| (d, s.newlines))) {
        Some(p) => Ok(p),
        None => Err(cx.value_error("IncrementalNewlineDecoder.__init__() not called")),
    }
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(crate::guarded::make(class, NewlineDecoder::new(Inner::default())))
}

parameters!(PARAMETERS, "IncrementalNewlineDecoder", "(decoder, translate, errors='strict')");

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    PARAMETERS.bind(cx, args, |cx, a| {
        let translate = truth::of(cx, a[1])?;
        let decoder = a[0].to_value();
        let old = me(v).with(cx, |s| {
            s.newlines = Newlines::new(translate);
            s.decoder.replace(decoder)
        });
        drop(old);
        Ok(())
    })
}

fn decode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let last = match a[2].given() {
        Some(l) => truth::of(cx, l)?,
        None => false,
    };
    let (decoder, _) = parts(cx, a[0])?;
    let text = if decoder.as_ref().is_none() {
        a[1].to_value()
    } else {
        tell(cx, decoder.as_ref(), names::decode(), &[a[1], Value::bool(last).as_ref()])?
    };
    if as_str(text.as_ref()).is_none() {
        let n = type_of(text.as_ref()).name_text();
        return Err(cx.type_error(format!("decoder should return a string result, not '{n}'")));
    }
    let (_, mut newlines) = parts(cx, a[0])?;
    let out = newlines.feed(cx, text, last)?;
    me(a[0]).with(cx, |s| s.newlines = newlines);
    Ok(out.into())
}

/// Takes apart what a decoder's `getstate` gave.
pub fn state_parts(cx: &mut Cx, state: &Value) -> PyResult<(Value, i64)> {
    let Some(t) = state.as_ref().downcast::<Tuple>().filter(|t| t.len() == 2) else {
        return Err(cx.type_error("illegal decoder state"));
    };
    if t.get(0).downcast::<Bytes>().is_none() && !objects::protocol::buffer::is_exporter(t.get(0)) {
        let n = type_of(t.get(0)).name_text();
        return Err(cx.type_error(format!("illegal decoder state: the first item should be a bytes object, not '{n}'")));
    }
    let flags = int::index_i64(cx, t.get(1))?;
    Ok((t.get(0).to_value(), flags))
}

fn getstate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (decoder, newlines) = parts(cx, a[0])?;
    let (buffer, flag) = if decoder.as_ref().is_none() {
        (bytes(cx, b"")?, 0)
    } else {
        let state = ask(cx, decoder.as_ref(), names::getstate())?;
        state_parts(cx, &state)?
    };
    let flag = int::from_i128(i128::from(flag) << 1 | i128::from(newlines.pending_cr));
    Ok(Tuple::from_values(vec![buffer, flag]).into())
}

fn setstate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (decoder, _) = parts(cx, a[0])?;
    let Some(t) = a[1].downcast::<Tuple>() else { return Err(cx.type_error("state argument must be a tuple")) };
    if t.len() != 2 {
        return Err(cx.type_error("setstate(): illegal state argument"));
    }
    let flag = int::index_i64(cx, t.get(1))?;
    me(a[0]).with(cx, |s| s.newlines.pending_cr = flag & 1 != 0);
    if !decoder.as_ref().is_none() {
        let inner = Tuple::from_values(vec![t.get(0).to_value(), int::from_i64(flag >> 1)]);
        return tell(cx, decoder.as_ref(), names::setstate(), &[inner.value().as_ref()]).map(Reg::from);
    }
    Ok(Value::NONE.into())
}

fn reset(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (decoder, _) = parts(cx, a[0])?;
    me(a[0]).with(cx, |s| s.newlines.reset());
    if !decoder.as_ref().is_none() {
        return ask(cx, decoder.as_ref(), names::reset()).map(Reg::from);
    }
    Ok(Value::NONE.into())
}

static METHODS: &[Method] = &[
    method("decode", "($self, /, input, final=False)", decode, "Decodes and translates newlines."),
    method("getstate", "($self, /)", getstate, "The state."),
    method("setstate", "($self, state, /)", setstate, "Sets the state."),
    method("reset", "($self, /)", reset, "Forgets everything."),
];
static GETSETS: &[GetSet] = &[getter("newlines", |cx, v| parts(cx, v).map(|(_, n)| n.seen().into()), "The newlines seen.")];

/// `_io.IncrementalNewlineDecoder`.
pub static DECODER_TYPE: TypeSpec = TypeSpec::of::<NewlineDecoder>("_io.IncrementalNewlineDecoder")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), init: Some(init), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("Translates newlines behind another decoder.");
