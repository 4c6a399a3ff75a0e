import array
def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)
for c in "bBhHiIlLqQfd":
    print(c, [str(attempt(array.array,c,[v])) for v in (2**200,-2**200,2**63,2**64,-1,-2**63-1,2**31,2**32,-2**31-1,300,-200,70000,-70000)])
    print(c, [attempt(array.array,c,[v]) for v in ("x",None,1.5,1e300,b"a")])
print([attempt(array.array,"w",[v]) for v in ("x",None,1.5,"ab","")])
A=array.array
a=A("i",[1,2,3])
for f in (lambda:A(), lambda:A(1), lambda:A("z"), lambda:A("ii"), lambda:A("i",1), lambda:A("i","abc"), lambda:A("i",A("w","x")), lambda:A("w",A("i",[1])), lambda:A("i",x=1), lambda:A("i",[],3), lambda:a["x"], lambda:a[9], lambda:a.__setitem__(9,1), lambda:a.__setitem__("x",1), lambda:a.__setitem__(slice(0,1),[1]), lambda:a.__setitem__(slice(0,1),A("b",[1])), lambda:a.__setitem__(slice(0,3,2),A("i",[1])), lambda:a.__delitem__(9), lambda:a+[1], lambda:a+A("b"), lambda:a.__iadd__([1]), lambda:a.extend(1), lambda:a.extend(A("b",[1])), lambda:a.append("x"), lambda:a.pop(9), lambda:A("i").pop(), lambda:a.remove(7), lambda:a.index(7), lambda:a.fromlist((1,)), lambda:a.fromlist([1,"x"]), lambda:a.frombytes(b"abc"), lambda:a.frombytes("x"), lambda:a.fromunicode("x"), lambda:a.tounicode(), lambda:A("w").fromunicode(1), lambda:a*"x", lambda:a<1, lambda:hash(a), lambda:a.insert(0,"x"), lambda:a.index(1,"x"), lambda:A("d",[1])==A("i",[1]), lambda:a.__reduce_ex__(2),lambda:a.__reduce_ex__(3), lambda:A("f",[1]).__reduce_ex__(3), lambda:A("w","ab").__reduce_ex__(3), lambda:iter(a).__reduce__(), lambda:a.byteswap(), lambda:a,  lambda: array._array_reconstructor(A,"i",99,b"abcd"), lambda: array._array_reconstructor(int,"i",5,b"abcd"), lambda: array._array_reconstructor(A,"z",5,b"abcd"), lambda: array._array_reconstructor(A,"i",5,b"abc"), lambda: array._array_reconstructor(A,"i",5,"abc"), lambda: a.__class_getitem__(int), lambda:repr(A("w","a'b")), lambda:repr(A("w")), lambda:A("w",[ "a"]).tolist(), lambda:A("i",range(3)), lambda:A("b",b"ab"), lambda:A("w",b"ab\0\0"), lambda:A("i",bytearray(4)), lambda:a.fromfile(3,1), lambda:a.tofile(3), lambda:a.clear(), lambda:A("d",[float("nan")]), lambda:A("i",[1,2,3]).__contains__("x"), lambda:A("i",[5]).count(5.0), lambda:memoryview(A("i",[1])).format, lambda: A("w", "a").__setitem__(0,"bc"), lambda: A("w","ab").frombytes(b"abc"), lambda: a.buffer_info()[1], lambda: A("i",[1])*2**62,lambda: A("w",[1]), lambda: memoryview(A("i",[1])) and a):
    print(attempt(f))
b=A("i",[1,2]); m=memoryview(b)
for f in (lambda: b.append(1), lambda: b.pop(), lambda: b.__setitem__(0,5), lambda: b.__delitem__(0), lambda: b.extend([]), lambda: b.clear(),lambda: b.__imul__(1),lambda: b.__imul__(2),lambda: b.__setitem__(slice(0,1),A("i")),lambda: b.insert(0,1)): print(attempt(f))
# behaviour
for c in array.typecodes.replace('u', ''):
    x = array.array(c, "aé\U0001f600" if c in "uw" else [1, 2, 100])
    print(c, x, x.itemsize, x.typecode, x.tobytes(), x.tolist(), x[0], x[-1], x[1:], x[::-1], x * 2, x + x, list(x), len(x))
    x.byteswap(); y = array.array(c); y.frombytes(x.tobytes()); x.byteswap(); y.byteswap(); print(x == y, x != y, x <= y, x < y[:1])
    for p in range(5):
        f, args = x.__reduce_ex__(p)[:2]
        assert f(*args) == x
x = A("i", range(10))
x.append(5); x.insert(2, -1); x.insert(-100, 7); x.insert(100, 8); x.extend(A("i", [1])); x.extend((2, 3)); x += A("i", [9]); print(x, x.pop(), x.pop(0), x.index(5), x.index(5, 7), x.count(5), 5 in x, "x" in x)
x.remove(5); x.reverse(); print(x); del x[0]; del x[2:4]; del x[::3]; print(x); x[1:3] = A("i", [7] * 4); x[::2] = A("i", [0] * len(x[::2])); x[-1] = 77; print(x); x *= 2; print(x); del x[::-2]; print(x)
x.fromlist([1, 2]); x.frombytes(b"\x01\0\0\0"); print(x, x.buffer_info()[1], x.tolist()); x.clear(); print(x)
import copy
x = A("d", [1.5, 2.5]); print(copy.copy(x), copy.deepcopy(x), memoryview(x).format, memoryview(x).tolist(), bytes(x), A("d", [1]) == A("i", [1]), A("d", [1, 2]) < A("i", [1, 3]), A("b", [1]) == [1])
m = memoryview(x); m[0] = 9.0; print(x); m.release(); x.append(1); print(x)
it = iter(x); print(next(it), it.__reduce__()); it.__setstate__(2); print(list(it), list(it), it.__reduce__())
class S(array.array):
    def __init__(self, *a, k=0): self.k = k
s = S("i", [1, 2], k=3); print(s, s.k, s[:1], type(s + s), s.__reduce_ex__(3)[2], isinstance(s, array.array))
from collections.abc import MutableSequence
print(issubclass(array.array, MutableSequence), array.array, array.ArrayType is array.array)
print(array._array_reconstructor(A, "i", 3, b"\1\2\3\4"), array._array_reconstructor(A, "d", 14, b"\0\0\x80?"), array._array_reconstructor(A, "w", 18, b"a\0b\0"), array._array_reconstructor(A, "h", 7, b"\0\0\0\1"))
class F:
    def __init__(self, b): self.b = b
    def read(self, n): r, self.b = self.b[:n], self.b[n:]; return r
    def write(self, b): self.b += b
f = F(b"\1\0\2\0\3"); x = A("h"); x.fromfile(f, 1); print(x, attempt(x.fromfile, f, 1), x, attempt(x.fromfile, f, 1), attempt(x.fromfile, F(b"\1\0"), 3), x); f = F(b""); x.tofile(f); print(f.b)
match x:
    case [first, *rest]: print(first, rest)
