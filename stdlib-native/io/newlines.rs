//! Newlines: translating them, remembering which were seen, and finding where lines end.

use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::{Cx, PyResult, Value};
use text::Units;
use text::builder::StrBuilder;

const CR: u32 = 13;
const LF: u32 = 10;

const SEEN_CR: u8 = 1;
const SEEN_LF: u8 = 2;
const SEEN_CRLF: u8 = 4;

/// State of universal newlines.
#[derive(Clone, Copy, Default)]
pub struct Newlines {
    /// All become `\n`.
    pub translate: bool,
    /// The last text ended with `\r`, which waits for what comes.
    pub pending_cr: bool,
    seen: u8,
}

impl Newlines {
    /// Nothing seen.
    pub fn new(translate: bool) -> Newlines {
        Newlines { translate, pending_cr: false, seen: 0 }
    }
    /// Forgets everything.
    pub fn reset(&mut self) {
        *self = Newlines::new(self.translate);
    }
    /// `newlines`: what was seen.
    pub fn seen(self) -> Value {
        let all: Vec<Value> = [(SEEN_CR, "\r"), (SEEN_LF, "\n"), (SEEN_CRLF, "\r\n")]
            .into_iter()
            .filter(|(bit, _)| self.seen & bit != 0)
            .map(|(_, t)| Str::from_text(t).into_value())
            .collect();
        match all.len() {
            0 => Value::NONE,
            1 => all.into_iter().next().unwrap_or(Value::NONE),
            _ => Tuple::from_values(all).into_value(),
        }
    }
    /// Notes the newlines of a text that is about to be used. `last`: nothing comes behind it.
    pub fn feed(&mut self, cx: &mut Cx, text: Value, last: bool) -> PyResult<Value> {
        let Some(s) = as_str(text.as_ref()) else { return Ok(text) };
        if !self.pending_cr && !has(s.units(), CR) {
            if self.seen & SEEN_LF == 0 && has(s.units(), LF) {
                self.seen |= SEEN_LF;
            }
            return Ok(text);
        }
        if s.is_empty() && !last {
            return Ok(text);
        }
        let mut out = StrBuilder::with_capacity(s.len() + 1);
        let mut cr = std::mem::take(&mut self.pending_cr);
        for c in s.units().iter() {
            if cr {
                cr = false;
                if c == LF {
                    self.seen |= SEEN_CRLF;
                    if self.translate {
                        out.push(LF);
                    } else {
                        out.push(CR);
                        out.push(LF);
                    }
                    continue;
                }
                self.seen |= SEEN_CR;
                out.push(if self.translate { LF } else { CR });
            }
            match c {
                CR => cr = true,
                LF => {
                    self.seen |= SEEN_LF;
                    out.push(LF);
                }
                _ => out.push(c),
            }
        }
        if cr {
            if last {
                self.seen |= SEEN_CR;
                out.push(if self.translate { LF } else { CR });
            } else {
                self.pending_cr = true;
            }
        }
        objects::types::str::methods::built(cx, out).map(objects::Reg::into_value)
    }
}

/// Whether a text has a character below 256.
pub fn has(u: Units<'_>, c: u32) -> bool {
    find_char(u, c).is_some()
}

fn find_char(u: Units<'_>, c: u32) -> Option<usize> {
    match u {
        Units::One(s) => memchr::memchr(c as u8, s),
        _ => u.iter().position(|x| x == c),
    }
}

/// What ends a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// `\n`
    Lf,
    /// `\r`
    Cr,
    /// `\r\n`
    CrLf,
    /// Any of the three.
    Any,
}

impl Ending {
    /// Where the first line of a text ends, behind its newline. `Err`: there is none before this place, from which a search goes on.
    pub fn find(self, u: Units<'_>) -> Result<usize, usize> {
        let n = u.len();
        match self {
            Ending::Lf => find_char(u, LF).map(|i| i + 1).ok_or(n),
            Ending::Cr => find_char(u, CR).map(|i| i + 1).ok_or(n),
            Ending::CrLf => {
                let mut at = 0;
                while let Some(i) = find_char(u.slice(at, n), CR) {
                    match u.get(at + i + 1) {
                        Some(LF) => return Ok(at + i + 2),
                        Some(_) => at += i + 1,
                        None => return Err(at + i),
                    }
                }
                Err(n)
            }
            Ending::Any => {
                let at = match u {
                    Units::One(s) => memchr::memchr2(b'\n', b'\r', s),
                    _ => u.iter().position(|c| c == LF || c == CR),
                };
                match at {
                    None => Err(n),
                    Some(i) if u.at(i) == CR && u.get(i + 1) == Some(LF) => Ok(i + 2),
                    Some(i) => Ok(i + 1),
                }
            }
        }
    }
}

/// A `newline` argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Newline {
    /// Which newlines end lines when reading.
    pub ending: Ending,
    /// Whether all three kinds are recognised.
    pub universal: bool,
    /// Whether they become `\n`.
    pub translate: bool,
    /// What `\n` becomes when it is written, if anything else.
    pub write: Option<&'static str>,
}

impl Newline {
    /// From the argument; `None` for one that is not allowed.
    pub fn of(newline: Option<&str>) -> Option<Newline> {
        let fixed = |ending, write| Newline { ending, universal: false, translate: false, write };
        Some(match newline {
            None => Newline { ending: Ending::Lf, universal: true, translate: true, write: None },
            Some("") => Newline { ending: Ending::Any, universal: true, translate: false, write: None },
            Some("\n") => fixed(Ending::Lf, None),
            Some("\r") => fixed(Ending::Cr, Some("\r")),
            Some("\r\n") => fixed(Ending::CrLf, Some("\r\n")),
            Some(_) => return None,
        })
    }
}

/// The `newline` argument of a stream.
pub fn newline_argument(cx: &mut Cx, v: objects::Ref<'_>, message: &str) -> PyResult<Newline> {
    if v.is_none() {
        return Ok(Newline { ending: Ending::Lf, universal: true, translate: true, write: None });
    }
    let Some(s) = as_str(v) else {
        let n = objects::types::type_of(v).name_text();
        return Err(cx.type_error(format!("{message}, not {n}")));
    };
    match Newline::of(Some(&s.to_string_lossy())) {
        Some(n) => Ok(n),
        None => {
            let shown = objects::protocol::text::repr(cx, v)?.to_string_lossy();
            Err(cx.value_error(format!("illegal newline value: {shown}")))
        }
    }
}

/// A text with its `\n` replaced by what is written instead.
pub fn written(cx: &mut Cx, text: Value, newline: Option<&'static str>) -> PyResult<Value> {
    let (Some(s), Some(to)) = (as_str(text.as_ref()), newline) else { return Ok(text) };
    if !has(s.units(), LF) {
        return Ok(text);
    }
    let mut out = StrBuilder::with_capacity(s.len() + 8);
    for c in s.units().iter() {
        if c == LF { out.push_str(to) } else { out.push(c) }
    }
    objects::types::str::methods::built(cx, out).map(objects::Reg::into_value)
}
