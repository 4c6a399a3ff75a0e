//! `StrBuilder`: text under construction, in the narrowest width that holds what was pushed so far.

#[cfg(test)]
mod tests;

use crate::units::{Unit, Units};

/// Finished text with the width its largest character needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Every character is below U+0080.
    Ascii(Vec<u8>),
    /// The largest character is in U+0080..=U+00FF.
    Latin1(Vec<u8>),
    /// The largest character is in U+0100..=U+FFFF.
    Ucs2(Vec<u16>),
    /// The largest character is above U+FFFF.
    Ucs4(Vec<u32>),
}

impl Text {
    /// The characters as a kind-tagged view.
    pub fn units(&self) -> Units<'_> {
        match self {
            Text::Ascii(v) | Text::Latin1(v) => Units::One(v),
            Text::Ucs2(v) => Units::Two(v),
            Text::Ucs4(v) => Units::Four(v),
        }
    }
}

#[derive(Clone, Debug)]
enum Buffer {
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
}

/// Collects characters; starts one byte wide and widens when a character needs it.
#[derive(Clone, Debug)]
pub struct StrBuilder {
    buffer: Buffer,
    /// The bitwise "or" of everything pushed: tells the width class of the largest character.
    seen: u32,
}

impl Default for StrBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl StrBuilder {
    /// An empty builder.
    pub const fn new() -> Self {
        StrBuilder { buffer: Buffer::One(Vec::new()), seen: 0 }
    }

    /// An empty builder with room for `capacity` one-byte characters.
    pub fn with_capacity(capacity: usize) -> Self {
        StrBuilder { buffer: Buffer::One(Vec::with_capacity(capacity)), seen: 0 }
    }

    /// Number of characters so far.
    #[inline]
    pub fn len(&self) -> usize {
        self.units().len()
    }

