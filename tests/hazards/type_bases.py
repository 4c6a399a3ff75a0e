# __bases__, __mro__, __class__ of classes while attributes are looked up and isinstance asked.
from race import *
class X:
    def f(self): return "x"
class Y:
    def f(self): return "y"
class D(X):
    pass
d = D()
def call(k):
    check(d.f() in ("x", "y"))
    isinstance(d, X), issubclass(D, Y), D.mro(), D.__mro__, D.__bases__, X.__subclasses__(), super(D, d).f()
def rebase(k):
    D.__bases__ = (Y,) if k & 1 else (X,)
def both(k):
    D.__bases__ = (X, Y)
    class E(D): pass
    check(E().f() in ("x", "y"))
race(call, rebase, call, both, allow=(TypeError,) )
