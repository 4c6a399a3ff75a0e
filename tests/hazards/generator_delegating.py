# yield from chains that several threads resume: order inside is kept.
from race import *
def inner(n):
    for i in range(n):
        yield i
    return n
def middle():
    total = 0
    for base in range(10):
        total += yield from inner(20)
    return total
def outer():
    r = yield from middle()
    check(r == 200, "value of the delegate", r)
def drain(g, k):
    out = []
    while True:
        try:
            out.append(next(g))
        except StopIteration:
            return out
        except ValueError:
            pass
def after(g, results):
    seen = sorted(x for r in results for x in r)
    check(seen == sorted(list(range(20)) * 10), "lost or doubled", len(seen))
rounds(80, outer, drain, after=after)
