//! Writing pickles: output in frames, the memo, and objects of exact builtin types. Everything else goes to [`super::reduce`].

use super::{buffer, cannot, member, noted, op, reduce};
use gc::{Ref, Value};
use objects::ids;
use objects::protocol::{call, iter, text as show, truth};
use objects::types::bytearray::ByteArray;
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::new_bytes;
use objects::types::dict::Dict;
use objects::types::int::{self, as_int};
use objects::types::list::List;
use objects::types::set::hashed_elements;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, type_id_of, type_of};
use objects::{Cx, PyResult};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Hashes addresses.
#[derive(Default)]
pub struct AddressHasher(u64);
impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, b: &[u8]) {
        b.iter().for_each(|b| self.write_u64(u64::from(*b)));
    }
    fn write_u64(&mut self, x: u64) {
        let h = (self.0 ^ x).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = h ^ h >> 29;
    }
}

/// Objects that have been written, by address, with their numbers; they are kept alive.
#[derive(Default)]
pub struct Memo {
    numbers: HashMap<u64, usize, BuildHasherDefault<AddressHasher>>,
    /// The objects, with their numbers.
    pub objects: Vec<(usize, Value)>,
}

impl Memo {
    /// An object's number.
    pub fn get(&self, v: Ref<'_>) -> Option<usize> {
        self.numbers.get(&v.word().unmarked().0).copied()
    }
    /// Remembers an object under a number.
    pub fn put(&mut self, v: Ref<'_>, n: usize) {
        self.numbers.insert(v.word().unmarked().0, n);
        self.objects.push((n, v.to_value()));
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}

/// What is written to and how.
pub struct Saver {
    /// Protocol.
    pub proto: i64,
    /// Protocol 1 and newer.
    pub bin: bool,
    /// No memo.
    pub fast: bool,
    /// Names of Python 2 in old protocols.
    pub fix_imports: bool,
    /// Called with buffers.
    pub buffer_callback: Option<Value>,
    /// The file's `write`; without one everything stays in `out`.
    pub write: Option<Value>,
    /// `persistent_id`.
    pub persistent_id: Option<Value>,
    /// `reducer_override`.
    pub reducer_override: Option<Value>,
    /// The pickler's own dispatch table.
    pub dispatch_table: Option<Value>,
    /// `copyreg.dispatch_table`, once it has been looked up.
    pub default_table: Option<Value>,
    /// What has been written.
    pub memo: Memo,
    /// Output that has not gone to the file.
    pub out: Vec<u8>,
    framing: bool,
    frame: Option<usize>,
}

impl Saver {
    /// For a protocol.
    pub fn new(proto: i64, fix_imports: bool) -> Saver {
        Saver {
            proto,
            bin: proto > 0,
            fast: false,
            fix_imports: fix_imports && proto < 3,
            buffer_callback: None,
            write: None,
            persistent_id: None,
            reducer_override: None,
            dispatch_table: None,
            default_table: None,
            memo: Memo::default(),
            out: Vec::new(),
            framing: false,
            frame: None,
        }
    }

