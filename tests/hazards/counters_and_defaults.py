# defaultdict and Counter: the factory's object that is in the dict is the one that all later calls give.
from race import *
from collections import defaultdict, Counter, ChainMap
d = defaultdict(list)
c = Counter()
chain = ChainMap({}, d, c)
def default(k):
    for i in range(20):
        d[i].append(k)
        check(type(d[i]) is list)
def count(k):
    c.update("abcabc"); c["x"] += 1; c.most_common(2); c + c; c.total()
    check(all(v > 0 for v in c.values()), "count out of nowhere")
def chained(k):
    chain["new"] = k
    chain.get(3), len(chain), list(chain)
race(default, count, chained, default, count, allow=(RuntimeError,))
