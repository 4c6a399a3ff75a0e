# Classes are made, used and dropped by all threads: type ids and caches are reused.
from race import *
import gc
base = type("Base", (), {"f": lambda self: 0})
def make(k):
    for i in range(5):
        t = type(f"T{k}", (base,), {"f": lambda self, k=k: k, "v": i})
        o = t()
        for _ in range(3):
            check(o.f() == k and o.v == i and t.v == i, "another class's attribute")
        t.__subclasses__(), base.__subclasses__()
def collect(k):
    gc.collect()
def slots(k):
    class S:
        __slots__ = ("a", "b")
    s = S(); s.a, s.b = k, -k
    check((s.a, s.b) == (k, -k))
    class M(type):
        def __call__(cls): return super().__call__()
    class N(metaclass=M): pass
    check(type(N()) is N)
race(make, slots, make, make, collect, slots, make, make)
