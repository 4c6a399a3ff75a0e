"""Writes the golden files that the unit tests of this crate compare with.

Run with the reference interpreter from the repository root:

    python3.14 text/goldens/generate.py [name ...]

Every golden is a function registered by @golden that yields tuples of fields. Values are chosen by a fixed seed.
"""

import math
import os
import random
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDENS = {}


def golden(function):
    GOLDENS[function.__name__] = function
    return function


def escape_field(field):
    out = []
    for c in str(field):
        if c == "\\":
            out.append("\\\\")
        elif c in "\t\n\r":
            out.append({"\t": "\\t", "\n": "\\n", "\r": "\\r"}[c])
        elif 32 <= ord(c) < 127:
            out.append(c)
        else:
            out.append("\\u{%x}" % ord(c))
    return "".join(out)


def bits(x):
    return struct.pack(">d", x).hex()


def attempt(function, *args):
    """The result as text, or the exception's type and message."""
    try:
        return function(*args)
    except Exception as e:
        return f"{type(e).__name__}: {e}"


def some_floats(rng, n):
    special = [0.0, -0.0, 1.0, -1.0, 0.1, 0.5, 1.5, 2.5, 1e16, 1e15, 123456789012345680.0, 9999999999999998.0,
               1e-4, 1e-5, 0.00012345, 1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, 1e22, 1e23,
               math.inf, -math.inf, math.nan, 1 / 3, 2 / 3, 100.0, 1e100, 0.25, 0.125, 9.5, 99.5, 999999.5, 4503599627370497.5]
    yield from special
    for _ in range(n):
        kind = rng.randrange(4)
        if kind == 0:
            x = struct.unpack("<d", rng.randbytes(8))[0]
            if x == x:
                yield x
        elif kind == 1:
            yield round(rng.uniform(-1e6, 1e6), rng.randrange(6))
        elif kind == 2:
            yield float(rng.randrange(-10 ** rng.randrange(1, 20), 10 ** rng.randrange(1, 20)))
        else:
            yield rng.randrange(-1000, 1000) / 2 ** rng.randrange(8)


@golden
def float_repr(rng):
    for x in some_floats(rng, 600):
        yield bits(x), repr(x), x.hex()


@golden
def float_round(rng):
    for x in some_floats(rng, 500):
        for n in rng.choices(range(-6, 10), k=2) + rng.choices(range(-330, 330), k=1):
            try:
                yield bits(x), n, bits(round(x, n))
            except OverflowError:
                yield bits(x), n, "overflow"


@golden
def float_parse(rng):
    cases = ["", ".", "1", "+1", "-1", "1.", ".1", "1e", "1e5", "1E+5", "1e-5", "e5", ".e5", "1_0", "1__0", "_1", "1_", "1_.0",
             "1._0", "1.0_1", "1e1_0", "1_e5", "1e_5", "inf", "-inf", "+Infinity", "infin", "nan", "-nan", "+NaN", "nan()", "0x10", "1e400",
             "-1e400", "1e-400", "1 2", "--1", "+-1", "1.5.2", "1e5.0", "1f", "i_nf", "0_0", "00012", "9007199254740993", "1e23",
             "2.2250738585072011e-308", "179769313486231580793728971405301e277", "1" * 400, "0." + "0" * 400 + "1"]
    for _ in range(300):
        cases.append("".join(rng.choices("0123456789.eE+-_", k=rng.randrange(1, 7))))
    for text in cases:
        try:
            yield text, bits(float(text))
        except ValueError:
            yield text, "error"


@golden
def float_fromhex(rng):
    cases = ["", "0x", "x1", "0x1p", "0x1p0", "1p3", " 0x1.8p+1 \n", "-0X1.8P-1", "inf", "-infinity", "nan", "-nan", "0x.8", "0x8.", "0x.",
             "0x1p1024", "0x1.fffffffffffff7p1023", "0x1.fffffffffffff8p1023", "0x1p-1074", "0x1p-1075", "0x1.8p-1075", "0x1.0000001p-1075",
             "0x0.0000000000001p-1022", "0x1p999999999999999999999999", "0x0p9999999999999999999999", "0x1p-99999999999999999999",
             "0x" + "0" * 100 + "1" + "0" * 100 + "p-400", "0x1.00000000000008p0", "0x1.000000000000081p0", "0x1.00000000000018p0",
             "0x1.ffffffffffffffp0", "0x1.fffffffffffff8p-1023", "0x0.fffffffffffff8p-1022", "0x1..0", "0x1_0", "++1", "0x 1"]
    for _ in range(200):
        cases.append("0x%x.%xp%d" % (rng.getrandbits(rng.randrange(1, 90)), rng.getrandbits(rng.randrange(1, 90)), rng.randrange(-1150, 1000)))
    for text in cases:
        try:
            yield text, bits(float.fromhex(text))
        except (ValueError, OverflowError) as e:
            yield text, type(e).__name__


