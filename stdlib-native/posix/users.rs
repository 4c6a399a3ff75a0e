//! `posix`: who the process is: users, groups, sessions, process groups, priorities.

use super::arguments::{call, done, gid, none, number, owner_value, uid};
use objects::native::{Method, function};
use objects::protocol::iter;
use objects::protocol::path::{decode_name, encode_name, last_errno};
use objects::types::int;
use objects::types::list::List;
use objects::types::str::as_str;
use objects::types::tuple::Tuple;
use objects::types::type_::type_of;
use objects::{Cx, PyResult, Ref, Reg};
use std::ffi::{CStr, CString};

fn groups(list: &[u32]) -> PyResult<Reg> {
    Ok(List::from_values(list.iter().map(|g| owner_value(*g)).collect()).into())
}

fn getgroups(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    loop {
        // SAFETY: asks for the number only; then a buffer of that length.
        let got = unsafe {
            let n = libc::getgroups(0, std::ptr::null_mut());
            let mut list = vec![0; n.max(0) as usize + 8];
            let n = libc::getgroups(list.len() as i32, list.as_mut_ptr());
            if n >= 0 {
                list.truncate(n as usize);
                Ok(list)
            } else {
                Err(last_errno())
            }
        };
        match got {
            Ok(list) => return groups(&list),
            // More have come meanwhile.
            Err(libc::EINVAL) => cx.poll()?,
            Err(e) => return Err(cx.os_error(e, &[])),
        }
    }
}

fn setgroups(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut list = Vec::new();
    if type_of(a[0]).slots.getitem().is_none() {
        return Err(cx.type_error("setgroups argument must be a sequence"));
    }
    for v in iter::collect(cx, a[0])? {
        if objects::types::int::as_int(v.as_ref()).is_none() {
            return Err(cx.type_error("groups must be integers"));
        }
        list.push(gid(cx, v.as_ref())?);
    }
    if list.len() > 65536 {
        return Err(cx.value_error("too many groups"));
    }
    // SAFETY: a list of that length.
    done(cx, || unsafe { libc::setgroups(list.len(), list.as_ptr()) })
}

fn user_name(cx: &mut Cx, v: Ref<'_>, what: &str) -> PyResult<CString> {
    let Some(_) = as_str(v) else {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("{what} argument 1 must be str, not {n}")));
    };
    let bytes = encode_name(cx, v)?;
    CString::new(bytes).map_err(|_| cx.value_error("embedded null character"))
}

fn getgrouplist(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let user = user_name(cx, a[0], "getgrouplist()")?;
    let base = gid(cx, a[1])?;
    let list = cx.detached(|| {
        let mut n = 64;
        loop {
            let mut list = vec![0u32; n as usize];
            // SAFETY: a buffer of that length.
            let r = unsafe { libc::getgrouplist(user.as_ptr(), base, list.as_mut_ptr(), &mut n) };
            if r >= 0 || n > 1 << 20 {
                list.truncate(n.max(0) as usize);
                return list;
            }
            n = n.max(list.len() as i32 + 1);
        }
    });
    groups(&list)
}

fn initgroups(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let user = user_name(cx, a[0], "initgroups()")?;
    let base = gid(cx, a[1])?;
    // SAFETY: a terminated name.
    done(cx, || unsafe { libc::initgroups(user.as_ptr(), base) })
}

fn three(f: unsafe extern "C" fn(*mut u32, *mut u32, *mut u32) -> i32, cx: &mut Cx) -> PyResult<Reg> {
    let (mut r, mut e, mut s) = (0, 0, 0);
    // SAFETY: room for three numbers.
    call(cx, || unsafe { f(&mut r, &mut e, &mut s) })?;
    Ok(Tuple::from_values([r, e, s].iter().map(|n| owner_value(*n)).collect()).into())
}

