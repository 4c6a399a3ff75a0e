# Cycles are collected: finalisers once, weak references, resurrection, classes, functions and generators.
import gc
import weakref

log = []


class A:
    def __init__(self):
        self.me = self

    def __del__(self):
        log.append('del')


for i in range(5):
    A()
print(gc.collect() > 0, len(log))


class B:
    pass


b = B()
b.x = b
w = weakref.ref(b, lambda r: log.append('callback'))
del b
print(w() is not None)
gc.collect()
print(w(), log[-1])


class R:
    def __del__(self):
        global kept
        kept = self


r = R()
r.me = r
del r
gc.collect()
print(kept.me is kept, gc.is_finalized(kept))
del kept
gc.collect()


def make_class():
    class T:
        pass
    T.instance = T()
    return weakref.ref(T)


w = make_class()
gc.collect()
print(w())


def numbers():
    g = yield
    yield g


g = numbers()
next(g)
g.send(g)
w = weakref.ref(g)
del g
gc.collect()
print(w())


def make_function():
    def inner():
        return inner
    return weakref.ref(inner)


w = make_function()
gc.collect()
print(w())
l = []
l.append(l)
print(gc.is_tracked(l), gc.is_tracked(1), gc.is_tracked('a'), any(x is l for x in gc.get_referents([1, 'a', l])))
del l
print(gc.collect() > 0)
