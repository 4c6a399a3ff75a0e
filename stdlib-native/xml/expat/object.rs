//! `pyexpat.xmlparser`: its state, methods and attributes.

use super::dispatch::{self, HANDLERS};
use super::{ids, input, number, optional};
use crate::guarded::{Guarded, State};
use crate::xml::parser::{Parser, Settings, code};
use gc::{Gc, Ref, Reg, Value, Word};
use objects::native::{GetSet, Member, Method, getset, getter, method};
use objects::protocol::{attr, call, truth};
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::ids as exc;
use objects::types::str::{Str, as_str};
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::types::{float, int};
use objects::{Cx, PyResult, Raised};

/// Which function gets what nobody else wants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Default {
    None,
    Plain,
    Expand,
}

/// State of a parser.
pub struct Parsing {
    pub parser: Parser,
    pub handlers: [Value; HANDLERS],
    pub default: Default,
    /// Text that was not given out yet.
    pub buffer: String,
    pub buffer_used: usize,
    pub buffer_size: usize,
    pub buffer_text: bool,
    pub ordered: bool,
    pub specified: bool,
    pub intern: Value,
    pub error: i32,
    pub calling: u32,
    pub child: bool,
}
impl State for Parsing {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.handlers.iter().for_each(|v| visit(v.word()));
        visit(self.intern.word());
    }
}
/// `pyexpat.xmlparser` object.
pub type XmlParser = Guarded<Parsing, { ids::PARSER }>;

pub fn me(v: Ref<'_>) -> &XmlParser {
    // SAFETY: methods and getters check their receiver.
    unsafe { v.cast::<XmlParser>() }
}

fn parameter(cx: &mut Cx, v: Ref<'_>, text: &str) -> PyResult<Option<String>> {
    let Some(v) = v.given().filter(|v| !v.is_none()) else { return Ok(None) };
    match as_str(v) {
        Some(s) => Ok(Some(s.to_string_lossy())),
        None => {
            let n = type_of(v).shown_name();
            Err(cx.type_error(format!("{text} must be str or None, not {n}")))
        }
    }
}

fn none() -> [Value; HANDLERS] {
    [const { Value::NONE }; HANDLERS]
}

/// `ParserCreate(encoding, namespace_separator, intern)`
pub fn create(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let encoding = parameter(cx, a[0], "ParserCreate() argument 'encoding'")?;
    let separator = parameter(cx, a[1], "ParserCreate() argument 'namespace_separator'")?;
    if separator.as_ref().is_some_and(|s| s.len() > 1) {
        return Err(cx.value_error("namespace_separator must be at most one character, omitted, or None"));
    }
    let intern = match a[2].given() {
        None => Dict::new().into_value(),
        Some(v) if v.is_none() || as_dict(v).is_some() => v.to_value(),
        Some(_) => return Err(cx.type_error("intern must be a dictionary")),
    };
    let settings = Settings { separator, start: false, ..Settings::default() };
    Ok(object(Parser::new(settings, encoding), none(), Default::None, intern, false).into())
}

fn object(parser: Parser, handlers: [Value; HANDLERS], default: Default, intern: Value, child: bool) -> Gc<XmlParser> {
    gc::alloc(XmlParser::new(Parsing {
        parser,
        handlers,
        default,
        buffer: String::new(),
        buffer_used: 0,
        buffer_size: 8192,
        buffer_text: false,
        ordered: false,
        specified: false,
        intern,
        error: 0,
        calling: 0,
        child,
    }))
}

/// An ExpatError with its code and place.
fn raise(cx: &mut Cx, p: &XmlParser, code: i32, text: Option<&str>) -> Raised {
    if code == code::TOO_DEEP {
        return cx.recursion_error();
    }
    let place = p.with(cx, |s| {
        s.error = code;
        s.parser.place()
    });
    let message = match text {
        Some(t) => t.to_string(),
        None => {
            let m = super::messages::of(code).unwrap_or("unknown error");
            format!("{m}: line {}, column {}", place.line, place.column)
        }
    };
    let r = cx.error(ids::EXPAT_ERROR, message);
    let e = cx.catch(r);
    for (name, n) in [("code", i64::from(code)), ("offset", place.column as i64), ("lineno", place.line as i64)] {
        let name = Str::intern_text(name);
        let n = int::from_i64(n);
        if let Err(r) = attr::set(cx, e.as_ref(), name.as_ref(), Some(n.as_ref())) {
            return r;
        }
    }
    cx.raise(e)
}

