# heapq and bisect on one list: elements only that were pushed, no crash when the list shrinks inside a comparison.
from race import *
import heapq, bisect
h, l = [], []
class E:
    def __init__(self, n): self.n = n
    def __lt__(self, o):
        if len(h) > 300: h.clear()
        return self.n < o.n
def push(k):
    for i in range(20): heapq.heappush(h, E(i * 8 + k))
def pop(k):
    check(0 <= heapq.heappop(h).n < 200)
    heapq.heapreplace(h, E(3)); heapq.heappushpop(h, E(4))
def heapify(k):
    heapq.heapify(h); heapq.nsmallest(3, h)
def insort(k):
    bisect.insort(l, k)
    bisect.bisect(l, 3)
    if len(l) > 100: l.clear()
race(push, pop, heapify, insort, allow=(IndexError, RuntimeError))
