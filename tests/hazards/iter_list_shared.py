# One list iterator for all: no element comes twice, none is lost, exhaustion is final and frees the list once.
from race import *
def make():
    source = list(range(500))
    return iter(source)
def drain(it, k):
    out = []
    for x in it:
        out.append(x)
        it.__length_hint__()
    check(next(it, "end") == "end", "an exhausted iterator gave something")
    return out
def after(it, results):
    seen = [x for r in results for x in r]
    check(sorted(seen) == list(range(500)), "elements lost or doubled", len(seen))
rounds(200, make, drain, after=after)
