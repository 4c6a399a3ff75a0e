//! `posix`: directories: `listdir`, `scandir` with its entries, making and removing them, the working directory.

use super::arguments::{Also, Target, call, directory, flag, int_or, none};
use super::{ids, stat};
use gc::{Field, Payload, Word};
use objects::native::{GetSet, Member, Method, class_method, function, getter, method};
use objects::protocol::path::{decode_name, last_errno};
use objects::types::bytes::shared::new_bytes;
use objects::types::exception::ids as exc;
use objects::types::instance;
use objects::types::list::List;
use objects::types::object;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, by_id, flags, type_value};
use objects::{Cx, PyResult, Ref, Reg, Value};
use std::collections::VecDeque;
use std::ffi::CStr;
use std::sync::Mutex;
use sync::prim::{AtomicBool, Ordering};

/// An entry as the system gives it.
struct Raw {
    name: Vec<u8>,
    kind: u8,
    inode: u64,
}

/// An open directory stream; closed when it goes.
struct Stream {
    dir: *mut libc::DIR,
    /// Opened by descriptor: the position is shared with the caller's.
    rewind: bool,
}
// SAFETY: a stream is used by one thread at a time (it is reached through `&mut`).
unsafe impl Send for Stream {}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: the stream is ours and open.
        unsafe {
            if self.rewind {
                libc::rewinddir(self.dir);
            }
            libc::closedir(self.dir);
        }
    }
}

impl Stream {
    /// Opens a path, or a duplicate of a descriptor. Detached.
    fn open(path: &CStr, fd: Option<i32>) -> Result<Stream, i32> {
        // SAFETY: a terminated path; a descriptor that is ours after duplication.
        unsafe {
            let dir = match fd {
                Some(fd) => {
                    let own = libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0);
                    if own < 0 {
                        return Err(last_errno());
                    }
                    let dir = libc::fdopendir(own);
                    if dir.is_null() {
                        let e = last_errno();
                        libc::close(own);
                        return Err(e);
                    }
                    dir
                }
                None => libc::opendir(path.as_ptr()),
            };
            if dir.is_null() { Err(last_errno()) } else { Ok(Stream { dir, rewind: fd.is_some() }) }
        }
    }
    /// The next entry but "." and "..". `None` at the end. Detached.
    fn next(&mut self) -> Result<Option<Raw>, i32> {
        loop {
            // SAFETY: the stream is open; the entry is read before the next call.
            unsafe {
                *libc::__errno_location() = 0;
                let e = libc::readdir64(self.dir);
                if e.is_null() {
                    return match last_errno() {
                        0 => Ok(None),
                        n => Err(n),
                    };
                }
                let name = CStr::from_ptr((*e).d_name.as_ptr()).to_bytes();
                if name != b"." && name != b".." {
                    return Ok(Some(Raw { name: name.to_vec(), kind: (*e).d_type, inode: (*e).d_ino }));
                }
            }
        }
    }
}

fn listdir(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "listdir", "path", Also::FdOrNone)?;
    let (p, fd) = (t.path.as_c_str(), t.fd);
    let read = cx.detached(|| {
        let mut stream = Stream::open(p, fd)?;
        let mut names = Vec::new();
        while let Some(e) = stream.next()? {
            names.push(e.name);
        }
        Ok(names)
    });
    match read {
        Ok(names) => {
            let mut out = Vec::with_capacity(names.len());
            for n in names {
                out.push(t.name(cx, &n)?);
            }
            Ok(List::from_values(out).into())
        }
        Err(e) => Err(t.error(cx, e)),
    }
}

// ---- scandir ----

/// What a scan has left: the stream, and entries read ahead.
struct Left {
    stream: Option<Stream>,
    ahead: VecDeque<Raw>,
    error: Option<i32>,
}

/// Payload of the iterator. The mutex is taken by detached threads only, for a read of the system's.
#[repr(C)]
pub struct Scan {
    left: Mutex<Left>,
    /// The path as it was given, or None.
    path: Value,
    /// The directory's path up to and with the slash; empty for one given by descriptor.
    prefix: Vec<u8>,
    fd: i32,
    is_bytes: bool,
    ended: AtomicBool,
}
// SAFETY: visits its word.
unsafe impl Payload for Scan {
    const TYPE_ID: u32 = ids::SCAN;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.path.word());
    }
}

fn scan_of(v: Ref<'_>) -> &Scan {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Scan>() }
}

/// How many entries are read at once.
const AHEAD: usize = 64;

