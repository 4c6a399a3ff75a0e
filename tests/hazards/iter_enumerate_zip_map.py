# enumerate, zip, map, filter over one shared source: nothing twice; a tuple in hand never changes under its holder (they are reused inside).
from race import *
def after(it, results):
    seen = [x for r in results for x in r]
    check(len(seen) == len(set(seen)), "twice")
def drain_kept(it, k):
    out, copies = [], []
    for t in it:
        out.append(t)
        copies.append((t[0], t[1]))
    check(all(a == b for a, b in zip(out, copies)), "a tuple changed in its holder's hands")
    return [t[1] for t in out]
rounds(30, lambda: enumerate(range(400)), drain_kept, after=after)
rounds(30, lambda: zip(range(400), range(400)), drain_kept, after=after)
rounds(30, lambda: zip(iter(list(range(400))), iter(list(range(400)))), drain_kept, after=after)
rounds(20, lambda: map(lambda x: x, iter(list(range(300)))), lambda it, k: list(it), after=after)
rounds(20, lambda: filter(lambda x: x % 2, iter(list(range(300)))), lambda it, k: list(it), after=after)
