//! `re.Pattern`.

use super::found;
use super::ids;
use super::scanner;
use super::subject::{Subject, Walk};
use super::substitute;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Member, Method, class_method, getter, method};
use objects::protocol::{compare, hash};
use objects::types::dict::proxy;
use objects::types::int;
use objects::types::list::List;

use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{TypeSpec, flags};
use objects::types::{iterators, object};
use objects::{Cx, PyResult};
use text::sre::{Mode, Program, Span};

/// A compiled pattern; never changes.
#[repr(C)]
pub struct Pattern {
    /// Its code.
    pub program: Program,
    /// Its source: str, bytes-like or None.
    pub source: Value,
    /// Flags of `re`.
    pub flags: i32,
    /// Whether the source is bytes-like; `None` without a source.
    pub is_bytes: Option<bool>,
    /// Group numbers by name: a dict.
    pub group_index: Value,
    /// Group names by number: a tuple.
    pub index_group: Value,
}
// SAFETY: visits all words.
unsafe impl Payload for Pattern {
    const TYPE_ID: u32 = ids::PATTERN;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.source.word());
        visit(self.group_index.word());
        visit(self.index_group.word());
    }
}

/// A new pattern.
pub fn new(program: Program, source: Ref<'_>, flags: i32, is_bytes: Option<bool>, group_index: Ref<'_>, index_group: Ref<'_>) -> Reg {
    let (source, group_index, index_group) = (source.to_value(), group_index.to_value(), index_group.to_value());
    gc::alloc(Pattern { program, source, flags, is_bytes, group_index, index_group }).into()
}

/// The receiver.
pub fn me(v: Ref<'_>) -> &Pattern {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Pattern>() }
}

/// `pos` and `endpos`.
pub fn limits(cx: &mut Cx, pos: Ref<'_>, endpos: Ref<'_>) -> PyResult<(i64, i64)> {
    let pos = pos.given().map_or(Ok(0), |v| int::index_i64(cx, v))?;
    let endpos = endpos.given().map_or(Ok(i64::MAX), |v| int::index_i64(cx, v))?;
    Ok((pos, endpos))
}

