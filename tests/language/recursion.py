import sys
def f(n):
    return f(n + 1)
try:
    f(0)
except RecursionError as e:
    print(e)
class R:
    def __repr__(self):
        return repr(self)
try:
    repr(R())
except RecursionError:
    print("repr")
l = []
for _ in range(100000):
    l = [l]
del l
print("deep list gone")
l = []
for _ in range(100000):
    l = [l]
try:
    repr(l)
except RecursionError:
    print("deep repr")
sys.setrecursionlimit(10**9)
def g(n):
    return g(n + 1)
try:
    g(0)
except RecursionError:
    print("no limit")
sys.setrecursionlimit(1000)
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)
print(depth(900))
