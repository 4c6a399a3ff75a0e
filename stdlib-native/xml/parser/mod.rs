//! A parser of XML that is fed piece by piece and gives events, with Expat's rules, error codes and positions. It knows nothing of Python.
//!
//! [`scan`] finds tokens, [`decode`] makes text of bytes, [`dtd`] reads declarations, [`content`] and [`prolog`] give tokens their meaning,
//! [`names`] has namespaces. Calling code asks for one event after the other, so that no lock is held while it acts on them.

pub mod content;
pub mod decode;
pub mod dtd;
pub mod names;
pub mod prolog;
pub mod scan;

use decode::{Detected, Encoding, Known, Rest};
use dtd::{Dtd, Model};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

/// Expat's error codes.
#[allow(missing_docs)]
pub mod code {
    pub const NO_MEMORY: i32 = 1;
    pub const SYNTAX: i32 = 2;
    pub const NO_ELEMENTS: i32 = 3;
    pub const INVALID_TOKEN: i32 = 4;
    pub const UNCLOSED_TOKEN: i32 = 5;
    pub const PARTIAL_CHAR: i32 = 6;
    pub const TAG_MISMATCH: i32 = 7;
    pub const DUPLICATE_ATTRIBUTE: i32 = 8;
    pub const JUNK: i32 = 9;
    pub const PARAM_ENTITY_REF: i32 = 10;
    pub const UNDEFINED_ENTITY: i32 = 11;
    pub const RECURSIVE_ENTITY: i32 = 12;
    pub const ASYNC_ENTITY: i32 = 13;
    pub const BAD_CHAR_REF: i32 = 14;
    pub const BINARY_ENTITY: i32 = 15;
    pub const EXTERNAL_IN_ATTRIBUTE: i32 = 16;
    pub const MISPLACED_PI: i32 = 17;
    pub const UNKNOWN_ENCODING: i32 = 18;
    pub const INCORRECT_ENCODING: i32 = 19;
    pub const UNCLOSED_CDATA: i32 = 20;
    pub const EXTERNAL_HANDLING: i32 = 21;
    pub const NOT_STANDALONE: i32 = 22;
    pub const ENTITY_IN_PE: i32 = 24;
    pub const UNBOUND_PREFIX: i32 = 27;
    pub const UNDECLARING_PREFIX: i32 = 28;
    pub const INCOMPLETE_PE: i32 = 29;
    pub const XML_DECL: i32 = 30;
    pub const TEXT_DECL: i32 = 31;
    pub const PUBLIC_ID: i32 = 32;
    pub const FINISHED: i32 = 36;
    pub const RESERVED_XML: i32 = 38;
    pub const RESERVED_XMLNS: i32 = 39;
    pub const RESERVED_URI: i32 = 40;
    pub const INVALID_ARGUMENT: i32 = 41;
    /// Not Expat's: a content model that is nested too deeply.
    pub const TOO_DEEP: i32 = 1000;
    pub const AMPLIFICATION: i32 = 43;
}

/// What happens in a document.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Event {
    Start {
        name: String,
        attributes: Vec<(String, String)>,
        specified: usize,
    },
    End(String),
    Data(String),
    Comment(String),
    Instruction {
        target: String,
        data: String,
    },
    StartCdata,
    EndCdata,
    StartNamespace {
        prefix: Option<String>,
        uri: Option<String>,
    },
    EndNamespace(Option<String>),
    XmlDecl {
        version: Option<String>,
        encoding: Option<String>,
        standalone: i32,
    },
    StartDoctype {
        name: String,
        system: Option<String>,
        public: Option<String>,
        internal: bool,
    },
    EndDoctype,
    EntityDecl {
        name: String,
        parameter: bool,
        value: Option<String>,
        base: Option<String>,
        system: Option<String>,
        public: Option<String>,
        notation: Option<String>,
    },
    NotationDecl {
        name: String,
        base: Option<String>,
        system: Option<String>,
        public: Option<String>,
    },
    ElementDecl {
        name: String,
        model: Model,
    },
    AttlistDecl {
        element: String,
        name: String,
        kind: String,
        default: Option<String>,
        required: bool,
    },
    External {
        context: Option<String>,
        base: Option<String>,
        system: Option<String>,
        public: Option<String>,
    },
    Skipped {
        name: String,
        parameter: bool,
    },
    NotStandalone,
    /// An encoding that is not built in: [`Parser::set_table`] is to be called.
    UnknownEncoding(String),
    /// What has no meaning of its own (white space in the prolog).
    Other,
}

