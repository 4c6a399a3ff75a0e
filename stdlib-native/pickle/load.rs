//! Reading pickles: the stack machine.

use super::source::Source;
use super::{broken, member, names, op};
use crate::name::Name;
use gc::{Payload, Ref, Reg, Value};
use objects::protocol::{attr, buffer, call, item, iter};
use objects::types::bytearray::ByteArray;
use objects::types::bytes::shared::new_bytes;
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::list::List;
use objects::types::set::Set;
use objects::types::str::{Str, as_str, intern};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, as_type, flags, type_of};
use objects::types::{instance, memoryview};
use objects::{Args, Cx, PyResult, ids};

static SETSTATE: Name = Name::new("__setstate__");
static APPEND: Name = Name::new("append");
static EXTEND: Name = Name::new("extend");
static ADD: Name = Name::new("add");
static FIND_CLASS: Name = Name::new("find_class");
static GETINITARGS: Name = Name::new("__getinitargs__");

/// A reader's settings and state.
pub struct Loader<'a> {
    /// Where bytes come from.
    pub source: Source<'a>,
    /// Objects by number.
    pub memo: Vec<Option<Value>>,
    /// Names of Python 2 are translated.
    pub fix_imports: bool,
    /// Encoding of Python 2's strings.
    pub encoding: Value,
    /// How its errors are handled.
    pub errors: Value,
    /// Iterator over buffers, if any were given.
    pub buffers: Option<Value>,
    /// `persistent_load`.
    pub persistent_load: Option<Value>,
    /// The object whose `find_class` is called, when it may be overridden.
    pub finder: Option<Value>,
    /// Protocol of the pickle.
    pub proto: i64,
    stack: Vec<Value>,
    marks: Vec<usize>,
}

/// Most numbers that the memo takes at once beyond what it has, so that a forged pickle cannot use up memory.
const MEMO_STEP: usize = 1 << 24;

impl<'a> Loader<'a> {
    /// For a source.
    pub fn new(source: Source<'a>) -> Loader<'a> {
        Loader {
            source,
            memo: Vec::new(),
            fix_imports: true,
            encoding: Str::from_text("ASCII").into_value(),
            errors: Str::from_text("strict").into_value(),
            buffers: None,
            persistent_load: None,
            finder: None,
            proto: 0,
            stack: Vec::new(),
            marks: Vec::new(),
        }
    }

    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }
    fn underflow(&self, cx: &mut Cx) -> objects::Raised {
        let m = if self.marks.is_empty() { "unpickling stack underflow" } else { "unexpected MARK found" };
        broken(cx, m)
    }
    #[inline]
    fn pop(&mut self, cx: &mut Cx) -> PyResult<Value> {
        if self.stack.len() <= self.floor() {
            return Err(self.underflow(cx));
        }
        match self.stack.pop() {
            Some(v) => Ok(v),
            None => Err(self.underflow(cx)),
        }
    }
    fn top(&self, cx: &mut Cx) -> PyResult<Value> {
        if self.stack.len() <= self.floor() {
            return Err(self.underflow(cx));
        }
        match self.stack.last() {
            Some(v) => Ok(v.clone()),
            None => Err(self.underflow(cx)),
        }
    }
    /// What stands above the last MARK, which goes.
    fn above_mark(&mut self, cx: &mut Cx) -> PyResult<Vec<Value>> {
        match self.marks.pop() {
            Some(m) => Ok(self.stack.split_off(m.min(self.stack.len()))),
            None => Err(broken(cx, "could not find MARK")),
        }
    }
    fn number<const N: usize>(&mut self, cx: &mut Cx) -> PyResult<u64> {
        self.source.take(cx, N, |_, d| {
            let mut b = [0u8; 8];
            b[..N].copy_from_slice(d);
            Ok(u64::from_le_bytes(b))
        })
    }
    fn size(&mut self, cx: &mut Cx, n: u64) -> PyResult<usize> {
        match usize::try_from(n) {
            Ok(n) if n <= isize::MAX as usize => Ok(n),
            _ => Err(cx.overflow_error("BINBYTES exceeds system's maximum size of 9223372036854775807 bytes")),
        }
    }

