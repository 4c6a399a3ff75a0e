//! The value word: one 64-bit NaN box. What kinds of word there are and how to tell them apart, nothing about counting.
//!
//! | word | kind |
//! |---|---|
//! | top 16 bits zero, >= 4096, bit 0 clear | cell pointer, counted |
//! | the same with bit 0 set | cell pointer, uncounted: only in registers and native return words |
//! | top 15 bits all ones | int, 49-bit signed |
//! | anything else >= 2^49 | float: IEEE bits + 2^49 |
//! | small odd constants < 4096 with one of bits 1 to 3 set | None, True, False, Ellipsis, NotImplemented, unbound, detached, no-self |
//!
//! 0 is not a word. Pointers to cells are 16-byte aligned, so bits 1 to 3 tell constants from pointers.

use crate::header::Header;

/// One value word, with no ownership attached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(transparent)]
pub struct Word(pub u64);

const INT_TAG: u64 = 0xfffe_0000_0000_0000;
const FLOAT_BIAS: u64 = 1 << 49;
/// Bit 0 of a pointer word in a register: it is not counted there.
pub const UNCOUNTED: u64 = 1;
/// Largest int that fits a word.
pub const INT_MAX: i64 = (1 << 48) - 1;
/// Smallest int that fits a word.
pub const INT_MIN: i64 = -(1 << 48);

impl Word {
    /// A local or attribute without a value.
    pub const UNBOUND: Word = Word(19);
    /// An inline attribute slot whose values have moved to a dict.
    pub const DETACHED: Word = Word(3);
    /// `None`
    pub const NONE: Word = Word(5);
    /// `False`
    pub const FALSE: Word = Word(7);
    /// `True`
    pub const TRUE: Word = Word(9);
    /// `Ellipsis`
    pub const ELLIPSIS: Word = Word(11);
    /// `NotImplemented`
    pub const NOT_IMPLEMENTED: Word = Word(13);
    /// Second word of a method-call pair without a receiver; also "argument not given" for natives.
    pub const NO_SELF: Word = Word(15);

