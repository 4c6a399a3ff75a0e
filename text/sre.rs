//! Regular expressions: runs the code arrays that `re._compiler` makes, with the semantics of CPython's `_sre`.
//!
//! [`Program`] is a checked code array; [`Program::execute`] matches or searches in a string of any unit width. The work
//! at one position is done by `machine`, character tests by [`chars`]; `validate` makes sure that no code array,
//! however made, can lead the machine astray. Nothing here recurses on the native stack, and a callback is polled at
//! regular intervals. Match objects, templates and the methods of pattern objects belong to the caller.

pub mod chars;
mod first;
mod machine;
pub mod opcodes;
#[cfg(test)]
mod tests;
mod validate;

use crate::search;
use crate::units::Unit;
use chars::Locale;
use first::{Latin1Set, Units, first_set};
pub use machine::Scratch;
use machine::{Conditions, Machine};
use opcodes::{At, INFO_LITERAL, INFO_PREFIX, Op};

/// A checked pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    code: Box<[u32]>,
    units: Units,
    groups: usize,
    /// Where the code after the INFO block starts.
    entry: usize,
    /// What `search` can use to skip positions.
    hint: Hint,
    /// The length of the shortest match.
    min_width: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hint {
    None,
    /// Matches start with these characters; `whole` when that is all of the pattern.
    Prefix {
        literal: Vec<u32>,
        whole: bool,
    },
    /// Matches start with a character of this set, or one from U+0100 on.
    First(Latin1Set),
    /// Matches start at the beginning of the text.
    Anchored,
    /// Matches start at the beginning of a line.
    LineStart,
}

/// What is asked of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A match at the start position.
    Match,
    /// A match of everything from the start position on.
    FullMatch,
    /// The first match at or after the start position.
    Search,
}

/// A successful match. Positions are indices of the whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Where it starts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The spans of the groups 1, 2, ...; `None` for those that did not take part.
    pub groups: Vec<Option<(usize, usize)>>,
    /// The group that was closed last (`lastindex`).
    pub last_group: Option<usize>,
}

/// The code array is malformed (RuntimeError "invalid SRE code").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCode;

/// Where to match.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// First position (`pos`), at most `end`. What lies before it is still seen by lookbehind and `\b`.
    pub start: usize,
    /// End of the text (`endpos`), at most its length.
    pub end: usize,
    /// An empty match at `start` does not count: after a match that ended there, in `finditer`, `sub`, `split`.
    pub must_advance: bool,
}

impl Program {
    /// Checks a code array of a pattern with `groups` groups.
    pub fn new(code: Vec<u32>, groups: usize) -> Result<Program, InvalidCode> {
        let places = validate::units_of_valid(&code, groups).ok_or(InvalidCode)?;
        let units = Units::new(&code, &places);
        let (mut entry, mut hint, mut min_width) = (0, Hint::None, 0);
        if code[0] == Op::Info as u32 {
            entry = 1 + code[1] as usize;
            min_width = code[3] as usize;
            if code[2] & INFO_PREFIX != 0 {
                let literal = code[7..7 + code[5] as usize].to_vec();
                hint = Hint::Prefix { literal, whole: code[2] & INFO_LITERAL != 0 };
            }
        }
        let position = (code[entry] == Op::At as u32).then(|| code[entry + 1]).and_then(At::new);
        if hint == Hint::None {
            hint = match (position, first_set(&code, &units, entry, 0)) {
                (Some(At::Beginning | At::BeginningString), _) => Hint::Anchored,
                (Some(At::BeginningLine), _) => Hint::LineStart,
                (_, Some(set)) => Hint::First(set),
                _ => Hint::None,
            };
        }
        Ok(Program { code: code.into(), units, groups, entry, hint, min_width })
    }

    /// The code array.
    pub fn code(&self) -> &[u32] {
        &self.code
    }

