//! The operating system's side of natives: file names as bytes (UTF-8 with "surrogateescape", PEP 383), `os.fspath`, and OSError from `errno`.

use crate::codecs::{self, Fast};
use crate::cx::Cx;
use crate::error::{PyResult, Raised};
use crate::names;
use crate::protocol::{attr, call};
use crate::types::bytes::Bytes;
use crate::types::exception::{self, ids as exc};
use crate::types::int;
use crate::types::str::{Str, as_str, methods};
use crate::types::type_::{Downcast, type_of, type_value};
use gc::{Ref, Value};
use std::ffi::CString;

/// The text of a system error number.
pub fn strerror(errno: i32) -> String {
    let mut buffer = [0 as libc::c_char; 256];
    // SAFETY: the buffer is as long as told; on success it holds a terminated string.
    let text = unsafe {
        if libc::strerror_r(errno, buffer.as_mut_ptr(), buffer.len()) != 0 && buffer[0] == 0 {
            return format!("Unknown error {errno}");
        }
        std::ffi::CStr::from_ptr(buffer.as_ptr())
    };
    text.to_string_lossy().into_owned()
}

/// `errno` of the calling thread.
pub fn last_errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// An `OSError(errno, strerror, filename, None, filename2)` of the subclass for that number; `files` holds up to two names.
pub fn os_error_value(errno: i32, files: &[Ref<'_>]) -> Value {
    let mut args = vec![Value::small_int(i64::from(errno)), Str::from_text(&strerror(errno)).into_value()];
    if let Some(f) = files.first() {
        args.push(f.to_value());
    }
    if let Some(f) = files.get(1) {
        args.push(Value::NONE);
        args.push(f.to_value());
    }
    exception::new_args(exc::OS_ERROR, args)
}

impl Cx {
    /// Raises OSError for a system error number, with up to two file names.
    #[cold]
    pub fn os_error(&mut self, errno: i32, files: &[Ref<'_>]) -> Raised {
        let e = os_error_value(errno, files);
        self.raise_new(e)
    }
    /// Runs a system call with the thread detached until it does something else than fail with EINTR; signal handlers run in between (PEP 475).
    /// `f` gives a negative number on failure, with the reason in `errno`.
    pub fn system_call<T: Copy + PartialOrd + Default + Send>(&mut self, mut f: impl FnMut() -> T + Send) -> PyResult<Result<T, i32>> {
        loop {
            let (r, e) = self.detached(|| {
                let r = f();
                (r, last_errno())
            });
            if r >= T::default() {
                return Ok(Ok(r));
            }
            if e != libc::EINTR {
                return Ok(Err(e));
            }
            self.poll()?;
        }
    }
}

/// A file name as bytes of the file system. `None`: a lone surrogate outside U+DC80..U+DCFF.
pub fn encode_name(cx: &mut Cx, s: Ref<'_>) -> PyResult<Vec<u8>> {
    match as_str(s).and_then(Str::as_ascii) {
        Some(t) => Ok(t.as_bytes().to_vec()),
        None => codecs::encode_fast(cx, s, Fast::Utf8, "surrogateescape"),
    }
}

/// A name of the file system as a str.
pub fn decode_name(cx: &mut Cx, bytes: &[u8]) -> PyResult<Value> {
    match std::str::from_utf8(bytes) {
        Ok(s) => Ok(Str::from_text(s).into_value()),
        Err(_) => {
            let d = codecs::decode_fast(cx, bytes, Fast::Utf8, "surrogateescape", true)?;
            Ok(methods::built(cx, d.text)?.into_value())
        }
    }
}

/// A path given to a native.
pub struct Path {
    /// What was given (str or bytes, after `__fspath__`): for error messages.
    pub object: Value,
    /// Its bytes.
    pub bytes: CString,
    /// Whether it was given as bytes, so that results are bytes too.
    pub is_bytes: bool,
}

/// `os.fspath(v)`: a str or bytes.
pub fn fspath(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    if as_str(v).is_some() || v.downcast::<Bytes>().is_some() {
        return Ok(v.to_value());
    }
    let t = type_of(v);
    let missing = t.lookup(names::__fspath__()).is_none_or(|f| f.as_ref().is_none());
    let Some(r) = (if missing { None } else { call::special(cx, v, names::__fspath__(), &[])? }) else {
        return Err(cx.type_error(format!("expected str, bytes or os.PathLike object, not {}", t.name_text())));
    };
    if as_str(r.as_ref()).is_some() || r.as_ref().downcast::<Bytes>().is_some() {
        return Ok(r);
    }
    let got = type_of(r.as_ref()).name_text();
    Err(cx.type_error(format!("expected {}.__fspath__() to return str or bytes, not {got}", t.name_text())))
}

/// The path a native of that name was given as `argument`: a str, bytes or os.PathLike without null characters.
///
/// # Errors
/// TypeError, ValueError ("embedded null character"), whatever `__fspath__` raises.
pub fn path(cx: &mut Cx, v: Ref<'_>, function: &str, argument: &str) -> PyResult<Path> {
    path_of_kind(cx, v, function, argument, "string, bytes or os.PathLike")
}

/// As [`path`], where the message says that other kinds would do too ("string, bytes, os.PathLike or integer").
pub fn path_of_kind(cx: &mut Cx, v: Ref<'_>, function: &str, argument: &str, kinds: &str) -> PyResult<Path> {
    let object = if as_str(v).is_some() || v.downcast::<Bytes>().is_some() {
        v.to_value()
    } else if type_of(v).lookup(names::__fspath__()).is_some_and(|f| !f.as_ref().is_none()) {
        fspath(cx, v)?
    } else {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("{function}: {argument} should be {kinds}, not {n}")));
    };
    let (bytes, is_bytes) = match object.as_ref().downcast::<Bytes>() {
        Some(b) => (b.data().to_vec(), true),
        None => (encode_name(cx, object.as_ref())?, false),
    };
    match CString::new(bytes) {
        Ok(bytes) => Ok(Path { object, bytes, is_bytes }),
        Err(_) => Err(cx.value_error(format!("{function}: embedded null character in {argument}"))),
    }
}

