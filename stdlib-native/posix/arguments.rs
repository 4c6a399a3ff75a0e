//! What the functions of `posix` take: paths, descriptors, directories to start from, owners, buffers; and how they report failures.

use objects::protocol::buffer::{self, BufferView, wanted};
use objects::protocol::path::{self, Path};
use objects::protocol::{iter, truth};
use objects::types::exception::ids as exc;
use objects::types::int::{self, IntRef, as_int};
use objects::types::type_::type_of;
use objects::{Cx, PyResult, Raised, Ref, Reg, Value};
use std::ffi::{CStr, CString};

/// A path, or a descriptor where one may be given.
pub struct Target {
    /// What error messages show; `None` when nothing was given.
    pub object: Option<Value>,
    /// The path; "." when nothing was given.
    pub path: CString,
    /// The descriptor, if that is what was given.
    pub fd: Option<i32>,
    /// Whether results are bytes.
    pub is_bytes: bool,
    /// Whether anything but None was given.
    pub given: bool,
}

/// What a [`Target`] may be besides a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Also {
    /// Nothing.
    No,
    /// A descriptor.
    Fd,
    /// A descriptor or None.
    FdOrNone,
    /// None.
    None,
}

impl Target {
    /// The function's argument.
    pub fn new(cx: &mut Cx, v: Ref<'_>, function: &str, argument: &str, also: Also) -> PyResult<Target> {
        let (fd_allowed, none_allowed) = (matches!(also, Also::Fd | Also::FdOrNone), matches!(also, Also::None | Also::FdOrNone));
        if none_allowed && (v.is_missing() || v.is_none()) {
            return Ok(Target { object: None, path: c".".to_owned(), fd: None, is_bytes: false, given: false });
        }
        if fd_allowed && (as_int(v).is_some() || type_of(v).slots.index().is_some()) {
            let fd = descriptor_number(cx, v)?;
            return Ok(Target { object: Some(v.to_value()), path: CString::default(), fd: Some(fd), is_bytes: false, given: true });
        }
        let kinds = match also {
            Also::No => "string, bytes or os.PathLike",
            Also::Fd => "string, bytes, os.PathLike or integer",
            Also::FdOrNone => "string, bytes, os.PathLike, integer or None",
            Also::None => "string, bytes, os.PathLike or None",
        };
        let p = path::path_of_kind(cx, v, function, argument, kinds)?;
        Ok(p.into())
    }
    /// Raises OSError with this as the file name.
    pub fn error(&self, cx: &mut Cx, errno: i32) -> Raised {
        match &self.object {
            Some(o) => cx.os_error(errno, &[o.as_ref()]),
            None => cx.os_error(errno, &[]),
        }
    }
    /// Runs a system call; failures name this.
    pub fn call<T: Copy + PartialOrd + Default + Send>(&self, cx: &mut Cx, f: impl FnMut(&CStr) -> T + Send) -> PyResult<T> {
        let mut f = f;
        let p = self.path.as_c_str();
        match cx.system_call(|| f(p))? {
            Ok(r) => Ok(r),
            Err(e) => Err(self.error(cx, e)),
        }
    }
    /// A name of the file system in the kind that this was given in.
    pub fn name(&self, cx: &mut Cx, bytes: &[u8]) -> PyResult<Value> {
        if self.is_bytes { objects::types::bytes::shared::new_bytes(cx, bytes) } else { path::decode_name(cx, bytes) }
    }
}

impl From<Path> for Target {
    fn from(p: Path) -> Target {
        Target { object: Some(p.object), path: p.bytes, fd: None, is_bytes: p.is_bytes, given: true }
    }
}

/// Runs a system call; failures name nothing.
pub fn call<T: Copy + PartialOrd + Default + Send>(cx: &mut Cx, f: impl FnMut() -> T + Send) -> PyResult<T> {
    match cx.system_call(f)? {
        Ok(r) => Ok(r),
        Err(e) => Err(cx.os_error(e, &[])),
    }
}

/// Runs a system call of which only success matters.
pub fn done<T: Copy + PartialOrd + Default + Send>(cx: &mut Cx, f: impl FnMut() -> T + Send) -> PyResult<Reg> {
    call(cx, f)?;
    none()
}

/// `None` as a result.
pub fn none() -> PyResult<Reg> {
    Ok(Value::NONE.into())
}

/// An int as a result.
pub fn number(n: impl Into<i64>) -> PyResult<Reg> {
    Ok(int::reg(n.into()))
}

/// An optional flag.
pub fn flag(cx: &mut Cx, v: Ref<'_>, default: bool) -> PyResult<bool> {
    match v.given() {
        Some(v) => truth::of(cx, v),
        None => Ok(default),
    }
}

/// An optional C int.
pub fn int_or(cx: &mut Cx, v: Ref<'_>, default: i32) -> PyResult<i32> {
    match v.given() {
        Some(v) => int::c_int(cx, v),
        None => Ok(default),
    }
}

/// 64 bits.
pub fn long(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()).and_then(IntRef::to_i64) {
        Some(n) => Ok(n),
        None => Err(cx.overflow_error("int too big to convert")),
    }
}

/// 64 bits without sign.
pub fn unsigned(cx: &mut Cx, v: Ref<'_>) -> PyResult<u64> {
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()) {
        Some(n) if n.is_negative() => Err(cx.overflow_error("can't convert negative int to unsigned")),
        Some(n) => match n.to_i128().and_then(|n| u64::try_from(n).ok()) {
            Some(n) => Ok(n),
            None => Err(cx.overflow_error("int too big to convert")),
        },
        None => Ok(0),
    }
}

