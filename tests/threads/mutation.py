# Classes, instances, dicts and lists change under readers: no crash, no impossible value.
import _thread, time
class A:
    def m(self): return 1
    @property
    def p(self): return 5
class B:
    def m(self): return 2
    @property
    def p(self): return 6
objs = [A() for _ in range(4)]
errors = []
stop = []
done = []
d = {}
l = []
s = set()
def guard(f):
    def run():
        try:
            n = 0
            while not stop:
                f(n)
                n += 1
        except Exception as e:
            errors.append((f.__name__, repr(e)))
        done.append(1)
    return run
def cls(n):
    for o in objs:
        o.__class__ = B if n & 1 else A
def call(n):
    for o in objs:
        if o.m() not in (1, 2, 3): errors.append("m")
        if o.p not in (5, 6): errors.append("p")
def attrs(n):
    o = objs[n % 4]
    o.x = n
    o.y = [n]
    try:
        o.x, o.y, o.z
    except AttributeError: pass
    try:
        del o.y
    except AttributeError: pass
    o.z = (n,)
def mutate(n):
    A.m = (lambda self: 3) if n & 1 else (lambda self: 1)
    A.q = n
    try: del A.q
    except AttributeError: pass
def dicts(n):
    d[n % 1000] = [n]
    d["k%d" % (n % 100)] = n
    if n % 3 == 0: d.pop(n % 1000, None)
    if n % 5000 == 0: d.clear()
    x = d.get("k5")
    if x is not None and not isinstance(x, int): errors.append(x)
def lists(n):
    l.append([n]); l.insert(0, n)
    if len(l) > 100: del l[:50]
    try:
        l[len(l) // 2]; l[-1]
    except IndexError: pass
    for x in l: pass
    l[5:7] = [1, 2, 3]
    if n % 50 == 0:
        l.reverse()
def iters(n):
    try:
        for k, v in list(d.items()): pass
        for k in d: pass
    except RuntimeError: pass
def swap(n):
    objs[n % 4] = A()
fs = [cls, call, attrs, mutate, dicts, lists, iters, swap]
for f in fs: _thread.start_new_thread(guard(f), ())
for f in fs[1:]: _thread.start_new_thread(guard(f), ())
time.sleep(3)
stop.append(1)
while len(done) < 15: time.sleep(0.01)
print(errors[:5], len(done))