@golden
def int_parse(rng):
    cases = [(t, b) for t in ["", "0", "00", "0_0", "01", "0_1", "-0", "+5", "- 5", "--5", "0x", "0x_1", "0x1", "0X1F", "0b101", "0b102", "0o17", "0_x1",
             "_1", "1_", "1__2", "1_000", " \t12\x0b\n", "\x0c7", "1 2", "0x_", "0x__1", "zz", "Zz", "9223372036854775807", "9223372036854775808",
             "-9223372036854775808", "-9223372036854775809", "1" * 100, "f" * 17, "0b" + "1" * 63, "0b" + "1" * 64, "-0b1" + "0" * 63, "1.0", "1e5"]
             for b in (0, 2, 8, 10, 16, 36)]
    cases += [(t, b) for t in ["1" * 4300, "1" * 4301, "0" * 4301, "1" * 4301 + "x", "1_" * 4300 + "1", "1" * 4299 + "_1_"] for b in (0, 3, 10)]
    for _ in range(300):
        cases.append(("".join(rng.choices("0123456789abxo_-+ ", k=rng.randrange(1, 7))), rng.choice([0, 2, 8, 10, 12, 16, 36])))
    for text, base in cases:
        try:
            value = str(int(text, base))
        except ValueError as e:
            value = "invalid" if "invalid literal" in str(e) else str(e)
        yield text, base, value


def some_spec(rng):
    def maybe(p, f):
        return f() if rng.random() < p else ""
    return "".join([
        maybe(.3, lambda: maybe(.6, lambda: rng.choice("*0x\u20ac")) + rng.choice("<>^=")),
        maybe(.25, lambda: rng.choice("+- ")),
        maybe(.1, lambda: "z"),
        maybe(.2, lambda: "#"),
        maybe(.25, lambda: "0"),
        maybe(.5, lambda: str(rng.randrange(30))),
        maybe(.25, lambda: rng.choice([",", "_", ",", "_", ",_", "_,"])),
        maybe(.3, lambda: "." + maybe(.9, lambda: str(rng.randrange(12))) + maybe(.2, lambda: rng.choice([",", "_", ",_"]))),
        maybe(.8, lambda: rng.choice("bcdeEfFgGnosxX%dfgdfgdfgr?\x07\u0665")),
    ])


@golden
def format(rng):
    import builtins
    values = {
        "str": ["", "abc", "h\xe9llo", "\u65e5\u672c"],
        "int": [0, 1, -1, 65, 1234567, -1234567, 0x10ffff, 2 ** 63, -2 ** 80, 10 ** 30, 0x110000, -5],
        "float": [0.0, -0.0, 1.0, -1.5, 1234567.891, 1e16, 1e-7, 123456789012345680.0, -0.0001, 2.5, 0.5, float("inf"), float("-inf"),
                  float("nan"), 1e300, 99999.95],
        "complex": [0j, 1j, -1j, 1 + 2j, -1.5 - 2.25j, complex(-0.0, 1), 1234567 + 1e-7j, complex("inf"), complex("nanj"), 1e20 + 1e3j],
    }
    fixed = ["", "5", "<5", "^7", "010", "+", " ", ",", "_", ".3", "999999999999999999999", ".99999999999999999999", "dd", "\u0663", "\u0663d", ".2147483648f",
             "d ", "=5", "c", ".", "._", ".,f", ".5,f", ".7_f", "\u20ac>8", "z.1f", "zd", "#x", "#010b", "_x", ",x", ",n", ",c", ",s", "_s", ".3,n", ",\x07", ",\u20ac"]
    for kind, choices in values.items():
        for value in choices:
            for spec in fixed + [some_spec(rng) for _ in range(30)]:
                shown = f"{value.real!r} {value.imag!r}" if kind == "complex" else str(value)
                yield kind, shown, spec, attempt(builtins.format, value, spec)


@golden
def percent(rng):
    cases = [("%", 1), ("a%%b", 1), ("%5%", 1), ("%.f", 2.5), ("%y", 1), ("%\x01", 1), ("%9999999999999999999d", 1), ("%.2147483648d", 1), ("%.", 1), ("%ld", 5), ("%hhd", 1),
             ("%-05d", 3), ("%05s", 3), ("%#5.3o", 8), ("%+.3x", 255), ("%05f", float("inf")), ("%F", float("-inf")), ("%G", float("nan"))]
    for _ in range(1200):
        format = "%" + "".join(rng.choices("-+ #0", k=rng.randrange(4))) + rng.choice(["", "", "5", "12", "20"])
        format += rng.choice(["", "", ".", ".0", ".3", ".10"]) + rng.choice(["", "l"]) + rng.choice("diuoxXeEfFgGs")
        cases.append((format, rng.choice([0, 1, -1, 255, -12345678, 1.5, -0.0, 1e10, 123.456, float("inf"), 1e-10])))
    for format, value in cases:
        if format[-1] in "oxXdiu" and value != value // 1:
            continue
        if format[-1] in "oxXdiu":
            if value in (float("inf"), -0.0):
                continue
            value = int(value)
        try:
            shown = format % (() if format == "a%%b" else value)
        except ValueError as e:
            shown = str(e)
        yield format, value, shown


@golden
def format_parser(rng):
    import _string
    cases = ["", "abc", "{}", "{0}", "a{b}c", "{{", "}}", "{", "}", "a}", "a{", "{a", "{a!r}", "{a!}", "{a!r:x}", "{a!rx}", "{a!", "{a!r", "{a:", "{a:{b}}", "{a:{b",
             "{a:{b}x{c!r:{d}}}", "{a[}]}", "{a[b}", "{a{b}", "{{}}", "{{{}}}", "x{{y}}z", "{:}}", "{!}", "{a!:x}", "}{", "{}}", "{a.b[c]:>{w}}", "\u20ac{\u20ac}"]
    for _ in range(400):
        cases.append("".join(rng.choices("{}{}a!:[].0", k=rng.randrange(1, 9))))
    for text in cases:
        shown = []
        try:
            for literal, name, spec, conversion in _string.formatter_parser(text):
                shown.append(f"{literal}|-" if name is None else f"{literal}|{name}|{spec}|{conversion}")
        except ValueError as e:
            shown.append(f"ValueError: {e}")
        yield text, *shown


