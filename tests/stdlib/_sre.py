# The re module on top of _sre: patterns, matches, substitution, scanners, errors.
import _sre
import re


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)


print(_sre.MAGIC, _sre.CODESIZE, _sre.MAXREPEAT, _sre.MAXGROUPS, _sre.getcodesize(), _sre.copyright)
print(_sre.ascii_iscased(65), _sre.ascii_iscased(0xE9), _sre.unicode_iscased(0xE9), _sre.unicode_iscased(0x30), _sre.ascii_tolower(65), _sre.unicode_tolower(0xC9))
print(attempt(_sre.unicode_iscased, "a"))

p = re.compile(r"(?P<word>\w+)\s+(?P<num>\d+)?(x)?")
print(repr(p), p.pattern, p.flags, p.groups, p.groupindex, type(p))
m = p.match("hello 42x")
print(m, m.group(), m.group(0), m.group(1), m.group("word", "num"), m[1], m["num"], m.groups(), m.groupdict())
print(m.start(), m.end(1), m.span("num"), m.lastindex, m.lastgroup, m.regs, m.pos, m.endpos, m.string, m.re is p)
m = p.match("hello ")
print(m.groups(), m.groups("-"), m.groupdict(), m.groupdict(0), m.span(2), m.group(2), m.lastindex, m.lastgroup)
print(attempt(m.group, 9), attempt(m.group, "nope"), attempt(m.group, -1), attempt(m.group, None), attempt(m.start, 7), attempt(m.span, "q"), attempt(m.group, 2**70))
print(m.expand(r"\1-\g<word>[\2]"), m.expand("plain"), attempt(m.expand, r"\9"), attempt(m.expand, 3))
import copy

print(copy.copy(m) is m, copy.deepcopy(p) is p, bool(m), re.Pattern[str], re.Match[bytes])
print(attempt(p.match, 1), attempt(p.match, b"a"), attempt(re.compile(b"a").match, "a"), attempt(type(p)), attempt(p.match), attempt(p.sub, "a"))
print(attempt(p.match, "a", "x"), attempt(p.match, "a", pos=None))
print(attempt(_sre.template, p, []), attempt(_sre.template, p, 1), attempt(_sre.compile, "a", 0, [2**40], 0, {}, ()), attempt(_sre.compile, "a", 0, [77], 0, {}, ()))
print(attempt(_sre.compile, "a", 0, 1, 0, {}, ()), attempt(_sre.compile, "a", 0, [], 0, [], ()), attempt(_sre.compile, "a", 0, [], 0, {}, []))
print(attempt(setattr, p, "flags", 1), attempt(setattr, m, "pos", 1))

for flags in (0, re.I, re.A, re.M | re.S, re.X | re.U, re.I | re.A | re.DEBUG * 0):
    print(re.compile("a b", flags))
print(re.compile(b"ab", re.L), re.compile("x" * 300))
print(re.compile("a") == re.compile("a"), re.compile("a") == re.compile("a", re.I), re.compile("a") != re.compile(b"a"), hash(re.compile("a")) == hash(re.compile("a")))
print(attempt(lambda: re.compile("a") < re.compile("b")))

print(re.findall(r"a|b", "abcab"), re.findall(r"(a)|b", "abcab"), re.findall(r"(a)|(b)", "abcab"), re.findall(r"x*", "axb"), re.findall(rb"\d+", b"1 22 333"))
print([m.span() for m in re.finditer(r"\b", "ab cd")], type(re.finditer("a", "a")).__name__)
print(re.split(r"[,;]", "a,b;c"), re.split(r"([,;])", "a,b;c", maxsplit=1), re.split(r"(x)|,", "a,bxc"), re.split(r"\b", "ab cd"), re.split(r"x*", "axbc"))
print(re.sub("a", "b", "banana"), re.sub("a", "b", "banana", count=2), re.subn("(a)(n)", r"\2\1", "banana"), re.sub("x*", "-", "abxd"), re.sub("a", lambda m: m.group().upper(), "banana"))
print(re.sub(r"(?P<q>a)", r"<\g<q>\g<1>\n>", "banana"), re.sub(b"a", rb"\g<0>!", b"banana"), re.sub("a", "", "aaa"), re.subn("z", "y", "banana"))
s = "unchanged" * 2
print(re.sub("z", "y", s) is s, p.sub("", s) == s)
print(attempt(re.sub, "a", lambda m: 1, "ba"), attempt(re.sub, b"a", "x", b"ba"), attempt(re.sub, "a", b"x", "ba"), attempt(re.sub, "a", 1, "ba"), attempt(re.sub, "(a)", r"\2", "ba"))
print(re.sub("a", lambda m: None, "banana"))
print(attempt(re.sub, b"a", lambda m: 1, b"ba"), re.sub(bytearray(b"a") if 0 else b"a", bytearray(b"\\g<0>x"), bytearray(b"banana")))


class S(str):
    pass


