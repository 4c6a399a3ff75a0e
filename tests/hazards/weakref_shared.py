# Weak references made, called and compared while the object dies in another thread: the object or None; one plain weakref per object.
from race import *
import weakref
class C:
    def __init__(self): self.v = [1]
cell = [C()]
refs = [weakref.ref(cell[0])]
def renew(k):
    o = C()
    cell[0] = o
    r = weakref.ref(o)
    check(r() is o and weakref.ref(o) is r, "two plain references")
    refs[0] = r
def deref(k):
    o = refs[0]()
    if o is not None: check(o.v == [1])
def own(k):
    o = cell[0]
    r = weakref.ref(o)
    check(r() is o)
    weakref.getweakrefcount(o), weakref.getweakrefs(o), hash(r) and 0, r == refs[0], repr(r)
def proxy(k):
    p = weakref.proxy(cell[0])
    try: check(p.v == [1])
    except ReferenceError: pass
race(renew, deref, own, proxy, allow=(TypeError,))