impl Scan {
    fn with<R: Send>(&self, cx: &mut Cx, f: impl FnOnce(&mut Left) -> R + Send) -> R {
        let left = &self.left;
        cx.detached(|| f(&mut left.lock().unwrap_or_else(|e| e.into_inner())))
    }
    fn close(&self, cx: &mut Cx) {
        self.ended.store(true, Ordering::Relaxed);
        self.with(cx, |l| {
            l.stream = None;
            l.ahead.clear();
            l.error = None;
        });
    }
}

fn scandir(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "scandir", "path", Also::FdOrNone)?;
    let (p, fd) = (t.path.as_c_str(), t.fd);
    let stream = match cx.detached(|| Stream::open(p, fd)) {
        Ok(s) => s,
        Err(e) => return Err(t.error(cx, e)),
    };
    let mut prefix = if fd.is_some() { Vec::new() } else { t.path.to_bytes().to_vec() };
    if !prefix.is_empty() && !prefix.ends_with(b"/") {
        prefix.push(b'/');
    }
    let scan = Scan {
        left: Mutex::new(Left { stream: Some(stream), ahead: VecDeque::new(), error: None }),
        path: t.object.clone().unwrap_or(Value::NONE),
        prefix,
        fd: fd.unwrap_or(-1),
        is_bytes: t.is_bytes,
        ended: AtomicBool::new(false),
    };
    Ok(instance::alloc_with(by_id(ids::SCAN), scan).into())
}

fn scan_next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let s = scan_of(v);
    let next = s.with(cx, |l| {
        if l.ahead.is_empty()
            && let Some(stream) = &mut l.stream
        {
            while l.ahead.len() < AHEAD {
                match stream.next() {
                    Ok(Some(e)) => l.ahead.push_back(e),
                    Ok(None) => {
                        l.stream = None;
                        break;
                    }
                    Err(e) => {
                        l.stream = None;
                        l.error = Some(e);
                        break;
                    }
                }
            }
        }
        match l.ahead.pop_front() {
            Some(e) => Ok(Some(e)),
            None => l.error.take().map_or(Ok(None), Err),
        }
    });
    let e = match next {
        Ok(Some(e)) => e,
        Ok(None) => {
            s.ended.store(true, Ordering::Relaxed);
            return Ok(None);
        }
        Err(e) => {
            s.ended.store(true, Ordering::Relaxed);
            return Err(if s.path.as_ref().is_none() { cx.os_error(e, &[]) } else { cx.os_error(e, &[s.path.as_ref()]) });
        }
    };
    let make = |cx: &mut Cx, b: &[u8]| if s.is_bytes { new_bytes(cx, b) } else { decode_name(cx, b) };
    let name = make(cx, &e.name)?;
    let path = if s.prefix.is_empty() {
        name.clone()
    } else {
        let mut full = s.prefix.clone();
        full.extend_from_slice(&e.name);
        make(cx, &full)?
    };
    let entry = Entry { name, path, fd: s.fd, kind: e.kind, inode: e.inode, stat: Field::empty(), lstat: Field::empty() };
    Ok(Some(gc::alloc(entry).into()))
}

fn scan_close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    scan_of(a[0]).close(cx);
    none()
}

fn scan_finalize(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let s = scan_of(v);
    if s.ended.load(Ordering::Relaxed) {
        return Ok(());
    }
    s.close(cx);
    let shown = objects::protocol::text::repr(cx, v)?.to_string_lossy();
    let category = type_value(exc::RESOURCE_WARNING);
    cx.host.warn(cx, category.as_ref(), &format!("unclosed scandir iterator {shown}"), 1)
}

static SCAN_METHODS: &[Method] = &[
    method("close", "($self, /)", scan_close, "Ends the scan."),
    method("__enter__", "($self, /)", |_, a| Ok(a[0].to_value().into()), "The scan itself."),
    method("__exit__", "($self, /, *args)", scan_close, "Ends the scan."),
];

/// `posix.ScandirIterator`
pub static SCAN_TYPE: TypeSpec = TypeSpec::of::<Scan>("posix.ScandirIterator")
    .flags(flags::NO_NEW | flags::FINALIZE)
    .slots(Slots { iter: Some(|_, v| Ok(v.to_value().into())), next: Some(scan_next), del: Some(scan_finalize), ..Slots::NONE })
    .methods(SCAN_METHODS);

// ---- entries ----

