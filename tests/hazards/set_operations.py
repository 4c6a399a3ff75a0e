# add, discard, union, difference, update, ^=, frozenset() of a changing set.
from race import *
s, t = set(range(50)), set(range(25, 75))
def change(k):
    for i in range(50, 150):
        s.add(i)
        t.discard(i)
def back(k):
    s.difference_update(range(50, 150))
    t.update(range(25, 75))
def algebra(k):
    for x in (s | t, s & t, s - t, s ^ t, frozenset(s), s.copy(), s.union(t, [1])):
        check(all(0 <= i < 150 for i in x), "foreign")
    s <= t, s == t, s.isdisjoint(t), len(s), 5 in s, repr(s)
def inplace(k):
    c = set(s)
    c |= t; c &= s; c ^= t; c -= s
    s.intersection_update(range(200)); s.symmetric_difference_update(())
def fixed(k):
    for i in range(50):
        check(i in s, "lost an element that nobody removes", i)
race(change, back, algebra, inplace, fixed, algebra, fixed, fixed, allow=(RuntimeError,))
