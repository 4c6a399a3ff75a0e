# Elements whose __eq__ changes the set that is being searched.
from race import *
s = set()
class K:
    def __init__(self, n):
        self.n = n
    def __hash__(self):
        return self.n % 3
    def __eq__(self, other):
        if len(s) > 40:
            s.clear()
        return isinstance(other, K) and self.n == other.n
def add(k):
    for i in range(20):
        s.add(K(i))
def find(k):
    for i in range(20):
        K(i) in s
        s.discard(K(i))
def bulk(k):
    s.update([K(i) for i in range(30)])
    s & {K(1), K(2)}
race(add, find, bulk, allow=(RuntimeError,))
