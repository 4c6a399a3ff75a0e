//! `_codecs`: the registry and the builtin codecs.

use objects::codecs::{self, Decoded, Fast, registry};
use objects::native::{Method, function};
use objects::protocol::buffer;
use objects::protocol::truth;
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::{new_bytes, operand};
use objects::types::dict::Dict;
use objects::types::exception;
use objects::types::int::{self, as_int};
use objects::types::module::ModuleDef;
use objects::types::str::convert::mapped;
use objects::types::str::methods::{expect, shown_type};
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::{Downcast, type_of};
use objects::{Cx, PyResult, Ref, Reg, Value};
use text::builder::StrBuilder;
use text::codec::escapes::{BytesEscapeError, DubiousEscape};
use text::codec::{ByteOrder, CodecError, Progress};
use text::unicode::names::{Named, lookup as named};
use text::{Units, codec};

fn errors_of(cx: &mut Cx, v: Ref<'_>, name: &str) -> PyResult<String> {
    match v.given().filter(|v| !v.is_none()) {
        None => Ok("strict".to_string()),
        Some(v) => match as_str(v) {
            Some(s) => Ok(s.to_string_lossy()),
            None => Err(cx.type_error(format!("{name}() argument 2 must be str or None, not {}", shown_type(v)))),
        },
    }
}

fn last_of(cx: &mut Cx, v: Ref<'_>, default: bool) -> PyResult<bool> {
    match v.given() {
        Some(v) => truth::of(cx, v),
        None => Ok(default),
    }
}

fn order_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<ByteOrder>> {
    let n = match v.given() {
        Some(v) => int::index_i64(cx, v)?,
        None => 0,
    };
    Ok(match n {
        0 => None,
        n if n < 0 => Some(ByteOrder::Little),
        _ => Some(ByteOrder::Big),
    })
}

fn encoded(cx: &mut Cx, data: &[u8], used: usize) -> PyResult<Reg> {
    let b = new_bytes(cx, data)?;
    Ok(Tuple::from_values(vec![b, int::from_usize(used)]).into())
}

fn decoded(cx: &mut Cx, text: StrBuilder, used: usize) -> PyResult<Reg> {
    match Str::try_from_built(text.finish()) {
        Ok(s) => Ok(Tuple::from_values(vec![s.into_value(), int::from_usize(used)]).into()),
        Err(_) => Err(cx.memory_error()),
    }
}

fn encode_fast(cx: &mut Cx, a: &[Ref<'_>], codec: Fast, name: &str) -> PyResult<Reg> {
    let s = expect(cx, a[0], &format!("{name}() argument 1"))?;
    let errors = errors_of(cx, a[1], name)?;
    let out = codecs::encode_fast(cx, a[0], codec, &errors)?;
    encoded(cx, &out, s.len())
}

fn decode_fast(cx: &mut Cx, a: &[Ref<'_>], codec: Fast, last: bool, name: &str) -> PyResult<Decoded> {
    let errors = errors_of(cx, a[1], name)?;
    let data = operand(cx, a[0])?;
    codecs::decode_fast(cx, &data, codec, &errors, last)
}

macro_rules! fast {
    ($cx:ident, $a:ident, $codec:expr, $name:literal) => {{
        let last = last_of($cx, $a[2], false)?;
        let d = decode_fast($cx, $a, $codec, last, $name)?;
        decoded($cx, d.text, d.consumed)
    }};
}

fn encode_ordered(cx: &mut Cx, a: &[Ref<'_>], wide: bool, name: &str) -> PyResult<Reg> {
    let order = order_of(cx, a[2])?;
    encode_fast(cx, a, if wide { Fast::Utf32(order) } else { Fast::Utf16(order) }, name)
}

fn decode_ordered(cx: &mut Cx, a: &[Ref<'_>], wide: bool, name: &str) -> PyResult<Reg> {
    let order = order_of(cx, a[2])?;
    let last = last_of(cx, a[3], false)?;
    let d = decode_fast(cx, a, if wide { Fast::Utf32(order) } else { Fast::Utf16(order) }, last, name)?;
    let order = match d.order {
        None => 0,
        Some(ByteOrder::Little) => -1,
        Some(ByteOrder::Big) => 1,
    };
    match Str::try_from_built(d.text.finish()) {
        Ok(s) => Ok(Tuple::from_values(vec![s.into_value(), int::from_usize(d.consumed), int::from_i64(order)]).into()),
        Err(_) => Err(cx.memory_error()),
    }
}

fn utf_7_encode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = expect(cx, a[0], "utf_7_encode() argument 1")?;
    errors_of(cx, a[1], "utf_7_encode")?;
    encoded(cx, &codec::utf7::encode(s.units()), s.len())
}

fn utf_7_decode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let errors = errors_of(cx, a[1], "utf_7_decode")?;
    let last = last_of(cx, a[2], false)?;
    let data = operand(cx, a[0])?;
    let mut out = StrBuilder::new();
    let mut decoder = codec::utf7::Decoder::default();
    let n = codecs::decode_with(cx, &data, "utf7", &errors, &mut out, &mut |d, i, o| decoder.decode(d, i, o, last))?;
    decoded(cx, out, n)
}

fn unicode_escape_encode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = expect(cx, a[0], "unicode_escape_encode() argument 1")?;
    encoded(cx, &codec::escapes::encode_unicode_escape(s.units()), s.len())
}

fn raw_unicode_escape_encode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = expect(cx, a[0], "raw_unicode_escape_encode() argument 1")?;
    encoded(cx, &codec::escapes::encode_raw_unicode_escape(s.units()), s.len())
}