    /// Adds output.
    #[inline]
    pub fn put(&mut self, b: &[u8]) {
        if self.framing && self.frame.is_none() {
            self.frame = Some(self.out.len());
            self.out.extend_from_slice(&[0; op::FRAME_HEADER]);
        }
        self.out.extend_from_slice(b);
    }
    /// Adds an opcode.
    #[inline]
    pub fn op(&mut self, o: u8) {
        self.put(&[o]);
    }
    fn close_frame(&mut self) {
        let Some(start) = self.frame.take() else { return };
        let len = self.out.len() - start - op::FRAME_HEADER;
        if len >= op::FRAME_MIN {
            self.out[start] = op::FRAME;
            self.out[start + 1..start + op::FRAME_HEADER].copy_from_slice(&(len as u64).to_le_bytes());
        } else {
            self.out.drain(start..start + op::FRAME_HEADER);
        }
    }
    fn flush(&mut self, cx: &mut Cx) -> PyResult<()> {
        if let Some(w) = self.write.clone() {
            let b = new_bytes(cx, &self.out)?;
            self.out.clear();
            drop(call::positional(cx, w.as_ref(), &[b.as_ref()])?);
        }
        Ok(())
    }
    /// Between two opcodes: a frame that is large enough ends.
    fn boundary(&mut self, cx: &mut Cx) -> PyResult<()> {
        if let Some(start) = self.frame
            && self.out.len() - start - op::FRAME_HEADER >= op::FRAME_TARGET
        {
            self.close_frame();
            self.flush(cx)?;
        }
        Ok(())
    }
    /// Adds a header and data, which goes outside of frames when there is much of it.
    fn put_data(&mut self, cx: &mut Cx, header: &[u8], data: &[u8], whole: Option<Ref<'_>>) -> PyResult<()> {
        let large = data.len() >= op::FRAME_TARGET;
        let framing = self.framing;
        if large {
            self.close_frame();
            self.framing = false;
        }
        self.put(header);
        match self.write.clone() {
            Some(w) if large => {
                self.flush(cx)?;
                let b = match whole {
                    Some(v) => v.to_value(),
                    None => new_bytes(cx, data)?,
                };
                drop(call::positional(cx, w.as_ref(), &[b.as_ref()])?);
            }
            _ => self.put(data),
        }
        self.framing = framing;
        Ok(())
    }

    /// The whole pickle of an object.
    pub fn dump(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        if self.proto >= 2 {
            self.put(&[op::PROTO, self.proto as u8]);
            self.framing = self.proto >= 4;
        }
        self.save(cx, v, false)?;
        self.op(op::STOP);
        self.close_frame();
        self.framing = false;
        self.flush(cx)
    }

    /// Writes a reference to an object in the memo.
    pub fn get(&mut self, n: usize) {
        if !self.bin {
            self.put(format!("g{n}\n").as_bytes());
        } else if n < 256 {
            self.put(&[op::BINGET, n as u8]);
        } else {
            self.op(op::LONG_BINGET);
            self.put(&(n as u32).to_le_bytes());
        }
    }
    /// Remembers the object that was written last.
    pub fn memoize(&mut self, v: Ref<'_>) {
        if self.fast {
            return;
        }
        let n = self.memo.len();
        self.memo.put(v, n);
        if self.proto >= 4 {
            self.op(op::MEMOIZE);
        } else if !self.bin {
            self.put(format!("p{n}\n").as_bytes());
        } else if n < 256 {
            self.put(&[op::BINPUT, n as u8]);
        } else {
            self.op(op::LONG_BINPUT);
            self.put(&(n as u32).to_le_bytes());
        }
    }

    /// Writes an object; `persistent` ones are not asked for an id.
    pub fn save(&mut self, cx: &mut Cx, v: Ref<'_>, persistent: bool) -> PyResult<()> {
        if !persistent
            && let Some(f) = self.persistent_id.clone()
            && self.save_persistent(cx, f, v)?
        {
            return Ok(());
        }
        let t = type_id_of(v);
        match t {
            ids::NONE_TYPE => self.op(op::NONE),
            ids::BOOL => {
                let yes = v.word() == gc::Word::TRUE;
                if self.proto >= 2 {
                    self.op(if yes { op::NEWTRUE } else { op::NEWFALSE });
                } else {
                    self.put(if yes { b"I01\n" } else { b"I00\n" });
                }
            }
            ids::INT => self.save_int(cx, v)?,
            ids::FLOAT => self.save_float(v),
            _ => {
                if let Some(n) = self.memo.get(v) {
                    self.get(n);
                    return Ok(());
                }
                match t {
                    ids::STR => self.save_str(cx, v)?,
                    ids::BYTES => self.save_bytes(cx, v)?,
                    _ => {
                        cx.check_native_stack()?;
                        self.save_container(cx, v, t)?;
                    }
                }
            }
        }
        self.boundary(cx)
    }

