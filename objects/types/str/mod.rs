//! `str`: representation. CPython's compact kinds: data inline in the cell as 1-, 2- or 4-byte units, always the narrowest that fits; lone
//! surrogates are legal. The hash is cached.

mod case;
pub mod convert;
pub mod format;
pub mod intern;
pub mod iterator;
pub mod methods;
pub mod pad;
pub mod percent;
pub mod search;
pub mod split;
pub mod template;

use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use std::borrow::Cow;
use sync::prim::{AtomicU8, AtomicU64, Ordering};

/// A str's payload; the units follow.
#[repr(C)]
pub struct Str {
    len: u32,
    /// Bytes per unit: 1, 2 or 4.
    width: u8,
    ascii: bool,
    interned: AtomicU8,
    _pad: u8,
    hash: AtomicU64,
    data: [u32; 0],
}

// SAFETY: holds no words.
unsafe impl Payload for Str {
    const TYPE_ID: u32 = ids::STR;
    const WALK: gc::Walk = gc::Walk::Leaf;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

pub use text::Units;

/// The largest code point, 0 when empty.
pub fn max_char(u: Units<'_>) -> u32 {
    match u {
        Units::One(s) => s.iter().copied().max().unwrap_or(0).into(),
        Units::Two(s) => s.iter().copied().max().unwrap_or(0).into(),
        Units::Four(s) => s.iter().copied().max().unwrap_or(0),
    }
}

/// No room for a str.
#[derive(Debug)]
pub struct NoMemory;

impl Str {
    /// Payload bytes before the units.
    pub const FIXED: usize = size_of::<Str>();

    /// A str of type `type_id` (str or a subtype with `extra` zeroed bytes after the units) with uninitialised units, which `fill` writes.
    ///
    /// # Safety
    /// `fill` writes all `len * width` bytes with units of which at least one needs `width` (or width is 1), all of them ASCII if `ascii`.
    pub unsafe fn try_build(
        type_id: u32,
        len: usize,
        width: u8,
        ascii: bool,
        extra: usize,
        fill: impl FnOnce(*mut u8),
    ) -> Result<Gc<Str>, NoMemory> {
        let bytes = len.checked_mul(width as usize).filter(|b| *b < isize::MAX as usize / 2).ok_or(NoMemory)?;
        let len = u32::try_from(len).map_err(|_| NoMemory)?;
        let room = if extra > 0 { bytes.next_multiple_of(8) + extra } else { bytes };
        // SAFETY: everything is written.
        unsafe {
            let v = gc::alloc_sized(type_id, Self::FIXED + room, |p| {
                p.cast::<Str>().write(Str { len, width, ascii, interned: AtomicU8::new(0), _pad: 0, hash: AtomicU64::new(0), data: [] });
                fill(p.add(Self::FIXED));
                std::ptr::write_bytes(p.add(Self::FIXED + bytes), 0, room - bytes);
            })
            .ok_or(NoMemory)?;
            Ok(Gc::from_value(v))
        }
    }

    fn must(r: Result<Gc<Str>, NoMemory>) -> Gc<Str> {
        match r {
            Ok(s) => s,
            Err(NoMemory) => std::alloc::handle_alloc_error(std::alloc::Layout::new::<Str>()),
        }
    }

