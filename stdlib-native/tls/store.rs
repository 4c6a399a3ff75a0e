//! `Certificate`, and certificates as the dicts that Python shows.

use super::certificate::{Alternative, Certificate as Fields, Name, decode};
use super::{error, ids};
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{Method, method};
use objects::types::bytes::shared::new_bytes;
use objects::types::dict::Dict;
use objects::types::int::{self, from_i64};
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{Downcast, TypeSpec, flags};
use objects::{Cx, PyResult};

/// `_ssl.Certificate` payload.
#[repr(C)]
pub struct Certificate(Box<[u8]>);
// SAFETY: holds no words.
unsafe impl Payload for Certificate {
    const TYPE_ID: u32 = ids::CERTIFICATE;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

fn me(v: Ref<'_>) -> &Certificate {
    // SAFETY: methods and slots check their receiver.
    unsafe { v.cast::<Certificate>() }
}

/// A certificate object.
pub fn object(der: &[u8]) -> Value {
    gc::alloc(Certificate(der.into())).into_value()
}

/// A bytes object.
pub fn bytes(cx: &mut Cx, b: &[u8]) -> PyResult<Value> {
    new_bytes(cx, b)
}

fn text(s: &str) -> Value {
    Str::from_text(s).into_value()
}
fn pair(a: Value, b: Value) -> Value {
    Tuple::from_values(vec![a, b]).into_value()
}
fn name(n: &Name) -> Value {
    let row = |r: &Vec<(String, String)>| Tuple::from_values(r.iter().map(|(k, v)| pair(text(k), text(v))).collect()).into_value();
    Tuple::from_values(n.iter().map(row).collect()).into_value()
}
fn texts(l: &[String]) -> Value {
    Tuple::from_values(l.iter().map(|s| text(s)).collect()).into_value()
}

/// The dict of a certificate.
pub fn info(c: &Fields) -> Value {
    let d = Dict::new();
    d.set_text("subject", name(&c.subject));
    d.set_text("issuer", name(&c.issuer));
    d.set_text("version", from_i64(c.version));
    d.set_text("serialNumber", text(&c.serial));
    d.set_text("notBefore", text(&c.not_before));
    d.set_text("notAfter", text(&c.not_after));
    if !c.alternatives.is_empty() {
        let one = |a: &Alternative| match a {
            Alternative::Text(kind, s) => pair(text(kind), text(s)),
            Alternative::Directory(n) => pair(text("DirName"), name(n)),
        };
        d.set_text("subjectAltName", Tuple::from_values(c.alternatives.iter().map(one).collect()).into_value());
    }
    for (key, list) in [("OCSP", &c.ocsp), ("caIssuers", &c.ca_issuers), ("crlDistributionPoints", &c.crl_points)] {
        if !list.is_empty() {
            d.set_text(key, texts(list));
        }
    }
    d.into_value()
}

const LINE: usize = 64;

fn pem(der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut body = String::new();
    for c in der.chunks(3) {
        let n = u32::from(c[0]) << 16 | u32::from(*c.get(1).unwrap_or(&0)) << 8 | u32::from(*c.get(2).unwrap_or(&0));
        for i in 0..4 {
            body.push(if i <= c.len() { char::from(DIGITS[(n >> (18 - 6 * i) & 63) as usize]) } else { '=' });
        }
    }
    let mut out = "-----BEGIN CERTIFICATE-----\n".to_string();
    for line in body.as_bytes().chunks(LINE) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str("-----END CERTIFICATE-----\n");
    out
}

fn public_bytes(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let format = match a[1].given() {
        Some(v) => int::c_int(cx, v)?,
        None => 1,
    };
    match format {
        1 => Ok(Str::from_text(&pem(&me(a[0]).0)).into()),
        2 => new_bytes(cx, &me(a[0]).0).map(Reg::from),
        _ => Err(cx.value_error("Unsupported format")),
    }
}

fn get_info(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    decoded(cx, &me(a[0]).0).map(Reg::from)
}

/// The dict of an encoded certificate.
pub fn decoded(cx: &mut Cx, der: &[u8]) -> PyResult<Value> {
    match decode(der) {
        Some(c) => Ok(info(&c)),
        None => Err(error::general(cx, "Error decoding PEM-encoded file")),
    }
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let subject = decode(&me(v).0).map(|c| c.subject).unwrap_or_default();
    let parts: Vec<String> = subject.iter().flatten().map(|(k, v)| format!("{k}={v}")).collect();
    Ok(Str::from_text(&format!("<_ssl.Certificate '{}'>", parts.join(", "))).into())
}

fn richcompare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.downcast::<Certificate>(), b.downcast::<Certificate>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    match op {
        Compare::Eq => Ok(Value::bool(x.0 == y.0).into()),
        Compare::Ne => Ok(Value::bool(x.0 != y.0).into()),
        _ => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}

fn hash(_cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut h = DefaultHasher::new();
    me(v).0.hash(&mut h);
    Ok((h.finish() >> 1) as i64)
}

static METHODS: &[Method] =
    &[method("get_info", "($self, /)", get_info, ""), method("public_bytes", "($self, /, format=Encoding.PEM)", public_bytes, "")];

/// `_ssl.Certificate`
pub static CERTIFICATE_TYPE: TypeSpec = TypeSpec::of::<Certificate>("_ssl.Certificate")
    .flags(flags::NO_NEW | flags::IMMUTABLE)
    .slots(Slots { repr: Some(repr), hash: Some(hash), richcompare: Some(richcompare), ..Slots::NONE })
    .methods(METHODS);
