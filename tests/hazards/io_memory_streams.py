# BytesIO, StringIO and a text stack over BytesIO used by all threads.
from race import *
import io
b, s = io.BytesIO(), io.StringIO()
t = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
def write(k):
    b.write(b"abcd"); s.write("abcd"); t.write("abcd\n")
    if b.tell() > 4000: b.seek(0); b.truncate()
    if s.tell() > 4000: s.seek(0); s.truncate()
def read(k):
    check(set(b.getvalue()) <= set(b"abcd\0"), "foreign byte")
    check(set(s.getvalue()) <= set("abcd\0"), "foreign text")
    b.seek(0); b.read(100); b.readline(); s.seek(0); s.readlines()
def views(k):
    with b.getbuffer() as m: bytes(m[:4])
def more(k):
    t.flush(); t.tell(); b.readinto(bytearray(5)); next(s, None); b.getvalue(); t.buffer.getvalue()
race(write, read, views, more, allow=(BufferError, OSError, ValueError))
