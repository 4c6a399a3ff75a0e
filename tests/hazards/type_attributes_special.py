# __name__, __qualname__, __doc__, __module__, __annotations__, __abstractmethods__ of one class.
from race import *
class C:
    a: int = 1
    def f(self): "doc"
def write(k):
    C.__name__ = f"N{k}"; C.__qualname__ = f"Q{k}"; C.__doc__ = f"D{k}"; C.__module__ = f"M{k}"
def read(k):
    check(C.__name__[0] in "NC" and C.__qualname__[0] in "QC")
    repr(C), repr(C()), C.__doc__, C.__module__, C.__dict__, dir(C)
def annotations(k):
    check(set(C.__annotations__) <= {"a"}, C.__annotations__)
    try: del C.__annotations__
    except AttributeError: pass
    C.__annotations__ = {"a": int}
def functions(k):
    C.f.__doc__ = "x"; C.f.__name__ = "g"; C.f.__annotations__; C.f.__dict__; C.f.z = 1
    C.f.__qualname__, C.f.__type_params__, C.f.__module__
race(write, read, annotations, functions)