    /// From Latin-1 bytes.
    pub fn try_from_latin1(s: &[u8]) -> Result<Gc<Str>, NoMemory> {
        if s.is_empty() {
            return Ok(Self::empty());
        }
        if let [b] = s {
            return Ok(Self::from_char(u32::from(*b)));
        }
        // SAFETY: `s.len()` bytes are written.
        unsafe { Self::try_build(ids::STR, s.len(), 1, s.is_ascii(), 0, |p| std::ptr::copy_nonoverlapping(s.as_ptr(), p, s.len())) }
    }
    /// From units of any width: narrowed as far as they go.
    pub fn try_from_units(u: Units<'_>) -> Result<Gc<Str>, NoMemory> {
        let max = match u {
            Units::One(s) => return Self::try_from_latin1(s),
            _ => max_char(u),
        };
        Self::try_from_chars(u.iter(), u.len(), max)
    }
    /// From `len` code points, of which none is larger than `max` (an upper bound that decides the width exactly: the largest one).
    pub fn try_from_chars(chars: impl Iterator<Item = u32>, len: usize, max: u32) -> Result<Gc<Str>, NoMemory> {
        if len == 0 {
            return Ok(Self::empty());
        }
        let width = if max < 0x100 {
            1
        } else if max < 0x1_0000 {
            2
        } else {
            4
        };
        let mut chars = chars;
        if len == 1 && max < 0x100 {
            return Ok(Self::from_char(chars.next().unwrap_or(0)));
        }
        // SAFETY: `len` units are written.
        unsafe {
            Self::try_build(ids::STR, len, width, max < 0x80, 0, |p| {
                for i in 0..len {
                    let c = chars.next().unwrap_or(0);
                    match width {
                        1 => p.add(i).write(c as u8),
                        2 => p.cast::<u16>().add(i).write(c as u16),
                        _ => p.cast::<u32>().add(i).write(c),
                    }
                }
            })
        }
    }
    /// From UTF-8 text.
    pub fn try_from_text(s: &str) -> Result<Gc<Str>, NoMemory> {
        if s.is_ascii() {
            return Self::try_from_latin1(s.as_bytes());
        }
        let (mut len, mut max) = (0, 0);
        for c in s.chars() {
            len += 1;
            max = max.max(c as u32);
        }
        Self::try_from_chars(s.chars().map(|c| c as u32), len, max)
    }
    /// From UTF-8 text; aborts when out of memory, so for short texts.
    pub fn from_text(s: &str) -> Gc<Str> {
        Self::must(Self::try_from_text(s))
    }
    /// From code points (surrogates allowed).
    pub fn from_code_points(chars: &[u32]) -> Gc<Str> {
        Self::must(Self::try_from_chars(chars.iter().copied(), chars.len(), chars.iter().copied().max().unwrap_or(0)))
    }
    /// From units.
    pub fn from_units(u: Units<'_>) -> Gc<Str> {
        Self::must(Self::try_from_units(u))
    }
    /// From a builder's text.
    pub fn try_from_built(t: text::Text) -> Result<Gc<Str>, NoMemory> {
        match t {
            text::Text::Ascii(v) | text::Text::Latin1(v) => Self::try_from_latin1(&v),
            text::Text::Ucs2(v) => Self::try_from_units(Units::Two(&v)),
            text::Text::Ucs4(v) => Self::try_from_units(Units::Four(&v)),
        }
    }
    /// From Latin-1 bytes.
    pub fn from_latin1(s: &[u8]) -> Gc<Str> {
        Self::must(Self::try_from_latin1(s))
    }
    /// From generalised UTF-8 (surrogates encoded as three bytes); invalid bytes become U+FFFD.
    pub fn from_wtf8(b: &[u8]) -> Gc<Str> {
        if let Ok(s) = std::str::from_utf8(b) {
            return Self::from_text(s);
        }
        let mut chars = Vec::with_capacity(b.len());
        let mut rest = b;
        while !rest.is_empty() {
            match rest {
                [0xed, x @ 0xa0..=0xbf, y @ 0x80..=0xbf, tail @ ..] => {
                    chars.push(0xd000 | u32::from(x & 0x3f) << 6 | u32::from(y & 0x3f));
                    rest = tail;
                }
                _ => {
                    let n = rest.iter().skip(1).position(|c| c & 0xc0 != 0x80).map_or(rest.len(), |n| n + 1);
                    match std::str::from_utf8(&rest[..n]) {
                        Ok(s) => chars.extend(s.chars().map(|c| c as u32)),
                        Err(_) => chars.push(0xfffd),
                    }
                    rest = &rest[n..];
                }
            }
        }
        Self::from_code_points(&chars)
    }
    /// The empty str, of which there is one.
    pub fn empty() -> Gc<Str> {
        intern::constant(256)
    }
    /// A str of one code point; Latin-1 ones exist once.
    pub fn from_char(c: u32) -> Gc<Str> {
        if c < 256 {
            return intern::constant(c as usize);
        }
        let width = if c < 0x1_0000 { 2 } else { 4 };
        // SAFETY: one unit is written.
        Self::must(unsafe {
            Self::try_build(ids::STR, 1, width, false, 0, |p| {
                if width == 2 { p.cast::<u16>().write(c as u16) } else { p.cast::<u32>().write(c) }
            })
        })
    }
    /// The interned str of a text; immortal.
    pub fn intern_text(s: &str) -> Value {
        intern::intern_immortal(Self::from_text(s))
    }

