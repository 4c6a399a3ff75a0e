import _md5,_sha1,_sha2,_sha3,_blake2,_hmac
def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)
m=_md5.md5(b"a")
for f in (lambda:_md5.md5("x"), lambda:_md5.md5(5), lambda:m.update("x"), lambda:m.update(5), lambda:m.update(), lambda:_md5.md5(b"",string=b""), lambda:_md5.md5(string=b"a").hexdigest(), lambda:_md5.MD5Type(), lambda:_md5.md5(b"",False), lambda:_sha3.sha3_224("x"), lambda:_sha3.shake_128(b"a").digest(-1), lambda:_sha3.shake_128(b"a").digest(2**29), lambda:_sha3.shake_128(b"a").digest("x"),lambda:_sha3.shake_128(b"a").digest(), lambda:_sha3.shake_128(b"a").digest(length=3), lambda:_sha3.shake_128(b"a").hexdigest(2**29),lambda:_sha3.shake_128(b"a").digest(2**70),lambda:_sha3.shake_128(b"a").digest(0),
 lambda:_sha3.sha3_256()._suffix, lambda:_sha3.shake_128()._suffix, lambda:(_sha3.sha3_256()._capacity_bits,_sha3.sha3_256()._rate_bits),lambda:(_sha3.shake_128()._capacity_bits,_sha3.shake_128()._rate_bits, _sha3.shake_128().digest_size,_sha3.shake_128().block_size,_sha3.shake_128().name)):
    print(attempt(f))
B=_blake2.blake2b; S=_blake2.blake2s
for C in (B,S):
  for kw in ({"digest_size":0},{"digest_size":65},{"digest_size":"x"},{"key":b"x"*65},{"salt":b"x"*17},{"person":b"x"*17},{"fanout":256},{"fanout":-1},{"depth":0},{"depth":256},{"leaf_size":-1},{"leaf_size":2**32},{"node_offset":-1},{"node_offset":2**64},{"node_offset":2**48},{"node_depth":256},{"inner_size":65},{"inner_size":-1},{"last_node":1},{"key":"x"},{"salt":"x"},{"data":b"abc"},{"foo":1}, {"string":b"a"},{"data":b"","string":b""}):
    r=attempt(C,**kw); print(C.__name__,kw,r if isinstance(r,tuple) else r.hexdigest())
print(attempt(B,"x"),attempt(B,b"",b""), B().name, B().block_size,B().digest_size, B.SALT_SIZE, attempt(B().update,"x"))
print(_hmac.UnknownHashError.__mro__, _hmac.UnknownHashError, attempt(_hmac.new,b"k"), attempt(_hmac.new,b"k",b"",None), attempt(_hmac.new,b"k",b"","foo"), attempt(_hmac.new,"k",b"","md5"), attempt(_hmac.new,b"k","x","md5"),attempt(_hmac.new,5,b"","md5"), attempt(_hmac.new,b"k",b"",5),attempt(_hmac.new,b"k",b"",_md5.md5),attempt(_hmac.new,b"k",b"",_md5))
for n in ("md5","MD5","sha1","SHA1","sha224","SHA-256","sha256","sha2_256","sha384","sha512","sha3_224","SHA3-256","sha3-256","sha3_384","sha3_512","shake_128","foo"):
    h=attempt(_hmac.new,b"k",b"m",n); print(n,h if isinstance(h,tuple) else (h.name,h.hexdigest(),h.block_size,h.digest_size))
h=_hmac.new(b"k",b"m","sha256"); print(repr(h).split("@")[0], h.copy().digest()==h.digest(), attempt(h.update,"x"), attempt(h.update), attempt(_hmac.compute_digest,b"k",b"m","sha1"), attempt(_hmac.compute_digest,b"k",b"m","foo"), attempt(_hmac.compute_md5,b"k",b"m"), attempt(_hmac.compute_md5,"k",b"m"), attempt(_hmac.compute_md5,b"k",5), _hmac.compute_blake2b_32(b"k"*200,b"m"), attempt(_hmac.HMAC), attempt(h.update,msg=b"x"))
makers = [_md5.md5, _sha1.sha1, _sha2.sha224, _sha2.sha256, _sha2.sha384, _sha2.sha512, _sha3.sha3_224, _sha3.sha3_256, _sha3.sha3_384, _sha3.sha3_512, _blake2.blake2b, _blake2.blake2s]
for f in makers:
    for n in (0, 1, 63, 64, 65, 135, 136, 137, 1000, 100000):
        d = bytes(i * 7 & 255 for i in range(n))
        h = f(d)
        g = f()
        g.update(d[: n // 3])
        c = g.copy()
        g.update(memoryview(d)[n // 3 :])
        assert g.digest() == h.digest() and c.digest() == f(d[: n // 3]).digest() and h.digest().hex() == h.hexdigest()
        print(h.name, n, h.hexdigest()[:40], h.digest_size, h.block_size)
for f in (_sha3.shake_128, _sha3.shake_256):
    for n in (0, 1, 167, 168, 169, 500):
        h = f(bytes(n))
        print(h.name, n, h.hexdigest(20), h.digest(400)[-10:])
print(_blake2.blake2b(b"m", digest_size=20, key=b"key", salt=b"salt", person=b"p").hexdigest(), _blake2.blake2s(b"m", digest_size=20, key=b"key", salt=b"salt", person=b"p", fanout=2, depth=2, leaf_size=5, node_offset=9, node_depth=1, inner_size=8, last_node=True).hexdigest())
print(_blake2.blake2b.MAX_KEY_SIZE, _blake2.blake2s.PERSON_SIZE, _blake2.BLAKE2B_SALT_SIZE)
h = _md5.md5()
big = b"x" * 300000
import _thread

ts = [_thread.start_joinable_thread(lambda: h.update(big)) for _ in range(4)]
[t.join() for t in ts]
print(h.hexdigest() == _md5.md5(big * 4).hexdigest())
for n in (0, 10, 64, 65, 200):
    for name in ("md5", "sha256", "sha512", "sha3_256"):
        print(n, name, _hmac.new(b"k" * n, b"message", name).hexdigest())
