"""Code that runs often enough to be compiled to machine code, and then meets what it was not compiled for."""

import sys
import threading


def add(a, b):
    return a + b


def arithmetic():
    total = 0
    for i in range(5000):
        total = add(total, i)
    print(total, add(1 << 47, 1 << 47), add((1 << 48) - 1, 1), add(-(1 << 48), -1))
    print(add(1.5, 2), add(2, 1.5), add("a", "b"), add([1], [2]), add(True, 2))
    try:
        add(1, "x")
    except TypeError as e:
        print(e)


def operators(a, b):
    return a - b, a * b, a // b, a % b, a & 12, a | 3, a ^ b, a << 3, a >> 1, -a, a < b, a == b, a / b


def all_operators():
    for _ in range(3000):
        operators(17, 5)
    for pair in [(17, 5), (-17, 5), (17, -5), ((1 << 47), 3), (-(1 << 48), 7), ((1 << 60), 3), (True, 2)]:
        print(*operators(*pair))
    for pair in [(7.5, 2), (1, 0)]:
        try:
            print(operators(*pair))
        except (TypeError, ZeroDivisionError) as e:
            print(type(e).__name__, e)


def floats(x, y):
    return x + y, x - y, x * y, x / y, -x, x < y, x == y, x * 2, x + 1


def all_floats():
    for _ in range(3000):
        floats(1.5, 0.25)
    nan = float("nan")
    print(floats(1e308, 1e308), floats(-0.0, 1.0), floats(nan, 1.0), floats(1, 2))


class A:
    kind = "class"

    def __init__(self, x):
        self.x = x
        self.y = x + 1

    def get(self):
        return self.x

    @property
    def double(self):
        return self.x * 2

    @classmethod
    def make(cls, x):
        return cls(x)

    @staticmethod
    def half(x):
        return x // 2


class B(A):
    def get(self):
        return -self.x


class Slots:
    __slots__ = ("x", "y")

    def __init__(self, x):
        self.x = x
        self.y = x + 1

    def get(self):
        return self.x + self.y


def read(o):
    return o.x + o.y + o.get()


def write(o, v):
    o.x = v
    o.y = v + 1


def attributes():
    objects = [A(1), B(2), Slots(3), A(4)]
    total = 0
    for n in range(4000):
        o = objects[n & 3]
        write(o, n)
        total += read(o)
    print(total)
    # Values that move to a dict, shadowed methods, missing attributes, another class, another method.
    o = A(10)
    o.__dict__["z"] = 5
    print(read(o), vars(o))
    o.get = lambda: 100
    print(read(o))
    o = A(10)
    del o.y
    try:
        read(o)
    except AttributeError as e:
        print(e)
    o.y = 1
    o.__class__ = B
    print(read(o), list(vars(o)))
    A.get = lambda self: 1000
    print(read(A(1)), read(B(1)))
    A.y = property(lambda self: 7, lambda self, v: None)
    print(read(A(1)))
    del A.y
    print(read(A(2)))
    p = A(3)
    out = 0
    for n in range(3000):
        p.x = n
        out += p.double + A.half(n) + A.make(n).x + len(A.kind)
    print(out)
    A.kind = "changed"
    A.half = staticmethod(lambda x: 1)
    print(A.kind, A.half(10), A.make(2).double)


def fill(o, names):
    for n in names:
        setattr(o, n, 1)
    o.x = 2
    return list(vars(o))


def order():
    class C:
        def __init__(self):
            self.a = 1
            self.x = 2
            self.b = 3

    for _ in range(2000):
        C()
    c = C()
    del c.a
    c.a = 9
    print(list(vars(c)), fill(C(), []), fill(object.__new__(C), ["b", "a"]))


def items(a, i):
    return a[i], a[-1]


def containers():
    data = [1, 2.5, "x", [4]]
    for n in range(4000):
        items(data, n & 3)
    print(items((1, 2), 0), items("xyz", 1), items({0: "a", -1: "b"}, 0), items(range(5), 2))
    for bad in [(data, 4), (data, -5), ((), 0), ({}, 0)]:
        try:
            items(*bad)
        except (IndexError, KeyError) as e:
            print(type(e).__name__, e)
    total = 0
    for n in range(3000):
        a, b = (n, n + 1)
        c, (d, e) = [n, (1, 2)]
        total += a + b + c + d + e
    print(total)
    for bad in [(1,), (1, 2, 3), [1], 5]:
        try:
            a, b = bad
        except (ValueError, TypeError) as e:
            print(e)


