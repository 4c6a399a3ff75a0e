//! `fcntl`: commands on descriptors, and locks on files.

use crate::posix::arguments::{call, done, flag, int_or, long, none};
use objects::native::{Method, function};
use objects::protocol::buffer::{self, wanted};
use objects::protocol::path::{encode_name, file_descriptor};
use objects::types::bytes::shared::new_bytes;
use objects::types::int::{self, as_int, from_i64};
use objects::types::module::{Module, ModuleDef};
use objects::types::str::as_str;
use objects::types::type_::type_of;
use objects::{Cx, PyResult, Ref, Reg};

/// Bytes that an argument may have: the system writes at most so many.
const ROOM: usize = 1024;

/// What comes back from a command with a buffer as its argument is copied here first, with room to spare behind it.
struct Copy {
    data: [u8; ROOM + 64],
    len: usize,
}

impl Copy {
    fn new(cx: &mut Cx, bytes: &[u8], function: &str) -> PyResult<Copy> {
        if bytes.len() > ROOM {
            return Err(cx.value_error(format!("{function} argument 3 is too long")));
        }
        let mut data = [0; ROOM + 64];
        data[..bytes.len()].copy_from_slice(bytes);
        Ok(Copy { data, len: bytes.len() })
    }
}

/// The bytes of a str or bytes-like argument.
fn bytes_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<u8>> {
    if as_str(v).is_some() { encode_name(cx, v) } else { buffer::bytes_of(cx, v) }
}

fn is_number(v: Ref<'_>) -> bool {
    as_int(v).is_some() || type_of(v).slots.index().is_some()
}

fn refuse(cx: &mut Cx, function: &str, v: Ref<'_>) -> objects::Raised {
    let n = type_of(v).name_text();
    cx.type_error(format!("{function}() argument 3 must be an integer, a bytes-like object, or a string, not {n}"))
}

fn fcntl(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let command = int::c_int(cx, a[1])?;
    match a[2].given() {
        Some(v) if !is_number(v) => {
            if as_str(v).is_none() && !buffer::is_exporter(v) {
                return Err(refuse(cx, "fcntl", v));
            }
            let b = bytes_of(cx, v)?;
            let mut c = Copy::new(cx, &b, "fcntl")?;
            // SAFETY: room for what such commands write.
            call(cx, || unsafe { libc::fcntl(fd, command, c.data.as_mut_ptr()) })?;
            new_bytes(cx, &c.data[..c.len]).map(Reg::from)
        }
        v => {
            let n = match v {
                Some(v) => masked(cx, v)?,
                None => 0,
            };
            // SAFETY: plain numbers.
            let r = call(cx, || unsafe { libc::fcntl(fd, command, n) })?;
            Ok(int::reg(i64::from(r)))
        }
    }
}

/// The low 32 bits of a number.
fn masked(cx: &mut Cx, v: Ref<'_>) -> PyResult<libc::c_long> {
    let i = int::index(cx, v)?;
    Ok(i64::from(as_int(i.as_ref()).map_or(0, |n| n.to_i128().map_or(0, |n| n as u32) as i32)))
}

