//! What is searched: a str in its own width, or the bytes of a bytes-like object.

use super::pattern::Pattern;
use gc::{Payload, Ref, Value};
use objects::protocol::buffer::{self, BufferView, wanted};
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::new_bytes;
use objects::types::str::{Str, Units};
use objects::types::type_::{Downcast, type_of};
use objects::{Cx, PyResult};
use std::cell::Cell;
use text::sre::chars::Locale;
use text::sre::{Match, Mode, Scratch, Span};

/// A text to search.
pub enum Subject<'a> {
    /// Characters.
    Text(&'a Str),
    /// Of bytes, which never change.
    Bytes(&'a Bytes),
    /// Of another exporter, which keeps its memory where it is.
    View(BufferView),
}

const LOCALE: i32 = 4;

/// The locale's characters as the C library sees them now.
fn current_locale() -> Locale {
    let mut l = Locale::C;
    for i in 0..256i32 {
        // SAFETY: defined for all values of unsigned char.
        let (lower, upper, alnum) = unsafe { (libc::tolower(i), libc::toupper(i), libc::isalnum(i)) };
        l.lower[i as usize] = lower as u8;
        l.upper[i as usize] = upper as u8;
        l.alphanumeric[i as usize] = alnum != 0;
    }
    l
}

thread_local! {
    /// Memory of the last search of this thread.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

impl<'a> Subject<'a> {
    /// TypeError "expected string or bytes-like object, got 'X'".
    pub fn of(cx: &mut Cx, v: Ref<'a>) -> PyResult<Subject<'a>> {
        if let Some(s) = v.downcast::<Str>() {
            return Ok(Subject::Text(s));
        }
        if let Some(b) = v.exact::<Bytes>() {
            return Ok(Subject::Bytes(b));
        }
        if !buffer::is_exporter(v) {
            let n = type_of(v).shown_name();
            return Err(cx.type_error(format!("expected string or bytes-like object, got '{n}'")));
        }
        Ok(Subject::View(buffer::get(cx, v, wanted::SIMPLE)?))
    }
    /// The same for a search by `p`, which must be of the same sort.
    pub fn for_pattern(cx: &mut Cx, p: &Pattern, v: Ref<'a>) -> PyResult<Subject<'a>> {
        let s = Subject::of(cx, v)?;
        match (p.is_bytes, s.is_bytes()) {
            (Some(true), false) => Err(cx.type_error("cannot use a bytes pattern on a string-like object")),
            (Some(false), true) => Err(cx.type_error("cannot use a string pattern on a bytes-like object")),
            _ => Ok(s),
        }
    }
    /// Whether it is not a str.
    pub fn is_bytes(&self) -> bool {
        !matches!(self, Subject::Text(_))
    }
    /// Its characters or bytes.
    pub fn units(&self) -> Units<'_> {
        match self {
            Subject::Text(s) => s.units(),
            Subject::Bytes(b) => Units::One(b.data()),
            Subject::View(v) if v.len == 0 => Units::One(&[]),
            // SAFETY: contiguous memory that the exporter keeps there while the view lives.
            Subject::View(v) => Units::One(unsafe { std::slice::from_raw_parts(v.data, v.len) }),
        }
    }
    /// A part as a str or bytes of its own.
    pub fn part(&self, cx: &mut Cx, from: usize, to: usize) -> PyResult<Value> {
        match self {
            Subject::Text(s) => {
                if from == 0 && to == s.len() && s.as_ref().exact::<Str>().is_some() {
                    return Ok(s.to_value());
                }
                match Str::try_from_units(s.units().slice(from, to)) {
                    Ok(s) => Ok(s.into_value()),
                    Err(_) => Err(cx.memory_error()),
                }
            }
            Subject::Bytes(b) if from == 0 && to == b.data().len() => Ok(b.to_value()),
            _ => match self.units() {
                Units::One(d) => new_bytes(cx, &d[from..to]),
                _ => Ok(Value::NONE),
            },
        }
    }
    /// `pos` and `endpos` as a span of this text.
    pub fn span(&self, pos: i64, endpos: i64) -> Span {
        let n = self.units().len() as i64;
        Span { start: pos.clamp(0, n) as usize, end: endpos.clamp(0, n) as usize, must_advance: false }
    }
    /// Matches or searches.
    pub fn run(&self, cx: &mut Cx, p: &Pattern, span: Span, mode: Mode) -> PyResult<Option<Match>> {
        let local;
        let locale = if p.flags & LOCALE != 0 {
            local = current_locale();
            &local
        } else {
            &Locale::C
        };
        // A match may start behind `endpos`; it is empty then.
        let span = if mode == Mode::Match { Span { end: span.end.max(span.start), ..span } } else { span };
        let mut scratch = SCRATCH.take().unwrap_or_default();
        let poll = || cx.poll();
        let r = match self.units() {
            Units::One(t) => p.program.execute_with(&mut scratch, t, span, mode, locale, poll),
            Units::Two(t) => p.program.execute_with(&mut scratch, t, span, mode, locale, poll),
            Units::Four(t) => p.program.execute_with(&mut scratch, t, span, mode, locale, poll),
        };
        SCRATCH.set(Some(scratch));
        r
    }
}

/// The matches of a pattern one after the other, as `findall`, `sub`, `split` and scanners go through them.
pub struct Walk {
    span: Span,
    done: bool,
}

impl Walk {
    /// From the start of `span`.
    pub fn new(span: Span) -> Walk {
        Walk { span, done: false }
    }
    /// The next match.
    pub fn next(&mut self, cx: &mut Cx, p: &Pattern, s: &Subject<'_>, mode: Mode) -> PyResult<Option<Match>> {
        if self.done {
            return Ok(None);
        }
        let m = s.run(cx, p, self.span, mode)?;
        match &m {
            Some(m) => {
                self.span.must_advance = m.end == m.start;
                self.span.start = m.end;
            }
            None => self.done = true,
        }
        Ok(m)
    }
}
