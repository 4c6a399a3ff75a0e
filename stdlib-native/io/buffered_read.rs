//! Reading through a buffer.

use super::buffered::{Buffered, Raw, enter, exact, me};
use super::{ask, bytes, fill_view, names, tell, writable_view};
use gc::{Ref, Reg, Value};
use objects::protocol::{attr, call, item};
use objects::types::bytearray::ByteArray;
use objects::types::bytes::Bytes;
use objects::types::exception::{self, ids as exc};
use objects::types::type_::{Downcast, type_of};
use objects::types::{int, memoryview};
use objects::{Cx, PyResult};

/// Calls `f` again while it fails with EINTR.
pub(super) fn uninterrupted(cx: &mut Cx, mut f: impl FnMut(&mut Cx) -> PyResult<Value>) -> PyResult<Value> {
    loop {
        let e = match f(cx) {
            Ok(v) => return Ok(v),
            Err(e) => cx.catch(e),
        };
        let errno = exception::extra(e.as_ref(), 0);
        let again = type_of(e.as_ref()).is_subtype_of_id(exc::OS_ERROR)
            && int::as_int(errno.as_ref()).and_then(|i| i.to_i64()) == Some(i64::from(libc::EINTR));
        if !again {
            return Err(cx.raise(e));
        }
        cx.poll()?;
    }
}

