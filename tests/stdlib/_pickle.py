# _pickle: all protocols, objects of all sorts, hooks, broken pickles.
import _pickle as P
import copyreg
import sys


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e), getattr(e, "__notes__", None)


def module_function(x):
    return x


class Plain:
    def __init__(self, **kw):
        self.__dict__.update(kw)

    def __eq__(self, other):
        return type(self) is type(other) and self.__dict__ == other.__dict__

    class Inner:
        def method(self):
            return 1


class Slots:
    __slots__ = ("a", "b")

    def __eq__(self, other):
        return (self.a, self.b) == (other.a, other.b)


class State:
    def __getstate__(self):
        return ("state", self.x)

    def __setstate__(self, s):
        self.x = s

    def __eq__(self, other):
        return True


class NewArgs(int):
    def __new__(cls, a, b):
        self = super().__new__(cls, a)
        self.b = b
        return self

    def __getnewargs__(self):
        return int(self), self.b


class NewArgsEx:
    def __new__(cls, a, *, k):
        self = super().__new__(cls)
        self.v = (a, k)
        return self

    def __getnewargs_ex__(self):
        return (self.v[0],), {"k": self.v[1]}

    def __eq__(self, other):
        return self.v == other.v


class L(list):
    pass


class D(dict):
    pass


class S(set):
    pass


class Setter:
    def __reduce__(self):
        return Setter, (), {"x": 1}, None, None, set_state

    def __eq__(self, other):
        return self.__dict__ == other.__dict__


def set_state(obj, state):
    obj.got = state


import enum


class Color(enum.Enum):
    RED = 1


slots = Slots()
slots.a, slots.b = 1, [2]
state = State()
state.x = 5
lst = L([1, 2])
lst.attr = 3
dct = D(a=1)
values = [
    None, True, False, 0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -(2**31), 2**63, -(2**63), 2**200, -(2**200), 2**2100, 1.5, -0.0, float("inf"), 1e300,
    "", "abc", "é€\U0001f600", "\ud800", "line\n\\\0\r\x1a", "x" * 300, b"", b"ab\xff", b"y" * 300, bytearray(b""), bytearray(b"zz"), (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], [1, 2], list(range(2500)),
    {}, {1: 2}, {1: 2, 3: 4}, {str(i): i for i in range(2100)}, set(), {1}, frozenset(), frozenset([1]), 1j, range(3), slice(1, 2, 3), Ellipsis, NotImplemented, type(None), type(...), int, len, module_function, Plain, Plain.Inner, Plain.Inner.method,
    Plain(a=1, b=[2]), slots, state, NewArgs(3, "b"), NewArgsEx(1, k=2), lst, dct, S([1]), Setter(), Color.RED, [].append, ValueError("x", 1), copyreg, sys, (i for i in ()), lambda: 1, object, memoryview,
]
for v in values:
    for proto in range(6):
        d = attempt(P.dumps, v, proto)
        if not isinstance(d, bytes):
            if proto in (0, 2, 5) and not callable(v):
                print(proto, d)
            continue
        if len(d) < 200:
            print(proto, d)
        else:
            print(proto, len(d), hash(d) == hash(bytes(d)), d[:30], d[-30:], sum(d))
        w = P.loads(d)
        if callable(v) or isinstance(v, (BaseException,)):
            continue
        if not (w == v and type(w) is type(v)):
            print("DIFFERENT", type(v))
x = P.loads(P.dumps(lst))
print(x, x.attr, type(x))
shared = [1]
r = P.loads(P.dumps([shared, shared, (shared,)]))
print(r[0] is r[1], r[2][0] is r[0])
rec = []
rec.append(rec)
recd = {}
recd["self"] = recd
rect = ([],)
rect[0].append(rect)
recs = Plain()
recs.me = recs
recf = Plain()
recf.s = frozenset([recf]) if False else {1: recf}
for proto in range(6):
    a, b, c, e, f = (P.loads(P.dumps(o, proto)) for o in (rec, recd, rect, recs, recf))
    print(a[0] is a, b["self"] is b, c[0][0] is c, e.me is e, f.s[1] is f, P.dumps(rec, proto), P.dumps(rect, proto))
