//! Tokens of XML's content and prolog: pure functions over UTF-8 text. Meaning is given to them elsewhere.

use super::code;

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The token goes on behind the end of the text.
    More,
    /// An error, and where.
    Error(i32, usize),
}

/// A range of the text.
pub type Range = (usize, usize);

/// An attribute as it stands in a tag.
#[derive(Debug, Clone, Copy)]
pub struct Attribute {
    /// Its name.
    pub name: Range,
    /// What is between the quotes.
    pub value: Range,
    /// Whether the value is text that needs no work.
    pub plain: bool,
}

/// A token, without its end.
#[derive(Debug)]
pub enum Token {
    /// Text without line ends.
    Data,
    /// A line end (CR, LF or both).
    Newline,
    /// `<name a="v">`
    Start { name: Range, attributes: Vec<Attribute>, empty: bool },
    /// `</name>`
    End { name: Range },
    /// `&#...;`
    Character(u32),
    /// `&name;`
    Entity(Range),
    /// `<!--...-->`
    Comment(Range),
    /// `<?target data?>`
    Instruction { target: Range, data: Range },
    /// `<?xml ...?>`
    Declaration(Range),
    /// `<![CDATA[`
    CdataStart,
    /// `]]>` of a CDATA section.
    CdataEnd,
}

/// A token and where it ends.
pub type Scanned = Result<(Token, usize), Stop>;

/// What a byte is.
mod class {
    pub const OTHER: u8 = 0;
    pub const NAME: u8 = 1;
    pub const START: u8 = 2;
    pub const SPACE: u8 = 3;
    pub const BAD: u8 = 4;
    pub const HIGH: u8 = 5;
    /// `<`, `&` and `]`
    pub const MARK: u8 = 6;
}

static CLASSES: [u8; 256] = {
    let mut t = [class::OTHER; 256];
    let mut i = 0;
    while i < 256 {
        let c = i as u8;
        t[i] = match c {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' => class::START,
            b'0'..=b'9' | b'-' | b'.' => class::NAME,
            b' ' | b'\t' | b'\n' | b'\r' => class::SPACE,
            0..=0x1f => class::BAD,
            b'<' | b'&' | b']' => class::MARK,
            0x80..=0xff => class::HIGH,
            _ => class::OTHER,
        };
        i += 1;
    }
    t
};

/// Whether a byte is white space.
pub fn is_space(c: u8) -> bool {
    CLASSES[c as usize] == class::SPACE
}

/// The character at a position of valid UTF-8, and its length.
fn char_at(s: &[u8], at: usize) -> (u32, usize) {
    let b = |i: usize| u32::from(s.get(at + i).copied().unwrap_or(0) & 0x3f);
    match s[at] {
        c @ 0..0x80 => (u32::from(c), 1),
        c @ 0..0xe0 => ((u32::from(c) & 0x1f) << 6 | b(1), 2),
        c @ 0..0xf0 => ((u32::from(c) & 0xf) << 12 | b(1) << 6 | b(2), 3),
        c => ((u32::from(c) & 7) << 18 | b(1) << 12 | b(2) << 6 | b(3), 4),
    }
}

fn is_name_start(c: u32) -> bool {
    matches!(c, 0xc0..=0xd6 | 0xd8..=0xf6 | 0xf8..=0x2ff | 0x370..=0x37d | 0x37f..=0x1fff | 0x200c..=0x200d | 0x2070..=0x218f
        | 0x2c00..=0x2fef | 0x3001..=0xd7ff | 0xf900..=0xfdcf | 0xfdf0..=0xfffd | 0x10000..=0xeffff)
}
fn is_name_part(c: u32) -> bool {
    is_name_start(c) || matches!(c, 0xb7 | 0x300..=0x36f | 0x203f..=0x2040)
}

/// Whether a character may stand in XML.
pub fn is_char(c: u32) -> bool {
    matches!(c, 9 | 10 | 13 | 0x20..=0xd7ff | 0xe000..=0xfffd | 0x10000..=0x10ffff)
}

/// Length of the character at `at` if it may stand in XML.
fn valid(s: &[u8], at: usize) -> Result<usize, Stop> {
    match CLASSES[s[at] as usize] {
        class::BAD => Err(Stop::Error(code::INVALID_TOKEN, at)),
        class::HIGH => {
            let (c, n) = char_at(s, at);
            if is_char(c) { Ok(n) } else { Err(Stop::Error(code::INVALID_TOKEN, at)) }
        }
        _ => Ok(1),
    }
}

