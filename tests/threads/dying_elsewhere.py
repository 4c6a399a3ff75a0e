# What one thread makes, others drop; finalisers run, and the owner waits detached.
import _thread
import time
deaths = []
class D:
    def __del__(self):
        deaths.append(1)
items = [[D() for _ in range(100)] for _ in range(20)]
done = []
def drop():
    while True:
        try:
            l = items.pop()
        except IndexError:
            break
        l.clear()
    done.append(1)
for _ in range(4):
    _thread.start_new_thread(drop, ())
while len(done) < 4:
    time.sleep(0.005)
time.sleep(0.05)
for _ in range(100):
    pass
print(len(deaths))