/// The bytes of an argument that may also be a str (as UTF-8).
fn text_or_bytes(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<u8>> {
    match as_str(v) {
        Some(_) => codecs::encode_fast(cx, v, Fast::Utf8, "strict"),
        None => buffer::bytes_of(cx, v),
    }
}

fn warn_escape(cx: &mut Cx, data: &[u8], d: DubiousEscape) -> PyResult<()> {
    let message = match d.octal {
        Some(n) => format!("\"\\{n:o}\" is an invalid octal escape sequence. Such sequences will not work in the future. "),
        None => {
            let c = data.get(d.at + 1).copied().unwrap_or(b'?') as char;
            format!("\"\\{c}\" is an invalid escape sequence. Such sequences will not work in the future. ")
        }
    };
    let category = objects::types::type_::type_value(exception::ids::DEPRECATION_WARNING);
    cx.host.warn(cx, category.as_ref(), &message, 1)
}

fn character(name: &[u8]) -> Option<u32> {
    match named(std::str::from_utf8(name).ok()?)? {
        Named::Character(c) => Some(c),
        Named::Sequence(_) => None,
    }
}

fn unicode_escape_decode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let errors = errors_of(cx, a[1], "unicode_escape_decode")?;
    let last = last_of(cx, a[2], true)?;
    let data = text_or_bytes(cx, a[0])?;
    let mut out = StrBuilder::new();
    let mut dubious = None;
    let n = codecs::decode_with(cx, &data, "unicodeescape", &errors, &mut out, &mut |d, i, o| {
        codec::escapes::decode_unicode_escape(d, i, o, last, character, &mut dubious)
    })?;
    if let Some(d) = dubious {
        warn_escape(cx, &data, d)?;
    }
    decoded(cx, out, n)
}

fn raw_unicode_escape_decode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let errors = errors_of(cx, a[1], "raw_unicode_escape_decode")?;
    let last = last_of(cx, a[2], true)?;
    let data = text_or_bytes(cx, a[0])?;
    let mut out = StrBuilder::new();
    let n = codecs::decode_with(cx, &data, "rawunicodeescape", &errors, &mut out, &mut |d, i, o| {
        codec::escapes::decode_raw_unicode_escape(d, i, o, last)
    })?;
    decoded(cx, out, n)
}

fn escape_encode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(b) = a[0].downcast::<Bytes>() else {
        return Err(cx.type_error(format!("escape_encode() argument 1 must be bytes, not {}", shown_type(a[0]))));
    };
    let mut out = Vec::with_capacity(b.data().len());
    for c in b.data() {
        match c {
            b'\'' | b'\\' => out.extend([b'\\', *c]),
            _ => out.extend(codec::escapes::encode_unicode_escape(Units::One(&[*c]))),
        }
    }
    encoded(cx, &out, b.data().len())
}

fn escape_decode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let errors = errors_of(cx, a[1], "escape_decode")?;
    let data = text_or_bytes(cx, a[0])?;
    let (mut out, mut at, mut dubious) = (Vec::new(), 0, None);
    loop {
        match codec::escapes::decode_bytes_escape(&data, at, &mut out, &mut dubious) {
            Ok(()) => break,
            Err(BytesEscapeError::Trailing) => return Err(cx.value_error("Trailing \\ in string")),
            Err(BytesEscapeError::Hex { at: bad, resume }) => {
                match &errors[..] {
                    "strict" => return Err(cx.value_error(format!("invalid \\x escape at position {bad}"))),
                    "replace" => out.push(b'?'),
                    "ignore" => {}
                    other => return Err(cx.value_error(format!("decoding error; unknown error handling code: {other}"))),
                }
                at = resume;
            }
        }
    }
    if let Some(d) = dubious {
        warn_escape(cx, &data, d)?;
    }
    encoded(cx, &out, data.len())
}

