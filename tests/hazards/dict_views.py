# View objects outlive changes: set operations, len, containment.
from race import *
d = {i: i for i in range(60)}
keys, items, values = d.keys(), d.items(), d.values()
def algebra(k):
    for x in keys - {1, 2}:
        check(0 <= x < 120)
    check(all(a == b for a, b in items | {(1, 1)}), "torn")
    keys.isdisjoint({500}), 5 in keys, (5, 5) in items, len(values), repr(keys)
def change(k):
    for i in range(60, 120):
        d[i] = i
    for i in range(60, 120):
        d.pop(i, None)
race(algebra, change, allow=(RuntimeError,))
