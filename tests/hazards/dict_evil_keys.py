# __eq__ and __hash__ of keys change the dict while it is searched.
from race import *
d = {}
class Key:
    def __init__(self, n):
        self.n = n
    def __hash__(self):
        return 7
    def __eq__(self, other):
        if self.n % 5 == 0:
            d.pop(other, None) if len(d) > 100 else None
        if self.n % 7 == 0 and len(d) < 50:
            dict.__setitem__(d, object(), 1)
        return isinstance(other, Key) and self.n == other.n
def store(k):
    for i in range(12):
        d[Key(i)] = i
def load(k):
    for i in range(12):
        v = d.get(Key(i), i)
        check(v == i, "value of another key", v, i)
def delete(k):
    for i in range(12):
        d.pop(Key(i), None)
def clear(k):
    d.clear()
race(store, load, delete, load, store, clear, allow=(RuntimeError, RecursionError, KeyError))
