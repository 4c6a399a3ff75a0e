# Starting programs by hand.
import _posixsubprocess, posix

def run(args, programs=None, close_fds=True, keep=(), cwd=None, env=None, preexec=None, stdin=-1, session=False, group=-1, gid=None, groups=None, uid=None, umask=-1):
    r, w = posix.pipe()
    er, ew = posix.pipe()
    while ew < 3:
        ew = posix.dup(ew)
    pid = _posixsubprocess.fork_exec(args, programs or [posix.fspath(args[0]).encode() if isinstance(args[0], str) else args[0]], close_fds, tuple(sorted(keep + (ew,))), cwd, env,
        stdin, -1, r, w, -1, -1, er, ew, True, session, group, gid, groups, uid, umask, preexec)
    posix.close(w)
    posix.close(ew)
    out = b""
    while b := posix.read(r, 1000):
        out += b
    err = posix.read(er, 1000)
    posix.close(r)
    posix.close(er)
    return out, err, posix.waitstatus_to_exitcode(posix.waitpid(pid, 0)[1])

def error(f, *args, **kw):
    try:
        print("no error:", f(*args, **kw))
    except Exception as e:
        print(type(e).__name__, e)

print(run([b"/bin/echo", b"hello", "wörld"]))
print(run(["echo", "x"], [b"/nonexistent/echo", b"/bin/echo"]))
print(run(["/nonexistent/x"]))
print(run(["/etc/passwd"]))
print(run(["/bin/pwd"], cwd="/"))
print(run(["/bin/pwd"], cwd="/nonexistent"))
print(run(["/usr/bin/env"], env=[b"A=1", b"B=two"]))
print(run(["/bin/sh", "-c", "exit 7"]))
print(run(["/bin/sh", "-c", "kill -9 $$"]))
print(run(["/bin/sh", "-c", "umask"], umask=0o27))
r, w = posix.pipe()
posix.write(w, b"to the child")
posix.close(w)
print(run(["/bin/cat"], stdin=r))
print(run(["/bin/ls", "/proc/self/fd"]))
r, w = posix.pipe()
print(run(["/bin/sh", "-c", "echo kept >&%d" % w], keep=(w,)), posix.read(r, 10))
print(run(["/bin/sh", "-c", "echo"], preexec=lambda: posix.write(1, b"before ")))
def bad(): raise ValueError
print(run(["/bin/echo"], preexec=bad))
print(run(["/bin/sh", "-c", "ps -o pgid= -p $$ >/dev/null; echo ok"], session=True))
error(_posixsubprocess.fork_exec, 1)
error(run, ["/bin/echo"], keep=(-5,))
error(run, ["/bin/echo"], keep=("a",)) if False else None
error(run, ["/bin/\0echo"])
error(run, [1], [b"/bin/echo"])
error(run, ["/bin/echo"], groups=["a"])
