# References move from one object to another during searches: what is held is never taken for garbage.
from race import *
import gc
class N: pass
def ring():
    a, b = N(), N()
    a.other, b.other, a.v, b.v = b, a, [1], [1]
    return a
boxes = [[ring()] for _ in range(16)]
def move(k):
    for i in range(16):
        a, b = boxes[i], boxes[(i + k) % 16]
        a[0], b[0] = b[0], a[0]
def through_stack(k):
    x = boxes[k][0]
    boxes[k][0] = None
    y = [x]
    del x
    boxes[k][0] = y.pop()
def verify(k):
    for b in boxes:
        a = b[0]
        if a is not None: check(a.other.other is a and a.v == [1] and a.other.v == [1], "cleared while alive")
def collect(k):
    gc.collect()
race(move, through_stack, verify, collect, move, verify, through_stack, move)