/// What a charmap has for a character, as bytes; `None` when undefined.
fn charmap_bytes(cx: &mut Cx, map: Ref<'_>, c: u32) -> PyResult<Option<Vec<u8>>> {
    let Some(v) = mapped(cx, map, c)? else { return Ok(None) };
    if v.as_ref().is_none() {
        return Ok(None);
    }
    if let Some(i) = as_int(v.as_ref()) {
        return match i.to_i64().and_then(|i| u8::try_from(i).ok()) {
            Some(b) => Ok(Some(vec![b])),
            None => Err(cx.type_error("character mapping must be in range(256)")),
        };
    }
    match v.as_ref().downcast::<Bytes>() {
        Some(b) => Ok(Some(b.data().to_vec())),
        None => {
            let n = type_of(v.as_ref()).name_text();
            Err(cx.type_error(format!("character mapping must return integer, bytes or None, not {n}")))
        }
    }
}

fn charmap_encode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = expect(cx, a[0], "charmap_encode() argument 1")?;
    let errors = errors_of(cx, a[1], "charmap_encode")?;
    let Some(map) = a[2].given().filter(|m| !m.is_none()) else { return encode_fast(cx, a, Fast::Latin1, "charmap_encode") };
    // Everything that may be needed is looked up first: the text itself, and what error handlers put for ASCII.
    let mut table = std::collections::HashMap::new();
    for c in s.units().iter().chain(0..128) {
        if let std::collections::hash_map::Entry::Vacant(e) = table.entry(c) {
            e.insert(charmap_bytes(cx, map, c)?);
        }
    }
    let mut out = Vec::new();
    let encode = |u: Units<'_>, start: usize, out: &mut Vec<u8>| {
        let known = |i: usize| table.get(&u.at(i)).and_then(Option::as_ref);
        for i in start..u.len() {
            match known(i) {
                Some(b) => out.extend_from_slice(b),
                None => {
                    let run = (i..u.len()).take_while(|i| known(*i).is_none()).count();
                    let error = CodecError { start: i, end: i + run, reason: codec::charmap::UNDEFINED };
                    return Progress { consumed: i, error: Some(error) };
                }
            }
        }
        Progress { consumed: u.len(), error: None }
    };
    codecs::encode_with(cx, a[0], "charmap", &errors, &mut out, &encode)?;
    encoded(cx, &out, s.len())
}

fn charmap_decode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let errors = errors_of(cx, a[1], "charmap_decode")?;
    let data = operand(cx, a[0])?;
    let mut out = StrBuilder::new();
    let Some(map) = a[2].given().filter(|m| !m.is_none()) else {
        out.push_latin1(&data);
        return decoded(cx, out, data.len());
    };
    if let Some(t) = map.exact::<Str>() {
        let f = &mut |d: &[u8], i: usize, o: &mut StrBuilder| codec::charmap::decode(d, i, t.units(), o);
        let n = codecs::decode_with(cx, &data, "charmap", &errors, &mut out, f)?;
        return decoded(cx, out, n);
    }
    let mut table: Vec<Option<Option<Vec<u32>>>> = vec![None; 256];
    for b in data.iter() {
        let slot = usize::from(*b);
        if table[slot].is_none() {
            table[slot] = Some(charmap_text(cx, map, (*b).into())?);
        }
    }
    let f = &mut |d: &[u8], start: usize, o: &mut StrBuilder| {
        for (i, b) in d.iter().enumerate().skip(start) {
            match &table[usize::from(*b)] {
                Some(Some(t)) => o.extend(t.iter().copied()),
                _ => {
                    let error = CodecError { start: i, end: i + 1, reason: codec::charmap::UNDEFINED };
                    return Progress { consumed: i, error: Some(error) };
                }
            }
        }
        Progress { consumed: d.len(), error: None }
    };
    let n = codecs::decode_with(cx, &data, "charmap", &errors, &mut out, f)?;
    decoded(cx, out, n)
}

