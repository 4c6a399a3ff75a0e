//! `posix`: reading, writing and what else is done by descriptor.

use super::arguments::{Buffers, call, done, flag, int_or, io_vector, long, none, number, view, writable};
use objects::native::{Method, function};
use objects::protocol::buffer::wanted;
use objects::protocol::path::{file_descriptor, last_errno};
use objects::types::bytes::shared::{new_bytes, room_or_error};
use objects::types::int::{self, from_i64};
use objects::types::tuple::Tuple;
use objects::{Cx, PyResult, Ref, Reg, Value};

/// Most bytes that one call moves.
const MOST: usize = isize::MAX as usize;

/// Makes bytes of what a call puts into a fresh buffer.
fn filled(cx: &mut Cx, length: i64, mut f: impl FnMut(*mut libc::c_void, usize) -> isize + Send) -> PyResult<Reg> {
    if length < 0 {
        return Err(cx.os_error(libc::EINVAL, &[]));
    }
    let n = (length as usize).min(MOST);
    let mut data = room_or_error(cx, Some(n))?;
    let got = call(cx, || f(data.as_mut_ptr().cast(), n))?;
    // SAFETY: the system has written that many bytes.
    unsafe { data.set_len(got as usize) };
    new_bytes(cx, &data).map(Reg::from)
}

fn read(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, n) = (int::c_int(cx, a[0])?, int::index_size(cx, a[1])?);
    // SAFETY: room for n bytes.
    filled(cx, n, |p, n| unsafe { libc::read(fd, p, n) })
}

fn pread(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, n, at) = (int::c_int(cx, a[0])?, int::index_size(cx, a[1])?, long(cx, a[2])?);
    // SAFETY: room for n bytes.
    filled(cx, n, |p, n| unsafe { libc::pread(fd, p, n, at) })
}

fn readinto(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    let v = writable(cx, a[1], "readinto() argument 2")?;
    let (at, len) = (v.data as usize, v.len);
    // SAFETY: the view keeps the memory there.
    let n = call(cx, || unsafe { libc::read(fd, at as *mut libc::c_void, len) })?;
    Ok(int::reg(n as i64))
}

fn write(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    let v = view(cx, a[1], wanted::SIMPLE)?;
    let (at, len) = (v.data as usize, v.len);
    // SAFETY: the view keeps the memory there.
    let n = call(cx, || unsafe { libc::write(fd, at as *const libc::c_void, len) })?;
    Ok(int::reg(n as i64))
}

fn pwrite(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    let v = view(cx, a[1], wanted::SIMPLE)?;
    let offset = long(cx, a[2])?;
    let (at, len) = (v.data as usize, v.len);
    // SAFETY: the view keeps the memory there.
    let n = call(cx, || unsafe { libc::pwrite(fd, at as *const libc::c_void, len, offset) })?;
    Ok(int::reg(n as i64))
}

fn vectored(
    cx: &mut Cx,
    a: &[Ref<'_>],
    function: &str,
    kind: u32,
    mut f: impl FnMut(i32, *const libc::iovec, i32) -> isize + Send,
) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    let buffers = Buffers::new(cx, a[1], function, kind)?;
    let parts = buffers.vector();
    let n = call(cx, || {
        let v = io_vector(&parts);
        f(fd, v.as_ptr(), v.len() as i32)
    })?;
    Ok(int::reg(n as i64))
}

fn readv(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    // SAFETY: the views keep the memory there.
    vectored(cx, a, "readv", wanted::WRITABLE, |fd, v, n| unsafe { libc::readv(fd, v, n) })
}
fn writev(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    // SAFETY: the views keep the memory there.
    vectored(cx, a, "writev", wanted::SIMPLE, |fd, v, n| unsafe { libc::writev(fd, v, n) })
}
fn preadv(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (at, flags) = (long(cx, a[2])?, int_or(cx, a[3], 0)?);
    // SAFETY: the views keep the memory there.
    vectored(cx, a, "preadv", wanted::WRITABLE, |fd, v, n| unsafe { libc::preadv2(fd, v, n, at, flags) })
}
fn pwritev(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (at, flags) = (long(cx, a[2])?, int_or(cx, a[3], 0)?);
    // SAFETY: the views keep the memory there.
    vectored(cx, a, "pwritev", wanted::SIMPLE, |fd, v, n| unsafe { libc::pwritev2(fd, v, n, at, flags) })
}