fn ioctl(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let i = int::index(cx, a[1])?;
    let Some(request) = as_int(i.as_ref()).and_then(|n| n.to_i128()).map(|n| n as libc::c_ulong) else {
        return Err(cx.overflow_error("Python int too large to convert to C unsigned long"));
    };
    let mutate = flag(cx, a[3], true)?;
    let number = match a[2].given() {
        None => Some(0),
        Some(v) if is_number(v) => Some(masked(cx, v)?),
        Some(_) => None,
    };
    if let Some(n) = number {
        // SAFETY: plain numbers.
        let r = call(cx, || unsafe { libc::ioctl(fd, request, n) })?;
        return Ok(int::reg(i64::from(r)));
    }
    let v = a[2];
    if as_str(v).is_none() && !buffer::is_exporter(v) {
        return Err(refuse(cx, "ioctl", v));
    }
    if as_str(v).is_none() && mutate {
        let view = buffer::get(cx, v, wanted::SIMPLE)?;
        if !view.readonly {
            // The object's own memory is written, by way of a copy if it is short enough to have room to spare there.
            let bytes = view.to_vec();
            if bytes.len() <= ROOM {
                let mut c = Copy::new(cx, &bytes, "ioctl")?;
                // SAFETY: room for what such commands write.
                let r = call(cx, || unsafe { libc::ioctl(fd, request, c.data.as_mut_ptr()) })?;
                // SAFETY: the view keeps its memory there.
                unsafe { std::ptr::copy_nonoverlapping(c.data.as_ptr(), view.data, view.len.min(c.len)) };
                return Ok(int::reg(i64::from(r)));
            }
            let at = view.data as usize;
            // SAFETY: the view keeps its memory there.
            let r = call(cx, || unsafe { libc::ioctl(fd, request, at as *mut u8) })?;
            return Ok(int::reg(i64::from(r)));
        }
    }
    let b = bytes_of(cx, v)?;
    let mut c = Copy::new(cx, &b, "ioctl")?;
    // SAFETY: room for what such commands write.
    call(cx, || unsafe { libc::ioctl(fd, request, c.data.as_mut_ptr()) })?;
    new_bytes(cx, &c.data[..c.len]).map(Reg::from)
}

fn flock(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let operation = int::c_int(cx, a[1])?;
    // SAFETY: plain numbers.
    done(cx, || unsafe { libc::flock(fd, operation) })
}

fn lockf(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let command = int::c_int(cx, a[1])?;
    let kind = if command == libc::LOCK_UN {
        libc::F_UNLCK
    } else if command & libc::LOCK_SH != 0 {
        libc::F_RDLCK
    } else if command & libc::LOCK_EX != 0 {
        libc::F_WRLCK
    } else {
        return Err(cx.value_error("unrecognized lockf argument"));
    };
    // SAFETY: zeros are a valid record.
    let mut l: libc::flock = unsafe { std::mem::zeroed() };
    l.l_type = kind as libc::c_short;
    for (v, at) in [(a[2], &mut l.l_len), (a[3], &mut l.l_start)] {
        if let Some(v) = v.given() {
            *at = long(cx, v)?;
        }
    }
    l.l_whence = int_or(cx, a[4], 0)? as libc::c_short;
    let how = if command & libc::LOCK_NB != 0 { libc::F_SETLK } else { libc::F_SETLKW };
    // SAFETY: a record that is there.
    match cx.system_call(|| unsafe { libc::fcntl(fd, how, &l) })? {
        Ok(_) => none(),
        Err(e) => Err(cx.os_error(e, &[])),
    }
}