fn descriptor_number(cx: &mut Cx, v: Ref<'_>) -> PyResult<i32> {
    if v.word() == Value::TRUE.word() || v.word() == Value::FALSE.word() {
        let category = objects::types::type_::type_value(exc::RUNTIME_WARNING);
        cx.host.warn(cx, category.as_ref(), "bool is used as a file descriptor", 1)?;
    }
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()) {
        Some(n) => match n.to_i64().and_then(|n| i32::try_from(n).ok()) {
            Some(n) => Ok(n),
            None if n.is_negative() => Err(cx.overflow_error("fd is less than minimum")),
            None => Err(cx.overflow_error("fd is greater than maximum")),
        },
        None => Ok(-1),
    }
}

/// The directory that a relative path starts from: a descriptor or None.
pub fn directory(cx: &mut Cx, v: Ref<'_>) -> PyResult<i32> {
    match v.given().filter(|v| !v.is_none()) {
        None => Ok(libc::AT_FDCWD),
        Some(v) if as_int(v).is_some() || type_of(v).slots.index().is_some() => descriptor_number(cx, v),
        Some(v) => {
            let n = type_of(v).name_text();
            Err(cx.type_error(format!("argument should be integer or None, not {n}")))
        }
    }
}

/// ValueError when a descriptor comes together with what only paths can have.
pub fn check_combination(cx: &mut Cx, function: &str, t: &Target, dir: i32, follow: bool) -> PyResult<()> {
    let with_dir = dir != libc::AT_FDCWD;
    let what = if with_dir && t.fd.is_some() {
        "can't specify dir_fd without matching path"
    } else if t.fd.is_some() && !follow {
        "cannot use fd and follow_symlinks together"
    } else {
        return Ok(());
    };
    Err(cx.value_error(format!("{function}: {what}")))
}

/// NotImplementedError-like refusal of an argument that the system has no call for.
pub fn unavailable(cx: &mut Cx, function: &str, argument: &str) -> Raised {
    cx.error(exc::NOT_IMPLEMENTED_ERROR, format!("{function}: {argument} unavailable on this platform"))
}

fn owner(cx: &mut Cx, v: Ref<'_>, what: &str) -> PyResult<u32> {
    if as_int(v).is_none() && type_of(v).slots.index().is_none() {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("{what} should be integer, not {n}")));
    }
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()) {
        Some(n) => match n.to_i64() {
            Some(-1) => Ok(u32::MAX),
            Some(n) if n < 0 => Err(cx.overflow_error(format!("{what} is less than minimum"))),
            Some(n) if n <= i64::from(u32::MAX) => Ok(n as u32),
            _ if n.is_negative() => Err(cx.overflow_error(format!("{what} is less than minimum"))),
            _ => Err(cx.overflow_error(format!("{what} is greater than maximum"))),
        },
        None => Ok(u32::MAX),
    }
}

/// A user.
pub fn uid(cx: &mut Cx, v: Ref<'_>) -> PyResult<u32> {
    owner(cx, v, "uid")
}

/// A group.
pub fn gid(cx: &mut Cx, v: Ref<'_>) -> PyResult<u32> {
    owner(cx, v, "gid")
}

/// A user or group as a result: -1 stays -1.
pub fn owner_value(n: u32) -> Value {
    if n == u32::MAX { Value::small_int(-1) } else { Value::small_int(i64::from(n)) }
}

/// The buffers of a sequence, as the vector that `readv` and its kind take. The views keep the memory where it is.
pub struct Buffers {
    views: Vec<BufferView>,
}

impl Buffers {
    /// Takes the views.
    pub fn new(cx: &mut Cx, v: Ref<'_>, function: &str, kind: u32) -> PyResult<Buffers> {
        let t = type_of(v);
        if t.slots.getitem().is_none() || t.slots.len().is_none() || objects::types::dict::as_dict(v).is_some() {
            return Err(cx.type_error(format!("{function}() arg 2 must be a sequence")));
        }
        let mut views = Vec::new();
        for item in iter::collect(cx, v)? {
            views.push(view(cx, item.as_ref(), kind)?);
        }
        Ok(Buffers { views })
    }
    /// The vector, as addresses and lengths.
    pub fn vector(&self) -> Vec<(usize, usize)> {
        self.views.iter().map(|v| (v.data as usize, v.len)).collect()
    }
}

/// The C form of a vector.
pub fn io_vector(parts: &[(usize, usize)]) -> Vec<libc::iovec> {
    parts.iter().map(|(at, len)| libc::iovec { iov_base: *at as *mut libc::c_void, iov_len: *len }).collect()
}

/// A contiguous view; `kind` is SIMPLE or WRITABLE.
pub fn view(cx: &mut Cx, v: Ref<'_>, kind: u32) -> PyResult<BufferView> {
    let view = buffer::get(cx, v, kind)?;
    if kind == wanted::WRITABLE && view.readonly {
        return Err(cx.error(exc::BUFFER_ERROR, "Object is not writable."));
    }
    Ok(view)
}

/// A writable view; `what` is named in the message.
pub fn writable(cx: &mut Cx, v: Ref<'_>, what: &str) -> PyResult<BufferView> {
    if buffer::is_exporter(v) {
        match buffer::get(cx, v, wanted::WRITABLE) {
            Ok(view) if !view.readonly => return Ok(view),
            Ok(_) => {}
            Err(e) => drop(cx.catch_if(e, exc::BUFFER_ERROR)?),
        }
    }
    let n = type_of(v).shown_name();
    Err(cx.type_error(format!("{what} must be read-write bytes-like object, not {n}")))
}
