# Threads start threads that start threads; join, is_alive, idents, enumerate.
from race import *
import threading, _thread
def leaf(box): box.append(threading.get_ident())
def start(k):
    box = []
    ts = [threading.Thread(target=leaf, args=(box,), daemon=bool(k & 1)) for _ in range(3)]
    for t in ts: t.start()
    for t in ts:
        t.join()
        check(not t.is_alive(), "alive after join")
    check(len(box) == 3)
def raw(k):
    done = _thread.allocate_lock(); done.acquire()
    _thread.start_new_thread(done.release, ())
    check(done.acquire(timeout=8), "thread never ran")
def look(k):
    for t in threading.enumerate(): t.name, t.ident, t.daemon, repr(t)
    threading.active_count(), threading.current_thread()
def joined(k):
    t = threading.Thread(target=lambda: None); t.start()
    ts = [threading.Thread(target=t.join) for _ in range(3)]
    for x in ts: x.start()
    for x in ts: x.join()
race(start, raw, look, joined)
