//! Single-byte encodings described by a table.

use super::Progress;
use crate::builder::StrBuilder;
use crate::units::Units;

/// The reason of every failure.
pub const UNDEFINED: &str = "character maps to <undefined>";

/// Decodes through a table of up to 256 characters, in which U+FFFE stands for "undefined".
pub fn decode(input: &[u8], start: usize, table: Units<'_>, out: &mut StrBuilder) -> Progress {
    for (i, &byte) in input.iter().enumerate().skip(start) {
        match table.get(byte.into()) {
            Some(c) if c != 0xfffe => out.push(c),
            _ => return Progress::failed(i, i + 1, UNDEFINED),
        }
    }
    Progress::done(input.len())
}

/// The reverse of a decoding table: `codecs.charmap_build`.
#[derive(Clone, Debug)]
pub struct EncodingMap {
    /// Sorted by character.
    pairs: Vec<(u32, u8)>,
}

impl EncodingMap {
    /// Reverses a table; of several bytes for one character the last counts.
    pub fn new(table: Units<'_>) -> EncodingMap {
        let mut pairs: Vec<(u32, u8)> = table.iter().take(256).enumerate().map(|(i, c)| (c, i as u8)).collect();
        pairs.retain(|p| p.0 != 0xfffe);
        pairs.sort();
        pairs.reverse();
        pairs.dedup_by_key(|p| p.0);
        pairs.reverse();
        EncodingMap { pairs }
    }

    /// The byte of a character.
    pub fn get(&self, c: u32) -> Option<u8> {
        self.pairs.binary_search_by_key(&c, |p| p.0).ok().map(|at| self.pairs[at].1)
    }

    /// Encodes through the map. A run of characters without a byte is one error.
    pub fn encode(&self, input: Units<'_>, start: usize, out: &mut Vec<u8>) -> Progress {
        for i in start..input.len() {
            match self.get(input.at(i)) {
                Some(byte) => out.push(byte),
                None => {
                    let run = (i..input.len()).take_while(|&i| self.get(input.at(i)).is_none()).count();
                    return Progress::failed(i, i + run, UNDEFINED);
                }
            }
        }
        Progress::done(input.len())
    }
}