@golden
def field_name_split(rng):
    import _string
    cases = ["", "0", "00", "a", "a.b", "a[0]", "a[b]", "a[0].c[d]", "a.", "a[]", "a[b", "a[b]c", ".a", "[0]", "a..b", "99999999999999999999", "a[99999999999999999999]",
             "a[-1]", "\u0663", "1a", "a[b.c]", "a.b[", "0.0"]
    for _ in range(200):
        cases.append("".join(rng.choices("ab01.[]", k=rng.randrange(1, 9))))
    for text in cases:
        shown = []
        try:
            first, rest = _string.formatter_field_name_split(text)
            shown.append(f"{type(first).__name__}:{first}")
            for is_attr, x in rest:
                shown.append(f"{'attr' if is_attr else 'item'} {type(x).__name__}:{x}")
        except ValueError as e:
            shown.append(f"ValueError: {e}")
        yield text, *shown


@golden
def unicode_digests(rng):
    import _sre
    import unicodedata as ud
    old = ud.ucd_3_2_0

    def points(text):
        return " ".join("%x" % ord(c) for c in text)

    def optional(db, what):
        return lambda c: (lambda v: "-" if v is None else repr(v))(getattr(db, what)(c, None))

    properties = {}
    for name in ("category", "bidirectional", "combining", "east_asian_width", "mirrored", "decomposition"):
        properties[name] = getattr(ud, name)
    for name in ("decimal", "digit", "numeric"):
        properties[name] = optional(ud, name)
    properties["name"] = lambda c: ud.name(c, "")
    for name in ("category", "bidirectional", "combining", "decomposition"):
        properties["old_" + name] = getattr(old, name)
    properties["old_numeric"] = optional(old, "numeric")
    properties["old_nfkc"] = lambda c: points(old.normalize("NFKC", c))
    for name in ("isalpha", "isalnum", "isdecimal", "isdigit", "isnumeric", "islower", "isupper", "istitle", "isspace", "isprintable", "isidentifier"):
        properties[name] = lambda c, m=getattr(str, name): int(m(c))
    properties["continues"] = lambda c: int(("a" + c).isidentifier())
    properties["breaks"] = lambda c: int(len((c + "b").splitlines()) == 2)
    for name in ("lower", "upper", "title", "casefold"):
        properties[name] = lambda c, m=getattr(str, name): points(m(c))
    properties["simple_lower"] = lambda c: _sre.unicode_tolower(ord(c))
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        properties[form] = lambda c, form=form: points(ud.normalize(form, c))
    for name, function in properties.items():
        digest = 0xcbf29ce484222325
        for c in range(0x110000):
            for b in f"{function(chr(c))}\n".encode():
                digest = (digest ^ b) * 0x100000001b3 & 0xffffffffffffffff
        yield name, "%016x" % digest


