# sys.settrace, sys.setprofile, threading.settrace_all_threads and setprofile_all_threads toggled while others run.
from race import *
import sys, threading
events = {"call", "line", "return", "exception", "opcode", "c_call", "c_return", "c_exception"}
def tracer(frame, event, arg):
    if event not in events: check(False, "event", event)
    return tracer
def work(k):
    def f(n): return n if n == 0 else f(n - 1) + 1
    check(f(20) == 20)
    try: {}[1]
    except KeyError: pass
    check(sum(i for i in range(20)) == 190)
def trace(k):
    sys.settrace(tracer); work(k); sys.settrace(None)
def profile(k):
    sys.setprofile(tracer); len([]); work(k); sys.setprofile(None)
def everyone(k):
    threading.settrace_all_threads(tracer); threading.setprofile_all_threads(tracer)
    work(k)
    threading.settrace_all_threads(None); threading.setprofile_all_threads(None)
race(work, trace, profile, everyone, work, work, work, everyone)
sys.settrace(None); sys.setprofile(None)
