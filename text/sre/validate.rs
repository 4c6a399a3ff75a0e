//! Checks a code array before it is run, so that the machine needs no checks of its own.
//!
//! A pattern is a sequence of instructions, some of which contain further sequences. Those are put on a list and
//! checked one by one, so that nesting costs no native stack. What is established for each sequence: every
//! instruction lies within it with all its operands, sets and jumps; groups exist; each inner sequence ends in the
//! instruction that its owner needs there (SUCCESS or an UNTIL), which occurs nowhere else.

use super::opcodes::{At, Category, INFO_CHARSET, INFO_LITERAL, INFO_PREFIX, Op};

struct Validator<'a> {
    code: &'a [u32],
    groups: u32,
    /// Sequences still to be checked, as ranges of the code.
    pending: Vec<(usize, usize)>,
    /// Where the instructions stand that match one character.
    units: Vec<usize>,
}

/// Where the one-character instructions of `code` stand, if it is a well-formed pattern with `groups` groups.
pub fn units_of_valid(code: &[u32], groups: usize) -> Option<Vec<usize>> {
    let groups = u32::try_from(groups).ok().filter(|&groups| groups <= super::opcodes::MAX_GROUPS)?;
    let (&last, body) = code.split_last()?;
    if Op::new(last)? != Op::Success {
        return None;
    }
    let mut validator = Validator { code, groups, pending: Vec::new(), units: Vec::new() };
    let start = if body.first() == Some(&(Op::Info as u32)) { validator.info(body.len())? } else { 0 };
    validator.pending.push((start, body.len()));
    while let Some((start, end)) = validator.pending.pop() {
        validator.sequence(start, end)?;
    }
    Some(validator.units)
}

