//! `mmap`: files as memory.
//!
//! The mapping is touched under the object's lock, except through exported views: while there are any, it is neither unmapped nor moved.

use crate::guarded::make;
use crate::posix::arguments::{flag, int_or, long, none};
use gc::{Payload, Word};
use objects::cx::lock_header;
use objects::native::{GetSet, Method, getter, method};
use objects::protocol::buffer::{self, BufferView};
use objects::protocol::path::{last_errno, os_error_class};
use objects::types::bytes::shared::new_bytes;
use objects::types::exception::ids as exc;
use objects::types::int::{self, IntRef, as_int, from_i64, from_usize};
use objects::types::module::{Module, ModuleDef};
use objects::types::slice::Slice;
use objects::types::str::text;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::{Args, Cx, PyResult, Raised, Ref, Reg, Value};
use std::cell::UnsafeCell;

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const MMAP: u32 = 406;
}

const ACCESS_DEFAULT: i32 = 0;
const ACCESS_READ: i32 = 1;
const ACCESS_WRITE: i32 = 2;
const ACCESS_COPY: i32 = 3;

/// A mapping; `at` is 0 once it is closed.
struct Map {
    at: usize,
    len: usize,
    pos: usize,
    offset: i64,
    fd: i32,
    access: i32,
    flags: i32,
    tracks: bool,
    exports: usize,
}

impl Map {
    fn data(&self) -> &[u8] {
        // SAFETY: mapped while the caller holds the lock. What other processes write meanwhile is theirs to answer for, as in the reference.
        unsafe { std::slice::from_raw_parts(self.at as *const u8, self.len) }
    }
    fn data_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above; callers have checked that it may be written.
        unsafe { std::slice::from_raw_parts_mut(self.at as *mut u8, self.len) }
    }
    fn close(&mut self) {
        // SAFETY: ours, and nobody has a view.
        unsafe {
            if self.at != 0 {
                libc::munmap(self.at as *mut libc::c_void, self.len);
            }
            if self.fd >= 0 {
                libc::close(self.fd);
            }
        }
        self.at = 0;
        self.fd = -1;
    }
}

/// A mapping's payload.
#[repr(C)]
pub struct Mmap(UnsafeCell<Map>);
// SAFETY: holds no words.
unsafe impl Payload for Mmap {
    const TYPE_ID: u32 = ids::MMAP;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}
impl Drop for Mmap {
    fn drop(&mut self) {
        self.0.get_mut().close();
    }
}

fn me(v: Ref<'_>) -> &Mmap {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Mmap>() }
}

