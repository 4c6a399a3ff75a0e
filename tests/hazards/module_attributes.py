# A module's attributes, __getattr__, __class__ and __dict__ under readers.
from race import *
import types, sys
m = types.ModuleType("m")
m.x = 1
class Lazy(types.ModuleType):
    @property
    def y(self): return 3
def read(k):
    check(m.x in (1, 2))
    check(getattr(m, "y", 3) == 3)
def write(k):
    m.x = 2; m.x = 1; setattr(m, f"n{k}", k)
def klass(k):
    m.__class__ = Lazy if k & 4 else types.ModuleType
def hook(k):
    m.__getattr__ = lambda n: 3
    check(getattr(m, "zz", 3) == 3)
    m.__dict__.pop("__getattr__", None)
    repr(m), dir(m)
race(read, write, klass, hook, read, read, klass, read)