impl Validator<'_> {
    fn op(&self, at: usize) -> Option<Op> {
        Op::new(*self.code.get(at)?)
    }

    /// The word at `at`, which must lie before `end`.
    fn word(&self, at: usize, end: usize) -> Option<u32> {
        (at < end).then(|| self.code[at])
    }

    /// Where the relative jump at `at` leads: beyond itself, at most to `end`.
    fn target(&self, at: usize, end: usize) -> Option<usize> {
        let target = at.checked_add(self.word(at, end)? as usize)?;
        (target > at && target <= end).then_some(target)
    }

    /// The INFO block that a pattern may start with; where it ends.
    fn info(&self, end: usize) -> Option<usize> {
        let after = self.target(1, end)?;
        let flags = self.word(2, after)?;
        let mut at = 5;
        self.word(4, after)?;
        if flags & !(INFO_PREFIX | INFO_LITERAL | INFO_CHARSET) != 0 || flags & INFO_PREFIX != 0 && flags & INFO_CHARSET != 0 {
            return None;
        }
        if flags & INFO_LITERAL != 0 && flags & INFO_PREFIX == 0 {
            return None;
        }
        if flags & INFO_PREFIX != 0 {
            let len = self.word(at, after)? as usize;
            let skip = self.word(at + 1, after)? as usize;
            at += 2;
            // The prefix and its overlap table.
            let table = at.checked_add(len)?;
            let done = table.checked_add(len)?;
            if len == 0 || skip > len || done > after || (0..len).any(|i| self.code[table + i] as usize >= len) {
                return None;
            }
            at = done;
        }
        if flags & INFO_CHARSET != 0 {
            at = self.set(at, after)?;
        }
        (at == after).then_some(after)
    }

    /// A set up to and with its FAILURE; where it ends.
    fn set(&self, mut at: usize, end: usize) -> Option<usize> {
        loop {
            self.word(at, end)?;
            at = match self.op(at)? {
                Op::Failure => return Some(at + 1),
                Op::Negate => at + 1,
                Op::Literal => at + 2,
                Op::Range | Op::RangeUniIgnore => at + 3,
                Op::Charset => at + 9,
                Op::Category => {
                    Category::new(self.word(at + 1, end)?)?;
                    at + 2
                }
                Op::BigCharset => {
                    let blocks = self.word(at + 1, end)? as usize;
                    let map = self.code.get(at + 2..at + 66).filter(|_| at + 66 <= end)?;
                    if map.iter().flat_map(|w| w.to_ne_bytes()).any(|block| usize::from(block) >= blocks) {
                        return None;
                    }
                    (at + 66).checked_add(blocks.checked_mul(8)?)?
                }
                _ => return None,
            };
            if at > end {
                return None;
            }
        }
    }

    /// A one-character instruction; where it ends.
    fn unit(&mut self, at: usize, end: usize) -> Option<usize> {
        let op = self.op(at)?;
        self.units.push(at);
        let after = match op {
            Op::In | Op::InIgnore | Op::InLocIgnore | Op::InUniIgnore => {
                let after = self.target(at + 1, end)?;
                return (self.set(at + 2, after)? == after).then_some(after);
            }
            Op::Category => {
                Category::new(self.word(at + 1, end)?)?;
                at + 2
            }
            _ => at + op.unit_len(0)?,
        };
        (after <= end).then_some(after)
    }

    /// An inner sequence `start..end` that ends in the given instruction.
    fn inner(&mut self, start: usize, end: usize, last: Op) -> Option<()> {
        if end <= start || self.op(end - 1)? != last {
            return None;
        }
        self.pending.push((start, end - 1));
        Some(())
    }

    fn sequence(&mut self, start: usize, end: usize) -> Option<()> {
        let mut at = start;
        while at < end {
            at = self.instruction(at, end)?;
        }
        (at == end).then_some(())
    }

    /// One instruction of a sequence; where it ends.
    fn instruction(&mut self, at: usize, end: usize) -> Option<usize> {
        match self.op(at)? {
            Op::Failure => Some(at + 1),
            Op::Mark => (u64::from(self.word(at + 1, end)?) < 2 * u64::from(self.groups)).then_some(at + 2),
            Op::At => At::new(self.word(at + 1, end)?).map(|_| at + 2),
            Op::GroupRef | Op::GroupRefIgnore | Op::GroupRefLocIgnore | Op::GroupRefUniIgnore => {
                (self.word(at + 1, end)? < self.groups).then_some(at + 2)
            }
            Op::Branch => self.branch(at + 1, end),
            Op::Repeat => {
                let until = self.target(at + 1, end)?;
                self.bounds(at + 2, until)?;
                if until >= end || !matches!(self.op(until)?, Op::MaxUntil | Op::MinUntil) {
                    return None;
                }
                self.pending.push((at + 4, until));
                Some(until + 1)
            }
            Op::PossessiveRepeat => {
                let last = self.target(at + 1, end)?;
                self.bounds(at + 2, last)?;
                if last >= end {
                    return None;
                }
                self.inner(at + 4, last + 1, Op::Success)?;
                Some(last + 1)
            }
            Op::RepeatOne | Op::MinRepeatOne | Op::PossessiveRepeatOne => {
                let after = self.target(at + 1, end)?;
                self.bounds(at + 2, after)?;
                let unit_end = self.unit(at + 4, after)?;
                (unit_end + 1 == after && self.op(unit_end)? == Op::Success).then_some(after)
            }
            Op::Assert | Op::AssertNot => {
                let after = self.target(at + 1, end)?;
                self.word(at + 2, after)?;
                self.inner(at + 3, after, Op::Success)?;
                Some(after)
            }
            Op::AtomicGroup => {
                let after = self.target(at + 1, end)?;
                self.inner(at + 2, after, Op::Success)?;
                Some(after)
            }
            Op::GroupRefExists => self.conditional(at, end),
            _ => self.unit(at, end),
        }
    }

    /// Lower and upper bound of a repeat.
    fn bounds(&self, at: usize, end: usize) -> Option<()> {
        (self.word(at, end)? <= self.word(at + 1, end)?).then_some(())
    }

    /// Alternatives, each with a jump to the common end.
    fn branch(&mut self, mut at: usize, end: usize) -> Option<usize> {
        let mut common = None;
        while self.word(at, end)? != 0 {
            let next = self.target(at, end)?;
            let jump = next.checked_sub(2).filter(|&jump| jump > at)?;
            if self.op(jump)? != Op::Jump {
                return None;
            }
            let target = self.target(jump + 1, end)?;
            if *common.get_or_insert(target) != target {
                return None;
            }
            self.pending.push((at + 1, jump));
            at = next;
        }
        (common.is_none_or(|target| target == at + 1)).then_some(at + 1)
    }

    /// `GROUPREF_EXISTS group skip yes...`, optionally with `JUMP` and what happens otherwise.
    fn conditional(&mut self, at: usize, end: usize) -> Option<usize> {
        if self.word(at + 1, end)? >= self.groups {
            return None;
        }
        // The skip counts from the group's number.
        let otherwise = (at + 1).checked_add(self.word(at + 2, end)? as usize)?;
        if otherwise < at + 3 || otherwise > end {
            return None;
        }
        // A jump that is the last instruction of the first part leads over the second part. Whether the word before
        // last is one shows from walking the instructions.
        if otherwise >= at + 5
            && self.op(otherwise - 2) == Some(Op::Jump)
            && self.target(otherwise - 1, end).is_some()
            && self.walks_to(at + 3, otherwise - 2)
        {
            let after = self.target(otherwise - 1, end)?;
            self.pending.push((at + 3, otherwise - 2));
            self.pending.push((otherwise, after));
            return Some(after);
        }
        self.pending.push((at + 3, otherwise));
        Some(otherwise)
    }

    /// Whether instructions that start at `at` end at `end`, looking at lengths only.
    fn walks_to(&self, at: usize, end: usize) -> bool {
        let mut probe = Validator { code: self.code, groups: self.groups, pending: Vec::new(), units: Vec::new() };
        probe.sequence(at, end).is_some()
    }
}
