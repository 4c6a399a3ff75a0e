# __getattr__, __getattribute__, __setattr__ come and go.
from race import *
class C:
    x = 1
c = C()
def read(k):
    check(getattr(c, "x") in (1, 2))
    check(getattr(c, "nothing", 3) in (3, 4))
def install(k):
    C.__getattr__ = lambda self, n: 4
    try: del C.__getattr__
    except AttributeError: pass
def attribute(k):
    C.__getattribute__ = lambda self, n: object.__getattribute__(self, n)
    try: del C.__getattribute__
    except AttributeError: pass
def setter(k):
    C.__setattr__ = lambda self, n, v: object.__setattr__(self, n, v)
    c.y = 1
    try: del C.__setattr__
    except AttributeError: pass
    C.x = 2; C.x = 1
race(read, install, attribute, setter, read, read)
