# Exception groups and except* in all threads over shared leaves.
from race import *
leaves = [ValueError(1), TypeError(2), KeyError(3)]
g = ExceptionGroup("g", leaves)
def split(k):
    a, b = g.split(ValueError)
    check(len(a.exceptions) == 1 and len(b.exceptions) == 2)
    g.subgroup(lambda x: True), g.derive([leaves[0]])
def star(k):
    seen = []
    try: raise ExceptionGroup("h", leaves)
    except* ValueError: seen.append(1)
    except* (TypeError, KeyError) as x: seen.append(len(x.exceptions))
    check(seen == [1, 2], seen)
race(split, star, seconds=0.2)
