//! `posix`: other processes: waiting for them, signalling them, becoming and starting them.

use super::arguments::{call, done, none, number};
use objects::native::{Method, function};
use objects::types::int::{self, from_i64};
use objects::types::structseq::Class;
use objects::types::tuple::Tuple;
use objects::{Cx, PyResult, Ref, Reg, Value};
use std::ffi::CStr;

/// `posix.times_result`
pub static TIMES_RESULT: Class = Class::new("posix.times_result", &["user", "system", "children_user", "children_system", "elapsed"], 5);
/// `posix.uname_result`
pub static UNAME_RESULT: Class = Class::new("posix.uname_result", &["sysname", "nodename", "release", "version", "machine"], 5);
/// `posix.waitid_result`
pub static WAITID_RESULT: Class = Class::new("posix.waitid_result", &["si_pid", "si_uid", "si_signo", "si_status", "si_code"], 5);

fn pair(a: i32, b: i32) -> PyResult<Reg> {
    Ok(Tuple::from_values(vec![Value::small_int(i64::from(a)), Value::small_int(i64::from(b))]).into())
}

fn wait_for(cx: &mut Cx, pid: i32, options: i32) -> PyResult<(i32, i32)> {
    let mut status = 0;
    // SAFETY: room for the status.
    let pid = call(cx, || unsafe { libc::waitpid(pid, &mut status, options) })?;
    Ok((pid, status))
}

fn wait(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let (pid, status) = wait_for(cx, -1, 0)?;
    pair(pid, status)
}

fn waitpid(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (pid, options) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?);
    let (pid, status) = wait_for(cx, pid, options)?;
    pair(pid, status)
}

fn wait_with_usage(cx: &mut Cx, pid: i32, options: i32) -> PyResult<Reg> {
    let mut status = 0;
    // SAFETY: plain numbers; zeros are valid.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: room for both results.
    let pid = call(cx, || unsafe { libc::wait4(pid, &mut status, options, &mut usage) })?;
    let usage = crate::resource::usage_value(cx, &usage)?;
    Ok(Tuple::from_values(vec![from_i64(i64::from(pid)), from_i64(i64::from(status)), usage]).into())
}

fn wait3(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let options = int::c_int(cx, a[0])?;
    wait_with_usage(cx, -1, options)
}

fn wait4(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (pid, options) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?);
    wait_with_usage(cx, pid, options)
}

fn waitid(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (kind, id, options) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?, int::c_int(cx, a[2])?);
    // SAFETY: zeros are a valid record.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let at = &raw mut info as usize;
    // SAFETY: room for the result.
    call(cx, || unsafe { libc::waitid(kind as libc::idtype_t, id as libc::id_t, at as *mut libc::siginfo_t, options) })?;
    // SAFETY: a record for a child, or zeros.
    let (pid, uid, status) = unsafe { (info.si_pid(), info.si_uid(), info.si_status()) };
    if pid == 0 {
        return none();
    }
    let items = [i64::from(pid), i64::from(uid), i64::from(info.si_signo), i64::from(status), i64::from(info.si_code)];
    WAITID_RESULT.make(cx, items.iter().map(|n| from_i64(*n)).collect()).map(Reg::from)
}

fn status_test(cx: &mut Cx, v: Ref<'_>, f: fn(i32) -> bool) -> PyResult<Reg> {
    let status = int::c_int(cx, v)?;
    Ok(Value::bool(f(status)).into())
}

fn status_part(cx: &mut Cx, v: Ref<'_>, f: fn(i32) -> i32) -> PyResult<Reg> {
    let status = int::c_int(cx, v)?;
    number(f(status))
}

fn exit_code(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let status = int::c_int(cx, a[0])?;
    if libc::WIFEXITED(status) {
        return number(libc::WEXITSTATUS(status));
    }
    if libc::WIFSIGNALED(status) {
        let signal = libc::WTERMSIG(status);
        if signal <= 0 {
            return Err(cx.value_error(format!("invalid WTERMSIG: {signal}")));
        }
        return number(-signal);
    }
    if libc::WIFSTOPPED(status) {
        let signal = libc::WSTOPSIG(status);
        return Err(cx.value_error(format!("process stopped by delivery of signal {signal}")));
    }
    Err(cx.value_error(format!("invalid wait status: {status}")))
}