@golden
def unicode_normalize(rng):
    import unicodedata as ud
    interesting = [c for c in range(0x110000) if ud.combining(chr(c)) or ud.decomposition(chr(c)) or 0x1100 <= c < 0x1200] + [0x41, 0x61, 0x20, 0xac00] * 300
    for _ in range(600):
        text = "".join(map(chr, rng.choices(interesting, k=rng.randrange(1, 7))))
        yield text, *(ud.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD"))


@golden
def unicode_lookup(rng):
    import unicodedata as ud
    for name in ["LATIN SMALL LETTER A", "latin small letter a", "NULL", "LINE FEED", "NBSP", "VS256", "KEYCAP DIGIT ONE", "LATIN SMALL LETTER R WITH TILDE",
                 "KATAKANA LETTER AINU P", "HANGUL SYLLABLE GAG", "HANGUL SYLLABLE A", "HANGUL SYLLABLE BUU", "hangul syllable gag", "HANGUL SYLLABLE ",
                 "CJK UNIFIED IDEOGRAPH-4E00", "cjk unified ideograph-4e00", "CJK UNIFIED IDEOGRAPH-04E00", "CJK UNIFIED IDEOGRAPH-1F600", "CJK COMPATIBILITY IDEOGRAPH-F900",
                 "TANGUT IDEOGRAPH-17000", "EGYPTIAN HIEROGLYPH-13460", "NUSHU CHARACTER-1B170", "KHITAN SMALL SCRIPT CHARACTER-18B00", "", " ", "LATIN", "ZZZZ",
                 "SPARKLES ", "BELL", "ALERT", "GRINNING FACE", "NO-BREAK SPACE", "BRAILLE PATTERN DOTS-12345678"]:
        try:
            yield name, " ".join("%x" % ord(c) for c in ud.lookup(name))
        except KeyError:
            yield name, "none"


@golden
def casing(rng):
    alphabet = [chr(c) for c in (0x41, 0x61, 0x5a, 0x31, 0x20, 0x27, 0x3a3, 0x3a3, 0x3a3, 0x3c3, 0x3b1, 0x391, 0xdf, 0x130, 0x131, 0x149, 0xb5, 0xff, 0x1c5, 0x1c4, 0x1c6, 0x345,
                0x2b0, 0xad, 0x301, 0xfb01, 0x1fb3, 0x1fbc, 0x10400, 0x10428, 0x13a0, 0xab70, 0x1e9e, 0x5f, 0x2160, 0x24b6, 0x3f4, 0x4e00)]
    texts = ["", "a", "A", "hello world", "HELLO World", "it's", "_x1", "1x", "O'Brien x"] + ["".join(rng.choices(alphabet, k=rng.randrange(1, 6))) for _ in range(800)]
    for t in texts:
        yield t, t.lower(), t.upper(), t.casefold(), t.title(), t.capitalize(), t.swapcase(), int(t.islower()), int(t.isupper()), int(t.istitle()), int(t.isidentifier())


@golden
def split(rng):
    for _ in range(500):
        t = "".join(rng.choices("ab-+ \t\n\r\x0b\x1c\x1f", k=rng.randrange(0, 12)))
        sep = rng.choice(["", "", "a", "-", "ab", " "])
        limit = rng.randrange(-1, 5)
        fields = [t.split(sep or None, limit), t.rsplit(sep or None, limit), t.splitlines(), t.splitlines(True),
                  [b.decode() for b in t.encode().splitlines(True)], [t.strip()], [t.encode().rstrip().decode()]]
        width = max(limit, 0) + 4
        yield t, sep, limit, *("|".join(f) for f in fields), t.expandtabs(limit), t.zfill(width), t.center(width, "*")


@golden
def escape(rng):
    alphabet = "ab'\"\\\t\n\r\x00\x1f\x7f\x80\xa0\xad\xe9\xff\u0100\u200b\u2028\u20ac\ud800\ue000\uffff\U0001f600\U0010ffff\U000e0001"
    texts = ["", "'", '"', "'\"", "abc"] + ["".join(rng.choices(alphabet, k=rng.randrange(1, 6))) for _ in range(300)]
    for t in texts:
        yield t, repr(t), ascii(t), repr(t.encode("latin-1", "ignore")) if max(t, default="") < "\u0100" else ""


@golden
def decode(rng):
    import _codecs
    functions = {"utf-8": _codecs.utf_8_decode, "utf-7": _codecs.utf_7_decode, "ascii": None, "utf-16": _codecs.utf_16_decode, "utf-16-le": _codecs.utf_16_le_decode,
                 "utf-16-be": _codecs.utf_16_be_decode, "utf-32": _codecs.utf_32_decode, "utf-32-le": _codecs.utf_32_le_decode,
                 "utf-32-be": _codecs.utf_32_be_decode, "unicode_escape": _codecs.unicode_escape_decode, "raw_unicode_escape": _codecs.raw_unicode_escape_decode}

    def inputs(encoding):
        if encoding in ("utf-8", "ascii"):
            parts = [b"a", b"\x80", b"\xbf", b"\xc0", b"\xc3", b"\xc3\xa9", b"\xe2", b"\xe2\x82", b"\xe2\x82\xac", b"\xed", b"\xed\xa0", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80",
                     b"\xf0\x9f\x98", b"\xf0\x9f", b"\xf0", b"\xf4\x90", b"\xf5", b"\xff", b"\xe0\x80", b"\xf0\x80"]
        elif encoding == "utf-7":
            parts = [b"a", b"+", b"-", b"AGE", b"2D3e", b"AKM-", b"+-", b"A", b"B", b"/", b"\xff", b" ", b"~", b"+2AA", b"3AA"]
        elif encoding.startswith("utf-16"):
            parts = [b"a\0", b"\0a", b"\xff\xfe", b"\xfe\xff", b"\0\xd8", b"\0\xdc", b"\xd8\0", b"\xdc\0", b"x", b"\xac\x20"]
        elif encoding.startswith("utf-32"):
            parts = [b"a\0\0\0", b"\0\0\0a", b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"\0\xd8\0\0", b"\0\0\xd8\0", b"\0\0\x11\0", b"\0\x11\0\0", b"x", b"ab"]
        else:
            parts = [b"a", b"\\", b"\\", b"x41", b"x4", b"xg", b"u20ac", b"u20", b"U0001f600", b"U00110000", b"Uffffffff", b"N", b"N{DIGIT ONE}", b"N{}", b"N{zzz}", b"N{DIG", b"{", b"}",
                     b"101", b"400", b"8", b"n", b"\n", b"'", b"\xe9", b"N{KEYCAP DIGIT ONE}"]
        yield b""
        yield from parts
        for _ in range(110):
            yield b"".join(rng.choices(parts, k=rng.randrange(1, 6)))

    import warnings
    warnings.simplefilter("ignore")
    for encoding, function in functions.items():
        for data in inputs(encoding):
            for errors in ["strict", rng.choice(["ignore", "replace", "backslashreplace", "surrogateescape", "surrogatepass"])]:
                for last in (True, False):
                    if function is None:
                        if not last:
                            continue
                        function_ = lambda data, errors, last: (data.decode("ascii", errors), len(data))
                    else:
                        function_ = function
                    try:
                        text, used = function_(data, errors, last)
                    except UnicodeDecodeError as e:
                        yield encoding, data.hex(), errors, int(last), f"{e.start} {e.end} {e.reason}"
                    else:
                        yield encoding, data.hex(), errors, int(last), used, text


@golden
def encode(rng):
    alphabet = "ab+-/\\~ \t\n\x00\x1f\x7f\x80\xe9\xff\u0100\u20ac\ud800\udc80\udcff\udfff\U0001f600\U0010ffff\u0378"
    for encoding in ["utf-8", "ascii", "latin-1", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-7", "unicode_escape", "raw_unicode_escape"]:
        texts = [*map(chr, range(128))] if encoding == "utf-7" else []
        for text in texts + ["".join(rng.choices(alphabet, k=rng.randrange(0, 6))) for _ in range(80)]:
            for errors in ["strict", rng.choice(["ignore", "replace", "backslashreplace", "surrogateescape", "surrogatepass", "xmlcharrefreplace", "namereplace"])]:
                try:
                    yield encoding, text, errors, text.encode(encoding, errors).hex()
                except UnicodeEncodeError as e:
                    yield encoding, text, errors, f"{e.start} {e.end} {e.reason}"


@golden
def hash_numbers(rng):
    P = 2 ** 61 - 1
    ints = [0, 1, -1, -2, P, P - 1, P + 1, -P, -P - 1, -P + 1, 2 ** 63 - 1, -2 ** 63, 2 ** 64, 2 ** 64 - 1, P * P, 10 ** 100] + [rng.getrandbits(rng.randrange(1, 300)) * rng.choice([1, -1]) for _ in range(60)]
    for n in ints:
        yield "int", n, hash(n)
    for x in some_floats(rng, 150):
        if x == x:
            yield "float", bits(x), hash(x)
    for _ in range(40):
        items = [rng.choice([rng.randrange(10), rng.getrandbits(62), -rng.getrandbits(62)]) for _ in range(rng.randrange(6))]
        hashes = " ".join(str(hash(i)) for i in items)
        yield "tuple", hashes, hash(tuple(items))
        yield "frozenset", " ".join(str(hash(i)) for i in set(items)), hash(frozenset(items))
        if len(items) == 3:
            yield "slice", hashes, hash(slice(*items))
    for _ in range(20):
        z = complex(rng.uniform(-9, 9), rng.randrange(-3, 3))
        yield "complex", f"{hash(z.real)} {hash(z.imag)}", hash(z)


@golden
def hash_strings(rng):
    import subprocess
    texts = ["", "a", "abc", "h\xe9llo", "\u20ac", "\u20acuro" * 20, "\U0001f600", "x\U0001f600" * 30, "y" * 100, "12345678", "1234567"]
    for seed in ("0", "1", "123", "4294967295"):
        code = "print(*[hash(t) for t in %a])" % texts
        out = subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
        for text, value in zip(texts, out.split()):
            yield seed, text, value


@golden
def struct_layout(rng):
    formats = ["", "i", "bi", "bib", "b0i", "xi", "3x", "5s", "0s", "5pi", "@bq", "=bq", "<bq", ">bq", "!bq", "2i3h", " i  h", "z", "5", "<n", "nNP", "<P", "99999999999999999999i",
               "9223372036854775807i", "9223372036854775807s", "i5", "@i<i", "3 x", "F", "D", "bF", "bD", "be", "bf", "bd", "c?", "b?l", "<l", "0D", "b0D", "\x00"]
    for _ in range(200):
        formats.append(rng.choice(["", "@", "=", "<"]) + "".join(rng.choices("cbB?hHiIlLqQnNefdFDspPx023 ", k=rng.randrange(1, 7))))
    for f in formats:
        try:
            s = struct.Struct(f)
            n = len(s.unpack(bytes(s.size))) if s.size < 10 ** 6 else 1
            yield f, f"{s.size} {n}"
        except struct.error as e:
            yield f, str(e)


@golden
def struct_pack(rng):
    for mode in "@<>":
        for code in "bBhHiIlLqQ":
            for bit in (7, 8, 15, 16, 31, 32, 63, 64):
                for value in (2 ** bit, 2 ** bit - 1, -2 ** bit, -2 ** bit - 1, 5, -5):
                    try:
                        data = struct.pack(mode + code, value)
                        yield mode + code, value, data.hex(), struct.unpack(mode + code, data)[0]
                    except struct.error as e:
                        yield mode + code, value, str(e)
    values = list(some_floats(rng, 60)) + [65504.0, 65519.99, 65520.0, -65520.0, 5.960464477539063e-08, 2.9802322387695312e-08, 2.980232238769532e-08, 6.103515625e-05, 6.1e-05,
                                           6.097555160522461e-05, 3.4028234663852886e38, 3.4028235677973366e38, 1e-45, 7e-46, 0.333, 1.0009765625, 1.00048828125, 1.0014648]
    for mode in "<>":
        for code in "efd":
            for x in values:
                try:
                    data = struct.pack(mode + code, x)
                    yield mode + code, bits(x), data.hex(), bits(struct.unpack(mode + code, data)[0])
                except OverflowError as e:
                    yield mode + code, bits(x), str(e)


def show_bits(x):
    return "nan" if x != x else bits(x)


@golden
def float_arithmetic(rng):
    special = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1e200, -1e200, 1e-200, 5e-324, math.inf, -math.inf, math.nan, 1e16 + 2, 7.5]
    pairs = [(x, y) for x in special for y in special] + [(rng.uniform(-100, 100), rng.choice([rng.uniform(-9, 9), float(rng.randrange(-9, 9))])) for _ in range(200)]
    for x, y in pairs:
        try:
            complex_power = -math.inf < x < 0 and math.isfinite(y) and y != int(y)
            power = "complex" if complex_power else show_bits(x ** y)
        except ArithmeticError as e:
            power = type(e).__name__
        q, r = divmod(x, y) if y else (0.0, 0.0)
        yield bits(x), bits(y), power, show_bits(q), show_bits(r)


@golden
def complex_arithmetic(rng):
    import operator
    special = [0.0, -0.0, 1.0, -1.0, 2.5, 1e200, math.inf, -math.inf, math.nan, 1e-200]
    some = lambda: rng.choice([rng.choice(special), rng.uniform(-5, 5), float(rng.randrange(-4, 5))])
    mixed = {"c+r": operator.add, "c-r": operator.sub, "c*r": operator.mul, "c/r": operator.truediv}
    operators = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}
    functions = {name: (lambda a, b, f=f: f(a, b)) for name, f in operators.items()}
    functions.update({name: (lambda a, b, f=f: f(a, b.real)) for name, f in mixed.items()})
    functions["r-c"] = lambda a, b: a.real - b
    functions["r/c"] = lambda a, b: a.real / b
    functions["abs"] = lambda a, b: complex(abs(a))
    for name, function in functions.items():
        for _ in range(200):
            a, b = complex(some(), some()), complex(some(), some())
            if name == "**" and rng.random() < .5:
                b = complex(rng.randrange(-6, 7), rng.choice([0.0, -0.0]))
            try:
                z = function(a, b)
                shown = f"{show_bits(z.real)} {show_bits(z.imag)}"
            except ArithmeticError as e:
                shown = type(e).__name__
            yield name, bits(a.real), bits(a.imag), bits(b.real), bits(b.imag), shown