/// Why an operation was refused, to be raised after unlocking.
enum Refused {
    Closed,
    Value(&'static str),
    Index(&'static str),
    Type(&'static str),
    Buffer(&'static str),
    System(i32),
}

fn raise(cx: &mut Cx, r: Refused) -> Raised {
    match r {
        Refused::Closed => cx.value_error("mmap closed or invalid"),
        Refused::Value(t) => cx.value_error(t),
        Refused::Index(t) => cx.index_error(t),
        Refused::Type(t) => cx.type_error(t),
        Refused::Buffer(t) => cx.error(exc::BUFFER_ERROR, t),
        Refused::System(e) => cx.os_error(e, &[]),
    }
}

impl Mmap {
    /// Runs `f` on the open mapping, under the lock.
    fn with<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut Map) -> Result<R, Refused>) -> PyResult<R> {
        let r = {
            let _l = cx.lock(self.header());
            // SAFETY: the lock is held, and `f` cannot come back here since it has no `Cx`.
            let m = unsafe { &mut *self.0.get() };
            if m.at == 0 { Err(Refused::Closed) } else { f(m) }
        };
        r.map_err(|r| raise(cx, r))
    }
}

fn writable(m: &Map) -> Result<(), Refused> {
    if m.access == ACCESS_READ { Err(Refused::Type("mmap can't modify a readonly memory map.")) } else { Ok(()) }
}

crate::parameters!(PARAMETERS, "mmap", "(fileno, length, flags=1, prot=3, access=0, offset=0, *, trackfd=True)");

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    PARAMETERS.bind(cx, args, |cx, a| {
        let fd = int::c_int(cx, a[0])?;
        let length = int::index_size(cx, a[1])?;
        let default = libc::PROT_READ | libc::PROT_WRITE;
        let (mut bits, mut protection) = (int_or(cx, a[2], libc::MAP_SHARED)?, int_or(cx, a[3], default)?);
        let mut access = int_or(cx, a[4], ACCESS_DEFAULT)?;
        let offset = match a[5].given() {
            Some(v) => long(cx, v)?,
            None => 0,
        };
        let tracks = flag(cx, a[6], true)?;
        if length < 0 {
            return Err(cx.overflow_error("memory mapped length must be positive"));
        }
        if offset < 0 {
            return Err(cx.overflow_error("memory mapped offset must be positive"));
        }
        if access != ACCESS_DEFAULT && (bits != libc::MAP_SHARED || protection != default) {
            return Err(cx.value_error("mmap can't specify both access and flags, prot."));
        }
        match access {
            ACCESS_READ => protection = libc::PROT_READ,
            ACCESS_WRITE => {}
            ACCESS_COPY => bits = libc::MAP_PRIVATE,
            ACCESS_DEFAULT => {
                if protection & default != default {
                    access = if protection & libc::PROT_WRITE != 0 { ACCESS_WRITE } else { ACCESS_READ };
                }
            }
            _ => return Err(cx.value_error("mmap invalid access parameter.")),
        }
        let mut len = length as usize;
        let mut kept = -1;
        if fd != -1 {
            // SAFETY: room for the result.
            let (r, s) = unsafe {
                let mut s: libc::stat = std::mem::zeroed();
                (libc::fstat(fd, &mut s), s)
            };
            if r == 0 && s.st_mode & libc::S_IFMT == libc::S_IFREG {
                if len == 0 {
                    if s.st_size == 0 {
                        return Err(cx.value_error("cannot mmap an empty file"));
                    }
                    if offset >= s.st_size {
                        return Err(cx.value_error("mmap offset is greater than file size"));
                    }
                    len = (s.st_size - offset) as usize;
                } else if offset > s.st_size || ((s.st_size - offset) as usize) < len {
                    return Err(cx.value_error("mmap length is greater than file size"));
                }
            }
            if tracks {
                // SAFETY: plain numbers.
                kept = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) };
                if kept < 0 {
                    let e = last_errno();
                    return Err(cx.os_error(e, &[]));
                }
            }
        } else {
            bits |= libc::MAP_ANONYMOUS;
        }
        // SAFETY: a new mapping where the system likes.
        let (at, e) = cx.detached(|| unsafe {
            let p = libc::mmap(std::ptr::null_mut(), len, protection, bits, fd, offset);
            (p as usize, last_errno())
        });
        if at == libc::MAP_FAILED as usize {
            if kept >= 0 {
                // SAFETY: just made.
                unsafe { libc::close(kept) };
            }
            return Err(cx.os_error(e, &[]));
        }
        let m = Map { at, len, pos: 0, offset, fd: kept, access, flags: bits, tracks, exports: 0 };
        Ok(make(class, Mmap(UnsafeCell::new(m))))
    })
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let n = type_of(v).full_name();
    let shown = me(v).with(cx, |m| {
        let access = ["ACCESS_DEFAULT", "ACCESS_READ", "ACCESS_WRITE", "ACCESS_COPY"][m.access as usize & 3];
        Ok(format!("<{n} closed=False, access={access}, length={}, pos={}, offset={}>", m.len, m.pos, m.offset))
    });
    match shown {
        Ok(s) => Ok(text(&s)),
        Err(e) => {
            drop(cx.catch_if(e, exc::VALUE_ERROR)?);
            Ok(text(&format!("<{n} closed=True>")))
        }
    }
}

fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = {
        let m = me(a[0]);
        let _l = cx.lock(m.header());
        // SAFETY: the lock is held.
        let m = unsafe { &mut *m.0.get() };
        if m.exports > 0 {
            Err(())
        } else {
            m.close();
            Ok(())
        }
    };
    match r {
        Ok(()) => none(),
        Err(()) => Err(cx.error(exc::BUFFER_ERROR, "cannot close exported pointers exist")),
    }
}

fn is_closed(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let m = me(v);
    let _l = lock_header(m.header());
    // SAFETY: the lock is held.
    Ok(Value::bool(unsafe { (*m.0.get()).at == 0 }).into())
}

// ---- as a file ----

fn read(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = match a[1].given().filter(|v| !v.is_none()) {
        Some(v) => int::index_size(cx, v)?,
        None => -1,
    };
    let data = me(a[0]).with(cx, |m| {
        let left = m.len.saturating_sub(m.pos);
        let n = usize::try_from(n).map_or(left, |n| n.min(left));
        let at = m.pos;
        m.pos += n;
        Ok(m.data().get(at..at + n).unwrap_or(&[]).to_vec())
    })?;
    new_bytes(cx, &data).map(Reg::from)
}

