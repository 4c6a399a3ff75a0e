# Locks released by others, deleted while waited for, at_fork; RLock released by a stranger.
from race import *
import threading, _thread
lock = _thread.allocate_lock()
def acquire(k):
    lock.acquire(timeout=0.001)
def release(k):
    try: lock.release()
    except RuntimeError: pass
def stranger(k):
    r = threading.RLock()
    try:
        r.release()
        check(False, "released what was not held")
    except RuntimeError: pass
    lock.locked(), repr(lock), repr(r)
def short(k):
    l = _thread.allocate_lock()
    l.acquire()
    t = threading.Thread(target=l.acquire)
    t.start(); l.release(); t.join()
race(acquire, release, stranger, short)
if lock.locked(): lock.release()
