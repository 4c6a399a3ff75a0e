//! `FileIO`: a raw stream on a file descriptor.
//!
//! Nothing here is locked: the descriptor and the flags are single words, and the position is the system's.

use super::{bytes, ids, names, tell, unsupported, writable_view};
use crate::parameters;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Member, Method, getset, getter, method};
use objects::protocol::{attr, path, text, truth};
use objects::types::bytes::shared::operand;
use objects::types::exception::{self, ids as exc};
use objects::types::str::{Str, as_str};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::types::{Downcast, instance, int};
use objects::{Args, Cx, PyResult, Raised};
use sync::prim::{AtomicBool, AtomicI32, AtomicI64, AtomicU8, AtomicU32, Ordering};

/// Most bytes one call of the system transfers.
const MOST: usize = 0x7fff_f000;

mod flag {
    pub const CREATED: u8 = 1;
    pub const READABLE: u8 = 2;
    pub const WRITABLE: u8 = 4;
    pub const APPENDING: u8 = 8;
    pub const CLOSE_FD: u8 = 16;
}

/// A FileIO's payload.
#[repr(C)]
pub struct FileIo {
    /// The descriptor; negative when closed.
    fd: AtomicI32,
    flags: AtomicU8,
    /// Whether it is seekable, once known: 0 unknown, 1 no, 2 yes.
    seekable: AtomicU8,
    finalizing: AtomicBool,
    block_size: AtomicU32,
    /// Size when it was opened, -1 unknown.
    size: AtomicI64,
    /// Mode bits when it was opened.
    kind: AtomicU32,
}
// SAFETY: holds no words.
unsafe impl Payload for FileIo {
    const TYPE_ID: u32 = ids::FILE_IO;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

fn me(v: Ref<'_>) -> &FileIo {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<FileIo>() }
}

fn payload() -> FileIo {
    FileIo {
        fd: AtomicI32::new(-1),
        flags: AtomicU8::new(0),
        seekable: AtomicU8::new(0),
        finalizing: AtomicBool::new(false),
        block_size: AtomicU32::new(0),
        size: AtomicI64::new(-1),
        kind: AtomicU32::new(0),
    }
}

/// The system's error of a call on a stream without a name.
#[cold]
fn failed(cx: &mut Cx, errno: i32) -> Raised {
    cx.os_error(errno, &[])
}

fn closed_error(cx: &mut Cx) -> Raised {
    cx.value_error("I/O operation on closed file")
}

impl FileIo {
    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.fd.load(Ordering::Relaxed) < 0
    }
    fn has(&self, f: u8) -> bool {
        self.flags.load(Ordering::Relaxed) & f != 0
    }
    /// The descriptor; ValueError when closed.
    pub fn fd(&self, cx: &mut Cx) -> PyResult<i32> {
        match self.fd.load(Ordering::Relaxed) {
            fd if fd < 0 => Err(closed_error(cx)),
            fd => Ok(fd),
        }
    }
    /// Whether it may be read.
    pub fn readable(&self) -> bool {
        self.has(flag::READABLE)
    }
    /// Whether it may be written.
    pub fn writable(&self) -> bool {
        self.has(flag::WRITABLE)
    }
    /// Bytes that the system likes to transfer at once.
    pub fn block_size(&self) -> u32 {
        self.block_size.load(Ordering::Relaxed)
    }
    /// Whether it was a character device when it was opened.
    pub fn is_device(&self) -> bool {
        self.kind.load(Ordering::Relaxed) & libc::S_IFMT == libc::S_IFCHR
    }
    fn reading(&self, cx: &mut Cx) -> PyResult<i32> {
        let fd = self.fd(cx)?;
        if self.readable() { Ok(fd) } else { Err(unsupported(cx, "File not open for reading")) }
    }
    fn writing(&self, cx: &mut Cx) -> PyResult<i32> {
        let fd = self.fd(cx)?;
        if self.writable() { Ok(fd) } else { Err(unsupported(cx, "File not open for writing")) }
    }
    /// Reads into `to`; `None` when it would block.
    pub fn read_into(&self, cx: &mut Cx, to: &mut [u8]) -> PyResult<Option<usize>> {
        let fd = self.reading(cx)?;
        read_fd(cx, fd, to)
    }
    /// Writes; `None` when it would block.
    pub fn write_from(&self, cx: &mut Cx, from: &[u8]) -> PyResult<Option<usize>> {
        let fd = self.writing(cx)?;
        let (p, n) = (from.as_ptr() as usize, from.len().min(MOST));
        // SAFETY: `from` lives until the call is over.
        match cx.system_call(|| unsafe { libc::write(fd, p as *const libc::c_void, n) })? {
            Ok(n) => Ok(Some(n as usize)),
            Err(libc::EAGAIN) => Ok(None),
            Err(e) => Err(failed(cx, e)),
        }
    }
    /// Moves the position.
    pub fn seek_to(&self, cx: &mut Cx, offset: i64, whence: i32) -> PyResult<i64> {
        let fd = self.fd(cx)?;
        match seek_fd(cx, fd, offset, whence) {
            Ok(n) => {
                self.seekable.store(2, Ordering::Relaxed);
                Ok(n)
            }
            Err(e) => Err(failed(cx, e)),
        }
    }
    /// Reads to the end; `None` when it would block at once.
    pub fn read_all(&self, cx: &mut Cx) -> PyResult<Option<Vec<u8>>> {
        let fd = self.fd(cx)?;
        let mut stat_size = self.size.load(Ordering::Relaxed);
        if stat_size < 0 {
            stat_size = 0;
        }
        let mut guess = 8 * 1024;
        if stat_size > 0 {
            let at = if stat_size > 65536 { seek_fd(cx, fd, 0, libc::SEEK_CUR).unwrap_or(0) } else { 0 };
            guess = (stat_size - at).max(0) as usize + 1;
        }
        let Some(mut all) = objects::types::bytes::shared::room(guess) else { return Err(cx.memory_error()) };
        let mut any = false;
        loop {
            if all.len() == all.capacity() {
                let more = if all.len() > 65536 { all.len() >> 3 } else { 256 + all.len() }.max(8 * 1024);
                if all.try_reserve(more).is_err() {
                    return Err(cx.memory_error());
                }
            }
            let have = all.len();
            let room = all.capacity() - have;
            let (p, n) = (all.as_mut_ptr() as usize + have, room.min(MOST));
            // SAFETY: that many bytes are free behind the data.
            match cx.system_call(|| unsafe { libc::read(fd, p as *mut libc::c_void, n) })? {
                Ok(0) => break,
                // SAFETY: the system has written that many.
                Ok(n) => unsafe { all.set_len(have + n as usize) },
                Err(libc::EAGAIN) => {
                    if !any {
                        return Ok(None);
                    }
                    break;
                }
                Err(e) => return Err(failed(cx, e)),
            }
            any = true;
        }
        Ok(Some(all))
    }
    /// Whether the position can be moved.
    pub fn is_seekable(&self, cx: &mut Cx) -> PyResult<bool> {
        let fd = self.fd(cx)?;
        if self.seekable.load(Ordering::Relaxed) == 0 {
            let yes = seek_fd(cx, fd, 0, libc::SEEK_CUR).is_ok();
            self.seekable.store(if yes { 2 } else { 1 }, Ordering::Relaxed);
        }
        Ok(self.seekable.load(Ordering::Relaxed) == 2)
    }
    /// Whether it is a terminal.
    pub fn is_terminal(&self, cx: &mut Cx) -> PyResult<bool> {
        let fd = self.fd(cx)?;
        // SAFETY: a plain query.
        Ok(cx.detached(|| unsafe { libc::isatty(fd) }) != 0)
    }
    /// `mode`.
    pub fn mode(&self) -> &'static str {
        match (self.has(flag::CREATED), self.has(flag::APPENDING), self.readable(), self.writable()) {
            (true, _, true, _) => "xb+",
            (true, ..) => "xb",
            (_, true, true, _) => "ab+",
            (_, true, ..) => "ab",
            (.., true, true) => "rb+",
            (.., true, _) => "rb",
            _ => "wb",
        }
    }
    fn close_fd(&self, cx: &mut Cx) -> PyResult<()> {
        let fd = self.fd.swap(-1, Ordering::Relaxed);
        if fd < 0 {
            return Ok(());
        }
        // SAFETY: the descriptor was ours.
        let r = cx.detached(|| (unsafe { libc::close(fd) }, path::last_errno()));
        // Not tried again after EINTR: the descriptor is gone.
        if r.0 < 0 && r.1 != libc::EINTR { Err(failed(cx, r.1)) } else { Ok(()) }
    }
    /// The unclosed file's warning, of the stream `shown` that stands on this one.
    pub fn warn_unclosed(&self, cx: &mut Cx, shown: Ref<'_>) {
        if self.fd.load(Ordering::Relaxed) >= 0 && self.has(flag::CLOSE_FD) {
            super::base::warn_unclosed(cx, shown);
        }
    }
    /// Says that the stream is being closed because it dies.
    pub fn set_finalizing(&self) {
        self.finalizing.store(true, Ordering::Relaxed);
    }
}

