//! `_posixsubprocess`: starting a program in a child process.
//!
//! Between fork and exec the child does nothing but system calls on what the parent has prepared: no memory is allocated and no lock taken, unless
//! there is a `preexec_fn`, which needs the whole runtime and so a proper fork.

use crate::posix::arguments::{gid, number, uid};
use crate::posix::execute::{Texts, c_text};
use crate::posix::fork;
use objects::native::{Method, raw_function};
use objects::protocol::path::last_errno;
use objects::protocol::{call, iter, truth};
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, type_of};
use objects::{Args, Cx, PyResult, Ref, Reg};

/// All that the child needs.
struct Plan {
    programs: Vec<std::ffi::CString>,
    argv: Option<Texts>,
    env: Option<Texts>,
    cwd: Option<std::ffi::CString>,
    keep: Vec<i32>,
    close_others: bool,
    /// Reading and writing ends of stdin's, stdout's and stderr's pipes and of the pipe for errors.
    ends: [i32; 8],
    restore_signals: bool,
    new_session: bool,
    group: i32,
    gid: Option<u32>,
    groups: Option<Vec<u32>>,
    uid: Option<u32>,
    umask: i32,
}

impl Plan {
    fn error_pipe(&self) -> i32 {
        self.ends[7]
    }

    /// Tells the parent: the exception's name, the number, and what it is about. Async-signal-safe.
    fn report(&self, kind: &[u8], errno: i32, about: &[u8]) {
        let mut digits = [0u8; 16];
        let mut at = digits.len();
        let mut n = errno as u32;
        while n > 0 || at == digits.len() {
            at -= 1;
            digits[at] = b"0123456789abcdef"[(n & 15) as usize];
            n >>= 4;
        }
        for part in [kind, b":", &digits[at..], b":", about] {
            // SAFETY: bytes that are there.
            unsafe { libc::write(self.error_pipe(), part.as_ptr().cast(), part.len()) };
        }
    }

    /// The child's life. Gives back only what it has to report.
    ///
    /// # Safety
    /// In a forked child.
    unsafe fn run(&self, before_exec: Option<&mut dyn FnMut() -> bool>) -> ! {
        // SAFETY: plain system calls on what the parent has prepared.
        unsafe {
            match self.prepare(before_exec) {
                Ok(()) => {
                    let mut errno = libc::ENOENT;
                    for p in &self.programs {
                        let argv = self.argv.as_ref().map_or([std::ptr::null()].as_ptr(), Texts::as_ptr);
                        match &self.env {
                            Some(env) => libc::execve(p.as_ptr(), argv, env.as_ptr()),
                            None => libc::execv(p.as_ptr(), argv),
                        };
                        let e = last_errno();
                        if e != libc::ENOENT && e != libc::ENOTDIR {
                            errno = e;
                        }
                    }
                    self.report(b"OSError", errno, b"");
                }
                Err(Failed::Call(e, about)) => self.report(b"OSError", e, about),
                Err(Failed::Hook) => self.report(b"SubprocessError", 0, b"Exception occurred in preexec_fn."),
            }
            libc::_exit(255)
        }
    }

