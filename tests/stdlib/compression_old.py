# zlib, bz2 and lzma.
import _bz2
import _lzma
import zlib


def show(f, *a, **k):
    try:
        r = f(*a, **k)
    except BaseException as e:
        print(type(e).__name__, e)
    else:
        print(repr(r)[:200])


DATA = b"The quick brown fox jumps over the lazy dog. " * 200
show(zlib.adler32, b"abc"), show(zlib.crc32, b"abc"), show(zlib.crc32, b"abc", -1), show(zlib.adler32, b"abc", 2**40 + 5), show(zlib.crc32, "x"), show(zlib.crc32, DATA, 12345)
for level in (-1, 0, 1, 6, 9):
    for wbits in (15, -15, 31, 9):
        c = zlib.compress(DATA, level, wbits)
        show(lambda: zlib.decompress(c, wbits) == DATA)
        d = zlib.decompressobj(wbits)
        out = b""
        for i in range(0, len(c), 7):
            out += d.decompress(c[i:i + 7])
        out += d.flush()
        show(lambda: (out == DATA, d.eof, d.unused_data, d.unconsumed_tail))
show(zlib.compress, b"", 10), show(zlib.compress, b"x", wbits=99), show(zlib.compress), show(zlib.compress, "x"), show(zlib.compress, b"x", level=b"")
show(zlib.decompress, b"abc"), show(zlib.decompress, b""), show(zlib.decompress, zlib.compress(b"abc")[:-2]), show(zlib.decompress, b"x\x9c", bufsize=0), show(zlib.decompress, b"x\x9c", bufsize=-1), show(zlib.decompress, zlib.compress(DATA), bufsize=1) , show(zlib.decompress, b"", 99)
c = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_DEFAULT_STRATEGY, b"quick brown")
a = c.compress(DATA[:100])
k = c.copy()
b = a + c.compress(DATA[100:]) + c.flush(zlib.Z_SYNC_FLUSH) + c.flush(zlib.Z_NO_FLUSH) + c.flush()
show(c.compress, b"x"), show(c.flush)
b2 = a + k.compress(b"other") + k.flush()
show(lambda: zlib.decompress(b)), show(lambda: zlib.decompressobj(zdict=b"quick brown").decompress(b) == DATA), show(lambda: zlib.decompressobj(zdict=b"wrong").decompress(b)), show(lambda: zlib.decompressobj(zdict=b"quick brown").decompress(b2))
show(zlib.compressobj, 99), show(zlib.compressobj, 5, 1), show(zlib.compressobj, zdict=5), show(zlib.decompressobj, 99), show(zlib.decompressobj, zdict="x"), show(zlib.compressobj, 1, 2, 3, 4, 5, 6, 7), show(zlib.decompressobj, 1, 2, 3)
d = zlib.decompressobj()
z = zlib.compress(DATA)
x = d.decompress(z + b"rest", 10)
show(lambda: (x, len(d.unconsumed_tail) > 20, d.unused_data, d.eof))
e = d.copy()
show(lambda: len(d.decompress(d.unconsumed_tail))), show(lambda: (d.unconsumed_tail, d.unused_data, d.eof)), show(d.decompress, b"more"), show(lambda: d.unused_data), show(d.flush), show(d.flush, 0), show(d.decompress, b"", -1)
show(lambda: len(e.flush())), show(lambda: (e.eof, e.unused_data))
d = zlib._ZlibDecompressor()
show(lambda: d.decompress(z, 10)), show(lambda: (d.eof, d.needs_input, d.unused_data)), show(lambda: len(d.decompress(b"", 100))), show(lambda: len(d.decompress(b"tail"))), show(lambda: (d.eof, d.needs_input, d.unused_data)), show(d.decompress, b"x")
show(zlib._ZlibDecompressor, 99), show(zlib._ZlibDecompressor().decompress, b"garbage"), show(zlib._ZlibDecompressor().decompress, "x")
show(lambda: type(zlib.compressobj()))

for level in (1, 5, 9):
    c = _bz2.BZ2Compressor(level)
    b = c.compress(DATA) + c.compress(b"") + c.flush()
    show(lambda: (len(b), b[:4])), show(c.compress, b"x"), show(c.flush)
    d = _bz2.BZ2Decompressor()
    out = b""
    n = 0
    while not d.eof:
        if d.needs_input:
            out += d.decompress(b[n:n + 11], 50)
            n += 11
        else:
            out += d.decompress(b"", 50)
    show(lambda: (out == DATA, d.unused_data, d.needs_input)), show(d.decompress, b"")