/// Reads from a descriptor; `None` when it would block.
fn read_fd(cx: &mut Cx, fd: i32, to: &mut [u8]) -> PyResult<Option<usize>> {
    let (p, n) = (to.as_mut_ptr() as usize, to.len().min(MOST));
    // SAFETY: `to` lives until the call is over.
    match cx.system_call(|| unsafe { libc::read(fd, p as *mut libc::c_void, n) })? {
        Ok(n) => Ok(Some(n as usize)),
        Err(libc::EAGAIN) => Ok(None),
        Err(e) => Err(failed(cx, e)),
    }
}

fn seek_fd(cx: &mut Cx, fd: i32, offset: i64, whence: i32) -> Result<i64, i32> {
    cx.detached(|| {
        // SAFETY: a plain call.
        match unsafe { libc::lseek(fd, offset, whence) } {
            n if n < 0 => Err(path::last_errno()),
            n => Ok(n),
        }
    })
}

/// What a mode text asks for.
struct Mode {
    flags: u8,
    open: i32,
}

fn parse_mode(cx: &mut Cx, mode: &str) -> PyResult<Mode> {
    let (mut kind, mut plus) = (false, false);
    let mut m = Mode { flags: 0, open: 0 };
    let bad = |cx: &mut Cx| cx.value_error("Must have exactly one of create/read/write/append mode and at most one plus");
    for c in mode.chars() {
        match c {
            'x' | 'r' | 'w' | 'a' if kind => return Err(bad(cx)),
            '+' if plus => return Err(bad(cx)),
            'x' => {
                m.flags |= flag::CREATED | flag::WRITABLE;
                m.open |= libc::O_EXCL | libc::O_CREAT;
            }
            'r' => m.flags |= flag::READABLE,
            'w' => {
                m.flags |= flag::WRITABLE;
                m.open |= libc::O_CREAT | libc::O_TRUNC;
            }
            'a' => {
                m.flags |= flag::WRITABLE | flag::APPENDING;
                m.open |= libc::O_APPEND | libc::O_CREAT;
            }
            '+' => {
                m.flags |= flag::READABLE | flag::WRITABLE;
                plus = true;
            }
            'b' => {}
            _ => return Err(cx.value_error(format!("invalid mode: {mode}"))),
        }
        kind |= "xrwa".contains(c);
    }
    if !kind {
        return Err(bad(cx));
    }
    m.open |= match (m.flags & flag::READABLE != 0, m.flags & flag::WRITABLE != 0) {
        (true, true) => libc::O_RDWR,
        (true, false) => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    };
    m.open |= libc::O_CLOEXEC;
    Ok(m)
}