    /// Reads until STOP.
    pub fn load(&mut self, cx: &mut Cx) -> PyResult<Value> {
        self.stack.clear();
        self.marks.clear();
        self.proto = 0;
        let mut n = 0u32;
        loop {
            let o = self.source.opcode(cx)?;
            if o == op::STOP {
                return self.pop(cx);
            }
            self.step(cx, o)?;
            n = n.wrapping_add(1);
            if n % 4096 == 0 {
                cx.poll()?;
            }
        }
    }

    #[inline]
    fn step(&mut self, cx: &mut Cx, o: u8) -> PyResult<()> {
        match o {
            op::NONE => self.stack.push(Value::NONE),
            op::NEWTRUE => self.stack.push(Value::TRUE),
            op::NEWFALSE => self.stack.push(Value::FALSE),
            op::BININT => {
                let n = self.number::<4>(cx)? as u32 as i32;
                self.stack.push(Value::small_int(n.into()));
            }
            op::BININT1 => {
                let n = self.number::<1>(cx)?;
                self.stack.push(Value::small_int(n as i64));
            }
            op::BININT2 => {
                let n = self.number::<2>(cx)?;
                self.stack.push(Value::small_int(n as i64));
            }
            op::BINFLOAT => {
                let f = self.number::<8>(cx)?;
                self.stack.push(Value::float(f64::from_bits(f.swap_bytes())));
            }
            op::SHORT_BINUNICODE => {
                let n = self.number::<1>(cx)?;
                self.unicode(cx, n)?;
            }
            op::BINUNICODE => {
                let n = self.number::<4>(cx)?;
                self.unicode(cx, n)?;
            }
            op::BINUNICODE8 => {
                let n = self.number::<8>(cx)?;
                self.unicode(cx, n)?;
            }
            op::SHORT_BINBYTES => {
                let n = self.number::<1>(cx)?;
                self.bytes(cx, n)?;
            }
            op::BINBYTES => {
                let n = self.number::<4>(cx)?;
                self.bytes(cx, n)?;
            }
            op::BINBYTES8 => {
                let n = self.number::<8>(cx)?;
                self.bytes(cx, n)?;
            }
            op::MEMOIZE => {
                let n = self.memo.iter().rposition(Option::is_some).map_or(0, |n| n + 1);
                let v = self.top(cx)?;
                self.remember(cx, n, v)?;
            }
            op::BINGET => {
                let n = self.number::<1>(cx)?;
                self.recall(cx, n)?;
            }
            op::LONG_BINGET => {
                let n = self.number::<4>(cx)?;
                self.recall(cx, n)?;
            }
            op::BINPUT => {
                let n = self.number::<1>(cx)? as usize;
                let v = self.top(cx)?;
                self.remember(cx, n, v)?;
            }
            op::LONG_BINPUT => {
                let n = self.number::<4>(cx)? as usize;
                let v = self.top(cx)?;
                self.remember(cx, n, v)?;
            }
            op::MARK => self.marks.push(self.stack.len()),
            op::EMPTY_TUPLE => self.stack.push(Tuple::empty().into_value()),
            op::EMPTY_LIST => self.stack.push(List::new().into_value()),
            op::EMPTY_DICT => self.stack.push(Dict::new().into_value()),
            op::EMPTY_SET => self.stack.push(Set::new().into_value()),
            op::TUPLE1 | op::TUPLE2 | op::TUPLE3 => {
                let n = usize::from(o - op::TUPLE1) + 1;
                if self.stack.len() < self.floor() + n {
                    return Err(self.underflow(cx));
                }
                let items = self.stack.split_off(self.stack.len() - n);
                self.stack.push(Tuple::from_values(items).into_value());
            }
            op::TUPLE => {
                let items = self.above_mark(cx)?;
                self.stack.push(Tuple::from_values(items).into_value());
            }
            op::APPEND => {
                let v = self.pop(cx)?;
                self.append(cx, vec![v])?;
            }
            op::APPENDS => {
                let items = self.above_mark(cx)?;
                self.append(cx, items)?;
            }
            op::SETITEM => {
                let v = self.pop(cx)?;
                let k = self.pop(cx)?;
                self.set_items(cx, vec![k, v])?;
            }
            op::SETITEMS => {
                let items = self.above_mark(cx)?;
                self.set_items(cx, items)?;
            }
            op::PROTO => {
                let p = self.number::<1>(cx)? as i64;
                if p > op::HIGHEST {
                    return Err(cx.value_error(format!("unsupported pickle protocol: {p}")));
                }
                self.proto = p;
            }
            op::FRAME => {
                let n = self.number::<8>(cx)?;
                let n = self.size(cx, n)?;
                self.source.begin_frame(cx, n)?;
            }
            op::STACK_GLOBAL => {
                let name = self.pop(cx)?;
                let module = self.pop(cx)?;
                if as_str(name.as_ref()).is_none() || as_str(module.as_ref()).is_none() {
                    return Err(broken(cx, "STACK_GLOBAL requires str"));
                }
                let v = self.find(cx, module, name)?;
                self.stack.push(v);
            }
            op::REDUCE => {
                let args = self.pop(cx)?;
                let f = self.pop(cx)?;
                let Some(t) = args.as_ref().downcast::<Tuple>() else {
                    return Err(cx.type_error("argument list must be a tuple"));
                };
                let v = call::positional(cx, f.as_ref(), t.items())?;
                self.stack.push(v);
            }
            op::NEWOBJ => {
                let args = self.pop(cx)?;
                let class = self.pop(cx)?;
                self.new_object(cx, "NEWOBJ", class, args, None)?;
            }
            op::NEWOBJ_EX => {
                let keywords = self.pop(cx)?;
                let args = self.pop(cx)?;
                let class = self.pop(cx)?;
                self.new_object(cx, "NEWOBJ_EX", class, args, Some(keywords))?;
            }
            op::BUILD => self.build(cx)?,
            _ => return self.rare_step(cx, o),
        }
        Ok(())
    }

