# re.finditer and a scanner, shared: each match once.
from race import *
import re
text = " ".join(f"w{i}" for i in range(300))
def after(it, results):
    seen = [x for r in results for x in r]
    check(len(seen) == len(set(seen)), "a match came twice")
    check(set(seen) <= set(text.split()), "torn match")
def each(it, k):
    out = []
    while True:
        try:
            for m in it:
                out.append(m.group())
            return out
        except ValueError as e:
            check("already executing" in str(e))
rounds(30, lambda: re.finditer(r"w\d+", text), each, after=after)
def search(scanner, k):
    out = []
    while True:
        try:
            m = scanner.search()
        except ValueError as e:
            check("already executing" in str(e))
            continue
        if m is None:
            return out
        out.append(m.group())
rounds(30, lambda: re.compile(r"w\d+").scanner(text), search, after=after)
