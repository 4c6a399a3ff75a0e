# Two containers locked at once, in both orders: a.extend(b) against b.extend(a), d1.update(d2) against d2.update(d1), comparisons.
from race import *
a, b = [1] * 10, [2] * 10
d, e = {1: 1}, {2: 2}
s, t = {1}, {2}
x, y = bytearray(b"a"), bytearray(b"b")
def one(k):
    a.extend(b); a[0:0] = b; d.update(e); s.update(t); x.extend(y); a == b; d == e; s <= t; x + y
    del a[10:]; del x[5:]
def two(k):
    b.extend(a); b[0:0] = a; e.update(d); t.update(s); y.extend(x); b < a; e | d; t ^ s
    del b[10:]; del y[5:]
race(one, two, allow=(RuntimeError, BufferError))
