# Waiting for descriptors.
import select, posix, time, _thread, _signal

def error(f, *args, **kw):
    try:
        print("no error:", f(*args, **kw))
    except Exception as e:
        print(type(e).__name__, e)

r, w = posix.pipe()
class File:
    def __init__(self, fd): self.fd = fd
    def fileno(self): return self.fd
    def __repr__(self): return "File"
f = File(r)
print(select.select([f], [], [], 0), select.select([r], [w], [], None)[1] == [w])
posix.write(w, b"x")
print(select.select([f], [w], [f], 1) == ([f], [w], []), select.select([], [], [], 0.001))
error(select.select, [5000], [], [], 0)
error(select.select, [-1], [], [], 0)
error(select.select, ["a"], [], [], 0)
error(select.select, 1, [], [], 0)
error(select.select, [], [], [], "a")
error(select.select, [], [], [], -1)
error(select.select, [], [], [], float("nan"))

p = select.poll()
print(type(p), p.register(r), p.register(w, select.POLLOUT))
print([(fd == r, fd == w, e) for fd, e in p.poll()])
print(p.modify(w, 0), [(fd == r, e) for fd, e in p.poll(1000)])
print(p.unregister(w))
error(p.unregister, 12345)
error(p.modify, 12345, 1)
error(p.register, r, -1)
error(p.register, r, 1 << 20)
error(p.register, "a")
error(p.poll, "a")
error(p.poll, 1 << 40)
posix.read(r, 1)
print(p.poll(0), p.poll(1), p.poll(0.5))
error(type(p))
_thread.start_new_thread(lambda: (time.sleep(0.05), posix.write(w, b"y")), ())
print([e for fd, e in p.poll()])
posix.read(r, 1)

e = select.epoll()
print(type(e), e.closed, e.fileno() > 2, posix.get_inheritable(e.fileno()))
print(e.register(r, select.EPOLLIN), e.register(w, select.EPOLLOUT))
print([(fd == w, ev) for fd, ev in e.poll(1)])
print(e.modify(w, 0), e.poll(0), e.poll(0.001, 5))
posix.write(w, b"z")
print([(fd == r, ev) for fd, ev in e.poll()])
print(e.unregister(r), e.poll(timeout=0, maxevents=1))
error(e.unregister, r)
error(e.register, w)
error(e.poll, 0, 0)
error(e.poll, "a")
error(select.epoll, 0)
error(select.epoll, -2)
error(select.epoll, 1, 5)
with e as e2:
    print(e is e2)
print(e.closed)
error(e.poll)
error(e.fileno)
error(e.register, r)
error(e.__enter__)
print(e.close())
e = select.epoll.fromfd(select.epoll(10).fileno()) if False else None

# A handler that returns does not end the wait.
got = []
_signal.signal(_signal.SIGALRM, lambda n, f: got.append(n))
posix.read(r, 1)
for wait in (lambda: select.select([r], [], [], 0.1), lambda: p.poll(100), lambda: select.epoll().poll(0.1)):
    _signal.setitimer(_signal.ITIMER_REAL, 0.02)
    t = time.monotonic()
    print(wait(), time.monotonic() - t >= 0.1, len(got))
print(select.error)
for n in sorted(dir(select)):
    if isinstance(getattr(select, n), int):
        print(n, getattr(select, n))
