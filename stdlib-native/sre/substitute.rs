//! Replacing: `sub`, `subn`, `expand` and the templates that `re` makes of replacement strings.

use super::found::{self, MatchObject};
use super::pattern::{self, Pattern};
use super::subject::{Subject, Walk};
use super::{argument_error, ids};
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use objects::protocol::{attr, buffer, call};
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::{new_bytes, operand};
use objects::types::exception;
use objects::types::int;
use objects::types::list::List;
use objects::types::str::{Str, Units, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of};
use objects::{Cx, PyResult};
use text::StrBuilder;
use text::sre::{Match, Mode};

/// A replacement template: a literal, then groups that each may be followed by a literal.
#[repr(C)]
pub struct Template {
    first: Value,
    items: Vec<(usize, Option<Value>)>,
}
// SAFETY: visits all words.
unsafe impl Payload for Template {
    const TYPE_ID: u32 = ids::TEMPLATE;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.first.word());
        self.items.iter().filter_map(|(_, v)| v.as_ref()).for_each(|v| visit(v.word()));
    }
}

/// `_sre.SRE_Template`.
pub static TEMPLATE_TYPE: TypeSpec = TypeSpec::of::<Template>("_sre.SRE_Template").flags(flags::NO_NEW);

/// `template(pattern, template)`: literals and group numbers in turn.
pub fn template(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(list) = a[1].downcast::<List>() else { return Err(argument_error(cx, "template", "2", "list", a[1])) };
    let parts = list.snapshot(cx);
    if parts.len() % 2 == 0 {
        return Err(cx.type_error("invalid template"));
    }
    let mut items = Vec::with_capacity(parts.len() / 2);
    for pair in parts[1..].chunks(2) {
        let group = int::index_i64(cx, pair[0].as_ref())?;
        let Ok(group) = usize::try_from(group) else { return Err(cx.type_error("invalid template")) };
        let n = objects::protocol::item::len(cx, pair[1].as_ref())?;
        items.push((group, (n > 0).then(|| pair[1].clone())));
    }
    let t: Gc<Template> = gc::alloc(Template { first: parts[0].clone(), items });
    Ok(t.into())
}

/// Lets `re` compile a replacement string.
fn compiled(cx: &mut Cx, p: &Pattern, replacement: Ref<'_>) -> PyResult<Value> {
    let re = cx.host.import(cx, "re")?;
    let f = attr::get_text(cx, re.as_ref(), "_compile_template")?.into_value();
    let r = match call::positional(cx, f.as_ref(), &[p.as_ref(), replacement]) {
        Ok(r) => r,
        Err(e) => {
            // It may be unhashable: try again with a plain str or bytes.
            let plain = match as_str(replacement) {
                Some(s) if replacement.exact::<Str>().is_none() => Some(Str::from_units(s.units()).into_value()),
                Some(_) => None,
                None if buffer::is_exporter(replacement) && replacement.exact::<Bytes>().is_none() => {
                    let exc = cx.catch_if(e, exception::ids::TYPE_ERROR)?;
                    drop(exc);
                    let data = buffer::bytes_of(cx, replacement)?;
                    let b = new_bytes(cx, &data)?;
                    return call::positional(cx, f.as_ref(), &[p.as_ref(), b.as_ref()]);
                }
                None => None,
            };
            let Some(plain) = plain else { return Err(e) };
            drop(cx.catch_if(e, exception::ids::TYPE_ERROR)?);
            call::positional(cx, f.as_ref(), &[p.as_ref(), plain.as_ref()])?
        }
    };
    Ok(r)
}

/// A piece of the result.
enum Piece {
    /// A part of the subject.
    Part(usize, usize),
    /// Another text; with its number among the pieces, for messages.
    Given(Value, usize),
}

/// The result as it grows.
struct Output {
    pieces: Vec<Piece>,
    count: usize,
}

