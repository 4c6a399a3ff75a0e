# Caches inside the library: codecs, re, struct, fnmatch, linecache, warnings, typing, textwrap, locale.
from race import *
import re, codecs, struct, fnmatch, linecache, warnings, string, time, random
def regex(k):
    n = random.randrange(800)
    check(re.match(f"a{{{n % 20}}}b{n}", "a" * (n % 20) + f"b{n}") is not None)
    if k == 0 and n < 20: re.purge()
    check(fnmatch.fnmatch(f"x{n}.py", f"x{n}.*"))
def codec(k):
    for c in ("utf-8", "latin-1", "utf-16", "cp1252", "koi8_r", "idna"): codecs.lookup(c)
    check("é".encode("cp1252").decode("cp1252") == "é")
    codecs.register_error("mine", lambda e: ("?", e.end)); check("é".encode("ascii", "mine") == b"?")
def packing(k):
    f = f"<{random.randrange(1, 150)}I"
    check(struct.calcsize(f) == 4 * int(f[1:-1]))
    string.Template("$a").substitute(a=k); time.strptime("2020-01-02", "%Y-%m-%d")
def warn(k):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore"); warnings.warn("x")
    linecache.getline(__file__, 1); linecache.checkcache()
race(regex, codec, packing, warn)
