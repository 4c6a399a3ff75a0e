# deque: both ends, each element once.
from race import *
from collections import deque
def both(d, k):
    out = []
    for i in range(100):
        (d.append if k & 1 else d.appendleft)((k, i))
        try:
            out.append(d.pop() if i & 1 else d.popleft())
        except IndexError:
            pass
    return out
def after(d, results):
    seen = [x for r in results for x in r] + list(d)
    check(len(seen) == 800 and len(set(seen)) == 800, "lost or doubled", len(seen))
rounds(60, deque, both, after=after)