fn readline(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = me(a[0]).with(cx, |m| {
        let rest = m.data().get(m.pos..).unwrap_or(&[]);
        let n = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |n| n + 1);
        let line = rest[..n].to_vec();
        m.pos += n;
        Ok(line)
    })?;
    new_bytes(cx, &data).map(Reg::from)
}

fn read_byte(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let b = me(a[0]).with(cx, |m| {
        let b = *m.data().get(m.pos).ok_or(Refused::Value("read byte out of range"))?;
        m.pos += 1;
        Ok(b)
    })?;
    Ok(int::reg(i64::from(b)))
}

fn write(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = buffer::bytes_of(cx, a[1])?;
    me(a[0]).with(cx, |m| {
        writable(m)?;
        let at = m.pos;
        match m.data_mut().get_mut(at..).and_then(|d| d.get_mut(..data.len())) {
            Some(d) => d.copy_from_slice(&data),
            None => return Err(Refused::Value("data out of range")),
        }
        m.pos += data.len();
        Ok(())
    })?;
    Ok(from_usize(data.len()).into())
}

fn write_byte(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let i = int::index(cx, a[1])?;
    // As the reference's "b" format takes it: without regard to what is beyond eight bits of sign and value.
    let b = match as_int(i.as_ref()).and_then(IntRef::to_i64) {
        Some(n) if n < 0 => return Err(cx.overflow_error("unsigned byte integer is less than minimum")),
        Some(n) if n < 256 => n as u8,
        _ => return Err(cx.overflow_error("unsigned byte integer is greater than maximum")),
    };
    me(a[0]).with(cx, |m| {
        writable(m)?;
        let at = m.pos;
        match m.data_mut().get_mut(at) {
            Some(x) => *x = b,
            None => return Err(Refused::Value("write byte out of range")),
        }
        m.pos += 1;
        Ok(())
    })?;
    none()
}

fn seek(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let by = int::index_size(cx, a[1])?;
    let how = int_or(cx, a[2], 0)?;
    let pos = me(a[0]).with(cx, |m| {
        let from = match how {
            0 => 0,
            1 => m.pos as i64,
            2 => m.len as i64,
            _ => return Err(Refused::Value("unknown seek type")),
        };
        match from.checked_add(by).filter(|p| (0..=m.len as i64).contains(p)) {
            Some(p) => {
                m.pos = p as usize;
                Ok(m.pos)
            }
            None => Err(Refused::Value("seek out of range")),
        }
    })?;
    Ok(from_usize(pos).into())
}

fn size(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = me(a[0]).with(cx, |m| {
        if m.fd < 0 {
            return Err(Refused::System(libc::EBADF));
        }
        // SAFETY: room for the result.
        unsafe {
            let mut s: libc::stat = std::mem::zeroed();
            if libc::fstat(m.fd, &mut s) < 0 { Err(Refused::System(last_errno())) } else { Ok(s.st_size) }
        }
    })?;
    Ok(int::reg(n))
}

fn find(cx: &mut Cx, a: &[Ref<'_>], backwards: bool) -> PyResult<Reg> {
    let wanted = buffer::bytes_of(cx, a[1])?;
    let bound = |cx: &mut Cx, v: Ref<'_>| match v.given().filter(|v| !v.is_none()) {
        Some(v) => int::index_size(cx, v).map(Some),
        None => Ok(None),
    };
    let (start, end) = (bound(cx, a[2])?, bound(cx, a[3])?);
    let r = me(a[0]).with(cx, |m| {
        let n = m.len as i64;
        let fit = |v: i64| if v < 0 { (v + n).max(0) } else { v.min(n) } as usize;
        let (start, end) = (start.map_or(m.pos, fit), end.map_or(m.len, fit));
        let Some(d) = m.data().get(start..end).filter(|d| d.len() >= wanted.len()) else { return Ok(-1) };
        if wanted.is_empty() {
            return Ok(if backwards { end } else { start } as i64);
        }
        let mut windows = d.windows(wanted.len());
        let at = if backwards { windows.rposition(|w| w == wanted) } else { windows.position(|w| w == wanted) };
        Ok(at.map_or(-1, |i| (start + i) as i64))
    })?;
    Ok(int::reg(r))
}

