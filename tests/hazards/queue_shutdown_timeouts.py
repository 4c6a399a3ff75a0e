# Queue.shutdown, timeouts and task_done/join race with put and get.
from race import *
import queue
def work(q, k):
    got = 0
    try:
        for i in range(40):
            if k & 1:
                q.put(i, timeout=0.05)
            else:
                q.get(timeout=0.002)
                q.task_done()
                got += 1
    except (queue.ShutDown, queue.Empty, queue.Full):
        pass
    return got
def end(q, k):
    q.qsize(); q.empty(); q.full()
    q.shutdown(immediate=True)
def after(q, results):
    q.join()
    try:
        q.put(1)
        check(False, "put after shutdown")
    except queue.ShutDown:
        pass
rounds(60, lambda: queue.Queue(4), work, work, work, work, work, work, work, end, after=after)