    fn save_container(&mut self, cx: &mut Cx, v: Ref<'_>, t: u32) -> PyResult<()> {
        match t {
            ids::DICT => self.save_dict(cx, v),
            ids::LIST => self.save_list(cx, v),
            ids::TUPLE => self.save_tuple(cx, v),
            ids::SET => self.save_set(cx, v),
            ids::FROZENSET => self.save_frozenset(cx, v),
            ids::BYTEARRAY => self.save_bytearray(cx, v),
            super::ids::PICKLE_BUFFER => self.save_buffer(cx, v),
            _ => reduce::save(self, cx, v),
        }
    }

    fn save_persistent(&mut self, cx: &mut Cx, f: Value, v: Ref<'_>) -> PyResult<bool> {
        let pid = call::positional(cx, f.as_ref(), &[v])?;
        if pid.as_ref().is_none() {
            return Ok(false);
        }
        if self.bin {
            self.save(cx, pid.as_ref(), true)?;
            self.op(op::BINPERSID);
        } else {
            let s = show::str(cx, pid.as_ref())?;
            let Some(text) = s.as_ascii() else { return Err(cannot(cx, "persistent IDs in protocol 0 must be ASCII strings")) };
            self.put(format!("P{text}\n").as_bytes());
        }
        Ok(true)
    }

    fn save_int(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        let Some(i) = as_int(v) else { return Ok(()) };
        if let Some(n) = i.to_i64().and_then(|n| i32::try_from(n).ok()) {
            if !self.bin {
                self.put(format!("I{n}\n").as_bytes());
                return Ok(());
            }
            let b = n.to_le_bytes();
            if b[2] != 0 || b[3] != 0 {
                self.put(&[op::BININT, b[0], b[1], b[2], b[3]]);
            } else if b[1] != 0 {
                self.put(&[op::BININT2, b[0], b[1]]);
            } else {
                self.put(&[op::BININT1, b[0]]);
            }
            return Ok(());
        }
        if self.proto < 2 {
            let text = int::convert::decimal(cx, i)?;
            self.put(format!("L{text}L\n").as_bytes());
            return Ok(());
        }
        let b = i.to_big().to_signed_bytes_le();
        if b.len() < 256 {
            self.put(&[op::LONG1, b.len() as u8]);
        } else if let Ok(n) = u32::try_from(b.len()) {
            self.op(op::LONG4);
            self.put(&n.to_le_bytes());
        } else {
            return Err(cx.overflow_error("int too large to pickle"));
        }
        self.put(&b);
        Ok(())
    }

    fn save_float(&mut self, v: Ref<'_>) {
        let f = objects::types::float::as_float(v).unwrap_or(0.0);
        if self.bin {
            self.op(op::BINFLOAT);
            self.put(&f.to_be_bytes());
        } else {
            let text = text::float_text::repr(f);
            self.put(format!("F{text}\n").as_bytes());
        }
    }

    fn save_str(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        let Some(s) = as_str(v) else { return Ok(()) };
        if !self.bin {
            let mut out = vec![op::UNICODE];
            for c in s.units().iter() {
                match c {
                    0x5c | 0 | 10 | 13 | 0x1a => out.extend_from_slice(format!("\\u{c:04x}").as_bytes()),
                    c if c >= 0x1_0000 => out.extend_from_slice(format!("\\U{c:08x}").as_bytes()),
                    c if c >= 0x100 => out.extend_from_slice(format!("\\u{c:04x}").as_bytes()),
                    c => out.push(c as u8),
                }
            }
            out.push(b'\n');
            self.put(&out);
            self.memoize(v);
            return Ok(());
        }
        let owned;
        let data: &[u8] = match s.as_ascii() {
            Some(t) => t.as_bytes(),
            None => {
                owned = s.to_wtf8();
                &owned
            }
        };
        let n = data.len();
        if n < 256 && self.proto >= 4 {
            self.put(&[op::SHORT_BINUNICODE, n as u8]);
            self.put(data);
        } else if let Ok(n) = u32::try_from(n) {
            let mut header = vec![op::BINUNICODE];
            header.extend_from_slice(&n.to_le_bytes());
            self.put_data(cx, &header, data, None)?;
        } else if self.proto >= 4 {
            let mut header = vec![op::BINUNICODE8];
            header.extend_from_slice(&(n as u64).to_le_bytes());
            self.put_data(cx, &header, data, None)?;
        } else {
            return Err(cx.overflow_error("serializing a string larger than 4 GiB requires pickle protocol 4 or higher"));
        }
        self.memoize(v);
        Ok(())
    }

