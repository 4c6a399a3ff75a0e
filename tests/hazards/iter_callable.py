# iter(function, sentinel): the sentinel ends it for everybody, and no call's value is lost or doubled.
from race import *
import itertools
def make():
    n = itertools.count()
    return iter(lambda: min(next(n), 300), 300)
def after(it, results):
    seen = [x for r in results for x in r]
    check(len(seen) == len(set(seen)) and 300 not in seen, "twice, or the sentinel")
rounds(60, make, lambda it, k: list(it), after=after)