    /// Whether it points to a cell, counted or not: one mask test.
    #[inline(always)]
    pub const fn is_pointer(self) -> bool {
        self.0 & (0xffff << 48 | 0xe) == 0
    }
    /// Whether dropping it must do something: a pointer with bit 0 clear. One mask test, since constants are odd.
    #[inline(always)]
    pub const fn is_counted(self) -> bool {
        self.0 & (0xffff << 48 | UNCOUNTED) == 0
    }
    /// Whether it is an int in the word.
    #[inline(always)]
    pub const fn is_int(self) -> bool {
        self.0 >= INT_TAG
    }
    /// Whether both are ints in the word.
    #[inline(always)]
    pub const fn both_int(self, other: Word) -> bool {
        self.0 & other.0 >= INT_TAG
    }
    /// Whether it is a float in the word.
    #[inline(always)]
    pub const fn is_float(self) -> bool {
        self.0.wrapping_sub(FLOAT_BIAS) < INT_TAG - FLOAT_BIAS
    }
    /// The int; meaningful only when `is_int`.
    #[inline(always)]
    pub const fn int(self) -> i64 {
        ((self.0 << 15) as i64) >> 15
    }
    /// The float; meaningful only when `is_float`.
    #[inline(always)]
    pub const fn float(self) -> f64 {
        f64::from_bits(self.0.wrapping_sub(FLOAT_BIAS))
    }
    /// The word of an int that fits.
    #[inline(always)]
    pub const fn from_small_int(i: i64) -> Word {
        debug_assert!(i >= INT_MIN && i <= INT_MAX);
        Word(i as u64 & !INT_TAG | INT_TAG)
    }
    /// The word of an int, when it fits.
    #[inline(always)]
    pub const fn from_int(i: i64) -> Option<Word> {
        if i >= INT_MIN && i <= INT_MAX { Some(Word::from_small_int(i)) } else { None }
    }
    /// The word of any double: NaNs whose word would collide with an int's are made the canonical NaN.
    #[inline(always)]
    pub const fn from_float(f: f64) -> Word {
        let bits = f.to_bits();
        if bits < INT_TAG - FLOAT_BIAS { Word(bits + FLOAT_BIAS) } else { Word(0x7ff8_0000_0000_0000 + FLOAT_BIAS) }
    }
    /// The word of the result of + - * / on floats that came out of words: such a result is never a NaN with a forged payload, because
    /// the hardware keeps the payload of an operand (which passed [`Word::from_float`]) or makes the default NaN.
    #[inline(always)]
    pub const fn from_arith_float(f: f64) -> Word {
        Word(f.to_bits().wrapping_add(FLOAT_BIAS))
    }
    /// The word of a bool.
    #[inline(always)]
    pub const fn from_bool(b: bool) -> Word {
        if b { Word::TRUE } else { Word::FALSE }
    }
    /// Counted pointer word of a cell.
    #[inline(always)]
    pub fn from_header(h: *const Header) -> Word {
        Word(h as u64)
    }
    /// The cell; meaningful only when `is_pointer`.
    #[inline(always)]
    pub const fn header(self) -> *mut Header {
        (self.0 & !UNCOUNTED) as *mut Header
    }
    /// The same with the uncounted mark if it is a pointer, otherwise unchanged. (Constants are odd already; for numbers bit 0 is value.)
    #[inline(always)]
    pub const fn borrowed(self) -> Word {
        if self.0 >> 48 == 0 { Word(self.0 | UNCOUNTED) } else { self }
    }
    /// The same without the uncounted mark if it is a pointer.
    #[inline(always)]
    pub const fn unmarked(self) -> Word {
        if self.is_pointer() { Word(self.0 & !UNCOUNTED) } else { self }
    }
    /// Identity (`is`): equal words apart from the mark.
    #[inline(always)]
    pub const fn is(self, other: Word) -> bool {
        self.0 == other.0 || (self.0 ^ other.0 == UNCOUNTED && self.is_pointer())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ints_round_trip() {
        for i in [0, 1, -1, 42, INT_MAX, INT_MIN] {
            let w = Word::from_int(i).unwrap();
            assert!(w.is_int() && !w.is_float() && !w.is_pointer() && !w.is_counted());
            assert_eq!(w.int(), i);
        }
        assert!(Word::from_int(INT_MAX + 1).is_none() && Word::from_int(INT_MIN - 1).is_none());
    }

    #[test]
    fn floats_round_trip_and_never_look_like_anything_else() {
        for f in [0.0, -0.0, 1.5, -1.5, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY] {
            let w = Word::from_float(f);
            assert!(w.is_float() && !w.is_int() && !w.is_pointer() && !w.is_counted());
            assert_eq!(w.float().to_bits(), f.to_bits());
        }
        for bits in [
            0x7ff8_0000_0000_0000u64,
            0xfff8_0000_0000_0000,
            0xffff_ffff_ffff_ffff,
            0x7ffe_0000_0000_1000,
            0xfffe_0000_0000_1000,
            0xfffc_0000_0000_0000,
        ] {
            let w = Word::from_float(f64::from_bits(bits));
            assert!(w.is_float() && w.float().is_nan(), "{bits:x}");
            let negated = Word::from_float(-w.float());
            assert!(negated.is_float() && negated.float().is_nan());
        }
    }

    #[test]
    fn constants_need_no_drop_and_identity_ignores_the_mark() {
        for w in [Word::UNBOUND, Word::NONE, Word::TRUE, Word::NO_SELF, Word::DETACHED] {
            assert!(!w.is_counted() && !w.is_pointer() && !w.is_int() && !w.is_float());
            assert_eq!(w.borrowed(), w);
        }
        let p = Word(0x1000_0010);
        assert!(p.is_counted() && !p.borrowed().is_counted() && p.borrowed().is_pointer());
        assert!(p.is(p.borrowed()) && !p.is(Word(0x1000_0020)));
        assert!(!Word::from_small_int(2).is(Word::from_small_int(3)));
    }
}
