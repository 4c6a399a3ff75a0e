//! Content: elements, text, references, CDATA sections, and the values of attributes.

use super::dtd::Entity;
use super::scan::{self, Attribute, Range, Stop, Token};
use super::{Event, Halt, Happening, Kind, Parser, Source, State, Step, code};
use std::collections::HashSet;
use std::sync::Arc;

/// An open element.
pub struct Open {
    /// Its name as written.
    raw: String,
    /// Its name as told.
    name: String,
    /// Prefixes that it binds.
    bound: Vec<String>,
}

/// The character that a predefined entity stands for.
pub fn predefined(name: &str) -> Option<&'static str> {
    Some(match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    })
}

/// Text with all line ends as `\n`.
pub fn normalised(s: String) -> String {
    if s.contains('\r') { s.replace("\r\n", "\n").replace('\r', "\n") } else { s }
}

impl Parser {
    fn namespaced(&self) -> bool {
        self.settings.separator.is_some()
    }
    /// Whether nothing follows the current text.
    fn is_final(&self) -> bool {
        !self.sources.is_empty() || (self.last && self.raw.is_empty())
    }

    /// A step within an element.
    pub(super) fn content(&mut self) -> Step {
        if self.is_at_end() {
            return Err(Halt::More);
        }
        let ns = self.namespaced();
        let cdata = self.state == State::Cdata;
        let at = self.position();
        let scanned = self.scan(|s, at| if cdata { scan::cdata(s, at) } else { scan::content(s, at, ns) });
        let (token, end) = match scanned {
            Err(Stop::More) if self.is_final() || (self.last && self.rest == super::Rest::Invalid) => match self.scan(|s, at| s[at]) {
                b'\r' => (Token::Newline, at + 1),
                b']' => (Token::Data, at + 1),
                _ if cdata => return Err(Halt::Error(code::UNCLOSED_CDATA, at)),
                _ => self.complete(scanned)?,
            },
            _ => self.complete(scanned)?,
        };
        match token {
            Token::Data => {
                let mut end = end;
                let mut text = self.slice((at, end));
                if !self.settings.split_lines && !self.settings.raw {
                    end = self.more_data(end, &mut text);
                }
                self.set_position(end);
                Ok(Some(Event::Data(text)))
            }
            Token::Newline => {
                self.set_position(end);
                Ok(Some(Event::Data("\n".into())))
            }
            Token::Character(c) => {
                self.set_position(end);
                Ok(Some(Event::Data(char::from_u32(c).map(String::from).unwrap_or_default())))
            }
            Token::CdataStart => {
                self.set_position(end);
                self.state = State::Cdata;
                Ok(Some(Event::StartCdata))
            }
            Token::CdataEnd => {
                self.set_position(end);
                self.state = State::Content;
                Ok(Some(Event::EndCdata))
            }
            Token::Comment(r) => {
                let text = normalised(self.slice(r));
                self.set_position(end);
                Ok(Some(Event::Comment(text)))
            }
            Token::Instruction { target, data } => {
                let event = Event::Instruction { target: self.slice(target), data: normalised(self.slice(data)) };
                self.set_position(end);
                Ok(Some(event))
            }
            Token::Declaration(_) => Err(Halt::Error(code::MISPLACED_PI, at)),
            Token::Entity(r) => self.entity(at, end, r),
            Token::End { name } => self.end_tag(end, name),
            Token::Start { name, attributes, empty } => self.start_tag(end, name, &attributes, empty),
        }
    }

    /// Text that follows text, line ends and references to characters included.
    fn more_data(&self, from: usize, text: &mut String) -> usize {
        let mut at = from;
        let ns = self.namespaced();
        let s = self.sources.last().map_or(&self.text[..], |s| &s.text[..]);
        while let Some(&c) = s.get(at) {
            if c == b'<' {
                break;
            }
            match scan::content(s, at, ns) {
                Ok((Token::Data, end)) => {
                    text.push_str(&String::from_utf8_lossy(&s[at..end]));
                    at = end;
                }
                Ok((Token::Newline, end)) => {
                    text.push('\n');
                    at = end;
                }
                Ok((Token::Character(c), end)) => {
                    text.extend(char::from_u32(c));
                    at = end;
                }
                _ => break,
            }
        }
        at
    }

