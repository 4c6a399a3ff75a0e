# pop, pop(0), remove and clear: each element goes to one thread.
from race import *
def pop(l, k):
    out = []
    while True:
        try:
            out.append(l.pop() if k & 1 else l.pop(0))
        except IndexError:
            return out
def after(l, results):
    seen = sorted(x for r in results for x in r)
    check(seen == list(range(300)) and l == [], "lost or doubled", len(seen))
rounds(100, lambda: list(range(300)), pop, after=after)
