//! Lines and columns of instructions (PEP 657), run-length and delta encoded.
//!
//! A run covers consecutive words with one position: `varint(words)`, `varint(zigzag(line - previous line) << 2 | has_columns << 1 |
//! is_statement_start)`, and with columns `varint(end_line - line) varint(column) varint(end_column)`. A position without a line (artificial
//! instructions) is a run whose line is 0.

/// Where an instruction comes from. Columns are UTF-8 byte offsets from 0, as in `co_positions()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Position {
    /// First line, from 1; 0 when there is none.
    pub line: u32,
    /// Last line.
    pub end_line: u32,
    /// First column, `None` when not known.
    pub column: Option<u32>,
    /// One past the last column.
    pub end_column: Option<u32>,
    /// The instruction starts a line for tracing (PEP 626): a `line` event belongs here.
    pub starts_line: bool,
}

/// The encoded table.
#[derive(Clone, Debug)]
pub enum PositionTable {
    /// Bytes of its own.
    Own(Box<[u8]>),
    /// A part of a block that holds many tables and is read when the first of them is asked for.
    Part {
        /// Gives the block of that number.
        block: fn(u32) -> &'static [u8],
        /// Which block.
        number: u32,
        /// Where the table begins.
        start: u32,
        /// How long it is.
        len: u32,
    },
}

impl Default for PositionTable {
    fn default() -> Self {
        PositionTable::Own(Box::default())
    }
}

impl PartialEq for PositionTable {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}
impl Eq for PositionTable {}

fn put(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

fn get(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut v = 0u64;
    let mut shift = 0;
    loop {
        let b = *bytes.get(*at)?;
        *at += 1;
        if shift > 56 {
            return None;
        }
        v |= u64::from(b & 0x7f) << shift;
        if b < 0x80 {
            return Some(v);
        }
        shift += 7;
    }
}

impl PositionTable {
    /// The encoding.
    pub fn bytes(&self) -> &[u8] {
        match self {
            PositionTable::Own(b) => b,
            PositionTable::Part { block, number, start, len } => {
                let end = start.saturating_add(*len) as usize;
                block(*number).get(*start as usize..end).unwrap_or_default()
            }
        }
    }

    /// Encodes `(number of words, position)` runs.
    pub fn encode(runs: impl IntoIterator<Item = (u32, Position)>) -> Self {
        let mut out = Vec::new();
        let mut line = 0i64;
        for (words, p) in runs {
            if words == 0 {
                continue;
            }
            put(&mut out, u64::from(words));
            let delta = i64::from(p.line) - line;
            line = i64::from(p.line);
            let zigzag = ((delta << 1) ^ (delta >> 63)) as u64;
            let columns = p.column.zip(p.end_column);
            put(&mut out, zigzag << 2 | u64::from(columns.is_some()) << 1 | u64::from(p.starts_line));
            if let Some((c, e)) = columns {
                put(&mut out, u64::from(p.end_line.saturating_sub(p.line)));
                put(&mut out, u64::from(c));
                put(&mut out, u64::from(e));
            }
        }
        PositionTable::Own(out.into_boxed_slice())
    }

    /// Decodes to `(first word, number of words, position)`; stops at the first malformed byte.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32, Position)> + '_ {
        let bytes = self.bytes();
        let mut at = 0;
        let mut line = 0i64;
        let mut word = 0u32;
        std::iter::from_fn(move || {
            let words = u32::try_from(get(bytes, &mut at)?).ok()?;
            let head = get(bytes, &mut at)?;
            let zigzag = head >> 2;
            line += (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
            let first = u32::try_from(line).ok()?;
            let mut p = Position { line: first, end_line: first, starts_line: head & 1 != 0, ..Position::default() };
            if head & 2 != 0 {
                p.end_line = first.saturating_add(get(bytes, &mut at)? as u32);
                p.column = Some(get(bytes, &mut at)? as u32);
                p.end_column = Some(get(bytes, &mut at)? as u32);
            }
            let start = word;
            word = word.checked_add(words)?;
            Some((start, words, p))
        })
    }

    /// The position of the instruction at `word`.
    pub fn find(&self, word: u32) -> Option<Position> {
        self.iter().find(|(s, n, _)| word >= *s && word - *s < *n).map(|(_, _, p)| p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let p = |line, column| Position { line, end_line: line + 1, column: Some(column), end_column: Some(3), starts_line: true };
        let none = Position::default();
        let t = PositionTable::encode([(2, p(7, 1)), (1, none), (3, p(5, 200))]);
        let got: Vec<_> = t.iter().collect();
        assert_eq!(got, vec![(0, 2, p(7, 1)), (2, 1, none), (3, 3, p(5, 200))]);
        assert_eq!(t.find(4), Some(p(5, 200)));
        assert_eq!(t.find(6), None);
    }
}
