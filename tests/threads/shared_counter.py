import _thread
import time
lock = _thread.allocate_lock()
count = [0]
done = []
def work(k):
    for _ in range(5000):
        with lock:
            count[0] += 1
    done.append(k)
for k in range(8):
    _thread.start_new_thread(work, (k,))
while len(done) < 8:
    time.sleep(0.005)
print(count[0], sorted(done))
