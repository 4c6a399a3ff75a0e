//! The matching machine: runs a validated pattern at one position by backtracking, on a stack of its own.
//!
//! All state that matching changes (marks, last group, repeat counters, the innermost repeat) is changed only after the
//! old value went to the stack. Failing therefore means: pop frames, put old values back, until a frame offers another
//! way to go on. Patterns inside a pattern that match as a whole or not at all (assertions, atomic groups, possessive
//! repeats) start with a [`Frame::Barrier`]; when such a pattern succeeds, its ways of going on are dropped from the
//! stack and its old values stay.

use super::chars::{self, Locale};
use super::first::Units;
use super::opcodes::{MAX_REPEAT, Op};
use crate::units::Unit;

/// "None" for positions and for contexts.
const NONE: usize = usize::MAX;
/// How many instructions run between two polls.
const POLL_INTERVAL: u32 = 1 << 14;

/// The state of one REPEAT that is being matched.
#[derive(Clone, Copy, Debug)]
struct Repeat {
    /// The enclosing one.
    outer: usize,
    /// Where its REPEAT instruction stands.
    pc: usize,
    /// How many times its body matched; starts below zero because arriving at UNTIL counts.
    count: i64,
    /// Where the last optional iteration started, to stop empty ones.
    last: usize,
}

/// What happens after an inner pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inner {
    /// Go on where it started.
    Assert,
    /// Go on where it started, if it failed.
    AssertNot,
    /// Go on where it ended.
    Atomic,
    /// The same, until it fails; with the number of times it matched.
    Possessive(u32),
}

#[derive(Clone, Copy, Debug)]
enum Frame {
    /// Try the next alternative of a BRANCH.
    Branch { pc: usize, ptr: usize },
    /// Give one character back: `count` were taken from `start`.
    GreedyOne { pc: usize, start: usize, count: usize },
    /// Take one character more: `count` were taken up to `ptr`.
    LazyOne { pc: usize, ptr: usize, count: usize },
    /// Leave a greedy repeat: go on after its UNTIL.
    Leave { pc: usize, ptr: usize, repeat: usize },
    /// Do one more iteration of a lazy repeat.
    Iterate { ptr: usize, repeat: usize },
    /// Start of an inner pattern: its instruction, where it started, the barrier outside.
    Barrier { inner: Inner, pc: usize, ptr: usize, outer: usize },
    /// Old value of a mark.
    Mark { index: usize, value: usize },
    /// Old number of the group that matched last.
    LastGroup { value: usize },
    /// Old innermost repeat.
    Innermost { value: usize },
    /// Old counters of a repeat.
    Counters { repeat: usize, count: i64, last: usize },
    /// Forget the newest repeat.
    Forget,
}

/// The conditions on the whole match.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// It must reach the end of the text.
    pub full: bool,
    /// It must not end here.
    pub not_at: Option<usize>,
}

/// Memory of a machine, to be used again by the next one.
#[derive(Default)]
pub struct Scratch {
    /// Start and end of each group.
    marks: Vec<usize>,
    repeats: Vec<Repeat>,
    stack: Vec<Frame>,
}

/// A machine for one text; it can be run at several positions.
pub struct Machine<'a, U, P> {
    code: &'a [u32],
    units: &'a Units,
    text: &'a [U],
    locale: &'a Locale,
    poll: P,
    until_poll: u32,
    marks: &'a mut Vec<usize>,
    last_group: usize,
    repeats: &'a mut Vec<Repeat>,
    innermost: usize,
    stack: &'a mut Vec<Frame>,
    /// Index of the innermost barrier.
    barrier: usize,
}

impl<'a, U: Unit, E, P: FnMut() -> Result<(), E>> Machine<'a, U, P> {
    /// A machine that matches `code` against `text`, which ends where matching ends.
    pub fn new(
        code: &'a [u32],
        units: &'a Units,
        groups: usize,
        text: &'a [U],
        locale: &'a Locale,
        scratch: &'a mut Scratch,
        poll: P,
    ) -> Self {
        scratch.marks.clear();
        scratch.marks.resize(2 * groups, NONE);
        scratch.repeats.clear();
        scratch.stack.clear();
        Machine {
            code,
            units,
            text,
            locale,
            poll,
            until_poll: POLL_INTERVAL,
            marks: &mut scratch.marks,
            last_group: NONE,
            repeats: &mut scratch.repeats,
            innermost: NONE,
            stack: &mut scratch.stack,
            barrier: NONE,
        }
    }

