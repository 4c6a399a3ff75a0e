# Barrier, Event, Semaphore, Condition from threading: counts are exact.
from race import *
import threading
def make():
    return threading.Semaphore(3), threading.Event(), threading.Condition(), {"in": 0, "max": 0, "n": 0}, threading.Lock()
def use(o, k):
    sem, event, cond, d, lock = o
    for _ in range(10):
        with sem:
            with lock:
                d["in"] += 1; d["max"] = max(d["max"], d["in"])
            with lock: d["in"] -= 1
    with cond:
        d["n"] += 1
        if d["n"] == 8:
            event.set(); cond.notify_all()
        else:
            check(cond.wait_for(lambda: d["n"] == 8, timeout=5), "never notified")
    check(event.wait(5))
def after(o, results):
    check(o[3]["max"] <= 3 and o[3]["in"] == 0, "too many inside", o[3])
rounds(60, make, use, after=after)
