import weakref, gc
def t(f):
    try:
        print(repr(f()))
    except BaseException as e:
        print(type(e).__name__, e)
class A:
    x = 1
    def __add__(self, o):
        return ('add', o)
    def __len__(self):
        return 3
    def __getitem__(self, i):
        return i
    def __call__(self):
        return 'called'
t(lambda: weakref.ref(3))
t(lambda: weakref.ref())
t(lambda: weakref.ref(A, callback=2))
a = A()
r = weakref.ref(a)
print(r() is a, weakref.ref(a) is r, hash(r) == hash(a), r == weakref.ref(a, print), r.__callback__)
log = []
q = weakref.ref(a, lambda w: log.append(w is q))
p = weakref.proxy(a)
print(p.x, p + 2, len(p), p[5], p(), type(p), isinstance(p, A))
p.y = 6
print(a.y)
t(lambda: hash(p))
del a
gc.collect()
print(r(), log, q.__callback__)
t(lambda: p.x)
class R(weakref.ref):
    pass
b = A()
s = R(b)
print(s() is b, type(s) is R, R(b) is s)
t(lambda: weakref.ref[int])