    /// Counts work; polls now and then.
    #[inline]
    pub fn tick(&mut self, work: u32) -> Result<(), E> {
        match self.until_poll.checked_sub(work) {
            Some(left) => {
                self.until_poll = left;
                Ok(())
            }
            None => {
                self.until_poll = POLL_INTERVAL;
                (self.poll)()
            }
        }
    }

    /// The span of each group that took part in the match.
    pub fn groups(&self) -> Vec<Option<(usize, usize)>> {
        let set = |pair: &[usize]| (pair[0] != NONE && pair[1] != NONE).then_some((pair[0], pair[1]));
        self.marks.chunks_exact(2).map(set).collect()
    }

    /// The number (from 1) of the group that was closed last.
    pub fn last_group(&self) -> Option<usize> {
        (self.last_group != NONE).then_some(self.last_group)
    }

    fn set_mark(&mut self, index: usize, ptr: usize) {
        self.stack.push(Frame::Mark { index, value: self.marks[index] });
        self.marks[index] = ptr;
        if index % 2 == 1 {
            self.stack.push(Frame::LastGroup { value: self.last_group });
            self.last_group = index / 2 + 1;
        }
    }

    fn set_innermost(&mut self, repeat: usize) {
        self.stack.push(Frame::Innermost { value: self.innermost });
        self.innermost = repeat;
    }

    fn set_counters(&mut self, repeat: usize, count: i64, last: usize) {
        let context = &mut self.repeats[repeat];
        self.stack.push(Frame::Counters { repeat, count: context.count, last: context.last });
        context.count = count;
        context.last = last;
    }

    /// Length of the longest run of what the unit at `pc` accepts, from `ptr`, at most `limit`.
    fn count(&self, pc: usize, ptr: usize, limit: u32) -> usize {
        let rest = &self.text[ptr..];
        let rest = if limit == MAX_REPEAT { rest } else { &rest[..rest.len().min(limit as usize)] };
        let argument = self.code[pc + 1];
        match Op::new(self.code[pc]) {
            Some(Op::AnyAll) => rest.len(),
            Some(Op::Any) => rest.iter().position(|&c| c.into() == 10).unwrap_or(rest.len()),
            Some(Op::Literal) => rest.iter().position(|&c| c.into() != argument).unwrap_or(rest.len()),
            Some(Op::NotLiteral) => rest.iter().position(|&c| c.into() == argument).unwrap_or(rest.len()),
            _ => {
                let unit = &self.code[pc..];
                let slow = |c: u32| chars::unit_matches(unit, c, self.locale);
                let stop = match self.units.set(pc) {
                    Some(set) if U::MAX < 256 => rest.iter().position(|&c| !set.contains(c.into())),
                    Some(set) => rest.iter().map(|&c| c.into()).position(|c: u32| !if c < 256 { set.contains(c) } else { slow(c) }),
                    None => rest.iter().position(|&c| !slow(c.into())),
                };
                stop.unwrap_or(rest.len())
            }
        }
    }

    #[inline]
    fn unit_at(&self, pc: usize, ptr: usize) -> bool {
        let Some(&c) = self.text.get(ptr) else { return false };
        let c = c.into();
        match self.units.set(pc) {
            Some(set) if c < 256 => set.contains(c),
            _ => chars::unit_matches(&self.code[pc..], c, self.locale),
        }
    }

    /// Whether the instruction at `pc` can be told to fail at `ptr` without running it.
    fn fails_at_once(&self, pc: usize, ptr: usize) -> bool {
        match Op::new(self.code[pc]) {
            Some(Op::Literal) => self.text.get(ptr).is_none_or(|&c| c.into() != self.code[pc + 1]),
            Some(Op::In) => !self.unit_at(pc, ptr),
            _ => false,
        }
    }

    /// Matches at `start`; where the match ends. After a failure everything is as it was, and the machine can be run
    /// again; after a success only its groups can be asked for.
    pub fn run(&mut self, entry: usize, start: usize, conditions: Conditions) -> Result<Option<usize>, E> {
        let mut here = Some((entry, start));
        loop {
            let Some((pc, ptr)) = here else {
                here = match self.fail() {
                    None => return Ok(None),
                    resumed => resumed,
                };
                continue;
            };
            self.tick(1)?;
            if self.code[pc] == Op::Success as u32 && self.barrier == NONE {
                let wrong = (conditions.full && ptr != self.text.len()) || conditions.not_at == Some(ptr);
                if !wrong {
                    return Ok(Some(ptr));
                }
                here = None;
                continue;
            }
            here = self.step(pc, ptr);
        }
    }