/// What kind of file a stream was made from.
enum Source {
    Descriptor(i32),
    Path(path::Path),
}

/// Opens: what `FileIO.__init__` does.
pub fn open(cx: &mut Cx, v: Ref<'_>, file: Ref<'_>, mode: &str, close_fd: bool, opener: Option<Ref<'_>>) -> PyResult<()> {
    let f = me(v);
    if !f.is_closed() {
        if f.has(flag::CLOSE_FD) {
            f.close_fd(cx)?;
        } else {
            f.fd.store(-1, Ordering::Relaxed);
        }
    }
    if file.word() == Word::TRUE || file.word() == Word::FALSE {
        let category = type_value(exc::RUNTIME_WARNING);
        cx.host.warn(cx, category.as_ref(), "bool is used as a file descriptor", 1)?;
    }
    let source = match int::as_int(file) {
        Some(i) => match i.to_i64().and_then(|i| i32::try_from(i).ok()) {
            Some(fd) if fd < 0 => return Err(cx.value_error("negative file descriptor")),
            Some(fd) => Source::Descriptor(fd),
            None => return Err(cx.overflow_error("Python int too large to convert to C int")),
        },
        None => Source::Path(path_of(cx, file)?),
    };
    let m = parse_mode(cx, mode)?;
    let mode_text = Str::from_text(mode);
    let open_flags = Value::small_int(i64::from(m.open));
    cx.host.audit(cx, "open", &[file, mode_text.value().as_ref(), open_flags.as_ref()])?;
    f.flags.store(m.flags, Ordering::Relaxed);
    f.seekable.store(0, Ordering::Relaxed);
    f.finalizing.store(false, Ordering::Relaxed);
    let fd = match &source {
        Source::Descriptor(fd) => {
            f.flags.store(m.flags | if close_fd { flag::CLOSE_FD } else { 0 }, Ordering::Relaxed);
            *fd
        }
        Source::Path(p) => {
            if !close_fd {
                f.flags.fetch_or(flag::CLOSE_FD, Ordering::Relaxed);
                return Err(cx.value_error("Cannot use closefd=False with file name"));
            }
            f.flags.fetch_or(flag::CLOSE_FD, Ordering::Relaxed);
            match opener {
                Some(opener) => open_by(cx, opener, file, m.open)?,
                None => {
                    let name = p.bytes.clone();
                    // SAFETY: a terminated name.
                    match cx.system_call(|| unsafe { libc::open(name.as_ptr(), m.open, 0o666) })? {
                        Ok(fd) => fd,
                        Err(e) => return Err(cx.os_error(e, &[file])),
                    }
                }
            }
        }
    };
    let own = matches!(source, Source::Path(_));
    f.fd.store(fd, Ordering::Relaxed);
    let r = opened(cx, v, f, fd, file);
    if r.is_err() {
        // A descriptor that was given stays open.
        if own {
            let kept = cx.raised.take();
            if let Err(e) = f.close_fd(cx) {
                drop(cx.catch(e));
            }
            cx.raised = kept;
        } else {
            f.fd.store(-1, Ordering::Relaxed);
        }
    }
    r
}

