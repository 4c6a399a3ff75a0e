# Set iterators shared and while the set changes.
from race import *
s = set(range(100))
shared = [iter(s)]
def read(k):
    for x in s:
        check(type(x) is int and 0 <= x < 300, "strange", x)
def together(k):
    it = shared[0]
    for x in it:
        check(type(x) is int and 0 <= x < 300, "strange", x)
    it.__length_hint__()
    shared[0] = iter(s)
def change(k):
    for i in range(100, 300):
        s.add(i)
    s.difference_update(range(100, 300))
def clear(k):
    s.clear()
    s.update(range(100))
race(read, together, change, clear, read, together, read, together, allow=(RuntimeError,))
frozen = frozenset(range(200))
def drain(it, k):
    return list(it)
def after(it, results):
    check(sorted(x for r in results for x in r) == list(range(200)), "lost or doubled")
rounds(30, lambda: iter(frozen), drain, after=after)