/// Payload of `DirEntry`.
#[repr(C)]
pub struct Entry {
    name: Value,
    path: Value,
    /// The directory's descriptor, if it was given by one, else -1.
    fd: i32,
    kind: u8,
    inode: u64,
    /// `stat_result`s once they have been asked for.
    stat: Field,
    lstat: Field,
}
// SAFETY: visits all words.
unsafe impl Payload for Entry {
    const TYPE_ID: u32 = ids::ENTRY;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.name.word());
        visit(self.path.word());
        visit(self.stat.peek());
        visit(self.lstat.peek());
    }
}

fn entry_of(v: Ref<'_>) -> &Entry {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Entry>() }
}

impl Entry {
    fn is_link(&self, cx: &mut Cx) -> PyResult<bool> {
        if self.kind == libc::DT_UNKNOWN { self.has_mode(cx, false, libc::S_IFLNK) } else { Ok(self.kind == libc::DT_LNK) }
    }
    fn ask(&self, cx: &mut Cx, follow: bool) -> PyResult<Value> {
        let t = Target::new(cx, self.path.as_ref(), "DirEntry", "path", Also::No)?;
        let dir = if self.fd >= 0 { self.fd } else { libc::AT_FDCWD };
        let s = stat::status(cx, "stat", &t, dir, follow)?;
        stat::result(cx, &s)
    }
    fn kept(&self, cx: &mut Cx, f: &Field, ask: impl FnOnce(&mut Cx) -> PyResult<Value>) -> PyResult<Value> {
        let v = f.load(self.header());
        if v.word() != Word::UNBOUND {
            return Ok(v);
        }
        let new = ask(cx)?;
        let old = {
            let _l = cx.lock(self.header());
            f.swap(new.clone())
        };
        drop(old);
        Ok(new)
    }
    fn lstat(&self, cx: &mut Cx) -> PyResult<Value> {
        self.kept(cx, &self.lstat, |cx| self.ask(cx, false))
    }
    fn stat(&self, cx: &mut Cx, follow: bool) -> PyResult<Value> {
        if !follow {
            return self.lstat(cx);
        }
        self.kept(cx, &self.stat, |cx| if self.is_link(cx)? { self.ask(cx, true) } else { self.lstat(cx) })
    }
    fn has_mode(&self, cx: &mut Cx, follow: bool, mode: u32) -> PyResult<bool> {
        let link = self.kind == libc::DT_LNK;
        let need = self.kind == libc::DT_UNKNOWN || (follow && link);
        if !need {
            let wanted = match mode {
                libc::S_IFDIR => libc::DT_DIR,
                libc::S_IFREG => libc::DT_REG,
                _ => libc::DT_LNK,
            };
            return Ok(self.kind == wanted);
        }
        let s = match self.stat(cx, follow) {
            Ok(s) => s,
            Err(e) => {
                drop(cx.catch_if(e, exc::FILE_NOT_FOUND_ERROR)?);
                return Ok(false);
            }
        };
        let m = objects::protocol::attr::get_text(cx, s.as_ref(), "st_mode")?;
        let m = objects::types::int::index_i64(cx, m.as_ref())?;
        Ok(m as u32 & libc::S_IFMT == mode)
    }
}

fn entry_is(cx: &mut Cx, a: &[Ref<'_>], mode: u32) -> PyResult<Reg> {
    let follow = flag(cx, a[1], true)?;
    Ok(Value::bool(entry_of(a[0]).has_mode(cx, follow, mode)?).into())
}

fn entry_repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let n = objects::protocol::text::repr(cx, entry_of(v).name.as_ref())?;
    Ok(objects::types::str::text(&format!("<DirEntry {}>", n.to_string_lossy())))
}

static ENTRY_METHODS: &[Method] = &[
    method("is_dir", "($self, /, *, follow_symlinks=True)", |cx, a| entry_is(cx, a, libc::S_IFDIR), "Whether it is a directory."),
    method("is_file", "($self, /, *, follow_symlinks=True)", |cx, a| entry_is(cx, a, libc::S_IFREG), "Whether it is a regular file."),
    method("is_symlink", "($self, /)", |cx, a| Ok(Value::bool(entry_of(a[0]).is_link(cx)?).into()), "Whether it is a symbolic link."),
    method("is_junction", "($self, /)", |_, _| Ok(Value::FALSE.into()), "Whether it is a junction: there are none here."),
    method(
        "stat",
        "($self, /, *, follow_symlinks=True)",
        |cx, a| {
            let follow = flag(cx, a[1], true)?;
            entry_of(a[0]).stat(cx, follow).map(Reg::from)
        },
        "What the system knows of it; remembered.",
    ),
    method("inode", "($self, /)", |_, a| Ok(objects::types::int::from_u64(entry_of(a[0]).inode).into()), "Its inode number."),
    method("__fspath__", "($self, /)", |_, a| Ok(entry_of(a[0]).path.clone().into()), "Its path."),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "DirEntry[str] and the like."),
];

