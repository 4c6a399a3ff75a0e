# Semaphores and shared memory between processes.
import _multiprocessing, _posixshmem, os, mmap, time, threading

def error(f, *args, **kw):
    try:
        print("no error:", f(*args, **kw))
    except Exception as e:
        print(type(e).__name__, e)

S = _multiprocessing.SemLock
name = "/weft-test-%d" % os.getpid()
s = S(1, 2, 3, name, True)
print(s.kind, s.maxvalue, s.name, s._get_value(), s._is_zero(), s._count(), s._is_mine())
print(s.acquire(), s.acquire(block=True, timeout=1), s.acquire(False), s.acquire(True, 0.01), s._is_zero(), s._count())
print(s.release(), s.release(), s.release(), s._get_value())
error(s.release)
with s as x:
    print(x, s._get_value())
r = S(0, 1, 1, name, False)
print(r.name == name, r.kind, r.acquire(), r.acquire(), r._count(), r._is_mine())
got = []
t = threading.Thread(target=lambda: got.append((r.acquire(False), r._is_mine())))
t.start(); t.join()
print(got, r.release(), r._count(), r.release())
error(r.release)
error(S, 0, 1, 1, name, False)
error(S, 5, 1, 1, "/x", True)
error(S, 0, 1, 1, 5, True)
error(r.acquire, timeout="a")
q = S._rebuild(0, 0, 1, name)
print(q.acquire(), q.release(), q.name == name)
print(_multiprocessing.sem_unlink(name))
error(_multiprocessing.sem_unlink, name)
error(S._rebuild, 0, 0, 1, name)
print(_multiprocessing.flags, S.SEM_VALUE_MAX)
# Between processes
s = S(1, 0, 1, name, True)
pid = os.fork()
if pid == 0:
    s._after_fork()
    time.sleep(0.05)
    s.release()
    os._exit(0)
print(s.acquire(True, 10), os.waitpid(pid, 0)[1])
fd = _posixshmem.shm_open(name, os.O_CREAT | os.O_RDWR | os.O_EXCL, mode=0o600)
os.ftruncate(fd, 100)
m = mmap.mmap(fd, 100)
pid = os.fork()
if pid == 0:
    m[:5] = b"child"
    os._exit(0)
os.waitpid(pid, 0)
print(m[:5], os.get_inheritable(fd))
def without_name(f, *args):
    try:
        f(*args)
    except OSError as e:
        print(type(e).__name__, e.errno, e.filename == name)
without_name(_posixshmem.shm_open, name, os.O_CREAT | os.O_EXCL)
print(_posixshmem.shm_unlink(name))
without_name(_posixshmem.shm_unlink, name)
error(_posixshmem.shm_open, 5, 0)
error(_posixshmem.shm_unlink, 5)
error(_posixshmem.shm_open, "a\0b", 0)
