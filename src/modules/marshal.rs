//! `marshal`: CPython's serialised form (`Python/marshal.c`, version 5) for everything but code objects, which have weft's own form inside.

use gc::{Ref, Reg, Value};
use num_bigint::{BigInt, Sign};
use objects::native::{Method, function};
use objects::protocol::{arith, attr, buffer, call};
use objects::types::bytes::Bytes;
use objects::types::code::{self, Code};
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::ids as exc;
use objects::types::int::{self, as_int};
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::set::{self, Set};
use objects::types::slice::Slice;
use objects::types::str::{Str, as_str, intern};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, type_of, type_value};
use objects::{Cx, PyResult, Raised, ids};
use std::collections::HashMap;

const VERSION: i64 = 5;
const MAX_DEPTH: u32 = 2000;
const REF_FLAG: u8 = 0x80;

struct Writer {
    out: Vec<u8>,
    version: i64,
    allow_code: bool,
    /// Cells written so far, by address. What is written is kept alive by `held`, so that no address means two objects.
    seen: HashMap<u64, u32>,
    held: Vec<Value>,
    depth: u32,
}

impl Writer {
    fn new(version: i64, allow_code: bool) -> Writer {
        Writer { out: Vec::new(), version, allow_code, seen: HashMap::new(), held: Vec::new(), depth: 0 }
    }

    fn size(&mut self, cx: &mut Cx, n: usize) -> PyResult<()> {
        match i32::try_from(n) {
            Ok(n) => {
                self.out.extend(n.to_le_bytes());
                Ok(())
            }
            Err(_) => Err(cx.value_error("unmarshallable object")),
        }
    }

    /// Writes the type byte with the reference flag, or a back reference: then there is nothing more to write.
    fn begin(&mut self, v: Ref<'_>, kind: u8) -> bool {
        if self.version < 3 || v.header().is_none() {
            self.out.push(kind);
            return true;
        }
        let key = v.word().unmarked().0;
        if let Some(&n) = self.seen.get(&key) {
            self.out.push(b'r');
            self.out.extend(n.to_le_bytes());
            return false;
        }
        let n = self.seen.len() as u32;
        self.seen.insert(key, n);
        self.held.push(v.to_value());
        self.out.push(kind | REF_FLAG);
        true
    }

    fn int(&mut self, cx: &mut Cx, v: Ref<'_>, i: int::IntRef<'_>) -> PyResult<()> {
        if let Some(n) = i.to_i64().and_then(|n| i32::try_from(n).ok()) {
            self.out.push(b'i');
            self.out.extend(n.to_le_bytes());
            return Ok(());
        }
        if !self.begin(v, b'l') {
            return Ok(());
        }
        let big = i.to_big();
        let mut digits: Vec<u16> = Vec::new();
        let (mut bits, mut held) = (0u32, 0u32);
        for b in big.magnitude().to_bytes_le() {
            held |= u32::from(b) << bits;
            bits += 8;
            if bits >= 15 {
                digits.push((held & 0x7fff) as u16);
                held >>= 15;
                bits -= 15;
            }
        }
        if held != 0 {
            digits.push(held as u16);
        }
        let Ok(n) = i32::try_from(digits.len()) else { return Err(cx.value_error("unmarshallable object")) };
        self.out.extend(if big.sign() == Sign::Minus { -n } else { n }.to_le_bytes());
        for d in digits {
            self.out.extend(d.to_le_bytes());
        }
        Ok(())
    }

    fn float(&mut self, f: f64) {
        if self.version > 1 {
            self.out.extend(f.to_le_bytes());
        } else {
            let t = text::float_text::repr(f);
            self.out.push(t.len() as u8);
            self.out.extend(t.as_bytes());
        }
    }

    fn text(&mut self, cx: &mut Cx, v: Ref<'_>, s: &Str) -> PyResult<()> {
        let interned = s.is_interned() && self.version >= 3;
        match s.as_ascii() {
            Some(t) if self.version >= 4 => {
                let short = t.len() < 256;
                let kind = match (short, interned) {
                    (true, true) => b'Z',
                    (true, false) => b'z',
                    (false, true) => b'A',
                    (false, false) => b'a',
                };
                if self.begin(v, kind) {
                    if short {
                        self.out.push(t.len() as u8);
                    } else {
                        self.size(cx, t.len())?;
                    }
                    self.out.extend(t.as_bytes());
                }
            }
            _ => {
                if self.begin(v, if interned { b't' } else { b'u' }) {
                    let b = s.to_wtf8();
                    self.size(cx, b.len())?;
                    self.out.extend(b);
                }
            }
        }
        Ok(())
    }