    /// Number of groups.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Matches in `text`. `poll` is called now and then; its error ends the attempt.
    pub fn execute<U: Unit, E>(
        &self,
        text: &[U],
        span: Span,
        mode: Mode,
        locale: &Locale,
        poll: impl FnMut() -> Result<(), E>,
    ) -> Result<Option<Match>, E> {
        self.execute_with(&mut Scratch::default(), text, span, mode, locale, poll)
    }

    /// The same with memory that is used again: for many matches in a row.
    pub fn execute_with<U: Unit, E>(
        &self,
        scratch: &mut Scratch,
        text: &[U],
        span: Span,
        mode: Mode,
        locale: &Locale,
        poll: impl FnMut() -> Result<(), E>,
    ) -> Result<Option<Match>, E> {
        let text = &text[..span.end.min(text.len())];
        if span.start > text.len() {
            return Ok(None);
        }
        let machine = Machine::new(&self.code, &self.units, self.groups, text, locale, scratch, poll);
        let mut attempt = Attempt { program: self, text, span, machine };
        match mode {
            Mode::Match => attempt.at(span.start, false),
            Mode::FullMatch => attempt.at(span.start, true),
            Mode::Search => attempt.search(),
        }
    }
}

struct Attempt<'a, U, P> {
    program: &'a Program,
    text: &'a [U],
    span: Span,
    machine: Machine<'a, U, P>,
}

impl<U: Unit, E, P: FnMut() -> Result<(), E>> Attempt<'_, U, P> {
    /// Matches at one position.
    fn at(&mut self, start: usize, full: bool) -> Result<Option<Match>, E> {
        let not_at = (self.span.must_advance && start == self.span.start).then_some(start);
        let end = self.machine.run(self.program.entry, start, Conditions { full, not_at })?;
        let Some(end) = end else { return Ok(None) };
        Ok(Some(Match { start, end, groups: self.machine.groups(), last_group: self.machine.last_group() }))
    }

    fn search(&mut self) -> Result<Option<Match>, E> {
        let Some(last) = self.text.len().checked_sub(self.program.min_width) else { return Ok(None) };
        match &self.program.hint {
            Hint::None => self.search_positions(last, |_, at| Some(at)),
            Hint::Anchored => {
                if self.span.start == 0 {
                    self.at(0, false)
                } else {
                    Ok(None)
                }
            }
            Hint::LineStart => self.search_positions(last, |this, at| match at {
                0 => Some(0),
                _ if this.text[at - 1].into() == 10 => Some(at),
                _ => search::find_unit(&this.text[at..], U::from_code_point(10).expect("ASCII")).map(|found| at + found + 1),
            }),
            Hint::First(set) => self.search_positions(last, |this, at| {
                let starts = |c: u32| c >= 256 || set.contains(c);
                this.text[at..].iter().position(|&c| starts(c.into())).map(|found| at + found)
            }),
            Hint::Prefix { literal, whole } => {
                let converted: Option<Vec<U>> = literal.iter().map(|&c| U::from_code_point(c)).collect();
                let Some(literal) = converted else { return Ok(None) };
                if *whole {
                    let found = search::find(&self.text[self.span.start..], &literal);
                    return Ok(found.map(|at| {
                        let start = self.span.start + at;
                        Match { start, end: start + literal.len(), groups: vec![None; self.program.groups], last_group: None }
                    }));
                }
                self.search_positions(last, |this, at| search::find(&this.text[at..], &literal).map(|found| at + found))
            }
        }
    }

    /// Tries the positions up to `last` that `next` proposes.
    fn search_positions(&mut self, last: usize, next: impl Fn(&Self, usize) -> Option<usize>) -> Result<Option<Match>, E> {
        let mut at = self.span.start;
        while at <= last {
            let Some(candidate) = next(self, at) else { return Ok(None) };
            self.machine.tick(((candidate - at) / 64) as u32 + 1)?;
            if candidate > last {
                return Ok(None);
            }
            if let Some(found) = self.at(candidate, false)? {
                return Ok(Some(found));
            }
            at = candidate + 1;
        }
        Ok(None)
    }
}
