# Modes of files.
import _stat

for m in (0o100644, 0o40755, 0o120777, 0o4755, 0o2711, 0o1777, 0o104654, 0o20000, 0o60000, 0o10000, 0o140000, 0, 0o1000, 0o101000):
    print(oct(m), _stat.filemode(m), oct(_stat.S_IMODE(m)), oct(_stat.S_IFMT(m)), [
        n for n in sorted(dir(_stat)) if n.startswith("S_IS") and callable(getattr(_stat, n)) and getattr(_stat, n)(m)])
for bad in (-1, 1 << 40, 1 << 80, "a", 1.5):
    for f in (_stat.filemode, _stat.S_ISDIR, _stat.S_IMODE):
        try:
            print(f(bad))
        except (TypeError, OverflowError) as e:
            print(type(e).__name__, e)
class I:
    def __index__(self):
        return 0o100600
print(_stat.filemode(I()))
for n in sorted(dir(_stat)):
    if isinstance(getattr(_stat, n), int):
        print(n, getattr(_stat, n))
