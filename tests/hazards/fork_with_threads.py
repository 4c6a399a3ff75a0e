# fork while other threads run, hold object locks and collect: the child works, collects, starts threads and ends.
from race import *
import os, threading, gc, time, warnings
warnings.simplefilter("ignore")
stop = []
d, l = {}, []
def busy():
    n = 0
    while not stop:
        n += 1
        d[n % 50] = [n]; l.append(n)
        if len(l) > 100: l.clear()
        if n % 5000 == 0: gc.collect()
ts = [threading.Thread(target=busy) for _ in range(7)]
for t in ts: t.start()
def child():
    gc.collect()
    x = []
    t = threading.Thread(target=lambda: x.append(len(d)))
    t.start(); t.join()
    d["child"] = 1; l.append(1); sorted(map(str, d)); a = []; a.append(a); del a
    gc.collect()
    return 0 if x and threading.active_count() == 1 else 9
try:
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        pid = os.fork()
        if pid == 0:
            try: code = child()
            except BaseException as e:
                os.write(2, repr(e).encode()); code = 8
            os._exit(code)
        _, status = os.waitpid(pid, 0)
        check(status == 0, "child ended with", status)
finally:
    stop.append(1)
for t in ts: t.join()
