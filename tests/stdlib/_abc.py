# Abstract base classes on the native _abc.
import abc
import _abc
from abc import ABC, ABCMeta, abstractmethod


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)


print(sorted(n for n in dir(_abc) if not n.startswith("__")))


class A(ABC):
    @abstractmethod
    def f(self):
        return 1

    @property
    @abstractmethod
    def p(self): ...

    def g(self):
        return 2


class B(A):
    def f(self):
        return 3


class C(B):
    p = 5


print(sorted(A.__abstractmethods__), sorted(B.__abstractmethods__), C.__abstractmethods__, attempt(A), attempt(B), C().f(), C().g())
print(A.__dict__["_abc_impl"].__class__, isinstance(C(), A), issubclass(C, A), isinstance(3, A), issubclass(int, A), attempt(issubclass, 3, A))


class D:
    pass


token = abc.get_cache_token()
print(isinstance(D(), A), A.register(D) is D, abc.get_cache_token() - token, isinstance(D(), A), issubclass(D, A), issubclass(D, B), A.register(D) is D, abc.get_cache_token() - token)


class E(D):
    pass


print(issubclass(E, A), isinstance(E(), A), attempt(A.register, 5), attempt(B.register, A))


class Hook(metaclass=ABCMeta):
    @classmethod
    def __subclasshook__(cls, sub):
        print("hook", cls.__name__, sub.__name__)
        if cls is not Hook:
            return NotImplemented
        return hasattr(sub, "hook") or NotImplemented


class H:
    hook = 1


print(issubclass(H, Hook), issubclass(H, Hook), issubclass(int, Hook), issubclass(int, Hook))


class Bad(ABC):
    @classmethod
    def __subclasshook__(cls, sub):
        return 3


print(attempt(issubclass, int, Bad))


class Proxy:
    def __init__(self, c):
        self.c = c

    @property
    def __class__(self):
        return self.c


print(isinstance(Proxy(C), A), isinstance(Proxy(int), A), isinstance(Proxy(int), Hook))
Hook.register(int)
print(isinstance(Proxy(int), Hook), isinstance(True, Hook))
registry, cache, negative, version = _abc._get_dump(A)
print(sorted(r().__name__ for r in registry), sorted(r().__name__ for r in cache), sorted(r().__name__ for r in negative), type(version))
_abc._reset_registry(A)
_abc._reset_caches(A)
print(_abc._get_dump(A)[:3], isinstance(D(), A), isinstance(C(), A))
many = [type(f"T{i}", (C if i % 2 else object,), {}) for i in range(200)]
print(sum(issubclass(t, A) for t in many), sum(issubclass(t, A) for t in many), len(_abc._get_dump(A)[1]))


class Meta(ABCMeta):
    pass


class M(metaclass=Meta):
    @staticmethod
    @abstractmethod
    def s(): ...

    @classmethod
    @abstractmethod
    def c(cls): ...


print(sorted(M.__abstractmethods__), attempt(M))
M.s = M.c = lambda *a: 1
abc.update_abstractmethods(M)
print(M.__abstractmethods__, type(M()).__name__)
from collections.abc import Sequence, Mapping, Iterable, Hashable, Callable, Sized

print([isinstance(x, c) for x in ([], {}, "", 3, len) for c in (Sequence, Mapping, Iterable, Hashable, Callable, Sized)])


class S:
    def __len__(self):
        return 3

    def __getitem__(self, i):
        if i > 2:
            raise IndexError
        return i * 2


def kind(x):
    match x:
        case [a, b, c]:
            return a, b, c
        case {}:
            return "mapping"
        case _:
            return "no"


print(kind(S()), Sequence.register(S), kind(S()), kind({}), kind(type("Q", (S,), {})()))