static NUMBERS: &[(&str, i64)] = &[
    ("DN_ACCESS", 1),
    ("DN_ATTRIB", 32),
    ("DN_CREATE", 4),
    ("DN_DELETE", 8),
    ("DN_MODIFY", 2),
    ("DN_MULTISHOT", 2147483648),
    ("DN_RENAME", 16),
    ("FASYNC", libc::O_ASYNC as i64),
    ("FD_CLOEXEC", libc::FD_CLOEXEC as i64),
    ("FICLONE", libc::FICLONE as i64),
    ("FICLONERANGE", libc::FICLONERANGE as i64),
    ("F_ADD_SEALS", libc::F_ADD_SEALS as i64),
    ("F_DUPFD", libc::F_DUPFD as i64),
    ("F_DUPFD_CLOEXEC", libc::F_DUPFD_CLOEXEC as i64),
    ("F_DUPFD_QUERY", 1027),
    ("F_EXLCK", 4),
    ("F_GETFD", libc::F_GETFD as i64),
    ("F_GETFL", libc::F_GETFL as i64),
    ("F_GETLEASE", libc::F_GETLEASE as i64),
    ("F_GETLK", libc::F_GETLK as i64),
    ("F_GETLK64", 5),
    ("F_GETOWN", libc::F_GETOWN as i64),
    ("F_GETOWN_EX", 16),
    ("F_GETPIPE_SZ", libc::F_GETPIPE_SZ as i64),
    ("F_GETSIG", 11),
    ("F_GET_FILE_RW_HINT", 1037),
    ("F_GET_RW_HINT", 1035),
    ("F_GET_SEALS", libc::F_GET_SEALS as i64),
    ("F_NOTIFY", libc::F_NOTIFY as i64),
    ("F_OFD_GETLK", libc::F_OFD_GETLK as i64),
    ("F_OFD_SETLK", libc::F_OFD_SETLK as i64),
    ("F_OFD_SETLKW", libc::F_OFD_SETLKW as i64),
    ("F_OWNER_PGRP", 2),
    ("F_OWNER_PID", 1),
    ("F_OWNER_TID", 0),
    ("F_RDLCK", libc::F_RDLCK as i64),
    ("F_SEAL_FUTURE_WRITE", libc::F_SEAL_FUTURE_WRITE as i64),
    ("F_SEAL_GROW", libc::F_SEAL_GROW as i64),
    ("F_SEAL_SEAL", libc::F_SEAL_SEAL as i64),
    ("F_SEAL_SHRINK", libc::F_SEAL_SHRINK as i64),
    ("F_SEAL_WRITE", libc::F_SEAL_WRITE as i64),
    ("F_SETFD", libc::F_SETFD as i64),
    ("F_SETFL", libc::F_SETFL as i64),
    ("F_SETLEASE", libc::F_SETLEASE as i64),
    ("F_SETLK", libc::F_SETLK as i64),
    ("F_SETLK64", 6),
    ("F_SETLKW", libc::F_SETLKW as i64),
    ("F_SETLKW64", 7),
    ("F_SETOWN", libc::F_SETOWN as i64),
    ("F_SETOWN_EX", 15),
    ("F_SETPIPE_SZ", libc::F_SETPIPE_SZ as i64),
    ("F_SETSIG", 10),
    ("F_SET_FILE_RW_HINT", 1038),
    ("F_SET_RW_HINT", 1036),
    ("F_SHLCK", 8),
    ("F_UNLCK", libc::F_UNLCK as i64),
    ("F_WRLCK", libc::F_WRLCK as i64),
    ("LOCK_EX", libc::LOCK_EX as i64),
    ("LOCK_MAND", 32),
    ("LOCK_NB", libc::LOCK_NB as i64),
    ("LOCK_READ", 64),
    ("LOCK_RW", 192),
    ("LOCK_SH", libc::LOCK_SH as i64),
    ("LOCK_UN", libc::LOCK_UN as i64),
    ("LOCK_WRITE", 128),
    ("RWH_WRITE_LIFE_EXTREME", 5),
    ("RWH_WRITE_LIFE_LONG", 4),
    ("RWH_WRITE_LIFE_MEDIUM", 3),
    ("RWH_WRITE_LIFE_NONE", 1),
    ("RWH_WRITE_LIFE_NOT_SET", 0),
    ("RWH_WRITE_LIFE_SHORT", 2),
];

static FUNCTIONS: &[Method] = &[
    function("fcntl", "($module, fd, cmd, arg=0, /)", fcntl, "A command on a descriptor."),
    function("ioctl", "($module, fd, request, arg=0, mutate_flag=True, /)", ioctl, "A command on a device."),
    function("flock", "($module, fd, operation, /)", flock, "Locks a whole file."),
    function("lockf", "($module, fd, cmd, len=0, start=0, whence=0, /)", lockf, "Locks part of a file."),
];

fn init(_cx: &mut Cx, m: &Module) -> PyResult<()> {
    for (name, n) in NUMBERS {
        m.add(name, from_i64(*n));
    }
    Ok(())
}

/// `fcntl`.
pub static MODULE: ModuleDef = ModuleDef { name: "fcntl", doc: "Commands on descriptors.", functions: FUNCTIONS, init };