/// Takes input in and calls the handlers.
fn feed(cx: &mut Cx, p: &XmlParser, data: &[u8], last: bool) -> PyResult<Reg> {
    let (fed, before) = p.with(cx, |s| {
        let fed = s.parser.feed(data, last);
        (fed, s.parser.progress())
    });
    match fed {
        Err(code) => return Err(raise(cx, p, code, None)),
        Ok(false) => {}
        Ok(true) => {
            dispatch::run(cx, p)?.map_or(Ok(()), |code| Err(raise(cx, p, code, None)))?;
            p.with(cx, |s| {
                let progressed = s.parser.progress() != before;
                s.parser.pause(progressed);
            });
        }
    }
    dispatch::flush(cx, p)?;
    number(1)
}

/// RuntimeError within a handler.
fn outside(cx: &mut Cx, p: &XmlParser, name: &str) -> PyResult<()> {
    if p.with(cx, |s| s.calling > 0) { Err(cx.runtime_error(format!("cannot call {name}() from within a handler"))) } else { Ok(()) }
}

fn parse(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let p = me(a[0]);
    outside(cx, p, "Parse")?;
    let last = match a[2].given() {
        Some(v) => truth::of(cx, v)?,
        None => false,
    };
    let (data, is_text) = input(cx, a[1])?;
    if is_text {
        p.with(cx, |s| s.parser.set_protocol("utf-8"));
    }
    feed(cx, p, &data, last)
}

fn parse_file(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let p = me(a[0]);
    outside(cx, p, "ParseFile")?;
    let Some(read) = attr::get_optional(cx, a[1], objects::names::read())? else {
        return Err(cx.type_error("argument must have 'read' attribute"));
    };
    let size = Value::small_int(2048);
    loop {
        let data = call::positional(cx, read.as_ref(), &[size.as_ref()])?;
        let bytes =
            if objects::types::bytes::shared::is_bytes(data.as_ref()) || type_of(data.as_ref()).is_subtype_of_id(objects::ids::BYTEARRAY) {
                objects::types::bytes::shared::operand(cx, data.as_ref())?.to_vec()
            } else {
                let n = type_of(data.as_ref()).shown_name();
                return Err(cx.type_error(format!("read() did not return a bytes object (type={n})")));
            };
        let last = bytes.is_empty();
        let r = feed(cx, p, &bytes, last)?;
        if last {
            return Ok(r);
        }
    }
}

fn set_base(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(base) = as_str(a[1]) else {
        let n = type_of(a[1]).shown_name();
        return Err(cx.type_error(format!("SetBase() argument must be str, not {n}")));
    };
    let base = base.to_string_lossy();
    me(a[0]).with(cx, |s| s.parser.settings.base = Some(base));
    Ok(Value::NONE.into())
}

fn get_base(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let base = me(a[0]).with(cx, |s| s.parser.settings.base.clone());
    Ok(optional(base.as_deref()).into())
}

fn input_context(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let found = me(a[0]).with(cx, |s| (s.calling > 0).then(|| s.parser.context().to_vec()));
    match found {
        Some(v) => objects::types::bytes::shared::new_bytes(cx, &v).map(Reg::from),
        None => Ok(Value::NONE.into()),
    }
}