    /// Number of code points.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len as usize
    }
    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// Whether all code points are below 128.
    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.ascii
    }
    /// Bytes per unit.
    pub fn width(&self) -> usize {
        self.width as usize
    }
    /// The units as bytes.
    #[inline(always)]
    pub fn raw(&self) -> &[u8] {
        // SAFETY: `len * width` bytes follow.
        unsafe { std::slice::from_raw_parts((self as *const Str as *const u8).add(Self::FIXED), self.len as usize * self.width as usize) }
    }
    /// The units.
    #[inline]
    pub fn units(&self) -> Units<'_> {
        let (p, n) = (self.raw().as_ptr(), self.len as usize);
        // SAFETY: that many units of that width follow, aligned to 8.
        unsafe {
            match self.width {
                1 => Units::One(std::slice::from_raw_parts(p, n)),
                2 => Units::Two(std::slice::from_raw_parts(p.cast(), n)),
                _ => Units::Four(std::slice::from_raw_parts(p.cast(), n)),
            }
        }
    }
    /// As a Rust text when it is ASCII.
    #[inline]
    pub fn as_ascii(&self) -> Option<&str> {
        // SAFETY: ASCII is UTF-8.
        if self.ascii { Some(unsafe { std::str::from_utf8_unchecked(self.raw()) }) } else { None }
    }
    /// As UTF-8; `None` when it has a lone surrogate.
    pub fn to_utf8(&self) -> Option<Cow<'_, str>> {
        if let Some(s) = self.as_ascii() {
            return Some(Cow::Borrowed(s));
        }
        self.units().iter().map(char::from_u32).collect::<Option<String>>().map(Cow::Owned)
    }
    /// As UTF-8 with surrogates replaced; for messages.
    pub fn to_string_lossy(&self) -> String {
        match self.as_ascii() {
            Some(s) => s.to_string(),
            None => self.units().iter().map(|c| char::from_u32(c).unwrap_or('\u{fffd}')).collect(),
        }
    }
    /// As generalised UTF-8.
    pub fn to_wtf8(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len());
        for c in self.units().iter() {
            match char::from_u32(c) {
                Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                None => out.extend_from_slice(&[0xe0 | (c >> 12) as u8, 0x80 | (c >> 6 & 0x3f) as u8, 0x80 | (c & 0x3f) as u8]),
            }
        }
        out
    }
    /// Whether it equals a Rust text.
    pub fn eq_str(&self, s: &str) -> bool {
        match self.as_ascii() {
            Some(me) => me == s,
            None => !s.is_ascii() && self.units().iter().eq(s.chars().map(|c| c as u32)),
        }
    }
    /// Whether it begins with an ASCII text.
    pub fn eq_prefix(&self, s: &str) -> bool {
        self.as_ascii().is_some_and(|me| me.starts_with(s))
    }
    /// Whether two strs are equal.
    #[inline]
    pub fn eq(&self, other: &Str) -> bool {
        // Widths are canonical, so equal strs have equal widths.
        std::ptr::eq(self, other) || (self.len == other.len && self.width == other.width && self.raw() == other.raw())
    }
    /// Ordering by code points.
    pub fn cmp(&self, other: &Str) -> std::cmp::Ordering {
        match (self.units(), other.units()) {
            (Units::One(a), Units::One(b)) => a.cmp(b),
            (a, b) => a.iter().cmp(b.iter()),
        }
    }
    /// The hash, computed once.
    #[inline]
    pub fn hash(&self) -> u64 {
        match self.hash.load(Ordering::Relaxed) {
            0 => self.compute_hash(),
            h => h,
        }
    }
    /// The hash if it has been computed, else 0.
    #[inline]
    pub fn cached_hash(&self) -> u64 {
        self.hash.load(Ordering::Relaxed)
    }
    #[cold]
    fn compute_hash(&self) -> u64 {
        let h = crate::protocol::hash::bytes(self.raw());
        // 0 means "not computed": the empty str's hash 0 is simply computed again.
        self.hash.store(h, Ordering::Relaxed);
        h
    }
    /// Whether it is interned (so that equal interned strs are identical).
    #[inline(always)]
    pub fn is_interned(&self) -> bool {
        self.interned.load(Ordering::Relaxed) != 0
    }
    /// The part `from..to` (in range).
    pub fn substring(&self, from: usize, to: usize) -> Gc<Str> {
        if from == 0 && to == self.len() && self.header().type_id() == ids::STR {
            // SAFETY: it is a str.
            return unsafe { Gc::from_value(self.to_value()) };
        }
        Self::from_units(self.units().slice(from, to))
    }
    /// Writes the units at `p` in units of `width` bytes, which is at least the own width; gives back where they end.
    ///
    /// # Safety
    /// There is room.
    pub unsafe fn write_units(&self, p: *mut u8, width: usize) -> *mut u8 {
        let n = self.len();
        // SAFETY: by contract.
        unsafe {
            match (self.units(), width) {
                (Units::One(s), 2) => s.iter().enumerate().for_each(|(i, c)| p.cast::<u16>().add(i).write(u16::from(*c))),
                (Units::One(s), 4) => s.iter().enumerate().for_each(|(i, c)| p.cast::<u32>().add(i).write(u32::from(*c))),
                (Units::Two(s), 4) => s.iter().enumerate().for_each(|(i, c)| p.cast::<u32>().add(i).write(u32::from(*c))),
                _ => std::ptr::copy_nonoverlapping(self.raw().as_ptr(), p, n * width),
            }
            p.add(n * width)
        }
    }
    /// `self + other`.
    pub fn concat(&self, other: &Str) -> Result<Gc<Str>, NoMemory> {
        let n = self.len() + other.len();
        if self.width == other.width {
            let (a, b) = (self.raw(), other.raw());
            // SAFETY: both parts are written; the wider unit is in one of them.
            return unsafe {
                Self::try_build(ids::STR, n, self.width, self.ascii && other.ascii, 0, |p| {
                    std::ptr::copy_nonoverlapping(a.as_ptr(), p, a.len());
                    std::ptr::copy_nonoverlapping(b.as_ptr(), p.add(a.len()), b.len());
                })
            };
        }
        let width = self.width.max(other.width);
        // SAFETY: both parts are written; the wider unit is in one of them.
        unsafe {
            Self::try_build(ids::STR, n, width, false, 0, |p| {
                let p = self.write_units(p, width as usize);
                other.write_units(p, width as usize);
            })
        }
    }
    /// Address of what follows the units (a subtype's tail).
    pub fn after_units(&self) -> *mut u8 {
        self.header().payload().wrapping_add((Self::FIXED + self.raw().len()).next_multiple_of(8))
    }
}

