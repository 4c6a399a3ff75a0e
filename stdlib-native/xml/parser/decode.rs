//! What the bytes of a document mean: detection of the encoding, and decoding piece by piece.

/// How bytes are read.
#[derive(Clone)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, big- or little-endian.
    Utf16 { big: bool },
    /// ISO-8859-1.
    Latin1,
    /// US-ASCII.
    Ascii,
    /// A table of 256 characters; `u32::MAX` for bytes that mean nothing.
    Table(Box<[u32; 256]>),
}

/// What is known of a name.
pub enum Known {
    /// An encoding.
    Yes(Encoding),
    /// UTF-16 in an order that the text itself tells.
    Utf16,
    /// None that is built in.
    No,
}

/// The built-in encoding of that name.
pub fn by_name(name: &str) -> Known {
    let n = name.to_ascii_uppercase();
    match n.as_str() {
        "UTF-8" => Known::Yes(Encoding::Utf8),
        "ISO-8859-1" => Known::Yes(Encoding::Latin1),
        "US-ASCII" => Known::Yes(Encoding::Ascii),
        "UTF-16" => Known::Utf16,
        "UTF-16BE" => Known::Yes(Encoding::Utf16 { big: true }),
        "UTF-16LE" => Known::Yes(Encoding::Utf16 { big: false }),
        _ => Known::No,
    }
}

/// What the first bytes of an input say.
pub enum Detected {
    /// More of them are needed.
    More,
    /// The encoding, and how long its mark is.
    Is(Encoding, usize),
    /// ASCII-like; a declaration, if there is one, says what. With its text.
    Declared(Option<String>),
}

/// Looks at the first bytes.
pub fn detect(s: &[u8], last: bool) -> Detected {
    match s {
        [] if last => return Detected::Declared(None),
        [] | [0xfe | 0xff | 0xef | 0 | b'<'] | [0xef, 0xbb] if !last => return Detected::More,
        [0xfe, 0xff, ..] => return Detected::Is(Encoding::Utf16 { big: true }, 2),
        [0xff, 0xfe, ..] => return Detected::Is(Encoding::Utf16 { big: false }, 2),
        [0, c, ..] if *c != 0 => return Detected::Is(Encoding::Utf16 { big: true }, 0),
        [c, 0, ..] if *c != 0 => return Detected::Is(Encoding::Utf16 { big: false }, 0),
        _ => {}
    }
    let mark = usize::from(s.starts_with(b"\xef\xbb\xbf")) * 3;
    let body = &s[mark..];
    let head = b"<?xml";
    if body.len() < head.len() + 1 && head.starts_with(&body[..body.len().min(head.len())]) && !last {
        return Detected::More;
    }
    if !body.starts_with(head) || !body.get(5).is_some_and(|c| super::scan::is_space(*c)) {
        return if mark > 0 { Detected::Is(Encoding::Utf8, mark) } else { Detected::Declared(None) };
    }
    let Some(end) = body.windows(2).position(|w| w == b"?>") else {
        // A declaration that is nowhere near its end is none.
        let open = body.len() < 4096 && !last && !body[5..].contains(&b'<');
        return if open { Detected::More } else { Detected::Declared(None) };
    };
    let text: String = body[5..end].iter().map(|c| char::from(*c)).collect();
    match (encoding_in(&text), mark) {
        (None, 0) => Detected::Declared(None),
        (Some(n), 0) => Detected::Declared(Some(n)),
        (Some(n), _) if !n.eq_ignore_ascii_case("utf-8") => Detected::Declared(Some(n)),
        _ => Detected::Is(Encoding::Utf8, mark),
    }
}

/// The value of `encoding` in a declaration.
fn encoding_in(text: &str) -> Option<String> {
    let rest = &text[text.find("encoding")? + 8..];
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let rest = &rest[1..];
    Some(rest[..rest.find(quote)?].to_string())
}

/// What decoding stopped at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// Nothing is left but, perhaps, the beginning of a character.
    Nothing,
    /// A byte that means nothing.
    Invalid,
}

/// Decodes `raw` into `out`: how many bytes were taken, and why it stopped.
pub fn decode(encoding: &Encoding, raw: &[u8], out: &mut Vec<u8>) -> (usize, Rest) {
    let mut push = |c: u32| match char::from_u32(c) {
        Some(c) => {
            let mut b = [0; 4];
            out.extend_from_slice(c.encode_utf8(&mut b).as_bytes());
            true
        }
        None => false,
    };
    match encoding {
        Encoding::Utf8 => match std::str::from_utf8(raw) {
            Ok(s) => {
                out.extend_from_slice(s.as_bytes());
                (raw.len(), Rest::Nothing)
            }
            Err(e) => {
                let n = e.valid_up_to();
                out.extend_from_slice(&raw[..n]);
                (n, if e.error_len().is_some() { Rest::Invalid } else { Rest::Nothing })
            }
        },
        Encoding::Latin1 => {
            for c in raw {
                push(u32::from(*c));
            }
            (raw.len(), Rest::Nothing)
        }
        Encoding::Ascii => {
            let n = raw.iter().position(|c| *c >= 0x80).unwrap_or(raw.len());
            out.extend_from_slice(&raw[..n]);
            (n, if n < raw.len() { Rest::Invalid } else { Rest::Nothing })
        }
        Encoding::Table(t) => {
            for (i, c) in raw.iter().enumerate() {
                if !push(t[*c as usize]) {
                    return (i, Rest::Invalid);
                }
            }
            (raw.len(), Rest::Nothing)
        }
        Encoding::Utf16 { big } => {
            let unit = |i: usize| {
                let b = [raw[i], raw[i + 1]];
                u32::from(if *big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) })
            };
            let mut i = 0;
            while i + 1 < raw.len() {
                let c = unit(i);
                if (0xd800..0xdc00).contains(&c) {
                    if i + 3 >= raw.len() {
                        return (i, Rest::Nothing);
                    }
                    let low = unit(i + 2);
                    if !(0xdc00..0xe000).contains(&low) {
                        return (i, Rest::Invalid);
                    }
                    push(0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
                    i += 4;
                    continue;
                }
                if !push(c) {
                    return (i, Rest::Invalid);
                }
                i += 2;
            }
            (i, Rest::Nothing)
        }
    }
}

impl Encoding {
    /// How many bytes of input the decoded text was.
    pub fn input_len(&self, text: &[u8]) -> usize {
        match self {
            Encoding::Utf8 | Encoding::Ascii => text.len(),
            Encoding::Latin1 | Encoding::Table(_) => text.iter().filter(|c| **c & 0xc0 != 0x80).count(),
            Encoding::Utf16 { .. } => text.iter().map(|c| if *c >= 0xf0 { 4 } else { usize::from(*c & 0xc0 != 0x80) * 2 }).sum(),
        }
    }
}