    fn bytes_data(&mut self, cx: &mut Cx, data: &[u8], whole: Option<Ref<'_>>) -> PyResult<()> {
        let n = data.len();
        if n < 256 {
            self.put(&[op::SHORT_BINBYTES, n as u8]);
            self.put(data);
            return Ok(());
        }
        let mut header = vec![op::BINBYTES];
        match u32::try_from(n) {
            Ok(n) => header.extend_from_slice(&n.to_le_bytes()),
            Err(_) if self.proto >= 4 => {
                header[0] = op::BINBYTES8;
                header.extend_from_slice(&(n as u64).to_le_bytes());
            }
            Err(_) => return Err(cx.overflow_error("serializing a bytes object larger than 4 GiB requires pickle protocol 4 or higher")),
        }
        self.put_data(cx, &header, data, whole)
    }
    fn bytearray_data(&mut self, cx: &mut Cx, data: &[u8]) -> PyResult<()> {
        let mut header = vec![op::BYTEARRAY8];
        header.extend_from_slice(&(data.len() as u64).to_le_bytes());
        self.put_data(cx, &header, data, None)
    }

    fn save_bytes(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        let data = v.downcast::<Bytes>().map_or(&[][..], Bytes::data);
        if self.proto >= 3 {
            self.bytes_data(cx, data, Some(v))?;
            self.memoize(v);
            return Ok(());
        }
        // Python 2 has no bytes like these.
        let (f, args) = if data.is_empty() {
            (type_of(v).as_value(), vec![])
        } else {
            let text = Str::from_latin1(data).into_value();
            (member(cx, "codecs", "encode")?, vec![text, Str::intern_text("latin1")])
        };
        let r = Tuple::from_values(vec![f, Tuple::from_values(args).into_value()]);
        reduce::save_reduced(self, cx, r.items(), Some(v))
    }
    fn save_bytearray(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        let data = v.downcast::<ByteArray>().map(|b| b.read(<[u8]>::to_vec)).unwrap_or_default();
        if self.proto >= 5 {
            self.bytearray_data(cx, &data)?;
            self.memoize(v);
            return Ok(());
        }
        let args = if data.is_empty() { vec![] } else { vec![new_bytes(cx, &data)?] };
        let r = Tuple::from_values(vec![type_of(v).as_value(), Tuple::from_values(args).into_value()]);
        reduce::save_reduced(self, cx, r.items(), Some(v))
    }
    fn save_buffer(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        if self.proto < 5 {
            return Err(cannot(cx, "PickleBuffer can only be pickled with protocol >= 5"));
        }
        let view = buffer::contiguous(cx, v)?;
        let mut in_band = true;
        if let Some(f) = self.buffer_callback.clone() {
            let r = call::positional(cx, f.as_ref(), &[v])?;
            in_band = truth::of(cx, r.as_ref())?;
        }
        if !in_band {
            self.op(op::NEXT_BUFFER);
            if view.readonly {
                self.op(op::READONLY_BUFFER);
            }
            return Ok(());
        }
        let data = view.to_vec();
        if view.readonly {
            self.bytes_data(cx, &data, None)?;
        } else {
            self.bytearray_data(cx, &data)?;
        }
        self.memoize(v);
        Ok(())
    }

