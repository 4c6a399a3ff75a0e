# chain, islice, takewhile, dropwhile, compress, starmap, filterfalse over lists, shared: nothing twice, nothing foreign.
from race import *
import itertools as i
N = 400
makes = [lambda: i.chain(list(range(200)), list(range(200, N))), lambda: i.chain.from_iterable([[x] for x in range(N)]), lambda: i.islice(list(range(N)), 0, N),
         lambda: i.takewhile(lambda x: x < N, list(range(N))), lambda: i.dropwhile(lambda x: x < 0, list(range(N))), lambda: i.compress(list(range(N)), [1] * N),
         lambda: i.starmap(lambda x: x, [(x,) for x in range(N)]), lambda: i.filterfalse(lambda x: x < 0, list(range(N))),
         lambda: i.islice(i.count(), N)]
for n, make in enumerate(makes):
    def after(it, results, n=n):
        seen = [x for r in results for x in r]
        check(len(seen) == len(set(seen)), "twice", n)
        check(set(seen) <= set(range(N)), "foreign", n)
    rounds(12, make, lambda it, k: list(it), after=after)
