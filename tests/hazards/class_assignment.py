# __class__ of instances is assigned while others read attributes and call methods; inline values stay with their names.
from race import *
class A:
    def __init__(self): self.a, self.b = "a", "b"
    def who(self): return "A"
class B:
    def __init__(self): self.b, self.a = "b", "a"
    def who(self): return "B"
objs = [A(), B(), A()]
def read(k):
    for o in objs:
        check(o.a == "a" and o.b == "b", "value of another name", o.__dict__)
        check(o.who() in "AB")
def change(k):
    for o in objs: o.__class__ = B if k & 1 else A
def store(k):
    for o in objs:
        o.a = "a"; o.b = "b"; o.c = "c"
        try: del o.c
        except AttributeError: pass
def fresh(k):
    objs[k % 3] = (A if k & 2 else B)()
race(read, change, store, fresh, read, change)
