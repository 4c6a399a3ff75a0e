# Raw, buffered and text streams, by their observable behaviour.
import _io as io
import sys

PATH = "/tmp/weft-io-streams.tmp"


def show(f, *args, **kw):
    try:
        r = f(*args, **kw)
    except BaseException as e:
        print(type(e).__name__, str(e).replace(PATH, "PATH"), [getattr(e, "errno", None), getattr(e, "characters_written", None) if isinstance(e, BlockingIOError) else None])
    else:
        print(repr(r).replace(PATH, "PATH"))


# ---- FileIO ----
f = io.FileIO(PATH, "w")
show(repr, f)
show(f.write, b"hello\nworld\n")
show(f.tell)
show(f.read)
show(f.readable), show(f.writable), show(f.seekable), show(f.isatty)
show(lambda: (f.mode, f.closefd, f.closed, f.name == PATH, f._finalizing))
f.close()
f.close()
show(repr, f)
for name in ("read", "readall", "tell", "fileno", "isatty", "readable", "seekable", "writable", "truncate"):
    show(getattr(f, name))
show(f.write, b"")
show(f.flush)
for mode in ("", "rw", "r+x", "q", "rb", "r+", "x", "a", "a+", "w+", "++", "U"):
    def go():
        f = io.FileIO(PATH, mode)
        m = f.mode, f.tell()
        f.close()
        return m
    show(go)
with io.FileIO(PATH, "w+") as f:
    f.write(b"0123456789")
    show(f.seek, 3), show(f.read, 2), show(f.seek, -2, 1), show(f.seek, -1, 2), show(f.read), show(f.read), show(f.seek, -5)
    show(f.truncate, 4), show(f.tell), show(f.seek, 0), show(f.readall)
    b = bytearray(3)
    show(f.seek, 1), show(f.readinto, b), show(lambda: bytes(b)), show(f.readinto, b"abc"), show(f.readinto, "x")
    show(f.write, "x"), show(f.seek, 1.5), show(f.seek, "1")
    show(f.read, "1")
show(io.FileIO, "/nonexistent/file"), show(io.FileIO, "/tmp"), show(io.FileIO, -1), show(io.FileIO, PATH, "r", closefd=False)
show(io.FileIO, "a\0b"), show(io.FileIO, PATH, 5), show(io.FileIO), show(io.FileIO, 1.5), show(io.FileIO, PATH, opener=lambda p, f: -3)
show(io.FileIO, PATH, opener=lambda p, f: "x")
show(lambda: io.FileIO(PATH).__getstate__())

# ---- mock raw objects ----


class MockRaw(io._RawIOBase):
    def __init__(self, reads=(), writes=None):
        self.reads = list(reads)
        self.writes = writes
        self.log = []

    def readable(self):
        return True

    def writable(self):
        return True

    def seekable(self):
        return True

    def readinto(self, b):
        self.log.append(("readinto", len(b)))
        if not self.reads:
            return 0
        d = self.reads.pop(0)
        if d is None:
            return None
        n = min(len(d), len(b))
        b[:n] = d[:n]
        if d[n:]:
            self.reads.insert(0, d[n:])
        return n

    def write(self, b):
        self.log.append(("write", bytes(b)))
        if self.writes is None:
            return len(b)
        if not self.writes:
            return None
        return self.writes.pop(0)

    def seek(self, pos, whence=0):
        self.log.append(("seek", pos, whence))
        return 0

    def tell(self):
        return 0


raw = MockRaw([b"abc", b"d", b"efg"])
b = io.BufferedReader(raw, 4)
show(b.read, 0), show(b.read, 2), show(b.peek), show(b.read, 10), show(b.read, 1), show(lambda: raw.log)
raw = MockRaw([b"ab\ncd", b"ef\n", b"gh"])
b = io.BufferedReader(raw, 4)
show(b.readline), show(b.readline, 1), show(b.readline), show(b.readline), show(b.readline), show(lambda: raw.log)
raw = MockRaw([b"abc", None, b"def", None, None])
b = io.BufferedReader(raw)
show(b.read, 5), show(b.read, 1), show(b.read), show(b.read1), show(b.read1, 10), show(b.read)
raw = MockRaw([b"abc", b"defgh"])
b = io.BufferedReader(raw, 4)
a = bytearray(7)
show(b.readinto, a), show(bytes, a), show(b.readinto1, a), show(lambda: raw.log)
raw = MockRaw([b"abcdefgh"])
b = io.BufferedReader(raw, 4)
show(b.read1, 1), show(b.read1, 100), show(b.read1, 0), show(b.read1), show(b.read, -2), show(lambda: raw.log)
show(io.BufferedReader, raw, 0), show(io.BufferedReader, raw, -1), show(io.BufferedReader)
show(b.seek, 0, 9), show(b.truncate), show(lambda: b.detach() is raw), show(b.read), show(b.detach), show(lambda: b.raw), show(lambda: b.closed)
raw = MockRaw()
w = io.BufferedWriter(raw, 8)
for part in (b"abc", b"defgh", b"ijklmnopqrstuvw", b"x", b""):
    show(w.write, part)