fn lseek(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, at, whence) = (int::c_int(cx, a[0])?, long(cx, a[1])?, int::c_int(cx, a[2])?);
    // SAFETY: plain numbers.
    let n = call(cx, || unsafe { libc::lseek(fd, at, whence) })?;
    Ok(int::reg(n))
}

fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    // Not tried again when interrupted: the descriptor is gone then (PEP 475).
    // SAFETY: a plain number.
    let e = cx.detached(|| unsafe { if libc::close(fd) < 0 { last_errno() } else { 0 } });
    if e != 0 && e != libc::EINTR {
        return Err(cx.os_error(e, &[]));
    }
    cx.poll()?;
    none()
}

fn closerange(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (low, high) = (int::c_int(cx, a[0])?.max(0), int::c_int(cx, a[1])?);
    if low < high {
        cx.detached(|| close_range(low, high - 1));
    }
    none()
}

/// Closes all descriptors from `first` to `last`. Async-signal-safe.
pub fn close_range(first: i32, last: i32) {
    // SAFETY: plain numbers.
    unsafe {
        if libc::syscall(libc::SYS_close_range, first as libc::c_uint, last as libc::c_uint, 0) != 0 {
            for fd in first..=last.min(1 << 20) {
                libc::close(fd);
            }
        }
    }
}

fn dup(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    // SAFETY: plain numbers.
    number(call(cx, || unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })?)
}

fn dup2(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, fd2) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?);
    let inheritable = flag(cx, a[2], true)?;
    if fd < 0 || fd2 < 0 {
        return Err(cx.os_error(libc::EBADF, &[]));
    }
    // SAFETY: plain numbers.
    let r = call(cx, || unsafe {
        if inheritable {
            libc::dup2(fd, fd2)
        } else if fd == fd2 {
            // dup3 refuses equal numbers.
            if libc::fcntl(fd, libc::F_GETFD) < 0 { -1 } else { fd2 }
        } else {
            libc::dup3(fd, fd2, libc::O_CLOEXEC)
        }
    })?;
    number(r)
}

fn two(a: i32, b: i32) -> PyResult<Reg> {
    Ok(Tuple::from_values(vec![Value::small_int(i64::from(a)), Value::small_int(i64::from(b))]).into())
}

fn pipe_with(cx: &mut Cx, flags: i32) -> PyResult<Reg> {
    let mut ends = [0; 2];
    // SAFETY: room for two numbers.
    call(cx, || unsafe { libc::pipe2(ends.as_mut_ptr(), flags) })?;
    two(ends[0], ends[1])
}

fn descriptor_flags(cx: &mut Cx, fd: i32) -> PyResult<i32> {
    // SAFETY: plain numbers.
    call(cx, || unsafe { libc::fcntl(fd, libc::F_GETFD) })
}

fn set_inheritable(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, on) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])? != 0);
    let old = descriptor_flags(cx, fd)?;
    let new = if on { old & !libc::FD_CLOEXEC } else { old | libc::FD_CLOEXEC };
    // SAFETY: plain numbers.
    done(cx, || unsafe { libc::fcntl(fd, libc::F_SETFD, new) })
}

fn get_inheritable(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    Ok(Value::bool(descriptor_flags(cx, fd)? & libc::FD_CLOEXEC == 0).into())
}

fn get_blocking(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    // SAFETY: plain numbers.
    let flags = call(cx, || unsafe { libc::fcntl(fd, libc::F_GETFL) })?;
    Ok(Value::bool(flags & libc::O_NONBLOCK == 0).into())
}

fn set_blocking(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    let blocking = flag(cx, a[1], true)?;
    // SAFETY: plain numbers.
    done(cx, || unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFL);
        if flags < 0 {
            return flags;
        }
        let new = if blocking { flags & !libc::O_NONBLOCK } else { flags | libc::O_NONBLOCK };
        libc::fcntl(fd, libc::F_SETFL, new)
    })
}

