# count, repeat and cycle: count never gives a number twice, repeat(x, n) gives n in all, cycle only what it was given.
from race import *
import itertools
def take(it, k):
    return [next(it) for _ in range(200)]
def after(it, results):
    seen = [x for r in results for x in r]
    check(len(set(seen)) == 1600, "count gave a number twice", len(set(seen)))
rounds(30, itertools.count, take, after=after)
rounds(10, lambda: itertools.count(2**62 - 100), take, after=after)
rounds(10, lambda: itertools.count(0, 10**20), take, after=after)
def total(it, results):
    check(sum(map(len, results)) == 1000, "repeat miscounted", sum(map(len, results)))
rounds(30, lambda: itertools.repeat("x", 1000), lambda it, k: list(it), after=total)
def turning(it, results):
    check(all(x in (1, 2, 3) for r in results for x in r), "cycle invented something")
rounds(20, lambda: itertools.cycle(iter([1, 2, 3])), take, after=turning)
