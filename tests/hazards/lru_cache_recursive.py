# lru_cache whose function calls itself and whose keys compare by Python code.
from race import *
import functools
class Key:
    def __init__(self, n): self.n = n
    def __hash__(self): return self.n % 4
    def __eq__(self, o): return self.n == o.n
@functools.lru_cache(maxsize=16)
def f(key): return key.n if key.n < 2 else f(Key(key.n - 1)) + f(Key(key.n - 2))
want = [0, 1]
for i in range(20): want.append(want[-1] + want[-2])
def call(k):
    n = 3 + k
    check(f(Key(n)) == want[n], "another key's value", n)
def clear(k):
    f.cache_clear(); f.cache_info()
race(call, call, call, clear)