    /// Runs one instruction; where to go on, or `None` when it fails.
    #[inline]
    fn step(&mut self, pc: usize, ptr: usize) -> Option<(usize, usize)> {
        let code = self.code;
        let op = Op::new(code[pc]).expect("validated");
        match op {
            Op::Literal => (self.text.get(ptr).is_some_and(|&c| c.into() == code[pc + 1])).then_some((pc + 2, ptr + 1)),
            Op::Any
            | Op::AnyAll
            | Op::NotLiteral
            | Op::LiteralIgnore
            | Op::NotLiteralIgnore
            | Op::LiteralLocIgnore
            | Op::NotLiteralLocIgnore
            | Op::LiteralUniIgnore
            | Op::NotLiteralUniIgnore
            | Op::Category
            | Op::In
            | Op::InIgnore
            | Op::InLocIgnore
            | Op::InUniIgnore => {
                let len = op.unit_len(*code.get(pc + 1).unwrap_or(&0)).expect("a unit");
                self.unit_at(pc, ptr).then_some((pc + len, ptr + 1))
            }
            Op::At => chars::at_position(self.text, ptr, code[pc + 1], self.locale).then_some((pc + 2, ptr)),
            Op::Mark => {
                self.set_mark(code[pc + 1] as usize, ptr);
                Some((pc + 2, ptr))
            }
            Op::Jump => Some((pc + 1 + code[pc + 1] as usize, ptr)),
            Op::Info => Some((pc + 1 + code[pc + 1] as usize, ptr)),
            Op::Branch => self.branch(pc + 1, ptr),
            Op::Repeat => {
                self.repeats.push(Repeat { outer: self.innermost, pc, count: -1, last: NONE });
                self.stack.push(Frame::Forget);
                self.set_innermost(self.repeats.len() - 1);
                Some((pc + 1 + code[pc + 1] as usize, ptr))
            }
            Op::MaxUntil => self.max_until(pc, ptr),
            Op::MinUntil => self.min_until(pc, ptr),
            Op::RepeatOne => {
                let (min, max) = (code[pc + 2] as usize, code[pc + 3]);
                let count = self.count(pc + 4, ptr, max);
                (count >= min).then_some(())?;
                self.greedy_one(pc, ptr, count)
            }
            Op::MinRepeatOne => {
                let min = code[pc + 2];
                let count = if min == 0 { 0 } else { self.count(pc + 4, ptr, min) };
                (count == min as usize).then_some(())?;
                self.stack.push(Frame::LazyOne { pc, ptr: ptr + count, count });
                Some((pc + 1 + code[pc + 1] as usize, ptr + count))
            }
            Op::PossessiveRepeatOne => {
                let count = self.count(pc + 4, ptr, code[pc + 3]);
                (count >= code[pc + 2] as usize).then_some((pc + 1 + code[pc + 1] as usize, ptr + count))
            }
            Op::GroupRef | Op::GroupRefIgnore | Op::GroupRefLocIgnore | Op::GroupRefUniIgnore => self.group_ref(op, pc, ptr),
            Op::GroupRefExists => {
                let group = code[pc + 1] as usize;
                let (start, end) = (self.marks[2 * group], self.marks[2 * group + 1]);
                // Inside the group's second round its end is that of the first round, before its start.
                let set = start != NONE && end != NONE && end >= start;
                Some((if set { pc + 3 } else { pc + 1 + code[pc + 2] as usize }, ptr))
            }
            Op::Assert => {
                let start = ptr.checked_sub(code[pc + 2] as usize)?;
                self.enter(Inner::Assert, pc, ptr);
                Some((pc + 3, start))
            }
            Op::AssertNot => match ptr.checked_sub(code[pc + 2] as usize) {
                Some(start) => {
                    self.enter(Inner::AssertNot, pc, ptr);
                    Some((pc + 3, start))
                }
                None => Some((pc + 1 + code[pc + 1] as usize, ptr)),
            },
            Op::AtomicGroup => {
                self.enter(Inner::Atomic, pc, ptr);
                Some((pc + 2, ptr))
            }
            Op::PossessiveRepeat => self.possessive(pc, ptr, 0),
            Op::Success => self.leave(ptr),
            _ => None,
        }
    }

