# OrderedDict, which is written in Python: order is changed under a lock by all threads, values are read and replaced without one.
from race import *
import threading
from collections import OrderedDict
d = OrderedDict((i, (i, i)) for i in range(50))
lock = threading.Lock()
def move(k):
    with lock:
        for i in range(50): d.move_to_end(i, last=bool(i & 1))
def change(k):
    with lock:
        d[k + 50] = (k + 50, k + 50); del d[k + 50]
        i, v = d.popitem(last=bool(k & 1))
        check(v == (i, i), "torn", i, v)
        d[i] = v
def read(k):
    for i in range(50): check(d.get(i, (i, i)) == (i, i), "value of another key")
    len(d), 5 in d
def replace(k):
    with lock:
        for i in range(50): d[i] = (i, i)
    with lock:
        check(sorted(d) == sorted(reversed(d)), "two orders")
race(move, change, read, replace, read)
check(sorted(d) == list(range(50)) and all(v == (i, i) for i, v in d.items()), "torn at the end")
