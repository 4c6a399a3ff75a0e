# A bytearray with views: either the view exists and resizing is BufferError, or not; a view never sees freed memory.
from race import *
b = bytearray(b"x" * 64)
def view(k):
    with memoryview(b) as m:
        n = len(m)
        check(bytes(m) == b"x" * n, "foreign bytes")
        m[0:2] = b"xx"
def resize(k):
    b.extend(b"x" * 64)
    if len(b) > 2000: del b[64:]
def clear(k):
    b.clear()
    b.extend(b"x" * 64)
race(view, resize, view, clear, allow=(BufferError, IndexError, ValueError))
