# In-place += reuses a str that nobody else holds: never one that another thread can read.
from race import *
shared = ["ab"]
holder = type("Holder", (), {})()
holder.s = "ab"
def grow(k):
    s = shared[0]
    s += "ab"
    shared[0] = s if len(s) < 60 else "ab"
    holder.s += "ab"
    if len(holder.s) > 60: holder.s = "ab"
def read(k):
    for s in (shared[0], holder.s):
        h = hash(s)
        check(s == "ab" * (len(s) // 2), "torn text", s)
        check(hash(s) == h)
race(grow, read)
