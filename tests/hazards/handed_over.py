# Objects made in one thread, used in a second and dropped in a third, in bulk: counts end at zero in the right place.
from race import *
import gc, itertools
from queue import SimpleQueue
made, dead = itertools.count(), itertools.count()
class C:
    __slots__ = ("v", "__weakref__")
    def __init__(self): next(made); self.v = [1, 2]
    def __del__(self): next(dead)
a, b = SimpleQueue(), SimpleQueue()
def make(k):
    if a.qsize() < 2000: a.put([C() for _ in range(20)])
def use(k):
    try: l = a.get_nowait()
    except Exception: return
    for o in l: check(o.v == [1, 2], "damaged")
    b.put(l)
def drop(k):
    try: b.get_nowait()
    except Exception: pass
race(make, use, drop)
while not a.empty(): a.get()
while not b.empty(): b.get()
gc.collect()
m, n = next(made), next(dead)
check(m == n, "made and dead", m, n)