big = [b"z" * 70000, "s" * 70000, list(range(30000)), bytearray(b"q" * 70000)]
for proto in (2, 4, 5):
    d = P.dumps(big, proto)
    print(len(d), sum(d), P.loads(d) == big)


class File:
    def __init__(self, data=b""):
        self.data, self.log = data, []

    def write(self, b):
        self.log.append(len(b))
        self.data += bytes(b)

    def read(self, n=-1):
        r, self.data = (self.data[:n], self.data[n:]) if n >= 0 else (self.data, b"")
        return r

    def readline(self):
        i = self.data.find(b"\n") + 1 or len(self.data)
        r, self.data = self.data[:i], self.data[i:]
        return r


for proto in range(6):
    f = File()
    P.dump(big, f, proto)
    P.dump("second", f, protocol=proto)
    print(f.log, P.load(f) == big, P.load(f), f.data, attempt(P.load, f))
f = File()
p = P.Pickler(f, 2)
p.dump(shared)
p.dump(shared)
print(f.data, p.bin, p.fast, type(p.memo), len(p.memo.copy()), p.memo.copy()[id(shared)])
u = P.Unpickler(f)
a, b = u.load(), u.load()
print(a is b, u.memo.copy(), type(u.memo))
p.clear_memo()
p.dump(shared)
print(f.data)
p.fast = True
p.dump([shared, shared])
print(f.data, p.fast)
q = P.Pickler(File())
q.memo = p.memo
q.memo = {1: (0, "x")}
print(list(q.memo.copy().values()), attempt(setattr, q, "memo", 5), attempt(setattr, u, "memo", 5), attempt(setattr, u, "memo", {"a": 1}), q.memo.clear(), q.memo.copy(), q.memo.__reduce__())


class PP(P.Pickler):
    def persistent_id(self, obj):
        return ("pid", obj.n) if isinstance(obj, Plain) and hasattr(obj, "n") else None


class UU(P.Unpickler):
    def persistent_load(self, pid):
        return ["loaded", pid]

    def find_class(self, module, name):
        print("find", module, name)
        return super().find_class(module, name)


for proto in range(6):
    f = File()
    PP(f, proto).dump([Plain(n=1), len, Plain(z=2)])
    print(f.data)
    print(attempt(P.loads, f.data))
    r = UU(f).load()
    print(r[:2], r[2].__dict__)
f = File()
p = P.Pickler(f)
p.persistent_id = lambda o: "pid" if o == 3 else None
p.dump([1, 3])
u = P.Unpickler(f)
u.persistent_load = lambda pid: pid * 2
print(u.load())


class RO(P.Pickler):
    def reducer_override(self, obj):
        if isinstance(obj, type) and obj.__name__ == "Plain":
            return str, ("override",)
        return NotImplemented


f = File()
RO(f).dump([Plain, int])
print(P.load(f))
f = File()
p = P.Pickler(f, 4)
print(attempt(getattr, p, "dispatch_table"))
p.dispatch_table = {Plain: lambda o: (str, (repr(sorted(o.__dict__)),))}
p.dump(Plain(k=1))
print(P.load(f))
copyreg.pickle(Plain.Inner, lambda o: (str, ("inner",)))
print(P.loads(P.dumps(Plain.Inner())))
copyreg.add_extension("__main__", "module_function", 0x123)
for proto in (1, 2, 4):
    d = P.dumps(module_function, proto)
    print(d, P.loads(d) is module_function)
