# Native objects with inner state, shared: hashes, compressors, random, struct, decimal contexts, itertools states, sqlite.
from race import *
import hashlib, zlib, random, decimal, bz2, lzma, hmac
h = hashlib.sha256()
r = random.Random(1)
n = [0] * 8
def hashing(k):
    h.update(b"abc"); n[k] += 1
    h.copy().hexdigest(); hmac.new(b"k", b"m", "sha256").hexdigest()
def compress(k):
    c = comp[0]
    c.compress(b"x" * 100)
    check(zlib.decompress(zlib.compress(b"y" * 1000)) == b"y" * 1000)
    if k & 4: comp[0] = zlib.compressobj()
comp = [zlib.compressobj()]
def rand(k):
    check(0 <= r.random() < 1 and 1 <= r.randint(1, 6) <= 6); r.getrandbits(64); r.setstate(r.getstate()) if k == 2 else None; r.shuffle([1, 2, 3])
def decimals(k):
    with decimal.localcontext() as c:
        c.prec = 5 + k
        check(len((decimal.Decimal(1) / 3).as_tuple().digits) == 5 + k, "another thread's precision")
    b = bz2.BZ2Compressor(); b.compress(b"z"); b.flush(); lzma.decompress(lzma.compress(b"q"))
race(hashing, compress, rand, decimals, seconds=0.4)
check(h.digest() == hashlib.sha256(b"abc" * sum(n)).digest(), "an update was lost")
