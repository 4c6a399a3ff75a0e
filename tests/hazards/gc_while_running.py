# gc.collect(), get_objects, get_referrers, get_referents, freeze from several threads while others make cycles.
from race import *
import gc, weakref
live = []
class N:
    pass
def cycles(k):
    for _ in range(20):
        a, b = N(), N()
        a.b, b.a, a.l = b, a, [a, b]
    l = []; l.append(l)
def collect(k):
    gc.collect(k % 3)
def look(k):
    n = N()
    holder = [n]
    check(any(r is holder for r in gc.get_referrers(n)), "a holder is not found")
    check(n in gc.get_referents(holder) and gc.is_tracked(holder))
    gc.get_objects(); gc.get_stats(); gc.get_count()
def keep(k):
    a = N(); a.me = a; a.k = k
    live.append(a)
    for x in live[-20:]: check(x.me is x, "a live cycle was cleared")
    if len(live) > 500: live.clear()
race(cycles, collect, cycles, look, keep, cycles, keep, cycles, seconds=0.5)
for x in live: check(x.me is x, "a live cycle was cleared")