    /// # Safety
    /// In a forked child.
    unsafe fn prepare(&self, before_exec: Option<&mut dyn FnMut() -> bool>) -> Result<(), Failed> {
        let check = |r: i32| if r < 0 { Err(Failed::Call(last_errno(), b"noexec")) } else { Ok(()) };
        // SAFETY: plain numbers.
        let inheritable = |fd: i32| unsafe {
            let flags = libc::fcntl(fd, libc::F_GETFD);
            if flags < 0 { -1 } else { libc::fcntl(fd, libc::F_SETFD, flags & !libc::FD_CLOEXEC) }
        };
        // SAFETY: plain system calls on what the parent has prepared.
        unsafe {
            for fd in &self.keep {
                if *fd != self.error_pipe() {
                    check(inheritable(*fd))?;
                }
            }
            let [mut child_in, to_child, from_child, mut child_out, from_err, mut child_err, error_read, _] = self.ends;
            for parents in [to_child, from_child, from_err] {
                if parents >= 0 {
                    check(libc::close(parents))?;
                }
            }
            libc::close(error_read);
            // Low numbers must not be overwritten before they are used.
            if child_out == 0 {
                child_out = libc::dup(child_out);
                check(child_out)?;
            }
            while child_err == 0 || child_err == 1 {
                child_err = libc::dup(child_err);
                check(child_err)?;
            }
            for (from, to) in [(&mut child_in, 0), (&mut child_out, 1), (&mut child_err, 2)] {
                if *from == to {
                    check(inheritable(*from))?;
                } else if *from >= 0 {
                    check(libc::dup2(*from, to))?;
                }
            }
            if let Some(cwd) = &self.cwd
                && libc::chdir(cwd.as_ptr()) < 0
            {
                return Err(Failed::Call(last_errno(), b"noexec:chdir"));
            }
            if self.umask >= 0 {
                libc::umask(self.umask as libc::mode_t);
            }
            if self.restore_signals {
                for s in [libc::SIGPIPE, libc::SIGXFSZ] {
                    libc::signal(s, libc::SIG_DFL);
                }
            }
            if self.new_session {
                check(libc::setsid())?;
            }
            if self.group >= 0 {
                check(libc::setpgid(0, self.group))?;
            }
            if let Some(g) = &self.groups {
                check(libc::setgroups(g.len(), if g.is_empty() { std::ptr::null() } else { g.as_ptr() }))?;
            }
            if let Some(g) = self.gid {
                check(libc::setregid(g, g))?;
            }
            if let Some(u) = self.uid {
                check(libc::setreuid(u, u))?;
            }
            if let Some(f) = before_exec
                && !f()
            {
                return Err(Failed::Hook);
            }
            if self.close_others {
                self.close();
            }
        }
        Ok(())
    }

    /// Closes all descriptors from 3 on but those to keep, which are in order.
    fn close(&self) {
        let mut from = 3;
        for fd in self.keep.iter().copied().filter(|fd| *fd >= 3) {
            if fd > from {
                crate::posix::descriptors::close_range(from, fd - 1);
            }
            from = fd + 1;
        }
        crate::posix::descriptors::close_range(from, i32::MAX);
    }
}

/// Why there was no exec.
enum Failed {
    Call(i32, &'static [u8]),
    Hook,
}

fn kept(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<i32>> {
    let wrong = |cx: &mut Cx| cx.value_error("bad value(s) in fds_to_keep");
    let Some(t) = v.downcast::<Tuple>() else {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("fork_exec() argument 4 must be tuple, not {n}")));
    };
    let mut out: Vec<i32> = Vec::new();
    for v in t.items() {
        let Some(n) = int::as_int(*v).and_then(|n| n.to_i64()).and_then(|n| i32::try_from(n).ok()) else { return Err(wrong(cx)) };
        if n < 0 || out.last().is_some_and(|last| *last >= n) {
            return Err(wrong(cx));
        }
        out.push(n);
    }
    Ok(out)
}