static ENTRY_MEMBERS: &[Member] = &[
    Member(getter("name", |_, v| Ok(entry_of(v).name.clone().into()), "Its name.")),
    Member(getter("path", |_, v| Ok(entry_of(v).path.clone().into()), "The scanned directory's path and its name.")),
];
static ENTRY_GETSETS: &[GetSet] = &[];

/// `posix.DirEntry`
pub static ENTRY_TYPE: TypeSpec = TypeSpec::of::<Entry>("posix.DirEntry")
    .flags(flags::NO_NEW)
    .slots(Slots { repr: Some(entry_repr), ..Slots::NONE })
    .methods(ENTRY_METHODS)
    .members(ENTRY_MEMBERS)
    .getsets(ENTRY_GETSETS);

// ---- making and removing; the working directory ----

fn mkdir(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "mkdir", "path", Also::No)?;
    let mode = int_or(cx, a[1], 0o777)? as libc::mode_t;
    let dir = directory(cx, a[2])?;
    // SAFETY: a terminated path.
    t.call(cx, |p| unsafe { libc::mkdirat(dir, p.as_ptr(), mode) })?;
    none()
}

fn rmdir(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "rmdir", "path", Also::No)?;
    let dir = directory(cx, a[1])?;
    // SAFETY: a terminated path.
    t.call(cx, |p| unsafe { libc::unlinkat(dir, p.as_ptr(), libc::AT_REMOVEDIR) })?;
    none()
}

fn chdir(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "chdir", "path", Also::Fd)?;
    let fd = t.fd;
    // SAFETY: a terminated path.
    t.call(cx, |p| unsafe {
        match fd {
            Some(fd) => libc::fchdir(fd),
            None => libc::chdir(p.as_ptr()),
        }
    })?;
    none()
}

fn fchdir(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = objects::protocol::path::file_descriptor(cx, a[0])?;
    // SAFETY: a plain number.
    call(cx, || unsafe { libc::fchdir(fd) })?;
    none()
}

fn chroot(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "chroot", "path", Also::No)?;
    // SAFETY: a terminated path.
    t.call(cx, |p| unsafe { libc::chroot(p.as_ptr()) })?;
    none()
}

/// The working directory.
fn working_directory(cx: &mut Cx) -> PyResult<Vec<u8>> {
    let got = cx.detached(|| {
        let mut buffer = vec![0u8; 4096];
        loop {
            // SAFETY: a buffer of that length; terminated on success.
            unsafe {
                if !libc::getcwd(buffer.as_mut_ptr().cast(), buffer.len()).is_null() {
                    return Ok(CStr::from_ptr(buffer.as_ptr().cast()).to_bytes().to_vec());
                }
            }
            match last_errno() {
                libc::ERANGE if buffer.len() < 1 << 20 => {
                    let n = buffer.len() * 2;
                    buffer.resize(n, 0);
                }
                e => return Err(e),
            }
        }
    });
    got.map_err(|e| cx.os_error(e, &[]))
}

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function("listdir", "($module, /, path=None)", listdir, "The names in a directory, in no particular order."),
    function("scandir", "($module, /, path=None)", scandir, "An iterator of DirEntry objects of a directory."),
    function("mkdir", "($module, /, path, mode=511, *, dir_fd=None)", mkdir, "Makes a directory."),
    function("rmdir", "($module, /, path, *, dir_fd=None)", rmdir, "Removes an empty directory."),
    function("chdir", "($module, /, path)", chdir, "Changes the working directory."),
    function("fchdir", "($module, /, fd)", fchdir, "The same by an open directory."),
    function("chroot", "($module, /, path)", chroot, "Changes the root directory of the process."),
    function(
        "getcwd",
        "($module, /)",
        |cx, _| {
            let b = working_directory(cx)?;
            decode_name(cx, &b).map(Reg::from)
        },
        "The working directory.",
    ),
    function(
        "getcwdb",
        "($module, /)",
        |cx, _| {
            let b = working_directory(cx)?;
            new_bytes(cx, &b).map(Reg::from)
        },
        "The working directory as bytes.",
    ),
];