fn move_(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (to, from, n) = (int::index_size(cx, a[1])?, int::index_size(cx, a[2])?, int::index_size(cx, a[3])?);
    me(a[0]).with(cx, |m| {
        writable(m)?;
        let fits = |at: i64| at >= 0 && n >= 0 && at.checked_add(n).is_some_and(|e| e <= m.len as i64);
        if !fits(to) || !fits(from) {
            return Err(Refused::Value("source, destination, or count out of range"));
        }
        m.data_mut().copy_within(from as usize..(from + n) as usize, to as usize);
        Ok(())
    })?;
    none()
}

fn flush(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let offset = match a[1].given() {
        Some(v) => int::index_size(cx, v)?,
        None => 0,
    };
    let size = match a[2].given().filter(|v| !v.is_none()) {
        Some(v) => Some(int::index_size(cx, v)?),
        None => None,
    };
    let r = me(a[0]).with(cx, |m| {
        let len = m.len as i64;
        let size = size.unwrap_or(len - offset);
        if offset < 0 || size < 0 || len.checked_sub(offset).is_none_or(|left| left < size) {
            return Err(Refused::Value("flush values out of range"));
        }
        if m.access == ACCESS_READ || m.access == ACCESS_COPY {
            return Ok(());
        }
        // SAFETY: within the mapping.
        let r = unsafe { libc::msync((m.at + offset as usize) as *mut libc::c_void, size as usize, libc::MS_SYNC) };
        if r < 0 { Err(Refused::System(last_errno())) } else { Ok(()) }
    });
    r?;
    none()
}

fn madvise(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let option = int::c_int(cx, a[1])?;
    let start = match a[2].given() {
        Some(v) => int::index_size(cx, v)?,
        None => 0,
    };
    let length = match a[3].given().filter(|v| !v.is_none()) {
        Some(v) => Some(int::index_size(cx, v)?),
        None => None,
    };
    let too_large = me(a[0]).with(cx, |m| {
        let len = m.len as i64;
        if start < 0 || start >= len {
            return Err(Refused::Value("madvise start out of bounds"));
        }
        let length = length.unwrap_or(len);
        if length < 0 {
            return Err(Refused::Value("madvise length invalid"));
        }
        if start.checked_add(length).is_none() {
            return Ok(true);
        }
        let n = length.min(len - start) as usize;
        // SAFETY: within the mapping.
        let r = unsafe { libc::madvise((m.at + start as usize) as *mut libc::c_void, n, option) };
        if r != 0 { Err(Refused::System(last_errno())) } else { Ok(false) }
    })?;
    if too_large { Err(cx.overflow_error("madvise length too large")) } else { none() }
}

fn resize(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let new = int::index_size(cx, a[1])?;
    me(a[0]).with(cx, |m| {
        if m.exports > 0 {
            return Err(Refused::Buffer("mmap can't resize with extant buffers exported."));
        }
        if !m.tracks {
            return Err(Refused::Value("mmap can't resize with trackfd=False."));
        }
        if m.access != ACCESS_DEFAULT && m.access != ACCESS_WRITE {
            return Err(Refused::Type("mmap can't resize a readonly or copy-on-write memory map."));
        }
        if new < 0 || m.offset.checked_add(new).is_none() {
            return Err(Refused::Value("new size out of range"));
        }
        // SAFETY: ours, and nobody has a view.
        unsafe {
            if m.fd >= 0 && libc::ftruncate(m.fd, m.offset + new) < 0 {
                return Err(Refused::System(last_errno()));
            }
            if m.fd < 0 && m.flags & libc::MAP_PRIVATE == 0 && new as usize > m.len {
                return Err(Refused::Value("mmap: can't expand a shared anonymous mapping"));
            }
            let p = libc::mremap(m.at as *mut libc::c_void, m.len, new as usize, libc::MREMAP_MAYMOVE);
            if p == libc::MAP_FAILED {
                return Err(Refused::System(last_errno()));
            }
            m.at = p as usize;
            m.len = new as usize;
        }
        Ok(())
    })?;
    none()
}

// ---- as a sequence ----

fn index(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    int::subscript_index(cx, v)
}

fn at(m: &Map, i: i64) -> Result<usize, Refused> {
    let i = if i < 0 { i + m.len as i64 } else { i };
    usize::try_from(i).ok().filter(|i| *i < m.len).ok_or(Refused::Index("mmap index out of range"))
}

