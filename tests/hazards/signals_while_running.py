# Signals arrive while threads run, wait and collect: the handler runs in the main thread, between instructions, and waits go on.
from race import *
import signal, threading, time, os, gc
main = threading.get_ident()
got = []
def handler(n, frame):
    check(threading.get_ident() == main, "handler in another thread")
    got.append(n)
signal.signal(signal.SIGALRM, handler)
signal.signal(signal.SIGUSR1, handler)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
lock = threading.Lock()
def compute(k): sum(range(2000))
def wait(k):
    with lock: time.sleep(0.0005)
def send(k):
    signal.pthread_kill(main, signal.SIGUSR1); os.kill(os.getpid(), signal.SIGUSR1)
def collect(k): gc.collect()
def system(k):
    r, w = os.pipe(); os.write(w, b"x"); check(os.read(r, 1) == b"x"); os.close(r); os.close(w)
race(compute, wait, send, collect, system)
signal.setitimer(signal.ITIMER_REAL, 0)
check(got, "no handler ran")
