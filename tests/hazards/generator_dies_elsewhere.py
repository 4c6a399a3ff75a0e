# Suspended generators are handed to other threads and die there, with their finally blocks.
from race import *
from queue import SimpleQueue
import threading
q, closed, made = SimpleQueue(), [], []
def g():
    x = [1]
    try:
        yield x
        yield x
    finally:
        closed.append(len(x))
def produce(k):
    it = g()
    next(it)
    made.append(1)
    q.put(it)
def consume(k):
    try:
        it = q.get_nowait()
    except Exception:
        return
    next(it)
    del it
race(produce, consume, produce, consume)
while not q.empty():
    q.get()
import gc
gc.collect()
check(len(closed) == len(made), "finally blocks", len(closed), len(made))
