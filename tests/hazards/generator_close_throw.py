# close() and throw() from other threads while a generator is resumed; finally blocks run exactly once.
from race import *
import threading
def make():
    ran = []
    def g():
        try:
            while True:
                try:
                    yield 1
                except KeyError:
                    pass
        finally:
            ran.append(1)
    g = g()
    next(g)
    return g, ran
def step(o, k):
    for _ in range(30):
        try:
            next(o[0])
        except (ValueError, StopIteration):
            pass
def throw(o, k):
    for _ in range(10):
        try:
            o[0].throw(KeyError)
        except (ValueError, StopIteration, KeyError):
            pass
def close(o, k):
    while True:
        try:
            return o[0].close()
        except ValueError:
            pass
def look(o, k):
    for _ in range(30):
        f = o[0].gi_frame
        o[0].gi_running, o[0].gi_suspended, o[0].gi_yieldfrom, repr(o[0])
        if f is not None:
            f.f_lineno, f.f_locals.get("ran")
def after(o, results):
    check(o[1] == [1], "finally ran", o[1])
    check(next(o[0], None) is None, "closed generator goes on")
rounds(150, make, step, throw, close, look, step, look, after=after)
