# Process settings toggled while others run: recursion limit, switch interval, hooks, int digits, environ, argv, path.
from race import *
import sys, os, threading, atexit
def limits(k):
    sys.setrecursionlimit(900 + k); sys.setswitchinterval(0.001 * (k + 1)); sys.getrecursionlimit(); sys.set_int_max_str_digits(5000 + k)
def recursion(k):
    def f(n): return f(n + 1)
    try:
        f(0); check(False)
    except RecursionError: pass
def environment(k):
    os.environ[f"HAZARD{k}"] = "x"; check(os.environ.get(f"HAZARD{k}") == "x"); os.environ.pop(f"HAZARD{k}"); os.getenv("PATH"); list(os.environ)
def hooks(k):
    sys.excepthook = sys.__excepthook__; sys.unraisablehook = sys.__unraisablehook__; sys.getrefcount(sys); sys._getframe(); sys.intern("x" + str(k))
    f = lambda: None
    atexit.register(f); atexit.unregister(f); sys.getsizeof([]); sys.exc_info()
race(limits, recursion, environment, hooks, allow=(RuntimeError,))
