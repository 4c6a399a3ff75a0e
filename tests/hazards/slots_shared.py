# __slots__: set, read and delete from all; objects in slots die once.
from race import *
class V:
    alive = 0
    def __init__(self, n): self.n = n
class S:
    __slots__ = ("a", "b", "__weakref__")
s = S()
def store(k):
    s.a = V("a"); s.b = V("b")
def read(k):
    check(s.a.n == "a" and s.b.n == "b", "slot of another name")
def delete(k):
    del s.a
    s.a = V("a")
def descriptor(k):
    d = S.__dict__["b"]
    check(d.__get__(s).n == "b")
    d.__set__(s, V("b")); d.__delete__(s); s.b = V("b")
race(store, read, delete, descriptor, allow=(AttributeError,))
