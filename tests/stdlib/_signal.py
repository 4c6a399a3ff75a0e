# Signals: handlers, masks, waiting, timers, the wake-up descriptor.
import _signal, posix, _thread, time

def error(f, *args, **kw):
    try:
        print("no error:", f(*args, **kw))
    except Exception as e:
        print(type(e).__name__, e)

print(_signal.getsignal(_signal.SIGINT) is _signal.default_int_handler)
print(_signal.getsignal(_signal.SIGPIPE) == _signal.SIG_IGN, _signal.getsignal(_signal.SIGUSR1))
got = []
def handler(n, frame):
    got.append((n, frame is not None))
print(_signal.signal(_signal.SIGUSR1, handler))
_signal.raise_signal(_signal.SIGUSR1)
print(got)
posix.kill(posix.getpid(), _signal.SIGUSR1)
print(got)
print(_signal.getsignal(_signal.SIGUSR1) is handler)
error(_signal.signal, _signal.SIGUSR1, "x")
error(_signal.signal, 0, handler)
error(_signal.signal, 65, handler)
error(_signal.signal, _signal.SIGKILL, handler)
error(_signal.getsignal, 100)
error(_signal.signal, "a", handler)
try:
    _signal.raise_signal(_signal.SIGINT)
except KeyboardInterrupt as e:
    print("interrupted", e.args)

# A handler's exception comes out of a blocking call.
def boom(n, frame):
    raise ZeroDivisionError(n)
_signal.signal(_signal.SIGALRM, boom)
# (Each timer is set inside the `try`: on a busy machine it may go off at once.)
try:
    print(_signal.setitimer(_signal.ITIMER_REAL, 0.05))
    time.sleep(10)
except ZeroDivisionError as e:
    print("boom", e)
# One that returns lets the call go on.
_signal.signal(_signal.SIGALRM, handler)
got.clear()
_signal.setitimer(_signal.ITIMER_REAL, 0.05)
t = time.monotonic()
time.sleep(0.2)
print(time.monotonic() - t >= 0.2, got)
# Locks
_signal.signal(_signal.SIGALRM, boom)
l = _thread.allocate_lock()
l.acquire()
try:
    _signal.setitimer(_signal.ITIMER_REAL, 0.05)
    l.acquire()
except ZeroDivisionError as e:
    print("lock", e)
try:
    _signal.setitimer(_signal.ITIMER_REAL, 0.05)
    l.acquire(timeout=10)
except ZeroDivisionError as e:
    print("lock with timeout", e)
# Reading
r, w = posix.pipe()
try:
    _signal.setitimer(_signal.ITIMER_REAL, 0.05)
    posix.read(r, 1)
except ZeroDivisionError as e:
    print("read", e)
_signal.signal(_signal.SIGALRM, lambda n, f: posix.write(w, b"x"))
_signal.setitimer(_signal.ITIMER_REAL, 0.05)
print(posix.read(r, 1))
# Computing
_signal.signal(_signal.SIGALRM, boom)
try:
    _signal.setitimer(_signal.ITIMER_REAL, 0.05)
    while True:
        pass
except ZeroDivisionError as e:
    print("loop", e)
_signal.signal(_signal.SIGALRM, handler)
got.clear()
print(_signal.alarm(100), _signal.alarm(0))
# Again and again: the first may come before the pause.
_signal.setitimer(_signal.ITIMER_REAL, 0.03, 0.03)
_signal.pause()
_signal.setitimer(_signal.ITIMER_REAL, 0)
print(got[:1])
print(_signal.getitimer(_signal.ITIMER_REAL), _signal.setitimer(_signal.ITIMER_REAL, 0))
error(_signal.setitimer, 99, 1)
error(_signal.getitimer, 99)
error(_signal.setitimer, _signal.ITIMER_REAL, -1)
error(_signal.setitimer, _signal.ITIMER_REAL, "a")
print(_signal.ItimerError.__module__, _signal.ItimerError.__mro__[1])

# Masks
got.clear()
old = _signal.pthread_sigmask(_signal.SIG_BLOCK, {_signal.SIGUSR1})
print(sorted(old))
_signal.raise_signal(_signal.SIGUSR1)
print(got, sorted(_signal.sigpending()))
print(sorted(_signal.pthread_sigmask(_signal.SIG_SETMASK, old)))
print(got)
error(_signal.pthread_sigmask, 99, [])
error(_signal.pthread_sigmask, _signal.SIG_BLOCK, [0])
error(_signal.pthread_sigmask, _signal.SIG_BLOCK, [1000])
error(_signal.pthread_sigmask, _signal.SIG_BLOCK, 3)
_signal.pthread_sigmask(_signal.SIG_BLOCK, [_signal.SIGUSR1])
_signal.raise_signal(_signal.SIGUSR1)
print(_signal.sigwait([_signal.SIGUSR1]))
_signal.raise_signal(_signal.SIGUSR1)
i = _signal.sigwaitinfo([_signal.SIGUSR1])
print(i.si_signo, i.si_pid == posix.getpid(), i.si_errno, len(i))
posix.kill(posix.getpid(), _signal.SIGUSR1)
print(_signal.sigtimedwait([_signal.SIGUSR1], 1).si_signo)
print(_signal.sigtimedwait([_signal.SIGUSR1], 0.01))
error(_signal.sigtimedwait, [_signal.SIGUSR1], -1)
_signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGUSR1])

# The wake-up descriptor
error(_signal.set_wakeup_fd, w)
posix.set_blocking(w, False)
print(_signal.set_wakeup_fd(w))
_signal.raise_signal(_signal.SIGUSR1)
print(posix.read(r, 10), _signal.set_wakeup_fd(-1) == w)
error(_signal.set_wakeup_fd, 9999)

print(_signal.strsignal(_signal.SIGINT), _signal.strsignal(33), _signal.strsignal(_signal.SIGSEGV))
error(_signal.strsignal, 0)
v = _signal.valid_signals()
print(len(v), min(v), max(v), 32 in v)
print(_signal.siginterrupt(_signal.SIGUSR1, False))
error(_signal.siginterrupt, 0, False)

# Only the main thread sets handlers; it also runs them.
done = _thread.allocate_lock()
done.acquire()
main = _thread.get_ident()
def thread():
    error(_signal.signal, _signal.SIGUSR1, handler)
    error(_signal.set_wakeup_fd, -1)
    _signal.pthread_kill(main, _signal.SIGUSR2)
    done.release()
who = []
_signal.signal(_signal.SIGUSR2, lambda n, f: who.append(_thread.get_ident() == main))
_thread.start_new_thread(thread, ())
done.acquire()
while not who:
    time.sleep(0.001)
print(who)
error(_signal.pthread_kill, main, 1000)
fd = posix.pidfd_open(posix.getpid())
_signal.pidfd_send_signal(fd, _signal.SIGUSR2)
time.sleep(0)
print(who)
error(_signal.default_int_handler, 2, None) if False else None
try:
    _signal.default_int_handler(2, None)
except KeyboardInterrupt:
    print("KeyboardInterrupt")
print(_signal.signal(_signal.SIGUSR1, _signal.SIG_IGN) is handler, _signal.signal(_signal.SIGUSR1, _signal.SIG_DFL))
# A child that SIGINT ends.
pid = posix.fork()
if pid == 0:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _signal.raise_signal(_signal.SIGINT)
    posix._exit(0)
print(posix.waitstatus_to_exitcode(posix.waitpid(pid, 0)[1]))
print(sorted(n for n in dir(_signal) if not n.startswith("__")))
