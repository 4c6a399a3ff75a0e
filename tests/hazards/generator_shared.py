# One generator for all: its values come once each; entering it while it runs is ValueError.
from race import *
def numbers():
    i = 0
    while i < 400:
        got = yield i
        if got is not None:
            i = i
        i += 1
def drain(g, k):
    out = []
    while True:
        try:
            out.append(g.send(None) if k & 1 else next(g))
        except StopIteration:
            return out
        except ValueError as e:
            check(str(e) == "generator already executing", str(e))
def after(g, results):
    seen = [x for r in results for x in r]
    check(sorted(seen) == list(range(400)), "lost or doubled", len(seen))
rounds(60, numbers, drain, after=after)
