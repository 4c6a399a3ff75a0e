//! `posix`: opening files, links, renaming, truncating, and paths as text.

use super::arguments::{Also, Target, call, directory, done, flag, int_or, long, none, number};
use objects::native::{Method, function};
use objects::protocol::path::{decode_name, last_errno};
use objects::types::bytes::shared::new_bytes;
use objects::types::int;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, type_of};
use objects::{Cx, PyResult, Raised, Ref, Reg, Value};
use std::ffi::CStr;

fn open(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "open", "path", Also::No)?;
    let flags = int::c_int(cx, a[1])? | libc::O_CLOEXEC;
    let mode = int_or(cx, a[2], 0o777)? as libc::c_uint;
    let dir = directory(cx, a[3])?;
    // SAFETY: a terminated path.
    let fd = t.call(cx, |p| unsafe { libc::openat(dir, p.as_ptr(), flags, mode) })?;
    number(fd)
}

fn remove(cx: &mut Cx, a: &[Ref<'_>], function: &str) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], function, "path", Also::No)?;
    let dir = directory(cx, a[1])?;
    // SAFETY: a terminated path.
    t.call(cx, |p| unsafe { libc::unlinkat(dir, p.as_ptr(), 0) })?;
    none()
}

fn two_names(cx: &mut Cx, errno: i32, src: &Target, dst: &Target) -> Raised {
    match (&src.object, &dst.object) {
        (Some(s), Some(d)) => cx.os_error(errno, &[s.as_ref(), d.as_ref()]),
        _ => cx.os_error(errno, &[]),
    }
}

/// Runs a system call on two paths; failures name both.
fn on_two(cx: &mut Cx, src: &Target, dst: &Target, mut f: impl FnMut(&CStr, &CStr) -> i32 + Send) -> PyResult<Reg> {
    let (s, d) = (src.path.as_c_str(), dst.path.as_c_str());
    match cx.system_call(|| f(s, d))? {
        Ok(_) => none(),
        Err(e) => Err(two_names(cx, e, src, dst)),
    }
}

fn rename(cx: &mut Cx, a: &[Ref<'_>], function: &str) -> PyResult<Reg> {
    let src = Target::new(cx, a[0], function, "src", Also::No)?;
    let dst = Target::new(cx, a[1], function, "dst", Also::No)?;
    let (from, to) = (directory(cx, a[2])?, directory(cx, a[3])?);
    // SAFETY: terminated paths.
    on_two(cx, &src, &dst, |s, d| unsafe { libc::renameat(from, s.as_ptr(), to, d.as_ptr()) })
}

fn link(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let src = Target::new(cx, a[0], "link", "src", Also::No)?;
    let dst = Target::new(cx, a[1], "link", "dst", Also::No)?;
    let (from, to) = (directory(cx, a[2])?, directory(cx, a[3])?);
    let follow = flag(cx, a[4], true)?;
    let bits = if follow { libc::AT_SYMLINK_FOLLOW } else { 0 };
    // SAFETY: terminated paths.
    on_two(cx, &src, &dst, |s, d| unsafe { libc::linkat(from, s.as_ptr(), to, d.as_ptr(), bits) })
}

fn symlink(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let src = Target::new(cx, a[0], "symlink", "src", Also::No)?;
    let dst = Target::new(cx, a[1], "symlink", "dst", Also::No)?;
    flag(cx, a[2], false)?;
    let dir = directory(cx, a[3])?;
    // SAFETY: terminated paths.
    on_two(cx, &src, &dst, |s, d| unsafe { libc::symlinkat(s.as_ptr(), dir, d.as_ptr()) })
}

fn readlink(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "readlink", "path", Also::No)?;
    let dir = directory(cx, a[1])?;
    let mut buffer = vec![0u8; libc::PATH_MAX as usize + 1];
    // SAFETY: a terminated path and a buffer of that length.
    let n = t.call(cx, |p| unsafe { libc::readlinkat(dir, p.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len()) })?;
    t.name(cx, &buffer[..n as usize]).map(Reg::from)
}

fn mkfifo(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "mkfifo", "path", Also::No)?;
    let mode = int_or(cx, a[1], 0o666)? as libc::mode_t;
    let dir = directory(cx, a[2])?;
    // SAFETY: a terminated path.
    t.call(cx, |p| unsafe { libc::mkfifoat(dir, p.as_ptr(), mode) })?;
    none()
}

fn mknod(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "mknod", "path", Also::No)?;
    let mode = int_or(cx, a[1], 0o600)? as libc::mode_t;
    let device = match a[2].given() {
        Some(d) => super::arguments::unsigned(cx, d)?,
        None => 0,
    };
    let dir = directory(cx, a[3])?;
    // SAFETY: a terminated path.
    t.call(cx, |p| unsafe { libc::mknodat(dir, p.as_ptr(), mode, device) })?;
    none()
}

fn truncate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "truncate", "path", Also::Fd)?;
    let n = long(cx, a[1])?;
    let fd = t.fd;
    // SAFETY: a terminated path.
    t.call(cx, |p| unsafe {
        match fd {
            Some(fd) => libc::ftruncate(fd, n),
            None => libc::truncate(p.as_ptr(), n),
        }
    })?;
    none()
}