def grows(n):
    out = [0] * n
    for k in range(n):
        out[k] = k * k
    items = [1, 2, 3]
    for x in items:
        if len(items) < 6:
            items.append(x * 10)
    return sum(out), items


def calls():
    def inner(a, b=2, *rest, c=3, **more):
        return a, b, rest, c, more

    def plain(a, b):
        return a - b

    for n in range(2000):
        inner(n)
        plain(n, 1)
        grows(3)
    print(inner(1), inner(1, 5, 6, c=7, d=8), plain(b=1, a=5), grows(50))
    for f in (lambda: plain(1), lambda: plain(1, 2, 3), lambda: plain(1, c=2)):
        try:
            f()
        except TypeError as e:
            print(e)
    plain.__code__ = (lambda a, b: a + b).__code__
    print(plain(1, 2))


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


def endless(n):
    return endless(n + 1)


def recursion():
    for _ in range(100):
        deep(50)
    print(deep(500))
    try:
        endless(0)
    except RecursionError as e:
        print(e)


def raising(n):
    if n % 3 == 0:
        raise ValueError(n)
    return n


def exceptions():
    caught = 0
    for n in range(6000):
        try:
            raising(n)
        except ValueError as e:
            caught += e.args[0] % 2
        finally:
            caught += 1
    print(caught)
    try:
        raising(3)
    except ValueError as e:
        t = e.__traceback__
        while t:
            print(t.tb_frame.f_code.co_name, t.tb_lineno - t.tb_frame.f_code.co_firstlineno)
            t = t.tb_next


def numbers(n):
    for i in range(n):
        got = yield i
        if got:
            yield got * 2


def chain(n):
    yield from numbers(n)
    return n


def generators():
    print(sum(x for x in chain(5000)), sum(i * i for i in range(3000) if i & 1))
    g = chain(3)
    print(next(g), g.send(21), next(g), list(g))

    def closing():
        try:
            yield 1
        finally:
            print("closed")

    for _ in range(3):
        for x in closing():
            break


class Dies:
    dead = 0

    def __del__(self):
        Dies.dead += 1


def temporaries():
    for n in range(3000):
        d = Dies()
        e = Dies()
        d = e
    del d, e
    return Dies.dead


def early(flag):
    if flag:
        local = 1
    return local


def unbound():
    for _ in range(2000):
        early(True)
    try:
        early(False)
    except UnboundLocalError as e:
        print(e)


def changed_global():
    return LIMIT + len("abc")


def globals_change():
    global LIMIT, len
    LIMIT = 1
    for _ in range(2000):
        changed_global()
    LIMIT = 2
    print(changed_global())
    len = lambda s: 50
    print(changed_global())
    del len
    print(changed_global())
    del LIMIT
    try:
        changed_global()
    except NameError as e:
        print(e)


def traced():
    events = []

    def tracer(frame, event, arg):
        events.append((event, frame.f_code.co_name))
        return None

    sys.settrace(tracer)
    add(1, 2)
    sys.settrace(None)
    print(events)


def locals_of_others():
    def inner():
        frame = sys._getframe(1)
        frame.f_locals["x"] = "changed"

    def outer():
        x = 1
        for n in range(1500):
            y = x
        inner()
        return x, y

    print(outer(), outer())


def work(n, out):
    total = 0
    a = A(n)
    for k in range(20000):
        a.x = k
        total += read(a)
    out.append(total)


def threads():
    out = []
    all_threads = [threading.Thread(target=work, args=(n, out)) for n in range(4)]
    for t in all_threads:
        t.start()
    for t in all_threads:
        t.join()
    print(sorted(out))


arithmetic()
all_operators()
all_floats()
attributes()
order()
containers()
calls()
recursion()
exceptions()
generators()
print(temporaries())
unbound()
globals_change()
traced()
locals_of_others()
threads()