fn synchronise(cx: &mut Cx, v: Ref<'_>, f: unsafe extern "C" fn(i32) -> i32) -> PyResult<Reg> {
    let fd = file_descriptor(cx, v)?;
    // SAFETY: a plain number.
    done(cx, || unsafe { f(fd) })
}

fn sendfile(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (out, from) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?);
    let mut at = match a[2].is_none() {
        true => None,
        false => Some(long(cx, a[2])?),
    };
    let n = int::index_size(cx, a[3])?;
    // SAFETY: an offset or none.
    let r = call(cx, || unsafe { libc::sendfile(out, from, at.as_mut().map_or(std::ptr::null_mut(), |p| p), n as usize) })?;
    Ok(int::reg(r as i64))
}

fn offset(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<i64>> {
    match v.given().filter(|v| !v.is_none()) {
        Some(v) => long(cx, v).map(Some),
        None => Ok(None),
    }
}

fn copy_file_range(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (src, dst, n) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?, int::index_size(cx, a[2])?);
    if n < 0 {
        return Err(cx.value_error("negative value for 'count' not allowed"));
    }
    let (mut from, mut to) = (offset(cx, a[3])?, offset(cx, a[4])?);
    let null = std::ptr::null_mut;
    // SAFETY: offsets or none.
    let r = call(cx, || unsafe {
        libc::copy_file_range(src, from.as_mut().map_or(null(), |p| p), dst, to.as_mut().map_or(null(), |p| p), n as usize, 0)
    })?;
    Ok(int::reg(r as i64))
}

fn splice(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (src, dst, n) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?, int::index_size(cx, a[2])?);
    if n < 0 {
        return Err(cx.value_error("negative value for 'count' not allowed"));
    }
    let (mut from, mut to) = (offset(cx, a[3])?, offset(cx, a[4])?);
    let flags = int_or(cx, a[5], 0)? as libc::c_uint;
    let null = std::ptr::null_mut;
    // SAFETY: offsets or none.
    let r = call(cx, || unsafe {
        libc::splice(src, from.as_mut().map_or(null(), |p| p), dst, to.as_mut().map_or(null(), |p| p), n as usize, flags)
    })?;
    Ok(int::reg(r as i64))
}

fn lockf(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, command, n) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?, long(cx, a[2])?);
    // SAFETY: plain numbers.
    done(cx, || unsafe { libc::lockf(fd, command, n) })
}

fn numbered(cx: &mut Cx, mut f: impl FnMut() -> i32 + Send) -> PyResult<Reg> {
    // These give the error number itself.
    loop {
        match cx.detached(&mut f) {
            0 => return none(),
            libc::EINTR => cx.poll()?,
            e => return Err(cx.os_error(e, &[])),
        }
    }
}

fn fadvise(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, at, n, advice) = (int::c_int(cx, a[0])?, long(cx, a[1])?, long(cx, a[2])?, int::c_int(cx, a[3])?);
    // SAFETY: plain numbers.
    numbered(cx, || unsafe { libc::posix_fadvise(fd, at, n, advice) })
}

fn fallocate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, at, n) = (int::c_int(cx, a[0])?, long(cx, a[1])?, long(cx, a[2])?);
    // SAFETY: plain numbers.
    numbered(cx, || unsafe { libc::posix_fallocate(fd, at, n) })
}

// ---- events and timers ----

fn eventfd(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let start = super::arguments::unsigned(cx, a[0])? as libc::c_uint;
    let flags = int_or(cx, a[1], libc::EFD_CLOEXEC)?;
    // SAFETY: plain numbers.
    number(call(cx, || unsafe { libc::eventfd(start, flags) })?)
}

fn eventfd_read(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let mut n = 0u64;
    // SAFETY: room for a number.
    call(cx, || unsafe { libc::eventfd_read(fd, &mut n) })?;
    Ok(int::from_u64(n).into())
}

