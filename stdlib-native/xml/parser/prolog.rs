//! What stands before and behind the root element: declarations, the document type, parameter entities.

use super::decode::{Encoding, Known, by_name};
use super::dtd::{self, Cursor, Declared};
use super::scan::{self, Stop, Token};
use super::{Event, Halt, Happening, Kind, Parser, Rest, State, Step, code};
use std::sync::Arc;

/// The document type.
pub struct Doctype {
    system: Option<String>,
    public: Option<String>,
}

/// What is to be done after a handler was called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Nothing,
    /// The external subset was asked for; whether there were references to parameter entities before it.
    Subset(bool),
    /// A parameter entity was asked for.
    Parameter,
}

impl Parser {
    fn ns(&self) -> bool {
        self.settings.separator.is_some()
    }
    /// The first step: an XML or text declaration.
    pub(super) fn begin(&mut self) -> Step {
        if self.is_at_end() {
            return Err(Halt::More);
        }
        let declared = match scan::literal(&self.text, self.at, b"<?xml") {
            Err(Stop::More) if !self.last && self.rest == Rest::Nothing => return Err(Halt::More),
            Ok(()) => match self.text.get(self.at + 5) {
                None if !self.last => return Err(Halt::More),
                c => c.is_some_and(|c| scan::is_space(*c)),
            },
            _ => false,
        };
        let next = match self.kind {
            Kind::Document => State::Prolog,
            Kind::General => State::Content,
            Kind::Parameter => State::ExternalSubset,
        };
        if self.kind == Kind::Parameter {
            self.shared().parameter_read = true;
        }
        if !declared {
            self.state = next;
            return Ok(None);
        }
        let ns = self.ns();
        let (token, end) = self.token(|s, at| scan::instruction(s, at, ns))?;
        self.state = next;
        let Token::Declaration(r) = token else { return Ok(None) };
        let event = dtd::xml_declaration(&self.text[r.0..r.1], self.kind != Kind::Document).map_err(|(c, at)| Halt::Error(c, r.0 + at))?;
        if let Event::XmlDecl { encoding, standalone, .. } = &event {
            if *standalone == 1 {
                self.shared().standalone = true;
            }
            let wide = matches!(self.encoding, Some(Encoding::Utf16 { .. }));
            if let Some(n) = encoding
                && self.protocol.is_none()
                && wide
                && matches!(by_name(n), Known::Yes(Encoding::Utf8 | Encoding::Latin1 | Encoding::Ascii))
            {
                return Err(Halt::Error(code::INCORRECT_ENCODING, self.at));
            }
        }
        self.set_position(end);
        Ok(Some(event))
    }

    /// Whether what is read comes from a parameter entity.
    fn in_parameter(&self) -> bool {
        self.state == State::ExternalSubset || !self.sources.is_empty()
    }

    fn after(&mut self) -> Step {
        let (read, standalone) = {
            let d = self.shared();
            (d.parameter_read, d.standalone)
        };
        let done = std::mem::replace(&mut self.after, After::Nothing);
        if read {
            return Ok((!standalone).then_some(Event::NotStandalone));
        }
        match done {
            After::Subset(had) => {
                if self.doctype.as_ref().is_none_or(|d| d.system.is_none()) {
                    self.shared().has_parameter_references = had;
                }
            }
            After::Parameter => self.shared().stopped = !standalone,
            After::Nothing => {}
        }
        Ok(None)
    }

