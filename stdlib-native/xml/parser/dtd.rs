//! Document type definitions: what is declared, and the parser of single declarations.

use super::{Event, code, scan};
use std::collections::{HashMap, HashSet};

/// A general or parameter entity.
#[derive(Clone, Default)]
pub struct Entity {
    /// Its text, if it is internal.
    pub text: Option<std::sync::Arc<[u8]>>,
    /// System id.
    pub system: Option<String>,
    /// Public id.
    pub public: Option<String>,
    /// Base when it was declared.
    pub base: Option<String>,
    /// Its notation, if it is unparsed.
    pub notation: Option<String>,
    /// Declared in the document itself, not in a parameter or external entity.
    pub in_document: bool,
}

/// A declared attribute.
#[derive(Clone)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// Whether its type is CDATA.
    pub cdata: bool,
    /// Whether its type is ID.
    pub id: bool,
    /// Default value.
    pub default: Option<String>,
}

/// What a document's parsers share.
#[derive(Default)]
pub struct Dtd {
    /// General entities.
    pub entities: HashMap<String, Entity>,
    /// Parameter entities.
    pub parameters: HashMap<String, Entity>,
    /// Declared attributes of each element.
    pub attributes: HashMap<String, Vec<Declared>>,
    /// Whether there are references to parameter entities or an external subset.
    pub has_parameter_references: bool,
    /// Whether the document says that it is standalone.
    pub standalone: bool,
    /// Whether declarations still count: not after a parameter entity that was not read.
    pub stopped: bool,
    /// Whether an external parameter entity was read.
    pub parameter_read: bool,
    /// Bytes of input.
    pub direct: u64,
    /// Bytes that came from entities.
    pub indirect: u64,
}

/// A content model.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// `XML_CTYPE_...`
    pub kind: i32,
    /// `XML_CQUANT_...`
    pub quantifier: i32,
    /// Name of an element.
    pub name: Option<String>,
    /// Parts.
    pub children: Vec<Model>,
}

/// An error's code and where in the declaration it is.
pub type Fault = (i32, usize);

/// Reads a declaration.
pub struct Cursor<'a> {
    s: &'a [u8],
    at: usize,
    namespaces: bool,
}

fn text(s: &[u8]) -> String {
    String::from_utf8_lossy(s).into_owned()
}

impl<'a> Cursor<'a> {
    /// Behind the keyword of a declaration.
    pub fn new(s: &'a [u8], at: usize, namespaces: bool) -> Cursor<'a> {
        Cursor { s, at, namespaces }
    }
    fn fault<T>(&self) -> Result<T, Fault> {
        Err((code::SYNTAX, self.at))
    }
    fn bad<T>(&self) -> Result<T, Fault> {
        Err((code::INVALID_TOKEN, self.at))
    }
    fn peek(&self) -> u8 {
        self.s.get(self.at).copied().unwrap_or(0)
    }
    fn space(&mut self) -> bool {
        let from = self.at;
        self.at = scan::skip_space(self.s, self.at);
        self.at > from
    }
    fn need_space(&mut self) -> Result<(), Fault> {
        if self.space() { Ok(()) } else { self.bad() }
    }
    fn eat(&mut self, with: &str) -> bool {
        let fits = self.s[self.at.min(self.s.len())..].starts_with(with.as_bytes());
        if fits {
            self.at += with.len();
        }
        fits
    }
    fn ended(&self) -> bool {
        self.at >= self.s.len()
    }
    fn name(&mut self) -> Result<String, Fault> {
        self.named(true)
    }
    fn named(&mut self, start: bool) -> Result<String, Fault> {
        let end = match scan::name_token(self.s, self.at, start) {
            Ok(end) => end,
            Err(scan::Stop::More) if self.at < self.s.len() => self.s.len(),
            Err(scan::Stop::Error(..)) if self.at < self.s.len() && is_syntax(self.peek()) => return self.fault(),
            Err(scan::Stop::Error(c, at)) => return Err((c, at)),
            Err(scan::Stop::More) => return self.fault(),
        };
        let n = text(&self.s[self.at..end]);
        self.at = end;
        Ok(n)
    }
    fn plain_name(&mut self) -> Result<String, Fault> {
        let at = self.at;
        let n = self.name()?;
        if self.namespaces && n.contains(':') { Err((code::INVALID_TOKEN, at)) } else { Ok(n) }
    }
    /// What is between quotes.
    fn quoted(&mut self) -> Result<&'a [u8], Fault> {
        if !matches!(self.peek(), b'"' | b'\'') {
            return self.fault();
        }
        match scan::quoted(self.s, self.at) {
            Ok(end) => {
                let s = &self.s[self.at + 1..end];
                self.at = end + 1;
                Ok(s)
            }
            Err(scan::Stop::Error(c, at)) => Err((c, at)),
            Err(scan::Stop::More) => self.fault(),
        }
    }
    fn public_id(&mut self) -> Result<String, Fault> {
        let at = self.at;
        let s = self.quoted()?;
        if s.iter().any(|c| !(c.is_ascii_alphanumeric() || b" \r\n-'()+,./:=?;!*#@$_%".contains(c))) {
            return Err((code::PUBLIC_ID, at));
        }
        let words: Vec<String> = s.split(|c| scan::is_space(*c)).filter(|w| !w.is_empty()).map(text).collect();
        Ok(words.join(" "))
    }
    /// `SYSTEM "..."` or `PUBLIC "..." "..."`: system and public id, if one of them is there.
    fn external(&mut self, notation: bool) -> Result<Option<(Option<String>, Option<String>)>, Fault> {
        if self.eat("SYSTEM") {
            self.need_space()?;
            return Ok(Some((Some(text(self.quoted()?)), None)));
        }
        if self.eat("PUBLIC") {
            self.need_space()?;
            let public = self.public_id()?;
            let spaced = self.space();
            if notation && self.ended() {
                return Ok(Some((None, Some(public))));
            }
            if !spaced {
                return self.bad();
            }
            return Ok(Some((Some(text(self.quoted()?)), Some(public))));
        }
        Ok(None)
    }
    fn end(&mut self) -> Result<(), Fault> {
        self.space();
        if self.ended() { Ok(()) } else { self.fault() }
    }
}