/// What a charmap has for a byte, as text; `None` when undefined.
fn charmap_text(cx: &mut Cx, map: Ref<'_>, b: u32) -> PyResult<Option<Vec<u32>>> {
    let Some(v) = mapped(cx, map, b)? else { return Ok(None) };
    if v.as_ref().is_none() {
        return Ok(None);
    }
    if let Some(i) = as_int(v.as_ref()) {
        return match i.to_i64().and_then(|i| u32::try_from(i).ok()) {
            Some(0xfffe) => Ok(None),
            Some(c) if c < 0x11_0000 => Ok(Some(vec![c])),
            _ => Err(cx.type_error("character mapping must be in range(0x110000)")),
        };
    }
    match as_str(v.as_ref()) {
        Some(s) if s.eq_str("\u{fffe}") => Ok(None),
        Some(s) => Ok(Some(s.units().to_vec())),
        None => Err(cx.type_error("character mapping must return integer, None or str")),
    }
}

fn charmap_build(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = expect(cx, a[0], "charmap_build() argument")?;
    let d = Dict::new();
    for (i, c) in s.units().iter().enumerate().take(256) {
        if c != 0xfffe {
            let (c, i) = (int::from_i64(i64::from(c)), int::from_usize(i));
            d.set(cx, c.as_ref(), i.as_ref())?;
        }
    }
    Ok(d.into())
}

fn readbuffer_encode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = text_or_bytes(cx, a[0])?;
    encoded(cx, &data, data.len())
}

fn names<'a>(cx: &mut Cx, a: &[Ref<'a>], name: &str) -> PyResult<(Value, Option<&'a Str>)> {
    let encoding = match a[1].given() {
        Some(e) => {
            expect(cx, e, &format!("{name}() argument 'encoding'"))?;
            e.to_value()
        }
        None => Str::intern_text("utf-8"),
    };
    let errors = a[2].given().map(|e| expect(cx, e, &format!("{name}() argument 'errors'"))).transpose()?;
    Ok((encoding, errors))
}

fn encode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (encoding, errors) = names(cx, a, "encode")?;
    match as_str(encoding.as_ref()) {
        Some(e) => registry::encode(cx, a[0], e, errors).map(Into::into),
        None => Ok(Value::NONE.into()),
    }
}

fn decode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (encoding, errors) = names(cx, a, "decode")?;
    match as_str(encoding.as_ref()) {
        Some(e) => registry::decode(cx, a[0], e, errors).map(Into::into),
        None => Ok(Value::NONE.into()),
    }
}

fn register_error(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = expect(cx, a[0], "register_error() argument 1")?;
    registry::register_error(cx, name, a[1])?;
    Ok(Value::NONE.into())
}

fn lookup_error(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = expect(cx, a[0], "lookup_error() argument")?;
    registry::lookup_error(cx, &name.to_string_lossy())
}

fn unregister_error(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = expect(cx, a[0], "_unregister_error() argument")?;
    Ok(Value::bool(registry::unregister_error(cx, name)?).into())
}

fn lookup(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = expect(cx, a[0], "lookup() argument")?;
    registry::lookup(cx, name).map(Into::into)
}

fn register(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    registry::register(cx, a[0])?;
    Ok(Value::NONE.into())
}

fn unregister(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    registry::unregister(cx, a[0])?;
    Ok(Value::NONE.into())
}

const LE: Option<ByteOrder> = Some(ByteOrder::Little);
const BE: Option<ByteOrder> = Some(ByteOrder::Big);
const ENCODE: &str = "($module, str, errors=None, /)";
const ORDERED: &str = "($module, str, errors=None, byteorder=0, /)";
const DECODE: &str = "($module, data, errors=None, /)";
const STREAM: &str = "($module, data, errors=None, final=False, /)";
const ESCAPED: &str = "($module, data, errors=None, final=True, /)";
const EX: &str = "($module, data, errors=None, byteorder=0, final=False, /)";