    /// A step outside of the root element.
    pub(super) fn prolog(&mut self) -> Step {
        if self.after != After::Nothing {
            return self.after();
        }
        if self.is_at_end() {
            return Err(Halt::More);
        }
        let ns = self.ns();
        let at = self.position();
        let c = self.scan(|s, at| s[at]);
        if scan::is_space(c) {
            let end = self.scan(scan::skip_space);
            self.set_position(end);
            return Ok(Some(Event::Other));
        }
        if self.closing {
            return self.close_doctype(at, c);
        }
        let subset = matches!(self.state, State::Subset | State::ExternalSubset);
        match c {
            b'<' => {}
            b'%' if subset => return self.parameter_reference(at),
            b']' if self.state == State::Subset && self.sources.is_empty() => {
                self.set_position(at + 1);
                self.closing = true;
                return Ok(Some(Event::Other));
            }
            b']' if self.includes > 0 && subset => {
                self.complete(self.scan(|s, at| scan::literal(s, at, b"]]>")))?;
                self.includes -= 1;
                self.set_position(at + 3);
                return Ok(Some(Event::Other));
            }
            _ => return Err(self.misplaced(at, c)),
        }
        let second = self.scan(|s, at| s.get(at + 1).copied());
        let Some(second) = second else {
            return self.complete(Err(Stop::More));
        };
        match second {
            b'?' => {
                let (token, end) = self.token(|s, at| scan::instruction(s, at, ns))?;
                let Token::Instruction { target, data } = token else { return Err(Halt::Error(code::MISPLACED_PI, at)) };
                let event = Event::Instruction { target: self.slice(target), data: super::content::normalised(self.slice(data)) };
                self.set_position(end);
                Ok(Some(event))
            }
            b'!' => match self.scan(|s, at| s.get(at + 2).copied()) {
                None => self.complete(Err(Stop::More)),
                Some(b'-') => {
                    let (token, end) = self.token(scan::comment)?;
                    let Token::Comment(r) = token else { return Ok(None) };
                    let text = super::content::normalised(self.slice(r));
                    self.set_position(end);
                    Ok(Some(Event::Comment(text)))
                }
                Some(b'[') if subset && self.in_parameter() => self.conditional(at),
                Some(_) if subset => self.declaration(at),
                Some(_) if self.state == State::Epilog => Err(Halt::Error(code::JUNK, at)),
                Some(_) => self.start_doctype(at),
            },
            b'/' => Err(Halt::Error(code::INVALID_TOKEN, at + 1)),
            _ => {
                // Is it the beginning of an element?
                let named = match self.scan(|s, at| scan::name_token(s, at + 1, true)) {
                    Err(Stop::Error(c, at)) => Err(Halt::Error(c, at)),
                    _ => Ok(()),
                };
                named?;
                match self.state {
                    State::Epilog => Err(Halt::Error(code::JUNK, at)),
                    State::Prolog => self.start_content(),
                    _ => Err(Halt::Error(code::SYNTAX, at)),
                }
            }
        }
    }

    fn misplaced(&self, at: usize, c: u8) -> Halt {
        // A name is an error where it begins, unless what follows it cannot follow a name.
        if self.state != State::Epilog {
            match self.scan(|s, at| scan::name_token(s, at, false).map(|end| (end, s[end]))) {
                Err(Stop::More) if !self.last && self.sources.is_empty() => return Halt::More,
                Ok((end, c)) if !scan::is_space(c) && !b">),|[%?*+".contains(&c) => return Halt::Error(code::INVALID_TOKEN, end),
                _ => {}
            }
        }
        let code = match (self.state, c) {
            (_, b'&') | (_, 0..=0x1f) => code::INVALID_TOKEN,
            (State::Epilog, _) => code::JUNK,
            (_, b'=' | b';' | b'!' | b'$' | b'/' | b'@' | b'\\' | b'^' | b'`' | b'{' | b'}' | b'~' | b'*' | b'?' | b'+') => {
                code::INVALID_TOKEN
            }
            (_, b'%') => code::INVALID_TOKEN,
            _ => code::SYNTAX,
        };
        Halt::Error(code, at)
    }

    /// The root element is about to begin.
    fn start_content(&mut self) -> Step {
        if self.settings.foreign_dtd && self.doctype.is_none() {
            self.settings.foreign_dtd = false;
            self.doctype = Some(Doctype { system: None, public: None });
            let had = std::mem::replace(&mut self.shared().has_parameter_references, true);
            if self.reads_parameters() && self.settings.external {
                self.shared().parameter_read = false;
                self.after = After::Subset(had);
                let base = self.settings.base.clone();
                return Ok(Some(Event::External { context: None, base, system: None, public: None }));
            }
        }
        self.state = State::Content;
        Ok(None)
    }

    fn reads_parameters(&self) -> bool {
        match self.settings.parameter_entities {
            0 => false,
            1 => !self.shared().standalone,
            _ => true,
        }
    }

