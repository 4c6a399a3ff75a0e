# OrderedDict: move_to_end, popitem and iteration while others change it. It is written in Python: its links may be met half changed, which is an
# exception; the dict below keeps its pairs.
from race import *
from collections import OrderedDict
d = OrderedDict((i, i) for i in range(50))
def move(k):
    for i in range(50):
        try: d.move_to_end(i, last=bool(i & 1))
        except KeyError: pass
def change(k):
    d[k + 50] = k + 50; d.pop(k + 50, None)
    try: i, v = d.popitem(last=bool(k & 1))
    except KeyError: return
    check(i == v, "torn", i, v)
    d[i] = v
def read(k):
    for i, v in list(d.items()):
        check(i == v, "torn pair")
    for i in reversed(d): check(type(i) is int)
    d == d.copy(), len(d), repr(d)
race(move, change, read, allow=(RuntimeError, KeyError, ReferenceError, AttributeError))
# The same from Python keys.
check(all(i == v for i, v in dict.items(d)), "torn at the end")