impl Output {
    fn part(&mut self, from: usize, to: usize) {
        self.pieces.push(Piece::Part(from, to));
        self.count += 1;
    }
    fn given(&mut self, v: Value) {
        self.pieces.push(Piece::Given(v, self.count));
        self.count += 1;
    }
    /// The text of a template for one match, as one piece.
    fn expanded(&mut self, cx: &mut Cx, t: &Template, m: &Match) -> PyResult<()> {
        let at = self.count;
        let literal = |v: &Value, pieces: &mut Vec<Piece>| pieces.push(Piece::Given(v.clone(), at));
        literal(&t.first, &mut self.pieces);
        for (group, text) in &t.items {
            let (b, e) = match *group {
                0 => (m.start, m.end),
                g => match m.groups.get(g - 1) {
                    Some(s) => s.unwrap_or((0, 0)),
                    None => return Err(super::no_group(cx)),
                },
            };
            if e > b {
                self.pieces.push(Piece::Part(b, e));
            }
            if let Some(v) = text {
                literal(v, &mut self.pieces);
            }
        }
        self.count += 1;
        Ok(())
    }
    /// All in one.
    fn join(self, cx: &mut Cx, s: &Subject<'_>) -> PyResult<Value> {
        match &self.pieces[..] {
            [] => return s.part(cx, 0, 0),
            [Piece::Part(b, e)] => return s.part(cx, *b, *e),
            [Piece::Given(v, _)] if !s.is_bytes() && v.as_ref().exact::<Str>().is_some() => return Ok(v.clone()),
            _ => {}
        }
        let units = s.units();
        if let (true, Units::One(data)) = (s.is_bytes(), units) {
            let mut out = Vec::new();
            for p in &self.pieces {
                match p {
                    Piece::Part(b, e) => out.extend_from_slice(&data[*b..*e]),
                    Piece::Given(v, i) => {
                        if !buffer::is_exporter(v.as_ref()) {
                            let n = type_of(v.as_ref()).shown_name();
                            return Err(cx.type_error(format!("sequence item {i}: expected a bytes-like object, {n} found")));
                        }
                        let d = operand(cx, v.as_ref())?;
                        out.extend_from_slice(&d);
                    }
                }
            }
            return new_bytes(cx, &out);
        }
        let mut out = StrBuilder::with_capacity(units.len());
        for p in &self.pieces {
            match p {
                Piece::Part(b, e) => out.push_units(units.slice(*b, *e)),
                Piece::Given(v, i) => match as_str(v.as_ref()) {
                    Some(t) => out.push_units(t.units()),
                    None => {
                        let n = type_of(v.as_ref()).shown_name();
                        return Err(cx.type_error(format!("sequence item {i}: expected str instance, {n} found")));
                    }
                },
            }
        }
        match Str::try_from_built(out.finish()) {
            Ok(s) => Ok(s.into_value()),
            Err(_) => Err(cx.memory_error()),
        }
    }
}

/// What each match is replaced by.
enum Filter {
    Function,
    Literal(Value),
    Template(Value),
}

/// Whether a text has no backslash.
fn is_literal(cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
    match Subject::of(cx, v) {
        Ok(s) => Ok(match s.units() {
            Units::One(d) => !d.contains(&b'\\'),
            u => u.iter().all(|c| c != u32::from(b'\\')),
        }),
        Err(e) => {
            drop(cx.catch(e));
            Ok(false)
        }
    }
}

fn template_of(v: &Value) -> Option<&Template> {
    v.as_ref().exact::<Template>()
}

fn filter_of(cx: &mut Cx, p: &Pattern, replacement: Ref<'_>) -> PyResult<Filter> {
    if call::is_callable(replacement) {
        return Ok(Filter::Function);
    }
    if is_literal(cx, replacement)? {
        return Ok(Filter::Literal(replacement.to_value()));
    }
    let t = compiled(cx, p, replacement)?;
    Ok(match template_of(&t) {
        Some(x) if x.items.is_empty() => Filter::Literal(x.first.clone()),
        Some(_) => Filter::Template(t),
        None => {
            let n = type_of(t.as_ref()).shown_name();
            return Err(cx.runtime_error(format!("the result of compiling a replacement string is {n}, not re.Template")));
        }
    })
}

/// `sub` and `subn`.
pub fn sub(cx: &mut Cx, a: &[Ref<'_>], with_count: bool) -> PyResult<Reg> {
    let p = pattern::me(a[0]);
    let max = a[3].given().map_or(Ok(0), |v| int::index_i64(cx, v))?;
    let filter = filter_of(cx, p, a[1])?;
    let s = Subject::for_pattern(cx, p, a[2])?;
    let whole = pattern::whole(&s);
    let mut walk = Walk::new(whole);
    let mut out = Output { pieces: Vec::new(), count: 0 };
    let (mut n, mut last) = (0, 0);
    while max == 0 || n < max {
        let Some(m) = walk.next(cx, p, &s, Mode::Search)? else { break };
        if last < m.start {
            out.part(last, m.start);
        }
        last = m.end;
        match &filter {
            Filter::Literal(v) => out.given(v.clone()),
            Filter::Template(t) => {
                if let Some(t) = template_of(t) {
                    out.expanded(cx, t, &m)?;
                }
            }
            Filter::Function => {
                let m = found::new(p, a[2], whole, m).into_value();
                let r = call::positional(cx, a[1], &[m.as_ref()])?;
                if !r.as_ref().is_none() {
                    out.given(r);
                }
            }
        }
        n += 1;
    }
    let end = s.units().len();
    if last < end {
        out.part(last, end);
    }
    let r = out.join(cx, &s)?;
    Ok(if with_count { Tuple::from_values(vec![r, int::from_i64(n)]).into() } else { r.into() })
}

/// `match.expand(template)`.
pub fn expand(cx: &mut Cx, p: &Pattern, s: &Subject<'_>, m: &MatchObject, replacement: Ref<'_>) -> PyResult<Reg> {
    let t = compiled(cx, p, replacement)?;
    let Some(t) = template_of(&t) else { return Ok(t.into()) };
    if t.items.is_empty() {
        return Ok(t.first.clone().into());
    }
    let mut out = Output { pieces: Vec::new(), count: 0 };
    out.given(t.first.clone());
    for (group, text) in &t.items {
        let (b, e) = m.span_for_template(cx, *group)?;
        let n = s.units().len();
        out.part(b.min(n), e.min(n));
        if let Some(v) = text {
            out.given(v.clone());
        }
    }
    out.join(cx, s).map(Reg::from)
}
