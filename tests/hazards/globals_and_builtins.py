# Globals are stored, deleted and shadow builtins while functions read them through caches.
from race import *
import builtins
value = 1
def read(k):
    check(value in (1, 2))
    check(len([1]) in (1, 99), "builtin of nobody")
    check(extra in (5, 6))
def store(k):
    globals()["value"] = 2
    globals()["value"] = 1
    builtins.extra = 5
    builtins.extra = 6
def delete(k):
    globals().pop("value", None)
    globals()["value"] = 1
    globals()["len"] = lambda x: 99
    globals().pop("len", None)
def names(k):
    for i in range(50): globals()[f"g{k}_{i}"] = i
    for i in range(50): globals().pop(f"g{k}_{i}", None)
    try: del builtins.extra
    except AttributeError: pass
    builtins.extra = 5
builtins.extra = 5
race(read, store, read, delete, read, names, allow=(NameError,))
