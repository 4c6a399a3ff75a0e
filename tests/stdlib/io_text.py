# Text streams: newlines, positions, encodings, writing; and text and bytes in memory.
import _io as io


PATH = "/tmp/weft-io-text.tmp"


def show(f, *args, **kw):
    try:
        r = f(*args, **kw)
    except BaseException as e:
        print(type(e).__name__, str(e).replace(PATH, "PATH"))
    else:
        print(repr(r).replace(PATH, "PATH"))


DATA = b"AAA\nBB\x00B\nCCC\rDDD\rEEE\r\nFFF\r\nGGG"
for newline in (None, "", "\n", "\r", "\r\n"):
    for chunk in (1, 2, 5, 8192):
        t = io.TextIOWrapper(io.BytesIO(DATA), encoding="ascii", newline=newline)
        t._CHUNK_SIZE = chunk
        lines = list(t)
        show(lambda: (newline, chunk, lines, t.newlines))
        t.seek(0)
        show(t.read, 6), show(t.readline, 2), show(t.readline), show(t.read), show(t.read), show(t.readline)
    out = io.BytesIO()
    t = io.TextIOWrapper(out, encoding="ascii", newline=newline)
    t.write("a\nb\r\nc\rd")
    t.flush()
    show(out.getvalue)

# positions
text = "\u00e9\u4f60\U0001f600abc\r\nx\ry\n" * 20
for enc in ("utf-8", "latin-1", "ascii"):
    s = text if enc == "utf-8" else "abc\r\nx\ry\n" * 50
    data = s.encode(enc)
    for newline in (None, "", "\n"):
        t = io.TextIOWrapper(io.BytesIO(data), encoding=enc, newline=newline)
        t._CHUNK_SIZE = 7
        whole = t.read()
        seed = 5
        for i in range(40):
            seed = (seed * 1103515245 + 12345) % 2**31
            n = seed % len(whole)
            t.seek(0)
            a = t.read(n)
            cookie = t.tell()
            b = t.read(5)
            t.seek(cookie)
            c = t.read(5)
            if (a, b) != (whole[:n], whole[n:n + 5]) or b != c:
                print("differs", enc, newline, n, a[-3:], b, c, cookie)
        t.seek(0)
        t.readline()
        show(t.tell)
t = io.TextIOWrapper(io.BytesIO(b"abc\ndef\n"), encoding="utf-8")
show(next, t), show(t.tell), show(list, t), show(t.tell), show(t.seek, 1, 1), show(t.seek, 1, 2), show(t.seek, 0, 5), show(t.seek, -1), show(t.seek, 0, 2), show(t.seek, 0, 1)
show(t.seek, 2), show(t.read, 2), show(t.truncate), show(lambda: t.buffer.getvalue())

# writing
b = io.BytesIO()
t = io.TextIOWrapper(b, encoding="utf-8", line_buffering=True)
show(t.write, "abc"), show(b.getvalue), show(t.write, "d\ne"), show(b.getvalue), show(t.write, "\r"), show(b.getvalue)
show(t.reconfigure, line_buffering=False, write_through=True), show(lambda: (t.line_buffering, t.write_through)), show(t.write, "\u20ac"), show(b.getvalue)
show(t.reconfigure, encoding="ascii", errors="backslashreplace"), show(lambda: (t.encoding, t.errors)), show(t.write, "\u20ac"), show(b.getvalue)
show(t.reconfigure, encoding="ascii"), show(lambda: (t.encoding, t.errors)), show(t.write, "\u20ac"), show(b.getvalue)
show(t.reconfigure, newline="\r\n"), show(t.write, "x\n"), show(b.getvalue), show(t.reconfigure, newline="q"), show(t.reconfigure, encoding="nope"), show(t.reconfigure, encoding=5), show(t.reconfigure, line_buffering="x")
show(t.write, 5), show(t.write, b"x"), show(t.write)
show(t.read)
show(lambda: t.detach() is b), show(t.write, "x"), show(t.read), show(t.flush), show(lambda: t.closed), show(t.detach), show(repr, t) if False else None
for errors in ("strict", "ignore", "replace", "surrogateescape", "backslashreplace"):
    t = io.TextIOWrapper(io.BytesIO(b"a\xffb\xe2\x82"), encoding="utf-8", errors=errors)
    show(t.read)
    b = io.BytesIO()
    t = io.TextIOWrapper(b, encoding="utf-8", errors=errors)
    show(t.write, "a\udc80b"), show(t.flush), show(b.getvalue)
    t = io.TextIOWrapper(io.BytesIO(b"a\xffb"), encoding="ascii", errors=errors)
    show(t.read)
show(io.TextIOWrapper), show(io.TextIOWrapper, 5), show(io.TextIOWrapper, io.BytesIO(), encoding=5), show(io.TextIOWrapper, io.BytesIO(), errors=5), show(io.TextIOWrapper, io.BytesIO(), newline=5), show(io.TextIOWrapper, io.BytesIO(), newline="x")
u = io.TextIOWrapper.__new__(io.TextIOWrapper)
show(u.read), show(repr, u), show(lambda: u.closed), show(lambda: u.encoding)
t = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
show(repr, t)
t.mode = "w"
show(repr, t), show(lambda: t.name), show(t.fileno), show(t.isatty), show(t.seekable), show(t.readable), show(t.writable)
t._CHUNK_SIZE = 5
show(setattr, t, "_CHUNK_SIZE", 0), show(lambda: t._CHUNK_SIZE), show(t.__getstate__)
t.close()
show(t.write, ""), show(t.read), show(t.flush), show(lambda: t.closed), show(t.close), show(list, t), show(t.tell), show(t.seek, 0)