fn texts(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<std::ffi::CString>> {
    let mut out = Vec::new();
    for v in iter::collect(cx, v)? {
        out.push(c_text(cx, v.as_ref())?);
    }
    Ok(out)
}

/// The items of a sequence that must be bytes.
fn byte_texts(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<std::ffi::CString>> {
    let mut out = Vec::new();
    for v in iter::collect(cx, v)? {
        if v.as_ref().downcast::<objects::types::bytes::Bytes>().is_none() {
            let n = type_of(v.as_ref()).name_text();
            return Err(cx.type_error(format!("expected bytes, {n} found")));
        }
        out.push(c_text(cx, v.as_ref())?);
    }
    Ok(out)
}

fn some(v: Ref<'_>) -> Option<Ref<'_>> {
    if v.is_none() { None } else { Some(v) }
}

fn fork_exec(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "fork_exec")?;
    args.check_count(cx, "fork_exec", 22, 22)?;
    let a = args.positional();
    let close_others = truth::of(cx, a[2])?;
    let keep = kept(cx, a[3])?;
    let mut ends = [-1; 8];
    for (i, e) in ends.iter_mut().enumerate() {
        *e = int::c_int(cx, a[6 + i])?;
    }
    if close_others && ends[7] < 3 {
        return Err(cx.value_error("errpipe_write must be >= 3"));
    }
    let argv = match some(a[0]) {
        Some(v) => Some(Texts::new(texts(cx, v)?)),
        None => None,
    };
    let programs = byte_texts(cx, a[1])?;
    let cwd = match some(a[4]) {
        Some(v) => Some(c_text(cx, v)?),
        None => None,
    };
    let env = match some(a[5]) {
        Some(v) => Some(Texts::new(byte_texts(cx, v)?)),
        None => None,
    };
    let groups = match some(a[18]) {
        Some(v) => {
            let mut out = Vec::new();
            for g in iter::collect(cx, v)? {
                if int::as_int(g.as_ref()).is_none() {
                    return Err(cx.type_error("extra_groups must be integers"));
                }
                out.push(gid(cx, g.as_ref())?);
            }
            if out.len() > 65536 {
                return Err(cx.value_error("too many extra_groups"));
            }
            Some(out)
        }
        None => None,
    };
    let plan = Plan {
        programs,
        argv,
        env,
        cwd,
        keep,
        close_others,
        ends,
        restore_signals: truth::of(cx, a[14])?,
        new_session: truth::of(cx, a[15])?,
        group: int::c_int(cx, a[16])?,
        gid: match some(a[17]) {
            Some(v) => Some(gid(cx, v)?),
            None => None,
        },
        groups,
        uid: match some(a[19]) {
            Some(v) => Some(uid(cx, v)?),
            None => None,
        },
        umask: int::c_int(cx, a[20])?,
    };
    match some(a[21]) {
        Some(hook) => with_hook(cx, &plan, hook),
        None => plain(cx, &plan),
    }
}

/// Without Python code in the child: nothing of the runtime is used there, so nothing needs to stop.
fn plain(cx: &mut Cx, plan: &Plan) -> PyResult<Reg> {
    // SAFETY: the child only makes system calls and ends; all signals are blocked meanwhile so that no handler runs in it.
    let (pid, e) = unsafe {
        let mut all = std::mem::zeroed();
        let mut old = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &all, &mut old);
        let pid = libc::fork();
        if pid == 0 {
            // Handlers of ours must not run in the child.
            for s in 1..65 {
                let mut now: libc::sigaction = std::mem::zeroed();
                if libc::sigaction(s, std::ptr::null(), &mut now) == 0
                    && now.sa_sigaction != libc::SIG_DFL
                    && now.sa_sigaction != libc::SIG_IGN
                {
                    libc::signal(s, libc::SIG_DFL);
                }
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut());
            plan.run(None);
        }
        let e = last_errno();
        libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut());
        (pid, e)
    };
    if pid < 0 { Err(cx.os_error(e, &[])) } else { number(pid) }
}

fn with_hook(cx: &mut Cx, plan: &Plan, hook: Ref<'_>) -> PyResult<Reg> {
    fork::check_running(cx, "preexec_fn not supported at interpreter shutdown")?;
    fork::before(cx);
    // SAFETY: a fork, and nothing else.
    let (pid, e) = unsafe { fork::around(|| libc::fork()) };
    if pid == 0 {
        fork::in_child(cx);
        let mut f = || match call::positional(cx, hook, &[]) {
            Ok(_) => true,
            Err(e) => {
                drop(cx.catch(e));
                false
            }
        };
        // SAFETY: in a forked child.
        unsafe { plan.run(Some(&mut f)) }
    }
    fork::in_parent(cx);
    if pid < 0 {
        return Err(cx.os_error(e, &[]));
    }
    fork::warn_of_threads(cx, "fork")?;
    number(pid)
}

static FUNCTIONS: &[Method] = &[raw_function(
    "fork_exec",
    "($module, args, executable_list, close_fds, pass_fds, cwd, env, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, \
     errpipe_write, restore_signals, call_setsid, pgid_to_set, gid, extra_groups, uid, child_umask, preexec_fn, /)",
    fork_exec,
    "Starts a program in a child process; gives the child's number.",
)];

/// `_posixsubprocess`.
pub static MODULE: ModuleDef = ModuleDef { name: "_posixsubprocess", doc: "Starting programs.", functions: FUNCTIONS, init: |_, _| Ok(()) };
