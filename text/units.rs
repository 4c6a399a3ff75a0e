//! The code units that strings are made of, and a view of a string of any kind.
//!
//! A string's characters lie in one of three widths, the narrowest that holds its largest code point:
//! `u8` (ASCII and latin-1), `u16` (the basic plane), `u32`. Every unit is a whole code point: there are no
//! surrogate *pairs*, and a lone surrogate is an ordinary character. The algorithms of this crate are generic
//! over [`Unit`]; [`Units`] is for code that has to look at strings of different widths together.

use std::hash::Hash;

/// A code point as stored in one of the three string widths.
pub trait Unit: Copy + Eq + Ord + Hash + Into<u32> + Default + Send + Sync + std::fmt::Debug + 'static {
    /// The largest code point this width can hold.
    const MAX: u32;
    /// The unit that holds `cp`, or `None` when it is too large for this width.
    fn from_code_point(cp: u32) -> Option<Self>;
    /// The string's units as the kind-tagged view.
    fn view(units: &[Self]) -> Units<'_>;
    /// The units of a view of this width.
    fn from_view(view: Units<'_>) -> Option<&[Self]>;
}

impl Unit for u8 {
    const MAX: u32 = 0xff;
    #[inline]
    fn from_code_point(cp: u32) -> Option<u8> {
        u8::try_from(cp).ok()
    }
    #[inline]
    fn view(units: &[u8]) -> Units<'_> {
        Units::One(units)
    }
    #[inline]
    fn from_view(view: Units<'_>) -> Option<&[u8]> {
        match view {
            Units::One(units) => Some(units),
            _ => None,
        }
    }
}

impl Unit for u16 {
    const MAX: u32 = 0xffff;
    #[inline]
    fn from_code_point(cp: u32) -> Option<u16> {
        u16::try_from(cp).ok()
    }
    #[inline]
    fn view(units: &[u16]) -> Units<'_> {
        Units::Two(units)
    }
    #[inline]
    fn from_view(view: Units<'_>) -> Option<&[u16]> {
        match view {
            Units::Two(units) => Some(units),
            _ => None,
        }
    }
}

impl Unit for u32 {
    const MAX: u32 = 0x10_ffff;
    #[inline]
    fn from_code_point(cp: u32) -> Option<u32> {
        Some(cp)
    }
    #[inline]
    fn view(units: &[u32]) -> Units<'_> {
        Units::Four(units)
    }
    #[inline]
    fn from_view(view: Units<'_>) -> Option<&[u32]> {
        match view {
            Units::Four(units) => Some(units),
            _ => None,
        }
    }
}

/// A borrowed string of any width.
#[derive(Clone, Copy, Debug)]
pub enum Units<'a> {
    /// ASCII or latin-1.
    One(&'a [u8]),
    /// Code points up to U+FFFF.
    Two(&'a [u16]),
    /// Any code point.
    Four(&'a [u32]),
}

impl<'a> Units<'a> {
    /// Number of characters.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Units::One(s) => s.len(),
            Units::Two(s) => s.len(),
            Units::Four(s) => s.len(),
        }
    }

    /// Whether there are no characters.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The code point at `index`. Panics when out of range.
    #[inline]
    pub fn at(self, index: usize) -> u32 {
        match self {
            Units::One(s) => s[index].into(),
            Units::Two(s) => s[index].into(),
            Units::Four(s) => s[index],
        }
    }

    /// The code point at `index`, if there is one.
    #[inline]
    pub fn get(self, index: usize) -> Option<u32> {
        (index < self.len()).then(|| self.at(index))
    }

    /// The characters `start..end`.
    #[inline]
    pub fn slice(self, start: usize, end: usize) -> Units<'a> {
        match self {
            Units::One(s) => Units::One(&s[start..end]),
            Units::Two(s) => Units::Two(&s[start..end]),
            Units::Four(s) => Units::Four(&s[start..end]),
        }
    }

    /// The code points in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + Clone + 'a {
        (0..self.len()).map(move |i| self.at(i))
    }

    /// A copy as code points.
    pub fn to_vec(self) -> Vec<u32> {
        self.iter().collect()
    }

    /// The text with lone surrogates replaced by U+FFFD: for messages only.
    pub fn to_string_lossy(self) -> String {
        self.iter().map(|c| char::from_u32(c).unwrap_or('\u{fffd}')).collect()
    }
}

impl Ord for Units<'_> {
    /// The order of code points, which is Python's order of strings.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (*self, *other) {
            (Units::One(a), Units::One(b)) => a.cmp(b),
            (Units::Two(a), Units::Two(b)) => a.cmp(b),
            (Units::Four(a), Units::Four(b)) => a.cmp(b),
            (a, b) => a.iter().cmp(b.iter()),
        }
    }
}

impl PartialOrd for Units<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Units<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Units::One(a), Units::One(b)) => a == b,
            (Units::Two(a), Units::Two(b)) => a == b,
            (Units::Four(a), Units::Four(b)) => a == b,
            (a, b) => a.len() == b.len() && a.iter().eq(b.iter()),
        }
    }
}

impl Eq for Units<'_> {}
