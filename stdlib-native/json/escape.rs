//! Output that is mostly ASCII, and strings as JSON writes them.

use gc::Value;
use objects::types::str::{Str, Units};
use objects::{Cx, PyResult};
use text::StrBuilder;

/// Text as it grows: ASCII is gathered as bytes, other characters make it go over to a builder.
#[derive(Default)]
pub struct Output {
    /// What came after what stands in `wide`.
    pub ascii: Vec<u8>,
    wide: Option<StrBuilder>,
}

/// Whether a byte stands for itself.
const fn plain(c: u8, ascii: bool) -> bool {
    c >= b' ' && c != b'"' && c != b'\\' && (if ascii { c <= b'~' } else { c < 0x80 })
}

static PLAIN_ASCII: [bool; 256] = table(true);
static PLAIN: [bool; 256] = table(false);

const fn table(ascii: bool) -> [bool; 256] {
    let mut t = [false; 256];
    let mut i = 0;
    while i < 256 {
        t[i] = plain(i as u8, ascii);
        i += 1;
    }
    t
}

impl Output {
    /// Adds a character that is not ASCII.
    fn push_wide(&mut self, c: u32) {
        let b = self.wide.get_or_insert_with(StrBuilder::new);
        b.push_latin1(&self.ascii);
        self.ascii.clear();
        b.push(c);
    }
    /// Adds any text.
    pub fn push_units(&mut self, u: Units<'_>) {
        match u {
            Units::One(s) if s.is_ascii() => self.ascii.extend_from_slice(s),
            _ => {
                let b = self.wide.get_or_insert_with(StrBuilder::new);
                b.push_latin1(&self.ascii);
                self.ascii.clear();
                b.push_units(u);
            }
        }
    }
    fn unicode_escape(&mut self, unit: u32) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.ascii.extend_from_slice(b"\\u");
        for shift in [12, 8, 4, 0] {
            self.ascii.push(DIGITS[(unit >> shift & 15) as usize]);
        }
    }
    fn escape(&mut self, c: u32, ascii: bool) {
        let short = match c {
            0x22 => b'"',
            0x5c => b'\\',
            8 => b'b',
            9 => b't',
            10 => b'n',
            12 => b'f',
            13 => b'r',
            _ => 0,
        };
        if short != 0 {
            self.ascii.extend_from_slice(&[b'\\', short]);
        } else if c >= 0x80 && !ascii {
            self.push_wide(c);
        } else if c == 0x7f && !ascii {
            self.ascii.push(0x7f);
        } else if c >= 0x1_0000 {
            let c = c - 0x1_0000;
            self.unicode_escape(0xd800 | c >> 10);
            self.unicode_escape(0xdc00 | c & 0x3ff);
        } else {
            self.unicode_escape(c);
        }
    }
    /// Adds a string in quotes.
    pub fn quote(&mut self, u: Units<'_>, ascii: bool) {
        self.ascii.push(b'"');
        match u {
            Units::One(s) => {
                let table = if ascii { &PLAIN_ASCII } else { &PLAIN };
                let mut rest = s;
                loop {
                    let n = rest.iter().position(|c| !table[usize::from(*c)]).unwrap_or(rest.len());
                    self.ascii.extend_from_slice(&rest[..n]);
                    match rest.get(n) {
                        None => break,
                        Some(c) => self.escape(u32::from(*c), ascii),
                    }
                    rest = &rest[n + 1..];
                }
            }
            _ => {
                for c in u.iter() {
                    if c < 0x80 && plain(c as u8, ascii) { self.ascii.push(c as u8) } else { self.escape(c, ascii) }
                }
            }
        }
        self.ascii.push(b'"');
    }
    /// The whole text.
    pub fn finish(self, cx: &mut Cx) -> PyResult<Value> {
        let r = match self.wide {
            None => Str::try_from_latin1(&self.ascii),
            Some(mut b) => {
                b.push_latin1(&self.ascii);
                Str::try_from_built(b.finish())
            }
        };
        match r {
            Ok(s) => Ok(s.into_value()),
            Err(_) => Err(cx.memory_error()),
        }
    }
}
