# An exception from a signal handler leaves join, wait, get and sleep in the main thread; the objects work on.
from race import *
import signal, threading, time, queue
class Alarm(Exception): pass
def handler(n, f): raise Alarm
signal.signal(signal.SIGALRM, handler)
q, e, c = queue.Queue(), threading.Event(), threading.Condition()
release = threading.Event()
ts = [threading.Thread(target=release.wait) for _ in range(8)]
for t in ts: t.start()
def condition():
    with c: c.wait()
for n in range(40):
    f = (ts[n % 8].join, q.get, e.wait, condition, lambda: time.sleep(5), lambda: ts[0].join(5), threading.Semaphore(0).acquire)[n % 7]
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.003)
        f()
        check(False, "came back without the signal", f)
    except Alarm: pass
q.put(1); check(q.get(timeout=5) == 1)
release.set()
for t in ts: t.join()
check(not any(t.is_alive() for t in ts))
