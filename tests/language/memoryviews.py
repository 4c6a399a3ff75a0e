"""memoryview, and bytearrays with exports."""
def t(s):
    try: print(s, '->', repr(eval(s)))
    except BaseException as e: print(s, '!!', type(e).__name__, e)
def rel():
    m=memoryview(b"abc"); m.release(); return m
class B:
    def __buffer__(self, flags): return memoryview(b"xyz")
    def __release_buffer__(self, v): pass
class B2:
    def __buffer__(self, flags): return 3
for s in '''memoryview(1)
memoryview("a")
memoryview()
memoryview(b"abc")[1]
memoryview(b"abc")[5]
memoryview(b"abc")["x"]
memoryview(b"abc")[1.5]
memoryview(b"abc")[0:2].tobytes()
memoryview(b"abc")[::-1].tobytes()
memoryview(b"abc")[::-1].contiguous
memoryview(b"abc")[0,0]
memoryview(b"abc")[0:1,0:1]
memoryview(b"abc")[...]
memoryview(b"abc")[()]
memoryview(b"abc")[...,0]
memoryview(b"abc").__setitem__(0,1)
memoryview(ba(b"abc")).__setitem__(0,256)
memoryview(ba(b"abc")).__setitem__(0,"x")
memoryview(ba(b"abc")).__setitem__(0,b"x")
memoryview(ba(b"abc")).__setitem__(9,1)
memoryview(ba(b"abc")).__setitem__("x",1)
memoryview(ba(b"abc")).__setitem__(slice(0,2),b"x")
memoryview(ba(b"abc")).__setitem__(slice(0,2),b"xy")
memoryview(ba(b"abc")).__setitem__(slice(0,2),1)
memoryview(ba(b"abc")).__delitem__(0)
memoryview(b"abc").__delitem__(0)
len(memoryview(b"abc"))
memoryview(b"abcd").cast("i")[0]
memoryview(b"abc").cast("i")
memoryview(b"abcd").cast("x")
memoryview(b"abcd").cast("ii")
memoryview(b"abcd").cast(1)
memoryview(b"abcd").cast("B",[2,2]).tolist()
memoryview(b"abcd").cast("B",[2,2])[1,1]
memoryview(b"abcd").cast("B",[2,2])[1]
memoryview(b"abcd").cast("B",[2,2])[1,2]
memoryview(b"abcd").cast("B",[2,2])[0:1].tolist()
memoryview(b"abcd").cast("B",[2,2])[0:1,0:1]
memoryview(b"abcd").cast("B",[2,2])[1,1,1]
memoryview(b"abcd").cast("B",[2,3])
memoryview(b"abcd").cast("B",3)
memoryview(b"abcd").cast("B",[-1])
memoryview(b"abcd").cast("B",["x"])
memoryview(b"abcd").cast("B",[])
memoryview(b"a").cast("B",[])[()]
memoryview(b"a").cast("B",[])[0]
memoryview(b"a").cast("B",[]).tolist()
len(memoryview(b"a").cast("B",[]))
memoryview(b"abcd").cast("B",[2,2]).cast("B").tolist()
memoryview(b"abcdefgh").cast("i").cast("h")
memoryview(b"abcd")[::2].cast("B")
memoryview(b"abcd").cast("B",[2,2]).cast("B",[4,1])
memoryview(b"abcdefgh").cast("d")[0]
memoryview(b"abcd").cast("c")[0]
memoryview(b"abcd").cast("?").tolist()
memoryview(b"abcd").cast("f").tolist()
memoryview(b"ab").cast("e").tolist()
memoryview(b"abcdefgh").cast("P").tolist()
memoryview(b"abcdefgh").cast("n").tolist()
memoryview(b"abcd").cast("@i").format
memoryview(b"abcd").cast("<i")
memoryview(b"abcd").tolist()
memoryview(b"abcd").hex(":",2)
memoryview(b"abcd")[::2].hex()
memoryview(b"abcd").toreadonly().readonly
memoryview(b"abca").count(97)
memoryview(b"abca").index(97)
memoryview(b"abca").index(97,1)
memoryview(b"abca").index(5)
memoryview(b"abca").count("x")
rel().tobytes()
rel()[0]
len(rel())
repr(memoryview(b""))[:15]
rel().release()
rel().format
hash(rel())
rel() == rel()
rel() == b"abc"
hash(memoryview(b"abc")) == hash(b"abc")
hash(memoryview(ba(b"abc")))
hash(memoryview(b"abcd").cast("i"))
hash(memoryview(b"abcd")[::2]) == hash(b"ac")
memoryview(b"abc") == b"abc"
memoryview(b"abc") == "abc"
memoryview(b"abc") < b"abc"
memoryview(b"abcd").cast("i") == memoryview(b"abcd")
memoryview(b"abc").tobytes("X")
memoryview(b"abc").tobytes(order="F")
memoryview(b"abcd").cast("B",[2,2]).tobytes("F")
memoryview(b"abc").nbytes, memoryview(b"abc").itemsize, memoryview(b"abc").ndim, memoryview(b"abc").shape, memoryview(b"abc").strides, memoryview(b"abc").suboffsets
memoryview(b"abc").c_contiguous, memoryview(b"abc").f_contiguous, memoryview(b"abc").contiguous
memoryview(b"abc").obj
memoryview(memoryview(b"abc")).obj
list(memoryview(b"abc"))
list(reversed(memoryview(b"abc")))
97 in memoryview(b"abc")
"x" in memoryview(b"abc")
bytes(memoryview(b"abc")[::2])
b"".join([memoryview(b"abc")[::2]])
b"x".find(memoryview(b"abc")[::2])
ba(memoryview(b"abcd").cast("i"))
memoryview._from_flags(b"x", 1)
memoryview._from_flags(b"x", "a")
type(iter(memoryview(b"abc")))
iter(memoryview(b"abcd").cast("B",[2,2]))
iter(memoryview(b"a").cast("B",[]))
memoryview(B()).tobytes()
bytes(B())
memoryview(B()).obj.__class__
memoryview(B2())
bytes(B2())
memoryview(ba(b"abc")).cast("b").__setitem__(0,200)
memoryview(ba(b"abcd")).cast("i").__setitem__(0,1<<40)
memoryview(ba(b"abcd")).cast("i").__setitem__(0,1.5)
memoryview(ba(b"abcd")).cast("f").__setitem__(0,"x")
memoryview(ba(b"abcd")).cast("c").__setitem__(0,"x")
memoryview(ba(b"abcd")).cast("c").__setitem__(0,b"xx")
memoryview(ba(b"abcd")).cast("?").__setitem__(0,"")
memoryview(ba(b"abcdefgh")).cast("P").__setitem__(0,-1)
memoryview(ba(b"abcd")).cast("B",[2,2]).__setitem__((0,1),5)
memoryview(ba(b"abcd")).cast("B",[2,2]).__setitem__(0,5)
memoryview(ba(b"abcd")).cast("B",[2,2]).__setitem__((0,9),5)
memoryview(ba(b"abcd")).cast("B",[2,2]).__setitem__(slice(0,1),b"ab")
memoryview(ba(b"abcd")).__setitem__(slice(0,4),memoryview(b"abcd").cast("b"))
memoryview.__class_getitem__(int)
memoryview(b"a").__exit__(None,None,None)
memoryview(b"abcd").cast("B",shape=[2,2]).shape
memoryview(b"abcd").cast("B",[2,2]).strides
memoryview(b"abcd").cast("B",(2,1,2)).tolist()
memoryview(b"").tolist()
memoryview(b"").cast("i").tolist()
memoryview(b"").cast("B",[0])
memoryview(b"abcd").cast("B",[0])
memoryview(b"").cast("B",[1<<40,1<<40])
memoryview(b"abc").index("x")
memoryview(b"abcd").cast("B",[2,2]).index(1)
memoryview(b"abcd").cast("B",[2,2]).count(1)
'''.strip().split('\n'): t(s)
try: m.release(); print("rel ok", n[0])
except BaseException as e: print(type(e), e)
class C:
    pass
for f in ("b.append(1)","b.extend(b'')","b.extend(b'x')","b.__delitem__(0)","b.clear()","b.pop()","b.__init__(b'xyz')","b.__init__(b'xyzw')","b.insert(0,1)", "b.resize(3)","b.resize(4)","b.__imul__(2)","b.__iadd__(b'')","b.__iadd__(b'q')","b.__setitem__(slice(0,1),b'')","b.reverse()","b.remove(97)", "m.release()"):
    t(f)
t("b.__iadd__(b)"); t("b.extend(b)"); t("b")
