"""str, bytes, bytearray and memoryview."""
def t(s):
    try: print(s, '->', repr(eval(s)))
    except BaseException as e: print(s, '!!', type(e).__name__, e)
class S(str):
    __slots__=()
class D(str): pass
d=D("héllo"); d.x=5
class B(bytes): pass
class BA(bytearray): pass
class BB:
    log=[]
    def __init__(self): self.data=bytearray(b"xyz"); self.n=0
    def __buffer__(self, flags): self.n+=1; return memoryview(self.data)
    def __release_buffer__(self, v): BB.log.append(("rel",type(v).__name__)); self.n-=1; v.release()
class St:
    def __str__(self): return "ST"
    def __repr__(self): return "RE"
    def __format__(self, f): return "F"+f
    def __bytes__(self): return b"BY"
    def __getitem__(self,k): return "I"+str(k)
    a=5
class BadStr:
    def __str__(self): return 5
    def __repr__(self): return 5
    def __format__(self,f): return 5
    def __bytes__(self): return 5
class SubStr:
    def __str__(self): return D("sub")
class M(dict):
    def __missing__(self,k): return k.upper()
for s in '''type(S("a")+"b"), type(str(S("a"))), type(S("a").strip()), type(S("a")[:]), type(S("a").replace("x","y")), type(S("a")*1)
type(d), d.x, d, len(d), hash(d)==hash("héllo"), d=="héllo", {d:1}["héllo"]
type(S.__new__(S,"abc")), S(b"abc","ascii"), type(S(5))
B(b"abc"), type(B(b"abc")), B("é","utf-8"), B([1,2]), type(B(b"a")+b"b"), type(B(b"a")[:])
BA(b"abc"), type(BA(b"abc")), type(BA(b"abc")[:1]), type(BA(b"a")+b"b"), type(BA(b"a").copy())
type(B.fromhex("ab")), type(BA.fromhex("ab"))
str(St()), repr(St()), format(St(),"x"), f"{St()}", f"{St()!r:>5}", f"{St()!s:>5}", "%s %r"%(St(),St()), bytes(St())
"{0.a} {0[k]} {0[3]} {0!r} {0:zz}".format(St())
"{a.a:{w}}".format(a=St(),w=7)
str(BadStr())
repr(BadStr())
format(BadStr(),"")
bytes(BadStr())
"{x} {y}".format_map(M(x=1))
"%(x)s %(y)s" % M(x=1)
"ß".upper(), "ﬁ".upper(), "İ".lower(), "ΑΣ".lower(), "ǆ".title(), "ß".casefold(), "aBc".swapcase(), "hello world's".title(), "éa".capitalize()
"a\\tb\\tc".expandtabs(4), "ab\\ncd\\x0b\\x1c\\u2028e".splitlines(), "a\\r\\nb".splitlines(True)
" \\u3000a b\\x85".split(), "\\u3000a\\u3000".strip(), "xxaxx".strip("x"), "абв".strip("ав"), "a,b,,c".split(","), "a,b,,c".rsplit(",",1)
"abcabc".rfind("bc"), "abcabc".find("bc",2), "абвабв".find("бв",2), "a😀b".find("😀"), "a😀b".index("b"), "aaa".count("aa"), "abc".count(""), "абв".count("")
"abc".replace("","-"), "abc".replace("","-",2), "aaa".replace("a","б",2), "абв".replace("б","b"), "a😀".replace("😀","x"), "aaaa".replace("aa","")
"abc"[::-1], "абв"[::2], "😀a"[1], "😀a"[1:], "é"[0:1], "abc"[5:], "abc"[-2:], "abc"[2:1]
"a".center(4,"é"), "a".ljust(3,"😀"), "-5".zfill(5), "+".zfill(3), "é".rjust(3), "abc".center(6), "abc".center(8)
"ab".join(["1","é","😀"]), "".join([]), "x".join(["a"]), ",".join(("a","b")), "".join(c for c in "abc"), ",".join({"k":1})
"abc".partition("b"), "abc".rpartition("z"), "aXbXc".rpartition("X")
"abc".isidentifier(), "1a".isidentifier(), "".isidentifier(), "é".isidentifier(), "a\\n".isprintable(), "".isprintable(), "½".isnumeric(), "²".isdigit(), "٣".isdecimal(), "".isascii()
"abc".translate({97:"X",98:None,99:0x1f600}), "abc".translate(str.maketrans("ab","xy","c")), str.maketrans({"a":"b",3:None}), "héé".translate({233:"e"})
"é😀\\ud800".encode("utf-8","surrogatepass"), "a\\udcff".encode("utf-8","surrogateescape"), b"a\\xff".decode("utf-8","surrogateescape"), b"\\xed\\xa0\\x80".decode("utf-8","surrogatepass")
"é€".encode("ascii","xmlcharrefreplace"), "é€".encode("ascii","namereplace"), "é€".encode("ascii","backslashreplace"), "é€".encode("latin-1","replace"), b"a\\xe9".decode("ascii","backslashreplace"), b"a\\xe9\\xff".decode("utf8","replace"), b"\\xe2\\x82".decode("utf8","ignore")
"é".encode("utf-16"), "😀".encode("utf-16-le"), "a".encode("utf-32"), "a".encode("utf-32-be"), b"\\xff\\xfea\\x00".decode("utf-16"), b"\\x00\\x00".decode("utf-16-le"), "é".encode("utf-7"), "é\\n".encode("unicode_escape"), b"\\\\xe9\\\\n\\\\N{BULLET}".decode("unicode_escape"), "ж".encode("raw_unicode_escape")
b"\\xff\\xfe\\x00".decode("utf-16")
b"\\xd8\\x00".decode("utf-16-be")
b"abc\\x80def".decode("utf-8")
b"abc\\xe2\\x82".decode("utf-8")
b"\\xe2\\x28\\xa1".decode("utf-8")
b"\\xf0\\x28\\x8c\\x28".decode("utf-8")
[c for c in "aé😀"], list("abc"), list(iter("é")), "é" in "aé", "" in "", "😀" in "abc"
"a"<"b", "a"<"é", "é"<"😀", "abc"=="abd", "a"!="a", "é">="e", "ab"<"abc"
repr("a'b"), repr('a"b'), repr("a'b\\""), repr("é\\x00\\x7f\\u200b\\U0010ffff\\ud800\\n"), ascii("é😀\\x80")
repr(b"a'b\\x00\\xff\\t"), repr(b"'\\""), str(b"a"), bytes(b"abc")[::-1], b"abc"[-1], b"abcdef"[1:5:2]
"%5s|%-5s|%05d|%+d|% d|%x|%X|%#x|%#o|%o|%e|%.3g|%c|%c|%%|%r|%a" % ("a","b",42,3,4,255,255,255,8,8,1.5,1234.5,65,"é","x","é")
"%-10.3s|" % "abcdef", "%*d" % (5,3), "%-*d|" % (5,3), "%.2f" % 2.675, "%5.1f%%" % 99.5, "%s" % None, "%s" % ((1,2),), "%(a)s-%(b)05.1f" % {"a":1,"b":2.5}
"{:>10}|{:^10}|{:*<10}|{:10}".format("a","b","c","d"), "{:,}".format(1234567), "{:.2%}".format(.5), "{:#x}".format(255), "{{}}".format(), "{:{}}".format("a",5), "{!s:.2}".format("abc")
b"%s|%5d|%-5s|%x|%c|%b" % (b"a",3,b"b",255,65,bytearray(b"z"))
bytes(BB()), BB.log
memoryview(BB())[1], BB.log
"".__add__("x"), "a".__contains__("a"), "a".__rmul__(3), "abc".__len__(), "%d".__mod__(3), "a".__getnewargs__()
"ab\\x00c".find("\\x00"), "a"*5, 3*"ab", "é"*3, "😀"*2, ""*10, "ab"*0, "ab"*-1
"A".lower() is not None, "abc".startswith(("x","a")), "abc".endswith("c",1,3), "abc".startswith("",5), "abc".startswith("",3), "abc".find("",4), "abc".find("",3)
'x'.ljust(1<<40)
'x'.zfill(1<<62)
'x'.expandtabs(1<<40)
b'x'.ljust(1<<62)
bytearray(1<<62)
'x'.replace('x','y'*10)*3
"{0:{1}}".format("a", 1<<40)
"%*s" % (1<<40, "a")
'''.strip().split('\n'): t(s)
def f():
    s=""
    for i in range(20000): s+="é" if i%100==0 else "x"
    return len(s), s.count("é"), hash(s)==hash("".join("é" if i%100==0 else "x" for i in range(20000)))
