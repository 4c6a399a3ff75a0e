"""Counts primes by trial division: one thread, then N threads, and the speed-up. usage: weft examples/primes.py [threads]"""
import _thread
import sys
import time

LIMIT = 1000000


def count(first, last):
    n = 0
    for k in range(first | 1, last, 2):
        d = 3
        while d * d <= k:
            if k % d == 0:
                break
            d += 2
        else:
            n += 1
    return n


def run(threads):
    # Slices of the range, handed out in turn, so that all threads finish together.
    slices = [(a, min(a + 2000, LIMIT)) for a in range(3, LIMIT, 2000)]
    results = []
    finished = []

    def work():
        while True:
            try:
                a, b = slices.pop()
            except IndexError:
                break
            results.append(count(a, b))
        finished.append(1)

    t = time.perf_counter()
    for _ in range(threads):
        _thread.start_new_thread(work, ())
    while len(finished) < threads:
        time.sleep(0.001)
    return sum(results) + 1, time.perf_counter() - t


threads = int(sys.argv[1]) if len(sys.argv) > 1 else 2
primes, one = run(1)
again, many = run(threads)
assert primes == again
print(f"{primes} primes below {LIMIT}")
print(f"1 thread: {one:.2f} s, {threads} threads: {many:.2f} s, speed-up {one / many:.2f}")