fn path_of(cx: &mut Cx, file: Ref<'_>) -> PyResult<path::Path> {
    let object = path::fspath(cx, file)?;
    let bytes = match object.as_ref().downcast::<objects::types::bytes::Bytes>() {
        Some(b) => b.data().to_vec(),
        None => path::encode_name(cx, object.as_ref())?,
    };
    match std::ffi::CString::new(bytes) {
        Ok(bytes) => Ok(path::Path { is_bytes: as_str(object.as_ref()).is_none(), object, bytes }),
        Err(_) => Err(cx.value_error("embedded null byte")),
    }
}

fn open_by(cx: &mut Cx, opener: Ref<'_>, file: Ref<'_>, flags: i32) -> PyResult<i32> {
    let n = Value::small_int(i64::from(flags));
    let r = objects::protocol::call::positional(cx, opener, &[file, n.as_ref()])?;
    if int::as_int(r.as_ref()).is_none() {
        return Err(cx.type_error("expected integer from opener"));
    }
    let fd = int::c_int(cx, r.as_ref())?;
    if fd < 0 {
        return Err(cx.value_error(format!("opener returned {fd}")));
    }
    // SAFETY: plain calls on a descriptor.
    unsafe {
        let old = libc::fcntl(fd, libc::F_GETFD);
        if old < 0 || (old & libc::FD_CLOEXEC == 0 && libc::fcntl(fd, libc::F_SETFD, old | libc::FD_CLOEXEC) < 0) {
            let e = path::last_errno();
            return Err(failed(cx, e));
        }
    }
    Ok(fd)
}

