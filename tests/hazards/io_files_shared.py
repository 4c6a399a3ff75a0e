# One file written by all threads keeps its lines whole; close() while others read and write is ValueError, never another file's bytes.
from race import *
import tempfile, os
folder = tempfile.mkdtemp()
path = os.path.join(folder, "lines")
def make():
    return open(path, "w")
def write(f, k):
    for i in range(50): f.write(f"<{k}:{i}:{'x' * (i * 7)}>\n")
def after(f, results):
    f.close()
    lines = open(path).read().split("\n")
    check(lines.pop() == "" and len(lines) == 400, "lines", len(lines))
    check(all(l[0] == "<" and l[-1] == ">" and l.count("<") == 1 for l in lines), "torn line")
rounds(15, make, write, after=after)
with open(path, "wb") as f: f.write(b"y" * 20000)
def read(f, k):
    try:
        for _ in range(20): check(set(f.read(500)) <= {121}, "foreign bytes"); f.seek(0)
    except ValueError: pass
def close(f, k): f.close()
rounds(30, lambda: open(path, "rb"), read, read, read, close)
rounds(30, lambda: open(path, "rb", buffering=0), read, read, read, close, allow=(OSError,))
os.unlink(path); os.rmdir(folder)
