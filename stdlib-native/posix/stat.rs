//! `posix`: what the system knows of files (`stat` and its kind), access, owners, modes and times.

use super::arguments::{Also, Target, call, check_combination, directory, flag, gid, int_or, none, uid};
use objects::native::{Method, function};
use objects::types::exception::ids as exc;
use objects::types::int::{self, IntRef, as_int, from_i64, from_u64};
use objects::types::structseq::{self, Class};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, as_type};
use objects::{Args, Cx, PyResult, Ref, Reg, Value};
use std::mem::MaybeUninit;

/// `os.stat_result`
pub static STAT_RESULT: Class = Class::new(
    "os.stat_result",
    &[
        "st_mode",
        "st_ino",
        "st_dev",
        "st_nlink",
        "st_uid",
        "st_gid",
        "st_size",
        "",
        "",
        "",
        "st_atime",
        "st_mtime",
        "st_ctime",
        "st_atime_ns",
        "st_mtime_ns",
        "st_ctime_ns",
        "st_blksize",
        "st_blocks",
        "st_rdev",
    ],
    10,
);

/// `os.statvfs_result`
pub static STATVFS_RESULT: Class = Class::new(
    "os.statvfs_result",
    &["f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_favail", "f_flag", "f_namemax", "f_fsid"],
    10,
);

/// `os.stat_result(sequence)`: the times default to the whole seconds.
fn new_stat_result(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let v = structseq::construct(cx, class, args)?.into_value();
    if let Some(t) = v.as_ref().downcast::<Tuple>() {
        for i in 7..10 {
            structseq::default_hidden(&v, i + 3, t.get(i).to_value());
        }
    }
    Ok(v.into())
}

/// Gives `os.stat_result` its own constructor. At the module's birth.
pub fn finish(cx: &mut Cx) -> PyResult<()> {
    let class = STAT_RESULT.get(cx)?;
    if let Some(t) = as_type(class.as_ref()) {
        t.slots.set(&Slots { new: Some(new_stat_result), ..Slots::NONE });
    }
    Ok(())
}

/// A `stat_result`.
pub fn result(cx: &mut Cx, s: &libc::stat) -> PyResult<Value> {
    let times = [(s.st_atime, s.st_atime_nsec), (s.st_mtime, s.st_mtime_nsec), (s.st_ctime, s.st_ctime_nsec)];
    let mut items = vec![
        from_i64(i64::from(s.st_mode)),
        from_u64(s.st_ino),
        from_u64(s.st_dev),
        from_u64(s.st_nlink as u64),
        from_i64(i64::from(s.st_uid)),
        from_i64(i64::from(s.st_gid)),
        from_i64(s.st_size),
    ];
    items.extend(times.iter().map(|(s, _)| from_i64(*s)));
    items.extend(times.iter().map(|(s, n)| Value::float(*s as f64 + 1e-9 * *n as f64)));
    items.extend(times.iter().map(|(s, n)| int::from_i128(i128::from(*s) * 1_000_000_000 + i128::from(*n))));
    items.extend([from_i64(s.st_blksize as i64), from_i64(s.st_blocks), from_u64(s.st_rdev)]);
    STAT_RESULT.make(cx, items)
}

/// Asks for a path or descriptor.
pub fn status(cx: &mut Cx, function: &str, t: &Target, dir: i32, follow: bool) -> PyResult<libc::stat> {
    check_combination(cx, function, t, dir, follow)?;
    let mut s = MaybeUninit::<libc::stat>::uninit();
    let fd = t.fd;
    t.call(cx, |p| {
        // SAFETY: a terminated path and room for the result.
        unsafe {
            match fd {
                Some(fd) => libc::fstat(fd, s.as_mut_ptr()),
                None => libc::fstatat(dir, p.as_ptr(), s.as_mut_ptr(), if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW }),
            }
        }
    })?;
    // SAFETY: the call has succeeded.
    Ok(unsafe { s.assume_init() })
}

fn stat(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "stat", "path", Also::Fd)?;
    let dir = directory(cx, a[1])?;
    let follow = flag(cx, a[2], true)?;
    let s = status(cx, "stat", &t, dir, follow)?;
    result(cx, &s).map(Reg::from)
}

