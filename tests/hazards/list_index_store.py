# Items of a list of constant length are replaced and read by index: only values that were stored there.
from race import *
class V:
    def __init__(self, i):
        self.i = i
data = [V(i) for i in range(16)]
def read(k):
    for i in range(16):
        check(data[i].i == i, "item of another index")
        check(data[i - 16].i == i, "negative index")
def write(k):
    for i in range(16):
        data[i] = V(i)
def sliced(k):
    data[4:8] = [V(i) for i in range(4, 8)]
def search(k):
    data.index(data[3]) if data[3] in data else None
    data.count(None)
race(read, write, read, sliced, read, search, allow=(ValueError,))
