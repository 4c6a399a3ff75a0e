# deque: iteration, rotation, index, slices by insert and del, maxlen, while it changes.
from race import *
from collections import deque
d, m = deque(range(50)), deque(range(10), maxlen=10)
it = [iter(d)]
def iterate(k):
    for x in d:
        check(type(x) is int and 0 <= x < 60, "foreign", x)
    list(reversed(d)), list(m)
def shared(k):
    next(it[0], None)
    if k & 1: it[0] = iter(d)
def change(k):
    d.rotate(3); d.append(k); d.appendleft(k); d.pop(); d.popleft(); d.insert(3, 4); d.reverse()
    del d[0]
    d.extend([1])
    if len(d) > 100: d.clear(); d.extend(range(50))
def bounded(k):
    m.append(k); m.extendleft([1, 2]); m.insert(2, 3) if len(m) < 10 else None
    check(len(m) <= 10, "longer than maxlen", len(m))
def look(k):
    d[0], d[-1], 5 in d, d.count(5), d.index(k), d == m, d.copy(), repr(d), d + m, len(d), d * 2
race(iterate, shared, change, bounded, look, change, iterate, shared, allow=(RuntimeError, IndexError, ValueError))
