//! `XMLParser`: events of the text go to a target, straight into a `TreeBuilder` where the target is exactly one.

use super::builder::{self, event};
use super::ids;
use crate::guarded::{Guarded, State, visit_optional};
use crate::parameters;
use crate::xml::expat::messages;
use crate::xml::expat::object::table_of;
use crate::xml::parser::{Event, Parser, Settings, code};
use gc::{Ref, Reg, Value, Word};
use objects::native::{GetSet, Member, Method, getter, method};
use objects::protocol::{attr, call, iter};
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::{Args, Cx, PyResult, Raised};
use std::collections::HashMap;

/// Methods of a target, where it has them.
#[derive(Default, Clone)]
struct Target {
    start: Option<Value>,
    end: Option<Value>,
    data: Option<Value>,
    comment: Option<Value>,
    pi: Option<Value>,
    close: Option<Value>,
    doctype: Option<Value>,
    start_ns: Option<Value>,
    end_ns: Option<Value>,
}
impl Target {
    fn all(&self) -> [&Option<Value>; 9] {
        [&self.start, &self.end, &self.data, &self.comment, &self.pi, &self.close, &self.doctype, &self.start_ns, &self.end_ns]
    }
}

/// State of a parser.
pub struct Reading {
    parser: Option<Parser>,
    target: Value,
    entity: Value,
    calls: Target,
    /// Whether the target is exactly a builder.
    direct: bool,
    /// Names as the tree has them, by the parser's.
    names: HashMap<String, Value>,
}
impl State for Reading {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.target.word());
        visit(self.entity.word());
        self.calls.all().into_iter().for_each(|v| visit_optional(v, visit));
        self.names.values().for_each(|v| visit(v.word()));
    }
}
/// `XMLParser` object.
pub type Reader = Guarded<Reading, { ids::XML_PARSER }>;

fn me(v: Ref<'_>) -> &Reader {
    // SAFETY: methods, slots and getters check their receiver.
    unsafe { v.cast::<Reader>() }
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    let state =
        Reading { parser: None, target: Value::NONE, entity: Value::NONE, calls: Target::default(), direct: false, names: HashMap::new() };
    Ok(crate::guarded::make(class, Reader::new(state)))
}

parameters!(INIT, "XMLParser", "(*, target=None, encoding=None)");

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    INIT.bind(cx, args, |cx, a| {
        let encoding = match a[1].given().filter(|e| !e.is_none()) {
            None => None,
            Some(e) => match as_str(e) {
                Some(s) => Some(s.to_string_lossy()),
                None => {
                    let n = type_of(e).shown_name();
                    return Err(cx.type_error(format!("XMLParser() argument 'encoding' must be str or None, not {n}")));
                }
            },
        };
        let target = match a[0].given().filter(|t| !t.is_none()) {
            Some(t) => t.to_value(),
            None => builder::make(cx)?,
        };
        let direct = type_of(target.as_ref()).id == ids::TREE_BUILDER;
        let mut find = |name: &str| {
            let name = Str::intern_text(name);
            attr::get_optional(cx, target.as_ref(), name.as_ref())
        };
        let calls = Target {
            start: find("start")?,
            data: find("data")?,
            end: find("end")?,
            comment: find("comment")?,
            pi: find("pi")?,
            close: find("close")?,
            doctype: find("doctype")?,
            start_ns: find("start_ns")?,
            end_ns: find("end_ns")?,
        };
        let settings =
            Settings { separator: Some("}".into()), tell_skipped: true, tell_external: true, split_lines: !direct, ..Settings::default() };
        let parser = Parser::new(settings, encoding);
        let entity = Dict::new().into_value();
        let old = me(v).with(cx, |s| {
            s.parser = Some(parser);
            s.direct = direct;
            s.names.clear();
            (std::mem::replace(&mut s.target, target), std::mem::replace(&mut s.entity, entity), std::mem::replace(&mut s.calls, calls))
        });
        drop(old);
        Ok(())
    })
}

/// A ParseError with its code and position.
fn raise(cx: &mut Cx, code: i32, message: &str, line: u64, column: u64) -> Raised {
    let r = cx.error(ids::PARSE_ERROR, format!("{message}: line {line}, column {column}"));
    let e = cx.catch(r);
    let position = Tuple::from_values(vec![int::from_i64(line as i64), int::from_i64(column as i64)]).into_value();
    for (name, v) in [("code", Value::small_int(i64::from(code))), ("position", position)] {
        let name = Str::intern_text(name);
        if let Err(r) = attr::set(cx, e.as_ref(), name.as_ref(), Some(v.as_ref())) {
            return r;
        }
    }
    cx.raise(e)
}

