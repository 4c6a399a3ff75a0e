# tee: branches in different threads; each gives the whole sequence, or RuntimeError when another is reading the source.
from race import *
import itertools
def make():
    return itertools.tee(iter(list(range(300))), 8)
def drain(branches, k):
    out, it = [], branches[k]
    while True:
        try:
            out.append(next(it))
        except StopIteration:
            return out
        except RuntimeError:
            pass
def after(branches, results):
    for r in results:
        check(r == list(range(300)), "a branch lost its order", len(r))
rounds(30, make, drain, after=after)
one = itertools.tee(itertools.count(), 1)[0]
def copy(k):
    b = itertools.tee(one, 2)
    next(b[0]); next(b[1])
race(copy, lambda k: next(one), lambda k: one.__copy__(), allow=(RuntimeError,), seconds=0.2)
