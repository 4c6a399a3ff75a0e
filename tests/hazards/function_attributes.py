# __code__, __defaults__, __kwdefaults__, __closure__ cells change while the function is called.
from race import *
def f(a, b=1, *, c=1): return a + b + c
def g(a, b=2, *, c=2): return 100 + a + b + c
codes = [f.__code__, g.__code__]
def call(k):
    r = f(1)
    check(r in {x + 1 + b + c for x in (0, 100) for b in (1, 2) for c in (1, 2)}, "defaults of nobody", r)
    f(1, 2), f(1, b=3, c=4)
def code(k):
    f.__code__ = codes[k >> 1 & 1]
def defaults(k):
    f.__defaults__ = (1,) if k & 4 else (2,)
    f.__kwdefaults__ = {"c": 1} if k & 4 else {"c": 2}
def delete(k):
    f.__kwdefaults__ = None
    f.__kwdefaults__ = {"c": 2}
    f.__defaults__ = (2,)
race(call, code, defaults, call, call, code, delete, call, allow=(TypeError,))
