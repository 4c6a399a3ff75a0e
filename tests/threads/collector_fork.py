"""A fork in the middle of collections and litter: parent and child both go on collecting."""
import gc
import os
import threading
import warnings
import weakref

warnings.simplefilter("ignore", DeprecationWarning)


class Node:
    pass


def litter(n):
    for _ in range(n):
        a, b = Node(), Node()
        a.b, b.a = b, a
        a.more = [a, {"b": b}]


def check():
    a = Node()
    a.me = a
    dead = []
    weakref.finalize(a, dead.append, 1)
    r = weakref.ref(a)
    a = None
    gc.collect()
    t = threading.Thread(target=litter, args=(20000,))
    t.start()
    litter(20000)
    t.join()
    gc.collect()
    return r() is None and dead == [1]


stop = False


def busy():
    while not stop:
        litter(500)
        gc.collect(0)


threads = [threading.Thread(target=busy) for _ in range(2)]
for t in threads:
    t.start()
codes = []
for _ in range(8):
    litter(3000)
    pid = os.fork()
    if pid == 0:
        os._exit(7 if check() else 1)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
stop = True
for t in threads:
    t.join()
print(codes, check())