/// What is done once there is a descriptor.
fn opened(cx: &mut Cx, v: Ref<'_>, f: &FileIo, fd: i32, name: Ref<'_>) -> PyResult<()> {
    let (r, errno, stat) = cx.detached(|| {
        // SAFETY: a plain call that fills the structure.
        unsafe {
            let mut stat: libc::stat = std::mem::zeroed();
            let r = libc::fstat(fd, &mut stat);
            (r, path::last_errno(), stat)
        }
    });
    f.block_size.store(super::DEFAULT_BUFFER_SIZE as u32, Ordering::Relaxed);
    f.size.store(-1, Ordering::Relaxed);
    f.kind.store(0, Ordering::Relaxed);
    if r < 0 {
        if errno == libc::EBADF {
            return Err(cx.os_error(errno, &[name]));
        }
    } else {
        if stat.st_mode & libc::S_IFMT == libc::S_IFDIR {
            return Err(cx.os_error(libc::EISDIR, &[name]));
        }
        if stat.st_blksize > 1 {
            f.block_size.store(stat.st_blksize as u32, Ordering::Relaxed);
        }
        f.size.store(stat.st_size, Ordering::Relaxed);
        f.kind.store(stat.st_mode, Ordering::Relaxed);
    }
    attr::set(cx, v, names::name(), Some(name))?;
    if f.has(flag::APPENDING)
        && let Err(e) = seek_fd(cx, fd, 0, libc::SEEK_END)
        && e != libc::ESPIPE
    {
        return Err(failed(cx, e));
    }
    Ok(())
}

/// A new, closed FileIO.
pub fn empty() -> Value {
    instance::alloc_with(objects::types::by_id(ids::FILE_IO), payload())
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(crate::guarded::make(class, payload()))
}

parameters!(PARAMETERS, "FileIO", "(file, mode='r', closefd=True, opener=None)");

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    PARAMETERS.bind(cx, args, |cx, a| {
        let mode = match a[1].given() {
            None => "r".to_string(),
            Some(m) => objects::types::str::methods::expect(cx, m, "FileIO() argument 'mode'")?.to_string_lossy(),
        };
        let close_fd = match a[2].given() {
            None => true,
            Some(c) => truth::of(cx, c)?,
        };
        open(cx, v, a[0], &mode, close_fd, a[3].given().filter(|o| !o.is_none()))
    })
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = me(v);
    let n = type_of(v).shown_name();
    let n = if n.contains('.') { n } else { type_of(v).full_name() };
    let n = if n.contains('.') { n } else { format!("_io.{n}") };
    if f.is_closed() {
        return Ok(objects::types::str::text(&format!("<{n} [closed]>")));
    }
    let (mode, close) = (f.mode(), if f.has(flag::CLOSE_FD) { "True" } else { "False" });
    let shown = match attr::get_optional(cx, v, names::name())? {
        None => format!("<{n} fd={} mode='{mode}' closefd={close}>", f.fd.load(Ordering::Relaxed)),
        Some(name) => match text::guarded(cx, v, |cx| text::repr(cx, name.as_ref()))? {
            Some(s) => return joined(cx, &format!("<{n} name="), &s, &format!(" mode='{mode}' closefd={close}>")),
            None => return Err(cx.runtime_error(format!("reentrant call inside {n}.__repr__"))),
        },
    };
    Ok(objects::types::str::text(&shown))
}