fn is_syntax(c: u8) -> bool {
    matches!(c, b'"' | b'\'' | b'>' | b'(' | b')' | b'|' | b',' | b'#' | b'[' | b']' | b'%') || c.is_ascii_alphanumeric()
}

/// `<!DOCTYPE name SYSTEM "...">` up to its `[` or `>`: name, system id, public id.
pub fn doctype(c: &mut Cursor<'_>) -> Result<(String, Option<String>, Option<String>), Fault> {
    c.need_space()?;
    let name = c.name()?;
    let spaced = c.space();
    let ids = if spaced { c.external(false)? } else { None };
    c.end()?;
    let (system, public) = ids.unwrap_or((None, None));
    Ok((name, system, public))
}

/// `<!NOTATION name PUBLIC "...">`
pub fn notation(c: &mut Cursor<'_>) -> Result<(String, Option<String>, Option<String>), Fault> {
    c.need_space()?;
    let name = c.plain_name()?;
    c.need_space()?;
    let Some((system, public)) = c.external(true)? else { return c.fault() };
    c.end()?;
    Ok((name, system, public))
}

/// `<!ENTITY name "...">`: whether it is a parameter entity, its name, what it is, its raw value and where that begins.
pub struct EntityDeclaration<'a> {
    /// Whether it is a parameter entity.
    pub parameter: bool,
    /// Name.
    pub name: String,
    /// Ids and notation.
    pub entity: Entity,
    /// The value as written.
    pub value: Option<(&'a [u8], usize)>,
}

/// Reads an entity's declaration.
pub fn entity<'a>(c: &mut Cursor<'a>) -> Result<EntityDeclaration<'a>, Fault> {
    c.need_space()?;
    let parameter = c.peek() == b'%';
    if parameter {
        c.at += 1;
        c.need_space()?;
    }
    let name = c.plain_name()?;
    c.need_space()?;
    let mut entity = Entity::default();
    let mut value = None;
    if matches!(c.peek(), b'"' | b'\'') {
        let at = c.at + 1;
        value = Some((c.quoted()?, at));
    } else {
        let Some((system, public)) = c.external(false)? else { return c.fault() };
        entity.system = system;
        entity.public = public;
        if !parameter && c.space() && c.eat("NDATA") {
            c.need_space()?;
            entity.notation = Some(c.plain_name()?);
        }
    }
    c.end()?;
    Ok(EntityDeclaration { parameter, name, entity, value })
}

fn quantifier(c: &mut Cursor<'_>) -> i32 {
    let q = match c.peek() {
        b'?' => 1,
        b'*' => 2,
        b'+' => 3,
        _ => return 0,
    };
    c.at += 1;
    q
}

fn group(c: &mut Cursor<'_>, depth: usize) -> Result<Model, Fault> {
    if depth > 1000 {
        return Err((code::TOO_DEEP, c.at));
    }
    let mut m = Model { kind: 6, quantifier: 0, name: None, children: Vec::new() };
    c.space();
    if depth == 0 && c.eat("#PCDATA") {
        m.kind = 3;
        let mut named = false;
        loop {
            c.space();
            if c.eat(")") {
                break;
            }
            if !c.eat("|") {
                return c.fault();
            }
            c.space();
            let name = c.name()?;
            named = true;
            m.children.push(Model { kind: 4, quantifier: 0, name: Some(name), children: Vec::new() });
        }
        if c.eat("*") {
            m.quantifier = 2;
        } else if named {
            return c.fault();
        }
        return Ok(m);
    }
    let mut separator = 0;
    loop {
        c.space();
        if c.eat("(") {
            let g = group(c, depth + 1)?;
            m.children.push(g);
        } else {
            let name = c.name()?;
            let quantifier = quantifier(c);
            m.children.push(Model { kind: 4, quantifier, name: Some(name), children: Vec::new() });
        }
        c.space();
        match c.peek() {
            b')' => {
                c.at += 1;
                break;
            }
            s @ (b'|' | b',') if separator == 0 || separator == s => {
                separator = s;
                c.at += 1;
            }
            _ => return c.fault(),
        }
    }
    if separator == b'|' {
        m.kind = 5;
    }
    m.quantifier = quantifier(c);
    Ok(m)
}

