# Dict iterators while others insert and delete: RuntimeError or a right element, never anything else.
from race import *
d = {i: (i, i) for i in range(100)}
def items(k):
    for a, b in d.items():
        check(b == (a, a), "value of another key", a, b)
def values(k):
    for v in reversed(d.values()):
        check(type(v) is tuple and v[0] == v[1], "strange value", v)
def keys(k):
    list(d), tuple(d.keys()), set(d), sorted(d)
def insert(k):
    for i in range(100, 160):
        d[i] = (i, i)
def delete(k):
    for i in range(100, 160):
        d.pop(i, None)
def rebuild(k):
    d.clear()
    d.update({i: (i, i) for i in range(100)})
race(items, values, keys, insert, delete, rebuild, items, values, allow=(RuntimeError,))
