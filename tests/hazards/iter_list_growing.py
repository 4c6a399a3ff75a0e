# A list iterator while the list grows and shrinks: every element seen was once in the list; reduce and setstate do no harm.
from race import *
data = [0] * 100
shared = [iter(data)]
def read(k):
    for x in shared[0]:
        check(type(x) is int and 0 <= x < 10**6, "strange element", x)
        if x == 7:
            break
def fresh(k):
    it = iter(data)
    shared[0] = it
    next(it, None)
    it.__setstate__(3)
    it.__reduce__()
def grow(k):
    data.append(7)
    data.extend([1, 2, 3] * 20)
def shrink(k):
    del data[50:]
    data.clear() if k & 1 else data.insert(0, 5)
race(read, fresh, grow, shrink, read, read)
