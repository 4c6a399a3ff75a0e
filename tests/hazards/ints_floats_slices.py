# Immediate and big numbers, complex, slices, ranges and tuples made and dropped across threads; nothing aliases.
from race import *
box = [10**30, 1.5, 2 + 3j, slice(1, 2), range(5), (1, 2), "s", b"b", frozenset([1])]
kinds = [int, float, complex, slice, range, tuple, str, bytes, frozenset]
def replace(k):
    box[0] = 10**30 + k; box[1] = k + 0.5; box[2] = complex(k, 1); box[3] = slice(k, k + 1); box[4] = range(k); box[5] = (k, k + 1); box[6] = "s" * k; box[7] = b"b" * k; box[8] = frozenset([k])
def read(k):
    for v, t in zip(box, kinds): check(type(v) is t, "another kind", v, t)
    check(box[0] - 10**30 < 8 and box[1] % 1 == 0.5); s = box[3]; check(s.stop - s.start == 1); t = box[5]; check(t[1] - t[0] == 1)
def compute(k):
    x = box[0]
    check((x * x) // x == x and -(-x) == x and int(str(x)) == x and x.bit_length() == 100)
    hash(x), hash(box[8]), box[2] * 2
race(replace, read, compute, read)
