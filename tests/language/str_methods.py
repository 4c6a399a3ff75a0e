"""Methods of str, and their errors."""
def t(s):
    try: print(s, '->', repr(eval(s)))
    except BaseException as e: print(s, '!!', type(e).__name__, e)
for s in '''"a"+1
"a"+b"x"
"abc"["x"]
"abc"[9]
1 in "abc"
"a"*"b"
"a"*(1<<62)
"a".join([1])
"a".join(["b",2])
"a".join(3)
"a".split("")
"a".split(3)
"a".split(maxsplit=1.0)
"a".replace(1,2)
"a".replace("a",1)
"a".replace("a","b",count="x")
"a".startswith(1)
"a".startswith((1,))
"a".find(1)
"a".find("a","x")
"a".index("q")
"a".rindex("q")
"a".count(1)
"a".strip(1)
"a".lstrip(1)
"a".partition("")
"a".partition(1)
"a".rpartition("")
"a".center("x")
"a".center(5,"xx")
"a".center(5,1)
"a".zfill("x")
"a".removeprefix(1)
"a".encode("foo")
"a".encode(1)
"a".encode("utf-8",1)
"é".encode("ascii")
"éé".encode("ascii")
"\\ud800".encode()
str(b"a","ascii","foo")
str(b"\\xff","ascii")
str("a","ascii")
str(1,"ascii")
str(1,2)
str(1,2,3,4)
str(object=1,foo=2)
str(b"a",encoding=None)
str(b"a",errors="strict")
str()
str(encoding="ascii")
str(object=5)
"a".translate(5)
"a".translate({97:"xx"})
"a".translate({97:None})
"a".translate({97:0x110000})
"a".translate({97:1.5})
str.maketrans(1)
str.maketrans("a","bc")
str.maketrans({"ab":1})
str.maketrans({1.5:1})
str.maketrans("a",1)
str.maketrans("a","b",1)
"a".expandtabs("x")
"a".splitlines(1.5)
"{".format()
"{0}".format()
"{}{1}".format(1,2)
"{a}".format()
"{0.x}".format(1)
"{0[x]}".format([1])
"{!q}".format(1)
"{:{}}".format(1)
"{:{:{}}}".format(1,2,3)
"{a}".format_map(5)
"{}".format_map({})
"a".format_map()
"%d" % "x"
"%d" % 1.5
"%x" % 1.5
"%c" % "xx"
"%c" % 1.5
"%c" % 0x110000
"%s %s" % 1
"%s" % (1,2)
"%(a)s" % 1
"%(a)s" % {}
"%q" % 1
"%*d" % ("x",1)
"%f" % "x"
"%.*f" % (1<<40, 1.0)
"%*d" % (1<<70, 1)
"a" % 1
"a" % {}
"a" % [1]
"a" % "x"
"a".__format__(1)
format("a","d")
format("a","=5")
"a".join(x for x in ["a",1])
"a" < 1
"a".__getnewargs__()
"a".isidentifier(1)
"abc".__contains__(1)
"abc".__getitem__("a")
"abc".__mul__("a")
"abc".__add__(1)
"abc".__mod__(1)
"abc".__rmod__(1)
"abc".__rmod__("%s")
"a".rsplit("",1)
"a".endswith("a",1,2,3)
"a".find()
"a".ljust()
"a".center()
"a".upper(1)
"a".split(1,2,3)
"a".encode(1,2,3)
"x".replace()
"x".replace("a")
"%i" % float("inf")
"%d" % float("nan")
"%a" % "é"
"%5%" % ()
"%.3c" % "a"
"%c" % b"a"
"%s" 
"%" % ()
"%()s" % {"":1}
"%(a" % {}
"%d" % 10**5000
'''.strip().split('\n'): t(s)
