# The interpreter ends while daemon threads run, wait and allocate: exit code 0, no crash.
from race import *
import subprocess, sys
program = '''
import threading, time, queue, gc
q = queue.Queue()
class D:
    def __del__(self): len([1])
def spin():
    l = threading.local(); l.d = D()
    while True:
        x = [D() for _ in range(10)]; d = {i: x for i in range(20)}
def wait(): q.get()
def sleep():
    while True: time.sleep(0.001)
def collect():
    while True: gc.collect()
for f in (spin, wait, sleep, collect, spin, spin, wait, sleep):
    threading.Thread(target=f, daemon=True).start()
time.sleep(0.02)
print("end")
'''
for _ in range(4):
    r = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=9)
    check(r.returncode == 0 and r.stdout == "end\n" and not r.stderr, "end", r)
