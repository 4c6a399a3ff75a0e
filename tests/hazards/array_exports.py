# array.array: append, extend, pop, buffers and iteration at once.
from race import *
import array
a = array.array("i", range(20))
def grow(k):
    a.append(5); a.extend(a) if len(a) < 200 else None; a.extend([1, 2, 3])
def cut(k):
    if len(a) > 100: del a[20:]
    a.pop(); a.insert(0, 3); a.reverse()
def read(k):
    for x in a:
        check(0 <= x < 20, "foreign", x)
    a.tobytes(), a.tolist(), a.index(5) if 5 in a else 0, a == a, repr(a), a.buffer_info()
def view(k):
    with memoryview(a) as m:
        check(all(0 <= x < 20 for x in m.tolist()), "foreign in view")
race(grow, cut, read, view, allow=(BufferError, IndexError, ValueError))