/// The end of the name that begins at `at`. `More` if it reaches the end of the text.
pub fn name(s: &[u8], at: usize, namespaces: bool) -> Result<usize, Stop> {
    let end = name_token(s, at, true)?;
    if namespaces {
        let n = &s[at..end];
        if let Some(i) = n.iter().position(|c| *c == b':') {
            if i == 0 {
                return Err(Stop::Error(code::INVALID_TOKEN, at));
            }
            let rest = &n[i + 1..];
            let starts = rest.first().is_some_and(|c| match CLASSES[*c as usize] {
                class::START => *c != b':',
                class::HIGH => is_name_start(char_at(rest, 0).0),
                _ => false,
            });
            if !starts {
                return Err(Stop::Error(code::INVALID_TOKEN, at + i + 1));
            }
            if let Some(j) = rest.iter().position(|c| *c == b':') {
                return Err(Stop::Error(code::INVALID_TOKEN, at + i + 1 + j));
            }
        }
    }
    Ok(end)
}

/// The end of a name (or, without `start`, of a name token).
pub fn name_token(s: &[u8], at: usize, start: bool) -> Result<usize, Stop> {
    let mut i = at;
    loop {
        let Some(&c) = s.get(i) else { return Err(Stop::More) };
        let first = start && i == at;
        match CLASSES[c as usize] {
            class::START => i += 1,
            class::NAME if !first => i += 1,
            class::HIGH => {
                let (c, n) = char_at(s, i);
                let fits = if first { is_name_start(c) } else { is_name_part(c) };
                if !fits {
                    break;
                }
                i += n;
            }
            _ => break,
        }
    }
    if i == at { Err(Stop::Error(code::INVALID_TOKEN, at)) } else { Ok(i) }
}

/// The first position from `at` on that is not white space.
pub fn skip_space(s: &[u8], at: usize) -> usize {
    at + s[at..].iter().take_while(|c| is_space(**c)).count()
}

/// A reference: `at` is that of the `&`.
pub fn reference(s: &[u8], at: usize, namespaces: bool) -> Scanned {
    match s.get(at + 1) {
        None => Err(Stop::More),
        Some(b'#') => {
            let hex = match s.get(at + 2) {
                None => return Err(Stop::More),
                c => c == Some(&b'x'),
            };
            let (mut i, base) = if hex { (at + 3, 16) } else { (at + 2, 10) };
            let from = i;
            let mut n: u32 = 0;
            loop {
                let Some(&c) = s.get(i) else { return Err(Stop::More) };
                if c == b';' && i > from {
                    break;
                }
                let Some(d) = char::from(c).to_digit(base) else { return Err(Stop::Error(code::INVALID_TOKEN, i)) };
                n = n.saturating_mul(base).saturating_add(d).min(0x11_0000);
                i += 1;
            }
            if !is_char(n) {
                return Err(Stop::Error(code::BAD_CHAR_REF, at));
            }
            Ok((Token::Character(n), i + 1))
        }
        Some(_) => {
            let end = name(s, at + 1, namespaces)?;
            // In namespace mode a colon in an entity's name is an error too.
            match s.get(end) {
                None => Err(Stop::More),
                Some(b';') => Ok((Token::Entity((at + 1, end)), end + 1)),
                Some(_) => Err(Stop::Error(code::INVALID_TOKEN, end)),
            }
        }
    }
}

/// Whether the text at `at` goes on with `with`; `More` if it may.
pub fn literal(s: &[u8], at: usize, with: &[u8]) -> Result<(), Stop> {
    for (i, c) in with.iter().enumerate() {
        match s.get(at + i) {
            None => return Err(Stop::More),
            Some(d) if d == c => {}
            Some(_) => return Err(Stop::Error(code::INVALID_TOKEN, at + i)),
        }
    }
    Ok(())
}

/// A comment; `at` is that of `<!-`.
pub fn comment(s: &[u8], at: usize) -> Scanned {
    literal(s, at, b"<!--")?;
    let mut i = at + 4;
    loop {
        let Some(&c) = s.get(i) else { return Err(Stop::More) };
        if c == b'-' {
            match (s.get(i + 1), s.get(i + 2)) {
                (None, _) | (Some(b'-'), None) => return Err(Stop::More),
                (Some(b'-'), Some(b'>')) => return Ok((Token::Comment((at + 4, i)), i + 3)),
                (Some(b'-'), Some(_)) => return Err(Stop::Error(code::INVALID_TOKEN, i + 2)),
                _ => {}
            }
        }
        i += valid(s, i)?;
    }
}