show(lambda: raw.log), show(w.flush), show(lambda: raw.log)
show(w.write, "x"), show(w.write), show(w.read) if hasattr(w, "read") else None
raw = MockRaw(writes=[3, 2])
w = io.BufferedWriter(raw, 8)
show(w.write, b"abcdefgh"), show(w.write, b"ijk"), show(w.write, b"0123456789abcdef"), show(w.flush), show(lambda: raw.log)
raw.writes = None
show(w.flush), show(lambda: raw.log[-1])
raw.writes = [99]
w.write(b"zz")
show(w.flush)
raw.writes = None
show(w.seek, 3), show(w.tell), show(w.close), show(w.write, b""), show(w.flush), show(w.seek, 0), show(lambda: w.closed)


class NotReadable(MockRaw):
    def readable(self):
        return False


show(io.BufferedReader, NotReadable())
u = io.BufferedReader.__new__(io.BufferedReader)
show(u.read), show(lambda: u.closed), show(repr, u)


class Odd(MockRaw):
    def readinto(self, b):
        return self.odd

    write = lambda self, b: self.odd


for odd in (-1, 1000, "x", None):
    o = Odd()
    o.odd = odd
    show(io.BufferedReader(o, 10).read, 5)
    w = io.BufferedWriter(o, 4)
    show(w.write, b"123456789")
    try:
        w.detach()
    except Exception:
        pass

# ---- random and pair ----
with open(PATH, "wb") as f:
    f.write(b"0123456789" * 3)
with open(PATH, "r+b", buffering=8) as f:
    show(repr, f)
    show(f.read, 3), show(f.write, b"AB"), show(f.tell), show(f.read, 2), show(f.seek, 0), show(f.read)
    show(f.seek, -4, 2), show(f.write, b"zzzzzzzzzzzz"), show(f.tell), show(f.seek, 25), show(f.peek, 3), show(f.read1, 4)
    show(f.truncate, 30), show(f.tell), show(f.seek, 0), show(f.readlines)
p = io.BufferedRWPair(MockRaw([b"abc\ndef"]), MockRaw(), 4)
show(p.read, 2), show(p.peek), show(p.write, b"123456"), show(p.flush), show(p.readable), show(p.writable), show(p.seekable), show(p.isatty)
show(p.readline), show(p.close), show(lambda: p.closed), show(io.BufferedRWPair, NotReadable(), MockRaw())

# ---- reentrancy ----


class Reentrant(MockRaw):
    def write(self, b):
        self.up.write(b"inner")
        return len(b)

    name = "R"


r = Reentrant()
w = io.BufferedWriter(r, 4)
r.up = w
show(w.write, b"abcdefgh")
w.detach

# ---- base class in Python ----


class Lines(io._RawIOBase):
    def __init__(self, data):
        self.data = data

    def readable(self):
        return True

    def readinto(self, b):
        n = min(len(b), len(self.data), 3)
        b[:n] = self.data[:n]
        self.data = self.data[n:]
        return n


show(Lines(b"ab\ncd\n\nx").readlines), show(Lines(b"ab\ncd").readline, 1), show(list, Lines(b"a\nb")), show(Lines(b"abcdefg").read, 2), show(Lines(b"abcdefg").read)
l = Lines(b"abc")
show(l.seek, 0), show(l.tell), show(l.truncate), show(l.fileno), show(l.isatty), show(l.seekable), show(l._checkSeekable), show(l._checkWritable), show(l._checkReadable)
show(l.write, b"x"), show(l.writelines, [b"a"])
with l:
    pass
show(lambda: l.closed), show(l.flush), show(lambda: l.__enter__()), show(lambda: iter(l)), show(l.readlines), show(l.close)
show(io._BufferedIOBase().read), show(io._BufferedIOBase().detach), show(io._TextIOBase().read), show(io._TextIOBase().readline), show(lambda: io._TextIOBase().encoding)


class FailingClose(io._RawIOBase):
    def flush(self):
        raise OSError("flush")

    def close(self):
        try:
            super().close()
        finally:
            self.flush = lambda: None


show(FailingClose().close)

# ---- open ----
for args, kw in [
    ((PATH, "q"), {}), ((PATH, "rr"), {}), ((PATH, "rw"), {}), ((PATH, "tb"), {}), ((PATH, "rtb"), {}), ((PATH, "rb"), {"encoding": "utf-8"}), ((PATH, "rb"), {"errors": "strict"}),
    ((PATH, "rb"), {"newline": "\n"}), ((PATH, "r"), {"buffering": 0}), ((PATH, "r"), {"newline": "q"}), ((PATH, "r"), {"encoding": "nope"}), 
    ((PATH, "r"), {"encoding": 5}), ((PATH, 5), {}), ((None,), {}), ((PATH, "b"), {}), ((PATH, "r"), {"buffering": -3}), ((PATH, "+"), {}), ((PATH, ""), {}), (("/nope/x",), {}), ((), {}),
]:
    def go():
        f = io.open(*args, **kw)
        f.close()
        return type(f).__name__, f.mode
    show(go)
for mode, buffering in (("r", -1), ("rb", -1), ("rb", 0), ("w+b", 5), ("ab", -1), ("xb", -1), ("w", 1)):
    def go():
        with io.open(PATH, mode, buffering) as f:
            return type(f).__name__, f.mode, getattr(f, "line_buffering", None)
    show(go)
show(io.text_encoding, "x")
show(io.open_code, 5)
show(lambda: io.DEFAULT_BUFFER_SIZE)
show(lambda: io.UnsupportedOperation.__mro__), show(lambda: io.BlockingIOError)
