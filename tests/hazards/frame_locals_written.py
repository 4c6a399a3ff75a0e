# f_locals of another thread's frame is written: the frame sees the old or the new value.
from race import *
import sys
running = [None] * 8
def busy(k):
    x = "own"
    running[k] = sys._getframe()
    for i in range(30):
        y = x
        check(y in ("own", "other"), "value of nobody", y)
    running[k] = None
def write(k):
    f = running[(k + 1) % 8]
    if f is not None:
        l = f.f_locals
        if "x" in l: l["x"] = "other"
        l["extra"] = 1
        dict(l), len(l)
race(busy, write, busy, busy, allow=(KeyError, RuntimeError), seconds=0.2)
