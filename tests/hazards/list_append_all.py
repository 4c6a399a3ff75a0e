# append, extend with lists, += : every element arrives exactly once, in its thread's order.
from race import *
def make():
    return []
def fill(l, k):
    for i in range(60):
        l.append((k, 3 * i))
        l.extend([(k, 3 * i + 1)])
        l += ((k, 3 * i + 2),)
def after(l, results):
    check(len(l) == 8 * 180, "lost or doubled", len(l))
    for k in range(8):
        check([n for t, n in l if t == k] == list(range(180)), "order of one thread lost")
rounds(100, make, fill, after=after)