    /// The first alternative from the one at `pc` on that does not fail at once.
    fn branch(&mut self, mut pc: usize, ptr: usize) -> Option<(usize, usize)> {
        while self.code[pc] != 0 {
            let next = pc + self.code[pc] as usize;
            if !self.fails_at_once(pc + 1, ptr) {
                if self.code[next] != 0 {
                    self.stack.push(Frame::Branch { pc: next, ptr });
                }
                return Some((pc + 1, ptr));
            }
            pc = next;
        }
        None
    }

    /// Goes on after `count` characters of a greedy repeat, or fewer, as long as there are enough.
    fn greedy_one(&mut self, pc: usize, start: usize, mut count: usize) -> Option<(usize, usize)> {
        let min = self.code[pc + 2] as usize;
        let tail = pc + 1 + self.code[pc + 1] as usize;
        if self.code[tail] == Op::Literal as u32 {
            let literal = self.code[tail + 1];
            let wanted = |ptr: usize| self.text.get(ptr).is_some_and(|&c| c.into() == literal);
            while !wanted(start + count) {
                if count == min {
                    return None;
                }
                count -= 1;
            }
        }
        if count > min {
            self.stack.push(Frame::GreedyOne { pc, start, count });
        }
        Some((tail, start + count))
    }

    fn bounds(&self, repeat: &Repeat) -> (i64, i64) {
        let max = self.code[repeat.pc + 3];
        (self.code[repeat.pc + 2].into(), if max == MAX_REPEAT { i64::MAX } else { max.into() })
    }

    fn max_until(&mut self, pc: usize, ptr: usize) -> Option<(usize, usize)> {
        let index = self.innermost;
        let repeat = self.repeats[index];
        let (min, max) = self.bounds(&repeat);
        let count = repeat.count + 1;
        if count < min {
            self.set_counters(index, count, repeat.last);
            return Some((repeat.pc + 4, ptr));
        }
        if count < max && repeat.last != ptr {
            self.stack.push(Frame::Leave { pc, ptr, repeat: index });
            self.set_counters(index, count, ptr);
            return Some((repeat.pc + 4, ptr));
        }
        self.set_innermost(repeat.outer);
        Some((pc + 1, ptr))
    }

    fn min_until(&mut self, pc: usize, ptr: usize) -> Option<(usize, usize)> {
        let index = self.innermost;
        let repeat = self.repeats[index];
        let (min, _) = self.bounds(&repeat);
        let count = repeat.count + 1;
        if count < min {
            self.set_counters(index, count, repeat.last);
            return Some((repeat.pc + 4, ptr));
        }
        self.stack.push(Frame::Iterate { ptr, repeat: index });
        self.set_innermost(repeat.outer);
        Some((pc + 1, ptr))
    }

    fn group_ref(&mut self, op: Op, pc: usize, ptr: usize) -> Option<(usize, usize)> {
        let group = self.code[pc + 1] as usize;
        let (start, end) = (self.marks[2 * group], self.marks[2 * group + 1]);
        if start == NONE || end == NONE || end < start {
            return None;
        }
        let len = end - start;
        let found = self.text.get(ptr..ptr.checked_add(len)?)?;
        let group = &self.text[start..end];
        let same = if op == Op::GroupRef {
            group == found
        } else {
            let fold = chars::fold_for(op, self.locale);
            group.iter().zip(found).all(|(&a, &b)| fold(a.into()) == fold(b.into()))
        };
        same.then_some((pc + 2, ptr + len))
    }

    fn enter(&mut self, inner: Inner, pc: usize, ptr: usize) {
        self.stack.push(Frame::Barrier { inner, pc, ptr, outer: self.barrier });
        self.barrier = self.stack.len() - 1;
    }

    /// Another iteration of a possessive repeat that matched `count` times, or what follows it.
    fn possessive(&mut self, pc: usize, ptr: usize, count: u32) -> Option<(usize, usize)> {
        let max = self.code[pc + 3];
        if count < max || max == MAX_REPEAT {
            self.enter(Inner::Possessive(count), pc, ptr);
            return Some((pc + 4, ptr));
        }
        Some((pc + 2 + self.code[pc + 1] as usize, ptr))
    }