impl Buffered {
    /// One read of the raw stream into `to`; `None` when it would block.
    pub(super) fn raw_read(&self, cx: &mut Cx, raw: &Value, to: &mut [u8]) -> PyResult<Option<usize>> {
        let n = match Self::kind(raw) {
            Raw::File(f) => match f.read_into(cx, to)? {
                Some(n) => n,
                None => return Ok(None),
            },
            Raw::Other(r) => {
                let Some(mut room) = objects::types::bytes::shared::room(to.len()) else { return Err(cx.memory_error()) };
                room.resize(to.len(), 0);
                let array = ByteArray::new(room);
                let view = memoryview::of_object(cx, array.value().as_ref())?;
                let got = uninterrupted(cx, |cx| tell(cx, r, names::readinto(), &[view.value().as_ref()]))?;
                if got.as_ref().is_none() {
                    return Ok(None);
                }
                let n = match int::index_size(cx, got.as_ref()) {
                    Ok(n) => n,
                    Err(e) => {
                        let cause = cx.catch(e);
                        let new = exception::new_text(exc::OS_ERROR, "raw readinto() failed");
                        if let Some(x) = exception::as_exception(new.as_ref()) {
                            exception::store(x, &x.context, cause.clone());
                            exception::store(x, &x.cause, cause);
                        }
                        return Err(cx.raise(new));
                    }
                };
                if n < 0 || n > to.len() as i64 {
                    let most = to.len();
                    let text = format!("raw readinto() returned invalid length {n} (should have been between 0 and {most})");
                    return Err(cx.error(exc::OS_ERROR, text));
                }
                let n = n as usize;
                array.read(|d| to[..n.min(d.len())].copy_from_slice(&d[..n.min(d.len())]));
                n
            }
        };
        if n > 0 && self.absolute.get() != -1 {
            self.absolute.set(self.absolute.get() + n as i64);
        }
        Ok(Some(n))
    }
    /// Reads more into the buffer behind what is there.
    pub(super) fn fill(&self, cx: &mut Cx, raw: &Value) -> PyResult<Option<usize>> {
        let start = if self.has_read() { self.read_end.get() as usize } else { 0 };
        // The memory is lent to the read; it comes back whatever happens.
        let mut data = self.data(std::mem::take);
        let r = self.raw_read(cx, raw, data.get_mut(start..).unwrap_or(&mut []));
        self.data(|d| *d = data);
        let n = r?;
        if let Some(n) = n
            && n > 0
        {
            self.read_end.set((start + n) as i64);
            self.raw_pos.set((start + n) as i64);
        }
        Ok(n)
    }
    /// Takes up to `n` bytes that are there already.
    fn take(&self, n: usize, out: &mut Vec<u8>) -> usize {
        let n = n.min(self.ahead());
        let at = self.pos.get() as usize;
        self.data(|d| out.extend_from_slice(&d[at..at + n]));
        self.pos.set((at + n) as i64);
        n
    }
    fn read_all(&self, cx: &mut Cx, raw: &Value) -> PyResult<Reg> {
        let mut out = Vec::new();
        let have = self.take(usize::MAX, &mut out);
        if self.writable.get() {
            self.flush_and_rewind(cx, raw)?;
        }
        self.reset_read();
        if let Raw::File(f) = Self::kind(raw) {
            return match f.read_all(cx)? {
                Some(rest) if have == 0 => Ok(bytes(cx, &rest)?.into()),
                None if have == 0 => Ok(Value::NONE.into()),
                rest => {
                    out.extend_from_slice(&rest.unwrap_or_default());
                    Ok(bytes(cx, &out)?.into())
                }
            };
        }
        if let Some(f) = attr::get_optional(cx, raw.as_ref(), names::readall())? {
            let rest = call::positional(cx, f.as_ref(), &[])?;
            if !rest.as_ref().is_none() && rest.as_ref().downcast::<Bytes>().is_none() {
                return Err(cx.type_error("readall() should return bytes"));
            }
            if have == 0 {
                return Ok(rest.into());
            }
            out.extend_from_slice(super::data_of(&rest).unwrap_or_default());
            return Ok(bytes(cx, &out)?.into());
        }
        loop {
            let part = ask(cx, raw.as_ref(), names::read())?;
            let data = super::data_of(&part);
            if !part.as_ref().is_none() && data.is_none() {
                return Err(cx.type_error("read() should return bytes"));
            }
            let data = data.unwrap_or_default();
            if data.is_empty() {
                return if out.is_empty() { Ok(part.into()) } else { Ok(bytes(cx, &out)?.into()) };
            }
            if self.absolute.get() != -1 {
                self.absolute.set(self.absolute.get() + data.len() as i64);
            }
            out.extend_from_slice(data);
        }
    }
    /// Reads `n` bytes, with as many raw reads as that needs. `None` when nothing is there and it would block.
    fn read_some(&self, cx: &mut Cx, raw: &Value, n: usize) -> PyResult<Option<Vec<u8>>> {
        let Some(mut out) = objects::types::bytes::shared::room(n) else { return Err(cx.memory_error()) };
        let mut left = n - self.take(n, &mut out);
        if left == 0 {
            return Ok(Some(out));
        }
        if self.writable.get() {
            self.flush_and_rewind(cx, raw)?;
        }
        self.reset_read();
        let size = self.size.get();
        // Whole blocks go past the buffer.
        while left >= size {
            let block = left / size * size;
            let at = out.len();
            out.resize(at + block, 0);
            let r = self.raw_read(cx, raw, &mut out[at..]);
            out.truncate(at + r.as_ref().ok().copied().flatten().unwrap_or(0));
            match r? {
                Some(0) => return Ok(Some(out)),
                None => return Ok(if out.is_empty() { None } else { Some(out) }),
                Some(got) => left -= got,
            }
        }
        self.pos.set(0);
        self.raw_pos.set(0);
        self.read_end.set(0);
        while left > 0 && self.read_end.get() < size as i64 {
            match self.fill(cx, raw)? {
                Some(0) => return Ok(Some(out)),
                None => return Ok(if out.is_empty() { None } else { Some(out) }),
                Some(_) => left -= self.take(left, &mut out),
            }
        }
        Ok(Some(out))
    }
    /// Reads a line of at most `limit` bytes.
    fn read_line(&self, cx: &mut Cx, raw: &Value, limit: Option<usize>) -> PyResult<Value> {
        let mut line: Vec<u8> = Vec::new();
        let mut left = limit.unwrap_or(usize::MAX);
        let mut first = true;
        loop {
            let n = self.ahead().min(left);
            let at = self.pos.get() as usize;
            let found = self.data(|d| d.get(at..at + n).and_then(|d| memchr::memchr(b'\n', d)));
            let take = found.map_or(n, |i| i + 1);
            let complete = found.is_some() || (take == left);
            if complete && line.is_empty() {
                // The usual case: one copy.
                let made = self.data(|d| Bytes::try_new(&d[at..at + take]));
                self.pos.set((at + take) as i64);
                return match made {
                    Some(b) => Ok(b.into_value()),
                    None => Err(cx.memory_error()),
                };
            }
            self.take(take, &mut line);
            left -= take;
            if complete {
                break;
            }
            if first && self.writable.get() {
                self.flush_and_rewind(cx, raw)?;
            }
            first = false;
            self.reset_read();
            self.pos.set(0);
            match self.fill(cx, raw)? {
                None | Some(0) => break,
                Some(_) => {}
            }
            cx.poll()?;
        }
        bytes(cx, &line)
    }
    fn read_into(&self, cx: &mut Cx, raw: &Value, view: &objects::protocol::buffer::BufferView, once: bool) -> PyResult<Reg> {
        let mut written = 0;
        if self.ahead() > 0 {
            let have = self.ahead().min(view.len);
            let at = self.pos.get() as usize;
            self.data(|d| fill_view(view, 0, &d[at..at + have]));
            self.pos.set((at + have) as i64);
            written = have;
            if written == view.len {
                return Ok(int::from_usize(written).into());
            }
        }
        if self.writable.get() {
            self.flush_and_rewind(cx, raw)?;
        }
        self.reset_read();
        self.pos.set(0);
        while written < view.len {
            let left = view.len - written;
            let got = if left > self.size.get() {
                let Some(mut room) = objects::types::bytes::shared::room(left) else { return Err(cx.memory_error()) };
                room.resize(left, 0);
                let got = self.raw_read(cx, raw, &mut room)?;
                fill_view(view, written, &room[..got.unwrap_or(0)]);
                got
            } else if !(once && written > 0) {
                let got = self.fill(cx, raw)?;
                match got {
                    Some(n) if n > 0 => {
                        let n = n.min(left);
                        let at = self.pos.get() as usize;
                        self.data(|d| fill_view(view, written, &d[at..at + n]));
                        self.pos.set((at + n) as i64);
                        Some(n)
                    }
                    other => other,
                }
            } else {
                Some(0)
            };
            match got {
                Some(0) => break,
                None if written > 0 => break,
                None => return Ok(Value::NONE.into()),
                Some(n) => written += n,
            }
            if once {
                break;
            }
        }
        Ok(int::from_usize(written).into())
    }
}

