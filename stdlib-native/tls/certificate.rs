//! What `getpeercert()` tells of a certificate: RFC 5280's fields and the extensions that Python shows.

use super::der::{Der, Element, dotted, tag};
use super::oids::long_name;
use std::fmt::Write;

/// A distinguished name: attributes in sets.
pub type Name = Vec<Vec<(String, String)>>;

/// An alternative name.
pub enum Alternative {
    /// Kind and text.
    Text(&'static str, String),
    /// A directory name.
    Directory(Name),
}

/// A certificate's fields as Python shows them.
pub struct Certificate {
    /// Whom it is for.
    pub subject: Name,
    /// The subject's encoding.
    pub raw_subject: Vec<u8>,
    /// Who signed it.
    pub issuer: Name,
    /// The issuer's encoding.
    pub raw_issuer: Vec<u8>,
    /// 1 to 3.
    pub version: i64,
    /// In hexadecimal digits.
    pub serial: String,
    /// "Jan  5 09:34:43 2018 GMT"
    pub not_before: String,
    /// The same.
    pub not_after: String,
    /// Both as seconds since 1970.
    pub validity: (i64, i64),
    /// Alternative names of the subject.
    pub alternatives: Vec<Alternative>,
    /// Where to ask whether it has been revoked.
    pub ocsp: Vec<String>,
    /// Where the issuer's certificate is.
    pub ca_issuers: Vec<String>,
    /// Where lists of revoked certificates are.
    pub crl_points: Vec<String>,
    /// Whether it may sign others.
    pub is_authority: bool,
    /// Whether it says which key of its issuer has signed it.
    pub names_issuer_key: bool,
}

fn text(e: Element<'_>) -> String {
    if e.tag == tag::BMP_STRING {
        let units: Vec<u16> = e.body.chunks_exact(2).map(|c| u16::from_be_bytes([c[0], c[1]])).collect();
        return String::from_utf16_lossy(&units);
    }
    match std::str::from_utf8(e.body) {
        Ok(s) => s.to_string(),
        Err(_) => e.body.iter().map(|b| char::from(*b)).collect(),
    }
}

fn name(e: Element<'_>) -> Option<Name> {
    let mut out = Vec::new();
    for set in e.children() {
        let mut row = Vec::new();
        for pair in set.children() {
            let mut d = pair.inside();
            let oid = d.expect(tag::OID)?;
            row.push((long_name(oid.body), text(d.take()?)));
        }
        out.push(row);
    }
    Some(out)
}

fn days_from_civil(y: i64, m: i64, d: i64) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + d - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// A time as text and as seconds.
fn time(e: Element<'_>) -> Option<(String, i64)> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let s = std::str::from_utf8(e.body).ok()?;
    let digits = s.strip_suffix('Z')?;
    if !digits.is_ascii() {
        return None;
    }
    let (year, rest) = match e.tag {
        0x17 => {
            let y: i64 = digits.get(..2)?.parse().ok()?;
            (if y < 50 { 2000 + y } else { 1900 + y }, digits.get(2..)?)
        }
        0x18 => (digits.get(..4)?.parse().ok()?, digits.get(4..)?),
        _ => return None,
    };
    let two = |at: usize| rest.get(at..at + 2).and_then(|t| t.parse::<i64>().ok());
    let (month, day, hour, minute, second) = (two(0)?, two(2)?, two(4)?, two(6)?, two(8).unwrap_or(0));
    let m = *MONTHS.get(usize::try_from(month - 1).ok()?)?;
    let seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    Some((format!("{m} {day:2} {hour:02}:{minute:02}:{second:02} {year} GMT"), seconds))
}

fn address(b: &[u8]) -> String {
    match b.len() {
        4 => format!("{}.{}.{}.{}", b[0], b[1], b[2], b[3]),
        16 => b.chunks_exact(2).map(|c| format!("{:X}", u16::from_be_bytes([c[0], c[1]]))).collect::<Vec<_>>().join(":"),
        _ => "<invalid>".to_string(),
    }
}

fn alternatives(body: &[u8]) -> Vec<Alternative> {
    let Some(all) = Der(body).expect(tag::SEQUENCE) else { return Vec::new() };
    let one = |e: Element<'_>| match e.tag {
        0xa0 => Some(Alternative::Text("othername", "<unsupported>".to_string())),
        0x81 => Some(Alternative::Text("email", text(e))),
        0x82 => Some(Alternative::Text("DNS", text(e))),
        0xa4 => e.inside().take().and_then(name).map(Alternative::Directory),
        0x86 => Some(Alternative::Text("URI", text(e))),
        0x87 => Some(Alternative::Text("IP Address", address(e.body))),
        0x88 => Some(Alternative::Text("Registered ID", dotted(e.body))),
        _ => None,
    };
    all.children().filter_map(one).collect()
}

