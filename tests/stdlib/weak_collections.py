import weakref
def t(f):
    try: print(repr(f()))
    except BaseException as e: print(type(e).__name__, e)
class A:
    def m(self): return 'm'
a=A()
d=weakref.WeakValueDictionary(); d['x']=a; print(len(d), d['x'] is a)
k=weakref.WeakKeyDictionary(); k[a]=1; print(len(k))
s=weakref.WeakSet([a]); print(len(s))
m=weakref.WeakMethod(a.m); print(m()())
f=weakref.finalize(a, print, 'fin'); print(f.alive)
t(lambda: None | int)
t(lambda: int | None)
t(lambda: list[int] | None)
t(lambda: None | None)
del a
print(len(d), len(k), len(s), m(), f.alive)
p=weakref.proxy(A)
t(lambda: p().m())
class B:
    __slots__=('x',)
t(lambda: weakref.ref(B()))
class C:
    __slots__=('__weakref__',)
c=C()
print(weakref.ref(c)() is c, c.__weakref__ is weakref.ref(c), weakref.getweakrefcount(c))
def ff(): pass
print(weakref.ref(ff)() is ff)
x=weakref.ref(c); del c
t(lambda: x == weakref.ref(ff))
t(lambda: x == x)
t(lambda: hash(x))
r={weakref.ref(ff):1}
print(r[weakref.ref(ff)])
class P:
    def __init__(s,v): s.v=v
    def __iadd__(s,o): s.v+=o; return s
    def __eq__(s,o): return s.v==o
    def __bool__(s): return False
    def __iter__(s): return iter([1,2])
    def __contains__(s,o): return True
    def __str__(s): return 'P'
o=P(1); q=weakref.proxy(o); 
print(q==1, bool(q), list(q), 5 in q, str(q), f"{q}")
q+=3; print(o.v, type(q).__name__)