    fn value(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(cx.value_error("object too deeply nested to marshal"));
        }
        cx.check_native_stack()?;
        self.object(cx, v)?;
        self.depth -= 1;
        Ok(())
    }

    fn object(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        let w = v.word();
        for (one, kind) in [(Value::NONE, b'N'), (Value::TRUE, b'T'), (Value::FALSE, b'F'), (Value::ELLIPSIS, b'.')] {
            if w == one.word() {
                self.out.push(kind);
                return Ok(());
            }
        }
        if w == type_value(exc::STOP_ITERATION).word() {
            self.out.push(b'S');
            return Ok(());
        }
        match type_of(v).id {
            ids::INT => match as_int(v) {
                Some(i) => self.int(cx, v, i)?,
                None => return Err(cx.value_error("unmarshallable object")),
            },
            ids::FLOAT => {
                self.out.push(if self.version > 1 { b'g' } else { b'f' });
                self.float(w.float());
            }
            ids::COMPLEX => {
                if self.begin(v, if self.version > 1 { b'y' } else { b'x' }) {
                    let (re, im) = objects::types::complex::arith::as_complex(v).unwrap_or_default();
                    self.float(re);
                    self.float(im);
                }
            }
            ids::STR => {
                if let Some(s) = as_str(v) {
                    self.text(cx, v, s)?;
                }
            }
            ids::TUPLE => {
                let Some(t) = v.exact::<Tuple>() else { return Ok(()) };
                let short = self.version >= 4 && t.len() < 256;
                if self.begin(v, if short { b')' } else { b'(' }) {
                    if short {
                        self.out.push(t.len() as u8);
                    } else {
                        self.size(cx, t.len())?;
                    }
                    for i in t.items() {
                        self.value(cx, *i)?;
                    }
                }
            }
            ids::LIST => {
                let Some(l) = v.exact::<List>() else { return Ok(()) };
                if self.begin(v, b'[') {
                    let items = l.snapshot(cx);
                    self.size(cx, items.len())?;
                    for i in &items {
                        self.value(cx, i.as_ref())?;
                    }
                    self.held.extend(items);
                }
            }
            ids::DICT => {
                let Some(d) = as_dict(v) else { return Ok(()) };
                if self.begin(v, b'{') {
                    for (k, x) in d.items() {
                        self.value(cx, k.as_ref())?;
                        self.value(cx, x.as_ref())?;
                        self.held.extend([k, x]);
                    }
                    self.out.push(b'0');
                }
            }
            ids::SET | ids::FROZENSET => self.set(cx, v)?,
            ids::SLICE if self.version >= 5 => {
                let Some(s) = v.exact::<Slice>() else { return Ok(()) };
                if self.begin(v, b':') {
                    for part in [&s.start, &s.stop, &s.step] {
                        self.value(cx, part.as_ref())?;
                    }
                }
            }
            ids::CODE => {
                if !self.allow_code {
                    return Err(cx.value_error("marshalling code objects is disallowed"));
                }
                let Some(c) = v.exact::<Code>() else { return Ok(()) };
                if self.begin(v, b'c') {
                    let mut data = Vec::new();
                    bytecode::serialise::write_code(&mut data, &c.data);
                    self.size(cx, data.len())?;
                    self.out.extend(data);
                }
            }
            _ if buffer::is_exporter(v) => {
                let data = buffer::bytes_of(cx, v)?;
                if self.begin(v, b's') {
                    self.size(cx, data.len())?;
                    self.out.extend(data);
                }
            }
            _ => return Err(cx.value_error("unmarshallable object")),
        }
        Ok(())
    }

    /// Elements stand in the order of their serialised forms, so that equal sets give equal bytes.
    fn set(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        if !self.begin(v, if set::is_frozen(v) { b'>' } else { b'<' }) {
            return Ok(());
        }
        let mut items = Vec::new();
        for (x, _) in set::hashed_elements(v).unwrap_or_default() {
            let mut w = Writer::new(self.version, self.allow_code);
            w.depth = self.depth;
            w.value(cx, x.as_ref())?;
            items.push((w.out, x));
        }
        items.sort_by(|a, b| a.0.cmp(&b.0));
        self.size(cx, items.len())?;
        for (_, x) in items {
            self.value(cx, x.as_ref())?;
            self.held.push(x);
        }
        Ok(())
    }
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    allow_code: bool,
    /// Objects that back references name; `None` while one is being read that cannot be referred to yet.
    refs: Vec<Option<Value>>,
    depth: u32,
}