def sre_pattern(rng, depth=0):
    """A random pattern with few letters, so that it often matches."""
    def atom():
        kind = rng.randrange(22)
        if kind < 8 or depth > 3:
            return rng.choice("aabbcA.\xe9\xc9")
        if kind < 10:
            return rng.choice(["[ab]", "[^a]", "[a-c]", r"\w", r"\d", r"\s", r"[\w-]", "[^\\n]", "[\xe0-\xff]", "[\u0430-\u044f\u20acb]", r"\W", r"[^\d]"])
        if kind < 12:
            return rng.choice(["^", "$", r"\b", r"\B", r"\A", r"\Z", r"\1", r"\2", r"\1"])
        inner = sre_pattern(rng, depth + 1)
        if kind < 16:
            return f"({inner})"
        if kind < 18:
            return f"(?:{inner})"
        return rng.choice(["(?={})", "(?!{})", "(?>{})", "(?<=a)", "(?<!b)", "(?<=[ab]c)", "(?i:{})", "(?(1){}|b)", "(?<=({}))"]).format(inner)

    def piece():
        a = atom()
        if rng.random() < .35 and a not in ("^", "$"):
            a += rng.choice(["*", "+", "?", "*?", "+?", "??", "*+", "++", "?+", "{2}", "{1,2}", "{1,3}?", "{0,2}+", "{2,}", "{,2}"])
        return a

    branches = ["".join(piece() for _ in range(rng.randrange(0 if depth else 1, 4))) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
    return "|".join(branches)


@golden
def sre(rng, size=450):
    import re
    import warnings
    from re import _compiler, _parser
    warnings.simplefilter("ignore")
    try:
        from test.re_tests import tests
    except ImportError:
        tests = []

    def show(m):
        if m is None:
            return "none"
        groups = "".join(" x" if m.span(i) == (-1, -1) else " %d-%d" % m.span(i) for i in range(1, m.re.groups + 1))
        return "%d-%d%s last %s" % (*m.span(), groups, m.lastindex)

    def cases(pattern, flags, texts):
        try:
            compiled = re.compile(pattern, flags)
        except (re.error, RuntimeError, OverflowError):
            return
        parsed = _parser.parse(pattern, flags)
        code = _compiler._code(parsed, flags)
        if len(code) > 1500:
            return
        yield "pattern", pattern, compiled.groups, " ".join("%x" % w for w in code)
        for text in texts:
            for mode, function in (("match", compiled.match), ("fullmatch", compiled.fullmatch), ("search", compiled.search)):
                pos, end = (0, len(text)) if rng.random() < .8 else sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
                yield mode, text, pos, end, show(function(text, pos, end))
            yield "all", text, 0, len(text), "; ".join(map(show, compiled.finditer(text)))

    for t in tests:
        yield from cases(t[0], 0, [t[1]])
    fixed = ["(?:a|aa)*b", "(a*)*", "(a*)+", "(?:a?)*?$", "(a|ab)(c|bcd)(d*)", "((a)|b)*", "(?:(a)|b)*", "(a)|b", "(?=(a))\\1", "(?!(a))b", "(?<=(a))b", "x*", "", "\\b", "\\B", "^", "$", "(?m)^", "(?m)$",
             "(?s).", "(?i)stra\xdfe", "(?i)[\u017f]", "(?i)\u212a", "(?i)k+", "(?i)\xb5", "(?i)[^\xb5]", "(?a)\\w+", "(?a)(?i)k", "(?i)\u0130", "(?i)i\u0307", "[\U0001f600-\U0001f610]",
             "(?i)[\U00010400-\U00010410]", "(?i)\U00010428", "(?:ab){2,3}+b", "(?:a{,2}){3}", "((?:a|b)*?)c", "(a+)(b+)?\\2", "(?(1)a|b)(c)?", "(a)?(?(1)b|c)", "(?:(a)|(b))*\\1", "(?:a(?=(b))|b)*", "(?>a*)a",
             "(?>(a)|b)*\\1", "a*+a", "(?:a|b)*+b", "abc", "abcabd", "(abc)d", "ab(c)", "[ab]c", "aa*b", "a??b", "(a??)(b)", ".*b.*c", "(?:.|\\n)*?c", "(\\w+) \\1", "(?i)(\\w+) \\1"]
    texts = ["", "a", "b", "ab", "aab", "abab", "abcabcabd", "aaaa", "ba", "cab", "abcd", "a\nb", "\n", "ab ab", "aB Ab", "K\u212ak", "\xb5\u03bc\u039c", "i\u0130\u0131I\u017fs", "\U00010400\U00010428", "STRASSE stra\xdfe STRA\u1e9eE"]
    for pattern in fixed:
        yield from cases(pattern, 0, rng.sample(texts, 8) + ["aab abc"])
    for _ in range(size):
        pattern = sre_pattern(rng)
        alphabet = rng.choice(["ab", "abc", "abcA\n ", "ab\xe9\xc9", "ab\u0430\u20ac", "ab\U0001f600"])
        yield from cases(pattern, rng.choice([0, 0, re.I, re.M, re.S, re.A, re.I | re.A]), ["".join(rng.choices(alphabet, k=rng.randrange(8))) for _ in range(3)])


@golden
def math_unary(rng):
    names = "acos acosh asin asinh atan atanh cbrt cos cosh erf erfc exp exp2 expm1 gamma lgamma log log10 log1p log2 sin sinh sqrt tan tanh".split()
    special = [math.inf, -math.inf, math.nan, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.5, 1e308, -1e308, 1e-300, -1e-300, 1e-10, 170.5, 171.6, 171.7, -170.5, -180.3, -250.5, 23.0, 24.0, 700.0, 710.0, 5e-324, 1e16, -1e16]
    for name in names:
        for x in special + [rng.uniform(-1, 1) for _ in range(12)] + [rng.uniform(-30, 30) for _ in range(15)]:
            result = attempt(getattr(math, name), x)
            yield name, bits(x), result if isinstance(result, str) else bits(result)


@golden
def math_binary(rng):
    special = [math.inf, -math.inf, math.nan, 0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.5, 3.0, 1e308, 5e-324, -5e-324, 1e-310, 1.7976931348623157e308, -1.7976931348623157e308]
    functions = {"fmod": math.fmod, "remainder": math.remainder, "pow": math.pow, "nextafter": math.nextafter, "nextafter3": lambda x, y: math.nextafter(x, y, steps=3),
                 "hypot": math.hypot}
    for name, function in functions.items():
        for x, y in [(x, y) for x in special for y in special] + [(rng.uniform(-50, 50), rng.uniform(-5, 5)) for _ in range(40)] + [(float(rng.randrange(-40, 40)), rng.randrange(-20, 20) / 2) for _ in range(60)]:
            result = attempt(function, x, y)
            yield name, bits(x), bits(y), result if isinstance(result, str) else show_bits(result)
    for x in special:
        for y in (0, 1, -1, 1000, -1000, 1023, -1074, 2000, -2000, -1060):
            result = attempt(math.ldexp, x, y)
            yield "ldexp", bits(x), bits(float(y)), result if isinstance(result, str) else show_bits(result)


@golden
def math_sums(rng):
    def values(n):
        kind = rng.randrange(4)
        if kind == 0:
            return [rng.uniform(-1, 1) * 10 ** rng.randrange(-20, 20) for _ in range(n)]
        if kind == 1:
            v = [rng.uniform(-1e10, 1e10) for _ in range(n // 2)]
            return v + [-x * (1 + rng.randrange(2) * 2 ** -50) for x in v]
        if kind == 2:
            return [rng.choice([1e308, -1e308, 1.0, 2 ** -53, 1e-320, -1.0, 1e16, 5e-324, 0.0, -0.0]) for _ in range(n)]
        return [rng.choice([1.0, math.inf, -math.inf, math.nan, 2.5]) for _ in range(n)]

    for _ in range(250):
        v = values(rng.randrange(0, 12))
        try:
            result = show_bits(math.fsum(v))
        except (OverflowError, ValueError) as e:
            result = type(e).__name__
        yield "fsum", " ".join(map(bits, v)), result
        yield "hypot", " ".join(map(bits, v)), show_bits(math.hypot(*v))
        v = [x for x in v if abs(x) < 1e100]
        v = v[:len(v) // 2 * 2]
        yield "sumprod", " ".join(map(bits, v)), show_bits(math.sumprod(v[::2], v[1::2]) + 0.0)


@golden
def cmath(rng):
    import cmath
    special = [math.inf, -math.inf, math.nan, 0.0, -0.0, 1.0, -1.0, 2.5, 1e308, -1e308, 1e-310, 720.0, -720.0, 1e-160]
    functions = {name: getattr(cmath, name) for name in "acos acosh asin asinh atan atanh cos cosh exp log log10 sin sinh sqrt tan tanh".split()}
    functions["rect"] = lambda z: cmath.rect(z.real, z.imag)
    functions["polar"] = lambda z: complex(*cmath.polar(z))
    for name, function in functions.items():
        for z in [complex(x, y) for x in special for y in special] + [complex(rng.uniform(-3, 3), rng.uniform(-3, 3)) for _ in range(30)]:
            try:
                r = function(z)
                yield name, bits(z.real), bits(z.imag), bits(r.real), bits(r.imag)
            except (ValueError, OverflowError) as e:
                yield name, bits(z.real), bits(z.imag), type(e).__name__


@golden
def int_float(rng):
    def some_int():
        n = rng.getrandbits(rng.choice([1, 30, 53, 54, 55, 63, 64, 65, 100, 500, 1023, 1024, 1025, 1100]))
        if rng.random() < .3:
            n = (n >> 20 | 1) << 20 | rng.choice([0, 1, 2 ** 19, 2 ** 19 + 1])
        return n * rng.choice([1, -1])

    def guarded(f):
        try:
            return bits(f())
        except OverflowError:
            return "OverflowError"

    edges = [2 ** 53, 2 ** 53 + 1, 2 ** 53 + 2, 2 ** 53 + 3, 2 ** 1024, 2 ** 1024 - 2 ** 970, 2 ** 1024 - 2 ** 970 - 1, 2 ** 63, 2 ** 63 - 1, -2 ** 63, 0, 1, -1]
    for n in edges + [some_int() for _ in range(150)]:
        yield "float", n, guarded(lambda: float(n))
    for _ in range(300):
        a, b = some_int(), some_int() or 1
        if rng.random() < .2:
            a, b = rng.randrange(-9, 9), rng.randrange(1, 9) * rng.choice([1, -1])
        yield "divide", a, b, guarded(lambda: a / b)
    for n in edges + [some_int() for _ in range(100)]:
        for x in [0.5, -0.0, math.inf, -math.inf, math.nan, 2.0 ** 53, 2.0 ** 63, -2.0 ** 63, 9007199254740993.0, 1e300]:
            yield "compare", n, bits(x), "nan" if x != x else (n > x) - (n < x)
        try:
            x = float(n)
        except OverflowError:
            continue
        for y in (x, math.nextafter(x, math.inf), x + 0.5):
            yield "compare", n, bits(y), (n > y) - (n < y)
    for x in some_floats(rng, 120):
        if math.isfinite(x):
            yield "int", int(x), bits(x), "%d/%d" % x.as_integer_ratio()


@golden
def complex_parse(rng):
    cases = ["", "1", "1j", "j", "+j", "-J", "1+j", "1-j", "1+2j", "-1-2J", "(1+2j)", " ( 1+2j ) ", "( 1 )", "(1", "1)", "((1))", "1+2", "1j+2", "1 +2j", "1+ 2j", "inf", "infj", "-inf-infj",
             "nan+nanj", "-nanj", "1e5+1e-5j", "1e5j", "1_0+2_0j", "1_+2j", "1__0j", "jj", "+", "()", "1+-2j", "1e400j", "++1j", "1ej", ".5j", "5.j", "infinityj", "nanj", "1+nan", "1+infj ", "\x1f1j"]
    for _ in range(300):
        cases.append("".join(rng.choices("112.e+-jJ_() ", k=rng.randrange(1, 8))))
    for text in cases:
        try:
            z = complex(text)
            yield text, f"{bits(z.real)} {bits(z.imag)}"
        except ValueError:
            yield text, "error"


@golden
def bytes_text(rng):
    for _ in range(60):
        data = rng.randbytes(rng.randrange(8))
        group = rng.randrange(-4, 5)
        yield "hex", data.hex(), group, data.hex(":", group)
    cases = ["", "a", "ab", "AB cd", "a b", " ab ", "abc", "ag", "ga", "ab\tcd\n", "ab c", "ab\x0bcd"] + ["".join(rng.choices("0aF g", k=rng.randrange(7))) for _ in range(60)]
    for text in cases:
        try:
            yield "fromhex", text, "", bytes.fromhex(text).hex()
        except ValueError as e:
            yield "fromhex", text, "", str(e)
    for _ in range(200):
        n = rng.getrandbits(rng.choice([1, 7, 8, 16, 63, 64, 65, 100])) * rng.choice([1, -1])
        length, big, signed = rng.randrange(14), rng.randrange(2), rng.randrange(2)
        try:
            yield "to_bytes", n, f"{length} {big} {signed}", n.to_bytes(length, "big" if big else "little", signed=bool(signed)).hex()
        except OverflowError as e:
            yield "to_bytes", n, f"{length} {big} {signed}", str(e)
        data = rng.randbytes(rng.randrange(12))
        yield "from_bytes", data.hex(), f"{big} {signed}", int.from_bytes(data, "big" if big else "little", signed=bool(signed))


def main():
    for name in sys.argv[1:] or GOLDENS:
        rng = random.Random(name)
        with open(os.path.join(HERE, name + ".tsv"), "w", encoding="ascii", newline="\n") as out:
            out.write("# python3.14 text/goldens/generate.py %s\n" % name)
            for fields in GOLDENS[name](rng):
                out.write("\t".join(map(escape_field, fields)) + "\n")


if __name__ == "__main__":
    main()