    /// The innermost inner pattern succeeded at `ptr`.
    fn leave(&mut self, ptr: usize) -> Option<(usize, usize)> {
        let at = self.barrier;
        let Frame::Barrier { inner, pc, ptr: start, outer } = self.stack[at] else {
            unreachable!("the barrier is a barrier");
        };
        self.barrier = outer;
        let after = pc + 1 + self.code[pc + 1] as usize;
        if inner == Inner::AssertNot {
            while self.stack.len() > at + 1 {
                let frame = self.stack.pop().expect("counted");
                self.undo(frame);
            }
            self.stack.pop();
            return None;
        }
        // Keep the old values, drop the ways of going on and the barrier.
        let mut kept = at;
        for i in at + 1..self.stack.len() {
            let frame = self.stack[i];
            let old_value = matches!(
                frame,
                Frame::Mark { .. } | Frame::LastGroup { .. } | Frame::Innermost { .. } | Frame::Counters { .. } | Frame::Forget
            );
            if old_value {
                self.stack[kept] = frame;
                kept += 1;
            }
        }
        self.stack.truncate(kept);
        match inner {
            Inner::Assert => Some((after, start)),
            Inner::Possessive(count) => {
                // An optional iteration that matches nothing ends the repeat.
                if ptr == start && count >= self.code[pc + 2] {
                    return Some((after + 1, ptr));
                }
                self.possessive(pc, ptr, count.saturating_add(1))
            }
            Inner::Atomic | Inner::AssertNot => Some((after, ptr)),
        }
    }

    /// Puts an old value back.
    #[inline]
    fn undo(&mut self, frame: Frame) {
        match frame {
            Frame::Mark { index, value } => self.marks[index] = value,
            Frame::LastGroup { value } => self.last_group = value,
            Frame::Innermost { value } => self.innermost = value,
            Frame::Counters { repeat, count, last } => {
                let context = &mut self.repeats[repeat];
                context.count = count;
                context.last = last;
            }
            Frame::Forget => {
                self.repeats.pop();
            }
            _ => {}
        }
    }

    /// Goes back to the last frame that offers another way; `None` when there is none.
    fn fail(&mut self) -> Option<(usize, usize)> {
        while let Some(frame) = self.stack.pop() {
            let resumed = match frame {
                Frame::Branch { pc, ptr } => self.branch(pc, ptr),
                Frame::GreedyOne { pc, start, count } => self.greedy_one(pc, start, count - 1),
                Frame::LazyOne { pc, ptr, count } => self.lazy_one(pc, ptr, count),
                Frame::Leave { pc, ptr, repeat } => {
                    self.set_innermost(self.repeats[repeat].outer);
                    Some((pc + 1, ptr))
                }
                Frame::Iterate { ptr, repeat } => self.iterate(ptr, repeat),
                Frame::Barrier { inner, pc, ptr, outer } => {
                    self.barrier = outer;
                    let after = pc + 1 + self.code[pc + 1] as usize;
                    match inner {
                        Inner::Assert | Inner::Atomic => None,
                        Inner::AssertNot => Some((after, ptr)),
                        Inner::Possessive(count) => (count >= self.code[pc + 2]).then_some((after + 1, ptr)),
                    }
                }
                old_value => {
                    self.undo(old_value);
                    None
                }
            };
            if resumed.is_some() {
                return resumed;
            }
        }
        None
    }

    fn lazy_one(&mut self, pc: usize, ptr: usize, count: usize) -> Option<(usize, usize)> {
        let max = self.code[pc + 3];
        let tail = pc + 1 + self.code[pc + 1] as usize;
        let (mut ptr, mut count) = (ptr, count);
        loop {
            if (max != MAX_REPEAT && count >= max as usize) || !self.unit_at(pc + 4, ptr) {
                return None;
            }
            ptr += 1;
            count += 1;
            if !self.fails_at_once(tail, ptr) {
                break;
            }
        }
        self.stack.push(Frame::LazyOne { pc, ptr, count });
        Some((tail, ptr))
    }

    fn iterate(&mut self, ptr: usize, index: usize) -> Option<(usize, usize)> {
        let repeat = self.repeats[index];
        let (_, max) = self.bounds(&repeat);
        let count = repeat.count + 1;
        if count >= max || repeat.last == ptr {
            return None;
        }
        self.set_counters(index, count, ptr);
        Some((repeat.pc + 4, ptr))
    }
}
