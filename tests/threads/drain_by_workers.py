"""The main thread fills a queue and waits in join() while workers consume and drop its objects: every one is finalised, none is kept."""
import queue
import threading


class Item:
    made = 0
    lock = threading.Lock()
    died = 0

    def __init__(self, n):
        self.n = n
        self.data = [n] * 20

    def __del__(self):
        with Item.lock:
            Item.died += 1


COUNT = 20000
q = queue.Queue()
total = []


def work():
    n = 0
    while True:
        item = q.get()
        if item is None:
            break
        n += item.n
        item = None
        q.task_done()
    total.append(n)


for i in range(COUNT):
    q.put(Item(i))
workers = [threading.Thread(target=work) for _ in range(3)]
for t in workers:
    t.start()
q.join()
for _ in workers:
    q.put(None)
for t in workers:
    t.join()
print(sum(total) == COUNT * (COUNT - 1) // 2, Item.died)
