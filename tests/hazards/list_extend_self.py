# extend and slices of a list by itself and by another that changes.
from race import *
a, b = [1] * 20, [2] * 20
def both(x, y):
    def f(k):
        x.extend(y)
        x.__iadd__(x if len(x) < 100 else ())
        x[5:10] = y
        x[::2] = [3] * len(x[::2]) if k & 1 else x[::2]
        if len(x) > 200:
            del x[20:]
    return f
def read(k):
    for l in (a, b):
        check(set(l) <= {1, 2, 3}, "foreign element", set(l) - {1, 2, 3})
        check(set(l + l) <= {1, 2, 3} and set(l * 2) <= {1, 2, 3})
race(both(a, b), both(b, a), read, allow=(ValueError,))
