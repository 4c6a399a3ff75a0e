# insert, remove, reverse, rotate by slices, multiply: the multiset never gains what nobody put in.
from race import *
data = list(range(50))
def insert(k):
    data.insert(k * 3, 100 + k)
def remove(k):
    try:
        data.remove(100 + k - 1)
    except ValueError:
        pass
def reverse(k):
    data.reverse()
def multiply(k):
    c = data * 2
    check(all(type(x) is int for x in c), "strange")
    if len(data) > 300:
        del data[50:]
race(insert, remove, reverse, multiply, insert, remove)
check(all(0 <= x < 108 for x in data), "foreign")
