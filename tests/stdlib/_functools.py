from _functools import reduce, partial, cmp_to_key, _lru_cache_wrapper, Placeholder as _
print(reduce(lambda a, b: a + b, [1, 2, 3]), reduce(max, [], 5), reduce(lambda a, b: a * b, range(1, 6), initial=2))
for f in (lambda: reduce(max, []), lambda: reduce(max, 5), lambda: partial(), lambda: partial(1), lambda: partial(int, _), lambda: partial(int, x=_), lambda: partial(int, _, 1)(),
          lambda: cmp_to_key(max)(1) < 3, lambda: type(_)(1), lambda: _lru_cache_wrapper(1, 2, 3, 4), lambda: _lru_cache_wrapper(max, 'a', 3, 4)):
    try: print(f())
    except TypeError as e: print(e)
def show(*args, **kw): return args, kw
p = partial(show, 1, x=2); print(p(5, y=3), p(x=9), p.args, p.keywords, p.func is show)
q = partial(p, 7, z=1); print(q(), q.func is show); print(partial(int, 1, x=2), _)
h = partial(show, _, 2, _, 4); print(h(1, 3), h(1, 3, 5, k=6)); print(partial(h, 'a')('b')); print(type(_)() is _)
p.attr = 3; print(p.attr, p.__dict__, p.__reduce__()[2][3]); 
class C:
    m = partial(show, 'm')
print(len(C().m(1)[0]), partial[int])
print(sorted([3, 1, 2], key=cmp_to_key(lambda a, b: b - a)), cmp_to_key(lambda a, b: 0)(5).obj)
calls = []
def f(x, *a, **k): calls.append(x); return x
info = lambda *a: a
g = _lru_cache_wrapper(f, 2, False, info)
print(g(1), g(2), g(1), g(3), g(2), g(1), g.cache_info(), calls); g.cache_clear(); print(g.cache_info())
u = _lru_cache_wrapper(f, None, False, info); calls.clear()
for i in range(5): u(1), u(1.0), u(i, k=1), u(i, k=2)
print(u.cache_info(), calls)
t = _lru_cache_wrapper(f, None, True, info); t(1); t(1.0); t(True); print(t.cache_info())
z = _lru_cache_wrapper(f, 0, False, info); z(1); z(1); print(z.cache_info())
try: u([])
except TypeError as e: print(e)
fib = _lru_cache_wrapper(lambda n: n if n < 2 else fib(n - 1) + fib(n - 2), 100, False, info); print(fib(80), fib.cache_info())
class D:
    @partial(_lru_cache_wrapper, maxsize=None, typed=False, cache_info_type=info)
    def m(self, x): return x + 1
d = D(); print(d.m(1), d.m(1), D.m.cache_info())
big = _lru_cache_wrapper(lambda x: x, 8, False, info)
for i in range(1000): big(i % 13)
for i in range(1000): big(i % 7)
print(big.cache_info())