fn lstat(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "lstat", "path", Also::No)?;
    let dir = directory(cx, a[1])?;
    let s = status(cx, "lstat", &t, dir, false)?;
    result(cx, &s).map(Reg::from)
}

fn fstat(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    let mut s = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: room for the result, which is there after success.
    let s = unsafe {
        call(cx, || libc::fstat(fd, s.as_mut_ptr()))?;
        s.assume_init()
    };
    result(cx, &s).map(Reg::from)
}

fn vfs_result(cx: &mut Cx, s: &libc::statvfs) -> PyResult<Reg> {
    let items =
        [s.f_bsize, s.f_frsize, s.f_blocks, s.f_bfree, s.f_bavail, s.f_files, s.f_ffree, s.f_favail, s.f_flag, s.f_namemax, s.f_fsid];
    STATVFS_RESULT.make(cx, items.iter().map(|n| from_u64(*n)).collect()).map(Reg::from)
}

fn statvfs(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "statvfs", "path", Also::Fd)?;
    let mut s = MaybeUninit::<libc::statvfs>::uninit();
    let fd = t.fd;
    // SAFETY: a terminated path, room for the result, which is there after success.
    let s = unsafe {
        t.call(cx, |p| match fd {
            Some(fd) => libc::fstatvfs(fd, s.as_mut_ptr()),
            None => libc::statvfs(p.as_ptr(), s.as_mut_ptr()),
        })?;
        s.assume_init()
    };
    vfs_result(cx, &s)
}

fn fstatvfs(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    let mut s = MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: room for the result, which is there after success.
    let s = unsafe {
        call(cx, || libc::fstatvfs(fd, s.as_mut_ptr()))?;
        s.assume_init()
    };
    vfs_result(cx, &s)
}

fn access(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "access", "path", Also::No)?;
    let mode = int::c_int(cx, a[1])?;
    let dir = directory(cx, a[2])?;
    let effective = flag(cx, a[3], false)?;
    let follow = flag(cx, a[4], true)?;
    let mut bits = 0;
    if effective {
        bits |= libc::AT_EACCESS;
    }
    if !follow {
        bits |= libc::AT_SYMLINK_NOFOLLOW;
    }
    let p = t.path.as_c_str();
    // SAFETY: a terminated path.
    let r = cx.detached(|| unsafe { libc::faccessat(dir, p.as_ptr(), mode, bits) });
    Ok(Value::bool(r == 0).into())
}

fn chmod(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "chmod", "path", Also::Fd)?;
    let mode = int::c_int(cx, a[1])? as libc::mode_t;
    let dir = directory(cx, a[2])?;
    let follow = flag(cx, a[3], true)?;
    let fd = t.fd;
    let refused = |e: i32| e == libc::ENOTSUP || e == libc::EOPNOTSUPP;
    // SAFETY: a terminated path.
    let p = t.path.as_c_str();
    // SAFETY: as above.
    let r = cx.system_call(|| unsafe {
        match fd {
            Some(fd) => libc::fchmod(fd, mode),
            None => libc::fchmodat(dir, p.as_ptr(), mode, if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW }),
        }
    })?;
    match r {
        Ok(_) => none(),
        Err(e) if !follow && refused(e) => {
            if dir != libc::AT_FDCWD {
                return Err(cx.value_error("chmod: cannot use dir_fd and follow_symlinks together"));
            }
            Err(unavailable_follow(cx, "chmod"))
        }
        Err(e) => Err(t.error(cx, e)),
    }
}

fn unavailable_follow(cx: &mut Cx, function: &str) -> objects::Raised {
    super::arguments::unavailable(cx, function, "follow_symlinks")
}

fn fchmod(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, mode) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])? as libc::mode_t);
    // SAFETY: plain numbers.
    super::arguments::done(cx, || unsafe { libc::fchmod(fd, mode) })
}

