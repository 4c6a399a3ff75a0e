# WeakValueDictionary, WeakKeyDictionary, WeakSet and finalize under churn.
from race import *
import weakref
class C:
    def __init__(self, n): self.n = n
values, keys, objects = weakref.WeakValueDictionary(), weakref.WeakKeyDictionary(), weakref.WeakSet()
live = [C(i) for i in range(20)]
done = []
def churn(k):
    o = C(k)
    values[k % 4] = o; keys[o] = k; objects.add(o)
    weakref.finalize(o, done.append, k)
def read(k):
    v = values.get(k % 4)
    check(v is None or v.n % 4 == k % 4, "another key's object")
    for o in list(objects): check(type(o) is C)
    for o, n in list(keys.items()): check(o.n == n)
    len(values), len(keys), list(values.items()), list(values.valuerefs())
def keep(k):
    o = live[k]
    values[("live", k)] = o
    keys[o] = o.n
    check(values[("live", k)] is o and keys[o] == o.n, "lost a live entry")
race(churn, read, keep, churn, allow=(RuntimeError,))
