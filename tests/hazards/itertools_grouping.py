# groupby, pairwise, batched, accumulate, zip_longest over one list, shared: whole tuples only.
from race import *
import itertools as i
N = 300
def groups(it, k):
    out = []
    for key, group in it:
        g = list(group)
        check(all(x // 10 == key for x in g), "element in another group's hands", key, g)
        out += g
    return out
def flat(it, k):
    out = []
    for t in it:
        check(type(t) is tuple and len(t) == 2 and all(x is None or 0 <= x < N for x in t), "strange", t)
        out.append(t)
    return out
def accumulated(it, k):
    return list(it)
def distinct(it, results):
    seen = [x for r in results for x in r]
    check(len(seen) == len(set(seen)), "twice")
rounds(20, lambda: i.groupby(list(range(N)), lambda x: x // 10), groups, after=distinct)
rounds(20, lambda: i.pairwise(list(range(N))), flat)
def batches(it, k):
    # Who finds the source empty after one element has a short batch.
    return [x for t in it for x in t if len(t) in (1, 2) or check(False, "strange", t)]
rounds(20, lambda: i.batched(list(range(N)), 2), batches, after=distinct)
rounds(20, lambda: i.zip_longest(list(range(N)), list(range(N - 50))), flat)
rounds(20, lambda: i.accumulate([1] * N), accumulated)