    fn start_doctype(&mut self, at: usize) -> Step {
        self.complete(self.scan(|s, at| scan::literal(s, at, b"<!DOCTYPE")))?;
        if self.doctype.is_some() {
            return Err(Halt::Error(code::SYNTAX, at));
        }
        let end = self.complete(self.scan(|s, at| scan::declaration(s, at, true)))?;
        let open = self.text[end.min(self.text.len() - 1)] == b'[' && self.text[end - 1] != b'>';
        let inner = if open { end } else { end - 1 };
        let text = self.text[at..inner].to_vec();
        let ns = self.ns();
        let (name, system, public) = dtd::doctype(&mut Cursor::new(&text, 9, ns)).map_err(|(c, i)| Halt::Error(c, at + i))?;
        self.doctype = Some(Doctype { system: system.clone(), public: public.clone() });
        let has_system = system.is_some();
        let not_standalone = has_system && {
            let reads = self.settings.parameter_entities != 0;
            let mut d = self.shared();
            d.has_parameter_references = true;
            !d.standalone && !reads
        };
        if has_system {
            self.settings.foreign_dtd = false;
        }
        if not_standalone {
            self.before.push(Event::NotStandalone);
        }
        if open {
            self.set_position(end + 1);
            self.state = State::Subset;
        } else {
            // The `>` is a token of its own.
            self.set_position(end - 1);
            self.closing = true;
        }
        Ok(Some(Event::StartDoctype { name, system, public, internal: open }))
    }

    fn close_doctype(&mut self, at: usize, c: u8) -> Step {
        if c != b'>' {
            return Err(self.misplaced(at, c));
        }
        self.set_position(at + 1);
        self.closing = false;
        self.state = State::Prolog;
        let (system, public) = self.doctype.as_ref().map_or((None, None), |d| (d.system.clone(), d.public.clone()));
        let foreign = std::mem::take(&mut self.settings.foreign_dtd);
        if system.is_some() || foreign {
            let had = std::mem::replace(&mut self.shared().has_parameter_references, true);
            if self.reads_parameters() && self.settings.external {
                self.shared().parameter_read = false;
                let base = self.settings.base.clone();
                self.after = After::Subset(had);
                self.queue_end_doctype();
                return Ok(Some(Event::External { context: None, base, system, public }));
            }
        }
        Ok(Some(Event::EndDoctype))
    }
    /// The end of the document type is told after its external subset was read.
    fn queue_end_doctype(&mut self) {
        self.queue.push_back((Happening { event: Event::EndDoctype, raw: None }, None));
    }

    fn parameter_reference(&mut self, at: usize) -> Step {
        let ns = self.ns();
        let named = self.complete(self.scan(|s, at| {
            let end = scan::name(s, at + 1, ns)?;
            match s.get(end) {
                None => Err(Stop::More),
                Some(b';') => Ok(end),
                Some(_) => Err(Stop::Error(code::INVALID_TOKEN, end)),
            }
        }))?;
        let name = self.slice((at + 1, named));
        self.set_position(named + 1);
        let mut d = self.shared();
        d.has_parameter_references = true;
        if self.settings.parameter_entities == 0 {
            let standalone = d.standalone;
            d.stopped = !standalone;
            drop(d);
            return Ok(Some(if standalone { Event::Other } else { Event::NotStandalone }));
        }
        let Some(e) = d.parameters.get(&name).cloned() else {
            if d.standalone && self.kind == Kind::Document && self.sources.is_empty() {
                return Err(Halt::Error(code::UNDEFINED_ENTITY, at));
            }
            d.stopped = !d.standalone;
            drop(d);
            return Ok(Some(if self.settings.tell_skipped { Event::Skipped { name, parameter: true } } else { Event::Other }));
        };
        drop(d);
        if self.sources.iter().any(|s| s.parameter && s.entity.as_deref() == Some(&name)) {
            return Err(Halt::Error(code::RECURSIVE_ENTITY, at));
        }
        if let Some(text) = e.text {
            self.count_expansion(text.len())?;
            self.push_source(name, text, true);
            return Ok(None);
        }
        if !self.settings.external {
            let mut d = self.shared();
            d.stopped = !d.standalone;
            drop(d);
            return Ok(Some(Event::Other));
        }
        self.shared().parameter_read = false;
        self.after = After::Parameter;
        Ok(Some(Event::External { context: None, base: e.base, system: e.system, public: e.public }))
    }