fn external(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let context = parameter(cx, a[1], "ExternalEntityParserCreate() argument 1")?;
    let encoding = match a[2].given() {
        None => None,
        Some(v) => match as_str(v) {
            Some(s) => Some(s.to_string_lossy()),
            None => {
                let n = type_of(v).shown_name();
                return Err(cx.type_error(format!("ExternalEntityParserCreate() argument 2 must be str, not {n}")));
            }
        },
    };
    let p = me(a[0]);
    let (mut state, handlers, intern) = p.with(cx, |s| {
        let parser = s.parser.external(context.as_deref(), encoding);
        let handlers = s.handlers.clone();
        let text = (s.buffer_size, s.buffer_text, s.ordered, s.specified, s.default);
        (Some((parser, text)), handlers, s.intern.clone())
    });
    let Some((parser, (size, buffered, ordered, specified, default))) = state.take() else { return Ok(Value::NONE.into()) };
    let child = object(parser, handlers, default, intern, true);
    child.with(cx, |s| {
        s.buffer_size = size;
        s.buffer_text = buffered;
        s.ordered = ordered;
        s.specified = specified;
    });
    Ok(child.into())
}

fn parameter_parsing(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let flag = int::c_int(cx, a[1])?;
    let done = me(a[0]).with(cx, |s| {
        let fits = (0..=2).contains(&flag) && !s.parser.has_begun();
        if fits {
            s.parser.settings.parameter_entities = flag;
        }
        fits
    });
    number(i64::from(done))
}

fn foreign_dtd(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let flag = match a[1].given() {
        Some(v) => truth::of(cx, v)?,
        None => true,
    };
    let p = me(a[0]);
    let begun = p.with(cx, |s| {
        if !s.parser.has_begun() {
            s.parser.settings.foreign_dtd = flag;
        }
        s.parser.has_begun()
    });
    if begun {
        return Err(raise(cx, p, 26, None));
    }
    Ok(Value::NONE.into())
}

fn get_deferral(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let on = me(a[0]).with(cx, |s| s.parser.deferral());
    Ok(Value::bool(on).into())
}

fn set_deferral(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let on = truth::of(cx, a[1])?;
    me(a[0]).with(cx, |s| s.parser.set_deferral(on));
    Ok(Value::NONE.into())
}

fn root(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let p = me(v);
    if p.with(cx, |s| s.child) {
        return Err(raise(cx, p, 41, Some("parser must be a root parser")));
    }
    Ok(())
}

fn threshold(cx: &mut Cx, v: Ref<'_>) -> PyResult<u64> {
    let n = int::index(cx, v)?;
    match int::as_int(n.as_ref()) {
        Some(n) if n.is_negative() => Err(cx.value_error("Cannot convert negative int")),
        Some(n) => match n.to_i128().and_then(|n| u64::try_from(n).ok()) {
            Some(n) => Ok(n),
            None => Err(cx.overflow_error("Python int too large for C unsigned long long")),
        },
        None => Err(cx.type_error("an integer is required")),
    }
}

