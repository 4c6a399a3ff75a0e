# move between two dicts by popitem and store: nothing is lost, nothing doubled.
from race import *
a, b = {i: i for i in range(200)}, {}
def move(x, y):
    def f(k):
        try:
            i, v = x.popitem()
        except KeyError:
            return
        y[i] = v
    return f
race(move(a, b), move(b, a))
check(sorted([*a, *b]) == list(range(200)), "lost or doubled", len(a) + len(b))