    fn conditional(&mut self, at: usize) -> Step {
        let open = self.complete(self.scan(|s, at| match s[at + 3..].iter().position(|c| *c == b'[') {
            None => Err(Stop::More),
            Some(i) => Ok(at + 3 + i),
        }))?;
        let word = self.slice((at + 3, open));
        let word = String::from_utf8_lossy(&self.with_parameters(word.as_bytes())).trim().to_string();
        match word.as_str() {
            "INCLUDE" => {
                self.includes += 1;
                self.set_position(open + 1);
                Ok(Some(Event::Other))
            }
            "IGNORE" => {
                let end = self.complete(self.scan(|s, _| {
                    let (mut i, mut depth) = (open + 1, 0);
                    loop {
                        let rest = s.get(i..).unwrap_or(b"");
                        if rest.is_empty() {
                            return Err(Stop::More);
                        }
                        if rest.starts_with(b"<![") {
                            depth += 1;
                            i += 3;
                        } else if rest.starts_with(b"]]>") {
                            i += 3;
                            if depth == 0 {
                                return Ok(i);
                            }
                            depth -= 1;
                        } else {
                            i += 1;
                        }
                    }
                }))?;
                self.set_position(end);
                Ok(Some(Event::Other))
            }
            _ => Err(Halt::Error(code::SYNTAX, at + 3)),
        }
    }

    /// A declaration with its references to parameter entities replaced.
    fn with_parameters(&self, s: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(s.len());
        let mut rest = s.to_vec();
        let d = self.shared();
        // Replacements may have references in them; a limit stops those that never end.
        for _ in 0..64 {
            out.clear();
            let (mut i, mut quote, mut changed) = (0, 0, false);
            while i < rest.len() {
                let c = rest[i];
                if quote != 0 {
                    if c == quote {
                        quote = 0;
                    }
                } else if matches!(c, b'"' | b'\'') {
                    quote = c;
                } else if c == b'%'
                    && let Ok(end) = scan::name_token(&rest, i + 1, true)
                    && rest.get(end) == Some(&b';')
                    && let Ok(name) = std::str::from_utf8(&rest[i + 1..end])
                {
                    out.push(b' ');
                    if let Some(t) = d.parameters.get(name).and_then(|e| e.text.as_ref()) {
                        out.extend_from_slice(t);
                    }
                    out.push(b' ');
                    changed = true;
                    i = end + 1;
                    continue;
                }
                out.push(c);
                i += 1;
            }
            if !changed || out.len() > 1 << 22 {
                break;
            }
            std::mem::swap(&mut rest, &mut out);
        }
        out
    }

    fn declaration(&mut self, at: usize) -> Step {
        let end = self.complete(self.scan(|s, at| scan::declaration(s, at, false)))?;
        let mut text = self.slice((at, end - 1)).into_bytes();
        let parameter = self.in_parameter();
        if text.contains(&b'%') && parameter {
            text = self.with_parameters(&text);
        }
        let wrong = |(c, i): dtd::Fault| Halt::Error(c, at + i);
        let keyword = text[2..].iter().take_while(|c| c.is_ascii_uppercase()).count() + 2;
        let ns = self.ns();
        let mut c = Cursor::new(&text, keyword, ns);
        let stopped = self.shared().stopped;
        let event = match &text[2..keyword] {
            b"NOTATION" => {
                let (name, system, public) = dtd::notation(&mut c).map_err(wrong)?;
                Event::NotationDecl { name, base: self.settings.base.clone(), system, public }
            }
            b"ELEMENT" => {
                let (name, model) = dtd::element(&mut c).map_err(wrong)?;
                Event::ElementDecl { name, model }
            }
            b"ENTITY" => {
                let e = dtd::entity(&mut c).map_err(wrong)?;
                match self.declare_entity(e, at, parameter)? {
                    Some(event) if !stopped => event,
                    _ => Event::Other,
                }
            }
            b"ATTLIST" => {
                let (element, all) = dtd::attributes(&mut c).map_err(wrong)?;
                let mut events = Vec::new();
                for a in all {
                    let cdata = a.kind == "CDATA";
                    let default = match a.default {
                        Some((v, i)) => Some(self.attribute_value(v, cdata, at + i)?),
                        None => None,
                    };
                    if stopped {
                        continue;
                    }
                    let mut d = self.shared();
                    let known = d.attributes.entry(element.clone()).or_default();
                    if !known.iter().any(|k| k.name == a.name) {
                        known.push(Declared { name: a.name.clone(), cdata, id: a.kind == "ID", default: default.clone() });
                    }
                    drop(d);
                    let element = element.clone();
                    events.push(Event::AttlistDecl { element, name: a.name, kind: a.kind, default, required: a.required });
                }
                let last = events.pop().unwrap_or(Event::Other);
                self.before = events;
                last
            }
            _ => return Err(Halt::Error(code::SYNTAX, at)),
        };
        self.set_position(end);
        Ok(Some(event))
    }