/// `<!ELEMENT name (model)>`
pub fn element(c: &mut Cursor<'_>) -> Result<(String, Model), Fault> {
    c.need_space()?;
    let name = c.name()?;
    c.need_space()?;
    let plain = |kind| Model { kind, quantifier: 0, name: None, children: Vec::new() };
    let model = if c.eat("EMPTY") {
        plain(1)
    } else if c.eat("ANY") {
        plain(2)
    } else if c.eat("(") {
        group(c, 0)?
    } else {
        return c.fault();
    };
    c.end()?;
    Ok((name, model))
}

/// An attribute of an `<!ATTLIST ...>`.
pub struct AttributeDeclaration<'a> {
    /// Its name.
    pub name: String,
    /// Its type, as handlers get it.
    pub kind: String,
    /// Default value as written, and where it begins.
    pub default: Option<(&'a [u8], usize)>,
    /// `#REQUIRED`, or `#FIXED`.
    pub required: bool,
}

/// Reads `<!ATTLIST element ...>`.
pub fn attributes<'a>(c: &mut Cursor<'a>) -> Result<(String, Vec<AttributeDeclaration<'a>>), Fault> {
    c.need_space()?;
    let element = c.name()?;
    let mut all = Vec::new();
    loop {
        let spaced = c.space();
        if c.ended() {
            return Ok((element, all));
        }
        if !spaced {
            return c.bad();
        }
        let name = c.name()?;
        c.need_space()?;
        let kind = attribute_type(c)?;
        c.need_space()?;
        let (mut default, mut required) = (None, false);
        if c.eat("#REQUIRED") {
            required = true;
        } else if !c.eat("#IMPLIED") {
            if c.eat("#FIXED") {
                required = true;
                c.need_space()?;
            }
            let at = c.at + 1;
            default = Some((c.quoted()?, at));
        }
        all.push(AttributeDeclaration { name, kind, default, required });
    }
}

fn attribute_type(c: &mut Cursor<'_>) -> Result<String, Fault> {
    let mut kind = String::new();
    if c.peek() != b'(' {
        let at = c.at;
        let name = c.name()?;
        match name.as_str() {
            "CDATA" | "ID" | "IDREF" | "IDREFS" | "ENTITY" | "ENTITIES" | "NMTOKEN" | "NMTOKENS" => return Ok(name),
            "NOTATION" => {
                c.need_space()?;
                kind.push_str("NOTATION");
            }
            _ => return Err((code::SYNTAX, at)),
        }
    }
    if !c.eat("(") {
        return c.fault();
    }
    kind.push('(');
    loop {
        c.space();
        let n = c.named(kind.starts_with("NOTATION"))?;
        kind.push_str(&n);
        c.space();
        if c.eat(")") {
            kind.push(')');
            return Ok(kind);
        }
        if !c.eat("|") {
            return c.fault();
        }
        kind.push('|');
    }
}

/// `version`, `encoding` and `standalone` of an XML declaration (or, for an entity, of a text declaration).
pub fn xml_declaration(s: &[u8], is_text: bool) -> Result<Event, Fault> {
    let wrong = |at| Err((if is_text { code::TEXT_DECL } else { code::XML_DECL }, at));
    let mut c = Cursor::new(s, 0, false);
    let (mut version, mut encoding, mut standalone) = (None, None, -1);
    let mut stage = 0;
    loop {
        let spaced = c.space();
        if c.ended() {
            break;
        }
        if !spaced {
            return wrong(c.at);
        }
        let at = c.at;
        let Ok(name) = c.name() else { return wrong(at) };
        c.space();
        if !c.eat("=") {
            return wrong(c.at);
        }
        c.space();
        let at_value = c.at + 1;
        let Ok(value) = c.quoted() else { return wrong(c.at) };
        let value = text(value);
        if !value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
            return wrong(at_value);
        }
        match name.as_str() {
            "version" if stage == 0 => {
                stage = 1;
                version = Some(value);
            }
            "encoding" if stage == 1 || (stage == 0 && is_text) => {
                if !value.bytes().next().is_some_and(|b| b.is_ascii_alphabetic()) {
                    return wrong(at_value);
                }
                stage = 2;
                encoding = Some(value);
            }
            "standalone" if (stage == 1 || stage == 2) && !is_text => {
                stage = 3;
                standalone = match value.as_str() {
                    "yes" => 1,
                    "no" => 0,
                    _ => return wrong(at_value),
                };
            }
            _ => return wrong(at),
        }
    }
    if (stage == 0 && !is_text) || (is_text && encoding.is_none()) {
        return wrong(c.at);
    }
    Ok(Event::XmlDecl { version, encoding, standalone })
}

/// Names of entities that are being expanded.
pub type Open = HashSet<String>;
