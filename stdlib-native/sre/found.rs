//! `re.Match`.

use super::pattern::{self, Pattern};
use super::subject::Subject;
use super::{ids, no_group, substitute};
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Member, Method, class_method, getter, method, raw_method};
use objects::protocol::text as show;
use objects::types::dict::{Dict, as_dict};
use objects::types::int;
use objects::types::object;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult};
use text::sre::{Match, Span};

/// A match; never changes.
#[repr(C)]
pub struct MatchObject {
    pattern: Value,
    string: Value,
    pos: usize,
    endpos: usize,
    found: Match,
}
// SAFETY: visits both words.
unsafe impl Payload for MatchObject {
    const TYPE_ID: u32 = ids::MATCH;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.pattern.word());
        visit(self.string.word());
    }
}

/// A new match object.
pub fn new(p: &Pattern, string: Ref<'_>, span: Span, found: Match) -> Reg {
    let m = MatchObject { pattern: p.to_value(), string: string.to_value(), pos: span.start, endpos: span.end, found };
    gc::alloc(m).into()
}

fn me(v: Ref<'_>) -> &MatchObject {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<MatchObject>() }
}

impl MatchObject {
    fn pattern(&self) -> &Pattern {
        pattern::me(self.pattern.as_ref())
    }
    /// The span of a group; `Err` when there is no such group, `Ok(None)` when it did not take part.
    fn span(&self, group: usize) -> Result<Option<(usize, usize)>, ()> {
        match group {
            0 => Ok(Some((self.found.start, self.found.end))),
            g => self.found.groups.get(g - 1).copied().ok_or(()),
        }
    }
    /// Its texts.
    fn subject(&self, cx: &mut Cx) -> PyResult<Subject<'_>> {
        Subject::of(cx, self.string.as_ref())
    }
    fn group(&self, cx: &mut Cx, s: &Subject<'_>, group: usize, default: Ref<'_>) -> PyResult<Value> {
        match self.span(group) {
            Ok(Some((b, e))) => {
                // The exporter may have become shorter.
                let n = s.units().len();
                s.part(cx, b.min(n), e.min(n))
            }
            Ok(None) => Ok(default.to_value()),
            Err(()) => Err(no_group(cx)),
        }
    }
    /// A group's number from what a caller gave.
    fn index(&self, cx: &mut Cx, v: Ref<'_>) -> PyResult<usize> {
        let i = if v.word().is_int() {
            Some(v.word().int())
        } else if type_of(v).slots.index().is_some() {
            Some(int::index_clamped(cx, v)?)
        } else {
            match pattern::group_of_name(cx, self.pattern(), v) {
                Ok(i) => i,
                Err(e) => {
                    drop(cx.catch_if(e, objects::types::exception::ids::TYPE_ERROR)?);
                    None
                }
            }
        };
        match i.and_then(|i| usize::try_from(i).ok()).filter(|i| *i <= self.found.groups.len()) {
            Some(i) => Ok(i),
            None => Err(no_group(cx)),
        }
    }
    /// A group for a template: empty when it did not take part.
    pub fn span_for_template(&self, cx: &mut Cx, group: usize) -> PyResult<(usize, usize)> {
        match self.span(group) {
            Ok(s) => Ok(s.unwrap_or((0, 0))),
            Err(()) => Err(no_group(cx)),
        }
    }
}

fn one(cx: &mut Cx, m: &MatchObject, v: Ref<'_>) -> PyResult<Value> {
    let i = m.index(cx, v)?;
    let s = m.subject(cx)?;
    m.group(cx, &s, i, Ref::NONE)
}

fn group(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "Match.group")?;
    let m = me(args.items[0]);
    match &args.items[1..] {
        [] => {
            let s = m.subject(cx)?;
            m.group(cx, &s, 0, Ref::NONE).map(Reg::from)
        }
        [v] => one(cx, m, *v).map(Reg::from),
        many => {
            let mut out = Vec::with_capacity(many.len());
            for v in many {
                out.push(one(cx, m, *v)?);
            }
            Ok(Tuple::from_values(out).into())
        }
    }
}

fn groups(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = me(a[0]);
    let default = a[1].given().unwrap_or(Ref::NONE);
    let s = m.subject(cx)?;
    let mut out = Vec::with_capacity(m.found.groups.len());
    for i in 1..=m.found.groups.len() {
        out.push(m.group(cx, &s, i, default)?);
    }
    Ok(Tuple::from_values(out).into())
}

