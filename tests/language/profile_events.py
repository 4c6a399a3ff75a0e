"""sys.setprofile: Python and native calls, generators, exceptions; cProfile's counts."""
import sys

def show(events):
    for e in events:
        print(*e)

def profile(f, *args):
    events = []
    def p(frame, event, arg):
        name = frame.f_code.co_name
        if event.startswith('c_'):
            arg = arg.__qualname__
        elif not isinstance(arg, (int, str, type(None), list)):
            arg = type(arg).__name__
        events.append((name, event, arg))
    sys.setprofile(p)
    try:
        f(*args)
    except ValueError:
        pass
    sys.setprofile(None)
    print('---', f.__name__)
    show(e for e in events if e[0] != 'profile')

def g(x):
    return x + len('abc')
def f(x):
    return g(x)
def gen():
    got = yield 1
    yield got
def uses():
    it = gen()
    next(it)
    it.send('s')
    return list(it)
def fails():
    return int('x')
def outer():
    try:
        fails()
    except ValueError:
        pass
    raise ValueError
def methods():
    a = [3, 1]
    a.sort()
    a.append(2)
    return sorted(a)
class C:
    def __init__(self):
        self.x = 1
    def m(self):
        return self.x
def classes():
    return C().m()
for fn, args in ((f, (1,)), (uses, ()), (outer, ()), (methods, ()), (classes, ())):
    profile(fn, *args)

import cProfile, pstats, io
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def work():
    return [fib(5), len('x'), sorted([2, 1])]
p = cProfile.Profile()
p.runcall(work)
p.create_stats()
for (file, line, name), (cc, nc, tt, ct, callers) in sorted(p.stats.items(), key=lambda i: i[0][2]):
    if 'cProfile' in file or '_lsprof' in name:
        continue
    print(name, cc, nc, sorted((k[2], v[0], v[1]) for k, v in callers.items() if 'cProfile' not in k[0]), tt >= 0, ct >= tt)
out = io.StringIO()
pstats.Stats(p, stream=out).print_stats('fib')
print('fib' in out.getvalue())