    fn declare_entity(&mut self, e: dtd::EntityDeclaration<'_>, at: usize, in_parameter: bool) -> Result<Option<Event>, Halt> {
        let mut entity = e.entity;
        entity.base = self.settings.base.clone();
        entity.in_document = !in_parameter;
        let mut value = None;
        if let Some((v, i)) = e.value {
            let v = self.entity_value(v, at + i, in_parameter, 0)?;
            value = Some(String::from_utf8_lossy(&v).into_owned());
            entity.text = Some(Arc::from(v));
        }
        if !e.parameter && super::content::predefined(&e.name).is_some() {
            return Ok(None);
        }
        let mut d = self.shared();
        if d.stopped {
            return Ok(None);
        }
        let table = if e.parameter { &mut d.parameters } else { &mut d.entities };
        if table.contains_key(&e.name) {
            return Ok(None);
        }
        table.insert(e.name.clone(), entity.clone());
        Ok(Some(Event::EntityDecl {
            name: e.name,
            parameter: e.parameter,
            value,
            base: entity.base,
            system: entity.system,
            public: entity.public,
            notation: entity.notation,
        }))
    }

    /// The text of an internal entity: references to characters and parameter entities replaced.
    fn entity_value(&mut self, s: &[u8], place: usize, in_parameter: bool, depth: usize) -> Result<Vec<u8>, Halt> {
        let mut out = Vec::with_capacity(s.len());
        let mut i = 0;
        if depth > 60 {
            return Err(Halt::Error(code::RECURSIVE_ENTITY, place));
        }
        while i < s.len() {
            let here = if depth == 0 { place + i } else { place };
            match s[i] {
                b'&' => match scan::reference(s, i, self.ns()) {
                    Ok((Token::Character(c), end)) => {
                        let mut b = [0; 4];
                        out.extend_from_slice(char::from_u32(c).unwrap_or(' ').encode_utf8(&mut b).as_bytes());
                        i = end;
                    }
                    Ok((_, end)) => {
                        out.extend_from_slice(&s[i..end]);
                        i = end;
                    }
                    Err(Stop::Error(c, at)) => return Err(Halt::Error(c, if depth == 0 { place + at } else { place })),
                    Err(Stop::More) => return Err(Halt::Error(code::INVALID_TOKEN, here)),
                },
                b'%' => {
                    let end = match scan::name_token(s, i + 1, true) {
                        Ok(end) if s.get(end) == Some(&b';') => end,
                        _ => return Err(Halt::Error(code::INVALID_TOKEN, here)),
                    };
                    if !in_parameter && depth == 0 {
                        return Err(Halt::Error(code::PARAM_ENTITY_REF, here));
                    }
                    let name = String::from_utf8_lossy(&s[i + 1..end]).into_owned();
                    let found = self.shared().parameters.get(&name).cloned();
                    if let Some(t) = found.and_then(|e| e.text) {
                        self.count_expansion(t.len())?;
                        let inner = self.entity_value(&t, here, in_parameter, depth + 1)?;
                        out.extend_from_slice(&inner);
                    } else {
                        let mut d = self.shared();
                        d.stopped = !d.standalone;
                    }
                    i = end + 1;
                }
                b'\r' => {
                    out.push(b'\n');
                    i += if s.get(i + 1) == Some(&b'\n') { 2 } else { 1 };
                }
                c => {
                    out.push(c);
                    i += 1;
                }
            }
        }
        Ok(out)
    }
}
