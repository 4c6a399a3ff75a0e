//! Writing through a buffer.

use super::buffered::{Buffered, Raw, enter, me};
use super::buffered_read::uninterrupted;
use super::file::is_a;
use super::{base, bytes, names, tell};
use gc::{Ref, Reg, Value};
use objects::types::bytes::shared::operand;
use objects::types::exception::{self, ids as exc};
use objects::types::str::Str;
use objects::types::{int, memoryview};
use objects::{Cx, PyResult, Raised};

/// BlockingIOError that tells how much was taken.
fn would_block(cx: &mut Cx, raw: &Value, written: usize) -> Raised {
    let text = "write could not complete without blocking";
    // Only the system has given a number.
    let errno = if matches!(Buffered::kind(raw), Raw::File(_)) { libc::EAGAIN } else { 0 };
    let args = vec![Value::small_int(errno.into()), Str::from_text(text).into_value(), int::from_usize(written)];
    let e = exception::new_args(exc::BLOCKING_IO_ERROR, args);
    cx.raise_new(e)
}

impl Buffered {
    /// One write of the raw stream; `None` when it would block.
    pub(super) fn raw_write(&self, cx: &mut Cx, raw: &Value, from: &[u8]) -> PyResult<Option<usize>> {
        let n = match Self::kind(raw) {
            Raw::File(f) => match f.write_from(cx, from)? {
                Some(n) => n,
                None => return Ok(None),
            },
            Raw::Other(r) => {
                let copy = bytes(cx, from)?;
                let view = memoryview::of_object(cx, copy.as_ref())?;
                let got = uninterrupted(cx, |cx| tell(cx, r, names::write(), &[view.value().as_ref()]))?;
                if got.as_ref().is_none() {
                    return Ok(None);
                }
                let n = int::index_size(cx, got.as_ref())?;
                if n < 0 || n > from.len() as i64 {
                    let most = from.len();
                    let text = format!("raw write() returned invalid length {n} (should have been between 0 and {most})");
                    return Err(cx.error(exc::OS_ERROR, text));
                }
                n as usize
            }
        };
        if n > 0 && self.absolute.get() != -1 {
            self.absolute.set(self.absolute.get() + n as i64);
        }
        Ok(Some(n))
    }
    /// Writes what is to be written. By the owner of the monitor.
    pub(super) fn flush_unlocked(&self, cx: &mut Cx, raw: &Value) -> PyResult<()> {
        if !self.has_write() || self.write_pos.get() == self.write_end.get() {
            // Nothing is to be written from here on: `tell` counts on it.
            self.reset_write();
            return Ok(());
        }
        let rewind = self.raw_offset() + (self.pos.get() - self.write_pos.get());
        if rewind != 0 {
            self.raw_seek(cx, raw, -rewind, 1)?;
            self.raw_pos.set(self.raw_pos.get() - rewind);
        }
        while self.write_pos.get() < self.write_end.get() {
            let (from, to) = (self.write_pos.get() as usize, self.write_end.get() as usize);
            // The memory is lent to the write; it comes back whatever happens.
            let data = self.data(std::mem::take);
            let r = self.raw_write(cx, raw, data.get(from..to).unwrap_or_default());
            self.data(|d| *d = data);
            let Some(n) = r? else { return Err(would_block(cx, raw, 0)) };
            self.write_pos.set((from + n) as i64);
            self.raw_pos.set((from + n) as i64);
            cx.poll()?;
        }
        self.reset_write();
        Ok(())
    }
    /// Writes `from`. By the owner of the monitor, on an open stream.
    pub(super) fn write_all(&self, cx: &mut Cx, raw: &Value, from: &[u8]) -> PyResult<usize> {
        if !self.has_read() && !self.has_write() {
            self.pos.set(0);
            self.raw_pos.set(0);
        }
        let size = self.size.get();
        let at = self.pos.get() as usize;
        if from.len() <= size - at.min(size) && from.len() < size {
            self.data(|d| d[at..at + from.len()].copy_from_slice(from));
            if !self.has_write() || self.write_pos.get() > self.pos.get() {
                self.write_pos.set(self.pos.get());
            }
            self.adjust((at + from.len()) as i64);
            if self.write_end.get() < self.pos.get() {
                self.write_end.set(self.pos.get());
            }
            return Ok(from.len());
        }
        if let Err(e) = self.flush_unlocked(cx, raw) {
            return self.keep_some(cx, raw, e, from);
        }
        let by = self.raw_offset();
        if by != 0 {
            self.raw_seek(cx, raw, -by, 1)?;
            self.raw_pos.set(self.raw_pos.get() - by);
        }
        let mut written = 0;
        while from.len() - written >= size {
            match self.raw_write(cx, raw, &from[written..])? {
                Some(n) => written += n,
                None if from.len() - written == size => break,
                None => {
                    // As much as there is room for.
                    self.data(|d| d[..size].copy_from_slice(&from[written..written + size]));
                    self.raw_pos.set(0);
                    self.adjust(size as i64);
                    self.write_pos.set(0);
                    self.write_end.set(size as i64);
                    return Err(would_block(cx, raw, written + size));
                }
            }
            cx.poll()?;
        }
        if self.readable.get() {
            self.reset_read();
        }
        let rest = &from[written..];
        self.data(|d| d[..rest.len()].copy_from_slice(rest));
        self.write_pos.set(0);
        self.write_end.set(rest.len() as i64);
        self.adjust(rest.len() as i64);
        self.raw_pos.set(0);
        Ok(from.len())
    }
    /// Flushing has failed: when it would have blocked, what fits is kept in the buffer.
    #[cold]
    fn keep_some(&self, cx: &mut Cx, raw: &Value, e: Raised, from: &[u8]) -> PyResult<usize> {
        let e = cx.catch(e);
        if !is_a(&e, exc::BLOCKING_IO_ERROR) {
            return Err(cx.raise(e));
        }
        if self.readable.get() {
            self.reset_read();
        }
        let (start, end) = (self.write_pos.get() as usize, self.write_end.get() as usize);
        self.data(|d| d.copy_within(start..end, 0));
        for cell in [&self.write_end, &self.raw_pos, &self.pos] {
            cell.set(cell.get() - start as i64);
        }
        self.write_pos.set(0);
        let at = self.write_end.get() as usize;
        let n = from.len().min(self.size.get() - at);
        self.data(|d| d[at..at + n].copy_from_slice(&from[..n]));
        self.write_end.set((at + n) as i64);
        self.pos.set(self.pos.get() + n as i64);
        if n == from.len() { Ok(n) } else { Err(would_block(cx, raw, n)) }
    }
}

/// `write(data)` of a stream known to be buffered.
pub(super) fn write_bytes(cx: &mut Cx, v: Ref<'_>, data: &[u8]) -> PyResult<usize> {
    let raw = me(v).raw(cx)?;
    let (b, _held) = enter(cx, v)?;
    if !b.writable.get() {
        return Err(super::unsupported(cx, "write"));
    }
    b.check_open(cx, &raw, "write to closed file")?;
    b.write_all(cx, &raw, data)
}

/// Flushes at the end of the process, if there is anything to be written.
pub(super) fn flush_rest(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let b = me(v);
    if !b.has_write() || b.write_pos.get() == b.write_end.get() {
        return Ok(());
    }
    super::buffered::flush_stream(cx, v)
}

/// `write(buffer)`.
pub fn write(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    me(a[0]).raw(cx)?;
    base::refuse_text(cx, a[1])?;
    let data = operand(cx, a[1])?;
    write_bytes(cx, a[0], &data).map(|n| int::from_usize(n).into())
}
