# sort while others append, read and sort: ValueError or a list of the same elements.
from race import *
data = [(i * 7919) % 100 for i in range(100)]
def sort(k):
    data.sort()
def keyed(k):
    data.sort(key=lambda x: -x, reverse=bool(k & 2))
def append(k):
    if len(data) < 200:
        data.append(k)
def read(k):
    for x in data:
        check(type(x) is int and 0 <= x < 100, "strange", x)
    data[:], len(data), list(reversed(data)), data.copy(), sorted(data)
def shrink(k):
    if len(data) > 100:
        del data[100:]
race(sort, keyed, append, read, shrink, read, allow=(ValueError, IndexError))
