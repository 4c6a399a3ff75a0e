# Instances of subclasses of the module type keep their attributes in the module's namespace.
import types


class M(types.ModuleType):
    k = 1

    @property
    def p(self):
        return self.q


m = M("m", "doc")
m.x = 1
print(sorted(m.__dict__), m.x, m.k, m.__name__, m.__doc__)
m.__dict__.update({"y": 2, "k": 3})
print(m.y, m.k)
del m.y, m.k
print(hasattr(m, "y"), m.k, vars(m) is m.__dict__)
m.q = 7
print(m.p, object.__getattribute__(m, "x"))
object.__setattr__(m, "x", 9)
print(m.x, m.__dict__["x"])
m.__class__ = types.ModuleType
print(m.x, hasattr(m, "p"))
for bad in ("nope", "z"):
    try:
        getattr(m, bad)
    except AttributeError as e:
        print(e)
    try:
        delattr(m, bad)
    except AttributeError as e:
        print(type(e).__name__)
n = types.ModuleType("n")
n.a = 5
n.__class__ = M
n.b = 6
print(n.a, n.b, sorted(k for k in n.__dict__ if len(k) == 1), n.k)
