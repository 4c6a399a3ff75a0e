# copy, update, merge, |=, fromkeys, comparison, repr, clear at the same time: whole pairs only.
from race import *
d = {i: str(i) for i in range(100)}
def whole(x):
    check(all(v == str(i) for i, v in x.items()), "torn pair")
def copy(k):
    whole(d.copy()); whole(dict(d)); whole({**d})
def merge(k):
    whole(d | {1: "1"})
    e = {}
    e |= d
    whole(e)
def update(k):
    d.update({i: str(i) for i in range(k * 10, k * 10 + 100)})
def clear(k):
    d.clear()
    dict.fromkeys(d, 1)
def text(k):
    repr(d); d == dict(d); d.keys() & {1, 2}; d.items() <= d.items(); list(d.keys() ^ {5})
race(copy, merge, update, clear, text, update, copy, update, allow=(RuntimeError,))
