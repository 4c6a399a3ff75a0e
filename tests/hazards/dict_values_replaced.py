# Values of shared keys are replaced while others read and drop them: counted right, dead once.
from race import *
d = {i: [i, object()] for i in range(8)}
class V:
    def __init__(self, n):
        self.n = n
for i in range(8):
    d[i] = V(i)
def read(k):
    for i in range(8):
        check(d[i].n == i, "value of another key")
        check(d.get(i).n == i)
def write(k):
    for i in range(8):
        d[i] = V(i)
def swap(k):
    d.update({i: V(i) for i in range(8)})
race(read, write, read, swap)