/// An event, and what stands in the text for it, where [`Settings::raw`] asks for that.
pub struct Happening {
    /// What.
    pub event: Event,
    /// Source text.
    pub raw: Option<String>,
}

/// What the calling code wants.
#[derive(Clone)]
pub struct Settings {
    /// Between a namespace and a local name; `None` leaves names as they are.
    pub separator: Option<String>,
    /// Prefixes are added to names.
    pub triplets: bool,
    /// Events have their source text.
    pub raw: bool,
    /// References to internal entities are replaced.
    pub expand: bool,
    /// References to entities that are not expanded are told as such.
    pub tell_skipped: bool,
    /// External entities are asked for.
    pub external: bool,
    /// When external parameter entities are read: never, unless standalone, always.
    pub parameter_entities: i32,
    /// As if there were an external subset.
    pub foreign_dtd: bool,
    /// Start events are wanted: the end of an empty element is then behind it.
    pub start: bool,
    /// The base of relative ids.
    pub base: Option<String>,
    /// Line ends are events of their own.
    pub split_lines: bool,
    /// How much larger a document may become by its entities, and from which size on that is looked at.
    pub amplification: (f32, u64),
    /// The same for the memory that is used.
    pub memory: (f32, u64),
    /// References to external entities that are not asked for are told as skipped.
    pub tell_external: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            separator: None,
            triplets: false,
            raw: false,
            expand: true,
            tell_skipped: false,
            external: false,
            parameter_entities: 0,
            foreign_dtd: false,
            start: true,
            base: None,
            split_lines: true,
            amplification: (100.0, 8 << 20),
            memory: (100.0, 64 << 20),
            tell_external: false,
        }
    }
}

/// Where the parser is in a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Before anything.
    Begin,
    /// Before the root element.
    Prolog,
    /// In the internal subset.
    Subset,
    /// In an external parameter entity.
    ExternalSubset,
    /// Elements and text.
    Content,
    /// In a CDATA section.
    Cdata,
    /// Behind the root element.
    Epilog,
}

/// A text that is being read.
struct Source {
    text: Arc<[u8]>,
    at: usize,
    /// Name of the entity whose text it is.
    entity: Option<String>,
    parameter: bool,
    /// How many elements were open when it began.
    depth: usize,
}

/// A position.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// From 1 on.
    pub line: u64,
    /// From 0 on, in characters.
    pub column: u64,
    /// Of the input; -1 before any.
    pub byte: i64,
}

/// What kind of entity a parser reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A document.
    Document,
    /// An external general entity.
    General,
    /// An external parameter entity.
    Parameter,
}

/// An error's code, and where it is in the text of the document itself.
type Failure = (i32, Option<usize>);
type Outcome<T> = Result<T, Failure>;

/// A parser.
pub struct Parser {
    /// What is wanted.
    pub settings: Settings,
    kind: Kind,
    state: State,
    raw: Vec<u8>,
    encoding: Option<Encoding>,
    /// An encoding that was named from outside.
    protocol: Option<String>,
    asked_encoding: bool,
    rest: Rest,
    text: Vec<u8>,
    at: usize,
    last: bool,
    /// Text before this was counted: its place.
    counted: (usize, Place),
    event_at: usize,
    begun: bool,
    sources: Vec<Source>,
    queue: VecDeque<(Happening, Option<usize>)>,
    /// Events that come before the one that a step gives.
    before: Vec<Event>,
    after: prolog::After,
    tags: Vec<content::Open>,
    namespaces: names::Namespaces,
    open_entities: dtd::Open,
    dtd: Arc<Mutex<Dtd>>,
    doctype: Option<prolog::Doctype>,
    closing: bool,
    includes: usize,
    deferral: bool,
    unfinished: usize,
    ended: bool,
}

