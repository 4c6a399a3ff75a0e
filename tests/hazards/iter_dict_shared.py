# One iterator over keys, values or items for all threads: pairs belong together, nothing twice; the reused pair of items() never shows through.
from race import *
d = {i: -i for i in range(300)}
for kind in ("keys", "values", "items"):
    def make(kind=kind):
        return iter(getattr(d, kind)())
    def drain(it, k):
        return list(it)
    def after(it, results, kind=kind):
        seen = [x for r in results for x in r]
        if kind == "items":
            check(all(b == -a for a, b in seen), "a pair does not belong together")
            seen = [a for a, b in seen]
        check(sorted(map(abs, seen)) == list(range(300)), "lost or doubled", kind, len(seen))
    rounds(40, make, drain, after=after)