/// A processing instruction or declaration; `at` is that of `<?`.
pub fn instruction(s: &[u8], at: usize, namespaces: bool) -> Scanned {
    let from = at + 2;
    if s.len() <= from {
        return Err(Stop::More);
    }
    let end = name(s, from, false)?;
    if namespaces && let Some(i) = s[from..end].iter().position(|c| *c == b':') {
        return Err(Stop::Error(code::INVALID_TOKEN, from + i));
    }
    let declaration = match &s[from..end] {
        b"xml" => true,
        t if t.eq_ignore_ascii_case(b"xml") => return Err(Stop::Error(code::INVALID_TOKEN, from)),
        _ => false,
    };
    if !is_space(s[end]) {
        if s[end] != b'?' {
            return Err(Stop::Error(code::INVALID_TOKEN, end));
        }
        return match s.get(end + 1) {
            None => Err(Stop::More),
            Some(b'>') if declaration => Ok((Token::Declaration((end, end)), end + 2)),
            Some(b'>') => Ok((Token::Instruction { target: (from, end), data: (end, end) }, end + 2)),
            Some(_) => Err(Stop::Error(code::INVALID_TOKEN, end + 1)),
        };
    }
    let data = skip_space(s, end);
    let mut i = data;
    loop {
        let Some(&c) = s.get(i) else { return Err(Stop::More) };
        if c == b'?' {
            match s.get(i + 1) {
                None => return Err(Stop::More),
                Some(b'>') if declaration => return Ok((Token::Declaration((end, i)), i + 2)),
                Some(b'>') => return Ok((Token::Instruction { target: (from, end), data: (data, i) }, i + 2)),
                _ => {}
            }
        }
        i += valid(s, i)?;
    }
}

fn end_tag(s: &[u8], at: usize, namespaces: bool) -> Scanned {
    let from = at + 2;
    if from >= s.len() {
        return Err(Stop::More);
    }
    let end = name(s, from, namespaces)?;
    let i = skip_space(s, end);
    match s.get(i) {
        None => Err(Stop::More),
        Some(b'>') => Ok((Token::End { name: (from, end) }, i + 1)),
        Some(_) => Err(Stop::Error(code::INVALID_TOKEN, i)),
    }
}

fn start_tag(s: &[u8], at: usize, namespaces: bool) -> Scanned {
    let from = at + 1;
    let end = name(s, from, namespaces)?;
    let mut attributes = Vec::new();
    let mut i = end;
    loop {
        let after = skip_space(s, i);
        match s.get(after) {
            None => return Err(Stop::More),
            Some(b'>') => return Ok((Token::Start { name: (from, end), attributes, empty: false }, after + 1)),
            Some(b'/') => {
                return match s.get(after + 1) {
                    None => Err(Stop::More),
                    Some(b'>') => Ok((Token::Start { name: (from, end), attributes, empty: true }, after + 2)),
                    Some(_) => Err(Stop::Error(code::INVALID_TOKEN, after + 1)),
                };
            }
            Some(_) if after == i => return Err(Stop::Error(code::INVALID_TOKEN, after)),
            Some(_) => {}
        }
        let name_end = name(s, after, namespaces)?;
        let equals = skip_space(s, name_end);
        match s.get(equals) {
            None => return Err(Stop::More),
            Some(b'=') => {}
            Some(_) => return Err(Stop::Error(code::INVALID_TOKEN, equals)),
        }
        let open = skip_space(s, equals + 1);
        let quote = match s.get(open) {
            None => return Err(Stop::More),
            Some(&q @ (b'"' | b'\'')) => q,
            Some(_) => return Err(Stop::Error(code::INVALID_TOKEN, open)),
        };
        let mut plain = true;
        let mut j = open + 1;
        loop {
            let Some(&c) = s.get(j) else { return Err(Stop::More) };
            match c {
                c if c == quote => break,
                b'<' => return Err(Stop::Error(code::INVALID_TOKEN, j)),
                b'&' => {
                    plain = false;
                    j = reference(s, j, namespaces)?.1;
                    continue;
                }
                b'\t' | b'\n' | b'\r' => plain = false,
                _ => {}
            }
            j += valid(s, j)?;
        }
        attributes.push(Attribute { name: (after, name_end), value: (open + 1, j), plain });
        i = j + 1;
    }
}

