# Stops of the world (collections, __class__ changes) while others hold, wait for and pass locks.
from race import *
import gc, threading
locks = [threading.Lock() for _ in range(3)]
r, c = threading.RLock(), threading.Condition()
n = [0] * 3
def locked(k):
    for i in range(3):
        with locks[i]:
            n[i] += 1
            x = n[i]
            [].append(x)
            check(n[i] == x, "two in a lock")
def recursive(k):
    with r:
        with r: check(r._is_owned())
def waiting(k):
    with c: c.wait(0.001)
def notify(k):
    with c: c.notify_all()
def stop(k):
    gc.collect()
def timeouts(k):
    if locks[0].acquire(timeout=0.0005): locks[0].release()
race(locked, recursive, waiting, notify, stop, timeouts, locked, stop)
