from _random import Random
r = Random(42); print(r.random(), r.getrandbits(5), r.getrandbits(64), r.getrandbits(200), r.getrandbits(0))
s = r.getstate(); a = r.random(); r.setstate(s); print(a == r.random(), len(s))
r.seed(-7); print(r.random()); r.seed(10**50); print(r.random()); r.seed(1.5); print(r.random()); r.seed(); print(0 <= r.random() < 1)
class R(Random): pass
print(R(3).random())
for f in (lambda: r.getrandbits(-1), lambda: r.setstate((1,)), lambda: r.setstate(1)):
    try: f()
    except Exception as e: print(type(e).__name__, e)
