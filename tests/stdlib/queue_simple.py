# SimpleQueue, alone and between threads.
import _queue
import _thread


def show(f, *a, **k):
    try:
        r = f(*a, **k)
    except BaseException as e:
        print(type(e).__name__, e)
    else:
        print(repr(r))


q = _queue.SimpleQueue()
show(q.empty), show(q.qsize), show(q.get_nowait), show(q.get, False), show(q.get, True, 0), show(q.get, timeout=0.01), show(q.get, timeout=-1), show(q.get, timeout="x"), show(q.get, timeout=1e300)
show(q.put, 1), show(q.put_nowait, 2), show(q.put, 3, block=False, timeout=5), show(q.qsize), show(q.empty), show(q.get), show(q.get, timeout=5), show(q.get, block=False, timeout=-1), show(q.qsize)
show(q.put), show(_queue.SimpleQueue, 1), show(lambda: _queue.Empty.__mro__), show(lambda: _queue.SimpleQueue[int])


class Sub(_queue.SimpleQueue):
    pass


s = Sub()
s.x = 5
s.put(s.x)
show(s.get)
done = _queue.SimpleQueue()
q = _queue.SimpleQueue()


def consumer():
    total = n = 0
    while True:
        x = q.get()
        if x is None:
            break
        total += x
        n += 1
    done.put((n, total))


def producer(k):
    for i in range(2000):
        q.put(i + k)
    done.put("p")


for i in range(4):
    _thread.start_new_thread(consumer, ())
for i in range(4):
    _thread.start_new_thread(producer, (i,))
for i in range(4):
    done.get()
for i in range(4):
    q.put(None)
r = [done.get() for i in range(4)]
print(sum(n for n, t in r), sum(t for n, t in r))
