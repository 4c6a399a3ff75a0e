# bytearray appended, extended, cut, searched and read: bytes from 0 to 9 only.
from race import *
b = bytearray(range(10)) * 10
def grow(k):
    b.append(k); b.extend(bytes(range(8))); b.__iadd__(b"\x01\x02")
    if len(b) > 500: del b[100:]
def read(k):
    check(all(x < 10 for x in bytes(b)), "foreign byte")
    b.find(b"\x05"), b.count(1), len(b), b[:20], b.hex(), b == b, repr(b), b.split(b"\x03"), bytes(reversed(b)), b.decode("latin1")
def cut(k):
    del b[5:8]; b.insert(3, 4); b[2:4] = b"\x05\x06"; b.reverse()
    if len(b) < 50: b.extend(bytes(range(10)) * 10)
def pop(k):
    check(b.pop() < 10)
race(grow, read, cut, pop, read, grow, allow=(IndexError, BufferError))
