# SimpleQueue, Queue, LifoQueue, PriorityQueue: everything put comes out once; order of one producer is kept for one consumer of a FIFO.
from race import *
import queue
for make in (queue.SimpleQueue, queue.Queue, lambda: queue.Queue(5), queue.LifoQueue, queue.PriorityQueue):
    def put(q, k):
        for i in range(60): q.put((k, i))
        return []
    def get(q, k):
        return [q.get() for _ in range(60)]
    def after(q, results):
        seen = [x for r in results for x in r]
        check(len(seen) == 240 and len(set(seen)) == 240 and q.empty(), "lost or doubled", len(seen))
        if not isinstance(q, (queue.LifoQueue, queue.PriorityQueue)):
            for r in results:
                for p in range(8):
                    mine = [i for k, i in r if k == p]
                    check(mine == sorted(mine), "order of a producer lost")
    rounds(15, make, put, get, after=after)