static FUNCTIONS: &[Method] = &[
    function("register", "($module, search_function, /)", register, "Adds a function that finds codecs by name."),
    function("unregister", "($module, search_function, /)", unregister, "Removes such a function and forgets the codecs found."),
    function("lookup", "($module, encoding, /)", lookup, "The codec of an encoding."),
    function("encode", "($module, /, obj, encoding='utf-8', errors='strict')", encode, "Encodes by a registered codec."),
    function("decode", "($module, /, obj, encoding='utf-8', errors='strict')", decode, "Decodes by a registered codec."),
    function("register_error", "($module, errors, handler, /)", register_error, "Registers an error handler under a name."),
    function("_unregister_error", "($module, errors, /)", unregister_error, "Removes an error handler; whether there was one."),
    function("lookup_error", "($module, name, /)", lookup_error, "The error handler of a name."),
    function("escape_encode", DECODE, escape_encode, "Bytes with escapes."),
    function("escape_decode", DECODE, escape_decode, "Bytes without escapes."),
    function("utf_8_encode", ENCODE, |cx, a| encode_fast(cx, a, Fast::Utf8, "utf_8_encode"), ""),
    function("utf_8_decode", STREAM, |cx, a| fast!(cx, a, Fast::Utf8, "utf_8_decode"), ""),
    function("utf_7_encode", ENCODE, utf_7_encode, ""),
    function("utf_7_decode", STREAM, utf_7_decode, ""),
    function("utf_16_encode", ORDERED, |cx, a| encode_ordered(cx, a, false, "utf_16_encode"), ""),
    function("utf_16_le_encode", ENCODE, |cx, a| encode_fast(cx, a, Fast::Utf16(LE), "utf_16_le_encode"), ""),
    function("utf_16_be_encode", ENCODE, |cx, a| encode_fast(cx, a, Fast::Utf16(BE), "utf_16_be_encode"), ""),
    function("utf_16_decode", STREAM, |cx, a| fast!(cx, a, Fast::Utf16(None), "utf_16_decode"), ""),
    function("utf_16_le_decode", STREAM, |cx, a| fast!(cx, a, Fast::Utf16(LE), "utf_16_le_decode"), ""),
    function("utf_16_be_decode", STREAM, |cx, a| fast!(cx, a, Fast::Utf16(BE), "utf_16_be_decode"), ""),
    function("utf_16_ex_decode", EX, |cx, a| decode_ordered(cx, a, false, "utf_16_ex_decode"), ""),
    function("utf_32_encode", ORDERED, |cx, a| encode_ordered(cx, a, true, "utf_32_encode"), ""),
    function("utf_32_le_encode", ENCODE, |cx, a| encode_fast(cx, a, Fast::Utf32(LE), "utf_32_le_encode"), ""),
    function("utf_32_be_encode", ENCODE, |cx, a| encode_fast(cx, a, Fast::Utf32(BE), "utf_32_be_encode"), ""),
    function("utf_32_decode", STREAM, |cx, a| fast!(cx, a, Fast::Utf32(None), "utf_32_decode"), ""),
    function("utf_32_le_decode", STREAM, |cx, a| fast!(cx, a, Fast::Utf32(LE), "utf_32_le_decode"), ""),
    function("utf_32_be_decode", STREAM, |cx, a| fast!(cx, a, Fast::Utf32(BE), "utf_32_be_decode"), ""),
    function("utf_32_ex_decode", EX, |cx, a| decode_ordered(cx, a, true, "utf_32_ex_decode"), ""),
    function("unicode_escape_encode", ENCODE, unicode_escape_encode, ""),
    function("unicode_escape_decode", ESCAPED, unicode_escape_decode, ""),
    function("raw_unicode_escape_encode", ENCODE, raw_unicode_escape_encode, ""),
    function("raw_unicode_escape_decode", ESCAPED, raw_unicode_escape_decode, ""),
    function("latin_1_encode", ENCODE, |cx, a| encode_fast(cx, a, Fast::Latin1, "latin_1_encode"), ""),
    function("latin_1_decode", DECODE, |cx, a| whole(cx, a, Fast::Latin1, "latin_1_decode"), ""),
    function("ascii_encode", ENCODE, |cx, a| encode_fast(cx, a, Fast::Ascii, "ascii_encode"), ""),
    function("ascii_decode", DECODE, |cx, a| whole(cx, a, Fast::Ascii, "ascii_decode"), ""),
    function("charmap_encode", "($module, str, errors=None, mapping=None, /)", charmap_encode, ""),
    function("charmap_decode", "($module, data, errors=None, mapping=None, /)", charmap_decode, ""),
    function("charmap_build", "($module, map, /)", charmap_build, "The encoding map of a decoding table."),
    function("readbuffer_encode", DECODE, readbuffer_encode, ""),
];

fn whole(cx: &mut Cx, a: &[Ref<'_>], codec: Fast, name: &str) -> PyResult<Reg> {
    let d = decode_fast(cx, a, codec, true, name)?;
    decoded(cx, d.text, d.consumed)
}

/// `_codecs`
pub static MODULE: ModuleDef = ModuleDef { name: "_codecs", doc: "", functions: FUNCTIONS, init: |_, _| Ok(()) };
