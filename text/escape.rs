//! `repr` and `ascii` of strings and bytes.

#[cfg(test)]
mod tests;

use crate::builder::StrBuilder;
use crate::codec::escapes::push_hex_escape;
use crate::unicode;
use crate::units::Units;

/// The quote to use: `'` unless the text contains that and no `"`.
fn quote_for(mut contains: impl FnMut(u8) -> bool) -> u8 {
    if contains(b'\'') && !contains(b'"') { b'"' } else { b'\'' }
}

/// Appends one character inside quotes, escaped unless `shown` accepts it.
fn push_escaped(out: &mut StrBuilder, c: u32, quote: u8, shown: impl Fn(u32) -> bool) {
    match c {
        9 => out.push_latin1(b"\\t"),
        10 => out.push_latin1(b"\\n"),
        13 => out.push_latin1(b"\\r"),
        _ if c == u32::from(quote) || c == u32::from(b'\\') => {
            out.push(u32::from(b'\\'));
            out.push(c);
        }
        _ if shown(c) => out.push(c),
        _ => {
            let mut escape = Vec::with_capacity(10);
            push_hex_escape(c, &mut escape);
            out.push_latin1(&escape);
        }
    }
}

fn quoted(text: Units<'_>, shown: impl Fn(u32) -> bool) -> StrBuilder {
    let quote = quote_for(|q| text.iter().any(|c| c == u32::from(q)));
    let mut out = StrBuilder::with_capacity(text.len() + 2);
    out.push(quote.into());
    text.iter().for_each(|c| push_escaped(&mut out, c, quote, &shown));
    out.push(quote.into());
    out
}

/// `repr` of a str.
pub fn repr_str(text: Units<'_>) -> StrBuilder {
    if let Units::One(s) = text
        && s.iter().all(|b| matches!(b, 0x20..0x7f) && !matches!(b, b'\'' | b'\\'))
    {
        let mut out = StrBuilder::with_capacity(s.len() + 2);
        out.push_latin1(b"'");
        out.push_latin1(s);
        out.push_latin1(b"'");
        return out;
    }
    quoted(text, unicode::is_printable)
}

/// `ascii` of a str: its repr with everything beyond ASCII escaped.
pub fn ascii_str(text: Units<'_>) -> String {
    quoted(text, |c| (0x20..0x7f).contains(&c)).to_string_lossy()
}

/// The text with non-ASCII characters as escapes: what `ascii()` does to the repr of other objects.
pub fn escape_non_ascii(text: Units<'_>) -> String {
    let mut out = Vec::with_capacity(text.len());
    for c in text.iter() {
        match c {
            0..0x80 => out.push(c as u8),
            _ => push_hex_escape(c, &mut out),
        }
    }
    String::from_utf8(out).expect("ASCII")
}

/// `repr` of bytes, `b` prefix included; bytearray puts it in parentheses.
pub fn repr_bytes(bytes: &[u8]) -> String {
    let quote = quote_for(|q| bytes.contains(&q));
    let mut out = StrBuilder::with_capacity(bytes.len() + 3);
    out.push_latin1(&[b'b', quote]);
    bytes.iter().for_each(|&b| push_escaped(&mut out, b.into(), quote, |c| (0x20..0x7f).contains(&c)));
    out.push(quote.into());
    out.to_string_lossy()
}