bufs = []
pb = P.PickleBuffer(bytearray(b"abc"))
d = P.dumps([pb, P.PickleBuffer(b"ro")], 5, buffer_callback=bufs.append)
print(d, len(bufs), [bytes(b) for b in P.loads(d, buffers=bufs)], attempt(P.loads, d), attempt(P.loads, d, buffers=[1]), P.dumps(pb, 5), P.loads(P.dumps(pb, 5)))
print(bytes(pb.raw()), bytes(pb), memoryview(pb)[1], pb.release(), attempt(pb.raw), attempt(bytes, pb), attempt(P.PickleBuffer, 5))
for data in (b"", b".", b"x", b"\x80", b"\x80\x09.", b"\xff", b"K", b"K\x01", b"(.", b"a.", b"N.", b"h\x05.", b"g5\n.", b"gx\n.", b"t.", b"\x93.", b"Nb.", b"I01", b"Ix\n.", b"I5\n.", b"I01\n.", b"L5L\n.", b"S'a'\n.", b'S"a\\n"\n.', b"Sa\n.", b"S'a\n.", b"ccopyreg\nnope\n.", b"cnope\nx\n.", b"cos\n.", b"\x82\x05.", b"\x82\x00.", b"P1\n.", b"NQ.", b"\x97.", b"\x95\x05\0\0\0\0\0\0\0N.", b"\x95\x01\0\0\0\0\0\0\0NN.", b"\x96\xff\xff\xff\xff\xff\xff\xff\x7f.", b"B\xff\xff\xff\xff.", b"X\x05\0\0\0ab", b"\x8a\x02\x01", b"0.", b"1.", b"2.", b"R.", b"NNR.", b"N)R.", b"N)\x81.", b"}Ns.", b"NN(a.", b"p0\n.", b"Np-1\n.", b"](NNe.", b"(lp0\n.", b"(dp0\n.", b"]K\x01a.", b"}(K\x01K\x02u.", b"\x8f(K\x01\x90.", b"(K\x01\x91.", b"V\\u00e9\n.", b"U\x01\xff.", b"T\x01\0\0\0a.", b"c__builtin__\nxrange\n.", b"(i__builtin__\nlist\n.", b"(c__builtin__\nlist\no.", b"\x98.", b"N(0.", b"K\x01K\x022."):
    print(data, attempt(P.loads, data))
print(P.loads(b"U\x01\xff.", encoding="latin1"), P.loads(b"U\x01\xff.", encoding="bytes"), P.loads(b"U\x01\xff.", errors="replace"), P.loads(b"c__builtin__\nlong\n."), attempt(P.loads, b"c__builtin__\nlong\n.", fix_imports=False))


class R:
    def __init__(self, v):
        self.v = v

    def __reduce__(self):
        return self.v


for v in (1, (), (1,), (1, 2), (int, 2), (int, ()), (int, (), None, 1), (int, (), None, None, 1), (int, (), None, None, None, 1), (1, 2, 3, 4, 5, 6, 7), (copyreg.__newobj__, ()), (copyreg.__newobj__, (1,)), (copyreg.__newobj__, (int,)), (copyreg.__newobj_ex__, (1,))):
    print(len(v) if isinstance(v, tuple) else v, attempt(P.dumps, R(v)))
print(attempt(P.dumps, {"k": [R(1)]}), attempt(P.dumps, (1, lambda: 1))[0], attempt(P.dumps, Plain(a=(i for i in ()))))
print(attempt(P.dumps, 1, 6), attempt(P.dumps, 1, -1), attempt(P.dumps), attempt(P.Pickler), attempt(P.Pickler, 5), attempt(P.Unpickler, 5), attempt(P.loads, "x"), attempt(P.loads, b"N.", encoding=5), attempt(P.dumps, 1, 4, buffer_callback=print), attempt(P.load, 5), attempt(P.dump, 1, 5), attempt(P.dumps, P.PickleBuffer(b"a"), 4))


class NoInit(P.Pickler):
    def __init__(self):
        pass


class NoInitU(P.Unpickler):
    def __init__(self):
        pass


print(attempt(NoInit().dump, 1), attempt(NoInitU().load), P.PicklingError.__mro__[:3], P.UnpicklingError.__mro__[1], P.Pickler, P.Unpickler, P.PickleBuffer)
deep = []
for _ in range(100000):
    deep = [deep]
print(attempt(P.dumps, deep)[0])
