//! `_sre.SRE_Scanner`: goes through the matches of a pattern. One caller at a time may run it.

use super::subject::{Subject, Walk};
use super::{found, ids, pattern};
use crate::guarded::{Guarded, State};
use gc::{Gc, Ref, Reg, Value, Word};
use objects::native::{Member, Method, getter, method};
use objects::protocol::buffer::BufferView;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::{Cx, PyResult};
use text::sre::{Mode, Span};

/// State of a scanner.
pub struct Progress {
    pattern: Value,
    string: Value,
    span: Span,
    /// Keeps the memory of an exporter where it is.
    _pinned: Option<BufferView>,
    /// Taken out by whoever runs it.
    walk: Option<Walk>,
}
impl State for Progress {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.pattern.word());
        visit(self.string.word());
        if let Some(v) = &self._pinned {
            visit(v.owner.word());
        }
    }
}
/// A scanner.
pub type Scanner = Guarded<Progress, { ids::SCANNER }>;

fn me(v: Ref<'_>) -> &Scanner {
    // SAFETY: methods check their receiver.
    unsafe { v.cast::<Scanner>() }
}

/// `pattern.scanner(string, pos, endpos)`.
pub fn new(cx: &mut Cx, p: Ref<'_>, string: Ref<'_>, pos: i64, endpos: i64) -> PyResult<Reg> {
    let s = Subject::for_pattern(cx, pattern::me(p), string)?;
    let span = s.span(pos, endpos);
    let _pinned = if let Subject::View(v) = s { Some(v) } else { None };
    let state = Progress { pattern: p.to_value(), string: string.to_value(), span, _pinned, walk: Some(Walk::new(span)) };
    let scanner: Gc<Scanner> = gc::alloc(Scanner::new(state));
    Ok(scanner.into())
}

fn step(cx: &mut Cx, v: Ref<'_>, mode: Mode) -> PyResult<Reg> {
    let scanner = me(v);
    let (p, string, span, walk) = scanner.with(cx, |s| (s.pattern.clone(), s.string.clone(), s.span, s.walk.take()));
    let Some(mut walk) = walk else { return Err(cx.value_error("regular expression scanner already executing")) };
    let p = pattern::me(p.as_ref());
    let r = match Subject::for_pattern(cx, p, string.as_ref()) {
        Ok(s) => walk.next(cx, p, &s, mode),
        Err(e) => Err(e),
    };
    scanner.with(cx, |s| s.walk = Some(walk));
    Ok(match r? {
        Some(m) => found::new(p, string.as_ref(), span, m),
        None => Value::NONE.into(),
    })
}

static METHODS: &[Method] = &[
    method("match", "($self, /)", |cx, a| step(cx, a[0], Mode::Match), "A match where the last one ended."),
    method("search", "($self, /)", |cx, a| step(cx, a[0], Mode::Search), "The next match."),
];
static MEMBERS: &[Member] = &[Member(getter("pattern", |cx, v| Ok(me(v).with(cx, |s| s.pattern.clone()).into()), ""))];

/// `_sre.SRE_Scanner`.
pub static SCANNER_TYPE: TypeSpec =
    TypeSpec::of::<Scanner>("_sre.SRE_Scanner").flags(flags::NO_NEW).slots(Slots::NONE).methods(METHODS).members(MEMBERS);
