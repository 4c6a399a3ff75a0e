# release() of shared views against reads, casts and slices: ValueError or right bytes.
from race import *
from queue import SimpleQueue
data = bytearray(b"ab" * 100)
shared = [memoryview(data) for _ in range(4)]
def use(k):
    m = shared[k % 4]
    check(bytes(m[:10]) in (b"ab" * 5,), "foreign bytes")
    check(m[0] == 97 and m[-1] == 98)
    m.tolist(), m.cast("H")[0], m == data, m.nbytes, m.hex(), m.readonly
    with m[2:8] as n:
        n[0]
def release(k):
    m, shared[k % 4] = shared[k % 4], memoryview(data)
    m.release()
race(use, release, use, use, allow=(ValueError, BufferError))
shared.clear()
# What many threads have shared dies at a stop.
import gc
gc.collect()
def make():
    return memoryview(data)
def free(m, k):
    m.release()
def after(m, results):
    data.append(97)
    data.pop()
rounds(60, make, free, after=after)
