# ABC registration and isinstance caches.
from race import *
import abc, collections.abc
class P(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
def register(k):
    t = type("T", (), {})
    check(not issubclass(t, P))
    P.register(t)
    check(issubclass(t, P) and isinstance(t(), P), "registered class is unknown")
def hooks(k):
    t = type("S", (), {"__len__": lambda s: 1, "__iter__": lambda s: iter(()), "__contains__": lambda s, x: False})
    check(issubclass(t, collections.abc.Collection) and isinstance([], collections.abc.Sequence) and not isinstance(1, collections.abc.Iterable))
    try:
        P()
        check(False, "abstract class was made")
    except TypeError:
        pass
race(register, hooks)
