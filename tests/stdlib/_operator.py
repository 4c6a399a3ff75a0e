# The operator module's native half.
import _operator as o
import copy


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)


print(sorted(n for n in dir(o) if not n.startswith("__")))
two = "add sub mul matmul truediv floordiv mod and_ or_ xor lshift rshift pow lt le eq ne gt ge is_ is_not concat contains countOf indexOf getitem delitem iadd isub imul imatmul itruediv ifloordiv imod iand ior ixor ilshift irshift ipow iconcat"
for name in two.split():
    f = getattr(o, name)
    print(name, attempt(f, 7, 2), attempt(f, "ab", "b"), attempt(f, [1, 2], [3]), attempt(f, [1, 2, 1], 1), attempt(f, {1: 2}, 1), attempt(f, 1))
for name in "is_none is_not_none not_ truth neg pos inv invert abs index".split():
    f = getattr(o, name)
    print(name, [attempt(f, v) for v in (3, -3, 0, 2.5, "x", [], None)])
d = {}
print(o.setitem(d, 1, 2), d, o.delitem(d, 1), d, attempt(o.setitem, 1, 2, 3), attempt(o.delitem, (1,), 0))
print(o.length_hint([1, 2]), o.length_hint(iter([1, 2])), o.length_hint(5), o.length_hint(5, 9), attempt(o.length_hint, 5, "x"))
print(o.call(print, 1, 2, sep="-"), attempt(o.call), o.call(dict, a=1))
print(o._compare_digest("abc", "abc"), o._compare_digest(b"abc", b"abd"), o._compare_digest(b"a", bytearray(b"a")), attempt(o._compare_digest, "a", b"a"), attempt(o._compare_digest, "é", "é"), attempt(o._compare_digest, 1, 2))
l = [1]
print(o.iconcat(l, [2]) is l, l, o.iadd(l, (3,)) is l, l)


class A:
    def __init__(self, **kw):
        self.__dict__.update(kw)

    def m(self, *a, **k):
        return a, k

    def __repr__(self):
        return "A"


a = A(x=1, b=A(c=A(d=5)))
g = o.itemgetter(1)
print(g, g([1, 2]), g("ab"), o.itemgetter(0, 2)("abc"), o.itemgetter("k")({"k": 1}), o.itemgetter(slice(1, 3))("abcd"))
print(attempt(g), attempt(g, 1, 2), attempt(g, [1], x=1), attempt(g, []), attempt(g, 5), attempt(o.itemgetter), attempt(o.itemgetter, 1, x=1), g.__reduce__()[1], copy.copy(o.itemgetter(1, 2))("abc"))
g = o.attrgetter("x")
print(g, g(a), o.attrgetter("b.c.d")(a), o.attrgetter("x", "b.c")(a), o.attrgetter("b.c.d", "x"), o.attrgetter("b.c.d").__reduce__()[1])
print(attempt(g), attempt(g, 1), attempt(o.attrgetter, 1), attempt(o.attrgetter), attempt(o.attrgetter("b.q"), a), attempt(g, a, k=1))
m = o.methodcaller("m", 1, k=2)
print(m, m(a), o.methodcaller("upper")("ab"), o.methodcaller("split", "b", maxsplit=1)("abcb"), m.__reduce__(), o.methodcaller("m", 1).__reduce__()[1])
print(attempt(o.methodcaller), attempt(o.methodcaller, 1), attempt(m), attempt(m, 1), copy.copy(m)(a))
print(list(map(o.itemgetter(1), [(1, 2), (3, 4)])), sorted([(2, "a"), (1, "b")], key=o.itemgetter(0)), o.itemgetter, o.attrgetter, o.methodcaller)
import operator

print(operator.add is o.add, operator.__lt__ is o.lt, operator.is_none(None))
