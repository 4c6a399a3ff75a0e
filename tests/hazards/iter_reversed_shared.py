# reversed() of list, dict, dict views, range and deque, shared by all.
from race import *
from collections import deque
sources = [list(range(200)), dict.fromkeys(range(200)), dict.fromkeys(range(200)).items(), range(200), deque(range(200)), tuple(range(200))]
for s in sources:
    def make(s=s):
        return reversed(s)
    def drain(it, k):
        return [x if type(x) is int else x[0] for x in it]
    def after(it, results, s=s):
        seen = [x for r in results for x in r]
        check(sorted(seen) == list(range(200)), "lost or doubled", type(s).__name__, len(seen))
    rounds(20, make, drain, after=after)
