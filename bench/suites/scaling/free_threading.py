"""The cases of CPython's `Tools/ftscalingbench`, each under the name it has there and doing what it does there, in this project's own words."""
import builtins
import collections
import copy as copy_module
import dataclasses
import enum
import math
import operator
import sys
import threading
import typing

TURNS = 20000
this_module = sys.modules[__name__]


def object_cfunction():
    window = [1] * 100
    total = 0
    for n in range(TURNS):
        window.pop(0)
        window.append(n)
        total += window[50]
    return total


def cmodule_function():
    for n in range(TURNS):
        math.cos(n / TURNS)


def object_lookup_special():
    # The special method __round__ is looked up on the type.
    for n in range(TURNS):
        round(n / TURNS)


class Manager:
    def __enter__(self):
        pass

    def __exit__(self, kind, value, trace):
        pass


def context_manager():
    for _ in range(TURNS):
        with Manager():
            pass


def mult_constant():
    product = 1.0
    for _ in range(3 * TURNS):
        product *= 1.01


def ten():
    for n in range(10):
        yield n


def generator():
    total = 0
    for _ in range(TURNS // 10):
        for n in ten():
            total += n
    return total


class Tally:
    def __init__(self):
        self.count = 0

    def advance(self):
        self.count += 1
        return self.count


def pymethod():
    tally = Tally()
    for _ in range(TURNS):
        tally.advance()
    return tally.count


def successor(n):
    return n + 1


def pyfunction():
    last = 0
    for n in range(TURNS):
        last = successor(n)
    return last


def twice(n):
    return n + n


def module_function():
    total = 0
    for n in range(TURNS):
        total += this_module.twice(n)
    return total


def load_string_const():
    total = 0
    for n in range(TURNS):
        if n == "some text":
            total += 5
        else:
            total += 1
    return total


def load_tuple_const():
    total = 0
    for n in range(TURNS):
        if n == (3, 4):
            total += 5
        else:
            total += 1
    return total


class Empty:
    pass


def create_pyobject():
    for _ in range(TURNS):
        Empty()


def create_closure():
    for n in range(TURNS):
        def inner(x):
            return x
        inner(n)


def create_dict():
    for _ in range(TURNS):
        made = {"name": "value"}


if hasattr(builtins, "frozendict"):  # Python 3.15
    def create_frozendict():
        for _ in range(TURNS):
            builtins.frozendict(name="value")


local = threading.local()


def thread_local_read():
    mine = local
    mine.value = 10
    for _ in range(TURNS // 2):
        mine.value
        mine.value
        mine.value
        mine.value
        mine.value


class Slotted:
    __slots__ = ()

    def method(self):
        pass


def method_caller():
    call = operator.methodcaller("method")
    target = Slotted()
    for _ in range(TURNS):
        call(target)


@dataclasses.dataclass
class Triple:
    x: int
    y: int
    z: int


def instantiate_dataclass():
    for _ in range(TURNS):
        Triple(x=1, y=2, z=3)


NamedTriple = collections.namedtuple("NamedTriple", "x y z")


def instantiate_namedtuple():
    for _ in range(TURNS):
        NamedTriple(x=1, y=2, z=3)


class TypedTriple(typing.NamedTuple):
    x: int
    y: int
    z: int


def instantiate_typing_namedtuple():
    for _ in range(TURNS):
        TypedTriple(x=1, y=2, z=3)


class Above:
    def method(self):
        return 1


class Below(Above):
    def method(self):
        return super().method()

    @classmethod
    def of_class(cls):
        return cls

    @staticmethod
    def of_nothing():
        return 1


def super_call():
    target = Below()
    for _ in range(TURNS):
        target.method()


def classmethod_call():
    for _ in range(TURNS):
        Below.of_class()


def staticmethod_call():
    for _ in range(TURNS):
        Below.of_nothing()


def deepcopy():
    nested = {"list": [1, 2], "tuple": (1, None)}
    for _ in range(TURNS // 25):
        copy_module.deepcopy(nested)


def setattr_non_interned():
    prefix = "prefix"
    target = Empty()
    for _ in range(TURNS):
        setattr(target, f"{prefix}_a", None)
        setattr(target, f"{prefix}_b", None)


class Day(enum.Enum):
    MONDAY = 1
    TUESDAY = 2


def enum_attr():
    for _ in range(TURNS):
        Day.MONDAY
        Day.TUESDAY


CASES = [object_cfunction, cmodule_function, object_lookup_special, context_manager, mult_constant, generator, pymethod, pyfunction, module_function,
         load_string_const, load_tuple_const, create_pyobject, create_closure, create_dict, thread_local_read, method_caller, instantiate_dataclass,
         instantiate_namedtuple, instantiate_typing_namedtuple, super_call, classmethod_call, staticmethod_call, deepcopy, setattr_non_interned,
         enum_attr]
if hasattr(builtins, "frozendict"):
    CASES.append(create_frozendict)


def kind_of(name):
    return "ftscalingbench"