    fn rare_step(&mut self, cx: &mut Cx, o: u8) -> PyResult<()> {
        match o {
            op::INT => self.int_line(cx)?,
            op::LONG => {
                let line = self.source.line(cx)?;
                let text = line.strip_suffix(b"L").unwrap_or(&line);
                let s = Str::from_latin1(text);
                let class = objects::types::type_::type_value(ids::INT);
                let v = call::positional(cx, class.as_ref(), &[s.as_ref()])?;
                self.stack.push(v);
            }
            op::LONG1 | op::LONG4 => {
                let n = if o == op::LONG1 { self.number::<1>(cx)? as i64 } else { i64::from(self.number::<4>(cx)? as u32 as i32) };
                let Ok(n) = usize::try_from(n) else { return Err(broken(cx, "LONG pickle has negative byte count")) };
                let v = self.source.take(cx, n, |_, d| Ok(int::from_big(num_bigint::BigInt::from_signed_bytes_le(d))))?;
                self.stack.push(v);
            }
            op::FLOAT => {
                let line = self.source.line(cx)?;
                match text::float_text::parse(&line) {
                    Some(f) => self.stack.push(Value::float(f)),
                    None => {
                        let s = String::from_utf8_lossy(&line).into_owned();
                        let shown = Str::from_text(&format!("{s}\n")).into_value();
                        let shown = objects::protocol::text::repr(cx, shown.as_ref())?.to_string_lossy();
                        let shown = shown.trim_matches('\'').replace("\\n", "\n");
                        return Err(cx.value_error(format!("could not convert string to float: '{shown}'")));
                    }
                }
            }
            op::STRING => {
                let line = self.source.line(cx)?;
                let line = line.trim_ascii_end();
                let inner = match line {
                    [q @ (b'\'' | b'"'), inner @ .., r] if q == r => inner,
                    _ => return Err(broken(cx, "the STRING opcode argument must be quoted")),
                };
                let b = new_bytes(cx, inner)?;
                let f = member(cx, "_codecs", "escape_decode")?;
                let r = call::positional(cx, f.as_ref(), &[b.as_ref()])?;
                let decoded = r.as_ref().downcast::<Tuple>().map_or(Value::NONE, |t| t.get(0).to_value());
                let data = buffer::bytes_of(cx, decoded.as_ref())?;
                self.old_string(cx, &data)?;
            }
            op::BINSTRING | op::SHORT_BINSTRING => {
                let n = if o == op::BINSTRING { i64::from(self.number::<4>(cx)? as u32 as i32) } else { self.number::<1>(cx)? as i64 };
                let Ok(n) = usize::try_from(n) else { return Err(broken(cx, "BINSTRING pickle has negative byte count")) };
                let data = self.source.take(cx, n, |_, d| Ok(d.to_vec()))?;
                self.old_string(cx, &data)?;
            }
            op::UNICODE => {
                let line = self.source.line(cx)?;
                let b = new_bytes(cx, &line)?;
                let f = member(cx, "_codecs", "raw_unicode_escape_decode")?;
                let r = call::positional(cx, f.as_ref(), &[b.as_ref()])?;
                let s = r.as_ref().downcast::<Tuple>().map_or(Value::NONE, |t| t.get(0).to_value());
                self.stack.push(s);
            }
            op::BYTEARRAY8 => {
                let n = self.number::<8>(cx)?;
                let n = self.size(cx, n)?;
                if n > 1 << 40 {
                    return Err(cx.memory_error());
                }
                let v = self.source.take(cx, n, |_, d| Ok(ByteArray::new(d.to_vec()).into_value()))?;
                self.stack.push(v);
            }
            op::NEXT_BUFFER => {
                let Some(b) = self.buffers.clone() else {
                    let m = "pickle stream refers to out-of-band data but no *buffers* argument was given";
                    return Err(broken(cx, m));
                };
                match iter::next(cx, b.as_ref())? {
                    Some(v) => self.stack.push(v.into_value()),
                    None => return Err(broken(cx, "not enough out-of-band buffers")),
                }
            }
            op::READONLY_BUFFER => {
                let v = self.pop(cx)?;
                let m = memoryview::of_object(cx, v.as_ref())?;
                let readonly = attr::get_text(cx, m.as_ref(), "readonly")?.into_value();
                if readonly.word() == gc::Word::TRUE {
                    self.stack.push(v);
                } else {
                    let f = attr::get_text(cx, m.as_ref(), "toreadonly")?.into_value();
                    let r = call::positional(cx, f.as_ref(), &[])?;
                    self.stack.push(r);
                }
            }
            op::POP => {
                // A MARK on top goes instead.
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                } else {
                    drop(self.pop(cx)?);
                }
            }
            op::POP_MARK => drop(self.above_mark(cx)?),
            op::DUP => {
                let v = self.top(cx)?;
                self.stack.push(v);
            }
            op::LIST => {
                let items = self.above_mark(cx)?;
                self.stack.push(List::from_values(items).into_value());
            }
            op::DICT => {
                let items = self.above_mark(cx)?;
                if items.len() % 2 != 0 {
                    return Err(broken(cx, "odd number of items for DICT"));
                }
                let d = Dict::new();
                for pair in items.chunks(2) {
                    d.set(cx, pair[0].as_ref(), pair[1].as_ref())?;
                }
                self.stack.push(d.into_value());
            }
            op::ADDITEMS => {
                let items = self.above_mark(cx)?;
                let set = self.top(cx)?;
                match set.as_ref().downcast::<Set>() {
                    Some(s) => {
                        for x in &items {
                            s.add(cx, x.as_ref())?;
                        }
                    }
                    None => {
                        for x in &items {
                            drop(call::method(cx, set.as_ref(), ADD.get(), &[x.as_ref()])?);
                        }
                    }
                }
            }
            op::FROZENSET => {
                let items = self.above_mark(cx)?;
                let s = Set::of_id(ids::FROZENSET);
                for x in &items {
                    s.add(cx, x.as_ref())?;
                }
                self.stack.push(s.into_value());
            }
            op::GET | op::PUT => {
                let line = self.source.line(cx)?;
                let n = std::str::from_utf8(&line).ok().and_then(|t| t.trim().parse::<i64>().ok());
                let Some(n) = n else {
                    let s = Str::from_text(&format!("{}\n", String::from_utf8_lossy(&line))).into_value();
                    let shown = objects::protocol::text::repr(cx, s.as_ref())?.to_string_lossy();
                    return Err(cx.value_error(format!("invalid literal for int() with base 10: {shown}")));
                };
                if o == op::GET {
                    return self.recall(cx, n as u64);
                }
                let v = self.top(cx)?;
                let Ok(n) = usize::try_from(n) else { return Err(cx.value_error("negative PUT argument")) };
                self.remember(cx, n, v)?;
            }
            op::GLOBAL => {
                let v = self.global_line(cx)?;
                self.stack.push(v);
            }
            op::INST => {
                let args = self.above_mark(cx)?;
                let class = self.global_line(cx)?;
                self.instantiate(cx, class, args)?;
            }
            op::OBJ => {
                let mut args = self.above_mark(cx)?;
                if args.is_empty() {
                    return Err(self.underflow(cx));
                }
                let class = args.remove(0);
                self.instantiate(cx, class, args)?;
            }
            op::PERSID => {
                let line = self.source.line(cx)?;
                if !line.is_ascii() {
                    return Err(broken(cx, "persistent IDs in protocol 0 must be ASCII strings"));
                }
                let pid = Str::from_latin1(&line).into_value();
                self.persistent(cx, pid)?;
            }
            op::BINPERSID => {
                let pid = self.pop(cx)?;
                self.persistent(cx, pid)?;
            }
            op::EXT1 => {
                let n = self.number::<1>(cx)? as i64;
                self.extension(cx, n)?;
            }
            op::EXT2 => {
                let n = self.number::<2>(cx)? as i64;
                self.extension(cx, n)?;
            }
            op::EXT4 => {
                let n = i64::from(self.number::<4>(cx)? as u32 as i32);
                self.extension(cx, n)?;
            }
            c => {
                let shown = match c {
                    b'\'' => "\"'\"".to_string(),
                    b'\\' => "'\\\\'".to_string(),
                    0x20..=0x7e => format!("'{}'", c as char),
                    _ => format!("'\\x{c:02x}'"),
                };
                return Err(broken(cx, format!("invalid load key, {shown}.")));
            }
        }
        Ok(())
    }

    fn unicode(&mut self, cx: &mut Cx, n: u64) -> PyResult<()> {
        let n = self.size(cx, n)?;
        let v = self.source.take(cx, n, |cx, d| {
            if d.is_ascii() {
                return match Str::try_from_latin1(d) {
                    Ok(s) => Ok(s.into_value()),
                    Err(_) => Err(cx.memory_error()),
                };
            }
            let codec = objects::codecs::Fast::named("utf-8");
            match codec {
                Some(c) => {
                    let text = objects::codecs::decode_fast(cx, d, c, "surrogatepass", true)?.text;
                    match Str::try_from_built(text.finish()) {
                        Ok(s) => Ok(s.into_value()),
                        Err(_) => Err(cx.memory_error()),
                    }
                }
                None => Ok(Str::from_wtf8(d).into_value()),
            }
        })?;
        self.stack.push(v);
        Ok(())
    }
    fn bytes(&mut self, cx: &mut Cx, n: u64) -> PyResult<()> {
        let n = self.size(cx, n)?;
        let v = self.source.take(cx, n, new_bytes)?;
        self.stack.push(v);
        Ok(())
    }
    /// A string of Python 2.
    fn old_string(&mut self, cx: &mut Cx, data: &[u8]) -> PyResult<()> {
        let b = new_bytes(cx, data)?;
        let v = if as_str(self.encoding.as_ref()).is_some_and(|s| s.eq_str("bytes")) {
            b
        } else {
            objects::codecs::decode_object(cx, b.as_ref(), as_str(self.encoding.as_ref()), as_str(self.errors.as_ref()))?
        };
        self.stack.push(v);
        Ok(())
    }
    fn int_line(&mut self, cx: &mut Cx) -> PyResult<()> {
        let line = self.source.line(cx)?;
        let v = match &line[..] {
            b"00" => Value::FALSE,
            b"01" => Value::TRUE,
            l => match std::str::from_utf8(l).ok().and_then(|t| t.trim().parse::<i64>().ok()) {
                Some(n) => int::from_i64(n),
                None => {
                    let s = Str::from_latin1(l);
                    let class = objects::types::type_::type_value(ids::INT);
                    match call::positional(cx, class.as_ref(), &[s.as_ref(), Value::small_int(0).as_ref()]) {
                        Ok(v) => v,
                        Err(e) => {
                            drop(cx.catch_if(e, exc::VALUE_ERROR)?);
                            return Err(cx.value_error("could not convert string to int"));
                        }
                    }
                }
            },
        };
        self.stack.push(v);
        Ok(())
    }
    fn remember(&mut self, cx: &mut Cx, n: usize, v: Value) -> PyResult<()> {
        if n >= self.memo.len() {
            if n - self.memo.len() > MEMO_STEP {
                return Err(cx.memory_error());
            }
            self.memo.resize(n + 1, None);
        }
        self.memo[n] = Some(v);
        Ok(())
    }
    fn recall(&mut self, cx: &mut Cx, n: u64) -> PyResult<()> {
        match usize::try_from(n).ok().and_then(|n| self.memo.get(n)).and_then(Option::clone) {
            Some(v) => {
                self.stack.push(v);
                Ok(())
            }
            None => Err(broken(cx, format!("Memo value not found at index {}", n as i64))),
        }
    }
    fn append(&mut self, cx: &mut Cx, items: Vec<Value>) -> PyResult<()> {
        let target = self.top(cx)?;
        if let Some(l) = target.as_ref().exact::<List>() {
            let n = l.len();
            if l.splice(n, n, items).is_err() {
                return Err(cx.memory_error());
            }
            return Ok(());
        }
        if let Some(f) = attr::get_optional(cx, target.as_ref(), EXTEND.get())? {
            let list = List::from_values(items);
            return call::positional(cx, f.as_ref(), &[list.as_ref()]).map(drop);
        }
        let f = attr::get(cx, target.as_ref(), APPEND.get())?.into_value();
        for x in &items {
            drop(call::positional(cx, f.as_ref(), &[x.as_ref()])?);
        }
        Ok(())
    }
    fn set_items(&mut self, cx: &mut Cx, items: Vec<Value>) -> PyResult<()> {
        let target = self.top(cx)?;
        if items.len() % 2 != 0 {
            return Err(broken(cx, "odd number of items for SETITEMS"));
        }
        let exact = target.as_ref().exact::<Dict>();
        let mut items = items.into_iter();
        while let (Some(k), Some(v)) = (items.next(), items.next()) {
            match exact {
                Some(d) if k.as_ref().exact::<Str>().is_some() => d.set_str(k.as_ref(), v),
                Some(d) => d.set(cx, k.as_ref(), v.as_ref())?,
                None => item::set(cx, target.as_ref(), k.as_ref(), Some(v.as_ref()))?,
            }
        }
        Ok(())
    }
    fn global_line(&mut self, cx: &mut Cx) -> PyResult<Value> {
        let module = Str::from_wtf8(&self.source.line(cx)?).into_value();
        let name = Str::from_wtf8(&self.source.line(cx)?).into_value();
        self.find(cx, module, name)
    }
    fn find(&mut self, cx: &mut Cx, module: Value, name: Value) -> PyResult<Value> {
        match self.finder.clone() {
            Some(f) => {
                super::unpickler::note_protocol(cx, f.as_ref(), self.proto);
                call::method(cx, f.as_ref(), FIND_CLASS.get(), &[module.as_ref(), name.as_ref()]).map(Reg::into_value)
            }
            None => find_class(cx, module, name, self.proto, self.fix_imports),
        }
    }
    fn persistent(&mut self, cx: &mut Cx, pid: Value) -> PyResult<()> {
        let Some(f) = self.persistent_load.clone() else {
            let m = "A load persistent id instruction was encountered, but no persistent_load function was specified.";
            return Err(broken(cx, m));
        };
        let v = call::positional(cx, f.as_ref(), &[pid.as_ref()])?;
        self.stack.push(v);
        Ok(())
    }
    fn extension(&mut self, cx: &mut Cx, code: i64) -> PyResult<()> {
        if code <= 0 {
            return Err(broken(cx, "EXT specifies code <= 0"));
        }
        let key = int::from_i64(code);
        let cache = member(cx, "copyreg", "_extension_cache")?;
        if let Some(d) = as_dict(cache.as_ref())
            && let Some(v) = d.get(cx, key.as_ref())?
        {
            self.stack.push(v.into_value());
            return Ok(());
        }
        let inverted = member(cx, "copyreg", "_inverted_registry")?;
        let pair = match as_dict(inverted.as_ref()) {
            Some(d) => d.get(cx, key.as_ref())?.map(Reg::into_value),
            None => None,
        };
        let Some(pair) = pair else { return Err(cx.value_error(format!("unregistered extension code {code}"))) };
        let Some([module, name]) = pair.as_ref().downcast::<Tuple>().map(Tuple::items) else {
            return Err(cx.value_error(format!("_inverted_registry[{code}] isn't a 2-tuple of strings")));
        };
        let v = self.find(cx, module.to_value(), name.to_value())?;
        if let Some(d) = as_dict(cache.as_ref()) {
            d.set(cx, key.as_ref(), v.as_ref())?;
        }
        self.stack.push(v);
        Ok(())
    }
    fn instantiate(&mut self, cx: &mut Cx, class: Value, args: Vec<Value>) -> PyResult<()> {
        let args: Vec<Ref<'_>> = args.iter().map(Value::as_ref).collect();
        let plain =
            args.is_empty() && as_type(class.as_ref()).is_some() && attr::get_optional(cx, class.as_ref(), GETINITARGS.get())?.is_none();
        let v = if plain {
            let new = attr::get(cx, class.as_ref(), objects::names::__new__())?.into_value();
            call::positional(cx, new.as_ref(), &[class.as_ref()])?
        } else {
            call::positional(cx, class.as_ref(), &args)?
        };
        self.stack.push(v);
        Ok(())
    }
    fn new_object(&mut self, cx: &mut Cx, what: &str, class: Value, args: Value, keywords: Option<Value>) -> PyResult<()> {
        let Some(t) = as_type(class.as_ref()) else {
            let n = type_of(class.as_ref()).shown_name();
            return Err(broken(cx, format!("{what} class argument must be a type, not {n}")));
        };
        let Some(p) = args.as_ref().downcast::<Tuple>() else {
            let n = type_of(args.as_ref()).shown_name();
            return Err(broken(cx, format!("{what} args argument must be a tuple, not {n}")));
        };
        let Some(new) = t.slots.new() else {
            let n = t.shown_name();
            return Err(broken(cx, format!("{what} class argument '{n}' doesn't have __new__")));
        };
        let mut items = p.items().to_vec();
        let (names, values);
        let r = match &keywords {
            None => new(cx, class.as_ref(), Args { items: &items, names: None })?,
            Some(k) => {
                let Some(d) = as_dict(k.as_ref()) else {
                    let n = type_of(k.as_ref()).shown_name();
                    return Err(broken(cx, format!("{what} kwargs argument must be a dict, not {n}")));
                };
                let (n, v): (Vec<_>, Vec<_>) = d.items().into_iter().unzip();
                names = Tuple::from_values(n);
                values = v;
                items.extend(values.iter().map(Value::as_ref));
                new(cx, class.as_ref(), Args { items: &items, names: Some(&names) })?
            }
        };
        self.stack.push(r.into_value());
        Ok(())
    }
    fn build(&mut self, cx: &mut Cx) -> PyResult<()> {
        if self.stack.len() < self.floor() + 2 {
            return Err(self.underflow(cx));
        }
        let mut state = self.pop(cx)?;
        let obj = self.top(cx)?;
        if let Some(f) = attr::get_optional(cx, obj.as_ref(), SETSTATE.get())? {
            return call::positional(cx, f.as_ref(), &[state.as_ref()]).map(drop);
        }
        let mut slots = Value::NONE;
        if let Some([s, more]) = state.as_ref().downcast::<Tuple>().map(Tuple::items) {
            let pair = (s.to_value(), more.to_value());
            (state, slots) = pair;
        }
        if !state.as_ref().is_none() {
            let Some(d) = as_dict(state.as_ref()) else { return Err(broken(cx, "state is not a dictionary")) };
            let t = type_of(obj.as_ref());
            let plain = t.has(flags::PLAIN_SETATTR) && t.has_dict && t.has(flags::HEAP);
            let mut dict: Option<Value> = None;
            for (k, v) in d.items() {
                if as_str(k.as_ref()).is_some() && k.as_ref().exact::<Str>().is_some() {
                    let k = intern::intern(k);
                    // Attributes without a descriptor in the class stay inline.
                    if plain
                        && dict.is_none()
                        && t.lookup(k.as_ref()).is_none()
                        && instance::set_own(obj.as_ref(), t, k.as_ref(), v.clone())
                    {
                        continue;
                    }
                    let d = self.own_dict(cx, &obj, &mut dict)?;
                    item::set(cx, d.as_ref(), k.as_ref(), Some(v.as_ref()))?;
                } else {
                    let d = self.own_dict(cx, &obj, &mut dict)?;
                    item::set(cx, d.as_ref(), k.as_ref(), Some(v.as_ref()))?;
                }
            }
        }
        if !slots.as_ref().is_none() {
            let Some(d) = as_dict(slots.as_ref()) else { return Err(broken(cx, "slot state is not a dictionary")) };
            for (k, v) in d.items() {
                attr::set(cx, obj.as_ref(), k.as_ref(), Some(v.as_ref()))?;
            }
        }
        Ok(())
    }
    fn own_dict(&mut self, cx: &mut Cx, obj: &Value, dict: &mut Option<Value>) -> PyResult<Value> {
        if let Some(d) = dict {
            return Ok(d.clone());
        }
        let d = attr::get(cx, obj.as_ref(), objects::names::__dict__())?.into_value();
        *dict = Some(d.clone());
        Ok(d)
    }
}

/// The object that a pickle names.
pub fn find_class(cx: &mut Cx, module: Value, name: Value, proto: i64, fix_imports: bool) -> PyResult<Value> {
    cx.host.audit(cx, "pickle.find_class", &[module.as_ref(), name.as_ref()])?;
    let (mut module, mut name) = (module, name);
    if proto < 3 && fix_imports {
        (module, name) = names::translate(cx, module, name, false)?;
    }
    let m = names::import(cx, module.as_ref())?;
    let Some(text) = as_str(name.as_ref()).filter(|_| proto >= 4) else {
        return attr::get(cx, m.as_ref(), name.as_ref()).map(Reg::into_value);
    };
    let path = names::parts(text);
    match names::follow(cx, m.as_ref(), &path)? {
        Some((v, _)) => Ok(v),
        None if path.len() == 1 => attr::get(cx, m.as_ref(), name.as_ref()).map(Reg::into_value),
        None => {
            let (n, m) = (text.to_string_lossy(), objects::protocol::text::repr(cx, m.as_ref())?.to_string_lossy());
            Err(cx.error(exc::ATTRIBUTE_ERROR, format!("Can't resolve path '{n}' on {m}")))
        }
    }
}