/// A line end at `at`. A CR at the end of the text may be half of one.
fn newline(s: &[u8], at: usize) -> Scanned {
    if s[at] == b'\n' {
        return Ok((Token::Newline, at + 1));
    }
    match s.get(at + 1) {
        None => Err(Stop::More),
        Some(b'\n') => Ok((Token::Newline, at + 2)),
        Some(_) => Ok((Token::Newline, at + 1)),
    }
}

/// The next token of content; the text at `at` is not empty.
pub fn content(s: &[u8], at: usize, namespaces: bool) -> Scanned {
    match s[at] {
        b'<' => match s.get(at + 1) {
            None => Err(Stop::More),
            Some(b'/') => end_tag(s, at, namespaces),
            Some(b'?') => instruction(s, at, namespaces),
            Some(b'!') => match s.get(at + 2) {
                None => Err(Stop::More),
                Some(b'-') => comment(s, at),
                Some(b'[') => literal(s, at, b"<![CDATA[").map(|()| (Token::CdataStart, at + 9)),
                Some(_) => Err(Stop::Error(code::INVALID_TOKEN, at + 2)),
            },
            Some(_) => start_tag(s, at, namespaces),
        },
        b'&' => reference(s, at, namespaces),
        b'\n' | b'\r' => newline(s, at),
        _ => data(s, at, false),
    }
}

/// The next token of a CDATA section.
pub fn cdata(s: &[u8], at: usize) -> Scanned {
    match s[at] {
        b']' => match (s.get(at + 1), s.get(at + 2)) {
            (None, _) | (Some(b']'), None) => Err(Stop::More),
            (Some(b']'), Some(b'>')) => Ok((Token::CdataEnd, at + 3)),
            _ => data(s, at, true),
        },
        b'\n' | b'\r' => newline(s, at),
        _ => data(s, at, true),
    }
}

/// Text up to a mark, a line end or the end of the text.
fn data(s: &[u8], at: usize, cdata: bool) -> Scanned {
    let mut i = at;
    while let Some(&c) = s.get(i) {
        match CLASSES[c as usize] {
            class::OTHER | class::NAME | class::START => i += 1,
            class::SPACE if matches!(c, b'\n' | b'\r') => break,
            class::SPACE => i += 1,
            class::MARK if c == b']' => match (s.get(i + 1), s.get(i + 2)) {
                (None, _) | (Some(b']'), None) => {
                    if i == at {
                        return Err(Stop::More);
                    }
                    break;
                }
                (Some(b']'), Some(b'>')) => {
                    if !cdata {
                        if i > at {
                            break;
                        }
                        return Err(Stop::Error(code::INVALID_TOKEN, i + 2));
                    }
                    break;
                }
                _ if cdata && i > at => break,
                _ => i += 1,
            },
            class::MARK if cdata => i += 1,
            class::MARK => break,
            _ => match valid(s, i) {
                Ok(n) => i += n,
                // What stands before it is given out first.
                Err(_) if i > at => break,
                Err(e) => return Err(e),
            },
        }
    }
    Ok((Token::Data, i))
}

/// The end of a quoted literal; `at` is that of the quote.
pub fn quoted(s: &[u8], at: usize) -> Result<usize, Stop> {
    let quote = s[at];
    let mut i = at + 1;
    loop {
        let Some(&c) = s.get(i) else { return Err(Stop::More) };
        if c == quote {
            return Ok(i);
        }
        i += valid(s, i)?;
    }
}

/// The end of a markup declaration (behind its `>`, or before `[` when `subset`); `at` is that of `<!`.
pub fn declaration(s: &[u8], at: usize, subset: bool) -> Result<usize, Stop> {
    let mut i = at + 2;
    loop {
        let Some(&c) = s.get(i) else { return Err(Stop::More) };
        match c {
            b'"' | b'\'' => i = quoted(s, i)? + 1,
            b'>' => return Ok(i + 1),
            b'[' if subset => return Ok(i),
            b'<' | b'[' => return Err(Stop::Error(code::INVALID_TOKEN, i)),
            _ => i += valid(s, i)?,
        }
    }
}