t = re.match("a.*", S("abc"))
print(type(t.group()), type(t.string), re.sub("a", S("b"), S("ab")), re.sub("a", S(r"\g<0>z"), S("ab")))

sc = re.compile(r"a|b").scanner("ab-ba")
print(sc, ) if 0 else print(type(sc), sc.pattern)
print(sc.match(), sc.match(), sc.match(), sc.search(), sc.match())
sc = re.compile(r"\w").scanner("ab-ba", 1, 4)
while m := sc.search():
    print(m, m.pos, m.endpos, end=" ")
print()
print([m.group() for m in re.compile(r"").finditer("ab")], [m.span() for m in re.compile("a*?").finditer("aab")])

# widths
for text in ("abc\u00e9d", "abc\u0434\u0435d", "x\U0001f600y\U0001f600"):
    print(re.findall(r"\w", text), re.search(r"[^\x00-\xff]", text), re.sub(r"\w", "\u0416", text), re.split("[\u0434\U0001f600]", text))
print(re.findall("[\u0430-\u044f]+", "\u041f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440", re.I), re.fullmatch("STRASSE", "strasse", re.I), re.match("\u017f", "S", re.I))

# syntax of all sorts
cases = [
    (r"(?<=a)b", "ab"), (r"(?<!a)b", "cb"), (r"a(?=b)", "ab"), (r"a(?!b)", "ac"), (r"(a)?(?(1)b|c)", "ab"), (r"(a)?(?(1)b|c)", "c"),
    (r"(?>a+)b", "aaab"), (r"a++b", "aab"), (r"a*+a", "aaa"), (r"a?+b", "ab"), (r"(?:ab){2,3}", "ababab"), (r"(?:ab){2,3}?", "ababab"), (r"(?:ab){1,2}+c", "ababc"),
    (r"(a|b)*\1", "abab"), (r"^\s*(\w+)\s*=\s*(.*?)\s*$", "  key = value here  "), (r"(?i:A)b", "ab"), (r"(?-i:a)B", "AB"), (r"(?s:.)", "\n"), (r".", "\n"),
    (r"\Aab\Z", "ab"), (r"\Bb", "ab"), (r"[\w.+-]+@[\w-]+\.[\w.]+", "mail bob.x@example.co.uk now"), (r"[^]a]", "b"), (r"\d{3}-\d{4}", "call 555-1234"),
    (r"((a)|b)*?c", "ababc"), (r"(?m)^b$", "a\nb\nc"), (r"(?x) a  b # comment", "ab"), (r"(\w+) \1", "the the"), (r"\N{LATIN SMALL LETTER A}", "a"), (r"\u0041\x42\103", "ABC"),
    (r"(?a)\w+", "\u00e9a"), (r"(?P<n>a)(?P=n)", "aa"), (r"(?=(a+))a*b\1", "aaab"), (r"(x(?=y)|z)+", "zxy"), (r"(|a)+", "aaa"), (r"(?:a|ab)(?:c|bcd)(d*)", "abcd"), (r"\z", "a"),
]
for pattern, text in cases:
    m = attempt(re.search, pattern, text)
    print(pattern, m, m.groups() if hasattr(m, "groups") else "")
for bad in ("(", ")", "[", "a**", "(?P<1>a)", "(?P=x)", r"\1", "(?<=a*)b", "*", "(?z)", "a{2,1}", "[b-a]", r"\q", "(?P<a>b)(?P<a>c)", "x(?i)"):
    try:
        re.compile(bad)
        print("fine", bad)
    except re.error as e:
        print(bad, type(e).__name__, e, e.pos, e.lineno, e.colno)

print(re.escape("a.b*c\n-d"), re.escape(b"a.b"), re.purge())
sc = re.Scanner([(r"[a-z]+", lambda s, t: ("w", t)), (r"\d+", lambda s, t: ("n", int(t))), (r"\s+", None)])
print(sc.scan("abc 12 de!"))
print(re.fullmatch(r"a|ab", "ab"), re.compile("b").fullmatch("abc", 1, 2), re.compile("^b").match("ab", 1), re.compile("^b", re.M).search("a\nb", 1))
print(re.compile("a").search("ba", -5, 100), re.compile("a").search("ba", 2), re.compile("a").search("ba", 0, 1), re.compile("").match("abc", 5), re.compile("").match("abc", 2, 1))
b = bytearray(b"hello world")
m = re.search(rb"w(.)", b)
del b[3:]
print(m.group(), m.span(), m.group(1))
b = bytearray(b"aaa")


def shrink(m):
    try:
        b.clear()
    except BufferError as e:
        print(e)
    return b"x"


print(re.sub(rb"a", shrink, b), re.findall(rb".", memoryview(b"ab")))
print(len(re.findall(r"\w+", "word " * 5000)), re.sub(r"(\w)(\w*)", lambda m: m[2] + m[1], "hello world"), len(re.sub("a", "bb", "a" * 10000)))
import weakref

print(weakref.ref(p)() is p, attempt(weakref.ref, m))
