//! Expectations of encodings, error ranges and handlers, from the reference interpreter.

use super::handlers::{Handler, Replacement, SurrogateCodec, on_decode_error, on_encode_error};
use super::*;
use crate::goldens::{bytes, cases};
use crate::unicode::names;

fn lookup(name: &[u8]) -> Option<u32> {
    match names::lookup(std::str::from_utf8(name).ok()?)? {
        names::Named::Character(c) => Some(c),
        names::Named::Sequence(_) => None,
    }
}

fn order(encoding: &str, input: &[u8], at: &mut usize) -> ByteOrder {
    let wide = encoding.contains("32");
    if encoding.ends_with("le") {
        return ByteOrder::Little;
    }
    if encoding.ends_with("be") {
        return ByteOrder::Big;
    }
    let mark = if wide { utf32::byte_order_mark(input) } else { utf16::byte_order_mark(input) };
    if mark.is_some() {
        *at = if wide { 4 } else { 2 };
    }
    mark.unwrap_or(ByteOrder::NATIVE)
}

/// Decodes with an error handler; the text, how much was consumed, and the error that ended it.
fn decode(encoding: &str, input: &[u8], handler: Handler, last: bool) -> (Vec<u32>, usize, Option<CodecError>) {
    let mut out = StrBuilder::new();
    let mut at = 0;
    let byte_order = order(encoding, input, &mut at);
    let mut seven = utf7::Decoder::default();
    loop {
        let progress = match encoding {
            "utf-8" => utf8::decode(input, at, &mut out, last),
            "utf-7" => seven.decode(input, at, &mut out, last),
            "ascii" => decode_ascii(input, at, &mut out),
            "utf-16" | "utf-16-le" | "utf-16-be" => utf16::decode(input, at, &mut out, byte_order, last),
            "utf-32" | "utf-32-le" | "utf-32-be" => utf32::decode(input, at, &mut out, byte_order, last),
            "unicode_escape" => escapes::decode_unicode_escape(input, at, &mut out, last, lookup, &mut None),
            "raw_unicode_escape" => escapes::decode_raw_unicode_escape(input, at, &mut out, last),
            _ => panic!("{encoding}"),
        };
        let Some(error) = progress.error else { return (out.units().to_vec(), progress.consumed, None) };
        match on_decode_error(handler, input, &error, SurrogateCodec::named(encoding)) {
            None => return (out.units().to_vec(), progress.consumed, Some(error)),
            Some((text, resume)) => {
                out.extend(text);
                at = resume;
            }
        }
    }
}

#[test]
fn decoding() {
    for case in cases(include_str!("../goldens/decode.tsv")) {
        let field = |i: usize| Units::Four(&case[i]).to_string_lossy();
        let input = bytes(&field(1));
        let last = field(3) == "1";
        let (text, consumed, error) = decode(&field(0), &input, Handler::named(&field(2)).unwrap(), last);
        let what = format!("{} {} {} {}", field(0), field(1), field(2), field(3));
        match error {
            Some(e) => assert_eq!(format!("{} {} {}", e.start, e.end, e.reason), field(4), "{what}"),
            None => {
                assert_eq!(text, case[5], "{what}");
                assert_eq!(consumed.to_string(), field(4), "{what}");
            }
        }
    }
}

fn encode(encoding: &str, input: Units<'_>, handler: Handler) -> Result<Vec<u8>, CodecError> {
    let once = |input: Units<'_>, at: usize, out: &mut Vec<u8>| match encoding {
        "utf-8" => utf8::encode(input, at, out),
        "ascii" => encode_ascii(input, at, out),
        "latin-1" => encode_latin1(input, at, out),
        "utf-16-le" => utf16::encode(input, at, ByteOrder::Little, out),
        "utf-16-be" => utf16::encode(input, at, ByteOrder::Big, out),
        "utf-32-le" => utf32::encode(input, at, ByteOrder::Little, out),
        "utf-32-be" => utf32::encode(input, at, ByteOrder::Big, out),
        _ => panic!("{encoding}"),
    };
    match encoding {
        "utf-7" => return Ok(utf7::encode(input)),
        "unicode_escape" => return Ok(escapes::encode_unicode_escape(input)),
        "raw_unicode_escape" => return Ok(escapes::encode_raw_unicode_escape(input)),
        _ => {}
    }
    let unit = if encoding.contains("32") { 4 } else { 1 + usize::from(encoding.contains("16")) };
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        let progress = once(input, at, &mut out);
        let Some(error) = progress.error else { return Ok(out) };
        match on_encode_error(handler, input, &error, SurrogateCodec::named(encoding)).ok_or(error)? {
            Replacement::Bytes(bytes) if !bytes.len().is_multiple_of(unit) => return Err(error),
            Replacement::Bytes(bytes) => out.extend(bytes),
            Replacement::Text(text) => {
                if once(Units::Four(&text), 0, &mut out).error.is_some() {
                    return Err(error);
                }
            }
        }
        at = error.end;
    }
}

#[test]
fn encoding() {
    for case in cases(include_str!("../goldens/encode.tsv")) {
        let field = |i: usize| Units::Four(&case[i]).to_string_lossy();
        let result = match encode(&field(0), Units::Four(&case[1]), Handler::named(&field(2)).unwrap()) {
            Ok(out) => out.iter().map(|b| format!("{b:02x}")).collect(),
            Err(e) => format!("{} {} {}", e.start, e.end, e.reason),
        };
        assert_eq!(result, field(3), "{} {:x?} {}", field(0), case[1], field(2));
    }
}

#[test]
fn charmaps() {
    let table: Vec<u32> = (0..200).map(|i| if i == 5 { 0xfffe } else { 0x400 + i }).collect();
    let mut out = StrBuilder::new();
    let progress = charmap::decode(&[0, 1, 5], 0, Units::Four(&table), &mut out);
    assert_eq!(progress, Progress::failed(2, 3, charmap::UNDEFINED));
    assert_eq!(charmap::decode(&[250], 0, Units::Four(&table), &mut out), Progress::failed(0, 1, charmap::UNDEFINED));
    let map = charmap::EncodingMap::new(Units::Four(&table));
    let mut encoded = Vec::new();
    let progress = map.encode(Units::Four(&[0x400, 0x401, 0x61, 0x62, 0x402]), 0, &mut encoded);
    assert_eq!((encoded, progress), (vec![0, 1], Progress::failed(2, 4, charmap::UNDEFINED)));
}

#[test]
fn bytes_escapes() {
    let mut out = Vec::new();
    let mut dubious = None;
    escapes::decode_bytes_escape(br"a\n\x41\101\400\d", 0, &mut out, &mut dubious).unwrap();
    assert_eq!(out, b"a\nAA\0\\d");
    assert_eq!(dubious, Some(escapes::DubiousEscape { at: 11, octal: Some(0o400) }));
    let hex = escapes::decode_bytes_escape(br"ab\x4", 0, &mut out, &mut dubious);
    assert_eq!(hex, Err(escapes::BytesEscapeError::Hex { at: 2, resume: 5 }));
}
