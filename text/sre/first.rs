//! What is worked out about a pattern once, so that matching has less to do: tables of the characters below U+0100 that
//! each one-character instruction accepts, and the characters that a match can start with.

use super::chars::{self, Locale};
use super::opcodes::Op;

/// A set of characters below U+0100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latin1Set([u64; 4]);

impl Latin1Set {
    const EMPTY: Latin1Set = Latin1Set([0; 4]);

    /// Whether the set contains `c`, which is below 256.
    #[inline]
    pub fn contains(&self, c: u32) -> bool {
        self.0[(c >> 6 & 3) as usize] >> (c & 63) & 1 == 1
    }

    fn union(&self, other: &Latin1Set) -> Latin1Set {
        Latin1Set(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }
}

/// The one-character instructions of a pattern with their tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    sets: Vec<Latin1Set>,
    /// For each word of the code the index of the set plus one, 0 for none.
    index: Vec<u32>,
}

impl Units {
    /// Tables for the instructions at `places`, except those that depend on the locale.
    pub fn new(code: &[u32], places: &[usize]) -> Units {
        let mut units = Units { sets: Vec::new(), index: vec![0; code.len()] };
        for &pc in places {
            let op = Op::new(code[pc]);
            if units.index[pc] != 0 || matches!(op, Some(Op::InLocIgnore | Op::LiteralLocIgnore | Op::NotLiteralLocIgnore)) {
                continue;
            }
            let is_set = matches!(op, Some(Op::In | Op::InIgnore | Op::InUniIgnore));
            if (is_set && chars::depends_on_locale(&code[pc + 2..]))
                || (op == Some(Op::Category) && chars::is_locale_category(code[pc + 1]))
            {
                continue;
            }
            let mut set = Latin1Set::EMPTY;
            for c in (0..256).filter(|&c| chars::unit_matches(&code[pc..], c, &Locale::C)) {
                set.0[(c >> 6) as usize] |= 1 << (c & 63);
            }
            units.sets.push(set);
            units.index[pc] = units.sets.len() as u32;
        }
        units
    }

    /// The table of the instruction at `pc`.
    #[inline]
    pub fn set(&self, pc: usize) -> Option<&Latin1Set> {
        match self.index[pc] {
            0 => None,
            i => Some(&self.sets[i as usize - 1]),
        }
    }
}

/// The characters below U+0100 that a non-empty rest of a match can start with at `pc`; `None` when it may be empty or
/// is not known.
pub fn first_set(code: &[u32], units: &Units, mut pc: usize, depth: u32) -> Option<Latin1Set> {
    if depth > 16 {
        return None;
    }
    loop {
        let after = |at: usize| at + code[at] as usize;
        match Op::new(code[pc])? {
            Op::Mark | Op::At => pc += 2,
            Op::Assert | Op::AssertNot | Op::Jump => pc = after(pc + 1),
            Op::AtomicGroup => pc += 2,
            Op::RepeatOne | Op::MinRepeatOne | Op::PossessiveRepeatOne => {
                let unit = units.set(pc + 4)?;
                if code[pc + 2] > 0 {
                    return Some(*unit);
                }
                return Some(unit.union(&first_set(code, units, after(pc + 1), depth + 1)?));
            }
            Op::Repeat | Op::PossessiveRepeat => {
                let body = first_set(code, units, pc + 4, depth + 1)?;
                if code[pc + 2] > 0 {
                    return Some(body);
                }
                return Some(body.union(&first_set(code, units, after(pc + 1) + 1, depth + 1)?));
            }
            Op::Branch => {
                let mut set = Latin1Set::EMPTY;
                let mut at = pc + 1;
                while code[at] != 0 {
                    set = set.union(&first_set(code, units, at + 1, depth + 1)?);
                    at += code[at] as usize;
                }
                return Some(set);
            }
            _ => return units.set(pc).copied(),
        }
    }
}