fn eventfd_write(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let n = super::arguments::unsigned(cx, a[1])?;
    // SAFETY: plain numbers.
    done(cx, || unsafe { libc::eventfd_write(fd, n) })
}

fn timerfd_create(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let clock = int::c_int(cx, a[0])?;
    let flags = int_or(cx, a[1], 0)? | libc::TFD_CLOEXEC;
    // SAFETY: plain numbers.
    number(call(cx, || unsafe { libc::timerfd_create(clock, flags) })?)
}

fn timer_value(cx: &mut Cx, v: Ref<'_>, ns: bool) -> PyResult<libc::timespec> {
    let Some(v) = v.given() else { return Ok(libc::timespec { tv_sec: 0, tv_nsec: 0 }) };
    if ns {
        let n = long(cx, v)?;
        return Ok(libc::timespec { tv_sec: n.div_euclid(1_000_000_000), tv_nsec: n.rem_euclid(1_000_000_000) });
    }
    super::stat::seconds(cx, v)
}

fn timer_result(t: &libc::itimerspec, ns: bool) -> PyResult<Reg> {
    let one = |t: libc::timespec| {
        if ns { from_i64(t.tv_sec * 1_000_000_000 + t.tv_nsec) } else { Value::float(t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9) }
    };
    Ok(Tuple::from_values(vec![one(t.it_value), one(t.it_interval)]).into())
}

const NO_TIME: libc::timespec = libc::timespec { tv_sec: 0, tv_nsec: 0 };

fn timerfd_settime(cx: &mut Cx, a: &[Ref<'_>], ns: bool) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let flags = int_or(cx, a[1], 0)?;
    let new = libc::itimerspec { it_value: timer_value(cx, a[2], ns)?, it_interval: timer_value(cx, a[3], ns)? };
    let mut old = libc::itimerspec { it_value: NO_TIME, it_interval: NO_TIME };
    // SAFETY: both are there.
    call(cx, || unsafe { libc::timerfd_settime(fd, flags, &new, &mut old) })?;
    timer_result(&old, ns)
}

fn timerfd_gettime(cx: &mut Cx, a: &[Ref<'_>], ns: bool) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let mut now = libc::itimerspec { it_value: NO_TIME, it_interval: NO_TIME };
    // SAFETY: room for the result.
    call(cx, || unsafe { libc::timerfd_gettime(fd, &mut now) })?;
    timer_result(&now, ns)
}

// ---- randomness ----

fn urandom(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::index_size(cx, a[0])?;
    if n < 0 {
        return Err(cx.value_error("negative argument not allowed"));
    }
    let mut data = room_or_error(cx, Some(n as usize))?;
    data.resize(n as usize, 0);
    let mut at = 0;
    while at < data.len() {
        let rest = &mut data[at..];
        // SAFETY: a buffer of that length.
        let got = call(cx, || unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) })?;
        at += got as usize;
    }
    new_bytes(cx, &data).map(Reg::from)
}

