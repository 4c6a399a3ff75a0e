//! From events to calls of handlers. No lock is held while a handler runs.

use super::object::{Default, Parsing, XmlParser, table_of};
use super::optional;
use crate::xml::parser::dtd::Model;
use crate::xml::parser::{Event, Happening, code};
use gc::{Ref, Value};
use objects::protocol::call;
use objects::types::dict::{Dict, as_dict};
use objects::types::int;
use objects::types::list::List;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::{Cx, PyResult};

/// How many handlers there are.
pub const HANDLERS: usize = 22;
/// Which handler is which.
#[allow(missing_docs)]
pub mod index {
    pub const START: usize = 0;
    pub const END: usize = 1;
    pub const INSTRUCTION: usize = 2;
    pub const DATA: usize = 3;
    pub const UNPARSED: usize = 4;
    pub const NOTATION: usize = 5;
    pub const START_NAMESPACE: usize = 6;
    pub const END_NAMESPACE: usize = 7;
    pub const COMMENT: usize = 8;
    pub const START_CDATA: usize = 9;
    pub const END_CDATA: usize = 10;
    pub const DEFAULT: usize = 11;
    pub const DEFAULT_EXPAND: usize = 12;
    pub const NOT_STANDALONE: usize = 13;
    pub const EXTERNAL: usize = 14;
    pub const START_DOCTYPE: usize = 15;
    pub const END_DOCTYPE: usize = 16;
    pub const ENTITY: usize = 17;
    pub const XML_DECL: usize = 18;
    pub const ELEMENT: usize = 19;
    pub const ATTLIST: usize = 20;
    pub const SKIPPED: usize = 21;
}

impl Parsing {
    /// The parser gives what the handlers want.
    fn settle(&mut self) {
        let set = |i: usize| !self.handlers[i].as_ref().is_none();
        let s = &mut self.parser.settings;
        s.raw = self.default != Default::None;
        s.external = set(index::EXTERNAL);
        s.tell_skipped = set(index::SKIPPED);
        s.start = set(index::START);
    }
    fn forget_handlers(&mut self) -> [Value; HANDLERS] {
        self.parser.end();
        let old = std::mem::replace(&mut self.handlers, [const { Value::NONE }; HANDLERS]);
        self.default = Default::None;
        self.settle();
        old
    }
}

/// Sets a handler; `None` takes it away.
pub fn set_handler(cx: &mut Cx, p: &XmlParser, i: usize, new: Option<Ref<'_>>) -> PyResult<()> {
    let Some(new) = new else { return Err(cx.runtime_error("Cannot delete attribute")) };
    if i == index::DATA {
        // What was collected belongs to the old handler.
        flush(cx, p)?;
    }
    let none = new.is_none();
    let new = new.to_value();
    let old = p.with(cx, |s| {
        let old = std::mem::replace(&mut s.handlers[i], new);
        if i == index::DEFAULT || i == index::DEFAULT_EXPAND {
            s.default = match (none, i) {
                (true, _) => Default::None,
                (false, index::DEFAULT) => Default::Plain,
                _ => Default::Expand,
            };
            s.parser.settings.expand = i == index::DEFAULT_EXPAND;
        }
        s.settle();
        old
    });
    drop(old);
    Ok(())
}

/// Calls handlers until the input is used up: the code of an error, if there is one.
pub fn run(cx: &mut Cx, p: &XmlParser) -> PyResult<Option<i32>> {
    loop {
        cx.poll()?;
        match p.with(cx, |s| s.parser.next()) {
            Ok(None) => return Ok(None),
            Err(code) => {
                p.with(cx, |s| s.error = code);
                flush(cx, p)?;
                return Ok(Some(code));
            }
            Ok(Some(h)) => match handle(cx, p, h) {
                Ok(None) => {}
                Ok(Some(code)) => {
                    p.with(cx, |s| s.parser.end());
                    return Ok(Some(code));
                }
                Err(r) => {
                    let old = p.with(cx, Parsing::forget_handlers);
                    drop(old);
                    return Err(r);
                }
            },
        }
    }
}

fn handler(cx: &mut Cx, p: &XmlParser, i: usize) -> Option<Value> {
    let v = p.with(cx, |s| s.handlers[i].clone());
    (!v.as_ref().is_none()).then_some(v)
}

