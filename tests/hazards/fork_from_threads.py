# Every thread forks; locks with after-fork handlers, logging and random are usable in each child.
from race import *
import os, warnings, logging, random, threading, queue
warnings.simplefilter("ignore")
q = queue.Queue()
lock = threading.Lock()
os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
def fork(k):
    pid = os.fork()
    if pid == 0:
        try:
            with lock: pass
            logging.getLogger("x").info("x"); random.random()
            e = threading.Event(); threading.Thread(target=e.set).start()
            os._exit(0 if e.wait(8) else 7)
        finally:
            os._exit(6)
    _, status = os.waitpid(pid, 0)
    check(status == 0, "child ended with", status)
def work(k):
    q.put(k); q.get()
    with lock: pass
race(fork, work, work, fork, seconds=0.3)