/// A file descriptor: an int, or what an object's `fileno()` gives.
///
/// # Errors
/// TypeError for other objects, ValueError for negative numbers, OverflowError beyond a C int.
pub fn file_descriptor(cx: &mut Cx, v: Ref<'_>) -> PyResult<i32> {
    let n = if int::as_int(v).is_some() {
        if v.word() == Value::TRUE.word() || v.word() == Value::FALSE.word() {
            let category = type_value(exc::RUNTIME_WARNING);
            cx.host.warn(cx, category.as_ref(), "bool is used as a file descriptor", 1)?;
        }
        v.to_value()
    } else {
        let f = match attr::get(cx, v, Str::intern_text("fileno").as_ref()) {
            Ok(f) => f.into_value(),
            Err(e) => {
                drop(cx.catch_if(e, exc::ATTRIBUTE_ERROR)?);
                return Err(cx.type_error("argument must be an int, or have a fileno() method."));
            }
        };
        let n = call::positional(cx, f.as_ref(), &[])?;
        if int::as_int(n.as_ref()).is_none() {
            return Err(cx.type_error("fileno() returned a non-integer"));
        }
        n
    };
    let fd = match int::as_int(n.as_ref()).and_then(|i| i.to_i64()).and_then(|n| i32::try_from(n).ok()) {
        Some(fd) => fd,
        None => return Err(cx.overflow_error("Python int too large to convert to C int")),
    };
    if fd < 0 {
        return Err(cx.value_error(format!("file descriptor cannot be a negative integer ({fd})")));
    }
    Ok(fd)
}

/// The type OSError.
pub fn os_error_class() -> Value {
    type_value(exc::OS_ERROR)
}