show(_bz2.BZ2Compressor, 0), show(_bz2.BZ2Compressor, 10), show(_bz2.BZ2Compressor, "x"), show(_bz2.BZ2Compressor, 1, 2), show(_bz2.BZ2Decompressor, 1), show(_bz2.BZ2Decompressor().decompress, b"garbage"), show(_bz2.BZ2Decompressor().decompress, b[:20])
d = _bz2.BZ2Decompressor()
show(lambda: d.decompress(b + b"rest") == DATA), show(lambda: (d.eof, d.unused_data, d.needs_input))

L = _lzma
DELTA = [{"id": L.FILTER_DELTA, "dist": 4}, {"id": L.FILTER_LZMA2, "preset": 3}]
for kw in ({}, {"preset": 0}, {"check": L.CHECK_CRC32}, {"check": L.CHECK_SHA256}, {"check": L.CHECK_NONE}, {"format": L.FORMAT_ALONE}, {"format": L.FORMAT_ALONE, "filters": [{"id": L.FILTER_LZMA1, "lc": 1}]}, {"filters": DELTA}, {"format": L.FORMAT_RAW, "filters": DELTA}, {"format": L.FORMAT_XZ, "filters": [{"id": L.FILTER_X86}, {"id": L.FILTER_LZMA2, "dict_size": 65536, "nice_len": 64, "mode": L.MODE_FAST, "mf": L.MF_HC3, "depth": 5, "lp": 0, "pb": 1}]}):
    c = L.LZMACompressor(**kw)
    b = c.compress(DATA[:300]) + c.compress(DATA[300:]) + c.flush()
    show(lambda: (len(b), b[:6])), show(c.compress, b""), show(c.flush)
    raw = kw.get("format") == L.FORMAT_RAW
    d = L.LZMADecompressor(L.FORMAT_RAW, None, DELTA) if raw else L.LZMADecompressor()
    out = b""
    n = 0
    while len(out) < len(DATA) or not (d.eof or raw or kw.get("format") == L.FORMAT_ALONE):
        if d.needs_input:
            out += d.decompress(b[n:n + 13], 70)
            n += 13
        else:
            out += d.decompress(b"", 70)
    show(lambda: (out == DATA, d.check, d.unused_data))
d = L.LZMADecompressor()
c = L.LZMACompressor()
b = c.compress(DATA) + c.flush()
show(lambda: d.decompress(b + b"rest") == DATA), show(lambda: (d.eof, d.unused_data, d.needs_input, d.check)), show(d.decompress, b"")
show(L.LZMADecompressor().decompress, b"garbage!"), show(L.LZMADecompressor(memlimit=1000).decompress, b), show(L.LZMADecompressor, L.FORMAT_RAW), show(L.LZMADecompressor, L.FORMAT_RAW, 5), show(L.LZMADecompressor, L.FORMAT_XZ, None, DELTA), show(L.LZMADecompressor, 99)
show(L.LZMACompressor, 99), show(L.LZMACompressor, preset=99), show(L.LZMACompressor, preset=1, filters=DELTA), show(L.LZMACompressor, L.FORMAT_ALONE, check=1), show(L.LZMACompressor, L.FORMAT_ALONE, filters=DELTA), show(L.LZMACompressor, L.FORMAT_RAW), show(L.LZMACompressor, L.FORMAT_ALONE, preset=99), show(L.LZMACompressor, filters=[]), show(L.LZMACompressor, filters=DELTA * 3), show(L.LZMACompressor, filters=[5]), show(L.LZMACompressor, filters=[{}]), show(L.LZMACompressor, filters=[{"id": 77}]), show(L.LZMACompressor, filters=[{"id": 3, "x": 1}]), show(L.LZMACompressor, filters=[{"id": 33, "x": 1}]), show(L.LZMACompressor, filters=[{"id": 4, "x": 1}]), show(L.LZMACompressor, preset=-1), show(L.LZMACompressor, preset=2**33), show(L.LZMACompressor, check=99)
for f in ({"id": L.FILTER_LZMA2, "dict_size": 1 << 20}, {"id": L.FILTER_LZMA1, "preset": 4}, {"id": L.FILTER_DELTA, "dist": 9}, {"id": L.FILTER_X86}, {"id": L.FILTER_X86, "start_offset": 16}):
    p = L._encode_filter_properties(f)
    show(lambda: p), show(L._decode_filter_properties, f["id"], p)
show(L._decode_filter_properties, L.FILTER_LZMA2, b""), show(L.is_check_supported, L.CHECK_CRC64), show(L.is_check_supported, 15)
show(lambda: {k: getattr(L, k) for k in dir(L) if k.isupper()})