    fn end_tag(&mut self, end: usize, name: Range) -> Step {
        let depth = self.sources.last().map_or(0, |s| s.depth);
        if self.tags.len() <= depth {
            return Err(Halt::Error(code::ASYNC_ENTITY, self.position()));
        }
        let fits = self.tags.last().is_some_and(|t| self.scan(|s, _| &s[name.0..name.1] == t.raw.as_bytes()));
        if !fits {
            return Err(Halt::Error(code::TAG_MISMATCH, name.0));
        }
        self.set_position(end);
        Ok(self.close_element(None))
    }

    /// Closes the innermost element. With a place, its events are queued for it.
    fn close_element(&mut self, place: Option<usize>) -> Option<Event> {
        let tag = self.tags.pop()?;
        let mut after = Vec::new();
        for prefix in tag.bound.into_iter().rev() {
            self.namespaces.unbind(&prefix);
            after.push(Event::EndNamespace((!prefix.is_empty()).then_some(prefix)));
        }
        if self.tags.is_empty() && self.sources.is_empty() && self.kind == Kind::Document {
            self.state = State::Epilog;
        }
        let end = Event::End(tag.name);
        let (first, rest) = if place.is_some() { (None, Some(end)) } else { (Some(end), None) };
        for event in rest.into_iter().chain(after) {
            self.queue.push_back((Happening { event, raw: None }, place));
        }
        first
    }

    fn start_tag(&mut self, end: usize, name: Range, attributes: &[Attribute], empty: bool) -> Step {
        let raw = self.slice(name);
        let declared = {
            let d = self.shared();
            if d.attributes.is_empty() { None } else { d.attributes.get(&raw).cloned() }
        };
        let mut all: Vec<(String, String, usize)> = Vec::with_capacity(attributes.len());
        let mut seen: HashSet<String> = HashSet::new();
        for a in attributes {
            let n = self.slice(a.name);
            let twice = if attributes.len() < 12 { all.iter().any(|(m, ..)| *m == n) } else { !seen.insert(n.clone()) };
            if twice {
                return Err(Halt::Error(code::DUPLICATE_ATTRIBUTE, a.name.0));
            }
            let cdata = declared.as_ref().and_then(|d| d.iter().find(|d| d.name == n)).is_none_or(|d| d.cdata);
            let v = self.slice(a.value);
            let v = if a.plain && cdata { v } else { self.attribute_value(v.as_bytes(), cdata, a.value.0)? };
            all.push((n, v, a.name.0));
        }
        let mut specified = all.len();
        for d in declared.iter().flatten() {
            if let Some(v) = &d.default
                && !all.iter().any(|(n, ..)| *n == d.name)
            {
                all.push((d.name.clone(), v.clone(), name.0));
            }
        }
        let mut bound = Vec::new();
        let mut told = raw.clone();
        let attributes = match self.settings.separator.clone() {
            None => all.into_iter().map(|(n, v, _)| (n, v)).collect(),
            Some(separator) => {
                let at = self.position();
                let wrong = |c| Halt::Error(c, at);
                let mut left = Vec::with_capacity(all.len());
                let many = specified;
                for (i, (n, v, place)) in all.into_iter().enumerate() {
                    let prefix = if n == "xmlns" { Some("") } else { n.strip_prefix("xmlns:") };
                    let Some(prefix) = prefix else {
                        left.push((n, v, place));
                        continue;
                    };
                    super::names::Namespaces::check(prefix, &v).map_err(wrong)?;
                    if separator.len() == 1 && v.contains(&separator) && !is_uri_byte(separator.as_bytes()[0]) {
                        return Err(wrong(code::SYNTAX));
                    }
                    self.namespaces.bind(prefix, &v);
                    bound.push(prefix.to_string());
                    let some = |s: &str| (!s.is_empty()).then(|| s.to_string());
                    self.before.push(Event::StartNamespace { prefix: some(prefix), uri: some(&v) });
                    specified -= usize::from(i < many);
                }
                let triplets = self.settings.triplets;
                let mut out: Vec<(String, String)> = Vec::with_capacity(left.len());
                let mut names: HashSet<String> = HashSet::new();
                for (n, v, _) in left {
                    let prefixed = n.contains(':');
                    let full = self.namespaces.expand(&n, &separator, triplets, true).map_err(wrong)?;
                    if prefixed {
                        let plain = self.namespaces.expand(&n, &separator, false, true).map_err(wrong)?;
                        if !names.insert(plain) {
                            return Err(wrong(code::DUPLICATE_ATTRIBUTE));
                        }
                    }
                    out.push((full, v));
                }
                told = self.namespaces.expand(&raw, &separator, triplets, false).map_err(wrong)?;
                out
            }
        };
        self.set_position(end);
        if empty {
            self.tags.push(Open { raw, name: told.clone(), bound });
            // The end's place is behind the tag where starts are told.
            let place = if self.settings.start { end } else { self.event_at };
            self.close_element(Some(place));
        } else {
            self.tags.push(Open { raw, name: told.clone(), bound });
        }
        Ok(Some(Event::Start { name: told, attributes, specified }))
    }

