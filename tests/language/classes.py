class Meta(type):
    def __new__(m, name, bases, ns, **kw):
        c = super().__new__(m, name, bases, ns)
        c.kw = kw
        return c
    def __call__(cls, *a):
        print("call", cls.__name__, a)
        return super().__call__(*a)
class Base(metaclass=Meta, flag=1):
    def __init__(self, x):
        self.x = x
    def __init_subclass__(cls, **kw):
        print("init_subclass", cls.__name__)
class Sub(Base):
    pass
s = Sub(3)
print(s.x, Sub.kw, Base.kw, Sub.__mro__)

class Desc:
    def __set_name__(self, owner, name):
        print("set_name", owner.__name__, name)
        self.name = name
    def __get__(self, obj, owner):
        return ("get", obj is None)
    def __set__(self, obj, value):
        print("set", value)
class WithDesc:
    d = Desc()
w = WithDesc()
print(w.d, WithDesc.d)
w.d = 4

class P:
    def __init__(self):
        self._v = 1
    @property
    def v(self):
        "doc"
        return self._v
    @v.setter
    def v(self, x):
        self._v = x
    @staticmethod
    def st(a):
        return a
    @classmethod
    def cl(cls):
        return cls.__name__
p = P()
p.v = 7
print(p.v, P.st(2), p.cl(), P.cl())
try:
    del p.v
except AttributeError as e:
    print(e)

class S:
    __slots__ = ("a", "b")
x = S()
x.a = 1
print(x.a)
try:
    x.c = 1
except AttributeError as e:
    print(e)
try:
    x.b
except AttributeError as e:
    print(e)

class A:
    def f(self): return "A"
class B(A):
    def f(self): return "B" + super().f()
class C(A):
    def f(self): return "C" + super().f()
class D(B, C):
    def f(self): return "D" + super().f()
print(D().f(), [k.__name__ for k in D.__mro__])
try:
    class E(A, D): pass
except TypeError as e:
    print(e)

class Dyn:
    def __getattr__(self, n):
        if n.startswith("x"):
            return n
        raise AttributeError(n)
    def __setattr__(self, n, v):
        object.__setattr__(self, n, v * 2)
d = Dyn()
d.q = 4
print(d.q, d.xyz, hasattr(d, "foo"))
print(type("T", (A,), {"g": 1}).g, isinstance(D(), A), issubclass(D, C))
class Ops:
    def __init__(s, v): s.v = v
    def __add__(s, o): return ("add", s.v, o)
    def __radd__(s, o): return ("radd", o, s.v)
    def __iadd__(s, o): return ("iadd", s.v, o)
    def __lt__(s, o): return s.v < o.v
    def __eq__(s, o): return isinstance(o, Ops) and s.v == o.v
    def __hash__(s): return hash(s.v)
    def __len__(s): return 3
    def __getitem__(s, k): return k
    def __contains__(s, k): return k == 1
    def __call__(s, *a, **k): return a, k
    def __bool__(s): return False
    def __iter__(s): return iter([1, 2])
o = Ops(1)
print(o + 1, 1 + o, Ops(1) < Ops(2), o == Ops(1), len(o), o[1:2], o[...], 1 in o, o(1, k=2), bool(o), list(o), {o: 1}[Ops(1)])
o += 5
print(o)
A.h = lambda self: "late"
print(D().h())
del A.h
print(hasattr(D(), "h"))
class X: pass
class Y: z = 1
i = X()
i.a = 5
i.__class__ = Y
print(i.a, i.z, i.__dict__)