fn fail(cx: &mut Cx, r: &Reader, code: i32, message: Option<&str>) -> Raised {
    let place = r.with(cx, |s| s.parser.as_mut().map(Parser::place));
    let (line, column) = place.map_or((0, 0), |p| (p.line, p.column));
    let message = message.or_else(|| messages::of(code)).unwrap_or("unknown error");
    raise(cx, code, message, line, column)
}

/// A name as the tree has it: `{namespace}local`.
fn universal(cx: &mut Cx, r: &Reader, name: &str) -> Value {
    if let Some(v) = r.with(cx, |s| s.names.get(name).cloned()) {
        return v;
    }
    let text = if name.contains('}') { format!("{{{name}") } else { name.to_string() };
    let v = Str::from_text(&text).into_value();
    let again = v.clone();
    let key = name.to_string();
    r.with(cx, |s| s.names.entry(key).or_insert(again).clone())
}

fn text(s: &str) -> Value {
    Str::from_text(s).into_value()
}

fn dict_of(cx: &mut Cx, r: &Reader, attributes: Vec<(String, String)>) -> PyResult<Option<Value>> {
    if attributes.is_empty() {
        return Ok(None);
    }
    let d = Dict::new();
    for (k, v) in attributes {
        let k = universal(cx, r, &k);
        let v = text(&v);
        d.set(cx, k.as_ref(), v.as_ref())?;
    }
    Ok(Some(d.into_value()))
}

fn optional_call(cx: &mut Cx, f: &Option<Value>, args: &[&Value]) -> PyResult<()> {
    let Some(f) = f else { return Ok(()) };
    let refs: Vec<Ref<'_>> = args.iter().map(|v| v.as_ref()).collect();
    call::positional(cx, f.as_ref(), &refs).map(drop)
}