    /// The value of an attribute: references replaced, white space made spaces and, unless its type is CDATA, collapsed.
    pub(super) fn attribute_value(&mut self, s: &[u8], cdata: bool, place: usize) -> Result<String, Halt> {
        let mut out = Vec::with_capacity(s.len());
        self.append_value(s, &mut out, place, 0)?;
        let text = String::from_utf8_lossy(&out).into_owned();
        if cdata {
            return Ok(text);
        }
        let words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
        Ok(words.join(" "))
    }

    fn append_value(&mut self, s: &[u8], out: &mut Vec<u8>, place: usize, depth: usize) -> Result<(), Halt> {
        let mut i = 0;
        while i < s.len() {
            let here = if depth == 0 { place + i } else { place };
            match s[i] {
                b'\r' if s.get(i + 1) == Some(&b'\n') && depth == 0 => {
                    out.push(b' ');
                    i += 2;
                }
                b'\t' | b'\n' | b'\r' => {
                    out.push(b' ');
                    i += 1;
                }
                b'<' => return Err(Halt::Error(code::INVALID_TOKEN, here)),
                b'&' => {
                    let (token, end) = match scan::reference(s, i, self.namespaced()) {
                        Ok(t) => t,
                        Err(Stop::Error(c, at)) => return Err(Halt::Error(c, if depth == 0 { place + at } else { place })),
                        Err(Stop::More) => return Err(Halt::Error(code::INVALID_TOKEN, here)),
                    };
                    i = end;
                    match token {
                        Token::Character(c) => {
                            let mut b = [0; 4];
                            out.extend_from_slice(char::from_u32(c).unwrap_or(' ').encode_utf8(&mut b).as_bytes());
                        }
                        Token::Entity((from, to)) => {
                            let name = String::from_utf8_lossy(&s[from..to]).into_owned();
                            if let Some(c) = predefined(&name) {
                                out.extend_from_slice(c.as_bytes());
                                continue;
                            }
                            let Some(e) = self.find_entity(&name, here)? else { continue };
                            if self.open_entities.contains(&name) || depth > 4000 {
                                return Err(Halt::Error(code::RECURSIVE_ENTITY, here));
                            }
                            if e.notation.is_some() {
                                return Err(Halt::Error(code::BINARY_ENTITY, here));
                            }
                            let Some(text) = e.text else { return Err(Halt::Error(code::EXTERNAL_IN_ATTRIBUTE, here)) };
                            self.count_expansion(text.len())?;
                            if depth > 400 {
                                return Err(Halt::Error(code::NO_MEMORY, here));
                            }
                            self.open_entities.insert(name.clone());
                            let r = self.append_value(&text, out, here, depth + 1);
                            self.open_entities.remove(&name);
                            r?;
                        }
                        _ => {}
                    }
                }
                c => {
                    out.push(c);
                    i += 1;
                }
            }
        }
        Ok(())
    }

