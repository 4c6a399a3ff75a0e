# __dict__ is read, replaced, cleared and deleted while attributes are used.
from race import *
class C:
    def __init__(self): self.a = "a"; self.b = "b"
objs = [C() for _ in range(4)]
def read(k):
    for o in objs:
        check(getattr(o, "a", "a") == "a" and getattr(o, "b", "b") == "b", "value of another name")
def write(k):
    for o in objs:
        o.a = "a"; o.b = "b"; setattr(o, f"x{k}", 1)
def replace(k):
    for o in objs:
        o.__dict__ = {"b": "b", "a": "a"}
        o.__dict__.pop("a", None)
def look(k):
    for o in objs:
        d = vars(o)
        for n, v in list(d.items()):
            check(v == n or v == 1, "torn", n, v)
        d["a"] = "a"; dir(o); o.__dict__.copy()
def delete(k):
    for o in objs:
        try: del o.a
        except AttributeError: pass
        o.a = "a"
def fresh(k):
    objs[k % 4] = C()
race(read, write, replace, look, delete, fresh, read, write, allow=(RuntimeError,))
