# Readers while the table is replaced again and again: a key that is always there is always found, with a value of its own.
from race import *
d = {("fixed", i): [i] for i in range(50)}
s = {f"k{i}": i for i in range(50)}
def read(k):
    for i in range(50):
        check(d[("fixed", i)] == [i], "value of another key", i)
        check(s[f"k{i}"] == i, "str key lost", i)
        check(("none", i) not in d, "found what never was")
def grow(k):
    for i in range(300):
        d[(k, i)] = i
        s[f"x{k}.{i}"] = i
def shrink(k):
    for i in range(300):
        d.pop((k - 1, i), None)
        s.pop(f"x{k - 1}.{i}", None)
race(read, grow, shrink, read)