fn chown(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "chown", "path", Also::Fd)?;
    let (u, g) = (uid(cx, a[1])?, gid(cx, a[2])?);
    let dir = directory(cx, a[3])?;
    let follow = flag(cx, a[4], true)?;
    check_combination(cx, "chown", &t, dir, follow)?;
    let fd = t.fd;
    // SAFETY: a terminated path.
    t.call(cx, |p| unsafe {
        match fd {
            Some(fd) => libc::fchown(fd, u, g),
            None => libc::fchownat(dir, p.as_ptr(), u, g, if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW }),
        }
    })?;
    none()
}

fn lchown(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "lchown", "path", Also::No)?;
    let (u, g) = (uid(cx, a[1])?, gid(cx, a[2])?);
    // SAFETY: a terminated path.
    t.call(cx, |p| unsafe { libc::lchown(p.as_ptr(), u, g) })?;
    none()
}

fn fchown(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (fd, u, g) = (int::c_int(cx, a[0])?, uid(cx, a[1])?, gid(cx, a[2])?);
    // SAFETY: plain numbers.
    super::arguments::done(cx, || unsafe { libc::fchown(fd, u, g) })
}

/// Seconds (an int or float) as a point in time, rounded down.
pub fn seconds(cx: &mut Cx, v: Ref<'_>) -> PyResult<libc::timespec> {
    let too_large = |cx: &mut Cx| cx.overflow_error("timestamp out of range for platform time_t");
    if let Some(f) = objects::types::float::as_float(v) {
        if f.is_nan() {
            return Err(cx.value_error("Invalid value NaN (not a number)"));
        }
        let whole = f.floor();
        if !(-9.2e18..9.2e18).contains(&whole) {
            return Err(too_large(cx));
        }
        let (mut s, mut n) = (whole as i64, ((f - whole) * 1e9).floor() as i64);
        if n >= 1_000_000_000 {
            s += 1;
            n -= 1_000_000_000;
        }
        return Ok(libc::timespec { tv_sec: s, tv_nsec: n });
    }
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()).and_then(IntRef::to_i64) {
        Some(s) => Ok(libc::timespec { tv_sec: s, tv_nsec: 0 }),
        None => Err(too_large(cx)),
    }
}

fn pair<'a>(cx: &mut Cx, v: Ref<'a>, message: &str) -> PyResult<(Ref<'a>, Ref<'a>)> {
    match v.downcast::<Tuple>().map(|t| (t, t.len())) {
        Some((t, 2)) => Ok((t.get(0), t.get(1))),
        _ => Err(cx.type_error(message)),
    }
}

fn utime(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "utime", "path", Also::Fd)?;
    let times = a[1].given().filter(|v| !v.is_none());
    let ns = a[2].given();
    let dir = directory(cx, a[3])?;
    let follow = flag(cx, a[4], true)?;
    if times.is_some() && ns.is_some() {
        return Err(cx.value_error("utime: you may specify either 'times' or 'ns' but not both"));
    }
    let spec = match (times, ns) {
        (Some(v), _) => {
            let (x, y) = pair(cx, v, "utime: 'times' must be either a tuple of two ints or None")?;
            Some([seconds(cx, x)?, seconds(cx, y)?])
        }
        (None, Some(v)) => {
            let (x, y) = pair(cx, v, "utime: 'ns' must be a tuple of two ints")?;
            Some([split_ns(cx, x)?, split_ns(cx, y)?])
        }
        (None, None) => None,
    };
    check_combination(cx, "utime", &t, dir, follow)?;
    let fd = t.fd;
    t.call(cx, |p| {
        let at = spec.as_ref().map_or(std::ptr::null(), |s| s.as_ptr());
        // SAFETY: a terminated path; two times or none.
        unsafe {
            match fd {
                Some(fd) => libc::futimens(fd, at),
                None => libc::utimensat(dir, p.as_ptr(), at, if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW }),
            }
        }
    })?;
    none()
}

fn split_ns(cx: &mut Cx, v: Ref<'_>) -> PyResult<libc::timespec> {
    let i = int::index(cx, v)?;
    let Some(n) = as_int(i.as_ref()).and_then(IntRef::to_i128) else {
        return Err(cx.overflow_error("timestamp out of range for platform time_t"));
    };
    match i64::try_from(n.div_euclid(1_000_000_000)) {
        Ok(s) => Ok(libc::timespec { tv_sec: s, tv_nsec: n.rem_euclid(1_000_000_000) as i64 }),
        Err(_) => Err(cx.overflow_error("timestamp out of range for platform time_t")),
    }
}

