# Values that are made at first use: cached_property, functools.cache and lru_cache, lazily made dicts and annotations.
from race import *
import functools
def make():
    made = []
    class C:
        @functools.cached_property
        def p(self):
            made.append(1)
            return object()
        def g(self) -> "int": ...
    @functools.cache
    def once(x): return [x]
    @functools.lru_cache(maxsize=8)
    def few(x): return (x, x)
    return C(), once, few
def use(o, k):
    c, once, few = o
    for i in range(60):
        check(few(i % 20) == (i % 20, i % 20), "another key's value")
        check(once(i % 10)[0] == i % 10)
        if i % 20 == 3 and k == 0: few.cache_clear()
        few.cache_info(), c.g.__annotations__, vars(c)
    return c.p
def after(o, results):
    info = o[2].cache_info()
    check(0 <= info.currsize <= 8, "cache over its size", info)
    check(o[0].p in results, "cached value that nobody got")
rounds(60, make, use, after=after)