fn ftruncate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, n) = (int::c_int(cx, a[0])?, long(cx, a[1])?);
    // SAFETY: plain numbers.
    done(cx, || unsafe { libc::ftruncate(fd, n) })
}

fn memfd_create(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "memfd_create", "name", Also::No)?;
    let flags = match a[1].given() {
        Some(f) => super::arguments::long(cx, f)? as u32,
        None => libc::MFD_CLOEXEC,
    };
    let p = t.path.as_c_str();
    // SAFETY: a terminated name.
    let fd = call(cx, || unsafe { libc::memfd_create(p.as_ptr(), flags) })?;
    number(fd)
}

// ---- paths as text ----

fn fspath(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    objects::protocol::path::fspath(cx, a[0]).map(Reg::from)
}

/// `normpath` of posixpath, on bytes: a path without empty and "." parts, and with ".." resolved by text.
fn normal(p: &[u8]) -> Vec<u8> {
    // NUL characters may stand in a path here: this is only about text.
    let root: &[u8] = if p.starts_with(b"//") && !p.starts_with(b"///") {
        b"//"
    } else if p.starts_with(b"/") {
        b"/"
    } else {
        b""
    };
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in p.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(&last) if last != b".." => {
                    parts.pop();
                }
                None if !root.is_empty() => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let mut out = root.to_vec();
    out.extend_from_slice(&parts.join(&b'/'));
    if out.is_empty() { b".".to_vec() } else { out }
}

/// The text of a path argument, as str units in UTF-8 with surrogates or as bytes.
fn text_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<(Vec<u8>, bool)> {
    let p = objects::protocol::path::fspath(cx, v)?;
    if let Some(s) = as_str(p.as_ref()) {
        return Ok((s.to_wtf8(), false));
    }
    match p.as_ref().downcast::<objects::types::bytes::Bytes>() {
        Some(b) => Ok((b.data().to_vec(), true)),
        None => {
            let n = type_of(v).name_text();
            Err(cx.type_error(format!("expected str, bytes or os.PathLike object, not {n}")))
        }
    }
}

fn text_value(cx: &mut Cx, b: &[u8], is_bytes: bool) -> PyResult<Value> {
    if is_bytes { new_bytes(cx, b) } else { Ok(Str::from_wtf8(b).into_value()) }
}

fn normpath(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (b, is_bytes) = text_of(cx, a[0])?;
    text_value(cx, &normal(&b), is_bytes).map(Reg::from)
}

fn splitroot(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (b, is_bytes) = text_of(cx, a[0])?;
    let root = if !b.starts_with(b"/") {
        0
    } else if b.starts_with(b"//") && !b.starts_with(b"///") {
        2
    } else {
        1
    };
    let parts = vec![text_value(cx, b"", is_bytes)?, text_value(cx, &b[..root], is_bytes)?, text_value(cx, &b[root..], is_bytes)?];
    Ok(Tuple::from_values(parts).into())
}

fn ctermid(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    decode_name(cx, b"/dev/tty").map(Reg::from)
}

fn strerror(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::c_int(cx, a[0])?;
    Ok(objects::types::str::text(&objects::protocol::path::strerror(n)))
}

/// Raises OSError with the calling thread's `errno`.
pub fn last_error(cx: &mut Cx) -> Raised {
    let e = last_errno();
    cx.os_error(e, &[])
}

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function("open", "($module, /, path, flags, mode=511, *, dir_fd=None)", open, "Opens a file; gives a descriptor."),
    function("remove", "($module, /, path, *, dir_fd=None)", |cx, a| remove(cx, a, "remove"), "Removes a file."),
    function("unlink", "($module, /, path, *, dir_fd=None)", |cx, a| remove(cx, a, "unlink"), "Removes a file."),
    function(
        "rename",
        "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)",
        |cx, a| rename(cx, a, "rename"),
        "Renames a file or directory.",
    ),
    function(
        "replace",
        "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)",
        |cx, a| rename(cx, a, "replace"),
        "Renames a file or directory, over an existing one.",
    ),
    function(
        "link",
        "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=(os.name != 'nt'))",
        link,
        "Gives a file another name.",
    ),
    function("symlink", "($module, /, src, dst, target_is_directory=False, *, dir_fd=None)", symlink, "Makes a symbolic link."),
    function("readlink", "($module, /, path, *, dir_fd=None)", readlink, "What a symbolic link says."),
    function("mkfifo", "($module, /, path, mode=438, *, dir_fd=None)", mkfifo, "Makes a named pipe."),
    function("mknod", "($module, /, path, mode=384, device=0, *, dir_fd=None)", mknod, "Makes a node of the file system."),
    function("truncate", "($module, /, path, length)", truncate, "Cuts a file to a length."),
    function("ftruncate", "($module, fd, length, /)", ftruncate, "Cuts an open file to a length."),
    function("memfd_create", "($module, /, name, flags=MFD_CLOEXEC)", memfd_create, "Makes a file in memory."),
    function("fspath", "($module, /, path)", fspath, "The str or bytes that a path object stands for."),
    function("_path_normpath", "($module, /, path)", normpath, "The path without redundant parts."),
    function("_path_splitroot_ex", "($module, /, p)", splitroot, "Drive, root and rest of a path."),
    function("ctermid", "($module, /)", ctermid, "The controlling terminal's name."),
    function("strerror", "($module, code, /)", strerror, "The text of an error number."),
];
