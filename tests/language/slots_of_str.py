# Classes that derive from str may have slots; those that derive from int, bytes and tuple may not.
class S(str):
    __slots__ = "a", "b"


s = S("héllo")
s.a = 1
print(s, s.a, hasattr(s, "b"), len(s), hash(s) == hash("héllo"))
s.b = [s.a]
del s.a
print(s.b, hasattr(s, "a"))
try:
    s.c = 1
except AttributeError as e:
    print(e)


class T(S):
    __slots__ = ("c",)


t = T("x" * 37)
t.a, t.b, t.c = 1, 2, 3
print(t.a, t.b, t.c, t)


class U(S):
    pass


u = U()
u.a = 1
u.z = 5
print(u.a, u.__dict__, repr(u))
for i in range(40):
    v = T("\U0001f600" * i)
    v.a = v.c = i
    assert v.a == i and v.c == i and len(v) == i
for base in int, bytes, tuple:
    try:
        type("X", (base,), {"__slots__": ("a",)})
    except TypeError as e:
        print(e)
