# The struct module: every code and order, errors, Struct objects, buffers.
import struct
from struct import Struct, calcsize, error, iter_unpack, pack, pack_into, unpack, unpack_from


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)


values = (0, 1, -1, 127, 255, -129, 300, 65535, 70000, 2**31, 2**32 - 1, -(2**31) - 1, 2**63, 2**64, -(2**63), 2**200, "x", 1.5, None, b"a", b"ab", True)
for code in "bBhHiIlLqQnNPcs?efdFDpx":
    for order in ("", "@", "=", "<", ">", "!"):
        print(order + code, attempt(calcsize, order + code), [attempt(pack, order + code, v) for v in values])
for value in (1.1, -0.0, float("inf"), float("nan"), 1e300, 65504.0, 65520.0, 1e-8, 3.4e38, 1 + 2j):
    print(value, [attempt(pack, f, value) for f in ("<e", "<f", "<d", ">d", "<F", "<D")])
for f in ("<bBhHiIqQ", ">bBhHiIqQ"):
    data = bytes(range(200, 230))
    print(f, unpack(f, data), unpack_from(f, b"xx" + data, 2))
print(unpack("<efd", pack("<efd", 1.5, 2.25, -3.125)), unpack("<FD", pack("<FD", 1 + 2j, 3 - 4j)))
print(unpack("3s5p2x?c", pack("3s5p2x?c", b"abcd", b"hello world", True, b"z")), unpack("0s", b""), unpack("", b""))
print(calcsize("bhilq"), calcsize("<bhilq"), calcsize("b 3i h0q"), calcsize("5s"), unpack("bhi", pack("bhi", 1, 2, 3)), pack("b0i", 1))
for bad in ("z", "3", "i3", "<n", "99999999999999999999i", "i\0", "é", 1, None, "9223372036854775807b9223372036854775807b"):
    print(repr(bad), attempt(calcsize, bad))
print(attempt(pack), attempt(pack, "i"), attempt(pack, "i", 1, 2), attempt(unpack, "i", b"abc"), attempt(unpack, "i", 5), attempt(unpack_from, "i", b"abcd", 1))
print(attempt(unpack_from, "i", b"abcd", -5), attempt(unpack_from, "i", b"abcd", -2), attempt(unpack_from, "i", b"abcdefgh", -4), attempt(unpack_from, "i", b"abcd", 10))
b = bytearray(10)
print(pack_into("<hh", b, 3, 1, -1), b, pack_into("<b", b, -1, 7), b)
print(attempt(pack_into), attempt(pack_into, "i"), attempt(pack_into, "i", b), attempt(pack_into, "i", b, 0), attempt(pack_into, "i", b, 8, 1), attempt(pack_into, "i", b, -2, 1))
print(attempt(pack_into, "i", b, -20, 1), attempt(pack_into, "i", b"abcd", 0, 1), attempt(pack_into, "i", 5, 0, 1), attempt(pack_into, "i", b, "x", 1))
print(list(iter_unpack("<hb", b"abcdef")), attempt(iter_unpack, "<h", b"abc"), attempt(iter_unpack, "", b"abc"))
it = iter_unpack("b", b"abc")
print(next(it), it.__length_hint__(), list(it), it.__length_hint__(), type(it))
s = Struct("<ih")
print(s, s.format, s.size, s.pack(1, 2), s.unpack(b"abcdef"), s.unpack_from(b"xabcdef", 1), s.unpack_from(buffer=b"abcdef"), list(s.iter_unpack(b"abcdef" * 2)))
s.pack_into(b, 0, 5, 6)
print(b, attempt(s.pack, 1), attempt(s.unpack, b""), attempt(Struct), attempt(Struct, 5), Struct(b"b").format, Struct(format="h").size)
s.__init__(">h")
print(s.pack(1), s.format)


class Sub(Struct):
    def __init__(self):
        super().__init__("i")


print(Sub().pack(3), Sub())


class NoInit(Struct):
    def __init__(self):
        pass


print(attempt(NoInit().pack, 1), issubclass(error, Exception), error.__module__, error.__name__, error)


class I:
    def __index__(self):
        return 7


class F:
    def __float__(self):
        return 2.5


print(pack("<i", I()), pack("<d", F()), pack("<d", I()), pack("?", []), pack("4s", bytearray(b"ab")), struct._clearcache(), unpack("2b", memoryview(b"ab")), unpack("2b", bytearray(b"ab")))
