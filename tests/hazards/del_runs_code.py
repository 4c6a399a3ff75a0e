# __del__ takes locks, starts threads' work, drops others and raises.
from race import *
import threading, sys
sys.unraisablehook = lambda u: None
# An RLock: a finaliser may run inside another one, at any point of any thread.
lock, log = threading.RLock(), []
class C:
    def __init__(self, n): self.n = n
    def __del__(self):
        with lock:
            log.append(self.n)
        if self.n > 0: shared[0] = C(self.n - 1)
        if self.n == 2: raise ValueError
shared = [None]
def work(k):
    shared[0] = C(3)
    if len(log) > 1000: log.clear()
def under_lock(k):
    with threading.Lock():
        shared[0] = None
race(work, under_lock)
