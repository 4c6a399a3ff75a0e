# Callbacks run once for each object that dies with the reference alive, whichever thread drops the last reference.
from race import *
import weakref, gc, itertools
called, made = itertools.count(), itertools.count()
keep, cells = [], [None] * 8
class C: pass
def make(k):
    o = C()
    next(made)
    keep.append(weakref.ref(o, lambda r: next(called)))
    cells[k] = o
def swap(k):
    cells[k], cells[(k + 1) % 8] = None, cells[k]
race(make, make, swap, times=3000)
cells[:] = [None] * 8
gc.collect()
m, c = next(made), next(called)
check(m == c, "callbacks", m, c)
