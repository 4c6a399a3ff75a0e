//! `_csv.reader`. Lines come from the iterator without a lock; the state takes each of them in under the reader's lock.

use super::dialect::{self, Dialect, quoting};
use super::{FIELD_LIMIT, empty, error, first, ids};
use crate::guarded::{Guarded, State};
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use objects::native::{Member, getter};
use objects::protocol::iter;
use objects::types::iterators::myself;
use objects::types::list::List;
use objects::types::str::{Str, as_str};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::types::{float, int};
use objects::{Args, Cx, PyResult};
use sync::prim::Ordering;

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    StartRecord,
    StartField,
    Escaped,
    Field,
    Quoted,
    EscapedInQuoted,
    QuoteInQuoted,
    LineEnd,
    AfterEscapedLineEnd,
}

/// Why a line is refused.
enum Fault {
    Error(String),
    /// A field that should be a number.
    NotNumber(Value),
}

/// State of a reader.
pub struct Reading {
    dialect: Gc<Dialect>,
    lines: Value,
    at: At,
    field: Vec<u32>,
    unquoted: bool,
    fields: Vec<Value>,
    line: i64,
    limit: usize,
    /// Threads that are waiting for a line, innermost last.
    waiting: Vec<u32>,
    /// Calls from within the iterator so far.
    reentered: u64,
}
impl State for Reading {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.dialect.value().word());
        visit(self.lines.word());
        self.fields.iter().for_each(|v| visit(v.word()));
    }
}
/// `_csv.reader` object.
pub type Reader = Guarded<Reading, { ids::READER }>;

fn me(v: Ref<'_>) -> &Reader {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<Reader>() }
}

/// `reader(iterable, dialect, ...)`
pub fn new(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let (lines, d) = first(cx, &args, "reader")?;
    let lines = iter::iter(cx, lines)?.into_value();
    let dialect = dialect::made(cx, d, &args)?;
    let state = Reading {
        dialect,
        lines,
        at: At::StartRecord,
        field: Vec::new(),
        unquoted: true,
        fields: Vec::new(),
        line: 0,
        limit: 0,
        waiting: Vec::new(),
        reentered: 0,
    };
    let r: Gc<Reader> = gc::alloc(Reader::new(state));
    Ok(r.into())
}

impl Reading {
    fn save(&mut self) -> Result<(), Fault> {
        let how = self.dialect.quoting;
        let unquoted = std::mem::replace(&mut self.unquoted, true);
        if unquoted && self.field.is_empty() && matches!(how, quoting::NOTNULL | quoting::STRINGS) {
            self.fields.push(Value::NONE);
            return Ok(());
        }
        let max = self.field.iter().copied().max().unwrap_or(0);
        let n = self.field.len();
        let text = if n == 0 {
            empty()
        } else {
            match Str::try_from_chars(self.field.iter().copied(), n, max) {
                Ok(s) => s.into_value(),
                Err(_) => return Err(Fault::Error("out of memory".into())),
            }
        };
        self.field.clear();
        if unquoted && n > 0 && matches!(how, quoting::NONNUMERIC | quoting::STRINGS) {
            return Err(Fault::NotNumber(text));
        }
        self.fields.push(text);
        Ok(())
    }
    fn add(&mut self, c: u32) -> Result<(), Fault> {
        if self.field.len() >= self.limit {
            return Err(Fault::Error(format!("field larger than field limit ({})", self.limit)));
        }
        self.field.push(c);
        Ok(())
    }
    fn end(&mut self, c: Option<u32>) {
        self.at = if c.is_none() { At::StartRecord } else { At::LineEnd };
    }
    /// Takes a character in, or the end of a line.
    fn take(&mut self, c: Option<u32>) -> Result<(), Fault> {
        let line_end = matches!(c, None | Some(10 | 13));
        let quote = self.dialect.quote.filter(|_| self.dialect.quoting != quoting::NONE);
        let is = |x: Option<u32>| c.is_some() && c == x;
        let delimiter = is(Some(self.dialect.delimiter));
        let escape = is(self.dialect.escape);
        let quoted = is(quote);
        let char_of = |c: Option<u32>| c.unwrap_or(10);
        match self.at {
            At::StartRecord if c.is_none() => {}
            At::StartRecord if line_end => self.at = At::LineEnd,
            At::StartRecord | At::StartField => {
                self.at = At::StartField;
                if line_end {
                    self.save()?;
                    self.end(c);
                } else if quoted {
                    self.unquoted = false;
                    self.at = At::Quoted;
                } else if escape {
                    self.at = At::Escaped;
                } else if c == Some(32) && self.dialect.skip_space {
                } else if delimiter {
                    self.save()?;
                } else {
                    self.add(char_of(c))?;
                    self.at = At::Field;
                }
            }
            At::Escaped => {
                self.add(char_of(c))?;
                self.at = if matches!(c, Some(10 | 13)) { At::AfterEscapedLineEnd } else { At::Field };
            }
            At::AfterEscapedLineEnd if c.is_none() => {}
            At::AfterEscapedLineEnd | At::Field => {
                self.at = At::Field;
                if line_end {
                    self.save()?;
                    self.end(c);
                } else if escape {
                    self.at = At::Escaped;
                } else if delimiter {
                    self.save()?;
                    self.at = At::StartField;
                } else {
                    self.add(char_of(c))?;
                }
            }
            At::Quoted => {
                if c.is_none() {
                } else if escape {
                    self.at = At::EscapedInQuoted;
                } else if quoted {
                    self.at = if self.dialect.double_quote { At::QuoteInQuoted } else { At::Field };
                } else {
                    self.add(char_of(c))?;
                }
            }
            At::EscapedInQuoted => {
                self.add(char_of(c))?;
                self.at = At::Quoted;
            }
            At::QuoteInQuoted => {
                if quoted {
                    self.add(char_of(c))?;
                    self.at = At::Quoted;
                } else if delimiter {
                    self.save()?;
                    self.at = At::StartField;
                } else if line_end {
                    self.save()?;
                    self.end(c);
                } else if !self.dialect.strict {
                    self.add(char_of(c))?;
                    self.at = At::Field;
                } else {
                    let show = |c: u32| char::from_u32(c).unwrap_or('\u{fffd}');
                    let (d, q) = (show(self.dialect.delimiter), show(quote.unwrap_or(0)));
                    return Err(Fault::Error(format!("'{d}' expected after '{q}'")));
                }
            }
            At::LineEnd => match c {
                Some(10 | 13) => {}
                None => self.at = At::StartRecord,
                _ => {
                    let m = "new-line character seen in unquoted field - do you need to open the file with newline=''?";
                    return Err(Fault::Error(m.into()));
                }
            },
        }
        Ok(())
    }
    /// Takes a line in from character `from` on; where a number has to be made of a field, it stops there.
    fn line(&mut self, s: &Str, from: usize) -> Result<(), (usize, Fault)> {
        self.limit = FIELD_LIMIT.load(Ordering::Relaxed).max(0) as usize;
        let units = s.units();
        for i in from..units.len() {
            self.take(Some(units.at(i))).map_err(|f| (i, f))?;
        }
        if from <= units.len() {
            self.take(None).map_err(|f| (units.len(), f))?;
        }
        Ok(())
    }
    fn reset(&mut self) -> Vec<Value> {
        self.field.clear();
        self.unquoted = true;
        self.at = At::StartRecord;
        std::mem::take(&mut self.fields)
    }
}