fn getrandom(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::index_size(cx, a[0])?;
    let flags = int_or(cx, a[1], 0)? as libc::c_uint;
    // SAFETY: room for n bytes.
    filled(cx, n, |p, n| unsafe { libc::getrandom(p, n, flags) })
}

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function("read", "($module, fd, length, /)", read, "Reads up to that many bytes."),
    function("readinto", "($module, fd, buffer, /)", readinto, "Reads into a buffer; gives the number of bytes."),
    function("write", "($module, fd, data, /)", write, "Writes bytes; gives how many were written."),
    function("pread", "($module, fd, length, offset, /)", pread, "Reads at an offset."),
    function("pwrite", "($module, fd, buffer, offset, /)", pwrite, "Writes at an offset."),
    function("readv", "($module, fd, buffers, /)", readv, "Reads into several buffers."),
    function("writev", "($module, fd, buffers, /)", writev, "Writes several buffers."),
    function("preadv", "($module, fd, buffers, offset, flags=0, /)", preadv, "Reads into several buffers at an offset."),
    function("pwritev", "($module, fd, buffers, offset, flags=0, /)", pwritev, "Writes several buffers at an offset."),
    function("lseek", "($module, fd, position, whence, /)", lseek, "Moves a file's position."),
    function("close", "($module, /, fd)", close, "Closes a descriptor."),
    function("closerange", "($module, fd_low, fd_high, /)", closerange, "Closes all descriptors of a range; errors do not matter."),
    function("dup", "($module, fd, /)", dup, "Another descriptor of the same open file."),
    function("dup2", "($module, /, fd, fd2, inheritable=True)", dup2, "Makes a descriptor refer to the same open file."),
    function("pipe", "($module, /)", |cx, _| pipe_with(cx, libc::O_CLOEXEC), "A pipe: its reading and its writing end."),
    function(
        "pipe2",
        "($module, flags, /)",
        |cx, a| {
            let flags = int::c_int(cx, a[0])?;
            pipe_with(cx, flags)
        },
        "A pipe with flags.",
    ),
    function("get_inheritable", "($module, fd, /)", get_inheritable, "Whether children inherit a descriptor."),
    function("set_inheritable", "($module, fd, inheritable, /)", set_inheritable, "Sets whether children inherit a descriptor."),
    function("get_blocking", "($module, fd, /)", get_blocking, "Whether a descriptor blocks."),
    function("set_blocking", "($module, fd, blocking, /)", set_blocking, "Sets whether a descriptor blocks."),
    function("fsync", "($module, /, fd)", |cx, a| synchronise(cx, a[0], libc::fsync), "Writes a file's data and metadata to the device."),
    function("fdatasync", "($module, /, fd)", |cx, a| synchronise(cx, a[0], libc::fdatasync), "Writes a file's data to the device."),
    function(
        "sync",
        "($module, /)",
        |cx, _| {
            // SAFETY: takes nothing.
            cx.detached(|| unsafe { libc::sync() });
            none()
        },
        "Writes everything to the devices.",
    ),
    function("sendfile", "($module, /, out_fd, in_fd, offset, count)", sendfile, "Copies from one descriptor to another."),
    function(
        "copy_file_range",
        "($module, /, src, dst, count, offset_src=None, offset_dst=None)",
        copy_file_range,
        "Copies between files within the kernel.",
    ),
    function(
        "splice",
        "($module, /, src, dst, count, offset_src=None, offset_dst=None, flags=0)",
        splice,
        "Moves data between a pipe and another descriptor.",
    ),
    function("lockf", "($module, fd, command, length, /)", lockf, "Locks, tests or unlocks part of a file."),
    function("posix_fadvise", "($module, fd, offset, length, advice, /)", fadvise, "Tells the system how a file will be used."),
    function("posix_fallocate", "($module, fd, offset, length, /)", fallocate, "Makes sure that a file has its space."),
    function("eventfd", "($module, /, initval, flags=EFD_CLOEXEC)", eventfd, "A descriptor that counts events."),
    function("eventfd_read", "($module, /, fd)", eventfd_read, "Takes the count."),
    function("eventfd_write", "($module, /, fd, value)", eventfd_write, "Adds to the count."),
    function("timerfd_create", "($module, clockid, /, *, flags=TFD_CLOEXEC)", timerfd_create, "A descriptor of a timer."),
    function(
        "timerfd_settime",
        "($module, fd, /, *, flags=0, initial=0.0, interval=0.0)",
        |cx, a| timerfd_settime(cx, a, false),
        "Sets a timer in seconds.",
    ),
    function(
        "timerfd_settime_ns",
        "($module, fd, /, *, flags=0, initial=0, interval=0)",
        |cx, a| timerfd_settime(cx, a, true),
        "Sets a timer in nanoseconds.",
    ),
    function("timerfd_gettime", "($module, fd, /)", |cx, a| timerfd_gettime(cx, a, false), "What a timer has left, in seconds."),
    function("timerfd_gettime_ns", "($module, fd, /)", |cx, a| timerfd_gettime(cx, a, true), "What a timer has left, in nanoseconds."),
    function("urandom", "($module, size, /)", urandom, "Random bytes fit for cryptography."),
    function("getrandom", "($module, /, size, flags=0)", getrandom, "Random bytes from the system."),
];