impl Parser {
    /// A parser of a document.
    pub fn new(settings: Settings, encoding: Option<String>) -> Parser {
        Parser::with(settings, encoding, Kind::Document, Arc::new(Mutex::new(Dtd::default())))
    }
    fn with(settings: Settings, protocol: Option<String>, kind: Kind, dtd: Arc<Mutex<Dtd>>) -> Parser {
        Parser {
            settings,
            kind,
            state: State::Begin,
            raw: Vec::new(),
            encoding: None,
            protocol,
            asked_encoding: false,
            rest: Rest::Nothing,
            text: Vec::new(),
            at: 0,
            last: false,
            counted: (0, Place { line: 1, column: 0, byte: 0 }),
            event_at: 0,
            begun: false,
            sources: Vec::new(),
            queue: VecDeque::new(),
            before: Vec::new(),
            after: prolog::After::Nothing,
            tags: Vec::new(),
            namespaces: names::Namespaces::new(),
            open_entities: dtd::Open::new(),
            dtd,
            doctype: None,
            closing: false,
            includes: 0,
            deferral: true,
            unfinished: 0,
            ended: false,
        }
    }
    /// A parser of an external entity of this document.
    pub fn external(&self, context: Option<&str>, encoding: Option<String>) -> Parser {
        let kind = if context.is_some() { Kind::General } else { Kind::Parameter };
        let mut p = Parser::with(self.settings.clone(), encoding, kind, self.dtd.clone());
        p.deferral = self.deferral;
        for part in context.unwrap_or("").split('\x0c').filter(|p| !p.is_empty()) {
            match part.split_once('=') {
                Some((prefix, uri)) => p.namespaces.bind(prefix, uri),
                None => {
                    p.open_entities.insert(part.to_string());
                }
            }
        }
        p
    }
    fn shared(&self) -> MutexGuard<'_, Dtd> {
        self.dtd.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
    /// Whether tokens that have not come to their end wait for more than a little text.
    pub fn deferral(&self) -> bool {
        self.deferral
    }
    /// Sets that.
    pub fn set_deferral(&mut self, on: bool) {
        self.deferral = on;
    }
    /// Whether text has been given to it.
    pub fn has_begun(&self) -> bool {
        self.begun
    }
    /// Names the encoding from outside, if nothing was parsed yet.
    pub fn set_protocol(&mut self, name: &str) {
        if !self.begun {
            self.protocol = Some(name.to_string());
        }
    }
    /// Whether its text is decoded from anything but UTF-8.
    pub fn is_converted(&self) -> bool {
        !matches!(self.encoding, Some(Encoding::Utf8) | None)
    }
    /// The input around the current event.
    pub fn context(&self) -> &[u8] {
        &self.text[self.event_at.min(self.text.len())..]
    }

