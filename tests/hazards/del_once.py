# __del__ runs exactly once for each object, in whichever thread; objects pass between threads through a dict.
from race import *
import gc, itertools
made, dead = itertools.count(), itertools.count()
d = {}
class C:
    def __init__(self): next(made); self.x = [1]
    def __del__(self):
        check(self.x == [1], "half destroyed")
        next(dead)
def put(k): d[k % 4] = C()
def take(k): d.pop(k % 4, None)
def move(k):
    o = d.get(k % 4)
    d[(k + 1) % 4] = o
race(put, take, move, put)
d.clear()
gc.collect()
m, n = next(made), next(dead)
check(m == n, "made and dead", m, n)