print(f())
b=bytearray()
for i in range(1000): b.append(i%256)
del b[:500]; b[0:0]=b"zz"; b[10:20]=b""; del b[::3]; b.insert(3,7); b.reverse()
print(len(b), sum(b), bytes(b[:20]))
b=bytearray(b"abcdefgh"); del b[1::2]; print(b); b[::2]=b"XY"; print(b); b[1:1]=b; print(b); b*=2; print(b); del b[-1:]; print(b); b[5:2]=b"q"; print(b); b[::-1]=bytes(b); print(b)
b=bytearray(b"abcdefgh"); del b[6:1:-2]; print(b)
m=memoryview(bytearray(range(24))).cast("B",[2,3,4]); print(m.tolist(), m.tobytes("F"), m.strides, m[1,2,3])
m=memoryview(bytearray(b"abcdef")); m[1:3]=b"ZZ"; m[::2]=b"123"; print(m.tobytes(), m[::-2].tolist()); m[0:4]=m[2:6]; print(m.tobytes())
with memoryview(b"x") as q: print(q[0])
try: q[0]
except ValueError as e: print(e)
x=memoryview(bytearray(b"abc")); y=bytearray(b"z")
e=UnicodeEncodeError("ascii","é",0,1,"bad"); print(e, e.encoding,e.object,e.start,e.end,e.reason)
try: "aé".encode("ascii")
except UnicodeEncodeError as e: print(e.encoding,e.object,e.start,e.end,e.reason,e.args)
try: b"a\xff".decode("ascii")
except UnicodeDecodeError as e: print(e.encoding,e.object,e.start,e.end,e.reason,e.args)
it=iter("abc"); next(it); print(it.__reduce__(), it.__length_hint__()); it.__setstate__(0); print(list(it), type(it), type(iter("é")))
