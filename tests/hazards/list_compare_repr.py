# Comparison, repr, hash of tuples made from, join and unpacking of a list whose length changes.
from race import *
data, other = ["a"] * 10, ["a"] * 10
def compare(k):
    data == other, data < other, data != other, "b" in data
def text(k):
    check(set("".join(data)) <= {"a"}, "foreign text")
    r = repr(data)
    check(r.startswith("[") and r.endswith("]"), r)
def unpack(k):
    a, *b = data
    check(a == "a" and all(x == "a" for x in b))
    check(set(tuple(data)) == {"a"}), max(data), min(data), [*data, *data], hash(tuple(data)), (lambda *x: x)(*data)
def change(k):
    data.append("a")
    if len(data) > 40:
        del data[10:]
    if k & 4:
        data.pop() if len(data) > 5 else data.append("a")
race(compare, text, unpack, change)
