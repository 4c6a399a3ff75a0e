# setdefault: all threads get the one winner. pop and popitem: one thread gets each value.
from race import *
def make():
    return {}
def setdefault(d, k):
    return [d.setdefault(i, (k, i)) for i in range(50)]
def after(d, results):
    check(all(r == results[0] for r in results), "two winners")
    check(all(d[i] is results[0][i] or d[i] == results[0][i] for i in range(50)), "winner is not in the dict")
rounds(80, make, setdefault, after=after)
def popitem(d, k):
    out = []
    while True:
        try:
            out.append(d.popitem())
        except KeyError:
            return out
def pop(d, k):
    return [(i, v) for i in range(200) if (v := d.pop(i, None)) is not None]
def once(d, results):
    seen = [x for r in results for x in r]
    check(len(seen) == 200 and len(set(seen)) == 200, "popped twice or lost", len(seen))
    check(all(v == str(i) for i, v in seen), "torn pair")
    check(not d and len(d) == 0, "not empty")
rounds(80, lambda: {i: str(i) for i in range(200)}, popitem, pop, after=once)
