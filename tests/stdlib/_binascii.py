# binascii: every function on fixed and pseudo-random data, and errors.
import binascii as b


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)


seed = 1


def rnd(n):
    global seed
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
    return (seed >> 8) % n


def data(n, alphabet=None):
    return bytes(rnd(256) if alphabet is None else alphabet[rnd(len(alphabet))] for _ in range(n))


print(sorted(n for n in dir(b) if n[0] != "_"), b.Error.__mro__, b.Incomplete.__mro__, b.hexlify is b.b2a_hex)
for n in list(range(12)) + [45, 46, 100]:
    d = data(n)
    print(n, b.b2a_base64(d), b.b2a_base64(d, newline=False), b.a2b_base64(b.b2a_base64(d)) == d, b.hexlify(d), b.unhexlify(b.hexlify(d)) == d, attempt(b.b2a_uu, d), attempt(b.b2a_uu, d, backtick=True), b.crc32(d), b.crc32(d, 12345), b.crc_hqx(d, 7), b.b2a_qp(d), b.a2b_qp(b.b2a_qp(d)) == d)
for i in range(150):
    d = data(rnd(14), b"QUJD=\n-=A+/")
    print(d, attempt(b.a2b_base64, d), attempt(b.a2b_base64, d, strict_mode=True))
for i in range(60):
    d = data(rnd(12), b"!\"#$%`   \n\rzA")
    print(d, attempt(b.a2b_uu, d))
for i in range(60):
    d = data(rnd(100), b"ab =_.\r\n\t\x80\x00\x7f..  ")
    for kw in ({}, {"quotetabs": True}, {"istext": False}, {"header": True}):
        print(b.b2a_qp(d, **kw))
    print(b.a2b_qp(d), b.a2b_qp(d, header=True))
print(b.b2a_qp(b"x" * 200), b.b2a_qp(b"\xff" * 60), b.a2b_qp("=41=4g=\r\nxx==y=", True), b.a2b_qp(b"=\rab"))
print(b.hexlify(b"abcdefgh", "-"), b.hexlify(b"abcdefgh", "-", 3), b.hexlify(b"abcdefgh", b":", -3), b.hexlify(b"abc", sep=":", bytes_per_sep=0), b.hexlify(bytearray(b"ab")), b.hexlify(memoryview(b"ab")))
print([attempt(b.hexlify, b"ab", s) for s in ("", "ab", "é", 5, b"", b"\xff")], attempt(b.hexlify, "a"), attempt(b.hexlify), attempt(b.unhexlify, "abc"), attempt(b.unhexlify, b"zz"), attempt(b.unhexlify, "éé"), attempt(b.unhexlify, 5), b.unhexlify("AbCd"))
print(attempt(b.a2b_base64, "é"), attempt(b.a2b_base64, 5), attempt(b.b2a_base64, "x"), attempt(b.crc32, "x"), b.crc32(b"hello world"), b.crc32(b"x", -1), b.crc32(b"x", 2**40 + 5), attempt(b.crc_hqx, b"x"), b.crc_hqx(b"123456789", 0), attempt(b.a2b_uu, b""), b.crc32(bytes(range(256)) * 40))