fn umask(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mask = int::c_int(cx, a[0])?;
    // SAFETY: a plain number.
    Ok(int::reg(i64::from(unsafe { libc::umask(mask as libc::mode_t) })))
}

fn getxattr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "getxattr", "path", Also::Fd)?;
    let name = Target::new(cx, a[1], "getxattr", "attribute", Also::No)?;
    let follow = flag(cx, a[2], true)?;
    check_combination(cx, "getxattr", &t, libc::AT_FDCWD, follow)?;
    let data = xattr(cx, &t, |p, at, len| {
        let (p, n) = (p.as_ptr(), name.path.as_ptr());
        // SAFETY: terminated names and a buffer of that length.
        unsafe {
            match t.fd {
                Some(fd) => libc::fgetxattr(fd, n, at, len),
                None if follow => libc::getxattr(p, n, at, len),
                None => libc::lgetxattr(p, n, at, len),
            }
        }
    })?;
    objects::types::bytes::shared::new_bytes(cx, &data).map(Reg::from)
}

/// Asks with a growing buffer.
fn xattr(cx: &mut Cx, t: &Target, f: impl Fn(&std::ffi::CStr, *mut libc::c_void, usize) -> isize) -> PyResult<Vec<u8>> {
    for size in [128usize, 65536] {
        let mut data = vec![0u8; size];
        let r = f(&t.path, data.as_mut_ptr().cast(), size);
        let e = objects::protocol::path::last_errno();
        if r >= 0 {
            data.truncate(r as usize);
            return Ok(data);
        }
        if e != libc::ERANGE {
            return Err(t.error(cx, e));
        }
    }
    Err(t.error(cx, libc::ERANGE))
}

fn setxattr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "setxattr", "path", Also::Fd)?;
    let name = Target::new(cx, a[1], "setxattr", "attribute", Also::No)?;
    let value = objects::protocol::buffer::bytes_of(cx, a[2])?;
    let flags = int_or(cx, a[3], 0)?;
    let follow = flag(cx, a[4], true)?;
    check_combination(cx, "setxattr", &t, libc::AT_FDCWD, follow)?;
    let fd = t.fd;
    t.call(cx, |p| {
        let (p, n, at, len) = (p.as_ptr(), name.path.as_ptr(), value.as_ptr().cast(), value.len());
        // SAFETY: terminated names and a buffer of that length.
        unsafe {
            match fd {
                Some(fd) => libc::fsetxattr(fd, n, at, len, flags),
                None if follow => libc::setxattr(p, n, at, len, flags),
                None => libc::lsetxattr(p, n, at, len, flags),
            }
        }
    })?;
    none()
}

fn removexattr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "removexattr", "path", Also::Fd)?;
    let name = Target::new(cx, a[1], "removexattr", "attribute", Also::No)?;
    let follow = flag(cx, a[2], true)?;
    check_combination(cx, "removexattr", &t, libc::AT_FDCWD, follow)?;
    let fd = t.fd;
    t.call(cx, |p| {
        let (p, n) = (p.as_ptr(), name.path.as_ptr());
        // SAFETY: terminated names.
        unsafe {
            match fd {
                Some(fd) => libc::fremovexattr(fd, n),
                None if follow => libc::removexattr(p, n),
                None => libc::lremovexattr(p, n),
            }
        }
    })?;
    none()
}

fn listxattr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = Target::new(cx, a[0], "listxattr", "path", Also::FdOrNone)?;
    let follow = flag(cx, a[1], true)?;
    check_combination(cx, "listxattr", &t, libc::AT_FDCWD, follow)?;
    let data = xattr(cx, &t, |p, at, len| {
        let p = p.as_ptr();
        // SAFETY: a terminated path and a buffer of that length.
        unsafe {
            match t.fd {
                Some(fd) => libc::flistxattr(fd, at.cast(), len),
                None if follow => libc::listxattr(p, at.cast(), len),
                None => libc::llistxattr(p, at.cast(), len),
            }
        }
    })?;
    let mut names = Vec::new();
    for n in data.split(|b| *b == 0).filter(|n| !n.is_empty()) {
        names.push(objects::protocol::path::decode_name(cx, n)?);
    }
    Ok(objects::types::list::List::from_values(names).into())
}

