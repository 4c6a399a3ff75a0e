# heapq and bisect, with numbers, texts, objects that compare in Python, races and errors.
import bisect
import heapq
import _bisect
import _heapq
import _random


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)


print(heapq.heappush is _heapq.heappush, bisect.bisect_left is _bisect.bisect_left, sorted(n for n in dir(_heapq) if not n.startswith("__")))


class Item:
    def __init__(self, key, tag):
        self.key, self.tag = key, tag

    def __lt__(self, other):
        return self.key < other.key

    def __repr__(self):
        return f"{self.key}{self.tag}"


rng = _random.Random(3)
data = [int(rng.random() * 50) for _ in range(60)]
for make in (lambda x, i: x, lambda x, i: float(x), lambda x, i: f"{x:02}", lambda x, i: (x, i), lambda x, i: Item(x, chr(97 + i % 26))):
    items = [make(x, i) for i, x in enumerate(data)]
    for suffix in ("", "_max"):
        push, pop, heapify = (getattr(heapq, n + suffix) for n in ("heappush", "heappop", "heapify"))
        replace, pushpop = (getattr(heapq, n + suffix) for n in ("heapreplace", "heappushpop"))
        h = []
        for x in items:
            push(h, x)
        print(h)
        h2 = items[:]
        print(heapify(h2), h2)
        print([pop(h) for _ in range(10)], [replace(h2, items[i]) for i in range(5)], [pushpop(h2, items[i]) for i in range(5)], h2)
        print([pop(h2) for _ in range(len(h2))], h2)
for name in ("heappop", "heapify", "heappop_max", "heapify_max"):
    print(name, attempt(getattr(heapq, name), 1), attempt(getattr(heapq, name), ()), attempt(getattr(heapq, name), []))
for name in ("heappush", "heapreplace", "heappushpop", "heappush_max", "heapreplace_max", "heappushpop_max"):
    print(name, attempt(getattr(heapq, name), 1, 2), attempt(getattr(heapq, name), []), attempt(getattr(heapq, name), [], 5), attempt(getattr(heapq, name), [1, "a"], 0), attempt(getattr(heapq, name), [1], "x"))


class Shrinker:
    def __lt__(self, other):
        del h[:]
        return True


h = [Shrinker() for _ in range(10)]
print(attempt(heapq.heapify, h), attempt(heapq.heappush, [1j], 2j))
print(heapq.nsmallest(3, data), heapq.nlargest(3, data, key=lambda x: -x), list(heapq.merge([1, 4], [2, 3])), list(heapq.merge([4, 1], [3, 2], reverse=True)))

import _thread

h = []


def work(n):
    for i in range(300):
        heapq.heappush(h, (i * 7919 + n) % 1000)
        if i % 3 == 0:
            taken.append(heapq.heappop(h))


taken = []
ts = [_thread.start_joinable_thread(lambda n=n: work(n)) for n in range(4)]
[t.join() for t in ts]
print(sorted(taken + h) == sorted((i * 7919 + n) % 1000 for n in range(4) for i in range(300)))

a = [1, 2, 2, 2, 5, 9]
for x in (0, 1, 2, 3, 9, 10):
    print(x, bisect.bisect_left(a, x), bisect.bisect_right(a, x), bisect.bisect(a, x, 1, 4), bisect.bisect_left(a, x, lo=2), bisect.bisect_right(a, x, hi=3))
print(bisect.bisect_left([9, 5, 1], -5, key=lambda v: -v), bisect.bisect_right(range(10**12), 12345), bisect.bisect_left("abcd", "c"), bisect.bisect([1.5, 2], 1.7))
l = [1, 3]
print(bisect.insort(l, 2), l, bisect.insort_left(l, 2.0), l, bisect.insort_right(l, 2.5, key=lambda v: v), l, bisect.insort(l, 0, 1, 2), l)
print(attempt(bisect.bisect_left, [1], 1, -1), attempt(bisect.bisect_left, 5, 1), attempt(bisect.bisect_left, [1, "a"], 1j), attempt(bisect.bisect_left, [1], 1, 0, 5), attempt(bisect.insort, (1,), 1), attempt(bisect.bisect))


class L(list):
    def insert(self, i, x):
        print("insert", i, x)
        super().insert(i, x)


l = L([1, 5])
bisect.insort(l, 3)
print(l)