fn getitem(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    if let Some(s) = key.exact::<Slice>() {
        let (start, stop, step) = s.unpack(cx)?;
        let data = me(v).with(cx, |m| {
            let i = objects::types::slice::adjust(start, stop, step, m.len);
            let d = m.data();
            if i.step == 1 {
                return Ok(d[i.start as usize..i.start as usize + i.count].to_vec());
            }
            Ok((0..i.count as i64).map(|k| d[(i.start + k * i.step) as usize]).collect())
        })?;
        return new_bytes(cx, &data).map(Reg::from);
    }
    if type_of(key).slots.index().is_none() && as_int(key).is_none() {
        return Err(cx.type_error("mmap indices must be integers"));
    }
    let i = index(cx, key)?;
    let b = me(v).with(cx, |m| at(m, i).map(|i| m.data()[i]))?;
    Ok(int::reg(i64::from(b)))
}

fn setitem(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    me(v).with(cx, |m| writable(m))?;
    if let Some(s) = key.exact::<Slice>() {
        let (start, stop, step) = s.unpack(cx)?;
        let Some(value) = value else { return Err(cx.type_error("mmap object doesn't support slice deletion")) };
        let data = buffer::bytes_of(cx, value)?;
        return me(v).with(cx, |m| {
            let i = objects::types::slice::adjust(start, stop, step, m.len);
            if i.count != data.len() {
                return Err(Refused::Index("mmap slice assignment is wrong size"));
            }
            let d = m.data_mut();
            for (k, b) in data.iter().enumerate() {
                d[(i.start + k as i64 * i.step) as usize] = *b;
            }
            Ok(())
        });
    }
    if type_of(key).slots.index().is_none() && as_int(key).is_none() {
        return Err(cx.type_error("mmap indices must be integers"));
    }
    let i = index(cx, key)?;
    me(v).with(cx, |m| at(m, i).map(drop))?;
    let Some(value) = value else { return Err(cx.type_error("mmap doesn't support item deletion")) };
    if as_int(value).is_none() && type_of(value).slots.index().is_none() {
        return Err(cx.type_error("mmap item value must be an int"));
    }
    let n = int::index(cx, value)?;
    let Some(b) = as_int(n.as_ref()).and_then(IntRef::to_i64).and_then(|n| u8::try_from(n).ok()) else {
        return Err(cx.value_error("mmap item value must be in range(0, 256)"));
    };
    me(v).with(cx, |m| {
        let i = at(m, i)?;
        m.data_mut()[i] = b;
        Ok(())
    })
}

fn release(v: &Value) {
    let m = me(v.as_ref());
    let _l = lock_header(m.header());
    // SAFETY: the lock is held.
    unsafe { (*m.0.get()).exports -= 1 };
}

fn export(cx: &mut Cx, v: Ref<'_>, wanted: u32) -> PyResult<BufferView> {
    let (at, len, readonly) = me(v).with(cx, |m| {
        let readonly = m.access == ACCESS_READ;
        if readonly && wanted & buffer::wanted::WRITABLE != 0 {
            return Err(Refused::Buffer("Object is not writable."));
        }
        m.exports += 1;
        Ok((m.at, m.len, readonly))
    })?;
    Ok(BufferView::bytes(v.to_value(), at as *mut u8, len, readonly, Some(release)))
}

static METHODS: &[Method] = &[
    method("close", "($self, /)", close, "Ends the mapping."),
    method("find", "($self, view, start=None, end=None, /)", |cx, a| find(cx, a, false), "Where bytes first stand; -1 if nowhere."),
    method("rfind", "($self, view, start=None, end=None, /)", |cx, a| find(cx, a, true), "Where bytes last stand; -1 if nowhere."),
    method("flush", "($self, offset=0, size=None, /)", flush, "Writes changes to the file."),
    method("madvise", "($self, option, start=0, length=None, /)", madvise, "Tells the system how the memory will be used."),
    method("move", "($self, dest, src, count, /)", move_, "Copies bytes within the mapping."),
    method("read", "($self, n=None, /)", read, "Reads from the position on."),
    method("read_byte", "($self, /)", read_byte, "Reads one byte."),
    method("readline", "($self, /)", readline, "Reads a line."),
    method("resize", "($self, newsize, /)", resize, "Makes the mapping and its file longer or shorter."),
    method("seek", "($self, pos, whence=0, /)", seek, "Moves the position."),
    method("seekable", "($self, /)", |_, _| Ok(Value::TRUE.into()), "Whether the position can be moved: always."),
    method("size", "($self, /)", size, "Bytes of the file."),
    method(
        "tell",
        "($self, /)",
        |cx, a| {
            let n = me(a[0]).with(cx, |m| Ok(m.pos))?;
            Ok(from_usize(n).into())
        },
        "The position.",
    ),
    method("write", "($self, bytes, /)", write, "Writes from the position on."),
    method("write_byte", "($self, byte, /)", write_byte, "Writes one byte."),
    method(
        "__enter__",
        "($self, /)",
        |cx, a| {
            me(a[0]).with(cx, |_| Ok(()))?;
            Ok(a[0].to_value().into())
        },
        "The mapping itself.",
    ),
    method("__exit__", "($self, exc_type, exc_value, traceback, /)", |cx, a| close(cx, &a[..1]), "Ends the mapping."),
];
static GETSETS: &[GetSet] = &[getter("closed", is_closed, "Whether the mapping has ended.")];