    /// A declared entity; `None` where it may be declared somewhere that was not read.
    fn find_entity(&self, name: &str, place: usize) -> Result<Option<Entity>, Halt> {
        let d = self.shared();
        let strict = !d.has_parameter_references || d.standalone;
        match d.entities.get(name) {
            None if strict => Err(Halt::Error(code::UNDEFINED_ENTITY, place)),
            None => Ok(None),
            Some(e) if strict && !e.in_document => Err(Halt::Error(code::ENTITY_IN_PE, place)),
            Some(e) => Ok(Some(e.clone())),
        }
    }

    fn entity(&mut self, at: usize, end: usize, name: Range) -> Step {
        let name = self.slice(name);
        if let Some(c) = predefined(&name) {
            self.set_position(end);
            return Ok(Some(Event::Data(c.into())));
        }
        let found = self.find_entity(&name, at)?;
        self.set_position(end);
        let skipped = |p: &Parser, name: String| {
            Ok(Some(if p.settings.tell_skipped { Event::Skipped { name, parameter: false } } else { Event::Other }))
        };
        let Some(e) = found else { return skipped(self, name) };
        if self.open_entities.contains(&name) {
            return Err(Halt::Error(code::RECURSIVE_ENTITY, at));
        }
        if e.notation.is_some() {
            return Err(Halt::Error(code::BINARY_ENTITY, at));
        }
        if let Some(text) = e.text {
            if !self.settings.expand {
                return skipped(self, name);
            }
            self.count_expansion(text.len())?;
            self.push_source(name, text, false);
            return Ok(None);
        }
        if !self.settings.external {
            return Ok(Some(if self.settings.tell_external { Event::Skipped { name, parameter: false } } else { Event::Other }));
        }
        self.open_entities.insert(name.clone());
        let context = self.open_context();
        self.open_entities.remove(&name);
        Ok(Some(Event::External { context: Some(context), base: e.base, system: e.system, public: e.public }))
    }

    /// Reads an entity's text before what follows.
    pub(super) fn push_source(&mut self, name: String, text: Arc<[u8]>, parameter: bool) {
        let depth = self.tags.len();
        if !parameter {
            self.open_entities.insert(name.clone());
        }
        self.sources.push(Source { text, at: 0, entity: Some(name), parameter, depth });
    }

    /// The innermost entity's text is used up.
    pub(super) fn source_ended(&mut self) -> Result<(), super::Failure> {
        let Some(s) = self.sources.pop() else { return Ok(()) };
        if let Some(name) = s.entity
            && !s.parameter
        {
            self.open_entities.remove(&name);
        }
        if s.parameter {
            return Ok(());
        }
        if self.state == State::Cdata {
            return Err((code::UNCLOSED_CDATA, None));
        }
        if self.tags.len() != s.depth {
            return Err((code::ASYNC_ENTITY, None));
        }
        Ok(())
    }

    /// What a parser of an external entity has to know: bindings and open entities.
    fn open_context(&self) -> String {
        let mut all = if self.namespaced() { self.namespaces.context() } else { Vec::new() };
        let mut open: Vec<String> = self.open_entities.iter().cloned().collect();
        open.sort();
        all.extend(open);
        all.join("\x0c")
    }
}

/// Whether a byte may stand in a URI.
fn is_uri_byte(c: u8) -> bool {
    c.is_ascii_alphanumeric() || b"%-._~:/?#[]@!$&'()*+,;=".contains(&c)
}