/// Acts on an event.
fn handle(cx: &mut Cx, v: Ref<'_>, event: Event) -> PyResult<()> {
    let r = me(v);
    let (direct, target) = r.with(cx, |s| (s.direct, s.target.clone()));
    let calls = if direct { Target::default() } else { r.with(cx, |s| s.calls.clone()) };
    let tree = target.as_ref();
    match event {
        Event::Start { name, attributes, .. } => {
            let tag = universal(cx, r, &name);
            let d = dict_of(cx, r, attributes)?;
            if direct {
                return builder::start(cx, builder::me(tree), tag.as_ref(), d).map(drop);
            }
            let d = d.unwrap_or_else(|| Dict::new().into_value());
            optional_call(cx, &calls.start, &[&tag, &d])
        }
        Event::End(_) if direct => builder::end(cx, builder::me(tree)).map(drop),
        Event::End(name) => {
            let tag = universal(cx, r, &name);
            optional_call(cx, &calls.end, &[&tag])
        }
        Event::Data(t) if direct => {
            builder::text(cx, builder::me(tree), &t);
            Ok(())
        }
        Event::Data(t) => optional_call(cx, &calls.data, &[&text(&t)]),
        Event::Comment(t) if direct => builder::comment(cx, builder::me(tree), text(&t).as_ref()).map(drop),
        Event::Comment(t) => optional_call(cx, &calls.comment, &[&text(&t)]),
        Event::Instruction { target: t, data } if direct => {
            builder::instruction(cx, builder::me(tree), text(&t).as_ref(), text(&data).as_ref()).map(drop)
        }
        Event::Instruction { target: t, data } => optional_call(cx, &calls.pi, &[&text(&t), &text(&data)]),
        Event::StartNamespace { prefix, uri } => {
            let (prefix, uri) = (text(prefix.as_deref().unwrap_or("")), text(uri.as_deref().unwrap_or("")));
            if direct {
                let pair = Tuple::from_values(vec![prefix, uri]).into_value();
                return builder::report(cx, builder::me(tree), event::START_NS, pair.as_ref());
            }
            optional_call(cx, &calls.start_ns, &[&prefix, &uri])
        }
        Event::EndNamespace(_) if direct => builder::report(cx, builder::me(tree), event::END_NS, Ref::NONE),
        Event::EndNamespace(prefix) => optional_call(cx, &calls.end_ns, &[&text(prefix.as_deref().unwrap_or(""))]),
        Event::StartDoctype { name, system, public, .. } => doctype(cx, v, &calls, &name, system, public),
        Event::Skipped { name, parameter: false } => {
            let entities = r.with(cx, |s| s.entity.clone());
            let found = match as_dict(entities.as_ref()) {
                Some(d) => d.get(cx, text(&name).as_ref())?,
                None => None,
            };
            let Some(value) = found else {
                let message = format!("undefined entity &{name};");
                return Err(fail(cx, r, code::UNDEFINED_ENTITY, Some(&message)));
            };
            let value = value.into_value();
            if direct {
                builder::data(cx, builder::me(tree), value.as_ref());
                return Ok(());
            }
            optional_call(cx, &calls.data, &[&value])
        }
        Event::UnknownEncoding(name) => {
            if let Some(t) = table_of(cx, &name)? {
                r.with(cx, |s| s.parser.as_mut().map(|p| p.set_table(t)));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn doctype(cx: &mut Cx, v: Ref<'_>, calls: &Target, name: &str, system: Option<String>, public: Option<String>) -> PyResult<()> {
    let some = |s: &Option<String>| s.as_ref().map_or(Value::NONE, |s| text(s));
    if calls.doctype.is_some() {
        let name = universal(cx, me(v), name);
        return optional_call(cx, &calls.doctype, &[&name, &some(&public), &some(&system)]);
    }
    let method = Str::intern_text("doctype");
    if attr::get_optional(cx, v, method.as_ref())?.is_some() {
        let category = type_value(exc::RUNTIME_WARNING);
        let message = "The doctype() method of XMLParser is ignored.  Define doctype() method on the TreeBuilder target.";
        cx.host.warn(cx, category.as_ref(), message, 1)?;
    }
    Ok(())
}

fn ready(cx: &mut Cx, r: &Reader) -> PyResult<()> {
    if r.with(cx, |s| s.parser.is_none()) { Err(cx.value_error("XMLParser.__init__() wasn't called")) } else { Ok(()) }
}

/// Takes input in and acts on its events.
fn feed(cx: &mut Cx, v: Ref<'_>, data: &[u8], last: bool) -> PyResult<()> {
    let r = me(v);
    let fed = r.with(cx, |s| s.parser.as_mut().map(|p| (p.feed(data, last), p.progress())));
    let before = match fed {
        None => return Ok(()),
        Some((Err(code), _)) => return Err(fail(cx, r, code, None)),
        Some((Ok(false), _)) => return Ok(()),
        Some((Ok(true), before)) => before,
    };
    loop {
        cx.poll()?;
        let step = r.with(cx, |s| s.parser.as_mut().map_or(Ok(None), Parser::next));
        match step {
            Ok(None) => break,
            Err(code) => return Err(fail(cx, r, code, None)),
            Ok(Some(h)) => {
                if let Err(e) = handle(cx, v, h.event) {
                    r.with(cx, |s| s.parser.as_mut().map(Parser::end));
                    return Err(e);
                }
            }
        }
    }
    r.with(cx, |s| {
        if let Some(p) = &mut s.parser {
            let progressed = p.progress() != before;
            p.pause(progressed);
        }
    });
    Ok(())
}

fn feed_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    ready(cx, me(a[0]))?;
    let (data, is_text) = crate::xml::expat::input(cx, a[1])?;
    if is_text {
        me(a[0]).with(cx, |s| s.parser.as_mut().map(|p| p.set_protocol("utf-8")));
    }
    feed(cx, a[0], &data, false)?;
    Ok(Value::NONE.into())
}

fn flush(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = me(a[0]);
    ready(cx, r)?;
    let before = r.with(cx, |s| {
        s.parser.as_mut().map(|p| {
            let on = p.deferral();
            p.set_deferral(false);
            on
        })
    });
    let done = feed(cx, a[0], b"", false);
    r.with(cx, |s| s.parser.as_mut().map(|p| p.set_deferral(before.unwrap_or(true))));
    done.map(|()| Value::NONE.into())
}

fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = me(a[0]);
    ready(cx, r)?;
    feed(cx, a[0], b"", true)?;
    finish(cx, r)
}

fn finish(cx: &mut Cx, r: &Reader) -> PyResult<Reg> {
    let (direct, target, close) = r.with(cx, |s| (s.direct, s.target.clone(), s.calls.close.clone()));
    if direct {
        return Ok(builder::root(cx, builder::me(target.as_ref())).into());
    }
    match close {
        Some(f) => call::positional(cx, f.as_ref(), &[]).map(Reg::from),
        None => Ok(Value::NONE.into()),
    }
}

fn parse_whole(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = me(a[0]);
    ready(cx, r)?;
    let read = attr::get_text(cx, a[1], "read")?.into_value();
    let size = Value::small_int(64 * 1024);
    loop {
        let data = call::positional(cx, read.as_ref(), &[size.as_ref()])?;
        if let Some(s) = as_str(data.as_ref()) {
            if s.is_empty() {
                break;
            }
            let (bytes, _) = crate::xml::expat::input(cx, data.as_ref())?;
            r.with(cx, |s| s.parser.as_mut().map(|p| p.set_protocol("utf-8")));
            feed(cx, a[0], &bytes, false)?;
            continue;
        }
        if !objects::types::bytes::shared::is_bytes(data.as_ref()) {
            break;
        }
        let bytes = objects::types::bytes::shared::operand(cx, data.as_ref())?.to_vec();
        if bytes.is_empty() {
            break;
        }
        feed(cx, a[0], &bytes, false)?;
    }
    feed(cx, a[0], b"", true)?;
    finish(cx, r)
}

fn set_events(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = me(a[0]);
    ready(cx, r)?;
    let (direct, target) = r.with(cx, |s| (s.direct, s.target.clone()));
    if !direct {
        return Err(cx.type_error("event handling only supported for ElementTree.TreeBuilder targets"));
    }
    let append = attr::get_text(cx, a[1], "append")?.into_value();
    let b = builder::me(target.as_ref());
    let mut names: [Option<Value>; 6] = Default::default();
    match a[2].given().filter(|e| !e.is_none()) {
        None => names[event::END] = Some(text("end")),
        Some(e) => {
            if type_of(e).slots.iter().is_none() && type_of(e).slots.getitem().is_none() {
                return Err(cx.type_error("events must be a sequence"));
            }
            for name in iter::collect(cx, e)? {
                let shown = match as_str(name.as_ref()) {
                    Some(s) => s.to_string_lossy(),
                    None if objects::types::bytes::shared::is_bytes(name.as_ref()) => {
                        String::from_utf8_lossy(&objects::types::bytes::shared::operand(cx, name.as_ref())?).into_owned()
                    }
                    None => return Err(cx.value_error("invalid events sequence")),
                };
                let i = match shown.as_str() {
                    "start" => event::START,
                    "end" => event::END,
                    "start-ns" => event::START_NS,
                    "end-ns" => event::END_NS,
                    "comment" => event::COMMENT,
                    "pi" => event::PI,
                    _ => return Err(cx.value_error(format!("unknown event '{shown}'"))),
                };
                names[i] = Some(name);
            }
        }
    }
    let old = b.with(cx, |s| std::mem::replace(&mut s.events, builder::Events { append: Some(append), names }));
    drop(old);
    Ok(Value::NONE.into())
}

static METHODS: &[Method] = &[
    method("feed", "($self, data, /)", feed_method, ""),
    method("close", "($self, /)", close, ""),
    method("flush", "($self, /)", flush, ""),
    method("_parse_whole", "($self, file, /)", parse_whole, ""),
    method("_setevents", "($self, events_queue, events_to_report=None, /)", set_events, ""),
];
static MEMBERS: &[Member] = &[
    Member(getter("entity", |cx, v| Ok(me(v).with(cx, |s| s.entity.clone()).into()), "")),
    Member(getter("target", |cx, v| Ok(me(v).with(cx, |s| s.target.clone()).into()), "")),
];
static GETSETS: &[GetSet] = &[getter("version", |_, _| Ok(objects::types::str::text("Expat 2.9.0")), "")];

/// `xml.etree.ElementTree.XMLParser`.
pub static XML_PARSER_TYPE: TypeSpec = TypeSpec::of::<Reader>("xml.etree.ElementTree.XMLParser")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), init: Some(init), ..Slots::NONE })
    .methods(METHODS)
    .members(MEMBERS)
    .getsets(GETSETS);
