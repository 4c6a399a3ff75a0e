"""Cycles through everything that can hold a reference: each is found, and finalised in the order of PEP 442."""
import contextvars
import functools
import gc
import itertools
import types
import weakref
from collections import deque, OrderedDict, defaultdict

gc.disable()


class Canary:
    """Tells when it dies."""

    def __init__(self, name):
        self.name = name

    def __del__(self):
        died.append(self.name)


died = []


def check(name, make):
    died.clear()
    make(Canary(name))
    gc.collect()
    print(name, died == [name])


def through_list(c):
    l = [c]
    l.append(l)


def through_dict(c):
    d = {"c": c}
    d["d"] = d


def through_tuple(c):
    l = []
    t = (c, l)
    l.append(t)


def through_set(c):
    class H:
        pass

    h = H()
    h.s = {h, c}


def through_deque(c):
    d = deque([c])
    d.append(d)


def through_ordered_dict(c):
    d = OrderedDict(c=c)
    d["d"] = d


def through_default_dict(c):
    d = defaultdict(list)
    d["c"].append(c)
    d["d"].append(d)


def through_instance(c):
    class X:
        pass

    x = X()
    x.c, x.me = c, x


def through_slots(c):
    class X:
        __slots__ = ("c", "me")

    x = X()
    x.c, x.me = c, x


def through_instance_dict(c):
    class X:
        pass

    x = X()
    x.__dict__["c"] = c
    x.__dict__["me"] = x


def through_closure(c):
    def f():
        return f, c


def through_default(c):
    def f(x=[c]):
        pass

    f.__defaults__[0].append(f)


def through_function_dict(c):
    def f():
        pass

    f.c, f.f = c, f


def through_generator(c):
    def g():
        me = yield
        yield c, me

    x = g()
    next(x)
    x.send(x)


def through_unstarted_generator(c):
    l = []

    def g(a, b):
        yield a, b

    l.append(g(l, c))


def through_coroutine(c):
    @types.coroutine
    def pause():
        yield

    async def co(l):
        await pause()
        return c

    l = []
    x = co(l)
    l.append(x)
    x.send(None)


def through_bound_method(c):
    class X:
        def m(self):
            pass

    x = X()
    x.c, x.m2 = c, x.m


def through_class(c):
    class X:
        attribute = c

    X.me = X


def through_metaclass(c):
    class M(type):
        pass

    class X(metaclass=M):
        attribute = c

    M.x = X


def through_module(c):
    m = types.ModuleType("m")
    m.c, m.m = c, m


def through_exec(c):
    ns = {"c": c}
    exec("def f(): return f", ns)


def through_exception(c):
    try:
        raise ValueError(c)
    except ValueError as e:
        kept = e
        kept.me = kept


def through_partial(c):
    l = [c]
    l.append(functools.partial(print, l))


def through_iterator(c):
    l = [c]
    l.append(iter(l))


def through_itertools(c):
    l = [c]
    l.append(itertools.chain(l, l))
    l.append(itertools.cycle(l))
    l.append(map(str, l))
    l.append(zip(l, l))
    l.append(enumerate(l))


def through_property(c):
    class X:
        @property
        def p(self):
            return c, X


def through_weakref_callback(c):
    class X:
        pass

    x = X()
    x.w = weakref.ref(x, lambda _: (x, c))


def through_mapping_proxy(c):
    d = {"c": c}
    d["p"] = types.MappingProxyType(d)


def through_namespace(c):
    n = types.SimpleNamespace(c=c)
    n.n = n


def through_context(c):
    v = contextvars.ContextVar("v")
    ctx = contextvars.copy_context()
    ctx.run(v.set, (ctx, c))


def through_slice(c):
    l = [c]
    l.append(slice(l, None))


def through_list_subclass(c):
    class L(list):
        pass

    l = L([c])
    l.me = l
    l.append(l)


def through_str_subclass(c):
    class S(str):
        pass

    s = S("x")
    s.c, s.me = c, s


def through_memory(c):
    class B(bytearray):
        pass

    b = B(b"x")
    b.c, b.v = c, memoryview(b)
    b.v.release()
    b.me = b


for f in [v for k, v in list(globals().items()) if k.startswith("through_")]:
    check(f.__name__, f)

# --- order: callbacks of weak references that live, then __del__, then memory ---
log = []


class Ordered:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        log.append(("del", self.n, self.other.n, ref() is None))


a, b = Ordered(1), Ordered(2)
a.other, b.other = b, a
ref = weakref.ref(a)
called = weakref.ref(b, lambda r: log.append(("callback", r() is None)))
inner = weakref.ref(a, lambda r: log.append("never"))
a.inner = inner
inner = None
a = b = None
gc.collect()
print(log[0], sorted(log[1:]))


# --- what a finaliser changes is looked at again ---
class Chain:
    def __init__(self, n):
        self.n = n
        self.me = self

    def __del__(self):
        saved.append(self.tail)


saved = []
x, y, z = Chain(1), Chain(2), Chain(3)
Chain.__del__.__name__
x.tail, y.tail, z.tail = y, None, None
y.__class__ = z.__class__ = type("Plain", (), {})
w = [weakref.ref(o) for o in (x, y, z)]
x = y = z = None
gc.collect()
print([o.n for o in saved if o], saved[0].me is saved[0], [r() is None for r in w])
saved.clear()
print(gc.collect() > 0)

# --- young and full collections ---
print(gc.get_threshold() == (2000, 10, 10), gc.isenabled(), gc.get_debug())
l = []
l.append(l)
w = weakref.ref(type("T", (), {}))
print(gc.collect(0) >= 0, any(o is l for o in gc.get_objects()))
for g in (3, -1):
    try:
        gc.collect(g)
    except ValueError as e:
        print(e)

# --- freeze: what is frozen is left alone until it is thawed ---
died.clear()
through_list(Canary("frozen"))
gc.freeze()
print(gc.get_freeze_count() > 0, gc.collect() >= 0, died)
gc.unfreeze()
gc.collect()
print(gc.get_freeze_count(), died)

# --- what is tracked, what refers to what ---
print([gc.is_tracked(o) for o in ([], {}, set(), "s", 1, 1.5, b"", object(), type("A", (), {})(), print, len, int)])
inside = ["x", 2, 2.5, None, (1,)]
print(sorted(map(repr, gc.get_referents(inside))))
holder = [inside]
print(any(o is holder for o in gc.get_referrers(inside)), gc.get_referents(1, "a"))


class Once:
    def __del__(self):
        keep.append(self)


keep = []
o = Once()
print(gc.is_finalized(o))
o.me = o
o = None
gc.collect()
print(gc.is_finalized(keep[0]), gc.is_finalized(3))
keep.clear()

# --- callbacks, garbage, debug ---
seen = []
gc.callbacks.append(lambda phase, info: seen.append((phase, sorted(info))))
gc.collect()
gc.callbacks.clear()
print(seen)
gc.set_debug(gc.DEBUG_SAVEALL)
l = ["saved"]
l.append(l)
l = None
gc.collect()
print(any(type(o) is list and o[:1] == ["saved"] for o in gc.garbage))
gc.set_debug(0)
gc.garbage.clear()
gc.collect()
print(len(gc.garbage), set(gc.get_stats()[0]) >= {"collections", "collected", "uncollectable"})