fn access(body: &[u8], method: &str) -> Vec<String> {
    let Some(all) = Der(body).expect(tag::SEQUENCE) else { return Vec::new() };
    let one = |e: Element<'_>| {
        let mut d = e.inside();
        let oid = d.expect(tag::OID)?;
        let at = d.take()?;
        (at.tag == 0x86 && dotted(oid.body) == method).then(|| text(at))
    };
    all.children().filter_map(one).collect()
}

fn crl_points(body: &[u8]) -> Vec<String> {
    let Some(all) = Der(body).expect(tag::SEQUENCE) else { return Vec::new() };
    let mut out = Vec::new();
    for point in all.children() {
        // [0] distributionPoint, inside it [0] fullName, inside it the names.
        let Some(full) = point.inside().optional(0xa0).and_then(|p| p.inside().optional(0xa0)) else { continue };
        out.extend(full.children().filter(|e| e.tag == 0x86).map(text));
    }
    out
}

/// Reads a certificate.
pub fn decode(der: &[u8]) -> Option<Certificate> {
    let mut body = Der(der).expect(tag::SEQUENCE)?.inside().expect(tag::SEQUENCE)?.inside();
    let version = match body.optional(0xa0) {
        Some(v) => i64::from(*v.inside().expect(tag::INTEGER)?.body.first()?) + 1,
        None => 1,
    };
    let serial = body.expect(tag::INTEGER)?.body;
    let digits = if serial.len() > 1 && serial[0] == 0 { &serial[1..] } else { serial };
    let serial = digits.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02X}");
        s
    });
    body.expect(tag::SEQUENCE)?;
    let issuer = body.expect(tag::SEQUENCE)?;
    let mut valid = body.expect(tag::SEQUENCE)?.inside();
    let (not_before, from) = time(valid.take()?)?;
    let (not_after, until) = time(valid.take()?)?;
    let subject = body.expect(tag::SEQUENCE)?;
    body.expect(tag::SEQUENCE)?;
    let mut c = Certificate {
        subject: name(subject)?,
        raw_subject: subject.whole.to_vec(),
        issuer: name(issuer)?,
        raw_issuer: issuer.whole.to_vec(),
        version,
        serial,
        not_before,
        not_after,
        validity: (from, until),
        alternatives: Vec::new(),
        ocsp: Vec::new(),
        ca_issuers: Vec::new(),
        crl_points: Vec::new(),
        is_authority: false,
        names_issuer_key: false,
    };
    let (mut may_sign, mut old_authority, mut constrained) = (None, false, false);
    while let Some(e) = body.take() {
        if e.tag != 0xa3 {
            continue;
        }
        for extension in e.inside().expect(tag::SEQUENCE)?.children() {
            let mut d = extension.inside();
            let oid = d.expect(tag::OID)?;
            d.optional(tag::BOOLEAN);
            let value = d.expect(tag::OCTET_STRING)?.body;
            match dotted(oid.body).as_str() {
                "2.5.29.15" => {
                    const KEY_CERT_SIGN: u8 = 4;
                    let bits = Der(value).take()?.body;
                    may_sign = Some(bits.get(1).is_some_and(|b| b & KEY_CERT_SIGN != 0));
                }
                "2.5.29.35" => c.names_issuer_key = true,
                // Netscape's type of certificates: one of three bits is an authority's.
                "2.16.840.1.113730.1.1" => old_authority = Der(value).take()?.body.get(1).is_some_and(|b| b & 7 != 0),
                "2.5.29.17" => c.alternatives = alternatives(value),
                "2.5.29.19" => {
                    let inside = Der(value).expect(tag::SEQUENCE)?;
                    constrained = true;
                    c.is_authority = inside.inside().optional(tag::BOOLEAN).is_some_and(|b| b.body != [0]);
                }
                "2.5.29.31" => c.crl_points = crl_points(value),
                "1.3.6.1.5.5.7.1.1" => {
                    c.ocsp = access(value, "1.3.6.1.5.5.7.48.1");
                    c.ca_issuers = access(value, "1.3.6.1.5.5.7.48.2");
                }
                _ => {}
            }
        }
    }
    // By the rules of OpenSSL's X509_check_ca.
    let own = c.raw_subject == c.raw_issuer;
    c.is_authority = may_sign != Some(false)
        && if constrained { c.is_authority } else { (c.version == 1 && own) || may_sign.is_some() || old_authority };
    Some(c)
}

/// The length of the first element's encoding, for certificates laid end to end.
pub fn first_length(der: &[u8]) -> Option<usize> {
    Der(der).expect(tag::SEQUENCE).map(|e| e.whole.len())
}
