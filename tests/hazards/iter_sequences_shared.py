# Iterators of tuple, str, bytes, bytearray, range, array, memoryview and a __getitem__ sequence, shared: each position comes at most once.
from race import *
import array
class Sequence:
    def __getitem__(self, i):
        if i >= 200:
            raise IndexError
        return i
text = "".join(chr(0x100 + i) for i in range(200))
sources = [tuple(range(200)), text, bytes(range(200)), bytearray(range(200)), range(200), range(10**30, 10**30 + 200),
           array.array("H", range(200)), memoryview(bytes(range(200))), Sequence()]
for s in sources:
    def make(s=s):
        return iter(s)
    def drain(it, k):
        return list(it)
    def after(it, results, s=s):
        seen = [x for r in results for x in r]
        check(len(seen) == len(set(seen)), "an element came twice", type(s).__name__)
        check(sorted(seen) == sorted(s if not isinstance(s, Sequence) else range(200)), "elements lost", type(s).__name__, len(seen))
        check(next(it, None) is None, "alive after its end", type(s).__name__)
    rounds(12, make, drain, after=after)
