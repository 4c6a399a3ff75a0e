"""Pauses of the garbage collector: threads build small cycles beside a live heap and time each step; a long step was paused."""
import gc
import threading
import time

LIVE = 200000


class Node:
    def __init__(self, other):
        self.other = other
        self.own = self


def percentiles(steps):
    steps = sorted(steps)
    last = len(steps) - 1
    return {name: steps[min(last, int(last * share))] for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0))}


def step():
    node = None
    for _ in range(50):
        node = Node(node)


def allocate(seconds, barrier, out, faults):
    try:
        barrier.wait()
        steps = []
        begin = last = time.perf_counter()
        while last - begin < seconds:
            step()
            now = time.perf_counter()
            steps.append(now - last)
            last = now
        out.append(steps)
    except BaseException as fault:
        faults.append(fault)


def once(threads, seconds):
    barrier = threading.Barrier(threads)
    out, faults = [], []
    collections = [0]

    def seen(phase, info):
        if phase == "stop":
            collections[0] += 1

    callbacks = getattr(gc, "callbacks", None)
    if callbacks is not None:
        callbacks.append(seen)
    workers = [threading.Thread(target=allocate, args=(seconds, barrier, out, faults)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if callbacks is not None:
        callbacks.remove(seen)
    if faults:
        raise faults[0]
    steps = [s for part in out for s in part]
    found = percentiles(steps)
    found.update(steps=len(steps), collections=collections[0])
    return found


def measure(counts, scale):
    live = [Node(None) for _ in range(LIVE)]
    out = {str(n): once(n, max(0.2, 3.0 * scale)) for n in counts}
    live.clear()
    return {"live_objects": LIVE, "seconds": out}