fn kill(cx: &mut Cx, a: &[Ref<'_>], f: unsafe extern "C" fn(i32, i32) -> i32) -> PyResult<Reg> {
    let (pid, signal) = (int::c_int(cx, a[0])?, int::c_int(cx, a[1])?);
    // SAFETY: plain numbers.
    call(cx, || unsafe { f(pid, signal) })?;
    // A signal to this process has arrived by now if this thread takes it.
    cx.poll()?;
    none()
}

fn pidfd_open(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let pid = int::c_int(cx, a[0])?;
    let flags = super::arguments::int_or(cx, a[1], 0)?;
    // SAFETY: plain numbers.
    Ok(int::reg(call(cx, || unsafe { libc::syscall(libc::SYS_pidfd_open, pid, flags) })?))
}

fn system(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let command = super::environment::system_bytes(cx, a[0])?;
    let Ok(command) = std::ffi::CString::new(command) else { return Err(cx.value_error("embedded null byte")) };
    // SAFETY: a terminated text.
    let status = cx.detached(|| unsafe { libc::system(command.as_ptr()) });
    cx.poll()?;
    number(status)
}

fn times(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut t = libc::tms { tms_utime: 0, tms_stime: 0, tms_cutime: 0, tms_cstime: 0 };
    // SAFETY: room for the result.
    let elapsed = unsafe { libc::times(&mut t) };
    // SAFETY: a plain query.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) }.max(1) as f64;
    let items = [t.tms_utime, t.tms_stime, t.tms_cutime, t.tms_cstime, elapsed];
    TIMES_RESULT.make(cx, items.iter().map(|n| Value::float(*n as f64 / ticks)).collect()).map(Reg::from)
}

fn uname(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    // SAFETY: zeros are a valid record, filled by the call.
    let mut u: libc::utsname = unsafe { std::mem::zeroed() };
    // SAFETY: room for the result.
    call(cx, || unsafe { libc::uname(&mut u) })?;
    let mut items = Vec::new();
    for field in [&u.sysname, &u.nodename, &u.release, &u.version, &u.machine] {
        // SAFETY: terminated texts.
        let text = unsafe { CStr::from_ptr(field.as_ptr()) };
        items.push(objects::protocol::path::decode_name(cx, text.to_bytes())?);
    }
    UNAME_RESULT.make(cx, items).map(Reg::from)
}

fn exit_now(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let status = int::c_int(cx, a[0])?;
    // SAFETY: the process ends.
    unsafe { libc::_exit(status) }
}

fn unshare(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let flags = int::c_int(cx, a[0])?;
    // SAFETY: a plain number.
    done(cx, || unsafe { libc::unshare(flags) })
}

fn setns(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = objects::protocol::path::file_descriptor(cx, a[0])?;
    let kind = super::arguments::int_or(cx, a[1], 0)?;
    // SAFETY: plain numbers.
    done(cx, || unsafe { libc::setns(fd, kind) })
}

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function("wait", "($module, /)", wait, "Waits for a child; gives its number and status."),
    function("waitpid", "($module, pid, options, /)", waitpid, "Waits for a certain child."),
    function("wait3", "($module, /, options)", wait3, "As wait, with the child's use of resources."),
    function("wait4", "($module, /, pid, options)", wait4, "As waitpid, with the child's use of resources."),
    function("waitid", "($module, idtype, id, options, /)", waitid, "Waits for a change of state of children."),
    function("WCOREDUMP", "($module, status, /)", |cx, a| status_test(cx, a[0], |s| libc::WCOREDUMP(s)), "Whether it dumped core."),
    function("WIFCONTINUED", "($module, /, status)", |cx, a| status_test(cx, a[0], |s| libc::WIFCONTINUED(s)), "Whether it was continued."),
    function("WIFSTOPPED", "($module, /, status)", |cx, a| status_test(cx, a[0], |s| libc::WIFSTOPPED(s)), "Whether it was stopped."),
    function("WIFSIGNALED", "($module, /, status)", |cx, a| status_test(cx, a[0], |s| libc::WIFSIGNALED(s)), "Whether a signal ended it."),
    function("WIFEXITED", "($module, /, status)", |cx, a| status_test(cx, a[0], |s| libc::WIFEXITED(s)), "Whether it ended by itself."),
    function("WEXITSTATUS", "($module, /, status)", |cx, a| status_part(cx, a[0], |s| libc::WEXITSTATUS(s)), "Its exit code."),
    function("WTERMSIG", "($module, /, status)", |cx, a| status_part(cx, a[0], |s| libc::WTERMSIG(s)), "The signal that ended it."),
    function("WSTOPSIG", "($module, /, status)", |cx, a| status_part(cx, a[0], |s| libc::WSTOPSIG(s)), "The signal that stopped it."),
    function("waitstatus_to_exitcode", "($module, /, status)", exit_code, "A wait status as an exit code; negative for signals."),
    function("kill", "($module, pid, signal, /)", |cx, a| kill(cx, a, libc::kill), "Sends a signal to a process."),
    function("killpg", "($module, pgid, signal, /)", |cx, a| kill(cx, a, libc::killpg), "Sends a signal to a process group."),
    function("pidfd_open", "($module, /, pid, flags=0)", pidfd_open, "A descriptor of a process."),
    function("system", "($module, /, command)", system, "Runs a command by the shell."),
    function("times", "($module, /)", times, "Times that the process and its children have used."),
    function("uname", "($module, /)", uname, "Names and versions of the system."),
    function("_exit", "($module, /, status)", exit_now, "Ends the process at once."),
    function("abort", "($module, /)", |_, _| std::process::abort(), "Ends the process by SIGABRT."),
    function("unshare", "($module, /, flags)", unshare, "Moves the process into new namespaces."),
    function("setns", "($module, /, fd, nstype=0)", setns, "Moves the thread into a namespace."),
];
