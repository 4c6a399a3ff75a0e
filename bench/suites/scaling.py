"""Thread scaling: 1 worker doing W against 2 workers each doing W, while a further thread is alive.

Prints 2*t1/t2 for each case: 2.00 is perfect. usage: weft bench/suites/scaling.py [case ...]
"""
import _thread
import abc
import dataclasses
import enum
import functools
import sys
import time

N = 200000


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def get(self):
        return self.x

    @property
    def prop(self):
        return self.x

    @classmethod
    def make(cls):
        return 1

    @staticmethod
    def plain():
        return 2


class Base:
    def __init__(self, v):
        self.v = v


class Derived(Base):
    def __init__(self, v):
        super().__init__(v)


shared = Point(1, 2)
shared_list = [1, "a", None, 2.5] * 25
shared_objects = [Point(i, i) for i in range(100)]
shared_tuple = tuple(shared_list)
shared_dict = {"a": 1, "b": [2], "c": Point(3, 4)}


def private_loop():
    s = 0
    for i in range(N):
        s += i * 3 % 7
    return s


def private_calls():
    def f(x):
        return x
    for i in range(N):
        f(i)


def private_alloc():
    for i in range(N // 2):
        Point(i, i)


def private_append():
    l = []
    for i in range(N):
        l.append(i)


def private_dict():
    d = {}
    for i in range(N // 2):
        d[i] = i


def private_strings():
    for i in range(N // 4):
        s = "a" + str(i) + "b"


def private_sort():
    for _ in range(20):
        l = [(i * 7919) % 1000 for i in range(1000)]
        l.sort()


def private_attr_store():
    p = Point(1, 2)
    for i in range(N):
        p.x = i


def shared_attr_global():
    for i in range(N):
        shared.x


def shared_attr_local():
    p = shared
    for i in range(N):
        p.x


def shared_method():
    for i in range(N):
        shared.get()


def shared_property():
    for i in range(N):
        shared.prop


def shared_classmethod():
    for i in range(N):
        shared.make()


def shared_staticmethod():
    for i in range(N):
        shared.plain()


def shared_list_items():
    l = shared_list
    for i in range(N):
        l[i % 100]


def shared_object_items():
    l = shared_objects
    for i in range(N):
        l[i % 100]


def shared_tuple_items():
    t = shared_tuple
    for i in range(N):
        t[i % 100]


def shared_dict_get():
    d = shared_dict
    for i in range(N):
        d["a"]


def shared_dict_object():
    d = shared_dict
    for i in range(N):
        d["c"]


def shared_list_iter():
    for _ in range(N // 100):
        for x in shared_list:
            pass


def closures():
    for i in range(N // 2):
        def f():
            return i
        f()


def instances():
    for i in range(N // 2):
        Point(i, i)


def super_init():
    for i in range(N // 4):
        Derived(i)


def exceptions():
    for i in range(N // 10):
        try:
            raise ValueError(i)
        except ValueError:
            pass


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


@dataclasses.dataclass
class Row:
    a: int
    b: int


class Shape(abc.ABC):
    pass


class Square(Shape):
    pass


@functools.lru_cache(maxsize=None)
def unbounded(n):
    return n + 1


@functools.lru_cache(maxsize=64)
def bounded(n):
    return n + 1


SQUARE = Square()


def generators():
    def numbers(n):
        for i in range(n):
            yield i
    for _ in range(N // 20):
        for x in numbers(10):
            pass


def enum_members():
    for _ in range(N):
        Colour.RED is Colour.GREEN


def enum_value():
    for _ in range(N):
        Colour.RED.value


def dataclass_new():
    for i in range(N):
        Row(i, 2).a


def lru_unbounded():
    for i in range(N):
        unbounded(i & 31)


def lru_bounded():
    for i in range(N):
        bounded(i & 31)


def abc_isinstance():
    for _ in range(N):
        isinstance(SQUARE, Shape)


CASES = [generators, enum_members, enum_value, dataclass_new, lru_unbounded, lru_bounded, abc_isinstance, private_loop, private_calls, private_alloc, private_append, private_dict, private_strings, private_sort, private_attr_store,
         shared_attr_global, shared_attr_local, shared_method, shared_property, shared_classmethod, shared_staticmethod,
         shared_list_items, shared_object_items, shared_tuple_items, shared_dict_get, shared_dict_object, shared_list_iter,
         closures, instances, super_init, exceptions]


def run(case, threads, loops):
    ready = []
    go = _thread.allocate_lock()
    go.acquire()
    times = []
    finished = []

    def work():
        ready.append(1)
        go.acquire()
        go.release()
        t = time.perf_counter()
        for _ in range(loops):
            case()
        times.append(time.perf_counter() - t)
        finished.append(1)

    for _ in range(threads):
        _thread.start_new_thread(work, ())
    while len(ready) < threads:
        time.sleep(0.001)
    go.release()
    while len(finished) < threads:
        time.sleep(0.002)
    return max(times)


def idle():
    while not stop:
        time.sleep(0.05)


stop = []
_thread.start_new_thread(idle, ())
wanted = sys.argv[1:]
for case in CASES:
    if wanted and case.__name__ not in wanted:
        continue
    run(case, 1, 1)
    one = min(run(case, 1, 3) for _ in range(5))
    two = min(run(case, 2, 3) for _ in range(5))
    print(f"{case.__name__:22} {2 * one / two:5.2f}   {one * 1000:8.2f} ms")
stop.append(1)
