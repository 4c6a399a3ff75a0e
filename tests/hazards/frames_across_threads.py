# Frames of running threads are read by others: locals, line numbers, callers, clear(), traces of them.
from race import *
import sys, threading, traceback
frames = []
def busy(k):
    a, b = [k], {"k": k}
    frames.append(sys._getframe())
    for i in range(50):
        a.append(i); c = a[-1] + b["k"]
    if len(frames) > 50: frames.clear()
    check(a[0] == k and b == {"k": k}, "a local was changed from outside")
def look(k):
    for tid, f in sys._current_frames().items():
        while f is not None:
            f.f_lineno, f.f_code.co_name, f.f_lasti
            l = f.f_locals
            if f.f_code is busy.__code__: check(l.get("k", 0) in range(8), "local of nobody")
            f = f.f_back
def old(k):
    for f in frames[:]:
        f.f_lineno, f.f_locals.get("a"), repr(f)
        try: f.clear()
        except RuntimeError: pass
def stack(k):
    for tid, f in sys._current_frames().items(): traceback.extract_stack(f, limit=3)
    sys._current_exceptions()
race(busy, look, busy, old, busy, stack, busy, busy)