impl Reader<'_> {
    fn take(&mut self, cx: &mut Cx, n: usize) -> PyResult<&[u8]> {
        match self.at.checked_add(n).and_then(|end| self.data.get(self.at..end)) {
            Some(b) => {
                self.at += n;
                Ok(b)
            }
            None => Err(cx.error(exc::EOF_ERROR, "marshal data too short")),
        }
    }
    fn byte(&mut self, cx: &mut Cx) -> PyResult<u8> {
        Ok(self.take(cx, 1)?[0])
    }
    fn long(&mut self, cx: &mut Cx) -> PyResult<i32> {
        let b = self.take(cx, 4)?;
        Ok(i32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }
    fn length(&mut self, cx: &mut Cx, what: &str) -> PyResult<usize> {
        let n = self.long(cx)?;
        match usize::try_from(n) {
            Ok(n) => Ok(n),
            Err(_) => Err(bad(cx, &format!("{what} size out of range"))),
        }
    }
    fn binary_float(&mut self, cx: &mut Cx) -> PyResult<f64> {
        let b = self.take(cx, 8)?;
        Ok(f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
    }
    fn text_float(&mut self, cx: &mut Cx) -> PyResult<f64> {
        let n = usize::from(self.byte(cx)?);
        let t = String::from_utf8_lossy(self.take(cx, n)?).into_owned();
        match text::float_text::parse(t.as_bytes()) {
            Some(f) => Ok(f),
            None => Err(cx.value_error(format!("could not convert string to float: '{t}'"))),
        }
    }
    fn reserve(&mut self, flag: bool) -> Option<usize> {
        flag.then(|| {
            self.refs.push(None);
            self.refs.len() - 1
        })
    }
    fn fill(&mut self, slot: Option<usize>, v: &Value) {
        if let Some(i) = slot {
            self.refs[i] = Some(v.clone());
        }
    }

    fn long_int(&mut self, cx: &mut Cx) -> PyResult<Value> {
        let n = self.long(cx)?;
        let count = n.unsigned_abs() as usize;
        let mut bytes = Vec::new();
        let (mut held, mut bits) = (0u32, 0);
        for i in 0..count {
            let b = self.take(cx, 2)?;
            let d = u16::from_le_bytes([b[0], b[1]]);
            if d > 0x7fff {
                return Err(bad(cx, "digit out of range in long"));
            }
            if d == 0 && i + 1 == count {
                return Err(bad(cx, "unnormalized long data"));
            }
            held |= u32::from(d) << bits;
            bits += 15;
            while bits >= 8 {
                bytes.push(held as u8);
                held >>= 8;
                bits -= 8;
            }
        }
        bytes.extend(held.to_le_bytes());
        Ok(int::from_big(BigInt::from_bytes_le(if n < 0 { Sign::Minus } else { Sign::Plus }, &bytes)))
    }

    fn utf8(&mut self, cx: &mut Cx, n: usize) -> PyResult<Value> {
        let b = self.take(cx, n)?;
        if let Ok(s) = std::str::from_utf8(b) {
            return match Str::try_from_text(s) {
                Ok(s) => Ok(s.into_value()),
                Err(_) => Err(cx.memory_error()),
            };
        }
        let b = b.to_vec();
        let d = objects::codecs::decode_fast(cx, &b, objects::codecs::Fast::Utf8, "surrogatepass", true)?;
        Ok(objects::types::str::methods::built(cx, d.text)?.into_value())
    }

    /// One object; `None` for the null that ends a dict.
    fn value(&mut self, cx: &mut Cx) -> PyResult<Option<Value>> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(cx.value_error("recursion limit exceeded"));
        }
        cx.check_native_stack()?;
        let code = match self.data.get(self.at) {
            Some(c) => *c,
            None => return Err(cx.error(exc::EOF_ERROR, "EOF read where object expected")),
        };
        self.at += 1;
        let r = self.object(cx, code & !REF_FLAG, code & REF_FLAG != 0)?;
        self.depth -= 1;
        Ok(r)
    }

    fn item(&mut self, cx: &mut Cx, within: &str) -> PyResult<Value> {
        match self.value(cx)? {
            Some(v) => Ok(v),
            None => Err(cx.type_error(format!("NULL object in marshal data for {within}"))),
        }
    }

    fn object(&mut self, cx: &mut Cx, kind: u8, flag: bool) -> PyResult<Option<Value>> {
        let v = match kind {
            b'0' => return Ok(None),
            b'N' => return Ok(Some(Value::NONE)),
            b'T' => return Ok(Some(Value::TRUE)),
            b'F' => return Ok(Some(Value::FALSE)),
            b'.' => return Ok(Some(Value::ELLIPSIS)),
            b'S' => return Ok(Some(type_value(exc::STOP_ITERATION))),
            b'r' => {
                let n = self.long(cx)?;
                return match usize::try_from(n).ok().and_then(|n| self.refs.get(n)) {
                    Some(Some(v)) => Ok(Some(v.clone())),
                    _ => Err(bad(cx, "invalid reference")),
                };
            }
            b'i' => int::from_i64(i64::from(self.long(cx)?)),
            b'I' => {
                let b = self.take(cx, 8)?;
                int::from_i64(i64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
            }
            b'l' => self.long_int(cx)?,
            b'g' => Value::float(self.binary_float(cx)?),
            b'f' => Value::float(self.text_float(cx)?),
            b'y' => {
                let re = self.binary_float(cx)?;
                objects::types::complex::new(re, self.binary_float(cx)?)
            }
            b'x' => {
                let re = self.text_float(cx)?;
                objects::types::complex::new(re, self.text_float(cx)?)
            }
            b's' => {
                let n = self.length(cx, "bytes object")?;
                match Bytes::try_new(self.take(cx, n)?) {
                    Some(b) => b.into_value(),
                    None => return Err(cx.memory_error()),
                }
            }
            b'a' | b'A' => {
                let n = self.length(cx, "string")?;
                self.ascii(cx, n, kind == b'A')?
            }
            b'z' | b'Z' => {
                let n = usize::from(self.byte(cx)?);
                self.ascii(cx, n, kind == b'Z')?
            }
            b'u' | b't' => {
                let n = self.length(cx, "string")?;
                let s = self.utf8(cx, n)?;
                if kind == b't' { intern::intern(s) } else { s }
            }
            b')' | b'(' => {
                let n = if kind == b')' { usize::from(self.byte(cx)?) } else { self.length(cx, "tuple")? };
                let slot = self.reserve(flag);
                let items = self.items(cx, n, "tuple")?;
                let v = Tuple::from_values(items).into_value();
                self.fill(slot, &v);
                return Ok(Some(v));
            }
            b'[' => {
                let n = self.length(cx, "list")?;
                let l = List::new();
                if flag {
                    self.refs.push(Some(l.value().clone()));
                }
                for _ in 0..n {
                    let v = self.item(cx, "list")?;
                    l.append(cx, v)?;
                }
                return Ok(Some(l.into_value()));
            }
            b'{' => {
                let d = Dict::new();
                if flag {
                    self.refs.push(Some(d.value().clone()));
                }
                while let Some(k) = self.value(cx)? {
                    let Some(v) = self.value(cx)? else { break };
                    d.set(cx, k.as_ref(), v.as_ref())?;
                }
                return Ok(Some(d.into_value()));
            }
            b'<' | b'>' => {
                let n = self.length(cx, "set")?;
                let s = Set::of_id(if kind == b'<' { ids::SET } else { ids::FROZENSET });
                let slot = if kind == b'<' && flag {
                    self.refs.push(Some(s.value().clone()));
                    None
                } else {
                    self.reserve(flag)
                };
                for _ in 0..n {
                    let v = self.item(cx, "set")?;
                    s.add(cx, v.as_ref())?;
                }
                let v = s.into_value();
                self.fill(slot, &v);
                return Ok(Some(v));
            }
            b':' => {
                let slot = self.reserve(flag);
                let (a, b, c) = (self.item(cx, "slice")?, self.item(cx, "slice")?, self.item(cx, "slice")?);
                let v = objects::types::slice::new(a, b, c);
                self.fill(slot, &v);
                return Ok(Some(v));
            }
            b'c' => {
                if !self.allow_code {
                    return Err(cx.value_error("unmarshalling code objects is disallowed"));
                }
                let slot = self.reserve(flag);
                let n = self.length(cx, "code")?;
                let v = match bytecode::serialise::read_code(self.take(cx, n)?) {
                    Ok(c) => code::new(c).into_value(),
                    Err(_) => return Err(bad(cx, "invalid code object")),
                };
                self.fill(slot, &v);
                return Ok(Some(v));
            }
            _ => return Err(bad(cx, "unknown type code")),
        };
        if flag {
            self.refs.push(Some(v.clone()));
        }
        Ok(Some(v))
    }

    fn ascii(&mut self, cx: &mut Cx, n: usize, interned: bool) -> PyResult<Value> {
        let s = match Str::try_from_latin1(self.take(cx, n)?) {
            Ok(s) => s.into_value(),
            Err(_) => return Err(cx.memory_error()),
        };
        Ok(if interned { intern::intern(s) } else { s })
    }

    fn items(&mut self, cx: &mut Cx, n: usize, within: &str) -> PyResult<Vec<Value>> {
        // The count is not believed before the items are there.
        let mut items = Vec::with_capacity(n.min(self.data.len() - self.at));
        for _ in 0..n {
            items.push(self.item(cx, within)?);
        }
        Ok(items)
    }
}

