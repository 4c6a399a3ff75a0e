# hash, UTF-8 form, interning and lower() of the same strs: all threads agree.
from race import *
import sys
def make():
    import random
    n = random.randrange(10**9)
    return [f"text {n} {i} é €" for i in range(40)] + [f"name_{n}_{i}" for i in range(40)]
def use(texts, k):
    return [(hash(t), t.encode(), sys.intern(t + ""), t.isidentifier(), t.upper()) for t in texts]
def after(texts, results):
    check(all(r == results[0] for r in results), "threads disagree")
    for n in range(len(texts)):
        check(all(r[n][2] is results[0][n][2] for r in results), "two interned strs of one text")
rounds(80, make, use, after=after)