# duck-typed buffers
class Buffer:
    closed = False

    def __init__(self, parts):
        self.parts = parts
        self.log = []

    def readable(self):
        return True

    def writable(self):
        return True

    def seekable(self):
        return False

    def read1(self, n):
        self.log.append(n)
        return self.parts.pop(0) if self.parts else b""

    def read(self, n=-1):
        r = b"".join(self.parts)
        self.parts = []
        return r

    def write(self, b):
        self.log.append(bytes(b))
        return len(b)

    def flush(self):
        self.log.append("flush")

    def close(self):
        self.closed = True


b = Buffer([b"ab\xc3", b"\xa9\r", b"\nx", b"yz"])
t = io.TextIOWrapper(b, encoding="utf-8")
show(t.readline), show(t.read, 1), show(t.read), show(t.tell), show(lambda: b.log)
b = Buffer([])
t = io.TextIOWrapper(b, encoding="utf-8")
t.write("x" * 8000), t.write("y" * 200), t.write("z" * 9000)
show(lambda: [len(x) for x in b.log]), show(t.flush), show(lambda: [len(x) for x in b.log])
show(lambda: (t.close(), b.closed))
for bad in (5, "x", None):
    b = Buffer([bad])
    show(io.TextIOWrapper(b, encoding="utf-8").readline)


class Sub(io.TextIOWrapper):
    def readline(self):
        return 5


show(list, Sub(io.BytesIO(b"abc"), encoding="utf-8"))

# IncrementalNewlineDecoder
d = io.IncrementalNewlineDecoder(None, translate=True)
for s, final in (("a\r", False), ("\nb", False), ("\r", False), ("", False), ("c\n", False), ("\r", True), ("x", False)):
    show(d.decode, s, final), show(d.getstate), show(lambda: d.newlines)
show(d.setstate, (b"", 1)), show(d.decode, "z"), show(d.reset), show(lambda: d.newlines), show(d.decode, b"x"), show(d.setstate, 5), show(d.setstate, (1,))
show(io.IncrementalNewlineDecoder), show(io.IncrementalNewlineDecoder.__new__(io.IncrementalNewlineDecoder).decode, "x")
d = io.IncrementalNewlineDecoder(None, False)
show(d.decode, "a\r\nb\rc\nd\r"), show(d.decode, "e", True), show(lambda: d.newlines)

# StringIO
for newline in (None, "", "\n", "\r", "\r\n"):
    s = io.StringIO("a\nb\r\nc\rd", newline)
    show(s.getvalue), show(s.readlines), show(lambda: s.newlines), show(s.write, "x\ny\r"), show(s.getvalue), show(s.tell), show(lambda: s.__getstate__())
s = io.StringIO()
show(s.write, "hello"), show(s.seek, 2), show(s.write, "\u4f60"), show(s.getvalue), show(s.seek, 10), show(s.write, "!"), show(s.getvalue), show(s.truncate, 3), show(s.getvalue), show(s.tell), show(s.truncate, -1), show(s.seek, -1), show(s.seek, 1, 1), show(s.seek, 0, 3), show(s.seek, 0, 2), show(s.read), show(s.seek, 1), show(s.read, 1), show(s.readline, 1), show(s.readline)
show(s.write, b"x"), show(io.StringIO, 5), show(io.StringIO, "", 5), show(io.StringIO, "", "q"), show(s.__setstate__, 5), show(s.__setstate__, ("ab", "\n", 1, {"q": 1})), show(s.read), show(lambda: s.q), show(s.__setstate__, ("ab", "\n", -1, None)), show(s.__setstate__, ("ab", "\n", "x", None)), show(s.__setstate__, ("ab", "\n", 0, 5))
show(lambda: (s.line_buffering, s.closed, s.encoding, s.errors)), show(s.close), show(s.read), show(s.getvalue), show(lambda: s.closed), show(s.write, ""), show(next, s), show(s.fileno), show(s.detach)
show(io.StringIO.__new__(io.StringIO).read)

# BytesIO
b = io.BytesIO(b"abc\ndef\n\nxyz")
show(b.readline), show(b.read1, 2), show(b.readline, 5), show(b.readlines), show(b.seek, -2, 2), show(b.read), show(b.seek, 1), show(b.readlines, 3), show(b.tell), show(b.seek, -1), show(b.seek, 0, 9), show(b.seek, -100, 1), show(list, b)
a = bytearray(4)
show(b.seek, 2), show(b.readinto, a), show(lambda: a), show(b.write, "x"), show(b.write, b"12345"), show(b.getvalue), show(b.seek, 20), show(b.write, b"!"), show(b.getvalue), show(b.truncate, 5), show(b.getvalue), show(b.tell), show(b.truncate, -1), show(b.truncate, "x"), show(b.writelines, [b"1", b"2"]), show(b.getvalue)
v = b.getbuffer()
show(lambda: (len(v), v.readonly, v.format, type(v.obj).__name__)), show(b.write, b"x"), show(b.truncate, 1), show(b.close), show(b.__setstate__, (b"", 0, None)), show(b.read), show(v.release), show(b.write, b"x")
show(b.__getstate__), show(b.__setstate__, (b"ab", 1, {"z": 5})), show(lambda: (b.z, b.read())), show(b.__setstate__, 5), show(b.__setstate__, (b"", -1, None)), show(b.__setstate__, (b"", "x", None)), show(b.__setstate__, (b"", 0, 5))
show(b.isatty), show(b.fileno), show(b.detach), show(b.flush), show(io.BytesIO, "x"), show(lambda: io.BytesIO(None).read()), show(b.close), show(b.read), show(b.getbuffer), show(b.readable), show(lambda: b.closed), show(list, b)