fn makedev(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut part = |v: Ref<'_>| -> PyResult<u32> {
        let n = super::arguments::long(cx, v)?;
        match u32::try_from(n) {
            Ok(n) => Ok(n),
            Err(_) if n == -1 => Ok(u32::MAX),
            Err(_) if n < 0 => Err(cx.overflow_error("can't convert negative int to unsigned")),
            Err(_) => Err(cx.error(exc::OVERFLOW_ERROR, "Python int too large to convert to C unsigned int")),
        }
    };
    let (x, y) = (part(a[0])?, part(a[1])?);
    if x == u32::MAX && y == u32::MAX {
        return Ok(int::reg(-1));
    }
    Ok(from_u64(libc::makedev(x, y)).into())
}

fn device(cx: &mut Cx, v: Ref<'_>) -> PyResult<u64> {
    if objects::types::int::as_int(v).and_then(|n| n.to_i64()) == Some(-1) {
        return Ok(u64::MAX);
    }
    super::arguments::unsigned(cx, v)
}

/// A part of a device number; that of no device is -1.
fn part_of(cx: &mut Cx, v: Ref<'_>, f: fn(u64) -> u32) -> PyResult<Reg> {
    match device(cx, v)? {
        u64::MAX => Ok(int::reg(-1)),
        d => Ok(int::reg(i64::from(f(d)))),
    }
}

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function("stat", "($module, /, path, *, dir_fd=None, follow_symlinks=True)", stat, "What the system knows of a file."),
    function("lstat", "($module, /, path, *, dir_fd=None)", lstat, "The same; a symbolic link is not followed."),
    function("fstat", "($module, /, fd)", fstat, "The same for an open file."),
    function("statvfs", "($module, /, path)", statvfs, "What the system knows of a mounted file system."),
    function("fstatvfs", "($module, fd, /)", fstatvfs, "The same by an open file."),
    function(
        "access",
        "($module, /, path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)",
        access,
        "Whether the process may use a file so.",
    ),
    function("chmod", "($module, /, path, mode, *, dir_fd=None, follow_symlinks=True)", chmod, "Sets a file's mode."),
    function("fchmod", "($module, /, fd, mode)", fchmod, "Sets an open file's mode."),
    function("chown", "($module, /, path, uid, gid, *, dir_fd=None, follow_symlinks=True)", chown, "Sets a file's owner and group."),
    function("lchown", "($module, /, path, uid, gid)", lchown, "The same; a symbolic link is not followed."),
    function("fchown", "($module, /, fd, uid, gid)", fchown, "The same for an open file."),
    function(
        "utime",
        "($module, /, path, times=None, *, ns=<unrepresentable>, dir_fd=None, follow_symlinks=True)",
        utime,
        "Sets a file's times of access and modification.",
    ),
    function("umask", "($module, mask, /)", umask, "Sets the mask of modes of new files; gives the one before."),
    function("getxattr", "($module, /, path, attribute, *, follow_symlinks=True)", getxattr, "An extended attribute's value."),
    function("setxattr", "($module, /, path, attribute, value, flags=0, *, follow_symlinks=True)", setxattr, "Sets an extended attribute."),
    function("removexattr", "($module, /, path, attribute, *, follow_symlinks=True)", removexattr, "Removes an extended attribute."),
    function("listxattr", "($module, /, path=None, *, follow_symlinks=True)", listxattr, "The names of a file's extended attributes."),
    function("major", "($module, device, /)", |cx, a| part_of(cx, a[0], |d| libc::major(d)), "A device's major number."),
    function("minor", "($module, device, /)", |cx, a| part_of(cx, a[0], |d| libc::minor(d)), "A device's minor number."),
    function("makedev", "($module, major, minor, /)", makedev, "A device number from its parts."),
];
