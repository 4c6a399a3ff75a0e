# threading.local: values per thread, destroyed with the thread or with the local, with __del__ that uses the local again.
from race import *
import threading, gc, itertools
made, dead = itertools.count(), itertools.count()
class V:
    def __init__(self): next(made)
    def __del__(self):
        next(dead)
        try: shared.after = 1
        except NameError: pass
class L(threading.local):
    def __init__(self, n=0): self.n = n
shared = threading.local()
sub = L(5)
def values(k):
    shared.v = k
    check(shared.v == k, "another thread's value")
    check(sub.n == 5); sub.n = 5
    shared.__dict__["w"] = k; check(shared.w == k); del shared.w
def threads(k):
    def run(): shared.o = V(); l = threading.local(); l.o = V(); l.me = l
    ts = [threading.Thread(target=run) for _ in range(3)]
    for t in ts: t.start()
    for t in ts: t.join()
def locals_die(k):
    l = threading.local(); l.x = V()
    del l
race(values, threads, locals_die, values)
gc.collect(); gc.collect()
m, n = next(made), next(dead)
check(m == n, "values made and dead", m, n)