fn factor(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<f32> {
    let f = float::convert::real(cx, a[1])? as f32;
    root(cx, a[0])?;
    if f.is_nan() || f < 1.0 {
        return Err(raise(cx, me(a[0]), code::INVALID_ARGUMENT, Some("'max_factor' must be at least 1.0")));
    }
    Ok(f)
}

fn expansion_threshold(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = threshold(cx, a[1])?;
    root(cx, a[0])?;
    me(a[0]).with(cx, |s| s.parser.settings.amplification.1 = n);
    Ok(Value::NONE.into())
}
fn expansion_factor(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = factor(cx, a)?;
    me(a[0]).with(cx, |s| s.parser.settings.amplification.0 = f);
    Ok(Value::NONE.into())
}
fn memory_threshold(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = threshold(cx, a[1])?;
    root(cx, a[0])?;
    me(a[0]).with(cx, |s| s.parser.settings.memory.1 = n);
    Ok(Value::NONE.into())
}
fn memory_factor(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = factor(cx, a)?;
    me(a[0]).with(cx, |s| s.parser.settings.memory.0 = f);
    Ok(Value::NONE.into())
}

static METHODS: &[Method] = &[
    method("Parse", "($self, data, isfinal=False, /)", parse, "Parse XML data.\n\n'isfinal' should be true at end of input."),
    method("ParseFile", "($self, file, /)", parse_file, "Parse XML data from file-like object."),
    method("SetBase", "($self, base, /)", set_base, "Set the base URL for the parser."),
    method("GetBase", "($self, /)", get_base, "Return base URL string for the parser."),
    method("GetInputContext", "($self, /)", input_context, "Return the untranslated text of the input that caused the current event."),
    method(
        "ExternalEntityParserCreate",
        "($self, context, encoding=<unrepresentable>, /)",
        external,
        "Create a parser for parsing an external entity based on the information passed to the ExternalEntityRefHandler.",
    ),
    method(
        "SetParamEntityParsing",
        "($self, flag, /)",
        parameter_parsing,
        "Controls parsing of parameter entities (including the external DTD subset).",
    ),
    method(
        "UseForeignDTD",
        "($self, flag=True, /)",
        foreign_dtd,
        "Allows the application to provide an artificial external subset if one is not specified as part of the document instance.",
    ),
    method(
        "GetReparseDeferralEnabled",
        "($self, /)",
        get_deferral,
        "Retrieve reparse deferral enabled status; always returns false with Expat <2.6.0.",
    ),
    method(
        "SetReparseDeferralEnabled",
        "($self, enabled, /)",
        set_deferral,
        "Enable/Disable reparse deferral; enabled by default with Expat >=2.6.0.",
    ),
    method(
        "SetBillionLaughsAttackProtectionActivationThreshold",
        "($self, threshold, /)",
        expansion_threshold,
        "Sets the number of output bytes needed to activate protection against billion laughs attacks.",
    ),
    method(
        "SetBillionLaughsAttackProtectionMaximumAmplification",
        "($self, max_factor, /)",
        expansion_factor,
        "Sets the maximum tolerated amplification factor for protection against billion laughs attacks.",
    ),
    method(
        "SetAllocTrackerActivationThreshold",
        "($self, threshold, /)",
        memory_threshold,
        "Sets the number of allocated bytes of dynamic memory needed to activate protection against disproportionate use of RAM.",
    ),
    method(
        "SetAllocTrackerMaximumAmplification",
        "($self, max_factor, /)",
        memory_factor,
        "Sets the maximum amplification factor between direct input and bytes of dynamic memory allocated.",
    ),
];

macro_rules! flag {
    ($name:literal, $($field:ident).+, $also:expr) => {
        getset(
            $name,
            |cx, v| Ok(Value::bool(me(v).with(cx, |s| s.$($field).+)).into()),
            |cx, v, new| {
                let Some(new) = new else { return Err(cx.runtime_error("Cannot delete attribute")) };
                let on = truth::of(cx, new)?;
                let also: fn(&mut Cx, &XmlParser) -> PyResult<()> = $also;
                also(cx, me(v))?;
                me(v).with(cx, |s| s.$($field).+ = on);
                Ok(())
            },
            "",
        )
    };
}
macro_rules! place {
    ($name:literal, $field:ident) => {
        getter($name, |cx, v| number(me(v).with(cx, |s| s.parser.place().$field as i64)), "")
    };
}
macro_rules! handler {
    ($name:literal, $index:ident) => {
        getset(
            $name,
            |cx, v| Ok(me(v).with(cx, |s| s.handlers[dispatch::index::$index].clone()).into()),
            |cx, v, new| dispatch::set_handler(cx, me(v), dispatch::index::$index, new),
            "",
        )
    };
}

fn set_buffer_size(cx: &mut Cx, v: Ref<'_>, new: Option<Ref<'_>>) -> PyResult<()> {
    let Some(new) = new else { return Err(cx.runtime_error("Cannot delete attribute")) };
    if int::as_int(new).is_none() {
        return Err(cx.type_error("buffer_size must be an integer"));
    }
    let n = int::index_i64(cx, new)?;
    if n <= 0 {
        return Err(cx.value_error("buffer_size must be greater than zero"));
    }
    if n > i64::from(i32::MAX) {
        return Err(cx.value_error("buffer_size must not be greater than 2147483647"));
    }
    let p = me(v);
    if p.with(cx, |s| s.buffer_size) as i64 != n {
        dispatch::flush(cx, p)?;
        p.with(cx, |s| s.buffer_size = n as usize);
    }
    Ok(())
}

static GETSETS: &[GetSet] = &[
    place!("ErrorLineNumber", line),
    place!("ErrorColumnNumber", column),
    place!("ErrorByteIndex", byte),
    place!("CurrentLineNumber", line),
    place!("CurrentColumnNumber", column),
    place!("CurrentByteIndex", byte),
    getter("ErrorCode", |cx, v| number(i64::from(me(v).with(cx, |s| s.error))), ""),
    getter("buffer_used", |cx, v| number(me(v).with(cx, |s| s.buffer_used) as i64), ""),
    getset("buffer_size", |cx, v| number(me(v).with(cx, |s| s.buffer_size) as i64), set_buffer_size, ""),
    flag!("buffer_text", buffer_text, dispatch::flush),
    flag!("namespace_prefixes", parser.settings.triplets, |_, _| Ok(())),
    flag!("ordered_attributes", ordered, |_, _| Ok(())),
    flag!("specified_attributes", specified, |_, _| Ok(())),
    handler!("StartElementHandler", START),
    handler!("EndElementHandler", END),
    handler!("ProcessingInstructionHandler", INSTRUCTION),
    handler!("CharacterDataHandler", DATA),
    handler!("UnparsedEntityDeclHandler", UNPARSED),
    handler!("NotationDeclHandler", NOTATION),
    handler!("StartNamespaceDeclHandler", START_NAMESPACE),
    handler!("EndNamespaceDeclHandler", END_NAMESPACE),
    handler!("CommentHandler", COMMENT),
    handler!("StartCdataSectionHandler", START_CDATA),
    handler!("EndCdataSectionHandler", END_CDATA),
    handler!("DefaultHandler", DEFAULT),
    handler!("DefaultHandlerExpand", DEFAULT_EXPAND),
    handler!("NotStandaloneHandler", NOT_STANDALONE),
    handler!("ExternalEntityRefHandler", EXTERNAL),
    handler!("StartDoctypeDeclHandler", START_DOCTYPE),
    handler!("EndDoctypeDeclHandler", END_DOCTYPE),
    handler!("EntityDeclHandler", ENTITY),
    handler!("XmlDeclHandler", XML_DECL),
    handler!("ElementDeclHandler", ELEMENT),
    handler!("AttlistDeclHandler", ATTLIST),
    handler!("SkippedEntityHandler", SKIPPED),
];
static MEMBERS: &[Member] = &[Member(getter("intern", |cx, v| Ok(me(v).with(cx, |s| s.intern.clone()).into()), ""))];

/// `pyexpat.xmlparser`.
pub static PARSER_TYPE: TypeSpec = TypeSpec::of::<XmlParser>("pyexpat.xmlparser")
    .flags(flags::NO_NEW)
    .methods(METHODS)
    .getsets(GETSETS)
    .members(MEMBERS)
    .doc("XML parser");

/// Asks a codec what the 256 bytes mean.
pub fn table_of(cx: &mut Cx, name: &str) -> PyResult<Option<Box<[u32; 256]>>> {
    let all: Vec<u8> = (0..=255).collect();
    let bytes = objects::types::bytes::shared::new_bytes(cx, &all)?;
    let decode = Str::intern_text("decode");
    let name = Str::from_text(name).into_value();
    let errors = Str::intern_text("replace");
    let text = call::method(cx, bytes.as_ref(), decode.as_ref(), &[name.as_ref(), errors.as_ref()])?.into_value();
    let Some(s) = as_str(text.as_ref()) else { return Ok(None) };
    if s.len() != 256 {
        return Err(cx.error(exc::VALUE_ERROR, "multi-byte encodings are not supported"));
    }
    let units = s.units();
    let mut table = Box::new([u32::MAX; 256]);
    for (i, t) in table.iter_mut().enumerate() {
        let c = units.at(i);
        *t = if c == 0xfffd { u32::MAX } else { c };
    }
    Ok(Some(table))
}