fn length(cx: &mut Cx, v: Ref<'_>) -> PyResult<usize> {
    me(v).with(cx, |m| Ok(m.len))
}

/// `mmap.mmap`
pub static MMAP_TYPE: TypeSpec = TypeSpec::of::<Mmap>("mmap.mmap")
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        len: Some(length),
        getitem: Some(getitem),
        setitem: Some(setitem),
        buffer: Some(export),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("A file as memory: mmap(fileno, length, flags=MAP_SHARED, prot=PROT_WRITE|PROT_READ, access=ACCESS_DEFAULT, offset=0).");

/// The types.
pub static SPECS: &[&TypeSpec] = &[&MMAP_TYPE];

static NUMBERS: &[(&str, i64)] = &[
    ("ACCESS_COPY", 3),
    ("ACCESS_DEFAULT", 0),
    ("ACCESS_READ", 1),
    ("ACCESS_WRITE", 2),
    ("MADV_DODUMP", libc::MADV_DODUMP as i64),
    ("MADV_DOFORK", libc::MADV_DOFORK as i64),
    ("MADV_DONTDUMP", libc::MADV_DONTDUMP as i64),
    ("MADV_DONTFORK", libc::MADV_DONTFORK as i64),
    ("MADV_DONTNEED", libc::MADV_DONTNEED as i64),
    ("MADV_FREE", libc::MADV_FREE as i64),
    ("MADV_HUGEPAGE", libc::MADV_HUGEPAGE as i64),
    ("MADV_HWPOISON", libc::MADV_HWPOISON as i64),
    ("MADV_MERGEABLE", libc::MADV_MERGEABLE as i64),
    ("MADV_NOHUGEPAGE", libc::MADV_NOHUGEPAGE as i64),
    ("MADV_NORMAL", libc::MADV_NORMAL as i64),
    ("MADV_RANDOM", libc::MADV_RANDOM as i64),
    ("MADV_REMOVE", libc::MADV_REMOVE as i64),
    ("MADV_SEQUENTIAL", libc::MADV_SEQUENTIAL as i64),
    ("MADV_UNMERGEABLE", libc::MADV_UNMERGEABLE as i64),
    ("MADV_WILLNEED", libc::MADV_WILLNEED as i64),
    ("MAP_32BIT", libc::MAP_32BIT as i64),
    ("MAP_ANON", libc::MAP_ANON as i64),
    ("MAP_ANONYMOUS", libc::MAP_ANONYMOUS as i64),
    ("MAP_DENYWRITE", libc::MAP_DENYWRITE as i64),
    ("MAP_EXECUTABLE", libc::MAP_EXECUTABLE as i64),
    ("MAP_NORESERVE", libc::MAP_NORESERVE as i64),
    ("MAP_POPULATE", libc::MAP_POPULATE as i64),
    ("MAP_PRIVATE", libc::MAP_PRIVATE as i64),
    ("MAP_SHARED", libc::MAP_SHARED as i64),
    ("MAP_STACK", libc::MAP_STACK as i64),
    ("PROT_EXEC", libc::PROT_EXEC as i64),
    ("PROT_READ", libc::PROT_READ as i64),
    ("PROT_WRITE", libc::PROT_WRITE as i64),
];

fn init(_cx: &mut Cx, m: &Module) -> PyResult<()> {
    for (name, n) in NUMBERS {
        m.add(name, from_i64(*n));
    }
    // SAFETY: a plain query.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    m.add("PAGESIZE", from_i64(page));
    m.add("ALLOCATIONGRANULARITY", from_i64(page));
    m.add("mmap", type_value(ids::MMAP));
    m.add("error", os_error_class());
    Ok(())
}

/// `mmap`.
pub static MODULE: ModuleDef = ModuleDef { name: "mmap", doc: "Files as memory.", functions: &[], init };