#[cold]
fn bad(cx: &mut Cx, why: &str) -> Raised {
    cx.value_error(format!("bad marshal data ({why})"))
}

fn flag(cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
    match v.given() {
        Some(v) => objects::protocol::truth::of(cx, v),
        None => Ok(true),
    }
}

fn serialise(cx: &mut Cx, v: Ref<'_>, version: Ref<'_>, allow_code: Ref<'_>) -> PyResult<Vec<u8>> {
    let version = match version.given() {
        Some(n) => i64::from(int::c_int(cx, n)?),
        None => VERSION,
    };
    let mut w = Writer::new(version, flag(cx, allow_code)?);
    w.value(cx, v)?;
    Ok(w.out)
}

fn dumps(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let out = serialise(cx, a[0], a[1], a[2])?;
    Ok(Bytes::new(&out).into())
}

fn dump(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let out = serialise(cx, a[0], a[2], a[3])?;
    let data = Bytes::new(&out);
    call::method(cx, a[1], objects::names::write(), &[data.value().as_ref()])
}

/// Reads one object from the start of `data`; also says how many bytes it took.
pub fn read(cx: &mut Cx, data: &[u8], allow_code: bool) -> PyResult<(Value, usize)> {
    let mut r = Reader { data, at: 0, allow_code, refs: Vec::new(), depth: 0 };
    let v = r.item(cx, "object")?;
    Ok((v, r.at))
}

