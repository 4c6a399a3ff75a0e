"""Cases of one operation each, on objects of the thread's own (`private_*` and those without a prefix) or on objects that all threads share."""
import abc
import bisect
import collections
import contextvars
import copy
import dataclasses
import enum
import functools
import heapq
import io
import itertools
import json
import operator
import random
import re
import string
import struct
import threading

N = 100000



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


def comprehension():
    for _ in range(N // 100):
        [x * 2 for x in range(100)]


def private_set():
    s = set()
    for i in range(N):
        s.add(i & 255)


def private_deque():
    d = collections.deque(maxlen=50)
    for i in range(N):
        d.append(i)


def private_heap():
    h = []
    for i in range(N // 4):
        heapq.heappush(h, (i * 7919) % 1000)
    while h:
        heapq.heappop(h)


def private_format():
    for i in range(N // 4):
        f"{i:>8d} {i / 3:.2f}"


def private_bytes():
    for i in range(N // 4):
        struct.unpack("<IH", struct.pack("<IH", i, i & 0xFFFF))


def private_json():
    for i in range(N // 200):
        json.loads(json.dumps({"a": [i, 1.5, "x"], "b": {"c": None}}))


def private_copy():
    l = [1, 2, 3]
    for _ in range(N // 10):
        copy.copy(l)


def private_stringio():
    out = io.StringIO()
    for i in range(N // 2):
        out.write("ab")


def private_random():
    r = random.Random(1)
    for _ in range(N):
        r.random()


def private_big_integers():
    for i in range(N // 100):
        pow(3, 200 + (i & 63)) * pow(7, 200)


PATTERN = re.compile(r"(\w+)@(\w+)\.com")
TEMPLATE = string.Template("$a and $b")
GETTER = operator.attrgetter("x")
CONTEXT = contextvars.ContextVar("c", default=1)
LOCK = threading.Lock()
shared_set = set(range(100))
shared_deque = collections.deque(range(100))
shared_bytes = bytes(range(256))
shared_sorted = list(range(1000))


def shared_pattern():
    for _ in range(N // 20):
        PATTERN.search("some text and user@example.com")


def shared_template():
    for _ in range(N // 100):
        TEMPLATE.substitute(a=1, b=2)


def shared_attrgetter():
    for _ in range(N):
        GETTER(shared)


def shared_context_variable():
    for _ in range(N):
        CONTEXT.get()


def shared_set_contains():
    s = shared_set
    for i in range(N):
        i in s


def shared_deque_iter():
    for _ in range(N // 100):
        for x in shared_deque:
            pass


def shared_bytes_items():
    b = shared_bytes
    for i in range(N):
        b[i & 255]


def shared_bisect():
    for i in range(N):
        bisect.bisect(shared_sorted, i & 1023)


def shared_chain():
    for _ in range(N // 200):
        for x in itertools.chain(shared_list, shared_tuple):
            pass


def shared_isinstance():
    for _ in range(N):
        isinstance(shared, Point)


def shared_hash():
    for _ in range(N):
        hash(shared_tuple)


def contended_list_append():
    l = contended
    for i in range(N // 2):
        l.append(i)
    if len(l) > 1000000:
        l.clear()


def contended_dict_store():
    d = contended_dict
    for i in range(N // 2):
        d[i & 63] = i


def contended_attr_store():
    p = contended_object
    for i in range(N // 2):
        p.x = i


def contended_lock():
    for _ in range(N // 10):
        with LOCK:
            pass


contended = []
contended_dict = {}
contended_object = Point(1, 2)

CASES = [generators, enum_members, enum_value, dataclass_new, lru_unbounded, lru_bounded, abc_isinstance, private_loop, private_calls, private_alloc,
         private_append, private_dict, private_strings, private_sort, private_attr_store, shared_attr_global, shared_attr_local, shared_method,
         shared_property, shared_classmethod, shared_staticmethod, shared_list_items, shared_object_items, shared_tuple_items, shared_dict_get,
         shared_dict_object, shared_list_iter, closures, super_init, exceptions, comprehension, private_set, private_deque, private_heap,
         private_format, private_bytes, private_json, private_copy, private_stringio, private_random, private_big_integers, shared_pattern,
         shared_template, shared_attrgetter, shared_context_variable, shared_set_contains, shared_deque_iter, shared_bytes_items, shared_bisect,
         shared_chain, shared_isinstance, shared_hash, contended_list_append, contended_dict_store, contended_attr_store, contended_lock]

SHARED = {"enum_members", "enum_value", "abc_isinstance", "lru_unbounded"}


def kind_of(name):
    """Whose objects the case works on: `private`, `shared` (read by all) or `contended` (written by all)."""
    if name.startswith("contended_") or name == "lru_bounded":
        return "contended"
    return "shared" if name.startswith("shared_") or name in SHARED else "private"
