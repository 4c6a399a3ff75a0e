# product, permutations, combinations (with replacement), shared: valid tuples, none twice, none changing in its holder's hands.
from race import *
import itertools
makes = [lambda: itertools.product(range(8), repeat=3), lambda: itertools.permutations(range(6), 4), lambda: itertools.combinations(range(11), 4),
         lambda: itertools.combinations_with_replacement(range(7), 4)]
for make in makes:
    whole = sorted(make())
    def drain(it, k):
        out, copies = [], []
        for t in it:
            out.append(t)
            copies.append(list(t))
        check(all(list(a) == b for a, b in zip(out, copies)), "a tuple changed")
        return out
    def after(it, results, whole=whole):
        seen = sorted(t for r in results for t in r)
        check(seen == whole, "not each combination once", len(seen), len(whole))
    rounds(12, make, drain, after=after)