fn attempt(cx: &mut Cx, a: &[Ref<'_>], mode: Mode) -> PyResult<Reg> {
    let p = me(a[0]);
    let (pos, endpos) = limits(cx, a[2], a[3])?;
    let s = Subject::for_pattern(cx, p, a[1])?;
    let span = s.span(pos, endpos);
    match s.run(cx, p, span, mode)? {
        Some(m) => Ok(found::new(p, a[1], span, m)),
        None => Ok(Value::NONE.into()),
    }
}

fn findall(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let p = me(a[0]);
    let (pos, endpos) = limits(cx, a[2], a[3])?;
    let s = Subject::for_pattern(cx, p, a[1])?;
    let mut walk = Walk::new(s.span(pos, endpos));
    let mut out = Vec::new();
    while let Some(m) = walk.next(cx, p, &s, Mode::Search)? {
        let item = match p.program.groups() {
            0 => s.part(cx, m.start, m.end)?,
            1 => {
                let (b, e) = m.groups[0].unwrap_or((0, 0));
                s.part(cx, b, e)?
            }
            _ => {
                let mut items = Vec::with_capacity(m.groups.len());
                for g in &m.groups {
                    let (b, e) = g.unwrap_or((0, 0));
                    items.push(s.part(cx, b, e)?);
                }
                Tuple::from_values(items).into_value()
            }
        };
        out.push(item);
        if out.len() % 1024 == 0 {
            cx.poll()?;
        }
    }
    Ok(List::from_values(out).into())
}

fn finditer(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (pos, endpos) = limits(cx, a[2], a[3])?;
    let s = scanner::new(cx, a[0], a[1], pos, endpos)?.into_value();
    let search = objects::protocol::attr::get_text(cx, s.as_ref(), "search")?.into_value();
    iterators::callable::new(cx, search.as_ref(), Ref::NONE)
}

fn split(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let p = me(a[0]);
    let max = a[2].given().map_or(Ok(0), |v| int::index_i64(cx, v))?;
    let s = Subject::for_pattern(cx, p, a[1])?;
    let mut walk = Walk::new(s.span(0, i64::MAX));
    let (mut out, mut n, mut last) = (Vec::new(), 0, 0);
    while max == 0 || n < max {
        let Some(m) = walk.next(cx, p, &s, Mode::Search)? else { break };
        out.push(s.part(cx, last, m.start)?);
        for g in &m.groups {
            out.push(match *g {
                Some((b, e)) => s.part(cx, b, e)?,
                None => Value::NONE,
            });
        }
        last = m.end;
        n += 1;
    }
    let end = s.units().len();
    out.push(s.part(cx, last, end)?);
    Ok(List::from_values(out).into())
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    const NAMES: [(&str, i32); 8] = [
        ("re.IGNORECASE", 2),
        ("re.LOCALE", 4),
        ("re.MULTILINE", 8),
        ("re.DOTALL", 16),
        ("re.UNICODE", 32),
        ("re.VERBOSE", 64),
        ("re.DEBUG", 128),
        ("re.ASCII", 256),
    ];
    let p = me(v);
    let mut left = p.flags;
    // UNICODE is what str patterns have anyway.
    if p.is_bytes == Some(false) && left & (4 | 32 | 256) == 32 {
        left &= !32;
    }
    let mut shown = Vec::new();
    for (name, bit) in NAMES {
        if left & bit != 0 {
            shown.push(name.to_string());
            left &= !bit;
        }
    }
    if left != 0 {
        shown.push(if left < 0 { format!("-{:#x}", -i64::from(left)) } else { format!("{left:#x}") });
    }
    let source = objects::protocol::text::repr(cx, p.source.as_ref())?;
    let mut b = text::StrBuilder::new();
    b.push_str("re.compile(");
    let units = source.units();
    b.push_units(units.slice(0, units.len().min(200)));
    if !shown.is_empty() {
        b.push_str(", ");
        b.push_str(&shown.join("|"));
    }
    b.push_str(")");
    objects::types::str::methods::built(cx, b)
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.exact::<Pattern>(), b.exact::<Pattern>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    if !matches!(op, Compare::Eq | Compare::Ne) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let same = a.is(b)
        || (x.flags == y.flags
            && x.is_bytes == y.is_bytes
            && x.program.code() == y.program.code()
            && compare::equal(cx, x.source.as_ref(), y.source.as_ref())?);
    Ok(Value::bool(same == (op == Compare::Eq)).into())
}

fn hash_pattern(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let p = me(v);
    let bytes: Vec<u8> = p.program.code().iter().flat_map(|w| w.to_le_bytes()).collect();
    let h = hash::hash(cx, p.source.as_ref())? ^ hash::bytes(&bytes) as i64 ^ i64::from(p.flags) ^ i64::from(p.is_bytes == Some(true));
    Ok(if h == -1 { -2 } else { h })
}

static METHODS: &[Method] = &[
    method("match", "($self, /, string, pos=0, endpos=sys.maxsize)", |cx, a| attempt(cx, a, Mode::Match), "A match at the start."),
    method(
        "fullmatch",
        "($self, /, string, pos=0, endpos=sys.maxsize)",
        |cx, a| attempt(cx, a, Mode::FullMatch),
        "A match of all of the string.",
    ),
    method("search", "($self, /, string, pos=0, endpos=sys.maxsize)", |cx, a| attempt(cx, a, Mode::Search), "The first match."),
    method("sub", "($self, /, repl, string, count=0)", |cx, a| substitute::sub(cx, a, false), "Replaces matches."),
    method("subn", "($self, /, repl, string, count=0)", |cx, a| substitute::sub(cx, a, true), "Replaces matches and counts them."),
    method("findall", "($self, /, string, pos=0, endpos=sys.maxsize)", findall, "All matches as texts or tuples of groups."),
    method("finditer", "($self, /, string, pos=0, endpos=sys.maxsize)", finditer, "An iterator over all matches."),
    method("split", "($self, /, string, maxsplit=0)", split, "The parts between matches."),
    method(
        "scanner",
        "($self, /, string, pos=0, endpos=sys.maxsize)",
        |cx, a| {
            let (pos, endpos) = limits(cx, a[2], a[3])?;
            scanner::new(cx, a[0], a[1], pos, endpos)
        },
        "An object that goes through the matches.",
    ),
    method("__copy__", "($self, /)", |_, a| Ok(a[0].to_value().into()), ""),
    method("__deepcopy__", "($self, memo, /)", |_, a| Ok(a[0].to_value().into()), ""),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "See PEP 585"),
];

static GETSETS: &[GetSet] = &[getter("groupindex", |_, v| Ok(proxy::new(me(v).group_index.clone()).into()), "Group numbers by name.")];

static MEMBERS: &[Member] = &[
    Member(getter("pattern", |_, v| Ok(me(v).source.clone().into()), "The source.")),
    Member(getter("flags", |_, v| Ok(int::reg(me(v).flags.into())), "The flags.")),
    Member(getter("groups", |_, v| Ok(int::from_usize(me(v).program.groups()).into()), "The number of groups.")),
];

/// `re.Pattern`.
pub static PATTERN_TYPE: TypeSpec = TypeSpec::of::<Pattern>("re.Pattern")
    .flags(flags::NO_NEW | flags::WEAKREFS)
    .slots(Slots { repr: Some(repr), richcompare: Some(richcompare), hash: Some(hash_pattern), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .members(MEMBERS)
    .doc("Compiled regular expression object.");

/// The whole of a text.
pub fn whole(s: &Subject<'_>) -> Span {
    s.span(0, i64::MAX)
}

/// A name's group number, if the pattern has such a group.
pub fn group_of_name(cx: &mut Cx, p: &Pattern, name: Ref<'_>) -> PyResult<Option<i64>> {
    let Some(d) = objects::types::dict::as_dict(p.group_index.as_ref()) else { return Ok(None) };
    let found = d.get(cx, name)?.map(Reg::into_value);
    Ok(found.as_ref().and_then(|v| int::as_int(v.as_ref())).and_then(int::IntRef::to_i64))
}

/// A group's name.
pub fn name_of_group(p: &Pattern, group: usize) -> Reg {
    use objects::types::type_::Downcast;
    let names = p.index_group.as_ref().downcast::<Tuple>().map_or(&[][..], Tuple::items);
    names.get(group).map_or(Value::NONE, |n| n.to_value()).into()
}