    /// Takes input in. Whether it is worth to ask for events.
    pub fn feed(&mut self, data: &[u8], last: bool) -> Result<bool, i32> {
        if self.ended {
            return Err(code::FINISHED);
        }
        self.begun = true;
        self.last = last;
        self.shared().direct += data.len() as u64;
        self.compact();
        self.raw.extend_from_slice(data);
        if self.encoding.is_some() {
            self.decode();
        }
        let waiting = self.text.len() - self.at;
        if self.deferral && !last && self.unfinished > 0 && waiting < 2 * self.unfinished {
            return Ok(false);
        }
        Ok(true)
    }
    /// Notes how much is left after the events of a piece.
    pub fn pause(&mut self, progressed: bool) {
        self.unfinished = if progressed { 0 } else { self.text.len() - self.at };
    }
    /// Where the next token begins: what has changed was progress.
    pub fn progress(&self) -> (usize, u64) {
        (self.at, self.counted.1.byte as u64)
    }
    fn decode(&mut self) {
        if self.rest == Rest::Nothing
            && let Some(e) = &self.encoding
        {
            let (n, rest) = decode::decode(e, &self.raw, &mut self.text);
            self.raw.drain(..n);
            self.rest = rest;
        }
    }
    /// Forgets text that was read.
    fn compact(&mut self) {
        if self.at < 4096 || !self.sources.is_empty() {
            return;
        }
        self.counted = (0, self.place_of(self.at));
        self.text.drain(..self.at);
        self.event_at = 0;
        self.at = 0;
    }
    fn place_of(&self, at: usize) -> Place {
        let (from, mut p) = self.counted;
        let at = at.min(self.text.len());
        let from = from.min(at);
        let s = &self.text[from..at];
        let mut i = 0;
        while i < s.len() {
            match s[i] {
                b'\n' => {
                    // The second half of CR LF was counted with its first.
                    let pair = (from + i).checked_sub(1).is_some_and(|j| self.text[j] == b'\r');
                    if !pair {
                        p.line += 1;
                    }
                    p.column = 0;
                }
                b'\r' => {
                    p.line += 1;
                    p.column = 0;
                }
                c if c & 0xc0 == 0x80 => {}
                _ => p.column += 1,
            }
            i += 1;
        }
        p.byte += self.encoding.as_ref().map_or(s.len(), |e| e.input_len(s)) as i64;
        p
    }
    /// Where the current event (or the error) is.
    pub fn place(&mut self) -> Place {
        let p = self.place_of(self.event_at);
        if self.event_at >= self.counted.0 {
            self.counted = (self.event_at, p);
        }
        if self.begun { p } else { Place { byte: -1, ..p } }
    }

    /// Finds the encoding out. `None` when more input is needed, or an event.
    fn settle_encoding(&mut self) -> Outcome<Option<Option<Event>>> {
        let (encoding, mark) = match (&self.protocol, decode::detect(&self.raw, self.last)) {
            (_, Detected::More) => return Ok(None),
            (Some(name), d) => {
                let mark = if let Detected::Is(_, n) = d { n } else { 0 };
                match (decode::by_name(name), d) {
                    (Known::Yes(e), _) => (e, mark),
                    (Known::Utf16, Detected::Is(e @ Encoding::Utf16 { .. }, n)) => (e, n),
                    (Known::Utf16, _) => (Encoding::Utf16 { big: true }, 0),
                    (Known::No, _) => return self.unknown_encoding(name.clone()).map(Some),
                }
            }
            (None, Detected::Is(e, n)) => (e, n),
            (None, Detected::Declared(None)) => (Encoding::Utf8, 0),
            (None, Detected::Declared(Some(name))) => match decode::by_name(&name) {
                Known::Yes(e @ Encoding::Utf16 { .. }) => {
                    let _ = e;
                    return self.wrong_encoding();
                }
                Known::Utf16 => return self.wrong_encoding(),
                Known::Yes(e) => {
                    let mark = if self.raw.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
                    (e, mark)
                }
                Known::No => return self.unknown_encoding(name).map(Some),
            },
        };
        self.raw.drain(..mark);
        self.counted.1.byte += mark as i64;
        self.encoding = Some(encoding);
        self.decode();
        Ok(Some(None))
    }
    /// The encoding of a declaration cannot be that of the text: the declaration is where the error is.
    fn wrong_encoding(&mut self) -> Outcome<Option<Option<Event>>> {
        self.encoding = Some(Encoding::Utf8);
        self.decode();
        let at = self.text.windows(8).position(|w| w == b"encoding").map_or(0, |i| {
            let quote = self.text[i..].iter().position(|c| matches!(c, b'"' | b'\''));
            i + quote.map_or(0, |q| q + 1)
        });
        Err((code::INCORRECT_ENCODING, Some(at)))
    }
    fn unknown_encoding(&mut self, name: String) -> Outcome<Option<Event>> {
        if std::mem::replace(&mut self.asked_encoding, true) {
            self.encoding = Some(Encoding::Utf8);
            self.decode();
            let at = self.text.windows(8).position(|w| w == b"encoding").map_or(0, |i| i + 10);
            return Err((code::UNKNOWN_ENCODING, Some(at.min(self.text.len()))));
        }
        Ok(Some(Event::UnknownEncoding(name)))
    }
    /// What the bytes of the encoding that was asked for mean.
    pub fn set_table(&mut self, table: Box<[u32; 256]>) {
        // What markup is written in must mean itself.
        let plain = (0..128_u8).filter(|c| matches!(c, 9 | 10 | 13 | 32..=126) && !b"$@\\^`{}~".contains(c));
        let marks: Vec<u8> = plain.collect();
        let doubled = |i: usize| marks.iter().any(|c| u32::from(*c) == table[i] && usize::from(*c) != i);
        if marks.iter().any(|c| table[usize::from(*c)] != u32::from(*c)) || (0..256).any(doubled) {
            return;
        }
        self.encoding = Some(Encoding::Table(table));
        self.decode();
    }