    fn save_tuple(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        let items = v.downcast::<Tuple>().map_or(&[][..], Tuple::items);
        let n = items.len();
        if n == 0 {
            self.put(if self.bin { b")" } else { b"(t" });
            return Ok(());
        }
        let short = n <= 3 && self.proto >= 2;
        if !short {
            self.op(op::MARK);
        }
        for (i, x) in items.iter().enumerate() {
            let r = self.save(cx, *x, false);
            noted(cx, r, || format!("when serializing tuple item {i}"))?;
        }
        // A tuple that contains itself has been written meanwhile.
        if let Some(m) = self.memo.get(v) {
            if short {
                for _ in 0..n {
                    self.op(op::POP);
                }
            } else if self.bin {
                self.op(op::POP_MARK);
            } else {
                for _ in 0..=n {
                    self.op(op::POP);
                }
            }
            self.get(m);
            return Ok(());
        }
        self.op(if short { [op::TUPLE1, op::TUPLE2, op::TUPLE3][n - 1] } else { op::TUPLE });
        self.memoize(v);
        Ok(())
    }

    fn save_list(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        let Some(l) = v.downcast::<List>() else { return Ok(()) };
        self.put(if self.bin { b"]" } else { b"(l" });
        self.memoize(v);
        let mut i = 0;
        let one = |me: &mut Self, cx: &mut Cx, i: usize| -> PyResult<bool> {
            let Some(x) = l.get(i).map(gc::Reg::into_value) else { return Ok(false) };
            let r = me.save(cx, x.as_ref(), false);
            noted(cx, r, || format!("when serializing list item {i}"))?;
            Ok(true)
        };
        if !self.bin {
            while one(self, cx, i)? {
                self.op(op::APPEND);
                i += 1;
            }
            return Ok(());
        }
        if l.len() == 1 {
            if one(self, cx, 0)? {
                self.op(op::APPEND);
            }
            return Ok(());
        }
        while i < l.len() {
            self.op(op::MARK);
            let end = i + op::BATCH;
            while i < end && one(self, cx, i)? {
                i += 1;
            }
            self.op(op::APPENDS);
            cx.poll()?;
        }
        Ok(())
    }

    fn save_dict(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        let Some(d) = v.downcast::<Dict>() else { return Ok(()) };
        self.put(if self.bin { b"}" } else { b"(d" });
        self.memoize(v);
        let n = d.len();
        let mut at = 0;
        let mut one = |me: &mut Self, cx: &mut Cx| -> PyResult<bool> {
            let Some((next, k, x)) = d.next_item(at) else { return Ok(false) };
            at = next;
            me.save_pair(cx, k.as_ref(), x.as_ref())?;
            if d.len() != n {
                return Err(cx.runtime_error("dictionary changed size during iteration"));
            }
            Ok(true)
        };
        if !self.bin {
            while one(self, cx)? {
                self.op(op::SETITEM);
            }
            return Ok(());
        }
        if n == 1 {
            if one(self, cx)? {
                self.op(op::SETITEM);
            }
            return Ok(());
        }
        let mut done = 0;
        while done < n {
            self.op(op::MARK);
            let mut k = 0;
            while k < op::BATCH && one(self, cx)? {
                k += 1;
            }
            self.op(op::SETITEMS);
            cx.poll()?;
            if k == 0 {
                break;
            }
            done += k;
        }
        Ok(())
    }

    fn save_pair(&mut self, cx: &mut Cx, k: Ref<'_>, x: Ref<'_>) -> PyResult<()> {
        self.save(cx, k, false)?;
        match self.save(cx, x, false) {
            Ok(()) => Ok(()),
            Err(e) => {
                let exc = cx.catch(e);
                let key = match show::repr(cx, k) {
                    Ok(s) => s.to_string_lossy(),
                    Err(e) => {
                        drop(cx.catch(e));
                        "?".into()
                    }
                };
                let e = cx.raise(exc);
                noted(cx, Err(e), || format!("when serializing dict item {key}"))
            }
        }
    }