/// Takes a line in, making numbers of fields where the dialect wants it.
fn feed(cx: &mut Cx, r: &Reader, line: &Str) -> PyResult<()> {
    let mut from = 0;
    loop {
        match r.with(cx, |s| s.line(line, from)) {
            Ok(()) => return Ok(()),
            Err((_, Fault::Error(m))) => {
                drop(r.with(cx, Reading::reset));
                return Err(error(cx, m));
            }
            Err((at, Fault::NotNumber(text))) => {
                let f = match float::convert::from_object(cx, text.as_ref()) {
                    Ok(f) => f,
                    Err(e) => {
                        drop(r.with(cx, Reading::reset));
                        return Err(e);
                    }
                };
                // Go on behind the field, with the character that has ended it.
                let c = (at < line.len()).then(|| line.units().at(at));
                r.with(cx, |s| {
                    s.fields.push(Value::float(f));
                    match c {
                        Some(c) if c == s.dialect.delimiter => s.at = At::StartField,
                        c => s.end(c),
                    }
                });
                from = at + 1;
            }
        }
    }
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let r = me(v);
    let lines = r.with(cx, |s| s.lines.clone());
    let old = r.with(cx, Reading::reset);
    drop(old);
    loop {
        let thread = cx.slot.id as u32;
        let before = r.with(cx, |s| {
            s.reentered += u64::from(s.waiting.contains(&thread));
            s.waiting.push(thread);
            s.reentered
        });
        let line = iter::next(cx, lines.as_ref());
        let after = r.with(cx, |s| {
            if let Some(i) = s.waiting.iter().rposition(|t| *t == thread) {
                s.waiting.remove(i);
            }
            s.reentered
        });
        let line = line?;
        if before != after && line.is_some() {
            return Err(error(cx, "iterator has already advanced the reader"));
        }
        let Some(line) = line else {
            let (open, strict) = r.with(cx, |s| (!s.field.is_empty() || s.at == At::Quoted, s.dialect.strict));
            if !open {
                return Ok(None);
            }
            if strict {
                return Err(error(cx, "unexpected end of data"));
            }
            match r.with(cx, Reading::save) {
                Ok(()) => break,
                Err(Fault::NotNumber(text)) => {
                    let f = float::convert::from_object(cx, text.as_ref())?;
                    r.with(cx, |s| s.fields.push(Value::float(f)));
                    break;
                }
                Err(Fault::Error(m)) => return Err(error(cx, m)),
            }
        };
        let line = line.into_value();
        let Some(s) = as_str(line.as_ref()) else {
            let n = type_of(line.as_ref()).shown_name();
            return Err(error(cx, format!("iterator should return strings, not {n} (the file should be opened in text mode)")));
        };
        r.with(cx, |s| s.line += 1);
        feed(cx, r, s)?;
        if r.with(cx, |s| s.at == At::StartRecord) {
            break;
        }
    }
    let fields = r.with(cx, Reading::reset);
    Ok(Some(List::from_values(fields).into()))
}

static MEMBERS: &[Member] = &[
    Member(getter("dialect", |cx, v| Ok(me(v).with(cx, |s| s.dialect.to_value()).into()), "")),
    Member(getter("line_num", |cx, v| Ok(int::reg(me(v).with(cx, |s| s.line))), "")),
];

/// `_csv.reader`.
pub static READER_TYPE: TypeSpec = TypeSpec::of::<Reader>("_csv.reader")
    .flags(flags::NO_NEW)
    .slots(Slots { iter: Some(myself), next: Some(next), ..Slots::NONE })
    .members(MEMBERS)
    .doc("CSV reader");