    /// Whether nothing was pushed.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was pushed so far.
    #[inline]
    pub fn units(&self) -> Units<'_> {
        match &self.buffer {
            Buffer::One(v) => Units::One(v),
            Buffer::Two(v) => Units::Two(v),
            Buffer::Four(v) => Units::Four(v),
        }
    }

    /// Whether every character pushed so far is ASCII.
    #[inline]
    pub fn is_ascii(&self) -> bool {
        self.seen < 0x80
    }

    /// Makes room for `additional` more characters of the present width.
    pub fn reserve(&mut self, additional: usize) {
        match &mut self.buffer {
            Buffer::One(v) => v.reserve(additional),
            Buffer::Two(v) => v.reserve(additional),
            Buffer::Four(v) => v.reserve(additional),
        }
    }

    /// Appends one code point (at most U+10FFFF).
    #[inline]
    pub fn push(&mut self, cp: u32) {
        debug_assert!(cp <= 0x10_ffff);
        self.seen |= cp;
        match &mut self.buffer {
            Buffer::One(v) if cp <= 0xff => v.push(cp as u8),
            Buffer::Two(v) if cp <= 0xffff => v.push(cp as u16),
            Buffer::Four(v) => v.push(cp),
            _ => self.push_widening(cp),
        }
    }

    #[cold]
    fn push_widening(&mut self, cp: u32) {
        self.widen(cp);
        match &mut self.buffer {
            Buffer::One(v) => v.push(cp as u8),
            Buffer::Two(v) => v.push(cp as u16),
            Buffer::Four(v) => v.push(cp),
        }
    }

    /// Makes the buffer at least wide enough for `cp`.
    fn widen(&mut self, cp: u32) {
        let extra = 16;
        let buffer = std::mem::replace(&mut self.buffer, Buffer::One(Vec::new()));
        self.buffer = match buffer {
            Buffer::One(v) if cp > 0xffff => {
                let mut wide = Vec::with_capacity(v.capacity().max(v.len() + extra));
                wide.extend(v.iter().map(|&c| u32::from(c)));
                Buffer::Four(wide)
            }
            Buffer::One(v) if cp > 0xff => {
                let mut wide = Vec::with_capacity(v.capacity().max(v.len() + extra));
                wide.extend(v.iter().map(|&c| u16::from(c)));
                Buffer::Two(wide)
            }
            Buffer::Two(v) if cp > 0xffff => {
                let mut wide = Vec::with_capacity(v.capacity().max(v.len() + extra));
                wide.extend(v.iter().map(|&c| u32::from(c)));
                Buffer::Four(wide)
            }
            same => same,
        };
    }

    /// Appends one code point `count` times.
    pub fn push_repeated(&mut self, cp: u32, count: usize) {
        if count == 0 {
            return;
        }
        self.seen |= cp;
        self.widen(cp);
        match &mut self.buffer {
            Buffer::One(v) => v.resize(v.len() + count, cp as u8),
            Buffer::Two(v) => v.resize(v.len() + count, cp as u16),
            Buffer::Four(v) => v.resize(v.len() + count, cp),
        }
    }

    /// Appends ASCII (or latin-1) bytes.
    pub fn push_latin1(&mut self, bytes: &[u8]) {
        if !bytes.is_ascii() {
            self.seen |= 0x80;
        }
        match &mut self.buffer {
            Buffer::One(v) => v.extend_from_slice(bytes),
            Buffer::Two(v) => v.extend(bytes.iter().map(|&b| u16::from(b))),
            Buffer::Four(v) => v.extend(bytes.iter().map(|&b| u32::from(b))),
        }
    }

    /// Appends a Rust string.
    pub fn push_str(&mut self, text: &str) {
        if text.is_ascii() {
            return self.push_latin1(text.as_bytes());
        }
        // The largest lead byte tells the width that the characters need.
        let lead = text.bytes().max().unwrap_or(0);
        let class = match lead {
            0..=0xc3 => 0xff,
            0xc4..=0xef => 0xffff,
            _ => 0x10_ffff,
        };
        self.widen(class);
        let seen = text.chars().fold(0, |a, c| a | c as u32);
        self.seen |= seen;
        let chars = text.chars().map(u32::from);
        match &mut self.buffer {
            Buffer::One(v) => v.extend(chars.map(|c| c as u8)),
            Buffer::Two(v) => v.extend(chars.map(|c| c as u16)),
            Buffer::Four(v) => v.extend(chars),
        }
    }

    /// Appends the units of another string.
    pub fn push_slice<U: Unit>(&mut self, units: &[U]) {
        self.push_units(U::view(units));
    }

    /// Appends the characters of another string.
    pub fn push_units(&mut self, units: Units<'_>) {
        match units {
            Units::One(s) => self.push_latin1(s),
            Units::Two(s) => {
                let all = s.iter().fold(0, |a, &c| a | u32::from(c));
                self.seen |= all;
                self.widen(all);
                match &mut self.buffer {
                    Buffer::One(v) => v.extend(s.iter().map(|&c| c as u8)),
                    Buffer::Two(v) => v.extend_from_slice(s),
                    Buffer::Four(v) => v.extend(s.iter().map(|&c| u32::from(c))),
                }
            }
            Units::Four(s) => {
                let all = s.iter().fold(0, |a, &c| a | c);
                self.seen |= all;
                self.widen(all);
                match &mut self.buffer {
                    Buffer::One(v) => v.extend(s.iter().map(|&c| c as u8)),
                    Buffer::Two(v) => v.extend(s.iter().map(|&c| c as u16)),
                    Buffer::Four(v) => v.extend_from_slice(s),
                }
            }
        }
    }

    /// Forgets what was pushed after the first `len` characters. The width stays until [`finish`](Self::finish).
    pub fn truncate(&mut self, len: usize) {
        match &mut self.buffer {
            Buffer::One(v) => v.truncate(len),
            Buffer::Two(v) => v.truncate(len),
            Buffer::Four(v) => v.truncate(len),
        }
        self.seen = self.units().iter().fold(0, |a, c| a | c);
    }

    /// The finished text, in the narrowest width.
    pub fn finish(self) -> Text {
        let seen = self.seen;
        match self.buffer {
            Buffer::One(v) if seen < 0x80 => Text::Ascii(v),
            Buffer::One(v) => Text::Latin1(v),
            Buffer::Two(v) if seen > 0xff => Text::Ucs2(v),
            Buffer::Four(v) if seen > 0xffff => Text::Ucs4(v),
            Buffer::Four(v) if seen > 0xff => Text::Ucs2(v.iter().map(|&c| c as u16).collect()),
            wide => {
                let narrow: Vec<u8> = match wide {
                    Buffer::One(v) => v,
                    Buffer::Two(v) => v.iter().map(|&c| c as u8).collect(),
                    Buffer::Four(v) => v.iter().map(|&c| c as u8).collect(),
                };
                if seen < 0x80 { Text::Ascii(narrow) } else { Text::Latin1(narrow) }
            }
        }
    }

    /// The text for messages and tests: lone surrogates become U+FFFD.
    pub fn to_string_lossy(&self) -> String {
        self.units().to_string_lossy()
    }
}

impl Extend<u32> for StrBuilder {
    fn extend<I: IntoIterator<Item = u32>>(&mut self, iter: I) {
        iter.into_iter().for_each(|c| self.push(c));
    }
}
