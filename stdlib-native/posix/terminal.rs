//! `posix`: terminals and pseudo-terminals.

use super::arguments::{call, done, none, number};
use objects::native::{Method, function};
use objects::protocol::path::{decode_name, file_descriptor, last_errno};
use objects::types::int;
use objects::types::str::Str;
use objects::types::structseq::Class;
use objects::types::tuple::Tuple;
use objects::{Cx, PyResult, Ref, Reg, Value};
use std::ffi::CStr;

/// `os.terminal_size`
pub static TERMINAL_SIZE: Class = Class::new("os.terminal_size", &["columns", "lines"], 2);

fn isatty(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    // SAFETY: a plain number.
    Ok(Value::bool(cx.detached(|| unsafe { libc::isatty(fd) }) == 1).into())
}

fn get_terminal_size(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = super::arguments::int_or(cx, a[0], 1)?;
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: room for the result.
    call(cx, || unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &mut size) })?;
    let items = vec![Value::small_int(i64::from(size.ws_col)), Value::small_int(i64::from(size.ws_row))];
    TERMINAL_SIZE.make(cx, items).map(Reg::from)
}

/// Calls a function that fills a buffer with a name and gives an error number.
fn name_of(cx: &mut Cx, v: Ref<'_>, f: unsafe extern "C" fn(i32, *mut libc::c_char, usize) -> i32) -> PyResult<Reg> {
    let fd = file_descriptor(cx, v)?;
    let mut buffer = [0u8; 1024];
    // SAFETY: a buffer of that length.
    let e = cx.detached(|| unsafe { f(fd, buffer.as_mut_ptr().cast(), buffer.len()) });
    if e != 0 {
        let e = if e < 0 { last_errno() } else { e };
        return Err(cx.os_error(e, &[]));
    }
    let name = CStr::from_bytes_until_nul(&buffer).map_or(&buffer[..], CStr::to_bytes);
    decode_name(cx, name).map(Reg::from)
}

fn openpty(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let (mut master, mut slave) = (-1, -1);
    let null = std::ptr::null_mut();
    // SAFETY: room for both numbers; nothing else is asked for.
    unsafe {
        if libc::openpty(&mut master, &mut slave, null, std::ptr::null(), std::ptr::null()) != 0 {
            return Err(super::files::last_error(cx));
        }
        for fd in [master, slave] {
            libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
        }
    }
    let ends = vec![Value::small_int(i64::from(master)), Value::small_int(i64::from(slave))];
    Ok(Tuple::from_values(ends).into())
}

fn posix_openpt(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let flags = int::c_int(cx, a[0])? | libc::O_CLOEXEC;
    // SAFETY: a plain number.
    number(call(cx, || unsafe { libc::posix_openpt(flags) })?)
}

fn by_descriptor(cx: &mut Cx, v: Ref<'_>, f: unsafe extern "C" fn(i32) -> i32) -> PyResult<Reg> {
    let fd = file_descriptor(cx, v)?;
    // SAFETY: a plain number.
    done(cx, || unsafe { f(fd) })
}

fn tcgetpgrp(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    // SAFETY: a plain number.
    number(call(cx, || unsafe { libc::tcgetpgrp(fd) })?)
}

fn tcsetpgrp(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, group) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?);
    // SAFETY: plain numbers.
    done(cx, || unsafe { libc::tcsetpgrp(fd, group) })
}

fn device_encoding(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    // SAFETY: a plain number.
    if cx.detached(|| unsafe { libc::isatty(fd) }) != 1 {
        return none();
    }
    Ok(Str::intern_text("utf-8").into())
}

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function("isatty", "($module, fd, /)", isatty, "Whether a descriptor is a terminal."),
    function("get_terminal_size", "($module, fd=<unrepresentable>, /)", get_terminal_size, "Columns and lines of a terminal."),
    function("ttyname", "($module, fd, /)", |cx, a| name_of(cx, a[0], libc::ttyname_r), "The name of a terminal."),
    function("ptsname", "($module, fd, /)", |cx, a| name_of(cx, a[0], libc::ptsname_r), "The name of a pseudo-terminal's other end."),
    function("openpty", "($module, /)", openpty, "A pseudo-terminal: its controlling and its other end."),
    function("posix_openpt", "($module, oflag, /)", posix_openpt, "The controlling end of a pseudo-terminal."),
    function("grantpt", "($module, fd, /)", |cx, a| by_descriptor(cx, a[0], libc::grantpt), "Gives the other end to this user."),
    function("unlockpt", "($module, fd, /)", |cx, a| by_descriptor(cx, a[0], libc::unlockpt), "Lets the other end be opened."),
    function("login_tty", "($module, fd, /)", |cx, a| by_descriptor(cx, a[0], libc::login_tty), "Makes a terminal the controlling one."),
    function("tcgetpgrp", "($module, fd, /)", tcgetpgrp, "The process group in the foreground of a terminal."),
    function("tcsetpgrp", "($module, fd, pgid, /)", tcsetpgrp, "Sets the process group in the foreground of a terminal."),
    function("device_encoding", "($module, /, fd)", device_encoding, "The encoding of a terminal, or None."),
];