    /// The next event; `None` when the input is used up. After an error the parser has ended.
    pub fn next(&mut self) -> Result<Option<Happening>, i32> {
        if self.ended {
            return Ok(None);
        }
        match self.advance() {
            Ok(h) => Ok(h),
            Err((c, at)) => {
                self.ended = true;
                if let Some(at) = at {
                    self.event_at = at;
                }
                Err(c)
            }
        }
    }
    /// Ends the parser: nothing more is taken.
    pub fn end(&mut self) {
        self.ended = true;
    }

    fn advance(&mut self) -> Outcome<Option<Happening>> {
        loop {
            if let Some((happening, at)) = self.queue.pop_front() {
                if let Some(at) = at
                    && self.sources.is_empty()
                {
                    self.event_at = at;
                }
                return Ok(Some(happening));
            }
            if self.encoding.is_none() {
                match self.settle_encoding()? {
                    None => return Ok(None),
                    Some(Some(event)) => return Ok(Some(Happening { event, raw: None })),
                    Some(None) => {}
                }
            }
            let from = self.position();
            let level = self.sources.len();
            if level == 0 {
                self.event_at = from;
            }
            let step = match self.state {
                State::Begin => self.begin(),
                State::Content | State::Cdata => self.content(),
                State::Prolog | State::Epilog | State::Subset | State::ExternalSubset => self.prolog(),
            };
            let ended = match step {
                Ok(Some(event)) => {
                    let raw = (self.settings.raw && self.sources.len() >= level).then(|| {
                        let s = if level == 0 { &self.text[..] } else { &self.sources[level - 1].text[..] };
                        let to = if level == 0 { self.at } else { self.sources[level - 1].at };
                        String::from_utf8_lossy(&s[from.min(to)..to]).into_owned()
                    });
                    self.queue.push_front((Happening { event, raw }, None));
                    for event in std::mem::take(&mut self.before).into_iter().rev() {
                        self.queue.push_front((Happening { event, raw: None }, None));
                    }
                    false
                }
                Ok(None) => false,
                Err(Halt::Error(c, at)) => return Err((c, (level == 0).then_some(at))),
                Err(Halt::Coded(c)) => return Err((c, None)),
                Err(Halt::More) => true,
            };
            if ended {
                if self.sources.is_empty() {
                    return self.used_up().map(|()| None);
                }
                self.source_ended()?;
            }
        }
    }
    /// Where in the current source.
    fn position(&self) -> usize {
        self.sources.last().map_or(self.at, |s| s.at)
    }
    fn set_position(&mut self, at: usize) {
        match self.sources.last_mut() {
            Some(s) => s.at = at,
            None => self.at = at,
        }
    }
    /// Runs `f` on the current text.
    fn scan<R>(&self, f: impl FnOnce(&[u8], usize) -> R) -> R {
        match self.sources.last() {
            Some(s) => f(&s.text, s.at),
            None => f(&self.text, self.at),
        }
    }
    fn slice(&self, (from, to): scan::Range) -> String {
        let s = self.sources.last().map_or(&self.text[..], |s| &s.text[..]);
        String::from_utf8_lossy(&s[from..to]).into_owned()
    }
    /// Scans a token; one that goes on behind the text is an error in an entity and at the end.
    fn token(&self, f: impl FnOnce(&[u8], usize) -> scan::Scanned) -> Result<(scan::Token, usize), Halt> {
        self.complete(self.scan(f))
    }
    fn complete<T>(&self, r: Result<T, scan::Stop>) -> Result<T, Halt> {
        match r {
            Ok(t) => Ok(t),
            Err(scan::Stop::Error(c, at)) => Err(Halt::Error(c, at)),
            Err(scan::Stop::More) if !self.sources.is_empty() => Err(Halt::Error(code::UNCLOSED_TOKEN, self.position())),
            Err(scan::Stop::More) if self.rest == Rest::Invalid => Err(Halt::Error(code::INVALID_TOKEN, self.text.len())),
            Err(scan::Stop::More) if self.last && !self.raw.is_empty() => Err(Halt::Error(self.partial(), self.text.len())),
            Err(scan::Stop::More) if self.last => Err(Halt::Error(code::UNCLOSED_TOKEN, self.at)),
            Err(scan::Stop::More) => Err(Halt::More),
        }
    }
    /// The error of a character that has not come to its end.
    fn partial(&self) -> i32 {
        let wide = matches!(self.encoding, Some(Encoding::Utf16 { .. }));
        if wide && self.raw.len() == 1 { code::UNCLOSED_TOKEN } else { code::PARTIAL_CHAR }
    }
    /// Whether the current source is used up.
    fn is_at_end(&self) -> bool {
        self.scan(|s, at| at >= s.len())
    }
    /// The document's text is used up.
    fn used_up(&mut self) -> Outcome<()> {
        if self.at >= self.text.len() && self.rest == Rest::Invalid {
            return Err((code::INVALID_TOKEN, Some(self.at)));
        }
        if !self.last {
            return Ok(());
        }
        if self.at >= self.text.len() && !self.raw.is_empty() {
            return Err((self.partial(), Some(self.at)));
        }
        let end = Some(self.at);
        match (self.state, self.kind) {
            (State::Cdata, _) => return Err((code::UNCLOSED_CDATA, end)),
            (State::Content, Kind::General) if self.tags.is_empty() => {}
            (State::Content, Kind::General) => return Err((code::ASYNC_ENTITY, end)),
            (State::Begin, Kind::General | Kind::Parameter) => {}
            (State::ExternalSubset, _) if self.includes == 0 => {}
            (State::ExternalSubset, _) => return Err((code::SYNTAX, end)),
            (State::Epilog, _) => {}
            _ => return Err((code::NO_ELEMENTS, end)),
        }
        self.event_at = self.at;
        self.ended = true;
        Ok(())
    }
    /// Counts text that comes from an entity.
    fn count_expansion(&mut self, n: usize) -> Result<(), Halt> {
        let mut d = self.shared();
        d.indirect += n as u64;
        let (all, direct) = (d.direct + d.indirect, d.direct.max(1) as f64);
        drop(d);
        let breached = |(factor, threshold): (f32, u64)| all >= threshold && all as f64 > f64::from(factor) * direct;
        if breached(self.settings.amplification) {
            return Err(Halt::Coded(code::AMPLIFICATION));
        }
        if breached(self.settings.memory) { Err(Halt::Coded(code::NO_MEMORY)) } else { Ok(()) }
    }
}

/// Why a step gives no event.
enum Halt {
    /// The text is used up.
    More,
    /// An error in the current text.
    Error(i32, usize),
    /// An error without a place of its own.
    Coded(i32),
}
type Step = Result<Option<Event>, Halt>;