fn invoke(cx: &mut Cx, p: &XmlParser, f: &Value, args: &[Ref<'_>]) -> PyResult<Value> {
    p.with(cx, |s| s.calling += 1);
    let r = call::positional(cx, f.as_ref(), args);
    p.with(cx, |s| s.calling -= 1);
    r
}

/// Gives collected text out.
pub fn flush(cx: &mut Cx, p: &XmlParser) -> PyResult<()> {
    let text = p.with(cx, |s| {
        s.buffer_used = 0;
        std::mem::take(&mut s.buffer)
    });
    if text.is_empty() {
        return Ok(());
    }
    give_text(cx, p, &text)
}

fn give_text(cx: &mut Cx, p: &XmlParser, text: &str) -> PyResult<()> {
    let Some(f) = handler(cx, p, index::DATA) else { return Ok(()) };
    let v = Str::from_text(text).into_value();
    match invoke(cx, p, &f, &[v.as_ref()]) {
        Ok(_) => Ok(()),
        Err(r) => {
            let old = p.with(cx, Parsing::forget_handlers);
            drop(old);
            Err(r)
        }
    }
}

/// A name, the same object for the same text as long as there is a dict of names.
fn name(cx: &mut Cx, intern: &Value, text: &str) -> PyResult<Value> {
    let Some(d) = as_dict(intern.as_ref()) else { return Ok(Str::from_text(text).into_value()) };
    if let Some(v) = d.get_str(text) {
        return Ok(v.into_value());
    }
    let s = Str::from_text(text).into_value();
    d.set(cx, s.as_ref(), s.as_ref())?;
    Ok(s)
}

fn optional_name(cx: &mut Cx, intern: &Value, text: Option<&str>) -> PyResult<Value> {
    match text {
        Some(t) => name(cx, intern, t),
        None => Ok(Value::NONE),
    }
}

fn model(cx: &mut Cx, intern: &Value, m: &Model) -> PyResult<Value> {
    let mut parts = Vec::with_capacity(m.children.len());
    for c in &m.children {
        parts.push(model(cx, intern, c)?);
    }
    let n = optional_name(cx, intern, m.name.as_deref())?;
    let parts = Tuple::from_values(parts).into_value();
    let (kind, quantifier) = (Value::small_int(i64::from(m.kind)), Value::small_int(i64::from(m.quantifier)));
    Ok(Tuple::from_values(vec![kind, quantifier, n, parts]).into_value())
}

fn text(s: &str) -> Value {
    Str::from_text(s).into_value()
}
fn flag(b: bool) -> Value {
    Value::small_int(i64::from(b))
}

/// Which handler an event is for.
fn index_of(e: &Event) -> Option<usize> {
    Some(match e {
        Event::Start { .. } => index::START,
        Event::End(_) => index::END,
        Event::Data(_) => index::DATA,
        Event::Comment(_) => index::COMMENT,
        Event::Instruction { .. } => index::INSTRUCTION,
        Event::StartCdata => index::START_CDATA,
        Event::EndCdata => index::END_CDATA,
        Event::StartNamespace { .. } => index::START_NAMESPACE,
        Event::EndNamespace(_) => index::END_NAMESPACE,
        Event::XmlDecl { .. } => index::XML_DECL,
        Event::StartDoctype { .. } => index::START_DOCTYPE,
        Event::EndDoctype => index::END_DOCTYPE,
        Event::EntityDecl { .. } => index::ENTITY,
        Event::NotationDecl { .. } => index::NOTATION,
        Event::ElementDecl { .. } => index::ELEMENT,
        Event::AttlistDecl { .. } => index::ATTLIST,
        Event::External { .. } => index::EXTERNAL,
        Event::Skipped { .. } => index::SKIPPED,
        Event::NotStandalone => index::NOT_STANDALONE,
        Event::UnknownEncoding(_) | Event::Other => return None,
    })
}

/// Acts on an event: an error's code, if it makes one.
fn handle(cx: &mut Cx, p: &XmlParser, h: Happening) -> PyResult<Option<i32>> {
    let Happening { event, raw } = h;
    if let Event::UnknownEncoding(n) = &event {
        if let Some(t) = table_of(cx, n)? {
            p.with(cx, |s| s.parser.set_table(t));
        }
        return Ok(None);
    }
    let mut found = match index_of(&event) {
        Some(i) => handler(cx, p, i),
        None => None,
    };
    if let Event::EntityDecl { notation: Some(_), .. } = &event
        && let Some(f) = handler(cx, p, index::UNPARSED)
    {
        flush(cx, p)?;
        return unparsed(cx, p, &f, &event);
    }
    if found.is_none() {
        return default(cx, p, &event, raw);
    }
    if let Event::Data(t) = &event {
        if !p.with(cx, |s| s.parser.is_converted()) {
            return data(cx, p, t).map(|()| None);
        }
        // Expat converts text in pieces of this size.
        let mut rest = t.as_str();
        while !rest.is_empty() {
            let mut n = rest.len().min(1024);
            while !rest.is_char_boundary(n) {
                n -= 1;
            }
            data(cx, p, &rest[..n])?;
            rest = &rest[n..];
        }
        return Ok(None);
    }
    flush(cx, p)?;
    // Giving text out may have changed the handlers.
    found = match index_of(&event) {
        Some(i) => handler(cx, p, i),
        None => None,
    };
    let Some(f) = found else { return Ok(None) };
    let (intern, ordered, specified_only) = p.with(cx, |s| (s.intern.clone(), s.ordered, s.specified));
    let args: Vec<Value> = match event {
        Event::Start { name: n, attributes, specified } => {
            let count = if specified_only { specified } else { attributes.len() };
            let all = attributes.into_iter().take(count);
            let container = if ordered {
                let mut items = Vec::with_capacity(2 * count);
                for (k, v) in all {
                    items.push(name(cx, &intern, &k)?);
                    items.push(text(&v));
                }
                List::from_values(items).into_value()
            } else {
                let d = Dict::new();
                for (k, v) in all {
                    let k = name(cx, &intern, &k)?;
                    d.set(cx, k.as_ref(), text(&v).as_ref())?;
                }
                d.into_value()
            };
            vec![name(cx, &intern, &n)?, container]
        }
        Event::End(n) => vec![name(cx, &intern, &n)?],
        Event::Comment(t) => vec![text(&t)],
        Event::Instruction { target, data } => vec![name(cx, &intern, &target)?, text(&data)],
        Event::StartNamespace { prefix, uri } => {
            vec![optional_name(cx, &intern, prefix.as_deref())?, optional_name(cx, &intern, uri.as_deref())?]
        }
        Event::EndNamespace(prefix) => vec![optional_name(cx, &intern, prefix.as_deref())?],
        Event::XmlDecl { version, encoding, standalone } => {
            vec![optional(version.as_deref()), optional(encoding.as_deref()), Value::small_int(i64::from(standalone))]
        }
        Event::StartDoctype { name: n, system, public, internal } => {
            let n = name(cx, &intern, &n)?;
            vec![n, optional_name(cx, &intern, system.as_deref())?, optional_name(cx, &intern, public.as_deref())?, flag(internal)]
        }
        Event::EntityDecl { name: n, parameter, value, base, system, public, notation } => vec![
            name(cx, &intern, &n)?,
            flag(parameter),
            optional(value.as_deref()),
            optional_name(cx, &intern, base.as_deref())?,
            optional_name(cx, &intern, system.as_deref())?,
            optional_name(cx, &intern, public.as_deref())?,
            optional_name(cx, &intern, notation.as_deref())?,
        ],
        Event::NotationDecl { name: n, base, system, public } => vec![
            name(cx, &intern, &n)?,
            optional_name(cx, &intern, base.as_deref())?,
            optional_name(cx, &intern, system.as_deref())?,
            optional_name(cx, &intern, public.as_deref())?,
        ],
        Event::ElementDecl { name: n, model: m } => vec![name(cx, &intern, &n)?, model(cx, &intern, &m)?],
        Event::AttlistDecl { element, name: n, kind, default, required } => {
            let element = name(cx, &intern, &element)?;
            vec![element, name(cx, &intern, &n)?, text(&kind), optional(default.as_deref()), flag(required)]
        }
        Event::External { context, base, system, public } => {
            let args = [
                optional(context.as_deref()),
                optional_name(cx, &intern, base.as_deref())?,
                optional_name(cx, &intern, system.as_deref())?,
                optional_name(cx, &intern, public.as_deref())?,
            ];
            return verdict(cx, p, &f, &args, code::EXTERNAL_HANDLING);
        }
        Event::NotStandalone => return verdict(cx, p, &f, &[], code::NOT_STANDALONE),
        Event::Skipped { name: n, parameter } => vec![name(cx, &intern, &n)?, flag(parameter)],
        Event::StartCdata | Event::EndCdata | Event::EndDoctype => Vec::new(),
        Event::Data(_) | Event::UnknownEncoding(_) | Event::Other => return Ok(None),
    };
    let refs: Vec<Ref<'_>> = args.iter().map(Value::as_ref).collect();
    invoke(cx, p, &f, &refs).map(|_| None)
}

/// A handler that says whether to go on.
fn verdict(cx: &mut Cx, p: &XmlParser, f: &Value, args: &[Value], code: i32) -> PyResult<Option<i32>> {
    let refs: Vec<Ref<'_>> = args.iter().map(Value::as_ref).collect();
    let r = invoke(cx, p, f, &refs)?;
    Ok((int::index_i64(cx, r.as_ref())? == 0).then_some(code))
}

fn unparsed(cx: &mut Cx, p: &XmlParser, f: &Value, e: &Event) -> PyResult<Option<i32>> {
    let Event::EntityDecl { name: n, base, system, public, notation, .. } = e else { return Ok(None) };
    let intern = p.with(cx, |s| s.intern.clone());
    let mut args = vec![name(cx, &intern, n)?];
    for part in [base, system, public, notation] {
        args.push(optional_name(cx, &intern, part.as_deref())?);
    }
    let refs: Vec<Ref<'_>> = args.iter().map(Value::as_ref).collect();
    invoke(cx, p, f, &refs).map(|_| None)
}

/// Text for its handler, at once or collected.
fn data(cx: &mut Cx, p: &XmlParser, t: &str) -> PyResult<()> {
    let (buffered, full, large) = p.with(cx, |s| (s.buffer_text, s.buffer_used + t.len() > s.buffer_size, t.len() > s.buffer_size));
    if !buffered {
        return give_text(cx, p, t);
    }
    if full {
        flush(cx, p)?;
        if handler(cx, p, index::DATA).is_none() {
            return Ok(());
        }
    }
    if large {
        return give_text(cx, p, t);
    }
    p.with(cx, |s| {
        s.buffer.push_str(t);
        s.buffer_used += t.len();
    });
    Ok(())
}

/// What nobody else wants goes to the default handler, as it stands in the text.
fn default(cx: &mut Cx, p: &XmlParser, e: &Event, raw: Option<String>) -> PyResult<Option<i32>> {
    let Some(raw) = raw.filter(|r| !r.is_empty()) else { return Ok(None) };
    if matches!(e, Event::NotStandalone) {
        return Ok(None);
    }
    let which = p.with(cx, |s| s.default);
    let i = match which {
        Default::None => return Ok(None),
        Default::Plain => index::DEFAULT,
        Default::Expand => index::DEFAULT_EXPAND,
    };
    let Some(f) = handler(cx, p, i) else { return Ok(None) };
    flush(cx, p)?;
    let declaration = matches!(
        e,
        Event::StartDoctype { .. }
            | Event::ElementDecl { .. }
            | Event::AttlistDecl { .. }
            | Event::EntityDecl { .. }
            | Event::NotationDecl { .. }
    );
    let pieces = if declaration { tokens(&raw) } else { vec![raw.as_str()] };
    for piece in pieces {
        let v = text(piece);
        invoke(cx, p, &f, &[v.as_ref()])?;
    }
    Ok(None)
}

/// The tokens of a declaration: each goes to the default handler by itself.
fn tokens(s: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = s;
    while let Some(c) = rest.chars().next() {
        let space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        let end = match c {
            '"' | '\'' => rest[1..].find(c).map_or(rest.len(), |i| i + 2),
            c if space(c) => rest.find(|c| !space(c)).unwrap_or(rest.len()),
            '[' | ']' | '(' | '>' | '|' | ',' => 1,
            ')' => 1 + rest[1..].chars().next().filter(|c| matches!(c, '*' | '+' | '?')).map_or(0, char::len_utf8),
            '<' => rest[2.min(rest.len())..].find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |i| i + 2),
            c => {
                let more = |c: char| space(c) || matches!(c, '"' | '\'' | '[' | ']' | '(' | ')' | '>' | '|' | ',');
                rest[c.len_utf8()..].find(more).map_or(rest.len(), |i| i + c.len_utf8())
            }
        };
        all.push(&rest[..end]);
        rest = &rest[end..];
    }
    all
}