    fn save_set(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        let items = hashed_elements(v).unwrap_or_default();
        if self.proto < 4 {
            return self.save_as_list(cx, v, items);
        }
        self.op(op::EMPTY_SET);
        self.memoize(v);
        for batch in items.chunks(op::BATCH) {
            self.op(op::MARK);
            for (x, _) in batch {
                let r = self.save(cx, x.as_ref(), false);
                noted(cx, r, || "when serializing set element".into())?;
            }
            self.op(op::ADDITEMS);
        }
        Ok(())
    }
    fn save_frozenset(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        let items = hashed_elements(v).unwrap_or_default();
        if self.proto < 4 {
            return self.save_as_list(cx, v, items);
        }
        self.op(op::MARK);
        for (x, _) in &items {
            let r = self.save(cx, x.as_ref(), false);
            noted(cx, r, || "when serializing frozenset element".into())?;
        }
        if let Some(n) = self.memo.get(v) {
            self.op(op::POP_MARK);
            self.get(n);
            return Ok(());
        }
        self.op(op::FROZENSET);
        self.memoize(v);
        Ok(())
    }
    fn save_as_list(&mut self, cx: &mut Cx, v: Ref<'_>, items: Vec<(Value, u64)>) -> PyResult<()> {
        let list = List::from_values(items.into_iter().map(|(x, _)| x).collect()).into_value();
        let r = Tuple::from_values(vec![type_of(v).as_value(), Tuple::from_values(vec![list]).into_value()]);
        reduce::save_reduced(self, cx, r.items(), Some(v))
    }

    /// Items of an iterator, for the list that was written last.
    pub fn append_all(&mut self, cx: &mut Cx, it: Ref<'_>, owner: &str) -> PyResult<()> {
        let mut i = 0;
        let mut one = |me: &mut Self, cx: &mut Cx, x: &Value| -> PyResult<()> {
            let r = me.save(cx, x.as_ref(), false);
            i += 1;
            noted(cx, r, || format!("when serializing {owner} item {}", i - 1))
        };
        if !self.bin {
            while let Some(x) = iter::next(cx, it)? {
                one(self, cx, &x.into_value())?;
                self.op(op::APPEND);
            }
            return Ok(());
        }
        loop {
            let Some(first) = iter::next(cx, it)? else { return Ok(()) };
            let first = first.into_value();
            let Some(second) = iter::next(cx, it)? else {
                one(self, cx, &first)?;
                self.op(op::APPEND);
                return Ok(());
            };
            self.op(op::MARK);
            one(self, cx, &first)?;
            let mut next = Some(second.into_value());
            let mut n = 1;
            while let Some(x) = next.take() {
                one(self, cx, &x)?;
                n += 1;
                if n == op::BATCH {
                    break;
                }
                next = iter::next(cx, it)?.map(gc::Reg::into_value);
            }
            self.op(op::APPENDS);
            if n < op::BATCH {
                return Ok(());
            }
        }
    }

    /// Pairs of an iterator, for the dict that was written last.
    pub fn set_all(&mut self, cx: &mut Cx, it: Ref<'_>) -> PyResult<()> {
        let one = |me: &mut Self, cx: &mut Cx, x: &Value| -> PyResult<()> {
            match x.as_ref().downcast::<Tuple>().map(Tuple::items) {
                Some([k, v]) => me.save_pair(cx, *k, *v),
                _ => Err(cx.type_error("dict items iterator must return 2-tuples")),
            }
        };
        if !self.bin {
            while let Some(x) = iter::next(cx, it)? {
                one(self, cx, &x.into_value())?;
                self.op(op::SETITEM);
            }
            return Ok(());
        }
        loop {
            let Some(first) = iter::next(cx, it)? else { return Ok(()) };
            let first = first.into_value();
            let Some(second) = iter::next(cx, it)? else {
                one(self, cx, &first)?;
                self.op(op::SETITEM);
                return Ok(());
            };
            self.op(op::MARK);
            one(self, cx, &first)?;
            let mut next = Some(second.into_value());
            let mut n = 1;
            while let Some(x) = next.take() {
                one(self, cx, &x)?;
                n += 1;
                if n == op::BATCH {
                    break;
                }
                next = iter::next(cx, it)?.map(gc::Reg::into_value);
            }
            self.op(op::SETITEMS);
            if n < op::BATCH {
                return Ok(());
            }
        }
    }
}