/// Text before, a str that may have surrogates, text behind.
pub fn joined(cx: &mut Cx, before: &str, s: &Str, behind: &str) -> PyResult<Reg> {
    let mut b = ::text::builder::StrBuilder::new();
    b.push_str(before);
    b.push_units(s.units());
    b.push_str(behind);
    objects::types::str::methods::built(cx, b)
}

fn read(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = me(a[0]);
    let fd = f.reading(cx)?;
    let n = super::size(cx, a[1])?;
    if n < 0 {
        return tell(cx, a[0], names::readall(), &[]).map(Reg::from);
    }
    let Some(mut room) = objects::types::bytes::shared::room((n as usize).min(MOST)) else { return Err(cx.memory_error()) };
    room.resize((n as usize).min(MOST), 0);
    match read_fd(cx, fd, &mut room)? {
        Some(n) => Ok(bytes(cx, &room[..n])?.into()),
        None => Ok(Value::NONE.into()),
    }
}

fn readall(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match me(a[0]).read_all(cx)? {
        Some(data) => Ok(bytes(cx, &data)?.into()),
        None => Ok(Value::NONE.into()),
    }
}

fn readinto(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = me(a[0]).reading(cx)?;
    let view = writable_view(cx, a[1], "readinto")?;
    // SAFETY: the exporter keeps `len` writable bytes there while the view lives.
    let room = unsafe { std::slice::from_raw_parts_mut(if view.len == 0 { std::ptr::dangling_mut() } else { view.data }, view.len) };
    Ok(read_fd(cx, fd, room)?.map_or(Value::NONE, int::from_usize).into())
}

fn write(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = me(a[0]);
    f.writing(cx)?;
    let data = operand(cx, a[1])?;
    Ok(f.write_from(cx, &data)?.map_or(Value::NONE, int::from_usize).into())
}

fn seek(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = me(a[0]);
    f.fd(cx)?;
    let whence = match a[2].given() {
        Some(w) => int::c_int(cx, w)?,
        None => 0,
    };
    let at = int::index_i64(cx, a[1])?;
    Ok(int::from_i64(f.seek_to(cx, at, whence)?).into())
}

fn truncate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = me(a[0]);
    let fd = f.writing(cx)?;
    let n = match a[1].given().filter(|s| !s.is_none()) {
        Some(s) => int::index_i64(cx, s)?,
        None => f.seek_to(cx, 0, libc::SEEK_CUR)?,
    };
    // SAFETY: a plain call.
    match cx.system_call(|| unsafe { libc::ftruncate(fd, n) })? {
        Ok(_) => Ok(int::from_i64(n).into()),
        Err(e) => Err(failed(cx, e)),
    }
}

fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = me(a[0]);
    let first = super::base::close(cx, a[0]).err().map(|e| cx.catch(e));
    if !f.has(flag::CLOSE_FD) {
        f.fd.store(-1, Ordering::Relaxed);
        super::base::finish(cx, first, Ok(()))?;
        return Ok(Value::NONE.into());
    }
    if f.finalizing.load(Ordering::Relaxed) {
        f.warn_unclosed(cx, a[0]);
    }
    let second = f.close_fd(cx);
    super::base::finish(cx, first, second)?;
    Ok(Value::NONE.into())
}

fn finalise(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    if me(v).is_closed() && v.exact::<FileIo>().is_some() { Ok(()) } else { super::base::finalise(cx, v) }
}

fn able(cx: &mut Cx, v: Ref<'_>, f: u8) -> PyResult<Reg> {
    me(v).fd(cx)?;
    Ok(Value::bool(me(v).has(f)).into())
}