type Convert = fn(&mut Cx, Ref<'_>) -> PyResult<u32>;

fn set_one(cx: &mut Cx, a: &[Ref<'_>], c: Convert, f: unsafe extern "C" fn(u32) -> i32) -> PyResult<Reg> {
    let n = c(cx, a[0])?;
    // SAFETY: a plain number.
    done(cx, || unsafe { f(n) })
}
fn set_two(cx: &mut Cx, a: &[Ref<'_>], c: Convert, f: unsafe extern "C" fn(u32, u32) -> i32) -> PyResult<Reg> {
    let (r, e) = (c(cx, a[0])?, c(cx, a[1])?);
    // SAFETY: plain numbers.
    done(cx, || unsafe { f(r, e) })
}
fn set_three(cx: &mut Cx, a: &[Ref<'_>], c: Convert, f: unsafe extern "C" fn(u32, u32, u32) -> i32) -> PyResult<Reg> {
    let (r, e, s) = (c(cx, a[0])?, c(cx, a[1])?, c(cx, a[2])?);
    // SAFETY: plain numbers.
    done(cx, || unsafe { f(r, e, s) })
}

unsafe extern "C" {
    fn getlogin_r(name: *mut libc::c_char, size: usize) -> i32;
}

fn getlogin(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut buffer = [0u8; 256];
    // SAFETY: a buffer of that length.
    let e = cx.detached(|| unsafe { getlogin_r(buffer.as_mut_ptr().cast(), buffer.len()) });
    if e != 0 {
        return Err(cx.os_error(e, &[]));
    }
    let name = CStr::from_bytes_until_nul(&buffer).map_or(&buffer[..], CStr::to_bytes);
    decode_name(cx, name).map(Reg::from)
}

fn getpriority(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (which, who) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?);
    // SAFETY: plain numbers; -1 is a priority too, so errno tells.
    let (n, e) = unsafe {
        *libc::__errno_location() = 0;
        (libc::getpriority(which as libc::__priority_which_t, who as libc::id_t), last_errno())
    };
    if n == -1 && e != 0 { Err(cx.os_error(e, &[])) } else { number(n) }
}

fn setpriority(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (which, who, p) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?, int::c_int(cx, a[2])?);
    // SAFETY: plain numbers.
    done(cx, || unsafe { libc::setpriority(which as libc::__priority_which_t, who as libc::id_t, p) })
}

fn nice(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::c_int(cx, a[0])?;
    // SAFETY: a plain number; -1 is a result too, so errno tells.
    let (n, e) = unsafe {
        *libc::__errno_location() = 0;
        (libc::nice(n), last_errno())
    };
    if n == -1 && e != 0 { Err(cx.os_error(e, &[])) } else { number(n) }
}

fn of_pid(cx: &mut Cx, v: Ref<'_>, f: unsafe extern "C" fn(i32) -> i32) -> PyResult<Reg> {
    let pid = int::c_int(cx, v)?;
    // SAFETY: a plain number.
    number(call(cx, || unsafe { f(pid) })?)
}

fn setpgid(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (pid, group) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?);
    // SAFETY: plain numbers.
    done(cx, || unsafe { libc::setpgid(pid, group) })
}

fn plain(n: u32) -> PyResult<Reg> {
    Ok(owner_value(n).into())
}

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function("getpid", "($module, /)", |_, _| number(std::process::id()), "The process's number."),
    function("getppid", "($module, /)", |_, _| number(std::os::unix::process::parent_id()), "The parent process's number."),
    // SAFETY: a query that takes nothing.
    function("getuid", "($module, /)", |_, _| plain(unsafe { libc::getuid() }), "The real user."),
    // SAFETY: a query that takes nothing.
    function("geteuid", "($module, /)", |_, _| plain(unsafe { libc::geteuid() }), "The effective user."),
    // SAFETY: a query that takes nothing.
    function("getgid", "($module, /)", |_, _| plain(unsafe { libc::getgid() }), "The real group."),
    // SAFETY: a query that takes nothing.
    function("getegid", "($module, /)", |_, _| plain(unsafe { libc::getegid() }), "The effective group."),
    function("getresuid", "($module, /)", |cx, _| three(libc::getresuid, cx), "The real, effective and saved user."),
    function("getresgid", "($module, /)", |cx, _| three(libc::getresgid, cx), "The real, effective and saved group."),
    function("setuid", "($module, uid, /)", |cx, a| set_one(cx, a, uid, libc::setuid), "Sets the user."),
    function("seteuid", "($module, euid, /)", |cx, a| set_one(cx, a, uid, libc::seteuid), "Sets the effective user."),
    function("setgid", "($module, gid, /)", |cx, a| set_one(cx, a, gid, libc::setgid), "Sets the group."),
    function("setegid", "($module, egid, /)", |cx, a| set_one(cx, a, gid, libc::setegid), "Sets the effective group."),
    function("setreuid", "($module, ruid, euid, /)", |cx, a| set_two(cx, a, uid, libc::setreuid), "Sets the real and effective user."),
    function("setregid", "($module, rgid, egid, /)", |cx, a| set_two(cx, a, gid, libc::setregid), "Sets the real and effective group."),
    function("setresuid", "($module, ruid, euid, suid, /)", |cx, a| set_three(cx, a, uid, libc::setresuid), "Sets all three users."),
    function("setresgid", "($module, rgid, egid, sgid, /)", |cx, a| set_three(cx, a, gid, libc::setresgid), "Sets all three groups."),
    function("getgroups", "($module, /)", getgroups, "The supplementary groups."),
    function("setgroups", "($module, groups, /)", setgroups, "Sets the supplementary groups."),
    function("getgrouplist", "($module, user, group, /)", getgrouplist, "The groups that a user belongs to."),
    function("initgroups", "($module, username, gid, /)", initgroups, "Sets the supplementary groups to those of a user."),
    function("getlogin", "($module, /)", getlogin, "The name that the user logged in with."),
    function("getpriority", "($module, /, which, who)", getpriority, "A scheduling priority."),
    function("setpriority", "($module, /, which, who, priority)", setpriority, "Sets a scheduling priority."),
    function("nice", "($module, increment, /)", nice, "Adds to the process's niceness; gives the new one."),
    function("getpgid", "($module, /, pid)", |cx, a| of_pid(cx, a[0], libc::getpgid), "A process's group."),
    function("getsid", "($module, pid, /)", |cx, a| of_pid(cx, a[0], libc::getsid), "A process's session."),
    // SAFETY: a query that takes nothing.
    function("getpgrp", "($module, /)", |_, _| number(unsafe { libc::getpgrp() }), "The process's group."),
    function("setpgid", "($module, pid, pgrp, /)", setpgid, "Puts a process into a group."),
    function(
        "setpgrp",
        "($module, /)",
        // SAFETY: takes nothing but zeros.
        |cx, _| done(cx, || unsafe { libc::setpgid(0, 0) }),
        "Makes the process the leader of a group.",
    ),
    function(
        "setsid",
        "($module, /)",
        |cx, _| {
            // SAFETY: takes nothing.
            call(cx, || unsafe { libc::setsid() })?;
            none()
        },
        "Makes the process the leader of a session.",
    ),
];