fn groupdict(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = me(a[0]);
    let default = a[1].given().unwrap_or(Ref::NONE);
    let out = Dict::new();
    let s = m.subject(cx)?;
    for (name, _) in as_dict(m.pattern().group_index.as_ref()).map(Dict::items).unwrap_or_default() {
        let i = m.index(cx, name.as_ref())?;
        let v = m.group(cx, &s, i, default)?;
        out.set(cx, name.as_ref(), v.as_ref())?;
    }
    Ok(out.into())
}

fn bounds(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<(i64, i64)> {
    let m = me(a[0]);
    let i = match a[1].given() {
        Some(v) => m.index(cx, v)?,
        None => 0,
    };
    Ok(m.span(i).ok().flatten().map_or((-1, -1), |(b, e)| (b as i64, e as i64)))
}

fn pair(p: Option<(usize, usize)>) -> Value {
    let (b, e) = p.map_or((-1, -1), |(b, e)| (b as i64, e as i64));
    Tuple::from_values(vec![int::from_i64(b), int::from_i64(e)]).into_value()
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let m = me(v);
    let s = m.subject(cx)?;
    let whole = m.group(cx, &s, 0, Ref::NONE)?;
    let shown = show::repr(cx, whole.as_ref())?;
    let mut b = text::StrBuilder::new();
    b.push_str(&format!("<{} object; span=({}, {}), match=", type_of(v).full_name(), m.found.start, m.found.end));
    let units = shown.units();
    b.push_units(units.slice(0, units.len().min(50)));
    b.push_str(">");
    objects::types::str::methods::built(cx, b)
}

static METHODS: &[Method] = &[
    raw_method("group", "", group, "The text of one group or a tuple of several."),
    method("groups", "($self, /, default=None)", groups, "The texts of all groups."),
    method("groupdict", "($self, /, default=None)", groupdict, "The texts of named groups by name."),
    method("start", "($self, group=0, /)", |cx, a| bounds(cx, a).map(|(b, _)| int::reg(b)), "Where a group starts."),
    method("end", "($self, group=0, /)", |cx, a| bounds(cx, a).map(|(_, e)| int::reg(e)), "Where a group ends."),
    method(
        "span",
        "($self, group=0, /)",
        |cx, a| bounds(cx, a).map(|(b, e)| Tuple::from_values(vec![int::from_i64(b), int::from_i64(e)]).into()),
        "Where a group starts and ends.",
    ),
    method(
        "expand",
        "($self, /, template)",
        |cx, a| {
            let m = me(a[0]);
            let s = m.subject(cx)?;
            substitute::expand(cx, m.pattern(), &s, m, a[1])
        },
        "A template with groups put in.",
    ),
    method("__copy__", "($self, /)", |_, a| Ok(a[0].to_value().into()), ""),
    method("__deepcopy__", "($self, memo, /)", |_, a| Ok(a[0].to_value().into()), ""),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "See PEP 585"),
];

static GETSETS: &[GetSet] = &[
    getter("lastindex", |_, v| Ok(me(v).found.last_group.map_or(Value::NONE, int::from_usize).into()), "The group closed last."),
    getter(
        "lastgroup",
        |_, v| Ok(me(v).found.last_group.map_or_else(|| Value::NONE.into(), |g| pattern::name_of_group(me(v).pattern(), g))),
        "The name of the group closed last.",
    ),
    getter(
        "regs",
        |_, v| {
            let m = me(v);
            let all = (0..=m.found.groups.len()).map(|i| pair(m.span(i).ok().flatten())).collect();
            let t: Gc<Tuple> = Tuple::from_values(all);
            Ok(t.into())
        },
        "The spans of all groups.",
    ),
];

static MEMBERS: &[Member] = &[
    Member(getter("string", |_, v| Ok(me(v).string.clone().into()), "What was searched.")),
    Member(getter("re", |_, v| Ok(me(v).pattern.clone().into()), "The pattern.")),
    Member(getter("pos", |_, v| Ok(int::from_usize(me(v).pos).into()), "Where the search started.")),
    Member(getter("endpos", |_, v| Ok(int::from_usize(me(v).endpos).into()), "Where the search had to end.")),
];

/// `re.Match`.
pub static MATCH_TYPE: TypeSpec = TypeSpec::of::<MatchObject>("re.Match")
    .flags(flags::NO_NEW)
    .slots(Slots { repr: Some(repr), getitem: Some(|cx, v, key| one(cx, me(v), key).map(Reg::from)), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .members(MEMBERS)
    .doc("The result of re.match() and re.search().\nMatch objects always have a boolean value of True.");