fn loads(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let allow = flag(cx, a[1])?;
    let data = buffer::bytes_of(cx, a[0])?;
    Ok(read(cx, &data, allow)?.0.into())
}

/// Reads the rest of the file and puts the position after the object, where the file can do that.
fn load(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let allow = flag(cx, a[1])?;
    let empty = call::method(cx, a[0], Str::intern_text("read").as_ref(), &[Value::small_int(0).as_ref()])?;
    if empty.as_ref().downcast::<Bytes>().is_none() {
        let n = type_of(empty.as_ref()).name_text();
        return Err(cx.type_error(format!("file.read() returned not bytes but {n}")));
    }
    let start = match attr::get_optional(cx, a[0], Str::intern_text("tell").as_ref())? {
        Some(tell) => Some(call::positional(cx, tell.as_ref(), &[])?),
        None => None,
    };
    let all = call::method(cx, a[0], Str::intern_text("read").as_ref(), &[])?;
    let data = buffer::bytes_of(cx, all.as_ref())?;
    let (v, used) = read(cx, &data, allow)?;
    if let Some(start) = start
        && used < data.len()
    {
        let at = arith::binary(cx, arith::Op::Add, start.as_ref(), int::from_usize(used).as_ref())?.into_value();
        call::method(cx, a[0], Str::intern_text("seek").as_ref(), &[at.as_ref()])?;
    }
    Ok(v.into())
}

static FUNCTIONS: &[Method] = &[
    function("dump", "($module, value, file, version=5, /, *, allow_code=True)", dump, "Writes the serialised value to a binary file."),
    function("dumps", "($module, value, version=5, /, *, allow_code=True)", dumps, "The bytes that dump() would write."),
    function("load", "($module, file, /, *, allow_code=True)", load, "Reads one value from a binary file."),
    function("loads", "($module, bytes, /, *, allow_code=True)", loads, "Turns bytes into a value; what follows it is ignored."),
];

/// `marshal`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "marshal",
    doc: "Serialised values in a form private to Python implementations; code objects only for this version of weft.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("version", Value::small_int(VERSION));
        Ok(())
    },
};
