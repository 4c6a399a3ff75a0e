# __del__ brings its object back, in the hands of another thread: it lives on whole, and __del__ does not run again.
from race import *
import gc
saved = []
class C:
    def __init__(self): self.n, self.deaths = [7], 0
    def __del__(self):
        self.deaths += 1
        saved.append(self)
cells = [None] * 4
def make(k):
    cells[k % 4] = C()
def drop(k):
    cells[k % 4] = None
def adopt(k):
    try: o = saved.pop()
    except IndexError: return
    check(o.n == [7] and o.deaths == 1, "resurrected object is damaged", o.deaths)
    cells[(k + 1) % 4] = o
def cycle(k):
    o = C(); o.me = o
    del o
    if k == 7: gc.collect()
race(make, drop, adopt, cycle, make, adopt)
