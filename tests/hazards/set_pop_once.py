# set.pop and remove: each element goes to one thread; add from all arrives once.
from race import *
def pop(s, k):
    out = []
    while True:
        try:
            out.append(s.pop())
        except KeyError:
            return out
def after(s, results):
    seen = sorted(x for r in results for x in r)
    check(seen == list(range(300)) and not s, "lost or doubled", len(seen))
rounds(60, lambda: set(range(300)), pop, after=after)
def add(s, k):
    for i in range(200):
        s.add(i * 8 + k)
        s.add(("same", i))
def full(s, results):
    check(len(s) == 1800, "lost", len(s))
rounds(40, set, add, after=full)
