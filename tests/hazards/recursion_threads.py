# Deep recursion in all threads at once: RecursionError in each, and deep structures dropped by several threads.
from race import *
import sys
def deep(k):
    def f(n): return f(n + 1) + 1
    try:
        f(0); check(False)
    except RecursionError: pass
def nested(k):
    x = None
    for _ in range(20000): x = [x]
    shared[k % 4] = x
def text(k):
    x = []
    for _ in range(3000): x = [x]
    try: repr(x)
    except RecursionError: pass
shared = [None] * 4
race(deep, nested, text, nested, seconds=0.2)