/// `left + right` where `left`'s reference is given up: when it is the only one, its memory is used again if there is room, and otherwise
/// the new str gets room to grow, so that building a text by `s += t` takes linear time.
pub fn concat_in_place(cx: &mut Cx, left: Value, right: &Str) -> PyResult<Value> {
    let Some(s) = left.as_ref().exact::<Str>() else { return Err(cx.system_error("concat_in_place of no str")) };
    let failed = |cx: &mut Cx| cx.memory_error();
    let h = s.header();
    if !h.is_unique() || s.is_interned() || s.is_empty() || right.width > s.width || std::ptr::eq(s, right) {
        return match s.concat(right) {
            Ok(v) => Ok(v.into_value()),
            Err(NoMemory) => Err(failed(cx)),
        };
    }
    let width = s.width as usize;
    let n = s.len() + right.len();
    let (Ok(len), Some(bytes)) = (u32::try_from(n), n.checked_mul(width)) else { return Err(failed(cx)) };
    // SAFETY: the cell is alive, and nobody else refers to it; what is written lies within its memory.
    unsafe {
        if Str::FIXED + bytes <= gc::heap::room(h) {
            let at = h.payload();
            right.write_units(at.add(Str::FIXED + s.len() * width), width);
            let ascii = s.ascii && right.ascii;
            let me = at.cast::<Str>();
            (&raw mut (*me).len).write(len);
            (&raw mut (*me).ascii).write(ascii);
            (*me).hash.store(0, Ordering::Relaxed);
            return Ok(left);
        }
        // Room for a quarter more; the bytes behind the units mean nothing.
        let room = bytes + bytes / 4;
        let made = gc::alloc_sized(ids::STR, Str::FIXED + room, |p| {
            let ascii = s.ascii && right.ascii;
            p.cast::<Str>().write(Str {
                len,
                width: s.width,
                ascii,
                interned: AtomicU8::new(0),
                _pad: 0,
                hash: AtomicU64::new(0),
                data: [],
            });
            let p = s.write_units(p.add(Str::FIXED), width);
            right.write_units(p, width);
        });
        match made {
            Some(v) => Ok(v),
            None => Err(failed(cx)),
        }
    }
}

/// The str if the value is exactly a str or of a subtype.
#[inline]
pub fn as_str<'a>(v: Ref<'a>) -> Option<&'a Str> {
    use crate::types::type_::Downcast;
    v.downcast::<Str>()
}

/// A str as a native's result.
pub fn text(s: &str) -> Reg {
    Str::from_text(s).into()
}