static METHODS: &[Method] = &[
    method("read", "($self, size=-1, /)", read, "Reads up to that many bytes with one call of the system."),
    method("readall", "($self, /)", readall, "Reads to the end."),
    method("readinto", "($self, buffer, /)", readinto, "Reads into a buffer."),
    method("write", "($self, b, /)", write, "Writes bytes; how many were written."),
    method("seek", "($self, pos, whence=0, /)", seek, "Moves the position."),
    method(
        "tell",
        "($self, /)",
        |cx, a| {
            let at = me(a[0]).seek_to(cx, 0, libc::SEEK_CUR)?;
            Ok(int::from_i64(at).into())
        },
        "The position.",
    ),
    method("truncate", "($self, size=None, /)", truncate, "Sets the size."),
    method("close", "($self, /)", close, "Closes the file."),
    method("seekable", "($self, /)", |cx, a| Ok(Value::bool(me(a[0]).is_seekable(cx)?).into()), "Whether the position can be moved."),
    method("readable", "($self, /)", |cx, a| able(cx, a[0], flag::READABLE), "Whether it was opened for reading."),
    method("writable", "($self, /)", |cx, a| able(cx, a[0], flag::WRITABLE), "Whether it was opened for writing."),
    method("fileno", "($self, /)", |cx, a| Ok(int::from_i64(me(a[0]).fd(cx)?.into()).into()), "The file descriptor."),
    method("isatty", "($self, /)", |cx, a| Ok(Value::bool(me(a[0]).is_terminal(cx)?).into()), "Whether it is a terminal."),
    method(
        "_isatty_open_only",
        "($self, /)",
        |cx, a| {
            let f = me(a[0]);
            Ok(Value::bool((f.kind.load(Ordering::Relaxed) == 0 || f.is_device()) && f.is_terminal(cx)?).into())
        },
        "Whether it is a terminal, by what was known when it was opened.",
    ),
    method(
        "_dealloc_warn",
        "($self, object, /)",
        |cx, a| {
            me(a[0]).warn_unclosed(cx, a[1]);
            Ok(Value::NONE.into())
        },
        "",
    ),
    method("__getstate__", "($self, /)", super::abstracts::no_state, ""),
];

static GETSETS: &[GetSet] = &[
    getter("closed", |_, v| Ok(Value::bool(me(v).is_closed()).into()), "Whether the file is closed."),
    getter("closefd", |_, v| Ok(Value::bool(me(v).has(flag::CLOSE_FD)).into()), "Whether the descriptor is closed with it."),
    getter("mode", |_, v| Ok(Str::intern_text(me(v).mode()).into()), "The mode."),
];

fn set_finalizing(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let yes = finalizing_value(cx, x)?;
    me(v).finalizing.store(yes, Ordering::Relaxed);
    Ok(())
}

/// The value of `_finalizing` as it is set.
pub fn finalizing_value(cx: &mut Cx, x: Option<Ref<'_>>) -> PyResult<bool> {
    match x.map(Ref::word) {
        Some(Word::TRUE) => Ok(true),
        Some(Word::FALSE) => Ok(false),
        Some(_) => Err(cx.type_error("attribute value type must be bool")),
        None => Err(cx.type_error("can't delete numeric/char attribute")),
    }
}

static MEMBERS: &[Member] = &[
    Member(getter("_blksize", |_, v| Ok(int::from_i64(me(v).block_size().into()).into()), "")),
    Member(getset("_finalizing", |_, v| Ok(Value::bool(me(v).finalizing.load(Ordering::Relaxed)).into()), set_finalizing, "")),
];

/// `_io.FileIO`.
pub static FILE_IO_TYPE: TypeSpec = TypeSpec::of::<FileIo>("_io.FileIO")
    .base(ids::RAW_IO_BASE)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), init: Some(init), repr: Some(repr), del: Some(finalise), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .members(MEMBERS)
    .doc("A raw stream on a file.");

/// Whether an exception is of a type.
pub fn is_a(e: &Value, id: u32) -> bool {
    exception::as_exception(e.as_ref()).is_some() && type_of(e.as_ref()).is_subtype_of_id(id)
}