/// `read(size=-1)`.
pub fn read(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let raw = me(a[0]).raw(cx)?;
    let n = super::size(cx, a[1])?;
    if n < -1 {
        return Err(cx.value_error("read length must be non-negative or -1"));
    }
    let (b, _held) = enter(cx, a[0])?;
    b.check_open(cx, &raw, "read of closed file")?;
    if n == -1 {
        return b.read_all(cx, &raw);
    }
    match b.read_some(cx, &raw, n as usize)? {
        Some(data) => Ok(bytes(cx, &data)?.into()),
        None => Ok(Value::NONE.into()),
    }
}

/// `read1(n)` of a stream known to be buffered, as a vector.
pub(super) fn read_once(cx: &mut Cx, v: Ref<'_>, n: i64) -> PyResult<Vec<u8>> {
    let raw = me(v).raw(cx)?;
    let (b, _held) = enter(cx, v)?;
    b.check_open(cx, &raw, "read of closed file")?;
    let n = if n < 0 { b.size.get() } else { n as usize };
    if n == 0 {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    if b.ahead() > 0 {
        b.take(n, &mut out);
        return Ok(out);
    }
    if b.writable.get() {
        b.flush_and_rewind(cx, &raw)?;
    }
    let Some(mut out) = objects::types::bytes::shared::room(n) else { return Err(cx.memory_error()) };
    b.reset_read();
    out.resize(n, 0);
    let got = b.raw_read(cx, &raw, &mut out)?.unwrap_or(0);
    out.truncate(got);
    Ok(out)
}

/// `read1(size=-1)`.
pub fn read1(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    me(a[0]).raw(cx)?;
    let n = match a[1].given() {
        Some(n) => int::index_size(cx, n)?,
        None => -1,
    };
    let data = read_once(cx, a[0], n)?;
    Ok(bytes(cx, &data)?.into())
}

fn into(cx: &mut Cx, a: &[Ref<'_>], once: bool, name: &str) -> PyResult<Reg> {
    let raw = me(a[0]).raw(cx)?;
    let view = writable_view(cx, a[1], name)?;
    let (b, _held) = enter(cx, a[0])?;
    b.check_open(cx, &raw, "readinto of closed file")?;
    b.read_into(cx, &raw, &view, once)
}

/// `readinto(buffer)`.
pub fn readinto(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    into(cx, a, false, "readinto")
}

/// `readinto1(buffer)`.
pub fn readinto1(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    into(cx, a, true, "readinto1")
}

/// `readline(size=-1)`.
pub fn readline(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = super::size(cx, a[1])?;
    line(cx, a[0], n).map(Reg::from)
}

fn line(cx: &mut Cx, v: Ref<'_>, limit: i64) -> PyResult<Value> {
    let raw = me(v).raw(cx)?;
    let (b, _held) = enter(cx, v)?;
    b.check_open(cx, &raw, "readline of closed file")?;
    b.read_line(cx, &raw, usize::try_from(limit).ok())
}

/// `peek(size=0)`.
pub fn peek(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let raw = me(a[0]).raw(cx)?;
    let (b, _held) = enter(cx, a[0])?;
    b.check_open(cx, &raw, "peek of closed file")?;
    if b.writable.get() {
        b.flush_and_rewind(cx, &raw)?;
    }
    if b.ahead() == 0 {
        b.reset_read();
        b.fill(cx, &raw)?;
        b.pos.set(0);
    }
    let (at, n) = (b.pos.get() as usize, b.ahead());
    let data = b.data(|d| d[at..at + n].to_vec());
    Ok(bytes(cx, &data)?.into())
}

/// `__next__`: a line.
pub fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let line = if exact(v).is_some() {
        line(cx, v, -1)?
    } else {
        let line = ask(cx, v, names::readline())?;
        if line.as_ref().downcast::<Bytes>().is_none() {
            let n = type_of(line.as_ref()).name_text();
            return Err(cx.error(exc::OS_ERROR, format!("readline() should have returned a bytes object, not '{n}'")));
        }
        line
    };
    if item::len(cx, line.as_ref())? == 0 { Ok(None) } else { Ok(Some(line.into())) }
}
