# Many attribute names on instances of one class: the key table grows under readers, instances move to dicts.
from race import *
class C: pass
shared = C()
def names(k):
    o = C()
    for i in range(60):
        setattr(o, f"n{(i * 7 + k) % 90}", i)
    for i in range(60):
        check(getattr(o, f"n{(i * 7 + k) % 90}") == i, "value of another name")
def together(k):
    for i in range(40):
        setattr(shared, f"s{i}", i)
        check(getattr(shared, f"s{i}", i) == i)
def delete(k):
    for i in range(40):
        shared.__dict__.pop(f"s{i}", None)
def many(k):
    cls = type("T", (), {"m": lambda self: self.x})
    o = cls(); o.x = k
    check(o.m() == k)
race(names, together, delete, many)
